"""A park as one workbook: the same park, the same checks, places by sheet and cell."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook, load_workbook
from parkfiles import PARKS, only, problems

from parkanalysis.park.new import TEMPLATE, write_workbook
from parkanalysis.park.park import read_park


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "zone.xlsx"
    write_workbook(TEMPLATE, path)
    return path


def change(path, sheet, cell, value):
    opened = load_workbook(path)
    opened[sheet][cell] = value
    opened.save(path)


def row_of(path, sheet, text, column=0):
    rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    return next(i for i, row in enumerate(rows, start=1) if row[column] == text)


@pytest.mark.parametrize("folder", [TEMPLATE, PARKS / "harbour", PARKS / "tiny"], ids=lambda p: p.name)
def test_a_workbook_is_the_same_park(folder, tmp_path):
    path = tmp_path / "zone.xlsx"
    write_workbook(folder, path)
    one, two = read_park(folder), read_park(path)
    assert two.id == "zone"
    assert one.config == two.config
    assert one.scenarios == two.scenarios
    assert repr(one.levers) == repr(two.levers)  # nan differs from itself
    assert one.quantities == two.quantities
    for table in ("figures", "history", "prices", "value_added_rates", "sources"):
        assert getattr(one, table).equals(getattr(two, table))


def test_cells_typed_as_numbers_dates_and_truths(book):
    row = row_of(book, "levers", "rationing_cap")
    change(book, "levers", f"F{row}", 0.8)
    change(book, "history", "B2", 2015)
    change(book, "history", "F2", __import__("datetime").datetime(2016, 1, 31))
    row = row_of(book, "park", "base_year")
    change(book, "park", f"B{row}", 2024.0)
    assert repr(read_park(book).levers) == repr(read_park(TEMPLATE).levers)


@pytest.mark.parametrize(
    ("sheet", "key", "letter", "value", "place", "found"),
    [
        ("levers", "vat_rate", "G", "abc", "sheet levers", "'abc'"),
        ("levers", "vat_rate", "G", 17, "sheet levers", "17"),
        ("levers", "vat_rate", "O", "nobody", "sheet levers", "unknown source"),
        ("figures", "output_steel_2024", "G", "much", "sheet figures", "'much'"),
        ("park", "growth", "B", "baseline", "sheet park", "unknown lever"),
        ("park", "base_year", "B", "last", "sheet park", "'last'"),
        ("park", "plants.old_mill.industry", "B", "steal", "sheet park", "unknown industry"),
    ],
)
def test_problems_name_sheet_and_cell(book, sheet, key, letter, value, place, found):
    row = row_of(book, sheet, key)
    change(book, sheet, f"{letter}{row}", value)
    listed = problems(book)
    hit = next(p for p in listed if found in p.found)
    assert hit.file == f"zone.xlsx, {place}"
    assert hit.row == row
    assert f"(cell {letter}{row})" in hit.column


def test_scenarios_name_the_scenario_and_the_cell(book):
    row = row_of(book, "scenarios", "closure")
    rows = load_workbook(book)["scenarios"].iter_rows(values_only=True)
    row = next(i for i, r in enumerate(rows, 1) if r[0] == "closure" and r[1] == "shocks")
    change(book, "scenarios", f"C{row}", "old_mil_closes")
    problem = only(book)
    assert problem.file == "zone.xlsx, sheet scenarios, scenario closure"
    assert (problem.row, problem.nearest) == (row, "old_mill_closes")
    assert f"C{row}" in problem.column


def test_one_more_scenario_row_by_row(book):
    opened = load_workbook(book)
    rows = [("mine", "title", 2025), ("mine", "shocks", "old_mill_closes， summer_rationing")]
    for row in (*rows, ("mine", "levers.rationing_cap", 0.7), ("mine", "levers.vat_rate.quantile", 0.5)):
        opened["scenarios"].append(row)
    opened.save(book)
    mine = read_park(book).scenarios["mine"]
    assert mine.title["en"] == "2025"
    assert mine.shocks == ("old_mill_closes", "summer_rationing")
    assert mine.levers["rationing_cap"] == 0.7


def test_keys_that_lead_nowhere(book):
    opened = load_workbook(book)
    for key in ("base_year", "base_year.month", "..", "a.b.c.d.e.f.g.h", "shoks"):
        opened["park"].append((key, 1))
    last = opened["park"].max_row
    opened.save(book)
    found = {(p.row - last, p.found.strip("'\"")) for p in problems(book)}
    assert {(-4, "base_year"), (-3, "base_year.month"), (-2, ".."), (-1, "a.b.c.d.e.f.g.h")} <= found


def test_cells_beside_the_table(book):
    change(book, "sources", "J2", "a remark")
    problem = only(book)
    assert problem.allowed == "nothing beside the table"
    assert "J2" in problem.column


def test_other_sheets_are_left_alone(book):
    opened = load_workbook(book)
    opened.create_sheet("my sums")["A1"] = "=1/0"
    opened.create_sheet("chart data").append(["anything", None, 5])
    opened.save(book)
    assert read_park(book).id == "zone"


def test_formulas_without_a_value_are_named(book):
    change(book, "levers", "G3", "=0.2+0.05")
    problem = only(book)
    assert problem.file == "zone.xlsx, sheet levers"
    assert problem.column == "cell G3"
    assert "not computed" in problem.found


def test_missing_sheets_are_named_with_the_nearest(book):
    opened = load_workbook(book)
    opened["levers"].title = "lever"
    opened.save(book)
    problem = only(book)
    assert (problem.allowed, problem.nearest) == ("a sheet levers", "lever")


def test_an_empty_workbook_lacks_every_sheet(tmp_path):
    Workbook().save(tmp_path / "empty.xlsx")
    allowed = {p.allowed for p in problems(tmp_path / "empty.xlsx")}
    assert allowed == {"a sheet figures", "a sheet levers", "a sheet sources", "a sheet park"}


@pytest.mark.parametrize(
    "content", [b"", b"text", b"PK\x03\x04 cut short", b"\xd0\xcf\x11\xe0" + b"\0" * 600]
)
def test_files_that_are_no_workbook(tmp_path, content):
    path = tmp_path / "zone.xlsx"
    path.write_bytes(content)
    assert only(path).file == "zone.xlsx"


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr("parkanalysis.park.read.MAX_UNPACKED", 1_000_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * 5_000_000)
    path = tmp_path / "zone.xlsx"
    path.write_bytes(buffer.getvalue())
    assert path.stat().st_size < 100_000
    assert "1,000,000" in problems(path)[0].allowed


def test_texts_that_look_like_formulas_stay_texts(tmp_path):
    path = tmp_path / "zone.xlsx"
    write_workbook(TEMPLATE, path)
    change(path, "sources", "B2", "x")
    opened = load_workbook(path)
    opened["sources"]["B2"].value = "=HYPERLINK(1)"
    opened["sources"]["B2"].data_type = "s"
    opened.save(path)
    assert read_park(path).sources["title"].iloc[0] == "=HYPERLINK(1)"


def test_a_workbook_may_be_named_without_its_ending(book, monkeypatch):
    monkeypatch.chdir(book.parent)
    assert read_park("zone").digest == read_park(book).digest


def test_a_list_that_ends_in_a_comma_is_told_where_it_stands(book):
    opened = load_workbook(book)
    for key, value in (("levers", "vat_rate,"), ("rank", 0.1)):
        opened["park"].append((f"correlations.1.{key}", value))
    opened.save(book)
    problem = only(book)
    assert (problem.found, problem.row) == ("nothing", opened["park"].max_row - 1)


HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
BOMBS = {
    "cells": ("xl/worksheets/sheet2.xml", HEAD + ("<row>" + "<c/>" * 1000 + "</row>") * 300),
    "formulas": ("xl/worksheets/sheet2.xml", HEAD + "<row><c><f>1+1</f></c></row>" * 150_000),
    "strings": ("xl/sharedStrings.xml", "<sst>" + "<si><t>x</t></si>" * 300_000),
    "styles": ("xl/styles.xml", "<styleSheet><cellXfs>" + "<xf/>" * 60_000),
    "entities": ("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'),
    "merged": ("xl/worksheets/sheet2.xml", HEAD + '</sheetData><mergeCell ref="A1:XFD1048576"/>'),
    "far": (
        "xl/worksheets/sheet2.xml",
        HEAD + '<row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>',
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_before_a_reader_builds_anything(book, kind):
    part, content = BOMBS[kind]
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | {part: content.encode()}
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert book.stat().st_size < 1_000_000
    tracemalloc.start()
    (problem,) = problems(book)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem.file.startswith("zone.xlsx")
    assert peak < 60_000_000
