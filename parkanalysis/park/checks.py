"""Checks between the files of a park: every name leads somewhere, every range and unit makes sense."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice, pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from parkanalysis.errors import InputError, Problem, nearest
from parkanalysis.forecasting import annual, check_method
from parkanalysis.park.levers import UNITS
from parkanalysis.park.read import MAX_PROBLEMS, line_of
from parkanalysis.park.schema import (
    PARAMETERS,
    POINTS,
    SECTIONS,
    TABLES,
    Correlation,
    LeverSetting,
    ParkFile,
    Ref,
    ScenarioFile,
    references,
)
from parkanalysis.quantities import Quantity

Rows = list[tuple[int, Any]]

HOURS_OF_A_YEAR = 8784
LARGEST_AMOUNT = 1e15  # yuan, ten times the value added of all industry on earth
DERIVED = ("forecast", "tables")  # which give all points
WITHOUT_CENTRAL = ("uniform", "lognormal")  # they may leave out the central value, which they do not use
MAX_LEVERS = 5_000
MAX_TOGETHER = 12
MAX_HORIZON = 10
RATES = ("%", "％", "percent", "fraction", "percentage_point", "百分点")


class Anything(set[str]):
    """The names of a table that could not be read: none of them is known to be missing."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True)
class Files:
    """The files of a park, each checked by itself; rows that failed are left out.

    Attributes
    ----------
    config : ParkFile or None
    document : Located
        The document behind ``config``, for line numbers.
    rows : mapping of table to list of (row, model)
    names : mapping of table to set of str
        Every name that others may lead to, of failed rows too, so that one slip makes one problem.
    parsed : mapping of figure to Quantity
    scenarios : mapping of str to (document, ScenarioFile)
    """

    config: ParkFile | None
    document: Any
    rows: Mapping[str, Rows]
    names: Mapping[str, set[str]]
    parsed: Mapping[str, Quantity]
    scenarios: Mapping[str, tuple[Any, ScenarioFile]]

    @cached_property
    def levers(self) -> dict[str, tuple[int, Any]]:
        """Rows of the levers that hold, by name, with their lines."""
        return {row.lever: (line, row) for line, row in self.rows["levers"]}

    def unit(self, lever: str | None) -> str:
        """Canonical unit of a lever; nothing where it is none or its row has failed."""
        return UNITS[self.levers[lever][1].unit][0] if lever in self.levers else ""

    @cached_property
    def series(self) -> dict[str, dict[str, list[tuple[int, Any]]]]:
        """Rows of each series of history and of prices, by table and name."""
        found: dict[str, dict[str, list[tuple[int, Any]]]] = {"history": {}, "prices": {}}
        for table, series in found.items():
            for line, row in self.rows[table]:
                series.setdefault(row.series, []).append((line, row))
        return found

    def known(self, role: str) -> Collection[str]:
        """Names that a reference may lead to."""
        if role in SECTIONS:
            return getattr(self.config, SECTIONS[role])  # type: ignore[no-any-return]
        return self.names["history" if role == "series" else f"{role}s"]


def unknown(
    file: str,
    what: str,
    name: str,
    known: Collection[str],
    allowed: str = "",
    row: int | None = None,
    column: str | None = None,
) -> Problem:
    """The problem of a name that leads nowhere, with the nearest that does; all that do are ``allowed``.

    Examples
    --------
    >>> print(unknown("scenario", "scenario", "sever", ["severe", "reference"]))
    scenario: found unknown scenario 'sever'; allowed: reference, severe; did you mean 'severe'?
    """
    listed = ", ".join(sorted(known)) if len(known) <= 12 else f"{what} ({len(known)} of them)"
    allowed = allowed or listed or f"no {what} is defined"
    return Problem(file, f"unknown {what} {name!r}", allowed, row, column, nearest(str(name), known))


def _bad(table: str, line: int, row: Any, column: str, allowed: str, found: str = "") -> Problem:
    """The problem of a cell: what stands there, or what is found, and what may."""
    value = getattr(row, column)
    cell = "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return Problem(f"{table}.csv", found or cell, allowed, line, column)


def _names(files: Files) -> Iterator[Problem]:
    """Whether the names in the tables lead somewhere."""
    for table, rows in files.rows.items():
        for field, ref in references(TABLES[table]).items():
            for line, row in rows:
                name, known = getattr(row, field), files.known(ref.role)
                if name is not None and name not in known:
                    yield unknown(f"{table}.csv", ref.role, name, known, row=line, column=field)
    for line, row in files.rows["levers"]:
        rated = row.distribution == "tables"
        tables = ("value_added_rates",) if rated else ("history", "prices")
        if row.series is not None and all(row.series not in files.names[table] for table in tables):
            known = set().union(*(files.names[table] for table in tables))
            what = "industry with rates" if rated else "series"
            yield unknown("levers.csv", what, row.series, known, row=line, column="series")


def _lever(row: Any) -> Iterator[tuple[str, str]]:
    """Column and what is allowed there, of what a lever's row says against itself."""
    canonical, shape = UNITS[row.unit][0], row.distribution
    if row.lever in PARAMETERS:
        yield "lever", "a name that is no parameter of the report"
    if row.minimum > row.maximum:
        yield "minimum", f"at most the maximum {row.maximum:g}"
    if row.minimum < 0 and canonical not in ("CNY", "fraction"):
        yield "minimum", f"0 or more for a {'price' if '/' in canonical else 'volume'}"
    if canonical == "h" and row.maximum > HOURS_OF_A_YEAR:
        yield "maximum", f"at most the {HOURS_OF_A_YEAR:,} hours of a year"
    if row.figure is not None and row.central is not None:
        yield "central", f"empty, since the figure {row.figure} gives it"
    if shape in DERIVED:
        if row.series is None:
            yield "series", "a series or an industry that gives the range"
        for column in POINTS:
            if getattr(row, column) is not None:
                yield column, f"empty, since the {shape} give it"
        if shape == "tables" and canonical != "fraction":
            yield "unit", "fraction, as value-added rates are"
    elif row.central is None and row.figure is None and shape not in WITHOUT_CENTRAL:
        yield "central", "a number, or a figure that gives it"
    elif shape != "point" and not (
        # a series may give the two points around a printed figure
        shape == "two_piece_normal" and row.series and row.low is None and row.high is None
    ):
        for column in ("low", "high"):
            if getattr(row, column) is None:
                yield column, "a number, the 10% or 90% point"


def _tables(files: Files) -> Iterator[Problem]:
    """What is wrong between the tables."""
    yield from _names(files)
    for line, row in files.rows["levers"][:MAX_LEVERS]:
        for column, allowed in _lever(row):
            yield _bad("levers", line, row, column, allowed)
        for column, found, allowed in _range(row, files.parsed):
            yield _bad("levers", line, row, column, allowed, found)
    for line, row in files.rows["levers"][MAX_LEVERS : MAX_LEVERS + 1]:
        yield _bad("levers", line, row, "lever", f"at most {MAX_LEVERS:,} levers")
    for line, row in files.rows["value_added_rates"]:
        if row.value_added_10k_cny > row.gross_output_10k_cny:
            allowed = f"at most the gross output {row.gross_output_10k_cny:g}"
            yield _bad("value_added_rates", line, row, "value_added_10k_cny", allowed)
    for table in ("history", "prices"):
        for rows in files.series[table].values():
            yield from _series(table, rows)
    yield from _forecasts(files)


def _range(row: Any, parsed: Mapping[str, Quantity]) -> Iterator[tuple[str, str, str]]:
    """Column, found and allowed of points out of order or bounds, or through which no distribution goes."""
    if row.distribution in DERIVED:
        return
    columns = POINTS if row.distribution != "point" else ("central",)
    points = {column: getattr(row, column) for column in columns}
    if row.figure in parsed:
        quantity, (canonical, factor) = parsed[row.figure], UNITS[row.unit]
        if quantity.unit != canonical:
            yield "unit", f"{row.figure} in {quantity.unit}", f"a figure in {canonical}"
            return
        points["central"] = quantity.value / factor
    given = {column: value for column, value in points.items() if value is not None}
    for name, value in given.items():
        if not row.minimum <= value <= row.maximum:
            yield name, f"{value:g}", f"{row.minimum:g} to {row.maximum:g} {row.unit}"
    wrong = [(*one, *two) for one, two in pairwise(given.items()) if one[1] > two[1]]
    if wrong:
        name, value, other, less = wrong[0]
        yield name, f"{value:g} above {other} {less:g}", "low ≤ central ≤ high"
    elif row.distribution == "lognormal" and given.get("low", 1) <= 0 < given.get("high", 0) - given["low"]:
        yield "low", f"{given['low']:g}", "above 0 for a lognormal"


def _series(table: str, rows: Rows) -> Iterator[Problem]:
    """One unit, basis and frequency a series; each value once."""
    (first, other), seen = rows[0], dict[tuple[Any, ...], int]()
    for line, row in rows:
        bad = partial(_bad, table, line, row)
        for column in ("unit", "prices"):
            theirs = getattr(other, column, None)
            if getattr(row, column, None) != theirs:
                yield bad(column, f"{theirs} as in row {first}, one {column} a series")
        if table == "history" and len(row.period) != len(other.period):
            yield bad("period", f"a period like {other.period} in row {first}, one frequency a series")
        if row.published.year < int(row.period[:4]):
            yield bad("published", f"a day not before the period {row.period}")
        before = seen.setdefault((row.period, row.published), line)
        if before != line:
            again = f"{row.series} of {row.period} again, first in row {before}"
            yield bad("period", "each value once (a revision has its own day of publication)", again)


def _forecasts(files: Files) -> Iterator[Problem]:
    """A lever on a forecast needs a series long enough, published in time, and positive."""
    history = files.series["history"]
    levers: dict[str, str] = {}
    for line, row in files.rows["levers"]:
        if row.distribution == "forecast" and row.series in history:
            levers[row.series] = row.lever
            if row.unit != "fraction":
                yield _bad("levers", line, row, "unit", "fraction, as growth is")
    for series, lever in levers.items():
        rows = history[series]
        first, row = rows[0]
        if row.unit in RATES:
            yield _bad("history", first, row, "unit", "levels: chain the growth rates to an index", row.unit)
            continue
        for at, row in rows:
            if row.value <= 0:
                found = f"{row.value:g} in a series that {lever} forecasts"
                allowed = "a value above 0; growth rates are chained to an index first"
                yield _bad("history", at, row, "value", allowed, found)
        if files.config is not None and len({len(row.period) for _, row in rows}) == 1:
            yield from _years(series, [row for _, row in rows], files.config)


def _years(series: str, rows: list[Any], config: ParkFile) -> Iterator[Problem]:
    """Two complete years or more, the last near the target year and before it."""
    cells = [(r.period, r.value, r.published) for r in rows if r.published <= config.as_of]
    frame = pd.DataFrame(cells, columns=["period", "value", "published"])
    years = [int(year) for year in annual(frame).index] if cells else []
    last = max(years, default=config.target_year)
    if len(years) < 2:
        found = f"{len(years)} complete years of {series} published by {config.as_of}"
        yield Problem("history.csv", found, "two or more years", column="published")
    elif last >= config.target_year:
        found = f"{series} of {last}, published by {config.as_of}"
        yield Problem("history.csv", found, f"nothing after {config.target_year - 1}", column="period")
    elif config.target_year - last > MAX_HORIZON:
        found = f"{last}, the last year of {series} published by {config.as_of}"
        allowed = f"a year within {MAX_HORIZON} before {config.target_year}"
        yield Problem("history.csv", found, allowed, column="period")


def cross_check(files: Files) -> list[Problem]:
    """All problems that show only when the files are read together."""
    problems = list(islice(_tables(files), MAX_PROBLEMS))
    if files.config is not None:
        problems += islice(_config(files, files.config), MAX_PROBLEMS)
    for name in files.scenarios:
        problems += islice(_scenario(name, files), MAX_PROBLEMS)
        if len(problems) > MAX_PROBLEMS:
            break
    return list(dict.fromkeys(problems))


Place = tuple[Any, ...]


class Use(NamedTuple):
    """A name that a part of park.yml gives in a field, and what it is to lead to."""

    place: Place
    item: Any
    field: str
    ref: Ref
    name: str

    @property
    def loc(self) -> Place:
        """Way to the field in the file."""
        return (*self.place, self.field)


def uses(config: ParkFile) -> Iterator[Use]:
    """Every name in park.yml that leads to a lever, a figure or another part of it."""
    items: list[tuple[Place, Any]] = [((), config), (("stated",), config.stated)]
    items += [(("comparable",), config.comparable)]
    for section in (*SECTIONS.values(), "shocks"):
        items += [((section, key), item) for key, item in getattr(config, section).items()]
    for place, item in items:
        model: Any = type(item)
        for field, ref in references(model).items() if item is not None else ():
            if (name := getattr(item, field)) is not None:
                yield Use(place, item, field, ref, name)


def _config(files: Files, config: ParkFile) -> Iterator[Problem]:
    """Checks of park.yml against the tables."""
    for use in uses(config):
        known = files.known(use.ref.role)
        if use.name not in known:
            yield _missing(files, use.loc, use.name, known, use.ref.role)
        elif use.ref.role == "figure" and use.name in files.parsed:
            yield from _figure(files, use)
        elif use.name in files.levers and use.ref.role == "lever":
            yield from _lever_in_use(files, use)
    for check in (_plants, _shocks, _method, _correlations, _balance, _vintage):
        yield from check(files, config)


def _at(files: Files, loc: Place, found: str, allowed: str, near: str | None = None) -> Problem:
    column = ".".join(str(part) for part in loc)
    return Problem("park.yml", found, allowed, line_of(files.document, loc), column, near)


def _missing(files: Files, loc: Place, name: str, known: Collection[str], what: str) -> Problem:
    problem = unknown("park.yml", what, name, known)
    return _at(files, loc, problem.found, problem.allowed, problem.nearest)


def _figure(files: Files, use: Use) -> Iterator[Problem]:
    quantity = files.parsed[use.name]
    if quantity.unit not in use.ref.units:
        yield _at(files, use.loc, f"{use.name} in {quantity.unit}", "a figure in yuan")
    elif not 0 < quantity.value <= LARGEST_AMOUNT:
        found = f"{use.name}, {quantity.text[:40]!r}"
        yield _at(files, use.loc, found, f"above 0, at most {LARGEST_AMOUNT:g} yuan")


def _lever_in_use(files: Files, use: Use) -> Iterator[Problem]:
    """Units and hard bounds that a lever needs in its place.

    Prices are per unit of the volume; what adds to a product has the product's units.
    """
    ref, (line, row) = use.ref, files.levers[use.name]
    like = _unit_at(files, use.item, ref.per or ref.same)
    like = f"CNY/{like}" if ref.per else like
    wanted = [(use.field, (like,) if like in ref.units else ref.units)]
    if ref.asks:
        wanted += [(ref.asks[0], (ref.asks[1],))]
    for field, units in wanted:
        name = getattr(use.item, field)
        if files.unit(name) not in ("", *units):
            found, allowed = f"{name} in {files.unit(name)}", f"a lever in {' or '.join(units)}"
            yield _at(files, (*use.place, field), found, allowed)
    low, high = ref.bounds or (-np.inf, np.inf)
    for column in ("minimum", "maximum"):
        value = getattr(row, column)
        if not low <= value <= high and files.unit(use.name) in ref.units:
            text = f"{value:g} of {use.name}, the {use.field} of {'.'.join(use.place) or 'the park'}"
            allowed = f"{low:g} or more" if high == np.inf else f"{low:g} to {high:g}"
            yield Problem("levers.csv", text, allowed, line, column)


def _unit_at(files: Files, item: BaseModel, path: str) -> str:
    """Unit of the lever in another field: one of the item, or ``product.`` and one of its product."""
    assert files.config is not None
    head, _, tail = path.rpartition(".")
    owner = files.config.products.get(getattr(item, head) or "") if head else item
    if tail == "volume" and getattr(owner, "capacity", None) is not None:
        return "kWh"
    return files.unit(getattr(owner, tail, None))


def _plants(files: Files, config: ParkFile) -> Iterator[Problem]:
    """A plant makes a product of its own industry."""
    for key, plant in config.plants.items():
        product = config.products.get(plant.product or "")
        if product is not None and product.industry != plant.industry:
            found, allowed = f"a product of {product.industry}", f"a product of {plant.industry}"
            yield _at(files, ("plants", key, "product"), found, allowed)


def _shocks(files: Files, config: ParkFile) -> Iterator[Problem]:
    """Months lie in the years projected; a shock that turns output into value added needs a rate."""
    first, last = config.base_year + 1, config.target_year
    for key, shock in config.shocks.items():
        for field in ("start", "end"):
            month = getattr(shock, field)
            if month is not None and not first <= int(month[:4]) <= last:
                years = str(last) if first == last else f"{first} to {last}"
                yield _at(files, ("shocks", key, field), month, f"a month of {years}")
        acts = next((f for f, r in references(type(shock)).items() if r.role in SECTIONS), "")
        if shock.needs_rate and getattr(shock, acts) in files.known(references(type(shock))[acts].role):
            industry = shock.industry_of(config)
            declared = config.industries.get(industry)
            if declared is not None and declared.value_added_rate is None:
                allowed = "an industry with gross_output and value_added_rate"
                yield _at(files, ("shocks", key, acts), f"{industry}, with value_added only", allowed)


def _method(files: Files, config: ParkFile) -> Iterator[Problem]:
    try:
        check_method(config.growth_method)
    except InputError as error:
        for p in error.problems:
            yield _at(files, ("growth_method",), p.found, p.allowed, p.nearest)


def _balance(files: Files, config: ParkFile) -> Iterator[Problem]:
    """The accounts can be scaled to the published total only from parts that cannot all be 0."""
    names = {i.value_added or i.value_added_rate or "" for i in config.industries.values()}
    rows = [files.levers[name][1] for name in names if name in files.levers]
    if len(rows) == len(names) and all(r.minimum <= 0 and r.distribution != "point" for r in rows):
        allowed = "one industry at least whose lever has a minimum above 0"
        yield _at(files, ("industries",), "industries whose value added may all be 0", allowed)


def _correlations(files: Files, config: ParkFile) -> Iterator[Problem]:
    """Two levers each, each pair once, and ranks that can hold together."""
    seen: set[frozenset[str]] = set()
    for i, correlation in enumerate(config.correlations):
        loc = ("correlations", i)
        pair = frozenset(correlation.levers)
        for name in sorted(n for n in pair if n not in files.names["levers"]):
            yield _missing(files, loc, name, files.names["levers"], "lever")
        if len(pair) == 1:
            yield _at(files, loc, f"{correlation.levers[0]} twice", "two different levers")
        if pair in seen:
            yield _at(files, loc, f"{' and '.join(sorted(pair))} again", "each pair once")
        seen.add(pair)
    clear = all(len(set(c.levers)) == 2 for c in config.correlations)
    if clear and len(seen) == len(config.correlations):
        pairs = [f"{a}–{b} {c.rank:g}" for c in contradiction(config.correlations) for a, b in [c.levers]]
        if pairs:
            found = f"rank correlations that contradict one another: {', '.join(pairs)}"
            yield _at(files, ("correlations",), found, "a positive semi-definite matrix")


def correlation_matrix(names: Sequence[str], correlations: Sequence[Correlation]) -> NDArray[np.float64]:
    """Normal correlations whose rank correlations are the declared ones.

    r = 2 sin(pi * rank / 6) (Pearson 1907), 0 between levers that no pair names.

    Examples
    --------
    >>> pair = Correlation(levers=("price", "tariff"), rank=0.5)
    >>> correlation_matrix(["price", "tariff", "hours"], [pair]).round(3).tolist()
    [[1.0, 0.518, 0.0], [0.518, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    place = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for c in correlations:
        i, j = (place[name] for name in c.levers)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * c.rank / 6)
    return matrix


def contradiction(correlations: Sequence[Correlation]) -> list[Correlation]:
    """Pairs among as few levers as show a contradiction; empty where there is none.

    Levers that no pair names together count as independent of one another.

    Examples
    --------
    >>> pairs = [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9), ("c", "d", 0.1)]
    >>> [c.levers for c in contradiction([Correlation(levers=(a, b), rank=r) for a, b, r in pairs])]
    [('a', 'b'), ('b', 'c'), ('a', 'c')]
    """

    def possible(pairs: Sequence[Correlation]) -> bool:
        matrix = correlation_matrix(sorted({name for c in pairs for name in c.levers}), pairs)
        return len(matrix) == 0 or bool(np.linalg.eigvalsh(matrix)[0] > -1e-10)

    if possible(correlations):
        return []
    for name in sorted({name for c in correlations for name in c.levers}):
        fewer = [c for c in correlations if name not in c.levers]
        if not possible(fewer):
            correlations = fewer
    return list(correlations)


def _vintage(files: Files, config: ParkFile) -> Iterator[Problem]:
    """Nothing published after ``as_of``, or on an unknown day, may enter a projection."""
    if config.as_of.year < config.base_year:
        allowed = f"a day not before the base year {config.base_year}"
        yield _at(files, ("as_of",), str(config.as_of), allowed)
    published = {row.source: row.published for _, row in files.rows["sources"]}
    late = {s for s, day in published.items() if day is not None and day > config.as_of}
    for line, row in files.rows["levers"]:
        own = any(value is not None for value in (row.low, row.central, row.high))
        if own and row.evidence != "assumed" and published.get(row.source, config.as_of) is None:
            found = f"{row.source} without a day of publication behind {row.lever}"
            allowed = "a source with its day of publication, or evidence assumed"
            yield _bad("levers", line, row, "source", allowed, found)
    for table in ("figures", "levers", "value_added_rates"):
        for line, row in files.rows[table]:
            if row.source in late and getattr(row, "use", "yes") == "yes":
                found = f"{row.source}, published on {published[row.source]}"
                allowed = f"a source published by the vintage date {config.as_of}"
                yield _bad(table, line, row, "source", allowed, found)


def _scenario(name: str, files: Files) -> Iterator[Problem]:
    """What is wrong with one scenario."""
    file = f"scenarios/{name}.yml"
    document, scenario = files.scenarios[name]
    for lever, setting in scenario.levers.items():
        line, figure = line_of(document, ("levers", lever)), getattr(setting, "figure", None)
        if lever not in files.names["levers"]:
            yield unknown(file, "lever", lever, files.names["levers"], row=line, column="levers")
        elif lever in files.levers and (figure in files.parsed or figure not in files.names["figures"]):
            for found, allowed in check_setting(setting, files.levers[lever][1], files.parsed):
                yield Problem(file, found, allowed, line, f"levers.{lever}")
    if files.config is None:
        return
    shocks = files.config.shocks
    active = list(shocks) if scenario.shocks == "all" else list(scenario.shocks)
    yield from _crowded(file, files.config, active)
    taken: dict[tuple[str, str], str] = {}
    for i, shock in enumerate(active):
        line = line_of(document, ("shocks", i))
        if shock not in shocks:
            yield unknown(file, "shock", shock, shocks, row=line, column="shocks")
            continue
        item = shocks[shock]
        # acting twice on the same thing would count it twice
        key = (item.kind, getattr(item, item.once)) if item.once else ("", shock)
        if key in taken:
            twice = taken[key] == shock
            found = f"{shock!r} twice" if twice else f"{key[1]!r} by {taken[key]} and {shock}"
            yield Problem(file, found, "each plant, price and rate changed once", line, "shocks")
        taken.setdefault(key, shock)


def _crowded(file: str, config: ParkFile, active: list[str]) -> Iterator[Problem]:
    """Shocks that take a part of what the others leave: the work doubles with each at the same time."""
    counts: Counter[tuple[str, str]] = Counter()
    for shock in (config.shocks[name] for name in active if name in config.shocks):
        if shock.compounds and getattr(shock, "industry", "") in config.industries:
            months = (f"{config.target_year}-{month:02d}" for month in range(1, 13))
            acting = (m for m in months if (shock.start or "") <= m <= (shock.end or m))
            counts.update((shock.industry_of(config), m) for m in acting)
    most = {industry: count for (industry, _), count in sorted(counts.items(), key=lambda item: item[1])}
    for industry, count in most.items():
        if count > MAX_TOGETHER:
            found = f"{count} shocks that cap the industry {industry} at the same time"
            yield Problem(file, found, f"at most {MAX_TOGETHER}", column="shocks")


def check_setting(
    setting: float | LeverSetting, row: Any, parsed: Mapping[str, Quantity]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a lever's setting: pairs of found and allowed.

    ``row`` is anything with ``minimum``, ``maximum`` and ``unit``.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> park = read_park("qingzhen")
    >>> list(check_setting(15.8, park.levers["alumina_price_2016"], park.quantities))
    [('15.8', '900 to 4000 CNY/t')]
    >>> list(check_setting(LeverSetting(figure="debt"), park.levers["alumina_price_2016"], park.quantities))
    [('debt in CNY', 'a figure in CNY/t')]
    """
    points: dict[str, float | None] = dict.fromkeys(POINTS)
    figure, shape = None, "point"
    if not isinstance(setting, LeverSetting):
        points["central"] = float(setting)
    elif setting.quantile is not None:
        return
    elif setting.figure is None:
        points, shape = setting.model_dump(include=set(POINTS)), setting.distribution or "triangular"
    elif setting.figure in parsed:
        figure = setting.figure
    else:
        near = nearest(setting.figure, parsed)
        yield f"unknown figure {setting.figure!r}", f"a figure (nearest: {near})" if near else "a figure"
        return
    bounds = {"unit": row.unit, "minimum": row.minimum, "maximum": row.maximum}
    held = SimpleNamespace(figure=figure, distribution=shape, **bounds, **points)
    yield from ((found, allowed) for _, found, allowed in _range(held, parsed))
