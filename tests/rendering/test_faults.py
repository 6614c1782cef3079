"""Faults: killed or told to stop at any moment, a full disk, a folder that may not be written."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_notebooks import LEVER, alive, render, wait_until

from parkanalysis.errors import InputError
from parkanalysis.rendering.plan import read_stamp
from parkanalysis.report.pages import STAMP

PRICES = [1400 + 10 * n for n in range(20)]
HERE = Path(__file__).resolve().parent
RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from small_notebooks import LEVER, NOTEBOOK, PARAMETERS, notebook_bytes, render
from parkanalysis.rendering import batch, plan, pool
plan.installation = lambda: "installed"
pool.WARM = "COLD"  # no whole report to warm up with: quicker, and enough for small notebooks
pool.PRELOAD += ["papermill", "pyarrow.parquet", "matplotlib_inline.backend_inline"]
batch.write_index = lambda out, parks: None
first, last, cell = int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
notebook = notebook_bytes(PARAMETERS, cell) if cell else NOTEBOOK
frame = render(Path(sys.argv[2]), grids={LEVER: list(range(first, last + 1, 10))}, notebook=notebook)
frame.to_json(sys.argv[2] + ".json", orient="records")
"""


def start(out: Path, temporary: Path, count: int = len(PRICES), cell: str = "") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, HERE, out, PRICES[0], PRICES[count - 1], cell]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.Popen([str(c) for c in command], env=environment, stderr=subprocess.PIPE)


def finish(out: Path, temporary: Path, count: int = len(PRICES)) -> pd.DataFrame:
    process = start(out, temporary, count)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    return pd.read_json(f"{out}.json", orient="records")


def descendants(pid: int) -> list[int]:
    """Processes below one, the nearest first; those of the fork server among them."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = list(children.get(pid, ()))
    for child in found:
        found += children.get(child, ())
    return found


def whole(path: Path) -> bool:
    """Whether a file is as long as it should be, by its own format."""
    content = path.read_bytes()
    if path.suffix == ".html":
        return content.rstrip().endswith(b"</html>")
    if path.suffix in (".json", ".ipynb"):
        return isinstance(json.loads(content), dict)
    return content.startswith(b"PAR1") and content.endswith(b"PAR1")


def finished(out: Path) -> dict[str, int]:
    """Folders of reports that their stamps call finished, with the age of their stamps."""
    folders = (path.parent for path in out.glob(f"qingzhen/*/zh/{STAMP}"))
    return {f.parent.name: (f / STAMP).stat().st_mtime_ns for f in folders if read_stamp(f)}


def killed_at_random_moments(out: Path, temporary: Path, times: int, longest: float) -> None:
    """Kill the run, its fork server or one of its reports; then let a run come to its end."""
    chance = random.Random(times)
    for _ in range(times):
        known = finished(out)
        process = start(out, temporary)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.5, longest))
        below = descendants(process.pid)
        victim = chance.choice([process.pid, *below[:1], *below])
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        process.kill()
        process.communicate()
        wait_until(lambda: not any(alive(p) for p in below))  # noqa: B023
        visible = (p for p in out.rglob("*.*") if p.is_file() and not p.name.startswith("."))
        assert all(whole(p) for p in visible)
        assert known.items() <= finished(out).items(), "a finished report was made again"
    known = finished(out)
    last = finish(out, temporary)
    assert set(last["status"]) == {"ok"}
    assert last["fresh"].sum() == len(known)
    assert not list(temporary.iterdir())  # what kills left behind, the next run took away
    assert not list(out.rglob(".*.tmp"))
    loaded = [pd.read_parquet(path) for path in out.rglob("results.parquet")]
    assert len(loaded) == len(PRICES)
    assert {value for frame in loaded for value in frame["value"]} == {2016 / 3}
    notebooks = {p.parent.parent.name: p.read_text() for p in out.rglob("report.ipynb")}
    assert all(f"{LEVER} = {name.rpartition('=')[2]}" in text for name, text in notebooks.items())


@pytest.mark.slow
def test_a_run_killed_at_random_moments_goes_on_where_it_was(tmp_path: Path, temporary: Path) -> None:
    killed_at_random_moments(tmp_path / "out", temporary, 3, 9.0)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
@pytest.mark.whole
def test_a_signal_ends_all_at_once_with_one_line_and_leaves_nothing(
    tmp_path: Path, temporary: Path, name: str
) -> None:
    out = tmp_path / "out"
    cold = "from parkanalysis.rendering import pool; pool.WARM = 'COLD'; "
    cold += "from parkanalysis import cli; cli.main()"
    command = [sys.executable, "-c", cold, "report", "--out", str(out)]
    process = subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(temporary)}, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until(lambda: bool(list(temporary.glob("*/[0-9]*"))))
    below = descendants(process.pid)
    os.killpg(process.pid, getattr(signal, name))  # as a terminal does
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + getattr(signal, name)
    assert said.decode().splitlines() == [f"stopped by {name}"]
    assert not list(temporary.iterdir())
    wait_until(lambda: not any(alive(p) for p in below))
    assert not list(out.rglob(".*.tmp"))


def test_a_full_disk_leaves_no_half_file_and_a_rerun_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, chance = os.fsync, itertools.count(1)

    def full(descriptor: int) -> None:
        if next(chance) % 2 == 0:  # the second of a report's files
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        frame = render(tmp_path, grids={LEVER: PRICES[:5]})
    assert set(frame["status"]) == {"failed"}
    assert frame["error"].str.contains("No space left on device").all()
    assert frame["error"].str.contains("not tried").any()
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.name != ".lock"] == []
    assert set(render(tmp_path, grids={LEVER: PRICES[:5]})["status"]) == {"ok"}


def test_an_output_folder_that_may_not_be_written_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out, said in ((tmp_path / "file" / "out", "Not a directory"), (Path("/proc/out"), "No such file")):
        with pytest.raises(InputError, match=said):
            render(out)


def test_no_temporary_folder_is_said_plainly(tmp_path: Path) -> None:
    code = (
        "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/proc/none']\n"
        "from parkanalysis.rendering import pool\n"
        "try:\n    pool.scratch()\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("InputError temporary folder: found none that can be written to")


@pytest.mark.slow
def test_the_fork_server_killed_in_the_middle_is_started_again(tmp_path: Path, temporary: Path) -> None:
    process = start(tmp_path / "out", temporary, 6, "import time\ntime.sleep(1)")
    wait_until(lambda: bool(list(temporary.glob("*/[0-9]*"))))
    for pid in descendants(process.pid):
        with contextlib.suppress(OSError):
            if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
                break
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    assert set(pd.read_json(tmp_path / "out.json", orient="records")["status"]) == {"ok"}
