// The latest orders; one that was not there before is lit for a moment.

import { element, picture } from "./elements.js";

const STATUS = {
  pending_payment: "Awaiting payment",
  paid: "To ship",
  shipped: "Shipped",
  delivered: "Delivered",
  cancelled: "Cancelled",
};

export class Orders {
  constructor(formats) {
    this.formats = formats;
    this.list = document.querySelector("#orders");
    this.seen = null;
  }

  // Another filter, or a longer list, shows other orders, none of which is news.
  show(answer, isOther) {
    if (isOther) this.seen = null;
    const rows = answer.items.map((order) => this.row(order));
    this.seen = new Set(answer.items.map((order) => order.vendor_order_id));
    const empty = element("li", { class: "empty" }, "No orders here yet. New ones appear by themselves.");
    this.list.replaceChildren(...(rows.length ? rows : [empty]));
    this.list.setAttribute("aria-busy", "false");
  }

  // Time passes even while nothing new arrives.
  age() {
    for (const time of this.list.querySelectorAll("time")) time.textContent = this.formats.ago(time.dateTime);
  }

  row(order) {
    const isNew = this.seen !== null && !this.seen.has(order.vendor_order_id);
    const items = itemsOf(order);
    const time = element("time", {
      datetime: order.placed_at, title: this.formats.moment(order.placed_at),
    }, this.formats.ago(order.placed_at));
    return element("li", { class: isNew ? "new" : null, "data-order": order.vendor_order_id },
      picture(order.lines[0]?.title ?? order.order_id, order.lines[0]?.image_url),
      element("span", { class: "items", title: items }, items),
      element("span", { class: "total" }, this.formats.money(order.total_cents)),
      element("span", { class: `status ${order.status}` }, STATUS[order.status]),
      element("small", { class: "meta" }, time, ` · ${order.order_id}`, element("br"),
        `Customer ${order.customer}`));
  }
}

function itemsOf(order) {
  const names = order.lines.map((line) => (line.quantity > 1 ? `${line.quantity} × ${line.title}` : line.title));
  return names.join(", ") || (order.units === 1 ? "1 item" : `${order.units} items`);
}
