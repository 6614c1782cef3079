"""Work reports of every kind as text, and the draft ledger."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import docx
import pytest

from parkanalysis.cleaning import documents
from parkanalysis.cleaning.documents import LEDGER_COLUMNS, draft_ledger, read_document
from parkanalysis.errors import InputError

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "data/qingzhen/source/work_report_2015.txt"
LEDGER = list(csv.DictReader((ROOT / "data/qingzhen/figures.csv").read_text("utf-8").splitlines()))
TEXT = (
    "一、基本情况\n（一）产业。2015 年，铝及铝加工产值 42.86 亿元，同比增长 8.5%。\n"
    "二、目标\n减少 5 亿元以上。"
)
FIGURES = ["42.86 亿元", "8.5%", "5 亿元以上"]


def figures(path):
    return draft_ledger(read_document(path), "report")["quantity"].tolist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".TXT"])
def test_text_in_every_encoding(tmp_path, encoding, suffix):
    path = tmp_path / f"report{suffix}"
    path.write_bytes(TEXT.encode(encoding))
    assert read_document(path) == TEXT
    assert figures(path) == FIGURES


def test_windows_line_ends(tmp_path):
    path = tmp_path / "report.txt"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert read_document(path) == TEXT


@pytest.mark.parametrize("charset", ["gb2312", "utf-8", "gb18030", "no-such-charset"])
def test_html_with_a_declared_charset(tmp_path, charset):
    path = tmp_path / "report.html"
    body = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))
    page = (
        f"<html><head><meta charset='{charset}'><style>p {{width: 5 元}}</style></head>"
        f"<body>{body}<script>x = '100 亿元'</script></body></html>"
    )
    path.write_bytes(page.encode("utf-8" if charset == "no-such-charset" else charset))
    assert read_document(path).split("\n") == TEXT.split("\n")
    assert figures(path) == FIGURES


def test_docx_with_a_table(tmp_path):
    document = docx.Document()
    for line in TEXT.split("\n"):
        document.add_paragraph(line)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "医药食品"
    table.cell(0, 1).text = "21.543 亿元"
    path = tmp_path / "report.docx"
    document.save(str(path))
    assert figures(path) == [*FIGURES, "21.543 亿元"]


def test_pdf(tmp_path):
    """A PDF made by hand: one page, ASCII text."""
    stream = b"BT /F1 12 Tf 72 720 Td (600 MW and 320 t and 90%) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    data += b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    assert figures(path) == ["600 MW", "320 t", "90%"]


def test_lines_that_a_page_broke_are_joined():
    joined = documents._join_wrapped("制造\n业产值 18.508\n亿元。\n二、目标\n（一）项目")
    assert joined == "制造业产值 18.508亿元。\n二、目标\n（一）项目"


def zip_with(path, name, size):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * size)


def bad_files(folder):
    """Name → file that must be refused."""
    (folder / "empty.txt").write_bytes(b"")
    (folder / "blank.txt").write_bytes(b" \n\n ")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "latin.txt").write_bytes(b"\x81\xff\xfe\x00 caf\xe9" * 30)
    (folder / "odd_utf16.txt").write_bytes(b"\xff\xfe\x00")
    (folder / "other.xlsx").write_bytes(b"PK\x03\x04")
    (folder / "nosuffix").write_bytes(b"text")
    (folder / "fake.pdf").write_bytes(b"not a pdf")
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.4\nnothing")
    (folder / "fake.docx").write_bytes(b"not a docx")
    (folder / "cut.docx").write_bytes(b"PK\x03\x04 cut")
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0 old")
    (folder / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0 old")
    (folder / "empty.html").write_bytes(b"<html></html>")
    (folder / "comment.html").write_bytes(b"<!-- -->")
    zip_with(folder / "zip.docx", "other.xml", 10)
    zip_with(folder / "inside.docx", "word/document.xml", 10)
    (folder / "folder.txt").mkdir()
    return [*sorted(p.name for p in folder.iterdir()), "missing.txt"]


def test_bad_files_are_refused_with_their_name(tmp_path):
    for name in bad_files(tmp_path):
        with pytest.raises(InputError) as caught:
            read_document(tmp_path / name)
        assert name in str(caught.value)


def test_a_zip_bomb_is_refused_unopened(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_UNPACKED", 1_000_000)
    path = tmp_path / "bomb.docx"
    zip_with(path, "word/document.xml", 2_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match="unpacked"):
        read_document(path)


def test_a_file_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    path = tmp_path / "large.txt"
    path.write_text("产值 5 亿元" * 10, "utf-8")
    with pytest.raises(InputError, match="MB"):
        read_document(path)


def test_a_missing_reader_says_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.4")
    with pytest.raises(InputError, match="parkanalysis\\[documents\\]"):
        read_document(path)


def test_the_draft_has_the_ledger_s_columns_and_places():
    draft = draft_ledger(TEXT, "report")
    assert tuple(draft.columns) == LEDGER_COLUMNS
    assert draft["figure"].is_unique
    assert draft["place"].tolist() == ["一（一）", "一（一）", "二"]
    assert draft["period"].tolist()[:2] == ["2015 年", "2015 年"]
    assert draft["subject"].tolist() == ["铝及铝加工产值", "铝及铝加工产值", draft["subject"][2]]


def test_the_draft_of_the_work_report_stands_where_the_ledger_says():
    draft = draft_ledger(read_document(REPORT), "work_report_2015")
    stated = {(row["place"], row["quantity"].replace(" ", "")) for row in LEDGER}
    drafted = {
        (place, quantity.replace(" ", ""))
        for place, quantity in zip(draft["place"], draft["quantity"], strict=True)
    }
    assert len(stated & drafted) >= 0.97 * len(stated)


def test_a_text_without_figures_gives_an_empty_draft():
    draft = draft_ledger("没有数字。", "report")
    assert draft.empty
    assert tuple(draft.columns) == LEDGER_COLUMNS
