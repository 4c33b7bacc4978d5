// A vendor's page: figures asked for every second (mostly answered 304), the rest when they change.

import { Benchmarks } from "./benchmarks.js";
import { showCards } from "./cards.js";
import { Chart } from "./chart.js";
import { element } from "./elements.js";
import { ForecastChart } from "./forecast.js";
import { ago, daysBefore, formatsFor, longDay } from "./format.js";
import { Insights } from "./insights.js";
import { Orders } from "./orders.js";
import { Period } from "./period.js";
import { Products } from "./products.js";
import { Watch } from "./watch.js";

const FIGURES_EVERY = 1_000;
const ORDERS_EVERY = 10_000;
const PRODUCTS_EVERY = 30_000;
const ADVICE_EVERY = 300_000;
const BENCHMARKS_EVERY = 600_000;
const AGES_EVERY = 30_000;
const DELAYED_AFTER = 15_000;
const PAGE = { orders: 12, products: 15 };
const LONGEST_PAGE = { orders: 100, products: 200 };

const shop = document.querySelector("#vendor").dataset;
const formats = formatsFor(shop.currency, shop.timeZone);
const chart = new Chart(document.querySelector("#chart"), formats);
const products = new Products(formats, () => productWatch.now());
const orders = new Orders(formats);
const benchmarks = new Benchmarks(formats);
const forecast = new ForecastChart(formats, (product) => `/v1/vendors/${shop.vendor}/products/${product}/forecast`);
const insights = new Insights(formats, (product) => {
  forecast.choose(product);
  document.querySelector("#forecast").scrollIntoView({ behavior: "smooth", block: "center" });
});
const period = new Period(formats.today, () => refresh());
const status = document.querySelector("#status");
const shown = { ...PAGE };

const address = (name, query) => `/v1/vendors/${shop.vendor}/${name}?${new URLSearchParams(query)}`;

const figureWatch = new Watch({
  every: FIGURES_EVERY,
  address: () => address("metrics", { ...period.dates, grain: period.grain }),
  show: showFigures,
  state: showState,
});
const orderWatch = new Watch({
  every: ORDERS_EVERY,
  address: () => address("recent-orders", {
    limit: shown.orders, ...(status.value && { status: status.value }),
  }),
  show: (answer) => {
    orders.show(answer);
    document.querySelector("#more-orders").hidden = !answer.next_cursor;
  },
});
const productWatch = new Watch({
  every: PRODUCTS_EVERY,
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
  address: () => address("benchmarks", {}),
  show: (answer) => benchmarks.show(answer),
});
const insightWatch = new Watch({
  every: ADVICE_EVERY,
  address: () => address("insights", {}),
  show: (answer) => insights.show(answer),
});
const forecastWatch = new Watch({
  every: ADVICE_EVERY,
  address: () => address("forecasts", {}),
  show: (answer) => forecast.list(answer),
});

function refresh() {
  figureWatch.now();
  productWatch.now();
}

let last = null;

async function showFigures(answer) {
  const isNews = last !== null && last !== answer.freshness.live_position;
  last = answer.freshness.live_position;
  document.querySelector("#notice").hidden = true;
  showCards(document.querySelector("#cards"), answer, formats);
  document.querySelector("#grain").textContent = `by ${answer.range.grain}`;
  if (isNews) {
    orderWatch.now();
    productWatch.now();
  }
  const isEmpty = answer.series.every((point) => !point.values.orders);
  showEmpty(isEmpty, answer);
  if (!isEmpty) await chart.show(answer);
}

// A quiet period is no dead end: it names the last busy day and leads there.
function showEmpty(isEmpty, answer) {
  const place = document.querySelector("#chart-empty");
  for (const part of [".chart", ".legend", ".numbers"]) document.querySelector(part).hidden = isEmpty;
  place.hidden = !isEmpty;
  if (!isEmpty) return;
  const day = answer.last_order_date;
  place.replaceChildren(element("p", {}, "No orders in this period."));
  if (!day) return;
  const button = element("button", { type: "button" }, `Show the 30 days up to ${longDay(day)}`);
  button.addEventListener("click", () => period.choose({ from: daysBefore(day, 29), to: day }));
  place.append(button);
}

function showState({ through, fault }) {
  const badge = document.querySelector("#live");
  if (fault) return showFault(badge, fault);
  const isLive = Date.now() - Date.parse(through) < DELAYED_AFTER;
  badge.dataset.state = isLive ? "live" : "delayed";
  const text = isLive ? `Live · ${formats.clock(through)}` : `Data through ${ago(through)}`;
  badge.title = `Data through ${formats.moment(through)}, ${shop.timeZone}`;
  if (badge.textContent !== text) badge.firstElementChild.textContent = text;
}

function showFault(badge, fault) {
  if (fault.status === 401) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  badge.dataset.state = "offline";
  badge.firstElementChild.textContent = "Reconnecting…";
  if (!fault.status) return undefined;
  const notice = document.querySelector("#notice");
  notice.textContent = fault.message;
  notice.hidden = false;
  return undefined;
}

function more(name, watch) {
  document.querySelector(`#more-${name}`).addEventListener("click", () => {
    shown[name] = Math.min(shown[name] + PAGE[name] * 2, LONGEST_PAGE[name]);
    watch.now();
  });
}

status.addEventListener("change", () => {
  orders.forget();
  orderWatch.now();
});
setInterval(() => orders.age(), AGES_EVERY);
more("orders", orderWatch);
more("products", productWatch);
refresh();
orderWatch.now();
insightWatch.now();
benchmarkWatch.now();
forecastWatch.now();
