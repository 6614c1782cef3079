"""Levers: bounds, points, units."""

import numpy as np
import pytest

from parkanalysis.park.distributions import Z_HIGH
from parkanalysis.park.levers import UNITS, Lever, to_canonical


def lever(distribution="triangular", low=1.0, central=2.0, high=4.0, minimum=0.0, maximum=10.0):
    return Lever(
        "x", "fraction", low, central, high, minimum, maximum, distribution, evidence="assumed", source="s"
    )


def test_draws_stay_within_the_hard_bounds_and_the_points_where_they_are():
    bounded = lever("two_piece_normal", minimum=0.9, maximum=4.1)
    u = np.linspace(1e-6, 1 - 1e-6, 999)
    values = bounded.ppf(u)
    assert values.min() == 0.9
    assert values.max() == 4.1
    assert bounded.ppf(np.array([0.1, 0.9])) == pytest.approx([1, 4])


def test_a_lever_held_is_a_point():
    held = lever().at(3.0)
    assert held.is_point
    assert held.spread == 0
    assert held.ppf(np.array([0.1, 0.9])).tolist() == [3, 3]
    assert (held.cdf(2.9), held.cdf(3.0)) == (0, 1)


def test_the_spread_is_that_of_the_normal_with_the_same_points():
    assert lever("two_piece_normal", 10 - Z_HIGH, 10, 10 + Z_HIGH).spread == pytest.approx(1)


@pytest.mark.parametrize(
    ("unit", "value", "canonical"),
    [("10k_t", 120, 1.2e6), ("100m_kWh", 12, 12e8), ("CNY_10k", 5, 5e4), ("10k_kW", 120, 1200), ("h", 8, 8)],
)
def test_units_lead_to_canonical_ones(unit, value, canonical):
    assert to_canonical(value, unit) == pytest.approx(canonical)
    assert UNITS[UNITS[unit][0]] == (UNITS[unit][0], 1.0)
