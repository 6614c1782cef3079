"""The year from its parts: shocks meet only what runs in their own months."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parkfiles import PARKS

from parkanalysis.model.draws import Base, Draws, ProductDraws
from parkanalysis.model.inverse import Probe
from parkanalysis.model.scenario import in_year, read_scenario
from parkanalysis.model.shocks import (
    CapacityRampUp,
    ContractedVolume,
    Effect,
    OutputCap,
    PlantClosure,
    PriceChange,
    RateChange,
    common,
    length,
    window_of_months,
)
from parkanalysis.model.target_year import State, state, total, used_levers
from parkanalysis.park import read_park

ALWAYS = (0.0, np.inf)
H1, H2 = (0.0, 0.5), (0.5, np.inf)
share = st.floats(0, 1)


def one(value):
    return np.array([float(value)])


# metal: 10 亿元 of output, rate 0.4, so 4 亿元; 100,000 t at 2340 with 17% VAT, which is 2000 net: a ton
# adds 800 yuan, the product 0.8 亿元
BASE = Base(
    value_added={"metal": one(4), "power": one(6)},
    rate={"metal": one(0.4), "power": one(0.3)},
    gross_output={"metal": one(10), "power": one(20)},
    products={
        "ingot": ProductDraws(one(100_000), one(2340), one(0.17), one(800)),
        "current": ProductDraws(one(42e8), one(0.351), one(0.17), one(0.09)),
    },
)
NAME = {"zh": "x", "en": "x"}
PRICE = PriceChange(kind="price_change", name=NAME, product="ingot", price="p", pass_through="t")
RAMP = CapacityRampUp(kind="capacity_ramp_up", name=NAME, product="ingot", volume="v")
CLOSE = PlantClosure(kind="plant_closure", name=NAME, plant="p")
CAP = OutputCap(kind="output_cap", name=NAME, industry="power", cap="c")
RATE = RateChange(kind="rate_change", name=NAME, industry="power", rate_before="b", rate_after="a")
SIGNED = ContractedVolume(
    kind="contracted_volume", name=NAME, industry="power", volume="v", price="p", base_volume="b"
)
FUEL = SIGNED.model_copy(update={"unit_cost": "c"})
SOLD = FUEL.model_copy(update={"product": "current", "price": None, "base_volume": None})


def effect(item, window=ALWAYS, industry="metal", product=None, name=None, **levers):
    drawn = {field: one(value) for field, value in levers.items()}
    return Effect(name or item.kind, item, industry, product, window, drawn)


def closure(window=ALWAYS, value_added=1.0, volume=0.0, industry="metal", name="close"):
    product = "ingot" if volume else None
    return effect(CLOSE, window, industry, product, name, value_added=value_added, volume=volume)


def ramp(window=ALWAYS, volume=50_000):
    return effect(RAMP, window, product="ingot", volume=volume)


def price(window=ALWAYS, to=1872, through=0.0, floor=0.0, vat=0.17):
    """A fall of 468 yuan with VAT, 400 without, unless said otherwise."""
    return effect(PRICE, window, product="ingot", price=to, pass_through=through, floor=floor, vat=vat)


def cap(window=H2, part=0.5):
    return effect(CAP, window, "power", cap=part)


CONTRACT = {"volume": 12e8, "further": 0, "base_volume": 42e8, "price": 0.351, "vat_rate": 0.17, "vat": 0}


def contract(window=ALWAYS, item=SIGNED, **levers):
    product = item.product
    return effect(item, window, "power", product, **{**CONTRACT, "unit_cost": 0, **levers})


def year(industry, *effects, growth=0.0, swing=0.0, ahead=1):
    grown = {i: one((1 + growth) ** ahead - 1) for i in BASE.value_added}
    named = {f"{e.shock}_{i}": e for i, e in enumerate(effects)}
    still = dict.fromkeys(grown, one(swing))
    return State(BASE, grown, still, named, ahead).stretch(industry).added().item()


def metal(*effects, **more):
    return year("metal", *effects, **more)


def power(*effects, **more):
    return year("power", *effects, **more)


def test_without_shocks_an_industry_grows():
    assert metal(growth=0.1) == pytest.approx(4.4)
    assert metal(growth=0.1, ahead=3) == pytest.approx(4 * 1.331)


def test_a_closed_plant_takes_its_growth_along():
    # it closes at midyear: half of 1 × 1.1
    assert metal(closure(H2), growth=0.1) == pytest.approx(4.4 - 0.55)
    # the year after, it stands still from January to December
    assert metal(closure(H2), growth=0.1, ahead=2) == pytest.approx(3 * 1.21)


def test_plants_never_hold_more_than_their_industry():
    two = (closure(value_added=3, name="a"), closure(value_added=3, name="b"))
    assert metal(*two) == pytest.approx(0)
    assert metal(replace(two[0], window=H2), replace(two[1], window=H2)) == pytest.approx(2)


def test_a_price_falls_on_all_that_is_sold():
    # 100,000 t × 400 yuan net is 0.4 亿元; with its VAT 0.468
    assert metal(price()) == pytest.approx(3.6)
    assert metal(price(vat=0.0)) == pytest.approx(4 - 0.468)
    assert metal(price(H2)) == pytest.approx(3.8)
    assert metal(price(through=0.25)) == pytest.approx(3.7)


def test_what_would_add_less_than_nothing_is_cut_back():
    # 1000 yuan net less, of a ton that adds 800: it stops, and 0.8 亿元 are lost instead of 1
    assert metal(price(to=1170)) == pytest.approx(4 - 0.8)
    assert metal(price(to=1170, through=0.2)) == pytest.approx(4 - 0.8)  # just nothing left
    assert metal(price(to=1170, through=0.5)) == pytest.approx(4 - 0.5)
    # a ton that adds 400 stops below a floor of 500, and runs above one of 300
    assert metal(price(floor=500)) == pytest.approx(4 - 0.8)
    assert metal(price(floor=300)) == pytest.approx(4 - 0.4)
    # a price that rises stops nothing
    assert metal(price(to=2400, floor=5000)) > 4


def test_a_closed_plant_cannot_also_lose_price():
    whole = closure(value_added=2, volume=100_000)
    assert metal(whole, price()) == pytest.approx(2)


def test_a_plant_that_closes_at_midyear_loses_price_only_before():
    whole = closure(H2, value_added=2, volume=100_000)
    assert metal(whole, price(H2)) == pytest.approx(3)  # it stands still when the price falls
    assert metal(whole, price(H1)) == pytest.approx(3 - 0.2)  # it sold half its tonnes at the low price
    assert metal(whole, price()) == pytest.approx(3 - 0.2)


def test_a_ramp_up_sells_at_the_price_of_its_own_months():
    # 50,000 t more in the second half: 25,000 t × 800 is 0.2 亿元
    assert metal(ramp(H2)) == pytest.approx(4.2)
    assert metal(ramp(H2), price(H1)) == pytest.approx(4.2 - 0.2)
    assert metal(ramp(H2), price(H2)) == pytest.approx(4.2 - 0.3)


def test_what_a_shock_models_takes_no_growth_as_well():
    # the product is 0.8 of the industry's 4: the other 3.2 grow
    assert metal(price(to=2340), growth=0.1) == pytest.approx(4 + 0.32)
    assert metal(price(), growth=0.1) == pytest.approx(4 + 0.32 - 0.4)
    # two shocks on one product are one product
    assert metal(ramp(volume=0), price(to=2340), growth=0.1) == pytest.approx(4.32)
    # a contract without a product: 42 亿 kWh at 0.30 net and 0.3 are 3.78 of 6
    assert power(contract(volume=42e8), growth=0.1) == pytest.approx(6 + 0.222)


def test_a_new_plant_brings_its_value_added():
    known = {"kind": "capacity_ramp_up", "name": NAME, "industry": "metal"}
    new = effect(CapacityRampUp(**known, value_added="a"), H2, value_added=3.0)
    assert metal(new, growth=0.1, swing=0.05) == pytest.approx(4.4 + 1.5)
    with pytest.raises(ValueError, match="either product and volume, or industry and value_added"):
        CapacityRampUp(**known, volume="v")


def test_what_a_shock_models_varies_as_growth_does():
    # the other 3.2 grow by a tenth, the product's 0.8 are a twentieth above their centre
    assert metal(price(to=2340), growth=0.1, swing=0.05) == pytest.approx(3.2 * 1.1 + 0.8 * 1.05)
    # half of what a tonne adds is lost, and more tonnes are sold
    assert metal(price(), growth=0.1, swing=0.05) == pytest.approx(3.52 + 0.4 * 1.05)
    # 10,000 t more at 800 yuan; then all at 400
    assert metal(ramp(volume=10_000), swing=0.05) == pytest.approx(3.2 + 0.88 * 1.05)
    assert metal(ramp(volume=10_000), price(), swing=0.05) == pytest.approx(3.2 + 0.44 * 1.05)
    # what is signed is sold, whatever would have been
    assert power(contract(volume=42e8), swing=0.05) == pytest.approx(6 + 0.05 * 3.78 - 0.05 * 3.78)


def test_at_central_values_what_a_shock_models_stands_still(parks):
    found = state(whole(parks, "qingzhen"), None, 1)
    assert {key: v.item() for key, v in found.driftless.items()} == pytest.approx(dict.fromkeys(OWN, 0))
    held = state(whole(parks, "qingzhen"), (0, 64), 1, {"baseline_growth": 0.2})
    weights = held.base.value_added
    assert sum(weights[i] * held.driftless[i] for i in OWN) == pytest.approx(0, abs=1e-9)
    # half of the draws lie above the centre, wherever that is
    found = state(whole(parks, "qingzhen"), (0, 4096), 1)
    added = found.base.value_added
    assert (sum(added[i] * found.driftless[i] for i in added) > 0).mean() == pytest.approx(0.5, abs=0.02)


def test_a_contract_replaces_what_runs():
    assert power(contract()) == pytest.approx(6 - 2.7)
    # what is expected to be sold beside it counts like what is signed
    assert power(contract(volume=10e8, further=2e8)) == pytest.approx(6 - 2.7)
    # a plant with a third of the industry has closed: 28 instead of 42 亿 kWh are left to replace
    closed = closure(value_added=2, industry="power")
    assert power(closed, contract()) == pytest.approx(4 - 1.44)
    # it closes when the contract ends
    late = closure(H2, value_added=2, industry="power")
    assert power(late, contract(H1)) == pytest.approx(5 - 1.35)


def test_a_contract_is_worth_its_margin_and_no_more_than_the_industry():
    # 30 亿 kWh less at 0.351 - 0.251 = 0.10 yuan
    assert power(contract(item=FUEL, unit_cost=0.251)) == pytest.approx(6 - 3)
    # without VAT in value added the margin is net of it
    assert power(contract(item=FUEL, unit_cost=0.251, vat=0.17)) == pytest.approx(6 - 3 / 1.17)
    # at most 6 亿元 over 42 亿 kWh
    assert power(contract(item=FUEL, unit_cost=0.0)) == pytest.approx(6 * 12 / 42)
    # selling below cost is not worth less than not selling
    assert power(contract(item=FUEL, unit_cost=0.5)) == pytest.approx(6)


def test_a_contract_of_a_product_sells_at_the_price_that_holds():
    cut = PRICE.model_copy(update={"product": "current"})
    fall = effect(cut, ALWAYS, "power", "current", price=0.331, pass_through=0, floor=0, vat=0)
    sold = contract(item=SOLD, unit_cost=0.251)
    # 42 亿 kWh lose 0.02, and 30 亿 kWh less lose 0.331 - 0.251
    assert power(fall, sold) == pytest.approx(6 - 0.84 - 2.4)
    # a fall in the second half only: a mean price of 0.341
    assert power(replace(fall, window=H2), sold) == pytest.approx(6 - 0.42 - 2.7)
    # 42 亿 kWh add 0.09 each and no more can be lost of them, whatever the margin
    assert power(fall, contract(item=SOLD, unit_cost=0.131)) == pytest.approx(6 - 3.78)


def test_a_cap_meets_what_runs_in_its_months():
    assert power(cap()) == pytest.approx(4.5)
    assert power(closure(H2, value_added=2, industry="power"), cap()) == pytest.approx(6 - 1 - 1)
    assert power(closure(H1, value_added=2, industry="power"), cap()) == pytest.approx(6 - 1 - 1.5)
    # a second cap takes half of what the first leaves
    assert power(cap(), cap()) == pytest.approx(6 - 1.5 - 0.75)


def test_a_rate_changes_on_the_output_that_runs():
    # 20 亿元 of output, a point less
    rate = effect(RATE, industry="power", rate_before=0.3, rate_after=0.29)
    assert power(rate) == pytest.approx(5.8)
    assert power(rate, growth=0.1) == pytest.approx(6.6 - 0.22)
    assert power(closure(value_added=3, industry="power"), rate) == pytest.approx(3 - 0.1)
    assert power(cap(), rate) == pytest.approx(4.5 - 0.15)


def test_shocks_of_other_industries_are_passed_over():
    assert power(price(), closure()) == pytest.approx(6)
    growth = dict.fromkeys(BASE.value_added, one(0))
    both = State(BASE, growth, growth, {"price": price(), "close": closure(industry="power")})
    assert total(both).item() == pytest.approx(3.6 + 5)


@given(share, st.floats(0, 4), st.floats(500, 3000), st.floats(500, 3000), share, share, st.floats(0, 900))
def test_monotone_in_price_and_pass_through(start, plant, p, q, s, t, floor):
    low, high = sorted([p, q])
    closed = closure((start, np.inf), plant)
    prices = [metal(closed, price(to=v, through=s, floor=floor)) for v in (low, high)]
    assert prices[0] <= prices[1] + 1e-12
    less, more = sorted([s, t])
    fall = min(low, 2340.0)
    passed = [metal(closed, price(to=fall, through=v, floor=floor)) for v in (less, more)]
    assert passed[0] <= passed[1] + 1e-12


@given(
    st.floats(500, 3000),
    st.floats(0, 900),
    share,
    st.floats(0, 2e5),
    st.floats(0, 60e8),
    share,
    st.floats(-1, 1),
)
def test_no_product_takes_away_more_than_it_adds(to, floor, through, more, signed, cost, swing):
    left = metal(ramp(volume=more), price(to=to, through=through, floor=floor), swing=swing)
    assert left >= 3.2 - 1e-12
    assert power(contract(item=FUEL, volume=signed, unit_cost=cost), swing=swing) >= -1e-12
    assert power(contract(item=SOLD, volume=signed, unit_cost=cost), swing=swing) >= 6 - 3.78 - 1e-12


@given(share, share, share)
def test_the_year_is_the_sum_of_its_stretches(cut, a, b):
    window = tuple(sorted([a, b]))
    effects = (
        closure((a, np.inf), 1.0, 30_000.0),
        ramp(window, 40_000),
        price(window),
        effect(CAP, (b, np.inf), cap=0.6),
        effect(RATE, H2, rate_before=0.4, rate_after=0.37),
    )
    growth = dict.fromkeys(BASE.value_added, one(0.08))
    whole = State(BASE, growth, growth, {str(i): e for i, e in enumerate(effects)}).stretch("metal")
    parts = [replace(whole, window=w).added().item() for w in ((0.0, cut), (cut, 1.0))]
    assert sum(parts) == pytest.approx(whole.added().item(), abs=1e-9)


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, (0, np.inf)),
        ("2016-03", None, (2 / 12, np.inf)),
        ("2016-07", "2016-09", (0.5, 0.75)),
        (None, "2016-01", (0, 1 / 12)),
        ("2018-12", "2019-01", (2 + 11 / 12, 3 + 1 / 12)),
    ],
)
def test_months_are_stretches_of_time(start, end, window):
    assert window_of_months(2015, start, end) == pytest.approx(window)


@given(*[st.tuples(share, share).map(sorted).map(tuple)] * 3)
def test_common_stretches_do_not_depend_on_the_order(a, b, c):
    assert length(common(a, b, c)) == length(common(c, a, b)) <= length(common(a, b))


@pytest.fixture(scope="module")
def parks():
    return {name: read_park(name if name == "qingzhen" else PARKS / name) for name in ("qingzhen", "harbour")}


def whole(parks, name):
    return read_scenario(parks[name], "combined" if name == "qingzhen" else "everything")


@pytest.mark.parametrize("name", ["qingzhen", "harbour"])
def test_a_state_is_cut_into_views(parks, name):
    found = state(whole(parks, name), (0, 64), 1)
    pieces = [total(found.part(0, 24)), total(found.part(24, 64))]
    assert np.array_equal(np.concatenate(pieces), total(found))


@pytest.mark.parametrize("name", ["qingzhen", "harbour"])
def test_a_shock_switched_off_is_the_scenario_without_it(parks, name):
    scenario = whole(parks, name)
    found = state(scenario, (0, 64), 1)
    for shock in scenario.shocks:
        off = replace(scenario, shocks=tuple(s for s in scenario.shocks if s != shock))
        others = {k: e for k, e in found.effects.items() if k != shock}
        assert np.array_equal(total(replace(found, effects=others)), total(state(off, (0, 64), 1)))
        assert not np.allclose(total(replace(found, effects=others)), total(found)), shock


@pytest.mark.parametrize("name", ["qingzhen", "harbour"])
def test_used_levers_are_those_that_move_the_result(parks, name):
    scenario = whole(parks, name)
    moved = set()
    for lever in scenario.levers.values():
        probe = Probe(scenario, [lever.name], 256, 0)
        low, high = (probe(**{lever.name: v}) for v in (lever.minimum, lever.maximum))
        if not np.allclose(low, high):
            moved.add(lever.name)
    assert moved == set(used_levers(scenario))


@pytest.mark.parametrize("name", ["qingzhen", "harbour"])
def test_a_probe_gives_what_a_scenario_with_the_lever_set_gives(parks, name):
    scenario = whole(parks, name)
    for lever in used_levers(scenario):
        item = scenario.levers[lever]
        value = item.minimum + 0.3 * (item.maximum - item.minimum)
        held = read_scenario(parks[name], scenario.name, **{lever: value})
        direct = total(state(held, (0, 256), 3))
        found = Probe(scenario, [lever], 256, 3)(**{lever: value})
        assert np.allclose(found, direct, rtol=1e-13), lever


def test_a_later_year_grows_on_and_keeps_what_has_happened(parks):
    scenario = read_scenario(parks["qingzhen"], "closures", baseline_growth=0.1)
    first, second = (total(state(in_year(scenario, n), None, 1)).item() for n in (1, 2))
    closed = sum(
        scenario.levers[f"value_added_{n}"].central
        for n in ("huaneng_coking", "gas_source_plant", "minmetals", "hongyun")
    )
    assert second == pytest.approx(1.21 * (37.01 - closed))
    # nine tenths of the first year
    assert first == pytest.approx(1.1 * (37.01 - 0.9 * closed))


OWN = ("aluminium", "pharma_food", "building_materials", "equipment", "power_heat", "other")


def test_industries_deviate_from_the_growth_of_the_whole_and_leave_it_as_it_is(parks):
    levers = {f"growth_{i}": 0.0 for i in OWN} | {"growth_aluminium": 0.2, "baseline_growth": 0.1}
    found = state(read_scenario(parks["qingzhen"], "combined", **levers), None, 1)
    aluminium = found.base.value_added["aluminium"].item()
    mean = (37.01 + 0.2 * aluminium) / 37.01
    assert found.growth["aluminium"].item() == pytest.approx(1.1 * 1.2 / mean - 1)
    assert found.growth["other"].item() == pytest.approx(1.1 / mean - 1)
    calm = state(read_scenario(parks["qingzhen"], "reference"), (0, 64), 1)
    shared = Draws(read_scenario(parks["qingzhen"], "reference"), (0, 64), 1)("baseline_growth")
    assert total(calm) == pytest.approx(37.01 * (1 + shared))
