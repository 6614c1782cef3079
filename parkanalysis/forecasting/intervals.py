"""A predictive distribution as a table of quantiles, and the widths that make its intervals hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

Array = NDArray[np.float64]
P = TypeVar("P", bound="Predictive")

# Knots are even in the normal score, so that a knot is found by division and the tails keep their shape;
# beyond ±4 (once in 30,000) the outermost knot stands, which keeps the moments of exp(t) finite.
_STEP = 0.005
_EDGE = 4.0
SCORES: Array = np.linspace(-_EDGE, _EDGE, round(2 * _EDGE / _STEP) + 1)


def normal_scores(u: ArrayLike) -> Array:
    """Return the standard normal quantile of probabilities, ends mapped to the outermost knots.

    Examples
    --------
    >>> normal_scores([0.0, 0.5, 1.0]).tolist()
    [-4.0, 0.0, 4.0]
    """
    return np.asarray(np.clip(ndtri(np.asarray(u, dtype=float)), -_EDGE, _EDGE))


LEVELS: Array = np.asarray(ndtr(SCORES))


@dataclass(frozen=True, eq=False)
class Predictive:
    """A distribution for each of ``horizon`` steps.

    Attributes
    ----------
    mean : ndarray, shape (horizon,)
        The point: the method's forecast in the units of the series. On logs it is exp of the mean of
        the logs, hence the median of the distribution, which absolute and percentage errors ask for.
    table : ndarray, shape (horizon, len(SCORES))
        Quantiles in the units of the series at probabilities ``LEVELS``, rising along each row.

    Examples
    --------
    >>> p = Predictive(mean=np.array([10.0]), table=10.0 + SCORES[None, :])
    >>> p.quantile(0.5).round(3).tolist()
    [10.0]
    """

    mean: Array
    table: Array

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return len(self.table)

    @property
    def median(self) -> Array:
        """Medians, shape (horizon,)."""
        return self.table[:, len(SCORES) // 2].copy()

    def ppf(self, u: ArrayLike, step: int = 1) -> Array:
        """Push uniforms through the inverse distribution of one step.

        Parameters
        ----------
        u : array_like in [0, 1], any shape
        step : int
            1 is the first step ahead.

        Returns
        -------
        ndarray, shape of ``u``
            In the units of the series.
        """
        if not 1 <= step <= self.horizon:
            raise ValueError(f"step {step} is outside 1 to {self.horizon}")
        place = (normal_scores(u) + _EDGE) / _STEP
        left = np.minimum(place.astype(np.intp), len(SCORES) - 2)
        row = self.table[step - 1]
        low = row[left]
        return np.asarray(low + (place - left) * (row[left + 1] - low))

    def quantile(self, q: ArrayLike) -> Array:
        """Return quantiles: shape (horizon,) for one ``q``, (len(q), horizon) for several."""
        levels = np.asarray(q, dtype=float)
        if np.isnan(levels).any() or (levels < 0).any() or (levels > 1).any():
            raise ValueError(f"quantiles lie between 0 and 1, found {q!r}")
        return np.stack([self.ppf(levels, step) for step in range(1, self.horizon + 1)], axis=-1)

    def cdf(self, value: ArrayLike, step: int = 1) -> Array:
        """Return the probability of staying at or below ``value`` at one step (the PIT of an outturn)."""
        row = self.table[step - 1]
        values = np.asarray(value, dtype=float)
        # a flat table (a constant series) puts its whole mass on one point
        if row[-1] <= row[0]:
            return np.where(values < row[0], 0.0, np.where(values > row[0], 1.0, 0.5))
        return np.asarray(ndtr(np.interp(values, row, SCORES, left=-np.inf, right=np.inf)))

    def draws(self, n: int, seed: int) -> Array:
        """Draw ``n`` paths, shape (n, horizon).

        Steps hang together as those of a random walk: the normal scores of steps i < j correlate
        by sqrt(i / j).
        """
        shocks = np.random.default_rng(seed).standard_normal((n, self.horizon))
        scores = np.cumsum(shocks, axis=1) / np.sqrt(np.arange(1, self.horizon + 1))
        columns = [np.interp(scores[:, h], SCORES, self.table[h]) for h in range(self.horizon)]
        return np.stack(columns, axis=1)

    def scaled(self: P, factor: float) -> P:
        """Return the same distribution in other units: every value times ``factor`` > 0."""
        if not (np.isfinite(factor) and factor > 0):
            raise ValueError(f"a factor is finite and above 0, found {factor!r}")
        return replace(self, mean=self.mean * factor, table=self.table * factor)


#: Central coverages tabulated in the reference class.
COVERAGES = (0.50, 0.80, 0.95)
#: Normal scores of the upper ends of those intervals, with the centre before them.
_KNOTS = np.array([0.0, 0.6744897502, 1.2815515655, 1.9599639845])
#: One change of 5% is added to those seen, so that two equal points do not claim certainty.
PRIOR_CHANGES, PRIOR_CHANGE = 1.0, 0.05
#: Own errors count from this many, against as many from the reference class as ``CLASS_WEIGHT`` says.
OWN_ERRORS, CLASS_WEIGHT = 8, 20.0


def yearly_scale(values: Array, places: NDArray[np.intp]) -> float:
    """Root mean square of one-period changes, in the units of the series.

    scale² = (sum of change²/gap + 1 · (0.05 · level)²) / (changes + 1); a change across a gap of k
    periods counts 1/k, as it would for a random walk.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Evenly spaced.
    places : ndarray of int
        Where ``values`` was observed.

    Examples
    --------
    >>> round(yearly_scale(np.array([100.0, 110.0, 120.0]), np.arange(3)), 3)
    8.869
    """
    seen = values[places]
    changes = np.diff(seen) ** 2 / np.diff(places)
    level = abs(seen[-1]) if seen[-1] else np.abs(seen).mean()
    total = changes.sum() + PRIOR_CHANGES * (PRIOR_CHANGE * level) ** 2
    return float(np.sqrt(total / (len(changes) + PRIOR_CHANGES)))


@dataclass(frozen=True, eq=False)
class _Class:
    points: Array
    horizons: Array
    widths: Array  # (points, horizons, coverages)


@cache
def _reference() -> dict[str, _Class]:
    """Read the table shipped with the package: widths by method."""
    with (files("parkanalysis.forecasting") / "reference_class.csv").open(encoding="utf-8") as handle:
        frame = pd.read_csv(handle, comment="#")
    columns = [f"width_{round(100 * c)}" for c in COVERAGES]
    classes = {}
    for method, rows in frame.groupby("method"):
        block = rows.set_index(["points", "horizon"])[columns].sort_index()
        points, horizons = (np.unique(block.index.get_level_values(i)) for i in (0, 1))
        widths = block.to_numpy(dtype=float).reshape(len(points), len(horizons), len(COVERAGES))
        classes[str(method)] = _Class(points.astype(float), horizons.astype(float), widths)
    return classes


def _walk(horizon: Array, points: int) -> Array:
    """Growth of the standard error of a random walk with drift, whose drift is estimated."""
    return np.asarray(np.sqrt(horizon * (1 + horizon / max(points - 1, 1))))


def class_widths(method: str, points: int, horizon: int) -> Array | None:
    """Half-widths of the 50, 80 and 95% intervals in units of ``yearly_scale``, shape (horizon, 3).

    Between tabulated numbers of points on a straight line; beyond the last horizon they grow as
    the error of a random walk with drift. None for a method without a class.

    Examples
    --------
    >>> class_widths("drift", points=5, horizon=2).round(1).tolist()
    [[0.6, 1.2, 2.3], [0.9, 2.0, 3.8]]
    """
    found = _reference().get(method)
    if found is None:
        return None
    last = len(found.horizons)
    rows = np.array(
        [
            [np.interp(points, found.points, found.widths[:, h, c]) for c in range(len(COVERAGES))]
            for h in range(min(horizon, last))
        ]
    )
    if horizon > last:
        beyond = _walk(np.arange(last + 1.0, horizon + 1), points) / _walk(np.array([float(last)]), points)
        rows = np.vstack([rows, beyond[:, None] * rows[-1]])
    return np.asarray(np.maximum.accumulate(np.maximum.accumulate(rows, axis=0), axis=1))


def t_widths(points: int, horizon: int) -> Array:
    """Half-widths of a random walk's t interval, shape (horizon, 3): the floor where no class is known.

    Examples
    --------
    >>> t_widths(points=5, horizon=2).round(1).tolist()
    [[0.8, 1.7, 3.1], [1.3, 2.7, 4.8]]
    """
    upper = stdtrit(max(points - 1, 1), 0.5 + np.array(COVERAGES) / 2)
    return np.asarray(_walk(np.arange(1.0, horizon + 1), points)[:, None] * upper[None, :])


def own_factor(values: Array, fit: Callable[[Array], float], width: float) -> float:
    """How much wider than its class the series' own one-step errors are, between 0.7 and 2.

    factor² = (20 + sum of min(z², 9)) / (20 + number of errors), z an own rolling-origin error in
    units of the standard deviation that the class gives it; 1 with fewer than 8 errors.

    Parameters
    ----------
    values : ndarray, shape (n,)
    fit : callable
        One-step forecast from the values so far.
    width : float
        Half-width of the class's 80% interval one step ahead, in units of ``yearly_scale``.

    Examples
    --------
    >>> line = np.arange(100.0, 120.0)  # goes on as a straight line, so that its own errors are 0
    >>> round(own_factor(line, lambda past: 2 * past[-1] - past[-2], width=1.5), 3)
    0.778
    """
    origins = range(7, len(values))
    if len(origins) < OWN_ERRORS:
        return 1.0
    scores = []
    for n in origins:
        past = values[:n]
        sd = yearly_scale(past, np.arange(n)) * width / _KNOTS[2]
        scores.append(min(((values[n] - fit(past)) / sd) ** 2, 9.0) if sd > 0 else 1.0)
    factor = np.sqrt((CLASS_WEIGHT + sum(scores)) / (CLASS_WEIGHT + len(scores)))
    return float(np.clip(factor, 0.7, 2.0))


def _shape(widths: Array) -> Array:
    """Offsets at every knot of the quantile table for one step, odd about the centre."""
    ends = np.concatenate([[0.0], widths])
    slope = (ends[-1] - ends[-2]) / (_KNOTS[-1] - _KNOTS[-2])
    size = np.abs(SCORES)
    inside = np.interp(size, _KNOTS, ends)
    return np.asarray(np.sign(SCORES) * (inside + slope * np.maximum(size - _KNOTS[-1], 0)))


def quantile_table(path: Array, scale: float, widths: Array, *, positive: bool) -> Array:
    """Quantiles at ``LEVELS`` about a path, shape (horizon, len(LEVELS)).

    Even about the point on levels, which scored better on the development series than even on logs
    at every number of points: a log turns the wide interval of a short series into an absurd upper end.

    Parameters
    ----------
    path : ndarray, shape (horizon,)
        Point forecasts.
    scale : float
        ``yearly_scale``, in the units of the series.
    widths : ndarray, shape (horizon, 3)
        Half-widths at 50, 80 and 95%, in units of ``scale``.
    positive : bool
        Keep the lower side above zero: below half the point it falls off exponentially.

    Examples
    --------
    >>> table = quantile_table(np.array([40.0]), 2.0, np.array([[0.7, 1.3, 2.0]]), positive=True)
    >>> np.interp([0.1, 0.5, 0.9], LEVELS, table[0]).round(1).tolist()
    [37.4, 40.0, 42.6]
    """
    table = path[:, None] + scale * np.stack([_shape(row) for row in widths])
    if positive:
        half = 0.5 * path[:, None]
        table = np.where(table < half, half * np.exp(np.minimum(table / half - 1, 0)), table)
    assert table.shape[1] == len(LEVELS)
    return np.asarray(table)
