"""Reading: what is refused, with the place; what is read, as it was written; what is passed over."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from parkfiles import copy_park, edit, only

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
