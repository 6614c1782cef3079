"""What the tables of a park may hold, a model a row; the data dictionary is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from parkanalysis.park.distributions import DISTRIBUTIONS
from parkanalysis.park.fields import Day, Identifier, Number, Observed, Period, Positive
from parkanalysis.park.levers import EVIDENCE, UNITS

__all__ = ["KEYS", "REQUIRED_TABLES", "TABLES"]


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Maybe = BeforeValidator(_blank)
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class FigureRow(_Row):
    """figures.csv: every figure of the source as printed."""

    figure: Identifier = Field(description="name of the figure, unique")
    source: Identifier = Field(description="source, a row of sources.csv")
    place: Text = Field(description="chapter and paragraph in the source")
    subject: Text = Field(description="whom or what the figure is about")
    variable: Text = Field(description="what is measured")
    period: str = Field(default="", description="year, span of years or month")
    quantity: Annotated[Text, Field(max_length=200)] = Field(description="the quantity exactly as printed")
    note: str = Field(default="", description="remark")


class LeverRow(_Row):
    """levers.csv: every uncertain number."""

    lever: Identifier = Field(description="name of the lever, unique")
    group: Text = Field(description="heading under which it is shown")
    name_zh: str = Field(default="", description="Chinese label")
    name_en: Text = Field(description="English label")
    unit: Literal[tuple(UNITS)] = Field(description="unit of the numbers")  # type: ignore[valid-type]
    low: Annotated[Number | None, Maybe] = Field(default=None, description="10% point")
    central: Annotated[Number | None, Maybe] = Field(
        default=None, description="mode; empty where a figure or a series gives it"
    )
    high: Annotated[Number | None, Maybe] = Field(default=None, description="90% point")
    minimum: Number = Field(description="hard lower bound")
    maximum: Number = Field(description="hard upper bound")
    distribution: Literal[(*DISTRIBUTIONS, "tables", "forecast")] = Field(  # type: ignore[valid-type]
        description="shape between and beyond the two points"
    )
    evidence: Literal[EVIDENCE] = Field(description="evidence grade")  # type: ignore[valid-type]
    figure: Annotated[Identifier | None, Maybe] = Field(
        default=None, description="figure that gives the central value"
    )
    series: Annotated[Identifier | None, Maybe] = Field(
        default=None,
        description="series whose forecast, or industry of value_added_rates.csv whose rates, give the range",
    )
    source: Identifier = Field(description="source, a row of sources.csv")
    note: str = Field(default="", description="on what the range stands")
    note_zh: str = Field(default="", description="the note in Chinese, for Chinese reports; note without")


class HistoryRow(_Row):
    """history.csv: annual, quarterly or monthly series."""

    series: Identifier = Field(description="name of the series")
    period: Period = Field(description="year 2015, quarter 2015Q1 or month 2015-01")
    value: Number = Field(description="value")
    unit: Text = Field(description="unit of the value")
    prices: Annotated[Literal["current", "comparable"] | None, Maybe] = Field(
        default=None, description="price basis"
    )
    published: Day = Field(description="day of publication")
    published_rule: str = Field(default="", description="rule that set the day, where it is not known")
    source: Identifier = Field(description="source, a row of sources.csv")


class PriceRow(_Row):
    """prices.csv: dated price observations."""

    series: Identifier = Field(description="name of the price")
    period: Observed = Field(description="day, month or year observed")
    value: Positive = Field(description="price")
    unit: Text = Field(description="unit of the price")
    published: Day = Field(description="day of publication")
    published_rule: str = Field(default="", description="rule that set the day, where it is not known")
    source: Identifier = Field(description="source, a row of sources.csv")
    note: str = Field(default="", description="place, basis")


class ValueAddedRateRow(_Row):
    """value_added_rates.csv: value added and gross output from input-output tables."""

    industry: Identifier = Field(description="industry of the table")
    table: Text = Field(description="input-output table")
    table_zh: str = Field(default="", description="the table's name in Chinese reports; table without")
    sector: Text = Field(description="sector of the table")
    gross_output_10k_cny: Positive = Field(description="gross output, 10,000 yuan")
    value_added_10k_cny: Positive = Field(description="value added, 10,000 yuan")
    use: Literal["yes", "no"] = Field(default="yes", description="whether the rate enters the range")
    source: Identifier = Field(description="source, a row of sources.csv")
    note: str = Field(default="", description="why it is left out, how it differs")


class SourceRow(_Row):
    """sources.csv: where things come from."""

    source: Identifier = Field(description="name of the source, unique")
    title: Text = Field(description="title")
    title_zh: str = Field(default="", description="the title in Chinese, for Chinese reports; title without")
    publisher: Text = Field(description="publisher")
    publisher_zh: str = Field(
        default="", description="the publisher in Chinese, for Chinese reports; publisher without"
    )
    published: Annotated[Day | None, Maybe] = Field(default=None, description="day of publication")
    url: str = Field(default="", description="address")
    note: str = Field(default="", description="licence, remark")
    note_zh: str = Field(default="", description="the remark in Chinese, for Chinese reports; note without")


TABLES: dict[str, type[_Row]] = {
    "figures": FigureRow,
    "levers": LeverRow,
    "history": HistoryRow,
    "prices": PriceRow,
    "value_added_rates": ValueAddedRateRow,
    "sources": SourceRow,
}
REQUIRED_TABLES = ("figures", "levers", "sources")
KEYS = {"figures": "figure", "levers": "lever", "sources": "source"}
