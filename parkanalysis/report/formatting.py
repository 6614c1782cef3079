"""Numbers as people read them: amounts, shares and lever values in Chinese and English."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from parkanalysis.quantities.units import SYMBOL

__all__ = [
    "ENGLISH_FACTORS",
    "UNIT_NAMES",
    "Scale",
    "fixed",
    "probability",
    "scale",
    "significant",
    "spaced",
    "unit_name",
]

MINUS = "−"

# unit code of a lever -> (Chinese, English); a fraction is shown in percent
UNIT_NAMES: dict[str, tuple[str, str]] = {
    "CNY": ("元", "yuan"),
    "CNY_10k": ("万元", "CNY million"),
    "CNY_100m": ("亿元", "CNY billion"),
    "t": ("吨", "t"),
    "10k_t": ("万吨", "million t"),
    "kWh": ("千瓦时", "kWh"),
    "10k_kWh": ("万千瓦时", "million kWh"),
    "100m_kWh": ("亿千瓦时", "billion kWh"),
    "MW": ("兆瓦", "MW"),
    "10k_kW": ("万千瓦", "MW"),
    "h": ("小时", "h"),
    "m3": ("立方米", "m³"),
    "10k_m3": ("万立方米", "million m³"),
    "count": ("", ""),
    "10k_count": ("万", ""),
    "CNY/t": ("元/吨", "yuan/t"),
    "CNY/kWh": ("元/千瓦时", "yuan/kWh"),
    "CNY/m3": ("元/立方米", "yuan/m³"),
    "CNY/count": ("元", "yuan"),
    "fraction": ("%", "%"),
    "percentage_point": ("个百分点", "percentage points"),
    "times": ("倍", "times"),
    "km": ("公里", "km"),
    "mu": ("亩", "mu"),
    "kV": ("千伏", "kV"),
    "t/day": ("吨/日", "t/day"),
    "year": ("年", "years"),
    "month": ("个月", "months"),
    "": ("", ""),
}

PERIODS = {"year": "年", "quarter": "季", "month": "月", "week": "周", "day": "日", "hour": "小时"}

# English does not count in ten thousands: factor from the lever's unit to the English one
ENGLISH_FACTORS = {
    "CNY_10k": 0.01,
    "CNY_100m": 0.1,
    "10k_t": 0.01,
    "10k_kWh": 0.01,
    "100m_kWh": 0.1,
    "10k_kW": 10.0,
    "10k_m3": 0.01,
    "10k_count": 1e4,
}


@dataclass(frozen=True)
class Scale:
    """How amounts are shown: unit, factor from 亿元 and decimals of a computed amount.

    Examples
    --------
    >>> scale("en", "CNY_100m", 41.05)
    Scale(unit='billion', factor=0.1, decimals=2)
    """

    unit: str
    factor: float
    decimals: int


def scale(lang: str, display_unit: str, size: float) -> Scale:
    """Scale for a park whose value added is about ``size`` 亿元.

    Computed amounts keep about three digits: the tenth part of a 亿元 for a park of tens.

    Examples
    --------
    >>> scale("zh", "CNY_100m", 41.05), scale("en", "CNY_10k", 41.05)
    (Scale(unit='亿元', factor=1.0, decimals=1), Scale(unit='million', factor=100.0, decimals=0))
    """
    places = 2 - math.floor(math.log10(abs(size))) if size else 1
    small = display_unit == "CNY_10k"
    if lang == "zh":
        return Scale("万元", 1e4, max(places - 4, 0)) if small else Scale("亿元", 1.0, max(places, 0))
    return Scale("million", 100.0, max(places - 2, 0)) if small else Scale("billion", 0.1, max(places + 1, 0))


def fixed(value: float, decimals: int, sign: bool = False) -> str:
    """A number with grouped thousands, a true minus sign and never a negative zero.

    Examples
    --------
    >>> fixed(-1234.56, 1), fixed(-0.01, 1), fixed(2.0, 1, sign=True)
    ('−1,234.6', '0.0', '+2.0')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    shown = round(value, decimals) + 0.0
    text = f"{abs(shown):,.{decimals}f}"
    return f"{MINUS}{text}" if shown < 0 else f"+{text}" if sign and shown > 0 else text


def significant(value: float, digits: int = 3) -> str:
    """A number with at most ``digits`` digits after its leading zeros, none of the integer part lost.

    Examples
    --------
    >>> significant(1580.0), significant(0.3456), significant(12.0)
    ('1,580', '0.346', '12')
    """
    if not math.isfinite(value) or value == 0:
        return fixed(value, 0)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def probability(value: float) -> str:
    """A chance in whole percent that never claims 0 or 100; a dash where there is none.

    Draws that never or always meet a level tell a rare event from none no better than a small share does.

    Examples
    --------
    >>> probability(0.0912), probability(0.0), probability(1.0), probability(float("nan"))
    ('9%', '<1%', '>99%', '–')
    """
    if value != value:
        return "–"
    if value < 0.01:
        return "<1%"
    if value > 0.99:
        return ">99%"
    return f"{value:.0%}"


def unit_name(code: str, lang: str) -> str:
    """Name of a unit, one that is so much a period put together from its two parts.

    Examples
    --------
    >>> unit_name("t/month", "zh"), unit_name("t/month", "en"), unit_name("ha", "zh")
    ('吨/月', 't/month', '公顷')
    """
    if code in UNIT_NAMES:
        return UNIT_NAMES[code][0 if lang == "zh" else 1]
    if lang != "zh":
        return code
    amount, slash, period = code.partition("/")
    if slash and period in PERIODS:
        return f"{unit_name(amount, lang)}/{PERIODS[period]}"
    return SYMBOL.get(code, code)


_SEAM = re.compile(r"[一-鿿][\dA-Za-z+−<>]|[\dA-Za-z%][一-鿿]")


def spaced(template: str, values: Mapping[str, Any]) -> str:
    """Template with ``{name}`` replaced, a space where a Chinese character meets a digit or a letter.

    Examples
    --------
    >>> spaced("{first}和{last}", {"first": "铝 56%", "last": "2016 年均价"})
    '铝 56% 和 2016 年均价'
    """
    formatter, text = Formatter(), ""
    for literal, name, spec, conversion in formatter.parse(template):
        pieces = [literal]
        if name is not None:
            value = formatter.convert_field(formatter.get_field(name, (), values)[0], conversion)
            pieces.append(formatter.format_field(value, spec or ""))
        for piece in filter(None, pieces):
            text += f" {piece}" if text and _SEAM.match(text[-1] + piece[0]) else piece
    return text
