"""The README's results are what the package computes."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from parkanalysis.cli import main
from parkanalysis.model.projection import project
from parkanalysis.park.park import read_park

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


@dataclass(frozen=True)
class Step:
    """Lines that data/README.md has one type into a file, and what it says of slips in them."""

    file: str
    lines: str
    slips: tuple[tuple[str, str], ...]
    printed: tuple[str, ...]


def own_data_steps() -> list[Step]:
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Own data in ten minutes\n")[2].partition("\n## ")[0]
    prose = re.split(r"```(?:\w+)\n.*?```\n", section, flags=re.DOTALL)
    blocks = re.findall(r"```\w+\n(.*?)```\n", section, flags=re.DOTALL)
    return [
        Step(
            re.findall(r"`([\w/]+\.(?:csv|yml))`", prose[i].rpartition("**")[2])[0],
            blocks[i],
            tuple(re.findall(r"`([^`]+)` in\splace of `([^`]+)`", prose[i + 1])),
            tuple(blocks[i + 1].splitlines()),
        )
        for i in range(0, len(blocks), 2)
    ]


def typed(zone: Path, file: str, lines: str) -> None:
    """Type lines where data/README.md says: a table's end, below the keys that are there, a new file."""
    path = zone / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text and file.endswith(".yml"):
        for block in re.findall(r"^\w+:\n(?: .*\n)+", lines, flags=re.MULTILINE):
            head = block.partition("\n")[0] + "\n"
            assert text.count(f"\n{head}") == 1
            text = text.replace(f"\n{head}", f"\n{block}")
    else:
        text += lines
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def zone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command(capsys, "new", "parks/mine", "--name", "My zone")
    return Path("parks/mine")


def command(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return stop.value.code or 0, capsys.readouterr().err.splitlines()


def test_own_data_is_typed_as_written_and_slips_are_told_as_printed(zone, capsys):
    steps = own_data_steps()
    assert [s.file for s in steps] == ["figures.csv", "levers.csv", "park.yml", "scenarios/my_scenario.yml"]
    for step in steps:
        before = (zone / step.file).read_text(encoding="utf-8") if (zone / step.file).exists() else ""
        assert step.slips
        told = []
        for wrong, right in step.slips:
            assert step.lines.count(right) == 1
            typed(zone, step.file, step.lines.replace(right, wrong))
            status, (message, count) = command(capsys, "check", str(zone))
            assert (status, count) == (1, "1 errors, 0 warnings")
            told.append(message)
            (zone / step.file).write_text(before, encoding="utf-8")
        assert "\n".join(told) == "\n".join(step.printed)
        typed(zone, step.file, step.lines)
        assert command(capsys, "check", str(zone)) == (0, [])
    assert project(read_park(zone), "my_scenario", draws=64).scenario.shocks == ("close_my_plant",)
