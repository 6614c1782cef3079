"""The stated projection against its parts: by hand, in both languages, in a park that states nothing."""

import numpy as np
import pytest
from parkfiles import PARKS

from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import read_park
from parkanalysis.report import confrontation
from parkanalysis.report.words import Words


@pytest.fixture(scope="module")
def combined(qingzhen):
    return project(qingzhen, "combined", 512)


def test_the_stated_figures_are_those_of_the_report(combined):
    found = confrontation.parts(combined)
    assert found.loc["stated_loss", "low"] == pytest.approx(5)
    assert found.loc["stated_loss", "high"] == np.inf
    assert found.loc["stated_result", "value"] == pytest.approx(40)
    assert found.loc["implied_baseline", "value"] == pytest.approx(45)
    assert found.loc["result", "value"] == pytest.approx(combined.median)
    loss = combined.baseline - combined.draws
    assert found.loc["loss", "high"] == pytest.approx(np.quantile(loss, 0.9))


def test_the_implied_growth_is_said(combined):
    # 45 / 37.01 - 1
    assert "21.6%" in repr(confrontation.implied_sentence(combined, Words(combined.park, "zh")))


def test_shocks_stand_in_the_order_they_act(combined):
    found = confrontation.shock_frame(combined)
    assert found["kind"].iloc[0] == "plant_closure"
    assert found.index[-1] == "power_contract"
    assert found["contribution"].to_dict() == pytest.approx(
        combined.contributions().loc[found.index, "mean"].to_dict()
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences_hold_where_nothing_is_stated(lang):
    park = read_park(PARKS / "harbour")
    projection, words = project(park, "everything", 256), Words(park, lang)
    assert "stated_loss" not in confrontation.parts(projection).index
    for sentence in (
        confrontation.parts_sentence,
        confrontation.implied_sentence,
        confrontation.overlap_sentence,
        confrontation.target_sentence,
    ):
        assert "{" not in repr(sentence(projection, words))


def test_sequences_are_said(qingzhen):
    words = Words(qingzhen, "en")
    cases = [read_scenario(qingzhen, n) for n in ("combined", "recovery", "severe")]
    said = repr(confrontation.sequence_sentences(cases, words))
    assert said.count("differs") == 1
    assert "Price recovery" in said
    assert "No two scenarios" in repr(confrontation.sequence_sentences(cases[1:], words))
