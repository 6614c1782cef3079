"""What there is to render: every report asked for, with its folder and the hash of all it depends on."""

from __future__ import annotations

import hashlib
import itertools
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.model.scenario import check_levers
from parkanalysis.park import Park
from parkanalysis.rendering.notebook import Work, digest, installation

LANGUAGES = ("zh", "en")
LONGEST_NAME = 100
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True)
class Order:
    """What is asked of each park.

    Attributes
    ----------
    scenarios, langs : sequence of str
        All of the park's where empty.
    levers : mapping
        Set in every report.
    grids : mapping of str to sequence
        A report for each combination of values.
    draws, seed : int
    formats : sequence of str
        Beyond notebook, page and Parquet.
    timeout : float or None
        Seconds for a report.
    """

    scenarios: Sequence[str] = ()
    langs: Sequence[str] = ()
    levers: Mapping[str, Any] = field(default_factory=dict)
    grids: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    draws: int = 20_000
    seed: int = 2016
    formats: Sequence[str] = ()
    timeout: float | None = None


@dataclass(frozen=True)
class Report:
    """One report to make.

    Attributes
    ----------
    work : Work
    scenario, lang : str
    levers : mapping
        What is set beyond the scenario's own settings.
    inputs : str
        Hash over notebook, installation, park and parameters.
    """

    work: Work
    scenario: str
    lang: str
    levers: Mapping[str, Any]
    inputs: str


def folder_name(name: str, also: str = "") -> str:
    """Return a name that is safe as one folder anywhere, readable, and different for different names.

    Parameters
    ----------
    name : str
        Any text, such as a scenario's name from a file.
    also : str
        Characters to keep besides letters, digits and ``._-``.

    Examples
    --------
    >>> folder_name("severe"), folder_name("严重情景")
    ('severe', '严重情景')
    >>> folder_name("../../etc").startswith("_.._etc-")
    True
    """
    text = unicodedata.normalize("NFC", name)
    safe = "".join(c if c.isalnum() or c in "._-" + also else "_" for c in text).lstrip(".").rstrip(".")
    safe = safe.encode()[:LONGEST_NAME].decode(errors="ignore")
    if safe == name and safe and safe.casefold().partition(".")[0] not in _DEVICES:
        return safe
    # unlike names must not meet in one folder once their odd characters are gone
    return f"{safe}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _value_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "~".join(_value_text(v) for v in value.values())
    return f"{value:g}" if isinstance(value, int | float) and float(f"{value:g}") == value else str(value)


def levers_text(levers: Mapping[str, Any]) -> str:
    """Return settings in one readable line.

    Examples
    --------
    >>> levers_text({"steel_price_2016": 1400.0, "vat_rate": 0.17})
    'steel_price_2016=1400,vat_rate=0.17'
    """
    return ",".join(f"{name}={_value_text(value)}" for name, value in levers.items())


@cache
def report_notebook() -> bytes:
    """Content of the report notebook, from a checkout or an installation.

    Examples
    --------
    >>> cells = json.loads(report_notebook())["cells"]
    >>> [parameters] = [c for c in cells if "parameters" in c["metadata"].get("tags", ())]
    >>> [line.split()[0] for line in "".join(parameters["source"]).splitlines()]
    ['park', 'scenario', 'lang', 'draws', 'seed']
    """
    here = Path(__file__).resolve().parent.parent
    folder = next(p for p in (here / "notebooks", here.parent / "notebooks") if p.is_dir())
    return (folder / "scenario_report.ipynb").read_bytes()


def _one_of(names: Iterable[str], valid: Sequence[str], option: str, what: str) -> Iterator[Problem]:
    for name in names:
        if name not in valid:
            found = f"unknown {what} {name!r}"
            yield Problem(option, found, ", ".join(valid), nearest=nearest(str(name), valid))


def _lever_problems(park: Park, levers: Mapping[str, Any], origin: str) -> Iterator[Problem]:
    try:
        check_levers(park, levers, origin)
    except InputError as error:
        yield from error.problems


def _problems(park: Park, order: Order) -> Iterator[Problem]:
    yield from _one_of(order.scenarios, list(park.scenarios), "scenario", "scenario")
    yield from _one_of(order.langs, LANGUAGES, "--lang", "language")
    for name, value, least in (("draws", order.draws, 1), ("seed", order.seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield Problem("parameters", repr(value), f"a whole number from {least}", column=name)
    yield from _lever_problems(park, order.levers, "--set")
    for name, values in order.grids.items():
        if name in order.levers:
            yield Problem("--grid", f"{name!r} is set as well", "one of --set and --grid", column=name)
        for value in values:
            yield from _lever_problems(park, {name: value}, "--grid")


def _settings(order: Order) -> Iterator[dict[str, Any]]:
    """Every combination of the grids' values, each with the fixed levers."""
    for values in itertools.product(*order.grids.values()):
        yield {**order.levers, **dict(zip(order.grids, values, strict=True))}


def plan(parks: Mapping[str, Park], order: Order, notebook: bytes | None = None) -> list[Report]:
    """Return every report asked for, in order of park, scenario, levers and language.

    Parameters
    ----------
    parks : mapping of str to Park
        By the name of their folder below the output folder.
    order : Order
    notebook : bytes, optional
        Another report notebook than the one that comes with the package.

    Raises
    ------
    InputError
        With every unknown name and every value outside its bounds, before any work.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> order = Order(["combined"], ["en"], grids={"alumina_price_2016": [1500, 1700]})
    >>> [report.work.folder for report in plan({"qingzhen": read_park("qingzhen")}, order)]
    ['qingzhen/combined+alumina_price_2016=1500/en', 'qingzhen/combined+alumina_price_2016=1700/en']
    """
    problems = [problem for park in parks.values() for problem in _problems(park, order)]
    if problems:
        raise InputError(dict.fromkeys(problems))
    content = report_notebook() if notebook is None else notebook
    reports = [
        _report(folder, park, scenario, lang, levers, order, content)
        for folder, park in parks.items()
        for scenario in order.scenarios or park.scenarios
        for levers in _settings(order)
        for lang in order.langs or park.config.languages
    ]
    return list({report.work.folder: report for report in reports}.values())


def _report(
    folder: str, park: Park, scenario: str, lang: str, levers: dict[str, Any], order: Order, content: bytes
) -> Report:
    suffix = "+" + folder_name(levers_text(levers), "=,~+") if levers else ""
    fixed = {"park": park.id, "scenario": scenario, "lang": lang, "draws": order.draws, "seed": order.seed}
    parameters = {**fixed, **levers}
    langs = tuple(order.langs or park.config.languages)
    work = Work(
        folder=f"{folder}/{folder_name(scenario)}{suffix}/{lang}",
        notebook=content,
        park=park,
        parameters=parameters,
        formats=tuple(order.formats),
        langs=langs,
        timeout=order.timeout,
    )
    inputs = digest(content, installation(), park.digest, json.dumps([parameters, langs], sort_keys=True))
    return Report(work, scenario, lang, levers, inputs)
