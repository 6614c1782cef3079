"""The words around a number (近, 以上, 增长, 每吨 …) and the rule that turns hedges into bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import floor, inf, log10

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.quantities.numbers import CHINESE
from parkanalysis.quantities.units import UNITS, WORDS, Unit, trie


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """How the words around a figure become an interval.

    Attributes
    ----------
    name, description : str
    around : float or None
        Half-width of 约, 左右, 上下 as a fraction of the figure; None: half a unit of its last
        printed digit that is not zero (40 左右 is 35 to 45).
    nearly : float or None
        Reach of 近, 将近, 接近 below the figure, as a fraction of it; None as above.
    open_above : float
        Cap of 以上, 超过, 突破 above the figure, as a fraction of it. Applied by ``bounds`` only; a
        parsed quantity stays open.
    remainder : {"last", "leading"}
        余 and 多 end one unit of the last printed digit above the figure (130 余: to 140), or
        one unit of the leading digit (130 余: to 200).
    """

    name: str
    description: str
    open_above: float
    around: float | None = None
    nearly: float | None = None
    remainder: str = "last"


RULES = {name: ReadingRule(name, **row) for name, row in WORDS["rules"].items()}
"""The presets by name; answers move with the rule, so a report states which it used."""


def rule_of(rule: str | ReadingRule) -> ReadingRule:
    """Return the preset of that name, or the rule itself; InputError when no preset has the name."""
    if isinstance(rule, ReadingRule):
        return rule
    if rule in RULES:
        return RULES[rule]
    raise InputError(Problem("reading rule", repr(rule), ", ".join(RULES), nearest=nearest(rule, RULES)))


def words_by_kind(kinds: dict[str, str]) -> dict[str, str]:
    """Turn kind → words into word → kind."""
    return {word: kind for kind, words in kinds.items() for word in words.split()}


FRONT = words_by_kind(WORDS["front"])
"""Word before the number → kind of hedge."""

BEHIND = words_by_kind(WORDS["behind"])
"""Word behind the unit → kind of hedge."""

DIRECTIONS = words_by_kind(WORDS["directions"])
"""Word before the number → direction."""

_PRECEDENCE = ("more", "nearly", "under", "most", "over", "least", "around")


def apply_hedges(
    low: float, high: float, step: float, hedges: tuple[tuple[str, str], ...], rule: ReadingRule
) -> tuple[str, float, float]:
    """Bounds of a figure (or of a range low–high) under the words that hedge it, and the word that decides.

    Parameters
    ----------
    low, high : float
        The figure as printed, in canonical units; equal unless it is a range.
    step : float
        One unit of its last printed digit, in canonical units.
    hedges : tuple of (str, str)
        Words and their kinds, as in :data:`FRONT`, or ``more`` for 余 and 多.
    rule : ReadingRule
    """
    kinds = {kind: word for word, kind in reversed(hedges)}
    kind = next((k for k in _PRECEDENCE if k in kinds), hedges[0][1])  # 超过 40 余: 余 decides
    if kind in ("over", "least"):
        high = inf
    elif kind in ("most", "under"):
        low = 0.0 if high >= 0 else -inf
    elif kind == "more":
        high = _next_leading(high) if rule.remainder == "leading" else high + step
    elif kind == "around" and rule.around is not None:
        low, high = low - rule.around * abs(low), high + rule.around * abs(high)
    elif kind == "around":
        low, high = low - step / 2, high + step / 2
    elif kind == "nearly":
        low -= step / 2 if rule.nearly is None else rule.nearly * abs(low)
    return kinds[kind], low, high


def _next_leading(value: float) -> float:
    """Next whole unit of the leading digit: 200 for 130 and 300 for 200."""
    unit = 10.0 ** floor(log10(abs(value))) if value else 1.0
    return (floor(value / unit) + 1) * unit


# --- the words before a number ------------------------------------------------------------

MOVES = frozenset(WORDS["moves"].split())
"""Nouns that say how a figure moved and are what it measures, too."""

NEGATIONS = tuple(sorted(WORDS["negations"].split(), key=len, reverse=True))
"""Words that turn the hedge behind them, the longest first."""

_TURNED = {"over": "most", "least": "most", "under": "least", "most": "over", "exact": "under"}
_LOOSE = frozenset({"上", "过"})  # hedges only before 百, 千, 万, 亿
_MEASURES_TOO = frozenset({":", ",", "(", ")", "可", "更", "比重", "幅度"})  # lead-in that a subject keeps
_REACH = 40


def _vocabulary() -> dict[str, tuple[str, str]]:
    """Word → its kind and what it says."""
    shared = ("人", "户", "度", "个", "家", "台", "辆", "平方", "方")
    measured = [w for w, u in UNITS.items() if not u.weak and "/" not in w and u.code != "count"]
    kinds = {
        "noise": {w: w for w in WORDS["lead_in"].split() if w not in _MEASURES_TOO},
        "direction": DIRECTIONS,
        "move": {w: DIRECTIONS[w] for w in MOVES},
        "hedge": FRONT,
        "currency": words_by_kind(WORDS["currencies"]),
        "per": {f"每{w}": w for w in (*measured, *shared)} | {"每度电": "度", "每千瓦时电": "千瓦时"},
        "stop": {w: w for w in WORDS["not_hedges"].split()},
    }
    return {word: (kind, says) for kind, words in kinds.items() for word, says in words.items()}


_WORDS = _vocabulary()
_LENGTHS = {
    last: tuple(sorted({len(w) for w in _WORDS if w[-1] == last}, reverse=True))
    for last in {w[-1] for w in _WORDS}
}
_FAR = rf"(?P<hedge>至少|最少|起码|最多|至多|顶多)(?:要|需要?|应当?|须|可)?(?:(?![{CHINESE}])[㐀-鿿]){{2}}"
_FAR_BEFORE = re.compile(_FAR + "$")  # 起码要投入
_LEADING = [*_MEASURES_TOO, *(w for w, (kind, _) in _WORDS.items() if kind != "stop")]
LEAD = re.compile(
    rf"(?: |(?:{'|'.join(NEGATIONS)}) ?(?={trie(list(FRONT))})|{_FAR}"
    rf"|(?:是|为|相当于|等于)[^\n]{{1,20}}?的(?= ?[\d一二三四五六七八九十两百])|{trie(_LEADING)}"
    r"|(?:比|较|与)(?:\d{4}年|上年|去年|前年|上月|上季度|上一年|全国|全省|年初|“?十[一二三四五]五”?)?"
    r"(?:同期|同月|末|底|平均水平|平均|期间|相比){0,2})*+"
)
"""Regular expression of what may stand before a number that is read alone."""


@dataclass(slots=True)
class Front:
    """What :func:`look_back` found before a number; ``start`` and ``outer`` count back from it.

    ``start`` begins the span with its hedges, ``outer`` the whole run of words read. ``level`` is the
    direction that led to a level (提高到 85%).
    """

    start: int = 0
    outer: int = 0
    hedges: tuple[tuple[str, str], ...] = ()
    direction: str | None = None
    level: str | None = None
    currency: Unit | None = None
    per: str | None = None
    move: bool = False


def look_back(words: str, first: str) -> Front:
    """Read hedges, direction, currency and 每吨 backwards from a number.

    Parameters
    ----------
    words : str
        What stands before it.
    first : str
        Its first character.
    """
    front, whole, position, level = Front(), len(words), len(words), False
    while True:
        while words[position - 1 : position] == " " and whole - position < _REACH:
            position -= 1
        for length in _LENGTHS.get(words[position - 1 : position], ()):
            if length <= position and (found := _WORDS.get(words[position - length : position])):
                break
        else:
            break
        kind, says = found
        word = words[position - length : position]
        if kind == "stop" or (word in _LOOSE and first not in "百千万亿") or whole - position > _REACH:
            break
        if kind == "move":
            if front.direction is None and not word.endswith("率"):
                front.direction, front.move = says, True
            break  # what moved is what is measured
        behind, position = position, position - length
        if kind == "hedge":
            position = _hedge(words, front, position, word, says)
        elif kind == "direction" and level and behind != whole:
            front.level = front.level or says
        elif kind == "direction":
            front.direction = front.direction or says
        elif kind == "currency":
            front.currency, front.start = Unit(says), whole - position
        elif kind == "per":
            front.per, front.start = says, whole - position
        level = word in ("到", "至")
        front.outer = whole - position
    if not front.hedges and (far := _FAR_BEFORE.search(words, max(0, position - 9), position)):
        front.hedges, front.start = ((far["hedge"], FRONT[far["hedge"]]),), whole - far.start()
    return front


def _hedge(words: str, front: Front, position: int, word: str, kind: str) -> int:
    """Take a hedge with the negation before it, which turns it; return where they begin."""
    negation = next((n for n in NEGATIONS if words.endswith(n, 0, position)), None)
    if negation and kind in _TURNED and (kind != "exact" or word in ("达", "达到")):
        position -= len(negation)
        word, kind = negation + word, _TURNED[kind]
    front.hedges = ((word.strip("()"), kind), *front.hedges)
    if kind != "exact":
        front.start = len(words) - position
    return position
