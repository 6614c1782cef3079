"""Slips of scale and sense: numbers that cannot be or hardly are, with the one that would fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from statistics import median
from typing import Any

from parkanalysis.errors import Problem
from parkanalysis.park.checks import Files, config_items
from parkanalysis.park.levers import UNITS, Lever
from parkanalysis.park.read import MAX_PROBLEMS, line_of
from parkanalysis.park.schema import PRICES, ParkFile, Product, Ref, references
from parkanalysis.quantities import SYMBOLS

YUAN_PER_100M = 1e8
KWH_PER_MW_HOUR = 1_000
ABSURD = 100.0  # a part a hundred times the whole cannot be
HARDLY = 1e-3  # a thousandth of what it belongs to hardly is
ROUNDING = 1.005  # printed figures are rounded; half a per cent is no finding
STEP = 3.0  # a series that changes by less in a step is never doubted
OWN_CHANGES = 5.0  # beyond five times its own largest change it is
LEAST_RATE = 0.01  # value added per output of an input-output table
QUOTED = 0.015  # a price agrees with quotations within this
Fits = Callable[[float], bool]


@dataclass(frozen=True)
class _Known:
    """The files of a park with the central values of its levers, as far as numbers give them."""

    files: Files
    config: ParkFile
    levers: Mapping[str, Lever]

    def central(self, name: str | None) -> float | None:
        """Central value in canonical units; None where a forecast gives it or the field is empty."""
        if name is None or math.isnan(self.levers[name].central):
            return None
        return self.levers[name].central * UNITS[self.levers[name].unit][1]

    def money(self, name: str | None) -> float | None:
        """Central value of an amount, 亿元."""
        value = self.central(name)
        return None if value is None else value / YUAN_PER_100M

    def figure(self, name: str) -> float:
        """A printed amount, 亿元."""
        return self.files.parsed[name].value / YUAN_PER_100M

    def lever_problem(self, name: str, found: str, allowed: str, severity: str = "warning") -> Problem:
        lever = self.levers[name]
        column = "figure" if lever.figure else "series" if lever.series else "central"
        return Problem("levers.csv", found, allowed, self.files.levers[name][0], column, severity=severity)

    def figure_problem(self, name: str, found: str, allowed: str, severity: str = "warning") -> Problem:
        line = next(line for line, row in self.files.rows["figures"] if row.figure == name)
        return Problem("figures.csv", found, allowed, line, "quantity", severity=severity)

    def volume(self, product: Product) -> float | None:
        """Volume of a product in the base year, canonical units."""
        if product.capacity is None:
            return self.central(product.volume)
        capacity, hours = self.central(product.capacity), self.central(product.hours)
        return None if capacity is None or hours is None else capacity * hours * KWH_PER_MW_HOUR

    def added(self, industry: str) -> float | None:
        """Value added of an industry before balancing, 亿元."""
        item = self.config.industries[industry]
        if item.gross_output is None:
            return self.money(item.value_added)
        rate = self.central(item.value_added_rate)
        return None if rate is None else rate * self.figure(item.gross_output)

    def sound(self, industry: str) -> float | None:
        """The same; None where it cannot be, or hardly is, a part of the published total."""
        added, total = self.added(industry), self.figure(self.config.value_added)
        return added if added is not None and HARDLY * total <= added <= ROUNDING * total else None


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
    checks = (_industries, _plants, _products, _shock_levers, _stated, _unusual, _settings)
    for check in (*checks, _rates, _series, _quotations, _periods):
        found += islice(check(known), MAX_PROBLEMS)
    return found


def _printed(code: str) -> str:
    """A unit as Chinese statistics print it: 10k_t is 万吨."""
    canonical, factor = UNITS[code]
    sizes = {1.0: "", 1e4: "万", 1e8: "亿"}
    return f"{sizes[factor]}{SYMBOLS[canonical]}" if factor in sizes and canonical in SYMBOLS else code


def _fitting(value: float, unit: str, fits: Fits) -> str:
    """The unit, or the power of ten, in which a lever's number would fit."""
    canonical, factor = UNITS[unit]
    number = value / factor
    for code, (other, size) in UNITS.items():
        if other == canonical and code != unit and fits(number * size):
            return f"; reads like {_printed(code)}: {number * size / factor:g} {unit}"
    return _power(value, fits, lambda v: f"{v / factor:g} {unit}")


def _power(value: float, fits: Fits, shown: Callable[[float], str]) -> str:
    """The power of ten that would make a number fit."""
    for power in (4, -4, 8, -8, 1, -1, 2, -2, 3, -3):
        if fits(value * 10.0**power):
            words = {4: "万", 8: "亿"}.get(abs(power), f"{10 ** abs(power):,}")
            return f"; reads like a slip by {words}: {shown(value * 10.0**power)}"
    return ""


def _amount(value: float) -> str:
    return f"{value:.4g} CNY_100m"


def _total(known: _Known) -> Iterator[Problem]:
    """The published total against all output and against the sum of its parts."""
    config = known.config
    total, printed = known.figure(config.value_added), known.files.parsed[config.value_added].text
    parts = [known.added(key) for key in config.industries]
    if None in parts:
        return
    whole = sum(part for part in parts if part is not None)
    fit = _power(total, _between(whole / 3, whole * 3), _amount)
    outputs = [i.gross_output for i in config.industries.values()]
    output = sum(known.figure(name) for name in outputs if name)
    if None not in outputs and total > output * ROUNDING:
        allowed = f"at most the gross output of all industries, {_amount(output)}{fit}"
        yield known.figure_problem(config.value_added, f"value added of {printed!r}", allowed, "error")
        return
    rest = sum(part for part in parts if part is not None and part <= total)
    if rest < whole and total / 10 < rest < total * 10:  # it is the parts above it that are wrong
        return
    apart = not total / ABSURD <= whole <= total * ABSURD
    if apart or (fit and not whole / 3 <= total <= whole * 3):
        allowed = f"near the sum of its parts, {_amount(whole)}{fit}"
        found = f"a total of {printed!r}"
        yield known.figure_problem(config.value_added, found, allowed, "error" if apart else "warning")


def _industries(known: _Known) -> Iterator[Problem]:
    """Each industry against the published total."""
    total = known.figure(known.config.value_added)
    for key in known.config.industries:
        part = known.added(key)
        if part is not None and not HARDLY * total <= part <= ROUNDING * total:
            yield _part(known, key, part, total)


def _part(known: _Known, key: str, part: float, total: float) -> Problem:
    """An industry that is too large or too small."""
    item = known.config.industries[key]
    absurd = part > ABSURD * total or any(_above(known, key, part))
    severity = "error" if absurd else "warning"
    allowed = f"{HARDLY:.1%} to all of the published {_amount(total)}"
    if item.gross_output is not None:
        output = known.figure(item.gross_output)
        rate = part / output if output else 0.0
        fit = _power(output, lambda v: HARDLY * total < v * rate < total, _amount)
        printed = known.files.parsed[item.gross_output].text
        found = f"{printed!r} of output for the industry {key}, which makes {_amount(part)} of value added"
        return known.figure_problem(item.gross_output, found, allowed + fit, severity)
    assert item.value_added is not None
    unit = known.levers[item.value_added].unit
    fit = _fitting(part * YUAN_PER_100M, unit, lambda v: HARDLY * total < v / YUAN_PER_100M < total)
    found = f"{item.value_added} of {_amount(part)} for the industry {key}"
    return known.lever_problem(item.value_added, found, allowed + fit, severity)


def _above(known: _Known, key: str, part: float) -> Iterator[bool]:
    """Whether plants of an industry add a hundred times what it adds, or products sell for that."""
    for plant in known.config.plants.values():
        yield plant.industry == key and (known.money(plant.value_added) or 0.0) > ABSURD * part
    for product in known.config.products.values():
        yield product.industry == key and (_sold(known, product) or 0.0) > ABSURD * part / LEAST_RATE


def _plants(known: _Known) -> Iterator[Problem]:
    """Plants against their industry and their product."""
    for key, plant in known.config.plants.items():
        own, industry = known.money(plant.value_added), known.sound(plant.industry)
        if own is None or not industry:
            continue
        if not HARDLY / 10 * industry <= own <= ABSURD * industry:
            yuan, unit = industry * YUAN_PER_100M, known.levers[plant.value_added].unit
            fit = _fitting(own * YUAN_PER_100M, unit, _between(yuan / 200, yuan))
            found = f"{plant.value_added} of {_amount(own)} for the plant {key}"
            allowed = f"a part of its industry {plant.industry}, {_amount(industry)}{fit}"
            severity = "error" if own > industry else "warning"
            yield known.lever_problem(plant.value_added, found, allowed, severity)


def _between(low: float, high: float) -> Fits:
    return lambda value: low <= value <= high


def _sold(known: _Known, product: Product) -> float | None:
    """What a product sells for in the base year, without VAT, 亿元."""
    volume, price = known.volume(product), known.central(product.price)
    if not volume or not price:
        return None
    return volume * price / (1 + (known.central(product.vat_rate) or 0.0)) / YUAN_PER_100M


def _products(known: _Known) -> Iterator[Problem]:
    """What a product sells for against the output of its industry."""
    for key, product in known.config.products.items():
        sales = _sold(known, product)
        if sales and known.sound(product.industry):
            yield from _sales(known, product.volume or product.capacity or "", key, product.industry, sales)


def _sales(known: _Known, volume: str, product: str, industry: str, sales: float) -> Iterator[Problem]:
    output_figure = known.config.industries[industry].gross_output
    whole = known.figure(output_figure) if output_figure is not None else known.added(industry)
    if not whole:
        return
    most = ROUNDING * whole if output_figure is not None else ABSURD * whole
    if HARDLY * whole <= sales <= most:
        return
    found = f"{volume} that sells for {_amount(sales)} without VAT as {product}"
    unit = known.levers[volume].unit
    scale = known.central(volume) or 0.0
    fit = _fitting(scale, unit, lambda v: HARDLY * whole < sales * v / scale <= whole)
    what = "printed gross output" if output_figure is not None else "value added"
    allowed = f"at most the {what} of {industry}, {_amount(whole)}"
    if sales < HARDLY * whole:
        allowed = f"a thousandth or more of the {what} of {industry}, {_amount(whole)}"
    severity = "error" if sales > ABSURD * whole else "warning"
    yield known.lever_problem(volume, found, allowed + fit, severity)


# how far what the target year brings usually lies from the base year, as a factor
CHANGES = {"price": (0.2, 5.0), "volume": (1e-3, 10.0)}


def _shock_levers(known: _Known) -> Iterator[Problem]:
    """What a plant or the target year brings against the base year of the same product or contract."""
    for place, item in config_items(known.config):
        for field, ref in references(type(item)).items():
            name, (base, before) = getattr(item, field), _before(known, item, ref)
            kind = "price" if ref.units == PRICES else "volume"
            # only a price is set against a price; a floor or a cost is another thing
            if name is None or name == base or not before or (kind == "price" and field != kind):
                continue
            value, unit = known.central(name), known.levers[name].unit
            low, high = CHANGES[kind]
            if place[:1] == ("plants",):  # a plant makes no more than is made
                high = ROUNDING
            if value and not low <= value / before <= high:
                factor = UNITS[unit][1]
                fit = _fitting(value, unit, _between(before / 3, before * min(3, high)))
                found = f"{name} of {value / factor:g} {unit} for {place[1]}"
                most = "no more than" if high == ROUNDING else f"{low:g} to {high:g} times"
                yield known.lever_problem(name, found, f"{most} {base}, {before / factor:g} {unit}{fit}")


def _before(known: _Known, item: Any, ref: Ref) -> tuple[str, float | None]:
    """Name and value of the base year that a lever is set against."""
    head, _, tail = ref.same.rpartition(".")
    owner = known.config.products.get(getattr(item, head) or "") if head else item
    if not tail or owner is None:
        return "", None
    if isinstance(owner, Product) and tail == "volume":
        return owner.volume or f"{owner.capacity} and {owner.hours}", known.volume(owner)
    name = getattr(owner, tail)
    return name or "", known.central(name)


def _stated(known: _Known) -> Iterator[Problem]:
    """The administration's own projection against the published total."""
    stated = known.config.stated
    if stated is None:
        return
    total = known.figure(known.config.value_added)
    bounds = {"result": (1 / STEP, STEP), "loss": (HARDLY / 10, 1.0)}
    for field, (low, high) in bounds.items():
        name = getattr(stated, field)
        if name is None:
            continue
        value = known.figure(name)
        if low * total <= value <= high * total:
            continue
        fit = _power(value, _between(max(low, 0.01) * total, high * total), _amount)
        found = f"a stated {field} of {known.files.parsed[name].text!r}"
        allowed = f"{low:.2g} to {high:g} times the published {_amount(total)}{fit}"
        absurd = value > ABSURD * total or (field == "result" and value < total / ABSURD)
        yield known.figure_problem(name, found, allowed, "error" if absurd else "warning")


def _uses(config: ParkFile) -> dict[str, tuple[str, Ref]]:
    """Levers with the field, and what is usual there, in which each stands first."""
    uses: dict[str, tuple[str, Ref]] = {}
    for place, item in config_items(config):
        for field, ref in references(type(item)).items():
            name = getattr(item, field)
            if ref.role == "lever" and ref.usual is not None and name is not None:
                uses.setdefault(name, (".".join((*place, field)), ref))
    return uses


def _unusual(known: _Known) -> Iterator[Problem]:
    """Central values outside what is usual in their place."""
    for name, (place, ref) in _uses(known.config).items():
        value = known.central(name)
        assert ref.usual is not None
        if value is not None and not ref.usual[0] <= value <= ref.usual[1]:
            found = f"{name} of {value:g} as {place}"
            yield known.lever_problem(name, found, _usual(value, ref.usual))


def _usual(value: float, usual: tuple[float, float]) -> str:
    low, high = usual
    allowed = f"{low:g} to {high:g} in most cases"
    if low < value / 100 < high and value > high:
        return f"{allowed}; reads like a percentage: {value / 100:g}"
    if 0 <= low <= 1 - value <= high <= 1:
        return f"{allowed}; reads like the part that is lost: {1 - value:g} would be left"
    return allowed


def _settings(known: _Known) -> Iterator[Problem]:
    """Numbers that scenarios set, outside what is usual in their place."""
    uses = _uses(known.config)
    for scenario, (document, file) in known.files.scenarios.items():
        for name, setting in file.levers.items():
            if name not in uses or not isinstance(setting, float | int):
                continue
            place, ref = uses[name]
            value = setting * UNITS[known.levers[name].unit][1]
            assert ref.usual is not None
            if not ref.usual[0] <= value <= ref.usual[1]:
                line = line_of(document, ("levers", name))
                found = f"{value:g} as {place}"
                problem = Problem(f"scenarios/{scenario}.yml", found, _usual(value, ref.usual), line)
                yield replace(problem, column=f"levers.{name}", severity="warning")


def _rates(known: _Known) -> Iterator[Problem]:
    """Value added and output of one row in different units, or one of them ten times too large."""
    rows = known.files.rows["value_added_rates"]
    rates: dict[str, list[float]] = {}
    for _, row in rows:
        rates.setdefault(row.industry, []).append(row.value_added_10k_cny / row.gross_output_10k_cny)
    middles = {industry: median(several) for industry, several in rates.items() if len(several) > 2}
    for line, row in rows:
        added, output = row.value_added_10k_cny, row.gross_output_10k_cny
        middle = middles.get(row.industry, max(added / output, LEAST_RATE))
        if added / output >= LEAST_RATE and 1 / OWN_CHANGES <= added / output / middle <= OWN_CHANGES:
            continue
        usual = middle if middle > LEAST_RATE else 0.2
        fit = _power(added, _between(usual / 3 * output, min(usual * 3, 1.0) * output), _plain)
        allowed = f"near {usual:.2g} of the output{fit}"
        found = f"{added:g}, {added / output:.2g} of the gross output {output:g}"
        yield Problem(
            "value_added_rates.csv", found, allowed, line, "value_added_10k_cny", severity="warning"
        )


def _plain(value: float) -> str:
    return f"{value:g}"


def _series(known: _Known) -> Iterator[Problem]:
    """Jumps and gaps of each series."""
    for table in ("history", "prices"):
        rows = sorted(known.files.rows[table], key=lambda r: (r[1].series, r[1].period, r[1].published))
        for name, group in groupby(rows, key=lambda r: r[1].series):
            points = list(group)
            yield from _jumps(table, name, points)
            if table == "history":
                yield from _gaps(name, points)


def _jumps(table: str, name: str, points: Sequence[tuple[int, Any]]) -> Iterator[Problem]:
    """Values that stand apart from the rest of their series by more than it ever changes by itself."""
    if points[0][1].unit in ("percent", "%", "fraction") or any(row.value <= 0 for _, row in points):
        return
    logs = [math.log10(row.value) for _, row in points]
    steps = [abs(b - a) for a, b in pairwise(logs)]
    ordinary = max((s for s in steps if s < math.log10(STEP)), default=0.0)
    limit = max(math.log10(STEP), OWN_CHANGES * ordinary)
    runs: list[list[int]] = [[0]]
    for i, step in enumerate(steps, start=1):
        if step > limit:
            runs.append([])
        runs[-1].append(i)
    if len(runs) == 1:
        return
    usual = max(runs, key=len)
    level = median(logs[i] for i in usual)
    for run in runs:
        if abs(median(logs[i] for i in run) - level) <= limit:
            continue
        nearest = logs[min(usual, key=lambda i: abs(i - run[0]))]
        yield _jump(table, name, [points[i] for i in run], nearest)


def _jump(table: str, name: str, points: Sequence[tuple[int, Any]], neighbour: float) -> Problem:
    (line, row), *others = points
    off = math.log10(row.value) - neighbour
    power = round(off)
    allowed = f"near its neighbours, such as {10**neighbour:.4g} {row.unit}"
    if power and abs(off - power) < 0.3:
        unit = _shifted(row.unit, -power)
        reads = f"reads like {unit}" if unit else f"reads like a slip by {10 ** abs(power):,}"
        allowed += f"; {reads}: {row.value / 10.0**power:.6g} {row.unit}"
    found = f"{row.value:g} {row.unit} of {name} in {row.period}"
    rows = tuple(n for n, _ in others)
    return Problem(f"{table}.csv", found, allowed, line, "value", severity="warning", rows=rows)


def _shifted(unit: str, power: int) -> str:
    """The printed unit that is smaller or larger by a power of ten, where there is one."""
    canonical, factor = UNITS.get(unit, ("", 0.0))
    for code, (other, size) in UNITS.items():
        if other == canonical and math.isclose(size, factor * 10.0**power):
            return _printed(code)
    return ""


def _gaps(name: str, points: Sequence[tuple[int, Any]]) -> Iterator[Problem]:
    """Years that a yearly series leaves out between its first and its last."""
    if any(len(row.period) != 4 for _, row in points):
        return
    years = [int(row.period) for _, row in points]
    missing = sorted(set(range(years[0], years[-1])) - set(years))
    if missing:
        after = next(line for line, row in points if int(row.period) > missing[0])
        found = f"no value of {name} for {', '.join(map(str, missing[:10]))}"
        allowed = "a value for each year; those left out are filled on a straight line"
        yield Problem("history.csv", found, allowed, after, "period", severity="warning")


FALLING, RISING = (
    re.compile(r"降|跌|下滑|\bfall|\bdrop|\bcut\b|cheap"),
    re.compile(r"涨|上调|\bris(e|ing)|increase"),
)
NET, GROSS = (
    re.compile(r"不含(增值)?税|without VAT|net of VAT|excl", re.I),
    re.compile(r"(?<!不)含(增值)?税|VAT included|incl", re.I),
)


def _quotations(known: _Known) -> Iterator[Problem]:
    """Prices before and after, with and without VAT, against names, notes and quotations."""
    for key, product in known.config.products.items():
        shocks: list[tuple[str, Any]] = [
            (name, shock)
            for name, shock in known.config.shocks.items()
            if getattr(shock, "product", None) == key and getattr(shock, "price", None)
        ]
        for price in dict.fromkeys([product.price, *(shock.price for _, shock in shocks)]):
            yield from _tax_basis(known, price, product.vat_rate)
        quotes = _quotes(known, [product.price, *(shock.price for _, shock in shocks)])
        before = known.central(product.price)
        for name, shock in shocks:
            after = known.central(shock.price)
            if before and after and before != after:
                yield from _swapped(known, product.price, (name, shock), (before, after), quotes)
        if quotes and before:
            yield from _quoted(known, product, before, quotes[0])


def _tax_basis(known: _Known, price: str, vat_rate: str | None) -> Iterator[Problem]:
    """A price whose note says the opposite of what park.yml says of VAT."""
    lever = known.levers[price]
    note = f"{lever.note} {lever.note_zh}"
    if vat_rate is not None and NET.search(note) and not GROSS.search(note):
        allowed = f"a price with VAT, as vat_rate: {vat_rate} in park.yml says"
        yield known.lever_problem(price, f"{price}, a price without VAT by its note", allowed)
    if vat_rate is None and GROSS.search(note) and not NET.search(note):
        yield known.lever_problem(price, f"{price}, a price with VAT by its note", "a vat_rate in park.yml")


def _swapped(
    known: _Known,
    price: str,
    shock: tuple[str, Any],
    prices: tuple[float, float],
    quotes: tuple[float, float] | None,
) -> Iterator[Problem]:
    """A price after typed before."""
    (key, item), (before, after) = shock, prices
    names = " ".join(item.name.values()).lower()
    wrong = (FALLING.search(names) and after > before) or (RISING.search(names) and after < before)
    reason = f"the other way round, as the name of {key} says"
    if quotes:
        base, last = quotes
        nearer = abs(before - base) > abs(after - base) and abs(after - last) > abs(before - last)
        wrong = wrong or nearer
        reason = f"the other way round, as the quotations say ({base:.4g}, lately {last:.4g})"
    if wrong:
        found = f"{price} of {before:g} {known.levers[price].unit} before and {item.price} of {after:g} after"
        yield known.lever_problem(price, found, reason)


def _quotes(known: _Known, prices: Sequence[str]) -> tuple[float, float] | None:
    """Average of the base year and last quotation of a product's price series, by the vintage date."""
    config = known.config
    for lever in (known.levers[name] for name in prices):
        rows = [
            row
            for _, row in known.files.rows["prices"]
            if row.series == lever.series and row.unit == lever.unit and row.published <= config.as_of
        ]
        base = [row.value for row in rows if int(row.period[:4]) == config.base_year]
        if base:
            return sum(base) / len(base), max(rows, key=lambda r: r.period).value
    return None


def _quoted(known: _Known, product: Product, before: float, quoted: float) -> Iterator[Problem]:
    """A price before that is the quotations' without their VAT."""
    gross = before * (1 + (known.central(product.vat_rate) or 0.0))
    if abs(gross / quoted - 1) < QUOTED < abs(before / quoted - 1):
        found = f"{product.price} of {before:g} {known.levers[product.price].unit}"
        allowed = f"a price with VAT near the quotations' {quoted:.4g}; reads like one without: {gross:.4g}"
        yield known.lever_problem(product.price, found, allowed)


def _periods(known: _Known) -> Iterator[Problem]:
    """Amounts of the base year that are printed for another."""
    rows = {row.figure: row for _, row in known.files.rows["figures"]}
    year = str(known.config.base_year)
    for _, item in config_items(known.config):
        for field, ref in references(type(item)).items():
            name = getattr(item, field)
            if ref.role == "figure" and ref.year == "base" and name in rows:
                period = rows[name].period
                years = re.findall(r"\d{4}", period)
                if years and year not in years and len(years) == 1:
                    problem = known.figure_problem(
                        name, f"{name}, a figure of {period}", f"one of the base year {year}"
                    )
                    yield replace(problem, column="period")
