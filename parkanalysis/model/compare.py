"""Scenarios and parks side by side, and the sequences in which only one thing differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.projection import Projection, growth_draws, project
from parkanalysis.model.scenario import Scenario
from parkanalysis.park import Lever, Park, of_park, park_path, read_park

Array = NDArray[np.float64]
CORRELATION = 0.5  # assumed: parks share the national cycle and its prices, not their plants
COLUMNS = [
    "level",
    "park",
    "name_zh",
    "name_en",
    "scenario",
    "base_year",
    "target_year",
    "base",
    "mean",
    "low",
    "median",
    "high",
    "growth",
    "target",
    "probability",
    "shortfall",
    "correlation",
]


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
    row: dict[str, Any] = {
        "scenario": projection.scenario.name,
        "median": projection.median,
        "low": low,
        "high": high,
        "mean": float(projection.draws.mean()),
    }
    for name, values in growth_draws(projection).items():
        row["growth" if name == "current" else "comparable_growth"] = float(pd.Series(values).median())
    row["baseline"] = float(pd.Series(projection.baseline).median())
    row |= {f"met_{round(100 * float(p))}": t for p, t in projection.targets_met().items()}  # type: ignore[arg-type]
    marks = projection.marks()
    if "stated" in marks.index:
        row["stated_probability"] = marks.loc["stated", "probability"]
        row["stated_shortfall"] = marks.loc["stated", "shortfall"]
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
    table: dict[tuple[str, str], list[Any]] = {}
    for kind, name in _things(chosen):
        if len({_as_is(s, kind, name) for s in chosen}) > 1:
            unit = chosen[0].levers[name].unit if kind == "lever" else ""
            table[kind, name] = [*(_value(s, kind, name) for s in chosen), unit]
    index = pd.MultiIndex.from_tuples(list(table), names=["kind", "name"]) if table else None
    return pd.DataFrame(list(table.values()), index=index, columns=[*(s.name for s in chosen), "unit"])


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
    things = _things(chosen)
    whole = {s.name: {thing: _as_is(s, *thing) for thing in things} for s in chosen}
    found = []
    for thing in things:
        groups: dict[Any, list[Scenario]] = {}
        for s in chosen:
            others = frozenset((k, v) for k, v in whole[s.name].items() if k != thing)
            groups.setdefault(others, []).append(s)
        for group in groups.values():
            if len({whole[s.name][thing] for s in group}) == len(group) > 1:
                found.append(_sequence(group, *thing))
    return sorted(found, key=lambda s: (-len(s.scenarios), s.kind, s.name, s.scenarios))


def _sequence(group: Sequence[Scenario], kind: str, name: str) -> OneDiffers:
    ordered = sorted(group, key=lambda s: (_value(s, kind, name), s.name))
    unit = group[0].levers[name].unit if kind == "lever" else ""
    values = tuple(_value(s, kind, name) for s in ordered)
    return OneDiffers(kind, name, tuple(s.name for s in ordered), values, unit)


def _things(scenarios: Sequence[Scenario]) -> list[tuple[str, str]]:
    """Every lever and shock of the scenarios' park."""
    if not scenarios:
        return []
    park = scenarios[0].park
    return [*(("lever", n) for n in park.levers), *(("shock", s) for s in park.config.shocks)]


def _as_is(scenario: Scenario, kind: str, name: str) -> Any:
    """The whole state of a lever or shock in a scenario, comparable."""
    if kind == "shock":
        return name in scenario.shocks
    lever: Lever = scenario.levers[name]
    return (lever.low, lever.central, lever.high, "point" if lever.is_point else lever.distribution)


def _value(scenario: Scenario, kind: str, name: str) -> float:
    return float(name in scenario.shocks) if kind == "shock" else scenario.levers[name].central


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


def total_draws(parts: Iterable[Array], correlation: float = CORRELATION, seed: int = 2016) -> Array:
    """Draws of a sum of parks whose ranks hang together through one common factor.

    Park k's draws are put in the order of sqrt(r) F + sqrt(1 - r) E_k, with F and E_k standard normal
    and r = 2 sin(pi rho / 6) for the rank correlation rho of any two parks (Pearson 1907; reordering
    after Iman and Conover 1982). Each park's own distribution is left as it is; at 0 the parks are
    independent, at 1 every quantile of the total is the sum of the parks' quantiles.

    Parameters
    ----------
    parts : iterable of array, shape (n_draws,)
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
    total: Array | None = None
    factor: Array = np.empty(0)
    for part in parts:
        if total is None:
            total = np.zeros(len(part))
            factor = rng.standard_normal(len(part))
        if len(part) != len(total):
            raise ValueError(f"parks of {len(total)} and {len(part)} draws cannot be added")
        own = rng.standard_normal(len(part))
        score = np.sqrt(loading) * factor + np.sqrt(1 - loading) * own
        total[np.argsort(score, kind="stable")] += np.sort(part)
    if total is None:
        raise ValueError("no parks to add")
    return total


def _stated(park: Park) -> float:
    stated = park.config.stated
    return park.amount(stated.result) if stated is not None else float("nan")


def _row(draws: Array, base: float, target: float) -> dict[str, float]:
    low, median, high = np.quantile(draws, [0.1, 0.5, 0.9])
    missed = draws[draws < target]
    known = not np.isnan(target)
    shortfall = float(target - missed.mean()) if len(missed) else 0.0
    return {
        "base": base,
        "mean": float(draws.mean()),
        "low": float(low),
        "median": float(median),
        "high": float(high),
        "growth": float(median / base - 1),
        "target": target,
        "probability": float((draws >= target).mean()) if known else float("nan"),
        "shortfall": shortfall if known else float("nan"),
    }


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
        A row a park, then a row ``total`` for each target year; columns ``COLUMNS``. ``low`` and
        ``high`` are the 10% and 90% points; ``growth`` is the median over ``base``, less 1;
        ``probability`` that of reaching ``target``, the stated projection, ``shortfall`` what is
        missing on average where it is missed. A total has a target when every park of its year has
        one. 亿元.

    Raises
    ------
    InputError
        On no park, two projections of one park, or different numbers of draws.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> frame = portfolio([project("qingzhen", "combined", draws=256)])
    >>> frame["park"].tolist()
    ['qingzhen', 'total']
    """
    chosen = list(projections)
    _check(chosen)
    rows: list[dict[str, object]] = []
    for p in chosen:
        config, park = p.park.config, p.park
        target = _stated(park)
        head = {"level": "park", "park": park.id, "name_zh": config.name["zh"], "name_en": config.name["en"]}
        years = {"base_year": config.base_year, "target_year": config.target_year}
        numbers = _row(p.draws, park.value_added, target)
        rows.append({**head, "scenario": p.scenario.name, **years, **numbers, "correlation": float("nan")})
    parks = pd.DataFrame(rows, columns=COLUMNS)
    totals = []
    for year in sorted({p.park.config.target_year for p in chosen}):
        members = parks[parks["target_year"] == year]
        draws = total_draws((chosen[i].draws for i in members.index), seed=seed)
        target = float(members["target"].sum(skipna=False))
        names = sorted(set(members["scenario"]))
        head = {"level": "total", "park": "total", "name_zh": "合计", "name_en": "Total"}
        bases = {chosen[i].park.config.base_year for i in members.index}
        years = {"base_year": max(bases), "target_year": year}
        numbers = _row(draws, float(members["base"].sum()), target)
        totals.append({**head, "scenario": ", ".join(names), **years, **numbers, "correlation": CORRELATION})
    return pd.DataFrame([*parks.to_dict("records"), *totals], columns=COLUMNS)


def _check(chosen: list[Projection]) -> None:
    ids = [p.park.id for p in chosen]
    problems = []
    if not ids:
        problems.append(Problem("portfolio", "no parks", "one park or more"))
    problems += [
        Problem("portfolio", f"two projections of {name!r}", "one a park")
        for name in sorted({i for i in ids if ids.count(i) > 1})
    ]
    if len({len(p.draws) for p in chosen}) > 1:
        problems.append(Problem("portfolio", "different numbers of draws", "one number for all"))
    if problems:
        raise InputError(problems)
