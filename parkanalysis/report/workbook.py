"""Results as a workbook: tables with labels and units, and a sheet that projects anew by formulas."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
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


#: Columns of the tables: head, and unit of the numbers; ``row`` is the unit that the row names.
COLUMNS = {
    "label": (N_("Name"), ""),
    "code": (N_("Code"), ""),
    "unit": (N_("Unit"), ""),
    "value": (N_("Value"), "row"),
    "low": (N_("10% point"), "row"),
    "central": (N_("Most likely"), "row"),
    "middle": (N_("Median"), "row"),
    "high": (N_("90% point"), "row"),
    "needed": (N_("Needed"), "row"),
    "before": (N_("Base year"), "CNY_100m"),
    "after": (N_("Target year, mean"), "CNY_100m"),
    "mean": (N_("Mean"), "CNY_100m"),
    "median": (N_("Median"), "CNY_100m"),
    "lower": (N_("10% point"), "CNY_100m"),
    "upper": (N_("90% point"), "CNY_100m"),
    "alone": (N_("Alone"), "CNY_100m"),
    "without": (N_("Median without it"), "CNY_100m"),
    "at_low": (N_("Median at the 10% point"), "CNY_100m"),
    "at_high": (N_("Median at the 90% point"), "CNY_100m"),
    "share": (N_("Part of the uncertainty"), "fraction"),
    "chance": (N_("Chance"), "fraction"),
    "remark": (N_("Remark"), ""),
    "evidence": (N_("Evidence"), ""),
    "source": (N_("Source"), ""),
    "note": (N_("On what it rests"), ""),
    "text": (N_("As printed"), ""),
    "subject": (N_("Subject"), ""),
    "period": (N_("Period"), ""),
    "place": (N_("Place"), ""),
    "used": (N_("In use"), ""),
    "title": (N_("Title"), ""),
    "publisher": (N_("Publisher"), ""),
    "published": (N_("Published"), ""),
    "url": (N_("Address"), ""),
}


def _answer(r: Results) -> pd.DataFrame:
    words, base, year = r.words, r.park.config.base_year, r.park.config.target_year
    money: dict[str, float] = {
        words("Value added {year}, published", year=base): r.base,
        words("Value added {year}, median", year=year): r.median,
        **{
            words("{share} point", share=words.chance(float(str(q)))): float(value)
            for q, value in r.projection.quantiles["value_added"].items()
        },
        words("Mean"): r.mean,
        words("At the most likely value of every assumption"): r.projection.central,
        words.goal_label(r.goal.stated): r.goal.value,
        **{
            words("Target met with {share}", share=words.chance(float(str(p)))): float(target)
            for p, target in r.met["target"].items()
        },
    }
    shares = {words("Change on {year}", year=base): r.growth, words("Chance of it"): r.chance(r.goal.value)}
    frame = pd.Series(money | shares, name="value").rename_axis("label").reset_index()
    return frame.assign(unit=["CNY_100m"] * len(money) + ["fraction"] * len(shares))


def _industries(r: Results) -> pd.DataFrame:
    parts = pd.DataFrame([dict(found) for found in r.industries["drivers"]], index=r.industries.index)
    frame = r.industries[["before", "after"]].join(parts.fillna(0.0).rename(columns=r.words.driver))
    frame.insert(0, "label", [r.words.industry(str(i)) for i in frame.index])
    return frame.rename_axis("code").reset_index()


def _drivers(r: Results) -> pd.DataFrame:
    frame = r.drivers.rename(columns={"low": "lower", "high": "upper"})
    frame.insert(0, "label", [r.words.driver(str(name)) for name in frame.index])
    return frame.rename_axis("code").reset_index()


def _assumptions(r: Results) -> pd.DataFrame:
    words, frame = r.words, r.ranked.rename(columns={"median": "middle"}).drop(columns="figure")
    frame.insert(0, "label", [words.lever(str(n)) for n in frame.index])
    frame["evidence"] = frame["evidence"].map(words.evidence)
    frame["source"] = [words.source(s) if s else "" for s in frame["source"]]
    frame["note"] = [words.note(r.scenario.levers[str(n)]) for n in frame.index]
    return frame.rename_axis("code").reset_index()


def _what_if(r: Results) -> pd.DataFrame:
    tables = [
        table.reset_index().assign(label=r.words.lever(name), unit=r.scenario.levers[name].unit)
        for name, table in r.what_if.items()
    ]
    columns = ["label", "value", "unit", "median", "low", "high", "chance"]
    frame = pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)
    return frame.rename(columns={"low": "lower", "high": "upper"})


def _break_evens(r: Results) -> pd.DataFrame:
    words, levers = r.words, r.scenario.levers
    remarks = {"never": words("no value is enough"), "always": words("any value is enough")}
    rows = [
        {
            "label": words.lever(f.lever),
            "unit": levers[f.lever].unit,
            "central": levers[f.lever].central,
            "needed": f.value if f.status == "met" else float("nan"),
            "chance": min(f.position, 1 - f.position) if f.status == "met" else float("nan"),
            "remark": "" if f.status == "met" else remarks.get(f.status, words("plays no part")),
        }
        for f in r.even
    ]
    return pd.DataFrame(rows)


def _ledger(r: Results) -> pd.DataFrame:
    frame = r.ledger.rename(columns={"figure": "code"}).drop(columns=["hedge", "variable", "note"])
    return frame.assign(
        source=frame["source"].map(r.words.source), used=frame["used"].map({True: r.words("yes"), False: ""})
    )


def _sources(r: Results) -> pd.DataFrame:
    frame = r.park.sources[["source", "title", "publisher", "published", "url"]]
    frame = frame.rename(columns={"source": "code"}).fillna("")
    return frame.assign(
        title=frame["code"].map(r.words.source), publisher=frame["code"].map(r.words.publisher)
    )


#: The tables of a workbook, in their order.
TABLES: dict[str, Callable[[Results], pd.DataFrame]] = {
    N_("Answer"): _answer,
    N_("Industries"): _industries,
    N_("Contributions"): _drivers,
    N_("Assumptions"): _assumptions,
    N_("What if"): _what_if,
    N_("Conditions"): _break_evens,
    N_("Ledger"): _ledger,
    N_("Sources"): _sources,
}


def _shown(words: Words, value: Any, unit: str) -> Any:
    """A value in the unit that the language names; money stays in 亿元, a fraction's cell shows percent."""
    return value if unit in ("fraction", "CNY_100m") else words.shown(value, unit)


def _unit_name(words: Words, unit: str) -> str:
    return "亿元" if unit == "CNY_100m" else words.unit(unit)


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

    def __init__(self, book: Any, words: Words) -> None:
        self.book, self.words = book, words
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
        if math.isfinite(value):
            look = self.look(num_format=FORMATS.get(unit, PLAIN), **more)
            sheet.write_number(row, column, _shown(self.words, value, unit), look)

    def table(self, name: str, frame: pd.DataFrame) -> None:
        """A frame under its heads, a column without one is money; the whole results stay as they are."""
        sheet, words, raw = self.sheet(name), self.words, "statistic" in frame
        units = frame["unit"].tolist() if "unit" in frame else []
        if not raw:
            first = [c for c in ("label", "code", "unit") if c in frame]
            frame = frame[[*first, *frame.columns.difference(first, sort=False)]]
        for j, column in enumerate(map(str, frame.columns)):
            head, kind = (column, "") if raw else COLUMNS.get(column, (column, "CNY_100m"))
            sheet.write_string(
                0, j, head if raw else words(head), self.look(bold=True, bottom=1, text_wrap=True)
            )
            named = column == "unit" and not raw
            values = [_unit_name(words, v) if named else v for v in frame[column].tolist()]
            for i, value in enumerate(values):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    self.number(sheet, i + 1, j, value, units[i] if kind == "row" else kind)
                else:
                    sheet.write_string(i + 1, j, str(value), self.look(text_wrap=True))
            widths = [len(str(v).encode("gb18030")) for v in values if isinstance(v, str)]
            sheet.set_column(j, j, min(max([len(column) + 2, 11, *widths]), WIDEST))
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        if len(frame):
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


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
        elif name == "input" and (asked := str(arguments[0]).removeprefix("centre:")) in levers:
            lever = levers[asked]
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
        live.write_string(k, 2, _unit_name(words, lever.unit))
        book.number(live, k, 3, lever.central, lever.unit, bg_color="#FFF2CC", border=1)
        book.number(live, k, 4, lever.low, lever.unit)
        book.number(live, k, 5, lever.high, lever.unit)
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
        book = _Book(made, words)
        about = book.sheet(words("About"))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 90)
        for i, (key, value) in enumerate(_about(results)):
            about.write_string(i, 0, key, book.look(bold=True))
            about.write_string(i, 1, value, book.look(text_wrap=True))
        for name, make in TABLES.items():
            book.table(words(name), make(results))
            if make is _answer:
                _write_live(book, results)
        book.table(words("Results"), frame)
    return stream.getvalue()
