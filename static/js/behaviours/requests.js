// Around htmx requests: a bar after 300 ms; a failed answer must not eat the part that it was to replace, so it stands in
// #failures. Live parts fail silently; a 409 or 422 may bring the part itself.
import { fail } from "./page.js";

const bar = document.querySelector("[data-loading-bar]");
const timers = new Map();
const isLive = (ctx) => ctx.sourceElement?.matches('[hx-trigger*="from:"], [hx-sse\\:connect]');
const on = (name, act) => document.addEventListener(`htmx:${name}`, ({ detail: { ctx } }) => ctx && act(ctx, isLive(ctx)));

on("before:request", (ctx, live) => {
  if (!live) timers.set(ctx, setTimeout(() => { bar.hidden = false; }, 300));
});

on("finally:request", (ctx) => {
  clearTimeout(timers.get(ctx));
  timers.delete(ctx);
  bar.hidden ||= !timers.size;
});

// What an undo answers goes to its own place on the page; where that is not shown, the page is asked for anew.
on("after:request", ({ hx, text, sourceElement, response: { status } }) => {
  const toast = sourceElement.closest("[data-toast]");
  if (!toast || status >= 400) return;
  const name = text.match(/ id="([\w-]+)"/)?.[1];
  const isHere = document.getElementById(name);
  Object.assign(hx, isHere ? { retarget: `#${name}`, reswap: "outerMorph" } : { reswap: "none" });
  if (text && !isHere) location.reload();
  toast.remove();
});

on("response:error", ({ hx, text, response: { status } }, live) => {
  const isError = text.includes('id="error"');
  if (!isError && (status === 409 || status === 422)) return;
  hx.retarget = "#failures";
  hx.reswap = !live && isError ? "innerHTML" : "none";
  if (!live && !isError) fail();
});

on("error", (ctx, live) => live || ctx.response || fail());

on("after:swap", (ctx, live) => {
  if (!live && ctx.response.status < 400) document.getElementById("failures").replaceChildren();
  // The header's events go up from the form; when it was replaced, from body, where the live parts listen.
  if (!ctx.sourceElement.isConnected) ctx.sourceElement = document.body;
});
