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

# name -> module; loaded when it is asked for, so that words cost no charts
_WHERE = {
    "Comparison": "results",
    "Html": "sections",
    "LANGUAGES": "words",
    "Results": "results",
    "Words": "words",
    "font_face": "pages",
    "font_path": "charts",
    "goal": "findings",
    "overall": "scoring",
    "read_outturns": "scoring",
    "reference_figure": "sections",
    "report_results": "results",
    "scored": "scoring",
    "show": "sections",
    "stored_projections": "scoring",
    "tell": "sections",
    "tidy": "results",
    "track_record_figure": "sections",
}

__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
