"""The what-if page in pieces of HTML, each built from results."""

from __future__ import annotations

from html import escape

import pandas as pd

from parkanalysis.explore.live_charts import bars, risk_curve_svg, waterfall_svg
from parkanalysis.explore.whatif import Answer
from parkanalysis.park.levers import Lever
from parkanalysis.report.style import COLORS
from parkanalysis.report.words import Words

__all__ = [
    "STYLE",
    "break_even_html",
    "command_html",
    "headline_html",
    "lever_html",
    "message_html",
    "risk_html",
    "waterfall_html",
]

STYLE = f"""<style>
.pa-number {{font-size: 2rem; font-weight: 600; line-height: 1.2}}
.pa-small {{color: {COLORS["muted"]}; font-size: .85rem; line-height: 1.4}}
.pa-lever {{line-height: 1.3; overflow-wrap: anywhere}}
.pa-grade {{border: 1px solid currentColor; border-radius: 3px; padding: 0 .3em; font-size: .75rem}}
.pa-table {{border-collapse: collapse; font-size: .85rem; width: 100%}}
.pa-table th, .pa-table td {{text-align: right; padding: .15em .5em}}
.pa-table tr {{border-bottom: 1px solid {COLORS["grid"]}}}
.pa-table th:first-child, .pa-table td:first-child {{text-align: left}}
.pa-error {{color: {COLORS["loss"]}; white-space: pre-wrap}}
.pa-command {{white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; font-size: .85rem; margin: 0}}
</style>"""


def _paragraph(text: str, kind: str = "pa-small") -> str:
    return f"<div class='{kind}'>{escape(text)}</div>"


def headline_html(answer: Answer, start: Answer, words: Words) -> str:
    """The median, its interval, the chance of the target, the distance from the start.

    Examples
    --------
    >>> from lxml.html import fromstring
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.explore.whatif import answer
    >>> park = read_park("qingzhen")
    >>> start, now = (answer(read_scenario(park, n), 40.0, draws=256) for n in ("reference", "combined"))
    >>> print(*fromstring(headline_html(now, start, Words(park, "en"))).itertext(), sep="\\n")
    Value added 2016, median
    CNY 3.52 billion
    80% interval CNY 2.96 to 3.99 billion; central values CNY 3.39 billion
    Chance of CNY 4.00 billion or more: 10%
    Met with 50% / 80% / 90%: CNY 3.52 billion / CNY 3.12 billion / CNY 2.96 billion
    Against the scenario as it stands: CNY −0.74 billion; against 2015: −4.9%
    """
    projection = answer.projection
    config = projection.park.config
    met = projection.targets_met()
    moved = projection.median - start.projection.median
    lines = [
        words(
            "80% interval {interval}; central values {central}",
            interval=words.amount_range(*projection.interval()),
            central=words.amount(projection.central),
        ),
        words(
            "Chance of {target} or more: {chance}",
            target=words.amount(answer.target),
            chance=words.chance(answer.probability),
        ),
        words(
            "Met with {p}: {targets}",
            p=" / ".join(f"{p:.0%}" for p in met.index),
            targets=" / ".join(words.amount(v) for v in met),
        ),
        words(
            "Against the scenario as it stands: {change}; against {year}: {growth}",
            change=words.amount(moved, sign=True),
            year=config.base_year,
            growth=words.percent(projection.median / projection.park.value_added - 1, sign=True),
        ),
    ]
    title = words("Value added {year}, median", year=config.target_year)
    shown = escape(words.amount(projection.median))
    number = f"<div class='pa-number' data-median='{projection.median!r}'>{shown}</div>"
    return _paragraph(title) + number + "".join(_paragraph(line) for line in lines)


def waterfall_html(answer: Answer, words: Words) -> str:
    """From the base year to the mean of the target year, driver by driver.

    Examples
    --------
    >>> from lxml.html import fromstring
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.explore.whatif import answer
    >>> park = read_park("qingzhen")
    >>> found = answer(read_scenario(park, "power_contract"), 40.0, draws=256)
    >>> chart = waterfall_html(found, Words(park, "en"))
    >>> list(fromstring(chart).itertext())[2:]
    ['2015', '3.70', 'Growth of the rest', '+0.56', 'Power contract', '−0.20', '2016, mean', '4.06', '4.00']
    """
    park = answer.projection.park
    items = bars(
        park.value_added,
        answer.steps["mean"],
        str(park.config.base_year),
        words("{year}, mean", year=park.config.target_year),
        words.driver,
    )
    title = words("What carries the change, {unit}", unit=words.money_unit)
    return waterfall_svg(items, title, words.plain_amount, answer.target)


def risk_html(answer: Answer, words: Words) -> str:
    """The chance of each target.

    Examples
    --------
    >>> from lxml.html import fromstring
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.explore.whatif import answer
    >>> park = read_park("qingzhen")
    >>> found = answer(read_scenario(park, "combined"), 40.0, draws=256)
    >>> chart = risk_html(found, Words(park, "en"))
    >>> list(fromstring(chart).itertext())[-2:]
    ['4.00: 10%', 'target, CNY billion']
    """
    risk = answer.risk.set_axis(words.money(answer.risk.index), axis=0)
    labels = (
        f"{words.plain_amount(answer.target)}: {words.chance(answer.probability)}",
        words("target, {unit}", unit=words.money_unit),
    )
    title = words("Chance of reaching a target")
    return risk_curve_svg(risk, words.money(answer.target), answer.probability, title, labels)


def break_even_html(table: pd.DataFrame, target: float, words: Words) -> str:
    """Each lever's value at which the median meets the target.

    Examples
    --------
    >>> from lxml.html import fromstring
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.explore.whatif import break_evens
    >>> park = read_park("qingzhen")
    >>> found = break_evens(read_scenario(park, "power_contract"), 42.0).loc[["baseline_growth"]]
    >>> list(fromstring(break_even_html(found, 42.0, Words(park, "en"))).itertext())
    ['Alone brings the median to CNY 4.20 billion', 'lever', 'needed', 'central',
    'chance of such a value', 'Growth of the rest', '18.7%', '15.1%', '29%']
    """
    title = words("Alone brings the median to {target}", target=words.amount(target))
    head = "".join(
        f"<th scope='col'>{escape(words(t))}</th>"
        for t in ("lever", "needed", "central", "chance of such a value")
    )
    rows = [
        "<tr>"
        f"<td>{escape(words.lever(str(name)))}</td><td>{escape(words.value(row.value, row.unit))}</td>"
        f"<td>{escape(words.value(row.central, row.unit))}</td>"
        f"<td>{escape(words.chance(min(row.position, 1 - row.position)))}</td></tr>"
        for name, row in table[table["status"] == "met"].iterrows()
    ]
    rest = {s: list(table.index[table["status"] == s]) for s in ("always", "never")}
    notes = []
    if rest["never"]:
        notes.append(words("No value within its bounds is enough: {n} levers", n=len(rest["never"])))
    if rest["always"]:
        notes.append(words("Any value within its bounds will do: {n} levers", n=len(rest["always"])))
    body = f"<table class='pa-table'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return _paragraph(title) + (body if rows else "") + "".join(_paragraph(n) for n in notes)


def lever_html(lever: Lever, words: Words, held: bool) -> str:
    """Name, unit, range, evidence and note of a lever, above its slider.

    Examples
    --------
    >>> from lxml.html import fromstring
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> page = lever_html(park.levers["power_tariff"], Words(park, "en"), held=False)
    >>> list(fromstring(page).itertext())
    ['On-grid tariff', ' (yuan/kWh) ', 'assumed', '0.31 yuan/kWh – 0.37 yuan/kWh']
    """
    name = escape(words.lever(lever.name))
    unit = escape(words.unit(lever.unit))
    source = escape(words.source(lever.source), quote=True)
    grade = f"<span class='pa-grade' title='{source}'>{escape(words.evidence(lever.evidence))}</span>"
    span = (
        words("one value")
        if lever.is_point
        else f"{words.value(lever.low, lever.unit)} – {words.value(lever.high, lever.unit)}"
    )
    state = words("held at {value}", value=words.value(lever.central, lever.unit)) if held else span
    weight = "600" if held else "400"
    text = words.note(lever)
    note = f" title='{escape(text, quote=True)}'" if text else ""
    return (
        f"<div class='pa-lever'{note}><span style='font-weight:{weight}'>{name}</span> "
        f"{f'({unit})' if unit else ''} {grade}"
        f"<div class='pa-small'>{escape(state)}</div></div>"
    )


def message_html(text: str, error: bool = False) -> str:
    """A line of feedback that screen readers announce.

    Examples
    --------
    >>> message_html("1,700 > 1,580")
    "<div class='pa-small' role='status'>1,700 &gt; 1,580</div>"
    """
    kind = "pa-error" if error else "pa-small"
    return f"<div class='{kind}' role='status'>{escape(text)}</div>"


def command_html(command: str, words: Words) -> str:
    """A command with a button that copies it.

    Examples
    --------
    >>> page = command_html("papermill scenario_report.ipynb out.ipynb -p scenario severe", Words(None, "en"))
    >>> page[page.index("<pre") :]
    "<pre class='pa-command'>papermill scenario_report.ipynb out.ipynb -p scenario severe</pre>"
    """
    quoted = escape(command, quote=True)
    copy = (
        "navigator.clipboard.writeText(this.dataset.command)"
        ".then(() => {this.textContent = this.dataset.done})"
    )
    done = escape(words("Copied"), quote=True)
    return (
        f"<button type='button' class='pa-copy' data-command='{quoted}' data-done='{done}' "
        f"onclick='{copy}'>{escape(words('Copy as papermill command'))}</button>"
        f"<pre class='pa-command'>{escape(command)}</pre>"
    )
