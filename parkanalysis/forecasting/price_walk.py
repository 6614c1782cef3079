"""How the log of a monthly price moves, by statsmodels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEWEST_MONTHS", "PriceWalk", "monthly", "price_walk"]

Array = NDArray[np.float64]
#: Months of a series before its walk can be fitted.
FEWEST_MONTHS = 24


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
        """Log changes since the last month, shape (n, months); shocks come in pairs of both signs."""
        rng = np.random.default_rng(seed)
        half = rng.choice(self.shocks, size=((n + 1) // 2, months))
        shocks = np.concatenate([half, -half])[:n]
        return np.asarray(self.drift[:months] + shocks @ self.ahead[:months, :months].T)


def monthly(series: pd.Series) -> pd.Series:
    """Check a monthly price series: months in order, each above zero, at least two years of them.

    Examples
    --------
    >>> import pandas as pd
    >>> months = pd.period_range("2014-01", "2015-12", freq="M").astype(str)
    >>> monthly(pd.Series(range(100, 124), index=months)).index[-1]
    Period('2015-12', 'M')
    >>> monthly(pd.Series([100.0, 101.0], index=months[:2]))
    Traceback (most recent call last):
        ...
    parkanalysis.errors.InputError: series: found 2 months; allowed: 24 or more
    """
    import pandas as pd

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
    >>> from parkanalysis.park.park import read_park
    >>> rows = read_park("qingzhen").series("aluminium_lme")
    >>> walk = price_walk(rows.set_index("period")["value"], horizon=12)
    >>> walk.order, walk.last, round(walk.volatility, 3)
    ('ARIMA(1,1,0)', 1481.1, 0.055)
    """
    import warnings

    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.arima_process import arma2ma

    prices = monthly(series)
    changes = np.diff(np.log(prices.to_numpy()))
    if np.ptp(changes) == 0:
        return PriceWalk(
            np.zeros((horizon, horizon)), np.zeros(horizon), np.zeros(1), 0.0, "constant", prices.iloc[-1]
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = [ARIMA(changes, order=(p, 0, q), trend="n").fit() for p in (0, 1) for q in (0, 1)]
    fit = min(fits, key=lambda f: float(f.aicc))
    weights = np.cumsum(arma2ma(np.r_[1, -fit.arparams], np.r_[1, fit.maparams], lags=horizon))
    lag = np.subtract.outer(np.arange(horizon), np.arange(horizon))
    ahead = np.where(lag >= 0, weights[np.abs(lag)], 0.0)
    shocks = np.asarray(fit.resid[1:] - np.mean(fit.resid[1:]))
    p, _d, q = fit.model.order
    return PriceWalk(
        ahead,
        np.cumsum(fit.forecast(horizon)),
        shocks,
        float(shocks.std()),
        f"ARIMA({p},1,{q})",
        float(prices.iloc[-1]),
    )
