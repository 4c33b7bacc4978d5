// A figure over orders: the definition comes from the server, data, units and colours from here.

import { element } from "./elements.js";
import { longDay } from "./format.js";
import { Plot } from "./plot.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const AXIS_FORMAT = { hour: "%H:%M", day: "%-d %b", week: "%-d %b", month: "%b %Y" };
const NUMBER = "format(datum.value, datum.value < 1 ? '~f' : '~s')"; // half an order is no 500m
const AXIS_TEXT = {
  cents: "format(datum.value, '$~s')", ratio: "format(datum.value, '.1~%')",
  count: NUMBER, days: NUMBER,
};
const GAP = 0.08; // of a bucket, left free at each side of its bar

export class Chart {
  constructor(place, formats) {
    this.formats = formats;
    this.plot = new Plot(place, "#chart-definition", formats);
  }

  // `before` is the figure's series in the span before, empty where buckets do not match.
  show({ answer, definition, companion, before }) {
    Object.assign(this, { figure: definition, companion, grain: answer.range.grain });
    const rows = answer.series.map((point, at) => this.row(point, before[at] ?? null));
    showKeys(definition, companion, before.length > 0, rows.every((row) => row.figure_is_ripe));
    showNumbers(document.querySelector("#numbers"), rows, definition, companion);
    const description = this.described(answer, rows);
    return this.plot.show((drawing, width) => {
      if (!rows.some((row) => row.before !== null)) withoutSteps(drawing.vconcat[0]);
      drawing.vconcat.forEach((panel, at) => this.fit(panel, [this.figure, this.companion][at], width));
      Object.assign(drawing, { description, datasets: { series: rows } });
    });
  }

  row(point, before) {
    const from = Date.parse(point.date.includes("T") ? `${point.date}Z` : point.date);
    const until = endOf(from, this.grain);
    const margin = (until - from) * GAP;
    const figure = point.values[this.figure.id];
    const orders = point.values[this.companion.id];
    return {
      date: point.date, from, until, start: from + margin, end: until - margin,
      figure: this.size(this.figure, figure), before: this.size(this.figure, before),
      orders: this.size(this.companion, orders),
      figure_is_ripe: !point.immature.includes(this.figure.id),
      orders_is_ripe: !point.immature.includes(this.companion.id),
      label: bucketName(point.date, this.grain),
      figure_text: this.formats.value(this.figure, figure) + reserve(this.figure.id, figure, point),
      before_text: this.formats.value(this.figure, before),
      orders_text: this.formats.value(this.companion, orders),
    };
  }

  size({ unit }, value) {
    return unit === "cents" && value !== null ? this.formats.major(value) : value;
  }

  fit(panel, { unit }, width) {
    panel.width = width;
    const titles = { figure_text: this.figure.title, orders_text: this.companion.title };
    for (const { encoding } of panel.layer) {
      if (encoding.x.axis) encoding.x.axis.format = AXIS_FORMAT[this.grain];
      if (encoding.y.axis) encoding.y.axis.labelExpr = AXIS_TEXT[unit];
      for (const line of encoding.tooltip ?? []) line.title = titles[line.field] ?? line.title;
    }
  }

  described({ metrics, range }, rows) {
    const most = rows.reduce((top, row) => (row.figure > top.figure ? row : top), rows[0]);
    const span = `${longDay(range.first)} to ${longDay(range.last)}`;
    const total = metrics.find(({ id }) => id === this.figure.id);
    return `${this.figure.title}, ${span}: ${this.formats.value(this.figure, total.value)} in all; most in ${most.label}, ${most.figure_text}.`;
  }
}

// A layer without a row has no extent, of which Vega complains.
function withoutSteps(panel) {
  panel.layer = panel.layer.filter(({ mark }) => mark.style !== "before");
}

function endOf(from, grain) {
  if (grain === "hour") return from + HOUR;
  if (grain === "day") return from + DAY;
  if (grain === "week") return from + 7 * DAY;
  const date = new Date(from);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

function bucketName(date, grain) {
  if (grain === "hour") return `${longDay(date.slice(0, 10))}, ${date.slice(11, 16)}`;
  if (grain === "week") return `Week from ${longDay(date)}`;
  if (grain === "month") return longDay(date).replace(/ \d+,/, "");
  return longDay(date);
}

// What one has to know before one trusts a bar.
function reserve(id, value, { immature, small }) {
  if (value === null) return "";
  const words = [immature.includes(id) ? "may still change" : "", small.includes(id) ? "few cases" : ""].filter(Boolean);
  return words.length ? ` (${words.join(", ")})` : "";
}

function showKeys(figure, companion, hasBefore, isRipe) {
  document.querySelector("[data-key=unripe]").hidden = isRipe;
  document.querySelector("[data-key=figure]").textContent = figure.title;
  document.querySelector("[data-key=orders]").textContent = companion.title;
  document.querySelector("[data-key=before]").hidden = !hasBefore;
}

function showNumbers(table, rows, figure, companion) {
  const head = element("thead", {}, element("tr", {},
    ...["When", figure.title, "Before", companion.title].map((title) => element("th", { scope: "col" }, title))));
  const body = rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.label),
    ...[row.figure_text, row.before_text, row.orders_text].map((text) => element("td", {}, text))));
  table.tHead?.remove();
  table.tBodies[0]?.remove();
  table.append(head, element("tbody", {}, ...body));
}
