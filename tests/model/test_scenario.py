"""Scenarios: what they set, how they differ, and every kind of bad input with its place."""

from dataclasses import replace

import numpy as np
import pytest
from parkfiles import add_row, edit, problems, set_cell

from parkanalysis.errors import InputError
from parkanalysis.forecasting import volatility_ratio
from parkanalysis.model.compare import difference
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import own_lever, price_average, read_scenario
from parkanalysis.park.park import read_park

RANGE = ("low", "central", "high", "distribution")


def test_a_scenario_sets_levers_in_every_way(qingzhen):
    scenario = read_scenario(
        qingzhen,
        "combined",
        alumina_price_2016=1700,
        alumina_pass_through={"low": 0.1, "central": 0.2, "high": 0.4, "distribution": "pert"},
        power_tariff={"quantile": 0.9},
        power_further_2016=3,
    )
    levers = scenario.levers
    assert levers["alumina_price_2016"].is_point
    assert levers["alumina_price_2016"].central == 1700
    assert levers["alumina_pass_through"].ppf(np.array([0.1, 0.9])) == pytest.approx([0.1, 0.4])
    assert levers["power_tariff"].central == qingzhen.levers["power_tariff"].high
    assert levers["power_further_2016"].central == 3
    assert scenario.shocks == tuple(qingzhen.config.shocks)


def test_the_park_keeps_its_own_range(qingzhen):
    before = own_lever(qingzhen, "alumina_price_2016")
    read_scenario(qingzhen, "combined", alumina_price_2016=1700)
    assert own_lever(qingzhen, "alumina_price_2016") == before


def test_a_forecast_lever_takes_its_points_from_the_forecast(qingzhen):
    lever = own_lever(qingzhen, "baseline_growth")
    assert lever.low < lever.central < lever.high
    assert lever.ppf(np.array([0.1, 0.5, 0.9])) == pytest.approx([lever.low, lever.central, lever.high])


def test_nothing_published_after_the_vintage_date_enters(park_copy):
    before = own_lever(read_park(park_copy), "baseline_growth")
    history = park_copy / "history.csv"
    rows = history.read_text(encoding="utf-8").splitlines()
    late = [
        r.replace("1218.79", "9999") if r.startswith("guiyang_secondary_value_added,2016") else r
        for r in rows
    ]
    assert late != rows
    history.write_text("\n".join(late) + "\n", encoding="utf-8")
    after = own_lever(read_park(park_copy), "baseline_growth")
    assert (before.low, before.central, before.high) == (after.low, after.central, after.high)


def test_differences_are_listed_with_units(qingzhen):
    table = difference(read_scenario(qingzhen, "severe"), read_scenario(qingzhen, "combined"))
    assert table["name"].tolist() == ["alumina_price_2016", "baseline_growth"]
    low = own_lever(qingzhen, "alumina_price_2016").low
    assert table.set_index("name").loc["alumina_price_2016", "scenario"] == pytest.approx(low)
    shocks = difference(read_scenario(qingzhen, "closures"), read_scenario(qingzhen, "reference"))
    assert set(shocks["kind"]) == {"shock"}
    assert len(shocks) == 4
    same = read_scenario(qingzhen, "combined")
    assert difference(same, same).empty


@pytest.mark.parametrize(
    ("levers", "found"),
    [
        ({"alumina_prize_2016": 1700}, "did you mean 'alumina_price_2016'"),
        ({"alumina_price_2016": 99999}, "99999; allowed: 900 to 4000 CNY/t"),
        ({"alumina_price_2016": float("nan")}, "nan"),
        ({"alumina_price_2016": float("inf")}, "inf"),
        ({"power_further_2016": -1}, "-1; allowed: 0 to 60"),
        ({"alumina_price_2016": "cheap"}, "'cheap'"),
        ({"alumina_price_2016": True}, "True"),
        ({"alumina_price_2016": {"low": 1900, "central": 1580, "high": 1450}}, "low ≤ central ≤ high"),
        ({"alumina_price_2016": {"low": 1500, "central": 1580}}, "low, central, high"),
        ({"alumina_price_2016": {"quantile": 1.5}}, "quantile"),
        ({"alumina_price_2016": {"figure": "alumina_price_befor"}}, "alumina_price_before"),
        ({"alumina_price_2016": {"figure": "value_added_2015"}}, "CNY"),
        (
            {"other_value_added_2015": {"low": 0, "central": 1, "high": 2, "distribution": "lognormal"}},
            "lognormal",
        ),
    ],
)
def test_bad_levers_are_refused_with_what_is_allowed(qingzhen, levers, found):
    with pytest.raises(InputError) as error:
        read_scenario(qingzhen, "combined", **levers)
    assert found in str(error.value)
    assert len(error.value.problems) == 1


def test_all_bad_levers_are_named_at_once(qingzhen):
    with pytest.raises(InputError) as error:
        read_scenario(qingzhen, "combined", vat_rat=0.17, power_further_2016=-3, alumina_pass_through=2)
    assert len(error.value.problems) == 3


def test_an_unknown_scenario_names_the_nearest(qingzhen):
    with pytest.raises(InputError, match="did you mean 'combined'"):
        read_scenario(qingzhen, "combine")


def one(park):
    (problem,) = problems(park)
    return problem


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("low", "1.5", "above"),  # low above central and high
        ("minimum", "5000", "5000"),  # bounds reversed
        ("central", "nan", "nan"),
        ("high", "inf", "inf"),
    ],
)
def test_bad_ranges_are_refused_with_their_row(park_copy, column, value, found):
    row = set_cell(park_copy / "levers.csv", "alumina_pass_through", column, value)
    listed = problems(park_copy)
    assert listed
    assert all(p.file == "levers.csv" and p.row == row for p in listed)
    assert any(found in str(p) for p in listed)


@pytest.mark.parametrize("value", ["-10", "nan", "inf"])
def test_volumes_are_finite_and_not_negative(park_copy, value):
    row = set_cell(park_copy / "levers.csv", "alumina_output_2015", "low", value)
    listed = problems(park_copy)
    assert {(p.file, p.row) for p in listed} == {("levers.csv", row)}
    assert any(value in p.found for p in listed)


def test_a_shock_on_an_unknown_industry(park_copy):
    edit(
        park_copy / "park.yml",
        "    industry: power_heat\n    product",
        "    industry: power_heet\n    product",
    )
    problem = one(park_copy)
    assert "unknown industry 'power_heet'" in problem.found
    assert problem.nearest == "power_heat"
    assert problem.row is not None


def test_a_shock_on_an_unknown_lever(park_copy):
    edit(park_copy / "park.yml", "price: alumina_price_2016", "price: alumina_prize_2016")
    assert one(park_copy).nearest == "alumina_price_2016"


def test_a_closure_longer_than_the_year(park_copy):
    edit(
        park_copy / "park.yml",
        "    share: closed_share_minmetals\n",
        "    start: 2016-03\n    end: 2017-02\n",
    )
    problem = one(park_copy)
    assert "2017-02" in problem.found
    assert "a month of 2016" in problem.allowed


def test_a_share_of_more_than_the_year(park_copy):
    row = set_cell(park_copy / "levers.csv", "closed_share_minmetals", "maximum", "1.2")
    problem = one(park_copy)
    assert (problem.file, problem.row, problem.column) == ("levers.csv", row, "maximum")
    assert "0 to 1" in problem.allowed


def test_an_end_before_its_start(park_copy):
    edit(
        park_copy / "park.yml",
        "    share: closed_share_minmetals\n",
        "    start: 2016-09\n    end: 2016-02\n",
    )
    assert "start" in one(park_copy).allowed


def test_a_plant_closed_twice(park_copy):
    edit(
        park_copy / "park.yml",
        "  close_hongyun:\n",
        "  close_minmetals_again:\n    kind: plant_closure\n    name: again\n    plant: minmetals\n"
        "    start: 2016-06\n  close_hongyun:\n",
    )
    listed = problems(park_copy)
    assert listed
    assert all("close_minmetals and close_minmetals_again" in p.found for p in listed)
    assert {p.file for p in listed} >= {"scenarios/combined.yml"}


def test_a_ramp_up_in_an_industry_without_a_rate(park_copy):
    edit(park_copy / "park.yml", "    industry: aluminium\n    volume", "    industry: other\n    volume")
    problem = one(park_copy)
    assert "other, with value_added only" in problem.found
    assert "value_added_rate" in problem.allowed


def test_many_problems_in_several_files_come_together(park_copy):
    set_cell(park_copy / "levers.csv", "alumina_pass_through", "low", "0.9")
    edit(park_copy / "park.yml", "growth: baseline_growth", "growth: baseline_grwth")
    add_row(
        park_copy / "history.csv",
        series="x",
        period="2015",
        value="1",
        unit="t",
        published="2016-01-01",
        source="nobody",
    )
    edit(park_copy / "scenarios" / "recovery.yml", "alumina_price_2016", "alumina_prize_2016")
    files = {p.file for p in problems(park_copy)}
    assert files == {"levers.csv", "park.yml", "history.csv", "scenarios/recovery.yml"}


def test_what_a_scenario_file_sets_and_what_a_caller_sets_agree(qingzhen):
    written = project(qingzhen, "severe", 200)
    typed = project(
        qingzhen,
        read_scenario(
            qingzhen, "combined", alumina_price_2016={"quantile": 0.1}, baseline_growth={"quantile": 0.25}
        ),
        200,
    )
    assert np.array_equal(written.draws, typed.draws)


def test_a_parks_price_knows_nothing_published_later(qingzhen):
    park = qingzhen
    name = next(n for n in sorted(set(park.prices["series"])) if len(park.series(n)["period"].iloc[0]) == 10)
    late = park.prices["published"] > park.config.as_of
    assert late.any()
    wrong = park.prices.assign(value=park.prices["value"].where(~late, 1e6))
    changed = replace(park, prices=wrong)
    assert (price_average(changed, name).table == price_average(park, name).table).all()


def test_a_price_that_is_quoted_now_and_then_moves_as_far_as_its_quotations_did(qingzhen):
    made = price_average(qingzhen, "alumina_china")
    rows = {n: qingzhen.series(n).set_index("period")["value"] for n in ("alumina_china", "aluminium_lme")}
    ratio = volatility_ratio(*rows.values())
    assert ratio > 1
    assert made.volatility == pytest.approx(ratio * price_average(qingzhen, "aluminium_lme").volatility)
    low, middle, high = made.quantile([0.1, 0.5, 0.9])[:, 0]
    assert high - middle > middle - low  # prices are skewed, and stay so
    assert own_lever(qingzhen, "alumina_price_2016").central == pytest.approx(middle)
