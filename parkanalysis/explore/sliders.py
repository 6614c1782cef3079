"""Sliders for levers: which belong together, how far each is worth moving, in what steps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from parkanalysis.model.target_year import Kind, shock_levers
from parkanalysis.park.levers import Lever
from parkanalysis.park.park import Park

__all__ = ["LeverGroup", "SliderRange", "lever_groups", "slider_range"]


@dataclass(frozen=True)
class SliderRange:
    """Bounds and step of a slider, in the lever's unit."""

    low: float
    high: float
    step: float


def slider_range(lever: Lever) -> SliderRange:
    """Range in which a lever is worth moving: its 10% to 90% range and as much again on both sides.

    Never beyond the hard bounds; a lever without a spread moves between them. The step is 1, 2 or 5
    times a power of ten and leads through about a hundred values.

    Examples
    --------
    >>> price = Lever("p", "CNY/t", 1450, 1580, 1900, 900, 4000, "triangular", "assumed", "")
    >>> slider_range(price)
    SliderRange(low=1000.0, high=2350.0, step=10.0)
    """
    width = lever.high - lever.low
    low, high = (
        (lever.minimum, lever.maximum)
        if lever.is_point or not width > 0
        else (max(lever.low - width, lever.minimum), min(lever.high + width, lever.maximum))
    )
    low, high = min(low, lever.central), max(high, lever.central)
    raw = (high - low) / 150 or 1.0
    power = math.floor(math.log10(raw))
    step = next(m for m in (1.0, 2.0, 5.0, 10.0) if m >= raw / 10**power - 1e-9)
    step = step * 10**power if power >= 0 else step / 10**-power
    nice_low, nice_high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    digits = max(0, 1 - power)
    return SliderRange(
        round(max(nice_low, lever.minimum), digits), round(min(nice_high, lever.maximum), digits), step
    )


@dataclass(frozen=True)
class LeverGroup:
    """Levers shown together.

    ``key`` is ``growth``, a kind of shock, ``products``, ``accounts`` or ``rest``.
    """

    key: str
    levers: tuple[str, ...]


def _named(items: Iterable[Any]) -> list[str]:
    """Texts in the fields of declarations, in their order; some of them are levers."""
    values = (getattr(item, name) for item in items for name in type(item).model_fields)
    return [v for v in values if isinstance(v, str)]


def lever_groups(park: Park) -> list[LeverGroup]:
    """Levers of a park by what they belong to, each once; those of the shocks by kind of shock.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> [s.key for s in lever_groups(read_park("qingzhen"))][:2]
    ['growth', 'plant_closure']
    """
    config = park.config
    kinds = sorted(Kind.kinds, key=lambda kind: Kind.kinds[kind].order)
    by_kind = {
        kind: [lever for n, s in config.shocks.items() if s.kind == kind for lever in shock_levers(config, n)]
        for kind in kinds
    }
    taken: set[str] = set()
    found: list[LeverGroup] = []
    shared = set(_named(config.products.values()))
    wanted = [
        ("growth", [config.growth]),
        *((kind, [n for n in names if n not in shared]) for kind, names in by_kind.items()),
        ("products", _named(config.products.values())),
        ("accounts", _named(config.industries.values())),
        ("rest", list(park.levers)),
    ]
    for key, names in wanted:
        levers = tuple(n for n in dict.fromkeys(names) if n in park.levers and n not in taken)
        taken.update(levers)
        if levers:
            found.append(LeverGroup(key, levers))
    return found
