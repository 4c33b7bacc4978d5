// What stands in a section whose answer cannot be had. One that shows the answer to the same question keeps it.

import { element } from "./elements.js";

export const EXCUSE = "This cannot be shown at the moment. The page asks again by itself.";

// A watch's `state`: a fault takes the place of skeletons, and of what answers another question.
export function excuses(...places) {
  const sections = places.map((place) => document.querySelector(place));
  return ({ fault, isAnswered }) => {
    if (fault && !isAnswered) sections.forEach((section) => section.replaceChildren(excuse(section.localName)));
  };
}

function excuse(place) {
  if (place === "tbody") return element("tr", { role: "row" }, element("td", { role: "cell", colspan: 6, class: "empty" }, EXCUSE));
  return element("li", { class: "empty" }, EXCUSE);
}
