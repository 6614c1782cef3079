"""Checks between the files of a park: every name leads somewhere, every range and unit makes sense."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from parkanalysis.errors import InputError, Problem
from parkanalysis.forecasting import check_method
from parkanalysis.park.files import MAX_PROBLEMS, line_of
from parkanalysis.park.levers import UNITS
from parkanalysis.park.scenariocheck import check_scenario, check_setting
from parkanalysis.park.schema import ParkFile
from parkanalysis.park.tablecheck import Files, check_tables, unknown
from parkanalysis.quantities.hedges import RULES

__all__ = ["Files", "check_setting", "cross_check"]

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
    "growth": FRACTION,
    "deflator": FRACTION,
}
# a share outside 0 and 1 has no meaning, nor has growth below minus all
FIELD_BOUNDS = {name: (0.0, 1.0) for name, units in FIELD_UNITS.items() if units == FRACTION}
FIELD_BOUNDS |= {"growth": (-1.0, 10.0), "deflator": (-0.9, 10.0)}
LARGEST_AMOUNT = 1e15  # yuan, ten times the value added of all industry on earth
NEEDS_RATE = ("capacity_ramp_up", "contracted_volume", "rate_change")


def cross_check(files: Files) -> list[Problem]:
    """All problems that show only when the files are read together.

    Examples
    --------
    >>> from parkanalysis.park.table_schema import TABLES
    >>> row = {"figure": "output", "source": "report", "place": "一", "subject": "产值", "variable": "output"}
    >>> rows = {"figures": [(2, TABLES["figures"](**row, quantity="26.4 亿元"))]}
    >>> names = {name: set() for name in TABLES}
    >>> print(*cross_check(Files(None, {}, {**{name: [] for name in TABLES}, **rows}, names, {}, {})))
    figures.csv, row 2, column source: found unknown source 'report'; allowed: no source is defined
    """
    problems = list(islice(check_tables(files), MAX_PROBLEMS))
    levers = {row.lever: (line, row) for line, row in files.rows["levers"]}
    if files.config is not None:
        problems += islice(_Config(files, files.config, levers).problems(), MAX_PROBLEMS)
    for name in files.scenarios:
        problems += islice(check_scenario(name, files, levers), MAX_PROBLEMS)
        if len(problems) > MAX_PROBLEMS:
            break
    return list(dict.fromkeys(problems))


class _Config:
    """Checks of park.yml against the tables."""

    def __init__(self, files: Files, config: ParkFile, levers: Mapping[str, tuple[int, Any]]) -> None:
        self.files, self.config, self.levers = files, config, levers

    def problems(self) -> Iterator[Problem]:
        config = self.config
        yield from self.money(("value_added",), config.value_added)
        for name in ("growth", "deflator"):
            yield from self.lever((name,), name, getattr(config, name))
        yield from self._method()
        if config.reading_rule not in RULES:
            yield self.missing(("reading_rule",), config.reading_rule, RULES, "reading rule")
        if config.other_industry is not None and config.other_industry not in config.industries:
            yield self.missing(("other_industry",), config.other_industry, config.industries, "industry")
        for key in ("result", "loss"):
            if config.stated is not None and getattr(config.stated, key) is not None:
                yield from self.money(("stated", key), getattr(config.stated, key))
        for key, industry in config.industries.items():
            if industry.gross_output is not None:
                yield from self.money(("industries", key, "gross_output"), industry.gross_output)
        yield from self.correlations()
        for section in ("industries", "products", "plants", "shocks"):
            for key, item in getattr(config, section).items():
                yield from self.fields((section, key), item)
        yield from self.balance()
        yield from self.vintage()

    def at(self, loc: tuple[Any, ...], found: str, allowed: str) -> Problem:
        column = ".".join(str(part) for part in loc)
        return Problem("park.yml", found, allowed, line_of(self.files.document, loc), column)

    def _method(self) -> Iterator[Problem]:
        try:
            check_method(self.config.growth_method)
        except InputError as error:
            for p in error.problems:
                line = line_of(self.files.document, ("growth_method",))
                yield replace(p, file="park.yml", row=line, column="growth_method")

    def missing(self, loc: tuple[Any, ...], name: str, known: Collection[str], what: str) -> Problem:
        line = line_of(self.files.document, loc)
        return unknown("park.yml", line, ".".join(str(part) for part in loc), name, known, what)

    def money(self, loc: tuple[str, ...], name: str) -> Iterator[Problem]:
        quantity = self.files.parsed.get(name)
        if name not in self.files.names["figures"]:
            yield self.missing(loc, name, self.files.names["figures"], "figure")
        elif quantity is not None and quantity.unit != "CNY":
            yield self.at(loc, f"{name} in {quantity.unit}", "a figure in yuan")
        elif quantity is not None and not 0 < quantity.value <= LARGEST_AMOUNT:
            yield self.at(loc, f"{name}, {quantity.text[:40]!r}", f"above 0, at most {LARGEST_AMOUNT:g} yuan")

    def lever(self, loc: tuple[Any, ...], field: str, name: str | None) -> Iterator[Problem]:
        if name is None:
            return
        if name not in self.files.names["levers"]:
            yield self.missing(loc, name, self.files.names["levers"], "lever")
        elif name in self.levers:
            line, row = self.levers[name]
            unit = UNITS[row.unit][0]
            if unit not in FIELD_UNITS[field]:
                yield self.at(loc, f"{name} in {unit}", f"a lever in {' or '.join(FIELD_UNITS[field])}")
            elif field in FIELD_BOUNDS:
                low, high = FIELD_BOUNDS[field]
                for column in ("minimum", "maximum"):
                    if not low <= getattr(row, column) <= high:
                        found = f"{getattr(row, column):g} of {name}, the {field} of {'.'.join(loc[:-1])}"
                        yield Problem("levers.csv", found, f"{low:g} to {high:g}", line, column)

    def fields(self, place: tuple[str, str], item: Any) -> Iterator[Problem]:
        """References and units of one industry, product, plant or shock."""
        config = self.config
        tables: dict[str, Mapping[str, Any]] = {
            "industry": config.industries,
            "product": config.products,
            "plant": config.plants,
        }
        for field in type(item).model_fields:
            name, loc = getattr(item, field), (*place, field)
            if name is None:
                continue
            if field in tables and name not in tables[field]:
                yield self.missing(loc, name, tables[field], field)
            elif field in FIELD_UNITS:
                yield from self.lever(loc, field, name)
            elif field in ("start", "end") and int(name[:4]) != config.target_year:
                yield self.at(loc, name, f"a month of {config.target_year}")
        yield from self.dimensions(place, item)
        if place[0] == "plants" and item.product in config.products:
            made_in = config.products[item.product].industry
            if made_in != item.industry:
                yield self.at((*place, "product"), f"a product of {made_in}", f"a product of {item.industry}")
        if getattr(item, "kind", "") in NEEDS_RATE:
            yield from self.rate(place, item)

    def balance(self) -> Iterator[Problem]:
        """The accounts can be scaled to the published total only from parts that cannot all be 0."""
        names = {i.value_added or i.value_added_rate for i in self.config.industries.values()}
        found = [self.levers[name] for name in names if name is not None and name in self.levers]
        for line, row in found:
            if row.minimum < 0:
                allowed = "0 or more for the value added of an industry"
                yield Problem("levers.csv", f"{row.minimum:g} of {row.lever}", allowed, line, "minimum")
        if len(found) == len(names) and all(row.minimum <= 0 for _, row in found):
            allowed = "one industry at least whose lever has a minimum above 0"
            yield self.at(("industries",), "industries whose value added may all be 0", allowed)

    def rate(self, place: tuple[str, str], item: Any) -> Iterator[Problem]:
        """Some shocks turn output into value added."""
        field = "product" if item.kind == "capacity_ramp_up" else "industry"
        product = self.config.products.get(getattr(item, "product", ""))
        industry = product.industry if product is not None else getattr(item, "industry", "")
        declared = self.config.industries.get(industry)
        if declared is not None and declared.value_added_rate is None:
            allowed = "an industry with gross_output and value_added_rate"
            yield self.at((*place, field), f"{industry}, with value_added only", allowed)

    def unit(self, name: str | None) -> str:
        return UNITS[self.levers[name][1].unit][0] if name is not None and name in self.levers else ""

    def dimensions(self, place: tuple[str, str], item: Any) -> Iterator[Problem]:
        """Prices are per unit of the volume; what adds to a product has the product's units."""
        pairs: list[tuple[str, str]] = []  # field and the unit that it must have
        volume = self.unit(getattr(item, "volume", None))
        if place[0] == "products" or getattr(item, "kind", "") == "contracted_volume":
            pairs.append(("price", f"CNY/{volume}" if volume else ""))
        if getattr(item, "kind", "") == "contracted_volume":
            pairs.append(("base_volume", volume))
            pairs.append(("volume", "kWh" if item.capacity is not None else ""))
        product = self.config.products.get(getattr(item, "product", None) or "")
        if product is not None:
            pairs += [("volume", self.unit(product.volume)), ("price", self.unit(product.price))]
        for field, wanted in pairs:
            found = self.unit(getattr(item, field, None))
            if found and wanted and found != wanted and found in FIELD_UNITS[field]:
                yield self.at((*place, field), f"{getattr(item, field)} in {found}", f"a lever in {wanted}")

    def correlations(self) -> Iterator[Problem]:
        seen: set[frozenset[str]] = set()
        for i, correlation in enumerate(self.config.correlations):
            loc = ("correlations", i)
            pair = frozenset(correlation.levers)
            for name in sorted(n for n in pair if n not in self.files.names["levers"]):
                yield self.missing(loc, name, self.files.names["levers"], "lever")
            if len(pair) == 1:
                yield self.at(loc, f"{correlation.levers[0]} twice", "two different levers")
            if pair in seen:
                yield self.at(loc, f"{' and '.join(sorted(pair))} again", "each pair once")
            seen.add(pair)
        clear = all(len(set(c.levers)) == 2 for c in self.config.correlations)
        if clear and len(seen) == len(self.config.correlations):
            from parkanalysis.model.sampling import contradiction

            pairs = [
                f"{a}–{b} {c.rank:g}" for c in contradiction(self.config.correlations) for a, b in [c.levers]
            ]
            if pairs:
                found = f"rank correlations that contradict one another: {', '.join(pairs)}"
                yield self.at(("correlations",), found, "a positive semi-definite matrix")

    def vintage(self) -> Iterator[Problem]:
        """Nothing published after ``as_of`` may enter a projection."""
        config, files = self.config, self.files
        if config.as_of.year < config.base_year:
            allowed = f"a day not before the base year {config.base_year}"
            yield self.at(("as_of",), str(config.as_of), allowed)
        published = {row.source: row.published for _, row in files.rows["sources"]}
        late = {s for s, day in published.items() if day is not None and day > config.as_of}
        for table in ("figures", "levers", "value_added_rates"):
            for line, row in files.rows[table]:
                if row.source in late and getattr(row, "use", "yes") == "yes":
                    found = f"{row.source}, published on {published[row.source]}"
                    allowed = f"a source published by the vintage date {config.as_of}"
                    yield Problem(f"{table}.csv", found, allowed, line, "source")
