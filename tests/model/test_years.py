"""A target year further ahead, and a base-year value that is printed as an interval."""

import numpy as np
import pytest
from parkfiles import PARKS, copy_park, edit

from parkanalysis.model.inverse import break_evens
from parkanalysis.model.projection import path, project
from parkanalysis.model.scenario import own_lever, read_scenario
from parkanalysis.park import read_park


def tiny(folder, target=2022, printed=None, **changes):
    """The tiny zone, looked at three years ahead."""
    zone = copy_park(folder, PARKS / "tiny")
    edit(zone / "park.yml", "target_year: 2020", f"target_year: {target}")
    if printed:
        edit(zone / "figures.csv", '"CNY 320,000,000"', printed)
    for old, new in changes.items():
        edit(zone / "park.yml", old, new)
    return read_park(zone)


def test_growth_adds_up_over_the_years(tmp_path):
    park = tiny(tmp_path)
    found = project(park, read_scenario(park, "reference", growth=0.1), 64)
    assert found.draws == pytest.approx(np.full(64, 3.2 * 1.331))
    assert path(found)[0.5].to_dict() == pytest.approx({2020: 3.52, 2021: 3.872, 2022: 4.2592})


def test_the_fan_widens_with_the_years(tmp_path):
    park = tiny(tmp_path)
    table = path(project(park, "reference", 2000))
    assert (np.diff(table[0.9] - table[0.1]) > 0).all()
    # the forecaster's own growth over three years is what the target year has
    yearly = own_lever(park, "growth")
    ends = 3.2 * (1 + np.array([yearly.low, yearly.high])) ** 3
    assert table.loc[2022, [0.1, 0.9]].to_numpy() == pytest.approx(ends, rel=2e-3)


def test_shocks_start_and_end_in_any_of_the_years(tmp_path):
    park = tiny(tmp_path, **{"start: 2020-04": "start: 2021-07"})
    found = project(park, read_scenario(park, "closure", growth=0.0, old_mill=0.5), 8)
    # half of the second year and the whole of the third
    assert path(found)[0.5].tolist() == pytest.approx([3.2, 2.95, 2.7])
    park = tiny(tmp_path / "again", **{"start: 2020-04": "start: 2021-07, end: 2022-03"})
    found = project(park, read_scenario(park, "closure", growth=0.0, old_mill=0.5), 8)
    assert path(found)[0.5].tolist() == pytest.approx([3.2, 2.95, 3.2 - 0.125])


def test_everything_else_works_for_a_year_further_ahead(tmp_path):
    park = tiny(tmp_path)
    found = project(park, "closure", 256)
    assert np.abs(sum(found.shares.shapley.values()) - (found.draws - 3.2)).max() < 1e-9
    assert break_evens(found, found.median).loc["growth", "status"] == "met"


def test_a_base_year_printed_as_an_interval_enters_as_one(tmp_path):
    park = tiny(tmp_path, 2020, "约 3.2 亿元")
    scenario = read_scenario(park, "reference", growth=0.0)
    lever = scenario.levers["value_added"]
    assert lever.low < 3.2 < lever.high
    found = project(park, scenario, 4000)
    assert np.quantile(found.draws, [0.1, 0.5, 0.9]) == pytest.approx([lever.low, 3.2, lever.high], abs=0.01)
    exact = tiny(tmp_path / "exact", 2020)
    assert "value_added" not in read_scenario(exact, "reference").levers
