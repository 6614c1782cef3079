"""Properties of reading and printing quantities that hold for any input."""

from __future__ import annotations

from math import isinf

import pytest
from cn2an import an2cn
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parkanalysis.quantities import RULES, QuantityError, bounds, extract, parse
from parkanalysis.quantities.numbers import number

steady = settings(deadline=None)  # the first numeral imports cn2an
UNITS = ["元", "吨", "千瓦时", "兆瓦", "公里", "亩", "家", "元/吨", "个月", "年", "倍", "个百分点", "平方米"]
HEDGES = ["", "约 ", "近", "超过", "不足", "达", "仅", "至少有", "大于等于", "最多", "接近", ">=", "多达"]
NEGATED = [
    f"{no}{hedge}"
    for no in ("不", "不得", "不能", "不应", "不宜", "未", "没有", "难以", "不会", "尚未")
    for hedge in ("低于", "超过", "高于", "少于", "突破")
]
FRONT = [*HEDGES, *NEGATED, "同比增长", "减少", "下降到", "起码要投入", "(约)"]
BEHIND = ["", "以上", "以下", "以内", "左右", "及以上", "(含)以上", "之内", "上下"]

numbers = st.one_of(
    st.integers(1, 10**7).map(str),
    st.decimals("0.01", "99999", places=2).map(lambda d: format(d, "f")),
)


@st.composite
def printed(draw):
    """A quantity as a report could print it."""
    return "".join(
        [
            draw(st.sampled_from(FRONT)),
            draw(numbers),
            draw(st.sampled_from(["", " ", "多", "余"])),
            draw(st.sampled_from(["", "万", "亿"])),
            draw(st.sampled_from(UNITS)),
            draw(st.sampled_from(BEHIND)),
        ]
    )


@given(printed(), st.sampled_from(list(RULES)))
@steady
def test_bounds_contain_the_value(text, rule):
    quantity = parse(text, rule)
    assert quantity.low <= quantity.value <= quantity.high
    low, high = bounds(quantity, rule)
    assert low <= quantity.value <= high
    if rule != "literal":
        assert not isinf(high)


@given(st.sampled_from(["", "全年工业投资", "园区产值预计", "2015年，用地"]), printed())
@steady
def test_parse_and_extract_agree_on_every_bound(subject, text):
    mentions = extract(subject + text)
    assume(mentions or not ("近" in text or "年" in text))  # 近 3 年, 2016 年 say when
    (mention,) = mentions
    read = mention.quantity
    for quantity in (parse(text), parse(mention.text)):
        assert (quantity.low, quantity.value, quantity.high, quantity.unit) == (
            read.low,
            read.value,
            read.high,
            read.unit,
        )


@given(
    st.integers(1, 400),
    st.integers(401, 900),
    st.sampled_from(["{}万元和{}万元之间", "大于{}万元的同时小于{}万元", "{}万元(含)至{}万元", "{}-{}万元"]),
)
@steady
def test_parse_and_extract_agree_on_both_ends(low, high, form):
    text = form.format(low, high)
    (mention,) = extract("投资在" + text)
    assert (mention.quantity.low, mention.quantity.high) == (low * 1e4, high * 1e4)
    quantity = parse(text)
    assert (quantity.low, quantity.high) == (low * 1e4, high * 1e4)


@given(printed())
@steady
def test_the_literal_rule_is_open_where_the_standard_rule_is_capped(text):
    quantity = parse(text)
    literal, standard = bounds(quantity, "literal"), bounds(quantity, "standard")
    assert literal[1] >= standard[1] or quantity.hedge in ("约", "左右", "上下", "近", "接近", "余", "多")


@given(printed())
@steady
def test_full_width_figures_read_alike(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if c in "0123456789.%/" else c for c in text).replace(" ", "　")
    assert parse(wide) == parse(text)


@given(printed(), st.sampled_from(["", " ", "  "]))
@steady
def test_outer_spaces_do_not_matter(text, space):
    assert parse(f"{space}{text}{space}") == parse(text)


@given(st.integers(0, 10**12))
@steady
def test_chinese_numerals_written_by_another_library(value):
    assert parse(f"{an2cn(value, 'low')}元").value == value
    assert parse(f"{an2cn(value, 'up')}元").value == value


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@steady
def test_thousands_separators(a, b):
    assert parse(f"{a:,}.{b} 元").value == float(f"{a}.{b}")


@given(st.integers(1, 9999), st.integers(1, 9999))
@steady
def test_mixed_numbers_add_up(high, low):
    mantissa, power, _ = number(f"{high}亿{low}万")
    assert float(f"{mantissa}e{power}") == high * 10**8 + low * 10**4


@given(st.integers(1, 500), st.integers(1, 500), st.sampled_from("-—–~～至到"))
@steady
def test_ranges_hold_both_ends(a, b, dash):
    low, high = sorted((a, b))
    quantity = parse(f"{low}{dash}{high} 万元")
    assert (quantity.low, quantity.high) == (low * 1e4, high * 1e4)
    assert quantity.low <= quantity.value <= quantity.high


@given(st.text("0123456789.,，万亿元吨%余多约近以上左右至—-一二十百点分之第年月/×() ", max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        quantity = parse(text)
    except QuantityError:
        return
    assert quantity.low <= quantity.value <= quantity.high


@given(
    st.text("0123456789.,，。万亿元吨%余多约近以上左右至—-一二十百点分之第年月由从增长到/×() \n", max_size=60)
)
@settings(max_examples=300, deadline=None)
def test_extraction_keeps_its_spans(text):
    end = 0
    for mention in extract(text):
        assert mention.text == text[mention.start : mention.end]
        assert mention.start >= end
        assert mention.quantity.low <= mention.quantity.value <= mention.quantity.high
        end = mention.end


@pytest.mark.parametrize("character", list("1一.，、 年亿至余约-/%(百点×“"))
@pytest.mark.parametrize("pattern", ["{c}", "{c}1", "1{c}一", ",111{c}"])
def test_repetition_is_read_in_linear_time(character, pattern):
    """A pattern that backtracks would not come back from this."""
    text = pattern.format(c=character)
    extract(text * (100_000 if len(text) == 1 else 5_000))
