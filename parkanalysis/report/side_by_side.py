"""Sections of the comparison: scenarios in one table, on one scale, driver by driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.model import compare as comparison
from parkanalysis.model.projection import Projection
from parkanalysis.report.findings import Goal
from parkanalysis.report.markup import Figure, Html, cell, table
from parkanalysis.report.sentences import goal_label
from parkanalysis.report.style import COLORS, axes, size_for, style, to_svg
from parkanalysis.report.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "drivers_table",
    "ranges",
    "ranges_chart",
    "ranges_figure",
    "scenario_table",
    "settings_table",
    "title",
]

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
BANDS = ((0.05, 0.95, 0.3), (0.1, 0.9, 0.5), (0.25, 0.75, 0.8))


def _names(projections: Mapping[str, Projection], words: Words) -> dict[str, str]:
    return {name: words.title(p.scenario.title) for name, p in projections.items()}


def title(words: Words) -> Html:
    """Title of the comparison.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> title(Words(read_park("qingzhen"), "en"))
    Guizhou Qingzhen Economic Development Zone: Scenarios compared: industrial value added 2016
    """
    assert words.park is not None
    config = words.park.config
    heading = words("Scenarios compared: industrial value added {year}", year=config.target_year)
    park = words.park.label(words.lang)
    return Html(f'<p class="park">{cell(park)}</p><h1 id="top">{cell(heading)}</h1>', f"{park}: {heading}")


def scenario_table(projections: Mapping[str, Projection], goal: Goal, words: Words) -> Html:
    """Headline figures, a row a scenario.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.projection import project
    >>> park = read_park("qingzhen")
    >>> two = {name: project(park, name, draws=256) for name in ("reference", "combined")}
    >>> shown = scenario_table(two, Goal(40.0, True, "stated_result_2016"), Words(park, "en"))
    >>> pd.read_html(io.StringIO(shown.html))[0].iloc[:, [0, 1, 5]].values.tolist()
    [['Reference (no shock)', 4.26, '83%'], ['All that the report states', 3.52, '10%']]
    """
    frame = comparison.compare(projections.values())
    names = _names(projections, words)
    comparable = "comparable_growth" in frame
    rows = []
    for name, row in frame.iterrows():
        growth = [words.percent(row["growth"], sign=True)]
        growth += [words.percent(row["comparable_growth"], sign=True)] if comparable else []
        low, high = words.plain_amount(row["low"]), words.plain_amount(row["high"])
        chance = float((projections[str(name)].draws >= goal.value).mean())
        met = [words.plain_amount(row[f"met_{p}"]) for p in (80, 90)]
        rows.append(
            (
                names[str(name)],
                words.plain_amount(row["median"]),
                words("{low} to {high}", low=low, high=high),
                *growth,
                words.chance(chance),
                *met,
            )
        )
    caption = words("Scenarios compared, {unit}", unit=words.money_unit)
    head = [words("Scenario"), words("Median"), words("80% interval"), words("Growth, current prices")]
    head += [words("Growth, comparable prices")] if comparable else []
    head += [words("Chance of {amount}", amount=words.amount(goal.value))]
    head += [words("Met with {chance}", chance=words.chance(p)) for p in (0.8, 0.9)]
    return Html(table(head, rows, caption, numeric=range(1, len(head)), kind="stack"), caption)


def ranges(projections: Mapping[str, Projection]) -> pd.DataFrame:
    """Quantiles of every scenario; index ``scenario``, a column a quantile, 亿元.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.projection import project
    >>> park = read_park("qingzhen")
    >>> two = {name: project(park, name, draws=256) for name in ("reference", "combined")}
    >>> ranges(two)[[0.1, 0.5, 0.9]].round(1)
                0.1   0.5   0.9
    scenario
    reference  38.9  42.6  46.3
    combined   29.6  35.2  39.9
    """
    rows = {name: np.quantile(p.draws, QUANTILES) for name, p in projections.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(QUANTILES)).rename_axis("scenario")


def ranges_chart(
    frame: pd.DataFrame,
    words: Words,
    target: float | None = None,
    target_label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Every scenario's interval on one scale.

    Parameters
    ----------
    frame : DataFrame
        As from ``ranges``; the index holds the labels.
    words : Words
    target : float, optional
        亿元.
    target_label : str
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> words = Words(read_park("qingzhen"), "en")
    >>> frame = pd.DataFrame([[28, 30, 33, 35, 37, 39, 42]], ["combined"], columns=list(QUANTILES))
    >>> ax = ranges_chart(frame, words, target=40.0, target_label="stated")
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts]
    ('CNY billion', ['3.50', 'stated 4.00'])
    """
    with style():
        ax = axes(ax, size_for(len(frame)))
        y = np.arange(len(frame))[::-1]
        for low, high, strength in BANDS:
            left = words.money(frame[low].to_numpy(float))
            width = words.money(frame[high].to_numpy(float)) - left
            ax.barh(y, width, left=left, height=0.5, color=COLORS["band"], alpha=strength)
        median = frame[0.5].to_numpy(float)
        ax.scatter(words.money(median), y, color=COLORS["median"], marker="|", s=160, linewidths=2, zorder=3)
        for i, value in enumerate(median):
            ax.annotate(
                words.plain_amount(value),
                (words.money(value), y[i] + 0.3),
                ha="center",
                va="bottom",
                fontsize=8,
                color=COLORS["median"],
            )
        if target is not None:
            ax.axvline(words.money(target), color=COLORS["target"], lw=1.2, ls=(0, (4, 2)))
            text = f"{target_label} {words.plain_amount(target)}"
            top = (words.money(target), len(frame) - 0.3)
            ax.annotate(text, top, ha="center", va="bottom", color=COLORS["target"], fontsize=8.5)
        ax.set_yticks(y, [str(n) for n in frame.index])
        ax.set_ylim(-0.5, len(frame) + 0.1)
        ax.set_xlabel(words.money_unit)
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
    return ax


def ranges_figure(projections: Mapping[str, Projection], goal: Goal, words: Words) -> Figure:
    """The chart of all scenarios, with its text alternative.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.projection import project
    >>> park = read_park("qingzhen")
    >>> two = {name: project(park, name, draws=256) for name in ("reference", "combined")}
    >>> ranges_figure(two, Goal(40.0, True, "stated_result_2016"), Words(park, "en"))
    Medians in CNY billion: Reference (no shock) 4.26 and All that the report states 3.52.
    """
    frame = ranges(projections).rename(index=_names(projections, words))
    parts = [f"{name} {words.plain_amount(float(v))}" for name, v in frame[0.5].items()]
    alt = words("Medians in {unit}: {parts}.", unit=words.money_unit, parts=words.join(parts))
    ax = ranges_chart(frame, words, goal.value, goal_label(words, goal))
    note = words("Bands hold 50, 80 and 90%; line: median.")
    name = words("All scenarios on one scale")
    return Figure(to_svg(ax, "ranges"), "figure-ranges", name, alt, note, "", ax)


def drivers_table(projections: Mapping[str, Projection], words: Words) -> Html:
    """Mean contribution of each driver in each scenario.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.projection import project
    >>> park = read_park("qingzhen")
    >>> two = {name: project(park, name, draws=256) for name in ("reference", "power_contract")}
    >>> shown = drivers_table(two, Words(park, "en"))
    >>> pd.read_html(io.StringIO(shown.html))[0].values.tolist()
    [['Growth of the rest', '+0.56', '+0.56'], ['Power contract', '–', '−0.20'], ['Sum', '+0.56', '+0.36']]
    """
    frame = comparison.contributions(projections.values())
    names = _names(projections, words)
    rows = [
        (
            words.driver(str(driver)),
            *(words.plain_amount(float(v), sign=True) if v else "–" for v in row),
        )
        for driver, row in frame.iterrows()
    ]
    rows.append((words("Sum"), *(words.plain_amount(float(v), sign=True) for v in frame.sum())))
    caption = words("Mean contributions by scenario, {unit}", unit=words.money_unit)
    head = [words("Driver"), *(names[str(c)] for c in frame.columns)]
    return Html(table(head, rows, caption, numeric=range(1, len(head)), kind="stack"), caption)


def settings_table(projections: Mapping[str, Projection], words: Words) -> Html:
    """Shocks and assumptions in which the scenarios are not all alike.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.projection import project
    >>> park = read_park("qingzhen")
    >>> two = {name: project(park, name, draws=1) for name in ("reference", "power_contract")}
    >>> shown = settings_table(two, Words(park, "en"))
    >>> pd.read_html(io.StringIO(shown.html))[0].values.tolist()
    [['Power contract', '–', 'acts']]
    """
    frame = comparison.settings(p.scenario for p in projections.values())
    names = _names(projections, words)
    rows = []
    for key, row in frame.iterrows():
        kind, name = str(key[0]), str(key[1])  # type: ignore[index]
        values = row.drop("unit")
        if kind == "shock":
            shown = [words("acts") if v else "–" for v in values]
            rows.append((words.driver(str(name)), *shown))
        else:
            shown = [words.value(float(v), str(row["unit"])) for v in values]
            rows.append((words.lever(str(name)), *shown))
    caption = words("In what the scenarios differ")
    head = [words("Shock or assumption"), *(names[str(c)] for c in frame.columns if c != "unit")]
    return Html(table(head, rows, caption, kind="stack"), caption)
