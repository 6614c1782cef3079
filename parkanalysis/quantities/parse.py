"""Printed Chinese quantities: text → value, bounds, unit, hedge and direction."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite

from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities.hedges import (
    BEHIND,
    DIRECTIONS,
    LEAD,
    Front,
    ReadingRule,
    apply_hedges,
    look_back,
    rule_of,
)
from parkanalysis.quantities.numbers import ARABIC, CHINESE, SPELLED, UnreadableError, adjacent, number
from parkanalysis.quantities.units import UNIT_PATTERN, WORDS, Unit, trie, unit_of

# --- grammar ---

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES, _TILDES, _SPACES = "—–―－−‐‑─﹣", "～〜∼", "\u3000\xa0\u2002\u2003\u2009\u202f\t"
_OTHER = dict.fromkeys(_DASHES, "-") | dict.fromkeys(_TILDES, "~") | dict.fromkeys(_SPACES, " ")
_OTHER |= dict(zip("".join(WORDS["variants"].split()), "".join(WORDS["read_as"].split()), strict=True))
_OTHER |= {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_NORMAL = _WIDE | {ord(k): ord(v) for k, v in _OTHER.items()}


def normalize(text: str) -> str:
    """Half-width digits, one kind of dash, plain spaces, no radicals; every character keeps its place."""
    return text.translate(_NORMAL)


_TIMES_TEN = "(?:[万亿]|百(?!分)|千(?![瓦伏克米卡帕赫升])|[kw](?![A-Za-z/]))"
# what may follow 万 or 亿 in one number: 3亿5000万, 1万8, 1万2600, 3亿5000多万, 100万三千
_PART = (
    r"(?:\d++(?:\.\d++)?+[十百千万]++|\d(?![\d.,年月日:/×%个号百千万亿])"
    r"|\d{2,4}(?!\d)(?! ?[.,年月日:/×%号第%-]| ?个?百分)"
    r"|[一二三四五六七八九](?=[千百])[千百一二三四五六七八九零十]+)"
)
_NUMBER = (
    rf"(?:(?:{ARABIC})(?:(?: ?|\n(?=[万亿])){_TIMES_TEN}++{_PART}*+)?+"
    rf"|{SPELLED}(?:点[零〇一二三四五六七八九]++[百千万亿]*+)?+)"
)
_DIGIT = r"[\d一二三四五六七八九壹贰叁肆伍陆柒捌玖]"
_MORE = "[多余几来]"
_NOT_MORE = "[元功样式边层次媒家个种年月日天热额名数导价]"
_NOT_BEHIND = "(?:[游级班联外部容陆蒙涵销需资地生个体合改治理车步动源重]|(?<=起)来|来[源往回自])"


def _side(name: str) -> str:
    """One number with what stands between it and its unit: 200 余亿元, 9 个多月, 3 倍多."""
    return (
        rf"(?P<n{name}>{_NUMBER})"
        rf"(?: ?(?P<x{name}>{_MORE}))?+"
        rf"(?:\([^()\d\n]{{2,16}}\)(?=[万亿元吨]))?+"
        rf"(?: ?(?:个(?=亿))?(?P<m{name}>{_TIMES_TEN}++)(?: ?(?P<y{name}>[多余]))?+)?+"
        rf"(?: ?(?P<u{name}>{UNIT_PATTERN})(?P<z{name}>[多余半](?!{_NOT_MORE}))?+)?+"
    )


_INCLUDED = r"\(含[^()\n]{0,12}\)"
# from one side of a range to the other: 5-8, 5至8, 5和8之间, 大于5的同时小于8; a minus sign is no dash
_LINK = (
    r" ?(?:(?<! )-{1,2}|-{1,2}(?= )|~|至|到|或) ?"
    r"|(?P<between>和|与|及)(?=[^,。;\n]{1,20}之间)"
    r"|(?P<both>的?(?:同时|,?(?:并)?且)(?:又|还)?(?:小于等于|小于|低于|少于|不超过|不高于|不足))"
)
_BEHIND = "|".join(map(re.escape, sorted(BEHIND, key=len, reverse=True)))
CORE = re.compile(
    rf"(?=[-+负翻半对过数几\d{CHINESE}])"  # most characters begin no quantity
    rf"(?P<sign>(?<![0-9A-Za-z)%])[-+] ?|负 ?)?"
    rf"(?:(?P<den>[百千万]|{_NUMBER}) ?分之 ?(?P<num>{_NUMBER}(?: ?[百千万亿])?)(?P<numx>[多余几])?"
    rf"(?: ?[-~至到] ?(?:百分之 ?)?(?P<num2>{_NUMBER}))?"
    rf"|翻了?(?P<fold>[一二两三四五六七八九十\d]{{0,2}})番(?P<foldx>[多余])?"
    rf"|(?P<half>一半|半数|对半|过半|半年|半个月|半个小时|半小时|半天)"
    rf"|(?P<some>[数几](?=[十百千万亿]))?(?:(?P<times>\d{{1,3}}) ?[×xX*] ?(?=\d))?{_side('1')}"
    r"(?:(?<=成)(?P<tenth>[一二三四五六七八九]))?"
    rf"(?:(?<=[元块钱圆]) ?(?P<jiao>{_DIGIT}) ?[角毛](?: ?(?P<fen>{_DIGIT}) ?分)?钱?)?"
    rf"(?:(?: ?{_INCLUDED})?(?:{_LINK})(?:近|约)?{_side('2')})?"
    rf"(?: ?[×*] ?(?P<after>\d{{1,3}})(?![\d.]))?)"
    rf"(?: ?{_INCLUDED})?"
    rf"(?: ?(?P<paren>\()?(?P<behind>{_BEHIND})(?(paren)\))(?!{_NOT_BEHIND}))?"
)
"""Regular expression of a quantity; it always consumes a run of digits whole, so time is linear."""


# --- a match of the grammar → its figure, its grain, its unit, its hedge ---


@dataclass(frozen=True, slots=True)
class Quantity:
    """A printed quantity.

    Attributes
    ----------
    value : float
        The figure in canonical units; the middle of a range; the later figure of a from–to pair.
    low, high : float
        Bounds under the reading rule; ``high`` is infinite for 以上 until :func:`bounds` caps it.
    unit : str
        Canonical code: ``CNY``, ``CNY/t``, ``t``, ``kWh``, ``MW``, ``count``, ``fraction`` …
    hedge, direction : str or None
        The word that made the bounds (左右) and the way it moved (减少), as printed.
    text : str
        What was read. Two quantities that differ only in it are equal.
    before : float or None
        The earlier figure of a from–to pair.
    """

    value: float
    low: float
    high: float
    unit: str
    hedge: str | None = None
    direction: str | None = None
    text: str = field(default="", compare=False)
    before: float | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class Reading:
    """What :func:`reading_of` found: the figure, its grain, its unit and the kind of hedge.

    ``bare`` is a figure without a unit, ``closed`` a range whose words leave nothing to a hedge.
    """

    low: float
    high: float
    step: float
    unit: Unit
    hedges: tuple[tuple[str, str], ...]
    direction: str | None = None
    bare: bool = False
    closed: bool = False


def _printed(digits: str, multiplier: str, late: bool) -> tuple[str, int, int]:
    """Mantissa, power of ten and step exponent; ``late`` is the step of a 多 behind the multiplier."""
    if multiplier and digits[-1].isdigit() and ("亿" in digits or "万" in digits):
        return number(digits + multiplier)  # 3亿5000多万
    mantissa, power, step = number(digits)
    if late:
        step = min(step, power) if power else {"亿": 8, "万": 4}.get(digits[-1], min(step, 0))
    scale = number("1" + multiplier)[1] if multiplier else 0
    return mantissa, power + scale, step + scale


def _amount(mantissa: str, power: int, unit: Unit) -> float:
    return float(f"{mantissa}e{power + unit.power}") * unit.factor


_SIDES = {side: tuple(name + side for name in "nxyzu") for side in "12"}


def _side_of(
    m: re.Match[str], side: str, unit: Unit, multiplier: str, digits: str = ""
) -> tuple[float, float, str | None]:
    """Value, step and 余/多 of one side of a range; ``digits`` in place of those printed."""
    printed, more, late, behind, word = m.group(*_SIDES[side])
    late = late or behind or ("多" if word and "多" in word else "半" if word and "半" in word else None)
    digits = digits or printed
    fine = late in ("多", "余") or (more is not None and not multiplier and digits[-1] in "万亿")
    mantissa, power, step = _printed(digits, multiplier, fine)
    grain = 10.0 ** (step + unit.power) * unit.factor
    if more and step == 0 and unit.code == "count" and float(mantissa) >= 10:
        grain = 10 - float(mantissa) % 10  # 118 余家 leaves no whole number below 119: to 120
    if late == "半":
        mantissa, late = str(float(mantissa) + 0.5), None
    return _amount(mantissa, power, unit), grain, more or late


_NO_RANGE = "a range from the smaller to the larger number"


def _lower_side(m: re.Match[str], unit: Unit, high: float) -> float:
    """Left side of a range; 10-12 亿 takes the multiplier of the right, as much of it as keeps the order."""
    right = m["m2"] or m["n2"][len(m["n2"].rstrip("百千万亿kw")) :]
    shared = "" if m["u1"] or m["m1"] else right
    for start in range(len(shared) + 1):
        try:
            low = _side_of(m, "1", unit, m["m1"] or shared[start:])[0]
        except UnreadableError:
            if start == len(shared):
                raise
            continue
        # 8000-1 万元 drops nothing; 12-10 亿元 is no range
        if low <= high and (start < len(shared) or not shared or low * 100 >= high):
            return low
    raise UnreadableError(_NO_RANGE, m.start("n1") - m.start())


def _small_change(m: re.Match[str]) -> float:
    """角 and 分 behind 元, and the second digit of 八成五."""
    places = (("jiao", -1), ("fen", -2), ("tenth", -2))
    return sum(float(f"{number(m[name])[0]}e{power}") for name, power in places if m[name])


def _unit_of_match(m: re.Match[str], front: Front) -> Unit | None:
    """Unit printed behind the number, in the currency and per the unit named before it."""
    u1, u2 = m.group("u1", "u2")
    word = u2 or u1
    if word == "块" and (m["m2"] or m["m1"] or (m["n2"] or m["n1"])[-1] in "万亿"):
        return Unit("count")  # 集成电路 212 亿块
    unit = unit_of(word) if word else front.currency
    if word and unit is None:
        where = m.start("u2" if u2 else "u1") - m.start()
        raise UnreadableError(f"a unit of measurement, not {word!r}", where)
    if unit is not None and unit.code == "CNY" and front.currency is not None:
        unit = front.currency  # 港币两千元
    if front.per is not None and (unit is None or unit.code != "count"):
        return unit_of(f"{word or '元'}/{front.per}") or unit
    return unit


def reading_of(m: re.Match[str], rule: ReadingRule, front: Front) -> Reading:
    """Read a match of :data:`CORE` behind the words of ``front``.

    Raises
    ------
    UnreadableError
        When the match is no quantity; says what is allowed and where.
    """
    n1, m1, u1, n2, m2, u2, behind, sign = m.group("n1", "m1", "u1", "n2", "m2", "u2", "behind", "sign")
    hedges: tuple[tuple[str, str], ...] = ((behind, BEHIND[behind]),) if behind else ()
    if n1 is None:
        return _special_of(m, hedges)
    multiplier, known, more = m1 or "", _unit_of_match(m, front), None
    unit = known or Unit("CNY" if "亿" in (m2 or m1 or n2 or n1) else "count")
    if n2 is not None:
        high, step, more = _side_of(m, "2", unit, m2 or "")
        left = (unit_of(u1) or unit) if u1 and u2 else unit
        if left.code != unit.code:
            raise UnreadableError(f"one unit on both sides, not {u1!r} and {u2!r}", m.start("u1") - m.start())
        low = _lower_side(m, left, high)
    elif (u1 or multiplier) and not n1.isascii() and (pair := adjacent(n1)):
        (low, step, _), (high, _, _) = (_side_of(m, "1", unit, multiplier, digits) for digits in pair)
    else:
        low, step, more = _side_of(m, "1", unit, multiplier)
        low = high = low + (_small_change(m) if m["jiao"] or m["tenth"] else 0.0)
    if m["some"]:
        high *= 10  # 数十 is 10 to 100
    if times := m["times"] or m["after"]:
        if unit.code == "km":
            raise UnreadableError("one number; this is a pair of lengths", m.start("n1") - m.start())
        low, high, step = low * float(times), high * float(times), step * float(times)
    if sign and sign.strip() in ("-", "负"):
        low, high = -high, -low
    if more:
        hedges = ((more, "around" if more == "来" else "more"), *hedges)
    return Reading(low, high, step, unit, hedges, None, known is None, m["both"] is not None)


_SPANS = {"半年": "year", "半个月": "month", "半小时": "hour", "半个小时": "hour", "半天": "day"}


def _special_of(m: re.Match[str], hedges: tuple[tuple[str, str], ...]) -> Reading:
    """百分之八, 三分之二, 翻一番, 一半, 半年."""
    half, fold, den, sign = m.group("half", "fold", "den", "sign")
    word, kind = m["foldx"] or m["numx"], "over" if m["foldx"] or half else "more"
    if half == "过半":
        word = "过"
    hedges = ((word, kind), *hedges) if word else hedges
    if half:
        return Reading(0.5, 0.5, 0.1, Unit(_SPANS.get(half, "fraction")), hedges)
    if den is None:
        value = 2.0 ** float(number(fold or "1")[0])
        return Reading(value, value, value, Unit("times"), hedges, "翻番")
    mantissa, power, step = number(den)
    scale = step if den in "十百千万" else 0
    base = 1.0 if scale else float(f"{mantissa}e{power}")  # 百分之 by powers of ten, 三分之 by division
    if base == 0:
        raise UnreadableError("a part of something")
    printed = [number(digits) for digits in (m["num"], m["num2"]) if digits]
    minus = -1.0 if sign and sign.strip() in ("-", "负") else 1.0
    values = sorted(minus * float(f"{mantissa}e{power - scale}") / base for mantissa, power, _ in printed)
    grain = float(f"1e{printed[0][2] - scale}") if scale else 0.0
    return Reading(values[0], values[-1], grain, Unit("fraction"), hedges)


def finish(reading: Reading, front: Front, text: str, rule: ReadingRule) -> Quantity:
    """Apply the deciding hedge and build the quantity."""
    low, high, hedge = reading.low, reading.high, None
    value = low if low == high else (low + high) / 2
    if (hedges := front.hedges + reading.hedges) and not reading.closed:
        hedge, low, high = apply_hedges(low, high, reading.step, hedges, rule)
    return Quantity(value, low, high, reading.unit.code, hedge, front.direction or reading.direction, text)


# --- one quantity ---

_LONGEST = 200


class QuantityError(InputError):
    """A quantity that cannot be read; shows the text and the place in it."""

    def __init__(self, text: str, where: int = 0, allowed: str = "") -> None:
        self.text, self.where, self.allowed = text, where, allowed
        shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        rest = text[where : where + 20]
        place = f", character {where + 1}: {rest!r}" if rest else ", at its end"
        super().__init__(Problem("quantity", f"{shown!r}{place}", allowed))

    def __reduce__(self) -> tuple[type[QuantityError], tuple[str, int, str]]:  # type: ignore[override]
        return (QuantityError, (self.text, self.where, self.allowed))


TO = rf"(?:(?P<word>{trie(list(DIRECTIONS))})了? *(?:达?到|至|为|成|达)?|达?到|至|为|成|达)了?"
"""Regular expression of what stands between the figures of a pair: 下跌到, 增至, 到."""
_PAIR = re.compile(
    r" *(?P<from>由|从(?!未|不))(?:原来|原先|过去|上年|去年|年初|\d{4} ?年)?的? *(?P<first>.*?) *"
    rf"{TO}(?P<later> *\S.*)"
)
_END = re.compile(r" *(?:人民币|电|[。.])? *$")
_UNROUND = re.compile(r"[万亿]\d{3}[1-9]$")
_LEADING_DIGITS = re.compile(r"[\d., ]+")


def parse(text: str, rule: str | ReadingRule = "standard") -> Quantity:
    """Read one printed quantity.

    Parameters
    ----------
    text : str
        ``"5 亿元以上"``, ``"近 20 亿"``, ``"2×600 兆瓦"``, ``"同比下降 1.1 个百分点"``. A bare 亿 is money.
    rule : str or ReadingRule
        How 约, 近 and 余 become bounds. 以上 stays open whatever the rule; :func:`bounds` caps it.

    Returns
    -------
    Quantity
        In canonical units.

    Raises
    ------
    QuantityError
        When any part of the text cannot be read.
    """
    if not isinstance(text, str):
        raise QuantityError(repr(text), 0, "text")
    return _parse(text, rule_of(rule))


@lru_cache(maxsize=8192)
def _parse(text: str, rule: ReadingRule) -> Quantity:
    clean = normalize(text)
    if len(clean) > _LONGEST:
        raise QuantityError(text, _LONGEST, f"one quantity of at most {_LONGEST} characters")
    pair = _PAIR.match(clean)
    if pair is None:
        return _parse_from(text, clean, 0, rule)
    if pair["from"] == "从" and not pair["word"]:  # with no word of movement a range, where it is one
        with suppress(QuantityError):
            return _parse_from(text, clean, pair.start("first"), rule)
    return _parse_pair(text, clean, pair, rule)


def _parse_from(text: str, clean: str, start: int, rule: ReadingRule) -> Quantity:
    """Read the words in front, then the core; nothing may be left."""
    position = LEAD.match(clean, start).end()  # type: ignore[union-attr]
    match = CORE.match(clean, position)
    if match is None:
        raise QuantityError(text, position, "a number, or a hedge in front of it")
    front = look_back(clean[start:position], clean[position])
    front.direction = front.direction or front.level
    digits = match["n1"] or "1"
    hedged = front.hedges or match["behind"] or match["x1"] or match["some"]
    if not (digits.strip("百千万亿") or hedged):
        raise QuantityError(text, position, "a number before 百, 千, 万 or 亿")
    if _UNROUND.search(digits):
        raise QuantityError(text, match.end("n1") - 4, "one way of writing a number, 3.4567万 or 34567")
    try:
        reading = reading_of(match, rule, front)
    except UnreadableError as error:
        raise QuantityError(text, position + error.where, str(error)) from error
    if not _END.match(clean, match.end()):
        where = len(clean) - len(clean[match.end() :].lstrip())
        raise QuantityError(text, where, "nothing more after the unit and its hedge")
    return finish(reading, front, text, rule)


def _parse_pair(text: str, clean: str, pair: re.Match[str], rule: ReadingRule) -> Quantity:
    """由 2300 元/吨下跌到 1580 元/吨: the later figure, with the earlier one beside it."""
    later = _parse_from(text, clean, pair.start("later"), rule)
    first = pair["first"]
    if _LEADING_DIGITS.fullmatch(first):  # 由 12 降至 10 亿元: the multiplier and the unit stand once
        first += _LEADING_DIGITS.sub("", pair["later"], count=1)
    try:
        earlier = _parse(first, rule)
    except QuantityError as error:
        raise QuantityError(text, pair.start("first") + error.where, error.allowed) from error
    if earlier.unit != later.unit:
        raise QuantityError(
            text, pair.start("first"), f"one unit on both sides, not {earlier.unit} and {later.unit}"
        )
    direction = DIRECTIONS[pair["word"]] if pair["word"] else later.direction
    return replace(later, direction=direction, before=earlier.value)


def bounds(quantity: Quantity, rule: str | ReadingRule = "standard") -> tuple[float, float]:
    """Interval of a quantity under a reading rule, open ends capped as the rule declares.

    Parameters
    ----------
    quantity : Quantity
        As parsed under any rule.
    rule : str or ReadingRule

    Returns
    -------
    tuple of float
        Low and high, in the quantity's unit.
    """
    rule = rule_of(rule)
    low, high = quantity.low, quantity.high
    try:
        read = parse(quantity.text, rule)
    except QuantityError:
        read = quantity
    if read.value and read.hedge == quantity.hedge:
        factor = quantity.value / read.value
        low, high = sorted((read.low * factor, read.high * factor))
    reach = rule.open_above * abs(quantity.value)
    low = low if isfinite(low) else quantity.value - reach
    return low, high if isfinite(high) else quantity.value + reach
