// The transcript: follows the sound, finds words, shows turns by key event.

import { text } from "./page.js";

const FOLLOW_PAUSE_MS = 5000;

/** Index of the last entry that starts at or before `ms` (-1: none); `starts` ascend. */
export function indexAt(starts, ms) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Transcript {
  constructor(section) {
    this.turns = [...section.querySelectorAll(".turn")].map((element) => ({
      element,
      start: Number(element.dataset.start),
      end: Number(element.dataset.end),
      text: element.querySelector(".turn-text").textContent.normalize("NFKC").toLowerCase(),
      events: eventsOf(element),
    }));
    this.byTime = [...this.turns].sort((one, other) => one.start - other.start);
    this.starts = this.byTime.map((turn) => turn.start);
    this.words = [...section.querySelectorAll(".w")]
      .map((element) => ({ element, start: Number(element.dataset.s), end: Number(element.dataset.e) }))
      .sort((one, other) => one.start - other.start);
    this.wordStarts = this.words.map((word) => word.start);
    this.list = section.querySelector(".turns");
    this.followBox = document.getElementById("follow");
    this.count = document.getElementById("find-count");
    this.nothing = document.getElementById("turns-none");
    this.needle = "";
    this.event = null;
    this.quietUntil = 0;
    for (const name of ["wheel", "touchmove"]) {
      addEventListener(name, () => (this.quietUntil = Date.now() + FOLLOW_PAUSE_MS), { passive: true });
    }
  }

  /** Mark the turn and word at `ms`; scroll along while the sound plays. */
  show(ms, isPlaying) {
    const turn = this.byTime[indexAt(this.starts, ms)] ?? null;
    if (turn !== this.active) {
      this.active?.element.classList.remove("active");
      turn?.element.classList.add("active");
      this.active = turn;
      const mayScroll = isPlaying && this.followBox?.checked && Date.now() > this.quietUntil;
      if (mayScroll) this.scrollTo(turn?.element);
    }
    const found = this.words[indexAt(this.wordStarts, ms)];
    const word = found && ms < found.end + 150 ? found : null;
    if (word !== this.word) {
      this.word?.element.classList.remove("now");
      word?.element.classList.add("now");
      this.word = word;
    }
  }

  scrollTo(element) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
  }

  turnAt(position) {
    return this.turns.find((turn) => turn.element.dataset.turn === String(position));
  }

  /** Put newly drawn chips in the place of those of a turn. */
  replaceEvents(position, fresh) {
    const turn = this.turnAt(position);
    const body = turn.element.querySelector(".turn-body");
    body.querySelector(".turn-events")?.remove();
    const chips = fresh.querySelector(".turn-events");
    if (chips) body.append(document.adoptNode(chips));
    turn.events = eventsOf(turn.element);
  }

  /** The turn before (-1) or after (1) the moment `ms`. */
  neighbour(ms, step) {
    const index = indexAt(this.starts, ms + 1);
    return this.byTime[Math.min(Math.max(0, index + step), this.byTime.length - 1)];
  }

  /** Mark the words of a stretch of `position`'s turn, and take the marks off all others. */
  markEvidence(position, startMs, endMs) {
    document.querySelectorAll(".evidence-word").forEach((word) => word.classList.remove("evidence-word"));
    const turn = this.turnAt(position)?.element;
    for (const word of turn?.querySelectorAll(".w") ?? []) {
      const middle = (Number(word.dataset.s) + Number(word.dataset.e)) / 2;
      word.classList.toggle("evidence-word", middle >= startMs && middle <= endMs);
    }
    this.scrollTo(turn);
  }

  find(needle) {
    this.needle = needle.trim().normalize("NFKC").toLowerCase();
    this.#filter();
  }

  /** Only turns that show `event`; null shows all. */
  only(event) {
    this.event = event;
    this.#filter();
  }

  #filter() {
    const needles = this.needle.split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const turn of this.turns) {
      const isShown =
        needles.every((needle) => turn.text.includes(needle)) && (!this.event || turn.events.has(this.event));
      turn.element.hidden = !isShown;
      shown += isShown;
    }
    const isFiltered = Boolean(needles.length || this.event);
    this.list.classList.toggle("filtered", isFiltered);
    this.count.textContent = isFiltered ? text("turns_found", { n: shown }) : "";
    if (this.nothing) this.nothing.hidden = shown > 0;
    this.#highlight(needles);
  }

  #highlight(needles) {
    if (!("highlights" in CSS)) return;
    const ranges = [];
    for (const turn of needles.length ? this.turns : []) {
      if (!turn.element.hidden) ranges.push(...rangesOf(turn.element.querySelector(".turn-text"), needles));
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }
}

function eventsOf(element) {
  const chips = element.querySelectorAll("[data-event]:not([data-verdict=rejected])");
  return new Set([...chips].map((chip) => chip.dataset.event));
}

function rangesOf(element, needles) {
  const nodes = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let whole = "";
  while (walker.nextNode()) {
    nodes.push({ node: walker.currentNode, at: whole.length });
    whole += walker.currentNode.data;
  }
  const folded = whole.toLowerCase();
  if (folded.length !== whole.length) return [];
  const place = (offset) => {
    const entry = nodes.findLast(({ at }) => at <= offset);
    return [entry.node, Math.min(offset - entry.at, entry.node.data.length)];
  };
  const ranges = [];
  for (const needle of needles) {
    for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + needle.length)) {
      const range = new Range();
      range.setStart(...place(at));
      const [node, offset] = place(at + needle.length - 1);
      range.setEnd(node, offset + 1);
      ranges.push(range);
    }
  }
  return ranges;
}
