"""Results as data: complete, with units, and in the columns that pyam opens."""

import warnings
from dataclasses import replace

import pytest
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.model.case import Case, read_parameters
from parkanalysis.model.check import impossible
from parkanalysis.model.projection import project
from parkanalysis.park.park import read_park
from parkanalysis.report.results import COLUMNS, iamc, report_results, tidy


@pytest.fixture(scope="module")
def projection(qingzhen):
    return project(qingzhen, "combined", 512)


@pytest.fixture(scope="module")
def table(projection):
    return tidy(projection)


def one(table, **where):
    rows = table
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows["value"].item()


def test_each_number_has_a_unit_a_year_and_a_place_of_its_own(table):
    assert list(table.columns) == COLUMNS
    assert (table["unit"] != "").all()
    keys = ["variable", "driver", "industry", "statistic", "year", "prices"]
    assert not table.duplicated(keys).any()
    assert set(table["year"]) == {2015, 2016}


def test_the_numbers_are_those_of_the_projection(projection, table):
    assert one(table, variable="value_added", statistic="published") == 37.01
    assert one(table, variable="value_added", statistic="quantile_0.5") == projection.median
    means = table[(table["variable"] == "contribution") & (table["statistic"] == "mean")]
    drivers = means[means["industry"] == ""]
    assert drivers["value"].sum() == pytest.approx(projection.draws.mean() - 37.01, abs=1e-9)
    assert one(table, variable="stated_projection", statistic="value") == 40
    assert one(table, variable="target", statistic="met_with_0.8") == projection.targets_met()[0.8]
    current = one(table, variable="growth", statistic="quantile_0.5", prices="current")
    assert current == pytest.approx(projection.median / 37.01 - 1, abs=1e-6)


def test_pyam_opens_the_iamc_columns(table, tmp_path, monkeypatch):
    # pyam's units keep the paths of the installation that filled their cache in the user's home
    monkeypatch.setenv("IAM_UNITS_CACHE", str(tmp_path))
    with warnings.catch_warnings():
        # importing pyam brings in a database layer that warns of its own spellings and keys
        warnings.simplefilter("ignore")
        import pyam

        opened = pyam.IamDataFrame(iamc(table))
        assert opened.scenario == ["combined"]
        assert opened.region == ["qingzhen"]
        assert "Contribution|Driver|Alumina price fall|Mean" in opened.variable
        median = opened.filter(variable="Value added|Quantile 0.5", year=2016).data["value"].item()
    assert median == one(table, variable="value_added", statistic="quantile_0.5")


def test_the_iamc_table_keeps_every_number_and_repeats_no_variable(table):
    wide = iamc(table)
    assert len(wide) == len(table)
    assert not wide.duplicated(["model", "scenario", "region", "variable", "unit", "year"]).any()


def test_another_park_without_a_stated_projection(tmp_path):
    table = tidy(project(read_park(PARKS / "harbour"), "everything", 128))
    assert "stated_projection" not in set(table["variable"])
    assert set(table["year"]) == {2023, 2024}
    assert not iamc(table).duplicated(["variable", "unit", "year"]).any()


def test_a_projection_below_zero_is_refused_as_by_check(monkeypatch, projection):
    lost = replace(projection, draws=projection.draws - 100)
    monkeypatch.setattr(Case, "projection", lost)
    with pytest.raises(InputError, match="value added of 0 or more") as refused:
        report_results(read_parameters({"scenario": "combined", "draws": 999}))
    assert list(refused.value.problems) == list(impossible(lost.draws, "scenarios/combined.yml"))
