// Which figures are shown: chosen from the registry, kept in the address and on this device.

import { element } from "./elements.js";

const MOST = 8;
const SUBJECTS = { sales: "Sales", service: "Service", visits: "Visits", stock: "Stock", market: "Market" };

export class Choice {
  // `definitions` is the registry's answer, `usual` the ids shown to whoever chose nothing; a vendor's
  // figures are another choice than the market's.
  constructor({ definitions, usual, scope }, onChange) {
    Object.assign(this, { definitions, usual, onChange, kept: `rynek.figures.${scope}` });
    this.known = new Map(definitions.map((definition) => [definition.id, definition]));
    this.ids = this.read();
    this.dialog = document.querySelector("#choice");
    this.list = this.dialog.querySelector(".subjects");
    document.querySelector("#choose").addEventListener("click", () => this.open());
    this.list.addEventListener("change", () => this.changed());
    this.dialog.querySelector("[data-usual]").addEventListener("click", () => this.set(this.usual));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  get chosen() {
    return this.ids.map((id) => this.known.get(id));
  }

  read() {
    const said = new URLSearchParams(location.search).get("figures") ?? kept(this.kept);
    const ids = (said ?? "").split(",").filter((id) => this.known.has(id)).slice(0, MOST);
    return ids.length ? ids : this.usual;
  }

  open() {
    if (!this.list.children.length) this.list.append(...this.groups());
    this.mark();
    this.dialog.showModal();
  }

  groups() {
    return Object.entries(SUBJECTS).flatMap(([subject, title]) => {
      const members = this.definitions.filter((definition) => definition.subject === subject);
      if (!members.length) return [];
      return [element("fieldset", {}, element("legend", {}, title), ...members.map(option))];
    });
  }

  changed() {
    const ticked = [...this.list.querySelectorAll("input:checked")].map((box) => box.value);
    const stayed = this.ids.filter((id) => ticked.includes(id));
    this.set([...stayed, ...ticked.filter((id) => !stayed.includes(id))]);
  }

  set(ids) {
    this.ids = ids;
    this.mark();
    keep(this.kept, ids.join() === this.usual.join() ? null : ids.join());
    this.onChange();
  }

  // At least one stays, and no more than fit.
  mark() {
    for (const box of this.list.querySelectorAll("input")) {
      box.checked = this.ids.includes(box.value);
      box.disabled = box.checked ? this.ids.length === 1 : this.ids.length >= MOST;
    }
    this.dialog.querySelector("[data-count]").textContent = `${this.ids.length} of at most ${MOST}`;
  }
}

function option({ id, title, meaning, formula, norm }) {
  const held = norm && `Norm ${norm.kind === "at_most" ? "at most" : "at least"} ${(norm.value * 100).toFixed(1)} %. `;
  return element("label", { class: "option" },
    element("input", { type: "checkbox", value: id }),
    element("span", {}, element("strong", {}, title),
      element("small", {}, meaning),
      element("small", { class: "formula" }, held || "", formula)));
}

// Where the device keeps nothing (private windows), the address alone does.
function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, ids) {
  const address = new URL(location.href);
  address.searchParams.delete("figures");
  if (ids) address.searchParams.set("figures", ids);
  history.replaceState(null, "", address.toString().replaceAll("%2C", ","));
  try {
    if (ids) localStorage.setItem(name, ids);
    else localStorage.removeItem(name);
  } catch {
    // the address has it
  }
}
