"""Growth at current and at comparable prices: single deflation with the park's producer-price lever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem
from parkanalysis.model import model
from parkanalysis.model.sampling import chunks

if TYPE_CHECKING:
    from parkanalysis.model.projection import Projection

__all__ = ["comparable_growth", "growth", "growth_draws"]

Array = NDArray[np.float64]
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def comparable_growth(current: Any, price_change: Any) -> Any:
    """Growth at comparable prices.

    comparable = (1 + current) / (1 + price_change) - 1

    Single deflation: value added is divided by the price index of output, inputs included (OECD 2001,
    Measuring Productivity, annex 4). Where the prices of inputs fall by less than those of output,
    it overstates real growth; where they fall by more, it understates it.

    Parameters
    ----------
    current : float or ndarray
        Growth at current prices, a fraction.
    price_change : float or ndarray, above -1
        Change of producer prices over the year before, a fraction.

    Examples
    --------
    >>> round(comparable_growth(0.08, -0.04), 6)
    0.125
    """
    return (1 + current) / (1 + price_change) - 1


def growth_draws(projection: Projection) -> dict[str, Array]:
    """Draws of growth on the base year, ``current`` and, where the park names a deflator, ``comparable``.

    At comparable prices a fall of a product's price is no loss of output (SNA 2008, chapter 15): price
    changes that the scenario names are left out, and the growth of the rest, that of a series at current
    prices, is deflated.

    Returns
    -------
    dict of str to array, shape (n_draws,)
        Fractions. The deflator keeps its own draws and its rank correlations.

    Raises
    ------
    InputError
        Where the deflator falls to -1 or below.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> draws = growth_draws(project("qingzhen", "combined", draws=64))
    >>> {name: round(float(np.median(values)), 2) for name, values in draws.items()}
    {'current': -0.06, 'comparable': 0.11}
    """
    park = projection.park
    current = projection.draws / park.value_added - 1
    deflator = park.config.deflator
    if deflator is None:
        return {"current": current}
    n, shocks = len(current), park.config.shocks
    held = tuple(s for s in projection.scenario.shocks if shocks[s].kind != "price_change")
    at_old_prices = replace(projection.scenario, shocks=held)
    change, volume = np.empty(n), np.empty(n)
    for span in chunks(n):
        stretch = None if n == 1 else span
        change[slice(*span)] = model.Draws(projection.scenario, stretch, projection.seed)(deflator)
        volume[slice(*span)] = model.total(model.state(at_old_prices, stretch, projection.seed))
    if (change <= -1).any():
        raise InputError(
            Problem("levers.csv", f"{deflator} at {change.min():g}", "above -1", column=deflator)
        )
    return {"current": current, "comparable": comparable_growth(volume / park.value_added - 1, change)}


def growth(projection: Projection) -> pd.DataFrame:
    """Growth on the base year at current and at comparable prices, side by side.

    Returns
    -------
    DataFrame
        Index ``quantile``; columns ``current`` and, where the park names a deflator, ``comparable``.
        Fractions.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> list(growth(project("qingzhen", "combined", draws=64)).columns)
    ['current', 'comparable']
    """
    columns = {name: np.quantile(v, PROBABILITIES) for name, v in growth_draws(projection).items()}
    return pd.DataFrame(columns, index=pd.Index(PROBABILITIES, name="quantile"))
