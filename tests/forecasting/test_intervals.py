"""The predictive distribution and its calibration."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parkanalysis.forecasting import Predictive, forecast
from parkanalysis.forecasting.intervals import (
    LEVELS,
    SCORES,
    class_widths,
    own_factor,
    t_widths,
    yearly_scale,
)

NORMAL = Predictive(mean=np.array([10.0, 20.0]), table=np.array([10 + SCORES, 20 + 2 * SCORES]))


def test_ppf_of_a_normal_table_is_the_normal_quantile():
    u = np.random.default_rng(1).uniform(0.001, 0.999, (50, 3))
    assert NORMAL.ppf(u) == pytest.approx(stats.norm.ppf(u, 10, 1), abs=1e-9)
    assert NORMAL.ppf(u, 2) == pytest.approx(stats.norm.ppf(u, 20, 2), abs=1e-9)


def test_table_of_a_skewed_law_is_close_between_knots():
    made = Predictive(mean=np.ones(1), table=stats.lognorm.ppf(LEVELS, 0.4)[None, :])
    u = np.random.default_rng(2).uniform(0.001, 0.999, 1000)
    assert made.ppf(u) == pytest.approx(stats.lognorm.ppf(u, 0.4), rel=1e-5)


def test_ends_are_finite_and_cdf_inverts():
    assert NORMAL.ppf([0.0, 1.0]).tolist() == [6.0, 14.0]
    u = np.linspace(0.01, 0.99, 9)
    assert NORMAL.cdf(NORMAL.ppf(u, 2), 2) == pytest.approx(u)
    assert NORMAL.cdf([0.0, 99.0]).tolist() == [0.0, 1.0]


def test_shapes():
    assert NORMAL.quantile(0.5) == pytest.approx([10, 20])
    assert NORMAL.quantile([0.1, 0.5, 0.9]).shape == (3, 2)
    assert NORMAL.draws(7, 1).shape == (7, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        NORMAL.quantile([0.5, 1.5])
    with pytest.raises(ValueError, match="outside 1 to 2"):
        NORMAL.ppf(0.5, 3)


def test_draws_repeat_and_hang_together_as_a_random_walk():
    draws = NORMAL.draws(40_000, 5)
    assert (draws == NORMAL.draws(40_000, 5)).all()
    assert draws.mean(axis=0) == pytest.approx([10, 20], abs=0.05)
    assert np.corrcoef(draws.T)[0, 1] == pytest.approx(np.sqrt(1 / 2), abs=0.01)


def test_scaling_needs_a_factor_above_zero():
    assert NORMAL.scaled(3.0).quantile(0.9) == pytest.approx(3 * NORMAL.quantile(0.9))
    with pytest.raises(ValueError, match="above 0"):
        NORMAL.scaled(0.0)


def test_scale_by_hand():
    # changes 3 and 4, prior (0.05 · 107)² = 28.6225: sqrt((9 + 16 + 28.6225) / 3)
    assert yearly_scale(np.array([100.0, 103, 107]), np.arange(3)) == pytest.approx(np.sqrt(53.6225 / 3))


def test_a_change_across_a_gap_counts_by_its_length():
    # 8 over two periods counts 8²/2
    assert yearly_scale(np.array([100.0, 104, 108]), np.array([0, 2])) == pytest.approx(
        np.sqrt((32 + 29.16) / 2)
    )


def test_widths_rise_with_horizon_and_coverage_and_fall_with_points():
    widths = class_widths("default", 5, 10)
    assert widths.shape == (10, 3)
    assert (np.diff(widths, axis=0) >= 0).all()
    assert (np.diff(widths, axis=1) > 0).all()
    assert (class_widths("default", 3, 6) >= class_widths("default", 8, 6)).all()
    assert class_widths("no such method", 5, 1) is None


def test_t_interval_stands_where_no_class_is_known():
    assert t_widths(5, 1)[0, 1] == pytest.approx(stats.t.ppf(0.9, 4) * np.sqrt(1 + 1 / 4))
    made = forecast(pd.Series([1.0, 2, 4, 5], index=range(4)), method="mean(naive, drift)")
    assert any("t interval" in note for note in made.notes)


def test_interval_ends_are_point_plus_width_times_scale():
    series = pd.Series([100.0, 106, 109, 118, 121], index=range(2011, 2016))
    made = forecast(series)
    half = class_widths("default", 5, 1)[0] * yearly_scale(series.to_numpy(), np.arange(5))
    assert made.quantile([0.75, 0.9, 0.975])[:, 0] - made.mean == pytest.approx(half, rel=1e-3)
    assert made.mean - made.quantile([0.25, 0.1, 0.025])[:, 0] == pytest.approx(half, rel=1e-3)


def test_own_errors_widen_and_narrow():
    def last(past):
        return past[-1]

    calm = np.arange(100.0, 130.0)
    wild = np.concatenate([calm, 130 + 25 * (-1.0) ** np.arange(8)])
    assert own_factor(calm[:14], last, 1.2) == 1.0  # too few errors to speak
    # thirteen perfect forecasts: sqrt(20 / (20 + 13))
    assert own_factor(calm[:20], lambda past: past[-1] + 1, 1.2) == pytest.approx(np.sqrt(20 / 33))
    assert own_factor(calm, lambda past: past[-1] + 1, 1.2) == 0.7  # no series is that sure of itself
    assert own_factor(wild, last, 1.2) > own_factor(calm, last, 1.2)
    assert own_factor(wild, last, 1e-6) == 2.0


def test_simulated_walks_are_covered_as_stated():
    """On random walks with drift the 80% interval of five points covers about 80%."""
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(300):
        y = 200 + np.cumsum(rng.normal(6, 12, 6))
        low, high = forecast(pd.Series(y[:5], index=range(5))).quantile([0.1, 0.9])[:, 0]
        inside.append(low <= y[5] <= high)
    assert 0.72 < np.mean(inside) < 0.90
