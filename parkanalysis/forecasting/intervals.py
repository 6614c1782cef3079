"""A predictive distribution held as a monotone quantile table: exact, deterministic, fast to draw from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

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
        the logs. The default's may lie off the median of the distribution, see ``forecast``.
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


def on_all_scores(at: ArrayLike, probabilities: ArrayLike) -> Array:
    """Spread values at some probabilities over every knot of ``SCORES``, straight beyond the outer two.

    Straight lines in normal scores, so that a normal law goes through unchanged.
    """
    knots, rising = ndtri(np.asarray(probabilities)), np.maximum.accumulate(np.asarray(at, dtype=float))
    low = (rising[1] - rising[0]) / (knots[1] - knots[0])
    high = (rising[-1] - rising[-2]) / (knots[-1] - knots[-2])
    tails = np.minimum(SCORES - knots[0], 0) * low + np.maximum(SCORES - knots[-1], 0) * high
    return np.asarray(np.interp(SCORES, knots, rising) + tails)


def from_quantiles(probabilities: ArrayLike, values: ArrayLike) -> Predictive:
    """The distribution of one step that has these quantiles, two or more, in rising order.

    Examples
    --------
    >>> from_quantiles([0.1, 0.5, 0.9], [30.0, 33.0, 38.0]).quantile([0.1, 0.9])[:, 0].round(6).tolist()
    [30.0, 38.0]
    """
    table = on_all_scores(values, probabilities)
    return Predictive(table[[len(SCORES) // 2]], table[None, :])


def kept_above_zero(table: Array, path: Array) -> Array:
    """Quantiles of values that cannot fall below zero: below half the point they fall off exponentially.

    Parameters
    ----------
    table : ndarray, shape (horizon, n)
    path : ndarray, shape (horizon,)
        Points, above zero.

    Examples
    --------
    >>> kept_above_zero(np.array([[-1.0, 4.0, 12.0]]), np.array([10.0])).round(2).tolist()
    [[1.51, 4.09, 12.0]]
    """
    half = 0.5 * path[:, None]
    return np.where(table < half, half * np.exp(np.minimum(table / half - 1, 0)), table)
