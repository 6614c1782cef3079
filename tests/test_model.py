"""The year from its parts: shocks meet only what runs in their own months."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parkfiles import PARKS

from parkanalysis.model import model, shocks
from parkanalysis.model.probe import Probe
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import Base, Effect, State, evaluate, total
from parkanalysis.park.park import read_park

YEAR = shocks.YEAR
H1, H2 = (0.0, 0.5), (0.5, 1.0)
share = st.floats(0, 1)


def one(value):
    return np.array([float(value)])


# metal: 10 亿元 of output, rate 0.4, so 4 亿元; 100,000 t at 2340 with 17% VAT, which is 2000 net
BASE = Base(
    value_added={"metal": one(4), "power": one(6)},
    rate={"metal": one(0.4), "power": one(0.3)},
    gross_output={"metal": one(10), "power": one(20)},
    products={"ingot": (one(100_000), one(2340), one(0.17))},
)


def closure(window=YEAR, value_added=1.0, volume=0.0, industry="metal", name="close"):
    product = "ingot" if volume else None
    length = shocks.overlap(window)
    levers = {"value_added": one(value_added), "volume": one(volume)}
    return Effect(name, "plant_closure", industry, product, length, window, levers)


def effect(kind, window=YEAR, industry="metal", **levers):
    product = "ingot" if kind in ("capacity_ramp_up", "price_change") else None
    return Effect(
        kind, kind, industry, product, shocks.overlap(window), window, {k: one(v) for k, v in levers.items()}
    )


def price(window=YEAR, to=1170, through=0.0):
    return effect("price_change", window, price=to, pass_through=through)


def metal(*effects, growth=0.0):
    return evaluate("metal", BASE, growth, effects).item()


def test_without_shocks_an_industry_grows():
    assert metal(growth=0.1) == pytest.approx(4.4)


def test_a_closed_plant_takes_its_growth_along():
    # it closes at midyear: half of 1 × 1.1
    assert metal(closure(H2), growth=0.1) == pytest.approx(4.4 - 0.55)


def test_plants_never_hold_more_than_their_industry():
    two = (closure(value_added=3, name="a"), closure(value_added=3, name="b"))
    assert metal(*two) == pytest.approx(0)
    assert metal(
        replace(two[0], window=H2, share=0.5), replace(two[1], window=H2, share=0.5)
    ) == pytest.approx(2)


def test_a_price_falls_on_all_that_is_sold():
    # 100,000 t × 1000 yuan net is 1 亿元
    assert metal(price()) == pytest.approx(3)
    assert metal(price(H2)) == pytest.approx(3.5)
    assert metal(price(through=0.25)) == pytest.approx(3.25)


def test_a_closed_plant_cannot_also_lose_price():
    whole = closure(value_added=2, volume=100_000)
    assert metal(whole, price()) == pytest.approx(2)


def test_a_plant_that_closes_at_midyear_loses_price_only_before():
    whole = closure(H2, value_added=2, volume=100_000)
    assert metal(whole, price(H2)) == pytest.approx(3)  # it stands still when the price falls
    assert metal(whole, price(H1)) == pytest.approx(3 - 0.5)  # it sold half its tonnes at the low price
    assert metal(whole, price()) == pytest.approx(3 - 0.5)


def test_a_ramp_up_sells_at_the_price_of_its_own_months():
    # 50,000 t more in the second half: 25,000 t × 2000 net × 0.4 is 0.2 亿元
    more = effect("capacity_ramp_up", H2, volume=50_000)
    assert metal(more) == pytest.approx(4.2)
    assert metal(more, price(H1)) == pytest.approx(4.2 - 0.5)
    assert metal(more, price(H2)) == pytest.approx(4.2 - 0.75)


def power(*effects, growth=0.0):
    return evaluate("power", BASE, growth, effects).item()


CONTRACT = {"volume": 12e8, "base_volume": 42e8, "price": 0.351, "vat": 0.17}


def test_a_contract_replaces_what_runs():
    assert power(effect("contracted_volume", industry="power", **CONTRACT)) == pytest.approx(6 - 2.7)
    # a plant with a third of the industry has closed: 28 instead of 42 亿 kWh are left to replace
    closed = closure(value_added=2, industry="power")
    assert power(closed, effect("contracted_volume", industry="power", **CONTRACT)) == pytest.approx(4 - 1.44)
    # it closes when the contract ends
    late = closure(H2, value_added=2, industry="power")
    half = effect("contracted_volume", H1, industry="power", **CONTRACT)
    assert power(late, half) == pytest.approx(5 - 1.35)


def test_a_cap_meets_what_runs_in_its_months():
    cap = effect("output_cap", H2, industry="power", cap=0.5)
    assert power(cap) == pytest.approx(4.5)
    assert power(closure(H2, value_added=2, industry="power"), cap) == pytest.approx(6 - 1 - 1)
    assert power(closure(H1, value_added=2, industry="power"), cap) == pytest.approx(6 - 1 - 1.5)
    # a second cap takes half of what the first leaves
    assert power(cap, replace(cap, shock="again")) == pytest.approx(6 - 1.5 - 0.75)


def test_a_rate_changes_on_the_output_that_runs():
    # 20 亿元 of output, a point less
    rate = effect("rate_change", industry="power", before=0.3, after=0.29)
    assert power(rate) == pytest.approx(5.8)
    assert power(rate, growth=0.1) == pytest.approx(6.6 - 0.22)
    closed = closure(value_added=3, industry="power")
    assert power(closed, rate) == pytest.approx(3 - 0.1)
    cap = effect("output_cap", H2, industry="power", cap=0.5)
    assert power(cap, rate) == pytest.approx(4.5 - 0.15)


def test_shocks_of_other_industries_are_passed_over():
    assert power(price(), closure()) == pytest.approx(6)
    state = State(BASE, one(0), {"price": price(), "close": closure(industry="power")})
    assert total(state).item() == pytest.approx(3 + 5)


@given(share, share, st.floats(0, 4), st.floats(500, 2340), share)
def test_monotone_in_price_pass_through_and_closure_share(a, b, plant, to, through):
    low, high = sorted([a, b])
    falls = [
        metal(closure((1 - s, 1.0), plant, 50_000.0), price(to=to, through=through)) for s in (low, high)
    ]
    passed = [metal(closure((1 - a, 1.0), plant), price(to=to, through=t)) for t in (low, high)]
    prices = [
        metal(closure((1 - a, 1.0), plant), price(to=500 + 3000 * p, through=through)) for p in (low, high)
    ]
    # a plant that adds less than the fall takes from its tonnes may close to the good
    alone = [metal(closure((1 - s, 1.0), plant)) for s in (low, high)]
    assert alone[0] >= alone[1] - 1e-12
    assert passed[0] <= passed[1] + 1e-12
    assert prices[0] <= prices[1] + 1e-12
    assert falls[0] - falls[1] == pytest.approx(
        (high - low) * (plant - 50_000 * (2340 - to) / 1.17 * (1 - through) / 1e8), abs=1e-9
    )


@given(share, share, share)
def test_the_year_is_the_sum_of_its_stretches(cut, a, b):
    window = tuple(sorted([a, b]))
    effects = [
        closure((a, 1.0), 1.0, 30_000.0),
        effect("capacity_ramp_up", window, volume=40_000),
        price(window),
        effect("output_cap", (b, 1.0), cap=0.6),
        effect("rate_change", H2, before=0.4, after=0.37),
    ]
    parts = [evaluate("metal", BASE, 0.08, effects, w).item() for w in ((0.0, cut), (cut, 1.0))]
    assert sum(parts) == pytest.approx(metal(*effects, growth=0.08), abs=1e-9)


def test_a_state_is_cut_into_views():
    state = model.state(read_scenario(read_park("qingzhen"), "combined"), (0, 64), 1)
    pieces = [total(state.part(0, 24)), total(state.part(24, 64))]
    assert np.array_equal(np.concatenate(pieces), total(state))


def test_central_values_are_one_draw(qingzhen):
    state = model.state(read_scenario(qingzhen, "combined"), None, 1)
    assert state.growth.shape == (1,)
    assert all(e.levers[k].shape == (1,) for e in state.effects.values() for k in e.levers)


def test_used_levers_are_those_that_move_the_result(qingzhen):
    scenario = read_scenario(qingzhen, "combined")
    probe = Probe(scenario, list(scenario.levers), 1, 0)
    plain = probe()
    moved = set()
    for name, lever in scenario.levers.items():
        ends = [probe(**{name: v}) for v in (lever.minimum, lever.maximum)]
        if any(not np.allclose(end, plain) for end in ends):
            moved.add(name)
    assert moved == set(model.used_levers(scenario))


@pytest.mark.parametrize("name", ["qingzhen", PARKS / "harbour"])
def test_a_probe_gives_what_a_scenario_with_the_lever_set_gives(name):
    park = read_park(name)
    scenario = read_scenario(park, "combined" if "combined" in park.scenarios else "everything")
    for lever in model.used_levers(scenario):
        item = scenario.levers[lever]
        value = item.minimum + 0.3 * (item.maximum - item.minimum)
        held = read_scenario(park, scenario.name, **{lever: value})
        direct = total(model.state(held, (0, 256), 3))
        found = Probe(scenario, [lever], 256, 3)(**{lever: value})
        assert np.allclose(found, direct, rtol=1e-13), lever


def test_every_kind_of_shock_acts_in_a_park():
    park = read_park(PARKS / "harbour")
    state = model.state(read_scenario(park, "everything"), (0, 128), 1)
    assert {e.kind for e in state.effects.values()} >= {"output_cap", "rate_change", "contracted_volume"}
    for name in state.effects:
        others = {k: e for k, e in state.effects.items() if k != name}
        assert not np.allclose(total(State(state.base, state.growth, others)), total(state)), name
