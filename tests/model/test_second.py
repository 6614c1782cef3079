"""Two implementations of one design agree: the package's, and a plain one written from its words."""

import numpy as np
import pytest
from parkfiles import PARKS, add_row, copy_park, edit
from second import second

from parkanalysis.model.check import check
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import state
from parkanalysis.park import read_park
from parkanalysis.park.new import TEMPLATE

CASES = [
    ("qingzhen", "combined"),
    ("qingzhen", "as_stated"),
    ("qingzhen", "reference"),
    (TEMPLATE, "combined"),
    (PARKS / "harbour", "everything"),
    (PARKS / "tiny", "closure"),
]


def new_plants(folder):
    """The template's zone, which has made no billets yet, with a new line of them and a new plant."""
    zone = copy_park(folder)
    edit(
        zone / "park.yml",
        "shocks:\n",
        "shocks:\n"
        "  new_line: {kind: capacity_ramp_up, name: Line, product: billet, volume: more, start: 2025-07}\n"
        "  new_plant: {kind: capacity_ramp_up, name: Plant, industry: other, value_added: brings}\n",
    )
    same = {"minimum": "0", "group": "new", "distribution": "triangular", "evidence": "assumed"}
    rows = {"more": ("10k_t", "20", "30", "45", "90"), "brings": ("CNY_100m", "2", "3", "3.6", "9")}
    for name, values in rows.items():
        points = dict(zip(("unit", "low", "central", "high", "maximum"), values, strict=True))
        add_row(zone / "levers.csv", lever=name, name_en=name, source="example", **same, **points)
    text = "title: New\nshocks: [new_line, new_plant, billet_price_falls]\nlevers: {billet_volume_2024: 0}\n"
    (zone / "scenarios" / "new.yml").write_text(text, encoding="utf-8")
    return zone


def test_what_is_new_adds_its_value_added(tmp_path):
    park = read_park(new_plants(tmp_path))
    assert not [p for p in check(park.path) if p.severity == "error" or "new_" in p.found]
    levers = {"brings": 3, "more": 30, "billet_pass_through": 1, "baseline_growth": 0}
    found = project(park, read_scenario(park, "new", **levers), draws=1).contributions()["mean"]
    base = state(read_scenario(park, "new", **levers), None, 1).base
    # half a year of 300,000 t at the price without VAT and the rate of steel
    product = base.products["billet"]
    unit = product.price.item() / (1 + product.vat_rate.item()) * base.rate["steel"].item()
    assert found["new_line"] == pytest.approx(0.5 * 300_000 * unit / 1e8)
    assert found["new_plant"] == pytest.approx(3)
    agree(park, "new")


@pytest.mark.parametrize(("place", "scenario"), CASES)
def test_the_second_implementation_agrees(place, scenario):
    agree(read_park(place), scenario)


def agree(park, scenario):
    ours, theirs = project(park, scenario, 200_000).draws, second(park, scenario)
    middle = np.median(ours)
    for q in (0.1, 0.5, 0.9):
        assert np.quantile(theirs, q) == pytest.approx(np.quantile(ours, q), abs=0.002 * middle), q
    assert theirs.mean() == pytest.approx(ours.mean(), abs=0.001 * middle)
