"""A zone's folder or workbook of figures, read and checked once.

Examples
--------
>>> import parkanalysis.model.shocks  # the kinds of shocks
>>> park = read_park("qingzhen")
>>> park.config.base_year, park.levers["alumina_price_2016"].unit
(2015, 'CNY/t')
"""

from parkanalysis.park.checks import check_setting, correlation_matrix
from parkanalysis.park.levers import UNITS, Lever, to_canonical
from parkanalysis.park.new import create
from parkanalysis.park.park import Park, known_parks, of_park, park_path, read_park
from parkanalysis.park.schema import (
    PARAMETERS,
    Correlation,
    LeverSetting,
    ParkFile,
    Ref,
    ScenarioFile,
    Shock,
    levers_of,
    references,
)

__all__ = [
    "PARAMETERS",
    "UNITS",
    "Correlation",
    "Lever",
    "LeverSetting",
    "Park",
    "ParkFile",
    "Ref",
    "ScenarioFile",
    "Shock",
    "check_setting",
    "correlation_matrix",
    "create",
    "known_parks",
    "levers_of",
    "of_park",
    "park_path",
    "read_park",
    "references",
    "to_canonical",
]
