// The stream carries names of events. After a pause nobody knows what was missed, nor when the server says so: then each
// name that the page listens to is called. What changed before the first connection the server tells by its name.
import { each } from "./page.js";

let isBack = false;

function askForAll() {
  const parts = document.querySelectorAll('[hx-trigger*="from:body"]');
  const names = [...parts].flatMap((part) => [...part.getAttribute("hx-trigger").matchAll(/([\w-]+)[^,]* from:body/g)].map((match) => match[1]));
  new Set(names).forEach((name) => document.body.dispatchEvent(new Event(name)));
}

document.addEventListener("htmx:sse:after:connection", () => {
  if (isBack) askForAll();
  isBack = true;
});
document.body.addEventListener("everything-changed", askForAll);

// data-live-pill="event" tells that there is something new; nothing moves.
each("[data-live-pill]", (pill) => {
  document.body.addEventListener(pill.dataset.livePill, () => { pill.hidden = false; });
});
