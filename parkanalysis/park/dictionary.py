"""The data dictionary and the JSON Schemas, made from the declarations that check a park's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from parkanalysis.park.schema import ParkFile, ScenarioFile
from parkanalysis.park.table_schema import KEYS, REQUIRED_TABLES, TABLES

__all__ = ["BEGIN", "END", "dictionary", "json_schemas", "replace_between"]

BEGIN = "<!-- data dictionary: made by `python -m parkanalysis.park.dictionary`, do not edit -->"
END = "<!-- end of the data dictionary -->"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each kind of file, by file name.

    ``park.json`` and ``scenario.json`` describe the YAML files, the others the rows of the tables, as
    lists of objects whose cells are text.

    Examples
    --------
    >>> sorted(json_schemas())[:3]
    ['figures.json', 'history.json', 'levers.json']
    """
    documents: dict[str, type[BaseModel]] = {"park": ParkFile, "scenario": ScenarioFile}
    schemas = {f"{name}.json": _schema(model) for name, model in documents.items()}
    for name, model in TABLES.items():
        row = _schema(model)
        definitions = row.pop("$defs", {})
        row.pop("$schema")
        table = {"$schema": DIALECT, "title": f"{name}.csv", "type": "array", "items": row}
        schemas[f"{name}.json"] = {**table, **({"$defs": definitions} if definitions else {})}
    return schemas


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, **_strict(model.model_json_schema(mode="validation"))}


def _strict(node: Any) -> Any:
    """Names that must follow a pattern, said so that names that do not are refused."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _strict(value) for key, value in node.items()}
    patterns = node.pop("patternProperties", None)
    if patterns:
        ((pattern, values),) = patterns.items()
        node["propertyNames"] = {**node.get("propertyNames", {}), "pattern": pattern}
        node["additionalProperties"] = values
    return node


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
    if kind == "string" and "pattern" in schema and "maxLength" in schema and schema["maxLength"] == 64:
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
    for name, model in TABLES.items():
        schema = _schema(model)
        need = "required" if name in REQUIRED_TABLES else "optional"
        key = f"; `{KEYS[name]}` is unique" if name in KEYS else ""
        about = _cell(model.__doc__).removeprefix(f"{name}.csv: ")
        lines += [f"### {name}.csv", "", f"{about} ({need}{key})".replace(". (", " ("), ""]
        lines += [*_table(schema, schema.get("$defs", {})), ""]
    for title, document in (("park.yml", ParkFile), ("scenarios/*.yml", ScenarioFile)):
        schema = _schema(document)
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


def write(root: Path) -> list[Path]:
    """Write the schemas into ``parkanalysis/schemas`` and the dictionary into ``data/README.md``."""
    written = []
    for name, schema in json_schemas().items():
        file = root / "parkanalysis" / "schemas" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(file)
    readme = root / "data" / "README.md"
    text = replace_between(readme.read_text(encoding="utf-8"), dictionary())
    readme.write_text(text, encoding="utf-8")
    return [*written, readme]


if __name__ == "__main__":
    for path in write(Path(__file__).resolve().parent.parent.parent):
        print(path.name)
