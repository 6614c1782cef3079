"""A park as one Excel workbook: a sheet per table; the same checks, with messages that name sheet and cell.

Sheets ``figures``, ``levers``, ``history``, ``prices``, ``value_added_rates`` and ``sources`` hold the
columns of the CSV files of the same names. Sheet ``park`` has the columns ``key`` and ``value``: a key is
the way to a value of park.yml, its parts joined by dots (``industries.steel.name.en``); items of a list
are separated by commas. Sheet ``scenarios`` has ``scenario``, ``key`` and ``value``. Other sheets are
left alone, so that the workbook can hold its own calculations.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from parkanalysis.cleaning import open_xlsx, read_bytes, write_aside
from parkanalysis.errors import InputError, Problem, nearest, told_once
from parkanalysis.park.read import (
    MAX_PROBLEMS,
    MAX_ROWS,
    MAX_SCENARIOS,
    CsvTable,
    Located,
    LocatedList,
    Raw,
    header_problems,
    read_text,
    read_yaml,
    scalar,
    scenario_problem,
)
from parkanalysis.park.schema import REQUIRED_TABLES, TABLES

MAX_UNPACKED = 100_000_000
MAX_CELLS = 250_000
MAX_PARTS = 6
KEYED = {"park": ("key", "value"), "scenarios": ("scenario", "key", "value")}
# keys whose value is a list, written in one cell
LISTS = {"languages", "shocks", "levers", "figures"}
TEXTS = {"name", "title", "description", "zh", "en", "note", "stated", "computed", "as_of", "start", "end"}


@dataclass(frozen=True)
class _Sheet:
    """Text cells of a sheet, and the letter of each column."""

    table: CsvTable
    letters: Mapping[str, str]


def _text(value: Any) -> str:
    """A cell as the text that a CSV file would hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _sheet(name: str, sheet: Any) -> _Sheet:
    from openpyxl.utils import get_column_letter

    rows = sheet.iter_rows(values_only=True)
    top = [_text(value).strip() for value in next(rows, ())]
    while top and not top[-1]:
        top.pop()
    if found := header_problems(name, top):
        return _Sheet(CsvTable([], found), {})
    letters = {column: get_column_letter(i + 1) for i, column in enumerate(top)}
    records: list[tuple[int, dict[str, str]]] = []
    problems: list[Problem] = []
    for number, values in enumerate(rows, start=2):
        cells = [_text(value) for value in values]
        if not any(cell.strip() for cell in cells):
            continue
        if len(records) >= MAX_ROWS:
            problems.append(Problem(name, "more rows", f"at most {MAX_ROWS:,} rows", number))
            break
        for i, cell in enumerate(cells[len(top) :], start=len(top) + 1):
            if cell.strip():
                place = f"cell {get_column_letter(i)}{number}"
                problems.append(Problem(name, repr(cell[:60]), "nothing beside the table", number, place))
        cells += [""] * (len(top) - len(cells))
        records.append((number, dict(zip(top, cells, strict=False))))
    return _Sheet(CsvTable(records, problems[:MAX_PROBLEMS]), letters)


def _open(path: Path) -> tuple[dict[str, Any], bytes]:
    data = read_bytes(path)
    if not data.startswith(b"PK"):
        raise InputError(Problem(path.name, "no workbook", "a park's folder, or its workbook in xlsx"))
    book = open_xlsx(path.name, data, MAX_UNPACKED, MAX_CELLS)
    sheets = {s.title.strip().lower(): s for s in book.sheets}
    known = {name: sheet for name, sheet in sheets.items() if name in {*TABLES, *KEYED}}
    titles = {sheet.title for sheet in known.values()}
    problems = [
        replace(p, file=f"{path.name}, sheet {p.file}", column=f"cell {p.column}{p.row}")
        for p in book.uncomputed
        if p.file in titles
    ]
    if problems:
        raise InputError(told_once(problems))
    others = set(sheets) - set(known)
    missing = [
        Problem(path.name, "no such sheet", f"a sheet {name}", nearest=nearest(name, others))
        for name in (*REQUIRED_TABLES, "park")
        if name not in known
    ]
    if missing:
        raise InputError(missing)
    return known, data


def _insert(document: Located, key: str, value: Any, row: int) -> str | None:
    """Put a value where a dotted key leads; return what is wrong with the key."""
    parts = [part.strip() for part in key.split(".")]
    if len(parts) > MAX_PARTS or not all(parts):
        return f"names joined by dots, at most {MAX_PARTS}"
    node = document
    for part in parts[:-1]:
        if part not in node:
            node[part] = Located({}, {})
            node.lines[part] = row
        if not isinstance(node[part], Located):
            return f"a key that does not go on from {part}, which has a value in row {node.lines[part]}"
        node = node[part]
    last = parts[-1]
    if last in node:
        return f"each key once, first in row {node.lines[last]}"
    node[last], node.lines[last] = value, row
    return None


def _value(key: str, text: str, row: int) -> Any:
    last = key.rpartition(".")[2].strip()
    if last in LISTS and not (last == "shocks" and text.strip() == "all"):
        cells = (item.strip() for item in text.replace("、", ",").replace("，", ",").split(","))
        items = [item for item in cells if item]
        return LocatedList(items, [row] * len(items))
    return text.strip() if last in TEXTS else scalar(text.strip())


def _numbered(node: Any) -> Any:
    """Mappings whose keys are 1, 2, 3 … stand for lists."""
    if not isinstance(node, Located):
        return node
    items = {key: _numbered(value) for key, value in node.items()}
    if items and list(items) == [str(i + 1) for i in range(len(items))]:
        return LocatedList(items.values(), node.lines.values())
    return Located(items, node.lines)


def _documents(name: str, sheet: _Sheet, split: bool) -> tuple[dict[str, Located], list[Problem]]:
    """Key and value rows as documents, one a scenario where ``split``."""
    columns = KEYED["scenarios" if split else "park"]
    problems = list(sheet.table.problems)
    if not problems:
        problems = [
            Problem(name, "no such column", f"a column {c}", 1, c) for c in columns if c not in sheet.letters
        ]
    if problems:
        return {}, problems
    documents: dict[str, Located] = {}
    for row, cells in sheet.table.records:
        scenario = cells["scenario"].strip() if split else ""
        problem = scenario_problem(name, scenario) if split else None
        if problem is not None:
            problems.append(replace(problem, row=row, column="scenario"))
            continue
        key = cells["key"].strip()
        document = documents.setdefault(scenario, Located({}, {}))
        wrong = _insert(document, key, _value(key, cells["value"], row), row)
        if wrong:
            problems.append(Problem(name, repr(key[:80]), wrong, row, "key"))
    if len(documents) > MAX_SCENARIOS:
        problems.append(Problem(name, f"{len(documents)} scenarios", f"at most {MAX_SCENARIOS}"))
    return {key: _numbered(document) for key, document in documents.items()}, problems[:MAX_PROBLEMS]


def read_workbook(path: Path) -> Raw:
    """Read the sheets of a park's workbook.

    Raises
    ------
    InputError
        When the file is no workbook, is damaged, holds macros or links, or lacks a sheet.

    Examples
    --------
    >>> import tempfile
    >>> from parkanalysis.park.park import park_path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook(park_path("qingzhen"), Path(folder) / "zone.xlsx")
    ...     raw = read_workbook(Path(folder) / "zone.xlsx")
    >>> raw.id, raw.park["base_year"], sorted(raw.tables)[:3]
    ('zone', 2015, ['figures', 'history', 'levers'])
    """
    known, data = _open(path)
    sheets = {
        name: _sheet("park.yml" if name == "park" else f"{name}.csv", sheet) for name, sheet in known.items()
    }
    problems: list[Problem] = []
    found, wrong = _documents("park.yml", sheets["park"], split=False)
    problems += wrong
    scenarios: dict[str, Located] = {}
    if "scenarios" in sheets:
        scenarios, wrong = _documents("scenarios.csv", sheets["scenarios"], split=True)
        problems += wrong

    return Raw(
        id=path.stem,
        tables={name: sheets[name].table for name in TABLES if name in sheets},
        park=found.get("", None),
        scenarios=scenarios,
        problems=problems,
        digest=hashlib.sha256(data).hexdigest(),
        place=partial(_place, path.name, {name: sheet.letters for name, sheet in sheets.items()}),
    )


def _place(book: str, sheets: Mapping[str, Mapping[str, str]], problem: Problem) -> Problem:
    """Name sheet and cell in place of file and column."""
    name = problem.file.split("/")[0].removesuffix(".csv").removesuffix(".yml")
    column = problem.column
    letters = sheets.get(name, {})
    keyed = name in KEYED
    letter = letters.get("value" if keyed and column not in letters else column or "")
    if problem.row is not None and letter is not None:
        column = f"{column} (cell {letter}{problem.row})"
    scenario = problem.file.removeprefix("scenarios/").removesuffix(".yml") if "/" in problem.file else ""
    file = f"{book}, sheet {name}" + (f", scenario {scenario}" if scenario else "")
    return replace(problem, file=file, column=column)


def _flat(node: Any, before: str = "") -> Iterable[tuple[str, str]]:
    """Dotted keys and cell texts of a document."""
    if isinstance(node, list) and all(isinstance(item, str) for item in node):
        yield before, ", ".join(node)
    elif isinstance(node, Mapping | list):
        pairs = node.items() if isinstance(node, Mapping) else ((str(i + 1), v) for i, v in enumerate(node))
        for key, value in pairs:
            yield from _flat(value, f"{before}.{key}" if before else str(key))
    else:
        yield before, _text(node)


def write_workbook(folder: Path, path: Path) -> None:
    """Write a park's folder as a workbook, every cell as text, so that nothing becomes a formula.

    Parameters
    ----------
    folder : Path
        A park that can be read.
    path : Path
        xlsx file; replaced when it is there.

    Examples
    --------
    >>> import tempfile
    >>> from parkanalysis.park.park import park_path, read_park
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook(park_path("qingzhen"), Path(folder) / "zone.xlsx")
    ...     read_park(Path(folder) / "zone.xlsx").config.base_year
    2015
    """
    import csv

    import xlsxwriter

    sheets: dict[str, list[list[str]]] = {
        "park": [list(KEYED["park"]), *map(list, _flat(read_yaml(folder / "park.yml")))]
    }
    for name in TABLES:
        if (folder / f"{name}.csv").is_file():
            sheets[name] = list(csv.reader(io.StringIO(read_text(folder / f"{name}.csv"), newline="")))
    rows = [list(KEYED["scenarios"])]
    for file in sorted((folder / "scenarios").glob("*.yml")):
        rows += [[file.stem, *pair] for pair in _flat(read_yaml(file))]
    sheets["scenarios"] = rows
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#DDE6EE"})
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for i, cells in enumerate(table):
                for j, cell in enumerate(cells):
                    sheet.write_string(i, j, cell, head if i == 0 else None)
            sheet.autofit(300)
    write_aside(path, buffer.getvalue())
