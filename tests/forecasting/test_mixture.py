"""The mixture against a second route, its invariants, and the coverage the class was made for."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parkanalysis.errors import InputError
from parkanalysis.forecasting import METHODS, forecast, growth
from parkanalysis.forecasting.intervals import SCORES, kept_above_zero, on_all_scores
from parkanalysis.forecasting.methods import COMPONENTS
from parkanalysis.forecasting.mixture import (
    DEGREES,
    PROBABILITIES,
    between,
    inputs,
    kernel_scale,
    mixture_cdf,
    mixture_table,
    reference_class,
    softmax,
    student_tail,
)

Y = np.array([[100.0, 108, 113, 125, 131], [100.0, 97, 103, 99, 101]])


def yearly(values, last=2015):
    return pd.Series(values, index=range(last - len(values) + 1, last + 1), dtype=float)


def test_inputs_by_hand():
    seen = inputs(Y, 1)
    logs = np.diff(np.log(Y[0]))
    noise = (((logs - logs.mean()) ** 2).sum() + 2 * 0.03**2) / 5
    assert seen.gate[0, 1] == pytest.approx(np.log(1 + 4 * logs.mean() ** 2 / noise))
    assert seen.gate[0, 2] == pytest.approx((logs[-1] - logs.mean()) / np.sqrt(noise))
    spread = np.sqrt((((logs - logs.mean()) ** 2).sum() + 6 * 0.06**2) / 9)
    assert seen.width[0, 1] == pytest.approx(np.log(spread))
    # five points are the middle of their scale; mean growth of 6.75% is nearly half the way from slow to fast
    assert seen.tails[0] == pytest.approx([1, 0, 0, (logs.mean() - 0.02) / 0.1, 0])
    assert inputs(Y[:1, 1:], 3).tails[0, 1:3] == pytest.approx([np.log(4 / 5), np.log(3)])
    own = [METHODS[name](Y[0], 1)[0] / 131 - 1 for name in COMPONENTS]
    assert seen.paths[0] == pytest.approx(own)


def test_weights_between_knots_add_up_to_one():
    weights = between(np.linspace(-3, 9, 25), np.array([0.0, 1.0, 4.0]))
    assert weights.sum(axis=1) == pytest.approx(1)
    assert (weights >= 0).all()


def test_closed_form_of_the_kernel():
    t = np.array([-60.0, -8.0, -1.5, -0.1, 0.0, 2.0])
    assert student_tail(t) == pytest.approx(stats.t(DEGREES).cdf(t), rel=1e-6)


def test_mixture_without_skew_is_a_sum_of_student_laws():
    paths, weights = np.array([[0.0, 0.1]]), np.array([[0.3, 0.7]])
    x = np.linspace(-0.5, 0.6, 9)[None, :]
    found = mixture_cdf(x, paths, weights, np.array([0.05]), 0.0)[0]
    law = stats.t(DEGREES)
    assert found == pytest.approx(0.3 * law.cdf(x[0] / 0.05) + 0.7 * law.cdf((x[0] - 0.1) / 0.05))


def test_skewed_kernel_is_continuous_and_keeps_its_mass():
    one, s = np.array([[1.0]]), np.array([1.0])
    ends = mixture_cdf(np.array([[-1e9, -1e-9, 1e-9, 1e9]]), np.array([[0.0]]), one, s, 0.3)[0]
    assert ends[[0, 3]] == pytest.approx([0, 1])
    assert ends[1] == pytest.approx(ends[2], abs=1e-8)
    # the wide side holds exp(2 skew) times the mass of the narrow one
    assert (1 - ends[1]) / ends[1] == pytest.approx(np.exp(0.6), rel=1e-6)


def test_table_agrees_with_root_finding():
    """The quantile table against bisection of the recalibrated mixture."""
    from scipy.optimize import brentq

    found, seen = reference_class(), inputs(Y[:1], 1)
    s = kernel_scale(seen, 1, found)
    weights = softmax(seen.gate @ found.gate.T)
    wanted = (seen.tails @ found.scores)[0]
    table = mixture_table(Y[0], 1)[0] / 131 - 1
    for p, score in zip(PROBABILITIES, wanted, strict=True):

        def gap(x, score=score):
            at = mixture_cdf(np.array([[x]]), seen.paths, weights, s, found.skew)[0, 0]
            return at - stats.norm.cdf(score)

        assert np.interp(stats.norm.ppf(p), SCORES, table) == pytest.approx(brentq(gap, -2, 2), abs=6e-4)


def test_scores_run_through_the_tabulated_points_and_straight_on():
    at = np.array([-2.5, -1.4, -0.6, 0.1, 0.7, 1.3, 2.0])
    found = on_all_scores(at, PROBABILITIES)
    knots = stats.norm.ppf(PROBABILITIES)
    assert np.interp(knots, SCORES, found) == pytest.approx(at, abs=2e-3)
    slope = (at[-1] - at[-2]) / (knots[-1] - knots[-2])
    assert found[-1] == pytest.approx(at[-1] + slope * (4 - knots[-1]))


def test_fast_growth_widens_what_lies_above_and_leaves_what_lies_below():
    scores = reference_class().scores
    long, far, fast, long_and_fast = scores[1:]
    assert (fast[:3] == 0).all()
    assert (long_and_fast[:3] == 0).all()
    assert (np.diff(fast[3:]) > 0).all()
    assert long[3] == far[3] == fast[3] == 0  # the middle is the same everywhere


def test_units_do_not_matter_but_the_size_of_a_zone_does():
    one, other = growth(yearly(Y[0])), growth(yearly(1000 * Y[0]))
    assert one.table == pytest.approx(other.table)
    widths = [
        np.ptp(growth(yearly(10 * Y[0]), part=True, size=size).quantile([0.1, 0.9]))
        for size in (10, 100, 900)
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 1.2 * np.ptp(one.quantile([0.1, 0.9]))


def test_a_zone_spreads_one_method_as_well():
    area, zone = growth(yearly(Y[0]), method="drift"), growth(yearly(Y[0]), 1, "drift", part=True, size=10.0)
    assert zone.mean == pytest.approx(area.mean)
    assert np.ptp(zone.quantile([0.1, 0.9])) > 1.2 * np.ptp(area.quantile([0.1, 0.9]))
    assert any("zone of 10" in note for note in zone.notes)


def test_part_and_size_belong_together():
    for arguments in (
        {"part": True},
        {"size": 10.0},
        {"part": True, "size": -1.0},
        {"part": True, "size": np.nan},
    ):
        with pytest.raises(InputError, match="size"):
            growth(yearly(Y[0]), **arguments)


def test_wilder_series_and_farther_years_are_wider():
    calm, wild = yearly([100, 104, 108, 113, 117]), yearly([100, 125, 95, 130, 117])
    widths = [np.ptp(growth(s).quantile([0.1, 0.9])) for s in (calm, wild)]
    assert widths[1] > 1.3 * widths[0]
    fan = np.ptp(forecast(calm, 5).quantile([0.1, 0.9]), axis=0)
    assert (np.diff(fan) > 0).all()


def test_a_series_that_is_not_above_zero_is_forecast_on_levels():
    made = forecast(yearly([-3, -1, 2, 1]))
    assert np.isfinite(made.table).all()
    assert made.quantile(0.02)[0] < 0 < made.quantile(0.98)[0]
    assert (mixture_table(np.zeros(4), 2) != 0).any()


def test_zone_of_the_whole_area_is_still_its_own_growth():
    area, zone = mixture_table(Y[0], 1), mixture_table(Y[0], 1, 131.0)
    assert (np.diff(zone) >= 0).all()
    assert np.where(SCORES < 0, zone <= area, zone >= area).all()


def test_soft_floor_by_hand():
    # half the point is 5; a quantile at -1 falls off to 5 exp(-6/5)
    found = kept_above_zero(np.array([[-1.0, 4.0, 12.0]]), np.array([10.0]))
    assert found[0] == pytest.approx([5 * np.exp(-1.2), 5 * np.exp(-0.2), 12.0])
