"""The words around a figure in running text: hedges, direction, subject, period."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from parkanalysis.quantities.hedges import DIRECTIONS, FRONT, NOT_FRONT
from parkanalysis.quantities.parse import CURRENCIES, NEGATIONS, Quantity, turned
from parkanalysis.quantities.units import UNITS, WORDS, Unit, trie

_LOOSE = frozenset({"上", "过"})  # hedges only before 百, 千, 万, 亿
_PER = {f"每{w}": w for w, u in UNITS.items() if not u.weak and "/" not in w and u.code != "count"} | {
    f"每{w}": w for w in ("人", "户", "度", "个", "家", "台", "辆", "平方", "方")
}
_PER |= {"每度电": "度", "每千瓦时电": "千瓦时"}
_RANKS = frozenset({"前", "位居", "位列", "居", "列", "位次", "排名", "排"})
_FIRST = frozenset("百千万亿")
_MEASURES_TOO = frozenset({":", ",", "(", ")", "可", "更", "比重", "幅度"})  # lead-in that a subject keeps
MOVES = frozenset(WORDS["moves"].split())
_LEVEL = frozenset({"到", "至"})


def _vocabulary() -> dict[str, tuple[str, str]]:
    words = {w: ("noise", w) for w in WORDS["lead_in"].split() if w not in _MEASURES_TOO}
    words |= {w: ("direction", d) for w, d in DIRECTIONS.items()}
    words |= {w: ("move", DIRECTIONS[w]) for w in MOVES}
    words |= {w: ("hedge", k) for w, k in FRONT.items()}
    words |= {w: ("currency", c) for w, c in CURRENCIES.items()}
    words |= {w: ("per", u) for w, u in _PER.items()}
    words |= {w: ("stop", w) for w in NOT_FRONT}
    return words | {w: ("rank", w) for w in _RANKS}


_WORDS = _vocabulary()
_LENGTHS = {
    last: tuple(sorted({len(w) for w in _WORDS if w[-1] == last}, reverse=True))
    for last in {w[-1] for w in _WORDS}
}
_REACH_BACK = 40


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
    move: bool = False


def look_back(clean: str, start: int) -> Front:
    """Read hedges, direction, currency and 每吨 backwards from a number."""
    front = Front(start, start, start)
    position, level = start, False
    while True:
        while position and clean[position - 1] == " " and start - position < _REACH_BACK:
            position -= 1
        for length in _LENGTHS.get(clean[position - 1], ()) if position else ():
            if length <= position and (found := _WORDS.get(clean[position - length : position])):
                break
        else:
            break
        kind, payload = found
        word = clean[position - length : position]
        if (
            kind == "stop"
            or (word in _LOOSE and clean[start] not in _FIRST)
            or start - position > _REACH_BACK
        ):
            break
        if kind == "rank":
            front.ranking = position == start or clean[position:start].strip() == ""
            break
        if kind == "move":
            if front.direction is None and not word.endswith("率"):
                front.direction, front.move = payload, True
            break  # what moved is what is measured
        position -= length
        if kind == "hedge":
            position = _hedge(clean, front, position, word, payload)
        elif kind == "direction" and not (level and position + length != start):
            front.direction = front.direction or payload
        elif kind == "currency":
            front.currency, front.start = Unit(payload), position
        elif kind == "per":
            front.per, front.start = payload, position
        level = word in _LEVEL
        front.outer = position
    front.before = position if not front.hedges else start
    front.recent = (
        front.start < start
        and clean[front.start] == "近"
        and clean[max(0, front.start - 1) : front.start] not in "时了达耗历"
    )
    front.half_year = front.start > 0 and clean[front.start - 1] in "上下"
    return front


def _hedge(clean: str, front: Front, position: int, word: str, kind: str) -> int:
    """Take a hedge with the negation before it, which turns it; return where they begin."""
    negation = next((n for n in NEGATIONS if clean.endswith(n, 0, position)), None)
    other = turned(word, kind) if negation else None
    if negation and other:
        position -= len(negation)
        word, kind = negation + word, other
    front.hedges = ((word, kind), *front.hedges)
    if kind != "exact":
        front.loose, front.start = True, position
    return position


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

_PART = r"(?:全年|年?[末底初]|同期|同月|第?[一二三四]季度|前[一二三四]个?季度|[上下]半年|\d{1,2} ?月份?)"
_TIME = re.compile(
    r"(?:\d{4} ?年? ?[-至~] ?)?\d{4} ?年(?:度|末|底|初|全年|上年末)?"
    r"(?: ?(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初)?)?"
    r"(?: ?\d{1,2} ?日)?(?:[一二三四1-4]季度|前?[一二三四]个?季度|[上下]半年)?"
    r"|(?<![\d.])(?:\d{1,2} ?[-至~] ?)?\d{1,2} ?月(?:份|末|底|初|(?: ?\d{1,2} ?日))?"
    r"|(?:“?十[一二三四五]五”?|“[八九十]五”)(?:期间|时期|期末|末|以来|规划)?"
    r"|[二一][〇零九][〇零一二三四五六七八九]{2}年"
    rf"|(?:去年|上年|前年|今年|本年(?!度)){_PART}?"
    r"|[上下]半年|第?[一二三四]季度|前[一二三四]季度|全年|年末|年底|上月末?|本月|当月|当年"
    r"|近[一二三四五六七八九十两\d]{1,2} ?年来?"
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
_HEAD_LINES = 400


class TimeLine:
    """Time phrases of a text in order; ``at(position)`` is the one in force there.

    A phrase that only says with what a figure is compared (比 2005 年, 完成全年目标的) is none. The year
    in the title of a communiqué dates what bears no year of its own.
    """

    def __init__(self, clean: str) -> None:
        matches = [m for m in _TIME.finditer(clean) if not _compares(clean, m)]
        self._starts = [m.start() for m in matches]
        self._texts = [m.group() for m in matches]
        self._breaks = [m.start() for m in _BREAK.finditer(clean)]
        title = _TITLE.match(clean[:_HEAD_LINES].lstrip("\n \ufeff"))
        self._year = title["year"] if title else ""
        self._years = self._years_in_force() if title else []

    def _years_in_force(self) -> list[str]:
        """Year of each phrase: its own, that of its paragraph (2019年…，全年), or the title's."""
        years, year, broken = [], self._year, 0
        for start, phrase in zip(self._starts, self._texts, strict=True):
            passed = bisect_right(self._breaks, start)
            stated = _YEAR.match(phrase)
            year = stated.group() if stated else self._year if passed > broken else year
            years.append(year)
            broken = passed
        return years

    def at(self, position: int) -> str:
        """Nearest time phrase before a position in the same paragraph, or an empty string."""
        if not self._starts:
            return ""
        index = bisect_right(self._starts, position) - 1
        broken = bisect_right(self._breaks, position) - 1
        if index < 0 or (broken >= 0 and self._breaks[broken] > self._starts[index]):
            return f"{self._year}年" if self._year else ""
        phrase = self._texts[index]
        if not self._year or _DATED.search(phrase):
            return phrase
        year = self._years[index]
        return f"{year}年{phrase.removeprefix('年').removeprefix('今年').removeprefix('本年')}"


def _compares(clean: str, match: re.Match[str]) -> bool:
    before = clean[max(0, match.start() - 3) : match.start()]
    return _STANDARD.search(before) is not None or _AIM.match(clean, match.end()) is not None


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
_OUTPUT = re.compile(r"(?:产量|产能|能力|销量|库存|面积|总量|存栏|出栏|量|值|额|数|率|收入|人口)$")
_MEASURED = re.compile(
    r"增加值|产值|收入|投资|总额|产量|利润|税|增长率|率|额|量|人口|指数|价格|进出口|出口|进口|比重|占比|支出|面积|工业|产业|存款|贷款"
)
_FILLER = re.compile(
    r"^(?:按|扣除|剔除|受|随着|居|位|同比|环比|其中|增速|增幅|总量|排名|连续|创|与|比|较|高于|低于|总体|保持|分[产行门地类经]|从"
    r"|初步|继续|基本|呈|为|由|是|占|均|达|完成(?:年|全)|因|预计$)"
)
_MOVING = re.compile(trie(list(DIRECTIONS)) + "(?!值)")
_REACH = 60
REACH = 400
"""How far back a figure looks for its sentence."""
_REMAINS = frozenset({"期末", "期间", "末", "时期", "份", "度"})
_SCOPE = re.compile(r"^(?:其中|全市|全省|全区|全县|全国|全州|我市|我区|我县|今年|去年|上年)*$")


@dataclass(slots=True)
class Heard:
    """What the text has spoken of so far: the last subject, the last amount's, the last share's.

    ``end`` is where the last figure ended.
    """

    subject: str = ""
    amount: str = ""
    unit: str = ""
    share: bool = False
    end: int = 0


def subject_of(clean: str, start: int, end: int, quantity: Quantity, heard: Heard) -> str:
    """Phrase that says what a figure measures: what precedes it, else what follows it, else what was said."""
    if start == heard.end or (start and clean[start - 1] in _BOUNDARY and clean[start - 1] not in "\n“”"):
        phrase, bracket = "", False
    else:
        phrase, bracket = phrase_before(clean, start, max(heard.end, start - _REACH, 0))
    capacity = quantity.unit in CAPACITIES and (quantity.unit != "count" or clean.endswith("年产", 0, start))
    if capacity and not _OUTPUT.search(phrase):
        product = _PRODUCT.match(clean, end)
        if product is not None:
            return product["name"]
    if phrase in MOVES or phrase in ("占比", "比重", "总量", "总数", "增长面", "降幅"):
        base = heard.amount or heard.subject
        return f"{base}{phrase}" if base and not base.endswith(phrase) and phrase != "增长面" else phrase
    if phrase.startswith("占") and heard.amount and heard.end:
        return f"{heard.amount}{phrase}"
    relative = quantity.unit in RELATIVE
    inherits = heard.subject if relative or bracket or heard.unit == quantity.unit else ""
    if not phrase and relative and quantity.direction and heard.share and quantity.unit == "fraction":
        inherits = heard.amount or inherits  # 占…的91.3%，同比增长13.5%: of the amount
    if not phrase and not bracket and start - heard.end > 3:
        phrase = _clause_before(clean, start, max(heard.end, start - REACH))
    if not phrase and (relative or bracket) and inherits:
        return inherits
    follows = quantity.unit == "count" or clean[end : end + 1] == "的" or not phrase
    noun = _NOUN.match(clean, end) if follows else None
    if noun is None or _MOVING.match(noun[1]):
        return phrase or inherits
    if quantity.unit == "count" and len(phrase) <= 1:
        return noun[1]
    if not phrase and inherits and quantity.unit != "count":
        return inherits
    return f"{phrase} {noun[1]}".strip()


def phrase_before(clean: str, start: int, lowest: int) -> tuple[str, bool]:
    """Words between the clause's beginning and a position, brackets passed over.

    Returns
    -------
    tuple of (str, bool)
        The phrase, and whether the figure stands right behind another in brackets.
    """
    pieces: list[str] = []
    edge = last = start
    while edge > lowest and (clean[edge - 1] not in _BOUNDARY or _is_wrap(clean, edge - 1)):
        if clean[edge - 1] == "(":
            inside = trimmed(clean[edge:last])
            if inside or edge - 1 == lowest:
                return inside, edge - 1 == lowest
            outside, _ = phrase_before(clean, edge - 1, lowest)
            against = AGAINST.search(clean[max(lowest, edge - 20) : edge - 1])
            return outside or (against["object"] if against else ""), False
        if clean[edge - 1] == ")" and (opening := clean.rfind("(", max(lowest, edge - 32), edge)) > lowest:
            pieces.insert(0, clean[edge:last])
            edge = last = opening
            continue
        edge -= 1
    if edge > lowest and clean[edge - 1] == "、":  # 分别高于国、省2.6和3.1个百分点
        clause = max(lowest, *(clean.rfind(mark, lowest, edge) + 1 for mark in ",。;:\n"))
        if AGAINST.search(clean[clause:start]):
            return trimmed(clean[clause:start]), False
    return trimmed("".join([clean[edge:last], *pieces])), False


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


def _clause_before(clean: str, start: int, floor: int) -> str:
    """Subject of an earlier clause of the sentence that no figure has taken yet: 乙市收入出现负增长，同比…"""
    sentence = max(clean.rfind(mark, floor, start) for mark in "。;!?") + 1
    clauses = clean[max(sentence, floor) : start].split(",")[:-1]
    for clause in reversed(clauses):
        phrase = trimmed(_MOVING.split(clause, maxsplit=1)[0])
        if len(phrase) > 1 and not _FILLER.match(phrase) and _MEASURED.search(phrase):
            return phrase
    return ""


_HEADING = re.compile(
    r"[#* ]*(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]+\)|第.{1,3}[章节]|\d{1,2}[、.])"
)
_HEADING_END = ("公报", "报告", "总结", "情况", "单位")


def _is_wrap(clean: str, position: int) -> bool:
    """A line break inside a sentence, as a page leaves it; the line above is no heading."""
    if clean[position] != "\n":
        return False
    above = clean[max(0, position - 80) : position].rstrip()
    line = above[above.rfind("\n") + 1 :].strip()
    if not line or not "㐀" <= line[-1] <= "鿿":
        return False
    heading = len(line) < 30 and (_HEADING.match(line) is not None or line.endswith(_HEADING_END))
    return not heading
