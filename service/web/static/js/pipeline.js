// The editor of a pipeline: the text, what is wrong with it, and what it says in words.

import { CodeField, showProblems } from "./code.js";
import { send, text, toast } from "./page.js";

const WAIT_MS = 350;
const code = new CodeField(document.getElementById("document"), document.getElementById("gutter"));
const save = document.getElementById("save");
const list = document.getElementById("problems");
let saved = code.text;
let timer = 0;
let asked = 0;

/** Ask the server about the text; a toast when it cannot be reached. */
async function ask(path) {
  const answer = await send(path, { document: code.text });
  if (!answer) toast(text("request_failed"), "error");
  return answer;
}

function show(problems) {
  code.mark(problems);
  showProblems(list, problems, code);
  save.disabled = problems.length > 0;
  document.getElementById("save-state").textContent = saved === code.text ? "" : text("draft_unsaved");
}

async function check() {
  const number = (asked += 1);
  const answer = await ask("/settings/pipelines/check");
  if (!answer?.ok || number !== asked) return;
  const { problems, words } = await answer.json();
  if (words) document.getElementById("words").innerHTML = words;
  show(problems);
}

async function keep() {
  const wanted = code.text;
  const answer = await ask("/settings/pipelines");
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
