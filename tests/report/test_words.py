"""Words, numbers and the catalogue: the same results said in two languages."""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.ext import babel_extract
from parkfiles import copy_park, edit
from report_pages import page, run

from parkanalysis.model.case import reference_scenario
from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import read_park
from parkanalysis.quantities import RULES, SYMBOLS
from parkanalysis.report import Results, Words, sections, show
from parkanalysis.report.words import amount_scale, catalogue, fixed, probability, significant, spaced

PACKAGE = Path(sections.__file__).parent.parent
CALLS = {"words", "say", "N_"}


def _literals(tree: ast.AST) -> set[str]:
    """First arguments of the calls that translate, where they are literals."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in CALLS and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def _code() -> Iterator[ast.AST]:
    for file in PACKAGE.rglob("*.py"):
        yield ast.parse(file.read_text(encoding="utf-8"))
    for file in (PACKAGE.parent / "notebooks").glob("*.ipynb"):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield ast.parse("".join(cell["source"]))


def _said_in_templates() -> set[str]:
    """Texts that the templates translate."""
    found = set()
    options = {"extensions": "jinja2.ext.do", "trim_blocks": "true"}
    for file in PACKAGE.rglob("templates/**/*.j2"):
        with file.open("rb") as stream:
            said = (text for _, _, text, _ in babel_extract(stream, ["_"], [], options))
            found |= {text if isinstance(text, str) else text[0] for text in said} - {None}
    return found


def _keys() -> set[str]:
    return set().union(*map(_literals, _code()), _said_in_templates())


def _pages() -> str:
    """Templates and scripts, which name the texts that they say."""
    files = (f for f in PACKAGE.rglob("templates/**/*") if f.suffix in (".j2", ".js"))
    return "\n".join(f.read_text(encoding="utf-8") for f in files)


def _texts() -> set[str]:
    nodes = (node for tree in _code() for node in ast.walk(tree))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_text_is_translated():
    missing = sorted(_keys() - set(catalogue("zh")))
    assert not missing, "not in the Chinese catalogue:\n" + "\n".join(missing)


def test_the_catalogue_holds_nothing_that_nobody_says():
    pages = _pages()
    assert not sorted(text for text in set(catalogue("zh")) - _texts() if text not in pages)


def test_both_languages_take_the_same_values():
    for texts in catalogue("zh").items():
        english, chinese = ({f for _, f, _, _ in string.Formatter().parse(t) if f} for t in texts)
        assert english == chinese, texts
        assert re.search(r"[一-鿿；：、（]|^[A-Z]|}", texts[1]), texts


def test_amounts_in_both_languages():
    park = read_park("qingzhen")
    zh, en = Words(park, "zh"), Words(park, "en")
    assert zh.amount(37.01, printed=True) == "37.01 亿元"
    assert en.amount(37.01, printed=True) == "CNY 3.701 billion"
    assert zh.amount(-4.44, sign=True) == "−4.4 亿元"
    assert en.amount_range(27.3, 37.2) == "CNY 2.73 to 3.72 billion"
    assert zh.points(0.0812) == "8.1 个百分点"
    assert en.points(0.0812) == "8.1 percentage points"
    assert en.value(120, "10k_t") == "1.2 million t"
    assert zh.value(120, "10k_t") == "120 万吨"
    assert en.value(12, "100m_kWh") == "1.2 billion kWh"
    assert zh.value_range(1450, 1900, "CNY/t") == "1,450 至 1,900 元/吨"
    assert en.amount(0.6) == "CNY 60 million"
    assert en.read_as(3.8e9, 4.2e9, "CNY") == "CNY 3.8 to 4.2 billion"
    assert en.read_as(5e8, float("inf"), "CNY") == "CNY 500 million or more"
    assert en.value_range(5.0, float("inf"), "CNY_100m") == "CNY 0.500 to ∞ billion"


def test_ten_thousand_yuan_where_the_park_asks_for_it(tmp_path):
    folder = copy_park(tmp_path, "qingzhen")
    edit(folder / "park.yml", "reading_rule: standard", "display_unit: CNY_10k")
    zh, en = (Words(read_park(folder), lang) for lang in ("zh", "en"))
    assert zh.amount(37.01, printed=True) == "370,100 万元"  # as the source has it
    assert en.amount(37.01, printed=True) == "CNY 3,701 million"
    assert zh.amount(37.01) == "370,000 万元"  # no digit that the projection does not know
    assert en.amount(37.01) == "CNY 3,700 million"


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_fixed_reads_back(value, decimals):
    text = fixed(value, decimals)
    assert abs(float(text.replace(",", "").replace("−", "-")) - value) <= 0.5000001 * 10**-decimals + 1e-9
    assert not re.fullmatch("−0(.0+)?", text)


@given(st.floats(1e-4, 1e7))
def test_significant_keeps_three_digits(value):
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=5.1e-3)


@given(st.floats(0, 1))
def test_a_chance_never_claims_certainty(p):
    assert probability(p) not in ("0%", "100%")
    assert (probability(p) == "<1%") == (p < 0.01)
    assert (probability(p) == ">99%") == (p > 0.99)


@given(st.floats(0.01, 1e5))
def test_scales_of_both_languages_show_the_same_digits(size):
    for unit, ratio in (("CNY_100m", 0.1), ("CNY_10k", 0.01)):
        zh, en = amount_scale("zh", unit, size), amount_scale("en", unit, size)
        assert en.factor == pytest.approx(zh.factor * ratio)
        assert en.decimals >= zh.decimals


def _numbers(text: str) -> tuple[list[float], list[str]]:
    """Amounts in 亿元, in the order said, and all percentages."""
    clean = text.replace(",", "").replace("−", "-").replace("不到 ", "<").replace("超过 ", ">")
    pattern = r"(?:CNY )?([+-]?\d+\.?\d*)(?: (?:至|to) ([+-]?\d+\.?\d*))? (亿元|billion|million)"
    amounts = []
    for first, second, unit in re.findall(pattern, clean):
        factor = {"亿元": 1.0, "billion": 10.0, "million": 0.01}[unit]
        amounts += [float(v) * factor for v in (first, second) if v]
    return amounts, re.findall(r"[<>]?-?\d+\.?\d*%", clean)


def _results(scenario: str, lang: str, draws: int = 2048) -> Results:
    projection = project("qingzhen", scenario, draws=draws)
    return Results(projection, reference_scenario(projection.park), lang)


SECTIONS = [
    "answer",
    "notes",
    "target",
    "assumptions",
    "brief",
    "industries",
    "drivers",
    "what_if",
    "break_evens",
]


@pytest.mark.parametrize("scenario", ["combined", "reference", "closures", "recovery"])
def test_the_sections_say_the_same_in_both_languages(scenario):
    both = {lang: _results(scenario, lang) for lang in ("zh", "en")}
    for name in SECTIONS:
        (amounts, percents), (others, same) = (_numbers(show(both[lang], name).text) for lang in ("zh", "en"))
        assert len(amounts) == len(others), name
        assert sorted(amounts) == pytest.approx(sorted(others), abs=0.051), name
        assert sorted(percents) == sorted(same), name


def _cells(html: str) -> list[float]:
    shown = (c.text_content() for c in lxml.html.fromstring(f"<div>{html}</div>").xpath("//td[@class='n']"))
    numbers = re.findall(r"[+−]?\d[\d.,]*", " ".join(shown))
    return [float(n.replace(",", "").replace("−", "-")) for n in numbers]


def test_the_drivers_are_the_same_in_both_languages():
    tables = [_cells(show(_results("combined", lang), "drivers").html) for lang in ("zh", "en")]
    assert tables[0] == pytest.approx(np.array(tables[1]) * 10, abs=0.06)


def test_the_answer_by_hand():
    results = _results("reference", "en", draws=1)
    text = show(results, "answer").text
    assert results.words.amount(results.projection.central) in text
    growth = results.projection.central / 37.01 - 1
    assert f"{100 * growth:.1f}% above the CNY 3.701 billion of 2015" in text


def test_words_follow_the_result_without_a_driver():
    results = _results("combined", "en")
    text = show(results, "answer").text
    down, up = (re.search(f"{start}: ([^.]*(?:\\.\\d[^.]*)*)\\.", text)[1] for start in ("down", "it up"))
    for kind in results.kinds.itertuples():
        name, size = results.words.kind(kind.Index), results.words.plain_amount(kind.effect, sign=True)
        assert f"{name} ({size})" in (down if kind.effect < 0 else up)


def test_one_number_is_printed_in_one_way():
    """The ends of the interval are the targets met with 90 and 10%, so they must not differ in print."""
    results = _results("combined", "zh", draws=20_000)
    low = results.words.plain_amount(results.interval[0])
    assert low == results.words.plain_amount(results.met.loc[0.9, "target"])
    texts = [show(results, name).html for name in ("answer", "target", "brief")]
    assert all(low in text for text in texts)


def test_a_park_without_a_stated_projection_is_set_against_its_base_year(tmp_path):
    stated = "stated:\n  result: stated_result_2016\n  loss: stated_loss_2016\n"
    folder = copy_park(tmp_path, "qingzhen")
    edit(folder / "park.yml", stated, "languages: [en]\n")
    done = run("scenario_report", park=str(folder), scenario="combined", lang="en", draws=512)
    text = "".join(str(o) for c in done.cells for o in c.get("outputs", []))
    assert "the 2015 level of CNY 3.701 billion" in text
    assert "the stated CNY" not in text


def test_chinese_pages_hold_no_english_labels():
    html = re.sub(r'<[^>]*lang="en"[^>]*>.*?</span>', "", page("zh"))
    for english in ("median", "Assumption", "interval", "Driver", "Source:", "chance"):
        assert not re.search(rf">[^<]*\b{english}\b[^<]*<", html), english


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("来自{x}。", "2016 年", "来自 2016 年。"),
        ("{x}和", "代用数据 7", "代用数据 7 和"),
        ("达到 {x}的把握", "40.0 亿元", "达到 40.0 亿元的把握"),
        ("（{x}）", "7", "（7）"),
        ("{x!r}用", "宽", "'宽'用"),
        ("{x:.1f}年", 2, "2.0 年"),
    ],
)
def test_a_space_where_chinese_meets_digits_and_nowhere_else(template, value, text):
    assert spaced(template, {"x": value}) == text


def test_a_list_of_numbers_reads_as_one():
    assert Words(None, "zh").join(["公布 5", "代用数据 7", "假设 13"]) == "公布 5、代用数据 7 和假设 13"
    assert Words(None, "zh").join(["关停（−1.7）", "签约量"]) == "关停（−1.7）和签约量"


@given(st.sampled_from(sorted(SYMBOLS)))
def test_no_unit_is_shown_as_a_code_in_chinese(code):
    name = Words(None, "zh").unit(code)
    assert not name or name == SYMBOLS[code] or re.search("[一-鿿%]", name)


def test_rules_of_reading_have_names():
    assert {Words(None, "en").reading_rule(r) for r in RULES} == set(RULES)
    assert all(Words(None, "zh").reading_rule(r).endswith("口径") for r in RULES)


def _rows(html: str) -> list[list[str]]:
    rows = lxml.html.fromstring(f"<div>{html}</div>").xpath("//tbody/tr")
    return [[c.text_content() for c in row] for row in rows]


def test_what_if_of_what_is_fixed_claims_no_interval():
    park = read_park("qingzhen")
    fixed_at = {
        name: lever.central
        for name, lever in read_scenario(park, "combined").levers.items()
        if not lever.is_point and name != "alumina_price_2016"
    }
    projection = project(park, read_scenario(park, "combined", **fixed_at), draws=64)
    rows = _rows(show(Results(projection, reference_scenario(park), "en"), "what_if").html)
    assert rows
    assert all(row[2:] == ["–", "–"] for row in rows)


def test_the_chance_of_a_break_even_is_that_of_the_conclusion():
    results = _results("alumina_price", "zh")
    said = re.findall("可能性 ([^）]+)）", show(results, "answer").text)
    rows = _rows(show(results, "break_evens").html)
    assert said
    assert set(said) <= {row[-1] for row in rows}
