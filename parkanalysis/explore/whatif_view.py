"""The what-if page: sliders for the levers, switches for the shocks, answers that follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as w

from parkanalysis.errors import InputError
from parkanalysis.explore import whatif_html as html
from parkanalysis.explore.lever_row import LeverRow
from parkanalysis.explore.scenario_files import save_scenario
from parkanalysis.explore.sliders import lever_groups
from parkanalysis.explore.whatif import (
    Answer,
    Change,
    answer,
    break_evens,
    default_target,
    papermill_command,
    scenario_file,
    scenario_of,
)
from parkanalysis.model.case import Case
from parkanalysis.model.scenario import read_scenario
from parkanalysis.model.target_year import used_levers
from parkanalysis.park.park import Park, read_park
from parkanalysis.report.words import LANGUAGES, Words

__all__ = ["Explorer", "whatif"]

LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
FULL = w.Layout(width="100%")


class Explorer(w.VBox):  # type: ignore[misc]
    """The page of a case: ``change`` is what was moved, ``answer`` what is shown for ``target`` (亿元)."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.park: Park = case.park
        self.draws, self.seed = case.draws, case.seed
        self.change = Change(case.scenario.name, _moved(case))
        self.target = default_target(case.park)
        self.words = Words(case.park, case.lang)
        self.answer: Answer
        self._quiet = False
        self._build()

    def __repr__(self) -> str:
        return f"Explorer({self.park.id!r})"

    # -- construction -------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.words
        self._start_with(self.change.start)
        self.scenario = w.Dropdown(
            options=self._titles(),
            value=self.change.start,
            description=words("Scenario"),
            layout=w.Layout(width="auto", min_width="16em"),
        )
        self.language = w.ToggleButtons(
            options=[(LANGUAGE_NAMES[x], x) for x in LANGUAGES],
            value=words.lang,
            style={"button_width": "auto"},
        )
        self.reset = w.Button(description=words("Reset"), icon="refresh")
        self.reset.add_class("pa-reset")
        self.goal = self._target_slider()
        self.switches = {s: self._switch(s) for s in self.park.config.shocks}
        self.rows = {
            n: LeverRow(self.start.projection.scenario.levers[n], words)
            for s in lever_groups(self.park)
            for n in s.levers
        }
        self.headline, self.waterfall, self.risk, self.needed = (w.HTML(layout=FULL) for _ in range(4))
        self.headline.add_class("pa-headline")
        self.needed.add_class("pa-needed")
        self.children = [w.HTML(html.STYLE), self._bar(), self._columns()]
        self._listen()
        self._follow()

    def _bar(self) -> w.Widget:
        wrap = w.Layout(flex_flow="row wrap", align_items="center", width="100%")
        return w.Box([self.scenario, self.reset, self.language], layout=wrap)

    def _columns(self) -> w.Widget:
        left = w.VBox(
            [w.HTML(f"<b>{self.words('What happens')}</b>"), *self.switches.values(), self._levers()],
            layout=w.Layout(flex="1 1 340px", max_width="100%", min_width="0"),
        )
        right = w.VBox(
            [self.headline, self.goal, self.waterfall, self.risk, self.needed, self._keep()],
            layout=w.Layout(flex="1.4 1 420px", max_width="100%", min_width="0"),
        )
        return w.Box([left, right], layout=w.Layout(flex_flow="row wrap", width="100%", grid_gap="24px"))

    def _levers(self) -> w.Widget:
        parts = lever_groups(self.park)
        names = {
            "growth": self.words("Growth of the rest"),
            "products": self.words("Products in the base year"),
            "accounts": self.words("Accounts of the base year"),
            "rest": self.words("Other numbers"),
        }
        titles = [names.get(p.key) or self.words.kind(p.key) for p in parts]
        boxes = [w.VBox([self.rows[n] for n in p.levers], layout=FULL) for p in parts]
        return w.Accordion(children=boxes, titles=[t[:1].upper() + t[1:] for t in titles], selected_index=0)

    def _keep(self) -> w.Widget:
        words = self.words
        self.name = w.Text(placeholder="my_scenario", description=words("Name"))
        self.save = w.Button(
            description=words("Save as scenario"), icon="save", layout=w.Layout(width="auto")
        )
        self.overwrite = w.Button(
            description=words("Write over it"),
            button_style="warning",
            layout=w.Layout(width="auto", display="none"),
        )
        self.name.add_class("pa-name")
        self.save.add_class("pa-save")
        self.overwrite.add_class("pa-overwrite")
        self.message, self.command = w.HTML(layout=FULL), w.HTML(layout=FULL)
        self.message.add_class("pa-message")
        line = w.Box(
            [self.name, self.save, self.overwrite], layout=w.Layout(flex_flow="row wrap", width="100%")
        )
        return w.VBox([line, self.message, self.command], layout=FULL)

    def _switch(self, shock: str) -> w.Checkbox:
        box = w.Checkbox(
            value=shock in self._now().shocks, description=self.words.driver(shock), indent=False, layout=FULL
        )
        box.add_class(f"pa-shock-{shock}")
        return box

    def _target_slider(self) -> w.FloatSlider:
        money, base = self.words.money, self.park.value_added
        low, high = min(0.5 * base, 0.9 * self.target), max(1.6 * base, 1.1 * self.target)
        step = 10.0**-self.words.scale.decimals
        slider = w.FloatSlider(
            value=round(round(money(self.target) / step) * step, 9),
            min=round(money(low) / step) * step,
            max=round(money(high) / step) * step,
            step=step,
            readout_format=f",.{self.words.scale.decimals}f",
            description=f"{self.words('Target')} ({self.words.money_unit})",
            style={"description_width": "auto"},
            layout=FULL,
        )
        slider.add_class("pa-target")
        return slider

    def _titles(self) -> list[tuple[str, str]]:
        lang = self.words.lang
        titles = {n: str(s.title[lang]) for n, s in self.park.scenarios.items()}  # type: ignore[index]
        return [(f"{title} · {name}", name) for name, title in titles.items()]

    # -- reaction -----------------------------------------------------------------------------

    def _listen(self) -> None:
        self.scenario.observe(lambda c: self._restart(c["new"]), "value")
        self.language.observe(lambda c: self._speak(c["new"]), "value")
        self.reset.on_click(lambda _: self._restart(self.change.start))
        self.goal.observe(self._aim, "value")
        self.save.on_click(lambda _: self._save(False))
        self.overwrite.on_click(lambda _: self._save(True))
        self.name.observe(lambda _: self._ask(False), "value")
        for box in self.switches.values():
            box.observe(lambda _: self._switched(), "value")
        for name, row in self.rows.items():
            row.slider.observe(lambda c, n=name: self._slid(n, c), "value")
            row.release.on_click(lambda _, n=name: self._apply(self.change.release(n)))

    @contextmanager
    def _silence(self) -> Iterator[None]:
        self._quiet, before = True, self._quiet
        try:
            yield
        finally:
            self._quiet = before

    def _apply(self, change: Change) -> None:
        if not self._quiet:
            self.change = change
            self._follow()

    def _slid(self, name: str, move: Any) -> None:
        if not _is_move(move):
            return
        lever = self.park.levers[name]
        held = round(move["new"] / self.rows[name].factor, 12)
        self._apply(self.change.hold(name, min(max(held, lever.minimum), lever.maximum)))

    def _switched(self) -> None:
        self._apply(self.change.switch(s for s, box in self.switches.items() if box.value))

    def _aim(self, move: Any) -> None:
        if not _is_move(move):
            return
        self.target = round(move["new"] / self.words.scale.factor, 9)
        self._apply(self.change)

    def _start_with(self, scenario: str) -> None:
        self.start = answer(read_scenario(self.park, scenario), self.target, self.draws, self.seed)

    def _restart(self, scenario: str) -> None:
        if self._quiet:
            return
        self._start_with(scenario)
        self._apply(Change(scenario))

    def _speak(self, lang: str) -> None:
        self.words = Words(self.park, lang)
        self._build()

    def _now(self) -> Any:
        return scenario_of(self.park, self.change)

    def _follow(self) -> None:
        """Bring all that is shown in line with the change: the answer first, break-evens after it."""
        scenario = self._now()
        used = set(used_levers(scenario))
        with self._silence():
            for name, box in self.switches.items():
                box.value = name in scenario.shocks
            for name, row in self.rows.items():
                row.show(scenario.levers[name], self.words, name in self.change.levers, name in used)
        self.answer = answer(scenario, self.target, self.draws, self.seed)
        self.headline.value = html.headline_html(self.answer, self.start, self.words)
        self.waterfall.value = html.waterfall_html(self.answer, self.words)
        self.risk.value = html.risk_html(self.answer, self.words)
        self.command.value = self._command()
        table = break_evens(scenario, self.target, self.seed)
        self.needed.value = html.break_even_html(table, self.target, self.words)

    def _command(self) -> str:
        try:
            return html.command_html(papermill_command(self.park, self.change, self.words.lang), self.words)
        except InputError:
            return html.message_html(self.words("Save as a scenario to get its papermill command."))

    # -- saving -------------------------------------------------------------------------------

    def _ask(self, shown: bool) -> None:
        self.overwrite.layout.display = "" if shown else "none"

    def _save(self, overwrite: bool) -> None:
        name = self.name.value.strip()
        try:
            path = save_scenario(self.park, name, scenario_file(self.park, self.change, name), overwrite)
            park = read_park(self.park.path)
        except InputError as error:
            self._ask(error.problems[0].column == "name" and name in self.park.scenarios)
            self.message.value = html.message_html(str(error), error=True)
            return
        self._ask(False)
        self.park, self.words = park, Words(park, self.words.lang)
        self.change = Change(name)
        self._start_with(name)
        with self._silence():
            self.scenario.options = self._titles()
            self.scenario.value = name
        self._follow()
        self.message.value = html.message_html(self.words("Saved: {file}", file=path.name))


def _is_move(change: Any) -> bool:
    """Whether a slider went a step; drawn, a browser sends back the last digits of a float."""
    return bool(abs(change["new"] - change["old"]) > change["owner"].step / 2)


def _moved(case: Case) -> dict[str, float]:
    """Levers that the notebook's parameters hold at a value."""
    own = case.park.scenarios[case.scenario.name].levers
    settings = case.scenario.settings.items()
    return {n: v for n, v in settings if isinstance(v, float) and own.get(n) != v}


def whatif(case: Case) -> Explorer:
    """The what-if page of a case, to be shown as the last value of a cell.

    Parameters
    ----------
    case : Case
        Of ``read_parameters``: its park, scenario, language, draws and seed.

    Examples
    --------
    >>> from parkanalysis.model.case import read_parameters
    >>> page = whatif(read_parameters({"park": "qingzhen", "scenario": "combined", "draws": 256}))
    >>> page.rows["vat_rate"].slider.value
    17.0
    """
    return Explorer(case)
