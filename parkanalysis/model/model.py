"""From levers to the draws of a scenario: the accounts of the base year, the growth, the shocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model import shocks as impact
from parkanalysis.model.accounts import balance, value_added
from parkanalysis.model.sampling import Sample
from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import ORDER, Base, Effect, State, evaluate, total
from parkanalysis.park.levers import Lever, to_canonical

__all__ = [
    "ORDER",
    "Base",
    "Draws",
    "Effect",
    "State",
    "base_year",
    "effect",
    "evaluate",
    "ordered_shocks",
    "shock_industry",
    "state",
    "target_year_levers",
    "total",
    "used_levers",
]

Array = NDArray[np.float64]


#: Fields of a shock that say what the base year was, not what the target year brings.
BASE_YEAR_FIELDS = ("base_volume", "capacity", "hours", "rate_before", "vat_rate")
#: Fields of industries, products, plants and shocks that name something else than a lever.
NOT_LEVERS = ("name", "kind", "industry", "product", "plant", "gross_output", "start", "end")


def ordered_shocks(scenario: Scenario) -> list[str]:
    """Active shocks in the stated order of kinds.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> ordered_shocks(read_scenario(read_park("qingzhen"), "combined"))[-1]  # contracts come last
    'power_contract'
    """
    declared = scenario.park.config.shocks
    return sorted(scenario.shocks, key=lambda s: ORDER.index(declared[s].kind))


def shock_industry(scenario: Scenario, shock: str) -> str:
    """Industry that a shock acts on.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> shock_industry(read_scenario(read_park("qingzhen"), "combined"), "power_contract")
    'power_heat'
    """
    config = scenario.park.config
    item = config.shocks[shock]
    if item.kind == "plant_closure":
        return config.plants[item.plant].industry
    if item.kind in ("capacity_ramp_up", "price_change"):
        return config.products[item.product].industry
    return item.industry  # type: ignore[union-attr]


class Draws:
    """Draws of a scenario's levers by name, in canonical units or as money in 亿元.

    ``span`` is a stretch of the Sobol sequence, None the one draw of central values; levers in
    ``held`` have that value in every draw, in their own unit.
    """

    def __init__(
        self,
        scenario: Scenario,
        span: tuple[int, int] | None,
        seed: int,
        held: Mapping[str, float] | None = None,
    ) -> None:
        self.scenario, self.held = scenario, held or {}
        self.size = 1 if span is None else span[1] - span[0]
        self._sample = None if span is None else Sample(scenario.levers, scenario.correlations, span, seed)

    def __call__(self, name: str | None, default: float = 0.0) -> Array:
        if name is None:
            return np.full(self.size, default)
        lever = self.scenario.levers[name]
        if name in self.held:
            values = np.full(self.size, np.clip(self.held[name], lever.minimum, lever.maximum))
        elif self._sample is None:
            values = np.array([np.clip(lever.central, lever.minimum, lever.maximum)])
        else:
            values = self._sample(name)
        return np.asarray(_amount(values, lever))

    def spread(self, name: str) -> float:
        """Standard deviation of a lever, in the units of its draws; 0 where it is held."""
        lever = self.scenario.levers[name]
        return 0.0 if name in self.held else float(_amount(lever.spread, lever))


def _amount(values: Any, lever: Lever) -> Any:
    """Values of a lever in canonical units, money in 亿元."""
    canonical = to_canonical(values, lever.unit)
    money = lever.unit.startswith("CNY") and "/" not in lever.unit
    return canonical / impact.YUAN_PER_100M if money else canonical


def base_year(scenario: Scenario, draw: Draws) -> Base:
    """Accounts of the base year, balanced to the published total draw by draw.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> scenario = read_scenario(read_park("qingzhen"), "reference")
    >>> base = base_year(scenario, Draws(scenario, None, seed=1))  # central values
    >>> bool(np.isclose(sum(base.value_added.values())[0], scenario.park.value_added))
    True
    """
    config = scenario.park.config
    prior, variance, gross = {}, {}, {}
    for key, industry in config.industries.items():
        if industry.gross_output is not None and industry.value_added_rate is not None:
            output = scenario.park.amount(industry.gross_output)
            prior[key] = value_added(draw(industry.value_added_rate), output)
            variance[key] = (draw.spread(industry.value_added_rate) * output) ** 2
            gross[key] = np.full_like(prior[key], output)
        else:
            assert industry.value_added is not None
            prior[key] = draw(industry.value_added)
            variance[key] = draw.spread(industry.value_added) ** 2
    # no industry adds less than nothing, however far the published total lies below its parts
    balanced = balance(
        np.stack(list(prior.values())),
        np.stack(list(variance.values())),
        scenario.park.value_added,
        minimum=0.0,
    )
    added = dict(zip(prior, balanced, strict=True))
    return Base(added, {k: added[k] / gross[k] for k in gross}, gross, products(scenario, draw))


def products(scenario: Scenario, draw: Draws) -> dict[str, tuple[Array, Array, Array]]:
    """Volume, price and tax rate of each product in the base year."""
    items = scenario.park.config.products.items()
    return {key: (draw(p.volume), draw(p.price), draw(p.vat_rate)) for key, p in items}


def effect(scenario: Scenario, shock: str, draw: Draws) -> Effect:
    """One shock with its draws.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> scenario = read_scenario(read_park("qingzhen"), "power_contract")
    >>> found = effect(scenario, "power_contract", Draws(scenario, None, seed=1))
    >>> found.kind, found.industry, float(found.levers["price"][0])  # yuan/kWh
    ('contracted_volume', 'power_heat', 0.34)
    """
    config = scenario.park.config
    item = config.shocks[shock]
    window = impact.window_of_months(item.start, item.end)
    share: Any = impact.overlap(window)
    if item.share is not None:
        share = draw(item.share)
        window = impact.window_of_share(share)
    product: str | None = getattr(item, "product", None)
    fields: dict[str, Array] = {}
    if item.kind == "plant_closure":
        plant = config.plants[item.plant]
        product = plant.product
        fields = {"value_added": draw(plant.value_added), "volume": draw(plant.volume)}
    elif item.kind == "capacity_ramp_up":
        fields = {"volume": draw(item.volume)}
    elif item.kind == "price_change":
        fields = {"price": draw(item.price), "pass_through": draw(item.pass_through)}
    elif item.kind == "contracted_volume":
        # 1 MW over an hour is 1,000 kWh
        base = draw(item.base_volume) if item.base_volume else draw(item.capacity) * draw(item.hours) * 1000
        fields = {
            "volume": draw(item.volume),
            "base_volume": base,
            "price": draw(item.price),
            "vat": draw(item.vat_rate),
        }
    elif item.kind == "output_cap":
        fields = {"cap": draw(item.cap)}
    else:
        fields = {"before": draw(item.rate_before), "after": draw(item.rate_after)}
    industry = shock_industry(scenario, shock)
    return Effect(shock, item.kind, industry, product, share, window, fields)


def state(
    scenario: Scenario,
    span: tuple[int, int] | None,
    seed: int,
    held: Mapping[str, float] | None = None,
) -> State:
    """Draws of a scenario over a span of the Sobol sequence; None is the one draw of central values.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> s = state(read_scenario(read_park("qingzhen"), "combined"), (0, 4), seed=1)  # the first four draws
    >>> list(s.effects)[-1], s.growth.shape
    ('power_contract', (4,))
    """
    draw = Draws(scenario, span, seed, held)
    effects = {s: effect(scenario, s, draw) for s in ordered_shocks(scenario)}
    return State(base_year(scenario, draw), draw(scenario.park.config.growth), effects)


def shock_levers(scenario: Scenario, shock: str) -> set[str]:
    """Levers that a shock names itself or through its plant; not those of its product's base year."""
    config = scenario.park.config
    item = config.shocks[shock]
    items: list[Any] = [item, *([config.plants[item.plant]] if item.kind == "plant_closure" else [])]
    return _names(items) & set(scenario.levers)


def _names(items: Sequence[Any]) -> set[str]:
    values = (getattr(item, f) for item in items for f in type(item).model_fields if f not in NOT_LEVERS)
    return {v for v in values if isinstance(v, str)}


def used_levers(scenario: Scenario) -> list[str]:
    """Levers that the scenario's value added depends on, sorted.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> used_levers(read_scenario(read_park("qingzhen"), "power_contract"))[:3]
    ['baseline_growth', 'other_value_added_2015', 'power_capacity']
    """
    config = scenario.park.config
    shocks = [config.shocks[s] for s in scenario.shocks]
    sold = [config.products[s.product] for s in shocks if s.kind in ("capacity_ramp_up", "price_change")]
    names = _names([*config.industries.values(), *sold]) | {config.growth}
    for shock in scenario.shocks:
        names |= shock_levers(scenario, shock)
    return sorted(names & set(scenario.levers))


def target_year_levers(scenario: Scenario) -> list[str]:
    """Levers that say how the target year turns out, sorted; the facts of the base year are settled.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> target_year_levers(read_scenario(read_park("qingzhen"), "power_contract"))
    ['baseline_growth', 'power_sold_2016', 'power_tariff']
    """
    config = scenario.park.config
    shocks = (config.shocks[s] for s in scenario.shocks)
    named = (
        getattr(s, f)
        for s in shocks
        for f in type(s).model_fields
        if f not in (*NOT_LEVERS, *BASE_YEAR_FIELDS)
    )
    return sorted({config.growth, *(n for n in named if isinstance(n, str))} & set(scenario.levers))
