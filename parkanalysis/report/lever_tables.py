"""Levers as tables: which act in a scenario, within which ranges, on what evidence."""

from __future__ import annotations

import pandas as pd

from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import used_levers
from parkanalysis.park.levers import EVIDENCE
from parkanalysis.report.markup import Html, paragraph, table
from parkanalysis.report.words import Words

__all__ = ["evidence_frame", "lever_sentence", "lever_table"]


def evidence_frame(scenario: Scenario) -> pd.DataFrame:
    """How many levers stand on which evidence, and how many of them act in the scenario.

    Examples
    --------
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.park.park import read_park
    >>> evidence_frame(read_scenario(read_park("qingzhen"), "reference")).index.tolist()
    ['reported', 'derived', 'proxy', 'assumed']
    """
    used = set(used_levers(scenario))
    grades = pd.Series({n: lever.evidence for n, lever in scenario.levers.items()}, dtype=object)
    counts = {
        grade: ((grades == grade).sum(), sum(grades.get(n) == grade for n in used)) for grade in EVIDENCE
    }
    frame = pd.DataFrame.from_dict(counts, orient="index", columns=["levers", "acting"])
    return frame.rename_axis("evidence")


def lever_sentence(scenario: Scenario, words: Words) -> Html:
    """How many levers act in a scenario, and how many of those are assumed.

    Examples
    --------
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> lever_sentence(read_scenario(park, "combined"), Words(park, "en")).text.startswith("Of ")
    True
    """
    acting = used_levers(scenario)
    text = words(
        "Of {n} levers {used} act in this scenario; {assumed} of them are assumed.",
        n=len(scenario.levers),
        used=len(acting),
        assumed=sum(scenario.levers[n].evidence == "assumed" for n in acting),
    )
    return Html(paragraph(text), text)


def lever_table(scenario: Scenario, words: Words) -> Html:
    """Levers that act in a scenario: central value, range, hard bounds, grade, note.

    Examples
    --------
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> "On-grid tariff" in lever_table(read_scenario(park, "combined"), Words(park, "en")).html
    True
    """
    rows = []
    for name in used_levers(scenario):
        lever = scenario.levers[name]
        low, high = words.value(lever.low, lever.unit), words.value(lever.high, lever.unit)
        bounds_text = f"{words.value(lever.minimum, lever.unit)} – {words.value(lever.maximum, lever.unit)}"
        rows.append(
            (
                words.lever(name),
                words.value(lever.central, lever.unit),
                "" if lever.is_point else f"{low} – {high}",
                bounds_text,
                words.evidence(lever.evidence),
            )
        )
    head = [words(t) for t in ("lever", "central", "80% interval", "hard bounds", "evidence")]
    caption = words("Levers that act in the scenario")
    return Html(table(head, rows, caption, numeric=(1, 2, 3)), caption)
