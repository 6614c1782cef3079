"""Impacts worked by hand: signs, zero shocks, broadcasting, stretches of the year."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkanalysis.model import shocks

share = st.floats(0, 1)
money = st.floats(0, 100)


def test_a_closure_takes_the_plants_part_of_the_year():
    assert shocks.plant_closure_impact(0.6, 0.75) == pytest.approx(-0.45)
    assert shocks.plant_closure_impact(0.6, 0.0) == 0


def test_a_ramp_up_adds_at_the_price_before_without_tax():
    # 30 万吨 at 2340 with 17% VAT is 2000 net: 6 亿元 of output, a fifth of it value added
    assert shocks.capacity_ramp_up_impact(
        300_000, 2340, vat_rate=0.17, value_added_rate=0.2
    ) == pytest.approx(1.2)


def test_the_price_fall_of_the_report_at_full_use():
    # 200 万吨 × 720 yuan/t
    gross = shocks.price_change_impact(2_000_000, 2300, 1580, vat_rate=0.0, pass_through=0.0)
    assert gross == pytest.approx(-14.4)
    net = shocks.price_change_impact(2_000_000, 2300, 1580, vat_rate=0.17, pass_through=0.4)
    assert net == pytest.approx(-14.4 / 1.17 * 0.6)


def test_a_price_that_stays_does_nothing_and_full_pass_through_neither():
    assert shocks.price_change_impact(1e6, 2300, 2300, vat_rate=0.17, pass_through=0.2) == 0
    assert shocks.price_change_impact(1e6, 2300, 1580, vat_rate=0.17, pass_through=1.0) == 0


def test_a_contract_below_the_volume_before():
    # 12 instead of 42 亿 kWh at 0.30 net, 30% of it value added
    assert shocks.contracted_volume_impact(
        12e8, 42e8, 0.351, vat_rate=0.17, value_added_rate=0.3
    ) == pytest.approx(-2.7)


def test_a_cap_and_a_rate():
    assert shocks.output_cap_impact(8.0, 0.75, share=0.25) == pytest.approx(-0.5)
    assert shocks.output_cap_impact(8.0, 1.0) == 0
    assert shocks.output_cap_impact(-2.0, 0.5) == 0
    assert shocks.rate_change_impact(24.0, 0.25, 0.24, share=0.5) == pytest.approx(-0.12)


def test_draws_broadcast():
    price = np.array([1450.0, 1580.0, 1900.0])
    loss = shocks.price_change_impact(1e6, 2300, price, vat_rate=0.17, pass_through=0.4)
    assert loss.shape == (3,)
    assert np.all(np.diff(loss) > 0)


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, (0, 1)),
        ("2016-03", None, (2 / 12, 1)),
        ("2016-07", "2016-09", (0.5, 0.75)),
        (None, "2016-01", (0, 1 / 12)),
        ("2016-12", "2016-12", (11 / 12, 1)),
    ],
)
def test_months_are_stretches_of_the_year(start, end, window):
    assert shocks.window_of_months(start, end) == pytest.approx(window)
    assert shocks.share_of_year(start, end) == pytest.approx(window[1] - window[0])


def test_stretches_that_do_not_meet_share_nothing():
    assert shocks.overlap((0.0, 0.5), (0.5, 1.0)) == 0
    assert shocks.overlap((0.0, 0.25), (0.5, 1.0)) == 0
    some = shocks.overlap(shocks.window_of_share(np.array([0.0, 0.25, 1.0])), (0.5, 1.0))
    assert some == pytest.approx([0, 0.25, 0.5])


@given(*[st.tuples(share, share).map(sorted).map(tuple)] * 3)
def test_common_stretches_do_not_depend_on_the_order(a, b, c):
    assert shocks.overlap(a, b, c) == shocks.overlap(c, a, b) <= shocks.overlap(a, b)


@given(money, share, share)
def test_more_of_the_year_closed_is_not_better(plant, a, b):
    low, high = sorted([a, b])
    assert shocks.plant_closure_impact(plant, high) <= shocks.plant_closure_impact(plant, low)


@given(st.floats(0, 5e6), st.floats(500, 4000), st.floats(500, 4000), share)
def test_value_added_rises_with_the_price(volume, a, b, through):
    low, high = sorted([a, b])
    at = [
        shocks.price_change_impact(volume, 2300.0, p, vat_rate=0.17, pass_through=through)
        for p in (low, high)
    ]
    assert at[0] <= at[1]


@given(st.floats(0, 5e6), st.floats(500, 2300), share, share)
def test_a_fall_hurts_less_the_more_is_passed_through(volume, price, a, b):
    low, high = sorted([a, b])
    at = [
        shocks.price_change_impact(volume, 2300.0, price, vat_rate=0.17, pass_through=t) for t in (low, high)
    ]
    assert at[0] <= at[1] <= 0
