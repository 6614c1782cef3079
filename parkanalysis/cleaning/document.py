"""Work reports and communiqués: their text, their tables apart from it, drafts for an analyst to confirm."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from parkanalysis.cleaning.files import MAX_BYTES, MAX_UNPACKED, decode, read_bytes
from parkanalysis.cleaning.sheets import Draft, Grid, html_grid, html_lines, html_tables, parse_html, title_of
from parkanalysis.cleaning.table import Table, single_months, table_of
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import SYMBOLS, WORDS, Mention, extract, normalize

if TYPE_CHECKING:
    import pandas as pd

MAX_STREAM = 16_000_000
"""Largest stream of a PDF that is no image, once unpacked."""

MAX_TEXT = 2_000_000
"""Most characters of a report; a thousand printed pages have half of it."""

_LONGEST_CELL = 40  # of a table whose cells tabs divide

_KINDS = "txt, md, docx, html or pdf"
_MAGIC = {b"%PDF": ".pdf", b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".doc"}
_ELSEWHERE = {".doc": "a Word 97-2003", ".wps": "a WPS", ".ofd": "an OFD", ".rtf": "an RTF"}


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes
    ----------
    name : str
    text : str
        One paragraph a line, without the tables.
    tables : tuple of Grid
        In the order of the document, under the lines that stand above them.
    """

    name: str
    text: str
    tables: tuple[Grid, ...] = ()


def read_document(path: str | Path) -> Document:
    """Read a report.

    Parameters
    ----------
    path : str or Path
        A txt, md, docx, html or pdf file; text in UTF-8, UTF-16 or GB 18030.

    Raises
    ------
    InputError
        When the file is missing, empty, too large, binary, encrypted, damaged or of another kind, or when
        its text layer holds no characters.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    suffix = path.suffix.lower()
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    if found == ".doc" or suffix in _ELSEWHERE:
        what = _ELSEWHERE.get(suffix, _ELSEWHERE[".doc"])
        raise _problem(
            path, f"{what} document", f"{_KINDS}: open it in its own program and save it as docx or PDF"
        )
    if suffix not in _READERS:
        raise _problem(path, f"a file named {suffix or 'without a suffix'}", _KINDS)
    if suffix in (".pdf", ".docx") and found != suffix:
        raise _problem(path, f"a {suffix} file that does not begin like one", f"a real {suffix} file")
    document = _READERS[suffix](path, data)
    if len(document.text) > MAX_TEXT:
        raise _problem(path, f"{len(document.text):,} characters of text", f"at most {MAX_TEXT:,}")
    if not document.text.strip() and not document.tables:
        raise _problem(path, "no text (a scan has none)", "a document with text")
    return document


def _problem(path: Path, found: str, allowed: str) -> InputError:
    return InputError(Problem(path.name, found, allowed))


def _plain(path: Path, data: bytes) -> str:
    return decode(path.name, data)[0].replace("\r\n", "\n").replace("\r", "\n")


def _text(path: Path, data: bytes) -> Document:
    """Text whose lines of cells between bars (| 指标 | 2015年 |) or tabs are tables."""
    lines: list[str] = []
    grids: list[Grid] = []
    for row_like, run in groupby(_rows_of(_plain(path, data).split("\n")), key=lambda row: len(row) > 1):
        rows = [row for row in run if not row_like or not re.fullmatch(r"[-: ]*", "".join(row))]
        if row_like and len(rows) > 1:
            grids.append(_filled(path, rows, title_of(lines)))
        else:
            lines += [" ".join(row) for row in rows]
    return Document(path.name, "\n".join(lines), tuple(grids))


def _rows_of(lines: list[str]) -> list[list[str]]:
    """Cells of each line; a heading between rows of a table is a row too, with an empty second cell."""
    rows = [_cells_of(line) for line in lines]
    for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
        if len(row) == 1 and len(before) > 1 and len(after) > 1 and 0 < len(row[0]) <= _LONGEST_CELL:
            row.append("")
    return rows


def _cells_of(line: str) -> list[str]:
    if line.count("|") > 1:
        return line.strip().strip("|").split("|")
    cells = line.rstrip().split("\t")
    prose = "。" in line or max(map(len, cells)) > _LONGEST_CELL
    return [line] if prose or sum(map(bool, cells)) < 2 else cells


# --- html ---


def _html(path: Path, data: bytes) -> Document:
    root = parse_html(path.name, _plain(path, data))
    for element in root.xpath("//script|//style|//noscript|//template"):
        element.drop_tree()
    tables = html_tables(root)
    grids = [html_grid(path.name, table) for table in tables if table.text_content().strip()]
    for table in tables:
        table.drop_tree()
    return Document(path.name, "\n".join(html_lines(root)), tuple(grids))


# --- docx ---


def _docx(path: Path, data: bytes) -> Document:
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > MAX_UNPACKED:
                found = f"{unpacked / 1e6:.0f} MB once unpacked"
                raise _problem(path, found, f"at most {MAX_UNPACKED / 1e6:.0f} MB")
            with archive.open("word/document.xml") as stream:
                content = stream.read(MAX_UNPACKED + 1)
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except KeyError:
        raise _problem(path, "a zip archive without a Word document in it", "a docx file") from None
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, RuntimeError, EOFError, OSError) as error:
        raise _problem(path, f"a damaged docx ({error})", "a whole docx file") from None
    lines: list[str] = []
    grids: list[Grid] = []
    for block in root.xpath(_WORD_BLOCKS):
        rows = block.findall("{*}tr")
        if len(rows) > 1 and max(len(row.findall("{*}tc")) for row in rows) > 1:
            grids.append(_word_table(path, rows, title_of(lines)))
        elif rows:  # a frame around a text
            lines += [" ".join(_word_text(cell).strip() for cell in row.findall("{*}tc")) for row in rows]
        else:
            lines += [line.strip() for line in _word_text(block).splitlines() if line.strip()]
    return Document(path.name, "\n".join(lines), tuple(grids))


# paragraphs and tables in order, whatever wraps them, without those inside another
_WORD_BLOCKS = (
    "//*[local-name()='body']//*[local-name()='p' or local-name()='tbl']"
    "[not(ancestor::*[local-name()='p' or local-name()='tbl'])]"
)
_WORD_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "p": "\n"}


def _word_text(element: Any) -> str:
    tagged = ((child.tag.rpartition("}")[2], child) for child in element.iter("{*}*"))
    return "".join(_WORD_MARKS.get(tag, child.text or "" if tag == "t" else "") for tag, child in tagged)


def _word_table(path: Path, rows: list[Any], title: list[str]) -> Grid:
    draft = Draft()
    for r, row in enumerate(rows):
        c = 0
        for cell in row.findall("{*}tc"):
            down = cell.find("{*}tcPr/{*}vMerge")
            across = cell.find("{*}tcPr/{*}gridSpan")
            wide = "" if across is None else _value(across)
            span = int(wide) if re.fullmatch(r"[1-9][0-9]{0,11}", wide) else 1
            draft.cells[r, c] = re.sub(r"\s*\n\s*", "", _word_text(cell).strip())
            if down is not None and _value(down) != "restart":
                draft.cells[r, c] = draft.cells.get((r - 1, c), "")
                draft.covered.add((r, c))
            draft.merge(r, c, r, c + span - 1)
            c += span
    return draft.grid(path.name, title)


def _value(element: Any) -> str:
    return str(next((value for key, value in element.items() if key.rpartition("}")[2] == "val"), ""))


# --- pdf ---


def _pdf(path: Path, data: bytes) -> Document:
    try:
        import pdfplumber
    except ImportError:
        allowed = "pip install 'parkanalysis[documents]'"
        raise _problem(path, "no pdfplumber to read it with", allowed) from None
    lines: list[str] = []
    grids: list[Grid] = []
    try:
        with _bounded(path), pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages:
                for table in page.find_tables():
                    rows = table.extract()
                    if len(rows) > 1 and len(rows[0]) > 1:
                        above = page.crop((0, 0, page.width, max(table.bbox[1], 1))).extract_text() or ""
                        title = title_of(above.translate(_RADICALS).splitlines())
                        cells = [[cell or "" for cell in row] for row in rows]
                        grids.append(_filled(path, cells, title))
                        page = page.outside_bbox(table.bbox)
                lines += (page.extract_text() or "").splitlines()
                page.close()
    except InputError:
        raise
    except Exception as error:  # pdfminer lets out whatever a damaged file provokes, ours within its own
        for refused in error.args:
            if isinstance(refused, InputError):
                raise refused from None
        found = f"a damaged or locked PDF ({type(error).__name__})"
        raise _problem(path, found, "a PDF with text") from error
    text = "\n".join(lines).translate(_RADICALS)
    if text.count("(cid:") * 20 > len(text) / 20 and text.count("(cid:") > 2:
        found = "a text layer that holds no characters ((cid:…))"
        allowed = "a PDF printed anew with its fonts, its docx, or its text recognised by OCR"
        raise _problem(path, found, allowed)
    return Document(path.name, join_wrapped(text), tuple(grids))


def _filled(path: Path, rows: list[list[str]], title: list[str]) -> Grid:
    texts = [[cell.replace("\n", "").translate(_RADICALS).strip() for cell in row] for row in rows]
    cells = {(r, c): text for r, row in enumerate(texts) for c, text in enumerate(row)}
    return Draft(cells).grid(path.name, title)


@contextlib.contextmanager
def _bounded(path: Path) -> Iterator[None]:
    """Refuse a bomb while pdfminer unpacks it; images, which no text needs, stay packed."""
    from pdfminer import pdftypes

    total = 0

    def decompress(packed: bytes) -> bytes:
        nonlocal total
        content = zlib.decompressobj().decompress(packed, MAX_STREAM + 1)
        total += len(content)
        if len(content) > MAX_STREAM or total > MAX_UNPACKED:
            allowed = f"at most {MAX_STREAM / 1e6:.0f} MB each, {MAX_UNPACKED / 1e6:.0f} MB in all"
            raise _problem(path, "a stream that unpacks to more", allowed)
        return content

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of each font without a box
    before = vars(pdftypes)["zlib"]
    bounded = {"decompress": decompress, "decompressobj": zlib.decompressobj, "error": zlib.error}
    vars(pdftypes)["zlib"] = SimpleNamespace(**bounded)
    try:
        yield
    finally:
        vars(pdftypes)["zlib"] = before


# radicals that browsers print in place of the characters: ⼈ for 人
_RADICALS = {code: normalize(chr(code)) for code in range(0x2E80, 0x2FE0)}
_WRAP = re.compile(
    r"(?<!公报)(?<!报告)(?<!总结)"  # a title ends its line
    r"(?<=[\u3400-\u9fff，、；：（“《\d.])\n(?=[\u3400-\u9fff，。、；：）”》\d%])"
    r"(?![一二三四五六七八九十]{1,3}、|（|\d{1,2}(?:、|\.(?!\d)))"
)


def join_wrapped(text: str) -> str:
    """Join the lines that a page breaks in the middle of a sentence."""
    return _WRAP.sub("", text)


_READERS = {
    **dict.fromkeys((".txt", ".md", ".markdown"), _text),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _html),
    ".docx": _docx,
    ".pdf": _pdf,
}

# --- the ledger of a report ---

_LEDGER = ["figure", "source", "place", "subject", "variable", "period", "quantity", "note"]
_HEADING = re.compile(
    r"^[#*\s]*(?:(?P<chapter>[一二三四五六七八九十]{1,3})、|[（(](?P<paragraph>[一二三四五六七八九十]{1,3})[)）])",
    re.MULTILINE,
)


def draft_ledger(document: Document, source: str) -> pd.DataFrame:
    """Draft of a park's ``figures.csv`` from its work report, for an analyst to confirm.

    Parameters
    ----------
    document : Document
    source : str
        Identifier of the document, e.g. ``work_report_2015``.

    Returns
    -------
    DataFrame
        One row a figure in the order of the text: a running id, the source, the chapter and paragraph
        where it stands, the phrase next to it, the variable that its words name, the time phrase, the
        quantity as printed, a note.
    """
    import pandas as pd

    headings = list(_HEADING.finditer(document.text))
    rows = [_of_text(mention, _place(headings, mention.start)) for mention in extract(document.text)]
    for number, grid in enumerate(document.tables, start=1):
        rows += _of_table(grid, number)
    numbered = [(f"f{index:03d}", source, *row) for index, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered, columns=_LEDGER, dtype="str")


def _of_text(mention: Mention, place: str) -> tuple[str, ...]:
    quantity = mention.quantity
    before = "" if quantity.before is None else f"from {quantity.before:g} {quantity.unit}"
    note = f"{quantity.direction or ''} {before}".strip()
    variable = variable_of(mention.subject, quantity.unit, quantity.direction)
    return place, mention.subject, variable, mention.period, mention.text, note


_TERMS = {word: name for name, words in WORDS["variables"].items() for word in words.split()}
_TERM = re.compile("|".join(sorted(map(re.escape, _TERMS), key=len, reverse=True)))
_FALLS = frozenset({"下降", "下跌", "减少", "降低", "降", "萎缩"})
_COUNTED = frozenset({"firms", "projects"})


def variable_of(subject: str, unit: str, direction: str | None = None) -> str:
    """Name of what a figure measures, as ``figures.csv`` has it; empty where its words do not say.

    A rate of change is ``…_growth``, an amount by which something moved ``…_loss`` or ``…_rise``, a part of
    a whole ``share``; 企业 and 项目 name counts only where the figure is one.
    """
    names: list[str] = [_TERMS[found] for found in _TERM.findall(subject)]
    names = [name for name in names if unit == "count" or name not in _COUNTED]
    if not names:
        return ""
    name = names[-1]
    if "share" in names and unit in ("fraction", "percentage_point"):
        return "share"
    if unit == "percentage_point" or (unit == "fraction" and direction):
        return f"{name}_growth"
    if direction and unit not in ("fraction", "times"):
        return f"{name}_{'loss' if direction in _FALLS else 'rise'}"
    return name


def _of_table(grid: Grid, number: int) -> list[tuple[str, ...]]:
    """Rows of a table that can be read; one row with the reason where it cannot."""
    try:
        table = table_of(grid, totals="report")
    except InputError as error:
        return [(f"table {number}", grid.name, "", "", "", f"not read: {error.problems[0]}")]
    frame = table.frame[table.frame["status"] == "reported"]
    return [
        (
            f"table {number}, row {row['row']}, column {row['column']}",
            "_".join(part for part in (row["parent"], row["item"]) if part),
            variable_of(f"{row['item']}{row['variable']}", row["unit"]),
            row["period"],
            _printed(row),
            row["variable"],
        )
        for row in _records(frame)
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _printed(row: dict[str, Any]) -> str:
    """A figure of a table as a report would print it: 21.5 亿元."""
    value, unit = float(row["value"]), str(row["unit"])
    if unit == "fraction":
        return f"{value * 100:.12g}%"
    power, sign = next(((p, s) for p, s in ((8, "亿"), (4, "万")) if abs(value) >= 10**p), (0, ""))
    return f"{value / 10**power:.12g} {sign}{SYMBOLS.get(unit, '')}".strip()


# --- the history of a table ---

_HISTORY = ["series", "period", "value", "unit", "prices", "published", "published_rule", "source"]
_SPANS = {("01", "12"): "", ("01", "03"): "Q1", ("04", "06"): "Q2", ("07", "09"): "Q3", ("10", "12"): "Q4"}
_CONSTANT = re.compile(r"不变价|可比价")


@dataclass(frozen=True)
class HistoryDraft:
    """Draft of a park's ``history.csv`` from a table.

    Attributes
    ----------
    frame : DataFrame
        One row a figure, with the columns of ``history.csv``; ``?`` is for the analyst to fill in.
    names : dict of str to str
        Series → what the table calls it.
    left_out : tuple of str
        Figures that a history cannot hold, each with the reason.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    left_out: tuple[str, ...]

    def said(self) -> list[str]:
        """Say which series is which, and what is left out, a line each."""
        lines = [f"series {series}: {name}" for series, name in self.names.items()]
        return lines + [f"left out: {reason}" for reason in self.left_out]


def draft_history(table: Table, source: str) -> HistoryDraft:
    """Turn the figures of a table into rows of ``history.csv``: years, quarters and months of each series.

    Totals and 其中 rows are series of their own. Money is written in 亿元. Cumulative figures become the
    years, quarters and months that their differences give (see ``single_months``); other spans, missing
    figures and figures without a period are left out and said.
    """
    import pandas as pd

    rows, left_out = [], []
    names: dict[str, str] = {}
    apart = table.totals.rename(columns={"stated": "value"})[list(table.frame.columns)]
    whole = pd.concat([table.frame, apart], ignore_index=True) if len(apart) else table.frame
    for row in _records(single_months(whole)):
        name = "_".join(dict.fromkeys(part for part in _named(row) if part))
        period = history_period(str(row["period"]))
        if pd.isna(row["value"]) or not period:
            reason = row["status"] if pd.isna(row["value"]) else f"period {row['period'] or 'not stated'}"
            left_out.append(f"row {row['row']}, column {row['column']}: {name}, {reason}")
            continue
        series = names.setdefault(name, _series_name(name, str(row["unit"]), names))
        money = row["unit"] == "CNY"
        prices = ("comparable" if _CONSTANT.search(name) else "current") if money else ""
        value = f"{row['value'] / 1e8 if money else row['value']:.15g}"
        rows.append((series, period, value, "CNY_100m" if money else row["unit"], prices, "?", "?", source))
    frame = pd.DataFrame(rows, columns=_HISTORY, dtype="str")
    frame = frame.sort_values(["series", "period"], kind="stable", ignore_index=True)
    return HistoryDraft(frame, {series: name for name, series in names.items()}, tuple(left_out))


def _named(row: dict[str, Any]) -> tuple[str, ...]:
    variable = "" if row["variable"] in ("value", "指标值", "绝对数", "年末数") else row["variable"]
    return row["parent"], row["item"], variable, row["base"]


def _series_name(name: str, unit: str, taken: dict[str, str]) -> str:
    """A name of its own for a series: the variable where it is known, numbered where it is taken."""
    stem = variable_of(name, unit) or "series"
    stem = f"{stem}_growth" if unit == "fraction" and stem not in ("share", "rate", "series") else stem
    return stem if stem not in taken.values() else f"{stem}_{len(taken) + 1}"


def history_period(period: str) -> str:
    """``2015-01/2015-12`` is the year 2015, ``2015-04/2015-06`` its second quarter; other spans are empty."""
    if re.fullmatch(r"\d{4}(?:-\d\d)?", period):
        return period
    span = re.fullmatch(r"(\d{4})-(\d\d)/\1-(\d\d)", period)
    return f"{span[1]}{_SPANS[span[2], span[3]]}" if span and (span[2], span[3]) in _SPANS else ""


def _place(headings: list[re.Match[str]], position: int) -> str:
    """Chapter and paragraph in force at a position: 一（二）."""
    chapter = paragraph = ""
    for heading in takewhile(lambda heading: heading.start() <= position, headings):
        chapter, paragraph = heading["chapter"] or chapter, heading["paragraph"] or ""
    return f"{chapter}（{paragraph}）" if paragraph else chapter
