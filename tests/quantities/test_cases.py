"""Phrases of real reports that were once misread, and figures of public bulletins labelled by hand."""

from __future__ import annotations

import csv
import json
import re
import runpy
from math import isclose
from pathlib import Path

import pytest

from parkanalysis.quantities import extract, parse

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "reading_cases.jsonl").read_text("utf-8").splitlines()]
BULLETINS = runpy.run_path(str(HERE.parents[1] / "benchmarks" / "bulletins.py"))


def mention_at(text, part):
    start = text.index(part)
    return [m for m in extract(text) if m.start < start + len(part) and start < m.end]


def agrees(mention, name, expected):
    if name in ("value", "low", "high"):
        return isclose(getattr(mention.quantity, name), float(expected))
    if name in ("unit", "direction"):
        return getattr(mention.quantity, name) == expected
    if name == "unit_is_none_of":
        return mention.quantity.unit not in expected
    if name == "not_subject":
        return expected not in mention.subject
    return expected in mention.subject if name == "subject" else mention.period == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:24])
def test_cases(case):
    mentions = mention_at(case["text"], case["find"])
    if case["expected"] is None:
        assert mentions == []
        return
    (mention,) = mentions
    assert {n: v for n, v in case["expected"].items() if not agrees(mention, n, v)} == {}


BOUNDED = [c for c in CASES if c["expected"] and "low" in c["expected"] and "计划" not in c["text"]]


@pytest.mark.parametrize("case", BOUNDED, ids=lambda case: case["text"][:24])
def test_parse_gives_the_bounds_that_extract_finds(case):
    (mention,) = mention_at(case["text"], case["find"])
    quantity = parse(mention.text)
    assert (quantity.low, quantity.high) == (mention.quantity.low, mention.quantity.high)


def variants():
    """Further phrases of the same kinds: what each part of ``expected`` names, by hand."""
    for row in csv.DictReader((HERE / "reading_variants.csv").read_text("utf-8").splitlines()):
        text, part = (row[name].replace("\\n", "\n") for name in ("text", "find"))
        pairs = [re.fullmatch(r"(\w+)([=~])(.*)", item).groups() for item in row["expected"].split(";")]
        yield pytest.param(text, part, pairs, id=text[:24])


def differs(mention, name, sign, wanted):
    if name == "period":
        period = mention.period.replace(" ", "")
        return wanted not in period if sign == "~" else period not in wanted.split("/")
    if name == "direction":
        return (mention.quantity.direction or "") != wanted
    if name == "not_unit":
        return mention.quantity.unit == wanted
    return not agrees(mention, name, wanted)


@pytest.mark.parametrize(("text", "part", "pairs"), list(variants()))
def test_variants(text, part, pairs):
    mentions = mention_at(text, part)
    if pairs == [("none", "=", "")]:
        assert mentions == []
        return
    (mention,) = mentions
    assert [pair for pair in pairs if differs(mention, *pair)] == []


def test_bulletins():
    score = BULLETINS["score"]()
    assert score.labelled >= 300
    assert score.right / score.labelled >= 0.93
    assert score.precision >= 0.99
