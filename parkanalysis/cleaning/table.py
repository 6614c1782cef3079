"""Statistical tables to tidy frames: totals checked and kept apart, a list of all changes, single months."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from parkanalysis.cleaning.entries import Entry, Line, Reader
from parkanalysis.cleaning.layout import find_layout
from parkanalysis.cleaning.sheets import Change, Draft, Grid, read_grid
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import Unit

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = list(Entry._fields[:11])
KEY = COLUMNS[:5]


@dataclass(frozen=True)
class Table:
    """A statistical table made tidy.

    Attributes
    ----------
    frame : DataFrame
        One row a figure: ``item``, ``parent`` (the row, section or group above it), ``period`` (ISO 8601;
        ``2015-01/2015-06`` is cumulative, ``XXXX`` a year that is not stated), ``variable``, ``value`` in
        ``unit``, ``unit`` (canonical code, ``unstated`` where none is printed), ``status``, ``printed``,
        ``row`` (from 1) and ``column`` (letter) in the source. Status is ``reported``, ``none`` for —,
        ``omitted`` for … (not given or less than the unit; the notes say which), ``suppressed`` for #,
        ``blank``, ``not_available``, ``error_value``, or ``derived`` (:func:`single_months`).
    totals : DataFrame
        合计, 总计, 小计 and 其中 rows and 合计 columns, with ``kind`` (``total``, ``of_which``,
        ``column_total``), ``stated``, ``computed`` (the sum of the parts; for 其中 the whole),
        ``difference`` (stated − computed), ``tolerance`` (rounding) and ``verdict``.
    notes : tuple of str
        Footnotes and sources as printed.
    changes : tuple of Change
        Everything that was changed, with its place.
    title : tuple of str
        Lines above the header.
    cells : dict of str to int
        Number of cells with content by what they were read as: ``value``, ``label``, ``unit``, ``remark``,
        ``title``, ``head``, ``note``, or left out, as the changes say (``numbers``, ``once``, ``gloss``,
        ``again``, ``code``). No cell is passed over: one that is none of these refuses the table.
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    title: tuple[str, ...]
    cells: dict[str, int]

    def said(self) -> list[str]:
        """List the totals that differ from their parts, what was changed, and what all cells were read as."""
        wrong = self.totals[self.totals["verdict"] == "differs"].to_dict("records")
        lines = [
            f"total differs: row {t['row']}, column {t['column']}: {t['item']}: {t['stated']:.15g} stated, "
            f"{t['computed']:.15g} from its parts"
            for t in wrong
        ]
        lines += [f"changed: {c.place}: {c.found} -> {c.became} ({c.why})" for c in self.changes]
        return [*lines, "cells: " + ", ".join(f"{count} {kind}" for kind, count in self.cells.items())]

    def to_json(self) -> str:
        """Return the whole table as JSON: figures, totals, notes, title, changes."""
        frames = {name: getattr(self, name).to_json(orient="records") for name in ("frame", "totals")}
        parts = {name: json.loads(text) for name, text in frames.items()}
        parts |= {"title": self.title, "notes": self.notes, "changes": [asdict(c) for c in self.changes]}
        parts["cells"] = self.cells
        return json.dumps(parts, ensure_ascii=False, indent=1)


def read_table(
    path: str | Path, sheet: str | int | None = None, *, totals: Literal["refuse", "report"] = "refuse"
) -> Table:
    """Read a table as statistics bureaus publish it.

    Parameters
    ----------
    path : str or Path
        xlsx, xls, CSV (UTF-8, UTF-16, GBK, GB18030) or HTML; told from the content, not from the suffix.
    sheet : str or int, optional
        Sheet by name or number from 1 (table number in HTML); needed where there are several.
    totals : {"refuse", "report"}
        What to do with a total that differs from its parts by more than rounding.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        With all problems of the table: cells that cannot be read, mixed units, totals that do not add up;
        or the one reason why there is no table to read.
    """
    return table_of(read_grid(path, sheet), totals=totals)


def pasted(text: str, *, totals: Literal["refuse", "report"] = "refuse") -> Table:
    """Read a table from the cells of a sheet as they are copied: rows on lines, tabs between cells.

    Raises
    ------
    InputError
        As :func:`read_table`.
    """
    rows = [line.split("\t") for line in text.strip("\n").split("\n")]
    draft = Draft(cells={(r, c): cell for r, row in enumerate(rows) for c, cell in enumerate(row)})
    return table_of(draft.grid("pasted table"), totals=totals)


def table_of(grid: Grid, *, totals: Literal["refuse", "report"] = "refuse") -> Table:
    """Turn a grid of printed cells into a :class:`Table`; see :func:`read_table`."""
    import pandas as pd

    layout = find_layout(grid)
    reader = Reader(layout)
    entries = reader.entries()
    checks = check_totals(entries)
    if totals == "refuse":
        reader.problems += [_accused(grid.name, check) for check in checks if check["verdict"] == "differs"]
    plain = [e for e in entries if e.line.kind == "plain" and e.head.kind != "total"]
    reader.problems += _twins(grid.name, plain)
    uses = layout.uses()
    for r, c in (place for place, use in uses.items() if not use):
        reader.problem(repr(layout.own(r, c)[:40]), "a figure, a name, a unit, a heading or a note", r, c)
    if reader.problems:
        raise InputError(reader.problems)
    frame = pd.DataFrame([e[:11] for e in plain], columns=COLUMNS).astype({"value": float, "row": int})
    apart = pd.DataFrame(checks, columns=_CHECKED).astype(dict.fromkeys(_NUMBERS, float))
    changes = (*grid.changes, *layout.changes, *reader.changes)
    return Table(frame, apart, layout.notes, changes, layout.title, dict(Counter(uses.values())))


def _accused(name: str, check: dict[str, Any]) -> Problem:
    stated, computed, tolerance = (float(check[key]) for key in ("stated", "computed", "tolerance"))
    named = f"{check['item']} ({check['variable']} {check['period']})"
    rounding = f"a difference of at most {tolerance:.3g} (rounding)"
    return Problem(
        name,
        f"{named}: {stated:.15g} stated, {computed:.15g} from its parts",
        rounding if tolerance > 1e-3 else "no difference between whole counts",
        row=check["row"],
        column=check["column"],
    )


def _twins(name: str, entries: list[Entry]) -> list[Problem]:
    """Figures that nothing tells apart: same item, parent, period, variable and base."""
    first: dict[tuple[object, ...], Entry] = {}
    twins = [(e, first[e[:5]]) for e in entries if first.setdefault(e[:5], e) is not e][:20]
    allowed = "figures told apart by name, heading, period or base"
    again = ((e, f"{e.item} ({e.variable} {e.period}) again, as in row {other.row}") for e, other in twins)
    return [Problem(name, found, allowed, e.row, e.column) for e, found in again]


# --- totals ---

_NUMBERS = ("stated", "computed", "difference", "tolerance")
_CHECKED = [*(name for name in COLUMNS if name != "value"), "kind", *_NUMBERS, "verdict"]
# Signs for nothing (—) count as zero; … as less than one unit, or the sum is unknown; so with other gaps.
_ZERO = {"none", "omitted"}
# Averages, prices and the like are printed in units that add up, but do not; parts of some are not all.
_NOT_SUMMED = re.compile(r"人均|户均|平均|均价|单价|价格|率|比重|指数|速度|密度|每(?!年|月)")
_SOME = re.compile(r"主要|部分|重点|前.{1,3}[位名强]")
_RELATIVE_NOISE = Decimal("1e-12")


def check_totals(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Check every total row, 其中 row and 合计 column against its parts.

    A printed table seldom says which rows a total covers, so the readings that its position and outline
    allow are tried, and the one under which most of its figures hold is taken; only a total that holds
    under none is in error. The tolerance is half a unit of the last printed digit of the total and of
    every part; whole counts, such as firms, have none.

    Parameters
    ----------
    entries : sequence of Entry

    Returns
    -------
    list of dict
        One for each figure, as in ``Table.totals``.
    """
    cells = {(e.line.index, e.head.index): e for e in entries}
    rows = sorted({e.line.index: e.line for e in entries}.values(), key=lambda row: row.index)
    columns = list({e.head.index: e.head for e in entries}.values())
    checks: list[dict[str, Any]] = []

    def across(entry: Entry, part: Line) -> Entry | None:
        return cells.get((part.index, entry.head.index))

    def along(entry: Entry, part: Line) -> Entry | None:
        return cells.get((entry.line.index, part.index))

    whole = rows[0] if rows else None
    for n, row in enumerate(rows):
        line = [cells[row.index, c.index] for c in columns if (row.index, c.index) in cells]
        if row.kind == "of_which" and whole:
            checks += _best(row.kind, line, [[whole]], across)
        else:
            whole = row
        if row.kind == "total":
            checks += _best(row.kind, line, _readings(rows, n), across)
    parts = [row for row in rows if row.kind != "total"]
    for column in (c for c in columns if c.kind == "total"):
        line = [cells[row.index, column.index] for row in parts if (row.index, column.index) in cells]
        checks += _best("column_total", line, _beside(columns, column), along)
    return checks


def _readings(rows: list[Line], n: int) -> list[list[Line]]:
    """List the sets of rows that a total may be the sum of: as far as the next total of the same name.

    A 小计 reaches to the next total of any name.
    """
    total, least = rows[n], rows[n].name == "小计"

    def reached(order: range) -> list[Line]:
        within = takewhile(
            lambda i: rows[i].kind != "total" or not (least or rows[i].name == total.name), order
        )
        return [rows[i] for i in sorted(within)]

    sides = [reached(range(n - 1, -1, -1)), reached(range(n + 1, len(rows)))]
    inside = [[r for r in side if r.group == total.group] for side in sides] if total.group else []
    readings: list[list[Line]] = []
    for side in [*inside, *(sides if least or not inside else ())]:
        readings += _cuts(side, total)
    unique = {tuple(r.index for r in parts): parts for parts in readings if len(parts) > 1}
    return list(unique.values()) or [parts for parts in readings if parts][:1]


def _cuts(side: list[Line], total: Line) -> list[list[Line]]:
    """Cut one side of a total: all plain rows, the top of the outline, each section, the subtotals."""
    plain = [r for r in side if r.kind == "plain"]
    subtotals = [r for r in side if r.kind == "total" and r.name != total.name]
    margin = min((r.indent for r in plain), default=0)
    named = {r.name for r in plain}
    outer = [r for r in plain if r.parent not in named]
    sections: dict[str, list[Line]] = defaultdict(list)
    for row in outer:
        sections[row.section].append(row)
    top = [r for r in plain if r.indent == margin]
    return [subtotals, plain, top, outer, *(sections.values() if len(sections) > 1 else ())]


def _beside(columns: list[Line], total: Line) -> list[list[Line]]:
    """List the sets of columns that a 合计 column may be the sum of: those of its period and heading."""
    same = [c for c in columns if c.kind == "plain" and c.when == total.when]
    if total.unit is None:
        same = [c for c in same if c.unit is None or c.unit.code != "fraction"]
    sides = [[c for c in same if c.parent == total.parent], same]
    return [side for side in sides if len(side) > 1]


def _best(
    kind: str, line: list[Entry], readings: list[list[Line]], at: Callable[[Entry, Line], Entry | None]
) -> list[dict[str, Any]]:
    """Choose the reading under which most figures hold, then the one with fewest that differ."""
    found = [[_check(kind, e, [at(e, part) for part in parts]) for e in line] for parts in readings or [[]]]
    verdicts = [[check["verdict"] for check in checks] for checks in found]
    scores = [(checks.count("holds"), -checks.count("differs")) for checks in verdicts]
    return found[scores.index(max(scores))]


def _check(kind: str, stated: Entry, parts: list[Entry | None]) -> dict[str, Any]:
    """Compare a stated total with the sum of its parts, or a part with its whole, which it may not exceed."""
    known = [p for p in parts if p is not None and (p.value is not None or p.status in _ZERO)]
    numbers: list[Decimal | None] = [stated.value, None, None, None]
    verdict = "cannot be checked"
    part = kind == "of_which"
    summed = part or not _NOT_SUMMED.search(f"{stated.line.name} {stated.head.name}")
    complete = len(known) == len(parts) > 0 and all(p.unit == stated.unit for p in known)
    signed = part and any(e.value is None or e.value < 0 for e in (stated, *known))
    if stated.value is not None and summed and complete and not signed and Unit(stated.unit).additive:
        computed = sum((p.value for p in known if p.value is not None), Decimal(0))
        difference = stated.value - computed
        vague = any(p.status == "omitted" for p in known)
        steps = [p.step * (2 if p.status == "omitted" else 1) for p in known if p.status != "none"]
        tolerance = sum(steps, stated.step) + abs(stated.value) * _RELATIVE_NOISE
        partial = difference > 0 and any(_SOME.search(p.line.section + p.line.group) for p in known)
        if (difference if part else abs(difference)) <= tolerance:
            verdict = "holds"
        elif part or not (vague or partial):
            verdict = "differs"
        numbers = [stated.value, computed, difference, tolerance]
    told = dict(zip(COLUMNS, stated, strict=False)) | dict(zip(_NUMBERS, numbers, strict=True))
    return {**told, "kind": kind, "verdict": verdict}


# --- months ---

# from January to a month of the same year, January itself included
_CUMULATIVE = re.compile(r"(?P<year>\d{4}|XXXX)-01(?:/(?P=year)-(?P<month>\d\d))?")


def single_months(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn cumulative figures (1–本月累计) into single months by differences.

    value(month m) = cumulative(m) − cumulative(m−1). January and February, which the statistical system
    publishes together, stay one period (``2015-01/2015-02``), as does any stretch between two published
    months: no split is invented. Figures that do not add up over months (rates, indices, prices) and
    periods that are not cumulative are passed on unchanged; a month printed as such wins over a
    difference.

    Parameters
    ----------
    frame : DataFrame
        As in :attr:`Table.frame`; several tables of one year may be concatenated.

    Returns
    -------
    DataFrame
        The same columns, with ``status`` ``derived`` and empty ``printed`` where a difference was taken.

    Raises
    ------
    InputError
        When one series has two different cumulative figures for the same months.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
    known = {(*_series(row), row["period"]) for row in rows}
    chains: dict[tuple[object, ...], dict[int, dict[str, Any]]] = defaultdict(dict)
    kept: list[dict[str, Any]] = []
    problems = []
    for row in rows:
        span = _CUMULATIVE.fullmatch(str(row["period"]))
        if span is None or pd.isna(row["value"]) or not Unit(str(row["unit"])).additive:
            kept.append(row)
            continue
        chain, month = chains[(*_series(row), span["year"])], int(span["month"] or 1)
        if month in chain and chain[month]["value"] != row["value"]:
            found = f"{row['item']} {row['period']}: {chain[month]['value']} and {row['value']}"
            problems.append(Problem("frame", found, "one cumulative figure for the same months", row["row"]))
        chain[month] = row
    if problems:
        raise InputError(problems)
    for chain in chains.values():
        steps = _differences([chain[month] for month in sorted(chain)])
        kept += [r for r in steps if r["status"] != "derived" or (*_series(r), r["period"]) not in known]
    return pd.DataFrame(kept, columns=frame.columns).reset_index(drop=True)


def _differences(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take the differences of cumulative rows in order; the first stands as it is."""
    steps = rows[:1]
    for before, row in pairwise(rows):
        year, last = str(row["period"])[:4], int(str(row["period"])[-2:])
        first = int(str(before["period"])[-2:]) + 1
        period = f"{year}-{last:02d}" if first == last else f"{year}-{first:02d}/{year}-{last:02d}"
        # Decimal, so that 50.3 - 30.1 is 20.2 and not 20.199999999999996.
        value = float(Decimal(str(row["value"])) - Decimal(str(before["value"])))
        steps.append({**row, "period": period, "value": value, "status": "derived", "printed": ""})
    return steps


def _series(row: dict[str, Any]) -> tuple[object, ...]:
    return row["item"], row["parent"], row["variable"], row["unit"]
