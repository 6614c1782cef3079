"""Scenarios side by side, and the sequences in which one thing differs."""

from dataclasses import replace

import pytest

from parkanalysis.errors import InputError
from parkanalysis.model import compare
from parkanalysis.model.scenario import own_lever, read_scenario


@pytest.fixture(scope="module")
def all_of_them(qingzhen):
    return compare.project_all(qingzhen, draws=256)


def test_every_scenario_of_the_park_stands_in_a_row(qingzhen, all_of_them):
    table = compare.compare(all_of_them.values())
    assert table.index.tolist() == list(qingzhen.scenarios)
    for name, projection in all_of_them.items():
        assert table.loc[name, "median"] == projection.median
        assert (table.loc[name, "low"], table.loc[name, "high"]) == projection.interval(0.8)
        assert table.loc[name, "met_80"] == projection.targets_met()[0.8]
        assert table.loc[name, "stated_probability"] == projection.target_risk([40])["probability"].item()
    assert table.loc["reference", "median"] == table.loc["reference", "baseline"]


def test_contributions_stand_side_by_side(all_of_them):
    table = compare.contributions_by_scenario([all_of_them[n] for n in ("reference", "closures", "combined")])
    assert table.loc["power_contract", "closures"] == 0
    gaps = {n: all_of_them[n].draws.mean() - 37.01 for n in table.columns}
    assert table.sum().to_dict() == pytest.approx(gaps, abs=1e-9)


def test_only_what_is_not_alike_is_listed(qingzhen):
    cases = [read_scenario(qingzhen, n) for n in ("combined", "recovery", "severe")]
    table = compare.settings(cases)
    assert table.index.tolist() == [("lever", "alumina_price_2016"), ("lever", "baseline_growth")]
    lever = own_lever(qingzhen, "alumina_price_2016")
    prices = table.loc[("lever", "alumina_price_2016"), ["combined", "recovery", "severe"]].tolist()
    assert prices == pytest.approx([lever.central, lever.high, lever.low])
    assert compare.settings(cases[:1]).empty


def test_a_sequence_of_one_lever_is_found_and_ordered(qingzhen):
    def at(name, price):
        scenario = read_scenario(qingzhen, "combined", alumina_price_2016=price)
        return replace(scenario, name=name)

    cases = [at("high", 1900), at("low", 1400), read_scenario(qingzhen, "closures"), at("middle", 1600)]
    (found,) = compare.sequences(cases)
    assert (found.kind, found.name, found.unit) == ("lever", "alumina_price_2016", "CNY/t")
    assert found.scenarios == ("low", "middle", "high")
    assert found.levels == (1400, 1600, 1900)


def test_a_shock_that_is_added_is_a_sequence(qingzhen):
    cases = [read_scenario(qingzhen, n) for n in ("power_contract", "reference", "combined")]
    (found,) = compare.sequences(cases)
    assert (found.kind, found.name, found.scenarios) == (
        "shock",
        "power_contract",
        ("reference", "power_contract"),
    )


def test_two_levers_at_once_are_no_sequence(qingzhen):
    assert compare.sequences([read_scenario(qingzhen, n) for n in ("combined", "severe")]) == []
    assert compare.sequences([]) == []


def test_a_range_that_differs_counts_as_a_difference(qingzhen):
    wide = read_scenario(qingzhen, "combined", alumina_pass_through={"low": 0.1, "central": 0.4, "high": 0.7})
    renamed = replace(wide, name="wide")
    (found,) = compare.sequences([renamed, read_scenario(qingzhen, "combined")])
    assert found.name == "alumina_pass_through"


def test_a_scenario_twice_is_refused(qingzhen):
    with pytest.raises(InputError, match="'combined' twice"):
        compare.project_all(qingzhen, ["combined", "combined"], draws=16)
