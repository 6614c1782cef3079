"""Levers: the uncertain numbers of a projection, with unit, range, bounds and evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parkanalysis.park import distributions

if TYPE_CHECKING:
    Array = NDArray[np.float64]

__all__ = ["EVIDENCE", "UNITS", "Forecast", "Lever", "to_canonical"]

EVIDENCE = ("reported", "derived", "proxy", "assumed")

# unit of a lever -> canonical unit and the factor that leads there
UNITS: dict[str, tuple[str, float]] = {
    "CNY": ("CNY", 1.0),
    "CNY_10k": ("CNY", 1e4),
    "CNY_100m": ("CNY", 1e8),
    "t": ("t", 1.0),
    "10k_t": ("t", 1e4),
    "kWh": ("kWh", 1.0),
    "10k_kWh": ("kWh", 1e4),
    "100m_kWh": ("kWh", 1e8),
    "MW": ("MW", 1.0),
    "10k_kW": ("MW", 10.0),
    "h": ("h", 1.0),
    "m3": ("m3", 1.0),
    "10k_m3": ("m3", 1e4),
    "count": ("count", 1.0),
    "10k_count": ("count", 1e4),
    "CNY/t": ("CNY/t", 1.0),
    "CNY/kWh": ("CNY/kWh", 1.0),
    "CNY/m3": ("CNY/m3", 1.0),
    "CNY/count": ("CNY/count", 1.0),
    "fraction": ("fraction", 1.0),
}


def to_canonical(value: Any, unit: str) -> Any:
    """Bring an amount from a lever's unit to the canonical one.

    Examples
    --------
    >>> to_canonical(12.0, "100m_kWh")
    1200000000.0
    """
    return value * UNITS[unit][1]


class Forecast(Protocol):
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
    forecast: Forecast | None = field(default=None, repr=False)  # equal only when the same object

    def ppf(self, u: Array) -> Array:
        """Values at probabilities ``u``, shape (n,), in the lever's unit, within the hard bounds."""
        if self.forecast is not None:
            values = np.asarray(self.forecast.ppf(u), dtype=float)
        else:
            values = distributions.ppf(self.distribution, self.low, self.central, self.high)(u)
        return np.asarray(np.clip(values, self.minimum, self.maximum))

    def cdf(self, value: float) -> float:
        """Probability of at most ``value``."""
        if self.is_point:
            return float(value >= self.central)
        return distributions.cdf(self.ppf, value)

    @property
    def is_point(self) -> bool:
        """Whether the lever is one number."""
        return self.forecast is None and (self.distribution == "point" or self.low == self.high)

    @property
    def spread(self) -> float:
        """Standard deviation that a normal with the same 10% and 90% points has."""
        return 0.0 if self.is_point else (self.high - self.low) / (2 * distributions.Z_HIGH)

    def at(self, value: float) -> Lever:
        """The lever held at one value."""
        return replace(self, low=value, central=value, high=value, distribution="point", forecast=None)
