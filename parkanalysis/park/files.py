"""Raw reading of park files: bytes to records, each value located; nothing here knows what a park is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parkanalysis.cleaning.encoding import is_gbk
from parkanalysis.errors import InputError, Problem

__all__ = [
    "MAX_BYTES",
    "Located",
    "LocatedList",
    "Records",
    "Table",
    "line_of",
    "parse_yaml",
    "read_bytes",
    "read_csv",
    "read_text",
    "read_yaml",
]

MAX_BYTES = 20_000_000
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
class Table:
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


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a plain file of bounded size, or say why not.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> read_bytes(park_path("qingzhen") / "figures.csv")[:13]
    b'figure,source'
    """
    name = path.name
    try:
        if not path.is_file():
            found = "a folder or a special file" if path.exists() else "no such file"
            raise InputError(Problem(name, found, "a file"))
        with path.open("rb") as file:
            # the size that the directory states may be out of date, or zero for a device
            data = file.read(limit + 1)
    except OSError as error:
        raise InputError(Problem(name, error.strerror or "unreadable", "a file that can be read")) from None
    if len(data) > limit:
        raise InputError(Problem(name, f"more than {limit:,} bytes", f"at most {limit:,} bytes"))
    return data


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Read a UTF-8 file (a byte-order mark is allowed); refuse anything else with a clear message.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> read_text(park_path("qingzhen") / "figures.csv").split(",")[:4]
    ['figure', 'source', 'place', 'subject']
    """
    name, data = path.name, read_bytes(path, limit)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(Problem(name, "text in UTF-16", "text in UTF-8 (save it as UTF-8)", 1))
    if b"\0" in data:
        row = data[: data.index(b"\0")].count(b"\n") + 1
        raise InputError(Problem(name, "a NUL byte (a binary file?)", "text in UTF-8", row))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = "text in GBK" if is_gbk(data) else f"the byte 0x{data[error.start]:02x}"
        how = 'save it as "CSV UTF-8"' if name.lower().endswith(".csv") else "save it as UTF-8"
        raise InputError(Problem(name, found, f"text in UTF-8 ({how})", line)) from None
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


def read_csv(path: Path) -> Table:
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
    return Table(records, problems)


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
