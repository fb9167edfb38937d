// Leads and points: claims that can be undone for a while, rows by the keyboard, quotes that play, live states.

import { isTyping } from "./page.js";
import { followProgress, isFinished } from "./progress.js";
import "./sound.js";

watchUndo();
document.addEventListener("htmx:afterSettle", watchUndo);

/** An undo that the server would refuse is not offered. */
function watchUndo() {
  for (const button of document.querySelectorAll("[data-undo]:not([data-watched])")) {
    button.dataset.watched = "";
    setTimeout(() => button.closest("form")?.remove(), Number(button.dataset.undo) * 1000);
  }
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  if (event.key === "c") document.activeElement.closest("tr, .lead")?.querySelector("[data-claim]")?.click();
  if (event.key === "[" || event.key === "]") {
    document.querySelector(event.key === "[" ? "[data-previous]" : "[data-next]")?.click();
  }
});

/** Focus the next or previous row. */
function move(step) {
  const links = [...document.querySelectorAll("tr[data-row] .row-link")];
  const row = document.activeElement.closest("tr[data-row]");
  const at = links.findIndex((link) => link.closest("tr") === row);
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

if (document.querySelector("[data-state-cell]")) {
  followProgress((change) => {
    const row = document.querySelector(`[data-recording="${CSS.escape(change.recording_id)}"]`);
    if (row && isFinished(change.state)) location.reload();
  });
}
