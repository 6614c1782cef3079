"""Hedges of official prose (以上, 左右, 近, 余 …) and the rule that turns them into bounds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

__all__ = [
    "BEHIND",
    "DIRECTIONS",
    "FRONT",
    "NOT_FRONT",
    "RULES",
    "ReadingRule",
    "apply_hedge",
    "cap",
    "rule_of",
]


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
        Cap of 以上, 超过, 突破 above the figure, as a fraction of it. Applied by
        :func:`parkanalysis.quantities.bounds` only; a parsed quantity stays open.
    remainder : {"last", "leading"}
        余 and 多 end one unit of the last printed digit above the figure (130 余: to 140), or
        one unit of the leading digit (130 余: to 200).
    several : tuple of float
        What 数 and 几 stand for: 数十 is 20 to 90.
    """

    name: str
    description: str
    around: float | None
    nearly: float | None
    open_above: float
    remainder: str
    several: tuple[float, float]


RULES: dict[str, ReadingRule] = {
    rule.name: rule
    for rule in (
        ReadingRule(
            "literal", "only what the words say; open bounds stay open", None, None, inf, "last", (2.0, 9.0)
        ),
        ReadingRule(
            "standard", "约 and 左右 ±5%, 近 −10%, 以上 capped at +20%", 0.05, 0.1, 0.2, "last", (2.0, 9.0)
        ),
        ReadingRule(
            "wide", "约 and 左右 ±10%, 近 −20%, 以上 capped at +50%", 0.1, 0.2, 0.5, "leading", (2.0, 9.0)
        ),
    )
}
"""The presets by name; answers move with the rule, so a report states which it used."""


def rule_of(rule: str | ReadingRule) -> ReadingRule:
    """Return the preset of that name, or the rule itself.

    Raises
    ------
    InputError
        When no preset has the name.
    """
    if isinstance(rule, ReadingRule):
        return rule
    if rule in RULES:
        return RULES[rule]
    from parkanalysis.errors import InputError, Problem, nearest  # only on error

    raise InputError(Problem("reading rule", repr(rule), ", ".join(RULES), nearest=nearest(rule, RULES)))


def _words(kinds: str) -> dict[str, str]:
    """Read ``kind: word word`` lines into word → kind."""
    pairs = [line.split(":") for line in kinds.strip().split("\n")]
    return {word: kind.strip() for kind, words in pairs for word in words.split()}


FRONT: dict[str, str] = _words("""
around: 约 大约 约为 大概 约有 约占 约达 大致 估计 大体 差不多 约合 约计 ~
nearly: 近 将近 接近 近乎 逼近 几乎 几近 临近
over: 超 超过 突破 逾 超出 大于 高于 多于 超逾 跨过 冲破 高出 强于 优于 >
least: 不少于 不低于 至少 最少 起码 不小于 最低 不下 少说 确保 上 不亚于 ≥ 超过或达到
most: 不超过 不高于 不多于 至多 最多 不大于 未超过 最高 顶多 不超 控制在 ≤ 至多为
under: 不足 不到 低于 少于 小于 未达 未达到 不满 未满 达不到 不及 <
exact: 达 达到 仅 只 只有 才 仅有 仅仅 仅为 高达 多达 仅占 共 共计 合计 总计 仅仅有 恰 正好 整整 刚好
""")
"""Word before the number → kind of hedge."""

BEHIND: dict[str, str] = _words("""
around: 左右 上下 前后 大约
least: 以上 及以上 之上 或以上 开外 起 出头 含以上 (含)以上 (含)及以上
most: 以下 及以下 以内 之内 之下 或以下 内 封顶 (含)以下
exact: 之间 整
""")
"""Word behind the unit → kind of hedge."""

DIRECTIONS: dict[str, str] = {
    word: base
    for base, words in (
        line.split(":") for line in ["增长:增长 正增长 增幅 增速 增长率 增长幅度 净增长", "增加:增加 增至 增加额 新增 净增 净增加 增加值增加 增加了", "增:增", "提高:提高 提至 提升 提高至", "上升:上升 升至 回升 攀升 升幅 升高", "上涨:上涨 涨至 涨幅 上调 涨", "升:升", "扩大:扩大 扩至 扩张 拓展", "加快:加快 快于 加速", "下降:下降 降至 降幅 降为 下滑 滑落", "下跌:下跌 跌至 跌幅 跌 暴跌 大跌", "减少:减少 减至 减为 缩减 净减少 净减 少 削减 压减 减", "降低:降低 调减 下调 调低", "降:降", "回落:回落 放缓 减缓 减慢 回落至", "收窄:收窄 缩小 收缩", "萎缩:萎缩", "亏损:亏损 净亏损 减亏"]
    )
    for word in words.split()
}  # fmt: skip
"""Word before the number → direction; 降至, 降幅 and 下滑 all fall."""

NOT_FRONT = frozenset(["签约", "合约", "预约", "节约", "履约", "违约", "解约", "续约", "邀约", "条约", "契约", "公约", "制约", "毁约", "失约", "特约", "纽约", "集约", "简约", "爽约", "最近", "附近", "邻近", "靠近", "贴近", "亲近", "远近", "周近", "新近", "以上", "之上", "加上", "路上", "线上", "会上", "基本上", "总体上", "规模以上", "限额以上", "实际上", "赶上", "网上", "身上", "海上", "早上", "晚上", "晋升", "公升", "毫升", "晋级", "减产", "传达", "到达", "抵达", "表达", "转达", "下达", "发达", "直达", "送达", "人才", "公共", "中共", "一共", "赶超", "反超", "不只", "船只", "至少有", "多少", "缺少", "不少", "年少", "沪深", "至于", "甚至", "乃至", "提增"])  # fmt: skip
"""Words that only end like a hedge: 签约 12 亿度 is not about 12."""

_PRECEDENCE = ("more", "nearly", "under", "most", "over", "least", "around")


def apply_hedge(low: float, high: float, step: float, kind: str, rule: ReadingRule) -> tuple[float, float]:
    """Bounds of a figure (or of a range low–high) under one kind of hedge.

    Parameters
    ----------
    low, high : float
        The figure as printed, in canonical units; equal unless it is a range.
    step : float
        One unit of its last printed digit, in canonical units.
    kind : str
        As in :data:`FRONT`, or ``more`` for 余 and 多.
    rule : ReadingRule

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> apply_hedge(200.0, 200.0, 100.0, "more", RULES["standard"])
    (200.0, 300.0)
    >>> apply_hedge(40.0, 40.0, 10.0, "around", RULES["standard"])
    (38.0, 42.0)
    """
    if kind in ("over", "least"):
        return low, inf
    if kind in ("most", "under"):
        return (0.0 if high >= 0 else -inf), high
    if kind == "more":
        return low, high + (_leading(high) if rule.remainder == "leading" else step)
    if kind == "around":
        below, above = (
            (step / 2, step / 2) if rule.around is None else (rule.around * abs(low), rule.around * abs(high))
        )
        return low - below, high + above
    if kind == "nearly":
        return low - (step / 2 if rule.nearly is None else rule.nearly * abs(low)), high
    return low, high


def _leading(value: float) -> float:
    """One unit of the leading digit: 100 for 130."""
    from math import floor, log10  # the wide rule only

    return 10.0 ** floor(log10(abs(value))) if value else 1.0


def cap(low: float, high: float, value: float, rule: ReadingRule) -> tuple[float, float]:
    """Close an open upper bound at the rule's cap; an open lower bound alike."""
    reach = rule.open_above * abs(value)
    return (low if isfinite(low) else value - reach), (high if isfinite(high) else value + reach)


def strongest(kinds: list[str]) -> str | None:
    """The kind that decides when several words hedge one figure (超过 40 余: 余)."""
    return next((k for k in _PRECEDENCE if k in kinds), kinds[0] if kinds else None)
