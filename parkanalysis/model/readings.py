"""The stated figure: what each way of reading it implies, how likely the model finds it, pooled on wish."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.model.contributions import BASELINE
from parkanalysis.model.projection import Projection
from parkanalysis.model.scenario import YUAN_PER_100M
from parkanalysis.model.target_year import kind_of
from parkanalysis.park import Lever, Park
from parkanalysis.quantities import bounds

Array = NDArray[np.float64]
COLUMNS = ["low", "value", "high", "growth", "model_low", "model", "model_high", "probability"]


def interval(park: Park, figure: str) -> tuple[float, float, float]:
    """Low, value and high of a printed amount, 亿元; an open end stays open.

    Examples
    --------
    >>> from parkanalysis.park import read_park
    >>> interval(read_park("qingzhen"), "stated_loss_2016")
    (5.0, 5.0, inf)
    """
    quantity = park.quantities[figure]
    read = bounds(quantity, park.config.reading_rule)
    open_ends = (quantity.low, quantity.high)
    low, high = (r if np.isfinite(o) else o for r, o in zip(read, open_ends, strict=True))
    return low / YUAN_PER_100M, quantity.value / YUAN_PER_100M, high / YUAN_PER_100M


def readings(projection: Projection) -> pd.DataFrame:
    """What the stated result and loss imply, by the way in which the two are read.

    ``without_shocks``: the loss is counted from a year without shocks, which is result and loss together.
    ``new_capacity``: the loss is counted from the base year on what ran then; growth and new capacity make
    up what the result has beyond it. ``target``: the loss is counted from a target that others would set;
    only the result is a statement about the year.

    Returns
    -------
    DataFrame
        Index ``reading``; ``low``, ``value``, ``high`` of what it implies (value added without shocks, what
        growth and new capacity add, the result), ``growth`` = value over the base year, less 1 (that of the
        target for ``target``, what is added for ``new_capacity``); ``model_low``, ``model``,
        ``model_high``: 10%, 50% and 90% points of the same in the model; ``probability``, by the model, of a
        value between ``low`` and ``high``. 亿元 and fractions. Empty where no loss is stated.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> readings(project("qingzhen", "combined", draws=256))["value"].round(2).to_dict()
    {'without_shocks': 45.0, 'new_capacity': 7.99, 'target': 40.0}
    """
    park, stated = projection.park, projection.park.config.stated
    if stated is None or stated.loss is None:
        return pd.DataFrame(columns=COLUMNS, dtype=float).rename_axis("reading")
    result, loss, base = interval(park, stated.result), interval(park, stated.loss), park.value_added
    both = tuple(a + b for a, b in zip(result, loss, strict=True))
    adds = {BASELINE, *(name for name in projection.scenario.shocks if kind_of(park.config, name).adds)}
    gained = sum((v for (d, _), v in projection.shares.shapley.items() if d in adds), np.zeros(1))
    cases = {
        "without_shocks": (both, both[1], projection.baseline),
        "new_capacity": (tuple(v - base for v in both), both[1], gained),
        "target": (result, both[1], projection.draws),
    }
    rows = {}
    for name, (implied, level, draws) in cases.items():
        low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
        chance = float(((draws >= implied[0]) & (draws <= implied[2])).mean())
        rows[name] = [*implied, level / base - 1, low, middle, high, chance]
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("reading")


def pooled(projection: Projection) -> Array | None:
    """Draws in which the stated result counts as an expert's forecast, 亿元; None at a weight of 0.

    A linear opinion pool (Stone 1961): each draw is the expert's with the declared weight, else the
    model's. The expert's distribution has the bounds of the printed figure as its 10% and 90% points,
    divided by one plus the declared bias.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> pooled(project("qingzhen", "combined", draws=64)) is None
    True
    """
    park, stated = projection.park, projection.park.config.stated
    if stated is None or stated.weight == 0:
        return None
    low, value, high = interval(park, stated.result)
    # an end that is open is as far as the other one
    low, high = (
        (low if np.isfinite(low) else 2 * value - high),
        (high if np.isfinite(high) else 2 * value - low),
    )
    shape = "two_piece_normal" if low < high else "point"
    expert = Lever(stated.result, "CNY_100m", low, value, high, -np.inf, np.inf, shape, "reported", "")
    place, choice = np.random.default_rng([projection.seed, len(projection.draws)]).random(
        (2, len(projection.draws))
    )
    return np.where(choice < stated.weight, expert.ppf(place) / (1 + stated.bias), projection.draws)
