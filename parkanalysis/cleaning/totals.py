"""Totals against their parts: which rows or columns a 合计, 小计 or 其中 speaks of, and whether it holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from parkanalysis.cleaning.entries import Column, Entry, Row
from parkanalysis.quantities import Unit

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
    rows = list({e.row.index: e.row for e in entries}.values())
    rows.sort(key=lambda row: row.index)
    columns = list({e.column.index: e.column for e in entries}.values())
    cells = {(e.row.index, e.column.index): e for e in entries}
    checks: list[dict[str, Any]] = []
    spans = _spans(rows)
    whole: Row | None = None
    for n, row in enumerate(rows):
        whole = row if row.kind != "of_which" else whole
        line = [cells[row.index, c.index] for c in columns if (row.index, c.index) in cells]
        if row.kind == "total":
            readings = _readings(rows, n, spans[n])
            checks += _best(
                [[_sum(e, _at(cells, parts, e.column)) for e in line] for parts in readings], line
            )
        elif row.kind == "of_which":
            checks += [_within(e, cells.get((whole.index, e.column.index)) if whole else None) for e in line]
    for column in columns:
        if column.kind == "total":
            checks += _column_total(cells, rows, columns, column)
    return checks


def _at(cells: dict[tuple[int, int], Entry], parts: Sequence[Row], column: Column) -> list[Entry | None]:
    return [cells.get((row.index, column.index)) for row in parts]


def _readings(rows: list[Row], n: int, span: tuple[int, int]) -> list[list[Row]]:
    """List the sets of rows that a total may be the sum of, within the rows it may reach."""
    total = rows[n]
    sides = [rows[span[0] : n], rows[n + 1 : span[1]]]
    inside = [[r for r in side if r.group == total.group] for side in sides] if total.group else []
    readings: list[list[Row]] = []
    for side in (inside or sides) if total.name != "小计" else [*inside, *sides]:
        readings += _cuts(side, total)
    unique = {tuple(r.index for r in parts): parts for parts in readings if len(parts) > 1}
    return list(unique.values()) or [parts for parts in readings if parts][:1]


def _spans(rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Say for each total between which rows its parts lie: as far as the next total of the same name.

    A 小计 reaches to the next total of any name; both directions are walked once.
    """

    def reach(order: Sequence[int], edge: int) -> dict[int, int]:
        last: dict[str, int] = {}
        found = {}
        for i in order:
            if rows[i].kind == "total":
                found[i] = last.get("" if rows[i].name == "小计" else rows[i].name, edge)
                last[rows[i].name] = last[""] = i
        return found

    before = reach(range(len(rows)), -1)
    after = reach(range(len(rows) - 1, -1, -1), len(rows))
    return {i: (before[i] + 1, after[i]) for i in before}


def _cuts(side: list[Row], total: Row) -> list[list[Row]]:
    """Cut one side of a total: all plain rows, the top of the outline, each section, the subtotals."""
    plain = [r for r in side if r.kind == "plain"]
    subtotals = [r for r in side if r.kind == "total" and r.name != total.name]
    margin = min((r.indent for r in plain), default=0)
    top = [r for r in plain if r.indent == margin]
    named = {r.name for r in plain}
    outer = [r for r in plain if r.parent not in named]
    sections: dict[str, list[Row]] = defaultdict(list)
    for row in outer:
        sections[row.section].append(row)
    return [subtotals, plain, top, outer, *(sections.values() if len(sections) > 1 else ())]


def _sum(stated: Entry, parts: Sequence[Entry | None]) -> dict[str, Any]:
    """Compare a stated total with the sum of its parts."""
    known = [p for p in parts if p is not None and (p.value is not None or p.status in _ZERO)]
    computable = (
        stated.value is not None
        and not _NOT_SUMMED.search(f"{stated.row.name} {stated.column.name}")
        and Unit(stated.unit).additive
        and len(known) == len(parts) > 0
        and all(p.unit == stated.unit for p in known)
    )
    if not computable or stated.value is None:
        return _check(stated, "total", None, None, "cannot be checked")
    computed = sum((p.value for p in known if p.value is not None), Decimal(0))
    vague = any(p.status == "omitted" for p in known)
    steps = [p.step * (2 if p.status == "omitted" else 1) for p in known if p.status != "none"]
    tolerance = stated.step + sum(steps, Decimal(0)) + abs(stated.value) * _RELATIVE_NOISE
    if abs(stated.value - computed) <= tolerance:
        return _check(stated, "total", computed, tolerance, "holds")
    partial = computed < stated.value and any(_SOME.search(p.row.section + p.row.group) for p in known)
    return _check(
        stated, "total", computed, tolerance, "cannot be checked" if vague or partial else "differs"
    )


def _best(readings: list[list[dict[str, Any]]], line: Sequence[Entry]) -> list[dict[str, Any]]:
    """Choose the reading under which most figures hold, then the one with fewest that differ."""
    if not readings:
        return [_check(e, "total", None, None, "cannot be checked") for e in line]

    def score(checks: list[dict[str, Any]]) -> tuple[int, int]:
        verdicts = [check["verdict"] for check in checks]
        return verdicts.count("holds"), -verdicts.count("differs")

    return max(readings, key=score)


def _within(part: Entry, whole: Entry | None) -> dict[str, Any]:
    """Compare a 其中 row with its whole: it may not exceed it."""
    if (
        whole is None
        or part.value is None
        or whole.value is None
        or whole.unit != part.unit
        or not Unit(part.unit).additive
        or min(part.value, whole.value) < 0
    ):
        return _check(part, "of_which", None, None, "cannot be checked")
    tolerance = part.step + whole.step
    holds = part.value - whole.value <= tolerance
    return _check(part, "of_which", whole.value, tolerance, "holds" if holds else "differs")


def _column_total(
    cells: dict[tuple[int, int], Entry], rows: list[Row], columns: list[Column], total: Column
) -> list[dict[str, Any]]:
    """Check a 合计 column against the columns beside it of the same period and heading."""
    same = [c for c in columns if c.kind == "plain" and c.when == total.when]
    nested = [c for c in same if c.above == total.above]
    readings = []
    stated = [
        cells[r.index, total.index] for r in rows if (r.index, total.index) in cells and r.kind != "total"
    ]
    for parts in (nested, same):
        alike = [
            c for c in parts if not (total.unit is None and c.unit is not None and c.unit.code == "fraction")
        ]
        if len(alike) > 1:
            readings.append([_sum(e, [cells.get((e.row.index, c.index)) for c in alike]) for e in stated])
    return [{**check, "kind": "column_total"} for check in _best(readings, stated)]


def _check(
    stated: Entry, kind: str, computed: Decimal | None, tolerance: Decimal | None, verdict: str
) -> dict[str, Any]:
    record = stated.record()
    del record["value"]
    difference = None if computed is None or stated.value is None else stated.value - computed
    numbers = {"stated": stated.value, "computed": computed, "difference": difference, "tolerance": tolerance}
    floats = {key: float("nan") if number is None else float(number) for key, number in numbers.items()}
    return {**record, "kind": kind, **floats, "verdict": verdict}
