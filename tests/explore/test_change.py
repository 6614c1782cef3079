"""A change of a scenario, and the file that it is saved as."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parkanalysis.errors import InputError
from parkanalysis.explore import ScenarioChange, scenario_file, scenario_of, scenario_yaml
from parkanalysis.explore.change import save_scenario, scenario_name
from parkanalysis.model import project, read_scenario
from parkanalysis.park import ScenarioFile, read_park

PRICE = "alumina_price_2016"


def test_change_holds_without_touching_the_first():
    first = ScenarioChange("combined")
    assert first.hold(PRICE, 1700.0).levers == {PRICE: 1700.0}
    assert first.levers == {}


def test_no_change_is_the_scenario_itself(qingzhen):
    assert scenario_of(qingzhen, ScenarioChange("combined")) == read_scenario(qingzhen, "combined")


def test_switches_replace_the_shocks_in_the_order_of_the_park(qingzhen):
    both = scenario_of(qingzhen, ScenarioChange("reference").switch({"power_contract", "alumina_price_fall"}))
    assert both.shocks == ("alumina_price_fall", "power_contract")


def test_switched_off_shocks_give_the_reference(qingzhen):
    quiet = scenario_of(qingzhen, ScenarioChange("combined").switch(()))
    ours = project(qingzhen, quiet, 512)
    assert np.array_equal(ours.draws, project(qingzhen, "reference", 512).draws)


def test_unknown_shocks_are_all_named_with_the_nearest(qingzhen):
    with pytest.raises(InputError) as error:
        scenario_of(qingzhen, ScenarioChange("combined").switch({"power_contrakt", "nothing_like_it_xyz"}))
    assert [p.nearest for p in error.value.problems] == [None, "power_contract"]


def test_saved_scenario_reads_back_with_the_same_draws(park_copy):
    park = read_park(park_copy)
    change = ScenarioChange("recovery").hold("baseline_growth", 0.05).switch({"alumina_price_fall"})
    path = save_scenario(park, change, "我的“情景”: a #1")
    assert path == park_copy / "scenarios" / "scenario_1.yml"
    again = read_park(park_copy)
    assert again.scenarios["scenario_1"].title["zh"] == "我的“情景”: a #1"
    saved = project(again, "scenario_1", 512).draws
    assert np.array_equal(saved, project(park, scenario_of(park, change), 512).draws)


def test_taken_name_is_refused_and_the_file_kept(park_copy):
    park = read_park(park_copy)
    before = (park_copy / "scenarios" / "combined.yml").read_bytes()
    with pytest.raises(InputError, match="combined"):
        save_scenario(park, ScenarioChange("reference"), "combined")
    assert (park_copy / "scenarios" / "combined.yml").read_bytes() == before
    save_scenario(park, ScenarioChange("reference"), "combined", overwrite=True)
    assert read_park(park_copy).scenarios["combined"].shocks == ()
    assert not [p for p in (park_copy / "scenarios").iterdir() if p.suffix != ".yml"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("mine", "mine"),
        ("../evil", "evil"),
        ("Low price, 2016", "low_price_2016"),
        ("2016 low", "scenario_1"),
        ("低价", "scenario_1"),
        ("x" * 80, "x" * 64),
        ("con.", "con"),
        ("combined", "combined"),
    ],
)
def test_any_title_has_a_name_that_stays_in_the_folder(qingzhen, title, name):
    assert scenario_name(qingzhen, title) == name


def test_a_title_that_is_there_is_the_same_scenario(qingzhen):
    title = qingzhen.scenarios["severe"].title["zh"]
    assert scenario_name(qingzhen, title) == "severe"


def test_empty_name_is_refused(qingzhen):
    with pytest.raises(InputError, match="a name"):
        save_scenario(qingzhen, ScenarioChange("combined"), "  ")


def test_folder_that_cannot_be_made_is_a_problem_not_a_traceback(park_copy):
    park = read_park(park_copy)
    folder = park_copy / "scenarios"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(InputError, match="mine"):
        save_scenario(park, ScenarioChange("combined"), "mine")


def test_file_keeps_the_settings_of_the_start(qingzhen):
    file = scenario_file(qingzhen, ScenarioChange("severe").hold("vat_rate", 0.13), "x")
    assert set(file.levers) == {*qingzhen.scenarios["severe"].levers, "vat_rate"}


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
