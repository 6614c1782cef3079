"""What a printed cell says (a figure, a unit, a period, a name), and where the parts of a table stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from parkanalysis.cleaning.sheets import Change, Grid
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import unit_of_head

_MARKS = re.compile(r"[①-⑳⑴-⒇¹²³⁰-⁹*＊†‡]+|[\[［〔]\s*(?:\d{1,2}|注\d*)\s*[\]］〕]")
_HAN = r"[㐀-鿿]"
_ORDINAL = re.compile(
    r"^(?:[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\(\d{1,2}\)|\d{1,2}[.、](?!\d))\s*"
)
_SYMBOLS = {
    "": "blank",
    "-": "none",
    "…": "omitted",
    "#": "suppressed",
    "x": "suppressed",
    "n.a.": "not_available",
    "n/a": "not_available",
    "不详": "not_available",
    "无": "none",
    "持平": "unchanged",
    "基本持平": "unchanged",
}


def split_unit(text: str) -> tuple[str, str | None]:
    """Take the unit out of a head or row name: in brackets, behind a comma or slash, or a bare per cent."""
    for match in re.finditer(r"\((?:单位:)?([^()]*)\)", text):
        inner = match.group(1).replace("±", "")
        if unit_of_head(inner) is not None:
            return (text[: match.start()] + text[match.end() :]).strip(" _,"), inner
    tail = re.search(r"(?:[,:_]|单位:?|\s)\s*([^\s,:_()]+)$|((?<=.)[%‰])$", text)
    if tail and unit_of_head(tail.group(1) or tail.group(2), weak=False) is not None:
        return text[: tail.start()].strip(" _,:±"), tail.group(1) or tail.group(2)
    return text, None


@dataclass(frozen=True)
class Cell:
    """A cell of the body: exact printed number or None, status, own unit, decimals printed."""

    value: Decimal | None
    status: str
    unit: str | None = None
    decimals: int = 0


def figure(text: str) -> Cell | None:
    """Read a body cell; None when it is neither a number nor a sign for a missing one.

    Footnote marks go before full-width digits are folded, or 12① would read as 121.
    """
    bare = text.strip(" \t\u3000\xa0")
    if re.fullmatch(r"[#＃]+", bare) or re.fullmatch(r"\*{1,3}|[xX×]", bare):
        return Cell(None, "suppressed")
    if re.fullmatch(r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)", bare):
        return Cell(None, "error_value")
    if re.fullmatch(r"…+|⋯+|\.{3,6}", bare):
        return Cell(None, "omitted")
    bare = unicodedata.normalize("NFKC", _MARKS.sub("", bare))
    bare = re.sub(r"[−–—―─﹣]", "-", re.sub(r"\s+", "", bare))
    if re.fullmatch(r"-+", bare):
        return Cell(None, "none")
    if bare.lower() in _SYMBOLS:
        return Cell(None, _SYMBOLS[bare.lower()])
    if re.fullmatch(r"\([\d,.]+\)", bare):
        bare = f"-{bare[1:-1]}"  # as accounts print what is negative
    match = re.fullmatch(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(e[+-]?\d{1,2})?(.*)", bare, re.IGNORECASE)
    if match is None or len(match.group(2)) > 25:
        return None
    sign, whole, fraction, power, rest = match.groups(default="")
    if rest and unit_of_head(rest) is None:
        return None
    value = Decimal(sign + whole.replace(",", "") + fraction + power)
    return Cell(value, "reported", rest or None, max(len(fraction) - 1, 0))


def indent(text: str) -> int:
    """Return the width of the leading blanks, in half-width spaces."""
    lead = text[: len(text) - len(text.lstrip(" \t\u3000\xa0"))]
    return sum(2 if mark in "\u3000\t" else 1 for mark in lead)


def clean_name(text: str) -> str:
    """Normalise a name: half width, no spaces between Chinese characters, no footnote marks,
    ordinals or English gloss on a second line.
    """
    lines = text.split("\n")
    while len(lines) > 1 and lines[-1].isascii() and re.search(r"[A-Za-z]{3}|^\s*$", lines[-1]):
        lines.pop()
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", _MARKS.sub("", "\n".join(lines)))).strip()
    name = re.sub(rf"(?<={_HAN})\s+(?=[{_HAN[1:-1]}(:])|(?<=[():])\s+|\s+(?=[():])", "", name)
    return _ORDINAL.sub("", name) or name


@dataclass(frozen=True)
class Period:
    """Months ``first`` to ``last`` of a year, either unknown; ``shift`` years back for 上年同期."""

    year: int | None = None
    first: int | None = None
    last: int | None = None
    shift: int = 0
    current: bool = False

    def join(self, other: Period) -> Period:
        """Complete what this period leaves open from another."""
        months = (self.first, self.last) if self.last else (other.first, other.last)
        return Period(
            self.year or other.year, *months, self.shift or other.shift, self.current or other.current
        )

    def cumulative(self) -> Period:
        """Return the period from January on, where it is a month or a quarter."""
        return replace(self, first=1) if self.last else self

    def code(self) -> str:
        """ISO 8601 (``2015``, ``2015-03``, ``2015-01/2015-06``); ``XXXX`` for an unknown year (8601-2)."""
        year = "XXXX" if self.year is None else str(self.year - self.shift)
        if self.last is None:
            return year
        if self.first == self.last:
            return f"{year}-{self.last:02d}"
        return f"{year}-{self.first:02d}/{year}-{self.last:02d}"


_YEAR = r"(?P<year>(?:19|20)\d{2})"
_TO = r"[-–—―~至到]+"
_PERIODS = [
    re.compile(rf"(?:{_YEAR}年?)?(?:(?P<first>1?\d)月?{_TO})?(?P<last>1[0-2]|[1-9])月份?(?P<ytd>止?累计)?"),
    re.compile(rf"{_YEAR}[-./年]?(?P<last>0[1-9]|1[0-2])(?:[-./]\d\d)?月?"),
    re.compile(rf"{_YEAR}[-./年](?P<last>[1-9])(?!\d)月?"),
    re.compile(
        rf"(?:{_YEAR}年?)?(?P<quarter>(?:第?[一二三四1-4]|前[二三四]|[1一](?:季度)?{_TO}[二三四2-4])季度?|上半年|下半年|Q[1-4])"
    ),
    re.compile(rf"{_YEAR}年?(?:度)?(?:全年)?"),
    re.compile(
        rf"(?P<now>本年|今年|(?:上年|去年)(?:同期)?|同期)?(?P<ytd>(?:1{_TO}本月|本月止|自年初)?累计|1{_TO}本月|本月止)?"
    ),
    re.compile(r"(?P<now>本月|当月|本期|上年同月|去年同月|上年本月)(?:数|实际|完成)?"),
]
_TAIL = re.compile(r"(?:年末|年底|末|底|份|累计|累计数|绝对量|绝对数|数)*")
_QUARTERS = {"上半年": (1, 6), "下半年": (7, 12)}


def period(text: str) -> tuple[Period, str] | None:
    """Read the period that a header begins with; return it and the words after it."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    for pattern in _PERIODS:
        match = pattern.match(text)
        if match is None or not match.group():
            continue
        rest = text[match.end() :]
        if rest[:1].isdigit() or (rest and rest[0] in ".,=-~至到"):
            continue
        rest = rest if not _TAIL.fullmatch(rest) else ""
        return _built(match.groupdict()), rest
    return None


def _built(groups: dict[str, str | None]) -> Period:
    year = int(groups.get("year") or 0) or None
    now, ytd = groups.get("now") or "", bool(groups.get("ytd"))
    shift = 1 if now[:1] in {"上", "去", "同"} and now else 0
    if groups.get("quarter"):
        return Period(year, *_quarter(groups["quarter"] or ""))
    if "now" in groups:
        return Period(year, 1 if ytd else None, None, shift, ytd or now.endswith("月") or now == "本期")
    last = int(groups.get("last") or 0) or None
    first = 1 if ytd else int(groups.get("first") or 0) or last
    return Period(year, first, last)


def _quarter(text: str) -> tuple[int, int]:
    if text in _QUARTERS:
        return _QUARTERS[text]
    number = next(
        int(c) if c.isdigit() else "一二三四".index(c) + 1 for c in reversed(text) if c in "1234一二三四"
    )
    first = 1 if text[0] == "前" or re.match(rf"[1一](?:季度)?{_TO}", text) else number * 3 - 2
    return first, number * 3


# --- the parts of a table ---

_NOTE = re.compile(
    r"^[\s　]*(?:[（(]?(?:注|附注|备注|说明|资料来源|数据来源|来源|Note|Source)s?\s*[:：\d一1.、]"
    r"|[①-⑳*＊]|本表|续表[:：]?.{20,})",
    re.IGNORECASE,
)
_UNIT_ROW = re.compile(r"[（(]?(?:计量|金额|数量)?单\s*位\s*[:：]\s*\S")
_UNIT_IN_TITLE = re.compile(r"(?:^|[\s　（(])(?:计量|金额|数量)?单\s*位\s*[:：]\s*([^（）()]+)")
_CONTINUED = re.compile(r"[（(]?续表?\d*[）)]?")
_NUMERIC_LOOK = re.compile(r"[-+−－约近超><≥≤]?[\d０-９][\d０-９.．,，\s]*[余多]?[%％]?")
_DATED = re.compile(r"\d\s*(?:年|月|季)")
_META_HEADS = {"单位", "计量单位", "频度", "频率", "地区", "来源", "更新时间", "指标类型", "状态"}
_UNIT_HEADS = {"单位", "计量单位"}
_CODE_HEADS = {"代码", "代号", "序号", "编号", "编码", "行次", "行号", "No.", "Code"}
_REMARK_HEADS = {"备注", "说明", "注释"}
PERIOD_HEADS = re.compile(r"年份|年度|时间|月份|日期|期间|年|月|季度|(?:年份|时间)?\s*Year|指标时间")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z ,.&’'()-]+")
_PLAIN_YEAR = re.compile(r"(?:19|20)\d\d(?:\.0+)?")


@dataclass(frozen=True)
class Layout:
    """Rows and columns of a grid (counted from 0) by what they are for."""

    grid: Grid
    title: tuple[str, ...]
    units: tuple[str, ...]
    header: tuple[int, ...]
    body: tuple[int, ...]
    notes: tuple[str, ...]
    labels: tuple[int, ...]
    unit_column: int | None
    values: tuple[int, ...]
    changes: tuple[Change, ...]
    dropped: frozenset[int] = frozenset()
    unit_rows: frozenset[int] = frozenset()

    def own(self, row: int, column: int) -> str:
        """Text of a cell, empty where a merged area only repeats it."""
        return "" if (row, column) in self.grid.covered else self.grid.cells[row][column].strip()


def letter(column: int) -> str:
    """Name a column (from 0) as spreadsheets do."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


class _Rows:
    """Questions about the rows of a grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        filled = [c for row in grid.cells for c, text in enumerate(row) if text.strip()]
        self.first = min(filled)
        self._own = [
            {c: t.strip() for c, t in enumerate(row) if t.strip() and (r, c) not in grid.covered}
            for r, row in enumerate(grid.cells)
        ]
        self._figures = [self._read(r) for r in range(len(grid.cells))]

    def own(self, r: int) -> dict[int, str]:
        return self._own[r]

    def figures(self, r: int) -> list[str]:
        """Cells right of the first column that hold a number or a missing sign."""
        return self._figures[r]

    def _read(self, r: int) -> list[str]:
        return [
            t
            for c, t in self.own(r).items()
            if c > self.first
            and not _DATED.search(t)
            and (figure(t) is not None or _NUMERIC_LOOK.fullmatch(t))
        ]

    def years(self, r: int) -> bool:
        """Tell whether all figures of a row are years in order: a header, not data."""
        found = [int(t[:4]) for t in self.figures(r) if _PLAIN_YEAR.fullmatch(t)]
        steps = {b > a for a, b in pairwise(found) if a != b}
        return bool(found) and len(found) == len(self.figures(r)) and len(steps) <= 1

    def numbering(self, r: int) -> bool:
        """Tell whether a row numbers the columns: 甲 乙 1 2 3 (not a firm 甲 above a firm 乙)."""
        own = [t.strip("()（）") for t in self.own(r).values()]
        digits = [t for t in own if t.isdigit()]
        rest = [t for t in own if not t.isdigit()]
        counted = [str(n) for n in range(1, len(digits) + 1)]
        below = self.own(r + 1).get(self.first) if r + 1 < len(self.grid.cells) else None
        return len(digits) > 1 and digits == counted and set(rest) <= set("甲乙丙丁AB") and below != "乙"

    def says_nothing(self, r: int) -> bool:
        """Tell whether a row under the head repeats one word (地区 全国 全国) or tells how often (频度)."""
        head, *rest = list(self.own(r).values()) or [""]
        return head in {"频度", "频率", "来源", "更新时间", "状态"} or (
            head in _META_HEADS - _UNIT_HEADS and len(rest) > 1 and len(set(rest)) == 1
        )

    def gloss(self, r: int) -> bool:
        """Tell whether a row is a heading with its English beside it."""
        own = self.own(r)
        rest = [t for c, t in own.items() if c > self.first]
        named = self.first in own and not own[self.first].isascii()
        return named and bool(rest) and all(_ENGLISH.fullmatch(t) for t in rest)

    def unit_row(self, r: int) -> bool:
        own = self.own(r).values()
        return not self.figures(r) and sum(bool(_UNIT_ROW.match(t)) for t in own) == 1 and len(own) < 5


def find_layout(grid: Grid) -> Layout:
    """Find header, body and footnotes of a grid.

    Raises
    ------
    InputError
        When there is no header, no figure, or more than one table.
    """
    rows = _Rows(grid)
    height = len(grid.cells)
    multi = [r for r in range(height) if len(rows.own(r)) > 1 and not rows.unit_row(r)]
    start = next((r for r in multi if not _heads(rows, r, multi[0])), None)
    if start is None:
        raise InputError(Problem(grid.name, "no row of figures", "a header and at least one row of figures"))
    if start == multi[0]:
        seen = "、".join(list(rows.own(start).values())[:4])
        found = f"a table without header (its first row is {seen})"
        raise InputError(Problem(grid.name, found, "a header row above the figures", row=start + 1))
    above = [r for r in range(multi[0]) if rows.own(r)]
    above += [r for r in range(multi[0], start) if rows.unit_row(r)]
    title = [text for r in above for text in rows.own(r).values()]
    between = [r for r in range(multi[0], start) if r not in above and rows.own(r)]
    headings = [r for r in between if len(rows.own(r)) == 1 or (len(rows.own(r)) == 2 and rows.gloss(r))]
    sections = [r for r in headings if rows.first in rows.own(r) and r > multi[0]]
    numbering = [r for r in between if rows.numbering(r)]
    header = [r for r in between if r not in sections and r not in numbering]
    dropped = frozenset(r for r in header[1:] if rows.says_nothing(r))
    changes = [
        Change(f"row {r + 1}", " ".join(rows.own(r).values()), "left out", "numbers of the columns")
        for r in numbering
    ]
    changes += [
        Change(f"row {r + 1}", " ".join(rows.own(r).values()), "left out", "the same for all columns")
        for r in sorted(dropped)
    ]
    body, notes, repeated = _body(rows, header, start)
    columns = _Columns(rows, header, body)
    first = columns.labels[0]
    names = [rows.own(r)[first] for r in body if first in rows.own(r)]
    head = period(grid.cells[header[0]][first]) if header else None
    if head is not None and not head[1] and all(figure(n) is not None and period(n) is None for n in names):
        allowed = "a column of names or periods left of the figures"
        raise InputError(Problem(grid.name, "no label column", allowed, column=letter(first)))
    return Layout(
        grid,
        tuple(title),
        tuple(m.group(1) for m in map(_UNIT_IN_TITLE.search, title) if m),
        tuple(header),
        tuple(sections + body),
        tuple(notes + columns.remarks),
        tuple(columns.labels),
        columns.unit_column,
        tuple(columns.values),
        tuple(changes + repeated + columns.changes),
        dropped,
        frozenset(r for r in header if rows.own(r).get(rows.first) in _UNIT_HEADS),
    )


def _heads(rows: _Rows, r: int, first: int) -> bool:
    """Tell whether a row with several cells belongs to the header."""
    if rows.numbering(r) or not rows.figures(r) or rows.own(r).get(rows.first) in _META_HEADS:
        return True
    return rows.years(r) and (r == first or rows.first not in rows.own(r))


def _body(rows: _Rows, header: list[int], start: int) -> tuple[list[int], list[str], list[Change]]:
    """Walk down from the first row of figures; return body rows, footnotes and what was left out."""
    name = rows.grid.name
    titles = [rows.own(r) for r in header]
    body: list[int] = []
    notes: list[str] = []
    changes: list[Change] = []
    last = max(r for r in range(start, len(rows.grid.cells)) if len(rows.own(r)) > 1 and rows.figures(r))
    for r in range(start, len(rows.grid.cells)):
        own = rows.own(r)
        text = " ".join(own.values())
        is_note = bool(own) and (_NOTE.match(text) is not None or r > last)
        label = own.get(rows.first)
        heading = any(label and label == t.get(rows.first) for t in titles) or not rows.figures(r)
        if heading and rows.gloss(r) and label not in [t.get(rows.first) for t in titles]:
            body.append(r)
            continue
        if not own:
            continue
        if own in titles or _CONTINUED.fullmatch(re.sub(r"\s+", "", text)) or rows.unit_row(r):
            changes.append(Change(f"row {r + 1}", text, "left out", "a continued table repeats its header"))
        elif is_note and len(own) < 3 and not rows.figures(r):
            notes.append(text)
        elif (len(own) > 1 and heading) or (notes and len(own) > 1):
            raise InputError(_second(name, r, text))
        elif notes:
            notes.append(text)
        else:
            body.append(r)
    return body, notes, changes


def _second(name: str, row: int, text: str, column: str | None = None) -> Problem:
    found = f"a second table (it begins with {text[:40]})"
    return Problem(name, found, "one table in a sheet", row=row + 1, column=column)


class _Columns:
    """Sort the columns into labels, units, figures, and those left out."""

    def __init__(self, rows: _Rows, header: list[int], body: list[int]) -> None:
        self.labels: list[int] = []
        self.values: list[int] = []
        self.remarks: list[str] = []
        self.changes: list[Change] = []
        self.unit_column: int | None = None
        cells = rows.grid.cells
        data = [r for r in body if len(rows.own(r)) > 1]
        for c in range(rows.first, len(cells[0])):
            head = clean_name("".join(dict.fromkeys(cells[r][c].strip() for r in header)))
            texts = [rows.own(r)[c] for r in data if c in rows.own(r)]
            words = [t for t in texts if figure(t) is None and not _NUMERIC_LOOK.fullmatch(t)]
            # 2013 or 1-6月 in the first column reads as a figure, but is a label.
            headless = not head or not self.labels or PERIOD_HEADS.fullmatch(head) is not None
            dated = bool(texts) and headless and all(period(t) is not None for t in texts)
            if not texts and not head:
                continue
            if head in _UNIT_HEADS and (not words or any(unit_of_head(t) for t in words)):
                self.unit_column = c
            elif head in _CODE_HEADS or (self._foreign(words, texts) and self.labels):
                self.changes.append(
                    Change(f"column {letter(c)}", head or texts[0], "left out", "a code or a gloss")
                )
            elif head in _REMARK_HEADS:
                self.remarks += texts
            elif not self.labels or (not self.values and (len(words) > len(texts) / 2) != dated):
                self.labels.append(c)
            elif len(words) > len(texts) / 2 and any(re.search(r"[㐀-鿿]", t) for t in words):
                raise InputError(_second(rows.grid.name, (header or body)[0], head or texts[0], letter(c)))
            else:
                self.values.append(c)
        if not self.values:
            raise InputError(
                Problem(rows.grid.name, "no column of figures", "at least one column of figures")
            )

    @staticmethod
    def _foreign(words: list[str], texts: list[str]) -> bool:
        """Tell whether a column repeats the labels in English."""
        plain = [w.replace("–", "-").replace("’", "'") for w in words]
        return len(words) > len(texts) / 2 and all(
            w.isascii() and re.search(r"[A-Za-z]{3}", w) is not None for w in plain
        )
