// What several behaviours need.

/** Calls `act(element, event)` when `type` happens on or in an element that matches. */
export function on(type, selector, act, options) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) act(element, event);
  }, options);
}

/** Calls `act(element)` for each match, now and after each swap: a morph keeps an element, and puts the server's
 *  attributes and children back on it. */
export function dress(selector, act) {
  const scan = () => document.querySelectorAll(selector).forEach(act);
  scan();
  document.addEventListener("htmx:after:swap", scan);
}

/** Calls `visit(element)` once for each match that the page has or comes to have. */
export function each(selector, visit) {
  const seen = new WeakSet();
  dress(selector, (element) => {
    if (seen.has(element)) return;
    seen.add(element);
    visit(element);
  });
}

/** Says a short text to screen readers. */
export function say(text) {
  const line = document.createElement("p");
  line.className = "visually-hidden";
  document.getElementById("toasts").append(line);
  setTimeout(() => { line.textContent = text; }, 50);
  setTimeout(() => line.remove(), 4000);
}

/** Says that the server did not answer. */
export function fail() {
  document.getElementById("failures").replaceChildren(document.getElementById("failure-template").content.cloneNode(true));
}

/** Seconds as m:ss or h:mm:ss. */
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s < 3600 ? rest.replace(/^0/, "") : `${Math.floor(s / 3600)}:${rest}`;
}
