import { on, say } from "./page.js";

function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

on("click", "[data-copied]", async (button) => {
  const { copy, copyFrom, copied } = button.dataset;
  const source = document.getElementById(copyFrom);
  const text = copy || source.dataset.copyValue || source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
    button.focus();
  }
  say(copied);
  const label = button.querySelector("span");
  const before = label?.textContent;
  button.dataset.isCopied = "";
  if (label) label.textContent = copied;
  setTimeout(() => {
    delete button.dataset.isCopied;
    if (label) label.textContent = before;
  }, 2000);
});
