"""The README's results are what the package computes."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_results_are_current():
    spec = importlib.util.spec_from_file_location("readme", ROOT / "scripts" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert module.rewritten(text) == text
    assert text.count(module.MARKS[0]) == text.count(module.COST_MARKS[0]) == 1


def test_commands_named_exist():
    makefile = (ROOT / "Makefile").read_text()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z][a-z-]+)", text)) - {"nothing"}
    known = set(makefile.split(".PHONY:")[1].splitlines()[0].split())
    assert {"report", "test", "lab", "backtest", "bench", "bench-render", "readme"} <= named
    assert named <= known


def test_license_is_there():
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
