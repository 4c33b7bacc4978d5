// Pictures and prices of the front page's tiles.

import { dress } from "./elements.js";
import { formatsFor } from "./format.js";

for (const frame of document.querySelectorAll(".thumb[data-name]")) {
  dress(frame, frame.dataset.name, frame.dataset.image);
}
for (const price of document.querySelectorAll("[data-cents]")) {
  price.textContent = formatsFor(price.dataset.currency, "UTC").money(Number(price.dataset.cents));
}
