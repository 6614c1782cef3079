"""Two exponential smoothers that statsmodels lacks, written from their papers on plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["complex_smoothing", "dynamic_theta"]

Array = NDArray[np.float64]
ALPHAS: Array = np.linspace(0.10, 0.99, 90)


def _running_lines(y: Array) -> tuple[Array, Array]:
    """Intercept and slope of the least-squares line through the first t values, t = 0..n.

    Fiorucci et al. 2016, eq. 18-20: both follow from the mean so far, one value at a time.
    """
    slope, level, mean = np.zeros(len(y) + 1), np.zeros(len(y) + 1), 0.0
    for t, value in enumerate(y, start=1):
        if t > 1:
            slope[t] = ((t - 2) * slope[t - 1] + 6 / t * (value - mean)) / (t + 1)
        mean += (value - mean) / t
        level[t] = mean - slope[t] * (t + 1) / 2
    return level, slope


def _best_theta(y: Array, start: int) -> tuple[float, float, float]:
    """Smoothing weight, weight of the line (1 - 1/theta) and smoothed level after the last value.

    For a given alpha the one-step errors are linear in the first level and in the weight of the line,
    so both come from least squares and the search is over alpha alone: no start value, no local optimum.
    """
    n, a = len(y), ALPHAS
    level, slope = _running_lines(y)
    smooth = np.zeros((n + 1, len(a)))
    for t in range(n):
        smooth[t + 1] = a * y[t] + (1 - a) * smooth[t]
    decay = (1 - a) ** np.arange(n + 1)[:, None]
    line = decay[:-1] * level[:-1, None] + (1 - decay[1:]) / a * slope[:-1, None]
    gap, first, line = (y[:, None] - smooth[:-1])[start:], decay[:-1][start:], line[start:]
    ff, ll, fl = (first**2).sum(0), (line**2).sum(0), (first * line).sum(0)
    fg, lg = (first * gap).sum(0), (line * gap).sum(0)
    det = ff * ll - fl**2
    safe = det > 1e-12 * ff * ll
    weight = np.clip(np.where(safe, (ff * lg - fl * fg) / np.where(safe, det, 1.0), 0.0), 0.0, 1.0)
    initial = (fg - weight * fl) / ff
    best = int(np.argmin(((gap - first * initial - line * weight) ** 2).sum(0)))
    return float(a[best]), float(weight[best]), float(smooth[n, best] + decay[n, best] * initial[best])


def dynamic_theta(y: Array, horizon: int) -> Array:
    """Forecast with the dynamic optimised theta model.

    mu_t = l_{t-1} + (1 - 1/theta) [(1-alpha)^(t-1) A_{t-1} + (1 - (1-alpha)^t)/alpha B_{t-1}],
    l_t = alpha y_t + (1-alpha) l_{t-1}; A and B are the line through the values so far, which
    moves on with its own forecasts (Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016, eq. 16-21).

    Parameters
    ----------
    y : ndarray, shape (n,)
        n of 4 or more, in any units.
    horizon : int

    Returns
    -------
    ndarray, shape (horizon,)

    Examples
    --------
    >>> dynamic_theta(np.array([10.0, 12.0, 14.0, 16.0, 18.0]), 2).round(6).tolist()
    [20.0, 22.0]
    """
    path = np.asarray(y, dtype=float)
    n = len(path)
    alpha, weight, level = _best_theta(path, min(3, n - 3))
    for t in range(n, n + horizon):
        start, slope = (line[-1] for line in _running_lines(path))
        step = level + weight * ((1 - alpha) ** t * start + (1 - (1 - alpha) ** (t + 1)) / alpha * slope)
        level = alpha * step + (1 - alpha) * level
        path = np.append(path, step)
    return path[n:]


def _complex_pass(y: Array, grid: Array, level: Array, potential: Array) -> tuple[Array, Array, Array]:
    """Run the recursion once for every pair of weights; return squared errors and both last states."""
    real, imaginary = grid
    squares = np.zeros(len(real))
    for value in y:
        error = value - level
        squares += error**2
        level, potential = (
            level - (1 - imaginary) * potential + (real - imaginary) * error,
            level + (1 - real) * potential + (real + imaginary) * error,
        )
    return squares, level, potential


def _complex_fit(y: Array, grid: Array) -> tuple[Array, float, float, float]:
    """Best pair of weights with first states found by running forth, back and forth again."""
    level = np.full(grid.shape[1], y[:10].mean())
    potential = level / 1.1
    for values in (y, y[::-1], y):
        squares, level, potential = _complex_pass(values, grid, level, potential)
    best = int(np.argmin(np.where(np.isfinite(squares), squares, np.inf)))
    return grid[:, best], float(squares[best]), float(level[best]), float(potential[best])


def complex_smoothing(y: Array, horizon: int) -> Array:
    """Forecast with complex exponential smoothing, without season.

    l_t = l_{t-1} - (1-a1) c_{t-1} + (a0-a1) e_t,  c_t = l_{t-1} + (1-a0) c_{t-1} + (a0+a1) e_t,
    e_t = y_t - l_{t-1} (Svetunkov, Kourentzes and Ord 2022, eq. 14). The weights are sought from
    (1.3, 1) in a grid that follows the best pair and shrinks.

    Parameters
    ----------
    y : ndarray, shape (n,)
        n of 8 or more.
    horizon : int

    Returns
    -------
    ndarray, shape (horizon,)

    Examples
    --------
    >>> complex_smoothing(np.full(8, 5.0), 2).round(2).tolist()
    [5.0, 5.0]
    """
    offsets = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))).reshape(2, -1)
    centre, width = np.array([1.3, 1.0]), 0.15
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(12):
            grid = np.clip(centre[:, None] + width * offsets, 0.01, np.array([[1.8], [1.9]]))
            centre, _squares, level, potential = _complex_fit(y, grid)
            width *= 0.6
    real, imaginary = centre
    path = np.empty(horizon)
    for step in range(horizon):
        path[step] = level
        level, potential = level - (1 - imaginary) * potential, level + (1 - real) * potential
    return path
