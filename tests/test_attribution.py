"""Contributions: Shapley against all orders, sums to the gap, waterfalls, overlaps."""

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.model import attribution, model
from parkanalysis.model.attribution import BASELINE
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import total
from parkanalysis.park.park import read_park


def by_permutations(value, n):
    """Mean step of each driver over all orders in which they can switch."""
    result = np.zeros((n, *np.shape(value(0))))
    for order in permutations(range(n)):
        mask = 0
        for i in order:
            result[i] += value(mask | 1 << i) - value(mask)
            mask |= 1 << i
    return result / factorial(n)


def state(park, name, n=32, **levers):
    return model.state(read_scenario(park, name, **levers), (0, n), 9)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.floats(-10, 10), min_size=2**n, max_size=2**n)))
def test_shapley_is_the_mean_over_all_orders(worths):
    n = len(worths).bit_length() - 1
    table = np.array(worths)[:, None]
    found = attribution.shapley(lambda mask: table[mask], n)
    assert found == pytest.approx(by_permutations(lambda mask: table[mask], n), abs=1e-9)
    assert found.sum(axis=0) == pytest.approx(table[-1] - table[0], abs=1e-9)


def test_a_game_worked_by_hand():
    # gloves (Shapley 1953): one left, two right; a pair is worth 1: 2/3, 1/6, 1/6
    def worth(mask):
        return np.array([float(mask & 1 and mask > 1)])

    assert attribution.shapley(worth, 3).ravel() == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_no_driver_no_contribution():
    assert attribution.shapley(lambda mask: np.zeros(4), 0).shape == (0, 4)


@pytest.mark.parametrize(
    ("before", "after"), [(None, "combined"), ("reference", "combined"), ("recovery", "severe")]
)
def test_the_park_against_all_orders_of_its_drivers(qingzhen, before, after):
    """By industry and summed, against the whole park's game played in every order."""
    later = state(qingzhen, after, 4)
    earlier = attribution.unshocked(later) if before is None else state(qingzhen, before, 4)
    game = attribution.game(earlier, later, list({**earlier.effects, **later.effects}))
    # four drivers at a time keep the orders few: the others stay as they are before
    drivers = [game.drivers[i] for i in (0, 1, 2, 5)]
    small = attribution.Game(earlier, later, tuple(drivers))
    industries = list(later.base.value_added)

    def worth(mask):
        acting = frozenset(d for i, d in enumerate(drivers) if mask >> i & 1)
        return sum(small.industry_value(i, acting) for i in industries)

    found = attribution.shapley_by_industry(small)
    summed = np.stack([sum(v for (d, _), v in found.items() if d == driver) for driver in drivers])
    assert summed == pytest.approx(by_permutations(worth, 4), abs=1e-10)


@pytest.mark.parametrize("name", ["qingzhen", PARKS / "harbour"])
def test_contributions_sum_to_the_gap_in_every_draw(name):
    park = read_park(name)
    for before in (None, *park.scenarios):
        for after in park.scenarios:
            projection = project(park, after, 256, 3)
            reference = None if before is None else read_scenario(park, before)
            draws = projection.contribution_draws(reference)
            start = park.value_added if before is None else project(park, before, 256, 3).draws
            assert np.abs(sum(draws.values()) - (projection.draws - start)).max() < 1e-9, (before, after)


@settings(max_examples=20, deadline=None)
@given(st.floats(900, 4000), st.floats(0, 1), st.floats(-0.3, 0.5))
def test_contributions_sum_to_the_gap_whatever_the_levers(qingzhen, price, through, growth):
    park = qingzhen
    levers = {"alumina_price_2016": price, "alumina_pass_through": through, "baseline_growth": growth}
    projection = project(park, read_scenario(park, "combined", **levers), 64, 1)
    reference = read_scenario(park, "severe")
    gap = projection.draws - project(park, reference, 64, 1).draws
    assert np.abs(sum(projection.contribution_draws(reference).values()) - gap).max() < 1e-9
    for by in ("driver", "industry", "both"):
        table = projection.contributions(reference, by)
        assert table["mean"].sum() == pytest.approx(gap.mean(), abs=1e-9)


def test_a_scenario_has_no_gap_to_itself(qingzhen):
    projection = project(qingzhen, "combined", 64, 1)
    found = projection.contribution_draws(projection.scenario)
    assert max(np.abs(v).max() for v in found.values()) < 1e-12


def test_the_other_way_round_the_contributions_change_sign(qingzhen):
    there = project(qingzhen, "combined", 64, 1).contribution_draws(read_scenario(qingzhen, "recovery"))
    back = project(qingzhen, "recovery", 64, 1).contribution_draws(read_scenario(qingzhen, "combined"))
    assert all(np.allclose(there[k], -back[k], atol=1e-12) for k in there)


def test_the_waterfall_walks_from_one_state_to_the_other(qingzhen):
    later = state(qingzhen, "combined")
    game = attribution.game(attribution.unshocked(later), later, list(later.effects))
    steps = attribution.waterfall(game)
    assert [d for d, _ in steps] == list(game.drivers)
    assert game.drivers[0] == BASELINE
    assert sum(v for _, v in steps) == pytest.approx(total(later) - 37.01, abs=1e-9)
    # the first step is the growth of the whole, the last leads to the projection
    assert steps[0][1] == pytest.approx(37.01 * later.growth)


def test_alone_is_the_step_from_nothing(qingzhen):
    later = state(qingzhen, "combined")
    game = attribution.game(attribution.unshocked(later), later, list(later.effects))
    alone = dict(attribution.alone(game))
    only = model.State(
        later.base, np.zeros_like(later.growth), {"power_contract": later.effects["power_contract"]}
    )
    assert alone["power_contract"] == pytest.approx(total(only) - 37.01, abs=1e-9)


def test_the_overlap_of_ramp_up_and_price_fall_is_the_fall_on_the_new_tonnes(qingzhen):
    later = state(qingzhen, "combined")
    game = attribution.game(attribution.unshocked(later), later, list(later.effects))
    shared = attribution.overlaps(game)["alumina_ramp_up", "alumina_price_fall"]
    more, fall = (later.effects[s].levers for s in ("alumina_ramp_up", "alumina_price_fall"))
    before = later.base.products["alumina"][1]
    expected = more["volume"] * (before - fall["price"]) / 1.17 * (1 - fall["pass_through"]) / 1e8
    assert shared == pytest.approx(expected, abs=1e-9)


def test_overlaps_are_tabled_for_those_that_meet(qingzhen):
    table = project(qingzhen, "combined", 128, 1).overlaps()
    assert ("alumina_ramp_up", "alumina_price_fall") in table.index
    assert ("alumina_price_fall", "power_contract") not in table.index
    assert (table["low"] <= table["high"]).all()


def test_a_base_year_that_differs_is_a_driver_of_its_own(qingzhen):
    after = project(qingzhen, read_scenario(qingzhen, "reference", value_added_rate_aluminium=0.3), 64, 1)
    table = after.contributions(read_scenario(qingzhen, "combined"))
    assert table.index[0] == attribution.BASE_YEAR


def test_too_many_drivers_in_one_industry_are_refused(qingzhen):
    later = state(qingzhen, "combined")
    pattern = later.effects["close_hongyun"]
    effects = {f"close_{i}": pattern for i in range(14)}
    crowded = model.State(later.base, later.growth, effects)
    game = attribution.game(attribution.unshocked(crowded), crowded, list(effects))
    with pytest.raises(InputError, match="15 drivers in other"):
        attribution.shapley_by_industry(game)
