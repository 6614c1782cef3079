"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

// -- the recorded calculation, replayed --------------------------------------------------------------

const CHUNK = 2048, N = DATA.draws;
const COLUMNS = Object.fromEntries(Object.entries(DATA.columns).map(([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return [name, new Float64Array(bytes.buffer)];
}));
const LOOPS = {
  add(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] + b[i]; },
  subtract(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] - b[i]; },
  multiply(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] * b[i]; },
  divide(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] / b[i]; },
  minimum(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] < b[i] ? a[i] : b[i]; },
  maximum(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] > b[i] ? a[i] : b[i]; },
  less(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] < b[i] ? 1 : 0; },
  less_equal(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] <= b[i] ? 1 : 0; },
  greater(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] > b[i] ? 1 : 0; },
  greater_equal(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] >= b[i] ? 1 : 0; },
  equal(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] === b[i] ? 1 : 0; },
  not_equal(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] !== b[i] ? 1 : 0; },
  logical_and(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] && b[i] ? 1 : 0; },
  logical_or(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] || b[i] ? 1 : 0; },
  power(o, n, a, b) { for (let i = 0; i < n; i++) o[i] = a[i] ** b[i]; },
  logical_not(o, n, a) { for (let i = 0; i < n; i++) o[i] = a[i] ? 0 : 1; },
  where(o, n, c, a, b) { for (let i = 0; i < n; i++) o[i] = c[i] ? a[i] : b[i]; },
};
const buffers = new Map();
const spare = [0, 1, 2].map(() => new Float64Array(CHUNK));
const single = [0, 1, 2, 3].map(() => new Float64Array(1));

function buffer(place) {
  if (!buffers.has(place)) buffers.set(place, new Float64Array(CHUNK));
  return buffers.get(place);
}

/** Values of some steps over n draws: a number where all draws agree, else an array to be read at once. */
function replay(wanted, given, n) {
  const known = new Map();
  function value(place) {
    const before = known.get(place);
    if (before !== undefined) return before;
    const [name, ...rest] = DATA.steps[place];
    let found;
    if (name === "value") found = Number(rest[0]);
    else if (name === "input") found = given(rest[0]);
    else if (name === "select") found = value(rest[0]) ? value(rest[1]) : value(rest[2]);
    else if (name === "any") {
      const each = value(rest[0]);
      found = typeof each === "number" ? each : each.subarray(0, n).some((x) => x) ? 1 : 0;
    } else {
      const parts = rest.map(value);
      if (parts.every((x) => typeof x === "number")) {
        parts.forEach((x, i) => { single[i + 1][0] = x; });
        LOOPS[name](single[0], 1, single[1], single[2], single[3]);
        found = single[0][0];
      } else {
        const arrays = parts.map((x, i) => (typeof x === "number" ? spare[i].fill(x, 0, n) : x));
        found = buffer(place);
        LOOPS[name](found, n, ...arrays);
      }
    }
    known.set(place, found);
    return found;
  }
  return wanted.map(value);
}

/** What the inputs of the calculation are in a state; `first` is the draw that a chunk starts with. */
function inputs(state, central = false) {
  const scenario = DATA.scenarios[state.scenario];
  return (first, n) => (name) => {
    const [, asked, lever] = name.match(/^(?:(spread|centre):)?(.*)$/);
    const held = state.levers[lever];
    if (asked === "spread") return held === undefined ? scenario.spreads[lever] : 0;
    const { factor, minimum, maximum } = DATA.levers[lever];
    if (held !== undefined) return Math.min(Math.max(held, minimum), maximum) * factor;
    if (central || asked) return scenario.centrals[lever];
    const own = scenario.draws[lever];
    return typeof own === "number" ? own : COLUMNS[own].subarray(first, first + n);
  };
}

function mean(x, n) {
  if (typeof x === "number") return x * n;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[i];
  return sum;
}

function activeShocks(state) {
  return state.shocks ?? DATA.scenarios[state.scenario].shocks;
}

/** Bit mask of an industry's shocks that act. */
function acting(industry, state) {
  const active = activeShocks(state);
  return DATA.industries[industry].shocks.reduce((mask, s, i) => mask | (active.includes(s) ? 1 << i : 0), 0);
}

function finalSteps(state) {
  return Object.keys(DATA.industries).map((i) => DATA.industries[i].values[acting(i, state)][1]);
}

/** Draws of value added, 亿元, in rising order. */
function projected(state) {
  const total = new Float64Array(N), given = inputs(state), wanted = finalSteps(state);
  for (let first = 0; first < N; first += CHUNK) {
    const n = Math.min(CHUNK, N - first);
    for (const part of replay(wanted, given(first, n), n)) {
      for (let i = 0; i < n; i++) total[first + i] += typeof part === "number" ? part : part[i];
    }
  }
  return total.sort();
}

function centralValue(state) {
  return replay(finalSteps(state), inputs(state, true)(0, 1), 1).reduce((a, b) => a + b, 0);
}

function choose(n, k) {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

const bits = (mask) => mask.toString(2).replaceAll("0", "").length;

/** Mean contribution of each driver (Shapley 1953), through each industry, added up. */
function contributions(state) {
  const found = new Map([["baseline", 0], ...DATA.shocks.filter((s) => activeShocks(state).includes(s)).map((s) => [s, 0])]);
  const games = Object.values(DATA.industries).map(({ shocks, values }) => {
    const mine = shocks.filter((s) => found.has(s));
    const full = (mask) => mine.reduce((m, s, i) => m | (mask >> i & 1 ? 1 << shocks.indexOf(s) : 0), 0);
    const places = Array.from({ length: 2 << mine.length }, (_, mask) => values[full(mask >> 1)][mask & 1]);
    return { drivers: ["baseline", ...mine], places, sums: places.map(() => 0) };
  });
  const given = inputs(state), wanted = games.flatMap((g) => g.places);
  for (let first = 0; first < N; first += CHUNK) {
    const n = Math.min(CHUNK, N - first), parts = replay(wanted, given(first, n), n);
    let at = 0;
    for (const game of games) game.places.forEach((_, i) => { game.sums[i] += mean(parts[at++], n); });
  }
  for (const { drivers, sums } of games) {
    const count = drivers.length;
    drivers.forEach((driver, i) => {
      let value = 0;
      for (let mask = 0; mask < sums.length; mask++) {
        if (!(mask >> i & 1)) value += (sums[mask | 1 << i] - sums[mask]) / N / (count * choose(count - 1, bits(mask)));
      }
      found.set(driver, found.get(driver) + value);
    });
  }
  return found;
}

function quantile(ordered, q) {
  const place = q * (ordered.length - 1), low = Math.floor(place);
  const next = ordered[Math.min(low + 1, ordered.length - 1)];
  return ordered[low] + (next - ordered[low]) * (place - low);
}

/** Part of the draws at or above a target. */
function chanceOf(ordered, target) {
  let low = 0, high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ordered[middle] < target) low = middle + 1; else high = middle;
  }
  return 1 - low / ordered.length;
}

function answered(state) {
  const ordered = projected(state);
  return {
    state, ordered, central: centralValue(state), median: quantile(ordered, 0.5), low: quantile(ordered, 0.1),
    high: quantile(ordered, 0.9), chance: chanceOf(ordered, state.target),
    met: [0.5, 0.8, 0.9].map((p) => ordered[Math.floor((1 - p) * (N - 1))]),
  };
}

/** Inputs that the result of a state depends on. */
function reached(state) {
  const seen = new Set(), names = new Set(), open = finalSteps(state);
  while (open.length) {
    const place = open.pop();
    if (seen.has(place)) continue;
    seen.add(place);
    const [name, ...rest] = DATA.steps[place];
    if (name === "input") names.add(rest[0]); else if (name !== "value") open.push(...rest);
  }
  return names;
}

/** Value of a lever, nearest its centre, at which the median meets the target; "always", "never" or a number.
 *  Every projection is waited for apart, so that the page answers in between; `asked` ends it by throwing. */
async function breakEven(state, lever, asked) {
  const { minimum, maximum } = DATA.levers[lever], centre = DATA.scenarios[state.scenario].shown[lever].central;
  const gap = async (value) => {
    await asked();
    return quantile(projected({ ...state, levers: { ...state.levers, [lever]: value } }), 0.5) - state.target;
  };
  const points = Array.from({ length: 9 }, (_, i) => minimum + ((maximum - minimum) * i) / 8), gaps = [];
  for (const point of points) gaps.push(await gap(point));
  const spans = [...Array(8).keys()].filter((i) => (gaps[i] >= 0) !== (gaps[i + 1] >= 0));
  if (!spans.length) return Math.min(gaps[0], gaps[8]) >= 0 ? "always" : "never";
  const distance = (i) => Math.abs(points[i] + points[i + 1] - 2 * centre);
  const at = spans.reduce((a, b) => (distance(a) <= distance(b) ? a : b));
  let [a, b, fa, fb] = [points[at], points[at + 1], gaps[at], gaps[at + 1]];
  // false position with the Illinois step (Dowell and Jarratt 1971)
  for (let i = 0; i < 100 && fb !== 0 && Math.abs(b - a) > 1e-9 * (Math.abs(a) + Math.abs(b)); i++) {
    const c = i % 4 === 3 ? (a + b) / 2 : b - (fb * (b - a)) / (fb - fa), fc = await gap(c);
    if ((fc >= 0) === (fb >= 0)) fa /= 2; else [a, fa] = [b, fb];
    [b, fb] = [c, fc];
  }
  return b;
}

/** Probability, in a lever's own distribution, of a value at most this one. */
function position(lever, value) {
  const own = DATA.levers[lever].draws;
  if (typeof own === "number") return NaN;
  const column = COLUMNS[own], limit = value * DATA.levers[lever].factor;
  let below = 0;
  for (const x of column) if (x <= limit) below++;
  return below / column.length;
}

// -- words and numbers ---------------------------------------------------------------------------------

let state, kept = [], start, now;
const SEAM = /[一-鿿][\dA-Za-z+−<>]|[\dA-Za-z%][一-鿿]/;

function t(key, values = {}) {
  const text = (state.lang === "zh" && DATA.texts[key]) || key;
  return text.split(/\{(\w+)\}/).reduce((made, piece, i) => {
    const next = String(i % 2 ? values[piece] : piece);
    const seam = state.lang === "zh" && made && next && SEAM.test(made.slice(-1) + next[0]);
    return made + (seam ? " " : "") + next;
  }, "");
}

function fixed(value, decimals, sign = false) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const unit = 10 ** -decimals;  // decimals below 0 round to tens, hundreds and so on
  const rounded = decimals < 0 ? Math.round(Math.abs(value) / unit) * unit : Math.abs(value);
  const text = rounded.toFixed(Math.max(decimals, 0)), zero = !/[1-9]/.test(text);
  const grouped = text.replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ",");
  return (zero ? "" : value < 0 ? "−" : sign ? "+" : "") + grouped;
}

function significant(value) {
  if (!value) return "0";
  const decimals = Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0), text = fixed(value, decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const scale = () => DATA.scale[state.lang];
const plain = (v, sign = false, extra = 0) => {
  const { factor, decimals } = scale();
  return fixed(v * factor, extra ? Math.max(decimals + extra, 0) : decimals, sign);
};
const money = (v, sign = false, extra = 0) => {
  const { small, text } = scale();
  if (!small || v === 0 || Math.abs(v) >= small.below) return text.replace("#", plain(v, sign, extra));
  return small.text.replace("#", fixed(v * small.factor, small.decimals, sign));
};
const percent = (v, sign = false) => fixed(100 * v, 1, sign) + "%";
const chanceText = (p) => (Number.isNaN(p) ? "–" : p < 0.01 ? t("<1%") : p > 0.99 ? t(">99%") : `${(100 * p).toFixed(0)}%`);
const rangeText = (a, b) => scale().range.replace("#", plain(a)).replace("#", plain(b));

function valueText(lever, value) {
  const unit = DATA.levers[lever].unit[state.lang];
  if (unit.kind === "fraction") return percent(value);
  if (unit.kind === "money") return money(value * unit.factor, false, 1);
  return `${significant(value * unit.factor)} ${unit.name}`.trim();
}

const label = (thing) => thing[state.lang];
const leverName = (lever) => label(DATA.levers[lever].label);
const driverName = (driver) => (driver === "baseline" ? t("Growth of the rest") : label(DATA.names[driver]));

/** What a state is called: its scenario and what was changed in it. */
function described(s) {
  const base = DATA.scenarios[s.scenario], changes = Object.entries(s.levers).map(([n, v]) => `${leverName(n)} ${valueText(n, v)}`);
  const active = activeShocks(s);
  const on = active.filter((x) => !base.shocks.includes(x)), off = base.shocks.filter((x) => !active.includes(x));
  const parts = [...changes, ...on.map((x) => `+ ${driverName(x)}`), ...off.map((x) => `− ${driverName(x)}`)];
  return parts.length ? `${label(base.title)} (${parts.join("; ")})` : label(base.title);
}

// -- drawing ---------------------------------------------------------------------------------------------

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) if (v !== false && v !== undefined) node.setAttribute(k, v === true ? "" : v);
  node.append(...children);
  return node;
}

function shape(tag, attributes, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, typeof v === "number" ? Math.round(v * 10) / 10 : v);
  node.textContent = text;
  return node;
}

const line = (x1, y1, x2, y2, color, more = {}) => shape("line", { x1, y1, x2, y2, stroke: color, ...more });
const words = (x, y, text, anchor = "start", kind = "") => shape("text", { x, y, "text-anchor": anchor, class: kind }, text);

function drawing(place, height, summary, parts) {
  const width = drawing.width(place);
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": summary });
  svg.append(...parts);
  $(place).replaceChildren(svg);
}
drawing.width = (place) => Math.max(260, Math.min($(place).clientWidth || 560, 640));

function ticks(low, high, count) {
  const raw = Math.max(high - low, 1e-9) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

const tickText = (v) => fixed(v, 6).replace(/\.?0+$/, "");
const LETTERS = "ABC", SLIDERS = DATA.groups.flatMap((g) => g.levers);
const DASHES = ["6 3", "2 3", "8 3 2 3"];

/** From the base year to the target year: bands that hold 90, 80 and 50% of the draws; what was kept beside it. */
function drawFan() {
  const width = drawing.width("fan"), height = 250, top = 12, bottom = 42, left = 46;
  const all = [now, ...kept.map((k) => k.answer)], factor = scale().factor;
  const low = Math.min(DATA.base, state.target, ...all.map((a) => quantile(a.ordered, 0.05))) * factor;
  const high = Math.max(DATA.base, state.target, ...all.map((a) => quantile(a.ordered, 0.95))) * factor;
  const pad = 0.06 * (high - low || 1), y = (v) => top + ((high + pad - v * factor) / (high - low + 2 * pad)) * (height - top - bottom);
  const beside = Math.min(70, (width - left) * 0.15), right = width - 24 - beside * kept.length, x0 = left + 24, x1 = right - 10;
  const parts = ticks(low - pad, high + pad, 5).flatMap((v) => [line(left, y(v / factor), width - 4, y(v / factor), "var(--grid)"), words(left - 6, y(v / factor) + 4, tickText(v), "end")]);
  for (const [edge, opacity] of [[0.05, 0.25], [0.1, 0.35], [0.25, 0.5]]) {
    const points = [[x0, y(DATA.base)], [x1, y(quantile(now.ordered, edge))], [x1, y(quantile(now.ordered, 1 - edge))]];
    parts.push(shape("polygon", { points: points.map((p) => p.map((v) => v.toFixed(1)).join()).join(" "), fill: "var(--band)", "fill-opacity": opacity }));
  }
  parts.push(line(x0, y(DATA.base), x1, y(now.median), "var(--gain)", { "stroke-width": 2 }));
  parts.push(line(left, y(state.target), width - 4, y(state.target), "var(--goal)", { "stroke-dasharray": "5 4" }), words(left + 2, y(state.target) - 5, `${t("Target")} ${plain(state.target)}`, "start", "goal"));
  parts.push(shape("circle", { cx: x0, cy: y(DATA.base), r: 4, fill: "var(--total)" }), words(x0, height - 24, String(DATA.base_year), "middle"));
  parts.push(words(x1, height - 24, String(DATA.target_year), "middle"), words(x1 - 6, y(now.median) - 6, plain(now.median), "end"));
  if (kept.length) parts.push(words(x1, height - 8, t("now"), "middle", "muted"));
  kept.forEach(({ answer }, i) => {
    const x = right + beside * (i + 0.6);
    parts.push(line(x, y(answer.low), x, y(answer.high), "var(--total)", { "stroke-width": 5, "stroke-opacity": 0.6 }), shape("circle", { cx: x, cy: y(answer.median), r: 4.5, fill: "var(--gain)" }));
    parts.push(words(x, height - 24, LETTERS[i], "middle"), words(x, height - 8, plain(answer.median), "middle", "muted"));
  });
  $("fan-title").textContent = t("Value added {year}, {unit}: median, and bands that hold 50%, 80% and 90%", { year: DATA.target_year, unit: scale().unit });
  drawing("fan", height, `${money(now.median)}; ${intervalText(now)}`, parts);
}

function drawWaterfall(steps) {
  const width = drawing.width("waterfall"), row = 24, left = Math.min(180, width * 0.4), inner = width - left - 62;
  const bars = [[String(DATA.base_year), 0, DATA.base, true]];
  let level = DATA.base;
  for (const [driver, value] of steps) { bars.push([driverName(driver), level, level + value, false]); level += value; }
  bars.push([t("{year}, mean", { year: DATA.target_year }), 0, level, true]);
  const levels = [state.target, ...bars.flatMap(([, a, b, total]) => (total ? [b] : [a, b]))];
  const spread = Math.max(Math.max(...levels) - Math.min(...levels), 1e-9), least = Math.min(...levels);
  const low = least >= 0 ? Math.max(0, least - 0.25 * spread) : least - 0.25 * spread, high = Math.max(...levels) + 0.05 * spread;
  const x = (v) => left + ((v - low) / (high - low)) * inner, bottom = 4 + bars.length * row;
  const parts = [line(x(state.target), 0, x(state.target), bottom, "var(--goal)", { "stroke-dasharray": "5 4" }), words(x(state.target), bottom + 13, `${t("Target")} ${plain(state.target)}`, x(state.target) > width - 60 ? "end" : "middle", "goal")];
  bars.forEach(([name, a, b, total], i) => {
    const y = 4 + i * row, from = Math.min(x(total ? low : a), x(b)), to = Math.max(x(total ? low : a), x(b));
    const room = Math.floor((left - 8) / 7);
    let size = 0, short = "";
    for (const c of name) { size += c > "\u2e80" ? 2 : 1; if (size > room) { short = short.slice(0, -1) + "…"; break; } short += c; }
    parts.push(words(left - 8, y + 14, short, "end"), shape("rect", { x: from, y: y + 3, width: Math.max(to - from, 1), height: row - 8, fill: total ? "var(--total)" : b >= a ? "var(--gain)" : "var(--loss)" }), words(to + 5, y + 14, plain(total ? b : b - a, !total)));
  });
  $("waterfall-title").textContent = t("What carries the change, {unit}", { unit: scale().unit });
  drawing("waterfall", bottom + 18, bars.map(([name, a, b, total]) => `${name} ${plain(total ? b : b - a, !total)}`).join("; "), parts);
}

function drawRisk() {
  const width = drawing.width("risk"), height = 220, top = 12, left = 46, bottom = 40, factor = scale().factor;
  const all = [now, ...kept.map((k) => k.answer)];
  const low = Math.min(state.target, ...all.map((a) => quantile(a.ordered, 0.005))), high = Math.max(state.target, ...all.map((a) => quantile(a.ordered, 0.995)));
  const x = (v) => left + ((v - low) / Math.max(high - low, 1e-9)) * (width - left - 16), y = (p) => top + (1 - p) * (height - top - bottom);
  const parts = [0, 0.5, 0.8, 1].flatMap((p) => [line(left, y(p), width - 16, y(p), "var(--grid)"), words(left - 6, y(p) + 4, `${100 * p}%`, "end")]);
  all.forEach((a, i) => {
    const points = Array.from({ length: 61 }, (_, k) => low + ((high - low) * k) / 60).map((v) => `${x(v).toFixed(1)},${y(chanceOf(a.ordered, v)).toFixed(1)}`);
    parts.push(shape("polyline", { points: points.join(" "), fill: "none", stroke: i ? "var(--total)" : "var(--gain)", "stroke-width": i ? 1.5 : 2.2, "stroke-dasharray": i ? DASHES[i - 1] : "none" }));
    if (i) parts.push(words(x(quantile(a.ordered, 0.2 * i)), y(1 - 0.2 * i) - 5, LETTERS[i - 1], "middle"));
  });
  ticks(low * factor, high * factor, width < 400 ? 4 : 7).forEach((v) => parts.push(words(x(v / factor), height - 24, tickText(v), "middle")));
  const end = x(state.target) > width * 0.6;
  parts.push(line(x(state.target), top, x(state.target), y(0), "var(--goal)", { "stroke-dasharray": "5 4" }), shape("circle", { cx: x(state.target), cy: y(now.chance), r: 4, fill: "var(--goal)" }));
  parts.push(words(x(state.target) + (end ? -8 : 8), Math.max(y(now.chance) - 8, top + 10), `${plain(state.target)}: ${chanceText(now.chance)}`, end ? "end" : "start", "goal"));
  parts.push(words((left + width) / 2, height - 7, t("target, {unit}", { unit: scale().unit }), "middle", "muted"));
  drawing("risk", height, chanceSentence(now), parts);
}

function table(heads, rows, caption = "") {
  const cell = (v, i) => (v instanceof Node ? el("td", {}, v) : el(i ? "td" : "th", i ? { class: "n" } : { scope: "row" }, v));
  return el("table", {}, ...(caption ? [el("caption", {}, caption)] : []), el("thead", {}, el("tr", {}, ...heads.map((h, i) => el("th", { scope: "col", class: i ? "n" : "" }, h)))), el("tbody", {}, ...rows.map((r) => el("tr", {}, ...r.map(cell)))));
}

// -- the page --------------------------------------------------------------------------------------------

const intervalText = (a) => t("80% interval {interval}", { interval: rangeText(a.low, a.high) });
const chanceSentence = (a) => t("Chance of {target} or more: {chance}", { target: money(a.state.target), chance: chanceText(a.chance) });

function showAnswer() {
  now = answered(state);
  kept.forEach((k) => {
    k.answer ??= answered(k.state);
    Object.assign(k.answer, { state: { ...k.state, target: state.target }, chance: chanceOf(k.answer.ordered, state.target) });
  });
  if (start?.state.scenario !== state.scenario) start = answered({ ...state, levers: {}, shocks: null });
  $("headline-title").textContent = t("Value added {year}, median", { year: DATA.target_year });
  $("number").textContent = money(now.median);
  $("number").dataset.median = now.median;
  $("interval").textContent = `${intervalText(now)}; ${t("central values {central}", { central: money(now.central) })}`;
  $("chance").textContent = chanceSentence(now);
  $("met").textContent = t("Met with {p}: {targets}", { p: "50% / 80% / 90%", targets: now.met.map((v) => money(v)).join(" / ") });
  $("moved").textContent = t("Against the scenario as it stands: {change}; against {year}: {growth}", { change: money(now.median - start.median, true), year: DATA.base_year, growth: percent(now.median / DATA.base - 1, true) });
  drawFan();
  drawRisk();
  const names = [t("Scenario"), t("median"), t("80% interval"), t("chance of the target"), el("span", { class: "unseen" }, t("Remove"))];
  const rows = kept.map((k, i) => {
    const drop = el("button", { type: "button", "aria-label": `${t("Remove")} ${LETTERS[i]}` }, "×");
    drop.onclick = () => { kept.splice(i, 1); follow(); $("keep").focus(); };
    return [`${LETTERS[i]}: ${described(k.state)}`, plain(k.answer.median), `${plain(k.answer.low)} – ${plain(k.answer.high)}`, chanceText(k.answer.chance), drop];
  });
  rows.unshift([`${t("now")}: ${described(state)}`, plain(now.median), `${plain(now.low)} – ${plain(now.high)}`, chanceText(now.chance), ""]);
  $("compare").hidden = !kept.length;
  $("compare").replaceChildren(...(kept.length ? [table(names, rows, t("Kept to compare, {unit}", { unit: scale().unit }))] : []));
  $("keep").disabled = kept.length >= LETTERS.length;
}

let turn = 0;

/** Break-evens one lever at a time, so that the page stays quick; given up when something moves. */
async function showBreakEvens() {
  const mine = turn, used = reached(state), found = [], title = t("Alone brings the median to {target}", { target: money(state.target) });
  const open = DATA.settling.filter((n) => used.has(n) && DATA.levers[n].minimum < DATA.levers[n].maximum);
  $("needed-title").textContent = title;
  const asked = () => new Promise((go, stop) => { setTimeout(() => (mine === turn ? go() : stop(new Error("moved")))); });
  try {
    for (const lever of open) found.push([lever, await breakEven(state, lever, asked)]);
  } catch (error) {
    if (mine !== turn) return;
    throw error;
  }
  const values = found.filter(([, v]) => typeof v === "number").map(([n, v]) => [n, v, position(n, v)]);
  values.sort((a, b) => (Math.abs(a[2] - 0.5) || 0.5) - (Math.abs(b[2] - 0.5) || 0.5));
  const rows = values.map(([n, v, p]) => [leverName(n), valueText(n, v), valueText(n, shownLever(n).central), chanceText(Math.min(p, 1 - p))]);
  const notes = [["never", "No value within its bounds is enough: {n} levers"], ["always", "Any value within its bounds will do: {n} levers"]];
  const counted = notes.map(([kind, text]) => [found.filter(([, v]) => v === kind).length, text]).filter(([n]) => n);
  const heads = [t("lever"), t("needed"), t("central"), t("chance of such a value")];
  $("needed").replaceChildren(...(rows.length ? [table(heads, rows)] : []), ...counted.map(([n, text]) => el("p", { class: "small" }, t(text, { n }))));
  $("needed").dataset.done = turn;
}

function shownLever(lever) {
  return DATA.scenarios[state.scenario].shown[lever];
}

function showLever(lever, used) {
  const row = $(`lever-${lever}`), slider = $(lever), held = state.levers[lever], shown = shownLever(lever);
  const value = held ?? shown.central, text = valueText(lever, value);
  row.classList.toggle("range", held === undefined);
  row.classList.toggle("off", !used);
  slider.value = value;
  slider.disabled = !used;
  slider.setAttribute("aria-valuetext", held === undefined ? `${text}, ${t("free in its range")}` : `${text}, ${t("held")}`);
  row.querySelector("output").textContent = text;
  row.querySelector("button").disabled = held === undefined;
  const range = shown.low === shown.high ? t("one value") : t("range {low} – {high}", { low: valueText(lever, shown.low), high: valueText(lever, shown.high) });
  $(`about-${lever}`).textContent = used ? (held === undefined ? range : `${t("held")}; ${range}`) : t("plays no part as things stand");
}

function showControls() {
  const used = reached(state);
  for (const lever of SLIDERS) showLever(lever, used.has(lever));
  for (const shock of DATA.shocks) $(`shock-${shock}`).checked = activeShocks(state).includes(shock);
  $("scenario").value = state.scenario;
  $("target").value = state.target * scale().factor;
  $("target-value").textContent = money(state.target);
  $("target").setAttribute("aria-valuetext", money(state.target));
}

function say(place, text, bad = false) {
  $(place).textContent = text;
  $(place).classList.toggle("bad", bad);
}

const sorted = (o) => JSON.stringify(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The papermill command of the state, or null where no scenario has its shocks and settings. */
function command() {
  const base = DATA.scenarios[state.scenario], active = [...activeShocks(state)].sort().join();
  for (const name of [state.scenario, ...Object.keys(DATA.scenarios)]) {
    const there = DATA.scenarios[name];
    if ([...there.shocks].sort().join() !== active) continue;
    if (sorted({ ...there.settings, ...state.levers }) !== sorted({ ...base.settings, ...state.levers })) continue;
    const pairs = [["park", DATA.park], ["scenario", name], ["lang", state.lang], ...Object.entries(state.levers)];
    const quoted = (v) => (/^[\w./:-]+$/.test(v) ? v : `'${String(v).replaceAll("'", "'\"'\"'")}'`);
    return ["papermill --engine parkanalysis notebooks/scenario_report.ipynb out.ipynb", ...pairs.map(([k, v]) => `-p ${k} ${quoted(v)}`)].join(" ");
  }
  return null;
}

let waiting, speaking;

/** Bring all that is shown in line with the state: headline and fan at once, the rest right behind. */
function follow() {
  turn += 1;
  showControls();
  showAnswer();
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    drawWaterfall(contributions(state));
    const text = command();
    $("command").textContent = text ?? t("Save it as a scenario first: no scenario has these shocks.");
    $("copy").hidden = text === null;
    history.replaceState(null, "", `#${written(state, true)}`);
    showBreakEvens();
  });
  clearTimeout(speaking);
  speaking = setTimeout(() => { $("spoken").textContent = `${money(now.median)}; ${intervalText(now)}; ${chanceSentence(now)}`; }, 700);
}

// -- the state in the address ------------------------------------------------------------------------------

/** Levers are named in lower case; what else belongs to a state begins with _. */
function written(s, whole) {
  const pairs = new URLSearchParams({ scenario: s.scenario, ...s.levers });
  if (s.shocks) pairs.set("_shocks", s.shocks.join());
  if (whole) {
    pairs.set("lang", s.lang);
    pairs.set("_target", s.target);
    kept.forEach((k) => pairs.append("_keep", written(k.state, false)));
  }
  return pairs.toString();
}

/** A state from an address; what it names that is not known here is left out and said. */
function readState(text, unknown) {
  const pairs = new URLSearchParams(text), found = { scenario: DATA.scenario, levers: {}, shocks: null, target: DATA.target, lang: DATA.lang };
  for (const [name, value] of pairs) {
    const number = value.trim() === "" ? NaN : Number(value), lever = SLIDERS.includes(name) && DATA.levers[name];
    if (name === "scenario" && Object.hasOwn(DATA.scenarios, value)) found.scenario = value;
    else if (name === "lang" && Object.hasOwn(DATA.scale, value)) found.lang = value;
    else if (name === "_target" && number > 0 && number < 1e9) found.target = number;
    else if (name === "_shocks") {
      found.shocks = DATA.shocks.filter((s) => value.split(",").includes(s));
      unknown.push(...value.split(",").filter((s) => s && !DATA.shocks.includes(s)));
    } else if (lever && Number.isFinite(number) && number >= lever.minimum && number <= lever.maximum) found.levers[name] = number;
    else if (name !== "_keep") unknown.push(`${name}=${value}`);
  }
  return found;
}

function readAddress() {
  const unknown = [], text = location.hash.slice(1);
  state = readState(text, unknown);
  kept = new URLSearchParams(text).getAll("_keep").slice(0, LETTERS.length).map((k) => ({ state: readState(k, unknown) }));
  build();
  say("notice", unknown.length ? t("Not known here and left out: {names}", { names: unknown.join(", ") }) : "", true);
}

// -- building and listening ------------------------------------------------------------------------------

function leverRow(lever) {
  const about = DATA.levers[lever], { low, high, step } = about.slider, name = leverName(lever);
  const slider = el("input", { type: "range", id: lever, min: low, max: high, step, "aria-describedby": `about-${lever}` });
  const back = el("button", { type: "button", title: t("back to its range"), "aria-label": `${t("back to its range")}: ${name}` }, "↺");
  const grade = el("span", { class: `grade ${about.evidence}`, title: label(about.source) }, t(about.evidence));
  slider.oninput = () => { state.levers[lever] = Math.min(Math.max(Number(slider.value), about.minimum), about.maximum); follow(); };
  back.onclick = () => { delete state.levers[lever]; follow(); slider.focus(); };
  const note = label(about.note);
  return el("div", { class: "lever", id: `lever-${lever}` }, el("label", { for: lever, title: note }, `${name} `, grade), el("output", { for: lever }), el("div", { class: "move" }, slider, back), el("div", { class: "small", id: `about-${lever}` }));
}

function build() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : state.lang;
  document.title = `${t("What if?")} · ${label(DATA.name)}`;
  document.querySelectorAll("[data-t]").forEach((node) => { node.textContent = t(node.dataset.t); });
  document.querySelectorAll("[data-label]").forEach((node) => { node.setAttribute("aria-label", t(node.dataset.label)); });
  for (const lang of ["zh", "en"]) $(lang).setAttribute("aria-pressed", state.lang === lang);
  $("park").textContent = label(DATA.name);
  $("write").textContent = DATA.token ? t("Save as scenario") : t("Download as a file");
  $("scenario").replaceChildren(...Object.entries(DATA.scenarios).map(([n, s]) => el("option", { value: n }, label(s.title))));
  $("shocks").replaceChildren($("shocks").firstElementChild, ...DATA.shocks.map((shock) => {
    const box = el("input", { type: "checkbox", id: `shock-${shock}` });
    box.onchange = () => { state.shocks = DATA.shocks.filter((s) => $(`shock-${s}`).checked); follow(); };
    return el("label", {}, box, driverName(shock));
  }));
  const closed = new Set([...$("levers").querySelectorAll("details:not([open])")].map((d) => d.id));
  $("levers").replaceChildren(...DATA.groups.map(({ key, title, levers }) => el("details", { id: `group-${key}`, open: !closed.has(`group-${key}`) }, el("summary", {}, label(title)), ...levers.map(leverRow))));
  const { low, high, step } = DATA.goal[state.lang];
  for (const [k, v] of Object.entries({ min: low, max: high, step })) $("target").setAttribute(k, v);
  $("basis").textContent = t("{draws} draws, seed {seed}: the same draws and the same calculation as the report, written down by the package and repeated here.", { draws: fixed(N, 0), seed: DATA.seed });
  $("needed").replaceChildren();
  say("message", "");
  $("overwrite").hidden = true;
  follow();
}

async function save(overwrite) {
  const title = $("name").value.trim();
  if (!title) {
    say("message", t("Give the scenario a name first."), true);
    $("name").focus();
    return;
  }
  const change = { title, start: state.scenario, levers: state.levers, shocks: activeShocks(state), overwrite };
  if (!DATA.token) {
    const file = { title, shocks: activeShocks(state), levers: { ...DATA.scenarios[state.scenario].settings, ...state.levers } };
    const name = /^[a-z][a-z0-9_]{0,63}$/.test(title) ? title : "my_scenario";
    const link = el("a", { download: `${name}.yml`, href: URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "text/yaml" })) });
    link.click();
    say("message", t("{file} is in your downloads; put it into the park’s folder scenarios.", { file: `${name}.yml` }));
    return;
  }
  let answer;
  try {
    const sent = await fetch("scenarios", { method: "POST", headers: { "Content-Type": "application/json", "X-Token": DATA.token }, body: JSON.stringify(change) });
    answer = await sent.json();
  } catch {
    say("message", t("No answer: the command parkanalysis explore has ended. Start it again; the address keeps what is set here."), true);
    return;
  }
  $("overwrite").hidden = !answer.taken;
  if (answer.taken) say("message", t("There is a scenario of this name already: {file}", { file: answer.taken }), true);
  else if (answer.problem === "workbook") say("message", t("Not saved: this park is one workbook; a scenario needs a folder."), true);
  else if (answer.problem) say("message", t("Not saved: nothing can be written in the park’s folder."), true);
  else {
    history.replaceState(null, "", `#${written({ ...state, scenario: answer.name, levers: {}, shocks: null }, true)}`);
    sessionStorage.setItem("saved", answer.file);
    location.reload();
  }
}

$("scenario").onchange = () => { state = { ...state, scenario: $("scenario").value, levers: {}, shocks: null }; follow(); };
$("reset").onclick = () => { state = { ...state, levers: {}, shocks: null }; follow(); };
for (const lang of ["zh", "en"]) $(lang).onclick = () => { state.lang = lang; build(); };
$("target").oninput = () => { state.target = Number((Number($("target").value) / scale().factor).toPrecision(12)); follow(); };
$("keep").onclick = () => { kept.push({ state: { ...state, levers: { ...state.levers } } }); follow(); };
$("save").onsubmit = (event) => { event.preventDefault(); save(false); };
$("overwrite").onclick = () => save(true);
$("name").oninput = () => { $("overwrite").hidden = true; };
$("copy").onclick = async () => {
  try { await navigator.clipboard.writeText($("command").textContent); $("copy").textContent = t("Copied"); } catch { getSelection().selectAllChildren($("command")); }
  setTimeout(() => { $("copy").textContent = t("Copy"); }, 2000);
};
addEventListener("hashchange", readAddress);
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; follow(); } });
readAddress();
const saved = sessionStorage.getItem("saved");
if (saved) {
  sessionStorage.removeItem("saved");
  say("message", t("Saved: {file}", { file: saved }));
  $("message").scrollIntoView({ block: "nearest" });
}
