"""Audit: what the source says, set against itself, against the accounts and against physics."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model.scenario import own_lever
from parkanalysis.park import UNITS, Park
from parkanalysis.quantities import bounds

COLUMNS = [
    "check",
    "name_zh",
    "name_en",
    "stated",
    "stated_low",
    "stated_high",
    "computed",
    "computed_low",
    "computed_high",
    "difference",
    "unit",
    "relation",
    "tolerance",
    "verdict",
    "note_zh",
    "note_en",
    "figures",
    "places",
    "details",
]
OWN = ("reported", "derived")
LARGEST = 1e30
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
            if abs(node.value) > LARGEST:
                raise ExpressionError(f"a number above {LARGEST:g} in {text[:60]!r}")
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
    """A figure, a lever, or a value of a series.

    A figure has the bounds of the park's reading rule, but for open ends: the rule caps 以上 for drawing,
    and a cap that nobody stated must not refute what was stated.
    """
    if name in park.quantities:
        quantity = park.quantities[name]
        low, high = bounds(quantity, park.config.reading_rule)
        return Interval(
            quantity.value,
            low if math.isfinite(quantity.low) else quantity.low,
            high if math.isfinite(quantity.high) else quantity.high,
        )
    if name in park.levers:
        lever = park.levers[name]
        factor = UNITS[lever.unit][1]
        return Interval(lever.central * factor, lever.low * factor, lever.high * factor)
    match = re.fullmatch(r"(\w+)\[(\d{4})\]", name)
    if match:
        rows = park.history[(park.history["series"] == match[1]) & (park.history["period"] == match[2])]
        if len(rows):
            return Interval.point(float(rows["value"].iloc[0]))
    raise ExpressionError(f"{name!r} is no figure, lever or year of a series")


def check_names(park: Park) -> list[Problem]:
    """Problems of the checks a park declares: what cannot be read, what is unknown."""
    problems = []
    known = [*park.quantities, *park.levers, *park.history["series"].unique()]
    for key, check in park.config.checks.items():
        for side in ("stated", "computed"):
            try:
                evaluate(getattr(check, side), lambda name: _lookup(park, name))
            except ExpressionError as error:
                text = getattr(check, side)
                near = nearest(text, known) if text.isidentifier() else None
                place = f"checks.{key}.{side}"
                problems.append(Problem("park.yml", str(error), "arithmetic over names", None, place, near))
    return problems


def _row(
    park: Park,
    key: str,
    stated: Interval,
    computed: Interval,
    unit: str,
    relation: str = "equals",
    tolerance: float = 0.0,
    figures: tuple[str, ...] = (),
    same_scope: bool = True,
    names: dict[Any, str] | None = None,
    note: dict[Any, str] | None = None,
    details: dict[str, Any] | None = None,
) -> dict[str, Any]:
    factor = UNITS.get(unit, ("", 1.0))[1]
    s, c = (Interval(i.value / factor, i.low / factor, i.high / factor) for i in (stated, computed))
    place = park.figures.set_index("figure")["place"]
    name, said = names or {}, note or {}
    return {
        "check": key,
        "name_zh": name.get("zh", ""),
        "name_en": name.get("en", ""),
        "stated": s.value,
        "stated_low": s.low,
        "stated_high": s.high,
        "computed": c.value,
        "computed_low": c.low,
        "computed_high": c.high,
        "difference": s.value - c.value,
        "unit": unit,
        "relation": relation,
        "tolerance": tolerance,
        "verdict": verdict(s, c, relation, tolerance, same_scope),
        "note_zh": said.get("zh", ""),
        "note_en": said.get("en", ""),
        "figures": ", ".join(figures),
        "places": ", ".join(dict.fromkeys(place[f] for f in figures if f in place.index)),
        "details": details or {},
    }


def _declared(park: Park) -> Iterator[dict[str, Any]]:
    for key, check in park.config.checks.items():
        stated, computed = (
            evaluate(text, lambda name: _lookup(park, name)) for text in (check.stated, check.computed)
        )
        used = [n for text in (check.stated, check.computed) for n in names(text)]
        figures = tuple(dict.fromkeys(n for n in (*used, *check.figures) if n in park.quantities))
        rule = (check.unit, check.relation, check.tolerance, figures, check.same_scope)
        yield _row(park, key, stated, computed, *rule, names=dict(check.name), note=dict(check.note or {}))


def _by_rate(park: Park) -> dict[str, tuple[str, str]]:
    """Figure of output and lever of the rate of each industry that is reckoned by a rate."""
    found = {}
    for key, industry in park.config.industries.items():
        if industry.gross_output is not None and industry.value_added_rate is not None:
            found[key] = (industry.gross_output, industry.value_added_rate)
    return found


def _accounts(park: Park) -> Iterator[dict[str, Any]]:
    """The published total against the industries before they are balanced to it."""
    by_rate = _by_rate(park)
    if not by_rate:
        return
    figures = (park.config.value_added, *(figure for figure, _ in by_rate.values()))
    parts = Interval.point(0.0)
    for figure, lever in by_rate.values():
        part = Interval.point(park.amount(figure, "CNY")).combine(_lookup(park, lever), operator.mul)
        parts = parts.combine(part, operator.add)
    grades = {park.levers[lever].evidence for _, lever in by_rate.values()}
    rest = [key for key in park.config.industries if key not in by_rate]

    yield _row(
        park,
        "industries_within_total",
        Interval.point(park.value_added * 1e8),
        parts,
        "CNY_100m",
        "at_least" if rest else "equals",
        figures=figures,
        same_scope=grades <= set(OWN),
        details={"evidence": sorted(grades), "industries": rest},
    )
    yield from _implied_rate(park, by_rate, figures)


def _implied_rate(
    park: Park, by_rate: dict[str, tuple[str, str]], figures: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Published value added over the output listed, against what each complete table makes of that output."""
    rates = park.value_added_rates[park.value_added_rates["use"] == "yes"]
    rates = rates.assign(rate=rates["value_added_10k_cny"] / rates["gross_output_10k_cny"])
    outputs = {key: park.amount(figure, "CNY") for key, (figure, _) in by_rate.items()}
    series = {key: park.levers[lever].series for key, (_, lever) in by_rate.items()}
    total = sum(outputs.values())
    weighted: dict[tuple[str, str], float] = {}
    for table, rows in rates.groupby("table"):
        mean = rows.groupby("industry")["rate"].mean()
        if set(series.values()) <= set(mean.index):
            names = (str(rows["table_zh"].iloc[0] or table), str(table))
            weighted[names] = sum(outputs[k] * float(mean[series[k]]) for k in by_rate) / total
    if not weighted:
        return
    found = list(weighted.values())

    yield _row(
        park,
        "implied_rate",
        Interval.point(park.value_added * 1e8 / total),
        Interval(sum(found) / len(found), min(found), max(found)),
        "fraction",
        figures=figures,
        same_scope=False,
        details={"tables": [{"zh": zh, "en": en, "rate": rate} for (zh, en), rate in weighted.items()]},
    )


def _stated(park: Park) -> Iterator[dict[str, Any]]:
    """The stated result and loss against the base year and against the growth of the reference series."""
    stated = park.config.stated
    if stated is None:
        return
    base = Interval.point(park.value_added * 1e8)
    growth = own_lever(park, park.config.growth)
    trend = Interval(growth.central, growth.low, growth.high)

    def row(key: str, level: Interval, figures: tuple[str, ...]) -> dict[str, Any]:
        implied = Interval(*(v / base.value - 1 for v in (level.value, level.low, level.high)))
        own = growth.evidence in OWN
        details = {"lever": growth.name}
        return _row(park, key, implied, trend, "fraction", figures=figures, same_scope=own, details=details)

    result = _lookup(park, stated.result)
    yield row("stated_growth", result, (stated.result, park.config.value_added))
    if stated.loss is not None:
        both = result.combine(_lookup(park, stated.loss), operator.add)
        yield row("implied_unshocked_growth", both, (stated.result, stated.loss, park.config.value_added))


def audit(park: Park) -> pd.DataFrame:
    """All checks of a park, a row each.

    Returns
    -------
    DataFrame
        Columns as in ``COLUMNS``: the stated and the computed value with bounds in ``unit``, their
        difference (stated - computed), the verdict (consistent, other_scope, contradiction,
        cannot_be_checked), and the figures with their places in the source. A check of park.yml has its
        names and notes in both languages; the package's own have ``details`` that a report words.

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
    problems = check_names(park)
    if problems:
        raise InputError(problems)
    rows = [*_accounts(park), *_stated(park), *_declared(park)]
    return pd.DataFrame(rows, columns=COLUMNS)
