"""Hostile input: names stay data, broken files end in an InputError, nothing is left behind.

``make fuzz`` runs the same doors with further cases, ``make fuzz-long`` with many more.
"""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parkfiles import copy_park, edit, problems, set_cell

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.check import check
from parkanalysis.model.projection import project
from parkanalysis.park.new import create
from parkanalysis.park.park import read_park
from parkanalysis.report import results

ROOT = Path(__file__).parent.parent
NAMES = [
    "../../etc/passwd",
    "a'b\"c`d",
    "line\nbreak",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "🏭 園區 𠮷",
    "$(touch /tmp/x); `id`",
    "{{ 7 * 7 }} {% raw %}",
    "%s %d {0}",
    "\u202egnp.exe",
    "a, b: c # d",
]


def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "scripts" / "fuzz.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = fuzz()


@pytest.mark.parametrize("name", NAMES)
def test_names_are_data_in_every_file(tmp_path, name):
    zone = copy_park(tmp_path)
    quoted = json.dumps(name, ensure_ascii=False)
    edit(zone / "park.yml", "name: {zh: 示例园区, en: Example zone}", f"name: {quoted}")
    edit(zone / "park.yml", "name: {zh: 钢铁, en: Steel}", f"name: {quoted}")
    edit(zone / "scenarios" / "closure.yml", "title: {zh: 关停, en: Closure}", f"title: {quoted}")
    set_cell(zone / "levers.csv", "vat_rate", "name_en", name)
    set_cell(zone / "figures.csv", "output_steel_2024", "subject", name)
    set_cell(zone / "sources.csv", "example", "title", name)
    park = read_park(zone)
    assert park.label("zh") == name
    assert park.config.industries["steel"].name["en"] == name
    assert park.scenarios["closure"].title["zh"] == name
    assert park.levers["vat_rate"].label["en"] == name.strip()
    assert (park.figures["subject"] == name.strip()).any()
    assert all(p.severity == "warning" for p in check(zone))
    tidy = results.tidy(project(park, "closure", draws=64))
    assert len(tidy) == len(results.tidy(project(read_park(copy_park(tmp_path / "x")), "closure", draws=64)))


@pytest.mark.parametrize("name", [n for n in NAMES if "/" not in n and "\n" not in n])
def test_a_folder_may_have_any_name(tmp_path, name):
    create(tmp_path / name)
    assert read_park(tmp_path / name).id == name


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_somewhere_else_are_refused_where_they_make_paths(tmp_path, name):
    zone = copy_park(tmp_path)
    set_cell(zone / "levers.csv", "vat_rate", "lever", name)
    assert any(p.column == "lever" and p.file == "levers.csv" for p in problems(zone))
    with pytest.raises(InputError):
        project(read_park(copy_park(tmp_path / "x")), name)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        ["quantity", "points", "yaml", "expression", "setting", "parameters", "table", "document", "park"]
    ),
    st.binary(min_size=100, max_size=400),
)
def test_any_change_to_any_file_ends_in_a_result_or_an_input_error(door, data):
    with contextlib.suppress(InputError), np.errstate(all="ignore"):
        FUZZ.TARGETS[door][0](data)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(min_size=40, max_size=400))
def test_any_change_to_a_workbook_ends_in_a_result_or_an_input_error(data):
    with contextlib.suppress(InputError), np.errstate(all="ignore"):
        FUZZ.workbook(data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(min_size=40, max_size=400))
def test_any_command_line_ends_with_a_status_and_nothing_half_made(data):
    FUZZ.command(data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(max_size=12), min_size=16, max_size=16))
def test_any_cells_in_a_row_of_levers(tmp_path_factory, cells):
    zone = copy_park(tmp_path_factory.mktemp("zone"))
    text = [cell.encode("utf-8", "replace").decode() for cell in cells]
    with (zone / "levers.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(text)
    found = problems(zone)
    assert found or not any(c.strip() for c in text)


def test_a_flood_of_problems_stays_bounded(tmp_path):
    zone = copy_park(tmp_path)
    row = "f{0},nobody{0},p,s,v,2024,1 亿元,\n"
    with (zone / "figures.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(row.format(i) for i in range(20_000))
    found = problems(zone)
    (problem,) = found
    assert len(problem.rows) == 999


def test_the_command_line_shows_no_traceback(tmp_path):
    zone = copy_park(tmp_path)
    (zone / "park.yml").write_bytes(b"\xff\xfe\0")
    for arguments in (["check", str(zone)], ["new", str(zone)], ["chekc", "x"]):
        command = [sys.executable, "-m", "parkanalysis.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr + done.stdout
        assert done.stderr.strip()


def test_marks_that_turn_text_are_shown_as_such():
    problem = Problem("a\u202e.csv", "x\u200b\x1b[31m 園區", "text")
    assert str(problem) == "a\\u202e.csv: found x\\u200b\\u001b[31m 園區; allowed: text"
