"""Value added of the target year from levers: the accounts, the growth, the shocks, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis import shocks as impact
from parkanalysis.accounts import balance, value_added
from parkanalysis.levers import to_canonical
from parkanalysis.sampling import lever_draws
from parkanalysis.scenario import Scenario

__all__ = ["ORDER", "Base", "Effect", "State", "evaluate", "ordered_shocks", "state", "total"]

Array = NDArray[np.float64]

ORDER = (
    "plant_closure",
    "capacity_ramp_up",
    "price_change",
    "contracted_volume",
    "output_cap",
    "rate_change",
)


@dataclass(frozen=True, eq=False)
class Base:
    """The base year: value added, rate and output by industry, volume, price and tax by product."""

    value_added: Mapping[str, Array]
    rate: Mapping[str, Array]
    gross_output: Mapping[str, Array]
    products: Mapping[str, tuple[Array, Array, Array]]


@dataclass(frozen=True, eq=False)
class Effect:
    """A shock with the draws of its own levers, in canonical units (value added in 亿元)."""

    shock: str
    kind: str
    industry: str
    product: str | None
    share: Any
    levers: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class State:
    """Draws of one scenario."""

    base: Base
    growth: Array
    effects: Mapping[str, Effect]


def ordered_shocks(scenario: Scenario) -> list[str]:
    """Active shocks in the stated order of kinds."""
    declared = scenario.park.config.shocks
    return sorted(scenario.shocks, key=lambda s: ORDER.index(declared[s].kind))


def shock_industry(scenario: Scenario, shock: str) -> str:
    """Industry that a shock acts on."""
    config = scenario.park.config
    item = config.shocks[shock]
    if item.kind == "plant_closure":
        return config.plants[item.plant].industry
    if item.kind in ("capacity_ramp_up", "price_change"):
        return config.products[item.product].industry  # type: ignore[union-attr]
    return item.industry  # type: ignore[union-attr]


class _Draws:
    """Draws of a scenario's levers by name, in canonical units or as money in 亿元."""

    def __init__(self, scenario: Scenario, span: tuple[int, int] | None, seed: int) -> None:
        self.scenario, self.span, self.seed = scenario, span, seed
        self.names = tuple(sorted(scenario.levers))
        self.correlations = scenario.park.config.correlations

    def __call__(self, name: str | None, default: float = 0.0) -> Array:
        size = 1 if self.span is None else self.span[1] - self.span[0]
        if name is None:
            return np.full(size, default)
        lever = self.scenario.levers[name]
        if self.span is None:
            values = np.array([np.clip(lever.central, lever.minimum, lever.maximum)])
        else:
            values = lever_draws(lever, self.names, self.correlations, self.span, self.seed)
        canonical = to_canonical(values, lever.unit)
        money = lever.unit.startswith("CNY") and "/" not in lever.unit
        return np.asarray(canonical / impact.YUAN_PER_100M if money else canonical)


def _base(scenario: Scenario, draw: _Draws) -> Base:
    config, levers = scenario.park.config, scenario.levers
    prior, variance, gross = {}, {}, {}
    for key, industry in config.industries.items():
        if industry.gross_output is not None and industry.value_added_rate is not None:
            output = scenario.park.amount(industry.gross_output)
            prior[key] = value_added(draw(industry.value_added_rate), output)
            variance[key] = (levers[industry.value_added_rate].spread * output) ** 2
            gross[key] = np.full_like(prior[key], output)
        else:
            assert industry.value_added is not None
            lever = levers[industry.value_added]
            prior[key] = draw(industry.value_added)
            variance[key] = (to_canonical(lever.spread, lever.unit) / impact.YUAN_PER_100M) ** 2
    balanced = balance(np.stack(list(prior.values())), list(variance.values()), scenario.park.value_added)
    added = dict(zip(prior, balanced, strict=True))
    products = {key: (draw(p.volume), draw(p.price), draw(p.vat_rate)) for key, p in config.products.items()}
    return Base(added, {k: added[k] / gross[k] for k in gross}, gross, products)


def _effect(scenario: Scenario, shock: str, draw: _Draws) -> Effect:
    config = scenario.park.config
    item = config.shocks[shock]
    share = draw(item.share) if item.share is not None else impact.share_of_year(item.start, item.end)
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
    return Effect(shock, item.kind, shock_industry(scenario, shock), product, share, fields)


def state(scenario: Scenario, span: tuple[int, int] | None, seed: int) -> State:
    """Draws of a scenario over a span of the Sobol sequence; None is the one draw of central values."""
    draw = _Draws(scenario, span, seed)
    effects = {s: _effect(scenario, s, draw) for s in ordered_shocks(scenario)}
    return State(_base(scenario, draw), draw(scenario.park.config.growth), effects)


def evaluate(industry: str, base: Base, growth: Array | float, effects: Iterable[Effect]) -> Array:
    """Value added of one industry in the target year, 亿元.

    ``effects`` come in the order of ``ORDER``; those of other industries are passed over. Closures
    take away what the plants would add, growth included, never more than the industry has; every
    later shock meets only what survives.
    """
    before = base.value_added[industry] * (1 + growth)
    added = before
    volumes = {p: volume for p, (volume, _, _) in base.products.items()}
    kept: Array | float = 1.0
    lost: Array | float = 0.0
    mine = [e for e in effects if e.industry == industry]
    closures = [e for e in mine if e.kind == "plant_closure"]
    for e in closures:
        lost = lost - impact.plant_closure_impact(e.levers["value_added"] * (1 + growth), e.share)
        if e.product is not None:
            volumes[e.product] = np.maximum(volumes[e.product] - e.levers["volume"] * e.share, 0.0)
    if closures:
        lost = np.minimum(lost, np.maximum(before, 0.0))
        added = before - lost
        kept = np.divide(added, before, out=np.ones_like(added), where=before > 0)
    rate = base.rate.get(industry)
    for e in mine:
        x = e.levers
        if e.kind == "capacity_ramp_up":
            _, price, vat = base.products[e.product]  # type: ignore[index]
            added = added + impact.capacity_ramp_up_impact(
                x["volume"], price, vat_rate=vat, value_added_rate=rate, share=e.share
            )
            volumes[e.product] = volumes[e.product] + x["volume"] * e.share  # type: ignore[index]
        elif e.kind == "price_change":
            _, price, vat = base.products[e.product]  # type: ignore[index]
            added = added + impact.price_change_impact(
                volumes[e.product],  # type: ignore[index]
                price,
                x["price"],
                vat_rate=vat,
                pass_through=x["pass_through"],
                share=e.share,
            )
        elif e.kind == "contracted_volume":
            added = added + impact.contracted_volume_impact(
                x["volume"],
                x["base_volume"] * kept,
                x["price"],
                vat_rate=x["vat"],
                value_added_rate=rate,
                share=e.share,
            )
        elif e.kind == "output_cap":
            added = added + impact.output_cap_impact(added, x["cap"], e.share)
            kept = kept * (1 - (1 - x["cap"]) * e.share)
        elif e.kind == "rate_change":
            output = base.gross_output[industry] * (1 + growth) * kept
            added = added + impact.rate_change_impact(output, x["before"], x["after"], e.share)
    return np.asarray(added)


def total(s: State) -> Array:
    """Value added of the park, shape (n_draws,), 亿元."""
    effects = list(s.effects.values())
    parts = [evaluate(i, s.base, s.growth, effects) for i in s.base.value_added]
    return np.asarray(np.sum(parts, axis=0))


def used_levers(scenario: Scenario) -> list[str]:
    """Levers that the scenario's value added depends on, sorted."""
    config = scenario.park.config
    items: list[Any] = [*config.industries.values()]
    for shock in scenario.shocks:
        item = config.shocks[shock]
        items.append(item)
        if item.kind == "plant_closure":
            items.append(config.plants[item.plant])
        elif item.kind in ("capacity_ramp_up", "price_change"):
            items.append(config.products[item.product])  # type: ignore[union-attr]
    values = (getattr(item, field) for item in items for field in type(item).model_fields)
    names = {v for v in values if isinstance(v, str)} | {config.growth}
    return sorted(names & set(scenario.levers))
