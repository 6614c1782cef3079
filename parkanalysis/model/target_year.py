"""Value added of the target year from the base year, the growth and the shocks, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model import shocks as impact

__all__ = ["ORDER", "Base", "Effect", "State", "evaluate", "total"]

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
    """A shock with the draws of its own levers, in canonical units (value added in 亿元).

    ``window`` is the stretch of the year it acts in. Without dates but with a share of the year it
    is the last part of the year, since what has closed stays closed.
    """

    shock: str
    kind: str
    industry: str
    product: str | None
    share: Any
    window: impact.Window
    levers: Mapping[str, Array]

    def within(self, window: impact.Window) -> Any:
        """Share of the year that lies in its own window and in another."""
        return self.share if window is impact.YEAR else impact.overlap(self.window, window)


@dataclass(frozen=True, eq=False)
class State:
    """Draws of one scenario."""

    base: Base
    growth: Array
    effects: Mapping[str, Effect]

    def part(self, start: int, stop: int) -> State:
        """The draws from ``start`` up to ``stop``, as views."""

        def cut(values: Any) -> Any:
            return values[start:stop] if isinstance(values, np.ndarray) else values

        def each(mapping: Mapping[str, Any]) -> dict[str, Any]:
            return {key: cut(values) for key, values in mapping.items()}

        b = self.base
        products = {key: (cut(v), cut(p), cut(t)) for key, (v, p, t) in b.products.items()}
        effects = {
            key: replace(
                e, share=cut(e.share), window=(cut(e.window[0]), cut(e.window[1])), levers=each(e.levers)
            )
            for key, e in self.effects.items()
        }
        base = Base(each(b.value_added), each(b.rate), each(b.gross_output), products)
        return State(base, cut(self.growth), effects)


def _held_share(parts: Sequence[Array], whole: Array) -> Array:
    """Factor, at most 1, that keeps the parts that close within the whole."""
    together = np.sum(np.stack(parts), axis=0)
    room = np.maximum(whole, 0.0)
    factor = np.divide(room, together, out=np.ones_like(room), where=together > room)
    return np.asanyarray(factor)


def _closures(effects: Sequence[Effect]) -> list[Effect]:
    return [e for e in effects if e.kind == "plant_closure"]


def _running(industry: str, base: Base, effects: Sequence[Effect], window: impact.Window) -> Any:
    """Part of an industry's base-year output that runs in a stretch of the year, as a share of a year."""
    running = impact.overlap(window)
    added = base.value_added[industry]
    closures = _closures(effects)
    if closures:
        plants = [e.levers["value_added"] for e in closures]
        factor = _held_share(plants, added)
        for e, plant in zip(closures, plants, strict=True):
            part = np.divide(plant * factor, added, out=np.zeros_like(added), where=added > 0)
            running = running - part * e.within(window)
    for i, e in enumerate(effects):
        if e.kind == "output_cap":
            capped = _running(industry, base, effects[:i], impact.common(e.window, window))
            running = running - (1 - e.levers["cap"]) * capped
    return running


def _volume(product: str, base: Base, effects: Sequence[Effect], window: impact.Window) -> Any:
    """Amount of a product sold in a stretch of the year by what runs."""
    volume = base.products[product][0]
    sold = volume * impact.overlap(window)
    closing = [e for e in _closures(effects) if e.product == product]
    if closing:
        factor = _held_share([e.levers["volume"] for e in closing], volume)
        for e in closing:
            sold = sold - e.levers["volume"] * factor * e.within(window)
    for e in effects:
        if e.kind == "capacity_ramp_up" and e.product == product:
            sold = sold + e.levers["volume"] * e.within(window)
    return sold


def evaluate(
    industry: str,
    base: Base,
    growth: Array | float,
    effects: Iterable[Effect],
    window: impact.Window = impact.YEAR,
) -> Array:
    """Value added of one industry in a stretch of the target year, 亿元.

    ``effects`` come in the order of ``ORDER``; those of other industries are passed over. Closures
    take away what the plants would add, growth included, and together never more than the industry
    has; every later shock meets only what runs in the months in which it acts itself.

    Examples
    --------
    >>> ten = np.array([10.0])
    >>> base = Base({"aluminium": ten}, {"aluminium": ten / 50}, {"aluminium": ten * 5}, {})
    >>> half = impact.window_of_share(0.5)
    >>> cap = Effect("cap", "output_cap", "aluminium", None, 0.5, half, {"cap": np.array([0.6])})
    >>> evaluate("aluminium", base, 0.1, [cap]).round(3).tolist()  # 10 * 1.1 - 0.4 * 0.5 * 11
    [8.8]
    """
    before = base.value_added[industry]
    mine = [e for e in effects if e.industry == industry]
    added = before * (1 + growth) * impact.overlap(window)
    closures = _closures(mine)
    if closures:
        factor = _held_share([e.levers["value_added"] for e in closures], before)
        for e in closures:
            plant = e.levers["value_added"] * factor * (1 + growth)
            added = added + impact.plant_closure_impact(plant, e.within(window))
    for i, e in enumerate(mine):
        if e.kind != "plant_closure":
            added = added + _later_impact(e, mine[:i], base, growth, window)
    return np.asanyarray(added)


def _later_impact(
    e: Effect, earlier: Sequence[Effect], base: Base, growth: Array | float, window: impact.Window
) -> Any:
    """Impact of a shock other than a closure on what the earlier ones leave running."""
    x, industry = e.levers, e.industry
    acting = e.window if window is impact.YEAR else impact.common(e.window, window)
    if e.kind == "capacity_ramp_up":
        _, price, vat = base.products[e.product or ""]
        rate = base.rate[industry]
        return impact.capacity_ramp_up_impact(
            x["volume"], price, vat_rate=vat, value_added_rate=rate, share=e.within(window)
        )
    if e.kind == "price_change":
        _, price, vat = base.products[e.product or ""]
        sold = _volume(e.product or "", base, earlier, acting)
        return impact.price_change_impact(
            sold, price, x["price"], vat_rate=vat, pass_through=x["pass_through"]
        )
    if e.kind == "contracted_volume":
        return impact.contracted_volume_impact(
            x["volume"] * e.within(window),
            x["base_volume"] * _running(industry, base, earlier, acting),
            x["price"],
            vat_rate=x["vat"],
            value_added_rate=base.rate[industry],
        )
    if e.kind == "output_cap":
        return impact.output_cap_impact(evaluate(industry, base, growth, earlier, acting), x["cap"])
    output = base.gross_output[industry] * (1 + growth) * _running(industry, base, earlier, acting)
    return impact.rate_change_impact(output, x["before"], x["after"])


def total(s: State) -> Array:
    """Value added of the park, shape (n_draws,), 亿元.

    Examples
    --------
    >>> added = {"aluminium": np.array([10.0, 10.0]), "other": np.array([5.0, 6.0])}
    >>> total(State(Base(added, {}, {}, {}), np.array([0.0, 0.1]), {})).round(3).tolist()
    [15.0, 17.6]
    """
    effects = list(s.effects.values())
    parts = [evaluate(i, s.base, s.growth, effects) for i in s.base.value_added]
    return np.asarray(np.sum(parts, axis=0))
