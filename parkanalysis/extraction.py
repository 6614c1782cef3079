"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parkanalysis.context import Front, TimeLine, look_back, subject_of, turn_between
from parkanalysis.hedges import RULES, rule_of
from parkanalysis.hedges import ReadingRule as _Rule
from parkanalysis.numerals import CHINESE
from parkanalysis.reading import CORE, Quantity, Reading, UnreadableError, evaluate, finish, normalize
from parkanalysis.units import Unit, unit_of

__all__ = ["Mention", "extract"]


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


_CHINESE = frozenset(CHINESE) | {"数", "几"}
_OPENING = frozenset("“‘「『《\"'")
_TIME_UNITS = frozenset({"year", "month", "day", "week", "hour", "quarter", "minute"})
_SPELLED = frozenset("条 座 家 户 名 人 台 所 亩 吨 公里 辆 栋 批次 人次 处 倍 宗".split())
_FOREIGN = frozenset({"USD", "EUR", "HKD", "GBP", "JPY"})
_PLAN = re.compile(r"规划|计划|行动|攻坚|滚动|倍增|大庆|来$|制|期|级")
_SPAN_OF_TIME = re.compile(r"(?:未来|今后|过去|最近|此后|以往|前|后|每|近|连)$")
_MONEY = re.compile(r"投资|资金|产值|收入|利润|税|贷款|融资|销售|总额|补助|金额|负债|费|价值|资产|投入|款")
_AND = re.compile(r" ?[、和及与,] ?")
_RESPECTIVELY = re.compile(r"分别|依次|各")
_DIGITS = re.compile(r"^[\d., ]+")
_LIST_NUMBER = re.compile(r"\d{1,2}\. ?")


def extract(text: str, rule: str | _Rule = "standard") -> list[Mention]:
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

    Examples
    --------
    >>> [(m.text, m.quantity.direction) for m in extract("2016 年工业增加值预计将减少 5 亿元以上")]
    [('5 亿元以上', '减少')]
    """
    reading_rule = rule_of(rule) if rule != "standard" else RULES["standard"]
    clean = normalize(text)
    times = TimeLine(clean)
    found: list[Mention] = []
    waiting: list[re.Match[str]] = []
    position, search = 0, CORE.search
    while (match := search(clean, position)) is not None:
        position = max(match.end(), position + 1)
        if match["n1"] is not None and match["u1"] is None and match["m1"] is None and _is_plain(match):
            waiting = [*waiting, match] if _follows(clean, waiting, match.start()) else [match]
            continue
        start = match.start()
        if (
            (listed := _LIST_NUMBER.match(clean, start))
            and listed.group()[-1] == " "
            and _line_start(clean, start)
        ):
            position = listed.end()
            continue
        read = _read(clean, match, reading_rule)
        if read is None:
            continue
        match, reading, front = read
        position = match.end()
        span = (front.start, match.end())
        if found and span[0] < found[-1].end:
            span = (match.start(), match.end())
        printed = text[span[0] : span[1]]
        quantity = finish(reading, front.hedges, front.direction, printed, reading_rule)
        if waiting and _follows(clean, waiting, match.start()):
            period = times.at(span[0])
            found += _enumerated(text, clean, waiting, match, quantity.direction, period, reading_rule)
        previous = found[-1] if found else None
        if previous is not None and previous.quantity.unit == quantity.unit:
            quantity = _with_before(clean, previous, quantity, front)
        subject = subject_of(
            clean,
            front.outer,
            match.end(),
            quantity,
            previous.subject if previous else "",
            previous.end if previous else 0,
        )
        found.append(Mention(span[0], span[1], printed, quantity, subject, times.at(span[0])))
    return found


def _is_plain(match: re.Match[str]) -> bool:
    """A number with neither unit nor 万 or 亿: never a figure."""
    if match["u2"] is not None or match["m2"] is not None:
        return False
    tail = (match["n2"] or match["n1"])[-1]
    return tail not in "万亿" and (match["n1"])[-1] not in "万亿"


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
    rule: _Rule,
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


def _line_start(clean: str, start: int) -> bool:
    return start == 0 or clean[start - 1] == "\n"


def _read(clean: str, match: re.Match[str], rule: _Rule) -> tuple[re.Match[str], Reading, Front] | None:
    """Read a match, or its first half when the halves are no range; None when it is no figure."""
    start = match.start()
    before = clean[start - 1] if start else ""
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
    if not _is_figure(clean, match, reading, front):
        return None
    if reading.bare:
        reading = replace(reading, unit=_bare_unit(clean, match))
    return match, reading, front


def _bare_unit(clean: str, match: re.Match[str]) -> Unit:
    """20 亿 is money; 300 万 is money where the words before it say so, else a count."""
    if "亿" in match.group() or _MONEY.search(clean, max(0, match.start() - 10), match.start()):
        return Unit("CNY")
    return Unit("count")


def _is_figure(clean: str, match: re.Match[str], reading: Reading, front: Front) -> bool:
    """Tell figures from dates, names and turns of phrase."""
    following = clean[match.end() : match.end() + 2]
    digits = match["n1"]
    hedged = bool(front.hedges or reading.hedges)
    if digits is None:
        return _is_special_figure(match, hedged, following, front)
    word = match["u2"] or match["u1"] or ""
    if clean[match.end() : match.end() + 1] == "." and following[1:].isdigit():
        return False
    if not word and (
        not reading.bare and front.currency is None or following[:1] in "级强佳象一分里年月日号"
    ):
        return False
    code = reading.unit.code
    if code in _TIME_UNITS and not _is_duration(clean, match, word, reading, front, following):
        return False
    if code == "count" and (front.ranking or following[:1] == "级" or not (reading.high * 10).is_integer()):
        return False
    if code == "count" and "." in digits and not match["m1"] and digits[-1] not in "万亿千百":
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


def _with_before(clean: str, previous: Mention, quantity: Quantity, front: Front) -> Quantity:
    """Join 由 2300 元/吨 and 下跌到 1580 元/吨."""
    turn = turn_between(clean, previous.start, previous.end, front.start)
    if turn is None:
        return quantity
    return replace(quantity, direction=turn or quantity.direction, before=previous.quantity.value)
