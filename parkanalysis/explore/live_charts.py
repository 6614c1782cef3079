"""Charts that follow a slider: frames to small SVG texts in a few milliseconds.

The charts of the report are matplotlib's; these are drawn anew at every move of a slider.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from parkanalysis.report.style import COLORS

__all__ = ["Bar", "bars", "risk_curve_svg", "waterfall_svg"]

WIDTH = 560
LABEL = 170
ROW = 24
# keeps a text readable where a line passes behind it
HALO = "paint-order='stroke' stroke='#ffffff' stroke-width='3'"
FONT = "font-family='system-ui, \"Noto Sans SC\", sans-serif' font-size='12'"


@dataclass(frozen=True)
class Bar:
    """A bar of the waterfall from ``start`` to ``end``; ``total`` bars stand on zero."""

    label: str
    start: float
    end: float
    total: bool = False


def bars(base: float, steps: pd.Series, first: str, last: str, label: Callable[[str], str]) -> list[Bar]:
    """Bars from the base year over the steps to the target year.

    Parameters
    ----------
    base : float
        Value added of the base year.
    steps : Series
        Contribution of each driver, in order.
    first, last : str
        Labels of the two totals.
    label : callable
        From a driver's name to its label.

    Examples
    --------
    >>> [b.end for b in bars(37.0, pd.Series({"growth": 3.0, "closure": -1.0}), "a", "z", str)]
    [37.0, 40.0, 39.0, 39.0]
    """
    levels = base + np.concatenate([[0.0], np.cumsum(steps.to_numpy(dtype=float))])
    moves = [
        Bar(label(str(name)), float(a), float(b))
        for name, a, b in zip(steps.index, levels[:-1], levels[1:], strict=True)
    ]
    return [Bar(first, 0.0, base, True), *moves, Bar(last, 0.0, float(levels[-1]), True)]


def _svg(height: float, title: str, body: Sequence[str]) -> str:
    name = escape(title, quote=True)
    return (
        f"<svg viewBox='0 0 {WIDTH} {height:g}' width='100%' role='img' aria-label='{name}' "
        f"xmlns='http://www.w3.org/2000/svg' {FONT} fill='{COLORS['ink']}'>"
        f"<title>{name}</title>{''.join(body)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start", color: str = COLORS["ink"]) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{color}' {HALO}>{escape(text)}</text>"


def _line(x1: float, y1: float, x2: float, y2: float, color: str, dashed: bool = False) -> str:
    dash = " stroke-dasharray='4 3'" if dashed else ""
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{color}'{dash}/>"


def waterfall_svg(
    items: Sequence[Bar], title: str, number: Callable[[float, bool], str], target: float | None = None
) -> str:
    """A waterfall, a row a bar; the axis is cut below the smallest level that matters.

    Parameters
    ----------
    items : sequence of Bar
    title : str
        Says the unit.
    number : callable
        From a value and whether it is a change to its text.
    target : float, optional
        Marked by a dashed line.

    Examples
    --------
    >>> items = [Bar("2015", 0, 37, True), Bar("growth", 37, 40), Bar("2016", 0, 40, True)]
    >>> waterfall_svg(items, "title", lambda value, change: f"{value:g}").count("<rect ")
    3
    """
    levels = [v for b in items for v in ((b.end,) if b.total else (b.start, b.end))]
    levels += [] if target is None else [target]
    spread = max(max(levels) - min(levels), 1e-9)
    low = min(levels) - 0.25 * spread
    low = 0.0 if low < 0 <= min(levels) else low
    high = max(levels) + 0.05 * spread
    inner = WIDTH - LABEL - 60

    def x(value: float) -> float:
        return LABEL + (value - low) / (high - low) * inner

    body = [_text(0, 14, title, color=COLORS["muted"])]
    for i, bar in enumerate(items):
        y = 26 + i * ROW
        a, b = sorted((x(low if bar.total else bar.start), x(bar.end)))
        color = COLORS["total"] if bar.total else COLORS["gain" if bar.end >= bar.start else "loss"]
        value = number(bar.end if bar.total else bar.end - bar.start, not bar.total)
        body += [
            _text(LABEL - 8, y + 14, _short(bar.label), "end"),
            f"<rect x='{a:.1f}' y='{y + 3}' width='{max(b - a, 1):.1f}' height='{ROW - 8}' fill='{color}'/>",
            _text(b + 5, y + 14, value),
        ]
        if i + 1 < len(items):
            body.append(_line(x(bar.end), y + ROW - 5, x(bar.end), y + ROW + 3, COLORS["muted"]))
    bottom = 26 + len(items) * ROW
    if target is not None:
        body.append(_line(x(target), 24, x(target), bottom, COLORS["target"], dashed=True))
        body.append(_text(x(target), bottom + 12, number(target, False), "middle", COLORS["target"]))
    return _svg(bottom + 18, title, body)


def _short(label: str) -> str:
    width, kept = 0, ""
    for sign in label:
        width += 2 if ord(sign) > 0x2E7F else 1
        if width > 27:
            return kept[:-1] + "…"
        kept += sign
    return label


def risk_curve_svg(
    risk: pd.DataFrame, target: float, chance: float, title: str, labels: tuple[str, str]
) -> str:
    """The chance of reaching each target, the chosen one marked.

    Parameters
    ----------
    risk : DataFrame
        Index target, column ``probability``.
    target, chance : float
        The target chosen and its probability.
    title : str
    labels : (str, str)
        What stands at the marked point, and the unit under the axis.

    Examples
    --------
    >>> risk = pd.DataFrame({"probability": [1.0, 0.0]}, index=pd.Index([35.0, 45.0], name="target"))
    >>> "<polyline " in risk_curve_svg(risk, 40.0, 0.5, "title", ("40: 50%", "unit"))
    True
    """
    height, top, left = 210, 26, 44
    goals, p = risk.index.to_numpy(dtype=float), risk["probability"].to_numpy(dtype=float)
    low, high = min(goals[0], target), max(goals[-1], target)
    inner_w, inner_h = WIDTH - left - 20, height - top - 40

    def x(value: float) -> float:
        return float(left + (value - low) / max(high - low, 1e-9) * inner_w)

    def y(value: float) -> float:
        return top + (1 - value) * inner_h

    body = [_text(0, 14, title, color=COLORS["muted"])]
    for level in (0.0, 0.5, 1.0):
        body.append(_line(left, y(level), WIDTH - 20, y(level), COLORS["grid"]))
        body.append(_text(left - 6, y(level) + 4, f"{level:.0%}", "end"))
    points = " ".join(f"{x(g):.1f},{y(v):.1f}" for g, v in zip(goals, p, strict=True))
    body.append(f"<polyline points='{points}' fill='none' stroke='{COLORS['median']}' stroke-width='2'/>")
    for tick in _ticks(low, high):
        body.append(_text(x(tick), height - 24, f"{tick:g}", "middle"))
    right = x(target) > WIDTH * 0.6
    body += [
        _line(x(target), top, x(target), y(0), COLORS["target"], dashed=True),
        f"<circle cx='{x(target):.1f}' cy='{y(chance):.1f}' r='4' fill='{COLORS['target']}'/>",
        _text(
            x(target) + (-8 if right else 8),
            max(y(chance) - 8, top + 10),
            labels[0],
            "end" if right else "start",
            COLORS["target"],
        ),
        _text(left + inner_w / 2, height - 6, labels[1], "middle", COLORS["muted"]),
    ]
    return _svg(height, title, body)


def _ticks(low: float, high: float, count: int = 6) -> list[float]:
    raw = max(high - low, 1e-9) / count
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    return [float(t) for t in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]
