// Pages of deals, accounts and contacts: quotes that play, the section one is in, live states.

import { followProgress, isFinished } from "./progress.js";
import "./sound.js";

const nav = document.querySelector(".deal-nav");
if (nav) followSections([...nav.querySelectorAll("a")]);
if (document.querySelector("[data-state-cell]")) {
  followProgress((change) => {
    const row = document.querySelector(`[data-recording="${CSS.escape(change.recording_id)}"]`);
    if (row && isFinished(change.state)) location.reload();
  });
}

/** A section that an address names is open when it is a gate, and the tab of what is on screen is marked. */
function followSections(tabs) {
  const sections = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));
  const mark = () => {
    const line = innerHeight * 0.3;
    let now = sections.findLastIndex((section) => section && section.getBoundingClientRect().top <= line);
    const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
    if (now < 0) now = 0;
    if (isAtEnd && scrollY > 0 && location.hash) {
      const named = tabs.findIndex((tab) => tab.hash === location.hash);
      if (named > now) now = named;
    }
    tabs.forEach((tab, index) => (index === now ? tab.setAttribute("aria-current", "true") : tab.removeAttribute("aria-current")));
  };
  addEventListener("scroll", mark, { passive: true });
  addEventListener("hashchange", mark);
  // A part that HTMX put in anew is another element.
  document.addEventListener("htmx:afterSettle", () => {
    tabs.forEach((tab, index) => (sections[index] = document.getElementById(tab.hash.slice(1))));
    mark();
  });
  mark();
}
