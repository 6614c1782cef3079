"""Pages: an executed notebook as one self-contained file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any

from markupsafe import Markup

from parkanalysis.report.sections import TEMPLATES, fill
from parkanalysis.report.style import font_path
from parkanalysis.report.words import N_, Words

INDEX = "index.html"
#: What lies beside a page, by file name, with what a link to it says.
FILES = {
    "brief.html": N_("One-page brief"),
    "report.html": N_("Full report"),
    "brief.docx": N_("Brief for Word"),
    "report.docx": N_("Report for Word"),
    "report.pdf": N_("PDF"),
    "results.xlsx": N_("Excel"),
    "results.csv": N_("CSV"),
    "results.parquet": N_("Parquet"),
    "report.ipynb": N_("Notebook"),
}
#: Files that a format of ``--to`` writes.
OF_FORMAT = {
    "docx": ("report.docx",),
    "pdf": ("report.pdf",),
    "xlsx": ("results.xlsx",),
    "csv": ("results.csv",),
}
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


@functools.cache
def _style() -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()


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
def _glyph_names() -> tuple[str, ...]:
    """Names of the font's glyphs; making them up takes as long as all the rest of a subset."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(font_path(), lazy=True) as font:
        return tuple(font.getGlyphOrder())


@functools.lru_cache(maxsize=16)
def font_face(characters: frozenset[str]) -> str:
    """Style rule with the glyphs of some characters, for readers whose system has no Chinese font."""
    import base64
    import io

    from fontTools import subset  # type: ignore[import-untyped]

    options = subset.Options(
        flavor="woff", hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False
    )
    font = subset.load_font(str(font_path()), options, lazy=True)
    # taken out beforehand: reading them, only to drop them, is half of the time
    for table in ("BASE", "GSUB", "GPOS", "GDEF", "STAT", "vhea", "vmtx", "VORG"):
        if table in font:
            del font[table]
    font.setGlyphOrder(list(_glyph_names()))
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


def page(
    body: str,
    lang: str,
    title: str,
    *,
    kind: str = "",
    script: str = "",
    links: Iterable[tuple[str, str]] = (),
) -> str:
    """A page around a body: one file that asks the network for nothing.

    Parameters
    ----------
    body : str
        HTML.
    lang : {"zh", "en"}
    title : str
        Plain text.
    kind : str
        Class of the page.
    script : str
        Code the page may run; no other runs.
    links : iterable of (address, text)
        What the page leads to.

    Examples
    --------
    >>> html = page("<h1>Qingzhen</h1>", "en", "Qingzhen & 2016")
    >>> re.search("<title>.*</title>", html)[0]
    '<title>Qingzhen &amp; 2016</title>'
    """
    words = Words(None, lang)
    contents = [] if kind == "brief" else headings(body)
    leads = list(links)
    own = [words("Contents"), words("Skip to the content"), *(text for _, text in leads)]
    text = unescape(re.sub(r"<[^>]*>", "", body)) + "".join(own)
    wide = frozenset(c for c in text if ord(c) > 0x2E7F)
    return (
        fill(
            "page",
            words,
            body=Markup(body),
            contents=[(anchor, Markup(text)) for anchor, text in contents] if len(contents) > 1 else [],
            css=Markup(_style()),
            font=Markup(font_face(wide)) if wide else "",
            kind=kind,
            links=leads,
            script=Markup(script),
            title=title,
        ).html
        + "\n"
    )


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
    return links + [(name, words(text)) for name, text in FILES.items() if name in known and name != here]


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
    further = [name for form in formats for name in OF_FORMAT.get(form, ())]
    names = [*pages, "report.ipynb", "results.parquet", *further]
    return {
        name: to_html(notebook, lang, name.partition(".")[0], page_links(name, lang, names, langs)).encode()
        for name in pages
    }


def to_html(
    notebook: Mapping[str, Any],
    lang: str,
    part: str = "report",
    links: Iterable[tuple[str, str]] = (),
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
    return page(body.strip(), lang, title, kind=part, links=links)
