"""Next steps: what was agreed, when it is due, and what later calls tell of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals.due_dates import Due, due_of, local_day
from sop.deals.facts import CallFact, ContactFact, DealFacts, EventFact
from sop.deals.next_steps import NextStep, StepMark, next_steps
from sop.events import Slot

SHANGHAI = timezone(timedelta(hours=8))
SAID_AT = datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI)  # a Monday


def on(day: int, hour: int = 10) -> datetime:
    """That day of November 2026, by the clock of the call."""
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


def call(name: str, at: datetime, **more: Any) -> CallFact:
    """A call that was listened to."""
    return CallFact(name, at, more.pop("duration_ms", 300_000), **more)


def said(turn: int, quote: str, speaker: str = "rep", event: str = "next_step", **more: Any) -> EventFact:
    """Words of the first call; ``when`` and ``channel`` are pairs of words and value, or lists of them."""
    slots = []
    for name in ("when", "channel"):
        given = more.pop(name, [])
        for words, value in given if isinstance(given, list) else [given]:
            start = quote.find(words)
            slots.append(Slot(name, words, start, start + len(words), value))
    name, at = more.pop("call", "first"), more.pop("at", SAID_AT)
    return EventFact(name, at, event, speaker, turn, turn * 1000, turn * 1000 + 900, quote, slots=tuple(slots), **more)  # type: ignore[arg-type]


def deal(*events: EventFact, calls: tuple[CallFact, ...] = (), **more: Any) -> DealFacts:
    """An open deal with a first call on Monday, 2 November."""
    first = call("first", SAID_AT, rep_name="Lin", contact="zhou")
    given = {"outcome": "open", "amount": None, "currency": None, "created_at": on(1)}
    people = (ContactFact("zhou", "Zhou"),)
    return DealFacts(
        "D-1", "default", "needs", calls=(first, *calls), events=events, contacts=people, **{**given, **more}
    )


RING = said(5, "I'll ring you on Friday.", when=("Friday", "2026-11-06"), channel=("ring", "call"))
QUOTE = said(5, "I'll send the quote on Friday.", when=("Friday", "2026-11-06"), channel=("quote", "quote"))


def only(facts: DealFacts, now: datetime | None = None, marks: dict[str, StepMark] | None = None) -> NextStep:
    """The one step of the deal, by default as it stands on the 30th."""
    (step,) = next_steps(facts, now or on(30), marks)
    return step


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2026-11-06", Due(date(2026, 11, 6), date(2026, 11, 6))),
        ("2026-11-26/2026-11-30", Due(date(2026, 11, 26), date(2026, 11, 30))),
        ("2026-11-06T15:00+08:00", Due(date(2026, 11, 6), date(2026, 11, 6), on(6, 15))),
        ("2026-11-06T12:00+08:00/2026-11-06T18:00+08:00", Due(date(2026, 11, 6), date(2026, 11, 6))),
        ("T15:00", None),
        (None, None),
        ("soon", None),
        ("2026-11-30/2026-11-26", None),
    ],
)
def test_the_days_of_a_slot_are_read(text: str | None, due: Due | None) -> None:
    """Days, times and intervals give days; a time without a day, or words, give none."""
    assert due_of(Slot("when", "x", 0, 1, text)) == due


def test_a_step_has_its_side_its_day_and_its_words() -> None:
    """What the rep says is ours and by their name; what the customer says is theirs, by the contact's."""
    ours = only(deal(RING))
    assert (ours.owner, ours.owner_name, ours.channel) == ("ours", "Lin", "call")
    assert (ours.due.first, ours.due.is_said, ours.quotes) == (date(2026, 11, 6), True, (RING,))
    theirs = only(deal(replace(RING, speaker="customer")))
    assert (theirs.owner, theirs.owner_name) == ("theirs", "Zhou")


@pytest.mark.parametrize(
    ("today", "state"), [(5, "open"), (6, "due"), (7, "due"), (13, "due"), (14, "missed"), (30, "missed")]
)
def test_without_a_call_a_step_is_open_then_due_then_missed(today: int, state: str) -> None:
    """Open before its day, due from it to a week after, missed after that."""
    assert only(deal(RING), on(today)).state == state


@pytest.mark.parametrize(
    ("day", "state"),
    [(3, "missed"), (4, "missed"), (5, "kept"), (6, "kept"), (7, "kept"), (8, "late"), (13, "late"), (14, "missed")],
)
def test_a_call_keeps_a_step_within_a_day_and_is_late_within_a_week(day: int, state: str) -> None:
    """One day before to one day after it is due keeps it; up to seven days after is late; before and beyond, missed."""
    step = only(deal(RING, calls=(call("next", on(day), direction="outbound"),)))
    assert step.state == state
    if state in ("kept", "late"):
        assert step.shown_by == "next"


def test_the_day_is_that_of_the_place_of_the_call() -> None:
    """A call at 23:30 UTC on the 4th is on the 5th in Shanghai, and keeps a step due on the 6th."""
    assert local_day(datetime(2026, 11, 4, 23, 30, tzinfo=UTC), SHANGHAI) == date(2026, 11, 5)
    assert only(deal(RING, calls=(call("next", datetime(2026, 11, 4, 23, 30, tzinfo=UTC)),))).state == "kept"


def test_when_the_customer_rings_instead_our_promise_is_missed() -> None:
    """After the grace a call by the other side is no late call of ours; within it they did talk."""
    step = only(deal(RING, calls=(call("next", on(10), direction="inbound"),)))
    assert (step.state, step.reason.code) == ("missed", "step_missed_rang")
    assert only(deal(RING, calls=(call("next", on(6), direction="inbound"),))).state == "kept"
    theirs = deal(replace(RING, speaker="customer"), calls=(call("next", on(10), direction="inbound"),))
    assert only(theirs).state == "late"


def test_a_call_nobody_heard_makes_a_step_unknown_and_never_missed() -> None:
    """So it is within the days that could decide it; a recording without speech decides nothing."""
    unheard = call("next", on(6), heard=False)
    assert only(deal(RING, calls=(unheard,))).state == "unknown"
    assert only(deal(RING, calls=(call("next", on(20), heard=False),))).state == "missed"
    assert only(deal(RING, calls=(call("next", on(6), duration_ms=0),))).state == "missed"


def test_a_quote_is_kept_where_a_later_call_speaks_of_it_else_unknown() -> None:
    """It does not show in calls by itself: a call about something else leaves it unknown."""
    later = call("next", on(9))
    assert only(deal(QUOTE), on(10)).state == "due"
    assert only(deal(QUOTE)).state == "unknown"
    assert only(deal(QUOTE, calls=(later,))).state == "unknown"
    price = said(2, "That is too much.", "customer", "price_objection", call="next", at=later.at)
    step = only(deal(QUOTE, price, calls=(later,)))
    assert (step.state, step.shown_by, step.shown_quotes) == ("kept", "next", (price,))
    doubtful = replace(price, doubtful=True)
    assert only(deal(QUOTE, doubtful, calls=(later,))).state == "unknown"


def test_a_step_without_a_day_is_due_within_a_week_and_says_so() -> None:
    """The days are counted from the call."""
    step = only(deal(said(5, "I'll ring you.", channel=("ring", "call"))), on(3))
    assert (step.due.is_said, step.due.last, step.state) == (False, date(2026, 11, 9), "open")
    assert step.reason.wording.en == "no date was said: 7 days are counted, due on 2026-11-09"


def test_a_step_without_a_day_is_never_missed() -> None:
    """Nobody agreed on when: a call within two weeks keeps it, and without one nothing can be told."""
    ring = said(5, "I'll ring you.", channel=("ring", "call"))
    assert only(deal(ring, calls=(call("next", on(16)),))).state == "kept"
    assert only(deal(ring, calls=(call("next", on(17)),))).state == "unknown"
    step = only(deal(ring))
    assert step.reason.wording.en == "no date was said, and no call for 28 days: this can't be told"
    assert step.state == "unknown"


def test_a_vague_step_is_unknown_in_the_end_and_never_missed() -> None:
    """Neither a day nor a way: nothing tells whether it was kept."""
    assert only(deal(said(5, "Let us see."))).state == "unknown"


def test_the_verb_tells_the_way_where_no_channel_was_named() -> None:
    """Talking is a call, sending a message; paying by transfer is no visit."""
    talk = said(5, "Can we talk on Friday?", when=("Friday", "2026-11-06"))
    assert (only(deal(talk)).channel, only(deal(talk)).state) == ("call", "missed")
    assert only(deal(said(5, "周五我发您。", when=("周五", "2026-11-06")))).channel == "message"
    assert only(deal(said(5, "周五我过去装。", when=("周五", "2026-11-06")))).channel == "visit"
    assert only(deal(said(5, "周五能打过来吗？", when=("周五", "2026-11-06")))).channel is None
    assert only(deal(said(5, "周五等您的意见，再见。", when=("周五", "2026-11-06")))).channel is None


def test_an_hour_agreed_without_a_way_is_a_call() -> None:
    """A day alone is not; nor does it move something that was to be sent."""
    hold = said(9, "I'll hold Tuesday at two for us.", when=("Tuesday at two", "2026-11-10T14:00+08:00"))
    assert (only(deal(hold)).channel, only(deal(hold)).state) == ("call", "missed")
    assert only(deal(said(9, "Tuesday, then.", when=("Tuesday", "2026-11-10")))).channel is None
    tonight = said(7, "I'll send you the quote tonight.", when=("tonight", "2026-11-02"), channel=("quote", "quote"))
    found = next_steps(deal(tonight, hold), on(30))
    assert [(step.channel, step.due.first.day, step.state) for step in found] == [
        ("quote", 2, "unknown"),
        ("call", 10, "missed"),
    ]


def test_what_is_said_again_in_a_call_is_one_step() -> None:
    """Proposal, answer and confirmation of a day fold; the answer of the other side makes it agreed."""
    events = (
        said(5, "周四上午我过去装？", when=("周四上午", "2026-11-05T06:00+08:00/2026-11-05T12:00+08:00")),
        said(6, "周四上午十点吧。", "customer", when=("周四上午十点", "2026-11-05T10:00+08:00")),
        said(7, "好，周四十点。", when=("周四十点", "2026-11-05T10:00+08:00")),
    )
    step = only(deal(*events), on(3))
    assert (step.quotes, step.is_agreed, step.owner) == (events, True, "ours")
    assert step.due.at == on(5, 10)


def test_a_step_that_is_a_closing_too_counts_without_an_answer() -> None:
    """Words that are both are a next step; a closing alone that nobody takes up is none."""
    step = said(19, "I'll call you on the 6th.", when=("the 6th", "2026-11-06"), channel=("call", "call"))
    closing = replace(step, event="closing")
    assert only(deal(closing, step)).state == only(deal(step)).state == "missed"
    assert next_steps(deal(closing), on(30)) == ()


def test_another_day_offered_moves_the_step() -> None:
    """The seller's last offer counts, and so does the customer's answer with another day."""
    first = said(5, "Can we talk on Tuesday?", when=("Tuesday", "2026-11-10"))
    offer = said(7, "Or would Thursday be easier?", when=("Thursday", "2026-11-12"))
    assert only(deal(first, offer), on(3)).due.first == date(2026, 11, 12)
    answer = said(6, "Wednesday is fine.", "customer", when=("Wednesday", "2026-11-11"))
    step = only(deal(first, answer), on(3))
    assert (step.due.first, step.is_agreed) == (date(2026, 11, 11), True)


def test_two_things_said_in_one_breath_are_two_steps() -> None:
    """Each day has the channel nearest to it; a channel without a day is a step of its own."""
    both = said(
        5,
        "The quote comes on Monday, and I'll ring you on Thursday.",
        when=[("Monday", "2026-11-09"), ("Thursday", "2026-11-12")],
        channel=[("quote", "quote"), ("ring", "call")],
    )
    found = next_steps(deal(both), on(3))
    assert [(step.channel, step.due.first.day) for step in found] == [("quote", 9), ("call", 12)]
    post = said(5, "The contract is in the post, and I'll call you on Friday.", when=("Friday", "2026-11-06"))
    post = replace(
        post,
        slots=(*post.slots, Slot("channel", "contract", 4, 12, "contract"), Slot("channel", "call", 43, 47, "call")),
    )
    found = next_steps(deal(post), on(3))
    assert sorted((step.channel, step.due.is_said) for step in found) == [("call", True), ("contract", False)]


def test_a_closing_is_a_step_once_the_customer_takes_it_up() -> None:
    """Asking for the order alone agrees on nothing."""
    ask = said(5, "Shall we sign this week?", event="closing", when=("this week", "2026-11-02/2026-11-08"))
    assert next_steps(deal(ask), on(3)) == ()
    assert only(deal(ask, said(6, "Fine.", "customer", "customer_approval")), on(3)).is_agreed


def test_doubtful_steps_are_none() -> None:
    """Nobody is reminded of what was perhaps said."""
    assert next_steps(deal(replace(RING, doubtful=True)), on(3)) == ()


def test_a_persons_mark_counts_whatever_calls_tell() -> None:
    """It says so, and a mark on another key changes nothing."""
    key = only(deal(RING)).key
    mark = StepMark("kept", on(20), "Lin")
    step = only(deal(RING), marks={key: mark})
    assert (step.state, step.mark, step.reason.wording.zh) == ("kept", mark, "由人标记")
    assert only(deal(RING), marks={"other": mark}).state == "missed"


def test_a_deal_that_closed_needs_no_call() -> None:
    """What was due around or after the close is unknown, not missed; what was missed before stays so."""
    closed = {"outcome": "won", "closed_at": on(9)}
    assert only(deal(RING, **closed)).reason.code == "step_closed"
    assert only(deal(RING, outcome="lost", closed_at=on(20))).state == "missed"


def test_keys_are_the_same_after_another_analysis() -> None:
    """Other turns and other words for the same day keep the key, so a person's mark stays."""
    again = replace(RING, turn=8, quote="I will ring you Friday.", slots=RING.slots)
    assert only(deal(again)).key == only(deal(RING)).key == "first/ours/2026-11-06"


days = st.integers(1, 29)
later_calls = st.lists(
    st.builds(
        call,
        st.uuids().map(str),
        days.map(lambda day: on(day, 12)),
        direction=st.sampled_from(("inbound", "outbound", "unknown")),
        heard=st.booleans(),
        duration_ms=st.sampled_from((0, 60_000)),
    ),
    max_size=5,
    unique_by=lambda made: made.id,
)
steps_said = st.lists(
    st.builds(
        lambda turn, day, who, channel: said(
            turn, "x y", who, when=("x", f"2026-11-{day:02}"), channel=("y", channel) if channel else []
        ),
        st.integers(0, 20),
        days,
        st.sampled_from(("rep", "customer")),
        st.sampled_from(("call", "quote", "visit", None)),
    ),
    max_size=4,
    unique_by=lambda made: made.turn,
)


@given(steps_said, later_calls, st.randoms())
def test_the_order_of_events_and_calls_means_nothing(
    events: list[EventFact], calls: list[CallFact], random: Any
) -> None:
    """Shuffled input gives the same steps; keys are different within a deal."""
    facts = deal(*events, calls=tuple(calls))
    found = next_steps(facts, on(30))
    mixed_events, mixed_calls = list(events), list(facts.calls)
    random.shuffle(mixed_calls)
    random.shuffle(mixed_events)
    assert next_steps(replace(facts, events=tuple(mixed_events), calls=tuple(mixed_calls)), on(30)) == found
    assert len({step.key for step in found}) == len(found)


@given(later_calls, later_calls, st.integers(1, 40), st.integers(0, 40))
def test_a_later_call_never_undoes_a_kept_step(
    calls: list[CallFact], more: list[CallFact], day: int, days_on: int
) -> None:
    """Once kept, it stays kept with more calls and more time."""
    now = SAID_AT + timedelta(days=day)
    before = only(deal(RING, calls=tuple(calls)), now)
    after = only(deal(RING, calls=(*calls, *more)), now + timedelta(days=days_on))
    if before.state == "kept":
        assert after.state == "kept"


@given(later_calls, st.integers(1, 40))
def test_hearing_less_never_makes_a_step_missed(calls: list[CallFact], day: int) -> None:
    """With calls unheard instead of heard a step that was not missed does not become so."""
    now = SAID_AT + timedelta(days=day)
    heard = only(deal(RING, calls=tuple(replace(each, heard=True) for each in calls)), now)
    unheard = only(deal(RING, calls=tuple(replace(each, heard=False) for each in calls)), now)
    if heard.state in ("kept", "late"):
        assert unheard.state in ("unknown", "open", "due")
