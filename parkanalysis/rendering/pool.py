"""Many reports at once, each in a warm process of its own, none able to harm the others or the run.

The processes come from the standard library's fork server, which has the heavy libraries in memory
already; where fork is not to be had each starts the ordinary way. All they write on the way goes into one
folder of this process, which a lock marks as in use: what a killed run left behind, the next one removes.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import itertools
import logging
import math
import multiprocessing
import multiprocessing.util
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

import numpy
from filelock import FileLock, Timeout

from parkanalysis.errors import InputError, Problem
from parkanalysis.park import read_park
from parkanalysis.rendering.notebook import Failure, Rendered, Work, installation, make
from parkanalysis.rendering.plan import report_notebook

PREFIX = "parkanalysis-work-"  # none of the folders that are not held by a lock
LONGEST_FOLDER = 60  # the path of a server's socket in it holds 107 bytes
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
WARM = "PARKANALYSIS_WARM"  # tells the fork server our folder and the park that it is to know
PRELOAD = ["parkanalysis.rendering.pool"]
GRACE = 20.0  # seconds for a report to end by itself after its time is up
ATTEMPTS = 2  # a report whose process vanished, perhaps for want of memory, gets another
CONNECT_SECONDS = 20
AHEAD = 3  # reports sent per thread of a cluster: enough to keep it busy, few enough for its memory
SIGNALS = {getattr(signal, name) for name in ("SIGHUP", "SIGINT", "SIGTERM") if hasattr(signal, name)}


def cores() -> int:
    """Cores this process may use.

    Examples
    --------
    >>> 1 <= cores() <= os.cpu_count()
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- the folder of this process ---


@functools.cache
def _held() -> FileLock:
    """The lock in the folder of this process; it holds until the process ends."""
    try:
        places = [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"]
        short = [p for p in places if len(os.fsencode(p)) <= LONGEST_FOLDER and os.access(p, os.W_OK)]
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=short[0] if short else places[0])
    except OSError as error:
        found = f"none that can be written to ({error.strerror or error})"
        raise InputError(Problem("temporary folder", found, "TMPDIR set to one")) from None
    lock = FileLock(os.path.join(folder, ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:  # another run has taken it for one of the dead
        _held.cache_clear()
        return _held()
    # last of all, after the reports' folders in it
    multiprocessing.util.Finalize(None, shutil.rmtree, (folder, True), exitpriority=-1000)
    return lock


def scratch() -> str:
    """Folder of this process for all that reports write on the way; removed at exit.

    Raises
    ------
    InputError
        Where no temporary folder can be written to.
    """
    return os.path.dirname(_held().lock_file)


def sweep() -> None:
    """Remove the folders of runs that were killed before they could do so themselves."""
    for folder in Path(scratch()).parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), FileLock(folder / ".lock").acquire(timeout=0):
            shutil.rmtree(folder, ignore_errors=True)


# --- processes ---


@functools.cache
def _context() -> Any:
    """How processes start; a server's socket lies in our folder."""
    multiprocessing.current_process()._config["tempdir"] = scratch()  # type: ignore[attr-defined]
    context: Any = multiprocessing.get_context(METHOD)
    if METHOD == "forkserver":
        context.set_forkserver_preload(PRELOAD)
    return context


def warm_up(folder: str, park: str) -> None:
    """Make one small report of a park, all but the processes: what it read stays in memory.

    A process forked afterwards finds all of it there. Nothing here may open a socket, start a thread or
    create an event loop: a fork would inherit a broken copy.
    """
    tempfile.tempdir = folder  # where matplotlib, too, keeps its fonts if there is no home; no news
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # builds a grammar of addresses for a second, where it is installed; no notebook needs it
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    there = read_park(park)
    parameters = {"park": there.id, "scenario": next(iter(there.scenarios)), "draws": 64}
    with tempfile.TemporaryDirectory() as place:
        make(Work("", report_notebook(), there, parameters, ("xlsx",)), Path(place))


_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def _undisturbed(park: Path) -> Iterator[None]:
    """Hold signals back, so that none cuts a start in half; hide ``__main__``, which no child may run.

    A fork server that starts meanwhile warms up with ``park``.
    """
    held = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS) if held else set()
    try:
        with _ONE_AT_A_TIME:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = types.ModuleType("__main__")
            os.environ[WARM] = f"{scratch()}{os.pathsep}{park}"
            try:
                yield
            finally:
                del os.environ[WARM]
                sys.modules["__main__"] = main
    finally:
        if held:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """End this process group as soon as the process that asked for it is gone."""
    cast(BaseProcess, multiprocessing.parent_process()).join()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _serve(work: Work, folder: str, connection: Connection) -> None:
    """Body of a report's process: all its temporary files go into ``folder``."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    numpy.random.seed()  # noqa: NPY002 - the server's state would be shared by all
    os.mkdir(folder, mode=0o700)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    rendered = make(work, Path(folder))
    with contextlib.suppress(OSError, EOFError):
        connection.send(rendered)
    threading.Event().wait()  # stay until the parent ends the whole group, with all that cells started


_NUMBERS = itertools.count(1)


@dataclass
class _Running:
    work: Work
    attempt: int
    folder: str = field(default_factory=lambda: os.path.join(scratch(), f"{next(_NUMBERS)}"))

    def __post_init__(self) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            self.process = _context().Process(target=_serve, args=(self.work, self.folder, theirs))
            try:
                self.process.start()
            except (EOFError, ConnectionError):  # the server has died; the next start makes another
                self.process.start()
        self.deadline = time.monotonic() + (self.work.timeout or math.inf) + GRACE

    def result(self) -> Rendered | None:
        """What the process sent; a failure when its time is up; None when it vanished."""
        if not self.connection.poll():
            return Rendered({}, failure=Failure("Timeout", f"no result within {self.work.timeout:g} s"))
        try:
            return cast(Rendered, self.connection.recv())
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """End the process with all it started; leave no file."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.exitcode is None:
            self.process.kill()
        self.process.join()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def lost(self) -> Rendered:
        """What to tell of a report whose process vanished once too often."""
        code = self.process.exitcode
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return Rendered({}, failure=Failure("Killed", f"the report's process ended by {how}, twice"))


def _begin(running: list[_Running], work: Work, attempt: int = 1) -> None:
    with _undisturbed(work.park.path):  # until it is on the list of those to end
        running.append(_Running(work, attempt))


def run(works: Iterable[Work], jobs: int | None = None) -> Iterator[tuple[Work, Rendered]]:
    """Make reports, ``jobs`` at a time, and yield each as it is done.

    However the loop over it ends, by an error, by a signal or by closing it, nothing stays behind.

    Parameters
    ----------
    works : iterable of Work
        Taken one by one as there is room.
    jobs : int, optional
        One a core without.

    Examples
    --------
    >>> from nbformat import v4, writes
    >>> from parkanalysis.park.park import read_park
    >>> notebook = writes(v4.new_notebook(cells=[v4.new_code_cell("print(lang)")])).encode()
    >>> works = [Work("qingzhen/combined/en", notebook, read_park("qingzhen"), {"lang": "en"})]
    >>> [(work.folder, sorted(rendered.files)) for work, rendered in run(works)]
    [('qingzhen/combined/en', ['report.html', 'report.ipynb'])]
    """
    waiting, running, finished = iter(works), list[_Running](), list[tuple[Work, Rendered]]()
    sweep()
    try:
        while True:
            while len(running) < (jobs or cores()) and (work := next(waiting, None)) is not None:
                _begin(running, work)
            # only now, when others are at work while these are put away
            yield from finished
            if not running:
                return
            finished = []
            left = min(r.deadline for r in running) - time.monotonic()
            ready = wait([r.connection for r in running], None if left == math.inf else max(0.0, left))
            for done in [r for r in running if r.connection in ready or time.monotonic() > r.deadline]:
                rendered = done.result()
                done.end()
                running.remove(done)
                if rendered is None and done.attempt < ATTEMPTS:
                    _begin(running, done.work, done.attempt + 1)
                else:
                    finished.append((done.work, rendered or done.lost()))
    finally:
        for still in running:
            still.end()
        sweep()


# --- a cluster ---


def _make_there(work: Work, expected: str) -> Rendered:
    """Make a report on a worker of a cluster, in a process of its own as at home."""
    if installation() != expected:
        message = "the worker has another version of this package, or of one that it depends on"
        return Rendered({}, failure=Failure("Installation", message))
    # a worker under a nanny counts as a daemon, which may not have children; this one ends its own
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return next(rendered for _, rendered in run([work], jobs=1))


def run_on_dask(works: Iterable[Work], address: str) -> Iterator[tuple[Work, Rendered]]:
    """Make reports on a Dask cluster and yield each as it is done.

    A worker needs this package installed as the sender has it, and nothing else: no shared disk. Whoever
    reaches the scheduler can run code on every worker, so it belongs on a network of its own.

    Parameters
    ----------
    works : iterable of Work
        Taken as the workers keep up.
    address : str
        Of a scheduler, such as ``tcp://host:8786``.

    Raises
    ------
    InputError
        When no scheduler answers.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except ImportError:
        allowed = "pip install 'parkanalysis[dask]'"
        raise InputError(Problem("--dask", "no dask.distributed", allowed)) from None
    except (OSError, ValueError, TypeError) as error:
        found = f"no scheduler at {address!r} ({type(error).__name__})"
        allowed = "the address of a running one, such as tcp://host:8786"
        raise InputError(Problem("--dask", found, allowed)) from None
    waiting, sent = iter(works), dict[Any, Work]()

    def send(count: int) -> list[Any]:
        works, options = list(itertools.islice(waiting, count)), {"retries": ATTEMPTS, "pure": False}
        futures = [client.submit(_make_there, work, installation(), **options) for work in works]
        sent.update(zip(futures, works, strict=True))
        return futures

    with client:
        first = send(AHEAD * max(1, sum(client.nthreads().values())))
        done = distributed.as_completed(first, loop=client.loop)
        try:
            for future in done:
                raised = future.exception()
                lost = Failure(type(raised).__name__, str(raised)) if raised else None
                yield sent.pop(future), Rendered({}, failure=lost) if lost else future.result()
                future.release()
                done.update(send(1))
        finally:
            client.cancel(list(sent), force=True)


# the fork server, which imports this before it forks for the first time
if METHOD == "forkserver" and WARM in os.environ:
    with contextlib.suppress(Exception):  # what fails here fails again, visibly, in the report
        warm_up(*os.environ.pop(WARM).split(os.pathsep, 1))
    # pages shared with the children stay shared when the collector leaves these objects alone; a report
    # is over before collecting what it leaves would pay
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
