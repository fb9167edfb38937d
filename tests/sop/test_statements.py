"""Criteria that say themselves what is to be heard, and the other keys beside them."""

from __future__ import annotations

import yaml

from sop.conditions import Keywords
from sop.dimensions import MEASURES, Dimension
from sop.document import content_hash, dump, parse
from sop.events import Evidence, KeyEvent, Tagging
from sop.explanation import explain_step
from sop.facts import CallFacts, TurnSpan
from sop.procedure import Applicability, Condition, Gate, NotApplicable, Wording
from sop.scoring import score

FULL = """\
name: full
title: Full
language: [zh, en]
applies_to: {teams: 华东, directions: [outbound], stages: [Won, 签约], call_types: demo}
not_applicable: {shorter_than_s: 45, heard: [wrong_person, closing], follow_up: true}
vocabulary: {hotwords: [冷链], competitors: [Frostmere], price_terms: [月供, per seat]}
events:
  - {id: wrong_person, title: Wrong, rule: {keywords: [打错]}}
gates:
  - {stage: Proposal, needs: customer_need}
  - {stage: Won, title: {zh: 赢单, en: Closed}, needs: [closing, wrong_person], within_days: 30}
steps:
  - id: notice
    title: {zh: 录音告知, en: Notice}
    auto_fail: true
    when: {follow_up: false, directions: inbound, stages: [Won], heard: opening}
    speaker: rep
    examples: [本次通话会录音, 这通电话有录音, This call is recorded]
    counter_examples: [录音发我]
    rule: {keywords: [录音]}
    before_end_s: 30
    dimensions: {skill: {weight: 2.5, measures: [pace, listening]}, points: 4, attitude: {}}
  - id: price
    title: Price
    criteria:
      - {id: told, title: Told, rule: {keywords: [月供]}, weight: 2, after_step: notice}
      - {id: heard, title: Heard, event: price_discussion}
"""


def test_every_new_key_is_read() -> None:
    """Each key of the document reaches its value."""
    sop = parse(FULL)
    assert sop.applies_to == Applicability(("华东",), ("outbound",), ("Won", "签约"), ("demo",))
    assert sop.not_applicable == NotApplicable(45, ("wrong_person", "closing"), True)
    assert sop.vocabulary.price_terms == ("月供", "per seat")
    assert sop.gates == (
        Gate("Proposal", Wording("Proposal", "Proposal"), ("customer_need",)),
        Gate("Won", Wording("赢单", "Closed"), ("closing", "wrong_person"), 30),
    )
    notice = sop.step("notice")
    assert notice.auto_fail
    assert notice.when == Condition(("opening",), (), False, ("inbound",), ("Won",))
    assert notice.criteria[0].before_end_s == 30
    assert notice.dimensions == (
        Dimension("points", 4.0, MEASURES["points"]),
        Dimension("skill", 2.5, ("listening", "pace")),
        Dimension("attitude", 1.0, MEASURES["attitude"]),
    )


def test_statements_are_events_by_the_names_of_step_and_criterion() -> None:
    """A statement is the only event of its criterion; tagging hears it, the written events stay as they are."""
    sop = parse(FULL)
    assert [event.id for event in sop.events] == ["wrong_person"]
    notice, told = sop.implicit_events
    assert (notice.id, notice.title, notice.speakers) == ("notice.notice", Wording("录音告知", "Notice"), {"rep"})
    assert (told.id, told.rule, told.speakers) == ("price.told", Keywords(any_of=("月供",)), {"rep", "customer"})
    assert sop.step("notice").criteria[0].any_of == ("notice.notice",)
    assert sop.step("price").criteria[1].statement is None
    assert set(sop.all_events) >= {*sop.events, *sop.implicit_events}
    assert sop.own_titles["price.told"] == Wording("Told", "Told")
    assert sop.event_speakers["notice.notice"] == {"rep"}


def test_price_terms_speak_of_the_price() -> None:
    """They are evidence for the built-in event, and no event of one's own."""
    added = [event for event in parse(FULL).all_events if event.is_built_in]
    assert [(event.id, event.rule) for event in added] == [("price_discussion", Keywords(any_of=("月供", "per seat")))]
    assert "price_discussion" not in parse(FULL).own_titles


def test_all_of_it_is_written_back_in_its_place() -> None:
    """What is dumped reads back equal, hashes equal, and holds statements where they stood."""
    sop = parse(FULL)
    document = yaml.safe_load(dump(sop))
    assert parse(dump(sop)) == sop
    assert content_hash(parse(dump(sop))) == content_hash(sop)
    assert document["steps"][0]["examples"] == ["本次通话会录音", "这通电话有录音", "This call is recorded"]
    assert document["steps"][1]["criteria"][0]["rule"] == {"keywords": ["月供"]}
    assert "events" in document
    assert len(document["events"]) == 1


def test_points_alone_are_the_default() -> None:
    """To weigh nothing but points covered is to say nothing: the content hash is the same."""
    text = "name: t\ntitle: T\nlanguage: en\nsteps:\n  - {id: a, title: A, event: opening"
    assert content_hash(parse(text + ", dimensions: {points: 3}}\n")) == content_hash(parse(text + "}\n"))


def test_a_statement_is_scored_and_told_by_its_title() -> None:
    """Whoever may say it earns the points, and the reason calls it by the criterion's title."""
    sop = parse(
        "name: t\ntitle: T\nlanguage: en\nsteps:\n"
        "  - {id: notice, title: {zh: 录音告知, en: Recording notice}, speaker: rep, rule: {keywords: [recorded]}}\n"
    )
    facts = CallFacts(60_000, "en", (TurnSpan("rep", 0, 4000), TurnSpan("customer", 5000, 9000)))
    said = [
        Tagging((KeyEvent("notice.notice", Evidence(turn, at, at + 4000, who, "This call is recorded.", 0.9)),))
        for turn, at, who in ((0, 0, "rep"), (1, 5000, "customer"))
    ]
    by_rep, by_customer = (score(sop, tagging, facts).steps[0] for tagging in said)
    assert (by_rep.outcome, by_customer.outcome) == ("met", "missed")
    assert explain_step(by_rep, "zh", None, sop.own_titles) == "录音告知：听到录音告知 1 次（10/10 分）。"
