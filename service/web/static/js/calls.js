// The call list: live states and the upload dialog.

import { text } from "./page.js";
import { followProgress, isFinished } from "./progress.js";
import "./upload.js";

const STATES_WITH_BAR = new Set(["transcribing", "analyzing"]);
let refresh = 0;

followProgress(showChange, () => {
  const states = [...document.querySelectorAll("[data-state]")].map((state) => state.dataset.state);
  if (states.some((state) => !isFinished(state))) refreshSoon();
});

function showChange(change) {
  const row = document.querySelector(`[data-recording="${CSS.escape(change.recording_id)}"]`);
  if (!row || isFinished(change.state)) return refreshSoon();
  const state = row.querySelector(".state");
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
}

// A closed menu tells how many filters in it are set.
document.getElementById("filters").addEventListener("change", () => {
  for (const count of document.querySelectorAll("[data-count]")) {
    const fields = count.closest("[data-menu]").querySelectorAll("input:not([type=radio]), select");
    const set = [...fields].filter((field) => (field.type === "checkbox" ? field.checked : field.value !== ""));
    count.textContent = set.length;
    count.hidden = set.length === 0;
  }
});

/** Ask for the list again, at most every two seconds however many recordings finish. */
export function refreshSoon() {
  if (refresh) return;
  refresh = setTimeout(() => {
    refresh = 0;
    window.htmx.trigger("#results", "refresh");
  }, 2000);
}
