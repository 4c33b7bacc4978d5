// How shoppers come, come back and buy together.

import { element } from "./elements.js";

const STEPS = {
  impression: "Saw an offer", click: "Clicked one", view: "Looked at it", cart: "Put it in the cart", order: "Ordered",
};
const SEGMENTS = {
  champions: "Champions", loyal: "Loyal", new: "New", at_risk: "At risk",
  one_time: "One-time", hibernating: "Hibernating", lost: "Lost",
};
const FEW = 10; // below so many first customers a share says little

export class Customers {
  constructor(formats) {
    this.formats = formats;
    this.places = Object.fromEntries(["funnel", "segments", "cohorts", "pairs"].map((name) =>
      [name, document.querySelector(`#${name}`)]));
  }

  show({ funnel, segments, cohorts, pairs }) {
    fill(this.places.funnel, funnel.sessions ? funnel.steps.map((step) => this.step(step)) : [], "No visits in this period.");
    const customers = segments.reduce((sum, segment) => sum + segment.customers, 0);
    fill(this.places.segments, segments.map((segment) => this.segment(segment, customers)), "No customers yet.");
    fill(this.places.pairs, pairs.map((pair) => this.pair(pair)), "Nothing is bought together often enough to tell.");
    this.showCohorts(cohorts);
  }

  step({ step, sessions, of_sessions: share }) {
    return element("li", { class: "share-row" },
      element("span", {}, STEPS[step]),
      bar(share),
      element("strong", {}, this.formats.count(sessions)),
      element("small", {}, this.formats.percent(share)));
  }

  segment({ segment, meaning, customers, sales_cents: sales }, all) {
    return element("li", { class: "share-row", title: `${SEGMENTS[segment]}: ${meaning}` },
      element("span", {}, SEGMENTS[segment], element("small", {}, meaning)),
      bar(customers / all),
      element("strong", {}, this.formats.count(customers)),
      element("small", {}, this.formats.money(sales)));
  }

  pair({ title, other_title: other, is_other_own: isOwn, both_orders: both, product_orders: orders, lift }) {
    return element("li", { class: "pair" },
      element("span", {}, element("strong", {}, title), " with ", element("strong", {}, other), isOwn ? null : " of another shop"),
      element("small", {}, `${this.formats.count(both)} of ${this.formats.count(orders)} orders · ${lift.toFixed(1)}× as often as by chance`));
  }

  showCohorts(cohorts) {
    const place = this.places.cohorts;
    const longest = Math.max(0, ...cohorts.map(({ returned }) => returned.length));
    if (!longest) {
      const text = "Who comes back shows from the second month on.";
      return place.replaceChildren(element("tbody", {}, element("tr", {}, element("td", { class: "empty" }, text))));
    }
    const months = Array.from({ length: longest }, (_, at) => element("th", { scope: "col" }, String(at + 1)));
    const head = element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, "First order"), element("th", { scope: "col" }, "Customers"), ...months));
    const rows = cohorts.map((cohort) => this.cohort(cohort, longest));
    return place.replaceChildren(
      element("caption", { class: "hidden" }, "Share of each month's new customers who bought again, by months since"),
      head, element("tbody", {}, ...rows));
  }

  cohort({ month, customers, returned }, longest) {
    const { count, percent } = this.formats;
    const cells = Array.from({ length: longest }, (_, at) => {
      if (at >= returned.length) return element("td", {});
      const share = returned[at] / customers;
      const title = `${count(returned[at])} of ${count(customers)} bought again ${at + 1} months later`;
      return element("td", { title, "data-heat": heat(share), class: customers < FEW ? "few" : null }, percent(share));
    });
    return element("tr", {},
      element("th", { scope: "row" }, monthName(month)), element("td", { class: "size" }, count(customers)), ...cells);
  }
}

function fill(place, rows, otherwise) {
  place.replaceChildren(...(rows.length ? rows : [element("li", { class: "empty" }, otherwise)]));
  place.setAttribute("aria-busy", "false");
}

function bar(share) {
  return element("meter", { min: 0, max: 1, value: share ?? 0, "aria-hidden": "true" });
}

// One of six tones; most vendors' customers return in a month by a few in a hundred.
function heat(share) {
  return [0, 0.02, 0.05, 0.1, 0.2, 0.35].filter((border) => share > border).length;
}

function monthName(day) {
  return new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}
