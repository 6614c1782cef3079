"""A short series ahead, as a distribution: methods, their combination, intervals that hold, evaluation.

Examples
--------
>>> import pandas as pd
>>> made = forecast(pd.Series([100.0, 108, 113, 125, 131], index=range(2011, 2016)))
>>> low, high = made.quantile([0.1, 0.9])[:, 0]
>>> bool(low < made.mean[0] < high)
True
"""

from parkanalysis.forecasting.baseline import Forecast, forecast, growth
from parkanalysis.forecasting.evaluate import backtest, crps, interval_score, scores
from parkanalysis.forecasting.intervals import Predictive, from_quantiles
from parkanalysis.forecasting.methods import METHODS, check_method
from parkanalysis.forecasting.prices import (
    FEWEST_MONTHS,
    PriceAverage,
    monthly_average,
    sparse_average,
    volatility_ratio,
)
from parkanalysis.forecasting.series import annual, vintage

__all__ = [
    "FEWEST_MONTHS",
    "METHODS",
    "Forecast",
    "Predictive",
    "PriceAverage",
    "annual",
    "backtest",
    "check_method",
    "crps",
    "forecast",
    "from_quantiles",
    "growth",
    "interval_score",
    "monthly_average",
    "scores",
    "sparse_average",
    "vintage",
    "volatility_ratio",
]
