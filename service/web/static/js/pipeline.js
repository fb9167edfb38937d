// The editor of a pipeline: the text, what is wrong with it, and what it says in words.

import { CodeField } from "./code.js";
import { csrfToken, text, toast } from "./page.js";

const WAIT_MS = 350;
const code = new CodeField(document.getElementById("document"), document.getElementById("gutter"));
const save = document.getElementById("save");
const list = document.getElementById("problems");
let saved = code.text;
let timer = 0;
let asked = 0;

async function send(path) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "X-CSRF-Token": csrfToken, "Content-Type": "application/json" },
    body: JSON.stringify({ document: code.text }),
  }).catch(() => null);
  if (!answer) toast(text("request_failed"), "error");
  return answer;
}

function show(problems) {
  code.mark(problems);
  list.replaceChildren(...(problems.length ? problems.map(line) : [fine()]));
  save.disabled = problems.length > 0;
  document.getElementById("save-state").textContent = saved === code.text ? "" : text("draft_unsaved");
}

function fine() {
  const note = document.createElement("p");
  note.className = "no-problem";
  note.textContent = text("no_problem");
  return note;
}

function line(problem) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "problem";
  const where = document.createElement("span");
  where.className = "problem-line tabular";
  where.textContent = problem.line ? text("line", { n: problem.line }) : "";
  const path = document.createElement("code");
  path.textContent = problem.path;
  const what = document.createElement("span");
  what.textContent = problem.message + (problem.hint ? ` — ${problem.hint}` : "");
  button.append(where, path, what);
  button.addEventListener("click", () => code.goTo(problem.line ?? 1));
  return button;
}

async function check() {
  const number = (asked += 1);
  const answer = await send("/settings/pipelines/check");
  if (!answer?.ok || number !== asked) return;
  const { problems, words } = await answer.json();
  if (words) document.getElementById("words").innerHTML = words;
  show(problems);
}

async function keep() {
  const wanted = code.text;
  const answer = await send("/settings/pipelines");
  if (!answer) return;
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) {
    saved = wanted;
    toast(text("pipeline_saved"));
    show([]);
  } else if (told.problems) show(told.problems);
  else toast(text("request_failed"), "error");
}

code.field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(check, WAIT_MS);
});
save.addEventListener("click", keep);
document.addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (!save.disabled) keep();
});
addEventListener("beforeunload", (event) => saved !== code.text && event.preventDefault());
show(JSON.parse(document.getElementById("found-problems").textContent));
