"""On what the numbers rest: assumptions, audit, ledger of figures, sources, method and limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from parkanalysis.model.projection import Projection
from parkanalysis.model.target_year import product_of, shock_levers
from parkanalysis.park import levers_of
from parkanalysis.park.levers import EVIDENCE
from parkanalysis.park.park import Park
from parkanalysis.report.findings import ledger as ledger_frame
from parkanalysis.report.markup import Html, Raw, cell, link, paragraph, table
from parkanalysis.report.words import N_, Words, significant

__all__ = ["assumptions", "audit", "basis", "ledger", "linked", "method", "sources"]

MEASURED = ("CNY", "t", "kWh", "m3")
# least value, unit, its name; a space where the language has one
LARGE = {
    "zh": ((1e8, 1e8, "亿"), (1e5, 1e4, "万")),
    "en": ((1e9, 1e9, "billion "), (1e6, 1e6, "million ")),
}

SIDES = ("stated", "computed")


def _source_link(name: str, words: Words) -> Raw:
    return link(f"#source-{name}", words.source(name))


def _grade(grade: str, words: Words) -> Raw:
    return Raw(f'<span class="grade {grade}">{cell(words.evidence(grade))}</span>')


def _range(row: Any, words: Words) -> str:
    low, central, high = (float(row[c]) for c in ("low", "central", "high"))
    return words.value_with_range(central, low, high, row["unit"])


def linked(checks: pd.DataFrame) -> list[str]:
    """Figures that the checks refer to.

    Examples
    --------
    >>> linked(pd.DataFrame({"figures": ["funds_raised, debt", "", "debt"]}))
    ['debt', 'funds_raised']
    """
    return sorted({n for names in checks["figures"] for n in str(names).split(", ") if n})


def _note(note: str, words: Words) -> Raw:
    """A remark of the park's files, marked as English where the page is not."""
    foreign = words.lang != "en" and note.isascii() and note
    return Raw(f'<span lang="en">{cell(note)}</span>' if foreign else cell(note))


def assumptions(projection: Projection, ranked: pd.DataFrame, words: Words) -> Html:
    """Every number the scenario uses, by the part of the uncertainty it carries.

    Examples
    --------
    >>> from io import StringIO
    >>> from parkanalysis.model import projection
    >>> from parkanalysis.report import findings
    >>> p = projection.project("qingzhen", "power_contract", draws=64)
    >>> page = assumptions(p, findings.ranking(p).head(2), Words(p.park, "en"))
    >>> pd.read_html(StringIO(page.html))[0][["Assumption", "Part"]].values.tolist()
    [['Growth of the rest', '85%'], ['Value-added rate, aluminium', '6%']]
    """
    caption = words("Assumptions by the part of the uncertainty they carry")
    rows = []
    for name, row in ranked.iterrows():
        share = words.chance(float(row["share"])) if row["share"] > 0 else "–"
        bar = Raw(
            f'<span class="bar" style="--share:{max(float(row["share"]), 0.0):.3f}">{cell(share)}</span>'
        )
        figure = row["figure"]
        where = link(f"#figure-row-{figure}", projection.park.quantities[figure].text) if figure else Raw("")
        source = Raw(" · ".join(p for p in (where, _source_link(row["source"], words)) if p))
        rows.append(
            (
                words.lever(str(name)),
                bar,
                _range(row, words),
                _grade(row["evidence"], words),
                source,
                _note(words.note(projection.scenario.levers[str(name)]), words),
            )
        )
    head = (
        words("Assumption"),
        words("Part"),
        words("Value (10% – 90% points)"),
        words("Evidence"),
        words("Source"),
        words("On what it rests"),
    )
    ids = [f"lever-{n}" for n in ranked.index]
    return Html(table(head, rows, caption, ids=ids, kind="assumptions stack"), caption)


def _levers_of(park: Park, driver: str) -> list[str]:
    """Levers that a driver names, its plant's with it."""
    config = park.config
    if driver == "baseline":
        return [config.growth]
    if driver not in config.shocks:
        return []
    product = product_of(config, driver)
    names = levers_of(config.products[product]) if product else []
    return list(dict.fromkeys([*names, *shock_levers(config, driver)]))


def _made_of(projection: Projection, driver: str, ranked: pd.DataFrame, words: Words) -> Raw:
    items = []
    for name in _levers_of(projection.park, driver):
        if name not in ranked.index:
            continue
        lever = ranked.loc[name]
        label, grade = link(f"#lever-{name}", words.lever(name)), _grade(str(lever["evidence"]), words)
        items.append(f"<li>{label} {cell(_range(lever, words))} {grade}</li>")
    return Raw(f"<ul>{''.join(items)}</ul>" if items else "")


def _rests(projection: Projection, drivers: tuple[str, ...], ranked: pd.DataFrame, words: Words) -> str:
    names = dict.fromkeys(n for d in drivers for n in _levers_of(projection.park, d) if n in ranked.index)
    grades = ranked.loc[list(names), "evidence"].value_counts()
    parts = [f"{words.evidence(g)} {grades[g]}" for g in EVIDENCE if g in grades.index]
    return words("{count} numbers: {grades}", count=len(names), grades=words.join(parts))


def basis(projection: Projection, kinds: pd.DataFrame, ranked: pd.DataFrame, words: Words) -> Html:
    """Each driver with the numbers its contribution is made of, and the evidence for them.

    Parameters
    ----------
    projection : Projection
    kinds : DataFrame
        As from ``findings.by_kind``.
    ranked : DataFrame
        As from ``findings.ranking``.
    words : Words

    Examples
    --------
    >>> from io import StringIO
    >>> from parkanalysis.model import projection
    >>> from parkanalysis.report import findings
    >>> p = projection.project("qingzhen", "power_contract", draws=64)
    >>> page = basis(p, findings.by_kind(p), findings.ranking(p), Words(p.park, "en"))
    >>> pd.read_html(StringIO(page.html))[0].iloc[0].tolist()
    ['Growth of the rest', '+0.56', '+0.19 to +0.89', 'Growth of the rest 15.1% (5.3% to 24.8%) proxy']
    """
    caption = words("On what each contribution rests")
    means = projection.contributions()
    rows: list[tuple[object, ...]] = []
    for kind, row in kinds.iterrows():
        drivers = row["drivers"]
        if len(drivers) > 1:
            label = words("{kind} together", kind=words.kind(str(kind)))
            rests = _rests(projection, drivers, ranked, words)
            rows.append((Raw(f"<b>{cell(label[:1].upper() + label[1:])}</b>"), *_spread(row, words), rests))
        for driver in drivers:
            made = _made_of(projection, driver, ranked, words)
            rows.append((words.driver(driver), *_spread(means.loc[driver], words), made))
    head = (
        words("Driver"),
        words("Mean, {unit}", unit=words.money_unit),
        words("10% to 90% points"),
        words("Made of"),
    )
    return Html(table(head, rows, caption, numeric=(1, 2), kind="basis stack"), caption)


def _spread(row: Any, words: Words) -> tuple[str, str]:
    mean, low, high = (words.plain_amount(float(row[c]), sign=True) for c in ("mean", "low", "high"))
    return mean, words("{low} to {high}", low=low, high=high)


def _side(value: float, low: float, high: float, unit: str, words: Words) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(low) == math.isinf(high):
        return words.value_with_range(value, low, high, unit)
    if math.isinf(high):
        end, printed = words("{low} or more", low=words.value(low, unit)), low
    else:
        end, printed = words("{high} or less", high=words.value(high, unit)), high
    return end if printed == value else words.enclose(words.value(value, unit), end)


def _difference(row: Any, words: Words) -> str:
    """Stated less computed; none from a side that is open, where only its end is known."""
    ends = [row["difference"], *(row.get(f"{s}_{e}", 0.0) for s in SIDES for e in ("low", "high"))]
    if not all(map(math.isfinite, ends)):
        return "–"
    return words.difference(float(row["difference"]), str(row["unit"]))


AUDIT_NAMES = {
    "industries_within_total": N_("published total against the industries' rates times output, unbalanced"),
    "implied_rate": N_("published value added over the output listed, against input-output tables"),
    "stated_growth": N_("growth of the stated result against the reference series"),
    "implied_unshocked_growth": N_(
        "growth without shocks implied by result and loss, against the reference series"
    ),
}
RELATIONS = {
    "equals": N_("The two should be equal."),
    "at_least": N_("The first should not be below the second."),
    "at_most": N_("The first should not be above the second."),
    "within": N_("The first should lie within the second."),
}


def audit_name(row: Mapping[Any, Any], words: Words) -> str:
    """What a check sets against what."""
    return str(row[f"name_{words.lang}"] or row["name_en"] or words(AUDIT_NAMES[row["check"]]))


def audit_note(row: Mapping[Any, Any], words: Words) -> str:
    """What to know of a check's scope and basis."""
    details = row["details"]
    if "evidence" in details:
        grades = words.join(words.evidence(g) for g in details["evidence"])
        said = words("Output of each industry times its value-added rate ({evidence}).", evidence=grades)
        if not details["industries"]:
            return said
        others = words.join(words.industry(key) for key in details["industries"])
        return words("{said} What the total has beyond it: {others}.", said=said, others=others)
    if "tables" in details:
        rates = words.join(
            words("{table}: {rate}", table=t[words.lang], rate=words.percent(t["rate"]))
            for t in details["tables"]
        )
        return words(
            "Weighted by output: {tables}. The tables are of larger areas, and the published value added "
            "may hold firms beyond the output listed.",
            tables=rates,
        )
    if "lever" in details and words.park is not None:
        lever = words.park.levers[details["lever"]]
        named = words.enclose(words.lever(lever.name), words.evidence(lever.evidence))
        note = words.note(lever).rstrip("。.")
        return words("Set against {lever}: {note}.", lever=named, note=note) if note else named
    return str(row[f"note_{words.lang}"] or words(RELATIONS[row["relation"]]))


def audit(checks: pd.DataFrame, words: Words) -> Html:
    """The source set against itself, the accounts and physics; what needs a look comes first.

    Examples
    --------
    >>> from parkanalysis.model.audit import audit as checks
    >>> from parkanalysis.park import read_park
    >>> park = read_park("qingzhen")
    >>> audit(checks(park), Words(park, "en")).text.splitlines()[0]
    'Of 17 checks 12 are consistent, 5 have another scope or basis, 0 contradict and 0 cannot be made.'
    """
    counts = checks["verdict"].value_counts()
    lead = words(
        "Of {count} checks {consistent} are consistent, {other} have another scope or basis, "
        "{contradiction} contradict and {open} cannot be made.",
        count=len(checks),
        consistent=int(counts.get("consistent", 0)),
        other=int(counts.get("other_scope", 0)),
        contradiction=int(counts.get("contradiction", 0)),
        open=int(counts.get("cannot_be_checked", 0)),
    )
    how = words(
        "Consistent: both can hold as they stand. Contradiction: they cannot, though scope and basis are "
        "the same. Stated is what the source prints or what follows from it by division; computed is what "
        "other figures, statistics or input–output tables make of it."
    )
    rows = []
    for row in checks.to_dict("records"):
        unit = str(row["unit"])
        sides = [
            _side(row[s], row.get(f"{s}_low", row[s]), row.get(f"{s}_high", row[s]), unit, words)
            for s in SIDES
        ]
        verdict = Raw(f'<span class="verdict {row["verdict"]}">{cell(words.verdict(row["verdict"]))}</span>')
        names = [n for n in str(row["figures"]).split(", ") if n]
        places = Raw(" ".join(link(f"#figure-row-{n}", f"[{i}]") for i, n in enumerate(names, 1)))
        name, note = audit_name(row, words), _note(audit_note(row, words), words)
        rows.append((name, *sides, _difference(row, words), verdict, note, places))
    head = (
        words("Check"),
        words("Stated"),
        words("Computed"),
        words("Difference"),
        words("Verdict"),
        words("Remark"),
        words("Figures"),
    )
    order = {"contradiction": 0, "other_scope": 1, "cannot_be_checked": 2, "consistent": 3}
    ranks = [order.get(str(v), 4) for v in checks["verdict"]]
    rows = [row for _, row in sorted(zip(ranks, rows, strict=True), key=lambda pair: pair[0])]
    caption = words("Checks of the printed figures")
    made = table(head, rows, caption, numeric=(1, 2, 3), kind="audit stack")
    return Html(paragraph(lead) + paragraph(how) + made, f"{lead}\n{how}")


def ledger(park: Park, words: Words, linked: Iterable[str] = ()) -> Html:
    """Every printed figure with its place in the source; those ``linked`` or in use stay unfolded.

    Examples
    --------
    >>> from parkanalysis.park import park
    >>> ledger(park.read_park("qingzhen"), Words(park.read_park("qingzhen"), "en"))
    95 printed figures, 12 of them in use.
    """
    frame = ledger_frame(park)
    shown = frame["used"] | frame["figure"].isin(set(linked))
    lead = words(
        "{count} printed figures, {used} of them in use.", count=len(frame), used=int(frame["used"].sum())
    )
    first = frame[shown].sort_values("used", ascending=False, kind="stable")
    main = _ledger_table(first, words("Printed figures that this page refers to"), words)
    rest = frame[~shown]
    if rest.empty:
        return Html(paragraph(lead) + main, lead)
    caption = words("The other printed figures ({count})", count=len(rest))
    folded = f"<details><summary>{cell(caption)}</summary>{_ledger_table(rest, caption, words)}</details>"
    return Html(paragraph(lead) + main + folded, lead)


def _ledger_table(frame: pd.DataFrame, caption: str, words: Words) -> Raw:
    rows = []
    for row in frame.to_dict("records"):
        read = _read_as(float(row["low"]), float(row["high"]), str(row["unit"]), words)
        text, subject = (Raw(f'<span lang="zh">{cell(row[c])}</span>') for c in ("text", "subject"))
        place = Raw(f'{_source_link(row["source"], words)} <span lang="zh">{cell(row["place"])}</span>')
        used = words("yes") if row["used"] else "–"
        rows.append((text, subject, row["period"], read, used, place))
    head = (
        words("As printed"),
        words("Subject"),
        words("Period"),
        words("Read as"),
        words("In use"),
        words("Place"),
    )
    ids = [f"figure-row-{n}" for n in frame["figure"]]
    return table(head, rows, caption, ids=ids, kind="ledger stack")


def _read_as(low: float, high: float, unit: str, words: Words) -> str:
    """Bounds of a figure, the unit once where both have the same."""
    (first, name), (second, other) = (_canonical(v, unit, words) for v in (low, high))
    if low == high:
        return f"{first} {name}".strip()
    before = first if name == other or low == 0 else f"{first} {name}".strip()
    return f"{words('{low} to {high}', low=before, high=second)} {other}".strip()


def _canonical(value: float, unit: str, words: Words) -> tuple[str, str]:
    for least, factor, name in LARGE[words.lang] if unit in MEASURED and math.isfinite(value) else ():
        if abs(value) >= least:
            return significant(value / factor, 4), f"{name}{words.unit(unit)}"
    return (words.percent(value), "") if unit == "fraction" else (significant(value, 4), words.unit(unit))


def sources(park: Park, words: Words) -> Html:
    """Where things come from.

    Examples
    --------
    >>> from parkanalysis.park import park
    >>> from io import StringIO
    >>> page = sources(park.read_park("qingzhen"), Words(park.read_park("qingzhen"), "en"))
    >>> pd.read_html(StringIO(page.html))[0].columns.tolist()
    ['Title', 'Publisher', 'Published', 'Remark']
    """
    caption = words("Sources")
    rows = []
    for row in park.sources.to_dict("records"):
        url = str(row["url"] or "")
        source = str(row["source"])
        name, publisher = words.source(source), words.publisher(source)
        title = link(url, name) if url.startswith(("https://", "http://")) else name
        remark = _note(words.remark(source), words)
        rows.append((title, _note(publisher, words), row["published"] or "", remark))
    head = (words("Title"), words("Publisher"), words("Published"), words("Remark"))
    ids = [f"source-{n}" for n in park.sources["source"]]
    return Html(table(head, rows, caption, ids=ids, kind="sources stack"), caption)


def _growth(projection: Projection, words: Words) -> str:
    """Where the growth without shocks comes from."""
    config, scenario = projection.park.config, projection.scenario
    if config.growth in scenario.settings:
        return words("Growth without shocks is set by the scenario.")
    forecast: Any = scenario.levers[config.growth].forecast
    if forecast is None:
        return words("Growth without shocks is an assumption with a range, not a forecast.")
    own = any("t interval" in note for note in forecast.relative.notes)
    return words(
        "Growth without shocks comes from a reference series forecast by {method}, {points} observations "
        "published by {date}; its interval rests on {base}.",
        method=config.growth_method,
        points=forecast.relative.points,
        date=words.date(config.as_of),
        base=words("the spread of the series itself (t interval)")
        if own
        else words("the errors that the method made on comparable series"),
    )


def method(projection: Projection, words: Words) -> Html:
    """Method and limits in half a page.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> p = project("qingzhen", "combined", draws=64)
    >>> print(method(p, Words(p.park, "en")).text.splitlines()[1])
    Growth without shocks comes from a reference series forecast by drift, 16 observations published by 29
    February 2016; its interval rests on the errors that the method made on comparable series.
    """
    park = projection.park
    said = [
        words(
            "Accounts. Value added of an industry is its printed output times a value-added rate; the rates "
            "have a spread, and the parts are balanced by weighted least squares (Stone, Champernowne and "
            "Meade 1942) to the published total of {total}.",
            total=words.amount(park.value_added, extra=1),
        ),
        _growth(projection, words),
        words(
            "Shocks act on what survives the ones before: closures, new capacity, prices, contracted "
            "volumes, caps, rates. A price change lands on value added less the part that cheaper "
            "inputs give back."
        ),
        words(
            "{draws} draws of all assumptions (scrambled Sobol sequence, seed {seed}) give the "
            "distribution; contributions are exact Shapley values and add up to the mean change.",
            draws=f"{len(projection.draws):,}",
            seed=projection.seed,
        ),
        words(
            "Limits. The interval holds only if the assumptions and their ranges do; most of them are not "
            "published for this park. Events that the scenario does not name are only in it as far as past "
            "growth knew their like. Amounts are at current prices unless said otherwise."
        ),
    ]
    return Html("".join(paragraph(s) for s in said), "\n".join(said))
