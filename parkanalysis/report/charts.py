"""Charts of a projection: a frame goes in, its Axes come out; one look for all, and the way to graphics."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkanalysis.report.words import Words, fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parkanalysis.model.inverse import Frontier
    from parkanalysis.model.scenario import Scenario
    from parkanalysis.report.findings import Goal

LOOK: dict[str, Any] = tomllib.loads(Path(__file__).with_name("charts.toml").read_text(encoding="utf-8"))
COLORS: dict[str, str] = LOOK["color"]
WIDTH = 4.3  # inches; a phone shows it at nearly that, so that its numbers can be read there
#: Bands of a fan: lower and upper quantile, strength of the colour, how many of ten draws they hold.
BANDS = ((0.05, 0.95, 0.22, 9), (0.1, 0.9, 0.38, 8), (0.25, 0.75, 0.6, 5))
DASHED = (0, (4, 2))


def font_path() -> Path:
    """File of the font with Chinese glyphs that is installed with the package zhplot.

    Raises
    ------
    FileNotFoundError
        Where the package was installed without its fonts.

    Examples
    --------
    >>> font_path().suffix in (".ttf", ".otf")
    True
    """
    import importlib.metadata

    # importing zhplot itself would change matplotlib's settings for everybody
    for file in importlib.metadata.files("zhplot") or ():
        if file.suffix in (".ttf", ".otf"):
            return Path(str(file.locate()))
    raise FileNotFoundError("the package zhplot is installed without its font")


@cache
def _family() -> str:
    from matplotlib import font_manager

    path = str(font_path())
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


@contextmanager
def style() -> Iterator[None]:
    """Settings of the charts, for as long as a chart is drawn or written.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with style():
    ...     mpl.rcParams["font.size"], mpl.rcParams["axes.spines.top"]
    (9.5, False)
    """
    import matplotlib as mpl

    settings = {name: COLORS.get(value, value) for name, value in LOOK["setting"].items()}
    with mpl.rc_context({**settings, "font.family": [_family()]}):
        yield


@contextmanager
def drawn(height: float = 3.0) -> Iterator[Axes]:
    """Axes of a new figure that no global list holds, under the settings of the charts.

    Examples
    --------
    >>> with drawn(2.0) as ax:
    ...     ax.figure.get_size_inches().tolist()
    [4.3, 2.0]
    """
    from matplotlib.figure import Figure

    with style():
        yield Figure(figsize=(WIDTH, height), layout="constrained").subplots()


def size_for(rows: int) -> float:
    """Height in inches of a chart with a bar a row.

    Examples
    --------
    >>> size_for(1), size_for(10)
    (1.6, 3.6)
    """
    return max(1.6, 0.9 + 0.27 * rows)


def titled(ax: Axes, title: str, source: str) -> Axes:
    """Set title and source into the figure itself, for a chart that leaves the page.

    Examples
    --------
    >>> with drawn() as ax:
    ...     figure = titled(ax, "Value added", "Source: work report").figure
    >>> figure.get_suptitle(), figure.get_supxlabel()
    ('Value added', 'Source: work report')
    """
    import textwrap

    wide = 58 if source.isascii() else 44
    lines = "\n".join(line for part in source.splitlines() for line in textwrap.wrap(part, wide))
    with style():
        ax.figure.suptitle(title, x=0.01, ha="left", fontsize=11.5)
        ax.figure.supxlabel(lines, x=0.01, ha="left", fontsize=7, color=COLORS["muted"])
    return ax


def to_bytes(ax: Axes, form: str = "svg", dpi: int = 200, paper: str = "none") -> bytes:
    """The figure of ``ax`` as svg or png, the same bytes every time.

    Examples
    --------
    >>> with drawn() as ax:
    ...     to_bytes(ax, "png", dpi=50)[1:4]
    b'PNG'
    """
    stream = io.BytesIO()
    undated: Any = dict.fromkeys({"svg": ("Date", "Creator"), "png": ("Software",)}[form])
    with style():
        ax.figure.savefig(stream, format=form, dpi=dpi, facecolor=paper, metadata=undated)  # type: ignore[union-attr]
    return stream.getvalue()


#: Colors that follow the page's style, light or dark.
THEMED = ("ink", "muted", "grid", "total", "gain", "loss", "target")


def to_svg(ax: Axes, name: str) -> str:
    """The figure of ``ax`` as an SVG element for a page, ids made unique by ``name``.

    Examples
    --------
    >>> with drawn() as ax:
    ...     svg = to_svg(ax, "growth")
    >>> svg[:4], 'id="growth-axes_1"' in svg
    ('<svg', True)
    """
    text = to_bytes(ax).decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(id="|#)(?=[A-Za-z])(?![0-9a-fA-F]{6}\b)', rf"\g<1>{name}-", text)
    for size in ("width", "height"):
        text = re.sub(rf'(<svg [^>]*?) ?{size}="[^"]*"', r"\1", text, count=1)
    for color in THEMED:
        text = text.replace(COLORS[color], f"var(--chart-{color}, {COLORS[color]})")
    return re.sub(r"\n\s*", "\n", text).strip()


# -- the charts ------------------------------------------------------------------------------------


def _say(ax: Axes, text: str, at: tuple[Any, Any], offset: tuple[float, float] = (0, 0), **how: Any) -> None:
    """A label beside a point, ``offset`` in points."""
    how = {"va": "center", "color": COLORS["ink"], **how}
    ax.annotate(text, at, offset, textcoords="offset points", annotation_clip=False, **how)


def _rows(ax: Axes, labels: list[str], unit: str) -> Any:
    """Heights of an axis with a label a row, the first on top, and amounts below."""
    heights = np.arange(len(labels))[::-1]
    ax.set_yticks(heights, labels)
    ax.set_xlabel(unit)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    return heights


def _money_axis(axis: Any, words: Words) -> None:
    """Few ticks with grouped thousands where amounts have many digits."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if words.scale.factor > 1:
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(FuncFormatter(lambda value, _: fixed(value, 0)))


def _legend(ax: Axes, entries: list[tuple[Any, str]]) -> None:
    """What is drawn, in words above the axes, where no line runs."""
    look = {"ncols": 2, "frameon": False, "borderaxespad": 0.2, "handlelength": 1.4, "columnspacing": 1.0}
    ax.legend(*zip(*entries, strict=True), loc="lower left", bbox_to_anchor=(0, 1), fontsize=8.5, **look)


def _bands(words: Words) -> list[tuple[Any, str]]:
    from matplotlib.patches import Patch

    tenths = [band[3] for band in BANDS]
    strengths = 1 - np.cumprod([1 - band[2] for band in BANDS])  # a band lies on those around it
    patches = [Patch(color=COLORS["band"], alpha=a, lw=0) for a in strengths]
    return [(patch, words("{n} of 10", n=n)) for patch, n in zip(patches, tenths, strict=True)][::-1]


def _mark(ax: Axes, words: Words, goal: Goal, height: float, side: int, more: str = "") -> None:
    """The line of the goal, with its label to the left or the right of it."""
    at, color = words.money(goal.value), COLORS["target"]
    ax.axvline(at, color=color, lw=1.2, ls=DASHED)
    text = f"{words.goal_label(goal.stated)} {words.plain_amount(goal.value)}{more}"
    _say(ax, text, (at, height), (5 * side, 0), ha="left" if side > 0 else "right", color=color)


def _bars(ax: Axes, y: Any, start: Any, end: Any, gain: Any, height: float = 0.62) -> None:
    """Bars, solid for gains and hatched for losses, told apart in grey print too."""
    for i, left, right, up in zip(y, start, end, gain, strict=True):
        color = COLORS["gain" if up else "loss"]
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": color, "hatch": "//////"}
        look = {"color": color} if up else look
        ax.barh(i, right - left, left=left, height=height, lw=0.8, **look)


def waterfall(frame: pd.DataFrame, words: Words) -> Axes:
    """The way from the base year to the target year, a bar a driver.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.steps``: ``bottom``, ``top``, ``value`` in 亿元 and ``total``.
    words : Words
    """
    with drawn(size_for(len(frame))) as ax:
        y = _rows(ax, [_step_label(str(step), words) for step in frame.index], words.money_unit)
        bottom, top = (words.money(frame[c].to_numpy(float)) for c in ("bottom", "top"))
        total, gain = frame["total"].to_numpy(bool), frame["value"].to_numpy(float) >= 0
        left = _waterfall_start(frame) * words.scale.factor
        bottom = np.maximum(bottom, left)
        ax.barh(y[total], (top - bottom)[total], left=bottom[total], color=COLORS["total"], height=0.62)
        _bars(ax, y[~total], bottom[~total], top[~total], gain[~total])
        moves = np.where(total, 0.0, frame["value"])
        ends = words.money(frame["value"].iloc[0] + np.cumsum(moves))
        for i in range(len(frame) - 1):
            ax.plot([ends[i]] * 2, [y[i] - 0.31, y[i + 1] + 0.31], color=COLORS["muted"], lw=0.6)
        for i, value in enumerate(frame["value"]):
            _say(ax, words.plain_amount(value, sign=not total[i]), (top[i], y[i]), (4, 0))
        _money_axis(ax.xaxis, words)
        ax.set_xlim(left, float(top.max()) + 0.16 * (float(top.max()) - left))
        for end in y[total & (left > 0)]:  # a bar that does not start at 0 shows a cut
            cut, across = [end + 0.4, end - 0.4], ax.get_yaxis_transform()
            ax.plot([0.025, 0.04], cut, color=COLORS["paper"], lw=2.5, transform=across)
    return ax


def _step_label(step: str, words: Words) -> str:
    config = words.park.config if words.park else None
    if step in ("start", "end") and config is not None:
        return str(config.base_year if step == "start" else config.target_year)
    return words.driver(step)


def _waterfall_start(frame: pd.DataFrame) -> float:
    """Left end of the axis: 0, or nearer where all bars would crowd at the right."""
    low = float(frame["top"].where(frame["total"], frame["bottom"]).min())
    high = float(frame["top"].max())
    return max(0.0, low - 0.8 * (high - low)) if low > 0.3 * high else min(0.0, low)


def fan(frame: pd.DataFrame, words: Words, goal: Goal | None = None, measured: bool = False) -> Axes:
    """History, scaled to the park in the base year, and the fan of the years that follow.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.fan_frame``.
    words : Words
    goal : Goal, optional
        A level to mark in the last year, 亿元.
    measured : bool
        Whether the history is the series' own, drawn solid, and not that of a reference area.
    """
    from matplotlib.lines import Line2D

    with drawn(3.2) as ax:
        bands = frame.dropna(subset=["q50"])
        years, first = bands.index.to_numpy(float), bands.index[0]
        past = frame["history"].dropna()
        for low, high, strength, _ in BANDS:
            ends = [words.money(bands[f"q{round(100 * q):02d}"]) for q in (low, high)]
            ax.fill_between(years, *ends, color=COLORS["band"], alpha=strength, lw=0)
        ax.plot(past.index, words.money(past), color=COLORS["total"], lw=1.3, ls="-" if measured else DASHED)
        ax.plot(years, words.money(bands["q50"]), color=COLORS["median"], lw=1.6)
        start = float(bands["q50"].iloc[0])
        ax.plot(first, words.money(start), "o", ms=4.5, color=COLORS["ink"])
        _say(ax, words.plain_amount(start, printed=True), (first, words.money(start)), (-5, 8), ha="right")
        last = bands.iloc[-1]
        marks = [(float(last[c]), "", COLORS["ink"]) for c in ("q10", "q90")]
        marks.append((float(last["q50"]), words("median"), COLORS["ink"]))
        if goal is not None:
            at = (years[-1], words.money(goal.value))
            ax.plot(*at, "D", ms=5, color=COLORS["target"], clip_on=False, zorder=5)
            marks.append((goal.value, words.goal_label(goal.stated), COLORS["target"]))
        shown = [*past, *last.drop("history"), *(value for value, *_ in marks)]
        span = float(words.money(np.ptp(shown))) or 1.0
        heights = _apart([words.money(v) for v, *_ in marks], 0.085 * span)
        edge = years[-1] + 0.035 * (years[-1] - past.index[0])
        for (value, name, color), y in zip(marks, heights, strict=True):
            _say(ax, f"{words.plain_amount(value)} {name}".strip(), (edge, y), color=color)
        dashed = Line2D([], [], color=COLORS["total"], lw=1.3, ls=DASHED)
        reference = [(dashed, words.reference_area)] if len(past) > 1 and not measured else []
        _legend(ax, [*_bands(words), *reference])
        ax.set_ylabel(words.money_unit)
        _money_axis(ax.yaxis, words)
        ax.grid(axis="y")
        ax.set_xlim(min(past.index[0], first) - (0.2 if len(past) > 1 else 0.5), years[-1] + 0.02)
        ax.xaxis.get_major_locator().set_params(integer=True, nbins=6)  # type: ignore[call-arg]
    return ax


def _apart(values: list[float], gap: float) -> list[float]:
    """Heights for labels, at least ``gap`` apart, in the order of the values."""
    order = np.argsort(values, kind="stable")
    placed = np.array(values, dtype=float)
    for a, b in pairwise(order):
        placed[b] = max(placed[b], placed[a] + gap)
    return list(placed - (placed.mean() - np.mean(values)))


def distribution(frame: pd.DataFrame, quantiles: pd.DataFrame, words: Words, goal: Goal) -> Axes:
    """How likely each level is, with median, 80% interval and the target.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.density``.
    quantiles : DataFrame
        ``value_added`` (亿元) by ``quantile``, holding 0.1, 0.5 and 0.9.
    words : Words
    goal : Goal
        The part of the density beyond it is set off.
    """
    with drawn(2.8) as ax:
        at = quantiles["value_added"].to_dict()
        low, median, high = at[0.1], at[0.5], at[0.9]
        x, y = frame["value"].to_numpy(float), frame["density"].to_numpy(float)
        peak = float(y.max()) if len(y) else 1.0
        if len(x):
            shown = words.money(x)
            inside, beyond = (x >= low) & (x <= high), x >= goal.value
            ax.fill_between(shown, y, color=COLORS["band"], alpha=0.35, lw=0)
            ax.fill_between(shown, y, where=inside.tolist(), color=COLORS["band"], alpha=0.5, lw=0)
            ax.fill_between(shown, y, where=beyond.tolist(), color=COLORS["target"], alpha=0.45, lw=0)
            ax.plot(shown, y, color=COLORS["median"], lw=1.2)
        ax.plot([words.money(median)] * 2, [0.16 * peak, peak], color=COLORS["median"], lw=1.2)
        top = f"{words('median')} {words.plain_amount(median)}"
        _say(ax, top, (words.money(median), peak), (0, 7), ha="center")
        inner = words("8 of 10: {low} to {high}", low=words.plain_amount(low), high=words.plain_amount(high))
        _say(ax, inner, (words.money((low + high) / 2), 0.07 * peak), ha="center", fontsize=8.5)
        _mark(ax, words, goal, 0.85 * peak, 1 if goal.value >= median else -1)
        ax.set_ylim(0, 1.18 * peak)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(words.money_unit)
        _money_axis(ax.xaxis, words)
    return ax


def swings(frame: pd.DataFrame, words: Words, center: float) -> Axes:
    """Median value added with each assumption at its 10% and at its 90% point.

    Parameters
    ----------
    frame : DataFrame
        Index ``lever``; ``low``, ``high`` in ``unit``, ``at_low``, ``at_high`` in 亿元, as from
        ``findings.ranking``; the first row is drawn on top.
    words : Words
    center : float
        Median of the projection, 亿元.
    """
    with drawn(size_for(len(frame))) as ax:
        labels = [words.lever(str(n)) for n in frame.index]
        y = _rows(ax, labels, words("Median, {unit}", unit=words.money_unit))
        middle = float(words.money(center))
        for i, row in zip(y, frame.to_dict("records"), strict=True):
            ends = sorted(((row["at_low"], row["low"]), (row["at_high"], row["high"])))
            for (reached, value), side in zip(ends, (-1, 1), strict=True):
                at = float(words.money(reached))
                _bars(ax, [i], [middle], [at], [side > 0], height=0.56)
                text, where = words.value(float(value), str(row["unit"])), "right" if side < 0 else "left"
                _say(ax, text, (at, i), (4 * side, 0), ha=where, fontsize=8)
        ax.axvline(middle, color=COLORS["muted"], lw=0.8)
        _money_axis(ax.xaxis, words)
        ax.grid(visible=False)
        ax.margins(x=0.32)
    return ax


def target_risk(frame: pd.DataFrame, met: pd.Series, words: Words, goal: Goal) -> Axes:
    """Chance of reaching each target.

    Parameters
    ----------
    frame : DataFrame
        Index ``target`` (亿元), ``probability``, as from ``Projection.target_risk``.
    met : Series
        Targets to mark (亿元) by the probability with which they are met.
    words : Words
    goal : Goal
    """
    with drawn(3.0) as ax:
        x, chance = frame.index.to_numpy(float), frame["probability"].to_numpy(float)
        ax.plot(words.money(x), 100 * chance, color=COLORS["median"], lw=1.6)
        # labels stand on the side of the curve where the line of the target does not run
        side = -1 if goal.value >= met.max() else 1
        for level, at in zip(met.index.to_numpy(float), met, strict=True):
            where = (words.money(at), 100 * level)
            ax.plot(*where, "o", ms=5, color=COLORS["median"])
            text = f"{words.plain_amount(at)}: {level:.0%}"
            _say(ax, text, where, (7 * side, 5 * side), ha="left" if side > 0 else "right")
        reached = float(np.interp(goal.value, x, chance))
        ax.plot(words.money(goal.value), 100 * reached, "D", ms=5, color=COLORS["target"])
        _mark(ax, words, goal, 94 if side < 0 else 6, -side, f": {words.chance(reached)}")
        ax.set_ylim(0, 100)
        ax.set_yticks([0, 20, 50, 80, 90, 100], [f"{v}%" for v in (0, 20, 50, 80, 90, 100)])
        ax.set_ylabel(words("Chance of reaching it"))
        ax.set_xlabel(words("Target, {unit}", unit=words.money_unit))
        _money_axis(ax.xaxis, words)
        room = 0.3 * np.ptp(x)  # for the labels
        ends = [x[0], x[-1], goal.value, met.min() - room if side < 0 else met.max() + room]
        ax.set_xlim(words.money(min(ends)), words.money(max(ends)))
        ax.grid()
    return ax


def frontier_map(found: Frontier, words: Words, scenario: Scenario) -> Axes:
    """Which pairs of two assumptions reach a target with even odds.

    Parameters
    ----------
    found : Frontier
        Grid of value added over two levers.
    words : Words
    scenario : Scenario
        Its own central values are marked.
    """
    with drawn(3.4) as ax:
        levers = [scenario.levers[n] for n in (found.x, found.y)]
        x, y = words.shown(found.x_values, levers[0].unit), words.shown(found.y_values, levers[1].unit)
        grid, goal = words.money(found.reached), float(words.money(found.target))
        above = [goal, max(float(grid.max()), goal) + 1]
        ax.contourf(x, y, grid, levels=above, colors=[COLORS["band"]], alpha=0.35)
        lines = ax.contour(x, y, grid, levels=7, colors=COLORS["muted"], linewidths=0.5)
        ax.clabel(lines, fmt=lambda v: fixed(v, words.scale.decimals), fontsize=7.5)
        if float(grid.min()) < goal < float(grid.max()):
            line = ax.contour(x, y, grid, levels=[goal], colors=[COLORS["target"]], linewidths=1.8)
            ax.clabel(line, fmt=lambda _: words.plain_amount(found.target), fontsize=9)
        here = [words.shown(lever.central, lever.unit) for lever in levers]
        ax.plot(*here, "o", ms=6, color=COLORS["ink"])
        _say(ax, words("most likely"), (here[0], here[1]), (7, -3))
        names = [words.named_unit(words.lever(lever.name), words.unit(lever.unit)) for lever in levers]
        ax.set_xlabel(names[0])
        ax.set_ylabel(names[1])
    return ax


def ledger_intervals(frame: pd.DataFrame, words: Words) -> Axes:
    """Printed figures that are not exact: their bounds as a part of the printed value.

    Parameters
    ----------
    frame : DataFrame
        As from ``findings.ledger``: ``text``, ``subject``, ``value``, ``low``, ``high``, ``open``.
    words : Words
    """
    with drawn(size_for(len(frame))) as ax:
        names = [f"{s}  {t}" for s, t in zip(frame["subject"], frame["text"], strict=True)]
        y = _rows(ax, names, words("Bounds, the printed value being 100"))
        value = frame["value"].to_numpy(float)
        low, high = (100 * frame[c].to_numpy(float) / value for c in ("low", "high"))
        reach = max(130.0, float(np.max(high[np.isfinite(high)], initial=100.0)))
        capped = np.where(np.isfinite(high), high, reach * 1.05)
        ax.hlines(y, low, capped, color=COLORS["band"], lw=5)
        ax.scatter(np.full(len(y), 100.0), y, color=COLORS["median"], s=22, zorder=3)
        for i in np.flatnonzero(~np.isfinite(high) | frame["open"].to_numpy(bool)):
            ax.plot(capped[i], y[i], ">", color=COLORS["band"], ms=8)
        ax.set_ylim(-0.6, len(frame) - 0.4)
    return ax


def ranges(frame: pd.DataFrame, words: Words, goal: Goal) -> Axes:
    """Every scenario's bands on one scale.

    Parameters
    ----------
    frame : DataFrame
        A row a scenario, labelled by the index; a column a quantile, 亿元.
    words : Words
    goal : Goal
    """
    with drawn(size_for(len(frame)) + 0.3) as ax:
        y = _rows(ax, [str(n) for n in frame.index], words.money_unit)
        for low, high, strength, _ in BANDS:
            left = words.money(frame[low].to_numpy(float))
            width = words.money(frame[high].to_numpy(float)) - left
            ax.barh(y, width, left=left, height=0.5, color=COLORS["band"], alpha=strength)
        median = frame[0.5].to_numpy(float)
        ax.scatter(words.money(median), y, color=COLORS["median"], marker="|", s=160, linewidths=2, zorder=3)
        for i, value in enumerate(median):
            _say(ax, words.plain_amount(value), (words.money(value), y[i] + 0.42), ha="center", fontsize=8)
        _mark(ax, words, goal, -0.42, 1)
        _money_axis(ax.xaxis, words)
        ax.set_ylim(-0.7, len(frame) - 0.3)
        _legend(ax, _bands(words))
    return ax


def past_projections(frame: pd.DataFrame, words: Words) -> Axes:
    """Scored projections of growth: 80% intervals and outturns, a line each, by kind of event.

    Parameters
    ----------
    frame : DataFrame
        ``kind``, ``low``, ``high``, ``outturn`` (percentage points), ``covered_80``, as from
        ``findings.hindcasts``.
    words : Words
    """
    from matplotlib.lines import Line2D

    rows = frame.sort_values(["kind", "outturn"], kind="stable").reset_index(drop=True)
    x = pd.Series(rows.index + 3 * rows["kind"].factorize()[0])  # a gap between the kinds
    held: dict[str, Any] = {"marker": "o", "color": COLORS["median"]}
    missed: dict[str, Any] = {"marker": "x", "color": COLORS["loss"]}
    with drawn(3.0) as ax:
        ax.axhline(0, color=COLORS["muted"], lw=0.6)
        ax.vlines(x, rows["low"], rows["high"], color=COLORS["band"], lw=3)
        for look, part in ((held, rows[rows["covered_80"]]), (missed, rows[~rows["covered_80"]])):
            ax.scatter(x[part.index], part["outturn"], s=12, zorder=3, **look)
        events = {"closure": words("closures"), "price": words("price falls")}
        middle = x.groupby(rows["kind"]).mean()
        ax.set_xticks(middle, [events[kind] for kind in middle.index])
        ax.set_ylabel(words("growth, %"))
        ax.grid(axis="y")
        entries = [(Line2D([], [], lw=0, ms=4, **held), words("outturn in the 80% interval"))]
        _legend(ax, [*entries, (Line2D([], [], lw=0, ms=4, **missed), words("outside"))])
    return ax
