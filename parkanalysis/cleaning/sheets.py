"""Files of statistical tables to grids of printed cells, with nothing run and nothing unpacked unbounded."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from parkanalysis.cleaning.files import (
    MAX_BYTES,
    decode,
    open_xls,
    open_xlsx,
    read_bytes,
    xls_cells,
    xlsx_cells,
)
from parkanalysis.errors import InputError, Problem, nearest

MAX_UNPACKED = 96_000_000
MAX_CELLS = 500_000
MAX_COLUMNS = 2_000
MAX_TEXT = 5_000
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


@dataclass
class Draft:
    """A grid being filled: texts by place, merged areas, what was changed."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    covered: set[tuple[int, int]] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)

    def fill(self, cells: Iterable[tuple[int, int, str]]) -> None:
        self.cells.update({(row, column): text for row, column, text in cells})

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        text = self.cells.get((top, left), "")
        if text and (bottom - top + 1) * (right - left + 1) + len(self.covered) > MAX_CELLS:
            raise InputError(_too_large(f"merged area at row {top + 1}", "an area of more cells"))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left) and text:
                    self.cells[row, column] = text
                    self.covered.add((row, column))

    def grid(self, name: str) -> Grid:
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
        rows = tuple(tuple(self.cells.get((r, c), "") for c in range(width)) for r in range(height))
        return Grid(name, rows, frozenset(self.covered), tuple(self.changes))


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
    if data.startswith(b"PK"):
        return _xlsx(path.name, data, sheet)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _xls(path.name, data, sheet)
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
    inside = sum(_digits(table.text_content()) for table in html_tables(root))
    return inside > _digits(root.text_content()) / 2


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _choose(names: list[str], sheet: str | int | None, file: str, kind: str = "sheet") -> int:
    """Return the index of the wanted sheet; the only one when none is named."""
    if sheet is None and len(names) == 1:
        return 0
    wanted = str(sheet)
    if sheet is not None and wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    listed = ", ".join(names[:20]) or "none"
    found = f"{len(names)} {kind}s with figures" if sheet is None else f"no {kind} {wanted!r}"
    close = nearest(wanted, names) if sheet is not None else None
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
    heading = [*_lines_above(table), _html_text(table.find("caption"))]
    heading = [line for line in heading if 0 < len(line) < 200]
    for r, line in enumerate(heading):
        draft.cells[r, 0] = line
    area = 0
    for r, row in enumerate(table.iter("tr"), start=len(heading)):
        c = 0
        for cell in row.iterchildren("td", "th"):
            while (r, c) in draft.cells:
                c += 1
            down, right = (_span(cell.get(key)) for key in ("rowspan", "colspan"))
            area += down * right
            if area > MAX_CELLS:
                raise InputError(_too_large(name, "spans over more cells"))
            draft.cells[r, c] = _html_text(cell)
            if not draft.cells[r, c]:
                draft.cells.update({(r + i, c + j): "" for i in range(down) for j in range(right)})
            draft.merge(r, c, r + down - 1, c + right - 1)
            c += right
    return draft.grid(name)


def _lines_above(table: Any) -> list[str]:
    """Return up to three lines before a table, or before the element that holds nothing but the table."""
    while table is not None:
        siblings = [e for e in table.itersiblings(preceding=True) if isinstance(e.tag, str)][:3]
        lines = [_html_text(e) for e in reversed(siblings) if e.find(".//table") is None and e.tag != "table"]
        parent = table.getparent()
        if any(lines) or parent is None or parent.tag in ("body", "td"):
            return lines
        table = parent
    return []


def _span(value: str | None) -> int:
    """Read a row or column span as browsers do: at least 1, at most 1000."""
    return (
        min(max(int(value), 1), 1000)
        if value and value.isascii() and value.isdigit() and len(value) < 9
        else 1
    )


def _html_text(element: Any) -> str:
    """Return the text of an element on one line; leading no-break and ideographic spaces stay."""
    text = "" if element is None else "".join(element.itertext())
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ").rstrip()


def _xlsx(name: str, data: bytes, sheet: str | int | None) -> Grid:
    book = open_xlsx(name, data, MAX_UNPACKED, MAX_CELLS)
    sheets = [s for s in book.sheets if any(c is not None for r in s.values for c in r)]
    draft = Draft(
        changes=[Change(name, remark, "ignored", "the workbook's styling") for remark in book.remarks]
    )
    states = [(s.title, s.sheet_state == "visible") for s in sheets]
    chosen = sheets[_visible(name, states, sheet, draft)]
    label = name if len(sheets) == 1 else f"{name}!{chosen.title}"
    empty = [replace(p, file=label) for p in book.uncomputed if p.file == chosen.title]
    if empty:
        raise InputError(empty)
    draft.fill(xlsx_cells(chosen))
    for area in chosen.merged_cells.ranges:
        draft.merge(area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1)
    return draft.grid(label)


def _xls(name: str, data: bytes, sheet: str | int | None) -> Grid:
    book, log = open_xls(name, data)
    sheets = [
        s for s in book.sheets() if any(t not in (0, 6) for r in range(s.nrows) for t in s.row_types(r))
    ]
    draft = Draft(changes=[Change(name, line, "ignored", "the workbook's records") for line in log])
    chosen = sheets[_visible(name, [(s.name, s.visibility == 0) for s in sheets], sheet, draft)]
    draft.fill(xls_cells(book, chosen))
    for top, bottom, left, right in chosen.merged_cells:
        draft.merge(top, left, bottom - 1, right - 1)
    return draft.grid(name if len(sheets) == 1 else f"{name}!{chosen.name}")


def _visible(name: str, states: list[tuple[str, bool]], sheet: str | int | None, draft: Draft) -> int:
    """Return the index of the wanted sheet; hidden ones count only when asked for by name."""
    if not states:
        raise InputError(Problem(name, "an empty workbook", "a table"))
    titles = [title for title, _ in states]
    if sheet is not None or not any(shown for _, shown in states):
        return _choose(titles, sheet, name)
    draft.changes += [
        Change(f"{name}!{title}", "a hidden sheet", "left out", "name it to read it")
        for title, shown in states
        if not shown
    ]
    shown_titles = [title for title, shown in states if shown]
    return titles.index(shown_titles[_choose(shown_titles, None, name)])
