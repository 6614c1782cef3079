"""Figures in running text: the work report, bulletins, and what is no figure."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from parkanalysis.quantities import extract, parse

ROOT = Path(__file__).parents[2]
REPORT = (ROOT / "data/qingzhen/source/work_report_2015.txt").read_text("utf-8")
LEDGER = list(csv.DictReader((ROOT / "data/qingzhen/figures.csv").read_text("utf-8").splitlines()))


def found(text):
    return [mention.text for mention in extract(text)]


def ledger_spans():
    """Where each row of the ledger stands in the report; the rows are in its order."""
    spans, position = [], 0
    for row in LEDGER:
        start = REPORT.index(row["quantity"], position)
        position = start + len(row["quantity"])
        spans.append((start, position))
    return spans


def test_recall_and_precision_on_the_work_report(record_property):
    """A figure counts where the span overlaps and value, bounds and unit are the ledger's."""
    gold, mentions = ledger_spans(), extract(REPORT)

    def agrees(row, span, mention):
        stated, read = parse(row["quantity"]), mention.quantity
        overlap = span[0] < mention.end and mention.start < span[1]
        return overlap and (stated.value, stated.low, stated.high, stated.unit) == (
            read.value,
            read.low,
            read.high,
            read.unit,
        )

    hits = {
        index
        for index, (row, span) in enumerate(zip(LEDGER, gold, strict=True))
        if any(agrees(row, span, mention) for mention in mentions)
    }
    recall, precision = len(hits) / len(gold), len(hits) / len(mentions)
    record_property("recall", recall)
    record_property("precision", precision)
    print(f"recall {recall:.1%}, precision {precision:.1%} of {len(gold)} figures")
    assert recall >= 0.97
    assert precision >= 0.97


def test_the_report_s_pair_and_its_directions():
    mentions = {mention.text: mention for mention in extract(REPORT)}
    assert mentions["1580 元/吨"].quantity.before == 2300
    assert mentions["1580 元/吨"].quantity.direction == "下跌"
    assert "氧化铝价格" in mentions["1580 元/吨"].subject
    assert mentions["5 亿元以上"].quantity.direction == "减少"
    assert mentions["5 亿元以上"].subject == "工业增加值"
    assert mentions["5 亿元以上"].period == "2016 年"
    assert mentions["近 20 亿"].quantity.unit == "CNY"
    assert mentions["12 亿度"].quantity.hedge is None  # 签约 is not 约
    assert mentions["18.508 亿元"].subject == "制造业产值"  # over a page break


@pytest.mark.parametrize(
    "text",
    [
        "2010 年 10 月 29 日",
        "2011—2015年",
        "1-9月份",
        "2013 年 8 月 27 日至 2015 年 3 月",
        "二〇一五年",
        "（筑编通[2010]15 号）",
        "（筑委〔2013〕90 号文件）",
        "11 号路、6 号路、7 号路",
        "004 县道姬昌桥",
        "210国道、G60沪昆高速K1820+300处",
        "B4支线道路工程",
        "“十二五”期间",
        "第三产业、第12条、第 5 名、第21次会议",
        "位居第3位，前10名",
        "一是抓项目。二、工作亮点。（三）项目。3. 措施",
        "三个“凡是”、“四个不批”、“三个一点”、“六个最”",
        "两块牌子一套人马，两手抓、两推动、双促进",
        "三级调度，四类危桥，五大主导产业，千亿级产业",
        "联系电话：0851-82512345，邮编551400，传真15885012345",
        "云岭东路28号3楼305室",
        "每周一至周五9:00-17:00，24时",
        "PM2.5、CO2、5A级、4G",
        "三年行动计划，五年规划，近三年，未来五年，两个一百年",
        "八项规定、四个全面、一带一路、千方百计、万一、十分",
        "结构比为25.72:26.84:47.44",
        "基站总数是10000",
        "2.2本计划",
        "192.168.1.1",
        "九十年代，20世纪90年代，建厂60周年",
        "最近，附近，签约，节约，其余，公约",
        "成千上万，百家争鸣，千家万户",
        "时间过半、任务过半",
        "3方面、2部分、5单位",
    ],
)
def test_what_is_no_figure_is_left_out(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("（筑委〔2013〕90 号）完成投资 43 亿元", ["43 亿元"]),
        ("1. 5家企业投产", ["5家"]),
        ("2.3本项目投资3541.07万元", ["3541.07万元"]),
        ("在线企业76家，开工率100%，投产率90%。", ["76家", "100%", "90%"]),
        ("增速6.0%(以下增速均为实际增长率)", ["6.0%"]),
        ("50万元（含）以上", ["50万元（含）以上"]),
        ("城市污泥和各类垃圾42339.6吨", ["42339.6吨"]),
        ("2 条 220KV、1 条 110 KV 供电线路", ["2 条", "220KV", "1 条", "110 KV"]),
        ("一期2×600 兆瓦发电机组", ["2×600 兆瓦"]),
        ("不到一年的时间，9个多月", ["不到一年", "9个多月"]),
        ("亿元以上项目126个", ["126个"]),
        ("产值突破千亿元，近百家企业", ["突破千亿元", "近百家"]),
        ("每吨 2300 元，每亩5万元", ["每吨 2300 元", "每亩5万元"]),
        ("税额共计壹仟玖佰圆整", ["壹仟玖佰圆整"]),
        ("工厂费一万二千三百四十五元", ["一万二千三百四十五元"]),
        ("5 家电力企业、3 家具备条件的企业", ["5 家", "3 家"]),
        ("一半以上的企业，三分之二的项目", ["一半以上", "三分之二"]),
        ("10 家至 2015 年底", ["10 家"]),
        ("人民币 5 亿元，¥300，港币两千元", ["人民币 5 亿元", "¥300", "港币两千元"]),
        ("投资 2701.73\n亿元", ["2701.73\n亿元"]),
        ("5000t/d 熟料线，日供水 6 万方", ["5000t/d", "6 万方"]),
        ("第十十元，12-10亿元", []),
        ("2 条至 3 座", ["2 条至 3 座"]),
        ("10 万吨至 5 亿元", ["10 万吨", "5 亿元"]),
    ],
)
def test_what_is_a_figure_is_found(text, texts):
    assert found(text) == texts


def test_a_bulletin_sentence():
    text = "2015年，工业增加值完成40653万元，比上年增长13.5%，占地区生产总值的比重回落0.8个百分点。"
    amount, growth, share = extract(text)
    assert (amount.quantity.value, amount.subject, amount.period) == (40653e4, "工业增加值", "2015年")
    assert (growth.quantity.direction, growth.subject) == ("增长", "工业增加值")
    assert (share.quantity.value, share.quantity.unit, share.quantity.direction) == (
        0.8,
        "percentage_point",
        "回落",
    )


def test_numbers_that_share_one_unit():
    mentions = extract("第二、第三产业占比分别回落2.16和1.66个百分点")
    assert [(m.quantity.value, m.quantity.unit, m.quantity.direction) for m in mentions] == [
        (2.16, "percentage_point", "回落"),
        (1.66, "percentage_point", "回落"),
    ]
    mentions = extract("三次产业增加值分别为 12.3、45.6 和 78.9 亿元")
    assert [m.quantity.value for m in mentions] == [12.3e8, 45.6e8, 78.9e8]
    assert found("3、5 家") == ["5 家"]  # a list number, as far as one can tell


@pytest.mark.parametrize(
    ("text", "before", "value", "direction"),
    [
        ("由2010年的12.3%提高到2015年的15.6%", 0.123, 0.156, "提高"),
        ("产值从 30 亿元增加到 50 亿元", 30e8, 50e8, "增加"),
        ("由 120 家减少至 76 家", 120, 76, "减少"),
    ],
)
def test_from_to_pairs(text, before, value, direction):
    quantity = extract(text)[-1].quantity
    assert (quantity.before, quantity.value, quantity.direction) == (before, value, direction)


def test_two_figures_in_a_row_are_no_pair():
    assert [m.quantity.before for m in extract("增长 8.5%，投资 5 亿元，利润 3 亿元")] == [None, None, None]


def test_traditional_characters():
    assert [(m.quantity.value, m.quantity.unit) for m in extract("收入為85.68萬億元，下降3.1個百分點")] == [
        (85.68e12, "CNY"),
        (3.1, "percentage_point"),
    ]


def test_a_bare_number_of_wan_is_money_only_where_money_is_spoken_of():
    assert extract("总投资 300 万")[0].quantity.unit == "CNY"
    assert extract("带动农民 3 万")[0].quantity.unit == "count"


def test_a_period_does_not_outlive_its_paragraph():
    assert extract("2015 年完成。\n产值 5 亿元")[0].period == ""
    assert extract("2015 年完成。产值 5 亿元")[0].period == "2015 年"


def test_the_rule_is_the_caller_s():
    assert extract("约 40 家", "literal")[0].quantity.low == 35
    assert extract("约 40 家")[0].quantity.low == 38


@pytest.mark.parametrize("text", ["", " ", "\n", "没有数字"])
def test_nothing_to_find(text):
    assert extract(text) == []
