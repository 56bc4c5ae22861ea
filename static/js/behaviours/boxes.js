// data-check-all="name" governs the boxes of that name; data-bulk="name" shows itself while one is on.
import { on } from "./page.js";

on("change", "input[type=checkbox]", (box) => {
  const name = box.dataset.checkAll ?? box.name;
  const all = [...document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`)];
  if (box.dataset.checkAll) all.forEach((other) => { other.checked = box.checked; });
  const { length } = all.filter((other) => other.checked);
  for (const element of document.querySelectorAll("[data-check-all], [data-bulk]")) {
    if (element.dataset.checkAll === name) {
      element.checked = length === all.length;
      element.indeterminate = length > 0 && length < all.length;
    } else if (element.dataset.bulk === name) {
      element.hidden = !length;
      element.querySelector("[data-bulk-count]").textContent = length;
    }
  }
});
