"""Units as Chinese statistics print them, and conversion between unit codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from parkanalysis.quantities.lexicon import COUNTS, NOT_UNITS, UNIT_TABLE, WEAK_COUNTS

__all__ = ["SYMBOL", "UNITS", "UNIT_PATTERN", "Unit", "convert", "trie", "unit_of"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One printed unit: amount in ``code`` = printed number · ``factor`` · 10**``power``.

    Attributes
    ----------
    code : str
        Canonical unit: ``CNY``, ``t``, ``kWh``, ``MW``, ``count`` …
    power : int
        Power of ten.
    factor : float
        What a power of ten cannot say (1 公顷 = 15 亩 would be 15).
    weak : bool
        The word means something else in running text more often than not (度, 方, 里).
    """

    code: str
    power: int = 0
    factor: float = 1.0
    weak: bool = False


def _read_table() -> tuple[dict[str, Unit], dict[str, str]]:
    """Read the two lists above into word → unit, and code → word to print."""
    units: dict[str, Unit] = {}
    symbols: dict[str, str] = {}
    weak_counts = set(WEAK_COUNTS.split())
    for line in UNIT_TABLE.strip().splitlines():
        code, power, factor, *words = line.split()
        weak, code = code.endswith("*"), code.rstrip("*")
        for word in words:
            units.setdefault(word, Unit(code, int(power), float(factor), weak))
        if power == "0" and factor == "1" and not weak:
            symbols.setdefault(code, words[0])
    for word in COUNTS.split():
        units.setdefault(word, Unit("count", 0, 1.0, word in weak_counts))
    return units, symbols | {"count": "个", "fraction": "%"}


UNITS, SYMBOL = _read_table()
"""Word → :class:`Unit`, and code → the word with which it is printed."""


def trie(words: list[str]) -> str:
    """Regular expression that matches the longest of the words, one branch a character.

    Examples
    --------
    >>> trie(["千瓦", "千瓦时", "吨"])
    '(?:千瓦(?:时)?+|吨)'
    """
    branches: dict[str, list[str]] = {}
    for word in words:
        branches.setdefault(word[0], []).append(word[1:])
    parts = []
    for first, rests in branches.items():
        longer = [r for r in rests if r]
        tail = trie(longer) if longer else ""
        if tail and "" in rests:
            tail = f"(?:{tail[3:-1]})?+" if tail.startswith("(?:") else f"(?:{tail})?+"
        parts.append(re.escape(first) + tail)
    return parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"


_MULTIPLE = "(?:十万|百万|千万|[百万亿]|千(?![瓦克米伏]))?"
_ANY = trie([*UNITS, *NOT_UNITS.split()])
UNIT_PATTERN = f"(?:{_ANY}(?: ?(?:/|每) ?{_MULTIPLE}{_ANY})?+)"
"""Regular expression of one unit, composite (元/吨, 元每吨, 吨标准煤/万元) included."""

_POWERS = {"": 0, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
_COMPOSITE = re.compile(r"([^/每 ]+) ?[/每] ?(.+)")
_MULTIPLIED = re.compile("([百千万亿]+)(.+)")


@lru_cache(maxsize=1024)
def unit_of(word: str) -> Unit | None:
    """Unit of a printed word, or None when the word is a label.

    Examples
    --------
    >>> unit_of("万元"), unit_of("元/吨").code
    (None, 'CNY/t')
    """
    if word in UNITS:
        return UNITS[word]
    match = _COMPOSITE.fullmatch(word)
    if match is None:
        return None
    above, below, power = UNITS.get(match[1]), UNITS.get(match[2]), 0
    if below is None and (multiplied := _MULTIPLIED.fullmatch(match[2])):
        below, power = UNITS.get(multiplied[2]), _POWERS.get(multiplied[1], 0)
    if above is None or below is None:
        return None
    power = above.power - below.power - power
    return Unit(f"{above.code}/{below.code}", power, above.factor / below.factor)


# --- conversion -------------------------------------------------------------------------

_SCALES = {"100m": 8, "10k": 4, "1m": 6, "10m": 7, "1k": 3}
_DEFINITIONS = """
kilogram = [mass]; meter = [length]; second = [time]; watt = [power]; volt = [tension]
month = [month]; count = [count]; fraction = []; percentage_point = [point]; tce = [coal]
CNY = [cny]; USD = [usd]; HKD = [hkd]; EUR = [eur]; JPY = [jpy]; GBP = [gbp]
t = 1000 * kilogram; kg = kilogram; g = 0.001 * kilogram
km = 1000 * meter; m = meter; cm = 0.01 * meter; nmi = 1852 * meter
m2 = meter ** 2; km2 = 1e6 * meter ** 2; ha = 1e4 * meter ** 2; mu = 2000 / 3 * meter ** 2
m3 = meter ** 3; L = 0.001 * meter ** 3
minute = 60 * second; hour = 3600 * second; day = 24 * hour; week = 7 * day
quarter = 3 * month; year = 12 * month
kW = 1000 * watt; MW = 1e6 * watt; GW = 1e9 * watt; kWh = kW * hour; MWh = MW * hour; GWh = GW * hour
kV = 1000 * volt; percent = 0.01 * fraction; person = count
"""


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Pint registry of the unit codes; built at the first conversion between different bases."""
    import pint  # a third of a second, paid only when units change

    registry: Any = pint.UnitRegistry(None)
    for definition in _DEFINITIONS.replace("\n", ";").split(";"):
        if definition.strip():
            registry.define(definition.strip())
    return registry


@lru_cache(maxsize=512)
def _base(unit: str) -> tuple[int, str]:
    """Split ``CNY_100m``, ``10k_t`` or ``100m_kWh`` into its power of ten and its code."""
    for name, power in _SCALES.items():
        if unit.startswith(f"{name}_"):
            return power, unit.removeprefix(f"{name}_")
        if unit.endswith(f"_{name}"):
            return power, unit.removesuffix(f"_{name}")
    return 0, unit


def convert(amount: float, unit: str, to: str) -> float:
    """Amount of ``unit`` expressed in ``to``.

    Parameters
    ----------
    amount : float
    unit, to : str
        Codes as in :data:`UNITS`, with a scale in front or behind: ``CNY_100m`` (亿元),
        ``10k_t`` (万吨), ``100m_kWh`` (亿千瓦时).

    Raises
    ------
    ValueError
        When the two do not measure the same thing.

    Examples
    --------
    >>> convert(4.105e9, "CNY", "CNY_100m"), convert(2, "ha", "mu")
    (41.05, 30.0)
    """
    (power, base), (to_power, to_base) = _base(unit), _base(to)
    if not (base and to_base):
        raise ValueError(f"cannot convert {unit!r} to {to!r}")
    shift = power - to_power
    if base != to_base:
        import pint  # see _registry

        try:
            amount = float(_registry().convert(amount, base, to_base))
        except (pint.PintError, AttributeError) as error:
            raise ValueError(f"cannot convert {unit!r} to {to!r}: {error}") from error
    # Dividing by a power of ten is exact to the last digit where multiplying by 1e-8 is not.
    return amount * 10.0**shift if shift >= 0 else amount / 10.0**-shift
