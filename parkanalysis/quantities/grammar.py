"""The pattern of one printed quantity, shared by parsing and extraction."""

from __future__ import annotations

import re

from parkanalysis.quantities.hedges import BEHIND
from parkanalysis.quantities.numerals import ARABIC, SPELLED
from parkanalysis.quantities.units import UNIT_PATTERN

__all__ = ["CORE", "normalize"]

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Each line: characters, then what all of them, or each in its turn, are read as.
_DASHES, _TILDES, _SPACES = "—–―－−‐‑─﹣", "～〜∼", "\u3000\xa0\u2002\u2003\u2009\u202f\t"
_VARIANTS = (
    "內餘約億萬噸個畝圓兩幾達過減點時裡戶條項張輛臺座仟佰增長淨凈從為較漲擴縮將實預計歲週級類現﹪，￥∕✕╳"
)
_READ_AS = "内余约亿万吨个亩元两几达过减点时里户条项张辆台座千百增长净净从为较涨扩缩将实预计岁周级类现%,¥/××"
_OTHER = dict.fromkeys(_DASHES, "-") | dict.fromkeys(_TILDES, "~") | dict.fromkeys(_SPACES, " ")
_OTHER |= dict(zip(_VARIANTS, _READ_AS, strict=True))
_NORMAL = _WIDE | {ord(k): ord(v) for k, v in _OTHER.items()}


def normalize(text: str) -> str:
    """Half-width digits, one kind of dash, plain spaces; every character keeps its place.

    Examples
    --------
    >>> normalize("１０—１２　亿元")
    '10-12 亿元'
    """
    return text.translate(_NORMAL)


_TIMES_TEN = "(?:[万亿]|百(?!分)|千(?![瓦伏克米卡帕赫])|[kw](?![A-Za-z/]))"
_PART = r"(?:\d++(?:\.\d++)?+[十百千万]++|\d(?![\d.,年月日:/×%个号百千万亿]))"  # 3亿5000万, 1万8
_NUMBER = (
    rf"(?:(?:{ARABIC})(?:(?: ?|\n(?=[万亿])){_TIMES_TEN}++{_PART}*+)?+"
    rf"|{SPELLED}(?:点[零〇一二三四五六七八九]++[百千万亿]*+)?+)"
)
_DIGIT = r"[\d一二三四五六七八九]"
_MORE = "[多余几来]"
_NOT_MORE = "[元功样式边层次媒家个种年月日天热额名数导价]"
_NOT_BEHIND = "[游级班联外部容陆蒙涵销需资地生个体合改治理车来步动源重]"


def _side(name: str) -> str:
    """One number with what stands between it and its unit: 200 余亿元, 9 个多月, 3 倍多."""
    return (
        rf"(?P<n{name}>{_NUMBER})"
        rf"(?: ?(?P<x{name}>{_MORE}))?+"
        rf"(?: ?(?:个(?=亿))?(?P<m{name}>{_TIMES_TEN}++)(?: ?(?P<y{name}>[多余]))?+)?+"
        rf"(?: ?(?P<u{name}>{UNIT_PATTERN})(?P<z{name}>[多余半](?!{_NOT_MORE}))?+)?+"
    )


_BEHIND = "|".join(map(re.escape, sorted(BEHIND, key=len, reverse=True)))
CORE = re.compile(
    rf"(?P<sign>(?<![0-9A-Za-z)%])[-+] ?|负 ?)?"
    rf"(?:(?P<den>[百千万]|{_NUMBER}) ?分之 ?(?P<num>{_NUMBER}(?: ?[百千万亿])?)(?P<numx>[多余几])?"
    rf"(?: ?[-~至到] ?(?:百分之 ?)?(?P<num2>{_NUMBER}))?"
    rf"|翻了?(?P<fold>[一二两三四五六七八九十\d]{{0,2}})番(?P<foldx>[多余])?"
    rf"|(?P<half>一半|半数|对半|过半|半年|半个月|半个小时|半小时|半天)"
    rf"|(?P<some>[数几](?=[十百千万亿]))?(?:(?P<times>\d{{1,3}}) ?[×xX*] ?(?=\d))?{_side('1')}"
    r"(?:(?<=成)(?P<tenth>[一二三四五六七八九]))?"
    rf"(?:(?<=[元块钱]) ?(?P<jiao>{_DIGIT}) ?[角毛](?: ?(?P<fen>{_DIGIT}) ?分)?钱?)?"
    rf"(?:(?: ?\(含\))? ?(?:-{{1,2}}|~|至|到|或) ?(?:近|约)?{_side('2')})?"
    rf"(?: ?[×*] ?(?P<after>\d{{1,3}})(?![\d.]))?)"
    rf"(?: ?\(含\))?"
    rf"(?: ?(?P<paren>\()?(?P<behind>{_BEHIND})(?(paren)\))(?!{_NOT_BEHIND}))?"
)
"""Regular expression of a quantity; it always consumes a run of digits whole, so time is linear."""
