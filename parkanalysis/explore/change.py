"""A change of a scenario, lever by lever and shock by shock, and the scenario that is saved of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from parkanalysis.cleaning import write_aside
from parkanalysis.errors import InputError, Problem
from parkanalysis.model import Scenario, read_scenario
from parkanalysis.model.scenario import build_scenario
from parkanalysis.park import LeverSetting, Park, ScenarioFile
from parkanalysis.park.checks import unknown


@dataclass(frozen=True)
class ScenarioChange:
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

    def hold(self, lever: str, value: float) -> ScenarioChange:
        """The change with one more lever held."""
        return replace(self, levers={**self.levers, lever: value})

    def switch(self, shocks: Iterable[str]) -> ScenarioChange:
        """The change with these shocks active."""
        return replace(self, shocks=frozenset(shocks))


def plain_settings(scenario: Scenario) -> dict[str, Any]:
    """What a scenario sets its levers to, as its file would say it."""
    return {
        name: setting.model_dump(exclude_none=True) if isinstance(setting, LeverSetting) else setting
        for name, setting in scenario.settings.items()
    }


def scenario_of(park: Park, change: ScenarioChange) -> Scenario:
    """The scenario that a change leads to.

    Raises
    ------
    InputError
        On an unknown scenario, lever or shock, or a value outside a lever's hard bounds.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> change = ScenarioChange("combined").hold("baseline_growth", 0.1).switch([])
    >>> scenario_of(read_park("qingzhen"), change).shocks
    ()
    """
    scenario = read_scenario(park, change.start, **change.levers)
    if change.shocks is None:
        return scenario
    known, allowed = park.config.shocks, f"a shock of {park.id}"
    if wrong := sorted(change.shocks - set(known)):
        raise InputError(unknown("shocks", "shock", name, known, allowed) for name in wrong)
    return replace(scenario, shocks=tuple(s for s in known if s in change.shocks))


def scenario_file(park: Park, change: ScenarioChange, title: str) -> ScenarioFile:
    """The changed scenario as a declaration of its own.

    Settings of the scenario it starts from are kept, levers that were moved stand as numbers.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> scenario_file(park, ScenarioChange("combined").hold("vat_rate", 0.13), "Lower tax").levers["vat_rate"]
    0.13
    """
    scenario = scenario_of(park, change)
    file = ScenarioFile(title=title, shocks=scenario.shocks, levers=plain_settings(scenario))  # type: ignore[arg-type]
    build_scenario(park, file, change.start)
    return file


def scenario_yaml(file: ScenarioFile) -> str:
    """The text of a scenario's file.

    Examples
    --------
    >>> print(scenario_yaml(ScenarioFile(title="Low price", levers={"price": 1500.0})), end="")
    title: Low price
    shocks: []
    levers: {price: 1500.0}
    """
    content = file.model_dump(exclude_none=True, mode="json")
    if len(set(content["title"].values())) == 1:
        content["title"] = next(iter(content["title"].values()))
    # lists and mappings without further ones inside stand on one line
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=None)
    return str(text)


def scenario_name(park: Park, title: str) -> str:
    """Name under which a scenario of this title is kept.

    That of a scenario which has the title, else the title itself as far as it can be a name of a file,
    else a number.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> [scenario_name(read_park("qingzhen"), title) for title in ("Low price, 2016", "低价")]
    ['low_price_2016', 'scenario_1']
    """
    for name, file in park.scenarios.items():
        if title in (name, *file.title.values()):
            return name
    plain = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:64]
    if re.fullmatch(r"[a-z]\w*", plain) and title.isascii():
        return plain
    numbers = range(1, len(park.scenarios) + 2)
    return next(name for i in numbers if (name := f"scenario_{i}") not in park.scenarios)


def save_scenario(park: Park, change: ScenarioChange, title: str, overwrite: bool = False) -> Path:
    """Write a changed scenario beside the others; over one of the same name only when told to.

    The file appears whole or not at all.

    Raises
    ------
    InputError
        On a title that is empty or taken, or a park that is no folder to write in.
    """
    if not title.strip():
        raise InputError(Problem("scenario", "no name", "a name", column="name"))
    if not park.path.is_dir():
        raise InputError(Problem(park.path.name, "a park that is one file", "a folder, to save scenarios in"))
    name = scenario_name(park, title.strip())
    path = park.path / "scenarios" / f"{name}.yml"
    text = scenario_yaml(scenario_file(park, change, title.strip()))
    try:
        path.parent.mkdir(exist_ok=True)
        write_aside(path, text.encode(), overwrite)
    except FileExistsError:
        taken = Problem(path.name, f"a scenario called {name!r}", "a name that is not taken", column="name")
        raise InputError(taken) from None
    except OSError as error:
        raise InputError(Problem(path.name, error.strerror or str(error), "a folder to write in")) from None
    return path
