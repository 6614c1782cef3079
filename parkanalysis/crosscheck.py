"""Checks between the files of a park: every name leads somewhere, every range and unit makes sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from parkanalysis.errors import Problem, nearest
from parkanalysis.levers import UNITS
from parkanalysis.quantities import RULES, Quantity
from parkanalysis.files import line_of
from parkanalysis.schema import PARAMETERS, LeverSetting, ParkFile, ScenarioFile

__all__ = ["cross_check"]

Rows = list[tuple[int, Any]]

MONEY = ("CNY",)
PRICES = ("CNY/t", "CNY/kWh", "CNY/m3", "CNY/count")
VOLUMES = ("t", "kWh", "m3", "count")
FRACTION = ("fraction",)
# field of an industry, product, plant or shock -> canonical units that its lever may have
FIELD_UNITS: dict[str, tuple[str, ...]] = {
    "value_added_rate": FRACTION,
    "value_added": MONEY,
    "price": PRICES,
    "volume": VOLUMES,
    "base_volume": VOLUMES,
    "capacity": ("MW",),
    "hours": ("h",),
    "vat_rate": FRACTION,
    "pass_through": FRACTION,
    "share": FRACTION,
    "cap": FRACTION,
    "rate_before": FRACTION,
    "rate_after": FRACTION,
}


def cross_check(
    config: ParkFile,
    document: Any,
    tables: Mapping[str, Rows],
    parsed: Mapping[str, Quantity],
    scenarios: Mapping[str, tuple[Any, ScenarioFile]],
) -> list[Problem]:
    """All problems that show only when the files are read together."""
    levers = {row.lever: (line, row) for line, row in tables["levers"]}
    series = {row.series for name in ("history", "prices") for _, row in tables[name]}
    tabled = {row.industry for _, row in tables["value_added_rates"] if row.use == "yes"}
    return [
        *_sources(tables),
        *_levers(levers.values(), parsed, series, tabled),
        *_config(config, document, levers, parsed, tables),
        *(p for name, (doc, s) in scenarios.items() for p in _scenario(name, doc, s, config, levers, parsed)),
    ]


def _missing(file: str, row: int | None, column: str, name: str, known: Iterable[str], what: str) -> Problem:
    known = sorted(known)
    allowed = ", ".join(known) if len(known) <= 12 else f"{what} ({len(known)} of them)"
    return Problem(
        file,
        f"unknown {what} {name!r}",
        allowed or f"no {what} is defined",
        row,
        column,
        nearest(name, known),
    )


def _sources(tables: Mapping[str, Rows]) -> Iterator[Problem]:
    known = {row.source for _, row in tables["sources"]}
    for name, rows in tables.items():
        for line, row in rows if name != "sources" else []:
            if row.source not in known:
                yield _missing(f"{name}.csv", line, "source", row.source, known, "source")


def _levers(
    levers: Iterable[tuple[int, Any]], parsed: Mapping[str, Quantity], series: set[str], tabled: set[str]
) -> Iterator[Problem]:
    for line, row in levers:

        def bad(column: str, found: Any, allowed: str, line: int = line) -> Problem:
            return Problem("levers.csv", str(found), allowed, line, column)

        if row.lever in PARAMETERS:
            yield bad("lever", repr(row.lever), "a name that is no parameter of the report")
        if row.minimum > row.maximum:
            yield bad("minimum", row.minimum, f"at most the maximum {row.maximum}")
        known = tabled if row.distribution == "tables" else series
        if row.series is not None and row.series not in known:
            yield _missing("levers.csv", line, "series", row.series, known, "series")
        central = row.central
        if row.figure is not None:
            quantity = parsed.get(row.figure)
            if quantity is None:
                yield _missing("levers.csv", line, "figure", row.figure, parsed, "figure")
                continue
            if central is not None:
                yield bad("central", central, f"empty, since the figure {row.figure} gives it")
            if quantity.unit != UNITS[row.unit][0]:
                yield bad("unit", row.unit, f"a unit of the figure's {quantity.unit}")
                continue
            central = quantity.value / UNITS[row.unit][1]
        if row.distribution in ("forecast", "tables"):
            if row.series is None:
                yield bad("series", "nothing", "a series or an industry that gives the range")
            continue
        if central is None and row.distribution not in ("uniform", "lognormal"):
            yield bad("central", "nothing", "a number, or a figure that gives it")
            continue
        names = ("central",) if row.distribution == "point" else ("low", "central", "high")
        values = [central if n == "central" else getattr(row, n) for n in names]
        ordered = [(n, v) for n, v in zip(names, values, strict=True) if v is not None]
        for n in (n for n, v in zip(names, values, strict=True) if v is None and n != "central"):
            yield bad(n, "nothing", "a number, the 10% or 90% point")
        for (n1, v1), (n2, v2) in zip(ordered, ordered[1:], strict=False):
            if v1 > v2:
                yield bad(n1, f"{v1} above {n2} {v2}", "low ≤ central ≤ high")
        for n, v in ordered:
            if not row.minimum <= v <= row.maximum:
                yield bad(n, v, f"{row.minimum} to {row.maximum}")
        if row.distribution == "lognormal" and row.low is not None and row.low <= 0:
            yield bad("low", row.low, "above 0 for a lognormal")
        if (
            UNITS[row.unit][0] not in FRACTION
            and row.minimum < 0
            and UNITS[row.unit][0] in (*VOLUMES, "MW", "h")
        ):
            yield bad("minimum", row.minimum, "0 or more for a volume")


def _config(
    config: ParkFile,
    document: Any,
    levers: Mapping[str, tuple[int, Any]],
    parsed: Mapping[str, Quantity],
    tables: Mapping[str, Rows],
) -> Iterator[Problem]:
    def reference(loc: tuple[str, ...], name: str, known: Iterable[str], what: str) -> Iterator[Problem]:
        if name not in set(known):
            yield _missing("park.yml", line_of(document, loc), ".".join(loc), name, known, what)

    def money(loc: tuple[str, ...], name: str) -> Iterator[Problem]:
        yield from reference(loc, name, parsed, "figure")
        if name in parsed and parsed[name].unit != "CNY":
            line = line_of(document, loc)
            yield Problem(
                "park.yml", f"{name} in {parsed[name].unit}", "a figure in yuan", line, ".".join(loc)
            )

    yield from money(("value_added",), config.value_added)
    yield from reference(("growth",), config.growth, levers, "lever")
    if config.deflator is not None:
        yield from reference(("deflator",), config.deflator, levers, "lever")
    if config.reading_rule not in RULES:
        yield from reference(("reading_rule",), config.reading_rule, RULES, "reading rule")
    if config.other_industry is not None:
        yield from reference(("other_industry",), config.other_industry, config.industries, "industry")
    if config.stated is not None:
        for key in ("result", "loss"):
            name = getattr(config.stated, key)
            if name is not None:
                yield from money(("stated", key), name)
    for key, industry in config.industries.items():
        if industry.gross_output is not None:
            yield from money(("industries", key, "gross_output"), industry.gross_output)
    for i, correlation in enumerate(config.correlations):
        for name in correlation.levers:
            if name not in levers:
                line = line_of(document, ("correlations", i))
                yield _missing("park.yml", line, f"correlations.{i}", name, levers, "lever")
    for section in ("industries", "products", "plants", "shocks"):
        for key, item in getattr(config, section).items():
            yield from _fields((section, key), item, document, config, levers)


def _fields(
    place: tuple[str, str], item: Any, document: Any, config: ParkFile, levers: Mapping[str, tuple[int, Any]]
) -> Iterator[Problem]:
    """References and units of one industry, product, plant or shock."""
    tables = {"industry": config.industries, "product": config.products, "plant": config.plants}
    for field in type(item).model_fields:
        name = getattr(item, field)
        loc = (*place, field)
        line = line_of(document, loc)
        if name is None:
            continue
        if field in tables and name not in tables[field]:
            yield _missing("park.yml", line, ".".join(loc), name, tables[field], field)
        elif field in FIELD_UNITS:
            if name not in levers:
                yield _missing("park.yml", line, ".".join(loc), name, levers, "lever")
                continue
            unit = UNITS[levers[name][1].unit][0]
            if unit not in FIELD_UNITS[field]:
                allowed = f"a lever in {' or '.join(FIELD_UNITS[field])}"
                yield Problem("park.yml", f"{name} in {unit}", allowed, line, ".".join(loc))
            row = levers[name][1]
            if field in ("share", "pass_through", "cap") and not 0 <= row.minimum <= row.maximum <= 1:
                yield Problem(
                    "levers.csv",
                    f"{row.minimum} to {row.maximum}",
                    "bounds within 0 and 1",
                    levers[name][0],
                    "minimum",
                )
        elif field in ("start", "end") and int(name[:4]) != config.target_year:
            yield Problem("park.yml", name, f"a month of {config.target_year}", line, ".".join(loc))
    if place[0] == "products" or getattr(item, "kind", "") == "contracted_volume":
        yield from _price_fits_volume(place, item, document, levers)


def _price_fits_volume(
    place: tuple[str, str], item: Any, document: Any, levers: Mapping[str, tuple[int, Any]]
) -> Iterator[Problem]:
    if item.price in levers and item.volume in levers:
        price, volume = (UNITS[levers[n][1].unit][0] for n in (item.price, item.volume))
        if price in PRICES and volume in VOLUMES and price != f"CNY/{volume}":
            loc = (*place, "price")
            yield Problem(
                "park.yml", f"{item.price} in {price}", f"CNY/{volume}", line_of(document, loc), ".".join(loc)
            )


def _scenario(
    name: str,
    document: Any,
    scenario: ScenarioFile,
    config: ParkFile,
    levers: Mapping[str, tuple[int, Any]],
    parsed: Mapping[str, Quantity],
) -> Iterator[Problem]:
    file = f"scenarios/{name}.yml"
    active = list(config.shocks) if scenario.shocks == "all" else list(scenario.shocks)
    closed: dict[str, str] = {}
    for i, shock in enumerate(active):
        line = line_of(document, ("shocks", i))
        if shock not in config.shocks:
            yield _missing(file, line, "shocks", shock, config.shocks, "shock")
            continue
        if active.index(shock) != i:
            yield Problem(file, f"{shock!r} twice", "each shock once", line, "shocks")
        item = config.shocks[shock]
        if item.kind == "plant_closure":
            if item.plant in closed and closed[item.plant] != shock:
                yield Problem(
                    file,
                    f"{item.plant!r} closed by {closed[item.plant]} and {shock}",
                    "a plant closed once",
                    line,
                    "shocks",
                )
            closed.setdefault(item.plant, shock)
    for lever, setting in scenario.levers.items():
        line = line_of(document, ("levers", lever))
        if lever not in levers:
            yield _missing(file, line, "levers", lever, levers, "lever")
            continue
        for problem in check_setting(setting, levers[lever][1], parsed):
            yield Problem(file, problem[0], problem[1], line, f"levers.{lever}")


def check_setting(
    setting: float | LeverSetting, row: Any, parsed: Mapping[str, Quantity]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a lever's setting: pairs of found and allowed.

    ``row`` is anything with ``minimum``, ``maximum`` and ``unit``.
    """
    bounds = f"{row.minimum:g} to {row.maximum:g} {row.unit}"
    if isinstance(setting, LeverSetting):
        if setting.figure is not None:
            quantity = parsed.get(setting.figure)
            if quantity is None:
                yield (
                    f"unknown figure {setting.figure!r}",
                    f"a figure (nearest: {nearest(setting.figure, parsed)})",
                )
                return
            canonical, factor = UNITS[row.unit]
            if quantity.unit != canonical:
                yield f"{setting.figure} in {quantity.unit}", f"a figure in {canonical}"
                return
            values = [quantity.value / factor]
        elif setting.quantile is not None:
            return
        else:
            assert setting.low is not None
            assert setting.central is not None
            assert setting.high is not None
            values = [setting.low, setting.central, setting.high]
            if sorted(values) != values:
                yield f"{values}", "low ≤ central ≤ high"
    else:
        values = [float(setting)]
    for value in values:
        if not row.minimum <= value <= row.maximum:
            yield f"{value:g}", bounds
