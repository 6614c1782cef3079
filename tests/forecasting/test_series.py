"""A series at the door, its complete years, and what was known by a day."""

import numpy as np
import pandas as pd
import pytest

from parkanalysis.errors import InputError
from parkanalysis.forecasting import annual, forecast, vintage


def yearly(values, last=2015, name=None):
    return pd.Series(values, index=range(last - len(values) + 1, last + 1), dtype=float, name=name)


RISING = yearly([100, 108, 113, 125, 131, 140, 149, 163, 170, 181])


def test_order_of_rows_does_not_matter():
    shuffled = RISING.sample(frac=1, random_state=1)
    assert forecast(shuffled).mean == pytest.approx(forecast(RISING).mean)


@pytest.mark.parametrize(
    ("series", "found"),
    [
        (yearly([1, np.inf, 3]), "inf at 2014"),
        (pd.Series(["1", "n.a.", "3"], index=[2013, 2014, 2015]), "'n.a.' at 2014"),
        (pd.Series([1.0, 2, 3], index=[2013, 2013, 2014]), "2013 more than once"),
        (yearly([1.0]), "1 observations"),
        (pd.Series([1.0, 2.0], index=["a", "b"]), "index"),
        (pd.Series([1.0, 2.0], index=pd.period_range("2015-01-01", periods=2, freq="D")), "frequency D"),
    ],
)
def test_bad_series_are_named(series, found):
    with pytest.raises(InputError, match=found):
        forecast(series)


def test_all_problems_of_a_series_at_once():
    bad = pd.Series([1.0, np.inf, "x", 4], index=[2012, 2012, 2013, 2014])
    with pytest.raises(InputError) as caught:
        forecast(bad)
    assert len(caught.value.problems) == 3


def rows(*values):
    frame = pd.DataFrame(values, columns=["period", "value", "published"])
    return frame.assign(published=pd.to_datetime(frame["published"]).dt.date)


def test_months_and_quarters_add_up_over_complete_years():
    months = [(f"2014-{m:02d}", 1.0, "2015-02-01") for m in range(1, 13)]
    part = [("2015-01", 1.0, "2015-03-01")]
    assert annual(rows(*months, *part)).to_dict() == {2014: 12}
    quarters = [(f"2014Q{q}", 10.0 * q, "2015-02-01") for q in range(1, 5)]
    assert annual(rows(*quarters)).to_dict() == {2014: 100}


def test_a_revision_replaces_what_it_revises():
    found = annual(
        rows(("2013", 7.0, "2014-01-31"), ("2014", 8.0, "2015-01-31"), ("2013", 7.5, "2015-06-30"))
    )
    assert found.to_dict() == {2013: 7.5, 2014: 8}


ROWS = pd.DataFrame(
    {
        "period": [2013, 2014, 2015, 2016],
        "value": [848.64, 976.59, 1108.52, 1218.79],
        "published": ["2014-01-31", "2015-01-31", "2016-01-31", "2017-01-31"],
    }
)


def test_vintage_keeps_what_was_published_by_the_day():
    assert vintage(ROWS, "2016-02-29")["period"].tolist() == [2013, 2014, 2015]
    assert vintage(ROWS, "2016-01-31")["period"].tolist() == [2013, 2014, 2015]
    assert vintage(ROWS, "2016-01-30")["period"].tolist() == [2013, 2014]


@pytest.mark.parametrize("later", [1.0, 1e9, -5.0])
def test_no_figure_published_later_changes_a_forecast(later):
    def baseline(rows):
        return forecast(vintage(rows, "2016-02-29").set_index("period")["value"], 2)

    changed = ROWS.assign(value=ROWS["value"].where(ROWS["published"] < "2016-02-29", later))
    assert (baseline(changed).table == baseline(ROWS).table).all()
    assert (baseline(ROWS.iloc[:3]).table == baseline(ROWS).table).all()


def test_rows_nobody_can_date_are_errors():
    with pytest.raises(InputError, match="row 3, column published"):
        vintage(ROWS.assign(published=["2014-01-31", "soon", "2016-01-31", "2017-01-31"]), "2016-02-29")
    with pytest.raises(InputError, match="no column published"):
        vintage(ROWS[["value"]], "2016-02-29")
    with pytest.raises(InputError, match="as_of"):
        vintage(ROWS, "spring")
