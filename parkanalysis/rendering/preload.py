"""What every report needs, imported once by the fork server; importing this module is the preloading.

A process forked afterwards finds all of it in memory. Nothing here may open a socket, start a thread
or create an event loop: a fork would inherit a broken copy.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import signal
import sys
from typing import Any

__all__ = ["HEAVY"]

# Imported inside functions elsewhere, so that the command line stays quick; reports need them all.
HEAVY = (
    "babel.messages.pofile",
    "babel.numbers",
    "cn2an",
    "contourpy",
    "fontTools.subset",
    "fontTools.ttLib.tables._c_m_a_p",
    "ipykernel.debugger",
    "ipykernel.displayhook",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipywidgets",
    "jinja2",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "nbclient",
    "nbconvert",
    "numpy",
    "pandas",
    "pandas.io.formats.style",
    "papermill",
    "pint",
    "PIL.PngImagePlugin",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pydantic",
    "rapidfuzz.process",
    "yaml",
    "scipy.optimize",
    "scipy.stats",
    "scipy.stats.qmc",
    "statsmodels.tsa.api",
    "tornado.platform.asyncio",
)


def _import_all() -> None:
    import parkanalysis

    # jsonschema would build a grammar for international addresses, a fifth of all the time spent here,
    # to check a format that no notebook has; it does without where the package is missing.
    unneeded = "rfc3987_syntax"
    modules: dict[str, Any] = sys.modules
    modules.setdefault(unneeded, None)
    own = [m.name for m in pkgutil.walk_packages(parkanalysis.__path__, "parkanalysis.") if not m.ispkg]
    for name in (*HEAVY, *own):
        if name.rpartition(".")[2] in {"__main__", "preload", "cluster"}:
            continue
        # A module that fails here fails again, visibly, in the report that uses it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if modules[unneeded] is None:  # a report may still import it
        del modules[unneeded]


def _warm_caches() -> None:
    """Read templates, catalogue and fonts once, before the first fork; draw a page and a chart with them."""
    import nbformat
    from matplotlib.figure import Figure

    from parkanalysis.rendering import report
    from parkanalysis.report import style, words

    shown = nbformat.v4.new_output("stream", text="1")  # type: ignore[no-untyped-call]
    code = nbformat.v4.new_code_cell("1", outputs=[shown])  # type: ignore[no-untyped-call]
    text = nbformat.v4.new_markdown_cell("# 增加值 $x$")  # type: ignore[no-untyped-call]
    report.to_html(nbformat.v4.new_notebook(cells=[text, code]), "zh")  # type: ignore[no-untyped-call]
    for lang in words.LANGUAGES:
        words.catalogue(lang)
    figure = Figure(figsize=(1, 1))
    with style.style():
        ax = figure.subplots()
        ax.set_title("增加值 0")
        figure.canvas.draw()
        style.to_bytes(ax, "svg")


# Ctrl-C on the terminal is its caller's to answer, not of a process that is still importing.
with contextlib.suppress(ValueError):  # outside the main thread there is nothing to ward off
    signal.signal(signal.SIGINT, signal.SIG_IGN)
# matplotlib reads this while it is imported, before a kernel could set it.
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
# Debugging works without; its warning would stand in every run's error stream.
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
_import_all()
with contextlib.suppress(Exception):
    _warm_caches()
# Pages shared with the children stay shared when the collector leaves these objects alone.
gc.collect()
gc.freeze()
with contextlib.suppress(ValueError):
    signal.signal(signal.SIGINT, signal.default_int_handler)
