import { clock, each } from "./page.js";

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const UNITS = { day: 86400, hour: 3600, minute: 60, second: 1 };
const secondsTo = (time) => (Date.parse(time.dateTime) - Date.now()) / 1000;

// The server writes the relative time of its moment into the title; it goes stale.
document.addEventListener("pointerover", ({ target }) => {
  const time = target.closest("time[title]:not([data-countdown])");
  if (!time) return;
  const seconds = secondsTo(time);
  const unit = Object.keys(UNITS).find((name) => Math.abs(seconds) >= UNITS[name]) ?? "second";
  time.title = words.format(Math.round(seconds / UNITS[unit]), unit);
});

function tick() {
  for (const time of document.querySelectorAll("[data-countdown], [data-running]")) {
    const seconds = secondsTo(time);
    const { done } = time.dataset;
    time.textContent = done === undefined ? clock(-seconds) : seconds > 0 ? clock(Math.ceil(seconds)) : done;
  }
}

setInterval(tick, 1000);
document.addEventListener("htmx:after:swap", tick);
tick();

// data-hide-after="30" data-masked="abc•••": an open secret covers itself again; its card's [data-hide-left] counts.
each("[data-hide-after]", (secret) => {
  const left = secret.closest(".card")?.querySelector("[data-hide-left]");
  let seconds = secret.dataset.hideAfter;
  const timer = setInterval(() => {
    seconds -= 1;
    if (left) left.textContent = seconds;
    if (seconds > 0) return;
    clearInterval(timer);
    secret.textContent = secret.dataset.masked;
    left?.parentElement.remove();
  }, 1000);
});
