"""A change of a scenario: its answers, its file, its command; the widgets that make it."""

import subprocess
import sys

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.explore.live_charts import Bar, bars, risk_curve_svg, waterfall_svg
from parkanalysis.explore.scenario_files import save_scenario, scenario_path, scenario_yaml
from parkanalysis.explore.sliders import lever_groups, slider_range
from parkanalysis.explore.whatif import (
    Change,
    answer,
    break_evens,
    default_target,
    papermill_command,
    scenario_file,
    scenario_of,
)
from parkanalysis.explore.whatif_view import whatif
from parkanalysis.model.case import page_parameters, read_parameters
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.levers import Lever
from parkanalysis.park.park import read_park
from parkanalysis.park.schema import ScenarioFile

PRICE = "alumina_price_2016"


def lever(low, central, high, minimum, maximum, distribution="triangular"):
    return Lever("x", "CNY/t", low, central, high, minimum, maximum, distribution, "assumed", "")


# -- the change ------------------------------------------------------------------------------------


def test_change_holds_and_releases_without_touching_the_first():
    first = Change("combined")
    second = first.hold(PRICE, 1700.0)
    assert first.levers == {}
    assert second.release(PRICE) == first


def test_no_change_is_the_scenario_itself(qingzhen):
    scenario = scenario_of(qingzhen, Change("combined"))
    assert scenario == read_scenario(qingzhen, "combined")


def test_switches_replace_the_shocks_in_the_order_of_the_park(qingzhen):
    both = scenario_of(qingzhen, Change("reference").switch({"power_contract", "alumina_price_fall"}))
    assert both.shocks == ("alumina_price_fall", "power_contract")


def test_switched_off_shocks_give_the_reference(qingzhen):
    quiet = scenario_of(qingzhen, Change("combined").switch(()))
    ours = answer(quiet, 40.0, 512).projection
    assert np.array_equal(ours.draws, project(qingzhen, "reference", 512).draws)


def test_unknown_shocks_are_all_named_with_the_nearest(qingzhen):
    with pytest.raises(InputError) as error:
        scenario_of(qingzhen, Change("combined").switch({"power_contrakt", "nothing_like_it_xyz"}))
    assert [p.nearest for p in error.value.problems] == [None, "power_contract"]


def test_answer_is_the_library_s(qingzhen):
    scenario = scenario_of(qingzhen, Change("combined").hold(PRICE, 1700.0))
    found = answer(scenario, 40.0, 2048)
    there = project(qingzhen, read_scenario(qingzhen, "combined", **{PRICE: 1700.0}), 2048)
    assert np.array_equal(found.projection.draws, there.draws)
    assert found.probability == pytest.approx(np.mean(there.draws >= 40.0), abs=1e-12)
    assert found.steps["mean"].sum() == pytest.approx(there.draws.mean() - qingzhen.value_added, abs=1e-9)


def test_break_even_brings_the_median_to_the_target(qingzhen):
    start = Change("alumina_price")
    table = break_evens(scenario_of(qingzhen, start), 38.0)
    value = table.loc[PRICE, "value"]
    back = project(qingzhen, scenario_of(qingzhen, start.hold(PRICE, value)), 512)
    assert np.median(back.draws) == pytest.approx(38.0, abs=1e-6)


def test_default_target_is_the_stated_result(qingzhen):
    assert default_target(qingzhen) == 40.0


# -- sliders ---------------------------------------------------------------------------------------


def test_slider_stays_within_hard_bounds():
    span = slider_range(lever(10, 20, 60, 0, 70))
    assert (span.low, span.high) == (0.0, 70.0)


def test_slider_of_a_single_value_moves_between_the_hard_bounds():
    span = slider_range(lever(0.17, 0.17, 0.17, 0, 0.25, "point"))
    assert (span.low, span.high) == (0.0, 0.25)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=5).map(sorted).filter(lambda v: v[4] - v[0] > 1e-3)
)
def test_slider_covers_the_range_in_about_a_hundred_steps(values):
    minimum, low, central, high, maximum = values
    span = slider_range(lever(low, central, high, minimum, maximum))
    slack = span.step
    assert minimum - slack <= span.low <= low + slack
    assert high - slack <= span.high <= maximum + slack
    assert (span.high - span.low) / span.step <= 160
    mantissa = f"{span.step:.3e}"[0]
    assert mantissa in "125"


def test_every_lever_is_in_one_group(qingzhen):
    names = [n for group in lever_groups(qingzhen) for n in group.levers]
    assert sorted(names) == sorted(qingzhen.levers)


# -- the file --------------------------------------------------------------------------------------


def test_saved_scenario_reads_back_with_the_same_draws(park_copy):
    park = read_park(park_copy)
    change = Change("recovery").hold("baseline_growth", 0.05).switch({"alumina_price_fall"})
    path = save_scenario(park, "mine", scenario_file(park, change, "我的“情景”: a #1"))
    assert path == park_copy / "scenarios" / "mine.yml"
    again = read_park(park_copy)
    assert again.scenarios["mine"].title["zh"] == "我的“情景”: a #1"
    saved = project(again, "mine", 512).draws
    assert np.array_equal(saved, project(park, scenario_of(park, change), 512).draws)


def test_taken_name_is_refused_and_the_file_kept(park_copy):
    park = read_park(park_copy)
    before = (park_copy / "scenarios" / "combined.yml").read_bytes()
    file = scenario_file(park, Change("reference"), "x")
    with pytest.raises(InputError, match="combined"):
        save_scenario(park, "combined", file)
    assert (park_copy / "scenarios" / "combined.yml").read_bytes() == before
    save_scenario(park, "combined", file, overwrite=True)
    assert read_park(park_copy).scenarios["combined"].shocks == ()
    assert not [p for p in (park_copy / "scenarios").iterdir() if p.suffix != ".yml"]


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a/b", "x" * 65, "con.", "名"])
def test_names_that_could_leave_the_folder_are_refused(qingzhen, name):
    with pytest.raises(InputError):
        scenario_path(qingzhen, name)


def test_folder_that_cannot_be_made_is_a_problem_not_a_traceback(park_copy):
    park = read_park(park_copy)
    folder = park_copy / "scenarios"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(InputError, match="mine"):
        save_scenario(park, "mine", ScenarioFile(title="x"))


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(
        str.strip
    ),
    st.floats(-1e9, 1e9, allow_nan=False),
)
def test_yaml_says_what_the_declaration_says(title, value):
    file = ScenarioFile(title=title, levers={"a": value, "b": {"low": 1, "central": 2, "high": 3}})
    back = ScenarioFile(**yaml.safe_load(scenario_yaml(file)))
    assert back == file


# -- the command -----------------------------------------------------------------------------------


def test_command_of_a_scenario_as_it_stands(qingzhen):
    assert papermill_command(qingzhen, Change("combined"), "zh", "n.ipynb") == (
        "papermill n.ipynb out.ipynb -p park qingzhen -p scenario combined -p lang zh"
    )


def test_command_finds_the_scenario_that_has_these_shocks(qingzhen):
    change = Change("combined").switch(()).hold(PRICE, 1700.0)
    assert "-p scenario reference -p lang zh -p alumina_price_2016 1700" in papermill_command(
        qingzhen, change
    )


def test_command_needs_a_scenario_with_these_shocks(qingzhen):
    with pytest.raises(InputError, match="save"):
        papermill_command(qingzhen, Change("combined").switch({"close_hongyun", "power_contract"}))


def test_command_drops_no_setting_of_the_start(qingzhen):
    # "severe" sets two levers; moving a third must not come out of "combined", whose shocks are the same
    assert "-p scenario severe " in papermill_command(qingzhen, Change("severe").hold("vat_rate", 0.13))


def test_command_quotes_a_folder_with_a_space(park_copy):
    folder = park_copy.rename(park_copy.parent / "my park")
    assert f"-p park '{folder}'" in papermill_command(read_park(folder), Change("combined"))


# -- the charts ------------------------------------------------------------------------------------


def test_waterfall_escapes_labels_and_keeps_widths_in_proportion():
    svg = waterfall_svg(
        [Bar("<b>", 0, 30, True), Bar("a", 30, 34), Bar("c", 34, 32), Bar("z", 0, 32, True)],
        "t & t",
        lambda v, change: f"{v:g}",
    )
    assert "<b>" not in svg
    assert "t &amp; t" in svg
    widths = [
        float(part.split("'")[0]) for part in svg.split("<rect ")[1:] for part in [part.split("width='")[1]]
    ]
    assert widths[1] == pytest.approx(2 * widths[2], rel=0.01)


def test_bars_without_steps_are_the_two_totals():
    import pandas as pd

    assert [b.end for b in bars(5.0, pd.Series(dtype=float), "a", "z", str)] == [5.0, 5.0]


def test_risk_curve_of_a_single_outcome_is_drawn():
    import pandas as pd

    risk = pd.DataFrame({"probability": [1.0, 1.0]}, index=pd.Index([3.0, 3.0], name="target"))
    assert "nan" not in risk_curve_svg(risk, 3.0, 1.0, "t", ("3", "u"))


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture
def page(park_copy):
    return whatif(
        read_parameters({"park": str(park_copy), "scenario": "combined", "lang": "en", "draws": 1024})
    )


def test_page_starts_with_the_scenario(page):
    assert page.change == Change("combined")
    assert page.answer.projection.median == project(page.park, "combined", 1024).median


def test_moved_slider_gives_the_library_s_number(page):
    page.rows[PRICE].slider.value = 1800.0
    there = project(page.park, read_scenario(page.park, "combined", **{PRICE: 1800.0}), 1024)
    assert page.answer.projection.median == there.median
    assert repr(there.median) in page.headline.value
    assert "1800" in page.command.value


def test_percent_slider_sets_a_fraction(page):
    page.rows["vat_rate"].slider.value = 13.0
    assert page.change.levers == {"vat_rate": 0.13}


def test_release_gives_the_range_back(page):
    row = page.rows[PRICE]
    before = page.answer.projection.median
    row.slider.value = 1800.0
    row.release.click()
    assert page.change == Change("combined")
    assert page.answer.projection.median == before
    assert row.slider.value == page.park.levers[PRICE].central


def test_switch_disables_the_levers_it_leaves_unused(page):
    page.switches["alumina_price_fall"].value = False
    assert page.rows[PRICE].slider.disabled
    assert "alumina_price_fall" not in page.answer.projection.scenario.shocks


def test_reset_undoes_everything_but_the_target(page):
    page.rows[PRICE].slider.value = 1800.0
    page.switches["power_contract"].value = False
    page.goal.value = 3.5
    page.reset.click()
    assert page.change == Change("combined")
    assert page.target == 35.0
    assert page.switches["power_contract"].value


def test_language_keeps_the_change(page):
    page.rows[PRICE].slider.value = 1800.0
    page.language.value = "zh"
    assert page.change == Change("combined", {PRICE: 1800.0})
    assert page.rows[PRICE].slider.value == 1800.0
    assert "亿元" in page.headline.value
    assert "氧化铝" in page.rows[PRICE].text.value


def test_save_asks_before_it_writes_over(page, park_copy):
    page.rows[PRICE].slider.value = 1800.0
    page.name.value = "combined"
    page.save.click()
    assert "combined" in page.message.value
    assert page.overwrite.layout.display == ""
    assert read_park(park_copy).scenarios["combined"].levers == {}
    page.overwrite.click()
    assert read_park(park_copy).scenarios["combined"].levers == {PRICE: 1800.0}
    assert page.overwrite.layout.display == "none"


def test_saved_scenario_is_chosen_and_has_a_short_command(page):
    page.switches["power_contract"].value = False
    page.rows[PRICE].slider.value = 1800.0
    shown = page.answer.projection.median
    page.name.value = "mine"
    page.save.click()
    assert page.scenario.value == "mine"
    assert page.answer.projection.median == shown
    assert "-p scenario mine" in page.command.value


def test_bad_name_is_said_and_nothing_written(page, park_copy):
    page.name.value = "../evil"
    page.save.click()
    assert "evil" in page.message.value
    assert not (park_copy / "evil.yml").exists()


def test_parameters_that_hold_a_lever_are_shown_as_moved(park_copy):
    case = read_parameters({"park": str(park_copy), "scenario": "combined", PRICE: 1750, "draws": 64})
    assert whatif(case).change == Change("combined", {PRICE: 1750.0})


def test_hostile_labels_stay_text(park_copy):
    file = park_copy / "levers.csv"
    file.write_text(file.read_text().replace("capacity of the Tangzhai power plant", "<img src=x onerror=y>"))
    page = whatif(read_parameters({"park": str(park_copy), "draws": 64, "lang": "en"}))
    assert "<img" not in page.rows["power_capacity"].text.value


def test_page_takes_park_and_language_from_the_command(monkeypatch, park_copy):
    monkeypatch.setenv("PARKANALYSIS_PARK", str(park_copy))
    monkeypatch.setenv("PARKANALYSIS_LANG", "en")
    case = page_parameters({"park": "qingzhen", "scenario": "combined", "lang": "zh", "draws": 64})
    assert (case.park.path, case.lang, case.scenario.name) == (park_copy, "en", "combined")


def test_logic_needs_no_widgets():
    code = "import sys, parkanalysis.explore.whatif; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
