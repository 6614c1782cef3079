"""What-if: a scenario changed lever by lever and shock by shock, and all that follows from it.

Pure state and answers; the widgets are in ``whatif_view``, the saved file in ``scenario_files``.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model import inverse
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import Scenario, build_scenario, read_scenario
from parkanalysis.park.park import Park, known_parks
from parkanalysis.park.schema import LeverSetting, ScenarioFile

__all__ = [
    "Answer",
    "Change",
    "answer",
    "break_evens",
    "default_target",
    "papermill_command",
    "scenario_file",
    "scenario_of",
]

BREAK_EVEN_DRAWS = 512  # break-evens ask for some hundred projections, a slider for an answer at once


@dataclass(frozen=True)
class Change:
    """What somebody changed in a scenario.

    Attributes
    ----------
    start : str
        Name of the scenario that was changed.
    levers : mapping of str to float
        Levers held at a value, in their own unit; the others keep their range.
    shocks : frozenset of str or None
        Active shocks; None leaves those of the scenario.
    """

    start: str
    levers: Mapping[str, float] = field(default_factory=dict)
    shocks: frozenset[str] | None = None

    def hold(self, lever: str, value: float) -> Change:
        """The change with one more lever held."""
        return replace(self, levers={**self.levers, lever: value})

    def release(self, lever: str) -> Change:
        """The change with a lever back at its range."""
        return replace(self, levers={n: v for n, v in self.levers.items() if n != lever})

    def switch(self, shocks: Iterable[str]) -> Change:
        """The change with these shocks active."""
        return replace(self, shocks=frozenset(shocks))


def scenario_of(park: Park, change: Change) -> Scenario:
    """The scenario that a change leads to.

    Raises
    ------
    InputError
        On an unknown scenario, lever or shock, or a value outside a lever's hard bounds.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> change = Change("combined").hold("baseline_growth", 0.1).switch([])
    >>> scenario_of(read_park("qingzhen"), change).shocks
    ()
    """
    scenario = read_scenario(park, change.start, **change.levers)
    if change.shocks is None:
        return scenario
    known = park.config.shocks
    unknown = sorted(change.shocks - set(known))
    if unknown:
        allowed = f"a shock of {park.id}"
        raise InputError(
            Problem("shocks", f"unknown shock {s!r}", allowed, nearest=nearest(s, known)) for s in unknown
        )
    return replace(scenario, shocks=tuple(s for s in known if s in change.shocks))


def default_target(park: Park) -> float:
    """The stated result of the target year, else the value added of the base year, 亿元.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> default_target(read_park("qingzhen"))
    40.0
    """
    stated = park.config.stated
    return park.amount(stated.result) if stated is not None else park.value_added


@dataclass(frozen=True, eq=False)
class Answer:
    """What follows from a scenario.

    Attributes
    ----------
    projection : Projection
    target : float
        亿元.
    probability : float
        Of value added at or above the target.
    steps : DataFrame
        Index driver; ``mean`` contribution from the base year on, 亿元; they add up to the mean.
    risk : DataFrame
        Chance of each of 41 targets around the interval.
    """

    projection: Projection
    target: float
    probability: float
    steps: pd.DataFrame = field(repr=False)
    risk: pd.DataFrame = field(repr=False)


def answer(scenario: Scenario, target: float, draws: int = 4096, seed: int = 2016) -> Answer:
    """Project a scenario and say what carries it and which targets it meets.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = answer(read_scenario(read_park("qingzhen"), "reference"), 30.0, draws=256)
    >>> bool(found.probability > 0.5)
    True
    """
    projection = project(scenario.park, scenario, draws, seed)
    chance = float(projection.target_risk([target])["probability"].iloc[0])
    return Answer(projection, target, chance, projection.contributions()[["mean"]], projection.target_risk())


def break_evens(scenario: Scenario, target: float, seed: int = 2016) -> pd.DataFrame:
    """Value of each lever at which the median meets the target, from 512 draws.

    Returns
    -------
    DataFrame
        As ``inverse.break_evens``: index lever; ``status``, ``value``, ``position``, ``unit``, …

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> table = break_evens(read_scenario(read_park("qingzhen"), "reference"), 38.0)
    >>> table.loc["baseline_growth", "status"]
    'met'
    """
    return inverse.break_evens(project(scenario.park, scenario, BREAK_EVEN_DRAWS, seed), target)


def scenario_file(park: Park, change: Change, title: str, description: str = "") -> ScenarioFile:
    """The changed scenario as a declaration of its own.

    Settings of the scenario it starts from are kept, levers that were moved stand as numbers.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> scenario_file(park, Change("combined").hold("vat_rate", 0.13), "Lower tax").levers["vat_rate"]
    0.13
    """
    scenario = scenario_of(park, change)
    settings = {n: _plain(s) for n, s in scenario.settings.items()}
    text = {"title": title, **({"description": description} if description else {})}
    file = ScenarioFile(**text, shocks=scenario.shocks, levers=settings)  # type: ignore[arg-type]
    build_scenario(park, file, change.start)
    return file


def _plain(setting: float | LeverSetting) -> Any:
    return setting.model_dump(exclude_none=True) if isinstance(setting, LeverSetting) else setting


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {n: _plain(s) for n, s in one.items()} == {n: _plain(s) for n, s in other.items()}


def _named_scenario(park: Park, change: Change) -> tuple[str, Mapping[str, float]] | None:
    """A scenario of the park and the levers that make the changed one of it."""
    wanted = scenario_of(park, change)
    for name in dict.fromkeys([change.start, *park.scenarios]):
        there = read_scenario(park, name)
        if set(there.shocks) != set(wanted.shocks):
            continue
        if _same(there.settings, wanted.settings):
            return name, {}
        if _same({**there.settings, **change.levers}, wanted.settings):
            return name, change.levers
    return None


def papermill_command(
    park: Park, change: Change, lang: str = "zh", notebook: str = "notebooks/scenario_report.ipynb"
) -> str:
    """The command that renders the report of a changed scenario with plain papermill.

    Raises
    ------
    InputError
        Where no scenario of the park has these shocks: save it as a scenario first.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> change = Change("combined").hold("baseline_growth", 0.1)
    >>> papermill_command(read_park("qingzhen"), change, "en", "report.ipynb")
    'papermill report.ipynb out.ipynb -p park qingzhen -p scenario combined -p lang en -p baseline_growth 0.1'
    """
    found = _named_scenario(park, change)
    if found is None:
        shocks = ", ".join(scenario_of(park, change).shocks) or "no shock"
        allowed = "the shocks of a scenario of the park; save this one as a scenario first"
        raise InputError(Problem("scenario", shocks, allowed, column="shocks"))
    name, levers = found
    shipped = known_parks().get(park.id) == park.path
    parameters: dict[str, str | float] = {
        "park": park.id if shipped else str(park.path),
        "scenario": name,
        "lang": lang,
        **levers,
    }
    words = ["papermill", notebook, "out.ipynb"]
    for key, value in parameters.items():
        words += ["-p", key, f"{value:.12g}" if isinstance(value, float) else value]
    return shlex.join(words)
