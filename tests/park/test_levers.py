"""Levers: distributions by their 10% and 90% points, against SciPy's own and closed forms; bounds, units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from parkanalysis.park.levers import DISTRIBUTIONS, UNITS, Z_HIGH, Lever, cdf, ppf, to_canonical

SHAPES = ("uniform", "triangular", "two_piece_normal", "pert")
WITH_MODE = ("triangular", "two_piece_normal", "pert")
points = st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(0, 1)).map(
    lambda t: (t[0], t[0] + t[1] * t[2], t[0] + t[1])
)


@pytest.mark.parametrize("shape", SHAPES)
@given(points)
def test_a_tenth_lies_below_low_and_a_tenth_above_high(shape, given_points):
    low, _, high = given_points
    found = ppf(shape, *given_points)(np.array([0.1, 0.9]))
    assert found == pytest.approx([low, high], abs=1e-6 * (high - low), rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@given(points, st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=20))
def test_values_rise_with_the_probability(shape, given_points, u):
    values = ppf(shape, *given_points)(np.sort(np.array(u)))
    assert (np.diff(values) >= -1e-9 * (given_points[2] - given_points[0])).all()


def test_a_triangle_is_that_of_scipy():
    # ends 0 and 10, mode 4: 10% and 90% points from SciPy
    other = stats.triang(0.4, 0, 10)
    low, high = other.ppf([0.1, 0.9])
    u = np.linspace(0.001, 0.999, 99)
    assert ppf("triangular", low, 4.0, high)(u) == pytest.approx(other.ppf(u), abs=1e-6)


def test_a_pert_is_that_of_scipy():
    # ends 2 and 12, mode 5: beta(1 + 4·3/10, 1 + 4·7/10)
    other = stats.beta(2.2, 3.8, loc=2, scale=10)
    low, high = other.ppf([0.1, 0.9])
    u = np.linspace(0.001, 0.999, 99)
    assert ppf("pert", low, 5.0, high)(u) == pytest.approx(other.ppf(u), abs=1e-5)


def test_a_two_piece_normal_with_equal_halves_is_normal():
    u = np.linspace(0.001, 0.999, 99)
    found = ppf("two_piece_normal", 10 - Z_HIGH, 10.0, 10 + Z_HIGH)(u)
    assert found == pytest.approx(stats.norm(10, 1).ppf(u), abs=1e-9)


def test_a_two_piece_normal_against_its_density():
    # sides 1 and 3 around 5: the Bank of England's density, integrated
    def density(x):
        side = 1 if x < 5 else 3
        return 2 / (1 + 3) / np.sqrt(2 * np.pi) * np.exp(-((x - 5) ** 2) / (2 * side**2))

    def below(x):
        return integrate.quad(density, -10, x, points=[5] if x > 5 else None)[0]

    from scipy.optimize import brentq

    low, high = (brentq(lambda x, q=q: below(x) - q, -5, 25) for q in (0.1, 0.9))
    found = ppf("two_piece_normal", low, 5.0, high)(np.array([0.05, 0.25, 0.5, 0.75, 0.95]))
    assert [below(x) for x in found] == pytest.approx([0.05, 0.25, 0.5, 0.75, 0.95], abs=1e-6)


def test_a_lognormal_goes_through_both_points_with_the_geometric_mean_between():
    found = ppf("lognormal", 2.0, 0.0, 8.0)(np.array([0.1, 0.5, 0.9]))
    assert found == pytest.approx([2, 4, 8])


def test_a_uniform_reaches_an_eighth_beyond_its_points():
    assert ppf("uniform", 1.0, 0.0, 9.0)(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 5, 10])


@pytest.mark.parametrize("shape", WITH_MODE)
@pytest.mark.parametrize("part", [0, 1e-12, 1e-6, 0.5, 1 - 1e-6, 1])
def test_the_mode_may_stand_at_the_edge(shape, part):
    central = 100 + part * 1.0
    u = np.linspace(0.0005, 0.9995, 1000)
    values = ppf(shape, 100.0, central, 101.0)(u)
    assert np.isfinite(values).all()
    # the draws are densest around the mode
    densest = values[:-1][np.argmin(np.diff(values))]
    assert densest == pytest.approx(central, abs=0.03)


def test_impossible_points_are_refused():
    with pytest.raises(ValueError, match="positive low"):
        ppf("lognormal", -1.0, 1.0, 2.0)


def test_all_shapes_collapse_to_a_point():
    for shape in DISTRIBUTIONS:
        assert ppf(shape, 3.0, 3.0, 3.0)(np.array([0.2, 0.8])).tolist() == [3, 3]


@given(points, st.floats(0.01, 0.99), st.sampled_from(SHAPES))
def test_the_distribution_function_inverts_the_inverse(given_points, q, shape):
    inverse = ppf(shape, *given_points)
    assert cdf(inverse, float(inverse(np.array([q]))[0])) == pytest.approx(q, abs=1e-6)


def test_far_outside_the_probability_is_none_or_all():
    inverse = ppf("two_piece_normal", 1.0, 2.0, 3.0)
    assert (cdf(inverse, -100.0), cdf(inverse, 100.0)) == (0, 1)


@pytest.mark.parametrize("triple", [(0.25, 0.33, 0.75), (5.74, 7.29, 7.7), (0.85, 1.94, 5.84)])
def test_a_pert_goes_through_points_that_a_root_finder_of_two_unknowns_missed(triple):
    low, central, high = triple
    found = ppf("pert", *triple)
    assert found(np.array([0.1, 0.9])) == pytest.approx([low, high], rel=1e-12)
    u = np.linspace(0.001, 0.999, 1999)
    densest = found(u)[:-1][np.argmin(np.diff(found(u)))]
    assert densest == pytest.approx(central, abs=0.02 * (high - low))


def test_a_pert_exists_for_each_of_100_000_triples():
    rng = np.random.default_rng(2016)
    low, width = rng.uniform(-1e3, 1e3, 100_000), 10 ** rng.uniform(-3, 3, 100_000)
    part = rng.choice([0.0, 1.0, 0.5], 100_000, p=[0.01, 0.01, 0.98]) * rng.beta(0.5, 0.5, 100_000)
    for first, central, last in zip(low, low + part * width, low + width, strict=True):
        ppf("pert", first, min(max(central, first), last), last)


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
