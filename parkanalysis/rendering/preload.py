"""What every report needs, imported and drawn once by the fork server; importing this is the preloading.

A process forked afterwards finds all of it in memory. Nothing here may open a socket, start a thread or
create an event loop: a fork would inherit a broken copy.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import tempfile
from pathlib import Path

from parkanalysis.park import read_park
from parkanalysis.rendering.notebook import Work, make
from parkanalysis.rendering.plan import report_notebook

# imported inside functions elsewhere, so that the command line stays quick
HEAVY = (
    "babel.messages.pofile",
    "fontTools.subset",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "nbconvert",
    "papermill",
    "pyarrow.parquet",
    "scipy.stats.qmc",
    "statsmodels.tsa.api",
    "xlsxwriter",
)


def warm_up() -> None:
    """Make one small report of the shipped park, all but the processes: what it read stays in memory."""
    park = read_park("qingzhen")
    with tempfile.TemporaryDirectory() as folder:
        make(Work("", report_notebook(), park, {"park": park.id, "draws": 64}, ("xlsx",)), Path(folder))


with contextlib.suppress(Exception):  # what fails here fails again, visibly, in the report
    for name in HEAVY:
        importlib.import_module(name)
    warm_up()
# pages shared with the children stay shared when the collector leaves these objects alone
gc.collect()
gc.freeze()
