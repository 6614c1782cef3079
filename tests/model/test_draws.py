"""Draws of the levers; balancing against hand-worked numbers and against the solution of the full system."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import spearmanr

from parkanalysis.model import draws as sampling
from parkanalysis.model.draws import balance
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import state
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
    return sampling.Draws(scenario, span, seed)


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


def test_a_singular_matrix_is_allowed():
    # c is what a and b share: correlations that are just possible
    rank = 6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)
    pairs = (pair("a", "c", rank), pair("b", "c", rank))
    u = sampling.uniforms(NAMES, pairs, 0, 1 << 13, 1)
    assert spearmanr(u[0], u[2]).statistic == pytest.approx(rank, abs=0.01)


def test_a_single_draw_and_a_single_lever():
    assert sampling.uniforms(("a",), (), 0, 1, 1).shape == (1, 1)


parts = st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.01, 9)), min_size=2, max_size=7)


def kkt(prior, variance, total):
    """The same minimum from its first-order conditions: V^-1 (x - prior) = lambda, sum(x) = total."""
    n = len(prior)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = np.diag(1 / np.asarray(variance))
    system[:n, n] = -1
    system[n, :n] = 1
    right = np.append(np.asarray(prior) / np.asarray(variance), total)
    return np.linalg.solve(system, right)[:n]


def test_a_gap_is_shared_in_proportion_to_the_variances():
    # the parts sum to 10, the total is 12: the gap of 2 goes 1/8, 3/8, 4/8
    assert balance([5, 3, 2], [1, 3, 4], 12) == pytest.approx([5.25, 3.75, 3.0])


def test_a_part_without_variance_keeps_its_prior():
    assert balance([5, 3], [0, 1], 10) == pytest.approx([5, 5])


def test_without_any_variance_the_parts_are_scaled():
    assert balance([4, 6], [0, 0], 20) == pytest.approx([8, 12])


@given(parts, st.floats(1, 200))
def test_it_solves_the_first_order_conditions(rows, total):
    prior, variance = np.array(rows).T
    assert balance(prior, variance, total) == pytest.approx(kkt(prior, variance, total), rel=1e-9, abs=1e-9)


@given(parts, st.floats(1, 200))
def test_the_sum_is_the_total_and_a_second_balancing_changes_nothing(rows, total):
    prior, variance = np.array(rows).T
    for minimum in (-np.inf, 0.0):
        once = balance(prior, variance, total, minimum)
        assert once.sum() == pytest.approx(total)
        assert balance(once, variance, total, minimum) == pytest.approx(once)


@given(parts, st.floats(0.05, 0.9))
def test_none_falls_below_the_minimum_and_none_could_lie_nearer(rows, part):
    prior, variance = np.array(rows).T
    total = part * prior.sum()
    found = balance(prior, variance, total, 0.0)
    assert found.min() >= 0
    # who is held would want to go lower still: one multiplier for the rest, not above it for the held
    pull = (found - prior) / variance
    free = found > 0
    assert np.ptp(pull[free]) == pytest.approx(0, abs=1e-7)
    assert (pull[~free] >= pull[free].max() - 1e-7).all()


def test_a_held_minimum_against_a_numerical_solver():
    prior, variance, total = np.array([1.0, 6.0, 3.0]), np.array([4.0, 1.0, 1.0]), 4.0
    solver = minimize(
        lambda x: ((x - prior) ** 2 / variance).sum(),
        np.full(3, total / 3),
        bounds=[(0, None)] * 3,
        constraints={"type": "eq", "fun": lambda x: x.sum() - total},
    )
    assert balance(prior, variance, total, 0.0) == pytest.approx(solver.x, abs=1e-6)


def test_draws_are_balanced_one_by_one():
    prior = np.array([[1.0, 5.0], [6.0, 5.0]])
    together = balance(prior, [1, 1], 3.0, 0.0)
    each = np.stack([balance(column, [1, 1], 3.0, 0.0) for column in prior.T], axis=1)
    assert together == pytest.approx(each)


def test_the_posterior_spread_is_that_of_balanced_normal_draws():
    rng = np.random.default_rng(1)
    variance = np.array([1.0, 4.0, 0.25])
    prior = rng.normal([[10], [20], [5]], np.sqrt(variance)[:, None], (3, 200_000))
    # sqrt(v - v² / sum(v)), sum(v) = 5.25
    expected = [np.sqrt(1 - 1 / 5.25), np.sqrt(4 - 16 / 5.25), np.sqrt(0.25 - 0.0625 / 5.25)]
    assert balance(prior, variance, 36.0).std(axis=1) == pytest.approx(expected, rel=0.01)


def test_a_total_that_differs_from_draw_to_draw():
    prior = np.array([[1.0, 5.0], [6.0, 5.0]])
    together = balance(prior, [1, 3], np.array([3.0, 14.0]), 0.0)
    each = [balance(column, [1, 3], total, 0.0) for column, total in zip(prior.T, (3.0, 14.0), strict=True)]
    assert together == pytest.approx(np.stack(each, axis=1))


def test_the_zone_balances_to_its_published_total(qingzhen):
    base = state(read_scenario(qingzhen, "reference"), (0, 1024), 1).base
    total = sum(base.value_added.values())
    assert total == pytest.approx(37.01)
    assert sum(base.gross_output.values()) == pytest.approx(143.737)
    assert min(v.min() for v in base.value_added.values()) >= 0


def test_each_posterior_rate_lies_between_the_rates_of_its_tables(qingzhen):
    base = state(read_scenario(qingzhen, "reference"), None, 1).base
    rates = qingzhen.value_added_rates
    for industry, rate in base.rate.items():
        rows = rates[(rates["industry"] == industry) & (rates["use"] == "yes")]
        published = rows["value_added_10k_cny"] / rows["gross_output_10k_cny"]
        assert published.min() <= rate[0] <= published.max(), industry
