"""The one door for all checks of a park: its files, what the model makes of them, what the audit finds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem, told_once
from parkanalysis.model.audit import CONTRADICTION, OTHER_SCOPE, audit, check_names
from parkanalysis.model.draws import Base, Draws, base_year
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import YUAN_PER_100M, Scenario, build_scenario, read_scenario
from parkanalysis.model.target_year import used_levers
from parkanalysis.park import UNITS, Park, read_park
from parkanalysis.park.new import DRAFTED, EXAMPLE_SOURCE
from parkanalysis.park.park import REFERENCE

ROUNDING = 1.005  # printed figures are rounded; half a per cent is no finding
# half the 10-90% range beyond its ends is 2.6 standard deviations from the middle of a normal
FAR = 0.5
LEAST_WIDTH = 0.2  # of the central value, where the range is narrower or a point
LISTED = 12
Finding = tuple[str, str, str]  # lever, found, allowed


def check(path: str | Path) -> list[Problem]:
    """All problems of a park: errors, or where there are none, warnings.

    Errors are what ``read_park`` refuses (schema, units, ranges, references between files, vintage,
    numbers that cannot be) and a scenario that cannot be projected. Warnings are :func:`doubts`.

    Parameters
    ----------
    path : str or Path
        Folder, workbook or name of a park.

    Returns
    -------
    list of Problem
        Empty when there is nothing to say; ``severity`` is ``error`` or ``warning``.

    Examples
    --------
    >>> print({p.column: p for p in check("qingzhen")}["projects_attracted_and_done"])
    audit, column projects_attracted_and_done: found projects attracted against industrial projects
    carried out: stated 82 count, computed 80 count; allowed: equals, unless scope or basis differ as
    noted: ...
    """
    try:
        park = read_park(path)
    except InputError as error:
        return list(error.problems)
    errors = list(_unworkable(park))
    return [*errors, *park.doubts] if errors else doubts(park)


def doubts(park: Park) -> list[Problem]:
    """What a park that can be projected is warned of, each kind once.

    Numbers that hardly can be, numbers that do not fit together, settings without effect, levers and
    sources that nothing uses, numbers of the template that still stand, the audit's findings.
    """
    own_checks = (_template, _drafted, _unused, _settings, implausible, _audit)
    found = [problem for check_of in own_checks for problem in check_of(park)]
    own = [replace(park.place(p) if "." in p.file else p, severity="warning") for p in found]
    return told_once([*park.doubts, *own])


def _unworkable(park: Park) -> Iterator[Problem]:
    """Checks of park.yml that cannot be read, and scenarios that give no number."""
    yield from check_names(park)
    for name in park.scenarios:
        file = f"scenarios/{name}.yml"
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                draws = project(park, name, draws=64).draws
        except InputError as error:
            yield from error.problems
            continue
        except (ValueError, ArithmeticError) as error:
            yield Problem(file, f"no projection ({error})", "levers that can be projected")
            continue
        yield from impossible(draws, file)


def impossible(draws: NDArray[np.float64], file: str) -> Iterator[Problem]:
    """Why draws of value added cannot be those of a scenario, which lies in ``file``."""
    if not np.isfinite(draws).all():
        yield Problem(file, "a projection that is no number", "levers that can be projected")
    elif np.median(draws) < 0:
        found = f"a projection of {np.median(draws):.4g} CNY_100m"
        yield Problem(file, found, "value added of 0 or more: no industry loses more than it adds")


def _template(park: Park) -> Iterator[Problem]:
    """Numbers of the template that still stand for the park's own."""
    names = ("figures", "history", "prices", "value_added_rates")
    tables = {name: getattr(park, name)["source"] for name in names}
    tables |= {"levers": [lever.source for lever in park.levers.values()]}
    counts = {name: sum(source == EXAMPLE_SOURCE for source in column) for name, column in tables.items()}
    listed = ", ".join(f"{name}.csv {count}" for name, count in counts.items() if count)
    if listed:
        found = f"{sum(counts.values())} rows that are the template's examples and not this zone's: {listed}"
        yield Problem("park", found, "the zone's own numbers, with their sources", column="source")


def _all_of(
    names: Sequence[str], file: str, column: str, one: str, many: str, allowed: str
) -> Iterator[Problem]:
    """One problem for all the names: the one with what is to be said of it, or their number and the first."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    found = f"{len(names)} {many}: {', '.join(names[:LISTED])}{more}"
    if names:
        yield Problem(file, f"{names[0]}, {one}" if len(names) == 1 else found, allowed, column=column)


def _drafted(park: Park) -> Iterator[Problem]:
    """Rows that were drafted from a report and that nobody has confirmed."""
    drafted = park.figures["note"].astype(str).str.startswith(DRAFTED)
    rows = park.figures.loc[drafted, "figure"].tolist()
    allowed = f"figures confirmed against the source (take {DRAFTED!r} out of the note)"
    one, many = "drafted from a report", "figures drafted from a report"
    yield from _all_of(rows, "figures.csv", "note", one, many, allowed)


def _unused(park: Park) -> Iterator[Problem]:
    """Levers, sources and shocks that lead nowhere, and levers that a scenario sets for nothing."""
    config, scenarios = park.config, park.scenarios
    items = [*config.industries.values(), *config.products.values(), *config.plants.values()]
    used = {str(value) for item in (config, *items, *config.shocks.values()) for value in vars(item).values()}
    text = " ".join(f"{c.stated} {c.computed}" for c in config.checks.values())
    spare = [name for name in park.levers if name not in used and name not in text]
    one, many = "which nothing uses", "levers that nothing uses"
    yield from _all_of(spare, "levers.csv", "lever", one, many, "a lever that park.yml uses")
    tables = (park.figures, park.history, park.prices, park.value_added_rates)
    cited = {s for t in tables for s in t["source"]} | {lever.source for lever in park.levers.values()}
    idle = [source for source in park.sources["source"] if source not in cited]
    one, many = "which nothing cites", "sources that nothing cites"
    yield from _all_of(idle, "sources.csv", "source", one, many, "a source that a row names")
    shown = {s for name in scenarios for s in read_scenario(park, name).shocks}
    hidden = [s for s in config.shocks if s not in shown]
    one, many = "which no scenario turns on", "shocks that no scenario turns on"
    yield from _all_of(hidden, "park.yml", "shocks", one, many, "a shock of a scenario")
    for name, file in scenarios.items():
        uses = used_levers(read_scenario(park, name))
        idle = [lever for lever in file.levers if lever not in uses]
        one, many = "which no active shock uses", "levers set that no active shock uses"
        allowed = "levers of the scenario's shocks, of the base year or of growth"
        yield from _all_of(idle, f"scenarios/{name}.yml", "levers", one, many, allowed)


def _settings(park: Park) -> Iterator[Problem]:
    """What park.yml leaves open, or sets too late."""
    config, growth = park.config, park.levers[park.config.growth]
    # a series that stands in for the zone, and nothing that says whether it is of an area around it
    if growth.series and growth.evidence == "proxy" and "part_of_area" not in config.model_fields_set:
        allowed = f"true where the zone lies in the area that {growth.series} is of, else false"
        yield Problem("park.yml", "not given", allowed, column="part_of_area")
    # a projection made after its year is over competes with the outturn
    if config.as_of.year > config.target_year:
        allowed = f"a day up to the end of the target year {config.target_year}"
        yield Problem("park.yml", str(config.as_of), allowed, column="as_of")


def implausible(park: Park) -> list[Problem]:
    """What cannot hold together in the accounts of the base year, at its central values.

    A plant adds no more than its industry, and balancing to the published total leaves an industry near
    the range that its lever gives, and within its hard bounds.

    Examples
    --------
    >>> implausible(read_park("qingzhen"))
    []
    """
    scenario = build_scenario(park, REFERENCE, "reference")
    draw = Draws(scenario, None, seed=1)
    base = base_year(draw)
    return [
        Problem("levers.csv", text, allowed, park.lines[name], park.levers[name].column)
        for name, text, allowed in (*_plants(park, base, draw), *_balanced(scenario, base))
    ]


def _plants(park: Park, base: Base, draw: Draws) -> Iterator[Finding]:
    for name, plant in park.config.plants.items():
        own, industry = float(draw(plant.value_added)[0]), float(base.value_added[plant.industry][0])
        if own > industry * ROUNDING:
            text = f"{plant.value_added} of {own:g} CNY_100m for the plant {name}"
            allowed = f"at most the value added of its industry {plant.industry}, {industry:.4g} CNY_100m"
            yield plant.value_added, text, allowed


def _balanced(scenario: Scenario, base: Base) -> Iterator[Finding]:
    park = scenario.park
    for name, industry in park.config.industries.items():
        lever = scenario.levers[industry.value_added_rate or industry.value_added or ""]
        value = float(base.value_added[name][0]) * YUAN_PER_100M / UNITS[lever.unit][1]
        if name in base.rate:
            value = float(base.rate[name][0])
        margin = FAR * max(lever.high - lever.low, LEAST_WIDTH * abs(lever.central))
        low, high = max(lever.low - margin, lever.minimum), min(lever.high + margin, lever.maximum)
        slack = 1e-9 * max(1.0, abs(lever.central))
        if not low - slack <= value <= high + slack:
            total = f"the published {park.value_added:g} CNY_100m"
            ends = (lever.low, lever.high, lever.minimum, lever.maximum)
            allowed = "near its range {:.4g} to {:.4g}, within {:g} to {:g}: the parts do not fit the total"
            yield lever.name, f"{lever.name} of {value:.4g} after balancing to {total}", allowed.format(*ends)


def _audit(park: Park) -> Iterator[Problem]:
    """What the audit finds that cannot both hold, or has to be verified."""
    frame = audit(park)
    for row in frame[frame["verdict"].isin([CONTRADICTION, OTHER_SCOPE])].to_dict("records"):
        unit = f" {row['unit']}" if row["unit"] else ""
        reason = "or a note that says in what the scope differs"
        if row["verdict"] == OTHER_SCOPE:
            reason = f"unless scope or basis differ as noted: {row['note_en'] or 'proxies and other areas'}"
        name = row["name_en"] or row["check"].replace("_", " ")
        found = f"{name}: stated {row['stated']:g}{unit}, computed {row['computed']:g}{unit}"
        yield Problem("audit", found, f"{row['relation']}, {reason}", column=str(row["check"]))
