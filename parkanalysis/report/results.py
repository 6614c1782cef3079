"""Results as data: one tidy long table, and the same in the IAMC columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from parkanalysis import __version__
from parkanalysis.model.projection import Projection, growth

__all__ = ["COLUMNS", "iamc", "tidy"]

COLUMNS = [
    "park",
    "scenario",
    "variable",
    "driver",
    "industry",
    "statistic",
    "year",
    "value",
    "unit",
    "prices",
]


MONEY = "CNY_100m"
Row = tuple[str, str, str, str, float, str]  # variable, driver, industry, statistic, value, unit


def _rows(projection: Projection) -> Iterator[Row]:
    for q, row in projection.quantiles.iterrows():
        yield ("value_added", "", "", f"quantile_{q:g}", float(row["value_added"]), MONEY)
        yield ("value_added", "", "", f"standard_error_{q:g}", float(row["standard_error"]), MONEY)
    yield ("value_added", "", "", "mean", float(projection.draws.mean()), MONEY)
    yield ("value_added", "", "", "central", projection.central, MONEY)
    yield ("value_added_without_shocks", "", "", "median", float(np.median(projection.baseline)), MONEY)
    for driver, row in projection.contributions().iterrows():
        yield from (("contribution", str(driver), "", str(s), float(v), MONEY) for s, v in row.items())
    for industry, row in projection.contributions(by="industry").iterrows():
        yield from (("contribution", "", str(industry), str(s), float(v), MONEY) for s, v in row.items())
    for pair, row in projection.contributions(by="both").iterrows():
        driver, industry = pair  # type: ignore[misc]
        yield ("contribution", str(driver), str(industry), "mean", float(row["mean"]), MONEY)
    for p, target in projection.targets_met().items():
        yield ("target", "", "", f"met_with_{p:g}", float(target), MONEY)
    names = {"stated": "stated_projection"}
    for mark, row in projection.marks().iterrows():
        name = names.get(str(mark), f"mark_{mark}")
        yield (name, "", "", "value", float(row["target"]), MONEY)
        yield (name, "", "", "growth", float(row["growth"]), "fraction")
        yield (name, "", "", "probability", float(row["probability"]), "fraction")
        yield (name, "", "", "shortfall", float(row["shortfall"]), MONEY)
    for name, lever in projection.scenario.levers.items():
        points = ("low", "central", "high")
        yield from ((f"lever_{name}", "", "", s, float(getattr(lever, s)), lever.unit) for s in points)


def _frame(rows: Iterable[Row], year: int, prices: str = "current") -> pd.DataFrame:
    columns = ["variable", "driver", "industry", "statistic", "value", "unit"]
    return pd.DataFrame(list(rows), columns=columns).assign(year=year, prices=prices)


def tidy(projection: Projection) -> pd.DataFrame:
    """All results of a projection, a number a row.

    Returns
    -------
    DataFrame
        Columns ``park``, ``scenario``, ``variable``, ``driver``, ``industry``, ``statistic``,
        ``year``, ``value``, ``unit``, ``prices``; what is empty does not apply.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> list(tidy(project("qingzhen", "reference", draws=64)).columns) == COLUMNS
    True
    """
    park, year = projection.park, projection.park.config.target_year
    published = ("value_added", "", "", "published", park.value_added, MONEY)
    frames = [_frame([published], park.config.base_year), _frame(_rows(projection), year)]
    for prices, column in growth(projection).items():
        quantiles = column.items()
        rows = [("growth", "", "", f"quantile_{q:g}", float(v), "fraction") for q, v in quantiles]
        frames.append(_frame(rows, year, str(prices)))
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "park", park.id)
    table.insert(1, "scenario", projection.scenario.name)
    return table[COLUMNS]


def iamc(frame: pd.DataFrame) -> pd.DataFrame:
    """The tidy table in the columns of the IAMC format that pyam reads.

    Variables are joined with ``|``, as in ``Value added|Quantile 0.5`` and
    ``Contribution|Driver|Baseline|Mean``; what is at comparable prices says so. Rows without a number
    are left out, since the format knows none.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> frame = iamc(tidy(project("qingzhen", "combined", draws=64)))
    >>> columns = ["scenario", "region", "unit", "year", "value"]
    >>> frame.loc[frame["variable"] == "Value added|Published", columns].values.tolist()
    [['combined', 'qingzhen', 'CNY_100m', 2015, 37.01]]
    """

    def words(name: str) -> str:
        return name.replace("_", " ").capitalize()

    def variable(row: pd.Series) -> str:
        parts = [words(row["variable"])]
        parts += [f"{words(kind)}|{words(row[kind])}" for kind in ("driver", "industry") if row[kind]]
        parts += ["Comparable prices"] if row["prices"] == "comparable" else []
        return "|".join([*parts, words(row["statistic"])])

    known = frame[np.isfinite(frame["value"])]
    return pd.DataFrame(
        {
            "model": f"parkanalysis {__version__}",
            "scenario": known["scenario"],
            "region": known["park"],
            "variable": known.apply(variable, axis=1),
            "unit": known["unit"],
            "year": known["year"],
            "value": known["value"],
        }
    ).reset_index(drop=True)
