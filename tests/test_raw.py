"""A park's folder as it is found: what is passed over, and which park a problem is of."""

from __future__ import annotations

import datetime as dt

import pytest
from openpyxl import load_workbook
from parkfiles import copy_park, edit, only

from parkanalysis.cli import _parks
from parkanalysis.errors import InputError
from parkanalysis.model.portfolio import read_parks
from parkanalysis.park.park import read_park
from parkanalysis.park.park_book import write_workbook
from parkanalysis.park.parknew import TEMPLATE
from parkanalysis.rendering import batch


@pytest.fixture
def two(tmp_path):
    """A good park and one with a slip, side by side."""
    (copy_park(tmp_path)).rename(tmp_path / "agood")
    bad = copy_park(tmp_path).rename(tmp_path / "bbad")
    edit(bad / "park.yml", "target_year: 2025", "target_year: 2026")
    return tmp_path


def test_locks_and_hidden_files_are_passed_over(tmp_path):
    zone = copy_park(tmp_path)
    digest = read_park(zone).digest
    for name in (
        "~$levers.csv",
        ".DS_Store",
        "scenarios/~$combined.yml",
        "scenarios/~$a.yaml",
        "scenarios/.b.yaml",
    ):
        (zone / name).write_bytes(b"\0lock")
    park = read_park(zone)
    assert park.digest == digest
    assert set(park.scenarios) == set(read_park(TEMPLATE).scenarios)
    (zone / "levers.csv").rename(zone / "~$lever.csv")
    assert only(zone).nearest is None


def test_a_pattern_of_parks_passes_over_the_lock_of_an_open_workbook(tmp_path):
    write_workbook(TEMPLATE, tmp_path / "zone.xlsx")
    (tmp_path / "~$zone.xlsx").write_bytes(b"lock")
    assert _parks([str(tmp_path / "*")]) == [str(tmp_path / "zone.xlsx")]


def test_among_several_parks_a_problem_names_its_park(two):
    paths = [two / "agood", two / "bbad"]
    words = "row 9, column target_year: found 2026; allowed: 2025, the year after the base_year 2024"
    for read in (batch._parks, read_parks):
        with pytest.raises(InputError) as caught:
            read(paths)
        assert str(caught.value) == f"bbad/park.yml, {words}"
        with pytest.raises(InputError) as caught:
            read(paths[1:])
        assert str(caught.value) == f"park.yml, {words}"


def test_a_workbook_among_several_is_named_once(tmp_path):
    write_workbook(TEMPLATE, tmp_path / "zone.xlsx")
    book = load_workbook(tmp_path / "zone.xlsx")
    cell = next(row[1] for row in book["park"].iter_rows() if row[0].value == "target_year")
    cell.value = 2026
    book.save(tmp_path / "zone.xlsx")
    for given in (tmp_path / "zone.xlsx", tmp_path / "zone"):
        with pytest.raises(InputError) as caught:
            read_parks([TEMPLATE, given])
        assert str(caught.value).startswith(f"zone.xlsx, sheet park, row {cell.row}, column target_year")


def test_date_cells_of_a_workbook_are_days_and_months(tmp_path):
    write_workbook(TEMPLATE, tmp_path / "zone.xlsx")
    book = load_workbook(tmp_path / "zone.xlsx")
    cells = {row[0].value: row[1] for row in book["park"].iter_rows()}
    cells["as_of"].value = dt.datetime(2025, 2, 28)
    cells["shocks.summer_rationing.start"].value = dt.datetime(2025, 7, 1)  # what Excel makes of 2025-07
    book.save(tmp_path / "zone.xlsx")
    config = read_park(tmp_path / "zone.xlsx").config
    assert config.as_of == dt.date(2025, 2, 28)
    assert config.shocks["summer_rationing"].start == "2025-07"
