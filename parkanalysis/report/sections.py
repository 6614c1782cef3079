"""What a notebook shows and a page keeps: templates filled with results, charts with their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from parkanalysis import __version__
from parkanalysis.report import charts, findings
from parkanalysis.report.results import Comparison, Results
from parkanalysis.report.words import Words, capitalised

TEMPLATES = Path(__file__).parent / "templates"
#: Rows of the charts that could have very many.
SWINGS, INEXACT = 10, 14


@dataclass(frozen=True)
class Html:
    """Something a notebook shows and the page keeps: HTML, and its sentences for terminals."""

    html: str

    @property
    def text(self) -> str:
        """Headings, sentences and captions, a line each; cells of tables are left out."""
        left_out = r"<thead>.*?</thead>|<tbody>.*?</tbody>|<svg .*?</svg>"
        bare = re.sub(left_out, "", self.html, flags=re.DOTALL)
        lines = re.split(r"</(?:p|h\d|caption|li|dd|summary)>", bare)
        plain = (unescape(re.sub(r"<[^>]*>", "", line)) for line in lines)
        return "\n".join(" ".join(line.split()) for line in plain if line.strip())

    def __add__(self, other: Html) -> Html:
        return Html(self.html + other.html)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Figure:
    """A chart for a page, with what it shows in words for those who do not see it.

    Attributes
    ----------
    svg, id, title, alt, note, source : str
    data : str
        What is drawn, as CSV.
    scenario : str
        Of what scenario, for a chart that leaves the page.
    axes : Axes
        What was drawn, for other formats.
    """

    svg: str
    id: str
    title: str
    alt: str
    note: str = ""
    source: str = ""
    data: str = ""
    scenario: str = ""
    axes: Any = field(default=None, repr=False, compare=False)

    @property
    def credit(self) -> str:
        """What stands below a chart that leaves the page: scenario, note and source, a line each."""
        return "\n".join(line for line in (self.scenario, self.note, self.source) if line)

    def _repr_mimebundle_(self, **_: Any) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
        meta = {k: getattr(self, k) for k in ("id", "title", "alt", "note", "source", "data")}
        return {"image/svg+xml": self.svg, "text/plain": self.alt}, {"image/svg+xml": meta}

    def __repr__(self) -> str:
        return self.alt


@cache
def environment() -> Any:
    """Templates of all pages; those that end in html.j2 escape what they are given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.do", "jinja2.ext.i18n"],
    )
    own = {"track_record": findings.track_record, "invented": findings.invented}
    made.globals |= {"version": __version__, "zip": zip, **own}
    made.filters["capitalised"] = capitalised
    return made


def _speech(words: Words) -> dict[str, Any]:
    """What templates say things with, each escaping what it is given."""

    def say(text: str, /, **values: object) -> Markup:
        return Markup(words(text, **{name: escape(value) for name, value in values.items()}))

    def listed(items: Iterable[object]) -> Markup:
        return Markup(words.join(f"{escape(item)}" for item in items))

    def bracketed(text: object, inside: object) -> Markup:
        return Markup(words.enclose(f"{escape(text)}", f"{escape(inside)}"))

    # between two sentences
    gap = "" if words.lang == "zh" else " "
    return {"_": say, "listed": listed, "bracketed": bracketed, "between": gap}


def fill(template: str, words: Words, **values: object) -> Html:
    """A template of ``templates/`` filled with values.

    Examples
    --------
    >>> fill("heading", Words(None, "en"), text="What to do", name="advice").html
    '<h2 id="advice">What to do</h2>'
    """
    text = environment().get_template(f"{template}.html.j2").render(words=words, **_speech(words), **values)
    return Html(text.strip())


def tell(name: str, words: Words, **values: object) -> Html:
    """What stands behind a projection, in a sentence or a table of ``templates/background``.

    Examples
    --------
    >>> frame = pd.DataFrame({"growth": [0.1234]}, index=["drift"])
    >>> "12.3%</td>" in tell("frame", Words(None, "en"), frame=frame, caption="Methods").html
    True
    """
    return fill(f"background/{name}", words, **{"percents": (), "of_unit": (), **values})


def reference_figure(series: pd.Series, words: Words, method: str = "default", horizon: int = 3) -> Figure:
    """A series and its forecast with bands.

    Examples
    --------
    >>> series = pd.Series([10.0, 11.5, 12.0, 13.5], index=range(2012, 2016), name="steel")
    >>> reference_figure(series, Words(None, "en"), method="drift", horizon=1)
    From 2012 to 2015 and the forecast to 2016: CNY 1.48 billion, 80% interval CNY 1.33 to 1.64 billion.
    """
    frame = findings.reference_fan(series, method, horizon)
    return _drawn("reference-fan", frame, charts.fan(frame, words, measured=True), words)


def track_record_figure(frame: pd.DataFrame, words: Words) -> Figure:
    """Scored projections and their outturns, from ``findings.hindcasts``."""
    return _drawn("track-record", frame, charts.past_projections(frame, words), words)


def _drawn(name: str, frame: pd.DataFrame, ax: Any, words: Words, **values: object) -> Figure:
    """A chart with title, text alternative and note from its template."""
    base, own = (environment().get_template(f"figures/{n}.j2") for n in ("base", name.replace("-", "_")))
    context = own.new_context({"words": words, "_": words, "frame": frame, **values})
    blocks = {**base.blocks, **own.blocks}
    lines = {part: "".join(block(context)).splitlines() for part, block in blocks.items()}
    gap = "" if words.lang == "zh" else " "
    said = {part: gap.join(" ".join(t.split()) for t in text if t.strip()) for part, text in lines.items()}
    data = frame.to_csv(lineterminator="\n", float_format="%.6g")
    return Figure(charts.to_svg(ax, name), f"figure-{name}", data=data, axes=ax, **said)


def _swings(r: Results) -> pd.DataFrame:
    frame = r.ranked.dropna(subset=["at_low"])
    width = (frame["at_high"] - frame["at_low"]).abs().sort_values(ascending=False, kind="stable")
    return frame.loc[width.index[:SWINGS], ["low", "high", "at_low", "at_high", "unit"]]


def _frontier(r: Results) -> pd.DataFrame:
    found = r.frontier
    if found is None:
        return pd.DataFrame()
    index, columns = pd.Index(found.y_values, name=found.y), pd.Index(found.x_values, name=found.x)
    return pd.DataFrame(found.reached, index, columns)


def _inexact(r: Results) -> pd.DataFrame:
    return r.ledger[(r.ledger["low"] < r.ledger["high"]) & (r.ledger["value"] > 0)].head(INEXACT)


#: Of each chart the frame that it shows, and the chart of this frame.
CHARTS: dict[str, tuple[Callable[[Any], pd.DataFrame], Callable[[pd.DataFrame, Any], Any]]] = {
    "fan": (lambda r: findings.fan_frame(r.projection), lambda f, r: charts.fan(f, r.words, r.goal)),
    "waterfall": (
        lambda r: findings.steps(r.projection, r.drivers),
        lambda f, r: charts.waterfall(f, r.words),
    ),
    "distribution": (
        lambda r: findings.density(r.projection.draws),
        lambda f, r: charts.distribution(f, r.projection.quantiles, r.words, r.goal),
    ),
    "tornado": (_swings, lambda f, r: charts.swings(f, r.words, r.median)),
    "target-risk": (
        lambda r: r.projection.target_risk(),
        lambda f, r: charts.target_risk(f, r.met["target"], r.words, r.goal),
    ),
    "frontier": (_frontier, lambda _, r: charts.frontier_map(r.frontier, r.words, r.scenario)),
    "ledger-intervals": (_inexact, lambda f, r: charts.ledger_intervals(f, r.words)),
    "ranges": (lambda r: r.ranges.rename(index=r.names), lambda f, r: charts.ranges(f, r.words, r.goal)),
}
#: The charts of a report's page, in their order.
ON_THE_PAGE = ("fan", "waterfall", "target-risk")


def show(results: Results | Comparison, name: str) -> Html | Figure:
    """A section or a chart of the results, by its name.

    Parameters
    ----------
    results : Results or Comparison
    name : str
        A template in ``templates/sections`` (``answer``, ``drivers``, ``industries``, ...) or a chart
        (``fan``, ``waterfall``, ``target-risk``, ...).

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> from parkanalysis.report.results import report_results
    >>> results = report_results(read_parameters({"scenario": "combined", "lang": "en", "draws": 256}))
    >>> show(results, "fan").id
    'figure-fan'
    """
    if name not in CHARTS:
        return fill(f"sections/{name}", results.words, r=results, draw=lambda chart: show(results, chart))
    frame_of, chart_of = CHARTS[name]
    frame = frame_of(results)
    if frame.empty and name in ("frontier", "ledger-intervals"):
        return fill("sections/no_chart", results.words, r=results, name=name)
    return _drawn(name, frame, chart_of(frame, results), results.words, r=results)


def page_figures(results: Results) -> list[Figure]:
    """The charts of a report's page.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> from parkanalysis.report.results import report_results
    >>> results = report_results(read_parameters({"scenario": "reference", "draws": 64}))
    >>> [figure.id for figure in page_figures(results)]
    ['figure-fan', 'figure-waterfall', 'figure-target-risk']
    """
    return [drawn for name in ON_THE_PAGE if isinstance(drawn := show(results, name), Figure)]
