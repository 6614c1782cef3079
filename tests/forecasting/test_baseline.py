"""Forecasts: invariants, gaps, seasons, growth, and every kind of bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.forecasting import METHODS, forecast, growth

EVERY = ["default", *METHODS, "median(naive, drift, theta)", "mean(naive, half_drift)"]
FAST = [m for m in EVERY if m not in ("arima", "local_linear_trend", "damped_trend", "theta")]


def yearly(values, last=2015, name=None):
    return pd.Series(values, index=range(last - len(values) + 1, last + 1), dtype=float, name=name)


CLIMB = yearly([100, 108, 113, 125, 131, 140, 149, 163, 170, 181])


def test_logs_are_chosen_where_relative_changes_are_even():
    rng = np.random.default_rng(3)
    exponential = yearly(10 * np.exp(np.cumsum(rng.normal(0.3, 0.05, 20))))
    straight = yearly(1000 + 10 * np.arange(20) + rng.normal(0, 3, 20))
    assert forecast(exponential).transform == "log"
    assert forecast(straight).transform == "none"
    assert any("transform log" in note for note in forecast(exponential, method="drift").notes)


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_every_method_answers_at_every_length(method, n):
    made = forecast(CLIMB.iloc[:n], 10, method)
    assert made.mean.shape == (10,)
    assert np.isfinite(made.table).all()
    assert (np.diff(made.table, axis=1) >= 0).all()
    assert made.points == n


def test_too_few_points_give_way_by_name():
    made = forecast(CLIMB.iloc[:5], method="arima")
    assert made.method == "default"
    assert "arima needs 8 points and found 5: the default stands in" in made.notes
    assert made.mean == pytest.approx(forecast(CLIMB.iloc[:5]).mean)


def test_an_exploding_fit_gives_way_by_name(monkeypatch):
    monkeypatch.setitem(METHODS, "theta", lambda y, horizon: np.full(horizon, 1e9))
    made = forecast(CLIMB, method="theta")
    assert made.method == "default"
    assert "the fit of theta exploded: the default stands in" in made.notes


def test_a_gap_inside_is_bridged_and_stated():
    whole = yearly([100, 110, 121, 133.1, 146.41])
    holed = whole.drop(2013)
    made = forecast(holed, method="drift", transform="log")
    assert made.mean == pytest.approx([161.051])
    assert made.points == 4
    assert any("1 missing" in note for note in made.notes)
    assert forecast(whole.where(whole.index != 2013)).mean == pytest.approx(forecast(holed).mean)


def test_a_missing_last_year_is_forecast_too():
    series = yearly([100, 110, 120, np.nan])
    made = forecast(series, 1, "drift", transform="none")
    assert made.mean == pytest.approx([140])  # two steps of ten from 120
    assert any("last 1 period" in note for note in made.notes)
    wider = made.quantile(0.9) - made.mean
    assert wider > forecast(series.dropna(), 1, "drift", transform="none").quantile(0.9) - 130


def test_constant_series_stays_and_says_so():
    made = forecast(yearly([50.0] * 6), 3)
    assert made.mean == pytest.approx([50, 50, 50])
    assert made.quantile(0.9)[0] > 50
    assert any("constant" in note for note in made.notes)


def test_zeros_and_negatives_stay_on_levels():
    assert forecast(yearly([0, 1, 2, 3])).transform == "none"
    assert forecast(yearly([-3, -1, 2, 1])).quantile(0.05)[0] < 0
    assert forecast(yearly([0, 0, 0])).mean == pytest.approx([0])


def test_a_falling_trend_does_not_leave_the_range_of_the_series():
    made = forecast(yearly([3.0, 1.0]), 2, "drift")
    assert made.mean == pytest.approx([0.01, 0.01])
    assert any("point held at 1%" in note for note in made.notes)


def test_bad_arguments_are_named():
    with pytest.raises(InputError, match="did you mean 'drift'"):
        forecast(CLIMB, method="drifft")
    with pytest.raises(InputError, match="for a log"):
        forecast(yearly([0, 1, 2]), transform="log")
    for horizon in (0, 11, 1.5, True):
        with pytest.raises(InputError, match="horizon"):
            forecast(CLIMB, horizon)
    with pytest.raises(InputError, match="above zero to grow from"):
        growth(yearly([1, 0, -1]))


def test_growth_is_the_forecast_over_the_last_value():
    made, relative = forecast(CLIMB, 2), growth(CLIMB, 2)
    assert relative.mean * 181 == pytest.approx(made.mean)
    assert relative.quantile([0.1, 0.9]) * 181 == pytest.approx(made.quantile([0.1, 0.9]))


def test_season_is_found_and_repeated():
    quarters = pd.period_range("2010Q1", periods=20, freq="Q")
    trend, season = 100 + 2 * np.arange(20), np.tile([0.8, 1.0, 1.1, 1.1], 5)
    made = forecast(pd.Series(trend * season, index=quarters), 4, "drift")
    expected = (100 + 2 * np.arange(20, 24)) * np.array([0.8, 1.0, 1.1, 1.1])
    assert made.mean == pytest.approx(expected, rel=0.03)
    assert any("season" in note for note in made.notes)


def test_short_monthly_series_says_that_no_season_was_taken():
    months = pd.Series(np.arange(1.0, 15.0), index=pd.period_range("2015-01", periods=14, freq="M"))
    assert any("no season" in note for note in forecast(months).notes)


values = st.lists(st.floats(1, 1e6), min_size=2, max_size=20)


@settings(max_examples=40, deadline=None)
@given(values=values, method=st.sampled_from(FAST))
def test_positive_series_have_positive_rising_finite_quantiles(values, method):
    table = forecast(yearly(values), 3, method).quantile([0.001, 0.1, 0.5, 0.9, 0.999])
    assert np.isfinite(table).all()
    assert (table >= 0).all()
    assert (np.diff(table, axis=0) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(values=values, factor=st.sampled_from([0.01, 7.0, 1e4]))
def test_units_do_not_matter(values, factor):
    one = forecast(yearly(values), 2, transform="none")
    other = forecast(yearly([v * factor for v in values]), 2, transform="none")
    np.testing.assert_allclose(other.table, factor * one.table, rtol=1e-6, atol=1e-9 * factor)


def test_the_argument_is_left_alone():
    before = CLIMB.copy()
    forecast(CLIMB, 3)
    pd.testing.assert_series_equal(CLIMB, before)
