"""Two cards of one call: by how much the score moved, and because of which steps."""

from __future__ import annotations

from sop.comparison import card_differences, explain_card_difference
from sop.document import parse
from sop.events import Evidence, KeyEvent, Speaker, Tagging
from sop.facts import CallFacts, TurnSpan
from sop.scorecard import Scorecard
from sop.scoring import score

OLD = """
name: demo
title: Demo
language: en
steps:
  - {id: opening, title: {zh: 开场, en: Opening}, points: 10, event: opening}
  - {id: price, title: {zh: 价格异议, en: Price objection}, points: 10, event: objection_handling,
     answers: [price_objection]}
  - {id: discovery, title: {zh: 挖掘需求, en: Discovery}, points: 20, event: needs_discovery}
"""
SPEAKERS: tuple[Speaker, ...] = ("rep", "customer", "rep", "customer", "rep", "customer")
TURNS = tuple(TurnSpan(speaker, i * 5_000, i * 5_000 + 4_000) for i, speaker in enumerate(SPEAKERS))
EVENTS = ((0, "opening"), (1, "price_objection"), (4, "objection_handling"))


def card(document: str) -> Scorecard:
    """The call under ``document``: opened, a price objection, and its answer two turns of the rep's later."""
    found = tuple(
        KeyEvent(event, Evidence(turn, TURNS[turn].start_ms, TURNS[turn].end_ms, SPEAKERS[turn], f"turn {turn}", 0.9))
        for turn, event in EVENTS
    )
    return score(parse(document), Tagging(found), CallFacts(60_000, "en", TURNS))


def words(new: str, language: str = "en") -> str:
    """The sentence that tells the card under ``new`` from that under the old text."""
    return explain_card_difference(card_differences(card(OLD), card(new)), "zh" if language == "zh" else "en")


def test_a_moved_score_names_the_steps_that_moved_it() -> None:
    """Scores, outcomes, points and the reason, in both languages."""
    new = OLD.replace("answers: [price_objection]}", "answers: [price_objection], answer_within_turns: 1}")
    new = new.replace("Price objection}, points: 10", "Price objection}, points: 15")
    assert words(new) == (
        "50 → 22.2, because Price objection: met → missed, 10/10 → 0/15 points"
        " (price objection: 0 of 1 answered within 1 turns)"
    )
    assert words(new, "zh") == (
        "50 → 22.2，因为价格异议：完成 → 未完成，10/10 → 0/15 分（价格异议共 1 次，1 轮内回应了 0 次）"
    )


def test_the_step_that_weighs_most_comes_first() -> None:
    """New and dropped steps are told as such, by their points."""
    new = OLD.replace(
        "  - {id: discovery, title: {zh: 挖掘需求, en: Discovery}, points: 20", "  - {id: d, title: D, points: 5"
    )
    found = card_differences(card(OLD), card(new))
    assert [step.step_id for step in found.steps] == ["discovery", "d"]
    told = explain_card_difference(found, "en")
    assert told == "50 → 80, because Discovery: no longer asked for; D: new, missed (needs discovery not heard)"


def test_equal_cards_have_no_difference() -> None:
    """The same results are no difference, whatever the document says besides."""
    found = card_differences(card(OLD), card(OLD.replace("title: Demo", "title: Other")))
    assert (found.steps, found.before, found.after) == ((), 50.0, 50.0)
    assert explain_card_difference(found, "en") == "50 → 50"


def test_a_score_that_is_gone_says_why() -> None:
    """Where the new text does not score the call, its reason comes first."""
    told = words(OLD.replace("language: en", "language: en\nnot_applicable: {shorter_than_s: 90}"))
    assert told.startswith("50 → no score, because the call lasts 60 s, under 90 s: not scored; ")


def test_the_json_holds_both_languages_and_the_steps() -> None:
    """Programs find scores, sentences, and each step before and after."""
    document = card_differences(card(OLD), card(OLD.replace("points: 20", "points: 30"))).to_json()
    assert (document["before"], document["after"]) == (50.0, 40.0)
    assert set(document["text"]) == {"zh", "en"}
    (step,) = document["steps"]
    assert (step["step"], step["before"]["max_points"], step["after"]["max_points"]) == ("discovery", 20, 30)
