"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from parkanalysis.quantities.context import (
    REACH,
    RESPECTIVELY,
    Heard,
    Mention,
    deal_out,
    subject_of,
    time_line,
)
from parkanalysis.quantities.hedges import DIRECTIONS, Front, ReadingRule, look_back, rule_of
from parkanalysis.quantities.numbers import CHINESE, UnreadableError
from parkanalysis.quantities.parse import CORE, TO, Quantity, Reading, finish, normalize, reading_of
from parkanalysis.quantities.units import UNKNOWN, WORDS, Unit, trie

_KEPT = 16  # characters of the figure before that may still tell something
_AHEAD = 48
_MOST_KNOWN = 512
_SYMBOLS = frozenset("¥$€£")
_LIST = re.compile(r"(?: ?[、和及与,] ?\d++(?:\.\d++)?+(?= ?[、和及与,])){0,12}+ ?[、和及与,] ?(?=\d)")
_NUMBERS = re.compile(r"[\d.]+")
_LEADING_DIGITS = re.compile(r"^[\d., ]+")
_LIST_NUMBER = re.compile(r"(?:\A|(?<=\A\n)|(?<=[。;:!?\n]\n))\d{1,2}\. (?=\d)")
_PARAGRAPH = re.compile(r"(?<=[。;!?:*\n]) *\n|\n *(?=[#(]|[一二三四五六七八九十]{1,3}、)")
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
    times = iter([*time_line(clean), (len(clean) + 1, 0, None)])
    period, dated, (next_time, passed, says) = "", 0, next(times)
    found: list[Mention] = []
    known: dict[tuple[object, ...], tuple[Found | None]] = {}
    heard, taken, position, search = Heard(), 0, 0, CORE.search
    while (match := search(clean, position)) is not None:
        start, position = match.span()
        while start >= next_time:
            period, dated = period if says is None else says, passed
            next_time, passed, says = next(times)
        if start < dated:  # the number of a date
            position = dated
            continue
        before = clean[max(0, start - REACH, taken - _KEPT) : start]
        lent = None
        if is_plain(match, before) and "指数" not in before[-8:]:
            if run := _RUN.match(clean, position):
                position = max(position, run.end() - 80)
                continue
            lent = _lent(match, before, clean)
            if lent is None:
                continue
        elif before[-1:] in "\n" and (item := _LIST_NUMBER.match(clean, start)):
            position = item.end()
            continue
        fresh = min(start - taken, len(before))
        if "\n" in before[-fresh:] and _PARAGRAPH.search(before, max(0, len(before) - fresh - 1)):
            heard = Heard()
        read, end = (match, position) if lent is None else lent
        after = clean[end : end + _AHEAD]
        # what is printed again in the same surroundings is not read again
        key = (before, fresh, read.group(), after, heard)
        if (hit := known.get(key)) is None:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            hit = known[key] = (_figure(read, before, fresh, after, heard, reading_rule),)
        if (figure := hit[0]) is None:
            if "\n" in match.group() and match["n1"]:
                position = match.end("n1")
            continue
        previous = found[-1] if found else None
        begin = max(start - figure.back, previous.end if previous else 0)
        position = start + figure.length if lent is None else position
        quantity, subject = figure.quantity, figure.subject
        if previous and not figure.aside and (moved := _moved(clean, previous, begin, quantity)):
            quantity, subject = moved, previous.subject
        printed = text[begin:position]
        if printed != quantity.text:  # of full width, or the part of a list
            quantity = replace(quantity, text=printed)
        found.append(Mention(begin, position, printed, quantity, subject, period))
        if not figure.aside:
            heard = heard.after(subject, quantity)
        if not figure.aside or (previous and begin - previous.end <= 2):  # (5%)(6%) leads nowhere back
            taken = position
    return deal_out(clean, found)


class Found(NamedTuple):
    """What a number and the text around it say; pure, whatever the place.

    ``back`` counts from the number to the beginning of its hedges, ``length`` to the end of the match;
    ``aside`` says that it stands in brackets.
    """

    back: int
    length: int
    quantity: Quantity
    subject: str
    aside: bool


_ADDED = re.compile(r"(?:新增|净增)(?:加|了)?(?=.{2})")
_TURN = re.compile(
    rf"[ ,]*(?:逐步|大幅|逐年)?{TO} *(?:(?:\d{{4}} ?年|去年|今年|上年|目前|现在)[底末初]?的?)? *"
)
_FROM = re.compile(r"(?:由|从|自)[^,。;\n]{0,16}$")
_GAP = 24


def _figure(
    match: re.Match[str], before: str, fresh: int, after: str, heard: Heard, rule: ReadingRule
) -> Found | None:
    """Read a match in its surroundings; None when it is no figure."""
    front = look_back(before, match.group()[0])
    words = before[: len(before) - front.outer]
    if is_plain(match, before):
        if not words.endswith("指数"):
            return None
        front.currency = Unit("index")  # 居民消费价格指数为 100.7
    try:
        quantity = _read(match, before, after, front, rule)
    except UnreadableError:  # the halves are no range
        half = match["n2"] and match["u1"] and CORE.match(match.string, match.start(), match.end("u1"))
        rest = match.group()[len(half.group()) :] if half else ""
        return _figure(half, before, fresh, rest + after, heard, rule) if half else None
    if quantity is None:
        return None
    subject = subject_of(words, fresh - front.outer, after, quantity, heard)
    if quantity.direction is None and (added := _ADDED.match(subject)):
        subject, quantity = subject[added.end() :], replace(quantity, direction="增加")
    opened = before.rfind("(", len(before) - fresh) if after[:1] == ")" else -1
    aside = opened >= 0 and ")" not in before[opened:] + match.group()
    return Found(front.start, len(match.group()), quantity, subject, aside)


def _moved(clean: str, previous: Mention, begin: int, quantity: Quantity) -> Quantity | None:
    """Join a figure and the one from which it moved: 由 2300 元/吨 and 下跌到 1580 元/吨."""
    if previous.quantity.unit != quantity.unit or not 1 <= begin - previous.end <= _GAP:
        return None
    turn = _TURN.fullmatch(clean, previous.end, begin)
    if turn is None or not _FROM.search(clean, max(0, previous.start - 18), previous.start):
        return None
    direction = DIRECTIONS.get(turn["word"], quantity.direction)
    return replace(quantity, direction=direction, before=previous.quantity.value)


def _lent(match: re.Match[str], before: str, clean: str) -> tuple[re.Match[str], int] | None:
    """2.16 和 1.66 个百分点: the number with the unit that the list prints once, and where the list ends."""
    items = _LIST.match(clean, match.end())
    last = items and CORE.match(clean, items.end())
    if items is None or last is None or not last["n1"] or last["n2"] or is_plain(last, ""):
        return None
    decimal = all("." in number for number in [match["n1"], last["n1"], *_NUMBERS.findall(items.group())])
    told = decimal or re.search(RESPECTIVELY, before[-60:])
    if not told or match.group() != match["n1"] or before[-1:] in ("第", "."):
        return None
    whole = CORE.fullmatch(match["n1"] + _LEADING_DIGITS.sub("", last.group()))
    return whole and (whole, last.end())


# --- which numbers are figures ---

_INDICATORS = tuple(WORDS["indicators"].split())
_EACH = re.compile(r"每(亩|吨|千瓦时|度|平方米)[㐀-鿿]{1,6}$")  # 每亩产值 500 万元
_IN_ROW = re.compile(r"\d%? +[-+]?$")  # the number before stands in the same row of a table
_CHINESE = frozenset(CHINESE) | {"数", "几"}
_OPENING = frozenset("“‘「『《\"'")
_TIME_UNITS = frozenset({"year", "month", "day", "week", "hour", "quarter", "minute"})
_SPELLED = frozenset("条座家户名人台所亩吨辆栋处倍宗") | {"公里", "批次", "人次"}
_FOREIGN = frozenset({"USD", "EUR", "HKD", "GBP", "JPY"})
_RANKS = ("前", "位居", "位列", "居", "列", "位次", "排名", "排")
_AFTER_NAMES = frozenset("级强佳象一分里年月日号")
_PLAN = re.compile(r"规划|计划|行动|攻坚|滚动|倍增|大庆|[来间制期级]")
_SPAN_OF_TIME = re.compile(r"(?:未来|今后|过去|最近|此后|以往|前|后|每|连)$")
_NAMES_A_UNIT = re.compile(r" ?(?![的左上以之内建用于为至到和与及或、等大规])[㐀-鿿A-Za-z]")
_COUNTED = frozenset("家个户项名")
_SCOPE = re.compile(rf" ?的?(?:[和及、]|{trie(WORDS['kinds_of_projects'].split())})*(?P<of>项目|工程|企业)")
_TAKINGS = ("收入", "销售额", "营业额")
_LETTERED_INDEX = re.compile(r"指数|得分|点位")
_MONEY = re.compile(r"投资|资金|产值|收入|利润|税|贷款|融资|销售|总额|补助|金额|负债|费|价值|资产|投入|款")


def is_plain(match: re.Match[str], before: str) -> bool:
    """A number with neither unit nor 万 or 亿 nor a currency: no figure unless it is an index."""
    if match["n1"] is None or match["u1"] or match["m1"] or match["u2"] or match["m2"]:
        return False
    many = match["n1"][-1] in "万亿" or (match["n2"] or "")[-1:] in ("万", "亿")
    return not many and before[-1:] not in _SYMBOLS


def _read(match: re.Match[str], before: str, after: str, front: Front, rule: ReadingRule) -> Quantity | None:
    """Read a match with a unit; UnreadableError when it is no quantity, None when it is no figure."""
    in_row = " " in before[-2:] and _IN_ROW.search(before[-14:]) is not None
    if _is_named(before) or (in_row and "\n" in match.group()):
        return None
    words = before[: len(before) - front.outer][-12:]
    if front.per is None and "每" in words and (each := _EACH.search(words)):
        front.per = each[1]
    reading = reading_of(match, rule, front)
    counted_in_parts = reading.unit.code == "count" and "." in (match["n2"] or match["n1"] or "")
    if in_row and counted_in_parts and not match["m1"]:
        return None  # 7.0家 is the end of one cell and the beginning of the next
    if not is_figure(match, before, after, reading, front):
        return None
    if reading.bare and front.per is None:
        reading.unit = bare_unit(match, before, after)
    if front.move and reading.unit.code == "percentage_point":
        front.direction = None  # 拉动增速 6.5 个百分点
    return finish(reading, front, before[len(before) - front.start :] + match.group(), rule)


def _is_named(before: str) -> bool:
    """第 5, PM2.5, 表 3: a number that only names something; but not GDP5 亿元."""
    last = "第" if before[-2:] == "第 " else before[-1:].strip()
    named = last != "" and (last in "第.#_+" or (last.isascii() and last.isalnum()))
    heading = last in ("表", "图") and (len(before) < 2 or before[-2] in "\n 附(")
    return (named or heading) and not before.endswith(_INDICATORS)


def bare_unit(match: re.Match[str], before: str, after: str) -> Unit:
    """20 亿 is money, 300 万 where the words around it say so; in front of another word it is unknown."""
    if _MONEY.search(before[-12:]) or _MONEY.match(after):
        return Unit("CNY")
    if "亿" not in match.group():
        return Unit("count")
    return Unit(UNKNOWN) if _NAMES_A_UNIT.match(after) else Unit("CNY")


def is_figure(match: re.Match[str], before: str, after: str, reading: Reading, front: Front) -> bool:
    """Tell figures from dates, names and turns of phrase."""
    digits, word, unit = match["n1"], match["u2"] or match["u1"] or "", reading.unit
    count = unit.code == "count"
    if digits is None:  # 百分之八 and 翻一番 always; 半年 and 一半 only with a hedge
        hedged = (front.hedges or reading.hedges) and match["half"] != "过半"
        half_a_year = before[: len(before) - front.start].endswith(("上", "下"))
        return match["half"] is None or bool(hedged and not half_a_year)
    if (
        (after[:1] == "." and after[1:2].isdigit())
        or (not word and (not (reading.bare or front.currency) or after[:1] in _AFTER_NAMES))
        or (
            count
            and (before.rstrip().endswith(_RANKS) or after[:1] == "级" or (word == "位" and front.direction))
        )
        or (word == "点" and not ("." in digits and _LETTERED_INDEX.search(before[-40:])))
        or (unit.code == "index" and not (reading.low == reading.high and 20 <= reading.low <= 2000))
        # 2.2 本项目 is a heading
        or (count and not reading.high.is_integer() and (unit.weak or before[-1:] in "\n"))
        or (unit.code in _TIME_UNITS and not _is_duration(match, before, after, reading.high, front))
        or _is_scope(match, before, after)
    ):
        return False
    if digits[0] in _CHINESE or match["some"]:
        hedged = reading.hedges or any(kind != "exact" for _, kind in front.hedges)
        return _is_spelled_figure(match, before, word, unit.code, bool(hedged))
    if unit.weak and unit.code not in ("count", "point", "CNY"):
        many = match["m1"] or digits[-1] in "万亿百千"
        return bool(many) or (unit.code == "kWh" and after[:1] == "电")
    return digits[0] != "0" or not digits[1:2].isdigit()


_OPENED = re.compile(r"\((?:年?主?营?业?务?收入|年?销售额)?$")
_BRACKETED = re.compile(r"\) ?[㐀-鿿]{0,8}?[\d约近超达]")


def _is_scope(match: re.Match[str], before: str, after: str) -> bool:
    """Tell the threshold of a population, (2000万元以上) or 5亿元以上的工业项目, from its figure."""
    behind = match["behind"]
    if behind and behind.endswith(("以上", "以下")) and match["u1"] not in _COUNTED:
        if _OPENED.search(before[-12:]) and _BRACKETED.match(after):
            return True
        scope = _SCOPE.match(after)
        return scope is not None and (scope["of"] != "企业" or before.endswith(_TAKINGS))
    bare = match["u1"] == "元" and before != "" and match["n1"].strip("百千万亿") == ""
    return bare and after.startswith(("企业", "项目"))


def _is_duration(match: re.Match[str], before: str, after: str, value: float, front: Front) -> bool:
    """Tell 9 个月 and 三年 from 9 日 and 三年行动计划."""
    word = match["u2"] or match["u1"]
    dated = 1900 <= abs(value) <= 2100 or after[:2].lstrip()[:1].isdigit()  # —2016 年, 16 年 3 月
    if word in ("月", "日") or (word == "年" and dated and not (match["x1"] or match["m1"])):
        return False
    if _PLAN.match(after) and not match["behind"]:
        return False
    if front.hedges:  # 近三年 says when, 历时近三年 how long
        near, earlier = before[len(before) - front.start :], before[: len(before) - front.start]
        return near[:1] != "近" or earlier[-1:] in ("时", "了", "达", "耗", "历")
    return not _SPAN_OF_TIME.search(before[: len(before) - front.outer].rstrip()[-4:])


def _is_spelled_figure(match: re.Match[str], before: str, word: str, code: str, hedged: bool) -> bool:
    """Chinese numerals: figures where a strong unit or a hedge says so, turns of phrase otherwise."""
    digits = match["n1"]
    if match["z1"] == "半":
        return True
    if before[-1:] in _OPENING or before[-1:] == "个":
        return False
    if match["some"] or match["n2"] or match["x1"]:
        return word != ""
    if digits[0] in "百千万亿佰仟" and not (digits == "百" and hedged):
        return word != "" and hedged
    if digits in ("一", "零"):
        return code in ("percentage_point", "times") or (hedged and code != "count") or code in _FOREIGN
    if word in ("方", "里", "两", "分", "度", "角", "毛", "块", "点"):
        return False
    if len(digits) == 1 and code != "count":
        return True
    return word != "" and (len(digits) > 1 or hedged or (word in _SPELLED and digits != "十"))
