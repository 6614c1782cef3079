"""Processes of reports: fresh every time, warm, ended with all they started, tried again when they vanish."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_notebooks import PARAMETERS, alive, notebook_bytes, printed, render, wait_until

from parkanalysis.rendering import pool

LEAVE_TRACES = """
import os, sys, pandas, builtins, random, numpy
builtins.trace = pandas.trace = sys.trace = True
os.environ["TRACE"] = "1"
os.chdir("/")
pandas.options.display.max_rows = 3
"""
LOOK_FOR_TRACES = """
import os, sys, pandas, builtins, random, numpy
print([hasattr(m, "trace") for m in (builtins, pandas, sys)], os.environ.get("TRACE"))
print(os.getcwd() == "/", pandas.options.display.max_rows)
print(os.getpid(), random.random(), numpy.random.random())
"""


def test_nothing_set_in_one_report_is_seen_in_the_next(tmp_path: Path) -> None:
    cell = f"if scenario == 'severe':\n{LEAVE_TRACES.replace(chr(10), chr(10) + '    ')}\n{LOOK_FOR_TRACES}"
    render(tmp_path, "severe", notebook=notebook_bytes(PARAMETERS, cell))
    render(tmp_path, "reference", notebook=notebook_bytes(PARAMETERS, cell))
    first, second = (printed(tmp_path / "qingzhen" / name / "zh") for name in ("severe", "reference"))
    assert first[:2] == ["[True, True, True] 1", "True 3"]
    assert second[:2] == ["[False, False, False] None", "False 60"]
    pid, drawn, drawn_numpy = (set(pair) for pair in zip(first[2].split(), second[2].split(), strict=True))
    assert len(pid) == len(drawn) == len(drawn_numpy) == 2


def test_a_report_s_process_is_warm_and_its_files_lie_in_its_own_folder(tmp_path: Path) -> None:
    cell = (
        "import os, sys, tempfile\nprint('scipy.stats' in sys.modules)\n"
        "print(os.path.realpath(tempfile.gettempdir()) == os.path.realpath(os.getcwd()))"
    )
    render(tmp_path, notebook=notebook_bytes(PARAMETERS, cell))
    assert printed(tmp_path / "qingzhen/reference/zh") == ["True", "True"]


@pytest.mark.parametrize("how", ["os._exit(3)", "os.killpg(0, signal.SIGKILL)"])
def test_a_vanished_process_gets_another_chance_then_is_told(tmp_path: Path, how: str) -> None:
    once = (
        "import os, signal, pathlib\n"
        f"mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
        f"if {{again}} or not mark.exists():\n    mark.touch()\n    {how}"
    )
    cells = notebook_bytes(PARAMETERS, once.replace("{again}", "False"))
    assert render(tmp_path / "out", notebook=cells)["status"].tolist() == ["ok"]
    cells = notebook_bytes(PARAMETERS, once.replace("{again}", "True"))
    frame = render(tmp_path / "out", notebook=cells)
    by = "exit status 3" if "exit" in how else "signal 9"
    assert frame["error"].tolist() == [f"Killed: the report's process ended by {by}, twice"]


def test_a_cell_that_never_returns_is_ended(tmp_path: Path) -> None:
    cells = notebook_bytes(PARAMETERS, "import time\nprint(1, flush=True)\nwhile True: time.sleep(1)")
    frame = render(tmp_path, notebook=cells, timeout=2)
    assert frame["error"].tolist() == ["Timeout: no result within 2 s"]
    assert frame["cell"].tolist() == [3]
    assert printed(tmp_path / "qingzhen/reference/zh", "failed.ipynb") == ["1"]


def test_a_cell_deaf_to_its_time_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE", 0.5)
    deaf = "import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: time.sleep(1)"
    frame = render(tmp_path, notebook=notebook_bytes(PARAMETERS, deaf), timeout=1)
    assert frame["error"].tolist() == ["Timeout: no result within 1 s"]


def test_nothing_is_left_of_what_a_cell_started(tmp_path: Path) -> None:
    starts = (
        "import subprocess, tempfile\n"
        "process = subprocess.Popen(['sleep', '600'])\ntempfile.mkstemp()\nprint(process.pid)"
    )
    frame = render(tmp_path, "reference", "severe", notebook=notebook_bytes(PARAMETERS, starts))
    assert set(frame["status"]) == {"ok"}
    for folder in frame["folder"]:
        (pid,) = printed(tmp_path / folder)
        wait_until(lambda pid=int(pid): not alive(pid))  # type: ignore[misc]
    assert not list(Path(pool.scratch()).glob("[0-9]*"))


def test_folders_of_dead_runs_are_swept_and_those_in_use_are_not(temporary: Path) -> None:
    code = "import os\nfrom parkanalysis.rendering import pool\nprint(pool.scratch(), flush=True)\n"
    environment = {**os.environ, "TMPDIR": str(temporary)}

    def started(then: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code + then],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            env=environment,
        )

    running = started("input()")
    kept = Path(running.stdout.readline().strip())  # type: ignore[union-attr]
    dead = started("os._exit(1)")
    left = Path(dead.communicate()[0].strip())
    assert kept.is_dir()
    assert left.is_dir()
    subprocess.run(
        [sys.executable, "-c", "from parkanalysis.rendering import pool\npool.sweep()"],
        env=environment,
        check=True,
    )
    assert list(temporary.iterdir()) == [kept]
    running.communicate("\n")
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nsys.path.insert(0, " + repr(str(Path(__file__).parent)) + ")\n"
        "from pathlib import Path\nfrom small_notebooks import render\n"
        "from parkanalysis.rendering import batch, pool\npool.WARM = 'COLD'\n"
        "batch.write_index = lambda *_: None\nprint('ran')\n"
        f"print(render(Path({str(tmp_path / 'out')!r}))['status'].tolist())\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["ran", "['ok']"], done.stderr
