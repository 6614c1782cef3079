"""Check: errors where a park cannot be read or projected, warnings where it can."""

from __future__ import annotations

import pytest
from parkfiles import PARKS, add_row, copy_park, edit, set_cell

from parkanalysis.model.check import check
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.workbook import write_workbook


@pytest.fixture
def zone(tmp_path):
    return copy_park(tmp_path)


def of(found, severity):
    return [p for p in found if p.severity == severity]


@pytest.mark.parametrize("name", ["harbour", "tiny"])
def test_parks_with_nothing_to_say(name):
    assert check(PARKS / name) == []


def test_numbers_of_the_template_are_counted():
    found = check(TEMPLATE)
    assert of(found, "error") == []
    counts = {p.file: p.found.split()[0] for p in found if "invented" in p.found}
    rows = {f: str(len((TEMPLATE / f).read_text(encoding="utf-8").splitlines()) - 1) for f in counts}
    assert counts == rows
    assert set(counts) == {"figures.csv", "levers.csv", "history.csv", "value_added_rates.csv"}


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
        "summer_rationing, which no scenario turns on",
    } <= found
    assert not of(check(zone), "error")


def test_a_vintage_after_the_target_year_is_warned_of(zone):
    edit(zone / "park.yml", "as_of: 2025-02-28 ", "as_of: 2027-02-28 ")
    assert any(p.column == "as_of" and p.severity == "warning" for p in check(zone))


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
    write_workbook(TEMPLATE, tmp_path / "zone.xlsx")
    assert {p.file for p in check(tmp_path / "zone.xlsx")} == {
        f"zone.xlsx, sheet {name}" for name in ("figures", "levers", "history", "value_added_rates")
    }


def test_a_place_that_is_no_park():
    (problem,) = check("nowhere")
    assert problem.severity == "error"
