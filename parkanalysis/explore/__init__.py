"""Exploring: a scenario changed lever by lever, and the what-if page that does it in a browser.

Examples
--------
>>> from parkanalysis.park.park import read_park
>>> park = read_park("qingzhen")
>>> change = ScenarioChange("combined").hold("alumina_price_2016", 1700.0)
>>> scenario_of(park, change).levers["alumina_price_2016"].central
1700.0
"""

from parkanalysis.explore.change import ScenarioChange, scenario_file, scenario_of, scenario_yaml
from parkanalysis.explore.page import Server, page_html

__all__ = ["ScenarioChange", "Server", "page_html", "scenario_file", "scenario_of", "scenario_yaml"]
