"""What the notebooks show before and behind a projection: figures, accounts, forecasts, their record."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from parkanalysis.forecasting import METHODS, backtest, forecast, growth, scores, vintage
from parkanalysis.forecasting import annual as complete_years
from parkanalysis.model.scenario import Scenario, price_average
from parkanalysis.model.target_year import state, used_levers
from parkanalysis.park.levers import EVIDENCE
from parkanalysis.park.park import Park
from parkanalysis.quantities import RULES, bounds
from parkanalysis.report.findings import ledger

#: Weight of each development set in the choice is the same, however many series it has.
DEVELOPMENT = ("M1", "Tourism")
#: A day by which everything has been published.
ALWAYS = "2100-01-01"
#: No forecast is made of fewer points, nor over more years.
FEWEST, FARTHEST = 2, 10
#: An origin needs three points, and one more as its outturn.
FEWEST_JUDGED = 4
MEASURES = ["mase", "smape", "interval_score_80", "coverage_50", "coverage_80", "coverage_95"]
FAN = {0.05: "q05", 0.1: "q10", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.9: "q90", 0.95: "q95"}


def kinds(park: Park) -> pd.DataFrame:
    """How many figures there are by unit, and how many of them are no plain numbers.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(kinds(read_park("qingzhen")).loc["CNY/t", "figures"])
    2
    """
    frame = ledger(park)
    spread = frame["low"] < frame["high"]
    counts = (
        frame.assign(hedged=spread).groupby("unit").agg(figures=("figure", "size"), hedged=("hedged", "sum"))
    )
    return counts.sort_values(["figures", "hedged"], ascending=False, kind="stable")


def hedged(park: Park) -> pd.DataFrame:
    """Figures that stand for a range, with the ends of the range relative to the printed value.

    Returns
    -------
    DataFrame
        Index figure; ``text``, ``hedge``, ``low``, ``value``, ``high`` (canonical ``unit``),
        ``below`` and ``above`` (fractions of the value).

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> hedged(read_park("qingzhen")).loc["stated_loss_2016", "text"]
    '5 亿元以上'
    """
    frame = ledger(park).set_index("figure")
    frame = frame[frame["low"] < frame["high"]]
    value = frame["value"].where(frame["value"] != 0)
    return frame.assign(below=frame["low"] / value - 1, above=frame["high"] / value - 1)[
        ["text", "hedge", "low", "value", "high", "unit", "below", "above"]
    ]


def by_rule(park: Park, most: int = 12) -> pd.DataFrame:
    """Hedged figures under each reading rule: the same words, other bounds.

    Returns
    -------
    DataFrame
        Index figure; ``text``, ``unit`` and a column a rule, each a pair of bounds in ``unit``.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> by_rule(read_park("qingzhen"), most=99)["literal"].to_dict()["stated_loss_2016"][1]
    inf
    """
    chosen = hedged(park).head(most)[["text", "unit"]].copy()
    for rule in RULES:
        chosen[rule] = [bounds(park.quantities[str(n)], rule) for n in chosen.index]
    return chosen


def account_frame(scenario: Scenario, draws: int = 4096, seed: int = 2016) -> pd.DataFrame:
    """Value added of the base year by industry before and after balancing to the published total.

    Returns
    -------
    DataFrame
        Index industry; ``gross_output`` (亿元, NaN where only value added is known), ``rate`` and
        ``value_added`` before, ``balanced``, ``low``, ``high`` (10% and 90% points of the draws)
        and ``balanced_rate`` after. ``balanced`` sums to the published total.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> park = read_park("qingzhen")
    >>> frame = account_frame(read_scenario(park, "reference"), draws=64)
    >>> bool(abs(frame["balanced"].sum() - park.value_added) < 1e-9)
    True
    """
    config = scenario.park.config
    centre = state(scenario, None, seed).base
    spread = state(scenario, (0, draws), seed).base
    rows = {}
    for key, industry in config.industries.items():
        lever = scenario.levers[industry.value_added_rate or industry.value_added or ""]
        output = scenario.park.amount(industry.gross_output) if industry.gross_output else np.nan
        rate = lever.central if industry.gross_output else np.nan
        before = rate * output if industry.gross_output else lever.central
        balanced = float(centre.value_added[key][0])
        low, high = np.quantile(spread.value_added[key], [0.1, 0.9])
        rows[key] = (output, rate, before, balanced, low, high, balanced / output)
    columns = ["gross_output", "rate", "value_added", "balanced", "low", "high", "balanced_rate"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("industry")


def disagreements(checks: pd.DataFrame) -> pd.DataFrame:
    """Checks whose two sides cannot both hold as they stand, the largest relative difference first.

    Parameters
    ----------
    checks : DataFrame
        As from ``audit``.

    Returns
    -------
    DataFrame
        Rows of ``checks`` with ``relative`` = (stated − computed) / computed, a fraction.

    Examples
    --------
    >>> from parkanalysis.model.audit import audit
    >>> from parkanalysis.park.park import read_park
    >>> found = disagreements(audit(read_park("qingzhen"))).set_index("check")
    >>> bool(abs(found["relative"]).is_monotonic_decreasing)
    True
    """
    frame = checks[checks["verdict"].isin(["contradiction", "other_scope"])]
    frame = frame.assign(relative=frame["difference"] / frame["computed"].where(frame["computed"] != 0))
    return frame.sort_values("relative", key=abs, ascending=False, kind="stable")


def evidence_frame(scenario: Scenario) -> pd.DataFrame:
    """How many levers stand on which evidence, and how many of them act in the scenario.

    Examples
    --------
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.park.park import read_park
    >>> evidence_frame(read_scenario(read_park("qingzhen"), "reference")).index.tolist()
    ['reported', 'derived', 'proxy', 'assumed']
    """
    used = set(used_levers(scenario))
    grades = pd.Series({n: lever.evidence for n, lever in scenario.levers.items()}, dtype=object)
    counts = {
        grade: ((grades == grade).sum(), sum(grades.get(n) == grade for n in used)) for grade in EVIDENCE
    }
    frame = pd.DataFrame.from_dict(counts, orient="index", columns=["levers", "acting"])
    return frame.rename_axis("evidence")


def reference_name(park: Park) -> str:
    """Series whose growth the park's baseline takes.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> reference_name(read_park("qingzhen")).partition("_")[2]  # after the name of the city
    'secondary_value_added'
    """
    return park.levers[park.config.growth].series


def reference_series(park: Park, name: str = "", as_of: str | None = None) -> pd.Series:
    """Yearly values of a series that were published by a day, the park's own ``as_of`` by default.

    Months and quarters are added up over complete years, as the projection does.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(reference_series(read_park("qingzhen")).index[-1])
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


def known_values(park: Park, most: int = 6) -> pd.DataFrame:
    """The last values of the reference series known, with the day each was published and its rule.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> known_values(read_park("qingzhen"), most=2)["period"].tolist()
    ['2014', '2015']
    """
    return park.series(reference_name(park)).tail(most)


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


def reference_fan(series: pd.Series, method: str = "default", horizon: int = 3) -> pd.DataFrame:
    """The series and the quantiles of its forecast, a year a row, as ``charts.fan`` takes them.

    Examples
    --------
    >>> series = pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016))
    >>> reference_fan(series, "drift", horizon=1).loc[2016, ["q10", "q50", "q90"]].round(1).tolist()
    [13.3, 14.8, 16.5]
    """
    made, last = forecast(series, horizon, method), int(series.index[-1])
    bands = pd.DataFrame(
        made.quantile(list(FAN)).T, columns=list(FAN.values()), index=range(last + 1, last + horizon + 1)
    )
    start = pd.DataFrame(float(series.iloc[-1]), index=[last], columns=bands.columns)
    frame = pd.concat([series.rename("history"), pd.concat([start, bands])], axis=1).sort_index()
    return frame.rename_axis("year")


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
    {2014: 0.082, 2015: 0.079, 2016: 0.076}
    """
    known = reference_series(park)
    day = park.config.as_of
    rows = {}
    for year in range(park.config.target_year - most + 1, park.config.target_year + 1):
        cut = str(day.replace(year=day.year + year - park.config.target_year, day=min(day.day, 28)))
        series = reference_series(park, as_of=cut)
        if len(series) < FEWEST or not 1 <= year - int(series.index[-1]) <= FARTHEST:
            continue
        made = growth(series, year - int(series.index[-1]), park.config.growth_method)
        low, high = made.quantile([0.1, 0.9])[:, -1] - 1
        outturn = known.get(year, np.nan) / series.iloc[-1] - 1
        rows[year] = (cut, int(series.index[-1]), made.mean[-1] - 1, low, high, outturn)
    columns = ["as_of", "known_to", "growth", "low", "high", "outturn"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("year")


def full_history(stored: pd.DataFrame, data: str = "M3") -> pd.DataFrame:
    """Mean sMAPE over the horizons of a competition from its own origin, beside the peers, best first.

    Examples
    --------
    >>> full_history(evidence())["smape"].head(2).round(1).to_dict()
    {('parkanalysis', 'default'): 15.6, ('statsforecast', 'median of three'): 15.7}
    """
    rows = stored[(stored["data"] == data) & (stored["points"] == 0)]
    return rows.set_index(["program", "method"])[["forecasts", "smape"]].sort_values("smape")


def short_windows(stored: pd.DataFrame, points: int, data: str = "M3") -> pd.DataFrame:
    """One step from the last points of every series of a set, the most accurate first.

    Examples
    --------
    >>> short_windows(evidence(), 5)["mase"].loc[["default", "naive"]].round(1).to_dict()
    {'default': 1.0, 'naive': 1.2}
    """
    rows = stored[
        (stored["data"] == data) & (stored["points"] == points) & (stored["program"] == "parkanalysis")
    ]
    return rows.set_index("method")[MEASURES].sort_values("mase")


def coverage(stored: pd.DataFrame, method: str = "default") -> pd.DataFrame:
    """Measured coverage of a method's intervals by data set and number of points, one step ahead.

    Examples
    --------
    >>> coverage(evidence())["coverage_80"].loc["M3"].round(1).to_dict()
    {4: 0.8, 5: 0.8, 7: 0.8, 10: 0.8}
    """
    rows = stored[
        (stored["method"] == method) & (stored["points"] > 0) & (stored["program"] == "parkanalysis")
    ]
    return rows.set_index(["data", "points"])[["coverage_50", "coverage_80", "coverage_95"]].sort_index()


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
    known = reference_series(park)
    if len(known) < FEWEST_JUDGED:
        empty = pd.DataFrame(columns=["forecasts", *MEASURES], dtype=float)
        return empty.rename_axis("method")
    panel = {reference_name(park): known}
    made = backtest(panel, ["default", "naive", "drift", "discounted_drift"], origins=origins)
    return scores(made, ["method"]).set_index("method")[["forecasts", *MEASURES]].sort_values("mase")


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
        Index lever that stands on the series, or the series; ``median``, ``low``, ``high`` (10% and 90%)
        and ``outturn`` in ``unit``, ``published`` (of its last figure), ``probability`` (of at most the
        outturn). Without a row where nothing came later.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> bool(afterwards(read_park("qingzhen"))["probability"].between(0, 1).all())
    True
    """
    year, name = park.config.target_year, reference_name(park)
    rows = {}
    known = reference_series(park)
    known = known[known.index < year]
    later = reference_series(park, as_of=ALWAYS)
    if year in later.index and len(known) >= FEWEST:
        made = growth(known, year - int(known.index[-1]), park.config.growth_method)
        outturn = float(later[year] / known.iloc[-1])
        points = made.quantile([0.5, 0.1, 0.9])[:, -1] - 1
        of_year = park.history["period"].astype(str).str[:4] == str(year)
        day = park.history[(park.history["series"] == name) & of_year]["published"].max()
        chance = float(made.cdf(outturn, made.horizon))
        rows[park.config.growth] = (*points, outturn - 1, day, chance, "fraction")
    levers = {lever.series: lever for lever in park.levers.values() if lever.series}
    for price in _sparse(park):
        quoted = park.prices[(park.prices["series"] == price) & (park.prices["period"].str[:4] == str(year))]
        # months without a quotation are left out: the quoted ones count alike
        realised = float(quoted.groupby(quoted["period"].str[:7])["value"].mean().mean())
        average = price_average(park, price)
        points, day = average.quantile([0.5, 0.1, 0.9])[:, 0], quoted["published"].max()
        lever = levers.get(price)
        key, unit = (lever.name, lever.unit) if lever else (price, "")
        rows[key] = (*points, realised, day, float(average.cdf(realised)), unit)
    columns = ["median", "low", "high", "outturn", "published", "probability", "unit"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("lever")
