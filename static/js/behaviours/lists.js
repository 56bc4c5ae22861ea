import { on } from "./page.js";

// data-autosubmit on a GET form: choices at once, typing after a pause; empty fields stay out of the address.
let timer;
const send = (form, wait) => {
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), wait);
};

on("change", "[data-autosubmit]", (form, { target }) => target.type !== "search" && send(form, 0));
on("input", "[data-autosubmit]", (form, { target }) => target.type === "search" && send(form, 400));
on("formdata", "[data-autosubmit]", (form, { formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});

// data-check-all="name" governs the boxes of that name; data-bulk="name" shows itself while one is on.
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
