"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

import re
from dataclasses import replace

from parkanalysis.quantities.context import REACH, Front, Heard, TimeLine, look_back, subject_of, turn_between
from parkanalysis.quantities.deal import Mention, deal_out
from parkanalysis.quantities.hedges import ReadingRule, rule_of
from parkanalysis.quantities.numbers import CHINESE, plain
from parkanalysis.quantities.parse import (
    CORE,
    Quantity,
    Reading,
    UnreadableError,
    finish,
    normalize,
    reading_of,
)
from parkanalysis.quantities.units import UNKNOWN, WORDS, Unit, unit_of

_LONGEST_LIST = 12
_SYMBOLS = frozenset("¥$€£")
_AND = re.compile(r" ?[、和及与,] ?")
_RESPECTIVELY = re.compile(r"分别|依次|各(?=[增下为达占实完])")
_DIGITS = re.compile(r"^[\d., ]+")
_LIST_NUMBER = re.compile(r"\d{1,2}\. (?=\d)")
_INDICATORS = tuple(WORDS["indicators"].split())
# a long run of numbers without units is passed over at once, but for its end
_RUN = re.compile(r"(?:[,、 ] ?\d{1,12}(?:\.\d{1,6})?){24,}+")


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
    times, heard = TimeLine(clean), Heard()
    found: list[Mention] = []
    waiting: list[re.Match[str]] = []
    seen: Seen = {}
    position, search = 0, CORE.search
    while (match := search(clean, position)) is not None:
        position = max(match.end(), position + 1)
        if is_plain(match) and clean[match.start() - 1 : match.start()] not in _SYMBOLS:
            if clean[max(0, match.start() - 8) : match.start()].find("指数") >= 0:
                found += _index(text, clean, match, times, heard)
            elif run := _RUN.match(clean, position):
                position = max(position, run.end() - 80)
            waiting = (
                [*waiting[-_LONGEST_LIST:], match] if _follows(clean, waiting, match.start()) else [match]
            )
            continue
        first = clean[match.start() - 1 : match.start()] in "\n" and _numbers_a_line(clean, match.start())
        if first and (item := _LIST_NUMBER.match(clean, match.start())):
            position = item.end()
            continue
        read = _read(clean, match, reading_rule, seen)
        if read is None:
            if "\n" in match.group():
                position = match.end("n1") if match["n1"] else position
            continue
        position = read[0].end()
        found += _mentions(
            text, clean, waiting, read, found[-1] if found else None, times, heard, reading_rule
        )
    return deal_out(clean, found)


def _numbers_a_line(clean: str, start: int) -> bool:
    """Whether a number may count the items of a list: it begins a line, and the line before had ended."""
    return start == 0 or (clean[start - 1] == "\n" and (start < 2 or clean[start - 2] in "。;:!?\n"))


def _mentions(
    text: str,
    clean: str,
    waiting: list[re.Match[str]],
    read: tuple[re.Match[str], Reading, Front],
    previous: Mention | None,
    times: TimeLine,
    heard: Heard,
    rule: ReadingRule,
) -> list[Mention]:
    """The figure of a match, after those before it that share its unit."""
    match, reading, front = read
    start, end = front.start, match.end()
    if previous is not None and start < previous.end:
        start = match.start()
    printed, period = text[start:end], times.at(start)
    quantity = finish(reading, front.hedges, front.direction, printed, rule)
    if front.move and quantity.unit == "percentage_point":
        quantity = replace(quantity, direction=None)  # 拉动增速 6.5 个百分点
    since = max(heard.end, start - REACH)
    if clean.find("\n", since, start) >= 0 and _ends_paragraph(clean, since, start):
        heard.subject = heard.amount = heard.unit = ""
        heard.share = False
    listed: list[Mention] = []
    if _follows(clean, waiting, match.start()):
        listed = _enumerated(text, clean, waiting, match, quantity.direction, period, heard, rule)
    if listed:
        quantity = replace(quantity, direction=listed[-1].quantity.direction)
        mention = Mention(start, end, printed, quantity, listed[-1].subject, period)
        _hear(clean, mention, heard)
        return [*listed, mention]
    before = previous.quantity if previous is not None else None
    if previous is not None and previous.quantity.unit == quantity.unit:
        quantity = _with_before(clean, previous, quantity, front)
    subject = subject_of(clean, front.outer, end, quantity, heard)
    if quantity.before is not None and before is not None and previous is not None:
        subject = previous.subject
    elif quantity.direction is None and subject[:1] in _ADDS and (added := _ADDED.match(subject)):
        subject, quantity = subject[added.end() :], replace(quantity, direction="增加")
    mention = Mention(start, end, printed, quantity, subject, period)
    _hear(clean, mention, heard)
    return [mention]


_ADDS = frozenset("新净")
_ADDED = re.compile(r"(?:新增|净增)(?:加|了)?(?=.{2})")
_PARAGRAPH = re.compile(r"(?<=[。;!?:*\n]) *\n|\n *(?=[#(]|[一二三四五六七八九十]{1,3}、)")


def _ends_paragraph(clean: str, first: int, last: int) -> bool:
    return _PARAGRAPH.search(clean, max(0, first - 1), last) is not None


def _hear(clean: str, mention: Mention, heard: Heard) -> None:
    """Remember what a figure spoke of; one in brackets is an aside."""
    quantity = mention.quantity
    opened = clean.rfind("(", max(heard.end, mention.start - REACH), mention.start)
    if opened >= 0 and clean[mention.end : mention.end + 1] == ")" and clean.find(")", opened) == mention.end:
        return
    heard.end = mention.end
    if quantity.unit == "percentage_point" and heard.subject:
        return
    heard.share = quantity.unit == "fraction" and quantity.direction is None
    heard.subject, heard.unit = mention.subject, quantity.unit
    if not heard.share or not heard.amount:
        heard.amount = mention.subject


def _index(text: str, clean: str, match: re.Match[str], times: TimeLine, heard: Heard) -> list[Mention]:
    """居民消费价格指数为 100.7: a bare number behind the name of an index."""
    front = look_back(clean, match.start())
    start, end = match.span()
    if clean[end : end + 1] == "." or not clean.endswith("指数", 0, front.outer) or "-" in match.group():
        return []
    value = float(plain(match["n1"])) if match["n1"][0].isdigit() else -1.0
    if not 20 <= value <= 2000:
        return []
    quantity = Quantity(value, value, value, "index", None, front.direction, text[start:end])
    subject = subject_of(clean, front.outer, end, quantity, heard)
    mention = Mention(start, end, text[start:end], quantity, subject, times.at(start))
    _hear(clean, mention, heard)
    return [mention]


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
    heard: Heard,
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
            reading = reading_of(whole, rule)
        except UnreadableError:
            continue
        start, end = match.span()
        quantity = finish(reading, (), front.direction or direction, text[start:end], rule)
        mentions.append(Mention(start, end, text[start:end], quantity, "", period))
    if not mentions:
        return []
    subject = subject_of(clean, front.outer, last.end(), mentions[0].quantity, heard)
    return [replace(m, subject=subject) for m in mentions]


Seen = dict[tuple[str, Unit | None], Reading]
_MOST_SEEN = 20_000


def _evaluated(match: re.Match[str], rule: ReadingRule, currency: Unit | None, seen: Seen) -> Reading:
    """Evaluate a match; what is printed again is not read again."""
    key = (match.group(), currency)
    reading = seen.get(key)
    if reading is None:
        if len(seen) >= _MOST_SEEN:
            seen.clear()
        reading = seen[key] = reading_of(match, rule, currency)
    return reading


def _read(
    clean: str, match: re.Match[str], rule: ReadingRule, seen: Seen
) -> tuple[re.Match[str], Reading, Front] | None:
    """Read a match, or its first half when the halves are no range; None when it is no figure."""
    start = match.start()
    before = clean[start - 1] if start else ""
    if before == " " and start > 1:
        before = "第" if clean[start - 2] == "第" else ""
    named = before and (before in "第.#_+" or (before.isascii() and before.isalnum()))
    named = named or (before in ("表", "图") and (start < 2 or clean[start - 2] in "\n 附("))
    if named and not clean.endswith(_INDICATORS, 0, start):
        return None
    beside = start > 1 and " " in clean[start - 2 : start]
    in_row = beside and _IN_ROW.search(clean, max(0, start - 14), start) is not None
    if in_row and "\n" in match.group():
        return None
    front = look_back(clean, start)
    try:
        reading = _evaluated(match, rule, front.currency, seen)
    except UnreadableError:
        if match["n1"] is None or match["n2"] is None:
            return None
        half = CORE.match(clean, start, match.end("u1") if match["u1"] else match.end("n1"))
        if half is None or half["u1"] is None:
            return None
        match = half
        try:
            reading = reading_of(match, rule, front.currency)
        except UnreadableError:
            return None
    if front.per is None and clean.find("每", max(0, front.outer - 12), front.outer) >= 0:
        each = _EACH.search(clean, max(0, front.outer - 12), front.outer)
        front.per = each[1] if each else None
    if front.per is not None:
        composite = unit_of(f"{match['u2'] or match['u1'] or '元'}/{front.per}")
        if composite is not None and reading.unit.code != "count":
            reading = reading.times(composite)
    if not is_figure(clean, match, reading, front) or (in_row and _is_counted_in_parts(match, reading)):
        return None
    if reading.bare:
        reading = replace(reading, unit=bare_unit(clean, match))
    return match, reading, front


_EACH = re.compile(r"每(亩|吨|千瓦时|度|平方米)[㐀-鿿]{1,6}$")  # 每亩产值 500 万元
_IN_ROW = re.compile(r"\d%? +[-+]?$")  # the number before stands in the same row of a table


def _is_counted_in_parts(match: re.Match[str], reading: Reading) -> bool:
    """7.0家: no count, but the end of one cell and the beginning of the next."""
    return reading.unit.code == "count" and "." in (match["n2"] or match["n1"] or "") and not match["m1"]


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
_NAMES_A_UNIT = re.compile(r" ?(?![的左上以之内建用于为至到和与及或、等大规])[㐀-鿿A-Za-z]")
_SCOPE = re.compile(r"(?:的)?(?:工业|建筑业|服务业|法人|批发|零售|住宿|餐饮)*企业")
_LETTERED_INDEX = re.compile(r"指数|得分|点位")
_MONEY = re.compile(r"投资|资金|产值|收入|利润|税|贷款|融资|销售|总额|补助|金额|负债|费|价值|资产|投入|款")


def is_plain(match: re.Match[str]) -> bool:
    """A number with neither unit nor 万 or 亿: never a figure."""
    if match["n1"] is None or match["u1"] or match["m1"] or match["u2"] or match["m2"]:
        return False
    tail = (match["n2"] or match["n1"])[-1]
    return tail not in "万亿" and (match["n1"])[-1] not in "万亿"


def bare_unit(clean: str, match: re.Match[str]) -> Unit:
    """20 亿 is money, 300 万 where the words around it say so; in front of another word it is unknown."""
    if _MONEY.search(clean, max(0, match.start() - 12), match.start()) or _MONEY.match(clean, match.end()):
        return Unit("CNY")
    if "亿" not in match.group():
        return Unit("count")
    return Unit(UNKNOWN) if _NAMES_A_UNIT.match(clean, match.end()) else Unit("CNY")


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
    if _is_scope(clean, match):
        return False
    if code in _TIME_UNITS and not _is_duration(clean, match, word, reading, front, following):
        return False
    if code == "count" and (front.ranking or following[:1] == "级" or (word == "位" and front.direction)):
        return False
    if word == "点" and not (
        "." in digits and _LETTERED_INDEX.search(clean, max(0, match.start() - 40), match.start())
    ):
        return False
    if code == "count" and not reading.high.is_integer() and (reading.unit.weak or _heads_line(clean, match)):
        return False  # 2.2 本项目 is a heading
    if digits[0] in _CHINESE or match["some"]:
        return _is_spelled_figure(clean, match, word, code, front, bool(reading.hedges) or front.loose)
    if digits[0] == "0" and len(digits) > 1 and digits[1].isdigit():
        return False
    if reading.unit.weak and code not in ("count", "point"):
        return (
            bool(match["m1"])
            or digits[-1] in "万亿百千"
            or (code == "kWh" and following[:1] == "电")
            or code == "CNY"
        )
    return True


def _is_scope(clean: str, match: re.Match[str]) -> bool:
    """Tell the threshold of a population, (2000万元以上) or 收入2000万元及以上工业企业, from its figure."""
    behind, end = match["behind"], match.end()
    if behind and behind.endswith("以上"):
        opened = _OPENED.search(clean, max(0, match.start() - 12), match.start())
        if opened and _BRACKETED.match(clean, end):
            return True
        return clean.endswith(_TAKINGS, 0, match.start()) and _SCOPE.match(clean, end) is not None
    bare = clean.startswith("企业", end) and match["u1"] == "元" and match.start() > 0
    return bare and match["n1"].strip("百千万亿") == ""


_TAKINGS = ("收入", "销售额", "营业额")
_BRACKETED = re.compile(r"\) ?[㐀-鿿]{0,8}?[\d约近超达]")
_OPENED = re.compile(r"\((?:年?主?营?业?务?收入|年?销售额)?$")


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
    if match["z1"] == "半":
        return True
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
