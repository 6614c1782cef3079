"""A scenario written as a file beside the others of its park."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from parkanalysis.errors import InputError, Problem
from parkanalysis.park.park import Park
from parkanalysis.park.schema import ScenarioFile

__all__ = ["save_scenario", "scenario_path", "scenario_yaml"]


def scenario_yaml(file: ScenarioFile) -> str:
    """The text of a scenario's file.

    Examples
    --------
    >>> print(scenario_yaml(ScenarioFile(title="Low price", levers={"price": 1500.0})), end="")
    title: Low price
    shocks: []
    levers: {price: 1500.0}
    """
    import yaml  # type: ignore[import-untyped]

    content = file.model_dump(exclude_none=True, mode="json")
    for key in ("title", "description"):
        texts = content.get(key)
        if texts and len(set(texts.values())) == 1:
            content[key] = next(iter(texts.values()))
    # lists and mappings without further ones inside stand on one line
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=None)
    return str(text)


def scenario_path(park: Park, name: str) -> Path:
    """Where a scenario of this name is kept.

    Raises
    ------
    InputError
        On a name that could not be one, or a park that is no folder.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> scenario_path(read_park("qingzhen"), "mine").name
    'mine.yml'
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        allowed = "lower-case letters, digits and _, at most 64, starting with a letter"
        raise InputError(Problem("scenario", repr(name), allowed, column="name"))
    if not park.path.is_dir():
        raise InputError(Problem(park.path.name, "a park that is one file", "a folder, to save scenarios in"))
    return park.path / "scenarios" / f"{name}.yml"


def save_scenario(park: Park, name: str, file: ScenarioFile, overwrite: bool = False) -> Path:
    """Write a scenario beside the others; never over one of the same name unless told to.

    The file appears whole or not at all.

    Parameters
    ----------
    park : Park
    name : str
        Lower-case letters, digits and ``_``.
    file : ScenarioFile
    overwrite : bool

    Raises
    ------
    InputError
        On a name that is taken or is none, or a folder that cannot be written.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from parkanalysis.park.park import read_park
    >>> file = ScenarioFile(title="Low price", levers={"alumina_price_2016": 1450.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_scenario(replace(read_park("qingzhen"), path=Path(folder)), "low_price", file)
    ...     print(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"), sep="\\n", end="")
    scenarios/low_price.yml
    title: Low price
    shocks: []
    levers: {alumina_price_2016: 1450.0}
    """
    path = scenario_path(park, name)
    temporary = None
    try:
        path.parent.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(scenario_yaml(file))
        os.chmod(temporary, 0o644)
        if overwrite:
            os.replace(temporary, path)
        else:
            _link(temporary, path)
    except FileExistsError:
        taken = Problem(path.name, f"a scenario called {name!r}", "a name that is not taken", column="name")
        raise InputError(taken) from None
    except OSError as error:
        raise InputError(Problem(path.name, error.strerror or str(error), "a folder to write in")) from None
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
    return path


def _link(temporary: str, path: Path) -> None:
    """Give the file its name unless the name is taken, in one step where the system has one."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(str(path)) from None
        os.replace(temporary, path)
