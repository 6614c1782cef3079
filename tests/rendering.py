"""Small notebooks and waiting, shared by the tests of rendering."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from parkanalysis.rendering import report

PARAMETERS = 'park = "qingzhen"\nscenario = "reference"\nlang = "zh"\ndraws = 100\nseed = 1'
PUBLISH = (
    "import pandas as pd\nfrom parkanalysis.rendering.published import publish\n"
    'publish(pd.DataFrame({"scenario": [scenario], "value": [seed / 3]}))\nprint(scenario, lang, seed)'
)


def notebook_bytes(*cells: str) -> bytes:
    """A notebook of these code cells, the first of them holding the parameters."""
    nodes = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    nodes[0].metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=nodes, metadata={"kernelspec": spec})).encode()


def notebook(path: Path, *cells: str) -> Path:
    """Write such a notebook."""
    path.write_bytes(notebook_bytes(*cells))
    return path


def printed(folder: Path, name: str = report.NOTEBOOK) -> list[str]:
    """Lines the notebook printed."""
    node = nbformat.read(folder / name, as_version=4)
    texts = [o["text"] for c in node.cells for o in c.get("outputs", ()) if o["output_type"] == "stream"]
    return "".join(texts).splitlines()


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition to hold; fail if it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "still not so"
        time.sleep(0.02)
