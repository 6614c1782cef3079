"""Who carries the gap: exact Shapley values of the drivers, the ordered waterfall, the overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.target_year import ORDER, Base, Effect, State, evaluate

__all__ = [
    "BASELINE",
    "BASE_YEAR",
    "MAX_DRIVERS",
    "Game",
    "alone",
    "game",
    "overlaps",
    "shapley",
    "shapley_by_industry",
    "unshocked",
    "waterfall",
]

Array = NDArray[np.float64]
BASELINE = "baseline"
BASE_YEAR = "base_year"
MAX_DRIVERS = 14


@lru_cache(maxsize=32)
def _weights(n: int) -> Array:
    """Weight of each driver (row) on each coalition (column, a bit mask).

    +|S|!(n-|S|-1)!/n! of the coalition joined to S, minus the same of S (Shapley 1953, eq. 12).
    """
    table = np.zeros((n, 1 << n))
    for mask in range(1 << n):
        size = mask.bit_count()
        for i in range(n):
            if not mask >> i & 1:
                weight = 1 / (n * comb(n - 1, size))
                table[i, mask | 1 << i] += weight
                table[i, mask] -= weight
    return table


def shapley(value: Callable[[int], Array], n: int) -> Array:
    """Shapley values of n drivers.

    Parameters
    ----------
    value : callable
        From a bit mask of the drivers that act to the outcome, shape (n_draws,).
    n : int
        Number of drivers; the value is asked 2**n times.

    Returns
    -------
    array, shape (n, n_draws)
        Sums over the drivers to value(all) - value(none).

    Examples
    --------
    >>> shapley(lambda mask: np.array([[0.0, 1.0, 2.0, 5.0][mask]]), 2).ravel().tolist()
    [2.0, 3.0]
    """
    first = np.asarray(value(0), dtype=float)
    weights = _weights(n)
    result = np.asarray(weights[:, :1] * first)
    step = np.empty_like(first)
    for mask in range(1, 1 << n):
        outcome = value(mask)
        for row, weight in zip(result, weights[:, mask], strict=True):
            row += np.multiply(outcome, weight, out=step)
    return result


@dataclass(frozen=True, eq=False)
class Game:
    """From one state to another by switching drivers.

    Attributes
    ----------
    before, after : State
    drivers : tuple of str
        ``base_year`` (where the base year differs), ``baseline``, then shocks in the stated order.
    """

    before: State
    after: State
    drivers: tuple[str, ...]

    def effect(self, shock: str, acts: bool) -> Effect | None:
        """The shock as it stands with its driver switched on or off."""
        return (self.after if acts else self.before).effects.get(shock)

    def industry_value(self, industry: str, acting: frozenset[str]) -> Array:
        """Value added of an industry when only the drivers in ``acting`` have switched."""
        base = (self.after if BASE_YEAR in acting or BASE_YEAR not in self.drivers else self.before).base
        growth = (self.after if BASELINE in acting else self.before).growth
        effects = [e for s in self.drivers if (e := self.effect(s, s in acting)) is not None]
        return evaluate(industry, base, growth, effects)

    def touching(self, industry: str) -> tuple[str, ...]:
        """Drivers that act on an industry."""

        def acts(driver: str) -> bool:
            if driver in (BASE_YEAR, BASELINE):
                return True
            effects = (self.before.effects.get(driver), self.after.effects.get(driver))
            return any(e is not None and e.industry == industry for e in effects)

        return tuple(d for d in self.drivers if acts(d))

    def touched_by(self, driver: str) -> tuple[str, ...]:
        """Industries that a driver acts on."""
        return tuple(i for i in self.after.base.value_added if driver in self.touching(i))


def unshocked(s: State) -> State:
    """The same base year without growth and without shocks.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario, target_year
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> target_year.total(unshocked(after)).round(2).tolist()
    [37.01]
    """
    return State(s.base, np.zeros_like(s.growth), {})


def game(before: State, after: State, shocks: Sequence[str]) -> Game:
    """Set up the drivers between two states; ``shocks`` in the order they are shown.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> game(unshocked(after), after, ["alumina_price_fall", "close_minmetals"]).drivers
    ('baseline', 'close_minmetals', 'alumina_price_fall')
    """
    kinds = {s: (after.effects.get(s) or before.effects[s]).kind for s in shocks}
    ordered = sorted(shocks, key=lambda s: ORDER.index(kinds[s]))
    return Game(
        before, after, (*(() if _same(before.base, after.base) else (BASE_YEAR,)), BASELINE, *ordered)
    )


def _same(a: Base, b: Base) -> bool:
    """Whether two base years agree in every draw."""
    added = all(np.array_equal(a.value_added[i], b.value_added[i]) for i in b.value_added)
    pairs = [(x, y) for p in b.products for x, y in zip(a.products[p], b.products[p], strict=True)]
    return a is b or (added and all(np.array_equal(x, y) for x, y in pairs))


def shapley_by_industry(g: Game) -> Mapping[tuple[str, str], Array]:
    """Contribution of each driver through each industry, draws of shape (n_draws,).

    The park is the sum of its industries, so its Shapley value is the sum of theirs, and a driver
    that does not touch an industry has none of it: small exact games instead of one large one.

    Raises
    ------
    InputError
        When more than 14 drivers meet in one industry.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> g = game(unshocked(after), after, ["alumina_ramp_up", "alumina_price_fall"])
    >>> shapley_by_industry(g)["alumina_price_fall", "aluminium"].round(1).tolist()
    [-5.0]
    """
    result: dict[tuple[str, str], Array] = {}
    for industry in g.after.base.value_added:
        drivers = g.touching(industry)
        if len(drivers) > MAX_DRIVERS:
            found = f"{len(drivers)} drivers in {industry}"
            raise InputError(Problem("park.yml", found, f"at most {MAX_DRIVERS} for an exact attribution"))

        def value(mask: int, industry: str = industry, drivers: tuple[str, ...] = drivers) -> Array:
            return g.industry_value(industry, frozenset(d for i, d in enumerate(drivers) if mask >> i & 1))

        for driver, draws in zip(drivers, shapley(value, len(drivers)), strict=True):
            result[driver, industry] = draws
    return result


def waterfall(g: Game) -> list[tuple[str, Array]]:
    """Step of each driver when they are switched on one after the other in the stated order.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> g = game(unshocked(after), after, ["alumina_ramp_up", "alumina_price_fall"])
    >>> {driver: step.round(1).tolist() for driver, step in waterfall(g)}
    {'baseline': [5.6], 'alumina_ramp_up': [1.0], 'alumina_price_fall': [-5.5]}
    """
    steps: list[tuple[str, Array]] = []
    acting: frozenset[str] = frozenset()
    for driver in g.drivers:
        steps.append((driver, _step(g, acting | {driver}, g.touched_by(driver), acting)))
        acting |= {driver}
    return steps


def alone(g: Game) -> list[tuple[str, Array]]:
    """Step of each driver when it is the only one to switch.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> g = game(unshocked(after), after, ["alumina_ramp_up", "alumina_price_fall"])
    >>> {driver: step.round(1).tolist() for driver, step in alone(g)}
    {'baseline': [5.6], 'alumina_ramp_up': [1.0], 'alumina_price_fall': [-4.4]}
    """
    return [(d, _step(g, frozenset({d}), g.touched_by(d))) for d in g.drivers]


def overlaps(g: Game) -> dict[tuple[str, str], Array]:
    """What would be counted twice if the steps of two drivers alone were added, for pairs that meet.

    alone(a) + alone(b) - together(a, b), over the industries that both touch; negative where one
    makes the other larger.

    Examples
    --------
    >>> from parkanalysis.model import model, scenario
    >>> from parkanalysis.park import park
    >>> after = model.state(scenario.read_scenario(park.read_park("qingzhen"), "combined"), None, 2016)
    >>> g = game(unshocked(after), after, ["alumina_ramp_up", "alumina_price_fall"])
    >>> overlaps(g)["alumina_ramp_up", "alumina_price_fall"].round(1).tolist()
    [1.1]
    """
    result: dict[tuple[str, str], Array] = {}
    for i, a in enumerate(g.drivers):
        for b in g.drivers[i + 1 :]:
            meet = [n for n in g.touched_by(a) if n in g.touched_by(b)]
            if meet:
                one, other, both = (_step(g, frozenset(s), meet) for s in ({a}, {b}, {a, b}))
                result[a, b] = one + other - both
    return result


def _step(
    g: Game, acting: frozenset[str], industries: Sequence[str], start: frozenset[str] = frozenset()
) -> Array:
    """Change of value added in some industries when the drivers in ``acting`` have switched."""
    change = np.zeros_like(g.after.growth)
    for i in industries:
        change += g.industry_value(i, acting) - g.industry_value(i, start)
    return change
