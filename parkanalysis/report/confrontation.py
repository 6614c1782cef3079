"""What the shocks do one by one and together, and the stated projection set against its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.model import target_year
from parkanalysis.model.compare import sequences
from parkanalysis.model.scenario import Scenario, own_lever
from parkanalysis.report.markup import Html, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from parkanalysis.model.projection import Projection
    from parkanalysis.report.words import Words

__all__ = [
    "implied_sentence",
    "overlap_sentence",
    "parts",
    "parts_sentence",
    "sequence_sentences",
    "shock_frame",
    "target_sentence",
]

YUAN_PER_100M = 1e8


def shock_frame(projection: Projection) -> pd.DataFrame:
    """Shocks of a projection in the order they act.

    Returns
    -------
    DataFrame
        Index ``shock``; ``kind``, ``industry``, ``part_of_year`` (mean share), ``alone`` (mean impact
        if nothing else happened, growth included, 亿元), ``contribution`` (mean Shapley value, 亿元)
        and ``overlap``, their difference.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> shock_frame(project("qingzhen", "power_contract", draws=64)).index.tolist()
    ['power_contract']
    """
    scenario = projection.scenario
    found = target_year.state(scenario, (0, min(len(projection.draws), 4096)), projection.seed)
    shares = projection.contributions()[["alone", "mean", "overlap"]].to_dict()
    rows = [
        (
            name,
            e.item.kind,
            e.industry,
            float(np.mean(target_year.length(target_year.common(e.window, (0.0, 1.0))))),
            *(shares[column][name] for column in ("alone", "mean", "overlap")),
        )
        for name, e in found.effects.items()
    ]
    columns = ["shock", "kind", "industry", "part_of_year", "alone", "contribution", "overlap"]
    return pd.DataFrame(rows, columns=columns).set_index("shock")


def overlap_sentence(projection: Projection, words: Words) -> Html:
    """How much the drivers do to one another.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "combined", draws=64)
    >>> overlap_sentence(p, Words(p.park, "en"))
    Added one by one the drivers make CNY −0.081 billion; together they make CNY −0.215 billion: the
    difference of CNY −0.134 billion is what they do to one another, and it is counted once.
    """
    shares = projection.contributions()
    added, together = float(shares["alone"].sum()), float(shares["mean"].sum())
    text = words(
        "Added one by one the drivers make {added}; together they make {together}: "
        "the difference of {overlap} is what they do to one another, and it is counted once.",
        added=words.amount(added, sign=True, extra=1),
        together=words.amount(together, sign=True, extra=1),
        overlap=words.amount(together - added, sign=True, extra=1),
    )
    return Html(paragraph(text), text)


def parts(projection: Projection) -> pd.DataFrame:
    """The stated loss and growth beside those of the projection, 亿元 and fractions.

    Returns
    -------
    DataFrame
        Index ``what``; ``low``, ``value``, ``high``: ``stated_loss``, ``loss`` (what the shocks take,
        80% interval), ``implied_baseline`` (stated result and loss together), ``baseline`` (without
        shocks), ``stated_result``, ``result``. Rows about statements only where there are any.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> parts(project("qingzhen", "combined", draws=64)).round(1)[:2]
                 low  value  high
    what
    stated_loss  5.0    5.0   inf
    loss         4.9    7.3  11.0
    """
    park, stated = projection.park, projection.park.config.stated
    draws = {"loss": projection.baseline - projection.draws, "baseline": projection.baseline}
    draws["result"] = projection.draws
    rows = {k: tuple(float(q) for q in np.quantile(v, [0.1, 0.5, 0.9])) for k, v in draws.items()}
    if stated is not None:
        result = park.quantities[stated.result]
        said = {"stated_result": (result.low, result.value, result.high)}
        if stated.loss is not None:
            loss = park.quantities[stated.loss]
            said["stated_loss"] = (loss.low, loss.value, loss.high)
            said["implied_baseline"] = tuple(
                a + b for a, b in zip(said["stated_result"], said["stated_loss"], strict=True)
            )
        rows |= {k: tuple(v / YUAN_PER_100M for v in values) for k, values in said.items()}
    order = ["stated_loss", "loss", "implied_baseline", "baseline", "stated_result", "result"]
    kept = [k for k in order if k in rows]
    frame = pd.DataFrame([rows[k] for k in kept], index=kept, columns=["low", "value", "high"])
    return frame.rename_axis("what")


def parts_sentence(projection: Projection, words: Words) -> Html:
    """Whether the parts of the stated loss make its sum.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "combined", draws=64)
    >>> parts_sentence(p, Words(p.park, "en"))
    The shocks take CNY 0.492 billion to CNY 1.099 billion (80% interval), CNY 0.732 billion in the
    median; the stated loss begins at CNY 0.500 billion.
    """
    found = parts(projection).to_dict("index")
    loss = found["loss"]
    if "stated_loss" not in found:
        text = words(
            "Nothing is stated of the loss; the shocks take {loss}.", loss=words.amount(loss["value"])
        )
        return Html(paragraph(text), text)
    stated = found["stated_loss"]
    text = words(
        "The shocks take {low} to {high} (80% interval), {value} in the median; "
        "the stated loss begins at {stated}.",
        low=words.amount(loss["low"], extra=1),
        high=words.amount(loss["high"], extra=1),
        value=words.amount(loss["value"], extra=1),
        stated=words.amount(stated["low"], extra=1),
    )
    return Html(paragraph(text), text)


def implied_sentence(projection: Projection, words: Words) -> Html:
    """What growth the stated result and loss imply for a year without shocks, beside the reference's.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "combined", draws=64)
    >>> implied_sentence(p, Words(p.park, "en"))
    Stated result and loss together imply CNY 4.500 billion or more without the shocks, 21.6% above the
    base year; the reference series grows by 15.1% in the median, and by less than the implied rate ...
    """
    park, found = projection.park, parts(projection).to_dict("index")
    growth = own_lever(park, park.config.growth)
    reference = words.percent(growth.central)
    if "implied_baseline" not in found:
        text = words("The reference series grows by {reference} in the median.", reference=reference)
        return Html(paragraph(text), text)
    implied = found["implied_baseline"]
    text = words(
        "Stated result and loss together imply {value} or more without the shocks, {growth} above the base "
        "year; the reference series grows by {reference} in the median, and by less than the implied rate "
        "with a chance of {chance}.",
        value=words.amount(implied["value"], extra=1),
        growth=words.percent(implied["value"] / park.value_added - 1),
        reference=reference,
        chance=words.chance(growth.cdf(implied["value"] / park.value_added - 1)),
    )
    return Html(paragraph(text), text)


def target_sentence(projection: Projection, words: Words) -> Html:
    """The targets that are met with even, four-in-five and nine-in-ten odds.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> p = project("qingzhen", "combined", draws=64)
    >>> target_sentence(p, Words(p.park, "en"))
    A target of CNY 3.465 billion is met with 50% probability, CNY 3.072 billion with 80%, CNY 2.894
    billion with 90%.
    """
    met = projection.targets_met()
    text = words(
        "A target of {even} is met with 50% probability, {likely} with 80%, {safe} with 90%.",
        even=words.amount(float(met.loc[0.5]), extra=1),
        likely=words.amount(float(met.loc[0.8]), extra=1),
        safe=words.amount(float(met.loc[0.9]), extra=1),
    )
    return Html(paragraph(text), text)


def sequence_sentences(scenarios: Iterable[Scenario], words: Words) -> Html:
    """The scenarios between which only one thing differs, a sentence each.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> from parkanalysis.report.words import Words
    >>> cases = [project("qingzhen", name, draws=1).scenario for name in ("combined", "recovery")]
    >>> sequence_sentences(cases, Words(cases[0].park, "en"))
    Only “Alumina price, average of 2016” differs: All that the report states: 1,580 yuan/t;
    Price recovery: 1,945 yuan/t.
    """
    said = []
    for found in sequences(scenarios):
        titles = [_title(words, name) for name in found.scenarios]
        if found.kind == "shock":
            named = words.driver(found.name)
            values = [words("without it"), words("with it")]
        else:
            named = words.lever(found.name)
            values = [words.value(v, found.unit) for v in found.levels]
        steps = "; ".join(f"{t}: {v}" for t, v in zip(titles, values, strict=True))
        said.append(words("Only “{what}” differs: {steps}.", what=named, steps=steps))
    text = " ".join(said) or words("No two scenarios differ in one thing only.")
    return Html(paragraph(text), text)


def _title(words: Words, name: str) -> str:
    """Title of a scenario of the park, its name where the park does not know it."""
    known = words.park.scenarios.get(name) if words.park is not None else None
    titles: dict[str, str] = dict(known.title) if known is not None else {}  # type: ignore[arg-type]
    return titles.get(words.lang, name)
