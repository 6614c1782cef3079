"""The what-if page: one file that holds the levers, their draws and the model's own calculation.

It asks nobody for anything, so that it opens offline and leaves nothing running.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from parkanalysis import __version__
from parkanalysis.model import Scenario, read_scenario
from parkanalysis.model.draws import Draws
from parkanalysis.model.record import recorded
from parkanalysis.model.scenario import build_scenario
from parkanalysis.model.target_year import shock_levers, target_year_levers
from parkanalysis.park import Lever, LeverSetting, Park, ScenarioFile, known_parks, levers_of
from parkanalysis.report import LANGUAGES, Words, font_face, goal
from parkanalysis.report.words import N_

TEMPLATES = Path(__file__).parent / "templates"
GROUPS = {
    "growth": N_("Underlying growth"),
    "products": N_("Products in the base year"),
    "accounts": N_("Accounts of the base year"),
    "rest": N_("Other numbers"),
}


@dataclass(frozen=True)
class SliderRange:
    """Bounds and step of a slider, in the lever's unit."""

    low: float
    high: float
    step: float


def slider_range(lever: Lever) -> SliderRange:
    """Range in which a lever is worth moving: its 10% to 90% range and as much again on both sides.

    Never beyond the hard bounds; a lever without a spread moves between them. The step is 1, 2 or 5
    times a power of ten and leads through about a hundred values.
    """
    width = lever.high - lever.low
    low, high = (
        (lever.minimum, lever.maximum)
        if lever.is_point or not width > 0
        else (max(lever.low - width, lever.minimum), min(lever.high + width, lever.maximum))
    )
    return nice_range(min(low, lever.central), max(high, lever.central), lever.minimum, lever.maximum)


def nice_range(low: float, high: float, minimum: float, maximum: float) -> SliderRange:
    """A range on round steps, within bounds."""
    raw = (high - low) / 150 or 1.0
    power = math.floor(math.log10(raw))
    step = next(m for m in (1.0, 2.0, 5.0, 10.0) if m >= raw / 10**power - 1e-9)
    step = step * 10**power if power >= 0 else step / 10**-power
    first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    digits = max(0, 1 - power)
    return SliderRange(round(max(first, minimum), digits), round(min(last, maximum), digits), step)


def lever_groups(park: Park, shocks: Iterable[str]) -> dict[str, list[str]]:
    """Levers of a park by what they belong to, each once; those of the shocks by kind of shock."""
    config = park.config
    shared = [n for p in config.products.values() for n in levers_of(p)]
    by_kind: dict[str, list[str]] = {}
    for name in shocks:
        levers = by_kind.setdefault(config.shocks[name].kind, [])
        levers += [n for n in shock_levers(config, name) if n not in shared]
    wanted = {
        "growth": [config.growth, *(i.growth for i in config.industries.values() if i.growth)],
        **by_kind,
        "products": shared,
        "accounts": [n for i in config.industries.values() for n in levers_of(i)],
        "rest": list(park.levers),
    }
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for key, names in wanted.items():
        levers = [n for n in dict.fromkeys(names) if n not in taken]
        taken.update(levers)
        if levers:
            found[key] = levers
    return found


def _finite(step: tuple[Any, ...]) -> list[Any]:
    """A step as JSON can hold it: it has no infinite numbers."""
    return [str(x).replace("inf", "Infinity") if x in (math.inf, -math.inf) else x for x in step]


def _base64(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")


def _setting(setting: float | LeverSetting) -> Any:
    return setting.model_dump(exclude_none=True) if isinstance(setting, LeverSetting) else setting


class _Columns:
    """Draws of levers, those that are the same for several scenarios once."""

    def __init__(self, draws: int, seed: int) -> None:
        self.draws, self.seed = draws, seed
        self.texts: dict[str, str] = {}
        self._levers: dict[Lever, str] = {}

    def of(self, scenario: Scenario, name: str, draw: Draws) -> float | str:
        """The number that a lever is in a scenario, or the name of the column of its draws."""
        lever = scenario.levers[name]
        if lever.is_point:
            return float(draw(name)[0])
        if lever not in self._levers:
            key = name if name not in self.texts else f"{name} in {scenario.name}"
            self._levers[lever] = key
            self.texts[key] = _base64(draw(name))
        return self._levers[lever]


def _scenario_data(scenario: Scenario, names: list[str], columns: _Columns) -> dict[str, Any]:
    draw = Draws(scenario, (0, columns.draws), columns.seed)
    middle = Draws(scenario, None, columns.seed)
    levers = scenario.levers
    return {
        "title": dict(scenario.title),
        "shocks": list(scenario.shocks),
        "settings": {n: _setting(s) for n, s in scenario.settings.items()},
        "draws": {n: columns.of(scenario, n, draw) for n in names},
        "centrals": {n: float(middle(n)[0]) for n in names},
        "spreads": {n: draw.spread(n) for n in names},
        "shown": {
            n: {"low": levers[n].low, "central": levers[n].central, "high": levers[n].high} for n in names
        },
    }


def _unit(code: str, words: Words) -> dict[str, Any]:
    """How a page writes a value of this unit."""
    if code == "fraction":
        return {"kind": "fraction"}
    if code in ("CNY", "CNY_10k", "CNY_100m"):
        return {"kind": "money", "factor": {"CNY": 1e-8, "CNY_10k": 1e-4, "CNY_100m": 1.0}[code]}
    return {"kind": "plain", "factor": words.shown(1.0, code), "name": words.unit(code)}


def _lever_data(lever: Lever, draws: float | str, factor: float, both: Mapping[str, Words]) -> dict[str, Any]:
    return {
        "label": {lang: words.lever(lever.name) for lang, words in both.items()},
        "note": {lang: words.note(lever) for lang, words in both.items()},
        "source": {lang: words.source(lever.source) for lang, words in both.items()},
        "unit": {lang: _unit(lever.unit, words) for lang, words in both.items()},
        "evidence": lever.evidence,
        "minimum": lever.minimum,
        "maximum": lever.maximum,
        "slider": vars(slider_range(lever)),
        "draws": draws,
        "factor": factor,
    }


def _scale(words: Words) -> dict[str, Any]:
    """How a page writes amounts: # stands for a number."""
    amount, between = (re.sub(r"[\d.,]+", "#", t) for t in (words.amount(1.0), words.amount_range(1.0, 2.0)))
    small = re.sub(r"[\d.,]+", "#", words.amount(0.5))
    found = {**vars(words.scale), "unit": words.money_unit, "text": amount, "range": between}
    if small != amount:  # less than a tenth of a billion is said in millions
        found["small"] = {
            "below": 1.0,
            "factor": 100.0,
            "decimals": max(words.scale.decimals - 2, 0),
            "text": small,
        }
    return found


def _goal(words: Words, target: float, base: float) -> dict[str, float]:
    """Slider of the target, in the unit shown."""
    low, high = words.money(min(0.5 * base, 0.9 * target)), words.money(max(1.6 * base, 1.1 * target))
    step = 10.0**-words.scale.decimals
    return {"low": math.floor(low / step) * step, "high": math.ceil(high / step) * step, "step": step}


def page_data(park: Park, draws: int = 20_000, seed: int = 2016) -> dict[str, Any]:
    """All that the page stands on, as plain data: labels, draws, scenarios and the recorded calculation.

    Parameters
    ----------
    park : Park
    draws, seed : int
        As of the reports, so that the page shows their digits.
    """
    both = {lang: Words(park, lang) for lang in LANGUAGES}
    config, target = park.config, goal(park).value
    calculation = recorded(park)
    own = build_scenario(park, ScenarioFile(title={"zh": "own", "en": "own"}, shocks="all"), "own")
    draw = Draws(own, (0, draws), seed)
    columns = _Columns(draws, seed)
    names = [n for n in own.levers if n in calculation.levers]
    groups = lever_groups(park, calculation.shocks)
    factors = {n: Draws(own, None, seed, {n: own.levers[n].maximum}) for n in names}
    titles = {
        key: {lang: words(GROUPS[key]) if key in GROUPS else words.kind(key) for lang, words in both.items()}
        for key in groups
    }
    shipped = known_parks().get(park.id) == park.path
    scenarios = {n: read_scenario(park, n) for n in park.scenarios}
    # all that may happen, the levers left as free as they are
    most = max(scenarios.values(), key=lambda s: (len(s.shocks), -len(s.settings))).name
    return {
        "park": park.id if shipped else str(park.path),
        "name": dict(config.name),
        "base_year": config.base_year,
        "target_year": config.target_year,
        "base": park.value_added,
        "target": target,
        "draws": draws,
        "seed": seed,
        "scenario": most,
        "scale": {lang: _scale(words) for lang, words in both.items()},
        "goal": {lang: _goal(words, target, park.value_added) for lang, words in both.items()},
        "levers": {
            n: _lever_data(
                own.levers[n], columns.of(own, n, draw), float(factors[n](n)[0]) / own.levers[n].maximum, both
            )
            for n in names
        },
        "groups": [
            {
                "key": key,
                "title": {lang: t[:1].upper() + t[1:] for lang, t in titles[key].items()},
                "levers": [n for n in levers if n in calculation.levers],
            }
            for key, levers in groups.items()
            if any(n in calculation.levers for n in levers)
        ],
        "shocks": calculation.shocks,
        "names": {s: dict(config.shocks[s].name) for s in calculation.shocks},
        "settling": target_year_levers(own),
        "scenarios": {n: _scenario_data(s, names, columns) for n, s in scenarios.items()},
        "columns": columns.texts,
        "steps": [_finite(step) for step in calculation.steps],
        "industries": calculation.industries,
    }


def _texts(*sources: str) -> list[str]:
    """Texts that the page says, as its template and its script name them."""
    found = chain.from_iterable(
        re.findall(r'\bt\("([^"]+)"|data-(?:t|label)="([^"]+)"|\["(?:never|always)", "([^"]+)"\]', s)
        for s in sources
    )
    return sorted({text for groups in found for text in groups if text})


def page_html(
    park: Park, lang: str = "", draws: int = 20_000, seed: int = 2016, token: str | None = None
) -> str:
    """The what-if page as one HTML file.

    Parameters
    ----------
    park : Park
    lang : {"zh", "en"}, optional
        Language it opens in; the park's first without.
    draws, seed : int
    token : str, optional
        What a server that saves scenarios wants to be shown; without it the page offers a download.

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> page = page_html(read_park("qingzhen"), "en", draws=64)
    >>> page[page.index("<title>") + 7 : page.index("</title>")]
    'What if? · Guizhou Qingzhen Economic Development Zone'
    """
    words = Words(park, lang or park.config.languages[0])
    chinese = Words(park, "zh")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    template, script, css = (
        (TEMPLATES / name).read_text(encoding="utf-8")
        for name in ("explore.html.j2", "explore.js", "explore.css")
    )
    texts = [*_texts(template, script), *(e for e in ("reported", "derived", "proxy", "assumed"))]
    data = {
        **page_data(park, draws, seed),
        "lang": words.lang,
        "token": token,
        "texts": {text: chinese(text) for text in texts},
    }
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    wide = frozenset(c for c in content + "中文" if ord(c) > 0x2E7F)
    return environment.get_template("explore.html.j2").render(
        words=words,
        data=data,
        json=content.replace("<", "\\u003c"),
        css=css,
        script=script,
        font=font_face(wide),
        version=__version__,
    )
