// What a product will sell: weeks behind as bars, weeks ahead as a band.

import { element } from "./elements.js";
import { EXCUSE } from "./excuse.js";
import { longDay } from "./format.js";
import { Plot } from "./plot.js";
import { Watch } from "./watch.js";

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const GAP = 0.08 * WEEK;
const LONGEST_COVER = 999;

export class ForecastChart {
  // `address(product)` says where a product's forecast is to be had, `every` how often it is asked for.
  constructor(formats, { address, every }) {
    this.formats = formats;
    this.product = null;
    this.place = document.querySelector("#forecast-chart");
    this.plot = new Plot(this.place, "#forecast-definition", formats);
    this.select = document.querySelector("#forecast-product");
    this.watch = new Watch({
      every,
      address: () => this.product && address(this.product),
      state: (said) => this.heard(said),
      show: (answer) => this.show(answer),
    });
    this.select.addEventListener("change", () => this.choose(this.select.value));
  }

  // A card may have chosen a product before the list came.
  list({ items }) {
    const chosen = this.select.selectedOptions[0];
    const isListed = items.some(({ product_id: id }) => id === chosen?.value);
    this.select.replaceChildren(...items.map(option), ...(chosen && !isListed ? [chosen] : []));
    this.select.hidden = !this.select.options.length;
    const product = this.product ?? items[0]?.product_id;
    if (product) return this.choose(product);
    return this.empty("No forecasts yet. They are written every night.");
  }

  // Without a list there is nothing to show, unless a card chose.
  heardOfList(said) {
    if (!this.product) this.heard(said);
  }

  choose(product) {
    this.product = product;
    this.select.value = product;
    return this.watch.now();
  }

  heard({ fault, isAnswered }) {
    if (fault?.code === "product_unknown") this.empty("This product has no forecast.");
    else if (fault && !isAnswered) this.empty(EXCUSE);
  }

  show(answer) {
    if (!this.select.value) this.offer(answer);
    if (!answer.month) return this.empty(`${answer.title} is not on sale, or too new to have a forecast.`);
    this.place.hidden = false;
    document.querySelector("#forecast-empty").hidden = true;
    const rows = [
      ...answer.past_weeks.map((week) => this.past(week)),
      ...answer.weeks.map((week) => this.ahead(week)),
    ];
    const description = this.described(answer);
    this.facts(answer);
    return this.plot.show((drawing, width) => Object.assign(drawing, { width, description, datasets: { series: rows } }));
  }

  // The list holds the best sellers only; a card may speak of another product.
  offer(answer) {
    this.select.append(option(answer));
    this.select.value = answer.product_id;
    this.select.hidden = false;
  }

  empty(text) {
    this.plot.clear();
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

  facts({ month, weeks, listings }) {
    const { count } = this.formats;
    const sum = (name) => listings.reduce((total, listing) => total + listing[name], 0);
    const cover = Math.min(...listings.map((listing) => listing.days_of_cover));
    const shown = [
      [monthFrom(weeks[0].first), `${rounded(month.expected_units)} units (${month.low_units} to ${month.high_units})`],
      ["In stock", `${count(sum("available_units"))} units, ${coverOf(cover)}`],
      ["Reorder point", `${count(sum("reorder_point"))} units, for a delivery in ${listings[0].lead_days} days`],
      ["Order now", sum("order_units") ? `${count(sum("order_units"))} units` : "Nothing"],
    ];
    document.querySelector("#forecast-facts").replaceChildren(...shown.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }
}

function option({ product_id: value, title }) {
  return element("option", { value }, title);
}

function span(first) {
  const from = Date.parse(first);
  return { start: from + GAP, end: from + WEEK - GAP, label: `Week from ${longDay(first)}` };
}

// A market of the past is forecast from its last day on, not from today.
function monthFrom(first) {
  const isNow = Date.now() - Date.parse(first) < WEEK;
  return isNow ? "Next four weeks" : `Four weeks from ${longDay(first)}`;
}

function rounded(units) {
  return units < 10 ? units.toFixed(1) : Math.round(units).toString();
}

function coverOf(days) {
  if (days > LONGEST_COVER) return "for years";
  return days < 1.5 ? "for a day at most" : `for about ${Math.round(days)} days`;
}
