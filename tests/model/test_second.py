"""Two implementations of one design agree: the package's, and a plain one written from its words."""

import numpy as np
import pytest
from parkfiles import PARKS
from second import second

from parkanalysis.model.projection import project
from parkanalysis.park import read_park
from parkanalysis.park.new import TEMPLATE

CASES = [
    ("qingzhen", "combined"),
    ("qingzhen", "as_stated"),
    ("qingzhen", "reference"),
    (TEMPLATE, "combined"),
    (PARKS / "harbour", "everything"),
    (PARKS / "tiny", "closure"),
]


@pytest.mark.parametrize(("place", "scenario"), CASES)
def test_the_second_implementation_agrees(place, scenario):
    park = read_park(place)
    ours, theirs = project(park, scenario, 200_000).draws, second(park, scenario)
    middle = np.median(ours)
    for q in (0.1, 0.5, 0.9):
        assert np.quantile(theirs, q) == pytest.approx(np.quantile(ours, q), abs=0.002 * middle), q
    assert theirs.mean() == pytest.approx(ours.mean(), abs=0.001 * middle)
