"""Laws of the document and the scorer that hold for every procedure and call."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sop.applicability import suits
from sop.choice import choose
from sop.document import content_hash, dump, parse
from sop.events import Tagging
from sop.explanation import explain_card, explain_step, titles_of
from sop.facts import CallContext, CallFacts
from sop.hearing import Certainty
from sop.procedure import Applicability, Sop, Wording
from sop.reasons import ReasonCode
from sop.scorecard import Scorecard
from sop.scoring import score
from tests.sop.any_sop import applicabilities, calls, contexts, key_events, sops

LAWS = settings(max_examples=40, deadline=None, derandomize=True)


def points_alone(sop: Sop) -> Sop:
    """The procedure judged by the points covered alone."""
    return replace(sop, steps=tuple(replace(step, dimensions=()) for step in sop.steps))


def failed(card: Scorecard) -> bool:
    """Whether a step failed the whole call."""
    return card.reason is not None and card.reason.code is ReasonCode.AUTO_FAILED


def triggers(sop: Sop) -> set[str]:
    """Events that make demands: conditions, and what must be answered."""
    found: set[str] = set()
    for step in sop.steps:
        found |= {*step.when.heard, *step.when.not_heard, *sop.not_applicable.heard}
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
        assert card.reason is None or failed(card)


@LAWS
@given(sops(), calls())
def test_points_of_a_step_stay_within_its_worth(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """No step earns more than it is worth; where points covered are all that counts, its outcome agrees with them."""
    for step in score(sop, *call).steps:
        assert 0 <= step.points <= step.max_points
        assert step.points + step.unknown_points <= step.max_points + 0.01
    for step in score(points_alone(sop), *call).steps:
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

    It may leave no score at all, where an event of an unknown speaker turns a certain miss into doubt, or where nothing
    applies but a step without points that no longer fails the call.
    """
    tagging, facts = call
    sop = points_alone(sop)
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
    assert before.low is None or after.low is not None or failed(before)


@LAWS
@given(sops(), calls())
def test_unknown_never_counts_as_missed(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """The score is earned points over judged points, and no unknown point is among the judged."""
    card = score(points_alone(sop), *call)
    counted = [step for step in card.steps if step.outcome != "not_applicable"]
    judged = sum(step.max_points - step.unknown_points for step in counted)
    assert abs(card.judged_points - judged) < 0.05
    if card.score is not None and not failed(card):
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
@given(sops(), calls())
def test_auto_fail_changes_nothing_but_the_sum(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """A step that may fail a call is judged as any other; the card is 0, or low is 0, or all stays as it was."""
    mild = replace(sop, steps=tuple(replace(step, auto_fail=False) for step in sop.steps))
    card, plain = score(sop, *call), score(mild, *call)
    assert (card.steps, card.points, card.judged_points) == (plain.steps, plain.points, plain.judged_points)
    if failed(card):
        assert (card.score, card.low, card.high) == (0.0, 0.0, 0.0)
        assert card.reason is not None
        step = next(step for step in card.steps if step.step_id == card.reason.params["step"])
        assert step.outcome in ("missed", "unknown")
    else:
        assert (card.score, card.high, card.reason) == (plain.score, plain.high, plain.reason)
        assert card.low in (0.0, plain.low)


@LAWS
@given(sops(), calls())
def test_what_is_not_known_of_a_call_costs_nothing(sop: Sop, call: tuple[Tagging, CallFacts]) -> None:
    """Where the call's context is unknown, no step that asks for it is missed, nor is the call refused for it."""
    tagging, facts = call
    card = score(points_alone(sop), tagging, replace(facts, context=CallContext()))
    assert card.reason is None or card.reason.code is not ReasonCode.FOLLOW_UP_CALL
    for step, result in zip(sop.steps, card.steps, strict=True):
        when = step.when
        if when.directions or when.stages or when.follow_up is not None or sop.not_applicable.follow_up:
            assert result.outcome != "missed"


@LAWS
@given(st.lists(applicabilities, min_size=1, max_size=5), contexts, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order(
    found: list[Applicability], context: CallContext, shuffler: random.Random
) -> None:
    """Of several procedures the same one is chosen in whatever order they come, and none that is not for the call."""
    candidates = [
        Sop(f"law{index}", Wording("", ""), (("zh",), ("zh", "en"), ("en",))[index % 3], (), applies_to=applies_to)
        for index, applies_to in enumerate(found)
    ]
    chosen = choose(candidates, "zh", context)
    shuffler.shuffle(candidates)
    assert choose(candidates, "zh", context) == chosen
    if chosen is not None:
        assert "zh" in chosen.languages
        assert suits(chosen.applies_to, context) is not Certainty.NO


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
