"""The what-if page in a real browser: open, move, see the library's number, save, reload."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from parkanalysis.model.projection import project
from parkanalysis.model.scenario import read_scenario
from parkanalysis.park.park import read_park

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DRAWS = 4096  # as in the notebook's parameters
PATIENCE = 120_000  # milliseconds, for machines that do much else
CONSOLE_NOISE = re.compile(r"shared (singleton )?module|Available versions|favicon|preload")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not come up")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """``parkanalysis explore`` on a copy of the park, started elsewhere."""
    import shutil

    from parkanalysis.park.park import known_parks

    folder = tmp_path_factory.mktemp("explore")
    park = folder / "qingzhen"
    shutil.copytree(known_parks()["qingzhen"], park)
    port = free_port()
    command = [sys.executable, "-m", "parkanalysis.cli", "explore", "--park", str(park), "--lang", "en"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--no-browser"],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "HOME": str(folder), "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        )
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/", park
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def page(chromium, served):
    context = chromium.new_context(viewport={"width": 1300, "height": 1400})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda m: page.said.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: page.asked.append(r.url))
    open_page(page, served[0])
    yield page
    context.close()


def open_page(page, address):
    page.goto(address, wait_until="commit", timeout=PATIENCE)
    page.wait_for_selector(".pa-command", timeout=PATIENCE)


def shown(page):
    return float(page.get_attribute(".pa-number", "data-median"))


def expect(page, number):
    page.wait_for_function(
        "n => document.querySelector('.pa-number')?.dataset.median === n", arg=repr(number), timeout=PATIENCE
    )


def section(page, title):
    page.click(f"text='{title}'")


def nudge(page, lever, steps):
    handle = page.locator(f".pa-lever-{lever} .noUi-handle")
    handle.wait_for(state="visible", timeout=PATIENCE)
    handle.focus()
    for _ in range(abs(steps)):
        handle.press("ArrowRight" if steps > 0 else "ArrowLeft")
    return float(handle.get_attribute("aria-valuenow"))


def library(park, scenario, **levers):
    there = read_park(park)
    return project(there, read_scenario(there, scenario, **levers), DRAWS).median


def test_opens_with_the_scenario_and_asks_nobody_else(page, served):
    address, park = served
    assert shown(page) == library(park, "combined")
    assert [u for u in page.asked if not u.startswith((address, "data:", "blob:"))] == []
    assert [t for t in page.said if not CONSOLE_NOISE.search(t)] == []


def test_slider_switch_reset_save_reload(page, served):
    address, park = served
    section(page, "Price changes")
    before = nudge(page, "alumina_price_2016", 0)
    price = nudge(page, "alumina_price_2016", 12)
    assert price > before
    expect(page, library(park, "combined", alumina_price_2016=price))
    assert f"alumina_price_2016 {price:g}" in page.inner_text(".pa-command")

    page.click(".pa-copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text(".pa-command").strip()

    page.click(".pa-reset")
    expect(page, library(park, "combined"))
    page.click(".pa-shock-power_contract input")
    page.wait_for_function("() => !document.querySelector('.pa-copy')", timeout=PATIENCE)
    nudge(page, "alumina_price_2016", 1)
    page.wait_for_function(
        "n => Number(document.querySelector('.pa-number').dataset.median) !== n",
        arg=shown(page),
        timeout=PATIENCE,
    )

    page.fill(".pa-name input", "from_browser")
    page.press(".pa-name input", "Tab")
    page.click(".pa-save")
    page.wait_for_selector("text=Saved: from_browser.yml", timeout=PATIENCE)
    saved = library(park, "from_browser")
    expect(page, saved)
    scenario = read_park(park).scenarios["from_browser"]
    assert "power_contract" not in scenario.shocks

    open_page(page, address)
    page.select_option("select", label="from_browser · from_browser")
    expect(page, saved)

    before = (park / "scenarios" / "from_browser.yml").read_bytes()
    page.click(".pa-shock-power_contract input")
    page.fill(".pa-name input", "from_browser")
    page.press(".pa-name input", "Tab")
    page.click(".pa-save")
    page.wait_for_selector(".pa-overwrite >> visible=true", timeout=PATIENCE)
    assert (park / "scenarios" / "from_browser.yml").read_bytes() == before


def test_narrow_window_does_not_scroll_sideways(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(500)
    parts = page.locator(".pa-headline, .pa-target, .pa-name").all()
    assert max(p.bounding_box()["x"] + p.bounding_box()["width"] for p in parts) <= 391
