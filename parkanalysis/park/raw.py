"""A park as it stands on disk, read but not yet checked: a folder of files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.park.fields import is_identifier
from parkanalysis.park.files import Table, read_csv, read_yaml
from parkanalysis.park.table_schema import REQUIRED_TABLES, TABLES

__all__ = ["MAX_SCENARIOS", "Raw", "attempt", "is_aside", "of_park", "read_folder"]

MAX_SCENARIOS = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Raw:
    """Records and documents of a park.

    Attributes
    ----------
    id : str
        Name of the folder or workbook.
    tables : mapping of str to Table
        Those that could be read.
    park : Located or None
        park.yml.
    scenarios : mapping of str to Located
    problems : list of Problem
    digest : str
        Hash over all that was read.
    place : callable
        Turns the place of a problem (file, row, column of a folder) into the place in this kind of park.
    """

    id: str
    tables: Mapping[str, Table]
    park: Any
    scenarios: Mapping[str, Any]
    problems: list[Problem]
    digest: str
    place: Callable[[Problem], Problem] = field(default=lambda problem: problem)


def attempt(problems: list[Problem], step: Callable[..., T], *arguments: Any) -> T | None:
    """Take a step; what is wrong goes to the list, so that one run shows all problems.

    Examples
    --------
    >>> problems: list[Problem] = []
    >>> attempt(problems, read_yaml, Path("nowhere/park.yml"))
    >>> print(*problems)
    park.yml: found no such file; allowed: a file
    """
    try:
        return step(*arguments)
    except InputError as error:
        problems.extend(error.problems)
        return None


def is_aside(name: str) -> bool:
    """Whether a file is none of the user's own: hidden, or the lock of an open Office document.

    Examples
    --------
    >>> is_aside("~$levers.csv"), is_aside(".DS_Store"), is_aside("levers.csv")
    (True, True, False)
    """
    return name.startswith((".", "~$"))


def of_park(problems: Iterable[Problem], path: str | Path) -> list[Problem]:
    """Problems of one park among several: each file led by its park.

    Examples
    --------
    >>> print(*of_park([Problem("park.yml", "no such file", "a file")], "parks/mine"))
    mine/park.yml: found no such file; allowed: a file
    """
    name = Path(path).name
    # what was typed as the park is no file of it, and a workbook's problems name it already
    own = ("park", name, f"{name}.xlsx")
    return [p if p.file.partition(",")[0] in own else replace(p, file=f"{name}/{p.file}") for p in problems]


def scenario_problem(file: str, name: str) -> Problem | None:
    """Whether a name can be that of a scenario."""
    if is_identifier(name):
        return None
    return Problem(
        file, f"the scenario name {name[:80]!r}", "lower-case letters, digits and _, a letter first"
    )


def read_folder(folder: Path) -> Raw:
    """Read the files of a park's folder.

    ``park.yml``, ``figures.csv``, ``levers.csv`` and ``sources.csv`` must be there; the other tables
    and the folder ``scenarios`` may be missing. Files of other names are left alone.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> raw = read_folder(park_path("qingzhen"))
    >>> sorted(raw.tables)
    ['figures', 'history', 'levers', 'prices', 'sources', 'value_added_rates']
    >>> raw.scenarios["alumina_price"]["shocks"]
    ['alumina_price_fall']
    """
    problems: list[Problem] = []
    names = attempt(problems, _names, folder) or []
    if problems:
        raise InputError(problems)
    tables = {}
    for name in TABLES:
        file = f"{name}.csv"
        if file in names:
            table = attempt(problems, read_csv, folder / file)
            if table is not None:
                tables[name] = table
        elif name in REQUIRED_TABLES:
            near = nearest(file, [n for n in names if n.endswith((".csv", ".CSV"))])
            problems.append(Problem(file, "no such file", f"{file} in the park's folder", nearest=near))
    park = None
    if "park.yml" in names:
        park = attempt(problems, read_yaml, folder / "park.yml")
    else:
        near = nearest("park.yml", [n for n in names if n.endswith((".yml", ".yaml"))])
        problems.append(Problem("park.yml", "no such file", "park.yml in the park's folder", nearest=near))
    scenarios = _scenarios(folder, names, problems)
    return Raw(folder.name, tables, park, scenarios, problems, _digest(folder))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if not is_aside(p.name))
    except OSError as error:
        found = error.strerror or "unreadable"
        raise InputError(Problem(folder.name, found, "a folder that can be read")) from None


def _scenarios(folder: Path, names: list[str], problems: list[Problem]) -> dict[str, Any]:
    if "scenarios" not in names:
        return {}
    inside = attempt(problems, _names, folder / "scenarios") or []
    files = [n for n in inside if n.endswith(".yml")]
    problems += [
        Problem(f"scenarios/{n}", "the ending .yaml", "the ending .yml")
        for n in inside
        if n.endswith(".yaml")
    ]
    if len(files) > MAX_SCENARIOS:
        problems.append(Problem("scenarios", f"{len(files)} files", f"at most {MAX_SCENARIOS}"))
    scenarios = {}
    for name in files[:MAX_SCENARIOS]:
        problem = scenario_problem(f"scenarios/{name}", name.removesuffix(".yml"))
        if problem:
            problems.append(problem)
            continue
        before = len(problems)
        document = attempt(problems, read_yaml, folder / "scenarios" / name)
        problems[before:] = [_inside(p) for p in problems[before:]]
        if len(problems) == before:
            scenarios[name.removesuffix(".yml")] = document
    return scenarios


def _inside(problem: Problem) -> Problem:
    return replace(problem, file=f"scenarios/{problem.file}")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    names = [*(f"{name}.csv" for name in TABLES), "park.yml"]
    files = [*(folder / n for n in names), *folder.glob("scenarios/*.yml")]
    for file in sorted(f for f in files if f.is_file() and not is_aside(f.name)):
        digest.update(file.relative_to(folder).as_posix().encode(errors="surrogateescape") + b"\0")
        try:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:  # it has been named as a problem already
            continue
    return digest.hexdigest()
