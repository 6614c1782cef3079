"""Project the industrial value added of a development zone, and say on what each figure rests.

The way of the data; each step knows those above it, none below::

    quantities      text as printed -> value, bounds, unit          parse("5 亿元以上"), extract(text)
    cleaning        statistical tables, work reports -> frames      read_table(path)
    forecasting     growth with no shock, as a distribution         forecast(series), growth(series)
    park            a folder of figures -> a checked Park           read_park("qingzhen")
    model           which shocks act, what the levers are           read_scenario(park, "combined")
                    draws of the target year                        project(park, scenario)
                    contributions, break-evens, target risk         projection.contributions(), …
    report          the page, the tables, the index                 parkanalysis report combined
    explore         a scenario changed, and what follows            parkanalysis explore

Amounts are in 亿元 (1e8 yuan), rates are fractions, a column in percentage points ends in ``_pp``.
Bad input raises ``InputError`` with every problem found: file, row, column, found, allowed.

Examples
--------
>>> import parkanalysis as pa
>>> park = pa.read_park("qingzhen")
>>> scenario = pa.read_scenario(park, "combined", vat_rate=0.16)
>>> projection = pa.project(park, scenario, draws=1024)
>>> projection.interval()[0] < projection.median < projection.interval()[1]
True
"""

from __future__ import annotations

import importlib
import os
from typing import Any

# the models are small: threads of the linear algebra cost more than they save, and make
# reports that run side by side wait for one another; heeded when numpy is not yet loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"

# name -> module; loaded when it is asked for, so that `import parkanalysis` costs nothing
_WHERE = {
    "InputError": "errors",
    "Projection": "model.projection",
    "extract": "quantities",
    "forecast": "forecasting.baseline",
    "growth": "forecasting.baseline",
    "parse": "quantities",
    "project": "model.projection",
    "read_parameters": "model.case",
    "read_park": "park.park",
    "read_scenario": "model.scenario",
    "read_table": "cleaning",
}

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "read_park":  # the kinds of shocks that a park may name
        importlib.import_module(f"{__name__}.model.shocks")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
