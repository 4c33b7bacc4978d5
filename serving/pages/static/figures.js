// Key figures and their chart. What the live tail reaches is asked for every second, the rest rarely.

import { Cards } from "./cards.js";
import { Chart } from "./chart.js";
import { Choice } from "./choice.js";
import { element } from "./elements.js";
import { EXCUSE } from "./excuse.js";
import { daysBefore, longDay } from "./format.js";
import { Watch } from "./watch.js";

const LIVE_EVERY = 1_000;
const SETTLED_EVERY = 60_000;
const BEFORE_WITHIN = 5_000; // longer the chart does not wait for the days before
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
      settled: this.watch("settled", SETTLED_EVERY, hasTail ? () => {} : state),
    };
  }

  watch(kind, every, state) {
    return new Watch({
      every,
      address: () => this.question(kind),
      show: (answer) => this.show(kind, answer),
      state: (said) => {
        state(said);
        if (said.fault && !said.isAnswered) this.lack(kind);
      },
    });
  }

  refresh() {
    if (this.choice.ids.includes(this.picked)) this.lay();
    else this.pick(this.choice.ids[0]);
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
    if (kind === "live") this.tellNews(answer.freshness.live_position);
    this.answers[kind] = answer;
    const own = answer.metrics.filter(({ id }) => this.kindOf(id) === kind);
    this.cards.show({ ...answer, metrics: own }, this.choice.known);
    if (this.kindOf(this.picked) === kind) this.draw();
  }

  // Figures of another period must not pass for those of this one.
  lack(kind) {
    this.answers[kind] = null;
    this.cards.lack(this.choice.ids.filter((id) => this.kindOf(id) === kind));
    if (this.kindOf(this.picked) === kind) this.draw();
  }

  tellNews(position) {
    if (this.position !== undefined && this.position !== position) this.onNews();
    this.position = position;
  }

  // Title and chart change together, once both can; whatever was chosen since has a turn of its own.
  async draw() {
    const turn = (this.turn = Symbol("turn"));
    const definition = this.choice.known.get(this.picked);
    const answer = this.answers[this.kindOf(this.picked)];
    if (answer === null) return this.makeRoom(definition, [element("p", {}, EXCUSE)]);
    if (!answer?.metrics.some(({ id }) => id === this.picked)) return; // it is being asked for
    const companion = this.choice.known.get(COMPANIONS.find((id) => id !== this.picked));
    const missing = this.missing(answer, definition);
    const before = missing.length ? [] : await this.seriesBefore(answer);
    if (turn !== this.turn) return;
    document.querySelector("#grain").textContent = `by ${answer.range.grain}`;
    this.makeRoom(definition, missing);
    if (!missing.length) await this.chart.show({ answer, definition, companion, before });
  }

  // The figure in the span before, bucket by bucket; asked for once per figure and period. The chart does without
  // where it cannot be had, and asks again with the next answer.
  async seriesBefore({ range: { grain }, compared_with: { first: from, last: to } }) {
    if (!EXACT_GRAINS.includes(grain)) return [];
    const id = this.picked;
    const address = this.address("metrics", { from, to, grain, metrics: id });
    if (this.before?.address !== address) this.before = { address, series: seriesAt(address) };
    const asked = this.before;
    try {
      return (await asked.series).map(({ values }) => values[id]);
    } catch {
      if (this.before === asked) this.before = null;
      return [];
    }
  }

  // What stands in the chart's place where there is nothing to draw.
  missing({ series, last_order_date: day }, { id, title, is_live: isLive }) {
    if (series.every(({ values }) => !values[id] && !values.orders)) return this.busyDays(day);
    if (series.some(({ values }) => values[id] !== null)) return [];
    const why = isLive ? "nothing it could be told from happened." : "it reaches to the last day that is over.";
    return [element("p", {}, `${title} has no figure in this period: ${why}`)];
  }

  // A quiet period is no dead end: it names the last busy day and leads there.
  busyDays(day) {
    const told = element("p", {}, "No orders in this period.");
    if (!day) return [told];
    const button = element("button", { type: "button" }, `Show the 30 days up to ${longDay(day)}`);
    button.addEventListener("click", () => this.period.choose({ from: daysBefore(day, 29), to: day }));
    return [told, button];
  }

  // What says the same stays: a button must not be taken from under the finger.
  makeRoom({ title }, missing) {
    document.querySelector("#chart-title").textContent = title;
    for (const part of [".chart", ".legend", ".numbers"]) document.querySelector(part).hidden = missing.length > 0;
    const place = document.querySelector("#chart-empty");
    place.hidden = !missing.length;
    if (place.textContent !== missing.map((part) => part.textContent).join("")) place.replaceChildren(...missing);
  }
}

async function seriesAt(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(BEFORE_WITHIN) });
  if (!answer.ok) throw new Error(`the days before: ${answer.status}`);
  return (await answer.json()).series;
}
