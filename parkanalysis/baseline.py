"""Value added of the target year with no shock, as a distribution: annual series, forecast honestly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkanalysis.predictive import LEVELS, Predictive

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Forecast", "forecast", "growth"]


@dataclass(frozen=True, eq=False)
class Forecast(Predictive):
    """A forecast: a distribution for each step, and how it was made.

    Attributes
    ----------
    method : str
        The method that made the point, after any fall-back.
    transform : {"log", "none"}
    notes : tuple of str
        Treatments of the data and fall-backs, one sentence each.
    points : int
        Observations used.
    """

    method: str = ""
    transform: str = "none"
    notes: tuple[str, ...] = ()
    points: int = 0


def forecast(series: pd.Series, horizon: int = 1, method: str = "default") -> Forecast:
    """Forecast an annual series ``horizon`` steps beyond its last period.

    Examples
    --------
    >>> import pandas as pd
    >>> f = forecast(pd.Series([100.0, 110.0, 121.0, 133.1], index=[2012, 2013, 2014, 2015]))
    >>> f.mean.round(2).tolist()
    [146.41]
    """
    from scipy.special import stdtrit

    y = np.log(np.asarray(series, dtype=float))
    n = len(y)
    steps = np.arange(1, horizon + 1)
    drift = (y[-1] - y[0]) / (n - 1)
    scale = float(np.std(np.diff(y), ddof=1)) if n > 2 else 0.1
    centre = y[-1] + drift * steps
    spread = scale * np.sqrt(steps * (1 + steps / (n - 1)))
    table = np.exp(centre[:, None] + spread[:, None] * stdtrit(max(n - 2, 1), LEVELS)[None, :])
    return Forecast(mean=np.exp(centre), table=table, method="drift", transform="log", points=n)


def growth(series: pd.Series, horizon: int = 1, method: str = "default") -> Forecast:
    """Return the forecast relative to the last value: 1.08 is 8% above it.

    Examples
    --------
    >>> import pandas as pd
    >>> growth(pd.Series([100.0, 110.0, 121.0], index=[2013, 2014, 2015])).mean.round(3).tolist()
    [1.1]
    """
    return forecast(series, horizon, method).scaled(1 / float(series.dropna().iloc[-1]))
