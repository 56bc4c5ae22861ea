// `/`, `?` and data-shortcut="c"; never while typing, and they can be switched off.
const box = document.querySelector("[data-shortcuts-switch]");

box.checked = localStorage.shortcuts !== "off";
box.addEventListener("change", () => { localStorage.shortcuts = box.checked ? "on" : "off"; });

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || key.length > 1) return;
  if (target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
  const found = document.querySelector(key === "/" ? "[data-search]" : key === "?" ? "#shortcuts" : `[data-shortcut="${CSS.escape(key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (key === "/") found.select();
  else if (key === "?") found.showModal();
  else found.click();
});
