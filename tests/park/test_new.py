"""A new park: renders at once, says what to fill in, leaves nothing half-made."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.model.check import check
from parkanalysis.model.projection import project
from parkanalysis.park import Shock, new, read_park
from parkanalysis.park.new import TEMPLATE, create


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


@pytest.mark.parametrize("step", ["_name", "_add_draft"])
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
    create(tmp_path / "zone", report=tmp_path / "empty.txt")
    assert read_park(tmp_path / "zone").digest == read_park(TEMPLATE).digest
    assert refused(tmp_path / "other", report=tmp_path / "nowhere.docx")
    assert not (tmp_path / "other").exists()
