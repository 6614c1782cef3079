"""Value added of the target year with no shock, as a distribution: short series, forecast honestly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.forecasting.intervals import (
    Predictive,
    class_widths,
    own_factor,
    quantile_table,
    t_widths,
    yearly_scale,
)
from parkanalysis.forecasting.methods import NEEDS, check_method, point
from parkanalysis.forecasting.series import Observed, observe

Array = NDArray[np.float64]
#: A trend on levels may not carry a series above zero to zero or below.
FLOOR = 0.01


@dataclass(frozen=True, eq=False)
class Forecast(Predictive):
    """A forecast: a distribution for each step, and how it was made.

    Attributes
    ----------
    method : str
        The method that made the point, after any fall-back.
    transform : {"log", "none"}
        The scale on which the method was fitted; intervals are even on levels.
    notes : tuple of str
        Treatments of the data, choices and fall-backs, one each.
    points : int
        Observations used.
    """

    method: str = ""
    transform: str = "none"
    notes: tuple[str, ...] = ()
    points: int = 0


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> list[Problem]:
    if value in allowed:
        return []
    return [Problem(name, repr(value), ", ".join(allowed), nearest=nearest(str(value), allowed))]


def _check(horizon: int, transform: str) -> None:
    problems = _one_of("transform", transform, ("auto", "log", "none"))
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or not 1 <= horizon <= 120:
        problems.append(Problem("horizon", repr(horizon), "a whole number of steps, 1 to 10 years"))
    if problems:
        raise InputError(problems)


def _prefers_logs(values: Array) -> bool:
    """Whether changes of logs are more likely normal than changes of levels (Box and Cox 1964).

    Ties and near ties (less than 2 in twice the log likelihood) stay on levels.
    """
    n = len(values) - 1
    logs = np.log(values)
    spreads = np.diff(values).var(), np.diff(logs).var()
    if min(spreads) <= 1e-16 or n < 3:
        return False
    return bool(n * np.log(spreads[0]) - n * np.log(spreads[1]) - 2 * logs[1:].sum() > 2)


def _choose(seen: Observed, transform: str, name: str) -> tuple[str, str]:
    """Return the transform and the sentence that states it."""
    if transform == "log" and not seen.positive:
        found = f"{int((seen.filled <= 0).sum())} value(s) at or below zero"
        raise InputError(Problem(name, found, "values above zero for a log"))
    if transform != "auto":
        return transform, f"transform {transform}: asked for"
    if not seen.positive:
        return "none", "transform none: a value is not above zero"
    if _prefers_logs(seen.filled):
        return "log", "transform log: changes of logs are the more even"
    return "none", "transform none: changes of logs are no more even than changes of levels"


def _season(seen: Observed, log: bool) -> tuple[Array, Array, tuple[str, ...]]:
    """Split off the season: values without it, its indices for the steps ahead, and notes."""
    values, period = seen.filled, seen.period
    flat = np.ones(period) if log else np.zeros(period)
    if period == 1:
        return values, flat, ()
    if len(values) < 2 * period + 1:
        return values, flat, (f"fewer than two full years and one period: no season for period {period}",)
    from statsmodels.tsa.seasonal import seasonal_decompose

    kind = "multiplicative" if log else "additive"
    seasonal = np.asarray(seasonal_decompose(values, model=kind, period=period).seasonal)
    ahead = seasonal[np.arange(len(values), len(values) + period) % period]
    return (values / seasonal if log else values - seasonal), ahead, (f"{kind} season of {period}",)


def _spread(y: Array, seen: Observed, method: str, horizon: int) -> tuple[Array, str]:
    """Half-widths of the intervals, shape (horizon, 3), and where they come from."""
    widths = class_widths(method, seen.points, horizon)
    if widths is None:
        return t_widths(seen.points, horizon), f"interval: t interval, no reference class for {method}"
    if method in NEEDS:  # too slow to fit again at every origin
        return widths, "interval: reference class"
    first = widths[0, 1]
    factor = own_factor(y, lambda past: float(point(past, 1, method, "none").path[0]), first)
    origin = "reference class" if factor == 1 else f"reference class times {factor:.2f} by own errors"
    return widths * factor, f"interval: {origin}"


def _forecast(series: pd.Series, horizon: int, method: str, transform: str) -> Forecast:
    seen = observe(series)
    if horizon > 10 * seen.period:
        raise InputError(Problem("horizon", str(horizon), f"1 to {10 * seen.period} steps, ten years"))
    chosen, stated = _choose(seen, transform, f"series {series.name}" if series.name else "series")
    log = chosen == "log"
    multiply = log or (seen.positive and seen.period > 1)
    y, season, seasonal_notes = _season(seen, multiply)
    steps = horizon + seen.ahead
    made = point(y, steps, method, chosen)
    path = made.path
    floored: tuple[str, ...] = ()
    if seen.positive and (path <= FLOOR * y[-1]).any():
        path, floored = (
            np.maximum(path, FLOOR * y[-1]),
            (f"point held at {FLOOR:.0%} of the last value or more",),
        )
    widths, calibration = _spread(y, seen, made.method, steps)
    scale = yearly_scale(y, seen.places)
    table = quantile_table(path, scale, widths, positive=seen.positive)
    index = season[np.arange(steps) % seen.period]
    path = path * index if multiply else path + index
    table = table * index[:, None] if multiply else table + index[:, None]
    notes = (*seen.notes, *seasonal_notes, stated, *made.notes, *floored, calibration)
    if np.ptp(seen.filled[seen.places]) == 0:
        notes = (*notes, "constant series: the interval rests on the reference class alone")
    ahead = slice(seen.ahead, None)
    return Forecast(path[ahead], table[ahead], made.method, chosen, notes, seen.points)


def forecast(
    series: pd.Series,
    horizon: int = 1,
    method: str = "default",
    *,
    transform: str = "auto",
) -> Forecast:
    """Forecast a short series beyond the last period of its index.

    Parameters
    ----------
    series : pandas.Series
        Indexed by year, or by annual, quarterly or monthly periods; two observations or more. Empty
        cells and left-out periods are gaps; an empty last year is forecast along with the horizon.
    horizon : int
        Steps ahead, up to ten years.
    method : str
        ``"default"``, a name in ``methods.METHODS``, or ``"median(a, b)"``, ``"mean(a, b)"``.
    transform : {"auto", "log", "none"}
        ``"auto"`` takes logs where changes of logs are the more evenly spread; ``notes`` says which.

    Returns
    -------
    Forecast
        In the units of the series, never NaN.

    Raises
    ------
    InputError
        Text, infinities, duplicate periods, fewer than two observations, a log of what is not above
        zero, an unknown method: all of a series' problems at once.

    Examples
    --------
    >>> f = forecast(pd.Series([100.0, 110.0, 121.0, 133.1], index=[2012, 2013, 2014, 2015]), method="drift")
    >>> f.mean.round(2).tolist(), f.method
    ([144.13], 'drift')
    """
    _check(horizon, transform)
    check_method(method)
    return _forecast(series, int(horizon), method, transform)


def growth(
    series: pd.Series, horizon: int = 1, method: str = "default", *, transform: str = "auto"
) -> Forecast:
    """Return the forecast of a series above zero relative to its last value: 1.08 is 8% above it.

    Examples
    --------
    >>> series = pd.Series([100.0, 110.0, 120.0], index=[2013, 2014, 2015])
    >>> growth(series, method="drift").mean.round(4).tolist()
    [1.0833]
    """
    last = float(observe(series).filled[-1])
    if last <= 0:
        raise InputError(Problem("series", f"a last value of {last:g}", "a level above zero to grow from"))
    return forecast(series, horizon, method, transform=transform).scaled(1 / last)
