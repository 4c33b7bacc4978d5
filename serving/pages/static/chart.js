// The sales-and-orders chart: its definition comes from the server, data and colours from here.

import { element } from "./elements.js";
import { longDay } from "./format.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const AXIS_WIDTH = 46;
const AXIS_FORMAT = { hour: "%H:%M", day: "%-d %b", week: "%-d %b", month: "%b %Y" };
const EDGE = 10;
const GAP = 0.08; // of a bucket, left free at each side of its bar

export class Chart {
  constructor(place, formats) {
    this.place = place;
    this.formats = formats;
    this.definition = fetch("/assets/sales-and-orders.json").then((answer) => answer.json());
    new ResizeObserver(() => this.resized()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  async show(answer) {
    this.grain = answer.range.grain;
    this.rows = answer.series.map((point) => this.row(point, answer.range.grain));
    showNumbers(document.querySelector("#numbers"), this.rows);
    this.place.setAttribute("aria-label", describe(this.rows, answer, this.formats));
    await this.draw();
  }

  resized() {
    if (this.rows && this.width !== this.place.clientWidth) requestAnimationFrame(() => this.draw());
  }

  async draw() {
    if (!this.rows || !this.place.clientWidth) return;
    const definition = structuredClone(await this.definition);
    this.width = this.place.clientWidth;
    for (const panel of definition.vconcat) fit(panel, this.width - AXIS_WIDTH - EDGE, this.grain);
    definition.datasets = { series: this.rows };
    definition.config = theme(this.place);
    const drawn = await window.vegaEmbed(this.place, definition, {
      actions: false, ast: true, defaultStyle: false, renderer: "svg",
      formatLocale: this.formats.axis, tooltip: { disableDefaultStyle: true },
    });
    this.drawn?.finalize();
    this.drawn = drawn;
  }

  row(point, grain) {
    const from = Date.parse(point.date.includes("T") ? `${point.date}Z` : point.date);
    const until = endOf(from, grain);
    const margin = (until - from) * GAP;
    const { revenue, orders, average_order_value: average } = point.values;
    return {
      date: point.date, from, until, start: from + margin, end: until - margin,
      revenue: this.formats.major(revenue), orders,
      label: bucketName(point.date, grain),
      revenue_text: this.formats.money(revenue),
      orders_text: this.formats.count(orders),
      average_text: this.formats.money(average),
    };
  }
}

function fit(panel, width, grain) {
  panel.width = width;
  for (const { encoding } of panel.layer) {
    if (encoding.x.axis) encoding.x.axis.format = AXIS_FORMAT[grain];
  }
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

export function theme(place) {
  const style = getComputedStyle(place);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    aria: false, // the chart is described as a whole, and its numbers stand in a table
    background: "transparent",
    font: token("--body"),
    view: { stroke: null },
    style: { revenue: { color: token("--accent") }, orders: { color: token("--second") } },
    axis: {
      labelColor: token("--soft-ink"), labelFontSize: 12, gridColor: token("--line"),
      domain: false, ticks: false, labelPadding: 8,
    },
  };
}

function showNumbers(table, rows) {
  const head = element("thead", {}, element("tr", {},
    ...["When", "Revenue", "Orders", "Average order"].map((title) => element("th", { scope: "col" }, title))));
  const body = rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.label),
    ...[row.revenue_text, row.orders_text, row.average_text].map((text) => element("td", {}, text))));
  table.tHead?.remove();
  table.tBodies[0]?.remove();
  table.append(head, element("tbody", {}, ...body));
}

function describe(rows, answer, formats) {
  const best = rows.reduce((top, row) => (row.revenue > top.revenue ? row : top), rows[0]);
  const range = `${longDay(answer.range.first)} to ${longDay(answer.range.last)}`;
  const total = answer.metrics.find((metric) => metric.id === "revenue");
  return `Sales and orders, ${range}: ${formats.money(total.value)} in all; most in ${best.label}, ${best.revenue_text}.`;
}
