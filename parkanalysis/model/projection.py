"""The projection of a scenario: draws of value added in the target year, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model import attribution, model
from parkanalysis.model.sampling import chunks
from parkanalysis.model.scenario import Scenario, read_scenario
from parkanalysis.model.targets import marks, target_risk, targets_met
from parkanalysis.park.park import Park, read_park

if TYPE_CHECKING:
    from parkanalysis.model.inverse import BreakEven, Frontier

__all__ = ["QUANTILES", "Projection", "project", "quantile_frame"]

Array = NDArray[np.float64]
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MAX_DRAWS = 2_000_000
GAME_CHUNK = 1 << 13
KEPT_DRAWS = 100_000


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
    return _quantiles(np.sort(draws), quantiles)


def _quantiles(ordered: Array, quantiles: Iterable[float]) -> pd.DataFrame:
    q = np.asarray(list(quantiles), dtype=float)
    n = len(ordered)
    step = np.sqrt(q * (1 - q) / n)
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
        return _quantiles(self.ordered, QUANTILES)

    @cached_property
    def ordered(self) -> Array:
        """The draws in rising order, 亿元; not writeable."""
        ordered = np.sort(self.draws)
        ordered.flags.writeable = False
        return ordered

    @property
    def median(self) -> float:
        """Median, 亿元."""
        return float(self.quantiles["value_added"].to_dict()[0.5])

    def interval(self, level: float = 0.8) -> tuple[float, float]:
        """Central interval that holds the given part of the draws, 亿元."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def _games(self, reference: Scenario | None) -> Iterator[tuple[slice, attribution.Game]]:
        """Games over stretches of draws, small ones so that a stretch stays in the processor's cache."""
        for span in chunks(len(self.draws)):
            after = model.state(self.scenario, _span(span, self.draws), self.seed)
            before = (
                attribution.unshocked(after)
                if reference is None
                else model.state(reference, _span(span, self.draws), self.seed)
            )
            shocks = list({**before.effects, **after.effects})
            whole = attribution.game(before, after, shocks)
            for start, stop in chunks(span[1] - span[0], GAME_CHUNK):
                part = attribution.Game(before.part(start, stop), after.part(start, stop), whole.drivers)
                yield slice(span[0] + start, span[0] + stop), part

    def _gathered(
        self, reference: Scenario | None, steps: Callable[[attribution.Game], Iterable[tuple[Any, Array]]]
    ) -> dict[Any, Array]:
        """Draws by key of what ``steps`` makes of each game."""
        gathered: dict[Any, Array] = {}
        for place, game in self._games(reference):
            for key, values in steps(game):
                if key not in gathered:
                    gathered[key] = np.zeros(len(self.draws))
                gathered[key][place] = values
        return gathered

    @cached_property
    def _contribution_draws(self) -> dict[tuple[str, str], Array]:
        return self._gathered(None, lambda g: attribution.shapley_by_industry(g).items())

    @cached_property
    def _contribution_steps(self) -> pd.DataFrame:
        return self._steps(None)

    def contribution_draws(self, reference: Scenario | None = None) -> Mapping[tuple[str, str], Array]:
        """Draws of each driver's Shapley contribution through each industry, 亿元.

        From the base year to this scenario, or from ``reference`` to this scenario, draw by draw.
        """
        if reference is None and len(self.draws) <= KEPT_DRAWS:
            return self._contribution_draws
        return self._gathered(reference, lambda g: attribution.shapley_by_industry(g).items())

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
            ``alone``: the mean impact as the only driver, ``overlap``: what the driver's contribution
            differs from its impact alone, since what two drivers share is counted once. 亿元.

        Raises
        ------
        InputError
            When more than 14 drivers meet in one industry, or ``by`` is none of the three.
        """
        names = {"driver": [0], "industry": [1], "both": [0, 1]}
        if by not in names:
            raise InputError(Problem("contributions", repr(by), ", ".join(names), column="by"))
        grouped: dict[Any, Array] = {}
        for key, values in self.contribution_draws(reference).items():
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
        if by == "industry":
            return frame
        frame = frame.join(self._contribution_steps if reference is None else self._steps(reference))
        return frame.assign(overlap=frame["mean"] - frame["alone"])

    def _steps(self, reference: Scenario | None) -> pd.DataFrame:
        def steps(g: attribution.Game) -> Iterator[tuple[tuple[str, str], Array]]:
            for kind, walk in (("waterfall", attribution.waterfall), ("alone", attribution.alone)):
                yield from (((driver, kind), values) for driver, values in walk(g))

        means = {key: v.mean() for key, v in self._gathered(reference, steps).items()}
        return pd.Series(means).unstack(sort=False)  # noqa: PD010 - a pivot needs names that are not there

    def overlaps(self, reference: Scenario | None = None) -> pd.DataFrame:
        """What adding the impacts of drivers one by one would count twice, for each pair that meets.

        Returns
        -------
        DataFrame
            Index ``driver``, ``other``; ``mean``, ``low``, ``high`` (10% and 90% points) of
            alone(driver) + alone(other) - together, 亿元; largest first.
        """
        pairs = self._gathered(reference, lambda g: attribution.overlaps(g).items())
        rows = [(*pair, v.mean(), *np.quantile(v, [0.1, 0.9])) for pair, v in pairs.items()]
        frame = pd.DataFrame(rows, columns=["driver", "other", "mean", "low", "high"])
        frame = frame.set_index(["driver", "other"])
        return frame.loc[frame["mean"].abs().sort_values(ascending=False, kind="stable").index]

    def break_even(self, lever: str, target: float, probability: float = 0.5) -> BreakEven:
        """Value of a lever at which the target is met with the given probability."""
        from parkanalysis.model.inverse import break_even

        return break_even(self, lever, target, probability)

    def frontier(self, x: str, y: str, target: float, probability: float = 0.5, size: int = 21) -> Frontier:
        """Pairs of lever values at which the target is just met."""
        from parkanalysis.model.inverse import frontier

        return frontier(self, x, y, target, probability, size)

    def target_risk(self, targets: Sequence[float] | Array | None = None) -> pd.DataFrame:
        """Chance of each target, and what is missing: :func:`parkanalysis.model.targets.target_risk`."""
        return target_risk(self.ordered, targets)

    def targets_met(self, probabilities: Sequence[float] = (0.5, 0.8, 0.9)) -> pd.Series:
        """Largest target met with each probability: :func:`parkanalysis.model.targets.targets_met`."""
        return targets_met(self.ordered, probabilities)

    def marks(self) -> pd.DataFrame:
        """Targets that are talked about: :func:`parkanalysis.model.targets.marks`."""
        return marks(self)


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
    values, baseline = np.empty(draws), np.empty(draws)
    for span in chunks(draws):
        s = model.state(chosen, _span(span, values), seed)
        values[slice(*span)] = model.total(s)
        baseline[slice(*span)] = model.total(model.State(s.base, s.growth, {}))
    return Projection(chosen, values, baseline, central, seed)
