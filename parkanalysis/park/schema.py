"""What the YAML files of a park may hold, declared as data; schemas and data dictionary are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from parkanalysis.park.fields import (
    Day,
    Identifier,
    Label,
    Language,
    Month,
    NotNegative,
    Number,
    Probability,
    Rank,
    Strict,
    Year,
)
from parkanalysis.park.levers import EVIDENCE

__all__ = [
    "PARAMETERS",
    "LeverSetting",
    "ParkFile",
    "ScenarioFile",
    "Shock",
]

PARAMETERS = ("park", "scenario", "lang", "draws", "seed")


def _says(text: str, **more: Any) -> Any:
    return Field(description=text, **more)


Lever = Annotated[Identifier, _says("a lever, a row of levers.csv")]
Figure = Annotated[Identifier, _says("a figure, a row of figures.csv")]
InIndustry = Annotated[Identifier, _says("an industry of this file")]
OfProduct = Annotated[Identifier, _says("a product of this file")]
Vat = Annotated[Lever | None, _says("lever: value added tax that the price holds; without it none")]


class Industry(Strict):
    """An industry: either its output and rate are known, or its value added directly."""

    name: Label
    gross_output: Annotated[Figure | None, _says("figure: gross output of the base year")] = None
    value_added_rate: Annotated[Lever | None, _says("lever: value added per gross output")] = None
    value_added: Annotated[Lever | None, _says("lever: value added of the base year")] = None

    @model_validator(mode="after")
    def _one_route(self) -> Industry:
        routes = (self.gross_output is not None, self.value_added_rate is not None)
        if (self.value_added is not None) == any(routes) or any(routes) != all(routes):
            raise ValueError("either gross_output and value_added_rate, or value_added")
        return self


class Product(Strict):
    """A product with its volume and price in the base year."""

    name: Label
    industry: InIndustry
    volume: Annotated[Lever, _says("lever: volume sold in the base year")]
    price: Annotated[Lever, _says("lever: price in the base year")]
    vat_rate: Vat = None


class Plant(Strict):
    """A plant that may close; with ``product`` and ``volume`` it takes its tonnes along."""

    name: Label
    industry: InIndustry
    value_added: Annotated[Lever, _says("lever: value added of the plant in the base year")]
    product: Annotated[OfProduct | None, _says("product that the plant makes")] = None
    volume: Annotated[Lever | None, _says("lever: what it made of it in the base year")] = None

    @model_validator(mode="after")
    def _both(self) -> Plant:
        if (self.product is None) != (self.volume is None):
            raise ValueError("product and volume together, or neither")
        return self


class _Dated(Strict):
    name: Label
    start: Annotated[Month | None, _says("first month of the target year in which it acts")] = None
    end: Annotated[Month | None, _says("last month in which it acts")] = None
    share: Annotated[Lever | None, _says("lever: share of the year, where no month is known")] = None

    @model_validator(mode="after")
    def _one_time(self) -> _Dated:
        if self.share is not None and (self.start or self.end):
            raise ValueError("either share, or start and end")
        if self.start and self.end and self.start > self.end:
            raise ValueError("an end that does not lie before the start")
        return self


class PlantClosure(_Dated):
    """A plant closes: its value added is lost for the share of the year."""

    kind: Literal["plant_closure"]
    plant: Annotated[Identifier, _says("a plant of this file")]


class CapacityRampUp(_Dated):
    """More of a product is made, at the price before."""

    kind: Literal["capacity_ramp_up"]
    product: OfProduct
    volume: Annotated[Lever, _says("lever: additional volume over a whole year")]


class PriceChange(_Dated):
    """The price of a product changes."""

    kind: Literal["price_change"]
    product: OfProduct
    price: Annotated[Lever, _says("lever: price in the target year")]
    pass_through: Annotated[Lever | None, _says("lever: part of it that inputs give back")] = None


class ContractedVolume(_Dated):
    """An industry sells what it has signed, instead of what it sold before."""

    kind: Literal["contracted_volume"]
    industry: InIndustry
    volume: Annotated[Lever, _says("lever: volume signed for the target year")]
    price: Annotated[Lever, _says("lever: price per unit of the volume")]
    vat_rate: Vat = None
    base_volume: Annotated[Lever | None, _says("lever: volume of the base year")] = None
    capacity: Annotated[Lever | None, _says("lever: capacity in MW, instead of base_volume")] = None
    hours: Annotated[Lever | None, _says("lever: utilisation hours of the base year, with capacity")] = None

    @model_validator(mode="after")
    def _one_base(self) -> ContractedVolume:
        routes = (self.capacity is not None, self.hours is not None)
        if (self.base_volume is not None) == any(routes) or any(routes) != all(routes):
            raise ValueError("either base_volume, or capacity and hours")
        return self


class OutputCap(_Dated):
    """An industry may run only at a part of what it would (power rationing, environmental limits)."""

    kind: Literal["output_cap"]
    industry: InIndustry
    cap: Annotated[Lever, _says("lever: part of output that is allowed, 1 is all")]


class RateChange(_Dated):
    """The value-added rate of an industry changes."""

    kind: Literal["rate_change"]
    industry: InIndustry
    rate_before: Annotated[Lever, _says("lever: rate before")]
    rate_after: Annotated[Lever, _says("lever: rate after")]


Shock = PlantClosure | CapacityRampUp | PriceChange | ContractedVolume | OutputCap | RateChange


class StatedProjection(Strict):
    """What the administration itself says of the target year, as figures."""

    result: Annotated[Figure, _says("figure: value added that it expects")]
    loss: Annotated[Figure | None, _says("figure: loss that it expects")] = None


class Correlation(Strict):
    """Rank correlation (Spearman) between two levers."""

    levers: tuple[Lever, Lever]
    rank: Rank
    evidence: Literal[EVIDENCE] = "assumed"  # type: ignore[valid-type]
    note: str = ""


class Check(Strict):
    """One comparison of the audit: a stated figure against an expression over figures and levers."""

    name: Label
    stated: Annotated[str, _says("expression of the stated value", max_length=500)]
    computed: Annotated[str, _says("expression of the computed value", max_length=500)]
    unit: str = ""
    relation: Literal["equals", "at_least", "at_most", "within"] = "equals"
    tolerance: Annotated[NotNegative, _says("difference that is allowed, in the check's unit")] = 0.0
    same_scope: Annotated[
        bool, _says("whether both sides have one scope and basis; if not, they cannot contradict each other")
    ] = True
    note: Annotated[Label | None, _says("what to know of scope and basis, shown with the verdict")] = None
    figures: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _reason(self) -> Check:
        if not self.same_scope and self.note is None:
            raise ValueError("a note that says in what the scope differs, where same_scope is false")
        return self


class ParkFile(Strict):
    """park.yml: what the park is called, what it makes, what may happen to it."""

    name: Label
    languages: tuple[Language, ...] = _says("languages of its reports", default=("zh", "en"), min_length=1)
    base_year: Annotated[Year, _says("last year whose value added is published")]
    target_year: Annotated[Year, _says("year to project, the one after")]
    as_of: Annotated[Day, _says("vintage date: nothing published later enters a projection")]
    value_added: Annotated[Figure, _says("figure: published value added of the base year")]
    other_industry: Annotated[InIndustry | None, _says("industry that stands for all the rest")] = None
    growth: Annotated[Lever, _says("lever: growth of value added without any shock, a fraction")]
    growth_method: Annotated[str, _says("method that forecasts the reference series")] = "default"
    reading_rule: Annotated[str, _says("how hedged figures become bounds")] = "standard"
    display_unit: Annotated[
        Literal["CNY_100m", "CNY_10k"], _says("unit of amounts in reports: 亿元 or 万元")
    ] = "CNY_100m"
    industries: dict[Identifier, Industry] = _says("industries by name", min_length=1, max_length=200)
    products: dict[Identifier, Product] = _says("products by name", default={})
    plants: dict[Identifier, Plant] = _says("plants that may close, by name", default={})
    shocks: dict[Identifier, Annotated[Shock, Field(discriminator="kind")]] = _says(
        "what may happen, by name", default={}
    )
    stated: Annotated[StatedProjection | None, _says("the administration's own projection")] = None
    correlations: tuple[Correlation, ...] = _says("pairs of levers that move together", default=())
    checks: dict[Identifier, Check] = _says("comparisons for the audit", default={})
    deflator: Annotated[Lever | None, _says("lever: change of producer prices, for comparable prices")] = None

    @field_validator("target_year")
    @classmethod
    def _follows(cls, year: int, info: ValidationInfo) -> int:
        base = info.data.get("base_year")
        if base is not None and year != base + 1:
            raise ValueError(f"{base + 1}, the year after the base_year {base}")
        return year


class LeverSetting(Strict):
    """A lever in a scenario: a range, a quantile of the lever's own distribution, or a figure."""

    low: Annotated[Number | None, _says("10% point")] = None
    central: Annotated[Number | None, _says("mode")] = None
    high: Annotated[Number | None, _says("90% point")] = None
    distribution: Literal["triangular", "pert", "two_piece_normal", "uniform", "lognormal"] | None = None
    quantile: Annotated[Probability | None, _says("probability below the value")] = None
    figure: Figure | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> LeverSetting:
        ranged = [self.low, self.central, self.high]
        kinds = [all(v is not None for v in ranged), self.quantile is not None, self.figure is not None]
        if sum(kinds) != 1 or (not kinds[0] and any(v is not None for v in [*ranged, self.distribution])):
            raise ValueError("a number, {low, central, high}, {quantile} or {figure}")
        return self


def _setting_kind(value: Any) -> str:
    return "range" if isinstance(value, Mapping | LeverSetting) else "number"


def _shocks_kind(value: Any) -> str:
    return "all" if isinstance(value, str) else "some"


Setting = Annotated[
    Annotated[Number, Tag("number")] | Annotated[LeverSetting, Tag("range")], Discriminator(_setting_kind)
]
Shocks = Annotated[
    Annotated[tuple[Identifier, ...], Tag("some")] | Annotated[Literal["all"], Tag("all")],
    Discriminator(_shocks_kind),
]


class ScenarioFile(Strict):
    """scenarios/<name>.yml: which shocks act, what the levers are set to."""

    title: Label
    description: Label | None = None
    shocks: Annotated[Shocks, _says("names of shocks, or all")] = ()
    levers: dict[Identifier, Setting] = _says(
        "levers set to a number, a range, a quantile or a figure", default={}
    )
