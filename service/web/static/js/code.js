// A textarea with line numbers, markers where something is wrong, and keys that indent.

import { text } from "./page.js";

const INDENT = "  ";

export class CodeField {
  /** `field` is the textarea, `gutter` an element beside it. */
  constructor(field, gutter) {
    this.field = field;
    this.gutter = gutter;
    this.problems = [];
    this.leaving = false;
    field.addEventListener("input", () => this.draw());
    field.addEventListener("scroll", () => (gutter.scrollTop = field.scrollTop));
    field.addEventListener("keydown", (event) => this.press(event));
    this.draw();
  }

  get text() {
    return this.field.value;
  }

  /** Change the text to `next` by replacing only what differs, so that the browser can undo it. */
  replaceWith(next) {
    const now = this.text;
    if (now === next) return;
    let start = 0;
    while (start < now.length && start < next.length && now[start] === next[start]) start += 1;
    let [end, stop] = [now.length, next.length];
    while (end > start && stop > start && now[end - 1] === next[stop - 1]) [end, stop] = [end - 1, stop - 1];
    this.insert(start, end, next.slice(start, stop));
  }

  insert(start, end, text) {
    const [focused, top] = [document.activeElement, this.field.scrollTop];
    this.field.focus({ preventScroll: true });
    this.field.setSelectionRange(start, end);
    // The only way to change a field that the browser's undo knows of.
    const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!done) {
      this.field.setRangeText(text, start, end, "end");
      this.field.dispatchEvent(new Event("input"));
    }
    this.field.scrollTop = top;
    if (focused && focused !== this.field && focused.isConnected) focused.focus({ preventScroll: true });
  }

  /** Mark the lines of `problems`: {line, message}. */
  mark(problems) {
    this.problems = problems;
    this.draw();
  }

  /** Put the caret at a line (from 1) and bring it into view. */
  goTo(line) {
    const lines = this.text.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.field.focus();
    this.field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    const height = this.field.scrollHeight / lines.length;
    this.field.scrollTop = Math.max(0, (line - 1) * height - this.field.clientHeight / 2);
    this.gutter.scrollTop = this.field.scrollTop;
  }

  draw() {
    const count = this.text.split("\n").length;
    const wrong = new Map(this.problems.map((problem) => [problem.line, problem.message]));
    this.gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const line = document.createElement("span");
        line.textContent = index + 1;
        if (wrong.has(index + 1)) {
          line.className = "wrong";
          line.title = wrong.get(index + 1);
        }
        return line;
      }),
    );
    this.gutter.scrollTop = this.field.scrollTop;
  }

  /** Tab indents, Shift Tab takes it back; after Escape Tab leaves the field, for those who have no mouse. */
  press(event) {
    if (event.key === "Escape") {
      this.leaving = true;
      return;
    }
    if (event.key === "Tab" && !this.leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.breakLine();
    }
    if (event.key !== "Shift") this.leaving = false;
  }

  indent(back) {
    const { selectionStart, selectionEnd } = this.field;
    if (!back && selectionStart === selectionEnd) return this.insert(selectionStart, selectionEnd, INDENT);
    const start = this.text.lastIndexOf("\n", selectionStart - 1) + 1;
    const old = this.text.slice(start, selectionEnd);
    const next = old.replace(/^/gm, back ? "" : INDENT);
    const changed = back ? old.replace(/^ {1,2}/gm, "") : next;
    if (changed === old) return;
    this.insert(start, selectionEnd, changed);
    this.field.setSelectionRange(start, start + changed.length);
  }

  /** A new line begins where the one before it began; two deeper after a colon, or after the dash of an entry. */
  breakLine() {
    const { selectionStart, selectionEnd } = this.field;
    const line = this.text.slice(this.text.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const deeper = /:\s*$/.test(line) || /^\s*- /.test(line) ? INDENT : "";
    this.insert(selectionStart, selectionEnd, `\n${/^ */.exec(line)[0]}${deeper}`);
  }
}

/** The problems of a text as buttons that lead to their lines in `code`; one line when there are none. */
export function showProblems(list, problems, code) {
  list.replaceChildren(...(problems.length ? problems.map((problem) => problemOf(problem, code)) : [noProblem()]));
}

function noProblem() {
  const note = document.createElement("p");
  note.className = "no-problem";
  note.textContent = text("no_problem");
  return note;
}

function problemOf(problem, code) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "problem";
  const where = document.createElement("span");
  where.className = "problem-line tabular";
  where.textContent = problem.line ? text("line", { n: problem.line }) : "";
  const what = document.createElement("span");
  what.textContent = problem.message + (problem.hint ? ` — ${problem.hint}` : "");
  const path = document.createElement("code");
  path.textContent = problem.path;
  button.append(where, path, what);
  button.addEventListener("click", () => code.goTo(problem.line ?? 1));
  return button;
}
