// The call page: player, timeline, transcript and scorecard move together.

import { clock, csrfToken, isTyping, text, toast } from "./page.js";
import { Player } from "./player.js";
import { followProgress, isFinished } from "./progress.js";
import { listenToReviews } from "./reviews.js";
import { Transcript } from "./transcript.js";

const page = document.getElementById("call");
const section = document.getElementById("player");
const WAITING = new Set(["queued", "transcribing", "analyzing"]);

if (WAITING.has(page.dataset.state)) {
  const show = (state, progress) => {
    if (isFinished(state) || state !== page.dataset.state) location.reload();
    else if (state !== "queued") document.getElementById("progress").value = progress;
  };
  followProgress(
    (change) => change.call_id === page.dataset.call && show(change.state, change.progress),
    async () => {
      const answer = await fetch(`/api/calls/${page.dataset.call}`).catch(() => null);
      const call = answer?.ok ? (await answer.json()).call : null;
      if (call) show(call.state, call.progress);
    },
  );
}
if (section) start();
listenToActions();
listenToRemoved();

function listenToRemoved() {
  const toggle = document.getElementById("removed-toggle");
  toggle?.addEventListener("click", (event) => {
    event.preventDefault();
    const isShown = document.getElementById("turns").classList.toggle("with-removed");
    toggle.setAttribute("aria-pressed", String(isShown));
    const address = new URL(location.href);
    if (isShown) address.searchParams.set("removed", "1");
    else address.searchParams.delete("removed");
    history.replaceState(null, "", address.pathname + address.search);
  });
  toggle?.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle.click();
  });
}

function listenToActions() {
  const notice = document.getElementById("deleted");
  const rest = () => [...page.children].filter((part) => part !== notice && !part.matches(".call-head"));
  const ask = async (method, path, done, body = undefined) => {
    const address = `/api/calls/${page.dataset.call}${path}`;
    const headers = { "X-CSRF-Token": csrfToken, ...(body && { "Content-Type": "application/json" }) };
    const answer = await fetch(address, { method, headers, body }).catch(() => null);
    if (answer?.ok) done();
    else toast(text("request_failed"), "error");
  };
  document.getElementById("reprocess").addEventListener("click", () => {
    ask("POST", "/reprocess", () => location.reload());
  });
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-roles]");
    if (!button) return;
    button.disabled = true;
    await ask("POST", "/roles", () => location.reload(), button.dataset.roles);
    button.disabled = false;
  });
  document.getElementById("delete").addEventListener("click", () => {
    ask("DELETE", "", () => {
      notice.hidden = false;
      document.querySelector(".call-menu").hidden = true;
      page.dispatchEvent(new Event("deleted"));
      rest().forEach((part) => (part.hidden = true));
      notice.querySelector("button").focus();
    });
  });
  document.getElementById("restore").addEventListener("click", () => ask("POST", "/restore", () => location.reload()));
}

function start() {
  const durationMs = Number(page.dataset.duration);
  const player = new Player(section, durationMs);
  const transcript = new Transcript(document.querySelector(".transcript"));
  const now = document.getElementById("now");
  const playhead = document.getElementById("playhead");
  const toggle = document.getElementById("toggle");

  const show = () => {
    now.textContent = clock(player.nowMs);
    page.dataset.now = Math.round(player.nowMs);
    playhead?.setAttribute("x", durationMs ? (player.nowMs / durationMs) * 1000 : 0);
    transcript.show(player.nowMs, player.isPlaying);
  };
  const showState = () => {
    section.classList.toggle("is-playing", player.isPlaying);
    toggle.ariaLabel = text(player.isPlaying ? "pause" : "play");
    if (!player.isPlaying) document.querySelector(".play.playing")?.classList.remove("playing");
    show();
  };
  player.addEventListener("time", show);
  player.addEventListener("play", showState);
  player.addEventListener("pause", showState);

  listenToClicks(player, transcript);
  listenToKeys(player, transcript);
  listenToFields(player, transcript);
  openAtMoment(player, transcript);
  listenToReviews(page.dataset.call, transcript);
  page.addEventListener("deleted", () => player.isPlaying && player.toggle());
}

function openAtMoment(player, transcript) {
  const t = Number(new URLSearchParams(location.search).get("t") ?? NaN);
  if (Number.isFinite(t)) {
    player.seek(t);
    transcript.show(t, false);
    transcript.scrollTo(transcript.active?.element);
  }
}

function playEvidence(player, transcript, target) {
  const { start, end, turn } = target.dataset;
  document.querySelectorAll(".play.playing, .mark.current").forEach((one) => one.classList.remove("playing", "current"));
  target.classList.add(target.classList.contains("mark") ? "current" : "playing");
  transcript.markEvidence(turn, Number(start), Number(end));
  player.playStretch(Number(start), Number(end));
}

function listenToClicks(player, transcript) {
  document.addEventListener("click", (event) => {
    const evidence = event.target.closest("[data-play]");
    if (evidence) return playEvidence(player, transcript, evidence);
    const word = event.target.closest(".w");
    if (word && !getSelection().toString()) return player.seek(Number(word.dataset.s));
    const seek = event.target.closest("[data-seek]");
    if (seek) {
      player.seek(Number(seek.dataset.seek));
      if (!player.isPlaying) player.toggle();
    }
    const skip = event.target.closest("[data-skip]");
    if (skip) player.seek(player.nowMs + Number(skip.dataset.skip));
    const filter = event.target.closest("[data-filter]");
    if (filter) filterByEvent(transcript, filter);
  });
  document.getElementById("toggle").addEventListener("click", () => player.toggle());
  document.getElementById("copy-link").addEventListener("click", () => copyLink(player));
}

function filterByEvent(transcript, button) {
  const isOn = button.getAttribute("aria-pressed") === "true";
  for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(!isOn));
  const event = isOn ? null : button.dataset.filter;
  transcript.only(event);
  for (const mark of document.querySelectorAll(".lanes .mark")) {
    mark.classList.toggle("faded", event !== null && mark.dataset.event !== event);
  }
}

async function copyLink(player) {
  const link = new URL(location.pathname, location.origin);
  if (document.querySelector(".with-removed")) link.searchParams.set("removed", "1");
  link.searchParams.set("t", Math.round(player.nowMs));
  try {
    await navigator.clipboard.writeText(link.href);
    toast(text("link_copied", { at: clock(player.nowMs) }));
  } catch {
    // Browsers refuse the clipboard on plain http: the address bar can be copied instead.
    history.replaceState(null, "", link.pathname + link.search);
    toast(text("link_in_bar"));
  }
}

function listenToFields(player, transcript) {
  const find = document.getElementById("find");
  find.addEventListener("input", () => transcript.find(find.value));
  if (find.value) transcript.find(find.value);
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    find.value = "";
    transcript.find("");
    find.blur();
  });
  const speed = document.getElementById("speed");
  speed.addEventListener("change", () => player.setSpeed(Number(speed.value)));
  document.querySelector(".lanes")?.addEventListener("keydown", (event) => {
    const mark = event.target.closest(".mark");
    if (!mark) return;
    if (event.key === "Enter" || event.key === " ") mark.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") moveFocus(mark, event.key === "ArrowRight" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function moveFocus(mark, step) {
  const marks = [...document.querySelectorAll(".lanes .mark")];
  const next = marks[(marks.indexOf(mark) + step + marks.length) % marks.length];
  mark.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function listenToKeys(player, transcript) {
  const turn = (step) => {
    const next = transcript.neighbour(player.nowMs, step);
    if (!next) return;
    player.seek(next.start);
    transcript.scrollTo(next.element);
  };
  const keys = {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    ArrowLeft: () => player.seek(player.nowMs - 5000),
    ArrowRight: () => player.seek(player.nowMs + 5000),
    j: () => player.seek(player.nowMs - 10000),
    l: () => player.seek(player.nowMs + 10000),
    ArrowUp: () => turn(-1),
    ArrowDown: () => turn(1),
    "[": () => changeSpeed(-1),
    "]": () => changeSpeed(1),
    c: () => copyLink(player),
    "?": () => document.getElementById("keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (isTyping(event)) return;
    // A focused button or link keeps its own space key.
    if (event.key === " " && event.target.closest("button, a, summary, input")) return;
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function changeSpeed(step) {
  const speed = document.getElementById("speed");
  speed.selectedIndex = Math.min(Math.max(0, speed.selectedIndex + step), speed.options.length - 1);
  speed.dispatchEvent(new Event("change"));
}
