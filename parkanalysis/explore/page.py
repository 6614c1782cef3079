"""The what-if page: one file that holds the levers, their draws and the model's own calculation.

It asks nobody for anything, so that it opens offline and leaves nothing running; a server on this machine
shows it and saves scenarios for it.
"""

from __future__ import annotations

import base64
import json
import math
import re
import secrets
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import Any

import jinja2

from parkanalysis import __version__
from parkanalysis.errors import InputError
from parkanalysis.explore.change import ScenarioChange, plain_settings, save_scenario, scenario_name
from parkanalysis.model import Scenario, read_scenario
from parkanalysis.model.draws import Draws, canonical_amount
from parkanalysis.model.record import recorded
from parkanalysis.model.scenario import build_scenario
from parkanalysis.model.target_year import effect_levers, target_year_levers
from parkanalysis.park import Lever, Park, ScenarioFile, known_parks, levers_of, read_park
from parkanalysis.report import LANGUAGES, Words, font_face, goal
from parkanalysis.report.words import YUAN, capitalised

TEMPLATES = Path(__file__).parent / "templates"
MOST_BYTES = 1 << 20  # of a change that is saved


def slider_range(lever: Lever) -> dict[str, float]:
    """Bounds and step in which a lever is worth moving: its 10% to 90% range and as much again on both sides.

    Never beyond the hard bounds; a lever without a spread moves between them. The step is 1, 2 or 5
    times a power of ten and leads through about a hundred values.
    """
    low, high, width = lever.minimum, lever.maximum, lever.high - lever.low
    if width > 0 and not lever.is_point:
        low, high = max(lever.low - width, low), min(lever.high + width, high)
    low, high = min(low, lever.central), max(high, lever.central)
    raw = (high - low) / 150 or 1.0
    power = math.floor(math.log10(raw))
    step = next(m for m in (1.0, 2.0, 5.0, 10.0) if m >= raw / 10**power - 1e-9)
    step = step * 10**power if power >= 0 else step / 10**-power
    first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    bounds = max(first, lever.minimum), min(last, lever.maximum)
    low, high = (round(bound, max(0, 1 - power)) for bound in bounds)
    return {"low": low, "high": high, "step": step}


def lever_groups(park: Park, shocks: Iterable[str]) -> dict[str, list[str]]:
    """Levers of a park by what they belong to, each once; those of the shocks by kind of shock."""
    config = park.config
    shared = [n for p in config.products.values() for n in levers_of(p)]
    wanted = {"growth": [config.growth, *(i.growth for i in config.industries.values() if i.growth)]}
    for name in shocks:
        own = (n for n in effect_levers(config, name) if n not in shared)
        wanted.setdefault(config.shocks[name].kind, []).extend(own)
    wanted["products"] = shared
    wanted["accounts"] = [n for i in config.industries.values() for n in levers_of(i)]
    wanted["rest"] = list(park.levers)
    first = {n: key for key in reversed(wanted) for n in wanted[key]}
    return {key: [n for n in dict.fromkeys(names) if first[n] == key] for key, names in wanted.items()}


def _finite(step: tuple[Any, ...]) -> list[Any]:
    """A step as JSON can hold it: it has no infinite numbers."""
    return [str(x).replace("inf", "Infinity") if x in (math.inf, -math.inf) else x for x in step]


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
            return draw.centre(name)
        if lever not in self._levers:
            key = name if name not in self.texts else f"{name} in {scenario.name}"
            self._levers[lever] = key
            self.texts[key] = base64.b64encode(draw(name).astype("<f8").tobytes()).decode()
        return self._levers[lever]


def _scenario_data(scenario: Scenario, names: list[str], columns: _Columns) -> dict[str, Any]:
    draw = Draws(scenario, (0, columns.draws), columns.seed)
    middle = Draws(scenario, None, columns.seed)
    levers = scenario.levers
    return {
        "title": dict(scenario.title),
        "shocks": list(scenario.shocks),
        "settings": plain_settings(scenario),
        "draws": {n: columns.of(scenario, n, draw) for n in names},
        "centrals": {n: middle.centre(n) for n in names},
        "spreads": {n: draw.spread(n) for n in names},
        "shown": {n: {key: getattr(levers[n], key) for key in ("low", "central", "high")} for n in names},
    }


def _unit(code: str, words: Words) -> dict[str, Any]:
    """How a page writes a value of this unit."""
    if code == "fraction":
        return {"kind": "fraction"}
    if code in YUAN:
        return {"kind": "money", "factor": YUAN[code]}
    return {"kind": "plain", "factor": words.shown(1.0, code), "name": words.unit(code)}


def _lever_data(lever: Lever, draws: float | str, both: Mapping[str, Words]) -> dict[str, Any]:
    return {
        "label": {lang: words.lever(lever.name) for lang, words in both.items()},
        "note": {lang: words.note(lever) for lang, words in both.items()},
        "source": {lang: words.source(lever.source) for lang, words in both.items()},
        "unit": {lang: _unit(lever.unit, words) for lang, words in both.items()},
        **{key: getattr(lever, key) for key in ("evidence", "minimum", "maximum")},
        "slider": slider_range(lever),
        "draws": draws,
        "factor": float(canonical_amount(1.0, lever)),
    }


def _scale(words: Words) -> dict[str, Any]:
    """How a page writes amounts: # stands for a number."""
    written = (words.amount(1.0), words.amount(0.5), words.amount_range(1.0, 2.0))
    amount, small, between = (re.sub(r"[\d.,]+", "#", text) for text in written)
    found = {**vars(words.scale), "unit": words.money_unit, "text": amount, "range": between}
    if small != amount:  # less than a tenth of a billion is said in millions
        decimals = max(words.scale.decimals - 2, 0)
        found["small"] = {"below": 1.0, "factor": 100.0, "decimals": decimals, "text": small}
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
        "levers": {n: _lever_data(own.levers[n], columns.of(own, n, draw), both) for n in names},
        "groups": [
            {
                "key": key,
                "title": {lang: capitalised(words.kind(key)) for lang, words in both.items()},
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
    texts = [*_texts(template, script), "reported", "derived", "proxy", "assumed"]
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


# --- on this machine ---


class Server(ThreadingHTTPServer):
    """Serves the page of a park on the loopback address only.

    Attributes
    ----------
    park : Park
        As it was read last; read again once a scenario was saved.
    address : str
    """

    daemon_threads = True

    def __init__(self, park: Park, lang: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.token = secrets.token_urlsafe(16)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.lang = lang
        self.show(park)

    def show(self, park: Park) -> None:
        """Make the page of a park."""
        self.park = park
        self.page = page_html(park, self.lang, token=self.token).encode()

    def save(self, change: dict[str, Any]) -> dict[str, str]:
        """Save a change as the page sends it; what the page is told."""
        title, overwrite = str(change["title"]), change["overwrite"] is True
        levers = {str(n): float(v) for n, v in dict(change["levers"]).items()}
        made = ScenarioChange(str(change["start"]), levers, frozenset(map(str, change["shocks"])))
        name = scenario_name(self.park, title)
        if name in self.park.scenarios and not overwrite:
            return {"taken": f"{name}.yml"}
        if not self.park.path.is_dir():
            return {"problem": "workbook"}
        try:
            path = save_scenario(self.park, made, title, overwrite)
        except InputError:
            return {"problem": "folder"}
        self.show(read_park(self.park.path))
        return {"name": path.stem, "file": f"scenarios/{path.name}"}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """The page, whatever its query; nothing else is here."""
        if self._is_ours() and self.path.partition("?")[0] == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"not found")

    def do_POST(self) -> None:
        """Save a scenario, for the page alone: another site knows neither the token nor this host's name."""
        size = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
        known = secrets.compare_digest(self.headers.get("X-Token", ""), self.server.token)
        status, told = HTTPStatus.FORBIDDEN, dict[str, str]()
        if known and self._is_ours() and self.path == "/scenarios":
            try:
                status, told = HTTPStatus.OK, self.server.save(json.loads(self.rfile.read(size)))
            except (KeyError, TypeError, ValueError):
                status = HTTPStatus.BAD_REQUEST
        self._answer(status, "application/json", json.dumps(told).encode())

    def _is_ours(self) -> bool:
        """Whether the page is asked for by this machine's own name, not by one that a site lent it."""
        return self.headers.get("Host", "").partition(":")[0] in ("127.0.0.1", "localhost")

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal shows the address and problems."""
