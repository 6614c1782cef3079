"""Write the outputs of the docstrings' examples anew, after the shipped park changed; read the diff.

    python scripts/update_examples.py [MODULE]...

Examples that fail for another reason than their output, or that leave a part out with an ellipsis, are
named and left alone.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import parkanalysis

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
APART = {"__main__", "cluster", "preload"}
WIDTH = 106


class Collector(doctest.DocTestRunner):
    """Runs examples and keeps what those with another output gave."""

    def __init__(self) -> None:
        super().__init__(optionflags=FLAGS)
        self.changed: list[tuple[int, doctest.Example, str]] = []

    def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        self.changed.append(((test.lineno or 0) + example.lineno, example, got))

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        print(f"{test.name}: {exc_info[1]!r}", file=sys.__stderr__)


def wrapped(text: str, indent: str) -> list[str]:
    """Lines of an output, long ones broken where the comparison of white space allows it."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        long = len(indent + line) > WIDTH and "  " not in line.strip()
        lines += textwrap.wrap(line, WIDTH - len(indent), break_long_words=False) if long else [line]
    return [(indent + line).rstrip() for line in lines]


def update(name: str) -> int:
    module = importlib.import_module(f"parkanalysis.{name}")
    runner = Collector()
    for test in doctest.DocTestFinder().find(module):
        runner.run(test, out=lambda _: None)
    path = Path(str(module.__file__))
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, example, got in sorted(runner.changed, key=lambda c: -c[0]):
        if "..." in example.want:
            print(f"{path.name}:{number + 1}: an ellipsis; by hand")
            continue
        first = number + example.source.count("\n")
        lines[first : first + example.want.count("\n")] = wrapped(got, " " * example.indent)
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(runner.changed)


if __name__ == "__main__":
    names = sys.argv[1:] or [m.name for m in pkgutil.iter_modules(parkanalysis.__path__)]
    for name in names:
        if name not in APART and (count := update(name)):
            print(f"{name}: {count}")
