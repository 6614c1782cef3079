"""The what-if page in a real browser: the library's numbers, keyboard, address, saving, widths, rules."""

import json
import re
import threading
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest

from parkanalysis.explore import Server, page_html
from parkanalysis.explore.page import lever_groups, slider_range
from parkanalysis.model import project, read_scenario
from parkanalysis.model.inverse import break_evens
from parkanalysis.park import Lever, read_park

PATIENCE = 60_000  # milliseconds, for machines that do much else
PRICE = "alumina_price_2016"
STATES = [
    ("combined", {}, None),
    ("severe", {PRICE: 1700.0, "baseline_growth": 0.1}, None),
    (
        "reference",
        {"value_added_rate_aluminium": 0.2, "vat_rate": 0.13},
        ["close_minmetals", "power_contract"],
    ),
]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page_html(read_park("qingzhen"), "en"), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium):
    """Open an address; what goes wrong or asks somebody else fails the test."""
    contexts, wrong = [], []

    def open_page(address, width=1400, height=900, own=("file:", "data:", "blob:")):
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("request", lambda r: None if r.url.startswith(own) else wrong.append(r.url))
        page.goto(address, timeout=PATIENCE)
        page.wait_for_selector("#waterfall svg", timeout=PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def served(park_copy):
    server = Server(read_park(park_copy), "en", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def median(page):
    return float(page.get_attribute("#number", "data-median"))


# -- the page as text ----------------------------------------------------------------------------------


def test_page_is_one_small_file_that_names_no_other(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) < 15_000_000
    assert not re.findall(r"""(?:src|href)=["']?https?:""", text)


def test_hostile_labels_stay_text(park_copy):
    levers = park_copy / "levers.csv"
    text = levers.read_text(encoding="utf-8")
    levers.write_text(text.replace("capacity of the Tangzhai power plant", "</script><img src=x onerror=y>"))
    page = page_html(read_park(park_copy), "en", draws=16)
    assert "<img" not in page
    assert page.count("</script>") == 2


def test_every_lever_is_in_one_group(qingzhen):
    names = [n for levers in lever_groups(qingzhen, qingzhen.config.shocks).values() for n in levers]
    assert sorted(names) == sorted(qingzhen.levers)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((1450, 1580, 1900, 900, 4000), (1000.0, 2350.0, 10.0)),
        ((10, 20, 60, 0, 70), (0.0, 70.0, 0.5)),
        ((0.17, 0.17, 0.17, 0, 0.25), (0.0, 0.25, 0.002)),
    ],
)
def test_slider_goes_as_far_again_as_the_range_within_hard_bounds(numbers, expected):
    lever = Lever("x", "CNY/t", *numbers, "triangular", "assumed", "")
    span = slider_range(lever)
    assert (span["low"], span["high"], span["step"]) == expected


# -- numbers -------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(("scenario", "levers", "shocks"), STATES)
def test_numbers_are_the_library_s(opened, file, qingzhen, scenario, levers, shocks):
    query = "&".join([f"scenario={scenario}", *(f"{n}={v}" for n, v in levers.items())])
    query += f"&_shocks={','.join(shocks)}" if shocks else ""
    page = opened(f"{file.as_uri()}#{query}")
    there = read_scenario(qingzhen, scenario, **levers)
    if shocks:
        there = replace(there, shocks=tuple(s for s in qingzhen.config.shocks if s in shocks))
    projection = project(qingzhen, there)
    found = page.evaluate("({...now, ordered: [...now.ordered], steps: [...contributions(state)]})")
    close = {"rel": 1e-9, "abs": 1e-9}
    assert np.array(found["ordered"]) == pytest.approx(projection.ordered, **close)
    assert found["median"] == pytest.approx(projection.median, **close)
    assert (found["low"], found["high"]) == pytest.approx(projection.interval(), **close)
    assert found["central"] == pytest.approx(projection.central, **close)
    assert found["chance"] == projection.target_risk([40.0])["probability"].iloc[0]
    assert found["met"] == pytest.approx(projection.targets_met().to_list(), **close)
    steps = projection.contributions()["mean"]
    assert dict(found["steps"]) == pytest.approx(steps.to_dict(), **close)


@pytest.mark.browser
def test_break_evens_are_the_library_s(opened, file, qingzhen):
    page = opened(f"{file.as_uri()}#scenario=alumina_price&_target=38")
    page.wait_for_selector("#needed[data-done]", timeout=PATIENCE)
    there = break_evens(project(qingzhen, "alumina_price"), 38.0)
    values = there.loc[there["status"] == "met", "value"]
    found = page.evaluate(
        "names => Promise.all(names.map(n => breakEven(state, n, async () => {})))", list(values.index)
    )
    assert found == pytest.approx(values.to_list(), rel=1e-6)
    assert page.locator("#needed tbody tr").count() == len(values)


# -- use -----------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_keyboard_alone_moves_every_lever_and_the_address_keeps_it(opened, file, qingzhen):
    page = opened(file.as_uri())
    reached = set()
    page.focus("#scenario")
    for _ in range(150):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    used = page.evaluate("[...document.querySelectorAll('#levers input:not(:disabled)')].map(x => x.id)")
    assert len(used) > 20
    assert set(used) <= reached
    page.focus(f"#{PRICE}")
    page.keyboard.press("ArrowRight")
    value = float(page.input_value(f"#{PRICE}"))
    assert page.get_attribute(f"#{PRICE}", "aria-valuetext") == f"{value:,.0f} yuan/t, held"
    there = project(qingzhen, read_scenario(qingzhen, "combined", **{PRICE: value}))
    assert median(page) == pytest.approx(there.median, rel=1e-9)
    page.wait_for_function(f"location.hash.includes('{PRICE}')")
    page.reload()
    page.wait_for_selector("#waterfall svg")
    assert float(page.input_value(f"#{PRICE}")) == value
    assert median(page) == pytest.approx(there.median, rel=1e-9)


@pytest.mark.browser
def test_values_read_as_printed(opened, file):
    page = opened(f"{file.as_uri()}#scenario=combined&alumina_pass_through=0.2")
    shown = page.inner_text("#lever-alumina_pass_through output")
    assert shown == "20.0%"


@pytest.mark.browser
def test_language_turns_everything_and_keeps_the_change(opened, file):
    page = opened(f"{file.as_uri()}#scenario=combined&{PRICE}=1700&_keep=scenario%3Dreference")
    before = median(page)
    page.click("#zh")
    page.wait_for_selector("#needed[data-done]", timeout=PATIENCE)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title().startswith("假如")
    assert median(page) == before
    page.click("#write")
    text = page.inner_text("body")
    english = set(re.findall(r"[A-Za-z]{3,}", text)) - {"English", "papermill", "notebooks", "ipynb", "out"}
    command = set(re.findall(r"[A-Za-z]+", page.inner_text("#command")))
    assert english - command == set()
    assert "请先为情景命名" in text


@pytest.mark.browser
def test_three_states_are_kept_beside_one_another(opened, file):
    page = opened(file.as_uri())
    for scenario in ("reference", "severe", "recovery"):
        page.select_option("#scenario", scenario)
        page.click("#keep")
    assert page.is_disabled("#keep")
    page.wait_for_function("location.hash.split('_keep').length === 4")
    page.reload()
    page.wait_for_selector("#compare tbody tr >> nth=3")
    page.click("#compare button >> nth=0")
    assert page.locator("#compare tbody tr").count() == 3


@pytest.mark.browser
def test_what_an_address_names_in_vain_is_said(opened, file):
    page = opened(f"{file.as_uri()}#scenario=combind&alumina_prise_2016=1700&{PRICE}=9e9&_shocks=nix")
    said = page.inner_text("#notice")
    assert all(t in said for t in ("combind", "alumina_prise_2016", "9e9", "nix"))


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 768, 1400])
def test_answer_stays_in_view_and_no_rule_is_broken(opened, file, width, lang):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(f"{file.as_uri()}#lang={lang}&_keep=scenario%3Dreference", width, 800)
    page.wait_for_selector("#needed[data-done]", timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for lever in ("baseline_growth", "power_tariff"):
        page.focus(f"#{lever}")
        box = page.locator("#number").bounding_box()
        assert 0 <= box["y"] < 800
        slider = page.locator(f"#{lever}").bounding_box()
        head = page.locator("#headline").bounding_box()
        assert slider["y"] >= head["y"] + head["height"] or slider["x"] + slider["width"] <= head["x"]
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == []


# -- saving --------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_saving_answers_every_name(opened, served, park_copy):
    page = opened(served.address, own=served.address)
    page.click("#write")
    assert page.inner_text("#message") == "Give the scenario a name first."
    page.focus(f"#{PRICE}")
    page.keyboard.press("ArrowRight")
    value, shown = float(page.input_value(f"#{PRICE}")), median(page)
    page.fill("#name", "低价")
    page.click("#write")
    page.wait_for_selector("text=Saved: scenarios/scenario_1.yml", timeout=PATIENCE)
    saved = read_park(park_copy).scenarios["scenario_1"]
    assert (saved.title["zh"], saved.levers) == ("低价", {PRICE: value})
    assert page.input_value("#scenario") == "scenario_1"
    assert median(page) == shown
    page.click("#shock-power_contract")
    page.fill("#name", "低价")
    page.click("#write")
    page.wait_for_selector("#overwrite:visible")
    assert "power_contract" in read_park(park_copy).scenarios["scenario_1"].shocks
    page.click("#overwrite")
    page.wait_for_selector("text=Saved: scenarios/scenario_1.yml", timeout=PATIENCE)
    assert "power_contract" not in read_park(park_copy).scenarios["scenario_1"].shocks


@pytest.mark.browser
def test_a_page_without_a_server_gives_the_file(opened, file, tmp_path):
    page = opened(f"{file.as_uri()}#scenario=severe&vat_rate=0.13")
    page.fill("#name", "mine")
    with page.expect_download() as download:
        page.click("#write")
    download.value.save_as(tmp_path / "mine.yml")
    content = json.loads((tmp_path / "mine.yml").read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "mine.yml"
    assert content["levers"]["vat_rate"] == 0.13


def ask(server, path="/", method="GET", body=None, **headers):
    request = urllib.request.Request(server.address + path[1:], body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_only_the_page_itself_may_save(served, park_copy):
    change = {"title": "mine", "start": "combined", "levers": {}, "shocks": [], "overwrite": False}
    body = json.dumps(change).encode()
    assert ask(served, "/scenarios", "POST", body) == 403
    assert ask(served, "/scenarios", "POST", body, **{"X-Token": served.token, "Host": "evil.example"}) == 403
    assert ask(served, "/scenarios", "POST", b"[]", **{"X-Token": served.token}) == 400
    assert ask(served, "/../park.yml") == 404
    assert ask(served, Host="evil.example") == 404
    assert not (park_copy / "scenarios" / "mine.yml").exists()
    assert ask(served, "/scenarios", "POST", body, **{"X-Token": served.token}) == 200
    assert (park_copy / "scenarios" / "mine.yml").exists()


def test_listens_on_this_machine_only(served):
    assert served.server_address[0] == "127.0.0.1"


def test_every_text_of_the_page_is_translated(file):
    data = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', file.read_text(encoding="utf-8")
    )[1]
    texts = json.loads(data)["texts"]
    assert len(texts) > 50
    assert [text for text, chinese in texts.items() if text == chinese] == []
