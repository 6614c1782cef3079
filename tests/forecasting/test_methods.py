"""Point forecasts against numbers worked by hand, and what stands in where one fails."""

import numpy as np
import pandas as pd
import pytest

from parkanalysis.forecasting import METHODS, forecast
from parkanalysis.forecasting.methods import point


def yearly(values, last=2015, name=None):
    return pd.Series(values, index=range(last - len(values) + 1, last + 1), dtype=float, name=name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("naive", [140, 140]),
        ("drift", [150, 160]),  # (140 - 100) / 4
        ("half_drift", [145, 150]),
        # changes 20, 0, 10, 10 with weights .729, .81, .9, 1: (14.58 + 9 + 10) / 3.439 = 9.764
        ("discounted_drift", [149.764466, 159.528933]),
        # mean 10, sd of changes 8.164966, t² = 6: 10 · 6/10
        ("shrunk_drift", [146, 152]),
        # last growth 140/130, then its power 0.8 more
        ("last_growth", [140 * 140 / 130, 140 * (140 / 130) ** 1.8]),
        ("usual_growth", [140 * 1.04, 140 * 1.04**2]),
    ],
)
def test_closed_forms(method, path):
    series = yearly([100, 120, 120, 130, 140])
    assert forecast(series, 2, method, transform="none").mean == pytest.approx(path)


def test_default_is_the_median_of_its_five():
    series = yearly([100, 120, 120, 130, 140])
    logs = np.diff(np.log(series.to_numpy()))
    t2 = 4 * logs.mean() ** 2 / logs.var(ddof=1)
    shrunk = 140 * np.exp(logs.mean() * t2 / (4 + t2))
    last, usual = 140 * 140 / 130, 140 * 1.04
    assert forecast(series).mean[0] == pytest.approx(np.median([140, 149.764466, shrunk, last, usual]))


def test_drift_on_logs_is_constant_growth():
    made = forecast(yearly([50, 55, 60.5, 66.55]), 3, "drift", transform="log")
    assert made.mean == pytest.approx([73.205, 80.5255, 88.57805])
    assert made.transform == "log"


def test_a_failing_fit_is_named_and_left_out_of_a_combination(monkeypatch):
    def fails(y, horizon):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setitem(METHODS, "theta", fails)
    made = point(
        np.array([100.0, 108, 113, 125, 131, 140, 149, 163, 170, 181]), 1, "mean(naive, drift, theta)", "none"
    )
    assert made.path == pytest.approx([181 + 4.5])
    assert made.notes == ("theta could not be fitted (LinAlgError): left out",)


def test_methods_take_many_series_at_once():
    y = np.array([[100.0, 120, 120, 130, 140], [90.0, 85, 86, 80, 77]])
    for name in (
        "naive",
        "drift",
        "half_drift",
        "discounted_drift",
        "shrunk_drift",
        "shrunk_log_drift",
        "last_growth",
    ):
        both = METHODS[name](y, 3)
        assert both == pytest.approx(np.array([METHODS[name](row, 3) for row in y]))
