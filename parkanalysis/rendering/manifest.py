"""The record of what was rendered: one ``manifest.json`` a park, and a journal while a run goes on.

A report's record names the hash of all it was made from and of each of its files. It is written
before the files get their names, and counts only while they match it: whatever moment a run is cut
off at, a finished report is known as finished and a half-finished one is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.rendering.report import FAILED, NOTEBOOK, PAGE, TABLE, Failure, Rendered, write_aside
from parkanalysis.rendering.tasks import Task

__all__ = ["Manifest", "is_fresh"]

MANIFEST, JOURNAL = "manifest.json", ".manifest.journal"
FORMAT = 1
# What a failed or lesser render must not leave standing beside its own files.
OWN = frozenset({NOTEBOOK, PAGE, TABLE, FAILED, "results.csv", "results.xlsx", "report.docx", "report.pdf"})
OWN_FIGURES = ("figure-*.png", "figure-*.svg")
_log = logging.getLogger(__name__)


def sha256(content: bytes) -> str:
    """Hash of a file's content."""
    return hashlib.sha256(content).hexdigest()


def _seal(record: object) -> str:
    return sha256(json.dumps(record, sort_keys=True, ensure_ascii=True).encode())


class Manifest:
    """Records of a park's reports, by folder below the park's own.

    Parameters
    ----------
    folder : Path
        ``outputs/<park>``. Damaged records are left out with a warning, so that their reports are
        made again.

    Attributes
    ----------
    reports : dict of str to dict
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: dict[str, dict[str, Any]] = self._read()
        self._touched: set[str] = set()
        self._written = json.dumps(self.reports, sort_keys=True)
        for name, record in self._journal():
            self.reports[name] = record

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            document = json.loads((self.folder / MANIFEST).read_bytes())
            if document["format"] == FORMAT and document["seal"] == _seal(document["reports"]):
                reports: dict[str, dict[str, Any]] = document["reports"]
                return reports
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError):
            pass
        _log.warning("%s is damaged: its reports are made again", self.folder / MANIFEST)
        return {}

    def _journal(self) -> Iterator[tuple[str, dict[str, Any]]]:
        try:
            lines = (self.folder / JOURNAL).read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in filter(None, lines):
            # A run cut off while it wrote leaves half a line; its report was not finished.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if entry["seal"] == _seal([entry["folder"], entry["record"]]):
                    yield entry["folder"], entry["record"]

    def note(self, name: str, record: dict[str, Any]) -> None:
        """Record a report in memory alone."""
        self.reports[name] = record
        self._touched.add(name)

    def add(self, name: str, record: dict[str, Any]) -> None:
        """Record a report, in memory and in the journal."""
        self.note(name, record)
        entry = {"folder": name, "record": record, "seal": _seal([name, record])}
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
            # A line that was cut off before must not swallow this one.
            journal.write("\n" + json.dumps(entry) + "\n")

    def save(self) -> None:
        """Write ``manifest.json`` if anything changed, drop records of removed folders and the journal."""
        kept = {
            n: r for n, r in sorted(self.reports.items()) if n in self._touched or (self.folder / n).is_dir()
        }
        if json.dumps(kept, sort_keys=True) != self._written or not (self.folder / MANIFEST).exists():
            document = {"format": FORMAT, "seal": _seal(kept), "reports": kept}
            text = json.dumps(document, ensure_ascii=False, indent=1)
            write_aside(self.folder / MANIFEST, text.encode())
        (self.folder / JOURNAL).unlink(missing_ok=True)


def is_fresh(record: Mapping[str, Any] | None, key: str, folder: Path) -> bool:
    """Whether a record says that ``folder`` holds the finished report ``key``, and its files agree.

    Parameters
    ----------
    record : mapping or None
    key : str
        Hash over all the report depends on.
    folder : Path

    Examples
    --------
    >>> import tempfile
    >>> record = {"status": "ok", "hash": "k1", "files": {"report.html": sha256(b"<p>40</p>")}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = Path(folder) / "report.html"
    ...     for content in (b"<p>40</p>", b"<p>45</p>"):
    ...         _ = page.write_bytes(content)
    ...         is_fresh(record, "k1", Path(folder))
    True
    False
    """
    try:
        if record is None or record["status"] != "ok" or record["hash"] != key or not record["files"]:
            return False
        return all(sha256((folder / name).read_bytes()) == seal for name, seal in record["files"].items())
    except (OSError, KeyError, TypeError, AttributeError, ValueError):
        return False


def check_inside(folder: Path, out: Path) -> None:
    """Refuse a folder that leads out of ``out``, be it through a name or a symbolic link.

    Raises
    ------
    OSError
    """
    if not folder.resolve().is_relative_to(out.resolve()):
        raise OSError(f"{folder.name} leads out of the output folder")


def store(
    folder: Path, files: Mapping[str, bytes], manifest: Manifest, name: str, record: dict[str, Any]
) -> None:
    """Put a report's files into place: all aside, then the record, then the names.

    Parameters
    ----------
    folder : Path
        Of this report; what else it holds from an earlier render is removed.
    files : mapping of str to bytes
    manifest : Manifest
    name : str
        Of the record.
    record : dict

    Raises
    ------
    OSError
        When the disk is full or may not be written; what stood there before is still whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    figures = (path.name for pattern in OWN_FIGURES for path in folder.glob(pattern))
    before = OWN.union(manifest.reports.get(name, {}).get("files") or (), figures)
    asides = {file: folder / f".{file}.part" for file in files}
    try:
        for file, content in files.items():
            asides[file].write_bytes(content)
        manifest.add(name, record)
        for stale in before - set(files):
            (folder / Path(stale).name).unlink(missing_ok=True)
        for file, aside in asides.items():
            aside.replace(folder / file)
    finally:
        sweep(folder)


def sweep(folder: Path) -> None:
    """Remove what an interrupted run left half-written in ``folder``."""
    if folder.is_dir():
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)


def words(error: OSError) -> str:
    """What the system says about an error, without its number."""
    return error.strerror or str(error)


@contextlib.contextmanager
def locked(out: Path, parks: Iterable[str]) -> Iterator[None]:
    """Hold the folders of the parks: another run into them waits for this one's end."""
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as locks:
        for name in sorted(parks):
            try:
                check_inside(out / name, out)
                (out / name).mkdir(parents=True, exist_ok=True)
                lock = FileLock(out / name / ".lock")
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    print(f"{out / name}: another run is at work; waiting for its end", file=sys.stderr)
                    lock.acquire()
            except OSError as error:
                raise InputError(Problem(str(out / name), words(error), "a folder to write to")) from None
            locks.callback(lock.release)
        yield


def record_name(task: Task) -> str:
    """Name of a task's record: its folder below the park's."""
    return task.folder.partition("/")[2]


def entry(task: Task, rendered: Rendered) -> dict[str, Any]:
    """Return the record of a report."""
    return {
        "scenario": task.scenario,
        "lang": task.lang,
        "levers": dict(task.levers),
        "status": "ok" if rendered.failure is None else "failed",
        "seconds": round(rendered.seconds, 3),
        "cell_seconds": round(rendered.cell_seconds, 3),
        "hash": task.hash,
        "files": {name: sha256(content) for name, content in rendered.files.items()},
        "error": None if rendered.failure is None else asdict(rendered.failure),
    }


def keep(task: Task, rendered: Rendered, out: Path, manifest: Manifest) -> OSError | None:
    """Store what was rendered; return the error when the disk would not take it, which is on record then."""
    folder = out / task.folder
    try:
        check_inside(folder, out)
        store(folder, rendered.files, manifest, record_name(task), entry(task, rendered))
    except OSError as error:
        failure = Failure(type(error).__name__, words(error))
        manifest.note(record_name(task), entry(task, Rendered({}, failure=failure)))
        return error
    return None
