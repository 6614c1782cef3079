"""Small pieces of HTML: escaped text, accessible tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["Raw", "cell", "link", "paragraph", "table"]


class Raw(str):
    """Text that is HTML already."""


def cell(value: object) -> str:
    """Text made safe, HTML kept.

    Examples
    --------
    >>> cell("a < b"), cell(Raw("<b>a</b>"))
    ('a &lt; b', '<b>a</b>')
    """
    return value if isinstance(value, Raw) else escape(str(value))


def link(target: str, text: object) -> Raw:
    """A link to an anchor of the page or to an address.

    Examples
    --------
    >>> link("#ledger", "figures & sources")
    '<a href="#ledger">figures &amp; sources</a>'
    """
    return Raw(f'<a href="{escape(target)}">{cell(text)}</a>')


def paragraph(text: object, kind: str = "") -> Raw:
    """A paragraph, with a class.

    Examples
    --------
    >>> paragraph("a < b", "note")
    '<p class="note">a &lt; b</p>'
    """
    attribute = f' class="{kind}"' if kind else ""
    return Raw(f"<p{attribute}>{cell(text)}</p>")


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    caption: object,
    *,
    numeric: Iterable[int] = (),
    ids: Sequence[str] = (),
    kind: str = "",
) -> Raw:
    """A table whose heads are marked as heads.

    Parameters
    ----------
    head : sequence
        A text a column.
    rows : iterable of sequences
        The first cell of each row is its head.
    caption : object
        What the table shows.
    numeric : iterable of int
        Columns set to the right.
    ids : sequence of str
        Anchor of each row.
    kind : str
        Class of the table; with "stack" its rows become cards on a phone.

    Examples
    --------
    >>> html = table(["Firm", "Output"], [["Steelworks", 1.2]], "Output, 亿元", numeric=[1])
    >>> html[html.index("<tbody>") : html.index("</tbody>")]
    '<tbody><tr><th scope="row">Steelworks</th><td class="n">1.2</td></tr>'
    """
    right = set(numeric)

    def attributes(column: int) -> str:
        return ' class="n"' if column in right else ""

    parts = [f'<div class="table" role="region" tabindex="0" aria-label="{escape(_text(caption))}">']
    parts.append(f'<table class="{kind}"><caption>{cell(caption)}</caption><thead><tr>')
    parts += [f'<th scope="col"{attributes(i)}>{cell(h)}</th>' for i, h in enumerate(head)]
    labels = [f' data-label="{escape(_text(h))}"' if "stack" in kind else "" for h in head]
    parts.append("</tr></thead><tbody>")
    for number, row in enumerate(rows):
        anchor = f' id="{escape(ids[number])}"' if number < len(ids) and ids[number] else ""
        first, *rest = row
        parts.append(f'<tr{anchor}><th scope="row"{attributes(0)}>{cell(first)}</th>')
        parts += [f"<td{attributes(i)}{labels[i]}>{cell(v)}</td>" for i, v in enumerate(rest, 1)]
        parts.append("</tr>")
    parts.append("</tbody></table></div>")
    return Raw("".join(parts))


def _text(value: object) -> str:
    import re

    return re.sub(r"<[^>]*>", "", value) if isinstance(value, Raw) else str(value)
