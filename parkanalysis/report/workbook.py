"""Results as tables for spreadsheets: a formatted workbook and CSV, in which no text is a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from parkanalysis import __version__
from parkanalysis.report.words import Words

__all__ = ["safe_text", "to_csv", "to_xlsx", "vintage_time"]


def safe_text(value: object) -> object:
    """Text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text(-1.5), safe_text("−0.4")
    ("'=1+1", -1.5, '−0.4')
    """
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def to_csv(frame: pd.DataFrame) -> bytes:
    """Results as CSV that spreadsheets open with the right characters.

    Examples
    --------
    >>> to_csv(pd.DataFrame({"note": ["=1+1"], "value": [38.2]})).decode("utf-8-sig").splitlines()
    ['note,value', "'=1+1,38.2"]
    """
    safe = frame.apply(lambda column: column.map(safe_text))
    return str(safe.to_csv(index=False, lineterminator="\n")).encode("utf-8-sig")


def _labels(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The rows with readable labels beside the names."""

    def label(row: Any) -> str:
        if row.driver:
            return words.driver(row.driver)
        if row.industry:
            return words.industry(row.industry)
        return words.lever(row.variable.removeprefix("lever_")) if row.variable.startswith("lever_") else ""

    labels = [label(row) for row in frame.itertuples(index=False)]
    shown = frame.copy()
    shown.insert(3, "label", labels)
    return shown


def _sheets(frame: pd.DataFrame, words: Words) -> Iterator[tuple[str, pd.DataFrame]]:
    if not {"variable", "driver", "industry", "statistic", "value", "unit"} <= set(frame):
        yield words("Results"), frame  # of somebody's own notebook
        return
    labelled = _labels(frame, words)
    levers = labelled[labelled["variable"].str.startswith("lever_")]
    parts = labelled[labelled["variable"].str.startswith("contribution")]
    yield words("Results"), labelled.drop(index=[*levers.index, *parts.index])
    for name, rows in ((words("Contributions"), parts), (words("Assumptions"), levers)):
        if len(rows):
            keys = ["variable", "driver", "industry", "label", "unit"]
            wide = rows.pivot_table("value", keys, "statistic", aggfunc="first", sort=False).reset_index()
            yield name, wide.rename_axis(columns=None)


def _about(frame: pd.DataFrame, words: Words) -> list[tuple[str, str]]:
    scenarios = frame.get("scenario", ())
    rows = [
        (words("Scenario"), ", ".join(map(str, dict.fromkeys(scenarios)))),
        (
            words("Amounts"),
            words("亿元 (100 million yuan) where the unit is CNY_100m; current prices unless said"),
        ),
        (
            words("Median"),
            words("statistic quantile_0.5; the 80% interval runs from quantile_0.1 to quantile_0.9"),
        ),
        (words("Version"), f"parkanalysis {__version__}"),
    ]
    if words.park is not None:
        rows.insert(0, (words("Park"), words.park.label(words.lang)))
        rows.append((words("Data as of"), words.date(words.park.config.as_of)))
    return rows


def to_xlsx(frame: pd.DataFrame, words: Words) -> bytes:
    """Results as a workbook: notes, results, contributions, assumptions.

    Parameters
    ----------
    frame : DataFrame
        As from ``results.tidy``; any other is written on one sheet as it stands.
    words : Words

    Returns
    -------
    bytes
        Text is written as text: no cell is a formula or a link. The same bytes every time.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.results import tidy
    >>> projection = project("qingzhen", "combined", draws=64)
    >>> book = to_xlsx(tidy(projection), Words(projection.park, "en"))
    >>> list(pd.read_excel(io.BytesIO(book), sheet_name=None))
    ['About', 'Results', 'Contributions', 'Assumptions']
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        created = vintage_time(words)
        book.set_properties({"title": words("Projected industrial value added"), "created": created})
        styles = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "number": book.add_format({"num_format": "#,##0.000"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        about = book.add_worksheet(words("About"))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 80, styles["wrap"])
        for i, (key, value) in enumerate(_about(frame, words)):
            about.write_string(i, 0, key, styles["head"])
            about.write_string(i, 1, value)
        for name, rows in _sheets(frame, words):
            _write_sheet(book.add_worksheet(name[:31]), rows, styles)
    return stream.getvalue()


def vintage_time(words: Words) -> dt.datetime:
    """The park's vintage date as a moment, for files that must say when they were made.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> vintage_time(Words(read_park("qingzhen"), "en")).isoformat()
    '2016-02-29T00:00:00'
    """
    day = words.park.config.as_of if words.park is not None else dt.date(2000, 1, 1)
    return dt.datetime(day.year, day.month, day.day)


def _write_sheet(sheet: Any, rows: pd.DataFrame, styles: Mapping[str, Any]) -> None:
    for j, column in enumerate(rows.columns):
        sheet.write_string(0, j, str(column), styles["head"])
        values = rows[column].tolist()
        for i, value in enumerate(values, 1):
            if isinstance(value, int | float):
                if value == value:
                    sheet.write_number(i, j, value, styles["number"] if isinstance(value, float) else None)
            else:
                sheet.write_string(i, j, str(value))
        width = max([len(str(column)), *(len(str(v)) for v in values if isinstance(v, str))], default=8)
        sheet.set_column(j, j, min(max(width + 2, 10), 42))
    sheet.freeze_panes(1, 0)
    if len(rows):
        sheet.autofilter(0, 0, len(rows), len(rows.columns) - 1)
