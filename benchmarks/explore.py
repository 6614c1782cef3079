"""How fast the what-if page answers: a slider moved in Python, a slider moved in Chromium, the notebooks.

    python benchmarks/explore.py [--browser]

Prints times; asserts nothing about them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from parkanalysis.model.case import read_parameters

LIMIT_MS = 200


def timed(action: Callable[[], object]) -> float:
    """Milliseconds that an action takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def report(name: str, times: list[float]) -> None:
    """One line: median and worst, against the limit."""
    worst = max(times)
    print(
        f"{name:<42} median {statistics.median(times):6.0f} ms  worst {worst:6.0f} ms  ({len(times)} moves)"
    )


def in_python(draws: int) -> None:
    """Every slider and switch of the page once."""
    from parkanalysis.explore.whatif_view import whatif

    case = read_parameters({"park": "qingzhen", "scenario": "combined", "draws": draws})
    page = whatif(case)
    moves = []
    for row in page.rows.values():
        slider = row.slider
        if slider.disabled:
            continue
        goal = slider.max if slider.value < (slider.min + slider.max) / 2 else slider.min
        moves.append(timed(lambda s=slider, g=goal: setattr(s, "value", g)))
        row.release.click()
    report(f"slider, {draws:,} draws, all that is shown", moves)
    switches = [timed(lambda b=b: setattr(b, "value", not b.value)) for b in page.switches.values()]
    report(f"switch, {draws:,} draws, all that is shown", switches)


def _port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def in_browser() -> None:
    """From the key press to the new headline, and to the new break-evens, in headless Chromium."""
    from playwright.sync_api import sync_playwright

    port = _port()
    command = [sys.executable, "-m", "parkanalysis.cli", "explore", "--no-browser", "--port", str(port)]
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/", wait_until="commit", timeout=120_000)
            page.wait_for_selector(".pa-command", timeout=120_000)
            print(f"{'command to page':<42} {time.perf_counter() - started:6.1f} s")
            target = page.locator(".pa-target .noUi-handle")
            target.focus()
            page.wait_for_timeout(2000)
            for name, selector in (("headline", ".pa-headline"), ("break-evens", ".pa-needed")):
                report(f"key press to {name}, in Chromium", [_press(page, selector) for _ in range(15)])
            browser.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def _press(page: object, selector: str) -> float:
    """Press and wait within the page, so that the driver's own polling does not count."""
    watch = """selector => new Promise(done => {
        const started = performance.now();
        const seen = new MutationObserver(() => { seen.disconnect(); done(performance.now() - started); });
        seen.observe(document.querySelector(selector), {childList: true, subtree: true, characterData: true});
        const handle = document.querySelector('.pa-target .noUi-handle');
        handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    })"""
    elapsed = float(page.evaluate(watch, selector))  # type: ignore[attr-defined]
    page.wait_for_timeout(600)  # type: ignore[attr-defined]
    return elapsed


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true", help="also in Chromium")
    arguments = parser.parse_args()
    print(f"limit {LIMIT_MS} ms")
    in_python(4096)
    in_python(20_000)
    if arguments.browser:
        in_browser()


if __name__ == "__main__":
    main()
