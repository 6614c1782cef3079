"""A new park, folder or workbook, of commented templates or of what a work report says; it renders."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import re
import shutil
import tempfile
import tomllib
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from pydantic import BaseModel

from parkanalysis.cleaning import Document, draft_ledger, read_document, write_aside
from parkanalysis.errors import InputError, Problem
from parkanalysis.park.read import KEYED, cell_text, read_text, read_yaml
from parkanalysis.park.schema import TABLES, ParkFile, ScenarioFile, is_identifier, json_schema
from parkanalysis.quantities import Mention, extract, parse

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "template_park"
OUTLINE = HERE / "outline"
TEMPLATE_YEAR = 2024  # the base year of the template
EXAMPLE_SOURCE = "example"  # the source of every invented number of the template
DRAFTED = "drafted"
"""How the note of a row begins that nobody has confirmed."""
MAX_NAME = 200
_VARIABLES = {"stated_loss": "value_added_loss", "stated_goal": "value_added_growth"}
_AMOUNTS = ("value_added", "gross_output", "revenue", "profit", "tax", "investment")
MOST_INDUSTRIES = 12
MOST_SUGGESTIONS = 12
LONGEST_SENTENCE = 120
LONGEST_HEADING = 40

_PATTERNS = tomllib.loads((OUTLINE / "words.toml").read_text("utf-8"))
_SHOCKS = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.pop("shocks").items()}
_WORDS = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}


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
    figures, outline = [], None
    if document is not None:
        figures, outline = _ledger(document), outline_of(document.text)
        if not figures:
            raise InputError(Problem(document.name, "no figure", "a work report with figures"))
    with _writing(target) as folder:
        if document is None or outline is None:
            shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
            _name(folder / "park.yml", name)
        else:
            _write_outline(folder, document.name, figures, outline, name)
        _write_schemas(folder / "schemas")
        written = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return _instructions(target, written, len(figures), outline)


def _instructions(target: Path, written: list[str], drafted: int, outline: Outline | None) -> list[str]:
    """What was written, and what to fill in by the README of a park."""
    book = target.suffix.lower() == ".xlsx"
    lines = [f"{target}: one sheet a table"] if book else [f"{target}{os.sep}{file}" for file in written]
    invented = "Numbers of the source example" if drafted else "All numbers"
    lines += ["", f"{invented} are invented. Fill in first ({'sheet by sheet' if book else 'file by file'}):"]
    steps = (TEMPLATE / "README.md").read_text(encoding="utf-8").splitlines()
    lines += [step.replace("`", "") for step in steps if step[:1].isdecimal()]
    if drafted:
        lines += [f"{drafted} figures are drafted from the report: confirm each, delete what is not needed"]
    if outline is not None and not outline.dated:
        year = f"base_year {TEMPLATE_YEAR} is the template's, not its own"
        lines += [f"No year was found in the report: {year}"]
    return [*lines, "", f"Then: parkanalysis check {target}"]


def _check_name(name: str | None) -> None:
    if name is None:
        return
    allowed = f"1 to {MAX_NAME} characters that can be printed"
    if not name.strip() or len(name) > MAX_NAME or not all(c.isprintable() for c in name):
        raise InputError(Problem("--name", repr(name[:60]), allowed))


def _name(file: Path, name: str | None) -> None:
    if name is not None:
        text = file.read_text(encoding="utf-8")
        text = re.sub("^name:.*", lambda _: f"name: {_quoted(name)}", text, flags=re.MULTILINE)
        file.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its place when all is well, and vanishes otherwise."""
    book = target.suffix.lower() == ".xlsx"
    try:
        if target.is_symlink() or target.exists():
            taken = book or target.is_symlink() or not target.is_dir() or any(target.iterdir())
            if taken:
                raise InputError(Problem(str(target), "something there already", "a new or empty folder"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as aside:
            folder = Path(aside) / "park"
            folder.mkdir()
            yield folder
            if book:
                write_workbook(folder, target)
            else:
                folder.replace(target)  # an empty folder gives way
    except InputError:
        raise
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise InputError(Problem(str(target)[:200], found, "a place that can be written")) from None


def _ledger(document: Document) -> list[dict[str, str]]:
    """Rows of figures.csv, one a quantity of the report and in its order."""
    rows: list[dict[str, str]] = []
    for cells in draft_ledger(document, _source(Path(document.name))).to_dict("records"):
        row = {str(key): " ".join(str(value).split()) for key, value in cells.items()}
        if row["quantity"].endswith("%") and row["variable"] in _AMOUNTS:
            row["variable"] += "_growth"
        elif not row["variable"] and "同比" in row["note"]:  # the head of a table's column
            row["variable"] = "growth"
        row["note"] = f"{DRAFTED}; {row['note']}".rstrip("; ")
        # a cell that the report does not fill is for the analyst
        rows.append({key: value or ("" if key == "period" else "?") for key, value in row.items()})
    return rows


def _source(report: Path) -> str:
    """Name of the report among the sources."""
    stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in report.stem.lower()).strip("_")[:40]
    return stem if is_identifier(stem) and stem != EXAMPLE_SOURCE else "work_report"


def _write_outline(
    folder: Path, title: str, figures: list[dict[str, str]], outline: Outline, name: str | None
) -> None:
    """Write what the report says of the park; what it does not say is invented."""
    for number, year in outline.years.items():  # the ledger has the figures of the text in their order
        period = figures[number]["period"]
        figures[number]["period"] = f"{year - (period == '上年')} 年{'' if period == '上年' else period}"
    for named in outline.named():
        row = figures[named.number]
        row |= {"figure": named.figure, "variable": named.variable, "period": f"{named.year} 年"}
        row["subject"] = row["subject"].strip("?") or named.label
    figures = [row for row in figures if _is_quantity(row["quantity"])]
    base, total = outline.base_year, 50.0
    if outline.value_added:
        total = outline.value_added.mention.quantity.value / 1e8
    parts = [] if outline.industries else _parts(figures, base)
    rest = total - sum(part["amount"] for part in parts)
    values = {
        "o": outline if name is None else replace(outline, name=name),
        "title": " ".join(title.split()),
        "source": _source(Path(title)),
        "figures": figures,
        "parts": parts,
        # other industry: what the parts leave, or, where only outputs are known, a wide guess
        "other": [share * rest for share in ((0.5, 1, 1.5, 0, 3) if parts else (0.1, 0.4, 0.8, 0.01, 2))],
        "has_other": not parts or rest > 0.005 * total,
    }
    drafts = jinja2.Environment(
        loader=jinja2.FileSystemLoader(OUTLINE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    drafts.filters |= {"cell": _cell, "quoted": _quoted}
    for template in drafts.list_templates(["j2"]):
        text = drafts.get_template(template).render(values)
        (folder / template.removesuffix(".j2")).write_text(text, encoding="utf-8", newline="\n")
    (folder / "scenarios").mkdir()
    for file in ("README.md", "scenarios/reference.yml"):
        shutil.copyfile(TEMPLATE / file, folder / file)


def _parts(figures: list[dict[str, str]], base: int) -> list[dict[str, Any]]:
    """Value added by industry in a table of the report: each row is renamed after its industry."""
    parts: list[dict[str, Any]] = []
    for row in figures:
        tabled = row["place"].startswith("table") and row["variable"] == "value_added"
        if tabled and str(base) in row["period"]:
            row["figure"] = f"value_added_industry_{len(parts) + 1}_{base}"
            amount = parse(row["quantity"]).value / 1e8
            parts.append({"label": row["subject"], "figure": row["figure"], "amount": amount})
    return parts if 1 < len(parts) <= MOST_INDUSTRIES else []


def _is_quantity(text: str) -> bool:
    with contextlib.suppress(InputError):
        return bool(parse(text))
    return False


def _quoted(text: str) -> str:
    """A JSON string is a YAML string, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)


def _cell(text: str) -> str:
    """A cell of a CSV file."""
    return '"{}"'.format(text.replace('"', '""')) if re.search(r'[",\n]', text) else text


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
    sheets = {"park": pd.DataFrame(_flat(read_yaml(folder / "park.yml")), columns=KEYED["park"])}
    for name in TABLES:
        if (folder / f"{name}.csv").is_file():
            text = io.StringIO(read_text(folder / f"{name}.csv"))
            sheets[name] = pd.read_csv(text, dtype="str", keep_default_na=False)
    files = sorted((folder / "scenarios").glob("*.yml"))
    rows = [(file.stem, *pair) for file in files for pair in _flat(read_yaml(file))]
    sheets["scenarios"] = pd.DataFrame(rows, columns=KEYED["scenarios"])
    plain = {f"strings_to_{kind}": False for kind in ("formulas", "numbers", "urls")}
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": plain}) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            book.sheets[name].autofit(300)
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
    schemas = {f"{name}.json": json_schema(model) for name, model in documents.items()}
    for name, model in TABLES.items():
        row = json_schema(model)
        whole = {key: row.pop(key) for key in ("$schema", "$defs") if key in row}
        schemas[f"{name}.json"] = whole | {"title": f"{name}.csv", "type": "array", "items": row}
    return schemas


@dataclass(frozen=True)
class Named:
    """A figure of the report that park.yml points to: what it is of, and its number among all figures."""

    figure: str
    variable: str
    year: int
    label: str
    number: int
    mention: Mention


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
    years : mapping of int to int
        Year of each figure whose time is told by a word such as 全年, by its number.
    dated : bool
        Whether the report names a year.
    """

    name: str
    base_year: int
    as_of: dt.date
    value_added: Named | None
    result: Named | None
    loss: Named | None
    industries: tuple[Named, ...]
    shocks: tuple[tuple[str, str], ...]
    years: Mapping[int, int]
    dated: bool

    def named(self) -> list[Named]:
        """List the figures that park.yml points to."""
        single = (self.value_added, self.result, self.loss)
        return [*(named for named in single if named is not None), *self.industries]


def outline_of(text: str) -> Outline:
    """Read what can be known of a park from its work report."""
    mentions = extract(text)
    year_found = _base_year(text, mentions)
    base = year_found or TEMPLATE_YEAR
    found: dict[str, Named] = {}
    industries: dict[str, Named] = {}
    years: dict[int, int] = {}
    subject = ""
    for number, m in enumerate(mentions):
        gap = text[mentions[number - 1].end : m.start] if number else ""
        subject = m.subject or (subject if _WORDS["reaches"].fullmatch(gap) else "")
        year, moved, unit = _year_of(text, m, base), m.quantity.direction, m.quantity.unit
        if _WORDS["time_of_a_year"].fullmatch(m.period):
            years[number] = year
        if year not in (base, base + 1):
            continue
        whole = not moved and not _WORDS["part_of_a_year"].search(m.period)
        supposed = _WORDS["supposed"].search(text[max(0, m.start - LONGEST_HEADING) : m.start])
        added = _WORDS["value_added"].search(subject) and not supposed
        if added and (kind := _kind_of(m, subject, year > base, whole)):
            key, variable = f"{kind}_{year}", _VARIABLES.get(kind, "value_added")
            # of several the first, or the first of the firms above scale
            if key not in found or ("规" in subject and "规" not in found[key].label):
                found[key] = Named(key, variable, year, subject, number, m)
        elif whole and unit == "CNY" and year == base and (label := _industry(text, m)):
            figure = f"output_industry_{len(industries) + 1}_{base}"
            industries.setdefault(label, Named(figure, "gross_output", base, label, number, m))
    return Outline(
        name=_zone_name(text) or "?",
        base_year=base,
        as_of=_as_of(text, base),
        value_added=found.get(f"value_added_{base}"),
        result=found.get(f"stated_result_{base + 1}", found.get(f"stated_goal_{base + 1}")),
        loss=found.get(f"stated_loss_{base + 1}"),
        industries=tuple(industries.values())[:MOST_INDUSTRIES],
        shocks=_suggestions(text, base),
        years=years,
        dated=year_found is not None,
    )


def _kind_of(mention: Mention, subject: str, ahead: bool, whole: bool) -> str:
    """What a figure of value added is for a park: the total, a result, a goal or a loss; or nothing."""
    moved, unit = mention.quantity.direction, mention.quantity.unit
    part = _WORDS["not_the_zone"].search(subject) is not None
    if unit == "fraction":
        return "stated_goal" if ahead and _WORDS["rises"].fullmatch(moved or "") and not part else ""
    if unit != "CNY":
        return ""
    if ahead and (_WORDS["falls"].fullmatch(moved or "") or part):
        return "stated_loss"
    return "" if part or not whole else "stated_result" if ahead else "value_added"


def _zone_name(text: str) -> str:
    """The zone in the title, or else that the text names most often, without the words that lead to it."""
    title = _WORDS["zone"].search(text.strip().partition("\n")[0][: 2 * LONGEST_HEADING])
    if title is not None:
        return _WORDS["leads"].sub("", title.group())
    names = Counter(_WORDS["leads"].sub("", found) for found in _WORDS["zone"].findall(text))
    return max((n for n in names if len(n) > 3), key=lambda n: (names[n], len(n)), default="")


@lru_cache(maxsize=1)
def _headings(text: str) -> list[tuple[int, str]]:
    """Short lines that are numbered or name a year, with their places."""
    lines = ((m.start(), m.group()) for m in re.finditer(r"[^\n]+", text))
    short = ((at, line) for at, line in lines if len(line) <= LONGEST_HEADING and "。" not in line)
    return [(at, line) for at, line in short if _WORDS["numbered"].match(line) or _WORDS["year"].search(line)]


def _base_year(text: str, mentions: Iterable[Mention]) -> int | None:
    """The year that the title or a heading looks back on, or that lies before the one it plans."""
    for _, line in ((0, text[:400]), *_headings(text)):
        if review := _WORDS["review"].search(line):
            return int(review[1]) - (review["kind"] == "政府工作报告")
    for _, line in _headings(text):
        if _WORDS["plan"].search(line) and (year := _WORDS["year"].search(line)):
            return int(year[1]) - 1
    years = Counter(year for m in mentions for year in re.findall(r"(?:19|20)\d\d", m.period))
    return int(years.most_common(1)[0][0]) if years else None


def _year_at(text: str, place: int, base: int) -> int:
    """The year of which a place in the text speaks, by its sentence or else by its heading."""
    start = max(place - LONGEST_SENTENCE, *(text.rfind(mark, 0, place) + 1 for mark in "。；\n"), 0)
    if years := _WORDS["year"].findall(_WORDS["compared"].sub("", text[start:place])):
        return int(years[-1])
    heading = next((line for at, line in reversed(_headings(text)) if at < place), "")
    if years := _WORDS["year"].findall(heading):
        return int(years[-1])
    return base + 1 if _WORDS["plan"].search(heading) else base


def _year_of(text: str, mention: Mention, base: int) -> int:
    """The year of a figure: the one its period names, or of the place where it stands."""
    years = set(re.findall(r"(?:19|20)\d\d", mention.period))
    return int(years.pop()) if len(years) == 1 else _year_at(text, mention.start, base)


def _as_of(text: str, base: int) -> dt.date:
    year = base + 1
    months = (int(m) for y, m, _ in _WORDS["date"].findall(text) if int(y) == year)
    month = max((m for m in months if 1 <= m <= 12), default=2)
    return dt.date(year, month, monthrange(year, month)[1])


def _industry(text: str, mention: Mention) -> str:
    """The industry whose output a figure is, by the words before it or by its subject; or nothing."""
    before = "".join(text[max(0, mention.start - 40) : mention.start].split())
    for words in (before, mention.subject):
        match = _WORDS["output"].search(words)
        if match and not _WORDS["not_an_industry"].search(match["name"]):
            return match["name"]
    return ""


def _suggestions(text: str, base: int) -> tuple[tuple[str, str], ...]:
    """Sentences that speak of a shock: those of the target year first; new capacity only of that year."""
    found: list[tuple[int, str, str]] = []
    for match in _WORDS["sentence"].finditer(text + "\n"):
        sentence = " ".join(match.group().split()).strip(" 。；#*")
        later = _year_at(text, match.end() - 1, base) > base or re.search("预计|将", sentence) is not None
        kinds = [kind for kind, words in _SHOCKS.items() if words.search(sentence)]
        if "price_change" in kinds:  # 受钢厂限产影响 is why a price falls
            kinds = [kind for kind in kinds if kind != "output_cap"]
        if _WORDS["support"].search(sentence):
            kinds = []
        found += [
            (not later, k, sentence[:LONGEST_SENTENCE]) for k in kinds if later or k != "capacity_ramp_up"
        ]
    found.sort(key=lambda item: item[0])
    return tuple((kind, sentence) for _, kind, sentence in dict.fromkeys(found))[:MOST_SUGGESTIONS]
