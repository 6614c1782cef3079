"""Workbook, CSV, Word, PDF, pictures."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from report_pages import page

from parkanalysis.errors import InputError
from parkanalysis.model.case import read_parameters
from parkanalysis.model.inverse import with_levers
from parkanalysis.model.projection import project
from parkanalysis.report import export
from parkanalysis.report.results import Results, tidy
from parkanalysis.report.sections import page_figures
from parkanalysis.report.words import NAMES
from parkanalysis.report.workbook import TABLES, safe_text, to_csv, to_xlsx


@pytest.fixture(scope="module")
def results():
    found = {}
    for lang in ("zh", "en"):
        case = read_parameters({"scenario": "combined", "lang": lang, "draws": 512})
        found[lang] = Results(case.projection, case.reference, lang)
    return found


@pytest.fixture(scope="module")
def frame(results):
    return tidy(results["zh"].projection)


@pytest.fixture(scope="module")
def books(results, frame):
    return {lang: to_xlsx(r, frame) for lang, r in results.items()}


def _documents(*formats):
    case = read_parameters({"scenario": "combined", "lang": "zh", "draws": 4096})
    return export.export(formats, case=case, page=page("zh"))


def test_workbook_holds_every_value_with_frozen_heads(books, results, frame):
    book = openpyxl.load_workbook(io.BytesIO(books["zh"]))
    assert book.sheetnames[:4] == ["说明", "结论数据", "试算", "计算过程"]
    assert {"各产业", "影响额", "各项假设", "数据台账", "结果"} <= set(book.sheetnames)
    for sheet in book.worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        if sheet.title not in ("说明", "试算", "计算过程"):
            assert sheet.freeze_panes == "B2"
            assert sheet.print_title_rows == "$1:$1"
    data = pd.DataFrame(book["结果"].values)
    values = data[list(data.iloc[0]).index("value")].iloc[1:].astype(float)
    assert values.tolist() == pytest.approx(frame["value"].tolist())
    assumptions = list(book["各项假设"].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in assumptions] == list(results["zh"].ranked.index)


def test_every_column_of_a_table_has_a_head(results):
    """Drivers stand at the head of their columns by name; all else must be in the list."""
    drivers = {results["en"].words.driver(str(name)) for name in results["en"].drivers.index}
    for make in TABLES.values():
        assert set(make(results["en"]).columns) - drivers <= set(NAMES["column"])


def test_numbers_are_formatted_by_their_kind(books):
    book = openpyxl.load_workbook(io.BytesIO(books["en"]))
    rows = {row[1].value: row for row in book["Assumptions"].iter_rows(min_row=2)}
    assert rows["baseline_growth"][5].number_format == "0.0%"
    assert rows["alumina_price_2016"][5].number_format == "#,##0"
    assert rows["alumina_output_2015"][2].value == "million t"
    assert rows["alumina_output_2015"][5].value == pytest.approx(1.2)  # 120 in 10,000 t


REFERENCE = re.compile(r"(?:'([^']+)'!)?\$?([A-Z])\$?(\d+)")
FUNCTIONS = {
    "IF": lambda c, a, b: a if c else b,
    "MIN": min,
    "MAX": max,
    "AND": lambda a, b: bool(a) and bool(b),
    "OR": lambda a, b: bool(a) or bool(b),
    "NOT": lambda a: not a,
}


def _calculated(book, sheet, cell, known):
    """What a cell comes to, by the few things that these formulas consist of."""
    if (sheet, cell) not in known:
        value = book[sheet][cell].value
        if isinstance(value, str) and value.startswith("="):
            quotient = re.fullmatch(r"=IFERROR\((.+)/(.+),0\)", value)
            text = f"({quotient[1]}/{quotient[2]} if {quotient[2]} else 0)" if quotient else value[1:]
            text = re.sub(r"(?<![<>=])=(?!=)", "==", text).replace("<>", "!=")
            names = {}

            def name(match):
                key = f"v{len(names)}"
                names[key] = _calculated(book, match[1] or sheet, match[2] + match[3], known)
                return key

            code = REFERENCE.sub(name, text)
            value = eval(code, {**FUNCTIONS, **names})
        known[sheet, cell] = value
    return known[sheet, cell]


def _row_of(sheet, code):
    return next(row for row in sheet.iter_rows() if row[1].value == code)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_live_sheet_projects_what_the_package_does(books, results, lang):
    name = {"zh": "试算", "en": "Try out"}[lang]
    book, scenario = openpyxl.load_workbook(io.BytesIO(books[lang])), results[lang].scenario
    assert _calculated(book, name, "B2", {}) == pytest.approx(results[lang].projection.central, abs=1e-9)
    levers = {"alumina_price_2016": 1750.0, "alumina_output_2015": 100.0, "baseline_growth": 0.03}
    for code, value in levers.items():
        _row_of(book[name], code)[3].value = (
            results[lang].words.shown(value, "10k_t") if "output" in code else value
        )
    changed = project(results[lang].park, with_levers(scenario, **levers), draws=1)
    found = _calculated(book, name, "B2", {})
    assert found == pytest.approx(
        changed.central, abs=0.02
    )  # rates keep their spreads, held levers lose theirs
    assert abs(found - results[lang].projection.central) > 0.5


def test_stored_values_of_the_live_sheet_are_those_of_its_formulas(books):
    formulas = openpyxl.load_workbook(io.BytesIO(books["en"]))
    stored = openpyxl.load_workbook(io.BytesIO(books["en"]), data_only=True)["Calculation"]
    known = {}
    for row in range(1, stored.max_row + 1):
        value = _calculated(formulas, "Calculation", f"B{row}", known)
        assert stored[f"B{row}"].value == pytest.approx(value, rel=1e-12, abs=1e-12)


def test_no_cell_outside_the_live_sheets_is_a_formula(results, frame):
    evil = frame.copy()
    evil["scenario"] = '=HYPERLINK("http://example.org")'
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(results["en"], evil)))
    cells = [c for sheet in book.worksheets for row in sheet.iter_rows() for c in row]
    assert {c.parent.title for c in cells if c.data_type == "f"} == {"Try out", "Calculation"}
    assert not any(c.hyperlink for c in cells)
    lines = to_csv(evil).decode("utf-8-sig").splitlines()
    assert all(",=" not in line and not line.startswith("=") for line in lines)
    assert safe_text("@a") == "'@a"


def test_tables_are_the_same_twice(results, frame, books):
    assert to_xlsx(results["zh"], frame) == books["zh"]
    back = pd.read_csv(io.BytesIO(to_csv(frame)), keep_default_na=False)
    assert back["value"].tolist() == frame["value"].tolist()


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def word_files(results):
    return {lang: export.documents(r, page_figures(r)) for lang, r in results.items()}


def _part(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return ElementTree.fromstring(archive.read(name))


def _texts(content):
    body = _part(content, "word/document.xml")
    return ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in body.iter(f"{W}p")]


def test_word_document_holds_the_answer_tables_and_pictures(word_files):
    content = word_files["zh"]["report.docx"]
    body, texts = _part(content, "word/document.xml"), _texts(content)
    assert texts[0].startswith("贵州清镇经济开发区")
    assert [t[:2] for t in texts if t[1:2] == "、"] == ["一、", "二、", "三、", "四、"]
    assert any("37.01" in t for t in texts)
    assert len(list(body.iter(f"{W}tbl"))) == 9
    alts = [e.get("descr") for e in body.iter() if e.tag.endswith("}docPr")]
    assert len(alts) == 3
    assert all(any(ch.isdigit() for ch in alt) for alt in alts)
    assert not list(body.iter(f"{W}hyperlink"))


def test_the_brief_is_a_word_file_too(word_files):
    texts = _texts(word_files["zh"]["brief.docx"])
    assert "测算摘要" in texts[0]
    assert [t[:2] for t in texts if t[1:2] == "、"] == ["一、", "二、", "三、", "四、"]
    assert [t[:3] for t in texts if t[1:3] == ". "][:2] == ["1. ", "2. "]


def test_columns_of_word_tables_fill_the_page(word_files):
    for files in word_files.values():
        for table in _part(files["report.docx"], "word/document.xml").iter(f"{W}tbl"):
            widths = [int(c.get(f"{W}w")) for c in table.iter(f"{W}gridCol")]
            assert sum(widths) == pytest.approx(7920, abs=10)
            assert min(widths) > 500


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_word_styles_name_their_fonts(word_files, lang):
    styles = _part(word_files[lang]["report.docx"], "word/styles.xml")
    assert not [k for e in styles.iter(f"{W}rFonts") for k in e.attrib if "Theme" in k]


def test_chinese_word_file_keeps_the_layout_of_official_documents(word_files):
    """GB/T 9704-2012, 5.2 and 7: margins, fonts, sizes and lines."""
    content = word_files["zh"]["report.docx"]
    margins = next(_part(content, "word/document.xml").iter(f"{W}pgMar"))
    sides = [int(margins.get(f"{W}{side}")) * 25.4 / 1440 for side in ("top", "bottom", "left", "right")]
    assert sides == pytest.approx([37, 35, 28, 26], abs=0.1)
    styles = {s.get(f"{W}styleId"): s for s in _part(content, "word/styles.xml").iter(f"{W}style")}

    def look(name):
        style = styles[name]
        font, size = next(style.iter(f"{W}rFonts")), next(style.iter(f"{W}sz"))
        return font.get(f"{W}eastAsia"), int(size.get(f"{W}val")) / 2

    assert look("Title") == ("方正小标宋简体", 22)
    assert look("BodyText") == ("仿宋_GB2312", 16)
    assert look("Heading1") == ("黑体", 16)
    assert look("Heading2") == ("楷体_GB2312", 16)
    line = next(styles["BodyText"].iter(f"{W}spacing"))
    assert (line.get(f"{W}line"), line.get(f"{W}lineRule")) == ("560", "exact")


def test_a_checker_of_official_documents_finds_nothing_grave(word_files, tmp_path):
    """With the margins and the line of the standard; its own defaults are 28 mm and 33 pt."""
    pytest.importorskip("gongwen", reason="gongwen-skill comes with the developers' packages")
    file = tmp_path / "document.docx"
    margins = {"top": "3.7cm", "bottom": "3.5cm", "left": "2.8cm", "right": "2.6cm"}
    standard = json.dumps({"page_setup": {"margins": margins}, "body": {"line_spacing": "28pt"}})
    command = [
        sys.executable,
        "-m",
        "gongwen",
        "check",
        str(file),
        "-s",
        "P0",
        "--config-overrides",
        standard,
    ]
    for content in word_files["zh"].values():
        file.write_bytes(content)
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert "P0:0" in run.stdout, run.stdout + run.stderr


def test_pictures_have_title_and_source():
    files = _documents("png", "svg")
    assert len(files) == 6
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
        export.check_formats(["pdf"])


def test_unknown_formats_are_named_together():
    with pytest.raises(InputError) as caught:
        _documents("odt", "xlsx", "rtf")
    assert len(caught.value.problems) == 2


def test_iamc_columns_are_written_beside_the_report():
    content = _documents("iamc")["results_iamc.csv"]
    frame = pd.read_csv(io.BytesIO(content))
    assert list(frame.columns) == ["model", "scenario", "region", "variable", "unit", "year", "value"]
    assert frame.loc[frame["variable"] == "Value added|Published", "value"].item() == 37.01
