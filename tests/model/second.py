"""The same year once more, from the words of the design alone: plain NumPy, month by month, other draws."""

from types import SimpleNamespace

import numpy as np
from scipy.special import ndtr

from parkanalysis.model import read_scenario

MONTHS = 12
FACTORS = {"10k": 1e4, "100m": 1e8}
KINDS = {
    *("plant_closure", "capacity_ramp_up", "price_change", "contracted_volume", "output_cap", "rate_change")
}
MONEY = {"CNY_100m": 1.0, "CNY_10k": 1e-4, "CNY": 1e-8}


def drawn(park, scenario, n, seed):
    """Levers by name in units of one, money in 亿元; normal scores correlated as the ranks say."""
    names = list(scenario.levers)
    matrix = np.eye(len(names))
    for pair in park.config.correlations:
        i, j = (names.index(name) for name in pair.levers)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * pair.rank / 6)
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0))
    scores = root @ np.random.default_rng(seed).standard_normal((len(names), n))
    found = {}
    for name, score in zip(names, scores, strict=True):
        lever = scenario.levers[name]
        parts = lever.unit.split("_")
        scale = next((f for key, f in FACTORS.items() if key in parts), 1.0)
        if parts[0] == "CNY" and "/" not in lever.unit:
            scale /= 1e8
        point = lever.is_point
        found[name] = scale * (np.full(n, lever.central) if point else lever.ppf(ndtr(score)))
    return lambda name: np.zeros(n) if name is None else found[name]


def accounts(park, scenario, x):
    """Value added by industry: rate times output, the gap to the total shared by variance, none below 0."""
    prior, variance, output = {}, {}, {}
    for key, industry in park.config.industries.items():
        lever = scenario.levers[industry.value_added_rate or industry.value_added]
        output[key] = park.amount(industry.gross_output) if industry.gross_output else None
        prior[key] = x(lever.name) * (output[key] or 1)
        width = 0 if lever.is_point else (lever.high - lever.low) / 2.5631031310892007
        variance[key] = (width * MONEY.get(lever.unit, output[key])) ** 2
    added, free = dict(prior), {k: np.full_like(v, variance[k]) for k, v in prior.items()}
    if not sum(variance.values()):
        whole = sum(prior.values())
        return {k: v * park.value_added / whole for k, v in prior.items()}, output
    for _ in prior:
        room = sum(free.values())
        gap = park.value_added - sum(added.values())
        added = {
            k: added[k] + np.where(room > 0, free[k] / np.where(room > 0, room, 1), 0) * gap for k in added
        }
        for key in added:
            below = added[key] < 0
            added[key], free[key] = np.where(below, 0, added[key]), np.where(below, 0, free[key])
    return added, output


def acting(shock, x, month, base_year):
    """Part of a month in which a shock acts."""
    start, end = month / MONTHS, (month + 1) / MONTHS
    first, last = 0.0, 9.0
    if shock.start:
        first = int(shock.start[:4]) - base_year - 1 + (int(shock.start[5:]) - 1) / 12
    if shock.end:
        last = int(shock.end[:4]) - base_year - 1 + int(shock.end[5:]) / 12
    if shock.share:
        first = 1 - x(shock.share)
    return np.clip((np.minimum(end, last) - np.maximum(start, first)) * MONTHS, 0, 1)


def made(volume, item, x):
    """Volume of the base year: a lever, or MW times hours."""
    return x(volume) if volume else x(item.capacity) * x(item.hours) * 1000


def second(park, name_of_scenario, n=200_000, seed=7):
    """Draws of value added of the target year, 亿元."""

    scenario, config = read_scenario(park, name_of_scenario), park.config
    x = drawn(park, scenario, n, seed)
    added, output = accounts(park, scenario, x)
    goods = {}
    for key, p in config.products.items():
        volume, vat, whole = made(p.volume, p, x), x(p.vat_rate), added[p.industry]
        none = np.inf if output[p.industry] else 0.0
        worth = np.where(volume > 0, whole * 1e8 / np.where(volume > 0, volume, 1), none)
        if output[p.industry]:
            worth = np.minimum(worth, x(p.price) / (1 + vat) * whole / output[p.industry])
        goods[key] = SimpleNamespace(volume=volume, price=x(p.price), vat=vat, worth=worth)
    shocks = [config.shocks[s] for s in scenario.shocks]
    middle = lambda name: scenario.levers[name].central if name else 0.0  # noqa: E731
    growth, drift = (grown(config, added, lever) for lever in (x, middle))
    rows = ((config, k, shocks, x, added[k], output[k], goods, growth[k], drift[k]) for k in added)
    return sum(_industry(*row) for row in rows)


def grown(config, added, x):
    """Growth of each industry: the common one, and what it does better than the whole."""
    ahead = {key: 1 + x(config.industries[key].growth) for key in added}
    mean = sum(added[key] * ahead[key] for key in added) / sum(added.values())
    return {key: (1 + x(config.growth)) * ahead[key] / mean - 1 for key in added}


def _industry(config, key, shocks, x, base, output, goods, growth, drift):
    def here(shock):
        place = getattr(shock, "industry", None)
        if place is None and hasattr(shock, "plant"):
            place = config.plants[shock.plant].industry
        return (place or config.products[shock.product].industry) == key

    mine = {kind: [s for s in shocks if s.kind == kind and here(s)] for kind in {s.kind for s in shocks}}
    assert set(mine) <= KINDS, f"no formula here for {set(mine) - KINDS}"
    of = lambda kind: mine.get(kind, [])  # noqa: E731
    rate = base / output if output else None
    # drift is for what no shock says anything of; the rest only varies as growth does
    about = [*of("capacity_ramp_up"), *of("price_change"), *of("contracted_volume")]
    said = {s.product: goods[s.product].volume * goods[s.product].worth / 1e8 for s in about if s.product}
    for s in (s for s in of("contracted_volume") if not s.product):
        average = x(s.price) / (1 + x(s.vat_rate)) * rate
        said[id(s)] = made(s.base_volume, s, x) * average / 1e8
    unsaid = np.clip(1 - sum(said.values()) / np.where(base > 0, base, 1), 0, 1) if said else 1.0
    varied = np.maximum(growth - drift, -1)
    grown = 1 + unsaid * growth + (1 - unsaid) * varied
    plants = [config.plants[s.plant] for s in of("plant_closure")]
    together = sum(x(p.value_added) for p in plants) if plants else 0.0
    squeeze = np.minimum(1, base / np.where(together > 0, together, 1)) if plants else 1.0
    year = 0.0
    for month in range(MONTHS):
        on = {id(s): acting(s, x, month, config.base_year) for s in shocks if here(s)}
        pairs = [(on[id(s)], p) for s, p in zip(of("plant_closure"), plants, strict=True)]
        closed = sum((part * x(p.value_added) * squeeze for part, p in pairs), 0.0)
        running = 1 - closed / np.where(base > 0, base, 1)
        value = base * grown * running
        sold = {p: g.volume * (1 + varied) for p, g in goods.items()}
        for part, p in (pair for pair in pairs if pair[1].product):
            sold[p.product] = sold[p.product] - part * x(p.volume) * (1 + varied)
        for s in of("capacity_ramp_up"):
            if not s.product:
                value = value + on[id(s)] * x(s.value_added)
                continue
            more = on[id(s)] * x(s.volume) * (1 + varied)
            sold[s.product], value = sold[s.product] + more, value + more * goods[s.product].worth / 1e8
        price, unit = ({p: getattr(g, k) for p, g in goods.items()} for k in ("price", "worth"))
        for s in of("price_change"):
            g = goods[s.product]
            change = x(s.price) - g.price
            won = change / (1 if config.vat_in_value_added else 1 + g.vat) * (1 - x(s.pass_through))
            won = np.where((g.worth + won < x(s.floor)) & (won < 0), -g.worth, won)
            value = value + on[id(s)] * sold[s.product] * won / 1e8
            price[s.product], unit[s.product] = g.price + on[id(s)] * change, g.worth + on[id(s)] * won
        for s in of("contracted_volume"):
            if s.product:
                before, tariff, vat = sold[s.product], price[s.product], goods[s.product].vat
            else:
                before = made(s.base_volume, s, x) * (1 + varied) * running
                tariff, vat = x(s.price), x(s.vat_rate)
            tax = 1 if config.vat_in_value_added else 1 + vat
            margin = (
                np.maximum((tariff - x(s.unit_cost)) / tax, 0) if s.unit_cost else tariff / (1 + vat) * rate
            )
            less = x(s.volume) + x(s.further) - before
            part = np.minimum(less, 0) / np.where(before > 0, before, 1)
            most = (
                -np.maximum(unit[s.product], 0) * before / 1e8 if s.product else np.maximum(value, 0) * part
            )
            value = value + on[id(s)] * np.maximum(less * margin / 1e8, most)
        for s in of("output_cap"):
            part = on[id(s)] * (1 - x(s.cap))
            value, running = value - np.maximum(value, 0) * part, running * (1 - part)
        for s in of("rate_change"):
            change = x(s.rate_after) - x(s.rate_before)
            value = value + on[id(s)] * output * grown * running * change
        year = year + value / MONTHS
    return year
