"""Inverse distribution functions of levers, fixed by the 10% and 90% points."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Array = NDArray[np.float64]

__all__ = ["DISTRIBUTIONS", "LOW", "Z_HIGH", "cdf", "ppf"]

LOW = 0.1
Z_HIGH = 1.2815515655446004  # standard normal quantile of 0.9

Ppf = Callable[["Array"], "Array"]


def _point(low: float, central: float, high: float) -> Ppf:
    return lambda u: np.full_like(u, central)


def _uniform(low: float, central: float, high: float) -> Ppf:
    """Flat between the points that put 10% below ``low`` and above ``high``; ``central`` is not used."""
    slope = (high - low) / (1 - 2 * LOW)
    return lambda u: low + slope * (u - LOW)


def _split_at_mode(
    low: float, central: float, high: float, left: Callable[[float], float]
) -> tuple[float, float, float]:
    """Scales on both sides of a mode, and the probability below it.

    ``left(q)`` is the distance from the mode, in scales, of the point below which lies the
    fraction q of one side. A density that is continuous at the mode puts the probability
    s1 / (s1 + s2) below it; the ratio follows from the two points by bisection.
    """
    from scipy.optimize import brentq

    below, above = central - low, high - central
    if min(below, above) < 1e-9 * (high - low):  # nearer than the fit can tell from the edge itself
        below, above = (0.0, high - low) if below < above else (high - low, 0.0)

    def scales(p: float) -> tuple[float, float]:
        return below / left(LOW / p), above / left(LOW / (1 - p))

    if below == 0:  # the mode is the 10% point itself: only the other side has a distance to fit
        s2 = above / left(LOW / (1 - LOW))
        return s2 * LOW / (1 - LOW), s2, LOW
    if above == 0:
        s1 = below / left(LOW / (1 - LOW))
        return s1, s1 * LOW / (1 - LOW), 1 - LOW

    def error(p: float) -> float:
        s1, s2 = scales(p)
        return s1 - p * (s1 + s2)

    edge = LOW * (1 + 1e-9)
    p = float(brentq(error, edge, 1 - edge, xtol=1e-14))
    return (*scales(p), p)


def _triangular(low: float, central: float, high: float) -> Ppf:
    """Triangle with mode ``central``."""
    s1, s2, p = _split_at_mode(low, central, high, lambda q: 1 - np.sqrt(q))

    def at(u: Array) -> Array:
        left = u < p
        distance = np.sqrt(np.where(left, u / p, (1 - u) / (1 - p))) - 1
        return np.asarray(central + np.where(left, s1, -s2) * distance)

    return at


def _two_piece_normal(low: float, central: float, high: float) -> Ppf:
    """Two half normals joined at the mode (Britton, Fisher and Whitley 1998)."""
    from scipy.special import ndtri

    s1, s2, p = _split_at_mode(low, central, high, lambda q: -float(ndtri(q / 2)))

    def at(u: Array) -> Array:
        left = u < p
        distance = ndtri(np.where(left, u / (2 * p), 1 - (1 - u) / (2 * (1 - p))))
        return np.asarray(central + np.where(left, s1, s2) * distance)

    return at


def _pert(low: float, central: float, high: float) -> Ppf:
    """Beta with mode ``central`` and weight 4 (Malcolm et al. 1959), ends fitted to the two points."""
    from scipy.optimize import root
    from scipy.special import betaincinv

    def shape(a: float, b: float) -> tuple[float, float]:
        return 1 + 4 * (central - a) / (b - a), 1 + 4 * (b - central) / (b - a)

    def ends(x: Array) -> tuple[float, float]:
        return low - float(np.exp(x[0])), high + float(np.exp(x[1]))

    def error(x: Array) -> list[float]:
        a, b = ends(x)
        q = betaincinv(*shape(a, b), np.array([LOW, 1 - LOW]))
        return [float(a + (b - a) * q[0] - low), float(a + (b - a) * q[1] - high)]

    start = np.log([0.5 * (high - low)] * 2)
    fit = root(error, start, tol=1e-13)
    if not fit.success:
        raise ValueError(f"no PERT has 10% below {low}, its mode at {central} and 10% above {high}")
    a, b = ends(fit.x)
    alpha, beta = shape(a, b)
    return lambda u: np.asarray(a + (b - a) * betaincinv(alpha, beta, u))


def _lognormal(low: float, central: float, high: float) -> Ppf:
    """Lognormal through the two points; ``central`` is not used."""
    from scipy.special import ndtri

    if low <= 0:
        raise ValueError(f"a lognormal needs a positive low, found {low}")
    mu, sigma = np.log(low * high) / 2, np.log(high / low) / (2 * Z_HIGH)
    return lambda u: np.asarray(np.exp(mu + sigma * ndtri(u)))


DISTRIBUTIONS: dict[str, Callable[[float, float, float], Ppf]] = {
    "point": _point,
    "uniform": _uniform,
    "triangular": _triangular,
    "two_piece_normal": _two_piece_normal,
    "pert": _pert,
    "lognormal": _lognormal,
}


@lru_cache(maxsize=4096)
def ppf(distribution: str, low: float, central: float, high: float) -> Ppf:
    """Inverse distribution function with 10% below ``low`` and 10% above ``high``.

    Parameters
    ----------
    distribution : {"point", "uniform", "triangular", "two_piece_normal", "pert", "lognormal"}
    low, central, high : float
        The 10% point, the mode (the value itself of a point) and the 90% point.

    Returns
    -------
    callable
        From probabilities, shape (n,), to values, shape (n,).

    Raises
    ------
    ValueError
        When no such distribution exists.

    Examples
    --------
    >>> import numpy as np
    >>> ppf("triangular", 1.0, 2.0, 4.0)(np.array([0.1, 0.9])).round(9).tolist()
    [1.0, 4.0]
    """
    if distribution != "point" and low == high:
        return _point(low, central, high)
    return DISTRIBUTIONS[distribution](low, central, high)


def cdf(inverse: Ppf, value: float) -> float:
    """Probability of at most ``value``, by bisection on the inverse.

    Examples
    --------
    >>> round(cdf(ppf("uniform", 1.0, 5.0, 9.0), 3.0), 6)
    0.3
    """
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if float(inverse(np.array([middle]))[0]) <= value:
            low = middle
        else:
            high = middle
    return (low + high) / 2 if low > 1e-12 and high < 1 - 1e-12 else round(low)
