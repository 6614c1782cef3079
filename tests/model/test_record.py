"""The recorded calculation, replayed with NumPy, against the model itself."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parkanalysis.explore.page import TEMPLATES
from parkanalysis.model import read_scenario
from parkanalysis.model.draws import Draws
from parkanalysis.model.record import OPERATIONS, Tape, recorded
from parkanalysis.model.target_year import state, total, used_levers
from parkanalysis.park import read_park
from parkanalysis.report.workbook import FORMULAS

DRAWS = 512
PARKS = sorted(p.parent for p in Path(__file__).parent.parent.glob("parks/*/park.yml"))


def replayed(steps, place, given):
    known = {}

    def value(place):
        if place not in known:
            name, *rest = steps[place]
            if name == "value":
                known[place] = rest[0]
            elif name == "input":
                known[place] = given(rest[0])
            elif name == "select":
                known[place] = value(rest[1] if value(rest[0]) else rest[2])
            else:
                known[place] = getattr(np, name)(*map(value, rest))
        return known[place]

    with np.errstate(divide="ignore", invalid="ignore"):
        return value(place)


def asked(draw, name):
    what, _, lever = name.rpartition(":")
    return {"": draw, "spread": draw.spread, "centre": draw.centre}[what](lever)


def replayed_total(calculation, scenario, held):
    draw = Draws(scenario, (0, DRAWS), 2016, held)

    result = np.zeros(DRAWS)
    for industry in calculation.industries.values():
        mask = sum(1 << i for i, s in enumerate(industry["shocks"]) if s in scenario.shocks)
        result = result + replayed(
            calculation.steps, industry["values"][mask][1], lambda name: asked(draw, name)
        )
    return result


def test_every_operation_is_known_to_all_that_replay():
    loops = (TEMPLATES / "explore.js").read_text(encoding="utf-8").partition("const LOOPS = {")[2]
    names = set(re.findall(r"^  (\w+)\(o, n", loops, re.MULTILINE))
    assert set(OPERATIONS) == {*names, "any"} == set(FORMULAS) - {"select"}


@pytest.mark.parametrize("park", ["qingzhen", *PARKS], ids=["qingzhen", *(p.name for p in PARKS)])
def test_replay_is_the_model(park):
    park = read_park(park)
    calculation = recorded(park)
    for name in park.scenarios:
        scenario = read_scenario(park, name)
        span = (0, DRAWS)
        for held in [{}, *({n: park.levers[n].maximum} for n in used_levers(scenario))]:
            there = total(state(scenario, span, 2016, held))
            assert replayed_total(calculation, scenario, held) == pytest.approx(there, rel=1e-14), (
                name,
                held,
            )


def test_every_set_of_shocks_and_no_growth(qingzhen):
    calculation = recorded(qingzhen)
    for shock in qingzhen.config.shocks:
        scenario = replace(read_scenario(qingzhen, "combined"), shocks=(shock,))
        there = total(state(scenario, (0, DRAWS), 2016))
        assert np.array_equal(replayed_total(calculation, scenario, {}), there)
    quiet = read_scenario(qingzhen, "reference")
    draw = Draws(quiet, (0, DRAWS), 2016)
    parts = [
        replayed(
            calculation.steps,
            industry["values"][0][0],
            lambda n: asked(draw, n),
        )
        for industry in calculation.industries.values()
    ]
    assert np.sum(parts, axis=0) == pytest.approx(qingzhen.value_added, abs=1e-9)


def test_all_accounts_held_are_scaled_to_the_total(qingzhen):
    scenario = read_scenario(qingzhen, "combined")
    accounts = [n for n in scenario.levers if n.startswith(("value_added_rate", "other_value_added"))]
    held = {n: scenario.levers[n].central for n in accounts}
    there = total(state(scenario, (0, DRAWS), 2016, held))
    assert np.array_equal(replayed_total(recorded(qingzhen), scenario, held), there)


def test_a_branch_is_followed_both_ways():
    tape = Tape()
    x = tape.input("x", each=True)

    def calculation():
        return [x * 2.0 if (x > 1.0).any() else x + 1.0]

    (step,) = tape.record(calculation)
    for values, expected in (([0.0, 2.0], [0.0, 4.0]), ([0.0, 0.5], [1.0, 1.5])):
        found = replayed(tape.steps, step.place, lambda _, v=values: np.array(v))
        assert found.tolist() == expected


def test_a_branch_for_each_draw_is_refused():
    tape = Tape()
    x = tape.input("x", each=True)
    with pytest.raises(TypeError, match="draw"):
        tape.record(lambda: [x if x > 1.0 else -x])


def test_what_is_the_same_is_written_once():
    tape = Tape()
    x = tape.input("x", each=True)
    first, second = tape.record(lambda: [(x + 1.0) * (x + 1.0), (x + 1.0) ** 2])
    assert first is second
    assert len(tape.steps) == 4
