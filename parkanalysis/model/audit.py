"""Audit: what the source says, set against itself, against the accounts and against physics."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model.scenario import YUAN_PER_100M, own_lever, printed
from parkanalysis.park import UNITS, Park
from parkanalysis.park.schema import Check

OWN = ("reported", "derived")
LARGEST = 1e30
MAX_LENGTH = 500
ENDS = ("", "_low", "_high")
LANGUAGES: tuple[Any, ...] = ("zh", "en")


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

    def _combined(self, function: Callable[[float, float], float], other: Interval | float) -> Interval:
        """Apply a monotone operation to the values and to all corners."""
        x = other if isinstance(other, Interval) else Interval.point(other)
        corners = [function(a, b) for a, b in product((self.low, self.high), (x.low, x.high))]
        # inf - inf and 0 * inf have no value; the other corners hold the bounds
        known = [c for c in corners if not math.isnan(c)] or [math.nan]
        return Interval(function(self.value, x.value), min(known), max(known))

    def __add__(self, other: Interval | float) -> Interval:
        return self._combined(operator.add, other)

    def __sub__(self, other: Interval | float) -> Interval:
        return self._combined(operator.sub, other)

    def __mul__(self, other: Interval | float) -> Interval:
        return self._combined(operator.mul, other)

    def __truediv__(self, other: Interval | float) -> Interval:
        return self._combined(operator.truediv, other)


_OPERATORS: dict[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


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
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if abs(number) > LARGEST:
                    raise ExpressionError(f"a number above {LARGEST:g} in {text[:60]!r}")
                return Interval.point(float(number))
            case ast.Name() | ast.Subscript():
                return lookup(ast.unparse(node))
            case ast.UnaryOp(op=ast.USub()):
                return Interval.point(0.0) - walk(node.operand)
            case ast.BinOp() if type(node.op) in _OPERATORS:
                left, right = walk(node.left), walk(node.right)
                if isinstance(node.op, ast.Div) and right.low <= 0 <= right.high:
                    raise ExpressionError(f"{text!r} divides by what may be 0")
                return _OPERATORS[type(node.op)](left, right)
        raise ExpressionError(f"{ast.unparse(node)!r} in {text!r}; only names, numbers, + - * / and brackets")

    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"more than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{text!r} is no arithmetic expression") from None
    return walk(tree)


CONSISTENT, OTHER_SCOPE, CONTRADICTION = "consistent", "other_scope", "contradiction"
OPEN = "cannot_be_checked"


def verdict(
    stated: Interval,
    computed: Interval,
    relation: str = "equals",
    tolerance: float = 0.0,
    same_scope: bool = True,
) -> str:
    """Whether a stated figure and a computed one can both hold.

    "equals" asks that the two intervals, widened by the tolerance, share a value; "at_least" that
    some stated value is not below some computed one; "at_most" the reverse; "within" that the
    whole stated interval lies in the computed one. Where they cannot both hold it is a contradiction
    only if both sides have the same scope and basis; if not, it is something to verify.

    Examples
    --------
    >>> about_40, loss = Interval(40, 35, 45), Interval(5, 5, math.inf)
    >>> verdict(loss, Interval.point(14.4)), verdict(about_40, Interval.point(46.0))
    ('consistent', 'contradiction')
    >>> verdict(about_40, Interval.point(46.0), same_scope=False)
    'other_scope'
    """
    if any(math.isnan(v) for v in (stated.value, computed.value)):
        return OPEN
    above = stated.high + tolerance >= computed.low
    below = stated.low - tolerance <= computed.high
    inside = stated.low + tolerance >= computed.low and stated.high - tolerance <= computed.high
    if {"equals": above and below, "at_least": above, "at_most": below, "within": inside}[relation]:
        return CONSISTENT
    return CONTRADICTION if same_scope else OTHER_SCOPE


def _lookup(park: Park, name: str) -> Interval:
    """A figure, a lever, or a value of a series."""
    if name in park.quantities:
        low, value, high = printed(park, name)
        return Interval(value, low, high)
    if name in park.levers:
        lever = park.levers[name]
        return Interval(lever.central, lever.low, lever.high) * UNITS[lever.unit][1]
    if match := re.fullmatch(r"(\w+)\[(\d{4})\]", name):
        rows = park.history[(park.history["series"] == match[1]) & (park.history["period"] == match[2])]
        if len(rows):
            return Interval.point(float(rows["value"].iloc[0]))
    raise ExpressionError(f"{name!r} is no figure, lever or year of a series")


def check_names(park: Park) -> Iterator[Problem]:
    """Problems of the checks a park declares: what cannot be read, what is unknown."""
    known = [*park.quantities, *park.levers, *park.history["series"].unique()]
    for key, check in park.config.checks.items():
        for side in ("stated", "computed"):
            text = getattr(check, side)
            try:
                evaluate(text, partial(_lookup, park))
            except ExpressionError as error:
                near = nearest(text, known) if text.isidentifier() else None
                place = f"checks.{key}.{side}"
                yield Problem("park.yml", str(error), "arithmetic over names", None, place, near)


def _row(
    park: Park, key: str, rule: Check, stated: Interval, computed: Interval, **details: Any
) -> dict[str, Any]:
    s, c = (i / UNITS.get(rule.unit, ("", 1.0))[1] for i in (stated, computed))
    places = park.figures.set_index("figure")["place"].reindex(rule.figures).dropna()
    note = rule.note or {}
    return {
        "check": key,
        **{f"name_{lang}": rule.name.get(lang, "") for lang in LANGUAGES},
        **{f"stated{end}": v for end, v in zip(ENDS, (s.value, s.low, s.high), strict=True)},
        **{f"computed{end}": v for end, v in zip(ENDS, (c.value, c.low, c.high), strict=True)},
        "difference": s.value - c.value,
        "unit": rule.unit,
        "relation": rule.relation,
        "tolerance": rule.tolerance,
        "verdict": verdict(s, c, rule.relation, rule.tolerance, rule.same_scope),
        **{f"note_{lang}": note.get(lang, "") for lang in LANGUAGES},
        "figures": ", ".join(rule.figures),
        "places": ", ".join(dict.fromkeys(places)),
        "details": details,
    }


def _own(unit: str, figures: Iterable[str], same_scope: bool, relation: str = "equals") -> Check:
    """The rule of a check of the package's own, which a report names."""
    given = {"unit": unit, "figures": tuple(figures), "same_scope": same_scope, "relation": relation}
    return Check.model_construct(name={}, stated="", computed="", **given)  # type: ignore[arg-type]


def _declared(park: Park) -> Iterator[dict[str, Any]]:
    for key, check in park.config.checks.items():
        stated, computed = (evaluate(text, partial(_lookup, park)) for text in (check.stated, check.computed))
        used = [*re.findall(r"\b[a-z_]\w*", f"{check.stated} {check.computed}"), *check.figures]
        figures = tuple(dict.fromkeys(name for name in used if name in park.quantities))
        yield _row(park, key, check.model_copy(update={"figures": figures}), stated, computed)


def _accounts(park: Park) -> Iterator[dict[str, Any]]:
    """The published total against the industries before they are balanced to it."""
    config, parts, figures, grades = park.config, Interval.point(0.0), [park.config.value_added], set()
    known = {key: item for key, item in config.industries.items() if key != config.other_industry}
    for item in known.values():
        name = item.value_added_rate or item.value_added or ""
        part = _lookup(park, name)
        if item.gross_output is not None:
            part = part * park.amount(item.gross_output, "CNY")
            figures.append(item.gross_output)
        parts = parts + part
        grades.add(park.levers[name].evidence)
    rest = [config.other_industry] if config.other_industry else []
    rule = _own("CNY_100m", figures, grades <= set(OWN), "at_least" if rest else "equals")
    total = Interval.point(park.value_added * YUAN_PER_100M)
    yield _row(park, "industries_within_total", rule, total, parts, evidence=sorted(grades), industries=rest)


def _implied_rate(park: Park) -> Iterator[dict[str, Any]]:
    """Published value added over the output listed, against what each complete table makes of that output."""
    rates = park.value_added_rates[park.value_added_rates["use"] == "yes"]
    rates = rates.assign(rate=rates["value_added_10k_cny"] / rates["gross_output_10k_cny"])
    items = [i for i in park.config.industries.values() if i.gross_output and i.value_added_rate]
    figures = [str(i.gross_output) for i in items]
    outputs = np.array([park.amount(figure, "CNY") for figure in figures])
    series = [park.levers[str(i.value_added_rate)].series for i in items]
    tables: list[dict[str, Any]] = []
    for table, rows in rates.groupby("table"):
        mean = rows.groupby("industry")["rate"].mean().reindex(series)
        if series and mean.notna().all():
            rate = float(outputs @ mean.to_numpy() / outputs.sum())
            tables.append({"zh": str(rows["table_zh"].iloc[0] or table), "en": str(table), "rate": rate})
    if tables:
        found = [t["rate"] for t in tables]
        computed = Interval(sum(found) / len(found), min(found), max(found))
        stated = Interval.point(park.value_added * YUAN_PER_100M / outputs.sum())
        rule = _own("fraction", [park.config.value_added, *figures], same_scope=False)
        yield _row(park, "implied_rate", rule, stated, computed, tables=tables)


def _stated(park: Park) -> Iterator[dict[str, Any]]:
    """The stated result and loss against the base year and against the growth of the reference series."""
    stated = park.config.stated
    if stated is None:
        return
    growth = own_lever(park, park.config.growth)
    trend = Interval(growth.central, growth.low, growth.high)
    levels = {"stated_growth": [stated.result]}
    if stated.loss is not None:
        levels["implied_unshocked_growth"] = [stated.result, stated.loss]
    for key, names in levels.items():
        level = sum((_lookup(park, name) for name in names), Interval.point(0.0))
        implied = level / (park.value_added * YUAN_PER_100M) - 1.0
        rule = _own("fraction", [*names, park.config.value_added], growth.evidence in OWN)
        yield _row(park, key, rule, implied, trend, lever=growth.name)


def audit(park: Park) -> pd.DataFrame:
    """All checks of a park, a row each.

    Returns
    -------
    DataFrame
        ``check``; the ``stated`` and the ``computed`` value with bounds (``stated_low``, ...) in ``unit``,
        their ``difference`` (stated - computed); ``relation``, ``tolerance`` and ``verdict`` (consistent,
        other_scope, contradiction, cannot_be_checked); ``figures`` and their ``places`` in the source. A
        check of park.yml has its names and notes in both languages (``name_zh``, ``note_en``, ...); the
        package's own have ``details`` that a report words.

    Raises
    ------
    InputError
        Where a check of park.yml cannot be read.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> table = audit(read_park("qingzhen")).set_index("check")
    >>> bool(table.loc["power_contract_hours", "stated"] == 1000.0)
    True
    """
    problems = list(check_names(park))
    if problems:
        raise InputError(problems)
    return pd.DataFrame([*_accounts(park), *_implied_rate(park), *_stated(park), *_declared(park)])
