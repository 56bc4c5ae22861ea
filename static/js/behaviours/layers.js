import { each, on } from "./page.js";

// For browsers that do not know `command` yet.
if (!("command" in HTMLButtonElement.prototype)) {
  on("click", "[commandfor]", (button) => {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "close") dialog.close();
    else dialog.showModal();
  });
}

each("dialog[data-open]", (dialog) => dialog.showModal());

const closeMenus = (keep) => document.querySelectorAll("[data-menu][open]").forEach((menu) => { menu.open = menu.contains(keep); });

document.addEventListener("click", ({ target }) => closeMenus(target));
on("keydown", "[data-menu][open]", (menu, { key }) => {
  if (key !== "Escape") return;
  closeMenus();
  menu.firstElementChild.focus();
});
