"""What a report shows of a projection, as frames: drivers, industries, fan, ranking, what-ifs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkanalysis.model import target_year
from parkanalysis.model.inverse import BreakEven, break_even, importance, tornado, with_levers
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.readings import interval
from parkanalysis.model.scenario import own_lever
from parkanalysis.model.target_year import target_year_levers, used_levers
from parkanalysis.quantities import bounds

if TYPE_CHECKING:
    from parkanalysis.park.park import Park

OTHERS = "others"
SHOWN = 10
WHAT_IF_DRAWS = 4096
#: Methods whose growth is set beside that of the park's own.
METHODS = ("default", "drift", "theta", "damped_trend")


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


def drivers(projection: Projection, most: int = SHOWN) -> pd.DataFrame:
    """Contributions by driver, widest mean first, the growth beside the shocks leading; small ones pooled.

    Columns ``mean``, ``low``, ``high`` (10% and 90% points), ``alone`` and ``without`` (the median of
    the projection without the driver), all in 亿元; index ``driver``. The interval of pooled drivers is
    that of their sum.
    """
    draws: dict[str, np.ndarray] = {}
    for (driver, _), values in projection.shares.shapley.items():
        draws[driver] = draws[driver] + values if driver in draws else values
    alone = projection.contributions()["alone"]
    first = [d for d in ("base_year", "baseline") if d in draws]
    rest = sorted((d for d in draws if d not in first), key=lambda d: -abs(draws[d].mean()))
    shown, pooled = (rest, []) if len(rest) <= most else (rest[: most - 1], rest[most - 1 :])
    rows = {d: (draws[d], float(alone[d]), without(projection, [d])) for d in (*first, *shown)}
    if pooled:
        together = sum((draws[d] for d in pooled), np.zeros(1))
        rows[OTHERS] = (together, float(alone[pooled].sum()), without(projection, pooled))
    frame = pd.DataFrame.from_dict(
        {d: [v.mean(), *np.quantile(v, [0.1, 0.9]), *more] for d, (v, *more) in rows.items()},
        orient="index",
        columns=["mean", "low", "high", "alone", "without"],
    )
    return frame.rename_axis("driver")


def steps(projection: Projection, shares: pd.DataFrame) -> pd.DataFrame:
    """Bars of the way from the base year to the target year.

    Parameters
    ----------
    projection : Projection
    shares : DataFrame
        As from ``drivers``.

    Returns
    -------
    DataFrame
        Index ``step``: ``start``, the drivers, ``end``; columns ``bottom``, ``top``, ``value``
        (亿元) and ``total`` (whether the bar stands on the axis).
    """
    base = projection.park.value_added
    rows: dict[str, tuple[float, float, float, bool]] = {"start": (0.0, base, base, True)}
    level = base
    for driver, step in shares["mean"].items():
        rows[str(driver)] = (min(level, level + step), max(level, level + step), float(step), False)
        level += float(step)
    rows["end"] = (0.0, level, level, True)
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["bottom", "top", "value", "total"]
    ).rename_axis("step")


def fan_frame(projection: Projection) -> pd.DataFrame:
    """History and quantiles of the target year, a year a row.

    Returns
    -------
    DataFrame
        Index ``year``; ``history``: the series behind the growth beside the shocks, scaled to the park's
        value added in the base year (the park's own past is one year); ``q05`` to ``q95`` from the
        base year on; 亿元.
    """
    park = projection.park
    years = [park.config.base_year, park.config.target_year]
    names = {0.05: "q05", 0.1: "q10", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.9: "q90", 0.95: "q95"}
    ends = projection.quantiles["value_added"].to_dict()
    bands = pd.DataFrame({n: [park.value_added, ends[q]] for q, n in names.items()}, index=years)
    rows = park.series(park.levers[park.config.growth].series)
    rows = rows[rows["period"].str.fullmatch(r"\d{4}")] if len(rows) else rows
    past = pd.Series(rows["value"].to_numpy(float), index=rows["period"].astype(int).to_numpy())
    past = past[past.index <= years[0]]
    if years[0] in past.index:
        past = past / past.loc[years[0]] * park.value_added
    else:
        past = pd.Series([park.value_added], index=[years[0]])
    frame: pd.DataFrame = pd.concat([past.rename("history"), bands], axis=1)
    return frame.sort_index().rename_axis("year")


def density(draws: np.ndarray, points: int = 161) -> pd.DataFrame:
    """Smoothed density of draws over their middle 99.8%.

    A histogram under a Gaussian kernel with Silverman's rule of thumb (1986, eq. 3.31).

    Returns
    -------
    DataFrame
        Columns ``value`` (亿元), ``density`` (per 亿元); empty where all draws are one value.
    """
    low, high = np.quantile(draws, [0.001, 0.999])
    if high - low < 1e-9:
        return pd.DataFrame({"value": [], "density": []}, dtype=float)
    spread = min(draws.std(), np.subtract(*np.quantile(draws, [0.75, 0.25])) / 1.34) or draws.std()
    width = 0.9 * spread * len(draws) ** -0.2
    bins = 8 * points
    edges = np.linspace(low - 4 * width, high + 4 * width, bins + 1)
    counts = np.histogram(draws, edges)[0] / len(draws) / (edges[1] - edges[0])
    centre = (edges[1:] + edges[:-1]) / 2
    x = np.linspace(low, high, points)
    kernel = np.exp(-0.5 * ((x[:, None] - centre) / width) ** 2)
    return pd.DataFrame({"value": x, "density": kernel @ counts / kernel.sum(axis=1)})


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
    scenario = projection.scenario
    share = importance(projection)
    ends = tornado(projection).to_dict("index")
    rows = {}
    for name in used_levers(scenario):
        lever = scenario.levers[name]
        fixed = [lever.low, lever.central, lever.high, float(lever.ppf(np.array([0.5]))[0])]
        reached = [np.nan, np.nan]
        if name in ends:
            fixed[0], fixed[2] = ends[name]["low"], ends[name]["high"]
            reached = [ends[name]["at_low"], ends[name]["at_high"]]
        text = [lever.unit, lever.evidence, lever.source, lever.figure, lever.note]
        rows[name] = [float(share.get(name, 0.0)), *fixed, *reached, *text]
    columns = ["share", "low", "central", "high", "median", "at_low", "at_high"]
    columns += ["unit", "evidence", "source", "figure", "note"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("lever")
    return frame.sort_values("share", ascending=False, kind="stable")


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
    draws = min(len(projection.draws), WHAT_IF_DRAWS)
    rows = {}
    for value in values:
        held = project(
            projection.park, with_levers(projection.scenario, **{lever: value}), draws, projection.seed
        )
        middle, low, high = np.quantile(held.draws, [0.5, 0.1, 0.9])
        rows[value] = (middle, low, high, float((held.draws >= target).mean()))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "low", "high", "chance"])
    return frame.rename_axis("value")


def even_odds(projection: Projection, ranked: pd.DataFrame, target: float, most: int = 6) -> list[BreakEven]:
    """Break-even of the levers of the target year that carry most, each within its hard bounds."""
    levers = projection.scenario.levers
    moving = [n for n in ranked.index[ranked["share"] > 0] if levers[n].minimum < levers[n].maximum]
    free = [n for n in moving if n in target_year_levers(projection.scenario)]
    return [break_even(projection, name, target) for name in free[:most]]


def ledger(park: Park) -> pd.DataFrame:
    """Printed figures with the bounds in which the reading rule takes them.

    Returns
    -------
    DataFrame
        One row a figure in the order of the ledger: ``figure``, ``text`` as printed, ``value``,
        ``low``, ``high`` (canonical ``unit``), ``hedge``, ``subject``, ``variable``, ``period``,
        ``place``, ``source``, ``note``, ``used`` (whether the arithmetic uses it).
    """
    config = park.config
    used = {lever.figure for lever in park.levers.values() if lever.figure} | {config.value_added}
    used |= {i.gross_output for i in config.industries.values() if i.gross_output}
    if config.stated is not None:
        used |= {f for f in (config.stated.result, config.stated.loss) if f}
    rows = []
    for row in park.figures.itertuples(index=False):
        quantity = park.quantities[str(row.figure)]
        low, high = bounds(quantity, config.reading_rule)
        rows.append((row.figure, quantity.text, quantity.value, low, high, quantity.unit, quantity.hedge))
    frame = pd.DataFrame(rows, columns=["figure", "text", "value", "low", "high", "unit", "hedge"])
    kept = park.figures[["figure", "subject", "variable", "period", "place", "source", "note"]]
    frame = frame.merge(kept, on="figure")
    return frame.assign(used=frame["figure"].isin(used))


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
    draws: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for (driver, _), values in projection.shares.shapley.items():
        kind = shocks[driver].kind if driver in shocks else driver
        draws[kind] = draws[kind] + values if kind in draws else values
        names.setdefault(kind, [])
        if driver not in names[kind]:
            names[kind].append(driver)
    frame = pd.DataFrame(
        {k: [v.mean(), *np.quantile(v, [0.1, 0.9])] for k, v in draws.items()}, index=["mean", "low", "high"]
    ).T.rename_axis("kind")
    frame["without"] = [without(projection, names[k]) for k in frame.index]
    frame["effect"] = projection.median - frame["without"]
    frame["drivers"] = [tuple(names[k]) for k in frame.index]
    return frame.loc[frame["effect"].abs().sort_values(ascending=False, kind="stable").index]


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
    base = target_year.state(projection.scenario, span, projection.seed).base.value_added
    means: dict[Any, float] = projection.contributions(by="both")["mean"].to_dict()
    rows: dict[str, tuple[float, float, tuple[tuple[str, float], ...]]] = {}
    for name in projection.park.config.industries:
        before = float(np.mean(base[name]))
        of_this = ((key[0], v) for key, v in means.items() if key[1] == name and v)
        moved = [(str(driver), float(v)) for driver, v in of_this]
        moved.sort(key=lambda pair: -abs(pair[1]))
        rows[name] = (before, before + sum(v for _, v in moved), tuple(moved))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["before", "after", "drivers"])
    return frame.rename_axis("industry")


def knowing(projection: Projection, ranked: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """How much narrower the 80% interval would be, on average, with an assumption known.

    The mean width over the assumption held at its 10, 30, 50, 70 and 90% points: the width to be
    expected once its value is found out.

    Returns
    -------
    DataFrame
        Index ``lever``, the worthiest first; ``now`` and ``known``, widths in 亿元, ``evidence``.
    """
    draws, scenario = min(len(projection.draws), WHAT_IF_DRAWS), projection.scenario
    now = float(np.subtract(*np.quantile(projection.draws, [0.9, 0.1])))
    rows = {}
    for name in map(str, ranked.index[ranked["share"] > 0][:most]):
        widths = []
        for value in scenario.levers[name].ppf(np.array([0.1, 0.3, 0.5, 0.7, 0.9])):
            held = with_levers(scenario, **{name: float(value)})
            made = project(projection.park, held, draws, projection.seed).draws
            widths.append(float(np.subtract(*np.quantile(made, [0.9, 0.1]))))
        rows[name] = (now, float(np.mean(widths)), scenario.levers[name].evidence)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["now", "known", "evidence"])
    return frame.rename_axis("lever").sort_values("known", kind="stable")


def shock_frame(projection: Projection) -> pd.DataFrame:
    """Shocks of a projection in the order they act.

    Returns
    -------
    DataFrame
        Index ``shock``; ``kind``, ``industry``, ``part_of_year`` (mean share), ``alone`` (mean impact
        if nothing else happened, growth included, 亿元), ``contribution`` (mean Shapley value, 亿元)
        and ``overlap``, their difference.
    """
    scenario = projection.scenario
    found = target_year.state(scenario, (0, min(len(projection.draws), 4096)), projection.seed)
    shares = projection.contributions()[["alone", "mean", "overlap"]].to_dict()
    rows = [
        (
            name,
            e.item.kind,
            e.industry,
            float(np.mean(target_year.length(target_year.common(e.window, (0.0, 1.0))))),
            *(shares[column][name] for column in ("alone", "mean", "overlap")),
        )
        for name, e in found.effects.items()
    ]
    columns = ["shock", "kind", "industry", "part_of_year", "alone", "contribution", "overlap"]
    return pd.DataFrame(rows, columns=columns).set_index("shock")


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
    rows = {k: tuple(float(q) for q in np.quantile(v, [0.1, 0.5, 0.9])) for k, v in draws.items()}
    if stated is not None:
        rows["stated_result"] = interval(park, stated.result)
        if stated.loss is not None:
            rows["stated_loss"] = interval(park, stated.loss)
            ends = zip(rows["stated_result"], rows["stated_loss"], strict=True)
            rows["implied_baseline"] = tuple(a + b for a, b in ends)
    order = ["stated_loss", "loss", "implied_baseline", "baseline", "stated_result", "result"]
    kept = [k for k in order if k in rows]
    frame = pd.DataFrame([rows[k] for k in kept], index=kept, columns=["low", "value", "high"])
    return frame.rename_axis("what")


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
        for method in METHODS:
            other = replace(park, config=park.config.model_copy(update={"growth_method": method}))
            lever: Any = own_lever(other, name)
            used = lever.forecast.relative.method  # the default, where the series is too short for the method
            if used in seen:
                continue
            seen.add(used)
            held = replace(scenario, levers={**scenario.levers, name: lever})
            made = project(park, held, min(len(projection.draws), WHAT_IF_DRAWS), projection.seed).draws
            middle, low, high = np.quantile(made, [0.5, 0.1, 0.9])
            rows[method] = (lever.central, middle, low, high, float((made >= target).mean()))
    columns = ["growth", "median", "low", "high", "chance"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


@cache
def hindcasts() -> pd.DataFrame:
    """How projections of past closures and price falls, made in the same way, have fared.

    Returns
    -------
    DataFrame
        Index ``kind`` (``closure``, ``price``, ``all``); ``episodes``; ``error`` and ``unnamed``, mean
        absolute errors in percentage points of growth with the shocks named and without; ``covered``, the
        part of the outturns that the 80% interval held.
    """
    with (files("parkanalysis.forecasting") / "hindcasts.csv").open(encoding="utf-8") as stream:
        stored = pd.read_csv(stream, comment="#")
    episodes = stored[stored["role"] == "episode"]
    rows = {}
    for kind in ("closure", "price", "all"):
        of_kind = episodes if kind == "all" else episodes[episodes["kind"] == kind]
        named, unnamed = (of_kind[of_kind["method"] == m] for m in ("shocks", "no_shocks"))
        rows[kind] = (len(named), named["error"].abs().mean(), unnamed["error"].abs().mean())
        rows[kind] += (named["covered"].mean(),)
    columns = ["episodes", "error", "unnamed", "covered"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("kind")
