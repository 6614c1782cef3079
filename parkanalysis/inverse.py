"""What would have to be true: break-evens, frontiers and what a stated projection implies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis import model
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.levers import Lever
from parkanalysis.quantities import Quantity
from parkanalysis.sampling import chunks
from parkanalysis.scenario import Scenario

if TYPE_CHECKING:
    from parkanalysis.projection import Projection

__all__ = [
    "BreakEven",
    "Frontier",
    "break_even",
    "break_evens",
    "frontier",
    "implied_baseline",
    "with_levers",
]

Array = NDArray[np.float64]
Status = Literal["met", "always", "never", "no_effect"]
SCAN = 9
FRONTIER_DRAWS = 2048


@dataclass(frozen=True)
class BreakEven:
    """Value of a lever at which a target is just met.

    Attributes
    ----------
    lever : str
    target, probability : float
        The target (亿元) and the probability with which it is to be met.
    status : {"met", "always", "never", "no_effect"}
        Whether a value is found, any value within the bounds will do, none does, or the lever
        plays no part in the scenario.
    value : float
        In the lever's unit; NaN unless ``status`` is "met".
    position : float
        Probability, in the lever's own distribution, of a value at most this one.
    at_minimum, at_maximum : float
        What is reached with that probability at the hard bounds, 亿元.
    """

    lever: str
    target: float
    probability: float
    status: Status
    value: float
    position: float
    at_minimum: float
    at_maximum: float


def with_levers(scenario: Scenario, **values: float) -> Scenario:
    """The scenario with levers held at values."""
    held = {n: scenario.levers[n].at(v) for n, v in values.items()}
    return replace(scenario, levers={**scenario.levers, **held}, settings={**scenario.settings, **values})


def reached(scenario: Scenario, draws: int, seed: int, probability: float) -> float:
    """Value added that is reached with a probability, 亿元."""
    if draws == 1:
        return float(model.total(model.state(scenario, None, seed))[0])
    parts = [model.total(model.state(scenario, span, seed)) for span in chunks(draws)]
    return float(np.quantile(np.concatenate(parts), 1 - probability))


def _lever(scenario: Scenario, name: str) -> Lever:
    if name not in scenario.levers:
        raise InputError(
            Problem(
                "lever",
                f"unknown lever {name!r}",
                f"a lever of {scenario.park.id}",
                nearest=nearest(name, scenario.levers),
            )
        )
    return scenario.levers[name]


def _check(target: float, probability: float) -> None:
    if not np.isfinite(target):
        raise InputError(Problem("target", repr(target), "a finite number of 亿元"))
    if not 0 < probability < 1:
        raise InputError(Problem("probability", repr(probability), "above 0 and below 1"))


def _crossings(
    f: Callable[[float], float], low: float, high: float
) -> tuple[list[tuple[float, float]], Array, Array]:
    x = np.linspace(low, high, SCAN)
    y = np.array([f(v) for v in x])
    signs = np.sign(y)
    return (
        [
            (x[i], x[i + 1])
            for i in range(SCAN - 1)
            if signs[i] * signs[i + 1] <= 0 and signs[i] != signs[i + 1]
        ],
        x,
        y,
    )


def break_even(projection: Projection, lever: str, target: float, probability: float = 0.5) -> BreakEven:
    """Value of a lever, within its hard bounds, at which the target is met with a probability.

    The other levers keep their draws. Where several values do, the one nearest the lever's
    central value is given.

    Raises
    ------
    InputError
        On an unknown lever.

    Examples
    --------
    >>> from parkanalysis.projection import project
    >>> found = project("qingzhen", "reference", draws=1).break_even("baseline_growth", 40.71)
    >>> round(found.value, 4)
    0.1
    """
    from scipy.optimize import brentq

    scenario, draws = projection.scenario, len(projection.draws)
    item = _lever(scenario, lever)
    _check(target, probability)

    def gap(value: float) -> float:
        return reached(with_levers(scenario, **{lever: value}), draws, projection.seed, probability) - target

    def result(
        status: Status, ends: Array, value: float = float("nan"), position: float = float("nan")
    ) -> BreakEven:
        return BreakEven(
            lever, target, probability, status, value, position, *(float(e) + target for e in ends)
        )

    if lever not in model.used_levers(scenario):
        here = reached(scenario, draws, projection.seed, probability) - target
        return result("no_effect", np.array([here, here]))
    spans, x, y = _crossings(gap, item.minimum, item.maximum)
    ends = y[[0, -1]]
    if not spans:
        return result("always" if y.min() >= 0 else "never", ends)
    low, high = min(spans, key=lambda s: abs((s[0] + s[1]) / 2 - item.central))
    value = float(brentq(gap, low, high, xtol=1e-9 * max(abs(low), abs(high), 1e-6), rtol=1e-12))
    return result("met", ends, value, item.cdf(value))


def break_evens(projection: Projection, target: float, probability: float = 0.5) -> pd.DataFrame:
    """Break-even of every uncertain lever the scenario uses, a row each, those with a value first."""
    levers = projection.scenario.levers
    rows = [
        break_even(projection, n, target, probability)
        for n in model.used_levers(projection.scenario)
        if levers[n].minimum < levers[n].maximum
    ]
    frame = pd.DataFrame([vars(r) for r in rows]).set_index("lever")
    frame["unit"] = [levers[n].unit for n in frame.index]
    frame["central"] = [levers[n].central for n in frame.index]
    order = (frame["status"] != "met").astype(int) + (frame["position"] - 0.5).abs().fillna(0)
    return frame.loc[order.sort_values(kind="stable").index]


@dataclass(frozen=True, eq=False)
class Frontier:
    """Where two levers together just meet a target.

    Attributes
    ----------
    x, y : str
        Levers.
    x_values, y_values : array, shape (size,)
        In the levers' units, over their hard bounds narrowed to their 1% and 99% points.
    reached : array, shape (size_y, size_x)
        Value added reached with the probability, 亿元; below ``target`` is infeasible.
    target, probability : float
    """

    x: str
    y: str
    x_values: Array = field(repr=False)
    y_values: Array = field(repr=False)
    reached: Array = field(repr=False)
    target: float
    probability: float

    @property
    def contour(self) -> pd.DataFrame:
        """Points of the contour in the columns ``line``, ``x`` and ``y``; empty where there is none."""
        from contourpy import contour_generator

        lines = contour_generator(self.x_values, self.y_values, self.reached).lines(self.target)
        parts = [pd.DataFrame({"line": i, "x": p[:, 0], "y": p[:, 1]}) for i, p in enumerate(lines)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["line", "x", "y"])


def _range(lever: Lever, size: int) -> Array:
    if lever.is_point:
        width = 0.25 * abs(lever.central) or 1.0
        low, high = lever.central - width, lever.central + width
    else:
        low, high = lever.ppf(np.array([0.01, 0.99]))
    return np.linspace(max(low, lever.minimum), min(high, lever.maximum), size)


def frontier(
    projection: Projection, x: str, y: str, target: float, probability: float = 0.5, size: int = 21
) -> Frontier:
    """Value added over a grid of two levers; its contour at the target is the frontier.

    Each grid point uses the first 2,048 draws.

    Raises
    ------
    InputError
        On an unknown lever, or the same lever twice.
    """
    scenario = projection.scenario
    xs, ys = _range(_lever(scenario, x), size), _range(_lever(scenario, y), size)
    _check(target, probability)
    if x == y:
        raise InputError(Problem("frontier", f"{x!r} twice", "two different levers"))
    draws = min(len(projection.draws), FRONTIER_DRAWS)
    grid = [
        [reached(with_levers(scenario, **{x: a, y: b}), draws, projection.seed, probability) for a in xs]
        for b in ys
    ]
    return Frontier(x, y, xs, ys, np.array(grid), target, probability)


def implied_baseline(result: Quantity, loss: Quantity) -> tuple[float, float, float]:
    """What a stated result and a stated loss imply for the year without shocks.

    baseline = result + loss, as an interval: the lows and the highs of both are added.

    Returns
    -------
    low, value, high : float
        In the unit of the quantities.

    Examples
    --------
    >>> from parkanalysis.quantities import parse
    >>> implied_baseline(parse("40 亿元"), parse("5 亿元以上"))
    (4500000000.0, 4500000000.0, inf)
    """
    return result.low + loss.low, result.value + loss.value, result.high + loss.high
