"""Pages: an executed notebook as one self-contained file."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

from parkanalysis import __version__
from parkanalysis.report.words import Words

__all__ = ["headings", "page", "to_html"]

TEMPLATES = Path(__file__).parent / "templates"


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
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader

    # body, style and script are HTML already; what comes from data is escaped where it is made
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False, trim_blocks=True)


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

    from parkanalysis.report.style import font_path

    with TTFont(font_path(), lazy=True) as font:
        return tuple(font.getGlyphOrder())


@functools.lru_cache(maxsize=16)
def _font_face(characters: frozenset[str]) -> str:
    """Style rule with the glyphs of some characters, for readers whose system has no Chinese font."""
    import base64
    import io

    from fontTools import subset  # type: ignore[import-untyped]

    from parkanalysis.report.style import font_path

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


def page(body: str, lang: str, title: str, *, kind: str = "", script: str = "") -> str:
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

    Examples
    --------
    >>> html = page("<main><h1>Qingzhen</h1></main>", "en", "Qingzhen & 2016")
    >>> re.search("<title>.*</title>", html)[0]
    '<title>Qingzhen &amp; 2016</title>'
    """
    words = Words(None, lang)
    wide = frozenset(c for c in unescape(re.sub(r"<[^>]*>", "", body)) if ord(c) > 0x2E7F)
    contents = headings(body)
    contents = contents if len(contents) > 1 else []
    if contents:
        wide |= frozenset(c for _, text in contents for c in text if ord(c) > 0x2E7F)
    return str(
        _environment()
        .get_template("page.html.j2")
        .render(
            body=body,
            contents=contents,
            css=_style(),
            font=_font_face(wide | frozenset(words("Contents") + words("Skip to the content")))
            if wide
            else "",
            kind=kind,
            lang=lang,
            script=script,
            script_source="'unsafe-inline'" if script else "'none'",
            title=escape(title),
            version=__version__,
            words=words,
        )
    )


def to_html(notebook: Mapping[str, Any], lang: str) -> str:
    """The page of an executed notebook: what its cells show, without code.

    Parameters
    ----------
    notebook : NotebookNode
    lang : {"zh", "en"}
        Language of the page.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> html = to_html(new_notebook(cells=[new_markdown_cell("# Value added 2016")]), "en")
    >>> re.search("<title>.*</title>", html)[0]
    '<title>Value added 2016</title>'
    """
    body, _ = _exporter()(notebook, {"metadata": {"name": "report"}})
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body, flags=re.DOTALL)
    park = re.search(r'<p class="park">(.*?)</p>', body, flags=re.DOTALL)
    parts = [re.sub(r"<a .*?</a>|<[^>]*>", "", m[1]).strip() for m in (found, park) if m]
    return page(body.strip(), lang, unescape(" · ".join(parts)) or "parkanalysis")
