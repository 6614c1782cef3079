"""Checks of a park's tables against one another: levers, series, rates and sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from parkanalysis.errors import Problem, nearest
from parkanalysis.park import distributions
from parkanalysis.park.levers import UNITS
from parkanalysis.park.schema import PARAMETERS, ParkFile, ScenarioFile
from parkanalysis.quantities.quantities import Quantity

__all__ = ["Anything", "Files", "check_tables", "shape_problem", "unknown"]

Rows = list[tuple[int, Any]]

FORECAST_UNITS = ("fraction",)
MAX_LEVERS = 5_000
MAX_HORIZON = 10
COUNTS = {4: 1, 6: 4, 7: 12}  # length of a period -> periods a year


class Anything(set[str]):
    """The names of a table that could not be read: none of them is known to be missing."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True)
class Files:
    """The files of a park, each checked by itself; rows that failed are left out.

    Attributes
    ----------
    config : ParkFile or None
    document : Located
        The document behind ``config``, for line numbers.
    rows : mapping of table to list of (row, model)
    names : mapping of table to set of str
        Every name in the key column, of failed rows too, so that one slip makes one problem.
    parsed : mapping of figure to Quantity
    scenarios : mapping of str to (document, ScenarioFile)
    """

    config: ParkFile | None
    document: Any
    rows: Mapping[str, Rows]
    names: Mapping[str, set[str]]
    parsed: Mapping[str, Quantity]
    scenarios: Mapping[str, tuple[Any, ScenarioFile]]


def unknown(file: str, row: int | None, column: str, name: str, known: Collection[str], what: str) -> Problem:
    """The problem of a name that leads nowhere.

    Examples
    --------
    >>> print(unknown("levers.csv", 3, "source", "vat_lax", {"vat_law", "nea_thermal_hours"}, "source"))
    levers.csv, row 3, column source: found unknown source 'vat_lax'; allowed: nea_thermal_hours,
    vat_law; did you mean 'vat_law'?
    """
    listed = ", ".join(sorted(known)) if len(known) <= 12 else f"{what} ({len(known)} of them)"
    allowed = listed or f"no {what} is defined"
    return Problem(file, f"unknown {what} {name!r}", allowed, row, column, nearest(name, known))


def check_tables(files: Files) -> Iterator[Problem]:
    """What is wrong between the tables.

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> row = Row(industry="cement", source="nbs", gross_output_10k_cny=100, value_added_10k_cny=120)
    >>> rows: dict[str, Rows] = {"levers": [], "history": [], "prices": [], "value_added_rates": [(2, row)]}
    >>> print(*check_tables(Files(None, None, rows, {"sources": {"nbs"}}, {}, {})))
    value_added_rates.csv, row 2, column value_added_10k_cny: found 120; allowed: at most the gross
    output 100
    """
    yield from _sources(files)
    if len(files.rows["levers"]) > MAX_LEVERS:
        found = f"{len(files.rows['levers']):,} levers"
        yield Problem("levers.csv", found, f"at most {MAX_LEVERS:,}")
        return
    for line, row in files.rows["levers"]:
        for column, found, allowed in _lever(row, files):
            yield Problem("levers.csv", str(found), allowed, line, column)
        yield from _lever_names(line, row, files)
    yield from _series(files)
    yield from _forecasts(files)
    for line, row in files.rows["value_added_rates"]:
        if row.value_added_10k_cny > row.gross_output_10k_cny:
            allowed = f"at most the gross output {row.gross_output_10k_cny:g}"
            found = f"{row.value_added_10k_cny:g}"
            yield Problem("value_added_rates.csv", found, allowed, line, "value_added_10k_cny")


def _sources(files: Files) -> Iterator[Problem]:
    known = files.names["sources"]
    missing: dict[str, Problem] = {}
    for table, rows in files.rows.items():
        for line, row in rows if table != "sources" else []:
            if row.source in known:
                continue
            # a name missing ten thousand times is looked up once
            first = missing.get(row.source) or unknown(
                f"{table}.csv", line, "source", row.source, known, "source"
            )
            missing[row.source] = first
            yield Problem(f"{table}.csv", first.found, first.allowed, line, "source", first.nearest)


def _lever_names(line: int, row: Any, files: Files) -> Iterator[Problem]:
    if row.figure is not None and row.figure not in files.names["figures"]:
        yield unknown("levers.csv", line, "figure", row.figure, files.names["figures"], "figure")
    tabled = {r.industry for _, r in files.rows["value_added_rates"] if r.use == "yes"}
    series = {r.series for name in ("history", "prices") for _, r in files.rows[name]}
    by_table = row.distribution == "tables"
    known, what = (tabled, "industry with rates") if by_table else (series, "series")
    if row.series is not None and row.series not in known:
        yield unknown("levers.csv", line, "series", row.series, known, what)


def _lever(row: Any, files: Files) -> Iterator[tuple[str, Any, str]]:
    """Column, found and allowed of what is wrong with a lever."""
    if row.lever in PARAMETERS:
        yield "lever", repr(row.lever), "a name that is no parameter of the report"
    if row.minimum > row.maximum:
        yield "minimum", row.minimum, f"at most the maximum {row.maximum:g}"
    canonical, factor = UNITS[row.unit]
    if canonical in ("t", "kWh", "m3", "count", "MW", "h") and row.minimum < 0:
        yield "minimum", row.minimum, "0 or more for a volume"
    if canonical.startswith("CNY/") and row.minimum < 0:
        yield "minimum", row.minimum, "0 or more for a price"
    if canonical == "h" and row.maximum > 8784:
        yield "maximum", row.maximum, "at most the 8,784 hours of a year"
    central = row.central
    if row.figure is not None:
        quantity = files.parsed.get(row.figure)
        if central is not None:
            yield "central", central, f"empty, since the figure {row.figure} gives it"
        if quantity is None:
            return
        if quantity.unit != canonical:
            yield "unit", row.unit, f"a unit of {quantity.unit}, in which the figure {row.figure} is"
            return
        central = quantity.value / factor
    if row.distribution in ("forecast", "tables"):
        if row.series is None:
            yield "series", "nothing", "a series or an industry that gives the range"
        for column in ("low", "central", "high"):
            if getattr(row, column) is not None:
                yield column, getattr(row, column), f"empty, since the {row.distribution} give it"
        if row.distribution == "tables" and canonical not in FORECAST_UNITS:
            yield "unit", row.unit, "fraction, as value-added rates are"
        return
    yield from _range(row, central)


def _range(row: Any, central: float | None) -> Iterator[tuple[str, Any, str]]:
    if central is None and row.distribution not in ("uniform", "lognormal"):
        yield "central", "nothing", "a number, or a figure that gives it"
        return
    names = ("central",) if row.distribution == "point" else ("low", "central", "high")
    values = {n: central if n == "central" else getattr(row, n) for n in names}
    # a series may give the two points around a printed figure
    by_series = row.distribution == "two_piece_normal" and row.series and row.low is None and row.high is None
    empty = [n for n, v in values.items() if v is None and n != "central" and not by_series]
    for name in empty:
        yield name, "nothing", "a number, the 10% or 90% point"
    ordered = [(n, v) for n, v in values.items() if v is not None]
    wrong = False
    for (n1, v1), (n2, v2) in pairwise(ordered):
        if v1 > v2:
            wrong = True
            yield n1, f"{v1:g} above {n2} {v2:g}", "low ≤ central ≤ high"
    for name, value in ordered:
        if not row.minimum <= value <= row.maximum:
            yield name, f"{value:g}", f"{row.minimum:g} to {row.maximum:g}"
    if not empty and not by_series and not wrong:
        numbers = [v for _, v in ordered]
        # a uniform or lognormal may leave out the central value, which it does not use
        problem = shape_problem(row.distribution, numbers[0], numbers[len(numbers) // 2], numbers[-1])
        if problem:
            yield ("low", f"{numbers[0]:g} to {numbers[-1]:g}", problem)


def shape_problem(distribution: str, low: float, central: float, high: float) -> str | None:
    """What a distribution asks of its points that these do not give.

    Examples
    --------
    >>> shape_problem("triangular", 1450.0, 1580.0, 1900.0)  # nothing
    >>> shape_problem("lognormal", 0.0, 1580.0, 1900.0)
    'above 0 for a lognormal'
    """
    if distribution == "point" or low == high:
        return None
    if distribution == "lognormal" and low <= 0:
        return "above 0 for a lognormal"
    try:
        with np.errstate(all="ignore"):
            values = distributions.ppf(distribution, low, central, high)(np.array([1e-6, 0.5, 1 - 1e-6]))
    except (ValueError, ArithmeticError, RuntimeError):
        return f"points through which a {distribution} goes"
    return None if np.isfinite(values).all() else f"points through which a {distribution} goes"


def _series(files: Files) -> Iterator[Problem]:
    """One unit, basis and frequency a series; each value once."""
    for table in ("history", "prices"):
        first: dict[str, tuple[int, Any]] = {}
        seen: dict[tuple[str, str, Any], int] = {}
        for line, row in files.rows[table]:
            at, other = first.setdefault(row.series, (line, row))
            for column in ("unit", "prices"):
                mine, theirs = getattr(row, column, None), getattr(other, column, None)
                if mine != theirs:
                    allowed = f"{theirs} as in row {at}, one {column} a series"
                    yield Problem(f"{table}.csv", str(mine), allowed, line, column)
            if table == "history" and len(row.period) != len(other.period):
                allowed = f"a period like {other.period} in row {at}, one frequency a series"
                yield Problem("history.csv", row.period, allowed, line, "period")
            key = (row.series, row.period, row.published)
            if key in seen:
                found = f"{row.series} of {row.period} again, first in row {seen[key]}"
                allowed = "each value once (a revision has its own day of publication)"
                yield Problem(f"{table}.csv", found, allowed, line, "period")
            seen.setdefault(key, line)
            if row.published.year < int(row.period[:4]):
                allowed = f"a day not before the period {row.period}"
                yield Problem(f"{table}.csv", str(row.published), allowed, line, "published")


def complete_years(rows: Iterable[Any]) -> dict[int, float]:
    """Sums of the years whose quarters or months are all there; ``rows`` are of one series.

    The last published value of a period counts.
    """
    latest = {row.period: row.value for row in sorted(rows, key=lambda r: r.published)}
    years: dict[int, list[float]] = {}
    for period, value in latest.items():
        years.setdefault(int(period[:4]), []).append(value)
    need = COUNTS[len(next(iter(latest)))] if latest else 1
    return {year: sum(values) for year, values in sorted(years.items()) if len(values) == need}


def _forecasts(files: Files) -> Iterator[Problem]:
    """A lever on a forecast needs a series long enough, published in time, and positive."""
    config = files.config
    history: dict[str, list[tuple[int, Any]]] = {}
    for line, row in files.rows["history"]:
        history.setdefault(row.series, []).append((line, row))
    for line, lever in files.rows["levers"]:
        if lever.distribution != "forecast" or lever.series not in history:
            continue
        if lever.unit not in FORECAST_UNITS:
            yield Problem("levers.csv", lever.unit, "fraction, as growth is", line, "unit")
        rows = history[lever.series]
        for at, row in rows:
            if row.value <= 0:
                found = f"{row.value:g} in a series that {lever.lever} forecasts"
                yield Problem("history.csv", found, "a value above 0", at, "value")
        if config is None or len({len(row.period) for _, row in rows}) > 1:
            continue
        years = complete_years(row for _, row in rows if row.published <= config.as_of)
        if len(years) < 2:
            found = f"{len(years)} complete years of {lever.series} published by {config.as_of}"
            yield Problem("history.csv", found, "two or more years", column="published")
        elif max(years) >= config.target_year:
            found = f"{lever.series} of {max(years)}, published by {config.as_of}"
            yield Problem("history.csv", found, f"nothing after {config.target_year - 1}", column="period")
        elif config.target_year - max(years) > MAX_HORIZON:
            found = f"{max(years)}, the last year of {lever.series} published by {config.as_of}"
            allowed = f"a year within {MAX_HORIZON} before {config.target_year}"
            yield Problem("history.csv", found, allowed, column="period")
