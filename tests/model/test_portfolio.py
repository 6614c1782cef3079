"""Many parks: the parts keep their distributions, the total follows from the stated correlation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parkfiles import PARKS, copy_park, edit

from parkanalysis.errors import InputError
from parkanalysis.model.compare import portfolio, read_parks, total_draws
from parkanalysis.model.projection import project
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import read_park

N = 4096


@pytest.fixture(scope="module")
def projections():
    places = {"template_park": TEMPLATE, "harbour": PARKS / "harbour", "tiny": PARKS / "tiny"}
    return {name: project(read_park(path), "reference", draws=N) for name, path in places.items()}


def normals(count, n=40_000, seed=1):
    return np.random.default_rng(seed).normal(10, 1, (count, n))


def test_independent_parts_add_their_variances():
    parts = normals(4)
    assert total_draws(parts, 0.0).std() == pytest.approx(2, rel=0.02)


def test_parts_that_move_as_one_add_their_quantiles():
    parts = normals(3)
    total = total_draws(parts, 1.0)
    q = [0.05, 0.5, 0.95]
    assert np.quantile(total, q) == pytest.approx(sum(np.quantile(p, q) for p in parts), abs=1e-3)


@pytest.mark.parametrize("rank", [0.2, 0.5, 0.8])
def test_the_stated_rank_correlation_is_the_one_between_normal_parts(rank):
    # var(x + y) = 2 + 2 r with r = 2 sin(pi rank / 6) for unit normals
    total = total_draws(normals(2, n=200_000), rank)
    assert total.var() == pytest.approx(2 + 4 * np.sin(np.pi * rank / 6), rel=0.02)


@given(st.floats(0, 1), st.integers(1, 5))
def test_the_mean_never_depends_on_the_correlation(rank, count):
    parts = normals(count, n=500)
    before = parts.copy()
    assert total_draws(parts, rank).mean() == pytest.approx(parts.mean(axis=1).sum())
    assert (parts == before).all()


def test_one_park_is_its_own_total():
    (part,) = normals(1, n=1_000)
    assert np.sort(total_draws([part], 0.3)) == pytest.approx(np.sort(part))


def test_the_frame(projections):
    frame = portfolio(projections.values())
    figures = ["base", "mean", "low", "median", "high", "growth", "target", "probability", "shortfall"]
    names = ["level", "park", "name_zh", "name_en", "scenario", "base_year", "target_year"]
    assert list(frame.columns) == [*names, *figures, "correlation"]
    assert frame["park"].tolist() == ["template_park", "harbour", "tiny", "total", "total", "total"]
    parks = frame[frame["level"] == "park"].set_index("park")
    for name, projection in projections.items():
        assert parks.loc[name, "median"] == pytest.approx(np.median(projection.draws))
        assert (parks.loc[name, "low"], parks.loc[name, "high"]) == pytest.approx(projection.interval(0.8))
    # three target years: nothing is added across them
    assert frame[frame["level"] == "total"]["target_year"].tolist() == [2020, 2024, 2025]


def test_targets_come_from_the_stated_projection(projections):
    frame = portfolio(projections.values()).set_index("park")
    zone = projections["template_park"]
    assert frame.loc["template_park", "target"] == 53
    assert frame.loc["template_park", "probability"] == pytest.approx((zone.draws >= 53).mean())
    assert np.isnan(frame.loc["harbour", "probability"])


def test_totals_of_one_year(tmp_path):
    second = copy_park(tmp_path)
    twins = [project(read_park(p), "combined", draws=N) for p in (TEMPLATE, second)]
    frame = portfolio(twins).set_index("level")
    total, park = frame.loc["total"], frame.loc["park"].iloc[0]
    for column in ("base", "mean", "target"):
        assert total[column] == pytest.approx(2 * park[column])
    # two alike that hang together in part: wider than apart, narrower than as one
    width = (total["high"] - total["low"]) / (park["high"] - park["low"])
    assert np.sqrt(2) < width < 2


def test_a_total_has_a_target_only_when_all_parks_have_one(tmp_path):
    second = copy_park(tmp_path)
    edit(second / "park.yml", "stated:\n  result: stated_result_2025\n  loss: stated_loss_2025\n", "")
    twins = [project(read_park(p), "reference", draws=64) for p in (TEMPLATE, second)]
    assert np.isnan(portfolio(twins).iloc[-1]["target"])


def test_the_same_again_is_the_same(projections):
    pd.testing.assert_frame_equal(portfolio(projections.values()), portfolio(list(projections.values())))


def test_what_is_refused(projections):
    with pytest.raises(InputError, match="two projections of 'tiny'"):
        portfolio([projections["tiny"]] * 2)


def test_reading_many_parks_shows_all_problems(tmp_path):
    broken = copy_park(tmp_path)
    (broken / "park.yml").unlink()
    (tmp_path / "tiny").mkdir()
    with pytest.raises(InputError) as caught:
        read_parks([TEMPLATE, broken, "nowhere"])
    assert [p.file for p in caught.value.problems] == ["zone/park.yml", "park"]
    assert [p.id for p in read_parks([TEMPLATE, PARKS / "tiny", TEMPLATE])] == ["template_park", "tiny"]


def test_two_parks_of_one_name(tmp_path):
    parks = read_parks([copy_park(tmp_path / "a"), copy_park(tmp_path / "b")])
    assert [p.id for p in parks] == ["zone", "zone"]
    with pytest.raises(InputError, match="zone"):
        portfolio([project(p, "reference", draws=64) for p in parks])
