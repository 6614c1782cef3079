"""What one printed cell of a statistical table says: a figure, a unit, a period or a name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

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
