// The stream carries names of events. After a pause, and when the server says so, each name that the page listens to is
// called. A part that begins to listen asks once more: what changed while it was on its way does not stand in it.
import { each } from "./page.js";

const listening = '[hx-trigger*="from:body"]';
let isBack, isShown;

function ask(parts = document.querySelectorAll(listening)) {
  const triggers = [...parts].map((part) => part.getAttribute("hx-trigger")).join();
  const names = [...triggers.matchAll(/([\w-]+)[^,]* from:body/g)].map((match) => match[1]);
  new Set(names).forEach((name) => document.body.dispatchEvent(new Event(name)));
}

document.addEventListener("htmx:sse:after:connection", () => {
  if (isBack) ask();
  isBack = true;
});
document.body.addEventListener("everything-changed", () => ask());

each(listening, (part) => isShown && setTimeout(ask, 50, [part]));
isShown = true;

// data-live-pill="event" says that there is something new.
each("[data-live-pill]", (pill) => {
  document.body.addEventListener(pill.dataset.livePill, () => { pill.hidden = false; });
});
