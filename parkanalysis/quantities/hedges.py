"""Hedges of official prose (以上, 左右, 近, 余 …) and the rule that turns them into bounds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from parkanalysis.quantities.lexicon import BEHIND_WORDS, DIRECTION_WORDS, FRONT_WORDS, NOT_HEDGES

__all__ = [
    "BEHIND",
    "DIRECTIONS",
    "FRONT",
    "NOT_FRONT",
    "RULES",
    "ReadingRule",
    "apply_hedge",
    "cap",
    "rule_of",
    "words_by_kind",
]


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """How the words around a figure become an interval.

    Attributes
    ----------
    name, description : str
    around : float or None
        Half-width of 约, 左右, 上下 as a fraction of the figure; None: half a unit of its last
        printed digit that is not zero (40 左右 is 35 to 45).
    nearly : float or None
        Reach of 近, 将近, 接近 below the figure, as a fraction of it; None as above.
    open_above : float
        Cap of 以上, 超过, 突破 above the figure, as a fraction of it. Applied by
        :func:`parkanalysis.quantities.quantities.bounds` only; a parsed quantity stays open.
    remainder : {"last", "leading"}
        余 and 多 end one unit of the last printed digit above the figure (130 余: to 140), or
        one unit of the leading digit (130 余: to 200).
    several : tuple of float
        What 数 and 几 stand for: 数十 is 10 to 100.
    """

    name: str
    description: str
    around: float | None
    nearly: float | None
    open_above: float
    remainder: str
    several: tuple[float, float]


RULES: dict[str, ReadingRule] = {
    rule.name: rule
    for rule in (
        ReadingRule(
            "literal", "only what the words say; open bounds stay open", None, None, inf, "last", (1.0, 10.0)
        ),
        ReadingRule(
            "standard", "约 and 左右 ±5%, 近 −10%, 以上 capped at +20%", 0.05, 0.1, 0.2, "last", (1.0, 10.0)
        ),
        ReadingRule(
            "wide", "约 and 左右 ±10%, 近 −20%, 以上 capped at +50%", 0.1, 0.2, 0.5, "leading", (1.0, 10.0)
        ),
    )
}
"""The presets by name; answers move with the rule, so a report states which it used."""


def rule_of(rule: str | ReadingRule) -> ReadingRule:
    """Return the preset of that name, or the rule itself.

    Raises
    ------
    InputError
        When no preset has the name.

    Examples
    --------
    >>> rule_of("wide").around
    0.1
    """
    if isinstance(rule, ReadingRule):
        return rule
    if rule in RULES:
        return RULES[rule]
    from parkanalysis.errors import InputError, Problem, nearest  # only on error

    raise InputError(Problem("reading rule", repr(rule), ", ".join(RULES), nearest=nearest(rule, RULES)))


def words_by_kind(kinds: str) -> dict[str, str]:
    """Read ``kind: word word`` lines into word → kind.

    Examples
    --------
    >>> words_by_kind("around: 约 大约\\nnearly: 近")
    {'约': 'around', '大约': 'around', '近': 'nearly'}
    """
    pairs = [line.split(":") for line in kinds.strip().split("\n")]
    return {word: kind.strip() for kind, words in pairs for word in words.split()}


FRONT = words_by_kind(FRONT_WORDS)
"""Word before the number → kind of hedge."""

BEHIND = words_by_kind(BEHIND_WORDS)
"""Word behind the unit → kind of hedge."""

DIRECTIONS = words_by_kind(DIRECTION_WORDS)
"""Word before the number → direction."""

NOT_FRONT = frozenset(NOT_HEDGES.split())
"""Words that only end like a hedge."""

_PRECEDENCE = ("more", "nearly", "under", "most", "over", "least", "around")


def apply_hedge(low: float, high: float, step: float, kind: str, rule: ReadingRule) -> tuple[float, float]:
    """Bounds of a figure (or of a range low–high) under one kind of hedge.

    Parameters
    ----------
    low, high : float
        The figure as printed, in canonical units; equal unless it is a range.
    step : float
        One unit of its last printed digit, in canonical units.
    kind : str
        As in :data:`FRONT`, or ``more`` for 余 and 多.
    rule : ReadingRule

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> apply_hedge(200.0, 200.0, 100.0, "more", RULES["standard"])
    (200.0, 300.0)
    >>> apply_hedge(40.0, 40.0, 10.0, "around", RULES["standard"])
    (38.0, 42.0)
    """
    if kind in ("over", "least"):
        return low, inf
    if kind in ("most", "under"):
        return (0.0 if high >= 0 else -inf), high
    if kind == "more":
        return low, _next_leading(high) if rule.remainder == "leading" else high + step
    if kind == "around":
        below, above = (
            (step / 2, step / 2) if rule.around is None else (rule.around * abs(low), rule.around * abs(high))
        )
        return low - below, high + above
    if kind == "nearly":
        return low - (step / 2 if rule.nearly is None else rule.nearly * abs(low)), high
    return low, high


def _next_leading(value: float) -> float:
    """Next whole unit of the leading digit: 200 for 130 and 300 for 200."""
    from math import floor, log10

    unit = 10.0 ** floor(log10(abs(value))) if value else 1.0
    return (floor(value / unit) + 1) * unit


def cap(low: float, high: float, value: float, rule: ReadingRule) -> tuple[float, float]:
    """Close an open upper bound at the rule's cap; an open lower bound alike.

    Examples
    --------
    >>> cap(5.0, inf, 5.0, rule_of("standard"))  # 5 亿元以上
    (5.0, 6.0)
    """
    reach = rule.open_above * abs(value)
    return (low if isfinite(low) else value - reach), (high if isfinite(high) else value + reach)


def strongest(kinds: list[str]) -> str | None:
    """The kind that decides when several words hedge one figure (超过 40 余: 余)."""
    return next((k for k in _PRECEDENCE if k in kinds), kinds[0] if kinds else None)
