"""A hundred reports as easily as one: only what changed is made, in parallel, and every fate is on record."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.park import Park, known_parks
from parkanalysis.rendering import pool, stamp
from parkanalysis.rendering.notebook import TABLE, Failure, Rendered, Work, digest
from parkanalysis.rendering.plan import Order, Report, folder_name, levers_text, plan
from parkanalysis.report import pages
from parkanalysis.report.export import FORMATS

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    *("park", "scenario", "levers", "lang", "status", "fresh"),
    *("seconds", "cell_seconds", "cell", "error", "folder"),
]
_log = logging.getLogger(__name__)


def render(
    order: Order,
    parks: Iterable[Park],
    out: str | Path = "outputs",
    *,
    jobs: int | None = None,
    force: bool = False,
    dask: str | None = None,
    progress: bool = True,
    notebook: bytes | None = None,
) -> pd.DataFrame:
    """Render scenario reports that are not up to date.

    Parameters
    ----------
    order : Order
        Scenarios, languages, levers and files.
    parks : iterable of Park
    out : path
        Reports go to ``<out>/<park>/<scenario>[+levers]/<lang>``.
    jobs : int, optional
        Reports at a time; one a core without.
    force : bool
        Render again what is up to date.
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
        With all unknown names and values outside their bounds, before any work starts.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> render(Order(["combind"], draws=64), [read_park("qingzhen")])
    Traceback (most recent call last):
    ...
    parkanalysis.errors.InputError: scenario: found unknown scenario 'combind'; allowed: ...; did you mean
    'combined'?
    """
    import pandas as pd

    out = Path(out)
    wrong = [f for f in order.formats if f not in FORMATS]
    if wrong:
        raise InputError(Problem("--to", f"unknown format {f!r}", ", ".join(FORMATS)) for f in wrong)
    placed = _placed(out, parks)
    reports = plan(placed, order, notebook)
    origins = {r.work.folder: _origin(out, r.work.park) for r in reports}
    with locked(out, placed):
        stamps = {r.work.folder: stamp.read_stamp(out / r.work.folder) for r in reports}
        stale = [
            _with_earlier_formats(r, stamps[r.work.folder])
            for r in reports
            if force or not stamp.is_fresh(stamps[r.work.folder], r, out / r.work.folder)
        ]
        made = _make(stale, out, origins, _engine(jobs, dask), bar=progress) if stale else {}
        stamps |= made
        rows = [_row(r.work.folder, stamps[r.work.folder], fresh=r.work.folder not in made) for r in reports]
    if stale:
        _write_index(out, placed)
    return pd.DataFrame(rows, columns=COLUMNS)


def _engine(
    jobs: int | None, dask: str | None
) -> Callable[[Iterable[Work]], Iterator[tuple[Work, Rendered]]]:
    if dask is None:
        return lambda works: pool.run(works, jobs)
    return lambda works: pool.run_on_dask(works, dask)


def _write_index(out: Path, parks: Mapping[str, Park]) -> None:
    try:
        pages.write_index(out, parks)
    except OSError as error:
        _log.warning("%s: %s", out / "index.html", words(error))


def _origin(out: Path, park: Park) -> str:
    """Where a park lies as seen from the output folder, since both may move together."""
    if park.path == known_parks().get(park.id):
        return ""  # comes with the package, wherever that is installed
    try:
        return Path(os.path.relpath(park.path, out.resolve())).as_posix()
    except ValueError:  # on another drive
        return park.path.as_posix()


def _placed(out: Path, parks: Iterable[Park]) -> dict[str, Park]:
    """Each park by its folder; a second park of the same name, now or earlier, gets one of its own."""
    placed: dict[str, Park] = {}
    for park in parks:
        name, origin = folder_name(park.id), _origin(out, park)
        stamps = (stamp.read_stamp(path.parent) for path in out.glob(f"{name}/*/*/{stamp.STAMP}"))
        others = {s["origin"] for s in stamps if s} - {origin}
        if name in placed or any((out / other).exists() for other in others):
            name = f"{name}-{digest(origin)[:8]}"
        placed[name] = park
    return placed


@contextlib.contextmanager
def locked(out: Path, names: Iterable[str]) -> Iterator[None]:
    """Hold the folders of the parks: another run into them waits for this one's end."""
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as locks:
        for folder in (out / name for name in sorted(names)):
            try:
                if not folder.resolve().is_relative_to(out.resolve()):
                    raise OSError(f"{folder.name} leads out of the output folder")
                folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(folder / ".lock")
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    print(f"{folder}: another run is at work; waiting for its end", file=sys.stderr)
                    lock.acquire()
            except OSError as error:
                raise InputError(Problem(str(folder), words(error), "a folder to write to")) from None
            locks.callback(lock.release)
        yield


def words(error: OSError) -> str:
    """What the system says about an error, without its number."""
    return error.strerror or str(error)


def _with_earlier_formats(report: Report, before: Mapping[str, Any]) -> Report:
    """The report with the further files it had: what is written anew is written in full."""
    formats = dict.fromkeys([*report.work.formats, *before.get("formats", ())])
    return replace(report, work=replace(report.work, formats=tuple(formats)))


def _make(
    reports: Sequence[Report],
    out: Path,
    origins: Mapping[str, str],
    engine: Callable[[Iterable[Work]], Iterator[tuple[Work, Rendered]]],
    *,
    bar: bool,
) -> dict[str, dict[str, Any]]:
    """Render and store; return the stamps. When the disk refuses one report, the rest are not tried."""
    from rich.console import Console
    from rich.progress import track

    stamps: dict[str, dict[str, Any]] = {}
    by_folder = {r.work.folder: r for r in reports}
    broken: OSError | None = None
    console = Console(stderr=True)
    made = track(
        engine(r.work for r in reports if broken is None),
        "reports",
        len(reports),
        console=console,
        transient=True,
        disable=not (bar and console.is_terminal),
    )
    for work, rendered in made:
        report = by_folder[work.folder]
        stamps[work.folder] = stamp.entry(report, rendered, origins[work.folder])
        try:
            stamp.store(out, work.folder, rendered, stamps[work.folder])
        except OSError as error:
            broken = error
            failure = Failure(type(error).__name__, words(error))
            stamps[work.folder] = stamp.entry(report, Rendered({}, failure=failure), "")
    if broken is not None:
        failure = Failure("OSError", f"not tried: {words(broken)}")
        for folder in by_folder.keys() - stamps.keys():
            stamps[folder] = stamp.entry(by_folder[folder], Rendered({}, failure=failure), "")
    return stamps


def _row(folder: str, record: Mapping[str, Any], *, fresh: bool) -> list[object]:
    error = record["error"] or {}
    return [
        *(record["park"], record["scenario"], levers_text(record["levers"]), record["lang"]),
        *(record["status"], fresh, record["seconds"], record["cell_seconds"], error.get("cell")),
        f"{error['kind']}: {error['message']}" if error else "",
        folder,
    ]


def failure_table(failed: pd.DataFrame) -> str:
    """Return failed reports as a table for the terminal.

    Parameters
    ----------
    failed : DataFrame
        Rows of what :func:`render` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> failed = pd.DataFrame({"folder": ["qingzhen/severe/zh"], "cell": [4], "error": ["KeyError: 'steel'"]})
    >>> print(failure_table(failed).splitlines()[-2])
    │ qingzhen/severe/zh │ 4    │ KeyError: 'steel' │
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("report", "cell", "message", title=f"{len(failed)} failed", title_justify="left")
    for row in failed.to_dict("records"):
        cell = "" if row["cell"] != row["cell"] or row["cell"] is None else f"{row['cell']:g}"
        lines = [line for line in str(row["error"]).splitlines() if line.strip()]
        shown = (f"{row['folder']}", cell, lines[0] if lines else "")
        table.add_row(*(Text("".join(c if c.isprintable() else "�" for c in text)) for text in shown))
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return capture.get().rstrip()


def results(out: str | Path = "outputs") -> pd.DataFrame:
    """Load the results of all reports below a folder as one tidy frame.

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
    parkanalysis.errors.InputError: nowhere: found no report; allowed: a folder that reports
    were rendered into
    """
    import pandas as pd

    frames: dict[Path, pd.DataFrame] = {}
    for path in sorted(Path(out).glob(f"*/*/*/{stamp.STAMP}")):
        record, report = stamp.read_stamp(path.parent), path.parent.parent
        if record.get("status") == "ok" and report not in frames and TABLE in record["files"]:
            frame = pd.read_parquet(path.parent / TABLE)
            frame.insert(0, "report", report.relative_to(out).as_posix())
            frame.insert(1, "levers", levers_text(record["levers"]))
            frames[report] = frame
    if not frames:
        raise InputError(Problem(str(out), "no report", "a folder that reports were rendered into"))
    return pd.concat(frames.values(), ignore_index=True)
