"""Rows and columns of a table by name, outline and kind, and the figure where they meet."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from parkanalysis.cleaning.cells import Period
from parkanalysis.cleaning.layout import letter

__all__ = ["TOTAL", "Column", "Entry", "Outline", "Row", "UnitCode", "implied_unit"]

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
    """One figure in its canonical unit, exact; ``step`` is half a unit of its last printed digit, or 0.

    Counts printed one by one are exact.
    """

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
    """Rates are in per cent and numbers of firms are counts, whatever the unit row says of the amounts.

    Examples
    --------
    >>> implied_unit("工业增加值增速"), implied_unit("企业个数"), implied_unit("产值")
    (('fraction', -2), ('count', 0), None)
    """
    if _RATE.search(name[:200]):
        return "fraction", -2
    return ("count", 0) if _NUMBER_OF.search(name) else None


class Outline:
    """Place rows one after another: kind, and parent by 其中, indent, group or section."""

    def __init__(self) -> None:
        self._block = ("", "")
        self._whole: Row | None = None
        self._levels: list[Row] = []
        self._open = False

    def place(self, row: Row, marked: bool) -> Row:
        """Return the row with its kind and parent; ``marked`` where it is printed as 其中 or #."""
        if (row.section, row.group) != self._block:
            self._block, self._whole, self._levels, self._open = (row.section, row.group), None, [], False
        if TOTAL.fullmatch(row.name):
            return self._stand(replace(row, kind="total", parent=row.group or row.section))
        whole = self._whole
        if whole is not None and (marked or (self._open and (row.indent > whole.indent or not row.filled))):
            self._open = True
            return replace(row, kind="of_which", parent=whole.name)
        outer = [level.name for level in self._levels if level.indent < row.indent]
        return self._stand(replace(row, parent=outer[-1] if outer else row.group or row.section))

    def _stand(self, row: Row) -> Row:
        """Make a row the one that rows below may belong to."""
        if row.filled:
            self._whole, self._open = row, False
            self._levels = [*(level for level in self._levels if level.indent < row.indent), row]
        return row
