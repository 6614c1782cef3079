"""Units as Chinese statistics print them, read from ``words.toml``: one table for text, tables and levers."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

WORDS: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
"""The vocabulary, as ``words.toml`` holds it."""

UNKNOWN = "unknown"
"""Code of a figure whose unit is printed and not known."""

# Amounts of which parts add up to a whole; rates, prices and indices do not.
_NOT_ADDITIVE = frozenset({"fraction", "percentage_point", "times", "index", "kV", "year", "point", "degC"})


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
        What a power of ten cannot say (1 斤 is half a kilogram).
    weak : bool
        The word means something else in running text more often than not (度, 方, 里).
    """

    code: str
    power: int = 0
    factor: float = 1.0
    weak: bool = False

    @property
    def additive(self) -> bool:
        """Whether parts in this unit add up to their total."""
        return self.code not in _NOT_ADDITIVE and "/" not in self.code

    def amount(self, printed: Decimal) -> Decimal:
        """Return a printed number in the canonical unit."""
        exact = printed.scaleb(self.power)
        return exact if self.factor == 1.0 else exact * Decimal(repr(self.factor))

    def __str__(self) -> str:
        factor = "" if self.factor == 1.0 else f" x {self.factor:g}"
        return self.code + factor + (f" x 10^{self.power}" if self.power else "")


def _read_table() -> tuple[dict[str, Unit], dict[str, str]]:
    """Read the vocabulary into word → unit, and code → word to print."""
    units: dict[str, Unit] = {}
    symbols: dict[str, str] = {}
    for row in WORDS["units"]:
        words = row["words"].split()
        unit = Unit(**{key: value for key, value in row.items() if key != "words"})
        units = dict.fromkeys(words, unit) | units  # what stands first, holds
        if unit == Unit(unit.code):
            symbols.setdefault(unit.code, words[0])
    return units, symbols | {"fraction": "%"}


UNITS, SYMBOLS = _read_table()
"""Word → :class:`Unit`, and code → the word with which it is printed."""

MEASURES: dict[str, tuple[str, float]] = {
    name: (row["code"], 10.0 ** row["power"]) for name, row in WORDS["measures"].items()
}
"""Unit of a lever that is no canonical code → that code and the factor that leads there."""


def trie(words: list[str]) -> str:
    """Regular expression that matches the longest of the words, one branch a character."""
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
_ANY = trie([*UNITS, *WORDS["not_units"].split()])
UNIT_PATTERN = f"(?:{_ANY}(?: ?(?:/|每) ?{_MULTIPLE}{_ANY})?+)"
"""Regular expression of one unit, composite (元/吨, 元每吨, 吨标准煤/万元) included."""

_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_INDEX = re.compile(r"(?:以)?(?:上年|上年同期|上月|同期|\d{4}年?)(?:同期|同月)?(?:=|为)100|指数")


@lru_cache(maxsize=1024)
def unit_of(word: str) -> Unit | None:
    """Unit of a word printed behind a number, or None when the word is no unit."""
    above, slash, below = word.replace("每", "/").partition("/")
    top = UNITS.get(word) or UNITS.get(above.strip())
    return _ratio(top, below) if slash and word not in UNITS else top


@lru_cache(maxsize=1024)
def unit_of_head(text: str, weak: bool = True) -> Unit | None:
    """Unit that the head, the unit row or the unit column of a table prints: 万元, 亿千瓦时, 元/吨, 上年=100.

    There a multiplier belongs to the unit; words that mean something else more often than not (度, 块) are
    units only where ``weak`` is left on.
    """
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).strip("/")
    if len(text) > 20:
        return None
    if _INDEX.fullmatch(text):
        return Unit("index")
    if text in UNITS:
        return None if UNITS[text].weak and not weak else _multiplied(text)
    above, slash, below = text.replace("每", "/").strip("/").partition("/")
    return _ratio(_multiplied(above), below) if slash else _multiplied(above)


def _multiplied(text: str) -> Unit | None:
    """万千瓦: a multiplier and a unit, or the unit alone."""
    whole = UNITS.get(text) or UNITS.get(text.lower())
    if whole is not None:
        return Unit(whole.code, whole.power, whole.factor)
    for prefix in sorted(_POWERS, key=len, reverse=True):
        base = UNITS.get(text.removeprefix(prefix)) if text.startswith(prefix) else None
        if base is not None:
            return Unit(base.code, base.power + _POWERS[prefix], base.factor)
    return None


def _ratio(above: Unit | None, word: str) -> Unit | None:
    """元/吨: a unit and the word of what it is counted by."""
    below = _multiplied(word.strip())
    if above is None or below is None:
        return None
    return Unit(f"{above.code}/{below.code}", above.power - below.power, above.factor / below.factor)
