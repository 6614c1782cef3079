"""Parameters of a notebook: what stands in its namespace, checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import Scenario, read_scenario
from parkanalysis.park.park import Park, read_park
from parkanalysis.park.schema import PARAMETERS

__all__ = ["Case", "page_parameters", "read_parameters"]

# names that IPython itself puts into a namespace with values of plain types
_IPYTHON = {"In", "Out"}


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
    _projections: dict[str, Projection] = field(default_factory=dict, repr=False, compare=False)

    def project(self, scenario: str | None = None) -> Projection:
        """Projection of a scenario of the park, of the case's own without a name; made once."""
        chosen = self.scenario if scenario is None else read_scenario(self.park, scenario)
        key = scenario or ""
        if key not in self._projections:
            self._projections[key] = project(self.park, chosen, self.draws, self.seed)
        return self._projections[key]


def reference_scenario(park: Park) -> Scenario:
    """The scenario called ``reference``, else the first without shocks, else the first."""
    quiet = [name for name, s in park.scenarios.items() if not s.shocks]
    name = "reference" if "reference" in park.scenarios else [*quiet, *park.scenarios][0]
    return read_scenario(park, name)


def read_parameters(namespace: Mapping[str, Any]) -> Case:
    """Check the parameters of a notebook and load what they name.

    Every plain value (number, text, mapping, list) in the namespace is a parameter: ``park``,
    ``scenario``, ``lang``, ``draws``, ``seed``, or a lever of the park by its own name.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook, in the first cell after the parameters.

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
    plain = (bool, int, float, str, dict, list, tuple, type(None))
    given: dict[str, Any] = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in _IPYTHON and isinstance(value, plain)
    }
    park = read_park(given.get("park", "qingzhen"))
    unknown = [name for name in given if name not in PARAMETERS and name not in park.levers]
    valid = [*PARAMETERS, *park.levers]
    problems = [
        Problem(
            "parameters",
            f"unknown name {n!r}",
            f"a parameter or a lever of {park.id}",
            nearest=nearest(n, valid),
        )
        for n in unknown
    ]
    lang = given.get("lang", park.config.languages[0])
    if lang not in ("zh", "en"):
        problems.append(Problem("parameters", repr(lang), "zh, en", column="lang"))
    if problems:
        raise InputError(problems)
    levers = {n: v for n, v in given.items() if n in park.levers}
    reference = reference_scenario(park)
    scenario = read_scenario(park, given.get("scenario", reference.name), **levers)
    return Case(park, scenario, reference, str(lang), given.get("draws", 20_000), given.get("seed", 2016))


def page_parameters(namespace: Mapping[str, Any]) -> Case:
    """Parameters of a notebook served as a page: ``parkanalysis explore`` names park and language.

    It does so in ``PARKANALYSIS_PARK`` and ``PARKANALYSIS_LANG``; where they are not set this is
    ``read_parameters``. A park without the notebook's scenario starts from its reference.

    Examples
    --------
    >>> page_parameters({"park": "qingzhen", "draws": 100}).draws
    100
    """
    given = dict(namespace)
    park, lang = (os.environ.get(f"PARKANALYSIS_{name}") for name in ("PARK", "LANG"))
    if park:
        given.pop("lang", None)
        given["park"] = park
        if given.get("scenario") not in read_park(park).scenarios:
            given.pop("scenario", None)
    return read_parameters({**given, "lang": lang} if lang else given)
