"""What a report says, as numbers computed once: one object for a scenario, one for a comparison."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from parkanalysis import __version__
from parkanalysis.errors import InputError
from parkanalysis.model import compare as comparison
from parkanalysis.model import projection as model
from parkanalysis.model.audit import audit
from parkanalysis.model.case import Case
from parkanalysis.model.check import doubts, impossible
from parkanalysis.model.inverse import BreakEven, Frontier, even_pairs, frontier
from parkanalysis.model.projection import Projection, growth_quantiles, implicit_deflator
from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import used_levers
from parkanalysis.park.park import Park
from parkanalysis.report import findings
from parkanalysis.report.findings import Goal
from parkanalysis.report.words import Words

T = TypeVar("T")
#: What is less likely is no route that an administration could be told to take.
LEAST_CHANCE = 0.01
#: Points of a frontier's axes.
GRID = 13
COMPARED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def main_scenario(park: Park) -> str:
    """The scenario that a park is spoken of by: with the most shocks and nothing else set.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> main_scenario(read_park("qingzhen"))
    'combined'
    """
    everything = len(park.config.shocks)
    weight = {n: everything if s.shocks == "all" else len(s.shocks) for n, s in park.scenarios.items()}
    return min(park.scenarios, key=lambda n: (len(park.scenarios[n].levers), -weight[n]))


@dataclass(frozen=True)
class Headline:
    """What is said first of a projection; amounts in 亿元.

    Attributes
    ----------
    base_year, target_year : int
    base, median : float
    interval : pair of float
        Holds 80% of the draws.
    goal : Goal
    chance : float
        Of reaching the goal.
    safe : float
        Target that is met with 80%.
    """

    base_year: int
    target_year: int
    base: float
    median: float
    interval: tuple[float, float]
    goal: Goal
    chance: float
    safe: float

    @property
    def growth(self) -> float:
        """Median on the base year at current prices, a fraction."""
        return self.median / self.base - 1


def _of(make: Callable[[Projection], T]) -> cached_property[T]:
    """What a function makes of the projection."""
    return cached_property(lambda results: make(results.projection))


@dataclass(frozen=True, eq=False)
class Results:
    """Everything a report shows of one scenario; each number is computed once, when first asked for.

    Attributes
    ----------
    projection : Projection
    reference : Scenario
        What the scenario is told apart from.
    lang : {"zh", "en"}

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> results = report_results(read_parameters({"scenario": "combined", "draws": 256}))
    >>> results.goal
    Goal(value=40.0, stated=True, figure='stated_result_2016')
    """

    projection: Projection
    reference: Scenario
    lang: str

    park = _of(lambda p: p.park)
    scenario = _of(lambda p: p.scenario)
    words = cached_property(lambda r: Words(r.park, r.lang))

    # the headline: amounts in 亿元, growth of the median at current prices
    goal = _of(lambda p: findings.goal(p.park))
    base = _of(lambda p: p.park.value_added)
    median = _of(lambda p: p.median)
    mean = _of(lambda p: float(p.draws.mean()))  # what the contributions add up to
    growth = _of(lambda p: p.median / p.park.value_added - 1)
    interval = _of(Projection.interval)

    # what the model and the findings make of the projection, as their functions say
    growth_quantiles = _of(model.growth_quantiles)
    comparable_error = _of(lambda p: float(implicit_deflator(p.park)["error"].abs().mean()))
    drivers = _of(findings.leading_drivers)
    kinds = _of(findings.by_kind)
    industries = _of(findings.industries)
    parts = _of(findings.parts)
    ranked = _of(findings.ranking)
    readings = _of(model.readings)
    cut_backs = _of(model.cut_backs)
    grades = _of(lambda p: findings.evidence_frame(p.scenario)["acting"])
    warnings = _of(lambda p: [problem for problem in doubts(p.park) if problem.file != "audit"])

    # what rests on these
    changed = cached_property(lambda r: comparison.difference(r.scenario, r.reference))
    knowing = cached_property(lambda r: findings.knowing(r.projection, r.ranked))
    methods = cached_property(lambda r: findings.other_methods(r.projection, r.goal.value))
    even = cached_property(lambda r: findings.even_odds(r.projection, r.ranked, r.goal.value))

    # -- the headline ------------------------------------------------------------------------------

    def chance(self, target: float) -> float:
        """Probability of at least ``target``, 亿元."""
        return float((self.projection.draws >= target).mean())

    @cached_property
    def goal_range(self) -> tuple[float, float] | None:
        """Bounds in which a hedged goal is read, 亿元; None where it is exact or open."""
        if not self.goal.stated:
            return None
        low, _, high = model.interval(self.park, self.goal.figure)
        return None if low >= self.goal.value or not np.isfinite(high) else (low, high)

    @cached_property
    def met(self) -> pd.DataFrame:
        """Targets met with 50, 80 and 90%; index ``probability``, ``target`` (亿元), ``growth``."""
        reached = self.projection.targets_met()
        return reached.to_frame().assign(growth=reached / self.base - 1)

    @cached_property
    def headline(self) -> Headline:
        """What is said first."""
        config, safe = self.park.config, float(self.met["target"].to_dict()[0.8])
        chance = self.chance(self.goal.value)
        years = (config.base_year, config.target_year)
        return Headline(*years, self.base, self.median, self.interval, self.goal, chance, safe)

    # -- why ---------------------------------------------------------------------------------------

    @cached_property
    def set_here(self) -> list[str]:
        """Levers that were set beyond the scenario's own file."""
        declared = self.park.scenarios.get(self.scenario.name)
        own = declared.levers if declared else {}
        return [n for n, value in self.scenario.settings.items() if own.get(n) != value]

    # -- how sure ----------------------------------------------------------------------------------

    @cached_property
    def together(self) -> list[tuple[str, str, float]]:
        """Pairs of assumptions taken to move together, with their rank correlation."""
        used = set(used_levers(self.scenario))
        pairs = [p for p in self.park.config.correlations if used.issuperset(p.levers)]
        return [(p.levers[0], p.levers[1], p.rank) for p in pairs]

    # -- what would have to be true ----------------------------------------------------------------

    @cached_property
    def conditions(self) -> list[BreakEven]:
        """Values of one assumption that bring even odds of the goal, with a chance worth speaking of."""
        return [f for f in self.even if f.status == "met" and min(f.position, 1 - f.position) >= LEAST_CHANCE]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Pairs of assumptions that bring even odds of the goal together, where none does so alone.

        As from :func:`parkanalysis.model.inverse.even_pairs`, the pairs worth speaking of, each once.
        """
        if self.conditions or self.median >= self.goal.value:
            return even_pairs(self.projection, self.goal.value, most=0)
        frame = even_pairs(self.projection, self.goal.value)
        reach = np.minimum(frame["other_position"], 1 - frame["other_position"])
        both = [frozenset(pair) for pair in zip(frame["lever"], frame["other"], strict=True)]
        first = ~pd.Series(both, index=frame.index, dtype=object).duplicated()
        return frame[(reach >= LEAST_CHANCE) & first]

    @cached_property
    def pooled(self) -> tuple[float, float, float] | None:
        """10%, 50% and 90% points with the stated figure pooled as a forecast; None at a weight of 0."""
        draws = model.pooled(self.projection)
        return None if draws is None else tuple(np.quantile(draws, [0.1, 0.5, 0.9]).tolist())

    @cached_property
    def what_if(self) -> dict[str, pd.DataFrame]:
        """The projection at round values of the assumptions that carry most."""
        names = [str(n) for n in self.ranked.index[:3] if self.ranked.loc[n, "share"] > 0]
        tables = {}
        for name in names:
            low, high = self.scenario.levers[name].ppf(np.array([0.05, 0.95]))
            values = findings.round_values(float(low), float(high), most=6)
            tables[name] = findings.what_if(self.projection, name, values, self.goal.value)
        # a lever that changes nothing says nothing
        return {n: t for n, t in tables.items() if len(t.drop_duplicates()) > 1}

    @cached_property
    def frontier(self) -> Frontier | None:
        """Pairs of the two weightiest assumptions that reach the goal; None with fewer than two."""
        free = [str(n) for n in self.ranked.index if self.ranked.loc[n, "share"] > 0][:2]
        if len(free) < 2:
            return None
        return frontier(self.projection, free[1], free[0], self.goal.value, size=GRID)

    # -- on what it rests --------------------------------------------------------------------------

    @cached_property
    def checks(self) -> pd.DataFrame:
        """The audit of the source, what needs a look first."""
        order = {"contradiction": 0, "other_scope": 1, "cannot_be_checked": 2}
        frame = audit(self.park)
        ranks = frame["verdict"].map(order).fillna(3)
        return frame.loc[ranks.sort_values(kind="stable").index]

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Printed figures, those in use first."""
        frame = findings.ledger(self.park)
        return frame.sort_values("used", ascending=False, kind="stable")


_LAST: dict[Hashable, Results] = {}


def report_results(case: Case) -> Results:
    """The results that the report of a case shows.

    Raises
    ------
    InputError
        A projection that is no number, or below zero.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> results = report_results(read_parameters({"scenario": "combined", "lang": "en", "draws": 256}))
    >>> results.kinds["effect"].idxmin()  # what takes most
    'price_change'
    """
    scenario = case.scenario
    setting = (case.park.digest, scenario.name, scenario.shocks, repr(scenario.settings))
    key = (*setting, case.reference.name, case.lang, case.draws, case.seed)
    if key not in _LAST:  # the last one's are kept, since its page and its files ask in turn
        made = Results(case.projection, case.reference, case.lang)
        if problems := list(impossible(made.projection.draws, f"scenarios/{scenario.name}.yml")):
            raise InputError(problems)
        _LAST.clear()
        _LAST[key] = made
    return _LAST[key]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several scenarios of a park side by side.

    Attributes
    ----------
    projections : mapping of str to Projection
    lang : {"zh", "en"}

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> both = comparison.project_all(read_park("qingzhen"), ["reference", "combined"], draws=256)
    >>> Comparison(both, "en").names["combined"]
    'All that the report states'
    """

    projections: Mapping[str, Projection]
    lang: str

    park = cached_property(lambda c: next(iter(c.projections.values())).park)
    words = cached_property(lambda c: Words(c.park, c.lang))
    goal = cached_property(lambda c: findings.goal(c.park))
    #: Titles of the scenarios.
    names = cached_property(lambda c: {n: c.words.title(p.scenario.title) for n, p in c.projections.items()})
    #: Mean contribution of each driver in each scenario, 亿元.
    drivers = cached_property(lambda c: comparison.contributions_by_scenario(c.projections.values()))
    #: Shocks and assumptions in which the scenarios are not all alike.
    settings = cached_property(lambda c: comparison.settings(p.scenario for p in c.projections.values()))
    #: Scenarios between which only one thing differs.
    sequences = cached_property(lambda c: comparison.sequences(p.scenario for p in c.projections.values()))

    @cached_property
    def headlines(self) -> pd.DataFrame:
        """Headline figures, a row a scenario, with the ``chance`` of the goal."""
        chances = [float((p.draws >= self.goal.value).mean()) for p in self.projections.values()]
        return comparison.compare(self.projections.values()).assign(chance=chances)

    @cached_property
    def ranges(self) -> pd.DataFrame:
        """Quantiles of every scenario; index ``scenario``, a column a quantile, 亿元."""
        rows = {name: np.quantile(p.draws, COMPARED) for name, p in self.projections.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(COMPARED)).rename_axis("scenario")


COLUMNS = ["park", "scenario", "vintage", "variable", "driver", "industry", "statistic"]
COLUMNS += ["year", "value", "unit", "prices"]
MONEY = "CNY_100m"


def _long(frame: pd.DataFrame | pd.Series, variable: str = "", **more: str) -> pd.DataFrame:
    """A row for each cell: the index says what it is of, the columns are statistics; 亿元 unless said."""
    cells: Any = frame.stack() if isinstance(frame, pd.DataFrame) else frame  # noqa: PD013  row by row
    rows: Any = cells.rename("value").rename_axis([*cells.index.names[:-1], "statistic"]).reset_index()
    known = {"variable": variable, "driver": "", "industry": "", "unit": MONEY, "prices": "current"} | more
    return rows.assign(**{column: v for column, v in known.items() if column not in rows})  # type: ignore[no-any-return]


def _of_year(projection: Projection) -> Iterator[pd.DataFrame]:
    """All that is known of the target year."""
    quantiles = _long(projection.quantiles.rename(columns={"value_added": "quantile"}), "value_added")
    yield quantiles.assign(statistic=quantiles["statistic"] + quantiles["quantile"].map("_{:g}".format))
    yield _long(pd.Series({"mean": projection.draws.mean(), "central": projection.central}), "value_added")
    median = pd.Series({"median": np.median(projection.baseline)})
    yield _long(median, "value_added_without_shocks")
    for by in ("driver", "industry"):
        yield _long(projection.contributions(by), "contribution")
    yield _long(projection.contributions("both")[["mean"]], "contribution")
    yield _long(projection.targets_met().rename(lambda p: f"met_with_{p:g}"), "target")
    marks = projection.marks().rename(columns={"target": "value"})
    marks = marks.rename(lambda mark: "stated_projection" if mark == "stated" else f"mark_{mark}")
    units = {"growth": "fraction", "probability": "fraction"}
    rows = _long(marks.rename_axis("variable"))
    yield rows.assign(unit=rows["statistic"].map(units).fillna(MONEY))
    for name, lever in projection.scenario.levers.items():
        points = pd.Series({point: getattr(lever, point) for point in ("low", "central", "high")})
        yield _long(points, f"lever_{name}", unit=lever.unit)
    for prices, column in growth_quantiles(projection).items():
        named = column.rename(lambda q: f"quantile_{q:g}")
        yield _long(named, "growth", unit="fraction", prices=str(prices))


def tidy(projection: Projection) -> pd.DataFrame:
    """All results of a projection, a number a row.

    Returns
    -------
    DataFrame
        Columns ``park``, ``scenario``, ``vintage`` (nothing published later entered), ``variable``,
        ``driver``, ``industry``, ``statistic``, ``year``, ``value``, ``unit``, ``prices``; what is
        empty does not apply.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> list(tidy(project("qingzhen", "reference", draws=64)).columns) == COLUMNS
    True
    """
    park = projection.park
    published = _long(pd.Series({"published": park.value_added}), "value_added")
    rows = pd.concat(_of_year(projection)).assign(year=park.config.target_year)
    table = pd.concat([published.assign(year=park.config.base_year), rows], ignore_index=True)
    vintage = str(park.config.as_of)
    return table.assign(park=park.id, scenario=projection.scenario.name, vintage=vintage)[COLUMNS]


def iamc(frame: pd.DataFrame) -> pd.DataFrame:
    """The tidy table in the columns of the IAMC format that pyam reads.

    Variables are joined with ``|``, as in ``Value added|Quantile 0.5`` and
    ``Contribution|Driver|Baseline|Mean``; what is at comparable prices says so. Rows without a number
    are left out, since the format knows none.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> frame = iamc(tidy(project("qingzhen", "combined", draws=64)))
    >>> columns = ["scenario", "region", "unit", "year", "value"]
    >>> frame.loc[frame["variable"] == "Value added|Published", columns].values.tolist()
    [['combined', 'qingzhen', 'CNY_100m', 2015, 37.01]]
    """

    known = frame[np.isfinite(frame["value"])].rename(columns={"park": "region"})
    names = ["variable", "driver", "industry", "statistic"]
    said = known[names].apply(lambda column: column.str.replace("_", " ").str.capitalize())
    variable = said["variable"]
    for kind in ("driver", "industry"):
        variable = variable + (f"|{kind.capitalize()}|" + said[kind]).where(known[kind] != "", "")
    variable = variable + (known["prices"] == "comparable").map({True: "|Comparable prices", False: ""})
    known = known.assign(model=f"parkanalysis {__version__}", variable=variable + "|" + said["statistic"])
    columns = ["model", "scenario", "region", "variable", "unit", "year", "value"]
    return pd.DataFrame(known[columns].reset_index(drop=True))
