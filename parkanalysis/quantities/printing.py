"""Quantities back to text: number, multiplier, unit word and hedge."""

from __future__ import annotations

from decimal import Decimal

from parkanalysis.quantities.reading import Quantity
from parkanalysis.quantities.units import SYMBOL

__all__ = ["candidates", "printed"]

_FOLD = {2.0: "一", 4.0: "两", 8.0: "三", 16.0: "四"}


def printed(value: float, unit: str) -> str:
    """Number with 万 or 亿 and its unit word; the fraction as a percentage.

    Examples
    --------
    >>> printed(4.105e9, "CNY"), printed(0.158, "fraction"), printed(1600.0, "CNY/t")
    ('41.05 亿元', '15.8%', '1600 元/吨')
    """
    exact = Decimal(repr(value))
    if unit == "fraction":
        return format(exact.scaleb(2).normalize(), "f") + "%"
    for multiplier, power in (("亿", 8), ("万", 4)):
        if abs(exact) >= 10**power:
            return f"{format(exact.scaleb(-power).normalize(), 'f')} {multiplier}{_symbol(unit)}"
    return f"{format(exact.normalize(), 'f')} {_symbol(unit)}"


def _symbol(unit: str) -> str:
    if unit in SYMBOL:
        return SYMBOL[unit]
    above, slash, below = unit.partition("/")
    return f"{SYMBOL.get(above, above)}/{SYMBOL.get(below, below)}" if slash else unit


def candidates(quantity: Quantity) -> list[str]:
    """Ways to write a quantity, the likeliest first.

    Examples
    --------
    >>> from parkanalysis.quantities.quantities import parse
    >>> candidates(parse("近 20 亿元"))
    ['近 20 亿元', '20 亿元近', '20 近亿元', '18 亿元-20 亿元']
    """
    figure, hedge = printed(quantity.value, quantity.unit), quantity.hedge or ""
    head = f"{quantity.direction} " if quantity.direction and quantity.direction != "翻番" else ""
    if quantity.before is not None:
        before = printed(quantity.before, quantity.unit)
        return [
            f"由 {before}{quantity.direction or ''}到 {hedge}{figure}",
            f"由 {before}{quantity.direction or ''}到 {figure}{hedge}",
        ]
    if quantity.direction == "翻番" and quantity.value in _FOLD:
        return [f"{hedge}翻{_FOLD[quantity.value]}番"]
    number, _, rest = figure.partition(" ")
    plain = [
        f"{head}{hedge} {figure}" if hedge else f"{head}{figure}",
        f"{head}{figure}{hedge}",
        f"{head}{number} {hedge}{rest}",
    ]
    months = rest.startswith("个") and quantity.unit in ("month", "hour")
    inside = [f"{head}{number}个{hedge}{rest[1:]}"] if months else []
    span = []
    if quantity.low < quantity.high < float("inf"):
        low, high = printed(quantity.low, quantity.unit), printed(quantity.high, quantity.unit)
        span = [f"{head}{low}-{high}"]
    return [*span, *plain, *inside] if not hedge else [*plain, *inside, *span]
