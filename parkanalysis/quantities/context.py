"""What the figures of a text speak of: their periods, their subjects, and names dealt out to them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from parkanalysis.quantities.hedges import DIRECTIONS, MOVES
from parkanalysis.quantities.parse import Quantity
from parkanalysis.quantities.units import WORDS, trie


class Mention(NamedTuple):
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


# --- period -----------------------------------------------------------------------------

_PART = r"(?:全年|年?[末底初]|同期|同月|第?[一二三四]季度|前[一二三四]个?季度|[上下]半年|\d{1,2} ?月份?)"
_TIME = re.compile(
    r"(?=[\d“〇零一二三四十上下前第全去今本当年近])"  # most characters begin no time
    r"(?:(?:\d{4} ?年? ?[-至~] ?)?(?:19|20)\d\d ?年(?:度|末|底|初|全年|上年末)?"
    r"(?: ?(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初)?)?"
    r"(?: ?\d{1,2} ?日)?(?:[一二三四1-4]季度|前?[一二三四]个?季度|[上下]半年)?"
    r"|(?<![\d.])(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初|(?: ?\d{1,2} ?日))?"
    r"|(?:“?十[一二三四五]五”?|“[八九十]五”)(?:期间|时期|期末|末|以来|规划)?"
    r"|[二一][〇零九][〇零一二三四五六七八九]{2}年"
    rf"|(?:去年|上年|前年|今年|本年(?!度)){_PART}?"
    r"|[上下]半年|第?[一二三四]季度|前[一二三四]季度|全年|年末|年底|上月末?|本月|当月|当年"
    r"|(?<![时了达耗历])近[一二三四五六七八九十两\d]{1,2} ?年来?)"
)
_STANDARD = re.compile(r"(?:比|较|与|跟|同(?!比)|和|及|是|为|创|占|相当于|完成|相对于|超过?|高于|低于)$")
_AIM = re.compile(r"(?:目标|计划|任务|预期|预算|相比|的?同期|水平|规划)")
_BREAK = re.compile(r"(?:(?<=[。;!?*])|(?<=[。;!?*] ))\n|\n#")
_TITLE = re.compile(
    r"[#* ]*[^\n。;,]{0,30}?(?P<year>(?:19|20)\d\d) ?年[^\n。;,\d]{0,24}"
    r"(?:公报|总结|运行[^\n。]{0,12}|简况|情况|简报|分析|年报)[*\])0-9 ]*$",
    re.MULTILINE,
)
_DATED = re.compile(r"\d{4}|十[一二三四五]五|[〇零]|去年|上年|前年|近")
_YEAR = re.compile(r"(?:19|20)\d\d(?= ?年)")
_THIS_YEAR = re.compile(r"^年?(?:今年)?(?:本年)?")
_HEAD_LINES = 400


def time_line(clean: str) -> list[tuple[int, int, str | None]]:
    """Time phrases of a text: where each begins and ends, and the period from there on; a paragraph ends it.

    A phrase that only says with what a figure is compared (比 2005 年, 完成全年目标的) leaves the period
    as it is. The year in the title of a communiqué dates what bears no year of its own.
    """
    title = _TITLE.match(clean[:_HEAD_LINES].lstrip("\n \ufeff"))
    own = title["year"] if title else ""
    unsaid = f"{own}年" if own else ""
    line: list[tuple[int, int, str | None]] = [(0, 0, unsaid)]
    year = own
    for match in sorted([*_TIME.finditer(clean), *_BREAK.finditer(clean)], key=re.Match.start):
        phrase: str | None = None
        start, end = match.span()
        if match.re is _BREAK:
            year, phrase = own, unsaid
        elif not (_STANDARD.search(clean[max(0, start - 3) : start]) or _AIM.match(clean, end)):
            phrase = match.group()
            stated = _YEAR.match(phrase)
            year = stated.group() if stated else year
            if own and not _DATED.search(phrase):
                phrase = f"{year}年{_THIS_YEAR.sub('', phrase)}"
        line.append((start, end, phrase))
    return line


# --- subject ----------------------------------------------------------------------------

RELATIVE = frozenset({"fraction", "percentage_point", "times"})
CAPACITIES = frozenset({"t", "MW", "kW", "kWh", "kVA", "m3", "m2", "t/day", "t/year", "count", "steam_t"})
_BOUNDARY = frozenset(",。;:、\n!?**“”")
_TAIL = re.compile(
    r"(?:[比较与][上去前今年月初末期季度同]{1,6}|分别|累计|力争|争取|确保|已|共|达到?|为|是|有|了|的|将|预计|完成|实现|超过|同比|环比"
    r"|比上年|较上年|仅能|只能|(?<![产功智动性潜节热电效])能|仅|由原来|由|从|其中|在|总计|合计|年均|建成|新增|净增|出现|呈现?|保持|负|按[^,]{2,10}计算"
    r"|扣除[^,]{2,10}|大关|名义|实际|折合?|控制|稳定| )+$"
)
_HEAD = re.compile(
    r"^(?:其中|截止|截至|已|并|和|及|与|对|在(?![校建岗职册库产编线读孵园押])|将|使|其|个(?!体|人|税|私)|的|年产|共|凭|预计|累计|实现(?=.{2})"
    r"|完成(?=.{2})|(?:初步|据)[核测]?[算计]| )+"
)
AGAINST = re.compile(
    r"(?:(?:分别|均|仍|也|则|速度|幅度|大幅)*(?:(?<![占同环对可])比(?![重例率值较])|较(?![快大高低多少好为强])|高于|低于|快于|慢于|优于|好于|高出|低|超(?=全|计划|目标|去年|上年))"
    r"|[与跟](?=上年|去年|全国|全省|全市|\d|[一二三四]季))(?P<object>[^,。;:]{0,18})$"
)
_NOUN = re.compile(r" ?(?:的)? ?([㐀-鿿A-Za-z]{1,16})")
_PRODUCT = re.compile(
    r" ?(?P<name>(?![占比较同增下为是实完达超左以其及和的、在]|合计|合同|合资|合作)[㐀-鿿A-Za-z]{1,12}?)"
    r"(?=(?:[一二三四]期)?(?:扩建|技改|改扩建|建设|综合利用|深加工)?(?:项目|生产线|工程|基地|装置|产能|生产|机组|扩能)|[及和、与])"
)
# 电力、热力、燃气及水生产和供应业 is one sector
_SECTORS = re.compile(r"(?:[㐀-鿿]{1,6}、)+[㐀-鿿]{1,6}[及和][㐀-鿿]{1,8}业")
_OUTPUT = re.compile(r"(?:产量|产能|能力|销量|库存|面积|总量|存栏|出栏|量|值|额|数|率|收入|人口)$")
_MEASURED = re.compile(trie(WORDS["measured"].split()))
_FILLER = tuple(WORDS["fillers"].split())
_MOVING = re.compile(trie(list(DIRECTIONS)) + "(?!值)")
_REACH = 60
REACH = 400
"""How far back a figure looks for its sentence."""
_SENTENCE_END = re.compile("[。;!?]")
_REMAINS = frozenset({"期末", "期间", "末", "时期", "份", "度"})
_AREA = re.compile(r"^(?:全[国省市州区县]|我[省市区县])")
_SCOPE = re.compile(r"^(?:其中|全市|全省|全区|全县|全国|全州|我市|我区|我县|今年|去年|上年)*$")


_OF_WHOLE = re.compile(r"(?:所?占(?![地用]).*|所?占?比重)$")  # 采矿业增加值占比: of 采矿业增加值


class Heard(NamedTuple):
    """What the text has spoken of so far: the last subject, the last amount's, whether it was a share."""

    subject: str = ""
    amount: str = ""
    unit: str = ""
    share: bool = False

    def after(self, subject: str, quantity: Quantity) -> Heard:
        """Remember what a figure spoke of."""
        if quantity.unit == "percentage_point" and self.subject:
            return self
        share = quantity.unit == "fraction" and quantity.direction is None
        whole = _OF_WHOLE.sub("", subject)
        amount = whole or self.amount if whole != subject else self.amount if share else ""
        return Heard(subject, amount or subject, quantity.unit, share)


def subject_of(before: str, fresh: int, after: str, quantity: Quantity, heard: Heard) -> str:
    """Phrase that says what a figure measures: what precedes it, else what follows it, else what was said.

    Parameters
    ----------
    before, after : str
        The text around the figure, without its hedges and directions.
    fresh : int
        How many characters of ``before`` no figure has taken yet.
    quantity : Quantity
    heard : Heard
    """
    phrase, bracket = "", False
    if fresh > 0 and (before[-1] not in _BOUNDARY or before[-1] in "\n“”"):
        phrase, bracket = phrase_before(before, len(before) - min(fresh, _REACH))
    capacity = quantity.unit in CAPACITIES and (quantity.unit != "count" or before.endswith("年产"))
    if capacity and not _OUTPUT.search(phrase) and (product := _PRODUCT.match(after)):
        return product["name"]
    if phrase in MOVES or phrase in ("占比", "比重", "总量", "总数", "增长面", "降幅"):
        base = heard.amount or heard.subject
        return f"{base}{phrase}" if base and not base.endswith(phrase) and phrase != "增长面" else phrase
    if phrase.startswith("占") and heard.amount:
        return f"{heard.amount}{phrase}"
    relative = quantity.unit in RELATIVE
    inherits = heard.subject if relative or bracket or heard.unit == quantity.unit else ""
    if not phrase and relative and quantity.direction and heard.share and quantity.unit == "fraction":
        inherits = heard.amount or inherits  # 占…的91.3%，同比增长13.5%: of the amount
    if not phrase and not bracket and fresh > 3:
        phrase = _clause_before(before[-fresh:])
    if not phrase and (relative or bracket) and inherits:
        return inherits
    follows = quantity.unit == "count" or after[:1] == "的" or not phrase
    noun = _NOUN.match(after) if follows else None
    if noun is None or _MOVING.match(noun[1]):
        return phrase or inherits
    if quantity.unit == "count" and len(phrase) <= 1:
        return noun[1]
    if not phrase and inherits and quantity.unit != "count":
        return inherits
    return f"{phrase} {noun[1]}".strip()


def phrase_before(words: str, lowest: int) -> tuple[str, bool]:
    """Words between the clause's beginning and the end of a text, brackets passed over.

    Returns
    -------
    tuple of (str, bool)
        The phrase, and whether the figure stands right behind another in brackets.
    """
    pieces: list[str] = []
    edge = last = len(words)
    while edge > lowest:
        if words[edge - 1] in _BOUNDARY and not (words[edge - 1] == "\n" and _is_wrap(words, edge - 1)):
            break
        edge -= 1
        if words[edge] == "(":
            inside = trimmed(words[edge + 1 : last])
            if inside or edge == lowest:
                return inside, edge == lowest
            outside, _ = phrase_before(words[:edge], lowest)
            against = AGAINST.search(words[max(lowest, edge - 19) : edge])
            other = re.split("[、和与]", against["object"])[-1] if against else ""
            return other + (_AREA.sub("", outside) if other else outside), False
        if words[edge] == ")" and (opening := words.rfind("(", max(lowest, edge - 31), edge)) > lowest:
            pieces.insert(0, words[edge + 1 : last])
            edge = last = opening
    if edge > lowest and words[edge - 1] == "、":  # 分别高于国、省2.6和3.1个百分点
        clause = words[max(lowest, *(words.rfind(mark, lowest, edge) + 1 for mark in ",。;:\n")) :]
        if AGAINST.search(clause) or _SECTORS.match(clause):
            return trimmed(clause), False
    return trimmed("".join([words[edge:last], *pieces])), False


@lru_cache(maxsize=8192)
def trimmed(phrase: str) -> str:
    """Take times, comparisons and empty words off both ends of a phrase."""
    phrase = AGAINST.sub("", phrase.replace("\n", ""))
    for piece in reversed(_TIME.split(phrase)):
        before = None
        while before != piece:
            before = piece
            piece = _TAIL.sub("", AGAINST.sub("", _HEAD.sub("", piece)))
        if piece and not _SCOPE.match(piece) and piece not in _REMAINS:
            return piece
    return ""


def _clause_before(words: str) -> str:
    """Subject of an earlier clause of the sentence that no figure has taken yet: 乙市收入出现负增长，同比…"""
    for clause in reversed(_SENTENCE_END.split(words)[-1].split(",")[:-1]):
        phrase = trimmed(_MOVING.split(clause, maxsplit=1)[0])
        if len(phrase) > 1 and not phrase.startswith(_FILLER) and _MEASURED.search(phrase):
            return phrase
    return ""


_HEADING = re.compile(
    r"[#* ]*(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]+\)|第.{1,3}[章节]|\d{1,2}[、.])"
)
_HEADING_END = ("公报", "报告", "总结", "情况", "单位")


def _is_wrap(words: str, position: int) -> bool:
    """A line break inside a sentence, as a page leaves it; the line above is no heading."""
    above = words[max(0, position - 80) : position].rstrip()
    line = above[above.rfind("\n") + 1 :].strip()
    if not line or not "㐀" <= line[-1] <= "鿿":
        return False
    heading = len(line) < 30 and (_HEADING.match(line) is not None or line.endswith(_HEADING_END))
    return not heading


# --- figures dealt out to names: 分别, shared directions, shared units ---------------------

_JOINED = re.compile(r" ?(?:,?[、和及与]|,|以及) ?(?:力争|确保|争取|同比|分别)?")
_JOINTS = frozenset(" 、,和及与以")
_LONGEST_JOINT = 4
RESPECTIVELY = r"(?:分别|依次|各(?=[增下为达占实完]))"
_TOLD = re.compile(rf"(?P<before>.*){RESPECTIVELY}(?P<between>.*)", re.DOTALL)
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
    if re.search(RESPECTIVELY, clean) is None:
        return dealt
    first = 0
    for last in range(1, len(dealt) + 1):
        if last < len(dealt) and _is_joined(clean, dealt[last - 1], dealt[last]):
            continue
        if last - first > 1:
            dealt[first:last] = _named(clean, dealt, first, last)
        first = last
    return dealt


def _is_joined(clean: str, one: Mention, other: Mention) -> bool:
    joint = clean[one.end] if other.start - one.end <= _LONGEST_JOINT else "."
    if joint not in _JOINTS or (joint == "," and one.quantity.unit != other.quantity.unit):
        return False
    return _JOINED.fullmatch(clean, one.end, other.start) is not None


def _alike(one: Mention, other: Mention) -> tuple[Mention, Mention]:
    """Share what stands once: the direction before the first figure, the unit behind the last."""
    left, right = one.quantity, other.quantity
    if right.unit == "percentage_point" and left.unit == "count" and one.text.endswith("个"):
        left = replace(left, unit=right.unit)  # 高于全省、全国0.2个、3.1个百分点
        one = one._replace(quantity=left)
    if left.direction and left.unit == right.unit and right.direction is None and left.before is None:
        other = other._replace(quantity=replace(right, direction=left.direction))
    return one, other


def _named(clean: str, mentions: list[Mention], first: int, last: int) -> list[Mention]:
    """Deal the names or dates before 分别 out to a group of figures; without 分别 it stays as it is."""
    group, size, start = mentions[first:last], last - first, mentions[first].start
    sentence = _SENTENCE.split(clean[max(0, start - REACH) : start])[-1]
    told = _TOLD.fullmatch(sentence)
    near = [m for m in mentions[max(0, first - 4 * size) : first] if m.start >= start - len(sentence)]
    spoken = [m for m in near if clean[m.start - 1 : m.start] != "("]
    if told is None or (spoken and spoken[-1].start > start - len(told["between"])):
        return group
    clauses = told["before"].split(",")
    own, names = trimmed(clauses[-1]), None
    dates = list(_TIME.finditer(clauses[-1]))
    if len(dates) == size:
        group = [m._replace(period=date.group()) for m, date in zip(group, dates, strict=True)]
        own = trimmed(clauses[-1][: dates[0].start()])
    against = AGAINST.search("分别" + _MOVED.sub("", told["between"]))
    if len(dates) == size or (against and len(re.split("[、和与]", against["object"])) == size):
        names = [own or (spoken[-1].subject if spoken else group[0].subject)] * size
    elif own and own not in MOVES:
        undated = trimmed(_TIME.sub("", clauses[-1]))
        names = _split(own, size) or _split(undated, size) or _clauses(clauses, size)
    else:
        names = _earlier(spoken, size)
        if names is None and len(clauses) > 1 and not own:
            names = _split(trimmed(clauses[-2]), size)
    if names is None:
        return group
    extra = own if own in MOVES else trimmed(told["between"])
    extra = extra if extra in MOVES or extra.startswith("占") else ""
    return [
        m._replace(subject=name if name.endswith(extra) else name + extra)
        for m, name in zip(group, names, strict=True)
    ]


def _split(phrase: str, size: int) -> list[str] | None:
    """Split a list of names into as many as there are figures; a measure behind the last is all names'."""
    for marks in (r"[、,]", r"[、,]|(?:以及|和|及|与)(?!.*[、,])", r"[、,]|以及|和|及|与"):
        parts = [part for part in re.split(marks, phrase) if part]
        if len(parts) == size:
            break
    else:
        return None
    measure = _MEASURE.search(parts[-1])
    if measure is None or measure.start() == 0:
        return parts
    return [p if _MEASURE.search(p) else p + measure.group() for p in parts[:-1]] + parts[-1:]


def _clauses(clauses: list[str], size: int) -> list[str] | None:
    """Names each in a clause of its own: 纺织业，化工业，机械制造业3个行业增加值分别…"""
    names = [trimmed(clause) for clause in clauses[-size:]]
    counted = any(c.isdigit() for clause in clauses[-size:-1] for c in clause)
    return names if len(names) == size and all(names) and not counted else None


def _earlier(spoken: list[Mention], size: int) -> list[str] | None:
    """Subjects of the figures before, one each: the last amounts of the sentence, else the last group."""
    amounts = [m.subject for m in spoken if m.quantity.unit not in RELATIVE]
    for subjects in (amounts, [m.subject for m in spoken]):
        names = list(dict.fromkeys(subjects))[-size:]
        if len(names) == size and all(names):
            return names
    return None
