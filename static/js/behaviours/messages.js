// Toasts, success only: the page's own, and those of the header event `portal:toast` {text, undo}.
// They stay 8 s, 12 s with an undo, and while the pointer or the focus is on them.
import { on } from "./page.js";

const place = document.getElementById("toasts");

function close(toast) {
  if (toast.matches(":hover, :focus-within")) setTimeout(close, 2000, toast);
  else toast.remove();
}

function show(toast) {
  toast.querySelector("[data-toast-close]").hidden = false;
  place.append(toast);
  const form = toast.querySelector("form");
  if (form) {
    // By htmx, so that what was typed on the page stays; without scripts a plain form.
    form.setAttribute("hx-post", form.getAttribute("action"));
    htmx.process(form);
  }
  setTimeout(close, form ? 12000 : 8000, toast);
}

document.addEventListener("portal:toast", ({ detail: { text, undo } }) => {
  const toast = document.getElementById("toast-template").content.cloneNode(true).firstElementChild;
  const form = toast.querySelector("form");
  toast.querySelector("p").textContent = text;
  if (undo) form.action = undo;
  else form.remove();
  show(toast);
});

// A live region speaks only of what comes later: the page's own toasts are put in anew.
for (const toast of [...place.children]) {
  toast.remove();
  setTimeout(show, 150, toast);
}
on("click", "[data-toast-close]", (button) => button.closest("[data-toast]").remove());
