"""The average of a commodity price over a year, given what has been quoted so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting.predictive import LEVELS, Predictive
from parkanalysis.forecasting.price_walk import FEWEST_MONTHS, monthly, price_walk

if TYPE_CHECKING:
    import pandas as pd

    from parkanalysis.park.park import Park

__all__ = [
    "PriceAverage",
    "monthly_average",
    "sparse_average",
    "volatility_ratio",
    "year_average",
]

Array = NDArray[np.float64]
PATHS = 20_000
#: Quotations this many days before the last one count towards the level.
LEVEL_DAYS = 30


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


def _too_far(year: int, last: int, label: str) -> InputError:
    return InputError(Problem("year", str(year), f"{last} to {last + 2}, the last price being of {label}"))


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
    >>> import pandas as pd
    >>> flat = pd.Series(100.0, index=pd.period_range("2014-01", "2015-12", freq="M"))
    >>> monthly_average(flat, 2016).mean.tolist()
    [100.0]
    """
    import pandas as pd

    prices = monthly(series)
    known = prices[pd.PeriodIndex(prices.index).year == year].to_numpy()
    last = prices.index[-1]
    ahead = (year - last.year) * 12 + 12 - last.month
    if not 0 <= ahead <= 36:
        raise InputError(
            Problem("year", str(year), f"{last.year} to {last.year + 2}, the last month being {last}")
        )
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
    import pandas as pd

    dates = pd.to_datetime(pd.Series(points.index.astype(str)), errors="coerce", format="ISO8601")
    values = pd.to_numeric(points, errors="coerce").to_numpy(dtype=float)
    problems = [
        Problem("points", repr(points.index[i]), "an ISO date")
        for i in map(int, np.flatnonzero(dates.isna()))
    ]
    problems += [
        Problem("points", f"{points.iloc[i]!r} at {points.index[i]}", "a price above zero")
        for i in map(int, np.flatnonzero(~(np.isfinite(values) & (values > 0))))
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
    >>> import pandas as pd
    >>> related = pd.Series(100.0, index=pd.period_range("2014-01", "2015-12", freq="M"))
    >>> points = pd.Series([1600.0, 1500.0], index=["2016-01-10", "2016-02-20"])
    >>> found = sparse_average(points, related, 2016)
    >>> found.level, found.known_months, found.mean.round(1).tolist()
    (1500.0, 2, [1508.3])
    """
    import pandas as pd

    quoted = _quotations(points)
    walk = price_walk(related)
    last = quoted.index[-1]
    level = float(quoted[quoted.index > last - np.timedelta64(LEVEL_DAYS, "D")].mean())
    ahead = (year - last.year) * 12 + 12 - last.month
    if not 0 <= ahead <= 36:
        raise InputError(
            Problem(
                "year",
                str(year),
                f"{last.year} to {last.year + 2}, the last quotation being of {last:%Y-%m-%d}",
            )
        )
    if not (np.isfinite(ratio) and ratio > 0):
        raise InputError(Problem("ratio", repr(ratio), "a number above zero"))
    dates = pd.DatetimeIndex(quoted.index)
    known = quoted[dates.year == year].groupby(dates.month[dates.year == year]).mean()
    past = [month for month in range(1, last.month) if month not in known.index] if last.year == year else []
    # the walk of the related series goes on from its own last month, ours starts flat from the level
    log_paths = ratio * (walk.paths(36, paths, seed) - walk.drift[:36])
    future = level * np.exp(log_paths[:, max(ahead - 12, 0) : ahead])
    gaps = level * np.exp(log_paths[:, np.array([last.month - month - 1 for month in past], dtype=int)])
    averages = (known.sum() + future.sum(axis=1) + gaps.sum(axis=1)) / (
        len(known) + future.shape[1] + len(past)
    )
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
    >>> import pandas as pd
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


def _shared(one: str, other: str) -> int:
    """Length of the beginning that two names share."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def year_average(park: Park, name: str, related: str | None = None) -> PriceAverage:
    """Distribution of a park's price over its target year, from what was published by its ``as_of``.

    Parameters
    ----------
    park : Park
    name : str
        A series of prices.csv, monthly or quoted now and then.
    related : str, optional
        For the latter, the monthly series that lends its movement; by default the one whose name
        shares the longest beginning with ``name``.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = year_average(read_park("qingzhen"), "aluminium_lme")
    >>> found.known_months, found.quantile([0.1, 0.9])[:, 0].round(-1).tolist()
    (1, [1250.0, 1770.0])
    """
    rows = park.series(name)
    series = rows.set_index("period")["value"].rename(name)
    year = park.config.target_year
    if len(rows) and rows["period"].str.len().eq(7).all():
        return monthly_average(series, year)
    if related is None:
        counts = park.prices[park.prices["period"].str.len() == 7]["series"].value_counts()
        others = sorted(str(other) for other in counts[counts >= FEWEST_MONTHS].index)
        if not others:
            raise InputError(
                Problem("prices.csv", "no monthly series", f"one to lend its movement to {name}")
            )
        related = max(others, key=lambda other: _shared(name, other))
    return sparse_average(series, park.series(related).set_index("period")["value"].rename(related), year)
