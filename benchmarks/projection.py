"""How fast projections are, on one core, beside the same model in monaco and in squigglepy.

Run with ``make bench``. Times are the best of three, in seconds of one processor core, so that what else
the machine does counts little; nothing is kept from one run to the next unless the line says so.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from parkanalysis.model import inverse
from parkanalysis.model.draws import forget
from parkanalysis.model.projection import growth_quantiles, project
from parkanalysis.model.scenario import Scenario, read_scenario
from parkanalysis.park.park import Park, read_park

ROOT = Path(__file__).resolve().parents[1]
TARGETS = np.linspace(25, 50, 26)
DRAWS = 100_000


def seconds(work: Callable[[], Any], cold: bool = True, times: int = 3) -> float:
    """Shortest of some runs."""
    found = []
    for _ in range(times):
        if cold:
            forget()
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def say(what: str, took: float, limit: str = "", ratio: str = "") -> None:
    """Print a line of the table."""
    print(f"{what:<64}{took:>10.3f} s  {limit:<12}{ratio}", flush=True)


def memory() -> None:
    """Print the most memory used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'memory':<64}{used:>10.0f} MB (1000 MB)", flush=True)


def eight(park: Park) -> list[Scenario]:
    """All scenarios of the park, filled up to eight with other prices."""
    found = [read_scenario(park, name) for name in park.scenarios]
    prices = iter(range(1700, 2300, 50))
    while len(found) < 8:
        found.append(read_scenario(park, "combined", alumina_price_2016=next(prices)))
    return found[:8]


def answers(scenario: Scenario, draws: int, attribution: bool = False) -> None:
    """Quantiles and target risk; with attribution, contributions with their intervals too."""
    found = project(scenario.park, scenario, draws)
    _ = found.quantiles
    found.target_risk(TARGETS)
    if attribution:
        found.contributions()


def all_anew(park: Park, price: float) -> None:
    """What a reader sees when one lever has been moved."""
    found = project(park, read_scenario(park, "combined", alumina_price_2016=price), 20_000)
    _ = found.quantiles
    found.target_risk(TARGETS)
    found.targets_met()
    found.marks()
    found.contributions()
    growth_quantiles(found)


def spec(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain numbers for the other tools, without the correlations (which spares them)."""
    park, config = scenario.park, scenario.park.config
    industries = []
    for item in config.industries.values():
        output = park.amount(item.gross_output) if item.gross_output else 0.0
        spread = scenario.levers[item.value_added_rate or item.value_added or ""].spread
        variance = (spread * (output or 1.0)) ** 2
        names = {"rate": item.value_added_rate, "level": item.value_added, "own": item.growth}
        industries.append({**names, "output": output, "variance": variance})
    order, shocks = list(config.industries), config.shocks
    metal, power = config.products["alumina"], config.products["electricity"]
    fall, cut, contract = (
        vars(shocks[s]) for s in ("alumina_price_fall", "power_tariff_cut", "power_contract")
    )
    closed = [vars(s) for s in shocks.values() if s.kind == "plant_closure"]
    return {
        "industries": industries,
        "total": park.value_added,
        "growth": config.growth,
        "closing": order.index("other"),
        "closures": [
            {"value_added": config.plants[s["plant"]].value_added, "share": s["share"]} for s in closed
        ],
        "product": {
            "industry": order.index(metal.industry),
            "volume": metal.volume,
            "price": metal.price,
            "vat": metal.vat_rate,
            "more": vars(shocks["alumina_ramp_up"])["volume"],
            "after": fall["price"],
            "through": fall["pass_through"],
        },
        "contract": {
            "industry": order.index(power.industry),
            "capacity": power.capacity,
            "hours": power.hours,
            "before": power.price,
            "after": cut["price"],
            "through": cut["pass_through"],
            "signed": contract["volume"],
            "further": contract["further"],
            "cost": contract["unit_cost"],
        },
        "levers": {name: marginal(scenario, name) for name in scenario.levers},
        "targets": TARGETS.tolist(),
        "draws": {"monaco": 20_000, "squigglepy": DRAWS},
    }


def marginal(scenario: Scenario, name: str) -> dict[str, Any]:
    """A lever's distribution in shapes that every tool has."""
    lever = scenario.levers[name]
    if lever.is_point:
        return {"kind": "point", "at": lever.central}
    if lever.distribution == "triangular":
        low, high = lever.ppf(np.array([1e-12, 1 - 1e-12]))
        return {"kind": "triangular", "ends": [float(low), lever.central, float(high)]}
    return {"kind": "normal", "mean": (lever.low + lever.high) / 2, "sd": lever.spread}


def peers(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Time the other tools in an environment of their own, made from requirements-bench.lock."""
    home = ROOT / ".venv-bench"
    python = home / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    if not python.exists():
        print("Setting up .venv-bench ...")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, home], check=True)
    lock = ROOT / "requirements-bench.lock"
    subprocess.run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock], check=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spec.json"
        file.write_text(json.dumps(spec(scenario)), encoding="utf-8")
        command = [python, Path(__file__).with_name("projection_peers.py"), file]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {name: (float(t), float(m)) for name, (t, m) in json.loads(run.stdout).items()}


def main() -> None:
    """Print the table."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    park = read_park("qingzhen")
    scenarios = eight(park)
    answers(scenarios[0], 1000, attribution=True)
    combined = read_scenario(park, "combined")

    say(
        f"8 scenarios x {DRAWS:,} draws: quantiles, target risk",
        seconds(lambda: [answers(s, DRAWS) for s in scenarios]),
        "(0.4 s)",
    )
    say(
        "the same with exact attribution and its intervals",
        seconds(lambda: [answers(s, DRAWS, True) for s in scenarios]),
        "(1.2 s)",
    )
    memory()
    for draws in (50_000, 100_000, 200_000, 400_000):
        took = seconds(lambda n=draws: answers(combined, n, True))  # type: ignore[misc]
        say(f"one scenario x {draws:,} draws, all", took, ratio=f"{took / draws * 1e6:.2f} us a draw")
    for count in (1, 2, 4, 8):
        took = seconds(lambda n=count: [answers(s, 50_000, True) for s in scenarios[-n:]])  # type: ignore[misc]
        say(f"{count} scenarios x 50,000 draws, all", took, ratio=f"{took / count:.3f} s each")
    say("one scenario x 1,000,000 draws, all", seconds(lambda: answers(combined, 1_000_000, True), times=1))
    memory()

    all_anew(park, 1650)
    prices = iter(np.linspace(1500, 1900, 9))
    took = seconds(lambda: all_anew(park, float(next(prices))), cold=False, times=9)
    say("one lever changed, 20,000 draws: all results anew (draws kept)", took, "(0.05 s)")
    found = project(park, combined, 20_000)
    for what, work in {
        "break-even of every lever": lambda: inverse.break_evens(found, 40),
        "tornado": lambda: inverse.tornado(found),
        "variance shares": lambda: inverse.importance(found),
        "frontier of 21 x 21": lambda: inverse.frontier(
            found, "alumina_price_2016", "alumina_pass_through", 40
        ),
    }.items():
        say(f"20,000 draws: {what}", seconds(work, cold=False))

    others = peers(combined)
    for name, draws, wanted in (("monaco", 20_000, "(20 x)"), ("squigglepy", DRAWS, "(1 x)")):
        theirs, median = others[name]
        say(f"{name}: combined x {draws:,} draws, median {median:.2f}", theirs)
        one = seconds(lambda n=draws: answers(combined, n), times=5)  # type: ignore[misc]
        here = project(park, combined, draws).median
        say(f"  parkanalysis: the same, median {here:.2f}", one, wanted, f"{theirs / one:.1f} x faster")
        took = seconds(lambda n=draws: [answers(s, n) for s in scenarios])  # type: ignore[misc]
        say(
            "  parkanalysis: 8 scenarios, to 8 runs of the other",
            took,
            wanted,
            f"{8 * theirs / took:.1f} x faster",
        )


if __name__ == "__main__":
    main()
