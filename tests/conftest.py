"""Shared by all tests: the shipped park, a copy that may be written to, Chromium."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from parkfiles import copy_park

import parkanalysis.model.shocks  # noqa: F401 - the kinds of shocks, known to every test
from parkanalysis.park import Park, read_park

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# every run tries the same cases; `make fuzz` looks for new ones
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.load_profile("same")

# kernels of these tests warn about nothing they could change
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")


@pytest.fixture(scope="session")
def qingzhen() -> Park:
    return read_park("qingzhen")


@pytest.fixture
def park_copy(tmp_path: Path) -> Path:
    """A folder with the shipped park that a test may change."""
    return copy_park(tmp_path, "qingzhen", "qingzhen")


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """A folder with the template's park that a test may change."""
    return copy_park(tmp_path)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium, started once."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Where everything has to be there, a skipped test fails."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped under CI: {report.longrepr[-1]}"
    return report
