"""Sections of the report: each call returns what a notebook cell shows and the page keeps."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis import __version__
from parkanalysis.model.inverse import BreakEven
from parkanalysis.model.projection import Projection
from parkanalysis.model.scenario import Scenario, difference
from parkanalysis.park.levers import Lever
from parkanalysis.report import findings, sentences
from parkanalysis.report.findings import Goal
from parkanalysis.report.markup import Html, Raw, cell, link, paragraph, table
from parkanalysis.report.words import Words, significant

if TYPE_CHECKING:
    from parkanalysis.model.case import Case

__all__ = [
    "answer",
    "break_even_table",
    "contribution_table",
    "difference_table",
    "heading",
    "title",
    "uncertainty",
    "vintage",
    "what_if_table",
]


def heading(text: str, name: str) -> Html:
    """A heading that the table of contents leads to.

    Examples
    --------
    >>> heading("What to do", "advice").html
    '<h2 id="advice">What to do</h2>'
    """
    return Html(f'<h2 id="{name}">{cell(text)}</h2>', text)


def title(case: Case, words: Words) -> Html:
    """Title of the report: park, year, scenario.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> case = read_parameters({"park": "qingzhen", "scenario": "combined", "lang": "en"})
    >>> title(case, Words(case.park, case.lang))
    Guizhou Qingzhen Economic Development Zone: Industrial value added 2016. Scenario: All that the
    report states
    """
    config = case.park.config
    heading = words("Industrial value added {year}", year=config.target_year)
    name, scenario = case.park.label(case.lang), words.title(case.scenario.title)
    about = words.title(case.scenario.description)
    html = f'<p class="park">{cell(name)}</p><h1 id="top">{cell(heading)}</h1>'
    line = words("Scenario: {name}", name=scenario)
    html += f'<p class="scenario"><strong>{cell(line)}</strong> {cell(about)}</p>'
    changed = _set_beyond(case.scenario, words)
    html += paragraph(changed, "scenario") if changed else ""
    return Html(html, f"{name}: {heading}. {line}{' ' if changed else ''}{changed}")


def _set_beyond(scenario: Scenario, words: Words) -> str:
    """What was set beyond the scenario's own file."""
    declared = scenario.park.scenarios.get(scenario.name)
    own = declared.levers if declared else {}
    names = [n for n, value in scenario.settings.items() if own.get(n) != value]
    pairs = [words.enclose(words.lever(n), _setting(scenario.levers[n], words)) for n in names]
    return words("Set otherwise here: {pairs}.", pairs=words.join(pairs)) if pairs else ""


def _setting(lever: Lever, words: Words) -> str:
    low, high = (float(v) for v in lever.ppf(np.array([0.1, 0.9])))
    if low == high:
        return words.value(low, lever.unit)
    return words.value_range(low, high, lever.unit)


def _tile(label: str, value: str, remark: str) -> str:
    return f"<div><dt>{cell(label)}</dt><dd>{cell(value)}<small>{cell(remark)}</small></dd></div>"


def answer(projection: Projection, goal: Goal, found: Sequence[BreakEven], words: Words) -> Html:
    """The answer in three sentences, with its figures set out.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> words, goal = Words(projection.park, "en"), findings.goal(projection.park)
    >>> answer(projection, goal, [projection.break_even("alumina_price_2016", goal.value)], words)
    Industrial value added in 2016 is projected at CNY 3.52 billion, 4.9% below the CNY 3.701 billion of
    2015; the 80% interval runs from CNY 2.96 to 3.99 billion, and the stated CNY 4.00 billion is reached
    with a probability of 10%.
    On average price changes (−0.45), contracted volumes (−0.20) and plant closures (−0.17) pull it down,
    growth of the rest (+0.55) and new capacity (+0.05) push it up: CNY −0.22 billion in all.
    No single change that has a chance of 1% or more brings the odds of the stated CNY 4.00 billion to
    even.
    """
    said = [
        sentences.projected(projection, goal, words),
        sentences.gap(projection, words),
        sentences.required(projection, found, goal, words),
    ]
    (low, high), base = projection.interval(), projection.park.value_added
    chance = float((projection.draws >= goal.value).mean())
    tiles = [
        _tile(words("Projection"), words.amount(projection.median), words("median")),
        _tile(words("80% interval"), words.amount_range(low, high), words("8 of 10 draws")),
        _tile(
            words("Change on {year}", year=projection.park.config.base_year),
            words.percent(projection.median / base - 1, sign=True),
            words.amount(projection.median - base, sign=True),
        ),
        _tile(
            words("Distance to {goal}", goal=sentences.goal_phrase(words, goal)),
            words.amount(projection.median - goal.value, sign=True),
            words(
                "chance of {amount}: {chance}", amount=words.amount(goal.value), chance=words.chance(chance)
            ),
        ),
    ]
    html = heading(words("The answer"), "answer").html
    html += '<div class="answer">' + "".join(paragraph(s) for s in said) + "</div>"
    html += f'<dl class="tiles">{"".join(tiles)}</dl>'
    return Html(html, "\n".join(said))


def difference_table(scenario: Scenario, reference: Scenario, words: Words) -> Html:
    """What this scenario sets otherwise than the reference scenario.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> park = read_park("qingzhen")
    >>> recovery, combined = (read_scenario(park, name) for name in ("recovery", "combined"))
    >>> shown = difference_table(recovery, combined, Words(park, "en"))
    >>> pd.read_html(io.StringIO(shown.html))[0].values.tolist()
    [['Alumina price, average of 2016', '1,580 yuan/t', '1,945 yuan/t']]
    """
    name = words.title(reference.title)
    rows = []
    for row in difference(scenario, reference).itertuples(index=False):
        if row.kind == "shock":
            state = [words("acts") if v else words("does not act") for v in (row.reference, row.scenario)]
            rows.append((words.driver(str(row.name)), *state))
        else:
            unit = str(row.unit)
            values = [words.value(float(str(v)), unit) for v in (row.reference, row.scenario)]
            rows.append((link(f"#lever-{row.name}", words.lever(str(row.name))), *values))
    caption = words("Difference from the reference scenario “{name}”", name=name)
    if not rows:
        text = words("This scenario does not differ from the reference scenario “{name}”.", name=name)
        return Html(paragraph(text), text)
    head = (words("Shock or assumption"), words("Reference"), words("This scenario"))
    return Html(table(head, rows, caption), caption)


def contribution_table(frame: pd.DataFrame, words: Words) -> Html:
    """Contributions of the drivers with intervals, in numbers.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "power_contract", draws=256)
    >>> shown = contribution_table(findings.contributions(projection), Words(projection.park, "en"))
    >>> pd.read_html(io.StringIO(shown.html))[0][["Driver", "Mean"]].values.tolist()
    [['Growth of the rest', '+0.558'], ['Power contract', '−0.196'], ['Sum', '+0.363']]
    """
    caption = words("Contributions, {unit}", unit=words.money_unit)
    rows = [
        (
            words.driver(str(driver)),
            *(
                words.plain_amount(float(row[c]), sign=True, extra=1)
                for c in ("mean", "low", "high", "alone")
            ),
        )
        for driver, row in frame.iterrows()
    ]
    total = words.plain_amount(float(frame["mean"].sum()), sign=True, extra=1)
    rows.append((words("Sum"), total, "", "", ""))
    head = (words("Driver"), words("Mean"), words("10% point"), words("90% point"), words("If alone"))
    return Html(table(head, rows, caption, numeric=range(1, 5)), caption)


def what_if_table(
    projection: Projection, ranked: pd.DataFrame, goal: Goal, words: Words, most: int = 3
) -> Html:
    """The projection at round values of the assumptions that carry most.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> ranked, goal = findings.ranking(projection), findings.goal(projection.park)
    >>> shown = what_if_table(projection, ranked, goal, Words(projection.park, "en"), most=1)
    >>> pd.read_html(io.StringIO(shown.html))[0].astype(str).iloc[0].tolist()
    ['5.0%', '3.13', '2.80 to 3.42', '<1%']
    """
    levers, parts = projection.scenario.levers, []
    names = [str(n) for n in ranked.index[:most] if ranked.loc[n, "share"] > 0]
    for name in names:
        lever = levers[name]
        low, high = (float(v) for v in lever.ppf(np.array([0.05, 0.95])))
        frame = findings.what_if(projection, name, findings.round_values(low, high), goal.value)
        parts.append(_what_if(frame, name, lever.unit, goal, words))
    if not names:
        text = words("Nothing is uncertain in this scenario.")
        return Html(paragraph(text), text)
    text = words("What if: the projection at other values of one assumption")
    return Html("".join(parts), text)


def _what_if(frame: pd.DataFrame, name: str, unit: str, goal: Goal, words: Words) -> Raw:
    percent = unit == "fraction"
    shown = [
        words.percent(float(v)) if percent else significant(words.shown(float(v), unit)) for v in frame.index
    ]
    caption = words("What if: {lever}", lever=words.lever(name))
    if not percent:
        caption = words.named_unit(caption, words.unit(unit))
    rows = [(text, *_outcome(row, words)) for text, (_, row) in zip(shown, frame.iterrows(), strict=True)]
    if len({row[1:] for row in rows}) < 2:
        return Raw("")  # a lever that changes nothing says nothing
    head = (
        words("Value"),
        words("Projection, {unit}", unit=words.money_unit),
        words("80% interval"),
        words("Chance of {amount}", amount=words.amount(goal.value)),
    )
    return table(head, rows, caption, numeric=range(1, 4), kind="whatif stack")


def _outcome(row: pd.Series, words: Words) -> tuple[str, str, str]:
    low, high = (words.plain_amount(row[c]) for c in ("low", "high"))
    if isclose(row["low"], row["high"], rel_tol=1e-9):
        return words.plain_amount(row["median"]), "–", "–"
    interval = words("{low} to {high}", low=low, high=high)
    return words.plain_amount(row["median"]), interval, words.chance(row["chance"])


def break_even_table(found: Sequence[BreakEven], goal: Goal, projection: Projection, words: Words) -> Html:
    """The value at which each assumption brings even odds of the goal.

    Examples
    --------
    >>> import io
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> words, goal = Words(projection.park, "en"), findings.goal(projection.park)
    >>> found = [projection.break_even("alumina_price_2016", goal.value)]
    >>> shown = break_even_table(found, goal, projection, words)
    >>> pd.read_html(io.StringIO(shown.html))[0].iloc[0].tolist()
    ['Alumina price, average of 2016', '1,580 yuan/t', '2,286 yuan/t', '<1%']
    """
    caption = words(
        "Value of one assumption at which {amount} has even odds", amount=words.amount(goal.value)
    )
    remarks = {
        "always": words("any value within its bounds will do"),
        "never": words("no value within its bounds will do"),
        "no_effect": words("plays no part"),
    }
    rows = []
    for item in found:
        lever = projection.scenario.levers[item.lever]
        central = words.value(lever.central, lever.unit)
        value = words.value(item.value, lever.unit) if item.status == "met" else remarks[item.status]
        chance = words.chance(min(item.position, 1 - item.position)) if item.status == "met" else "–"
        rows.append((link(f"#lever-{item.lever}", words.lever(item.lever)), central, value, chance))
    head = (words("Assumption"), words("Assumed"), words("Needed"), words("Chance of such a value"))
    return Html(table(head, rows, caption, numeric=(1, 2, 3), kind="stack"), caption)


def uncertainty(ranked: pd.DataFrame, words: Words) -> Html:
    """Where the uncertainty comes from.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=256)
    >>> uncertainty(findings.ranking(projection), Words(projection.park, "en"))
    Most of the uncertainty comes from growth of the rest 55% and alumina price, average of 2016 26%. Of
    the 25 numbers used: reported 3, derived 1, proxy 7 and assumed 14.
    """
    text = sentences.uncertainty(ranked, words)
    return Html(paragraph(text), text)


def vintage(projection: Projection, words: Words) -> Html:
    """Data vintage, seed, draws and version.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> projection = project("qingzhen", "combined", draws=64)
    >>> vintage(projection, Words(projection.park, "en"))
    Data as of 29 February 2016 · seed 2016 · 64 draws · parkanalysis ... · data ...
    """
    park = projection.park
    parts = [
        words("Data as of {date}", date=words.date(park.config.as_of)),
        words("seed {seed}", seed=projection.seed),
        words("{draws} draws", draws=f"{len(projection.draws):,}"),
        f"parkanalysis {__version__}",
        words("data {digest}", digest=park.digest[:12]),
    ]
    text = " · ".join(parts)
    return Html(paragraph(text, "vintage"), text)
