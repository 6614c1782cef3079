"""Printed quantities: a corpus read by hand, the ledger, the reading rules, the errors."""

from __future__ import annotations

import csv
import pickle
from math import inf, isclose
from pathlib import Path

import pytest

from parkanalysis.errors import InputError
from parkanalysis.quantities import RULES, Quantity, QuantityError, bounds, parse

HERE = Path(__file__).parent
CORPUS = list(csv.DictReader((HERE / "corpus_quantities.csv").read_text("utf-8").splitlines()))
LEDGER = list(csv.DictReader((HERE.parents[1] / "data/qingzhen/figures.csv").read_text("utf-8").splitlines()))
READABLE = [row for row in CORPUS if row["value"] != "error"]
UNREADABLE = [row["text"] for row in CORPUS if row["value"] == "error"]


def same(a: float, b: float) -> bool:
    return a == b or isclose(a, b, rel_tol=1e-12)


def test_the_corpus_is_large_and_has_no_twins():
    texts = [row["text"] for row in CORPUS]
    assert len(texts) >= 400
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("row", READABLE, ids=lambda row: row["text"])
def test_reads_as_a_person_reads_it(row):
    quantity = parse(row["text"])
    assert same(quantity.value, float(row["value"]))
    assert same(quantity.low, float(row["low"]))
    assert same(quantity.high, float(row["high"]))
    assert quantity.unit == row["unit"]
    assert (quantity.hedge or "") == row["hedge"]
    assert (quantity.direction or "") == row["direction"]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text or "empty")
def test_what_cannot_be_read_is_an_error_that_shows_the_text(text):
    with pytest.raises(QuantityError) as caught:
        parse(text)
    assert isinstance(caught.value, InputError)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("row", LEDGER, ids=lambda row: row["figure"])
def test_every_figure_of_the_ledger_reads(row):
    quantity = parse(row["quantity"])
    assert quantity.low <= quantity.value <= quantity.high
    assert parse(str(quantity)) == quantity


def test_known_figures_of_the_ledger():
    figures = {row["figure"]: parse(row["quantity"]) for row in LEDGER}
    assert len(figures) == len(LEDGER)
    industries = ("aluminium", "pharma_food", "building_materials", "equipment", "power_heat")
    total = sum(figures[f"output_{name}_2015"].value for name in industries)
    assert isclose(total, 143.737e8)
    assert figures["tangzhai_capacity"].value == 1200
    assert figures["tangzhai_capacity"].unit == "MW"
    assert figures["power_contract_2016"].value == 12e8
    assert figures["stated_loss_2016"].high == inf
    assert figures["alumina_price_before"].value - figures["alumina_price_after"].value == 720


@pytest.mark.parametrize(
    ("text", "place"),
    [("12.3.4 亿元", 5), ("5 苹果", 3), ("37.01 亿元，增长8%", 9), ("100 万元元", 7), ("增长多少", 3)],
)
def test_the_error_names_the_character(text, place):
    with pytest.raises(QuantityError, match=f"character {place}:"):
        parse(text)


def test_errors_survive_pickling():
    with pytest.raises(QuantityError) as caught:
        parse("5 苹果")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert type(again) is QuantityError


@pytest.mark.parametrize("value", [None, 5, 5.0, b"5"])
def test_only_text_is_read(value):
    with pytest.raises(QuantityError):
        parse(value)


def test_a_very_long_text_is_refused():
    with pytest.raises(QuantityError):
        parse("1" * 1000)


@pytest.mark.parametrize(
    ("text", "rule", "low", "high"),
    [
        # 40 左右: half a unit of the last printed digit, 5%, 10%
        ("40 亿元左右", "literal", 35e8, 45e8),
        ("40 亿元左右", "standard", 38e8, 42e8),
        ("40 亿元左右", "wide", 36e8, 44e8),
        ("近 20 亿", "literal", 15e8, 20e8),
        ("近 20 亿", "standard", 18e8, 20e8),
        ("近 20 亿", "wide", 16e8, 20e8),
        ("5 亿元以上", "literal", 5e8, inf),
        ("5 亿元以上", "standard", 5e8, 6e8),
        ("5 亿元以上", "wide", 5e8, 7.5e8),
        ("130 余个", "standard", 130, 140),
        ("130 余个", "wide", 130, 200),
        ("10 万吨以内", "standard", 0, 10e4),
        ("37.01 亿元", "wide", 37.01e8, 37.01e8),
    ],
)
def test_the_reading_rule_moves_the_bounds(text, rule, low, high):
    assert bounds(parse(text), rule) == pytest.approx((low, high))
    assert bounds(parse(text, "wide"), rule) == pytest.approx((low, high))


def test_an_unknown_rule_names_the_nearest():
    with pytest.raises(InputError, match="standard"):
        parse("5 亿元", "standart")
    assert set(RULES) == {"literal", "standard", "wide"}


def test_a_pair_keeps_both_figures():
    quantity = parse("由原来的 2300 元/吨下跌到 1580 元/吨")
    assert (quantity.before, quantity.value, quantity.direction) == (2300, 1580, "下跌")
    # 从 … 到 … with no word of movement is a range
    assert parse("从 8500 到 3 万元").before is None


@pytest.mark.parametrize(
    "text", ["由 5 亿元", "由 5 亿元增至 3 万吨", "从到", "由 2300 元降至 1580 元等", "由约增至 5"]
)
def test_half_a_pair_is_an_error(text):
    with pytest.raises(QuantityError):
        parse(text)


def test_a_quantity_without_its_text_still_has_bounds():
    made = Quantity(4e9, 3.8e9, 4.2e9, "CNY", "左右")
    assert bounds(made, "standard") == (3.8e9, 4.2e9)


def test_a_quantity_prints_as_it_was_printed():
    assert str(parse("４０　亿元左右")) == "４０　亿元左右"
