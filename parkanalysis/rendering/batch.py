"""A hundred reports as easily as one: only what changed is made, in parallel, and every fate is on record."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.park import PARAMETERS, Park, known_parks
from parkanalysis.rendering import pool
from parkanalysis.rendering.notebook import Failure, Rendered, Work, digest
from parkanalysis.rendering.plan import (
    Order,
    folder_name,
    is_fresh,
    levers_text,
    new_stamp,
    plan,
    read_stamp,
    store,
)
from parkanalysis.report.pages import STAMP, write_index

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger(__name__)


def render(
    order: Order,
    parks: Iterable[Park],
    out: str | Path = "outputs",
    *,
    jobs: int | None = None,
    force: bool = False,
    dask: str | None = None,
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
    placed = _placed(out, parks)
    works = plan(placed, order, out)
    with _locked(out):
        stamps = {w.folder: read_stamp(out / w.folder) for w in works}
        stale = [
            _with_earlier_formats(w, stamps[w.folder])
            for w in works
            if force or not is_fresh(stamps[w.folder], w, out / w.folder)
        ]
        run = partial(pool.run, jobs=jobs) if dask is None else partial(pool.run_on_dask, address=dask)
        made = _make(stale, out, run) if stale else {}
    if stale:
        try:
            write_index(out, placed)
        except OSError as error:
            _log.warning("%s: %s", out / "index.html", words(error))
    return pd.DataFrame(_row(w, {**stamps, **made}[w.folder], fresh=w.folder not in made) for w in works)


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
        stamps = (read_stamp(path.parent) for path in out.glob(f"{name}/*/*/{STAMP}"))
        others = {s["origin"] for s in stamps if s} - {origin}
        if name in placed or any((out / other).exists() for other in others):
            name = f"{name}-{digest(origin)[:8]}"
        placed[name] = park
    return placed


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the output folder: another run into it waits for this one's end."""
    from filelock import FileLock, Timeout

    lock = FileLock(out / ".lock")
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"{out}: another run is at work; waiting for its end", file=sys.stderr)
            lock.acquire()
    except OSError as error:
        raise InputError(Problem(str(out), words(error), "a folder to write to")) from None
    try:
        yield
    finally:
        lock.release()


def words(error: OSError) -> str:
    """What the system says about an error, without its number."""
    return error.strerror or str(error)


def _with_earlier_formats(work: Work, before: Mapping[str, Any]) -> Work:
    """The report with the further files it had: what is written anew is written in full."""
    return replace(work, formats=tuple(dict.fromkeys([*work.formats, *before.get("formats", ())])))


def _make(works: list[Work], out: Path, run: Any) -> dict[str, dict[str, Any]]:
    """Render and store; return the stamps. When the disk refuses one report, the rest are not tried."""
    from rich.console import Console
    from rich.progress import track

    stamps: dict[str, dict[str, Any]] = {}
    refused = ""
    console = Console(stderr=True)
    made = track(
        run(w for w in works if not refused),
        "reports",
        len(works),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    for work, rendered in made:
        stamp = new_stamp(work, rendered, _origin(out, work.park))
        try:
            store(out, work.folder, rendered, stamp)
        except OSError as error:
            refused = words(error)
            stamp = _failed(work, type(error).__name__, refused)
        stamps[work.folder] = stamp
    untried = (w for w in works if w.folder not in stamps)
    return stamps | {w.folder: _failed(w, "OSError", f"not tried: {refused}") for w in untried}


def _failed(work: Work, kind: str, message: str) -> dict[str, Any]:
    return new_stamp(work, Rendered({}, failure=Failure(kind, message)), "")


def _row(work: Work, stamp: Mapping[str, Any], *, fresh: bool) -> dict[str, object]:
    error = stamp["error"]
    return {
        **{name: work.parameters[name] for name in ("park", "scenario", "lang")},
        **{name: stamp[name] for name in ("status", "seconds", "cell_seconds")},
        "levers": levers_text({n: v for n, v in work.parameters.items() if n not in PARAMETERS}),
        "fresh": fresh,
        "cell": error and error["cell"],
        "error": f"{error['kind']}: {error['message']}" if error else "",
        "folder": work.folder,
    }


def failures(reports: pd.DataFrame) -> list[str]:
    """A line for each failed report.

    Parameters
    ----------
    reports : DataFrame
        What :func:`render` returned.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"status": "failed", "folder": "qingzhen/severe/zh", "cell": 4, "error": "KeyError: 'steel'"}
    >>> failures(pd.DataFrame([row]))
    ["qingzhen/severe/zh, cell 4: KeyError: 'steel'"]
    """
    lines = []
    for row in reports[reports["status"] == "failed"].to_dict("records"):
        cell = f", cell {row['cell']:g}" if row["cell"] and row["cell"] == row["cell"] else ""
        said = next((line for line in row["error"].splitlines() if line.strip()), "")
        lines.append("".join(c if c.isprintable() else "�" for c in f"{row['folder']}{cell}: {said}"))
    return lines
