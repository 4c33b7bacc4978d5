// A drawing of Vega-Lite in its place: the definition comes with the page, and it is drawn anew when room or theme change.

const AXIS_WIDTH = 46;
const EDGE = 10;

export class Plot {
  // `definition` is where the page holds it.
  constructor(place, definition, formats) {
    Object.assign(this, { place, formats, fill: null });
    this.definition = JSON.parse(document.querySelector(definition).textContent);
    new ResizeObserver(() => this.resized()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  // `fill(definition, width)` puts what is to be drawn into a copy of the definition.
  show(fill) {
    this.fill = fill;
    return this.draw();
  }

  clear() {
    this.fill = null;
  }

  resized() {
    if (this.width !== this.place.clientWidth) requestAnimationFrame(() => this.draw());
  }

  async draw() {
    if (!this.fill || !this.place.clientWidth) return;
    const turn = (this.turn = Symbol("turn"));
    this.width = this.place.clientWidth;
    const definition = { ...structuredClone(this.definition), config: theme(this.place) };
    this.fill(definition, this.width - AXIS_WIDTH - EDGE);
    const drawn = await window.vegaEmbed(this.place, definition, {
      actions: false, ast: true, defaultStyle: false, renderer: "svg",
      formatLocale: this.formats.axis, tooltip: { disableDefaultStyle: true },
    });
    if (turn !== this.turn) return drawn.finalize(); // a newer one stands there
    this.drawn?.finalize();
    this.drawn = drawn;
  }
}

function theme(place) {
  const style = getComputedStyle(place);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    aria: false, // the chart is described as a whole, and its numbers stand in a table
    background: "transparent",
    font: token("--body"),
    view: { stroke: null },
    style: {
      figure: { color: token("--accent") }, orders: { color: token("--second") },
      before: { color: token("--soft-ink"), strokeWidth: 1.5, strokeDash: [3, 2] },
    },
    axis: {
      labelColor: token("--soft-ink"), labelFontSize: 12, gridColor: token("--line"),
      domain: false, ticks: false, labelPadding: 8,
    },
  };
}
