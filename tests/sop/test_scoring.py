"""Steps, points and the score of written calls."""

from __future__ import annotations

from typing import Any

import pytest

from sop.document import parse
from sop.problems import SopError
from sop.reasons import ReasonCode
from sop.scorecard import Scorecard, StepResult
from sop.scoring import score
from tests.sop.written_calls import written

OPENING = "{id: opening, title: Opening, event: opening, within_first_s: 20, points: 10}"
ASKING = "{id: asking, title: Asking, event: needs_discovery, min_count: 3, points: 30}"
PITCH = "{id: pitch, title: Pitch, event: product_intro, after_step: asking, points: 10}"
ANSWERS = (
    "{id: answers, title: Answers, event: objection_handling, answers: [objection, price_objection],"
    " answer_within_turns: 2, points: 20}"
)
CLOSING = "{id: closing, title: Closing, event: closing, points: 10, required: false}"


def card(steps: list[str], lines: list[str], **frame: Any) -> Scorecard:
    """The scorecard of a written call against a procedure of these steps."""
    head = "name: test\ntitle: Test\nlanguage: [zh, en]\nnot_applicable: {shorter_than_s: 30}\nsteps:\n"
    sop = parse(head + "".join(f"  - {step}\n" for step in steps))
    return score(sop, *written(lines, **frame))


def only(steps: list[str], lines: list[str], **frame: Any) -> StepResult:
    """The last step's result."""
    return card(steps, lines, **frame).steps[-1]


def told(result: StepResult) -> tuple[str, float, ReasonCode]:
    """A step in three words."""
    return result.outcome, result.points, result.reason.code


def test_met_step_earns_its_points_and_shows_its_evidence() -> None:
    """A step whose event was heard in time earns everything and points at the turn."""
    result = only([OPENING], ["customer:", "rep: opening"])
    assert told(result) == ("met", 10, ReasonCode.HEARD)
    assert [evidence.turn for evidence in result.evidence] == [1]
    assert result.confidence == 0.9


def test_absent_event_is_missed_without_evidence() -> None:
    """What was not said costs the points, and there is nothing to play."""
    result = only([OPENING], ["rep:", "customer:"])
    assert told(result) == ("missed", 0, ReasonCode.NOT_HEARD)
    assert result.evidence == ()
    assert result.confidence is None


def test_late_opening_is_missed_and_plays_the_late_moment() -> None:
    """An opening after the window earns nothing, and its evidence is the late opening itself."""
    result = only([OPENING], ["rep:", "customer:", "rep:", "customer:", "customer:", "rep: opening"])
    assert told(result) == ("missed", 0, ReasonCode.TOO_LATE)
    assert result.reason.params["at_s"] == 25
    assert [evidence.turn for evidence in result.evidence] == [5]


def test_window_counts_from_the_first_word() -> None:
    """Ringing before anybody speaks is not held against the rep."""
    tagging, facts = written(["unknown:"] * 8 + ["rep: opening", "customer:"])
    moved = type(facts)(facts.duration_ms, "zh", facts.turns[8:])
    event = tagging.present[0]
    evidence = type(event.evidence)(0, event.evidence.start_ms, event.evidence.end_ms, "rep", "hello", 0.9)
    sop = parse(f"name: t\ntitle: T\nlanguage: zh\nsteps:\n  - {OPENING}\n")
    result = score(sop, type(tagging)((type(event)("opening", evidence),)), moved).steps[0]
    assert result.outcome == "met"


def test_too_few_questions_earn_their_share() -> None:
    """Two of three asked questions earn two thirds of the points, but the step is not met."""
    result = only([ASKING], ["rep: needs_discovery", "customer:", "rep: needs_discovery", "customer:"])
    assert told(result) == ("missed", 20, ReasonCode.TOO_FEW)


def test_questions_in_one_breath_count_once() -> None:
    """Three questions without letting the customer speak are one question."""
    result = only([ASKING], ["rep: needs_discovery", "rep: needs_discovery", "rep: needs_discovery", "customer:"])
    assert told(result) == ("missed", 10, ReasonCode.TOO_FEW)


def test_repetition_earns_no_more_than_the_step() -> None:
    """Saying the magic word ten times is worth what three times are worth."""
    many = card([ASKING, OPENING], ["rep: needs_discovery", "customer:"] * 10)
    three = card([ASKING, OPENING], ["rep: needs_discovery", "customer:"] * 3)
    assert many.score == three.score


def test_pitch_before_asking_is_out_of_order() -> None:
    """A step that must follow another earns nothing before it."""
    result = only([ASKING, PITCH], ["rep: product_intro", "customer:", "rep: needs_discovery", "customer:"])
    assert told(result) == ("missed", 0, ReasonCode.OUT_OF_ORDER)
    assert result.reason.params["step"] == "asking"
    assert [evidence.turn for evidence in result.evidence] == [0]


def test_pitch_after_asking_is_in_order() -> None:
    """The earlier step need only have begun."""
    result = only([ASKING, PITCH], ["rep: needs_discovery", "customer:", "rep: product_intro"])
    assert result.outcome == "met"


def test_order_is_unknown_when_the_earlier_step_is_doubtful() -> None:
    """If asking was perhaps heard before the pitch, the pitch can't be blamed for its place."""
    result = only([ASKING, PITCH], ["rep: needs_discovery?", "customer:", "rep: product_intro"])
    assert told(result) == ("unknown", 0, ReasonCode.DOUBTFUL)


def test_order_is_waived_with_the_step_that_should_come_first() -> None:
    """What the call does not ask for can't be demanded to come first."""
    asking = ASKING.replace("points: 30", "points: 30, when: {not_heard: decision_process}")
    result = only([asking, PITCH], ["rep: product_intro", "customer: decision_process"])
    assert result.outcome == "met"


def test_every_objection_needs_its_own_answer() -> None:
    """One of two objections answered earns half, and the unanswered one is played."""
    lines = [
        "customer: objection",
        "rep: objection_handling",
        "customer:",
        "rep:",
        "customer: price_objection",
    ]
    result = only([ANSWERS], [*lines, "rep:", "customer:", "rep:", "customer:", "rep: objection_handling"])
    assert told(result) == ("missed", 10, ReasonCode.PARTLY_ANSWERED)
    assert [evidence.turn for evidence in result.evidence] == [4]
    assert (result.reason.params["answered"], result.reason.params["total"]) == (1, 2)


def test_unanswered_objections_are_the_evidence() -> None:
    """Where nothing was answered, every objection can be played."""
    result = only([ANSWERS], ["customer: objection", "rep: product_intro", "customer: price_objection", "rep:"])
    assert told(result) == ("missed", 0, ReasonCode.UNANSWERED)
    assert [evidence.turn for evidence in result.evidence] == [0, 2]


def test_answer_counts_turns_of_the_answering_side() -> None:
    """A customer who goes on talking does not use up the rep's turns."""
    lines = ["customer: objection", "customer:", "rep:", "customer:", "customer:", "rep: objection_handling"]
    assert only([ANSWERS], lines).outcome == "met"


def test_no_objection_makes_the_step_not_applicable() -> None:
    """Nothing to answer leaves the step out of the score."""
    whole = card([OPENING, ANSWERS], ["rep: opening", "customer:"])
    assert told(whole.steps[1]) == ("not_applicable", 0, ReasonCode.NOTHING_TO_ANSWER)
    assert (whole.score, whole.low, whole.high) == (100, 100, 100)


def test_objection_as_the_last_word_is_not_held_against_the_rep() -> None:
    """When the customer objects and hangs up, nobody could answer."""
    result = only([ANSWERS], ["rep: opening", "customer: objection"])
    assert told(result) == ("not_applicable", 0, ReasonCode.NO_CHANCE_TO_ANSWER)


def test_doubtful_objection_makes_the_step_unknown() -> None:
    """If there was perhaps an objection, handling it is neither met nor missed."""
    result = only([ANSWERS], ["customer: objection?", "rep:", "customer:"])
    assert told(result) == ("unknown", 0, ReasonCode.CONDITION_DOUBTFUL)


def test_doubtful_answer_makes_the_step_unknown() -> None:
    """If the objection was perhaps answered, the step is unknown for that part."""
    result = only([ANSWERS], ["customer: objection", "rep: objection_handling?", "customer:"])
    assert told(result) == ("unknown", 0, ReasonCode.DOUBTFUL)
    assert result.unknown_points == 20


def test_doubtful_event_is_never_met_and_widens_the_interval() -> None:
    """A doubtful opening leaves the fraction and is counted both ways in the interval."""
    whole = card([OPENING, ASKING], ["rep: opening?", "customer:", "rep: needs_discovery", "customer:"])
    assert told(whole.steps[0]) == ("unknown", 0, ReasonCode.DOUBTFUL)
    assert (whole.score, whole.low, whole.high) == (33.3, 25.0, 50.0)
    assert whole.judged_points == 30


@pytest.mark.parametrize(
    ("lines", "frame", "code"),
    [
        (["customer:", "customer:"], {}, ReasonCode.SPEAKER_NOT_HEARD),
        ([], {}, ReasonCode.SPEAKER_NOT_HEARD),
        (["unknown:", "unknown:"], {}, ReasonCode.ROLES_UNKNOWN),
        (["rep:", "customer:"], {"roles_known": False}, ReasonCode.ROLES_UNKNOWN),
        (["rep:", "customer:"], {"truncated": True}, ReasonCode.RECORDING_CUT),
    ],
)
def test_what_cannot_be_heard_is_unknown_never_missed(
    lines: list[str], frame: dict[str, Any], code: ReasonCode
) -> None:
    """A silent channel, unknown roles or a cut recording prove no absence."""
    whole = card([ASKING], lines, **frame)
    assert told(whole.steps[0]) == ("unknown", 0, code)
    assert whole.score is None
    assert (whole.low, whole.high) == (0, 100)
    assert whole.reason is not None
    assert whole.reason.code is ReasonCode.NOTHING_JUDGED


def test_cut_recording_still_had_its_beginning() -> None:
    """A missing opening is missed even if the end of the recording is lost."""
    assert only([OPENING], ["rep:", "customer:"], truncated=True).outcome == "missed"


def test_event_of_an_unknown_speaker_is_doubtful_where_the_speaker_matters() -> None:
    """A question of who knows whom can't be credited to the rep."""
    step = "{id: a, title: A, event: opening, points: 10}"
    assert only([step], ["unknown: opening", "rep:", "customer:"]).outcome == "unknown"


def test_event_of_an_unknown_speaker_counts_where_both_may_say_it() -> None:
    """A decision process is revealed, whoever said it."""
    step = "{id: a, title: A, event: decision_process, points: 10}"
    assert only([step], ["unknown: decision_process", "rep:", "customer:"]).outcome == "met"


def test_event_of_the_other_side_does_not_count() -> None:
    """The rep's own next step is not the customer's agreement."""
    step = "{id: a, title: A, event: next_step, speaker: customer, points: 10}"
    assert only([step], ["rep: next_step", "customer:"]).outcome == "missed"


def test_score_needs_a_third_of_the_points_judged() -> None:
    """A score that would rest on a small part of the procedure is not given, its interval is."""
    whole = card([OPENING, ASKING], ["rep: opening", "customer:"], truncated=True)
    assert (whole.score, whole.low, whole.high) == (None, 25.0, 100.0)
    assert whole.reason is not None
    assert whole.reason.code is ReasonCode.TOO_LITTLE_JUDGED
    assert whole.reason.params["percent"] == 25


def test_optional_step_adds_when_met() -> None:
    """An optional step that is met lifts the score; one that is not costs nothing."""
    base = ["rep: needs_discovery", "customer:", "rep:", "customer:"]
    without = card([ASKING, CLOSING], base)
    with_it = card([ASKING, CLOSING], [*base, "rep: closing"])
    assert told(without.steps[1]) == ("not_applicable", 0, ReasonCode.OPTIONAL_NOT_DONE)
    assert (without.score, with_it.score) == (33.3, 50.0)


def test_doubtful_optional_step_raises_only_the_upper_end() -> None:
    """Perhaps having asked for the order can't lower anything."""
    whole = card([ASKING, CLOSING], ["rep: needs_discovery", "customer:", "rep: closing?", "customer:"])
    assert whole.steps[1].outcome == "unknown"
    assert (whole.low, whole.score, whole.high) == (33.3, 33.3, 50.0)


def test_step_waits_for_its_event() -> None:
    """A step with 'when: heard' is not demanded until that event occurs."""
    step = "{id: a, title: A, event: product_intro, points: 10, when: {heard: competitor}}"
    idle = only([step], ["rep:", "customer:"])
    assert told(idle) == ("not_applicable", 0, ReasonCode.NEEDS_EVENT)
    assert told(only([step], ["rep:", "customer: competitor"])) == ("missed", 0, ReasonCode.NOT_HEARD)
    doubtful = only([step], ["rep:", "customer: competitor?"])
    assert told(doubtful) == ("unknown", 0, ReasonCode.CONDITION_DOUBTFUL)
    assert [evidence.turn for evidence in doubtful.evidence] == [1]


def test_excused_step_still_counts_when_done() -> None:
    """What was not demanded but done is credited."""
    step = "{id: a, title: A, event: needs_discovery, points: 10, when: {not_heard: decision_process}}"
    excused = only([step], ["rep:", "customer: decision_process"])
    assert told(excused) == ("not_applicable", 0, ReasonCode.EXCUSED)
    assert only([step], ["rep: needs_discovery", "customer: decision_process"]).outcome == "met"


def test_criteria_share_the_points_by_weight() -> None:
    """A step with several criteria earns the weights of those met and tells each."""
    step = (
        "{id: a, title: A, points: 30, criteria: ["
        "{id: x, title: X, event: opening, weight: 2}, {id: y, title: Y, event: closing}]}"
    )
    result = only([step], ["rep: opening", "customer:"])
    assert told(result) == ("missed", 20, ReasonCode.CRITERIA_MISSED)
    assert [part.outcome for part in result.criteria] == ["met", "missed"]
    half = only([step], ["rep: opening, closing?", "customer:"])
    assert told(half) == ("unknown", 20, ReasonCode.CRITERIA_UNKNOWN)
    assert half.unknown_points == 10
    assert told(only([step], ["rep: opening, closing", "customer:"])) == ("met", 30, ReasonCode.CRITERIA_MET)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"duration_ms": 29_999}, ReasonCode.CALL_TOO_SHORT),
        ({"language": "fr"}, ReasonCode.OTHER_LANGUAGE),
    ],
)
def test_call_outside_the_procedure_has_no_score(frame: dict[str, Any], code: ReasonCode) -> None:
    """A call too short or in another language is not scored, and the card says why."""
    whole = card([OPENING], ["rep: opening", "customer:"], **frame)
    assert (whole.score, whole.low, whole.high) == (None, None, None)
    assert whole.reason is not None
    assert whole.reason.code is code
    assert [step.outcome for step in whole.steps] == ["not_applicable"]


def test_nothing_applicable_has_no_score() -> None:
    """When every step is not applicable there is no score, not zero and not a hundred."""
    whole = card([ANSWERS], ["rep:", "customer:"])
    assert whole.score is None
    assert whole.reason is not None
    assert whole.reason.code is ReasonCode.NOTHING_APPLIES


def test_event_outside_the_call_is_refused() -> None:
    """Evidence that names a turn the call does not have is an error, told in one line."""
    tagging, facts = written(["rep: opening", "customer:"])
    sop = parse(f"name: t\ntitle: T\nlanguage: zh\nsteps:\n  - {OPENING}\n")
    shorter = type(facts)(facts.duration_ms, "zh", ())
    with pytest.raises(SopError, match=r"^tagging\.present\[0\]\.turn: turn 0 is not one of the call's 0 turns$"):
        score(sop, tagging, shorter)


def test_scorecard_survives_json() -> None:
    """A card read back from its JSON is the same card."""
    whole = card([OPENING, ASKING, PITCH, ANSWERS, CLOSING], ["rep: opening", "customer: objection", "rep:"])
    assert Scorecard.from_json(whole.to_json()) == whole


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("score",), "high", "scorecard.score: wrong type str"),
        (("steps", 0, "outcome"), "good", "scorecard.steps[0].outcome: unknown outcome 'good'"),
        (("steps", 0, "reason", "code"), "x", "scorecard.steps[0].reason.code: unknown reason 'x'"),
        (("steps", 0, "evidence", 0, "turn"), True, "scorecard.steps[0].evidence[0].turn: wrong type bool"),
    ],
)
def test_broken_scorecard_json_is_told(path: tuple[Any, ...], value: Any, message: str) -> None:
    """A JSON document that is no scorecard is refused with the path of the mistake."""
    document: Any = card([OPENING], ["rep: opening", "customer:"]).to_json()
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(SopError) as caught:
        Scorecard.from_json(document)
    assert str(caught.value) == message
