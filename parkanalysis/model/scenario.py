"""A scenario: which shocks act and what the levers are set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from os.path import commonprefix
from typing import Any

import numpy as np
from pydantic import ValidationError

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting import (
    FEWEST_MONTHS,
    PriceAverage,
    annual,
    growth,
    monthly_average,
    sparse_average,
    volatility_ratio,
)
from parkanalysis.park import Lever, LeverSetting, Park, ScenarioFile, check_setting
from parkanalysis.park.checks import unknown
from parkanalysis.quantities import bounds

Setting = float | LeverSetting
YUAN_PER_100M = 1e8
FEWEST_QUOTATIONS = 8


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
    years : int
        From the base year to the year that is projected.
    """

    park: Park = field(repr=False)
    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    shocks: tuple[str, ...]
    levers: Mapping[str, Lever] = field(repr=False)
    settings: Mapping[str, Setting]
    years: int = 1


@dataclass(frozen=True, eq=False)
class _Growth:
    """Growth a year, from a forecast of the level relative to the last value, some years ahead."""

    relative: Any
    years: int

    def ppf(self, u: Any) -> Any:
        level = self.relative.ppf(u, self.years)
        return level - 1 if self.years == 1 else np.maximum(level, 0.0) ** (1 / self.years) - 1


def price_average(park: Park, name: str) -> PriceAverage:
    """Distribution of a park's price over its target year, from what was published by its ``as_of``.

    A price that is quoted now and then moves as the monthly series whose name shares the longest
    beginning with its own, as much further as the quotations have moved against it.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = price_average(read_park("qingzhen"), "aluminium_lme")
    >>> found.known_months, found.quantile([0.1, 0.9])[:, 0].round(-1).tolist()
    (1, [1240.0, 1770.0])
    """
    rows = park.series(name)
    series = rows.set_index("period")["value"].rename(name)
    year = park.config.target_year
    if len(rows) and rows["period"].str.len().eq(7).all():
        return monthly_average(series, year)
    counts = park.prices[park.prices["period"].str.len() == 7]["series"].value_counts()
    others = sorted(str(other) for other in counts[counts >= FEWEST_MONTHS].index)
    if not others:
        raise InputError(Problem("prices.csv", "no monthly series", f"one to lend its movement to {name}"))
    related = max(others, key=lambda other: len(commonprefix((name, other))))  # noqa: RUF071 - letters
    moves = park.series(related).set_index("period")["value"].rename(related)
    # fewer quotations than this say little of how far the price moves
    ratio = volatility_ratio(series, moves) if len(series) >= FEWEST_QUOTATIONS else 1.0
    return sparse_average(series, moves, year, ratio=ratio)


@lru_cache(maxsize=256)
def _forecast(park: Park, series: str, years: int) -> Any:
    """Forecast of a series, for the park inside the area that it is of where it says that it lies in one."""
    if series in set(park.prices["series"]):
        return price_average(park, series)
    known = annual(park.series(series))
    known = known[known.index <= park.config.base_year]
    if len(known) < 2:
        found = f"{len(known)} complete years of {series!r} published by {park.config.as_of}"
        allowed = f"two or more up to {park.config.base_year}"
        raise InputError(Problem("history.csv", found, allowed, column="series"))
    # steps from the series' own end: growth is as uncertain wherever that is
    part = park.config.part_of_area
    size = park.value_added if part else None
    return _Growth(growth(known, years, park.config.growth_method, part=part, size=size), years)


def _resolve(park: Park, lever: Lever, years: int) -> Lever:
    """Fill the numbers of a lever that stands on a forecast."""
    ranged = lever.distribution == "two_piece_normal" and np.isnan(lever.low)
    if not lever.series or lever.forecast is not None or not (ranged or lever.distribution == "forecast"):
        return lever
    forecast = _forecast(park, lever.series, years)
    low, middle, high = (float(q) for q in forecast.ppf(np.array([0.1, 0.5, 0.9])))
    if ranged:
        return replace(lever, low=min(low, lever.central), high=max(high, lever.central))
    return replace(lever, low=low, central=middle, high=high, forecast=forecast)


def _levers(park: Park) -> Mapping[str, Lever]:
    """Levers of the park, and the published value added where it is printed as an interval (约 37 亿元)."""
    name = park.config.value_added
    quantity = park.quantities[name]
    low, high = (v / YUAN_PER_100M for v in bounds(quantity, park.config.reading_rule))
    if name in park.levers or not low < high:
        return park.levers
    row = park.figures.set_index("figure").loc[name]
    label = {"zh": f"{row['subject']} {row['variable']}", "en": name.replace("_", " ")}
    lever = Lever(
        name=name,
        unit="CNY_100m",
        low=low,
        central=park.value_added,
        high=high,
        minimum=max(2 * low - high, 0.0),
        maximum=2 * high - low,
        distribution="two_piece_normal",
        evidence="reported",
        source=str(row["source"]),
        label=label,
        group="accounts",
        figure=name,
    )
    return {name: lever, **park.levers}


def own_lever(park: Park, name: str) -> Lever:
    """A lever at its own range, as no scenario has set it; forecasts resolved.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> lever = own_lever(read_park("qingzhen"), "alumina_price_2016")
    >>> lever.low < lever.central < lever.high, lever.unit
    (True, 'CNY/t')
    """
    years = park.config.target_year - park.config.base_year
    return _resolve(park, _levers(park)[name], years)


def _set(lever: Lever, setting: Setting, park: Park) -> Lever:
    if not isinstance(setting, LeverSetting):
        return lever.at(float(setting))
    if setting.quantile is not None:
        named = {0.1: lever.low, 0.9: lever.high}  # the two points themselves, not rounded
        found = float(lever.ppf(np.array([setting.quantile]))[0])
        return lever.at(named.get(setting.quantile, found))
    if setting.figure is not None:
        return lever.at(park.amount(setting.figure, lever.unit))
    points = setting.model_dump(include={"low", "central", "high"})
    return replace(lever, **points, distribution=setting.distribution or "triangular", forecast=None)


def printed(park: Park, figure: str) -> tuple[float, float, float]:
    """Low, value and high of a printed figure, in its canonical unit.

    The bounds are those of the park's reading rule, but for open ends: the rule caps 以上 for drawing, and a
    cap that nobody stated must not refute what was stated.
    """
    quantity = park.quantities[figure]
    pairs = zip(bounds(quantity, park.config.reading_rule), (quantity.low, quantity.high), strict=True)
    low, high = (read if np.isfinite(own) else own for read, own in pairs)
    return low, quantity.value, high


def check_levers(park: Park, levers: Mapping[str, Any], origin: str) -> dict[str, Setting]:
    problems: list[Problem] = []
    settings: dict[str, Setting] = {}
    for name, value in levers.items():
        if name not in park.levers:
            problems.append(unknown(origin, "lever", name, park.levers, f"a lever of {park.id}"))
            continue
        try:
            setting: Setting = LeverSetting(**value) if isinstance(value, Mapping) else _number(value)
        except (ValidationError, TypeError, ValueError):
            allowed = "a number, {low, central, high}, {quantile} or {figure}"
            problems.append(Problem(origin, repr(value), allowed, column=name))
            continue
        refused = check_setting(setting, park.levers[name], park.quantities)
        problems += [Problem(origin, found, allowed, column=name) for found, allowed in refused]
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

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> file = ScenarioFile(title="Cheap alumina", shocks=["alumina_price_fall"])
    >>> scenario = build_scenario(read_park("qingzhen"), file, "cheap", {"alumina_price_2016": 1450})
    >>> scenario.shocks, scenario.levers["alumina_price_2016"].central
    (('alumina_price_fall',), 1450.0)
    """
    settings = {**file.levers, **check_levers(park, levers or {}, origin)}
    years = park.config.target_year - park.config.base_year
    resolved = {n: _resolve(park, lever, years) for n, lever in _levers(park).items()}
    resolved |= {n: _set(resolved[n], setting, park) for n, setting in settings.items()}
    active = set(park.config.shocks) if file.shocks == "all" else set(file.shocks)
    return Scenario(
        park=park,
        name=name,
        title=dict(file.title),  # type: ignore[arg-type]
        description=dict(file.description or {}),  # type: ignore[arg-type]
        shocks=tuple(s for s in park.config.shocks if s in active),
        levers=resolved,
        settings=settings,
        years=years,
    )


def in_year(scenario: Scenario, years: int) -> Scenario:
    """The scenario of another year: growth is forecast that far ahead, unless the scenario sets it.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> in_year(read_scenario(read_park("qingzhen"), "combined"), 2).years
    2
    """
    park = scenario.park
    changed = {
        name: _resolve(park, park.levers[name], years)
        for name, lever in scenario.levers.items()
        if isinstance(lever.forecast, _Growth)
    }
    return replace(scenario, levers={**scenario.levers, **changed}, years=years)


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
    >>> from parkanalysis.park.park import read_park
    >>> scenario = read_scenario(read_park("qingzhen"), "combined", vat_rate=0.16)
    >>> scenario.levers["vat_rate"].central
    0.16
    """
    if not isinstance(name, str) or name not in park.scenarios:
        raise InputError(unknown("scenario", "scenario", name, park.scenarios, ", ".join(park.scenarios)))
    return build_scenario(park, park.scenarios[name], name, levers)
