"""The words of official prose, as data: units, measure words, hedges, directions."""

from __future__ import annotations

__all__ = [
    "BEHIND_WORDS",
    "COUNTS",
    "DIRECTION_WORDS",
    "FRONT_WORDS",
    "LEAD_IN",
    "NOT_HEDGES",
    "NOT_UNITS",
    "UNIT_TABLE",
    "WEAK_COUNTS",
]

UNIT_TABLE = """
CNY 0 1 元 元人民币 人民币 元钱 块钱 圆 人民币元 元整
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
MOP 0 1 澳门元
AUD 0 1 澳元
CHF 0 1 瑞士法郎
THB 0 1 泰铢
SGD 0 1 新加坡元 新元
CAD 0 1 加元
RUB 0 1 卢布
t 0 1 吨 公吨 t
t -3 1 公斤 千克 kg KG
t -6 1 克 g
t* -6 50 两
t -3 0.5 斤 市斤
t -3 50 担
t -9 1 毫克 mg
t -12 1 微克 μg
tce 0 1 吨标准煤 吨标煤 tce
tCO2 0 1 吨二氧化碳 吨二氧化碳当量 吨CO2
DWT 0 1 载重吨
TEU 0 1 标箱 标准箱 TEU 国际标准箱 个标箱 个标准箱 只标箱
kWh 0 1 千瓦时 kWh KWH kwh KWh 千瓦小时 千瓦·时
kWh* 0 1 度
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
km -5 1 厘米 公分 cm
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
Hz 0 1 赫兹 Hz
Hz 6 1 兆赫 兆赫兹 MHz
Hz 9 1 吉赫 GHz
kcal 0 1 千卡 大卡 kcal
byte 0 1 字节
byte 6 1 兆字节 MB
byte 9 1 GB
byte 12 1 TB
byte 15 1 PB
teraflops 15 1 EFlops
degC 0 1 摄氏度 ℃ °C
dB 0 1 分贝
t/day 0 1 t/d 吨/d
t/year 0 1 t/a 吨/a
t/hour 0 1 t/h 吨/h
m3/day 0 1 m3/d m³/d 立方米/d
ug/m3 0 1 微克/立方米 微克每立方米 μg/m3 μg/m³ ug/m3
mg/m3 0 1 毫克/立方米 毫克每立方米 mg/m3 mg/m³
mg/L 0 1 毫克/升 毫克每升 mg/L
g/kWh 0 1 克/千瓦时 克标准煤/千瓦时 克标煤/千瓦时 克/度
kg/mu 0 1 公斤/亩 千克/亩
year 0 1 年 周岁 岁 整年 年时间
month 0 1 个月 月 个多月 个余月 个半月
quarter 0 1 个季度
week 0 1 周 个星期 星期 个周
day 0 1 天 个工作日 个自然日 工作日 个多工作日
day* 0 1 日
hour 0 1 小时 个小时 h 个多小时 个半小时 学时 课时
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
"""Code, power of ten, factor, words; a star marks a word that running text mostly uses otherwise.

The first word of a line with power 0 and factor 1 is the one to print.
"""

COUNTS = """
个 家 项 座 条 名 人 户 次 场 份 台 辆 件 套 处 所 宗 批 位 只 头 株 艘 架 部
种 例 起 人次 户次 车次 架次 班次 台次 件次 艘次 笔 口 孔 栋 幢 间 册 篇 眼 盏 张
枚 支 根 块 片 棵 羽 尾 匹 门 款 本 卷 道 单 封 段 个人 口人 户人 家次 场次 台套
台/套 台(套) 标段 个标段 平台 对 组 队 支队 床 张床位 个床位 座席 席 粒 箱 袋 瓶 桶
盒 包 樽 重量箱 人份 剂次 剂 针 村 个村 镇 乡 县 个县 字 页 环 枪 副 扇 面 客 站
双 打 票 单元 线 档 点 路 人/次 股 户/人 班 格 号人 端口 站点
"""
"""Measure words: all count."""

WEAK_COUNTS = """
乡 件 位 剂 副 包 单 卷 县 双 口 块 字 客 对 封 扇 打 本 村 枪 格 档 段 点 片
环 班 票 站 线 组 股 起 路 道 部 针 镇 门 队 面 页
"""
"""Measure words that running text mostly uses otherwise."""

NOT_UNITS = """
县道 省道 乡道 村道 元旦 元宵 分厂 分会 市场 市民 市区 县区 镇街 乡村 方面 方案 方式 方法 方向 方针 部分
部门 部署 线上 线下 线城市 路段 路口 站区 站台 点击 点位 点半 点钟 起点 起步 口径 口岸
道路 面积 面向 门类 门槛 本书 单位 单价 双碳 双创 打造 成果 成员 成立 成为 成本 成功
成效 成熟 位于 位列 位居 位次 所有 所在 周边 周期 周年 人大 人均 人才 人工 支付
支出 支持 支撑 只要 只有 只能 只是 对接 对外 对标 组成 组建 组织 升级 度过 度假 度电成本
里程 里面 年代 年级 年期 年度 年底 年末 年初 年中 年上半年 年下半年 年第 年一季度 月份
月底 月末 月初 月中 日电 块石 件事 股市 股东 股份 档次 格局 格外 班子 队伍 台阶 包括
包含 包装 针对 客户 客货 字头 页岩 环境 环保 环节 环比 票据 封闭 片区 米兰 克拉 秒杀
岁末 岁月 岁岁 道德 个人 批发 批准 批复 批次 部队 种植 种类 种子 名列 名义 条件 处理
处置 处于 场所 场地 家用 项下 户籍 户均 次要 天然 天气
"""
"""Words that begin like a unit without being one: 3 方面 is not 3 m³."""

FRONT_WORDS = """
around: 约 大约 约为 大概 约有 约占 约达 大致 估计 大体 差不多 约合 约计 ~
nearly: 近 将近 接近 近乎 逼近 几乎 几近 临近
over: 超 过 破 超过 突破 逾 超出 大于 高于 多于 超逾 跨过 冲破 高出 强于 优于 >
least: 不少于 不低于 至少 最少 起码 不小于 最低 不下 少说 上 不亚于 ≥ 超过或达到
most: 不超过 不高于 不多于 至多 最多 不大于 未超过 最高 顶多 不超 控制在 ≤ 至多为
under: 不足 不到 低于 少于 小于 未达 未达到 不满 未满 达不到 不及 <
exact: 达 达到 仅 只 只有 才 仅有 仅仅 仅为 高达 多达 仅占 共 共计 合计 总计 仅仅有 恰 正好 整整 刚好
"""
"""Kind of hedge: words before the number."""

BEHIND_WORDS = """
around: 左右 上下 前后 大约
least: 以上 及以上 之上 或以上 开外 起 出头 含以上 (含)以上 (含)及以上
most: 以下 及以下 以内 之内 之下 或以下 内 封顶 (含)以下
exact: 之间 整
"""
"""Kind of hedge: words behind the unit."""

DIRECTION_WORDS = """
增长: 增长 正增长 增幅 增速 增长率 增长幅度 净增长
增加: 增加 增至 增加额 新增 净增 净增加 增加值增加 增加了
增: 增
提高: 提高 提至 提升 提高至
上升: 上升 升至 回升 攀升 升幅 升高
上涨: 上涨 涨至 涨幅 上调 涨
升: 升
扩大: 扩大 扩至 扩张 拓展
加快: 加快 快于 加速
下降: 下降 降至 降幅 降为 下滑 滑落
下跌: 下跌 跌至 跌幅 跌 暴跌 大跌
减少: 减少 减至 减为 缩减 净减少 净减 少 削减 压减 减
降低: 降低 调减 下调 调低
降: 降
回落: 回落 放缓 减缓 减慢 回落至
收窄: 收窄 缩小 收缩
萎缩: 萎缩
"""
"""Direction: words before the number; 降至, 降幅 and 下滑 all fall."""

NOT_HEDGES = """
人均 户均 亩均 地均 一共 下达 不只 不少 中共 乃至 之上 亲近 人才 以上 会上 传达 公共 公升 公约 减产 到达
制约 加上 反超 发达 合约 周近 基本上 多少 失约 契约 实际上 履约 年少 总体上 抵达 提增
新近 早上 晋升 晋级 晚上 最近 条约 毁约 毫升 沪深 海上 爽约 特约 甚至 直达 签约 简约
纽约 线上 续约 缺少 网上 至于 至少有 船只 节约 表达 规模以上 解约 贴近 赶上 赶超 路上
身上 转达 远近 违约 送达 邀约 邻近 附近 限额以上 集约 靠近 预约
"""
"""Words that only end like a hedge: 签约 12 亿度 is not about 12."""

LEAD_IN = """
同比 环比 同期 年均 月均 日均 累计 为 是 了 到 至 将 将达 预计 预计将 有 实现 完成
比重 幅度 人民币 RMB 元人民币 均 则 也 又 且 计 合 占 近期 同口径 可比价 名义 实际
平均 每年 约合 其中 大幅 小幅 略 微 进一步 继续 持续 已 已经 再 还 更 可 力争 确保 争取 目标 计划 规划 ( ) : ,
"""
"""Words that may stand before a quantity and say nothing of its amount."""
