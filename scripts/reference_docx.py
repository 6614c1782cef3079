# ruff: noqa: E501  (XML reads better unbroken)
"""Write the Word style sheets that pandoc takes over: report/templates/reference_{zh,en}.docx.

Chinese follows GB/T 9704-2012 (layout of official documents of Party and government): A4, margins 37, 35, 28
and 26 mm, 22 lines of 28 pt a page, title in Xiaobiaosong size 2 (22 pt), text in Fangsong size 3 (16 pt),
first-level headings in Heiti, second-level in Kaiti, page number in Songti size 4 between dashes.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "parkanalysis" / "report" / "templates"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TWIPS_PER_MM = 1440 / 25.4


@dataclass(frozen=True)
class Style:
    """A paragraph style: font, size in points, and how its lines stand."""

    name: str
    font: str
    size: float
    based: str = "Normal"
    bold: bool = False
    align: str = "both"
    line: float = 0.0  # points, exact; 0 is single
    indent: int = 0  # of the first line, in hundredths of a character
    before: float = 0.0
    after: float = 0.0
    level: int = -1  # of the outline
    keep: bool = False  # with the next paragraph


@dataclass(frozen=True)
class Sheet:
    """One language: the styles, margins in mm (top, bottom, left, right), the page number."""

    styles: tuple[Style, ...]
    margins: tuple[float, float, float, float]
    number: tuple[str, float, str]  # font, size, what stands on either side
    language: str  # of Latin letters and digits: as Chinese they would be broken anywhere


def chinese() -> Sheet:
    song, body, hei, kai = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312"
    text = {"font": body, "size": 16, "line": 28}
    return Sheet(
        styles=(
            Style("Normal", body, 16, based="", line=28),
            Style("Body Text", **text, indent=200),
            Style("First Paragraph", **text, based="Body Text", indent=200),
            Style("Compact", body, 12, align="left", line=18),
            Style("Title", "方正小标宋简体", 22, align="center", line=35, after=28),
            Style("Subtitle", kai, 16, align="center", line=28, after=14),
            Style("Date", kai, 16, align="center", line=28, after=28),
            Style("Heading 1", hei, 16, align="left", line=28, indent=200, level=0, keep=True),
            Style("Heading 2", kai, 16, align="left", line=28, indent=200, level=1, keep=True),
            Style("Heading 3", body, 16, bold=True, align="left", line=28, indent=200, level=2, keep=True),
            Style("Caption", body, 16, align="center", line=28, keep=True),
            Style("Table Caption", body, 16, based="Caption", align="center", line=28, keep=True),
            Style("Image Caption", body, 16, align="center", line=28),
            Style("Figure", body, 12, align="center"),
            Style("Captioned Figure", body, 12, based="Figure", align="center", keep=True),
        ),
        margins=(37, 35, 28, 26),
        number=(song, 14, "—"),
        language="en-US",
    )


def english() -> Sheet:
    serif = "Georgia"
    return Sheet(
        styles=(
            Style("Normal", serif, 11, based="", line=15),
            Style("Body Text", serif, 11, align="left", line=15, after=6),
            Style("First Paragraph", serif, 11, based="Body Text", align="left", line=15, after=6),
            Style("Compact", serif, 9.5, align="left", line=12.5),
            Style("Title", serif, 20, bold=True, align="left", line=25, after=6),
            Style("Subtitle", serif, 12, align="left", line=16, after=6),
            Style("Date", serif, 11, align="left", line=15, after=14),
            Style(
                "Heading 1",
                serif,
                14,
                bold=True,
                align="left",
                line=18,
                before=14,
                after=4,
                level=0,
                keep=True,
            ),
            Style(
                "Heading 2",
                serif,
                12,
                bold=True,
                align="left",
                line=16,
                before=10,
                after=3,
                level=1,
                keep=True,
            ),
            Style(
                "Heading 3",
                serif,
                11,
                bold=True,
                align="left",
                line=15,
                before=8,
                after=2,
                level=2,
                keep=True,
            ),
            Style("Caption", serif, 9.5, align="left", line=13, before=6, after=3, keep=True),
            Style("Table Caption", serif, 9.5, based="Caption", align="left", line=13, before=6, keep=True),
            Style("Image Caption", serif, 9.5, based="Caption", align="left", line=13, after=6),
            Style("Figure", serif, 9.5, align="left"),
            Style("Captioned Figure", serif, 9.5, based="Figure", align="left", keep=True),
        ),
        margins=(25, 22, 25, 25),
        number=(serif, 9.5, ""),
        language="en-GB",
    )


def fonts(font: str) -> str:
    return f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}" w:eastAsia="{font}"/>'


def style_xml(style: Style) -> str:
    key = style.name.replace(" ", "")
    default = ' w:default="1"' if key == "Normal" else ""
    based = f'<w:basedOn w:val="{style.based.replace(" ", "")}"/>' if style.based else ""
    line = (
        f' w:line="{style.line * 20:g}" w:lineRule="exact"'
        if style.line
        else ' w:line="240" w:lineRule="auto"'
    )
    spacing = f'<w:spacing w:before="{style.before * 20:g}" w:after="{style.after * 20:g}"{line}/>'
    indent = f'<w:ind w:firstLineChars="{style.indent}" w:firstLine="{style.indent * style.size / 5:g}"/>'
    level = f'<w:outlineLvl w:val="{style.level}"/>' if style.level >= 0 else ""
    keep = "<w:keepNext/><w:keepLines/>" if style.keep else ""
    size = f'<w:sz w:val="{style.size * 2:g}"/><w:szCs w:val="{style.size * 2:g}"/>'
    bold = "<w:b/>" if style.bold else '<w:b w:val="0"/>'
    return (
        f'<w:style w:type="paragraph"{default} w:styleId="{key}"><w:name w:val="{style.name}"/>{based}<w:qFormat/>'
        f'<w:pPr>{keep}<w:widowControl/><w:snapToGrid w:val="0"/>{spacing}{indent if style.indent else ""}'
        f'<w:jc w:val="{style.align}"/>{level}</w:pPr>'
        f"<w:rPr>{fonts(style.font)}{bold}{size}</w:rPr></w:style>"
    )


def styles_xml(sheet: Sheet) -> str:
    body = sheet.styles[0]
    edges = "".join(
        f'<w:{e} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for e in ("top", "bottom", "insideH")
    )
    table = (
        '<w:style w:type="table" w:default="1" w:styleId="Table"><w:name w:val="Table"/><w:qFormat/>'
        f'<w:tblPr><w:tblBorders>{edges}</w:tblBorders><w:tblCellMar><w:left w:w="60" w:type="dxa"/>'
        '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "<w:trPr><w:cantSplit/></w:trPr>"
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:trPr><w:tblHeader/></w:trPr></w:tblStylePr></w:style>'
    )
    link = (
        '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/>'
        '<w:rPr><w:color w:val="000000"/><w:u w:val="single"/></w:rPr></w:style>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault>'
        f"<w:rPr>{fonts(body.font)}"
        f'<w:lang w:val="{sheet.language}" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
        + "".join(style_xml(s) for s in sheet.styles)
        + table
        + link
        + "</w:styles>"
    )


def footer_xml(sheet: Sheet) -> str:
    font, size, dash = sheet.number
    look = f'<w:rPr>{fonts(font)}<w:sz w:val="{size * 2:g}"/></w:rPr>'

    def run(inner: str) -> str:
        return f"<w:r>{look}{inner}</w:r>"

    def text(words: str) -> str:
        return run(f'<w:t xml:space="preserve">{words}</w:t>') if words else ""

    field = "".join(
        run(x)
        for x in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    before, after = (f"{dash} ", f" {dash}") if dash else ("", "")
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:ftr xmlns:w="{W}"><w:p><w:pPr>'
        f'<w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="center"/></w:pPr>'
        f"{text(before)}{field}{text(after)}</w:p></w:ftr>"
    )


def document_xml(sheet: Sheet) -> str:
    top, bottom, left, right = (round(m * TWIPS_PER_MM) for m in sheet.margins)
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>'
        '<w:p><w:pPr><w:pStyle w:val="BodyText"/></w:pPr></w:p>'
        '<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
        f'<w:pgMar w:top="{top}" w:bottom="{bottom}" w:left="{left}" w:right="{right}" w:header="851" w:footer="1587" '
        'w:gutter="0"/></w:sectPr></w:body></w:document>'
    )


def parts(sheet: Sheet) -> dict[str, str]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    kinds = {"document": "document.main", "styles": "styles", "footer1": "footer"}
    types = "".join(
        f'<Override PartName="/word/{n}.xml" ContentType="{MIME}.{k}+xml"/>' for n, k in kinds.items()
    )
    return {
        "[Content_Types].xml": f'{head}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'{head}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{R}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId2" Type="{R}/footer" Target="footer1.xml"/></Relationships>',
        "word/document.xml": document_xml(sheet),
        "word/styles.xml": styles_xml(sheet),
        "word/footer1.xml": footer_xml(sheet),
    }


def main() -> None:
    for lang, sheet in (("zh", chinese()), ("en", english())):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts(sheet).items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        (TARGET / f"reference_{lang}.docx").write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main()
