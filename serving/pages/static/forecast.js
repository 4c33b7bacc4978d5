// What a product will sell: weeks behind as bars, weeks ahead as a band.

import { element } from "./elements.js";
import { longDay } from "./format.js";
import { theme } from "./chart.js";

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const GAP = 0.08 * WEEK;
const AXIS_WIDTH = 46;
const EDGE = 10;
const LONGEST_COVER = 999;

export class ForecastChart {
  // `address(product)` says where a product's forecast is to be had.
  constructor(formats, address) {
    Object.assign(this, { formats, address });
    this.place = document.querySelector("#forecast-chart");
    this.select = document.querySelector("#forecast-product");
    this.definition = fetch("/assets/demand.json").then((answer) => answer.json());
    this.select.addEventListener("change", () => this.choose(this.select.value));
    new ResizeObserver(() => this.resized()).observe(this.place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  list({ items }) {
    const chosen = this.select.value || items[0]?.product_id;
    this.select.replaceChildren(...items.map((item) => element("option", { value: item.product_id }, item.title)));
    this.select.hidden = !items.length;
    if (!items.length) return this.empty("No forecasts yet. They are written every night.");
    return this.choose(chosen);
  }

  async choose(product) {
    this.select.value = product;
    const answer = await fetch(this.address(product), { cache: "no-store" });
    if (!answer.ok) return this.empty("This product has no forecast.");
    return this.show(await answer.json());
  }

  async show(answer) {
    if (!answer.month) return this.empty(`${answer.title} is not on sale, or too new to have a forecast.`);
    this.place.hidden = false;
    document.querySelector("#forecast-empty").hidden = true;
    this.rows = [
      ...answer.past_weeks.map((week) => this.past(week)),
      ...answer.weeks.map((week) => this.ahead(week)),
    ];
    this.place.setAttribute("aria-label", this.described(answer));
    this.facts(answer);
    return this.draw();
  }

  empty(text) {
    this.rows = null;
    this.place.hidden = true;
    document.querySelector("#forecast-facts").replaceChildren();
    const place = document.querySelector("#forecast-empty");
    place.textContent = text;
    place.hidden = false;
  }

  past({ first, units }) {
    return { ...span(first), units, low: null, high: null, expected: null, units_text: `${this.formats.count(units)} sold` };
  }

  ahead({ first, expected_units: expected, low_units: low, high_units: high }) {
    const text = `${rounded(expected)} expected, ${low} to ${high}`;
    return { ...span(first), units: null, low, high, expected, units_text: text };
  }

  described({ title, month }) {
    return `${title}: ${rounded(month.expected_units)} units expected in four weeks, between ${month.low_units} and ${month.high_units}`;
  }

  facts({ month, listings }) {
    const { count } = this.formats;
    const sum = (name) => listings.reduce((total, listing) => total + listing[name], 0);
    const cover = Math.min(...listings.map((listing) => listing.days_of_cover));
    const shown = [
      ["Next four weeks", `${rounded(month.expected_units)} units (${month.low_units} to ${month.high_units})`],
      ["In stock", `${count(sum("available_units"))} units, ${coverOf(cover)}`],
      ["Reorder point", `${count(sum("reorder_point"))} units, for a delivery in ${listings[0].lead_days} days`],
      ["Order now", sum("order_units") ? `${count(sum("order_units"))} units` : "Nothing"],
    ];
    document.querySelector("#forecast-facts").replaceChildren(...shown.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }

  resized() {
    if (this.rows && this.width !== this.place.clientWidth) requestAnimationFrame(() => this.draw());
  }

  async draw() {
    if (!this.rows || !this.place.clientWidth) return;
    const definition = structuredClone(await this.definition);
    this.width = this.place.clientWidth;
    definition.width = this.width - AXIS_WIDTH - EDGE;
    definition.datasets = { series: this.rows };
    definition.config = theme(this.place);
    const drawn = await window.vegaEmbed(this.place, definition, {
      actions: false, ast: true, defaultStyle: false, renderer: "svg",
      formatLocale: this.formats.axis, tooltip: { disableDefaultStyle: true },
    });
    this.drawn?.finalize();
    this.drawn = drawn;
  }
}

function span(first) {
  const from = Date.parse(first);
  return { start: from + GAP, end: from + WEEK - GAP, label: `Week from ${longDay(first)}` };
}

function rounded(units) {
  return units < 10 ? units.toFixed(1) : Math.round(units).toString();
}

function coverOf(days) {
  if (days > LONGEST_COVER) return "for years";
  return days < 1.5 ? "for a day at most" : `for about ${Math.round(days)} days`;
}
