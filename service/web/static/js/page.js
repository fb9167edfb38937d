// What every script needs of the page: its texts, its CSRF token, its colours, toasts.

const texts = JSON.parse(document.getElementById("texts").textContent);

export const csrfToken = document.querySelector('meta[name="csrf-token"]').content;
export const nonce = document.querySelector('meta[name="csp-nonce"]').content;

/** The text of `key` with `{name}` places filled from `params`. */
export function text(key, params = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => params[name] ?? place);
}

/** Post a JSON body to the server; null when it cannot be reached. */
export function send(path, body) {
  const headers = { "X-CSRF-Token": csrfToken, "Content-Type": "application/json" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
}

/** The value of a design token, such as the colour "accent". */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Show a line at the foot of the page for a few seconds; with `act`, a button named `label` that does it. */
export function toast(message, kind = "", label = "", act = null) {
  const line = document.createElement("p");
  line.className = `toast ${kind}`;
  line.textContent = message;
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast-act";
    button.textContent = label;
    button.addEventListener("click", () => {
      line.remove();
      act();
    });
    line.append(button);
  }
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), act ? 8000 : 4000);
}

/** A place in a recording: 3:07, or 1:02:07 from an hour on. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Whether keys typed now belong to a field or dialog, not to the page. */
export function isTyping(event) {
  const target = event.target;
  const isField = target.closest("select, textarea, [contenteditable], input:not([type=checkbox]):not([type=radio])");
  return Boolean(isField || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"));
}
