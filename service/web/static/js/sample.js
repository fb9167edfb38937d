// A sample to judge: hear a turn, answer with a key, and the next one comes.

import { isTyping, send, text, toast } from "./page.js";
import { Player } from "./player.js";

const page = document.getElementById("sample");
const address = `/quality/samples/${page.dataset.sample}`;
let player = null;
let isBusy = false;

start();

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-answer]");
  if (button) return answer(button.dataset.answer);
  if (target.closest("#undo")) return undo();
  if (target.closest("#play")) return toggle();
  const stretch = target.closest("[data-stretch]");
  if (stretch) player?.playStretch(Number(stretch.dataset.start), Number(stretch.dataset.end));
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.repeat) return;
  if (event.key === " " && event.target.closest("button, a, summary, input")) return;
  const keys = { y: () => answer("yes"), n: () => answer("no"), s: () => answer("skip"), u: undo, " ": toggle, k: toggle };
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

function start(isAsked = false) {
  const question = document.getElementById("question");
  player = null;
  if (!question) return;
  const section = document.getElementById("player");
  player = new Player(section, Number(question.dataset.duration));
  for (const name of ["play", "pause"]) {
    player.addEventListener(name, () => section.classList.toggle("is-playing", player?.isPlaying));
  }
  player.seek(Number(question.dataset.start));
  // Only who has just answered has asked for sound: browsers refuse it to a page that nobody touched.
  if (isAsked) play();
}

function play() {
  const { start: from, end } = document.getElementById("question").dataset;
  player.playStretch(Number(from), Number(end));
}

function toggle() {
  if (!player) return;
  if (player.isPlaying) player.toggle();
  else play();
}

async function answer(value) {
  const question = document.getElementById("question");
  if (!question) return;
  await once(async () => (await keep(question.dataset.position, value)) && show(address, value !== "skip"));
}

async function undo() {
  const last = (document.getElementById("question") ?? document.getElementById("finished"))?.dataset.last;
  if (last === undefined) return;
  await once(async () => {
    if (!(await keep(last, null))) return;
    await show(`${address}?item=${last}`, false);
    toast(text("answer_undone"));
  });
}

/** A key that is pressed before the next turn is there is not meant for it, nor for the one before. */
async function once(act) {
  if (isBusy) return;
  isBusy = true;
  await act();
  isBusy = false;
}

async function keep(position, value) {
  const answered = await send(`/api${address}/items/${position}`, { answer: value });
  if (!answered?.ok) toast(text("request_failed"), "error");
  return Boolean(answered?.ok);
}

/** Put the next turn in the place of this one, without loading the page. */
async function show(next, isAsked) {
  const answered = await fetch(next).catch(() => null);
  if (!answered?.ok) return toast(text("request_failed"), "error");
  const fresh = new DOMParser().parseFromString(await answered.text(), "text/html");
  if (player?.isPlaying) player.toggle();
  page.replaceChildren(...document.adoptNode(fresh.getElementById("sample")).childNodes);
  start(isAsked);
}
