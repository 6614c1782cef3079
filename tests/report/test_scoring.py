"""Stored projections against outturns: scores by hand, and every kind of bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from parkanalysis.errors import InputError
from parkanalysis.model.projection import project
from parkanalysis.report import overall, read_outturns, scored, stored_projections, tidy

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
OUTTURN = pd.DataFrame(
    {"park": ["a"], "year": [2016], "value": [36.0], "published": [pd.Timestamp("2017-03-01")]}
)


def projections(sd=4.0, scenario="s", park="a"):
    """A normal projection with median 34 from a base value of 37."""
    row = {"park": park, "scenario": scenario, "vintage": "2016-02-29", "year": 2016}
    return pd.DataFrame(
        [row | dict(zip(LEVELS, norm.ppf(LEVELS, 34, sd), strict=True)) | {"base_value": 37.0}]
    )


def results(folder, lang, value=1.0):
    keys = {
        "park": "a",
        "scenario": "s",
        "vintage": "2016-02-29",
        "variable": "value_added",
        "prices": "current",
    }
    rows = [
        keys | {"statistic": f"quantile_{q:g}", "year": 2016, "value": value * (30 + 10 * q)} for q in LEVELS
    ]
    rows.append(keys | {"statistic": "published", "year": 2015, "value": 37.0})
    (folder / lang).mkdir(parents=True)
    pd.DataFrame(rows).to_parquet(folder / lang / "results.parquet")


def test_a_normal_projection_by_hand():
    made = scored(projections(), OUTTURN).iloc[0]
    assert made["error"] == pytest.approx(2.0)
    assert made["unchanged"] == -1.0
    assert made["pit"] == pytest.approx(norm.cdf(0.5), abs=1e-3)
    assert made["sharpness"] == pytest.approx(8 * norm.ppf(0.9))
    assert made["covered_50"]  # 2 < 4 · 0.674
    # closed form of the normal law, Gneiting and Raftery (2007): sd (z (2F - 1) + 2f - 1/sqrt(pi)), z = 1/2
    closed = 4 * (0.5 * (2 * norm.cdf(0.5) - 1) + 2 * norm.pdf(0.5) - 1 / np.sqrt(np.pi))
    assert made["crps"] == pytest.approx(closed, rel=0.01)


def test_averages_by_scenario_and_over_all():
    both = pd.concat([projections(), projections(1.0, "narrow")], ignore_index=True)
    found = overall(scored(both, OUTTURN))
    assert found["projections"].to_dict() == {"narrow": 1, "s": 1, "all": 2}
    assert found["coverage_80"].to_dict() == {"narrow": 0.0, "s": 1.0, "all": 0.5}
    assert found.loc["all", "error"] == pytest.approx(2.0)


def test_languages_of_one_report_are_one_projection(tmp_path):
    results(tmp_path / "s", "en")
    results(tmp_path / "s", "zh")
    found = stored_projections([tmp_path])
    assert len(found) == 1
    assert found.iloc[0][0.5] == 35.0
    assert found.iloc[0]["base_value"] == 37.0


def test_reports_that_contradict_each_other_are_named(tmp_path):
    results(tmp_path / "s", "en")
    results(tmp_path / "changed", "en", value=1.1)
    with pytest.raises(InputError, match="one result for each projection"):
        stored_projections([tmp_path])


def test_results_of_a_projection_hold_what_is_scored(tmp_path):
    tidy(project("qingzhen", "combined", draws=256)).to_parquet(tmp_path / "results.parquet")
    found = stored_projections([tmp_path]).iloc[0]
    assert found["vintage"] == "2016-02-29"
    assert found["base_value"] == 37.01


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("park,yaer,value,published\na,2016,1,2017-01-01\n", "did you mean .year."),
        ("park,year,value,published\na,2016,many,2017-01-01\n", "row 2, column value: found 'many'"),
        ("park,year,value,published\na,2016,1,soon\n", "row 2, column published: found 'soon'"),
        ("", "an empty file"),
        ("park,year,value,published\n", "no row"),
    ],
)
def test_bad_outturns_are_named(tmp_path, text, found):
    file = tmp_path / "outturns.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=found):
        read_outturns(file)


def test_a_revision_stands_for_what_it_revises(tmp_path):
    file = tmp_path / "outturns.csv"
    rows = "a,2016,36.5,2018-01-01\na,2016,36,2017-03-01\n"
    file.write_text("park,year,value,published\n" + rows, encoding="utf-8")
    assert read_outturns(file)["value"].tolist() == [36.5]


def test_what_was_known_is_no_outturn(tmp_path):
    early = OUTTURN.assign(published=pd.Timestamp("2016-02-29"))
    with pytest.raises(InputError, match="a day after the vintage"):
        scored(projections(), early)
    with pytest.raises(InputError, match="none for the projections given"):
        scored(projections(park="b"), OUTTURN)
    with pytest.raises(InputError, match=r"no results\.parquet"):
        stored_projections([tmp_path])
    (tmp_path / "results.parquet").write_text("no parquet")
    with pytest.raises(InputError, match=r"a results\.parquet of a report"):
        stored_projections([tmp_path])
