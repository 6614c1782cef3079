"""The engine: what cells show is what an ordinary kernel sends; time and errors end them."""

from __future__ import annotations

import nbformat
import papermill
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from small_notebooks import PARAMETERS, notebook_bytes

CELLS = [
    "import sys\nprint('to', 'stdout')\nprint('and again')\nprint('to stderr', file=sys.stderr)\n6 * 7",
    "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>1</b>'), Markdown('*2*'))\n'last'",
    "import pandas as pd\npd.DataFrame({'price': [1580.0, 2300.0], 'name': ['铝', 'a']})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('shown below')",
    "fig, ax = plt.subplots(figsize=(1, 1))\nax.plot([2, 1]);",
    "display({'text/plain': 'raw', 'application/x-own+json': {'n': 1}}, raw=True)",
    "None",
    "Out[3], _",
]


def run(cells: list[str], engine: str | None = "parkanalysis", **more: object):
    node = nbformat.reads(notebook_bytes(PARAMETERS, *cells).decode(), as_version=4)
    return papermill.execute_notebook(
        node, None, {"seed": 5}, engine_name=engine, progress_bar=False, kernel_name="python3", **more
    )


def shown(node) -> list:
    """Outputs as they reach a page: neighbouring pieces of one stream are one text."""
    return [(c.execution_count, [dict(o) for o in c.outputs]) for c in node.cells if c.cell_type == "code"]


@pytest.mark.slow
def test_cells_show_what_an_ordinary_kernel_shows():
    here, there = run(CELLS), run(CELLS, engine=None)
    assert shown(here) == shown(there)
    kinds = [[o["output_type"] for o in outputs] for _, outputs in shown(here)]
    assert kinds[5] == ["execute_result", "display_data"]
    assert "image/png" in here.cells[6].outputs[0].data


def test_figures_are_shown_again_in_a_second_notebook_of_one_process():
    for _ in range(2):
        node = run(["import matplotlib.pyplot as plt\nplt.plot([1, 2]);"])
        assert "image/png" in node.cells[-1].outputs[0].data


def test_a_cell_sees_the_parameters_and_what_it_was_handed():
    node = run(["print(seed, _given)"], namespace={"_given": "handed over"})
    assert node.cells[-1].outputs[0].text == "5 handed over\n"


def test_the_first_error_ends_the_notebook():
    node = nbformat.reads(notebook_bytes(PARAMETERS, "1 / 0", "print(1)").decode(), as_version=4)
    with pytest.raises(PapermillExecutionError) as caught:
        papermill.execute_notebook(node, None, engine_name="parkanalysis", progress_bar=False)
    assert (caught.value.ename, caught.value.exec_count) == ("ZeroDivisionError", 2)


def test_time_ends_a_cell_whatever_it_catches():
    loop = "while True:\n    try:\n        while True: pass\n    except Exception: pass"
    with pytest.raises(PapermillExecutionError, match=r"no result within 0\.2 s"):
        run([loop], execution_timeout=0.2)


def test_the_process_is_given_back_as_it_was():
    import sys

    before = sys.stdout, sys.displayhook, sys.modules["__main__"]
    run(["import sys\nx = 1"])
    assert before == (sys.stdout, sys.displayhook, sys.modules["__main__"])
    assert not hasattr(sys.modules["__main__"], "x")


def test_papermill_knows_it_by_name():
    assert papermill_engines.get_engine("parkanalysis").nb_language(None) == "python"
