"""The stamp of a report: what it was made from and which files it consists of, in one file beside them.

A report counts as done only while its stamp and all its files agree. Files get their names one by one
and the stamp last: whatever moment a run is cut off at, a finished report is known as finished and a
half-finished one is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parkanalysis.cleaning import write_aside
from parkanalysis.rendering.notebook import Rendered, digest
from parkanalysis.rendering.plan import Report

STAMP = ".stamp.json"
OWN = ("report.*", "brief.*", "results.*", "results_*.*", "figure-*.*", "failed.ipynb")


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


def is_fresh(stamp: Mapping[str, Any], report: Report, folder: Path) -> bool:
    """Whether a folder holds the finished report with all files asked for, none of them changed since."""
    try:
        return (
            stamp.get("status") == "ok"
            and stamp["inputs"] == report.inputs
            and set(report.work.formats) <= set(stamp["formats"])
            and all(digest((folder / name).read_bytes()) == seen for name, seen in stamp["files"].items())
        )
    except OSError:
        return False


def entry(report: Report, rendered: Rendered, origin: str) -> dict[str, Any]:
    """The stamp of a report that was made, or was tried."""
    return {
        "park": report.work.park.id,
        "data": report.work.park.digest,
        "origin": origin,
        "scenario": report.scenario,
        "lang": report.lang,
        "levers": dict(report.levers),
        "status": "ok" if rendered.failure is None else "failed",
        "seconds": round(rendered.seconds, 3),
        "cell_seconds": round(rendered.cell_seconds, 3),
        "inputs": report.inputs,
        "formats": sorted(report.work.formats),
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
    for part in folder.glob(".*.part"):
        part.unlink()
    earlier = {path.name for pattern in OWN for path in folder.glob(pattern)}
    asides = {name: folder / f".{name}.part" for name in rendered.files}
    try:
        for name, content in rendered.files.items():
            asides[name].write_bytes(content)
        for name in earlier - set(rendered.files):
            (folder / name).unlink(missing_ok=True)
        for name, aside in asides.items():
            aside.replace(folder / name)
        write_aside(folder / STAMP, json.dumps({**stamp, "seal": _seal(stamp)}, indent=1).encode())
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)
