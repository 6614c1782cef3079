"""Reports rendered in this process, once a language, for the tests that look at pages."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from parkanalysis.report import pages

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def _bundle(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    if hasattr(value, "_repr_mimebundle_"):
        return value._repr_mimebundle_()
    return {"text/html": value._repr_html_(), "text/plain": repr(value)}, {}


def run(name: str, **parameters: object) -> Any:
    """The notebook with the outputs of its cells, executed without a kernel."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = []
        *body, last = ast.parse(cell.source).body
        exec(compile(ast.Module(body, []), name, "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if value is not None:
                data, metadata = _bundle(value)
                cell.outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata))
        else:
            exec(compile(ast.Module([last], []), name, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace.update(parameters)
    notebook.metadata["papermill"] = {"parameters": dict(parameters)}
    return notebook


@cache
def notebook(lang: str, scenario: str = "combined") -> Any:
    """The executed report of the shipped park."""
    return run("scenario_report", lang=lang, scenario=scenario, draws=4096)


@cache
def page(lang: str, scenario: str = "combined") -> str:
    """Its page."""
    return pages.to_html(notebook(lang, scenario), lang)
