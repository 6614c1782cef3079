"""Kinds of values that the files of a park are made of."""

from __future__ import annotations

import keyword
import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "Identifier",
    "Label",
    "Language",
    "Month",
    "NotNegative",
    "Number",
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
Month = Annotated[str, Field(pattern=MONTH)]
Language = Literal["zh", "en"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
