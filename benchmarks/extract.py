"""How fast and how well figures are found in a work report, beside JioNLP.

    python benchmarks/extract.py                          this package alone
    python benchmarks/extract.py --peer PEER/bin/python   and JioNLP, from an interpreter that has it

Times are CPU time, the best of five on one core. JioNLP reads money only, so recall is also given on the
money figures of the ledger; a figure counts as found where the spans overlap.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import time
from pathlib import Path

from parkanalysis.quantities import extract, parse

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "data/qingzhen/source/work_report_2015.txt"
LEDGER = ROOT / "data/qingzhen/figures.csv"
PEER = """
import json, sys, time
import jionlp
data = json.load(sys.stdin)
start = time.process_time()
found = jionlp.ner.extract_money(data["text"], with_parsing=False)
seconds = time.process_time() - start
print("RESULT" + json.dumps([seconds, [m["offset"] for m in found]]))
"""


def best_of(repeats: int, text: str) -> float:
    """Least CPU seconds that :func:`extract` needs for a text."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        extract(text)
        times.append(time.process_time() - start)
    return min(times)


def peer(interpreter: str, text: str) -> tuple[float, list[list[int]]]:
    """Seconds and spans of JioNLP's ``extract_money`` in another interpreter."""
    done = subprocess.run(
        [interpreter, "-c", PEER],
        input=json.dumps({"text": text}),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, spans = json.loads(done.stdout.split("RESULT")[1])
    return seconds, spans


def ledger_spans(text: str) -> list[tuple[int, int, str]]:
    """Span and unit of every figure of the ledger; the rows are in the order of the report."""
    spans, position = [], 0
    for row in csv.DictReader(LEDGER.read_text("utf-8").splitlines()):
        start = text.index(row["quantity"], position)
        position = start + len(row["quantity"])
        spans.append((start, position, parse(row["quantity"]).unit))
    return spans


def report(
    name: str, seconds: float, size: int, spans: list[list[int]], gold: list[tuple[int, int, str]]
) -> None:
    """Print one line: speed and the share of figures found."""
    found = [any(a < end and start < b for a, b in spans) for start, end, _ in gold]
    money = [hit for hit, (_, _, unit) in zip(found, gold, strict=True) if unit == "CNY"]
    print(
        f"{name:<24}{size / 1e6 / seconds:>8.3f} MB/s   figures {sum(found)}/{len(found)}"
        f"   money {sum(money)}/{len(money)}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", help="interpreter that has jionlp installed")
    parser.add_argument("--megabytes", type=float, default=1.0, help="size of the repeated report")
    options = parser.parse_args()
    text = REPORT.read_text("utf-8")
    gold = ledger_spans(text)
    size = len(text.encode())
    large = text * max(1, round(options.megabytes * 1e6 / size))
    extract(text)  # compiles, and reads the first Chinese numeral
    spans = [[m.start, m.end] for m in extract(text)]
    report("parkanalysis.extract", best_of(5, large), len(large.encode()), spans, gold)
    if options.peer:
        seconds, spans = peer(options.peer, text)
        report("jionlp extract_money", seconds, size, spans, gold)
    for name, hard in hard_texts().items():
        seconds = best_of(1, hard)
        print(f"{name:<24}{len(hard.encode()) / 1e6 / seconds:>8.3f} MB/s   {seconds:.3f} s")


def hard_texts() -> dict[str, str]:
    """Texts on which a careless pattern is slow: one character repeated, bare numbers, dense figures."""
    chance = random.Random(2016)
    prose = "".join(
        f"{chance.choice(['工业增加值', '固定资产投资', '财政收入'])}{chance.uniform(1, 900):.2f}亿元，"
        f"同比{chance.choice(['增长', '下降'])}{chance.uniform(0, 30):.1f}%；"
        for _ in range(36_000)
    )
    repeated = {f"100 kB of {c!r}": c * (100_000 // len(c.encode())) for c in "1一.，约 亿"}
    return {**repeated, "4 MB of '1,'": "1," * 2_000_000, "2 MB of dense figures": prose}


if __name__ == "__main__":
    main()
