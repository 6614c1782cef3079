"""Which levers matter: swings the long way round, variance shares against closed forms."""

import numpy as np
import pytest
from parkfiles import PARKS

from parkanalysis.model import model, sensitivity
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import read_park


@pytest.fixture(scope="module")
def combined(qingzhen):
    return project(qingzhen, "combined", 2048, 1)


def test_a_swing_is_the_difference_of_two_scenarios(combined):
    table = sensitivity.tornado(combined)
    for name in ("alumina_price_2016", "value_added_rate_power_heat", "baseline_growth"):
        lever = combined.scenario.levers[name]
        ends = [
            project(combined.park, read_scenario(combined.park, "combined", **{name: v}), 2048, 1).median
            for v in (lever.low, lever.high)
        ]
        row = table.loc[name]
        assert (row["low"], row["high"]) == pytest.approx((lever.low, lever.high), rel=1e-6)
        assert (row["at_low"], row["at_high"]) == pytest.approx(ends, abs=1e-4)
        assert row["swing"] == pytest.approx(ends[1] - ends[0], abs=1e-4)


def test_the_widest_swing_stands_first_and_points_are_left_out(combined):
    table = sensitivity.tornado(combined)
    assert table["swing"].abs().is_monotonic_decreasing
    assert "vat_rate" not in table.index
    assert set(table.index) <= set(model.used_levers(combined.scenario))


def test_one_uncertain_lever_carries_everything(qingzhen):
    held = {
        name: lever.central
        for name, lever in read_scenario(qingzhen, "reference").levers.items()
        if not lever.is_point and name != "baseline_growth"
    }
    only = project(qingzhen, read_scenario(qingzhen, "reference", **held), 1024, 1)
    shares = sensitivity.importance(only)
    assert shares.index.tolist() == ["baseline_growth"]
    assert shares.item() == pytest.approx(1)


def test_nothing_uncertain_carries_nothing(qingzhen):
    held = {n: lever.central for n, lever in read_scenario(qingzhen, "reference").levers.items()}
    assert sensitivity.importance(project(qingzhen, read_scenario(qingzhen, "reference", **held), 64)).empty


def test_shares_lie_between_none_and_all(combined):
    shares = sensitivity.importance(combined)
    assert (shares >= -1e-12).all()
    assert 0.8 < shares.sum() <= 1 + 1e-9
    assert shares.is_monotonic_decreasing


class Linear:
    """y = 2a + b of two levers with a correlation, as a projection."""

    def __init__(self, park, rank_correlated):
        scenario = read_scenario(park, "everything")
        names = ("cap_summer", "cap_winter") if rank_correlated else ("gas_signed", "gas_price")
        columns = model.Draws(scenario, (0, 1 << 13), 1)
        standard = [(columns(n) - columns(n).mean()) / columns(n).std() for n in names]
        self.names, self.correlation = names, float(np.corrcoef(standard)[0, 1])
        draws = 2 * standard[0] + standard[1]
        self.projection = Projection(scenario, draws, draws, 0.0, 1)


@pytest.mark.parametrize("correlated", [False, True])
def test_shares_of_two_levers_against_the_closed_form(correlated):
    case = Linear(read_park(PARKS / "harbour"), correlated)
    shares = sensitivity.importance(case.projection)
    r = case.correlation
    # Johnson (2000) for two variables: square root of the correlation matrix [[c, s], [s, c]],
    # c = (sqrt(1 + r) + sqrt(1 - r)) / 2, s = (sqrt(1 + r) - sqrt(1 - r)) / 2
    c, s = (np.sqrt(1 + r) + np.sqrt(1 - r)) / 2, (np.sqrt(1 + r) - np.sqrt(1 - r)) / 2
    beta = np.array([2 * c + s, 2 * s + c]) / np.sqrt(5 + 4 * r)
    expected = [(c * beta[0]) ** 2 + (s * beta[1]) ** 2, (s * beta[0]) ** 2 + (c * beta[1]) ** 2]
    found = [shares[n] for n in case.names]
    assert found == pytest.approx(expected, abs=0.01)
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    if correlated:
        # what they explain together is shared: the weaker one has more than its square alone, 1/5
        assert found[1] > 0.25
