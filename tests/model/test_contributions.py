"""Contributions: Shapley against all orders, sums to the gap, waterfalls, overlaps, without each driver."""

from dataclasses import replace
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.model.contributions import BASELINE, coalitions, shapley, touching
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import State, state, total
from parkanalysis.park import read_park


def by_permutations(worths):
    """Mean step of each driver over all orders in which they can switch."""
    n = len(worths).bit_length() - 1
    result = np.zeros((n, *np.shape(worths[0])))
    for order in permutations(range(n)):
        mask = 0
        for i in order:
            result[i] += worths[mask | 1 << i] - worths[mask]
            mask |= 1 << i
    return result / factorial(n)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.floats(-10, 10), min_size=2**n, max_size=2**n)))
def test_shapley_is_the_mean_over_all_orders(worths):
    table = np.array(worths)[:, None]
    found = shapley(table)
    assert found == pytest.approx(by_permutations(table), abs=1e-9)
    assert found.sum(axis=0) == pytest.approx(table[-1] - table[0], abs=1e-9)


def test_a_game_worked_by_hand():
    # gloves (Shapley 1953): one left, two right; a pair is worth 1: 2/3, 1/6, 1/6
    worths = np.array([[float(mask & 1 and mask > 1)] for mask in range(8)])
    assert shapley(worths).ravel() == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_the_park_against_all_orders_of_its_drivers(qingzhen):
    """By industry and summed, against the whole park's game played in every order."""
    scenario = read_scenario(qingzhen, "combined")
    some = replace(
        scenario, shocks=tuple(s for s in scenario.shocks if not s.startswith(("close_h", "close_g")))
    )
    found = state(some, (0, 4), 9)
    drivers = [BASELINE, *found.effects]

    def worth(mask):
        acting = [found.effects[d] for i, d in enumerate(drivers) if i and mask >> i & 1]
        return sum(found.stretch(i, acting, growing=bool(mask & 1)).added() for i in found.base.value_added)

    expected = by_permutations([worth(mask) for mask in range(1 << len(drivers))])
    shares = project(qingzhen, some, 4, 9).shares.shapley
    summed = np.stack([sum(v for (d, _), v in shares.items() if d == driver) for driver in drivers])
    assert summed == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", ["qingzhen", PARKS / "harbour", PARKS / "tiny"])
def test_contributions_sum_to_the_gap_in_every_draw(name):
    park = read_park(name)
    for scenario in park.scenarios:
        found = project(park, scenario, 256, 3)
        gap = found.draws - park.value_added
        assert np.abs(sum(found.shares.shapley.values()) - gap).max() < 1e-9, scenario


@settings(max_examples=20, deadline=None)
@given(st.floats(900, 4000), st.floats(0, 1), st.floats(-0.3, 0.5))
def test_contributions_sum_to_the_gap_whatever_the_levers(qingzhen, price, through, growth):
    levers = {"alumina_price_2016": price, "alumina_pass_through": through, "baseline_growth": growth}
    found = project(qingzhen, read_scenario(qingzhen, "combined", **levers), 64, 1)
    assert np.abs(sum(found.shares.shapley.values()) - (found.draws - 37.01)).max() < 1e-9
    for by in ("driver", "industry", "both"):
        assert found.contributions(by)["mean"].sum() == pytest.approx(found.draws.mean() - 37.01, abs=1e-9)


def test_the_waterfall_walks_from_the_base_year_to_the_projection(qingzhen):
    found = project(qingzhen, "combined", 64, 1)
    table = found.contributions()
    assert table.index[0] == BASELINE
    assert table["waterfall"].sum() == pytest.approx(found.draws.mean() - 37.01, abs=1e-9)
    # the first step is the growth of the whole
    assert table.loc[BASELINE, "waterfall"] == pytest.approx(found.baseline.mean() - 37.01)


def test_alone_is_the_step_from_nothing(qingzhen):
    found = state(read_scenario(qingzhen, "combined"), (0, 64), 1)
    still = {i: np.zeros(64) for i in found.growth}
    only = State(found.base, still, still, {"power_contract": found.effects["power_contract"]})
    table = project(qingzhen, "combined", 64, 1).contributions()
    assert table.loc["power_contract", "alone"] == pytest.approx(total(only).mean() - 37.01, abs=1e-9)


@pytest.mark.parametrize("name", ["qingzhen", PARKS / "harbour"])
def test_without_a_driver_is_the_scenario_that_leaves_it_out(name):
    park = read_park(name)
    scenario = read_scenario(park, "combined" if "combined" in park.scenarios else "everything")
    found = project(park, scenario, 200, 1)
    for shock in scenario.shocks:
        off = replace(scenario, shocks=tuple(s for s in scenario.shocks if s != shock))
        expected = project(park, off, 200, 1)
        assert found.shares.without[shock] == pytest.approx(expected.draws, abs=1e-9)
        assert found.contributions().loc[shock, "without"] == pytest.approx(expected.median, abs=1e-9)


def test_what_a_pair_does_to_one_another_is_both_less_each_alone(qingzhen):
    found = project(qingzhen, "combined", 64, 1).shares.shared
    s = state(read_scenario(qingzhen, "combined"), (0, 64), 1)
    worths, drivers = coalitions(s, "aluminium"), touching(s, "aluminium")
    a, b = "alumina_ramp_up", "alumina_price_fall"
    first, second = (1 << drivers.index(driver) for driver in (a, b))
    expected = worths[first | second] + s.base.value_added["aluminium"] - worths[first] - worths[second]
    assert found[a, b] == pytest.approx(expected, abs=1e-9)
    assert (a, "power_contract") not in found


def test_one_draw_has_contributions_too(qingzhen):
    found = project(qingzhen, "combined", 1)
    assert found.contributions()["mean"].sum() == pytest.approx(found.central - 37.01, abs=1e-9)


def test_too_many_drivers_in_one_industry_are_refused(qingzhen):
    found = state(read_scenario(qingzhen, "combined"), (0, 8), 1)
    pattern = found.effects["close_hongyun"]
    crowded = replace(found, effects={f"close_{i}": pattern for i in range(14)})
    with pytest.raises(InputError, match="15 drivers in other"):
        coalitions(crowded, "other")
