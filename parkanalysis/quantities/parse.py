"""Printed Chinese quantities: text → value, bounds, unit, hedge and direction."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache

from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities.hedges import (
    BEHIND,
    DIRECTIONS,
    FRONT,
    ReadingRule,
    apply_hedge,
    cap,
    rule_of,
    strongest,
    words_by_kind,
)
from parkanalysis.quantities.numbers import ARABIC, CHINESE, SPELLED, NumeralError, adjacent, number
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


CURRENCIES = words_by_kind(WORDS["currencies"])
"""What may stand before an amount of money."""

_TRAILING = re.compile(r"[百千万亿kw]*+$")
_BLANK = Unit("count")


class UnreadableError(ValueError):
    """A match that is no quantity; ``where`` counts from the start of the match."""

    def __init__(self, allowed: str, where: int = 0) -> None:
        super().__init__(allowed)
        self.where = where


@dataclass(slots=True)
class Reading:
    """What :func:`reading_of` found: the figure, its grain, its unit and the kind of hedge."""

    low: float
    high: float
    step: float
    unit: Unit
    hedges: tuple[tuple[str, str], ...]
    bare: bool
    direction: str | None = None
    closed: bool = False

    def times(self, unit: Unit) -> Reading:
        """Return the same printed number in a unit built from the present one (每吨 … 元)."""
        factor = 10.0 ** (unit.power - self.unit.power) * unit.factor / self.unit.factor
        return replace(
            self, low=self.low * factor, high=self.high * factor, step=self.step * factor, unit=unit
        )


@lru_cache(maxsize=16384)
def _scaled(digits: str, multiplier: str) -> tuple[str, int, int, int]:
    """Mantissa, power of ten, step exponent, and the step of a 多 that follows the multiplier."""
    if multiplier and digits[-1].isdigit() and ("亿" in digits or "万" in digits):
        mantissa, power, step = number(digits + multiplier)  # 3亿5000多万
        return mantissa, power, step, step
    mantissa, power, step = number(digits)
    scale = number("1" + multiplier)[1] if multiplier else 0
    if power:
        late = min(step, power)
    else:
        late = 8 if digits.endswith("亿") else 4 if digits.endswith("万") else min(step, 0)
    return mantissa, power + scale, step + scale, late + scale


@lru_cache(maxsize=256)
def _ten(power: int) -> float:
    return float(f"1e{power}")


def _amount(mantissa: str, power: int, unit: Unit) -> float:
    return float(f"{mantissa}e{power + unit.power}") * unit.factor


def _side_of(m: re.Match[str], side: str, unit: Unit, multiplier: str) -> tuple[float, float, str | None]:
    """Value, step and 余/多 of one side of a range."""
    digits, more = m["n" + side], m["x" + side]
    try:
        mantissa, power, step, late_step = _scaled(digits, multiplier)
    except NumeralError as error:
        raise UnreadableError(str(error), m.start("n" + side) - m.start()) from error
    word = m["u" + side] or ""
    late = m["y" + side] or m["z" + side] or ("多" if "多" in word else "半" if "半" in word else None)
    if late == "半":
        mantissa, late = str(float(mantissa) + 0.5), None
    elif late or (more and power and not multiplier):
        step = late_step
    grain = _ten(step + unit.power) * unit.factor
    if more and step == 0 and unit.code == "count" and float(mantissa) >= 10:
        grain = 10 - float(mantissa) % 10  # 118 余家 leaves no whole number below 119: to 120
    return _amount(mantissa, power, unit), grain, more or late


def _share_multiplier(m: re.Match[str], unit: Unit, low: float, high: float) -> float:
    """10-12 亿: the left number takes the multiplier of the right, as much of it as keeps the order."""
    shared = m["m2"] or _TRAILING.search(m["n2"])[0]  # type: ignore[index]
    for start in range(len(shared)) if not m["m1"] else ():
        try:
            wider = _side_of(m, "1", unit, shared[start:])[0]
        except UnreadableError:
            continue
        if wider <= high:
            return wider
    if low * 100 < high and shared:  # 8000-1 万元 drops nothing; 12-10 亿元 is no range
        raise UnreadableError("a range from the smaller to the larger number", m.start("n1") - m.start())
    return low


def _plain_amount(digits: str, multiplier: str, unit: Unit) -> tuple[float, float]:
    mantissa, power, step, _ = _scaled(digits, multiplier)
    return _amount(mantissa, power, unit), _ten(step + unit.power) * unit.factor


def _small_change(m: re.Match[str]) -> float:
    """角 and 分 behind 元, and the second digit of 八成五."""
    if not (m["jiao"] or m["tenth"]):
        return 0.0
    change = sum(
        float(f"{number(m[name])[0]}e{power}") for name, power in (("jiao", -1), ("fen", -2)) if m[name]
    )
    return change + (float(f"{number(m['tenth'])[0]}e-2") if m["tenth"] else 0.0)


def reading_of(m: re.Match[str], rule: ReadingRule, default: Unit | None = None) -> Reading:
    """Read a match of :data:`CORE`.

    Raises
    ------
    UnreadableError
        When the match is no quantity; says what is allowed and where.
    """
    behind = m["behind"]
    hedges: tuple[tuple[str, str], ...] = ((behind, BEHIND[behind]),) if behind else ()
    if m["n1"] is None:
        return _special_of(m, hedges)
    word, first = m["u2"] or m["u1"], m["u1"]
    unit = unit_of(word) if word else default
    if unit is not None and default is not None and unit.code == "CNY":
        unit = Unit(default.code)  # 港币两千元
    if word and unit is None:
        raise UnreadableError(
            f"a unit of measurement, not {word!r}", m.start("u2" if m["u2"] else "u1") - m.start()
        )
    if word == "块" and (m["m2"] or m["m1"] or (m["n2"] or m["n1"])[-1] in "万亿"):
        unit = Unit("count")  # 集成电路 212 亿块
    bare = unit is None
    if unit is None:
        unit = Unit("CNY") if "亿" in (m["m2"] or m["m1"] or m["n2"] or m["n1"]) else _BLANK
    multiplier = m["m1"] or ""
    if m["n2"] is None and (word or multiplier) and (pair := adjacent(m["n1"])):
        (low, step), (high, _) = (_plain_amount(digits, multiplier, unit) for digits in pair)
        more = None
    elif m["n2"] is None:
        low, step, more = _side_of(m, "1", unit, multiplier)
        low = high = low + _small_change(m)
    else:
        high, step, more = _side_of(m, "2", unit, m["m2"] or "")
        left = (unit_of(first) or unit) if first and m["u2"] else unit
        low = _side_of(m, "1", left, multiplier)[0]
        if not first:
            low = _share_multiplier(m, left, low, high)
        if left.code != unit.code:
            raise UnreadableError(
                f"one unit on both sides, not {first!r} and {word!r}", m.start("u1") - m.start()
            )
        if low > high:
            raise UnreadableError("a range from the smaller to the larger number", m.start("n1") - m.start())
    if m["some"]:
        low, high = low * rule.several[0], high * rule.several[1]
    count = float(m["times"] or m["after"] or 1)
    if count != 1 and unit.code in ("m", "km"):
        raise UnreadableError("one number; this is a pair of lengths", m.start("n1") - m.start())
    if m["sign"] and m["sign"].strip() in ("-", "负"):
        low, high = -high, -low
    if more in ("几", "多", "余", "来"):
        hedges = ((more, "around" if more == "来" else "more"), *hedges)
    closed = m["both"] is not None
    return Reading(low * count, high * count, step * count, unit, hedges, bare, None, closed)


def _special_of(m: re.Match[str], hedges: tuple[tuple[str, str], ...]) -> Reading:
    """百分之八, 三分之二, 翻一番, 一半, 半年."""
    try:
        if m["den"] is not None:
            return _fraction(m, hedges)
        if m["fold"] is not None:
            value = 2.0 ** float(number(m["fold"] or "1")[0])
            if m["foldx"]:
                hedges = ((m["foldx"], "over"), *hedges)
            return Reading(value, value, value, Unit("times"), hedges, False, "翻番")
    except (NumeralError, ZeroDivisionError) as error:
        raise UnreadableError(str(error)) from error
    half = m["half"]
    if "年" in half or "月" in half or "时" in half or "天" in half:
        unit = Unit({"年": "year", "月": "month", "时": "hour", "天": "day"}[half[-1]])
    else:
        unit = Unit("fraction")
        if half == "过半":
            hedges = (("过", "over"), *hedges)
    return Reading(0.5, 0.5, 0.1, unit, hedges, False)


def _fraction(m: re.Match[str], hedges: tuple[tuple[str, str], ...]) -> Reading:
    """百分之二十三点五 by powers of ten, 三分之二 by division."""
    den, num = m["den"], m["num"]
    sign = -1.0 if m["sign"] and m["sign"].strip() in ("-", "负") else 1.0
    mantissa, power, step = number(num)
    if m["numx"]:
        hedges = ((m["numx"], "more"), *hedges)
    if den in ("百", "千", "万"):
        scale = {"百": 2, "千": 3, "万": 4}[den]
        low = sign * float(f"{mantissa}e{power - scale}")
        high = low
        if m["num2"]:
            other, other_power, _ = number(m["num2"])
            high = sign * float(f"{other}e{other_power - scale}")
        return Reading(
            min(low, high), max(low, high), float(f"1e{step - scale}"), Unit("fraction"), hedges, False
        )
    base = number(den)
    value = sign * float(f"{mantissa}e{power}") / float(f"{base[0]}e{base[1]}")
    return Reading(value, value, 0.0, Unit("fraction"), hedges, False)


def finish(
    reading: Reading, front: tuple[tuple[str, str], ...], direction: str | None, text: str, rule: ReadingRule
) -> Quantity:
    """Apply the deciding hedge and build the quantity."""
    low, high = reading.low, reading.high
    value = low if low == high else (low + high) / 2
    hedges = front + reading.hedges if front else reading.hedges
    if not hedges:
        return Quantity(value, low, high, reading.unit.code, None, direction or reading.direction, text)
    kind = strongest([k for _, k in hedges])
    hedge = next((w for w, k in hedges if k == kind), None)
    if kind and not reading.closed:
        low, high = apply_hedge(low, high, reading.step, kind, rule)
    return Quantity(value, low, high, reading.unit.code, hedge, direction or reading.direction, text)


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


NEGATIONS = tuple(sorted(WORDS["negations"].split(), key=len, reverse=True))
"""Words that turn the hedge behind them, the longest first."""

_TURNED = {"over": "most", "least": "most", "under": "least", "most": "over", "exact": "under"}


def turned(word: str, kind: str) -> str | None:
    """Kind of hedge under a negation: 不得低于 is at least, 没有达到 is under; None where none turns."""
    return None if kind == "exact" and word not in ("达", "达到") else _TURNED.get(kind)


_PREFIX = re.compile(
    rf"(?P<not>{'|'.join(NEGATIONS)}) ?(?P<hedge>{trie(list(FRONT))})"
    r"|(?:是|为|相当于|等于)[^\n]{1,20}?的(?= ?[\d一二三四五六七八九十两百])"
    rf"|(?P<word>{trie([*FRONT, *DIRECTIONS, *WORDS['lead_in'].split(), *CURRENCIES])})"
    r"|(?:比|较|与)(?:\d{4}年|上年|去年|前年|上月|上季度|上一年|全国|全省|年初|“?十[一二三四五]五”?)?"
    r"(?:同期|同月|末|底|平均水平|平均|期间|相比){0,2}"
    r"|每(?:(?P<per>[^\d\s]{1,5}?))电?(?=[ \d¥$]|约|近|不|降|提|减|增|上|下)"
)
_UNROUND = re.compile(r"[万亿]\d{3}[1-9]$")
_FROM = re.compile(r" *(?:由|从(?!未|不))(?:原来|原先|过去|上年|去年|年初|\d{4} ?年)?的? *")
_TO = re.compile(rf" *(?P<word>{trie(list(DIRECTIONS))})?了? *(?:到|至|为|成|达到|达)?了? *")


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
    if not clean.strip():
        raise QuantityError(text, 0, "a number and its unit")
    start = _FROM.match(clean)
    if start is not None:
        return _parse_pair(text, clean, start.end(), rule)
    quantity, end = _parse_at(text, clean, 0, rule)
    rest = re.compile(r" *(?:人民币|电|[。.])? *$").match(clean, end)
    if rest is None:
        raise QuantityError(text, _skip(clean, end), "nothing more after the unit and its hedge")
    return quantity


def _skip(clean: str, position: int) -> int:
    while position < len(clean) and clean[position] == " ":
        position += 1
    return position


def _parse_at(text: str, clean: str, start: int, rule: ReadingRule) -> tuple[Quantity, int]:
    """Read the words in front, then the core, at a position; return where it ended."""
    position, front, direction, default, per = _read_front(clean, start)
    match = CORE.match(clean, position)
    if match is None:
        raise QuantityError(text, position, "a number, or a hedge in front of it")
    if (
        match.end() < len(clean)
        and clean[match.end()] in ".,"
        and match["u1"] is None
        and match.end() + 1 < len(clean)
    ):
        raise QuantityError(text, match.end(), "one number with one decimal point")
    if (
        match["n1"]
        and not match["n1"].strip("百千万亿")
        and not (front or match["behind"] or match["x1"] or match["some"])
    ):
        raise QuantityError(text, position, "a number before 百, 千, 万 or 亿")
    if match["n1"] and _UNROUND.search(match["n1"]):
        raise QuantityError(text, match.end("n1") - 4, "one way of writing a number, 3.4567万 or 34567")
    try:
        reading = reading_of(match, rule, default)
    except UnreadableError as error:
        raise QuantityError(text, position + error.where, str(error)) from error
    if per is not None:
        unit = unit_of(f"{match['u2'] or match['u1'] or '元'}/{per}")
        if unit is None:
            raise QuantityError(text, position, "每 and a unit of measurement")
        reading = reading.times(unit)
    return finish(reading, front, direction, text, rule), match.end()


def _read_front(
    clean: str, position: int
) -> tuple[int, tuple[tuple[str, str], ...], str | None, Unit | None, str | None]:
    """Words in front: hedges, direction, currency, 每吨."""
    front: list[tuple[str, str]] = []
    direction: str | None = None
    default: Unit | None = None
    per: str | None = None
    while True:
        position = _skip(clean, position)
        match = _PREFIX.match(clean, position)
        if match is None or not match.group():
            return position, tuple(front), direction, default, per
        word = match["word"]
        if match["hedge"] and match.group() not in FRONT:
            kind = turned(match["hedge"], FRONT[match["hedge"]])
            front.append((match.group(), kind or FRONT[match["hedge"]]))
        elif match["hedge"]:
            front.append((match.group(), FRONT[match.group()]))
        elif word in FRONT:
            front.append((word, FRONT[word]))
        elif word in DIRECTIONS:
            direction = DIRECTIONS[word]
        elif word in CURRENCIES:
            default = Unit(CURRENCIES[word])
        if match["per"]:
            per = match["per"]
        position = match.end()


def _parse_pair(text: str, clean: str, start: int, rule: ReadingRule) -> Quantity:
    """由 2300 元/吨下跌到 1580 元/吨: the later figure, with the earlier one beside it."""
    first = CORE.match(clean, start)
    if first is not None and first["n2"] is not None:
        if "从" in clean[:start]:  # 从 8500 到 3 万元, with no word of movement, is a range
            try:
                return finish(reading_of(first, rule), (), None, text, rule)
            except UnreadableError:
                pass
        first = CORE.match(clean[: first.end("u1") if first["u1"] else first.end("n1")], start)
    turn = _TO.match(clean, first.end()) if first else None
    if first is None or turn is None or not turn.group().strip():
        raise QuantityError(text, start, "two quantities: 由 … 到 …")
    later, end = _parse_at(text, clean, turn.end(), rule)
    if clean[end:].strip(" 。"):
        raise QuantityError(text, _skip(clean, end), "nothing more after the second quantity")
    second = CORE.search(clean, turn.end())
    word = (second["u2"] or second["u1"]) if second else None
    if second is not None and first.group() == first["n1"] and first["n1"].isdigit():
        # 由 12 降至 10 亿元: the multiplier and the unit stand once
        first = (
            CORE.fullmatch(first.group() + clean[second.start("n1") : second.end()].lstrip("0123456789.,"))
            or first
        )
    try:
        earlier = reading_of(first, rule, unit_of(word) if word and not first["u1"] else None)
    except UnreadableError as error:
        raise QuantityError(text, start + error.where, str(error)) from error
    if earlier.unit.code != later.unit:
        raise QuantityError(text, start, f"one unit on both sides, not {earlier.unit.code} and {later.unit}")
    direction = DIRECTIONS[turn["word"]] if turn["word"] else later.direction
    return replace(later, direction=direction, before=earlier.low)


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
    return cap(low, high, quantity.value, rule)
