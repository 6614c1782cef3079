"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

from dataclasses import dataclass

from parkanalysis.hedges import RULES
from parkanalysis.reading import CORE, Quantity, Unreadable, evaluate, finish, normalize

__all__ = ["Mention", "extract"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One quantity found in a text, ``text == source[start:end]``."""

    start: int
    end: int
    text: str
    quantity: Quantity
    subject: str
    period: str


def extract(text: str) -> list[Mention]:
    """Find the quantities of a text."""
    found, rule = [], RULES["standard"]
    clean = normalize(text)
    for match in CORE.finditer(clean):
        try:
            reading = evaluate(match, rule)
        except Unreadable:
            continue
        start, end = match.span()
        quantity = finish(reading, (), None, text[start:end], rule)
        found.append(Mention(start, end, text[start:end], quantity, "", ""))
    return found
