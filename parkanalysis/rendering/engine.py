"""A papermill engine without a kernel: the cells run in the process that asks for it.

Registered as ``parkanalysis`` among papermill's engines: ``papermill --engine parkanalysis in.ipynb
out.ipynb``. What the cells show, text, objects and figures, is kept as an ordinary kernel would send it.
A cell may change anything in the process; who wants the next notebook untouched gives each its own.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, cast

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

_output: Any = nbformat.v4.new_output


class CellTimeout(BaseException):
    """A notebook's time is up; no ``except Exception`` of a cell holds it off."""


class _Results(DisplayHook):
    """Keeps the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(
        self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None
    ) -> None:
        content = {"data": dict(format_dict), "metadata": dict(md_dict or {})}
        cast(CellShell, self.shell).outputs.append(
            _output("execute_result", execution_count=self.prompt_count, **content)
        )

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Displays(DisplayPublisher):
    """Keeps what a cell displays."""

    def publish(  # type: ignore[override]
        self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None, **_: object
    ) -> None:
        self.shell.outputs.append(_output("display_data", data=dict(data), metadata=dict(metadata or {})))


class _Stream(io.TextIOBase):
    """Keeps what a cell prints."""

    def __init__(self, name: str, shell: CellShell) -> None:
        super().__init__()
        self.name, self.shell = name, shell

    def write(self, text: str) -> int:
        last = self.shell.outputs[-1] if self.shell.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == self.name:
            last["text"] += text
        else:
            self.shell.outputs.append(_output("stream", name=self.name, text=text))
        return len(text)


class CellShell(InteractiveShell):
    """IPython's shell with what its cells show in ``outputs``."""

    displayhook_class = _Results
    display_pub_class = _Displays
    outputs: list[Any]

    def enable_gui(self, gui: str | None = None) -> None:
        """Nothing to do: figures end in the notebook."""

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self.outputs.append(_output("error", ename=etype.__name__, evalue=str(evalue), traceback=stb))

    def run(self, cell: Any) -> bool:
        """Run a code cell, fill in its outputs, return whether it went well."""
        self.outputs = cell.outputs = []
        cell.execution_count = self.execution_count
        with (
            contextlib.redirect_stdout(_Stream("stdout", self)),
            contextlib.redirect_stderr(_Stream("stderr", self)),
        ):
            done = self.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
        return bool(done.success)


@contextlib.contextmanager
def _shell(namespace: Mapping[str, Any]) -> Iterator[CellShell]:
    """A shell without history or profile, figures inline as a kernel has them."""
    from matplotlib_inline import backend_inline

    main, hook = sys.modules["__main__"], sys.displayhook
    with tempfile.TemporaryDirectory(prefix="parkanalysis-") as home:
        quiet = Config({"HistoryManager": {"enabled": False}})
        shell = CellShell.instance(config=quiet, ipython_dir=home, user_ns=dict(namespace))
        try:
            # set on the function by an earlier shell of this process, it would keep this one from figures
            setattr(backend_inline.configure_inline_support, "current_backend", "unset")  # noqa: B010
            shell.enable_matplotlib("inline")  # type: ignore[no-untyped-call]
            yield shell
        finally:
            CellShell.clear_instance()
            sys.modules["__main__"], sys.displayhook = main, hook


@contextlib.contextmanager
def _limited(seconds: float | None) -> Iterator[None]:
    """Raise ``CellTimeout`` in whatever runs when the time is up."""
    if not seconds or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise CellTimeout(f"no result within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class InProcessEngine:
    """Runs a notebook's cells in this process; offers papermill what its own ``Engine`` does.

    It is no subclass of that: papermill loads the registered engines while it is itself still loading.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run the cells in order up to the first that fails.

        Parameters
        ----------
        nb : NotebookNode
        kernel_name : str
            Not used: there is no kernel.
        **options
            Of papermill's, ``output_path``, where it keeps the notebook up to date while it runs,
            ``progress_bar``, and ``execution_timeout`` in seconds for the whole notebook; and ``namespace``,
            what the cells find at the start.
        """
        from papermill.engines import NotebookExecutionManager

        kept = {name: options[name] for name in ("output_path", "progress_bar") if name in options}
        record = NotebookExecutionManager(nb, **kept)
        record.notebook_start()
        try:
            with _shell(options.get("namespace", {})) as shell, _limited(options.get("execution_timeout")):
                for index, cell in enumerate(nb.cells):
                    record.cell_start(cell, index)
                    went_well = cell.cell_type != "code" or not cell.source.strip() or shell.run(cell)
                    if not went_well:
                        record.cell_exception(cell, index)
                    record.cell_complete(cell, index)
                    if not went_well:
                        break
        finally:
            record.cleanup_pbar()
            record.notebook_complete()
        return record.nb

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Name of the kernel the notebook asks for."""
        return name or str(nb.metadata.get("kernelspec", {}).get("name", "python3"))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """Language of the notebook; this engine knows one."""
        return language or "python"
