"""The words around a figure in running text: hedges, direction, subject, period."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from parkanalysis.quantities.hedges import DIRECTIONS, FRONT, NOT_FRONT
from parkanalysis.quantities.parse import CURRENCIES, Quantity
from parkanalysis.quantities.units import UNITS, WORDS, Unit, trie

_LOOSE = frozenset({"上", "过"})  # hedges only before 百, 千, 万, 亿
_PER = {f"每{w}": w for w, u in UNITS.items() if not u.weak and "/" not in w and u.code != "count"} | {
    f"每{w}": w for w in ("人", "户", "度", "个", "家", "台", "辆", "平方", "方")
}
_RANKS = frozenset({"前", "位居", "位列", "居", "列", "位次", "排名", "排"})
_FIRST = frozenset("百千万亿")


def _vocabulary() -> dict[str, tuple[str, str]]:
    words: dict[str, tuple[str, str]] = {
        w: ("noise", w) for w in WORDS["lead_in"].split() if w not in (":", ",", "可", "更")
    }
    words |= {w: ("direction", d) for w, d in DIRECTIONS.items()}
    words |= {w: ("hedge", k) for w, k in FRONT.items()}
    words |= {w: ("currency", c) for w, c in CURRENCIES.items()}
    words |= {w: ("per", u) for w, u in _PER.items()}
    words |= {w: ("stop", w) for w in NOT_FRONT}
    return words | {w: ("rank", w) for w in _RANKS}


_WORDS = _vocabulary()
_LENGTHS = tuple(sorted({len(w) for w in _WORDS}, reverse=True))


@dataclass(slots=True)
class Front:
    """What :func:`look_back` found before a number.

    ``start`` begins the span with its hedges, ``outer`` the whole run of words read.
    """

    start: int
    outer: int
    before: int
    hedges: tuple[tuple[str, str], ...] = ()
    direction: str | None = None
    currency: Unit | None = None
    per: str | None = None
    ranking: bool = False
    loose: bool = False
    recent: bool = False
    half_year: bool = False


def look_back(clean: str, start: int) -> Front:
    """Read hedges, direction, currency and 每吨 backwards from a number."""
    front = Front(start, start, start)
    position = start
    while True:
        while position and clean[position - 1] == " " and start - position < 40:
            position -= 1
        for length in _LENGTHS:
            if length <= position and (found := _WORDS.get(clean[position - length : position])):
                break
        else:
            break
        kind, payload = found
        word = clean[position - length : position]
        if kind == "stop" or (word in _LOOSE and clean[start] not in _FIRST) or start - position > 40:
            break
        if kind == "rank":
            front.ranking = position == start or clean[position:start].strip() == ""
            break
        position -= length
        if kind == "hedge":
            front.hedges = ((word, payload), *front.hedges)
            front.loose = front.loose or payload != "exact"
            if payload != "exact":
                front.start = position
        elif kind == "direction":
            front.direction = front.direction or payload
        elif kind == "currency":
            front.currency, front.start = Unit(payload), position
        elif kind == "per":
            front.per, front.start = payload, position
        front.outer = position
    front.before = position if not front.hedges else start
    front.recent = (
        front.start < start
        and clean[front.start] == "近"
        and clean[max(0, front.start - 1) : front.start] not in "时了达耗历"
    )
    front.half_year = front.start > 0 and clean[front.start - 1] in "上下"
    return front


_TURN = re.compile(
    rf"[ ,]*(?:逐步|大幅|逐年)?(?P<word>{trie(list(DIRECTIONS))})?了? *(?:到|至|为|成|达到|达)?了? *"
    r"(?:(?:\d{4} ?年|去年|今年|上年|目前|现在)[底末初]?的?)? *$"
)
_GAP = 24
_FROM = re.compile(r"(?:由|从|自)[^,。;\n]{0,16}$")


def turn_between(clean: str, first: int, end: int, start: int) -> str | None:
    """Direction of 由 A 下跌到 B when the words between the figures say so; '' when unnamed."""
    if not 1 <= start - end <= _GAP:
        return None
    gap = clean[end:start]
    match = _TURN.match(gap)
    if match is None or not (match["word"] or any(c in gap for c in "到至为成")):
        return None
    if _FROM.search(clean, max(0, first - 18), first) is None:
        return None
    return DIRECTIONS[match["word"]] if match["word"] else ""


# --- period -----------------------------------------------------------------------------

_TIME = re.compile(
    r"(?:\d{4} ?年? ?[-至~] ?)?\d{4} ?年(?:度|末|底|初)?"
    r"(?: ?(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初)?)?"
    r"(?: ?\d{1,2} ?日)?(?:[一二三四1-4]季度|前?[一二三四]个?季度|[上下]半年)?"
    r"|(?<![\d.])(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初|(?: ?\d{1,2} ?日))?"
    r"|“?十[一二三四五]五”?(?:期间|时期|末|以来|规划)?"
    r"|[二一][〇零九][〇零一二三四五六七八九]{2}年"
    r"|(?<![比较与])(?:[上下]半年|第?[一二三四]季度|前[一二三四]季度|去年|今年|上年|全年|本年|年末|年底|上月|本月)"
    r"|近[一二三四五六七八九十两\d]{1,2} ?年来?"
)
_BREAK = re.compile(r"(?:(?<=[。;!?*])|(?<=[。;!?*] ))\n|\n#")


class TimeLine:
    """Time phrases of a text in order; ``at(position)`` is the one in force there."""

    def __init__(self, clean: str) -> None:
        matches = list(_TIME.finditer(clean))
        self._starts = [m.start() for m in matches]
        self._texts = [m.group() for m in matches]
        self._breaks = [m.start() for m in _BREAK.finditer(clean)]

    def at(self, position: int) -> str:
        """Nearest time phrase before a position in the same paragraph, or an empty string."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return ""
        broken = bisect_right(self._breaks, position) - 1
        if broken >= 0 and self._breaks[broken] > self._starts[index]:
            return ""
        return self._texts[index]


# --- subject ----------------------------------------------------------------------------

_BOUNDARY = frozenset(",。;:、\n()!?**“”")
_TAIL = re.compile(
    r"(?:[比较与][上去前今年月初末期季度同]{1,6}|分别|累计|力争|争取|确保|已|共|达到?|为|是|有|了|的|将|预计|完成|实现|超过|同比|比上年|较上年"
    r"|仅能|只能|能|仅|由原来|由|从|其中|在|总计|合计|年均|达|建成|新增| )+$"
)
_HEAD = re.compile(r"^(?:其中|截止|截至|已|并|和|及|与|对|在|将|使|其|个|的| )+")
_NOUN = re.compile(r" ?(?:的)? ?([㐀-鿿A-Za-z]{1,16})")
_REACH = 40
_MOVES = re.compile(trie(list(DIRECTIONS)))
RELATIVE = frozenset({"fraction", "percentage_point", "times"})


def subject_of(clean: str, start: int, end: int, quantity: Quantity, inherited: str, floor: int) -> str:
    """Phrase that says what a figure measures: what precedes it, else what follows it."""
    phrase = _phrase_before(clean, start, max(floor, start - _REACH, 0))
    if not phrase and quantity.unit in RELATIVE and inherited:
        return inherited
    follows = quantity.unit == "count" or clean[end : end + 1] == "的" or not phrase
    noun = _NOUN.match(clean, end) if follows else None
    if noun is None or _MOVES.match(noun[1]):
        return phrase or inherited
    if quantity.unit == "count" and len(phrase) <= 1:
        return noun[1]
    return f"{phrase} {noun[1]}".strip()


def _phrase_before(clean: str, start: int, lowest: int) -> str:
    """Words between the clause's beginning and a position; those before a bracket when it is empty."""
    edge = start
    while edge > lowest and (clean[edge - 1] not in _BOUNDARY or _is_wrap(clean, edge - 1)):
        edge -= 1
    phrase = clean[edge:start].replace("\n", "")
    time = _TIME.search(phrase)
    pieces = (phrase[time.end() :], phrase[: time.start()]) if time else (phrase,)
    phrase = next((trimmed for piece in pieces if (trimmed := _TAIL.sub("", _HEAD.sub("", piece)))), "")
    if not phrase and edge > lowest and clean[edge - 1] == "(":
        return _phrase_before(clean, edge - 1, lowest)
    return phrase


def _is_wrap(clean: str, position: int) -> bool:
    """A line break inside a sentence, as a page leaves it."""
    if clean[position] != "\n":
        return False
    before = clean[max(0, position - 2) : position].strip()
    return bool(before) and "㐀" <= before[-1] <= "鿿"
