// Building elements; text is always set as text, never as markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function drawing(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const TONES = 6;

// A product's picture; where there is none, or it does not load, its initials on a tone of its own.
export function picture(name, address, size = "") {
  const frame = element("span", { class: `thumb ${size}`.trim(), "aria-hidden": "true" });
  dress(frame, name, address);
  return frame;
}

export function dress(frame, name, address) {
  const initials = () => frame.replaceChildren(initialsOf(name));
  frame.dataset.tone = toneOf(name);
  if (!address) return initials();
  const image = element("img", { src: address, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", initials, { once: true });
  frame.replaceChildren(image);
}

function initialsOf(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => word[0].toUpperCase()).join("") || "·";
}

function toneOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % TONES;
}
