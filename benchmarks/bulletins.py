"""How well figures of public bulletins are read: value, bounds, unit, subject, period and direction.

    python benchmarks/bulletins.py                the labels of the tests
    python benchmarks/bulletins.py labels.csv     labels of one's own, in the same columns

Prints the share read wholly right, the precision, and each failure with its reason. A label's subject is a
part of the phrase that must be found (a/b: either), ``*`` anything; a period that begins with ~ is a part.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from itertools import groupby
from math import isclose
from pathlib import Path

from parkanalysis.quantities import Mention, extract, normalize

LABELS = Path(__file__).parents[1] / "tests/quantities/bulletin_labels.csv"


@dataclass(frozen=True)
class Score:
    """Figures labelled, found and read wholly right; mentions that are no labelled figure; each failure."""

    labelled: int
    found: int
    right: int
    extra: int
    failures: tuple[tuple[str, str, str], ...]

    @property
    def precision(self) -> float:
        """Share of the mentions that are labelled figures."""
        return self.found / max(self.found + self.extra, 1)


def faults(label: dict[str, str], mention: Mention) -> list[str]:
    """What a mention says otherwise than its label."""
    quantity = mention.quantity
    wrong = [
        f"{name} {getattr(quantity, name):g}, not {label[name]}"
        for name in ("value", "low", "high")
        if not isclose(getattr(quantity, name), float(label[name]), rel_tol=1e-9)
    ]
    if quantity.unit != label["unit"]:
        wrong.append(f"unit {quantity.unit}, not {label['unit']}")
    parts = [normalize(part) for part in label["subject"].split("/")]
    if label["subject"] != "*" and not any(part in normalize(mention.subject) for part in parts):
        wrong.append(f"subject {mention.subject!r}, not {label['subject']}")
    period, wanted = mention.period.replace(" ", ""), label["period"]
    if wanted != "*" and not (wanted[1:] in period if wanted[:1] == "~" else period in wanted.split("/")):
        wrong.append(f"period {period!r}, not {wanted!r}")
    if label["direction"] != "*" and (quantity.direction or "") not in label["direction"].split("/"):
        wrong.append(f"direction {quantity.direction}, not {label['direction']!r}")
    return wrong


def score(path: Path = LABELS) -> Score:
    """Read every phrase of a file of labels and compare."""
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)))
    found = right = extra = 0
    failures: list[tuple[str, str, str]] = []
    for text, group in groupby(rows, key=lambda row: row["text"]):
        mentions, used, position = extract(text), set(), 0
        for label in group:
            start = text.index(label["figure"], position)
            position = start + len(label["figure"])
            hits = [i for i, m in enumerate(mentions) if m.start < position and start < m.end]
            if not hits:
                failures.append((label["figure"], "not found", text))
                continue
            found += 1
            used.add(hits[0])
            wrong = faults(label, mentions[hits[0]])
            right += not wrong
            failures += [(label["figure"], reason, text) for reason in wrong]
        others = [m.text for i, m in enumerate(mentions) if i not in used]
        extra += len(others)
        failures += [(other, "no figure of the labels", text) for other in others]
    return Score(len(rows), found, right, extra, tuple(failures))


def main() -> None:
    """Print the score and the failures."""
    result = score(Path(sys.argv[1]) if len(sys.argv) > 1 else LABELS)
    print(
        f"{result.labelled} figures: {result.right / result.labelled:.1%} wholly right, "
        f"{result.found / result.labelled:.1%} found, precision {result.precision:.1%}"
    )
    for figure, reason, text in result.failures:
        print(f"{figure}: {reason}\n    {text}")


if __name__ == "__main__":
    main()
