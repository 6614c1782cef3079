"""A park: a folder of figures, read and checked once; the only reader of park files."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from parkanalysis.errors import InputError, Problem, nearest, told_once
from parkanalysis.park.checks import WITHOUT_CENTRAL, Anything, Files, cross_check
from parkanalysis.park.levers import EVIDENCE, UNITS, Lever
from parkanalysis.park.read import MAX_PROBLEMS, Raw, RawTable, attempt, line_of, read_folder, read_workbook
from parkanalysis.park.schema import KEYS, NAMES, TABLES, ParkFile, ScenarioFile
from parkanalysis.park.slips import slips
from parkanalysis.quantities import Quantity, bounds, parse

M = TypeVar("M", bound=BaseModel)

_HERE = Path(__file__).resolve().parent.parent


def known_parks() -> dict[str, Path]:
    """Parks that come with the installation, by name.

    Examples
    --------
    >>> known_parks()["qingzhen"].name
    'qingzhen'
    """
    folders = (_HERE / "data", _HERE.parent / "data")
    files = (file for folder in folders for file in sorted(folder.glob("*/park.yml")))
    return {file.parent.name: file.parent for file in files}


def park_path(park: str | Path) -> Path:
    """Folder or workbook of a park, given as a path or as the name of an installed park.

    A workbook may be named without its ending, as its park is.

    Raises
    ------
    InputError
        When there is no such folder.

    Examples
    --------
    >>> park_path("qingzhen") == known_parks()["qingzhen"]
    True
    >>> park_path("qingzen")
    Traceback (most recent call last):
        ...
    parkanalysis.errors.InputError: park: found 'qingzen'; allowed: ...; did you mean 'qingzhen'?
    """
    known = known_parks()
    try:
        for path in (Path(str(park)).expanduser(), Path(f"{park}.xlsx").expanduser()):
            if str(park).strip() and path.exists():
                return path.resolve()
    except (OSError, RuntimeError, ValueError):  # too long, an unknown ~user, a NUL
        pass
    if str(park) in known:
        return known[str(park)]
    allowed = f"a folder, a workbook, or one of {', '.join(known)}"
    raise InputError(Problem("park", repr(str(park)[:200]), allowed, nearest=nearest(str(park), known)))


def of_park(problems: Iterable[Problem], path: str | Path) -> list[Problem]:
    """Problems of one park among several: each file led by its park.

    Examples
    --------
    >>> print(*of_park([Problem("park.yml", "no such file", "a file")], "parks/mine"))
    mine/park.yml: found no such file; allowed: a file
    """
    name = Path(path).name
    # what was typed as the park is no file of it, and a workbook's problems name it already
    own = ("park", name, f"{name}.xlsx")
    return [p if p.file.partition(",")[0] in own else replace(p, file=f"{name}/{p.file}") for p in problems]


def validate_rows(
    name: str, table: RawTable, model: type[M], key: str | None
) -> tuple[list[tuple[int, M]], list[Problem]]:
    """Check records against a row model.

    Parameters
    ----------
    name : str
        File, for messages.
    table : RawTable
    model : type of BaseModel
    key : str, optional
        Column whose values must differ.

    Returns
    -------
    rows : list of (row, model)
        The rows that hold.
    problems : list of Problem
        What is wrong with the others; the list stops after the first thousand.

    Examples
    --------
    >>> class Firm(BaseModel):
    ...     firm: str
    ...     workers: int
    >>> records = [(2, {"firm": "a", "workers": "76"}), (3, {"firm": "a", "workers": "many"})]
    >>> table = RawTable(["firm", "workers"], records)
    >>> rows, problems = validate_rows("firms.csv", table, Firm, "firm")
    >>> print(rows[0], *problems, sep="\\n")
    (2, Firm(firm='a', workers=76))
    firms.csv, row 3, column workers: found 'many'; allowed: a valid integer, unable to parse string as
    an integer
    firms.csv, row 3, column firm: found 'a' again, first in row 2; allowed: each name once
    """
    rows: list[tuple[int, M]] = []
    problems = list(islice(_columns(name, table.header, model), MAX_PROBLEMS))
    if problems:
        return rows, problems
    first: dict[str, int] = {}
    for row, cells in table.records:
        try:
            rows.append((row, model.model_validate(cells)))
        except ValidationError as error:
            problems += [_problem(name, e, row, e["loc"]) for e in error.errors(include_url=False)]
        if key is not None and first.setdefault(cells[key].strip(), row) != row:
            found = f"{_short(cells[key])} again, first in row {first[cells[key].strip()]}"
            problems.append(Problem(name, found, "each name once", row, key))
        if len(problems) >= MAX_PROBLEMS:
            break
    return rows, problems[:MAX_PROBLEMS]


def _columns(name: str, header: Sequence[str], model: type[BaseModel]) -> Iterator[Problem]:
    """Columns that are none, and those that are missing and not meant by one of them."""
    absent = {column: info for column, info in model.model_fields.items() if column not in header}
    for column in header:
        if column not in model.model_fields:
            meant = nearest(column, absent)
            absent.pop(meant or "", None)
            allowed = ", ".join(model.model_fields)
            yield Problem(name, f"column {_short(column)}", allowed, 1, nearest=meant)
    for column, info in absent.items():
        if info.is_required():
            yield Problem(name, "no such column", f"a column {column}", 1, column)


def _short(value: Any) -> str:
    if isinstance(value, str) and not value.strip():
        return "nothing"
    text = repr(value)
    if isinstance(value, Mapping):
        text = f"the keys {', '.join(map(str, value))}" if value else "no keys"
    return text if len(text) <= 80 else text[:77] + "..."


def _problem(name: str, error: Mapping[str, Any], row: int | None, loc: Sequence[Any]) -> Problem:
    """What pydantic found, in the words of a :class:`Problem`."""
    # parts in brackets are the validator's own
    column = ".".join(str(part) for part in loc if not str(part).startswith("["))[:200] or None
    kind, found, context = error["type"], _short(error["input"]), error.get("ctx", {})
    near = None
    allowed = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if kind == "extra_forbidden":
        found, allowed = f"unknown key {_short(loc[-1])}", ", ".join(context["known"])
        near = nearest(str(loc[-1]), context["known"])
    elif kind == "missing":
        found, allowed = "nothing", "a value"
    elif kind == "literal_error":
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ", ").split(",")]
        typed = str(error["input"])
        near = _unit(typed, choices) or _GRADES.get(typed) or nearest(typed, choices)
        allowed = ", ".join(choices)
    return Problem(name, found, allowed, row, column, near)


_GRADES = dict(zip(("报告", "推算", "代理", "假设"), EVIDENCE, strict=True))


def _unit(printed: str, choices: Sequence[str]) -> str | None:
    """The code of a unit that is written as statistics print it: 万吨 is 10k_t."""
    if printed.isascii():
        return None
    try:
        one = parse(f"1 {printed}")
    except InputError:
        return None
    codes = {measure: code for code, measure in UNITS.items() if code in choices}
    return codes.get((one.unit, one.value))


def parse_model(name: str, document: Any, model: type[M]) -> M:
    """Check a YAML document against a model.

    Raises
    ------
    InputError
        With every problem, its line and key.

    Examples
    --------
    >>> parse_model("mine.yml", {"title": "Mine", "shoks": "all"}, ScenarioFile)
    Traceback (most recent call last):
    parkanalysis.errors.InputError: mine.yml, column shoks: found unknown key 'shoks'; allowed: title,
    description, shocks, levers; did you mean 'shocks'?
    """
    if not isinstance(document, Mapping):
        found = "an empty file" if document is None else "no mapping"
        raise InputError(Problem(name, found, "keys and values", 1))
    try:
        return model.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False)[:MAX_PROBLEMS]
    raise InputError(_problem(name, e, line_of(document, e["loc"]), e["loc"]) for e in errors)


FALLS = frozenset(("下降", "下跌", "减少", "降低", "降", "回落", "收窄", "萎缩"))


@dataclass(frozen=True, eq=False)
class Park:
    """Everything a park's files say, checked.

    Attributes
    ----------
    id : str
        Name of the folder.
    config : ParkFile
        park.yml.
    figures, history, prices, value_added_rates, sources : DataFrame
        The tables, columns as in the data dictionary.
    quantities : mapping of str to Quantity
        Each figure of the ledger, parsed.
    levers : mapping of str to Lever
        Each lever at its own range; a lever on a forecast has its numbers filled by the scenario.
    scenarios : mapping of str to ScenarioFile
    digest : str
        Hash over all files.
    path : Path
    doubts : tuple of Problem
        Warnings of numbers that hardly can be.
    lines : mapping of str to int
        Row of each lever in its table.
    place : callable
        Turns the place of a problem (file, row, column of a folder) into the place in this kind of park.
    """

    id: str
    config: ParkFile
    figures: pd.DataFrame
    history: pd.DataFrame
    prices: pd.DataFrame
    value_added_rates: pd.DataFrame
    sources: pd.DataFrame
    quantities: Mapping[str, Quantity]
    levers: Mapping[str, Lever]
    scenarios: Mapping[str, ScenarioFile]
    digest: str
    path: Path = field(repr=False)
    doubts: tuple[Problem, ...] = field(repr=False)
    lines: Mapping[str, int] = field(repr=False)
    place: Callable[[Problem], Problem] = field(repr=False)

    def amount(self, figure: str, unit: str = "CNY_100m") -> float:
        """Value of a figure in a lever unit, 亿元 unless said otherwise; a rate of decline is negative."""
        return _amount(self.quantities[figure], unit)

    @cached_property
    def value_added(self) -> float:
        """Published value added of the base year, 亿元."""
        return self.amount(self.config.value_added)

    def series(self, name: str) -> pd.DataFrame:
        """Rows of a series of history or prices that were published by ``as_of``, in order of period."""
        for table in (self.history, self.prices):
            rows = table[(table["series"] == name) & (table["published"] <= self.config.as_of)]
            if len(rows):
                # a revised value stands in place of the one published before
                rows = rows.sort_values(["period", "published"], kind="stable")
                return rows.drop_duplicates("period", keep="last").reset_index(drop=True)
        return self.history.iloc[:0]

    def label(self, lang: str) -> str:
        """Name of the park in a language."""
        return self.config.name[lang]  # type: ignore[index]


def _amount(quantity: Quantity, unit: str) -> float:
    canonical, factor = UNITS[unit]
    if quantity.unit != canonical:
        raise ValueError(f"{quantity.text!r} is in {quantity.unit}, not in {unit}")
    return (-quantity.value if _is_fall(quantity) else quantity.value) / factor


def _is_fall(quantity: Quantity) -> bool:
    """Whether a rate is printed as one of decline: 下降 3.2%, but neither 降至 3.2% nor 下降 5 亿元."""
    rate = quantity.unit in ("fraction", "percentage_point") and quantity.before is None
    return rate and quantity.direction in FALLS and not re.search("[到至为]", quantity.text)


def _frame(name: str, rows: list[tuple[int, Any]]) -> pd.DataFrame:
    columns = list(TABLES[name].model_fields)
    records = [row.model_dump() for _, row in rows]
    # the order of rows in a file must not matter
    records.sort(key=lambda record: [str(record[column]) for column in columns])
    return pd.DataFrame(records, columns=columns)


def _parse_figures(rows: list[tuple[int, Any]], rule: str, problems: list[Problem]) -> dict[str, Quantity]:
    parsed: dict[str, Quantity] = {}
    for row, figure in rows:
        try:
            parsed[figure.figure] = parse(figure.quantity, rule)
        except InputError as error:
            allowed = f"a quantity ({error.problems[0].allowed})"
            problems.append(Problem("figures.csv", repr(figure.quantity), allowed, row, "quantity"))
    return parsed


def _goal(goal: str, base: str, parsed: Mapping[str, Quantity], rule: str) -> dict[str, Quantity]:
    """A goal that is printed as growth, as the amount it comes to: published (1 + growth).

    About 6 % is 5.5 to 6.5 %: half a unit of the last digit, as the rule "literal" has it.
    """
    if goal not in parsed or base not in parsed or parsed[goal].unit != "fraction":
        return {}
    growth, published = parsed[goal], parsed[base]
    near = parse(growth.text, "literal")
    low, high = (near.low, near.high) if math.isfinite(near.high - near.low) else bounds(growth, rule)
    sign = -1 if _is_fall(growth) else 1
    value, *ends = (published.value * (1 + sign * g) for g in (growth.value, low, high))
    low, high = sorted(ends)
    return {goal: replace(growth, value=value, low=low, high=high, unit=published.unit, hedge="growth")}


_SAME = ("unit", "minimum", "maximum", "evidence", "source", "group", "note", "note_zh")


def _lever(row: Any, parsed: Mapping[str, Quantity], rates: pd.DataFrame) -> Lever:
    shape, low, central, high = row.distribution, row.low, row.central, row.high
    if row.figure is not None:
        central = _amount(parsed[row.figure], row.unit)
    if shape == "tables":
        shape, (low, central, high) = "triangular", table_range(rates, row.series)
    elif shape == "point":
        low = high = central
    elif central is None and shape in WITHOUT_CENTRAL:
        central = (low + high) / 2 if shape == "uniform" else (low * high) ** 0.5
    lever: dict[str, Any] = {"low": low, "central": central, "high": high}
    lever = {name: math.nan if value is None else value for name, value in lever.items()}
    lever |= {name: getattr(row, name) for name in _SAME}
    lever |= {"label": {"zh": row.name_zh or row.name_en, "en": row.name_en}, "distribution": shape}
    return Lever(row.lever, figure=row.figure or "", series=row.series or "", **lever)


def table_range(rates: pd.DataFrame, industry: str) -> tuple[float, float, float]:
    """10%, 50% and 90% points of an industry's value-added rates over the input-output tables."""
    rows = rates[(rates["industry"] == industry) & (rates["use"] == "yes")]
    rate = rows["value_added_10k_cny"] / rows["gross_output_10k_cny"]
    low, central, high = rate.quantile([0.1, 0.5, 0.9])
    return float(low), float(central), float(high)


REFERENCE = ScenarioFile(title={"zh": "基准（无冲击）", "en": "Reference (no shock)"})


def _validated(raw: Raw, problems: list[Problem]) -> Files:
    """Check every file by itself; what holds goes on to be checked together."""
    rows: dict[str, list[tuple[int, Any]]] = {}
    names: dict[str, set[str]] = {}
    for name, model in TABLES.items():
        file, column = f"{name}.csv", NAMES[name]
        table = raw.tables.get(name, RawTable([*model.model_fields], []))
        rows[name], found = validate_rows(file, table, model, KEYS.get(name))
        problems += [*table.problems, *found]
        used = (cells for _, cells in table.records if cells.get("use", "").strip() != "no")
        names[name] = {cells[column].strip() for cells in used if column in cells}
        if table.problems or any(p.file == file for p in raw.problems) or any(p.row == 1 for p in found):
            names[name] = Anything()
    config = None
    if raw.park is not None:
        config = attempt(problems, parse_model, "park.yml", raw.park, ParkFile)
    elif not any(p.file == "park.yml" for p in problems):
        problems.append(Problem("park.yml", "an empty file", "keys and values", 1))
    scenarios = {}
    for name, document in raw.scenarios.items():
        scenario = attempt(problems, parse_model, f"scenarios/{name}.yml", document, ScenarioFile)
        if scenario is not None:
            scenarios[name] = (document, scenario)
    rule = config.reading_rule if config is not None else "standard"
    parsed = _parse_figures(rows["figures"], rule, problems)
    if config is not None and config.stated is not None:
        parsed |= _goal(config.stated.result, config.value_added, parsed, rule)
    return Files(config, raw.park, rows, names, parsed, scenarios)


def read_park(path: str | Path) -> Park:
    """Read and check a park.

    Parameters
    ----------
    path : str or Path
        The park's folder, its workbook (xlsx), or the name of a park that comes with the installation.

    Returns
    -------
    Park
        With a scenario ``reference`` in any case: where the park declares none of that name, one without
        shocks and with all levers as they stand.

    Raises
    ------
    InputError
        With every problem of every file.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> park.value_added == park.amount(park.config.value_added)
    True
    """
    place = park_path(path)
    raw = read_folder(place) if place.is_dir() else read_workbook(place)
    problems = list(raw.problems)
    files = _validated(raw, problems)
    problems += cross_check(files)
    if problems:
        raise InputError(raw.place(p) for p in told_once(problems[: 10 * MAX_PROBLEMS]))
    assert files.config is not None
    frames = {name: _frame(name, files.rows[name]) for name in TABLES if name != "levers"}
    ordered = sorted(files.rows["levers"], key=lambda r: r[1].lever)
    levers = {row.lever: _lever(row, files.parsed, frames["value_added_rates"]) for _, row in ordered}
    doubts = [raw.place(p) for p in told_once(slips(files, levers))]
    if wrong := [p for p in doubts if p.severity == "error"]:
        raise InputError(wrong)
    scenarios = {"reference": REFERENCE} | {name: file for name, (_, file) in files.scenarios.items()}
    return Park(
        id=raw.id,
        config=files.config,
        **frames,
        quantities=files.parsed,
        levers=levers,
        scenarios=dict(sorted(scenarios.items())),
        digest=raw.digest,
        path=place,
        doubts=tuple(doubts),
        lines={row.lever: line for line, row in files.rows["levers"]},
        place=raw.place,
    )
