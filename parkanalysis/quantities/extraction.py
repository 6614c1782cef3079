"""Quantities in running Chinese text, with their place, subject and period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parkanalysis.quantities.context import RELATIVE, Front, TimeLine, look_back, subject_of, turn_between
from parkanalysis.quantities.grammar import CORE, normalize
from parkanalysis.quantities.hedges import ReadingRule, rule_of
from parkanalysis.quantities.reading import Quantity, Reading, UnreadableError, evaluate, finish
from parkanalysis.quantities.screening import bare_unit, is_figure, is_plain
from parkanalysis.quantities.units import unit_of

__all__ = ["Mention", "extract"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One quantity found in a text, ``text == source[start:end]``.

    Attributes
    ----------
    start, end : int
        Span in the text, hedges that move the bounds (近, 约, 以上) included.
    text : str
        The span as printed.
    quantity : Quantity
        Under the standard rule; its ``direction`` comes from the words before the span, its
        ``before`` from the figure it moved from.
    subject : str
        The phrase next to the figure that says what it measures; may be empty.
    period : str
        The nearest time phrase before it in the same paragraph; may be empty.
    """

    start: int
    end: int
    text: str
    quantity: Quantity
    subject: str
    period: str


_LONGEST_LIST = 12
_SYMBOLS = frozenset("¥$€£")
_AND = re.compile(r" ?[、和及与,] ?")
_RESPECTIVELY = re.compile(r"分别|依次|各")
_DIGITS = re.compile(r"^[\d., ]+")
_LIST_NUMBER = re.compile(r"(?<![^\n])\d{1,2}\. (?=\d)")


def extract(text: str, rule: str | ReadingRule = "standard") -> list[Mention]:
    """Find the quantities of a text.

    Dates, document and list numbers, ordinals, addresses, model names and numerals that only
    name something (三级调度, “三个一点”) are left out.

    Parameters
    ----------
    text : str
        Running Chinese text.
    rule : str or ReadingRule
        How hedges become bounds.

    Returns
    -------
    list of Mention
        In the order of the text, spans disjoint.

    Examples
    --------
    >>> [(m.text, m.quantity.direction) for m in extract("2016 年工业增加值预计将减少 5 亿元以上")]
    [('5 亿元以上', '减少')]
    """
    reading_rule, clean = rule_of(rule), normalize(text)
    times = TimeLine(clean)
    found: list[Mention] = []
    waiting: list[re.Match[str]] = []
    position, search = 0, CORE.search
    while (match := search(clean, position)) is not None:
        position = max(match.end(), position + 1)
        if is_plain(match) and clean[match.start() - 1 : match.start()] not in _SYMBOLS:
            waiting = (
                [*waiting[-_LONGEST_LIST:], match] if _follows(clean, waiting, match.start()) else [match]
            )
            continue
        if item := _LIST_NUMBER.match(clean, match.start()):
            position = item.end()
            continue
        read = _read(clean, match, reading_rule)
        if read is None:
            continue
        position = read[0].end()
        found += _mentions(text, clean, waiting, read, found[-1] if found else None, times, reading_rule)
    return found


def _mentions(
    text: str,
    clean: str,
    waiting: list[re.Match[str]],
    read: tuple[re.Match[str], Reading, Front],
    previous: Mention | None,
    times: TimeLine,
    rule: ReadingRule,
) -> list[Mention]:
    """The figure of a match, after those before it that share its unit."""
    match, reading, front = read
    start, end = front.start, match.end()
    if previous is not None and start < previous.end:
        start = match.start()
    printed, period = text[start:end], times.at(start)
    quantity = finish(reading, front.hedges, front.direction, printed, rule)
    listed: list[Mention] = []
    if _follows(clean, waiting, match.start()):
        listed = _enumerated(text, clean, waiting, match, quantity.direction, period, rule)
    if listed:
        quantity = replace(quantity, direction=listed[-1].quantity.direction)
        return [*listed, Mention(start, end, printed, quantity, listed[-1].subject, period)]
    if previous is not None and previous.quantity.unit == quantity.unit:
        quantity = _with_before(clean, previous, quantity, front)
    inherited, floor = ("", previous.end) if previous else ("", 0)
    if previous is not None and (previous.quantity.unit == quantity.unit or quantity.unit in RELATIVE):
        inherited = previous.subject
    subject = subject_of(clean, front.outer, end, quantity, inherited, floor)
    if quantity.before is not None:
        subject = inherited
    return [Mention(start, end, printed, quantity, subject, period)]


def _follows(clean: str, waiting: list[re.Match[str]], start: int) -> bool:
    """2.16 和 1.66 个百分点: the number before shares the unit of the one behind."""
    return (
        bool(waiting)
        and start - waiting[-1].end() <= 3
        and bool(_AND.fullmatch(clean, waiting[-1].end(), start))
    )


def _enumerated(
    text: str,
    clean: str,
    waiting: list[re.Match[str]],
    last: re.Match[str],
    direction: str | None,
    period: str,
    rule: ReadingRule,
) -> list[Mention]:
    """Figures of an enumeration that print their unit once, at its end."""
    first = waiting[0].start()
    decimal = all("." in m["n1"] for m in waiting) and "." in (last["n1"] or "")
    told = _RESPECTIVELY.search(clean, max(0, first - 30), first)
    if last["n1"] is None or last["n2"] or not (decimal or told) or clean[first - 1 : first] in ("第", "."):
        return []
    tail = _DIGITS.sub("", clean[last.start("n1") : last.end()])
    front = look_back(clean, first)
    mentions = []
    for match in waiting:
        whole = CORE.fullmatch(match["n1"] + tail)
        if whole is None or match.group() != match["n1"]:
            continue
        try:
            reading = evaluate(whole, rule)
        except UnreadableError:
            continue
        start, end = match.span()
        quantity = finish(reading, (), front.direction or direction, text[start:end], rule)
        mentions.append(Mention(start, end, text[start:end], quantity, "", period))
    subject = (
        subject_of(clean, front.outer, waiting[0].end(), mentions[0].quantity, "", 0) if mentions else ""
    )
    return [replace(m, subject=subject) for m in mentions]


def _read(clean: str, match: re.Match[str], rule: ReadingRule) -> tuple[re.Match[str], Reading, Front] | None:
    """Read a match, or its first half when the halves are no range; None when it is no figure."""
    start = match.start()
    before = clean[start - 1] if start else ""
    if before == " " and start > 1:
        before = "第" if clean[start - 2] == "第" else ""
    if before and (before in "第.#_+" or (before.isascii() and before.isalnum())):
        return None
    front = look_back(clean, start)
    try:
        reading = evaluate(match, rule, front.currency)
    except UnreadableError:
        if match["n1"] is None or match["n2"] is None:
            return None
        half = CORE.match(clean, start, match.end("u1") if match["u1"] else match.end("n1"))
        if half is None or half["u1"] is None:
            return None
        match = half
        try:
            reading = evaluate(match, rule, front.currency)
        except UnreadableError:
            return None
    if front.per is not None:
        composite = unit_of(f"{match['u2'] or match['u1'] or '元'}/{front.per}")
        if composite is not None and reading.unit.code != "count":
            reading = reading.times(composite)
    if not is_figure(clean, match, reading, front):
        return None
    if reading.bare:
        reading = replace(reading, unit=bare_unit(clean, match))
    return match, reading, front


def _with_before(clean: str, previous: Mention, quantity: Quantity, front: Front) -> Quantity:
    """Join 由 2300 元/吨 and 下跌到 1580 元/吨."""
    turn = turn_between(clean, previous.start, previous.end, front.start)
    if turn is None:
        return quantity
    return replace(quantity, direction=turn or quantity.direction, before=previous.quantity.value)
