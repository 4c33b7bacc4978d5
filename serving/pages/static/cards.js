// The four key figures, each with its change and a small line of the period.

import { drawing, element } from "./elements.js";

const WIDTH = 120;
const HEIGHT = 32;

export function showCards(section, answer, formats) {
  for (const metric of answer.metrics) {
    const card = section.querySelector(`[data-metric="${metric.id}"]`);
    if (!card) continue;
    showValue(card, formats.value(metric, metric.value));
    card.querySelector(".change").replaceChildren(...change(metric, formats));
    card.title = metric.meaning;
    showSpark(card.querySelector(".spark"), answer.series.map((point) => point.values[metric.id] ?? 0));
  }
  section.setAttribute("aria-busy", "false");
}

function showValue(card, text) {
  const value = card.querySelector(".value");
  const isNews = card.dataset.shown && value.textContent !== text;
  value.textContent = text;
  card.dataset.shown = "yes";
  card.classList.toggle("changed", Boolean(isNews));
}

function change(metric, formats) {
  const before = `from ${formats.value(metric, metric.previous.value)}`;
  if (metric.change === null) {
    return [element("span", {}, metric.previous.value ? "" : "Nothing to compare with before")];
  }
  const rounded = Math.round(metric.change * 1000) / 1000;
  const direction = rounded > 0 ? "up" : rounded < 0 ? "down" : "even";
  const arrow = { up: "▲", down: "▼", even: "●" }[direction];
  const spoken = { up: "up ", down: "down ", even: "unchanged, " }[direction];
  return [
    element("b", { class: direction },
      element("span", { "aria-hidden": "true" }, `${arrow} `),
      element("span", { class: "hidden" }, spoken),
      sizeOf(rounded, formats)),
    element("span", {}, before),
  ];
}

// Beyond tenfold a percentage says nothing any more.
function sizeOf(change, formats) {
  return change < 9 ? formats.percent(Math.abs(change)) : `${formats.count(Math.round(1 + change))}×`;
}

function showSpark(spark, values) {
  const top = Math.max(...values, 1);
  const step = WIDTH / Math.max(values.length - 1, 1);
  const points = values.map((value, at) => [at * step, HEIGHT - 2 - (value / top) * (HEIGHT - 6)]);
  if (points.length === 1) points.push([WIDTH, points[0][1]]);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" L");
  spark.replaceChildren(
    drawing("path", { class: "area", d: `M0,${HEIGHT} L${line} L${WIDTH},${HEIGHT} Z` }),
    drawing("path", { class: "line", d: `M${line}` }),
  );
}
