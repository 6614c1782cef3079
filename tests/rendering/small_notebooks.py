"""Small notebooks and waiting, shared by the tests of rendering."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import nbformat
import pandas as pd

from parkanalysis.model.compare import read_parks
from parkanalysis.rendering import batch, plan
from parkanalysis.rendering.plan import Order

PARAMETERS = 'park = "qingzhen"\nscenario = "reference"\nlang = "zh"\ndraws = 100\nseed = 1'
PUBLISH = (
    "import pandas as pd\nfrom parkanalysis.rendering.notebook import publish\n"
    'publish(pd.DataFrame({"scenario": [scenario], "value": [seed / 3]}))\nprint(scenario, lang, seed)'
)
LEVER = "alumina_price_2016"


def notebook_bytes(*cells: str) -> bytes:
    """A notebook of these code cells, the first of them holding the parameters."""
    nodes = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    nodes[0].metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=nodes, metadata={"kernelspec": spec})).encode()


NOTEBOOK = notebook_bytes(PARAMETERS, PUBLISH)


def render(
    out: Path,
    *scenarios: str,
    parks: object = ("qingzhen",),
    notebook: bytes = NOTEBOOK,
    force: bool = False,
    dask: str | None = None,
    **order: object,
) -> pd.DataFrame:
    """Render small notebooks, Chinese only unless said otherwise, two at a time."""
    asked = Order(scenarios or ("reference",), **{"langs": ["zh"], **order})  # type: ignore[arg-type]
    with patch.object(plan, "report_notebook", lambda: notebook):
        return batch.render(asked, read_parks(parks), out, jobs=2, force=force, dask=dask)


def printed(folder: Path, name: str = "report.ipynb") -> list[str]:
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


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition to hold; fail if it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "still not so"
        time.sleep(0.02)
