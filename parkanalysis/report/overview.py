"""The index: every rendered scenario of every park on one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from parkanalysis.cleaning import write_aside
from parkanalysis.errors import InputError
from parkanalysis.park.park import Park, known_parks, read_park
from parkanalysis.report.findings import round_values
from parkanalysis.report.markup import Raw, cell, link, paragraph
from parkanalysis.report.words import LANGUAGES, N_, Words, fixed, probability

__all__ = ["Entry", "entries", "index_html", "write"]

INDEX = "index.html"
STAMP, PAGE, TABLE = ".stamp.json", "report.html", "results.parquet"  # what a report's folder holds
PORTFOLIO = "portfolio.html"
OWN_NAMES = {"zh": "中文", "en": "English"}  # who looks for a language may not read the page's
SCRIPT = """
document.querySelectorAll('table.sortable').forEach(function (table) {
  var heads = table.tHead.rows[0].cells;
  Array.prototype.forEach.call(heads, function (head, column) {
    head.querySelector('button').addEventListener('click', function () {
      var up = head.getAttribute('aria-sort') !== 'ascending';
      Array.prototype.forEach.call(heads, function (h) { h.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      var body = table.tBodies[0];
      Array.prototype.slice.call(body.rows).sort(function (a, b) {
        var x = a.cells[column].dataset.value, y = b.cells[column].dataset.value;
        if (x === '' || y === '') { return (x === '') - (y === ''); }
        var order = isNaN(x) || isNaN(y) ? (x < y ? -1 : x > y ? 1 : 0) : x - y;
        return up ? order : -order;
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
});
"""

NONE: Mapping[str, Park] = MappingProxyType({})


@dataclass(frozen=True)
class Entry:
    """A rendered report, or one that failed.

    Attributes
    ----------
    park, scenario, lang, folder : str
        ``folder`` below the output folder, with ``/``.
    failure : str
        Empty where the report was made.
    numbers : mapping of str to float
        ``published``, ``q0.05`` to ``q0.95``, ``met`` (target met with 80%; 亿元), ``goal`` and ``chance``
        where the park states one.
    """

    park: str
    scenario: str
    lang: str
    folder: str
    failure: str
    numbers: Mapping[str, float]


def _numbers(file: Path) -> dict[str, float]:
    frame = pd.read_parquet(file)
    keys = frame["variable"] + "/" + frame["statistic"]
    value = pd.Series(frame["value"].to_numpy(float), index=keys)
    value = value[
        ~value.index.duplicated() & ((frame["driver"] == "") & (frame["industry"] == "")).to_numpy()
    ]
    names = {f"value_added/quantile_{q:g}": f"q{q:g}" for q in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)}
    names |= {"value_added/published": "published", "target/met_with_0.8": "met"}
    names |= {"stated_projection/value": "goal", "stated_projection/probability": "chance"}
    return {short: float(value[long]) for long, short in names.items() if long in value.index}


def entries(out: Path) -> list[Entry]:
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
            error = stamp["error"]
            failure = "" if error is None else f"{error['kind']}: {error['message']}"
        except (OSError, ValueError, KeyError, TypeError):
            continue
        folder = path.parent
        if not failure and not (folder / PAGE).exists():
            continue
        numbers = _numbers(folder / TABLE) if not failure and (folder / TABLE).exists() else {}
        park, scenario, lang = folder.relative_to(out).parts
        found.append(Entry(park, scenario, lang, f"{park}/{scenario}/{lang}", failure, numbers))
    return found


def _rank(entry: Entry, park: Park | None) -> tuple[int, int, str, int]:
    """Without shocks first, more shocks after fewer, then those that set levers, at the end the unknown."""
    name, changed, _ = entry.scenario.partition("+")
    lang = LANGUAGES.index(entry.lang) if entry.lang in LANGUAGES else len(LANGUAGES)
    if park is None or name not in park.scenarios:
        return 2, 0, entry.scenario, lang
    file = park.scenarios[name]
    shocks = len(park.config.shocks) if file.shocks == "all" else len(file.shocks)
    return int(bool(changed or file.levers)), shocks, entry.scenario, lang


def _park(name: str) -> Park | None:
    try:
        return read_park(known_parks()[name])
    except (KeyError, InputError):
        return None  # a park from elsewhere, known by its results alone


def _title(entry: Entry, park: Park | None, lang: str) -> str:
    name = entry.scenario.partition("+")[0]
    if park is not None and name in park.scenarios:
        return str(park.scenarios[name].title[lang]) + entry.scenario[len(name) :]  # type: ignore[index]
    return entry.scenario


def comparison_table(rows: Iterable[Entry], park: Park | None, words: Words) -> Raw:
    """One row a scenario, sortable by each column."""
    rows = list(rows)
    goal = next((e.numbers["goal"] for e in rows if "goal" in e.numbers), None)
    head = [
        words("Scenario"),
        words("Median, {unit}", unit=words.money_unit),
        words("80% interval"),
        words("Change on base year"),
        *([words("Chance of the stated {amount}", amount=words.amount(goal))] if goal is not None else []),
        words.named_unit(words("Met with {chance}", chance=words.chance(0.8)), words.money_unit),
        words("Reports"),
    ]
    marks = [
        f'<th scope="col"{_side(i, len(head))}><button type="button" class="sort">{cell(h)}</button></th>'
        for i, h in enumerate(head)
    ]
    caption = words("Scenarios compared")
    parts = [
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(caption)}">',
        f'<table class="sortable stack"><caption>{cell(caption)}</caption>',
        f"<thead><tr>{''.join(marks)}</tr></thead><tbody>",
    ]
    grouped: dict[str, list[Entry]] = {}
    for entry in rows:
        grouped.setdefault(entry.scenario, []).append(entry)
    for group in grouped.values():
        parts.append(_row(group, park, head, goal is not None, words))
    return Raw("".join(parts) + "</tbody></table></div>")


def _side(column: int, columns: int) -> str:
    return ' class="n"' if 0 < column < columns - 1 else ""


def _row(group: list[Entry], park: Park | None, head: list[str], stated: bool, words: Words) -> str:
    best = next((e for e in group if e.numbers), group[0])
    n = best.numbers
    median, base = n.get("q0.5"), n.get("published")
    change = median / base - 1 if median is not None and base else None
    interval = ""
    if "q0.1" in n:
        interval = words(
            "{low} to {high}", low=words.plain_amount(n["q0.1"]), high=words.plain_amount(n["q0.9"])
        )
    reports = [
        link(f"{e.folder}/{PAGE}", words(NAMES[e.lang]) if e.lang in NAMES else e.lang)
        if not e.failure
        else Raw(f'<span class="failed">{cell(e.lang)}: {cell(words("failed"))}, {cell(e.failure)}</span>')
        for e in group
    ]
    title = _title(best, park, words.lang)
    values = [title, median, n.get("q0.1"), change, n.get("chance"), n.get("met"), len(reports)]
    shown = [
        cell(title),
        "–" if median is None else words.plain_amount(median),
        interval or "–",
        "–" if change is None else words.percent(change, sign=True),
        cell(probability(n["chance"])) if "chance" in n else "–",
        words.plain_amount(n["met"]) if "met" in n else "–",
        " · ".join(reports),
    ]
    if not stated:
        del values[4], shown[4]
    cells = []
    for i, (value, text) in enumerate(zip(values, shown, strict=True)):
        data = "" if value is None else escape(str(value))
        tag = 'th scope="row"' if i == 0 else f'td{_side(i, len(head))} data-label="{escape(head[i])}"'
        cells.append(f'<{tag} data-value="{data}">{text}</{tag.split()[0]}>')
    return f"<tr>{''.join(cells)}</tr>"


NAMES = {"zh": N_("Chinese"), "en": N_("English")}


def multiples(rows: Iterable[Entry], park: Park | None, words: Words) -> Raw:
    """A small fan of quantiles for each scenario, all on one scale."""
    seen: dict[str, Entry] = {}
    for entry in rows:
        if "q0.5" in entry.numbers:
            seen.setdefault(entry.scenario, entry)
    if not seen:
        return Raw("")
    marks = [
        v
        for e in seen.values()
        for k, v in e.numbers.items()
        if k.startswith("q") or k in ("goal", "published")
    ]
    low, high = min(marks), max(marks)
    pad = 0.06 * (high - low or 1.0)
    figures = [_small(e, _title(e, park, words.lang), (low - pad, high + pad), words) for e in seen.values()]
    return Raw(f'<div class="multiples">{"".join(figures)}</div>')


def _small(entry: Entry, title: str, span: tuple[float, float], words: Words) -> str:
    n = entry.numbers

    def x(value: float) -> str:
        return f"{240 * (value - span[0]) / (span[1] - span[0]):.1f}"

    bars = [
        f'<rect x="{x(n[low])}" y="14" width="{float(x(n[high])) - float(x(n[low])):.1f}" height="16" '
        f'fill="#56b4e9" opacity="{opacity}"/>'
        for low, high, opacity in (("q0.05", "q0.95", 0.25), ("q0.1", "q0.9", 0.4), ("q0.25", "q0.75", 0.6))
    ]
    lines = [f'<path d="M{x(n["q0.5"])} 11v22" stroke="var(--chart-gain)" stroke-width="2.5"/>']
    lines.append(f'<path d="M{x(n["published"])} 11v22" stroke="var(--chart-muted)" stroke-dasharray="2 2"/>')
    if "goal" in n:
        lines.append(f'<path d="M{x(n["goal"])} 8v28" stroke="var(--chart-target)" stroke-width="1.5"/>')
    ticks = "".join(
        f'<path d="M{x(v)} 34v4" stroke="var(--chart-muted)"/>'
        f'<text x="{x(v)}" y="48" font-size="9" text-anchor="middle" fill="var(--chart-muted)">{text}</text>'
        for v, text in _ticks(span, words)
    )
    alt = words(
        "{title}: median {median}, 80% interval {low} to {high}",
        title=title,
        median=words.plain_amount(n["q0.5"]),
        low=words.plain_amount(n["q0.1"]),
        high=words.plain_amount(n["q0.9"]),
    )
    return (
        f'<figure><figcaption>{cell(title)}</figcaption><svg viewBox="0 0 240 52" role="img" '
        f'aria-label="{escape(alt)}"><path d="M0 36h240" stroke="var(--chart-grid)"/>'
        f"{''.join(bars)}{''.join(lines)}{ticks}</svg></figure>"
    )


def _ticks(span: tuple[float, float], words: Words) -> list[tuple[float, str]]:
    """Round amounts within a span, in 亿元 and as shown, clear of both edges."""
    edge = 0.04 * (span[1] - span[0])
    low, high = (float(words.money(v)) for v in (span[0] + edge, span[1] - edge))
    marks = round_values(low, high, most=7)
    decimals = max(len(f"{v:.12g}".partition(".")[2]) for v in marks)
    return [(v / words.scale.factor, fixed(v, decimals)) for v in marks]


def index_html(
    found: list[Entry],
    lang: str,
    other: str = "",
    portfolio: bool = False,
    parks: Mapping[str, Park] = NONE,
) -> str:
    """The page of the index in a language, with links to that in another and to the page of several parks.

    ``parks`` are those at hand, by name; of others it knows those that come with the package.

    Examples
    --------
    >>> found = [Entry("qingzhen", "combined", "zh", "qingzhen/combined/zh", "Timeout", {})]
    >>> "All that the report states" in index_html(found, "en")
    True
    """
    from parkanalysis.report.pages import page

    say = Words(None, lang)
    known = {name: parks.get(name) or _park(name) for name in dict.fromkeys(e.park for e in found)}
    title = _heading(known.values(), say)
    parts = [f"<h1>{cell(title)}</h1>"]
    links = []
    if other:
        links.append(f'<a href="index.{other}.html" lang="{other}" hreflang="{other}">{OWN_NAMES[other]}</a>')
    if portfolio:
        links.append(link(PORTFOLIO, say("Several parks")))
    if links:
        parts.append(paragraph(Raw(" · ".join(links))))
    for name, park in known.items():
        rows = sorted((e for e in found if e.park == name), key=lambda e: _rank(e, park))
        words = Words(park, lang)
        parts.append(f'<h2 id="{escape(name)}">{cell(park.label(lang) if park else name)}</h2>')
        parts.append(comparison_table(rows, park, words))
        parts.append(multiples(rows, park, words))
        parts.append(
            paragraph(
                words(
                    "Bands hold 50, 80 and 90%; line: median; dashed: base year; purple: stated. {unit}",
                    unit=words.money_unit,
                ),
                "note",
            )
        )
    if not found:
        parts.append(paragraph(say("No report has been rendered yet.")))
    return page("".join(parts), lang, title, kind="index", script=SCRIPT)


def _heading(parks: Iterable[Park | None], say: Words) -> str:
    years = {park.config.target_year for park in parks if park is not None}
    if len(years) == 1:
        return say("Projected industrial value added {year}", year=years.pop())
    return say("Projected industrial value added")


def write(out: Path, parks: Mapping[str, Park] = NONE) -> None:
    """Write the index in each language that reports were rendered in; the first is ``index.html``.

    ``parks`` as for :func:`index_html`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder))
    ...     "No report has been rendered yet." in (Path(folder) / "index.html").read_text(encoding="utf-8")
    True
    """
    found = entries(out)
    used = [lang for lang in LANGUAGES if any(e.lang == lang for e in found)] or ["en"]
    for i, lang in enumerate(used):
        others = [o for o in used if o != lang]
        name = INDEX if i == 0 else f"index.{lang}.html"
        text = index_html(found, lang, others[0] if others else "", (out / PORTFOLIO).is_file(), parks)
        if i > 0:
            text = text.replace(f'href="index.{others[0]}.html"', f'href="{INDEX}"')
        write_aside(out / name, text.encode())
