"""Figures dealt out to names: 分别, shared directions, shared units."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parkanalysis.quantities.context import AGAINST, MOVES, REACH, RELATIVE, trimmed
from parkanalysis.quantities.parse import Quantity


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


_JOINED = re.compile(r" ?(?:,?[、和及与]|,|以及) ?(?:力争|确保|争取|同比|分别)?")
_JOINTS = frozenset("、,和及与")
_LONGEST_JOINT = 4
_RESPECTIVELY = re.compile(r"分别|依次|各(?=[增下为达占实完])")
_SENTENCE = re.compile(r"[。;!?]|(?<=[。;:!?\n])\n")
_MEASURE = re.compile(
    r"(?:增加值|总产值|产值|产量|销售额|零售额|投资额?|可支配收入|收入|利润|税收)(?:占.{2,16}?)?(?:的?比重|占比)?$|占.{2,16}比重$"
)
_MOVED = re.compile(r"[快慢高低多少增长下降提回落收窄加]+$")


def deal_out(clean: str, mentions: list[Mention]) -> list[Mention]:
    """Give each figure of an enumeration its direction and, behind 分别, its name.

    利润 3 亿元，利税 5 亿元，分别增长 3.2% 和 8.3%: 3.2% is the profit's.
    """
    dealt: list[Mention] = []
    for mention in mentions:
        if dealt and _is_joined(clean, dealt[-1], mention):
            dealt[-1], mention = _alike(dealt[-1], mention)
        dealt.append(mention)
    if _RESPECTIVELY.search(clean) is None:
        return dealt
    first = 0
    while first < len(dealt):
        last = first + 1
        while last < len(dealt) and _is_joined(clean, dealt[last - 1], dealt[last]):
            last += 1
        if last - first > 1:
            dealt[first:last] = _named(clean, dealt, first, last)
        first = last
    return dealt


def _is_joined(clean: str, one: Mention, other: Mention) -> bool:
    if other.start - one.end > _LONGEST_JOINT:
        return False
    gap = clean[one.end : other.start]
    return gap in _JOINTS or (len(gap) > 1 and _JOINED.fullmatch(gap) is not None)


def _alike(one: Mention, other: Mention) -> tuple[Mention, Mention]:
    """Share what stands once: the direction before the first figure, the unit behind the last."""
    left, right = one.quantity, other.quantity
    if right.unit == "percentage_point" and left.unit == "count" and one.text.endswith("个"):
        left = replace(left, unit=right.unit)  # 高于全省、全国0.2个、3.1个百分点
        one = replace(one, quantity=left)
    if left.direction and left.unit == right.unit and right.direction is None and left.before is None:
        other = replace(other, quantity=replace(right, direction=left.direction))
    return one, other


def _named(clean: str, mentions: list[Mention], first: int, last: int) -> list[Mention]:
    """Deal the names before 分别 out to a group of figures; without 分别 the group stays as it is."""
    group, size = mentions[first:last], last - first
    start = group[0].start
    begins = max(
        (m.end() for m in _SENTENCE.finditer(clean, max(0, start - REACH), start)),
        default=max(0, start - REACH),
    )
    told = next(reversed(list(_RESPECTIVELY.finditer(clean, begins, start))), None)
    if told is None or any(
        told.end() < m.start and m.end <= start
        for m in mentions[max(0, first - 3) : first]
        if clean[m.start - 1 : m.start] != "("
    ):
        return group
    between = clean[told.end() : start]
    against = AGAINST.search("分别" + _MOVED.sub("", between))
    before = clean[begins : told.start()]
    clauses = before.split(",")
    own = trimmed(clauses[-1])
    names: list[str] | None = None
    objects = re.split(r"[、和与]", against["object"]) if against else []
    if against and len(objects) == size:
        subject = own or (mentions[first - 1].subject if first else "")
        return [replace(m, subject=subject or m.subject) for m in group]
    if own and own not in MOVES:
        names = _split(own, size) or _clauses(clauses, size)
    else:
        names = _earlier(mentions, first, size, begins)
        if names is None and len(clauses) > 1 and not own:
            names = _split(trimmed(clauses[-2]), size)
    if names is None:
        return group
    extra = own if own in MOVES else _share(between)
    return [
        replace(m, subject=name if name.endswith(extra) else name + extra)
        for m, name in zip(group, names, strict=True)
    ]


def _share(between: str) -> str:
    phrase = trimmed(between)
    return phrase if phrase.startswith("占") else ""


def _split(phrase: str, size: int) -> list[str] | None:
    """Split a list of names into as many as there are figures; a measure behind the last is all names'."""
    parts = [part for part in re.split(r"[、,]", phrase) if part]
    for index in range(len(parts) - 1, -1, -1):
        while len(parts) < size:
            pieces = re.split(r"(?:以及|和|及|与)", parts[index])
            if len(pieces) < 2 or not all(len(piece) > 0 for piece in pieces):
                break
            middle = len(pieces) // 2 if len(parts) + 1 == size and len(pieces) > 2 else 1
            joint = re.search(r"以及|和|及|与", parts[index][len("".join(pieces[:middle])) :])
            cut = len("".join(pieces[:middle])) + (joint.start() if joint else 0)
            end = cut + (len(joint.group()) if joint else 1)
            parts[index : index + 1] = [parts[index][:cut], parts[index][end:]]
    if len(parts) != size:
        return None
    measure = _MEASURE.search(parts[-1])
    if measure is None or measure.start() == 0:
        return parts
    return [p if _MEASURE.search(p) else p + measure.group() for p in parts[:-1]] + parts[-1:]


def _clauses(clauses: list[str], size: int) -> list[str] | None:
    """Names each in a clause of its own: 纺织业，化工业，机械制造业3个行业增加值分别…"""
    if len(clauses) < size or any(c.isdigit() for clause in clauses[-size:-1] for c in clause):
        return None
    names = [trimmed(clause) for clause in clauses[-size:]]
    return names if all(names) else None


def _earlier(mentions: list[Mention], first: int, size: int, begins: int) -> list[str] | None:
    """Subjects of the figures before, one each: the last amounts of the sentence, else the last group."""
    spoken = [m for m in mentions[max(0, first - 4 * size) : first] if m.start >= begins]
    amounts = [m.subject for m in spoken if m.quantity.unit not in RELATIVE]
    for subjects in (amounts, [m.subject for m in spoken]):
        names = list(dict.fromkeys(subjects))[-size:]
        if len(names) == size and all(names):
            return names
    return None
