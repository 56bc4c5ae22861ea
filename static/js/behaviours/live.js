// The stream carries names of events. After a pause nobody knows what was missed: each name that the page listens to is called.
import { each } from "./page.js";

let isBack = false;

document.addEventListener("htmx:sse:after:connection", () => {
  const parts = isBack ? document.querySelectorAll('[hx-trigger*="from:body"]') : [];
  const names = [...parts].flatMap((part) => [...part.getAttribute("hx-trigger").matchAll(/([\w-]+)[^,]* from:body/g)].map((match) => match[1]));
  new Set(names).forEach((name) => document.body.dispatchEvent(new Event(name)));
  isBack = true;
});

// data-live-pill="event" tells that there is something new; nothing moves.
each("[data-live-pill]", (pill) => {
  document.body.addEventListener(pill.dataset.livePill, () => { pill.hidden = false; });
});
