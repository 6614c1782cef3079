"""Results of a projection as words, tables and charts; pages and files made of them.

Examples
--------
>>> from parkanalysis.model.case import read_parameters
>>> from parkanalysis.report import report_results, show
>>> results = report_results(read_parameters({"scenario": "combined", "lang": "en", "draws": 256}))
>>> print(show(results, "target").text.splitlines()[0])
What target is fair
"""

import importlib
from typing import Any

# names by module, which is loaded when it is asked for, so that words cost no charts
_FACE = {
    "charts": ("font_path",),
    "findings": ("goal",),
    "pages": ("font_face",),
    "results": ("Comparison", "Results", "report_results", "tidy"),
    "scoring": ("overall", "read_outturns", "scored", "stored_projections"),
    "sections": ("Html", "reference_figure", "show", "tell", "track_record_figure"),
    "words": ("LANGUAGES", "Words"),
}
_WHERE = {name: module for module, names in _FACE.items() for name in names}

__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
