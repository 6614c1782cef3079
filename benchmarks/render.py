"""Scenario reports by the package against a shell loop of papermill and nbconvert, in one run.

``python benchmarks/render.py`` prints: both times for the same reports, overhead a report beyond its
cells, whether the outputs are identical, and how time, memory and leftovers grow up to 200 reports. A
full run keeps its figures in ``benchmarks/render.json``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from parkanalysis.park import read_park
from parkanalysis.rendering import batch, pool
from parkanalysis.rendering.plan import Order, report_notebook

BIN = Path(sys.executable).parent
DRAWS = 20_000
LEVER = "alumina_price_2016"
RECORD = Path(__file__).with_suffix(".json")  # what the README's cost of many reports is computed from


def chosen(count: int) -> tuple[list[str], list[int]]:
    """Scenarios and prices of the shipped park that make ``count`` reports, up to the next five."""
    return list(read_park("qingzhen").scenarios)[:5], [1400 + 10 * n for n in range(-(-count // 5))]


def order(names: list[str], prices: list[int]) -> Order:
    """Reports in Chinese for each scenario and price."""
    return Order(names, ["zh"], grids={LEVER: prices}, draws=DRAWS)


def shell_loop(notebook: Path, cases: list[dict[str, Any]], out: Path) -> float:
    """Seconds that papermill and nbconvert take, one process after the other."""
    started = time.perf_counter()
    for number, case in enumerate(cases):
        path = out / f"{number}.ipynb"
        options = [a for name, value in {"lang": "zh", **case}.items() for a in ("-p", name, str(value))]
        run(BIN / "papermill", notebook, path, "--no-progress-bar", "-p", "draws", DRAWS, *options)
        run(BIN / "jupyter", "nbconvert", "--to", "html", path)
    return time.perf_counter() - started


def run(*command: object) -> None:
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


def packaged(names: list[str], prices: list[int], out: Path) -> tuple[float, Any]:
    """Seconds that the package takes for the same, from an empty folder and without a warm server."""
    started = time.perf_counter()
    frame = batch.render(order(names, prices), [read_park("qingzhen")], out)
    seconds = time.perf_counter() - started
    assert (frame["status"] == "ok").all(), batch.failures(frame)
    return seconds, frame


def outputs(path: Path) -> list[Any]:
    """All that a notebook's cells show, without what differs between any two runs."""
    node = nbformat.read(path, as_version=4)
    return [[o.get("data") or o.get("text") for o in c.get("outputs", ())] for c in node.cells]


@contextmanager
def peak_memory() -> Iterator[list[tuple[float, float]]]:
    """Resident MB of this process over time."""
    samples: list[tuple[float, float]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            samples.append((time.perf_counter(), pages * resource.getpagesize() / 2**20))

    thread = threading.Thread(target=watch)
    thread.start()
    yield samples
    stop.set()
    thread.join()


def leftovers(temporary: Path) -> str:
    """Folders of reports that are still there."""
    return f"{len(list(temporary.glob('*/[0-9]*')))} folders of reports"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=20, help="compared with the shell loop")
    parser.add_argument("--many", type=int, default=200, help="for time and memory")
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="pb"))
    # after all that this process itself has to remove there
    multiprocessing.util.Finalize(None, shutil.rmtree, (root, True), exitpriority=-2000)
    temporary = root / "tmp"
    temporary.mkdir()
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    notebook = root / "scenario_report.ipynb"
    notebook.write_bytes(report_notebook())
    names, prices = chosen(arguments.reports)
    cases = [{"scenario": n, LEVER: p} for n in names for p in prices]

    seconds, frame = packaged(names, prices, root / "packaged")
    overhead = (frame["seconds"] - frame["cell_seconds"]).median()
    print(f"the package: {seconds:.1f} s for {len(cases)} reports, start included", flush=True)
    print(f"overhead beyond the cells: {overhead:.2f} s a report (median)", flush=True)
    plain = root / "plain"
    plain.mkdir()
    slow = shell_loop(notebook, cases, plain)
    print(f"papermill and nbconvert in a shell loop: {slow:.1f} s", flush=True)
    print(f"ratio: {slow / seconds:.1f}", flush=True)
    folders = dict(zip(zip(frame["scenario"], frame["levers"], strict=True), frame["folder"], strict=True))
    same = 0
    for number, case in enumerate(cases):
        folder = folders[case["scenario"], f"{LEVER}={case[LEVER]}"]
        same += outputs(plain / f"{number}.ipynb") == outputs(root / "packaged" / folder / "report.ipynb")
    print(f"identical numbers, text and images: {same} of {len(cases)} reports", flush=True)

    names = ["reference"]
    prices = [1300 + 5 * n for n in range(arguments.many)]
    marks: list[float] = []
    store = batch.store

    def marked(*given: Any) -> Any:
        marks.append(time.perf_counter())
        return store(*given)

    batch.store = marked  # type: ignore[assignment]
    started = time.perf_counter()
    with peak_memory() as samples:
        batch.render(order(names, prices), [read_park("qingzhen")], root / "many")
    whole = time.perf_counter() - started
    half = len(marks) // 2
    print(f"{len(marks)} reports: {whole:.0f} s, start included", flush=True)
    first, second = marks[half] - marks[0], marks[-1] - marks[half]
    print(f"first half {first:.0f} s, second half {second:.0f} s")
    at_20 = max(mb for when, mb in samples if when <= marks[min(20, len(marks) - 1)])
    print(f"parent: {at_20:.0f} MB by report 20, {max(mb for _, mb in samples):.0f} MB by the last")
    print(f"left behind: {leftovers(temporary)}")
    size = sum(p.stat().st_size for p in (root / "many").rglob("*") if p.is_file())
    measured = {
        "cores": pool.cores(),
        "reports": len(marks),
        "seconds": round(whole, 1),
        "bytes": size,
        "speedup": round(slow / seconds, 1),
        "compared": len(cases),
        "overhead": round(overhead, 2),
    }
    print(json.dumps(measured))
    if len(cases) >= 20 and len(marks) >= 200:
        RECORD.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
