"""Frames and sentences behind the notebooks of the baseline and of its track record."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parkanalysis.park.park import read_park
from parkanalysis.report import (
    Words,
    charts,
    findings,
    reference_figure,
    tell,
    track_record_figure,
)


@pytest.fixture(scope="module")
def park():
    return read_park("qingzhen")


@pytest.fixture(scope="module")
def words(park):
    return Words(park, "en")


def test_the_series_ends_where_knowledge_ends(park):
    assert findings.reference_series(park).index[-1] == 2015
    assert findings.reference_series(park, as_of="2014-12-31").index[-1] == 2013
    assert findings.reference_series(park)[2015] == 1108.52


def test_past_forecasts_use_past_knowledge_and_known_outturns(park):
    found = findings.vintages(park, most=3)
    assert found["known_to"].tolist() == [2013, 2014, 2015]
    assert found.loc[2015, "outturn"] == pytest.approx(1108.52 / 976.59 - 1)
    assert np.isnan(found.loc[2016, "outturn"])


def test_selection_is_relative_to_naive_by_hand():
    def row(data, method, points, mase, smape):
        return {
            "program": "parkanalysis",
            "data": data,
            "method": method,
            "points": points,
            "mase": mase,
            "smape": smape,
        }

    stored = pd.DataFrame(
        [
            row("China", "naive", 5, 2.0, 9.0),
            row("China", "default", 5, 1.0, 9.0),
            row("UK", "naive", 5, 1.0, 9.0),
            row("UK", "default", 5, 0.9, 9.0),
            row("M1", "naive", 0, 9.0, 20.0),
            row("M1", "default", 0, 9.0, 10.0),
            row("M1", "theta", 0, 9.0, 1.0),  # not run on areas
            row("M3", "default", 5, 99.0, 99.0),
        ]
    )
    found = findings.selection(stored)
    assert found.index.tolist() == ["default", "naive"]
    assert found["mase"].tolist() == pytest.approx([0.7, 1.0])
    assert found["smape"].tolist() == [10, 20]


def test_the_stored_evidence_supports_the_default():
    stored = findings.evidence()
    assert findings.selection(stored).index[0] == "default"
    held = findings.coverage(stored)
    for area in ("China", "UK", "US"):
        # British regions from ten points are the one cell below 79: 2008, 2009 and 2020 are a fifth of it
        assert held.loc[area, "coverage_80"].between(0.75, 0.83).all()
        assert held.loc[area, "coverage_95"].between(0.93, 0.975).all()
        for points in (5, 10):
            table = findings.short_windows(stored, points, area)
            assert table["interval_score_80"]["default"] < table["interval_score_80"]["drift"]
    smape = findings.full_history(stored)["smape"]
    assert smape.xs("parkanalysis")["default"] <= min(15.70, smape.xs("statsforecast").min())


def test_figures_published_later_are_set_beside_and_not_inside(park, words):
    found = findings.afterwards(park)
    growth = found.iloc[0]
    assert growth["outturn"] == pytest.approx(1218.79 / 1108.52 - 1)
    assert (found["published"] > park.config.as_of).all()
    assert found["probability"].between(0, 1).all()
    assert "Later knowledge" in repr(tell("afterwards", words, found=found))


def test_charts_show_the_frames(park, words):
    series = findings.reference_series(park)
    ax = charts.fan(findings.reference_fan(series), words, measured=True)
    assert ax.get_xlim()[1] == pytest.approx(2018.02)
    assert "2015" in reference_figure(series, words).alt


def test_sentences_carry_their_numbers(park, words):
    known = findings.reference_series(park)
    assert "2015" in repr(tell("known", words, known=known, later=known))
    own = findings.own_record(park, origins=4)
    assert "over 4 origins" in repr(tell("own_record", words, found=own))
    past = findings.vintages(park, most=3)
    assert repr(tell("vintages", words, found=past, method="drift")).startswith("Of 2 forecasts")


def test_the_track_record_averages_the_stored_scores(words):
    stored, found = findings.hindcasts(), findings.track_record()
    falls = stored.query("role == 'episode' and kind == 'price' and scenario == 'shocks'")
    mean = falls["error"].abs().mean()
    assert found.loc[("price", "shocks"), "error_pp"] == pytest.approx(mean)
    assert found.loc[("price", "shocks"), "projections"] == len(falls)
    control = stored.query("role == 'control' and scenario == 'no_shocks'")
    assert found.loc[("control", "no_shocks"), "coverage_80"] == control["covered_80"].mean()
    assert f"by {mean:.1f} percentage points" in repr(tell("track_record", words, found=found))


def test_past_projections_are_drawn_with_their_outturns(words):
    past = findings.hindcasts().query("role == 'episode' and scenario == 'shocks'")
    made = track_record_figure(past, words)
    drawn = np.concatenate([dots.get_offsets()[:, 1] for dots in made.axes.collections[1:]])
    assert sorted(drawn) == sorted(past["outturn"])
    assert f"{past['covered_80'].sum()} outturns" in made.alt


PARKS = Path(__file__).parents[1] / "parks"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_points_say_that_they_judge_nothing(lang):
    tiny = read_park(PARKS / "tiny")
    words = Words(tiny, lang)
    past, own, later = findings.vintages(tiny), findings.own_record(tiny), findings.afterwards(tiny)
    assert past.index.tolist() == [2020]
    assert past["outturn"].isna().all()
    assert own.empty
    assert later.empty
    texts = [
        repr(tell("vintages", words, found=past, method="default")),
        repr(tell("own_record", words, found=own)),
        repr(tell("afterwards", words, found=later)),
    ]
    for text, start in zip(
        texts, ("No earlier forecast", "The park's own series is too short", "Later knowledge"), strict=True
    ):
        assert text.startswith(start) == (lang == "en")
    for frame in (past, own, later):
        assert "<table" in tell("frame", words, frame=frame, caption="caption").html


def test_months_count_as_the_complete_years_they_make():
    harbour = read_park(PARKS / "harbour")
    known = findings.reference_series(harbour)
    assert known.index.tolist() == list(range(2017, 2024))
    months = harbour.history[harbour.history["period"].str.startswith("2017-")]
    assert known[2017] == pytest.approx(sum(months["value"]))
    # the month of January 2024 is known, its year is not
    assert "7 yearly values" in repr(tell("known", Words(harbour, "en"), known=known, later=known))
    assert findings.afterwards(harbour).empty
