"""The wheel holds what a user without a checkout needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {
    "data/qingzhen": "parkanalysis/data/qingzhen",
    "notebooks": "parkanalysis/notebooks",
    "parkanalysis": "parkanalysis",
}


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    out = tmp_path_factory.mktemp("wheel")
    # hatchling is installed, so that no builder has to be fetched
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_a_folder_is_in_the_wheel(names, folder):
    kept = {".pyc", ".pot", ".mo"}
    files = [
        p.relative_to(ROOT / folder).as_posix()
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and p.suffix not in kept and not any(part.startswith(".") for part in p.parts[-2:])
    ]
    assert files
    missing = [f for f in files if f"{FOLDERS[folder]}/{f}" not in names]
    assert not missing


def test_no_test_is_in_the_wheel(names):
    assert "parkanalysis/cli.py" in names
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/", "scripts/"))]
