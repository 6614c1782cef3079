"""Draws of the levers: scrambled Sobol points, a Gaussian copula, the levers' own distributions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model.scenario import YUAN_PER_100M, Scenario
from parkanalysis.park import Correlation, Lever, correlation_matrix, to_canonical

Array = NDArray[np.float64]
CHUNK = 1 << 15  # a column of draws fits the processor's cache
EDGE = 1e-12  # keeps probabilities off 0 and 1


def chunks(draws: int, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Spans that cover the draws.

    Examples
    --------
    >>> list(chunks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((start, min(start + size, draws)) for start in range(0, draws, size))


class Memory:
    """Arrays by key; the ones used longest ago go when a number of bytes is passed."""

    def __init__(self, room: int) -> None:
        self.room, self.used = room, 0
        self._held: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        values = make()
        values.flags.writeable = False
        with self._lock:
            if key not in self._held:
                self._held[key] = values
                self.used += values.nbytes
            while self.used > self.room and len(self._held) > 1:
                self.used -= self._held.popitem(last=False)[1].nbytes
        return values

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self.used = 0


_uniforms = Memory(48 << 20)
_columns = Memory(96 << 20)


def uniforms(
    names: tuple[str, ...], correlations: tuple[Correlation, ...], start: int, stop: int, seed: int
) -> Array:
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
    key = (names, _key(correlations), start, stop, seed)
    return _uniforms.get(key, lambda: _points(names, correlations, start, stop, seed))


def _key(correlations: Sequence[Correlation]) -> tuple[tuple[str, str, float], ...]:
    return tuple((*c.levers, c.rank) for c in correlations)


def _points(
    names: tuple[str, ...], correlations: tuple[Correlation, ...], start: int, stop: int, seed: int
) -> Array:
    from scipy.special import ndtr, ndtri

    u = np.ascontiguousarray(_sobol(len(names), start, stop, seed).T)
    np.maximum(u, EDGE, out=u)  # Sobol points may be 0, never 1
    linked = sorted({names.index(n) for c in correlations for n in c.levers})
    if linked:
        root = _root(names, correlations)[np.ix_(linked, linked)]
        u[linked] = np.clip(ndtr(_mixed(root, ndtri(u[linked]))), EDGE, 1 - EDGE)
    return u


_samplers: dict[tuple[int, int, int], Any] = {}  # sequences by levers, seed and the point that comes next


def _sobol(levers: int, start: int, stop: int, seed: int) -> Array:
    """Points ``start`` to ``stop`` of a scrambled Sobol sequence, shape (stop - start, levers)."""
    from scipy.stats import qmc

    sampler = _samplers.pop((levers, seed, start), None)
    if sampler is None:
        sampler = qmc.Sobol(levers, scramble=True, bits=32, rng=np.random.default_rng(seed))
        if start:
            sampler.fast_forward(start)
    # scipy warns unless the first points asked for are a power of two
    size = stop - start if start else 1 << max(stop - start - 1, 0).bit_length()
    points = np.asarray(sampler.random(size))
    if len(_samplers) > 8:
        _samplers.clear()
    _samplers[levers, seed, start + size] = sampler
    return points[: stop - start]


@lru_cache(maxsize=8)
def _root(names: tuple[str, ...], correlations: tuple[Correlation, ...]) -> Array:
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
    _uniforms.clear()
    _columns.clear()


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

    def __call__(self, name: str | None, default: float = 0.0) -> Array:
        if name is None:
            return np.full(self.size, default)
        lever = self.scenario.levers[name]
        return np.asarray(canonical_amount(self.values(name), lever))

    def values(self, name: str) -> Array:
        """Draws of one lever in its own unit, shape (size,); not to be written to."""
        lever = self.scenario.levers[name]
        if self.span is None or lever.is_point or name in self.held:
            return np.full(self.size, self._central(lever))
        shape = (name, lever.distribution, lever.low, lever.central, lever.high, lever.minimum, lever.maximum)
        design = (self._names, _key(self._correlations), *self.span, self.seed)
        return _columns.get((design, shape, lever.forecast), lambda: self._draw(lever))

    def _central(self, lever: Lever) -> float:
        return float(np.clip(self.held.get(lever.name, lever.central), lever.minimum, lever.maximum))

    def _draw(self, lever: Lever) -> Array:
        assert self.span is not None
        u = uniforms(self._names, self._correlations, *self.span, self.seed)
        return lever.ppf(u[self._names.index(lever.name)])

    def centre(self, name: str) -> float:
        """Central value of a lever, or the one at which it is held, in the units of its draws."""
        lever = self.scenario.levers[name]
        return float(canonical_amount(self._central(lever), lever))

    def spread(self, name: str) -> float:
        """Standard deviation of a lever, in the units of its draws; 0 where it is held."""
        lever = self.scenario.levers[name]
        return 0.0 if name in self.held else float(canonical_amount(lever.spread, lever))


def canonical_amount(values: Any, lever: Lever) -> Any:
    """Values of a lever in canonical units, money in 亿元."""
    canonical = to_canonical(values, lever.unit)
    money = lever.unit.startswith("CNY") and "/" not in lever.unit
    return canonical / YUAN_PER_100M if money else canonical
