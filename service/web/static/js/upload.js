// The upload dialog: choose or drop files, one request and one progress bar each, three at a time.

import { csrfToken, text } from "./page.js";

const AT_ONCE = 3;
const form = document.getElementById("upload-form");
const dialog = document.getElementById("upload");
const drop = document.getElementById("drop");
const list = document.getElementById("uploads");
const waiting = [];
let running = 0;
let hasNew = false;

drop.addEventListener("change", (event) => {
  enqueue(event.target.files);
  event.target.value = "";
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") enqueue(event.dataTransfer.files);
  });
}
form.addEventListener("submit", (event) => event.preventDefault());
dialog.addEventListener("close", () => {
  if (hasNew) window.htmx.trigger("#results", "refresh");
  hasNew = false;
});

function enqueue(files) {
  for (const file of files) waiting.push({ file, line: addLine(file), fields: detailsOf() });
  next();
}

function detailsOf() {
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "files" && value !== "");
  return fields.map(([name, value]) => [name, name === "started_at" ? withOffset(value) : value]);
}

/** A local date and time with the UTC offset that this browser has on that day. */
function withOffset(value) {
  const minutes = -new Date(value).getTimezoneOffset();
  const pad = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  return `${value}:00${minutes < 0 ? "-" : "+"}${pad(minutes / 60)}:${pad(minutes % 60)}`;
}

function addLine(file) {
  const line = document.createElement("li");
  line.className = "upload";
  for (const part of ["name", "state"]) {
    const span = document.createElement("span");
    span.className = `upload-${part}`;
    line.append(span);
  }
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.ariaLabel = file.name;
  line.append(bar);
  line.querySelector(".upload-name").textContent = file.name;
  line.querySelector(".upload-state").textContent = text("upload_waiting");
  list.append(line);
  return line;
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    send(waiting.shift()).finally(() => {
      running -= 1;
      next();
    });
  }
}

function send({ file, line, fields }) {
  return new Promise((resolve) => {
    const body = new FormData();
    fields.forEach(([name, value]) => body.append(name, value));
    body.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/recordings");
    request.setRequestHeader("X-CSRF-Token", csrfToken);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      line.querySelector("progress").value = event.total ? event.loaded / event.total : 0;
      line.querySelector(".upload-state").textContent = text("upload_sending");
    });
    request.addEventListener("loadend", () => {
      finish(line, request);
      resolve();
    });
    request.send(body);
  });
}

function finish(line, request) {
  const answer = Array.isArray(request.response) ? request.response[0] : null;
  const status = answer?.status ?? "failed";
  const reason = answer ? answer.reason : (request.response?.detail ?? text("request_failed"));
  line.classList.add(status);
  line.querySelector(".upload-state").textContent = text(`upload_${status}`);
  line.querySelector("progress").remove();
  if (answer?.call_id) {
    const link = document.createElement("a");
    link.href = `/calls/${answer.call_id}`;
    link.textContent = line.querySelector(".upload-name").textContent;
    line.querySelector(".upload-name").replaceChildren(link);
  }
  if (reason) {
    const why = document.createElement("span");
    why.className = "upload-reason";
    why.textContent = typeof reason === "string" ? reason : text("request_failed");
    line.append(why);
  }
  hasNew ||= status !== "refused";
}
