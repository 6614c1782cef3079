"""The stated figure by its readings, held exactly, and pooled."""

from dataclasses import replace

import numpy as np
import pytest
from parkfiles import PARKS

from parkanalysis.model.projection import cut_backs, project
from parkanalysis.model.readings import pooled, readings
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park import read_park


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
