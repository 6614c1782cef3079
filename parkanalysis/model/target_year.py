"""The target year from the base year, growth and shocks, and the levers that each of them stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model.draws import Base, Draws, base_year, chunks, with_products
from parkanalysis.model.scenario import Scenario
from parkanalysis.model.shocks import Effect, Stretch, effect, kind_of
from parkanalysis.park import ParkFile, levers_of, references

Array = NDArray[np.float64]


def _cut(value: Any, place: slice) -> Any:
    """A part of the draws in all that holds some."""
    if isinstance(value, np.ndarray):
        return value[place]
    if isinstance(value, tuple):
        return tuple(_cut(v, place) for v in value)
    if isinstance(value, Mapping):
        return {key: _cut(v, place) for key, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{key: _cut(v, place) for key, v in vars(value).items()})
    return value


@dataclass(frozen=True, eq=False)
class State:
    """Draws of one scenario in one year.

    Attributes
    ----------
    growth, driftless : mapping of industry to array
        Since the base year, a fraction; and less its centre.
    effects : mapping of shock to Effect
        In their order.
    year : int
        How many years after the base year.
    """

    base: Base
    growth: Mapping[str, Array]
    driftless: Mapping[str, Array]
    effects: Mapping[str, Effect]
    year: int = 1

    def part(self, start: int, stop: int) -> State:
        """The draws from ``start`` up to ``stop``, as views."""
        found: State = _cut(self, slice(start, stop))
        return found

    def stretch(
        self, industry: str, effects: Iterable[Effect] | None = None, growing: bool = True
    ) -> Stretch:
        """One industry over the whole year, after those of the effects that act on it.

        What an effect models itself has no drift as well, but is as uncertain: with m the part of the
        industry's base-year value added that the acting shocks model, and c the centre of its growth g,
        it grows by (1 - m) g + m max(g - c, -1), and volumes of products by max(g - c, -1).
        """
        acting = self.effects.values() if effects is None else effects
        mine = tuple(e for e in acting if e.industry == industry)
        window = (float(self.year - 1), float(self.year))
        if not growing:
            return Stretch(industry, self.base, 0.0, 0.0, mine, len(mine), window)
        growth, driftless = self.growth[industry], self.driftless[industry]
        modelled = {name: values for e in mine for name, values in e.item.models(e, self.base).items()}
        if modelled:
            added = self.base.value_added[industry]
            share = np.divide(sum(modelled.values()), added, out=np.ones_like(added), where=added > 0)
            growth = growth + np.minimum(share, 1.0) * (driftless - growth)
        return Stretch(industry, self.base, growth, driftless, mine, len(mine), window)


def total(state: State) -> Array:
    """Value added of the park, shape (n_draws,), 亿元.

    Examples
    --------
    >>> added = {"aluminium": np.array([10.0, 10.0]), "other": np.array([5.0, 6.0])}
    >>> growth = dict.fromkeys(added, np.array([0.0, 0.1]))
    >>> total(State(Base(added, {}, {}, {}), growth, growth, {})).round(3).tolist()
    [15.0, 17.6]
    """
    return np.asanyarray(sum(state.stretch(i).added() for i in state.base.value_added))


def ordered_shocks(scenario: Scenario) -> list[str]:
    """Active shocks in the stated order of kinds.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> ordered_shocks(read_scenario(read_park("qingzhen"), "combined"))[-1]  # contracts come last
    'power_contract'
    """
    park = scenario.park.config
    return sorted(scenario.shocks, key=lambda s: kind_of(park, s).order)


def industry_growth(draw: Draws, base: Base, years: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Growth of each industry since the base year, and the same without its drift.

    The drift is what the central values of the growth levers come to: driftless = max(growth - drift, -1).
    """
    park = draw.scenario.park.config
    growth, drift = (_growth(levers, park, base, years) for levers in (draw, draw.centre))
    return growth, {key: np.maximum(values - drift[key], -1.0) for key, values in growth.items()}


def _growth(lever: Callable[[str], Any], park: ParkFile, base: Base, years: int) -> dict[str, Any]:
    """Growth of each industry since the base year: the common rate, and its own deviation from it.

    growth_i = (1 + g)^n d_i / mean(d) - 1, d_i = (1 + o_i)^sqrt(n), the mean weighted by base-year value
    added: deviations o_i say which industries do better than the others and leave the growth of the whole
    as it is; over n years they add up as a random walk does.
    """
    shared = factor = 1 + lever(park.growth)
    for _ in range(years - 1):
        shared = shared * factor
    own = {key: 1 + lever(i.growth) for key, i in park.industries.items() if i.growth is not None}
    if not own:
        return dict.fromkeys(park.industries, shared - 1)
    own = own if years == 1 else {key: values ** np.sqrt(years) for key, values in own.items()}
    weights = base.value_added
    mean = sum(weights[key] * own.get(key, 1.0) for key in weights) / sum(weights.values())
    return {key: shared * (own.get(key, 1.0) / mean) - 1 for key in weights}


def state(
    scenario: Scenario,
    span: tuple[int, int] | None,
    seed: int,
    held: Mapping[str, float] | None = None,
    like: State | None = None,
) -> State:
    """Draws of a scenario over a span of the Sobol sequence; None is the one draw of central values.

    Parameters
    ----------
    held : mapping of str to float, optional
        Levers that have one value in every draw, in their own unit.
    like : State, optional
        The state with nothing held, from which all is taken that no held lever touches.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> s = state(read_scenario(read_park("qingzhen"), "combined"), (0, 4), seed=1)  # the first four draws
    >>> list(s.effects)[-1], s.growth["other"].shape
    ('power_contract', (4,))
    """
    draw, years, config = Draws(scenario, span, seed, held), scenario.years, scenario.park.config

    def kept(levers: Iterable[str]) -> bool:
        return like is not None and draw.held.keys().isdisjoint(levers)

    effects = {
        s: like.effects[s] if like and kept(effect_levers(config, s)) else effect(s, draw)
        for s in ordered_shocks(scenario)
    }
    accounts = account_levers(scenario)
    if like is not None and kept(accounts):
        products = (name for p in config.products.values() for name in levers_of(p))
        base = like.base if kept(products) else with_products(like.base, draw)
    else:
        base = base_year(draw)
    if like is not None and kept(accounts | growth_levers(scenario)):
        return State(base, like.growth, like.driftless, effects, years)
    return State(base, *industry_growth(draw, base, years), effects, years)


def states(scenario: Scenario, draws: int, seed: int) -> Iterator[tuple[slice, State]]:
    """All draws of a scenario, a stretch after the other; one draw is that of central values."""
    for span in chunks(draws):
        yield slice(*span), state(scenario, None if draws == 1 else span, seed)


def effect_levers(park: ParkFile, shock: str) -> list[str]:
    """Levers that a shock names through its plant and itself, and those of its product's base year."""
    item = kind_of(park, shock)
    plants = [park.plants[getattr(item, f)] for f, r in references(type(item)).items() if r.role == "plant"]
    product = item.product_in(park)
    products = [park.products[product]] if product else []
    return [name for one in (*plants, item, *products) for name in levers_of(one)]


def account_levers(scenario: Scenario) -> set[str]:
    """Levers that the accounts of the base year stand on."""
    config = scenario.park.config
    named = {n for i in config.industries.values() for n in (i.value_added_rate, i.value_added) if n}
    return named | ({config.value_added} & set(scenario.levers))


def growth_levers(scenario: Scenario) -> set[str]:
    """Levers of growth: the common one, and the industries' own where a shock tells industries apart."""
    config = scenario.park.config
    own = (i.growth for i in config.industries.values() if i.growth)
    return {config.growth, *(own if scenario.shocks else ())}


def used_levers(scenario: Scenario) -> list[str]:
    """Levers that the scenario's value added depends on, sorted.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> used_levers(read_scenario(read_park("qingzhen"), "reference"))[:2]
    ['baseline_growth', 'other_value_added_2015']
    """
    named = [effect_levers(scenario.park.config, shock) for shock in scenario.shocks]
    return sorted(account_levers(scenario).union(growth_levers(scenario), *named))


def target_year_levers(scenario: Scenario) -> list[str]:
    """Levers that say how the target year turns out, sorted; the facts of the base year are settled.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> target_year_levers(read_scenario(read_park("qingzhen"), "power_contract"))[0]
    'baseline_growth'
    """
    shocks = (scenario.park.config.shocks[s] for s in scenario.shocks)
    named = {name for item in shocks for name in levers_of(item, "target")}
    return sorted(named | growth_levers(scenario))
