"""Results as a workbook: tables with labels and units, and a sheet that projects anew by formulas."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parkanalysis import __version__
from parkanalysis.model.draws import Draws, canonical_amount
from parkanalysis.model.record import ARITHMETIC, Calculation, recorded
from parkanalysis.report.results import Results
from parkanalysis.report.words import N_, Words

#: Format of a number by the unit of its column or row; what is not here has up to three decimals.
FORMATS = {"fraction": "0.0%", "CNY_100m": "#,##0.00", "CNY_10k": "#,##0", "CNY/t": "#,##0"}
PLAIN = "#,##0.###"
WIDEST = 46
LIVE, STEPS = N_("Try out"), N_("Calculation")
#: How a spreadsheet writes each elementary step of the recorded calculation.
FORMULAS: dict[str, str] = {
    "add": "{0}+{1}",
    "sub": "{0}-{1}",
    "mul": "{0}*{1}",
    "div": "IFERROR({0}/{1},0)",
    "min": "MIN({0},{1})",
    "max": "MAX({0},{1})",
    "lt": "{0}<{1}",
    "le": "{0}<={1}",
    "gt": "{0}>{1}",
    "ge": "{0}>={1}",
    "eq": "{0}={1}",
    "ne": "{0}<>{1}",
    "and": "AND({0},{1})",
    "or": "OR({0},{1})",
    "not": "NOT({0})",
    "where": "IF({0},{1},{2})",
    "select": "IF({0},{1},{2})",
    "any": "{0}",
}


def safe_text(value: object) -> object:
    """Text that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def to_csv(frame: pd.DataFrame) -> bytes:
    """Results as CSV that spreadsheets open with the right characters."""
    safe = frame.apply(lambda column: column.map(safe_text))
    return str(safe.to_csv(index=False, lineterminator="\n")).encode("utf-8-sig")


def vintage_time(words: Words) -> dt.datetime:
    """The park's vintage date as a moment, for files that must say when they were made."""
    day = words.park.config.as_of if words.park is not None else dt.date(2000, 1, 1)
    return dt.datetime(day.year, day.month, day.day)


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook.

    Attributes
    ----------
    name : str
    rows : DataFrame
        Columns under their heads.
    units : sequence of str
        Of each column the unit that formats its numbers; ``"row"`` takes that of ``row_units``.
    row_units : sequence of str
    """

    name: str
    rows: pd.DataFrame
    units: Sequence[str]
    row_units: Sequence[str] = ()


def _shown(words: Words, value: Any, unit: str) -> Any:
    """A value in the unit that the language names; a fraction stays one, its cell shows percent."""
    return value if unit == "fraction" else words.shown(value, unit)


def _answer(r: Results) -> Sheet:
    words, year = r.words, r.park.config.target_year
    quantiles = {float(str(q)): v for q, v in r.projection.quantiles["value_added"].items()}
    rows: list[tuple[str, float, str]] = [
        (words("Value added {year}, published", year=r.park.config.base_year), r.base, "CNY_100m"),
        (words("Value added {year}, median", year=year), r.median, "CNY_100m"),
        *((words("{share} point", share=words.chance(q)), v, "CNY_100m") for q, v in quantiles.items()),
        (words("Mean"), r.mean, "CNY_100m"),
        (words("At the most likely value of every assumption"), r.projection.central, "CNY_100m"),
        (words("Change on {year}", year=r.park.config.base_year), r.growth, "fraction"),
        (r.words.goal_label(r.goal.stated), r.goal.value, "CNY_100m"),
        (words("Chance of it"), r.chance(r.goal.value), "fraction"),
        *(
            (words("Target met with {share}", share=words.chance(float(str(p)))), t, "CNY_100m")
            for p, t in r.met["target"].items()
        ),
    ]
    frame = pd.DataFrame(rows, columns=["label", "value", "unit"])
    shown = frame.assign(unit=frame["unit"].map(words.unit))
    return _named(words("Answer"), shown, words, ("", "row", ""), frame["unit"].tolist())


def _industries(r: Results) -> Sheet:
    words = r.words
    drivers = dict.fromkeys(d for found in r.industries["drivers"] for d, _ in found)
    parts = pd.DataFrame([dict(found) for found in r.industries["drivers"]], columns=list(drivers))
    frame = pd.DataFrame(
        {
            "label": [words.industry(str(i)) for i in r.industries.index],
            "code": r.industries.index,
            "before": r.industries["before"].to_numpy(),
            "after": r.industries["after"].to_numpy(),
        }
    ).join(parts.fillna(0.0).rename(columns=words.driver))
    return _named(words("Industries"), frame, words, ("", "", *["CNY_100m"] * (len(drivers) + 2)))


def _drivers(r: Results) -> Sheet:
    frame = r.drivers.reset_index().rename(columns={"driver": "code"})
    frame.insert(0, "label", [r.words.driver(name) for name in frame["code"]])
    return _named(r.words("Contributions"), frame, r.words, ("", "", *["CNY_100m"] * 5))


def _assumptions(r: Results) -> Sheet:
    words, ranked = r.words, r.ranked
    frame = pd.DataFrame({"label": [words.lever(str(n)) for n in ranked.index], "code": ranked.index})
    frame["unit"] = [words.unit(u) for u in ranked["unit"]]
    for column in ("low", "central", "median", "high", "share", "at_low", "at_high"):
        same = column in ("share", "at_low", "at_high")
        pairs = zip(ranked[column], ranked["unit"], strict=True)
        frame[column] = [v if same else _shown(words, v, unit) for v, unit in pairs]
    frame["evidence"] = [words.evidence(g) for g in ranked["evidence"]]
    frame["source"] = [words.source(s) if s else "" for s in ranked["source"]]
    frame["note"] = [words.note(r.scenario.levers[str(n)]) for n in ranked.index]
    units = ("", "", "", *["row"] * 4, "fraction", "CNY_100m", "CNY_100m", "", "", "")
    return _named(words("Assumptions"), frame, words, units, ranked["unit"].tolist())


def _what_if(r: Results) -> Sheet:
    words, rows, units = r.words, [], []
    for name, table in r.what_if.items():
        unit = r.scenario.levers[name].unit
        for value, row in table.iterrows():
            rows.append((words.lever(name), words.unit(unit), _shown(words, value, unit), *row))
            units.append(unit)
    frame = pd.DataFrame(rows, columns=["label", "unit", "value", "median", "low", "high", "chance"])
    formats = ("", "", "row", "CNY_100m", "CNY_100m", "CNY_100m", "fraction")
    return _named(words("What if"), frame, words, formats, units)


def _break_evens(r: Results) -> Sheet:
    words, levers = r.words, r.scenario.levers
    remarks = {"met": "", "never": words("no value is enough"), "always": words("any value is enough")}
    rows = [
        (
            words.lever(f.lever),
            words.unit(levers[f.lever].unit),
            _shown(words, levers[f.lever].central, levers[f.lever].unit),
            _shown(words, f.value, levers[f.lever].unit) if f.status == "met" else None,
            min(f.position, 1 - f.position) if f.status == "met" else None,
            remarks.get(f.status, words("plays no part")),
        )
        for f in r.even
    ]
    frame = pd.DataFrame(rows, columns=["label", "unit", "central", "needed", "chance", "remark"])
    formats = ("", "", "row", "row", "fraction", "")
    return _named(words("Conditions"), frame, words, formats, [levers[f.lever].unit for f in r.even])


def _ledger(r: Results) -> Sheet:
    words = r.words
    frame = r.ledger[["figure", "text", "value", "low", "high", "unit", "subject", "period", "place"]].copy()
    frame["unit"] = [words.unit(u) for u in frame["unit"]]
    frame["source"] = [words.source(s) for s in r.ledger["source"]]
    frame["used"] = [words("yes") if used else "" for used in r.ledger["used"]]
    formats = ("", "", "row", "row", "row", *[""] * 6)
    return _named(words("Ledger"), frame, words, formats, r.ledger["unit"].tolist())


def _sources(r: Results) -> Sheet:
    names = r.park.sources["source"]
    frame = pd.DataFrame(
        {
            "code": names,
            "title": [r.words.source(n) for n in names],
            "publisher": [r.words.publisher(n) for n in names],
            "published": [str(day or "") for day in r.park.sources["published"]],
            "address": [str(url or "") for url in r.park.sources["url"]],
        }
    )
    return _named(r.words("Sources"), frame, r.words, [""] * 5)


HEADS = {
    "label": N_("Name"),
    "code": N_("Code"),
    "unit": N_("Unit"),
    "value": N_("Value"),
    "before": N_("Base year"),
    "after": N_("Target year, mean"),
    "mean": N_("Mean"),
    "low": N_("10% point"),
    "central": N_("Most likely"),
    "median": N_("Median"),
    "high": N_("90% point"),
    "alone": N_("Alone"),
    "without": N_("Median without it"),
    "share": N_("Part of the uncertainty"),
    "at_low": N_("Median at the 10% point"),
    "at_high": N_("Median at the 90% point"),
    "chance": N_("Chance"),
    "needed": N_("Needed"),
    "remark": N_("Remark"),
    "evidence": N_("Evidence"),
    "source": N_("Source"),
    "note": N_("On what it rests"),
    "figure": N_("Code"),
    "text": N_("As printed"),
    "subject": N_("Subject"),
    "period": N_("Period"),
    "place": N_("Place"),
    "used": N_("In use"),
    "title": N_("Title"),
    "publisher": N_("Publisher"),
    "published": N_("Published"),
    "address": N_("Address"),
}


def _named(
    name: str, frame: pd.DataFrame, words: Words, units: Sequence[str], row_units: Sequence[str] = ()
) -> Sheet:
    heads = {c: words(HEADS[c]) for c in frame.columns if c in HEADS}
    return Sheet(name, frame.rename(columns=heads), units, row_units)


def sheets(results: Results, frame: pd.DataFrame) -> Iterator[Sheet]:
    """Tables of a report's workbook; last the whole results as data, in their codes."""
    makers: tuple[Callable[[Results], Sheet], ...]
    makers = (_answer, _industries, _drivers, _assumptions, _what_if, _break_evens, _ledger, _sources)
    yield from (make(results) for make in makers)
    yield Sheet(results.words("Results"), frame, ["" for _ in frame.columns])


def _about(r: Results) -> list[tuple[str, str]]:
    words = r.words
    return [
        (words("Park"), r.park.label(r.lang)),
        (words("Scenario"), words.title(r.scenario.title)),
        (words("Data as of"), words.date(r.park.config.as_of)),
        (words("Amounts"), words("亿元 (100 million yuan), at current prices unless said otherwise")),
        (words("Interval"), words("the 80% interval runs from the 10% to the 90% point")),
        (
            words(LIVE),
            words(
                "Change a yellow cell: the projection at the most likely values follows by formulas. It has "
                "no draws, so it has no interval, and it is not the median."
            ),
        ),
        (words("Version"), f"parkanalysis {__version__}"),
    ]


class _Book:
    """A workbook being written: formats once each, sheets as printed on landscape A4."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"valign": "top", **properties})
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        made = self.book.add_worksheet(name[:31])
        made.set_landscape()
        made.set_paper(9)  # A4
        made.fit_to_pages(1, 0)
        made.set_footer("&L&A&R&P / &N")
        return made

    def number(self, sheet: Any, row: int, column: int, value: float, unit: str, **more: Any) -> None:
        if value == value and abs(value) != float("inf"):
            sheet.write_number(row, column, value, self.look(num_format=FORMATS.get(unit, PLAIN), **more))

    def table(self, table: Sheet) -> None:
        sheet = self.sheet(table.name)
        head = self.look(bold=True, bottom=1, text_wrap=True)
        for j, column in enumerate(table.rows.columns):
            sheet.write_string(0, j, str(column), head)
            values = table.rows[column].tolist()
            for i, value in enumerate(values):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    unit = table.row_units[i] if table.units[j] == "row" else table.units[j]
                    self.number(sheet, i + 1, j, value, unit)
                elif value is not None:
                    sheet.write_string(i + 1, j, str(value), self.look(text_wrap=True))
            widths = [len(str(v).encode("gb18030")) for v in values if isinstance(v, str)]
            sheet.set_column(j, j, min(max([len(str(column)) + 2, 11, *widths]), WIDEST))
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        if len(table.rows):
            sheet.autofilter(0, 0, len(table.rows), len(table.rows.columns) - 1)


def _needed(calculation: Calculation, ends: Sequence[int]) -> list[int]:
    """Places of the steps that some results rest on, in the order in which they can be taken."""
    found, waiting = set(ends), list(ends)
    while waiting:
        name, *arguments = calculation.steps[waiting.pop()]
        if name in ("input", "value"):
            continue
        fresh = set(arguments) - found
        found |= fresh
        waiting += fresh
    return sorted(found)


def central_steps(results: Results) -> tuple[Calculation, dict[str, int]]:
    """The recorded calculation, and the place of each industry's value added in this scenario."""
    calculation = recorded(results.park)
    places = {}
    for name, entry in calculation.industries.items():
        mask = sum(1 << i for i, shock in enumerate(entry["shocks"]) if shock in results.scenario.shocks)
        places[name] = entry["values"][mask][True]
    return calculation, places


def _write_live(book: _Book, r: Results) -> None:
    """The sheet to try out values on, and the one that holds the calculation, a step a row."""
    words, levers = r.words, r.scenario.levers
    calculation, places = central_steps(r)
    order = _needed(calculation, list(places.values()))
    draw = Draws(r.scenario, None, r.projection.seed)
    steps = calculation.steps
    used = sorted(
        {str(steps[i][1]) for i in order if steps[i][0] == "input" and steps[i][1] in levers},
        key=lambda n: -float(r.ranked["share"].get(n, 0.0)),
    )
    live, sums = book.sheet(words(LIVE)), book.sheet(words(STEPS))
    top = len(places) + 5
    cell = {name: f"'{words(LIVE)}'!$D${top + 2 + k}" for k, name in enumerate(used)}
    line = {i: f"B{k}" for k, i in enumerate(order, 1)}
    reached: dict[int, Any] = {}
    for row, i in enumerate(order):
        name, *arguments = steps[i]
        if name == "value":
            reached[i], formula = arguments[0], f"{float(arguments[0]):.17g}"
        elif name == "input" and arguments[0] in levers:
            lever = levers[arguments[0]]
            reached[i] = float(draw(lever.name)[0])
            factor = float(_shown(words, 1.0, lever.unit))
            unit = float(canonical_amount(1.0, lever))
            inside = f"MIN({lever.maximum:.17g},{cell[lever.name]}/{factor:.17g})"
            formula = f"MAX({lever.minimum:.17g},{inside})*{unit:.17g}"
        elif name == "input":
            reached[i] = draw.spread(str(arguments[0]).removeprefix("spread:"))
            formula = f"{reached[i]:.17g}"
        else:
            given = [reached[a] for a in arguments]
            reached[i] = _worked(name, given)
            formula = FORMULAS[name].format(*(line[a] for a in arguments))
        sums.write_string(row, 0, str(arguments[0]) if name == "input" else name)
        sums.write_formula(row, 1, f"={formula}", None, reached[i])
    _write_top(
        book,
        live,
        r,
        {n: f"'{words(STEPS)}'!{line[p]}" for n, p in places.items()},
        [reached[p] for p in places.values()],
    )
    head = book.look(bold=True, bottom=1, text_wrap=True)
    columns = ("Name", "Code", "Unit", "Most likely", "10% point", "90% point", "Evidence")
    for j, text in enumerate(columns):
        live.write_string(top, j, words(text), head)
    for k, name in enumerate(used, top + 1):
        lever = levers[name]
        live.write_string(k, 0, words.lever(name), book.look(text_wrap=True))
        live.write_string(k, 1, name)
        live.write_string(k, 2, words.unit(lever.unit))
        low, central, high = (_shown(words, v, lever.unit) for v in (lever.low, lever.central, lever.high))
        book.number(live, k, 3, central, lever.unit, bg_color="#FFF2CC", border=1)
        book.number(live, k, 4, low, lever.unit)
        book.number(live, k, 5, high, lever.unit)
        live.write_string(k, 6, words.evidence(lever.evidence))
    live.set_column(0, 0, 34)
    live.set_column(1, 6, 16)
    live.freeze_panes(top + 1, 1)


def _worked(name: str, given: list[Any]) -> Any:
    if name == "div" and given[1] == 0:
        return 0.0
    if name == "select":
        return given[1] if given[0] else given[2]
    return ARITHMETIC[name](*given)


def _write_top(book: _Book, live: Any, r: Results, cells: dict[str, str], values: list[float]) -> None:
    """What the formulas come to: the park and its industries, beside the base year and the report."""
    words, money = r.words, FORMATS["CNY_100m"]
    for j, text in enumerate(
        ("Value added, 亿元", "By these values", "Report, most likely values", "Base year")
    ):
        live.write_string(0, j, words(text), book.look(bold=True, bottom=1, text_wrap=True))
    live.write_string(1, 0, r.park.label(r.lang), book.look(bold=True))
    live.write_formula(
        1, 1, "=" + "+".join(cells.values()), book.look(num_format=money, bold=True), sum(values)
    )
    book.number(live, 1, 2, r.projection.central, "CNY_100m")
    book.number(live, 1, 3, r.base, "CNY_100m")
    for row, (name, cell, value) in enumerate(zip(cells, cells.values(), values, strict=True), 2):
        live.write_string(row, 0, words.industry(name))
        live.write_formula(row, 1, f"={cell}", book.look(num_format=money), value)
        book.number(live, row, 2, value, "CNY_100m")


def to_xlsx(results: Results, frame: pd.DataFrame) -> bytes:
    """Results as a workbook.

    Parameters
    ----------
    results : Results
    frame : DataFrame
        The same results as data, as from ``results.tidy``.

    Returns
    -------
    bytes
        Text is written as text: only the two sheets of the live projection hold formulas, made of
        numbers and references alone. The same bytes every time.
    """
    import xlsxwriter

    words, stream = results.words, io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(stream, options) as made:
        made.set_properties(
            {"title": words("Projected industrial value added"), "created": vintage_time(words)}
        )
        book = _Book(made)
        about = book.sheet(words("About"))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 90)
        for i, (key, value) in enumerate(_about(results)):
            about.write_string(i, 0, key, book.look(bold=True))
            about.write_string(i, 1, value, book.look(text_wrap=True))
        first, *rest = sheets(results, frame)
        book.table(first)
        _write_live(book, results)
        for table in rest:
            book.table(table)
    return stream.getvalue()
