"""What there is to render, and what of it stands in its folder already.

The stamp of a report says what it was made from and which files it consists of, in one file beside them.
A report counts as done only while its stamp and all its files agree. Files get their names one by one
and the stamp last: whatever moment a run is cut off at, a finished report is known as finished and a
half-finished one is not.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parkanalysis.cleaning import write_together
from parkanalysis.errors import InputError, Problem
from parkanalysis.model.scenario import check_levers
from parkanalysis.park import Park
from parkanalysis.park.checks import unknown
from parkanalysis.park.read import attempt
from parkanalysis.rendering.notebook import Rendered, Work, digest, installation
from parkanalysis.report.export import check_formats
from parkanalysis.report.pages import PAGE, STAMP
from parkanalysis.report.words import LANGUAGES

LONGEST_NAME = 100
# files of a report that go when it is made anew without them
OWN = ("report.*", "brief.*", "results.*", "results_*.*", "figure-*.*", "failed.ipynb")
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
    return f"{safe}-{digest(name.encode(errors='surrogatepass'))[:8]}"


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


def notebooks() -> Path:
    """Folder of the notebooks, of a checkout or an installation.

    Examples
    --------
    >>> (notebooks() / "scenario_report.ipynb").is_file()
    True
    """
    here = Path(__file__).resolve().parent.parent
    return next(p for p in (here / "notebooks", here.parent / "notebooks") if p.is_dir())


@cache
def report_notebook() -> bytes:
    """Content of the report notebook.

    Examples
    --------
    >>> cells = json.loads(report_notebook())["cells"]
    >>> [parameters] = [c for c in cells if "parameters" in c["metadata"].get("tags", ())]
    >>> [line.split()[0] for line in "".join(parameters["source"]).splitlines()]
    ['park', 'scenario', 'lang', 'draws', 'seed']
    """
    return (notebooks() / "scenario_report.ipynb").read_bytes()


def _problems(park: Park, order: Order) -> list[Problem]:
    scenarios = ("scenario", "scenario", order.scenarios, list(park.scenarios))
    languages = ("--lang", "language", order.langs, LANGUAGES)
    problems = [
        unknown(option, what, name, known, ", ".join(known))
        for option, what, given, known in (scenarios, languages)
        for name in given
        if name not in known
    ]
    attempt(problems, check_formats, order.formats)
    attempt(problems, check_levers, park, order.levers, "--set")
    for name, values in order.grids.items():
        if name in order.levers:
            found = f"{name!r} is set as well"
            problems.append(Problem("--grid", found, "one of --set and --grid", column=name))
        for value in values:
            attempt(problems, check_levers, park, {name: value}, "--grid")
    return problems


def plan(parks: Mapping[str, Park], order: Order, out: Path) -> list[Work]:
    """Return every report asked for, in order of park, scenario, levers and language.

    Parameters
    ----------
    parks : mapping of str to Park
        By the name of their folder below the output folder.
    order : Order
    out : Path
        The output folder: a report leads to the languages that it has there already.

    Raises
    ------
    InputError
        With every unknown name and every value outside its bounds, before any work.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> order = Order(["combined"], ["en"], grids={"alumina_price_2016": [1500, 1700]})
    >>> [work.folder for work in plan({"qingzhen": read_park("qingzhen")}, order, Path("new"))]
    ['qingzhen/combined+alumina_price_2016=1500/en', 'qingzhen/combined+alumina_price_2016=1700/en']
    """
    problems = [problem for park in parks.values() for problem in _problems(park, order)]
    if problems:
        raise InputError(dict.fromkeys(problems))
    works = [
        _work(out, folder, park, order, {"scenario": scenario, "lang": lang}, levers)
        for folder, park in parks.items()
        for scenario in order.scenarios or park.scenarios
        for values in itertools.product(*order.grids.values())
        for levers in [{**order.levers, **dict(zip(order.grids, values, strict=True))}]
        for lang in order.langs or park.config.languages
    ]
    return list({work.folder: work for work in works}.values())


def _work(
    out: Path, park_folder: str, park: Park, order: Order, case: dict[str, str], levers: dict[str, Any]
) -> Work:
    suffix = "+" + folder_name(levers_text(levers), "=,~+") if levers else ""
    parameters = {"park": park.id, **case, "draws": order.draws, "seed": order.seed, **levers}
    folder, content = f"{park_folder}/{folder_name(case['scenario'])}{suffix}", report_notebook()
    there = {page.parent.name for page in (out / folder).glob(f"*/{PAGE}")}
    langs = [lang for lang in LANGUAGES if lang in (order.langs or park.config.languages) or lang in there]
    return Work(
        folder=f"{folder}/{case['lang']}",
        notebook=content,
        park=park,
        parameters=parameters,
        formats=tuple(order.formats),
        langs=tuple(langs),
        timeout=order.timeout,
        inputs=digest(content, installation(), park.digest, json.dumps([parameters, langs], sort_keys=True)),
    )


# --- stamps ---


def read_stamp(folder: Path) -> dict[str, Any]:
    """The stamp of a folder; empty where there is none that is whole."""
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
        seal = stamp.pop("seal")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return stamp if seal == _seal(stamp) else {}


def _seal(stamp: Mapping[str, Any]) -> str:
    return digest(json.dumps(stamp, sort_keys=True))


def is_fresh(stamp: Mapping[str, Any], work: Work, folder: Path) -> bool:
    """Whether a folder holds the finished report with all files asked for, none of them changed since."""
    try:
        return (
            stamp.get("status") == "ok"
            and stamp["inputs"] == work.inputs
            and set(work.formats) <= set(stamp["formats"])
            and all(digest((folder / name).read_bytes()) == seen for name, seen in stamp["files"].items())
        )
    except OSError:
        return False


def new_stamp(work: Work, rendered: Rendered, origin: str) -> dict[str, Any]:
    """The stamp of a report that was made, or was tried."""
    return {
        "parameters": dict(work.parameters),
        "data": work.park.digest,
        "origin": origin,
        "status": "ok" if rendered.failure is None else "failed",
        "seconds": round(rendered.seconds, 3),
        "cell_seconds": round(rendered.cell_seconds, 3),
        "inputs": work.inputs,
        "formats": sorted(work.formats),
        "files": {name: digest(content) for name, content in sorted(rendered.files.items())},
        "error": None if rendered.failure is None else asdict(rendered.failure),
    }


def store(out: Path, name: str, rendered: Rendered, stamp: dict[str, Any]) -> None:
    """Put a report's files and its stamp into its folder; what else it left there earlier is removed.

    Raises
    ------
    OSError
        When the disk is full or may not be written, or the folder leads out of ``out``; no half file
        stands there then.
    """
    folder = out / name
    if not folder.resolve().is_relative_to(out.resolve()):
        raise OSError(f"{name} leads out of the output folder")
    folder.mkdir(parents=True, exist_ok=True)
    earlier = {path.name for pattern in (*OWN, ".*.tmp") for path in folder.glob(pattern)}
    for left in earlier - set(rendered.files):
        (folder / left).unlink(missing_ok=True)
    sealed = json.dumps({**stamp, "seal": _seal(stamp)}, indent=1).encode()
    write_together(folder, {**rendered.files, STAMP: sealed})
