"""A new park: renders at once, says what to fill in, leaves nothing half-made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.model.check import check
from parkanalysis.model.projection import project
from parkanalysis.park import Shock, new, read_park
from parkanalysis.park.new import TEMPLATE, create, outline_of


def refused(*arguments, **options):
    with pytest.raises(InputError) as caught:
        create(*arguments, **options)
    return caught.value.problems


@pytest.mark.parametrize("name", ["zone", "zone.xlsx", "deep/er/zone", "园区 <b>'\"=1+1🏭"])
def test_a_new_park_can_be_read_and_projected(tmp_path, name):
    lines = create(tmp_path / name)
    park = read_park(tmp_path / name)
    assert all(p.severity == "warning" for p in check(tmp_path / name))
    for scenario in park.scenarios:
        assert 30 < project(park, scenario, draws=256).median < 80
    assert sum(line.startswith(f"{n}. ") for n in range(1, 7) for line in lines) == 6
    assert lines[-1].endswith(str(tmp_path / name))


def test_every_file_is_listed(tmp_path):
    lines = create(tmp_path / "zone")
    files = {str(p) for p in (tmp_path / "zone").rglob("*") if p.is_file()}
    assert files == {line for line in lines if line.startswith(str(tmp_path / "zone/"))}
    assert str(tmp_path / "zone" / "schemas" / "park.json") in files


def test_the_template_comments_every_kind_of_shock():
    text = (TEMPLATE / "park.yml").read_text(encoding="utf-8")
    assert all(kind in text for kind in Shock.kinds)
    assert text.count("#") > 10


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_name_is_data_or_refused(tmp_path_factory, name):
    target = tmp_path_factory.mktemp("new") / "zone"
    if name.strip() and name.isprintable():
        create(target, name=name)
        assert read_park(target).config.name == {"zh": name, "en": name}
    else:
        assert refused(target, name=name)[0].file == "--name"
        assert not target.exists()


@pytest.mark.parametrize(
    "name",
    ["a: b # c", "&x *y", "{zh: a}", "'\"\\", "null", "2016", "- a", "../..", "%s", "<i>", "=1+1", "🏭 𠮷"],
)
@pytest.mark.parametrize("kind", ["zone", "zone.xlsx"])
def test_names_that_look_like_something_else(tmp_path, name, kind):
    create(tmp_path / kind, name=name)
    assert read_park(tmp_path / kind).label("en") == name


def test_a_place_that_is_taken_stays_as_it_is(tmp_path):
    (tmp_path / "zone").mkdir()
    (tmp_path / "zone" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "book.xlsx").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("zone", "file", "book.xlsx", "link"):
        assert "already" in refused(tmp_path / name)[0].found
    assert refused(tmp_path / "file" / "zone")[0].allowed == "a place that can be written"
    assert [p.name for p in (tmp_path / "zone").iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "zone").mkdir()
    create(tmp_path / "zone")
    assert read_park(tmp_path / "zone")


@pytest.mark.parametrize("step", ["_write_schemas", "_write_outline"])
def test_nothing_is_left_behind_by_a_failure(tmp_path, monkeypatch, step):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new, step, fail)
    report = tmp_path / "report.txt"
    report.write_text("产值 24.08 亿元。", encoding="utf-8")
    assert refused(tmp_path / "zone", name="A", report=report)[0].found == "No space left on device"
    assert [p.name for p in tmp_path.iterdir()] == ["report.txt"]


def test_a_work_report_becomes_a_draft_ledger(tmp_path):
    report = tmp_path / "2020 年工作报告.txt"
    report.write_text(
        "一、概况\n（一）基本情况。2020 年，完成工业总产值 24.08 亿元，同比增长 5%，税收 8898.08 万元。\n",
        encoding="utf-8",
    )
    lines = create(tmp_path / "zone", report=report)
    park = read_park(tmp_path / "zone")
    drafted = park.figures[park.figures["source"] != "example"]
    assert {"24.08 亿元", "8898.08 万元"} <= set(drafted["quantity"])
    assert any(line.startswith(f"{len(drafted)} figures are drafted") for line in lines)
    titles = park.sources.set_index("source")["title"]
    assert titles[drafted["source"].iloc[0]] == report.name


def test_a_report_without_figures_or_none_at_all(tmp_path):
    (tmp_path / "empty.txt").write_text("没有数字。", encoding="utf-8")
    for report in ("empty.txt", "nowhere.docx"):
        assert refused(tmp_path / "other", report=tmp_path / report)[0].file == report
        assert not (tmp_path / "other").exists()


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


REPORTS = {
    "harbour_2019.txt": {
        "name": "临港工业园区",
        "base_year": 2019,
        "as_of": dt.date(2020, 1, 31),
        "value_added": "86.35亿元",
        "result": "83亿元",
        "loss": "6亿元左右",
        "industries": ["石油化工", "纺织服装", "电子信息", "食品加工"],
        "shocks": {"plant_closure", "price_change", "capacity_ramp_up", "output_cap"},
        "first": "受石化产品价格下跌",
    },
    "plain_2016.txt": {
        "name": "平川高新技术产业开发区",
        "base_year": 2016,
        "as_of": dt.date(2017, 2, 28),
        "value_added": "58.2亿元",
        "result": "62亿元以上",
        "loss": "1.8亿元",
        "industries": ["有色冶炼及压延加工业", "装备制造业", "生物医药", "新型建材业"],
        "shocks": {"plant_closure", "price_change", "capacity_ramp_up", "contracted_volume"},
        "first": "金峰锌业",
    },
}


@pytest.mark.parametrize("file", REPORTS)
def test_reports_of_other_zones(tmp_path, file):
    says, report = REPORTS[file], Path(__file__).parent / "reports" / file
    outline = outline_of(report.read_text(encoding="utf-8"))
    for field in ("name", "base_year", "as_of"):
        assert getattr(outline, field) == says[field]
    for field in ("value_added", "result", "loss"):
        assert getattr(outline, field).mention.text == says[field]
    assert [i.label for i in outline.industries] == says["industries"]
    assert {kind for kind, _ in outline.shocks} == says["shocks"]
    assert says["first"] in outline.shocks[0][1]
    create(tmp_path / "zone", report=report)
    assert {p.severity for p in check(tmp_path / "zone")} == {"warning"}
    park = read_park(tmp_path / "zone")
    figures = park.figures.set_index("figure")
    assert figures.loc[park.config.stated.result, "quantity"] == says["result"]
    assert figures.loc[park.config.stated.loss, "variable"] == "value_added_loss"
    assert len(park.config.industries) == len(says["industries"]) + 1


TABLE = """岚川经济开发区2025年工作总结和2026年工作安排
一、2025年工作回顾
全年完成规模以上工业增加值86.4亿元，按可比价格计算同比下降4.7%。上年焦炭均价2050元/吨。

| 行业 | 2025年增加值（亿元） | 同比增长（%） |
|---|---|---|
| 煤炭开采和洗选业 | 31.2 | 2.1 |
| 炼焦 | 14.6 | -21.3 |
| 装备制造业 | {last} | 12.8 |

从更长时期看，全市规模以上工业增加值增速2024年为2.6%，2025年为0.8%。

二、2026年工作安排
预期目标是规模以上工业增加值增长6%左右，力争达到6.5%。对停产企业复产给予电价补贴。
若焦炭价格继续下跌10%，预计影响全区规上工业增加值2.4亿元左右。
"""


@pytest.mark.parametrize(("last", "other"), [("40.6", False), ("30.6", True)])
def test_a_table_of_value_added_and_a_goal_that_is_a_growth_rate(tmp_path, last, other):
    report = tmp_path / "report.md"
    report.write_text(TABLE.format(last=last), "utf-8")
    create(tmp_path / "zone", report=report)
    assert {p.severity for p in check(tmp_path / "zone")} == {"warning"}
    park = read_park(tmp_path / "zone")
    names = [industry.name["zh"] for industry in park.config.industries.values()]
    assert names == ["煤炭开采和洗选业", "炼焦", "装备制造业", *(["其他工业"] if other else [])]
    assert park.levers["value_added_industry_1_2025"].central == pytest.approx(31.2)
    assert park.amount(park.config.stated.result) == pytest.approx(86.4 * 1.06)
    assert park.config.stated.loss is None  # one that is only supposed
    figures = park.figures.set_index("quantity")
    assert figures.loc["2050元/吨", "period"] == "2024 年"
    assert figures.loc["2.6%", "variable"] == "value_added_growth"
    text = (tmp_path / "zone" / "park.yml").read_text("utf-8")
    assert "#   price_change: 若焦炭价格" in text
    assert "#   plant_closure" not in text  # a subsidy is no closure
    assert text.count("#   price_change") == 1  # nor are comparable prices a price


def test_a_loss_without_a_result_is_for_the_analyst(tmp_path):
    report = tmp_path / "report.txt"
    report.write_text(REPORT.replace("全年工业增加值完成30亿元左右", "情况严峻"), "utf-8")
    create(tmp_path / "zone", report=report)
    assert read_park(tmp_path / "zone").config.stated is None
    assert "stated_loss_2019, but no result" in (tmp_path / "zone" / "park.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("# 2015 年工作总结\n产值 3 亿元。", 2015),
        ("2016年政府工作报告\n产值 3 亿元。", 2015),
        ("工作汇报\n一、2022年经济社会发展总体情况\n产值 3 亿元。", 2022),
        ("园区工作思路\n一、2023年工作打算\n产值 3 亿元。", 2022),
        ("2017年2月20日在会上\n过去的2016年，产值 3 亿元。", 2016),
    ],
)
def test_the_year_that_a_report_closes(text, year):
    assert outline_of(text).base_year == year


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
    assert (outline.base_year, outline.value_added) == (2018, None)


def test_a_report_that_says_little_still_gives_a_park(tmp_path):
    report = tmp_path / "little.txt"
    report.write_text("园区共有企业 12 家。", "utf-8")
    lines = create(tmp_path / "zone", report=report)
    assert any(line.startswith("No year was found in the report") for line in lines)
    park = read_park(tmp_path / "zone")
    assert park.config.base_year == 2024  # the template's
    assert "12 家" in park.figures["quantity"].tolist()
    assert all(p.severity == "warning" for p in check(tmp_path / "zone"))
