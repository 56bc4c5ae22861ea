import { each, on } from "./page.js";

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
document.addEventListener("htmx:before:swap", () => { id = document.activeElement.id; });
document.addEventListener("htmx:after:swap", () => {
  const button = id && document.getElementById(id);
  if (button?.disabled) button.closest("li, tr").querySelector("button:enabled").focus();
});
