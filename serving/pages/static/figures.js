// Key figures and their chart. What the live tail reaches is asked for every second, the rest rarely.

import { Cards } from "./cards.js";
import { Chart } from "./chart.js";
import { Choice } from "./choice.js";
import { element } from "./elements.js";
import { daysBefore, longDay } from "./format.js";
import { Watch } from "./watch.js";

const LIVE_EVERY = 1_000;
const SETTLED_EVERY = 60_000;
const COMPANIONS = ["orders", "revenue"]; // the chart shows one of them below each figure
const EXACT_GRAINS = ["hour", "day"]; // weeks and months of two spans do not begin together

export class Figures {
  // `address(name, query)` is where a question is asked; `hasTail` says whether facts reach it.
  constructor({ formats, period, address, hasTail, state, onNews = () => {} }) {
    Object.assign(this, { formats, period, address, hasTail, onNews, answers: {}, picked: null });
    const registry = JSON.parse(document.querySelector("#registry").textContent);
    this.choice = new Choice(registry, () => this.refresh());
    this.cards = new Cards(document.querySelector("#cards"), formats, (id) => this.pick(id));
    this.chart = new Chart(document.querySelector("#chart"), formats);
    this.watches = {
      live: this.watch("live", LIVE_EVERY, state),
      settled: this.watch("settled", SETTLED_EVERY, hasTail ? undefined : state),
    };
  }

  watch(kind, every, state) {
    return new Watch({
      every, state, address: () => this.question(kind), show: (answer) => this.show(kind, answer),
    });
  }

  refresh() {
    if (!this.choice.ids.includes(this.picked)) [this.picked] = this.choice.ids;
    this.lay();
    for (const watch of Object.values(this.watches)) watch.now();
  }

  pick(id) {
    this.picked = id;
    this.lay();
    this.draw();
  }

  lay() {
    this.cards.lay(this.choice.chosen, this.picked);
    document.querySelector("#export").href = this.address("metrics.csv", {
      ...this.period.dates, grain: this.grainOf("settled"), metrics: this.choice.ids.join(),
    });
  }

  kindOf(id) {
    return this.hasTail && this.choice.known.get(id).is_live ? "live" : "settled";
  }

  // By hour only what is live can be shown.
  grainOf(kind) {
    return kind === "settled" && this.period.grain === "hour" ? "day" : this.period.grain;
  }

  // Null where nothing of the kind was chosen; the live one is also how news is heard of.
  question(kind) {
    const ids = this.choice.ids.filter((id) => this.kindOf(id) === kind);
    if (!ids.length && (kind === "settled" || !this.hasTail)) return null;
    const metrics = [...new Set([...ids, ...COMPANIONS])].join();
    return this.address("metrics", { ...this.period.dates, grain: this.grainOf(kind), metrics });
  }

  show(kind, answer) {
    document.querySelector("#notice").hidden = true;
    if (kind === "live") this.tellNews(answer.freshness.live_position);
    this.answers[kind] = answer;
    const own = answer.metrics.filter(({ id }) => this.kindOf(id) === kind);
    this.cards.show({ ...answer, metrics: own }, this.choice.known);
    if (this.kindOf(this.picked) === kind) this.draw();
  }

  tellNews(position) {
    const before = this.answers.live?.freshness.live_position;
    if (before !== undefined && before !== position) this.onNews();
  }

  async draw() {
    const answer = this.answers[this.kindOf(this.picked)];
    if (!answer?.metrics.some(({ id }) => id === this.picked)) return; // it is being asked for
    const definition = this.choice.known.get(this.picked);
    const values = answer.series.map(({ values: one }) => one[this.picked]);
    const isUnknown = values.every((value) => value === null);
    const isQuiet = answer.series.every(({ values: { orders } }, at) => !values[at] && !orders);
    this.showEmpty(isQuiet || isUnknown);
    document.querySelector("#chart-title").textContent = definition.title;
    document.querySelector("#grain").textContent = `by ${answer.range.grain}`;
    if (isQuiet) return this.offerBusyDays(answer.last_order_date);
    if (isUnknown) return this.tellUnknown(definition);
    const companion = this.choice.known.get(COMPANIONS.find((id) => id !== this.picked));
    const before = await this.seriesBefore(answer);
    if (definition.id === this.picked) await this.chart.show({ answer, definition, companion, before });
  }

  // The figure in the span before, bucket by bucket; asked for once per figure and period.
  async seriesBefore({ range: { grain }, compared_with: { first: from, last: to } }) {
    if (!EXACT_GRAINS.includes(grain)) return [];
    const address = this.address("metrics", { from, to, grain, metrics: this.picked });
    if (this.before?.address !== address) {
      const answer = fetch(address).then((one) => (one.ok ? one.json() : { series: [] }));
      this.before = { address, id: this.picked, answer };
    }
    const { id, answer } = this.before;
    return (await answer).series.map(({ values }) => values[id]);
  }

  showEmpty(isEmpty) {
    for (const part of [".chart", ".legend", ".numbers"]) document.querySelector(part).hidden = isEmpty;
    document.querySelector("#chart-empty").hidden = !isEmpty;
  }

  // A quiet period is no dead end: it names the last busy day and leads there.
  offerBusyDays(day) {
    const place = document.querySelector("#chart-empty");
    place.replaceChildren(element("p", {}, "No orders in this period."));
    if (!day) return;
    const button = element("button", { type: "button" }, `Show the 30 days up to ${longDay(day)}`);
    button.addEventListener("click", () => this.period.choose({ from: daysBefore(day, 29), to: day }));
    place.append(button);
  }

  tellUnknown({ title, is_live: isLive }) {
    const why = isLive ? "nothing it could be told from happened." : "it reaches to the last day that is over.";
    document.querySelector("#chart-empty").replaceChildren(
      element("p", {}, `${title} has no figure in this period: ${why}`));
  }
}
