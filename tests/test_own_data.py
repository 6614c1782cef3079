"""The first notebook's frames, and own data written into a copy."""

import csv

import numpy as np
import pytest
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.explore import own_data
from parkanalysis.model.audit import audit
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import read_park
from parkanalysis.park.schema import TABLES
from parkanalysis.park.workbook import write_workbook
from parkanalysis.report import base_year, lever_tables
from parkanalysis.report.words import Words


def test_additions_are_read_checked_and_projected(qingzhen):
    copy = own_data.attempt(qingzhen, own_data.additions(qingzhen))
    assert "my_plant" in copy.config.plants
    assert copy.quantities["output_my_plant"].value == 1.2e8
    assert read_scenario(copy, "my_scenario").shocks == ("close_my_plant",)


@pytest.mark.parametrize("source", [None, PARKS / "tiny"], ids=["qingzhen", "tiny"])
def test_rows_are_shown_with_every_cell_of_their_table(qingzhen, source):
    park = qingzhen if source is None else read_park(source)
    for part in own_data.additions(park)[:2]:
        with (park.path / part.file).open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        (cells,) = csv.reader([part.text])
        assert dict(zip(header, cells, strict=True)).keys() == part.content.keys()


def test_a_workbook_is_given_every_column(qingzhen, tmp_path):
    write_workbook(qingzhen.path, tmp_path / "zone.xlsx")
    parts = own_data.additions(read_park(tmp_path / "zone.xlsx"))
    assert list(parts[1].content) == list(TABLES["levers"].model_fields)
    assert "my_scenario" in own_data.attempt(qingzhen, parts).scenarios


def test_park_itself_is_left_as_it_is(qingzhen):
    own_data.attempt(qingzhen, own_data.additions(qingzhen))
    assert read_park("qingzhen").digest == qingzhen.digest


def test_each_slip_is_told_where_it_stands(qingzhen):
    for slip in own_data.slips(qingzhen):
        with pytest.raises(InputError) as error:
            own_data.attempt(qingzhen, slip.additions)
        (problem,) = error.value.problems
        assert problem.row, slip.what
        assert slip.written.split()[-1] in problem.found, slip.what


def test_accounts_before_balancing_are_rate_times_output(qingzhen):
    frame = base_year.account_frame(read_scenario(qingzhen, "reference"), draws=256)
    known = frame.dropna()
    assert np.allclose(known["rate"] * known["gross_output"], known["value_added"])
    assert frame["balanced"].sum() == pytest.approx(37.01, abs=1e-9)
    assert (frame["low"] < frame["high"]).all()


def test_hedged_figures_reach_to_the_side_their_word_says(qingzhen):
    frame = base_year.hedged(qingzhen)
    assert frame.loc["stated_loss_2016", "below"] == 0.0
    assert frame.loc["stated_loss_2016", "above"] > 0.0
    assert frame.loc["roads_11_6_7_investment", "above"] == 0.0
    assert frame.loc["stated_result_2016", "below"] == -frame.loc["stated_result_2016", "above"]


def test_disagreements_are_the_failed_checks_largest_first(qingzhen):
    checks = audit(qingzhen)
    found = base_year.disagreements(checks, Words(qingzhen, "en"))
    assert set(found.index) == set(checks.loc[checks["verdict"] != "consistent", "check"])
    assert found["relative"].abs().is_monotonic_decreasing


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_are_escaped_html_in_both_languages(park_copy, lang):
    file = park_copy / "figures.csv"
    file.write_text(file.read_text().replace("铝及铝精深加工", "<script>x</script>"))
    park = read_park(park_copy)
    words = Words(park, lang)
    parts = (
        base_year.ledger_table(park, words),
        base_year.ledger_sentence(park, words),
        base_year.rule_table(park, words),
        lever_tables.lever_table(read_scenario(park, "combined"), words),
        own_data.addition_table(own_data.additions(park), words),
    )
    assert all("<script>" not in part.html and part.text for part in parts)
