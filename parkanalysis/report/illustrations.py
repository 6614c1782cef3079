"""The report's charts with title, text alternative, remark and source, all built from results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.model.inverse import frontier as frontier_grid
from parkanalysis.model.projection import Projection
from parkanalysis.report import chart_targets, charts, findings, sentences
from parkanalysis.report.findings import Goal
from parkanalysis.report.markup import Figure, Html, paragraph
from parkanalysis.report.style import to_svg
from parkanalysis.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.model.case import Case
    from parkanalysis.park.park import Park

__all__ = [
    "all_figures",
    "contributions",
    "distribution",
    "fan",
    "frontier",
    "ledger_intervals",
    "target_risk",
    "tornado",
    "waterfall",
]

GRID = 13
INEXACT = 14


def _figure(ax: Axes, name: str, title: str, alt: str, words: Words, note: str = "") -> Figure:
    assert words.park is not None
    source = words(
        "Source: own calculation on the figures of {park} as of {date}.",
        park=words.park.label(words.lang),
        date=words.date(words.park.config.as_of),
    )
    return Figure(to_svg(ax, name), f"figure-{name}", title, alt, note, source, ax)


def all_figures(case: Case) -> list[Figure]:
    """Every chart of a report, in its order.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> case = read_parameters({"park": "qingzhen", "scenario": "reference", "draws": 64})
    >>> [figure.id for figure in all_figures(case)][:3]
    ['figure-fan', 'figure-waterfall', 'figure-contributions']
    """
    words, projection = Words(case.park, case.lang), case.project()
    goal, shares = findings.goal(case.park), findings.contributions(projection)
    ranked = findings.ranking(projection)
    made = [
        fan(projection, goal, words),
        waterfall(projection, shares, words),
        contributions(shares, words),
        distribution(projection, goal, words),
        tornado(projection, ranked, words),
        target_risk(projection, goal, words),
        frontier(projection, ranked, goal, words),
        ledger_intervals(case.park, words),
    ]
    return [item for item in made if isinstance(item, Figure)]


def _pairs(frame: pd.DataFrame, words: Words) -> str:
    signed = [
        f"{words.driver(str(d))} {words.plain_amount(float(v), sign=True)}" for d, v in frame["mean"].items()
    ]
    return words.join(signed)


def waterfall(projection: Projection, shares: pd.DataFrame, words: Words) -> Figure:
    """The way from the base year to the target year.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "power_contract", draws=64)
    >>> words = Words(projection.park, "en")
    >>> waterfall(projection, findings.contributions(projection), words)
    Bars from CNY 3.70 billion in 2015 to CNY 4.07 billion in 2016: Growth of the rest +0.56 and Power
    contract −0.20.
    """
    frame = findings.steps(projection, shares)
    config = projection.park.config
    alt = words(
        "Bars from {start} in {base_year} to {end} in {year}: {steps}.",
        start=words.amount(projection.park.value_added),
        base_year=config.base_year,
        end=words.amount(float(frame["value"].iloc[-1])),
        year=config.target_year,
        steps=_pairs(shares, words),
    )
    note = words(
        "Mean contributions; they add up to the mean, {mean}, where the projection is the median, {median}.",
        mean=words.amount(float(projection.draws.mean())),
        median=words.amount(projection.median),
    )
    title = words(
        "From {base_year} to {year}, driver by driver", base_year=config.base_year, year=config.target_year
    )
    return _figure(charts.waterfall(frame, words), "waterfall", title, alt, words, note)


def fan(projection: Projection, goal: Goal, words: Words) -> Figure:
    """History and fan.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=64)
    >>> fan(projection, findings.goal(projection.park), Words(projection.park, "en"))
    Line from CNY 0.45 billion in 2000 to CNY 3.70 billion in 2015, then a fan that in 2016 holds 80%
    between CNY 2.90 to 3.90 billion, median CNY 3.49 billion; stated CNY 4.00 billion.
    """
    frame = findings.fan(projection)
    config, (low, high) = projection.park.config, projection.interval()
    past = frame["history"].dropna()
    alt = words(
        "Line from {first} in {first_year} to {base} in {base_year}, then a fan that in {year} holds 80% "
        "between {range}, median {median}; {label} {goal}.",
        first=words.amount(float(past.iloc[0])),
        first_year=int(past.index[0]),
        base=words.amount(projection.park.value_added),
        base_year=config.base_year,
        year=config.target_year,
        range=words.amount_range(low, high),
        median=words.amount(projection.median),
        label=sentences.goal_label(words, goal),
        goal=words.amount(goal.value),
    )
    note = ""
    if len(past) > 1:
        note = words(
            "Before {base_year} this is not the park's own past but the reference series, scaled to the park "
            "in {base_year} ({series}). Shades hold 50, 80 and 90%.",
            base_year=config.base_year,
            series=words.note(projection.scenario.levers[config.growth]).rstrip("。."),
        )
    ax = charts.fan(frame, words, goal.value, sentences.goal_label(words, goal))
    return _figure(ax, "fan", words("The projection against the past"), alt, words, note)


def distribution(projection: Projection, goal: Goal, words: Words) -> Figure:
    """Density with the goal.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=64)
    >>> distribution(projection, findings.goal(projection.park), Words(projection.park, "en"))
    Density with median CNY 3.49 billion, 80% between CNY 2.90 to 3.90 billion; 8% of it lies at or above
    stated CNY 4.00 billion.
    """
    low, high = projection.interval()
    chance = float((projection.draws >= goal.value).mean())
    label = sentences.goal_label(words, goal)
    alt = words(
        "Density with median {median}, 80% between {range}; {chance} of it lies at or above {label} {goal}.",
        median=words.amount(projection.median),
        range=words.amount_range(low, high),
        chance=words.chance(chance),
        label=label,
        goal=words.amount(goal.value),
    )
    ax = charts.distribution(
        findings.density(projection.draws), projection.quantiles, words, goal.value, label
    )
    return _figure(ax, "distribution", words("How likely each level is"), alt, words)


def contributions(shares: pd.DataFrame, words: Words) -> Figure:
    """Contributions with intervals.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> shares = pd.DataFrame({"mean": [5.6], "low": [1.9], "high": [9.3]}, index=["baseline"])  # 亿元
    >>> contributions(shares, Words(read_park("qingzhen"), "en"))
    Mean contributions in CNY billion: Growth of the rest +0.56.
    """
    alt = words("Mean contributions in {unit}: {steps}.", unit=words.money_unit, steps=_pairs(shares, words))
    note = words("Dot: mean. Bar: 80% interval.")
    ax = charts.contributions(shares, words)
    return _figure(ax, "contributions", words("What each driver adds or takes"), alt, words, note)


def tornado(projection: Projection, ranked: pd.DataFrame, words: Words, most: int = 10) -> Figure:
    """Swing of the assumptions.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "power_contract", draws=64)
    >>> tornado(projection, findings.ranking(projection), Words(projection.park, "en"))
    Widest swing: Growth of the rest, from CNY 3.70 billion to CNY 4.42 billion between its 10% and 90%
    points.
    """
    frame = ranked.dropna(subset=["at_low"])
    width = (frame["at_high"] - frame["at_low"]).abs().sort_values(ascending=False, kind="stable")
    frame = frame.loc[width.index[:most]]
    first = str(frame.index[0]) if len(frame) else ""
    alt = words("Nothing is uncertain in this scenario.")
    if first:
        alt = words(
            "Widest swing: {lever}, from {low} to {high} between its 10% and 90% points.",
            lever=words.lever(first),
            low=words.amount(float(frame["at_low"].iloc[0])),
            high=words.amount(float(frame["at_high"].iloc[0])),
        )
    note = words("Median with one assumption at its 10% and at its 90% point, all else as it is.")
    ax = chart_targets.tornado(frame, words, projection.median)
    return _figure(ax, "tornado", words("How far one assumption moves the projection"), alt, words, note)


def target_risk(projection: Projection, goal: Goal, words: Words) -> Figure:
    """Chance of each target.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=64)
    >>> target_risk(projection, findings.goal(projection.park), Words(projection.park, "en"))
    Targets and the chance of reaching them: CNY 3.46 billion 50%, CNY 3.07 billion 80% and CNY 2.89
    billion 90%.
    """
    met = projection.targets_met()
    parts = [f"{words.amount(float(v))} {float(str(p)):.0%}" for p, v in met.items()]
    alt = words("Targets and the chance of reaching them: {parts}.", parts=words.join(parts))
    ax = chart_targets.target_risk(
        projection.target_risk(), words, goal.value, sentences.goal_label(words, goal)
    )
    return _figure(ax, "target-risk", words("What target is met with what chance"), alt, words)


def frontier(projection: Projection, ranked: pd.DataFrame, goal: Goal, words: Words) -> Figure | Html:
    """Which pairs of the two weightiest assumptions reach the goal.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "power_contract", draws=256)
    >>> ranked, goal = findings.ranking(projection), findings.goal(projection.park)
    >>> frontier(projection, ranked, goal, Words(projection.park, "en"))
    Map of Utilisation hours before and Growth of the rest; even odds of CNY 4.00 billion are reached in 53%
    of it.
    """
    free = [str(n) for n in ranked.index if ranked.loc[n, "share"] > 0][:2]
    if len(free) < 2:
        text = words("Fewer than two assumptions are uncertain; there is no frontier.")
        return Html(paragraph(text), text)
    levers = projection.scenario.levers
    y, x = free
    found = frontier_grid(projection, x, y, goal.value, size=GRID)
    here = (levers[x].central, levers[y].central)
    alt = words(
        "Map of {x} and {y}; even odds of {goal} are reached in {part} of it.",
        x=words.lever(x),
        y=words.lever(y),
        goal=words.amount(goal.value),
        part=words.chance(float(np.mean(found.reached >= goal.value))),
    )
    note = words(
        "Shaded: pairs that reach {goal} with even odds. Lines: the median.", goal=words.amount(goal.value)
    )
    title = words("Which pairs of assumptions reach {goal}", goal=words.amount(goal.value))
    return _figure(chart_targets.frontier(found, words, here), "frontier", title, alt, words, note)


def ledger_intervals(park: Park, words: Words) -> Figure | Html:
    """Bounds of the printed figures that are not exact.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> ledger_intervals(park, Words(park, "en"))
    Bounds of 14 printed figures that are not exact.
    """
    frame = findings.ledger(park)
    frame = frame[(frame["low"] < frame["high"]) & (frame["value"] > 0)]
    frame = frame.sort_values("used", ascending=False, kind="stable").head(INEXACT)
    if frame.empty:
        text = words("Every printed figure is exact.")
        return Html(paragraph(text), text)
    alt = words("Bounds of {count} printed figures that are not exact.", count=len(frame))
    note = words(
        "Reading rule “{rule}”; arrows have no upper bound.",
        rule=words.reading_rule(park.config.reading_rule),
    )
    ax = chart_targets.ledger_intervals(frame, words)
    return _figure(ax, "ledger", words("How exact the printed figures are"), alt, words, note)
