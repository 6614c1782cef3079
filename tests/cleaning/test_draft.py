"""Drafts for an analyst to confirm, by hand: what a figure measures, which period a history can hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from parkanalysis.cleaning import HistoryDraft, draft_history, read_table
from parkanalysis.cleaning.document import history_period, variable_of

HISTORY = Path(__file__).parents[2] / "data/qingzhen/history.csv"


@pytest.mark.parametrize(
    ("subject", "unit", "direction", "variable"),
    [
        ("规模以上工业增加值", "CNY", None, "value_added"),
        ("规模以上工业增加值", "fraction", "增长", "value_added_growth"),
        ("工业增加值", "CNY", "减少", "value_added_loss"),
        ("铝及铝加工产值", "CNY", None, "gross_output"),
        ("第二产业增加值占地区生产总值比重", "fraction", None, "share"),
        ("规模企业", "count", None, "firms"),
        ("企业主营业务收入", "CNY", None, "revenue"),
        ("氧化铝价格", "CNY/t", "下跌", "price_loss"),
        ("其他", "CNY", None, ""),
    ],
)
def test_the_variable_of_a_figure(subject, unit, direction, variable):
    assert variable_of(subject, unit, direction) == variable


@pytest.mark.parametrize(
    ("period", "history"),
    [
        ("2015", "2015"),
        ("2015-03", "2015-03"),
        ("2015-01/2015-12", "2015"),
        ("2015-04/2015-06", "2015Q2"),
        ("2015-01/2015-06", ""),
        ("XXXX", ""),
        ("", ""),
    ],
)
def test_periods_of_a_history(period, history):
    assert history_period(period) == history


def drafted(folder, text) -> HistoryDraft:
    path = folder / "yearbook.csv"
    path.write_text(text, "gbk")
    return draft_history(read_table(path), "yearbook")


def test_a_history_from_a_yearbook_page(tmp_path):
    draft = drafted(
        tmp_path, "单位：万元\n指标,2014年,2015年\n工业总产值,865300,902410\n主营业务收入,840000,…\n"
    )
    assert ",".join(draft.frame.columns) == HISTORY.read_text("utf-8").splitlines()[0]
    assert draft.frame[["series", "period", "value", "unit", "prices"]].to_numpy().tolist() == [
        ["gross_output", "2014", "86.53", "CNY_100m", "current"],
        ["gross_output", "2015", "90.241", "CNY_100m", "current"],
        ["revenue", "2014", "84", "CNY_100m", "current"],
    ]
    assert draft.names == {"gross_output": "工业总产值", "revenue": "主营业务收入"}
    assert draft.left_out == ("row 4, column C: 主营业务收入, omitted",)


def test_totals_and_parts_are_series_of_their_own(tmp_path):
    draft = drafted(tmp_path, "单位：亿元\n指标,2015年\n地区生产总值,2891.16\n其中：第二产业增加值,1108.52\n")
    assert draft.frame[["series", "value"]].to_numpy().tolist() == [
        ["gdp", "2891.16"],
        ["value_added", "1108.52"],
    ]


def test_cumulative_months_become_months_and_the_rest_is_said(tmp_path):
    draft = drafted(tmp_path, "2015年\n指标,1-2月,1-3月\n产值(亿元),30.1,50.3\n")
    assert draft.frame[["period", "value"]].to_numpy().tolist() == [["2015-03", "20.2"]]
    assert draft.left_out == ("row 3, column B: 产值, period 2015-01/2015-02",)
