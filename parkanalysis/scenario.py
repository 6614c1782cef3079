"""A scenario: which shocks act and what the levers are set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from parkanalysis.crosscheck import check_setting
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.levers import UNITS, Lever
from parkanalysis.park import Park
from parkanalysis.schema import LeverSetting, ScenarioFile

__all__ = ["Scenario", "build_scenario", "difference", "read_scenario"]

Setting = float | LeverSetting


@dataclass(frozen=True)
class Scenario:
    """A scenario of a park.

    Attributes
    ----------
    park : Park
    name : str
    title, description : mapping of language to str
    shocks : tuple of str
        Active shocks, in the order of the park's file.
    levers : mapping of str to Lever
        Every lever of the park as this scenario has it, forecasts resolved.
    settings : mapping of str to float or LeverSetting
        What the scenario, and the caller, set.
    """

    park: Park = field(repr=False)
    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    shocks: tuple[str, ...]
    levers: Mapping[str, Lever] = field(repr=False)
    settings: Mapping[str, Setting]


@dataclass(frozen=True, eq=False)
class _Growth:
    """Growth from a forecast of the level relative to the last value."""

    relative: Any

    def ppf(self, u: Any) -> Any:
        return self.relative.ppf(u) - 1


def _annual(rows: pd.DataFrame) -> pd.Series:
    """Annual values; quarters and months are added up over complete years."""
    years = rows["period"].str[:4].astype(int)
    need = 12 if rows["period"].str.len().max() == 7 and "Q" not in rows["period"].iloc[0] else 1
    need = 4 if "Q" in rows["period"].iloc[0] else need
    grouped = rows.groupby(years)["value"]
    return grouped.sum()[grouped.count() == need]


@lru_cache(maxsize=256)
def _forecast(park: Park, series: str) -> Any:
    rows = park.series(series)
    if rows.empty:
        raise InputError(
            Problem(
                "history.csv",
                f"no value of {series!r} published by {park.config.as_of}",
                "two or more values",
            )
        )
    if series in set(park.prices["series"]):
        from parkanalysis import prices

        return prices.year_average(park, series)
    from parkanalysis import baseline

    annual = _annual(rows)
    horizon = park.config.target_year - int(annual.index[-1])
    relative = baseline.growth(annual, horizon=horizon)
    return _Growth(relative)


def _resolve(park: Park, lever: Lever) -> Lever:
    """Fill the numbers of a lever that stands on a forecast."""
    if (
        not lever.series
        or lever.distribution not in ("forecast", "two_piece_normal")
        or lever.forecast is not None
    ):
        return lever
    if lever.distribution != "forecast" and not np.isnan(lever.low):
        return lever
    forecast = _forecast(park, lever.series)
    low, middle, high = (float(q) for q in forecast.ppf(np.array([0.1, 0.5, 0.9])))
    if lever.distribution == "forecast":
        return replace(lever, low=low, central=middle, high=high, forecast=forecast)
    return replace(lever, low=min(low, lever.central), high=max(high, lever.central))


def _set(lever: Lever, setting: Setting, park: Park) -> Lever:
    if not isinstance(setting, LeverSetting):
        return lever.at(float(setting))
    if setting.quantile is not None:
        return lever.at(float(lever.ppf(np.array([setting.quantile]))[0]))
    if setting.figure is not None:
        return lever.at(park.amount(setting.figure, lever.unit))
    return replace(
        lever,
        low=setting.low,
        central=setting.central,
        high=setting.high,
        distribution=setting.distribution or "triangular",
        forecast=None,
    )


def _check_levers(park: Park, levers: Mapping[str, Any], origin: str) -> dict[str, Setting]:
    problems: list[Problem] = []
    settings: dict[str, Setting] = {}
    for name, value in levers.items():
        if name not in park.levers:
            allowed = f"a lever of {park.id}"
            problems.append(
                Problem(origin, f"unknown lever {name!r}", allowed, nearest=nearest(name, park.levers))
            )
            continue
        try:
            setting: Setting = LeverSetting(**value) if isinstance(value, Mapping) else _number(value)
        except (ValidationError, TypeError, ValueError):
            allowed = "a number, {low, central, high}, {quantile} or {figure}"
            problems.append(Problem(origin, repr(value), allowed, column=name))
            continue
        lever = park.levers[name]
        problems += [
            Problem(origin, f, a, column=name) for f, a in check_setting(setting, lever, park.quantities)
        ]
        settings[name] = setting
    if problems:
        raise InputError(problems)
    return settings


def _number(value: Any) -> float:
    if isinstance(value, bool | str) or not np.isfinite(value):
        raise ValueError
    return float(value)


def build_scenario(
    park: Park, file: ScenarioFile, name: str, levers: Mapping[str, Any] | None = None, origin: str = "levers"
) -> Scenario:
    """Make a scenario from its declaration, with ``levers`` set on top.

    Raises
    ------
    InputError
        On an unknown lever, with the nearest name, or a value outside the hard bounds.
    """
    settings = {**file.levers, **_check_levers(park, levers or {}, origin)}
    resolved = {n: _resolve(park, lever) for n, lever in park.levers.items()}
    for lever_name, setting in settings.items():
        resolved[lever_name] = _set(resolved[lever_name], setting, park)
    active = set(park.config.shocks) if file.shocks == "all" else set(file.shocks)
    return Scenario(
        park=park,
        name=name,
        title=file.title,
        description=file.description or {},
        shocks=tuple(s for s in park.config.shocks if s in active),
        levers=resolved,
        settings=settings,
    )


def read_scenario(park: Park, name: str, **levers: Any) -> Scenario:
    """Take a scenario of the park, with any lever set to a number or a range.

    Parameters
    ----------
    park : Park
    name : str
        A scenario of the park.
    **levers
        A number, or a mapping {low, central, high[, distribution]}, {quantile} or {figure}.

    Raises
    ------
    InputError
        On an unknown scenario or lever, with the nearest name, or a value outside the hard bounds.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> scenario = read_scenario(read_park("qingzhen"), "combined", alumina_price_2016=1700)
    >>> scenario.levers["alumina_price_2016"].central
    1700.0
    """
    if name not in park.scenarios:
        allowed = ", ".join(park.scenarios)
        raise InputError(
            Problem(
                "scenario", f"unknown scenario {name!r}", allowed, nearest=nearest(str(name), park.scenarios)
            )
        )
    return build_scenario(park, park.scenarios[name], name, levers)


def difference(scenario: Scenario, reference: Scenario) -> pd.DataFrame:
    """Levers and shocks in which a scenario differs from another, a row each.

    Columns: ``kind`` (lever or shock), ``name``, ``reference``, ``scenario``, ``unit``; lever values
    are the central ones, shocks 0 or 1.
    """
    rows: list[tuple[str, str, float, float, str]] = []
    for name, lever in scenario.levers.items():
        other = reference.levers[name]
        if (lever.low, lever.central, lever.high) != (other.low, other.central, other.high):
            rows.append(("lever", name, other.central, lever.central, lever.unit))
    for shock in scenario.park.config.shocks:
        before, after = shock in reference.shocks, shock in scenario.shocks
        if before != after:
            rows.append(("shock", shock, float(before), float(after), ""))
    return pd.DataFrame(rows, columns=["kind", "name", "reference", "scenario", "unit"])


def unit_factor(lever: Lever) -> float:
    """Factor from the lever's unit to the canonical one."""
    return UNITS[lever.unit][1]
