"""Exploring: a scenario changed lever by lever, and the what-if page that does it in a browser.

Examples
--------
>>> from parkanalysis.park.park import read_park
>>> park = read_park("qingzhen")
>>> change = ScenarioChange("combined").hold("alumina_price_2016", 1700.0)
>>> scenario_of(park, change).levers["alumina_price_2016"].central
1700.0
"""

from parkanalysis.explore.change import (
    ScenarioChange,
    save_scenario,
    scenario_file,
    scenario_of,
    scenario_yaml,
)
from parkanalysis.explore.page import page_html
from parkanalysis.explore.serve import Server

__all__ = [
    "ScenarioChange",
    "Server",
    "page_html",
    "save_scenario",
    "scenario_file",
    "scenario_of",
    "scenario_yaml",
]
