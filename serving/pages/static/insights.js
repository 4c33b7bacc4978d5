// What to do next: the night's cards, the best first.

import { element, picture } from "./elements.js";
import { longDay } from "./format.js";

const FIRST = 3;
const KINDS = {
  service: "Service", restock: "Restock", lost_sales: "Sold out", price: "Price",
  slow_stock: "Slow stock", cross_sell: "Sells together",
};

export class Insights {
  // `onProduct(id)` is told of a card whose product was chosen.
  constructor(formats, onProduct) {
    Object.assign(this, { formats, onProduct, areAllShown: false });
    this.list = document.querySelector("#insights");
    this.more = document.querySelector("#more-insights");
    this.more.addEventListener("click", () => {
      this.areAllShown = true;
      this.draw();
    });
  }

  show(answer) {
    this.answer = answer;
    this.draw();
  }

  draw() {
    const { items, advised_date: day } = this.answer;
    const shown = this.areAllShown ? items : items.slice(0, FIRST);
    document.querySelector("#insights-date").textContent = day ? `From sales up to ${longDay(day)}` : "";
    this.list.replaceChildren(...shown.map((item) => this.card(item)));
    if (!items.length) this.list.append(element("li", { class: "empty" }, "Nothing to do for now. Advice is written every night."));
    this.more.hidden = shown.length === items.length;
    this.list.setAttribute("aria-busy", "false");
  }

  card(item) {
    const card = element("li", { class: "insight" },
      item.title ? picture(item.title, item.image_url) : picture(KINDS[item.kind], null),
      element("div", {},
        element("p", { class: "kind" }, KINDS[item.kind]),
        element("h3", {}, item.what),
        element("p", { class: "why" }, item.why),
        element("p", { class: "action" }, item.action, this.forecastButton(item))),
      this.effect(item));
    return card;
  }

  forecastButton(item) {
    if (!item.product_id) return null;
    const button = element("button", { type: "button", class: "quiet" }, "See its forecast");
    button.addEventListener("click", () => this.onProduct(item.product_id));
    return button;
  }

  effect({ effect, effect_meaning: meaning, confidence }) {
    const { money } = this.formats;
    const isSure = effect.low_cents === effect.high_cents;
    return element("div", { class: "effect" },
      element("strong", {}, money(effect.expected_cents)),
      isSure ? null : element("small", {}, `${money(effect.low_cents)} to ${money(effect.high_cents)}`),
      element("small", {}, meaning),
      element("small", { class: `confidence ${confidence}` }, `${confidence} confidence`));
  }
}
