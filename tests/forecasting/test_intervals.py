"""The predictive distribution."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parkanalysis.forecasting import Predictive, forecast
from parkanalysis.forecasting.intervals import LEVELS, SCORES

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


def test_simulated_walks_are_covered_as_stated():
    """Random walks with drift know no recession: the 80% interval of five points covers more than 80%."""
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(300):
        y = 200 + np.cumsum(rng.normal(6, 12, 6))
        low, high = forecast(pd.Series(y[:5], index=range(5))).quantile([0.1, 0.9])[:, 0]
        inside.append(low <= y[5] <= high)
    assert 0.80 < np.mean(inside) < 0.97
