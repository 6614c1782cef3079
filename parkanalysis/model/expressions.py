"""Arithmetic over named intervals: what a park's own checks are written in."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

__all__ = ["ExpressionError", "Interval", "evaluate", "names"]

MAX_LENGTH = 500


class ExpressionError(ValueError):
    """An expression that cannot be read; the message says what and where."""


@dataclass(frozen=True)
class Interval:
    """A value with bounds that follow it through +, -, * and / (Moore 1966)."""

    value: float
    low: float
    high: float

    @classmethod
    def point(cls, value: float) -> Interval:
        """An exact number."""
        return cls(value, value, value)

    def combine(self, other: Interval, function: Callable[[float, float], float]) -> Interval:
        """Apply a monotone operation to the values and to all corners."""
        corners = [function(a, b) for a, b in product((self.low, self.high), (other.low, other.high))]
        # inf - inf and 0 * inf have no value; the other corners hold the bounds
        known = [c for c in corners if not math.isnan(c)] or [math.nan]
        return Interval(function(self.value, other.value), min(known), max(known))


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _tree(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"more than {MAX_LENGTH} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{text!r} is no arithmetic expression") from None


def names(text: str) -> list[str]:
    """Names an expression uses, in the order they stand; ``series[2015]`` counts as written.

    Examples
    --------
    >>> names("contract / (capacity * 1000) - hours[2015]")
    ['contract', 'capacity', 'hours[2015]']
    """
    found: list[tuple[int, str]] = []
    inside = set()
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Subscript):
            found.append((node.col_offset, ast.unparse(node)))
            inside.add(id(node.value))
        elif isinstance(node, ast.Name) and id(node) not in inside:
            found.append((node.col_offset, node.id))
    return list(dict.fromkeys(name for _, name in sorted(found)))


def evaluate(text: str, lookup: Callable[[str], Interval]) -> Interval:
    """Value and bounds of an expression of numbers, names, ``name[2015]``, + - * / and brackets.

    Parameters
    ----------
    text : str
    lookup : callable
        From a name, or ``name[2015]`` as written, to its interval.

    Raises
    ------
    ExpressionError
        On anything else, and on a division by an interval that holds 0.

    Examples
    --------
    >>> evaluate("(a - 1) / 2", lambda name: Interval(5.0, 4.0, 6.0))
    Interval(value=2.0, low=1.5, high=2.5)
    """

    def walk(node: ast.expr) -> Interval:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        ):
            return Interval.point(float(node.value))
        if isinstance(node, ast.Name | ast.Subscript):
            return lookup(ast.unparse(node))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return Interval.point(0.0).combine(walk(node.operand), operator.sub)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = walk(node.left), walk(node.right)
            if isinstance(node.op, ast.Div) and right.low <= 0 <= right.high:
                raise ExpressionError(f"{text!r} divides by what may be 0")
            return left.combine(right, _OPERATORS[type(node.op)])
        raise ExpressionError(f"{ast.unparse(node)!r} in {text!r}; only names, numbers, + - * / and brackets")

    return walk(_tree(text))
