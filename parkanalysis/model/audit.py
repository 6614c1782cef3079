"""Audit: what the source says, set against itself, against the accounts and against physics."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from parkanalysis import quantities
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model import expressions
from parkanalysis.model.expressions import ExpressionError, Interval
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.verdicts import RELATIONS, verdict
from parkanalysis.park.levers import UNITS
from parkanalysis.park.park import Park
from parkanalysis.report.words import LANGUAGES, Words

__all__ = ["COLUMNS", "audit", "check_names"]

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
]
OWN = ("reported", "derived")


def _lookup(park: Park, name: str) -> Interval:
    """A figure, a lever, or a value of a series.

    A figure has the bounds of the park's reading rule, but for open ends: the rule caps 以上 for drawing,
    and a cap that nobody stated must not refute what was stated.
    """
    if name in park.quantities:
        quantity = park.quantities[name]
        low, high = quantities.bounds(quantity, park.config.reading_rule)
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
    """Problems of the checks a park declares: what cannot be read, what is unknown.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> slip = park.config.checks["funds_raised_and_debt"].model_copy(update={"computed": "dept"})
    >>> print(*check_names(replace(park, config=park.config.model_copy(update={"checks": {"funds": slip}}))))
    park.yml, column checks.funds.computed: found 'dept' is no figure, lever or year of a series;
    allowed: arithmetic over names; did you mean 'debt'?
    """
    problems = []
    known = [*park.quantities, *park.levers, *park.history["series"].unique()]
    for key, check in park.config.checks.items():
        for side in ("stated", "computed"):
            try:
                expressions.evaluate(getattr(check, side), lambda name: _lookup(park, name))
            except ExpressionError as error:
                text = getattr(check, side)
                near = nearest(text, known) if text.isidentifier() else None
                place = f"checks.{key}.{side}"
                problems.append(Problem("park.yml", str(error), "arithmetic over names", None, place, near))
    return problems


def _row(
    park: Park,
    key: str,
    names: dict[Any, str],
    stated: Interval,
    computed: Interval,
    unit: str,
    relation: str = "equals",
    tolerance: float = 0.0,
    figures: tuple[str, ...] = (),
    same_scope: bool = True,
    notes: dict[Any, str] | None = None,
) -> dict[str, Any]:
    factor = UNITS.get(unit, ("", 1.0))[1]
    s, c = (Interval(i.value / factor, i.low / factor, i.high / factor) for i in (stated, computed))
    place = park.figures.set_index("figure")["place"]
    said = notes or _both(park, lambda words: words(RELATIONS[relation]))
    return {
        "check": key,
        "name_zh": names["zh"],
        "name_en": names["en"],
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
        "note_zh": said["zh"],
        "note_en": said["en"],
        "figures": ", ".join(figures),
        "places": ", ".join(dict.fromkeys(place[f] for f in figures if f in place.index)),
    }


def _both(park: Park, say: Callable[[Words], str]) -> dict[Any, str]:
    return {lang: say(Words(park, lang)) for lang in LANGUAGES}


def _declared(park: Park) -> Iterator[dict[str, Any]]:
    for key, check in park.config.checks.items():
        stated, computed = (
            expressions.evaluate(text, lambda name: _lookup(park, name))
            for text in (check.stated, check.computed)
        )
        used = [n for text in (check.stated, check.computed) for n in expressions.names(text)]
        figures = tuple(dict.fromkeys(n for n in (*used, *check.figures) if n in park.quantities))
        rule = (check.unit, check.relation, check.tolerance, figures, check.same_scope)
        yield _row(park, key, check.name, stated, computed, *rule, notes=check.note)


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

    def note(words: Words) -> str:
        evidence = words.join(words.evidence(grade) for grade in sorted(grades))
        said = words("Output of each industry times its value-added rate ({evidence}).", evidence=evidence)
        others = words.join(words.industry(key) for key in rest)
        return (
            words("{said} What the total has beyond it: {others}.", said=said, others=others)
            if rest
            else said
        )

    yield _row(
        park,
        "industries_within_total",
        _both(
            park,
            lambda words: words("published total against the industries' rates times output, unbalanced"),
        ),
        Interval.point(park.value_added * 1e8),
        parts,
        "CNY_100m",
        "at_least" if rest else "equals",
        figures=figures,
        same_scope=grades <= set(OWN),
        notes=_both(park, note),
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

    def note(words: Words) -> str:
        tables = words.join(
            words("{table}: {rate}", table=zh if words.lang == "zh" else en, rate=words.percent(rate))
            for (zh, en), rate in weighted.items()
        )
        return words(
            "Weighted by output: {tables}. The tables are of larger areas, and the published value added "
            "may hold firms beyond the output listed.",
            tables=tables,
        )

    yield _row(
        park,
        "implied_rate",
        _both(
            park,
            lambda words: words("published value added over the output listed, against input-output tables"),
        ),
        Interval.point(park.value_added * 1e8 / total),
        Interval(sum(found) / len(found), min(found), max(found)),
        "fraction",
        figures=figures,
        same_scope=False,
        notes=_both(park, note),
    )


def _stated(park: Park) -> Iterator[dict[str, Any]]:
    """The stated result and loss against the base year and against the growth of the reference series."""
    stated = park.config.stated
    if stated is None:
        return
    base = Interval.point(park.value_added * 1e8)
    growth = read_scenario(park, next(iter(park.scenarios))).levers[park.config.growth]
    trend = Interval(growth.central, growth.low, growth.high)

    def note(words: Words) -> str:
        named = words.enclose(words.lever(growth.name), words.evidence(growth.evidence))
        said = words.note(growth).rstrip("。.")
        return words("Set against {lever}: {note}.", lever=named, note=said) if said else named

    notes = _both(park, note)

    def row(key: str, names: dict[Any, str], level: Interval, figures: tuple[str, ...]) -> dict[str, Any]:
        implied = Interval(*(v / base.value - 1 for v in (level.value, level.low, level.high)))
        own = growth.evidence in OWN
        return _row(
            park, key, names, implied, trend, "fraction", figures=figures, same_scope=own, notes=notes
        )

    result = _lookup(park, stated.result)
    yield row(
        "stated_growth",
        _both(park, lambda words: words("growth of the stated result against the reference series")),
        result,
        (stated.result, park.config.value_added),
    )
    if stated.loss is not None:
        yield row(
            "implied_unshocked_growth",
            _both(
                park,
                lambda words: words(
                    "growth without shocks implied by result and loss, against the reference series"
                ),
            ),
            result.combine(_lookup(park, stated.loss), operator.add),
            (stated.result, stated.loss, park.config.value_added),
        )


def audit(park: Park) -> pd.DataFrame:
    """All checks of a park, a row each.

    Returns
    -------
    DataFrame
        Columns as in ``COLUMNS``: the stated and the computed value with bounds in ``unit``, their
        difference (stated - computed), the verdict (consistent, other_scope, contradiction,
        cannot_be_checked), a note on scope and basis, and the figures with their places in the source.

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
