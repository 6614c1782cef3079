"""One report: parameters into the notebook, its cells run, the page, the results and the further files."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
import io
import keyword
import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from parkanalysis.errors import InputError, Problem
from parkanalysis.model.case import read_parameters
from parkanalysis.park import Park
from parkanalysis.report import export
from parkanalysis.report.pages import PAGE, TABLE, html_files

if TYPE_CHECKING:
    import pandas as pd

NOTEBOOK, FAILED = "report.ipynb", "failed.ipynb"
PARQUET = "application/vnd.apache.parquet"
ENGINE = "parkanalysis"


@dataclass(frozen=True)
class Work:
    """All that making one report needs and is known by: no file, no checkout.

    Attributes
    ----------
    folder : str
        Of the report, relative to the output folder.
    notebook : bytes
    park : Park
    parameters : mapping
        What papermill injects.
    formats : tuple of str
        Beyond notebook, page and Parquet.
    langs : tuple of str
        Languages that the report is made in; its pages lead to one another.
    timeout : float or None
        Seconds for the report.
    inputs : str
        Hash over notebook, installation, park and parameters.
    """

    folder: str
    notebook: bytes
    park: Park
    parameters: Mapping[str, Any]
    formats: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    timeout: float | None = None
    inputs: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a report could not be made.

    Attributes
    ----------
    kind : str
        Class of the error, such as ``"InputError"``; ``"Timeout"`` and ``"Killed"`` besides.
    message : str
        What it said.
    cell : int or None
        The code cell, counted from 1 as Jupyter counts; None where no cell failed.
    """

    kind: str
    message: str
    cell: int | None = None


@dataclass(frozen=True)
class Rendered:
    """The files of a report and what making it took.

    Attributes
    ----------
    files : mapping of str to bytes
        By file name; a failed report holds ``failed.ipynb`` alone, or nothing.
    seconds, cell_seconds : float
        In all, and within the notebook's own cells.
    failure : Failure or None
    """

    files: Mapping[str, bytes]
    seconds: float = 0.0
    cell_seconds: float = 0.0
    failure: Failure | None = None


@functools.cache
def installation() -> str:
    """Hash over Python, this library and the versions of all that it depends on."""
    here = Path(__file__).resolve().parent.parent
    files = sorted(f for f in here.rglob("*") if f.is_file() and f.suffix != ".pyc")
    own = [f"{f.relative_to(here).as_posix()} {digest(f.read_bytes())}" for f in files]
    needed = [Requirement(text) for text in importlib.metadata.requires("parkanalysis") or ()]
    names = [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return digest(sys.version, *own, *(f"{name} {importlib.metadata.version(name)}" for name in names))


def digest(*parts: bytes | str) -> str:
    """Hash over parts, each with its length, so that no two lists of parts are alike.

    Examples
    --------
    >>> digest("35", "1") == digest("3", "51")
    False
    """
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(len(content).to_bytes(8, "big") + content)
    return total.hexdigest()


def publish(frame: pd.DataFrame) -> None:
    """Attach ``frame`` to the notebook as Parquet, unseen, for the renderer to save.

    Examples
    --------
    >>> import pandas as pd
    >>> from unittest.mock import patch
    >>> with patch("IPython.display.display") as shown:  # as a notebook's cell would
    ...     publish(pd.DataFrame({"value": [35.1]}))
    >>> pd.read_parquet(io.BytesIO(base64.b64decode(shown.call_args.args[0][PARQUET])))
       value
    0   35.1
    """
    from IPython.display import display

    content = base64.b64encode(frame.to_parquet(index=False)).decode()
    display({PARQUET: content, "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]


def published(notebook: Mapping[str, Any]) -> bytes | None:
    """The Parquet that an executed notebook published last, or None.

    Examples
    --------
    >>> published({"cells": [{"outputs": [{"data": {PARQUET: "UEFSMQ=="}}]}]})
    b'PAR1'
    """
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    found = [output["data"][PARQUET] for output in outputs if PARQUET in output.get("data", ())]
    return base64.b64decode(found[-1]) if found else None


def _run(work: Work, folder: Path) -> tuple[Any, Failure | None]:
    """The notebook after its cells, and what stopped them."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillException, PapermillExecutionError

    node = nbformat.reads(work.notebook.decode(), as_version=4)  # type: ignore[no-untyped-call]
    out = folder / NOTEBOOK
    failure = None
    try:
        papermill.execute_notebook(
            node,
            out,
            dict(work.parameters),
            engine_name=ENGINE,
            request_save_on_cell_execute=False,
            progress_bar=False,
            cwd=folder,
            execution_timeout=work.timeout,
            namespace={"_park": work.park},
        )
    except PapermillExecutionError as error:
        kind = "Timeout" if error.ename == "CellTimeout" else error.ename
        failure = Failure(kind, error.evalue, error.exec_count)
    except PapermillException:  # all else that it refuses is an engine it has not heard of
        found = f"one that papermill knows no engine {ENGINE!r} of"
        raise InputError(Problem("installation", found, "this version (pip install -e .)")) from None
    return nbformat.read(out, as_version=4), failure  # type: ignore[no-untyped-call]


def _scrub(node: Any) -> float:
    """Keep of the metadata what is the same on every machine and in every run; return the cells' seconds."""
    seconds = 0.0
    node.metadata["papermill"] = {"parameters": node.metadata.papermill.get("parameters", {})}
    for index, cell in enumerate(node.cells):
        seconds += (cell.metadata.pop("papermill", None) or {}).get("duration") or 0.0
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = f"parameters-{index}"
    return seconds


def make(work: Work, folder: Path) -> Rendered:
    """Make a report in this process, with ``folder`` as its only place on disk.

    Parameters
    ----------
    work : Work
    folder : Path
        The cells' working directory.

    Examples
    --------
    >>> import tempfile
    >>> from parkanalysis.park import read_park
    >>> work = Work("qingzhen/combined/en", b"no notebook", read_park("qingzhen"), {})
    >>> with tempfile.TemporaryDirectory() as folder:  # what fails is a result too
    ...     make(work, Path(folder)).failure.kind
    'NotJSONError'
    """
    started = time.perf_counter()
    try:
        files, cell_seconds, failure = _files(work, folder)
    except Exception as error:  # noqa: BLE001  a failed report is a result; the run goes on
        files, cell_seconds, failure = {}, 0.0, Failure(type(error).__name__, str(error))
    return Rendered(files, time.perf_counter() - started, cell_seconds, failure)


def _files(work: Work, folder: Path) -> tuple[dict[str, bytes], float, Failure | None]:
    import nbformat
    import pandas as pd

    bad = [n for n in work.parameters if not n.isidentifier() or keyword.iskeyword(n)]
    if bad:  # papermill would write it into the code as it stands
        raise InputError(Problem("parameters", repr(n), "a Python name") for n in bad)
    # that a lever does not stand in the notebook's own cell of parameters is no news
    logging.getLogger("papermill").setLevel(logging.ERROR)
    node, failure = _run(work, folder)
    seconds = _scrub(node)
    text = nbformat.writes(node).encode()  # type: ignore[no-untyped-call]
    if failure is not None:
        return {FAILED: text}, seconds, failure
    lang = str(work.parameters.get("lang", "en"))
    files = {NOTEBOOK: text, **html_files(node, lang, work.formats, work.langs)}
    table = published(node)
    if table is not None:
        files[TABLE] = table
    if work.formats:
        case = read_parameters({**work.parameters, "_park": work.park})
        frame = None if table is None else pd.read_parquet(io.BytesIO(table))
        files |= export.export(work.formats, case=case, frame=frame, page=files[PAGE].decode())
    return files, seconds, None
