"""Many jobs at once, each in a warm process of its own, none able to harm the others or the run."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from parkanalysis.rendering import kernels
from parkanalysis.rendering.report import Failure, Rendered, produce
from parkanalysis.rendering.tasks import Task, unpack

__all__ = ["Work", "cores", "run", "run_one"]

FOLDER = "parkanalysis-"
GRACE = 20.0  # seconds for a report to end by itself after its time is up
ATTEMPTS = 2  # a report whose process vanished, perhaps for want of memory, gets another


@dataclass(frozen=True)
class Work:
    """All that making one report needs: no file, no checkout.

    Attributes
    ----------
    task : Task
    notebook, archive : bytes
        The report notebook and the packed park.
    timeout : float or None
        Seconds for the report.
    """

    task: Task
    notebook: bytes
    archive: bytes
    timeout: float | None = None


def run_one(work: Work, folder: Path) -> Rendered:
    """Make a report in this process, with ``folder`` as its only place on disk.

    Examples
    --------
    >>> from parkanalysis.park.park import park_path
    >>> from parkanalysis.rendering.tasks import pack
    >>> task = Task("qingzhen", "combined", "en", {}, "qingzhen/combined/en", {}, (), "")
    >>> with tempfile.TemporaryDirectory() as folder:  # what fails is a result too
    ...     run_one(Work(task, b"no notebook", pack(park_path("qingzhen"))), Path(folder)).failure.kind
    'NotJSONError'
    """
    try:
        unpack(work.archive, folder)
        return produce(
            work.notebook,
            work.task.parameters,
            folder=folder,
            further=work.task.further,
            timeout=work.timeout,
        )
    except Exception as error:  # noqa: BLE001  a failed report is a result; the run goes on
        return Rendered({}, failure=Failure(type(error).__name__, str(error)))


def cores() -> int:
    """Cores this process may use.

    Examples
    --------
    >>> 1 <= cores() <= os.cpu_count()
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _serve(work: Work, folder: str, connection: Connection) -> None:
    """Body of a report's process: all its temporary files go into ``folder``."""
    os.mkdir(folder, mode=0o700)  # here, where a watch removes it should the parent die
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    rendered = run_one(work, Path(folder))
    with contextlib.suppress(OSError, EOFError):
        connection.send(rendered)
        connection.recv()
    threading.Event().wait()  # stay until the parent, or the watch over it, ends the whole group


@dataclass
class _Running:
    work: Work
    attempt: int
    folder: str
    connection: Connection
    process: BaseProcess
    deadline: float

    @classmethod
    def start(cls, work: Work, attempt: int = 1) -> _Running:
        folder = os.path.join(tempfile.gettempdir(), f"{FOLDER}{os.getpid()}-{secrets.token_hex(6)}")
        ours, theirs = multiprocessing.Pipe()
        try:
            process = kernels.fork(_serve, work, folder, theirs, folder=folder)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        limit = float("inf") if work.timeout is None else work.timeout + GRACE
        return cls(work, attempt, folder, ours, process, time.monotonic() + limit)

    def result(self) -> Rendered | None:
        """What the process sent; a failure when its time is up; None when it vanished."""
        if self.connection.poll():
            try:
                rendered = self.connection.recv()
            except (EOFError, OSError):
                return None
            assert isinstance(rendered, Rendered)
            return rendered
        if time.monotonic() > self.deadline:
            limit = f"no result within {self.work.timeout:g} s"
            return Rendered({}, failure=Failure("Timeout", limit))
        return None

    def end(self) -> None:
        """End the process with its kernel and all they started; leave no file."""
        if hasattr(os, "killpg") and self.process.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.exitcode is None:
            self.process.kill()
        self.process.join()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of runs that were killed before they could do so themselves."""
    if not hasattr(os, "killpg"):  # elsewhere there is no harmless way to ask whether a process runs
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        owner = folder.name.removeprefix(FOLDER).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's process
        return True
    return True


def _try_again(rendered: Rendered | None) -> bool:
    """Whether the report's process vanished, or its kernel could not even start."""
    if rendered is None or rendered.failure is None:
        return rendered is None
    unstarted = (
        "BrokenPipeError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "EOFError",
        "RuntimeError",
    )
    return rendered.failure.cell is None and rendered.failure.kind in unstarted


def _lost(running: _Running) -> Rendered:
    code = running.process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
    return Rendered({}, failure=Failure("Killed", f"the report's process ended by {how}"))


def run(works: Iterable[Work], jobs: int | None = None) -> Iterator[tuple[Work, Rendered]]:
    """Make reports, ``jobs`` at a time, and yield each as it is done.

    However the loop over it ends, by an error, by Ctrl-C or by closing it, nothing stays behind.

    Parameters
    ----------
    works : iterable of Work
        Taken one by one as there is room.
    jobs : int, optional
        One a core without.

    Examples
    --------
    >>> from nbformat import v4, writes
    >>> from parkanalysis.park.park import park_path
    >>> from parkanalysis.rendering.tasks import pack
    >>> notebook = writes(v4.new_notebook(cells=[v4.new_code_cell("print(lang)")])).encode()
    >>> task = Task("qingzhen", "combined", "en", {}, "qingzhen/combined/en", {"lang": "en"}, (), "")
    >>> works = [Work(task, notebook, pack(park_path("qingzhen")))]
    >>> [(work.task.scenario, sorted(rendered.files)) for work, rendered in run(works)]
    [('combined', ['report.html', 'report.ipynb'])]
    """
    sweep()
    waiting, running, limit = iter(works), list[_Running](), jobs or cores()
    kernels.wait_until_warm()
    try:
        while True:
            while len(running) < limit and (work := next(waiting, None)) is not None:
                running.append(_Running.start(work))
            if not running:
                return
            nearest = min(r.deadline for r in running) - time.monotonic()
            timeout = None if nearest == float("inf") else max(0.0, nearest)
            ready = wait([r.connection for r in running], timeout)
            for done in [r for r in running if r.connection in ready or time.monotonic() > r.deadline]:
                rendered = done.result()
                done.end()
                running.remove(done)
                if _try_again(rendered) and done.attempt < ATTEMPTS:
                    running.append(_Running.start(done.work, done.attempt + 1))
                else:
                    yield done.work, rendered or _lost(done)
    finally:
        for left in running:
            left.end()
