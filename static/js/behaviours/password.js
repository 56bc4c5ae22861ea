import { each, on } from "./page.js";

each("[data-show-password]", (button) => { button.hidden = false; });
on("click", "[data-show-password]", (button) => {
  const input = document.getElementById(button.dataset.showPassword);
  const isHidden = input.type === "password";
  input.type = isHidden ? "text" : "password";
  button.ariaPressed = String(isHidden);
});
on("keyup", "[type=password]", (input, event) => {
  const hint = document.querySelector(`[data-caps-lock="${input.id}"]`);
  if (hint) hint.hidden = !event.getModifierState("CapsLock");
});
