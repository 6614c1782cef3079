"""The projection of a scenario: draws of value added in the target year, and what is to be read in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting import annual, forecast
from parkanalysis.model import inverse
from parkanalysis.model.contributions import BASELINE, Contributions, contributions, frame
from parkanalysis.model.scenario import YUAN_PER_100M, Scenario, in_year, own_lever, printed, read_scenario
from parkanalysis.model.shocks import Kind, common, kind_of, length
from parkanalysis.model.target_year import state, states, total
from parkanalysis.park import Lever, Park, read_park

Array = NDArray[np.float64]
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MAX_DRAWS = 2_000_000
LEAST_DEFLATORS = 3
READING = ["low", "value", "high", "growth", "model_low", "model", "model_high", "probability"]


@dataclass(frozen=True, eq=False)
class Projection(inverse.Projected):
    """Value added of the target year, conditional on a scenario.

    Attributes
    ----------
    scenario : Scenario
    draws : array, shape (n_draws,)
        Value added of the target year, 亿元.
    seed : int
    baseline : array, shape (n_draws,)
        The same without any shock.
    central : float
        The one draw at the central values of all levers.
    """

    baseline: Array = field(repr=False)
    central: float

    @property
    def park(self) -> Park:
        """The park."""
        return self.scenario.park

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """Quantiles of value added with their standard errors, 亿元; index ``quantile``.

        The standard error is half the distance between the order statistics one binomial standard
        deviation below and above, as for independent draws (David and Nagaraja 2003, section 7.1);
        Sobol draws do better.
        """
        q, n = np.array(QUANTILES), len(self.draws)
        step = np.sqrt(q * (1 - q) / n)
        place = np.linspace(0.0, 1.0, n)
        points = (np.clip(p, 0, 1) for p in (q, q - step, q + step))
        value, low, high = (np.interp(p, place, self.ordered) for p in points)
        columns = {"value_added": value, "standard_error": (high - low) / 2}
        return pd.DataFrame(columns, index=pd.Index(q, name="quantile"))

    @cached_property
    def ordered(self) -> Array:
        """The draws in rising order, 亿元; not writeable."""
        ordered = np.sort(self.draws)
        ordered.flags.writeable = False
        return ordered

    @property
    def median(self) -> float:
        """Median, 亿元."""
        return float(self.quantiles["value_added"].to_dict()[0.5])

    def interval(self, level: float = 0.8) -> tuple[float, float]:
        """Central interval that holds the given part of the draws, 亿元."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    @cached_property
    def shares(self) -> Contributions:
        """Draws of the drivers' contributions, of their steps and of the year without each of them."""
        return contributions(self.scenario, len(self.draws), self.seed)

    def contributions(self, by: str = "driver") -> pd.DataFrame:
        """Exact Shapley contributions of the drivers to the gap between base year and target year.

        Parameters
        ----------
        by : {"driver", "industry", "both"}

        Returns
        -------
        DataFrame
            Columns as those of :func:`parkanalysis.model.contributions.frame`, 亿元.
        """
        return frame(self.shares, by)

    def break_even(self, lever: str, target: float, probability: float = 0.5) -> inverse.BreakEven:
        """Value of a lever at which the target is met with the given probability."""
        return inverse.break_even(self, lever, target, probability)

    def target_risk(self, targets: Sequence[float] | Array | None = None) -> pd.DataFrame:
        """Chance of reaching each target, and what is missing on average when it is not reached.

        Parameters
        ----------
        targets : sequence of float, optional
            亿元; without it, 41 values over the range of the draws.

        Returns
        -------
        DataFrame
            Index ``target``; ``probability`` of value added at or above it; ``shortfall``, the
            expected distance below it where it is missed (亿元, 0 where it never is).

        Raises
        ------
        InputError
            On a target that is not a finite number.
        """
        if targets is None:
            low, high = (float(q) for q in np.quantile(self.ordered, [0.005, 0.995]))
            targets = np.linspace(low, high, 41)
        goals = np.asarray(targets, dtype=float).ravel()
        if not np.isfinite(goals).all():
            raise InputError(Problem("targets", repr(goals.tolist()), "finite numbers of 亿元"))
        ordered = self.ordered
        below = np.searchsorted(ordered, goals, side="left")
        sums = np.concatenate([[0.0], np.cumsum(ordered)])
        shortfall = np.where(below > 0, goals - sums[below] / np.maximum(below, 1), 0.0)
        return pd.DataFrame(
            {"probability": 1 - below / len(ordered), "shortfall": shortfall},
            index=pd.Index(goals, name="target"),
        )

    def targets_met(self, probabilities: Sequence[float] = (0.5, 0.8, 0.9)) -> pd.Series:
        """Largest target met with each probability, 亿元: at or above it lie at least that many draws."""
        p = np.asarray(probabilities, dtype=float)
        if not ((p > 0) & (p < 1)).all():
            raise InputError(Problem("probabilities", repr(p.tolist()), "above 0 and below 1"))
        goals = np.quantile(self.ordered, 1 - p, method="lower")
        return pd.Series(goals, index=pd.Index(p, name="probability"), name="target")

    def marks(self) -> pd.DataFrame:
        """Targets that are talked about, with the chance of reaching each.

        Returns
        -------
        DataFrame
            Index ``mark``: ``base_year`` (the published value added), ``reference_growth`` (it grows
            like the median forecast of the reference series) and, where the park has one, ``stated``
            (what the administration says); ``target`` (亿元), ``growth`` (fraction, on the base year),
            ``probability``, ``shortfall`` (亿元).

        Examples
        --------
        >>> project("qingzhen", "combined", draws=256).marks().index.tolist()
        ['base_year', 'reference_growth', 'stated']
        """
        park = self.park
        growth = (1 + own_lever(park, park.config.growth).central) ** self.scenario.years
        goals = {"base_year": park.value_added, "reference_growth": park.value_added * growth}
        if park.config.stated is not None:
            goals["stated"] = park.amount(park.config.stated.result)
        table = self.target_risk(list(goals.values())).reset_index()
        table.insert(1, "growth", table["target"] / park.value_added - 1)
        table.index = pd.Index(list(goals), name="mark")
        return table


def _check_draws(draws: int, seed: int) -> None:
    asked = (("draws", draws, 1, MAX_DRAWS), ("seed", seed, 0, np.inf))
    problems = [
        Problem(name, repr(value), f"a whole number from {least} to {most:,}")
        for name, value, least, most in asked
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most
    ]
    if problems:
        raise InputError(problems)


def project(
    park: Park | str, scenario: Scenario | str = "reference", draws: int = 20_000, seed: int = 2016
) -> Projection:
    """Project value added of the target year under a scenario.

    Parameters
    ----------
    park : Park or str
        A park, its folder or its name.
    scenario : Scenario or str
    draws : int
        Number of Monte Carlo draws; 1 gives the deterministic run at central values.
    seed : int
        Of the scrambled Sobol sequence.

    Raises
    ------
    InputError
        On unknown names or draws out of range.

    Examples
    --------
    >>> projection = project("qingzhen", "reference", draws=1)
    >>> bool(projection.median == projection.central)
    True
    """
    _check_draws(draws, seed)
    the_park = park if isinstance(park, Park) else read_park(park)
    chosen = scenario if isinstance(scenario, Scenario) else read_scenario(the_park, scenario)
    central = float(total(state(chosen, None, seed))[0])
    values, baseline = np.empty(draws), np.empty(draws)
    for place, s in states(chosen, draws, seed):
        values[place], baseline[place] = total(s), total(replace(s, effects={}))
    return Projection(chosen, values, seed, baseline, central)


def cut_backs(projection: Projection) -> pd.DataFrame:
    """How often, and how far, what no longer earns its floor is cut back.

    Returns
    -------
    DataFrame
        Index ``shock``, of those that can stop output; ``chance``: part of the draws in which some stops;
        ``part``: mean part of the product's output that stops.

    Examples
    --------
    >>> cut_backs(project("qingzhen", "alumina_price", draws=64)).index.tolist()
    ['alumina_price_fall']
    """
    stopped: dict[str, list[Array]] = {}
    for _, s in states(projection.scenario, len(projection.draws), projection.seed):
        for name, e in s.effects.items():
            if type(e.item).stopped is not Kind.stopped:
                whole = s.stretch(e.industry)
                part = e.item.stopped(e, replace(whole, earlier=whole.acting.index(e)))
                stopped.setdefault(name, []).append(part * length(common(e.window, whole.window)))
    rows = {name: np.concatenate(parts) for name, parts in stopped.items()}
    columns = {"chance": [(v > 0).mean() for v in rows.values()], "part": [v.mean() for v in rows.values()]}
    return pd.DataFrame(columns, index=pd.Index(list(rows), name="shock"))


def path(projection: Projection) -> pd.DataFrame:
    """Quantiles of value added from the first year after the base year to the target year, 亿元.

    Growth is forecast as far ahead as each year lies; shocks act in the months they name; prices and
    contracts of the target year hold from the start of each shock.

    Returns
    -------
    DataFrame
        Index ``year``; a column for each of ``QUANTILES``.

    Examples
    --------
    >>> path(project("qingzhen", "combined", draws=64)).index.tolist()
    [2016]
    """
    scenario, draws = projection.scenario, len(projection.draws)
    rows = {}
    for years in range(1, scenario.years + 1):
        found = projection
        if years < scenario.years:
            found = project(projection.park, in_year(scenario, years), draws, projection.seed)
        rows[projection.park.config.base_year + years] = np.quantile(found.ordered, QUANTILES)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(QUANTILES)).rename_axis("year")


def comparable_growth(current: Any, price_change: Any) -> Any:
    """Growth at comparable prices.

    comparable = (1 + current) / (1 + price_change) - 1

    Parameters
    ----------
    current : float or ndarray
        Growth at current prices, a fraction.
    price_change : float or ndarray, above -1
        Change of the implicit deflator of value added over the year before, a fraction.

    Examples
    --------
    >>> round(comparable_growth(0.08, -0.04), 6)
    0.125
    """
    return (1 + current) / (1 + price_change) - 1


def implicit_deflator(park: Park) -> pd.DataFrame:
    """What the area's own nominal and real series imply, and how the recipe did in past years.

    deflator_t = (1 + nominal_t) / (1 + real_t) - 1; the recipe for a year takes the deflator of the year
    before, which is all that is known when it is made.

    Returns
    -------
    DataFrame
        Index ``year``; ``nominal``, ``real`` (growth), ``deflator``, ``recipe`` (growth at comparable
        prices by the recipe) and ``error`` = recipe - real; fractions. Empty where the park names no
        pair of series.
    """
    pair = park.config.comparable
    if pair is None:
        return pd.DataFrame(columns=["nominal", "real", "deflator", "recipe", "error"], dtype=float)
    nominal = annual(park.series(pair.nominal)).pct_change().rename("nominal")
    real = park.series(pair.real).set_index("period")["value"].rename("real")
    real.index = real.index.astype(int)
    table = pd.concat([nominal, real], axis=1, join="inner").dropna().sort_index()
    table = table[table.index <= park.config.base_year].rename_axis("year")
    table["deflator"] = comparable_growth(table["nominal"], table["real"])
    table["recipe"] = comparable_growth(table["nominal"], table["deflator"].shift())
    return table.assign(error=table["recipe"] - table["real"])


def growth_draws(projection: Projection) -> dict[str, Array]:
    """Draws of growth on the base year, ``current`` and, where there is a local pair, ``comparable``.

    At comparable prices a fall of a product's price is no loss of output (SNA 2008, chapter 15): price
    changes that the scenario names are left out, and the rest is deflated by the implicit deflator of
    the area, forecast from three of its past values or more. From fewer, none is given.

    Returns
    -------
    dict of str to array, shape (n_draws,)
        Fractions.

    Examples
    --------
    >>> list(growth_draws(project("qingzhen", "combined", draws=64)))  # no local pair is published
    ['current']
    """
    park, n = projection.park, len(projection.draws)
    current = projection.draws / park.value_added - 1
    past = implicit_deflator(park)["deflator"]
    if len(past) < LEAST_DEFLATORS:
        return {"current": current}
    held = tuple(s for s in projection.scenario.shocks if not kind_of(park.config, s).price_only)
    at_old_prices = replace(projection.scenario, shocks=held)
    volume = np.concatenate([total(s) for _, s in states(at_old_prices, n, projection.seed)])
    years = projection.scenario.years
    change = forecast(1 + past, years, "naive", transform="none")
    drawn = change.draws(n, projection.seed) if n > 1 else change.median[None, :]
    prices = np.maximum(drawn, 0.1).prod(axis=1)
    return {"current": current, "comparable": comparable_growth(volume / park.value_added - 1, prices - 1)}


def growth_quantiles(projection: Projection) -> pd.DataFrame:
    """Growth on the base year at current and at comparable prices, side by side.

    Returns
    -------
    DataFrame
        Index ``quantile``; columns ``current`` and, where the park has a local pair of nominal and real
        series, ``comparable``. Fractions.

    Examples
    --------
    >>> list(growth_quantiles(project("qingzhen", "combined", draws=64)).columns)
    ['current']
    """
    columns = {name: np.quantile(v, QUANTILES) for name, v in growth_draws(projection).items()}
    return pd.DataFrame(columns, index=pd.Index(QUANTILES, name="quantile"))


def interval(park: Park, figure: str) -> tuple[float, float, float]:
    """Low, value and high of a printed amount, 亿元; an open end stays open.

    Examples
    --------
    >>> interval(read_park("qingzhen"), "stated_loss_2016")
    (5.0, 5.0, inf)
    """
    low, value, high = printed(park, figure)
    return low / YUAN_PER_100M, value / YUAN_PER_100M, high / YUAN_PER_100M


def readings(projection: Projection) -> pd.DataFrame:
    """What the stated result and loss imply, by the way in which the two are read.

    ``without_shocks``: the loss is counted from a year without shocks, which is result and loss together.
    ``new_capacity``: the loss is counted from the base year on what ran then; growth and new capacity make
    up what the result has beyond it. ``target``: the loss is counted from a target that others would set;
    only the result is a statement about the year.

    Returns
    -------
    DataFrame
        Index ``reading``; ``low``, ``value``, ``high`` of what it implies (value added without shocks, what
        growth and new capacity add, the result), ``growth`` = value over the base year, less 1 (that of the
        target for ``target``, what is added for ``new_capacity``); ``model_low``, ``model``,
        ``model_high``: 10%, 50% and 90% points of the same in the model; ``probability``, by the model, of a
        value between ``low`` and ``high``. 亿元 and fractions. Empty where no loss is stated.

    Examples
    --------
    >>> readings(project("qingzhen", "combined", draws=256))["value"].round(2).to_dict()
    {'without_shocks': 45.0, 'new_capacity': 7.99, 'target': 40.0}
    """
    park, stated = projection.park, projection.park.config.stated
    if stated is None or stated.loss is None:
        return pd.DataFrame(columns=READING, dtype=float).rename_axis("reading")
    result, loss, base = interval(park, stated.result), interval(park, stated.loss), park.value_added
    both = tuple(a + b for a, b in zip(result, loss, strict=True))
    adds = {BASELINE, *(name for name in projection.scenario.shocks if kind_of(park.config, name).adds)}
    gained = sum((v for (d, _), v in projection.shares.shapley.items() if d in adds), np.zeros(1))
    cases = {
        "without_shocks": (both, projection.baseline),
        "new_capacity": (tuple(v - base for v in both), gained),
        "target": (result, projection.draws),
    }
    rows = {}
    for name, (implied, draws) in cases.items():
        low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
        chance = float(((draws >= implied[0]) & (draws <= implied[2])).mean())
        rows[name] = [*implied, both[1] / base - 1, low, middle, high, chance]
    return pd.DataFrame.from_dict(rows, orient="index", columns=READING).rename_axis("reading")


def pooled(projection: Projection) -> Array | None:
    """Draws in which the stated result counts as an expert's forecast, 亿元; None at a weight of 0.

    A linear opinion pool (Stone 1961): each draw is the expert's with the declared weight, else the
    model's. The expert's distribution has the bounds of the printed figure as its 10% and 90% points,
    divided by one plus the declared bias.

    Examples
    --------
    >>> pooled(project("qingzhen", "combined", draws=64)) is None
    True
    """
    park, stated = projection.park, projection.park.config.stated
    if stated is None or stated.weight == 0:
        return None
    low, value, high = interval(park, stated.result)
    # an end that is open is as far as the other one
    low = low if np.isfinite(low) else 2 * value - high
    high = high if np.isfinite(high) else 2 * value - low
    shape = "two_piece_normal" if low < high else "point"
    expert = Lever(stated.result, "CNY_100m", low, value, high, -np.inf, np.inf, shape, "reported", "")
    n = len(projection.draws)
    place, choice = np.random.default_rng([projection.seed, n]).random((2, n))
    return np.where(choice < stated.weight, expert.ppf(place) / (1 + stated.bias), projection.draws)
