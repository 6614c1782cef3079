"""What a park's figures say before anything is projected: ledger, hedges, accounts."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import state
from parkanalysis.park.park import Park
from parkanalysis.quantities import RULES, bounds
from parkanalysis.report.evidence import audit_name
from parkanalysis.report.findings import ledger
from parkanalysis.report.markup import Html, paragraph, table
from parkanalysis.report.words import Words

__all__ = [
    "account_frame",
    "account_table",
    "disagreements",
    "folded",
    "hedged",
    "kinds",
    "ledger_sentence",
    "ledger_table",
    "rule_table",
]


def kinds(park: Park) -> pd.DataFrame:
    """How many figures there are by unit, and how many of them are no plain numbers.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> int(kinds(read_park("qingzhen")).loc["CNY/t", "figures"])
    2
    """
    frame = ledger(park)
    spread = frame["low"] < frame["high"]
    counts = (
        frame.assign(hedged=spread).groupby("unit").agg(figures=("figure", "size"), hedged=("hedged", "sum"))
    )
    return counts.sort_values(["figures", "hedged"], ascending=False, kind="stable")


def hedged(park: Park) -> pd.DataFrame:
    """Figures that stand for a range, with the ends of the range relative to the printed value.

    Returns
    -------
    DataFrame
        Index figure; ``text``, ``hedge``, ``low``, ``value``, ``high`` (canonical ``unit``),
        ``below`` and ``above`` (fractions of the value).

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> hedged(read_park("qingzhen")).loc["stated_loss_2016", "text"]
    '5 亿元以上'
    """
    frame = ledger(park).set_index("figure")
    frame = frame[frame["low"] < frame["high"]]
    value = frame["value"].where(frame["value"] != 0)
    return frame.assign(below=frame["low"] / value - 1, above=frame["high"] / value - 1)[
        ["text", "hedge", "low", "value", "high", "unit", "below", "above"]
    ]


def _span(low: float, high: float, unit: str, words: Words) -> str:
    if unit == "CNY":
        return (
            words.amount_range(low / 1e8, high / 1e8) if np.isfinite(high) else f"≥ {words.amount(low / 1e8)}"
        )
    if np.isinf(high):
        return f"≥ {words.value(low, unit)}"
    return f"{words.value(low, unit)} – {words.value(high, unit)}"


def ledger_sentence(park: Park, words: Words) -> Html:
    """How many figures the ledger holds and how many of them are ranges.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> ledger_sentence(park, Words(park, "en")).text.startswith("The ledger holds")
    True
    """
    frame = ledger(park)
    ranges = int((frame["low"] < frame["high"]).sum())
    text = words(
        "The ledger holds {n} figures from {sources} sources; {ranges} of them stand for a range, "
        "{used} enter the arithmetic.",
        n=len(frame),
        sources=frame["source"].nunique(),
        ranges=ranges,
        used=int(frame["used"].sum()),
    )
    return Html(paragraph(text), text)


def ledger_table(park: Park, words: Words) -> Html:
    """The figures that enter the arithmetic, as printed and as read, with their place.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> f"{park.value_added:g}" in ledger_table(park, Words(park, "en")).html
    True
    """
    frame = ledger(park)
    frame = frame[frame["used"]]
    rows = [
        (r["text"], r["subject"], r["period"], _span(r["low"], r["high"], r["unit"], words), r["place"])
        if r["low"] < r["high"]
        else (r["text"], r["subject"], r["period"], _canonical(r["value"], r["unit"], words), r["place"])
        for r in frame.to_dict("records")
    ]
    head = [words(t) for t in ("As printed", "Subject", "Period", "Read as", "Place")]
    caption = words("Figures that enter the arithmetic")
    return Html(table(head, rows, caption), caption)


def _canonical(value: float, unit: str, words: Words) -> str:
    return words.amount(value / 1e8, extra=1) if unit == "CNY" else words.value(value, unit)


def folded(part: Html, title: str) -> Html:
    """A long table behind its title, which opens it.

    Examples
    --------
    >>> folded(Html("<p>long</p>", "long"), "Title").html
    '<details><summary>Title</summary><p>long</p></details>'
    """
    return Html(f"<details><summary>{escape(title)}</summary>{part.html}</details>", part.text)


def rule_table(park: Park, words: Words, most: int = 12) -> Html:
    """Hedged figures under each reading rule: the same words, other bounds.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> "literal" in rule_table(park, Words(park, "en")).html
    True
    """
    chosen = hedged(park).head(most)
    rows = []
    for name, row in chosen.iterrows():
        spans = (bounds(park.quantities[str(name)], rule) for rule in RULES)
        rows.append((row["text"], *(_span(low, high, str(row["unit"]), words) for low, high in spans)))
    caption = words(
        "One text, three reading rules; this park uses {rule}",
        rule=words.reading_rule(park.config.reading_rule),
    )
    return Html(table([words("As printed"), *map(words.reading_rule, RULES)], rows, caption), caption)


def account_frame(scenario: Scenario, draws: int = 4096, seed: int = 2016) -> pd.DataFrame:
    """Value added of the base year by industry before and after balancing to the published total.

    Returns
    -------
    DataFrame
        Index industry; ``gross_output`` (亿元, NaN where only value added is known), ``rate`` and
        ``value_added`` before, ``balanced``, ``low``, ``high`` (10% and 90% points of the draws)
        and ``balanced_rate`` after. ``balanced`` sums to the published total.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> park = read_park("qingzhen")
    >>> frame = account_frame(read_scenario(park, "reference"), draws=64)
    >>> bool(abs(frame["balanced"].sum() - park.value_added) < 1e-9)
    True
    """
    config = scenario.park.config
    centre = state(scenario, None, seed).base
    spread = state(scenario, (0, draws), seed).base
    rows = {}
    for key, industry in config.industries.items():
        lever = scenario.levers[industry.value_added_rate or industry.value_added or ""]
        output = scenario.park.amount(industry.gross_output) if industry.gross_output else np.nan
        rate = lever.central if industry.gross_output else np.nan
        before = rate * output if industry.gross_output else lever.central
        balanced = float(centre.value_added[key][0])
        low, high = np.quantile(spread.value_added[key], [0.1, 0.9])
        rows[key] = (output, rate, before, balanced, low, high, balanced / output)
    columns = ["gross_output", "rate", "value_added", "balanced", "low", "high", "balanced_rate"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("industry")


def account_table(frame: pd.DataFrame, words: Words) -> Html:
    """The accounts as a table with their sums.

    Examples
    --------
    >>> from parkanalysis.model.scenario import read_scenario
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> frame = account_frame(read_scenario(park, "reference"), draws=64)
    >>> "3.70" in account_table(frame, Words(park, "en")).text
    True
    """

    def amount(value: float) -> str:
        return "–" if np.isnan(value) else words.plain_amount(value)

    def rate(value: float) -> str:
        return "–" if np.isnan(value) else words.percent(value)

    rows = [
        (
            words.industry(str(name)),
            amount(r["gross_output"]),
            rate(r["rate"]),
            amount(r["value_added"]),
            amount(r["balanced"]),
            f"{amount(r['low'])} – {amount(r['high'])}",
            rate(r["balanced_rate"]),
        )
        for name, r in frame.iterrows()
    ]
    sums = (amount(frame[c].sum()) for c in ("gross_output", "value_added", "balanced"))
    output, before, after = sums
    rows.append((words("Sum"), output, "", before, after, "", ""))
    names = (
        "Industry",
        "Output",
        "Rate in the tables",
        "Value added by that rate",
        "Balanced",
        "80% interval",
        "Rate after",
    )
    caption = words("Accounts of the base year, {unit}", unit=words.money_unit)
    lead = words(
        "By the rates of the tables the industries add up to {before}; the published total is {after}. "
        "Balancing spreads the difference over them, most where the rates are least certain.",
        before=words.amount(float(frame["value_added"].sum())),
        after=words.amount(float(frame["balanced"].sum())),
    )
    numeric = range(1, len(names))
    return Html(paragraph(lead) + table([words(n) for n in names], rows, caption, numeric=numeric), lead)


def disagreements(checks: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Checks whose two sides cannot both hold as they stand, the largest relative difference first.

    Parameters
    ----------
    checks : DataFrame
        As from ``audit``.

    Returns
    -------
    DataFrame
        Index check; its ``name``, ``verdict`` in words and ``relative`` = (stated - computed) /
        computed, a fraction.

    Examples
    --------
    >>> from parkanalysis.model.audit import audit
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> "power_contract_hours" in disagreements(audit(park), Words(park, "en")).index
    True
    """
    frame = checks[checks["verdict"].isin(["contradiction", "other_scope"])].set_index("check")
    relative = (frame["difference"] / frame["computed"].where(frame["computed"] != 0)).round(3)
    found = pd.DataFrame(
        {
            "name": [audit_name(row, words) for row in frame.to_dict("records")],
            "verdict": [words.verdict(v) for v in frame["verdict"]],
            "relative": relative,
        }
    )
    order = relative.abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order]
