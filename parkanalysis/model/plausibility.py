"""Numbers that are each allowed and together cannot be: a plant above its industry, sales above output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from parkanalysis.errors import Problem
from parkanalysis.model.accounts import Base, base_year
from parkanalysis.model.draws import Draws
from parkanalysis.model.scenario import YUAN_PER_100M
from parkanalysis.park.levers import UNITS, Lever

if TYPE_CHECKING:
    from parkanalysis.model.scenario import Scenario
    from parkanalysis.park.park import Park

__all__ = ["implausible"]

ROUNDING = 1.005  # printed figures are rounded; half a per cent is no finding
# half the 10-90% range beyond its ends is 2.6 standard deviations from the middle of a normal
FAR = 0.5
LEAST_WIDTH = 0.2  # of the central value, where the range is narrower or a point


def implausible(park: Park) -> list[Problem]:
    """What cannot hold together at the central values of the base year.

    A plant adds no more than its industry and makes no more than is made of its product; a product does
    not sell for more than its industry's printed output; and balancing to the published total leaves an
    industry near the range that its lever gives, and within its hard bounds.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> implausible(read_park("qingzhen"))
    []
    """
    from parkanalysis.model.scenario import build_scenario
    from parkanalysis.park.park import REFERENCE

    scenario = build_scenario(park, REFERENCE, "reference")
    draw = Draws(scenario, None, seed=1)
    base = base_year(draw)
    found = [*_plants(park, base, draw), *_products(park, base), *_balanced(scenario, base)]
    rows = _rows(park) if found else {}
    return [
        Problem("levers.csv", text, allowed, rows.get(lever), _column(park.levers[lever]))
        for lever, text, allowed in found
    ]


Finding = tuple[str, str, str]  # lever, found, allowed


def _column(lever: Lever) -> str:
    """The column that gives the central value."""
    if lever.figure:
        return "figure"
    return "series" if lever.series else "central"


def _plants(park: Park, base: Base, draw: Draws) -> Iterator[Finding]:
    for name, plant in park.config.plants.items():
        own, industry = float(draw(plant.value_added)[0]), float(base.value_added[plant.industry][0])
        if own > industry * ROUNDING:
            text = f"{plant.value_added} of {own:g} CNY_100m for the plant {name}"
            allowed = f"at most the value added of its industry {plant.industry}, {industry:.4g} CNY_100m"
            yield plant.value_added, text, allowed
        if plant.product is None or plant.volume is None:
            continue
        made, all_made = float(draw(plant.volume)[0]), float(base.products[plant.product].volume[0])
        if made > all_made * ROUNDING:
            unit, factor = park.levers[plant.volume].unit, UNITS[park.levers[plant.volume].unit][1]
            text = f"{plant.volume} of {made / factor:g} {unit} for the plant {name}"
            yield plant.volume, text, f"at most all of {plant.product}, {all_made / factor:g} {unit}"


def _products(park: Park, base: Base) -> Iterator[Finding]:
    for name, product in park.config.products.items():
        if product.industry not in base.gross_output:
            continue
        made = base.products[name]
        volume, price, vat = (float(values[0]) for values in (made.volume, made.price, made.vat_rate))
        sales = volume * price / (1 + vat) / YUAN_PER_100M
        output = float(base.gross_output[product.industry][0])
        if sales > output * ROUNDING:
            text = f"{product.volume or product.capacity} that sells for {sales:.4g} CNY_100m without VAT"
            allowed = f"at most the printed gross output of {product.industry}, {output:g} CNY_100m"
            yield product.volume or product.capacity or "", text, allowed


def _balanced(scenario: Scenario, base: Base) -> Iterator[Finding]:
    park = scenario.park
    for name, industry in park.config.industries.items():
        key = industry.value_added_rate or industry.value_added
        assert key is not None
        lever = scenario.levers[key]
        value = float(base.value_added[name][0]) * YUAN_PER_100M / UNITS[lever.unit][1]
        if name in base.rate:
            value = float(base.rate[name][0])
        margin = FAR * max(lever.high - lever.low, LEAST_WIDTH * abs(lever.central))
        low, high = max(lever.low - margin, lever.minimum), min(lever.high + margin, lever.maximum)
        slack = 1e-9 * max(1.0, abs(lever.central))
        if not low - slack <= value <= high + slack:
            text = f"{key} of {value:.4g} after balancing to the published {park.value_added:g} CNY_100m"
            allowed = (
                f"near its range {lever.low:.4g} to {lever.high:.4g}, within {lever.minimum:g} to "
                f"{lever.maximum:g}: the parts do not fit the total"
            )
            yield key, text, allowed


def _rows(park: Park) -> dict[str, int]:
    """Row of each lever in its file or sheet."""
    if park.path.is_dir():
        from parkanalysis.park.read import read_csv

        table = read_csv(park.path / "levers.csv")
    else:
        from parkanalysis.park.workbook import read_workbook

        table = read_workbook(park.path).tables["levers"]
    return {cells["lever"].strip(): row for row, cells in table.records}
