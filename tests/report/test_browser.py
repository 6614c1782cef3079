"""Reports and index in a real browser, opened from files: both languages, wide and narrow."""

import re

import pytest
from report_pages import notebook, page
from test_pages import write_outputs

from parkanalysis.report import pages

pytestmark = pytest.mark.browser
WIDTHS = (360, 1400)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return write_outputs(tmp_path_factory.mktemp("outputs"))


@pytest.fixture
def opened(chromium):
    """Open a file and collect what goes wrong on the way."""
    contexts, wrong = [], []

    def open_file(path, width=1400, scheme="light"):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        view = context.new_page()
        view.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        view.on("pageerror", lambda e: wrong.append(str(e)))
        view.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url))
        view.goto(path.as_uri())
        return view

    yield open_file
    for context in contexts:
        context.close()
    assert wrong == []


def _report(outputs, lang):
    return outputs / "qingzhen" / "combined" / lang / "report.html"


def _brief(outputs, lang):
    path = _report(outputs, lang).with_name("brief.html")
    path.write_bytes(pages.html_files(notebook(lang), lang)["brief.html"])
    return path


def _index(outputs, lang):
    return outputs / ("index.html" if lang == "zh" else "index.en.html")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", [_report, _brief, _index])
def test_nothing_overflows(outputs, opened, which, lang, width):
    view = opened(which(outputs, lang), width)
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert view.locator("h1").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_stand_within_the_page(outputs, opened, lang):
    view = opened(_report(outputs, lang), 360)
    boxes = [box.bounding_box() for box in view.locator("figure svg").all()]
    assert len(boxes) == 3
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["height"] > 80 for box in boxes)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_anchors_lead_to_their_rows(outputs, opened, lang):
    view = opened(_report(outputs, lang))
    view.locator("details.more summary").click()
    for link in (
        view.locator("table.assumptions a[href^='#figure-row-']").first,
        view.locator("nav a").last,
    ):
        target = link.get_attribute("href")
        link.click()
        assert view.evaluate("location.hash") == target
        box = view.locator(target).bounding_box()
        assert -5 <= box["y"] < 900


def test_sorting_by_number_and_by_name(outputs, opened):
    view = opened(_index(outputs, "en"))

    def column(n):
        return view.evaluate(
            f"[...document.querySelectorAll('table.sortable tbody tr')].map(r => r.cells[{n}].dataset.value)"
        )

    head = view.locator("table.sortable thead th").nth(2)
    head.locator("button").click()
    values = [float(v) for v in column(2) if v]
    assert values == sorted(values)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").press("Enter")
    values = [float(v) for v in column(2) if v]
    assert values == sorted(values, reverse=True)
    view.locator("table.sortable thead th button").first.click()
    assert column(0) == sorted(column(0))
    assert head.get_attribute("aria-sort") is None


def test_index_leads_to_the_report_and_to_the_other_language(outputs, opened):
    view = opened(_index(outputs, "zh"))
    view.locator("a[href='index.en.html']").click()
    assert view.url.endswith("index.en.html")
    view.locator("table a[href='qingzhen/combined/en/report.html']").click()
    assert view.locator("h2#answer").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", [_report, _brief, _index])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(outputs, opened, which, lang, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # the policy of the page keeps foreign scripts out, the checker's own too
    text = (
        which(outputs, lang)
        .read_text()
        .replace("script-src 'none'", "script-src 'unsafe-inline' 'unsafe-eval'")
    )
    copy = which(outputs, lang).with_name(f"axe-{lang}-{scheme}.html")
    copy.write_text(text)
    results = axe.run(opened(copy, 1400, scheme))
    found = [(v["id"], v["nodes"][0]["html"][:120]) for v in results.response["violations"]]
    assert len(results.response["passes"]) > 10
    assert found == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_skip_link_is_the_first_stop(outputs, opened, lang):
    view = opened(_report(outputs, lang))
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.className") == "skip"
    view.keyboard.press("Enter")
    assert view.evaluate("location.hash") == "#main"


def test_print_has_no_navigation_and_keeps_black_on_white(outputs, opened):
    view = opened(_report(outputs, "en"), 1400, "dark")
    view.emulate_media(media="print", color_scheme="dark")
    assert view.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert view.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_chinese_glyphs_come_with_the_page(outputs, opened):
    view = opened(_report(outputs, "zh"))
    view.evaluate("document.fonts.ready")
    assert view.evaluate("[...document.fonts].map(f => f.status)") == ["loaded"]
    assert page("zh").count("font/woff") == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_brief_prints_on_one_page(outputs, opened, lang):
    view = opened(_brief(outputs, lang))
    printed = view.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_read_in_seven_screens_and_in_eighteen_on_a_phone(outputs, opened, lang):
    for width, height, most in ((1400, 900, 7), (360, 740, 18)):
        view = opened(_report(outputs, lang), width)
        assert view.evaluate("document.documentElement.scrollHeight") <= most * height


def test_folded_rows_open_where_a_link_leads_to_them(outputs, opened):
    view = opened(_report(outputs, "en"))
    view.locator("details.more summary").click()
    view.locator("table.assumptions a[href^='#figure-row-']").first.click()
    assert view.evaluate("document.querySelector('details#ledger').open")
