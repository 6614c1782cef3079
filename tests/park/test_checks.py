"""Checks between the files: one thing wrong makes one problem, at its file, row and column."""

from __future__ import annotations

import shutil

import pytest
from parkfiles import PARKS, add_row, copy_park, edit, only, problems, set_cell

from parkanalysis.park.checks import contradiction
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import park_path, read_park
from parkanalysis.park.schema import Correlation


@pytest.fixture
def harbour(tmp_path):
    return copy_park(tmp_path, PARKS / "harbour")


def test_the_parks_as_they_stand_are_right():
    assert problems(TEMPLATE) == []
    assert problems(PARKS / "harbour") == []
    assert problems(PARKS / "tiny") == []


CELLS = [
    # file, row, column, value, part of what was found, part of what is allowed
    ("levers", "vat_rate", "source", "nobody", "unknown source 'nobody'", "example"),
    ("levers", "billet_price_2025", "figure", "billet_price_print", "unknown figure", "billet_price_printed"),
    ("levers", "baseline_growth", "series", "city_industri", "unknown series", "city_industry"),
    ("levers", "value_added_rate_steel", "series", "steal", "unknown industry with rates", "steel"),
    ("levers", "billet_volume_2024", "low", "160", "160 above central 150", "low ≤ central ≤ high"),
    ("levers", "billet_volume_2024", "high", "201", "201", "0 to 200"),
    ("levers", "billet_volume_2024", "central", "", "nothing", "a number, or a figure"),
    ("levers", "billet_volume_2024", "low", "", "nothing", "the 10% or 90% point"),
    ("levers", "billet_volume_2024", "minimum", "-1", "-1", "0 or more for a volume"),
    ("levers", "billet_price_2025", "central", "3400", "3400", "empty, since the figure"),
    ("levers", "billet_price_2025", "unit", "CNY/kWh", "printed in CNY/t", "a figure in CNY/kWh"),
    ("levers", "billet_price_2024", "minimum", "-5", "-5", "0 or more for a price"),
    ("levers", "baseline_growth", "low", "0.1", "0.1", "empty, since the forecast"),
    ("levers", "baseline_growth", "series", "", "nothing", "a series or an industry"),
    ("levers", "rationing_cap", "maximum", "1.5", "1.5 of rationing_cap", "0 to 1"),
    ("levers", "vat_rate", "maximum", "17", "17 of vat_rate", "0 to 1"),
    ("levers", "vat_rate", "central", "13", "13", "0 to 0.25"),
    ("levers", "value_added_rate_machinery", "unit", "CNY_100m", "in CNY", "a lever in fraction"),
    ("levers", "baseline_growth", "minimum", "-1.5", "-1.5 of baseline_growth", "-1 to 10"),
    ("figures", "value_added_2024", "quantity", "很多", "'很多'", "a quantity"),
    ("figures", "value_added_2024", "quantity", "52.6 万吨", "in t", "a figure in yuan"),
    ("figures", "output_steel_2024", "quantity", "0 亿元", "'0 亿元'", "above 0"),
    ("figures", "output_steel_2024", "quantity", "99999999999999999 亿元", "99999", "at most 1e+15 yuan"),
    ("sources", "example", "published", "2025-03-01", "published on 2025-03-01", "vintage date 2025-02-28"),
]


@pytest.mark.parametrize(("table", "key", "column", "value", "found", "allowed"), CELLS)
def test_one_bad_cell(zone, table, key, column, value, found, allowed):
    row = set_cell(zone / f"{table}.csv", key, column, value)
    listed = problems(zone)
    hits = [p for p in listed if found in p.found and allowed in p.allowed]
    assert hits, listed
    if table == "levers":
        assert any(p.file == "park.yml" or (p.row, p.column) == (row, column) for p in hits)
        assert len(listed) == (2 if column == "unit" and value == "CNY/kWh" else 1)


KEYS = [
    ("growth: baseline_growth", "growth: baseline_grow", "growth", "baseline_growth"),
    ("value_added: value_added_2024", "value_added: value_added", "value_added", "value_added_2024"),
    ("other_industry: other", "other_industry: others", "other_industry", "other"),
    ("    industry: machinery", "    industry: machines", "shocks.summer_rationing.industry", "machinery"),
    ("    plant: old_mill", "    plant: old_mil", "shocks.old_mill_closes.plant", "old_mill"),
    ("    product: billet", "    product: bilet", "shocks.billet_price_falls.product", "billet"),
    ("    price: billet_price_2025", "    price: billet_price_2026", "shocks.billet_price_falls.price", None),
    ("  loss: stated_loss_2025", "  loss: stated_los", "stated.loss", "stated_loss_2025"),
    ("as_of: 2025-02-28 ", "reading_rule: standart\nas_of: 2025-02-28 ", "reading_rule", "standard"),
]


@pytest.mark.parametrize(("old", "new", "column", "nearest"), KEYS)
def test_one_unknown_name_in_the_park(zone, old, new, column, nearest):
    edit(zone / "park.yml", old, new)
    problem = only(zone)
    lines = (zone / "park.yml").read_text(encoding="utf-8").split("\n")
    line = next(i for i, text in enumerate(lines) if text.startswith(new.split("\n")[0]))
    assert (problem.file, problem.column) == ("park.yml", column)
    assert problem.row == line + 1
    assert problem.nearest == nearest if nearest else problem.nearest is not None


DECLARATIONS = [
    ("    start: 2025-04", "    start: 2026-04", "2026-04", "a month of 2025"),
    ("    pass_through: billet_pass_through ", "    pass_through: vat_rate ", None, None),
    ("    volume: billet_volume_2024", "    volume: vat_rate", "vat_rate in fraction", "a lever in t"),
    ("    price: billet_price_2024", "    price: billet_volume_2024", "in t", "a lever in CNY/t"),
    ("    cap: rationing_cap", "    cap: billet_volume_2024", "in t", "a lever in fraction"),
    ("as_of: 2025-02-28 ", "as_of: 2020-02-28 ", "2020-02-28", "not before the base year"),
]


@pytest.mark.parametrize(("old", "new", "found", "allowed"), DECLARATIONS)
def test_declarations_that_make_no_sense(zone, old, new, found, allowed):
    edit(zone / "park.yml", old, new)
    listed = problems(zone)
    if found is None:
        assert listed == []
    else:
        assert any(found in p.found and allowed in p.allowed and p.file == "park.yml" for p in listed), listed


SHOCKS = {
    "capacity_ramp_up": "kind: capacity_ramp_up, product: billet, volume: billet_volume_2024",
    "contracted_volume": (
        "kind: contracted_volume, industry: other, volume: billet_volume_2024, "
        "base_volume: billet_volume_2024, price: billet_price_2024"
    ),
    "rate_change": (
        "kind: rate_change, industry: other, rate_before: value_added_rate_machinery, rate_after: vat_rate"
    ),
}


@pytest.mark.parametrize("kind", SHOCKS)
def test_shocks_on_output_need_an_industry_with_a_rate(zone, kind):
    edit(zone / "park.yml", "    industry: steel\n    volume", "    industry: other\n    volume")
    text = (zone / "park.yml").read_text(encoding="utf-8")
    (zone / "park.yml").write_text(text + f"  more: {{name: More, {SHOCKS[kind]}}}\n", encoding="utf-8")
    problem = only(zone)
    assert problem.found == "other, with value_added only"
    assert problem.column.startswith("shocks.more.")


def test_prices_are_per_unit_of_the_volume(harbour):
    set_cell(harbour / "levers.csv", "gas_price", "unit", "CNY/t")
    assert "CNY/m3" in only(harbour).allowed
    set_cell(harbour / "levers.csv", "gas_price", "unit", "CNY/m3")
    set_cell(harbour / "levers.csv", "gas_before", "unit", "t")
    assert "gas_before in t" in only(harbour).found


def test_a_plant_and_its_product_belong_to_one_industry(zone):
    old = "    value_added: value_added_old_mill"
    edit(zone / "park.yml", old, f"{old}\n    product: billet\n    volume: billet_volume_2024")
    assert problems(zone) == []
    edit(
        zone / "park.yml", "    industry: steel\n    value_added", "    industry: machinery\n    value_added"
    )
    assert only(zone).allowed == "a product of machinery"


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ("- {levers: [vat_rate, vat_rat], rank: 0.1}", "unknown lever 'vat_rat'"),
        ("- {levers: [vat_rate, vat_rate], rank: 0.1}", "vat_rate twice"),
        (
            "- {levers: [vat_rate, rationing_cap], rank: 0.1}\n"
            "- {levers: [rationing_cap, vat_rate], rank: 0.2}",
            "again",
        ),
        (
            "- {levers: [vat_rate, rationing_cap], rank: 0.9}\n"
            "- {levers: [rationing_cap, billet_volume_2024], rank: 0.9}\n"
            "- {levers: [vat_rate, billet_volume_2024], rank: -0.9}",
            "contradict one another",
        ),
    ],
)
def test_correlations(zone, pairs, found):
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.write(f"correlations:\n{pairs}\n")
    assert found in only(zone).found


@pytest.mark.parametrize(
    ("text", "found", "column"),
    [
        ("shocks: [old_mil_closes]", "unknown shock", "shocks"),
        ("shocks: [old_mill_closes, old_mill_closes]", "twice", "shocks"),
        ("levers: {rationing_caps: 1}", "unknown lever", "levers"),
        ("levers: {rationing_cap: 1.2}", "1.2", "levers.rationing_cap"),
        (
            "levers: {rationing_cap: {low: 0.9, central: 0.8, high: 1}}",
            "0.9 above central 0.8",
            "levers.rationing_cap",
        ),
        ("levers: {rationing_cap: {figure: value_added_2024}}", "in CNY", "levers.rationing_cap"),
        ("levers: {rationing_cap: {figure: nothing}}", "unknown figure", "levers.rationing_cap"),
        (
            "levers: {rationing_cap: {low: 0, central: 0.5, high: 1, distribution: lognormal}}",
            "0",
            "levers.rationing_cap",
        ),
    ],
)
def test_scenarios(zone, text, found, column):
    (zone / "scenarios" / "mine.yml").write_text(f"title: Mine\n{text}\n", encoding="utf-8")
    problem = only(zone)
    assert (problem.file, problem.row, problem.column) == ("scenarios/mine.yml", 2, column)
    assert found in problem.found


def test_a_price_changed_twice_in_a_scenario_would_count_twice(zone):
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.write("  again: {kind: price_change, name: A, product: billet, price: billet_price_2025}\n")
    found = problems(zone)
    assert [p.file for p in found] == ["scenarios/combined.yml"]
    assert "changed once" in found[0].allowed


SERIES = [
    ({"period": "2024", "value": "520", "published": "2025-01-31"}, "again, first in row 11"),
    ({"period": "2024Q1", "value": "520"}, "2024Q1"),
    ({"period": "2014", "value": "290", "unit": "CNY_10k"}, "CNY_10k"),
    ({"period": "2014", "value": "290", "prices": "comparable"}, "comparable"),
    ({"period": "2014", "value": "-3"}, "-3 in a series that baseline_growth forecasts"),
    ({"period": "2026", "value": "500", "published": "2025-01-31"}, "2025-01-31"),
]


def test_growth_rates_are_no_levels(zone):
    history = zone / "history.csv"
    text = history.read_text(encoding="utf-8")
    history.write_text(text.replace("CNY_100m", "%"), encoding="utf-8")
    problem = only(zone)
    assert (problem.file, problem.row, problem.found) == ("history.csv", 2, "%")
    assert problem.allowed == "levels: chain the growth rates to an index"
    history.write_text(text.replace(",2020,411.8,", ",2020,-0.8,"), encoding="utf-8")
    assert "growth rates are chained to an index first" in only(zone).allowed


def test_industries_printed_as_points_need_no_minimum(tmp_path):
    zone = copy_park(tmp_path, PARKS / "tiny")
    set_cell(zone / "levers.csv", "mill", "minimum", "0")
    set_cell(zone / "levers.csv", "mill", "distribution", "point")
    assert problems(zone) == []


@pytest.mark.parametrize(("cells", "found"), SERIES)
def test_series(zone, cells, found):
    plain = {
        "series": "city_industry",
        "unit": "CNY_100m",
        "prices": "current",
        "published": "2025-02-01",
        "source": "example",
    }
    add_row(zone / "history.csv", **(plain | cells))
    listed = problems(zone)
    assert any(p.file == "history.csv" and p.row == 12 and found in p.found for p in listed), listed


def test_a_revision_is_a_further_row_and_the_last_one_in_time_counts(zone):
    cells = {"series": "city_industry", "period": "2024", "unit": "CNY_100m", "prices": "current"}
    add_row(zone / "history.csv", **cells, value="530", published="2025-02-20", source="example")
    add_row(zone / "history.csv", **cells, value="999", published="2025-06-20", source="example")
    series = read_park(zone).series("city_industry")
    assert series["value"].iloc[-1] == 530
    assert len(series) == 10


def test_the_vintage_date_leaves_two_years_or_says_so(zone):
    park = zone / "park.yml"
    edit(park, "base_year: 2024 ", "base_year: 2015 ")
    edit(park, "target_year: 2025 ", "target_year: 2016 ")
    edit(park, "as_of: 2025-02-28 ", "as_of: 2016-02-28 ")
    for month in ("04", "07", "08"):
        edit(park, f"2025-{month}", f"2016-{month}")
    set_cell(zone / "sources.csv", "example", "published", "2016-01-01")
    assert only(zone).found == "1 complete years of city_industry published by 2016-02-28"


@pytest.mark.parametrize("drop", ["2023-06", "2023Q2"])
def test_years_that_are_not_complete_do_not_count(tmp_path, drop):
    zone = copy_park(tmp_path, PARKS / "tiny")
    lines = ["series,period,value,unit,prices,published,published_rule,source"]
    for year in (2017, 2018):
        parts = (
            [f"{year}-{m:02d}" for m in range(1, 13)] if "-" in drop else [f"{year}Q{q}" for q in range(1, 5)]
        )
        lines += [f"county,{p},5,CNY_100m,current,2019-02-01,,letter" for p in parts]
    (zone / "history.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert problems(zone) == []
    (zone / "history.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert only(zone).found.startswith("1 complete years of county")


def test_as_of_later_than_the_target_year_meets_its_figures(zone):
    edit(zone / "park.yml", "as_of: 2025-02-28 ", "as_of: 2030-02-28 ")
    assert problems(zone) == []
    add_row(
        zone / "history.csv",
        series="city_industry",
        period="2025",
        value="540",
        unit="CNY_100m",
        prices="current",
        published="2026-01-31",
        source="example",
    )
    assert only(zone).allowed == "nothing after 2024"


def test_a_lever_cannot_be_called_like_a_parameter(zone):
    text = (zone / "levers.csv").read_text(encoding="utf-8")
    (zone / "levers.csv").write_text(text + text.splitlines()[-1].replace("baseline_growth", "seed") + "\n")
    assert only(zone).allowed == "a name that is no parameter of the report"


def test_rates_above_one_are_refused(zone):
    with (zone / "value_added_rates.csv").open("a") as stream:
        stream.write("steel,table,sector,100,101,yes,example,\n")
    assert only(zone).allowed == "at most the gross output 100"


def test_an_absent_optional_table_is_empty(zone):
    (zone / "value_added_rates.csv").unlink()
    assert [p.column for p in problems(zone)] == ["series"]
    shutil.rmtree(zone / "scenarios")
    assert [p.column for p in problems(zone)] == ["series"]


def test_problems_of_all_files_come_at_once(zone):
    set_cell(zone / "levers.csv", "vat_rate", "low", "abc")
    set_cell(zone / "levers.csv", "rationing_cap", "source", "nobody")
    set_cell(zone / "figures.csv", "output_steel_2024", "quantity", "?")
    edit(zone / "park.yml", "display_unit: CNY_100m", "display_unit: yuan")
    (zone / "scenarios" / "bad.yml").write_text("title: [\n")
    (zone / "scenarios" / "worse.yml").write_text("title: A\nshock: all\n")
    (zone / "sources.csv").write_bytes(b"\xff")
    files = {p.file for p in problems(zone)}
    assert files >= {
        "levers.csv",
        "figures.csv",
        "park.yml",
        "scenarios/bad.yml",
        "scenarios/worse.yml",
        "sources.csv",
    }


def test_one_industry_has_value_added_in_any_case(tmp_path):
    zone = copy_park(tmp_path, PARKS / "tiny")
    for column, value in {"minimum": "0", "distribution": "triangular", "low": "3", "high": "4"}.items():
        set_cell(zone / "levers.csv", "mill", column, value)
    assert only(zone).found == "industries whose value added may all be 0"
    set_cell(zone / "levers.csv", "mill", "minimum", "-1")
    assert {p.file for p in problems(zone)} == {"levers.csv", "park.yml"}


def test_rates_published_after_the_vintage_date_may_only_stand_aside(tmp_path):
    folder = copy_park(tmp_path, park_path("qingzhen"))
    assert read_park(folder).value_added_rates["source"].str.endswith("_later").any()
    rates = folder / "value_added_rates.csv"
    rows = rates.read_text(encoding="utf-8").splitlines()
    late = next(i for i, row in enumerate(rows) if ",no,nbs_input_output_later," in row)
    rows[late] = rows[late].replace(",no,", ",yes,")
    rates.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = problems(folder)
    assert any(p.row == late + 1 and "published by the vintage date" in str(p) for p in found)


def _pair(a, b, rank):
    return Correlation(levers=(a, b), rank=rank)


def test_a_contradiction_names_the_pairs_that_make_it():
    pairs = [_pair("a", "b", 0.9), _pair("b", "c", 0.9), _pair("a", "c", -0.9), _pair("c", "d", 0.1)]
    assert contradiction(pairs) == pairs[:3]
    assert contradiction(pairs[3:]) == []


def test_a_contradiction_is_found_when_the_park_is_checked(tmp_path):
    park = copy_park(tmp_path, read_park("qingzhen").path)
    edit(
        park / "park.yml",
        "correlations:\n",
        "correlations:\n"
        "  - {levers: [baseline_growth, alumina_pass_through], rank: 0.95}\n"
        "  - {levers: [baseline_growth, power_further_2016], rank: 0.6}\n",
    )
    (problem,) = problems(park)
    assert problem.file == "park.yml"
    assert problem.row is not None
    assert "baseline_growth–alumina_pass_through 0.95" in problem.found
    assert "contradict" in problem.found


def test_caps_at_the_same_time_are_bounded(zone):
    cap = "  cap_{0}: {{kind: output_cap, name: A, industry: machinery, cap: rationing_cap{1}}}\n"
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.writelines(cap.format(i, "") for i in range(13))
    (zone / "scenarios" / "all.yml").write_text("title: A\nshocks: all\n", encoding="utf-8")
    assert {p.found for p in problems(zone)} == {"14 shocks that cap the industry machinery at the same time"}
    text = (zone / "park.yml").read_text(encoding="utf-8")
    for i in range(12):
        month = f"2025-{i + 1:02d}"
        text = text.replace(cap.format(i, ""), cap.format(i, f", start: {month}, end: {month}"))
    (zone / "park.yml").write_text(text, encoding="utf-8")
    assert problems(zone) == []
