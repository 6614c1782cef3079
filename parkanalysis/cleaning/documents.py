"""Work reports as text (txt, md, docx, html, pdf), and the draft ledger of their figures."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.quantities.quantities import extract

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEDGER_COLUMNS", "draft_ledger", "read_document"]

LEDGER_COLUMNS = ("figure", "source", "place", "subject", "variable", "period", "quantity", "note")
"""Columns of ``figures.csv``."""

MAX_BYTES = 50_000_000
"""Largest document read."""

MAX_UNPACKED = 200_000_000
"""Largest size of a docx once unpacked; a zip bomb is larger."""

_TEXT = (".txt", ".md", ".markdown")
_HTML = (".html", ".htm", ".xhtml")
_MAGIC = {b"%PDF": ".pdf", b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".doc"}


def read_document(path: str | Path) -> str:
    """Text of a document, one paragraph a line.

    Parameters
    ----------
    path : str or Path
        A txt, md, docx, html or pdf file; text in UTF-8, UTF-16 or GB 18030.

    Returns
    -------
    str

    Raises
    ------
    InputError
        When the file is missing, empty, too large, binary, encrypted, damaged or of another kind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder, "report.html")
    ...     _ = page.write_text("<h1>一、概况</h1><p>产值 26.4 亿元。</p>", encoding="utf-8")
    ...     print(read_document(page))
    一、概况
    产值 26.4 亿元。
    """
    path = Path(path)
    data = _read_bytes(path)
    suffix = path.suffix.lower()
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    if found == ".doc":
        raise _problem(path, "a Word 97–2003 document", "docx; save it anew as docx")
    if suffix in (".pdf", ".docx") and found != suffix:
        raise _problem(path, f"a {suffix} file that does not begin like one", f"a real {suffix} file")
    if suffix in _TEXT:
        text = _decode(path, data)
    elif suffix in _HTML:
        text = _html(path, _decode(path, data, declared=True))
    elif suffix == ".docx":
        text = _docx(path)
    elif suffix == ".pdf":
        text = _pdf(path)
    else:
        raise _problem(path, f"a file named {suffix or 'without a suffix'}", "txt, md, docx, html or pdf")
    if not text.strip():
        raise _problem(path, "no text (a scan has none)", "a document with text")
    return text


def _problem(path: Path, found: str, allowed: str) -> InputError:
    return InputError(Problem(str(path), found, allowed))


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise _problem(path, "no such file" if not path.exists() else "a folder", "an existing file")
    size = path.stat().st_size
    if size == 0:
        raise _problem(path, "an empty file", "a document with text")
    if size > MAX_BYTES:
        raise _problem(path, f"{size / 1e6:.0f} MB", f"at most {MAX_BYTES / 1e6:.0f} MB")
    try:
        return path.read_bytes()
    except OSError as error:
        raise _problem(path, f"a file that cannot be read ({error.strerror})", "a readable file") from error


_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)


def _decode(path: Path, data: bytes, declared: bool = False) -> str:
    """Text of the bytes: BOM, declared charset, UTF-8, GB 18030, in this order."""
    names = ["utf-8-sig", "gb18030"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    elif b"\x00" in data[:4096]:
        raise _problem(path, "a binary file", "text in UTF-8, UTF-16 or GB 18030")
    elif declared and (match := _DECLARED.search(data[:4096])):
        names.insert(0, match[1].decode("ascii"))
    for name in names:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if _readable(text):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise _problem(path, "bytes that are no text in a known encoding", "UTF-8, UTF-16 or GB 18030")


def _readable(text: str) -> bool:
    """Less than one character in a hundred is a control or private one, as in a wrong guess."""
    strange = sum(
        1
        for c in text[:20_000]
        if (c < " " and c not in "\n\r\t\f") or "\ue000" <= c <= "\uf8ff" or c == "\ufffd"
    )
    return strange * 100 <= min(len(text), 20_000)


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


def _html(path: Path, text: str) -> str:
    from lxml import etree, html

    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (etree.ParserError, ValueError) as error:
        raise _problem(path, f"no HTML ({error})", "an HTML page") from error
    for element in root.xpath("//script|//style|//noscript|//template"):
        element.drop_tree()
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
        elif element.tag in ("td", "th"):
            element.tail = " " + (element.tail or "")
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in root.text_content().splitlines())
    return "\n".join(line for line in lines if line)


def _docx(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unpacked = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _problem(path, f"a damaged docx ({error})", "a whole docx file") from error
    if unpacked > MAX_UNPACKED or len(names) > 5_000:
        raise _problem(path, f"{unpacked / 1e6:.0f} MB once unpacked", f"at most {MAX_UNPACKED / 1e6:.0f} MB")
    if "word/document.xml" not in names:
        raise _problem(path, "a zip archive without a Word document in it", "a docx file")
    docx = _optional(path, "docx", "python-docx")
    try:
        document = docx.Document(str(path))
    except Exception as error:
        raise _problem(path, f"a damaged docx ({type(error).__name__})", "a whole docx file") from error
    lines = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            lines += [" ".join(cell.text.strip() for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text.strip())
    return "\n".join(line for line in lines if line)


def _pdf(path: Path) -> str:
    pdfplumber = _optional(path, "pdfplumber", "pdfplumber")
    try:
        with pdfplumber.open(path) as document:
            pages = [page.extract_text() or "" for page in document.pages]
    except Exception as error:
        raise _problem(
            path, f"a damaged or locked PDF ({type(error).__name__})", "a PDF with text"
        ) from error
    return _join_wrapped("\n".join(pages))


def _optional(path: Path, module: str, package: str) -> Any:
    """Import a reader that only some installations hold."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise _problem(
            path, f"no {package} to read it with", "pip install 'parkanalysis[documents]'"
        ) from error


_WRAP = re.compile(
    r"(?<=[\u3400-\u9fff，、；：（“《\d.])\n(?=[\u3400-\u9fff，。、；：）”》\d%])"
    r"(?![一二三四五六七八九十]{1,3}、|（|\d{1,2}(?:、|\.(?!\d)))"
)


def _join_wrapped(text: str) -> str:
    """Join the lines that a page breaks in the middle of a sentence.

    Examples
    --------
    >>> _join_wrapped("工业增加值\\n41.05 亿元。\\n二、工作亮点")
    '工业增加值41.05 亿元。\\n二、工作亮点'
    """
    return _WRAP.sub("", text)


# --- the draft ledger -------------------------------------------------------------------

_CHAPTER = re.compile(r"^[#*\s]*([一二三四五六七八九十]{1,3})、", re.MULTILINE)
_PARAGRAPH = re.compile(r"^[#*\s]*[（(]([一二三四五六七八九十]{1,3})[)）]", re.MULTILINE)


def draft_ledger(text: str, source: str) -> pd.DataFrame:
    """Draft of a park's ``figures.csv`` from its work report, for an analyst to confirm.

    Parameters
    ----------
    text : str
        As :func:`read_document` returns it.
    source : str
        Identifier of the document, e.g. ``work_report_2015``.

    Returns
    -------
    DataFrame
        One row a figure in the order of the text, with the columns of :data:`LEDGER_COLUMNS`:
        a running id, the quantity as printed, the chapter and paragraph where it stands, the
        phrase and the time phrase next to it; ``variable`` is the unit it was read in.

    Examples
    --------
    >>> draft_ledger("一、概况\\n2015 年，产值 26.4 亿元。", "report").iloc[0].tolist()
    ['f001', 'report', '一', '产值', 'CNY', '2015 年', '26.4 亿元', '']
    """
    import pandas as pd

    marks = sorted(
        [(m.start(), 0, m[1]) for m in _CHAPTER.finditer(text)]
        + [(m.start(), 1, m[1]) for m in _PARAGRAPH.finditer(text)]
    )
    mentions = extract(text)
    rows = []
    for index, mention in enumerate(mentions, start=1):
        quantity = mention.quantity
        before = "" if quantity.before is None else f"from {quantity.before:g} {quantity.unit}"
        rows.append(
            (
                f"f{index:03d}",
                source,
                _place(marks, mention.start),
                mention.subject,
                quantity.unit,
                mention.period,
                mention.text,
                f"{quantity.direction or ''} {before}".strip(),
            )
        )
    return pd.DataFrame(rows, columns=list(LEDGER_COLUMNS), dtype="str")


def _place(marks: list[tuple[int, int, str]], position: int) -> str:
    """Chapter and paragraph in force at a position: 一（二）."""
    chapter = paragraph = ""
    for start, level, name in marks:
        if start > position:
            break
        chapter, paragraph = (name, "") if level == 0 else (chapter, name)
    return f"{chapter}（{paragraph}）" if paragraph else chapter
