"""The same model written plainly in monaco and in squigglepy; run in their own environment.

Reads the levers and the figures of a scenario from a JSON file and prints times and medians as JSON.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def value_added(x, spec):
    """Value added of the target year from lever values; scalars or arrays."""
    prior = [x[i["rate"]] * i["output"] if i["output"] else x[i["level"]] for i in spec["industries"]]
    variance = [i["variance"] for i in spec["industries"]]
    gap = spec["total"] - sum(prior)
    base = [p + v / sum(variance) * gap for p, v in zip(prior, variance, strict=True)]
    p, c = spec["product"], spec["contract"]
    metal, power = p["industry"], c["industry"]
    net = 1 + x[p["vat"]]
    tonnes, energy = x[p["volume"]] * 1e4, x[c["capacity"]] * x[c["hours"]] * 1000
    ton = x[p["price"]] / net * base[metal] / spec["industries"][metal]["output"]
    unit = x[c["before"]] / net * base[power] / spec["industries"][power]["output"]
    said = {metal: tonnes * ton / 1e8, power: energy * unit / 1e8}
    ahead = [1 + x[i["own"]] if i["own"] else 1.0 for i in spec["industries"]]
    mean = sum(b * a for b, a in zip(base, ahead, strict=True)) / sum(base)
    parts = []
    for i, own in enumerate(base):
        growth = (1 + x[spec["growth"]]) * ahead[i] / mean - 1
        free = 1 - np.minimum(said.get(i, 0.0) / own, 1)
        parts.append(own * (1 + growth * free))
        if i == spec["closing"]:
            for plant in spec["closures"]:
                parts[i] = parts[i] - x[plant["value_added"]] * (1 + growth) * x[plant["share"]]
    more = x[p["more"]] * 1e4
    won = np.maximum((x[p["after"]] - x[p["price"]]) * (1 - x[p["through"]]), -ton)
    parts[metal] = parts[metal] + (more * ton + (tonnes + more) * won) / 1e8
    cut = np.maximum((x[c["after"]] - x[c["before"]]) * (1 - x[c["through"]]), -unit)
    left = (unit + cut) * energy / 1e8
    less = (x[c["signed"]] + x[c["further"]]) * 1e8 - energy
    lost = less * np.maximum(x[c["after"]] - x[c["cost"]], 0) / 1e8
    parts[power] = parts[power] + energy * cut / 1e8 + np.maximum(lost, -left)
    return sum(parts)


def summary(draws, spec):
    """What is asked of every tool: quantiles and the chance of each target."""
    quantiles = np.quantile(draws, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
    return quantiles, [float((draws >= t).mean()) for t in spec["targets"]]


def monaco(spec, draws):
    """Seconds and median of a monaco simulation: one Python call a case."""
    import monaco as mc
    from scipy import stats

    logging.disable(logging.WARNING)
    levers = spec["levers"]

    def preprocess(case):
        return ({name: case.invals[name].val for name in levers},)

    def postprocess(case, result):
        case.addOutVal("value_added", result)

    start = time.process_time()
    functions = {"preprocess": preprocess, "run": lambda x: value_added(x, spec), "postprocess": postprocess}
    sim = mc.Sim("park", ndraws=draws, fcns=functions, seed=1, singlethreaded=True, verbose=False)
    for name, lever in levers.items():
        if lever["kind"] == "point":
            sim.addInVar(name, dist=stats.uniform, distkwargs={"loc": lever["at"], "scale": 1e-12})
        elif lever["kind"] == "normal":
            sim.addInVar(name, dist=stats.norm, distkwargs={"loc": lever["mean"], "scale": lever["sd"]})
        else:
            a, m, b = lever["ends"]
            at = {"c": (m - a) / (b - a), "loc": a, "scale": b - a}
            sim.addInVar(name, dist=stats.triang, distkwargs=at)
    sim.runSim()
    found = summary(np.array(sim.outvars["value_added"].nums), spec)
    return time.process_time() - start, float(found[0][3])


def squigglepy(spec, draws):
    """Seconds and median of a squigglepy model on whole arrays."""
    import squigglepy as sq

    sq.set_seed(1)
    start = time.process_time()
    x = {}
    for name, lever in spec["levers"].items():
        if lever["kind"] == "point":
            x[name] = lever["at"]
        elif lever["kind"] == "normal":
            x[name] = sq.norm(mean=lever["mean"], sd=lever["sd"]) @ draws
        else:
            x[name] = sq.triangular(*lever["ends"]) @ draws
    found = summary(value_added(x, spec), spec)
    return time.process_time() - start, float(found[0][3])


def main(path: str) -> None:
    """Time both; warnings of theirs are none of ours."""
    warnings.simplefilter("ignore")
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    found = {}
    for name, tool in (("monaco", monaco), ("squigglepy", squigglepy)):
        n = spec["draws"][name]
        tool(spec, 256)
        found[name] = min(tool(spec, n) for _ in range(1 if name == "monaco" else 3))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
