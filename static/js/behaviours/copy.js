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

on("click", "[data-copied]", async (button, event) => {
  const { copy, copyFrom, copyPost, copied } = button.dataset;
  const source = document.getElementById(copyFrom);
  let text = copy || source?.dataset.copyValue || source?.textContent.trim();
  if (copyPost) {
    event.preventDefault();
    const answer = await fetch(copyPost, { method: "POST", body: new FormData(button.form) });
    // Refused, or signed out meanwhile: the form goes where it goes without scripts, and says so.
    if (!answer.ok || answer.redirected) return button.form.submit();
    text = await answer.text();
  }
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
