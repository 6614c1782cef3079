"""Reports on a real scheduler and workers, each a process of its own on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_notebooks import PARAMETERS, PUBLISH, notebook_bytes, render, wait_until

from parkanalysis.errors import InputError
from parkanalysis.rendering import pool

NOTEBOOK = notebook_bytes(PARAMETERS, "import time\ntime.sleep(0.5)", PUBLISH)


class Cluster:
    """A scheduler and two workers without a nanny: one that is killed stays dead."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = (folder / "log").open("wb")
        self.start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-show")
        wait_until(self.file.exists)
        for number in range(2):
            (folder / str(number)).mkdir()
            self.start(
                "worker",
                *("--nthreads", "1", "--no-nanny"),
                *("--local-directory", str(folder / str(number))),
            )
        import json

        self.address: str = json.loads(self.file.read_text())["address"]

    def start(self, kind: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, "--scheduler-file", str(self.file)]
        self.processes.append(
            subprocess.Popen(
                [*command, "--no-dashboard", *arguments], stdout=self.log, stderr=subprocess.STDOUT
            )
        )

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("dask"))
    yield running
    running.stop()


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.glob("*/*/*/r*")}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_lost_worker_costs_a_retry_and_all_is_as_on_one_machine(tmp_path: Path, dask: Cluster) -> None:
    grids = {"alumina_price_2016": [1500, 1550, 1600, 1650, 1700, 1750]}
    out = tmp_path / "out"

    def lose_one() -> None:
        wait_until(lambda: any(out.glob("*/*/*/report.ipynb")), 90)
        os.kill(dask.processes[1].pid, signal.SIGKILL)

    thread = threading.Thread(target=lose_one)
    thread.start()
    frame = render(out, notebook=NOTEBOOK, grids=grids, dask=dask.address)
    thread.join()
    assert frame["status"].tolist() == ["ok"] * 6, frame["error"].tolist()
    render(tmp_path / "local", notebook=NOTEBOOK, grids=grids)
    assert files(out) == files(tmp_path / "local")
    again = render(out, notebook=NOTEBOOK, grids=grids)
    assert again["fresh"].all()
    failed = render(out, notebook=notebook_bytes(PARAMETERS, "1 / 0"), dask=dask.address)
    assert failed["error"].tolist() == ["ZeroDivisionError: division by zero"]
    assert failed["cell"].tolist() == [3]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_worker_with_another_installation_makes_no_report(
    tmp_path: Path, dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "installation", lambda: "another")
    frame = render(tmp_path, notebook=NOTEBOOK, dask=dask.address)
    assert frame["error"].str.startswith("Installation: the worker has another version").all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_scheduler_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CONNECT_SECONDS", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(InputError, match="no scheduler at"):
            render(tmp_path, dask=address)
