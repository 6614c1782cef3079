"""Kinds of values that the files of a park are made of."""

from __future__ import annotations

import keyword
import re
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
]

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


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


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    Field(json_schema_extra={"pattern": "^[a-z][a-z0-9_]*$", "maxLength": 64}),
]
# pydantic takes true for 1; a bound keeps squares of yuan within floating point
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15), BeforeValidator(_no_truth)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e15), BeforeValidator(_no_truth)]
NotNegative = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e15), BeforeValidator(_no_truth)]
Probability = Annotated[float, Field(allow_inf_nan=False, gt=0, lt=1), BeforeValidator(_no_truth)]
Rank = Annotated[float, Field(allow_inf_nan=False, gt=-1, lt=1), BeforeValidator(_no_truth)]
Year = Annotated[int, Field(ge=1949, le=2200), BeforeValidator(_no_truth)]
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
