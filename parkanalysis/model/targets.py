"""Which target is fair: the chance of each, what is missing, the targets met with a probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.scenario import own_lever

if TYPE_CHECKING:
    from parkanalysis.model.projection import Projection

__all__ = ["marks", "target_risk", "targets_met"]

Array = NDArray[np.float64]


def target_risk(draws: Array, targets: Sequence[float] | Array | None = None) -> pd.DataFrame:
    """Chance of reaching each target, and what is missing on average when it is not reached.

    Parameters
    ----------
    draws : array, shape (n_draws,)
        Value added, 亿元.
    targets : sequence of float, optional
        亿元; without it, 41 values over the range of the draws.

    Returns
    -------
    DataFrame
        Index ``target``; ``probability`` of value added at or above it; ``shortfall``, the
        expected distance below it where it is missed (亿元, 0 where it never is).

    Raises
    ------
    InputError
        On a target that is not a finite number.

    Examples
    --------
    >>> target_risk(np.array([36.0, 38.0, 41.0, 45.0]), [40.0]).iloc[0].tolist()
    [0.5, 3.0]
    """
    if targets is None:
        low, high = (float(q) for q in np.quantile(draws, [0.005, 0.995]))
        targets = np.linspace(low, high, 41)
    goals = np.asarray(targets, dtype=float).ravel()
    if not np.isfinite(goals).all():
        raise InputError(Problem("targets", repr(goals.tolist()), "finite numbers of 亿元"))
    rising = len(draws) < 2 or bool((draws[1:] >= draws[:-1]).all())
    ordered = draws if rising else np.sort(draws)
    below = np.searchsorted(ordered, goals, side="left")
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    shortfall = np.where(below > 0, goals - sums[below] / np.maximum(below, 1), 0.0)
    return pd.DataFrame(
        {"probability": 1 - below / len(ordered), "shortfall": shortfall},
        index=pd.Index(goals, name="target"),
    )


def targets_met(draws: Array, probabilities: Sequence[float] = (0.5, 0.8, 0.9)) -> pd.Series:
    """Largest target met with each probability, 亿元.

    The draw at or above which lies at least that part of the draws.

    Examples
    --------
    >>> targets_met(np.arange(1.0, 11.0), [0.8]).tolist()
    [2.0]
    """
    p = np.asarray(probabilities, dtype=float)
    if not ((p > 0) & (p < 1)).all():
        raise InputError(Problem("probabilities", repr(p.tolist()), "above 0 and below 1"))
    goals = np.quantile(draws, 1 - p, method="lower")
    return pd.Series(goals, index=pd.Index(p, name="probability"), name="target")


def marks(projection: Projection) -> pd.DataFrame:
    """Targets that are talked about, with the chance of reaching each.

    Returns
    -------
    DataFrame
        Index ``mark``: ``base_year`` (the published value added), ``reference_growth`` (it grows
        like the median forecast of the reference series) and, where the park has one, ``stated``
        (what the administration says); ``target`` (亿元), ``growth`` (fraction, on the base year),
        ``probability``, ``shortfall`` (亿元).

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> marks(project("qingzhen", "combined", draws=256)).round(2)
                      target  growth  probability  shortfall
    mark
    base_year          37.01    0.00         0.31       4.30
    reference_growth   42.59    0.15         0.04       8.10
    stated             40.00    0.08         0.10       5.95
    """
    park = projection.park
    growth = own_lever(park, park.config.growth).central
    goals = {"base_year": park.value_added, "reference_growth": park.value_added * (1 + growth)}
    if park.config.stated is not None:
        goals["stated"] = park.amount(park.config.stated.result)
    frame = target_risk(projection.ordered, list(goals.values())).reset_index()
    frame.insert(1, "growth", frame["target"] / park.value_added - 1)
    frame.index = pd.Index(list(goals), name="mark")
    return frame
