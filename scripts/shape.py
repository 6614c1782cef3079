"""Hold the library to its own rules: the order of its packages, no circles, one home for each name, its size.

    python scripts/shape.py            print what breaks a rule; exit status 1 if anything does

Rules: a package imports only those above it in ``ORDER``; no two modules import each other, by whatever
way round; nothing imports the library inside a function, but for the command line and the lazy face;
nothing private is imported from another module, tests included; a public name is defined in one module.
The library's size is printed beside what was aimed at.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "parkanalysis"
ORDER = (
    *("errors", "quantities", "cleaning", "forecasting", "park", "model", "report"),
    *("explore", "rendering", "cli"),
)
SIBLINGS = {"explore", "rendering"}  # neither knows the other
MOST_FILES, MOST_LINES = 65, 11_500


def modules() -> dict[str, Path]:
    """Every module of the library by its dotted name."""
    files = sorted(LIBRARY.rglob("*.py"))
    return {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in files}


def code_lines(path: Path) -> int:
    """Lines that hold code: no docstring, no comment, no blank line."""
    text = path.read_text(encoding="utf-8")
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documented |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    silent = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT),
        *(tokenize.DEDENT, tokenize.ENDMARKER),
    }
    tokens = (t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in silent)
    return len({n for t in tokens for n in range(t.start[0], t.end[0] + 1)} - documented)


def imports(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Module, name and whether it is inside a function, of every import that runs."""

    def visit(node: ast.AST, inside: bool) -> Iterator[tuple[str, str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.ImportFrom):
                yield from ((child.module or "", alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, "", inside) for alias in child.names)
            deeper = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from visit(child, inside or deeper)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), False)


def package(module: str) -> str:
    """Package below the library that a module belongs to; empty for the face."""
    return [*module.split("."), ""][1]


def import_problems(known: dict[str, Path]) -> Iterator[str]:
    """Imports against the order, inside functions, of private names; modules that import each other."""
    edges: dict[str, set[str]] = {name: set() for name in known}
    for name, path in known.items():
        for module, imported, inside in imports(path):
            target = f"{module}.{imported}" if f"{module}.{imported}" in known else module
            if target not in known or target == name:
                continue
            edges[name].add(target)
            here, there = package(name), package(target)
            if inside and name not in ("parkanalysis", "parkanalysis.cli"):
                yield f"{name}: imports {target} inside a function"
            upward = here and there and ORDER.index(there) > ORDER.index(here)
            if upward or {here, there} == SIBLINGS:
                yield f"{name}: imports {target} against the order"
    try:
        tuple(TopologicalSorter(edges).static_order())
    except CycleError as error:
        yield f"a circle: {' > '.join(error.args[1])}"


def private_imports() -> Iterator[str]:
    """Private names that a module, a test or a script takes from the library."""
    for folder in ("parkanalysis", "tests", "scripts", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for module, name, _ in imports(path):
                private = name.startswith("_") and not name.startswith("__")
                if module.split(".")[0] == "parkanalysis" and private:
                    yield f"{path.relative_to(ROOT)}: imports the private {module}.{name}"


def doubled_names(known: dict[str, Path]) -> Iterator[str]:
    """Public functions and classes that two modules define."""
    homes: dict[str, list[str]] = defaultdict(list)
    for name, path in known.items():
        if name == "parkanalysis.cli":  # commands are called what users type
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name)
    for name, where in sorted(homes.items()):
        if len(where) > 1:
            yield f"{name} is defined in {' and '.join(where)}"


def problems() -> list[str]:
    """Everything that breaks a rule."""
    known = modules()
    flat = {p.stem for p in LIBRARY.glob("*.py")} - {"__init__", "errors", "cli"}
    found = [f"{name}: a module outside the packages" for name in sorted(flat)]
    found += [
        f"{name}: a package outside the order" for name in sorted({package(m) for m in known} - {"", *ORDER})
    ]
    if found:
        return found
    lines = sum(code_lines(path) for path in known.values())
    print(f"{len(known)} files, {lines} lines of code")
    if len(known) > MOST_FILES or lines > MOST_LINES:
        print(f"beyond what was aimed at: {MOST_FILES} files, {MOST_LINES} lines of code")
    return [*found, *import_problems(known), *private_imports(), *doubled_names(known)]


if __name__ == "__main__":
    broken = problems()
    print("\n".join(broken) or "the shape holds")
    sys.exit(bool(broken))
