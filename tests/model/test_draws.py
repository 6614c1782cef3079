"""Draws: ranks as declared, the same whatever the spans, contradictions named."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from parkanalysis.model import draws as sampling
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.levers import Lever
from parkanalysis.park.schema import Correlation

NAMES = ("a", "b", "c", "d")


def pair(a, b, rank):
    return Correlation(levers=(a, b), rank=rank)


def lever(name, distribution="two_piece_normal"):
    return Lever(name, "fraction", 1.0, 2.0, 4.0, -100.0, 100.0, distribution, "assumed", "s")


LEVERS = {n: lever(n) for n in NAMES}


@pytest.mark.parametrize("rank", [-0.95, -0.4, 0.0, 0.3, 0.8])
def test_ranks_are_those_declared(rank):
    u = sampling.uniforms(NAMES, (pair("a", "c", rank),), 0, 1 << 14, 1)
    assert spearmanr(u[0], u[2]).statistic == pytest.approx(rank, abs=0.01)
    assert spearmanr(u[0], u[1]).statistic == pytest.approx(0, abs=0.01)


def sample(park, levers, pairs, span, seed):
    """Draws of levers that are not the park's."""
    config = park.config.model_copy(update={"correlations": tuple(pairs)})
    scenario = replace(read_scenario(park, "reference"), park=replace(park, config=config), levers=levers)
    return sampling.Draws(scenario, span, seed).values


def test_several_pairs_at_once_and_through_the_levers_own_distributions(qingzhen):
    pairs = (pair("a", "b", 0.5), pair("b", "c", -0.3), pair("a", "c", 0.1))
    drawn = sample(qingzhen, {**LEVERS, "b": lever("b", "triangular")}, pairs, (0, 1 << 14), 7)
    found = spearmanr(np.stack([drawn(n) for n in NAMES]), axis=1).statistic
    for p in pairs:
        i, j = (NAMES.index(n) for n in p.levers)
        assert found[i, j] == pytest.approx(p.rank, abs=0.01)
    assert np.abs(found[3, :3]).max() < 0.01


def test_every_lever_alone_stays_evenly_spread():
    u = sampling.uniforms(NAMES, (pair("a", "c", 0.7),), 0, 1 << 12, 3)
    for row in u:
        places = np.sort(row)
        assert np.abs(places - (np.arange(len(row)) + 0.5) / len(row)).max() < 0.02


@settings(max_examples=15)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_spans_do_not_change_the_points(lengths):
    pairs = (pair("a", "b", 0.5), pair("b", "d", -0.4))
    whole = sampling.uniforms(NAMES, pairs, 0, sum(lengths), 5)
    ends = np.cumsum([0, *lengths])
    parts = [sampling.uniforms(NAMES, pairs, int(a), int(b), 5) for a, b in itertools.pairwise(ends)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)


def test_seeds_differ_and_repeat():
    one, again, other = (sampling.uniforms(NAMES, (), 0, 64, s).copy() for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)


def test_draws_cannot_be_changed_by_those_who_use_them(qingzhen):
    with pytest.raises(ValueError, match="read-only"):
        sample(qingzhen, LEVERS, (), (0, 8), 1)("a")[0] = 5.0


def test_a_lever_keeps_its_draws_when_another_is_held(qingzhen):
    held = {**LEVERS, "b": LEVERS["b"].at(3.0)}
    pairs = (pair("a", "b", 0.5),)
    plain, other = (sample(qingzhen, x, pairs, (0, 100), 1) for x in (LEVERS, held))
    assert np.array_equal(plain("a"), other("a"))
    assert other("b").tolist() == [3.0] * 100


def test_memory_is_bounded_and_forgets_the_oldest():
    memory = sampling.Memory(3 * 8 * 10)
    made = []

    def make(key):
        made.append(key)
        return np.full(10, float(key))

    for key in (1, 2, 3, 1, 4, 1, 2):
        assert memory.get(key, lambda key=key: make(key))[0] == key
    assert made == [1, 2, 3, 4, 2]
    assert memory.used <= memory.room


def test_a_singular_matrix_is_allowed():
    # c is what a and b share: correlations that are just possible
    rank = 6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)
    pairs = (pair("a", "c", rank), pair("b", "c", rank))
    u = sampling.uniforms(NAMES, pairs, 0, 1 << 13, 1)
    assert spearmanr(u[0], u[2]).statistic == pytest.approx(rank, abs=0.01)


def test_a_single_draw_and_a_single_lever():
    assert sampling.uniforms(("a",), (), 0, 1, 1).shape == (1, 1)
