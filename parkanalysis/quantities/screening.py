"""Which numbers of a text are figures: not dates, names, ordinals or turns of phrase."""

from __future__ import annotations

import re

from parkanalysis.quantities.context import Front
from parkanalysis.quantities.numerals import CHINESE
from parkanalysis.quantities.reading import Reading
from parkanalysis.quantities.units import Unit

__all__ = ["bare_unit", "is_figure", "is_plain"]

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
    """A number with neither unit nor 万 or 亿: never a figure.

    Examples
    --------
    >>> from parkanalysis.quantities.grammar import CORE
    >>> [is_plain(CORE.match(text)) for text in ("76", "76家", "76万")]
    [True, False, False]
    """
    if match["n1"] is None or match["u1"] or match["m1"] or match["u2"] or match["m2"]:
        return False
    tail = (match["n2"] or match["n1"])[-1]
    return tail not in "万亿" and (match["n1"])[-1] not in "万亿"


def bare_unit(clean: str, match: re.Match[str]) -> Unit:
    """20 亿 is money; 300 万 is money where the words before it say so, else a count.

    Examples
    --------
    >>> from parkanalysis.quantities.grammar import CORE
    >>> texts = ("完成投资 300 万", "植树 300 万", "达到 20 亿")
    >>> [bare_unit(text, CORE.search(text)).code for text in texts]
    ['CNY', 'count', 'CNY']
    """
    if "亿" in match.group() or _MONEY.search(clean, max(0, match.start() - 10), match.start()):
        return Unit("CNY")
    return Unit("count")


def is_figure(clean: str, match: re.Match[str], reading: Reading, front: Front) -> bool:
    """Tell figures from dates, names and turns of phrase.

    Examples
    --------
    >>> from parkanalysis.quantities.context import look_back
    >>> from parkanalysis.quantities.grammar import CORE
    >>> from parkanalysis.quantities.hedges import RULES
    >>> from parkanalysis.quantities.reading import evaluate
    >>> rule, texts = RULES["standard"], ("企业 76 家", "截至 9 月", "历时 9 个月")
    >>> found = [(text, CORE.search(text)) for text in texts]
    >>> [is_figure(text, m, evaluate(m, rule), look_back(text, m.start())) for text, m in found]
    [True, False, True]
    """
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
