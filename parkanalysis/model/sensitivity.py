"""Which levers matter: the swing of each, and the part of the variance each carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkanalysis.model import model
from parkanalysis.model.probe import Probe
from parkanalysis.model.sampling import Sample

if TYPE_CHECKING:
    from parkanalysis.model.projection import Projection

__all__ = ["importance", "tornado"]

SWING_DRAWS = 4096


def tornado(projection: Projection) -> pd.DataFrame:
    """Median value added with one lever at its 10% and at its 90% point, the others as they are.

    Returns
    -------
    DataFrame
        Index ``lever``; ``low``, ``high`` (lever values), ``at_low``, ``at_high`` (亿元),
        ``swing`` = at_high - at_low; widest swing first.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> tornado(project("qingzhen", "power_contract", draws=256)).head(2).round(2)
                          low     high  at_low  at_high  swing
    lever
    baseline_growth      0.05     0.25   37.06    44.27   7.21
    power_hours_2015  2600.00  4364.00   41.55    39.91  -1.64
    """
    scenario = projection.scenario
    draws = min(len(projection.draws), SWING_DRAWS)
    rows = {}
    for name in model.used_levers(scenario):
        lever = scenario.levers[name]
        if lever.is_point:
            continue
        low, high = lever.ppf(np.array([0.1, 0.9]))
        probe = Probe(scenario, [name], draws, projection.seed)
        ends = [probe.reached(0.5, **{name: float(v)}) for v in (low, high)]
        rows[name] = (low, high, *ends, ends[1] - ends[0])
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["low", "high", "at_low", "at_high", "swing"]
    )
    frame.index.name = "lever"
    return frame.loc[frame["swing"].abs().sort_values(ascending=False, kind="stable").index]


def importance(projection: Projection) -> pd.Series:
    """Part of the variance of value added that each lever carries.

    Relative weights (Johnson 2000, eq. 9): the levers are turned into the orthogonal set nearest
    to them, so that what correlated levers explain together is shared between them. The parts sum
    to R^2 of a linear fit; what is missing to 1 is curvature and interaction.

    Returns
    -------
    Series
        Index ``lever``, largest first.

    Examples
    --------
    >>> from parkanalysis.model.projection import project
    >>> importance(project("qingzhen", "power_contract", draws=256)).head(3).round(2).to_dict()
    {'baseline_growth': 0.95, 'power_hours_2015': 0.04, 'power_sold_2016': 0.02}
    """
    scenario = projection.scenario
    span = (0, min(len(projection.draws), 1 << 14))
    used = [n for n in model.used_levers(scenario) if not scenario.levers[n].is_point]
    sample = Sample(scenario.levers, scenario.correlations, span, projection.seed)
    columns = [sample(n) for n in used]
    varying = [i for i, c in enumerate(columns) if np.ptp(c) > 0]
    y = projection.draws[: span[1]]
    if not varying or np.ptp(y) == 0:
        return pd.Series(dtype=float, name="share").rename_axis("lever")
    x = np.stack([columns[i] for i in varying])
    table = np.atleast_2d(np.corrcoef(np.vstack([x, y])))
    values, vectors = np.linalg.eigh(table[:-1, :-1])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    beta = np.linalg.lstsq(root, table[:-1, -1], rcond=1e-8)[0]
    share = pd.Series((root**2) @ beta**2, index=[used[i] for i in varying], name="share").rename_axis(
        "lever"
    )
    return share.sort_values(ascending=False, kind="stable")
