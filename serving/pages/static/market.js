// The market's figures for whoever runs it: as the last snapshot has them.

import { element } from "./elements.js";
import { excuses } from "./excuse.js";
import { Figures } from "./figures.js";
import { formatsFor } from "./format.js";
import { Freshness } from "./freshness.js";
import { Period } from "./period.js";
import { Watch } from "./watch.js";

const LISTS_EVERY = 600_000;

const market = document.querySelector("#market").dataset;
const formats = formatsFor(market.currency, market.timeZone);
const freshness = new Freshness(formats, market.timeZone);
const period = new Period(formats.today, () => figures.refresh(), ["hour"]);
const figures = new Figures({
  formats, period, hasTail: false,
  address: (name, query) => `/v1/market/${name}?${new URLSearchParams(query)}`,
  state: (state) => freshness.show(state),
});
const terms = list("#terms", "/v1/market/search-terms", ({ items }) => items.map((item) => term(item, items[0].searches)), "Nobody searched yet.");
const seen = list("#seen", "/v1/market/exposure", ({ bands }) => bands.map(band), "Nothing is for sale yet.");

function list(id, address, rows, none) {
  return new Watch({
    every: LISTS_EVERY,
    state: excuses(id),
    address: () => address,
    show: (body) => {
      const place = document.querySelector(id);
      place.replaceChildren(...rows(body));
      if (!place.children.length) place.append(element("li", { class: "empty" }, none));
      place.setAttribute("aria-busy", "false");
    },
  });
}

// The first of the list was searched for most.
function term({ term, searches, clicked_share: clicked, unanswered_searches: unanswered }, most) {
  const { count, percent } = formats;
  const note = unanswered ? `${count(unanswered)} empty` : `${percent(clicked)} clicked`;
  return row(term, searches / most, count(searches), note, unanswered > 0);
}

function band({ size, vendors, never_shown: never, shares }) {
  const { count, percent } = formats;
  const unseen = never ? `, ${count(never)} never shown` : "";
  const name = `${count(vendors)} ${size} ${vendors === 1 ? "vendor" : "vendors"}${unseen}`;
  return row(name, shares.exposure, percent(shares.exposure), `${percent(shares.sales)} of sales`, false);
}

function row(name, share, figure, note, isLow) {
  return element("li", { class: "share-row" },
    element("span", {}, name),
    element("meter", { min: 0, max: 1, value: share ?? 0, "aria-hidden": "true" }),
    element("strong", {}, figure),
    element("small", { class: isLow ? "low" : null }, note));
}

figures.refresh();
terms.now();
seen.now();
