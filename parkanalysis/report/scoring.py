"""How stored projections have fared: set against outturns when these are published.

A projection holds on the condition of its scenario, so its score judges both: what was assumed, and
what was made of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting import crps, from_quantiles
from parkanalysis.park.park import validate_rows
from parkanalysis.park.read import read_csv
from parkanalysis.park.schema import Day, Positive, TableRow, Year

TABLE = "results.parquet"
#: What tells one projection from another.
KEYS = ["park", "scenario", "vintage", "year"]
#: Even probabilities at which a stored distribution is read for its score.
EVEN = (np.arange(400) + 0.5) / 400


def stored_projections(paths: Iterable[Path]) -> pd.DataFrame:
    """Quantiles of value added of every results.parquet, found in folders too; a projection a row.

    Returns
    -------
    DataFrame
        ``park, scenario, vintage, year``, ``base_value`` (亿元, published for the base year), and a column
        for each probability. Reports of one projection in several languages are one row.

    Raises
    ------
    InputError
        No results found; a file without the columns; two results that contradict each other.
    """
    files = sorted({file for path in paths for file in (path.rglob(TABLE) if path.is_dir() else [path])})
    if not files:
        raise InputError(Problem("results", "no results.parquet", "a file or a folder of reports"))
    table = pd.concat([_read(file) for file in files], ignore_index=True)
    table = table.drop_duplicates(subset=[c for c in table if c != "file"])
    twice = table[table.duplicated(KEYS, keep=False)]
    if len(twice):
        raise InputError(
            Problem(str(row["file"]), _name(row), "one result for each projection")
            for _, row in twice.iterrows()
        )
    return table.drop(columns="file").reset_index(drop=True)


def _name(row: pd.Series) -> str:
    return ", ".join(str(row[key]) for key in KEYS)


def _read(file: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise InputError(Problem(str(file), type(error).__name__, "a results.parquet of a report")) from None
    missing = [c for c in ("vintage", "variable", "statistic", "value") if c not in frame]
    if missing:
        raise InputError(Problem(str(file), f"no column {', '.join(missing)}", "results made by report"))
    value = frame[(frame["variable"] == "value_added") & (frame["prices"] == "current")]
    quantiles = value[value["statistic"].str.startswith("quantile_")]
    levels = quantiles["statistic"].str.removeprefix("quantile_").astype(float)
    wide = quantiles.assign(level=levels).pivot_table("value", KEYS, "level").reset_index()
    base = value.loc[value["statistic"] == "published", "value"]
    return wide.assign(base_value=base.iloc[0] if len(base) else np.nan, file=str(file))


class OutturnRow(TableRow):
    """A published value."""

    park: str
    year: Year
    value: Positive
    published: Day
    source: str = ""
    note: str = ""


def read_outturns(path: Path) -> pd.DataFrame:
    """Published values: a csv with columns park, year, value (亿元) and published (a date).

    Of several values of one year the last published stands.

    Raises
    ------
    InputError
        A column that is missing, a cell that is no number or no date: all at once.
    """
    table = read_csv(path)
    rows, problems = validate_rows(path.name, table, OutturnRow, None)
    if problems := [*table.problems, *problems]:
        raise InputError(problems)
    if not rows:
        raise InputError(Problem(path.name, "no row", "a row a year"))
    frame = pd.DataFrame([row.model_dump() for _, row in rows]).sort_values("published", kind="stable")
    frame["published"] = pd.to_datetime(frame["published"])
    return frame.drop_duplicates(["park", "year"], keep="last")[["park", "year", "value", "published"]]


def scored(projections: pd.DataFrame, outturns: pd.DataFrame) -> pd.DataFrame:
    """Every projection whose outturn is known, with its score.

    Parameters
    ----------
    projections, outturns : DataFrame
        As ``stored_projections`` and ``read_outturns`` return them.

    Returns
    -------
    DataFrame
        ``KEYS``; ``outturn``, ``median``, ``low``, ``high`` (10 and 90%), ``error`` (outturn - median), all
        in 亿元; ``covered_50``, ``covered_80``; ``pit`` (probability given to at most the outturn);
        ``sharpness`` (width of the 80% interval); ``crps``; ``unchanged`` (error of the base year's value).

    Raises
    ------
    InputError
        An outturn that was published by the day of the projection, which then was none; no outturn at all.
    """
    both = projections.merge(outturns, on=["park", "year"], validate="many_to_one")
    if both.empty:
        wanted = projections[["park", "year"]].drop_duplicates().sort_values(["park", "year"])
        names = [f"{park} {year}" for park, year in wanted.itertuples(index=False)]
        raise InputError(Problem("outturns", "none for the projections given", ", ".join(names)))
    known = both[pd.to_datetime(both["vintage"]) >= both["published"]]
    if len(known):
        found = [f"{_name(row)} published {row['published']:%Y-%m-%d}" for _, row in known.iterrows()]
        raise InputError(Problem("outturns", text, "a day after the vintage") for text in found)
    return pd.DataFrame([_score(row) for _, row in both.iterrows()])


def _score(row: pd.Series) -> dict[str, object]:
    levels = np.array([c for c in row.index if isinstance(c, float)])
    made = from_quantiles(levels, row[list(levels)].to_numpy(dtype=float))
    outturn = float(row["value"])
    low, first, median, third, high = made.quantile([0.1, 0.25, 0.5, 0.75, 0.9])[:, 0]
    return {key: row[key] for key in KEYS} | {
        "outturn": outturn,
        "median": median,
        "low": low,
        "high": high,
        "error": outturn - median,
        "covered_50": bool(first <= outturn <= third),
        "covered_80": bool(low <= outturn <= high),
        "pit": float(made.cdf(outturn)),
        "sharpness": high - low,
        "crps": crps(made.ppf(EVEN), outturn),
        "unchanged": outturn - row["base_value"],
    }


def overall(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores averaged over projections, by scenario and over all.

    Returns
    -------
    DataFrame
        ``projections`` (count), ``bias`` (mean error, 亿元), ``error`` (mean absolute error), ``unchanged``
        (the same for the base year's value), ``coverage_50``, ``coverage_80`` (fractions), ``sharpness``,
        ``crps``.
    """
    both = pd.concat([scores, scores.assign(scenario="all")], ignore_index=True)
    errors = {"bias": both["error"], "error": both["error"].abs(), "unchanged": both["unchanged"].abs()}
    names = {"covered_50": "coverage_50", "covered_80": "coverage_80"}
    rest = both[[*names, "sharpness", "crps"]].rename(columns=names).astype(float)
    groups = pd.DataFrame(errors).join(rest).groupby(both["scenario"])
    made = groups.mean()
    made.insert(0, "projections", groups.size())
    return made.loc[[*made.index.drop("all"), "all"]]
