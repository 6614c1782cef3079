"""The command line: exit statuses, one clear line each, and both doors to the same numbers."""

import io
import json
import subprocess
import sys

import nbformat
import pandas as pd
import pytest

from parkanalysis.cli import grid_values, lever_values, main
from parkanalysis.errors import InputError
from parkanalysis.model.check import check
from parkanalysis.rendering import batch, notebook
from parkanalysis.rendering.plan import Order, report_notebook


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    printed = capsys.readouterr()
    return stop.value.code or 0, printed.out, printed.err


def lever(park):
    return next(n for n, item in sorted(park.levers.items()) if item.unit == "CNY/t" and item.series)


def test_help_holds_an_example(capsys):
    for command in ("report", "read", "check", "new", "lab", "explore"):
        status, out, _ = run(capsys, command, "--help")
        assert status == 0
        assert f"Example: parkanalysis {command}" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "combned"], ["combned", "did you mean 'combined'"]),
        (["report", "combined", "--set", "vat_rat=0.1"], ["vat_rat", "did you mean 'vat_rate'"]),
        (["report", "combined", "--set", "vat_rate=9"], ["9", "0 to 0.25"]),
        (["report", "combined", "--set", "vat_rate"], ["lever=value"]),
        (["report", "combined", "--set", "vat_rate=abc"], ["'abc'", "a number"]),
        (["report", "combined", "--set", "vat_rate=17%"], ["column vat_rate: found '17%'", "write 0.17"]),
        (
            ["report", "combined", "--grid", "vat_rate=0.2:0.1:0.01"],
            ["the first value 0.2 above the last 0.1"],
        ),
        (["report", "--park", "qingzhn"], ["qingzhn", "did you mean 'qingzhen'"]),
        (["report", "--park", "no/such/*"], ["matches a folder"]),
        (["report", "combined", "--to", "odt"], ["odt"]),
        (["report", "combined", "--lang", "fr"], ["fr"]),
    ],
)
def test_wrong_use_is_one_line_and_status_2(capsys, tmp_path, arguments, words):
    status, _, err = run(capsys, *arguments, *(["--out", str(tmp_path)] if arguments[0] == "report" else []))
    assert status == 2
    assert all(w in err for w in words)
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_grid_has_its_last_value():
    assert grid_values(["x=0.1:0.3:0.1"]) == {"x": [0.1, 0.2, 0.3]}
    assert grid_values(["x=3,1"]) == {"x": [3.0, 1.0]}
    assert lever_values(["x=-1e3", "y = 1,200"]) == {"x": -1000.0, "y": 1200.0}


def test_a_grid_of_one_value():
    assert grid_values(["x=1400"]) == grid_values(["x=1400:1400:50"]) == {"x": [1400.0]}
    assert grid_values(["x=1400:1450:50"]) == {"x": [1400.0, 1450.0]}
    assert grid_values(["x=1400:1449:50"]) == {"x": [1400.0]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x=0:1:0", "--grid, column x: found the step 0; allowed: a step above 0"),
        ("x=5:1:-1", "--grid, column x: found the step -1; allowed: a step above 0"),
        ("x=5:1:1", "--grid, column x: found the first value 5 above the last 1; allowed: first up to last"),
        ("x=0:1:1e-5", "--grid, column x: found 100,000 steps from 0 to 1; allowed: up to 10,000 steps"),
        ("x=0:1", "--grid, column x: found '0:1'; allowed: first:last:step"),
        ("x=nan:1:1", "--grid, column x: found 'nan'; allowed: a number"),
    ],
)
def test_a_range_that_leads_nowhere_says_why(text, message):
    with pytest.raises(InputError) as caught:
        grid_values([text])
    assert str(caught.value) == message


def test_a_lever_is_set_once():
    assert lever_values(["x=1", "x=1.0"]) == {"x": 1.0}
    with pytest.raises(InputError) as caught:
        lever_values(["x=1", "y=2", "x=3"])
    assert str(caught.value) == "--set, column x: found 1.0 and 3.0; allowed: each lever once"
    with pytest.raises(InputError) as caught:
        grid_values(["x=1,2", "x=2:3:1"])
    assert str(caught.value) == "--grid, column x: found 1.0, 2.0 and 2.0, 3.0; allowed: each lever once"


def test_numbers_as_people_type_them():
    assert lever_values(["x＝１，５８０．５", "y=−3"]) == {"x": 1580.5, "y": -3.0}
    assert grid_values(["x=１４００：１５００：１００"]) == {"x": [1400.0, 1500.0]}
    for text, message in {
        "1,58": "a number",
        "60％": "a number without %: write 0.6",
        "inf": "a number",
    }.items():
        with pytest.raises(InputError) as caught:
            lever_values([f"x={text}"])
        assert caught.value.problems[0].allowed == message


def test_check_says_what_is_wrong_with_status_1(capsys, park_copy):
    levers = park_copy / "levers.csv"
    levers.write_text(levers.read_text(encoding="utf-8").replace("fraction", "fracton", 1), encoding="utf-8")
    status, _, err = run(capsys, "check", str(park_copy))
    assert status == 1
    assert "levers.csv, row" in err
    assert "did you mean 'fraction'" in err
    status, out, _ = run(capsys, "check", str(park_copy), "--format", "json")
    assert status == 1
    assert json.loads(out)[0]["file"] == "levers.csv"


def test_explore_checks_before_it_starts(capsys, park_copy):
    (park_copy / "park.yml").write_text("name: A\n", encoding="utf-8")
    status, _, err = run(capsys, "explore", "--park", str(park_copy), "--no-browser")
    assert status == 1
    assert "error: park.yml, column base_year: found nothing" in err


def test_report_tells_what_check_warns_of(capsys, park_copy, tmp_path, monkeypatch):
    def rendered(*arguments, **options):
        return pd.DataFrame({"status": ["ok"], "fresh": [False]})

    monkeypatch.setattr(batch, "render", rendered)
    status, _, err = run(capsys, "report", "--park", str(park_copy), "--out", str(tmp_path))
    assert status == 0
    assert err.count("warning: audit, column") == len(check(park_copy))


def test_read_drafts_a_ledger(capsys, tmp_path):
    document = tmp_path / "report.txt"
    document.write_text("一、基本情况\n2015 年，产值 42.86 亿元。\n", encoding="utf-8")
    status, out, _ = run(capsys, "read", str(document))
    assert status == 0
    assert out.splitlines()[0].startswith("figure,source,place")
    assert "42.86 亿元" in out


def test_both_doors_give_the_same_numbers(qingzhen, tmp_path):
    name = lever(qingzhen)
    order = Order(["combined"], ["en"], levers={name: 1700}, draws=512)
    batch.render(order, [qingzhen], tmp_path / "out")
    table = pd.read_parquet(next((tmp_path / "out").rglob("results.parquet")))
    rendered = tmp_path / "plain.ipynb"
    template = tmp_path / "scenario_report.ipynb"
    template.write_bytes(report_notebook())
    parameters = ["-p", "scenario", "combined", "-p", "lang", "en", "-p", name, "1700", "-p", "draws", "512"]
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        str(template),
        str(rendered),
        *parameters,
    ]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    plain = pd.read_parquet(io.BytesIO(notebook.published(nbformat.read(rendered, as_version=4))))
    pd.testing.assert_frame_equal(table.reset_index(drop=True), plain.reset_index(drop=True))


def test_read_drafts_a_history_from_a_table_and_says_what_it_changed(capsys, tmp_path):
    table = tmp_path / "yearbook.csv"
    table.write_text("单位：万元\n指标,2014年,2015年\n工业增加值,251000,…\n", encoding="gbk")
    status, out, err = run(capsys, "read", str(table), "--source", "yearbook")
    assert status == 0
    assert out.splitlines()[1:] == ["value_added,2014,25.1,CNY_100m,current,?,?,yearbook"]
    assert "changed: unit row: 万元" in err
    assert "left out: row 3, column C" in err
    status, out, err = run(capsys, "read", str(table), "--json")
    assert status == 0
    assert json.loads(out)["frame"][0]["item"] == "工业增加值"
