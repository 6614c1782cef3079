"""The projection of a scenario: draws of value added in the target year, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis import attribution, model
from parkanalysis.errors import InputError, Problem
from parkanalysis.park import Park, read_park
from parkanalysis.sampling import chunks
from parkanalysis.scenario import Scenario, read_scenario

if TYPE_CHECKING:
    from parkanalysis.inverse import BreakEven, Frontier

__all__ = ["QUANTILES", "Projection", "project", "quantile_frame"]

Array = NDArray[np.float64]
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MAX_DRAWS = 10_000_000


def quantile_frame(draws: Array, quantiles: Iterable[float] = QUANTILES) -> pd.DataFrame:
    """Quantiles of draws with their standard errors.

    The standard error is half the distance between the order statistics one binomial standard
    deviation below and above, as for independent draws (David and Nagaraja 2003, section 7.1);
    Sobol draws do better.

    Returns
    -------
    DataFrame
        Index ``quantile``; columns ``value_added``, ``standard_error`` (亿元).

    Examples
    --------
    >>> quantile_frame(np.arange(1.0, 102.0), [0.5])["value_added"].tolist()
    [51.0]
    """
    q = np.asarray(list(quantiles), dtype=float)
    n = len(draws)
    step = np.sqrt(q * (1 - q) / n)
    ordered = np.sort(draws)
    place = np.linspace(0.0, 1.0, n) if n > 1 else np.array([0.5])
    value, low, high = (np.interp(np.clip(p, 0, 1), place, ordered) for p in (q, q - step, q + step))
    return pd.DataFrame(
        {"value_added": value, "standard_error": (high - low) / 2}, index=pd.Index(q, name="quantile")
    )


@dataclass(frozen=True, eq=False)
class Projection:
    """Value added of the target year, conditional on a scenario.

    Attributes
    ----------
    scenario : Scenario
    draws : array, shape (n_draws,)
        Value added of the target year, 亿元.
    baseline : array, shape (n_draws,)
        The same without any shock.
    central : float
        The one draw at the central values of all levers.
    seed : int
    """

    scenario: Scenario
    draws: Array = field(repr=False)
    baseline: Array = field(repr=False)
    central: float
    seed: int

    @property
    def park(self) -> Park:
        """The park."""
        return self.scenario.park

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """Quantiles of value added with standard errors; index ``quantile``."""
        return quantile_frame(self.draws)

    @property
    def median(self) -> float:
        """Median, 亿元."""
        return float(self.quantiles.loc[0.5, "value_added"])

    def interval(self, level: float = 0.8) -> tuple[float, float]:
        """Central interval that holds the given part of the draws, 亿元."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def _games(self, reference: Scenario | None) -> Iterable[attribution.Game]:
        for span in chunks(len(self.draws), 1 << 13):
            after = model.state(self.scenario, _span(span, self.draws), self.seed)
            if reference is None:
                yield attribution.game(attribution.unshocked(after), after, list(after.effects))
                continue
            before = model.state(reference, _span(span, self.draws), self.seed)
            yield attribution.game(before, after, list({**before.effects, **after.effects}))

    def contribution_draws(self, reference: Scenario | None = None) -> Mapping[tuple[str, str], Array]:
        """Draws of each driver's Shapley contribution through each industry, 亿元.

        From the base year to this scenario, or from ``reference`` to this scenario, draw by draw.
        """
        parts = [attribution.shapley_by_industry(g) for g in self._games(reference)]
        keys = list(dict.fromkeys(k for part in parts for k in part))
        return {k: np.concatenate([part[k] for part in parts]) for k in keys}

    def contributions(self, reference: Scenario | None = None, by: str = "driver") -> pd.DataFrame:
        """Exact Shapley contributions of the drivers to the gap.

        Parameters
        ----------
        reference : Scenario, optional
            Where the gap starts; without it, at the published value added of the base year.
        by : {"driver", "industry", "both"}

        Returns
        -------
        DataFrame
            Index by ``by``; ``mean`` (these add up to the mean gap), ``median``, ``low``, ``high``
            (10% and 90% points) and, by driver, ``waterfall``: the mean step in the stated order,
            ``alone``: the mean impact as the only driver, ``overlap``: what is counted once, mean
            less alone. 亿元.
        """
        draws = self.contribution_draws(reference)
        names = {"driver": [0], "industry": [1], "both": [0, 1]}
        if by not in names:
            raise InputError(Problem("contributions", repr(by), ", ".join(names), column="by"))
        grouped: dict[object, Array] = {}
        for key, values in draws.items():
            label = key if by == "both" else key[names[by][0]]
            grouped[label] = grouped[label] + values if label in grouped else values
        frame = pd.DataFrame(
            {label: [v.mean(), *np.quantile(v, [0.5, 0.1, 0.9])] for label, v in grouped.items()},
            index=["mean", "median", "low", "high"],
        ).T
        if by == "both":
            frame.index = pd.MultiIndex.from_tuples(list(grouped), names=["driver", "industry"])
            return frame
        frame.index.name = by
        return frame.join(self._steps(reference)) if by == "driver" else frame

    def _steps(self, reference: Scenario | None) -> pd.DataFrame:
        games = list(self._games(reference))
        n = len(self.draws)
        walk = pd.DataFrame([{d: v.sum() / n for d, v in attribution.waterfall(g)} for g in games]).sum()
        alone = pd.DataFrame([{d: v.sum() / n for d, v in attribution.alone(g)} for g in games]).sum()
        gap = walk.sum()
        frame = pd.DataFrame({"waterfall": walk, "alone": alone})
        assert np.isfinite(gap)
        return frame

    def break_even(self, lever: str, target: float, probability: float = 0.5) -> BreakEven:
        """Value of a lever at which the target is met with the given probability."""
        from parkanalysis.inverse import break_even

        return break_even(self, lever, target, probability)

    def frontier(self, x: str, y: str, target: float, probability: float = 0.5, size: int = 41) -> Frontier:
        """Pairs of lever values at which the target is just met."""
        from parkanalysis.inverse import frontier

        return frontier(self, x, y, target, probability, size)

    def target_risk(self, targets: Sequence[float] | Array | None = None) -> pd.DataFrame:
        """Chance of reaching each target, and what is missing on average when it is not reached.

        Parameters
        ----------
        targets : sequence of float, optional
            亿元; without it, 41 values over the range of the draws.

        Returns
        -------
        DataFrame
            Index ``target``; ``probability`` of value added at or above it; ``shortfall``, the
            expected distance below it where it is missed (亿元, 0 where it never is).
        """
        goals = np.asarray(
            np.linspace(*np.quantile(self.draws, [0.005, 0.995]), 41) if targets is None else targets,
            dtype=float,
        ).ravel()
        ordered = np.sort(self.draws)
        below = np.searchsorted(ordered, goals, side="left")
        sums = np.concatenate([[0.0], np.cumsum(ordered)])
        missed = np.maximum(below, 1)
        shortfall = np.where(below > 0, goals - sums[below] / missed, 0.0)
        return pd.DataFrame(
            {"probability": 1 - below / len(ordered), "shortfall": shortfall},
            index=pd.Index(goals, name="target"),
        )

    def targets_met(self, probabilities: Sequence[float] = (0.5, 0.8, 0.9)) -> pd.Series:
        """Largest target met with each probability, 亿元."""
        p = np.asarray(probabilities, dtype=float)
        return pd.Series(np.quantile(self.draws, 1 - p), index=pd.Index(p, name="probability"), name="target")


def _span(span: tuple[int, int], draws: Array) -> tuple[int, int] | None:
    return None if len(draws) == 1 else span


def _check_draws(draws: int, seed: int) -> None:
    problems = []
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or not 1 <= draws <= MAX_DRAWS:
        problems.append(Problem("draws", repr(draws), f"a whole number from 1 to {MAX_DRAWS:,}"))
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        problems.append(Problem("seed", repr(seed), "a whole number, 0 or more"))
    if problems:
        raise InputError(problems)


def project(
    park: Park | str, scenario: Scenario | str = "reference", draws: int = 20_000, seed: int = 2016
) -> Projection:
    """Project value added of the target year under a scenario.

    Parameters
    ----------
    park : Park or str
        A park, its folder or its name.
    scenario : Scenario or str
    draws : int
        Number of Monte Carlo draws; 1 gives the deterministic run at central values.
    seed : int
        Of the scrambled Sobol sequence.

    Raises
    ------
    InputError
        On unknown names or draws out of range.

    Examples
    --------
    >>> projection = project("qingzhen", "reference", draws=1)
    >>> bool(projection.median == projection.central)
    True
    """
    _check_draws(draws, seed)
    the_park = park if isinstance(park, Park) else read_park(park)
    chosen = scenario if isinstance(scenario, Scenario) else read_scenario(the_park, scenario)
    central = float(model.total(model.state(chosen, None, seed))[0])
    values, baseline = [], []
    for span in chunks(draws) if draws > 1 else [(0, 1)]:
        s = model.state(chosen, span if draws > 1 else None, seed)
        values.append(model.total(s))
        baseline.append(model.total(model.State(s.base, s.growth, {})))
    return Projection(chosen, np.concatenate(values), np.concatenate(baseline), central, seed)
