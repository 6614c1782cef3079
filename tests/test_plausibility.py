"""Plausibility: what is allowed by itself and cannot hold together, worked by hand."""

from __future__ import annotations

import pytest
from parkfiles import PARKS, copy_park, edit, set_cell

from parkanalysis.model.check import check
from parkanalysis.model.plausibility import implausible
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import read_park
from parkanalysis.park.workbook import write_workbook


@pytest.fixture
def zone(tmp_path):
    return copy_park(tmp_path)


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


def test_a_plant_that_makes_more_than_is_made(zone):
    text = "value_added: value_added_old_mill"
    edit(zone / "park.yml", text, f"{text}\n    product: billet\n    volume: mill_volume")
    levers = zone / "levers.csv"
    row = next(r for r in levers.read_text(encoding="utf-8").splitlines() if r.startswith("billet_volume"))
    with levers.open("a", encoding="utf-8") as stream:
        stream.write(row.replace("billet_volume_2024", "mill_volume") + "\n")
    assert said(zone) == []
    for column, value in {"unit": "t", "low": "1", "central": "1600000", "high": "1800000"}.items():
        set_cell(levers, "mill_volume", column, value)
    line = set_cell(levers, "mill_volume", "maximum", "2000000")
    assert said(zone) == [
        f"levers.csv, row {line}, column central: found mill_volume of 1.6e+06 t for the plant old_mill; "
        "allowed: at most all of billet, 1.5e+06 t"
    ]


def test_a_product_that_sells_for_more_than_its_industry(zone):
    line = 0
    for column, value in {"central": "300", "high": "320", "maximum": "400"}.items():
        line = set_cell(zone / "levers.csv", "billet_volume_2024", column, value)
    # 3,000,000 t * 3850 / 1.13 = 102.2 亿元
    assert said(zone) == [
        f"levers.csv, row {line}, column central: found billet_volume_2024 that sells for 102.2 CNY_100m "
        "without VAT; allowed: at most the printed gross output of steel, 88.4 CNY_100m"
    ]


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
