// The chosen figures, each with its change, what one must know to trust it, and a line of the period.

import { drawing, element } from "./elements.js";

const WIDTH = 120;
const HEIGHT = 32;

export class Cards {
  // `onPick(id)` is told which figure the chart should show.
  constructor(section, formats, onPick) {
    Object.assign(this, { section, formats });
    this.made = new Map();
    section.addEventListener("click", (event) => {
      const card = event.target.closest("[data-metric]");
      if (card) onPick(card.dataset.metric);
    });
  }

  // The cards in this order; those that stay keep their figures.
  lay(definitions, picked) {
    const cards = definitions.map((definition) => {
      if (!this.made.has(definition.id)) this.made.set(definition.id, card(definition));
      return this.made.get(definition.id);
    });
    if (cards.some((card, at) => this.section.children[at] !== card) || cards.length !== this.section.children.length) {
      this.section.replaceChildren(...cards);
    }
    for (const card of cards) {
      card.querySelector("button").setAttribute("aria-pressed", String(card.dataset.metric === picked));
    }
  }

  show(answer, known) {
    const isRunning = answer.range.last >= this.formats.today();
    for (const metric of answer.metrics) {
      const card = this.made.get(metric.id);
      if (!card?.isConnected) continue;
      const definition = known.get(metric.id);
      const isCut = isRunning && !definition.is_live;
      showValue(card, this.formats.value(metric, metric.value));
      card.querySelector(".change").replaceChildren(...change(metric, definition, this.formats));
      card.querySelector(".trust").replaceChildren(...trust(metric, definition, isCut, this.formats));
      showSpark(card.querySelector(".spark"), this.points(answer.series, definition));
    }
    this.section.setAttribute("aria-busy", "false");
  }

  // In place of figures that cannot be had.
  lack(ids) {
    for (const card of ids.map((id) => this.made.get(id))) {
      delete card.dataset.shown;
      card.querySelector(".value").textContent = "–";
      card.querySelector(".change").replaceChildren("Cannot be shown at the moment");
      card.querySelector(".trust").replaceChildren();
      card.querySelector(".spark").replaceChildren();
    }
  }

  // What is settled by day has no figure of today yet.
  points(series, { id, is_live: isLive }) {
    const over = isLive ? series : series.filter(({ date }) => date < this.formats.today());
    return over.map(({ values }) => values[id]);
  }
}

function card({ id, title, meaning }) {
  return element("article", { class: "sheet card", "data-metric": id, title: meaning },
    element("h3", {}, element("button", { type: "button", "aria-pressed": "false" }, title)),
    element("p", { class: "value" }, element("span", { class: "skeleton" })),
    element("p", { class: "change" }, element("span", { class: "skeleton short" })),
    element("p", { class: "trust" }),
    drawing("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }));
}

function showValue(card, text) {
  const value = card.querySelector(".value");
  const isNews = card.dataset.shown && value.textContent !== text;
  value.textContent = text;
  card.dataset.shown = "yes";
  card.classList.toggle("changed", Boolean(isNews));
}

function change(metric, { better }, formats) {
  if (metric.change === null) {
    return [element("span", {}, metric.previous.value ? "" : "Nothing to compare with before")];
  }
  const rounded = Math.round(metric.change * 1000) / 1000;
  const direction = rounded > 0 ? "up" : rounded < 0 ? "down" : "even";
  const arrow = { up: "▲", down: "▼", even: "●" }[direction];
  const spoken = { up: "up ", down: "down ", even: "unchanged, " }[direction];
  return [
    element("b", { class: news(direction, better) },
      element("span", { "aria-hidden": "true" }, `${arrow} `),
      element("span", { class: "hidden" }, spoken),
      sizeOf(rounded, formats)),
    element("span", {}, `from ${formats.value(metric, metric.previous.value)}`),
  ];
}

// More is not always good news: of late shipments fewer are.
function news(direction, better) {
  if (direction === "even" || better === "neither") return "even";
  return (direction === "up") === (better === "more") ? "good" : "bad";
}

// Beyond tenfold a percentage says nothing any more.
function sizeOf(change, formats) {
  return change < 9 ? formats.percent(Math.abs(change)) : `${formats.count(Math.round(1 + change))}×`;
}

// `isCut`: the figure lacks the day of the period that still runs.
function trust(metric, { maturity_days: days }, isCut, { percent, count }) {
  const marks = [];
  if (metric.norm && metric.is_norm_met !== null) {
    const sign = metric.norm.kind === "at_most" ? "≤" : "≥";
    marks.push(mark(metric.is_norm_met ? "good" : "bad", `${metric.is_norm_met ? "Within" : "Misses"} norm ${sign} ${percent(metric.norm.value)}`));
  }
  if (metric.is_small && metric.denominator) {
    const [low, high] = metric.interval ?? [];
    marks.push(metric.interval
      ? mark("low", `Few cases: ${percent(low)} to ${percent(high)}`,
        `${count(metric.numerator)} of ${count(metric.denominator)}; 95 % interval`)
      : mark("low", "Few cases", `Of ${count(metric.denominator)} only; it may be chance`));
  }
  if (!metric.is_mature && days) {
    marks.push(mark("dim", "May still change", `A day's figure ripens for ${days} days`));
  }
  if (isCut) marks.push(mark("dim", "To yesterday", "Reaches to the last day that is over"));
  return marks;
}

function mark(kind, text, title = null) {
  return element("span", { class: `mark ${kind}`, title }, text);
}

// A bucket without a figure has no point: the line goes on to the next that has one.
function showSpark(spark, values) {
  const known = values.flatMap((value, at) => (value === null ? [] : [{ value: Math.max(value, 0), at }]));
  const top = Math.max(...known.map(({ value }) => value)) || 1;
  const step = WIDTH / Math.max(values.length - 1, 1);
  const points = known.map(({ value, at }) => [at * step, HEIGHT - 2 - (value / top) * (HEIGHT - 6)]);
  if (!points.length) return spark.replaceChildren();
  if (points.length === 1) points.splice(0, 1, [0, points[0][1]], [WIDTH, points[0][1]]);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" L");
  const [start, end] = [points[0][0], points.at(-1)[0]].map((x) => x.toFixed(1));
  spark.replaceChildren(
    drawing("path", { class: "area", d: `M${start},${HEIGHT} L${line} L${end},${HEIGHT} Z` }),
    drawing("path", { class: "line", d: `M${line}` }),
  );
}
