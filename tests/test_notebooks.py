"""Notebooks: their form, their stored outputs, other folders, other parks, paper."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from parkanalysis.park import read_park
from parkanalysis.rendering import pool
from parkanalysis.rendering.notebook import Work

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [n.stem for n in NOTEBOOKS]
WANTED = {
    "01_figures",
    "02_baseline",
    "03_shocks",
    "04_projection",
    "05_backtest",
    "explore",
    "scenario_comparison",
    "scenario_report",
}
PARKS = sorted(p.parent for p in (ROOT / "tests" / "parks").glob("*/park.yml"))
LOOPS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try)


@pytest.fixture(params=NOTEBOOKS, ids=NAMES)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_all_notebooks_are_there():
    assert set(NAMES) == WANTED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_stored_notebook_is_small(path):
    assert path.stat().st_size < 300_000


def test_begins_with_title_and_question(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# .+\n\n.+\?", first.source)


def test_parameters_are_flat_literals_one_a_line(notebook):
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    for line in tagged[0].source.splitlines():
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
        assert line.count("=") == 1 or "==" not in line.split("#")[0]
        assert "#" in line, f"say the unit of {line!r} in a comment"


def test_holds_only_calls(notebook):
    trees = [ast.parse(c.source) for c in code(notebook)]
    found = [type(n).__name__ for tree in trees for n in ast.walk(tree) if isinstance(n, LOOPS)]
    assert found == []


def test_holds_no_path(notebook):
    for cell in code(notebook):
        texts = [n.value for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Constant)]
        assert not [
            t for t in texts if isinstance(t, str) and re.search(r"[\\/]|\.(csv|yml|ipynb|xlsx)\b", t)
        ]
    stored = json.dumps(notebook)
    assert not re.search(r"/(home|root|tmp|work|Users)/", stored)


def test_is_told_in_short_cells(notebook):
    assert 20 <= len(notebook.cells) <= 35
    assert max(len(c.source.splitlines()) for c in code(notebook)) <= 14


def test_every_code_cell_ran_in_order_without_errors(notebook):
    counts = [c.execution_count for c in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for c in code(notebook) for o in c.outputs if o.output_type == "error"]
    assert not [o for c in code(notebook) for o in c.outputs if o.get("name") == "stderr"]


def test_kernel_is_any_python(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_nothing_is_skipped_without_a_reason(notebook):
    skipped = {"nbval-skip", "nbval-ignore-output"}
    for cell in code(notebook):
        if skipped & set(cell.metadata.get("tags", [])):
            assert "#" in cell.source, f"say why {cell.source!r} is not compared"


# -- runs ------------------------------------------------------------------------------------------


def nbval(path):
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-kernel-name", "python3"),
            *("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", str(ROOT / "pyproject.toml")),
            *("--rootdir", str(ROOT), "--confcutdir", str(ROOT), str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_changed_number_fails(tmp_path):
    """A figure of the stored output that is one off makes nbval fail, in that cell alone."""
    notebook = nbformat.read(ROOT / "notebooks" / "01_figures.ipynb", as_version=4)
    kept = ("parameters", "load", "ledger-sentence")
    notebook.cells = [c for c in notebook.cells if c.id in kept]
    path = tmp_path / "changed.ipynb"
    nbformat.write(notebook, path)
    assert nbval(path).returncode == 0
    output = notebook.cells[-1].outputs[0]
    number = re.search(r"\d+", output.data["text/plain"]).group()
    output.data["text/plain"] = output.data["text/plain"].replace(number, str(int(number) + 1), 1)
    nbformat.write(notebook, path)
    failed = nbval(path)
    assert failed.returncode == 1
    assert "1 failed, 2 passed" in failed.stdout


def run(notebook, park="qingzhen", **parameters):
    """Run a notebook as reports are made: in a warm process, from a folder of its own."""
    there = read_park(park)
    content = nbformat.writes(notebook).encode()
    work = Work("", content, there, {"park": there.id, **parameters} if parameters else {})
    ((_, made),) = pool.run([work], jobs=1)
    assert made.failure is None, made.failure
    return nbformat.reads(made.files["report.ipynb"].decode(), as_version=4)


@pytest.mark.slow
def test_runs_under_papermill_from_another_folder(tmp_path):
    path, out = ROOT / "notebooks" / "03_shocks.ipynb", tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--engine", "parkanalysis"]
    given = ["-p", "lang", "en", "-p", "draws", "512"]
    done = subprocess.run(
        [*command, str(path), str(out), *given], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert {p.name for p in tmp_path.iterdir()} == {out.name}


@pytest.mark.slow
def test_runs_in_the_other_language(notebook):
    done = run(notebook, lang="en", draws=512)
    assert not [o for c in code(done) for o in c.outputs if o.output_type == "error"]


@pytest.mark.slow
def test_runs_again_in_one_namespace_with_another_scenario(notebook):
    """All cells, a scratch variable, the parameters changed, all cells once more."""
    (first,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    first.source = re.sub(r"(?m)^draws = \d+", "draws = 128", first.source)
    changed = re.sub(r'(?m)^(scenario = )"\w+"', r'\1"severe"', first.source)
    again = [c.source if c is not first else changed for c in code(notebook)]
    notebook.cells += [new_code_cell("x = 1"), *map(new_code_cell, again)]
    done = run(notebook)
    assert not [o for c in code(done) for o in c.outputs if o.output_type == "error"]


@pytest.mark.slow
@pytest.mark.parametrize("park", PARKS, ids=[p.name for p in PARKS])
def test_runs_for_another_park(notebook, park):
    scenario = next(reversed(read_park(park).scenarios))
    run(notebook, park, scenario=scenario, draws=256, lang="en")


@pytest.mark.slow
def test_goes_on_paper_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    done = subprocess.run(
        [*command, *map(str, NOTEBOOKS)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if "WARN" in line.upper()]
    assert {p.stem for p in tmp_path.iterdir()} == set(NAMES)
