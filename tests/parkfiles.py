"""Copies of parks with single things changed, shared by the tests of park files."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from parkanalysis.errors import InputError, Problem
from parkanalysis.park.new import TEMPLATE
from parkanalysis.park.park import park_path, read_park

PARKS = Path(__file__).parent / "parks"


def copy_park(folder: Path, source: str | Path = TEMPLATE, name: str = "zone") -> Path:
    """A park to change, in ``folder``: the template, another folder or a shipped park by its name."""
    return Path(shutil.copytree(park_path(source), folder / name))


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def set_cell(file: Path, key: str, column: str, value: str) -> int:
    """Change one cell in the row that begins with ``key``; return the row's line."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    line = next(i for i, row in enumerate(rows) if row[0] == key)
    rows[line][rows[0].index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return line + 1


def add_row(file: Path, **cells: str) -> None:
    """Add a row; columns not named stay empty."""
    with file.open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, header, restval="", lineterminator="\n").writerow(cells)


def problems(park: Path) -> list[Problem]:
    """What is wrong with a park; none where it can be read."""
    try:
        read_park(park)
    except InputError as error:
        return list(error.problems)
    return []


def only(park: Path) -> Problem:
    """The one thing wrong with a park."""
    found = problems(park)
    assert len(found) == 1, "\n".join(map(str, found)) or "nothing wrong"
    return found[0]
