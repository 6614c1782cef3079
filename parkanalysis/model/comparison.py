"""Scenarios side by side, and the sequences in which only one thing differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.comparable import growth_draws
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import Scenario
from parkanalysis.park.levers import Lever
from parkanalysis.park.park import Park

__all__ = ["OneDiffers", "compare", "contributions", "project_all", "sequences", "settings"]


def project_all(
    park: Park, scenarios: Iterable[Scenario | str] | None = None, draws: int = 20_000, seed: int = 2016
) -> dict[str, Projection]:
    """Projections of several scenarios by name, of all the park's without a choice.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = project_all(read_park("qingzhen"), ["alumina_price", "closures"], draws=64)
    >>> {name: round(projection.median, 1) for name, projection in found.items()}
    {'alumina_price': 38.5, 'closures': 40.7}
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


def contributions(projections: Iterable[Projection]) -> pd.DataFrame:
    """Mean contribution of each driver in each scenario, 亿元; 0 where the driver does not act.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = project_all(read_park("qingzhen"), ["alumina_price", "power_contract"], draws=64)
    >>> contributions(found.values()).round(1)
                        alumina_price  power_contract
    driver
    baseline                      5.6             5.6
    alumina_price_fall           -4.0             0.0
    power_contract                0.0            -2.0
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
