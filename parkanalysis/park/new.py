"""A new park: a folder, or a workbook, of commented templates that renders at once."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import tempfile
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from pydantic import BaseModel

from parkanalysis.cleaning import Document, draft_ledger, read_document, write_aside
from parkanalysis.errors import InputError, Problem
from parkanalysis.park.read import KEYED, cell_text, read_text, read_yaml
from parkanalysis.park.schema import TABLES, ParkFile, ScenarioFile, is_identifier, json_schema
from parkanalysis.quantities import Mention, extract, parse

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "template_park"
TEMPLATE_YEAR = 2024  # the base year of the template
# of other industry in the published total, where only that is known
OTHER_SHARES = {"low": 0.1, "central": 0.4, "high": 0.8, "minimum": 0.01, "maximum": 2.0}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLE_SOURCE = "example"  # the source of every invented number of the template
MAX_NAME = 200


DRAFTED = "drafted"
"""How the note of a row begins that nobody has confirmed."""

_ZONE = re.compile(
    r"[一-鿿]{2,12}?(?:经济技术开发区|高新技术产业开发区|经济开发区|高新区|工业园区|产业园区|开发区|产业园|园区)"
)
_LEADS = re.compile(
    r"^.*(?:成立|设立|批准|建设|关于|我们|全面|今年|年|对|在|的|为|是|了|使|向|到|推动|促进|依托|以)(?=.{4})"
)
_TITLE_YEAR = re.compile(r"((?:19|20)\d\d) ?年[^\n。]{0,24}?(?P<kind>政府工作报告|总结|公报|运行|情况|报告)")
_DATE = re.compile(r"(20\d\d) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_VALUE_ADDED = re.compile(r"工业增加值")
_OUTPUT = re.compile(
    r"^(?:园区|全区|全市|我区|其中)?(?P<name>[一-鿿、]{2,16}?)(?:产业|行业)?的?(?:实现|完成)?(?:工业)?(?:总)?产值$"
)
_NOT_AN_INDUSTRY = re.compile(r"工业$|规模|规上|全|总|园区|企业|完成|实现|新增|年")
_PART_OF_A_YEAR = re.compile(r"半年|季|月")
_FALLS = frozenset({"下降", "减少", "降低", "下跌", "降"})
_SHOCKS = {
    "plant_closure": re.compile(r"关停|停产|关闭|破产"),
    "price_change": re.compile(r"价格?[^。]{0,16}(?:下跌|下降|回落|上涨|跌)|(?:下跌|跌)至"),
    "contracted_volume": re.compile(
        r"签约[^。]{0,12}度|合同电量|供电合同|直购电|签订[^。]{0,20}(?:度|千瓦时)"
    ),
    "capacity_ramp_up": re.compile(r"(?:建成)?投产|达产|扩产|新增产能"),
    "output_cap": re.compile(r"限产|限电|错峰"),
}
_SENTENCE = re.compile(r"[^。；\n]*[。；\n]")
MOST_INDUSTRIES = 12
MOST_SUGGESTIONS = 12
LONGEST_SENTENCE = 120
LONGEST_TITLE = 60


def create(directory: str | Path, name: str | None = None, report: str | Path | None = None) -> list[str]:
    """Make a park from the template.

    Parameters
    ----------
    directory : str or Path
        Folder to make; where it ends in ``.xlsx``, the park becomes one workbook.
    name : str, optional
        Name of the zone, in any script; the template's without.
    report : str or Path, optional
        Work report (txt, md, docx, html, pdf). Every quantity in it becomes a row of figures.csv, to be
        confirmed; name, years, value added, industries and stated result of park.yml are drafted from it.

    Returns
    -------
    list of str
        What was written and what to fill in first, a line each.

    Raises
    ------
    InputError
        When the place is taken or cannot be written, or the report cannot be read. Nothing is left
        behind then.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lines = create(Path(folder) / "zone", name="高新区")
    ...     read_park(Path(folder) / "zone").label("zh")
    '高新区'
    >>> lines[-9]
    'All numbers are invented. Fill in first (file by file):'
    """
    target = Path(directory)
    _check_name(name)
    document = None if report is None else read_document(Path(report))
    drafted: list[dict[str, str]] = []
    with _writing(target) as folder:
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        if document is None:
            _name(folder / "park.yml", name)
        else:
            drafted = _add_report(folder, document, name)
        _write_schemas(folder / "schemas")
        written = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return _instructions(target, written, len(drafted))


def _instructions(target: Path, written: list[str], drafted: int) -> list[str]:
    book = target.suffix.lower() == ".xlsx"
    lines = [f"{target}: one sheet a table"] if book else [f"{target}{os.sep}{file}" for file in written]
    sheet = "sheet" if book else "file"
    invented = "Numbers of the source example" if drafted else "All numbers"
    lines += ["", f"{invented} are invented. Fill in first ({sheet} by {sheet}):"]
    lines += [
        "1. park: name, base_year, target_year, as_of, industries",
        "2. sources: a row for each report or table",
        "3. figures: published value added and output of each industry, as printed",
        "4. history: a series whose growth stands for the park's, two complete years or more",
        "5. value_added_rates and levers: every other uncertain number, with its range",
        "6. plants, products and shocks in park; scenarios",
    ]
    if drafted:
        lines += [f"{drafted} figures are drafted from the report: confirm each, delete what is not needed"]
    return [*lines, "", f"Then: parkanalysis check {target}"]


def _check_name(name: str | None) -> None:
    if name is None:
        return
    allowed = f"1 to {MAX_NAME} characters that can be printed"
    if not name.strip() or len(name) > MAX_NAME or not all(c.isprintable() for c in name):
        raise InputError(Problem("--name", repr(name[:60]), allowed))


def _name(file: Path, name: str | None) -> None:
    if name is None:
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    quoted = f"name: {_quoted(name)}\n"
    text = "".join(quoted if line.startswith("name:") else line for line in lines)
    file.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when all is well, and vanishes otherwise."""
    book = target.suffix.lower() == ".xlsx"
    aside: Path | None = None
    try:
        if target.is_symlink() or target.exists():
            taken = target.is_symlink() or not target.is_dir() or any(target.iterdir())
            if taken or book:
                raise InputError(Problem(str(target), "something there already", "a new or empty folder"))
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        folder = aside / "park"
        folder.mkdir()
        yield folder
        if book:
            write_workbook(folder, aside / "park.xlsx")
            os.replace(aside / "park.xlsx", target)
        else:
            with contextlib.suppress(FileNotFoundError):
                target.rmdir()
            os.replace(folder, target)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = getattr(error, "strerror", None) or str(error)
        raise InputError(Problem(str(target)[:200], found, "a place that can be written")) from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def _add_report(folder: Path, document: Document, name: str | None) -> list[dict[str, str]]:
    """Draft what a report says into the template; return the rows of figures."""
    outline, source = outline_of(document.text), _source(Path(document.name))
    rows, published = _draft(document, outline.named() if outline else [], source), ""
    if outline is None:
        _name(folder / "park.yml", name)
    else:
        _outline(folder, outline, name, document.name)
        published = outline.as_of.isoformat()
    if rows:
        _add_draft(folder, rows, source, document.name, published)
    return rows


def _draft(document: Document, named: Sequence[Named], source: str) -> list[dict[str, str]]:
    """Rows of figures.csv: those that park.yml points to under their names, the others numbered."""
    names = {(n.mention.text, n.mention.subject): n.figure for n in named}
    rows: list[dict[str, str]] = []
    for cells in draft_ledger(document, source).to_dict("records"):
        row = {str(key): " ".join(str(value).split()) for key, value in cells.items()}
        with contextlib.suppress(InputError):
            parse(row["quantity"])
            row["figure"] = names.pop((row["quantity"], row["subject"]), row["figure"])
            row["note"] = f"{DRAFTED}; {row['note']}".rstrip("; ")
            # a cell that the report does not fill is for the analyst
            rows.append({key: value or ("" if key == "period" else "?") for key, value in row.items()})
    return rows


def _source(report: Path) -> str:
    """Name of the report among the sources."""
    stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in report.stem.lower()).strip("_")[:40]
    return stem if is_identifier(stem) and stem != EXAMPLE_SOURCE else "work_report"


def _outline(folder: Path, outline: Outline, name: str | None, title: str) -> None:
    """Replace the template's park by what the report says; what it does not say stays invented."""
    base, shift = outline.base_year, outline.base_year - TEMPLATE_YEAR
    known = outline.value_added
    values = {
        "o": outline,
        "title": title,
        "name": _quoted(name or outline.name or "?"),
        "labels": [_quoted(industry.label) for industry in outline.industries],
        "value_added": known.figure if known else f"value_added_{base}",
    }
    template = jinja2.Template((HERE / "outline.yml.j2").read_text("utf-8"), undefined=jinja2.StrictUndefined)
    (folder / "park.yml").write_text(template.render(values) + "\n", encoding="utf-8", newline="\n")
    for scenario in ("closure.yml", "combined.yml"):
        (folder / "scenarios" / scenario).unlink()
    invented = {**_example(folder / "figures.csv", 0), "figure": f"value_added_{base}", "period": str(base)}
    figures = [] if known else [invented]
    history = [_shifted(row, shift) for row in _rows(folder / "history.csv")]
    levers = {row["lever"]: row for row in _rows(folder / "levers.csv")}
    total = known.mention.quantity.value / 1e8 if known else 50.0
    rate = levers["value_added_rate_machinery"]
    rates = [
        {**rate, "lever": f"value_added_rate_{n}", "name_zh": f"{industry.label}增加值率"}
        for n, industry in enumerate(outline.industries, start=1)
    ]
    other = {
        **levers[f"value_added_other_{TEMPLATE_YEAR}"],
        "lever": f"value_added_other_{base}",
        "name_zh": f"其他工业增加值（{base}）",
        **{key: f"{share * total:.4g}" for key, share in OTHER_SHARES.items()},
    }
    for row in (*rates, other):
        row["name_en"] = row["lever"].replace("_", " ")
    source = _example(folder / "sources.csv", 0) | {"published": outline.as_of.isoformat()}
    _write(folder / "figures.csv", figures)
    _write(folder / "history.csv", history)
    _write(folder / "levers.csv", [*rates, other, levers["baseline_growth"]])
    _write(folder / "value_added_rates.csv", [])
    _write(folder / "sources.csv", [source])


def _quoted(text: str) -> str:
    """A JSON string is a YAML string, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def _example(file: Path, number: int) -> dict[str, str]:
    return _rows(file)[number]


def _shifted(row: dict[str, str], years: int) -> dict[str, str]:
    """A row of the invented history some years earlier, so that it ends where the park begins."""
    published = f"{int(row['published'][:4]) + years}{row['published'][4:]}"
    return {**row, "period": str(int(row["period"]) + years), "published": published}


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    header = file.read_text(encoding="utf-8").split("\n", 1)[0]
    file.write_text(header + "\n", encoding="utf-8", newline="\n")
    _append(file, rows)


def _add_draft(folder: Path, rows: list[dict[str, str]], source: str, title: str, as_of: str) -> None:
    _append(folder / "figures.csv", rows)
    row = {"source": source, "title": title, "publisher": "?", "published": as_of}
    _append(folder / "sources.csv", [{**row, "note": f"{DRAFTED}; confirm"}])


def _append(file: Path, rows: list[dict[str, str]]) -> None:
    header = file.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, restval="", lineterminator="\n")
    writer.writerows(rows)
    with file.open("a", encoding="utf-8", newline="") as stream:
        stream.write(buffer.getvalue())


def _flat(node: Any, before: str = "") -> Iterable[tuple[str, str]]:
    """Dotted keys and cell texts of a document."""
    if isinstance(node, list) and all(isinstance(item, str) for item in node):
        yield before, ", ".join(node)
    elif isinstance(node, Mapping | list):
        pairs = node.items() if isinstance(node, Mapping) else ((str(i + 1), v) for i, v in enumerate(node))
        for key, value in pairs:
            yield from _flat(value, f"{before}.{key}" if before else str(key))
    else:
        yield before, cell_text(node)


def write_workbook(folder: Path, path: Path) -> None:
    """Write a park's folder as a workbook, every cell as text, so that nothing becomes a formula.

    Parameters
    ----------
    folder : Path
        A park that can be read.
    path : Path
        xlsx file; replaced when it is there.

    Examples
    --------
    >>> import tempfile
    >>> from parkanalysis.park.park import park_path, read_park
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook(park_path("qingzhen"), Path(folder) / "zone.xlsx")
    ...     read_park(Path(folder) / "zone.xlsx").config.base_year
    2015
    """
    import xlsxwriter

    sheets: dict[str, list[list[str]]] = {
        "park": [list(KEYED["park"]), *map(list, _flat(read_yaml(folder / "park.yml")))]
    }
    for name in TABLES:
        if (folder / f"{name}.csv").is_file():
            sheets[name] = list(csv.reader(io.StringIO(read_text(folder / f"{name}.csv"), newline="")))
    rows = [list(KEYED["scenarios"])]
    for file in sorted((folder / "scenarios").glob("*.yml")):
        rows += [[file.stem, *pair] for pair in _flat(read_yaml(file))]
    sheets["scenarios"] = rows
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#DDE6EE"})
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for i, cells in enumerate(table):
                for j, cell in enumerate(cells):
                    sheet.write_string(i, j, cell, head if i == 0 else None)
            sheet.autofit(300)
    write_aside(path, buffer.getvalue())


def _write_schemas(folder: Path) -> None:
    """Schemas beside the files, which editors complete and check against."""
    folder.mkdir()
    for name, schema in json_schemas().items():
        (folder / name).write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each kind of file, by file name.

    ``park.json`` and ``scenario.json`` describe the YAML files, the others the rows of the tables, as
    lists of objects whose cells are text.

    Examples
    --------
    >>> sorted(json_schemas())[:3]
    ['figures.json', 'history.json', 'levers.json']
    """
    documents: dict[str, type[BaseModel]] = {"park": ParkFile, "scenario": ScenarioFile}
    schemas = {f"{name}.json": _schema(model) for name, model in documents.items()}
    for name, model in TABLES.items():
        row = _schema(model)
        definitions = row.pop("$defs", {})
        row.pop("$schema")
        table = {"$schema": DIALECT, "title": f"{name}.csv", "type": "array", "items": row}
        schemas[f"{name}.json"] = {**table, **({"$defs": definitions} if definitions else {})}
    return schemas


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, **_strict(json_schema(model))}


def _strict(node: Any) -> Any:
    """Names that must follow a pattern, said so that names that do not are refused."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _strict(value) for key, value in node.items()}
    patterns = node.pop("patternProperties", None)
    if patterns:
        ((pattern, values),) = patterns.items()
        node["propertyNames"] = {**node.get("propertyNames", {}), "pattern": pattern}
        node["additionalProperties"] = values
    return node


@dataclass(frozen=True)
class Named:
    """A figure of the report that park.yml points to: its identifier and its place in the text."""

    figure: str
    mention: Mention
    label: str = ""


@dataclass(frozen=True)
class Outline:
    """What a report says of a park; ``None`` and empty where it does not.

    Attributes
    ----------
    name : str
    base_year : int
        Last year that the report closes; the year after is projected.
    as_of : date
        End of the month of the last date in the text, or of February of the target year.
    value_added, result, loss : Named or None
        Industrial value added of the base year, and what is stated for the target year.
    industries : tuple of Named
        Output of each industry in the base year.
    shocks : tuple of (str, str)
        Kind of shock that a sentence may be of, and the sentence.
    """

    name: str
    base_year: int
    as_of: dt.date
    value_added: Named | None
    result: Named | None
    loss: Named | None
    industries: tuple[Named, ...]
    shocks: tuple[tuple[str, str], ...]

    def named(self) -> list[Named]:
        """List the figures that park.yml points to."""
        single = (self.value_added, self.result, self.loss)
        return [*(named for named in single if named is not None), *self.industries]


def outline_of(text: str) -> Outline | None:
    """Read what can be known of a park from its work report; None where it names no year."""
    mentions = extract(text)
    base = _base_year(text, mentions)
    if base is None:
        return None
    money = [m for m in mentions if m.quantity.unit == "CNY"]
    now = [m for m in money if str(base) in m.period or m.period in ("", "全年", "年末")]
    now = [m for m in now if not _PART_OF_A_YEAR.search(m.period)]
    later = [m for m in money if str(base + 1) in m.period and _VALUE_ADDED.search(m.subject)]
    closed = [m for m in now if _VALUE_ADDED.search(m.subject) and m.quantity.direction is None]
    closed.sort(key=lambda m: not re.search(r"规模以上|规上", m.subject))
    stated = [m for m in later if m.quantity.direction is None]
    lost = [m for m in later if m.quantity.direction in _FALLS]
    return Outline(
        name=_zone_name(text),
        base_year=base,
        as_of=_as_of(text, base),
        value_added=_first(closed, f"value_added_{base}"),
        result=_first(stated, f"stated_result_{base + 1}"),
        loss=_first(lost, f"stated_loss_{base + 1}"),
        industries=_industries(now, base),
        shocks=_suggestions(text, base),
    )


def _first(mentions: list[Mention], figure: str) -> Named | None:
    return Named(figure, mentions[0]) if mentions else None


def _zone_name(text: str) -> str:
    """The zone in the title, or else that the text names most often, without the words that lead to it."""
    title = _ZONE.search(text.strip().partition("\n")[0][:LONGEST_TITLE])
    if title is not None:
        return _LEADS.sub("", title.group())
    names = Counter(_LEADS.sub("", found) for found in _ZONE.findall(text))
    return max((n for n in names if len(n) > 3), key=lambda n: (names[n], len(n)), default="")


def _base_year(text: str, mentions: Iterable[Mention]) -> int | None:
    title = _TITLE_YEAR.search(text[:400])
    if title is not None:
        return int(title[1]) - (title["kind"] == "政府工作报告")
    years = Counter(year for m in mentions for year in re.findall(r"(?:19|20)\d\d", m.period))
    return int(years.most_common(1)[0][0]) if years else None


def _as_of(text: str, base: int) -> dt.date:
    months = [(int(y), int(m)) for y, m, _ in _DATE.findall(text) if int(y) == base + 1 and 1 <= int(m) <= 12]
    year, month = max(months, default=(base + 1, 2))
    return dt.date(year, month, monthrange(year, month)[1])


def _industries(mentions: list[Mention], base: int) -> tuple[Named, ...]:
    """Output by industry: each name once."""
    found: dict[str, Mention] = {}
    for mention in mentions:
        match = _OUTPUT.match(mention.subject)
        if match and mention.quantity.direction is None and not _NOT_AN_INDUSTRY.search(match["name"]):
            found.setdefault(match["name"], mention)
    items = list(found.items())[:MOST_INDUSTRIES]
    return tuple(Named(f"output_industry_{n}_{base}", m, name) for n, (name, m) in enumerate(items, start=1))


def _suggestions(text: str, base: int) -> tuple[tuple[str, str], ...]:
    """Sentences that speak of a shock: those of the target year first; new capacity only of that year."""
    sentences = [" ".join(s.split()).strip(" 。；#*") for s in _SENTENCE.findall(text + "\n")]
    found = [(kind, s) for s in sentences for kind, words in _SHOCKS.items() if words.search(s)]
    ahead = re.compile(rf"{base + 1}|预计|将")
    found = [(kind, s) for kind, s in found if kind != "capacity_ramp_up" or ahead.search(s)]
    found.sort(key=lambda item: str(base + 1) not in item[1])
    return tuple((kind, s[:LONGEST_SENTENCE]) for kind, s in dict.fromkeys(found))[:MOST_SUGGESTIONS]
