// The period shown: a preset or two dates, kept in the address so that it survives a reload.

import { daysBefore, daysBetween } from "./format.js";

const DEFAULT_DAYS = 30;

export class Period {
  // `without` names grains that are not to be had here.
  constructor(today, onChange, without = []) {
    Object.assign(this, { today, onChange, without });
    this.presets = document.querySelector("#presets");
    this.form = document.querySelector("#custom");
    this.read(new URLSearchParams(location.search));
    this.presets.addEventListener("click", (event) => this.pressed(event.target.closest("button")));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.mark();
  }

  get dates() {
    if (this.custom) return this.custom;
    const last = this.today();
    return { from: daysBefore(last, this.days - 1), to: last };
  }

  get grain() {
    const { from, to } = this.dates;
    const days = daysBetween(from, to);
    if (days <= 2 && !this.without.includes("hour")) return "hour";
    if (days <= 62) return "day";
    return days <= 370 ? "week" : "month";
  }

  read(address) {
    const from = address.get("from");
    const to = address.get("to");
    this.custom = from && to ? inOrder({ from, to }) : null;
    this.days = Number(address.get("days")) || DEFAULT_DAYS;
  }

  pressed(button) {
    if (!button) return;
    if ("custom" in button.dataset) {
      this.toggle(this.form.hidden);
      return this.form.hidden || this.form.elements.from.focus();
    }
    this.toggle(false);
    this.choose({ days: Number(button.dataset.days) });
  }

  submitted(event) {
    event.preventDefault();
    this.choose(inOrder(Object.fromEntries(new FormData(this.form))));
  }

  choose(period) {
    this.custom = period.days ? null : period;
    this.days = period.days ?? null;
    history.replaceState(null, "", this.addressed(period));
    this.mark();
    this.onChange();
  }

  // Whatever else the address says stays in it.
  addressed(period) {
    const address = new URL(location.href);
    for (const name of ["days", "from", "to"]) address.searchParams.delete(name);
    for (const [name, value] of Object.entries(period)) address.searchParams.set(name, value);
    return address.toString().replaceAll("%2C", ",");
  }

  toggle(isOpen) {
    this.form.hidden = !isOpen;
    const { from, to } = this.dates;
    this.form.elements.from.value = from;
    this.form.elements.to.value = to;
    this.form.elements.to.max = this.form.elements.from.max = this.today();
    this.presets.querySelector("[data-custom]").setAttribute("aria-expanded", String(isOpen));
  }

  mark() {
    for (const button of this.presets.querySelectorAll("button")) {
      const isCustom = "custom" in button.dataset;
      const isChosen = isCustom ? Boolean(this.custom) : !this.custom && this.days === Number(button.dataset.days);
      button.setAttribute("aria-pressed", String(isChosen));
    }
    this.form.hidden = !this.custom;
    if (this.custom) this.toggle(true);
  }
}

// Two days are a period, whichever was named first.
function inOrder({ from, to }) {
  return from <= to ? { from, to } : { from: to, to: from };
}
