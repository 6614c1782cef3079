"""Write the data dictionary in data/README.md, made from the declarations that check a park's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import parkanalysis.model.shocks  # noqa: F401 - the kinds of shocks
from parkanalysis.park.new import json_schemas
from parkanalysis.park.schema import KEYS, REQUIRED_TABLES, TABLES, ParkFile, ScenarioFile

BEGIN = "<!-- data dictionary: made by `make dictionary`, do not edit -->"
END = "<!-- end of the data dictionary -->"


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _kind(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What may stand in a field, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"a mapping, see {name}" if "properties" in definitions[name] else name
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    branches = schema.get("anyOf", schema.get("oneOf"))
    if branches:
        kinds = dict.fromkeys(_kind(b, definitions) for b in branches if b.get("type") != "null")
        return " or ".join(kinds)
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}: {_kind(schema['prefixItems'][0], definitions)}"
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), definitions)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        keys = schema.get("propertyNames", {})
        values = _kind(schema["additionalProperties"], definitions)
        return f"for each of {_kind(keys, definitions)}: {values}" if "enum" in keys else f"by name: {values}"
    if schema.get("format") == "date":
        return "date (YYYY-MM-DD)"
    if kind == "string" and schema.get("maxLength") == 64:
        return "name"
    return _numbers(schema) or {"string": "text"}.get(str(kind), str(kind))


def _numbers(schema: dict[str, Any]) -> str:
    if schema.get("type") not in ("number", "integer"):
        return ""
    word = "whole number" if schema["type"] == "integer" else "number"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{s} {schema[k]:g}" for k, s in signs.items() if k in schema and abs(schema[k]) < 1e12]
    return f"{word} {', '.join(limits)}".strip()


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    required = set(schema.get("required", []))
    lines = ["| name | required | may be | meaning |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        default = field.get("default")
        needed = (
            "yes" if name in required else f"no, `{default}`" if default not in (None, "", {}, []) else "no"
        )
        meaning = _cell(field.get("description", ""))
        lines.append(f"| `{name}` | {needed} | {_cell(_kind(field, definitions))} | {meaning} |")
    return lines


def dictionary() -> str:
    """The data dictionary as Markdown: every file of a park, every field.

    Examples
    --------
    >>> "levers.csv" in dictionary()
    True
    """
    lines: list[str] = []
    schemas = json_schemas()
    for name, model in TABLES.items():
        schema = schemas[f"{name}.json"]
        need = "required" if name in REQUIRED_TABLES else "optional"
        key = f"; `{KEYS[name]}` is unique" if name in KEYS else ""
        about = _cell(model.__doc__).removeprefix(f"{name}.csv: ")
        lines += [f"### {name}.csv", "", f"{about} ({need}{key})".replace(". (", " ("), ""]
        lines += [*_table(schema["items"], schema.get("$defs", {})), ""]
    for title, document, file in (
        ("park.yml", ParkFile, "park"),
        ("scenarios/*.yml", ScenarioFile, "scenario"),
    ):
        schema = schemas[f"{file}.json"]
        definitions = schema.get("$defs", {})
        about = _cell(document.__doc__).partition(": ")[2]
        lines += [f"### {title}", "", about, "", *_table(schema, definitions), ""]
        for name, part in definitions.items():
            if "properties" in part:
                lines += [f"#### {name}", "", _cell(part.get("description", "")), ""]
                lines += [*_table(part, definitions), ""]
    return "\n".join(lines)


def replace_between(text: str, new: str) -> str:
    """Text with what stands between the two marks replaced.

    Examples
    --------
    >>> replace_between(f"a {BEGIN}x{END} b", "y") == f"a {BEGIN}\\n\\ny\\n{END} b"
    True
    """
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{new}\n{END}{after}"


if __name__ == "__main__":
    readme = Path(__file__).resolve().parent.parent / "data" / "README.md"
    readme.write_text(replace_between(readme.read_text(encoding="utf-8"), dictionary()), encoding="utf-8")
