"""Who carries the gap: exact Shapley values of the drivers, steps in order and alone, what pairs share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.draws import chunks
from parkanalysis.model.scenario import Scenario
from parkanalysis.model.target_year import State, states, total

Array = NDArray[np.float64]
BASELINE = "baseline"
MAX_DRIVERS = 14
CELLS = 1 << 18  # draws times coalitions of a stretch, so that it stays in the processor's cache


@lru_cache(maxsize=32)
def _weights(n: int) -> Array:
    """Weight of each driver (row) on each coalition (column, a bit mask).

    +|S|!(n-|S|-1)!/n! of the coalition joined to S, minus the same of S (Shapley 1953, eq. 12).
    """
    table = np.zeros((n, 1 << n))
    for mask in range(1 << n):
        size = mask.bit_count()
        for i in range(n):
            if not mask >> i & 1:
                weight = 1 / (n * comb(n - 1, size))
                table[i, mask | 1 << i] += weight
                table[i, mask] -= weight
    return table


def shapley(worths: Array) -> Array:
    """Shapley values of n drivers.

    Parameters
    ----------
    worths : array, shape (2**n, n_draws)
        Outcome of each coalition, the row number a bit mask of the drivers that act.

    Returns
    -------
    array, shape (n, n_draws)
        Sums over the drivers to the last row less the first.

    Examples
    --------
    >>> shapley(np.array([[0.0], [1.0], [2.0], [5.0]])).ravel().tolist()
    [2.0, 3.0]
    """
    n = len(worths).bit_length() - 1
    return _weights(n) @ worths


def touching(s: State, industry: str) -> tuple[str, ...]:
    """Drivers that act on an industry: ``baseline``, then the shocks in their order."""
    return (BASELINE, *(name for name, e in s.effects.items() if e.industry == industry))


def coalitions(s: State, industry: str) -> Array:
    """Value added of an industry under every coalition of the drivers that touch it.

    Returns
    -------
    array, shape (2**n, n_draws)
        亿元; the row number is a bit mask of the drivers, in the order of :func:`touching`.

    Raises
    ------
    InputError
        When more than 14 drivers meet in one industry.
    """
    named = touching(s, industry)
    if len(named) > MAX_DRIVERS:
        found = f"{len(named)} drivers in {industry}"
        raise InputError(Problem("park.yml", found, f"at most {MAX_DRIVERS} for an exact attribution"))
    worths = np.empty((1 << len(named), len(s.base.value_added[industry])))
    for mask in range(len(worths)):
        acting = [s.effects[d] for i, d in enumerate(named) if i and mask >> i & 1]
        worths[mask] = s.stretch(industry, acting, growing=bool(mask & 1)).added()
    return worths


@dataclass(frozen=True, eq=False)
class Contributions:
    """Draws of what each driver adds to the gap between the base year and the target year, 亿元.

    Attributes
    ----------
    shapley : mapping of (driver, industry) to array
        They add up to the gap in every draw.
    waterfall, alone : mapping of driver to float
        Mean step in the stated order, and as the only driver.
    without : mapping of driver to array
        Value added of the target year with every driver but this one.
    shared : mapping of (driver, driver) to array
        both - alone(a) - alone(b), over the industries where the two meet.
    """

    shapley: dict[tuple[str, str], Array]
    waterfall: dict[str, float]
    alone: dict[str, float]
    without: dict[str, Array]
    shared: dict[tuple[str, str], Array]


def contributions(scenario: Scenario, draws: int, seed: int) -> Contributions:
    """Contributions of the drivers of a scenario, draw by draw.

    The park is the sum of its industries, so its Shapley value is the sum of theirs, and a driver that
    does not touch an industry has none of it: small exact games instead of one large one.

    Examples
    --------
    >>> from parkanalysis import read_park, read_scenario
    >>> found = contributions(read_scenario(read_park("qingzhen"), "power_contract"), 64, 2016)
    >>> sorted({driver for driver, _ in found.shapley})
    ['baseline', 'power_contract']
    """
    nothing = partial(np.zeros, draws)
    whole, alone = defaultdict[str, float](float), defaultdict[str, float](float)
    found = Contributions(defaultdict(nothing), whole, alone, defaultdict(nothing), defaultdict(nothing))
    for place, s in _stretches(scenario, draws, seed):
        all_together = total(s)
        for driver in (BASELINE, *s.effects):
            found.without[driver][place] += all_together
        for industry in s.base.value_added:
            named, worths = touching(s, industry), coalitions(s, industry)
            for i, (driver, values) in enumerate(zip(named, shapley(worths), strict=True)):
                found.shapley[driver, industry][place] += values
                found.without[driver][place] += worths[-1 - (1 << i)] - worths[-1]
                step = worths[(2 << i) - 1] - worths[(1 << i) - 1]
                found.waterfall[driver] += float(step.sum()) / draws
                found.alone[driver] += float((worths[1 << i] - worths[0]).sum()) / draws
            for (i, a), (j, b) in combinations(enumerate(named), 2):
                both = worths[0] + worths[1 << i | 1 << j]
                found.shared[a, b][place] += both - worths[1 << i] - worths[1 << j]
    return found


def _stretches(scenario: Scenario, draws: int, seed: int) -> Iterator[tuple[slice, State]]:
    """States over stretches of draws that are short where many drivers meet."""
    for place, s in states(scenario, draws, seed):
        most = max(len(touching(s, i)) for i in s.base.value_added)
        for start, stop in chunks(place.stop - place.start, max(CELLS >> min(most, MAX_DRIVERS), 64)):
            yield slice(place.start + start, place.start + stop), s.part(start, stop)


def frame(found: Contributions, by: str = "driver") -> pd.DataFrame:
    """Contributions as a table.

    Parameters
    ----------
    found : Contributions
    by : {"driver", "industry", "both"}

    Returns
    -------
    DataFrame
        Index by ``by``; ``mean`` (these add up to the mean gap), ``median``, ``low``, ``high``
        (10% and 90% points) and, by driver, ``waterfall``: the mean step in the stated order,
        ``alone``: the mean impact as the only driver, ``overlap``: what the driver's contribution
        differs from its impact alone, since what two drivers share is counted once, ``without``: the
        median of the target year without the driver. 亿元.
    """
    names = {"driver": [0], "industry": [1], "both": [0, 1]}
    if by not in names:
        raise InputError(Problem("contributions", repr(by), ", ".join(names), column="by"))
    grouped: dict[tuple[str, ...], Array] = {}
    for key, values in found.shapley.items():
        label = tuple(key[i] for i in names[by])
        grouped[label] = grouped[label] + values if label in grouped else values
    rows = [[v.mean(), *np.quantile(v, [0.5, 0.1, 0.9])] for v in grouped.values()]
    columns = ["mean", "median", "low", "high"]
    if by == "both":
        index: pd.Index = pd.MultiIndex.from_tuples(list(grouped), names=["driver", "industry"])
        return pd.DataFrame(rows, columns=columns, index=index)
    table = pd.DataFrame(rows, columns=columns, index=pd.Index([k[0] for k in grouped], name=by))
    if by == "driver":
        table["waterfall"] = pd.Series(found.waterfall)
        table["alone"] = pd.Series(found.alone)
        table["overlap"] = table["mean"] - table["alone"]
        table["without"] = pd.Series({d: float(np.median(v)) for d, v in found.without.items()})
    return table


def overlaps(found: Contributions) -> pd.DataFrame:
    """What two drivers do to one another, beyond what each does alone, for each pair that meets.

    Returns
    -------
    DataFrame
        Index ``driver``, ``other``; ``mean``, ``low``, ``high`` (10% and 90% points) of
        together - alone(driver) - alone(other), 亿元; largest first.
    """
    rows = [(*pair, v.mean(), *np.quantile(v, [0.1, 0.9])) for pair, v in found.shared.items()]
    table = pd.DataFrame(rows, columns=["driver", "other", "mean", "low", "high"])
    table = table.sort_values("mean", key=np.abs, ascending=False, kind="stable")
    return table.set_index(["driver", "other"])
