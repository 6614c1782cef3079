"""Kinds of shocks as classes, and a seventh one that everything takes up without knowing it."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import pytest
import yaml
from parkfiles import PARKS, add_row, copy_park, edit, problems

from parkanalysis.explore import page_html
from parkanalysis.model.check import check
from parkanalysis.model.inverse import break_evens, tornado
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.shocks import Kind, price_change_impact
from parkanalysis.model.target_year import ordered_shocks, target_year_levers
from parkanalysis.park import Ref, Shock, read_park
from parkanalysis.park.schema import Identifier, InIndustry, ParkFile, json_schema
from parkanalysis.report.results import tidy
from parkanalysis.report.words import Words


def test_every_kind_has_an_order_and_labels_of_its_own():
    kinds = Shock.kinds.values()
    assert len({k.order for k in kinds}) == len(kinds)
    for lang in ("zh", "en"):
        assert len({k.label[lang] for k in kinds}) == len(kinds)


def test_shocks_act_in_the_order_of_their_kinds(qingzhen):
    scenario = read_scenario(qingzhen, "combined")
    kinds = [qingzhen.config.shocks[s].kind for s in ordered_shocks(scenario)]
    assert kinds == sorted(kinds, key=lambda k: Shock.kinds[k].order)


@pytest.fixture
def strike():
    """A kind that the package does not know, as someone would add it."""
    known = dict(Shock.kinds)

    class Strike(Kind):
        """Work stops for some days: impact = -value added * days / 365."""

        order = 7
        label = {"zh": "停工", "en": "strikes"}  # noqa: RUF012

        kind: Literal["strike"]
        industry: InIndustry
        days: Annotated[Identifier, Ref("lever", ("h",), "target", (0.0, 8760.0))]

        def impact(self, effect, before):
            return -before.added() * effect.levers["days"] / 8760

    yield Strike
    Shock.kinds.clear()
    Shock.kinds.update(known)


def struck(folder):
    """The harbour with a strike of 876 hours, a tenth of the year, in its electronics."""
    zone = copy_park(folder, PARKS / "harbour")
    levers = zone / "levers.csv"
    hours = {"low": "438", "central": "876", "high": "1314", "minimum": "0", "maximum": "8760"}
    text = {"group": "shocks", "name_en": "hours of the strike", "unit": "h", "source": "judgement"}
    add_row(levers, lever="strike_hours", distribution="triangular", evidence="assumed", **hours, **text)
    edit(
        zone / "park.yml",
        "shocks:\n",
        "shocks:\n  walkout: {kind: strike, name: {zh: 罢工, en: Walkout},"
        " industry: electronics, days: strike_hours}\n",
    )
    scenario = {"title": "Walkout", "shocks": ["walkout"]}
    (zone / "scenarios" / "walkout.yml").write_text(yaml.safe_dump(scenario), encoding="utf-8")
    return zone


def test_a_seventh_kind_works_with_everything(tmp_path, strike):
    zone = struck(tmp_path)
    assert problems(zone) == []
    assert not [p for p in check(zone) if p.severity == "error"]
    park = read_park(zone)
    found = project(park, "walkout", 512)
    table = found.contributions()
    assert table["mean"].sum() == pytest.approx(found.draws.mean() - park.value_added, abs=1e-9)
    assert table.loc["walkout", "waterfall"] < 0
    held = project(park, read_scenario(park, "walkout", strike_hours=876), 64)
    without = project(park, "reference", 64).draws - held.draws
    electronics = held.shares.shapley["baseline", "electronics"] * 0
    electronics += project(park, "reference", 64).shares.shapley["baseline", "electronics"]
    base = park.config.industries["electronics"]
    assert base.gross_output
    assert (without > 0).all()
    assert held.contributions().loc["walkout", "waterfall"] == pytest.approx(-without.mean())
    assert "strike_hours" in target_year_levers(found.scenario)
    assert found.break_even("strike_hours", found.median).status == "met"
    assert "strike_hours" in tornado(found).index
    assert "strike_hours" in break_evens(found, found.median).index
    assert Words(park, "zh").kind("strike") == "停工"
    assert "walkout" in set(tidy(found)["driver"])


def test_a_seventh_kind_stands_in_the_schema_and_on_the_what_if_page(tmp_path, strike):
    assert "Strike" in json_schema(ParkFile)["$defs"]
    assert "停工" in page_html(read_park(struck(tmp_path)), "zh")


def test_a_field_of_a_seventh_kind_is_checked_like_the_others(tmp_path, strike):
    zone = struck(tmp_path)
    edit(zone / "park.yml", "days: strike_hours", "days: strike_hour")
    (problem,) = problems(zone)
    assert (problem.file, problem.nearest) == ("park.yml", "strike_hours")


def test_a_kind_that_is_gone_is_unknown(tmp_path):
    (problem,) = problems(struck(tmp_path))
    assert "strike" in problem.found
    assert "plant_closure" in problem.allowed


def test_the_formula_of_a_strike(tmp_path, strike):
    park = read_park(struck(tmp_path))
    calm, struck_ = (
        project(park, read_scenario(park, n, strike_hours=876), 1) for n in ("reference", "walkout")
    )
    share = {i: v.item() for (d, i), v in calm.shares.shapley.items() if d == "baseline"}
    growth = calm.scenario.levers["growth_rest"].central
    electronics = share["electronics"] / growth * (1 + growth)
    assert calm.draws - struck_.draws == pytest.approx(np.array([electronics / 10]))


def test_the_price_fall_of_the_report_at_full_use():
    # 200 万吨 × 720 yuan/t
    gross = price_change_impact(2_000_000, 2300, 1580, vat_rate=0.0, pass_through=0.0)
    assert gross == pytest.approx(-14.4)
    net = price_change_impact(2_000_000, 2300, 1580, vat_rate=0.17, pass_through=0.4)
    assert net == pytest.approx(-14.4 / 1.17 * 0.6)


def test_a_price_that_stays_does_nothing_and_full_pass_through_neither():
    assert price_change_impact(1e6, 2300, 2300, vat_rate=0.17, pass_through=0.2) == 0
    assert price_change_impact(1e6, 2300, 1580, vat_rate=0.17, pass_through=1.0) == 0


def test_prices_broadcast_over_draws():
    price = np.array([1450.0, 1580.0, 1900.0])
    loss = price_change_impact(1e6, 2300, price, vat_rate=0.17, pass_through=0.4, unit_value=300)
    # 435.9 and 369.2 yuan less of 300: both stop
    assert loss == pytest.approx([-3, -3, -400 / 1.17 * 0.6 / 100])


def test_a_park_says_whether_value_added_holds_vat(qingzhen):
    other = replace(qingzhen, config=qingzhen.config.model_copy(update={"vat_in_value_added": False}))
    levers = {"alumina_price_2016": 2200, "alumina_price_2015": 2300, "baseline_growth": 0.0}
    levers |= {i.growth: 0.0 for i in qingzhen.config.industries.values()}
    ours, theirs = (
        project(p, read_scenario(p, "alumina_price", **levers), 64).draws - 37.01 for p in (qingzhen, other)
    )
    assert ours == pytest.approx(1.17 * theirs)
