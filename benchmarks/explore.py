"""How fast the what-if page is: its file made, opened, a lever moved, the break-evens there.

    python benchmarks/explore.py

Prints times; asserts nothing about them. Needs Chromium.
"""

from __future__ import annotations

import shutil
import statistics
import threading
import time

from playwright.sync_api import Page, sync_playwright

from parkanalysis.explore import Server
from parkanalysis.park.park import read_park

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
MOVES = """() => Object.keys(DATA.levers).map((lever) => {
  const slider = document.getElementById(lever), started = performance.now();
  slider.value = DATA.levers[lever].slider.low;
  slider.dispatchEvent(new Event("input"));
  const headline = performance.now() - started;
  contributions(state);
  delete state.levers[lever];
  return [headline, performance.now() - started];
})"""


def line(name: str, times: list[float]) -> None:
    """One line: median and worst."""
    print(f"{name:<34} median {statistics.median(times):6.1f} ms  worst {max(times):6.1f} ms")


def opening(page: Page, address: str) -> None:
    """From the address to the first slider, and to the break-evens."""
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#levers input")
    print(f"{'address to first slider':<34} {time.perf_counter() - started:6.2f} s")
    page.wait_for_selector("#needed[data-done]", timeout=120_000)
    print(f"{'address to break-evens':<34} {time.perf_counter() - started:6.2f} s")


def main() -> None:
    """Measure."""
    started = time.perf_counter()
    server = Server(read_park("qingzhen"), "en", 0)
    print(f"{'page made':<34} {time.perf_counter() - started:6.2f} s, {len(server.page) / 1e6:.1f} MB")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        opening(page, server.address)
        moves = page.evaluate(MOVES)
        line("lever to headline and charts", [m[0] for m in moves])
        line("lever to contributions", [m[1] for m in moves])
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
