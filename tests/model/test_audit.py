"""The audit: what the source prints, set against itself, the accounts and physics."""

import re
from dataclasses import replace
from math import inf, nan

import pytest
from parkfiles import edit

from parkanalysis.errors import InputError
from parkanalysis.model.audit import Interval, audit, evaluate, verdict
from parkanalysis.park.park import read_park


@pytest.fixture(scope="module")
def checks(qingzhen):
    return audit(qingzhen).set_index("check")


@pytest.mark.parametrize(
    ("stated", "computed", "relation", "same", "expected"),
    [
        ((5, 5, inf), (14.4, 14.4, 14.4), "equals", True, "consistent"),
        ((5, 5, inf), (4.9, 4.9, 4.9), "equals", True, "contradiction"),
        ((82, 82, 82), (80, 80, 80), "equals", True, "contradiction"),
        ((82, 82, 82), (80, 80, 80), "equals", False, "other_scope"),
        ((80, 80, 80), (80, 80, 80), "equals", False, "consistent"),
        ((76, 76, 76), (130, 130, 130), "at_most", True, "consistent"),
        ((76, 76, 76), (130, 130, 130), "at_least", True, "contradiction"),
        ((nan, nan, nan), (1, 1, 1), "equals", False, "cannot_be_checked"),
    ],
)
def test_verdicts_by_hand(stated, computed, relation, same, expected):
    assert verdict(Interval(*stated), Interval(*computed), relation, same_scope=same) == expected


def test_an_open_end_stays_open_through_arithmetic():
    at_least_5, about_40 = Interval(5, 5, inf), Interval(40, 38, 42)
    known = {"a": at_least_5, "b": about_40}
    assert evaluate("a + b", known.get) == Interval(45, 43, inf)
    assert evaluate("b - a", known.get) == Interval(35, -inf, 37)
    assert evaluate("a - a", known.get) == Interval(0, -inf, inf)
    assert evaluate("b / a", known.get) == Interval(8, 0, 8.4)
    assert evaluate("0 * a", known.get) == Interval(0, 0, 0)


def test_price_loss_satisfies_what_is_stated_as_a_least(checks):
    row = checks.loc["alumina_price_loss"]
    # 2,000,000 t at 2300 - 1580 = 720 yuan/t
    assert row["computed"] == pytest.approx(14.4)
    assert (row["stated_low"], row["stated_high"], row["verdict"]) == (5.0, inf, "consistent")
    assert "增值税" in row["note_zh"]
    assert "投入成本" in row["note_zh"]


def test_one_figure_has_one_reading(checks):
    # (38 to 42 plus 5 or more) over 37.01
    row = checks.loc["implied_unshocked_growth"]
    assert row["stated"] == pytest.approx(45 / 37.01 - 1)
    assert row["stated_low"] == pytest.approx(43 / 37.01 - 1)
    assert row["stated_high"] == inf == checks.loc["alumina_price_loss", "stated_high"]


def test_facts_of_another_scope_are_no_contradictions(checks):
    # 12e8 kWh over 1200 MW; 43 of the 78.8 are the railway
    hours = checks.loc["power_contract_hours"]
    assert (hours["stated"], hours["computed"], hours["verdict"]) == (1000.0, 4329.0, "other_scope")
    assert checks.loc["projects_attracted_and_done", "verdict"] == "other_scope"
    with_it, without = (checks.loc[f"infrastructure_{n}"] for n in ("items", "without_railway"))
    assert with_it["computed"] - without["computed"] == pytest.approx(43)
    assert (with_it["verdict"], without["verdict"]) == ("other_scope", "consistent")


def test_printed_figures_are_stated_and_industries_are_not_yet_balanced(checks, qingzhen):
    row = checks.loc["industries_within_total"]
    assert row["stated"] == 37.01
    by_hand = sum(
        qingzhen.amount(f"output_{n}_2015") * qingzhen.levers[f"value_added_rate_{n}"].central
        for n in ("aluminium", "pharma_food", "building_materials", "equipment", "power_heat")
    )
    assert row["computed"] == pytest.approx(by_hand)
    # 200 t 10,000 at 2300 yuan with 17% VAT
    alumina = checks.loc["alumina_within_industry"]
    assert (alumina["stated"], alumina["computed"]) == pytest.approx((42.86, 46 / 1.17))
    assert checks.loc["output_threshold", "computed"] == pytest.approx(76 * 0.2)


def test_rows_can_fail(park_copy):
    """A published total below what the industries alone make is noticed."""
    edit(park_copy / "figures.csv", ",37.01 亿元,", ",17.01 亿元,")
    table = audit(read_park(park_copy)).set_index("check")
    assert table.loc["industries_within_total", "verdict"] == "other_scope"


def test_the_implied_rate_is_judged_once_with_its_tables_named(checks):
    rows = checks[checks["stated"].round(4) == round(37.01 / 143.737, 4)]
    assert rows.index.tolist() == ["implied_rate"]
    tables = rows["details"].item()["tables"]
    assert {t["zh"] for t in tables} >= {"中国 2012 年投入产出表（139 部门）"}


def test_every_row_says_why(checks):
    for row in checks.reset_index().to_dict("records"):
        declared = row["name_zh"] and row["name_en"]
        assert row["details"] or declared
    assert set(checks["verdict"]) <= {"consistent", "other_scope", "contradiction", "cannot_be_checked"}


def test_reasons_hold_no_typed_numbers(qingzhen):
    for check in qingzhen.config.checks.values():
        assert not re.search(r"\d", "".join((check.note or {}).values()))


def test_a_contradiction_is_found(qingzhen):
    slip = qingzhen.config.checks["share_above_scale"].model_copy(update={"relation": "at_least"})
    park = replace(qingzhen, config=qingzhen.config.model_copy(update={"checks": {"slip": slip}}))
    assert audit(park).set_index("check").loc["slip", "verdict"] == "contradiction"


def test_another_scope_needs_a_reason(park_copy):
    edit(
        park_copy / "park.yml",
        "note: {zh: 两个数均为原文所载；项目",
        "figures: []  # {zh: 两个数均为原文所载；项目",
    )
    with pytest.raises(InputError, match="a note that says in what the scope differs"):
        read_park(park_copy)
