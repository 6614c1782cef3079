"""The average of a commodity price over a year, given what has been quoted so far."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting.intervals import LEVELS, Predictive

Array = NDArray[np.float64]
#: Months of a series before its walk can be fitted.
FEWEST_MONTHS = 24
PATHS = 20_000
#: Quotations this many days before the last one count towards the level.
LEVEL_DAYS = 30


@dataclass(frozen=True, eq=False)
class PriceWalk:
    """How the log of a monthly price moves.

    Attributes
    ----------
    ahead : ndarray, shape (horizon, horizon)
        Row h holds the weights of the shocks of months 1 to h+1 in the log price h+1 months on.
    drift : ndarray, shape (horizon,)
        Expected log change from the last month to each month ahead.
    shocks : ndarray, shape (n,)
        Residuals of the fit, centred, from which paths are drawn.
    volatility : float
        Standard deviation of the monthly shock, in logs.
    order : str
        The ARIMA chosen.
    last : float
        Last price, in the units of the series.
    """

    ahead: Array
    drift: Array
    shocks: Array
    volatility: float
    order: str
    last: float

    def paths(self, months: int, n: int, seed: int) -> Array:
        """Log changes since the last month, shape (n, months); shocks drawn as they came, skew and all."""
        shocks = np.random.default_rng(seed).choice(self.shocks, size=(n, months))
        return np.asarray(self.drift[:months] + shocks @ self.ahead[:months, :months].T)


def monthly(series: pd.Series) -> pd.Series:
    """Check a monthly price series: months in order, each above zero, at least two years of them.

    Examples
    --------
    >>> months = pd.period_range("2014-01", "2015-12", freq="M").astype(str)
    >>> monthly(pd.Series(range(100, 124), index=months)).index[-1]
    Period('2015-12', 'M')
    >>> monthly(pd.Series([100.0, 101.0], index=months[:2]))
    Traceback (most recent call last):
        ...
    parkanalysis.errors.InputError: series: found 2 months; allowed: 24 or more
    """
    name = f"series {series.name}" if series.name is not None else "series"
    try:
        months = pd.PeriodIndex(series.index, freq="M")
        prices = pd.Series(series.to_numpy(dtype=float), index=months, name=series.name).sort_index()
    except (ValueError, TypeError) as error:
        raise InputError(Problem(name, str(error), "a number for every month, such as 2015-12")) from None
    prices = prices.dropna()
    problems = [
        Problem(name, f"{month} more than once", "one price a month")
        for month in prices.index[prices.index.duplicated()].unique()
    ]
    wrong = prices[~((prices > 0) & np.isfinite(prices))]
    problems += [
        Problem(name, f"{price:g} in {month}", "a price above zero") for month, price in wrong.items()
    ]
    if len(prices) < FEWEST_MONTHS:
        problems.append(Problem(name, f"{len(prices)} months", f"{FEWEST_MONTHS} or more"))
    elif not problems and len(prices) != prices.index[-1].ordinal - prices.index[0].ordinal + 1:
        problems.append(Problem(name, "months missing inside the series", "every month from first to last"))
    if problems:
        raise InputError(problems)
    return prices


def price_walk(series: pd.Series, horizon: int = 36) -> PriceWalk:
    """Fit the log of a monthly price by ARIMA(p, 1, q) without drift, p and q up to 1, least corrected AIC.

    No drift, because over a year the mean change of a commodity price is noise beside its volatility.

    Parameters
    ----------
    series : pandas.Series
        Indexed by month, 24 or more, none missing, all above zero.
    horizon : int
        Months ahead that the walk can be asked for.

    Examples
    --------
    >>> months = pd.period_range("2014-01", periods=24, freq="M")
    >>> walk = price_walk(pd.Series([100.0, 110.0] * 12, index=months), horizon=12)
    >>> walk.order, walk.last
    ('ARIMA(1,1,0)', 110.0)
    """
    return _walk(tuple(monthly(series)), horizon)


@lru_cache(maxsize=64)
def _walk(prices: tuple[float, ...], horizon: int) -> PriceWalk:
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.arima_process import arma2ma

    changes = np.diff(np.log(prices))
    if np.ptp(changes) == 0:
        still = np.zeros((horizon, horizon))
        return PriceWalk(still, still[0], np.zeros(1), 0.0, "constant", prices[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = [ARIMA(changes, order=(p, 0, q), trend="n").fit() for p in (0, 1) for q in (0, 1)]
    fit = min(fits, key=lambda f: float(f.aicc))
    weights = np.cumsum(arma2ma(np.r_[1, -fit.arparams], np.r_[1, fit.maparams], lags=horizon))
    lag = np.subtract.outer(np.arange(horizon), np.arange(horizon))
    ahead = np.where(lag >= 0, weights[np.abs(lag)], 0.0)
    shocks = np.asarray(fit.resid[1:] - np.mean(fit.resid[1:]))
    p, _d, q = fit.model.order
    order, drift = f"ARIMA({p},1,{q})", np.cumsum(fit.forecast(horizon))
    return PriceWalk(ahead, drift, shocks, float(shocks.std()), order, float(prices[-1]))


@dataclass(frozen=True, eq=False)
class PriceAverage(Predictive):
    """Distribution of a year's average price; step 1 is that year.

    Attributes
    ----------
    known_months : int
        Months of the year that were quoted and enter as they are.
    level : float
        Price from which the other months start, in the units of the series.
    volatility : float
        Standard deviation of a month's log change.
    notes : tuple of str
        What was assumed.
    """

    known_months: int = 0
    level: float = np.nan
    volatility: float = np.nan
    notes: tuple[str, ...] = ()


def _distribution(averages: Array, **about: object) -> PriceAverage:
    table = np.quantile(averages, LEVELS)[None, :]
    made = PriceAverage(mean=np.array([np.median(averages)]), table=table)
    return replace(made, **about)  # type: ignore[arg-type]


def _months_ahead(last: pd.Period, year: int) -> int:
    """Months from the last one known to the end of a year, its own or one of the two that follow."""
    ahead = (year - last.year) * 12 + 12 - last.month
    if not 0 <= ahead <= 36:
        allowed = f"{last.year} to {last.year + 2}, the last month known being {last}"
        raise InputError(Problem("year", str(year), allowed))
    return int(ahead)


def monthly_average(series: pd.Series, year: int, *, paths: int = PATHS, seed: int = 2016) -> PriceAverage:
    """Distribution of a year's average of a monthly price, given the months up to its last one.

    Months of the year already quoted enter as they are; the others are simulated and averaged path by
    path, so that the average is less uncertain than the price at the end of the year.

    Parameters
    ----------
    series : pandas.Series
        Monthly prices, cut by publication date beforehand.
    year : int
        The last month's year, or up to two later.
    paths, seed : int
        Simulated paths; the result depends on nothing else.

    Returns
    -------
    PriceAverage
        In the units of the series.

    Examples
    --------
    >>> flat = pd.Series(100.0, index=pd.period_range("2014-01", "2015-12", freq="M"))
    >>> monthly_average(flat, 2016).mean.tolist()
    [100.0]
    """
    prices = monthly(series)
    known = prices[pd.PeriodIndex(prices.index).year == year].to_numpy()
    last = prices.index[-1]
    ahead = _months_ahead(last, year)
    walk = price_walk(prices)
    wanted = 12 - len(known)
    future = walk.last * np.exp(walk.paths(ahead, paths, seed)[:, ahead - wanted :])
    averages = (known.sum() + future.sum(axis=1)) / 12
    return _distribution(
        averages,
        known_months=len(known),
        level=walk.last,
        volatility=walk.volatility,
        notes=(f"{walk.order} on logs without drift", f"{len(known)} month(s) of {year} known, last {last}"),
    )


def _quotations(points: pd.Series) -> pd.Series:
    """Check dated quotations: dates, prices above zero, in order."""
    dates = pd.to_datetime(pd.Series(points.index.astype(str)), errors="coerce", format="ISO8601")
    values = pd.to_numeric(points, errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(values) & (values > 0))
    problems = [Problem("points", repr(label), "an ISO date") for label in points.index[dates.isna()]]
    problems += [
        Problem("points", f"{price!r} at {label}", "a price above zero")
        for label, price in points[wrong].items()
    ]
    if not len(values):
        problems.append(Problem("points", "no quotation", "one or more by the vintage date"))
    if problems:
        raise InputError(problems)
    return pd.Series(values, index=pd.DatetimeIndex(dates)).sort_index()


def sparse_average(
    points: pd.Series,
    related: pd.Series,
    year: int,
    *,
    ratio: float = 1.0,
    paths: int = PATHS,
    seed: int = 2016,
) -> PriceAverage:
    """Distribution of a year's average of a price that is quoted now and then.

    The level is the mean of the quotations of the last 30 days up to the last one; the movement is that
    of a related monthly series, times ``ratio``. A month of the year with quotations enters with their
    mean, every other month as a path away from the level, whether it lies between quotations or ahead.

    Parameters
    ----------
    points : pandas.Series
        Prices by date of quotation, cut by publication date beforehand.
    related : pandas.Series
        Monthly prices of a related commodity, likewise.
    year : int
    ratio : float
        Volatility of the price over that of the related one.

    Returns
    -------
    PriceAverage
        In the units of ``points``.

    Examples
    --------
    >>> related = pd.Series(100.0, index=pd.period_range("2014-01", "2015-12", freq="M"))
    >>> points = pd.Series([1600.0, 1500.0], index=["2016-01-10", "2016-02-20"])
    >>> found = sparse_average(points, related, 2016)
    >>> found.level, found.known_months, found.mean.round(1).tolist()
    (1500.0, 2, [1508.3])
    """
    quoted = _quotations(points)
    walk = price_walk(related)
    last = quoted.index[-1]
    level = float(quoted[quoted.index > last - np.timedelta64(LEVEL_DAYS, "D")].mean())
    ahead = _months_ahead(last.to_period("M"), year)
    if not (np.isfinite(ratio) and ratio > 0):
        raise InputError(Problem("ratio", repr(ratio), "a number above zero"))
    dates = pd.DatetimeIndex(quoted.index)
    known = quoted[dates.year == year].groupby(dates.month[dates.year == year]).mean()
    past = [month for month in range(1, last.month) if month not in known.index] if last.year == year else []
    # the walk of the related series goes on from its own last month, ours starts flat from the level
    log_paths = ratio * (walk.paths(36, paths, seed) - walk.drift[:36])
    future = level * np.exp(log_paths[:, max(ahead - 12, 0) : ahead])
    gaps = level * np.exp(log_paths[:, np.array([last.month - month - 1 for month in past], dtype=int)])
    count = len(known) + future.shape[1] + len(past)
    averages = (known.sum() + future.sum(axis=1) + gaps.sum(axis=1)) / count
    return _distribution(
        averages,
        known_months=len(known),
        level=level,
        volatility=ratio * walk.volatility,
        notes=(
            f"level: mean of the quotations of {LEVEL_DAYS} days up to {last:%Y-%m-%d}",
            f"movement: {walk.order} of the related series on logs, times {ratio:g}",
        ),
    )


def volatility_ratio(points: pd.Series, related: pd.Series) -> float:
    """Volatility of a sparsely quoted price over that of a related monthly one.

    ratio² = sum of (log change)² / (volatility² · sum of months between quotations); quotations of
    different places less than half a month apart are left out, since they differ by place.

    Examples
    --------
    >>> moves = pd.Series([100.0, 110.0] * 12, index=pd.period_range("2014-01", "2015-12", freq="M"))
    >>> points = pd.Series([1500.0, 1815.0], index=["2015-11-20", "2015-12-20"])  # 1.1 times 1.1
    >>> round(volatility_ratio(points, moves), 1)
    2.0
    """
    quoted = _quotations(points)
    months = np.diff(quoted.index).astype("timedelta64[D]").astype(float) / 30.4375
    changes = np.diff(np.log(quoted.to_numpy()))
    apart = months >= 0.5
    if not apart.any():
        raise InputError(Problem("points", f"{len(quoted)} quotation(s)", "two or more, half a month apart"))
    moves = np.diff(np.log(monthly(related).to_numpy()))
    return float(np.sqrt((changes[apart] ** 2).sum() / ((moves**2).mean() * months[apart].sum())))
