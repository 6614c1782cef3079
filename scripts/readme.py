"""Write the results, the picture, the record and the costs of README.md: python scripts/readme.py"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd

from parkanalysis.model.compare import compare, project_all
from parkanalysis.park.park import read_park

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import hindcasts  # noqa: E402

SCENARIO, AS_STATED = "combined", "as_stated"
MARKS = ("<!-- results: written by make readme -->", "<!-- end of results -->")
RECORD_MARKS = ("<!-- record: written by make readme -->", "<!-- end of record -->")
COST_MARKS = ("<!-- cost: written by make readme -->", "<!-- end of cost -->")


def section() -> str:
    """The README's results, computed."""
    park = read_park("qingzhen")
    projections = project_all(park)
    table = compare(projections.values())
    config = park.config
    rows = [
        f"| scenario | {config.target_year}, 亿元 (median) | 80% interval | on {config.base_year} |"
        f" chance of the stated {park.amount(config.stated.result):g} |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in table.sort_values("median", ascending=False).iterrows():
        title = park.scenarios[name].title["en"]
        growth = row["median"] / park.value_added - 1
        rows.append(
            f"| `{name}` {title} | {row['median']:.1f} | {row['low']:.1f} to {row['high']:.1f} |"
            f" {growth:+.1%} | {row['stated_probability']:.0%} |"
        )
    one, exact, stated = table.loc[SCENARIO], table.loc[AS_STATED], park.amount(config.stated.result)
    text = (
        f"In {config.base_year} the zone reached {park.value_added:g} 亿元. With all that its report states,"
        f" the projection for {config.target_year} is {one['median']:.1f} 亿元, with an 80% interval of"
        f" {one['low']:.1f} to {one['high']:.1f}; the stated {stated:g} is reached or passed in"
        f" {one['stated_probability']:.0%} of the draws. If it comes true as stated, the printed price and"
        f" contract held, it is {exact['median']:.1f} ({exact['low']:.1f} to {exact['high']:.1f}). A target"
        f" that is met with 80% probability is {one['met_80']:.1f}."
    )
    return "\n".join([MARKS[0], "", text, "", *rows, "", MARKS[1]])


def picture() -> bytes:
    """The way from the base year to the target year, driver by driver."""
    from parkanalysis.model.case import read_parameters
    from parkanalysis.report import charts, findings
    from parkanalysis.report.charts import style, to_bytes
    from parkanalysis.report.words import Words

    case = read_parameters({"park": "qingzhen", "scenario": SCENARIO, "lang": "en"})
    projection = case.projection
    with style():
        ax = charts.waterfall(findings.steps(projection, projection.contributions()), Words(case.park, "en"))
        return to_bytes(ax, "svg", paper="white")


def record() -> str:
    """How whole projections of past closures and price falls have fared, from ``make hindcasts``."""
    scores = pd.read_csv(hindcasts.TARGET, comment="#")
    table = hindcasts.summary(scores)
    groups = {
        ("episode", "closure"): "closures",
        ("episode", "price"): "price falls",
        ("control", "all"): "control years, no event",
    }
    heads = [f"{name} ({table.projections[(*key, 'shocks')]})" for key, name in groups.items()]
    rows = [f"| error / CRPS / in the 80% interval | {' | '.join(heads)} |", "|---|---:|---:|---:|"]
    for method, name in hindcasts.METHODS.items():
        cells = [table.loc[(*key, method)] for key in groups]
        texts = [f"{c.error:.1f} / {c.crps:.1f} / {c.coverage_80:.0%}" for c in cells]
        rows.append(f"| {name} | {' | '.join(texts)} |")
    crps = scores[scores.role == "episode"].pivot_table("crps", ["kind", "park"], "scenario")
    better = (crps.shocks < crps.no_shocks).groupby("kind").agg(["sum", "size"])
    text = (
        "Naming what happened gives the better score (CRPS) in"
        f" {better.loc['closure', 'sum']} of {better.loc['closure', 'size']} closures and in"
        f" {better.loc['price', 'sum']} of {better.loc['price', 'size']} price falls."
    )
    return "\n".join([RECORD_MARKS[0], "", *rows, "", text, "", RECORD_MARKS[1]])


def cost(reports: int = 100_000) -> str:
    """What many reports would cost, from the last full run of ``make bench-render``."""
    run = json.loads((ROOT / "benchmarks" / "render.json").read_text())
    hours = run["seconds"] / run["reports"] * run["cores"] * reports / 3600
    size = run["bytes"] / run["reports"] * reports / 1e9
    text = (
        f"Measured by `make bench-render` on {run['cores']} cores: {run['reports']} reports in"
        f" {run['seconds']:.0f} s, {run['overhead']:.2f} s of each beyond its cells, and {run['speedup']:.1f}"
        f" times the speed of a shell loop of papermill and nbconvert over the same {run['compared']}."
        f" {reports:,} reports would thus take about {hours:.0f} core-hours,"
        f" {hours / 64:.1f} hours on 64 such cores, and {size:.0f} GB."
    )
    return "\n".join([COST_MARKS[0], "", text, "", COST_MARKS[1]])


def rewritten(readme: str) -> str:
    """README.md with its results, record and costs written anew."""
    for (start, end), text in ((MARKS, section()), (RECORD_MARKS, record()), (COST_MARKS, cost())):
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        readme = pattern.sub(lambda _, text=text: text, readme)
    return readme


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(rewritten(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "waterfall.svg").write_bytes(picture())
