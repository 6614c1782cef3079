"""Files that are no table: each refused with a message that names the place, nothing unpacked unbounded."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from parkanalysis.cleaning.files import MAX_BYTES, MAX_UNPACKED
from parkanalysis.cleaning.sheets import MAX_CELLS
from parkanalysis.cleaning.table import read_table
from parkanalysis.errors import InputError

FIXTURES = Path(__file__).parent / "tables"


def refused(path: Path, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        read_table(path, **options)
    assert all(problem.allowed and problem.found for problem in caught.value.problems)
    return caught.value


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def workbook(rows=(("企业", "产值(万元)"), ("华锦", 10), ("广铝", 5))) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def packed(
    book: Workbook, replace: dict[str, str] | None = None, add: dict[str, bytes] | None = None
) -> bytes:
    """Save a workbook, then replace text in its parts and add parts."""
    plain, out = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            for old, new in (replace or {}).items():
                data = data.replace(old.encode(), new.encode())
            target.writestr(name, data)
        for name, data in (add or {}).items():
            target.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "empty file"),
        ("\ufeff  \n \n", "empty"),
        (bytes(range(256)) * 10, "binary"),
        (b"%PDF-1.7\n\x00\x01\x02\x03", "binary"),
        ("\n".join(["企业,产值", "华锦铝业,10"] * 20).encode("big5", "replace"), "neither UTF-8 nor GB18030"),
        ("Société,Énergie\nÉnergie électrique,10\n".encode("latin-1"), "neither UTF-8 nor GB18030"),
        ("企业,产值\n华锦,10\n".encode()[:-4] + b"\xff\xff", "neither UTF-8 nor GB18030"),
        ("企业,产值\n\ufffd\ufffd,10\n", "lost"),
        ("华锦,10.5,1\n广铝,5,2\n", "without header"),
        ("注：无数据\n", "no row of figures"),
        ("企业,产值\n", "no row of figures"),
        ("单位：万元\n企业,产值\n甲,1\n\n表2\n企业,人数\n甲,2\n", "second table"),
        ("企业,产值\n甲,1\n注：初步数\n\n乙,2\n丙,3\n", "second table"),
        ("企业,产值(万元),,企业,产值(万元)\n甲,1,,丙,3\n乙,2,,丁,4\n", "second table"),
        ("单位：万元\n企业,产值\n甲,1.2.3\n", "1.2.3"),
        ("单位：万元\n企业,产值\n甲,约10\n乙,1\n", "约10"),
        ("单位：万元\n企业,产值\n甲,5万元\n乙,3亿元\n", "mixed units"),
        ("企业,产值\n甲,5万元\n乙,3\n", "mixed units"),
        ("产品,产量（万吨）\n水泥,5\n电（亿千瓦时）,3\n", "mixed units"),
        ("单位：万元、吨\n企业,甲,乙\n华锦,1,2\n", "several"),
        ("单位：蒲式耳\n企业,产量\n华锦,1\n", "蒲式耳"),
        ("企业,产值(万元)\n甲,10.5\n乙,5.0\n合计,16.5\n", "16"),
        ("企业,产值(万元)\n甲,10.5\n其中：乙,15.0\n", "其中|乙"),
        ("指标,本月\n产值(万元),10.5\n", "本月"),
        ('企业,产值\n"甲,1\n' + "x" * 200_000, "malformed CSV|no row"),
    ],
)
def test_refused_text(file, content, found):
    assert refused(file(content)).args
    with pytest.raises(InputError, match=found):
        read_table(file(content))


def test_all_problems_at_once(file):
    error = refused(file("单位：万元\n企业,产值,利润\n甲,1.2.3,x1\n乙,5,1\n丙,3亿元,1\n合计,5,9\n"))
    assert {(p.row, p.column) for p in error.problems} >= {(3, "B"), (3, "C"), (5, "B")}
    assert all(p.file == "table.csv" for p in error.problems)


def test_within_rounding_is_no_error(file):
    table = read_table(file("企业,产值(万元)\n甲,3.3\n乙,3.3\n丙,3.3\n合计,10.0\n"))
    assert table.totals["verdict"].tolist() == ["holds"]
    refused(file("企业,产值(万元)\n甲,3.3\n乙,3.3\n丙,3.3\n合计,10.2\n"))


def test_missing_file(tmp_path):
    assert "no such file" in str(refused(tmp_path / "none.csv"))


def test_large_file_is_not_read(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    tracemalloc.start()
    error = refused(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert f"{MAX_BYTES:,}" in str(error)


def test_many_cells(file):
    assert f"{MAX_CELLS:,}" in str(refused(file("a,b\n" + "1,2,3,4,5,6,7,8,9,0\n" * (MAX_CELLS // 10 + 1))))


def bomb(declared: int | None = None) -> bytes:
    """Build an xlsx of a few hundred kB of which one sheet unpacks to twice the limit."""
    size = 2 * MAX_UNPACKED
    sheet = b'<worksheet xmlns="x"><sheetData>' + b" " * size
    data = packed(workbook(), add={"xl/worksheets/sheet9.xml": sheet})
    if declared is None:
        return data
    real = len(sheet).to_bytes(4, "little")
    assert data.count(real) >= 2
    return data.replace(real, declared.to_bytes(4, "little"))


@pytest.mark.parametrize("declared", [None, 1000])
def test_zip_bomb(file, declared):
    path = file(bomb(declared), "bomb.xlsx")
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    error = refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
    assert "unpack" in str(error) or "damaged" in str(error)


@pytest.mark.parametrize(
    "sheet",
    [
        '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        '<mergeCells count="1"><mergeCell ref="&#65;1:XFD1048576"/></mergeCells>',
        '<mergeCells count="1"><mergeCell ref="A:XFD"/></mergeCells>',
    ],
)
def test_merged_area_bomb(file, sheet):
    data = packed(workbook(), {"</sheetData>": "</sheetData>" + sheet})
    assert "cells" in str(refused(file(data, "merged.xlsx")))


def test_far_cell(file):
    data = packed(workbook(), {'r="B3"': 'r="XFD1048576"'})
    assert "area of" in str(refused(file(data, "far.xlsx")))


def test_entity_bomb(file):
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'
    data = packed(workbook(), {"<worksheet": laughs})
    assert "document type" in str(refused(file(data, "laughs.xlsx")))


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("xl/vbaProject.bin", "macro"),
        ("xl/macrosheets/sheet1.xml", "macro"),
        ("xl/externalLinks/externalLink1.xml", "external link"),
        ("xl/connections.xml", "external data connection"),
        ("xl/embeddings/oleObject1.bin", "embedded"),
    ],
)
def test_active_workbook(file, part, found):
    assert found in str(refused(file(packed(workbook(), add={part: b"<x/>"}), "active.xlsx")))


def test_hyperlink_is_harmless(file):
    book = workbook()
    book.active["A2"].hyperlink = "https://example.org/"
    assert len(read_table(file(packed(book), "link.xlsx")).frame) == 2


def test_formula_without_value(file):
    book = workbook((("企业", "产值(万元)"), ("华锦", 10), ("合计", "=SUM(B2:B2)")))
    problem = refused(file(packed(book), "formula.xlsx")).problems[0]
    assert (problem.row, problem.column) == (3, "B")
    assert "=SUM(B2:B2)" in problem.found


def test_zip_that_is_no_workbook(file):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no workbook" in str(refused(file(out.getvalue(), "table.xlsx")))
    assert "damaged" in str(refused(file(out.getvalue()[:-30], "table.xlsx")))


def test_encrypted_and_odd_compression(file):
    data = bytearray(packed(workbook()))
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    assert "password" in str(refused(file(bytes(data), "locked.xlsx")))
    data[start + 8] &= 0xFE
    data[start + 10] = 14
    assert "compression" in str(refused(file(bytes(data), "lzma.xlsx")))


def test_old_workbook_with_macro_or_damage(file):
    data = (FIXTURES / "yearbook.xls").read_bytes()
    assert "macro" in str(refused(file(data + "_VBA_PROJECT".encode("utf-16-le"), "macro.xls")))
    assert "password" in str(refused(file(data + "EncryptedPackage".encode("utf-16-le"), "locked.xls")))
    assert "damaged" in str(refused(file(data[:1500], "cut.xls")))


def test_sheet_must_be_named(file):
    book = workbook()
    book.create_sheet("人数")
    for row in (("企业", "人数"), ("华锦", 100)):
        book["人数"].append(row)
    path = file(packed(book), "two.xlsx")
    assert "2 sheets" in str(refused(path))
    assert read_table(path, "人数").frame["value"].tolist() == [100.0]
    assert read_table(path, 2).frame["unit"].tolist() == ["count"]
    assert refused(path, sheet="Sheets").problems[0].nearest == "Sheet"


def test_no_warning_leaks_from_a_styled_workbook(file):
    extension = '</sheetData><extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>'
    table = read_table(file(packed(workbook(), {"</sheetData>": extension}), "odd.xlsx"))
    assert len(table.frame) == 2


def test_wide_html_spans(file):
    page = "<table><tr><th>a<th>b</tr>" + "<tr><td rowspan=1000 colspan=1000>x</td></tr>" * 3 + "</table>"
    assert "cells" in str(refused(file(page, "spans.html")))
    assert "no" in str(refused(file("<html><p>nothing</p></html>", "none.html")))


PLAIN_XLSX = packed(workbook())
PLAIN_XLS = (FIXTURES / "yearbook.xls").read_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_workbooks_never_end_in_a_traceback(tmp_path, data):
    plain = data.draw(st.sampled_from([PLAIN_XLSX, PLAIN_XLS]))
    damaged = bytearray(plain)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(4, len(plain) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(bytes(damaged))
    with suppress(InputError):
        read_table(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "企业",
                    "2015",
                    "2015年",
                    "1-6月",
                    "合计",
                    "其中：甲",
                    "　乙",
                    "1.5",
                    "３％",
                    "—",
                    "…",
                    "#",
                    "",
                    "单位：万元",
                    "注：x",
                    "万元",
                    "增速(%)",
                    "5亿元",
                    "1.2.3",
                    "本月",
                    "续表",
                    "小计",
                ]
            ),
            max_size=5,
        ),
        max_size=8,
    )
)
def test_any_grid_gives_a_table_or_one_error(tmp_path, rows):
    path = tmp_path / "any.csv"
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    with suppress(InputError):
        table = read_table(path)
        places = [*zip(table.frame["row"], table.frame["column"], strict=True)]
        assert len(places) == len(set(places))
        for row, column, printed in table.frame[["row", "column", "printed"]].itertuples(index=False):
            cells = {get_column_letter(n): text.strip() for n, text in enumerate(rows[row - 1], 1)}
            assert cells.get(column, "") == printed


@given(st.binary(min_size=1, max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path, content):
    path = tmp_path / "bytes.csv"
    path.write_bytes(content)
    with suppress(InputError):
        read_table(path)


def test_compressed_size_of_the_bomb_is_real():
    """The bomb test means something only if its content really unpacks past the limit."""
    with zipfile.ZipFile(io.BytesIO(bomb())) as archive, archive.open("xl/worksheets/sheet9.xml") as stream:
        total = checksum = 0
        while chunk := stream.read(1 << 20):
            total, checksum = total + len(chunk), zlib.crc32(chunk, checksum)
    assert total > MAX_UNPACKED
