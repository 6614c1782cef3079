"""How fast and how well figures are found, beside JioNLP.

    python benchmarks/extract.py                          this package alone
    python benchmarks/extract.py --peer PEER/bin/python   and JioNLP, from an interpreter that has it

The texts: the work report, dense prose, bare figures, figures in brackets, one character repeated. Times are
CPU time on one core, the best of three; JioNLP gets the beginning of each text in the same run. It reads
money only, so recall on the report is also given on the money figures of the ledger; a figure counts as found
where the spans overlap.
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
text = sys.stdin.read()
jionlp.ner.extract_money("1亿元")
start = time.process_time()
found = jionlp.ner.extract_money(text, with_parsing=False)
print("RESULT" + json.dumps([time.process_time() - start, [m["offset"] for m in found]]))
"""
PEER_BYTES, PATIENCE = 50_000, 10  # of each text, and seconds of waiting for it


def texts() -> dict[str, str]:
    """Texts by name, some of which are slow under a careless pattern."""
    chance = random.Random(2016)
    prose = "".join(
        f"{chance.choice(['工业增加值', '固定资产投资', '财政收入'])}{chance.uniform(1, 900):.2f}亿元，"
        f"同比{chance.choice(['增长', '下降'])}{chance.uniform(0, 30):.1f}%；"
        for _ in range(20_000)
    )
    named = {
        "work report": REPORT.read_text("utf-8") * 10,
        "dense prose": prose,
        "bare figures 1,1,1": "1," * 500_000,
        "bare figures 3.2 4.15": "".join(f"{chance.uniform(0, 99):.2f} " for _ in range(150_000)),
        "(5%) repeated": "(5%)" * 250_000,
        "（5.3%） of any size": "".join(f"（{chance.uniform(0, 30):.1f}%）" for _ in range(60_000)),
    }
    return named | {f"100 kB of {c!r}": c * (100_000 // len(c.encode())) for c in "1一.，约 亿%（年"}


def seconds_of(text: str, repeats: int = 3) -> float:
    """Least CPU seconds that :func:`extract` needs for a text."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        extract(text)
        times.append(time.process_time() - start)
    return min(times)


def peer(interpreter: str, text: str) -> tuple[float, list[list[int]]]:
    """Seconds and spans of JioNLP's ``extract_money`` in another interpreter; no end is infinite."""
    try:
        done = subprocess.run(
            [interpreter, "-c", PEER],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return float("inf"), []
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


def recall(name: str, spans: list[list[int]], gold: list[tuple[int, int, str]]) -> str:
    """Share of the ledger's figures found, of all and of money."""
    found = [any(a < end and start < b for a, b in spans) for start, end, _ in gold]
    money = [hit for hit, (_, _, unit) in zip(found, gold, strict=True) if unit == "CNY"]
    return f"{name:<24} figures {sum(found)}/{len(found)}   money {sum(money)}/{len(money)}"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", help="interpreter that has jionlp installed")
    options = parser.parse_args()
    report = REPORT.read_text("utf-8")
    extract(report)  # compiles, and reads the first Chinese numeral
    print(f"{'':<24}     MB/s        s" + ("   JioNLP MB/s    ratio" if options.peer else ""))
    for name, text in texts().items():
        size, seconds = len(text.encode()) / 1e6, seconds_of(text)
        print(f"{name:<24}{size / seconds:>9.2f}{seconds:>9.3f}", end="", flush=True)
        if options.peer:
            cut = text.encode()[:PEER_BYTES].decode(errors="ignore")
            other = len(cut.encode()) / 1e6 / max(peer(options.peer, cut)[0], 1e-6)
            ratio = f"{size / seconds / other:.1f}" if other else f"no end in {PATIENCE} s"
            print(f"{other:>14.3f}{ratio:>9}", end="")
        print()
    gold = ledger_spans(report)
    print(recall("parkanalysis.extract", [[m.start, m.end] for m in extract(report)], gold))
    if options.peer:
        print(recall("jionlp extract_money", peer(options.peer, report)[1], gold))


if __name__ == "__main__":
    main()
