"""Pages, each one self-contained file: an executed notebook, the index of all, several parks together."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from markupsafe import Markup

from parkanalysis.cleaning import write_aside
from parkanalysis.errors import InputError
from parkanalysis.model.case import reference_scenario
from parkanalysis.model.compare import portfolio
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park import Park, ScenarioFile, known_parks, read_park
from parkanalysis.report.charts import font_path
from parkanalysis.report.findings import Goal, round_values
from parkanalysis.report.results import Headline, main_scenario
from parkanalysis.report.sections import TEMPLATES, fill
from parkanalysis.report.words import LANGUAGES, NAMES, Words, fixed
from parkanalysis.report.workbook import to_csv

INDEX = "index.html"
STAMP, PAGE, TABLE = ".stamp.json", "report.html", "results.parquet"  # what a report's folder holds
PORTFOLIO = "portfolio.html"
NONE: Mapping[str, Park] = MappingProxyType({})
#: What lies beside a page, by file name.
FILES: dict[str, dict[str, str]] = NAMES["file"]
OWN_NAMES = {"zh": "中文", "en": "English"}  # who looks for a language may not read the page's


@functools.cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter, TemplateExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="report", extra_template_basedirs=[str(TEMPLATES)]
    )
    # Its own conversion parses the whole page again, to name unnamed images; the template leaves none,
    # and the parsing would take longer than all the rest.
    return functools.partial(TemplateExporter.from_notebook_node, exporter)


def headings(body: str) -> list[tuple[str, str]]:
    """Anchor and text of the second-level headings of a page, in order.

    Examples
    --------
    >>> headings('<h2 id="a">One &amp; two<a class="anchor-link">¶</a></h2>')
    [('a', 'One &amp; two')]
    """
    found = re.findall(r'<h2[^>]*\bid="([^"]+)"[^>]*>(.*?)</h2>', body, flags=re.DOTALL)
    return [(anchor, re.sub(r"<a .*?</a>|<[^>]*>", "", text).strip()) for anchor, text in found]


@functools.cache
def _glyphs() -> Any:
    """Glyphs of the font by name, in its order; reading them takes five times as long as a subset of them."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
    from fontTools.ttLib.tables._g_l_y_f import Glyph  # type: ignore[import-untyped]

    class Glyphs(dict[str, bytes]):
        def __getitem__(self, name: str) -> Any:  # a new one each time: a subset changes those it takes
            return Glyph(super().__getitem__(name))

    with TTFont(font_path(), lazy=True) as font:
        return Glyphs({n: getattr(font["glyf"].glyphs[n], "data", b"") for n in font.getGlyphOrder()})


@functools.lru_cache(maxsize=16)
def font_face(characters: frozenset[str]) -> str:
    """Style rule with the glyphs of some characters, for readers whose system has no Chinese font."""
    import base64
    import io

    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import newTable

    options = subset.Options(
        flavor="woff", hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False
    )
    font = subset.load_font(str(font_path()), options, lazy=True)
    # taken out beforehand: reading them, only to drop them, is half of the time
    for table in ("BASE", "GSUB", "GPOS", "GDEF", "STAT", "vhea", "vmtx", "VORG"):
        if table in font:
            del font[table]
    font.setGlyphOrder(list(_glyphs()))
    outlines = font["glyf"] = newTable("glyf")
    outlines.glyphs, outlines.glyphOrder, outlines.axisTags = _glyphs(), font.getGlyphOrder(), []
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    subsetter.subset(font)
    stream = io.BytesIO()
    subset.save_font(font, stream, options)
    font.close()
    data = base64.b64encode(stream.getvalue()).decode()
    return (
        "@font-face{font-family:'Park Sans';font-display:block;unicode-range:U+2E80-FFEF,U+20000-3FFFF;"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


def page(body: str, lang: str, title: str, kind: str = "", links: Iterable[tuple[str, str]] = ()) -> str:
    """A page around a body: one file that asks the network for nothing.

    Parameters
    ----------
    body : str
        HTML.
    lang : {"zh", "en"}
    title : str
        Plain text.
    kind : str
        Class of the page; the tables of an ``index`` can be sorted.
    links : iterable of (address, text)
        What the page leads to.

    Examples
    --------
    >>> html = page("<h1>Qingzhen</h1>", "en", "Qingzhen & 2016")
    >>> re.search("<title>.*</title>", html)[0]
    '<title>Qingzhen &amp; 2016</title>'
    """
    words, leads = Words(None, lang), list(links)
    contents = [] if kind == "brief" else headings(body)
    own = [words("Contents"), words("Skip to the content"), *(text for _, text in leads)]
    wide = frozenset(c for c in unescape(re.sub(r"<[^>]*>", "", body)) + "".join(own) if ord(c) > 0x2E7F)
    filled = fill(
        "page",
        words,
        body=Markup(body),
        contents=[(anchor, Markup(text)) for anchor, text in contents] if len(contents) > 1 else [],
        font=Markup(font_face(wide)) if wide else "",
        kind=kind,
        links=leads,
        title=title,
    )
    return filled.html + "\n"


def page_links(
    here: str, lang: str, names: Iterable[str], langs: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """What a page of a report leads to: the index, other languages, the files beside it.

    Examples
    --------
    >>> page_links("brief.html", "en", ["report.html", "results.xlsx"], ["zh"])[:3]
    [('../../../index.html', 'All scenarios'), ('../zh/brief.html', '中文'), ('report.html', 'Full report')]
    """
    words = Words(None, lang)
    links = [(f"../../../{INDEX}", words("All scenarios"))]
    links += [(f"../{other}/{here}", OWN_NAMES[other]) for other in langs if other != lang]
    known = set(names)
    return links + [(name, words.file(name)) for name in FILES if name in known and name != here]


def html_files(
    notebook: Mapping[str, Any], lang: str, formats: Iterable[str] = (), langs: Iterable[str] = ()
) -> dict[str, bytes]:
    """The pages of an executed report by file name: the report and, where it has one, the brief.

    Parameters
    ----------
    notebook : NotebookNode
        Cells tagged ``brief`` make the brief, the others the report.
    lang : {"zh", "en"}
    formats : iterable of str
        What is written beside them, as ``--to`` names it.
    langs : iterable of str
        Languages that the report is made in.
    """
    has_brief = any("brief" in cell["metadata"].get("tags", ()) for cell in notebook["cells"])
    pages = ["brief.html", "report.html"] if has_brief else ["report.html"]
    chosen = set(formats)
    further = [name for name, row in FILES.items() if row.get("format") in chosen]
    names = [*pages, "report.ipynb", "results.parquet", *further]
    return {
        name: to_html(notebook, lang, name.partition(".")[0], page_links(name, lang, names, langs)).encode()
        for name in pages
    }


def to_html(
    notebook: Mapping[str, Any], lang: str, part: str = "report", links: Iterable[tuple[str, str]] = ()
) -> str:
    """The page of an executed notebook: what its cells show, without code.

    Parameters
    ----------
    notebook : NotebookNode
    lang : {"zh", "en"}
        Language of the page.
    part : {"report", "brief"}
        The cells tagged ``brief``, or all others.
    links : iterable of (address, text)

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> html = to_html(new_notebook(cells=[new_markdown_cell("# Value added 2016")]), "en")
    >>> re.search("<title>.*</title>", html)[0]
    '<title>Value added 2016</title>'
    """
    about = {"metadata": {"name": "report"}, "part": part, "words": Words(None, lang)}
    body, _ = _exporter()(notebook, about)
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body, flags=re.DOTALL)
    park = re.search(r'<p class="park">(.*?)</p>', body, flags=re.DOTALL)
    parts = [re.sub(r"<a .*?</a>|<[^>]*>", "", m[1]).strip() for m in (found, park) if m]
    title = unescape(" · ".join(parts)) or "parkanalysis"
    return page(body.strip(), lang, title, part, links)


# -- the index -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A rendered report, or one that failed.

    Attributes
    ----------
    park, scenario, lang, folder : str
        ``folder`` below the output folder, with ``/``.
    failure : str
        Empty where the report was made.
    numbers : mapping of str to float
        ``published``, ``q0.05`` to ``q0.95``, ``met`` (target met with 80%; 亿元), ``goal`` and ``chance``
        where the park states one, ``level``, the chance of the base year's level, and ``year``.
    files : tuple of str
        What lies in the folder.
    data : str
        Digest of the park's files that it was made from.
    """

    park: str
    scenario: str
    lang: str
    folder: str
    failure: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = (PAGE,)
    data: str = ""


def _numbers(file: Path) -> dict[str, float]:
    frame = pd.read_parquet(file)
    whole = frame[(frame["driver"] == "") & (frame["industry"] == "")]
    value = dict(zip(whole["variable"] + "/" + whole["statistic"], whole["value"], strict=True))
    names = {f"value_added/quantile_{q:g}": f"q{q:g}" for q in (0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 0.9, 0.95)}
    names |= {"value_added/published": "published", "target/met_with_0.8": "met"}
    names |= {"stated_projection/value": "goal", "stated_projection/probability": "chance"}
    names |= {"mark_base_year/probability": "level"}
    found = {short: float(value[long]) for long, short in names.items() if long in value}
    return found | {"year": float(frame["year"].max())}


def entries(out: Path) -> list[Made]:
    """All reports below a folder, by park, scenario and language, as their stamps have it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = Path(folder, "qingzhen", "combined", "zh")
    ...     report.mkdir(parents=True)
    ...     stamp = {"status": "failed", "error": {"kind": "Timeout", "message": "no result within 9 s"}}
    ...     _ = (report / STAMP).write_text(json.dumps(stamp))
    ...     found = entries(Path(folder))
    >>> found[0].scenario, found[0].lang, found[0].failure
    ('combined', 'zh', 'Timeout: no result within 9 s')
    """
    found = []
    for path in sorted(out.glob(f"*/*/*/{STAMP}")):
        try:
            stamp = json.loads(path.read_bytes())
            error, data = stamp["error"], str(stamp.get("data", ""))
            failure = "" if error is None else f"{error['kind']}: {error['message']}"
        except (OSError, ValueError, KeyError, TypeError):
            continue
        folder = path.parent
        if not failure and not (folder / PAGE).exists():
            continue
        numbers = _numbers(folder / TABLE) if not failure and (folder / TABLE).exists() else {}
        files = tuple(name for name in FILES if (folder / name).exists())
        park, scenario, lang = folder.relative_to(out).parts
        place = f"{park}/{scenario}/{lang}"
        found.append(Made(park, scenario, lang, place, failure, numbers, files, data))
    return found


@dataclass(frozen=True)
class IndexRow:
    """A scenario in the index, in all its languages.

    Attributes
    ----------
    entries : tuple of Made
    park : Park or None
        None for one from elsewhere, known by its results alone.
    lang : str
        Of the index.
    """

    entries: tuple[Made, ...]
    park: Park | None
    lang: str

    @property
    def name(self) -> str:
        """Of the scenario, with what was set beyond it."""
        return self.entries[0].scenario

    @property
    def scenario(self) -> ScenarioFile | None:
        """The scenario; None where the park does not know it."""
        return self.park.scenarios.get(self.name.partition("+")[0]) if self.park is not None else None

    @property
    def title(self) -> str:
        """Title of the scenario, its name where the park does not know it."""
        own, plus, more = self.name.partition("+")
        return (own if self.scenario is None else self.scenario.title[self.lang]) + plus + more  # type: ignore[index]

    @property
    def sets_levers(self) -> bool:
        """Whether the scenario holds assumptions at values of its own."""
        return "+" in self.name or bool(self.scenario and self.scenario.levers)

    @property
    def is_main(self) -> bool:
        """Whether it is the scenario that the park is spoken of by."""
        return self.park is not None and self.name == main_scenario(self.park)

    @property
    def is_stale(self) -> bool:
        """Whether the park's files have changed since a report was made."""
        return self.park is not None and any(e.data not in ("", self.park.digest) for e in self.entries)

    @functools.cached_property
    def numbers(self) -> Mapping[str, float]:
        """Numbers of the first report that has any."""
        return next((e.numbers for e in self.entries if e.numbers), {})

    @property
    def own(self) -> Made:
        """The report in the language of the index, else the first."""
        made = [e for e in self.entries if not e.failure] or list(self.entries)
        return next((e for e in made if e.lang == self.lang), made[0])

    @property
    def headline(self) -> Headline | None:
        """What is said of it first; None where nothing is known."""
        n = self.numbers
        if not {"q0.1", "q0.5", "q0.9", "published"} <= set(n):
            return None
        goal = Goal(n["goal"], True, "") if "goal" in n else Goal(n["published"], False, "")
        chance, year = n.get("chance", n.get("level", float("nan"))), int(n["year"])
        base_year = self.park.config.base_year if self.park is not None else year - 1
        ends = (n["q0.1"], n["q0.9"])
        return Headline(base_year, year, n["published"], n["q0.5"], ends, goal, chance, n["met"])

    @property
    def rank(self) -> tuple[bool, bool, bool, int, str]:
        """The main scenario first, without shocks, more after fewer, those that set levers, the unknown."""
        if self.park is None or self.scenario is None:
            return True, True, True, 0, self.name
        shocks = self.park.config.shocks if self.scenario.shocks == "all" else self.scenario.shocks
        return False, not self.is_main, self.sets_levers, len(shocks), self.name


def _park(name: str) -> Park | None:
    try:
        return read_park(known_parks()[name])
    except (KeyError, InputError):
        return None


def _rows(found: Sequence[Made], name: str, park: Park | None, lang: str) -> list[IndexRow]:
    groups: dict[str, list[Made]] = {}
    for entry in found:
        if entry.park == name:
            groups.setdefault(entry.scenario, []).append(entry)
    order = {known: i for i, known in enumerate(LANGUAGES)}
    parts = (sorted(group, key=lambda e: order.get(e.lang, 9)) for group in groups.values())
    return sorted((IndexRow(tuple(part), park, lang) for part in parts), key=lambda row: row.rank)


def _scale(rows: Iterable[IndexRow], words: Words) -> dict[str, Any]:
    """The axis that the small charts of a park share: its ``low`` end, ``unit`` of length and ticks."""
    kept = ("published", "goal", "q0.05", "q0.95")
    marks = [row.numbers[k] for row in rows for k in kept if k in row.numbers]
    if not marks:
        return {}
    pad = 0.06 * (max(marks) - min(marks) or 1.0)
    low, high = min(marks) - pad, max(marks) + pad
    edge = 0.04 * (high - low)
    most = min(7, 240 // (6 * len(words.plain_amount(high)) + 6))  # so that no label meets the next
    shown = round_values(float(words.money(low + edge)), float(words.money(high - edge)), most)
    decimals = max(len(f"{v:.12g}".partition(".")[2]) for v in shown)
    ticks = [(v / words.scale.factor, fixed(v, decimals)) for v in shown]
    return {"low": low, "unit": 240 / (high - low), "ticks": ticks}


def index_html(
    found: Sequence[Made], lang: str, links: Iterable[tuple[str, str]] = (), parks: Mapping[str, Park] = NONE
) -> str:
    """The page of the index in a language.

    Parameters
    ----------
    found : sequence of Made
    lang : {"zh", "en"}
    links : iterable of (address, text)
        To other languages and to the page of several parks.
    parks : mapping of str to Park
        Those at hand, by their folder; of others it knows those that come with the package.

    Examples
    --------
    >>> found = [Made("qingzhen", "combined", "zh", "qingzhen/combined/zh", "Timeout")]
    >>> "All that the report states" in index_html(found, "en")
    True
    """
    known = {name: parks.get(name) or _park(name) for name in dict.fromkeys(e.park for e in found)}
    years = {park.config.target_year for park in known.values() if park is not None}
    say = Words(None, lang)
    title = say("Projected industrial value added")
    if len(years) == 1:
        title = say("Projected industrial value added {year}", year=years.pop())
    body = fill("index_head", say, title=title, empty=not found).html
    for name, park in known.items():
        words, rows = Words(park, lang), _rows(found, name, park, lang)
        shown = {"name": name, "park": park, "rows": rows, "scale": _scale(rows, words)}
        body += fill("index", words, **shown, own_names=OWN_NAMES).html
    return page(body, lang, title, "index", links)


def write_index(out: Path, parks: Mapping[str, Park] = NONE) -> None:
    """Write the index in each language that reports were rendered in; the first is ``index.html``.

    ``parks`` as for :func:`index_html`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_index(Path(folder))
    ...     "No report has been rendered yet." in (Path(folder) / "index.html").read_text(encoding="utf-8")
    True
    """
    found = entries(out)
    used = [lang for lang in LANGUAGES if any(e.lang == lang for e in found)] or ["en"]
    names = {lang: INDEX if i == 0 else f"index.{lang}.html" for i, lang in enumerate(used)}
    for lang, name in names.items():
        links = [(other, OWN_NAMES[o]) for o, other in names.items() if o != lang]
        if (out / PORTFOLIO).is_file():
            links.append((PORTFOLIO, Words(None, lang)("Several parks")))
        write_aside(out / name, index_html(found, lang, links, parks).encode())


# -- several parks ---------------------------------------------------------------------------------


def portfolio_frame(
    parks: Iterable[Park], scenarios: Sequence[str] | None = None, draws: int = 20_000, seed: int = 2016
) -> pd.DataFrame:
    """Portfolio rows of every scenario the parks share, of their references where they share none.

    Returns
    -------
    DataFrame
        As ``compare.portfolio`` gives it, one scenario after the other, 亿元.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> portfolio_frame([park], ["reference", "combined"], draws=256)["level"].tolist()
    ['park', 'total', 'park', 'total']
    """
    chosen = list(parks)
    shared = set.intersection(*(set(p.scenarios) for p in chosen))
    names: list[str | None] = [*(s for s in scenarios or sorted(shared) if s in shared)] or [None]
    parts = []
    for name in names:
        cases = [reference_scenario(p) if name is None else read_scenario(p, name) for p in chosen]
        parts.append(portfolio([project(s.park, s, draws, seed) for s in cases], seed=seed))
    return pd.concat(parts, ignore_index=True)


def portfolio_html(rows: pd.DataFrame, parks: Iterable[Park], lang: str) -> str:
    """A page with the table of the parks and their total.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> rows = portfolio_frame([park], ["combined"], draws=256)
    >>> "All that the report states" in portfolio_html(rows, [park], "en")
    True
    """
    words = Words(None, lang)
    titles = {(p.id, name): words.title(s.title) for p in parks for name, s in p.scenarios.items()}
    # a total has the title that its first park gives the scenario
    common = {name: title for (_, name), title in reversed(titles.items())}
    body = fill("portfolio", words, rows=rows, titles=titles, common=common).html
    links = [(INDEX, words("All scenarios")), ("portfolio.csv", words("Data as CSV"))]
    return page(body, lang, words("Several parks"), "portfolio", links)


def write_portfolio(
    out: Path,
    parks: Sequence[Park],
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
    ...     page = write_portfolio(Path(folder), [read_park("qingzhen")], ["combined"], draws=256)
    ...     page.name, sorted(path.suffix for path in page.parent.iterdir())
    ('portfolio.html', ['.csv', '.html'])
    """
    lang = lang or parks[0].config.languages[0]
    rows = portfolio_frame(parks, scenarios, draws, seed)
    write_aside(out / "portfolio.csv", to_csv(rows))
    write_aside(out / PORTFOLIO, portfolio_html(rows, parks, lang).encode())
    if (out / INDEX).is_file():
        write_index(out, {park.id: park for park in parks})
    return out / PORTFOLIO
