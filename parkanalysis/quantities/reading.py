"""A match of the grammar → its figure, its grain, its unit, its hedge."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from parkanalysis.quantities.hedges import BEHIND, ReadingRule, apply_hedge, strongest
from parkanalysis.quantities.numerals import NumeralError, adjacent, number
from parkanalysis.quantities.units import Unit, unit_of

__all__ = ["Quantity", "Reading", "UnreadableError", "evaluate", "finish"]


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
        from parkanalysis.quantities.quantities import format_quantity  # the module that prints

        return format_quantity(self)


_TRAILING = re.compile(r"[百千万亿kw]*+$")
_BLANK = Unit("count")


class UnreadableError(ValueError):
    """A match that is no quantity; ``where`` counts from the start of the match."""

    def __init__(self, allowed: str, where: int = 0) -> None:
        super().__init__(allowed)
        self.where = where


@dataclass(frozen=True, slots=True)
class Reading:
    """What :func:`evaluate` found: the figure, its grain, its unit and the kind of hedge."""

    low: float
    high: float
    step: float
    unit: Unit
    hedges: tuple[tuple[str, str], ...]
    bare: bool
    direction: str | None = None

    def times(self, unit: Unit) -> Reading:
        """Return the same printed number in a unit built from the present one (每吨 … 元)."""
        factor = 10.0 ** (unit.power - self.unit.power) * unit.factor / self.unit.factor
        return replace(
            self, low=self.low * factor, high=self.high * factor, step=self.step * factor, unit=unit
        )


@lru_cache(maxsize=16384)
def _scaled(digits: str, multiplier: str) -> tuple[str, int, int, int]:
    """Mantissa, power of ten, step exponent, and the step of a 多 that follows the multiplier."""
    mantissa, power, step = number(digits)
    scale = number("1" + multiplier)[1] if multiplier else 0
    if power:
        late = min(step, power)
    else:
        late = 8 if digits.endswith("亿") else 4 if digits.endswith("万") else min(step, 0)
    return mantissa, power + scale, step + scale, late + scale


def _amount(mantissa: str, power: int, unit: Unit) -> float:
    return float(f"{mantissa}e{power + unit.power}") * unit.factor


def _evaluate_side(
    m: re.Match[str], side: str, unit: Unit, multiplier: str
) -> tuple[float, float, str | None]:
    """Value, step and 余/多 of one side of a range."""
    digits, more = m["n" + side], m["x" + side]
    try:
        mantissa, power, step, late_step = _scaled(digits, multiplier)
    except NumeralError as error:
        raise UnreadableError(str(error), m.start("n" + side) - m.start()) from error
    word = m["u" + side] or ""
    late = m["y" + side] or m["z" + side] or next((c for c in word if c in "多半"), None)
    if late == "半":
        mantissa, late = str(float(mantissa) + 0.5), None
    elif late or (more and power and not multiplier):
        step = late_step
    grain = float(f"1e{step + unit.power}") * unit.factor
    if more and step == 0 and unit.code == "count" and float(mantissa) >= 10:
        grain = 10 - float(mantissa) % 10  # 118 余家 leaves no whole number below 119: to 120
    return _amount(mantissa, power, unit), grain, more or late


def _share_multiplier(m: re.Match[str], unit: Unit, low: float, high: float) -> float:
    """10-12 亿: the left number takes the multiplier of the right, as much of it as keeps the order."""
    shared = m["m2"] or _TRAILING.search(m["n2"])[0]  # type: ignore[index]
    for start in range(len(shared)) if not m["m1"] else ():
        try:
            wider = _evaluate_side(m, "1", unit, shared[start:])[0]
        except UnreadableError:
            continue
        if wider <= high:
            return wider
    if low * 100 < high and shared:  # 8000-1 万元 drops nothing; 12-10 亿元 is no range
        raise UnreadableError("a range from the smaller to the larger number", m.start("n1") - m.start())
    return low


def _plain_amount(digits: str, multiplier: str, unit: Unit) -> tuple[float, float]:
    mantissa, power, step, _ = _scaled(digits, multiplier)
    return _amount(mantissa, power, unit), float(f"1e{step + unit.power}") * unit.factor


def _small_change(m: re.Match[str]) -> float:
    """角 and 分 behind 元, and the second digit of 八成五."""
    change = sum(
        float(f"{number(m[name])[0]}e{power}") for name, power in (("jiao", -1), ("fen", -2)) if m[name]
    )
    return change + (float(f"{number(m['tenth'])[0]}e-2") if m["tenth"] else 0.0)


def evaluate(m: re.Match[str], rule: ReadingRule, default: Unit | None = None) -> Reading:
    """Read a match of :data:`parkanalysis.quantities.grammar.CORE`.

    Raises
    ------
    UnreadableError
        When the match is no quantity; says what is allowed and where.

    Examples
    --------
    >>> from parkanalysis.quantities.grammar import CORE
    >>> from parkanalysis.quantities.hedges import RULES
    >>> reading = evaluate(CORE.match("5亿元以上"), RULES["standard"])
    >>> reading.low, reading.unit.code, reading.hedges
    (500000000.0, 'CNY', (('以上', 'least'),))
    """
    behind = m["behind"]
    hedges: tuple[tuple[str, str], ...] = ((behind, BEHIND[behind]),) if behind else ()
    if m["n1"] is None:
        return _evaluate_special(m, hedges)
    word, first = m["u2"] or m["u1"], m["u1"]
    unit = unit_of(word) if word else default
    if unit is not None and default is not None and unit.code == "CNY":
        unit = Unit(default.code)  # 港币两千元
    if word and unit is None:
        raise UnreadableError(
            f"a unit of measurement, not {word!r}", m.start("u2" if m["u2"] else "u1") - m.start()
        )
    bare = unit is None
    if unit is None:
        unit = Unit("CNY") if "亿" in (m["m2"] or m["m1"] or m["n2"] or m["n1"]) else _BLANK
    multiplier = m["m1"] or ""
    if m["n2"] is None and (word or multiplier) and (pair := adjacent(m["n1"])):
        (low, step), (high, _) = (_plain_amount(digits, multiplier, unit) for digits in pair)
        more = None
    elif m["n2"] is None:
        low, step, more = _evaluate_side(m, "1", unit, multiplier)
        low = high = low + _small_change(m)
    else:
        high, step, more = _evaluate_side(m, "2", unit, m["m2"] or "")
        left = (unit_of(first) or unit) if first and m["u2"] else unit
        low = _evaluate_side(m, "1", left, multiplier)[0]
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
    return Reading(low * count, high * count, step * count, unit, hedges, bare)


def _evaluate_special(m: re.Match[str], hedges: tuple[tuple[str, str], ...]) -> Reading:
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
    """Apply the deciding hedge and build the quantity.

    Examples
    --------
    >>> from parkanalysis.quantities.grammar import CORE
    >>> from parkanalysis.quantities.hedges import RULES
    >>> rule = RULES["standard"]
    >>> quantity = finish(evaluate(CORE.match("5亿元以上"), rule), (), "减少", "减少 5 亿元以上", rule)
    >>> quantity.low, quantity.high, quantity.hedge, quantity.direction
    (500000000.0, inf, '以上', '减少')
    """
    hedges = front + reading.hedges
    kind = strongest([k for _, k in hedges])
    hedge = next((w for w, k in hedges if k == kind), None)
    value = reading.low if reading.low == reading.high else (reading.low + reading.high) / 2
    low, high = reading.low, reading.high
    if kind:
        low, high = apply_hedge(low, high, reading.step, kind, rule)
    return Quantity(value, low, high, reading.unit.code, hedge, direction or reading.direction, text)
