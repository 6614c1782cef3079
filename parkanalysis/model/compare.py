"""Scenarios and parks side by side, and the sequences in which only one thing differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.projection import Projection, growth_draws, project
from parkanalysis.model.scenario import Scenario
from parkanalysis.park import Park, of_park, park_path, read_park

Array = NDArray[np.float64]
CORRELATION = 0.5  # assumed: parks share the national cycle and its prices, not their plants
Thing = tuple[str, str]  # lever or shock, and its name


def project_all(
    park: Park, scenarios: Iterable[Scenario | str] | None = None, draws: int = 20_000, seed: int = 2016
) -> dict[str, Projection]:
    """Projections of several scenarios by name, of all the park's without a choice.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = project_all(read_park("qingzhen"), ["alumina_price", "closures"], draws=64)
    >>> list(found)
    ['alumina_price', 'closures']
    """
    chosen = list(park.scenarios) if scenarios is None else list(scenarios)
    found = [project(park, s, draws, seed) for s in chosen]
    names = [p.scenario.name for p in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError([Problem("scenarios", f"{n!r} twice", "each scenario once") for n in twice])
    return dict(zip(names, found, strict=True))


def compare(projections: Iterable[Projection]) -> pd.DataFrame:
    """Headline figures of any number of projections, a row each.

    Returns
    -------
    DataFrame
        Index ``scenario``; ``median``, ``low``, ``high`` (80% interval) of value added and ``mean``,
        亿元; ``growth`` and, with a deflator, ``comparable_growth`` (medians, fractions); ``baseline``
        (median without any shock, 亿元); ``met_50``, ``met_80``, ``met_90`` (targets met, 亿元) and,
        where something is stated, ``stated_probability`` and ``stated_shortfall`` (亿元).

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> table = compare(project_all(read_park("qingzhen"), ["reference", "combined"], draws=64).values())
    >>> table.index.tolist()
    ['reference', 'combined']
    """
    rows = [_headline(p) for p in projections]
    return pd.DataFrame(rows).set_index("scenario") if rows else pd.DataFrame()


def _headline(projection: Projection) -> dict[str, Any]:
    low, high = projection.interval(0.8)
    row: dict[str, Any] = {"scenario": projection.scenario.name, "median": projection.median}
    row |= {"low": low, "high": high, "mean": float(projection.draws.mean())}
    for name, values in growth_draws(projection).items():
        row["growth" if name == "current" else "comparable_growth"] = float(np.median(values))
    row["baseline"] = float(np.median(projection.baseline))
    row |= {f"met_{100 * float(p):.0f}": t for p, t in projection.targets_met().items()}  # type: ignore[arg-type]
    marks = projection.marks()
    if "stated" in marks.index:
        row |= marks.loc["stated", ["probability", "shortfall"]].add_prefix("stated_")
    return row


def contributions_by_scenario(projections: Iterable[Projection]) -> pd.DataFrame:
    """Mean contribution of each driver in each scenario, 亿元; 0 where the driver does not act.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = project_all(read_park("qingzhen"), ["alumina_price", "power_contract"], draws=64)
    >>> contributions_by_scenario(found.values()).index.tolist()
    ['baseline', 'alumina_price_fall', 'power_contract']
    """
    columns = {p.scenario.name: p.contributions()["mean"] for p in projections}
    order = list(dict.fromkeys(driver for c in columns.values() for driver in c.index))
    return pd.DataFrame(columns).reindex(order).fillna(0.0).rename_axis("driver")


def _state(scenario: Scenario) -> dict[Thing, tuple[float, float, float, str, str]]:
    """Of every lever its points, shape and unit, of every shock whether it acts, thrice."""
    found = {}
    for name, lever in scenario.levers.items():
        shape = "point" if lever.is_point else lever.distribution
        found["lever", name] = (lever.low, lever.central, lever.high, shape, lever.unit)
    for name in scenario.park.config.shocks:
        acts = float(name in scenario.shocks)
        found["shock", name] = (acts, acts, acts, "", "")
    return found


def settings(scenarios: Iterable[Scenario]) -> pd.DataFrame:
    """Levers and shocks in which the scenarios are not all alike, a column a scenario.

    Returns
    -------
    DataFrame
        Index ``kind`` (lever, shock) and ``name``; central values in the lever's unit, 0 or 1 for shocks;
        the last column is ``unit``.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = project_all(read_park("qingzhen"), ["combined", "severe"], draws=1)
    >>> settings(projection.scenario for projection in found.values()).index.tolist()
    [('lever', 'alumina_price_2016'), ('lever', 'baseline_growth')]
    """
    chosen = list(scenarios)
    states = [_state(s) for s in chosen]
    rows: list[Any] = [
        (*thing, *(state[thing][1] for state in states), unit)
        for thing, (*_, unit) in states[0].items()
        if len({state[thing] for state in states}) > 1
    ]
    columns = ["kind", "name", *(s.name for s in chosen), "unit"]
    return pd.DataFrame(rows, columns=columns).set_index(["kind", "name"])


def difference(scenario: Scenario, reference: Scenario) -> pd.DataFrame:
    """Levers and shocks in which a scenario differs from another, a row each.

    Columns: ``kind`` (lever or shock), ``name``, ``reference``, ``scenario``, ``unit``; lever values
    are the central ones, shocks 0 or 1.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> park = read_park("qingzhen")
    >>> recovery, combined = (read_scenario(park, name) for name in ("recovery", "combined"))
    >>> difference(recovery, combined)["name"].tolist()
    ['alumina_price_2016']
    """
    return settings([replace(reference, name="reference"), replace(scenario, name="scenario")]).reset_index()


@dataclass(frozen=True)
class OneDiffers:
    """Scenarios in which only one thing differs.

    Attributes
    ----------
    kind : {"lever", "shock"}
    name : str
        What differs.
    scenarios : tuple of str
        In the order of its value.
    levels : tuple of float
        Central value of the lever in its unit; 0 or 1 for a shock.
    unit : str
    """

    kind: str
    name: str
    scenarios: tuple[str, ...]
    levels: tuple[float, ...]
    unit: str


def sequences(scenarios: Iterable[Scenario]) -> list[OneDiffers]:
    """Groups of two or more scenarios in which only one lever, or one shock, differs.

    The longest first, then by name; within one, in the order of the value.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> park = read_park("qingzhen")
    >>> cases = [read_scenario(park, name) for name in ("combined", "recovery")]
    >>> [s.scenarios for s in sequences(cases)]
    [('combined', 'recovery')]
    """
    chosen = list(scenarios)
    states = {s.name: _state(s) for s in chosen}
    found = []
    for thing, (*_, unit) in _state(chosen[0]).items() if chosen else ():
        groups: dict[Any, list[str]] = {}
        for name, state in states.items():
            others = frozenset(item for item in state.items() if item[0] != thing)
            groups.setdefault(others, []).append(name)
        for names in groups.values():
            if len({states[n][thing] for n in names}) == len(names) > 1:
                levels, ordered = zip(*sorted((states[n][thing][1], n) for n in names), strict=True)
                found.append(OneDiffers(*thing, ordered, levels, unit))
    return sorted(found, key=lambda s: (-len(s.scenarios), s.kind, s.name, s.scenarios))


def read_parks(paths: Iterable[str | Path]) -> list[Park]:
    """Read several parks, each once.

    Raises
    ------
    InputError
        With the problems of all of them, where there are several each file led by its park.

    Examples
    --------
    >>> [park.id for park in read_parks(["qingzhen", "qingzhen"])]
    ['qingzhen']
    """
    given = list(paths)
    parks: dict[Path, Park] = {}
    problems: list[Problem] = []
    for path in given:
        try:
            place = park_path(path)
            if place not in parks:
                parks[place] = read_park(path)
        except InputError as error:
            problems += of_park(error.problems, path) if len(given) > 1 else error.problems
    if problems:
        raise InputError(problems)
    return list(parks.values())


def total_draws(parts: Sequence[Array], correlation: float = CORRELATION, seed: int = 2016) -> Array:
    """Draws of a sum of parks whose ranks hang together through one common factor.

    Park k's draws are put in the order of sqrt(r) F + sqrt(1 - r) E_k, with F and E_k standard normal
    and r = 2 sin(pi rho / 6) for the rank correlation rho of any two parks (Pearson 1907; reordering
    after Iman and Conover 1982). Each park's own distribution is left as it is; at 0 the parks are
    independent, at 1 every quantile of the total is the sum of the parks' quantiles.

    Parameters
    ----------
    parts : sequence of array, shape (n_draws,)
        亿元, all of one length.
    correlation : float in [0, 1]
        Rank correlation (Spearman) between any two parks.
    seed : int

    Returns
    -------
    array, shape (n_draws,)
        亿元.

    Examples
    --------
    >>> a = np.array([3.0, 1.0, 2.0])
    >>> np.sort(total_draws([a, 10 * a], correlation=1.0)).tolist()
    [11.0, 22.0, 33.0]
    """
    loading = 1.0 if correlation == 1 else 2 * np.sin(np.pi * correlation / 6)
    rng = np.random.default_rng(seed)
    total = np.zeros_like(parts[0])
    factor = rng.standard_normal(len(total))
    for part in parts:
        score = np.sqrt(loading) * factor + np.sqrt(1 - loading) * rng.standard_normal(len(part))
        total[np.argsort(score, kind="stable")] += np.sort(part)
    return total


def _row(draws: Array, base: float, target: float) -> dict[str, float]:
    """Figures of a park or a total; what is said of the target is NaN where there is none."""
    low, median, high = (float(q) for q in np.quantile(draws, [0.1, 0.5, 0.9]))
    row = {"base": base, "mean": float(draws.mean()), "low": low, "median": median, "high": high}
    row |= {"growth": median / base - 1, "target": target}
    missed = draws[draws < target]
    if np.isnan(target):
        return {**row, "probability": np.nan, "shortfall": np.nan}
    shortfall = float(target - missed.mean()) if len(missed) else 0.0
    return {**row, "probability": float((draws >= target).mean()), "shortfall": shortfall}


def portfolio(projections: Iterable[Projection], seed: int = 2016) -> pd.DataFrame:
    """Value added, interval and target risk of several parks and of their total.

    Parameters
    ----------
    projections : iterable of Projection
        One a park, all with the same number of draws.
    seed : int
        Of the common factor.

    Returns
    -------
    DataFrame
        A row a park, then a row ``total`` for each target year. ``low`` and ``high`` are the 10% and 90%
        points; ``growth`` is the median over ``base``, less 1; ``probability`` that of reaching
        ``target``, the stated projection, ``shortfall`` what is missing on average where it is missed.
        A total has a target when every park of its year has one. 亿元.

    Raises
    ------
    InputError
        On two projections of one park.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> frame = portfolio([project("qingzhen", "combined", draws=256)])
    >>> frame["park"].tolist()
    ['qingzhen', 'total']
    """
    chosen = list(projections)
    ids = [p.park.id for p in chosen]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise InputError([Problem("portfolio", f"two projections of {i!r}", "one a park") for i in twice])
    parks = pd.DataFrame([_of_park(p) for p in chosen])
    totals = []
    for year, members in parks.groupby("target_year"):
        draws = total_draws([chosen[i].draws for i in members.index], seed=seed)
        sums = members[["base", "target"]].sum(skipna=False)
        totals.append(
            {"level": "total", "park": "total", "name_zh": "合计", "name_en": "Total"}
            | {"scenario": ", ".join(sorted(set(members["scenario"])))}
            | {"base_year": members["base_year"].max(), "target_year": year}
            | _row(draws, float(sums["base"]), float(sums["target"]))
            | {"correlation": CORRELATION}
        )
    return pd.concat([parks, pd.DataFrame(totals)], ignore_index=True)


def _of_park(projection: Projection) -> dict[str, Any]:
    park, config = projection.park, projection.park.config
    target = park.amount(config.stated.result) if config.stated is not None else float("nan")
    names = {"name_zh": config.name["zh"], "name_en": config.name["en"], "scenario": projection.scenario.name}
    years = {"base_year": config.base_year, "target_year": config.target_year}
    figures = _row(projection.draws, park.value_added, target)
    return {"level": "park", "park": park.id, **names, **years, **figures}
