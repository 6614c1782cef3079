"""Impacts of shocks on value added: pure functions, scalars or arrays of draws alike, in 亿元."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "YEAR",
    "YUAN_PER_100M",
    "Window",
    "capacity_ramp_up_impact",
    "common",
    "contracted_volume_impact",
    "output_cap_impact",
    "overlap",
    "plant_closure_impact",
    "price_change_impact",
    "rate_change_impact",
    "share_of_year",
    "window_of_months",
    "window_of_share",
]

YUAN_PER_100M = 1e8

# start and end of a stretch of the target year, as fractions of the year
Window = tuple[Any, Any]
YEAR: Window = (0.0, 1.0)


def window_of_months(start: str | None, end: str | None) -> Window:
    """Stretch of the target year from the first to the last month of a shock, both included.

    Parameters
    ----------
    start, end : str or None
        Months such as ``2016-03``; None is January or December.

    Examples
    --------
    >>> window_of_months("2016-04", None)
    (0.25, 1.0)
    """
    return (int(start[5:]) - 1) / 12 if start else 0.0, int(end[5:]) / 12 if end else 1.0


def window_of_share(share: Any) -> Window:
    """Stretch of a shock that fills a share of the year up to the year's end, where no date is known.

    Examples
    --------
    >>> window_of_share(0.75)
    (0.25, 1.0)
    """
    return 1.0 - share, 1.0


def overlap(*windows: Window) -> Any:
    """Share of the year that lies in all windows.

    max(0, min(ends) - max(starts))

    Examples
    --------
    >>> overlap((0.0, 0.5), (0.25, 1.0)), overlap((0.0, 0.5), (0.5, 1.0))
    (0.25, 0.0)
    """
    start, end = common(*windows)
    if isinstance(start, float) and isinstance(end, float):
        return max(0.0, end - start)
    return np.maximum(0.0, end - start)


def common(*windows: Window) -> Window:
    """Stretch of the year that lies in all windows; empty where it ends before it starts.

    Examples
    --------
    >>> common((0.0, 0.5), (0.25, 1.0))
    (0.25, 0.5)
    """
    start, end = windows[0]
    for first, last in windows[1:]:
        start, end = _later(start, first), _earlier(end, last)
    return start, end


def _later(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, float) and isinstance(b, float) else np.maximum(a, b)


def _earlier(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, float) and isinstance(b, float) else np.minimum(a, b)


def share_of_year(start: str | None, end: str | None) -> float:
    """Share of the target year that a shock acts, from its first and last month.

    Examples
    --------
    >>> share_of_year("2016-04", None)
    0.75
    """
    return float(overlap(window_of_months(start, end)))


def plant_closure_impact(value_added: Any, share: Any) -> Any:
    """Value added lost when a plant stands still.

    impact = -value_added * share

    Parameters
    ----------
    value_added : float or ndarray, shape (n_draws,)
        What the plant would add in a full year, 亿元.
    share : float or ndarray in [0, 1]
        Part of the year it stands still.

    Examples
    --------
    >>> plant_closure_impact(0.6, 0.5)
    -0.3
    """
    return -value_added * share


def capacity_ramp_up_impact(
    volume: Any, price: Any, *, vat_rate: Any, value_added_rate: Any, share: Any = 1.0
) -> Any:
    """Value added by additional output at the price before any change.

    impact = volume * price / (1 + vat_rate) * value_added_rate * share

    Parameters
    ----------
    volume : float or ndarray, shape (n_draws,)
        Additional amount in a full year (t, kWh, ...).
    price : float or ndarray
        Yuan per unit of volume, VAT included.
    vat_rate, value_added_rate, share : float or ndarray
        Fractions; ``share`` is the part of the year.

    Examples
    --------
    >>> round(capacity_ramp_up_impact(300_000, 2340, vat_rate=0.17, value_added_rate=0.2), 6)
    1.2
    """
    return volume * price / (1 + vat_rate) * value_added_rate * share / YUAN_PER_100M


def price_change_impact(
    volume: Any, price_before: Any, price_after: Any, *, vat_rate: Any, pass_through: Any, share: Any = 1.0
) -> Any:
    """Value added lost or won when a product's price changes.

    impact = volume * (price_after - price_before) / (1 + vat_rate) * (1 - pass_through) * share

    Value added is output less inputs: without pass-through the whole change lands on it.

    Parameters
    ----------
    volume : float or ndarray, shape (n_draws,)
        Amount sold in the target year by plants that still run (t, kWh, ...).
    price_before, price_after : float or ndarray
        Yuan per unit of volume, VAT included.
    vat_rate : float or ndarray
        Fraction, 0.17 in China until April 2018.
    pass_through : float or ndarray in [0, 1]
        Part of the change that the prices of inputs share.
    share : float or ndarray in [0, 1]
        Part of the year.

    Returns
    -------
    float or ndarray
        亿元, negative for a loss.

    Examples
    --------
    >>> round(price_change_impact(2_000_000, 2300, 1580, vat_rate=0.0, pass_through=0.0), 6)
    -14.4
    """
    change = (price_after - price_before) / (1 + vat_rate) * (1 - pass_through)
    return volume * change * share / YUAN_PER_100M


def contracted_volume_impact(
    volume: Any, base_volume: Any, price: Any, *, vat_rate: Any, value_added_rate: Any, share: Any = 1.0
) -> Any:
    """Value added lost or won when a contract sets the volume sold.

    impact = (volume - base_volume) * price / (1 + vat_rate) * value_added_rate * share

    Examples
    --------
    >>> round(contracted_volume_impact(12e8, 42e8, 0.351, vat_rate=0.17, value_added_rate=0.3), 6)
    -2.7
    """
    return (volume - base_volume) * price / (1 + vat_rate) * value_added_rate * share / YUAN_PER_100M


def output_cap_impact(value_added: Any, cap: Any, share: Any = 1.0) -> Any:
    """Value added lost when output may reach only a part of what it would be.

    impact = -max(value_added, 0) * (1 - cap) * share

    Parameters
    ----------
    value_added : float or ndarray, shape (n_draws,)
        What the industry would add in the year after all that comes before, 亿元.
    cap : float or ndarray in [0, 1]
        Allowed part of output, 1 for no cap.
    share : float or ndarray in [0, 1]
        Part of the year the cap is in force.

    Examples
    --------
    >>> float(output_cap_impact(8.0, 0.75, share=0.5))
    -1.0
    """
    return -np.maximum(value_added, 0.0) * (1 - cap) * share


def rate_change_impact(gross_output: Any, rate_before: Any, rate_after: Any, share: Any = 1.0) -> Any:
    """Value added lost or won when a policy or tax moves the value-added rate.

    impact = gross_output * (rate_after - rate_before) * share

    Examples
    --------
    >>> round(rate_change_impact(24.0, 0.25, 0.24, share=0.5), 6)
    -0.12
    """
    return gross_output * (rate_after - rate_before) * share
