// The editor of SOPs: the text is the truth; the form beside it changes the text, and every change is checked.

import { CodeField, showProblems } from "./code.js";
import { csrfToken, send, text, toast } from "./page.js";

const WAIT_MS = 350;
const page = document.getElementById("editor");
const code = new CodeField(document.getElementById("document"), document.getElementById("gutter"));
const list = document.getElementById("problems");
const state = document.getElementById("save-state");
let name = page.dataset.name;
let parsedName = name;
let saved = "unsaved" in page.dataset ? null : code.text;
let problems = [];
let timer = 0;
let asked = 0;

/** Ask the server; a toast when it cannot be reached. */
async function ask(path, body) {
  const answer = await send(path, body);
  if (!answer) toast(text("request_failed"), "error");
  return answer;
}

/** Show what the server says of the text. */
function show(answer) {
  problems = answer.problems;
  parsedName = answer.name || parsedName;
  code.mark(problems);
  showProblems(list, problems, code);
  if (answer.form !== undefined && !isBeingFilled()) replace("panel-form", answer.form);
  if (answer.changes !== undefined) replace("panel-changes", answer.changes);
  showState();
}

/** Keep the field that was in use in use when the form is drawn anew. */
function replace(id, html) {
  const panel = document.getElementById(id);
  const fields = "input, button, summary";
  const at = [...panel.querySelectorAll(fields)].indexOf(document.activeElement);
  panel.innerHTML = html;
  if (at >= 0) panel.querySelectorAll(fields)[at]?.focus({ preventScroll: true });
}

/** Whether somebody types into the form, or has a menu of it open: then it is drawn anew later. */
function isBeingFilled() {
  const panel = document.getElementById("panel-form");
  return Boolean(panel.querySelector("details[open]")) || panel.contains(document.activeElement) && typing;
}
let typing = false;

function showState() {
  const isSaved = saved === code.text;
  state.textContent = isSaved ? text("draft_saved") : text("draft_unsaved");
  document.getElementById("save").disabled = isSaved;
  for (const button of document.querySelectorAll("[data-clean]")) {
    button.disabled = problems.length > 0 || (button.closest("#try") && !document.getElementById("try-call").value);
    button.title = problems.length ? text("mend_first") : "";
  }
}

async function check() {
  const mine = ++asked;
  const answer = await ask("/sops/check", { document: code.text, name });
  if (answer?.ok && mine === asked) show(await answer.json());
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, WAIT_MS);
  showState();
}

async function edit(kind, path, key, value) {
  const answer = await ask("/sops/change", { document: code.text, name, edit: { kind, path, key, value } });
  if (!answer?.ok) return;
  const done = await answer.json();
  if (done.refused) {
    toast(done.refused, "error");
    return check();
  }
  code.replaceWith(done.document);
  clearTimeout(timer);
  asked += 1;
  typing = false;
  document.querySelectorAll("#panel-form details[open]").forEach((menu) => (menu.open = false));
  show(done);
}

function valueOf(field) {
  if (field.type === "checkbox") {
    return String(field.checked) === field.dataset.default ? null : field.checked;
  }
  if ("number" in field.dataset) return field.value === "" ? null : Number(field.value);
  return field.value;
}

/** Keep the text as the draft; the address becomes the draft's. True when it is kept. */
async function save() {
  const target = name || parsedName;
  if (!target) {
    toast(text("name_first"), "error");
    return false;
  }
  const document_ = code.text;
  const answer = await ask(`/sops/${encodeURIComponent(target)}/draft`, { document: document_, name: target });
  if (!answer?.ok) {
    if (answer) toast((await answer.json().catch(() => ({}))).detail ?? text("request_failed"), "error");
    return false;
  }
  name = target;
  saved = document_;
  history.replaceState(null, "", (await answer.json()).address);
  showState();
  return true;
}

function submitTo(path, fields) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  for (const [key, value] of Object.entries({ csrf_token: csrfToken, ...fields })) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: key, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

function listenToText() {
  code.field.addEventListener("input", checkSoon);
  addEventListener("beforeunload", (event) => {
    if (saved !== null && saved !== code.text) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save();
    }
  });
}

function listenToForm() {
  const panel = document.getElementById("panel-form");
  panel.addEventListener("input", () => (typing = true));
  panel.addEventListener("focusout", () => (typing = false));
  panel.addEventListener("change", ({ target }) => {
    const { edit: kind, path, key } = target.dataset;
    if (kind) edit(kind, JSON.parse(path), key, valueOf(target));
  });
  panel.addEventListener("click", ({ target }) => {
    const line = target.closest("[data-line]:not(li)");
    if (line) code.goTo(Number(line.dataset.line));
    const apply = target.closest("[data-apply]");
    if (apply) {
      const menu = apply.closest("[data-events]");
      const chosen = [...menu.querySelectorAll("input:checked")].map((field) => field.value);
      edit("events", JSON.parse(menu.dataset.path), "", chosen);
    }
    const button = target.closest("button[data-edit]");
    if (button) edit(button.dataset.edit, JSON.parse(button.dataset.path), "", button.dataset.value ?? null);
  });
}

function listenToTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const open = (tab) => {
    for (const one of tabs) {
      const isOpen = one === tab;
      one.setAttribute("aria-selected", String(isOpen));
      one.tabIndex = isOpen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !isOpen;
    }
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      open(next);
      next.focus();
    });
  }
}

function listenToActions() {
  document.getElementById("save").addEventListener("click", save);
  document.getElementById("backtest").addEventListener("click", async () => {
    if (await save()) submitTo(`/sops/${encodeURIComponent(name)}/backtest`, {});
  });
  document.getElementById("publish").addEventListener("click", async () => {
    if (!(await save())) return;
    document.getElementById("publish-form").action = `/sops/${encodeURIComponent(name)}/publish`;
    document.getElementById("publish-dialog").showModal();
  });
  document.getElementById("try").addEventListener("submit", async (event) => {
    event.preventDefault();
    const target = document.getElementById("tried");
    target.classList.add("is-waiting");
    const wish = { document: code.text, name, call_id: document.getElementById("try-call").value };
    const answer = await ask("/sops/try", wish);
    target.classList.remove("is-waiting");
    if (answer?.ok) target.innerHTML = await answer.text();
    else if (answer) toast(text("request_failed"), "error");
  });
}

listenToText();
listenToForm();
listenToTabs();
listenToActions();
problems = JSON.parse(document.getElementById("found-problems").textContent);
code.mark(problems);
showProblems(list, problems, code);
showState();
