// data-autosubmit on a GET form: choices at once, typing after a pause; empty fields stay out of the address.
import { each, on } from "./page.js";

let timer;
const send = (form, wait) => {
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), wait);
};

each("[data-autosubmit-button]", (button) => { button.hidden = true; });
on("change", "[data-autosubmit]", (form, { target }) => target.type !== "search" && send(form, 0));
on("input", "[data-autosubmit]", (form, { target }) => target.type === "search" && send(form, 400));
on("formdata", "[data-autosubmit]", (form, { formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
