"""Drafts for an analyst to confirm: the ledger of a report's figures, the history of a table's series."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkanalysis.cleaning.document import Document
from parkanalysis.cleaning.sheets import Grid
from parkanalysis.cleaning.table import Table, single_months, table_of
from parkanalysis.errors import InputError
from parkanalysis.quantities import SYMBOLS, WORDS, Mention, extract

if TYPE_CHECKING:
    import pandas as pd

LEDGER_COLUMNS = ("figure", "source", "place", "subject", "variable", "period", "quantity", "note")
"""Columns of ``figures.csv``."""

_CHAPTER = re.compile(r"^[#*\s]*([一二三四五六七八九十]{1,3})、", re.MULTILINE)
_PARAGRAPH = re.compile(r"^[#*\s]*[（(]([一二三四五六七八九十]{1,3})[)）]", re.MULTILINE)


def draft_ledger(document: Document, source: str) -> pd.DataFrame:
    """Draft of a park's ``figures.csv`` from its work report, for an analyst to confirm.

    Parameters
    ----------
    document : Document
    source : str
        Identifier of the document, e.g. ``work_report_2015``.

    Returns
    -------
    DataFrame
        One row a figure in the order of the text, with the columns of :data:`LEDGER_COLUMNS`:
        a running id, the quantity as printed, the chapter and paragraph where it stands, the
        phrase and the time phrase next to it, the variable that its words name.
    """
    import pandas as pd

    text = document.text
    marks = sorted(
        [(m.start(), 0, m[1]) for m in _CHAPTER.finditer(text)]
        + [(m.start(), 1, m[1]) for m in _PARAGRAPH.finditer(text)]
    )
    rows = [_of_text(mention, _place(marks, mention.start)) for mention in extract(text)]
    for number, grid in enumerate(document.tables, start=1):
        rows += _of_table(grid, number)
    numbered = [(f"f{index:03d}", source, *row) for index, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered, columns=list(LEDGER_COLUMNS), dtype="str")


def _of_text(mention: Mention, place: str) -> tuple[str, ...]:
    quantity = mention.quantity
    before = "" if quantity.before is None else f"from {quantity.before:g} {quantity.unit}"
    note = f"{quantity.direction or ''} {before}".strip()
    variable = variable_of(mention.subject, quantity.unit, quantity.direction)
    return place, mention.subject, variable, mention.period, mention.text, note


_TERMS = {word: name for name, words in WORDS["variables"].items() for word in words.split()}
_TERM = re.compile("|".join(sorted(map(re.escape, _TERMS), key=len, reverse=True)))
_FALLS = frozenset({"下降", "下跌", "减少", "降低", "降", "萎缩"})
_COUNTED = frozenset({"firms", "projects"})


def variable_of(subject: str, unit: str, direction: str | None = None) -> str:
    """Name of what a figure measures, as ``figures.csv`` has it; empty where its words do not say.

    A rate of change is ``…_growth``, an amount by which something moved ``…_loss`` or ``…_rise``, a part of
    a whole ``share``; 企业 and 项目 name counts only where the figure is one.
    """
    names: list[str] = [_TERMS[found] for found in _TERM.findall(subject)]
    names = [name for name in names if unit == "count" or name not in _COUNTED] or names[:0]
    if not names:
        return ""
    name = names[-1]
    if "share" in names and unit in ("fraction", "percentage_point"):
        return "share"
    if unit == "percentage_point" or (unit == "fraction" and direction):
        return f"{name}_growth"
    if direction and unit not in ("fraction", "times"):
        return f"{name}_{'loss' if direction in _FALLS else 'rise'}"
    return name


def _of_table(grid: Grid, number: int) -> list[tuple[str, ...]]:
    """Rows of a table that can be read; one row with the reason where it cannot."""
    try:
        table = table_of(grid, totals="report")
    except InputError as error:
        return [(f"table {number}", grid.name, "", "", "", f"not read: {error.problems[0]}")]
    frame = table.frame[table.frame["status"] == "reported"]
    return [
        (
            f"table {number}, row {row['row']}, column {row['column']}",
            "_".join(part for part in (row["parent"], row["item"]) if part),
            variable_of(f"{row['item']}{row['variable']}", row["unit"]),
            row["period"],
            _printed(row),
            row["variable"],
        )
        for row in _records(frame)
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _printed(row: dict[str, Any]) -> str:
    """A figure of a table as a report would print it: 21.5 亿元."""
    value, unit = float(row["value"]), str(row["unit"])
    if unit == "fraction":
        return f"{value * 100:.12g}%"
    power, sign = next(((p, s) for p, s in ((8, "亿"), (4, "万")) if abs(value) >= 10**p), (0, ""))
    return f"{value / 10**power:.12g} {sign}{SYMBOLS.get(unit, '')}".strip()


HISTORY_COLUMNS = ("series", "period", "value", "unit", "prices", "published", "published_rule", "source")
"""Columns of ``history.csv``."""

_SPANS = {("01", "12"): "", ("01", "03"): "Q1", ("04", "06"): "Q2", ("07", "09"): "Q3", ("10", "12"): "Q4"}
_CONSTANT = re.compile(r"不变价|可比价")


@dataclass(frozen=True)
class HistoryDraft:
    """Draft of a park's ``history.csv`` from a table.

    Attributes
    ----------
    frame : DataFrame
        One row a figure, with the columns of :data:`HISTORY_COLUMNS`; ``?`` is for the analyst to fill in.
    names : dict of str to str
        Series → what the table calls it.
    left_out : tuple of str
        Figures that a history cannot hold, each with the reason.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    left_out: tuple[str, ...]

    def said(self) -> list[str]:
        """Say which series is which, and what is left out, a line each."""
        lines = [f"series {series}: {name}" for series, name in self.names.items()]
        return lines + [f"left out: {reason}" for reason in self.left_out]


def draft_history(table: Table, source: str) -> HistoryDraft:
    """Turn the figures of a table into rows of ``history.csv``: years, quarters and months of each series.

    Totals and 其中 rows are series of their own. Money is written in 亿元. Cumulative figures become the
    years, quarters and months that their differences give (see ``single_months``); other spans, missing
    figures and figures without a period are left out and said.
    """
    import pandas as pd

    rows, left_out = [], []
    names: dict[str, str] = {}
    apart = table.totals.rename(columns={"stated": "value"})[list(table.frame.columns)]
    whole = pd.concat([table.frame, apart], ignore_index=True) if len(apart) else table.frame
    for row in _records(single_months(whole)):
        name = "_".join(dict.fromkeys(part for part in _named(row) if part))
        period = history_period(str(row["period"]))
        if pd.isna(row["value"]) or not period:
            reason = row["status"] if pd.isna(row["value"]) else f"period {row['period'] or 'not stated'}"
            left_out.append(f"row {row['row']}, column {row['column']}: {name}, {reason}")
            continue
        series = names.setdefault(name, _series_name(name, str(row["unit"]), names))
        money = row["unit"] == "CNY"
        prices = ("comparable" if _CONSTANT.search(name) else "current") if money else ""
        value = f"{row['value'] / 1e8 if money else row['value']:.15g}"
        rows.append((series, period, value, "CNY_100m" if money else row["unit"], prices, "?", "?", source))
    frame = pd.DataFrame(rows, columns=list(HISTORY_COLUMNS), dtype="str")
    frame = frame.sort_values(["series", "period"], kind="stable", ignore_index=True)
    return HistoryDraft(frame, {series: name for name, series in names.items()}, tuple(left_out))


def _named(row: dict[str, Any]) -> tuple[str, ...]:
    variable = "" if row["variable"] in ("value", "指标值", "绝对数", "年末数") else row["variable"]
    return row["parent"], row["item"], variable, row["base"]


def _series_name(name: str, unit: str, taken: dict[str, str]) -> str:
    """A name of its own for a series: the variable where it is known, numbered where it is taken."""
    stem = variable_of(name, unit) or "series"
    stem = f"{stem}_growth" if unit == "fraction" and stem not in ("share", "rate", "series") else stem
    return stem if stem not in taken.values() else f"{stem}_{len(taken) + 1}"


def history_period(period: str) -> str:
    """``2015-01/2015-12`` is the year 2015, ``2015-04/2015-06`` its second quarter; other spans are empty."""
    if re.fullmatch(r"\d{4}(?:-\d\d)?", period):
        return period
    span = re.fullmatch(r"(\d{4})-(\d\d)/\1-(\d\d)", period)
    return f"{span[1]}{_SPANS[span[2], span[3]]}" if span and (span[2], span[3]) in _SPANS else ""


def _place(marks: list[tuple[int, int, str]], position: int) -> str:
    """Chapter and paragraph in force at a position: 一（二）."""
    chapter = paragraph = ""
    for start, level, name in marks:
        if start > position:
            break
        chapter, paragraph = (name, "") if level == 0 else (chapter, name)
    return f"{chapter}（{paragraph}）" if paragraph else chapter
