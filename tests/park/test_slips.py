"""Slips of scale and sense in a park that is right: each told where it stands, with what would fit."""

from __future__ import annotations

import csv

import pytest
from parkfiles import PARKS, add_row, copy_park, edit, problems, set_cell

from parkanalysis.park import park_path, read_park
from parkanalysis.park.new import TEMPLATE


def told(zone):
    """Errors, or where there are none, doubts."""
    return problems(zone) or list(read_park(zone).doubts)


def at(zone, file, found, allowed, severity):
    """The one thing told, at its file."""
    (problem,) = told(zone)
    assert (problem.file, problem.severity) == (file, severity), problem
    assert found in problem.found, problem
    assert allowed in problem.allowed, problem
    return problem


def lever(zone, name, **cells):
    lines = [set_cell(zone / "levers.csv", name, column, value) for column, value in cells.items()]
    return lines[0]


def history(zone, **values):
    file = zone / "history.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows:
        row[2] = values.get(f"y{row[1]}", row[2])
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(row for row in rows if row[2])


@pytest.mark.parametrize("park", [TEMPLATE, PARKS / "harbour", PARKS / "tiny", park_path("qingzhen")])
def test_parks_that_are_right_raise_no_doubt(park):
    assert read_park(park).doubts == ()


@pytest.mark.parametrize(
    ("values", "row", "more", "fit"),
    [
        ({"y2019": "4051000"}, 6, 0, "reads like 万元: 405.1 CNY_100m"),
        ({"y2019": "0.04051"}, 6, 0, "reads like a slip by 万: 405.1"),
        ({"y2019": "40.51"}, 6, 0, "reads like a slip by 10: 405.1"),
        ({"y2024": "5186"}, 11, 0, "reads like a slip by 10: 518.6"),
        ({"y2015": "31.02"}, 2, 0, "reads like a slip by 10: 310.2"),
        ({"y2022": "4899000", "y2023": "4972000", "y2024": "5186000"}, 9, 2, "reads like 万元: 489.9"),
    ],
)
def test_a_history_that_jumps(zone, values, row, more, fit):
    history(zone, **values)
    problem = at(zone, "history.csv", "city_industry", fit, "warning")
    assert (problem.row, len(problem.rows), problem.column) == (row, more, "value")


def test_a_history_that_only_grows_fast_is_not_doubted(zone):
    values = {f"y{year}": f"{100 * 1.6 ** (year - 2015):.2f}" for year in range(2015, 2024)}
    history(zone, **values, y2024="1200")  # half of what it was the year before
    assert told(zone) == []


def test_a_tenth_is_seen_in_a_history_that_changes_by_more_than_half(zone):
    values = {f"y{year}": f"{100 * 1.6 ** (year - 2015):.2f}" for year in range(2015, 2025)}
    history(zone, **(values | {"y2020": "104.86"}))  # 100 * 1.6^5 = 1048.6
    at(zone, "history.csv", "104.86 CNY_100m", "reads like a slip by 10: 1048.6", "warning")


def test_a_year_left_out(zone):
    history(zone, y2019="", y2021="")
    at(zone, "history.csv", "no value of city_industry for 2019, 2021", "a value for each year", "warning")


SCALE = [
    # lever, cells, severity, part of found, part of allowed
    (
        "value_added_other_2024",
        {"unit": "CNY_10k"},
        "warning",
        "0.0022 CNY_100m for the industry other",
        "reads like 亿元: 220000 CNY_10k",
    ),
    (
        "value_added_other_2024",
        {"central": "220000", "low": "150000", "high": "290000", "maximum": "600000"},
        "error",
        "2.2e+05 CNY_100m for the industry other",
        "reads like 万元: 22 CNY_100m",
    ),
    (
        "value_added_old_mill",
        {"unit": "CNY_10k"},
        "warning",
        "0.0001 CNY_100m for the plant old_mill",
        "reads like 亿元: 10000 CNY_10k",
    ),
    (
        "value_added_old_mill",
        {"central": "10000", "low": "6000", "high": "16000", "maximum": "50000"},
        "error",
        "1e+04 CNY_100m for the plant old_mill",
        "reads like 万元: 1 CNY_100m",
    ),
    (
        "billet_volume_2024",
        {"unit": "t"},
        "warning",
        "sells for 0.005111 CNY_100m without VAT as billet",  # 150 t * 3850 / 1.13
        "reads like 万吨: 1.5e+06 t",
    ),
    (
        "billet_volume_2024",
        {"central": "1500000", "low": "1300000", "high": "1650000", "maximum": "2000000"},
        "error",
        "sells for 5.111e+05 CNY_100m",
        "reads like 吨: 150 10k_t",
    ),
    (
        "billet_volume_2024",
        {"central": "300", "high": "320", "maximum": "400"},
        "warning",
        "sells for 102.2 CNY_100m without VAT",  # 3,000,000 t * 3850 / 1.13
        "at most all of the printed gross output of steel, 88.4 CNY_100m",
    ),
]


@pytest.mark.parametrize(("name", "cells", "severity", "found", "allowed"), SCALE)
def test_a_lever_in_another_unit(zone, name, cells, severity, found, allowed):
    row = lever(zone, name, **cells)
    problem = at(zone, "levers.csv", found, allowed, severity)
    assert (problem.row, problem.column) == (row, "central")


@pytest.mark.parametrize(
    ("figure", "quantity", "severity", "allowed"),
    [
        ("value_added_2024", "52.6 万元", "error", "reads like a slip by 万: 52.6 CNY_100m"),
        ("value_added_2024", "526000 亿元", "error", "reads like 万元: 52.6 CNY_100m"),
        ("output_steel_2024", "88.4 万元", "error", "reads like a slip by 万: 88.4 CNY_100m"),
        ("output_steel_2024", "884 亿元", "warning", "reads like a slip by 10: 88.4 CNY_100m"),
        ("output_machinery_2024", "61.2 万元", "warning", "reads like a slip by 万: 61.2 CNY_100m"),
        ("stated_result_2025", "53 万元", "error", "reads like a slip by 万: 53 CNY_100m"),
        ("stated_result_2025", "530 亿元", "warning", "reads like a slip by 10: 53 CNY_100m"),
        ("stated_loss_2025", "3 万元", "warning", "reads like a slip by 万: 3 CNY_100m"),
        ("stated_loss_2025", "600 亿元", "warning", "reads like a slip by 100: 6 CNY_100m"),
    ],
)
def test_an_amount_in_another_unit(zone, figure, quantity, severity, allowed):
    row = set_cell(zone / "figures.csv", figure, "quantity", quantity)
    problem = at(zone, "figures.csv", repr(quantity), allowed, severity)
    assert (problem.row, problem.column) == (row, "quantity")


def test_a_total_above_all_output_cannot_be(tmp_path):
    zone = copy_park(tmp_path)
    edit(
        zone / "park.yml",
        "    value_added: value_added_other_2024",
        "    gross_output: output_other\n    value_added_rate: value_added_rate_machinery",
    )
    add_row(
        zone / "figures.csv",
        figure="output_other",
        source="example",
        place="p",
        subject="s",
        variable="v",
        period="2024",
        quantity="60 亿元",
    )
    set_cell(zone / "figures.csv", "value_added_2024", "quantity", "526 亿元")
    # 88.4 + 61.2 + 60
    at(zone, "figures.csv", "'526 亿元'", "at most the gross output of all industries, 209.6", "error")


@pytest.mark.parametrize(
    ("old", "new", "found", "fit"),
    [
        (
            "1000000,180000",
            "1000000,18",
            "18, 1.8e-05 of the gross output",
            "reads like 亿元: 180000",
        ),
        ("1000000,180000", "100,180000", None, "at most the gross output 100"),
        ("1000000,180000", "1000000,18000", "18000, 0.018 of", "reads like a slip by 10: 180000"),
    ],
)
def test_a_row_of_an_input_output_table_in_two_units(zone, old, new, found, fit):
    edit(zone / "value_added_rates.csv", old, new)
    problem = told(zone)[0]
    assert (problem.file, problem.row) == ("value_added_rates.csv", 2)
    assert problem.severity == ("error" if found is None else "warning")
    assert fit in problem.allowed
    assert found is None or found in problem.found


def test_value_added_below_zero_cannot_be(zone):
    lever(zone, "value_added_old_mill", low="-1.6", central="-1", high="-0.6", minimum="-5")
    problem = at(zone, "levers.csv", "-5 of value_added_old_mill", "0 or more", "error")
    assert problem.column == "minimum"


def test_a_plant_that_makes_more_than_is_made(zone):
    text = "value_added: value_added_old_mill"
    edit(zone / "park.yml", text, f"{text}\n    product: billet\n    volume: mill_volume")
    levers = zone / "levers.csv"
    row = next(r for r in levers.read_text(encoding="utf-8").splitlines() if r.startswith("billet_volume"))
    with levers.open("a", encoding="utf-8") as stream:
        stream.write(row.replace("billet_volume_2024", "mill_volume") + "\n")
    assert told(zone) == []
    lever(zone, "mill_volume", unit="t", low="1", central="1600000", high="1800000", maximum="2000000")
    at(
        zone,
        "levers.csv",
        "mill_volume of 1.6e+06 t for old_mill",
        "no more than billet_volume_2024",
        "warning",
    )


@pytest.mark.parametrize(
    ("central", "allowed"), [("6", "reads like a percentage: 0.06"), ("0.7", "-0.5 to 0.5 in most cases")]
)
def test_growth_typed_as_a_percentage(zone, central, allowed):
    cells = {"low": central, "central": central, "high": central, "maximum": "9"}
    lever(zone, "baseline_growth", **cells, distribution="triangular", series="")
    at(zone, "levers.csv", f"{central} as growth", allowed, "warning")


def test_a_price_whose_note_denies_the_tax(zone):
    lever(zone, "billet_price_2024", note="不含税价")
    at(zone, "levers.csv", "a price without VAT by its note", "a price with VAT", "warning")
    lever(zone, "billet_price_2024", note="含税价")
    assert told(zone) == []
    edit(zone / "park.yml", "    vat_rate: vat_rate ", "    # ")
    assert {p.found for p in told(zone)} == {
        "billet_price_2024, a price with VAT by its note",
        "billet_price_2025, a price with VAT by its note",
    }


def test_a_price_after_typed_before(zone):
    lever(zone, "billet_price_2024", low="3300", central="3350", high="3390")
    at(zone, "levers.csv", "3350 CNY/t before and billet_price_2025 of 3400 after", "as the name", "warning")


@pytest.fixture
def quoted(zone):
    """The price series of the target year's price: 3850 in the base year, 3400 lately."""
    head = "series,period,value,unit,published,published_rule,source,note\n"
    rows = [("2024-03", 3900), ("2024-09", 3800), ("2025-02", 3400)]
    lines = [f"billet,{month},{value},CNY/t,2025-02-20,,example," for month, value in rows]
    (zone / "prices.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    lever(zone, "billet_price_2025", series="billet", low="", high="")
    return zone


def test_quotations_agree_with_the_park(quoted):
    assert told(quoted) == []


def test_a_price_after_typed_before_where_quotations_say_otherwise(quoted):
    edit(quoted / "park.yml", "{zh: 钢坯降价, en: The price of billets falls}", "Billets")
    lever(quoted, "billet_price_2024", low="3300", central="3500", high="3600")
    set_cell(quoted / "figures.csv", "billet_price_printed", "quantity", "3840 元/吨")
    at(quoted, "levers.csv", "before", "as the quotations say (3850, lately 3400)", "warning")


def test_a_price_without_the_tax_that_quotations_hold(quoted):
    lever(quoted, "billet_price_2024", low="3300", central="3407", high="3500")  # 3850 / 1.13
    assert any("reads like a price without VAT: 3850 with" in p.allowed for p in told(quoted))


def test_an_amount_of_another_year(zone):
    set_cell(zone / "figures.csv", "output_steel_2024", "period", "2023")
    problem = at(zone, "figures.csv", "a figure of 2023", "one of the base year 2024", "warning")
    assert problem.column == "period"


def test_a_total_of_another_year_cannot_be(zone):
    set_cell(zone / "figures.csv", "value_added_2024", "period", "2023")
    at(zone, "figures.csv", "value_added_2024, a figure of 2023", "one of the base year 2024", "error")


def test_a_series_that_ends_before_the_base_year(zone):
    history(zone, y2024="")
    problem = at(zone, "history.csv", "city_industry up to 2023", "growth after 2023", "warning")
    assert problem.column == "period"


def test_a_series_at_comparable_prices_that_drives_growth_at_current_ones(zone):
    file = zone / "history.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",current,", ",comparable,"), encoding="utf-8")
    at(zone, "history.csv", "city_industry at comparable prices", "current prices", "warning")


@pytest.mark.parametrize(("quantity", "found"), [("much", "'much'"), ("1 亿元", "unknown source")])
def test_a_problem_of_88_rows_is_told_once(zone, quantity, found):
    cells = {"place": "p", "subject": "s", "variable": "v", "period": "2024", "quantity": quantity}
    for i in range(88):
        source = "nobody" if "亿" in quantity else "example"
        add_row(zone / "figures.csv", figure=f"f_{i}", source=source, **cells)
    problem = at(zone, "figures.csv", found, "", "error")
    assert len(problem.rows) == 87
    assert "row 8 and 87 more up to row 95" in str(problem)


@pytest.mark.parametrize("where", ["levers.csv", "scenarios/combined.yml"])
def test_a_cap_typed_as_the_cut(zone, where):
    if where == "levers.csv":
        lever(zone, "rationing_cap", low="0.1", central="0.164", high="0.2")
    else:
        edit(zone / where, "shocks:", "levers: {rationing_cap: 0.164}\nshocks:")
    found = "0.164 as shocks.summer_rationing.cap"
    at(zone, where, found, "reads like the part that is lost: 0.836 would be left", "warning")


def test_a_price_in_another_unit(zone):
    lever(zone, "billet_price_2025", figure="", low="0.32", central="0.34", high="0.37", minimum="0")
    allowed = "0.2 to 5 times billet_price_2024, 3850 CNY/t; reads like a slip by 万: 3400 CNY/t"
    at(zone, "levers.csv", "billet_price_2025 of 0.34 CNY/t for billet_price_falls", allowed, "warning")


def test_a_contract_in_another_unit(tmp_path):
    zone = copy_park(tmp_path, PARKS / "harbour")
    set_cell(zone / "levers.csv", "gas_before", "unit", "m3")
    at(
        zone,
        "levers.csv",
        "gas_before of 1400 m3 for gas_contract",
        "reads like 万立方米: 1.4e+07 m3",
        "warning",
    )
