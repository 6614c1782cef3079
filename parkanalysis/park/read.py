"""Reading a park's folder or workbook: records and documents whose values know where they stand.

A workbook has a sheet for each table, with the columns of the CSV file of that name. Its sheet ``park`` has
the columns ``key`` and ``value``: a key is the way to a value of park.yml, its parts joined by dots
(``industries.steel.name.en``); items of a list are separated by commas. Sheet ``scenarios`` has ``scenario``,
``key`` and ``value``. Other sheets are left alone, so that the workbook can hold its own calculations.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from parkanalysis.cleaning import MAX_BYTES, decode, open_xlsx, read_bytes
from parkanalysis.errors import InputError, Problem, nearest, told_once
from parkanalysis.park.schema import REQUIRED_TABLES, TABLES, is_identifier

T = TypeVar("T")

MAX_SCENARIOS = 500
MAX_YAML_BYTES = 500_000
MAX_DEPTH = 20
MAX_ROWS = 50_000
MAX_PROBLEMS = 1_000
MAX_UNPACKED = 100_000_000
MAX_CELLS = 250_000
MAX_PARTS = 6
SCENARIO_NAME = "lower-case letters, digits and _, a letter first"

#: sheets of a workbook that hold documents, with their columns
KEYED = {"park": ("key", "value"), "scenarios": ("scenario", "key", "value")}

# what stands between the cells of tables that were not saved with commas
_SEPARATOR = re.compile("[;\t|；，]")

# row of the file (the header is row 1) and the cells by column
Records = list[tuple[int, dict[str, str]]]

# control characters that no text of a park needs and that XML and terminals choke on
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_PARTED = re.compile(r"[1-9]\d{0,2},\d{3}(?:\.\d+)?")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?=[^eE]*\.|.*[eE])([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?"
)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)


@dataclass(frozen=True)
class RawTable:
    """Rows of a table and what was wrong with the others."""

    header: list[str]
    records: Records
    problems: list[Problem] = field(default_factory=list)


class Located(dict[str, Any]):
    """A mapping that knows the line of each key."""

    def __init__(self, items: Mapping[str, Any], lines: Mapping[str, int]) -> None:
        super().__init__(items)
        self.lines = dict(lines)


class LocatedList(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self, items: Iterable[Any], lines: Mapping[int, int]) -> None:
        super().__init__(items)
        self.lines = dict(lines)


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Read a text file in UTF-8, UTF-16 or GBK; refuse anything else with a clear message.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> read_text(park_path("qingzhen") / "figures.csv").split(",")[:4]
    ['figure', 'source', 'place', 'subject']
    """
    name = path.name
    text, _ = decode(name, read_bytes(path, limit))
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        found = f"the control character U+{ord(control.group()):04X}"
        raise InputError(Problem(name, found, "printable text", line))
    return text


def _header_problems(name: str, header: Sequence[str]) -> list[Problem]:
    if not any(header):
        return [Problem(name, "an empty file", "a header and rows")]
    repeated = [column for column, count in Counter(header).items() if count > 1]
    allowed = "a name for each column" if repeated == [""] else "each column once"
    found = f"columns twice: {', '.join(map(repr, repeated))}"
    return [Problem(name, found, allowed, 1)] if repeated else []


def _tabulate(
    name: str, rows: Iterator[tuple[int, list[str]]], misfit: Callable[[int, list[str], int], Problem]
) -> RawTable:
    """Records by the header in the first row; ``misfit`` says what is wrong with a row of another length."""
    header = [cell.strip() for cell in next(rows, (1, []))[1]]
    if problems := _header_problems(name, header):
        raise InputError(problems)
    records: Records = []
    try:
        for row, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(records) >= MAX_ROWS:
                problems.append(Problem(name, "more rows", f"at most {MAX_ROWS:,} rows", row))
                break
            if len(cells) == len(header):
                records.append((row, dict(zip(header, cells, strict=True))))
            elif len(problems) < MAX_PROBLEMS:
                problems.append(misfit(row, cells, len(header)))
    except InputError as error:
        problems += error.problems
    return RawTable(header, records, problems)


def _check_separator(name: str, text: str) -> None:
    """One problem for the whole table, not one for each column that is then missing."""
    header = text.partition("\n")[0]
    mark = _SEPARATOR.search(header)
    if mark and "," not in header:
        found = "tabs" if mark[0] == "\t" else repr(mark[0])
        allowed = 'cells separated by commas (save it as "CSV UTF-8 (comma delimited)")'
        raise InputError(Problem(name, f"cells separated by {found}", allowed, 1))


def read_csv(path: Path) -> RawTable:
    """Read a CSV file with a header as text cells; blank lines are passed over.

    A row is known by the line it begins on. Rows of the wrong length are problems; the others stand.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> row, cells = read_csv(park_path("qingzhen") / "figures.csv").records[0]
    >>> row, cells["figure"], cells["quantity"]
    (2, 'threshold_above_scale', '2000 万元以上')
    """
    name, text = path.name, read_text(path)
    _check_separator(name, text)

    def misfit(row: int, cells: list[str], width: int) -> Problem:
        allowed = f"{width} cells, as in the header"
        pairs = (f"{a},{b}" for a, b in pairwise(cells) if _PARTED.fullmatch(f"{a},{b}"))
        if len(cells) > width and (number := next(pairs, "")):
            allowed += f"; a comma inside a number, {number}? leave it out, or put the cell in quotes"
        return Problem(name, f"{len(cells)} cells", allowed, row)

    return _tabulate(name, _lines(name, text), misfit)


def _lines(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        found = f"broken quoting ({error})"
        raise InputError(Problem(name, found, "valid CSV", reader.line_num)) from None


def read_yaml(path: Path) -> Any:
    """Read a YAML file safely; see :func:`parse_yaml`.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> read_yaml(park_path("qingzhen") / "scenarios" / "power_contract.yml")["shocks"]
    ['power_contract']
    """
    return parse_yaml(path.name, read_text(path, MAX_YAML_BYTES))


def parse_yaml(name: str, text: str) -> Any:
    """Read YAML safely: no anchors, no tags, no duplicate keys, bounded depth, plain values only.

    Numbers, ``true``, ``false`` and ``null`` are what they are in YAML 1.2; everything else, dates
    included, is text, so that nothing is turned into something that nobody wrote.

    Returns
    -------
    Located, LocatedList or a plain value

    Raises
    ------
    InputError
        With the line.

    Examples
    --------
    >>> parse_yaml("x.yml", "a: 1\\nb: [yes, 2016-02-29]")
    {'a': 1, 'b': ['yes', '2016-02-29']}
    """
    import yaml  # type: ignore[import-untyped]
    from yaml.error import MarkedYAMLError, YAMLError  # type: ignore[import-untyped]

    # libyaml reads thirty times as fast; without it the same classes exist in Python
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events = yaml.parse(text, Loader=loader)
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        document = _build(name, events, next(events))
        next(events)  # the document's end
        if not isinstance(more := next(events), yaml.StreamEndEvent):
            line = more.start_mark.line + 1
            raise InputError(Problem(name, "another document", "one document", line))
        return document
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(str(error.problem or error.context).split()).removeprefix("found ")
        line = mark.line + 1 if mark else None
        if mark and text[mark.index : mark.index + 1] == "\t":
            raise InputError(Problem(name, "a tab", "spaces", line)) from None
        near = list(enumerate(text.splitlines(), start=1))[max(0, (line or 0) - 2) : line]
        for at, _ in (found for found in near if re.match(r"[\s-]*\w+：", found[1])):
            raise InputError(Problem(name, "a full-width colon ：", "a colon and a blank", at)) from None
        raise InputError(Problem(name, found, "valid YAML", line)) from None
    except UnicodeEncodeError as error:
        found = f"the character {text[error.start]!r}"
        raise InputError(Problem(name, found, "text that UTF-8 can hold")) from None
    except YAMLError as error:
        raise InputError(Problem(name, str(error).splitlines()[0][:120], "valid YAML")) from None


def scalar(text: str) -> Any:
    """Plain YAML scalar as a value: number, truth, nothing, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _build(name: str, events: Iterator[Any], event: Any, depth: int = 0) -> Any:
    """The value that begins with an event; what is clever is refused before anything is built from it."""
    import yaml

    def refused(found: str, allowed: str, line: int) -> InputError:
        return InputError(Problem(name, found, allowed, line))

    line = event.start_mark.line + 1
    if event.anchor is not None:
        raise refused("an anchor or alias", "plain YAML without & and *", line)
    if event.tag not in (None, "!"):
        raise refused(f"the tag {event.tag[:60]}", "plain YAML without tags", line)
    if isinstance(event, yaml.ScalarEvent):
        return scalar(event.value) if event.style in (None, "") else event.value
    if depth >= MAX_DEPTH:
        raise refused("deeper nesting", f"at most {MAX_DEPTH} levels", line)
    lines: dict[Any, int] = {}
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(part := next(events), yaml.SequenceEndEvent):
            lines[len(items)] = part.start_mark.line + 1
            items.append(_build(name, events, part, depth + 1))
        return LocatedList(items, lines)
    values: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarEvent):
            raise refused("a list or mapping as a key", "a name as a key", line)
        if key.value in values:
            found = f"the key {key.value[:60]!r} again, first in line {lines[key.value]}"
            raise refused(found, "each key once", line)
        lines[key.value] = line
        values[key.value] = _build(name, events, next(events), depth + 1)
    return Located(values, lines)


def line_of(node: Any, loc: Sequence[Any]) -> int | None:
    """Line of the deepest key of ``loc`` that the file has; parts that it does not have are passed over.

    Examples
    --------
    >>> node = parse_yaml("park.yml", "base_year: 2015\\nplants:\\n  smelter: {industry: steel}")
    >>> line_of(node, ["plants", "smelter"]), line_of(node, ["plants", "mill"])
    (3, 2)
    """
    line: int | None = None
    for part in loc:
        lines = getattr(node, "lines", {})
        if part in lines:
            line, node = lines[part], node[part]
    return line


# a park goes to other processes, which no lambda can
def _as_it_is(problem: Problem) -> Problem:
    return problem


@dataclass(frozen=True)
class Raw:
    """Records and documents of a park.

    Attributes
    ----------
    id : str
        Name of the folder or workbook.
    tables : mapping of str to RawTable
        Those that could be read.
    park : Located or None
        park.yml.
    scenarios : mapping of str to Located
    problems : list of Problem
    digest : str
        Hash over all that was read.
    place : callable
        Turns the place of a problem (file, row, column of a folder) into the place in this kind of park.
    """

    id: str
    tables: Mapping[str, RawTable]
    park: Any
    scenarios: Mapping[str, Any]
    problems: list[Problem]
    digest: str
    place: Callable[[Problem], Problem] = _as_it_is


def attempt(problems: list[Problem], step: Callable[..., T], *arguments: Any) -> T | None:
    """Take a step; what is wrong goes to the list, so that one run shows all problems.

    Examples
    --------
    >>> problems: list[Problem] = []
    >>> attempt(problems, read_yaml, Path("nowhere/park.yml"))
    >>> print(*problems)
    park.yml: found no such file; allowed: a file
    """
    try:
        return step(*arguments)
    except InputError as error:
        problems.extend(error.problems)
        return None


def is_aside(name: str) -> bool:
    """Whether a file is none of the user's own: hidden, or the lock of an open Office document.

    Examples
    --------
    >>> is_aside("~$levers.csv"), is_aside(".DS_Store"), is_aside("levers.csv")
    (True, True, False)
    """
    return name.startswith((".", "~$"))


def read_folder(folder: Path) -> Raw:
    """Read the files of a park's folder.

    ``park.yml``, ``figures.csv``, ``levers.csv`` and ``sources.csv`` must be there; the other tables
    and the folder ``scenarios`` may be missing. Files of other names are left alone.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> raw = read_folder(park_path("qingzhen"))
    >>> sorted(raw.tables)
    ['figures', 'history', 'levers', 'prices', 'sources', 'value_added_rates']
    >>> raw.scenarios["alumina_price"]["shocks"]
    ['alumina_price_fall']
    """
    problems: list[Problem] = []
    names = _names(folder)
    found: dict[str, Any] = {}
    for file in ("park.yml", *(f"{name}.csv" for name in TABLES)):
        if file in names:
            found[file] = attempt(problems, read_yaml if file == "park.yml" else read_csv, folder / file)
        elif file == "park.yml" or file.removesuffix(".csv") in REQUIRED_TABLES:
            alike = [n for n in names if Path(n).suffix.lower() in (".csv", ".yml", ".yaml")]
            allowed = f"{file} in the park's folder"
            problems.append(Problem(file, "no such file", allowed, nearest=nearest(file, alike)))
    tables = {name: table for name in TABLES if (table := found.get(f"{name}.csv")) is not None}
    scenarios = _scenarios(folder, names, problems)
    return Raw(folder.name, tables, found.get("park.yml"), scenarios, problems, _digest(folder))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if not is_aside(p.name))
    except OSError as error:
        found = error.strerror or "unreadable"
        raise InputError(Problem(folder.name, found, "a folder that can be read")) from None


def _scenarios(folder: Path, names: list[str], problems: list[Problem]) -> dict[str, Any]:
    if "scenarios" not in names:
        return {}
    inside = attempt(problems, _names, folder / "scenarios") or []
    files = [n for n in inside if n.endswith(".yml")]
    other = (f"scenarios/{n}" for n in inside if n.endswith(".yaml"))
    problems += [Problem(file, "the ending .yaml", "the ending .yml") for file in other]
    if len(files) > MAX_SCENARIOS:
        problems.append(Problem("scenarios", f"{len(files)} files", f"at most {MAX_SCENARIOS}"))
    scenarios = {}
    for name in files[:MAX_SCENARIOS]:
        file, scenario = f"scenarios/{name}", name.removesuffix(".yml")
        if not is_identifier(scenario):
            problems.append(Problem(file, f"the scenario name {scenario[:80]!r}", SCENARIO_NAME))
            continue
        try:
            scenarios[scenario] = read_yaml(folder / file)
        except InputError as error:
            problems += [replace(p, file=file) for p in error.problems]
    return scenarios


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    names = [*(f"{name}.csv" for name in TABLES), "park.yml"]
    for file in sorted([*(folder / n for n in names), *folder.glob("scenarios/*.yml")]):
        # one that is missing or cannot be read has been named as a problem already
        with contextlib.suppress(OSError), file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").digest()
            if not is_aside(file.name):
                name = file.relative_to(folder).as_posix()
                digest.update(name.encode(errors="surrogateescape") + b"\0" + content)
    return digest.hexdigest()


def cell_text(value: Any) -> str:
    """A cell of a workbook as the text that a CSV file would hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column + 1))


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows as texts, all as wide as the first or, with cells beside the table, wider."""
    width = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [cell_text(value) for value in values]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        width = width or len(cells)
        yield number, cells + [""] * (width - len(cells))


def _sheet(name: str, sheet: Any) -> RawTable:
    def misfit(row: int, cells: list[str], width: int) -> Problem:
        at = next(i for i, cell in enumerate(cells) if i >= width and cell.strip())
        place = f"cell {_letter(at)}{row}"
        return Problem(name, repr(cells[at][:60]), "nothing beside the table", row, place)

    return _tabulate(name, _sheet_rows(sheet), misfit)


def _sheets(path: Path, data: bytes) -> dict[str, Any]:
    """Sheets of a workbook that belong to a park, by name."""
    if not data.startswith(b"PK"):
        raise InputError(Problem(path.name, "no workbook", "a park's folder, or its workbook in xlsx"))
    worksheets, uncomputed = open_xlsx(path.name, data, MAX_UNPACKED, MAX_CELLS)
    sheets = {s.title.strip().lower(): s for s in worksheets}
    known = {name: sheet for name, sheet in sheets.items() if name in {*TABLES, *KEYED}}
    titles = {sheet.title for sheet in known.values()}
    problems = [
        replace(p, file=f"{path.name}, sheet {p.file}", column=f"cell {p.column}{p.row}")
        for p in uncomputed
        if p.file in titles
    ] or [
        Problem(
            path.name, "no such sheet", f"a sheet {name}", nearest=nearest(name, set(sheets) - set(known))
        )
        for name in (*REQUIRED_TABLES, "park")
        if name not in known
    ]
    if problems:
        raise InputError(told_once(problems))
    return known


def _insert(document: Located, key: str, value: str | None, row: int) -> str | None:
    """Put a value where a dotted key leads; return what is wrong with the key."""
    *way, last = parts = [part.strip() for part in key.split(".")]
    if len(parts) > MAX_PARTS or not all(parts):
        return f"names joined by dots, at most {MAX_PARTS}"
    node = document
    for part in way:
        if part not in node:
            node[part], node.lines[part] = Located({}, {}), row
        if not isinstance(node[part], Located):
            return f"a key that does not go on from {part}, which has a value in row {node.lines[part]}"
        node = node[part]
    if last in node:
        return f"each key once, first in row {node.lines[last]}"
    node[last], node.lines[last] = value, row
    return None


def _numbered(node: Any) -> Any:
    """Mappings whose keys are 1, 2, 3 … stand for lists."""
    if not isinstance(node, Located):
        return node
    items = {key: _numbered(value) for key, value in node.items()}
    if items and list(items) == [str(i + 1) for i in range(len(items))]:
        return LocatedList(items.values(), dict(enumerate(node.lines.values())))
    return Located(items, node.lines)


def _documents(name: str, table: RawTable, problems: list[Problem]) -> dict[str, Located]:
    """Documents of key and value rows by scenario, one without a name where the sheet has no such column."""
    columns = KEYED[name.partition(".")[0]]
    missing = [c for c in columns if c not in table.header]
    problems += [*table.problems, *(Problem(name, "no such column", f"a column {c}", 1, c) for c in missing)]
    documents: dict[str, Located] = {}
    for row, cells in [] if missing else table.records:
        scenario, key = cells.get("scenario", "").strip(), cells["key"].strip()
        if "scenario" in columns and not is_identifier(scenario):
            found = f"the scenario name {scenario[:80]!r}"
            problems.append(Problem(name, found, SCENARIO_NAME, row, "scenario"))
            continue
        document = documents.setdefault(scenario, Located({}, {}))
        if wrong := _insert(document, key, cells["value"].strip() or None, row):
            problems.append(Problem(name, repr(key[:80]), wrong, row, "key"))
    if len(documents) > MAX_SCENARIOS:
        problems.append(Problem(name, f"{len(documents)} scenarios", f"at most {MAX_SCENARIOS}"))
    return {key: _numbered(document) for key, document in documents.items()}


def read_workbook(path: Path) -> Raw:
    """Read the sheets of a park's workbook.

    Raises
    ------
    InputError
        When the file is no workbook, is damaged, holds macros or links, or lacks a sheet.
    """
    data = read_bytes(path)
    problems: list[Problem] = []
    tables: dict[str, RawTable] = {}
    documents: dict[str, dict[str, Located]] = {}
    for name, sheet in _sheets(path, data).items():
        file = "park.yml" if name == "park" else f"{name}.csv"
        table = attempt(problems, _sheet, file, sheet)
        if table is not None:
            tables[name] = table
            if name in KEYED:
                documents[name] = _documents(file, table, problems)
    return Raw(
        id=path.stem,
        tables={name: table for name, table in tables.items() if name in TABLES},
        park=documents.get("park", {}).get(""),
        scenarios=documents.get("scenarios", {}),
        problems=problems,
        digest=hashlib.sha256(data).hexdigest(),
        place=partial(_in_sheet, path.name, {name: table.header for name, table in tables.items()}),
    )


def _in_sheet(book: str, headers: Mapping[str, list[str]], problem: Problem) -> Problem:
    """Name sheet and cell in place of file and column."""
    name, _, scenario = problem.file.removesuffix(".csv").removesuffix(".yml").partition("/")
    header, column = headers.get(name, []), problem.column
    cell = "value" if name in KEYED and column not in header else column
    if problem.row is not None and cell in header:
        column = f"{column} (cell {_letter(header.index(cell))}{problem.row})"
    file = f"{book}, sheet {name}" + (f", scenario {scenario}" if scenario else "")
    return replace(problem, file=file, column=column)
