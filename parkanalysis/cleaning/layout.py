"""What a printed cell says (a figure, a unit, a period, a name), and where the parts of a table stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from parkanalysis.cleaning.sheets import Change, Grid
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import WORDS, unit_of_head

_BLANKS = " \t\u3000\xa0"
_MARKS = re.compile(r"[①-⑳⑴-⒇¹²³⁰-⁹*＊†‡]+|[\[［〔]\s*(?:\d{1,2}|注\d*)\s*[\]］〕]")
_HAN = re.compile(r"[㐀-鿿]")
_SPACES = re.compile(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿(:])|(?<=[():])\s+|\s+(?=[():])")
_GLOSS = re.compile(
    r"\n(?=[ -~\n]*[A-Za-z]{3})[ -~\n]*$|(?<=[㐀-鿿)])[\s/]*(?=[A-Z][A-Za-z ]*[a-z]{3})[^㐀-鿿]*$"
)
_ORDINAL = re.compile(
    r"^(?:[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\(\d{1,2}\)|\d{1,2}[.、](?!\d))\s*"
)
_SIGNS = {status: re.compile(sign) for status, sign in WORDS["tables"]["signs"].items()}
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,25}(?:\.([0-9]+))?")
_NUMBER = re.compile(
    r"(?:同比|比上年|较上年)?(?:(增长|上升|上涨|提高|增加|\+)|(下降|下跌|减少|降低|回落|-))?"
    r"(\d{1,3}(?:,\d{3})+|\d{1,25})(\.\d+)?(e[+-]?\d{1,2})?(.*)",
    re.IGNORECASE,
)


def split_unit(text: str) -> tuple[str, str | None]:
    """Take the unit out of a head or row name: in brackets, behind a comma or slash, or a bare per cent."""
    for match in re.finditer(r"\((?:单位:)?([^()]*)\)", text):
        inner = match.group(1).replace("±", "").split(",")
        unit = next((part for part in inner if unit_of_head(part) is not None), None)
        if unit is not None:  # (万元,现价)
            rest = ",".join(part for part in inner if part != unit)
            bracket = f"({rest})" if rest else ""
            return (text[: match.start()] + bracket + text[match.end() :]).strip(" _,"), unit
    tail = re.search(r"(?:[,:_]|单位:?|\s)\s*([^\s,:_()]+)$|((?<=.)[%‰])$", text)
    if tail and unit_of_head(tail.group(1) or tail.group(2), weak=False) is not None:
        return text[: tail.start()].strip(" _,:±"), tail.group(1) or tail.group(2)
    return text, None


class Cell(NamedTuple):
    """A cell of the body: exact printed number or None, status, own unit, decimals; whether nothing else."""

    value: Decimal | None
    status: str
    unit: str | None = None
    decimals: int = 0
    plain: bool = False


@lru_cache(1 << 18)
def figure(text: str) -> Cell | None:
    """Read a body cell; None when it is neither a number nor a sign for a missing one.

    Footnote marks go before full-width digits are folded, or 12① would read as 121.
    """
    bare = text.strip(_BLANKS)
    if plain := _PLAIN_NUMBER.fullmatch(bare):
        return Cell(Decimal(bare), "reported", None, len(plain[1] or ""), True)
    folded = unicodedata.normalize("NFKC", _MARKS.sub("", bare))
    folded = re.sub(r"[−–—―─﹣]", "-", re.sub(r"\s+", "", folded))
    for status, pattern in _SIGNS.items():
        if (bare and pattern.fullmatch(bare)) or pattern.fullmatch(folded):
            return Cell(None, status)
    if re.fullmatch(r"\([\d,.]+\)", folded):
        folded = f"-{folded[1:-1]}"  # as accounts print what is negative
    match = _NUMBER.fullmatch(folded)
    if match is None:
        return None
    _, falls, whole, fraction, power, rest = match.groups(default="")
    if rest and unit_of_head(rest) is None:
        return None
    value = Decimal(("-" if falls else "") + whole.replace(",", "") + fraction + power)
    return Cell(value, "reported", rest or None, max(len(fraction) - 1, 0))


def indent(text: str) -> int:
    """Return the width of the leading blanks, in half-width spaces."""
    lead = text[: len(text) - len(text.lstrip(_BLANKS))]
    return sum(2 if mark in "\u3000\t" else 1 for mark in lead)


@lru_cache(1 << 16)
def clean_name(text: str) -> str:
    """Normalise a name: half width, no spaces between Chinese characters, no footnote marks,
    ordinals or English gloss behind it.
    """
    folded = unicodedata.normalize("NFKC", _MARKS.sub("", text))
    if re.fullmatch(r"\s*\S(?:\s+\S)+\s*", folded):
        folded = re.sub(r"\s+", "", folded)  # 2 0 1 9 年
    name = _SPACES.sub("", re.sub(r"\s+", " ", _GLOSS.sub("", folded)).strip())
    return _ORDINAL.sub("", name) or name


# --- periods ---


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

    @property
    def open(self) -> bool:
        """Whether it runs from January to a month that is stated elsewhere: 累计."""
        return self.first == 1 and self.last is None

    def cumulative(self) -> Period:
        """Return the period from January on, where it is a month or a quarter."""
        return replace(self, first=1) if self.last else self

    @cached_property
    def code(self) -> str:
        """ISO 8601 (``2015``, ``2015-03``, ``2015-01/2015-06``); ``XXXX`` for an unknown year (8601-2)."""
        if self == Period():
            return ""
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
    re.compile(rf"{_YEAR}[-./年](?P<last>[1-9])(?!\d)(?:[-./]\d\d?)?月?"),
    re.compile(rf"(?:{_YEAR}年?)?(?P<month>十[一二]?|[一二三四五六七八九])月份?"),
    re.compile(
        rf"(?:{_YEAR}年?)?(?P<quarter>(?:第?[一二三四1-4]|前[二三四]|[1一](?:季度)?{_TO}[二三四2-4])季度?|上半年|下半年|Q[1-4])"
    ),
    re.compile(rf"{_YEAR}年?(?:度)?(?:全年)?"),
    re.compile(
        rf"(?P<now>本年|今年|全年|(?:上年|去年)(?:同期)?|同期)?(?P<ytd>(?:1{_TO}本月|本月止|自年初)?累计|1{_TO}本月|本月止)?"
    ),
    re.compile(r"(?P<now>本月|当月|本期|上年同月|去年同月|上年本月)(?:数|实际|完成)?"),
]
_MONTHS = ["", *"一二三四五六七八九十", "十一", "十二"]
_TAIL = re.compile(r"(?:年末|年底|末|底|份|累计|累计数|绝对量|绝对数|数)*")


@lru_cache(1 << 16)
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
        return _built(match.groupdict(default="")), "" if _TAIL.fullmatch(rest) else rest
    return None


def _built(groups: dict[str, str]) -> Period:
    year = int(groups.get("year") or 0) or None
    now, ytd = groups.get("now", ""), bool(groups.get("ytd"))
    if quarter := groups.get("quarter"):
        return Period(year, *_quarter(quarter))
    if "now" in groups:
        current = ytd or now.endswith("月")
        return Period(year, 1 if ytd else None, None, int(now[:1] in tuple("上去同")), current)
    last = int(groups.get("last") or 0) or _MONTHS.index(groups.get("month", "")) or None
    return Period(year, 1 if ytd else int(groups.get("first") or 0) or last, last)


def _quarter(text: str) -> tuple[int, int]:
    if text.endswith("半年"):
        return (1, 6) if text[0] == "上" else (7, 12)
    last = 3 * max("一二三四".find(c) + 1 or int(c) for c in text if c in "1234一二三四")
    return 1 if text[0] == "前" or re.search(_TO, text) else last - 2, last


# --- the parts of a table ---

_NOTE = re.compile(WORDS["tables"]["note"], re.IGNORECASE)
_UNIT_ROW = re.compile(r"[（(]?(?:计量|金额|数量)?单\s*位\s*[:：]\s*\S")
_CONTINUED = re.compile(r"[（(]?续表?\d*[）)]?")
_NUMERIC_LOOK = re.compile(r"[-+−－约近超><≥≤]?[\d０-９][\d０-９.．,，\s]*[余多]?[%％]?")
_DATED = re.compile(r"\d\s*(?:年|月|季)")
_HEADS = {kind: frozenset(words.split()) for kind, words in WORDS["tables"]["heads"].items()}
PERIOD_HEADS = re.compile(r"年份|年度|时间|月份|日期|期间|年|月|季度|(?:年份|时间)?\s*Year|指标时间")
_PLAIN_YEAR = re.compile(r"(?:19|20)\d\d(?:\.0+)?")
_LEFT_OUT = {
    "numbers": "numbers of the columns",
    "once": "the same for all columns",
    "gloss": "the heads in English",
    "again": "a continued table repeats its header",
    "code": "a code, a gloss or how often a figure appears",
}


@dataclass(frozen=True)
class Layout:
    """Rows and columns of a grid (counted from 0) by what they are for.

    Rows are ``title``, ``head``, ``numbers``, ``once``, ``gloss``, ``section``, ``data``, ``again`` or
    ``note``; columns of the body ``label``, ``unit``, ``value``, ``code`` or ``remark``.
    """

    grid: Grid
    rows: dict[int, str]
    columns: dict[int, str]

    @property
    def header(self) -> list[int]:
        return [r for r, kind in self.rows.items() if kind == "head"]

    @property
    def body(self) -> list[int]:
        return [r for r, kind in self.rows.items() if kind in ("section", "data")]

    @property
    def unit_rows(self) -> list[int]:
        """Head rows that print the units of all columns behind the word 单位."""
        first = min(self.columns)
        return [r for r in self.header if self.own(r, first) in _HEADS["unit"]]

    @property
    def title(self) -> tuple[str, ...]:
        return tuple(t for r, kind in self.rows.items() if kind == "title" for t in self.grid.own[r].values())

    @property
    def notes(self) -> tuple[str, ...]:
        """Footnotes and sources, a row each, then remarks."""
        lines = [" ".join(self.grid.own[r].values()) for r, kind in self.rows.items() if kind == "note"]
        remarks = [text for c in self.of("remark") for r in self.body if (text := self.own(r, c))]
        return (*lines, *remarks)

    @property
    def changes(self) -> list[Change]:
        """Rows and columns that were left out, with the reason."""
        left = []
        for r, kind in self.rows.items():
            if kind in _LEFT_OUT:
                text = " ".join(self.grid.own[r].values())
                left.append(Change(f"row {r + 1}", text, "left out", _LEFT_OUT[kind]))
        for c in self.of("code"):
            text = next((t for r in (*self.header, *self.body) if (t := self.own(r, c))), "")
            left.append(Change(f"column {letter(c)}", clean_name(text), "left out", _LEFT_OUT["code"]))
        return left

    def of(self, kind: str) -> list[int]:
        """Columns of a kind."""
        return [c for c, found in self.columns.items() if found == kind]

    def uses(self) -> dict[tuple[int, int], str]:
        """What each cell with content is for: the kind of its row, in the body that of its column."""
        body = {"section", "data"}
        return {
            (r, c): self.columns.get(c, "") if kind in body else kind
            for r, kind in self.rows.items()
            for c in self.grid.own[r]
        }

    def own(self, row: int, column: int) -> str:
        """Text of a cell, empty where a merged area only repeats it."""
        return self.grid.own[row].get(column, "")


@lru_cache
def letter(column: int) -> str:
    """Name a column (from 0) as spreadsheets do."""
    before, last = divmod(column, 26)
    return (letter(before - 1) if before else "") + chr(65 + last)


class _Rows:
    """Questions about the rows of a grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.own = grid, grid.own
        self.filled = [r for r, own in enumerate(grid.own) if own]
        self.first = min(min(grid.own[r]) for r in self.filled)
        self.figured = [any(self.figures(r)) for r in range(len(grid.own))]

    def figures(self, r: int) -> Iterator[str]:
        """Texts right of the first column that are meant as figures."""
        return (t for c, t in self.own[r].items() if c > self.first and _looks(t) and not _DATED.search(t))

    def label(self, r: int) -> str:
        return self.own[r].get(self.first, "")

    def years(self, r: int) -> bool:
        """Tell whether all figures of a row are years in order: a header, not data."""
        found = [int(t[:4]) if _PLAIN_YEAR.fullmatch(t) else 0 for t in self.figures(r)]
        return bool(found) and min(found) > 0 and len({b > a for a, b in pairwise(found) if a != b}) <= 1

    def numbering(self, r: int) -> bool:
        """Tell whether a row numbers the columns: 甲 乙 1 2 3 (not a firm 甲 above a firm 乙)."""
        own = [t.strip("()（）") for t in self.own[r].values()]
        digits = [t for t in own if t.isdigit()]
        counted = [str(n) for n in range(1, len(digits) + 1)]
        below = self.label(r + 1) if r + 1 < len(self.own) else ""
        return len(digits) > 1 and digits == counted and {*own} <= {*digits, *"甲乙丙丁AB"} and below != "乙"

    def once(self, r: int) -> bool:
        """Tell whether a row under the head repeats one word (地区 全国 全国) or tells how often (频度)."""
        head, *rest = self.own[r].values()
        alike = head in _HEADS["alike"] and len(rest) > 1 and len(set(rest)) == 1
        return head in _HEADS["once"] or alike

    def gloss(self, r: int) -> bool:
        """Tell whether a row is a heading with its English beside it."""
        label, *rest = self.own[r].values()
        return bool(self.label(r)) and not label.isascii() and bool(rest) and all(map(_foreign, rest))

    def english(self, r: int) -> bool:
        """Tell whether a row repeats the heads in English."""
        words = [t for t in self.own[r].values() if not unit_of_head(t.strip("()（）"))]
        return len(words) > 1 and all(map(_foreign, words))

    def unit_row(self, r: int) -> bool:
        own = self.own[r].values()
        return not self.figured[r] and sum(bool(_UNIT_ROW.match(t)) for t in own) == 1 and len(own) < 5

    def heads(self, r: int, first: int) -> bool:
        """Tell whether a row with several cells belongs to the header."""
        if self.numbering(r) or self.label(r) in _HEADS["unit"] | _HEADS["once"] | _HEADS["alike"]:
            return True
        if not self.figured[r]:  # but a name with words for figures, 甲 见附表, is no head
            named = r != first and bool(self.label(r)) and bool(self.label(first))
            return not named or self.gloss(r) or self.english(r)
        return self.years(r) and (r == first or not self.label(r))


def _looks(text: str) -> bool:
    """Tell whether a text is, or is meant as, a number or a sign for a missing one."""
    return figure(text) is not None or _NUMERIC_LOOK.fullmatch(text) is not None


def _foreign(text: str) -> bool:
    plain = text.replace("–", "-").replace("’", "'")
    return plain.isascii() and re.search(r"[A-Za-z]{3}", plain) is not None


def find_layout(grid: Grid) -> Layout:
    """Find header, body and footnotes of a grid.

    Raises
    ------
    InputError
        When there is no header, no figure, or more than one table.
    """
    rows = _Rows(grid)
    wide = [r for r in rows.filled if len(rows.own[r]) > 1 and not rows.unit_row(r)]
    start = next((r for r in wide if not rows.heads(r, wide[0])), None)
    if start is None:
        raise InputError(Problem(grid.name, "no row of figures", "a header and at least one row of figures"))
    if start == wide[0]:
        found = f"a table without header (its first row is {'、'.join([*rows.own[start].values()][:4])})"
        raise InputError(Problem(grid.name, found, "a header row above the figures", row=start + 1))
    kinds = {r: _above(rows, r, wide[0]) for r in rows.filled if r < start}
    header = [r for r, kind in kinds.items() if kind == "head"]
    kinds |= _below(rows, header, start)
    body = [r for r, kind in kinds.items() if kind in ("section", "data")]
    columns = _columns(rows, header, [r for r in body if len(rows.own[r]) > 1])
    layout = Layout(grid, kinds, columns)
    label = layout.of("label")[0]
    names = [t for r in body if (t := rows.own[r].get(label))]
    head = period(grid.cells[header[0]][label]) if header else None
    if head and not head[1] and all(figure(n) is not None and period(n) is None for n in names):
        allowed = "a column of names or periods left of the figures"
        raise InputError(Problem(grid.name, "no label column", allowed, column=letter(label)))
    return layout


def _above(rows: _Rows, r: int, first: int) -> str:
    """Kind of a row above the first figures."""
    own = rows.own[r]
    if r < first or rows.unit_row(r):
        return "title"
    if rows.numbering(r):
        return "numbers"
    if r == first:
        return "head"
    if rows.label(r) and (len(own) == 1 or (len(own) == 2 and rows.gloss(r))):
        return "section"
    if rows.once(r):
        return "once"
    chinese = any(map(_HAN.search, rows.own[first].values()))
    return "gloss" if chinese and rows.english(r) else "head"


def _below(rows: _Rows, header: list[int], start: int) -> dict[int, str]:
    """Kinds of the rows from the first figures on."""
    titles = [rows.own[r] for r in header]
    heads = {rows.label(r) for r in header} - {""}
    last = max((r for r in rows.filled if len(rows.own[r]) > 1 and rows.figured[r]), default=start)
    kinds: dict[int, str] = {}
    for r in (r for r in rows.filled if r >= start):
        own, figures = rows.own[r], rows.figured[r]
        text = " ".join(own.values())
        noted = "note" in kinds.values()
        if not figures and rows.gloss(r) and rows.label(r) not in heads:
            kinds[r] = "data"
        elif own in titles or _CONTINUED.fullmatch(re.sub(r"\s+", "", text)) or rows.unit_row(r):
            kinds[r] = "again"
        elif (_NOTE.match(text) or r > last) and len(own) < 3 and not figures:
            kinds[r] = "note"
        elif len(own) > 1 and r != start and (noted or not figures or rows.label(r) in heads):
            raise InputError(_second(rows.grid.name, r, text))
        else:
            kinds[r] = "note" if noted else "data"
    return kinds


def _second(name: str, row: int, text: str, column: str | None = None) -> Problem:
    found = f"a second table (it begins with {text[:40]})"
    return Problem(name, found, "one table in a sheet", row=row + 1, column=column)


def _columns(rows: _Rows, header: list[int], data: list[int]) -> dict[int, str]:
    """Sort the columns into labels, units, figures, and those left out."""
    kinds: dict[int, str] = {}
    for c in range(rows.first, len(rows.grid.cells[0])):
        head = clean_name("".join(dict.fromkeys(rows.grid.cells[r][c].strip() for r in header)))
        texts = [t for r in data if (t := rows.own[r].get(c))]
        words = [t for t in texts if not _looks(t)]
        wordy = len(words) > len(texts) / 2
        labelled = "label" in kinds.values()
        # 2013 or 1-6月 in the first column reads as a figure, but is a label.
        headless = not head or not labelled or PERIOD_HEADS.fullmatch(head) is not None
        dated = bool(texts) and headless and all(period(t) is not None for t in texts)
        if not texts and not head:
            continue
        if head in _HEADS["unit"] and (not words or any(unit_of_head(t) for t in words)):
            kinds[c] = "unit"
        elif head in _HEADS["code"] | _HEADS["once"] or (labelled and wordy and all(map(_foreign, words))):
            kinds[c] = "code"
        elif head in _HEADS["remark"]:
            kinds[c] = "remark"
        elif not labelled or ("value" not in kinds.values() and (wordy or dated)):
            kinds[c] = "label"
        elif wordy and any(map(_HAN.search, words)):
            raise InputError(_second(rows.grid.name, (header or data)[0], head or texts[0], letter(c)))
        else:
            kinds[c] = "value"
    if "value" not in kinds.values():
        raise InputError(Problem(rows.grid.name, "no column of figures", "at least one column of figures"))
    return kinds
