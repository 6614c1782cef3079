"""Printed numbers against values worked by hand."""

from __future__ import annotations

import pytest

from parkanalysis.quantities.numbers import UnreadableError, adjacent, number, step_exponent


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1,234.5", ("1234.5", 0, -1)),
        ("1万2千", ("12000", 0, 3)),
        ("2.5 亿", ("2.5", 8, 7)),
        ("一百二", ("120", 0, 1)),
        ("3万4567", ("34567", 0, 0)),
        ("1万8", ("18000", 0, 3)),
        ("一点五三", ("1.53", 0, -2)),
    ],
)
def test_mantissa_power_and_last_printed_place(text, read):
    assert number(text) == read


@pytest.mark.parametrize("text", ["一百1", "3万5亿", "3万一", "十十", "", "3亿万", "元"])
def test_what_is_no_number(text):
    with pytest.raises(UnreadableError):
        number(text)


def test_the_grain_of_a_number_is_its_last_digit_that_is_not_zero():
    assert [step_exponent(text) for text in ("200", "130", "1.25")] == [2, 1, -2]


def test_neighbouring_digits_are_a_range():
    assert adjacent("三四十") == ("三十", "四十")
    assert adjacent("十七八") == ("十七", "十八")
    assert adjacent("三十四") is None
