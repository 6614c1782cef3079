"""What the files of a park may hold, declared as data: kinds of values, tables, park.yml, scenarios.

A field that holds a name carries a :class:`Ref`: what the name leads to, in which units, and whether it
states the base year or the target year. Checks, model, notebooks and data dictionary read the declarations.
"""

from __future__ import annotations

import datetime as dt
import keyword
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    Tag,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from parkanalysis.errors import nearest
from parkanalysis.park.levers import DISTRIBUTIONS, EVIDENCE, UNITS
from parkanalysis.quantities import RULES

#: parameters of the report notebook, which no lever may be called
PARAMETERS = ("park", "scenario", "lang", "draws", "seed")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# as people and spreadsheets write them: Excel puts 2025/3/1 into a CSV file, in some columns with 0:00
_DATE = re.compile(r"(\d{4})(?:(Q[1-4])|[-/.年](\d{1,2})(?:月|[-/.月](\d{1,2})日?(?:[ T]0?0:00(?::00)?)?)?)?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_PERCENT = re.compile(r"([-+]?[0-9]{1,15}(\.[0-9]{0,15})?) ?%")


def _says(text: str, **more: Any) -> Any:
    return Field(description=text, **more)


def is_identifier(name: str) -> bool:
    """Whether a text can name a lever, a figure, a scenario: it must do so in Python and in a path.

    Examples
    --------
    >>> is_identifier("price_2016"), is_identifier("../price"), is_identifier("lambda")
    (True, False, False)
    """
    return _NAME.fullmatch(name) is not None and not keyword.iskeyword(name)


def _identifier(name: str) -> str:
    if not is_identifier(name):
        raise ValueError("a name of lower-case letters, digits and _ that starts with a letter")
    return name


def _label(value: Any) -> Any:
    if isinstance(value, str):
        value = {"zh": value}
    if value in ({}, None):
        raise ValueError("a text, or a text for each of zh and en")
    if isinstance(value, dict) and set(value) in ({"zh"}, {"en"}):
        return dict.fromkeys(("zh", "en"), *value.values())
    return value


def plain_number(text: str) -> str:
    """A number as people type it, as one that can be read: full-width digits, thousands separators.

    Raises
    ------
    ValueError
        On a per cent sign, which leaves open whether a fraction or its hundredfold is meant.

    Examples
    --------
    >>> plain_number("１，５８０．５"), plain_number("−3"), plain_number("1,58")
    ('1580.5', '-3', '1,58')
    """
    text = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    if percent := _PERCENT.fullmatch(text):
        fraction = (Decimal(percent.group(1)) / 100).normalize()
        raise ValueError(f"a number without %: write {fraction:f}")
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _figure(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number")
    return plain_number(value) if isinstance(value, str) else value


_EXAMPLES = {"year": "2025", "quarter": "2025Q1", "month": "2025-07", "day": "2025-03-01"}


def _dated(*kinds: str) -> BeforeValidator:
    """A reader of dates of these kinds, told apart by what they name."""
    *first, last = (f"a {kind} such as {_EXAMPLES[kind]}" for kind in kinds)
    allowed = f"{', '.join(first)} or {last}" if first else last

    def read(value: Any) -> str:
        match = _DATE.fullmatch(unicodedata.normalize("NFKC", str(value)).strip().upper())
        year, quarter, month, day = match.groups() if match else (None,) * 4
        try:
            start = dt.date(int(year or 0), int(month or 1), int(day or 1)).isoformat()
        except ValueError:
            raise ValueError(allowed) from None
        read = {"day": day and start, "month": month and start[:7], "quarter": quarter and f"{year}{quarter}"}
        kind = next((kind for kind, text in read.items() if text), "year")
        if kind == "day" and kind not in kinds and start.endswith("-01"):
            kind = "month"  # Excel makes the first day of it where one is typed into a cell
        if kind not in kinds:
            raise ValueError(allowed)
        return read.get(kind) or str(year)

    return BeforeValidator(read)


def _items(value: Any) -> Any:
    """The items of a list, also of one that is written into one cell or left empty."""
    if not isinstance(value, str | None):
        return value
    return [item.strip() for item in re.split("[,，、]", value or "") if item.strip()]


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    # within allOf it also rules the names of a mapping
    Field(json_schema_extra={"allOf": [{"pattern": "^[a-z][a-z0-9_]*$"}], "maxLength": 64}),
]
# pydantic takes true for 1; a bound keeps squares of yuan within floating point
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15), BeforeValidator(_figure)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e15), BeforeValidator(_figure)]
NotNegative = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e15), BeforeValidator(_figure)]
Probability = Annotated[float, Field(allow_inf_nan=False, gt=0, lt=1), BeforeValidator(_figure)]
Rank = Annotated[float, Field(allow_inf_nan=False, gt=-1, lt=1), BeforeValidator(_figure)]
Year = Annotated[int, Field(ge=1949, le=2200), BeforeValidator(_figure)]
Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Label = Annotated[
    dict[Literal["zh", "en"], Words],
    BeforeValidator(_label, json_schema_input_type=Words | dict[Literal["zh", "en"], Words]),
    _says("a text, or a text for each of zh and en"),
]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"), _dated("month")]
Day = Annotated[dt.date, _dated("day")]
_PERIOD, _OBSERVED = r"^\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))?$", r"^\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?$"
Period = Annotated[str, Field(pattern=_PERIOD), _dated("year", "quarter", "month")]
Observed = Annotated[str, Field(pattern=_OBSERVED), _dated("day", "month", "year")]
Language = Literal["zh", "en"]
Listed = BeforeValidator(_items)


class Strict(BaseModel):
    """A part of a YAML file: no unknown keys, no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    #: groups of fields of which one is filled, and no field beside it; an empty one: or none
    ways: ClassVar[tuple[tuple[str, ...], ...]] = ()
    ways_in_words: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _own_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Say of an unknown key which are known; the one that was meant is then not missing as well."""
        try:
            return handler(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
        known = list(cls.model_fields)
        meant = {nearest(str(e["loc"][0]), known) for e in found if e["type"] == "extra_forbidden"}
        lines: list[InitErrorDetails] = []
        for e in found:
            context = e.get("ctx", {})
            if len(e["loc"]) == 1 and e["type"] == "extra_forbidden":
                context = {"known": known}
            elif len(e["loc"]) == 1 and e["type"] == "missing" and e["loc"][0] in meant:
                continue
            kind: Any = PydanticCustomError(e["type"], e["msg"], context)
            lines.append({"type": kind, "loc": e["loc"], "input": e["input"]})
        raise ValidationError.from_exception_data(cls.__name__, lines)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        filled = {field for way in self.ways for field in way if getattr(self, field) is not None}
        if self.ways and filled not in map(set, self.ways):
            words = ", or ".join(" and ".join(way) or "neither" for way in self.ways)
            raise ValueError(self.ways_in_words or f"either {words}")
        return self


MONEY = ("CNY",)
VOLUMES = ("t", "kWh", "m3", "count")
PRICES = tuple(f"CNY/{volume}" for volume in VOLUMES)
FRACTION = ("fraction",)
MOST_YEARS = 5
SHARE = (0.0, 1.0)  # a share outside has no meaning
NOT_NEGATIVE = (0.0, inf)
USUAL_RATE = (0.02, 0.9)  # value added per gross output
OF_A_YEAR: Any = {"units": FRACTION, "year": "target", "bounds": (-1.0, 10.0), "usual": (-0.5, 0.5)}
USUAL_HOURS = (300.0, 8784.0)  # of full load in a year


@dataclass(frozen=True)
class Ref:
    """What the name in a field leads to.

    Attributes
    ----------
    role : {"lever", "figure", "series", "source", "industry", "product", "plant"}
    units : tuple of str
        Canonical units that a lever or figure may have there; empty where any may stand.
    year : {"base", "target"}
        Whether it states the base year, which is settled, or how the target year turns out.
    bounds : tuple of float
        Within which the hard bounds of a lever must lie.
    per : str
        Field of the volume per whose unit a price is.
    same : str
        Field that has the same unit: one of the same item, or ``product.`` and one of its product.
    asks : tuple of str
        A field and the unit that it must have where this one is filled.
    usual : tuple of float
        Between which a central value lies in most cases, in canonical units; others are warned of.
    """

    role: Literal["lever", "figure", "series", "source", "industry", "product", "plant"]
    units: tuple[str, ...] = ()
    year: Literal["base", "target"] = "base"
    bounds: tuple[float, float] | None = None
    per: str = ""
    same: str = ""
    asks: tuple[str, str] | None = None
    usual: tuple[float, float] | None = None


def leads_to(
    role: str, text: str, units: tuple[str, ...] = (), year: str = "base", *, default: Any = ..., **more: Any
) -> Any:
    """A field that holds a name: what it says, and the :class:`Ref` to what the name leads to."""
    info = Field(default, description=text)
    info.metadata.append(Ref(role, units, year, **more))  # type: ignore[arg-type]
    return info


def lever(text: str, units: tuple[str, ...], year: str = "base", *, default: Any = ..., **more: Any) -> Any:
    """A field that names a lever of these canonical units."""
    return leads_to("lever", f"lever: {text}", units, year, default=default, **more)


def amount(text: str, year: str = "base", *, default: Any = ...) -> Any:
    """A field that names a figure in yuan."""
    return leads_to("figure", f"figure: {text}", MONEY, year, default=default)


@cache
def references(model: type[BaseModel]) -> Mapping[str, Ref]:
    """Fields of a model that hold a name, with what the name leads to.

    Examples
    --------
    >>> {field: ref.role for field, ref in references(Industry).items()}
    {'gross_output': 'figure', 'value_added_rate': 'lever', 'value_added': 'lever', 'growth': 'lever'}
    """
    found = {f: [m for m in info.metadata if isinstance(m, Ref)] for f, info in model.model_fields.items()}
    return MappingProxyType({field: refs[0] for field, refs in found.items() if refs})


def levers_of(item: BaseModel, year: str | None = None) -> list[str]:
    """Names of the levers that an industry, product, plant or shock names; those of one year where asked.

    Examples
    --------
    >>> levers_of(Industry(name="Steel", gross_output="output_steel", value_added_rate="rate_steel"))
    ['rate_steel']
    """
    fields = (f for f, r in references(type(item)).items() if r.role == "lever" and year in (None, r.year))
    return [name for f in fields if (name := getattr(item, f)) is not None]


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Text = Annotated[str, Field(min_length=1, max_length=2000)]

#: what a cell of a table may hold, by the kinds of tables.toml
KINDS: dict[str, Any] = {
    "name": Identifier,
    "text": Text,
    "remark": str,
    "quantity": Annotated[Text, Field(max_length=200)],
    "number": Number,
    "positive": Positive,
    "day": Day,
    "period": Period,
    "observed": Observed,
    "prices": Literal["current", "comparable"],
    "use": Literal["yes", "no"],
    "unit": Literal[tuple(UNITS)],
    "shape": Literal[(*DISTRIBUTIONS, "tables", "forecast")],
    "evidence": Literal[EVIDENCE],
    "source": Identifier,
    "figure": Identifier,
}
_DEFAULTS = {"remark": "", "use": "yes"}


class TableRow(BaseModel):
    """A row of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _row(table: str, about: str, columns: Mapping[str, tuple[str, str]]) -> type[TableRow]:
    """The model of a row, from the declaration of its table."""
    fields: dict[str, Any] = {}
    for column, (kind, text) in columns.items():
        name = kind.removesuffix("?")
        cell: Any = KINDS[name]
        default: Any = _DEFAULTS.get(kind, ...)
        if kind != name:
            cell, default = Annotated[cell | None, BeforeValidator(_blank)], None
        role = name if name in ("source", "figure") else ""
        info = leads_to(role, text, default=default) if role else _says(text, default=default)
        fields[column] = (cell, info)
    return create_model(table, __base__=TableRow, __doc__=f"{table}.csv: {about}.", **fields)


TABLES = {
    name: _row(name, **table)
    for name, table in tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8")).items()
}
POINTS = ("low", "central", "high")
REQUIRED_TABLES = ("figures", "levers", "sources")
KEYS = {"figures": "figure", "levers": "lever", "sources": "source"}
#: column of the names that other places lead to
NAMES = {**KEYS, "history": "series", "prices": "series", "value_added_rates": "industry"}


class Industry(Strict):
    """An industry: either its output and rate are known, or its value added directly."""

    ways = (("gross_output", "value_added_rate"), ("value_added",))

    name: Label
    gross_output: Identifier | None = amount("gross output of the base year", default=None)
    value_added_rate: Identifier | None = lever(
        "value added per gross output", FRACTION, bounds=SHARE, usual=USUAL_RATE, default=None
    )
    value_added: Identifier | None = lever(
        "value added of the base year", MONEY, bounds=NOT_NEGATIVE, default=None
    )
    growth: Identifier | None = lever(
        "growth a year of its own beside the common one, around 0", **OF_A_YEAR, default=None
    )


InIndustry = Annotated[Identifier, Ref("industry"), _says("an industry of this file")]
OfProduct = Annotated[Identifier, Ref("product"), _says("a product of this file")]
Vat = Annotated[
    Identifier | None,
    Ref("lever", FRACTION, bounds=SHARE, usual=(0.0, 0.25)),
    _says("lever: value added tax that the price holds; without it none"),
]


class Product(Strict):
    """A product with its volume and price in the base year."""

    ways = (("volume",), ("capacity", "hours"))

    name: Label
    industry: InIndustry
    volume: Identifier | None = lever("volume sold in the base year", VOLUMES, default=None)
    capacity: Identifier | None = lever("capacity in MW, instead of volume", ("MW",), default=None)
    hours: Identifier | None = lever(
        "hours of full load, with capacity", ("h",), usual=USUAL_HOURS, default=None
    )
    price: Identifier = lever("price in the base year", PRICES, per="volume")
    vat_rate: Vat = None


class Plant(Strict):
    """A plant that may close; with ``product`` and ``volume`` it takes its tonnes along."""

    ways = (("product", "volume"), ())

    name: Label
    industry: InIndustry
    value_added: Identifier = lever("value added of the plant in the base year", MONEY, bounds=NOT_NEGATIVE)
    product: Identifier | None = leads_to("product", "product that the plant makes", default=None)
    volume: Identifier | None = lever(
        "what it made of it in the base year", VOLUMES, same="product.volume", default=None
    )


class Shock(Strict):
    """What may happen to an industry, a product or a plant; a subclass for each kind.

    A kind is told from the others by the literal of its field ``kind``; it is known to every park from
    the moment its class is defined.
    """

    kinds: ClassVar[dict[str, type[Shock]]] = {}
    #: whether it turns output into value added, so that its industry needs a value-added rate
    needs_rate: ClassVar[bool] = False
    #: whether it takes a part of what the shocks before it leave
    compounds: ClassVar[bool] = False
    #: the field that only one active shock of the kind may name, lest it be counted twice
    once: ClassVar[str] = ""

    kind: str
    name: Label
    start: Month | None = _says("first month of the target year in which it acts", default=None)
    end: Month | None = _says("last month in which it acts", default=None)
    share: Identifier | None = lever(
        "share of the year, where no month is known", FRACTION, "target", bounds=SHARE, default=None
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        Shock.kinds.update(dict.fromkeys(get_args(cls.model_fields["kind"].annotation), cls))

    @model_validator(mode="after")
    def _one_time(self) -> Shock:
        if self.share is not None and (self.start or self.end):
            raise ValueError("either share, or start and end")
        if self.start and self.end and self.start > self.end:
            raise ValueError("an end that does not lie before the start")
        return self

    def industry_of(self, park: ParkFile) -> str:
        """Industry that it acts on: its own, its product's or its plant's."""
        for field, ref in references(type(self)).items():
            name = getattr(self, field)
            if ref.role == "industry" and name is not None:
                return str(name)
            if ref.role in SECTIONS and name is not None:
                return str(getattr(park, SECTIONS[ref.role])[name].industry)
        raise TypeError(f"{type(self).__name__} names no industry, product or plant")


def _one_of(kinds: tuple[type[Shock], ...]) -> Any:
    return Annotated[Union[kinds], Field(discriminator="kind")]  # noqa: UP007 - known only when it runs


@cache
def _kind(kinds: tuple[str, ...]) -> type[BaseModel]:
    return create_model("Kind", kind=(Literal[kinds], ...))  # type: ignore[arg-type]


def _shock(value: Any) -> Shock:
    """A shock checked against the class of its kind, among those known when the park is read."""
    if not Shock.kinds:
        raise RuntimeError("no kind of shock is known: import parkanalysis.model before a park is read")
    found: Any = _kind(tuple(Shock.kinds)).model_validate(value, from_attributes=True)
    return Shock.kinds[found.kind].model_validate(value)


# what the name in a field of this role is looked up in
SECTIONS = {"industry": "industries", "product": "products", "plant": "plants"}


class StatedProjection(Strict):
    """What the administration itself says of the target year, as figures."""

    result: Identifier = amount("value added that it expects", "target")
    loss: Identifier | None = amount("loss that it expects", "target", default=None)
    weight: float = _says(
        "of the result as an expert's forecast, beside the model's", default=0.0, ge=0, le=1
    )
    bias: float = _says("part by which such statements lie above the outturn", default=0.0, gt=-1, le=10)


class ComparablePrices(Strict):
    """A local pair of yearly series; without one, growth at comparable prices is not given."""

    nominal: Identifier = leads_to("series", "series of history.csv: levels at current prices")
    real: Identifier = leads_to("series", "series of history.csv: growth at comparable prices, a fraction")


class Correlation(Strict):
    """Rank correlation (Spearman) between two levers."""

    levers: Annotated[tuple[Identifier, Identifier], Listed]
    rank: Rank
    evidence: Literal[EVIDENCE] = "assumed"  # type: ignore[valid-type]
    note: str = ""


class Check(Strict):
    """One comparison of the audit: a stated figure against an expression over figures and levers."""

    name: Label
    stated: str = _says("expression of the stated value", max_length=500)
    computed: str = _says("expression of the computed value", max_length=500)
    unit: str = ""
    relation: Literal["equals", "at_least", "at_most", "within"] = "equals"
    tolerance: NotNegative = _says("difference that is allowed, in the check's unit", default=0.0)
    same_scope: bool = _says(
        "whether both sides have one scope and basis; if not, they cannot contradict each other", default=True
    )
    note: Label | None = _says("what to know of scope and basis, shown with the verdict", default=None)
    figures: Annotated[tuple[str, ...], Listed] = ()

    @model_validator(mode="after")
    def _reason(self) -> Check:
        if not self.same_scope and self.note is None:
            raise ValueError("a note that says in what the scope differs, where same_scope is false")
        return self


class ParkFile(Strict):
    """park.yml: what the park is called, what it makes, what may happen to it."""

    name: Label
    languages: Annotated[tuple[Language, ...], Listed] = _says(
        "languages of its reports", default=("zh", "en"), min_length=1
    )
    base_year: Year = _says("last year whose value added is published")
    target_year: Year = _says("year to project, one to five years after")
    as_of: Day = _says("vintage date: nothing published later enters a projection")
    value_added: Identifier = amount("published value added of the base year")
    other_industry: Identifier | None = leads_to(
        "industry", "industry that stands for all the rest", default=None
    )
    growth: Identifier = lever(
        "growth a year of value added that no shock says anything of, a fraction", **OF_A_YEAR
    )
    vat_in_value_added: bool = _says(
        "whether value added holds VAT payable, as in China's industrial statistics", default=True
    )
    part_of_area: bool = _says(
        "whether the series behind growth is of a larger area that the zone lies in: its forecast is then "
        "widened to a zone of this size",
        default=False,
    )
    growth_area: Label | None = _says("what the reference series is of, as charts call it", default=None)
    growth_method: str = _says("method that forecasts the reference series", default="default")
    reading_rule: Literal[tuple(RULES)] = _says(  # type: ignore[valid-type]
        "how hedged figures become bounds", default="standard"
    )
    display_unit: Literal["CNY_100m", "CNY_10k"] = _says(
        "unit of amounts in reports: 亿元 or 万元", default="CNY_100m"
    )
    industries: dict[Identifier, Industry] = _says("industries by name", min_length=1, max_length=200)
    products: dict[Identifier, Product] = _says("products by name", default={})
    plants: dict[Identifier, Plant] = _says("plants that may close, by name", default={})
    shocks: dict[Identifier, Annotated[Shock, PlainValidator(_shock)]] = _says(
        "what may happen, by name", default={}
    )
    stated: StatedProjection | None = _says("the administration's own projection", default=None)
    correlations: tuple[Correlation, ...] = _says(
        "pairs of levers that move together", default=(), max_length=100
    )
    checks: dict[Identifier, Check] = _says("comparisons for the audit", default={})
    comparable: ComparablePrices | None = _says(
        "series that growth at comparable prices is derived from", default=None
    )

    @field_validator("target_year")
    @classmethod
    def _follows(cls, year: int, info: ValidationInfo) -> int:
        base = info.data.get("base_year")
        if base is not None and not base < year <= base + MOST_YEARS:
            raise ValueError(f"{base + 1} to {base + MOST_YEARS}, the years after the base_year {base}")
        return year


class LeverSetting(Strict):
    """A lever in a scenario: a range, a quantile of the lever's own distribution, or a figure."""

    ways = (POINTS, (*POINTS, "distribution"), ("quantile",), ("figure",))
    ways_in_words = "a number, {low, central, high}, {quantile} or {figure}"

    low: Number | None = _says("10% point", default=None)
    central: Number | None = _says("mode", default=None)
    high: Number | None = _says("90% point", default=None)
    distribution: Literal["triangular", "pert", "two_piece_normal", "uniform", "lognormal"] | None = None
    quantile: Probability | None = _says("probability below the value", default=None)
    figure: Identifier | None = leads_to("figure", "figure that gives it", default=None)


def _setting_kind(value: Any) -> str:
    return "[range]" if isinstance(value, Mapping | LeverSetting) else "[number]"


def _shocks_kind(value: Any) -> str:
    return "[all]" if value == "all" else "[some]"


# a part of a place in brackets is none that the file has
Setting = Annotated[
    Annotated[Number, Tag("[number]")] | Annotated[LeverSetting, Tag("[range]")],
    Discriminator(_setting_kind),
]
Shocks = Annotated[
    Annotated[tuple[Identifier, ...], Listed, Tag("[some]")] | Annotated[Literal["all"], Tag("[all]")],
    Discriminator(_shocks_kind),
]


class ScenarioFile(Strict):
    """scenarios/<name>.yml: which shocks act, what the levers are set to."""

    title: Label
    description: Label | None = None
    shocks: Shocks = _says("names of shocks, or all", default=())
    levers: dict[Identifier, Setting] = _says(
        "levers set to a number, a range, a quantile or a figure", default={}
    )


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a file or a row, with the kinds of shocks that are known when it is asked for.

    Examples
    --------
    >>> sorted(json_schema(ScenarioFile)["properties"])
    ['description', 'levers', 'shocks', 'title']
    """
    if model is ParkFile:
        kinds = tuple(Shock.kinds.values())
        field: Any = _says("what may happen, by name", default={})
        shocks: Any = (dict[Identifier, _one_of(kinds)], field)  # type: ignore[misc]
        model = create_model("ParkFile", __base__=ParkFile, __doc__=ParkFile.__doc__, shocks=shocks)
    return {"$schema": GenerateJsonSchema.schema_dialect, **model.model_json_schema()}
