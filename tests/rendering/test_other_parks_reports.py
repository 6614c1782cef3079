"""Reports of parks unlike the shipped one, from a folder and from a workbook, with a name full of signs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from lxml import html
from parkfiles import PARKS, copy_park

from parkanalysis.model.compare import read_parks
from parkanalysis.park.new import create
from parkanalysis.rendering import batch
from parkanalysis.rendering.plan import Order

NAME = '=1+1 <script>alert("x")</script> 園🏭'


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    create(folder / "book.xlsx", name=NAME)
    copy_park(folder, PARKS / "harbour", "a; <i>港湾")
    parks = [PARKS / "tiny", folder / "book.xlsx", folder / "a; <i>港湾"]
    order = Order(["reference"], ["en"], draws=500, formats=["xlsx"])
    manifest = batch.render(order, read_parks(parks), folder / "out", jobs=2)
    assert set(manifest["status"]) == {"ok"}, manifest["error"].tolist()
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
