"""From a work report to the outline of a park: name, years, value added, industries, talk of shocks."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from parkanalysis.quantities import Mention, extract

DRAFTED = "drafted"
"""How the note of a row begins that nobody has confirmed."""

_ZONE = re.compile(
    r"[一-鿿]{2,12}?(?:经济技术开发区|高新技术产业开发区|经济开发区|高新区|工业园区|产业园区|开发区|产业园|园区)"
)
_LEADS = re.compile(
    r"^.*(?:成立|设立|批准|建设|关于|我们|全面|今年|年|对|在|的|为|是|了|使|向|到|推动|促进|依托|以)(?=.{4})"
)
_TITLE_YEAR = re.compile(r"((?:19|20)\d\d) ?年[^\n。]{0,24}?(?P<kind>政府工作报告|总结|公报|运行|情况|报告)")
_DATE = re.compile(r"(20\d\d) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_VALUE_ADDED = re.compile(r"工业增加值")
_OUTPUT = re.compile(
    r"^(?:园区|全区|全市|我区|其中)?(?P<name>[一-鿿、]{2,16}?)(?:产业|行业)?的?(?:实现|完成)?(?:工业)?(?:总)?产值$"
)
_NOT_AN_INDUSTRY = re.compile(r"工业$|规模|规上|全|总|园区|企业|完成|实现|新增|年")
_PART_OF_A_YEAR = re.compile(r"半年|季|月")
_FALLS = frozenset({"下降", "减少", "降低", "下跌", "降"})
_SHOCKS = {
    "plant_closure": re.compile(r"关停|停产|关闭|破产"),
    "price_change": re.compile(r"价格?[^。]{0,16}(?:下跌|下降|回落|上涨|跌)|(?:下跌|跌)至"),
    "contracted_volume": re.compile(
        r"签约[^。]{0,12}度|合同电量|供电合同|直购电|签订[^。]{0,20}(?:度|千瓦时)"
    ),
    "capacity_ramp_up": re.compile(r"(?:建成)?投产|达产|扩产|新增产能"),
    "output_cap": re.compile(r"限产|限电|错峰"),
}
_SENTENCE = re.compile(r"[^。；\n]*[。；\n]")
MOST_INDUSTRIES = 12
MOST_SUGGESTIONS = 12
LONGEST_SENTENCE = 120
LONGEST_TITLE = 60


@dataclass(frozen=True)
class Named:
    """A figure of the report that park.yml points to: its identifier and its place in the text."""

    figure: str
    mention: Mention
    label: str = ""


@dataclass(frozen=True)
class Outline:
    """What a report says of a park; ``None`` and empty where it does not.

    Attributes
    ----------
    name : str
    base_year : int
        Last year that the report closes; the year after is projected.
    as_of : date
        End of the month of the last date in the text, or of February of the target year.
    value_added, result, loss : Named or None
        Industrial value added of the base year, and what is stated for the target year.
    industries : tuple of Named
        Output of each industry in the base year.
    shocks : tuple of (str, str)
        Kind of shock that a sentence may be of, and the sentence.
    """

    name: str
    base_year: int
    as_of: dt.date
    value_added: Named | None
    result: Named | None
    loss: Named | None
    industries: tuple[Named, ...]
    shocks: tuple[tuple[str, str], ...]

    def named(self) -> list[Named]:
        """List the figures that park.yml points to."""
        single = (self.value_added, self.result, self.loss)
        return [*(named for named in single if named is not None), *self.industries]


def outline_of(text: str) -> Outline | None:
    """Read what can be known of a park from its work report; None where it names no year."""
    mentions = extract(text)
    base = _base_year(text, mentions)
    if base is None:
        return None
    money = [m for m in mentions if m.quantity.unit == "CNY"]
    now = [m for m in money if str(base) in m.period or m.period in ("", "全年", "年末")]
    now = [m for m in now if not _PART_OF_A_YEAR.search(m.period)]
    later = [m for m in money if str(base + 1) in m.period and _VALUE_ADDED.search(m.subject)]
    closed = [m for m in now if _VALUE_ADDED.search(m.subject) and m.quantity.direction is None]
    closed.sort(key=lambda m: not re.search(r"规模以上|规上", m.subject))
    stated = [m for m in later if m.quantity.direction is None]
    lost = [m for m in later if m.quantity.direction in _FALLS]
    return Outline(
        name=_name(text),
        base_year=base,
        as_of=_as_of(text, base),
        value_added=_first(closed, f"value_added_{base}"),
        result=_first(stated, f"stated_result_{base + 1}"),
        loss=_first(lost, f"stated_loss_{base + 1}"),
        industries=_industries(now, base),
        shocks=_suggestions(text, base),
    )


def _first(mentions: list[Mention], figure: str) -> Named | None:
    return Named(figure, mentions[0]) if mentions else None


def _name(text: str) -> str:
    """The zone in the title, or else that the text names most often, without the words that lead to it."""
    title = _ZONE.search(text.strip().partition("\n")[0][:LONGEST_TITLE])
    if title is not None:
        return _LEADS.sub("", title.group())
    names = Counter(_LEADS.sub("", found) for found in _ZONE.findall(text))
    return max((n for n in names if len(n) > 3), key=lambda n: (names[n], len(n)), default="")


def _base_year(text: str, mentions: Iterable[Mention]) -> int | None:
    title = _TITLE_YEAR.search(text[:400])
    if title is not None:
        return int(title[1]) - (title["kind"] == "政府工作报告")
    years = Counter(year for m in mentions for year in re.findall(r"(?:19|20)\d\d", m.period))
    return int(years.most_common(1)[0][0]) if years else None


def _as_of(text: str, base: int) -> dt.date:
    months = [(int(y), int(m)) for y, m, _ in _DATE.findall(text) if int(y) == base + 1 and 1 <= int(m) <= 12]
    year, month = max(months, default=(base + 1, 2))
    return dt.date(year, month, monthrange(year, month)[1])


def _industries(mentions: list[Mention], base: int) -> tuple[Named, ...]:
    """Output by industry: each name once."""
    found: dict[str, Mention] = {}
    for mention in mentions:
        match = _OUTPUT.match(mention.subject)
        if match and mention.quantity.direction is None and not _NOT_AN_INDUSTRY.search(match["name"]):
            found.setdefault(match["name"], mention)
    items = list(found.items())[:MOST_INDUSTRIES]
    return tuple(Named(f"output_industry_{n}_{base}", m, name) for n, (name, m) in enumerate(items, start=1))


def _suggestions(text: str, base: int) -> tuple[tuple[str, str], ...]:
    """Sentences that speak of a shock: those of the target year first; new capacity only of that year."""
    sentences = [" ".join(s.split()).strip(" 。；#*") for s in _SENTENCE.findall(text + "\n")]
    found = [(kind, s) for s in sentences for kind, words in _SHOCKS.items() if words.search(s)]
    ahead = re.compile(rf"{base + 1}|预计|将")
    found = [(kind, s) for kind, s in found if kind != "capacity_ramp_up" or ahead.search(s)]
    found.sort(key=lambda item: str(base + 1) not in item[1])
    return tuple((kind, s[:LONGEST_SENTENCE]) for kind, s in dict.fromkeys(found))[:MOST_SUGGESTIONS]
