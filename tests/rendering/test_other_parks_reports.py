"""Reports of parks unlike the shipped one, from a folder and from a workbook, with a name full of signs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from lxml import html
from parkfiles import PARKS, copy_park

from parkanalysis.park.new import create

NAME = '=1+1 <script>alert("x")</script> 園🏭'


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    create(folder / "book.xlsx", name=NAME)
    copy_park(folder, PARKS / "harbour", "a; <i>港湾")
    parks = [PARKS / "tiny", folder / "book.xlsx", folder / "a; <i>港湾"]
    # as a user does, in a process and with a fork server of its own
    command = [
        sys.executable,
        "-m",
        "parkanalysis.cli",
        "report",
        "reference",
        "--lang",
        "en",
        "--draws",
        "500",
    ]
    command += [part for park in parks for part in ("--park", str(park))]
    done = subprocess.run([*command, "--out", str(folder / "out")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.mark.slow
def test_reports_results_and_index_of_all_parks(rendered):
    assert len(list(rendered.rglob("report.html"))) == 3
    assert len(list(rendered.rglob("results.xlsx"))) == 3
    frames = [pd.read_parquet(f) for f in rendered.rglob("results.parquet")]
    assert all(len(frame) for frame in frames)
    assert (rendered / "index.html").is_file()


@pytest.mark.slow
def test_a_name_full_of_signs_is_shown_and_never_run(rendered):
    (page,) = rendered.glob("book/**/report.html")
    tree = html.parse(str(page))
    assert not [s for s in tree.iter("script") if "alert" in (s.text or "")]
    assert NAME in "".join(tree.getroot().itertext())
    (other,) = [p for p in rendered.rglob("report.html") if p.parts[-4].startswith("a")]
    assert rendered in other.parents
