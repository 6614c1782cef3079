"""Check records and documents against models; every problem says file, row, column, found and allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.park.files import MAX_PROBLEMS, Records, line_of

__all__ = ["known_keys", "parse_model", "validate_rows"]

M = TypeVar("M", bound=BaseModel)

_SLICE = 5_000


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
    from parkanalysis.park.levers import UNITS
    from parkanalysis.quantities.quantities import parse

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
    schema = model.model_json_schema() if any(e["type"] == "extra_forbidden" for e in errors) else {}
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
