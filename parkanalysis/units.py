"""Units as Chinese statistics print them, and conversion between unit codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["LABELS", "SYMBOL", "UNITS", "UNIT_PATTERN", "Unit", "convert", "trie", "unit_of"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One printed unit: amount in ``code`` = printed number · ``factor`` · 10**``power``.

    Attributes
    ----------
    code : str
        Canonical unit: ``CNY``, ``t``, ``kWh``, ``MW``, ``count`` …
    power : int
        Power of ten.
    factor : float
        What a power of ten cannot say (1 公顷 = 15 亩 would be 15).
    weak : bool
        The word means something else in running text more often than not (度, 方, 里).
    """

    code: str
    power: int = 0
    factor: float = 1.0
    weak: bool = False


# code, power of ten, factor, words; the first word of a code with power 0 is the one to print.
_TABLE = """
CNY 0 1 元 元人民币 元钱 块钱 圆 人民币元 元整
CNY* 0 1 块
CNY* -1 1 角 毛 角钱 毛钱
CNY* -2 1 分 分钱
USD 0 1 美元 美金
HKD 0 1 港元 港币
EUR 0 1 欧元
JPY 0 1 日元
GBP 0 1 英镑
KRW 0 1 韩元
TWD 0 1 新台币 台币
MOP 0 1 澳门元 澳元
RUB 0 1 卢布
t 0 1 吨 公吨 t
t -3 1 公斤 千克 kg KG
t -6 1 克 g
t* -6 50 两
t -3 0.5 斤 市斤
t -3 50 担
t -9 1 毫克 mg
tce 0 1 吨标准煤 吨标煤 tce
tCO2 0 1 吨二氧化碳 吨二氧化碳当量 吨CO2
DWT 0 1 载重吨
TEU 0 1 标箱 标准箱 TEU 国际标准箱 个标箱 个标准箱 只标箱
kWh 0 1 千瓦时 kWh KWH kwh KWh 千瓦小时 千瓦·时
kWh* 0 1 度 度电
kWh 3 1 兆瓦时 MWh
kWh 6 1 吉瓦时 GWh
kWh 9 1 太瓦时 TWh
MW 0 1 兆瓦 MW Mw
MW -3 1 千瓦 kW KW kw
MW -6 1 瓦 W
MW 3 1 吉瓦 GW
kV 0 1 千伏 kV KV kv Kv
kV -3 1 伏 V
kVA 0 1 千伏安 kVA KVA
kVA -3 1 伏安 VA
kVA 3 1 兆伏安 MVA
MPa 0 1 兆帕 MPa
GJ 0 1 吉焦 GJ
GJ -3 1 兆焦 MJ
steam_t 0 1 蒸吨 吨蒸汽
km 0 1 公里 千米 km KM ㎞ 车道公里 皮长公里 延长公里
km* 0 0.5 里 华里
km -3 1 米 m 延米 延长米
km -5 1 厘米 cm
km -6 1 毫米 mm
nmi 0 1 海里
mu 0 1 亩 市亩
ha 0 1 公顷 hm2 hm²
km2 0 1 平方公里 平方千米 km² km2 平方km
m2 0 1 平方米 平米 ㎡ m² m2 平方
m3 0 1 立方米 立方 m³ m3 Nm3 标方 方气 标准立方米
m3* 0 1 方
m3 -3 1 升 L 公升
m3 -6 1 毫升 ml mL
t_km 0 1 吨公里
person_km 0 1 人公里
barrel 0 1 桶油当量
Mbps 0 1 Mbps 兆比特每秒 Mb/s
Gbps 0 1 Gbps
degC 0 1 摄氏度 ℃ °C
dB 0 1 分贝
ug/m3 0 1 微克/立方米 微克每立方米 μg/m3 μg/m³ ug/m3
mg/m3 0 1 毫克/立方米 毫克每立方米 mg/m3 mg/m³
mg/L 0 1 毫克/升 毫克每升 mg/L
g/kWh 0 1 克/千瓦时 克标准煤/千瓦时 克标煤/千瓦时 克/度
kg/mu 0 1 公斤/亩 千克/亩
year 0 1 年 周岁 岁 整年 年时间
month 0 1 个月 月 个多月 个余月
quarter 0 1 个季度
week 0 1 周 个星期 星期 个周
day 0 1 天 个工作日 个自然日 工作日 个多工作日
day* 0 1 日
hour 0 1 小时 个小时 h 个多小时 学时 课时
minute 0 1 分钟
second 0 1 秒 秒钟
fraction -2 1 % 个百分比
fraction -3 1 ‰
fraction -4 1 ‱
fraction -1 1 成
percentage_point 0 1 个百分点 百分点 个多百分点 pct
percentage_point -1 1 个千分点 千分点
percentage_point -2 1 个基点 基点 BP bp BPs bps
times 0 1 倍
"""

_COUNTS = """个 家 项 座 条 名 人 户 次 场 份 台 辆 件 套 处 所 宗 批 位 只 头 株 艘 架 部 种 例 起 人次 户次
车次 架次 班次 台次 件次 艘次 笔 口 孔 栋 幢 间 册 篇 眼 盏 张 枚 支 根 块 片 棵 羽 尾 匹 门 款 本 卷 道 单 封 段
个人 口人 户人 家次 场次 台套 台/套 台(套) 标段 个标段 平台 万人 对 组 队 支队 床 张床位 个床位 座席 席 粒
箱 袋 瓶 桶 盒 包 樽 重量箱 人份 剂次 剂 针 公里/小时车次 家企业 村 个村 镇 乡 县 市 个县 字 页 环 枪 副 扇 面
客 站 双 打 票 单元 线 档 亿次 点 路 人/次 位数 股 户/人 班 格 号人 端口 站点"""
_WEAK_COUNTS = frozenset(["块", "片", "口", "起", "道", "单", "面", "门", "本", "部", "线", "点", "路", "站", "双", "打", "市", "县", "镇", "乡", "村", "班", "格", "段", "卷", "位", "件", "字", "页", "环", "副", "扇", "客", "档", "股", "组", "队", "枪", "针", "剂", "包", "票", "封", "对"])  # fmt: skip
_NOT_COUNTS = {"万人", "亿次", "公里/小时车次", "家企业", "位数"}

LABELS = ["元旦", "元宵", "分厂", "分会", "市场", "市民", "市区", "县区", "镇街", "乡村", "方面", "方案", "方式", "方法", "方向", "方针", "方米市", "部分", "部门", "部署", "线上", "线下", "线城市", "路段", "路口", "站区", "站台", "点击", "点位", "点半", "点钟", "起点", "起步", "口径", "口岸", "道路", "面积", "面向", "门类", "门槛", "本书", "单位", "单价", "双碳", "双创", "打造", "成果", "成员", "成立", "成为", "成本", "成功", "成效", "成熟", "位于", "位列", "位居", "位次", "所有", "所在", "周边", "周期", "周年", "人大", "人民", "人均", "人才", "人工", "支付", "支出", "支持", "支撑", "只要", "只有", "只能", "只是", "对接", "对外", "对标", "组成", "组建", "组织", "升级", "度过", "度假", "度电成本", "里程", "里面", "年代", "年级", "年期", "年度", "年底", "年末", "年初", "年中", "年上半年", "年下半年", "年第", "年一季度", "月份", "月底", "月末", "月初", "月中", "日电", "块石", "件事", "股市", "股东", "股份", "档次", "格局", "格外", "班子", "队伍", "台阶", "包括", "包含", "包装", "针对", "客户", "客货", "字头", "页岩", "环境", "环保", "环节", "环比", "票据", "封闭", "片区", "米兰", "克拉", "秒杀", "岁末", "岁月", "岁岁", "道德", "个人", "批发", "批准", "批复", "批次", "部队", "种植", "种类", "种子", "名列", "名义", "条件", "处理", "处置", "处于", "场所", "场地", "家用", "项下", "户籍", "户均", "次要", "天然", "天气"]
"""Words that begin like a unit without being one: 11 号 is none at all, 3 方面 is not 3 m³."""


def _read_table() -> tuple[dict[str, Unit], dict[str, str]]:
    """Read the two lists above into word → unit, and code → word to print."""
    units: dict[str, Unit] = {}
    symbols: dict[str, str] = {}
    for line in _TABLE.split("\n"):
        if not line:
            continue
        code, power, factor, *words = line.split()
        weak, code = code.endswith("*"), code.rstrip("*")
        for word in words:
            units.setdefault(word, Unit(code, int(power), float(factor), weak))
        if power == "0" and factor == "1" and not weak:
            symbols.setdefault(code, words[0])
    for word in _COUNTS.split():
        units.setdefault(word, Unit("count", 0, 1.0, word in _WEAK_COUNTS))
    return units, symbols | {"count": "个", "fraction": "%"}


UNITS, SYMBOL = _read_table()
"""Word → :class:`Unit`, and code → the word with which it is printed."""


def trie(words: list[str]) -> str:
    """Regular expression that matches the longest of the words, one branch a character.

    Examples
    --------
    >>> trie(["千瓦", "千瓦时", "吨"])
    '(?:千瓦(?:时)?+|吨)'
    """
    branches: dict[str, list[str]] = {}
    for word in words:
        branches.setdefault(word[0], []).append(word[1:])
    parts = []
    for first, rests in branches.items():
        longer = [r for r in rests if r]
        tail = trie(longer) if longer else ""
        if tail and "" in rests:
            tail = f"(?:{tail[3:-1]})?+" if tail.startswith("(?:") else f"(?:{tail})?+"
        parts.append(re.escape(first) + tail)
    return parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"


_MULTIPLE = "(?:[百千万亿]|十万|百万|千万)?"
UNIT_PATTERN = f"(?:{trie([*UNITS, *LABELS])}(?: ?(?:/|每) ?{_MULTIPLE}{trie([*UNITS, *LABELS])})?+)"
"""Regular expression of one unit, composite (元/吨, 元每吨, 吨标准煤/万元) included."""

_POWERS = {"": 0, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
_COMPOSITE = re.compile(f"(.+?) ?(?:/|每) ?({_MULTIPLE})([^百千万亿].*|千瓦.*|千克.*|千伏.*|千米.*)")


@lru_cache(maxsize=1024)
def unit_of(word: str) -> Unit | None:
    """Unit of a printed word, or None when the word is a label.

    Examples
    --------
    >>> unit_of("万元"), unit_of("元/吨").code
    (None, 'CNY/t')
    """
    if word in UNITS:
        return UNITS[word]
    match = _COMPOSITE.fullmatch(word)
    if match is None:
        return None
    above, below = UNITS.get(match[1]), UNITS.get(match[3])
    if above is None or below is None:
        return None
    power = above.power - below.power - _POWERS[match[2]]
    return Unit(f"{above.code}/{below.code}", power, above.factor / below.factor)


# --- conversion -------------------------------------------------------------------------

_SCALES = {"100m": 8, "10k": 4, "1m": 6, "10m": 7, "1k": 3}
_DEFINITIONS = """CNY = [currency]; USD = [currency_usd]; HKD = [currency_hkd]; EUR = [currency_eur];
JPY = [currency_jpy]; mu = 2000 / 3 * meter ** 2; ha = 10000 * meter ** 2; m2 = meter ** 2;
km2 = 1e6 * meter ** 2; m3 = meter ** 3; fraction = []; percentage_point = [point]; times = [];
tce = [coal]; t = 1000 * kilogram; kWh = 1000 * watt * hour; MW = 1e6 * watt; kV = 1000 * volt;
percent = 0.01 * fraction"""


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Pint registry of the unit codes; built at the first conversion between different bases."""
    import pint  # a third of a second, paid only when units change

    registry: Any = pint.UnitRegistry(None)
    registry.define("meter = [length]; ".strip("; "))
    for line in ("kilogram = [mass]", "second = [time]", "volt = [tension]"):
        registry.define(line)
    for line in ("minute = 60 * second", "hour = 3600 * second", "day = 24 * hour", "week = 7 * day"):
        registry.define(line)
    for line in ("watt = [power]", "km = 1000 * meter", "m = meter", "cm = 0.01 * meter"):
        registry.define(line)
    for line in ("kg = kilogram", "g = 0.001 * kilogram", "kW = 1000 * watt", "GW = 1e9 * watt"):
        registry.define(line)
    for line in ("month = [month]", "year = 12 * month", "quarter = 3 * month", "count = [count]"):
        registry.define(line)
    for line in _DEFINITIONS.replace("\n", " ").split(";"):
        registry.define(line.strip())
    for line in ("MWh = 1000 * kWh", "GWh = 1e6 * kWh", "nmi = 1852 * meter", "L = 0.001 * m3"):
        registry.define(line)
    return registry


@lru_cache(maxsize=512)
def _base(unit: str) -> tuple[int, str]:
    """Split ``CNY_100m``, ``10k_t`` or ``100m_kWh`` into its power of ten and its code."""
    for name, power in _SCALES.items():
        if unit.startswith(f"{name}_"):
            return power, unit.removeprefix(f"{name}_")
        if unit.endswith(f"_{name}"):
            return power, unit.removesuffix(f"_{name}")
    return 0, unit


def convert(amount: float, unit: str, to: str) -> float:
    """Amount of ``unit`` expressed in ``to``.

    Parameters
    ----------
    amount : float
    unit, to : str
        Codes as in :data:`UNITS`, with a scale in front or behind: ``CNY_100m`` (亿元),
        ``10k_t`` (万吨), ``100m_kWh`` (亿千瓦时).

    Raises
    ------
    ValueError
        When the two do not measure the same thing.

    Examples
    --------
    >>> convert(3.701e9, "CNY", "CNY_100m"), convert(2, "ha", "mu")
    (37.01, 30.0)
    """
    (power, base), (to_power, to_base) = _base(unit), _base(to)
    if not (base and to_base):
        raise ValueError(f"cannot convert {unit!r} to {to!r}")
    shift = power - to_power
    if base != to_base:
        import pint  # see _registry

        try:
            amount = float(_registry().convert(amount, base, to_base))
        except (pint.PintError, AttributeError) as error:
            raise ValueError(f"cannot convert {unit!r} to {to!r}: {error}") from error
    # Dividing by a power of ten is exact to the last digit where multiplying by 1e-8 is not.
    return amount * 10.0**shift if shift >= 0 else amount / 10.0**-shift
