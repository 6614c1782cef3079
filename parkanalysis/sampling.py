"""Draws of the levers: scrambled Sobol points, a Gaussian copula, the levers' own distributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.levers import Lever
from parkanalysis.schema import Correlation

__all__ = ["CHUNK", "chunks", "correlation_matrix", "lever_draws", "uniforms"]

Array = NDArray[np.float64]
CHUNK = 1 << 16
EDGE = 1e-12  # keeps probabilities off 0 and 1


def correlation_matrix(names: Sequence[str], correlations: Sequence[Correlation]) -> Array:
    """Normal correlations whose rank correlations are the declared ones.

    r = 2 sin(pi * rank / 6) (Pearson 1907), 0 between levers that no pair names.

    Raises
    ------
    InputError
        When the matrix is not positive definite; it names the pairs.
    """
    place = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for c in correlations:
        i, j = (place[name] for name in c.levers)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * c.rank / 6)
    if correlations and np.linalg.eigvalsh(matrix)[0] < 1e-10:
        pairs = ", ".join(f"{a}–{b} {c.rank:g}" for c in correlations for a, b in [c.levers])
        raise InputError(
            Problem(
                "park.yml",
                f"rank correlations that contradict one another: {pairs}",
                "a positive definite matrix",
                column="correlations",
            )
        )
    return matrix


def chunks(draws: int, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Spans that cover the draws."""
    return ((start, min(start + size, draws)) for start in range(0, draws, size))


@lru_cache(maxsize=4)
def uniforms(
    names: tuple[str, ...], correlations: tuple[Correlation, ...], start: int, stop: int, seed: int
) -> Array:
    """Points ``start`` to ``stop`` of a scrambled Sobol sequence, a row a lever, ranks correlated.

    Returns
    -------
    array, shape (n_names, stop - start)
        In (0, 1); the same points whatever the spans they are asked in.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import qmc

    sampler = qmc.Sobol(len(names), scramble=True, bits=32, rng=np.random.default_rng(seed))
    if start:
        sampler.fast_forward(start)
    # a power of two asked for first keeps the sequence, and scipy, content
    size = 1 << max(stop - start - 1, 0).bit_length()
    points = sampler.random(size)[: stop - start] if not start else sampler.random(stop - start)
    u = np.clip(points.T, EDGE, 1 - EDGE)
    linked = [i for i, n in enumerate(names) if any(n in c.levers for c in correlations)]
    if linked:
        root = np.linalg.cholesky(correlation_matrix(names, correlations)[np.ix_(linked, linked)])
        u[linked] = np.clip(ndtr(root @ ndtri(u[linked])), EDGE, 1 - EDGE)
    u = np.ascontiguousarray(u)
    u.flags.writeable = False
    return u


@lru_cache(maxsize=512)
def _column(
    lever: Lever,
    names: tuple[str, ...],
    correlations: tuple[Correlation, ...],
    start: int,
    stop: int,
    seed: int,
) -> Array:
    values = lever.ppf(uniforms(names, correlations, start, stop, seed)[names.index(lever.name)])
    values.flags.writeable = False
    return values


def lever_draws(
    lever: Lever,
    names: tuple[str, ...],
    correlations: tuple[Correlation, ...],
    span: tuple[int, int],
    seed: int,
) -> Array:
    """Draws of one lever in its own unit, shape (stop - start,).

    Each lever of the park has its own Sobol dimension, so that a lever keeps its draws whatever
    the other levers, shocks and scenarios are.
    """
    if lever.is_point:
        return np.full(span[1] - span[0], np.clip(lever.central, lever.minimum, lever.maximum))
    return _column(lever, names, correlations, *span, seed)
