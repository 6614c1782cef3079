"""Batches: only what changed is made, every fate is on record, names stay inside."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from parkfiles import copy_park
from small_notebooks import LEVER, NOTEBOOK, PARAMETERS, PUBLISH, notebook_bytes, printed, render

from parkanalysis.errors import InputError
from parkanalysis.park.park import read_park
from parkanalysis.rendering import batch, notebook, plan
from parkanalysis.rendering.notebook import Work, make, published

MADE = ("report.ipynb", "report.html", "results.parquet", ".stamp.json")


def changes(out: Path) -> dict[str, int]:
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}


def test_a_second_run_does_nothing_and_a_changed_lever_redoes_its_report(tmp_path: Path) -> None:
    first = render(tmp_path, "reference", "severe", langs=["zh", "en"])
    assert list(first["status"]) == ["ok"] * 4
    assert not first["fresh"].any()
    before = changes(tmp_path)
    again = render(tmp_path, "reference", "severe", langs=["zh", "en"])
    assert again["fresh"].all()
    assert {k: v for k, v in changes(tmp_path).items() if not k.endswith(".lock")} == {
        k: v for k, v in before.items() if not k.endswith(".lock")
    }
    grid = {LEVER: [1500.0, 1600.0]}
    assert list(render(tmp_path, grids=grid)["fresh"]) == [False, False]
    grid = {LEVER: [1500.0, 1700.0]}
    assert list(render(tmp_path, grids=grid)["fresh"]) == [True, False]
    assert list(render(tmp_path, "reference", seed=7)["fresh"]) == [False]
    assert printed(tmp_path / "qingzhen/reference/zh") == ["reference zh 7"]
    assert list(render(tmp_path, "reference", seed=7, force=True)["fresh"]) == [False]


def test_each_report_has_its_folder_and_its_table(tmp_path: Path) -> None:
    frame = render(tmp_path, "reference", levers={"alumina_price_2016": 1400}, formats=["csv"])
    folder = tmp_path / "qingzhen" / "reference+alumina_price_2016=1400" / "zh"
    assert tmp_path / frame["folder"][0] == folder
    names = {p.name for p in folder.iterdir()}
    assert names == {*MADE, "results.csv"}
    assert pd.read_parquet(folder / "results.parquet")["value"].tolist() == [2016 / 3]
    assert frame["levers"].tolist() == ["alumina_price_2016=1400"]


def test_further_files_are_added_and_none_is_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "qingzhen/reference/zh"

    def names() -> set[str]:
        return {p.name for p in folder.iterdir() if not p.name.startswith("figure-")}

    render(tmp_path, formats=["csv"])
    assert names() == {*MADE, "results.csv"}
    assert not render(tmp_path, formats=["svg"])["fresh"].any()
    assert list(folder.glob("figure-*.svg"))
    assert render(tmp_path)["fresh"].all()
    before = (folder / "results.csv").read_bytes()
    render(tmp_path, seed=7)  # made anew, all of them
    assert names() == {*MADE, "results.csv"}
    assert list(folder.glob("figure-*.svg"))
    assert (folder / "results.csv").read_bytes() != before
    (folder / "mine.txt").touch()
    (folder / ".stamp.json").unlink()
    render(tmp_path)
    assert {p.name for p in folder.iterdir()} == {*MADE, "mine.txt"}, "files of unknown age are kept"


def test_parks_of_one_name_keep_unlike_folders(tmp_path: Path) -> None:
    for place in ("a", "b"):
        copy_park(tmp_path / place, "qingzhen")
    with (tmp_path / "b/zone/park.yml").open("a") as file:
        file.write("# another\n")
    out, parks = tmp_path / "out", [tmp_path / "a/zone", tmp_path / "b/zone"]
    both = render(out, parks=parks)
    assert both["park"].tolist() == ["zone", "zone"]
    first, second = both["folder"]
    assert first == "zone/reference/zh" != second
    assert render(out, parks=parks[1:])["folder"].tolist() == [second]
    assert render(out, parks=parks)["fresh"].all()
    shutil.move(tmp_path / "a", tmp_path / "moved")
    assert render(out, parks=[tmp_path / "moved/zone"])["folder"].tolist() == [first]


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
    park = copy_park(tmp_path, "qingzhen")
    out = tmp_path / "out"
    render(out, parks=[park])
    assert render(out, parks=[park])["fresh"].all()
    with (park / "park.yml").open("a") as file:
        file.write("# a remark\n")
    assert not render(out, parks=[park])["fresh"].any()
    assert list(render(out, parks=[park, "qingzhen"])["park"]) == ["zone", "qingzhen"]


def test_a_cell_that_raises_is_named_and_its_notebook_kept(tmp_path: Path) -> None:
    render(tmp_path, "reference", "severe")
    broken = notebook_bytes(PARAMETERS, 'print("before")\n1 / (scenario == "severe")', PUBLISH)
    frame = render(tmp_path, "reference", "severe", notebook=broken)
    row = frame[frame["scenario"] == "reference"].iloc[0]
    assert (row["status"], row["cell"], row["error"]) == ("failed", 3, "ZeroDivisionError: division by zero")
    folder = tmp_path / "qingzhen" / "reference" / "zh"
    assert {p.name for p in folder.iterdir()} == {"failed.ipynb", ".stamp.json"}
    assert printed(folder, "failed.ipynb") == ["before"]
    assert frame[frame["scenario"] == "severe"]["status"].tolist() == ["ok"]
    assert batch.failures(frame) == ["qingzhen/reference/zh, cell 3: ZeroDivisionError: division by zero"]
    assert plan.read_stamp(folder)["error"] == {
        "kind": "ZeroDivisionError",
        "message": "division by zero",
        "cell": 3,
    }
    mended = render(tmp_path, "reference")
    assert mended["status"].tolist() == ["ok"]
    assert "failed.ipynb" not in {p.name for p in folder.iterdir()}


def test_bad_names_are_refused_all_at_once_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        render(
            tmp_path / "out",
            "sever",
            langs=["fr"],
            levers={"alumina_prize_2016": 1},
            grids={"alumina_price_2016": [1e9]},
            formats=["odt"],
        )
    text = str(caught.value)
    assert "did you mean 'severe'?" in text
    assert "did you mean 'alumina_price_2016'?" in text
    assert "unknown format 'odt'" in text
    assert len(caught.value.problems) == 5
    assert not (tmp_path / "out").exists()


def test_a_program_that_is_missing_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    with pytest.raises(InputError) as caught:
        render(tmp_path / "out", formats=["docx", "pdf"])
    assert [p.found.partition(",")[0] for p in caught.value.problems] == ["'docx'", "'pdf'"]
    assert "pip install pypandoc-binary" in str(caught.value)
    assert not (tmp_path / "out").exists()


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"e", b"E", 1))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def other(path: Path) -> None:
    path.write_text('["not", "a", "stamp"]')


@pytest.mark.parametrize("harm", [edit, cut, other, Path.unlink])
@pytest.mark.parametrize("name", [".stamp.json", "report.html", "results.parquet"])
def test_a_damaged_file_or_stamp_is_noticed_and_its_report_made_again(
    tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    render(tmp_path, "reference", "severe")
    path = tmp_path / "qingzhen/severe/zh" / name
    content = path.read_bytes()
    harm(path)
    assert render(tmp_path, "reference", "severe")["fresh"].tolist() == [True, False]
    assert path.read_bytes() == content or name == ".stamp.json"
    assert render(tmp_path, "reference", "severe")["fresh"].all()


def test_no_time_of_a_clock_matters(tmp_path: Path) -> None:
    render(tmp_path)
    for path in tmp_path.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert render(tmp_path)["fresh"].all()


def test_two_runs_into_one_folder_do_not_mix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # either thread may put back what it found, the other's; here it is put back last
    monkeypatch.setattr(plan, "report_notebook", lambda: NOTEBOOK)
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
    safe = plan.folder_name(name)
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
    assert len({plan.folder_name(n) for n in names}) == len(names)


def test_a_park_named_like_code_is_text_everywhere(tmp_path: Path) -> None:
    name = "x\"; import os; os._exit(1) #<script>alert(1)<'"
    park = copy_park(tmp_path, "qingzhen", name)
    look = (
        "from parkanalysis.model.case import read_parameters\n"
        "print(read_parameters(globals()).park.id == park, park)"
    )
    frame = render(tmp_path / "out", parks=[park], notebook=notebook_bytes(PARAMETERS, look))
    folder = tmp_path / "out" / frame["folder"][0]
    assert frame["status"].tolist() == ["ok"], frame["error"].tolist()
    assert printed(folder) == [f"True {name}"]
    assert "<script>alert" not in (folder / "report.html").read_text()
    assert folder.parent.parent.parent == tmp_path / "out"


def test_a_link_out_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out/qingzhen").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/qingzhen/severe").symlink_to(tmp_path / "elsewhere")
    frame = render(tmp_path / "out", "severe")
    assert frame["error"].tolist() == ["OSError: qingzhen/severe/zh leads out of the output folder"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_publishing_keeps_every_number(tmp_path: Path) -> None:
    cell = (
        "import pandas as pd\nfrom parkanalysis.rendering.notebook import publish\n"
        "publish(pd.DataFrame({'f': [0.1, 1 / 3, float('nan'), float('-inf')], 'n': [1, 2, 3, 4],\n"
        "    'b': [True, False, True, True], 's': ['铝', None, '=1+1', 'a']}))"
    )
    rendered = make(Work("", notebook_bytes("x = 1", cell), read_park("qingzhen"), {}), tmp_path)
    table = published(nbformat.reads(rendered.files["report.ipynb"].decode(), as_version=4))
    assert table == rendered.files["results.parquet"]
    frame = pd.read_parquet(io.BytesIO(table))
    expected = pd.DataFrame(
        {
            "f": [0.1, 1 / 3, float("nan"), float("-inf")],
            "n": [1, 2, 3, 4],
            "b": [True, False, True, True],
            "s": ["铝", None, "=1+1", "a"],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)


def test_parameter_names_never_become_code(tmp_path: Path) -> None:
    made = make(Work("", NOTEBOOK, read_park("qingzhen"), {"x=1;import os#": 1}), tmp_path)
    assert made.failure is not None
    assert made.failure.message.endswith("allowed: a Python name")


def test_an_installation_older_than_the_engine_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "ENGINE", "gone")
    made = make(Work("", NOTEBOOK, read_park("qingzhen"), {}), tmp_path)
    assert made.failure is not None
    assert made.failure.message.startswith("installation: found one that papermill knows no engine 'gone' of")


def test_a_park_is_read_once_a_run(tmp_path: Path) -> None:
    """Its files may vanish while the reports are made."""
    park = copy_park(tmp_path, "qingzhen")
    cell = (
        f"import shutil\nshutil.rmtree({str(park)!r}, ignore_errors=True)\n"
        "from parkanalysis.model.case import read_parameters\n"
        "print(read_parameters(globals()).park.value_added)"
    )
    frame = render(
        tmp_path / "out", "reference", "severe", parks=[park], notebook=notebook_bytes(PARAMETERS, cell)
    )
    assert frame["status"].tolist() == ["ok", "ok"], frame["error"].tolist()


def test_nothing_is_started_when_nothing_is_to_be_done(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    command = [sys.executable, "-m", "parkanalysis.cli", "report", "reference", "--lang", "en", "--out", out]
    code = (
        "import contextlib, sys\nfrom parkanalysis.cli import main\n"
        "with contextlib.suppress(SystemExit):\n    main(sys.argv[1:])\n"
        "heavy = ('multiprocessing.forkserver', 'papermill', 'matplotlib')\n"
        "print(*(m for m in heavy if m in sys.modules))"
    )
    subprocess.run([*command, "--draws", "100"], check=True, capture_output=True)
    again = [sys.executable, "-c", code, *command[3:], "--draws", "100"]
    done = subprocess.run(again, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ""


def test_a_report_leads_to_the_languages_that_lie_beside_it(tmp_path: Path) -> None:
    beside = tmp_path / "qingzhen" / "reference" / "en"
    beside.mkdir(parents=True)
    (beside / "report.html").write_text("<p>report</p>")
    order = plan.Order(["reference"], ["zh"])
    (work,) = plan.plan({"qingzhen": read_park("qingzhen")}, order, tmp_path)
    assert work.langs == ("zh", "en")
