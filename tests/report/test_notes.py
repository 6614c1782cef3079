"""Notes of levers and titles of sources: each in the language of the page, where the park gives both."""

import csv
import re

import lxml.html
import pytest
from report_pages import page

from parkanalysis.model.case import read_parameters
from parkanalysis.model.check import check
from parkanalysis.park.new import create, write_workbook
from parkanalysis.park.park import read_park
from parkanalysis.report import Words, findings, report_results, show

CHINESE = re.compile("[一-鿿]")
ADDED = {"levers.csv": ["note_zh"], "sources.csv": ["title_zh", "publisher_zh", "note_zh"]}


def _last_cells(tree, kind):
    return [r.xpath("./td")[-1] for r in tree.xpath(f"//table[contains(@class,'{kind}')]/tbody/tr")]


def _source_rows(html):
    return lxml.html.fromstring(html).xpath("//tr[starts-with(@id,'source-')]")


def _without_added_columns(folder):
    for name, added in ADDED.items():
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = [c for c in rows[0] if c not in added]
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


MILLIONS = re.compile(r"\d+(?:\.\d+)?(?=(?: and \d+(?:\.\d+)?)? million t)")


def test_the_shipped_park_says_everything_in_both_languages(qingzhen):
    for lever in qingzhen.levers.values():
        assert bool(lever.note) == bool(lever.note_zh), lever.name
        assert not lever.note or CHINESE.search(lever.note_zh)
        english = MILLIONS.sub(lambda m: f"{100 * float(m[0]):g}", lever.note)  # 1.6 million t is 160 万吨
        said = (english, re.sub(r"(?:\d+、)*\d+ 月", "", lever.note_zh))  # months are words in English
        numbers = [re.findall(r"\d+(?:\.\d+)?", text) for text in said]
        assert sorted(numbers[0]) == sorted(numbers[1]), lever.name
    for row in qingzhen.sources.itertuples(index=False):
        assert CHINESE.search(row.title_zh)
        assert CHINESE.search(row.publisher_zh)
        assert bool(row.note) == bool(CHINESE.search(row.note_zh)), row.source


def test_every_source_of_the_shipped_park_is_cited():
    assert not [p for p in check("qingzhen") if p.file == "sources.csv"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_shows_them_in_its_language(qingzhen, lang):
    tree = lxml.html.fromstring(page(lang))
    shown = [c.text_content() for c in _last_cells(tree, "assumptions")]
    results = report_results(read_parameters({"scenario": "combined", "draws": 4096}))
    levers = [qingzhen.levers[name] for name in results.ranked.index]
    assert shown == [lever.note_zh if lang == "zh" else lever.note for lever in levers]
    assert not any(c.xpath(".//*[@lang]") for c in _last_cells(tree, "assumptions"))
    titles = qingzhen.sources["title_zh" if lang == "zh" else "title"]
    assert [r.xpath("./th")[0].text_content() for r in _source_rows(page(lang))] == list(titles)
    for column, cell in (("publisher", 0), ("note", -1)):
        shown = [r.xpath("./td")[cell].text_content() for r in _source_rows(page(lang))]
        assert shown == list(qingzhen.sources[f"{column}_zh" if lang == "zh" else column])
    assert not tree.xpath("//tr[starts-with(@id,'source-')]//*[@lang]")
    links = tree.xpath("//main//td//a[starts-with(@href,'#source-')]")
    assert links
    assert {a.text_content() for a in links} <= set(titles)


def test_without_the_columns_everything_is_as_written(park_copy, qingzhen):
    _without_added_columns(park_copy)
    park = read_park(park_copy)
    words = Words(park, "zh")
    assert {n: words.note(v) for n, v in park.levers.items()} == {
        n: v.note for n, v in qingzhen.levers.items()
    }
    assert [words.source(s) for s in park.sources["source"]] == list(qingzhen.sources["title"])
    case = {"park": str(park_copy), "scenario": "combined", "lang": "zh", "draws": 256}
    html = show(report_results(read_parameters(case)), "assumptions").html
    assert '<span lang="en">VAT included' in html
    assert park.sources.drop(columns=ADDED["sources.csv"]).equals(
        qingzhen.sources.drop(columns=ADDED["sources.csv"])
    )


def test_a_note_in_one_language_serves_both(park_copy, qingzhen):
    file = park_copy / "levers.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f'"{qingzhen.levers["vat_rate"].note}"', ""), encoding="utf-8")
    park = read_park(park_copy)
    lever = park.levers["vat_rate"]
    assert lever.note == ""
    assert Words(park, "en").note(lever) == Words(park, "zh").note(lever) == lever.note_zh


def test_an_unknown_source_is_shown_by_its_name(qingzhen):
    assert Words(qingzhen, "zh").source("nobody") == Words(None, "en").source("nobody") == "nobody"


def test_they_are_data_and_nothing_else(park_copy):
    for name, added in ADDED.items():
        file = park_copy / name
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row | dict.fromkeys(added, "'\"><script>") for row in rows)
    park = read_park(park_copy)
    case = {"park": str(park_copy), "scenario": "combined", "lang": "zh", "draws": 256}
    results = report_results(read_parameters(case))
    assert results.park.digest == park.digest
    assert not any("<script>" in show(results, part).html for part in ("assumptions", "sources"))


def test_a_workbook_carries_them_too(park_copy, tmp_path):
    write_workbook(park_copy, tmp_path / "zone.xlsx")
    book, folder = read_park(tmp_path / "zone.xlsx"), read_park(park_copy)
    assert {n: v.note_zh for n, v in book.levers.items()} == {n: v.note_zh for n, v in folder.levers.items()}
    assert book.sources.equals(folder.sources)


def test_the_examples_of_the_template_are_told_before_any_result(tmp_path):
    create(tmp_path / "mine", name="Mine")
    park = read_park(tmp_path / "mine")
    invented = findings.invented(park)
    assert invented > 10
    results = report_results(read_parameters({"park": str(tmp_path / "mine"), "lang": "zh", "draws": 64}))
    for name in ("brief", "answer"):
        text = show(results, name).text
        assert f"有 {invented} 个数是模板的示例" in text
        assert text.index("示例") < text.index("预计")
    assert not findings.invented(read_park("qingzhen"))
