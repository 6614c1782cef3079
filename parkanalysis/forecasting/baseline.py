"""Value added of the target year with no shock, as a distribution: short series, forecast honestly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.forecasting.intervals import Predictive, kept_above_zero
from parkanalysis.forecasting.methods import check_method, point
from parkanalysis.forecasting.mixture import method_table, mixture_table
from parkanalysis.forecasting.series import Observed, observe

Array = NDArray[np.float64]
#: A trend on levels may not carry a series above zero to zero or below.
FLOOR = 0.01
TRANSFORMS = ("auto", "log", "none")
#: The default where steps are shorter than a year, for which growth by the year has no meaning.
PARTS_OF_A_YEAR = "median(naive, discounted_drift, shrunk_log_drift)"


@dataclass(frozen=True, eq=False)
class Forecast(Predictive):
    """A forecast: a distribution for each step, and how it was made.

    Attributes
    ----------
    method : str
        The method that made the point, after any fall-back.
    transform : {"log", "none"}
        The scale on which one method alone was fitted; the default holds both.
    notes : tuple of str
        Treatments of the data, choices and fall-backs, one each.
    points : int
        Observations used.
    """

    method: str = ""
    transform: str = "none"
    notes: tuple[str, ...] = ()
    points: int = 0


def _check(horizon: int, method: str, transform: str = "auto") -> None:
    problems = []
    if transform not in TRANSFORMS:
        allowed, near = ", ".join(TRANSFORMS), nearest(str(transform), TRANSFORMS)
        problems.append(Problem("transform", repr(transform), allowed, nearest=near))
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or not 1 <= horizon <= 120:
        problems.append(Problem("horizon", repr(horizon), "a whole number of steps, 1 to 10 years"))
    if problems:
        raise InputError(problems)
    check_method(method)


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


def _table(y: Array, path: Array, method: str, period: int, zone: float | None) -> tuple[Array, str]:
    """Quantiles about a path and the sentence that says where they come from."""
    where = "" if zone is None else f", with the spread of a zone of {zone:g} in its area"
    if method == "default" and period == 1:
        return mixture_table(y, len(path), zone), f"interval: mixture of methods, recalibrated{where}"
    table, name = method_table(y, path, method, zone)
    return table, f"interval: errors of {name} in the reference class{where}"


def _forecast(series: pd.Series, horizon: int, method: str, transform: str, size: float | None) -> Forecast:
    seen = observe(series)
    if horizon > 10 * seen.period:
        raise InputError(Problem("horizon", str(horizon), f"1 to {10 * seen.period} steps, ten years"))
    chosen, stated = _choose(seen, transform, f"series {series.name}" if series.name else "series")
    multiply = chosen == "log" or (seen.positive and seen.period > 1)
    y, season, seasonal_notes = _season(seen, multiply)
    steps = horizon + seen.ahead
    made = point(y, steps, method if method != "default" or seen.period == 1 else PARTS_OF_A_YEAR, chosen)
    path = made.path
    floored: tuple[str, ...] = ()
    if seen.positive and (path <= FLOOR * y[-1]).any():
        path = np.maximum(path, FLOOR * y[-1])
        floored = (f"point held at {FLOOR:.0%} of the last value or more",)
    table, calibration = _table(y, path, made.method, seen.period, size)
    if seen.positive:
        table = kept_above_zero(table, path)
    index = season[np.arange(steps) % seen.period]
    path = path * index if multiply else path + index
    table = table * index[:, None] if multiply else table + index[:, None]
    scale = () if made.method == "default" else (stated,)
    notes = (*seen.notes, *seasonal_notes, *scale, *made.notes, *floored, calibration)
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
        ``"default"``, the mixture of ``COMPONENTS``; or a name in ``METHODS``, ``"median(a, b)"``,
        ``"mean(a, b)"``.
    transform : {"auto", "log", "none"}
        For one method alone: ``"auto"`` takes logs where changes of logs are the more evenly spread;
        ``notes`` says which. The default holds both scales.

    Returns
    -------
    Forecast
        In the units of the series, never NaN. ``mean`` is the point, for the default the median of its
        methods; ``median`` is that of the distribution, in which firm growth weighs more. A projection is
        drawn from the distribution: its central value and what reports say follow ``median``. Over all years
        the median is the closer on areas (one step, 10 points, sMAPE 8.5 against 9.2% in China, 6.5 against
        6.7% in the UK, 6.2 against 6.4% in the US), the point where growth breaks off (China 2014-15, 6.8
        against 7.3 percentage points) and on other series (M3, 15.6 against 16.5%).

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
    _check(horizon, method, transform)
    return _forecast(series, int(horizon), method, transform, None)


def growth(
    series: pd.Series,
    horizon: int = 1,
    method: str = "default",
    *,
    part: bool = False,
    size: float | None = None,
) -> Forecast:
    """Growth of an area, or of a zone inside it, as a factor on the last value: 1.08 is 8% above it.

    Parameters
    ----------
    series : pandas.Series
        Yearly values of the area, 亿元, above zero.
    horizon : int
        Years ahead.
    method : str
        As in ``forecast``.
    part : bool
        Whether the growth asked for is that of a zone inside the area: the area's, spread out by what
        zones of that size have differed from their areas.
    size : float, optional
        Last value of the zone, 亿元; needed with ``part`` and only then.

    Examples
    --------
    >>> series = pd.Series([100.0, 110.0, 120.0], index=[2013, 2014, 2015])
    >>> growth(series, method="drift").mean.round(4).tolist()
    [1.0833]
    >>> area, zone = growth(series), growth(series, part=True, size=5.0)
    >>> bool(np.ptp(zone.quantile([0.1, 0.9])) > np.ptp(area.quantile([0.1, 0.9])))
    True
    """
    _check(horizon, method)
    if part != (size is not None):
        raise InputError(Problem("size", repr(size), "the zone's value with part=True, and only then"))
    if size is not None and not (np.isfinite(size) and size > 0):
        raise InputError(Problem("size", repr(size), "a number above zero"))
    last = float(observe(series).filled[-1])
    if last <= 0:
        raise InputError(Problem("series", f"a last value of {last:g}", "a level above zero to grow from"))
    return _forecast(series, int(horizon), method, "auto", size).scaled(1 / last)
