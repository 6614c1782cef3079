"""Work reports of every kind as text, and the draft ledger."""

from __future__ import annotations

import csv
import zipfile
import zlib
from pathlib import Path

import pytest

from parkanalysis.cleaning import Document, document, draft_ledger, read_document
from parkanalysis.errors import InputError

ROOT = Path(__file__).parents[2]
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
    assert read_document(path).text == TEXT
    assert figures(path) == FIGURES


def test_a_table_between_bars(tmp_path):
    path = tmp_path / "communique.md"
    path.write_text(
        "2022年人口公报\n年末人口3856万人。\n\n表1 人口构成（2022年）\n| 指标 | 人数(万人) |\n|---|---|\n"
        "| 城镇 | 2114 |\n| 乡村 | 1742 |\n\n出生率为11.03‰。\n",
        "utf-8",
    )
    draft = draft_ledger(read_document(path), "communique")
    assert draft["quantity"].tolist() == ["3856万人", "11.03‰", "2114 万个", "1742 万个"]
    assert draft["subject"].tolist()[2:] == ["城镇", "乡村"]


def test_windows_line_ends(tmp_path):
    path = tmp_path / "report.txt"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert read_document(path).text == TEXT


@pytest.mark.parametrize("charset", ["gb2312", "utf-8", "gb18030", "no-such-charset"])
def test_html_with_a_declared_charset(tmp_path, charset):
    path = tmp_path / "report.html"
    body = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))
    page = (
        f"<html><head><meta charset='{charset}'><style>p {{width: 5 元}}</style></head>"
        f"<body>{body}<script>x = '100 亿元'</script></body></html>"
    )
    path.write_bytes(page.encode("utf-8" if charset == "no-such-charset" else charset))
    assert read_document(path).text.split("\n") == TEXT.split("\n")
    assert figures(path) == FIGURES


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word(path, *blocks):
    """A docx of paragraphs (text) and tables (rows of cells; a cell may be markup)."""

    def cell(text):
        return f"<w:tc>{text}</w:tc>" if text.startswith("<") else f"<w:tc>{paragraph(text)}</w:tc>"

    def paragraph(text):
        return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"

    def table(rows):
        return "<w:tbl>" + "".join(f"<w:tr>{''.join(map(cell, row))}</w:tr>" for row in rows) + "</w:tbl>"

    body = "".join(paragraph(b) if isinstance(b, str) else table(b) for b in blocks)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
        )
    return path


def test_docx_with_a_frame_around_a_text(tmp_path):
    path = word(tmp_path / "report.docx", *TEXT.split("\n"), [["医药食品", "21.543 亿元"]])
    assert figures(path) == [*FIGURES, "21.543 亿元"]


def test_a_table_of_a_docx_is_read_as_a_table(tmp_path):
    rows = [["行业", "产值", "增长（%）"], ["医药食品", "21.543", "8.5"], ["电力", "20.9", "-3.1"]]
    path = word(tmp_path / "report.docx", "一、产值", "2015年产值 单位：亿元", rows)
    draft = draft_ledger(read_document(path), "report")
    columns = ["subject", "variable", "period", "quantity"]
    assert draft[columns].to_numpy().tolist()[:2] == [
        ["医药食品", "gross_output", "2015", "21.543 亿元"],
        ["电力", "gross_output", "2015", "20.9 亿元"],
    ]


def test_a_cell_over_a_hundred_million_columns_is_refused(tmp_path):
    wide = '<w:tcPr><w:gridSpan w:val="100000000"/></w:tcPr><w:p/>'
    path = word(tmp_path / "bomb.docx", [[wide, "a"], ["b", "c"]])
    with pytest.raises(InputError, match="an area of more cells"):
        read_document(path)


def pdf(path, stream, filters=b""):
    """A PDF made by hand: one page, ASCII text."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(stream), filters, stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    data += b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    path.write_bytes(data)
    return path


def test_pdf(tmp_path):
    path = pdf(tmp_path / "report.pdf", b"BT /F1 12 Tf 72 720 Td (600 MW and 320 t and 90%) Tj ET")
    assert figures(path) == ["600 MW", "320 t", "90%"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_stream_that_unpacks_without_end_is_refused(tmp_path, times):
    stream = b" " * 40_000_000
    for _ in range(times):
        stream = zlib.compress(stream, 9)
    path = pdf(tmp_path / "bomb.pdf", stream, b"/Filter[%s]" % (b"/FlateDecode" * times))
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="unpacks"):
        read_document(path)


def test_a_text_layer_without_characters_is_refused(tmp_path, monkeypatch):
    path = pdf(tmp_path / "cid.pdf", b"BT /F1 12 Tf 72 720 Td (\\(cid:12\\)\\(cid:7\\)\\(cid:31\\)) Tj ET")
    with pytest.raises(InputError, match="OCR"):
        read_document(path)


@pytest.mark.parametrize("name", ["report.doc", "report.wps", "report.ofd"])
def test_other_programs_files_are_refused_with_the_way_out(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0 old")
    with pytest.raises(InputError, match="save it as docx or PDF"):
        read_document(tmp_path / name)


def test_lines_that_a_page_broke_are_joined():
    joined = document.join_wrapped("制造\n业产值 18.508\n亿元。\n二、目标\n（一）项目")
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
    monkeypatch.setattr(document, "MAX_UNPACKED", 1_000_000)
    path = tmp_path / "bomb.docx"
    zip_with(path, "word/document.xml", 2_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match="unpacked"):
        read_document(path)


def test_a_file_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    path = tmp_path / "large.txt"
    path.write_text("产值 5 亿元" * 10, "utf-8")
    with pytest.raises(InputError, match="at most 10 bytes"):
        read_document(path)


def test_the_draft_has_the_ledger_s_columns_and_places():
    draft = draft_ledger(Document("report.txt", TEXT), "report")
    assert set(draft.columns) == set(LEDGER[0])
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
    draft = draft_ledger(Document("report.txt", "没有数字。"), "report")
    assert draft.empty
    assert set(draft.columns) == set(LEDGER[0])


def test_a_table_between_tabs(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(
        "2022年产值\n单位：亿元\n行业\t产值\t增长（%）\n按轻重分\n轻工业\t21.5\t8.5\n重工业\t20.9\t-3.1\n\n"
        "（一）\t园区产值 5 亿元。\n（二）\t税收 2 亿元。\n",
        "utf-8",
    )
    draft = draft_ledger(read_document(path), "report")
    assert draft["quantity"].tolist() == ["5 亿元", "2 亿元", "21.5 亿元", "20.9 亿元", "8.5%", "-3.1%"]
    assert draft["subject"].tolist()[2:4] == ["按轻重分_轻工业", "按轻重分_重工业"]
