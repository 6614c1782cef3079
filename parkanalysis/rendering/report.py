"""One report: parameters into the notebook, a warm kernel, the finished notebook, its page and its table."""

from __future__ import annotations

import keyword
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.rendering.kernel_manager import WarmKernelManager
from parkanalysis.rendering.kernels import KERNEL
from parkanalysis.rendering.published import TABLE, publish, published, tables

__all__ = ["TABLE", "Failure", "Rendered", "produce", "publish", "published", "render_one", "to_html"]

NOTEBOOK, PAGE, FAILED = "report.ipynb", "report.html", "failed.ipynb"
FURTHER = ("csv", "docx", "pdf", "png", "svg", "xlsx")


@dataclass(frozen=True)
class Failure:
    """Why a report could not be made.

    Attributes
    ----------
    kind : str
        Class of the error, such as ``"InputError"`` or ``"DeadKernelError"``.
    message : str
        What it said.
    cell : int or None
        The code cell, counted from 1 as Jupyter counts; None where no cell ran.
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


def to_html(notebook: Mapping[str, Any], lang: str) -> str:
    """Return the page of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
    lang : str
        Language code of the page, such as ``"zh"``.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> page = to_html(new_notebook(cells=[new_markdown_cell("# Industrial value added 2016")]), "en")
    >>> page.count("<h1"), 'lang="en"' in page
    (1, True)
    """
    from parkanalysis.report import pages

    return pages.to_html(notebook, lang)


@dataclass
class _Clock:
    """Which cell runs, and how long all of them took."""

    cell: int | None = None
    code_cells: int = 0
    seconds: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def enter(self, cell: Mapping[str, Any], cell_index: int) -> None:
        if cell["cell_type"] == "code" and str(cell["source"]).strip():
            self.code_cells += 1
            self.cell, self.started = self.code_cells, time.perf_counter()

    def leave(self, **_: object) -> None:
        self.seconds += time.perf_counter() - self.started


def _execute(notebook: Any, kernel: str, timeout: float | None, cwd: Path) -> tuple[_Clock, Failure | None]:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    deadline = None if timeout is None else time.monotonic() + timeout
    clock = _Clock()
    client = NotebookClient(
        notebook,
        kernel_manager_class=WarmKernelManager,
        kernel_name=kernel,
        resources={"metadata": {"path": str(cwd)}},
        extra_arguments=["--HistoryManager.enabled=False"],
        timeout_func=lambda cell: None if deadline is None else max(1, round(deadline - time.monotonic())),
        raise_on_iopub_timeout=True,
        shutdown_kernel="immediate",  # all that it showed is here, and its folder goes with it
        record_timing=False,
        on_cell_execute=clock.enter,
        on_cell_executed=clock.leave,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return clock, Failure(error.ename, error.evalue, clock.cell)
    except CellTimeoutError:
        return clock, Failure("Timeout", f"no result within {timeout:g} s", clock.cell)
    except Exception as error:  # noqa: BLE001  a report's failure is a result, whatever its cause
        return clock, Failure(type(error).__name__, str(error), clock.cell)
    return clock, None


def _parameterised(notebook: bytes, parameters: Mapping[str, object]) -> Any:
    """The notebook with papermill's own cell of injected parameters."""
    import nbformat
    from papermill.parameterize import parameterize_notebook

    node = nbformat.reads(notebook.decode(), as_version=4)  # type: ignore[no-untyped-call]
    node.metadata.setdefault("papermill", {})
    for cell in node.cells:
        cell.metadata.setdefault("tags", [])
    node = parameterize_notebook(node, dict(parameters), kernel_name="python3", language="python")
    for index, cell in enumerate(node.cells):
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = f"parameters-{index}"
    return node


def _scrub(node: Any) -> None:
    """Keep of the metadata what is the same on every machine and in every run."""
    node.metadata["papermill"] = {"parameters": node.metadata.papermill.get("parameters", {})}
    for cell in node.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)


def produce(
    notebook: bytes,
    parameters: Mapping[str, object],
    *,
    folder: Path,
    further: Sequence[str] = (),
    kernel: str = KERNEL,
    timeout: float | None = None,
) -> Rendered:
    """Render a notebook to the bytes of its files; nothing is read or kept outside ``folder``.

    Parameters
    ----------
    notebook : bytes
        The notebook to run.
    parameters : mapping
        Injected the way papermill does; ``lang`` also sets the language of the page.
    folder : Path
        The kernel's working directory.
    further : sequence of str
        Formats beyond notebook, page and Parquet, of :data:`FURTHER`.
    kernel : str
        Kernelspec to run it with.
    timeout : float, optional
        Seconds for the whole report.

    Returns
    -------
    Rendered

    Examples
    --------
    >>> produce(b"", {"alumina price": 1700}, folder=Path("."))
    Traceback (most recent call last):
    parkanalysis.errors.InputError: parameters: found 'alumina price'; allowed: a Python name
    """
    import nbformat

    bad = [name for name in parameters if not name.isidentifier() or keyword.iskeyword(name)]
    if bad:  # papermill would write it into the code as it stands
        raise InputError(Problem("parameters", repr(n), "a Python name") for n in bad)
    started = time.perf_counter()
    node = _parameterised(notebook, parameters)
    clock, failure = _execute(node, kernel, timeout, folder)
    _scrub(node)
    files: dict[str, bytes] = {}
    text = nbformat.writes(node).encode()  # type: ignore[no-untyped-call]
    if failure is None:
        lang = str(parameters.get("lang", "en"))
        page = to_html(node, lang).encode()
        files = {NOTEBOOK: text, PAGE: page, **tables(published(node))}
        if further:
            from parkanalysis.report.export import export

            files |= export(further, notebook=node, page=page, lang=lang, folder=folder)
    else:
        files = {FAILED: text}
    return Rendered(files, time.perf_counter() - started, clock.seconds, failure)


def write_aside(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename, so that no reader ever sees half a file."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def render_one(
    notebook: Path | str, parameters: Mapping[str, object], out: Path | str, *, kernel: str = KERNEL
) -> Rendered:
    """Render one notebook into the folder ``out``.

    Parameters
    ----------
    notebook : path
    parameters : mapping
    out : path
        Gets ``report.ipynb``, ``report.html`` and, if the notebook published results, ``results.parquet``.
    kernel : str
        Kernelspec to run it with.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     notebook = Path(folder, "smallest.ipynb")
    ...     _ = notebook.write_bytes(b"{}")
    ...     render_one(notebook, {"lambda": 0.9}, folder)
    Traceback (most recent call last):
    parkanalysis.errors.InputError: parameters: found 'lambda'; allowed: a Python name
    """
    import tempfile

    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parkanalysis-") as folder:
        rendered = produce(Path(notebook).read_bytes(), parameters, folder=Path(folder), kernel=kernel)
    for name, content in rendered.files.items():
        write_aside(out / name, content)
    return rendered
