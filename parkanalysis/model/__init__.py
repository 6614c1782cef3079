"""From a park and a scenario to the projection: accounts, shocks, draws, contributions, break-evens.

Examples
--------
>>> from parkanalysis.park.park import read_park
>>> projection = project(read_park("qingzhen"), "combined", draws=256)
>>> low, high = projection.interval(0.8)
>>> bool(low < projection.median < high)
True
"""

from parkanalysis.model.compare import difference
from parkanalysis.model.projection import Projection, project
from parkanalysis.model.scenario import Scenario, own_lever, read_scenario
from parkanalysis.model.shocks import Kind, price_change_impact

__all__ = [
    "Kind",
    "Projection",
    "Scenario",
    "difference",
    "own_lever",
    "price_change_impact",
    "project",
    "read_scenario",
]
