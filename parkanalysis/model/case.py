"""A case: a park, a scenario and how to show them, checked once from what stands in a namespace."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import Scenario, read_scenario
from parkanalysis.park.checks import unknown
from parkanalysis.park.park import Park, read_park
from parkanalysis.park.schema import PARAMETERS

# names that IPython itself puts into a namespace with values of plain types
_IPYTHON = {"In", "Out"}
# first line of the cell that papermill puts below the parameters cell
INJECTED = "# Parameters"


@dataclass(frozen=True)
class Case:
    """A park, a scenario and how to show them.

    Attributes
    ----------
    park : Park
    scenario, reference : Scenario
        ``reference`` is the park's scenario of that name, or its first without shocks.
    lang : {"zh", "en"}
    draws, seed : int
    """

    park: Park
    scenario: Scenario
    reference: Scenario
    lang: str
    draws: int
    seed: int

    @cached_property
    def projection(self) -> Projection:
        """Projection of the scenario."""
        return project(self.park, self.scenario, self.draws, self.seed)


def reference_scenario(park: Park) -> Scenario:
    """The scenario called ``reference``, else the first without shocks, else the first."""
    quiet = [name for name, s in park.scenarios.items() if not s.shocks]
    name = "reference" if "reference" in park.scenarios else [*quiet, *park.scenarios][0]
    return read_scenario(park, name)


def _assigned(source: str) -> set[str]:
    """Names that a cell of nothing but assignments sets; none of any other cell."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return set()
    if not all(isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) for s in statements):
        return set()
    return {t.id for s in statements for t in s.targets}  # type: ignore[attr-defined]


def _set_names(namespace: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Names set as parameters, and names that may be: a scratch variable is no parameter.

    A kernel keeps the sources of its cells in ``In``. The parameters cell is the last one that sets
    ``park``; papermill's own, marked by its first line, and cells of one's own may follow. A namespace
    without such a cell holds nothing but parameters.
    """
    cells = [(source, _assigned(source)) for source in namespace.get("In") or ()]
    first = max((i for i, (_, names) in enumerate(cells) if "park" in names), default=None)
    if first is None:
        plain = (bool, int, float, str, dict, list, tuple, type(None))
        given = (n for n, v in namespace.items() if n not in _IPYTHON and isinstance(v, plain))
        return {n for n in given if not n.startswith("_")}, set()
    later = cells[first + 1 :]
    injected = [names for source, names in later if source.startswith(INJECTED)]
    return cells[first][1].union(*injected), set().union(*(names for _, names in later))


def read_parameters(namespace: Mapping[str, Any]) -> Case:
    """Check the parameters of a notebook and load what they name.

    Every name that the parameters cell sets, or papermill in the cell it puts below, is a parameter:
    ``park``, ``scenario``, ``lang``, ``draws``, ``seed``, or a lever of the park by its own name. What
    other cells leave in the namespace is none of them, so that a notebook can be run again and again.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook, in the first cell after the parameters; without a kernel's
        record of its cells every plain value in it is a parameter.

    Raises
    ------
    InputError
        On a name that is neither a parameter nor a lever, with the nearest valid one, and on
        values that are not allowed.

    Examples
    --------
    >>> case = read_parameters({"park": "qingzhen", "scenario": "combined", "draws": 100})
    >>> case.scenario.name
    'combined'
    """
    set_names, possible = _set_names(namespace)
    name = namespace["park"] if "park" in set_names else "qingzhen"
    known = namespace.get("_park")  # a renderer has read it already
    park = known if isinstance(known, Park) and known.id == name else read_park(name)
    valid = [*PARAMETERS, *park.levers]
    given = {n: namespace[n] for n in namespace if n in set_names or (n in possible and n in valid)}
    allowed = f"a parameter or a lever of {park.id}"
    problems = [unknown("parameters", "name", n, valid, allowed) for n in given if n not in valid]
    lang = given.get("lang", park.config.languages[0])
    if lang not in ("zh", "en"):
        problems.append(Problem("parameters", repr(lang), "zh, en", column="lang"))
    if problems:
        raise InputError(problems)
    levers = {n: v for n, v in given.items() if n in park.levers}
    reference = reference_scenario(park)
    scenario = read_scenario(park, given.get("scenario", reference.name), **levers)
    return Case(park, scenario, reference, str(lang), given.get("draws", 20_000), given.get("seed", 2016))
