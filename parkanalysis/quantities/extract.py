"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parkanalysis.quantities.context import RELATIVE, Front, TimeLine, look_back, subject_of, turn_between
from parkanalysis.quantities.hedges import ReadingRule, rule_of
from parkanalysis.quantities.numbers import CHINESE
from parkanalysis.quantities.parse import (
    CORE,
    Quantity,
    Reading,
    UnreadableError,
    evaluate,
    finish,
    normalize,
)
from parkanalysis.quantities.units import Unit, unit_of


@dataclass(frozen=True, slots=True)
class Mention:
    """One quantity found in a text, ``text == source[start:end]``.

    Attributes
    ----------
    start, end : int
        Span in the text, hedges that move the bounds (近, 约, 以上) included.
    text : str
        The span as printed.
    quantity : Quantity
        Under the standard rule; its ``direction`` comes from the words before the span, its
        ``before`` from the figure it moved from.
    subject : str
        The phrase next to the figure that says what it measures; may be empty.
    period : str
        The nearest time phrase before it in the same paragraph; may be empty.
    """

    start: int
    end: int
    text: str
    quantity: Quantity
    subject: str
    period: str


_LONGEST_LIST = 12
_SYMBOLS = frozenset("¥$€£")
_AND = re.compile(r" ?[、和及与,] ?")
_RESPECTIVELY = re.compile(r"分别|依次|各")
_DIGITS = re.compile(r"^[\d., ]+")
_LIST_NUMBER = re.compile(r"(?<![^\n])\d{1,2}\. (?=\d)")


def extract(text: str, rule: str | ReadingRule = "standard") -> list[Mention]:
    """Find the quantities of a text.

    Dates, document and list numbers, ordinals, addresses, model names and numerals that only
    name something (三级调度, “三个一点”) are left out.

    Parameters
    ----------
    text : str
        Running Chinese text.
    rule : str or ReadingRule
        How hedges become bounds.

    Returns
    -------
    list of Mention
        In the order of the text, spans disjoint.
    """
    reading_rule, clean = rule_of(rule), normalize(text)
    times = TimeLine(clean)
    found: list[Mention] = []
    waiting: list[re.Match[str]] = []
    position, search = 0, CORE.search
    while (match := search(clean, position)) is not None:
        position = max(match.end(), position + 1)
        if is_plain(match) and clean[match.start() - 1 : match.start()] not in _SYMBOLS:
            waiting = (
                [*waiting[-_LONGEST_LIST:], match] if _follows(clean, waiting, match.start()) else [match]
            )
            continue
        if item := _LIST_NUMBER.match(clean, match.start()):
            position = item.end()
            continue
        read = _read(clean, match, reading_rule)
        if read is None:
            continue
        position = read[0].end()
        found += _mentions(text, clean, waiting, read, found[-1] if found else None, times, reading_rule)
    return found


def _mentions(
    text: str,
    clean: str,
    waiting: list[re.Match[str]],
    read: tuple[re.Match[str], Reading, Front],
    previous: Mention | None,
    times: TimeLine,
    rule: ReadingRule,
) -> list[Mention]:
    """The figure of a match, after those before it that share its unit."""
    match, reading, front = read
    start, end = front.start, match.end()
    if previous is not None and start < previous.end:
        start = match.start()
    printed, period = text[start:end], times.at(start)
    quantity = finish(reading, front.hedges, front.direction, printed, rule)
    listed: list[Mention] = []
    if _follows(clean, waiting, match.start()):
        listed = _enumerated(text, clean, waiting, match, quantity.direction, period, rule)
    if listed:
        quantity = replace(quantity, direction=listed[-1].quantity.direction)
        return [*listed, Mention(start, end, printed, quantity, listed[-1].subject, period)]
    if previous is not None and previous.quantity.unit == quantity.unit:
        quantity = _with_before(clean, previous, quantity, front)
    inherited, floor = ("", previous.end) if previous else ("", 0)
    if previous is not None and (previous.quantity.unit == quantity.unit or quantity.unit in RELATIVE):
        inherited = previous.subject
    subject = subject_of(clean, front.outer, end, quantity, inherited, floor)
    if quantity.before is not None:
        subject = inherited
    return [Mention(start, end, printed, quantity, subject, period)]


def _follows(clean: str, waiting: list[re.Match[str]], start: int) -> bool:
    """2.16 和 1.66 个百分点: the number before shares the unit of the one behind."""
    return (
        bool(waiting)
        and start - waiting[-1].end() <= 3
        and bool(_AND.fullmatch(clean, waiting[-1].end(), start))
    )


def _enumerated(
    text: str,
    clean: str,
    waiting: list[re.Match[str]],
    last: re.Match[str],
    direction: str | None,
    period: str,
    rule: ReadingRule,
) -> list[Mention]:
    """Figures of an enumeration that print their unit once, at its end."""
    first = waiting[0].start()
    decimal = all("." in m["n1"] for m in waiting) and "." in (last["n1"] or "")
    told = _RESPECTIVELY.search(clean, max(0, first - 30), first)
    if last["n1"] is None or last["n2"] or not (decimal or told) or clean[first - 1 : first] in ("第", "."):
        return []
    tail = _DIGITS.sub("", clean[last.start("n1") : last.end()])
    front = look_back(clean, first)
    mentions = []
    for match in waiting:
        whole = CORE.fullmatch(match["n1"] + tail)
        if whole is None or match.group() != match["n1"]:
            continue
        try:
            reading = evaluate(whole, rule)
        except UnreadableError:
            continue
        start, end = match.span()
        quantity = finish(reading, (), front.direction or direction, text[start:end], rule)
        mentions.append(Mention(start, end, text[start:end], quantity, "", period))
    subject = (
        subject_of(clean, front.outer, waiting[0].end(), mentions[0].quantity, "", 0) if mentions else ""
    )
    return [replace(m, subject=subject) for m in mentions]


def _read(clean: str, match: re.Match[str], rule: ReadingRule) -> tuple[re.Match[str], Reading, Front] | None:
    """Read a match, or its first half when the halves are no range; None when it is no figure."""
    start = match.start()
    before = clean[start - 1] if start else ""
    if before == " " and start > 1:
        before = "第" if clean[start - 2] == "第" else ""
    if before and (before in "第.#_+" or (before.isascii() and before.isalnum())):
        return None
    front = look_back(clean, start)
    try:
        reading = evaluate(match, rule, front.currency)
    except UnreadableError:
        if match["n1"] is None or match["n2"] is None:
            return None
        half = CORE.match(clean, start, match.end("u1") if match["u1"] else match.end("n1"))
        if half is None or half["u1"] is None:
            return None
        match = half
        try:
            reading = evaluate(match, rule, front.currency)
        except UnreadableError:
            return None
    if front.per is not None:
        composite = unit_of(f"{match['u2'] or match['u1'] or '元'}/{front.per}")
        if composite is not None and reading.unit.code != "count":
            reading = reading.times(composite)
    if not is_figure(clean, match, reading, front):
        return None
    if reading.bare:
        reading = replace(reading, unit=bare_unit(clean, match))
    return match, reading, front


def _with_before(clean: str, previous: Mention, quantity: Quantity, front: Front) -> Quantity:
    """Join 由 2300 元/吨 and 下跌到 1580 元/吨."""
    turn = turn_between(clean, previous.start, previous.end, front.start)
    if turn is None:
        return quantity
    return replace(quantity, direction=turn or quantity.direction, before=previous.quantity.value)


# --- which numbers are figures ---

_CHINESE = frozenset(CHINESE) | {"数", "几"}
_OPENING = frozenset("“‘「『《\"'")
_TIME_UNITS = frozenset({"year", "month", "day", "week", "hour", "quarter", "minute"})
_SPELLED = frozenset("条座家户名人台所亩吨辆栋处倍宗") | {"公里", "批次", "人次"}
_FOREIGN = frozenset({"USD", "EUR", "HKD", "GBP", "JPY"})
_AFTER_NAMES = frozenset("级强佳象一分里年月日号")
_PLAN = re.compile(r"规划|计划|行动|攻坚|滚动|倍增|大庆|[来间制期级]")
_SPAN_OF_TIME = re.compile(r"(?:未来|今后|过去|最近|此后|以往|前|后|每|近|连)$")
_MONEY = re.compile(r"投资|资金|产值|收入|利润|税|贷款|融资|销售|总额|补助|金额|负债|费|价值|资产|投入|款")


def is_plain(match: re.Match[str]) -> bool:
    """A number with neither unit nor 万 or 亿: never a figure."""
    if match["n1"] is None or match["u1"] or match["m1"] or match["u2"] or match["m2"]:
        return False
    tail = (match["n2"] or match["n1"])[-1]
    return tail not in "万亿" and (match["n1"])[-1] not in "万亿"


def bare_unit(clean: str, match: re.Match[str]) -> Unit:
    """20 亿 is money; 300 万 is money where the words before it say so, else a count."""
    if "亿" in match.group() or _MONEY.search(clean, max(0, match.start() - 10), match.start()):
        return Unit("CNY")
    return Unit("count")


def is_figure(clean: str, match: re.Match[str], reading: Reading, front: Front) -> bool:
    """Tell figures from dates, names and turns of phrase."""
    following = clean[match.end() : match.end() + 2]
    digits = match["n1"]
    hedged = bool(front.hedges or reading.hedges)
    if digits is None:
        return _is_special_figure(match, hedged, following, front)
    word = match["u2"] or match["u1"] or ""
    if clean[match.end() : match.end() + 1] == "." and following[1:].isdigit():
        return False
    if not word and ((not reading.bare and front.currency is None) or following[:1] in _AFTER_NAMES):
        return False
    code = reading.unit.code
    if code in _TIME_UNITS and not _is_duration(clean, match, word, reading, front, following):
        return False
    if code == "count" and (front.ranking or following[:1] == "级"):
        return False
    if code == "count" and not reading.high.is_integer() and (reading.unit.weak or _heads_line(clean, match)):
        return False  # 2.2 本项目 is a heading
    if digits[0] in _CHINESE or match["some"]:
        return _is_spelled_figure(clean, match, word, code, front, bool(reading.hedges) or front.loose)
    if digits[0] == "0" and len(digits) > 1 and digits[1].isdigit():
        return False
    if reading.unit.weak and code != "count":
        return (
            bool(match["m1"])
            or digits[-1] in "万亿百千"
            or (code == "kWh" and following[:1] == "电")
            or code == "CNY"
        )
    return True


def _heads_line(clean: str, match: re.Match[str]) -> bool:
    return match.start() == 0 or clean[match.start() - 1] == "\n"


def _is_duration(
    clean: str, match: re.Match[str], word: str, reading: Reading, front: Front, following: str
) -> bool:
    """Tell 9 个月 and 三年 from 9 月, 2015 年 and 三年行动计划."""
    if word in ("月", "日"):
        return False
    if word == "年" and not match["x1"] and not match["m1"]:
        value = reading.high
        if (1900 <= value <= 2100 and value.is_integer()) or (
            len(match["n1"]) > 1 and _digits_only(match["n1"])
        ):
            return False
        if following[:1].isdigit() or following.lstrip()[:1].isdigit():
            return False
    if _PLAN.match(following) and not match["behind"]:
        return False
    return not _SPAN_OF_TIME.search(clean, max(0, match.start() - 4), front.before) and not front.recent


def _digits_only(digits: str) -> bool:
    """二〇一五: Chinese digits without a multiplier name a year."""
    return digits[0] in _CHINESE and not any(c in "十百千万亿廿卅" for c in digits)


def _is_special_figure(match: re.Match[str], hedged: bool, following: str, front: Front) -> bool:
    """百分之八 and 翻一番 always; 半年 and 一半 only with a hedge."""
    if match["den"] is not None or match["fold"] is not None:
        return True
    return hedged and match["half"] != "过半" and not front.half_year


def _is_spelled_figure(
    clean: str, match: re.Match[str], word: str, code: str, front: Front, hedged: bool
) -> bool:
    """Chinese numerals: figures where a strong unit or a hedge says so, turns of phrase otherwise."""
    digits = match["n1"]
    if match.start() and (clean[match.start() - 1] in _OPENING or clean[match.start() - 1] == "个"):
        return False
    if match["some"] or match["n2"] or match["x1"]:
        return bool(word)
    if digits[0] in "百千万亿佰仟" and digits != "百":
        return bool(word) and hedged
    if digits[0] == "百" and not hedged:
        return False
    if digits == "一" or digits == "零":
        return code in ("percentage_point", "times") or (hedged and code != "count") or code in _FOREIGN
    if word in ("方", "里", "两", "分", "度", "角", "毛", "块", "点"):
        return False
    if len(digits) == 1:
        return code != "count" or (word in _SPELLED and digits != "十") or (hedged and word != "")
    return word != "" and word not in ("点", "里")
