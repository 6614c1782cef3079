"""Files in and out: bounded reading, one decoder, workbooks opened safely, files written aside."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import secrets
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

from parkanalysis.errors import InputError, Problem

MAX_BYTES = 32_000_000
"""Largest file read unless the caller says otherwise."""

_PLAUSIBLE = 0.8  # share of the characters of Chinese prose that are among the common ones


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a plain file of bounded size, or say why not."""
    name = path.name
    try:
        if not path.is_file():
            found = "a folder or a special file" if path.exists() else "no such file"
            raise InputError(Problem(name, found, "a file"))
        size = path.stat().st_size
        with path.open("rb") as file:
            # the size that the directory states may be out of date, or zero where it is not known
            data = b"" if size > limit else file.read(size + 1 if size else limit + 1)
    except OSError as error:
        raise InputError(Problem(name, error.strerror or "unreadable", "a file that can be read")) from None
    if max(size, len(data)) > limit:
        raise InputError(Problem(name, f"more than {limit:,} bytes", f"at most {limit:,} bytes"))
    return data


def write_aside(path: Path, data: bytes, overwrite: bool = True) -> None:
    """Write a file that appears whole or not at all: aside first, then renamed.

    Raises
    ------
    FileExistsError
        Where there is one and ``overwrite`` is false.
    OSError
        Where the folder cannot be written; nothing is left behind.
    """
    aside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        # as any new file: what others may do with it is the user's umask to say
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            os.replace(aside, path)
        else:
            _link(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)


def _link(aside: Path, path: Path) -> None:
    """Give the file its name unless the name is taken, in one step where the system has one."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(str(path)) from None
        os.replace(aside, path)


# --- text ---


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Decode text strictly: UTF-8, UTF-16 with its mark, or GB18030 (which contains GBK)."""
    allowed = "text in UTF-8, GBK or GB18030, or an xlsx or xls workbook"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif b"\0" in data:
        row = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError(Problem(name, "a NUL byte (a binary file?)", allowed, row=row))
    elif len(re.findall(rb"[\x01-\x08\x0e-\x1f]", data[:65536])) > 2:
        raise InputError(Problem(name, "binary content", allowed))
    else:
        codec = "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
        codec = "gb18030"
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            found = f"bytes that are neither UTF-8 nor GB18030 (at byte {error.start})"
            raise InputError(Problem(name, found, allowed, row=place)) from None
        if not _plausible(text):
            found = "an encoding that is neither UTF-8 nor GB18030: read so, it is not Chinese prose"
            raise InputError(Problem(name, found, allowed, row=place)) from None
    if "\0" in text or "�" in text:
        raise InputError(Problem(name, "characters lost in an earlier conversion", allowed))
    return text, codec


def _plausible(text: str) -> bool:
    """Tell whether most Chinese characters are among the 3,755 common ones of GB 2312 level 1."""
    foreign = [character for character in text[:200_000] if ord(character) > 127]
    encoded = (character.encode("gb2312", "replace") for character in foreign)
    common = sum(0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7 for code in encoded)
    return not foreign or common >= _PLAUSIBLE * len(foreign)


# --- workbooks ---

_MAX_PARTS = 5_000
_MAX_UNCOMPUTED = 1_000  # formulas that are named
_CHUNK = 1 << 18
_ACTIVE_PARTS = {
    "vbaproject": "a macro (VBA project)",
    "macrosheets/": "a macro (Excel 4 macro sheet)",
    "externallinks/": "an external link",
    "connections.xml": "an external data connection",
    "embeddings/": "an embedded object",
    "activex/": "an ActiveX control",
}
_PLAIN = "a workbook without macros, external links or embedded objects (save it as plain xlsx or CSV)"


_WITH_CELLS = {"v", "t", "is", "row"}
_STYLE_COST = 5


class _PartScan:
    """Count the cells of one XML part and note what a table must not contain, while it unpacks."""

    def __init__(self) -> None:
        self.cells = 0
        self.formulas = 0
        self.refused: set[str] = set()
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = self._doctype
        self.parser = parser

    def _doctype(self, *_: object) -> None:
        raise expat.ExpatError("document type declaration")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        # whatever else stands there in masses (styles, shared strings) costs a reader as much as cells
        self.cells += 0 if tag in _WITH_CELLS else _STYLE_COST if tag == "xf" else 1
        if tag == "f":
            self.formulas += 1
        elif tag == "mergeCell":
            self.cells += _area(attributes.get("ref", ""))
        elif tag == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            if attributes.get("TargetMode") == "External" and kind != "hyperlink":
                self.refused.add("an external link")
        elif tag in {"Override", "Default"} and "macroenabled" in attributes.get("ContentType", "").lower():
            self.refused.add("a macro-enabled workbook")


def _area(reference: str) -> int:
    """Return the number of cells of ``A1:C3``; a reference without both corners counts as a whole sheet."""
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?", reference)
    if match is None:
        return 1 << 34
    left, top, right, bottom = match.groups()
    width = _column(right or left) - _column(left) + 1
    return max(width, 1) * max(int(bottom or top) - int(top) + 1, 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def check_package(name: str, data: bytes, max_unpacked: int, max_cells: int) -> bool:
    """Refuse an xlsx package that is damaged, active or too large, before a parser builds anything from it.

    Sizes are checked as declared and again while unpacking in pieces, so memory stays bounded whatever
    the directory of the archive claims.

    Parameters
    ----------
    name : str
        File name for messages.
    data : bytes
        The packed file.
    max_unpacked : int
        Bytes allowed in all parts together.
    max_cells : int
        Cells, merged areas included, allowed in all sheets together.

    Returns
    -------
    bool
        Whether any sheet holds formulas.

    Raises
    ------
    InputError
        With every reason to refuse the file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            found = _declared(parts, max_unpacked)
            if found:
                raise InputError([Problem(name, text, allowed) for text, allowed in found])
            return _unpack(name, package, parts, max_unpacked, max_cells)
    except InputError:
        raise
    except (  # all that zipfile lets out of damaged places; ValueError where an offset is negative
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        zipfile.zlib.error,  # type: ignore[attr-defined]
    ) as error:
        raise InputError(Problem(name, f"a damaged archive ({error})", "an xlsx workbook")) from None


def _declared(parts: list[zipfile.ZipInfo], max_unpacked: int) -> list[tuple[str, str]]:
    """List what the archive's directory already gives away."""
    names = [part.filename.lower() for part in parts]
    found = [(what, _PLAIN) for key, what in _ACTIVE_PARTS.items() if any(key in n for n in names)]
    size = sum(part.file_size for part in parts)
    if size > max_unpacked or len(parts) > _MAX_PARTS:
        limit = f"at most {max_unpacked:,} bytes in {_MAX_PARTS:,} parts"
        found.append((f"an archive of {len(parts):,} parts unpacking to {size:,} bytes", limit))
    if any(part.flag_bits & 1 for part in parts):
        found.append(("an encrypted archive", "a workbook without password"))
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        found.append(("an unusual compression", "stored or deflated parts"))
    if "[content_types].xml" not in names or not any(n.endswith("workbook.xml") for n in names):
        found.append(("a zip archive that is no workbook", "an xlsx workbook"))
    if len(set(names)) < len(names):
        found.append(("an archive with a part twice", "an xlsx workbook"))
    return found


def _unpack(
    name: str, package: zipfile.ZipFile, parts: list[zipfile.ZipInfo], max_unpacked: int, max_cells: int
) -> bool:
    size = cells = formulas = 0
    refused: set[str] = set()
    for part in parts:
        scan = _PartScan() if part.filename.lower().endswith((".xml", ".rels", ".vml")) else None
        with package.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if scan is not None:
                    _feed(name, part.filename, scan, chunk)
                if size > max_unpacked or cells + (scan.cells if scan else 0) > max_cells:
                    found = f"more than {max_unpacked:,} bytes or {max_cells:,} cells when unpacked"
                    raise InputError(
                        Problem(name, found, f"at most {max_unpacked:,} bytes, {max_cells:,} cells")
                    )
        if scan is not None:
            _feed(name, part.filename, scan, b"", last=True)
            cells, formulas = cells + scan.cells, formulas + scan.formulas
            refused |= scan.refused
    if refused:
        raise InputError([Problem(name, what, _PLAIN) for what in sorted(refused)])
    return formulas > 0


def _feed(name: str, part: str, scan: _PartScan, chunk: bytes, last: bool = False) -> None:
    try:
        scan.parser.Parse(chunk, last)
    except (expat.ExpatError, ValueError) as error:
        if not part.lower().endswith(".vml"):
            raise InputError(Problem(name, f"part {part}: {error}", "well-formed XML")) from None


@dataclass(frozen=True)
class Workbook:
    """An xlsx workbook with stored values.

    Attributes
    ----------
    sheets : list
        Worksheets as openpyxl reads them.
    remarks : list of str
        What the reader passed over.
    uncomputed : list of Problem
        Formulas without a stored value; ``file`` is the title of their sheet.
    """

    sheets: list[Any]
    remarks: list[str]
    uncomputed: list[Problem]


def open_xlsx(name: str, data: bytes, max_unpacked: int, max_cells: int) -> Workbook:
    """Open an xlsx workbook after :func:`check_package`; nothing is computed or followed.

    Raises
    ------
    InputError
        When the package is refused, the workbook damaged or a sheet claims too large an area.
    """
    from openpyxl import load_workbook

    formulas = check_package(name, data, max_unpacked, max_cells)
    with warnings.catch_warnings(record=True) as caught:
        # openpyxl warns of styles and validations that it does not keep; only cells matter here
        warnings.simplefilter("always")
        try:
            book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
            written = load_workbook(io.BytesIO(data), keep_links=False) if formulas else None
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, SyntaxError) as error:
            found = f"a damaged workbook ({str(error)[:80]})"
            raise InputError(Problem(name, found, "an xlsx workbook")) from None
        areas = [(s.title, s.max_row, s.max_column) for s in book.worksheets]
    large = [
        Problem(f"{name}!{title}", f"an area of {rows} x {columns} cells", f"at most {4 * max_cells:,} cells")
        for title, rows, columns in areas
        if rows * columns > 4 * max_cells
    ]
    if large:
        raise InputError(large)
    empty = (problem for sheet in book.worksheets for problem in _uncomputed(sheet, written))
    return Workbook(book.worksheets, [str(w.message) for w in caught], list(islice(empty, _MAX_UNCOMPUTED)))


def _uncomputed(sheet: Any, written: Any) -> Iterator[Problem]:
    """Yield the formulas of a sheet that have no stored value."""
    allowed = "a stored value (open the file in a spreadsheet program and save it)"
    cells = (cell for row in written[sheet.title].iter_rows() for cell in row) if written else ()
    for cell in cells:
        if cell.data_type == "f" and sheet[cell.coordinate].value is None:
            found = f"the formula {str(cell.value)[:60]}, not computed"
            yield Problem(sheet.title, found, allowed, cell.row, cell.column_letter)


def shown(value: Any, number_format: str) -> str:
    """Write a stored value as the sheet shows it: percent, scale and literal unit of its format applied.

    Digits are kept in full (15 significant), since what a format hides is still stored.
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime | dt.date):
        return f"{value.year}-{value.month:02d}" + ("" if value.day == 1 else f"-{value.day:02d}")
    if not isinstance(value, int | float):
        return str(value)
    section = number_format.split(";")[0]
    literal = "".join(a or b for a, b in re.findall(r'"([^"]*)"|\\(.)', section)).strip()
    code = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", section)
    if "%" in code:
        return f"{value * 100:.15g}%"
    scale = re.search(r"[0#?](,+)\s*$", code)
    text = f"{value / 1000 ** len(scale.group(1)) if scale else value:.15g}"
    return f"{text}{literal}" if re.fullmatch(r"[%‰一-鿿]+(?:/[一-鿿]+)?", literal) else text


def xlsx_cells(sheet: Any) -> Iterator[tuple[int, int, str]]:
    """Yield row, column (from 0) and text of the filled cells of a sheet."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                indent = int(cell.alignment.indent or 0) if isinstance(cell.value, str) else 0
                text = "　" * indent + shown(cell.value, cell.number_format or "General")
                yield cell.row - 1, cell.column - 1, text


def open_xls(name: str, data: bytes) -> tuple[Any, list[str]]:
    """Open an old workbook; return it with the reader's remarks.

    Raises
    ------
    InputError
        When it is damaged, protected by a password, or holds a macro or a link to another file.
    """
    import xlrd
    from xlrd import book as records

    log = io.StringIO()
    active = [what for key, what in _OLE_STREAMS.items() if key.encode("utf-16-le") in data]
    if active:
        raise InputError([Problem(name, what, _PLAIN) for what in active])
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=log, verbosity=1
        )
    except Exception as error:
        # A damaged xls makes the reader fail in any way (struct, index, assertion, memory).
        raise InputError(Problem(name, f"a damaged xls workbook ({error})", "an xls workbook")) from error
    remarks = [line for line in log.getvalue().splitlines() if re.match(r"WARNING|NOTE|\*\*\*|ERROR", line)]
    found = {"a macro sheet" for line in remarks if "Macro sheet" in line or "Visual Basic" in line}
    links = {records.SUPBOOK_EXTERNAL, records.SUPBOOK_DDEOLE}
    if links & set(getattr(book, "_supbook_types", ())):
        found.add("an external link")
    if found:
        raise InputError([Problem(name, what, _PLAIN) for what in sorted(found)])
    return book, remarks


_OLE_STREAMS = {
    "_VBA_PROJECT": "a macro (VBA project)",
    "EncryptedPackage": "a workbook locked with a password",
}


def xls_cells(book: Any, sheet: Any) -> Iterator[tuple[int, int, str]]:
    """Yield row, column (from 0) and text of the filled cells of an xls sheet."""
    import xlrd

    for r in range(sheet.nrows):
        for c, cell in enumerate(sheet.row(r)):
            if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            style = book.xf_list[cell.xf_index] if 0 <= cell.xf_index < len(book.xf_list) else None
            known = style is not None and style.format_key in book.format_map
            number_format = book.format_map[style.format_key].format_str if known and style else "General"
            if cell.ctype == xlrd.XL_CELL_DATE:
                text = shown(xlrd.xldate_as_datetime(cell.value, book.datemode), number_format)
            elif cell.ctype == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(cell.value, "#N/A")
            elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                text = shown(bool(cell.value), number_format)
            else:
                text = shown(cell.value, number_format)
            indent = style.alignment.indent_level if style and cell.ctype == xlrd.XL_CELL_TEXT else 0
            yield r, c, "　" * indent + text
