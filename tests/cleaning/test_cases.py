"""Small tables of the shapes that bureaus publish and that were once misread."""

from __future__ import annotations

import json
import tomllib
from math import isclose
from pathlib import Path

import pytest
from openpyxl import Workbook

from parkanalysis.cleaning import read_table
from parkanalysis.cleaning.sheets import read_grid
from parkanalysis.errors import InputError

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "table_cases.jsonl").read_text("utf-8").splitlines()]
KEY = ["item", "parent", "period", "variable", "base"]


VARIANTS = [json.loads(line) for line in (HERE / "table_variants.jsonl").read_text("utf-8").splitlines()]
BUREAU = tomllib.loads((HERE / "bureau_tables.toml").read_text("utf-8"))["table"]


def cell(text):
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text or None


def write(folder, case):
    if case["format"] == "html":
        path = folder / "table.html"
        path.write_text(f"<html><body>{case['text']}</body></html>", "utf-8")
        return path
    book = Workbook()
    for row in case["text"].split("\n"):
        book.active.append([cell(text) for text in row.split("\t")])
    for area in case["merge"]:
        book.active.merge_cells(area)
    book.save(folder / "table.xlsx")
    return folder / "table.xlsx"


def rows_of(table, item):
    """Rows of the frame, and of the totals where the item stands there."""
    frame = table.frame[table.frame["item"] == item]
    return frame if len(frame) else table.totals[table.totals["item"] == item]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"])
def test_table_cases(tmp_path, case):
    path, expected = write(tmp_path, case), case["expected"]
    if any(key.startswith("refused") for key in expected):
        with pytest.raises(InputError):
            read_table(path)
        return
    table = read_table(path)
    assert not table.frame.duplicated(KEY).any()
    for item, fields in expected.items():
        if not isinstance(fields, dict):
            continue
        rows = rows_of(table, item)
        for name, wanted in fields.items():
            found = rows[name].drop_duplicates().tolist()
            assert set(wanted if isinstance(wanted, list) else [wanted]) <= set(found), (item, name)


def test_cases_said_in_words(tmp_path):
    by_kind = {case["kind"].removeprefix("table: "): case for case in CASES}

    def read(kind):
        return read_table(write(tmp_path, by_kind[kind]))

    bases = read("index bases dropped: two series under one key").frame["base"]
    assert set(bases) == {"上年=100", "1978年=100"}
    frame = read("资产 / 总计 over two head rows leaves the frame as a total").frame
    assert set(frame["variable"]) == {"资产总计", "负债合计", "营业收入"}
    totals = read("其中 twice under one whole: a right table refused").totals
    assert (totals["parent"] == "总人口").all()
    assert (totals["kind"] == "of_which").all()
    unchanged = rows_of(read("words in a growth column refuse the table"), "原油").iloc[1]
    assert (unchanged["value"], unchanged["status"]) == (0, "unchanged")
    items = read("'-' in a unit row of a data service's export refuses the table").frame["item"]
    assert set(items) == {"GDP_累计", "出厂价格指数_当期"}
    assert set(read("the measure stands in the title only: variable is value").frame["variable"]) == {
        "地区生产总值"
    }


@pytest.mark.parametrize("case", [*BUREAU, *VARIANTS], ids=lambda case: case["name"])
def test_tables_as_bureaus_publish_them(tmp_path, case):
    path = write(tmp_path, {"format": "xlsx", "merge": [], **case, "text": case["text"].strip("\n")})
    if "refused" in case:
        with pytest.raises(InputError, match=case["refused"]):
            read_table(path)
        return
    table = read_table(path)
    frame, totals = table.frame, table.totals
    assert not frame.duplicated(KEY).any()
    for item, parent, period, variable, value, unit, *base in case["expect"]:
        wanted = {"item": item, "parent": parent, "period": period, "variable": variable, "unit": unit}
        wanted |= {"base": base[0]} if base else {}
        rows = frame.loc[(frame[list(wanted)] == list(wanted.values())).all(axis=1), "value"]
        assert any(isclose(found, value) for found in rows), wanted
    if case.get("complete"):
        assert frame["value"].notna().sum() == len(case["expect"])
    parts = set(zip(totals["item"], totals["parent"], strict=True))
    assert {tuple(part) for part in case.get("parts", [])} <= parts
    assert not (totals["verdict"] == "differs").any()
    # every cell with content is a figure, or named as what else it is
    own = [text for row in read_grid(path).own for text in row.values()]
    figures = {(f.row, f.column) for part in (frame, totals) for f in part.itertuples() if f.printed}
    assert sum(table.cells.values()) == len(own)
    assert table.cells["value"] == len(figures)
