// What stands in a section whose first answer cannot be had. One that had an answer keeps it.

import { element } from "./elements.js";

const TEXT = "This cannot be shown at the moment. The page asks again by itself.";

// A watch's `state`: before the first answer a fault takes the place of the skeletons.
export function excuses(...places) {
  const sections = places.map((place) => document.querySelector(place));
  let isAnswered = false;
  return ({ fault }) => {
    isAnswered ||= !fault;
    if (!isAnswered) sections.forEach((section) => section.replaceChildren(excuse(section.localName)));
  };
}

function excuse(place) {
  if (place === "tbody") return element("tr", { role: "row" }, element("td", { role: "cell", colspan: 6, class: "empty" }, TEXT));
  return element(place === "div" ? "p" : "li", { class: "empty" }, TEXT);
}
