"""Work reports and communiqués (txt, md, docx, html, pdf): their text, and their tables apart from it."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from parkanalysis.cleaning.files import MAX_BYTES, MAX_UNPACKED, decode, read_bytes
from parkanalysis.cleaning.sheets import Draft, Grid, html_grid, html_tables, parse_html
from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities import normalize

MAX_STREAM = 16_000_000
"""Largest stream of a PDF that is no image, once unpacked."""

MAX_TEXT = 2_000_000
"""Most characters of a report; a thousand printed pages have half of it."""

MAX_SPAN = 1_000
"""Most columns over which one cell of a docx table may reach."""

_KINDS = "txt, md, docx, html or pdf"
_TEXT = (".txt", ".md", ".markdown")
_HTML = (".html", ".htm", ".xhtml")
_MAGIC = {b"%PDF": ".pdf", b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".doc"}
_ELSEWHERE = {
    ".doc": "a Word 97-2003 document",
    ".wps": "a WPS document",
    ".ofd": "an OFD document",
    ".rtf": "an RTF document",
}


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes
    ----------
    name : str
    text : str
        One paragraph a line, without the tables.
    tables : tuple of Grid
        In the order of the document, under the lines that stand above them.
    """

    name: str
    text: str
    tables: tuple[Grid, ...] = ()


def read_document(path: str | Path) -> Document:
    """Read a report.

    Parameters
    ----------
    path : str or Path
        A txt, md, docx, html or pdf file; text in UTF-8, UTF-16 or GB 18030.

    Raises
    ------
    InputError
        When the file is missing, empty, too large, binary, encrypted, damaged or of another kind, or when
        its text layer holds no characters.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    suffix = path.suffix.lower()
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    if found == ".doc" or suffix in _ELSEWHERE:
        what = _ELSEWHERE.get(suffix, _ELSEWHERE[".doc"])
        raise _problem(path, what, f"{_KINDS}: open it in its own program and save it as docx or PDF")
    if suffix in (".pdf", ".docx") and found != suffix:
        raise _problem(path, f"a {suffix} file that does not begin like one", f"a real {suffix} file")
    if suffix in _TEXT:
        document = _text(path, data)
    elif suffix in _HTML:
        document = _html(path, data)
    elif suffix == ".docx":
        document = _docx(path, data)
    elif suffix == ".pdf":
        document = _pdf(path, data)
    else:
        raise _problem(path, f"a file named {suffix or 'without a suffix'}", _KINDS)
    if len(document.text) > MAX_TEXT:
        raise _problem(path, f"{len(document.text):,} characters of text", f"at most {MAX_TEXT:,}")
    if not document.text.strip() and not document.tables:
        raise _problem(path, "no text (a scan has none)", "a document with text")
    return document


def _problem(path: Path, found: str, allowed: str) -> InputError:
    return InputError(Problem(path.name, found, allowed))


def _plain(path: Path, data: bytes) -> str:
    return decode(path.name, data)[0].replace("\r\n", "\n").replace("\r", "\n")


def _text(path: Path, data: bytes) -> Document:
    """Text whose lines of cells between bars are tables (| 指标 | 2015年 |)."""
    lines: list[str] = []
    grids: list[Grid] = []
    for barred, run in groupby(_plain(path, data).split("\n"), key=lambda line: line.count("|") > 1):
        if not barred:
            lines += run
            continue
        rows = [line.strip().strip("|").split("|") for line in run]
        rows = [row for row in rows if not re.fullmatch(r"[-: ]*", "".join(row))]
        if len(rows) > 1:
            grids.append(_filled(path, rows, _title(lines)))
        else:
            lines += [" ".join(row) for row in rows]
    return Document(path.name, "\n".join(lines), tuple(grids))


# --- html ---

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "table",
        "section",
        "article",
        "blockquote",
    ]
)


def _html(path: Path, data: bytes) -> Document:
    root = parse_html(path.name, _plain(path, data))
    for element in root.xpath("//script|//style|//noscript|//template"):
        element.drop_tree()
    tables = html_tables(root)
    grids = [html_grid(path.name, table) for table in tables if table.text_content().strip()]
    for table in tables:
        table.drop_tree()
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
        elif element.tag in ("td", "th"):
            element.tail = " " + (element.tail or "")
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in root.text_content().splitlines())
    return Document(path.name, "\n".join(line for line in lines if line), tuple(grids))


# --- docx ---


def _docx(path: Path, data: bytes) -> Document:
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > MAX_UNPACKED:
                found = f"{unpacked / 1e6:.0f} MB once unpacked"
                raise _problem(path, found, f"at most {MAX_UNPACKED / 1e6:.0f} MB")
            with archive.open("word/document.xml") as stream:
                content = stream.read(MAX_UNPACKED + 1)
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except KeyError:
        raise _problem(path, "a zip archive without a Word document in it", "a docx file") from None
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, RuntimeError, EOFError, OSError) as error:
        raise _problem(path, f"a damaged docx ({error})", "a whole docx file") from None
    lines: list[str] = []
    grids: list[Grid] = []
    for block in _word_blocks(root):
        if _tag(block) == "p":
            lines += [line for line in _word_text(block).splitlines() if line.strip()]
            continue
        rows = [row for row in block if _tag(row) == "tr"]
        if len(rows) > 1 and max(sum(_tag(cell) == "tc" for cell in row) for row in rows) > 1:
            grids.append(_word_table(path, rows, _title(lines)))
        else:  # a frame around a text
            lines += [
                " ".join(_word_text(cell).strip() for cell in row if _tag(cell) == "tc") for row in rows
            ]
    return Document(path.name, "\n".join(line.strip() for line in lines if line.strip()), tuple(grids))


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _word_blocks(element: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in order, whatever wraps them."""
    for child in element:
        if _tag(child) in ("p", "tbl"):
            yield child
        elif _tag(child) in ("body", "sdt", "sdtContent", "customXml", "ins"):
            yield from _word_blocks(child)


_WORD_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "p": "\n"}


def _word_text(element: Any) -> str:
    pieces = []
    for child in element.iter():
        tag = _tag(child)
        if tag == "t" and child.text:
            pieces.append(child.text)
        elif tag in _WORD_MARKS and child is not element:
            pieces.append(_WORD_MARKS[tag])
    return "".join(pieces)


def _word_table(path: Path, rows: list[Any], title: list[str]) -> Grid:
    draft = Draft()
    for r, line in enumerate(title):
        draft.cells[r, 0] = line
    for r, row in enumerate(rows, start=len(title)):
        c = 0
        for cell in (cell for cell in row if _tag(cell) == "tc"):
            marks = {
                _tag(mark): _value(mark) for mark in chain.from_iterable(p for p in cell if _tag(p) == "tcPr")
            }
            span = int(marks.get("gridSpan") or 1)
            if not 1 <= span <= MAX_SPAN:
                raise _problem(path, f"a cell over {span:,} columns", f"at most {MAX_SPAN:,} columns")
            draft.cells[r, c] = re.sub(r"\s*\n\s*", "", _word_text(cell).strip())
            if "vMerge" in marks and marks["vMerge"] != "restart":
                draft.cells[r, c] = draft.cells.get((r - 1, c), "")
                draft.covered.add((r, c))
            draft.merge(r, c, r, c + span - 1)
            c += span
    return draft.grid(path.name)


def _value(element: Any) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == "val"), "")


def _title(lines: list[str]) -> list[str]:
    """Return the last lines above a table that are its title or its unit, not prose."""
    title: list[str] = []
    for line in reversed(lines[-3:]):
        if len(line) > 60 or re.search(r"[。；]", line):
            break
        title.insert(0, line.strip())
    return title


# --- pdf ---


def _pdf(path: Path, data: bytes) -> Document:
    try:
        import pdfplumber
    except ImportError:
        raise _problem(
            path, "no pdfplumber to read it with", "pip install 'parkanalysis[documents]'"
        ) from None
    lines: list[str] = []
    grids: list[Grid] = []
    try:
        with _bounded(path), pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages:
                for table in page.find_tables():
                    rows = table.extract()
                    if len(rows) > 1 and len(rows[0]) > 1:
                        above = page.crop((0, 0, page.width, max(table.bbox[1], 1))).extract_text() or ""
                        title = _title(above.translate(_RADICALS).splitlines())
                        cells = [[cell or "" for cell in row] for row in rows]
                        grids.append(_filled(path, cells, title))
                        page = page.outside_bbox(table.bbox)
                lines += (page.extract_text() or "").splitlines()
                page.close()
    except InputError:
        raise
    except Exception as error:  # pdfminer lets out whatever a damaged file provokes, ours within its own
        for refused in error.args:
            if isinstance(refused, InputError):
                raise refused from None
        found = f"a damaged or locked PDF ({type(error).__name__})"
        raise _problem(path, found, "a PDF with text") from error
    text = "\n".join(lines).translate(_RADICALS)
    if text.count("(cid:") * 20 > len(text) / 20 and text.count("(cid:") > 2:
        found = "a text layer that holds no characters ((cid:…))"
        raise _problem(
            path, found, "a PDF printed anew with its fonts, its docx, or its text recognised by OCR"
        )
    return Document(path.name, join_wrapped(text), tuple(grids))


def _filled(path: Path, rows: list[list[str]], title: list[str]) -> Grid:
    draft = Draft(cells={(r, 0): line for r, line in enumerate(title)})
    for r, row in enumerate(rows, start=len(title)):
        texts = (cell.replace("\n", "").translate(_RADICALS).strip() for cell in row)
        draft.cells.update({(r, c): text for c, text in enumerate(texts)})
    return draft.grid(path.name)


class _Unpacker:
    """Stands in for zlib where pdfminer unpacks streams: the same, in bounded memory."""

    error = zlib.error
    decompressobj = staticmethod(zlib.decompressobj)

    def __init__(self, path: Path) -> None:
        self.path, self.total = path, 0

    def decompress(self, packed: bytes) -> bytes:
        content = zlib.decompressobj().decompress(packed, MAX_STREAM + 1)
        self.total += len(content)
        if len(content) > MAX_STREAM or self.total > MAX_UNPACKED:
            allowed = f"at most {MAX_STREAM / 1e6:.0f} MB each, {MAX_UNPACKED / 1e6:.0f} MB in all"
            raise _problem(self.path, "a stream that unpacks to more", allowed)
        return content


@contextlib.contextmanager
def _bounded(path: Path) -> Iterator[None]:
    """Refuse a bomb while pdfminer unpacks it; images, which no text needs, stay packed."""
    from pdfminer import pdftypes

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of each font without a box
    before = vars(pdftypes)["zlib"]
    vars(pdftypes)["zlib"] = _Unpacker(path)
    try:
        yield
    finally:
        vars(pdftypes)["zlib"] = before


# radicals that browsers print in place of the characters: ⼈ for 人
_RADICALS = {code: normalize(chr(code)) for code in range(0x2E80, 0x2FE0)}
_WRAP = re.compile(
    r"(?<!公报)(?<!报告)(?<!总结)"  # a title ends its line
    r"(?<=[\u3400-\u9fff，、；：（“《\d.])\n(?=[\u3400-\u9fff，。、；：）”》\d%])"
    r"(?![一二三四五六七八九十]{1,3}、|（|\d{1,2}(?:、|\.(?!\d)))"
)


def join_wrapped(text: str) -> str:
    """Join the lines that a page breaks in the middle of a sentence."""
    return _WRAP.sub("", text)
