"""Warm kernels: fresh every time, served through Jupyter's own doors, gone when done."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from rendering import alive, notebook, printed, wait_until

from parkanalysis.rendering import kernels, report
from parkanalysis.rendering.kernel_manager import WarmKernelManager

LEAVE_TRACES = """
import os, sys, pandas, builtins, tempfile, random, numpy
builtins.trace = pandas.trace = sys.trace = True
os.environ["TRACE"] = "1"
os.chdir("/")
pandas.options.display.max_rows = 3
trace = 1
"""
LOOK_FOR_TRACES = """
import os, sys, pandas, builtins, random, numpy
print([hasattr(m, "trace") for m in (builtins, pandas, sys)], "trace" in globals(), os.environ.get("TRACE"))
print(os.getcwd() == "/", pandas.options.display.max_rows)
print(os.getpid(), random.random(), numpy.random.random())
"""


def test_nothing_set_in_one_report_is_seen_in_the_next(tmp_path: Path) -> None:
    traces = notebook(tmp_path / "traces.ipynb", "x = 1", LEAVE_TRACES + LOOK_FOR_TRACES)
    look = notebook(tmp_path / "look.ipynb", "x = 1", LOOK_FOR_TRACES)
    assert report.render_one(traces, {}, tmp_path / "a").failure is None
    assert report.render_one(look, {}, tmp_path / "b").failure is None
    first, second = printed(tmp_path / "a"), printed(tmp_path / "b")
    assert first[:2] == ["[True, True, True] True 1", "True 3"]
    assert second[:2] == ["[False, False, False] False None", "False 60"]
    pid, drawn, drawn_numpy = (set(pair) for pair in zip(first[2].split(), second[2].split(), strict=True))
    assert len(pid) == len(drawn) == len(drawn_numpy) == 2


def test_the_kernel_is_forked_and_warm(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "a.ipynb",
        "x = 1",
        "import multiprocessing, sys\nprint('scipy.stats' in sys.modules)",
        "print(multiprocessing.parent_process() is not None, get_ipython().kernel.parent.transport)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    )
    assert report.render_one(path, {}, tmp_path / "out").failure is None
    assert printed(tmp_path / "out") == ["True", "True ipc"]
    assert "image/png" in (tmp_path / "out" / report.NOTEBOOK).read_text()


def test_plain_papermill_and_nbclient_use_it_by_name(tmp_path: Path) -> None:
    import papermill
    from nbclient import execute

    cell = "import multiprocessing as m\nprint(m.parent_process() is not None, x)"
    path = notebook(tmp_path / "a.ipynb", "x = 1", cell)
    papermill.execute_notebook(
        path, tmp_path / "b.ipynb", {"x": 2}, kernel_name=kernels.KERNEL, progress_bar=False
    )
    assert printed(tmp_path, "b.ipynb") == ["True 2"]
    node = execute(nbformat.read(path, as_version=4), kernel_name=kernels.KERNEL)
    assert node.cells[1].outputs[0].text == "True 1\n"


def test_nbval_uses_it_by_name(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "a.ipynb", "x = 1", "import multiprocessing as m\nprint(m.parent_process() is None)"
    )
    node = nbformat.read(path, as_version=4)
    node.cells[1].outputs = [nbformat.v4.new_output("stream", text="False\n")]
    for count, cell in enumerate(node.cells, 1):
        cell.execution_count = count
    nbformat.write(node, path)
    command = ["--nbval", "--nbval-kernel-name", kernels.KERNEL, "-q", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stdout


def test_an_ordinary_kernel_where_fork_is_not_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kernels, "available", lambda: False)
    path = notebook(
        tmp_path / "a.ipynb", "x = 1", "import multiprocessing as m\nprint(m.parent_process() is None)"
    )
    assert report.render_one(path, {}, tmp_path / "out").failure is None
    assert printed(tmp_path / "out") == ["True"]
    assert "ordinary kernel" in caplog.text


def test_interrupt_restart_and_kill() -> None:
    async def scenario() -> tuple[str, int, Path]:
        manager = WarmKernelManager()
        await manager.start_kernel()
        folder = Path(manager.connection_file).parent
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        client.execute("import time; print('go', flush=True); time.sleep(60)")
        while (await client.get_iopub_msg(timeout=30))["msg_type"] != "stream":
            pass
        await manager.interrupt_kernel()
        reply = await client.get_shell_msg(timeout=30)
        await manager.restart_kernel(now=True)
        await client.wait_for_ready(timeout=60)
        pid = manager.provisioner.pid
        await manager.shutdown_kernel(now=True)
        client.stop_channels()
        return reply["content"]["ename"], pid, folder

    # a thread of its own: a browser driven by another test keeps an event loop in this one
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        ename, pid, folder = pool.submit(lambda: asyncio.run(scenario())).result()
    assert ename == "KeyboardInterrupt"
    wait_until(lambda: not alive(pid))
    assert not folder.exists()


OWNER = """
import asyncio, sys, time
from parkanalysis.rendering import kernels
from parkanalysis.rendering.kernel_manager import WarmKernelManager
kernels.PRELOAD = []
async def main():
    manager = WarmKernelManager()
    await manager.start_kernel()
    print(manager.provisioner.pid, manager.provisioner.folder, flush=True)
    time.sleep(60)
asyncio.run(main())
"""


def test_a_kernel_ends_with_its_killed_owner_and_leaves_no_sockets() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        pid, folder = owner.stdout.readline().split()
        wait_until(lambda: (Path(folder) / "k-1").exists())
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
    wait_until(lambda: not alive(int(pid)) and not Path(folder).exists())


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    path = notebook(tmp_path / "a.ipynb", "x = 1")
    script.write_text(
        "from parkanalysis import kernels, report\nkernels.PRELOAD = []\nprint('ran')\n"
        f"print(report.render_one({str(path)!r}, {{}}, {str(tmp_path / 'out')!r}).failure)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["ran", "None"], done.stderr


def test_a_kernel_gives_back_its_semaphores(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "import multiprocessing\nlock = multiprocessing.RLock()")
    command = ["-k", kernels.KERNEL, "--no-progress-bar", str(path), str(tmp_path / "b.ipynb")]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "leaked" not in done.stderr
