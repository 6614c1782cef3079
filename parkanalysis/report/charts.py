"""Charts of a projection: a frame goes in, its Axes come out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.report.style import COLORS, axes, size_for, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.report.words import Words

__all__ = ["contributions", "distribution", "fan", "waterfall"]

BANDS = (("q05", "q95", 0.22), ("q10", "q90", 0.38), ("q25", "q75", 0.6))


def waterfall(frame: pd.DataFrame, words: Words, ax: Axes | None = None) -> Axes:
    """The way from the base year to the target year, a bar a driver.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.steps``: ``bottom``, ``top``, ``value`` in 亿元 and ``total``.
    words : Words
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report import findings
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = waterfall(findings.steps(p, findings.contributions(p)), Words(p.park, "en"))
    >>> [text.get_text() for text in ax.texts]
    ['3.70', '+0.56', '−0.20', '4.07']
    """
    with style():
        ax = axes(ax, size_for(len(frame)))
        labels = [_step_label(str(step), words) for step in frame.index]
        y = np.arange(len(frame))[::-1]
        bottom, top = (words.money(frame[c].to_numpy(float)) for c in ("bottom", "top"))
        value = frame["value"].to_numpy(float)
        colors = [
            COLORS["total"] if total else COLORS["gain" if v >= 0 else "loss"]
            for total, v in zip(frame["total"], value, strict=True)
        ]
        left = _waterfall_start(frame) * words.scale.factor
        bottom = np.maximum(bottom, left)
        ax.barh(y, top - bottom, left=bottom, color=colors, height=0.62)
        ends = words.money(_levels(frame))
        for i in range(len(frame) - 1):
            ax.plot([ends[i]] * 2, [y[i] - 0.31, y[i + 1] + 0.31], color=COLORS["muted"], lw=0.6)
        for i, total in enumerate(frame["total"]):
            text = words.plain_amount(value[i], sign=not total)
            ax.annotate(
                text, (top[i], y[i]), (4, 0), textcoords="offset points", va="center", color=colors[i]
            )
        ax.set_yticks(y, labels)
        ax.set_xlim(left, float(top.max()) + 0.12 * (float(top.max()) - left))
        for end in y[frame["total"] & (left > 0)]:  # a bar that does not start at 0 shows a cut
            cut, across = [end + 0.4, end - 0.4], ax.get_yaxis_transform()
            ax.plot([0.025, 0.04], cut, color=COLORS["paper"], lw=2.5, transform=across)
        _amount_axis(ax, words)
    return ax


def _step_label(step: str, words: Words) -> str:
    config = words.park.config if words.park else None
    if step in ("start", "end") and config is not None:
        return str(config.base_year if step == "start" else config.target_year)
    return words.driver(step)


def _levels(frame: pd.DataFrame) -> np.ndarray:
    moves = np.where(frame["total"], 0.0, frame["value"])
    return np.asarray(frame["value"].iloc[0] + np.cumsum(moves))


def _waterfall_start(frame: pd.DataFrame) -> float:
    """Left end of the axis: 0, or nearer where all bars would crowd at the right."""
    low = float(frame.loc[~frame["total"], "bottom"].min()) if (~frame["total"]).any() else 0.0
    high = float(frame["top"].max())
    low = min(low, float(frame.loc[frame["total"], "top"].min()))
    return max(0.0, low - 0.8 * (high - low)) if low > 0.3 * high else min(0.0, low)


def _amount_axis(ax: Axes, words: Words) -> None:
    ax.set_xlabel(words.money_unit)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)


def fan(
    frame: pd.DataFrame,
    words: Words,
    target: float | None = None,
    target_label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """History, scaled to the park in the base year, and the fan of the target year.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.fan``.
    words : Words
    target : float, optional
        A level to mark in the last year, 亿元.
    target_label : str
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report import findings
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = fan(findings.fan(p), Words(p.park, "en"))
    >>> [text.get_text() for text in ax.texts]
    ['3.701', '3.66  10%', '4.08  median', '4.42  90%']
    """
    with style():
        ax = axes(ax, 3.1)
        bands = frame.dropna(subset=["q50"])
        years = bands.index.to_numpy(float)
        for low, high, strength in BANDS:
            ax.fill_between(
                years,
                words.money(bands[low]),
                words.money(bands[high]),
                color=COLORS["band"],
                alpha=strength,
                lw=0,
            )
        past = frame["history"].dropna()
        ax.plot(past.index, words.money(past), color=COLORS["total"], lw=1.4)
        ax.plot(years, words.money(bands["q50"]), color=COLORS["median"], lw=1.6)
        last = bands.iloc[-1]
        base = (years[0], float(words.money(bands["q50"].iloc[0])))
        ax.plot(*base, "o", ms=4, color=COLORS["total"])
        ax.annotate(
            words.plain_amount(float(bands["q50"].iloc[0]), extra=1),
            base,
            (-6, 6),
            textcoords="offset points",
            ha="right",
        )
        marks = [(float(last[c]), c, COLORS["median"]) for c in ("q10", "q50", "q90")]
        if target is not None:
            ax.plot(
                years[-1], words.money(target), "D", ms=5, color=COLORS["target"], clip_on=False, zorder=5
            )
            marks.append((target, "target", COLORS["target"]))
        names = {"q10": "10%", "q50": words("median"), "q90": "90%", "target": target_label}
        heights = _apart(
            [words.money(v) for v, _, _ in marks], 0.065 * _span(frame, target) * words.scale.factor
        )
        for (value, name, color), y in zip(marks, heights, strict=True):
            ax.annotate(
                f"{words.plain_amount(value)}  {names[name]}",
                (years[-1], words.money(value)),
                (years[-1] + 0.03 * (years[-1] - frame.index[0]), y),
                va="center",
                color=color,
                annotation_clip=False,
            )
        ax.set_ylabel(words.money_unit)
        ax.grid(axis="y")
        ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
        ax.set_xlim(frame.index[0] - 0.2, years[-1] + 0.02)
    return ax


def _span(frame: pd.DataFrame, target: float | None) -> float:
    values = frame[["history", "q05", "q95"]].to_numpy(float).ravel()
    values = values[np.isfinite(values)]
    marks = [] if target is None else [target]
    return max(*values, *marks) - min(*values, *marks) or 1.0


def _apart(values: list[float], gap: float) -> list[float]:
    """Heights for labels, at least ``gap`` apart, in the order of the values."""
    order = np.argsort(values, kind="stable")
    placed = np.array(values, dtype=float)
    for a, b in pairwise(order):
        placed[b] = max(placed[b], placed[a] + gap)
    return list(placed - (placed.mean() - np.mean(values)))


def distribution(
    frame: pd.DataFrame,
    quantiles: pd.DataFrame,
    words: Words,
    target: float | None = None,
    target_label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """How likely each level is, with median, 80% interval and the target.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.density``.
    quantiles : DataFrame
        ``value_added`` (亿元) by ``quantile``, holding 0.1, 0.5 and 0.9.
    words : Words
    target : float, optional
        亿元; the part of the density beyond it is set off.
    target_label : str
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report import findings
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = distribution(findings.density(p.draws), p.quantiles, Words(p.park, "en"), 40.0, "Stated")
    >>> [text.get_text() for text in ax.texts]
    ['median 4.08', '80% interval 3.66 to 4.42', 'Stated 4.00']
    """
    with style():
        ax = axes(ax, 2.7)
        at = quantiles["value_added"].to_dict()
        low, median, high = at[0.1], at[0.5], at[0.9]
        x, y = frame["value"].to_numpy(float), frame["density"].to_numpy(float)
        peak = float(y.max()) if len(y) else 1.0
        if len(x):
            shown = words.money(x)
            ax.fill_between(shown, y, color=COLORS["band"], alpha=0.35, lw=0)
            inside = (x >= low) & (x <= high)
            ax.fill_between(shown, y, where=inside.tolist(), color=COLORS["band"], alpha=0.5, lw=0)
            if target is not None:
                ax.fill_between(
                    shown, y, where=(x >= target).tolist(), color=COLORS["target"], alpha=0.45, lw=0
                )
            ax.plot(shown, y, color=COLORS["median"], lw=1.2)
        ax.plot([words.money(median)] * 2, [0.16 * peak, peak], color=COLORS["median"], lw=1.2)
        ax.annotate(
            f"{words('median')} {words.plain_amount(median)}",
            (words.money(median), peak),
            (0, 4),
            textcoords="offset points",
            ha="center",
            color=COLORS["median"],
        )
        ax.annotate(
            words("80% interval {low} to {high}", low=words.plain_amount(low), high=words.plain_amount(high)),
            (words.money((low + high) / 2), 0.05 * peak),
            ha="center",
            color=COLORS["ink"],
            fontsize=8.5,
        )
        if target is not None:
            ax.axvline(words.money(target), color=COLORS["target"], lw=1.3, ls=(0, (4, 2)))
            right = target >= median
            ax.annotate(
                f"{target_label} {words.plain_amount(target)}",
                (words.money(target), 0.82 * peak),
                (5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                color=COLORS["target"],
            )
        ax.set_ylim(0, 1.15 * peak)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(words.money_unit)
    return ax


def contributions(frame: pd.DataFrame, words: Words, ax: Axes | None = None) -> Axes:
    """Mean contribution of each driver with its 80% interval.

    Parameters
    ----------
    frame : DataFrame
        Index ``driver``; ``mean``, ``low``, ``high`` in 亿元.
    words : Words
    ax : Axes, optional

    Examples
    --------
    >>> from parkanalysis.report import findings
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "power_contract", draws=64)
    >>> ax = contributions(findings.contributions(p), Words(p.park, "en"))
    >>> [text.get_text() for text in (*ax.get_yticklabels(), *ax.texts)]
    ['Growth of the rest', 'Power contract', '+0.56', '−0.20']
    """
    with style():
        ax = axes(ax, size_for(len(frame)))
        y = np.arange(len(frame))[::-1]
        mean, low, high = (words.money(frame[c].to_numpy(float)) for c in ("mean", "low", "high"))
        colors = [COLORS["gain" if m >= 0 else "loss"] for m in mean]
        ax.hlines(y, low, high, colors=colors, lw=5, alpha=0.35)
        ax.scatter(mean, y, c=colors, s=28, zorder=3)
        for i, value in enumerate(frame["mean"]):
            ax.annotate(
                words.plain_amount(value, sign=True),
                (mean[i], y[i]),
                (0, 6),
                textcoords="offset points",
                ha="center",
                color=colors[i],
                fontsize=8.5,
            )
        ax.axvline(0, color=COLORS["muted"], lw=0.8)
        ax.set_yticks(y, [words.driver(str(d)) for d in frame.index])
        ax.set_ylim(-0.6, len(frame) - 0.2)
        _amount_axis(ax, words)
    return ax
