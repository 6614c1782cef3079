"""A park: a folder of figures, read and checked once; the only reader of park files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from parkanalysis import quantities
from parkanalysis.crosscheck import cross_check
from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.levers import UNITS, Lever
from parkanalysis.quantities import Quantity
from parkanalysis.files import parse_model, read_csv, read_yaml, validate_rows
from parkanalysis.schema import ParkFile, ScenarioFile
from parkanalysis.table_schema import KEYS, REQUIRED_TABLES, TABLES

__all__ = ["Park", "known_parks", "park_path", "read_park"]

_HERE = Path(__file__).resolve().parent


def _data_folders() -> Iterator[Path]:
    for folder in (_HERE / "data", _HERE.parent / "data"):
        if folder.is_dir():
            yield folder


def known_parks() -> dict[str, Path]:
    """Parks that come with the installation, by name."""
    return {
        p.name: p
        for folder in _data_folders()
        for p in sorted(folder.iterdir())
        if (p / "park.yml").is_file()
    }


def park_path(park: str | Path) -> Path:
    """Folder of a park, given as a path or as the name of a park that comes with the installation.

    Raises
    ------
    InputError
        When there is no such folder.
    """
    path = Path(park).expanduser()
    if path.exists():
        return path.resolve()
    known = known_parks()
    if str(park) in known:
        return known[str(park)]
    raise InputError(
        Problem(
            "park",
            repr(str(park)),
            f"a folder, or one of {', '.join(known)}",
            nearest=nearest(str(park), known),
        )
    )


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

    def amount(self, figure: str, unit: str = "CNY_100m") -> float:
        """Value of a figure in a lever unit, 亿元 unless said otherwise."""
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
                return rows.sort_values("period").reset_index(drop=True)
        return self.history.iloc[:0]

    def label(self, lang: str) -> str:
        """Name of the park in a language."""
        return self.config.name[lang]  # type: ignore[index]


def _amount(quantity: Quantity, unit: str) -> float:
    canonical, factor = UNITS[unit]
    if quantity.unit != canonical:
        raise ValueError(f"{quantity.text!r} is in {quantity.unit}, not in {unit}")
    return quantity.value / factor


def _frame(name: str, rows: list[Any]) -> pd.DataFrame:
    columns = list(TABLES[name].model_fields)
    frame = pd.DataFrame([row.model_dump() for row in rows], columns=columns)
    # the order of rows in a file must not matter
    return frame.sort_values(
        columns, kind="stable", na_position="first", key=lambda c: c.map(str)
    ).reset_index(drop=True)


def _parse_figures(records: list[tuple[int, Any]], file: str) -> dict[str, Quantity]:
    parsed: dict[str, Quantity] = {}
    problems = []
    for row, figure in records:
        try:
            parsed[figure.figure] = quantities.parse(figure.quantity)
        except InputError as error:
            problems.append(
                Problem(
                    file, repr(figure.quantity), f"a quantity ({error.problems[0].found})", row, "quantity"
                )
            )
    if problems:
        raise InputError(problems)
    return parsed


def _lever(row: Any, parsed: Mapping[str, Quantity], rates: pd.DataFrame) -> Lever:
    central, low, high = row.central, row.low, row.high
    if row.distribution == "tables":
        low, central, high = table_range(rates, row.series)
    if row.figure is not None and central is None and row.figure in parsed:
        central = _amount(parsed[row.figure], row.unit)
    nan = float("nan")
    if row.distribution == "point":
        low = high = central
    if central is None and row.distribution in ("uniform", "lognormal") and None not in (low, high):
        central = (low + high) / 2 if row.distribution == "uniform" else (low * high) ** 0.5
    return Lever(
        name=row.lever,
        unit=row.unit,
        low=nan if low is None else low,
        central=nan if central is None else central,
        high=nan if high is None else high,
        minimum=row.minimum,
        maximum=row.maximum,
        distribution="triangular" if row.distribution == "tables" else row.distribution,
        evidence=row.evidence,
        source=row.source,
        label={"zh": row.name_zh or row.name_en, "en": row.name_en},
        group=row.group,
        note=row.note,
        figure=row.figure or "",
        series=row.series or "",
    )


def table_range(rates: pd.DataFrame, industry: str) -> tuple[float, float, float]:
    """10%, 50% and 90% points of an industry's value-added rates over the input-output tables."""
    rows = rates[(rates["industry"] == industry) & (rates["use"] == "yes")]
    rate = rows["value_added_10k_cny"] / rows["gross_output_10k_cny"]
    low, central, high = rate.quantile([0.1, 0.5, 0.9])
    return float(low), float(central), float(high)


class _Collector:
    """Gathers the problems of several steps, so that one run shows them all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __call__(self, step: Any, *args: Any) -> Any:
        try:
            return step(*args)
        except InputError as error:
            self.problems.extend(error.problems)
            return None

    def stop(self) -> None:
        if self.problems:
            raise InputError(self.problems)


def _read_tables(path: Path, collect: _Collector) -> dict[str, list[tuple[int, Any]]]:
    tables: dict[str, list[tuple[int, Any]]] = {}
    for name, model in TABLES.items():
        file = path / f"{name}.csv"
        if not file.exists():
            if name in REQUIRED_TABLES:
                collect.problems.append(
                    Problem(file.name, "no such file", f"{file.name} in the park's folder")
                )
            tables[name] = []
            continue
        records = collect(read_csv, file) or []
        rows = collect(validate_rows, file.name, records, model, KEYS.get(name)) or []
        tables[name] = [(row, model) for (row, _), model in zip(records, rows, strict=False)]
    return tables


def _read_scenarios(path: Path, collect: _Collector) -> dict[str, tuple[Any, ScenarioFile]]:
    scenarios = {}
    for file in sorted((path / "scenarios").glob("*.yml")):
        document = collect(read_yaml, file)
        if document is not None:
            scenario = collect(parse_model, f"scenarios/{file.name}", document, ScenarioFile)
            if scenario is not None:
                scenarios[file.stem] = (document, scenario)
    return scenarios


def read_park(path: str | Path) -> Park:
    """Read and check a park.

    Parameters
    ----------
    path : str or Path
        The park's folder, or the name of a park that comes with the installation.

    Raises
    ------
    InputError
        With every problem of every file.

    Examples
    --------
    >>> park = read_park("qingzhen")
    >>> park.value_added
    37.01
    """
    folder = park_path(path)
    if not folder.is_dir():
        raise InputError(Problem(folder.name, "a file", "a park's folder"))
    collect = _Collector()
    tables = _read_tables(folder, collect)
    document = collect(read_yaml, folder / "park.yml")
    config = collect(parse_model, "park.yml", document, ParkFile) if document is not None else None
    scenarios = _read_scenarios(folder, collect)
    parsed = collect(_parse_figures, tables["figures"], "figures.csv") or {}
    collect.stop()
    assert config is not None
    collect.problems.extend(cross_check(config, document, tables, parsed, scenarios))
    collect.stop()
    rows = {name: [row for _, row in table] for name, table in tables.items()}
    frames = {name: _frame(name, rows[name]) for name in TABLES if name != "levers"}
    levers = {
        row.lever: _lever(row, parsed, frames["value_added_rates"])
        for row in sorted(rows["levers"], key=lambda r: r.lever)
    }
    return Park(
        id=folder.name,
        config=config,
        **frames,
        quantities=parsed,
        levers=levers,
        scenarios={name: scenario for name, (_, scenario) in sorted(scenarios.items())},
        digest=_digest(folder),
        path=folder,
    )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted([*folder.glob("*.csv"), *folder.glob("*.yml"), *folder.glob("scenarios/*.yml")]):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
