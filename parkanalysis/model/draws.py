"""Draws of the levers, and of the accounts of the base year that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parkanalysis.model.scenario import YUAN_PER_100M, Scenario
from parkanalysis.park import Correlation, Lever, correlation_matrix, to_canonical
from parkanalysis.park.schema import Product

Array = NDArray[np.float64]
Names = tuple[str, ...]
Pairs = tuple[Correlation, ...]
CHUNK = 1 << 15  # a column of draws fits the processor's cache
KWH_PER_MW_HOUR = 1000.0
EDGE = 1e-12  # keeps probabilities off 0 and 1


def chunks(draws: int, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Spans that cover the draws.

    Examples
    --------
    >>> list(chunks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((start, min(start + size, draws)) for start in range(0, draws, size))


@lru_cache(maxsize=4)  # of many levers a stretch is large
def uniforms(names: Names, correlations: Pairs, start: int, stop: int, seed: int) -> Array:
    """Points ``start`` to ``stop`` of a scrambled Sobol sequence, a row a lever, ranks correlated.

    Returns
    -------
    array, shape (n_names, stop - start)
        In (0, 1); the same points whatever the spans they are asked in.

    Examples
    --------
    >>> points = uniforms(("price", "volume"), (), 0, 4, seed=2016)
    >>> np.sort(np.floor(4 * points)).tolist()  # a point in each quarter
    [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0]]
    >>> bool((uniforms(("price", "volume"), (), 2, 4, seed=2016) == points[:, 2:]).all())
    True
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import qmc

    sampler = qmc.Sobol(len(names), scramble=True, bits=32, rng=np.random.default_rng(seed))
    if start:
        sampler.fast_forward(start)
    # scipy warns unless the first points asked for are a power of two
    size = stop - start if start else 1 << max(stop - 1, 0).bit_length()
    u = np.ascontiguousarray(sampler.random(size)[: stop - start].T)
    np.maximum(u, EDGE, out=u)  # Sobol points may be 0, never 1
    linked = sorted({names.index(n) for c in correlations for n in c.levers})
    if linked:
        root = _root(names, correlations)[np.ix_(linked, linked)]
        u[linked] = np.clip(ndtr(_mixed(root, ndtri(u[linked]))), EDGE, 1 - EDGE)
    u.flags.writeable = False
    return u


@lru_cache(maxsize=384)  # a hundred megabytes of stretches as long as CHUNK
def _column(names: Names, correlations: Pairs, span: tuple[int, int], seed: int, lever: Lever) -> Array:
    """Draws of one lever in canonical units."""
    u = uniforms(names, correlations, *span, seed)
    values = np.asarray(canonical_amount(lever.ppf(u[names.index(lever.name)]), lever))
    values.flags.writeable = False
    return values


@lru_cache(maxsize=8)
def _root(names: Names, correlations: Pairs) -> Array:
    """Lower triangular root where there is one, else the symmetric one of a singular matrix."""
    matrix = correlation_matrix(names, correlations)
    try:
        return np.asarray(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _mixed(root: Array, scores: Array) -> Array:
    """root @ scores, summed in one order whatever the number of draws: chunks must agree to the bit."""
    result = np.zeros_like(scores)
    for i, row in enumerate(root):
        for weight, score in zip(row, scores, strict=True):
            if weight != 0:
                result[i] += weight * score
    return result


def forget() -> None:
    """Drop the points and draws that are kept between projections."""
    uniforms.cache_clear()
    _column.cache_clear()


class Draws:
    """Draws of a scenario's levers by name, in canonical units or as money in 亿元.

    Each lever has its own Sobol dimension, in the order of the names, so that it keeps its draws
    whatever the other levers' values, the shocks and the scenarios are.

    Parameters
    ----------
    scenario : Scenario
    span : (int, int) or None
        Stretch of the Sobol sequence; None is the one draw of central values.
    seed : int
    held : mapping of str to float, optional
        Levers that have one value in every draw, in their own unit.
    """

    def __init__(
        self,
        scenario: Scenario,
        span: tuple[int, int] | None,
        seed: int,
        held: Mapping[str, float] | None = None,
    ) -> None:
        self.scenario, self.span, self.seed, self.held = scenario, span, seed, held or {}
        self.size = 1 if span is None else span[1] - span[0]
        self._names = tuple(sorted(scenario.levers))
        self._correlations = scenario.park.config.correlations

    def __call__(self, name: str | None) -> Array:
        if name is None:
            return np.zeros(self.size)
        lever = self.scenario.levers[name]
        if self.span is None or lever.is_point or name in self.held:
            return np.full(self.size, self.centre(name))
        return _column(self._names, self._correlations, self.span, self.seed, lever)

    def centre(self, name: str) -> float:
        """Central value of a lever, or the one at which it is held, in the units of its draws."""
        lever = self.scenario.levers[name]
        value = np.clip(self.held.get(name, lever.central), lever.minimum, lever.maximum)
        return float(canonical_amount(value, lever))

    def spread(self, name: str) -> float:
        """Standard deviation of a lever, in the units of its draws; 0 where it is held."""
        lever = self.scenario.levers[name]
        return 0.0 if name in self.held else float(canonical_amount(lever.spread, lever))


def canonical_amount(values: Any, lever: Lever) -> Any:
    """Values of a lever in canonical units, money in 亿元."""
    canonical = to_canonical(values, lever.unit)
    money = lever.unit.startswith("CNY") and "/" not in lever.unit
    return canonical / YUAN_PER_100M if money else canonical


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

    Examples
    --------
    >>> balance([4.0, 5.0], [1.0, 3.0], 13.0).tolist()
    [5.0, 8.0]
    >>> balance([1.0, 6.0], [1.0, 1.0], 3.0).tolist(), balance([1.0, 6.0], [1.0, 1.0], 3.0, 0.0).tolist()
    ([-1.0, 4.0], [0.0, 3.0])
    """
    x, v = np.asanyarray(prior), np.asanyarray(variance)
    if v.sum() == 0:
        return np.asanyarray(x * (total / x.sum(axis=0)))
    spread = v.reshape(-1, *[1] * (x.ndim - 1))
    adjusted = np.asanyarray(x + spread / v.sum() * (total - x.sum(axis=0)))
    held = np.zeros(x.shape, dtype=bool)
    for _ in range(len(x)):
        # hold what falls below the minimum there, adjust the rest again, until nothing falls below it
        below = (adjusted < minimum) & (spread > 0) & ~held
        if not below.any():
            break
        held = held | below
        free, start = np.where(held, 0.0, spread), np.where(held, minimum, x)
        room = free.sum(axis=0)
        weight = np.divide(free, room, out=np.zeros_like(start), where=room > 0)
        adjusted = np.where(room > 0, start + weight * (total - start.sum(axis=0)), adjusted)
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
        one, and in no draw more than the whole industry adds on what was made.
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
    gross_output: Mapping[str, Any]
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
            prior[key] = draw(industry.value_added_rate) * output
            variance[key] = (draw.spread(industry.value_added_rate) * output) ** 2
            gross[key] = output
        else:
            assert industry.value_added is not None
            prior[key] = draw(industry.value_added)
            variance[key] = draw.spread(industry.value_added) ** 2
    # no industry adds less than nothing, however far the published total lies below its parts
    parts, spread = np.stack(list(prior.values())), np.stack(list(variance.values()))
    # draws of the published total where it is printed as an interval
    name = park.config.value_added
    published = draw(name) if name in draw.scenario.levers else park.value_added
    balanced = balance(parts, spread, published, minimum=0.0)
    added = dict(zip(prior, balanced, strict=True))
    rates = {key: added[key] / gross[key] for key in gross}
    return with_products(Base(added, rates, gross, {}), draw)


def with_products(base: Base, draw: Draws) -> Base:
    """The same accounts with the products as drawn."""
    config = draw.scenario.park.config
    products = {key: _product(item, base, draw) for key, item in config.products.items()}
    return replace(base, products=products)


def _product(item: Product, base: Base, draw: Draws) -> ProductDraws:
    volume = volume_made(draw, item.volume, item.capacity, item.hours)
    price, vat = draw(item.price), draw(item.vat_rate)
    rate = base.rate.get(item.industry)
    unit_value = np.zeros_like(volume) if rate is None else price / (1 + vat) * rate
    all_of_it = base.value_added[item.industry] * YUAN_PER_100M
    # what is new has made nothing yet, and so no part of what its industry adds
    most = np.divide(all_of_it, volume, out=unit_value + 0.0, where=volume > 0)
    return ProductDraws(volume, price, vat, most if rate is None else np.minimum(unit_value, most))


def volume_made(draw: Draws, volume: str | None, capacity: str | None, hours: str | None) -> Array:
    """Volume of the base year: a lever, or capacity times hours of full load."""
    return draw(volume) if capacity is None else draw(capacity) * draw(hours) * KWH_PER_MW_HOUR
