"""Raw reading of park files: bytes to records, each problem located; nothing here knows what a park is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from parkanalysis.errors import InputError, Problem, nearest

__all__ = [
    "MAX_BYTES",
    "Records",
    "line_of",
    "parse_model",
    "read_csv",
    "read_text",
    "read_yaml",
    "validate_rows",
]

M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 20_000_000
MAX_YAML_BYTES = 1_000_000
MAX_DEPTH = 20

# row of the file (the header is row 1) and the cells by column
Records = list[tuple[int, dict[str, str]]]


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Read a UTF-8 file (a byte-order mark is allowed); refuse anything else with a clear message."""
    name = path.name
    try:
        size = path.stat().st_size
        if size > limit:
            raise InputError(Problem(name, f"{size:,} bytes", f"at most {limit:,} bytes"))
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(name, error.strerror or "unreadable", "a file that can be read")) from None
    if b"\0" in data:
        raise InputError(Problem(name, "a NUL byte (a binary file?)", "text in UTF-8"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"the byte 0x{data[error.start]:02x}"
        raise InputError(Problem(name, found, "text in UTF-8 (save it as UTF-8)", line)) from None


def read_csv(path: Path) -> Records:
    """Read a CSV file with a header as text cells; blank lines are passed over."""
    name = path.name
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    problems: list[Problem] = []
    records: Records = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            raise InputError(Problem(name, "an empty file", "a header and rows"))
        repeated = sorted({c for c in header if header.count(c) > 1})
        if repeated:
            raise InputError(Problem(name, f"columns twice: {', '.join(repeated)}", "each column once", 1))
        allowed = f"{len(header)} cells, as in the header"
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(Problem(name, f"{len(cells)} cells", allowed, reader.line_num))
                continue
            records.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        problems.append(Problem(name, f"broken quoting ({error})", "valid CSV", reader.line_num))
    if problems:
        raise InputError(problems)
    return records


def validate_rows(name: str, records: Records, model: type[BaseModel], key: str | None) -> list[BaseModel]:
    """Check records against a row model; all problems are raised at once."""
    columns = list(model.model_fields)
    found = set(records[0][1]) if records else set(columns)
    required = {c for c, f in model.model_fields.items() if f.is_required()}
    problems = [
        Problem(name, f"column {column!r}", ", ".join(columns), 1, nearest=nearest(column, columns))
        for column in sorted(found - set(columns))
    ]
    problems += [
        Problem(name, "no such column", f"a column {column}", 1, column)
        for column in sorted(required - found)
    ]
    if problems:
        raise InputError(problems)
    try:
        rows = TypeAdapter(list[model]).validate_python([cells for _, cells in records])  # type: ignore[valid-type]
    except ValidationError as error:
        raise InputError(
            _problem(name, e, records[int(e["loc"][0])][0], e["loc"][1:])
            for e in error.errors(include_url=False)
        ) from None
    if key is not None:
        problems = _repeated(name, records, key)
    if problems:
        raise InputError(problems)
    return list(rows)


def _repeated(name: str, records: Records, key: str) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for row, cells in records:
        value = cells[key].strip()
        if value in seen:
            problems.append(
                Problem(name, f"{value!r} again, first in row {seen[value]}", "each name once", row, key)
            )
        seen.setdefault(value, row)
    return problems


def _short(value: Any) -> str:
    text = repr(value) if not isinstance(value, BaseModel) else type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


def _problem(
    name: str, error: Mapping[str, Any], row: int | None, loc: Sequence[Any], known: Iterable[str] = ()
) -> Problem:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    column = ".".join(str(part) for part in loc) or None
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(loc[-1])
        allowed = ", ".join(known) or "known keys only"
        return Problem(name, f"unknown key {key!r}", allowed, row, column, nearest(key, known))
    if kind == "missing":
        return Problem(name, "nothing", "a value", row, column)
    near = None
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(error["ctx"].get("expected") or error["ctx"].get("expected_tags"))
        choices = [c.strip(" '") for c in expected.replace(" or ", ", ").split(",")]
        near = nearest(str(error["input"] if kind == "literal_error" else error["ctx"]["tag"]), choices)
        message = ", ".join(choices)
    return Problem(name, _short(error["input"]), message, row, column, near)


def read_yaml(path: Path) -> Any:
    """Read a YAML file safely: no aliases, no tags, no duplicate keys, bounded size and depth.

    Returns mappings that remember the line of each key (ruamel's round-trip types).
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = read_text(path, MAX_YAML_BYTES)
    try:
        _refuse_cleverness(path.name, YAML(typ="rt").parse(text))
        return YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(str(error.problem or error.context).split())
        raise InputError(Problem(path.name, found, "valid YAML", mark.line + 1 if mark else None)) from None
    except InputError:
        raise
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(Problem(path.name, str(error).splitlines()[0][:120], "valid YAML")) from None


def _refuse_cleverness(name: str, events: Iterable[Any]) -> None:
    """Look at the stream of events before anything is built from it."""
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None or isinstance(event, AliasEvent):
            raise InputError(Problem(name, "an anchor or alias", "plain YAML without & and *", line))
        if getattr(event, "tag", None) not in (None, "!"):
            raise InputError(Problem(name, f"the tag {event.tag}", "plain YAML without tags", line))
        if depth > MAX_DEPTH:
            raise InputError(Problem(name, "deeper nesting", f"at most {MAX_DEPTH} levels", line))


def plain(value: Any) -> Any:
    """Turn ruamel's types into plain ones, so that error messages show what was typed."""
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def line_of(node: Any, loc: Sequence[Any]) -> int | None:
    """Line of the deepest key of ``loc`` that the file has."""
    line: int | None = None
    for part in loc:
        try:
            if isinstance(node, Mapping) and part in node:
                line = node.lc.key(part)[0] + 1  # type: ignore[attr-defined]
                node = node[part]
            elif isinstance(node, list) and isinstance(part, int):
                line = node.lc.item(part)[0] + 1  # type: ignore[attr-defined]
                node = node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            return line
    return line


def parse_model(name: str, document: Any, model: type[M]) -> M:
    """Check a YAML document against a model; each problem names its line and key."""
    if not isinstance(document, Mapping):
        raise InputError(Problem(name, "no mapping", "keys and values", 1))
    try:
        return model.model_validate(plain(document))
    except ValidationError as error:
        raise InputError(
            _problem(
                name,
                e,
                line_of(document, e["loc"]),
                e["loc"],
                list(model.model_fields) if len(e["loc"]) == 1 else (),
            )
            for e in error.errors(include_url=False)
        ) from None
