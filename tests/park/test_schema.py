"""What a row and a document may hold: each refusal names row, column, what stands there and what may."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from parkanalysis.errors import InputError
from parkanalysis.park.park import parse_model, validate_rows
from parkanalysis.park.read import RawTable, parse_yaml
from parkanalysis.park.schema import (
    TABLES,
    Industry,
    LeverSetting,
    ParkFile,
    ScenarioFile,
)

HistoryRow, LeverRow = TABLES["history"], TABLES["levers"]

LEVER = {
    "lever": "price",
    "group": "g",
    "name_en": "Price",
    "unit": "CNY/t",
    "low": "1",
    "central": "2",
    "high": "3",
    "minimum": "0",
    "maximum": "9",
    "distribution": "triangular",
    "evidence": "assumed",
    "source": "s",
}


def checked(model, *rows, key=None, name="levers.csv"):
    """Rows that hold and problems of a table with these cells."""
    return validate_rows(name, RawTable([*rows[0]], list(enumerate(rows, start=2))), model, key)


def lever_problems(**changes):
    rows, found = checked(LeverRow, LEVER | changes, key="lever")
    assert bool(rows) != bool(found)
    return found


def scenario(text):
    return parse_model("scenarios/x.yml", parse_yaml("x.yml", text), ScenarioFile)


def refused(text, model=ScenarioFile, name="scenarios/x.yml"):
    with pytest.raises(InputError) as caught:
        parse_model(name, parse_yaml("x.yml", text), model)
    return caught.value.problems


def test_a_good_row_has_no_problems():
    assert lever_problems() == []
    assert lever_problems(low="", central=" ", note="=1+1") == []


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("lever", "Price", "lower-case"),
        ("lever", "../price", "lower-case"),
        ("lever", "价格", "lower-case"),
        ("lever", "lambda", "lower-case"),
        ("lever", "p" * 65, "lower-case"),
        ("lever", "", "lower-case"),
        ("low", "abc", "valid number"),
        ("low", "nan", ""),
        ("low", "1e16", "less than"),
        ("maximum", "inf", ""),
        ("maximum", "", "valid number"),
        ("name_en", " ", "at least 1 character"),
    ],
)
def test_bad_cells_are_named(column, value, allowed):
    (problem,) = lever_problems(**{column: value})
    assert (problem.file, problem.row, problem.column) == ("levers.csv", 2, column)
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    ("column", "value", "nearest"),
    [
        ("unit", "CNY/ton", "CNY/t"),
        ("distribution", "triangle", "triangular"),
        ("evidence", "asumed", "assumed"),
        ("evidence", "假设", "assumed"),
        ("evidence", "推算", "derived"),
    ],
)
def test_choices_come_with_the_nearest(column, value, nearest):
    (problem,) = lever_problems(**{column: value})
    assert problem.nearest == nearest
    assert nearest in problem.allowed


def test_all_rows_and_all_columns_are_reported_at_once():
    rows = [LEVER | {"low": "x", "unit": "y"}, LEVER | {"lever": "b"}, LEVER | {"high": "z"}]
    good, found = checked(LeverRow, *rows, key="lever")
    assert [row for row, _ in good] == [3]
    assert {(p.row, p.column) for p in found} == {(2, "low"), (2, "unit"), (4, "lever"), (4, "high")}


def test_a_misspelt_column_is_one_problem_and_a_missing_one_another():
    cells = {("evidense" if k == "evidence" else k): v for k, v in LEVER.items() if k != "unit"}
    _, found = checked(LeverRow, cells, key="lever")
    assert [(p.found, p.nearest, p.column) for p in found] == [
        ("column 'evidense'", "evidence", None),
        ("no such column", None, "unit"),
    ]


def test_problems_stop_at_a_thousand_in_bounded_time():
    rows = [LEVER | {"lever": f"l{i}", "low": "x", "high": "y"} for i in range(60_000)]
    good, found = checked(LeverRow, *rows, key="lever")
    assert not good
    assert len(found) == 1_000


@pytest.mark.parametrize("period", ["2015", "2015Q4", "2015-12"])
def test_periods(period):
    row = {"series": "s", "period": period, "value": 1, "unit": "u", "published": "2016-01-31", "source": "s"}
    assert HistoryRow(**row).period == period
    for wrong in ("15", "2015Q5", "2015-13", "2015-00", "2015-12-02", "Dec-15"):
        with pytest.raises(ValidationError):
            HistoryRow(**(row | {"period": wrong}))


@pytest.mark.parametrize(
    ("typed", "period"), [("2015/7", "2015-07"), ("2015-07-01", "2015-07"), ("２０１５q1", "2015Q1")]
)
def test_periods_as_spreadsheets_write_them(typed, period):
    row = {"series": "s", "period": typed, "value": 1, "unit": "u", "published": "2016-01-31", "source": "s"}
    assert HistoryRow(**row).period == period


@pytest.mark.parametrize(
    "day", ["2025-03-01", "2025/3/1", "2025/3/1 0:00", "2025.03.01", "2025年3月1日", dt.date(2025, 3, 1)]
)
def test_days_as_people_and_spreadsheets_write_them(day):
    row = {"series": "s", "period": "2024", "value": 1, "unit": "u", "published": day, "source": "s"}
    assert HistoryRow(**row).published == dt.date(2025, 3, 1)


@pytest.mark.parametrize(
    ("value", "read"), [("１，２００．５", 1200.5), ("1,234,567", 1234567.0), ("−3", -3.0), (" 7 ", 7.0)]
)
def test_numbers_as_people_type_them(value, read):
    row = {"series": "s", "period": "2024", "value": value, "unit": "u", "published": "2025-03-01"}
    assert HistoryRow(**row, source="s").value == read


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("value", "60%", "a number without %: write 0.6"),
        ("value", "８．５％", "a number without %: write 0.085"),
        ("published", "1 March", "a day such as 2025-03-01"),
        ("published", "2025-02-30", "a day such as 2025-03-01"),
        ("period", "March", "a year such as 2025, a quarter such as 2025Q1 or a month such as 2025-07"),
    ],
)
def test_what_a_cell_may_hold_is_said_in_plain_words(column, value, allowed):
    row = {"series": "s", "period": "2024", "value": "1", "unit": "u", "published": "2025-03-01"}
    _, (problem,) = checked(HistoryRow, {**row, "source": "s", column: value}, name="history.csv")
    assert str(problem) == f"history.csv, row 2, column {column}: found {value!r}; allowed: {allowed}"


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("万吨", "10k_t"),
        ("亿元", "CNY_100m"),
        ("元/吨", "CNY/t"),
        ("亿千瓦时", "100m_kWh"),
        ("fracton", "fraction"),
    ],
)
def test_a_printed_unit_leads_to_its_code(printed, code):
    (problem,) = lever_problems(unit=printed)
    assert (problem.column, problem.nearest) == ("unit", code)


def test_the_target_year_is_one_to_five_years_after_the_base_year():
    (problem,) = refused(PARK.replace("target_year: 2021", "target_year: 2026"), ParkFile, "park.yml")
    assert str(problem) == (
        "park.yml, row 4, column target_year: found 2026; allowed: 2021 to 2025, the years after the "
        "base_year 2020"
    )


def test_months_are_said_in_plain_words():
    text = PARK.replace("    plant: p", "    plant: p\n    start: July")
    (problem,) = refused(text, ParkFile, "park.yml")
    assert (problem.found, problem.allowed) == ("'July'", "a month such as 2025-07")
    text = PARK.replace("    plant: p", "    plant: p\n    start: 2021/7")
    park = parse_model("park.yml", parse_yaml("park.yml", text), ParkFile)
    assert park.shocks["s"].start == "2021-07"


def test_a_mapping_that_is_wrong_is_named_by_its_keys():
    (problem,) = refused(PARK.replace("i: {name: I, value_added: x}", "i: {name: I}"), ParkFile, "park.yml")
    assert problem.found == "the keys name"


@pytest.mark.parametrize("day", ["2015-02-29", "20150228", "1.2.2015", "yesterday", ""])
def test_days_that_are_none(day):
    row = {"series": "s", "period": "2014", "value": 1, "unit": "u", "published": day, "source": "s"}
    with pytest.raises(ValidationError):
        HistoryRow(**row)


def test_a_label_serves_both_languages():
    assert scenario("title: A").title == {"zh": "A", "en": "A"}
    assert scenario("title: {zh: 甲}").title == {"zh": "甲", "en": "甲"}
    assert scenario("title: {zh: 甲, en: A}").title == {"zh": "甲", "en": "A"}


@pytest.mark.parametrize("title", ["''", "5", "{}", "{fr: x}", "[a]", "' '", "{zh: '', en: a}", "null"])
def test_labels_that_are_none(title):
    found = refused(f"title: {title}\n")
    assert all(p.row == 1 and p.column.startswith("title") for p in found)


@pytest.mark.parametrize(
    ("setting", "column"),
    [
        ("true", "levers.price"),
        ("cheap", "levers.price"),
        ("{quantile: 1}", "levers.price.quantile"),
        ("{quantile: 0.5, low: 1}", "levers.price"),
        ("{low: 1, high: 2}", "levers.price"),
        ("{low: 1, central: 2, hihg: 3}", "levers.price.hihg"),
        ("[1, 2]", "levers.price"),
        ("null", "levers.price"),
        ("{low: 1, central: 1e300, high: 3}", "levers.price.central"),
    ],
)
def test_settings_that_are_none_make_one_problem(setting, column):
    (problem,) = refused(f"title: A\nlevers:\n  price: {setting}\n")
    assert (problem.row, problem.column) == (3, column)


def test_settings_that_are():
    settings = "{a: 1, b: {quantile: 0.1}, c: {low: 1, central: 2, high: 3}, d: {figure: f}}"
    levers = scenario(f"title: A\nshocks: all\nlevers: {settings}").levers
    assert levers["a"] == 1.0
    assert levers["b"] == LeverSetting(quantile=0.1)


def test_a_misspelt_key_is_met_with_the_keys_of_its_place():
    (problem,) = refused("title: A\nlevers:\n  price: {low: 1, central: 2, hihg: 3}\n")
    assert problem.nearest == "high"
    (problem,) = refused("title: A\nshoks: all\n")
    assert (problem.row, problem.nearest) == (2, "shocks")


PARK = """
name: A
base_year: 2020
target_year: 2021
as_of: 2021-02-01
value_added: v
growth: g
industries:
  i: {name: I, value_added: x}
plants:
  p: {name: P, industry: i, value_added: x}
shocks:
  s:
    kind: plant_closure
    name: S
    plant: p
"""


def park(text=PARK):
    return parse_model("park.yml", parse_yaml("park.yml", text), ParkFile)


def test_a_park_and_its_defaults():
    assert park().display_unit == "CNY_100m"
    assert park().languages == ("zh", "en")


@pytest.mark.parametrize(
    ("old", "new", "column", "row"),
    [
        ("    plant: p", "    plnt: p", "shocks.s.plnt", 16),
        ("kind: plant_closure", "kind: plant_closed", "shocks.s.kind", 14),
        ("    plant: p", "    plant: p\n    start: 2021-13", "shocks.s.start", 17),
        ("    plant: p", "    plant: p\n    start: 2021-05\n    share: x", "shocks.s", 13),
        ("    plant: p", "    plant: p\n    start: 2021-05\n    end: 2021-04", "shocks.s", 13),
        ("value_added: x}\nplants", "gross_output: x}\nplants", "industries.i", 9),
        ("target_year: 2021", "target_year: 2026", "target_year", 4),
        ("target_year: 2021", "target_year: true", "target_year", 4),
        ("base_year: 2020", "base_year: 1848", "base_year", 3),
        ("as_of: 2021-02-01", "as_of: 2021-02-30", "as_of", 5),
        ("name: A\nbase", "name: A\nlanguages: []\nbase", "languages", 3),
        ("name: A\nbase", "name: A\nlanguages: [fr]\nbase", "languages.0", 3),
        ("  i: {name: I, value_added: x}", "  'I 1': {name: I, value_added: x}", "industries.I 1", 9),
        ("growth: g", "growth: [g]", "growth", 7),
    ],
)
def test_what_is_wrong_in_a_park_is_named_with_key_and_line(old, new, column, row):
    assert PARK.count(old) == 1
    found = refused(PARK.replace(old, new), ParkFile, "park.yml")
    assert any((p.column or "").removesuffix(".[key]") == (column or "") and p.row == row for p in found), (
        found
    )


@pytest.mark.parametrize(
    ("old", "new", "column", "near", "stranger"),
    [
        ("    plant: p", "    plnt: p", "shocks.s.plnt", "plant", "pass_through"),
        (
            "value_added: x}\nplants",
            "value_aded: x}\nplants",
            "industries.i.value_aded",
            "value_added",
            "plant",
        ),
        (
            "\nplants:",
            "\ncorrelations: [{lever: [a, b], rank: 0}]\nplants:",
            "correlations.0.lever",
            "levers",
            "plant",
        ),
    ],
)
def test_a_misspelt_key_of_a_park_is_the_only_thing_told(old, new, column, near, stranger):
    (problem,) = refused(PARK.replace(old, new), ParkFile, "park.yml")
    assert (problem.column, problem.nearest) == (column, near)
    assert stranger not in problem.allowed


@pytest.mark.parametrize("text", ["", "5", "[a]", "text"])
def test_a_document_that_is_no_mapping(text):
    (problem,) = refused(text)
    assert problem.allowed == "keys and values"


def test_declarations_are_frozen():
    with pytest.raises(ValidationError):
        Industry(name="A", value_added="x").name = "B"
