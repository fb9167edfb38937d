"""What a call is asked for at all: its kind, its exceptions, its end, and the steps it fails by."""

from __future__ import annotations

from typing import Any

import pytest

from sop.choice import choose
from sop.document import parse
from sop.explanation import explain_card, explain_step
from sop.facts import CallContext
from sop.procedure import Applicability, Sop, Wording
from sop.reasons import ReasonCode
from sop.scorecard import Scorecard
from sop.scoring import score
from tests.sop.written_calls import written

OPENING = "{id: opening, title: Opening, event: opening, points: 10}"
NOTICE = "{id: notice, title: Recording notice, rule: {keywords: [recorded]}, speaker: rep, points: 0, auto_fail: true}"
NEXT = "{id: next, title: Next step, event: next_step, before_end_s: 10, points: 20}"
ASKING = "{id: asking, title: Asking, event: needs_discovery, min_count: 3, points: 30}"
WRONG = "{id: wrong_person, title: {zh: 打错了, en: Wrong person}, speaker: customer, rule: {keywords: [打错]}}"


def sop_of(steps: list[str], head: str = "") -> Sop:
    """A procedure of these steps."""
    top = f"name: test\ntitle: Test\nlanguage: [zh, en]\n{head}steps:\n"
    return parse(top + "".join(f"  - {step}\n" for step in steps))


def card(steps: list[str], lines: list[str], head: str = "", **frame: Any) -> Scorecard:
    """The scorecard of a written call against a procedure of these steps."""
    return score(sop_of(steps, head), *written(lines, **frame))


def asked_when(condition: str, context: CallContext) -> tuple[str, ReasonCode]:
    """How the opening, which was not given, is judged where it is asked for under a condition."""
    step = OPENING.replace("}", f", when: {condition}}}")
    result = card([step, NEXT], ["rep:", "customer:"], context=context).steps[0]
    return result.outcome, result.reason.code


def test_a_step_that_surely_fails_the_call_makes_it_zero() -> None:
    """Whatever else was earned, score, low and high are 0, and the card names the step in both languages."""
    failed = card([OPENING, NOTICE], ["rep: opening", "customer:"])
    assert (failed.score, failed.low, failed.high) == (0, 0, 0)
    assert failed.points == 10
    assert failed.reason is not None
    assert failed.reason.code is ReasonCode.AUTO_FAILED
    assert explain_card(failed, "en") == (
        "0 of 100: the step “Recording notice” was not done, which fails the whole call"
    )
    assert explain_card(failed, "zh") == "0 分：没有完成“Recording notice”，整通电话记 0 分"


def test_a_step_that_perhaps_fails_the_call_lowers_low_alone() -> None:
    """A notice heard in doubt leaves the score where it is; only the interval reaches down to 0."""
    doubtful = card([OPENING, NOTICE], ["rep: opening, notice.notice?", "customer:"])
    assert (doubtful.score, doubtful.low, doubtful.high, doubtful.reason) == (100, 0, 100, None)


def test_a_step_that_is_done_fails_nothing() -> None:
    """A notice that was given leaves the card as if it could fail no call."""
    done = card([OPENING, NOTICE], ["rep: opening, notice.notice", "customer:"])
    assert (done.score, done.low, done.high, done.reason) == (100, 100, 100, None)


def test_part_of_a_step_is_not_enough() -> None:
    """A step of three questions fails the call when two were asked, and may when the third is in doubt."""
    step = ASKING.replace("}", ", auto_fail: true}")
    two = ["rep: needs_discovery", "customer:", "rep: needs_discovery", "customer:", "rep:"]
    assert card([step], two).score == 0
    assert card([step], [*two[:-1], "rep: needs_discovery?"]).reason is None


def test_a_step_that_is_not_asked_for_fails_nothing() -> None:
    """A notice that only outbound calls need costs an inbound call nothing, and an unknown one only its low."""
    step = NOTICE.replace("}, speaker", "}, when: {directions: outbound}, speaker")
    lines = ["rep: opening", "customer:"]
    assert card([OPENING, step], lines, context=CallContext(direction="inbound")).low == 100
    assert card([OPENING, step], lines, context=CallContext(direction="outbound")).score == 0
    unknown = card([OPENING, step], lines)
    assert (unknown.score, unknown.low, unknown.high) == (100, 0, 100)


def test_the_end_of_the_call_is_counted_from_its_last_word() -> None:
    """A next step in the last seconds is met; one that came before is missed, and its evidence is the last of them."""
    assert card([NEXT], ["rep:", "customer:", "rep: next_step", "customer:"], duration_ms=500_000).steps[0].points == 20
    early = card([NEXT], ["rep: next_step", "customer:", "rep: next_step", *["customer:", "rep:"] * 3]).steps[0]
    assert (early.outcome, early.reason.code) == ("missed", ReasonCode.TOO_EARLY)
    assert dict(early.reason.params) == {"events": ("next_step",), "before_s": 30, "limit_s": 10}
    assert explain_step(early, "en") == (
        "Next step: next step last came 30 s before the end, expected in the last 10 s (0 of 20 points)."
    )


def test_nobody_knows_the_end_of_a_cut_recording() -> None:
    """What was said last in a recording that breaks off may not have been the end: unknown, never met or missed."""
    for lines in (["rep:", "customer:", "rep: next_step"], ["rep: next_step", *["customer:", "rep:"] * 5]):
        assert card([NEXT], lines, truncated=True).steps[0].outcome == "unknown"


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ("{directions: outbound}", CallContext(direction="outbound"), ("missed", ReasonCode.NOT_HEARD)),
        ("{directions: outbound}", CallContext(direction="inbound"), ("not_applicable", ReasonCode.OTHER_DIRECTION)),
        ("{directions: outbound}", CallContext(), ("unknown", ReasonCode.CONTEXT_UNKNOWN)),
        ("{stages: [Won, 方案]}", CallContext(stage="won"), ("missed", ReasonCode.NOT_HEARD)),
        ("{stages: [Won, 方案]}", CallContext(stage="Lost"), ("not_applicable", ReasonCode.OTHER_STAGE)),
        ("{stages: [Won, 方案]}", CallContext(), ("unknown", ReasonCode.CONTEXT_UNKNOWN)),
        ("{follow_up: true}", CallContext(follow_up=True), ("missed", ReasonCode.NOT_HEARD)),
        ("{follow_up: true}", CallContext(follow_up=False), ("not_applicable", ReasonCode.FOLLOW_UPS_ONLY)),
        ("{follow_up: false}", CallContext(follow_up=True), ("not_applicable", ReasonCode.FIRST_CALLS_ONLY)),
        ("{follow_up: false}", CallContext(), ("unknown", ReasonCode.CONTEXT_UNKNOWN)),
        ("{follow_up: false, stages: Won}", CallContext(stage="Lost"), ("not_applicable", ReasonCode.OTHER_STAGE)),
        ("{heard: closing, stages: Won}", CallContext(), ("not_applicable", ReasonCode.NEEDS_EVENT)),
    ],
)
def test_conditions_on_the_kind_of_call(condition: str, context: CallContext, expected: tuple[str, ReasonCode]) -> None:
    """A step is asked of the calls it names and of no others; where the kind of call is unknown it is never missed."""
    assert asked_when(condition, context) == expected


def test_a_wrong_number_is_not_scored() -> None:
    """Where an exception is heard there is no score, every step says so, and points at the moment."""
    head = f"events: [{WRONG}]\nnot_applicable: {{heard: wrong_person}}\n"
    result = card([OPENING, NOTICE], ["rep: opening", "customer: wrong_person"], head)
    assert result.score is None
    assert result.reason is not None
    assert result.reason.code is ReasonCode.CALL_EXCUSED
    assert [(step.outcome, step.evidence[0].turn) for step in result.steps] == [("not_applicable", 1)] * 2
    titles = {"wrong_person": Wording("打错了", "wrong person")}
    assert explain_card(result, "en", titles) == "no score: wrong person heard: not scored"


def test_what_may_be_a_wrong_number_misses_nothing() -> None:
    """Where an exception is heard in doubt, steps can be met but not missed."""
    head = f"events: [{WRONG}]\nnot_applicable: {{heard: wrong_person}}\n"
    result = card([OPENING, NEXT], ["rep: opening", "customer: wrong_person?"], head)
    assert [step.outcome for step in result.steps] == ["met", "unknown"]
    assert (result.score, result.low, result.high) == (100, 33.3, 100)


def test_an_exception_that_nobody_mentions_is_none() -> None:
    """A customer who is not on the recording excuses nothing: the rep's steps are judged as ever."""
    head = f"events: [{WRONG}]\nnot_applicable: {{heard: wrong_person}}\n"
    assert card([OPENING], ["rep:", "rep:"], head).steps[0].outcome == "missed"


@pytest.mark.parametrize(("follow_up", "outcome"), [(True, "not_applicable"), (None, "unknown"), (False, "missed")])
def test_follow_up_calls_can_be_left_out(follow_up: bool | None, outcome: str) -> None:
    """A follow-up call is not scored, a first one is, and of a call that may be either nothing is missed."""
    result = card(
        [OPENING],
        ["rep:", "customer:"],
        "not_applicable: {follow_up: true}\n",
        context=CallContext(follow_up=follow_up),
    )
    assert result.steps[0].outcome == outcome


def test_a_sentence_said_again_word_for_word_counts_once() -> None:
    """Three different questions are three, one asked three times is one; what customers repeat is their own affair."""
    asked = ["rep: needs_discovery | Any needs?", "customer:", "rep: needs_discovery | Any plans?", "customer:"]
    assert card([ASKING], [*asked, "rep: needs_discovery | Any budget?"]).points == 30
    assert card([ASKING], [*asked, "rep: needs_discovery | any needs!"]).points == 20
    twice = "{id: twice, title: Twice, event: customer_approval, min_count: 2}"
    approval = "customer: customer_approval | Fine."
    assert card([twice], [approval, "rep:", approval]).score == 100


def named(name: str, applies_to: Applicability | None = None, *languages: Any) -> Sop:
    """A procedure by that name, for these calls."""
    applies_to = applies_to or Applicability()
    return Sop(name, Wording("", ""), languages or ("zh",), (), applies_to=applies_to)


def test_the_most_specific_procedure_is_chosen() -> None:
    """More restrictions go first, then fewer languages, then the name."""
    general, outbound = named("a"), named("z", Applicability(directions=("outbound",)))
    east = named("y", Applicability(directions=("outbound",), teams=("华东",)))
    both = named("0", Applicability(), "zh", "en")
    everything = [both, general, outbound, east, named("b")]
    assert choose(everything, "zh", CallContext(direction="outbound", team="华东")) is east
    assert choose(everything, "zh", CallContext(direction="outbound", team="华北")) is outbound
    assert choose(everything, "zh", CallContext()) is general
    assert choose(everything, "en", CallContext()) is both
    assert choose(everything, "fr", CallContext()) is None


def test_of_two_that_may_apply_neither_is_guessed() -> None:
    """Where the direction is unknown, a procedure for either direction is chosen only if it is the only one."""
    inbound = named("in", Applicability(directions=("inbound",)))
    outbound = named("out", Applicability(directions=("outbound",)))
    assert choose([inbound, outbound], "zh", CallContext()) is None
    assert choose([inbound], "zh", CallContext()) is inbound
    assert choose([inbound], "zh", CallContext(direction="outbound")) is None


REST = "{id: rest, title: Rest, event: next_step, points: 30}"
OUTBOUND_NOTICE = (
    "{id: notice, title: Notice, points: 10, auto_fail: true, when: {directions: outbound}, speaker: rep,"
    " rule: {keywords: [recorded]}}"
)


@pytest.mark.parametrize(
    ("direction", "notice", "expected"),
    [
        ("outbound", "notice.notice", (100, 100, 100)),
        ("outbound", "", (0, 0, 0)),
        ("outbound", "notice.notice?", (100, 0, 100)),
        ("inbound", "", (100, 100, 100)),
        (None, "", (100, 0, 100)),
    ],
)
def test_the_worked_example_of_the_docs(direction: str | None, notice: str, expected: tuple[float, ...]) -> None:
    """The table of steps that fail a call in ``docs/sop.md`` is what the scorer says."""
    lines = [f"rep: {notice}", "customer:", "rep: next_step"]
    result = card([OUTBOUND_NOTICE, REST], lines, context=CallContext(direction=direction))
    assert (result.score, result.low, result.high) == expected
