"""Results as a workbook: tables with labels and units, and a sheet that projects anew by formulas."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from parkanalysis.model.draws import Draws, canonical_amount
from parkanalysis.model.record import Calculation, recorded, worked
from parkanalysis.report.results import Results
from parkanalysis.report.sections import environment
from parkanalysis.report.words import N_, NAMES, Words

#: Format of a number by the unit of its column or row; what is not here has up to three decimals.
FORMATS = {"fraction": "0.0%", "CNY_100m": "#,##0.00", "CNY_10k": "#,##0", "CNY/t": "#,##0"}
PLAIN = "#,##0.###"
WIDEST = 46
HEAD = {"bold": True, "bottom": 1, "text_wrap": True}
LIVE, STEPS = N_("Try out"), N_("Calculation")
#: How a spreadsheet writes each elementary step of the recorded calculation.
FORMULAS: dict[str, str] = NAMES["formula"]


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


def _labelled(frame: pd.DataFrame, label: Callable[[str], str]) -> pd.DataFrame:
    """A frame whose index is a column of codes, with their labels."""
    return frame.assign(label=[label(str(name)) for name in frame.index]).rename_axis("code").reset_index()


def _answer(r: Results) -> pd.DataFrame:
    words, base, year = r.words, r.park.config.base_year, r.park.config.target_year
    money = {
        words("Value added {year}, published", year=base): r.base,
        words("Value added {year}, median", year=year): r.median,
    }
    for q, value in r.projection.quantiles["value_added"].items():
        money[words("{share} point", share=words.chance(float(str(q))))] = float(value)
    money[words("Mean")] = r.mean
    money[words("At the most likely value of every assumption")] = r.projection.central
    money[words.goal_label(r.goal.stated)] = r.goal.value
    for p, target in r.met["target"].items():
        money[words("Target met with {share}", share=words.chance(float(str(p))))] = float(target)
    shares = {words("Change on {year}", year=base): r.growth, words("Chance of it"): r.chance(r.goal.value)}
    frame = pd.Series(money | shares, name="value").rename_axis("label").reset_index()
    return frame.assign(unit=["CNY_100m"] * len(money) + ["fraction"] * len(shares))


def _industries(r: Results) -> pd.DataFrame:
    parts = pd.DataFrame([dict(found) for found in r.industries["drivers"]], index=r.industries.index)
    frame = r.industries[["before", "after"]].join(parts.fillna(0.0).rename(columns=r.words.driver))
    return _labelled(frame, r.words.industry)


def _drivers(r: Results) -> pd.DataFrame:
    return _labelled(r.drivers.rename(columns={"low": "lower", "high": "upper"}), r.words.driver)


def _assumptions(r: Results) -> pd.DataFrame:
    words = r.words
    frame = _labelled(r.ranked.rename(columns={"median": "middle"}).drop(columns="figure"), words.lever)
    return frame.assign(
        evidence=frame["evidence"].map(words.evidence),
        source=[words.source(s) if s else "" for s in frame["source"]],
        note=[words.note(r.scenario.levers[n]) for n in frame["code"]],
    )


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
    remarks = {"met": "", "never": words("no value is enough"), "always": words("any value is enough")}
    rows = [
        {
            "label": words.lever(f.lever),
            "unit": levers[f.lever].unit,
            "central": levers[f.lever].central,
            "needed": f.value,
            "chance": min(f.position, 1 - f.position),
            "remark": remarks.get(f.status, words("plays no part")),
        }
        for f in r.even
    ]
    return pd.DataFrame(rows)


def _ledger(r: Results) -> pd.DataFrame:
    frame = r.ledger.rename(columns={"figure": "code"}).drop(columns=["hedge", "open", "variable", "note"])
    used = frame["used"].map({True: r.words("yes"), False: ""})
    return frame.assign(source=frame["source"].map(r.words.source), used=used)


def _sources(r: Results) -> pd.DataFrame:
    frame = r.park.sources[["source", "title", "publisher", "published", "url"]].fillna("")
    code = frame.pop("source")
    titles = {"title": code.map(r.words.source), "publisher": code.map(r.words.publisher)}
    return frame.assign(code=code, **titles)


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


class _Book:
    """A workbook being written, its sheets as printed on landscape A4."""

    def __init__(self, book: Any, words: Words) -> None:
        self.book, self.words = book, words

    def look(self, **properties: Any) -> Any:
        return self.book.add_format({"valign": "top", **properties})

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

    def cells(self, sheet: Any, frame: pd.DataFrame, top: int = 0, open_column: str = "") -> None:
        """A frame under its heads, a column without one is money; ``open_column`` may be typed over."""
        words, raw = self.words, "statistic" in frame  # the whole results stay as they are
        units = frame["unit"].tolist() if "unit" in frame else []
        if not raw:
            first = [c for c in ("label", "code", "unit") if c in frame]
            frame = frame[[*first, *frame.columns.difference(first, sort=False)]]
        for j, column in enumerate(map(str, frame.columns)):
            known: dict[str, str] = {} if raw else NAMES["column"].get(column, {"unit": "CNY_100m"})
            head = column if raw else words.name(column, "column")
            sheet.write_string(top, j, head, self.look(**HEAD))
            values = frame[column].tolist()
            if column == "unit" and not raw:  # amounts stay in the unit of the data in both languages
                values = ["亿元" if v == "CNY_100m" else words.unit(v) for v in values]
            more = {"bg_color": "#FFF2CC", "border": 1} if column == open_column else {}
            for i, value in enumerate(values):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    unit = known.get("unit", "")
                    self.number(sheet, top + i + 1, j, value, units[i] if unit == "row" else unit, **more)
                else:
                    sheet.write_string(top + i + 1, j, str(value), self.look(text_wrap=True))
            widths = [len(str(v).encode("gb18030")) for v in values if isinstance(v, str)]
            sheet.set_column(j, j, min(max([len(column) + 2, 11, *widths]), WIDEST))

    def table(self, name: str, frame: pd.DataFrame) -> None:
        """A sheet that is one table."""
        sheet = self.sheet(name)
        self.cells(sheet, frame)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        if len(frame):
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def _needed(calculation: Calculation, ends: Sequence[int]) -> list[int]:
    """Places of the steps that some results rest on, in the order in which they can be taken."""
    found = set(ends)
    for place in range(max(ends), -1, -1):  # a step stands behind those that it rests on
        name, *arguments = calculation.steps[place]
        if place in found and name not in ("input", "value"):
            found.update(arguments)
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
    steps = [calculation.steps[i] for i in order]
    read = [str(step[1]).removeprefix("centre:") for step in steps if step[0] == "input"]
    frame = _assumptions(r)
    frame = frame[frame["code"].isin(read)]
    live, sums = book.sheet(words(LIVE)), book.sheet(words(STEPS))
    top = len(places) + 4
    cell = {code: f"'{words(LIVE)}'!$D${row}" for row, code in enumerate(frame["code"], top + 2)}
    line = {i: f"B{row}" for row, i in enumerate(order, 1)}
    reached: dict[int, Any] = {}
    for row, (i, (name, *arguments)) in enumerate(zip(order, steps, strict=True)):
        if name == "value":
            reached[i], formula = arguments[0], f"{float(arguments[0]):.17g}"
        elif name == "input" and (asked := str(arguments[0]).removeprefix("centre:")) in cell:
            lever = levers[asked]
            reached[i] = draw.centre(lever.name)
            shown, unit = float(_shown(words, 1.0, lever.unit)), float(canonical_amount(1.0, lever))
            inside = f"MIN({lever.maximum:.17g},{cell[lever.name]}/{shown:.17g})"
            formula = f"MAX({lever.minimum:.17g},{inside})*{unit:.17g}"
        elif name == "input":
            reached[i] = draw.spread(str(arguments[0]).removeprefix("spread:"))
            formula = f"{reached[i]:.17g}"
        else:
            reached[i] = _worked(name, [reached[a] for a in arguments])
            formula = FORMULAS[name].format(*(line[a] for a in arguments))
        sums.write_string(row, 0, str(arguments[0]) if name == "input" else name)
        sums.write_formula(row, 1, f"={formula}", None, reached[i])
    columns = ["label", "code", "unit", "central", "low", "high", "evidence"]
    book.cells(live, frame[columns], top, open_column="central")
    live.freeze_panes(top + 1, 1)
    _write_top(book, live, r, {n: (f"'{words(STEPS)}'!{line[i]}", reached[i]) for n, i in places.items()})


def _worked(name: str, given: list[Any]) -> Any:
    if name == "divide" and given[1] == 0:
        return 0.0
    if name == "select":
        return given[1] if given[0] else given[2]
    return worked(name, given)


def _write_top(book: _Book, live: Any, r: Results, found: dict[str, tuple[str, float]]) -> None:
    """What the formulas come to: the park and its industries, beside the base year and the report."""
    words, money = r.words, book.look(num_format=FORMATS["CNY_100m"])
    heads = ("Value added, 亿元", "By these values", "Report, most likely values", "Base year")
    for j, text in enumerate(heads):
        live.write_string(0, j, words(text), book.look(**HEAD))
    cells, values = zip(*found.values(), strict=True)
    rows = [(r.park.label(r.lang), "+".join(cells), sum(values), r.projection.central)]
    rows += [(words.industry(name), cell, value, value) for name, (cell, value) in found.items()]
    for row, (label, cell, value, reported) in enumerate(rows, 1):
        live.write_string(row, 0, label, book.look(text_wrap=True))
        live.write_formula(row, 1, f"={cell}", money, value)
        book.number(live, row, 2, reported, "CNY_100m")
    book.number(live, 1, 3, r.base, "CNY_100m")


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
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(stream, options) as made:
        title = words("Projected industrial value added")
        made.set_properties({"title": title, "created": vintage_time(words)})
        book = _Book(made, words)
        about = book.sheet(words("About"))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 90)
        said = environment().get_template("workbook.j2")
        for i, line in enumerate(said.render(words=words, _=words, r=results, live=words(LIVE)).splitlines()):
            for j, text in enumerate(line.split(" | ")):
                about.write_string(i, j, text, book.look(text_wrap=True, bold=not j))
        for name, make in TABLES.items():
            book.table(words(name), make(results))
            if make is _answer:
                _write_live(book, results)
        book.table(words("Results"), frame)
    return stream.getvalue()
