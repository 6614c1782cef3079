"""Projections: quantiles, risks and growth against closed forms; the stated figure read, held and pooled."""

import csv
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from parkfiles import PARKS, copy_park, edit
from scipy.stats import norm

from parkanalysis.errors import InputError
from parkanalysis.model import target_year
from parkanalysis.model.projection import (
    Projection,
    comparable_growth,
    cut_backs,
    growth_draws,
    growth_quantiles,
    implicit_deflator,
    pooled,
    project,
    readings,
)
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park import read_park


def of(draws):
    """A projection with these draws."""
    scenario = read_scenario(read_park("qingzhen"), "reference")
    return Projection(scenario, np.asarray(draws, float), 1, np.asarray(draws, float), 0.0)


def test_no_shock_is_the_baseline_exactly(qingzhen):
    found = project(qingzhen, "reference", 1000)
    assert np.array_equal(found.draws, found.baseline)


def test_without_growth_and_shocks_the_base_year_stays(qingzhen):
    found = project(qingzhen, read_scenario(qingzhen, "reference", baseline_growth=0.0), 1000)
    assert np.abs(found.draws - 37.01).max() < 1e-12


def test_a_growth_set_by_hand(qingzhen):
    found = project(qingzhen, read_scenario(qingzhen, "reference", baseline_growth=0.1), 100)
    assert found.median == pytest.approx(40.711)


def test_the_same_seed_gives_the_same_draws_and_another_others(qingzhen):
    one, again, other = (project(qingzhen, "combined", 500, s).draws for s in (4, 4, 5))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_more_draws_begin_with_the_same(qingzhen):
    few, many = (project(qingzhen, "combined", n).draws for n in (100, 1000))
    assert np.array_equal(few, many[:100])


@pytest.mark.parametrize("size", [64, 1000, 777])
def test_chunks_do_not_change_anything(qingzhen, monkeypatch, size):
    whole = project(qingzhen, "combined", 2000)
    table, walk = whole.contributions(), whole.contributions(by="both")
    monkeypatch.setattr(target_year, "chunks", lambda draws, _=0: spans(draws, size))
    parts = project(qingzhen, "combined", 2000)
    assert np.array_equal(parts.draws, whole.draws)
    # means are summed up stretch by stretch
    pd.testing.assert_frame_equal(parts.contributions(), table, rtol=1e-12)
    pd.testing.assert_frame_equal(parts.contributions(by="both"), walk, rtol=1e-12)


def spans(draws, size):
    return [(a, min(a + size, draws)) for a in range(0, draws, size)]


def test_the_order_of_rows_does_not_matter(park_copy: Path):
    before = project(read_park(park_copy), "combined", 300)
    for file in sorted(park_copy.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        random.Random(7).shuffle(rows)
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
    after = project(read_park(park_copy), "combined", 300)
    assert np.array_equal(after.draws, before.draws)
    assert after.contributions().equals(before.contributions())


def test_one_draw_is_the_deterministic_run(qingzhen):
    found = project(qingzhen, "combined", 1)
    assert found.draws.tolist() == [found.central]
    table = found.contributions()
    assert table["mean"].sum() == pytest.approx(found.central - 37.01, abs=1e-9)
    assert np.allclose(table["low"], table["high"])


def test_lever_changes_move_the_projection_the_right_way(qingzhen):
    def median(**levers):
        return project(qingzhen, read_scenario(qingzhen, "combined", **levers), 512).median

    assert median(alumina_price_2016=1700) > median(alumina_price_2016=1500)
    assert median(alumina_pass_through=0.6) > median(alumina_pass_through=0.2)
    assert median(closed_share_minmetals=0.2) > median(closed_share_minmetals=1.0)
    assert median(power_further_2016=8) > median(power_further_2016=0)


def test_quantiles_of_normal_draws_against_the_closed_form():
    n = 1 << 14
    draws = norm.ppf((np.arange(n) + 0.5) / n)
    frame = of(draws).quantiles.loc[[0.1, 0.5, 0.9]]
    assert frame["value_added"].to_numpy() == pytest.approx(norm.ppf([0.1, 0.5, 0.9]), abs=1e-3)
    # standard error of a quantile: sqrt(q(1 - q)/n) / density there
    density = norm.pdf(norm.ppf([0.1, 0.5, 0.9]))
    assert frame["standard_error"].to_numpy() == pytest.approx(
        np.sqrt(np.array([0.09, 0.25, 0.09]) / n) / density, rel=0.02
    )


def test_the_standard_error_covers_what_seeds_differ_by(qingzhen):
    medians = [project(qingzhen, "combined", 512, seed).median for seed in range(30)]
    stated = project(qingzhen, "combined", 512, 0).quantiles.loc[0.5, "standard_error"]
    # scrambled Sobol points do better than the independent draws it is stated for
    assert np.std(medians) < stated


def test_a_linear_projection_has_the_quantiles_of_its_lever(qingzhen):
    levers = {
        "baseline_growth": {"low": 0.02, "central": 0.06, "high": 0.1, "distribution": "two_piece_normal"}
    }
    found = project(qingzhen, read_scenario(qingzhen, "reference", **levers), 1 << 14)
    sigma = 0.04 / norm.ppf(0.9)
    expected = 37.01 * (1 + norm.ppf([0.05, 0.25, 0.5, 0.9], 0.06, sigma))
    assert found.quantiles.loc[[0.05, 0.25, 0.5, 0.9], "value_added"].to_numpy() == pytest.approx(
        expected, abs=4e-3
    )
    risk = found.target_risk([39.0, 40.0])["probability"].to_numpy()
    assert risk == pytest.approx(norm.sf((np.array([39, 40]) / 37.01 - 1 - 0.06) / sigma), abs=1e-3)
    # expected distance below the target, given that it is missed: sigma z + sigma phi(z)/Phi(z)
    scale, z = 37.01 * sigma, (40 / 37.01 - 1.06) / sigma
    shortfall = scale * (z + norm.pdf(z) / norm.cdf(z))
    assert found.target_risk([40.0])["shortfall"].item() == pytest.approx(shortfall, abs=2e-3)


def test_target_risk_by_hand():
    table = of([41.0, 36.0, 45.0, 38.0]).target_risk([30, 38, 40, 50])
    assert table["probability"].tolist() == [1, 0.75, 0.5, 0]
    assert table["shortfall"].tolist() == pytest.approx([0, 2, 3, 10])


def test_targets_met_hold_with_the_probability_they_state(qingzhen):
    found = project(qingzhen, "combined", 1237)
    for p, target in found.targets_met().items():
        assert found.target_risk([target])["probability"].item() >= p
        assert found.target_risk([target + 1e-9])["probability"].item() < p + 1 / 1237
    assert of(np.arange(1.0, 11.0)).targets_met([0.5, 0.9]).tolist() == [5, 1]


def test_the_chance_falls_with_the_target(qingzhen):
    table = project(qingzhen, "combined", 1000).target_risk()
    assert len(table) == 41
    assert (np.diff(table["probability"]) <= 0).all()
    assert (table["shortfall"] >= 0).all()


def test_the_marks_are_the_stated_target_and_the_growth_of_the_reference(qingzhen):
    found = project(qingzhen, "combined", 1000)
    marks = found.marks()
    assert marks.index.tolist() == ["base_year", "reference_growth", "stated"]
    assert marks.loc["stated", "target"] == 40
    assert marks.loc["stated", "growth"] == pytest.approx(40 / 37.01 - 1)
    growth = read_scenario(qingzhen, "reference").levers["baseline_growth"].central
    assert marks.loc["reference_growth", "target"] == pytest.approx(37.01 * (1 + growth))
    # a scenario that sets the growth itself does not move the mark
    severe = project(qingzhen, "severe", 1000).marks()
    assert severe["target"].equals(marks["target"])
    assert (severe["probability"] <= marks["probability"]).all()


def test_an_interval_holds_what_it_says(qingzhen):
    found = project(qingzhen, "combined", 1000)
    low, high = found.interval(0.8)
    assert ((found.draws >= low) & (found.draws <= high)).mean() == pytest.approx(0.8, abs=0.002)


@pytest.mark.parametrize("draws", [0, -5, 2.5, True, "100", 10**9])
def test_draws_out_of_range_are_refused(qingzhen, draws):
    with pytest.raises(InputError, match="draws"):
        project(qingzhen, "combined", draws)


@pytest.mark.parametrize("seed", [-1, 1.5, None, True])
def test_bad_seeds_are_refused(qingzhen, seed):
    with pytest.raises(InputError, match="seed"):
        project(qingzhen, "combined", 10, seed)


def test_bad_questions_are_refused(qingzhen):
    found = project(qingzhen, "combined", 64)
    with pytest.raises(InputError, match="driver, industry, both"):
        found.contributions(by="plant")
    with pytest.raises(InputError, match="finite"):
        found.target_risk([float("nan")])
    with pytest.raises(InputError, match="above 0 and below 1"):
        found.targets_met([0.5, 1.0])


MILLION = """
import resource
from parkanalysis.model.projection import project
found = project("qingzhen", "combined", 1_000_000)
gap = found.contributions()["mean"].sum() - (found.draws.mean() - 37.01)
print(abs(gap) < 1e-9, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 < 1000)
"""


def test_a_million_draws_stay_within_a_gigabyte():
    run = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"]


def test_deflation_by_hand():
    # 8% more at prices 4% lower: 1.08 / 0.96
    assert comparable_growth(0.08, -0.04) == pytest.approx(0.125)
    assert comparable_growth(0.08, 0.0) == pytest.approx(0.08)


PAIR = """
local,2010,100,CNY_100m,current,2011-02-01,,bureau
local,2011,120,CNY_100m,current,2012-02-01,,bureau
local,2012,132,CNY_100m,current,2013-02-01,,bureau
local,2013,132,CNY_100m,current,2014-02-01,,bureau
local_real,2011,0.2,fraction,comparable,2012-02-01,,bureau
local_real,2012,0.2,fraction,comparable,2013-02-01,,bureau
local_real,2013,0.1,fraction,comparable,2014-02-01,,bureau
""".strip()


@pytest.fixture(scope="module")
def deflated(tmp_path_factory):
    """Qingzhen with an invented local pair: deflators of 0, 1.1 / 1.2 - 1 and 1 / 1.1 - 1."""
    zone = copy_park(tmp_path_factory.mktemp("pair"), read_park("qingzhen").path)
    history = zone / "history.csv"
    rows = PAIR.replace("bureau", "nbs_provincial")
    history.write_text(
        history.read_text(encoding="utf-8").rstrip("\n") + "\n" + rows + "\n", encoding="utf-8"
    )
    edit(zone / "park.yml", "reading_rule:", "comparable: {nominal: local, real: local_real}\nreading_rule:")
    return read_park(zone)


def test_an_implicit_deflator_and_its_record_by_hand(deflated):
    table = implicit_deflator(deflated)
    assert table["deflator"].tolist() == pytest.approx([0, 1.1 / 1.2 - 1, 1 / 1.1 - 1])
    # the recipe takes the deflator of the year before: 0.1 / 1, then 0 / (1.1 / 1.2)
    assert table["recipe"].tolist()[1:] == pytest.approx([0.1, 1.2 / 1.1 - 1])
    assert table["error"].tolist()[1:] == pytest.approx([-0.1, 1.2 / 1.1 - 1.1])


def test_a_fall_of_a_price_is_no_loss_of_output(deflated):
    at_old_price, fallen = (growth_draws(project(deflated, n, 500)) for n in ("reference", "alumina_price"))
    assert (fallen["current"] < at_old_price["current"]).mean() > 0.9
    assert fallen["comparable"] == pytest.approx(at_old_price["comparable"])


def test_the_deflator_is_forecast_from_its_past_and_has_a_spread(deflated):
    found = project(deflated, "closures", 4000)
    draws = growth_draws(found)
    implied = (1 + draws["current"]) / (1 + draws["comparable"]) - 1
    # past ones: 0, -0.083, -0.091
    assert -0.15 < np.median(implied) < 0
    assert implied.std() > 0.02
    # it is the same whatever the scenario
    other = growth_draws(project(deflated, "reference", 4000))
    assert (1 + other["current"]) / (1 + other["comparable"]) - 1 == pytest.approx(implied)


def test_without_a_local_pair_there_is_no_such_number(qingzhen):
    assert list(growth_quantiles(project(qingzhen, "combined", 64)).columns) == ["current"]
    assert implicit_deflator(qingzhen).empty


@pytest.fixture(scope="module")
def combined(qingzhen):
    return project(qingzhen, "combined", 2000)


def test_what_each_reading_implies_by_hand(combined):
    table = readings(combined)
    # 40 ± 2 and 5 or more; 37.01 in the base year
    assert table.loc["without_shocks", ["low", "value", "high"]].tolist() == [43, 45, np.inf]
    assert table.loc["new_capacity", ["low", "value"]].tolist() == pytest.approx([43 - 37.01, 45 - 37.01])
    assert table.loc["target", ["low", "value", "high"]].tolist() == [38, 40, 42]
    assert table["growth"].tolist() == pytest.approx([45 / 37.01 - 1] * 3)


def test_how_likely_the_model_finds_each(combined):
    table = readings(combined)
    assert table.loc["without_shocks", "probability"] == (combined.baseline >= 43).mean()
    inside = (combined.draws >= 38) & (combined.draws <= 42)
    assert table.loc["target", "probability"] == inside.mean()
    # what is gained and what is lost make the result
    lost = sum(v for (d, _), v in combined.shares.shapley.items() if d not in ("baseline", "alumina_ramp_up"))
    gained = combined.draws - 37.01 - lost
    assert table.loc["new_capacity", "model"] == pytest.approx(np.median(gained))


def test_without_a_stated_loss_there_are_no_readings():
    assert readings(project(read_park(PARKS / "tiny"), "closure", 64)).empty


def test_as_stated_holds_the_printed_numbers(qingzhen):
    scenario = read_scenario(qingzhen, "as_stated")
    assert scenario.levers["alumina_price_2016"].is_point
    assert scenario.levers["alumina_price_2016"].central == 1580
    sold = scenario.levers["power_signed_2016"].central + scenario.levers["power_further_2016"].central
    assert sold == 12
    assert set(scenario.shocks) == set(read_scenario(qingzhen, "combined").shocks)


def with_stated(projection, **changes):
    park = projection.park
    stated = park.config.stated.model_copy(update=changes)
    heard = replace(park, config=park.config.model_copy(update={"stated": stated}))
    return project(heard, projection.scenario.name, len(projection.draws))


def test_the_stated_figure_counts_for_nothing_unless_it_is_given_a_weight(combined):
    assert pooled(combined) is None
    assert np.array_equal(with_stated(combined, weight=0.5).draws, combined.draws)


def test_a_pool_lies_between_the_model_and_the_expert(combined):
    alone = pooled(with_stated(combined, weight=1.0))
    assert np.quantile(alone, [0.1, 0.5, 0.9]) == pytest.approx([38, 40, 42], abs=0.15)
    half = pooled(with_stated(combined, weight=0.5))
    assert half.mean() == pytest.approx((alone.mean() + combined.draws.mean()) / 2, abs=0.2)
    # a statement that lies 10% above what comes out
    high = pooled(with_stated(combined, weight=1.0, bias=0.1))
    assert np.median(high) == pytest.approx(40 / 1.1, abs=0.15)


def test_the_part_that_is_cut_back_by_hand(qingzhen):
    levers = {"alumina_price_2015": 2300, "alumina_price_2016": 900, "alumina_pass_through": 0.0}
    low = project(qingzhen, read_scenario(qingzhen, "combined", **levers), 64)
    assert cut_backs(low).loc["alumina_price_fall"].tolist() == [1, 1]
    level = read_scenario(qingzhen, "combined", **{**levers, "alumina_price_2016": 2300})
    assert cut_backs(project(qingzhen, level, 64)).loc["alumina_price_fall"].tolist() == [0, 0]
    assert cut_backs(project(qingzhen, "closures", 64)).empty
