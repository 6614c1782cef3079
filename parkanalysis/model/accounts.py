"""Accounts of the base year: rates times output, balanced to the published total; pure arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["balance", "posterior_spread", "value_added"]


def value_added(value_added_rate: Any, gross_output: Any) -> Any:
    """Value added from gross output.

    value_added = value_added_rate * gross_output

    Examples
    --------
    >>> value_added(0.25, 26.4)
    6.6
    """
    return value_added_rate * gross_output


def balance(
    prior: ArrayLike, variance: ArrayLike, total: float, minimum: float = -np.inf
) -> NDArray[np.float64]:
    """Least-squares adjustment of parts to a published total.

    x = prior + variance / sum(variance) * (total - sum(prior))

    The minimum of sum((x - prior)^2 / variance) under sum(x) = total (Stone, Champernowne and
    Meade 1942, for uncorrelated items and one constraint). Applied to each draw of the prior it
    gives draws of the posterior, since the adjustment is the conditional mean plus the
    conditional deviation of a normal vector.

    Parameters
    ----------
    prior : array, shape (n_parts,) or (n_parts, n_draws)
        亿元.
    variance : array, shape (n_parts,)
        Not negative. A part with variance 0 keeps its prior. Where all are 0 the parts are scaled.
    total : float
        亿元.
    minimum : float
        What no adjusted part may fall below: a part that would is held there and the others share
        the rest, which is the minimum under that condition too. Where the parts with variance 0
        leave nothing to share, the condition gives way to the total.

    Returns
    -------
    array, shape of ``prior``
        Sums to ``total`` over the first axis.

    Raises
    ------
    ValueError
        On a negative variance, or where the parts cannot be scaled because they sum to 0.

    Examples
    --------
    >>> balance([4.0, 5.0], [1.0, 3.0], 13.0).tolist()
    [5.0, 8.0]
    >>> balance([1.0, 6.0], [1.0, 1.0], 3.0).tolist(), balance([1.0, 6.0], [1.0, 1.0], 3.0, 0.0).tolist()
    ([-1.0, 4.0], [0.0, 3.0])
    """
    x, v = np.asanyarray(prior), np.asanyarray(variance)
    if (v < 0).any():
        raise ValueError("a variance is negative")
    if v.sum() == 0:
        if np.any(x.sum(axis=0) == 0):
            raise ValueError("parts that sum to 0 cannot be scaled to the total")
        return np.asanyarray(x * (total / x.sum(axis=0)))
    spread = v.reshape(-1, *[1] * (x.ndim - 1))
    adjusted = np.asanyarray(x + spread / v.sum() * (total - x.sum(axis=0)))
    low = (adjusted < minimum).any(axis=0)
    return _held_at(minimum, x, spread, total, adjusted) if low.any() else adjusted


def _held_at(
    minimum: float,
    x: NDArray[np.float64],
    spread: NDArray[np.float64],
    total: float,
    adjusted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Hold what falls below the minimum there, adjust the rest again, until nothing falls below it."""
    held = np.zeros_like(x, dtype=bool)
    for _ in range(len(x)):
        held = held | ((adjusted < minimum) & (spread > 0))
        free = np.where(held, 0.0, spread)
        room = free.sum(axis=0)
        start = np.where(held, minimum, x)
        weight = np.divide(free, room, out=np.zeros_like(start), where=room > 0)
        again = start + weight * (total - start.sum(axis=0))
        adjusted = np.where(room > 0, again, adjusted)
        if not ((adjusted < minimum) & ~held & (room > 0)).any():
            break
    return np.asanyarray(adjusted)


def posterior_spread(variance: ArrayLike) -> NDArray[np.float64]:
    """Standard deviation of each part after balancing.

    sqrt(variance - variance^2 / sum(variance))

    Examples
    --------
    >>> posterior_spread([1.0, 1.0]).round(6).tolist()
    [0.707107, 0.707107]
    """
    v = np.asarray(variance, dtype=float)
    return np.asarray(np.sqrt(v - v**2 / v.sum())) if v.sum() > 0 else np.zeros_like(v)
