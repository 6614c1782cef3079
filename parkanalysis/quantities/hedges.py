"""Hedges of official prose (以上, 左右, 近, 余 …) and the rule that turns them into bounds."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, inf, isfinite, log10

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.quantities.units import WORDS


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
        Cap of 以上, 超过, 突破 above the figure, as a fraction of it. Applied by ``bounds`` only; a
        parsed quantity stays open.
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
    """Return the preset of that name, or the rule itself; InputError when no preset has the name."""
    if isinstance(rule, ReadingRule):
        return rule
    if rule in RULES:
        return RULES[rule]
    raise InputError(Problem("reading rule", repr(rule), ", ".join(RULES), nearest=nearest(rule, RULES)))


def words_by_kind(kinds: dict[str, str]) -> dict[str, str]:
    """Turn kind → words into word → kind."""
    return {word: kind for kind, words in kinds.items() for word in words.split()}


FRONT = words_by_kind(WORDS["front"])
"""Word before the number → kind of hedge."""

BEHIND = words_by_kind(WORDS["behind"])
"""Word behind the unit → kind of hedge."""

DIRECTIONS = words_by_kind(WORDS["directions"])
"""Word before the number → direction."""

NOT_FRONT = frozenset(WORDS["not_hedges"].split())
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
    unit = 10.0 ** floor(log10(abs(value))) if value else 1.0
    return (floor(value / unit) + 1) * unit


def cap(low: float, high: float, value: float, rule: ReadingRule) -> tuple[float, float]:
    """Close an open upper bound at the rule's cap; an open lower bound alike."""
    reach = rule.open_above * abs(value)
    return (low if isfinite(low) else value - reach), (high if isfinite(high) else value + reach)


def strongest(kinds: list[str]) -> str | None:
    """The kind that decides when several words hedge one figure (超过 40 余: 余)."""
    return next((k for k in _PRECEDENCE if k in kinds), kinds[0] if kinds else None)
