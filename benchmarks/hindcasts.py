"""Hindcasts of the whole chain: small parks of past closures and price falls against what came after.

    python benchmarks/hindcasts.py

The rule for all levers, the vintages and the choice of episodes stand in data/hindcasts/README.md. Each
episode is written as a park's folder, read by ``read_park`` and projected by ``project``, with its shocks and
without; a control year of the same area is projected the same way, with a shock that did not happen. Prints
the scores and writes them to parkanalysis/forecasting/hindcasts.csv, a row an episode, role and method.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

import parkanalysis
from parkanalysis import project, read_park
from parkanalysis.forecasting import growth

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data" / "hindcasts"
TARGET = Path(parkanalysis.__file__).parent / "forecasting" / "hindcasts.csv"
NOTE = "# Growth in percentage points; made by benchmarks/hindcasts.py, see data/hindcasts/README.md\n"

DRAWS, SEED = 8192, 2016
#: 亿元 in a million of the currency, at 10 yuan a pound and 7 a dollar, so that a size means the same.
AMOUNT = {"UK": 0.1, "US": 0.07}
JOB_SPREAD = (0.6, 1.0, 1.6)
VOLUME_SPREAD = (0.9, 1.0, 1.1)
PRICE_SPREAD = (0.85, 1.0, 1.15)
PASS_THROUGH = (0.1, 0.2, 0.35)
MINING_RATE = 0.65
RECESSIONS = (2009, 2020)
JOB_GROWTH = {"UK": 0.03, "US": 0.0}
SECTOR = "Mining, quarrying, and oil and gas extraction"
METHODS = {
    "shocks": "the package, with the shocks",
    "no_shocks": "the package, without",
    "parent": "growth of the parent area",
    "last_value": "last year's value",
}


@dataclass(frozen=True)
class Event:
    """What happens to an area in its target year: shares and ratios, so that it fits any base year.

    ``plants`` is the value added of what closes over that of the base year; ``prices`` holds for each
    commodity its share of the value added and the price before and after.
    """

    plants: float = 0.0
    prices: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def published(country: str, industry: str, year: int) -> str:
    """Day on which the accounts of a year first came out for small areas or states, by rule."""
    if country == "UK":
        late = {2019: "2021-05-31", 2020: "2022-05-31"}
        return late.get(year, f"{year + (2 if year <= 2010 else 1)}-12-31")
    if industry != SECTOR or year <= 2003:
        return f"{year + 2}-06-30"
    return {2009: "2010-11-18"}.get(year, f"{year + 1}-06-30")


def vintage_day(country: str, industry: str, base: int) -> str:
    """The later of the base year's publication and the middle of the target year."""
    return max(published(country, industry, base), f"{base + 1}-06-30")


def closed_share(stop: str, restart: str | None, year: int) -> float:
    """Share of a year in which a plant stands still, in whole months from the month of its stop."""

    def months(day: str) -> int:
        return 12 * int(day[:4]) + int(day[5:7]) - 1

    start, end = 12 * year, 12 * year + 12
    until = months(restart) if restart else end
    return max(0, min(until, end) - max(months(stop), start)) / 12


def job_years(events: pd.DataFrame, base: int) -> float:
    """Jobs times the share of the target year closed beyond that of the base year.

    lost = sum of jobs * (closed share of the target year - closed share of the base year)
    """
    return float(
        sum(
            e.jobs * (closed_share(e.stop, e.restart, base + 1) - closed_share(e.stop, e.restart, base))
            for e in events.itertuples()
        )
    )


def value_per_job(per_job: pd.DataFrame, episode: Any, value_added: float) -> float:
    """Value added per job, thousands: the area's own where its jobs are known, else the nation's."""
    if episode.area_jobs > 0:
        return 1000 * value_added / float(episode.area_jobs)
    known = per_job[
        (per_job.country == episode.country)
        & (per_job.industry == episode.industry)
        & (per_job.year <= episode.base_year)
        & (per_job.published <= episode.as_of)
    ]
    row = known.iloc[-1]
    return float(row.value * (1 + JOB_GROWTH[episode.country]) ** (episode.base_year - row.year))


def price_change(prices: pd.DataFrame, commodity: str, base: int) -> tuple[float, float]:
    """Mean price of the base year, and of January to June of the target year."""
    mine = prices[prices.commodity == commodity].set_index("month").price
    first_half = mine.loc[f"{base + 1}-01" : f"{base + 1}-06"]
    return float(mine.loc[f"{base}-01" : f"{base}-12"].mean()), float(first_half.mean())


@dataclass(frozen=True)
class Data:
    """The tables of data/hindcasts."""

    episodes: pd.DataFrame
    events: pd.DataFrame
    exposures: pd.DataFrame
    prices: pd.DataFrame
    per_job: pd.DataFrame
    series: Mapping[tuple[str, str], pd.Series]


def read(folder: Path = DATA) -> Data:
    """Read the tables."""

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values={"area_jobs": [""]})

    series = table("series")
    return Data(
        table("episodes"),
        table("events"),
        table("exposures"),
        table("monthly_prices"),
        table("value_added_per_job"),
        {key: part.set_index("year").value for key, part in series.groupby(["code", "industry"])},
    )


def event_of(data: Data, episode: Any) -> Event:
    """The event of an episode by the rule, from what its base year and the facts hold."""
    value_added = float(data.series[episode.code, episode.industry][episode.base_year])
    if episode.kind == "closure":
        lost = job_years(data.events[data.events.episode == episode.episode], episode.base_year)
        return Event(lost * value_per_job(data.per_job, episode, value_added) / 1000 / value_added)
    base, rows = episode.base_year, data.exposures
    rows = rows[(rows.code == episode.code) & (rows.industry == episode.industry)]
    rows = rows[(rows.first_base_year <= base) & (base <= rows.last_base_year)]
    return Event(
        prices={
            r.commodity: (r.share, *price_change(data.prices, r.commodity, base)) for r in rows.itertuples()
        }
    )


def control_base(data: Data, episode: Any) -> int:
    """Base year of the control: three years before where four points are known, else four years after."""
    series = data.series[episode.code, episode.industry]
    same = data.episodes[
        (data.episodes.code == episode.code) & (data.episodes.industry == episode.industry)
    ].base_year
    base = episode.base_year - 3
    if base < series.index[0] + 3:
        base = episode.base_year + 4
    while base in set(same) or base + 1 in RECESSIONS:
        base += 1
    return int(base)


def _lever(name: str, unit: str, points: Iterable[float | str], low: float, high: float, **more: str) -> dict:
    shape = dict(zip(("low", "central", "high"), points, strict=True))
    row = {"lever": name, "group": "levers", "name_en": name.replace("_", " "), "unit": unit, **shape}
    rest = {"minimum": low, "maximum": high, "distribution": "two_piece_normal", "evidence": "assumed"}
    return row | rest | {"source": "rule"} | more


def _spread(value: float, factors: tuple[float, float, float], top: float = np.inf) -> list[float]:
    return [min(value * factor, top) for factor in factors]


def _write(path: Path, rows: list[dict]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def write_park(folder: Path, country: str, industry: str, series: pd.Series, base: int, event: Event) -> None:
    """Write one area as a park: accounts up to the base year, the event as shocks, all from one rule."""
    known = series.loc[:base] * AMOUNT[country]
    value_added = float(known[base])
    as_of = vintage_day(country, industry, base)
    amount = {"figure": "value_added", "source": "accounts", "place": "table", "subject": "area"}
    figures = [amount | {"variable": "value_added", "period": base, "quantity": f"{value_added:.6f} 亿元"}]
    levers = [
        _lever(
            "value_added_base",
            "CNY_100m",
            ("", "", ""),
            value_added / 2,
            2 * value_added,
            figure="value_added",
        )
        | {"distribution": "point", "evidence": "reported", "source": "accounts"},
        _lever("growth", "fraction", ("", "", ""), -0.9, 1, series="area")
        | {"distribution": "forecast", "evidence": "proxy", "source": "accounts"},
    ]
    park: dict[str, Any] = {
        "name": "Hindcast",
        "languages": ["en"],
        "base_year": base,
        "target_year": base + 1,
        "as_of": as_of,
        "value_added": "value_added",
        "growth": "growth",
        "industries": {"all": {"name": industry, "value_added": "value_added_base"}},
        "products": {},
        "plants": {},
        "shocks": {},
    }
    if event.plants > 0:
        points = _spread(value_added * event.plants, JOB_SPREAD, value_added)
        levers.append(_lever("value_added_plants", "CNY_100m", points, 0, value_added))
        park["plants"]["plants"] = {"name": "Plants", "industry": "all", "value_added": "value_added_plants"}
        park["shocks"]["closure"] = {"kind": "plant_closure", "name": "They close", "plant": "plants"}
    for name, (share, before, after) in event.prices.items():
        volume = value_added * 1e8 * share / MINING_RATE / before
        levers += [
            _lever(f"volume_{name}", "t", _spread(volume, VOLUME_SPREAD), 0, 2 * volume),
            _lever(f"before_{name}", "CNY/t", ("", before, ""), 0, 2 * before) | {"distribution": "point"},
            _lever(f"after_{name}", "CNY/t", _spread(after, PRICE_SPREAD), 0, 2 * before),
            _lever(f"pass_through_{name}", "fraction", PASS_THROUGH, 0, 1),
        ]
        product = {"name": name, "industry": "all", "volume": f"volume_{name}", "price": f"before_{name}"}
        park["products"][name] = product
        park["shocks"][f"price_{name}"] = {
            "kind": "price_change",
            "name": f"Price of {name}",
            "product": name,
            "price": f"after_{name}",
            "pass_through": f"pass_through_{name}",
        }
    history = [
        {
            "series": "area",
            "period": year,
            "value": f"{value:.6f}",
            "unit": "CNY_100m",
            "prices": "current",
            "published": published(country, industry, int(year)),
            "published_rule": "first publication, by rule",
            "source": "accounts",
        }
        for year, value in known.items()
    ]
    sources = [
        {
            "source": "accounts",
            "title": "Regional accounts",
            "publisher": "statistical office",
            "published": as_of,
        },
        {
            "source": "rule",
            "title": "The rule",
            "publisher": "data/hindcasts",
            "published": f"{base + 1}-06-30",
        },
    ]
    (folder / "scenarios").mkdir(parents=True)
    (folder / "park.yml").write_text(
        yaml.safe_dump(park, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    (folder / "scenarios" / "event.yml").write_text("title: The event\nshocks: all\n", encoding="utf-8")
    for name, rows in (("figures", figures), ("levers", levers), ("history", history), ("sources", sources)):
        _write(folder / f"{name}.csv", rows)


def crps(draws: np.ndarray, outturn: float) -> float:
    """Continuous ranked probability score of draws (Gneiting and Raftery 2007, equation 21).

    crps = E|X - y| - E|X - X'| / 2, which for one draw is the absolute error.
    """
    x = np.sort(np.asarray(draws, dtype=float))
    n = len(x)
    pairs = 2 * np.dot(2 * np.arange(1, n + 1) - n - 1, x) / n**2
    return float(np.mean(np.abs(x - outturn)) - pairs / 2)


def score(draws: np.ndarray, outturn: float) -> dict[str, float]:
    """Error of the median, CRPS and coverage of the 80% interval; growth in percentage points."""
    low, median, high = np.quantile(draws, [0.1, 0.5, 0.9])
    return {
        "low": low,
        "median": median,
        "high": high,
        "outturn": outturn,
        "error": abs(median - outturn),
        "crps": crps(draws, outturn),
        "covered": bool(low <= outturn <= high),
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
    made["parent"] = 100 * (growth(parent).draws(DRAWS, SEED)[:, 0] - 1)
    made["last_value"] = np.zeros(1)
    return made


def hindcast(data: Data, episode: Any) -> Iterator[dict[str, Any]]:
    """Score an episode and its control year, method by method."""
    series = data.series[episode.code, episode.industry]
    event = event_of(data, episode)
    for role, base in (("episode", episode.base_year), ("control", control_base(data, episode))):
        outturn = 100 * (float(series[base + 1]) / float(series[base]) - 1)
        made = draws_of(data, episode.country, episode.code, episode.industry, base, event)
        head = {"episode": episode.episode, "kind": episode.kind, "role": role, "target_year": base + 1}
        for name, draws in made.items():
            yield head | {"method": name} | score(draws, outturn)


def _rows(name: str) -> list[dict[str, Any]]:
    data = read()
    (episode,) = data.episodes[data.episodes.episode == name].itertuples()
    return list(hindcast(data, episode))


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
        return pd.DataFrame([row for rows in pool.map(_rows, names) for row in rows])


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean error and CRPS (percentage points) and coverage, by role, kind and method."""
    both = pd.concat([scores, scores.assign(kind="all")])
    grouped = both.groupby(["role", "kind", "method"], sort=False)
    table = grouped.agg(
        episodes=("episode", "nunique"),
        error=("error", "mean"),
        crps=("crps", "mean"),
        coverage=("covered", "mean"),
    )
    return table.sort_index(level=["role", "kind"], sort_remaining=False, ascending=[False, True])


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
        index=["episode", "outturn"], columns="method", values="median"
    )
    print(wide[list(METHODS)].round(1).to_string(), "\n")
    print(summary(scores).round(2).to_string())
