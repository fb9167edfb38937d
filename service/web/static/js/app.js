// On every page: time zone, HTMX requests, dialogs, menus, clickable rows and the search key.

import { csrfToken, isTyping, text, toast } from "./page.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`time_zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `time_zone=${encodeURIComponent(zone)};path=/;max-age=31536000;samesite=lax`;
}

// Addresses stay short enough to share: what is not set is not sent.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-CSRF-Token"] = csrfToken;
  if (detail.verb !== "get" || !detail.formData) return;
  for (const name of new Set(detail.formData.keys())) {
    const values = detail.formData.getAll(name).filter((value) => value !== "");
    detail.formData.delete(name);
    values.forEach((value) => detail.formData.append(name, value));
  }
  if (detail.formData.getAll("event").length < 2 || detail.formData.get("match") === "all") {
    detail.formData.delete("match");
  }
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, () => toast(text("request_failed"), "error"));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (event.target.closest("[data-close]") || event.target.matches("dialog")) event.target.closest("dialog").close();
  const toaster = event.target.closest("[data-toast]");
  if (toaster) toast(toaster.dataset.toast);
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, button, input, label") && !getSelection().toString()) {
    row.querySelector(".row-link").click();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "/" && !isTyping(event)) {
    const field = document.querySelector("[data-search]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
});
