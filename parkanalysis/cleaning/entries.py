"""From the layout of a table to its figures: which row, which column, which period, which unit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from parkanalysis.cleaning.cells import Figure, Period, clean_name, figure, indent, period, split_unit
from parkanalysis.cleaning.layout import Layout, letter
from parkanalysis.cleaning.sheets import Change
from parkanalysis.errors import Problem
from parkanalysis.quantities import Unit, unit_of_head

TOTAL = re.compile(
    r"(?:合计|总计|小计|共计|总合计|全部合计)(?: ?(?:Grand |Sub-?)?total)?|total", re.IGNORECASE
)
_RATE = re.compile(r"(?:增长|增速|增幅|比重|占比|同比|环比)(?!.*[额量值数])|率$")
_NUMBER_OF = re.compile(r"(?:个数|户数|家数|单位数|企业数|人数|件数)$")


@dataclass(frozen=True)
class Column:
    """A column of figures: place, name, period, unit, kind (plain, total, of_which), names above."""

    index: int
    name: str
    when: Period
    unit: Unit | None
    kind: str
    above: tuple[str, ...]

    @property
    def assumed(self) -> Unit | None:
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
    unit: Unit | None
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


def implied_unit(name: str) -> Unit | None:
    """Rates are in per cent and numbers of firms are counts, whatever the unit row says of the amounts."""
    if _RATE.search(name[:200]):
        return Unit("fraction", -2)
    return Unit("count") if _NUMBER_OF.search(name) else None


def said(unit: Unit | None) -> str:
    """Name a unit in a message or a change."""
    return "unstated" if unit is None else str(unit)


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


_OFFICE = re.compile(r"[局委会司厂区市县办院处]$|中心$")
_PERIOD_HEADS = re.compile(r"年份|年度|时间|月份|日期|期间|年|月|季度|(?:年份|时间)?\s*Year|指标时间")
_SECTION = re.compile(r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）]|按|分|主要|其中|.*[:：]$")
_OF_WHICH = re.compile(r"^(?:其\s*中\s*[:：]?|[#＃]\s*)")


class Reader:
    """Read one layout; gathers problems and changes on the way."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.problems: list[Problem] = []
        self.changes: list[Change] = []
        self.period = self._title_period()
        self.units = self._title_units()
        self.dated = self._rows_are_periods()
        self.stated: list[Period] = []
        self.columns: list[Column] = []
        for c in layout.values:
            self.columns.append(self._column(c))

    def change(self, place: str, found: str, became: str, why: str) -> None:
        if found != became:
            self.changes.append(Change(place, found, became, why))

    def problem(self, found: str, allowed: str, row: int | None = None, column: int | None = None) -> None:
        at = None if row is None else row + 1
        self.problems.append(
            Problem(self.layout.grid.name, found, allowed, at, None if column is None else letter(column))
        )

    def _title_period(self) -> Period:
        """Return the one period that the title (or else the file name) states."""
        pattern = r"(?:19|20)\d\d年(?:\s*(?:\d{1,2}月?\s*[-—－~至]\s*)?\d{1,2}月|[^\d\s]{0,3}季度|上半年)?"
        for text in (" ".join(self.layout.title)[:2000], self.layout.grid.name):
            if re.search(r"\d{4}年?\s*[-—－~至]\s*\d{4}", text):
                return Period()
            periods = {read[0] for found in re.findall(pattern, text) if (read := period(found)) is not None}
            full = {p for p in periods if p.last} or periods
            if full:
                return full.pop() if len(full) == 1 else Period()
        return Period()

    def _title_units(self) -> list[Unit]:
        """Return the units of the unit row (单位：万元、%) and of brackets that end a title line."""
        stated = [t for line in self.layout.units for t in re.split(r"[,，、;；\s]+", line) if t]
        closing = [
            split_unit(clean_name(line))[1] for line in self.layout.title if line.endswith((")", "）"))
        ]
        read = [(text, unit_of_head(text)) for text in [*stated, *(t for t in closing if t)]]
        units = list(dict.fromkeys(code for _, code in read if code is not None))
        for text, code in read:
            if code is not None:
                self.change("unit row", text, said(code), "unit of the table")
            elif not units and re.search(r"[㐀-鿿]", text) and not _OFFICE.search(text):
                self.problem(f"unit {text!r}", "a unit such as 万元, 亿元, 万吨, 亿千瓦时, %")
        return units

    def _rows_are_periods(self) -> bool:
        layout = self.layout
        head = clean_name(
            "".join(dict.fromkeys(layout.grid.cells[r][layout.labels[-1]] for r in layout.header))
        )
        names = [layout.own(r, layout.labels[-1]) for r in layout.body]
        read = [period(name) for name in names if name and not TOTAL.fullmatch(clean_name(name))]
        whole = bool(read) and all(p is not None and not p[1] for p in read)
        return whole and (len(read) > 1 or _PERIOD_HEADS.fullmatch(head) is not None)

    def _header_parts(self, c: int) -> list[str]:
        """Texts above a column from top to bottom; an upper blank is filled from the left."""
        layout = self.layout
        cells = layout.grid.cells
        parts: list[str] = []
        for n, r in enumerate(layout.header):
            text = cells[r][c].strip()
            below = any(cells[lower][c].strip() for lower in layout.header[n + 1 :])
            left = [k for k in range(layout.values[0], c) if cells[r][k].strip()]
            if not text and below and left:
                text = cells[r][left[-1]].strip()
                self.change(f"{letter(c)}{r + 1}", "", text, "header over several columns")
            if text and (not parts or parts[-1] != text):
                parts.append(text)
        return parts

    def _column(self, c: int) -> Column:
        when, names, own, kind = Period(), [], None, "plain"
        parts = self._header_parts(c)
        for part in parts:
            name, printed = split_unit(clean_name(part))
            if printed is None and len(parts) > 1 and unit_of_head(name.strip("()")) is not None:
                name, printed = "", name.strip("()")
            if printed is not None:
                own = unit_of_head(printed)
                self.change(f"column {letter(c)}", printed, said(own), "unit of the header")
            if _OF_WHICH.match(name):
                kind, name = "of_which", _OF_WHICH.sub("", name)
            read = period(name) if name else None
            if read is not None:
                when, name = when.join(read[0]), read[1]
            kind = "total" if TOTAL.fullmatch(name) else kind
            names += [name] if name else []
        rate = own if own is not None else implied_unit("_".join(names))
        if (when == Period() and rate is not None and not rate.additive) or when == Period(shift=1):
            when = self._beside(when, c)
        resolved = self._resolve(when, c)
        if when not in (Period(), Period(shift=1)):
            self.stated.append(resolved)
        plain = [x for x in self.columns if x.kind == "plain" and x.when == resolved]
        if kind == "of_which" and plain:
            names = [plain[-1].name, *names]
            own = own or (None if implied_unit(names[-1]) else plain[-1].unit)
        column = Column(c, "_".join(names) or "value", resolved, own, kind, tuple(names[:-1]))
        if own is None and column.assumed is not None:
            self.change(f"column {letter(c)}", "no unit", said(column.assumed), "what the name implies")
        return column

    def _beside(self, when: Period, c: int) -> Period:
        """Period of 同比增长 or 上年同期 beside dated columns: the latest year's, of these the nearest."""
        left = [p for p in self.stated if p.year and not p.shift]
        if not left or self.dated:
            return when
        latest = max(p.year or 0 for p in left)
        found = next(p for p in reversed(left) if p.year == latest)
        self.change(f"column {letter(c)}", "no period", found.code(), "the period of the column beside it")
        return replace(found, shift=when.shift)

    def _resolve(self, when: Period, c: int) -> Period:
        """Give 本月 and 1-本月 the month of the title, and every period its year."""
        if not when.current:
            return when if self.dated or (when.year and not when.last) else when.join(self.period)
        if self.period.last is None and not self.dated:
            self.problem(
                "本月 without a month in the title or file name", "a title such as 2015年6月", column=c
            )
        return replace(when, first=when.first or self.period.last, last=self.period.last).join(self.period)

    def _rows(self) -> list[Row]:
        """Name every body row, with its parent by section, group, outline or 其中."""
        layout = self.layout
        label = layout.labels[-1]
        rows: list[Row] = []
        outline, section, group, year = Outline(), "", "", Period()
        for n, r in enumerate(layout.body):
            raw, group = self._label(r, group)
            whole = clean_name(raw)
            name, printed = split_unit(clean_name(_OF_WHICH.sub("", whole)))
            if printed is None and layout.unit_column is not None:
                printed = layout.grid.cells[r][layout.unit_column].strip() or None
            self.change(f"{letter(label)}{r + 1}", raw, name, "name normalised, unit and marks apart")
            if printed and unit_of_head(printed) is None:
                self.problem(f"unit {printed!r}", "a unit such as 万元, 万吨, %", r, layout.unit_column)
            when = Period()
            if self.dated and (read := period(name)) is not None:
                when = read[0].join(Period(year.year))
                year = when if when.year else year
            code = unit_of_head(printed) if printed else None
            if code is None and (implied := implied_unit(name)) is not None:
                self.change(f"row {r + 1}", "no unit", said(implied), "what the name implies")
            row = Row(r, name, "", section, group, "plain", indent(raw), True, code, when)
            if not any(layout.own(r, c) for c in layout.values):
                below = layout.grid.cells[layout.body[n + 1]][label] if n + 1 < len(layout.body) else ""
                opens = indent(below) > row.indent or _SECTION.match(raw.strip()) is not None
                row = replace(row, filled=not opens)
            rows.append(outline.place(row, _OF_WHICH.match(whole) is not None))
            section = section if row.filled or rows[-1].kind != "plain" else name
        return rows

    def _label(self, r: int, group: str) -> tuple[str, str]:
        """Return the printed name of a row and the group that label columns before it give."""
        cells, labels = self.layout.grid.cells[r], self.layout.labels
        if len(labels) == 1:
            return cells[labels[0]], ""
        upper = clean_name(" ".join(cells[c] for c in labels[:-1]))
        if not cells[labels[-1]].strip():
            return cells[labels[-2]], ""
        name = clean_name(cells[labels[-1]])
        return cells[labels[-1]], upper or ("" if TOTAL.fullmatch(name) and name != "小计" else group)

    def entries(self) -> list[Entry]:
        """Read every figure of the body."""
        figures: dict[tuple[int, int], Figure] = {}
        rows = [row for row in self._rows() if row.filled]
        for row in rows:
            for c in self.layout.values:
                text = self.layout.grid.cells[row.index][c].strip()
                merged = (row.index, c) in self.layout.grid.covered
                read = figure("" if merged else text)
                if merged and text:
                    self.change(f"{letter(c)}{row.index + 1}", text, "blank", "a merged figure counts once")
                if read is None:
                    self._unreadable(text, row.index, c)
                else:
                    figures[row.index, c] = read
        return [
            self._entry(row, column, figures[row.index, column.index], habit)
            for column, habit in [(column, _Habit.of(figures, column.index)) for column in self.columns]
            for row in rows
            if (row.index, column.index) in figures
        ]

    def _unreadable(self, text: str, r: int, c: int) -> None:
        twice = text.count(".") + text.count("．") > 1
        allowed = "a number with one decimal point" if twice else "a number, or one of — … # and blank"
        self.problem(f"{text[:40]!r}", allowed, r, c)

    def _entry(self, row: Row, column: Column, read: Figure, habit: _Habit) -> Entry:
        unit = self._unit(row, column, read, habit) or Unit("unstated")
        text = self.layout.grid.cells[row.index][column.index].strip()
        at = f"{letter(column.index)}{row.index + 1}"
        if read.value is None:
            became = f"missing ({read.status})" if text else ""
            self.change(at, text, became, "sign for a missing figure")
        elif text.rstrip("%") != f"{read.value:f}":
            self.change(at, text, f"{read.value:f}", "digits, separators, unit and marks")
        decimals = max(read.decimals, habit.decimals)
        exact = unit == Unit("count") and not decimals  # firms are counted one by one, people often in 万人
        when = row.when.join(column.when).join(self.period) if self.dated else column.when
        return Entry(
            row,
            column,
            None if read.value is None else unit.amount(read.value),
            unit.code,
            read.status,
            text,
            Decimal(0) if exact else unit.amount(Decimal(5).scaleb(-decimals - 1)),
            "" if when == Period() else when.code(),
            self.dated,
        )

    def _unit(self, row: Row, column: Column, read: Figure, habit: _Habit) -> Unit | None:
        """Unit of one figure: its own, its column's, its row's or the table's; or a problem."""
        implied = implied_unit(row.name)
        explicit, other = column.unit or row.unit, row.unit or implied
        if column.unit and other and column.unit.additive and column.unit != other:
            printed = f"mixed units in one column: {said(other)} in a column in {said(column.unit)}"
            self.problem(printed, "one unit in a column", row.index, column.index)
        fallback = column.unit or column.assumed or row.unit or implied or self._by_title(column)
        if read.unit is None:
            return fallback
        own = unit_of_head(read.unit)
        against = explicit if habit.uniform else fallback
        if own != against and not (habit.uniform and against is None):
            expected = f"one unit in a column: {said(against)}"
            self.problem(f"mixed units in one column: {read.unit}", expected, row.index, column.index)
        return own

    def _by_title(self, column: Column) -> Unit | None:
        amounts = [u for u in self.units if u.code != "fraction"]
        amounts = [u for u in amounts if u.code != "count"] or amounts or self.units
        if len(amounts) > 1:
            listed = ", ".join(said(u) for u in amounts)
            found = Problem(
                self.layout.grid.name,
                f"a column without unit under a unit row with several ({listed})",
                "the unit in the column's header",
                column=letter(column.index),
            )
            self.problems += [found] if found not in self.problems else []
        return amounts[0] if amounts else None


@dataclass(frozen=True)
class _Habit:
    """How the figures of a column are printed: usual decimals; whether all carry the same unit."""

    decimals: int
    uniform: bool

    @classmethod
    def of(cls, figures: dict[tuple[int, int], Figure], column: int) -> _Habit:
        found = [f for (_, c), f in figures.items() if c == column and f.value is not None]
        counts = Counter(f.decimals for f in found)
        units = {f.unit for f in found}
        return cls(
            max(counts, key=lambda d: (counts[d], d), default=0), len(units) == 1 and None not in units
        )
