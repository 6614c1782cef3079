"""Printed numbers to exact decimals: Arabic, Chinese, and the two mixed (1万2千)."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

MULTIPLIER = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8, "k": 3, "w": 4}
"""Multiplier character to power of ten."""

_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟貳參陸億萬兩〇", "一二三四五六七八九十百千二三六亿万两零")
_DIGITS = str.maketrans("零一二三四五六七八九两", "01234567892")
CHINESE = "零〇一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒捌玖拾佰仟貳參陸億萬兩"
"""Every character a Chinese numeral may hold, the formal ones of cheques included."""

# The possessive quantifiers (++) make every run of digits one token: no input backtracks.
# Groups are bounded too: a search that fails after a long run would start again in its middle.
ARABIC = r"(?:\d{1,3}(?:[, ]\d{3}(?!\d)){1,6}+|\d++)(?: ?\. ?(?=\d)\d++)?+"
"""Regular expression of an Arabic number with thousands separators and spaces at its point."""

# 千 and 百 belong to the unit in 万千瓦 and 百分点.
_OWN = CHINESE.replace("千", "").replace("百", "")
SPELLED = rf"(?:[{_OWN}]|千(?![瓦伏克米卡帕赫升])|百(?!分))++"
"""Regular expression of a run of Chinese numerals."""

_PIECE = re.compile(rf"(?P<arabic>{ARABIC})|(?P<chinese>[{CHINESE}kw]++(?:点[零〇一二三四五六七八九]++)?+)")
_ADJACENT = re.compile(
    r"(?P<head>[二三四五六七八九]?十)?(?P<low>[一二两三四五六七八])(?P<high>[两三四五六七八九])(?P<tail>[十百千万亿]*)"
)
_LONGEST = 40


class NumeralError(ValueError):
    """A number that cannot be read; ``str(error)`` says why."""


def plain(text: str) -> str:
    """Strip the separators and spaces of an Arabic number."""
    return text.replace(",", "").replace(" ", "")


def step_exponent(text: str) -> int:
    """Power of ten of the last digit that is not zero: the grain to which a number is printed."""
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if part:
        return -len(part)
    whole = whole.lstrip("0")
    return len(whole) - len(whole.rstrip("0"))


@lru_cache(maxsize=4096)
def _chinese(text: str) -> tuple[str, int]:
    """Chinese numeral → decimal string and the power of ten of its last place."""
    text = text.translate(_FORMAL).replace("廿", "二十").replace("卅", "三十")
    whole, point, part = text.partition("点")
    if point:
        digits = part.translate(_DIGITS)
        return f"{_chinese(whole)[0]}.{digits}", -len(digits.rstrip("0"))
    if not any(c in MULTIPLIER for c in whole):
        digits = whole.translate(_DIGITS)
        if len(digits) in (2, 3) and "0" not in digits:  # 一三个 is no way to say thirteen
            raise NumeralError(f"{text!r} is a row of digits, not a number")
        return digits, step_exponent(digits)
    step = 0
    for character in reversed(whole):
        if character not in MULTIPLIER:
            break
        step += MULTIPLIER[character]
    if whole[0] in "百千万亿":
        whole = "一" + whole
    from cn2an import cn2an  # a fifth of a second, paid by the first Chinese numeral

    try:
        value = cn2an(whole, "smart")
    except (ValueError, KeyError, IndexError) as error:
        raise NumeralError(f"{text!r} is not a Chinese numeral") from error
    digits = str(value)
    return digits, step if step else step_exponent(digits)


def _scale(text: str) -> int:
    """Power of ten of a run of multipliers: 万亿 is 12; 亿万 and 十十 are none."""
    powers = [MULTIPLIER.get(c, 0) for c in text]
    if 0 in powers or any(a >= b for a, b in itertools.pairwise(powers)):
        raise NumeralError(f"{text!r} is not a multiplier")
    return sum(powers)


@lru_cache(maxsize=4096)
def number(text: str) -> tuple[str, int, int]:
    """Read one printed number.

    Parameters
    ----------
    text : str
        Half-width, e.g. ``"1,234.5"``, ``"1万2千"``, ``"两千五百"``, ``"三十五点六亿"``.

    Returns
    -------
    tuple of (str, int, int)
        Decimal mantissa, power of ten, and power of ten of its last printed place, so that
        ``float(f"{mantissa}e{power}")`` is correctly rounded.

    Raises
    ------
    NumeralError
        When the text is no number.
    """
    if len(text) > _LONGEST:
        raise NumeralError(f"a number of {len(text)} characters")
    pieces = [(m.lastgroup, m.group()) for m in _PIECE.finditer(text)]
    if "".join(p for _, p in pieces) != text.replace(" ", "") and len(pieces) == 1:
        pieces = [(pieces[0][0], pieces[0][1])]
    if not pieces:
        raise NumeralError(f"{text!r} is not a number")
    if pieces[0][0] == "chinese":
        return _chinese_with_multiplier(pieces, text)
    mantissa = plain(pieces[0][1])
    if spelled := _SPELLED_TAIL.fullmatch(text):  # 100万三千
        return _sum_of_parts(mantissa, spelled["scale"], spelled["rest"])
    if len(pieces) == 1:
        return mantissa, 0, step_exponent(mantissa)
    if len(pieces) == 2 and pieces[1][0] == "chinese" and all(c in MULTIPLIER for c in pieces[1][1]):
        scale = _scale(pieces[1][1])
        return mantissa, scale, step_exponent(mantissa) + scale
    return _mixed(pieces, text)


_SPELLED_TAIL = re.compile(
    r"[\d.,]+(?P<scale>[万亿])(?P<rest>[一二三四五六七八九](?=[千百])[千百一二三四五六七八九零十]+)"
)


def _sum_of_parts(mantissa: str, scale: str, rest: str) -> tuple[str, int, int]:
    from decimal import Decimal  # only mixed numbers need it

    digits, step = _chinese(rest)
    return format(Decimal(mantissa).scaleb(MULTIPLIER[scale]) + Decimal(digits), "f"), 0, step


def _chinese_with_multiplier(pieces: list[tuple[str | None, str]], text: str) -> tuple[str, int, int]:
    """三十五点六亿: the point part, then what multiplies it."""
    if len(pieces) == 1:
        mantissa, step = _chinese(pieces[0][1])
        return mantissa, 0, step
    tail = pieces[1][1]
    if len(pieces) == 2 and "点" in pieces[0][1] and all(c in MULTIPLIER for c in tail):
        mantissa, step = _chinese(pieces[0][1])
        return mantissa, _scale(tail), step + _scale(tail)
    raise NumeralError(f"{text!r} mixes two numerals")


def _mixed(pieces: list[tuple[str | None, str]], text: str) -> tuple[str, int, int]:
    """1万2千, 3亿5000万, 1万8: each part smaller than the one before it."""
    from decimal import Decimal  # only mixed numbers need it

    total, last, step, index = Decimal(0), 99, 0, 0
    while index < len(pieces):
        kind, digits = pieces[index]
        if kind != "arabic":
            raise NumeralError(f"{text!r} mixes two numerals")
        digits = plain(digits)
        if index + 1 < len(pieces):
            scale = _scale(pieces[index + 1][1])
        elif len(digits) == 1:
            scale = last - 1
        else:
            scale = 0
        part = Decimal(digits).scaleb(scale)
        if scale >= last or part >= Decimal(10) ** last:
            raise NumeralError(f"{text!r}: its parts do not fall in size")
        total, last, step = total + part, scale, step_exponent(digits) + scale
        index += 2
    return format(total, "f"), 0, step


@lru_cache(maxsize=1024)
def adjacent(text: str) -> tuple[str, str] | None:
    """Two neighbouring digits are a range: 三四十 is 三十 to 四十, 十七八 is 十七 to 十八."""
    match = _ADJACENT.fullmatch(text)
    if match is None:
        return None
    low, high = (int(match[g].translate(_DIGITS)) for g in ("low", "high"))
    if high - low != 1 and (low, high) != (3, 5):
        return None
    head = match["head"] or ""
    return f"{head}{match['low']}{match['tail']}", f"{head}{match['high']}{match['tail']}"
