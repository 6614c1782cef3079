"""A new park: a folder, or a workbook, of commented templates that renders at once."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from parkanalysis.cleaning import draft_ledger, read_document
from parkanalysis.errors import InputError, Problem
from parkanalysis.park.schema import TABLES, ParkFile, ScenarioFile, is_identifier, json_schema
from parkanalysis.park.workbook import write_workbook
from parkanalysis.quantities import parse

TEMPLATE = Path(__file__).resolve().parent / "template_park"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLE_SOURCE = "example"  # the source of every invented number of the template
MAX_NAME = 200


def create(directory: str | Path, name: str | None = None, report: str | Path | None = None) -> list[str]:
    """Make a park from the template.

    Parameters
    ----------
    directory : str or Path
        Folder to make; where it ends in ``.xlsx``, the park becomes one workbook.
    name : str, optional
        Name of the zone, in any script; the template's without.
    report : str or Path, optional
        Work report (txt, md, docx, html, pdf); every quantity in it becomes a row of figures.csv, to be
        confirmed.

    Returns
    -------
    list of str
        What was written and what to fill in first, a line each.

    Raises
    ------
    InputError
        When the place is taken or cannot be written, or the report cannot be read. Nothing is left
        behind then.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lines = create(Path(folder) / "zone", name="高新区")
    ...     read_park(Path(folder) / "zone").label("zh")
    '高新区'
    >>> lines[-9]
    'All numbers are invented. Fill in first (file by file):'
    """
    target = Path(directory)
    _check_name(name)
    drafted = [] if report is None else _draft(Path(report))
    with _writing(target) as folder:
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        _name(folder / "park.yml", name)
        if report is not None:
            _add_draft(folder, drafted, Path(report).name)
        _write_schemas(folder / "schemas")
        written = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return _instructions(target, written, len(drafted))


def _instructions(target: Path, written: list[str], drafted: int) -> list[str]:
    book = target.suffix.lower() == ".xlsx"
    lines = [f"{target}: one sheet a table"] if book else [f"{target}{os.sep}{file}" for file in written]
    sheet = "sheet" if book else "file"
    lines += ["", f"All numbers are invented. Fill in first ({sheet} by {sheet}):"]
    lines += [
        "1. park: name, base_year, target_year, as_of, industries",
        "2. sources: a row for each report or table",
        "3. figures: published value added and output of each industry, as printed",
        "4. history: a series whose growth stands for the park's, two complete years or more",
        "5. value_added_rates and levers: every other uncertain number, with its range",
        "6. plants, products and shocks in park; scenarios",
    ]
    if drafted:
        lines.insert(
            3, f"{drafted} figures drafted from the report: confirm each, delete what is not needed."
        )
    return [*lines, "", f"Then: parkanalysis check {target}"]


def _check_name(name: str | None) -> None:
    if name is None:
        return
    allowed = f"1 to {MAX_NAME} characters that can be printed"
    if not name.strip() or len(name) > MAX_NAME or not all(c.isprintable() for c in name):
        raise InputError(Problem("--name", repr(name[:60]), allowed))


def _name(file: Path, name: str | None) -> None:
    if name is None:
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    # a JSON string is a YAML string, whatever stands in it
    quoted = f"name: {json.dumps(name, ensure_ascii=False)}\n"
    text = "".join(quoted if line.startswith("name:") else line for line in lines)
    file.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when all is well, and vanishes otherwise."""
    book = target.suffix.lower() == ".xlsx"
    aside: Path | None = None
    try:
        if target.is_symlink() or target.exists():
            taken = target.is_symlink() or not target.is_dir() or any(target.iterdir())
            if taken or book:
                raise InputError(Problem(str(target), "something there already", "a new or empty folder"))
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        folder = aside / "park"
        folder.mkdir()
        yield folder
        if book:
            write_workbook(folder, aside / "park.xlsx")
            os.replace(aside / "park.xlsx", target)
        else:
            with contextlib.suppress(FileNotFoundError):
                target.rmdir()
            os.replace(folder, target)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = getattr(error, "strerror", None) or str(error)
        raise InputError(Problem(str(target)[:200], found, "a place that can be written")) from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def _draft(report: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for cells in draft_ledger(read_document(report), _source(report)).to_dict("records"):
        row = {str(key): " ".join(str(value).split()) for key, value in cells.items()}
        with contextlib.suppress(InputError):
            parse(row["quantity"])
            # a cell that the report does not fill is for the analyst
            rows.append(
                {key: value or ("" if key in ("period", "note") else "?") for key, value in row.items()}
            )
    return rows


def _source(report: Path) -> str:
    """Name of the report among the sources."""
    stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in report.stem.lower()).strip("_")[:40]
    return stem if is_identifier(stem) and stem != EXAMPLE_SOURCE else "work_report"


def _add_draft(folder: Path, rows: list[dict[str, str]], title: str) -> None:
    if rows:
        _append(folder / "figures.csv", rows)
        source = {"source": rows[0]["source"], "title": title, "publisher": "?", "note": "drafted; confirm"}
        _append(folder / "sources.csv", [source])


def _append(file: Path, rows: list[dict[str, str]]) -> None:
    header = file.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, restval="", lineterminator="\n")
    writer.writerows(rows)
    with file.open("a", encoding="utf-8", newline="") as stream:
        stream.write(buffer.getvalue())


def _write_schemas(folder: Path) -> None:
    """Schemas beside the files, which editors complete and check against."""
    folder.mkdir()
    for name, schema in json_schemas().items():
        (folder / name).write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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
    return {"$schema": DIALECT, **_strict(json_schema(model))}


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
