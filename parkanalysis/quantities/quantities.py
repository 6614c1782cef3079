"""Chinese official quantities: printed text → value, bounds, unit, hedge and direction, and back."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from math import isinf

from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities.context import CURRENCIES
from parkanalysis.quantities.extraction import Mention, extract
from parkanalysis.quantities.grammar import CORE, normalize
from parkanalysis.quantities.hedges import DIRECTIONS, FRONT, RULES, ReadingRule, cap, rule_of
from parkanalysis.quantities.lexicon import LEAD_IN
from parkanalysis.quantities.reading import Quantity, UnreadableError, evaluate, finish
from parkanalysis.quantities.units import Unit, convert, trie, unit_of

__all__ = [
    "RULES",
    "Mention",
    "Quantity",
    "QuantityError",
    "ReadingRule",
    "bounds",
    "convert",
    "extract",
    "format_quantity",
    "in_unit",
    "parse",
]

_LONGEST = 200


class QuantityError(InputError):
    """A quantity that cannot be read; shows the text and the place in it.

    Examples
    --------
    >>> try:
    ...     parse("12.3.4 亿元")
    ... except QuantityError as error:
    ...     print(error)
    quantity: found '12.3.4 亿元', character 5: '.4 亿元'; allowed: one number with one decimal point
    """

    def __init__(self, text: str, where: int = 0, allowed: str = "") -> None:
        self.text, self.where, self.allowed = text, where, allowed
        shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        rest = text[where : where + 20]
        place = f", character {where + 1}: {rest!r}" if rest else ", at its end"
        super().__init__(Problem("quantity", f"{shown!r}{place}", allowed))

    def __reduce__(self) -> tuple[type[QuantityError], tuple[str, int, str]]:  # type: ignore[override]
        return (QuantityError, (self.text, self.where, self.allowed))


_PREFIX = re.compile(
    r"(?:是|为|相当于|等于)[^\n]{1,20}?的(?= ?[\d一二三四五六七八九十两百])"
    rf"|(?P<word>{trie([*FRONT, *DIRECTIONS, *LEAD_IN.split(), *CURRENCIES])})"
    r"|(?:比|较|与)(?:\d{4}年|上年|去年|前年|上月|上季度|上一年|全国|全省|年初|“?十[一二三四五]五”?)?"
    r"(?:同期|同月|末|底|平均水平|平均|期间|相比){0,2}"
    r"|每(?:(?P<per>[^\d\s]{1,5}?))(?=[ \d¥$]|约|近|不)"
)
_SIGNED = re.compile(r" *[-+负]")
_FROM = re.compile(r" *(?:由|从)(?:原来|原先|过去|上年|去年|年初|\d{4} ?年)?的? *")
_TO = re.compile(rf" *(?P<word>{trie(list(DIRECTIONS))})?了? *(?:到|至|为|成|达到|达)?了? *")


def parse(text: str, rule: str | ReadingRule = "standard") -> Quantity:
    """Read one printed quantity.

    Parameters
    ----------
    text : str
        ``"5 亿元以上"``, ``"近 20 亿"``, ``"2×600 兆瓦"``, ``"同比下降 1.1 个百分点"``. A bare 亿 is money.
    rule : str or ReadingRule
        How 约, 近 and 余 become bounds. 以上 stays open whatever the rule; :func:`bounds` caps it.

    Returns
    -------
    Quantity
        In canonical units.

    Raises
    ------
    QuantityError
        When any part of the text cannot be read.

    Examples
    --------
    >>> loss = parse("减少 5 亿元以上")
    >>> loss.low, loss.high, loss.unit, loss.hedge, loss.direction
    (500000000.0, inf, 'CNY', '以上', '减少')
    >>> parse("200 余亿元").high, parse("2×600 兆瓦").value, parse("2300 元/吨").unit
    (30000000000.0, 1200.0, 'CNY/t')
    >>> parse("由原来的 2300 元/吨下跌到 1580 元/吨").before
    2300.0
    """
    if not isinstance(text, str):
        raise QuantityError(repr(text), 0, "text")
    return _parse(text, rule_of(rule))


@lru_cache(maxsize=8192)
def _parse(text: str, rule: ReadingRule) -> Quantity:
    clean = normalize(text)
    if len(clean) > _LONGEST:
        raise QuantityError(text, _LONGEST, f"one quantity of at most {_LONGEST} characters")
    if not clean.strip():
        raise QuantityError(text, 0, "a number and its unit")
    start = _FROM.match(clean)
    if start is not None:
        return _parse_pair(text, clean, start.end(), rule)
    quantity, end = _parse_at(text, clean, 0, rule)
    rest = re.compile(r" *(?:人民币|电|[。.])? *$").match(clean, end)
    if rest is None:
        raise QuantityError(text, _skip(clean, end), "nothing more after the unit and its hedge")
    return quantity


def _skip(clean: str, position: int) -> int:
    while position < len(clean) and clean[position] == " ":
        position += 1
    return position


def _parse_at(text: str, clean: str, start: int, rule: ReadingRule) -> tuple[Quantity, int]:
    """Read the words in front, then the core, at a position; return where it ended."""
    position, front, direction, default, per = _read_front(clean, start)
    match = CORE.match(clean, position)
    if match is None:
        raise QuantityError(text, position, "a number, or a hedge in front of it")
    if (
        match.end() < len(clean)
        and clean[match.end()] in ".,"
        and match["u1"] is None
        and match.end() + 1 < len(clean)
    ):
        raise QuantityError(text, match.end(), "one number with one decimal point")
    if (
        match["n1"]
        and not match["n1"].strip("百千万亿")
        and not (front or match["behind"] or match["x1"] or match["some"])
    ):
        raise QuantityError(text, position, "a number before 百, 千, 万 or 亿")
    try:
        reading = evaluate(match, rule, default)
    except UnreadableError as error:
        raise QuantityError(text, position + error.where, str(error)) from error
    if per is not None:
        unit = unit_of(f"{match['u2'] or match['u1'] or '元'}/{per}")
        if unit is None:
            raise QuantityError(text, position, "每 and a unit of measurement")
        reading = reading.times(unit)
    return finish(reading, front, direction, text, rule), match.end()


def _read_front(
    clean: str, position: int
) -> tuple[int, tuple[tuple[str, str], ...], str | None, Unit | None, str | None]:
    """Words in front: hedges, direction, currency, 每吨."""
    front: list[tuple[str, str]] = []
    direction: str | None = None
    default: Unit | None = None
    per: str | None = None
    while True:
        position = _skip(clean, position)
        match = _PREFIX.match(clean, position)
        if match is None or not match.group():
            return position, tuple(front), direction, default, per
        word = match["word"]
        if word in FRONT:
            front.append((word, FRONT[word]))
        elif word in DIRECTIONS:
            direction = DIRECTIONS[word]
        elif word in CURRENCIES:
            default = Unit(CURRENCIES[word])
        if match["per"]:
            per = match["per"]
        position = match.end()


def _parse_pair(text: str, clean: str, start: int, rule: ReadingRule) -> Quantity:
    """由 2300 元/吨下跌到 1580 元/吨: the later figure, with the earlier one beside it."""
    first = CORE.match(clean, start)
    if first is not None and first["n2"] is not None:
        if "从" in clean[:start]:  # 从 8500 到 3 万元, with no word of movement, is a range
            try:
                return finish(evaluate(first, rule), (), None, text, rule)
            except UnreadableError:
                pass
        first = CORE.match(clean[: first.end("u1") if first["u1"] else first.end("n1")], start)
    turn = _TO.match(clean, first.end()) if first else None
    if first is None or turn is None or not turn.group().strip():
        raise QuantityError(text, start, "two quantities: 由 … 到 …")
    later, end = _parse_at(text, clean, turn.end(), rule)
    if clean[end:].strip(" 。"):
        raise QuantityError(text, _skip(clean, end), "nothing more after the second quantity")
    second = CORE.search(clean, turn.end())
    word = (second["u2"] or second["u1"]) if second else None
    if second is not None and first.group() == first["n1"] and first["n1"].isdigit():
        # 由 12 降至 10 亿元: the multiplier and the unit stand once
        first = (
            CORE.fullmatch(first.group() + clean[second.start("n1") : second.end()].lstrip("0123456789.,"))
            or first
        )
    try:
        earlier = evaluate(first, rule, unit_of(word) if word and not first["u1"] else None)
    except UnreadableError as error:
        raise QuantityError(text, start + error.where, str(error)) from error
    if earlier.unit.code != later.unit:
        raise QuantityError(text, start, f"one unit on both sides, not {earlier.unit.code} and {later.unit}")
    direction = DIRECTIONS[turn["word"]] if turn["word"] else later.direction
    return replace(later, direction=direction, before=earlier.low)


def bounds(quantity: Quantity, rule: str | ReadingRule = "standard") -> tuple[float, float]:
    """Interval of a quantity under a reading rule, open ends capped as the rule declares.

    Parameters
    ----------
    quantity : Quantity
        As parsed under any rule.
    rule : str or ReadingRule

    Returns
    -------
    tuple of float
        Low and high, in the quantity's unit.

    Examples
    --------
    >>> bounds(parse("5 亿元以上")), bounds(parse("5 亿元以上"), "literal")
    ((500000000.0, 600000000.0), (500000000.0, inf))
    """
    rule = rule_of(rule)
    low, high = quantity.low, quantity.high
    try:
        read = parse(quantity.text, rule)
    except QuantityError:
        read = quantity
    if read.value and read.hedge == quantity.hedge:
        factor = quantity.value / read.value
        low, high = sorted((read.low * factor, read.high * factor))
    return cap(low, high, quantity.value, rule)


def in_unit(quantity: Quantity, unit: str) -> Quantity:
    """Return the same amount in another unit.

    Examples
    --------
    >>> in_unit(parse("41.05 亿元"), "CNY_100m").value
    41.05
    """

    def to(amount: float) -> float:
        return amount if isinf(amount) else convert(amount, quantity.unit, unit)

    before = None if quantity.before is None else to(quantity.before)
    return replace(quantity, value=to(quantity.value), low=to(quantity.low), high=to(quantity.high),
                   unit=unit, before=before)  # fmt: skip


def format_quantity(quantity: Quantity) -> str:
    """Print a quantity so that parsing it again gives the same.

    The figure is written anew from the fields; where no such writing reads back the same (a
    unit that is no power of ten of its code), the text it was read from is returned.

    Examples
    --------
    >>> format_quantity(parse("２００余亿元")), format_quantity(parse("下降１．１个百分点"))
    ('200 余亿元', '下降 1.1 个百分点')
    """
    from parkanalysis.quantities.printing import candidates, printed  # only printing needs it

    for rule in ("standard", "literal", "wide"):
        for candidate in (*candidates(quantity), quantity.text):
            try:
                if parse(candidate, rule) == quantity:
                    return candidate
            except QuantityError:
                continue
    return quantity.text or printed(quantity.value, quantity.unit)
