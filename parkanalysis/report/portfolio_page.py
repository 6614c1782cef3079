"""The page of several parks together: each, and their total."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from parkanalysis.model.case import reference_scenario
from parkanalysis.model.compare import portfolio, read_parks
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import Park
from parkanalysis.report.markup import table
from parkanalysis.report.pages import page
from parkanalysis.report.words import Words

__all__ = ["frame", "html", "write"]


def _common(parks: Iterable[Park], scenarios: Sequence[str] | None) -> list[str]:
    """Scenarios that every park has; none where they share none."""
    shared = set.intersection(*(set(p.scenarios) for p in parks))
    return [s for s in scenarios or sorted(shared) if s in shared]


def frame(
    paths: Iterable[str | Path], scenarios: Sequence[str] | None = None, draws: int = 20_000, seed: int = 2016
) -> pd.DataFrame:
    """Portfolio rows of every scenario the parks share, of their references where they share none.

    Returns
    -------
    DataFrame
        As ``portfolio.portfolio`` gives it, one scenario after the other, 亿元.

    Examples
    --------
    >>> frame(["qingzhen"], ["reference", "combined"], draws=256)[["scenario", "level", "median"]].round(1)
        scenario  level  median
    0  reference   park    42.6
    1  reference  total    42.6
    2   combined   park    35.2
    3   combined  total    35.2
    """
    parks = read_parks(paths).values()
    names: list[str | None] = [*_common(parks, scenarios)] or [None]
    parts = []
    for name in names:
        chosen = [reference_scenario(p) if name is None else read_scenario(p, name) for p in parks]
        parts.append(portfolio([project(s.park, s, draws, seed) for s in chosen], seed=seed))
    return pd.concat(parts, ignore_index=True)


def _row(row: Any, words: Words) -> list[str]:
    known = not pd.isna(row.target)
    name = words("Total") if row.level == "total" else (row.name_zh if words.lang == "zh" else row.name_en)
    return [
        name,
        row.scenario,
        words.amount(row.base),
        words.amount(row.median),
        words.amount_range(row.low, row.high),
        words.percent(row.growth),
        words.amount(row.target) if known else "–",
        words.chance(row.probability) if known else "–",
    ]


def html(rows: pd.DataFrame, lang: str) -> str:
    """A page with the table of the parks and their total.

    Examples
    --------
    >>> rows = frame(["qingzhen"], ["combined"], draws=256)
    >>> "Rank correlation between any two parks, assumed: 0.5" in html(rows, "en")
    True
    """
    words = Words(None, lang)
    head = ["Park", "Scenario", "Base year", "Median", "80% interval", "Change on base year", "Target"]
    labels = [words(h) for h in [*head, "Chance of reaching it"]]
    caption = words("Rank correlation between any two parks, assumed: {rank}", rank=rows["correlation"].max())
    body = table(labels, (_row(r, words) for r in rows.itertuples()), caption, numeric=range(2, 8))
    title = words("Several parks")
    return page(f"<main><h1>{title}</h1>{body}</main>", lang, title)


def write(
    out: Path,
    paths: Iterable[str | Path],
    scenarios: Sequence[str] | None = None,
    lang: str = "",
    draws: int = 20_000,
    seed: int = 2016,
) -> Path:
    """Write ``portfolio.html`` and ``portfolio.csv`` into ``out``; return the page.

    Without ``lang`` in the first language of the first park.

    An index that is there already is written anew, so that it leads to the page.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write(Path(folder), ["qingzhen"], ["combined"], draws=256)
    ...     page.name, sorted(path.suffix for path in page.parent.iterdir())
    ('portfolio.html', ['.csv', '.html'])
    """
    from parkanalysis.cleaning import write_aside
    from parkanalysis.report import overview
    from parkanalysis.report.workbook import to_csv

    paths = list(paths)
    parks = read_parks(paths)
    lang = lang or next(iter(parks.values())).config.languages[0]
    rows = frame(paths, scenarios, draws, seed)
    write_aside(out / "portfolio.csv", to_csv(rows))
    write_aside(out / overview.PORTFOLIO, html(rows, lang).encode())
    if (out / overview.INDEX).is_file():
        overview.write(out, parks)
    return out / overview.PORTFOLIO
