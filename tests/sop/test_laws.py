"""Laws of the document and the scorer that hold for every procedure and call."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sop.document import content_hash, dump, parse
from sop.events import EVENT_SPEAKERS, EVENTS, Evidence, KeyEvent, Tagging
from sop.explanation import explain_card, explain_step, titles_of
from sop.facts import CallFacts, TurnSpan
from sop.procedure import Condition, Criterion, NotApplicable, Sop, Step, Vocabulary, Wording
from sop.scorecard import Scorecard
from sop.scoring import score

LAWS = settings(max_examples=40, deadline=None, derandomize=True)

texts = st.text(st.sampled_from("abcXYZ 开场白价格：#'\"-{}[],&*!|>%@?0159"), min_size=1, max_size=12).map(
    lambda text: text.strip() or "x"
)
wordings = st.builds(Wording, texts, texts)
events = st.sampled_from(EVENTS)
event_lists = st.lists(events, min_size=1, max_size=3, unique=True).map(tuple)
points = st.sampled_from([0.0, 0.5, 1.0, 7.0, 12.25, 30.0])


@st.composite
def criteria(draw: st.DrawFn, name: str, title: Wording, earlier: tuple[str, ...], weight: float) -> Criterion:
    """A criterion of a step that comes after ``earlier``."""
    any_of = draw(event_lists)
    speakers = frozenset[str]().union(*(EVENT_SPEAKERS[event] for event in any_of))
    if draw(st.booleans()):
        common = [word for word in ("rep", "customer") if all(word in EVENT_SPEAKERS[event] for event in any_of)]
        speakers = frozenset({draw(st.sampled_from(common))}) if common else speakers
    base = Criterion(name, title, any_of, speakers, weight)
    others = [event for event in EVENTS if event not in any_of]
    if draw(st.integers(0, 3)) == 0:
        answers = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
        return replace(base, answers=tuple(answers), answer_within_turns=draw(st.integers(1, 4)))
    return replace(
        base,
        min_count=draw(st.integers(1, 3)),
        within_first_s=draw(st.none() | st.integers(1, 60)),
        after_step=draw(st.none() | st.sampled_from(earlier)) if earlier else None,
    )


@st.composite
def steps(draw: st.DrawFn, index: int) -> Step:
    """The step at ``index`` of a procedure; the first always is required and worth points."""
    title, name = draw(wordings), f"step{index}"
    earlier = tuple(f"step{number}" for number in range(index))
    several = draw(st.integers(1, 3))
    parts = [draw(criteria(name, title, earlier, 1.0))]
    if several > 1:
        parts = [
            draw(criteria(f"part{number}", draw(wordings), earlier, draw(st.sampled_from([0.5, 1.0, 2.0]))))
            for number in range(several)
        ]
    when = Condition()
    if draw(st.integers(0, 2)) == 0:
        pool = draw(st.lists(events, min_size=2, max_size=3, unique=True))
        when = draw(st.sampled_from([Condition(heard=tuple(pool[:1])), Condition(not_heard=tuple(pool[1:]))]))
    required = index == 0 or draw(st.booleans())
    worth = draw(points) if index else 10.0
    return Step(name, title, tuple(parts), worth, required, when)


@st.composite
def sops(draw: st.DrawFn) -> Sop:
    """Any valid procedure."""
    return Sop(
        name="law",
        title=draw(wordings),
        languages=draw(st.sampled_from([("zh",), ("en",), ("zh", "en")])),
        steps=tuple(draw(steps(index)) for index in range(draw(st.integers(1, 4)))),
        not_applicable=NotApplicable(draw(st.none() | st.integers(1, 40))),
        vocabulary=Vocabulary(tuple(draw(st.lists(texts, max_size=3, unique=True))), ()),
    )


@st.composite
def calls(draw: st.DrawFn) -> tuple[Tagging, CallFacts]:
    """Any call: its events and facts."""
    speakers = draw(st.lists(st.sampled_from(["rep", "customer", "rep", "customer", "unknown"]), max_size=12))
    spans = tuple(TurnSpan(who, i * 4000, i * 4000 + 3000) for i, who in enumerate(speakers))  # type: ignore[arg-type]
    facts = CallFacts(
        draw(st.integers(20_000, 90_000)),
        draw(st.sampled_from(["zh", "en"])),
        spans,
        roles_known=draw(st.integers(0, 5)) > 0,
        truncated=draw(st.integers(0, 5)) == 0,
    )
    if not spans:
        return Tagging(), facts
    heard = draw(st.lists(key_events(spans), max_size=12))
    perhaps = draw(st.lists(key_events(spans), max_size=4))
    return Tagging(tuple(heard), tuple(perhaps)), facts


@st.composite
def key_events(draw: st.DrawFn, spans: tuple[TurnSpan, ...]) -> KeyEvent:
    """Any event in any of the turns."""
    turn = draw(st.integers(0, len(spans) - 1))
    span = spans[turn]
    confidence = draw(st.sampled_from([0.4, 0.6, 0.9]))
    evidence = Evidence(turn, span.start_ms, span.end_ms, span.speaker, f"turn {turn}", confidence)
    return KeyEvent(draw(events), evidence)


def triggers(sop: Sop) -> set[str]:
    """Events that make demands: conditions, and what must be answered."""
    found: set[str] = set()
    for step in sop.steps:
        found |= {*step.when.heard, *step.when.not_heard}
        found |= {event for part in step.criteria for event in part.answers}
    return found


@LAWS
@given(sops(), calls())
def test_score_lies_in_range_and_in_its_interval(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """0 <= low <= score <= high <= 100, with one decimal; and a score only where something was judged."""
    card = score(sop, *call)
    if card.low is None or card.high is None:
        assert card.score is None
        assert card.reason is not None
        return
    assert 0 <= card.low <= card.high <= 100
    if card.score is not None:
        assert card.low <= card.score <= card.high
        assert round(card.score, 1) == card.score
        assert card.reason is None


@LAWS
@given(sops(), calls())
def test_points_of_a_step_stay_within_its_worth(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """No step earns more than it is worth, and its outcome agrees with its points."""
    for step in score(sop, *call).steps:
        assert 0 <= step.points <= step.max_points
        assert step.points + step.unknown_points <= step.max_points + 0.01
        if step.outcome == "met":
            assert step.points == step.max_points
        if step.outcome in ("missed", "not_applicable"):
            assert step.unknown_points == 0


@LAWS
@given(sops(), calls(), st.randoms(use_true_random=False))
def test_order_of_events_changes_nothing(sop: Sop, call: tuple[Tagging, CallFacts], shuffler: random.Random) -> None:
    """Any permutation of the events, and any repetition of one, gives the same card."""
    tagging, facts = call
    present, doubtful = list(tagging.present), list(tagging.doubtful)
    shuffler.shuffle(present)
    shuffler.shuffle(doubtful)
    assert score(sop, Tagging(tuple(present), tuple(doubtful)), facts) == score(sop, tagging, facts)
    repeated = Tagging((*present, *present), tuple(doubtful))
    assert score(sop, repeated, facts) == score(sop, tagging, facts)


@LAWS
@given(sops(), calls(), st.data())
def test_more_evidence_never_lowers(sop: Sop, call: tuple[Tagging, CallFacts], data: st.DataObject) -> None:
    """Another present event that demands nothing lowers neither a step nor the score nor the interval.

    It may leave no score at all, where an event of an unknown speaker turns a certain miss into doubt.
    """
    tagging, facts = call
    if not facts.turns:
        return
    more = data.draw(key_events(facts.turns).filter(lambda event: event.event not in triggers(sop)))
    before, after = (
        score(sop, tagging, facts),
        score(sop, replace(tagging, present=(*tagging.present, more)), facts),
    )
    for old, new in zip(before.steps, after.steps, strict=True):
        assert new.points >= old.points
        assert old.outcome != "met" or new.outcome == "met"
    for name in ("score", "low", "high"):
        was, now = getattr(before, name), getattr(after, name)
        assert was is None or now is None or now >= was
    assert (before.low is None) or (after.low is not None)


@LAWS
@given(sops(), calls())
def test_unknown_never_counts_as_missed(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """The score is earned points over judged points, and no unknown point is among the judged."""
    card = score(sop, *call)
    counted = [step for step in card.steps if step.outcome != "not_applicable"]
    judged = sum(step.max_points - step.unknown_points for step in counted)
    assert abs(card.judged_points - judged) < 0.05
    if card.score is not None:
        assert abs(card.score - 100 * card.points / card.judged_points) < 0.1 + 2 / card.judged_points


@LAWS
@given(sops(), calls())
def test_doubt_alone_is_never_met(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """Where every event is doubtful, no step is met."""
    tagging, facts = call
    doubtful = Tagging(doubtful=(*tagging.present, *tagging.doubtful))
    assert all(step.outcome != "met" for step in score(sop, doubtful, facts).steps)


@LAWS
@given(sops(), calls())
def test_card_survives_json_and_has_words(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """Every card can be stored, read back and told in both languages with no parameter left in braces."""
    card = score(sop, *call)
    assert Scorecard.from_json(card.to_json()) == card
    bare: Any = replace(card, steps=tuple(replace(step, title=Wording("", "")) for step in card.steps))
    titles = titles_of(bare)
    for step in bare.steps:
        plain = replace(step, criteria=())
        for language in ("zh", "en"):
            assert "{" not in explain_step(plain, language, titles)
            assert explain_card(card, language)


@LAWS
@given(sops())
def test_document_round_trip(sop: Sop) -> None:
    """What is dumped is read back equal, and hashes equal."""
    again = parse(dump(sop))
    assert again == sop
    assert content_hash(again) == content_hash(sop)


@LAWS
@given(sops(), st.integers(0, 8))
def test_hash_ignores_formatting(sop: Sop, blank: int) -> None:
    """Comments and blank lines leave the hash alone."""
    text = "# head\n" + dump(sop).replace("\nsteps:", "\n" * (blank + 1) + "# the steps\nsteps:", 1)
    assert content_hash(parse(text)) == content_hash(sop)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.text(st.sampled_from("ab:-[]{},&*!#'\"\n\t |>%@?~<=0.1"), max_size=60))
def test_any_text_gives_a_procedure_or_problems(text: str) -> None:
    """No text whatsoever ends in anything but a procedure or problems with a line."""
    try:
        parse(text)
    except ValueError as error:
        problems = getattr(error, "problems", ())
        assert problems
        assert all(problem.line for problem in problems)
