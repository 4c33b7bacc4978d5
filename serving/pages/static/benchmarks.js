// Own figures of the last closed month on the scale of similar shops.

import { drawing, element } from "./elements.js";

const BANDS = {
  lowest_quarter: "Lowest quarter", second_quarter: "Below the median",
  third_quarter: "Above the median", highest_quarter: "Highest quarter",
  below_median: "Below the median", about_median: "About the median", above_median: "Above the median",
};

export class Benchmarks {
  constructor(formats) {
    this.formats = formats;
    this.list = document.querySelector("#benchmarks");
  }

  show({ items }) {
    const compared = items.filter((item) => item.cohort);
    this.list.replaceChildren(...compared.map((item) => this.row(item)));
    if (!compared.length) {
      this.list.append(element("li", { class: "empty" },
        items.length ? "Not enough similar shops to compare with." : "Comparisons begin with the first closed month of sales."));
    }
    this.list.setAttribute("aria-busy", "false");
  }

  row(item) {
    const { cohort } = item;
    const isNarrow = cohort.lower_quartile === cohort.upper_quartile; // none is shown, or half the shops are alike
    const middle = isNarrow
      ? `median ${this.written(item, cohort.median)}`
      : `median ${this.written(item, cohort.median)}, middle half ${this.written(item, cohort.lower_quartile)} to ${this.written(item, cohort.upper_quartile)}`;
    return element("li", { class: "benchmark", title: item.meaning },
      element("div", {},
        element("h3", {}, item.title),
        element("small", {}, `${month(item.first)} · ${this.named(cohort)}`)),
      scale(item),
      element("div", { class: "own" },
        element("strong", {}, this.written(item, item.value)),
        element("small", {}, item.is_small ? "few orders yet" : BANDS[item.band]),
        element("small", {}, middle)));
  }

  written(item, value) {
    return this.formats.value(item, value);
  }

  named(cohort) {
    const parts = [cohort.category ?? "All shops"];
    if (cohort.level === "price" || cohort.level === "volume") {
      parts.push(`items ${span(cohort.price_from_cents, cohort.price_below_cents, this.formats.money)}`);
    }
    if (cohort.level === "volume") {
      parts.push(`${span(cohort.orders_from, cohort.orders_below, this.formats.count)} orders in three months`);
    }
    return `${parts.join(", ")} · ${cohort.owners_at_least}+ owners`;
  }
}

function month(day) {
  return new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

function span(from, below, written) {
  if (from === null) return `under ${written(below)}`;
  return below === null ? `from ${written(from)}` : `${written(from)} to ${written(below)}`;
}

// The middle half as a bar, the median as a line, the own figure as a dot.
function scale({ value, cohort }) {
  const low = cohort.lower_quartile ?? cohort.median;
  const high = cohort.upper_quartile ?? cohort.median;
  const top = Math.max(value, high) * 1.15 || 1;
  const at = (figure) => ((figure / top) * 196 + 2).toFixed(1);
  const mark = drawing("svg", { class: "scale", viewBox: "0 0 200 24", "aria-hidden": "true" });
  mark.append(
    drawing("line", { class: "axis", x1: 2, x2: 198, y1: 12, y2: 12 }),
    drawing("rect", { class: "half", x: at(low), y: 6, width: Math.max(at(high) - at(low), 0), height: 12, rx: 3 }),
    drawing("line", { class: "median", x1: at(cohort.median), x2: at(cohort.median), y1: 3, y2: 21 }),
    drawing("circle", { class: "dot", cx: at(value), cy: 12, r: 5 }),
  );
  return mark;
}
