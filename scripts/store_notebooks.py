"""Run notebooks and store their outputs without images, widget states and times.

    python scripts/store_notebooks.py [NAME]...

Without names, every notebook. nbval compares what is stored here with what a fresh run gives.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
DROPPED = ("image/svg+xml", "image/png", "application/vnd.jupyter.widget-view+json")
PYTHON = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def clean(notebook: Any) -> Any:
    """A copy that holds only what a comparison may rest on."""
    stored = nbformat.from_dict(notebook)
    stored.metadata = nbformat.from_dict({"kernelspec": PYTHON, "language_info": {"name": "python"}})
    for cell in stored.cells:
        kept = {k: v for k, v in cell.metadata.items() if k == "tags"}
        cell.metadata = nbformat.from_dict(kept)
        if "nbval-ignore-output" in kept.get("tags", ()):
            cell.outputs = []
        for output in cell.get("outputs", []):
            for kind in DROPPED:
                output.get("data", {}).pop(kind, None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    return stored


def main(names: list[str]) -> None:
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    files = [NOTEBOOKS / f"{Path(n).stem}.ipynb" for n in names] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for file in files:
        started = time.perf_counter()
        notebook = nbformat.read(file, as_version=4)
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            resources={"metadata": {"path": str(NOTEBOOKS)}},
            store_widget_state=False,
            timeout=120,
        )
        client.execute()
        text = nbformat.writes(clean(notebook)) + "\n"
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {time.perf_counter() - started:.1f} s, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
