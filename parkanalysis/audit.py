"""Audit: what the source says, set against itself, against the accounts and against physics."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from parkanalysis import expressions, model, quantities
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.expressions import ExpressionError, Interval
from parkanalysis.levers import UNITS
from parkanalysis.park import Park
from parkanalysis.scenario import read_scenario

__all__ = ["COLUMNS", "HOLDS", "audit", "check_names", "verdict"]

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
    "figures",
    "places",
]
HOLDS, DIFFERS, OPEN = "holds", "differs", "cannot_be_checked"
RATE_TOLERANCE = 0.02


def verdict(stated: Interval, computed: Interval, relation: str = "equals", tolerance: float = 0.0) -> str:
    """Whether a stated figure agrees with a computed one.

    "equals" asks that the two intervals, widened by the tolerance, share a value; "at_least" that
    some stated value is not below some computed one; "at_most" the reverse; "within" that the
    whole stated interval lies in the computed one.

    Examples
    --------
    >>> verdict(Interval(40, 35, 45), Interval.point(46.0))
    'differs'
    """
    if any(math.isnan(v) for v in (stated.value, computed.value)):
        return OPEN
    above = stated.high + tolerance >= computed.low
    below = stated.low - tolerance <= computed.high
    inside = stated.low + tolerance >= computed.low and stated.high - tolerance <= computed.high
    return (
        HOLDS
        if {"equals": above and below, "at_least": above, "at_most": below, "within": inside}[relation]
        else DIFFERS
    )


def _lookup(park: Park, name: str) -> Interval:
    """A figure within the bounds of the park's reading rule, a lever, or a value of a series."""
    if name in park.quantities:
        quantity = park.quantities[name]
        low, high = quantities.bounds(quantity, park.config.reading_rule)
        return Interval(quantity.value, low, high)
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
    >>> from parkanalysis.park import read_park
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
) -> dict[str, Any]:
    factor = UNITS.get(unit, ("", 1.0))[1]
    s, c = (Interval(i.value / factor, i.low / factor, i.high / factor) for i in (stated, computed))
    place = park.figures.set_index("figure")["place"]
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
        "verdict": verdict(s, c, relation, tolerance),
        "figures": ", ".join(figures),
        "places": ", ".join(dict.fromkeys(place[f] for f in figures if f in place.index)),
    }


def _declared(park: Park) -> Iterator[dict[str, Any]]:
    for key, check in park.config.checks.items():
        stated, computed = (
            expressions.evaluate(text, lambda name: _lookup(park, name))
            for text in (check.stated, check.computed)
        )
        used = [n for text in (check.stated, check.computed) for n in expressions.names(text)]
        figures = tuple(dict.fromkeys(n for n in (*used, *check.figures) if n in park.quantities))
        yield _row(
            park, key, check.name, stated, computed, check.unit, check.relation, check.tolerance, figures
        )


def _by_rate(park: Park) -> dict[str, tuple[str, str]]:
    """Figure of output and series of rates of each industry that is reckoned by a rate."""
    found = {}
    for key, industry in park.config.industries.items():
        if industry.gross_output is not None and industry.value_added_rate is not None:
            found[key] = (industry.gross_output, park.levers[industry.value_added_rate].series)
    return found


def _rates(park: Park) -> pd.DataFrame:
    rows = park.value_added_rates[park.value_added_rates["use"] == "yes"]
    return rows.assign(rate=rows["value_added_10k_cny"] / rows["gross_output_10k_cny"])


def _accounts(park: Park) -> Iterator[dict[str, Any]]:
    """The sum of the industries, and the rate of each after balancing against its tables."""
    by_rate, rates = _by_rate(park), _rates(park)
    if not by_rate:
        return
    outputs = {key: park.amount(figure, "CNY") for key, (figure, _) in by_rate.items()}
    figures = tuple(figure for figure, _ in by_rate.values())
    published = Interval.point(park.value_added * 1e8)
    base = model.state(read_scenario(park, next(iter(park.scenarios))), None, 0).base
    parts = sum(float(base.value_added[key][0]) for key in by_rate) * 1e8
    yield _row(
        park,
        "industries_within_total",
        {
            "zh": "各产业增加值之和不超过公布的总额",
            "en": "industries' value added within the published total",
        },
        Interval.point(parts),
        published,
        "CNY_100m",
        "at_most",
        0.0,
        (park.config.value_added, *figures),
    )
    for key, (figure, series) in by_rate.items():
        known = rates.loc[rates["industry"] == series, "rate"]
        rate = float(base.rate[key][0])
        span = Interval(known.median(), known.min(), known.max()) if len(known) else Interval.point(math.nan)
        label = park.config.industries[key].name
        yield _row(
            park,
            f"rate_{key}",
            {
                "zh": f"{label['zh']}：平衡后的增加值率在投入产出表范围内",
                "en": f"{label['en']}: value-added rate after balancing within the input-output tables",
            },
            Interval.point(rate),
            span,
            "fraction",
            "within",
            0.0,
            (figure,),
        )
    implied = published.value / sum(outputs.values())
    for table, rows in rates.groupby("table"):
        mean = rows.groupby("industry")["rate"].mean()
        if not all(series in mean.index for _, series in by_rate.values()):
            continue
        weighted = sum(outputs[k] * float(mean[s]) for k, (_, s) in by_rate.items()) / sum(outputs.values())
        yield _row(
            park,
            f"implied_rate_{table}",
            {"zh": f"隐含增加值率与{table}", "en": f"implied value-added rate against {table}"},
            Interval.point(implied),
            Interval.point(weighted),
            "fraction",
            "equals",
            RATE_TOLERANCE,
            (park.config.value_added, *figures),
        )


def _stated(park: Park) -> Iterator[dict[str, Any]]:
    """The stated result and loss against the base year and against the growth of the reference series."""
    stated = park.config.stated
    if stated is None:
        return
    base = Interval.point(park.value_added * 1e8)
    result = _lookup(park, stated.result)
    growth = read_scenario(park, next(iter(park.scenarios))).levers[park.config.growth]
    trend = Interval(growth.central, growth.low, growth.high)

    def rate(level: Interval) -> Interval:
        return Interval(*(v / base.value - 1 for v in (level.value, level.low, level.high)))

    yield _row(
        park,
        "stated_growth",
        {
            "zh": "预计结果相对上年的增长与参照序列",
            "en": "growth of the stated result against the reference series",
        },
        rate(result),
        trend,
        "fraction",
        "equals",
        0.0,
        (stated.result, park.config.value_added),
    )
    if stated.loss is not None:
        loss = park.quantities[stated.loss]
        implied = rate(result.combine(Interval(loss.value, loss.low, loss.high), operator.add))
        yield _row(
            park,
            "implied_unshocked_growth",
            {
                "zh": "预计结果加减少额隐含的无冲击增长与参照序列",
                "en": "growth without shocks implied by result and loss, against the reference series",
            },
            implied,
            trend,
            "fraction",
            "equals",
            0.0,
            (stated.result, stated.loss, park.config.value_added),
        )


def audit(park: Park) -> pd.DataFrame:
    """All checks of a park, a row each.

    Returns
    -------
    DataFrame
        Columns as in ``COLUMNS``: the stated and the computed value with bounds in ``unit``, their
        difference (stated - computed), the verdict (holds, differs, cannot_be_checked), and the
        figures with their places in the source.

    Raises
    ------
    InputError
        Where a check of park.yml cannot be read.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> table = audit(read_park("qingzhen")).set_index("check")
    >>> bool(table.loc["power_contract_hours", "stated"] == 1000.0)
    True
    """
    problems = check_names(park)
    if problems:
        raise InputError(problems)
    rows = [*_accounts(park), *_stated(park), *_declared(park)]
    return pd.DataFrame(rows, columns=COLUMNS)
