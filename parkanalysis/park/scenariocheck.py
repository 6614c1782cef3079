"""Checks of scenarios: the shocks and levers they name, the values they set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parkanalysis.errors import Problem, nearest
from parkanalysis.park.files import line_of
from parkanalysis.park.levers import UNITS
from parkanalysis.park.schema import LeverSetting
from parkanalysis.park.tablecheck import Files, shape_problem, unknown
from parkanalysis.quantities.quantities import Quantity

__all__ = ["check_scenario", "check_setting"]


def check_scenario(name: str, files: Files, levers: Mapping[str, tuple[int, Any]]) -> Iterator[Problem]:
    """What is wrong with one scenario.

    Examples
    --------
    >>> from parkanalysis.park.schema import ScenarioFile
    >>> file = ScenarioFile(title="Lower tax", levers={"vat_rat": 0.16})
    >>> files = Files(None, None, {}, {"levers": {"vat_rate"}}, {}, {"lower_tax": ({}, file)})
    >>> print(*check_scenario("lower_tax", files, {}))
    scenarios/lower_tax.yml, column levers: found unknown lever 'vat_rat'; allowed: vat_rate; did you
    mean 'vat_rate'?
    """
    file = f"scenarios/{name}.yml"
    document, scenario = files.scenarios[name]
    for lever, setting in scenario.levers.items():
        line = line_of(document, ("levers", lever))
        if lever not in files.names["levers"]:
            yield unknown(file, line, "levers", lever, files.names["levers"], "lever")
        elif lever in levers:
            for found, allowed in check_setting(setting, levers[lever][1], files.parsed):
                yield Problem(file, found, allowed, line, f"levers.{lever}")
    if files.config is None:
        return
    shocks = files.config.shocks
    active = list(shocks) if scenario.shocks == "all" else list(scenario.shocks)
    taken: dict[tuple[str, str], str] = {}
    for i, shock in enumerate(active):
        line = line_of(document, ("shocks", i))
        if shock not in shocks:
            yield unknown(file, line, "shocks", shock, shocks, "shock")
            continue
        item = shocks[shock]
        # acting twice on the same thing would count it twice
        field = {"plant_closure": "plant", "price_change": "product", "rate_change": "industry"}.get(
            item.kind
        )
        key = (item.kind, getattr(item, field)) if field else ("", shock)
        if key in taken:
            twice = taken[key] == shock
            found = f"{shock!r} twice" if twice else f"{key[1]!r} by {taken[key]} and {shock}"
            yield Problem(file, found, "each plant, price and rate changed once", line, "shocks")
        taken.setdefault(key, shock)


def check_setting(
    setting: float | LeverSetting, row: Any, parsed: Mapping[str, Quantity]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a lever's setting: pairs of found and allowed.

    ``row`` is anything with ``minimum``, ``maximum`` and ``unit``.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> list(check_setting(15.8, park.levers["alumina_price_2016"], park.quantities))
    [('15.8', '900 to 4000 CNY/t')]
    >>> list(check_setting(LeverSetting(figure="debt"), park.levers["alumina_price_2016"], park.quantities))
    [('debt in CNY', 'a figure in CNY/t')]
    """
    bounds = f"{row.minimum:g} to {row.maximum:g} {row.unit}"
    values: list[float]
    if not isinstance(setting, LeverSetting):
        values = [float(setting)]
    elif setting.figure is not None:
        quantity = parsed.get(setting.figure)
        canonical, factor = UNITS[row.unit]
        if quantity is None:
            near = nearest(setting.figure, parsed)
            yield f"unknown figure {setting.figure!r}", f"a figure (nearest: {near})" if near else "a figure"
            return
        if quantity.unit != canonical:
            yield f"{setting.figure} in {quantity.unit}", f"a figure in {canonical}"
            return
        values = [quantity.value / factor]
    elif setting.quantile is not None:
        return
    else:
        values = [v for v in (setting.low, setting.central, setting.high) if v is not None]
        low, central, high = values
        if sorted(values) != values:
            yield f"{values}", "low ≤ central ≤ high"
        elif problem := shape_problem(setting.distribution or "triangular", low, central, high):
            yield f"{values}", problem
    for value in values:
        if not row.minimum <= value <= row.maximum:
            yield f"{value:g}", bounds
