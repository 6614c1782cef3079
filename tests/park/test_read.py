"""Reading: what is refused, with the place; what is read, as it was written; what is passed over."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from parkfiles import PARKS, copy_park, edit, only, problems

from parkanalysis.errors import InputError
from parkanalysis.model.check import check
from parkanalysis.model.compare import read_parks
from parkanalysis.park import read_park
from parkanalysis.park.new import TEMPLATE, write_workbook
from parkanalysis.park.read import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_YAML_BYTES,
    line_of,
    parse_yaml,
    read_csv,
    read_text,
    read_yaml,
)


def refused(step, *arguments):
    with pytest.raises(InputError) as caught:
        step(*arguments)
    return caught.value.problems


@pytest.fixture
def file(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_text_keeps_every_character(file):
    text = "厂名,“引号”,🏭,=SUM(A1)\r\n"
    assert read_text(file(text)) == text
    assert read_text(file(b"\xef\xbb\xbf" + text.encode())) == text


@pytest.mark.parametrize(
    ("content", "found", "row"),
    [
        (b"a\nb\xff", "bytes that are neither UTF-8 nor GB18030", 2),
        (b"a\nb\nc\0d", "NUL byte", 3),
        (b"a\n\x1b[31mb", "U+001B", 2),
    ],
)
def test_other_bytes_are_refused_with_their_line(file, content, found, row):
    (problem,) = refused(read_text, file(content))
    assert found in problem.found
    assert problem.row == row


def test_a_file_too_large_is_refused_without_being_read(tmp_path):
    path = tmp_path / "figures.csv"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    tracemalloc.start()
    (problem,) = refused(read_csv, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"{MAX_BYTES:,}" in problem.allowed
    assert peak < 3 * MAX_BYTES
    (problem,) = refused(read_yaml, path)
    assert f"{MAX_YAML_BYTES:,}" in problem.allowed


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_named(tmp_path, kind):
    path = tmp_path / "levers.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":  # opening one would wait for ever
        os.mkfifo(path)
    (problem,) = refused(read_text, path)
    assert problem.file == "levers.csv"
    assert problem.found in ("no such file", "a folder or a special file")


def test_rows_are_known_by_the_line_they_begin_on(file):
    table = read_csv(file('a,b\n1,"two\nlines"\n\n2,x\n'))
    assert table.records == [(2, {"a": "1", "b": "two\nlines"}), (5, {"a": "2", "b": "x"})]
    assert not table.problems


def test_every_row_of_the_wrong_length_is_named_and_the_others_stand(file):
    table = read_csv(file("a,b\n1\n1,2\n1,2,3\n"))
    assert [(p.row, p.found) for p in table.problems] == [(2, "1 cells"), (4, "3 cells")]
    assert table.records == [(3, {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        ("a,b,a\n1,2,3\n", "columns twice: 'a'"),
        ("a," * 5_000 + "\n", "columns twice: 'a'"),
    ],
)
def test_headers_that_name_no_table(file, content, found):
    (problem,) = refused(read_csv, file(content))
    assert found in problem.found


def test_broken_quoting_and_endless_rows_are_problems(file):
    assert "broken quoting" in read_csv(file('a,b\n1,"2\n')).problems[0].found
    many = read_csv(file("a\n" + "1\n" * 50_001))
    assert many.problems[0].allowed == "at most 50,000 rows"


def test_yaml_gives_plain_values_with_lines():
    document = parse_yaml(
        "x.yml", "a: 1\nb:\n  - 2016-02-29\n  - 'no'\n  - off\nc: {d: 1.5e3, e: ~, f: true}\n"
    )
    assert document == {
        "a": 1,
        "b": ["2016-02-29", "no", "off"],
        "c": {"d": 1500.0, "e": None, "f": True},
    }
    assert line_of(document, ("b", 1)) == 4
    assert line_of(document, ("c", "e")) == 6
    assert line_of(document, ("c", "nowhere")) == 6
    assert line_of(document, ("nowhere",)) is None


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        (BOMB, "an anchor or alias", 1),
        ("a: 1\nb: *a\n", "an anchor or alias", 2),
        ("[" * 5_000, "deeper nesting", 1),
        ("- " * 5_000 + "1", "deeper nesting", 1),
        ("a: 1\nb: 2\na: 3\n", "the key 'a' again, first in line 1", 3),
        ("a: !!python/object/apply:os.system ['true']\n", "the tag", 1),
        ("a: !secret 1\n", "the tag !secret", 1),
        ("a: 1\n? [b]\n: 2\n", "a list or mapping as a key", 2),
        ("a: 1\n--- \nb: 2\n", "another document", 2),
        ("a: [1\nb: 2", "expected", 2),
        ("a: b: c\n", "mapping values are not allowed", 1),
        ("\t- a\n", "a tab", 1),
        ("a:\n  b: 1\n\tc: 2\n", "a tab", 3),
    ],
)
def test_clever_or_broken_yaml_is_refused_with_its_line(text, found, line):
    (problem,) = refused(parse_yaml, "x.yml", text)
    assert found in problem.found
    assert problem.row == line


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_table_is_read_in_whatever_a_chinese_spreadsheet_saves(file, codec):
    table = read_csv(file("名称,值\n氧化铝产量,120\n".encode(codec)))
    assert table.records == [(2, {"名称": "氧化铝产量", "值": "120"})]


@pytest.mark.parametrize(("mark", "word"), [(";", "';'"), ("\t", "tabs"), ("，", "'，'")])
def test_another_separator_is_one_problem(file, mark, word):
    (problem,) = refused(read_csv, file(f"a{mark}b\n1{mark}2\n1{mark}3\n"))
    assert str(problem) == (
        f"table.csv, row 1: found cells separated by {word}; allowed: cells separated by commas "
        '(save it as "CSV UTF-8 (comma delimited)")'
    )
    assert read_csv(file(f'"a{mark}b",c\n1,2\n')).problems == []


def test_yaml_says_found_once():
    (problem,) = refused(parse_yaml, "x.yml", "a: @b\n")
    assert str(problem) == "x.yml, row 1: found character that cannot start any token; allowed: valid YAML"
    (problem,) = refused(parse_yaml, "x.yml", "a:\n\tb: 1\n")
    assert str(problem) == "x.yml, row 2: found a tab; allowed: spaces"


def test_depth_up_to_the_limit_is_read():
    assert parse_yaml("x.yml", "[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert parse_yaml("x.yml", "") is None


def test_merge_keys_merge_nothing():
    assert parse_yaml("x.yml", "<<: {a: 1}\nb: 2\n") == {"<<": {"a": 1}, "b": 2}


@pytest.mark.parametrize("text", ["010", "0x10", "1_000", "1:30", ".inf", ".nan", "yes", "=", "1e", "1e1e1"])
def test_what_other_readers_turn_into_numbers_stays_text(text):
    assert parse_yaml("x.yml", f"a: {text}") == {"a": text}


@given(st.text(max_size=200))
def test_any_text_is_yaml_or_an_input_error(text):
    with contextlib.suppress(InputError):
        parse_yaml("x.yml", text)


PRINTED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=30)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), PRINTED, max_size=5))
def test_quoted_text_comes_back_as_it_was(mapping):
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in mapping.items()]
    assert parse_yaml("x.yml", "\n".join(lines)) in (mapping, None)


@pytest.fixture
def two(tmp_path):
    """A good park and one with a slip, side by side."""
    (copy_park(tmp_path)).rename(tmp_path / "agood")
    bad = copy_park(tmp_path).rename(tmp_path / "bbad")
    edit(bad / "park.yml", "target_year: 2025", "target_year: 2036")
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


def test_among_several_parks_a_problem_names_its_park(two):
    paths = [two / "agood", two / "bbad"]
    words = "row 9, column target_year: found 2036; allowed: 2025 to 2029, the years after the base_year 2024"
    with pytest.raises(InputError) as caught:
        read_parks(paths)
    assert str(caught.value) == f"bbad/park.yml, {words}"
    with pytest.raises(InputError) as caught:
        read_parks(paths[1:])
    assert str(caught.value) == f"park.yml, {words}"


def test_a_workbook_among_several_is_named_once(tmp_path):
    write_workbook(TEMPLATE, tmp_path / "zone.xlsx")
    book = load_workbook(tmp_path / "zone.xlsx")
    cell = next(row[1] for row in book["park"].iter_rows() if row[0].value == "target_year")
    cell.value = 2036
    book.save(tmp_path / "zone.xlsx")
    for path in (tmp_path / "zone.xlsx", tmp_path / "zone"):
        with pytest.raises(InputError) as caught:
            read_parks([TEMPLATE, path])
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


CAP = "  s{}: {{kind: output_cap, name: A, industry: machinery, cap: rationing_cap}}\n"
PAIR = "  - {{levers: [vat_rate, x{}], rank: 0.1}}\n"
CHECK = "checks:\n  c: {{name: C, stated: output_steel_2024, computed: '{}'}}\n"
BOMBS = {
    "power": CHECK.format("9**9**9**9"),
    "brackets": CHECK.format("(" * 240 + "1" + ")" * 240),
    "digits": CHECK.format("9" * 490),
    "attributes": CHECK.format("().__class__.__bases__"),
    "call": CHECK.format("__import__(1).system(2)"),
    "nesting": "[" * 250_000,
    "shocks": "".join(CAP.format(i) for i in range(3_000)),
    "correlations": "correlations:\n" + "".join(PAIR.format(i) for i in range(5_000)),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_in_park_yml_are_told_in_a_few_lines(tmp_path, kind):
    zone = copy_park(tmp_path)
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.write(BOMBS[kind])
    found = check(zone)
    assert found
    assert found[0].severity == "error"
    assert len(found) <= 3


@pytest.mark.parametrize("table", ["figures", "levers", "history", "value_added_rates", "sources"])
def test_a_misspelt_column_is_told_and_nothing_that_follows_from_it(tmp_path, table):
    zone = copy_park(tmp_path)
    file = zone / f"{table}.csv"
    head, rows = file.read_text(encoding="utf-8").split("\n", 1)
    for column in head.split(","):
        file.write_text(f"{head.replace(column, column + 'x', 1)}\n{rows}", encoding="utf-8")
        problem = only(zone)
        assert (problem.file, problem.row, problem.nearest) == (f"{table}.csv", 1, column)


@pytest.mark.parametrize("table", ["figures", "levers", "history", "value_added_rates", "sources"])
def test_a_row_cut_short_is_told_and_nothing_that_follows_from_it(tmp_path, table):
    zone = copy_park(tmp_path)
    file = zone / f"{table}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], lines[1].partition(",")[0], *lines[2:]]) + "\n", encoding="utf-8")
    problem = only(zone)
    assert (problem.file, problem.row) == (f"{table}.csv", 2)


def test_a_comma_inside_a_number_is_told_as_such(tmp_path):
    zone = copy_park(tmp_path)
    edit(zone / "history.csv", "city_industry,2024,518.6", "city_industry,2024,1,518.6")
    problem = only(zone)
    assert (problem.row, problem.found) == (11, "9 cells")
    assert "a comma inside a number, 1,518.6?" in problem.allowed


@pytest.mark.parametrize(
    "text", ["a: 1\nbase_year：2025\n", "base_year：2025\na: 1\n", "a:\n  - b：2\n  c: 1\n"]
)
def test_a_full_width_colon_is_told_as_such(text):
    (problem,) = refused(parse_yaml, "x.yml", text)
    assert (problem.found, problem.allowed) == ("a full-width colon ：", "a colon and a blank")
    assert "：" in text.splitlines()[problem.row - 1]


def test_a_hundred_thousand_columns_are_told_in_bounded_time(tmp_path):
    zone = copy_park(tmp_path)
    (zone / "history.csv").write_text(",".join(f"c{i}" for i in range(100_000)) + "\n", encoding="utf-8")
    assert len(only(zone).rows) == 999


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


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
BOOK_BOMBS = {
    "cells": ("xl/worksheets/sheet2.xml", SHEET + ("<row>" + "<c/>" * 1000 + "</row>") * 300),
    "formulas": ("xl/worksheets/sheet2.xml", SHEET + "<row><c><f>1+1</f></c></row>" * 150_000),
    "strings": ("xl/sharedStrings.xml", "<sst>" + "<si><t>x</t></si>" * 300_000),
    "styles": ("xl/styles.xml", "<styleSheet><cellXfs>" + "<xf/>" * 60_000),
    "entities": ("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'),
    "merged": ("xl/worksheets/sheet2.xml", SHEET + '</sheetData><mergeCell ref="A1:XFD1048576"/>'),
    "far": (
        "xl/worksheets/sheet2.xml",
        SHEET + '<row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>',
    ),
}


@pytest.mark.parametrize("kind", BOOK_BOMBS)
def test_bombs_are_refused_before_a_reader_builds_anything(book, kind):
    part, content = BOOK_BOMBS[kind]
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
