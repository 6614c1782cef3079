"""Many parks at once: value added, interval and target risk by park and in total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem

if TYPE_CHECKING:
    from parkanalysis.model.projection import Projection
    from parkanalysis.park.park import Park

__all__ = ["COLUMNS", "CORRELATION", "portfolio", "read_parks", "total_draws"]

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


def read_parks(paths: Iterable[str | Path]) -> dict[str, Park]:
    """Read several parks, by id.

    Raises
    ------
    InputError
        With the problems of all of them, where there are several each file led by its park; and when
        two have the same id.

    Examples
    --------
    >>> list(read_parks(["qingzhen"]))
    ['qingzhen']
    """
    from parkanalysis.park.park import read_park
    from parkanalysis.park.read import of_park

    given = list(paths)
    parks: dict[str, Park] = {}
    problems: list[Problem] = []
    for path in given:
        try:
            park = read_park(path)
        except InputError as error:
            problems += of_park(error.problems, path) if len(given) > 1 else error.problems
            continue
        if park.id in parks and parks[park.id].path != park.path:
            problems.append(Problem("park", f"two parks called {park.id!r}", "folders of different names"))
        parks[park.id] = park
    if problems:
        raise InputError(problems)
    return parks


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
    _check_correlation(correlation)
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


def _check_correlation(correlation: float) -> None:
    if isinstance(correlation, bool) or not 0 <= correlation <= 1:
        allowed = "a rank correlation from 0 to 1"
        raise InputError(Problem("correlation", repr(correlation), allowed))


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


def portfolio(
    projections: Mapping[str, Projection] | Iterable[Projection],
    targets: Mapping[str, float] | None = None,
    correlation: float = CORRELATION,
    seed: int = 2016,
) -> pd.DataFrame:
    """Value added, interval and target risk of several parks and of their total.

    Parameters
    ----------
    projections : iterable of Projection, or mapping to them
        One a park, all with the same number of draws.
    targets : mapping of park id to float, optional
        亿元. A park that it leaves out is held against its stated projection, if it has one.
    correlation : float in [0, 1]
        Rank correlation between any two parks; stated in the frame.
    seed : int
        Of the common factor.

    Returns
    -------
    DataFrame
        A row a park, then a row ``total`` for each target year; columns ``COLUMNS``. ``low`` and
        ``high`` are the 10% and 90% points; ``growth`` is the median over ``base``, less 1;
        ``probability`` that of reaching ``target``, ``shortfall`` what is missing on average where it
        is missed. A total has a target when every park of its year has one. 亿元.

    Raises
    ------
    InputError
        On targets of parks that are not there, two projections of one park, different numbers of
        draws, or a correlation outside 0 to 1.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> frame = portfolio([project("qingzhen", "combined", draws=256)], targets={"qingzhen": 36})
    >>> frame[["park", "median", "probability"]].round(2).values.tolist()
    [['qingzhen', 35.19, 0.4], ['total', 35.19, 0.4]]
    """
    chosen = list(projections.values() if isinstance(projections, Mapping) else projections)
    _check(chosen, targets or {}, correlation)
    rows: list[dict[str, object]] = []
    for p in chosen:
        config, park = p.park.config, p.park
        target = float((targets or {}).get(park.id, _stated(park)))
        head = {"level": "park", "park": park.id, "name_zh": config.name["zh"], "name_en": config.name["en"]}
        years = {"base_year": config.base_year, "target_year": config.target_year}
        numbers = _row(p.draws, park.value_added, target)
        rows.append({**head, "scenario": p.scenario.name, **years, **numbers, "correlation": float("nan")})
    parks = pd.DataFrame(rows, columns=COLUMNS)
    totals = []
    for year in sorted({p.park.config.target_year for p in chosen}):
        members = parks[parks["target_year"] == year]
        draws = total_draws((chosen[i].draws for i in members.index), correlation, seed)
        target = float(members["target"].sum(skipna=False))
        names = sorted(set(members["scenario"]))
        head = {"level": "total", "park": "total", "name_zh": "合计", "name_en": "Total"}
        years = {"base_year": year - 1, "target_year": year}
        numbers = _row(draws, float(members["base"].sum()), target)
        totals.append({**head, "scenario": ", ".join(names), **years, **numbers, "correlation": correlation})
    return pd.DataFrame([*parks.to_dict("records"), *totals], columns=COLUMNS)


def _check(chosen: list[Projection], targets: Mapping[str, float], correlation: float) -> None:
    _check_correlation(correlation)
    ids = [p.park.id for p in chosen]
    problems = []
    if not ids:
        problems.append(Problem("portfolio", "no parks", "one park or more"))
    problems += [
        Problem("portfolio", f"two projections of {name!r}", "one a park")
        for name in sorted({i for i in ids if ids.count(i) > 1})
    ]
    problems += [
        Problem("targets", f"unknown park {name!r}", ", ".join(ids[:20]))
        for name in targets
        if name not in set(ids)
    ]
    problems += [
        Problem("targets", repr(value), "a finite number", column=name)
        for name, value in targets.items()
        if not np.isfinite(value)
    ]
    if len({len(p.draws) for p in chosen}) > 1:
        problems.append(Problem("portfolio", "different numbers of draws", "one number for all"))
    if problems:
        raise InputError(problems)
