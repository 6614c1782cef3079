"""The report's page and the index: complete, self-contained, the same bytes."""

import json
import re
from itertools import pairwise
from urllib.parse import unquote

import lxml.html
import nbformat
import pandas as pd
import pytest
from parkfiles import PARKS
from report_pages import NOTEBOOKS, notebook, page, run

from parkanalysis.model.projection import project
from parkanalysis.park import read_park
from parkanalysis.report import Html, Words, pages, tell, tidy
from parkanalysis.report.findings import goal, ranking

LANGUAGES = ("zh", "en")


@pytest.fixture(params=LANGUAGES)
def html(request):
    return page(request.param)


@pytest.fixture
def tree(html):
    return lxml.html.fromstring(html)


def test_size_and_no_request(html):
    assert len(html.encode()) < 1_500_000
    addresses = re.findall(r'(?:src|href|xlink:href)="([^"#][^"]*)"', html)
    assert all(a.startswith(("https://", "http://", "data:")) for a in addresses)
    loading = re.findall(r'(?:src|xlink:href)="([^"#][^"]*)"|url\(([^)#]+)\)|@import', html)
    assert all(a.startswith("data:") or b.startswith("data:") for a, b in loading)
    assert "<script" not in html
    assert "default-src 'none'" in html


def test_no_code_is_shown(html):
    assert "read_parameters" not in html
    assert "projection =" not in html


def test_answer_comes_first(tree):
    first = tree.xpath("//main//h2")[0]
    assert first.get("id") == "answer"
    assert len(tree.xpath("//div[@class='answer']/p")) == 4


def test_every_anchor_leads_somewhere(tree):
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {h[1:] for h in tree.xpath("//main//a/@href") if h.startswith("#")}
    targets |= {h[1:] for h in tree.xpath("//nav//a/@href")}
    assert targets <= set(ids), sorted(targets - set(ids))


def test_every_assumption_is_ranked_and_traced(tree):
    used = ranking(project("qingzhen", "combined", draws=4096))
    rows = tree.xpath("//table[contains(@class,'assumptions')]/tbody/tr")
    assert [r.get("id") for r in rows] == [f"lever-{n}" for n in used.index]
    for row in rows:
        assert row.xpath(".//a[starts-with(@href,'#source-')]")
        assert row.xpath(".//span[contains(@class,'grade')]")
    printed = [n for n in used.index if used.loc[n, "figure"]]
    for name in printed:
        figure = used.loc[name, "figure"]
        assert tree.xpath(f"//tr[@id='lever-{name}']//a[@href='#figure-row-{figure}']")


def test_tables_have_captions_and_heads(tree):
    for item in tree.xpath("//table"):
        assert item.xpath("./caption")
        assert all(h.get("scope") == "col" for h in item.xpath("./thead/tr/th"))
        assert all(len(r.xpath("./th[@scope='row']")) == 1 for r in item.xpath("./tbody/tr"))


def test_figures_have_text_alternatives_with_numbers(tree):
    charts = tree.xpath("//figure//div[@role='img']")
    data = tree.xpath("//figure//a[@download]/@href")
    assert len(data) == len(charts)
    assert all(unquote(d).startswith("data:text/csv") and unquote(d).count("\n") > 2 for d in data)
    assert len(charts) == 3
    for chart in charts:
        assert re.search(r"\d", chart.get("aria-label"))
        assert chart.xpath("./*[local-name()='svg']")


def test_contents_list_every_section(tree):
    listed = [a.get("href")[1:] for a in tree.xpath("//nav//li/a")]
    assert listed == [h.get("id") for h in tree.xpath("//h2")]
    assert len(listed) >= 8


def test_the_same_inputs_give_the_same_page():
    again = pages.to_html(run("scenario_report", lang="en", scenario="combined", draws=4096), "en")
    assert again == page("en")


def test_the_page_says_when_and_how(html):
    assert "parkanalysis " in html
    assert re.search(r"(seed|种子) 2016", html)
    assert "29 February 2016" in html or "2016 年 2 月 29 日" in html


def test_other_notebooks_make_pages_too():
    cells = [
        nbformat.v4.new_markdown_cell("# A < B\n\n## Part"),
        nbformat.v4.new_code_cell(
            "1",
            outputs=[
                nbformat.v4.new_output("stream", text="a <b>"),
                nbformat.v4.new_output("display_data", {"text/plain": "<script>alert(1)</script>"}),
            ],
        ),
    ]
    html = pages.to_html(nbformat.v4.new_notebook(cells=cells), "en")
    assert "<script" not in html
    assert "A &lt; B" in html
    assert pages.headings(html)[0][1] == "Part"


def test_templates_escape_what_they_are_given():
    frame = pd.DataFrame({"<img>": ["&"]}, index=["<img src=x>"])
    html = tell("frame", Words(None, "en"), frame=frame, caption="<img>", decimals=1).html
    assert "<img" not in html
    assert "&amp;" in html
    both = Html("<p>a &lt; b</p>") + Html("<p>c</p>")
    assert repr(both) == "a < b\nc"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_brief_says_in_one_page_what_to_do(lang):
    made = pages.html_files(notebook(lang), lang, ["xlsx"], LANGUAGES)
    assert set(made) == {"brief.html", "report.html"}
    tree = lxml.html.fromstring(made["brief.html"].decode())
    assert len(tree.xpath("//div[@class='answer']/p")) == 2
    assert [h.get("id") for h in tree.xpath("//h2")] == ["drivers", "targets", "true", "next"]
    assert len(tree.xpath("//figure")) == 1
    assert len(tree.xpath("//main//ol/li")) == 2
    first = tree.xpath("string(//main//p[not(@class)][1])")
    assert "2015" in first  # the verdict comes first
    links = set(tree.xpath("//p[@class='links']/a/@href"))
    other = "en" if lang == "zh" else "zh"
    wanted = {"../../../index.html", f"../{other}/brief.html", "report.html", "report.ipynb"}
    assert links == wanted | {"results.parquet", "results.xlsx"}
    assert b'class="brief"' in made["brief.html"]
    assert b'id="next"' not in made["report.html"]


def write_outputs(out):
    """Rendered scenarios as the renderer leaves them, one of them failed."""
    for scenario in ("reference", "combined", "severe"):
        frame = tidy(project("qingzhen", scenario, draws=512))
        for lang in LANGUAGES:
            folder = out / "qingzhen" / scenario / lang
            folder.mkdir(parents=True)
            frame.to_parquet(folder / "results.parquet", index=False)
            (folder / "report.html").write_text(page(lang) if scenario == "combined" else "<p>report</p>")
            digest = "0ld" if scenario == "severe" else ""
            (folder / ".stamp.json").write_text(json.dumps({"error": None, "data": digest}))
    error = {"kind": "InputError", "message": "<b>broken</b> lever", "cell": 2}
    failed = out / "qingzhen" / "closures" / "zh"
    failed.mkdir(parents=True)
    (failed / ".stamp.json").write_text(json.dumps({"error": error}))
    pages.write_index(out)
    return out


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return write_outputs(tmp_path_factory.mktemp("outputs"))


def test_index_over_all_scenarios(out):
    for name, title in (("index.html", "报告所述全部"), ("index.en.html", "All that the report states")):
        html = (out / name).read_text()
        assert lxml.html.fromstring(html).xpath("//main//div")[0].get("class") == "answer"
        assert title in html
        assert "&lt;b&gt;broken&lt;/b&gt; lever" in html
        tree = lxml.html.fromstring(html)
        assert len(tree.xpath("//table/tbody/tr")) == 4
        assert len(tree.xpath("//div[@class='multiples']/figure")) == 3
        links = list(tree.xpath("//table//a/@href"))
        assert len(links) == 12
        assert all((out / h).exists() for h in links)
        spans = tree.xpath("//div[@class='multiples']//*[local-name()='svg']/@viewbox")
        assert len(set(spans)) == 1


def test_index_values_are_the_results(out):
    found = {e.scenario: e for e in pages.entries(out) if e.lang == "en"}
    projection = project("qingzhen", "combined", draws=512)
    assert found["combined"].numbers["q0.5"] == pytest.approx(projection.median)
    assert found["combined"].numbers["goal"] == goal(projection.park).value
    assert found["combined"].numbers["published"] == 37.01


def test_each_index_leads_to_the_other_in_the_words_of_its_readers(out):
    for name, other, lang, text in (
        ("index.html", "index.en.html", "en", "English"),
        ("index.en.html", "index.html", "zh", "中文"),
    ):
        (found,) = lxml.html.fromstring((out / name).read_text()).xpath("//p[@class='links']/a")
        assert dict(found.attrib) == {"href": other, "lang": lang, "hreflang": lang}
        assert found.text == text
        assert (out / other).exists()


def test_an_index_in_one_language_leads_to_no_other():
    tree = lxml.html.fromstring(pages.index_html([], "en"))
    assert not tree.xpath("//main//a")


def test_index_leads_to_several_parks_once_they_are_there(tmp_path):
    parks = [read_park(path) for path in SEVERAL]
    pages.write_index(tmp_path)
    assert pages.PORTFOLIO not in (tmp_path / "index.html").read_text()
    pages.write_portfolio(tmp_path, parks, draws=64)
    (found,) = lxml.html.fromstring((tmp_path / "index.html").read_text()).xpath("//p[@class='links']/a")
    assert (found.get("href"), found.text) == ("portfolio.html", "Several parks")
    assert (tmp_path / found.get("href")).exists()


def test_both_indexes_lead_to_several_parks(tmp_path):
    (tmp_path / "portfolio.html").write_text("<p>several</p>")
    write_outputs(tmp_path)
    for name, text in (("index.html", "多个园区"), ("index.en.html", "Several parks")):
        links = lxml.html.fromstring((tmp_path / name).read_text()).xpath("//p[@class='links']/a")
        assert [(a.get("href"), a.text) for a in links[1:]] == [("portfolio.html", text)]


def test_index_of_nothing(tmp_path):
    pages.write_index(tmp_path)
    assert "No report has been rendered yet." in (tmp_path / "index.html").read_text()


def test_a_damaged_stamp_does_not_stop_the_index(out):
    (out / "other" / "combined" / "en").mkdir(parents=True)
    (out / "other" / "combined" / "en" / ".stamp.json").write_text("{")
    pages.write_index(out)
    assert "报告所述全部" in (out / "index.html").read_text()


@pytest.mark.parametrize("name", ["scenario_report", "scenario_comparison"])
def test_notebooks_stay_small(name):
    assert (NOTEBOOKS / f"{name}.ipynb").stat().st_size < 300_000


def test_the_index_goes_from_the_main_scenario_over_more_shocks_to_variants(tmp_path):
    found = [
        pages.Made("qingzhen", name, lang, f"qingzhen/{name}/{lang}", "none")
        for name in ("combined+vat_rate=0.1", "elsewhere", "severe", "combined", "closures", "reference")
        for lang in ("en", "zh")
    ]
    rows = lxml.html.fromstring(pages.index_html(found, "en")).xpath("//tbody/tr/th")
    titles = [r.text_content() for r in rows]
    assert titles == [
        "All that the report states main scenario",
        "Reference (no shock)",
        "Closures",
        "All that the report states+vat_rate=0.1",
        "Severe",
        "elsewhere",
    ]


def test_the_index_says_what_is_met_and_how_likely_the_stated_is(out):
    tree = lxml.html.fromstring((out / "index.html").read_text())
    assert tree.xpath("string(//h1)") == "2016 年规模以上工业增加值测算"
    assert tree.xpath("//main//tr[contains(th, '严峻')]/td")[4].text_content() == "不到 1%"
    projection = project("qingzhen", "combined", draws=512)
    met = Words(projection.park, "zh").plain_amount(projection.targets_met()[0.8])
    (cells,) = tree.xpath("//main//tr[contains(th, '主情景')]")
    assert [c.text_content() for c in cells.xpath("td")][5] == met
    heads = [h.text_content() for h in tree.xpath("//main//thead//th")][1:]
    assert [c.get("data-label") for c in cells.xpath("td")] == heads


def test_ticks_of_the_index_are_round_and_inside(out):
    tree = lxml.html.fromstring((out / "index.html").read_text())
    (texts,) = {tuple(f.xpath(".//text/text()")) for f in tree.xpath("//div[@class='multiples']/figure")}
    ticks = [float(t) for t in texts]
    assert len(ticks) >= 3
    (step,) = {b - a for a, b in pairwise(ticks)}
    assert all(t % step == 0 for t in ticks)
    assert all(0 < float(x) < 240 for x in tree.xpath("//div[@class='multiples']//text/@x"))


def test_a_park_that_states_nothing_has_no_column_for_it():
    numbers = {f"q{q:g}": 37.0 for q in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)} | {"published": 36.0}
    numbers |= {"met": 35.0, "year": 2020.0}
    html = pages.index_html([pages.Made("far", "base", "en", "far/base/en", "", numbers)], "en")
    tree = lxml.html.fromstring(html)
    heads = [h.text_content() for h in tree.xpath("//thead//th")]
    assert len(heads) == 7
    assert not any("stated" in h for h in heads)
    assert len(tree.xpath("//tbody/tr/td")) == 6


def test_the_index_marks_what_is_older_than_its_data_and_explains_the_narrow(out):
    tree = lxml.html.fromstring((out / "index.en.html").read_text())
    (stale,) = [r.text_content() for r in tree.xpath("//tbody/tr/th") if "older" in r.text_content()]
    assert stale.startswith("Severe")
    assert any("narrower than that of “All that the report states”" in p for p in tree.xpath("//p/text()"))


SEVERAL = [PARKS / "tiny", PARKS / "harbour"]


@pytest.fixture(scope="module")
def several():
    parks = [read_park(path) for path in SEVERAL]
    return parks, pages.portfolio_frame(parks, draws=256)


def test_total_is_the_sum_of_the_means(several):
    rows = several[1]
    parks, total = rows[rows["level"] == "park"], rows[rows["level"] == "total"]
    for scenario, one in total.groupby("scenario"):
        same = parks[(parks["scenario"] == scenario) & (parks["target_year"] == one["target_year"].iloc[0])]
        assert one["mean"].iloc[0] == pytest.approx(same["mean"].sum())


def test_several_parks_are_shown_by_name_and_title(several):
    parks, rows = several
    html = pages.portfolio_html(rows, parks, "en")
    cells = {c.text_content() for c in lxml.html.fromstring(html).xpath("//tbody/tr/*")}
    assert {p.config.name["en"] for p in parks} <= cells
    names = {row.scenario for row in rows.itertuples()}
    assert not names & cells
    assert "http" not in html.split("<body")[1]


def test_several_parks_are_written_whole(tmp_path):
    made = pages.write_portfolio(tmp_path, [read_park(path) for path in SEVERAL], draws=64)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["portfolio.csv", "portfolio.html"]
    assert made.read_text(encoding="utf-8").startswith("<!")
