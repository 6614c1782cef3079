"""How far to trust the baseline: the stored evidence, the park's own series, and what came later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from parkanalysis.forecasting import backtest, growth, scores
from parkanalysis.model.scenario import price_average
from parkanalysis.report.markup import Figure, Html, paragraph
from parkanalysis.report.outlook import ALWAYS, FEWEST, annual, reference_name
from parkanalysis.report.style import COLORS, axes, style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.park.park import Park
    from parkanalysis.report.words import Words

__all__ = [
    "afterwards",
    "afterwards_sentence",
    "coverage",
    "coverage_chart",
    "coverage_figure",
    "coverage_sentence",
    "full_history",
    "full_sentence",
    "own_record",
    "own_sentence",
    "short_sentence",
    "short_windows",
]

#: An origin needs three points, and one more as its outturn.
FEWEST_JUDGED = 4
MEASURES = ["mase", "smape", "interval_score_80", "coverage_50", "coverage_80", "coverage_95"]


def full_history(stored: pd.DataFrame, data: str = "M3") -> pd.DataFrame:
    """Mean sMAPE over the horizons of a competition from its own origin, beside the peers, best first.

    Examples
    --------
    >>> from parkanalysis.report.outlook import evidence
    >>> full_history(evidence())["smape"].head(2).round(1).to_dict()
    {('parkanalysis', 'default'): 15.6, ('statsforecast', 'median of three'): 15.7}
    """
    rows = stored[(stored["data"] == data) & (stored["points"] == 0)]
    return rows.set_index(["program", "method"])[["forecasts", "smape"]].sort_values("smape")


def full_sentence(found: pd.DataFrame, words: Words) -> Html:
    """The default's error against the best of the peers.

    Examples
    --------
    >>> from parkanalysis.report import outlook, words
    >>> full_sentence(full_history(outlook.evidence()), words.Words(None, "en"))
    The default's mean sMAPE is 15.6...; the best of the peers, median of three, comes to 15.7...
    """
    smape = found["smape"]
    own = float(smape.xs("parkanalysis").loc["default"])
    peers = smape.xs("statsforecast")
    text = words(
        "The default's mean sMAPE is {own}; the best of the peers, {peer}, comes to {best}.",
        own=f"{own:.2f}",
        peer=peers.idxmin(),
        best=f"{peers.min():.2f}",
    )
    return Html(paragraph(text), text)


def short_windows(stored: pd.DataFrame, points: int, data: str = "M3") -> pd.DataFrame:
    """One step from the last points of every series of a set, the most accurate first.

    Examples
    --------
    >>> from parkanalysis.report.outlook import evidence
    >>> short_windows(evidence(), 5)["mase"].loc[["default", "naive"]].round(1).to_dict()
    {'default': 1.0, 'naive': 1.2}
    """
    rows = stored[
        (stored["data"] == data) & (stored["points"] == points) & (stored["program"] == "parkanalysis")
    ]
    return rows.set_index("method")[MEASURES].sort_values("mase")


def short_sentence(found: pd.DataFrame, points: int, words: Words) -> Html:
    """The default against the naive forecast on so many points.

    Examples
    --------
    >>> from parkanalysis.report import outlook, words
    >>> short_sentence(short_windows(outlook.evidence(), 5), 5, words.Words(None, "en"))
    On 5 points the default's MASE is 1.0... and the naive forecast's 1.2...; its 80% interval covers
    79...% of the outturns.
    """
    own, naive = found.T["default"], found.T["naive"]
    text = words(
        "On {points} points the default's MASE is {own} and the naive forecast's {naive}; "
        "its 80% interval covers {coverage} of the outturns.",
        points=points,
        own=f"{own['mase']:.3f}",
        naive=f"{naive['mase']:.3f}",
        coverage=words.percent(float(own["coverage_80"])),
    )
    return Html(paragraph(text), text)


def coverage(stored: pd.DataFrame, method: str = "default") -> pd.DataFrame:
    """Measured coverage of a method's intervals by data set and number of points, one step ahead.

    Examples
    --------
    >>> from parkanalysis.report.outlook import evidence
    >>> coverage(evidence())["coverage_80"].loc["M3"].round(1).to_dict()
    {4: 0.8, 5: 0.8, 7: 0.8, 10: 0.8}
    """
    rows = stored[
        (stored["method"] == method) & (stored["points"] > 0) & (stored["program"] == "parkanalysis")
    ]
    return rows.set_index(["data", "points"])[["coverage_50", "coverage_80", "coverage_95"]].sort_index()


def coverage_sentence(found: pd.DataFrame, words: Words) -> Html:
    """The sets on which the 80% interval covers most and least.

    Examples
    --------
    >>> from parkanalysis.report import outlook, words
    >>> coverage_sentence(coverage(outlook.evidence()), words.Words(None, "en"))
    Averaged over the windows the 80% interval covers 80...% on M3 and 66...% on Tourism: where series
    break as those of Tourism do, the intervals are too narrow.
    """
    by_set = found["coverage_80"].groupby(level="data").mean()
    text = words(
        "Averaged over the windows the 80% interval covers {high} on {best} and {low} on {worst}: "
        "where series break as those of {worst} do, the intervals are too narrow.",
        high=words.percent(by_set.max()),
        best=by_set.idxmax(),
        low=words.percent(by_set.min()),
        worst=by_set.idxmin(),
    )
    return Html(paragraph(text), text)


def coverage_chart(found: pd.DataFrame, words: Words, ax: Axes | None = None) -> Axes:
    """Measured coverage of the 80% interval against the number of points, a line a data set.

    Examples
    --------
    >>> from parkanalysis.report import outlook, words
    >>> ax = coverage_chart(coverage(outlook.evidence()), words.Words(None, "en"))
    >>> ax.get_xlabel(), ax.get_ylabel(), [text.get_text() for text in ax.texts]
    ('points', 'coverage, %', ['M1', 'M3', 'Tourism'])
    """
    colors = (COLORS["gain"], COLORS["loss"], COLORS["target"], COLORS["total"])
    with style():
        ax = axes(ax, 2.6)
        ax.axhline(80, color=COLORS["muted"], lw=0.8, ls="--")
        for (name, rows), color in zip(found.groupby(level="data"), colors, strict=False):
            points = rows.index.get_level_values("points")
            ax.plot(points, 100 * rows["coverage_80"], "o-", ms=4, color=color)
            ax.annotate(
                str(name),
                (points[-1], 100 * rows["coverage_80"].iloc[-1]),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=color,
            )
        ax.set_xlabel(words("points"))
        ax.set_ylabel(words("coverage, %"))
        ax.set_ylim(50, 100)
        ax.grid(axis="y")
    return ax


def coverage_figure(found: pd.DataFrame, words: Words) -> Figure:
    """``coverage_chart`` with title and text alternative.

    Examples
    --------
    >>> from parkanalysis.report import outlook, words
    >>> coverage_figure(coverage(outlook.evidence()), words.Words(None, "en"))
    Measured coverage of the 80% interval by number of points; on average M1 80%, M3 81% and Tourism 67%.
    """
    means = 100 * found["coverage_80"].groupby(level="data").mean()
    alt = words(
        "Measured coverage of the 80% interval by number of points; on average {means}.",
        means=words.join(f"{name} {value:.0f}%" for name, value in means.items()),
    )
    ax = coverage_chart(found, words)
    return Figure(
        to_svg(ax, "coverage"), "figure-coverage", words("Coverage of the 80% interval"), alt, axes=ax
    )


def own_record(park: Park, origins: int = 6) -> pd.DataFrame:
    """Rolling-origin evaluation of some methods on the park's reference series, as known by ``as_of``.

    Returns
    -------
    DataFrame
        Index method; ``forecasts`` and ``MEASURES``, the most accurate first. Without a row where the series
        is too short for one origin with an outturn.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> own_record(read_park("qingzhen"), origins=2)["smape"].round(1).to_dict()
    {'drift': 0.8, 'discounted_drift': 1.6, 'default': 5.6, 'naive': 13.3}
    """
    known = annual(park)
    if len(known) < FEWEST_JUDGED:
        empty = pd.DataFrame(columns=["forecasts", *MEASURES], dtype=float)
        return empty.rename_axis("method")
    panel = {reference_name(park): known}
    made = backtest(panel, ["default", "naive", "drift", "discounted_drift"], origins=origins)
    return scores(made, ["method"]).set_index("method")[["forecasts", *MEASURES]].sort_values("mase")


def own_sentence(found: pd.DataFrame, words: Words) -> Html:
    """Which method did best on the park's own reference series, and on how little that rests.

    Examples
    --------
    >>> from parkanalysis.park import park
    >>> from parkanalysis.report import words
    >>> own_sentence(own_record(park.read_park("qingzhen"), origins=2), words.Words(None, "en"))
    On this one series drift was the most accurate over 2 origins, with a mean error of 0.8%; the
    default's was 5.6%.
    """
    if found.empty:
        text = words(
            "The park's own series is too short to judge a method by; it takes {n} yearly values or more.",
            n=FEWEST_JUDGED,
        )
        return Html(paragraph(text), text)
    text = words(
        "On this one series {best} was the most accurate over {n} origins, with a mean error of {smape}%; "
        "the default's was {own}%.",
        best=found.index[0],
        n=int(found["forecasts"].iloc[0]),
        smape=f"{found['smape'].iloc[0]:.1f}",
        own=f"{found['smape'].loc['default']:.1f}",
    )
    return Html(paragraph(text), text)


def _sparse(park: Park) -> list[str]:
    """Prices quoted on days rather than by month, with quotations of the target year."""
    daily = park.prices[park.prices["period"].str.len() == 10]
    year = daily["period"].str[:4] == str(park.config.target_year)
    return sorted(set(daily[year]["series"]))


def afterwards(park: Park) -> pd.DataFrame:
    """Forecasts as of the park's date set against figures published later.

    Later knowledge: it judges the forecasts and enters none of them.

    Returns
    -------
    DataFrame
        Index what; ``median``, ``low``, ``high`` (10% and 90%), ``outturn``, ``published`` (of its last
        figure), ``probability`` (of at most the outturn). Growth in fractions, prices in their own units.
        Without a row where nothing came later.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> afterwards(read_park("qingzhen"))[["low", "high", "outturn"]].round(2)
                                                    low     high  outturn
    what
    guiyang_secondary_value_added 2016, growth     0.05     0.25     0.10
    alumina_china 2016, average                 1365.03  1944.70  2036.56
    """
    year, name = park.config.target_year, reference_name(park)
    rows = {}
    known = annual(park)
    known = known[known.index < year]
    later = annual(park, as_of=ALWAYS)
    if year in later.index and len(known) >= FEWEST:
        made = growth(known, year - int(known.index[-1]), park.config.growth_method)
        step = made.horizon
        outturn = float(later[year] / known.iloc[-1])
        low, mid, high = made.quantile([0.1, 0.5, 0.9])[:, -1] - 1
        of_year = park.history["period"].astype(str).str[:4] == str(year)
        day = park.history[(park.history["series"] == name) & of_year]["published"].max()
        rows[f"{name} {year}, growth"] = (mid, low, high, outturn - 1, day, float(made.cdf(outturn, step)))
    for price in _sparse(park):
        quoted = park.prices[(park.prices["series"] == price) & (park.prices["period"].str[:4] == str(year))]
        # months without a quotation are left out: the quoted ones count alike
        realised = float(quoted.groupby(quoted["period"].str[:7])["value"].mean().mean())
        average = price_average(park, price)
        low, mid, high = average.quantile([0.1, 0.5, 0.9])[:, 0]
        rows[f"{price} {year}, average"] = (
            mid,
            low,
            high,
            realised,
            quoted["published"].max(),
            float(average.cdf(realised)),
        )
    columns = ["median", "low", "high", "outturn", "published", "probability"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("what")


def afterwards_sentence(found: pd.DataFrame, words: Words) -> Html:
    """Which later figures fell inside the 80% interval, and which did not.

    Examples
    --------
    >>> from parkanalysis.park import park
    >>> from parkanalysis.report import words
    >>> afterwards_sentence(afterwards(park.read_park("qingzhen")), words.Words(None, "en"))
    Later knowledge: of 2 figures published after the vintage date, 1 lie in the 80% interval. Outside:
    alumina_china 2016, average.
    """
    if found.empty:
        text = words("Later knowledge: the park's tables hold no later figure to judge these forecasts by.")
        return Html(paragraph(text), text)
    inside = found["outturn"].between(found["low"], found["high"])
    text = words(
        "Later knowledge: of {n} figures published after the vintage date, {held} lie in the 80% interval.",
        n=len(found),
        held=int(inside.sum()),
    )
    missed = found[~inside]
    if len(missed):
        text += " " + words("Outside: {names}.", names=words.join(missed.index))
    return Html(paragraph(text), text)
