"""One vocabulary of units for running text, heads of tables and levers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from parkanalysis.quantities import SYMBOLS, Unit, unit_of_head
from parkanalysis.quantities.units import UNITS, unit_of


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("万元", Unit("CNY", 4)),
        ("亿千瓦时", Unit("kWh", 8)),
        ("元/吨", Unit("CNY/t")),
        ("万元/亩", Unit("CNY/mu", 4)),
        ("%", Unit("fraction", -2)),
        ("上年=100", Unit("index")),
        ("千瓦", Unit("MW", -3)),
        ("斤", Unit("t", -3, 0.5)),
        ("百万元", Unit("CNY", 6)),
        ("万亿元", Unit("CNY", 12)),
        ("万吨标准煤", Unit("tce", 4)),
        ("亿千瓦小时", Unit("kWh", 8)),
        ("万千瓦", Unit("MW", 1)),
        ("吨/日", Unit("t/day")),
        ("万人", Unit("count", 4)),
        ("个百分点", Unit("percentage_point")),
        ("以上年为100", Unit("index")),
        ("％", Unit("fraction", -2)),
        ("万", None),
        ("清镇", None),
        ("厂区", None),
        ("轻工业", None),
    ],
)
def test_units_of_a_head(text, unit):
    assert unit_of_head(text) == unit


def test_a_head_knows_every_unit_of_running_text():
    assert [word for word in UNITS if " " not in word and unit_of_head(word) is None] == []


def test_behind_a_number_a_multiplier_is_part_of_the_number():
    assert unit_of("万元") is None
    assert unit_of("元/吨") == Unit("CNY/t")
    assert unit_of("吨标准煤/万元") == Unit("tce/CNY", -4)


def test_amounts_are_exact():
    assert Unit("CNY", 8).amount(Decimal("37.01")) == Decimal("3701000000")
    assert Unit("t", -3, 0.5).amount(Decimal(3)) == Decimal("0.0015")


def test_what_adds_up():
    additive = [Unit(code).additive for code in ("t", "CNY", "CNY/t", "fraction", "percentage_point")]
    assert additive == [True, True, False, False, False]


def test_every_symbol_is_a_unit_of_its_code():
    assert all(UNITS[word].code == code for code, word in SYMBOLS.items())
