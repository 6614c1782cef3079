"""A lever on the what-if page: label, slider, and the way back to its range."""

from __future__ import annotations

import ipywidgets as w

from parkanalysis.explore import whatif_html as html
from parkanalysis.explore.sliders import slider_range
from parkanalysis.park.levers import Lever
from parkanalysis.report.words import Words

__all__ = ["LeverRow"]


class LeverRow(w.VBox):  # type: ignore[misc]
    """A lever's label, its slider and the button that gives it its range back."""

    def __init__(self, lever: Lever, words: Words) -> None:
        self.factor = 100.0 if lever.unit == "fraction" else 1.0
        span = slider_range(lever)
        self.low, self.step = span.low * self.factor, span.step * self.factor
        self.decimals = max(0, len(f"{self.step:.10f}".rstrip("0").partition(".")[2]))
        self.slider = w.FloatSlider(
            value=self._snapped(lever.central),
            min=self.low,
            max=span.high * self.factor,
            step=self.step,
            readout_format=f",.{self.decimals}f",
            tooltip=words.lever(lever.name),
            layout=w.Layout(flex="1 1 auto", width="auto"),
        )
        self.release = w.Button(
            icon="undo",
            tooltip=words("back to its range"),
            disabled=True,
            layout=w.Layout(width="40px", padding="0"),
        )
        self.text = w.HTML(html.lever_html(lever, words, held=False))
        super().__init__(
            [self.text, w.HBox([self.slider, self.release], layout=w.Layout(width="100%"))],
            layout=w.Layout(width="100%", margin="0 0 6px 0"),
        )
        self.slider.add_class(f"pa-lever-{lever.name}")

    def _snapped(self, value: float) -> float:
        """The nearest place of the slider; the browser would go there by itself and call it a move."""
        steps = round((value * self.factor - self.low) / self.step)
        return round(self.low + steps * self.step, self.decimals + 2)

    def show(self, lever: Lever, words: Words, held: bool, used: bool) -> None:
        """Follow the lever as the scenario has it."""
        self.text.value = html.lever_html(lever, words, held)
        shown = self._snapped(lever.central)
        if abs(self.slider.value - shown) > self.step / 2:
            self.slider.value = shown
        self.slider.disabled = not used
        self.release.disabled = not held
