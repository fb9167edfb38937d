"""The shipped procedures tell the stories of the demo, from gold events alone."""

from __future__ import annotations

import pytest

from sop.scorecard import Scorecard
from sop.scoring import score
from tests.sop.written_calls import demo_calls, gold, shipped, written

SOPS = {"zh": "zh-telesales", "en": "en-b2b"}


@pytest.fixture(scope="module")
def cards() -> dict[str, Scorecard]:
    """The scorecards of the 15 demo calls by id."""
    return {name: score(shipped(SOPS[call["language"]]), *gold(call)) for name, call in demo_calls().items()}


def value(card: Scorecard) -> float:
    """A score that must be there."""
    assert card.score is not None
    return card.score


def outcomes(card: Scorecard) -> dict[str, str]:
    """Outcome by step."""
    return {step.step_id: step.outcome for step in card.steps}


@pytest.mark.parametrize("name", ["zh-demo-001", "zh-demo-002", "zh-demo-003"])
def test_model_path_scores_high_in_every_call(cards: dict[str, Scorecard], name: str) -> None:
    """First, price and closing call of the model path score high; follow-ups need not repeat discovery."""
    assert value(cards[name]) >= 90


@pytest.mark.parametrize("name", ["zh-demo-004", "zh-demo-005", "zh-demo-006"])
def test_unanswered_objections_cost_the_lost_deal(cards: dict[str, Scorecard], name: str) -> None:
    """In the lost deal nothing is earned for objections, and every one of them can be played."""
    step = next(step for step in cards[name].steps if step.step_id == "objections")
    assert (step.outcome, step.points) == ("missed", 0)
    assert len(step.evidence) == step.reason.params["total"]
    assert value(cards[name]) < 60


def test_asking_beats_pitching_with_the_same_customer(cards: dict[str, Scorecard]) -> None:
    """The rep who asks scores far above the rep who pitches."""
    assert value(cards["zh-demo-008"]) - value(cards["zh-demo-007"]) >= 50


@pytest.mark.parametrize("name", ["en-demo-001", "en-demo-002", "en-demo-003"])
def test_truth_gap_lacks_need_and_decision(cards: dict[str, Scorecard], name: str) -> None:
    """The pleasant calls miss need and decision process, whatever the CRM says."""
    assert outcomes(cards[name])["need"] == outcomes(cards[name])["decision"] == "missed"
    assert value(cards[name]) < 60


def test_angry_customer_turned_round_scores_well(cards: dict[str, Scorecard]) -> None:
    """Four objections answered and an order agreed score high."""
    assert value(cards["en-demo-007"]) >= 75
    assert outcomes(cards["en-demo-007"])["objections"] == "met"


@pytest.mark.parametrize("name", ["zh-demo-001", "zh-demo-008", "en-demo-004", "en-demo-006"])
def test_good_first_calls_score_high(cards: dict[str, Scorecard], name: str) -> None:
    """Good first calls score 90 or more without any objection or closing."""
    assert value(cards[name]) >= 90


def test_keyword_stuffing_does_not_beat_an_honest_call() -> None:
    """A rep who recites every magic word in one breath scores below one who holds the conversation."""
    honest = [
        *(
            "rep: opening",
            "customer:",
            "rep: needs_discovery",
            "customer: customer_need",
            "rep: needs_discovery",
        ),
        *("customer: customer_need", "rep: product_intro", "customer: objection", "rep: objection_handling"),
        *("customer: customer_approval", "rep: decision_process", "customer:", "rep: next_step"),
        "customer: next_step",
    ]
    magic = "opening, needs_discovery, product_intro, objection_handling, decision_process, next_step, closing"
    stuffed = [f"rep: {magic}"] * 10 + ["customer: objection", "rep:", "customer:", f"rep: {magic}"]
    sop = shipped("en-b2b")
    assert value(score(sop, *written(stuffed, language="en"))) < value(score(sop, *written(honest, language="en")))
