"""Levers: the uncertain numbers of a projection, with unit, range, bounds and evidence.

A lever's distribution is fixed by its 10% and 90% points and, where it has one, its mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parkanalysis.quantities import MEASURES

if TYPE_CHECKING:
    Array = NDArray[np.float64]

EVIDENCE = ("reported", "derived", "proxy", "assumed")

# unit of a lever -> canonical unit and the factor that leads there
UNITS: dict[str, tuple[str, float]] = {
    **{code: (code, 1.0) for code in ("CNY", "t", "kWh", "MW", "h", "m3", "count", "fraction")},
    **{code: (code, 1.0) for code in ("CNY/t", "CNY/kWh", "CNY/m3", "CNY/count")},
    **MEASURES,
}


def to_canonical(value: Any, unit: str) -> Any:
    """Bring an amount from a lever's unit to the canonical one.

    Examples
    --------
    >>> to_canonical(12.0, "100m_kWh")
    1200000000.0
    """
    return value * UNITS[unit][1]


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

    if below == 0 or above == 0:  # the mode is a point itself: only the other side has a distance to fit
        scale = (high - low) / left(LOW / (1 - LOW))
        narrow = scale * LOW / (1 - LOW)
        return (narrow, scale, LOW) if below == 0 else (scale, narrow, 1 - LOW)

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
    """Beta with mode ``central`` and weight 4 (Malcolm et al. 1959), ends fitted to the two points.

    On the unit interval a mode m has the shape 1 + 4m, 5 - 4m. Where it lies between the two points, as a
    fraction of their distance, rises with m from below 0 to above 1: there is one m for each fraction.
    """
    from scipy.optimize import brentq
    from scipy.special import betaincinv

    def points(m: float) -> tuple[float, float]:
        return float(betaincinv(1 + 4 * m, 5 - 4 * m, LOW)), float(betaincinv(1 + 4 * m, 5 - 4 * m, 1 - LOW))

    def error(m: float) -> float:
        first, last = points(m)
        return (m - first) / (last - first) - fraction

    fraction = (central - low) / (high - low)
    m = float(brentq(error, 0.0, 1.0, xtol=1e-15))
    first, last = points(m)
    width = (high - low) / (last - first)
    start = central - m * width
    return lambda u: np.asarray(start + width * betaincinv(1 + 4 * m, 5 - 4 * m, u))


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


class Quantiles(Protocol):
    """What a lever needs of a forecast: values at given probabilities."""

    def ppf(self, u: Any) -> Any: ...


@dataclass(frozen=True)
class Lever:
    """An uncertain number.

    ``low`` and ``high`` are the 10% and 90% points, ``central`` the mode (the median where the
    distribution is a forecast or a lognormal, the middle where it is uniform). Draws beyond the
    hard bounds ``minimum`` and ``maximum`` are set to the bound, so that the two points stay
    what they are.
    """

    name: str
    unit: str
    low: float
    central: float
    high: float
    minimum: float
    maximum: float
    distribution: str
    evidence: str
    source: str
    label: dict[str, str] = field(default_factory=dict, hash=False)
    group: str = ""
    note: str = ""
    note_zh: str = ""
    figure: str = ""
    series: str = ""
    forecast: Quantiles | None = field(default=None, repr=False)  # equal only when the same object

    def ppf(self, u: Array) -> Array:
        """Values at probabilities ``u``, shape (n,), in the lever's unit, within the hard bounds."""
        if self.forecast is not None:
            values = np.asarray(self.forecast.ppf(u), dtype=float)
        else:
            values = ppf(self.distribution, self.low, self.central, self.high)(u)
        return np.asarray(np.clip(values, self.minimum, self.maximum))

    def cdf(self, value: float) -> float:
        """Probability of at most ``value``."""
        if self.is_point:
            return float(value >= self.central)
        return cdf(self.ppf, value)

    @property
    def column(self) -> str:
        """Column of the table that gives the central value."""
        return "figure" if self.figure else "series" if self.series else "central"

    @property
    def is_point(self) -> bool:
        """Whether the lever is one number."""
        return self.forecast is None and (self.distribution == "point" or self.low == self.high)

    @property
    def spread(self) -> float:
        """Standard deviation that a normal with the same 10% and 90% points has."""
        return 0.0 if self.is_point else (self.high - self.low) / (2 * Z_HIGH)

    def at(self, value: float) -> Lever:
        """The lever held at one value."""
        return replace(self, low=value, central=value, high=value, distribution="point", forecast=None)
