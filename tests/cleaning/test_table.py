"""Tables as bureaus print them: what they say, worked out by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import Alignment

from parkanalysis.cleaning.layout import clean_name, figure, period, split_unit
from parkanalysis.cleaning.table import Table, read_table, single_months
from parkanalysis.errors import InputError

FIXTURES = Path(__file__).parent / "tables"


@pytest.fixture
def read(tmp_path):
    def reader(text: str, encoding: str = "utf-8", name: str = "table.csv", **options) -> Table:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return read_table(path, **options)

    return reader


def value(frame: pd.DataFrame, **wanted: str) -> float:
    """Return the one value of the rows that match."""
    for column, text in wanted.items():
        frame = frame[frame[column] == text]
    assert len(frame) == 1, wanted
    return float(frame["value"].iloc[0]) if "value" in frame else float(frame["stated"].iloc[0])


MONTHLY = """2015年6月规模以上工业生产主要数据
指标,6月,,1—6月,
,绝对量,同比增长（％）,绝对量,同比增长（％）
规模以上工业增加值,…,4.4,…,3.8
分三大门类,,,,
　采矿业,…,1.5,…,1.7
　制造业,…,4.8,…,4.2
主要产品产量,,,,
　水泥（万吨）,"18,542",-1.5,95300,1.3
　发电量（亿千瓦时）,7399,2.8,41680,3.8
　氧化铝（万吨）,,#,——,３．６
注：1.增加值增速按可比价计算。
2.…表示略去。
资料来源：国家统计局
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_monthly_release(read, encoding):
    table = read(MONTHLY, encoding)
    frame = table.frame
    assert len(frame) == 6 * 4
    assert value(frame, item="水泥", period="2015-06", variable="绝对量") == 185_420_000
    assert value(frame, item="发电量", period="2015-01/2015-06", variable="绝对量") == 4.168e12
    assert value(frame, item="制造业", period="2015-06", variable="同比增长") == 0.048
    assert value(frame, item="氧化铝", period="2015-01/2015-06", variable="同比增长") == 0.036
    assert set(frame.loc[frame["item"] == "发电量", "unit"]) == {"kWh", "fraction"}
    assert set(frame.loc[frame["item"] == "采矿业", "parent"]) == {"分三大门类"}
    aluminium = frame[frame["item"] == "氧化铝"].set_index("column")["status"]
    assert aluminium.to_dict() == {"B": "blank", "C": "suppressed", "D": "none", "E": "reported"}
    assert len(table.notes) == 3
    assert "2015年6月" in table.title[0]


def test_every_change_names_its_place(read):
    changes = {(c.place, c.found, c.became) for c in read(MONTHLY, "gb18030").changes}
    assert ("B9", "18,542", "18542") in changes
    assert ("E11", "３．６", "3.6") in changes
    assert ("B4", "…", "missing (omitted)") in changes
    assert ("A7", "　制造业", "制造业") in changes
    assert ("C2", "", "6月") in changes
    assert any(found == "gb18030" for _, found, _ in changes)


def test_place_in_source(read):
    frame = read(MONTHLY).frame
    row = frame[(frame["item"] == "水泥") & (frame["column"] == "D")].iloc[0]
    assert (row["row"], row["printed"]) == (9, "95300")


YEARBOOK = """2-1 规模以上工业总产值,,,
,,,单位：万元
行  业,2014年,2015年,2015年比2014年增长%
总　计,300.0,330.5,10.2
一、铝及铝加工,100.0,110.0,10
其中：氧化铝,60,７０．５,17.5
二、医药食品,120,130.5①,—
三、建材（含水泥）,80,90,12.5
注：①为初步数
"""


def test_totals_and_of_which_apart(read):
    table = read(YEARBOOK)
    assert sorted(set(table.frame["item"])) == ["医药食品", "建材(含水泥)", "铝及铝加工"]
    total = table.totals[(table.totals["item"] == "总计") & (table.totals["column"] == "C")].iloc[0]
    assert (total["stated"], total["computed"], total["difference"]) == (3_305_000, 3_305_000, 0)
    # half of 0.1 万元 for the total and each of three parts
    assert total["tolerance"] == pytest.approx(2000, rel=1e-3)
    assert total["verdict"] == "holds"
    part = table.totals[table.totals["item"] == "氧化铝"].set_index("column")
    assert part.loc["C", ["stated", "computed", "difference"]].tolist() == [705_000, 1_100_000, -395_000]
    assert (part["parent"] == "铝及铝加工").all()
    assert set(table.totals.loc[table.totals["unit"] == "fraction", "verdict"]) == {"cannot be checked"}
    assert value(table.frame, item="医药食品", period="2015", variable="value") == 1_305_000


def test_whole_counts_add_up_exactly(read):
    with pytest.raises(InputError, match="16 stated, 15 from its parts; allowed: no difference"):
        read("行业,企业（个）\n铝,12\n电力,3\n合计,16\n")
    tens_of_thousands = read("地区,人口（万人）\n甲,12.0\n乙,3.0\n合计,15.1\n")
    assert set(tens_of_thousands.totals["verdict"]) == {"holds"}


def test_years_down_the_side(read):
    table = read(
        "年份,地区生产总值(亿元),其中,,年末人口(万人),比上年增长(%)\n,,工业,建筑业,,\n"
        "2013,100,50,20,30,5\n2014,110,55,21,31,6\n2015,…,#,22,32,\n"
    )
    frame = table.frame
    assert value(frame, item="地区生产总值", period="2014") == 1.1e10
    assert value(frame, item="地区生产总值_工业", period="2013") == 5e9
    assert value(frame, item="年末人口", period="2015") == 320_000
    assert value(frame, item="比上年增长", period="2013") == 0.05
    assert frame.groupby("item").size().eq(3).all()


def test_months_below_years(read):
    frame = read("时间,产值(万元)\n2014年,100\n11月,40\n12月,60\n2015年,30\n1-2月,30\n").frame
    assert frame["period"].tolist() == ["2014", "2014-11", "2014-12", "2015", "2015-01/2015-02"]


def test_subtotals_of_merged_groups(read):
    table = read(
        "单位：万元\n地区,行业,产值,从业人数\n清镇,铝,10,5\n,建材,20,6\n,小计,30,11\n"
        "修文,铝,5,1\n,医药,5,1\n,小计,10,2\n合计,,40,13\n"
    )
    assert table.frame["parent"].tolist() == ["清镇", "清镇", "修文", "修文"] * 2
    assert set(table.totals["verdict"]) == {"holds"}
    assert table.totals["computed"].tolist() == [300_000, 11, 100_000, 2, 400_000, 13]


def test_total_over_each_section(read):
    table = read(
        "单位：亿元\n指标,2015年\n总计,10\n按轻重分,\n轻工业,4\n重工业,6\n按规模分,\n大型,3\n中小型,7\n"
    )
    assert table.totals["verdict"].tolist() == ["holds"]
    assert table.frame["parent"].tolist() == ["按轻重分", "按轻重分", "按规模分", "按规模分"]


def test_total_column(read):
    table = read("单位：万元\n企业,合计,产值,税金\n华锦,12,10,2\n广铝,8,7,1\n")
    assert table.totals[["kind", "verdict"]].drop_duplicates().to_numpy().tolist() == [
        ["column_total", "holds"]
    ]
    assert set(table.frame["variable"]) == {"产值", "税金"}


def test_omitted_part_leaves_total_unchecked_when_large(read):
    small = read("单位：万元\n企业,产值\n甲,10\n乙,…\n合计,11\n").totals
    large = read("单位：万元\n企业,产值\n甲,10\n乙,…\n合计,15\n").totals
    assert (small["verdict"].item(), large["verdict"].item()) == ("holds", "cannot be checked")


def test_year_to_date_of_a_named_month(read):
    table = read(
        "填报单位：清镇市统计局,,,单位：万元、户\n2015年5月主要工业指标,,,\n指标,本月,1-本月累计,上年同期累计\n"
        "工业总产值,10.5,50.2,45\n企业单位数,76,76,70\n利润率,5.5,5.4,5.1\n"
    )
    frame = table.frame
    assert value(frame, item="工业总产值", period="2015-05") == 105_000
    assert value(frame, item="工业总产值", period="2015-01/2015-05") == 502_000
    assert value(frame, item="工业总产值", period="2014-01/2014-05") == 450_000
    assert value(frame, item="企业单位数", period="2015-05") == 76
    assert value(frame, item="利润率", period="2015-05") == 0.055


def test_growth_and_last_year_take_the_period_beside(read):
    frame = read(
        "指标名称,计量单位,本年累计,去年同期,同比增长（%）\n工业总产值,万元,100.5,90,11.7\n",
        name="2015年8月.csv",
    ).frame
    assert frame["period"].tolist() == ["2015-01/2015-08", "2014-01/2014-08", "2015-01/2015-08"]
    frame = read("单位：亿元\n指标,2015年,2014年,比上年±%\n增加值,37.01,34.24,8.1\n").frame
    assert frame["period"].tolist() == ["2015", "2014", "2015"]


def test_single_months_by_hand(read):
    cumulative = read(
        "2015年\n指标,1-2月,1-3月,1-5月,1-6月\n产值(亿元),30.1,50.3,90,101.5\n增速(%),8,8.1,8.2,8.3\n"
    ).frame
    before = cumulative.copy()
    months = single_months(cumulative)
    pd.testing.assert_frame_equal(cumulative, before)
    output = months[months["unit"] == "CNY"]
    assert dict(zip(output["period"], output["value"], strict=True)) == {
        "2015-01/2015-02": 3.01e9,
        "2015-03": 2.02e9,
        "2015-04/2015-05": 3.97e9,
        "2015-06": 1.15e9,
    }
    assert output["status"].tolist() == ["reported", "derived", "derived", "derived"]
    rates = months[months["unit"] == "fraction"]
    assert rates["period"].str.startswith("2015-01/").all()


def test_printed_month_wins_over_difference(read):
    frame = read("2015年\n指标,3月,1-2月,1-3月\n产值(亿元),21,30,50\n").frame
    assert value(single_months(frame), period="2015-03") == 2.1e9


def test_contradicting_cumulative_figures(read):
    frame = read("2015年\n指标,1-2月,1-3月\n产值(亿元),30,50\n").frame
    other = frame.assign(value=frame["value"] + 1)
    with pytest.raises(InputError, match="one cumulative figure"):
        single_months(pd.concat([frame, other]))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=11))
def test_single_months_add_up(steps):
    sums = [sum(steps[: n + 1]) for n in range(len(steps))]
    rows = [
        ("产值", "", f"2015-01/2015-{n + 2:02d}", "value", float(v), "CNY", "reported", str(v), 2, "B")
        for n, v in enumerate(sums)
    ]
    names = ["item", "parent", "period", "variable", "value", "unit", "status", "printed", "row", "column"]
    months = single_months(pd.DataFrame(rows, columns=names))
    assert months["value"].tolist() == [float(step) for step in steps]


def test_old_workbook_with_merged_header():
    table = read_table(FIXTURES / "yearbook.xls")
    frame = table.frame
    assert value(frame, item="医药食品", period="2015", variable="工业总产值") == 22_000_000
    assert value(frame, item="铝及铝加工", variable="工业增加值_增长速度") == 0.05
    totals = table.totals[table.totals["unit"] == "CNY"]
    assert totals["verdict"].eq("holds").all()
    assert (totals["stated"].tolist()) == [30_005_000, 33_000_000, 9_000_000]
    assert len(table.notes) == 1


def test_workbook_as_shown(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["规模以上工业（2015年）"])
    sheet.append(["指标", "2015年", None, "2014年", None])
    sheet.append([None, "产值（亿元）", "增速", "产值（亿元）", "增速"])
    sheet.append(["合计", 3.5, 0.081, 3.0, 0.05])
    sheet.append(["轻工业", 1.5, 0.1, 1.0, 0.02])
    sheet.append(["重工业", 2, 0.06, 2, 0.07])
    for area in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(area)
    for row in (4, 5, 6):
        sheet.cell(row, 3).number_format = sheet.cell(row, 5).number_format = "0.0%"
    sheet["A5"].alignment = sheet["A6"].alignment = Alignment(indent=1)
    book.create_sheet("隐藏").append(["a", 1])
    book["隐藏"].sheet_state = "hidden"
    path = tmp_path / "book.xlsx"
    book.save(path)
    table = read_table(path)
    assert value(table.frame, item="轻工业", variable="增速", period="2015") == 0.1
    assert value(table.frame, item="重工业", variable="产值", period="2014") == 2e8
    assert set(table.frame["parent"]) == {"合计"}
    assert table.totals.loc[table.totals["unit"] == "CNY", "verdict"].eq("holds").all()
    assert any("hidden" in change.found for change in table.changes)


HTML = """<html><head><meta charset="gb2312"></head><body><p>单位：亿元</p>
<table><caption>表1 全市工业</caption>
<tr><th rowspan=2>指标</th><th colspan=2>2015年</th><th colspan="2">2014年</th></tr>
<tr><th>1季度</th><th>上半年</th><th>1季度</th><th>上半年</th></tr>
<tr><td>总计</td><td>10.0</td><td>30.0</td><td>9.0</td><td>20.0</td></tr>
<tr><td>&nbsp;&nbsp;轻工业</td><td>4.0</td><td>10.0</td><td>4.0</td><td>10.0</td></tr>
<tr><td>&nbsp;&nbsp;重工业</td><td>6.0</td><td>20.0</td><td>5.0</td><td>10.0</td></tr>
</table></body></html>"""


@pytest.mark.parametrize("name", ["page.html", "export.xls"])
def test_html_spans(read, name):
    table = read(HTML, "gb18030", name)
    assert value(table.frame, item="重工业", period="2015-01/2015-06") == 2e9
    assert value(table.frame, item="轻工业", period="2014-01/2014-03") == 4e8
    assert table.totals["verdict"].eq("holds").all()


def test_html_table_chosen_by_number(read):
    page = HTML.replace("</body>", HTML[HTML.index("<table>") : HTML.index("</table>")] + "</table></body>")
    with pytest.raises(InputError, match="2 tables with figures"):
        read(page, name="page.html")
    assert len(read(page, name="page.html", sheet=1).frame) == 8


def test_repeated_header_of_a_continued_table(read):
    table = read("单位：万元\n企业,产值\n华锦,10\n续表,\n单位：万元,\n企业,产值\n广铝,5\n合计,15\n")
    assert table.frame["value"].tolist() == [100_000, 50_000]
    assert table.totals["verdict"].tolist() == ["holds"]


def test_columns_that_are_no_figures(read):
    table = read(
        "序号,指标,Item,计量单位,2014,2015,备注\n甲,乙,丙,丁,1,2,\n"
        "1,氧化铝,Alumina,万吨,100,120,含冶金级\n2,用电量,Electricity,亿千瓦时,12,13,\n"
    )
    assert value(table.frame, item="氧化铝", period="2015") == 1_200_000
    assert value(table.frame, item="用电量", period="2014") == 1.2e9
    assert table.notes == ("含冶金级",)


def test_unstated_unit_is_said(read):
    assert set(read("企业,甲指标\n华锦,1\n广铝,2\n").frame["unit"]) == {"unstated"}


def test_differing_total_reported_on_request(read):
    text = "单位：万元\n企业,产值\n华锦,10.5\n广铝,5.0\n合计,16.5\n"
    table = read(text, totals="report")
    assert table.totals["verdict"].tolist() == ["differs"]
    assert table.totals["difference"].tolist() == [10_000]


@pytest.mark.parametrize(
    ("printed", "expected", "status"),
    [
        ("１２３", "123", "reported"),
        ("1,234.50", "1234.50", "reported"),
        ("1 234", "1234", "reported"),
        ("12①", "12", "reported"),
        ("37.01*", "37.01", "reported"),
        ("5²", "5", "reported"),
        ("－3.2", "-3.2", "reported"),
        ("−3.2%", "-3.2", "reported"),
        ("1.2E+08", "1.2E+8", "reported"),
        ("", None, "blank"),
        ("　", None, "blank"),
        ("—", None, "none"),
        ("－", None, "none"),
        ("……", None, "omitted"),
        ("...", None, "omitted"),
        ("####", None, "suppressed"),
        ("#DIV/0!", None, "error_value"),
    ],
)
def test_figures(printed, expected, status):
    read = figure(printed)
    assert read is not None
    assert read.status == status
    assert read.value == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("printed", ["1.2.3", "1,23", "约10", "10-12", "abc", "1..2"])
def test_no_figure(printed):
    assert figure(printed) is None


@pytest.mark.parametrize(
    ("printed", "code", "rest"),
    [
        ("2015年", "2015", ""),
        ("2015", "2015", ""),
        ("2015年末", "2015", ""),
        ("2015年3月", "2015-03", ""),
        ("2015-03", "2015-03", ""),
        ("201503", "2015-03", ""),
        ("2015年1—6月", "2015-01/2015-06", ""),
        ("6月止累计", "XXXX-01/XXXX-06", ""),
        ("2015年前三季度", "2015-01/2015-09", ""),
        ("二季度", "XXXX-04/XXXX-06", ""),
        ("2015年上半年", "2015-01/2015-06", ""),
        ("2015年比2014年增长", "2015", "比2014年增长"),
    ],
)
def test_periods(printed, code, rest):
    read = period(printed)
    assert read is not None
    assert (read[0].code, read[1]) == (code, rest)


@pytest.mark.parametrize("printed", ["产值", "同比增长", "3年期贷款", "上年=100"])
def test_no_period(printed):
    assert period(printed) is None


def test_names():
    assert clean_name("　贵　阳　市") == "贵阳市"
    assert clean_name("（二）有色金属（ＡＬ）[1]") == "有色金属(AL)"
    assert clean_name("12英寸") == "12英寸"
    assert split_unit("产值 (单位:亿元)") == ("产值", "亿元")


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), st.sampled_from([",", ""]), st.booleans())
def test_printed_number_reads_back(number, separator, wide):
    text = f"{number:{separator}f}"
    if wide:
        text = text.translate({ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789.,-"})
    assert figure(text).value == number


@given(
    st.lists(st.integers(0, 10**6), min_size=2, max_size=6),
    st.booleans(),
    st.sampled_from(["万元", "亿元", "吨", "户"]),
)
def test_true_totals_always_hold(tmp_path_factory, parts, on_top, printed):
    rows = [f"企业{n},{p / 100:.2f}" for n, p in enumerate(parts)]
    rows.insert(0 if on_top else len(rows), f"合计,{sum(parts) / 100:.2f}")
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(f"单位：{printed}\n企业,产值\n" + "\n".join(rows), encoding="utf-8")
    table = read_table(path)
    assert table.totals["verdict"].tolist() == ["holds"]
    power = {"万元": 1e4, "亿元": 1e8}.get(printed, 1)
    assert math.isclose(table.frame["value"].sum(), sum(parts) / 100 * power, rel_tol=1e-9, abs_tol=1e-9)


def test_a_cell_that_is_neither_figure_nor_name_is_said(read):
    with pytest.raises(InputError, match=r"row 4, column D: found .见附表."):
        read("单位：万元\n企业,产值\n华锦,10\n,,,见附表\n广铝,5\n")
    with pytest.raises(InputError, match="row 4: found figures without a name"):
        read("单位：万元\n企业,产值\n华锦,10\n,5\n")
    with pytest.raises(InputError, match="亏损120"):
        read("企业,利润(万元)\n华锦,亏损120\n广铝,5\n")


def test_a_head_that_stands_twice_is_named_after_the_column_before_it(read):
    table = read("2020年\n企业,产值(万元),增速(%),利润(万元),增速(%)\n华锦,10,3,2,-5\n广铝,5,1,1,7\n")
    assert value(table.frame, item="广铝", variable="利润_增速") == 0.07
    assert ("增速", "产值_增速") in {(c.found, c.became) for c in table.changes}


def test_a_heading_that_is_a_year_dates_the_rows_below(read):
    frame = read("单位：万元\n指标,数值\n2019年,\n产值,100\n利润,10\n2020年,\n产值,120\n利润,11\n").frame
    assert value(frame, item="利润", period="2020") == 110_000
    assert set(frame["parent"]) == {""}


def test_labels_in_several_columns_are_filled_from_above(read):
    frame = read(
        "2020年 单位：万元\n地区,行业,指标,数值\n清镇,铝,产值,100\n,,利润,10\n,电,产值,50\n,,利润,5\n"
    ).frame
    assert frame["parent"].tolist() == ["清镇铝", "清镇铝", "清镇电", "清镇电"]
