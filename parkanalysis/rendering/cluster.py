"""Reports beyond one machine: each a pure task from bytes to bytes, sent to Dask workers.

A worker needs this package installed as the sender has it, and nothing else: no shared disk, no
checkout. Files, manifest and cache stay with the sender.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.rendering import pool, tasks
from parkanalysis.rendering.pool import Work
from parkanalysis.rendering.report import Failure, Rendered

__all__ = ["make", "run"]

# What a number or a line of text in a report can depend on.
ESSENTIAL = (
    "Babel",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "statsmodels",
    "zhplot",
)
CONNECT_SECONDS = 20
AHEAD = 3  # reports sent per thread: enough to keep it busy, few enough to spare the scheduler's memory
RETRIES = 2


def fingerprint() -> str:
    """Hash over this library and the packages that reports depend on, to compare two machines."""
    versions = [f"{name}=={importlib.metadata.version(name)}" for name in ESSENTIAL]
    python = ".".join(map(str, sys.version_info[:2]))
    return hashlib.sha256("\n".join([tasks.library_hash(), python, *versions]).encode()).hexdigest()


def make(work: Work, expected: str) -> Rendered:
    """Make one report on a worker: a pure function of its arguments.

    Parameters
    ----------
    work : Work
        Notebook, park and parameters as bytes.
    expected : str
        The sender's :func:`fingerprint`; another one here would give other numbers.

    Examples
    --------
    >>> task = tasks.Task("qingzhen", "combined", "en", {}, "qingzhen/combined/en", {}, (), "")
    >>> make(Work(task, b"", b""), expected="the hash of another machine").failure.message
    'the worker has another version of this package, or of one that reports depend on'
    """
    if fingerprint() != expected:
        message = "the worker has another version of this package, or of one that reports depend on"
        return Rendered({}, failure=Failure("Installation", message))
    # A worker under a nanny counts as a daemon, which may not have children; this one ends its own.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return next(rendered for _, rendered in pool.run([work], jobs=1))


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        connect: Any = importlib.import_module("distributed").Client
    except ImportError:
        raise InputError(
            Problem("--dask", "no dask.distributed", "pip install 'parkanalysis[dask]'")
        ) from None
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        found = f"no scheduler at {address!r} ({type(error).__name__})"
        raise InputError(
            Problem("--dask", found, "the address of a running one, such as tcp://host:8786")
        ) from None
    try:
        yield client
    finally:
        client.close()


def run(works: Iterable[Work], address: str) -> Iterator[tuple[Work, Rendered]]:
    """Make reports on a cluster and yield each as it is done.

    Parameters
    ----------
    works : iterable of Work
        Taken as the workers keep up, so that neither side holds all of them at once.
    address : str
        Of a Dask scheduler, such as ``tcp://host:8786``.

    Raises
    ------
    InputError
        When no scheduler answers.

    Examples
    --------
    >>> list(run([], "tcp://host:8786"))  # nothing to do, nobody to ask
    []
    """
    waiting, expected = iter(works), fingerprint()
    first = next(waiting, None)
    if first is None:
        return
    with _client(address) as client:
        completed: Any = importlib.import_module("distributed").as_completed
        sent: dict[Any, Work] = {}

        def send(work: Work) -> Any:
            future = client.submit(
                make, work, expected, key=f"report-{work.task.hash}", retries=RETRIES, pure=True
            )
            sent[future] = work
            return future

        try:
            ahead = AHEAD * max(1, sum(client.nthreads().values()))
            done = completed([send(work) for work in [first, *islice(waiting, ahead - 1)]], loop=client.loop)
            for future in done:
                yield sent.pop(future), _result(future)
                future.release()
                for work in islice(waiting, 1):
                    done.add(send(work))
        finally:
            client.cancel(list(sent), force=True)


def _result(future: Any) -> Rendered:
    """What a report came to, be it that its worker was lost once too often."""
    try:
        rendered = future.result()
    except Exception as error:  # noqa: BLE001  whatever went wrong over there is the report's fate
        return Rendered({}, failure=Failure(type(error).__name__, str(error)))
    assert isinstance(rendered, Rendered)
    return rendered
