"""The model's own calculation, written down step by step so that a page can repeat it.

The model is run once on arrays whose elements stand for the draws of a lever instead of holding them.
What NumPy is asked to do with them is kept as a list of elementary steps; a branch on a result is followed
both ways. The list is data: whoever replays it needs arithmetic and no knowledge of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import numpy as np

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.draws import Base, base_year, with_products
from parkanalysis.model.scenario import Scenario, read_scenario
from parkanalysis.model.shocks import Stretch, effect
from parkanalysis.model.target_year import State, industry_growth, ordered_shocks
from parkanalysis.park import Park

MOST_SHOCKS = 10  # in one industry: every set of them is written down

#: What may be asked of NumPy, by its own names; a step bears the name.
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
LOGIC = ("logical_and", "logical_or", "logical_not")
ARITHMETIC = ("add", "subtract", "multiply", "divide", "power", "minimum", "maximum")
OPERATIONS = (*ARITHMETIC, *COMPARISONS, *LOGIC, "where", "any")
OF_BITS = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not"}
#: Numbers that leave the other side as it is, on the right and on either side.
NEUTRAL_RIGHT = {"subtract": 0.0, "divide": 1.0}
NEUTRAL = {"add": 0.0, "multiply": 1.0, "minimum": math.inf, "maximum": -math.inf}
NEUTRAL |= {"logical_or": 0.0, "logical_and": 1.0}


def worked(name: str, arguments: Sequence[Any]) -> Any:
    """One step on plain numbers.

    Examples
    --------
    >>> worked("subtract", [5.0, 2.0])
    3.0
    """
    return getattr(np, name)(*arguments).item()


class Tape:
    """Steps in the order in which they can be taken, each once.

    Attributes
    ----------
    steps : list of tuple
        ``("input", name)``, ``("value", number)`` or one of ``OPERATIONS`` with the places
        of its arguments. ``select`` is ``where`` with one condition for all draws: only the branch
        that it chooses is worth working out.
    """

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []
        self._known: dict[tuple[Any, ...], Step] = {}
        self.path: list[bool] = []
        self.asked: list[Step] = []

    def input(self, name: str, *, each: bool) -> Traced:
        """A quantity that whoever replays gives: one number or, with ``each``, one for each draw."""
        step = self.step("input", name, each=each)
        return traced([step] if each else step)

    def step(self, name: str, *arguments: Any, each: bool) -> Step:
        key = (name, *(a.place if isinstance(a, Step) else a for a in arguments))
        if key not in self._known:
            self._known[key] = Step(self, len(self.steps), name, arguments, each)
            self.steps.append(key)
        return self._known[key]

    def of(self, value: Any) -> Step:
        """The step of a number, or the step itself."""
        return value if isinstance(value, Step) else self.step("value", float(value), each=False)

    def apply(self, name: str, *arguments: Any) -> Step:
        """One operation; on plain numbers it is worked out at once."""
        steps = [self.of(a) for a in arguments]
        if all(s.name == "value" for s in steps):
            return self.of(worked(name, [s.arguments[0] for s in steps]))
        shorter = _shorter(name, steps)
        if shorter is not None:
            return self.of(shorter)
        return self.step(name, *steps, each=name != "any" and any(s.each for s in steps))

    def record(self, calculation: Callable[[], Sequence[Any]]) -> list[Step]:
        """Steps of what a calculation returns, each branch on a result followed both ways."""

        def follow(path: list[bool]) -> list[Step]:
            self.path, self.asked = path, []
            found = [self.of(np.asarray(v, dtype=object).item()) for v in calculation()]
            if len(self.asked) == len(path):
                return found
            condition = self.asked[len(path)]
            yes, no = follow([*path, True]), follow([*path, False])
            return [
                a if a is b else self.step("select", condition, a, b, each=a.each or b.each)
                for a, b in zip(yes, no, strict=True)
            ]

        return follow([])


def _shorter(name: str, steps: list[Step]) -> Any:
    """What an operation comes to without being done."""
    first, last = steps[0], steps[-1]
    left, right = (s.arguments[0] if s.name == "value" else None for s in (first, last))
    if name in ("multiply", "logical_and") and 0.0 in (left, right):
        return 0.0
    if right is not None and right == {**NEUTRAL, **NEUTRAL_RIGHT}.get(name):
        return first
    if left is not None and left == NEUTRAL.get(name):
        return last
    if name == "any" and not first.each:
        return first
    if name == "where" and left is not None:
        return steps[1] if left else last
    return None


@dataclass(eq=False)
class Step:
    """A step of a tape, with the arithmetic of a number."""

    tape: Tape
    place: int
    name: str
    arguments: tuple[Any, ...]
    each: bool

    def __bool__(self) -> bool:
        """The branch that is followed where the model asks for one answer for all draws."""
        if self.name == "value":
            return bool(self.arguments[0])
        if self.each:
            raise TypeError("a branch that differs from draw to draw cannot be written down")
        asked, path = self.tape.asked, self.tape.path
        if self not in asked:
            asked.append(self)
        return asked.index(self) < len(path) and path[asked.index(self)]


class Traced(np.ndarray[Any, Any]):
    """An array of steps; its last axis, of length 1, stands for the draws."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(x, dtype=object).view(np.ndarray) for x in inputs]
        tape = next(s.tape for a in arrays for s in a.flat if isinstance(s, Step))
        if ufunc is np.negative:
            return self.__array_ufunc__(np.subtract, method, 0.0, *inputs, **options)
        if ufunc is np.square or (ufunc is np.power and inputs[1] == 2):
            return self.__array_ufunc__(np.multiply, method, inputs[0], inputs[0])
        name = OF_BITS.get(ufunc.__name__, ufunc.__name__)
        if name not in OPERATIONS or method not in ("__call__", "reduce"):
            return NotImplemented
        if method == "reduce":
            return _reduced(tape, name, arrays[0], options.get("axis", 0))
        result = _each(tape, name, *arrays)
        where, out = options.get("where", True), options.get("out")
        if where is not True:
            result = _each(tape, "where", where, result, out[0])  # type: ignore[index]
        return traced(result)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.where:
            tape = next(s.tape for a in arguments for s in np.asarray(a).flat if isinstance(s, Step))
            return traced(_each(tape, "where", *arguments))
        result = super().__array_function__(function, types, arguments, options)
        return traced(result) if isinstance(result, np.ndarray) and result.dtype == object else result


def traced(steps: Any) -> Traced:
    return np.asarray(steps, dtype=object).view(Traced)


def _each(tape: Tape, name: str, *arrays: Any) -> Any:
    plain = [np.asarray(a, dtype=object).view(np.ndarray) for a in arrays]
    return np.frompyfunc(lambda *a: tape.apply(name, *a), len(plain), 1)(*plain)


def _reduced(tape: Tape, name: str, array: Any, axis: int | None) -> Any:
    """A reduction over other axes than the draws, or over all of them whether any holds."""
    over_draws = axis is None or axis in (-1, array.ndim - 1)
    one_for_all = not any(isinstance(s, Step) and s.each for s in array.flat)
    if over_draws and not one_for_all and name != "logical_or":
        raise TypeError(f"{name} over draws cannot be written down")
    parts = np.moveaxis(array, axis, 0) if axis is not None else array.reshape(-1)
    result = reduce(partial(_each, tape, name), parts)
    if over_draws and not one_for_all:
        result = _each(tape, "any", result)
    return traced(result)


class _Given:
    """Levers of a scenario as steps, where the model asks for their draws."""

    size = 1

    def __init__(self, tape: Tape, scenario: Scenario) -> None:
        self.tape, self.scenario = tape, scenario

    def __call__(self, name: str | None) -> Any:
        return np.zeros(1) if name is None else self.tape.input(name, each=True)

    def centre(self, name: str) -> Any:
        return self.tape.input(f"centre:{name}", each=False)

    def spread(self, name: str) -> Any:
        return self.tape.input(f"spread:{name}", each=False)


@dataclass(frozen=True)
class Calculation:
    """The calculation of a park.

    Attributes
    ----------
    steps : list of tuple
        As of :class:`Tape`.
    shocks : list of str
        In the order in which they act.
    industries : mapping
        Of each industry the ``shocks`` that act on it and the places of its ``values`` in the target
        year: a pair, without and with growth, for each bit mask of these shocks.
    levers : frozenset of str
        Levers that any of the values depends on.
    """

    steps: list[tuple[Any, ...]]
    shocks: list[str]
    industries: dict[str, dict[str, Any]]
    levers: frozenset[str]


def recorded(park: Park) -> Calculation:
    """The calculation of a park's value added, for every set of its shocks.

    Raises
    ------
    InputError
        When more than ten shocks meet in one industry.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> found = recorded(read_park("qingzhen"))
    >>> found.industries["power_heat"]["shocks"], len(found.industries["power_heat"]["values"])
    (['power_tariff_cut', 'power_contract'], 4)
    """
    tape = Tape()
    first = read_scenario(park, next(iter(park.scenarios)))
    scenario = replace(first, shocks=tuple(park.config.shocks))
    given: Any = _Given(tape, scenario)
    names = list(park.config.industries)

    def accounts() -> list[Any]:
        added = base_year(given).value_added
        return [added[i] for i in names]

    added = {i: traced([step]) for i, step in zip(names, tape.record(accounts), strict=True)}
    outputs = {i: c.gross_output for i, c in park.config.industries.items()}
    gross = {i: np.array([park.amount(name)]) for i, name in outputs.items() if name is not None}
    base = with_products(Base(added, {i: added[i] / gross[i] for i in gross}, gross, {}), given)
    effects = {s: effect(s, given) for s in ordered_shocks(scenario)}
    year = State(base, *industry_growth(given, base, scenario.years), effects, scenario.years)
    industries = {}
    for name in names:
        mine = [s for s, e in effects.items() if e.industry == name]
        if len(mine) > MOST_SHOCKS:
            found, allowed = f"{len(mine)} shocks in {name}", f"at most {MOST_SHOCKS} for the what-if page"
            raise InputError(Problem("park.yml", found, allowed))
        sets = [[effects[s] for i, s in enumerate(mine) if mask >> i & 1] for mask in range(1 << len(mine))]
        values = [
            [_place(tape, year.stretch(name, acting, growing)) for growing in (False, True)]
            for acting in sets
        ]
        industries[name] = {"shocks": mine, "values": values}
    inputs = {str(step[1]) for step in tape.steps if step[0] == "input"}
    return Calculation(tape.steps, list(effects), industries, frozenset(inputs & set(scenario.levers)))


def _place(tape: Tape, stretch: Stretch) -> int:
    (step,) = tape.record(lambda: [stretch.added()])
    return step.place
