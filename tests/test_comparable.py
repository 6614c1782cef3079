"""Growth at current and comparable prices: deflation worked by hand and draw by draw."""

from dataclasses import replace

import numpy as np
import pytest

from parkanalysis.model.comparable import comparable_growth, growth, growth_draws
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario


def test_deflation_by_hand():
    # 8% more at prices 4% lower: 1.08 / 0.96
    assert comparable_growth(0.08, -0.04) == pytest.approx(0.125)
    assert comparable_growth(0.08, 0.0) == pytest.approx(0.08)


def test_all_is_deflated_alike_where_no_price_changes(qingzhen):
    found = project(qingzhen, read_scenario(qingzhen, "closures", producer_price_2016=-0.05), 500)
    table = growth(found)
    assert table["comparable"].to_numpy() == pytest.approx((1 + table["current"].to_numpy()) / 0.95 - 1)
    assert (table["comparable"] > table["current"]).all()


def test_a_fall_of_a_price_is_no_loss_of_output(qingzhen):
    at_old_price, fallen = (growth_draws(project(qingzhen, n, 500)) for n in ("reference", "alumina_price"))
    assert (fallen["current"] < at_old_price["current"]).mean() > 0.9
    assert fallen["comparable"] == pytest.approx(at_old_price["comparable"])


def test_draw_by_draw_with_the_deflators_own_draws(qingzhen):
    found = project(qingzhen, "closures", 70_000)
    draws = growth_draws(found)
    implied = (1 + draws["current"]) / (1 + draws["comparable"]) - 1
    lever = found.scenario.levers["producer_price_2016"]
    assert np.quantile(implied, [0.1, 0.9]) == pytest.approx([lever.low, lever.high], abs=1e-3)


def test_a_park_without_deflator_has_current_prices_only(qingzhen):
    silent = replace(qingzhen, config=qingzhen.config.model_copy(update={"deflator": None}))
    assert list(growth(project(silent, "combined", 64)).columns) == ["current"]


def test_the_deterministic_run(qingzhen):
    found = project(qingzhen, "power_contract", 1)
    change = found.scenario.levers["producer_price_2016"].central
    draws = growth_draws(found)
    assert draws["comparable"] == pytest.approx((found.central / 37.01) / (1 + change) - 1)
