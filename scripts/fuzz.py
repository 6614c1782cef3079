"""Feed broken input to every door: each case must end in a result or an InputError, in a few seconds.

    python scripts/fuzz.py [--cases 20000] [--seed 2016] [TARGET ...]

The cases are shared out among the targets by their cost; the same seed gives the same cases. A case that
fails is printed with its bytes, and the run goes on; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

LIMIT = 5  # seconds of computing that a case may take
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
QUANTITIES = [
    "5 亿元以上",
    "近 20 亿",
    "2×600 兆瓦",
    "2300 元/吨",
    "200 余亿元",
    "由 2300 元/吨下降到 1580 元/吨",
]
QUANTITIES += [
    "同比增长 12.5%",
    "一千二百万吨",
    "12.5 亿千瓦时左右",
    "2015 年，工业增加值 37.01 亿元，同比下降 3.2%",
]
DOCUMENTS = [
    "一、概况\n（一）基本情况。2015 年，完成工业总产值 24.08 亿元，同比增长 5%，税收 8898.08 万元。\n",
    "# 二、计划\n2016 年预计增加值 40 亿元左右，减少 5 亿元以上；签约电量 12 亿千瓦时。\n",
    "<html><h1>一、概况</h1><p>产值 <b>26.4</b> 亿元。</p><table><tr><td>电力</td><td>20.9</td></tr></table>",
]
TABLES = [
    "行业,产值（亿元）\n铝,85.2\n电力,20.9\n合计,106.1\n",
    "指标,单位,2014年,2015年,比上年增长（%）\n工业增加值,亿元,34.2,37.01,8.2\n#铝,万吨,110,120,9.1\n",
    "单位：万元\n项目,1-2月,1-3月\n总计,100,150\n其中：甲,60,90\n乙,40,60\n",
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

    def pick(self, items):  # type: ignore[no-untyped-def]
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

    from parkanalysis import project, read_park

    park = read_park(folder)
    for name in park.scenarios:
        draws = project(park, name, draws=16).draws
        assert np.isfinite(draws).all(), f"no number in {name}"


def quantity(data: bytes) -> None:
    """Printed quantities, and the figures of a running text."""
    from parkanalysis import extract, parse

    choices = Choices(data)
    text = mutate(choices, choices.pick(QUANTITIES))
    list(extract(text))
    parse(text)


def points(data: bytes) -> None:
    """Points of a distribution: what the check lets through can be drawn from."""
    import numpy as np

    from parkanalysis.park.levers import DISTRIBUTIONS, ppf

    choices = Choices(data)
    shape = choices.pick([name for name in DISTRIBUTIONS if name != "point"])
    first = (choices.number(65536) - 32768) * 10.0 ** (choices.number(20) - 10)
    width = choices.number(65536) * 10.0 ** (choices.number(20) - 10)
    central = first + width * choices.pick([0.0, 1e-12, 1e-6, choices.number(65536) / 65535, 1.0])
    low, high = first, max(first + width, central)
    if shape != "lognormal" or low > 0:
        values = ppf(shape, low, central, high)(np.array([0.001, 0.1, 0.5, 0.9, 0.999]))
        assert np.isfinite(values).all()
        slack = 1e-9 * max(abs(low), abs(high))
        assert (np.diff(values) >= -slack).all()
        if shape != "point" and low < high:
            assert np.allclose(values[[1, 3]], [low, high], rtol=1e-6, atol=1e-6 * (high - low) + slack)


def yaml(data: bytes) -> None:
    """Park and scenario files against their schema."""
    import parkanalysis.model.shocks  # noqa: F401 - the kinds of shocks
    from parkanalysis.park.park import parse_model
    from parkanalysis.park.read import parse_yaml
    from parkanalysis.park.schema import ParkFile, ScenarioFile

    choices = Choices(data)
    name, model = [("park.yml", ParkFile), ("scenarios/combined.yml", ScenarioFile)][choices.number(2)]
    text = mutate(choices, (_parks()[0] / name).read_text(encoding="utf-8"))
    parse_model(name, parse_yaml(name, text), model)


def expression(data: bytes) -> None:
    """Expressions of the audit."""
    from parkanalysis.errors import InputError, Problem
    from parkanalysis.model.audit import ExpressionError, Interval, evaluate

    choices = Choices(data)
    text = mutate(choices, choices.pick(["(a - 1) / (b + 2)", "a * series[2015] - -b", "1e3 / (1 + vat)"]))
    try:
        evaluate(text, lambda name: Interval(2.0, 1.0, 3.0))
    except ExpressionError as error:
        raise InputError(Problem("park.yml", str(error), "an expression")) from None


def setting(data: bytes) -> None:
    """Levers set from outside, by any name and to anything."""
    from parkanalysis import project, read_scenario

    choices = Choices(data)
    park = _read(choices.number(3))
    lever = park.levers[choices.pick(list(park.levers))]
    low = lever.minimum + (lever.maximum - lever.minimum) * choices.number(65536) / 65535
    high = low + (lever.maximum - low) * choices.number(256) / 255
    value = choices.pick(
        [
            *(low, high, {"low": low, "central": choices.pick([low, (low + high) / 2, high]), "high": high}),
            {"quantile": choices.number(9) / 8},
            {
                "low": low,
                "central": high,
                "high": high,
                "distribution": choices.pick(["pert", "uniform", "x"]),
            },
            choices.pick([choices.text(), None, True, float("nan"), [1], 10**400, {choices.text(): 1}]),
            {"figure": choices.pick([*park.quantities, "x"])},
        ]
    )
    odd = choices.number(8) == 0
    scenario = choices.pick(NASTY if odd else list(park.scenarios))
    name = choices.pick(NASTY) if choices.number(8) == 0 else lever.name
    draws = project(park, read_scenario(park, scenario, **{name: value}), draws=4).draws
    assert all(x == x and abs(x) < 1e12 for x in draws), f"{draws} with {name} {value}"


def parameters(data: bytes) -> None:
    """Parameters of a notebook."""
    from parkanalysis.model.case import read_parameters

    choices = Choices(data)
    given: dict[str, object] = {"park": str(_parks()[2]), "draws": 4}
    good = {"scenario": "closure", "lang": "en", "seed": 1, "mill": 3.2, "growth": 0.05, "old_mill": 0.4}
    for _ in range(1 + choices.number(3)):
        name = choices.pick([*good, *good, "park", choices.text()])
        odd = choices.pick([*NASTY, choices.text(), choices.number(99), -1, 0.5, None, {}, [], "en"])
        given[name] = odd if choices.number(3) == 0 else good.get(name, odd)
    _ = read_parameters(given).projection


def series(data: bytes) -> None:
    """Growth of a short series."""
    import pandas as pd

    from parkanalysis import growth

    choices = Choices(data)
    count = choices.number(12)
    values = [(choices.number(65536) - 2000) * 10.0 ** (choices.number(12) - 6) for _ in range(count)]
    values = [choices.pick([v, v, v, float("nan"), float("inf"), 0.0, -v]) for v in values]
    years = [2000 + (i if choices.number(9) else choices.number(30)) for i in range(count)]
    growth(pd.Series(values, index=pd.Index(years, dtype="int64"), dtype=float))


def document(data: bytes) -> None:
    """Work reports as text, Markdown or HTML."""
    from parkanalysis.cleaning import draft_ledger, read_document

    choices = Choices(data)
    with _scratch() as folder:
        file = folder / f"report{choices.pick(['.txt', '.md', '.html'])}"
        text = mutate(choices, mutate(choices, choices.pick(DOCUMENTS)))
        codec = choices.pick(["utf-8", "utf-8", "gb18030", "utf-16"])
        content = text.encode(codec, "replace" if codec == "utf-16" else "surrogateescape")
        file.write_bytes(content[: len(content) - choices.number(2) * choices.number(20)])
        draft_ledger(read_document(file), "report")


def table(data: bytes) -> None:
    """Statistical tables as CSV, HTML or workbook."""
    from openpyxl import Workbook

    from parkanalysis.cleaning import read_table

    choices = Choices(data)
    text = mutate(choices, mutate(choices, choices.pick(TABLES)))
    with _scratch() as folder:
        kind = choices.number(3)
        file = folder / ("table.csv", "table.html", "table.xlsx")[kind]
        if kind == 2:
            book = Workbook()
            for line in text.splitlines():
                cells = ["".join(c for c in cell if c.isprintable()) for cell in line.split(",")]
                book.active.append([cell.encode("utf-8", "replace").decode() for cell in cells])
            book.save(file)
        else:
            rows = (f"<tr>{''.join(f'<td>{c}</td>' for c in r.split(','))}</tr>" for r in text.splitlines())
            html = f"<table>{''.join(rows)}</table>"
            file.write_bytes((text if kind == 0 else html).encode("utf-8", "surrogateescape"))
        read_table(file, totals=choices.pick(["refuse", "report"]))


def _parks() -> list[Path]:
    tests = ROOT / "tests" / "parks"
    return [ROOT / "parkanalysis" / "park" / "template_park", tests / "harbour", tests / "tiny"]


def _change_park(choices: Choices, zone: Path) -> None:
    shutil.copytree(_parks()[choices.number(3)], zone)
    files = sorted(p for p in zone.rglob("*") if p.suffix in (".csv", ".yml"))
    for _ in range(1 + choices.number(2)):
        file = files[choices.number(len(files))]
        text = mutate(choices, file.read_text(encoding="utf-8", errors="surrogateescape"))
        file.write_bytes(text.encode("utf-8", "surrogateescape"))


_known: dict[int, object] = {}


def _read(number: int):  # type: ignore[no-untyped-def]
    from parkanalysis import read_park

    if number not in _known:
        _known[number] = read_park(_parks()[number])
    return _known[number]


def park(data: bytes) -> None:
    """A park's folder with a file changed, read and projected."""
    choices = Choices(data)
    with _scratch() as folder:
        _change_park(choices, folder / "zone")
        _work(folder / "zone")


def check(data: bytes) -> None:
    """The same through the check, whose every line must be printable."""
    from parkanalysis.errors import InputError
    from parkanalysis.model.check import check

    choices = Choices(data)
    with _scratch() as folder:
        _change_park(choices, folder / "zone")
        found = check(folder / "zone")
        for problem in found:
            assert str(problem).encode("utf-8", "surrogateescape")
        if any(p.severity == "error" for p in found):
            raise InputError(found)


def workbook(data: bytes) -> None:
    """A park's workbook with bytes or cells changed."""
    from parkanalysis.park.new import write_workbook

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
    """Command lines: a status, no traceback, nothing half made."""
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
        plan({park.id: park for park in parks}, order, Path("outputs"))
        return pd.DataFrame({"status": ["ok"], "fresh": [True]})

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


# target and its share of the cases, by cost
TARGETS: dict[str, tuple[Callable[[bytes], None], int]] = {
    "quantity": (quantity, 30),
    "points": (points, 20),
    "yaml": (yaml, 15),
    "expression": (expression, 10),
    "setting": (setting, 8),
    "parameters": (parameters, 3),
    "series": (series, 2),
    "document": (document, 4),
    "table": (table, 3),
    "park": (park, 3),
    "check": (check, 1),
    "workbook": (workbook, 1),
    "command": (command, 1),
}


def _hang(signum: int, frame: object) -> None:
    raise TimeoutError(f"a case that computes for more than {LIMIT} s")


def try_case(target: Callable[[bytes], None], data: bytes) -> bool:
    """Whether a case gives a result; False where it is refused as bad input."""
    from parkanalysis.errors import InputError

    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        target(data)
    except InputError as error:
        if not error.problems:
            raise AssertionError("an error that names no problem") from None
        str(error).encode("utf-8", "surrogateescape")
        return False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return True


def run(name: str, cases: int, seed: int) -> int:
    """Run a target's cases and print what became of them; the number that failed."""
    target, rng = TARGETS[name][0], random.Random(f"{seed} {name}")
    results = failed = 0
    slowest, since = 0.0, time.monotonic()
    for _ in range(cases):
        data = rng.randbytes(rng.randint(0, 400))
        start = time.process_time()
        try:
            results += try_case(target, data)
        except Exception:  # noqa: BLE001 - what else may come is what is looked for
            failed += 1
            traceback.print_exc(limit=-6)
            print(f"{name} failed on bytes.fromhex({data.hex()!r})", flush=True)
        slowest = max(slowest, time.process_time() - start)
    took = time.monotonic() - since
    print(
        f"{name:<11}{cases:>8,} tried {results:>8,} results {cases - results - failed:>8,} refused "
        f"{failed:>4} failed   slowest {slowest:.2f} s, {took:.0f} s in all",
        flush=True,
    )
    return failed


def main() -> None:
    """Share the cases out and run them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all without")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2016)
    given = parser.parse_args()
    signal.signal(signal.SIGPROF, _hang)
    warnings.simplefilter("ignore")
    for number in range(3):  # imports and forecasts are no part of a case's time
        _work(_parks()[number])
    chosen = given.targets or list(TARGETS)
    whole = sum(TARGETS[name][1] for name in chosen)
    failed = sum(run(name, given.cases * TARGETS[name][1] // whole, given.seed) for name in chosen)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
