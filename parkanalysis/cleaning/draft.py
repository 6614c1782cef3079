"""Drafts for an analyst to confirm: the ledger of a report's figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from parkanalysis.cleaning.document import Document
from parkanalysis.cleaning.sheets import Grid
from parkanalysis.cleaning.table import tidy
from parkanalysis.errors import InputError
from parkanalysis.quantities import Mention, extract

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
        phrase and the time phrase next to it; ``variable`` is the unit it was read in.
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
    return place, mention.subject, quantity.unit, mention.period, mention.text, note


def _of_table(grid: Grid, number: int) -> list[tuple[str, ...]]:
    """Rows of a table that can be read; one row with the reason where it cannot."""
    try:
        table = tidy(grid, totals="report")
    except InputError as error:
        return [(f"table {number}", grid.name, "", "", "", f"not read: {error.problems[0]}")]
    frame = table.frame[table.frame["status"] == "reported"]
    return [
        (
            f"table {number}, row {row['row']}, column {row['column']}",
            "_".join(part for part in (row["parent"], row["item"]) if part),
            row["variable"],
            row["period"],
            row["printed"],
            row["unit"],
        )
        for row in frame.to_dict("records")
    ]


def _place(marks: list[tuple[int, int, str]], position: int) -> str:
    """Chapter and paragraph in force at a position: 一（二）."""
    chapter = paragraph = ""
    for start, level, name in marks:
        if start > position:
            break
        chapter, paragraph = (name, "") if level == 0 else (chapter, name)
    return f"{chapter}（{paragraph}）" if paragraph else chapter
