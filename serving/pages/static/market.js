// The market's figures for whoever runs it: as the last snapshot has them.

import { element } from "./elements.js";
import { Figures } from "./figures.js";
import { formatsFor } from "./format.js";
import { Freshness } from "./freshness.js";
import { Period } from "./period.js";
import { Watch } from "./watch.js";

const TERMS_EVERY = 600_000;

const market = document.querySelector("#market").dataset;
const formats = formatsFor(market.currency, market.timeZone);
const freshness = new Freshness(formats, market.timeZone);
const period = new Period(formats.today, () => figures.refresh(), ["hour"]);
const figures = new Figures({
  formats, period, hasTail: false,
  address: (name, query) => `/v1/market/${name}?${new URLSearchParams(query)}`,
  state: (state) => freshness.show(state),
});
const terms = new Watch({
  every: TERMS_EVERY,
  address: () => "/v1/market/search-terms",
  show: ({ items }) => {
    const place = document.querySelector("#terms");
    place.replaceChildren(...items.map(row));
    if (!items.length) place.append(element("li", { class: "empty" }, "Nobody searched yet."));
    place.setAttribute("aria-busy", "false");
  },
});

function row({ term, searches, clicked_share: clicked, unanswered_searches: unanswered }) {
  const { count, percent } = formats;
  return element("li", { class: "share-row" },
    element("span", {}, term),
    element("meter", { min: 0, max: 1, value: clicked ?? 0, "aria-hidden": "true" }),
    element("strong", {}, count(searches)),
    element("small", { class: unanswered ? "low" : null }, unanswered ? `${count(unanswered)} empty` : `${percent(clicked)} clicked`));
}

figures.refresh();
terms.now();
