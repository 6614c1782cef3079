"""Year averages of prices against closed forms, and the vintage of a park's prices."""

import numpy as np
import pandas as pd
import pytest

from parkanalysis.errors import InputError
from parkanalysis.forecasting import monthly_average, sparse_average, volatility_ratio
from parkanalysis.forecasting.prices import PriceWalk, price_walk


def months(values, first="2010-01", name=None):
    index = pd.period_range(first, periods=len(values), freq="M")
    return pd.Series(values, index=index, dtype=float, name=name)


@pytest.fixture(scope="module")
def walk():
    rng = np.random.default_rng(7)
    return months(2000 * np.exp(np.cumsum(rng.normal(0, 0.04, 144))), name="metal")  # ends 2021-12


def test_a_flat_price_stays():
    made = monthly_average(months([100.0] * 30), 2012)
    assert made.mean == pytest.approx([100])
    assert made.quantile([0.1, 0.9])[:, 0] == pytest.approx([100, 100])
    assert made.known_months == 6


def test_known_months_enter_as_they_are():
    # 2012 at 100 but for November at 130: only December is open, within a third of its price
    wave = 100 + 3 * np.sin(np.arange(24))
    made = monthly_average(months([*wave, *[100.0] * 10, 130.0]), 2012)
    assert made.known_months == 11
    low, high = made.quantile([0.001, 0.999])[:, 0]
    assert (1000 + 130 + 85) / 12 < low < high < (1000 + 130 + 175) / 12


def test_average_is_less_uncertain_than_the_end(walk):
    """The average of a walk of 12 months has a variance of about 650/144 = 4.51 months, its end of 12."""
    fitted = price_walk(walk)
    paths = fitted.paths(12, 20_000, 1)
    end, mean = paths[:, -1].std(), paths.mean(axis=1).std()
    assert mean < end
    simple = PriceWalk(
        np.tril(np.ones((12, 12))), np.zeros(12), np.array([-0.04, 0.04]), 0.04, "walk", 2000.0
    )
    drawn = simple.paths(12, 40_000, 1)
    assert drawn[:, -1].std() == pytest.approx(0.04 * np.sqrt(12), rel=0.02)
    assert drawn.mean(axis=1).std() == pytest.approx(0.04 * np.sqrt(650 / 144), rel=0.02)


def test_monthly_average_matches_the_closed_form(walk):
    made = monthly_average(walk, 2022)
    spread = np.log(made.quantile(0.9) / made.quantile(0.1))[0] / (2 * 1.2816)
    assert spread == pytest.approx(0.04 * np.sqrt(650 / 144), rel=0.25)
    assert made.median[0] == pytest.approx(walk.iloc[-1], rel=0.05)


def test_shocks_keep_their_skew():
    """Nine small rises for one deep fall: paths lean the same way, by 1/sqrt(months) of it."""
    shocks = np.array([0.01] * 9 + [-0.09])
    falling = PriceWalk(np.tril(np.ones((4, 4))), np.zeros(4), shocks, 0.03, "walk", 2000.0)
    end = falling.paths(4, 60_000, 1)[:, -1]
    skew = ((end - end.mean()) ** 3).mean() / end.std() ** 3
    own = (shocks**3).mean() / shocks.std() ** 3
    assert skew == pytest.approx(own / 2, rel=0.05)


def test_results_repeat_and_interface_is_that_of_a_forecast(walk):
    one, two = monthly_average(walk, 2022), monthly_average(walk, 2022)
    assert (one.table == two.table).all()
    assert one.ppf(np.full((2, 3), 0.5)).shape == (2, 3)
    assert one.draws(5, 1).shape == (5, 1)


def test_sparse_price_takes_its_level_from_the_last_days(walk):
    points = pd.Series(
        [2300.0, 1580, 1600, 1640], index=["2021-05-20", "2021-12-16", "2021-12-20", "2022-01-11"]
    )
    made = sparse_average(points, walk, 2022)
    assert made.level == pytest.approx((1580 + 1600 + 1640) / 3)
    assert made.known_months == 1
    assert made.median[0] == pytest.approx((1640 + 11 * made.level) / 12, rel=0.01)


def test_sparse_spread_follows_the_related_series_and_the_ratio(walk):
    points = pd.Series([1600.0], index=["2021-12-31"])
    one, two = sparse_average(points, walk, 2022), sparse_average(points, walk, 2022, ratio=2.0)
    widths = [np.log(p.quantile(0.9) / p.quantile(0.1))[0] for p in (one, two)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.05)
    assert one.median[0] == pytest.approx(1600, rel=0.01)


def test_volatility_ratio_by_hand():
    # related: every month up or down 5%; points: one change of 20% over four months
    related = months(100 * np.exp(np.cumsum(0.05 * (-1.0) ** np.arange(48))))
    days = pd.Series([100.0, 100 * np.exp(0.2)], index=["2015-01-01", "2015-05-03"])
    gap = 122 / 30.4375
    assert volatility_ratio(days, related) == pytest.approx(0.2 / (0.05 * np.sqrt(gap)))


def test_quotations_of_one_day_do_not_make_volatility():
    related = months(100 * np.exp(np.cumsum(0.05 * (-1.0) ** np.arange(48))))
    with pytest.raises(InputError, match="half a month apart"):
        volatility_ratio(pd.Series([100.0, 150.0], index=["2015-01-01", "2015-01-02"]), related)


def test_bad_prices_are_named(walk):
    with pytest.raises(InputError, match="12 months"):
        monthly_average(walk.iloc[:12], 2011)
    with pytest.raises(InputError, match="missing inside"):
        monthly_average(walk.drop(walk.index[50]), 2022)
    with pytest.raises(InputError, match="above zero"):
        monthly_average(walk.where(walk.index != walk.index[3], -1.0), 2022)
    with pytest.raises(InputError, match="more than once"):
        monthly_average(pd.concat([walk, walk.iloc[-1:]]), 2022)
    with pytest.raises(InputError, match="number for every month"):
        monthly_average(pd.Series(["x"] * 30, index=walk.index[:30]), 2022)
    with pytest.raises(InputError, match="2021 to 2023"):
        monthly_average(walk, 2030)
    with pytest.raises(InputError) as caught:
        sparse_average(pd.Series([100.0, -5.0], index=["2021-13-01", "2021-12-01"]), walk, 2022)
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="no quotation"):
        sparse_average(pd.Series([], dtype=float, index=[]), walk, 2022)
    with pytest.raises(InputError, match="ratio"):
        sparse_average(pd.Series([1600.0], index=["2021-12-31"]), walk, 2022, ratio=0.0)
