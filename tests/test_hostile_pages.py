"""Nothing in a hostile park executes: page, index, portfolio, notebook, Word and Excel."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import zipfile
from html import unescape

import pytest
from hostile import MARK, hostile_park
from lxml import html
from parkfiles import PARKS

from parkanalysis.errors import InputError
from parkanalysis.explore import page_html
from parkanalysis.model.case import read_parameters
from parkanalysis.park import read_park
from parkanalysis.park.new import TEMPLATE

ADDRESS = ("href", "src", "action", "formaction", "data", "{http://www.w3.org/1999/xlink}href")
# what the pages link to themselves: files beside them, places in them, tables to download
OWN = re.compile(
    r"#|data:(text/csv;|,$)|data:(image/(png|svg\+xml)|font/|application/font)|https?://|(\.\./)*[\w.-]+(/[\w.-]+)*$"
)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Reports of a hostile park and of a peaceful one, with the pages that show both."""
    folder = tmp_path_factory.mktemp("hostile")
    parks = ["--park", str(hostile_park(folder)), "--park", str(TEMPLATE)]
    command = [sys.executable, "-m", "parkanalysis.cli", "report", "combined", *parks, "--lang", "zh,en"]
    command += ["--to", "xlsx,docx,csv", "--out", str(folder / "out"), "--draws", "500"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    for lang in ("zh", "en"):
        page = page_html(read_park(folder / "zone"), lang)
        (folder / "out" / f"explore_{lang}.html").write_text(page, encoding="utf-8")
    return folder / "out"


def active(text: str) -> list[str]:
    """What in a piece of HTML would execute, or leads where no page of ours leads."""
    found = []
    for element in html.fromstring(text).iter():
        if not isinstance(element.tag, str):
            continue
        if element.get("type") == "application/json":  # data, which the page's own script reads
            continue
        if element.tag in ("script", "iframe", "object", "embed", "base") and MARK in (element.text or ""):
            found.append(f"{element.tag}: {element.text}")
        for key, value in element.attrib.items():
            if key.lower().startswith("on") and MARK in value:
                found.append(f"{element.tag} {key}={value}")
            if key in ADDRESS and not OWN.match(value):
                found.append(f"{element.tag} {key}={value}")
    return found


def test_no_page_holds_anything_active(outputs):
    pages = sorted(outputs.rglob("*.html"))
    assert len(pages) >= 8
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    assert sum(MARK in text for text in texts.values()) >= 4
    assert {page.name: found for page, text in texts.items() if (found := active(text))} == {}


@pytest.mark.browser
def test_nothing_happens_in_a_browser(outputs, chromium):
    for page in sorted(outputs.rglob("*.html")):
        view = chromium.new_page()
        asked, dialogs = [], []
        view.on("request", lambda r, asked=asked: asked.append(r.url))
        view.on("dialog", lambda d, dialogs=dialogs: dialogs.append(d.message))
        view.goto(page.as_uri())
        for summary in view.locator("summary").all():
            summary.evaluate("e => e.click()")
        for link in view.locator("a[href]").all()[:200]:
            link.dispatch_event("mouseover")
        assert view.evaluate("window.hurt") is None, page
        assert dialogs == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        view.close()


def test_the_notebook_holds_hostile_text_as_text_only(outputs):
    for file in outputs.rglob("report.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        assert not any(MARK in "".join(c["source"]) for c in cells)
        for output in (o for c in cells for o in c.get("outputs", [])):
            data = {
                kind: "".join(v) for kind, v in output.get("data", {}).items() if isinstance(v, str | list)
            }
            assert MARK not in data.get("text/markdown", "") + data.get("application/javascript", "")
            assert "text/html" not in data or active(f"<div>{data['text/html']}</div>") == []
            assert f"<script>{MARK}" not in data.get("image/svg+xml", "")


FUNCTIONS = {"IF", "MIN", "MAX", "AND", "OR", "NOT", "IFERROR"}
FORMULA = re.compile(r"(?:[A-Z]+|'[^']+'!\$?[A-Z]+|\$?[A-Z]+\$?\d+|[-+*/=<>(),$!.\d]|e-?\d+)*")


def test_formulas_of_workbooks_are_made_of_numbers_and_references_alone(outputs):
    """Those of the live sheet; no text of a park gets into one."""
    for file in outputs.rglob("results.xlsx"):
        with zipfile.ZipFile(file) as book:
            parts = {
                name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))
            }
        found = [unescape(f) for text in parts.values() for f in re.findall(r"<f[^>]*>(.*?)</f>", text)]
        assert found
        assert not [f for f in found if not FORMULA.fullmatch(f)]
        assert {w for f in found for w in re.findall(r"([A-Z]+)\(", f)} <= FUNCTIONS
        assert not any('TargetMode="External"' in text for text in parts.values())


def test_tables_hold_no_cell_that_a_spreadsheet_would_compute(outputs):
    for file in outputs.rglob("results.csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            cells = {cell for row in csv.reader(stream) for cell in row}
        assert not [c for c in cells if re.match(r"[=@\t\r]|[+-](?![\d.])", c)]


def test_word_files_hold_no_field_and_no_other_link(outputs):
    for file in outputs.rglob("report.docx"):
        with zipfile.ZipFile(file) as book:
            relations = book.read("word/_rels/document.xml.rels").decode()
            assert b"instrText" not in book.read("word/document.xml")
        targets = re.findall(r'Target="([^"]*)" TargetMode="External"', relations)
        assert not [t for t in targets if not OWN.match(t)]


@pytest.mark.parametrize(
    "given",
    [
        {"scenario": "combined'; import os #"},
        {"scenario": "__import__('os').system('id')"},
        {"scenario": "../../etc/passwd"},
        {"scenario": {}},
        {"scenario": ["reference"]},
        {"park": 0.5},
        {"lang": "zh\nimport os"},
        {"draws": "1000"},
        {"seed": "__import__('os')"},
        {"seed": -1},
        {"import os; x": 1},
        {"mill": "__import__('os')"},
        {"mill": {"low": "exec('1')", "central": 1, "high": 2}},
        {"mill": [1]},
        {"park": "$(id)"},
        {"park": "tiny\0"},
    ],
)
def test_parameters_never_become_code(given):
    with pytest.raises(InputError):
        _ = read_parameters({"park": str(PARKS / "tiny"), "scenario": "reference", **given}).projection
