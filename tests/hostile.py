"""A park whose every text is hostile: markup, scripts, links, formulas, paths, marks that turn text."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from parkfiles import copy_park

MARK = "window.hurt=1"
PAYLOADS = (
    f"<script>{MARK}</script>",
    f'"><img src=x onerror="{MARK}">',
    f"</title></style></pre><svg onload={MARK}>",
    f"[click](javascript:{MARK})",
    f"![x](data:text/html,<script>{MARK}</script>)",
    f"<a href='javascript:{MARK}'>a</a>",
    f'=HYPERLINK("javascript:{MARK}",1)',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-->]]><!-- {{ 7 * 7 }} {% raw %} ${7*7} `id` $(id) %s {0}",
    "$\\href{javascript:window.hurt=1}{x}$ \\(x\\)",
    "../../../etc/passwd",
    "\u202egnp.exe\u2066\u200b\u200d\ufeff",
    "園區 🏭 " + "長" * 300,
)
ADDRESSES = (
    f"javascript:{MARK}",
    f"JaVaScRiPt:{MARK}//",
    f" javascript:{MARK}",
    f"data:text/html,<script>{MARK}</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    f'https://a.example/"onmouseover="{MARK}',
    f"https://a.example/'><script>{MARK}</script>",
    "//evil.example/x",
)
TEXTS = {
    "figures": ("place", "subject", "variable", "note"),
    "levers": ("group", "name_zh", "name_en", "note"),
    "history": ("published_rule",),
    "value_added_rates": ("table", "sector", "note"),
    "sources": ("title", "publisher", "note"),
}


def hostile_park(folder: Path) -> Path:
    """The template with a payload in every text of every file and in the address of every source."""
    zone = copy_park(folder)
    place = 0
    for table, columns in TEXTS.items():
        file = zone / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        if table == "sources":
            rows += [[f"source_{i}", *rows[0][1:]] for i in range(len(ADDRESSES))]
        for i, row in enumerate(rows):
            for column in columns:
                if column in header:
                    row[header.index(column)] = PAYLOADS[place % len(PAYLOADS)]
                    place += 1
            if table == "sources":
                row[header.index("url")] = ADDRESSES[i % len(ADDRESSES)]
            elif table == "figures" and i < len(ADDRESSES):
                row[header.index("source")] = f"source_{i}"
            elif table == "levers" and i < len(ADDRESSES):
                row[header.index("source")] = f"source_{len(ADDRESSES) - 1 - i}"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    for file in (zone / "park.yml", *(zone / "scenarios").glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        counter = iter(range(10_000))

        def payload(found: re.Match[str]) -> str:
            both = [json.dumps(PAYLOADS[next(counter) % len(PAYLOADS)], ensure_ascii=False) for _ in "ab"]  # noqa: B023
            return f"{found.group(1)}: {{zh: {both[0]}, en: {both[1]}}}"

        file.write_text(
            re.sub(r"(name|title|description): (\{.*?\}|[^\n#]+)", payload, text), encoding="utf-8"
        )
    with (zone / "park.yml").open("a", encoding="utf-8") as stream:
        for i, text in enumerate(PAYLOADS):
            label = json.dumps(text, ensure_ascii=False)
            stream.write("checks:\n" if i == 0 else "")
            stream.write(
                f"  c_{i}: {{name: {label}, note: {label}, stated: output_steel_2024, "
                "computed: output_machinery_2024}\n"
            )
    return zone
