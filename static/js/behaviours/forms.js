// Forms: sent once, errors take the focus, a password can be shown.
import { dress, each, on } from "./page.js";

// The button is not disabled while its form is on the way: it keeps the focus, and its own value travels.
const busy = new Map();

function end(form) {
  const { button, label, text } = busy.get(form) ?? {};
  busy.delete(form);
  if (!button) return;
  delete button.dataset.isBusy;
  button.ariaDisabled = null;
  if (label) label.textContent = text;
}

// In the capture phase, before htmx, which would queue the second request.
document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.method !== "post") return;
  if (busy.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const label = button?.querySelector("span");
  busy.set(form, { button, label, text: label?.textContent });
  if (!button) return;
  button.dataset.isBusy = "";
  button.ariaDisabled = "true";
  if (label && button.dataset.busy) label.textContent = button.dataset.busy;
}, true);

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => end(ctx.request.form ?? ctx.sourceElement));

// Back to a page that the browser kept as it was.
addEventListener("pageshow", ({ persisted }) => persisted && [...busy.keys()].forEach(end));

each("[data-error-summary]", (summary) => setTimeout(() => summary.focus(), 20));

on("click", "[data-error-summary] a", (link, event) => {
  const field = document.getElementById(link.hash.slice(1));
  const input = field?.querySelector("input, select, textarea") ?? field;
  if (!input) return;
  event.preventDefault();
  input.focus();
});

// htmx gives the focus back by id; a button that is disabled now (at the end of a list) hands it to its neighbour.
let id;
document.addEventListener("htmx:before:swap", () => { id = document.activeElement?.id; });
document.addEventListener("htmx:after:swap", () => {
  const button = id && document.getElementById(id);
  if (button?.disabled) button.closest("li, tr").querySelector("button:enabled").focus();
});

dress("[data-show-password]", (button) => { button.hidden = false; });
on("click", "[data-show-password]", (button) => {
  const input = document.getElementById(button.dataset.showPassword);
  const isHidden = input.type === "password";
  input.type = isHidden ? "text" : "password";
  button.ariaPressed = String(isHidden);
});
on("keyup", "[type=password]", (input, event) => {
  const hint = document.querySelector(`[data-caps-lock="${input.id}"]`);
  if (hint) hint.hidden = !event.getModifierState("CapsLock");
});
