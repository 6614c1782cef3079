"""Many parks: loading, projecting and adding up 300 generated ones; loading one of 10,000 ledger rows.

python benchmarks/many_parks.py [PARKS]
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from parkanalysis.model.check import check
from parkanalysis.model.compare import portfolio, read_parks
from parkanalysis.model.projection import project
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import read_park

DRAWS = 20_000
LEDGER_ROWS = 10_000
LEVERS = 500


@contextmanager
def clock(what: str) -> Iterator[None]:
    """Print how long a step took, by the clock and in computing time of this process."""
    start, work = time.perf_counter(), time.process_time()
    yield
    took, worked = time.perf_counter() - start, time.process_time() - work
    print(f"{what}: {took:.2f} s ({worked:.2f} s computing)", flush=True)


def rewrite(file: Path, change: object) -> None:
    """Pass the rows of a CSV file through a function."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows = change(rows)  # type: ignore[operator]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def generate(folder: Path, number: int) -> Path:
    """A park like the template, with a size and a history of its own."""
    rng = np.random.default_rng(number)
    park = folder / f"park_{number:03d}"
    shutil.copytree(TEMPLATE, park)
    size = float(rng.uniform(0.9, 1.1))

    def history(rows: list[list[str]]) -> list[list[str]]:
        return [
            rows[0],
            *([*r[:2], f"{float(r[2]) * rng.uniform(0.97, 1.03):.2f}", *r[3:]] for r in rows[1:]),
        ]

    def figures(rows: list[list[str]]) -> list[list[str]]:
        return [[*r[:6], r[6].replace("52.6", f"{52.6 * size:.2f}"), r[7]] for r in rows]

    rewrite(park / "history.csv", history)
    rewrite(park / "figures.csv", figures)
    return park


def large(folder: Path) -> Path:
    """A park of 10,000 figures and 500 levers."""
    park = folder / "large"
    shutil.copytree(TEMPLATE, park)

    def figures(rows: list[list[str]]) -> list[list[str]]:
        more = LEDGER_ROWS - len(rows) + 1
        return rows + [
            [f"f{i}", "example", "p", "s", "v", "2024", f"约 {i}.{i % 89} 亿元", ""] for i in range(more)
        ]

    def levers(rows: list[list[str]]) -> list[list[str]]:
        pattern = next(r for r in rows if r[0] == "rationing_cap")
        more = range(LEVERS - len(rows) + 1)
        return rows + [[f"spare_{i}", *pattern[1:5], f"0.{800 + i % 80}", *pattern[6:]] for i in more]

    rewrite(park / "figures.csv", figures)
    rewrite(park / "levers.csv", levers)
    return park


def main(count: int) -> None:
    """Print the times."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with clock("first park, imports included"):
            read_park(TEMPLATE)
        big = large(folder)
        with clock(f"read and validate {LEDGER_ROWS:,} figures and {LEVERS} levers"):
            park = read_park(big)
        assert (len(park.figures), len(park.levers)) == (LEDGER_ROWS, LEVERS)
        with clock("check the same, trial projections and audit included"):
            problems = check(big)
        print(f"  {len(problems)} warnings")
        places = [generate(folder / "parks", i) for i in range(count)]
        with clock(f"read {count} parks"):
            parks = read_parks(places)
        with clock(f"project {count} parks, {DRAWS:,} draws each"):
            projections = [project(p, "combined", draws=DRAWS) for p in parks]
        with clock("portfolio"):
            frame = portfolio(projections)
        total = frame.iloc[-1]
        print(f"total {total['median']:.1f} 亿元, 80% interval {total['low']:.1f} to {total['high']:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
