// No form is sent twice. The button is not disabled: it keeps the focus and its own value travels.
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
