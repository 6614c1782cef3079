"""The reference series of a park: what was known when, the candidate methods, and the fan."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.forecasting import DEFAULT, METHODS, Forecast, forecast, growth, vintage
from parkanalysis.forecasting import annual as complete_years
from parkanalysis.report import charts
from parkanalysis.report.markup import Figure, Html, paragraph, table
from parkanalysis.report.style import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.park.park import Park
    from parkanalysis.report.words import Words

__all__ = [
    "annual",
    "candidate_sentence",
    "candidates",
    "evidence",
    "fan_chart",
    "fan_figure",
    "forecast_notes",
    "frame_table",
    "growth_sentence",
    "known_sentence",
    "known_table",
    "reference_name",
    "selection",
    "selection_sentence",
    "vintages",
    "vintages_sentence",
]

#: Weight of each development set in the choice is the same, however many series it has.
DEVELOPMENT = ("M1", "Tourism")
#: A day by which everything has been published.
ALWAYS = "2100-01-01"
#: No forecast is made of fewer points, nor over more years.
FEWEST, FARTHEST = 2, 10
FAN = {0.05: "q05", 0.1: "q10", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.9: "q90", 0.95: "q95"}


def reference_name(park: Park) -> str:
    """Series whose growth the park's baseline takes.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> reference_name(read_park("qingzhen")).partition("_")[2]  # after the name of the city
    'secondary_value_added'
    """
    return park.levers[park.config.growth].series


def annual(park: Park, name: str = "", as_of: str | None = None) -> pd.Series:
    """Yearly values of a series that were published by a day, the park's own ``as_of`` by default.

    Months and quarters are added up over complete years, as the projection does.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(annual(read_park("qingzhen")).index[-1])
    2015
    """
    wanted = name or reference_name(park)
    rows = park.history[park.history["series"] == wanted]
    return (
        complete_years(vintage(rows, as_of or str(park.config.as_of)))
        .astype(float)
        .rename(wanted)
        .rename_axis(None)
    )


def frame_table(frame: pd.DataFrame, caption: str, decimals: int = 3) -> Html:
    """A frame with its index as a table, the same at any width of the screen.

    Examples
    --------
    >>> frame = pd.DataFrame({"growth": [0.1234]}, index=["drift"])
    >>> "0.12</td>" in frame_table(frame, "Growth by method", decimals=2).html
    True
    """
    flat = frame.reset_index()
    rows = [[_cell(value, decimals) for value in row] for row in flat.itertuples(index=False)]
    numeric = [i for i, column in enumerate(flat) if pd.api.types.is_numeric_dtype(flat[column])]
    return Html(table(list(flat.columns), rows, caption, numeric=numeric), caption)


def _cell(value: object, decimals: int) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:.{decimals}f}"
    return str(value)


def known_table(park: Park, words: Words, most: int = 6) -> Html:
    """The last values known, with the day each was published, and by what rule that day was set.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.report.words import Words
    >>> park = read_park("qingzhen")
    >>> known_table(park, Words(park, "en"))
    Reference series ..._secondary_value_added, CNY billion
    """
    rows = park.series(reference_name(park)).tail(most)
    body = [
        (
            r["period"],
            words.plain_amount(float(r["value"]), extra=1),
            str(r["published"]),
            r["published_rule"],
        )
        for r in rows.to_dict("records")
    ]
    head = [words(t) for t in ("Year", "Value", "Published", "Rule of the date")]
    caption = words("Reference series {name}, {unit}", name=reference_name(park), unit=words.money_unit)
    return Html(table(head, body, caption, numeric=[1]), caption)


def known_sentence(park: Park, words: Words) -> Html:
    """How much of the reference series was known, and how much came later.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.report.words import Words
    >>> park = read_park("qingzhen")
    >>> known_sentence(park, Words(park, "en"))
    16 yearly values were published by 29 February 2016, 2000 to 2015; 2 that came later stay out.
    """
    known = annual(park)
    later = len(annual(park, as_of=ALWAYS)) - len(known)
    text = words(
        "{n} yearly values were published by {date}, {first} to {last}; {later} that came later stay out.",
        n=len(known),
        date=words.date(park.config.as_of),
        first=int(known.index[0]),
        last=int(known.index[-1]),
        later=later,
    )
    return Html(paragraph(text), text)


def candidates(series: pd.Series) -> pd.DataFrame:
    """Growth of the next year by every method.

    Returns
    -------
    DataFrame
        Index method; ``growth``, ``low``, ``high`` (fractions: point, 10% and 90%), ``transform``, ``used``.

    Examples
    --------
    >>> found = candidates(pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016)))
    >>> found["growth"][["naive", "drift"]].round(3).to_dict()
    {'naive': 0.0, 'drift': 0.086}
    """
    rows = {}
    for method in ("default", *METHODS):
        made = growth(series, method=method)
        low, high = made.quantile([0.1, 0.9])[:, 0] - 1
        rows[method] = (made.mean[0] - 1, low, high, made.transform, made.method)
    columns = ["growth", "low", "high", "transform", "used"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


def candidate_sentence(found: pd.DataFrame, words: Words) -> Html:
    """How far the candidates lie apart, set against the width of one interval.

    Examples
    --------
    >>> from parkanalysis.report.words import Words
    >>> found = candidates(pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016)))
    >>> candidate_sentence(found, Words(None, "en"))
    The methods put growth between 0.0% (naive) and 8.7% (discounted_drift); the default says 7.7%, with an
    80% interval of 21.5 percentage points.
    """
    others = found.drop(index="default")
    chosen = found[["growth", "low", "high"]].astype(float).T["default"]
    text = words(
        "The methods put growth between {low} ({lowest}) and {high} ({highest}); the default says {point}, "
        "with an 80% interval of {width} percentage points.",
        low=words.percent(others["growth"].min()),
        lowest=others["growth"].idxmin(),
        high=words.percent(others["growth"].max()),
        highest=others["growth"].idxmax(),
        point=words.percent(float(chosen.iloc[0])),
        width=f"{100 * (chosen['high'] - chosen['low']):.1f}",
    )
    return Html(paragraph(text), text)


@cache
def _evidence() -> pd.DataFrame:
    with (files("parkanalysis.forecasting") / "backtest_evidence.csv").open(encoding="utf-8") as handle:
        return pd.read_csv(handle)


def evidence() -> pd.DataFrame:
    """The stored evaluation that ``make backtest`` writes: a row a program, data set, method and window.

    Examples
    --------
    >>> stored = evidence()
    >>> sorted(stored.loc[stored["program"] == "parkanalysis", "data"].unique())
    ['M1', 'M3', 'Tourism']
    """
    return _evidence().copy()


def selection(stored: pd.DataFrame) -> pd.DataFrame:
    """Evidence on the development series by method, the best first.

    Returns
    -------
    DataFrame
        Index method; ``mase`` (one step, mean over windows of 4, 5, 7 and 10 points and both sets),
        ``smape`` (all horizons, full history, mean over both sets), ``rank`` (mean of the two ranks).
        Methods that do not run on every window are judged on the windows they run on.

    Examples
    --------
    >>> selection(evidence())["rank"].idxmin()  # the least mean rank
    'default'
    """
    own = stored[(stored["program"] == "parkanalysis") & stored["data"].isin(DEVELOPMENT)]
    short = own[own["points"] > 0]
    # relative to naive within each cell, so that an easy window does not flatter a method seen only there
    naive = short[short["method"] == "naive"].set_index(["data", "points"])["mase"]
    relative = short["mase"] / naive.reindex(pd.MultiIndex.from_frame(short[["data", "points"]])).to_numpy()
    full = own[own["points"] == 0].groupby("method")["smape"].mean()
    made = pd.DataFrame({"mase": relative.groupby(short["method"]).mean(), "smape": full})
    made["rank"] = made.rank().mean(axis=1)
    return made.sort_values(["rank", "mase"])


def selection_sentence(found: pd.DataFrame, words: Words) -> Html:
    """What the default is made of and where the development series put it.

    Examples
    --------
    >>> from parkanalysis.report.words import Words
    >>> selection_sentence(selection(evidence()), Words(None, "en"))
    The default is the median(...). Over both development sets its error on short windows is ...
    """
    default = found.T["default"]
    text = words(
        "The default is the {parts}. Over both development sets its error on short windows is {short} of "
        "the naive forecast's, and its sMAPE on full histories {smape}; by the mean of the two ranks it is "
        "number {place} of {n}.",
        parts=DEFAULT,
        short=words.percent(float(default["mase"]), 0),
        smape=f"{default['smape']:.2f}",
        place=1 + int((found["rank"] < default["rank"]).sum()),
        n=len(found),
    )
    return Html(paragraph(text), text)


def growth_sentence(made: Forecast, words: Words) -> Html:
    """Growth of the next year with its 80% interval.

    Examples
    --------
    >>> from parkanalysis.report.words import Words
    >>> made = growth(pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016)), method="drift")
    >>> growth_sentence(made, Words(None, "en"))
    Growth of the next year: 8.6%, 80% interval −2.3% to 19.6%.
    """
    low, high = made.quantile([0.1, 0.9])[:, 0] - 1
    text = words(
        "Growth of the next year: {point}, 80% interval {low} to {high}.",
        point=words.percent(made.mean[0] - 1),
        low=words.percent(low),
        high=words.percent(high),
    )
    return Html(paragraph(text), text)


def forecast_notes(made: Forecast) -> pd.DataFrame:
    """What was chosen and treated on the way to a forecast.

    Examples
    --------
    >>> made = growth(pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016)))
    >>> forecast_notes(made)["note"].iloc[-1]
    'interval: reference class'
    """
    return pd.DataFrame({"note": list(made.notes)})


def fan_chart(
    series: pd.Series, words: Words, method: str = "default", horizon: int = 3, ax: Axes | None = None
) -> Axes:
    """The series and its forecast with bands of 50, 80 and 90%, 亿元.

    Examples
    --------
    >>> from parkanalysis.report.words import Words
    >>> series = pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016))
    >>> ax = fan_chart(series, Words(None, "en"), method="drift", horizon=2)
    >>> ax.texts[-2].get_text()  # CNY billion
    '1.58  median'
    """
    made = forecast(series, horizon, method)
    last = int(series.index[-1])
    bands = pd.DataFrame(
        made.quantile(list(FAN)).T, columns=list(FAN.values()), index=range(last + 1, last + horizon + 1)
    )
    start = pd.DataFrame(float(series.iloc[-1]), index=[last], columns=bands.columns)
    frame = pd.concat([series.rename("history"), pd.concat([start, bands])], axis=1).sort_index()
    return charts.fan(frame.rename_axis("year"), words, ax=ax)


def fan_figure(series: pd.Series, words: Words, method: str = "default", horizon: int = 3) -> Figure:
    """``fan_chart`` with title and text alternative.

    Examples
    --------
    >>> from parkanalysis.report.words import Words
    >>> series = pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016), name="steel")
    >>> fan_figure(series, Words(None, "en"), method="drift", horizon=1)
    steel from 2012 to 2015 and its forecast to 2016: CNY 1.47 billion, 80% interval CNY 1.32 to 1.61
    billion.
    """
    made = forecast(series, horizon, method)
    low, high = made.quantile([0.1, 0.9])[:, -1]
    alt = words(
        "{name} from {first} to {last} and its forecast to {end}: {point}, 80% interval {range}.",
        name=str(series.name),
        first=int(series.index[0]),
        last=int(series.index[-1]),
        end=int(series.index[-1]) + horizon,
        point=words.amount(float(made.mean[-1])),
        range=words.amount_range(float(low), float(high)),
    )
    ax = fan_chart(series, words, method, horizon)
    return Figure(
        to_svg(ax, "reference-fan"), "figure-reference-fan", words("Reference series"), alt, axes=ax
    )


def vintages(park: Park, most: int = 6) -> pd.DataFrame:
    """The forecast of each year's growth with what was known on the same day of that year.

    Returns
    -------
    DataFrame
        Index year of the forecast; ``as_of``, ``known_to`` (last year known), ``growth``, ``low``, ``high``
        (fractions: point, 10% and 90%), ``outturn`` (NaN where not yet published by the park's ``as_of``).
        Years before which too little was known for a forecast are left out, in the end all of them.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> vintages(read_park("qingzhen"), most=3)["growth"].round(3).to_dict()
    {2014: 0.152, 2015: 0.152, 2016: 0.151}
    """
    known = annual(park)
    day = park.config.as_of
    rows = {}
    for year in range(park.config.target_year - most + 1, park.config.target_year + 1):
        cut = str(day.replace(year=day.year + year - park.config.target_year, day=min(day.day, 28)))
        series = annual(park, as_of=cut)
        if len(series) < FEWEST or not 1 <= year - int(series.index[-1]) <= FARTHEST:
            continue
        made = growth(series, year - int(series.index[-1]), park.config.growth_method)
        low, high = made.quantile([0.1, 0.9])[:, -1] - 1
        outturn = known.get(year, np.nan) / series.iloc[-1] - 1
        rows[year] = (cut, int(series.index[-1]), made.mean[-1] - 1, low, high, outturn)
    columns = ["as_of", "known_to", "growth", "low", "high", "outturn"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("year")


def vintages_sentence(found: pd.DataFrame, method: str, words: Words) -> Html:
    """How often the 80% interval held on this one series.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.report.words import Words
    >>> vintages_sentence(vintages(read_park("qingzhen"), most=3), "drift", Words(None, "en"))
    Of 2 forecasts whose outturn was known, 2 lay within the 80% interval; the park's method is drift.
    """
    done = found.dropna(subset=["outturn"])
    if done.empty:
        text = words(
            "No earlier forecast has an outturn to be judged by; the park's method is {method}.",
            method=method,
        )
        return Html(paragraph(text), text)
    inside = int(done["outturn"].between(done["low"], done["high"]).sum())
    text = words(
        "Of {n} forecasts whose outturn was known, {inside} lay within the 80% interval; the park's method "
        "is {method}.",
        n=len(done),
        inside=inside,
        method=method,
    )
    return Html(paragraph(text), text)
