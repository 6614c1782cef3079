"""Workbook, CSV, Word, PDF, pictures."""

import io
import shutil

import openpyxl
import pandas as pd
import pytest
from report_pages import page

from parkanalysis.errors import InputError
from parkanalysis.model.case import read_parameters
from parkanalysis.model.projection import project
from parkanalysis.report import export
from parkanalysis.report.results import tidy
from parkanalysis.report.words import Words
from parkanalysis.report.workbook import safe_text, to_csv, to_xlsx


@pytest.fixture(scope="module")
def frame():
    return tidy(project("qingzhen", "combined", draws=512))


@pytest.fixture(scope="module")
def words():
    return Words(project("qingzhen", "reference", draws=1).park, "zh")


def _documents(*formats):
    case = read_parameters({"scenario": "combined", "lang": "zh", "draws": 4096})
    return export.export(formats, case=case, page=page("zh"))


def test_workbook_holds_every_value_with_frozen_heads(frame, words):
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(frame, words)))
    assert book.sheetnames == ["说明", "结果", "影响额", "各项假设"]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
    results = pd.DataFrame(book["结果"].values)
    values = results[list(results.iloc[0]).index("value")].iloc[1:].astype(float)
    kept = frame[~frame["variable"].str.startswith(("lever_", "contribution"))]
    assert values.tolist() == pytest.approx(kept["value"].tolist())
    levers = list(book["各项假设"].iter_rows(min_row=2, values_only=True))
    assert len(levers) == frame["variable"].str.startswith("lever_").pipe(
        lambda m: frame.loc[m, "variable"].nunique()
    )


def test_no_cell_is_a_formula(frame, words):
    evil = frame.copy()
    evil["scenario"] = '=HYPERLINK("http://example.org")'
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(evil, words)))
    types = {c.data_type for sheet in book.worksheets for row in sheet.iter_rows() for c in row}
    assert "f" not in types
    assert not any(c.hyperlink for sheet in book.worksheets for row in sheet.iter_rows() for c in row)
    lines = to_csv(evil).decode("utf-8-sig").splitlines()
    assert all(",=" not in line and not line.startswith("=") for line in lines)
    assert safe_text("@a") == "'@a"


def test_tables_are_the_same_twice(frame, words):
    assert to_xlsx(frame, words) == to_xlsx(frame, words)
    back = pd.read_csv(io.BytesIO(to_csv(frame)), keep_default_na=False)
    assert back["value"].tolist() == frame["value"].tolist()


def test_word_document_holds_text_tables_and_pictures():
    docx = pytest.importorskip("docx", reason="the extra 'documents' is not installed")
    content = _documents("docx")["report.docx"]
    document = docx.Document(io.BytesIO(content))
    text = "\n".join(p.text for p in document.paragraphs)
    assert "结论" in text
    assert "80% 区间" in text
    assert len(document.tables) >= 8
    assert len(document.inline_shapes) == 8
    alts = [s._inline.docPr.get("descr") for s in document.inline_shapes]
    assert all(a and any(ch.isdigit() for ch in a) for a in alts)


def test_pictures_have_title_and_source():
    files = _documents("png", "svg")
    assert len(files) == 16
    assert files["figure-fan.png"].startswith(b"\x89PNG")
    assert b"<svg" in files["figure-fan.svg"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on this machine")
def test_pdf_is_a_document_of_several_pages():
    pdfplumber = pytest.importorskip("pdfplumber", reason="the extra 'documents' is not installed")
    content = _documents("pdf")["report.pdf"]
    with pdfplumber.open(io.BytesIO(content)) as document:
        assert 4 <= len(document.pages) <= 30
        text = document.pages[0].extract_text()
        assert "结论" in text
        assert "37.01" in text


def test_without_a_browser_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="Chromium or Chrome"):
        export.to_pdf("<p>a</p>")


def test_unknown_formats_are_named_together():
    with pytest.raises(InputError) as caught:
        _documents("odt", "xlsx", "rtf")
    assert len(caught.value.problems) == 2
