"""Reading a park: where it is found, what it holds, what it is when files come in another order."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest
from parkfiles import PARKS, copy_park, edit, only, problems, set_cell

from parkanalysis import quantities
from parkanalysis.errors import InputError
from parkanalysis.park import park as park_module
from parkanalysis.park.park import known_parks, park_path, read_park
from parkanalysis.quantities import parse


def test_the_park_of_the_installation_is_found_by_name_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "qingzhen" in known_parks()
    assert read_park("qingzhen").id == "qingzhen"


@pytest.mark.parametrize(
    "name",
    ["", " ", "nowhere", "a\0b", "x" * 5_000, "~nobody_of_that_name/park", "quingzhen", "🏭\n"],
)
def test_places_that_are_no_park(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_park(name)
    (problem,) = caught.value.problems
    assert problem.file == "park"
    assert problem.nearest == ("qingzhen" if name == "quingzhen" else None)


def test_a_file_that_is_no_workbook(tmp_path):
    file = tmp_path / "park.yml"
    file.write_text("name: A\n")
    assert "workbook" in only(file).allowed
    assert "no such file" in {p.found for p in problems(tmp_path)}


def test_a_folder_that_cannot_be_read(zone, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    monkeypatch.setattr(park_module, "known_parks", dict)
    assert only(zone).found == "Permission denied"


def test_a_file_that_cannot_be_read(zone):
    (zone / "history.csv").unlink()
    (zone / "history.csv").symlink_to(zone / "history.csv")
    assert any(p.file == "history.csv" for p in problems(zone))


@pytest.mark.parametrize("file", ["park.yml", "levers.csv", "figures.csv", "sources.csv"])
def test_a_missing_file_is_named_once_with_the_nearest_there(zone, file):
    (zone / file).rename(zone / f"my_{file}")
    problem = only(zone)
    assert (problem.file, problem.found, problem.nearest) == (file, "no such file", f"my_{file}")


def test_names_of_scenario_files(zone):
    (zone / "scenarios" / "reference.yml").rename(zone / "scenarios" / "Basis Szenario.yml")
    assert only(zone).file == "scenarios/Basis Szenario.yml"
    (zone / "scenarios" / "Basis Szenario.yml").rename(zone / "scenarios" / "basis.yaml")
    assert only(zone).allowed == "the ending .yml"


def test_a_park_without_a_reference_has_one_all_the_same(zone):
    for file in (zone / "scenarios").iterdir():
        file.unlink()
    park = read_park(zone)
    assert list(park.scenarios) == ["reference"]
    assert park.scenarios["reference"].shocks == ()
    (zone / "scenarios").rmdir()
    assert list(read_park(zone).scenarios) == ["reference"]


def test_a_reference_of_its_own_stays(zone):
    edit(
        zone / "scenarios" / "reference.yml",
        "title: {zh: 基准（无冲击）, en: Reference (no shock)}",
        "title: Mine",
    )
    assert read_park(zone).scenarios["reference"].title["en"] == "Mine"


def test_the_order_of_rows_does_not_matter(zone, tmp_path):
    before = read_park(zone)
    rng = random.Random(1)
    for file in zone.glob("*.csv"):
        head, *rows = file.read_text(encoding="utf-8").splitlines()
        rng.shuffle(rows)
        file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    after = read_park(zone)
    for table in ("figures", "history", "prices", "value_added_rates", "sources"):
        assert getattr(before, table).equals(getattr(after, table))
    assert repr(before.levers) == repr(after.levers)  # nan differs from itself
    assert before.digest != after.digest


def test_the_digest_follows_the_content_not_the_place(zone, tmp_path):
    (tmp_path / "other").mkdir()
    twin = copy_park(tmp_path / "other")
    assert read_park(zone).digest == read_park(twin).digest
    (zone / "notes.txt").write_text("nothing to do with it")
    assert read_park(zone).digest == read_park(twin).digest


def test_numbers_come_from_where_they_are_declared(zone):
    park = read_park(zone)
    assert park.value_added == 52.6
    assert park.levers["billet_price_2025"].central == 3400
    rate = park.levers["value_added_rate_steel"]
    # 180/1000, 31/200 and 185/900: the 50% point is the middle one
    assert rate.central == pytest.approx(0.18)
    assert rate.low == pytest.approx(0.155 + 0.2 * (0.18 - 0.155))


def test_amounts_in_ten_thousand_yuan():
    park = read_park(PARKS / "harbour")
    quantity = park.quantities["value_added_2023"]
    assert park.value_added == pytest.approx(quantity.value / 1e8)
    assert park.amount("value_added_2023", "CNY_10k") == pytest.approx(quantity.value / 1e4)
    with pytest.raises(ValueError, match="not in t"):
        park.amount("value_added_2023", "t")


def test_the_reading_rule_reaches_the_ledger(zone):
    edit(zone / "park.yml", "display_unit: CNY_100m", "reading_rule: literal\ndisplay_unit: CNY_100m")
    text = "53 亿元左右"
    assert read_park(zone).quantities["stated_result_2025"] == quantities.parse(text, "literal")
    assert quantities.parse(text, "literal") != quantities.parse(text)


@pytest.mark.parametrize(
    ("printed", "value", "low", "high"),
    [("增长6%左右", 1.06, 1.055, 1.065), ("下降2%", 0.98, 0.98, 0.98), ("增长10%以上", 1.1, 1.1, 1.12)],
)
def test_a_goal_stated_as_growth_is_the_amount_it_comes_to(zone, printed, value, low, high):
    set_cell(zone / "figures.csv", "stated_result_2025", "quantity", printed)
    park = read_park(zone)
    assert park.amount("stated_result_2025") == pytest.approx(52.6 * value)
    goal = park.quantities["stated_result_2025"]
    assert quantities.bounds(goal) == pytest.approx((52.6e8 * low, 52.6e8 * high))
    assert goal.text == printed


def test_labels_follow_the_language():
    assert read_park(PARKS / "harbour").label("zh") == "港湾工业园"
    assert read_park(PARKS / "tiny").label("zh") == read_park(PARKS / "tiny").label("en") == "Tiny zone"


def test_paths_are_taken_as_they_are(zone, monkeypatch):
    monkeypatch.chdir(zone.parent)
    assert park_path("zone") == park_path(zone) == park_path(f".{os.sep}zone{os.sep}")
    monkeypatch.chdir(zone)
    assert read_park(".").id == "zone"


@pytest.mark.parametrize(
    ("printed", "value"),
    [("比上年下降 3.2%", -0.032), ("同比增长 8.3%", 0.083), ("下降到 3.2%", 0.032), ("降幅 3.2%", -0.032)],
)
def test_a_rate_of_decline_is_negative(qingzhen, printed, value):
    read = {**qingzhen.quantities, "rate": parse(printed)}
    assert replace(qingzhen, quantities=read).amount("rate", "fraction") == pytest.approx(value)
