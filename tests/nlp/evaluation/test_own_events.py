"""Events of a company's own, measured on annotated calls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from asr.transcript import Language, Speaker
from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.evaluation.measurement import Prediction, score_calls
from nlp.evaluation.own_events import OwnListener, as_transcript
from nlp.evaluation.scores import EvaluationReport, LanguageScore, OwnEventScore
from nlp.own_events.learner import Learner
from nlp.tagging.features import allowed_events
from sop.document import parse
from sop.events import EVENTS
from tests.fakes_nlp import HashedEncoder

CLAUSE = "  - id: clause\n    title: Clause\n    rule: {keywords: [liability]}\n"
PRICED = "  - id: priced\n    title: Priced\n    rule: {keywords: [liability], event: price_discussion}\n"
REFERENCES = (
    "  - id: references\n    title: References\n    examples:\n"
    "      - Who else is using this gadget?\n      - Which neighbours bought the gadget?\n"
    "      - Name some neighbours using it\n"
)


def listener(events: str) -> OwnListener:
    """Hears the events of an English procedure."""
    document = (
        f"name: tiny\ntitle: Tiny\nlanguage: en\nevents:\n{events}steps:\n  - {{id: a, title: A, event: opening}}\n"
    )
    return OwnListener(Learner(HashedEncoder()), parse(document))


def call_of(
    *turns: tuple[str, Sequence[str]], language: Language = "en", reviewed: tuple[str, ...] | None = None
) -> AnnotatedCall:
    """A call of turns with their own events, by both parties in turn."""
    speakers: tuple[Speaker, Speaker] = ("rep", "customer")
    spoken = (
        AnnotatedTurn(speakers[i % 2], text, own_events=tuple(own), reviewed=reviewed)
        for i, (text, own) in enumerate(turns)
    )
    return AnnotatedCall("a", language, tuple(spoken))


def unheard(call: AnnotatedCall) -> Prediction:
    """What a tagger makes of a call in which it hears nothing."""
    allowed = allowed_events([turn.speaker for turn in call.turns])
    nothing = np.zeros(allowed.shape, dtype=np.bool_)
    return Prediction(np.zeros(allowed.shape), allowed, nothing, nothing, nothing)


def measured(events: str, call: AnnotatedCall, predicted: Prediction | None = None) -> LanguageScore:
    """The scores of one call."""
    (score,) = score_calls([call], [predicted or unheard(call)], listener(events))
    return score


CALL = call_of(
    ("The liability is on page two.", ["clause"]),
    ("Which page?", []),
    ("About the liability again.", []),
    ("Fine.", ["clause"]),
)


def test_turns_are_counted_for_each_event() -> None:
    """One turn heard rightly, one wrongly and one missed give one of each count."""
    (own,) = measured(CLAUSE, CALL).own_events
    assert own.counts is not None
    assert (own.counts.true_positives, own.counts.false_positives, own.counts.false_negatives) == (1, 1, 1)
    assert measured(CLAUSE, CALL).own_macro_f1 == pytest.approx(0.5)


def test_an_event_that_nobody_labelled_has_no_gold() -> None:
    """It is told so, with the turns in which it was heard, and lowers no figure."""
    score = measured(CLAUSE, call_of(("The liability is on page two.", []), ("Fine.", [])))
    assert score.own_events == (OwnEventScore("clause", None, heard=1, left_out=0),)
    assert score.own_macro_f1 is None
    report = EvaluationReport("direct", (score,))
    told = report.to_json()["languages"]["en"]["own_events"]["clause"]
    assert (told["has_gold"], told["f1"], told["precision"], told["predicted"]) == (False, None, None, 1)
    assert "no gold (heard in 1 turns)" in " ".join(report.to_text().split())


def test_turns_that_hold_an_example_are_left_out() -> None:
    """Whoever is measured by what it was taught looks better than it is."""
    call = call_of(
        ("Well, who else is using this gadget?", ["references"]),
        ("Nobody.", []),
        ("Which neighbours, using it, bought the gadget?", ["references"]),
    )
    (own,) = measured(REFERENCES, call).own_events
    assert own.left_out == 1
    assert own.counts is not None
    assert own.counts.gold == 1


def test_an_example_of_one_word_leaves_out_that_word_only() -> None:
    """A turn in which it is a part of another word tells how the event is heard."""
    short = "  - id: trial\n    title: Trial\n    examples:\n      - trial\n      - a free month\n      - try it\n"
    (own,) = measured(short, call_of(("An industrial freezer", []), ("A trial, then", ["trial"]))).own_events
    assert own.left_out == 1


def test_a_rule_may_name_what_the_tagger_heard() -> None:
    """An event that leans on a built-in one is heard only where that one is."""
    call = call_of(("The liability costs ten.", ["priced"]), ("The liability, yes.", []))
    assert measured(PRICED, call).own_events[0].heard == 0
    heard = unheard(call)
    heard.believed[0, EVENTS.index("price_discussion")] = True
    heard.scores[0, EVENTS.index("price_discussion")] = 0.9
    (own,) = measured(PRICED, call, heard).own_events
    assert own.counts is not None
    assert (own.counts.precision, own.counts.recall) == (1.0, 1.0)


def test_of_reviewed_turns_only_what_was_judged_counts() -> None:
    """A turn in which nobody judged the event is neither right nor wrong."""
    told = [("The liability is on page two.", ["clause"]), ("No liability.", [])]
    assert measured(CLAUSE, call_of(*told, reviewed=())).own_events[0].counts is None
    (own,) = measured(CLAUSE, call_of(*told, reviewed=("clause",))).own_events
    assert own.counts is not None
    assert own.counts.precision == 0.5


def test_calls_in_a_language_that_the_procedure_is_not_for_have_no_own_events() -> None:
    """Its examples and rules say nothing of them."""
    assert measured(CLAUSE, call_of(("第二页写着责任。", []), language="zh")).own_events == ()


def test_a_call_is_spoken_at_an_easy_pace() -> None:
    """Turns follow each other without overlap, and what is longer takes longer."""
    spoken = as_transcript(call_of(("Yes.", []), ("one two three four five six seven eight nine", [])))
    first, second = spoken.turns
    assert 0 == first.start_ms < first.end_ms < second.start_ms < second.end_ms <= spoken.duration_ms
    assert second.end_ms - second.start_ms == pytest.approx(9 / 2.7 * 1000, abs=1)
