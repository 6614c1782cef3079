"""Shocks: what one may do to a stretch of time; the kinds, a class each: fields, order, labels, formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model.draws import Base, Draws, volume_made
from parkanalysis.model.scenario import YUAN_PER_100M
from parkanalysis.park.schema import (
    FRACTION,
    MONEY,
    NOT_NEGATIVE,
    PRICES,
    SHARE,
    USUAL_HOURS,
    USUAL_RATE,
    VOLUMES,
    Identifier,
    InIndustry,
    OfProduct,
    ParkFile,
    Shock,
    Vat,
    leads_to,
    lever,
    references,
)

Array = NDArray[np.float64]

# start and end of a stretch of time, in years from the end of the base year
Window = tuple[Any, Any]


def window_of_months(base_year: int, start: str | None, end: str | None) -> Window:
    """Stretch from the first to the last month of a shock, both included; without an end it lasts.

    Examples
    --------
    >>> window_of_months(2015, "2016-04", None), window_of_months(2015, "2017-01", "2017-06")
    ((0.25, inf), (1.0, 1.5))
    """

    def place(month: str, months: int) -> float:
        return int(month[:4]) - base_year - 1 + (int(month[5:]) - 1 + months) / 12

    return place(start, 0) if start else 0.0, place(end, 1) if end else np.inf


def common(*windows: Window) -> Window:
    """Stretch that lies in all windows; empty where it ends before it starts.

    Examples
    --------
    >>> start, end = common((0.0, 0.5), (0.25, 1.0))
    >>> float(start), float(end)
    (0.25, 0.5)
    """
    starts, ends = zip(*windows, strict=True)
    return reduce(np.maximum, starts), reduce(np.minimum, ends)


def length(window: Window) -> Any:
    """Years in a window, 0 where it is empty.

    Examples
    --------
    >>> float(length((0.25, 1.0))), float(length((0.5, 0.25)))
    (0.75, 0.0)
    """
    start, end = window
    return np.maximum(0.0, end - start)


@dataclass(frozen=True, eq=False)
class Effect:
    """A shock with the draws of its levers, by field, in canonical units (money in 亿元)."""

    shock: str
    item: Kind
    industry: str
    product: str | None
    window: Window
    levers: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Stretch:
    """One industry in a stretch of time, after the first ``earlier`` of the shocks that act on it.

    Attributes
    ----------
    growth : array or float
        Since the base year.
    driftless : array or float
        Growth less its centre: what is left of it for products and what shocks model.
    acting : tuple of Effect
        All shocks that act on the industry, in their order.
    """

    industry: str
    base: Base
    growth: Any
    driftless: Any
    acting: tuple[Effect, ...]
    earlier: int
    window: Window

    @property
    def years(self) -> Any:
        """How long it is."""
        return length(self.window)

    @property
    def grown(self) -> Any:
        """Value added of a year without shocks, 亿元."""
        return self.base.value_added[self.industry] * (1 + self.growth)

    def _before(self) -> list[tuple[Effect, Stretch]]:
        """Each earlier shock with the part of the stretch in which it acts itself.

        Shocks of other months are left out: twelve monthly caps are twelve steps, not 2 to the 12th.
        """
        parts = [(i, e, common(e.window, self.window)) for i, e in enumerate(self.acting[: self.earlier])]
        return [
            (e, replace(self, earlier=i, window=w))
            for i, e, w in parts
            if not (isinstance(w[0], float) and isinstance(w[1], float) and w[1] <= w[0])
        ]

    def added(self) -> Array:
        """Value added in the stretch, 亿元."""
        value = self.grown * self.years
        for effect, before in self._before():
            value = value + effect.item.impact(effect, before)
        return np.asanyarray(value)

    def running(self) -> Any:
        """Base-year output that runs in the stretch, in years of it."""
        value = self.years
        for effect, before in self._before():
            value = value + effect.item.running(effect, before)
        return value

    def volume(self, product: str) -> Any:
        """Amount of a product that is sold in the stretch: it varies as growth does, without its drift."""
        value = self.base.products[product].volume * self.years
        for effect, before in self._before():
            if effect.product == product:
                value = value + effect.item.volume_made(effect, before)
        return value * (1 + self.driftless)

    def price(self, product: str) -> Any:
        """Mean price of a product over the stretch, yuan."""
        return self._changed(product, self.base.products[product].price, "price_change")

    def unit_value(self, product: str) -> Any:
        """Mean value added per unit of a product over the stretch, yuan."""
        return self._changed(product, self.base.products[product].unit_value, "unit_change")

    def _changed(self, product: str, value: Any, hook: str) -> Any:
        """A value of the base year as the earlier shocks change it, each in its part of the stretch."""
        for effect, before in self._before():
            if effect.product == product:
                change = getattr(effect.item, hook)(effect, before) * before.years
                value = value + np.divide(change, self.years, out=np.zeros_like(value), where=self.years > 0)
        return value


class Kind(Shock):
    """A kind of shock: its fields, and what it does to a stretch of time.

    A kind is a subclass with ``kind`` as a literal, its fields, and the hooks below that differ from
    nothing. The model knows no kind by name.
    """

    order: ClassVar[int]
    label: ClassVar[dict[str, str]]
    #: whether it adds to what ran in the base year
    adds: ClassVar[bool] = False
    #: whether it changes prices and no volume, which is nothing at comparable prices
    price_only: ClassVar[bool] = False

    def draws(self, park: ParkFile, draw: Draws) -> dict[str, Array]:
        """Draws of the fields that name levers; 0 where a field is left out."""
        fields = (field for field, ref in references(type(self)).items() if ref.role == "lever")
        return {field: draw(getattr(self, field)) for field in fields}

    def product_in(self, park: ParkFile) -> str | None:
        """Product that the shock is about."""
        return getattr(self, "product", None)

    def impact(self, effect: Effect, before: Stretch) -> Any:
        """Value added lost or won in the stretch in which it acts, after the earlier shocks, 亿元."""
        return 0.0

    def running(self, effect: Effect, before: Stretch) -> Any:
        """Change of the output that runs, in years of the base year's."""
        return 0.0

    def volume_made(self, effect: Effect, before: Stretch) -> Any:
        """Change of the volume of its product, as of the base year."""
        return 0.0

    def price_change(self, effect: Effect, before: Stretch) -> Any:
        """Change of the price of its product, yuan."""
        return 0.0

    def unit_change(self, effect: Effect, before: Stretch) -> Any:
        """Change of the value added per unit of its product, yuan."""
        return 0.0

    def stopped(self, effect: Effect, before: Stretch) -> Any:
        """Part of its product's output that is cut back in the stretch."""
        return 0.0

    def models(self, effect: Effect, base: Base) -> Mapping[str, Array]:
        """Base-year value added that the shock says all of, by product or shock: it has no drift as well."""
        return {}


def kind_of(park: ParkFile, shock: str) -> Kind:
    """A shock of the park as what it does."""
    item = park.shocks[shock]
    assert isinstance(item, Kind)
    return item


def effect(shock: str, draw: Draws) -> Effect:
    """One shock with its draws.

    A shock of which only the share of the year is known fills the last part of the first year and lasts:
    what has closed stays closed.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> scenario = read_scenario(read_park("qingzhen"), "power_contract")
    >>> found = effect("power_contract", Draws(scenario, None, seed=1))
    >>> found.industry, float(found.levers["volume"][0])  # kWh
    ('power_heat', 1200000000.0)
    """
    config = draw.scenario.park.config
    item = kind_of(config, shock)
    window = window_of_months(config.base_year, item.start, item.end)
    if item.share is not None:
        window = (1 - draw(item.share), np.inf)
    levers = item.draws(config, draw)
    return Effect(shock, item, item.industry_of(config), item.product_in(config), window, levers)


class PlantClosure(Kind):
    """A plant closes: its value added is lost for the share of the year.

    impact = -value_added (1 + growth) * years closed; plants that close together lose no more than
    their industry has.
    """

    once = "plant"
    order = 1
    label: ClassVar = {"zh": "企业关停", "en": "plant closures"}

    kind: Literal["plant_closure"]
    plant: Identifier = leads_to("plant", "a plant of this file")

    def draws(self, park: ParkFile, draw: Draws) -> dict[str, Array]:
        plant = park.plants[self.plant]
        return {"value_added": draw(plant.value_added), "volume": draw(plant.volume)}

    def product_in(self, park: ParkFile) -> str | None:
        return park.plants[self.plant].product

    def _lost(self, effect: Effect, before: Stretch, field: str, whole: Array) -> Array:
        """What the plant takes of the whole in a year; plants that close together take no more than it."""
        closing = [e for e in before.acting if isinstance(e.item, PlantClosure)]
        if field == "volume":
            closing = [e for e in closing if e.product == effect.product]
        together, room = np.sum(np.stack([e.levers[field] for e in closing]), axis=0), np.maximum(whole, 0.0)
        part = np.divide(room, together, out=np.ones_like(room), where=together > room)
        return np.asanyarray(effect.levers[field] * part)

    def impact(self, effect: Effect, before: Stretch) -> Any:
        return self.running(effect, before) * before.grown

    def running(self, effect: Effect, before: Stretch) -> Any:
        added = before.base.value_added[before.industry]
        plant = self._lost(effect, before, "value_added", added)
        return -np.divide(plant, added, out=np.zeros_like(added), where=added > 0) * before.years

    def volume_made(self, effect: Effect, before: Stretch) -> Any:
        volume = before.base.products[effect.product or ""].volume
        return -self._lost(effect, before, "volume", volume) * before.years


class _OfProduct(Kind):
    """A shock that says all of its product's base-year value added."""

    def models(self, effect: Effect, base: Base) -> Mapping[str, Array]:
        if effect.product is None:
            return {}
        product = base.products[effect.product]
        return {effect.product: product.volume * product.unit_value / YUAN_PER_100M}


class CapacityRampUp(_OfProduct):
    """More of a product is made, at the price before; or a plant starts whose value added is known.

    impact = volume * value added per unit * years; a later change of the price meets the new tonnes too.
    Or impact = value_added * years, of a year at full use.
    """

    ways = (("product", "volume"), ("industry", "value_added"))
    needs_rate = True
    order = 2
    adds = True
    label: ClassVar = {"zh": "新增产能", "en": "new capacity"}

    kind: Literal["capacity_ramp_up"]
    product: Identifier | None = leads_to("product", "product that more is made of", default=None)
    volume: Identifier | None = lever(
        "additional volume over a whole year", VOLUMES, "target", same="product.volume", default=None
    )
    industry: Identifier | None = leads_to("industry", "industry, where no product is named", default=None)
    value_added: Identifier | None = lever(
        "value added that comes in over a whole year", MONEY, "target", bounds=NOT_NEGATIVE, default=None
    )

    def impact(self, effect: Effect, before: Stretch) -> Any:
        if self.product is None:
            return before.years * effect.levers["value_added"]
        unit_value = before.base.products[self.product].unit_value
        return before.years * effect.levers["volume"] * (1 + before.driftless) * unit_value / YUAN_PER_100M

    def volume_made(self, effect: Effect, before: Stretch) -> Any:
        return effect.levers["volume"] * before.years


def price_change_impact(
    volume: Any,
    price_before: Any,
    price_after: Any,
    *,
    vat_rate: Any,
    pass_through: Any,
    unit_value: Any = np.inf,
    floor: Any = 0.0,
) -> Any:
    """Value added lost or won when a product's price changes.

    impact = volume * (price_after - price_before) / (1 + vat_rate) * (1 - pass_through), but
    -volume * unit_value where that would leave less than the floor per unit: such output is cut back
    and loses all that it adds, and no more.

    Parameters
    ----------
    volume : float or ndarray, shape (n_draws,)
        Amount sold in the target year by plants that still run (t, kWh, ...).
    price_before, price_after : float or ndarray
        Yuan per unit of volume, VAT included.
    vat_rate : float or ndarray
        Tax in the price that is no value added: 0 where value added holds VAT payable.
    pass_through : float or ndarray in [0, 1]
        Part of the change that the prices of inputs share.
    unit_value, floor : float or ndarray
        Value added per unit before the change, and that below which a unit is not made, yuan.

    Returns
    -------
    float or ndarray
        亿元, negative for a loss.

    Examples
    --------
    >>> price_change_impact(2_000_000, 2300, 1580, vat_rate=0.0, pass_through=0.4).round(2).item()
    -8.64
    >>> price_change_impact(2e6, 2300, 1580, vat_rate=0.0, pass_through=0.4, unit_value=350).item()
    -7.0
    """
    change, _ = unit_change(price_before, price_after, vat_rate, pass_through, unit_value, floor)
    return volume * change / YUAN_PER_100M


def unit_change(
    price_before: Any, price_after: Any, vat_rate: Any, pass_through: Any, unit_value: Any, floor: Any
) -> tuple[Any, Any]:
    """Value added per unit lost or won, yuan, and whether the unit is cut back, which loses all of it.

    A unit that would add less than the floor is cut back; a price that rises stops nothing.
    """
    won = (price_after - price_before) / (1 + vat_rate) * (1 - pass_through)
    stops = (unit_value + won < floor) & (won < 0)
    return np.where(stops, -unit_value, won), stops


class PriceChange(_OfProduct):
    """The price of a product changes; what would add less than the floor per unit is cut back."""

    once = "product"
    order = 3
    price_only = True
    label: ClassVar = {"zh": "价格变动", "en": "price changes"}

    kind: Literal["price_change"]
    product: OfProduct
    price: Identifier = lever("price in the target year", PRICES, "target", same="product.price")
    pass_through: Identifier | None = lever(
        "part of it that inputs give back", FRACTION, "target", bounds=SHARE, default=None
    )
    floor: Identifier | None = lever(
        "value added per unit below which output stops; without it 0",
        PRICES,
        "target",
        bounds=(0.0, 1e15),
        same="product.price",
        default=None,
    )

    def draws(self, park: ParkFile, draw: Draws) -> dict[str, Array]:
        # tax that a change of the printed price leaves outside value added
        vat = None if park.vat_in_value_added else park.products[self.product].vat_rate
        return {**super().draws(park, draw), "vat": draw(vat)}

    def _change(self, effect: Effect, before: Stretch) -> tuple[Any, Any]:
        x, product = effect.levers, before.base.products[self.product]
        terms = (product.price, x["price"], x["vat"], x["pass_through"], product.unit_value, x["floor"])
        return unit_change(*terms)

    def impact(self, effect: Effect, before: Stretch) -> Any:
        return before.volume(self.product) * self.unit_change(effect, before) / YUAN_PER_100M

    def unit_change(self, effect: Effect, before: Stretch) -> Any:
        return self._change(effect, before)[0]

    def price_change(self, effect: Effect, before: Stretch) -> Any:
        return effect.levers["price"] - before.base.products[self.product].price

    def stopped(self, effect: Effect, before: Stretch) -> Any:
        return self._change(effect, before)[1].astype(float)


class ContractedVolume(_OfProduct):
    """An industry sells what it has signed and what it expects to sell beside, not what it sold before.

    impact = (volume + further - base volume that runs) * margin, the margin being the price less the
    cost that goes with each unit, or without one the average, price without VAT times the industry's
    rate. It takes away no more than its product adds, or without a product than the part of its volume in
    what the industry adds.
    """

    needs_rate = True
    order = 4
    label: ClassVar = {"zh": "签约量", "en": "contracted volumes"}

    kind: Literal["contracted_volume"]
    industry: InIndustry
    volume: Identifier = lever("volume signed for the target year", VOLUMES, "target", same="product.volume")
    further: Identifier | None = lever(
        "volume expected to be sold beside what is signed", VOLUMES, "target", same="volume", default=None
    )
    product: Identifier | None = leads_to(
        "product", "product that it sells, which gives base volume, price and tax", default=None
    )
    price: Identifier | None = lever(
        "price per unit of the volume", PRICES, "target", per="volume", default=None
    )
    unit_cost: Identifier | None = lever(
        "cost that goes with each unit, fuel say, tax included like the price",
        PRICES,
        "target",
        per="volume",
        default=None,
    )
    vat_rate: Vat = None
    base_volume: Identifier | None = lever("volume of the base year", VOLUMES, same="volume", default=None)
    capacity: Identifier | None = lever(
        "capacity in MW, instead of base_volume", ("MW",), asks=("volume", "kWh"), default=None
    )
    hours: Identifier | None = lever(
        "utilisation hours of the base year, with capacity", ("h",), usual=USUAL_HOURS, default=None
    )

    ways = (("product",), ("base_volume", "price"), ("capacity", "hours", "price"))

    def draws(self, park: ParkFile, draw: Draws) -> dict[str, Array]:
        found = super().draws(park, draw)
        if self.product is None:
            found["base_volume"] = volume_made(draw, self.base_volume, self.capacity, self.hours)
        else:
            found["vat_rate"] = draw(park.products[self.product].vat_rate)
        return {**found, "vat": draw(None) if park.vat_in_value_added else found["vat_rate"]}

    def _margin(self, effect: Effect, base: Base, price: Any) -> Any:
        """Value added per unit sold, yuan."""
        x = effect.levers
        if self.unit_cost is None:
            return price / (1 + x["vat_rate"]) * base.rate[effect.industry]
        return np.maximum((price - x["unit_cost"]) / (1 + x["vat"]), 0.0)

    def impact(self, effect: Effect, before: Stretch) -> Any:
        x = effect.levers
        sold = (x["volume"] + x["further"]) * before.years
        if self.product is None:
            price, made = x["price"], x["base_volume"] * (1 + before.driftless) * before.running()
            part = np.divide(made - sold, made, out=np.zeros_like(made), where=made > sold)
            most = np.maximum(before.added(), 0.0) * part * YUAN_PER_100M
        else:
            price, made = before.price(self.product), before.volume(self.product)
            most = np.maximum(before.unit_value(self.product), 0.0) * made
        # what is not sold takes away no more than it adds
        change = (sold - made) * self._margin(effect, before.base, price)
        return np.maximum(change, -most) / YUAN_PER_100M

    def models(self, effect: Effect, base: Base) -> Mapping[str, Array]:
        if self.product is not None:
            return super().models(effect, base)
        x = effect.levers
        average = x["price"] / (1 + x["vat_rate"]) * base.rate[effect.industry]
        return {effect.shock: x["base_volume"] * average / YUAN_PER_100M}


class OutputCap(Kind):
    """An industry may run only at a part of what it would (power rationing, environmental limits).

    impact = -max(value added, 0) * (1 - cap), of what the earlier shocks leave in the stretch.
    """

    compounds = True
    order = 5
    label: ClassVar = {"zh": "限产", "en": "output caps"}

    kind: Literal["output_cap"]
    industry: InIndustry
    cap: Identifier = lever(
        "part of output that is allowed, 1 is all", FRACTION, "target", bounds=SHARE, usual=(0.5, 1.0)
    )

    def impact(self, effect: Effect, before: Stretch) -> Any:
        return -np.maximum(before.added(), 0.0) * (1 - effect.levers["cap"])

    def running(self, effect: Effect, before: Stretch) -> Any:
        return -(1 - effect.levers["cap"]) * before.running()


class RateChange(Kind):
    """The value-added rate of an industry changes.

    impact = output that runs (1 + growth) * (rate after - rate before)
    """

    needs_rate = True
    once = "industry"
    order = 6
    label: ClassVar = {"zh": "增加值率变动", "en": "changes of value-added rates"}

    kind: Literal["rate_change"]
    industry: InIndustry
    rate_before: Identifier = lever("rate before", FRACTION, bounds=SHARE, usual=USUAL_RATE)
    rate_after: Identifier = lever("rate after", FRACTION, "target", bounds=SHARE, usual=USUAL_RATE)

    def impact(self, effect: Effect, before: Stretch) -> Any:
        output = before.base.gross_output[before.industry] * (1 + before.growth) * before.running()
        return output * (effect.levers["rate_after"] - effect.levers["rate_before"])
