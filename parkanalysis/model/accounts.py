"""Accounts of the base year: rates times output, balanced to the published total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parkanalysis.model.draws import Draws
from parkanalysis.model.scenario import YUAN_PER_100M

Array = NDArray[np.float64]
KWH_PER_MW_HOUR = 1000.0


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
    prior: ArrayLike, variance: ArrayLike, total: float | Array, minimum: float = -np.inf
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
    total : float or array, shape (n_draws,)
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
    total: float | Array,
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


@dataclass(frozen=True, eq=False)
class ProductDraws:
    """A product in the base year, draws.

    Attributes
    ----------
    volume : array
        In canonical units (t, kWh, ...).
    price : array
        Yuan per unit, as printed: VAT included where ``vat_rate`` is not 0.
    vat_rate : array
    unit_value : array
        Value added per unit, yuan: price without VAT times the industry's rate, where the industry has
        one, and in no draw more than the whole industry adds.
    """

    volume: Array
    price: Array
    vat_rate: Array
    unit_value: Array


@dataclass(frozen=True, eq=False)
class Base:
    """The base year: value added, rate and output by industry (亿元), and the products."""

    value_added: Mapping[str, Array]
    rate: Mapping[str, Array]
    gross_output: Mapping[str, Array]
    products: Mapping[str, ProductDraws]


def base_year(draw: Draws) -> Base:
    """Accounts of the base year, balanced to the published total draw by draw.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> scenario = read_scenario(read_park("qingzhen"), "reference")
    >>> base = base_year(Draws(scenario, None, seed=1))  # central values
    >>> bool(np.isclose(sum(base.value_added.values())[0], scenario.park.value_added))
    True
    """
    park = draw.scenario.park
    prior, variance, gross = {}, {}, {}
    for key, industry in park.config.industries.items():
        if industry.gross_output is not None and industry.value_added_rate is not None:
            output = park.amount(industry.gross_output)
            prior[key] = value_added(draw(industry.value_added_rate), output)
            variance[key] = (draw.spread(industry.value_added_rate) * output) ** 2
            gross[key] = np.full_like(prior[key], output)
        else:
            assert industry.value_added is not None
            prior[key] = draw(industry.value_added)
            variance[key] = draw.spread(industry.value_added) ** 2
    # no industry adds less than nothing, however far the published total lies below its parts
    balanced = balance(
        np.stack(list(prior.values())),
        np.stack(list(variance.values())),
        _published(draw),
        minimum=0.0,
    )
    added = dict(zip(prior, balanced, strict=True))
    rates = {key: added[key] / gross[key] for key in gross}
    return with_products(Base(added, rates, gross, {}), draw)


def _published(draw: Draws) -> float | Array:
    """The published total; draws of it where it is printed as an interval."""
    park = draw.scenario.park
    name = park.config.value_added
    return draw(name) if name in draw.scenario.levers else park.value_added


def with_products(base: Base, draw: Draws) -> Base:
    """The same accounts with the products as drawn."""
    config = draw.scenario.park.config
    products = {key: _product(item, base, draw) for key, item in config.products.items()}
    return Base(base.value_added, base.rate, base.gross_output, products)


def _product(item: Any, base: Base, draw: Draws) -> ProductDraws:
    volume = volume_made(draw, item.volume, item.capacity, item.hours)
    price, vat = draw(item.price), draw(item.vat_rate)
    all_of_it = base.value_added[item.industry] * YUAN_PER_100M
    most = np.divide(all_of_it, volume, out=np.zeros_like(volume), where=volume > 0)
    if item.industry not in base.rate:
        return ProductDraws(volume, price, vat, most)
    return ProductDraws(volume, price, vat, np.minimum(price / (1 + vat) * base.rate[item.industry], most))


def volume_made(draw: Draws, volume: str | None, capacity: str | None, hours: str | None) -> Array:
    """Volume of the base year: a lever, or capacity times hours of full load."""
    return draw(volume) if capacity is None else draw(capacity) * draw(hours) * KWH_PER_MW_HOUR
