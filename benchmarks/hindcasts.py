"""Hindcasts of the whole chain: small parks of past closures and price falls against what came after.

    python benchmarks/hindcasts.py

The rule for all levers, the vintages and the choice of episodes stand in data/hindcasts/README.md. Each
episode is written as a park's folder, read by ``read_park`` and projected by ``project``, with its shocks and
without; a control year of the same area is projected the same way, with a shock that did not happen. Scored
as ``parkanalysis score`` does, the method standing for the scenario. Prints the scores and writes them to
parkanalysis/forecasting/hindcasts.csv, a row an episode, role and method.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hindcast_parks import AMOUNT, Data, Event, control_base, event_of, read, vintage_day, write_park

import parkanalysis
from parkanalysis import project, read_park
from parkanalysis.forecasting import growth
from parkanalysis.report import overall, scored
from parkanalysis.report.scoring import EVEN

TARGET = Path(parkanalysis.__file__).parent / "forecasting" / "hindcasts.csv"
NOTE = "# Growth in percentage points; made by benchmarks/hindcasts.py, see data/hindcasts/README.md\n"

DRAWS, SEED = 8192, 2016
#: The outturns are those of the accounts of 2023, later than every vintage.
PUBLISHED = pd.Timestamp("2023-12-31")
METHODS = {
    "shocks": "the package, with the shocks",
    "no_shocks": "the package, without",
    "parent": "growth of the parent area",
    "last_value": "last year's value",
}


def parent_of(country: str, code: str) -> str:
    """The region of a small area, the 28 states together of a state."""
    return code[:4] if country == "UK" else "US28"


def draws_of(
    data: Data, country: str, code: str, industry: str, base: int, event: Event
) -> dict[str, np.ndarray]:
    """Growth of the target year in percentage points, as draws, by each method."""
    series = data.series[code, industry]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "park"
        write_park(place, country, industry, series, base, event)
        park = read_park(place)
        made = {
            "shocks": project(park, "event", draws=DRAWS, seed=SEED).draws,
            "no_shocks": project(park, "reference", draws=DRAWS, seed=SEED).draws,
        }
    value_added = float(series[base]) * AMOUNT[country]
    parent = data.series[parent_of(country, code), industry].loc[:base]
    made = {name: 100 * (draws / value_added - 1) for name, draws in made.items()}
    of_parent = growth(parent, part=True, size=value_added)
    made["parent"] = 100 * (of_parent.draws(DRAWS, SEED)[:, 0] - 1)
    made["last_value"] = np.zeros(1)
    return made


def hindcast(data: Data, episode: Any) -> pd.DataFrame:
    """Score an episode and its control year, method by method."""
    series = data.series[episode.code, episode.industry]
    event = event_of(data, episode)
    parts = []
    for role, base in (("episode", episode.base_year), ("control", control_base(data, episode))):
        made = draws_of(data, episode.country, episode.code, episode.industry, base, event)
        head = {"park": episode.episode, "vintage": vintage_day(episode.country, episode.industry, base)}
        head |= {"year": base + 1, "base_value": 0.0}
        projections = pd.DataFrame(
            head | {"scenario": name} | dict(zip(EVEN, np.quantile(draws, EVEN), strict=True))
            for name, draws in made.items()
        )
        growth_seen = 100 * (float(series[base + 1]) / float(series[base]) - 1)
        outturn = {"park": episode.episode, "year": base + 1, "value": growth_seen, "published": PUBLISHED}
        rows = scored(projections, pd.DataFrame([outturn]))
        rows.insert(0, "role", role)
        rows.insert(0, "kind", episode.kind)
        parts.append(rows)
    return pd.concat(parts)


def _rows(name: str) -> pd.DataFrame:
    data = read()
    (episode,) = data.episodes[data.episodes.episode == name].itertuples()
    return hindcast(data, episode)


def small(data: Data) -> list[str]:
    """Closures that by the rule take less than 1% of the area's industry: left out before scoring."""
    shares = (
        (e.episode, event_of(data, e).plants) for e in data.episodes.itertuples() if e.kind == "closure"
    )
    return [name for name, share in shares if share < 0.01]


def run(workers: int = 2) -> pd.DataFrame:
    """Score all episodes."""
    data = read()
    names = [name for name in data.episodes.episode if name not in small(data)]
    with ProcessPoolExecutor(workers) as pool:
        return pd.concat(pool.map(_rows, names), ignore_index=True)


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Averages of ``overall`` (percentage points; coverage as fractions) by role, kind and method."""
    both = pd.concat([scores, scores.assign(kind="all")])
    parts = {key: overall(rows).loc[list(METHODS)] for key, rows in both.groupby(["role", "kind"])}
    return pd.concat(parts, names=["role", "kind", "method"])


if __name__ == "__main__":
    pd.set_option("display.width", 140, "display.max_rows", 500)
    left_out = small(read())
    if left_out:
        print("less than 1% of the area's industry, left out:", ", ".join(left_out))
    scores = run()
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        file.write(NOTE)
        scores.to_csv(file, index=False, float_format="%.2f")
    wide = scores[scores.role == "episode"].pivot_table(
        index=["park", "outturn"], columns="scenario", values="median"
    )
    print(wide[list(METHODS)].round(1).to_string(), "\n")
    print(summary(scores).round(2).to_string())
