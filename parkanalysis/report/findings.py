"""What reports and notebooks show, as frames: a projection's drivers and ranking, a past and its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.forecasting import METHODS, backtest, forecast, growth, scores, vintage
from parkanalysis.forecasting import annual as complete_years
from parkanalysis.model.inverse import BreakEven, break_even, importance, tornado, with_levers
from parkanalysis.model.projection import Projection, interval, path, project
from parkanalysis.model.scenario import Scenario, own_lever, price_average
from parkanalysis.model.target_year import state, target_year_levers, used_levers
from parkanalysis.park import Park
from parkanalysis.park.levers import EVIDENCE
from parkanalysis.park.new import EXAMPLE_SOURCE
from parkanalysis.quantities import RULES, bounds
from parkanalysis.report.scoring import overall

Array = NDArray[np.float64]
OTHERS = "others"
SHOWN = 10
WHAT_IF_DRAWS = 4096
#: Areas on which the default was made, and competitions for farther years and other series; each set
#: weighs the same, however many series it has.
AREAS, COMPETITIONS = ("China", "UK", "US"), ("M1", "Tourism")
#: A day by which everything has been published.
ALWAYS = "2100-01-01"
#: No forecast is made of fewer points, nor over more years.
FEWEST, FARTHEST = 2, 10
#: An origin needs three points, and one more as its outturn.
FEWEST_JUDGED = 4
MEASURES = ["mase", "smape", "interval_score_80", "coverage_50", "coverage_80", "coverage_95"]
OUTCOME = "median low high chance"
#: Years of the past that a fan shows.
PAST = 9
FAN = {0.05: "q05", 0.1: "q10", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.9: "q90", 0.95: "q95"}


@dataclass(frozen=True)
class Goal:
    """The level a projection is set against.

    Attributes
    ----------
    value : float
        亿元.
    stated : bool
        Whether it is the park's own stated projection; else it is the base year's value added.
    figure : str
        Row of the ledger that gives it.
    """

    value: float
    stated: bool
    figure: str


def goal(park: Park) -> Goal:
    """The stated projection of a park, or the base year's value added where there is none."""
    stated = park.config.stated
    if stated is not None:
        return Goal(park.amount(stated.result), True, stated.result)
    return Goal(park.value_added, False, park.config.value_added)


def _table(index: str, columns: str, rows: dict[Any, Any]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns.split()).rename_axis(index)


def _outcome(draws: Array, target: float) -> tuple[float, float, float, float]:
    """Median, 10% and 90% points (亿元), chance of at least ``target``."""
    low, median, high = np.quantile(draws, [0.1, 0.5, 0.9])
    return float(median), float(low), float(high), float((draws >= target).mean())


def _other(projection: Projection, scenario: Scenario) -> Array:
    """Draws of another scenario of the park, as many as a table of such needs."""
    draws = min(len(projection.draws), WHAT_IF_DRAWS)
    return project(projection.park, scenario, draws, projection.seed).draws


def _grouped(projection: Projection, groups: Mapping[str, str]) -> pd.DataFrame:
    """Contributions of groups of drivers, a driver's group by its name.

    Columns ``mean``, ``low``, ``high`` (10% and 90% points of the group's sum), ``without`` (the median
    of the projection without the group), 亿元, and ``drivers``, a tuple of names.
    """
    shapley = projection.shares.shapley
    rows = {}
    for group in dict.fromkeys(groups.values()):
        names = tuple(d for d, of in groups.items() if of == group)
        draws = sum((v for (driver, _), v in shapley.items() if driver in names), np.zeros(1))
        rows[group] = (draws.mean(), *np.quantile(draws, [0.1, 0.9]), without(projection, names), names)
    return _table("group", "mean low high without drivers", rows)


def leading_drivers(projection: Projection, most: int = SHOWN) -> pd.DataFrame:
    """Contributions by driver, widest mean first, the growth beside the shocks leading; small ones pooled.

    Columns ``mean``, ``low``, ``high`` (10% and 90% points), ``alone`` and ``without`` (the median of
    the projection without the driver), all in 亿元; index ``driver``. The interval of pooled drivers is
    that of their sum.
    """
    shares = projection.contributions()
    first = [d for d in ("base_year", "baseline") if d in shares.index]
    rest = shares["mean"].drop(first).sort_values(key=lambda mean: -mean.abs(), kind="stable").index
    shown = [*first, *(rest if len(rest) <= most else rest[: most - 1])]
    groups = {d: d if d in shown else OTHERS for d in (*first, *rest)}
    frame = _grouped(projection, groups)
    frame["alone"] = shares["alone"].groupby(groups).sum()
    return frame[["mean", "low", "high", "alone", "without"]].rename_axis("driver")


def steps(projection: Projection, shares: pd.DataFrame) -> pd.DataFrame:
    """Bars of the way from the base year to the target year.

    Parameters
    ----------
    projection : Projection
    shares : DataFrame
        As from ``leading_drivers``.

    Returns
    -------
    DataFrame
        Index ``step``: ``start``, the drivers, ``end``; columns ``bottom``, ``top``, ``value``
        (亿元) and ``total`` (whether the bar stands on the axis).
    """
    value, base = shares["mean"], projection.park.value_added
    ends = pd.concat([base + value.cumsum(), value.cumsum().shift(fill_value=0.0) + base], axis=1)
    bars = pd.DataFrame({"bottom": ends.min(axis=1), "top": ends.max(axis=1), "value": value, "total": False})
    bars.loc["start"] = [0.0, base, base, True]
    bars.loc["end"] = [0.0, base + value.sum(), base + value.sum(), True]
    return bars.loc[["start", *shares.index, "end"]].rename_axis("step")


def _fan(past: pd.Series, ahead: pd.DataFrame) -> pd.DataFrame:
    """A past and the quantiles of the years after it, which start from its last value."""
    start = pd.DataFrame(float(past.iloc[-1]), index=[past.index[-1]], columns=ahead.columns)
    frame = pd.concat([past.rename("history"), pd.concat([start, ahead])], axis=1)
    return frame.sort_index().rename_axis("year")


def fan_frame(projection: Projection) -> pd.DataFrame:
    """History and quantiles of the years up to the target year, a year a row.

    Returns
    -------
    DataFrame
        Index ``year``; ``history``: the series behind the growth beside the shocks, scaled to the park's
        value added in the base year (the park's own past is one year); ``q05`` to ``q95`` from the
        base year on; 亿元.
    """
    park, base_year = projection.park, projection.park.config.base_year
    past = reference_series(park) if reference_name(park) else pd.Series(dtype=float)
    past = past[(past.index > base_year - PAST) & (past.index <= base_year)]
    if base_year in past.index:
        past = past / past.loc[base_year] * park.value_added
    else:
        past = pd.Series([park.value_added], index=[base_year])
    return _fan(past, path(projection).rename(columns=FAN))


def density(draws: Array, points: int = 161) -> pd.DataFrame:
    """Density of draws over their middle 99.8%, under a Gaussian kernel (Silverman 1986, section 3.4).

    Returns
    -------
    DataFrame
        Columns ``value`` (亿元), ``density`` (per 亿元); empty where all draws are one value.
    """
    from scipy.stats import gaussian_kde

    low, high = np.quantile(draws, [0.001, 0.999])
    if high - low < 1e-9:
        return pd.DataFrame({"value": [], "density": []}, dtype=float)
    x = np.linspace(low, high, points)
    return pd.DataFrame({"value": x, "density": gaussian_kde(draws, "silverman")(x)})


def ranking(projection: Projection) -> pd.DataFrame:
    """Every lever the scenario uses, by the part of the variance it carries.

    Returns
    -------
    DataFrame
        Index ``lever``; ``share`` (fraction), ``low``, ``median``, ``high`` (10%, 50% and 90% points)
        and ``central``, the most likely value, in ``unit``;
        ``at_low``, ``at_high`` (median value added with the lever at its 10% and 90% points, 亿元),
        ``evidence``, ``source``, ``figure``, ``note``.
    """
    levers = projection.scenario.levers
    said = ["low", "central", "high", "unit", "evidence", "source", "figure", "note"]
    rows = {n: [getattr(levers[n], what) for what in said] for n in used_levers(projection.scenario)}
    frame = _table("lever", " ".join(said), rows)
    frame["share"] = importance(projection).reindex(frame.index).fillna(0.0)
    frame["median"] = [float(levers[str(n)].ppf(np.array([0.5]))[0]) for n in frame.index]
    ends = tornado(projection)
    frame.update(ends[["low", "high"]])
    frame = frame.join(ends[["at_low", "at_high"]])
    columns = ["share", "low", "central", "high", "median", "at_low", "at_high", *said[3:]]
    return frame[columns].sort_values("share", ascending=False, kind="stable")


def round_values(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers between two values, evenly spaced (1, 2, 2.5 or 5 times a power of ten)."""
    if not high > low:
        return [float(low)]
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(s * power for s in (1, 2, 2.5, 5, 10, 20) if (high - low) / (s * power) < most)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def what_if(projection: Projection, lever: str, values: Iterable[float], target: float) -> pd.DataFrame:
    """The projection with one lever held at each value, the others as they are.

    Returns
    -------
    DataFrame
        Index ``value`` in the lever's unit; ``median``, ``low``, ``high`` (10% and 90% points, 亿元),
        ``chance`` of at least ``target``.
    """
    held = {v: _other(projection, with_levers(projection.scenario, **{lever: v})) for v in values}
    rows = {value: _outcome(draws, target) for value, draws in held.items()}
    return _table("value", OUTCOME, rows)


def even_odds(projection: Projection, ranked: pd.DataFrame, target: float, most: int = 6) -> list[BreakEven]:
    """Break-even of the levers of the target year that carry most, each within its hard bounds."""
    levers = projection.scenario.levers
    moving = [n for n in ranked.index[ranked["share"] > 0] if levers[n].minimum < levers[n].maximum]
    free = [n for n in moving if n in target_year_levers(projection.scenario)]
    return [break_even(projection, name, target) for name in free[:most]]


def invented(park: Park) -> int:
    """How many numbers of the template still stand in a park's tables."""
    tables = (park.figures, park.history, park.prices, park.value_added_rates)
    sources = [*(table["source"] for table in tables), pd.Series([x.source for x in park.levers.values()])]
    return int(pd.concat(sources).eq(EXAMPLE_SOURCE).sum())


def ledger(park: Park) -> pd.DataFrame:
    """Printed figures with the bounds in which the reading rule takes them.

    Returns
    -------
    DataFrame
        One row a figure in the order of the ledger: ``figure``, ``text`` as printed, ``value``,
        ``low``, ``high`` (canonical ``unit``), ``hedge``, ``subject``, ``variable``, ``period``,
        ``place``, ``source``, ``note``, ``used`` (whether the arithmetic uses it), ``open`` (whether it is
        printed without an upper bound, wherever the reading rule caps it).
    """
    config = park.config
    used = {lever.figure for lever in park.levers.values() if lever.figure} | {config.value_added}
    used |= {i.gross_output for i in config.industries.values() if i.gross_output}
    if config.stated is not None:
        used |= {f for f in (config.stated.result, config.stated.loss) if f}
    quantities = [park.quantities[str(name)] for name in park.figures["figure"]]
    ends = [bounds(quantity, config.reading_rule) for quantity in quantities]
    frame = park.figures.assign(
        **{what: [getattr(q, what) for q in quantities] for what in ("text", "value", "unit", "hedge")},
        low=[low for low, _ in ends],
        high=[high for _, high in ends],
        open=[np.isinf(q.high) for q in quantities],
        used=park.figures["figure"].isin(used),
    )
    columns = ["figure", "text", "value", "low", "high", "unit", "hedge", "open", "subject", "variable"]
    return frame[[*columns, "period", "place", "source", "note", "used"]].reset_index(drop=True)


def without(projection: Projection, drivers: Iterable[str]) -> float:
    """Median of the target year, in 亿元, with every driver but these; ``baseline`` is the growth."""
    off, scenario = set(drivers), projection.scenario
    if len(off) == 1:
        return float(np.median(projection.shares.without[off.pop()]))
    other = replace(scenario, shocks=tuple(s for s in scenario.shocks if s not in off))
    if "baseline" in off:
        other = with_levers(other, **{projection.park.config.growth: 0.0})
    return project(projection.park, other, len(projection.draws), projection.seed).median


def by_kind(projection: Projection) -> pd.DataFrame:
    """Contributions by kind of shock, the widest effect on the median first.

    Returns
    -------
    DataFrame
        Index ``kind`` (a kind of shock or ``baseline``); ``mean``, ``low``, ``high`` (10% and 90%
        points of the kind's sum), ``without`` (the median without the kind), ``effect`` = median −
        ``without``, all in 亿元, and ``drivers``, a tuple of names.
    """
    shocks = projection.park.config.shocks
    drivers = dict.fromkeys(driver for driver, _ in projection.shares.shapley)
    frame = _grouped(projection, {d: shocks[d].kind if d in shocks else d for d in drivers})
    frame["effect"] = projection.median - frame["without"]
    order = frame["effect"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].rename_axis("kind")


def industries(projection: Projection) -> pd.DataFrame:
    """Value added by industry before and after, and the drivers that move each.

    Returns
    -------
    DataFrame
        Index ``industry``; ``before`` (balanced accounts of the base year) and ``after``, means in
        亿元 that add up to the published total and to the mean of the projection; ``drivers``, a tuple
        of (driver, mean contribution), the widest first.
    """
    span = (0, len(projection.draws))
    base = state(projection.scenario, span, projection.seed).base.value_added
    means: dict[Any, float] = projection.contributions(by="both")["mean"].to_dict()
    rows = {}
    for name in projection.park.config.industries:
        before = float(np.mean(base[name]))
        moved = [(str(driver), v) for (driver, of), v in means.items() if of == name and v]
        moved.sort(key=lambda pair: -abs(pair[1]))
        rows[name] = (before, before + sum(v for _, v in moved), tuple(moved))
    return _table("industry", "before after drivers", rows)


def knowing(projection: Projection, ranked: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """How much narrower the 80% interval would be, on average, with an assumption known.

    The mean width over the assumption held at its 10, 30, 50, 70 and 90% points: the width to be
    expected once its value is found out.

    Returns
    -------
    DataFrame
        Index ``lever``, the worthiest first; ``now`` and ``known``, widths in 亿元, ``evidence``, ``ahead``
        (whether it is a value of the target year, which nobody can look up yet).
    """

    def width(draws: Array) -> float:
        return float(np.subtract(*np.quantile(draws, [0.9, 0.1])))

    scenario = projection.scenario
    rows = {}
    for name in map(str, ranked.index[ranked["share"] > 0][:most]):
        values = scenario.levers[name].ppf(np.array([0.1, 0.3, 0.5, 0.7, 0.9]))
        held = [width(_other(projection, with_levers(scenario, **{name: float(v)}))) for v in values]
        said = (scenario.levers[name].evidence, name in target_year_levers(scenario))
        rows[name] = (width(projection.draws), float(np.mean(held)), *said)
    return _table("lever", "now known evidence ahead", rows).sort_values("known", kind="stable")


def parts(projection: Projection) -> pd.DataFrame:
    """The stated loss and growth beside those of the projection, 亿元 and fractions.

    Returns
    -------
    DataFrame
        Index ``what``; ``low``, ``value``, ``high``: ``stated_loss``, ``loss`` (what the shocks take,
        80% interval), ``implied_baseline`` (stated result and loss together), ``baseline`` (without
        shocks), ``stated_result``, ``result``. Rows about statements only where there are any.
    """
    park, stated = projection.park, projection.park.config.stated
    draws = {"loss": projection.baseline - projection.draws, "baseline": projection.baseline}
    draws["result"] = projection.draws
    rows = {what: np.quantile(values, [0.1, 0.5, 0.9]) for what, values in draws.items()}
    if stated is not None:
        rows["stated_result"] = np.array(interval(park, stated.result))
        if stated.loss is not None:
            rows["stated_loss"] = np.array(interval(park, stated.loss))
            rows["implied_baseline"] = rows["stated_result"] + rows["stated_loss"]
    order = ["stated_loss", "loss", "implied_baseline", "baseline", "stated_result", "result"]
    frame = pd.DataFrame(rows, index=["low", "value", "high"]).T
    return frame.loc[[what for what in order if what in rows]].rename_axis("what")


def other_methods(projection: Projection, target: float) -> pd.DataFrame:
    """The projection with the growth beside the shocks forecast by other methods.

    Returns
    -------
    DataFrame
        Index ``method``; ``growth`` (median, a fraction), ``median``, ``low``, ``high`` (10% and 90% points,
        亿元), ``chance`` of at least ``target``. Empty where the growth stands on no forecast, or is set.
    """
    park, scenario, name = projection.park, projection.scenario, projection.park.config.growth
    own: Any = scenario.levers[name]
    rows = {}
    if park.levers[name].distribution == "forecast" and name not in scenario.settings:
        seen = {own.forecast.relative.method}
        for method in ("default", *METHODS):
            other = replace(park, config=park.config.model_copy(update={"growth_method": method}))
            lever: Any = own_lever(other, name)
            used = lever.forecast.relative.method  # the default, where the series is too short for the method
            if used in seen:
                continue
            seen.add(used)
            draws = _other(projection, replace(scenario, levers={**scenario.levers, name: lever}))
            rows[method] = (lever.central, *_outcome(draws, target))
    return _table("method", f"growth {OUTCOME}", rows)


@cache
def _stored(name: str) -> pd.DataFrame:
    with (files("parkanalysis.forecasting") / name).open(encoding="utf-8") as stream:
        return pd.read_csv(stream, comment="#")


def hindcasts() -> pd.DataFrame:
    """Projections of past closures and price falls made in the same way, as ``make hindcasts`` scored them.

    Returns
    -------
    DataFrame
        A row an episode, ``role`` (``episode``, ``control``: a year without event) and method
        (``scenario``), with the ``kind`` of event and the columns of :func:`scoring.scored`, in percentage
        points of growth.
    """
    return _stored("hindcasts.csv")


@cache
def track_record() -> pd.DataFrame:
    """How projections of past closures and price falls have fared, on average.

    Returns
    -------
    DataFrame
        Index ``event`` (``closure``, ``price``, ``all``; ``control``: years without event) and ``projection``
        (``shocks``, ``no_shocks``, ``parent``, ``last_value``); the columns of :func:`scoring.overall`, those
        in percentage points of growth ending in ``_pp``.
    """
    stored = hindcasts()
    episodes = stored[stored["role"] == "episode"]
    events = dict(tuple(episodes.groupby("kind")))
    events |= {"all": episodes, "control": stored[stored["role"] == "control"]}
    averages = {event: overall(rows).drop("all") for event, rows in events.items()}
    found = pd.concat(averages, names=["event", "projection"])
    return found.rename(columns={c: f"{c}_pp" for c in ("bias", "error", "unchanged", "sharpness", "crps")})


def kinds(park: Park) -> pd.DataFrame:
    """How many figures there are by unit, and how many of them are no plain numbers.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(kinds(read_park("qingzhen")).loc["CNY/t", "figures"])
    2
    """
    frame = ledger(park)
    counted = frame.assign(figures=1, hedged=frame["low"] < frame["high"])
    counts = counted.groupby("unit")[["figures", "hedged"]].sum()
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
    frame = frame.assign(below=frame["low"] / value - 1, above=frame["high"] / value - 1)
    return frame[["text", "hedge", "low", "value", "high", "unit", "below", "above"]]


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
    return _table("industry", "gross_output rate value_added balanced low high balanced_rate", rows)


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
    acting = grades[grades.index.isin(used)]
    counts = {grade: ((grades == grade).sum(), (acting == grade).sum()) for grade in EVIDENCE}
    return _table("evidence", "levers acting", counts)


def reference_name(park: Park) -> str:
    """Series whose growth the park's baseline takes.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> reference_name(read_park("qingzhen")).partition("_")[2]  # after the name of the city
    'secondary_value_added'
    """
    return park.levers[park.config.growth].series


def reference_series(park: Park, as_of: str | None = None) -> pd.Series:
    """Yearly values of the reference series, published by a day; by the park's own ``as_of`` without one.

    Months and quarters are added up over complete years, as the projection does.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(reference_series(read_park("qingzhen")).index[-1])
    2015
    """
    name = reference_name(park)
    rows = vintage(park.history[park.history["series"] == name], as_of or str(park.config.as_of))
    return complete_years(rows).astype(float).rename(name).rename_axis(None)


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
    """Growth of the next year by every method: its point; of the default the projection's median.

    Returns
    -------
    DataFrame
        Index method; ``growth``, ``low``, ``high`` (fractions; 10% and 90%), ``transform``, ``used``.

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
        middle = made.median if made.method == "default" else made.mean
        rows[method] = (middle[0] - 1, low, high, made.transform, made.method)
    return _table("method", "growth low high transform used", rows)


def evidence() -> pd.DataFrame:
    """The stored evaluation that ``make backtest`` writes: a row a program, data set, method and window.

    Examples
    --------
    >>> stored = evidence()
    >>> sorted(stored.loc[stored["program"] == "parkanalysis", "data"].unique())
    ['China', 'M1', 'M3', 'Tourism', 'UK', 'US', 'US mining']
    """
    return _stored("backtest_evidence.csv")


def selection(stored: pd.DataFrame) -> pd.DataFrame:
    """Evidence on areas and on competitions by method, the best first.

    Returns
    -------
    DataFrame
        Index method; ``mase`` (one step, relative to naive, mean over areas and windows of 5 and 10
        points), ``smape`` (all horizons, full history, mean over M1 and tourism), ``rank`` (mean of the two
        ranks). Methods that were run on both.

    Examples
    --------
    >>> selection(evidence())["rank"].idxmin()  # the least mean rank
    'default'
    """
    own = stored[stored["program"] == "parkanalysis"]
    short = own[(own["points"] > 0) & own["data"].isin(AREAS)]
    # relative to naive within each cell, so that an easy window does not flatter a method seen only there
    naive = short[short["method"] == "naive"].set_index(["data", "points"])["mase"]
    relative = short["mase"] / naive.reindex(pd.MultiIndex.from_frame(short[["data", "points"]])).to_numpy()
    full = own[(own["points"] == 0) & own["data"].isin(COMPETITIONS)].groupby("method")["smape"].mean()
    made = pd.DataFrame({"mase": relative.groupby(short["method"]).mean(), "smape": full}).dropna()
    made["rank"] = made.rank().mean(axis=1)
    return made.sort_values(["rank", "mase"])


def reference_fan(series: pd.Series, method: str = "default", horizon: int = 3) -> pd.DataFrame:
    """The series and the quantiles of its forecast, a year a row, as ``charts.fan`` takes them.

    Examples
    --------
    >>> series = pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016))
    >>> reference_fan(series, "drift", horizon=1).loc[2016, ["q10", "q50", "q90"]].round(1).tolist()
    [13.3, 14.8, 16.4]
    """
    made, last = forecast(series, horizon, method), int(series.index[-1])
    years = range(last + 1, last + horizon + 1)
    bands = pd.DataFrame(made.quantile(list(FAN)).T, columns=list(FAN.values()), index=years)
    return _fan(series[series.index > last - PAST], bands)


def vintages(park: Park, most: int = 6) -> pd.DataFrame:
    """The forecast of each year's growth with what was known on the same day of that year.

    Returns
    -------
    DataFrame
        Index year of the forecast; ``as_of``, ``known_to`` (last year known), ``growth``, ``low``, ``high``
        (fractions: median, 10% and 90%), ``outturn`` (NaN where not yet published by the park's ``as_of``).
        Years before which too little was known for a forecast are left out, in the end all of them.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> vintages(read_park("qingzhen"), most=3)["growth"].round(3).to_dict()
    {2014: 0.121, 2015: 0.108, 2016: 0.101}
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
        rows[year] = (cut, int(series.index[-1]), made.median[-1] - 1, low, high, outturn)
    return _table("year", "as_of known_to growth low high outturn", rows)


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
    own = stored[stored["program"] == "parkanalysis"]
    rows = own[(own["data"] == data) & (own["points"] == points)]
    return rows.set_index("method")[MEASURES].sort_values("mase")


def coverage(stored: pd.DataFrame, program: str = "parkanalysis") -> pd.DataFrame:
    """Measured coverage of the default's intervals by data set and number of points, one step ahead.

    Examples
    --------
    >>> coverage(evidence())["coverage_80"].loc["China"].round(1).to_dict()
    {5: 0.8, 10: 0.8}
    """
    rows = stored[(stored["method"] == "default") & (stored["points"] > 0) & (stored["program"] == program)]
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
        return pd.DataFrame(columns=["forecasts", *MEASURES], dtype=float).rename_axis("method")
    methods = ["default", "naive", "drift", "discounted_drift"]
    made = backtest({reference_name(park): known}, methods, origins=origins)
    return scores(made, ["method"]).set_index("method")[["forecasts", *MEASURES]].sort_values("mase")


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
        told = park.history["period"].astype(str).str[:4] == str(year)
        day = park.history[(park.history["series"] == name) & told]["published"].max()
        chance = float(made.cdf(outturn, made.horizon))
        rows[park.config.growth] = (*points, outturn - 1, day, chance, "fraction")
    levers = {lever.series: lever for lever in park.levers.values() if lever.series}
    of_year = park.prices[park.prices["period"].str[:4] == str(year)]
    daily = of_year["period"].str.len() == 10
    for price in sorted(set(of_year[daily]["series"])):
        quoted = of_year[of_year["series"] == price]
        # months without a quotation are left out: the quoted ones count alike
        realised = float(quoted.groupby(quoted["period"].str[:7])["value"].mean().mean())
        average = price_average(park, price)
        points, day = average.quantile([0.5, 0.1, 0.9])[:, 0], quoted["published"].max()
        lever = levers.get(price)
        key, unit = (lever.name, lever.unit) if lever else (price, "")
        rows[key] = (*points, realised, day, float(average.cdf(realised)), unit)
    return _table("lever", "median low high outturn published probability unit", rows)
