"""Rolling-origin evaluation: how far a forecast made with what was known then could be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting.baseline import forecast
from parkanalysis.forecasting.methods import check_method
from parkanalysis.forecasting.series import observe

Array = NDArray[np.float64]
COVERAGES = (50, 80, 95)
ENDS = {f"{end}_{c}": 0.5 + side * c / 200 for c in COVERAGES for end, side in (("low", -1), ("high", 1))}
#: Below this many values a pool of processes costs more than it saves.
WORTH_A_POOL = 200


def interval_score(outturn: Array, low: Array, high: Array, coverage: float) -> Array:
    """Width of an interval plus the misses, weighted so that the true quantiles score best.

    (high - low) + 2/(1 - coverage) · (distance outside)   (Gneiting and Raftery 2007, eq. 43)

    Parameters
    ----------
    outturn, low, high : array_like, same shape
    coverage : float
        Fraction that the interval claims, 0.8 for the 80% interval.

    Examples
    --------
    >>> interval_score([10.0, 16.0], [8.0, 8.0], [14.0, 14.0], 0.8).round(6).tolist()
    [6.0, 26.0]
    """
    y, lower, upper = (np.asarray(v, dtype=float) for v in (outturn, low, high))
    outside = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return np.asarray(upper - lower + 2 / (1 - coverage) * outside)


def crps(draws: ArrayLike, outturn: float) -> float:
    """Continuous ranked probability score of draws (Gneiting and Raftery 2007, equation 21).

    crps = E|X - y| - E|X - X'| / 2, in the units of the outturn; for one draw the absolute error.

    Parameters
    ----------
    draws : array_like, shape (n,)
        Draws of a distribution, or its quantiles at even probabilities.
    outturn : float

    Examples
    --------
    >>> crps([8.0, 12.0], 10.0)
    1.0
    """
    x = np.sort(np.asarray(draws, dtype=float))
    n = len(x)
    pairs = 2 * np.dot(2 * np.arange(1, n + 1) - n - 1, x) / n**2
    return float(np.mean(np.abs(x - outturn)) - pairs / 2)


def _rows(
    name: str, series: pd.Series, stop: int, horizon: int, method: str, points: int | None
) -> Iterator[dict[str, Any]]:
    """Forecast once and set each step against its outturn."""
    known = series.iloc[:stop]
    made = forecast(known if points is None else known.iloc[-points:], horizon, method)
    quantiles = dict(zip(ENDS, made.quantile(list(ENDS.values())), strict=True))
    changes = np.diff(known.to_numpy(dtype=float))
    changes = changes[np.isfinite(changes)]
    for i, outturn in enumerate(series.iloc[stop : stop + horizon].to_numpy(dtype=float)):
        if np.isfinite(outturn):
            yield {
                "series": name,
                "method": method,
                "points": 0 if points is None else points,
                "origin": str(known.index[-1]),
                "horizon": i + 1,
                "forecast": made.mean[i],
                "outturn": outturn,
                "error": outturn - made.mean[i],
                "mean_change": np.abs(changes).mean(),
                "rms_change": np.sqrt((changes**2).mean()),
                "pit": float(made.cdf(outturn, i + 1)),
                "used": made.method,
            } | {end: quantile[i] for end, quantile in quantiles.items()}


def _series(
    item: tuple[str, pd.Series],
    methods: Sequence[str],
    horizon: int,
    points: Sequence[int | None],
    origins: int | None,
) -> list[dict[str, Any]]:
    """All forecasts of one series."""
    name, series = item
    fewest = max(3, min((p for p in points if p is not None), default=3))
    stops = range(fewest, len(series) - horizon + 1)[-origins if origins else 0 :]
    return [
        row
        for stop in stops
        for window in points
        if window is None or window <= stop
        for method in methods
        for row in _rows(name, series, stop, horizon, method, window)
    ]


def backtest(
    panel: Mapping[str, pd.Series],
    methods: Sequence[str] = ("default",),
    *,
    horizon: int = 1,
    points: Iterable[int | None] = (None,),
    origins: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Forecast every series from rolling origins and set the forecasts against their outturns.

    Parameters
    ----------
    panel : mapping of str to pandas.Series
        Series as ``parkanalysis.forecasting.baseline.forecast`` takes them; names are compared as text.
    methods : sequence of str
    horizon : int
        Steps; an origin counts only where all of them have an outturn.
    points : iterable of int or None
        Lengths of the window before the origin; None is the full history (``points`` 0 in the result).
    origins : int, optional
        How many origins, the last ones; all by default.
    workers : int
        Processes. The result does not depend on it, nor on the order of the panel.

    Returns
    -------
    pandas.DataFrame
        A row a forecast and step: ``series, method, points, origin, horizon, forecast, outturn, error``
        (outturn - forecast, in the units of the series), ``mean_change`` and ``rms_change`` of the history
        known at the origin, ``low_c`` and ``high_c`` for c in 50, 80, 95, ``pit``, ``used`` (the method
        after any fall-back).

    Examples
    --------
    >>> panel = {"a": pd.Series([10.0, 11.0, 12.0, 13.0, 15.0], index=range(2011, 2016))}
    >>> backtest(panel, ["drift"])[["origin", "error"]].round(6).values.tolist()
    [['2013', 0.0], ['2014', 1.0]]
    """
    problems: list[Problem] = []
    checks: list[Callable[[], object]] = [partial(check_method, method) for method in methods]
    checks += [partial(observe, series) for series in panel.values()]
    for check in checks:
        try:
            check()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    evaluate = partial(
        _series, methods=tuple(methods), horizon=horizon, points=tuple(points), origins=origins
    )
    # in the order of names, so that no order of arrival can show
    items = [(str(name), panel[name].sort_index()) for name in sorted(panel, key=str)]
    if workers > 1 and sum(len(series) for _, series in items) >= WORTH_A_POOL:
        # small chunks keep all cores busy to the end
        with ProcessPoolExecutor(workers) as pool:
            chunk = max(1, min(16, len(items) // (4 * workers)))
            rows = [row for rows in pool.map(evaluate, items, chunksize=chunk) for row in rows]
    else:
        rows = [row for item in items for row in evaluate(item)]
    if not rows:
        allowed = f"{3 + horizon} or more points a series"
        raise InputError(Problem("panel", "no origin with an outturn", allowed))
    return pd.DataFrame(rows)


def scores(evaluated: pd.DataFrame, by: Sequence[str] = ("method", "points", "horizon")) -> pd.DataFrame:
    """Average the evaluation measures over groups of a ``backtest`` result.

    Parameters
    ----------
    evaluated : pandas.DataFrame
    by : sequence of str
        Columns to group by.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``forecasts`` (count), ``smape`` (percent, 0 to 200), ``mase``, ``rmsse`` (errors
        against the one-period changes known at the origin; series that never changed are left out of both),
        ``interval_score_80`` (percent of the outturn), ``coverage_50``, ``coverage_80``, ``coverage_95``
        (fractions), ``pit_mean``.

    Examples
    --------
    >>> panel = {"a": pd.Series([10.0, 11.0, 12.0, 13.0, 15.0], index=range(2011, 2016))}
    >>> scores(backtest(panel, ["drift"]))[["forecasts", "smape", "mase"]].round(2).values.tolist()
    [[2.0, 3.45, 0.5]]
    """
    size = evaluated["error"].abs()
    both = evaluated["forecast"].abs() + evaluated["outturn"].abs()
    width = interval_score(
        evaluated["outturn"].to_numpy(), evaluated["low_80"].to_numpy(), evaluated["high_80"].to_numpy(), 0.8
    )
    moved = evaluated["mean_change"] > 0
    table = evaluated[list(by)].copy()
    table["smape"] = (200 * size / both).where(both > 0, 0.0)
    table["mase"] = (size / evaluated["mean_change"]).where(moved)
    table["squared"] = ((size / evaluated["rms_change"]) ** 2).where(moved)
    table["interval_score_80"] = (100 * width / evaluated["outturn"].abs()).where(evaluated["outturn"] != 0)
    for c in COVERAGES:
        inside = evaluated["outturn"].between(evaluated[f"low_{c}"], evaluated[f"high_{c}"])
        table[f"coverage_{c}"] = inside.astype(float)
    table["pit_mean"] = evaluated["pit"]
    groups = table.groupby(list(by), sort=True)
    result: pd.DataFrame = groups.mean()
    result.insert(0, "forecasts", groups.size())
    result.insert(3, "rmsse", np.sqrt(result.pop("squared")))
    return result.reset_index()
