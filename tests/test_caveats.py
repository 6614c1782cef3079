"""What the headline leaves open: against other routes to the same numbers, and what was settled before."""

from dataclasses import replace

import numpy as np
import pytest
from parkanalysis.model.target_year import target_year_levers
from parkfiles import copy_park, edit

from parkanalysis.model.inverse import break_evens
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import park_path, read_park
from parkanalysis.report import caveats, findings, sentences
from parkanalysis.report.track_record import afterwards
from parkanalysis.report.words import Words


def test_another_method_is_what_a_park_that_names_it_gives(qingzhen, tmp_path):
    found = caveats.other_methods(project(qingzhen, "combined", 2048), 40.0)
    folder = copy_park(tmp_path, park_path("qingzhen"))
    edit(folder / "park.yml", "growth_method: drift", "growth_method: default")
    named = project(read_park(folder), "combined", 2048)
    assert found.loc["default", "median"] == pytest.approx(np.median(named.draws))
    assert found.loc["default", "chance"] == (named.draws >= 40.0).mean()
    assert "drift" not in found.index


def test_no_other_method_where_growth_is_set(qingzhen):
    held = project(qingzhen, read_scenario(qingzhen, "combined", baseline_growth=0.1), 64)
    assert caveats.other_methods(held, 40.0).empty
    assert caveats.by_other_methods(held, findings.goal(qingzhen), Words(qingzhen, "en")) == ""


def test_about_40_reads_as_5_percent_around(qingzhen):
    even = replace(project(qingzhen, "combined", 4), draws=np.array([37.9, 38.1, 39.0, 45.0]))
    said = caveats.reading(even, findings.goal(qingzhen), Words(qingzhen, "en"))
    assert "3.80 to 4.20 billion" in said
    assert said.endswith("is 75%.")


def test_correlations_are_named_only_where_both_levers_act(qingzhen):
    words = Words(qingzhen, "en")
    assert caveats.correlations(project(qingzhen, "reference", 16), words) == ""
    assert "(+0.3)" in caveats.correlations(project(qingzhen, "combined", 16), words)


def test_conditions_lie_in_the_target_year(qingzhen):
    combined = read_scenario(qingzhen, "combined")
    settled = {"alumina_price_2015", "alumina_output_2015", "power_hours_2015", "power_capacity", "vat_rate"}
    assert settled.isdisjoint(target_year_levers(combined))
    assert {"baseline_growth", "alumina_price_2016", "power_sold_2016"} <= set(target_year_levers(combined))
    assert settled.isdisjoint(break_evens(project(qingzhen, combined, 256), 40.0).index)


def test_a_condition_without_a_chance_is_no_route(qingzhen):
    combined = project(qingzhen, "combined", 512)
    found = [combined.break_even("alumina_price_2016", 40.0)]
    assert found[0].status == "met"
    assert min(found[0].position, 1 - found[0].position) < sentences.LEAST_CHANCE
    said = sentences.required(combined, found, findings.goal(qingzhen), Words(qingzhen, "en"))
    assert said.startswith("No single change")


def test_what_came_later_judges_the_method_that_the_park_names(qingzhen):
    naive = replace(qingzhen, config=qingzhen.config.model_copy(update={"growth_method": "naive"}))
    growth = afterwards(naive).filter(like="growth", axis=0)
    assert growth["median"].tolist() == pytest.approx([0.0])
