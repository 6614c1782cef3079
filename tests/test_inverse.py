"""What must be true: break-evens against a grid, frontiers, implied baselines with hedges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.model import inverse, model
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.quantities import parse


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
        assert (row["at_minimum"], row["at_maximum"]) == pytest.approx((reached[0], reached[-1]))
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
    found = projection.break_even("power_sold_2016", projection.median + 0.5)
    assert found.status == "met"
    assert at(projection, power_sold_2016=found.value) == pytest.approx(projection.median + 0.5, abs=1e-6)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(-3, 3), st.sampled_from(["alumina_pass_through", "power_sold_2016", "value_added_minmetals"])
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
    for q in (0.2, 0.5, 0.9):
        value = float(lever.ppf(np.array([q]))[0])
        target = at(combined, alumina_price_2016=value)
        found = combined.break_even("alumina_price_2016", target)
        assert found.value == pytest.approx(value, rel=1e-5)
        assert found.position == pytest.approx(q, abs=1e-4)


def test_a_lever_that_a_scenario_sets_is_placed_in_its_own_range(qingzhen):
    severe = project(qingzhen, "severe", 256, 1)
    found = severe.break_even("alumina_price_2016", severe.median)
    assert found.value == pytest.approx(severe.scenario.levers["alumina_price_2016"].central, rel=1e-4)
    assert found.position == pytest.approx(0.1, abs=1e-3)


def test_a_lever_without_range_has_no_place_in_it(combined):
    found = combined.break_even("vat_rate", combined.median)
    assert found.status == "met"
    assert np.isnan(found.position)


def test_a_lever_set_onto_its_bound(qingzhen):
    scenario = read_scenario(qingzhen, "combined", alumina_pass_through=1.0)
    found = project(qingzhen, scenario, 256, 1)
    assert found.contributions().loc["alumina_price_fall", "mean"] == pytest.approx(0, abs=1e-12)
    assert found.break_even("alumina_pass_through", found.median).value == pytest.approx(1, abs=1e-6)


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
    assert set(table.index) <= set(model.used_levers(combined.scenario))
    assert table["unit"].notna().all()


def test_the_frontier_parts_what_meets_the_target(combined):
    found = combined.frontier("alumina_price_2016", "alumina_pass_through", 35, size=9)
    assert found.reached.shape == (9, 9)
    assert np.array_equal(found.feasible, found.reached >= 35)
    assert found.feasible.any()
    assert not found.feasible.all()
    for _, point in found.contour.iterrows():
        held = at(combined, alumina_price_2016=point["x"], alumina_pass_through=point["y"])
        assert held == pytest.approx(35, abs=0.1)  # contours are straight between grid points


def test_points_of_the_frontier_are_those_of_scenarios(combined):
    found = combined.frontier("alumina_price_2016", "vat_rate", 35, size=3)
    for i, y in enumerate(found.y_values):
        for j, x in enumerate(found.x_values):
            assert found.reached[i, j] == pytest.approx(
                at(combined, alumina_price_2016=float(x), vat_rate=float(y))
            )


def test_a_target_out_of_reach_has_no_contour(combined):
    found = combined.frontier("alumina_price_2016", "alumina_pass_through", 300, size=5)
    assert found.contour.empty
    assert not found.feasible.any()


def test_bad_questions_name_what_is_allowed(combined):
    with pytest.raises(InputError, match="did you mean 'alumina_price_2016'"):
        combined.break_even("alumina_prize_2016", 40)
    with pytest.raises(InputError, match="finite"):
        combined.break_even("vat_rate", float("inf"))
    with pytest.raises(InputError, match="above 0 and below 1"):
        combined.break_even("vat_rate", 40, probability=1)
    with pytest.raises(InputError, match="two different levers"):
        combined.frontier("vat_rate", "vat_rate", 40)
    with pytest.raises(InputError, match="2 to 201"):
        combined.frontier("vat_rate", "power_tariff", 40, size=1)


def test_what_the_stated_projection_implies():
    low, value, high = inverse.implied_baseline(parse("40 亿元左右"), parse("5 亿元以上"))
    around = parse("40 亿元左右")
    assert value == 45e8
    assert low == around.low + 5e8
    assert low < 45e8
    assert high == np.inf


def test_a_reading_rule_caps_what_is_open():
    low, value, high = inverse.implied_baseline(parse("40 亿元左右"), parse("5 亿元以上"), "standard")
    assert low <= value < high < np.inf
    narrow = inverse.implied_baseline(parse("40 亿元"), parse("5 亿元"), "standard")
    assert narrow == (45e8, 45e8, 45e8)


def test_results_and_losses_in_different_units_do_not_add():
    with pytest.raises(InputError, match="CNY"):
        inverse.implied_baseline(parse("40 亿元"), parse("5 万吨"))
