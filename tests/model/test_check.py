"""Check: errors where a park cannot be read or projected, warnings where it can."""

from __future__ import annotations

import pytest
from parkfiles import PARKS, add_row, copy_park, edit, set_cell

from parkanalysis.model.check import check, implausible
from parkanalysis.model.scenario import own_lever
from parkanalysis.park import read_park
from parkanalysis.park.new import TEMPLATE, write_workbook


def of(found, severity):
    return [p for p in found if p.severity == severity]


@pytest.mark.parametrize("name", ["harbour", "tiny"])
def test_parks_with_nothing_to_say(name):
    assert check(PARKS / name) == []


def test_numbers_of_the_template_are_counted():
    found = check(TEMPLATE)
    assert of(found, "error") == []
    (told,) = [p for p in found if (p.file, p.column) == ("park", "source")]
    files = ("figures", "history", "value_added_rates", "levers")
    rows = {f: len((TEMPLATE / f"{f}.csv").read_text(encoding="utf-8").splitlines()) - 1 for f in files}
    listed = ", ".join(f"{file}.csv {count}" for file, count in rows.items())
    assert (
        told.found
        == f"{sum(rows.values())} rows that are the template's examples and not this zone's: {listed}"
    )


def test_errors_come_alone_and_all(zone):
    set_cell(zone / "levers.csv", "vat_rate", "central", "x")
    edit(zone / "park.yml", "growth: baseline_growth", "growth: nothing")
    found = check(zone)
    assert {p.severity for p in found} == {"error"}
    assert {p.file for p in found} == {"levers.csv", "park.yml"}


def test_a_check_that_cannot_be_read_is_an_error(zone):
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.write("checks:\n  c: {name: C, stated: value_added_2024, computed: valu_added_2024}\n")
    (problem,) = check(zone)
    assert (problem.severity, problem.nearest) == ("error", "value_added_2024")


def test_what_nothing_uses_is_warned_of(zone):
    add_row(zone / "sources.csv", source="diary", title="Diary", publisher="nobody")
    line = (zone / "levers.csv").read_text(encoding="utf-8").splitlines()[-2]
    with (zone / "levers.csv").open("a", encoding="utf-8") as stream:
        stream.write(line.replace("rationing_cap", "spare") + "\n")
    (zone / "scenarios" / "combined.yml").unlink()
    found = {p.found for p in check(zone)}
    assert {
        "diary, which nothing cites",
        "spare, which nothing uses",
        "2 shocks that no scenario turns on: billet_price_falls, summer_rationing",
    } <= found
    assert not of(check(zone), "error")


def test_a_vintage_after_the_target_year_is_warned_of(zone):
    edit(zone / "park.yml", "as_of: 2025-02-28 ", "as_of: 2027-02-28 ")
    assert any(p.column == "as_of" and p.severity == "warning" for p in check(zone))


def test_what_growth_is_of_is_said(zone):
    wide = own_lever(read_park(zone), "baseline_growth")
    edit(zone / "park.yml", "part_of_area: true ", "# ")
    (found,) = [p for p in check(zone) if p.column == "part_of_area"]
    assert (found.severity, found.found) == ("warning", "not given")
    edit(zone / "park.yml", "# ".ljust(25) + "# its", "part_of_area: false  # its")
    assert not [p for p in check(zone) if p.column == "part_of_area"]
    narrow = own_lever(read_park(zone), "baseline_growth")
    assert narrow.high - narrow.low < wide.high - wide.low


def test_the_audit_speaks_as_warnings(zone):
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        stream.write(
            "checks:\n  c: {name: Outputs, unit: CNY_100m, stated: output_steel_2024, "
            "computed: output_machinery_2024}\n"
        )
    (problem,) = [p for p in check(zone) if p.file == "audit" and p.column == "c"]
    assert problem.severity == "warning"
    assert "88.4" in problem.found
    assert "61.2" in problem.found


def test_warnings_of_a_workbook_name_its_sheets(tmp_path):
    zone = copy_park(tmp_path)
    add_row(zone / "sources.csv", source="idle", title="t", publisher="p")
    write_workbook(zone, tmp_path / "zone.xlsx")
    assert {p.file for p in check(tmp_path / "zone.xlsx")} == {"park", "zone.xlsx, sheet sources"}


def test_a_place_that_is_no_park():
    (problem,) = check("nowhere")
    assert problem.severity == "error"


def said(zone):
    return [str(p) for p in implausible(read_park(zone))]


@pytest.mark.parametrize("park", ["qingzhen", TEMPLATE, PARKS / "harbour", PARKS / "tiny"])
def test_nothing_to_say_of_the_parks_that_hold_together(park):
    assert implausible(read_park(park)) == []


def test_a_plant_above_its_industry(zone):
    for column, value in {"low": "17", "central": "18", "high": "20", "maximum": "30"}.items():
        line = set_cell(zone / "levers.csv", "value_added_old_mill", column, value)
    # steel 0.18 * 88.4 = 15.912, less its part of the 0.612 by which the parts exceed 52.6
    assert said(zone) == [
        f"levers.csv, row {line}, column central: found value_added_old_mill of 18 CNY_100m for the plant "
        "old_mill; allowed: at most the value added of its industry steel, 15.88 CNY_100m"
    ]
    (warning,) = [p for p in check(zone) if p.row == line]
    assert warning.severity == "warning"


def test_parts_that_do_not_fit_the_total(zone):
    line = set_cell(zone / "figures.csv", "value_added_2024", "quantity", "20 亿元")
    assert line == 2
    found = implausible(read_park(zone))
    # all other industry is held at 0; of the 11.212 that steel (15.912) and machinery (15.3) exceed 20 by,
    # machinery bears 74.56%: its variance is (0.1 * 61.2)^2, that of steel (0.04044 * 88.4)^2; 6.94 / 61.2
    assert [p.found for p in found] == [
        "value_added_rate_machinery of 0.1134 after balancing to the published 20 CNY_100m",
        "value_added_other_2024 of 0 after balancing to the published 20 CNY_100m",
    ]
    assert found[0].allowed == (
        "near its range 0.2 to 0.3, within 0.02 to 0.8: the parts do not fit the total"
    )
    assert {p.column for p in found} == {"central"}


def test_a_workbook_names_sheet_and_row(zone, tmp_path):
    for column, value in {"low": "17", "central": "18", "high": "20", "maximum": "30"}.items():
        line = set_cell(zone / "levers.csv", "value_added_old_mill", column, value)
    write_workbook(zone, tmp_path / "zone.xlsx")
    (warning,) = [p for p in check(tmp_path / "zone.xlsx") if "old_mill" in p.found]
    assert str(warning).startswith(f"zone.xlsx, sheet levers, row {line}, column central")


def test_settings_without_effect_are_named(zone):
    levers = "levers: {rationing_cap: 0.8, billet_pass_through: 0.5, vat_rate: 0.1}"
    edit(zone / "scenarios" / "closure.yml", "shocks:", f"{levers}\nshocks:")
    (problem,) = [p for p in check(zone) if p.file == "scenarios/closure.yml"]
    assert problem.found.startswith(
        "3 levers set that no active shock uses: rationing_cap, billet_pass_through"
    )


def test_many_of_one_kind_are_one_line(zone):
    for i in range(40):
        add_row(zone / "sources.csv", source=f"diary_{i}", title="Diary", publisher="nobody")
    (problem,) = [p for p in check(zone) if p.file == "sources.csv"]
    assert problem.found.startswith("40 sources that nothing cites: diary_0, diary_1,")
    assert problem.found.endswith("and 28 more")
