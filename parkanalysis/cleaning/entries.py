"""From the layout of a table to its figures: which row, which column, which period, which unit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from parkanalysis.cleaning.layout import (
    PERIOD_HEADS,
    Cell,
    Layout,
    Period,
    clean_name,
    figure,
    indent,
    letter,
    period,
    split_unit,
)
from parkanalysis.cleaning.sheets import Change
from parkanalysis.errors import Problem
from parkanalysis.quantities import UNKNOWN, Unit, unit_of_head

TOTAL = re.compile(
    r"(?:合计|总计|小计|共计|总合计|全部合计)(?: ?(?:Grand |Sub-?)?total)?|total", re.IGNORECASE
)
_RATE = re.compile(r"(?:增长|增速|增幅|比重|占比|同比|环比)(?!.*[额量值数])|(?<!汇)率$")
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
    base: str = ""

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
    base: str = ""
    amount: Decimal | None = None


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
        item, variable, parent = self.row.name, self.column.name, self.row.parent
        if self.dated and self.row.group:
            item, parent = self.row.group, self.row.section
        elif self.dated:
            item, variable, parent = self.column.name, "value", "_".join(self.column.above)
        return {
            "item": item,
            "parent": parent,
            "period": self.period,
            "variable": variable,
            "base": self.column.base or self.row.base,
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


class Nesting:
    """Place rows one after another: kind, and parent by 其中, indent, group or section."""

    def __init__(self) -> None:
        self._block = ("", "")
        self._whole: Row | None = None
        self._levels: list[Row] = []
        self._open = False
        self._parts: list[Row] = []

    def place(self, row: Row, marked: bool) -> Row:
        """Return the row with its kind and parent; ``marked`` where it is printed as 其中 or #."""
        if (row.section, row.group) != self._block:
            self._block, self._whole, self._levels, self._open = (row.section, row.group), None, [], False
        if TOTAL.fullmatch(row.name):
            return self._stand(replace(row, kind="total", parent=row.group or row.section))
        whole = self._whole
        if whole is not None and (marked or (self._open and self._goes_on(row, whole))):
            self._parts = [row] if marked or not self._open else [*self._parts, row]
            self._open = True
            return replace(row, kind="of_which", parent=whole.name, unit=row.unit or whole.unit)
        outer = [level.name for level in self._levels if level.indent < row.indent]
        return self._stand(replace(row, parent=outer[-1] if outer else row.group or row.section))

    def _goes_on(self, row: Row, whole: Row) -> bool:
        """Tell whether a row behind 其中 is its sibling: outline, or a part that its whole still holds.

        An unmarked row at the whole's own margin is one where it completes the whole, or where it prints no
        unit as the part before it, or is named like it (#单位存款, 个人存款), and the whole still holds them.
        """
        if row.indent > whole.indent or not row.filled:
            return True
        amounts = [part.amount for part in (*self._parts, row)]
        known = all(amount is not None and amount >= 0 for amount in amounts)
        if whole.amount is None or not known or row.unit not in (None, whole.unit):
            return False
        rooms = list(accumulate((-a for a in amounts if a is not None), initial=whole.amount))
        room, grain = rooms[-1], Decimal(len(amounts)) * Decimal(1).scaleb(_exponent(whole.amount))
        if len(self._parts) > 1 and rooms[-2] == 0:
            return False  # the parts are complete
        if abs(room) <= grain:
            return True
        alike = self._parts[-1].name[-2:] == row.name[-2:] or (row.unit is None and whole.unit is not None)
        return alike and room >= -grain

    def _stand(self, row: Row) -> Row:
        """Make a row the one that rows below may belong to."""
        if row.filled:
            self._whole, self._open = row, False
            self._levels = [*(level for level in self._levels if level.indent < row.indent), row]
        return row


def _exponent(number: Decimal) -> int:
    """Power of ten of the last printed digit."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


_SPACED = re.compile(r"[#＃]?[㐀-鿿](?:[ 　]+[㐀-鿿])+")  # 总 产 值
_DASHES = frozenset({"-", "—", "－"})


def _is_word(text: str) -> bool:
    """Tell whether a head cell is part of a name: neither a unit nor a period nor their bracket."""
    name = clean_name(text)
    return unit_of_head(name.strip("()")) is None and period(name) is None and split_unit(name)[0] != ""


_BASE = re.compile(r"(?:以)?((?:上年|上年同期|上月|同期|\d{4}年?)(?:同期|同月)?)(?:=|为)100")
_YEAR_NAME = re.compile(r"(?:19|20)\d\d年?")
_CUMULATIVE = re.compile(r"累计")
_TITLE_NUMBER = re.compile(r"^[表\d\-—－.\s]+|(?:19|20)\d\d年?(?:[-—－至](?:19|20)\d\d年)?|单位.*$")
_MEASURE_LINE = re.compile(r"指\s*标\s*[:：]\s*(.+)")
_OFFICE = re.compile(r"[局委会司厂区市县办院处]$|中心$")
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
        return whole and (len(read) > 1 or PERIOD_HEADS.fullmatch(head) is not None)

    def _header_parts(self, c: int) -> list[str]:
        """Texts above a column from top to bottom; an upper blank is filled from the left."""
        layout = self.layout
        cells = layout.grid.cells
        parts: list[str] = []
        above, cells_above = -1, ""
        for n, r in enumerate(layout.header):
            if r in layout.dropped:
                continue
            text = cells[r][c].strip()
            lower = [cells[k][c].strip() for k in layout.header[n + 1 :] if cells[k][c].strip()]
            below = bool(lower) and not parts and _OF_WHICH.match(lower[0]) is None
            left = [k for k in range(layout.values[0], c) if cells[r][k].strip()]
            filled = cells[r][left[-1]].strip() if not text and below and left else ""
            if filled and unit_of_head(filled.strip("()（）")) is None:
                text = filled
                self.change(f"{letter(c)}{r + 1}", "", text, "header over several columns")
            if not text or text in parts[-1:] or (text in _DASHES and r in layout.unit_rows):
                continue
            spaced = above >= 0 and _SPACED.fullmatch(text) and _SPACED.fullmatch(cells_above)
            if (
                above >= 0
                and (spaced or not self._spans(above, c))
                and _is_word(parts[-1])
                and _is_word(text)
            ):
                parts[-1] += text  # 资产 over 总计 in one column is one name
            else:
                parts.append(text)
            above, cells_above = r, text
        return parts

    def _spans(self, r: int, c: int) -> bool:
        """Tell whether a head cell stands over more than its own column."""
        cells, covered = self.layout.grid.cells[r], self.layout.grid.covered
        beside = c + 1 in self.layout.values and (not cells[c + 1].strip() or (r, c + 1) in covered)
        return not cells[c].strip() or (r, c) in covered or beside

    def _column(self, c: int) -> Column:
        when, names, own, kind, base = Period(), [], None, "plain", ""
        parts = self._header_parts(c)
        for part in parts:
            name, printed = split_unit(clean_name(part))
            based = _BASE.search(clean_name(part))
            base = based.group().removeprefix("以").replace("为", "=") if based else base
            named = part is parts[0] and len(parts) > 1 and self.layout.unit_rows  # M2 over 亿元 is no area
            apart = printed is None and (len(parts) > 1 or based is not None) and not named
            if apart and unit_of_head(name.strip("()")) is not None:
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
        if _CUMULATIVE.search("".join(names)):
            when = when.cumulative()
        if any(self.layout.grid.cells[r][c].strip() in _DASHES for r in self.layout.unit_rows):
            own = Unit("unstated")  # said to have none
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
        name = "_".join(names) or self._measure() or "value"
        column = Column(c, name, resolved, own, kind, tuple(names[:-1]), base)
        if own is None and column.assumed is not None:
            self.change(f"column {letter(c)}", "no unit", said(column.assumed), "what the name implies")
        return column

    def _measure(self) -> str:
        """Return what the title says that all figures measure: 指标：地区生产总值(亿元)."""
        found = [m[1] for m in map(_MEASURE_LINE.match, self.layout.title) if m]
        if not found and self.dated and len(self.layout.title) == 1:
            found = [_TITLE_NUMBER.sub("", self.layout.title[0])]
        return split_unit(clean_name(found[0]))[0] if len(found) == 1 else ""

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
        month = self.period.last or self._month_beside()
        if month is None and not self.dated:
            self.problem(
                "本月 without a month in the title or file name", "a title such as 2015年6月", column=c
            )
        return replace(when, first=when.first or month, last=month).join(self.period)

    def _month_beside(self) -> int | None:
        """Return the month up to which a head beside 本月 counts: 1-8月."""
        cells = [self.layout.grid.cells[r][c] for r in self.layout.header for c in self.layout.values]
        read = [found[0] for text in cells if (found := period(clean_name(text))) is not None]
        months = {p.last for p in read if p.first == 1 and p.last}
        return months.pop() if len(months) == 1 else None

    def _rows(self) -> list[Row]:
        """Name every body row, with its parent by section, group, outline or 其中."""
        layout = self.layout
        label = layout.labels[-1]
        rows: list[Row] = []
        outline, section, group, year, years = Nesting(), "", "", Period(), 0
        for n, r in enumerate(layout.body):
            raw, group = self._label(r, group)
            whole = clean_name(raw)
            name, printed = split_unit(clean_name(_OF_WHICH.sub("", whole)))
            if printed is None and layout.unit_column is not None:
                printed = layout.grid.cells[r][layout.unit_column].strip() or None
            self.change(f"{letter(label)}{r + 1}", raw, name, "name normalised, unit and marks apart")
            unknown = bool(printed) and unit_of_head(printed or "") is None and figure(printed or "") is None
            if unknown and printed:
                self.change(f"row {r + 1}", printed, UNKNOWN, "a unit that is not known")
            when = Period()
            if self.dated and (read := period(name)) is not None:
                when = read[0].join(Period(year.year))
                year = when if when.year else year
            code = Unit(UNKNOWN) if unknown else unit_of_head(printed) if printed else None
            if code is None and (implied := implied_unit(name)) is not None:
                self.change(f"row {r + 1}", "no unit", said(implied), "what the name implies")
            based = _BASE.search(whole)
            row = Row(r, name, "", section, group, "plain", indent(raw), True, code, when)
            row = replace(row, base=based.group() if based else "", amount=self._amount(r))
            if not any(layout.own(r, c) for c in layout.values):
                below = layout.body[n + 1] if n + 1 < len(layout.body) else None
                opens = below is not None and any(layout.own(below, c) for c in layout.values)
                row = replace(row, filled=not (opens or _SECTION.match(raw.strip()) is not None))
            rows.append(outline.place(row, _OF_WHICH.match(whole) is not None))
            years += _YEAR_NAME.fullmatch(name) is not None and row.filled
            section = section if row.filled or rows[-1].kind != "plain" else name
        if years and not self.dated:
            found = "years and names in one column of labels"
            self.problem(found, "years or names, or a heading without figures for each year", column=label)
        return rows

    def _amount(self, r: int) -> Decimal | None:
        """Return the first figure of a row, as printed."""
        texts = (self.layout.own(r, c) for c in self.layout.values)
        read = next((figure(text) for text in texts if text), None)
        return None if read is None else read.value

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
        figures: dict[tuple[int, int], Cell] = {}
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

    def _entry(self, row: Row, column: Column, read: Cell, habit: _Habit) -> Entry:
        unit = self._unit(row, column, read, habit) or Unit("unstated")
        if read.status == "unchanged" and unit.code == "fraction":
            read = replace(read, value=Decimal(0))
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
        if _CUMULATIVE.search(row.name if not self.dated else column.name):
            when = when.cumulative()
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

    def _unit(self, row: Row, column: Column, read: Cell, habit: _Habit) -> Unit | None:
        """Unit of one figure: its own, its column's, its row's or the table's; or a problem."""
        implied = implied_unit(row.name)
        explicit, other = column.unit or row.unit, row.unit or implied
        if column.unit and other and column.unit.additive and column.unit != other:
            printed = f"mixed units in one column: {said(other)} in a column in {said(column.unit)}"
            self.problem(printed, "one unit in a column", row.index, column.index)
        assumed = column.assumed
        if assumed == Unit("count") and [u.code for u in self.units] == ["count"]:
            assumed = self.units[0]  # 人数 under 单位：万人
        fallback = column.unit or assumed or row.unit or implied or self._by_title(column)
        if read.unit is None:
            return fallback
        own = unit_of_head(read.unit)
        if habit.own and fallback is None:
            return own
        if own == Unit("times") and fallback is not None and fallback.code == "fraction":
            return Unit("fraction")  # grew 1.1倍
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
    """How the figures of a column are printed: usual decimals; whether all carry one unit, or their own."""

    decimals: int
    uniform: bool
    own: bool

    @classmethod
    def of(cls, figures: dict[tuple[int, int], Cell], column: int) -> _Habit:
        found = [f for (_, c), f in figures.items() if c == column and f.value is not None]
        counts = Counter(f.decimals for f in found)
        units = {f.unit for f in found}
        return cls(
            max(counts, key=lambda d: (counts[d], d), default=0),
            len(units) == 1 and None not in units,
            len(units) > 1 and None not in units,
        )
