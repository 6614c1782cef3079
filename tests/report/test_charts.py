"""Charts, tested through what they draw: data, labels, glyphs, bytes."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from parkanalysis.model.compare import project_all
from parkanalysis.model.inverse import frontier, with_levers
from parkanalysis.model.projection import project
from parkanalysis.report import Comparison, charts, findings
from parkanalysis.report.charts import COLORS, font_path, style, to_bytes, to_svg
from parkanalysis.report.findings import Goal
from parkanalysis.report.words import LANGUAGES, Words

GOAL = Goal(40.0, stated=True, figure="")


@pytest.fixture(scope="module")
def projection():
    return project("qingzhen", "combined", draws=2048)


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request, projection):
    return Words(projection.park, request.param)


def _texts(ax):
    return [t.get_text() for t in ax.texts]


def test_waterfall_steps_lead_from_one_total_to_the_other(projection, words):
    frame = findings.steps(projection, findings.leading_drivers(projection))
    moves = frame.loc[~frame["total"], "value"]
    assert frame.loc["start", "value"] == 37.01
    assert frame.loc["start", "value"] + moves.sum() == pytest.approx(frame.loc["end", "value"], abs=1e-9)
    assert frame.loc["end", "value"] == pytest.approx(projection.draws.mean(), abs=1e-9)
    ax = charts.waterfall(frame, words)
    ends = sorted(bar.get_x() + bar.get_width() for bar in ax.patches)
    assert ends == pytest.approx(sorted(frame["top"] * words.scale.factor))
    assert len(ax.get_yticklabels()) == len(frame)


def test_waterfall_by_hand():
    frame = pd.DataFrame(
        {"bottom": [0.0, 8.0, 0.0], "top": [10.0, 10.0, 8.0], "value": [10.0, -2.0, 8.0]}
        | {"total": [True, False, True]},
        index=["start", "baseline", "end"],
    )
    ax = charts.waterfall(frame, Words(None, "zh"))
    assert _texts(ax) == ["10.0", "−2.0", "8.0"]
    assert sorted(b.get_y() + b.get_height() / 2 for b in ax.patches) == pytest.approx([0, 1, 2])
    losses = [b for b in ax.patches if b.get_hatch()]  # told apart in grey print too
    assert [b.get_width() for b in losses] == pytest.approx([2.0])


def test_fan_holds_history_and_quantiles(projection, words):
    frame = findings.fan_frame(projection)
    assert frame.loc[2015, "history"] == pytest.approx(37.01)
    assert frame.index.max() == 2016
    assert frame.loc[2016, "q50"] == pytest.approx(projection.median)
    ax = charts.fan(frame, words, GOAL)
    line = ax.lines[1]
    assert line.get_ydata()[-1] == pytest.approx(projection.median * words.scale.factor)
    assert any(t.endswith(f" {words('stated')}") for t in _texts(ax))
    assert ax.lines[0].get_linestyle() == "--"  # the past is not the park's own, and the legend says so
    assert words.reference_area in [t.get_text() for t in ax.get_legend().get_texts()]
    heights = [t.xy[1] for t in ax.texts[1:]]
    assert np.diff(sorted(heights)).min() > 0.04 * np.ptp(ax.get_ylim())


def test_fan_without_a_past():
    columns = {"history": [10.0, np.nan]}
    columns |= {f"q{q}": [10.0, v] for q, v in (("05", 8.0), ("10", 8.5), ("25", 9.0), ("50", 9.5))}
    columns |= {f"q{q}": [10.0, v] for q, v in (("75", 10.0), ("90", 10.5), ("95", 11.0))}
    ax = charts.fan(pd.DataFrame(columns, index=[2020, 2021]), Words(None, "en"))
    assert "0.95 median" in _texts(ax)


def test_density_is_one_in_all_and_right_for_a_normal():
    draws = np.random.default_rng(1).normal(30, 2, 40_000)
    frame = findings.density(draws)
    x, y = frame["value"].to_numpy(), frame["density"].to_numpy()
    assert np.trapezoid(y, x) == pytest.approx(0.998, abs=0.003)
    assert y.max() == pytest.approx(1 / (2 * np.sqrt(2 * np.pi)), rel=0.03)
    assert findings.density(np.full(10, 3.0)).empty


def test_distribution_marks_median_and_target(projection, words):
    frame = findings.density(projection.draws)
    ax = charts.distribution(frame, projection.quantiles, words, GOAL)
    assert ax.lines[1].get_xdata()[0] == pytest.approx(projection.median * words.scale.factor, rel=1e-3)
    assert ax.lines[2].get_xdata()[0] == pytest.approx(40 * words.scale.factor)
    assert any(t.startswith(words("stated")) for t in _texts(ax))


def test_contributions_and_their_pool(projection, words):
    frame = findings.leading_drivers(projection)
    gap = (projection.draws - 37.01).mean()
    assert frame["mean"].sum() == pytest.approx(gap, abs=1e-9)
    pooled = findings.leading_drivers(projection, most=3)
    assert list(pooled.index)[-1] == "others"
    assert len(pooled) == 4
    assert pooled["mean"].sum() == pytest.approx(gap, abs=1e-9)


def test_kinds_add_up_to_the_gap(projection):
    kinds = findings.by_kind(projection)
    assert kinds["mean"].sum() == pytest.approx((projection.draws - 37.01).mean(), abs=1e-9)
    assert len(kinds.loc["plant_closure", "drivers"]) == 4


def test_tornado_bars_reach_what_the_levers_reach(projection, words):
    frame = findings.ranking(projection).dropna(subset=["at_low"]).head(5)
    ax = charts.swings(frame, words, projection.median)
    reached = sorted(b.get_x() + b.get_width() for b in ax.patches)
    wanted = sorted(frame[["at_low", "at_high"]].to_numpy().ravel() * words.scale.factor)
    assert reached == pytest.approx(wanted)


def test_kinds_and_drivers_say_what_the_result_would_be_without_them(projection):
    kinds = findings.by_kind(projection)
    assert kinds["effect"].to_numpy() == pytest.approx(projection.median - kinds["without"].to_numpy())
    shocks = tuple(s for s in projection.scenario.shocks if not s.startswith("close_"))
    other = project(projection.park, replace(projection.scenario, shocks=shocks), 2048, projection.seed)
    assert kinds.loc["plant_closure", "without"] == pytest.approx(other.median)


def test_industries_add_up_before_and_after(projection):
    frame = findings.industries(projection)
    assert frame["before"].sum() == pytest.approx(37.01, abs=1e-9)
    assert frame["after"].sum() == pytest.approx(projection.draws.mean(), abs=1e-9)


def test_to_know_an_assumption_never_widens_what_is_expected(projection):
    frame = findings.knowing(projection, findings.ranking(projection))
    assert (frame["known"] < frame["now"]).all()
    assert frame["known"].is_monotonic_increasing


def test_target_risk_curve_falls(projection, words):
    frame = projection.target_risk()
    met = projection.targets_met()
    ax = charts.target_risk(frame, met, words, GOAL)
    y = ax.lines[0].get_ydata()
    assert (np.diff(y) <= 0).all()
    assert y[0] > 99
    assert any("50%" in t for t in _texts(ax))


def test_frontier_shades_what_reaches_the_target(projection, words):
    found = frontier(projection, "alumina_price_2016", "baseline_growth", 40.0, size=5)
    scenario = with_levers(projection.scenario, alumina_price_2016=1580.0, baseline_growth=0.1)
    ax = charts.frontier_map(found, words, scenario)
    point = ax.lines[-1]
    assert point.get_xdata()[0] == 1580
    assert point.get_ydata()[0] == pytest.approx(10.0)
    assert words.lever("alumina_price_2016") in ax.get_xlabel()


def test_ledger_intervals_are_relative_to_the_printed_value(words):
    frame = pd.DataFrame(
        {"text": ["近 20 亿", "5 亿元以上"], "subject": ["道路", "减少"], "value": [20.0, 5.0]}
        | {"low": [18.0, 5.0], "high": [20.0, np.inf], "open": [False, True]}
    )
    ax = charts.ledger_intervals(frame, words)
    segments = ax.collections[0].get_segments()
    assert [s[0][0] for s in segments] == pytest.approx([90, 100])
    assert segments[0][1][0] == pytest.approx(100)
    assert len(ax.lines) == 1


def test_an_end_that_the_rule_caps_is_still_marked_as_open(projection, words):
    frame = findings.ledger(projection.park).set_index("figure", drop=False)
    ax = charts.ledger_intervals(frame.loc[["stated_loss_2016", "stated_result_2016"]], words)
    (arrow,) = ax.lines
    assert (arrow.get_marker(), arrow.get_xdata()[0], arrow.get_ydata()[0]) == (">", pytest.approx(120), 1)


def test_ledger_carries_every_figure(projection):
    frame = findings.ledger(projection.park)
    assert len(frame) == len(projection.park.figures)
    assert frame.set_index("figure").loc["stated_loss_2016", "used"]
    assert (frame["low"] <= frame["high"]).all()


def test_scenarios_on_one_scale(projection, words):
    chosen = project_all(projection.park, ["reference", "combined"], draws=512)
    frame = Comparison(chosen, "en").ranges
    ax = charts.ranges(frame, words, GOAL)
    assert frame.loc["reference", 0.5] > frame.loc["combined", 0.5]
    assert np.asarray(ax.collections[0].get_offsets())[:, 0] == pytest.approx(
        frame[0.5].to_numpy() * words.scale.factor
    )


def test_what_if_moves_the_right_way(projection):
    frame = findings.what_if(projection, "alumina_price_2016", [1500.0, 1800.0], 40.0)
    assert frame.loc[1800.0, "median"] > frame.loc[1500.0, "median"]
    assert frame.loc[1800.0, "chance"] >= frame.loc[1500.0, "chance"]
    same = project(projection.park, "combined", 2048, 2016)
    assert findings.what_if(same, "vat_rate", [0.17], 40.0)["median"].iloc[0] == pytest.approx(same.median)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1450, 1930, [1500, 1600, 1700, 1800, 1900]), (0.0, 0.21, [0, 0.05, 0.1, 0.15, 0.2]), (3, 3, [3])],
)
def test_round_values(low, high, expected):
    assert findings.round_values(low, high) == pytest.approx(expected)


def test_every_chart_has_its_glyphs_and_is_the_same_twice(projection, words):
    frame = findings.steps(projection, findings.leading_drivers(projection))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (to_bytes(charts.waterfall(frame, words)) for _ in range(2))
        to_bytes(charts.fan(findings.fan_frame(projection), words, GOAL), "png")
    assert first == second


@pytest.mark.parametrize("value", [5.0, 80.0])
def test_a_goal_far_from_all_draws_stays_in_the_chart(projection, words, value):
    frame, met = projection.target_risk(), projection.targets_met()
    ax = charts.target_risk(frame, met, words, Goal(value, stated=True, figure=""))
    low, high = ax.get_xlim()
    assert low <= words.money(value) <= high
    to_bytes(ax, "png")  # warns where no room is left to the axes


def test_a_missing_glyph_would_be_noticed():
    from matplotlib.figure import Figure

    with style():
        ax = Figure(figsize=(1, 1)).subplots()
        ax.set_title("\U0001f600")
    with pytest.warns(UserWarning, match="missing from font"):
        to_bytes(ax, "png")


def test_the_font_is_chinese_and_free():
    assert font_path().name == "NotoSansSC-Regular.ttf"
    assert (font_path().parent / "OFL.txt").exists()


def test_svg_is_for_pages(projection):
    words = Words(projection.park, "zh")
    text = to_svg(charts.fan(findings.fan_frame(projection), words), "name")
    assert text.startswith("<svg")
    assert "<metadata" not in text
    assert "var(--chart-ink" in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert all(i.startswith("name-") for i in ids)
    targets = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert targets <= set(ids)


def _linear(channel):
    c = channel / 255
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def _luminance(color):
    r, g, b = (_linear(int(color[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("name", ["ink", "muted", "total", "gain", "loss", "target"])
def test_text_colours_stand_out_from_paper(name):
    # 3:1 is asked of graphics and large text (WCAG 2.2, 1.4.11)
    assert (1.05) / (_luminance(COLORS[name]) + 0.05) >= 3
