"""Feed broken input to every door: each case must end in a result or an InputError, within five seconds.

    python scripts/fuzz.py TARGET [CASES]
    python scripts/fuzz.py targets

With atheris installed the cases are led by coverage, otherwise they are random; a case that fails stops
the run and is printed. Targets: quantity, yaml, park, workbook, command.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

LIMIT = 5  # seconds a case may take
ROOT = Path(__file__).resolve().parent.parent
NASTY = [
    *("../", "'", '"', "\n", "\r", ",", "，", "<script>alert(1)</script>", "=1+1", "@SUM(A1)", "🏭", "\0"),
    *("1e308", "-1", "nan", "inf", "9" * 400, "0", "1e-320", "true", "null", "~", "%", "亿元", "万元", "余"),
    *("&a ", "*a", "!!python/object:os.system ", "{", "[", "]", "}", "- ", "? ", ": ", "# ", "|\n", ">-\n"),
    *(
        "\u202e",
        "\ufeff",
        "\u2028",
        "\x1b[31m",
        "2015-02-30",
        "2015-13",
        "价格",
        "all",
        "reference",
        "{}",
        "[]",
    ),
    *("low", "forecast", "tables", "lognormal", "pert", "uniform", "point", "CNY_10k", "kWh", "fraction"),
]

NUMBERS = [
    "0",
    "1",
    "-1",
    "0.5",
    "2",
    "1e-9",
    "1e14",
    "99",
    "-0.99",
    "8784",
    "2015",
    "2024",
    "2025",
    "0.999999",
]


class Choices:
    """Decisions drawn from the bytes of a case."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def number(self, below: int) -> int:
        chunk = self.data[self.place : self.place + 2]
        self.place += 2
        return int.from_bytes(chunk, "big") % below if below > 0 else 0

    def text(self) -> str:
        rest = self.data[self.place : self.place + self.number(40)]
        self.place += len(rest)
        return rest.decode("utf-8", "surrogateescape")

    def pick(self, items: list[str]) -> str:
        return items[self.number(len(items))]


def _piece(choices: Choices, text: str) -> str:
    kind = choices.number(4)
    if kind == 0:
        return choices.text()
    if kind == 1:
        return str(choices.number(65536) - 30000)
    words = re.findall(r"[\w.]+", text)
    return choices.pick(words) if kind == 2 and words else choices.pick(NASTY)


def mutate(choices: Choices, text: str) -> str:
    """Change a text in one or two places."""
    for _ in range(1 + choices.number(2)):
        kind = max(choices.number(9) - 3, 0)
        lines = text.splitlines(keepends=True)
        if kind == 4 and lines:
            del lines[choices.number(len(lines))]
            text = "".join(lines)
        elif kind == 1 and lines:
            lines.insert(choices.number(len(lines)), lines[choices.number(len(lines))])
            text = "".join(lines)
        elif kind == 2:
            text = text[: choices.number(len(text) + 1)]
        elif kind == 3:
            at = choices.number(len(text) + 1)
            text = text[:at] + _piece(choices, text) + text[at:]
        elif kind == 0:
            numbers = [m.span() for m in re.finditer(r"-?\d+(\.\d+)?", text)]
            if numbers:
                start, stop = numbers[choices.number(len(numbers))]
                text = text[:start] + choices.pick(NUMBERS) + text[stop:]
        elif kind == 5:
            words = [m.span() for m in re.finditer(r"[\w.\-]+", text)]
            if words:
                start, stop = words[choices.number(len(words))]
                text = text[:start] + _piece(choices, text) + text[stop:]
    return text


def _work(folder: Path) -> None:
    """Read a park and, where it can be read, project every scenario."""
    import numpy as np

    from parkanalysis.model.projection import project
    from parkanalysis.park.park import read_park

    park = read_park(folder)
    for name in park.scenarios:
        draws = project(park, name, draws=16).draws
        assert np.isfinite(draws).all(), f"no number in {name}"


def quantity(data: bytes) -> None:
    from parkanalysis import quantities

    choices = Choices(data)
    text = mutate(choices, choices.pick(["5 亿元以上", "近 20 亿", "2×600 兆瓦", "2300 元/吨", "200 余亿元"]))
    list(quantities.extract(text))
    quantities.parse(text)


def yaml(data: bytes) -> None:
    from parkanalysis.park.read import parse_model, parse_yaml
    from parkanalysis.park.schema import ParkFile, ScenarioFile

    choices = Choices(data)
    name, model = [("park.yml", ParkFile), ("scenarios/combined.yml", ScenarioFile)][choices.number(2)]
    text = mutate(choices, (_parks()[0] / name).read_text(encoding="utf-8"))
    parse_model(name, parse_yaml(name, text), model)


def _parks() -> list[Path]:
    tests = ROOT / "tests" / "parks"
    return [ROOT / "parkanalysis" / "park" / "template_park", tests / "harbour", tests / "tiny"]


def park(data: bytes) -> None:
    choices = Choices(data)
    source = _parks()[choices.number(3)]
    with _scratch() as folder:
        zone = folder / "zone"
        shutil.copytree(source, zone)
        files = sorted(p for p in zone.rglob("*") if p.suffix in (".csv", ".yml"))
        for _ in range(1 + choices.number(2)):
            file = files[choices.number(len(files))]
            text = mutate(choices, file.read_text(encoding="utf-8", errors="surrogateescape"))
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
        _work(zone)


def workbook(data: bytes) -> None:
    from parkanalysis.park.workbook import write_workbook

    choices = Choices(data)
    with _scratch() as folder:
        book = folder / "zone.xlsx"
        write_workbook(_parks()[choices.number(3)], book)
        if choices.number(2):
            content = bytearray(book.read_bytes())
            for _ in range(1 + choices.number(8)):
                content[choices.number(len(content))] = choices.number(256)
            book.write_bytes(content[: len(content) - choices.number(3) * choices.number(2000)])
        else:
            _change_cells(choices, book)
        _work(book)


def _change_cells(choices: Choices, book: Path) -> None:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import IllegalCharacterError

    opened = load_workbook(book)
    for _ in range(1 + choices.number(4)):
        sheet = opened.worksheets[choices.number(len(opened.worksheets))]
        cell = sheet.cell(1 + choices.number(sheet.max_row + 2), 1 + choices.number(sheet.max_column + 1))
        with contextlib.suppress(ValueError, IllegalCharacterError):  # characters that no workbook can hold
            text = _piece(choices, str(cell.value)).encode("utf-8", "replace").decode()
            cell.value = [None, choices.number(99999), 0.5, True, text][choices.number(5)]
    opened.save(book)


def command(data: bytes) -> None:
    from parkanalysis import cli

    choices = Choices(data)
    with _scratch() as folder:
        words = [
            *(
                "check",
                "new",
                "report",
                "read",
                "--park",
                "--set",
                "--grid",
                "--name",
                "--from",
                "--lang",
                "zh",
            ),
            *("--draws", "--seed", "--format", "json", "combined", "--out", "--to", "xlsx", "-p", "--help"),
            *(
                "billet_price_2025=3300",
                "vat_rate=2",
                "rationing_cap=0.1:0.9:0.1",
                "rationing_cap=1:0:0",
                "en",
            ),
            *(str(folder / "x"), str(folder / "a.xlsx"), str(_parks()[0]), str(_parks()[2]), "qingzhen", "0"),
        ]
        arguments = [choices.pick(["check", "new", "report", "read"])]
        for _ in range(choices.number(6)):
            word = choices.pick(words)
            arguments.append(mutate(choices, word) if choices.number(3) == 0 else word)
        if arguments[0] == "new" and len(arguments) > 1:
            arguments[1] = str(folder / f"x{arguments[1].replace('/', '_')[:60]}")
        arguments = [a.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for a in arguments]
        with _quiet(), _planning_only(), contextlib.chdir(folder):
            status = None
            try:
                cli.main(arguments)
            except SystemExit as stopped:
                status = stopped.code
            assert status in (0, 1, 2, None), f"exit status {status} of {arguments}"
        left = [p for p in folder.rglob("*") if p.name.startswith((".new-", ".part"))]
        assert not left, f"left behind by {arguments}: {left}"
        for made in folder.iterdir():
            if made.is_dir() and made.name != "outputs":
                assert (made / "park.yml").is_file(), f"half a park in {made.name} by {arguments}"


@contextlib.contextmanager
def _planning_only() -> Iterator[None]:
    """Check everything that a report is asked for, without making it."""
    import pandas as pd

    from parkanalysis.rendering import batch
    from parkanalysis.rendering.plan import plan

    def planned(order, parks, out, **rest):  # type: ignore[no-untyped-def]
        plan({park.id: park for park in parks}, order)
        return pd.DataFrame({"status": ["rendered"]})

    before = batch.render
    batch.render = planned
    try:
        yield
    finally:
        batch.render = before


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    sink = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        yield


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "quantity": quantity,
    "yaml": yaml,
    "park": park,
    "workbook": workbook,
    "command": command,
}


class Count:
    """What became of the cases."""

    def __init__(self, target: Callable[[bytes], None], cases: int) -> None:
        self.target, self.cases = target, cases
        self.results = self.refused = 0
        self.slowest = 0.0
        self.since = time.monotonic()

    def __call__(self, data: bytes) -> None:
        from parkanalysis.errors import InputError

        start = time.monotonic()
        signal.alarm(LIMIT)
        try:
            self.target(bytes(data))
            self.results += 1
        except InputError as error:
            if not error.problems:
                raise AssertionError("an error that names no problem") from None
            str(error).encode("utf-8", "surrogateescape")
            self.refused += 1
        finally:
            signal.alarm(0)
        self.slowest = max(self.slowest, time.monotonic() - start)
        if self.results + self.refused >= self.cases:
            self.report()
            os._exit(0)

    def report(self) -> None:
        total = self.results + self.refused
        took = time.monotonic() - self.since
        print(
            f"{self.target.__name__}: {total:,} cases, {self.results:,} results, {self.refused:,} refused, "
            f"none failed; slowest {self.slowest:.2f} s; {took:.0f} s in all",
            flush=True,
        )


def _hang(signum: int, frame: object) -> None:
    raise TimeoutError(f"a case that takes more than {LIMIT} s")


def _warm_up() -> None:
    """Import and compute once what the cases need, which is no part of their time."""
    for folder in _parks():
        _work(folder)


def _led_by_coverage(count: Count) -> None:
    with atheris.instrument_imports(include=["parkanalysis"]):
        _warm_up()
    atheris.Setup([sys.argv[0], "-max_len=400", "-len_control=0", f"-timeout={4 * LIMIT}"], count)
    atheris.Fuzz()


def _at_random(count: Count) -> None:
    _warm_up()
    rng = random.Random(2016)
    while True:
        data = rng.randbytes(rng.randint(0, 400))
        try:
            count(data)
        except Exception:
            print(f"failed on bytes.fromhex({data.hex()!r})", flush=True)
            raise


def main() -> None:
    """Run the cases of one target."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name == "targets":
        print(*TARGETS)
        return
    if name not in TARGETS:
        sys.exit(__doc__)
    signal.signal(signal.SIGALRM, _hang)
    warnings.simplefilter("ignore")
    count = Count(TARGETS[name], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
    if atheris is not None:
        _led_by_coverage(count)
    else:
        _at_random(count)


if __name__ == "__main__":
    main()
