"""Charts of targets and assumptions: tornado, frontier, target risk, ledger intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.report.style import COLORS, axes, size_for, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.model.inverse import Frontier
    from parkanalysis.report.words import Words

__all__ = ["frontier", "ledger_intervals", "target_risk", "tornado"]


def tornado(frame: pd.DataFrame, words: Words, center: float, ax: Axes | None = None) -> Axes:
    """Median value added with each assumption at its 10% and at its 90% point.

    Parameters
    ----------
    frame : DataFrame
        Index ``lever``; ``low``, ``high`` in ``unit``, ``at_low``, ``at_high`` in 亿元, as from
        ``findings.ranking``; the first row is drawn on top.
    words : Words
    center : float
        Median of the projection, 亿元.
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report import findings
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = tornado(findings.ranking(p).head(1), Words(p.park, "en"), p.median)
    >>> [text.get_text() for text in (*ax.get_yticklabels(), *ax.texts)]
    ['Growth of the rest', '5.3%', '24.8%']
    """
    with style():
        ax = axes(ax, size_for(len(frame)))
        y = np.arange(len(frame))[::-1]
        middle = float(words.money(center))
        for i, (_, row) in zip(y, frame.iterrows(), strict=True):
            ends = sorted(((row["at_low"], row["low"]), (row["at_high"], row["high"])))
            for (reached, value), side in zip(ends, (-1, 1), strict=True):
                at = float(words.money(reached))
                color = COLORS["loss" if side < 0 else "gain"]
                ax.barh(i, at - middle, left=middle, height=0.56, color=color)
                ax.annotate(
                    words.value(float(value), str(row["unit"])),
                    (at, i),
                    (4 * side, 0),
                    textcoords="offset points",
                    va="center",
                    ha="right" if side < 0 else "left",
                    fontsize=8,
                    color=color,
                )
        ax.axvline(middle, color=COLORS["muted"], lw=0.8)
        ax.set_yticks(y, [words.lever(str(n)) for n in frame.index])
        ax.margins(x=0.28)
        ax.set_xlabel(words("Median, {unit}", unit=words.money_unit))
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
    return ax


def target_risk(
    frame: pd.DataFrame,
    words: Words,
    target: float | None = None,
    target_label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Chance of reaching each target.

    Parameters
    ----------
    frame : DataFrame
        Index ``target`` (亿元), ``probability``, as from ``Projection.target_risk``.
    words : Words
    target : float, optional
        A target to mark, 亿元.
    target_label : str
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = target_risk(p.target_risk([35, 38, 40, 42, 45]), Words(p.park, "en"), 40.0, "Stated")
    >>> [text.get_text() for text in ax.texts]
    ['3.61: 90%', '3.81: 80%', '4.08: 50%', 'Stated 4.00: 62%']
    """
    with style():
        ax = axes(ax, 2.7)
        x, chance = frame.index.to_numpy(float), frame["probability"].to_numpy(float)
        ax.plot(words.money(x), 100 * chance, color=COLORS["median"], lw=1.6)
        for level in (0.9, 0.8, 0.5):
            at = float(np.interp(-level, -chance, x))
            ax.plot(words.money(at), 100 * level, "o", ms=5, color=COLORS["median"])
            ax.annotate(
                f"{words.plain_amount(at)}: {level:.0%}",
                (words.money(at), 100 * level),
                (7, 2),
                textcoords="offset points",
                color=COLORS["median"],
            )
        if target is not None:
            at = float(np.interp(target, x, chance))
            ax.axvline(words.money(target), color=COLORS["target"], lw=1.1, ls=(0, (4, 2)))
            ax.plot(words.money(target), 100 * at, "D", ms=5, color=COLORS["target"])
            ax.annotate(
                f"{target_label} {words.plain_amount(target)}: {words.chance(at)}",
                (words.money(target), 100 * at),
                (7, 4),
                textcoords="offset points",
                color=COLORS["target"],
            )
        ax.set_ylim(0, 100)
        ax.set_yticks([0, 20, 50, 80, 90, 100], [f"{v}%" for v in (0, 20, 50, 80, 90, 100)])
        ax.set_ylabel(words("Chance of reaching it"))
        ax.set_xlabel(words("Target, {unit}", unit=words.money_unit))
        ax.grid()
    return ax


def frontier(
    found: Frontier, words: Words, here: tuple[float, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Which pairs of two assumptions reach a target with even odds.

    Parameters
    ----------
    found : Frontier
        Grid of value added over two levers.
    words : Words
    here : pair of float, optional
        The scenario's own central values, marked.
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = frontier(p.frontier("baseline_growth", "power_sold_2016", 40.0), Words(p.park, "en"))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Growth of the rest, %', 'Energy sold in 2016, billion kWh')
    """
    with style():
        ax = axes(ax, 3.4)
        assert words.park is not None
        units = [words.park.levers[n].unit for n in (found.x, found.y)]
        x, y = words.shown(found.x_values, units[0]), words.shown(found.y_values, units[1])
        grid = words.money(found.reached)
        goal = float(words.money(found.target))
        above = [goal, max(float(grid.max()), goal) + 1]
        ax.contourf(x, y, grid, levels=above, colors=[COLORS["band"]], alpha=0.35)
        lines = ax.contour(x, y, grid, levels=7, colors=COLORS["muted"], linewidths=0.5)
        decimals = max(words.scale.decimals - 1, 0)
        ax.clabel(lines, fmt=lambda v: f"{v:,.{decimals}f}", fontsize=7.5)
        if float(grid.min()) < goal < float(grid.max()):
            line = ax.contour(x, y, grid, levels=[goal], colors=[COLORS["target"]], linewidths=1.8)
            ax.clabel(line, fmt=lambda _: words.plain_amount(found.target), fontsize=9)
        if here is not None:
            at = (words.shown(here[0], units[0]), words.shown(here[1], units[1]))
            ax.plot(*at, "o", ms=6, color=COLORS["ink"])
            ax.annotate(words("assumed"), at, (7, -3), textcoords="offset points")
        ax.set_xlabel(words.named_unit(words.lever(found.x), words.unit(units[0])))
        ax.set_ylabel(words.named_unit(words.lever(found.y), words.unit(units[1])))
    return ax


def _open_above(frame: pd.DataFrame, words: Words) -> np.ndarray:
    """Which figures are printed without an upper bound, wherever the reading rule caps them."""
    if words.park is None or "figure" not in frame:
        return np.zeros(len(frame), dtype=bool)
    known = words.park.quantities
    return np.array([name in known and math.isinf(known[name].high) for name in frame["figure"]], dtype=bool)


def ledger_intervals(frame: pd.DataFrame, words: Words, ax: Axes | None = None) -> Axes:
    """Printed figures that are not exact: their bounds as a part of the printed value.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.ledger``: ``text``, ``subject``, ``value``, ``low``, ``high``.
    words : Words
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report.findings import ledger
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.report.words import Words
    >>> park = read_park("qingzhen")
    >>> ax = ledger_intervals(ledger(park).query("figure == 'funds_raised'"), Words(park, "en"))
    >>> ax.get_yticklabels()[0].get_text(), ax.collections[0].get_segments()[0][:, 0].round().tolist()
    ('投融资  40余亿元', [100.0, 125.0])
    """
    with style():
        ax = axes(ax, size_for(len(frame)))
        y = np.arange(len(frame))[::-1]
        value = frame["value"].to_numpy(float)
        low, high = (100 * frame[c].to_numpy(float) / value for c in ("low", "high"))
        reach = max(130.0, float(np.max(high[np.isfinite(high)], initial=100.0)))
        capped = np.where(np.isfinite(high), high, reach * 1.05)
        ax.hlines(y, low, capped, color=COLORS["band"], lw=5)
        ax.scatter(np.full(len(y), 100.0), y, color=COLORS["median"], s=22, zorder=3)
        for i in np.flatnonzero(~np.isfinite(high) | _open_above(frame, words)):
            ax.plot(capped[i], y[i], ">", color=COLORS["band"], ms=8)
        ax.set_yticks(y, [f"{s}  {t}" for s, t in zip(frame["subject"], frame["text"], strict=True)])
        ax.set_ylim(-0.6, len(frame) - 0.4)
        ax.set_xlabel(words("Bounds, the printed value being 100"))
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
    return ax
