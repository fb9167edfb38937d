// A person's word on key events: confirm, reject, take back, or add one that was missed; each can be undone.

import { send, text, toast } from "./page.js";

const GAP = 6;

export function listenToReviews(call, transcript) {
  const verdict = document.getElementById("verdict");
  const missed = document.getElementById("missed");
  if (!verdict) return;
  let chip = null;
  let turn = null;

  const review = async (position, event, wish) => {
    const answer = await send(`/api/calls/${call}/reviews`, { turn: Number(position), event, verdict: wish });
    if (!answer?.ok) return toast(text("request_failed"), "error");
    const done = await answer.json();
    await refresh(transcript, position);
    return done;
  };
  const say = async (position, event, wish) => {
    const done = await review(position, event, wish);
    if (!done || done.verdict === done.before) return;
    toast(text(`review_${done.verdict}`), "", text("undo"), async () => {
      if (await review(position, event, done.before)) toast(text("review_undone"));
    });
  };

  document.addEventListener("click", (click) => {
    const review = click.target.closest("[data-review]");
    if (review) {
      chip = review;
      verdict.querySelector("#verdict-title").textContent = review.dataset.name;
      verdict.querySelector("#verdict-told").textContent = review.dataset.told ?? "";
      for (const button of verdict.querySelectorAll("[data-say]")) {
        const isSaid = (review.dataset.verdict ?? "withdrawn").replace("missed", "confirmed") === button.dataset.say;
        button.hidden = button.dataset.say === "withdrawn" && !review.dataset.verdict;
        button.setAttribute("aria-pressed", String(isSaid));
      }
      open(verdict, review, click.detail === 0);
    }
    const add = click.target.closest("[data-add]");
    if (add) {
      turn = add.closest(".turn");
      offer(missed, turn);
      open(missed, add, click.detail === 0);
    }
    const wish = click.target.closest("[data-say]");
    if (wish) {
      verdict.hidePopover();
      say(chip.dataset.turn, chip.dataset.event, wish.dataset.say);
    }
    const event = click.target.closest("[data-missed]");
    if (event) {
      missed.hidePopover();
      say(turn.dataset.turn, event.dataset.missed, "missed");
    }
  });
  // A page that scrolls under an open popover would leave it behind.
  addEventListener("scroll", () => [verdict, missed].forEach((one) => one.matches(":popover-open") && one.hidePopover()), {
    passive: true,
  });
}

/** Show only the events that this turn's speaker can show, and that it does not show yet. */
function offer(menu, turn) {
  const shown = new Set([...turn.querySelectorAll("[data-review]")].map((chip) => chip.dataset.event));
  for (const button of menu.querySelectorAll("[data-missed]")) {
    const isAble = turn.dataset.speaker === "unknown" || button.dataset.speakers.split(" ").includes(turn.dataset.speaker);
    button.hidden = !isAble || shown.has(button.dataset.missed);
  }
}

/** Open beside what was clicked, inside the window; from the keyboard the first choice has the focus. */
function open(popover, beside, isByKey) {
  popover.showPopover();
  const place = beside.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const below = place.bottom + GAP + own.height < innerHeight;
  popover.style.left = `${Math.max(GAP, Math.min(place.left, innerWidth - own.width - GAP))}px`;
  popover.style.top = `${below ? place.bottom + GAP : Math.max(GAP, place.top - own.height - GAP)}px`;
  if (isByKey) popover.querySelector("button:not([hidden])")?.focus({ preventScroll: true });
}

/** Draw anew what a review changes: the turn's events, the tally, the timeline and the scorecard. */
async function refresh(transcript, position) {
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const hadFocus = document.activeElement?.closest?.(".turn-events");
  transcript.replaceEvents(position, fresh.getElementById(`turn-${position}`));
  for (const id of ["tally", "scorecard"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && now) old.replaceWith(document.adoptNode(now));
  }
  document.querySelector(`#tally [data-filter="${CSS.escape(transcript.event ?? "")}"]`)?.setAttribute("aria-pressed", "true");
  const lanes = document.querySelector(".lanes");
  lanes?.querySelectorAll(".mark").forEach((mark) => mark.remove());
  const playhead = document.getElementById("playhead");
  for (const mark of fresh.querySelectorAll(".lanes .mark")) playhead?.before(document.adoptNode(mark));
  if (hadFocus) document.querySelector(`#turn-${position} [data-add]`)?.focus({ preventScroll: true });
}
