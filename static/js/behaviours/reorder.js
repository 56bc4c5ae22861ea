// Drag by [data-reorder-handle]; on drop the form is sent with its fields in the new order. Buttons do it without a pointer.
import { each, on } from "./page.js";

each("[data-reorder]", (list) => { list.dataset.reorderReady = ""; });

on("pointerdown", "[data-reorder-handle]", (handle, start) => {
  const list = handle.closest("[data-reorder]");
  const before = [...list.children];
  const item = before.find((child) => child.contains(handle));
  const others = before.filter((child) => child !== item && child.querySelector("[data-reorder-handle]"));
  start.preventDefault();
  handle.setPointerCapture(start.pointerId);
  item.classList.add("is-dragged");

  handle.onpointermove = ({ clientY }) => {
    const isAbove = (child) => clientY > child.getBoundingClientRect().top + child.offsetHeight / 2;
    const previous = others.filter(isAbove).at(-1);
    if (previous) previous.after(item);
    else others[0]?.before(item);
    others.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  };
  handle.onlostpointercapture = () => {
    handle.onpointermove = null;
    item.classList.remove("is-dragged");
    if (before.some((child, index) => child !== list.children[index])) list.closest("form").requestSubmit();
  };
});
