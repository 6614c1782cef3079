"""Batches: only what changed is made, every fate is on record, names stay inside."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from rendering import PARAMETERS, PUBLISH, notebook_bytes, printed

from parkanalysis.errors import InputError
from parkanalysis.park.park import park_path
from parkanalysis.rendering import batch, manifest, tasks

NOTEBOOK = notebook_bytes(PARAMETERS, PUBLISH)


@pytest.fixture(autouse=True)
def _steady_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever edits the library while the tests run does not make reports stale."""
    monkeypatch.setattr(tasks, "installation_hash", lambda: "installed")
    # the page over all reports expects results of projections, not of these notebooks
    monkeypatch.setattr(batch, "_write_index", lambda out, parks: None)


def render(out: Path, *scenarios: str, **more: object) -> pd.DataFrame:
    given = {"notebook": NOTEBOOK, "langs": ["zh"], "out": out, "progress": False, "jobs": 2, **more}
    return batch.render(list(scenarios) or ["reference"], **given)  # type: ignore[arg-type]


def stamps(out: Path) -> dict[str, int]:
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}


def test_a_second_run_does_nothing_and_a_changed_lever_redoes_its_report(tmp_path: Path) -> None:
    first = render(tmp_path, "reference", "severe", langs=["zh", "en"])
    assert list(first["status"]) == ["ok"] * 4
    assert not first["fresh"].any()
    before = stamps(tmp_path)
    again = render(tmp_path, "reference", "severe", langs=["zh", "en"])
    assert again["fresh"].all()
    assert {k: v for k, v in stamps(tmp_path).items() if not k.endswith(".lock")} == {
        k: v for k, v in before.items() if not k.endswith(".lock")
    }
    grid = {"alumina_price_2016": [1500.0, 1600.0]}
    assert list(render(tmp_path, grids=grid)["fresh"]) == [False, False]
    grid = {"alumina_price_2016": [1500.0, 1700.0]}
    assert list(render(tmp_path, grids=grid)["fresh"]) == [True, False]
    assert list(render(tmp_path, "reference", seed=7)["fresh"]) == [False]
    assert printed(tmp_path / "qingzhen/reference/zh") == ["reference zh 7"]
    assert list(render(tmp_path, "reference", seed=7, force=True)["fresh"]) == [False]


def test_each_report_has_its_folder_and_its_table(tmp_path: Path) -> None:
    frame = render(tmp_path, "reference", levers={"alumina_price_2016": 1400}, to=["csv", "xlsx"])
    folder = tmp_path / "qingzhen" / "reference+alumina_price_2016=1400" / "zh"
    assert tmp_path / frame["folder"][0] == folder
    names = {p.name for p in folder.iterdir()}
    assert names == {"report.ipynb", "report.html", "results.parquet", "results.csv", "results.xlsx"}
    assert pd.read_parquet(folder / "results.parquet")["value"].tolist() == [2016 / 3]
    render(tmp_path, "severe")
    loaded = batch.results(tmp_path)
    assert sorted(zip(loaded["report"], loaded["levers"], loaded["scenario"], strict=True)) == [
        ("reference+alumina_price_2016=1400", "alumina_price_2016=1400", "reference"),
        ("severe", "", "severe"),
    ]
    render(tmp_path, "reference", levers={"alumina_price_2016": 1400})
    assert {p.name for p in folder.iterdir()} == {"report.ipynb", "report.html", "results.parquet"}


def test_reports_are_the_same_bytes_again_and_name_no_place_on_this_machine(tmp_path: Path) -> None:
    for out in ("a", "b"):
        render(tmp_path / out, "severe")
    files = [(tmp_path / out / "qingzhen/severe/zh/report.ipynb").read_bytes() for out in ("a", "b")]
    assert files[0] == files[1]
    metadata = json.loads(files[0])
    assert metadata["metadata"]["papermill"]["parameters"]["park"] == "qingzhen"
    assert str(tmp_path) not in files[0].decode()
    assert "/tmp" not in json.dumps([metadata["metadata"], *(c["metadata"] for c in metadata["cells"])])


def test_a_change_in_the_park_makes_its_reports_again(tmp_path: Path) -> None:
    park = tmp_path / "zone"
    shutil.copytree(park_path("qingzhen"), park)
    out = tmp_path / "out"
    render(out, park=park)
    assert render(out, park=park)["fresh"].all()
    with (park / "park.yml").open("a") as file:
        file.write("# a remark\n")
    assert not render(out, park=park)["fresh"].any()
    assert list(render(out, park=[park, "qingzhen"])["park"]) == ["zone", "qingzhen"]


def test_a_cell_that_raises_is_named_and_its_notebook_kept(tmp_path: Path) -> None:
    render(tmp_path, "reference", "severe")
    broken = notebook_bytes(PARAMETERS, 'print("before")\n1 / (scenario == "severe")', PUBLISH)
    frame = render(tmp_path, "reference", "severe", notebook=broken)
    row = frame[frame["scenario"] == "reference"].iloc[0]
    assert (row["status"], row["cell"], row["error"]) == ("failed", 3, "ZeroDivisionError: division by zero")
    folder = tmp_path / "qingzhen" / "reference" / "zh"
    assert [p.name for p in folder.iterdir()] == ["failed.ipynb"]
    assert printed(folder, "failed.ipynb") == ["before"]
    assert frame[frame["scenario"] == "severe"]["status"].tolist() == ["ok"]
    table = batch.failure_table(frame[frame["status"] == "failed"])
    assert "qingzhen/reference/zh" in table
    assert "ZeroDivisionError: division by zero" in table
    assert json.loads((tmp_path / "qingzhen/manifest.json").read_text())["reports"]["reference/zh"][
        "error"
    ] == {
        "kind": "ZeroDivisionError",
        "message": "division by zero",
        "cell": 3,
    }
    mended = render(tmp_path, "reference")
    assert mended["status"].tolist() == ["ok"]
    assert "failed.ipynb" not in {p.name for p in folder.iterdir()}


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_killed_kernel_is_a_failed_report(tmp_path: Path, how: str) -> None:
    cells = notebook_bytes(PARAMETERS, "print(1, flush=True)", f"import os, signal\n{how}", PUBLISH)
    frame = render(tmp_path, notebook=cells)
    assert frame["error"].str.startswith("DeadKernelError").all()
    assert frame["cell"].tolist() == [4]
    assert printed(tmp_path / "qingzhen/reference/zh", "failed.ipynb") == ["1"]


def test_a_killed_report_process_gets_another_chance_then_fails(tmp_path: Path) -> None:
    once = (
        "import os, signal, pathlib\n"
        f"mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
        "if {again} or not mark.exists():\n"
        "    mark.touch()\n"
        "    os.killpg(0, signal.SIGKILL)"
    )
    cells = notebook_bytes(PARAMETERS, once.replace("{again}", "False"))
    assert render(tmp_path / "out", notebook=cells)["status"].tolist() == ["ok"]
    cells = notebook_bytes(PARAMETERS, once.replace("{again}", "True"))
    frame = render(tmp_path / "out", notebook=cells)
    assert frame["error"].tolist() == ["Killed: the report's process ended by signal 9"]


def test_a_cell_that_never_returns_is_ended(tmp_path: Path) -> None:
    cells = notebook_bytes(PARAMETERS, "import time\nprint(1, flush=True)\nwhile True: time.sleep(1)")
    frame = render(tmp_path, notebook=cells, timeout=3)
    assert frame["error"].tolist() == ["Timeout: no result within 3 s"]
    assert frame["cell"].tolist() == [3]
    assert printed(tmp_path / "qingzhen/reference/zh", "failed.ipynb") == ["1"]


def test_bad_names_are_refused_all_at_once_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        render(
            tmp_path / "out",
            "sever",
            langs=["fr"],
            levers={"alumina_prize_2016": 1},
            grids={"alumina_price_2016": [1e9]},
            draws=0,
        )
    text = str(caught.value)
    assert "did you mean 'severe'?" in text
    assert "did you mean 'alumina_price_2016'?" in text
    assert len(caught.value.problems) == 5
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="unknown format 'odt'"):
        render(tmp_path / "out", to=["odt"])


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"ok"', b'"OK"', 1))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def other(path: Path) -> None:
    path.write_text('["not", "a", "manifest"]')


@pytest.mark.parametrize("harm", [damage, cut, other])
def test_a_damaged_manifest_is_noticed_and_rebuilt(
    tmp_path: Path, harm: object, caplog: pytest.LogCaptureFixture
) -> None:
    render(tmp_path, "reference", "severe")
    path = tmp_path / "qingzhen/manifest.json"
    good = json.loads(path.read_text())["reports"]
    harm(path)  # type: ignore[operator]
    assert render(tmp_path, "reference", "severe")["status"].tolist() == ["ok", "ok"]
    assert "damaged" in caplog.text
    rebuilt = json.loads(path.read_text())["reports"]
    assert {n: r["files"] for n, r in rebuilt.items()} == {n: r["files"] for n, r in good.items()}


def test_a_damaged_report_is_noticed_and_made_again(tmp_path: Path) -> None:
    render(tmp_path, "reference", "severe")
    page = tmp_path / "qingzhen/severe/zh/report.html"
    content = page.read_bytes()
    cut(page)
    assert render(tmp_path, "reference", "severe")["fresh"].tolist() == [True, False]
    assert page.read_bytes() == content
    page.unlink()
    assert render(tmp_path, "reference", "severe")["fresh"].tolist() == [True, False]


def test_the_journal_of_an_interrupted_run_counts_and_half_a_line_does_not(tmp_path: Path) -> None:
    records = manifest.Manifest(tmp_path)
    records.add("a/zh", {"status": "ok"})
    records.add("b/zh", {"status": "ok"})
    journal = tmp_path / manifest.JOURNAL
    journal.write_bytes(journal.read_bytes()[:-20])
    reread = manifest.Manifest(tmp_path)
    assert list(reread.reports) == ["a/zh"]
    reread.add("c/zh", {"status": "ok"})
    assert list(manifest.Manifest(tmp_path).reports) == ["a/zh", "c/zh"]


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames: list[pd.DataFrame] = []
    threads = [threading.Thread(target=lambda: frames.append(render(tmp_path, "severe"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(f["fresh"].tolist() for f in frames) == [[False], [True]]
    assert "another run is at work" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["../../escape", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "con", "a\0b", "<b>x</b>", "x" * 300],
)
def test_no_name_leads_out_of_its_folder(name: str, tmp_path: Path) -> None:
    safe = tasks.folder_name(name)
    assert Path(safe).name == safe
    assert (tmp_path / safe).resolve().parent == tmp_path.resolve()
    assert not set('<>:"/\\|?*\0') & set(safe)
    assert len(safe.encode()) <= 110


def test_unlike_names_keep_unlike_folders() -> None:
    names = [
        "a/b",
        "a\\b",
        "a_b",
        "a:b",
        "é",
        "e\u0301",
        "combined+x=1",
        "combined_x=1",
        "x" * 200,
        "x" * 201,
    ]
    assert len({tasks.folder_name(n) for n in names}) == len(names)


def test_a_park_named_like_code_is_text_everywhere(tmp_path: Path) -> None:
    name = "x\"; import os; os._exit(1) #<script>alert(1)<'"
    park = tmp_path / name
    shutil.copytree(park_path("qingzhen"), park)
    look = "from parkanalysis.park.park import read_park\nprint(park == read_park(park).id, park)"
    frame = render(tmp_path / "out", park=park, notebook=notebook_bytes(PARAMETERS, look))
    folder = tmp_path / "out" / frame["folder"][0]
    assert frame["status"].tolist() == ["ok"], frame["error"].tolist()
    assert printed(folder) == [f"True {name}"]
    assert "<script>alert" not in (folder / "report.html").read_text()
    assert folder.parent.parent.parent == tmp_path / "out"


def test_parameter_names_never_become_code(tmp_path: Path) -> None:
    from parkanalysis.rendering import report

    with pytest.raises(InputError, match="a Python name"):
        report.produce(NOTEBOOK, {"x=1;import os#": 1}, folder=tmp_path)


def test_a_link_out_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out/qingzhen").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/qingzhen/severe").symlink_to(tmp_path / "elsewhere")
    frame = render(tmp_path / "out", "severe")
    assert frame["error"].tolist() == ["OSError: zh leads out of the output folder"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_results_of_an_empty_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.json"):
        batch.results(tmp_path)


def test_publishing_keeps_every_number(tmp_path: Path) -> None:
    from parkanalysis.rendering import report

    cell = (
        "import pandas as pd\nfrom parkanalysis.rendering.published import publish\n"
        "publish(pd.DataFrame({'f': [0.1, 1 / 3, float('nan'), float('-inf')], 'n': [1, 2, 3, 4],\n"
        "    'b': [True, False, True, True], 's': ['铝', None, '=1+1', 'a']}))"
    )
    rendered = report.produce(notebook_bytes("x = 1", cell), {}, folder=tmp_path)
    frame = report.published(nbformat.reads(rendered.files[report.NOTEBOOK].decode(), as_version=4))
    expected = pd.DataFrame(
        {
            "f": [0.1, 1 / 3, float("nan"), float("-inf")],
            "n": [1, 2, 3, 4],
            "b": [True, False, True, True],
            "s": ["铝", None, "=1+1", "a"],
        }
    )
    assert frame is not None
    pd.testing.assert_frame_equal(frame, expected)
