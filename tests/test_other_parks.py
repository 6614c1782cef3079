"""Parks unlike the one that ships: every door opens for them, and nothing of that one stands in the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from parkfiles import PARKS

from parkanalysis.model.projection import project
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import park_path, read_park
from parkanalysis.report import results

ROOT = Path(__file__).parent.parent
FOLDERS = {"harbour": PARKS / "harbour", "tiny": PARKS / "tiny", "template": TEMPLATE}
CASES = [(name, s) for name, folder in FOLDERS.items() for s in read_park(folder).scenarios]


def run(name, scenario, draws=4096):
    return project(read_park(FOLDERS[name]), scenario, draws=draws)


@pytest.mark.parametrize(("name", "scenario"), CASES)
def test_every_scenario_gives_numbers_that_add_up(name, scenario):
    projection = run(name, scenario)
    assert np.isfinite(projection.draws).all()
    assert (projection.draws > 0).all()
    steps = projection.contributions()
    gap = projection.draws.mean() - projection.park.value_added
    assert steps["mean"].sum() == pytest.approx(gap, abs=1e-9)
    assert projection.target_risk([0.0])["probability"].iloc[0] == 1


@pytest.mark.parametrize(("name", "scenario"), CASES)
def test_results_as_data(name, scenario):
    projection = run(name, scenario, draws=512)
    tidy = results.tidy(projection)
    assert len(tidy)
    assert len(results.iamc(tidy))


def test_amounts_in_ten_thousand_yuan_are_the_same_amounts():
    park = read_park(PARKS / "harbour")
    parts = project(park, "reference", draws=1)
    levers = [i.value_added for i in park.config.industries.values() if i.value_added]
    assert all(park.levers[name].unit == "CNY_10k" for name in levers)
    # 3% above the sum of the parts, in 亿元: tens, not hundreds of thousands
    assert 50 < parts.park.value_added < 200
    assert parts.median > parts.park.value_added


def test_rationing_costs_its_share_of_the_year():
    park = read_park(PARKS / "harbour")
    # one industry runs at 75% for one month of twelve, another for three, a third at 85% for two
    before, after = (project(park, s, draws=1) for s in ("reference", "rationing"))
    by = after.contributions(by="industry")["mean"] - before.contributions(by="industry")["mean"]
    hit = {k: v for k, v in by.items() if abs(v) > 1e-12}
    assert set(hit) == {"ceramics", "electronics", "paper"}
    shares = {"electronics": 0.25 / 12, "ceramics": 0.25 * 3 / 12, "paper": 0.15 * 2 / 12}
    level = before.contributions(by="both")["mean"].groupby("industry").sum()
    growth = before.median / park.value_added
    for name, share in shares.items():
        base = level[name] / (growth - 1) * growth
        assert hit[name] == pytest.approx(-share * base, rel=1e-6)


def test_a_closure_costs_the_months_that_it_lasts():
    # 0.5 of 3.2 亿元 closes in April: nine months of twelve, at the growth beside the shocks
    closed, open_ = (run("tiny", s, draws=1) for s in ("closure", "reference"))
    growth = open_.median / 3.2
    assert 0.98 < growth < 1.08
    assert open_.median - closed.median == pytest.approx(0.5 * 9 / 12 * growth)


def test_two_points_make_a_wide_interval():
    low, high = run("tiny", "reference").interval(0.8)
    assert high - low > 0.1 * 3.2


def _own_words() -> list[str]:
    """Names and figures that belong to the shipped park alone."""
    park = read_park("qingzhen")
    config = park.config
    items = [*config.products.items(), *config.plants.items()]
    words = {w for key, item in items for w in (key, item.name["zh"], item.name["en"])}
    words |= {w for w in re.findall(r"[A-Z][a-z]+", config.name["en"]) if w not in ("Economic", "Zone")}
    words |= {"清镇", "贵阳", "贵州", "Guiyang"} - {"Development"}
    decimals = {m for q in park.figures["quantity"] for m in re.findall(r"\d+\.\d{2,}", q)}
    generic = {"Development", "Qingzhen", "other", "Electricity", "electricity", "电"}
    return sorted((words | decimals) - generic)


def _texts() -> dict[str, str]:
    """Code, templates and catalogues; of notebooks the sources, since outputs show the default park.

    Examples of docstrings are left out: they may show what the default park gives.
    """
    suffixes = {".py", ".po", ".j2", ".html", ".css", ".js", ".json", ".yml", ".csv", ".md"}
    files = [p for p in (ROOT / "parkanalysis").rglob("*") if p.suffix in suffixes]
    examples = re.compile(r'\n *Examples\n *-+\n.*?(?=""")', re.DOTALL)
    texts = {
        str(p.relative_to(ROOT)): examples.sub(
            lambda m: "\n" * m[0].count("\n"), p.read_text(encoding="utf-8")
        )
        for p in files
    }
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        texts[f"notebooks/{file.name}"] = "\n".join("".join(c["source"]) for c in cells)
    return texts


def test_nothing_of_the_shipped_park_stands_in_the_code():
    words = _own_words()
    assert "37.01" in words
    assert "alumina" in words
    pattern = re.compile("|".join(rf"(?<![\d.]){re.escape(w)}(?!\d)" for w in words), re.IGNORECASE)
    hits = [
        f"{name}:{number}: {line.strip()[:90]}"
        for name, text in sorted(_texts().items())
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line) and "data/qingzhen" not in name and not name.endswith("hindcasts.csv")
    ]
    assert not hits, "\n".join(["", *hits])


def test_the_shipped_park_is_found():
    assert (park_path("qingzhen") / "park.yml").is_file()
