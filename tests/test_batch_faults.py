"""Faults: a run killed at any moment, a full disk, a folder that may not be written, Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import multiprocessing.util
import os
import random
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from rendering import PARAMETERS, PUBLISH, alive, notebook_bytes, wait_until

from parkanalysis.errors import InputError
from parkanalysis.rendering import batch, kernels, manifest, tasks

NOTEBOOK = notebook_bytes(PARAMETERS, PUBLISH)
SEEDLESS = {"notebook": NOTEBOOK, "langs": ["zh"], "progress": False, "jobs": 2}
PRICES = [1400 + 10 * n for n in range(20)]


@pytest.fixture(autouse=True)
def _no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page over all reports expects results of projections, not of these notebooks."""
    monkeypatch.setattr(batch, "_write_index", lambda out, parks: None)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a path short enough for sockets."""
    multiprocessing.util.get_temp_dir()  # the fork server's own folder, made once, must not come to lie in it
    with tempfile.TemporaryDirectory(prefix="pk") as folder:
        yield Path(folder)


def run_batch(out: str, temporary: str, prices: list[int], **more: object) -> None:
    """Body of a run in a process of its own; its result goes to a file beside the output."""
    tasks.installation_hash = lambda: "installed"  # type: ignore[assignment]
    batch._write_index = lambda out, parks: None  # type: ignore[assignment]
    tempfile.tempdir = temporary
    grids = {"alumina_price_2016": prices}
    frame = batch.render("reference", grids=grids, out=out, **{**SEEDLESS, **more})  # type: ignore[arg-type]
    frame.to_json(f"{out}.json", orient="records")


def interrupted_run(out: str, temporary: str, prices: list[int]) -> None:
    """A run that Ctrl-C stops, as it does in the foreground."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_batch(out, temporary, prices, notebook=notebook_bytes(PARAMETERS, "import time\ntime.sleep(60)"))
    except KeyboardInterrupt:
        Path(f"{out}.stopped").touch()


def limited_run(out: str, temporary: str, prices: list[int], size: int) -> None:
    """A run that may write no file above ``size`` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    render = batch.render

    def then_free(*args: object, **more: object) -> pd.DataFrame:
        frame = render(*args, **more)  # type: ignore[arg-type]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return frame

    batch.render = then_free
    run_batch(out, temporary, prices)


def outcome(out: Path) -> pd.DataFrame:
    return pd.read_json(f"{out}.json", orient="records")


def whole(path: Path) -> bool:
    """Whether a file is as long as it should be, by its own format."""
    content = path.read_bytes()
    if path.suffix == ".html":
        return content.rstrip().endswith(b"</html>")
    if path.suffix in (".json", ".ipynb"):
        return isinstance(json.loads(content), dict)
    return content.startswith(b"PAR1") and content.endswith(b"PAR1")


def finished(out: Path) -> dict[str, int]:
    """Folders of reports that are complete, with the age of their notebooks."""
    found = {}
    for folder in out.glob("qingzhen/*/zh"):
        names = {p.name for p in folder.iterdir() if not p.name.startswith(".")}
        if names == {"report.ipynb", "report.html", "results.parquet"}:
            found[folder.parent.name] = max(p.stat().st_mtime_ns for p in folder.iterdir())
    return found


def killed_at_random_moments(tmp_path: Path, temporary: Path, times: int, longest: float) -> None:
    out, chance = tmp_path / "out", random.Random(times)
    for _ in range(times):
        known = finished(out)
        process = kernels.fork(run_batch, str(out), str(temporary), PRICES)
        assert process.pid is not None
        process.join(chance.uniform(0.05, longest))
        with contextlib.suppress(ProcessLookupError):  # it may have got to its end
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert all(whole(p) for p in out.rglob("*.*") if p.is_file() and not p.name.startswith("."))
        assert known.items() <= finished(out).items(), "a finished report was made again"
    known = finished(out)
    run_batch(str(out), str(temporary), PRICES)
    assert known.items() <= finished(out).items()
    last = outcome(out)
    assert set(last["status"]) == {"ok"}
    assert last["fresh"].sum() == len(known)
    wait_until(lambda: not list(temporary.iterdir()))  # what a kill left behind, the next run took away
    assert not list(out.rglob(".*.part"))
    loaded = batch.results(out)
    assert len(loaded) == len(PRICES)
    assert set(loaded["value"]) == {2016 / 3}
    notebooks = {p.parent.parent.name: p.read_text() for p in out.rglob("report.ipynb")}
    assert all(f"alumina_price_2016 = {name.rpartition('=')[2]}" in text for name, text in notebooks.items())


def test_a_run_killed_at_random_moments_goes_on_where_it_was(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "installation_hash", lambda: "installed")
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    killed_at_random_moments(tmp_path, temporary, 3, 2.0)


@pytest.mark.slow
def test_a_run_killed_at_thirty_random_moments(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "installation_hash", lambda: "installed")
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    killed_at_random_moments(tmp_path, temporary, 30, 1.5)


def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    out = tmp_path / "out"
    process = kernels.fork(interrupted_run, str(out), str(temporary), PRICES)
    assert process.pid is not None
    wait_until(lambda: len(list(temporary.glob("*/*/k-1"))) == 2, 60)
    os.kill(process.pid, signal.SIGINT)
    process.join(20)
    assert process.exitcode == 0
    assert Path(f"{out}.stopped").exists()
    assert not list(temporary.iterdir())
    assert not (out / "qingzhen" / manifest.JOURNAL).exists()


def test_a_full_disk_leaves_no_half_file_and_a_rerun_completes(tmp_path: Path, temporary: Path) -> None:
    out = tmp_path / "out"
    process = kernels.fork(limited_run, str(out), str(temporary), PRICES[:6], 1_500)
    process.join()
    frame = outcome(out)
    assert set(frame["status"]) == {"failed"}
    assert frame["error"].str.contains("File too large").all()
    assert frame["error"].str.contains("not tried").any()
    assert [p for p in out.rglob("*") if p.is_file() and p.name not in (".lock", "manifest.json")] == []
    kernels.fork(run_batch, str(out), str(temporary), PRICES[:6]).join()
    assert set(outcome(out)["status"]) == {"ok"}


def test_an_output_folder_that_may_not_be_written_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out, said in ((tmp_path / "file" / "out", "Not a directory"), (Path("/proc/out"), "No such file")):
        with pytest.raises(InputError, match=said):
            batch.render("reference", out=out, **SEEDLESS)  # type: ignore[arg-type]


def test_a_folder_that_becomes_read_only_fails_its_report_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(manifest, "store", refuse)
    frame = batch.render(["reference", "severe"], out=tmp_path, **SEEDLESS)  # type: ignore[arg-type]
    assert set(frame["status"]) == {"failed"}
    assert frame["error"].str.contains("Permission denied").all()


def children_of_server() -> set[int]:
    server = kernels._server()._forkserver_pid
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == server and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_nothing_is_left_of_what_a_cell_started(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    starts = (
        "import subprocess, tempfile, pathlib\n"
        "process = subprocess.Popen(['sleep', '600'])\n"
        "tempfile.mkstemp()\nprint(process.pid)"
    )
    given = {**SEEDLESS, "notebook": notebook_bytes(PARAMETERS, starts)}
    before = children_of_server()
    frame = batch.render(["reference", "severe"], out=tmp_path / "out", **given)  # type: ignore[arg-type]
    assert set(frame["status"]) == {"ok"}
    for page in (tmp_path / "out").rglob("report.ipynb"):
        text = json.loads(page.read_text())["cells"][-1]["outputs"][0]["text"][0]
        wait_until(lambda pid=int(text): not alive(pid))  # type: ignore[misc]
    assert not list(temporary.iterdir())
    wait_until(lambda: children_of_server() <= before)


@pytest.mark.slow
def test_the_fork_server_killed_in_the_middle_is_started_again(tmp_path: Path) -> None:
    batch.render("reference", out=tmp_path / "a", **SEEDLESS)  # type: ignore[arg-type]
    server = kernels._server()._forkserver_pid
    threading.Thread(target=lambda: (time.sleep(0.2), os.kill(server, signal.SIGKILL))).start()
    frame = batch.render(["reference", "severe", "combined"], out=tmp_path / "b", **SEEDLESS)  # type: ignore[arg-type]
    assert set(frame["status"]) == {"ok"}, frame["error"].tolist()
