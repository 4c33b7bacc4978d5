// The product table: sorted by the server, shown page by page.

import { element, picture } from "./elements.js";

export class Products {
  constructor(formats, onSort) {
    this.formats = formats;
    this.onSort = onSort;
    this.body = document.querySelector("#products");
    this.table = this.body.closest("table");
    this.select = document.querySelector("#sort");
    this.sort = "revenue";
    this.direction = "desc";
    this.table.tHead.addEventListener("click", (event) => this.pressed(event.target.closest("button")));
    this.select.addEventListener("change", () => this.choose(...this.select.value.split(".")));
    this.mark();
  }

  pressed(button) {
    if (!button) return;
    const first = button.dataset.sort === "title" || button.dataset.sort === "stock" ? "asc" : "desc";
    const other = this.direction === "asc" ? "desc" : "asc";
    this.choose(button.dataset.sort, button.dataset.sort === this.sort ? other : first);
  }

  choose(sort, direction) {
    Object.assign(this, { sort, direction });
    this.mark();
    this.onSort();
  }

  mark() {
    for (const button of this.table.tHead.querySelectorAll("button")) {
      const heading = button.closest("th");
      if (button.dataset.sort !== this.sort) heading.removeAttribute("aria-sort");
      else heading.setAttribute("aria-sort", this.direction === "asc" ? "ascending" : "descending");
    }
    this.select.value = `${this.sort}.${this.direction}`;
  }

  show(answer) {
    document.querySelector("#products-count").textContent = this.formats.count(answer.total);
    this.body.replaceChildren(...answer.items.map((item) => this.row(item)));
    if (!answer.items.length) this.body.append(nothing("You have no products yet."));
    this.table.setAttribute("aria-busy", "false");
  }

  row(item) {
    const { money, count, percent } = this.formats;
    const cell = (kind, ...children) => element("td", { role: "cell", class: kind }, ...children);
    const ratio = percent(item.conversion.value);
    return element("tr", { role: "row" },
      cell("text", element("span", { class: "product-name" },
        picture(item.title, item.image_url),
        element("span", {}, element("strong", {}, item.title), element("small", {}, item.sku)))),
      cell("revenue", money(item.revenue_cents)),
      cell("facts", count(item.orders), element("span", { class: "label" },
        `${item.orders === 1 ? " order" : " orders"} · ${ratio} of views`)),
      cell("units", count(item.units)),
      cell("conversion", element("span", {
        title: `${count(item.conversion.numerator)} orders from ${count(item.conversion.denominator)} views`,
        class: item.conversion.value === null ? "dim" : null,
      }, ratio)),
      cell("stock-cell", stockOf(item.stock, count)));
  }
}

function stockOf(stock, count) {
  const text = {
    out: "Out of stock",
    low: `Low · ${count(stock.available_units)}`,
    good: `${count(stock.available_units)} left`,
  }[stock.level];
  const title = `Low from ${count(stock.low_stock_threshold)} units`;
  return element("span", { class: `stock ${stock.level}`, title }, text);
}

function nothing(text) {
  return element("tr", { role: "row" }, element("td", { role: "cell", colspan: 6, class: "empty" }, text));
}
