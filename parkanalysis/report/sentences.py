"""Sentences built from results: the answer, what each chart shows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parkanalysis.model.inverse import BreakEven
from parkanalysis.model.projection import Projection
from parkanalysis.report.findings import Goal, by_kind
from parkanalysis.report.words import Words

__all__ = ["gap", "goal_label", "goal_phrase", "projected", "required", "uncertainty"]

#: What is less likely is no route that an administration could be told to take.
LEAST_CHANCE = 0.01


def goal_label(words: Words, goal: Goal) -> str:
    """What the goal is called in charts and heads of tables.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> goal_label(Words(park, "en"), goal(park)), goal_label(Words(park, "zh"), goal(park))
    ('stated', '园区预计')
    """
    assert words.park is not None
    if goal.stated:
        return words("stated")
    return words("{year} level", year=words.park.config.base_year)


def goal_phrase(words: Words, goal: Goal) -> str:
    """The goal as the words after "reaching": the stated amount, or the level of the base year.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> goal_phrase(Words(park, "en"), goal(park))
    'the stated CNY 4.00 billion'
    """
    assert words.park is not None
    if goal.stated:
        return words("the stated {amount}", amount=words.amount(goal.value))
    year = words.park.config.base_year
    return words("the {year} level of {amount}", year=year, amount=words.amount(goal.value, extra=1))


def projected(projection: Projection, goal: Goal, words: Words) -> str:
    """What is projected, how sure, and the chance of the goal.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(projected(projection, goal(projection.park), Words(projection.park, "en")))
    Industrial value added in 2016 is projected at CNY 3.52 billion, 4.9% below the CNY 3.701 billion of
    2015; the 80% interval runs from CNY 2.96 to 3.99 billion, and the stated CNY 4.00 billion is reached
    with a probability of 10%.
    """
    park, (low, high) = projection.park, projection.interval()
    base = park.value_added
    growth = projection.median / base - 1
    change = words.percent(abs(growth))
    than = words.amount(base, extra=1)
    if growth < 0:
        moved = words(
            "{change} below the {base} of {year}", change=change, base=than, year=park.config.base_year
        )
    else:
        moved = words(
            "{change} above the {base} of {year}", change=change, base=than, year=park.config.base_year
        )
    return words(
        "Industrial value added in {year} is projected at {median}, {moved}; the 80% interval runs from "
        "{range}, and {goal} is reached with a probability of {chance}.",
        year=park.config.target_year,
        median=words.amount(projection.median),
        moved=moved,
        range=words.amount_range(low, high),
        goal=goal_phrase(words, goal),
        chance=words.chance(float((projection.draws >= goal.value).mean())),
    )


def gap(projection: Projection, words: Words) -> str:
    """What drives the gap to the base year.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "closures", draws=256)
    >>> print(gap(projection, Words(projection.park, "en")))
    On average plant closures (−0.17) pull it down, growth of the rest (+0.55) push it up: CNY +0.38
    billion in all.
    """
    means = by_kind(projection)["mean"]
    total = words.amount(float(means.sum()), sign=True)
    down, up = (
        words.join(
            words.enclose(words.kind(str(k)), words.plain_amount(v, sign=True)) for k, v in part.items()
        )
        for part in (means[means < 0], means[means >= 0])
    )
    if down and up:
        return words(
            "On average {down} pull it down, {up} push it up: {total} in all.", down=down, up=up, total=total
        )
    if down:
        return words("On average {down} pull it down: {total} in all.", down=down, total=total)
    return words("On average {up} push it up: {total} in all.", up=up, total=total)


def _condition(found: BreakEven, projection: Projection, words: Words) -> str:
    lever = projection.scenario.levers[found.lever]
    return words(
        "{lever} at {value} instead of {central} (chance of that: {beyond})",
        lever=words.lever(found.lever, within=True),
        value=words.value(found.value, lever.unit),
        central=words.value(lever.central, lever.unit),
        beyond=words.chance(min(found.position, 1 - found.position)),
    )


def required(
    projection: Projection, found: Sequence[BreakEven], goal: Goal, words: Words, most: int = 2
) -> str:
    """What would have to be true for the goal to be reached with even odds.

    Examples
    --------
    >>> from parkanalysis.report.findings import goal
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> found = [projection.break_even("baseline_growth", 40.0)]
    >>> print(required(projection, found, goal(projection.park), Words(projection.park, "en")))
    For even odds of the stated CNY 4.00 billion one thing would have to be otherwise: growth of the rest
    at 29.3% instead of 15.1% (chance of that: 5%).
    """
    phrase = goal_phrase(words, goal)
    likely = [f for f in found if f.status == "met" and min(f.position, 1 - f.position) >= LEAST_CHANCE]
    met = [_condition(f, projection, words) for f in likely]
    if not met:
        if found and all(f.status == "always" for f in found):
            return words(
                "No single assumption, within its bounds, brings the odds of {goal} below even.", goal=phrase
            )
        return words(
            "No single change that has a chance of {least} or more brings the odds of {goal} to even.",
            least=words.chance(LEAST_CHANCE),
            goal=phrase,
        )
    conditions = words("; or ").join(met[:most])
    if projection.median >= goal.value:
        return words(
            "The odds of {goal} would fall to even with one thing otherwise: {conditions}.",
            goal=phrase,
            conditions=conditions,
        )
    return words(
        "For even odds of {goal} one thing would have to be otherwise: {conditions}.",
        goal=phrase,
        conditions=conditions,
    )


def uncertainty(ranked: pd.DataFrame, words: Words, most: int = 2) -> str:
    """Which assumptions carry the uncertainty, and how many rest on what evidence.

    Examples
    --------
    >>> from parkanalysis.report.findings import ranking
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> print(uncertainty(ranking(projection), Words(projection.park, "en")))
    Most of the uncertainty comes from growth of the rest 55% and alumina price, average of 2016 26%. Of
    the 25 numbers used: reported 3, derived 1, proxy 7 and assumed 14.
    """
    top = ranked[ranked["share"] > 0].head(most)
    if top.empty:
        return words("Nothing is uncertain in this scenario.")
    parts = [f"{words.lever(str(n), within=True)} {words.chance(float(s))}" for n, s in top["share"].items()]
    counts = ranked["evidence"].value_counts(sort=False)
    grades = [
        f"{words.evidence(g)} {counts[g]}" for g in ("reported", "derived", "proxy", "assumed") if g in counts
    ]
    return words(
        "Most of the uncertainty comes from {parts}. Of the {count} numbers used: {grades}.",
        parts=words.join(parts),
        count=len(ranked),
        grades=words.join(grades),
    )
