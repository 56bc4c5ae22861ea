// Drag by [data-reorder-handle]; on drop the form is sent with its fields in the new order. Buttons do it without a pointer.
import { dress, on } from "./page.js";

const HANDLE = "[data-reorder-handle]";
const middle = (item) => item.getBoundingClientRect().top + item.offsetHeight / 2;

dress("[data-reorder]", (list) => { list.dataset.reorderReady = ""; });

on("pointerdown", HANDLE, (handle, start) => {
  const list = handle.closest("[data-reorder]");
  const before = [...list.children];
  const item = before.find((child) => child.contains(handle));
  start.preventDefault();
  handle.setPointerCapture(start.pointerId);
  item.classList.add("is-dragged");

  // The neighbours move around the item: an element that leaves the page for a moment loses the pointer.
  handle.onpointermove = ({ clientY }) => {
    const { previousElementSibling: up, nextElementSibling: down } = item;
    if (up && clientY < middle(up)) item.after(up);
    else if (down?.querySelector(HANDLE) && clientY > middle(down)) item.before(down);
  };
  handle.onlostpointercapture = () => {
    handle.onpointermove = null;
    item.classList.remove("is-dragged");
    if (before.some((child, index) => child !== list.children[index])) list.closest("form").requestSubmit();
  };
});
