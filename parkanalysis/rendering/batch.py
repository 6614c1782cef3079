"""A hundred reports as easily as one: only what changed is made, in parallel, and every fate is on record."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.rendering.manifest import (
    MANIFEST,
    Manifest,
    entry,
    is_fresh,
    keep,
    locked,
    record_name,
    sweep,
    words,
)
from parkanalysis.rendering.pool import Work, run
from parkanalysis.rendering.progress import bar as progress_bar
from parkanalysis.rendering.progress import failure_table
from parkanalysis.rendering.report import FURTHER, TABLE, Failure, Rendered
from parkanalysis.rendering.tasks import Task, levers_text, pack, plan, scenario_notebook

if TYPE_CHECKING:
    import pandas as pd

    from parkanalysis.park.park import Park

__all__ = ["failure_table", "render", "results"]

COLUMNS = [
    "park",
    "scenario",
    "levers",
    "lang",
    "status",
    "fresh",
    "seconds",
    "cell_seconds",
    "cell",
    "error",
    "hash",
    "folder",
]
_log = logging.getLogger(__name__)


def render(
    scenarios: str | Sequence[str] | None = None,
    park: str | Path | Sequence[str | Path] = "qingzhen",
    langs: Sequence[str] | None = None,
    levers: Mapping[str, Any] | None = None,
    grids: Mapping[str, Sequence[Any]] | None = None,
    out: str | Path | None = None,
    *,
    jobs: int | None = None,
    draws: int = 20_000,
    seed: int = 2016,
    to: Sequence[str] = (),
    force: bool = False,
    timeout: float | None = 300.0,
    dask: str | None = None,
    progress: bool = True,
    notebook: bytes | None = None,
) -> pd.DataFrame:
    """Render scenario reports that are not up to date.

    Parameters
    ----------
    scenarios : str or sequence of str, optional
        All of the park's without.
    park : str, Path or a sequence of them
        Folders, or names of parks that come with the installation.
    langs : sequence of {"zh", "en"}, optional
        The park's languages without.
    levers : mapping, optional
        Set in every report: a number, or a range as a scenario file has it.
    grids : mapping of str to sequence, optional
        A report for each combination of these values.
    out : path, optional
        ``outputs`` without. Reports go to ``<out>/<park>/<scenario>[+levers]/<lang>``.
    jobs : int, optional
        Reports at a time; one a core without.
    draws, seed : int
        Of the Monte Carlo.
    to : sequence of str
        Further files: csv, docx, pdf, png, svg, xlsx.
    force : bool
        Render again what is up to date.
    timeout : float or None
        Seconds a report may take.
    dask : str, optional
        Address of a Dask scheduler to send the work to.
    progress : bool
        A bar on stderr, where that is a terminal.
    notebook : bytes, optional
        Another report notebook than the one that comes with the package.

    Returns
    -------
    DataFrame
        A row a report: ``status`` is ``ok`` or ``failed``, ``fresh`` says that nothing had to be
        done, ``seconds`` what making it took, ``error`` and ``cell`` what went wrong and where.

    Raises
    ------
    InputError
        With all problems of parks, names and values, before any work starts.

    Examples
    --------
    >>> render("combind", draws=64)
    Traceback (most recent call last):
    ...
    parkanalysis.errors.InputError: scenario: found unknown scenario 'combind'; allowed: alumina_price,
    closures, combined, ...; did you mean 'combined'?
    """
    out = Path("outputs" if out is None else out)
    _check_formats(to)
    parks, archives = _parks([park] if isinstance(park, str | Path) else park)
    content = scenario_notebook() if notebook is None else notebook
    tasks = plan(
        parks,
        archives,
        content,
        scenarios=[scenarios] if isinstance(scenarios, str) else scenarios,
        langs=langs,
        levers=levers or {},
        grids=grids or {},
        draws=draws,
        seed=seed,
        further=to,
    )
    works = {t.folder: Work(t, content, archives[t.park], timeout) for t in tasks}
    with locked(out, {t.folder.partition("/")[0] for t in tasks}), _manifests(out, tasks) as manifests:
        stale = [w for w in works.values() if force or not _fresh(manifests, out, w.task)]
        _make(stale, out, manifests, _engine(dask, jobs), bar=progress)
        rows = [_row(t, _record(manifests, t), fresh=works[t.folder] not in stale) for t in tasks]
    if stale:
        _write_index(out, parks)
    import pandas as pd

    return pd.DataFrame(rows, columns=COLUMNS)


def _check_formats(to: Sequence[str]) -> None:
    wrong = [Problem("--to", f"unknown format {f!r}", ", ".join(FURTHER)) for f in to if f not in FURTHER]
    if wrong:
        raise InputError(wrong)


def _parks(paths: Sequence[str | Path]) -> tuple[dict[str, Park], dict[str, bytes]]:
    from parkanalysis.park.park import park_path, read_park
    from parkanalysis.park.read import of_park

    parks: dict[str, Park] = {}
    archives: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            park = read_park(path)
        except InputError as error:
            problems += of_park(error.problems, path) if len(paths) > 1 else error.problems
            continue
        if park.id in parks and parks[park.id].digest != park.digest:
            problems.append(Problem("park", f"two parks called {park.id!r}", "folders of different names"))
        parks[park.id] = park
        archives[park.id] = pack(park_path(path))
    if problems:
        raise InputError(problems)
    return parks, archives


@contextlib.contextmanager
def _manifests(out: Path, tasks: Sequence[Task]) -> Iterator[dict[str, Manifest]]:
    """Read the records of the parks; write them however the run ends."""
    manifests = {t.park: Manifest(out / t.folder.partition("/")[0]) for t in tasks}
    for task in tasks:
        with contextlib.suppress(OSError):
            sweep(out / task.folder)
    try:
        yield manifests
    finally:
        for manifest in manifests.values():
            try:
                manifest.save()
            except OSError as error:  # the journal still holds the records; the next run reads it
                _log.warning("%s: %s", manifest.folder / MANIFEST, words(error))


def _record(manifests: Mapping[str, Manifest], task: Task) -> dict[str, Any]:
    return manifests[task.park].reports.get(record_name(task), {})


def _fresh(manifests: Mapping[str, Manifest], out: Path, task: Task) -> bool:
    return is_fresh(_record(manifests, task), task.hash, out / task.folder)


def _engine(
    dask: str | None, jobs: int | None
) -> Callable[[Iterable[Work]], Iterator[tuple[Work, Rendered]]]:
    if dask is None:
        return lambda works: run(works, jobs)
    from parkanalysis.rendering import cluster

    return lambda works: cluster.run(works, dask)


def _make(
    works: Sequence[Work],
    out: Path,
    manifests: Mapping[str, Manifest],
    engine: Callable[[Iterable[Work]], Iterator[tuple[Work, Rendered]]],
    *,
    bar: bool,
) -> None:
    """Render and store; when the disk refuses one report, the rest are not tried."""
    broken: OSError | None = None
    todo = (w for w in works if broken is None)
    with progress_bar(len(works), shown=bar) as advance:
        for work, rendered in engine(todo):
            broken = keep(work.task, rendered, out, manifests[work.task.park]) or broken
            advance()
    if broken is not None:
        failure = Failure("OSError", f"not tried: {words(broken)}")
        for task in (work.task for work in works):
            if _record(manifests, task).get("hash") != task.hash:
                manifests[task.park].note(record_name(task), entry(task, Rendered({}, failure=failure)))


def _row(task: Task, record: Mapping[str, Any], *, fresh: bool) -> list[object]:
    error = record.get("error") or {}
    message = f"{error['kind']}: {error['message']}" if error else ""
    return [
        task.park,
        task.scenario,
        levers_text(task.levers),
        task.lang,
        record["status"],
        fresh,
        record["seconds"],
        record["cell_seconds"],
        error.get("cell"),
        message,
        task.hash,
        task.folder,
    ]


def _write_index(out: Path, parks: Mapping[str, Park]) -> None:
    """The page over all reports."""
    from parkanalysis.report import overview

    try:
        overview.write(out, parks)
    except OSError as error:
        _log.warning("%s: %s", out / "index.html", words(error))


def results(folder: str | Path = "outputs") -> pd.DataFrame:
    """Load the results of all reports below ``folder`` as one tidy frame.

    Parameters
    ----------
    folder : path
        The output folder, or that of one park.

    Returns
    -------
    DataFrame
        What each report published, once for all its languages, with a first column ``report``
        (its folder) and ``levers`` (what was set beyond its scenario).

    Examples
    --------
    >>> results("nowhere")
    Traceback (most recent call last):
    ...
    parkanalysis.errors.InputError: nowhere: found no manifest.json;
    allowed: a folder that reports were rendered into
    """
    import pandas as pd

    root = Path(folder)
    manifests = sorted([*root.glob(MANIFEST), *root.glob(f"*/{MANIFEST}")])
    if not manifests:
        raise InputError(Problem(str(root), f"no {MANIFEST}", "a folder that reports were rendered into"))
    frames: dict[tuple[Path, str], pd.DataFrame] = {}
    for path in manifests:
        for name, record in Manifest(path.parent).reports.items():
            report = name.partition("/")[0]
            table = path.parent / name / TABLE
            if record["status"] == "ok" and (path.parent, report) not in frames and table.is_file():
                frame = pd.read_parquet(table)
                frame.insert(0, "report", report)
                frame.insert(1, "levers", levers_text(record["levers"]))
                frames[path.parent, report] = frame
    return pd.concat(frames.values(), ignore_index=True) if frames else pd.DataFrame()
