"""Kinds of values that the files of a park are made of."""

from __future__ import annotations

import datetime as dt
import keyword
import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "Day",
    "Identifier",
    "Label",
    "Language",
    "Month",
    "NotNegative",
    "Number",
    "Observed",
    "Period",
    "Positive",
    "Probability",
    "Rank",
    "Strict",
    "Year",
    "is_identifier",
    "plain_number",
]

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Excel writes 2025/3/1 into a CSV file for a day, with 0:00 behind it in some columns
_DAY = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]0?0:00(?::00)?)?|(\d{4})年(\d{1,2})月(\d{1,2})日"
)
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{4})年(\d{1,2})月")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_PERCENT = re.compile(r"([-+]?[0-9]{1,15}(\.[0-9]{0,15})?) ?%")


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
        return {"zh": value, "en": value}
    if isinstance(value, dict) and set(value) in ({"zh"}, {"en"}):
        text = next(iter(value.values()))
        return {"zh": text, "en": text}
    if isinstance(value, dict) and not value:
        raise ValueError("a text, or a text for each of zh and en")
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


def _found(pattern: re.Pattern[str], value: Any) -> list[int]:
    text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    match = pattern.fullmatch(text)
    return [int(part) for part in match.groups() if part and part.isdecimal()] if match else []


def _day(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date(*_found(_DAY, value))
    except (TypeError, ValueError):
        raise ValueError("a day such as 2025-03-01") from None


def _month(value: Any) -> Any:
    """A month; Excel makes the first day of it where one is typed into a cell."""
    parts = _found(_MONTH, value) or _found(_DAY, value)
    if not parts or not 1 <= parts[1] <= 12 or parts[2:] not in ([], [1]):
        raise ValueError("a month such as 2025-07")
    return f"{parts[0]}-{parts[1]:02d}"


def _period(value: Any) -> Any:
    text = unicodedata.normalize("NFKC", value).strip().upper() if isinstance(value, str) else ""
    if re.fullmatch(r"\d{4}(Q[1-4])?", text):
        return text
    try:
        return _month(text)
    except ValueError:
        raise ValueError("a year such as 2025, a quarter such as 2025Q1 or a month such as 2025-07") from None


def _observed(value: Any) -> Any:
    text = str(value).strip()
    if re.fullmatch(r"\d{4}", text):
        return text
    try:
        return _month(text) if _found(_MONTH, text) else _day(text).isoformat()
    except ValueError:
        raise ValueError("a day such as 2025-03-01, a month such as 2025-07 or a year") from None


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    Field(json_schema_extra={"pattern": "^[a-z][a-z0-9_]*$", "maxLength": 64}),
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
    Field(description="a text, or a text for each of zh and en"),
]
Month = Annotated[str, Field(pattern=MONTH), BeforeValidator(_month)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Period = Annotated[str, Field(pattern=r"^\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))?$"), BeforeValidator(_period)]
Observed = Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?$"), BeforeValidator(_observed)]
Language = Literal["zh", "en"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
