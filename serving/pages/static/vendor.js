// A vendor's page: figures asked for every second (mostly answered 304), the rest when they change.

import { Benchmarks } from "./benchmarks.js";
import { Customers } from "./customers.js";
import { excuses } from "./excuse.js";
import { Figures } from "./figures.js";
import { ForecastChart } from "./forecast.js";
import { formatsFor } from "./format.js";
import { Freshness } from "./freshness.js";
import { Insights } from "./insights.js";
import { Orders } from "./orders.js";
import { Period } from "./period.js";
import { Products } from "./products.js";
import { Watch } from "./watch.js";

const ORDERS_EVERY = 10_000;
const PRODUCTS_EVERY = 30_000;
const ADVICE_EVERY = 300_000;
const BENCHMARKS_EVERY = 600_000;
const CUSTOMERS_EVERY = 600_000;
const AGES_EVERY = 30_000;
const PAGE = { orders: 12, products: 15 };
const LONGEST_PAGE = { orders: 100, products: 200 };

const shop = document.querySelector("#vendor").dataset;
const formats = formatsFor(shop.currency, shop.timeZone);
const products = new Products(formats, () => productWatch.now());
const orders = new Orders(formats);
const freshness = new Freshness(formats, shop.timeZone);
const benchmarks = new Benchmarks(formats);
const customers = new Customers(formats);
const forecast = new ForecastChart(formats, {
  every: ADVICE_EVERY,
  address: (product) => `/v1/vendors/${shop.vendor}/products/${product}/forecast`,
});
const insights = new Insights(formats, (product) => {
  forecast.choose(product);
  document.querySelector("#forecast").scrollIntoView({ behavior: "smooth", block: "center" });
});
const period = new Period(formats.today, () => refresh());
const status = document.querySelector("#status");
const shown = { ...PAGE };

const address = (name, query) => `/v1/vendors/${shop.vendor}/${name}?${new URLSearchParams(query)}`;

const figures = new Figures({
  formats, period, address, hasTail: true, state: (state) => freshness.show(state),
  onNews: () => {
    orderWatch.now();
    productWatch.now();
  },
});
const orderWatch = new Watch({
  every: ORDERS_EVERY,
  state: excuses("#orders"),
  address: () => address("recent-orders", {
    limit: shown.orders, ...(status.value && { status: status.value }),
  }),
  show: (answer, isOther) => {
    orders.show(answer, isOther);
    document.querySelector("#more-orders").hidden = !answer.next_cursor;
  },
});
const productWatch = new Watch({
  every: PRODUCTS_EVERY,
  state: excuses("#products"),
  address: () => address("products", {
    ...period.dates, sort: products.sort, direction: products.direction, limit: shown.products,
  }),
  show: (answer) => {
    products.show(answer);
    document.querySelector("#more-products").hidden = !answer.next_cursor;
  },
});

const benchmarkWatch = new Watch({
  every: BENCHMARKS_EVERY,
  state: excuses("#benchmarks"),
  address: () => address("benchmarks", {}),
  show: (answer) => benchmarks.show(answer),
});
const insightWatch = new Watch({
  every: ADVICE_EVERY,
  state: excuses("#insights"),
  address: () => address("insights", {}),
  show: (answer) => insights.show(answer),
});
const customerWatch = new Watch({
  every: CUSTOMERS_EVERY,
  state: excuses("#funnel", "#segments", "#pairs"),
  address: () => address("customers", period.dates),
  show: (answer) => customers.show(answer),
});
const forecastWatch = new Watch({
  every: ADVICE_EVERY,
  state: (said) => forecast.heardOfList(said),
  address: () => address("forecasts", {}),
  show: (answer) => forecast.list(answer),
});

function refresh() {
  figures.refresh();
  productWatch.now();
  customerWatch.now();
}

function more(name, watch) {
  document.querySelector(`#more-${name}`).addEventListener("click", () => {
    shown[name] = Math.min(shown[name] + PAGE[name] * 2, LONGEST_PAGE[name]);
    watch.now();
  });
}

status.addEventListener("change", () => orderWatch.now());
setInterval(() => orders.age(), AGES_EVERY);
more("orders", orderWatch);
more("products", productWatch);
refresh();
orderWatch.now();
insightWatch.now();
benchmarkWatch.now();
forecastWatch.now();
