"""A park drafted from a report: what it says is found, what it does not say stays invented and is told."""

from __future__ import annotations

import datetime as dt

import pytest

from parkanalysis.model.check import check
from parkanalysis.model.projection import project
from parkanalysis.park import read_park
from parkanalysis.park.new import create, outline_of

REPORT = """2018年工作总结
一、基本情况
东港经济开发区2018年完成规模以上工业总产值120.5亿元，实现规模以上工业增加值31.2亿元，同比增长6.1%。
其中，钢铁产业产值80.2亿元，化工产业产值22.1亿元，装备制造业产值10.5亿元。
二、存在问题
2019年，受东港焦化厂关停、甲醇价格由2600元/吨下跌到1900元/吨等影响，工业增加值预计减少2亿元以上，
全年工业增加值完成30亿元左右。三期扩建项目2019年将投产。
截至2019年3月15日，东港经济开发区共有企业66家。
"""


def test_the_outline_of_a_report():
    outline = outline_of(REPORT)
    assert outline is not None
    assert (outline.name, outline.base_year) == ("东港经济开发区", 2018)
    assert outline.as_of == dt.date(2019, 3, 31)
    assert outline.value_added is not None
    assert outline.value_added.mention.quantity.value == 31.2e8
    assert outline.result is not None
    assert outline.result.mention.quantity.value == 30e8
    assert outline.loss is not None
    assert outline.loss.mention.quantity.low == 2e8
    outputs = {i.label: i.mention.quantity.value for i in outline.industries}
    assert outputs == {"钢铁": 80.2e8, "化工": 22.1e8, "装备制造业": 10.5e8}
    assert {kind for kind, _ in outline.shocks} == {"plant_closure", "price_change", "capacity_ramp_up"}


@pytest.mark.parametrize("name", ["zone", "zone.xlsx"])
def test_a_drafted_park_can_be_projected_and_says_what_is_not_confirmed(tmp_path, name):
    report = tmp_path / "report_2018.txt"
    report.write_text(REPORT, "utf-8")
    lines = create(tmp_path / name, report=report)
    assert any("drafted from the report" in line for line in lines)
    park = read_park(tmp_path / name)
    assert park.config.base_year == 2018
    assert park.label("zh") == "东港经济开发区"
    assert park.config.value_added == "value_added_2018"
    assert 15 < project(park, "reference", draws=256).median < 50
    found = [p for p in check(tmp_path / name) if p.column == "note"]
    assert all(p.severity == "warning" for p in check(tmp_path / name))
    (drafted,) = found
    assert "figures drafted from a report" in drafted.found


def test_half_a_year_is_no_year():
    outline = outline_of("2018年上半年工业园区运行情况\n全区实现工业增加值76.5亿元，增长26.9%。")
    assert outline is not None
    assert (outline.base_year, outline.value_added) == (2018, None)


def test_a_report_that_says_little_still_gives_a_park(tmp_path):
    report = tmp_path / "little.txt"
    report.write_text("园区共有企业 12 家。", "utf-8")
    create(tmp_path / "zone", report=report)
    park = read_park(tmp_path / "zone")
    assert park.config.base_year == 2024  # the template's
    assert "12 家" in park.figures["quantity"].tolist()
    assert all(p.severity == "warning" for p in check(tmp_path / "zone"))
