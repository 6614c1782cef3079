"""Value added anew when a few levers are held: only what they touch is computed again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parkanalysis.model import model
from parkanalysis.model.sampling import chunks
from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import Base, Effect, State, evaluate

__all__ = ["Probe"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Span:
    """A stretch of draws: the state with nothing held, and value added of what no held lever touches."""

    span: tuple[int, int] | None
    state: State
    rest: Array


def base_levers(scenario: Scenario) -> set[str]:
    """Levers that the accounts of the base year stand on."""
    config = scenario.park.config
    items: list[Any] = [*config.industries.values()]
    return {v for item in items for v in (item.value_added_rate, item.value_added) if v is not None}


class Probe:
    """From values of some levers to draws of value added, the other levers keeping their draws.

    Parameters
    ----------
    scenario : Scenario
    names : iterable of str
        Levers whose values will be given.
    draws, seed : int
        As in :func:`parkanalysis.model.projection.project`.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> from parkanalysis.model.scenario import read_scenario
    >>> probe = Probe(read_scenario(read_park("qingzhen"), "reference"), ["baseline_growth"], 1, 0)
    >>> probe(baseline_growth=0.1).round(3).tolist()
    [40.711]
    """

    def __init__(self, scenario: Scenario, names: Iterable[str], draws: int, seed: int) -> None:
        self.scenario, self.seed, self.draws = scenario, seed, draws
        self.names = tuple(names)
        held = set(self.names)
        config = scenario.park.config
        self._base = bool(held & base_levers(scenario))
        self._products = any({p.volume, p.price, p.vat_rate} & held for p in config.products.values())
        self._growth = config.growth in held
        self._shocks = [s for s in model.ordered_shocks(scenario) if held & model.shock_levers(scenario, s)]
        self._industries = self._touched(held)
        spans = [None] if draws == 1 else list(chunks(draws))
        self._spans = [self._span(span) for span in spans]

    def first(self, draws: int) -> Probe | None:
        """The same over the first draws only; None where it has no more than that."""
        return Probe(self.scenario, self.names, draws, self.seed) if draws < self.draws else None

    def _touched(self, held: set[str]) -> list[str]:
        industries = list(self.scenario.park.config.industries)
        if self._base or self._growth:
            return industries
        mine = {model.shock_industry(self.scenario, s) for s in self._shocks}
        products = self.scenario.park.config.products.values()
        mine |= {p.industry for p in products if held & {p.volume, p.price, p.vat_rate}}
        return [i for i in industries if i in mine]

    def _span(self, span: tuple[int, int] | None) -> _Span:
        s = model.state(self.scenario, span, self.seed)
        effects = list(s.effects.values())
        untouched = [i for i in s.base.value_added if i not in self._industries]
        rest = np.zeros_like(s.growth)
        for industry in untouched:
            rest = rest + evaluate(industry, s.base, s.growth, effects)
        return _Span(span, s, rest)

    def __call__(self, **values: float) -> Array:
        """Draws of value added with the levers held at ``values``, in their own units; 亿元."""
        parts = [self._value(part, values) for part in self._spans]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _value(self, part: _Span, values: dict[str, float]) -> Array:
        draw = model.Draws(self.scenario, part.span, self.seed, values)
        s = part.state
        base: Base = s.base
        if self._base:
            base = model.base_year(self.scenario, draw)
        elif self._products:
            base = Base(base.value_added, base.rate, base.gross_output, model.products(self.scenario, draw))
        growth = draw(self.scenario.park.config.growth) if self._growth else s.growth
        effects: dict[str, Effect] = dict(s.effects)
        effects.update({name: model.effect(self.scenario, name, draw) for name in self._shocks})
        acting = list(effects.values())
        value = part.rest
        for industry in self._industries:
            value = value + evaluate(industry, base, growth, acting)
        return value

    def reached(self, probability: float, **values: float) -> float:
        """Value added that is reached with a probability, 亿元."""
        return float(np.quantile(self(**values), 1 - probability))
