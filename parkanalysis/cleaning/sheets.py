"""Files of statistical tables to grids of printed cells, with nothing run and nothing unpacked unbounded."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from parkanalysis.cleaning.files import MAX_BYTES, MAX_UNPACKED, PLAIN, decode, open_xlsx, read_bytes
from parkanalysis.errors import InputError, Problem, nearest

MAX_CELLS = 500_000
MAX_COLUMNS = 2_000
MAX_TEXT = 5_000
_BLOCK = re.compile("p|div|li|tr|h[1-6]|br|table|section|article|blockquote")
_DIGIT = re.compile(r"\d")
_MARKUP_TEXT = re.compile(r"<\s*(?:!doctype html|html|table|head|body)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """One thing changed between the printed table and the frame: where, what stood there, what it became."""

    place: str
    found: str
    became: str
    why: str


@dataclass(frozen=True)
class Grid:
    """Cells as printed.

    Attributes
    ----------
    name : str
        File name, with the sheet where the file has several.
    cells : tuple of tuple of str
        Rows of equal length; leading blanks are kept, because they are the table's outline.
    covered : frozenset of (int, int)
        Places (from 0) that repeat the text of a merged area's first cell.
    changes : tuple of Change
    """

    name: str
    cells: tuple[tuple[str, ...], ...]
    covered: frozenset[tuple[int, int]] = frozenset()
    changes: tuple[Change, ...] = ()

    @cached_property
    def own(self) -> tuple[dict[int, str], ...]:
        """Texts of each row by column, blanks around them gone, those of a merged area once."""
        return tuple(
            {c: text for c, cell in enumerate(row) if (text := cell.strip()) and (r, c) not in self.covered}
            for r, row in enumerate(self.cells)
        )


@dataclass
class Draft:
    """A grid being filled: texts by place, merged areas, what was changed."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    covered: set[tuple[int, int]] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        text = self.cells.setdefault((top, left), "")
        if (bottom - top + 1) * (right - left + 1) + len(self.covered) > MAX_CELLS:
            raise InputError(_too_large(f"merged area at row {top + 1}", "an area of more cells"))
        places = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        self.cells.update(dict.fromkeys(places, text))
        self.covered |= places - {(top, left)}

    def grid(self, name: str, title: Sequence[str] = ()) -> Grid:
        """Close the grid, under the lines that stand above it."""
        filled = [place for place, text in self.cells.items() if text.strip()]
        if not filled:
            raise InputError(Problem(name, "an empty table", "a header and at least one row of figures"))
        height, width = (max(place[axis] for place in filled) + 1 for axis in (0, 1))
        if height * width > MAX_CELLS or width > MAX_COLUMNS:
            raise InputError(_too_large(name, f"an area of {height} x {width} cells"))
        long = [p for p in filled if len(self.cells[p]) > MAX_TEXT]
        if long:
            found = f"a cell of {len(self.cells[long[0]]):,} characters"
            raise InputError(Problem(name, found, f"at most {MAX_TEXT:,}", long[0][0] + 1))
        above = tuple((line, *[""] * (width - 1)) for line in title)
        rows = (tuple(self.cells.get((r, c), "") for c in range(width)) for r in range(height))
        covered = frozenset((r + len(above), c) for r, c in self.covered)
        return Grid(name, (*above, *rows), covered, tuple(self.changes))


def _too_large(name: str, found: str) -> Problem:
    table = f"{MAX_CELLS:,} cells, {MAX_COLUMNS:,} columns"
    return Problem(name, found, f"at most {MAX_BYTES:,} bytes, {MAX_UNPACKED:,} unpacked, {table}")


def read_grid(path: str | Path, sheet: str | int | None = None) -> Grid:
    """Read one table as a grid of printed cells; the kind of file is told from its content.

    Parameters
    ----------
    path : str or Path
        xlsx, xls, CSV (UTF-8, UTF-16 with mark, GBK, GB18030) or HTML.
    sheet : str or int, optional
        Name of the sheet, or its number counted from 1 (for HTML: of the table). May be left out when
        the file holds one.

    Returns
    -------
    Grid

    Raises
    ------
    InputError
        When the file is missing, empty, larger than ``MAX_BYTES``, unpacks to more than ``MAX_UNPACKED``,
        is binary or in an unknown encoding, holds a macro or an external link, or the sheet is not named.
    """
    path = Path(path)
    data = read_bytes(path)
    if not data.strip():
        raise InputError(Problem(path.name, "an empty file", "a table"))
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return _workbook(path.name, data, sheet)
    text, codec = decode(path.name, data)
    changes = [] if codec == "utf-8-sig" else [Change(path.name, codec, "Unicode", "the file's encoding")]
    markup = bool(_MARKUP_TEXT.search(text[:4000]))
    if path.suffix.lower() in {".xls", ".xlsx"}:
        kind = "HTML" if markup else "delimited text"
        changes.append(Change(path.name, f"suffix {path.suffix}", kind, "the content is what it is"))
    return _html(path.name, text, sheet, changes) if markup else _csv(path.name, text, changes)


def is_table(path: str | Path) -> bool:
    """Tell a statistical table from a report: by its kind; a page, where tables hold most of its digits."""
    path = Path(path)
    if path.suffix.lower() not in {".html", ".htm"}:
        return path.suffix.lower() in {".xlsx", ".xls", ".csv", ".tsv"}
    root = parse_html(path.name, decode(path.name, read_bytes(path))[0])
    inside = sum(len(_DIGIT.findall(table.text_content())) for table in html_tables(root))
    return inside > len(_DIGIT.findall(root.text_content())) / 2


def _choose(
    titles: list[str], sheet: str | int | None, file: str, kind: str = "sheet", hidden: Iterable[str] = ()
) -> int:
    """Return the index of the wanted sheet, by name or number; the only one to be seen when none is named."""
    seen = [title for title in titles if title not in hidden] or titles
    wanted = str(sheet)
    if sheet is None and len(seen) == 1:
        return titles.index(seen[0])
    if sheet is not None and wanted in titles:
        return titles.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(titles):
        return int(wanted) - 1
    listed = ", ".join(titles[:20]) or "none"
    found = f"{len(seen)} {kind}s with figures" if sheet is None else f"no {kind} {wanted!r}"
    close = nearest(wanted, titles) if sheet is not None else None
    raise InputError(Problem(file, found, f"the {kind} named: one of {listed}", nearest=close))


def _csv(name: str, text: str, changes: list[Change]) -> Grid:
    lines = text.splitlines()
    delimiter = max(",\t;|", key=lambda mark: sum(mark in line for line in lines[:200]))
    draft = Draft(changes=changes)
    cells = 0
    try:
        for r, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)):
            cells += len(row)
            if cells > MAX_CELLS:
                raise InputError(_too_large(name, f"more than {MAX_CELLS:,} cells"))
            draft.cells.update({(r, c): cell.rstrip() for c, cell in enumerate(row) if cell.strip()})
    except csv.Error as error:
        raise InputError(Problem(name, f"malformed CSV ({error})", "quoted fields that are closed")) from None
    return draft.grid(name)


def parse_html(name: str, text: str) -> Any:
    """Parse a page with nothing fetched and nothing run."""
    from lxml import etree, html

    try:
        parser = html.HTMLParser(encoding="utf-8", no_network=True)
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise InputError(Problem(name, f"HTML that cannot be read ({error})", "an HTML page")) from None


def html_tables(root: Any) -> list[Any]:
    """Return the tables of a page that hold rows themselves and no other table."""
    return [t for t in root.iter("table") if t.find(".//table") is None and len(list(t.iter("tr"))) > 1]


def _html(name: str, text: str, sheet: str | int | None, changes: list[Change]) -> Grid:
    tables = html_tables(parse_html(name, text))
    labels = [f"{n} {_html_text(t.find('caption'))}".strip() for n, t in enumerate(tables, 1)]
    return html_grid(name, tables[_choose(labels, sheet, name, "table")], changes)


def html_grid(name: str, table: Any, changes: Iterable[Change] = ()) -> Grid:
    """Read one table of a page, under the lines that stand above it."""
    draft = Draft(changes=list(changes))
    caption = _html_text(table.find("caption"))
    heading = [*_lines_above(table), *([caption] if 0 < len(caption) < 200 else [])]
    area = 0
    for r, row in enumerate(table.iter("tr")):
        c = 0
        for cell in row.iterchildren("td", "th"):
            while (r, c) in draft.cells:
                c += 1
            down, right = (_span(cell.get(key)) for key in ("rowspan", "colspan"))
            area += down * right
            if area > MAX_CELLS:
                raise InputError(_too_large(name, "spans over more cells"))
            draft.cells[r, c] = _html_text(cell)
            draft.merge(r, c, r + down - 1, c + right - 1)
            c += right
    return draft.grid(name, heading)


def _lines_above(table: Any) -> list[str]:
    """Return the lines before a table, and before what holds it, that are its title."""
    lines: list[str] = []
    while table.getparent() is not None and table.tag not in ("body", "td"):
        above = [e for e in islice(table.itersiblings(preceding=True), 5) if isinstance(e.tag, str)]
        own = list(takewhile(lambda e: e.tag != "table" and e.find(".//table") is None, above))
        lines = [line for e in reversed(own) for line in html_lines(e)] + lines
        if len(own) < len(above):
            break
        table = table.getparent()
    return title_of(lines)


def html_lines(element: Any) -> list[str]:
    """Return the lines of an element as its blocks divide them."""
    element = deepcopy(element)
    for inner in element.iter():
        if isinstance(inner.tag, str) and _BLOCK.fullmatch(inner.tag):
            inner.text, inner.tail = f"\n{inner.text or ''}", f"\n{inner.tail or ''}"
        elif inner.tag in ("td", "th"):
            inner.tail = f" {inner.tail or ''}"
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in element.text_content().splitlines())
    return [line for line in lines if line]


def title_of(lines: list[str]) -> list[str]:
    """Return the last lines above a table that are its title or its unit, not prose."""
    short = takewhile(lambda line: len(line) <= 60 and not re.search(r"[。；]", line), lines[:-4:-1])
    return [line.strip() for line in short][::-1]


def _span(value: str | None) -> int:
    """Read a row or column span as browsers do: at least 1, at most 1000."""
    return min(max(int(value), 1), 1000) if value and re.fullmatch(r"[0-9]{1,8}", value) else 1


def _html_text(element: Any) -> str:
    """Return the text of an element on one line; leading no-break and ideographic spaces stay."""
    text = "" if element is None else "".join(element.itertext())
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ").rstrip()


# --- workbooks ---


@dataclass(frozen=True)
class _Sheet:
    """A filled sheet of a workbook, old or new; merged areas as top, left, bottom, right from 0."""

    title: str
    shown: bool
    cells: Iterator[tuple[int, int, str]]
    merged: list[tuple[int, int, int, int]]
    uncomputed: tuple[Problem, ...] = ()


def _workbook(name: str, data: bytes, sheet: str | int | None) -> Grid:
    sheets = _xlsx(name, data) if data.startswith(b"PK") else _xls(name, data)
    if not sheets:
        raise InputError(Problem(name, "an empty workbook", "a table"))
    hidden = [s.title for s in sheets if not s.shown]
    chosen = sheets[_choose([s.title for s in sheets], sheet, name, hidden=hidden)]
    label = name if len(sheets) == 1 else f"{name}!{chosen.title}"
    if chosen.uncomputed:
        raise InputError([replace(problem, file=label) for problem in chosen.uncomputed])
    draft = Draft({(row, column): text for row, column, text in chosen.cells})
    draft.changes += [
        Change(f"{name}!{title}", "a hidden sheet", "left out", "name it to read it")
        for title in hidden
        if title != chosen.title
    ]
    for area in chosen.merged:
        draft.merge(*area)
    return draft.grid(label)


def _xlsx(name: str, data: bytes) -> list[_Sheet]:
    sheets, uncomputed = open_xlsx(name, data, MAX_UNPACKED, MAX_CELLS)
    return [
        _Sheet(
            sheet.title,
            sheet.sheet_state == "visible",
            _xlsx_cells(sheet),
            [(a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in sheet.merged_cells.ranges],
            tuple(problem for problem in uncomputed if problem.file == sheet.title),
        )
        for sheet in sheets
        if any(value is not None for row in sheet.values for value in row)
    ]


def _xlsx_cells(sheet: Any) -> Iterator[tuple[int, int, str]]:
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
        indent = int(cell.alignment.indent or 0) if isinstance(cell.value, str) else 0
        text = "　" * indent + _shown(cell.value, cell.number_format or "General")
        yield cell.row - 1, cell.column - 1, text


def _shown(value: Any, number_format: str) -> str:
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


_ACTIVE = {"_VBA_PROJECT": "a macro (VBA project)", "EncryptedPackage": "a workbook locked with a password"}


def _xls(name: str, data: bytes) -> list[_Sheet]:
    import xlrd

    active = [what for key, what in _ACTIVE.items() if key.encode("utf-16-le") in data]
    if active:
        raise InputError([Problem(name, what, PLAIN) for what in active])
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=io.StringIO()
        )
    except Exception as error:
        # A damaged xls makes the reader fail in any way (struct, index, assertion, memory).
        raise InputError(Problem(name, f"a damaged xls workbook ({error})", "an xls workbook")) from error
    return [
        _Sheet(
            sheet.name,
            sheet.visibility == 0,
            _xls_cells(book, sheet),
            [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
        )
        for sheet in book.sheets()
        if any(kind not in _XLS_EMPTY for row in range(sheet.nrows) for kind in sheet.row_types(row))
    ]


_XLS_EMPTY = (0, 6)  # empty, and blank but styled


def _xls_cells(book: Any, sheet: Any) -> Iterator[tuple[int, int, str]]:
    import xlrd

    filled = ((r, c, cell) for r in range(sheet.nrows) for c, cell in enumerate(sheet.row(r)))
    for r, c, cell in filled:
        if cell.ctype in _XLS_EMPTY:
            continue
        style = book.xf_list[cell.xf_index] if 0 <= cell.xf_index < len(book.xf_list) else None
        known = book.format_map.get(style.format_key) if style else None
        value, indent = cell.value, 0
        if cell.ctype == xlrd.XL_CELL_DATE:
            value = xlrd.xldate_as_datetime(value, book.datemode)
        elif cell.ctype == xlrd.XL_CELL_ERROR:
            value = xlrd.error_text_from_code.get(value, "#N/A")
        elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
            value = bool(value)
        elif cell.ctype == xlrd.XL_CELL_TEXT and style:
            indent = style.alignment.indent_level
        yield r, c, "　" * indent + _shown(value, known.format_str if known else "General")
