"""Results as data: one tidy long table, and the same in the IAMC columns."""

from __future__ import annotations

import pandas as pd

from parkanalysis import __version__
from parkanalysis.projection import Projection

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


def _rows(projection: Projection) -> list[tuple[str, str, str, str, float, str]]:
    """Rows of variable, driver, industry, statistic, value, unit."""
    money, rows = "CNY_100m", []
    for q, row in projection.quantiles.iterrows():
        rows.append(("value_added", "", "", f"quantile_{q:g}", float(row["value_added"]), money))
        rows.append(("value_added", "", "", f"standard_error_{q:g}", float(row["standard_error"]), money))
    rows.append(("value_added", "", "", "mean", float(projection.draws.mean()), money))
    rows.append(("value_added", "", "", "central", projection.central, money))
    for driver, row in projection.contributions().iterrows():
        rows += [("contribution", str(driver), "", str(s), float(v), money) for s, v in row.items()]
    for industry, row in projection.contributions(by="industry").iterrows():
        rows += [("contribution", "", str(industry), str(s), float(v), money) for s, v in row.items()]
    for p, target in projection.targets_met().items():
        rows.append(("target", "", "", f"met_with_{p:g}", float(target), money))
    stated = projection.park.config.stated
    if stated is not None:
        goal = projection.park.amount(stated.result)
        risk = projection.target_risk([goal]).iloc[0]
        rows.append(("stated_projection", "", "", "value", goal, money))
        rows.append(("stated_projection", "", "", "probability", float(risk["probability"]), "fraction"))
        rows.append(("stated_projection", "", "", "shortfall", float(risk["shortfall"]), money))
    for name, lever in projection.scenario.levers.items():
        rows += [
            (f"lever_{name}", "", "", s, getattr(lever, s), lever.unit) for s in ("low", "central", "high")
        ]
    return rows


def tidy(projection: Projection) -> pd.DataFrame:
    """All results of a projection, a number a row.

    Returns
    -------
    DataFrame
        Columns ``park``, ``scenario``, ``variable``, ``driver``, ``industry``, ``statistic``,
        ``year``, ``value``, ``unit``, ``prices``.

    Examples
    --------
    >>> from parkanalysis.projection import project
    >>> list(tidy(project("qingzhen", "reference", draws=64)).columns) == COLUMNS
    True
    """
    park = projection.park
    published = ("value_added", "", "", "published", park.value_added, "CNY_100m")
    frame = pd.DataFrame(
        _rows(projection), columns=["variable", "driver", "industry", "statistic", "value", "unit"]
    )
    frame["year"] = park.config.target_year
    first = pd.DataFrame(
        [published], columns=["variable", "driver", "industry", "statistic", "value", "unit"]
    )
    first["year"] = park.config.base_year
    table = pd.concat([first, frame], ignore_index=True)
    table.insert(0, "park", park.id)
    table.insert(1, "scenario", projection.scenario.name)
    table["prices"] = "current"
    return table[COLUMNS]


def iamc(frame: pd.DataFrame) -> pd.DataFrame:
    """The tidy table in the columns of the IAMC format that pyam reads.

    Variables are joined with ``|``, as in ``Value Added|Quantile 0.5``.
    """
    parts = frame[["variable", "driver", "industry", "statistic"]].apply(
        lambda row: "|".join(p.replace("_", " ").capitalize() for p in row if p), axis=1
    )
    return pd.DataFrame(
        {
            "model": f"parkanalysis {__version__}",
            "scenario": frame["scenario"],
            "region": frame["park"],
            "variable": parts,
            "unit": frame["unit"],
            "year": frame["year"],
            "value": frame["value"],
        }
    )
