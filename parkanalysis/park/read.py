"""Reading a park's folder: bytes to records, each value located; records to rows, each problem named.

Every problem says file, row, column, what was found and what is allowed, and all problems of all files
are listed at once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from parkanalysis.cleaning import MAX_BYTES, decode, read_bytes
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.park.levers import UNITS
from parkanalysis.park.schema import REQUIRED_TABLES, TABLES, is_identifier, json_schema
from parkanalysis.quantities import parse

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

MAX_SCENARIOS = 500
_SLICE = 5_000
MAX_YAML_BYTES = 500_000
MAX_DEPTH = 20
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_PROBLEMS = 1_000

# what stands between the cells of tables that were not saved with commas
_SEPARATORS = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    "；": "Chinese semicolons",
    "，": "Chinese commas",
}

# row of the file (the header is row 1) and the cells by column
Records = list[tuple[int, dict[str, str]]]

# control characters that no text of a park needs and that XML and terminals choke on
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?=[^eE]*\.|.*[eE])([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?"
)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)


@dataclass(frozen=True)
class CsvTable:
    """Rows of a table and what was wrong with the others."""

    records: Records
    problems: list[Problem] = field(default_factory=list)


class Located(dict[str, Any]):
    """A mapping that knows the line of each key."""

    def __init__(self, items: Mapping[str, Any], lines: Mapping[str, int]) -> None:
        super().__init__(items)
        self.lines = dict(lines)


class LocatedList(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self, items: Iterable[Any], lines: Iterable[int]) -> None:
        super().__init__(items)
        self.lines = dict(enumerate(lines))


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


def header_problems(name: str, header: Sequence[str]) -> list[Problem]:
    """What is wrong with the header of a table."""
    if len(header) > MAX_COLUMNS:
        return [Problem(name, f"{len(header):,} columns", f"at most {MAX_COLUMNS} columns", 1)]
    if not any(header):
        return [Problem(name, "an empty file", "a header and rows")]
    repeated = sorted({c for c in header if header.count(c) > 1})
    allowed = "a name for each column" if repeated == [""] else "each column once"
    found = f"columns twice: {', '.join(map(repr, repeated))}"
    return [Problem(name, found, allowed, 1)] if repeated else []


def _check_separator(name: str, text: str) -> None:
    """One problem for the whole table, not one for each column that is then missing."""
    header = text.partition("\n")[0]
    for mark, word in _SEPARATORS.items():
        if mark in header and "," not in header:
            allowed = 'cells separated by commas (save it as "CSV UTF-8 (comma delimited)")'
            raise InputError(Problem(name, f"cells separated by {word}", allowed, 1))


def read_csv(path: Path) -> CsvTable:
    """Read a CSV file with a header as text cells; blank lines are passed over.

    A row is known by the line it begins on. Rows of the wrong length are problems; the others stand.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> row, cells = read_csv(park_path("qingzhen") / "figures.csv").records[0]
    >>> row, cells["figure"], cells["quantity"]
    (2, 'threshold_above_scale', '2000 万元以上')
    """
    name = path.name
    text = read_text(path)
    _check_separator(name, text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    records: Records = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if problems := header_problems(name, header):
            raise InputError(problems)
        allowed = f"{len(header)} cells, as in the header"
        line = reader.line_num + 1
        for cells in reader:
            row, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(Problem(name, f"{len(cells)} cells", allowed, row))
                if len(problems) >= MAX_PROBLEMS:
                    break
                continue
            if len(records) >= MAX_ROWS:
                problems.append(Problem(name, "more rows", f"at most {MAX_ROWS:,} rows", row))
                break
            records.append((row, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        problems.append(Problem(name, f"broken quoting ({error})", "valid CSV", reader.line_num))
    return CsvTable(records, problems)


def _loader() -> Any:
    import yaml  # type: ignore[import-untyped]

    # libyaml reads thirty times as fast; without it the same classes exist in Python
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    import yaml
    from yaml.error import MarkedYAMLError, YAMLError  # type: ignore[import-untyped]

    loader = _loader()
    try:
        _refuse_cleverness(name, yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
        return None if node is None else _build(name, node)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(str(error.problem or error.context).split()).removeprefix("found ")
        line = mark.line + 1 if mark else None
        if mark and text[mark.index : mark.index + 1] == "\t":
            raise InputError(Problem(name, "a tab", "spaces", line)) from None
        raise InputError(Problem(name, found, "valid YAML", line)) from None
    except UnicodeEncodeError as error:
        found = f"the character {text[error.start]!r}"
        raise InputError(Problem(name, found, "text that UTF-8 can hold")) from None
    except YAMLError as error:
        raise InputError(Problem(name, str(error).splitlines()[0][:120], "valid YAML")) from None


def _refuse_cleverness(name: str, events: Iterable[Any]) -> None:
    """Look at the stream of events before anything is built from it."""
    from yaml.events import (  # type: ignore[import-untyped]
        AliasEvent,
        CollectionEndEvent,
        CollectionStartEvent,
    )

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None or isinstance(event, AliasEvent):
            raise InputError(Problem(name, "an anchor or alias", "plain YAML without & and *", line))
        if getattr(event, "tag", None) not in (None, "!"):
            raise InputError(Problem(name, f"the tag {event.tag[:60]}", "plain YAML without tags", line))
        if depth > MAX_DEPTH:
            raise InputError(Problem(name, "deeper nesting", f"at most {MAX_DEPTH} levels", line))


def scalar(text: str) -> Any:
    """Plain YAML scalar as a value: number, truth, nothing, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _build(name: str, node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return scalar(node.value) if node.style in (None, "") else node.value
    if isinstance(node, yaml.SequenceNode):
        lines = [item.start_mark.line + 1 for item in node.value]
        return LocatedList((_build(name, item) for item in node.value), lines)
    items: dict[str, Any] = {}
    lines_of: dict[str, int] = {}
    problems: list[Problem] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(name, "a list or mapping as a key", "a name as a key", line))
        elif key.value in items:
            found = f"the key {key.value[:60]!r} again, first in line {lines_of[key.value]}"
            problems.append(Problem(name, found, "each key once", line))
        else:
            items[key.value], lines_of[key.value] = _build(name, value), line
    if problems:
        raise InputError(problems)
    return Located(items, lines_of)


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


def validate_rows(
    name: str, records: Records, model: type[M], key: str | None
) -> tuple[list[tuple[int, M]], list[Problem]]:
    """Check records against a row model.

    Parameters
    ----------
    name : str
        File, for messages.
    records : list of (row, cells)
    model : type of BaseModel
    key : str, optional
        Column whose values must differ.

    Returns
    -------
    rows : list of (row, model)
        The rows that hold.
    problems : list of Problem
        What is wrong with the others; the list stops after the first thousand.

    Examples
    --------
    >>> class Firm(BaseModel):
    ...     firm: str
    ...     workers: int
    >>> records = [(2, {"firm": "a", "workers": "76"}), (3, {"firm": "a", "workers": "many"})]
    >>> rows, problems = validate_rows("firms.csv", records, Firm, "firm")
    >>> print(rows[0], *problems, sep="\\n")
    (2, Firm(firm='a', workers=76))
    firms.csv, row 3, column workers: found 'many'; allowed: a valid integer, unable to parse string as
    an integer
    firms.csv, row 3, column firm: found 'a' again, first in row 2; allowed: each name once
    """
    columns = list(model.model_fields)
    found = set(records[0][1]) if records else set(columns)
    required = [c for c, f in model.model_fields.items() if f.is_required()]
    problems = [
        Problem(name, f"column {_short(column)}", ", ".join(columns), 1, nearest=nearest(column, columns))
        for column in sorted(found - set(columns))
    ]
    problems += [
        Problem(name, "no such column", f"a column {column}", 1, column)
        for column in required
        if column not in found
    ]
    if problems:
        return [], problems
    rows: list[tuple[int, M]] = []
    adapter = TypeAdapter(list[model])  # type: ignore[valid-type]
    for start in range(0, len(records), _SLICE):
        part = records[start : start + _SLICE]
        good, bad = _validate(name, part, adapter)
        rows += good
        problems += bad
        if len(problems) >= MAX_PROBLEMS:
            break
    if key is not None:
        problems += _repeated(name, records, key)
    return rows, problems[:MAX_PROBLEMS]


def _validate(name: str, part: Records, adapter: TypeAdapter[Any]) -> tuple[list[Any], list[Problem]]:
    numbers = [row for row, _ in part]
    try:
        return list(zip(numbers, adapter.validate_python([c for _, c in part]), strict=True)), []
    except ValidationError as error:
        found = error.errors(include_url=False)[: MAX_PROBLEMS + 1]
    bad = {int(e["loc"][0]) for e in found}
    problems = [_problem(name, e, numbers[int(e["loc"][0])], e["loc"][1:]) for e in found]
    if len(found) > MAX_PROBLEMS:
        return [], problems
    good = [record for i, record in enumerate(part) if i not in bad]
    values = adapter.validate_python([c for _, c in good])
    return [(row, value) for (row, _), value in zip(good, values, strict=True)], problems


def _repeated(name: str, records: Records, key: str) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for row, cells in records:
        value = cells[key].strip()
        if value in seen:
            found = f"{_short(value)} again, first in row {seen[value]}"
            problems.append(Problem(name, found, "each name once", row, key))
        seen.setdefault(value, row)
    return problems


def _short(value: Any) -> str:
    if isinstance(value, str) and not value.strip():
        return "nothing"
    if isinstance(value, Mapping):
        text = f"the keys {', '.join(map(str, value))}" if value else "no keys"
    else:
        text = repr(value) if not isinstance(value, BaseModel) else type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


def _problem(
    name: str, error: Mapping[str, Any], row: int | None, loc: Sequence[Any], known: Sequence[str] = ()
) -> Problem:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    column = ".".join(str(part) for part in loc)[:200] or None
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(loc[-1])
        allowed = ", ".join(known) or "known keys only"
        return Problem(name, f"unknown key {_short(key)}", allowed, row, column, nearest(key, known))
    if kind in ("missing", "union_tag_not_found"):
        return Problem(name, "nothing", "a value", row, column)
    near = None
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(error["ctx"].get("expected") or error["ctx"].get("expected_tags"))
        choices = [c.strip(" '") for c in expected.replace(" or ", ", ").split(",")]
        value = str(error["input"] if kind == "literal_error" else error["ctx"]["tag"])
        near = _unit(value, choices) or nearest(value, choices)
        return Problem(name, _short(value), ", ".join(choices), row, column, near)
    return Problem(name, _short(error["input"]), message, row, column, near)


def _unit(printed: str, choices: Sequence[str]) -> str | None:
    """The code of a unit that is written as statistics print it: 万吨 is 10k_t."""
    if printed.isascii():
        return None
    try:
        one = parse(f"1 {printed}")
    except InputError:
        return None
    codes = {measure: code for code, measure in UNITS.items() if code in choices}
    return codes.get((one.unit, one.value))


def _visible(document: Any, loc: Sequence[Any], named: bool) -> list[Any]:
    """The parts of a location that a reader of the file sees, without the validator's own branches.

    ``named`` says that the last part is a key, even where it does not stand in the file.
    """
    parts: list[Any] = []
    for i, part in enumerate(loc):
        inside = isinstance(document, Mapping) and part in document
        inside |= isinstance(document, list) and isinstance(part, int) and part < len(document)
        if inside:
            document = document[part]
        if inside or (named and i == len(loc) - 1):
            parts.append(part)
    return parts


def known_keys(schema: Mapping[str, Any], loc: Iterable[Any]) -> list[str]:
    """Keys that a JSON Schema knows at a location; empty where any key may stand.

    Examples
    --------
    >>> known_keys({"properties": {"a": {"properties": {"b": {}, "c": {}}}}}, ["a"])
    ['b', 'c']
    """
    node: Mapping[str, Any] = schema

    def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return node

    for part in loc:
        node = resolve(node)
        branches = [resolve(n) for n in node.get("oneOf", node.get("anyOf", []))]
        tagged = node.get("discriminator", {}).get("mapping", {})
        if part in tagged:
            node = {"$ref": tagged[part]}
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        elif isinstance(node.get("additionalProperties"), Mapping):
            node = node["additionalProperties"]
        elif "patternProperties" in node:
            node = next(iter(node["patternProperties"].values()))
        elif "items" in node:
            node = node["items"]
        else:
            objects = [n for n in branches if "properties" in n]
            node = objects[0] if len(objects) == 1 else {}
    return list(resolve(node).get("properties", {}))


def parse_model(name: str, document: Any, model: type[M]) -> M:
    """Check a YAML document against a model.

    Raises
    ------
    InputError
        With every problem, its line and key.

    Examples
    --------
    >>> from parkanalysis.park.schema import ScenarioFile
    >>> parse_model("mine.yml", {"title": "Mine", "shoks": "all"}, ScenarioFile)
    Traceback (most recent call last):
    parkanalysis.errors.InputError: mine.yml, column shoks: found unknown key 'shoks'; allowed: title,
    description, shocks, levers; did you mean 'shocks'?
    """
    if not isinstance(document, Mapping):
        found = "an empty file" if document is None else "no mapping"
        raise InputError(Problem(name, found, "keys and values", 1))
    try:
        return model.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False)[:MAX_PROBLEMS]
    schema = json_schema(model) if any(e["type"] == "extra_forbidden" for e in errors) else {}
    raise InputError(
        _problem(
            name,
            e,
            line_of(document, e["loc"]),
            _visible(document, e["loc"], e["type"] in ("missing", "extra_forbidden")),
            known_keys(schema, e["loc"][:-1]) if e["type"] == "extra_forbidden" else (),
        )
        for e in errors
    )


def _as_it_is(problem: Problem) -> Problem:
    return problem


@dataclass(frozen=True)
class Raw:
    """Records and documents of a park.

    Attributes
    ----------
    id : str
        Name of the folder or workbook.
    tables : mapping of str to CsvTable
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
    tables: Mapping[str, CsvTable]
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


def of_park(problems: Iterable[Problem], path: str | Path) -> list[Problem]:
    """Problems of one park among several: each file led by its park.

    Examples
    --------
    >>> print(*of_park([Problem("park.yml", "no such file", "a file")], "parks/mine"))
    mine/park.yml: found no such file; allowed: a file
    """
    name = Path(path).name
    # what was typed as the park is no file of it, and a workbook's problems name it already
    own = ("park", name, f"{name}.xlsx")
    return [p if p.file.partition(",")[0] in own else replace(p, file=f"{name}/{p.file}") for p in problems]


def scenario_problem(file: str, name: str) -> Problem | None:
    """Whether a name can be that of a scenario."""
    if is_identifier(name):
        return None
    return Problem(
        file, f"the scenario name {name[:80]!r}", "lower-case letters, digits and _, a letter first"
    )


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
    names = attempt(problems, _names, folder) or []
    if problems:
        raise InputError(problems)
    tables = {}
    for name in TABLES:
        file = f"{name}.csv"
        if file in names:
            table = attempt(problems, read_csv, folder / file)
            if table is not None:
                tables[name] = table
        elif name in REQUIRED_TABLES:
            near = nearest(file, [n for n in names if n.endswith((".csv", ".CSV"))])
            problems.append(Problem(file, "no such file", f"{file} in the park's folder", nearest=near))
    park = None
    if "park.yml" in names:
        park = attempt(problems, read_yaml, folder / "park.yml")
    else:
        near = nearest("park.yml", [n for n in names if n.endswith((".yml", ".yaml"))])
        problems.append(Problem("park.yml", "no such file", "park.yml in the park's folder", nearest=near))
    scenarios = _scenarios(folder, names, problems)
    return Raw(folder.name, tables, park, scenarios, problems, _digest(folder))


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
    problems += [
        Problem(f"scenarios/{n}", "the ending .yaml", "the ending .yml")
        for n in inside
        if n.endswith(".yaml")
    ]
    if len(files) > MAX_SCENARIOS:
        problems.append(Problem("scenarios", f"{len(files)} files", f"at most {MAX_SCENARIOS}"))
    scenarios = {}
    for name in files[:MAX_SCENARIOS]:
        problem = scenario_problem(f"scenarios/{name}", name.removesuffix(".yml"))
        if problem:
            problems.append(problem)
            continue
        before = len(problems)
        document = attempt(problems, read_yaml, folder / "scenarios" / name)
        problems[before:] = [_inside(p) for p in problems[before:]]
        if len(problems) == before:
            scenarios[name.removesuffix(".yml")] = document
    return scenarios


def _inside(problem: Problem) -> Problem:
    return replace(problem, file=f"scenarios/{problem.file}")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    names = [*(f"{name}.csv" for name in TABLES), "park.yml"]
    files = [*(folder / n for n in names), *folder.glob("scenarios/*.yml")]
    for file in sorted(f for f in files if f.is_file() and not is_aside(f.name)):
        digest.update(file.relative_to(folder).as_posix().encode(errors="surrogateescape") + b"\0")
        try:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:  # it has been named as a problem already
            continue
    return digest.hexdigest()
