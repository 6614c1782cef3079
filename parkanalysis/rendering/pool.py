"""Many reports at once, each in a warm process of its own, none able to harm the others or the run.

The processes come from the standard library's fork server, which has the heavy libraries in memory
already; where fork is not to be had each starts the ordinary way. All they write on the way goes into one
folder of this process, which a lock marks as in use: what a killed run left behind, the next one removes.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
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
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.rendering.notebook import Failure, Rendered, Work, installation, make

PREFIX = "parkanalysis-run-"  # none of the folders that are not held by a lock
LONGEST_SOCKET_FOLDER = 60  # a Unix socket's path holds 107 bytes, names are still to follow
PRELOAD = ["parkanalysis.rendering.preload"]
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


def _lock(folder: str) -> int | None:
    """Take hold of a folder until the process ends; None where somebody else has it."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.stat(folder)  # it may have been swept away in between
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@functools.cache
def scratch() -> str:
    """Folder of this process for all that reports write on the way; removed at exit.

    Raises
    ------
    InputError
        Where no temporary folder can be written to.
    """
    try:
        folder = tempfile.mkdtemp(prefix=PREFIX)
    except OSError as error:
        found = f"none that can be written to ({error.strerror or error})"
        raise InputError(Problem("temporary folder", found, "TMPDIR set to one")) from None
    if os.name == "posix" and _lock(folder) is None:
        scratch.cache_clear()
        return scratch()
    # last of all, after the fork server's own folder in it
    multiprocessing.util.Finalize(None, shutil.rmtree, (folder, True), exitpriority=-1000)
    return folder


def sweep() -> None:
    """Remove the folders of runs that were killed before they could do so themselves."""
    if os.name != "posix":
        return
    for folder in Path(scratch()).parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            descriptor = _lock(str(folder))
            if descriptor is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)


def _place_for_sockets() -> bool:
    """Have the fork server's socket in our folder, or where a path is short enough; whether there is one."""
    before = tempfile.tempdir
    places = [scratch(), *(f for f in ("/tmp", "/var/tmp", "/dev/shm") if os.access(f, os.W_OK))]
    short = next((p for p in places if len(os.fsencode(p)) <= LONGEST_SOCKET_FOLDER), None)
    if short is None:
        return False
    try:
        tempfile.tempdir = short
        multiprocessing.util.get_temp_dir()
    finally:
        tempfile.tempdir = before
    return True


def _place_for_settings() -> None:
    """Where there is no home to keep them in, matplotlib keeps its fonts in our folder."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "matplotlib")
    try:
        home.mkdir(parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        os.environ.setdefault("MPLCONFIGDIR", scratch())


@functools.cache
def _context() -> Any:
    _place_for_settings()
    if "forkserver" not in multiprocessing.get_all_start_methods() or not _place_for_sockets():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back, so that none cuts a start in half; hide ``__main__``, which no child may run."""
    held = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS) if held else set()
    try:
        with _ONE_AT_A_TIME:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = types.ModuleType("__main__")
            try:
                yield
            finally:
                sys.modules["__main__"] = main
    finally:
        if held:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(target: Any, *args: object) -> BaseProcess:
    for last in (False, True):
        process: BaseProcess = _context().Process(target=target, args=args)
        try:
            process.start()
            break
        except (EOFError, ConnectionError):  # the server has died; the next start makes another
            if last:
                raise
    return process


def _end_with_parent() -> None:
    """End this process group as soon as the process that asked for it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
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
    if numpy := sys.modules.get("numpy"):  # the server's state would be shared by all
        numpy.random.seed()
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
    attempt: int = 1
    folder: str = field(default_factory=lambda: os.path.join(scratch(), f"{next(_NUMBERS)}"))

    def __post_init__(self) -> None:
        limit = float("inf") if self.work.timeout is None else self.work.timeout + GRACE
        self.connection, theirs = multiprocessing.Pipe()
        try:
            self.process = _start(_serve, self.work, self.folder, theirs)
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()
        self.deadline = time.monotonic() + limit

    def result(self) -> Rendered | None:
        """What the process sent; a failure when its time is up; None when it vanished."""
        if self.connection.poll():
            try:
                rendered = self.connection.recv()
            except (EOFError, OSError):
                return None
            assert isinstance(rendered, Rendered)
            return rendered
        return Rendered({}, failure=Failure("Timeout", f"no result within {self.work.timeout:g} s"))

    def end(self) -> None:
        """End the process with all it started; leave no file."""
        if hasattr(os, "killpg") and self.process.pid:
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
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return Rendered({}, failure=Failure("Killed", f"the report's process ended by {how}, twice"))


def _begin(running: list[_Running], work: Work, attempt: int = 1) -> None:
    with _undisturbed():  # until it is on the list of those to end
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
    waiting, running, limit = iter(works), list[_Running](), jobs or cores()
    sweep()
    try:
        while True:
            while len(running) < limit and (work := next(waiting, None)) is not None:
                _begin(running, work)
            if not running:
                return
            nearest = min(r.deadline for r in running) - time.monotonic()
            timeout = None if nearest == float("inf") else max(0.0, nearest)
            ready = wait([r.connection for r in running], timeout)
            for done in [r for r in running if r.connection in ready or time.monotonic() > r.deadline]:
                rendered = done.result()
                done.end()
                running.remove(done)
                if rendered is None and done.attempt < ATTEMPTS:
                    _begin(running, done.work, done.attempt + 1)
                else:
                    yield done.work, rendered or done.lost()
    finally:
        for left in running:
            left.end()
        sweep()


def _make_there(work: Work, expected: str) -> Rendered:
    """Make a report on a worker of a cluster, in a process of its own as at home."""
    if installation() != expected:
        message = "the worker has another version of this package, or of one that it depends on"
        return Rendered({}, failure=Failure("Installation", message))
    # a worker under a nanny counts as a daemon, which may not have children; this one ends its own
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return next(rendered for _, rendered in run([work], jobs=1))


def _client(address: str) -> Any:
    try:
        connect: Any = importlib.import_module("distributed").Client
    except ImportError:
        raise InputError(
            Problem("--dask", "no dask.distributed", "pip install 'parkanalysis[dask]'")
        ) from None
    try:
        return connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        found = f"no scheduler at {address!r} ({type(error).__name__})"
        raise InputError(
            Problem("--dask", found, "the address of a running one, such as tcp://host:8786")
        ) from None


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
    waiting, sent = iter(works), dict[Any, Work]()
    with _client(address) as client:

        def send(work: Work) -> Any:
            future = client.submit(_make_there, work, installation(), retries=ATTEMPTS, pure=False)
            sent[future] = work
            return future

        ahead = AHEAD * max(1, sum(client.nthreads().values()))
        done = importlib.import_module("distributed").as_completed(
            [send(work) for work in itertools.islice(waiting, ahead)], loop=client.loop
        )
        try:
            for future in done:
                error = future.exception()
                lost = Failure(type(error).__name__, str(error)) if error else None
                yield sent.pop(future), Rendered({}, failure=lost) if lost else future.result()
                future.release()
                done.update([send(work) for work in itertools.islice(waiting, 1)])
        finally:
            client.cancel(list(sent), force=True)
