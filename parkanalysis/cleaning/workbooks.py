"""Excel workbooks made safe and plain: package checks before anything is parsed, cells as they are shown."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from parkanalysis.errors import InputError, Problem

__all__ = ["check_package", "open_xls", "shown", "uncomputed", "xls_cells", "xlsx_cells"]

_MAX_PARTS = 5_000
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
        if tag == "c":
            self.cells += 1
        elif tag == "f":
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

    Examples
    --------
    >>> from openpyxl import Workbook
    >>> book, stream = Workbook(), io.BytesIO()
    >>> book.active.append(["Output", "=12*7"])
    >>> book.save(stream)
    >>> check_package("output.xlsx", stream.getvalue(), max_unpacked=100_000, max_cells=100)  # has formulas
    True
    >>> check_package("output.xlsx", stream.getvalue()[:500], max_unpacked=100_000, max_cells=100)
    Traceback (most recent call last):
    parkanalysis.errors.InputError: output.xlsx: found a damaged archive (File is not a zip file);
    allowed: an xlsx workbook
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


def uncomputed(data: bytes, sheet: Any) -> list[tuple[str, int, str]]:
    """List the formulas of a sheet (read with values) that have no stored value: formula, row, column.

    Examples
    --------
    >>> from openpyxl import Workbook, load_workbook
    >>> book, stream = Workbook(), io.BytesIO()
    >>> book.active.append(["Output", "=12*7"])
    >>> book.save(stream)
    >>> uncomputed(stream.getvalue(), load_workbook(stream, data_only=True).active)
    [('=12*7', 1, 'B')]
    """
    from openpyxl import load_workbook

    written = load_workbook(io.BytesIO(data), data_only=False, keep_links=False)[sheet.title]
    cells = (cell for row in written.iter_rows() for cell in row if cell.data_type == "f")
    return [
        (str(cell.value), cell.row, cell.column_letter)
        for cell in cells
        if sheet[cell.coordinate].value is None
    ]


def shown(value: Any, number_format: str) -> str:
    """Write a stored value as the sheet shows it: percent, scale and literal unit of its format applied.

    Digits are kept in full (15 significant), since what a format hides is still stored.

    Examples
    --------
    >>> shown(0.081, "0.0%"), shown(8.1, '0.0"%"'), shown(12500, '#,##0.0,')
    ('8.1%', '8.1%', '12.5')
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


def xlsx_cells(sheet: Any) -> Iterator[tuple[int, int, str, bool]]:
    """Yield row, column (from 0), text and whether it is a stored number, for filled cells of a sheet.

    Examples
    --------
    >>> from openpyxl import Workbook
    >>> sheet = Workbook().active
    >>> sheet.append(["Growth", 0.081])
    >>> sheet["B1"].number_format = "0.0%"
    >>> list(xlsx_cells(sheet))
    [(0, 0, 'Growth', False), (0, 1, '8.1%', True)]
    """
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                indent = int(cell.alignment.indent or 0) if isinstance(cell.value, str) else 0
                text = "　" * indent + shown(cell.value, cell.number_format or "General")
                yield cell.row - 1, cell.column - 1, text, isinstance(cell.value, int | float)


def open_xls(name: str, data: bytes) -> tuple[Any, list[str]]:
    """Open an old workbook; return it with the reader's remarks.

    Raises
    ------
    InputError
        When it is damaged, protected by a password, or holds a macro or a link to another file.

    Examples
    --------
    >>> open_xls("output.xls", "_VBA_PROJECT".encode("utf-16-le"))
    Traceback (most recent call last):
    parkanalysis.errors.InputError: output.xls: found a macro (VBA project); allowed: a workbook without
    macros, external links or embedded objects (save it as plain xlsx or CSV)
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


def xls_cells(book: Any, sheet: Any) -> Iterator[tuple[int, int, str, bool]]:
    """Yield row, column (from 0), text and whether it is a stored number, of filled cells of an xls sheet.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from xlrd.sheet import Cell
    >>> cells = [Cell(1, "Output", 0), Cell(0, "", 0), Cell(2, 85.2, 0)]  # text, nothing, number
    >>> list(xls_cells(SimpleNamespace(xf_list=[]), SimpleNamespace(nrows=1, row=lambda r: cells)))
    [(0, 0, 'Output', False), (0, 2, '85.2', True)]
    """
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
            yield r, c, "　" * indent + text, cell.ctype == xlrd.XL_CELL_NUMBER
