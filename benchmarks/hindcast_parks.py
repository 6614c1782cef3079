"""Small parks from past episodes: the rule of data/hindcasts/README.md and the folders that it makes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

DATA = Path(__file__).resolve().parents[1] / "data" / "hindcasts"

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


Row = dict[str, Any]


def _lever(name: str, unit: str, points: Iterable[float | str], low: float, high: float) -> Row:
    shape = dict(zip(("low", "central", "high"), points, strict=True))
    row = {"lever": name, "group": "levers", "name_en": name.replace("_", " "), "unit": unit, **shape}
    rest = {"minimum": low, "maximum": high, "distribution": "two_piece_normal", "evidence": "assumed"}
    return row | rest | {"source": "rule"}


def _spread(value: float, factors: tuple[float, float, float], top: float = np.inf) -> list[float]:
    return [min(value * factor, top) for factor in factors]


def _closure(value_added: float, share: float) -> tuple[list[Row], dict[str, Row]]:
    """Levers and entries of park.yml of plants that close and hold a share of the value added."""
    points = _spread(value_added * share, JOB_SPREAD, value_added)
    levers = [_lever("value_added_plants", "CNY_100m", points, 0, value_added)]
    plant = {"name": "Plants", "industry": "all", "value_added": "value_added_plants"}
    shock = {"kind": "plant_closure", "name": "They close", "plant": "plants"}
    return levers, {"plants": {"plants": plant}, "shocks": {"closure": shock}}


def _price_fall(
    value_added: float, name: str, share: float, before: float, after: float
) -> tuple[list[Row], dict[str, Row]]:
    """Levers and entries of park.yml of a commodity whose price changes."""
    volume = value_added * 1e8 * share / MINING_RATE / before
    levers = [
        _lever(f"volume_{name}", "t", _spread(volume, VOLUME_SPREAD), 0, 2 * volume),
        _lever(f"before_{name}", "CNY/t", ("", before, ""), 0, 2 * before) | {"distribution": "point"},
        _lever(f"after_{name}", "CNY/t", _spread(after, PRICE_SPREAD), 0, 2 * before),
        _lever(f"pass_through_{name}", "fraction", PASS_THROUGH, 0, 1),
    ]
    product = {"name": name, "industry": "all", "volume": f"volume_{name}", "price": f"before_{name}"}
    shock = {"kind": "price_change", "name": f"Price of {name}", "product": name, "price": f"after_{name}"}
    shock |= {"pass_through": f"pass_through_{name}"}
    return levers, {"products": {name: product}, "shocks": {f"price_{name}": shock}}


def _accounts(country: str, industry: str, known: pd.Series) -> dict[str, list[Row]]:
    """Tables that hold the accounts: the base year's figure, the levers on it and the series."""
    base, value_added = int(known.index[-1]), float(known.iloc[-1])
    figure = {"figure": "value_added", "source": "accounts", "place": "table", "subject": "area"}
    figure |= {"variable": "value_added", "period": base, "quantity": f"{value_added:.6f} 亿元"}
    nothing = ("", "", "")
    level = _lever("value_added_base", "CNY_100m", nothing, value_added / 2, 2 * value_added)
    level |= {"distribution": "point", "evidence": "reported", "figure": "value_added", "source": "accounts"}
    growth = _lever("growth", "fraction", nothing, -0.9, 1)
    growth |= {"distribution": "forecast", "evidence": "derived", "series": "area", "source": "accounts"}
    fixed = {"series": "area", "unit": "CNY_100m", "prices": "current", "source": "accounts"}
    history = [
        fixed
        | {"period": year, "value": f"{value:.6f}", "published": published(country, industry, year)}
        | {"published_rule": "first publication, by rule"}
        for year, value in zip(known.index.tolist(), known, strict=True)
    ]
    first = {"source": "accounts", "title": "Regional accounts", "publisher": "statistical office"}
    rule = {"source": "rule", "title": "The rule", "publisher": "data/hindcasts"}
    sources = [
        first | {"published": vintage_day(country, industry, base)},
        rule | {"published": f"{base + 1}-06-30"},
    ]
    return {"figures": [figure], "levers": [level, growth], "history": history, "sources": sources}


def write_park(folder: Path, country: str, industry: str, series: pd.Series, base: int, event: Event) -> None:
    """Write one area as a park: accounts up to the base year, the event as shocks, all from one rule."""
    known = series.loc[:base] * AMOUNT[country]
    value_added = float(known.loc[base])
    tables = _accounts(country, industry, known)
    park: dict[str, Any] = {
        "name": "Hindcast",
        "languages": ["en"],
        "base_year": base,
        "target_year": base + 1,
        "as_of": vintage_day(country, industry, base),
        "value_added": "value_added",
        "growth": "growth",
        "part_of_area": False,
        "industries": {"all": {"name": industry, "value_added": "value_added_base"}},
    }
    parts = [_closure(value_added, event.plants)] if event.plants > 0 else []
    parts += [_price_fall(value_added, name, *change) for name, change in event.prices.items()]
    for levers, entries in parts:
        tables["levers"] += levers
        for key, entry in entries.items():
            park[key] = park.get(key, {}) | entry
    (folder / "scenarios").mkdir(parents=True)
    (folder / "scenarios" / "event.yml").write_text("title: The event\nshocks: all\n", encoding="utf-8")
    text = yaml.safe_dump(park, sort_keys=False, allow_unicode=True)
    (folder / "park.yml").write_text(text, encoding="utf-8")
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", rows)


def _write(path: Path, rows: list[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
