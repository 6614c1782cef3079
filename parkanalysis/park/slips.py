"""Slips of scale and sense: numbers that cannot be or hardly are, with the one that would fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import numpy as np

from parkanalysis.errors import Problem
from parkanalysis.park.checks import RATES, Files, Use, uses
from parkanalysis.park.levers import UNITS, Lever
from parkanalysis.park.read import MAX_PROBLEMS, line_of
from parkanalysis.park.schema import PRICES, ParkFile, Product, Ref
from parkanalysis.quantities import SYMBOLS

YUAN_PER_100M = 1e8
KWH_PER_MW_HOUR = 1_000
ABSURD = 100.0  # a part a hundred times the whole cannot be
HARDLY = 1e-3  # a thousandth of what it belongs to hardly is
ROUNDING = 1.005  # printed figures are rounded; half a per cent is no finding
STEP = 3.0  # a series that changes by less in a step is never doubted
OWN_CHANGES = 5.0  # beyond five times its own largest change it is
TENFOLD = 0.1  # how near to a power of ten, in powers of ten, a jump looks like a slip
LEAST_RATE = 0.01  # value added per output of an input-output table
QUOTED = 0.015  # a price agrees with quotations within this
POWERS = (4, -4, 8, -8, 1, -1, 2, -2, 3, -3)  # of ten, by which people slip, the likeliest first
# how far a price or a volume of the target year usually lies from the base year's, as a factor
CHANGES = {"price": (0.2, 5.0), "volume": (HARDLY, 10.0)}

Band = tuple[float, float]


def _slip(value: float, band: Band, unit: str, number: float) -> str:
    """The unit, or the power of ten, by which a value would come to lie in its band."""
    power = next((p for p in POWERS if band[0] <= value * 10.0**p <= band[1]), None)
    if power is None:
        return ""
    canonical, factor = UNITS.get(unit, ("", 0.0))
    codes = (c for c, (other, size) in UNITS.items() if other == canonical)
    code = next((c for c in codes if math.isclose(UNITS[c][1], factor * 10.0**power)), "")
    size = {4: "万", 8: "亿"}.get(abs(power), f"{10 ** abs(power):,}")
    slip = _printed(code) if code else f"a slip by {size}"
    return f"; reads like {slip}: {number * 10.0**power:.6g} {unit}"


def _printed(code: str) -> str:
    """A unit as Chinese statistics print it: 10k_t is 万吨."""
    canonical, factor = UNITS[code]
    size = {1.0: "", 1e4: "万", 1e8: "亿"}.get(factor)
    return code if size is None or canonical not in SYMBOLS else f"{size}{SYMBOLS[canonical]}"


def _amount(value: float) -> str:
    return f"{value:.4g} CNY_100m"


@dataclass(frozen=True)
class _Known:
    """The files of a park with the central values of its levers; a number that nothing gives is NaN."""

    files: Files
    config: ParkFile
    levers: Mapping[str, Lever]

    def central(self, name: str | None, default: float = math.nan) -> float:
        """Central value in canonical units, money in 亿元."""
        if name is None:
            return default
        canonical, factor = UNITS[self.levers[name].unit]
        return self.levers[name].central * factor / (YUAN_PER_100M if canonical == "CNY" else 1.0)

    def printed(self, name: str) -> float:
        """A printed amount, 亿元."""
        return self.files.parsed[name].value / YUAN_PER_100M

    @property
    def total(self) -> float:
        """The published value added, 亿元."""
        return self.printed(self.config.value_added)

    def volume(self, product: Product) -> float:
        """Volume of a product in the base year, canonical units."""
        if product.capacity is None:
            return self.central(product.volume)
        return self.central(product.capacity) * self.central(product.hours) * KWH_PER_MW_HOUR

    def sold(self, product: Product) -> float:
        """What a product sells for in the base year without VAT, 亿元."""
        gross = self.volume(product) * self.central(product.price) / YUAN_PER_100M
        return gross / (1 + self.central(product.vat_rate, 0.0))

    def added(self, industry: str) -> float:
        """Value added of an industry before balancing, 亿元."""
        item = self.config.industries[industry]
        if item.gross_output is None:
            return self.central(item.value_added)
        return self.central(item.value_added_rate) * self.printed(item.gross_output)

    def sound(self, industry: str) -> float:
        """The same where it can be, and likely is, a part of the published total."""
        added = self.added(industry)
        return added if HARDLY * self.total <= added <= ROUNDING * self.total else math.nan

    def told(
        self, name: str, found: str, allowed: str, severity: str = "warning", column: str = "quantity"
    ) -> Problem:
        """A problem at the row of a lever, or of a figure."""
        if lever := self.levers.get(name):
            line = self.files.levers[name][0]
            return Problem("levers.csv", found, allowed, line, lever.column, severity=severity)
        line = next(line for line, row in self.files.rows["figures"] if row.figure == name)
        return Problem("figures.csv", found, allowed, line, column, severity=severity)

    def outside(
        self,
        name: str,
        value: float,
        band: Band,
        found: str,
        allowed: str,
        *,
        absurd: bool = False,
        fit: Band | None = None,
    ) -> Iterator[Problem]:
        """What is found and allowed where the value that goes with a lever or figure leaves its band.

        ``fit`` is where the value that was meant should lie. What cannot be is an error.
        """
        if not (value < band[0] or value > band[1]):
            return
        low, high = fit or band
        lever = self.levers.get(name)
        unit, number = (lever.unit, lever.central) if lever else ("CNY_100m", self.printed(name))
        if not low / 2 <= value <= high * 2:  # an honest figure, too, may lie a little outside
            allowed += _slip(value, (low, high), unit, number)
        yield self.told(name, found, allowed, "error" if absurd or value > ABSURD * high else "warning")


def slips(files: Files, levers: Mapping[str, Lever]) -> list[Problem]:
    """What cannot be (errors) and what hardly is (warnings) in the files of a park that can be read.

    Parts are set against their whole, prices after against prices before, series against their own past,
    levers against what is usual in their place.
    """
    assert files.config is not None
    known = _Known(files, files.config, levers)
    found = list(_total(known))
    if any(p.severity == "error" for p in found):  # nothing can be set against a total that is wrong itself
        return found
    checks = (_industries, _plants, _products, _changes, _stated, _unusual)
    for check in (*checks, _rates, _series, _reference, _prices, _periods):
        found += islice(check(known), MAX_PROBLEMS)
    return found


def _total(known: _Known) -> Iterator[Problem]:
    """The published total against all output and against the sum of its parts."""
    name, total, industries = known.config.value_added, known.total, known.config.industries
    printed = known.files.parsed[name].text
    parts = [known.added(key) for key in industries]
    whole, rest = sum(parts), sum(part for part in parts if part <= total)
    output = sum(known.printed(i.gross_output) if i.gross_output else math.inf for i in industries.values())
    near = (whole / STEP, whole * STEP)
    found, allowed = (
        f"value added of {printed!r}",
        f"at most the gross output of all industries, {_amount(output)}",
    )
    above = list(known.outside(name, total, (0.0, output * ROUNDING), found, allowed, absurd=True, fit=near))
    yield from above
    # else the parts above it are wrong; what is merely far is told after balancing
    if not above and (rest == whole or not total / 10 < rest < total * 10):
        found, allowed = f"a total of {printed!r}", f"near the sum of its parts, {_amount(whole)}"
        absurd = not total / ABSURD <= whole <= total * ABSURD
        told = known.outside(name, total, near, found, allowed, absurd=absurd)
        yield from (p for p in told if absurd or "reads like" in p.allowed)


def _industries(known: _Known) -> Iterator[Problem]:
    """Each industry against the published total."""
    config, total = known.config, known.total
    for key, item in config.industries.items():
        part = known.added(key)
        inside = [known.central(p.value_added) for p in config.plants.values() if p.industry == key]
        inside += [known.sold(p) * LEAST_RATE for p in config.products.values() if p.industry == key]
        found = f"{item.value_added} of {_amount(part)} for the industry {key}"
        if item.gross_output is not None:
            output = f"{known.files.parsed[item.gross_output].text!r} of output"
            found = f"{output} for the industry {key}, which makes {_amount(part)} of value added"
        allowed = f"{HARDLY:.1%} to all of the published {_amount(total)}"
        absurd = any(value > ABSURD * part for value in inside)
        name, band = item.gross_output or item.value_added or "", (HARDLY * total, ROUNDING * total)
        yield from known.outside(name, part, band, found, allowed, absurd=absurd)


def _plants(known: _Known) -> Iterator[Problem]:
    """Plants against their industry; one above it is told after balancing."""
    for key, plant in known.config.plants.items():
        own, industry = known.central(plant.value_added), known.sound(plant.industry)
        found = f"{plant.value_added} of {_amount(own)} for the plant {key}"
        allowed = f"a part of its industry {plant.industry}, {_amount(industry)}"
        band, fit = (HARDLY / 10 * industry, ABSURD * industry), (industry / 200, industry)
        yield from known.outside(plant.value_added, own, band, found, allowed, absurd=own > industry, fit=fit)


def _products(known: _Known) -> Iterator[Problem]:
    """What a product sells for against the output of its industry."""
    for key, product in known.config.products.items():
        sales, added = known.sold(product), known.sound(product.industry)
        output = known.config.industries[product.industry].gross_output
        whole = known.printed(output) if output and added > 0 else added / LEAST_RATE
        name = product.volume or product.capacity or ""
        what = "what its value added allows" if output is None else "the printed gross output"
        share = "a thousandth or more" if sales < whole else "at most all"
        found = f"{name} that sells for {_amount(sales)} without VAT as {key}"
        allowed = f"{share} of {what} of {product.industry}, {_amount(whole)}"
        yield from known.outside(name, sales, (HARDLY * whole, ROUNDING * whole), found, allowed)


def _changes(known: _Known) -> Iterator[Problem]:
    """What a plant or the target year brings against the base year of the same product or contract."""
    for use in uses(known.config):
        base, before = _before(known, use.item, use.ref)
        kind = "price" if use.ref.units == PRICES else "volume"
        # only a price is set against a price; a floor or a cost is another thing
        if use.name == base or not before > 0 or (kind == "price" and use.field != kind):
            continue
        value, unit = known.central(use.name), known.levers[use.name].unit
        low, high = CHANGES[kind]
        if use.place[0] == "plants":  # a plant makes no more than is made
            high = ROUNDING
        times = "no more than" if high == ROUNDING else f"{low:g} to {high:g} times"
        found = f"{use.name} of {value / UNITS[unit][1]:g} {unit} for {use.place[1]}"
        allowed = f"{times} {base}, {before / UNITS[unit][1]:g} {unit}"
        band, fit = (low * before, high * before), (before / STEP, before * min(STEP, high))
        if value > 0:
            yield from known.outside(use.name, value, band, found, allowed, fit=fit)


def _before(known: _Known, item: Any, ref: Ref) -> tuple[str, float]:
    """Name and value of the base year that a lever is set against."""
    head, _, tail = ref.same.rpartition(".")
    owner = known.config.products.get(getattr(item, head) or "") if head else item
    if not tail or owner is None:
        return "", math.nan
    if isinstance(owner, Product) and tail == "volume":
        return owner.volume or f"{owner.capacity} and {owner.hours}", known.volume(owner)
    return getattr(owner, tail) or "", known.central(getattr(owner, tail))


def _stated(known: _Known) -> Iterator[Problem]:
    """The administration's own projection against the published total."""
    total = known.total
    for field, low, high in (("result", 1 / STEP, STEP), ("loss", HARDLY / 10, 1.0)):
        name = getattr(known.config.stated, field, None)
        if name is not None:
            value = known.printed(name)
            found = f"a stated {field} of {known.files.parsed[name].text!r}"
            allowed = f"{low:.2g} to {high:g} times the published {_amount(total)}"
            band, fit = (low * total, high * total), (max(low, 0.01) * total, high * total)
            absurd = field == "result" and value < total / ABSURD
            yield from known.outside(name, value, band, found, allowed, absurd=absurd, fit=fit)


def _unusual(known: _Known) -> Iterator[Problem]:
    """Central values, and numbers that scenarios set, outside what is usual in their place."""
    first: dict[str, Use] = {}
    for use in uses(known.config):
        if use.ref.usual is not None:
            first.setdefault(use.name, use)
    for use in first.values():
        place = ".".join(use.loc)
        if allowed := _usual(known.central(use.name), use):
            yield known.told(use.name, f"{use.name} of {known.central(use.name):g} as {place}", allowed)
        for scenario, (document, file) in known.files.scenarios.items():
            setting = file.levers.get(use.name)
            if isinstance(setting, float) and (allowed := _usual(setting, use)):
                line = line_of(document, ("levers", use.name))
                at = (f"scenarios/{scenario}.yml", f"{setting:g} as {place}", allowed, line)
                yield Problem(*at, f"levers.{use.name}", severity="warning")


def _usual(value: float, use: Use) -> str:
    """What is usual in a place and the slip that a value reads like; nothing where it is usual."""
    low, high = use.ref.usual or (-math.inf, math.inf)
    if not (value < low or value > high):
        return ""
    allowed = f"{low:g} to {high:g} in most cases"
    if low < value / 100 < high and value > high:
        return f"{allowed}; reads like a percentage: {value / 100:g}"
    if 0 <= low <= 1 - value <= high <= 1:
        return f"{allowed}; reads like the part that is lost: {1 - value:g} would be left"
    return allowed


def _rates(known: _Known) -> Iterator[Problem]:
    """Value added and output of one row in different units, or one of them ten times too large."""
    rates: dict[str, list[float]] = {}
    for _, row in known.files.rows["value_added_rates"]:
        rates.setdefault(row.industry, []).append(row.value_added_10k_cny / row.gross_output_10k_cny)
    middles = {industry: median(several) for industry, several in rates.items() if len(several) > 2}
    for line, row in known.files.rows["value_added_rates"]:
        added, output = row.value_added_10k_cny, row.gross_output_10k_cny
        rate = added / output
        usual = middles.get(row.industry, rate if rate >= LEAST_RATE else 0.2)
        if rate >= LEAST_RATE and 1 / OWN_CHANGES <= rate / usual <= OWN_CHANGES:
            continue
        found = f"{added:g}, {rate:.2g} of the gross output {output:g}"
        band = (usual / STEP, min(usual * STEP, 1.0))
        allowed = f"near {usual:.2g} of the output{_slip(rate, band, 'CNY_10k', added)}"
        place = ("value_added_rates.csv", found, allowed, line, "value_added_10k_cny")
        yield Problem(*place, severity="warning")


def _series(known: _Known) -> Iterator[Problem]:
    """Jumps of each series, and years that a yearly one leaves out."""
    for table, series in known.files.series.items():
        for name, rows in series.items():
            points = sorted(rows, key=lambda r: (r[1].period, r[1].published))
            yield from _jumps(table, name, points)
            if table == "history" and all(len(row.period) == 4 for _, row in points):
                yield from _gaps(name, points)


def _jumps(table: str, name: str, points: Sequence[tuple[int, Any]]) -> Iterator[Problem]:
    """Values that stand apart from the rest of their series by more than it ever changes by itself."""
    if points[0][1].unit in RATES or any(row.value <= 0 for _, row in points):
        return
    logs = np.log10([row.value for _, row in points])
    steps = np.abs(np.diff(logs))
    ordinary = max(steps[steps < math.log10(STEP)], default=0.0)
    runs = np.cumsum([0, *(steps > max(math.log10(STEP), 2 * ordinary))])
    usual = np.flatnonzero(runs == np.bincount(runs).argmax())
    for number in np.unique(np.delete(runs, usual)):
        run: list[int] = np.flatnonzero(runs == number).tolist()
        (line, row), *others = (points[i] for i in run)
        neighbour = logs[usual[np.abs(usual - run[0]).argmin()]]
        near, off = 10**neighbour, abs(np.median(logs[run]) - neighbour)
        # a power of ten is doubted sooner than any other jump
        tenfold = round(off) > 0 and abs(off - round(off)) <= max(1.1 * ordinary, TENFOLD)
        if not tenfold and off <= max(math.log10(STEP), OWN_CHANGES * ordinary):
            continue
        slip = _slip(row.value, (near / 2, near * 2), row.unit, row.value)
        allowed = f"near its neighbours, such as {near:.4g} {row.unit}{slip}"
        found = f"{row.value:g} {row.unit} of {name} in {row.period}"
        rows = tuple(n for n, _ in others)
        yield Problem(f"{table}.csv", found, allowed, line, "value", severity="warning", rows=rows)


def _gaps(name: str, points: Sequence[tuple[int, Any]]) -> Iterator[Problem]:
    years = [int(row.period) for _, row in points]
    missing = sorted(set(range(years[0], years[-1])) - set(years))
    if missing:
        after = next(line for line, row in points if int(row.period) > missing[0])
        found = f"no value of {name} for {', '.join(map(str, missing[:10]))}"
        allowed = "a value for each year; those left out are filled on a straight line"
        yield Problem("history.csv", found, allowed, after, "period", severity="warning")


def _reference(known: _Known) -> Iterator[Problem]:
    """The series that the park grows with: up to the base year, at the prices of the value added."""
    series, base = known.levers[known.config.growth].series, known.config.base_year
    rows = known.files.series["history"].get(series, [])
    if rows:
        line, last = max(rows, key=lambda r: r[1].period)
        tell = partial(Problem, "history.csv", row=line, severity="warning")
        if (year := int(last.period[:4])) < base:
            allowed = f"values up to the base year {base}: what is forecast is the growth after {year}"
            yield tell(found=f"{series} up to {last.period}", allowed=allowed, column="period")
        if last.prices == "comparable":
            allowed = "current prices, as those of the value added that it makes grow"
            yield tell(found=f"{series} at comparable prices", allowed=allowed, column="prices")


FALLING = re.compile(r"降|跌|下滑|\bfall|\bdrop|\bcut\b|cheap")
RISING = re.compile(r"涨|上调|\bris(e|ing)|increase")
NET = re.compile(r"不含(增值)?税|without VAT|net of VAT")
GROSS = re.compile(r"(?<!不)含(增值)?税|VAT included")


def _prices(known: _Known) -> Iterator[Problem]:
    """Prices before and after, with and without VAT, against names, notes and quotations."""
    for key, product in known.config.products.items():
        changes: dict[str, Any] = {
            name: shock
            for name, shock in known.config.shocks.items()
            if getattr(shock, "product", None) == key and getattr(shock, "price", None)
        }
        prices = list(dict.fromkeys([product.price, *(shock.price for shock in changes.values())]))
        for price in prices:
            yield from _tax_basis(known, price, product.vat_rate)
        before, quotes = known.central(product.price), _quotes(known, prices)
        typed = f"{product.price} of {before:g} {known.levers[product.price].unit}"
        for name, shock in changes.items():
            after = known.central(shock.price)
            if reason := _swapped(before, after, name, shock, quotes):
                found = f"{typed} before and {shock.price} of {after:g} after"
                yield known.told(product.price, found, f"the other way round, as {reason}")
        gross = before * (1 + known.central(product.vat_rate, 0.0))
        if quotes and abs(gross / quotes[0] - 1) < QUOTED < abs(before / quotes[0] - 1):
            reads = f"reads like a price without VAT: {gross:.4g} with"
            yield known.told(product.price, typed, f"near the quotations' {quotes[0]:.4g}; {reads}")


def _tax_basis(known: _Known, price: str, vat_rate: str | None) -> Iterator[Problem]:
    """A price whose note says the opposite of what park.yml says of VAT."""
    note = f"{known.levers[price].note} {known.levers[price].note_zh}"
    net, gross = bool(NET.search(note)), bool(GROSS.search(note))
    if vat_rate is not None and net and not gross:
        allowed = f"a price with VAT, as vat_rate: {vat_rate} in park.yml says"
        yield known.told(price, f"{price}, a price without VAT by its note", allowed)
    if vat_rate is None and gross and not net:
        yield known.told(price, f"{price}, a price with VAT by its note", "a vat_rate in park.yml")


def _swapped(before: float, after: float, key: str, shock: Any, quotes: Band | None) -> str:
    """What says that a price after is typed before: the shock's name or quotations; or nothing."""
    names = " ".join(shock.name.values()).lower()
    if (FALLING.search(names) and after > before) or (RISING.search(names) and after < before):
        return f"the name of {key} says"
    base, last = quotes or (before, after)
    if abs(before - base) > abs(after - base) and abs(after - last) > abs(before - last):
        return f"the quotations say ({base:.4g}, lately {last:.4g})"
    return ""


def _quotes(known: _Known, prices: Sequence[str]) -> Band | None:
    """Average of the base year and last quotation of a product's price series, by the vintage date."""
    for lever in (known.levers[name] for name in prices):
        rows = [
            row
            for _, row in known.files.rows["prices"]
            if row.series == lever.series and row.unit == lever.unit and row.published <= known.config.as_of
        ]
        base = [row.value for row in rows if int(row.period[:4]) == known.config.base_year]
        if base:
            return sum(base) / len(base), max(rows, key=lambda r: r.period).value
    return None


def _periods(known: _Known) -> Iterator[Problem]:
    """Amounts of the base year that are printed for another."""
    periods, year = {row.figure: row.period for _, row in known.files.rows["figures"]}, known.config.base_year
    for use in uses(known.config):
        if use.ref.role == "figure" and use.ref.year == "base":
            years = re.findall(r"\d{4}", periods[use.name])
            if len(years) == 1 and str(year) not in years:
                found, severity = f"{use.name}, a figure of {periods[use.name]}", "warning"
                if use.field == "value_added":
                    severity = "error"
                yield known.told(use.name, found, f"one of the base year {year}", severity, "period")
