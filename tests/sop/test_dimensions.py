"""A step in its four dimensions: what each measure comes to, what can't be told, and that tricks earn nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sop.dimension_scoring import MEASURING
from sop.dimensions import DIMENSIONS, MEASURES, Dimension
from sop.explanation import explain_measure, explain_share, explain_step
from sop.labels import DIMENSION_LABELS, MEASURE_LABELS
from sop.observations import KINDS, Observation
from sop.problems import SopError
from sop.procedure import Criterion, Sop, Step, Wording
from sop.scorecard import DimensionResult, MeasureResult, Scorecard, StepResult
from sop.scoring import score
from tests.sop.spoken_calls import spoken

ALL = tuple(Dimension.whole(name) for name in DIMENSIONS)
GOOD: list[dict[str, Any]] = [
    {"rep": "Hi, this is Anna from Northlamp. Thanks for taking the call.", "events": ["opening"]},
    {"customer": "Sure, go ahead."},
    {"rep": "How do you keep track of the cooler temperatures today?", "events": ["needs_discovery"]},
    {"customer": "We write them down by hand every two hours and it is a mess, what do others do?"},
    {"rep": "Most use sensors. What happens when a door stays open?", "events": ["needs_discovery"]},
    {"customer": "We lost a tank of cream in August, so that is exactly what I need.", "events": ["customer_approval"]},
]


def procedure(event: str = "needs_discovery", *dimensions: Dimension) -> Sop:
    title = Wording("步骤", "Step")
    part = Criterion("step", title, (event,), frozenset({"rep"}))
    return Sop("test", title, ("en", "zh"), (Step("step", title, (part,), 10.0, dimensions=dimensions),))


def judged(
    lines: list[dict[str, Any]], *dimensions: Dimension, event: str = "needs_discovery", **how: Any
) -> StepResult:
    tagging, facts = spoken(lines, how.pop("language", "en"), **how)
    return score(procedure(event, *dimensions), tagging, facts).steps[0]


def measured(lines: list[dict[str, Any]], name: str, measure: str, **how: Any) -> MeasureResult:
    """One measure alone."""
    result = judged(lines, Dimension(name, 1.0, (measure,)), **how)  # type: ignore[arg-type]
    return result.dimensions[0].measures[0]


def test_every_measure_is_judged_and_has_a_name() -> None:
    """Each measure that a document may name is taken by a function and called something in both languages."""
    assert {name: tuple(parts) for name, parts in MEASURING.items()} == {n: MEASURES[n] for n in DIMENSIONS[1:]}
    assert set(DIMENSION_LABELS) == set(DIMENSIONS)
    assert set(MEASURE_LABELS) == {measure for parts in MEASURES.values() for measure in parts}


def test_a_step_without_dimensions_is_points_alone() -> None:
    """Nothing of the manner reaches a step that does not ask for it."""
    step = judged(GOOD)
    assert (step.points, step.unknown_points, step.dimensions) == (10.0, 0.0, ())


def test_a_step_is_the_weighted_mean_of_what_applies() -> None:
    """Points 1 with weight 3 and an attitude of one half with weight 1 make 7/8 of the points; the outcome is met."""
    plain = [*GOOD[2:4], {"rep": "Fine."}]
    step = judged(plain, Dimension.whole("points", 3.0), Dimension("attitude", 1.0, ("courtesy",)))
    assert [part.low for part in step.dimensions] == [1.0, 0.5]
    assert (step.points, step.unknown_points, step.outcome) == (8.75, 0.0, "met")
    without = judged(plain, Dimension.whole("points", 3.0), Dimension("attitude", 1.0, ("patience",)))
    assert (without.points, without.dimensions[1].outcome) == (10.0, "not_applicable")


def test_nobody_is_judged_on_a_step_that_was_not_done() -> None:
    """A missed step earns nothing, and its manner is not applicable, however polite the call was."""
    polite = [{"rep": "Thank you, please go on."}, {"customer": "Okay."}]
    step = judged(polite, *ALL)
    assert (step.outcome, step.points, step.unknown_points) == ("missed", 0.0, 0.0)
    assert [part.outcome for part in step.dimensions] == ["missed", *["not_applicable"] * 3]


@pytest.mark.parametrize(
    ("name", "measure", "lines", "share"),
    [
        ("skill", "open_questions", GOOD, 1.0),
        ("skill", "open_questions", [{"rep": "Do you use sensors?", "events": ["needs_discovery"]}, GOOD[1]], 0.0),
        ("skill", "listening", GOOD, 1.0),
        ("skill", "monologue", [{**GOOD[2], "s": 105}, GOOD[3]], 0.5),
        ("skill", "monologue", [{**GOOD[2], "s": 59}, GOOD[3]], 1.0),
        ("skill", "pace", [{**GOOD[2], "s": 6}, GOOD[3]], 0.0),
        ("skill", "pace", [{"rep": "word " * 30, "s": 10, "events": ["needs_discovery"]}, GOOD[3]], 1.0),
        ("attitude", "courtesy", GOOD[2:4], 0.5),
        ("attitude", "courtesy", [{**GOOD[2], "rep": "Could you please tell me how you do it?"}], 1.0),
        ("attitude", "wording", GOOD, 1.0),
        ("attitude", "wording", [{**GOOD[2], "rep": "That's not my problem. What do you use?"}, GOOD[3]], 0.5),
        ("reaction", "approval", GOOD, 1.0),
        ("reaction", "approval", GOOD[:4], 0.5),
        ("reaction", "objections", GOOD, 1.0),
        ("reaction", "objections", [*GOOD[2:3], {**GOOD[3], "events": ["objection"]}], 0.5),
        ("reaction", "questions", GOOD, 1.0),
        ("reaction", "questions", [GOOD[2], {"customer": "By hand, every two hours."}], 0.5),
        ("reaction", "engagement", GOOD, 1.0),
        ("reaction", "engagement", [GOOD[2], {"customer": "Not interested."}], 0.0),
    ],
)
def test_what_a_measure_comes_to(name: str, measure: str, lines: list[dict[str, Any]], share: float) -> None:
    """Each measure gives the share that the docs say, with the moment behind it."""
    result = measured(lines, name, measure)
    assert (result.low, result.high) == (share, share)


def test_an_interruption_is_heard_on_separate_channels_only() -> None:
    """Speaking for 800 ms into the customer's turn costs; on one channel for all nothing is said of it."""
    rude = [
        GOOD[2],
        GOOD[3],
        {"rep": "Yes but listen, how much do you lose?", "pause_s": -0.8, "events": ["needs_discovery"]},
    ]
    cut = measured(rude, "attitude", "interruptions")
    assert (cut.low, cut.outcome) == (0.0, "missed")
    assert [item.turn for item in cut.evidence] == [2]
    joined = measured(rude, "attitude", "interruptions", channels=1)
    assert (joined.low, joined.high, joined.reason.code.value) == (0.0, 1.0, "channels_joined")


def test_what_one_channel_cannot_tell_leaves_the_others_alone() -> None:
    """A measure that can't be told is left out of its dimension's mean instead of counting as missed."""
    two = judged(GOOD, Dimension.whole("attitude"))
    one = judged(GOOD, Dimension.whole("attitude"), channels=1)
    assert one.points >= two.points * 0.9
    assert one.unknown_points == 0


def test_an_objection_is_acknowledged_before_it_is_answered() -> None:
    """ "I understand" counts in the rep's next words after the objection, and nowhere else."""
    objection = {"customer": "That is far too expensive for us.", "events": ["price_objection"]}
    answer = {"rep": "It pays for itself in a year.", "events": ["objection_handling"]}
    kind = {**answer, "rep": "I understand. It pays for itself in a year."}
    late = [objection, answer, GOOD[1], {"rep": "I understand, I understand."}]
    assert measured([objection, kind], "attitude", "empathy", event="objection_handling").low == 1.0
    assert measured(late, "attitude", "empathy", event="objection_handling").low == 0.0


def test_silence_after_a_complaint_costs() -> None:
    """Four seconds of silence after a complaint leave one half."""
    calls = [GOOD[2], {"customer": "Honestly, the last vendor was terrible."}, {"rep": "Go on.", "pause_s": 4}]
    assert measured(calls, "attitude", "patience").low == 0.5
    assert measured(GOOD, "attitude", "patience").outcome == "not_applicable"


def test_doubtful_words_widen_and_never_cost() -> None:
    """Blame in words that are too unsure may or may not have been said: the share lies between."""
    blame = [{**GOOD[2], "rep": "That's not my problem. What do you use?", "sure": 0.3}, GOOD[3]]
    result = measured(blame, "attitude", "wording")
    assert (result.low, result.high, result.outcome) == (0.5, 1.0, "unknown")


@pytest.mark.parametrize("blind", ["never measured", "unknown speakers"])
def test_what_was_not_measured_is_unknown(blind: str) -> None:
    """Without observations, or with unknown speakers, nothing but points covered is said, and nothing is missed."""
    tagging, facts = spoken(GOOD, "en")
    facts = replace(facts, observations=None) if blind == "never measured" else replace(facts, roles_known=False)
    step = score(procedure("needs_discovery", *ALL), tagging, facts).steps[0]
    for part in step.dimensions[1:3]:
        assert part.outcome == "unknown" or part.high > 0
        assert all(m.outcome in ("unknown", "met", "not_applicable") for m in part.measures)
    assert step.points + step.unknown_points == 10.0


def test_saying_thank_you_fifty_times_earns_nothing() -> None:
    """One thank-you is as good as many, and a turn of nothing but thanks is worse than none: it is not counted."""
    once = [{**GOOD[2], "rep": f"Thank you. {GOOD[2]['rep']}"}, GOOD[3]]
    often = [{**GOOD[2], "rep": f"{'Thank you. ' * 50}{GOOD[2]['rep']}"}, GOOD[3]]
    spread = [*once, *[{"rep": "Thank you."}, {"customer": "Okay."}] * 50]
    attitude = [judged(lines, *ALL).dimensions[2].low for lines in (GOOD[2:4], once, often, spread)]
    assert attitude[0] < attitude[1]
    assert attitude[2] <= attitude[0]
    assert attitude[3] <= attitude[1]
    points = [judged(lines, *ALL).points for lines in (once, often, spread)]
    assert points[1] < points[0]
    assert points[2] <= points[0]


def test_questions_without_room_to_answer_earn_nothing() -> None:
    """Stuffing open questions into one breath, or going on after them, scores no higher than one honest question."""
    questions = "How do you do it? What do you need? Why is that? What else? How does it work? What do you want? "
    honest = GOOD[2:4]
    stuffed = [{**GOOD[2], "rep": questions * 8}, {"customer": "Well.", "s": 0.5}]
    ran_on = [
        {
            **GOOD[2],
            "rep": f"{questions} Let me tell you what we do, because our sensors are the best there are on the market.",
        },
        GOOD[3],
    ]
    skill = Dimension("skill", 1.0, ("open_questions", "listening"))
    earned = [judged(lines, skill).points for lines in (honest, stuffed, ran_on)]
    assert earned[1] < earned[0]
    assert earned[2] < earned[0]
    assert judged(ran_on, skill).points == 0


def test_a_card_with_dimensions_survives_json_and_has_words() -> None:
    """Dimensions are stored, read back equal, and told in both languages without a parameter left over."""
    kind = [*GOOD[:2], {**GOOD[2], "rep": f"Thank you, I understand. {GOOD[2]['rep']}"}, *GOOD[3:]]
    tagging, facts = spoken(kind, "en")
    card = score(procedure("needs_discovery", *ALL), tagging, facts)
    assert Scorecard.from_json(card.to_json()) == card
    step = card.steps[0]
    assert [DimensionResult.from_json(part.to_json()) for part in step.dimensions] == list(step.dimensions)
    for language in ("zh", "en"):
        assert "{" not in explain_step(step, language)
        for part in step.dimensions:
            assert "{" not in explain_share(part, language)
            assert all("{" not in explain_measure(measure, language) for measure in part.measures)


def test_cards_of_before_dimensions_are_read() -> None:
    """A stored card without the key has steps without dimensions."""
    tagging, facts = spoken(GOOD, "en")
    document = score(procedure(), tagging, facts).to_json()
    for step in document["steps"]:
        del step["dimensions"]
    assert Scorecard.from_json(document).steps[0].dimensions == ()


def test_observations_survive_json_and_name_their_mistakes() -> None:
    """What is stored is read back; a wrong field is named."""
    _, facts = spoken(GOOD, "en")
    assert facts.observations
    for item in facts.observations:
        assert item.kind in KINDS
        again = Observation.from_json(item.to_json())
        assert again == replace(item, value=round(item.value, 4), confidence=round(item.confidence, 4))
    with pytest.raises(SopError, match=r"observation\.value: wrong type str"):
        Observation.from_json({**facts.observations[0].to_json(), "value": "much"})
