"""Statistical tables to tidy frames: units, periods, totals kept apart, a list of all changes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from parkanalysis.cleaning.entries import Reader
from parkanalysis.cleaning.layout import find_layout
from parkanalysis.cleaning.sheets import Change, Draft, Grid, read_grid
from parkanalysis.cleaning.totals import check_totals
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import Unit

if TYPE_CHECKING:
    import pandas as pd

KEY = ["item", "parent", "period", "variable", "base"]
COLUMNS = [*KEY, "value", "unit", "status", "printed", "row", "column"]


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
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    title: tuple[str, ...]

    def said(self) -> list[str]:
        """List the totals that differ from their parts, and what was changed, a line each."""
        wrong = self.totals[self.totals["verdict"] == "differs"].to_dict("records")
        lines = [
            f"total differs: row {t['row']}, column {t['column']}: {t['item']}: {t['stated']:.15g} stated, "
            f"{t['computed']:.15g} from its parts"
            for t in wrong
        ]
        return lines + [f"changed: {c.place}: {c.found} -> {c.became} ({c.why})" for c in self.changes]

    def to_json(self) -> str:
        """Return the whole table as JSON: figures, totals, notes, title, changes."""
        frames = {name: getattr(self, name).to_json(orient="records") for name in ("frame", "totals")}
        parts = {name: json.loads(text) for name, text in frames.items()}
        parts |= {"title": self.title, "notes": self.notes, "changes": [asdict(c) for c in self.changes]}
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
        reader.problems += [
            Problem(
                grid.name,
                f"{check['item']} ({check['variable']} {check['period']}): {check['stated']:.15g} stated, "
                f"{check['computed']:.15g} from its parts",
                f"a difference of at most {check['tolerance']:.3g} (rounding)"
                if check["tolerance"] > 1e-3
                else "no difference between whole counts",
                row=check["row"],
                column=check["column"],
            )
            for check in checks
            if check["verdict"] == "differs"
        ]
    plain = [e.record() for e in entries if e.row.kind == "plain" and e.column.kind != "total"]
    reader.problems += _twins(grid.name, plain)
    if reader.problems:
        raise InputError(reader.problems)
    kept = [name for name in COLUMNS if name != "value"]
    columns = [*kept, "kind", "stated", "computed", "difference", "tolerance", "verdict"]
    frame = pd.DataFrame(plain, columns=COLUMNS).astype({"value": float, "row": int})
    apart = pd.DataFrame(checks, columns=columns)
    changes = (*grid.changes, *layout.changes, *reader.changes)
    return Table(frame, apart, layout.notes, changes, layout.title)


def _twins(name: str, records: list[dict[str, Any]]) -> list[Problem]:
    """Figures that nothing tells apart: same item, parent, period, variable and base."""
    first: dict[tuple[object, ...], dict[str, Any]] = {}
    twins = []
    for record in records:
        other = first.setdefault(tuple(record[key] for key in KEY), record)
        if other is not record:
            found = (
                f"{record['item']} ({record['variable']} {record['period']}) again, as in row {other['row']}"
            )
            allowed = "figures told apart by name, heading, period or base"
            twins.append(Problem(name, found, allowed, row=record["row"], column=record["column"]))
    return twins[:20]


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
        month = _cumulative_to(str(row["period"])) if Unit(str(row["unit"])).additive else None
        if month is None or pd.isna(row["value"]):
            kept.append(row)
            continue
        chain = chains[(*_series(row), str(row["period"])[:4])]
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


def _cumulative_to(period: str) -> int | None:
    """Return the last month of a period that runs from January (``2015-01`` itself included)."""
    first, _, last = period.partition("/")
    if len(first) != 7 or not first.endswith("-01") or (last and last[:4] != first[:4]):
        return None
    return int((last or first)[5:7])
