"""One look for all charts: font, colours, axes, and the way to vector graphics."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito (2008), told apart with any colour vision; greys for what is not the message
COLORS = {
    "ink": "#1f2328",
    "muted": "#59636e",
    "grid": "#d1d9e0",
    "total": "#4d5966",
    "gain": "#0072b2",
    "loss": "#d55e00",
    "median": "#0072b2",
    "band": "#56b4e9",
    "target": "#b5387e",
    "paper": "#ffffff",
}
WIDTH = 4.3  # inches; a phone shows it at nearly that, so that its numbers can be read there


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

    ink, muted = COLORS["ink"], COLORS["muted"]
    settings: Any = {
        "font.family": [_family()],
        "font.size": 9.5,
        "axes.unicode_minus": True,
        "axes.edgecolor": muted,
        "axes.labelcolor": muted,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": COLORS["grid"],
        "grid.linewidth": 0.5,
        "text.color": ink,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "hatch.linewidth": 0.7,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "path",
        "svg.hashsalt": "parkanalysis",
        "mathtext.default": "regular",
        "path.simplify": True,
    }
    with mpl.rc_context(settings):
        yield


def axes(ax: Axes | None, height: float = 3.0) -> Axes:
    """The axes given, or those of a new figure that no global list holds.

    Examples
    --------
    >>> axes(None, height=2.0).figure.get_size_inches().tolist()
    [4.3, 2.0]
    """
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained").subplots()


def size_for(rows: int, least: float = 1.6) -> float:
    """Height in inches of a chart with a bar a row.

    Examples
    --------
    >>> size_for(1), size_for(10)
    (1.6, 3.6)
    """
    return max(least, 0.9 + 0.27 * rows)


def titled(ax: Axes, title: str, source: str) -> Axes:
    """Set title and source into the figure itself, for a chart that leaves the page.

    Examples
    --------
    >>> figure = titled(axes(None), "Value added", "Source: work report").figure
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
    """The figure of ``ax`` as svg, png or pdf, the same bytes every time.

    Examples
    --------
    >>> to_bytes(axes(None), "png", dpi=50)[1:4]
    b'PNG'
    """
    stream = io.BytesIO()
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }
    with style():
        ax.figure.savefig(stream, format=form, dpi=dpi, facecolor=paper, metadata=metadata[form])  # type: ignore[union-attr]
    return stream.getvalue()


# on the page ink, greys and paper follow its light or dark style
_VARIABLES = {
    COLORS[name]: f"var(--chart-{name}, {COLORS[name]})"
    for name in ("ink", "muted", "grid", "total", "gain", "loss", "target")
}


def to_svg(ax: Axes, name: str) -> str:
    """The figure of ``ax`` as an SVG element for a page, ids made unique by ``name``.

    Examples
    --------
    >>> svg = to_svg(axes(None), "growth")
    >>> svg[:4], 'id="growth-axes_1"' in svg
    ('<svg', True)
    """
    text = to_bytes(ax).decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(id="|#)(?=[A-Za-z])(?![0-9a-fA-F]{6}\b)', rf"\g<1>{name}-", text)
    text = re.sub(r'(<svg [^>]*?) ?width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) ?height="[^"]*"', r"\1", text, count=1)
    for color, variable in _VARIABLES.items():
        text = text.replace(color, variable)
    return re.sub(r"\n\s*", "\n", text).strip()
