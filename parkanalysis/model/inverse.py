"""What would have to be true: break-evens, frontiers, and which levers matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from itertools import permutations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.draws import Draws, chunks
from parkanalysis.model.scenario import Scenario, own_lever
from parkanalysis.model.target_year import (
    State,
    account_levers,
    effect_levers,
    growth_levers,
    state,
    target_year_levers,
    used_levers,
)
from parkanalysis.park import Lever, levers_of
from parkanalysis.park.checks import unknown

Array = NDArray[np.float64]
Status = Literal["met", "always", "never", "no_effect"]
SCAN = 9
SCAN_DRAWS = 2048
FRONTIER_DRAWS = 2048
SWING_DRAWS = 4096
IMPORTANCE_DRAWS = 1 << 14


@dataclass(frozen=True, eq=False)
class Projected:
    """Draws of a scenario, 亿元."""

    scenario: Scenario
    draws: Array = field(repr=False)
    seed: int


class Probe:
    """From values of some levers to draws of value added, the other levers keeping their draws.

    Parameters
    ----------
    scenario : Scenario
    names : iterable of str
        Levers whose values will be given.
    draws, seed : int
        As in :func:`parkanalysis.model.projection.project`.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> probe = Probe(read_scenario(read_park("qingzhen"), "reference"), ["baseline_growth"], 1, 0)
    >>> probe(baseline_growth=0.1).round(3).tolist()
    [40.711]
    """

    def __init__(self, scenario: Scenario, names: Iterable[str], draws: int, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        self.names = frozenset(names)
        self._industries = self._touched()
        self._parts = [self._part(span) for span in ([None] if draws == 1 else chunks(draws))]

    def _touched(self) -> list[str]:
        """Industries whose value hangs on a lever that is held."""
        config, scenario = self.scenario.park.config, self.scenario
        if self.names & (account_levers(scenario) | growth_levers(scenario)):
            return list(config.industries)
        acting = {s: config.shocks[s].industry_of(config) for s in scenario.shocks}
        mine = {p.industry for p in config.products.values() if not self.names.isdisjoint(levers_of(p))}
        mine |= {i for s, i in acting.items() if not self.names.isdisjoint(effect_levers(config, s))}
        return [i for i in config.industries if i in mine]

    def _part(self, span: tuple[int, int] | None) -> tuple[tuple[int, int] | None, State, Array]:
        """A span with its state, nothing held, and value added of what no held lever touches."""
        s = state(self.scenario, span, self.seed)
        rest = [s.stretch(i).added() for i in s.base.value_added if i not in self._industries]
        return span, s, np.asarray(sum(rest, np.zeros(1 if span is None else span[1] - span[0])))

    def __call__(self, **values: float) -> Array:
        """Draws of value added with the levers held at ``values``, in their own units; 亿元."""
        parts = []
        for span, like, rest in self._parts:
            s = state(self.scenario, span, self.seed, values, like)
            parts.append(sum((s.stretch(i).added() for i in self._industries), rest))
        return np.concatenate(parts)

    def reached(self, probability: float, **values: float) -> float:
        """Value added that is reached with a probability, 亿元."""
        return float(np.quantile(self(**values), 1 - probability))


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
        Probability, in the lever's own distribution, of a value at most this one; NaN without a value
        or where
        the lever is one number even without the scenario.
    """

    lever: str
    target: float
    probability: float
    status: Status
    value: float
    position: float


def with_levers(scenario: Scenario, **values: float) -> Scenario:
    """The scenario with levers held at values.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> held = with_levers(read_scenario(read_park("qingzhen"), "combined"), vat_rate=0.16)
    >>> held.settings, held.levers["vat_rate"].central
    ({'vat_rate': 0.16}, 0.16)
    """
    held = {n: scenario.levers[n].at(v) for n, v in values.items()}
    return replace(scenario, levers={**scenario.levers, **held}, settings={**scenario.settings, **values})


def _lever(scenario: Scenario, name: str) -> Lever:
    if name not in scenario.levers:
        allowed = f"a lever of {scenario.park.id}"
        raise InputError(unknown("lever", "lever", name, scenario.levers, allowed))
    return scenario.levers[name]


def _check(target: float, probability: float) -> None:
    if not np.isfinite(target):
        raise InputError(Problem("target", repr(target), "a finite number of 亿元"))
    if not 0 < probability < 1:
        raise InputError(Problem("probability", repr(probability), "above 0 and below 1"))


def _crossings(x: Array, y: Array) -> list[tuple[float, float]]:
    """Neighbouring points between which a function changes sign."""
    places = np.flatnonzero(np.diff(np.sign(y)))
    return [(float(x[i]), float(x[i + 1])) for i in places]


def _search(gaps: Callable[[Array, bool], Array], x: Array) -> tuple[list[tuple[float, float]], bool]:
    """Stretches in which the target is crossed, and whether it is met at both bounds.

    Few draws find where to look; all draws have the last word on whether the target is crossed there.
    """
    ends, y = gaps(x[[0, -1]], False), gaps(x, True)
    spans = _crossings(x, y)
    seen = all(_crossings(np.array(s), gaps(np.array(s), False)) for s in spans)
    clear = np.abs(y).min() > 4 * np.abs(y[[0, -1]] - ends).max()
    if not (seen and (spans or clear)):
        y = np.concatenate([ends[:1], gaps(x[1:-1], False), ends[1:]])
        spans = _crossings(x, y)
    return spans, bool(ends.min() >= 0)


def break_even(projection: Projected, lever: str, target: float, probability: float = 0.5) -> BreakEven:
    """Value of a lever, within its hard bounds, at which the target is met with a probability.

    The other levers keep their draws. The bounds are searched at nine points, then by bisection
    with inverse interpolation (Brent 1973); where several values meet the target, the one nearest
    the lever's central value is given.

    Raises
    ------
    InputError
        On an unknown lever, a target that is no number, a probability that is none.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> found = project("qingzhen", "reference", draws=1).break_even("baseline_growth", 40.71)
    >>> round(found.value, 4)
    0.1
    """
    from scipy.optimize import brentq

    scenario = projection.scenario
    item = _lever(scenario, lever)
    _check(target, probability)

    def result(status: Status, value: float = np.nan, position: float = np.nan) -> BreakEven:
        return BreakEven(lever, target, probability, status, value, position)

    if lever not in used_levers(scenario):
        return result("no_effect")
    n = len(projection.draws)
    probe = Probe(scenario, [lever], n, projection.seed)
    rough = probe if n <= SCAN_DRAWS else Probe(scenario, [lever], SCAN_DRAWS, projection.seed)

    def gap(value: float, probe: Probe = probe) -> float:
        return probe.reached(probability, **{lever: value}) - target

    def gaps(values: Array, few: bool) -> Array:
        return np.array([gap(float(v), rough if few else probe) for v in values])

    spans, enough = _search(gaps, np.linspace(item.minimum, item.maximum, SCAN))
    if not spans:
        return result("always" if enough else "never")
    low, high = min(spans, key=lambda s: abs((s[0] + s[1]) / 2 - item.central))
    scale = max(abs(low), abs(high), 1e-6)
    value = float(brentq(gap, low, high, xtol=1e-9 * scale, rtol=1e-12))
    # a lever that the scenario sets to a number is placed in the range it has without the scenario
    own = own_lever(scenario.park, lever) if item.is_point else item
    return result("met", value, np.nan if own.is_point else own.cdf(value))


def break_evens(projection: Projected, target: float, probability: float = 0.5) -> pd.DataFrame:
    """Break-even of every lever that says how the target year turns out, a row each.

    What the base year was is settled: no condition to be met can lie there.

    Returns
    -------
    DataFrame
        Index ``lever``; columns as the attributes of :class:`BreakEven`, ``unit`` and ``central``.
        Those with a value come first, the likeliest first.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> found = break_evens(project("qingzhen", "power_contract", draws=64), target=40)
    >>> found.loc["baseline_growth", "status"]
    'met'
    """
    levers = projection.scenario.levers
    free = [n for n in target_year_levers(projection.scenario) if levers[n].minimum < levers[n].maximum]
    rows = [vars(break_even(projection, n, target, probability)) for n in free]
    frame = pd.DataFrame(rows, columns=[f.name for f in fields(BreakEven)]).set_index("lever")
    frame["unit"] = [levers[n].unit for n in frame.index]
    frame["central"] = [levers[n].central for n in frame.index]
    order = (frame["status"] != "met").astype(int) + (frame["position"] - 0.5).abs().fillna(0.5)
    return frame.loc[order.sort_values(kind="stable").index]


def even_pairs(projection: Projected, target: float, probability: float = 0.5, most: int = 4) -> pd.DataFrame:
    """Pairs of conditions that meet a target together, where neither will do alone.

    One lever of the target year stands at whichever of its 10% and 90% points is the better; the other
    at the value that then just meets the target. The levers are the ``most`` with the widest swings.

    Returns
    -------
    DataFrame
        ``lever``, ``value``; ``other``, ``other_value``, ``other_position``: probability, in the other
        lever's own distribution, of a value at most this one. Pairs in which the second is likeliest come
        first; none where no pair will do.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> list(even_pairs(project("qingzhen", "combined", draws=64), 36.0).columns)
    ['lever', 'value', 'other', 'other_value', 'other_position']
    """
    scenario = projection.scenario
    swings = tornado(projection)
    free = [str(n) for n in swings.index if n in target_year_levers(scenario)][:most]
    better = swings["high"].where(swings["swing"] > 0, swings["low"]).to_dict()
    draws, seed = projection.draws[:SWING_DRAWS], projection.seed
    held = {n: Projected(with_levers(scenario, **{n: better[n]}), draws, seed) for n in free}
    rows = []
    for first, second in permutations(free, 2):
        found = break_even(held[first], second, target, probability)
        if found.status == "met":
            rows.append((first, better[first], second, found.value, found.position))
    columns = ["lever", "value", "other", "other_value", "other_position"]
    frame = pd.DataFrame(rows, columns=columns)
    likeliest = frame["other_position"].sub(0.5).abs().sort_values(kind="stable").index
    return frame.loc[likeliest].reset_index(drop=True)


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


def _range(lever: Lever, size: int) -> Array:
    if lever.is_point:
        width = 0.25 * abs(lever.central) or 1.0
        low, high = lever.central - width, lever.central + width
    else:
        low, high = lever.ppf(np.array([0.01, 0.99]))
    return np.linspace(max(low, lever.minimum), min(high, lever.maximum), size)


def frontier(
    projection: Projected, x: str, y: str, target: float, probability: float = 0.5, size: int = 21
) -> Frontier:
    """Value added over a grid of two levers; its contour at the target is the frontier.

    Each grid point uses the first 2,048 draws.

    Raises
    ------
    InputError
        On an unknown lever, or the same lever twice.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "power_contract", draws=64)
    >>> grid = frontier(projection, "baseline_growth", "power_further_2016", target=40, size=5)
    >>> grid.reached.shape
    (5, 5)
    """
    scenario = projection.scenario
    first, second = _lever(scenario, x), _lever(scenario, y)
    _check(target, probability)
    if x == y:
        raise InputError(Problem("frontier", f"{x!r} twice", "two different levers"))
    xs, ys = _range(first, size), _range(second, size)
    draws = min(len(projection.draws), FRONTIER_DRAWS)
    probe = Probe(scenario, [x, y], draws, projection.seed)
    grid = [[probe.reached(probability, **{x: a, y: b}) for a in xs] for b in ys]
    return Frontier(x, y, xs, ys, np.array(grid), target, probability)


def tornado(projection: Projected) -> pd.DataFrame:
    """Median value added with one lever at its 10% and at its 90% point, the others as they are.

    Returns
    -------
    DataFrame
        Index ``lever``; ``low``, ``high`` (lever values), ``at_low``, ``at_high`` (亿元),
        ``swing`` = at_high - at_low; widest swing first.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> tornado(project("qingzhen", "power_contract", draws=256)).index[0]
    'baseline_growth'
    """
    scenario = projection.scenario
    draws = min(len(projection.draws), SWING_DRAWS)
    rows = {}
    for name in used_levers(scenario):
        lever = scenario.levers[name]
        if lever.is_point:
            continue
        low, high = lever.ppf(np.array([0.1, 0.9]))
        probe = Probe(scenario, [name], draws, projection.seed)
        ends = [probe.reached(0.5, **{name: float(v)}) for v in (low, high)]
        rows[name] = (low, high, *ends, ends[1] - ends[0])
    columns = ["low", "high", "at_low", "at_high", "swing"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("lever")
    return frame.sort_values("swing", key=np.abs, ascending=False, kind="stable")


def importance(projection: Projected) -> pd.Series:
    """Part of the variance of value added that each lever carries.

    Relative weights (Johnson 2000, eq. 9): the levers are turned into the orthogonal set nearest
    to them, so that what correlated levers explain together is shared between them. The parts sum
    to R^2 of a linear fit; what is missing to 1 is curvature and interaction.

    Returns
    -------
    Series
        Index ``lever``, largest first.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> importance(project("qingzhen", "power_contract", draws=256)).index[0]
    'baseline_growth'
    """
    scenario = projection.scenario
    span = (0, min(len(projection.draws), IMPORTANCE_DRAWS))
    draw, y = Draws(scenario, span, projection.seed), projection.draws[: span[1]]
    drawn = {name: draw(name) for name in used_levers(scenario)}
    varying = [name for name, values in drawn.items() if np.ptp(values) > 0]
    if not varying or np.ptp(y) == 0:
        return pd.Series(dtype=float, name="share").rename_axis("lever")
    table = np.corrcoef([*(drawn[name] for name in varying), y])
    values, vectors = np.linalg.eigh(table[:-1, :-1])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    beta = np.linalg.lstsq(root, table[:-1, -1], rcond=1e-8)[0]
    share = pd.Series((root**2) @ beta**2, index=pd.Index(varying, name="lever"), name="share")
    return share.sort_values(ascending=False, kind="stable")
