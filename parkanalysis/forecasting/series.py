"""One series at the door: every problem named at once, every treatment written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem

Array = NDArray[np.float64]
PERIODS = {"Y": 1, "A": 1, "Q": 4, "M": 12}


@dataclass(frozen=True, eq=False)
class Observed:
    """A checked series.

    Attributes
    ----------
    filled : ndarray, shape (n,)
        Evenly spaced from the first to the last observation; gaps are filled on a straight line
        (of logs, where all values are above zero).
    places : ndarray of int
        Where ``filled`` was observed rather than filled.
    ahead : int
        Periods that the index lists after the last observation: a missing last year is forecast too.
    period : int
        Seasons a year: 1, 4 or 12.
    notes : tuple of str
        What was done to the data.
    """

    filled: Array
    places: NDArray[np.intp]
    ahead: int
    period: int
    notes: tuple[str, ...]

    @property
    def points(self) -> int:
        """Number of observations."""
        return len(self.places)

    @property
    def positive(self) -> bool:
        """Whether a logarithm exists for every value."""
        return bool((self.filled > 0).all())


def _ordinals(series: pd.Series, name: str) -> tuple[NDArray[np.int64], int]:
    """Return the position of each label on the calendar and the number of seasons a year."""
    index = series.index
    if isinstance(index, pd.DatetimeIndex):
        frequency = index.freqstr or (pd.infer_freq(index) if len(index) > 2 else None)
        letter = (frequency or "Y")[0]
        index = index.to_period(letter if letter in PERIODS else "Y")
    if isinstance(index, pd.PeriodIndex):
        letter = index.freqstr[0]
        if letter not in PERIODS:
            raise InputError(Problem(name, f"frequency {index.freqstr}", "annual, quarterly or monthly"))
        return np.asarray(index.asi8, dtype=np.int64), PERIODS[letter]
    if not pd.api.types.is_integer_dtype(index):
        raise InputError(Problem(name, f"an index of {index.dtype}", "years as whole numbers, or periods"))
    return np.asarray(index, dtype=np.int64), 1


def _cells(series: pd.Series, name: str) -> tuple[Array, list[Problem]]:
    """Return the values as floats, and a problem for each cell that is no finite number."""
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    text = series.notna().to_numpy() & np.isnan(numbers)
    bad = text | np.isinf(numbers)
    labels = [(series.index[i], series.iloc[i]) for i in map(int, np.flatnonzero(bad))]
    allowed = "finite numbers, or empty for a gap"
    return numbers, [
        Problem(name, f"{value!r} at {label}" if isinstance(value, str) else f"{value} at {label}", allowed)
        for label, value in labels
    ]


def _fill(values: Array) -> Array:
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    known = values[~gaps]
    places = np.arange(len(values))
    if (known > 0).all():
        return np.asarray(np.exp(np.interp(places, places[~gaps], np.log(known))))
    return np.asarray(np.interp(places, places[~gaps], known))


def observe(series: pd.Series, *, fewest: int = 2) -> Observed:
    """Check a series and lay it on an even calendar.

    Parameters
    ----------
    series : pandas.Series
        Indexed by year, by annual, quarterly or monthly periods, or by dates; gaps may be empty or left out.
    fewest : int
        Observations needed.

    Raises
    ------
    InputError
        Names every text, infinity and duplicate label, an index that is no calendar, too few points.

    Examples
    --------
    >>> seen = observe(pd.Series([100.0, 121.0, None], index=[2012, 2014, 2015]))
    >>> seen.filled.round(1).tolist(), seen.points, seen.ahead
    ([100.0, 110.0, 121.0], 2, 1)
    """
    name = f"series {series.name}" if series.name is not None else "series"
    ordinals, period = _ordinals(series, name)
    numbers, problems = _cells(series, name)
    twice = series.index[series.index.duplicated()].unique()
    problems += [Problem(name, f"{label} more than once", "one value a period") for label in twice]
    count = int(np.isfinite(numbers).sum())
    if count < fewest and not problems:
        problems.append(Problem(name, f"{count} observations", f"{fewest} or more"))
    if problems:
        raise InputError(problems)
    return _lay_out(ordinals, numbers, period)


def _lay_out(ordinals: NDArray[np.int64], numbers: Array, period: int) -> Observed:
    notes = []
    if (np.diff(ordinals) < 0).any():
        notes.append("periods were out of order and have been sorted")
    seen = np.isfinite(numbers)
    first, last = ordinals[seen].min(), ordinals[seen].max()
    values = np.full(last - first + 1, np.nan)
    values[ordinals[seen] - first] = numbers[seen]
    places = np.flatnonzero(~np.isnan(values))
    ahead = int(ordinals.max() - last)
    if len(places) < len(values):
        notes.append(
            f"{len(values) - len(places)} missing period(s) inside the series filled on a straight line"
        )
    if ahead:
        notes.append(f"the last {ahead} period(s) are missing and are forecast too")
    return Observed(_fill(values), places, ahead, period, tuple(notes))


def vintage(frame: pd.DataFrame, as_of: str | pd.Timestamp) -> pd.DataFrame:
    """Return the rows published by a date: what was known then.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column ``published``, dates or their text.
    as_of : str or Timestamp
        The last day that counts.

    Raises
    ------
    InputError
        No such column, or rows without a readable date: nobody can say when they were known.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [1, 2], "published": ["2016-02-23", "2016-07-01"]})
    >>> vintage(rows, "2016-02-29")["value"].tolist()
    [1]
    """
    if "published" not in frame.columns:
        raise InputError(Problem("frame", "no column published", "a publication date for every row"))
    day = pd.to_datetime(as_of, errors="coerce")
    if pd.isna(day):
        raise InputError(Problem("as_of", repr(as_of), "a date such as 2016-02-29"))
    dates = pd.to_datetime(frame["published"], errors="coerce", format="ISO8601")
    if dates.isna().any():
        rows = np.flatnonzero(dates.isna())
        raise InputError(
            Problem(
                "frame", repr(frame["published"].iloc[i]), "an ISO date", row=int(i) + 2, column="published"
            )
            for i in rows
        )
    return frame[dates.dt.normalize() <= day.normalize()].copy()


def annual(rows: pd.DataFrame) -> pd.Series:
    """Yearly values of a series; quarters and months add up over complete years, revisions replace.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns ``period`` (2015, 2015Q1 or 2015-01, as text), ``value``, ``published``.

    Returns
    -------
    pandas.Series
        Indexed by year, in the units of ``value``; a year printed as such stands before the sum of its parts.
    """
    last = rows.sort_values("published", kind="stable").drop_duplicates("period", keep="last")
    parts = {4: 1, 6: 4, 7: 12}  # length of a period such as 2015, 2015Q1, 2015-01: parts of a year
    need = last["period"].str.len().map(parts)
    years = last["period"].str[:4].astype(int)
    grouped = last["value"].groupby([need, years])
    complete = grouped.sum()[grouped.count() == grouped.count().index.get_level_values(0)]
    # a year that is printed as such stands before the sum of its parts
    by_year = complete.reset_index(level=0, drop=True).groupby(level=0).first()
    return by_year.sort_index()
