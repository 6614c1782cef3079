"""From the layout of a table to its figures: which row, which column, which period, which unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

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
from parkanalysis.quantities import UNKNOWN, WORDS, Unit, unit_of_head

TOTAL = re.compile(WORDS["tables"]["total"], re.IGNORECASE)
_RATE = re.compile(r"(?:增长|增速|增幅|比重|占比|同比|环比)(?!.*[额量值数])|(?<!汇)率$")
_NUMBER_OF = re.compile(r"(?:个数|户数|家数|单位数|企业数|人数|件数)$")
_OF_WHICH = re.compile(r"^(?:其\s*中\s*[:：]?|[#＃]\s*)")
_BASE = re.compile(r"(?:以)?((?:上年|上年同期|上月|同期|\d{4}年?)(?:同期|同月)?)(?:=|为)100")
_UNSTATED = Unit("unstated")


@dataclass(frozen=True)
class Label:
    """What a head or the name of a row says: a name, and apart from it 其中 or #, unit and base."""

    name: str = ""
    marked: bool = False
    printed: str = ""
    base: str = ""

    @classmethod
    def of(cls, text: str) -> Label:
        whole = clean_name(text)
        name, printed = split_unit(clean_name(_OF_WHICH.sub("", whole)))
        based = _BASE.search(whole)
        base = based.group().removeprefix("以").replace("为", "=") if based else ""
        return cls(clean_name(name), _OF_WHICH.match(whole) is not None, printed or "", base)

    @property
    def unit(self) -> Unit | None:
        """The printed unit; ``unknown`` where it is none that is known, and no figure."""
        read = unit_of_head(self.printed) if self.printed else None
        return read if read or not self.printed or figure(self.printed) else Unit(UNKNOWN)


@dataclass(frozen=True)
class Line:
    """A row or a column of figures: what is said of all of them.

    Attributes
    ----------
    index : int
        From 0.
    name, parent : str
        The row, section or group above a row; the upper heads of a column.
    kind : str
        ``plain``, ``total`` or ``of_which``.
    unit, implied : Unit or None
        The printed unit, and the one that the name implies where none is printed.
    section, group : str
        Heading without figures above a row; label column before its name.
    indent, marked, filled, amount
        How deep a row stands; whether it is printed as 其中 or #; whether it holds figures; the first one.
    """

    index: int
    name: str
    when: Period
    unit: Unit | None = None
    implied: Unit | None = None
    base: str = ""
    parent: str = ""
    kind: str = "plain"
    section: str = ""
    group: str = ""
    indent: int = 0
    marked: bool = False
    filled: bool = True
    amount: Decimal | None = None


class Entry(NamedTuple):
    """One figure in its canonical unit, exact: the tidy frame's columns, and where they come from."""

    item: str
    parent: str
    period: str
    variable: str
    base: str
    value: Decimal | None
    unit: str
    status: str
    printed: str
    row: int
    column: str
    line: Line
    head: Line
    scale: Unit
    decimals: int

    @property
    def step(self) -> Decimal:
        """Half a unit of the last printed digit; firms are counted one by one, people often in 万人."""
        exact = self.scale == Unit("count") and not self.decimals
        return Decimal(0) if exact else self.scale.amount(Decimal(5).scaleb(-self.decimals - 1))


def implied_unit(name: str) -> Unit | None:
    """Rates are in per cent and numbers of firms are counts, whatever the unit row says of the amounts."""
    if _RATE.search(name[:200]):
        return Unit("fraction", -2)
    return Unit("count") if _NUMBER_OF.search(name) else None


# --- the outline ---

_ALL = re.compile(r"(?:总计|合计|总数)$")


def nested(rows: list[Line]) -> list[Line]:
    """Give rows in order their kind, and their parent by 其中, indent, group or section."""
    placed: list[Line] = []
    block, whole, levels = ("", ""), None, list[Line]()
    parts: list[Line] | None = None  # behind 其中
    for n, row in enumerate(rows):
        if (row.section, row.group) != block:
            block, whole, levels, parts = (row.section, row.group), None, [], None
        if TOTAL.fullmatch(row.name):
            row = replace(row, kind="total", parent=row.group or row.section)
        elif whole and (row.marked or (parts is not None and _goes_on(whole, parts, rows[n:]))):
            parts = [*(parts or () if not row.marked else ()), *([row] if row.filled else ())]
            placed.append(replace(row, kind="of_which", parent=whole.name, unit=row.unit or whole.unit))
            continue
        else:
            outer = [level.name for level in levels if level.indent < row.indent]
            row = replace(row, parent=outer[-1] if outer else row.group or row.section)
        if row.filled:
            whole, parts = row, None
            levels = [*(level for level in levels if level.indent < row.indent), row]
        placed.append(row)
    return placed


def _goes_on(whole: Line, parts: list[Line], rest: list[Line]) -> bool:
    """Tell whether the first row of the rest, unmarked behind 其中, is a further part of the whole.

    It is one by the outline. At the whole's own margin it is one where the whole still holds it and it
    completes the whole, alone or with the rows that follow; or where the whole is called a total; or where it
    is named like the part before it (#单位存款, 个人存款), or prints no unit while the whole prints one.
    """
    row = rest[0]
    if row.indent > whole.indent:
        return True
    room = _room(whole, parts)
    if room is None or (len(parts) > 1 and room == 0):  # the parts are complete
        return False
    alike = bool(parts) and parts[-1].name[-2:] == row.name[-2:]
    alike = alike or _ALL.search(whole.name) is not None or (row.unit is None and whole.unit is not None)
    for count in range(1, len(rest) + 1):
        room = _room(whole, [*parts, *rest[:count]])
        if room is None or rest[count - 1].marked or room < -_grain(whole) * count:
            return alike and count > 1
        if room <= _grain(whole) * (len(parts) + count):
            return True
    return alike


def _room(whole: Line, parts: Iterable[Line]) -> Decimal | None:
    """What parts leave of a whole; None where they cannot be its parts."""
    left = whole.amount
    for part in parts:
        fits = part.amount is not None and part.amount >= 0 and part.unit in (None, whole.unit)
        if left is None or part.amount is None or not fits or part.section != whole.section:
            return None
        left -= part.amount
    return left


def _grain(row: Line) -> Decimal:
    """One of the last printed digit of a row's amount."""
    exponent = (row.amount or Decimal(0)).as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)


# --- heads, rows, figures ---

_SPACED = re.compile(r"[#＃]?[㐀-鿿](?:[ 　]+[㐀-鿿])+")  # 总 产 值
_DASHES = frozenset({"-", "—", "－"})
_YEAR_NAME = re.compile(r"(?:19|20)\d\d年?")
_TITLE_PERIOD = re.compile(
    r"(?:19|20)\d\d年(?:\s*(?:\d{1,2}月?\s*[-—－~至]\s*)?\d{1,2}月|[^\d\s]{0,3}季度|上半年)?"
)
_TITLE_NUMBER = re.compile(r"(?:19|20)\d\d年(?:[-—－至](?:19|20)\d\d年)?|^[表\d\-—－.\s]+|单位.*$")
_TITLE_UNIT = re.compile(r"(?:^|[\s　（(])(?:计量|金额|数量)?单\s*位\s*[:：]\s*([^（）()]+)")
_MEASURE_LINE = re.compile(r"指\s*标\s*[:：]\s*(.+)")
_OFFICE = re.compile(r"[局委会司厂区市县办院处]$|中心$")
_SECTION = re.compile(r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）]|按|分|主要|其中|.*[:：]$")


class Reader:
    """Read one layout; gathers problems and changes on the way."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.grid = layout, layout.grid
        self.labels, self.values = layout.of("label"), layout.of("value")
        self.problems: list[Problem] = []
        self.changes: list[Change] = []
        self.period = self._title_period()
        self.units = self._title_units()
        amounts = [u for u in self.units if u.code != "fraction"]
        self.amounts = [u for u in amounts if u.code != "count"] or amounts or self.units
        bases = dict.fromkeys(base for line in layout.title if (base := Label.of(line).base))
        self.base = next(iter(bases)) if len(bases) == 1 else ""
        self.dated = self._rows_are_periods()
        self.measure = self._measure()
        self.columns: list[Line] = []
        for c in self.values:
            self.columns.append(self._column(c))
        self._tell_apart()

    def change(self, place: str, found: str, became: str, why: str) -> None:
        if found != became:
            self.changes.append(Change(place, found, became, why))

    def problem(self, found: str, allowed: str, row: int | None = None, column: int | None = None) -> None:
        at, name = None if row is None else row + 1, None if column is None else letter(column)
        problem = Problem(self.grid.name, found, allowed, at, name)
        self.problems += [problem] if problem not in self.problems[-1:] else []

    # what the title says

    def _title_period(self) -> Period:
        """Return the one period that the title (or else the file name) states."""
        for text in (" ".join(self.layout.title)[:2000], self.grid.name):
            if re.search(r"\d{4}年?\s*[-—－~至]\s*\d{4}", text):
                return Period()
            periods = {read[0] for found in _TITLE_PERIOD.findall(text) if (read := period(found))}
            full = {p for p in periods if p.last} or periods
            if full:
                return full.pop() if len(full) == 1 else Period()
        return Period()

    def _title_units(self) -> list[Unit]:
        """Return the units of the unit row (单位：万元、%) and of brackets that end a title line."""
        lines = [match[1] for line in self.layout.title if (match := _TITLE_UNIT.search(line))]
        stated = [text for line in lines for text in re.split(r"[,，、;；\s]+", line) if text]
        stated += [Label.of(line).printed for line in self.layout.title if line.endswith((")", "）"))]
        units: list[Unit] = []
        for text in filter(None, stated):
            unit = unit_of_head(text)
            if unit is not None:
                self.change("unit row", text, str(unit), "unit of the table")
                units += [unit] if unit not in units else []
            elif not units and re.search(r"[㐀-鿿]", text) and not _OFFICE.search(text):
                self.problem(f"unit {text!r}", "a unit such as 万元, 亿元, 万吨, 亿千瓦时, %")
        return units

    def _measure(self) -> str:
        """Return what the title says that all figures measure: 指标：地区生产总值(亿元)."""
        found = [m[1] for m in map(_MEASURE_LINE.match, self.layout.title) if m]
        if not found and self.dated and len(self.layout.title) == 1:
            found = [_TITLE_NUMBER.sub("", self.layout.title[0])]
        return Label.of(found[0]).name if len(found) == 1 else ""

    # columns

    def _rows_are_periods(self) -> bool:
        column = self.labels[-1]
        head = clean_name("".join(dict.fromkeys(self.grid.cells[r][column] for r in self.layout.header)))
        names = [self.layout.own(r, column) for r in self.layout.body]
        read = [period(name) for name in names if name and not TOTAL.fullmatch(clean_name(name))]
        whole = bool(read) and all(p is not None and not p[1] for p in read)
        return whole and (len(read) > 1 or PERIOD_HEADS.fullmatch(head) is not None)

    def _header_parts(self, c: int) -> list[str]:
        """Texts above a column from top to bottom; an upper blank is filled from the left."""
        parts: list[str] = []
        upper, above = -1, ""
        header, unit_rows = self.layout.header, self.layout.unit_rows
        for n, r in enumerate(header):
            text = self.grid.cells[r][c].strip()
            lower = next((t for k in header[n + 1 :] if (t := self.grid.cells[k][c].strip())), "")
            if not text and lower and not parts and not _OF_WHICH.match(lower):
                left = [t for k in self.values if k < c and (t := self.grid.cells[r][k].strip())]
                text = left[-1] if left and not unit_of_head(left[-1].strip("()（）")) else ""
                self.change(f"{letter(c)}{r + 1}", "", text, "header over several columns")
            if not text or text in parts[-1:] or (text in _DASHES and r in unit_rows):
                continue
            alone = upper >= 0 and not self._spans(upper, c)
            spaced = _SPACED.fullmatch(text) and _SPACED.fullmatch(above)
            if (alone or spaced) and _is_word(parts[-1]) and _is_word(text):
                parts[-1] += text  # 资产 over 总计 in one column is one name
            else:
                parts.append(text)
            upper, above = r, text
        return parts

    def _spans(self, r: int, c: int) -> bool:
        """Tell whether a head cell stands over more than its own column."""
        return not self.layout.own(r, c) or (c + 1 in self.values and not self.layout.own(r, c + 1))

    def _column(self, c: int) -> Line:
        when, names, unit, kind, base = Period(), list[str](), None, "plain", ""
        parts = self._header_parts(c)
        for part in parts:
            label = Label.of(part)
            name, printed, base = label.name, label.printed, label.base or base
            # but M2 over 亿元 is no area
            apart = label.base or (len(parts) > 1 and not (part is parts[0] and self.layout.unit_rows))
            if apart and not printed and unit_of_head(name.strip("()")) is not None:
                name, printed = "", name.strip("()")
            if printed:
                unit = unit_of_head(printed)
                self.change(f"column {letter(c)}", printed, str(unit), "unit of the header")
            if name and (read := period(name)) is not None:
                # 当月 and 累计 beside rows of months are names
                when, name = when.join(read[0]), name if self.dated and read[0].current else read[1]
            kind = "of_which" if label.marked else "total" if TOTAL.fullmatch(name) else kind
            names += [name] if name else []
        if any(self.grid.cells[r][c].strip() in _DASHES for r in self.layout.unit_rows):
            unit = _UNSTATED  # said to have none
        rate = unit or implied_unit("_".join(names))
        if (when == Period() and rate is not None and not rate.additive) or when == Period(shift=1):
            when = self._beside(when, c)
        resolved = self._resolve(when, c)
        plain = [x for x in self.columns if x.kind == "plain" and x.when == resolved]
        if kind == "of_which" and plain:
            names = [plain[-1].name, *names]
            unit = unit or (None if implied_unit(names[-1]) else plain[-1].unit)
        name = "_".join(names) or self.measure or "value"
        resolved = resolved.cumulative() if "累计" in name else resolved
        implied = implied_unit(name)
        if implied == Unit("count") and [unit.code for unit in self.units] == ["count"]:
            implied = self.units[0]  # 人数 under 单位：万人
        if unit is None and implied is not None:
            self.change(f"column {letter(c)}", "no unit", str(implied), "what the name implies")
        return Line(c, name, resolved, unit, implied, base, "_".join(names[:-1]), kind)

    def _tell_apart(self) -> None:
        """Name 增速 behind 产值 and 增速 behind 利润 after the columns before them."""
        times = Counter((column.name, column.when, column.base) for column in self.columns)
        left = ""
        for n, column in enumerate(self.columns):
            if times[column.name, column.when, column.base] == 1:
                left = column.name
            elif left:
                name = f"{left}_{column.name}"
                self.columns[n] = replace(column, name=name)
                self.change(f"column {letter(column.index)}", column.name, name, "a name that stands twice")

    def _beside(self, when: Period, index: int) -> Period:
        """Period of 同比增长 or 上年同期 beside dated columns: the latest year's, of these the nearest."""
        left = [c.when for c in self.columns if c.when.year and not c.when.shift]
        if not left or self.dated:
            return when
        latest = max(p.year or 0 for p in left)
        found = next(p for p in reversed(left) if p.year == latest)
        self.change(f"column {letter(index)}", "no period", found.code, "the period of the column beside it")
        return replace(found, shift=when.shift)

    def _resolve(self, when: Period, c: int) -> Period:
        """Give 本月 and 1-本月 the month of the title, and every period its year."""
        if not when.current:
            return when if self.dated or (when.year and not when.last) else when.join(self.period)
        month = self.period.last or self._month_beside()
        if month is None and not self.dated:
            found = "本月 without a month in the title or file name"
            self.problem(found, "a title such as 2015年6月", column=c)
        return replace(when, first=when.first or month, last=month).join(self.period)

    def _month_beside(self) -> int | None:
        """Return the month up to which a head beside 本月 counts: 1-8月."""
        cells = [self.grid.cells[r][c] for r in self.layout.header for c in self.values]
        read = [found[0] for text in cells if (found := period(clean_name(text))) is not None]
        months = {p.last for p in read if p.first == 1 and p.last}
        return months.pop() if len(months) == 1 else None

    # rows

    def _rows(self) -> list[Line]:
        """Name every body row, with its parent by section, group, outline or 其中."""
        rows: list[Line] = []
        section, names, year, spell = Label(), list[str](), Period(), Period()
        at, units = letter(self.labels[-1]), self.layout.of("unit")
        printed = {r: [t for c in self.values if (t := self.layout.own(r, c))] for r in self.layout.body}
        for r, below in zip(printed, [*printed.values(), []][1:], strict=True):
            names = self._names(r, names)
            raw, group = names[-1], Label.of(" ".join(names[:-1]))
            outer = period(group.name)
            if outer and not outer[1]:  # years before months
                year, group = outer[0], Label()
            label = Label.of(raw)
            if units and not label.printed:
                label = replace(label, printed=self.grid.cells[r][units[-1]].strip())
            self.change(f"{at}{r + 1}", raw, label.name, "name normalised, unit and marks apart")
            implied = implied_unit(label.name)
            if label.unit == Unit(UNKNOWN):
                self.change(f"row {r + 1}", label.printed, UNKNOWN, "a unit that is not known")
            elif label.unit is None and implied is not None:
                self.change(f"row {r + 1}", "no unit", str(implied), "what the name implies")
            when, read = spell, period(label.name)
            if self.dated and read:
                when = read[0].join(Period(year.year))
                year = when if when.year else year
            filled = bool(printed[r] or not (below or _SECTION.match(raw.strip())))
            cell = figure(printed[r][0]) if printed[r] else None
            unit, base = label.unit or group.unit or section.unit, label.base or group.base or section.base
            row = Line(r, label.name, when, unit, implied, base)
            row = replace(
                row, section=section.name, group=group.name, indent=indent(raw), marked=label.marked
            )
            row = replace(row, filled=filled, amount=cell.value if cell else None)
            rows.append(row)
            if not filled and not label.marked:
                dates = read is not None and not read[1] and not self.dated
                spell = read[0] if read and dates else Period()
                section = replace(label, name="") if dates else label  # 2019年 above names
                self.change(f"row {r + 1}", raw.strip(), "a heading", "no figures stand beside the name")
        for row in rows:
            if row.filled and not row.name:
                self.problem("figures without a name", "a name in each row of figures", row.index)
        if not self.dated and any(row.filled and _YEAR_NAME.fullmatch(row.name) for row in rows):
            allowed = "years or names, or a heading without figures for each year"
            self.problem("years and names in one column of labels", allowed, column=self.labels[-1])
        return nested(rows)

    def _names(self, r: int, above: list[str]) -> list[str]:
        """Printed texts of the label columns, blanks filled from above; those behind the last go."""
        texts = [self.grid.cells[r][c] for c in self.labels]
        while len(texts) > 1 and not texts[-1].strip():
            texts.pop()
        whole = TOTAL.fullmatch(clean_name(texts[-1])) and clean_name(texts[-1]) != "小计"
        first = next((n for n, text in enumerate(texts) if text.strip()), 0)
        return [*("" if whole else text for text in above[:first]), *texts[min(first, len(above)) :]]

    # figures

    def entries(self) -> list[Entry]:
        """Read every figure of the body."""
        rows = [row for row in self._rows() if row.filled]
        found: list[Entry] = []
        for column in self.columns:
            cells = [(row, self._cell(row.index, column.index)) for row in rows]
            figures = [(row, cell) for row, cell in cells if cell is not None]
            numbers = [cell for _, cell in figures if cell.value is not None]
            units = {cell.unit for cell in numbers}
            counts = Counter(cell.decimals for cell in numbers)
            usual = max(counts, key=lambda n: (counts[n], n), default=0)
            found += [self._entry(row, column, cell, units, usual) for row, cell in figures]
        return found

    def _cell(self, r: int, c: int) -> Cell | None:
        text = self.layout.own(r, c)
        if not text and (printed := self.grid.cells[r][c].strip()):
            self.change(f"{letter(c)}{r + 1}", printed, "blank", "a merged figure counts once")
        read = figure(text)
        if read is None:
            self.problem(f"{text[:40]!r}", "a number, or one of — … # and blank", r, c)
        return read

    def _entry(self, row: Line, column: Line, read: Cell, units: set[str | None], decimals: int) -> Entry:
        unit = self._unit(row, column, read, units) or _UNSTATED
        value = Decimal(0) if read.status == "unchanged" and unit.code == "fraction" else read.value
        text, at = self.layout.own(row.index, column.index), letter(column.index)
        if value is None:
            became = f"missing ({read.status})" if text else ""
            self.change(f"{at}{row.index + 1}", text, became, "sign for a missing figure")
        elif not read.plain and text.rstrip("%") != f"{value:f}":
            self.change(f"{at}{row.index + 1}", text, f"{value:f}", "digits, separators, unit and marks")
        when = row.when.join(column.when) if row.when != Period() else column.when
        item, parent, variable = row.name, row.parent, column.name
        if self.dated:
            when = when.join(self.period)
            item, parent, variable = column.name, column.parent, "value"
            if row.group:
                item, parent, variable = row.group, row.section, column.name
        says = column if self.dated else row
        if says.when.open or "累计" in f"{says.section}{says.group}{says.name}":
            when = when.cumulative()
        base = column.base or row.base or (self.base if unit.code == "index" else "")
        amount = None if value is None else unit.amount(value)
        told = (item, parent, when.code, variable, base, amount, unit.code, read.status, text)
        return Entry(*told, row.index + 1, at, row, column, unit, max(read.decimals, decimals))

    def _unit(self, row: Line, column: Line, read: Cell, units: set[str | None]) -> Unit | None:
        """Unit of one figure: its own, its column's, its row's or the table's; or a problem.

        ``units`` are those that the figures of the column carry, None where one carries none.
        """
        other, allowed = row.unit or row.implied, "one unit in a column"
        if column.unit and other and column.unit.additive and column.unit != other:
            found = f"mixed units in one column: {other} in a column in {column.unit}"
            self.problem(found, allowed, row.index, column.index)
        fallback = column.unit or column.implied or other or self._by_title(column)
        own = unit_of_head(read.unit) if read.unit else None
        if own is None:
            return fallback
        if own.code == "times" and fallback is not None and fallback.code == "fraction":
            return Unit("fraction")  # grew 1.1倍
        stated = fallback
        if len(units) == 1:  # as all figures of the column say
            stated = column.unit or (row.unit if own.additive else None)
        if own != stated and (stated is not None or None in units):
            found = f"mixed units in one column: {read.unit}"
            self.problem(found, f"{allowed}: {stated or _UNSTATED}", row.index, column.index)
        return own

    def _by_title(self, column: Line) -> Unit | None:
        if len(self.amounts) > 1:
            listed = ", ".join(map(str, self.amounts))
            found = f"a column without unit under a unit row with several ({listed})"
            self.problem(found, "the unit in the column's header", column=column.index)
        return self.amounts[0] if self.amounts else None


def _is_word(text: str) -> bool:
    """Tell whether a head cell is part of a name: neither a unit nor a period nor their bracket."""
    name = clean_name(text)
    return unit_of_head(name.strip("()")) is None and period(name) is None and split_unit(name)[0] != ""
