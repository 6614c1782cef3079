"""Printed numbers to exact decimals: Arabic, Chinese, and the two mixed (1万2千)."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
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

_SCALE = f"[{''.join(MULTIPLIER)}]"
_ONE = re.compile(
    rf"(?P<arabic>{ARABIC})[ \n]?(?P<scale>{_SCALE}*)"
    rf"|(?P<spelled>[{CHINESE}]++(?:点[零〇一二三四五六七八九]++)?+)(?P<late>{_SCALE}*)"
)
_PART = re.compile(
    rf" ?(?P<arabic>{ARABIC}) ?(?P<scale>{_SCALE}*)"
    r"|(?<=[万亿])(?P<spelled>[一二三四五六七八九][千百][千百一二三四五六七八九零十]*)$"
)
_ADJACENT = re.compile(
    r"([二三四五六七八九]?十)?(一二|一两|[两二]三|三四|三五|四五|五六|六七|七八|八九)([十百千万亿]*)"
)
_LONGEST = 40


class UnreadableError(ValueError):
    """What is no number or no quantity: what is allowed, and where, counted from its start."""

    def __init__(self, allowed: str, where: int = 0) -> None:
        super().__init__(allowed)
        self.where = where


def plain(text: str) -> str:
    """Strip the separators and spaces of an Arabic number."""
    return text.replace(",", "").replace(" ", "")


def step_exponent(text: str) -> int:
    """Power of ten of the last digit that is not zero: the grain to which a number is printed."""
    return int(Decimal(text).normalize().as_tuple().exponent)


def _spelled(text: str) -> tuple[str, int]:
    """Chinese numeral → decimal string and the power of ten of its last place."""
    whole, point, part = text.translate(_FORMAL).replace("廿", "二十").replace("卅", "三十").partition("点")
    if point:
        digits = part.translate(_DIGITS)
        return f"{_spelled(whole)[0]}.{digits}", -len(digits.rstrip("0"))
    if not any(c in MULTIPLIER for c in whole):
        digits = whole.translate(_DIGITS)
        if len(digits) in (2, 3) and "0" not in digits:  # 一三个 is no way to say thirteen
            raise UnreadableError(f"{text!r} is a row of digits, not a number")
        return digits, step_exponent(digits)
    trailing = whole[len(whole.rstrip("十百千万亿")) :]
    if whole[0] in "百千万亿":
        whole = "一" + whole
    from cn2an import cn2an  # a fifth of a second, paid by the first Chinese numeral

    try:
        digits = str(cn2an(whole, "smart"))
    except (ValueError, KeyError, IndexError) as error:
        raise UnreadableError(f"{text!r} is not a Chinese numeral") from error
    return digits, sum(MULTIPLIER[c] for c in trailing) or step_exponent(digits)


@lru_cache(maxsize=256)
def _scale(multipliers: str) -> int:
    """Power of ten of a run of multipliers: 万亿 is 12; 亿万 and 十十 are none."""
    powers = [MULTIPLIER[c] for c in multipliers]
    if any(a >= b for a, b in itertools.pairwise(powers)):
        raise UnreadableError(f"{multipliers!r} is not a multiplier")
    return sum(powers)


@lru_cache(maxsize=8192)
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
    UnreadableError
        When the text is no number.
    """
    if not 0 < len(text) <= _LONGEST:
        raise UnreadableError(f"a number of {len(text)} characters")
    match = _ONE.fullmatch(text)
    if match is None:
        return _sum(text)
    if match["arabic"]:
        mantissa, scale = plain(match["arabic"]), _scale(match["scale"])
        return mantissa, scale, step_exponent(mantissa) + scale
    (mantissa, step), scale = _spelled(match["spelled"]), _scale(match["late"])
    return mantissa, scale, step + scale


def _sum(text: str) -> tuple[str, int, int]:
    """1万2千, 3亿5000万, 1万8, 100万三千: each part smaller than the one before it."""
    total, last, step, end = Decimal(0), 99, 0, 0
    while end < len(text):
        match = _PART.match(text, end)
        if match is None:
            raise UnreadableError(f"{text!r} is not a number")
        if match["spelled"]:
            (mantissa, step), scale = _spelled(match["spelled"]), 0
        else:
            mantissa = plain(match["arabic"])
            scale = _scale(match["scale"]) if match["scale"] else last - 1 if len(mantissa) == 1 else 0
            step = step_exponent(mantissa) + scale
        part = Decimal(mantissa).scaleb(scale)
        if scale >= last or part >= Decimal(10) ** last:
            raise UnreadableError(f"{text!r}: its parts do not fall in size")
        total, last, end = total + part, scale, match.end()
    return format(total, "f"), 0, step


@lru_cache(maxsize=1024)
def adjacent(text: str) -> tuple[str, str] | None:
    """Two neighbouring digits are a range: 三四十 is 三十 to 四十, 十七八 is 十七 to 十八."""
    match = _ADJACENT.fullmatch(text)
    if match is None:
        return None
    head, pair, tail = match.groups("")
    return head + pair[0] + tail, head + pair[1] + tail
