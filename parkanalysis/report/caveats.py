"""What a headline leaves open, in sentences: price basis, reading, central values, method, correlations."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkanalysis.model.projection import growth, project
from parkanalysis.model.scenario import own_lever
from parkanalysis.model.shocks import YUAN_PER_100M
from parkanalysis.model.target_year import used_levers
from parkanalysis.quantities import bounds
from parkanalysis.report.findings import Goal
from parkanalysis.report.markup import Html, paragraph
from parkanalysis.report.words import Words

if TYPE_CHECKING:
    from parkanalysis.model.projection import Projection

__all__ = [
    "at_central_values",
    "at_comparable_prices",
    "by_other_methods",
    "choices",
    "correlations",
    "notes",
    "other_methods",
    "reading",
]

METHODS = ("default", "drift", "theta", "damped_trend")
DRAWS = 4096
#: A median this near the result at central values needs no explanation.
NEAR = 0.01


def at_comparable_prices(projection: Projection, words: Words) -> str:
    """Growth as statistics state it, and the price change it rests on; empty without a deflator.

    Examples
    --------
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(at_comparable_prices(projection, Words(projection.park, "en")))
    At comparable prices, with the price changes of this scenario left out and the rest deflated by −3.0%
    (−6.0% to −0.5%; evidence: proxy), the change on 2015 is +11.5% (80% interval +1.4% to +22.4%).
    """
    name = projection.park.config.deflator
    if name is None:
        return ""
    found, lever = growth(projection)["comparable"], projection.scenario.levers[name]
    percent = functools.partial(words.percent, sign=True)
    return words(
        "At comparable prices, with the price changes of this scenario left out and the rest deflated by "
        "{prices} ({least} to {most}; evidence: {grade}), the change on {year} is {change} (80% interval "
        "{low} to {high}).",
        prices=percent(lever.central),
        least=percent(lever.low),
        most=percent(lever.high),
        grade=words.evidence(lever.evidence),
        year=projection.park.config.base_year,
        change=percent(found[0.5]),
        low=percent(found[0.1]),
        high=percent(found[0.9]),
    )


def reading(projection: Projection, goal: Goal, words: Words) -> str:
    """How a hedged goal reads, and the chance of its lower end; empty where it is exact.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(reading(projection, goal(projection.park), Words(projection.park, "en")))
    “40 亿元左右” reads as CNY 3.80 to 4.20 billion; the chance of CNY 3.80 billion or more is 21%.
    """
    park = projection.park
    stated = park.quantities[goal.figure]
    low, high = (end / YUAN_PER_100M for end in bounds(stated, park.config.reading_rule))
    if not goal.stated or low >= goal.value or not np.isfinite(high):
        return ""
    return words(
        "“{text}” reads as {range}; the chance of {least} or more is {chance}.",
        text=stated.text,
        range=words.amount_range(low, high),
        least=words.amount(low),
        chance=words.chance(float((projection.draws >= low).mean())),
    )


def at_central_values(projection: Projection, words: Words) -> str:
    """Why the median is not the result at the printed values; empty where it nearly is.

    Examples
    --------
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(at_central_values(projection, Words(projection.park, "en")))
    With every assumption at its central value the result is CNY 3.39 billion; the ranges reach further to
    one side of these values than to the other, and the median over all of them is CNY 3.52 billion.
    """
    if abs(projection.central - projection.median) < NEAR * abs(projection.median):
        return ""
    return words(
        "With every assumption at its central value the result is {central}; the ranges reach further to one "
        "side of these values than to the other, and the median over all of them is {median}.",
        central=words.amount(projection.central),
        median=words.amount(projection.median),
    )


def correlations(projection: Projection, words: Words) -> str:
    """Assumptions taken to move together; empty where none do.

    Examples
    --------
    >>> projection = project("qingzhen", "combined", draws=16)
    >>> print(correlations(projection, Words(projection.park, "en")))
    Assumed to move together (rank correlation): alumina price, average of 2016 – growth of the rest
    (+0.3) and alumina price, average of 2016 – pass-through of the price fall to inputs (−0.2).
    """
    used = set(used_levers(projection.scenario))
    pairs = [
        words.enclose(
            " – ".join(words.lever(n, within=True) for n in pair.levers),
            f"{pair.rank:+.1f}".replace("-", "−"),
        )
        for pair in projection.park.config.correlations
        if used.issuperset(pair.levers)
    ]
    if not pairs:
        return ""
    return words("Assumed to move together (rank correlation): {pairs}.", pairs=words.join(pairs))


def other_methods(projection: Projection, target: float) -> pd.DataFrame:
    """The projection with the growth of the rest forecast by other methods.

    Returns
    -------
    DataFrame
        Index ``method``; ``growth`` (median, a fraction), ``median``, ``low``, ``high`` (10% and 90% points,
        亿元), ``chance`` of at least ``target``. Empty where the growth stands on no forecast, or is set.

    Examples
    --------
    >>> other_methods(project("qingzhen", "combined", draws=256), 40.0)["median"].round(1).to_dict()
    {'default': 32.5, 'theta': 32.4, 'damped_trend': 35.0}
    """
    park, scenario, name = projection.park, projection.scenario, projection.park.config.growth
    own: Any = scenario.levers[name]
    rows = {}
    if park.levers[name].distribution == "forecast" and name not in scenario.settings:
        seen = {own.forecast.relative.method}
        for method in METHODS:
            other = replace(park, config=park.config.model_copy(update={"growth_method": method}))
            lever: Any = own_lever(other, name)
            used = lever.forecast.relative.method  # the default, where the series is too short for the method
            if used in seen:
                continue
            seen.add(used)
            held = replace(scenario, levers={**scenario.levers, name: lever})
            made = project(park, held, min(len(projection.draws), DRAWS), projection.seed).draws
            middle, low, high = np.quantile(made, [0.5, 0.1, 0.9])
            rows[method] = (lever.central, middle, low, high, float((made >= target).mean()))
    columns = ["growth", "median", "low", "high", "chance"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


def by_other_methods(projection: Projection, goal: Goal, words: Words) -> str:
    """How far the choice of the forecasting method moves the result; empty where there is no choice.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(by_other_methods(projection, goal(projection.park), Words(projection.park, "en")))
    The interval leaves out the choice of the method that forecasts growth (drift): by default, theta and
    damped_trend the median would be CNY 3.24 to 3.50 billion, and the chance of CNY 4.00 billion 2% to
    10%.
    """
    found = other_methods(projection, goal.value)
    if found.empty:
        return ""
    return words(
        "The interval leaves out the choice of the method that forecasts growth ({own}): by {others} the "
        "median would be {range}, and the chance of {goal} {least} to {most}.",
        own=projection.park.config.growth_method,
        others=words.join(str(m) for m in found.index),
        range=words.amount_range(found["median"].min(), found["median"].max()),
        goal=words.amount(goal.value),
        least=words.chance(found["chance"].min()),
        most=words.chance(found["chance"].max()),
    )


def _paragraphs(sentences: list[str], kind: str) -> Html:
    said = [s for s in sentences if s]
    return Html("".join(paragraph(s, kind) for s in said), "\n".join(said))


def notes(projection: Projection, goal: Goal, words: Words) -> Html:
    """What to know when quoting the answer.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> p = project("qingzhen", "reference", draws=256)
    >>> len(str(notes(p, goal(p.park), Words(p.park, "en"))).splitlines())
    2
    """
    said = [
        reading(projection, goal, words),
        at_comparable_prices(projection, words),
        at_central_values(projection, words),
    ]
    return _paragraphs(said, "note")


def choices(projection: Projection, goal: Goal, words: Words) -> Html:
    """What the interval takes as given: the forecasting method, and which assumptions move together.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> p = project("qingzhen", "reference", draws=256)
    >>> len(str(choices(p, goal(p.park), Words(p.park, "en"))).splitlines())
    1
    """
    said = [by_other_methods(projection, goal, words), correlations(projection, words)]
    return _paragraphs(said, "")
