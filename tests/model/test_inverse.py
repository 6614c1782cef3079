"""What must be true: break-evens against a grid, frontiers, swings and variance shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.model import inverse
from parkanalysis.model.draws import Draws
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import used_levers
from parkanalysis.park.park import read_park


def at(projection, probability=0.5, **levers):
    """Value added reached with a probability when levers are set: the long way round."""
    scenario = read_scenario(projection.park, projection.scenario.name, **levers)
    again = project(projection.park, scenario, len(projection.draws), projection.seed)
    return float(np.quantile(again.draws, 1 - probability))


@pytest.fixture(scope="module")
def combined(qingzhen):
    return project(qingzhen, "combined", 1000, 1)


def test_a_break_even_by_hand(qingzhen):
    # 37.01 × (1 + g) = 40
    found = project(qingzhen, "reference", 1).break_even("baseline_growth", 40)
    assert found.status == "met"
    assert found.value == pytest.approx(40 / 37.01 - 1)


@pytest.mark.parametrize("probability", [0.5, 0.8])
def test_every_break_even_meets_the_target_and_a_grid_agrees(combined, probability):
    target = combined.targets_met([probability]).item() + 0.4
    table = inverse.break_evens(combined, target, probability)
    assert set(table["status"]) >= {"met"}
    for name, row in table.iterrows():
        lever = combined.scenario.levers[name]
        grid = np.linspace(lever.minimum, lever.maximum, 15)
        reached = np.array([at(combined, probability, **{name: float(v)}) for v in grid])
        if row["status"] == "met":
            assert at(combined, probability, **{name: row["value"]}) == pytest.approx(target, abs=1e-6)
            cell = np.searchsorted(grid, row["value"]) - 1
            assert (reached[cell] - target) * (reached[cell + 1] - target) <= 0
        elif row["status"] == "never":
            assert reached.max() < target
        else:
            assert reached.min() >= target


def test_many_draws_find_what_few_draws_looked_for(qingzhen):
    projection = project(qingzhen, "combined", 5000, 1)
    found = projection.break_even("power_further_2016", projection.median + 0.5)
    assert found.status == "met"
    assert at(projection, power_further_2016=found.value) == pytest.approx(projection.median + 0.5, abs=1e-6)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(-3, 3), st.sampled_from(["alumina_pass_through", "power_further_2016", "value_added_minmetals"])
)
def test_statements_of_never_and_always_hold(combined, shift, name):
    projection = project(combined.park, "combined", 256, 1)
    target = projection.median + shift
    found = projection.break_even(name, target)
    lever = projection.scenario.levers[name]
    reached = [at(projection, **{name: float(v)}) for v in np.linspace(lever.minimum, lever.maximum, 7)]
    assert {
        "never": max(reached) < target,
        "always": min(reached) >= target,
        "met": min(reached) - 1e-6 <= target <= max(reached) + 1e-6,
    }[found.status]


def test_where_a_break_even_lies_in_the_levers_range(combined):
    lever = combined.scenario.levers["alumina_price_2016"]
    for q in (0.7, 0.9):  # lower, the plants are cut back and the price no longer matters
        value = float(lever.ppf(np.array([q]))[0])
        target = at(combined, alumina_price_2016=value)
        found = combined.break_even("alumina_price_2016", target)
        assert found.value == pytest.approx(value, rel=1e-5)
        assert found.position == pytest.approx(q, abs=1e-4)


def test_a_lever_that_a_scenario_sets_is_placed_in_its_own_range(qingzhen):
    recovery = project(qingzhen, "recovery", 256, 1)
    found = recovery.break_even("alumina_price_2016", recovery.median)
    assert found.value == pytest.approx(recovery.scenario.levers["alumina_price_2016"].central, rel=1e-4)
    assert found.position == pytest.approx(0.9, abs=1e-3)


def test_a_lever_without_range_has_no_place_in_it(combined):
    found = combined.break_even("vat_rate", combined.median)
    assert found.status == "met"
    assert np.isnan(found.position)


def test_a_lever_set_onto_its_bound(qingzhen):
    scenario = read_scenario(qingzhen, "combined", alumina_pass_through=1.0)
    found = project(qingzhen, scenario, 256, 1)
    # nothing is left of the fall but the growth that its product does not take
    assert found.contributions().loc["alumina_price_fall", "waterfall"] == pytest.approx(0, abs=1e-12)
    assert found.break_even("alumina_pass_through", found.median - 1e-9).value == pytest.approx(1, abs=1e-6)


def test_a_lever_without_a_part_in_the_scenario_has_no_effect(qingzhen):
    reference = project(qingzhen, "reference", 256, 1)
    found = reference.break_even("alumina_price_2016", 40)
    assert found.status == "no_effect"
    assert np.isnan(found.value)
    assert "alumina_price_2016" not in inverse.break_evens(reference, 40).index


def test_those_with_a_value_come_first(combined):
    table = inverse.break_evens(combined, 40)
    met = table["status"] == "met"
    assert met.to_numpy().tolist() == sorted(met, reverse=True)
    assert set(table.index) <= set(used_levers(combined.scenario))
    assert table["unit"].notna().all()


def test_the_frontier_parts_what_meets_the_target(combined):
    found = inverse.frontier(combined, "alumina_price_2016", "alumina_pass_through", 35, size=9)
    assert found.reached.shape == (9, 9)
    # a higher price is better, and the target parts the grid
    assert (np.diff(found.reached, axis=1) >= 0).all()
    assert found.reached.min() < 35 < found.reached.max()


def test_points_of_the_frontier_are_those_of_scenarios(combined):
    found = inverse.frontier(combined, "alumina_price_2016", "vat_rate", 35, size=3)
    for i, y in enumerate(found.y_values):
        for j, x in enumerate(found.x_values):
            assert found.reached[i, j] == pytest.approx(
                at(combined, alumina_price_2016=float(x), vat_rate=float(y))
            )


def test_bad_questions_name_what_is_allowed(combined):
    with pytest.raises(InputError, match="did you mean 'alumina_price_2016'"):
        combined.break_even("alumina_prize_2016", 40)
    with pytest.raises(InputError, match="finite"):
        combined.break_even("vat_rate", float("inf"))
    with pytest.raises(InputError, match="above 0 and below 1"):
        combined.break_even("vat_rate", 40, probability=1)
    with pytest.raises(InputError, match="two different levers"):
        inverse.frontier(combined, "vat_rate", "vat_rate", 40)


def test_a_swing_is_the_difference_of_two_scenarios(combined):
    table = inverse.tornado(combined)
    for name in ("alumina_price_2016", "value_added_rate_power_heat", "baseline_growth"):
        lever = combined.scenario.levers[name]
        ends = [
            project(combined.park, read_scenario(combined.park, "combined", **{name: v}), 1000, 1).median
            for v in (lever.low, lever.high)
        ]
        row = table.loc[name]
        assert (row["low"], row["high"]) == pytest.approx((lever.low, lever.high), rel=1e-6)
        assert (row["at_low"], row["at_high"]) == pytest.approx(ends, abs=1e-4)
        assert row["swing"] == pytest.approx(ends[1] - ends[0], abs=1e-4)


def test_the_widest_swing_stands_first_and_points_are_left_out(combined):
    table = inverse.tornado(combined)
    assert table["swing"].abs().is_monotonic_decreasing
    assert "vat_rate" not in table.index
    assert set(table.index) <= set(used_levers(combined.scenario))


def test_one_uncertain_lever_carries_everything(qingzhen):
    held = {
        name: lever.central
        for name, lever in read_scenario(qingzhen, "reference").levers.items()
        if not lever.is_point and name != "baseline_growth"
    }
    only = project(qingzhen, read_scenario(qingzhen, "reference", **held), 1024, 1)
    shares = inverse.importance(only)
    assert shares.index.tolist() == ["baseline_growth"]
    assert shares.item() == pytest.approx(1)


def test_nothing_uncertain_carries_nothing(qingzhen):
    held = {n: lever.central for n, lever in read_scenario(qingzhen, "reference").levers.items()}
    assert inverse.importance(project(qingzhen, read_scenario(qingzhen, "reference", **held), 64)).empty


def test_shares_lie_between_none_and_all(combined):
    shares = inverse.importance(combined)
    assert (shares >= -1e-12).all()
    assert 0.8 < shares.sum() <= 1 + 1e-9
    assert shares.is_monotonic_decreasing


class Linear:
    """y = 2a + b of two levers with a correlation, as a projection."""

    def __init__(self, park, rank_correlated):
        scenario = read_scenario(park, "everything")
        names = ("cap_summer", "cap_winter") if rank_correlated else ("gas_signed", "gas_price")
        columns = Draws(scenario, (0, 1 << 13), 1)
        standard = [(columns(n) - columns(n).mean()) / columns(n).std() for n in names]
        self.names, self.correlation = names, float(np.corrcoef(standard)[0, 1])
        draws = 2 * standard[0] + standard[1]
        self.projection = Projection(scenario, draws, 1, draws, 0.0)


@pytest.mark.parametrize("correlated", [False, True])
def test_shares_of_two_levers_against_the_closed_form(correlated):
    case = Linear(read_park(PARKS / "harbour"), correlated)
    shares = inverse.importance(case.projection)
    r = case.correlation
    # Johnson (2000) for two variables: square root of the correlation matrix [[c, s], [s, c]],
    # c = (sqrt(1 + r) + sqrt(1 - r)) / 2, s = (sqrt(1 + r) - sqrt(1 - r)) / 2
    c, s = (np.sqrt(1 + r) + np.sqrt(1 - r)) / 2, (np.sqrt(1 + r) - np.sqrt(1 - r)) / 2
    beta = np.array([2 * c + s, 2 * s + c]) / np.sqrt(5 + 4 * r)
    expected = [(c * beta[0]) ** 2 + (s * beta[1]) ** 2, (s * beta[0]) ** 2 + (c * beta[1]) ** 2]
    found = [shares[n] for n in case.names]
    assert found == pytest.approx(expected, abs=0.01)
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    if correlated:
        # what they explain together is shared: the weaker one has more than its square alone, 1/5
        assert found[1] > 0.25


def test_pairs_of_conditions_meet_the_target_together(qingzhen):
    projection = project(qingzhen, "combined", 512, 1)
    target = float(np.quantile(projection.draws, 0.95))
    table = inverse.even_pairs(projection, target)
    assert len(table)
    for _, row in table.iterrows():
        both = {row["lever"]: row["value"], row["other"]: row["other_value"]}
        assert at(projection, **both) == pytest.approx(target, abs=1e-6)
    assert (table["other_position"] - 0.5).abs().is_monotonic_increasing
    assert inverse.even_pairs(projection, 200.0).empty
