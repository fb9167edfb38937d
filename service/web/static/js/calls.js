// The call list: live states and the upload dialog.

import { text } from "./page.js";
import { followProgress, isFinished } from "./progress.js";
import "./upload.js";

const STATES_WITH_BAR = new Set(["transcribing", "analyzing"]);
let refresh = 0;

followProgress((change) => {
  const row = document.querySelector(`[data-recording="${CSS.escape(change.recording_id)}"]`);
  const cell = row?.querySelector("[data-state-cell]");
  if (!row || isFinished(change.state)) return refreshSoon();
  const state = cell.querySelector(".state");
  if (state.dataset.state !== change.state) {
    state.dataset.state = change.state;
    state.className = `state state-${change.state}`;
    state.querySelector("[data-state-text]").textContent = text(`state_${change.state}`);
    state.querySelector("progress")?.remove();
    if (STATES_WITH_BAR.has(change.state)) {
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.ariaLabel = text(`state_${change.state}`);
      state.append(bar);
    }
  }
  const bar = state.querySelector("progress");
  if (bar) bar.value = change.progress;
});

/** Ask for the list again, at most every two seconds however many recordings finish. */
export function refreshSoon() {
  if (refresh) return;
  refresh = setTimeout(() => {
    refresh = 0;
    window.htmx.trigger("#results", "refresh");
  }, 2000);
}
