"""What there is to render: one task a report, with its folder and the hash of all it depends on."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkanalysis.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from parkanalysis.park.park import Park

__all__ = ["Task", "folder_name", "pack", "plan", "scenario_notebook", "unpack"]

LANGUAGES = ("zh", "en")
LONGEST_NAME = 100
_DATE = (1980, 1, 1, 0, 0, 0)
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True)
class Task:
    """One report to make.

    Attributes
    ----------
    park, scenario, lang : str
    levers : mapping of str to number or mapping
        What is set beyond the scenario's own settings.
    folder : str
        Where its files go, relative to the output folder: ``<park>/<scenario>[+levers]/<lang>``.
    parameters : mapping
        What papermill injects.
    further : tuple of str
        Formats beyond notebook, page and Parquet.
    hash : str
        Over notebook, library, park, parameters, formats and environment.
    """

    park: str
    scenario: str
    lang: str
    levers: Mapping[str, Any]
    folder: str
    parameters: Mapping[str, object]
    further: tuple[str, ...]
    hash: str


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
    # Unlike names must not meet in one folder once their odd characters are gone.
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


def scenario_notebook() -> bytes:
    """Content of the report notebook, from a checkout or an installation.

    Examples
    --------
    >>> cells = json.loads(scenario_notebook())["cells"]
    >>> [parameters] = [c for c in cells if "parameters" in c["metadata"].get("tags", ())]
    >>> [line.split()[0] for line in "".join(parameters["source"]).splitlines()]
    ['park', 'scenario', 'lang', 'draws', 'seed']
    """
    here = Path(__file__).resolve().parent.parent
    folder = next(p for p in (here / "notebooks", here.parent / "notebooks") if p.is_dir())
    return (folder / "scenario_report.ipynb").read_bytes()


def pack(folder: Path) -> bytes:
    """Return a park's files as one archive, the same bytes for the same content.

    Parameters
    ----------
    folder : Path
        A park's folder, or the one file it consists of.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> with zipfile.ZipFile(io.BytesIO(pack(park_path("qingzhen")))) as archive:
    ...     archive.namelist()[:2]
    ['qingzhen/figures.csv', 'qingzhen/history.csv']
    """
    from parkanalysis.park.read import is_aside

    patterns = ("*.csv", "*.yml", "scenarios/*.yml")
    found = [f for p in patterns for f in folder.glob(p) if not is_aside(f.name)]
    files = sorted(found) if folder.is_dir() else [folder]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            name = file.relative_to(folder.parent).as_posix()
            archive.writestr(zipfile.ZipInfo(name, _DATE), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Write a packed park into ``folder``, under its own name.

    Examples
    --------
    >>> import tempfile
    >>> from parkanalysis.park.park import park_path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     unpack(pack(park_path("qingzhen")), Path(folder))
    ...     sorted(p.name for p in Path(folder, "qingzhen", "scenarios").iterdir())[:2]
    ['alumina_price.yml', 'closures.yml']
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(folder)


@cache
def library_hash() -> str:
    """Hash over this library's source and the files that belong to it."""
    digest = hashlib.sha256()
    here = Path(__file__).resolve().parent.parent
    for file in sorted(f for f in here.rglob("*") if f.is_file() and "__pycache__" not in f.parts):
        if not {"data", "notebooks"} & set(file.relative_to(here).parts[:1]):
            digest.update(f"{file.relative_to(here).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def installation_hash() -> str:
    """Hash over Python, this library, and the name and version of everything installed."""
    folders = {Path(p) for p in sys.path if p}
    found = {i.name for p in folders if p.is_dir() for i in p.glob("*.dist-info")}
    return _hash(sys.version, library_hash(), "\n".join(sorted(found)))


def _hash(*parts: bytes | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _one_of(names: Iterable[str], valid: Sequence[str], option: str, what: str) -> Iterator[Problem]:
    for name in names:
        if name not in valid:
            found = f"unknown {what} {name!r}"
            yield Problem(option, found, ", ".join(valid), nearest=nearest(str(name), valid))


def _lever_problems(park: Park, levers: Mapping[str, Any], origin: str) -> Iterator[Problem]:
    from parkanalysis.model.scenario import _check_levers

    try:
        _check_levers(park, levers, origin)
    except InputError as error:
        yield from error.problems


def _problems(
    park: Park,
    scenarios: Sequence[str] | None,
    langs: Sequence[str],
    levers: Mapping[str, Any],
    grids: Mapping[str, Sequence[Any]],
    draws: int,
    seed: int,
) -> Iterator[Problem]:
    yield from _one_of(scenarios or (), list(park.scenarios), "scenario", "scenario")
    yield from _one_of(langs, LANGUAGES, "--lang", "language")
    for name, value, least in (("draws", draws, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield Problem("parameters", repr(value), f"a whole number from {least}", column=name)
    yield from _lever_problems(park, levers, "--set")
    for name, values in grids.items():
        if name in levers:
            yield Problem("--grid", f"{name!r} is set as well", "one of --set and --grid", column=name)
        seen = set()
        for value in values:
            for problem in _lever_problems(park, {name: value}, "--grid"):
                if str(problem) not in seen:
                    seen.add(str(problem))
                    yield problem


def _settings(levers: Mapping[str, Any], grids: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the grids' values, each with the fixed levers."""
    for values in itertools.product(*grids.values()):
        yield {**levers, **dict(zip(grids, values, strict=True))}


def plan(
    parks: Mapping[str, Park],
    archives: Mapping[str, bytes],
    notebook: bytes,
    *,
    scenarios: Sequence[str] | None,
    langs: Sequence[str] | None,
    levers: Mapping[str, Any],
    grids: Mapping[str, Sequence[Any]],
    draws: int,
    seed: int,
    further: Sequence[str],
) -> list[Task]:
    """Return every report asked for, in order of park, scenario, levers and language.

    Parameters
    ----------
    parks, archives : mapping by park name
        The parks, read and checked, and packed.
    notebook : bytes
    scenarios, langs : sequence of str, optional
        All of the park's without.
    levers : mapping
        Set in every report.
    grids : mapping of str to sequence
        A report for each combination of values.
    draws, seed : int
    further : sequence of str
        Formats beyond notebook, page and Parquet.

    Raises
    ------
    InputError
        With every unknown name and every value outside its bounds, before any work.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park, grids = read_park("qingzhen"), {"alumina_price_2016": [1500, 1700]}
    >>> asked = {"scenarios": ["combined"], "langs": ["en"], "levers": {}, "grids": grids, "further": ()}
    >>> files = {park.id: pack(park.path)}
    >>> tasks = plan({park.id: park}, files, scenario_notebook(), draws=100, seed=2016, **asked)
    >>> [task.folder for task in tasks]
    ['qingzhen/combined+alumina_price_2016=1500/en', 'qingzhen/combined+alumina_price_2016=1700/en']
    """
    problems = [
        problem
        for park in parks.values()
        for problem in _problems(park, scenarios, langs or (), levers, grids, draws, seed)
    ]
    if problems:
        raise InputError(dict.fromkeys(problems))
    base = _hash(notebook, installation_hash(), json.dumps(sorted(further)))
    tasks = []
    for park in parks.values():
        common = _hash(base, archives[park.id])
        for scenario, setting in itertools.product(scenarios or park.scenarios, _settings(levers, grids)):
            for lang in langs or park.config.languages:
                suffix = "+" + folder_name(levers_text(setting), "=,~+") if setting else ""
                fixed = {"park": park.id, "scenario": scenario, "lang": lang, "draws": draws, "seed": seed}
                parameters = {**fixed, **setting}
                tasks.append(
                    Task(
                        park=park.id,
                        scenario=scenario,
                        lang=lang,
                        levers=setting,
                        folder=f"{folder_name(park.id)}/{folder_name(scenario)}{suffix}/{lang}",
                        parameters=parameters,
                        further=tuple(further),
                        hash=_hash(common, json.dumps(parameters, sort_keys=True)),
                    )
                )
    return list({task.folder: task for task in tasks}.values())
