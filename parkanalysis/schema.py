"""What the files of a park may hold, declared as data: models of the YAML files, columns of the tables."""

from __future__ import annotations

import datetime as dt
import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from parkanalysis.levers import EVIDENCE

__all__ = [
    "PARAMETERS",
    "LeverSetting",
    "ParkFile",
    "ScenarioFile",
    "Shock",
]

PARAMETERS = ("park", "scenario", "lang", "draws", "seed")
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or keyword.iskeyword(name):
        raise ValueError("a name of lower-case letters, digits and _ that starts with a letter")
    return name


def _label(value: Any) -> Any:
    if isinstance(value, str):
        return {"zh": value, "en": value}
    if isinstance(value, dict) and len(value) == 1 and set(value) <= {"zh", "en"}:
        text = next(iter(value.values()))
        return {"zh": text, "en": text}
    return value


Identifier = Annotated[str, AfterValidator(_identifier)]
Label = Annotated[
    dict[Literal["zh", "en"], Annotated[str, Field(min_length=1, max_length=200)]], BeforeValidator(_label)
]
Month = Annotated[str, Field(pattern=MONTH)]
Language = Literal["zh", "en"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Industry(_Strict):
    """An industry: either its output and rate are known, or its value added directly."""

    name: Label
    gross_output: Identifier | None = None  # a figure
    value_added_rate: Identifier | None = None  # a lever
    value_added: Identifier | None = None  # a lever

    @model_validator(mode="after")
    def _one_route(self) -> Industry:
        by_rate = self.gross_output is not None and self.value_added_rate is not None
        if by_rate == (self.value_added is not None):
            raise ValueError("either gross_output and value_added_rate, or value_added")
        return self


class Product(_Strict):
    """A product with its volume and price in the base year."""

    name: Label
    industry: Identifier
    volume: Identifier
    price: Identifier
    vat_rate: Identifier | None = None


class Plant(_Strict):
    """A plant that may close; with ``product`` and ``volume`` it takes its tonnes along."""

    name: Label
    industry: Identifier
    value_added: Identifier
    product: Identifier | None = None
    volume: Identifier | None = None


class _Dated(_Strict):
    name: Label
    start: Month | None = None
    end: Month | None = None
    share: Identifier | None = None  # a lever: share of the year, where no date is known

    @model_validator(mode="after")
    def _one_time(self) -> _Dated:
        if self.share is not None and (self.start or self.end):
            raise ValueError("either share, or start and end")
        if self.start and self.end and self.start > self.end:
            raise ValueError("an end that does not lie before the start")
        return self


class PlantClosure(_Dated):
    kind: Literal["plant_closure"]
    plant: Identifier


class CapacityRampUp(_Dated):
    kind: Literal["capacity_ramp_up"]
    product: Identifier
    volume: Identifier


class PriceChange(_Dated):
    kind: Literal["price_change"]
    product: Identifier
    price: Identifier
    pass_through: Identifier | None = None


class ContractedVolume(_Dated):
    kind: Literal["contracted_volume"]
    industry: Identifier
    volume: Identifier
    price: Identifier
    vat_rate: Identifier | None = None
    base_volume: Identifier | None = None
    capacity: Identifier | None = None
    hours: Identifier | None = None

    @model_validator(mode="after")
    def _one_base(self) -> ContractedVolume:
        by_hours = self.capacity is not None and self.hours is not None
        if by_hours == (self.base_volume is not None):
            raise ValueError("either base_volume, or capacity and hours")
        return self


class OutputCap(_Dated):
    kind: Literal["output_cap"]
    industry: Identifier
    cap: Identifier


class RateChange(_Dated):
    kind: Literal["rate_change"]
    industry: Identifier
    rate_before: Identifier
    rate_after: Identifier


Shock = PlantClosure | CapacityRampUp | PriceChange | ContractedVolume | OutputCap | RateChange


class StatedProjection(_Strict):
    """What the administration itself says of the target year, as figures."""

    result: Identifier
    loss: Identifier | None = None


class Correlation(_Strict):
    """Rank correlation (Spearman) between two levers."""

    levers: tuple[Identifier, Identifier]
    rank: float = Field(gt=-1, lt=1)
    evidence: Literal[EVIDENCE] = "assumed"  # type: ignore[valid-type]
    note: str = ""


class Check(_Strict):
    """One comparison of the audit: a stated figure against an expression over figures and levers."""

    name: Label
    stated: str
    computed: str
    unit: str = ""
    relation: Literal["equals", "at_least", "at_most", "within"] = "equals"
    tolerance: float = Field(default=0.0, ge=0)
    figures: tuple[str, ...] = ()


class ParkFile(_Strict):
    """park.yml"""

    name: Label
    languages: tuple[Language, ...] = ("zh", "en")
    base_year: int = Field(ge=1949, le=2200)
    target_year: int = Field(ge=1949, le=2200)
    as_of: dt.date
    value_added: Identifier
    other_industry: Identifier | None = None
    growth: Identifier
    reading_rule: str = "standard"
    display_unit: Literal["CNY_100m", "CNY_10k"] = "CNY_100m"
    industries: dict[Identifier, Industry] = Field(min_length=1)
    products: dict[Identifier, Product] = {}
    plants: dict[Identifier, Plant] = {}
    shocks: dict[Identifier, Annotated[Shock, Field(discriminator="kind")]] = {}
    stated: StatedProjection | None = None
    correlations: tuple[Correlation, ...] = ()
    checks: dict[Identifier, Check] = {}
    deflator: Identifier | None = None

    @model_validator(mode="after")
    def _years(self) -> ParkFile:
        if self.target_year != self.base_year + 1:
            raise ValueError("a target_year that follows the base_year")
        return self


class LeverSetting(_Strict):
    """A lever in a scenario: a range, a quantile of the lever's own distribution, or a figure."""

    low: float | None = None
    central: float | None = None
    high: float | None = None
    distribution: Literal["triangular", "pert", "two_piece_normal", "uniform", "lognormal"] | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    figure: Identifier | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> LeverSetting:
        ranged = [self.low, self.central, self.high]
        kinds = [all(v is not None for v in ranged), self.quantile is not None, self.figure is not None]
        if sum(kinds) != 1 or (not kinds[0] and any(v is not None for v in [*ranged, self.distribution])):
            raise ValueError("a number, {low, central, high}, {quantile} or {figure}")
        return self


class ScenarioFile(_Strict):
    """scenarios/<name>.yml"""

    title: Label
    description: Label | None = None
    shocks: tuple[Identifier, ...] | Literal["all"] = ()
    levers: dict[Identifier, float | LeverSetting] = {}
