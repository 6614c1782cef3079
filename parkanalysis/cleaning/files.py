"""Files in and out: bounded reading, one decoder, workbooks opened safely, files written aside."""

from __future__ import annotations

import io
import os
import re
import secrets
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from parkanalysis.errors import InputError, Problem

MAX_BYTES = 32_000_000
"""Largest file read unless the caller says otherwise."""

MAX_UNPACKED = 96_000_000
"""Largest workbook or docx, or text streams of a PDF, once unpacked; a bomb is larger."""

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
    write_together(path.parent, {path.name: data}, overwrite)


def write_together(folder: Path, files: Mapping[str, bytes], overwrite: bool = True) -> None:
    """Write files by name, as ``write_aside`` one: none gets its name before all of them stand aside."""
    asides = {name: folder / f".{name[:40]}.{secrets.token_hex(8)}.tmp" for name in files}
    try:
        for name, aside in asides.items():
            # as any new file: what others may do with it is the user's umask to say
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
                stream.write(files[name])
                stream.flush()
                os.fsync(stream.fileno())
        for name, aside in asides.items():
            if not overwrite:
                (folder / name).open("x").close()  # take the name, unless it is taken
            os.replace(aside, folder / name)
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)


# --- text ---


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Decode text strictly: UTF-8, UTF-16 with its mark, or GB18030 (which contains GBK); name the codec."""
    allowed = "text in UTF-8, GBK or GB18030, or an xlsx or xls workbook"
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in data and not wide:
        row = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError(Problem(name, "a NUL byte (a binary file?)", allowed, row=row))
    if len(re.findall(rb"[\x01-\x08\x0e-\x1f]", data[:65536])) > 2 and not wide:
        raise InputError(Problem(name, "binary content", allowed))
    place = None
    for codec in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            place = place or data.count(b"\n", 0, error.start) + 1
            continue
        if "\0" in text or "�" in text:
            raise InputError(Problem(name, "characters lost in an earlier conversion", allowed))
        if codec != "gb18030" or _plausible(text):
            return text, codec
    found = "bytes that are neither UTF-8 nor GB18030 (or, read so, are no Chinese prose)"
    raise InputError(Problem(name, found, allowed, row=place))


def _plausible(text: str) -> bool:
    """Tell whether most Chinese characters are among the 3,755 common ones of GB 2312 level 1."""
    foreign = [character for character in text[:200_000] if ord(character) > 127]
    encoded = (character.encode("gb2312", "replace") for character in foreign)
    common = sum(0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7 for code in encoded)
    return not foreign or common >= _PLAUSIBLE * len(foreign)


# --- workbooks ---

_MAX_PARTS = 5_000
_MAX_UNCOMPUTED = 1_000  # formulas that are named
PLAIN = "a workbook without macros, external links or embedded objects (save it as plain xlsx or CSV)"
_ACTIVE_PARTS = {
    "vbaproject": "a macro (VBA project)",
    "macrosheets/": "a macro (Excel 4 macro sheet)",
    "externallinks/": "an external link",
    "connections.xml": "an external data connection",
    "embeddings/": "an embedded object",
    "activex/": "an ActiveX control",
}
# what a reader pays for an element, in cells; whatever else stands there in masses costs as much as a cell
_COSTS = {"v": 0, "t": 0, "is": 0, "row": 0, "xf": 5}
_PER_CELL = 4  # elements of a cell at most: c, is, t, its share of a row


def _check_package(name: str, data: bytes, max_unpacked: int, max_cells: int) -> bool:
    """Refuse an xlsx package that is damaged, active or too large, before a parser builds anything from it.

    Merged areas count as cells. Returns whether any sheet holds formulas.
    """
    from lxml import etree

    cells, elements, formulas = 0, 0, False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            refused = [Problem(name, *told) for told in _declared(parts, max_unpacked)]
            xml = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
            for part in xml if not refused else ():
                # no part unpacks to more than its declared size
                scan = etree.iterparse(package.open(part), resolve_entities=False, no_network=True)
                for _, element in scan:
                    tag = element.tag.rpartition("}")[2]
                    formulas = formulas or tag == "f"
                    cells += _area(element.get("ref", "")) if tag == "mergeCell" else _COSTS.get(tag, 1)
                    elements += 1
                    if max(cells, elements // _PER_CELL) > max_cells:
                        raise InputError(Problem(name, "more cells", f"at most {max_cells:,} cells"))
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
                if scan.root.getroottree().docinfo.doctype:
                    refused.append(Problem(name, "a document type declaration", "an xlsx workbook"))
    except InputError:
        raise
    except Exception as error:  # a damaged archive makes its reader fail in any way
        raise InputError(Problem(name, f"a damaged archive ({error})", "an xlsx workbook")) from error
    if refused:
        raise InputError(refused)
    return formulas


def _area(reference: str) -> int:
    """Return the number of cells of ``A1:C3``; what is no such reference counts as more than a sheet."""
    from openpyxl.utils.cell import range_boundaries

    try:
        left, top, right, bottom = range_boundaries(reference)
        return max(int(right - left + 1) * int(bottom - top + 1), 1)
    except (ValueError, TypeError):
        return 1 << 34


def _declared(parts: list[zipfile.ZipInfo], max_unpacked: int) -> list[tuple[str, str]]:
    """List what the archive's directory already gives away: what is found, what is allowed."""
    names = [part.filename.lower() for part in parts]
    size = sum(part.file_size for part in parts)
    packing = {part.compress_type for part in parts} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    workbook = "[content_types].xml" in names and any(n.endswith("workbook.xml") for n in names)
    checks = [
        *((any(key in n for n in names), what, PLAIN) for key, what in _ACTIVE_PARTS.items()),
        (size > max_unpacked, f"parts that unpack to {size:,} bytes", f"at most {max_unpacked:,} bytes"),
        (len(parts) > _MAX_PARTS, f"{len(parts):,} parts", f"at most {_MAX_PARTS:,} parts"),
        (any(part.flag_bits & 1 for part in parts), "an encrypted archive", "a workbook without password"),
        (bool(packing), "an unusual compression", "stored or deflated parts"),
        (not workbook, "a zip archive that is no workbook", "an xlsx workbook"),
    ]
    return [(found, allowed) for wrong, found, allowed in checks if wrong]


def open_xlsx(name: str, data: bytes, max_unpacked: int, max_cells: int) -> tuple[list[Any], list[Problem]]:
    """Open an xlsx workbook that is neither active nor too large; nothing is computed or followed.

    Returns
    -------
    list, list of Problem
        Worksheets as openpyxl reads them, with stored values; formulas without one, where ``file`` is the
        title of their sheet.

    Raises
    ------
    InputError
        When the package is refused, the workbook damaged or a sheet claims too large an area.
    """
    from openpyxl import load_workbook

    formulas = _check_package(name, data, max_unpacked, max_cells)
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations that it does not keep; only cells matter here
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
            written = load_workbook(io.BytesIO(data), keep_links=False) if formulas else None
        except Exception as error:
            found = f"a damaged workbook ({str(error)[:80]})"
            raise InputError(Problem(name, found, "an xlsx workbook")) from error
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > 4 * max_cells:
            found = f"an area of {sheet.max_row} x {sheet.max_column} cells"
            raise InputError(Problem(f"{name}!{sheet.title}", found, f"at most {4 * max_cells:,} cells"))
    empty = (problem for sheet in book.worksheets for problem in _uncomputed(sheet, written))
    return book.worksheets, list(islice(empty, _MAX_UNCOMPUTED))


def _uncomputed(sheet: Any, written: Any) -> Iterator[Problem]:
    """Yield the formulas of a sheet that have no stored value."""
    allowed = "a stored value (open the file in a spreadsheet program and save it)"
    cells = (cell for row in written[sheet.title].iter_rows() for cell in row) if written else ()
    for cell in cells:
        if cell.data_type == "f" and sheet[cell.coordinate].value is None:
            found = f"the formula {str(cell.value)[:60]}, not computed"
            yield Problem(sheet.title, found, allowed, cell.row, cell.column_letter)
