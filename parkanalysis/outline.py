"""Rows and columns of a table by name, outline and kind, and the figure where they meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from parkanalysis.cells import Period
from parkanalysis.layout import letter

__all__ = ["TOTAL", "Column", "Entry", "Row", "UnitCode", "implied_unit", "place"]

TOTAL = re.compile(
    r"(?:合计|总计|小计|共计|总合计|全部合计)(?: ?(?:Grand |Sub-?)?total)?|total", re.IGNORECASE
)
UnitCode = tuple[str, int]
_RATE = re.compile(r"(?:增长|增速|增幅|比重|占比|同比|环比)(?!.*[额量值数])|率$")
_NUMBER_OF = re.compile(r"(?:个数|户数|家数|单位数|企业数|人数|件数)$")


@dataclass(frozen=True)
class Column:
    """A column of figures: place, name, period, unit, kind (plain, total, of_which), names above."""

    index: int
    name: str
    when: Period
    unit: UnitCode | None
    kind: str
    above: tuple[str, ...]

    @property
    def assumed(self) -> UnitCode | None:
        """Unit that the name implies where none is printed."""
        return implied_unit(self.name)


@dataclass(frozen=True)
class Row:
    """A row of the body with its place in the outline."""

    index: int
    name: str
    parent: str
    section: str
    group: str
    kind: str
    indent: int
    filled: bool
    unit: UnitCode | None
    when: Period


@dataclass(frozen=True)
class Entry:
    """One figure in its canonical unit, exact; ``step`` is half a unit of its last printed digit."""

    row: Row
    column: Column
    value: Decimal | None
    unit: str
    status: str
    printed: str
    step: Decimal
    period: str
    dated: bool

    def record(self) -> dict[str, object]:
        """Return the entry as a row of the tidy frame."""
        item, variable = (self.column.name, "value") if self.dated else (self.row.name, self.column.name)
        parent = "_".join(self.column.above) if self.dated else self.row.parent
        return {
            "item": item,
            "parent": parent,
            "period": self.period,
            "variable": variable,
            "value": float("nan") if self.value is None else float(self.value),
            "unit": self.unit,
            "status": self.status,
            "printed": self.printed,
            "row": self.row.index + 1,
            "column": letter(self.column.index),
        }


def implied_unit(name: str) -> UnitCode | None:
    """Rates are in per cent and numbers of firms are counts, whatever the unit row says of the amounts."""
    if _RATE.search(name):
        return "fraction", -2
    return ("count", 0) if _NUMBER_OF.search(name) else None


def place(row: Row, above: list[Row], marked: bool) -> tuple[str, str]:
    """Return the kind and the parent of a row from the rows above it."""
    if TOTAL.fullmatch(row.name):
        return "total", row.group or row.section
    block = [r for r in above if (r.section, r.group) == (row.section, row.group) and r.filled]
    wholes = [r for r in block if r.kind != "of_which"]
    continues = (
        bool(block) and block[-1].kind == "of_which" and bool(wholes) and row.indent > wholes[-1].indent
    )
    outer = next((r.name for r in reversed(wholes) if r.indent < row.indent), "")
    if (marked or continues) and wholes:
        return "of_which", wholes[-1].name
    opened = bool(above) and not above[-1].filled and above[-1].kind == "of_which"
    if opened and wholes:
        return "of_which", wholes[-1].name
    return "plain", outer or row.group or row.section
