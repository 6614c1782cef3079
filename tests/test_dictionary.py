"""Schemas and data dictionary are what the declarations say, and say what the checks do."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import jsonschema
import pytest
from parkfiles import PARKS

from parkanalysis.park.new import TEMPLATE, json_schemas
from parkanalysis.park.park import park_path
from parkanalysis.park.read import parse_yaml, read_yaml
from parkanalysis.park.schema import TABLES

ROOT = Path(__file__).parent.parent


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = script("dictionary")
dictionary = MAKER.dictionary
FOLDERS = [TEMPLATE, PARKS / "harbour", PARKS / "tiny", park_path("qingzhen")]


def validator(name):
    schema = json_schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_published_dictionary_is_that_of_the_declarations():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    inside = text.partition(MAKER.BEGIN)[2].partition(MAKER.END)[0]
    assert inside.strip() == dictionary().strip(), "run: make dictionary"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_schemas_accept_every_park(folder):
    assert list(validator("park.json").iter_errors(read_yaml(folder / "park.yml"))) == []
    for file in (folder / "scenarios").glob("*.yml"):
        assert list(validator("scenario.json").iter_errors(read_yaml(file))) == []


@pytest.mark.parametrize(
    "text",
    [
        "title: A\nshoks: all",
        "title: ''",
        "shocks: all",
        "title: A\nshocks: some",
        "title: A\nshocks: [A B]",
        "title: A\nlevers: {A B: 1}",
        "title: A\nlevers: {a: cheap}",
        "title: A\nlevers: {a: {quantile: 2}}",
        "title: A\nlevers: {a: {middle: 2}}",
        "title: {fr: A}",
    ],
)
def test_the_scenario_schema_refuses_what_the_check_refuses(text):
    assert list(validator("scenario.json").iter_errors(parse_yaml("x.yml", text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: plant_closure", "kind: plant_closing"),
        ("    plant: old_mill", "    plants: old_mill"),
        ("start: 2025-04", "start: April"),
        ("base_year: 2024", "base_year: last"),
        ("growth: baseline_growth", "growth: Baseline growth"),
        ("display_unit: CNY_100m", "display_unit: yuan"),
        ("  steel:\n", "  Steel works:\n"),
        ("name: {zh: 示例园区, en: Example zone}", "title: A"),
    ],
)
def test_the_park_schema_refuses_what_the_check_refuses(old, new):
    text = (TEMPLATE / "park.yml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    assert list(validator("park.json").iter_errors(parse_yaml("park.yml", text.replace(old, new))))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
@pytest.mark.parametrize("table", TABLES)
def test_the_dictionary_names_every_column(folder, table):
    file = folder / f"{table}.csv"
    if not file.exists():  # an optional table
        assert table in ("history", "prices", "value_added_rates")
        return
    with file.open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    section = dictionary().partition(f"### {table}.csv")[2].partition("###")[0]
    assert all(f"| `{column}` |" in section for column in columns)


def test_every_column_has_a_meaning():
    for line in dictionary().partition("### park.yml")[0].splitlines():
        if line.startswith("| `"):
            assert line.split(" | ")[-1].strip(" |"), line


def test_the_template_points_editors_to_the_schemas():
    assert "$schema=schemas/park.json" in (TEMPLATE / "park.yml").read_text(encoding="utf-8")
    for file in (TEMPLATE / "scenarios").glob("*.yml"):
        assert "$schema=../schemas/scenario.json" in file.read_text(encoding="utf-8")
