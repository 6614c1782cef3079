"""The default's distribution: a mixture over methods whose widths come from a class of industrial areas.

Growth x of h years is distributed as a mixture of two-piece Student t laws with 5 degrees of freedom,
one about each method's forecast m_i, with weights w_i and a common scale s (after Raftery, Gneiting,
Balabdaoui and Polakowski 2005):

    F(x) = sum of w_i T5((x - m_i) / s),  w = softmax(A g),  log s = b · v

The gate g knows how firm the growth of the series is, whether its last year turned from it, and the
horizon; v knows the spread of its yearly growth, the number of points, the horizon, and how far the
methods disagree. F is then recalibrated: for a wanted normal score the class says which score of F to
take, so that the stated intervals hold and keep their skew (Kuleshov, Fenner and Ermon 2018). The same
scores hold everywhere, but for the number of points and the horizon, and above the middle for fast growth:
booms are larger than elsewhere, while a slowdown may come to any area, whether its own past shows one or not.
For a zone inside the area a constant is added to the square of s, and the scores lie the farther out the
smaller the zone. ``scripts/make_reference_class.py`` estimates it all and says how the rule was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from parkanalysis.forecasting.intervals import SCORES, on_all_scores
from parkanalysis.forecasting.methods import COMPONENTS, METHODS

Array = NDArray[np.float64]

#: Degrees of freedom of the kernel.
DEGREES = 5.0
#: Probabilities at which the class is tabulated.
PROBABILITIES: Array = np.array([0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975])
#: Where the mixture is computed, in units of the scale about each centre.
GRID: Array = np.concatenate([stdtrit(DEGREES, np.linspace(0.001, 0.999, 60)), [-200, -60, -25, 25, 60, 200]])
#: Log growth beyond a doubling or a halving in a year is a break and counts as one.
BREAK = float(np.log(2))
#: Mean yearly log growth from which on growth is partly, and wholly, fast.
SLOW, FAST = 0.02, 0.12
#: Points; straight lines of logs between. More than ten count as ten: longer windows of fast growth all end
#: in the same slowdown.
POINTS: Array = np.array([3.0, 5.0, 10.0])
#: As many years of a spread of 6% are added to a series' own before its spread is believed.
PRIOR_YEARS, PRIOR_SPREAD = 6.0, 0.06


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the mixture reads off N series of n points each, h steps ahead.

    Attributes
    ----------
    paths : ndarray, shape (N, 5)
        Growth over h steps by each of ``COMPONENTS``, relative to the last value.
    gate, width, tails : ndarray, shapes (N, 4), (N, 6), (N, 5)
        What weights, scale and recalibration depend on.
    """

    paths: Array
    gate: Array
    width: Array
    tails: Array

    @property
    def fast(self) -> Array:
        """How far growth is fast, 0 to 1."""
        return self.tails[:, 3]


def between(x: Array, knots: Array) -> Array:
    """Weights of the knots for straight lines between them, shape (len(x), len(knots)).

    Examples
    --------
    >>> between(np.array([0.5, 9.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.column_stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))])


def yearly_growth(y: Array) -> Array:
    """Log changes of series above zero, or changes over the mean size of one that is not; (N, n - 1)."""
    if (y > 0).all():
        return np.clip(np.diff(np.log(y)), -BREAK, BREAK)
    size = np.abs(y).mean(axis=1, keepdims=True)
    return np.clip(np.diff(y) / np.where(size > 0, size, 1.0), -BREAK, BREAK)


def unit(y: Array) -> Array:
    """What growth is relative to, shape (N,): the last value, or the mean size of one not above zero."""
    if (y > 0).all():
        return np.asarray(y[:, -1])
    size = np.abs(y).mean(axis=1)
    return np.asarray(np.where(size > 0, size, 1.0))


def inputs(y: Array, h: int) -> Inputs:
    """Read off series what the mixture needs.

    Parameters
    ----------
    y : ndarray, shape (N, n)
        Evenly spaced values of N series, n of 2 or more.
    h : int
        Steps ahead.
    """
    growth, size = yearly_growth(y), unit(y)
    k = growth.shape[1]
    mean = growth.mean(axis=1)
    squares = ((growth - mean[:, None]) ** 2).sum(axis=1)
    noise = (squares + 2 * 0.03**2) / (k + 1)
    firm = np.log1p(k * mean**2 / noise)
    turn = np.clip((growth[:, -1] - mean) / np.sqrt(noise), -3, 3) * np.sign(mean)
    spread = np.sqrt((squares + PRIOR_YEARS * PRIOR_SPREAD**2) / (k - 1 + PRIOR_YEARS))
    paths = np.column_stack([METHODS[name](y, h)[:, -1] for name in COMPONENTS])
    paths = np.clip((paths - y[:, -1:]) / size[:, None], 2.0**-h - 1, 2.0**h - 1)
    one, far = np.ones(len(y)), np.full(len(y), np.log(h))
    apart = np.log(paths.std(axis=1) / h + 0.01)
    fast = np.interp(mean, (SLOW, FAST), (0, 1))
    long = np.full(len(y), np.log(np.clip(k + 1, POINTS[0], POINTS[-1]) / POINTS[1]))
    return Inputs(
        paths,
        np.column_stack([one, firm, turn, far]),
        np.column_stack([one, np.log(spread), far, one / k, apart, far * firm]),
        np.column_stack([one, long, far, fast, long * fast]),
    )


def zone_tails(seen: Inputs, size: Array) -> Array:
    """What the scores of a zone depend on beyond those of its area, shape (N, 3).

    Parameters
    ----------
    seen : Inputs
        Of the area.
    size : ndarray, shape (N,)
        Last value of the zone, 亿元.
    """
    return np.column_stack([np.ones(len(size)), np.log(np.clip(size, 5, 5000) / 100), seen.fast])


def softmax(a: Array) -> Array:
    """Weights above zero that add up to 1 along the last axis."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def student_tail(t: Array) -> Array:
    """P(T <= t) of the Student t law with 5 degrees of freedom, in closed form.

    1/2 + (a + sin(a) cos(a) (1 + 2/3 cos(a)^2)) / pi with a = atan(t / sqrt(5)) (Abramowitz and Stegun
    1964, 26.7.3), in a twentieth of the time that the incomplete beta function takes.
    """
    x = t / np.sqrt(DEGREES)
    squared = 1 / (1 + x * x)
    return np.asarray(0.5 + (np.arctan(x) + x * squared * (1 + 2 / 3 * squared)) / np.pi)


def mixture_cdf(x: Array, paths: Array, weights: Array, scale: Array, skew: float) -> Array:
    """F(x) of the mixture before recalibration.

    Each kernel is a Student t whose scale is exp(skew) times as wide above its centre and exp(-skew)
    times below.

    Parameters
    ----------
    x : ndarray, shape (N, M)
    paths, weights : ndarray, shape (N, 5)
    scale : ndarray, shape (N,)
    """
    u = (x[:, :, None] - paths[:, None, :]) / scale[:, None, None]
    up = np.exp(skew) / (2 * np.cosh(skew))
    tail = student_tail(-np.abs(u) * np.where(u < 0, np.exp(skew), np.exp(-skew)))
    reached = np.where(u < 0, 2 * (1 - up) * tail, 1 - 2 * up * tail)
    return np.asarray((reached * weights[:, None, :]).sum(axis=2))


@dataclass(frozen=True, eq=False)
class ReferenceClass:
    """The estimated class.

    Attributes
    ----------
    gate : ndarray, shape (5, 4)
        Rows ``COMPONENTS``, columns those of ``Inputs.gate``.
    width : ndarray, shape (6,)
    skew : float
    scores : ndarray, shape (5, 7)
        Score of the mixture for each of ``PROBABILITIES``, by ``Inputs.tails``.
    zone_spread : float
        Log of the spread of a zone about its area.
    zone_scores : ndarray, shape (3, 7)
        What a zone adds to the scores of its area, by ``zone_tails``.
    methods : mapping of str to ndarray, shape (4, 7)
        For one method alone: errors at ``PROBABILITIES`` in units of the scale, a row for each of
        ``POINTS`` and one for log h.
    """

    gate: Array
    width: Array
    skew: float
    scores: Array
    zone_spread: float
    zone_scores: Array
    methods: dict[str, Array]


@cache
def reference_class() -> ReferenceClass:
    """Read the class shipped with the package."""
    with (files("parkanalysis.forecasting") / "reference_class.csv").open(encoding="utf-8") as handle:
        frame = pd.read_csv(handle, comment="#").set_index(["block", "row"])
    block = {
        str(name): rows.dropna(axis=1).to_numpy(dtype=float)
        for name, rows in frame.groupby("block", sort=False)
    }
    own = {name.removeprefix("method "): rows for name, rows in block.items() if name.startswith("method ")}
    return ReferenceClass(
        block["gate"],
        block["width"][:, 0],
        float(block["skew"][0, 0]),
        block["scores"],
        float(block["zone spread"][0, 0]),
        block["zone scores"],
        own,
    )


def kernel_scale(seen: Inputs, h: int, found: ReferenceClass, zone: float | None = None) -> Array:
    """Common scale of the kernels, shape (N,), in units of ``unit``; for a zone with its spread."""
    s = np.exp(seen.width @ found.width)
    return np.asarray(s if zone is None else np.sqrt(s**2 + h * np.exp(2 * found.zone_spread)))


def _quantiles(seen: Inputs, h: int, zone: float | None = None) -> Array:
    """Growth of one area, or of a zone inside it, at every knot of ``SCORES``."""
    found = reference_class()
    s = kernel_scale(seen, h, found, zone)
    weights = softmax(seen.gate @ found.gate.T)
    grid = np.unique(seen.paths[0][:, None] + s[0] * GRID[None, :])
    reached = mixture_cdf(grid[None, :], seen.paths, weights, s, found.skew)[0]
    wanted = seen.tails @ found.scores
    if zone is not None:
        wanted = wanted + zone_tails(seen, np.array([zone])) @ found.zone_scores
    levels = ndtri(np.clip(reached, 1e-12, 1 - 1e-12))
    return np.asarray(np.interp(on_all_scores(wanted[0], PROBABILITIES), levels, grid))


def _errors(seen: Inputs, h: int, n: int, name: str, zone: float | None = None) -> Array:
    """Errors of one method, of an area or of a zone inside it, at every knot of ``SCORES``."""
    found = reference_class()
    at = np.append(between(np.array([np.log(n)]), np.log(POINTS))[0], np.log(h)) @ found.methods[name]
    if zone is not None:
        at = at + (zone_tails(seen, np.array([zone])) @ found.zone_scores)[0]
    return np.asarray(kernel_scale(seen, h, found, zone)[0] * on_all_scores(at, PROBABILITIES))


def _outside(zone: Array, area: Array) -> Array:
    """Quantiles of a zone, nowhere nearer to the middle than its area's: nothing is surer of a part."""
    return np.where(SCORES < 0, np.minimum(zone, area), np.maximum(zone, area))


def mixture_table(y: Array, horizon: int, zone: float | None = None) -> Array:
    """Quantiles of the value at every knot of ``SCORES``, shape (horizon, len(SCORES)).

    Parameters
    ----------
    y : ndarray, shape (n,)
        Yearly values, n of 2 or more.
    horizon : int
    zone : float, optional
        Last value of a zone inside the area, 亿元; the quantiles are then those of an area that grows as
        the zone does.
    """
    row, tables = y[None, :], []
    for h in range(1, horizon + 1):
        seen = inputs(row, h)
        area = _quantiles(seen, h)
        tables.append(area if zone is None else _outside(_quantiles(seen, h, zone), area))
    return np.asarray(y[-1] + unit(row)[0] * np.stack(tables))


def method_table(y: Array, path: Array, method: str, zone: float | None = None) -> tuple[Array, str]:
    """Quantiles about the path of one method, and the name of the class of errors they rest on.

    A method whose errors are not in the class takes those of drift.
    """
    name = method if method in reference_class().methods else "drift"
    row, tables = y[None, :], []
    for h in range(1, len(path) + 1):
        seen = inputs(row, h)
        area = _errors(seen, h, len(y), name)
        tables.append(area if zone is None else _outside(_errors(seen, h, len(y), name, zone), area))
    return np.asarray(path[:, None] + unit(row)[0] * np.stack(tables)), name
