"""Events of one's own in the document: strict reading, use in steps, round trip, and hashes that stay."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.conditions import Keywords
from sop.document import content_hash, dump, json_schema, parse
from sop.events import EVENT_SPEAKERS, Evidence, KeyEvent, Tagging
from sop.explanation import explain_step
from sop.own_events import BOTH, events_hash
from sop.problems import SopError
from sop.procedure import OwnEvent, Wording
from sop.scoring import CallFacts, TurnSpan, score
from tests.sop.written_calls import shipped

OWN = """\
name: tiny
title: {zh: 小流程, en: Tiny}
language: en
events:
  - id: asks_for_reference
    title: {zh: 询问客户案例, en: Asks for a reference}
    speaker: customer
    examples: [Who else uses it, Can I call a customer, Any references]
    counter_examples: [Can I call you back]
  - id: contract_terms
    title: Contract terms
    rule: {keywords: [违约金, liability]}
  - id: competitor
    rule: {keywords: [Frostmere]}
steps:
  - id: opening
    title: Opening
    event: opening
  - id: references
    title: References
    points: 20
    event: product_intro
    answers: asks_for_reference
  - id: terms
    title: Terms
    any_of: [contract_terms, decision_process]
    when: {heard: asks_for_reference}
"""


def problems(text: str) -> list[str]:
    """What parse has to say about a broken document, one line a problem."""
    with pytest.raises(SopError) as caught:
        parse(text)
    return str(caught.value).split("\n")


def test_own_events_are_read() -> None:
    """Each key of an event reaches the value that tagging reads; a built-in one keeps its title and speakers."""
    reference, terms, competitor = parse(OWN).events
    assert reference == OwnEvent(
        "asks_for_reference",
        Wording("询问客户案例", "Asks for a reference"),
        frozenset({"customer"}),
        ("Who else uses it", "Can I call a customer", "Any references"),
        ("Can I call you back",),
    )
    assert (terms.speakers, terms.rule) == (BOTH, Keywords(any_of=("违约金", "liability")))
    assert (competitor.is_built_in, competitor.speakers) == (True, EVENT_SPEAKERS["competitor"])
    assert set(parse(OWN).own_titles) == {"asks_for_reference", "contract_terms"}


def test_own_events_survive_dump_and_parse() -> None:
    """YAML written from a procedure with events of its own reads back as the same procedure."""
    assert parse(dump(parse(OWN))) == parse(OWN)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("speaker: customer", "speaker: buyer", "events[0].speaker (line 7): unknown speaker 'buyer'"),
        ("    title: Contract terms\n", "", "events[1].title (line 10): missing"),
        ("id: contract_terms", "id: asks_for_reference", "events[1].id (line 10): 'asks_for_reference' is already"),
        ("id: contract_terms", "id: Contract Terms", "events[1].id (line 10): 'Contract Terms' is not a plain name"),
        (", Any references]", "]", "events[0].examples (line 8): 2 given, give 3 to 30 sentences"),
        (
            "[Can I call you back]",
            "[Any references]",
            "events[0].counter_examples (line 9): 'Any references' is also",
        ),
        ("    rule: {keywords: [Frostmere]}\n", "", "events[2].examples (line 13): missing, give 3 to 30 sentences"),
        ("id: competitor\n", "id: competitor\n    title: X\n", "events[2].title (line 14): 'competitor' is built in"),
        ("answers: asks_for_reference", "answers: asks_for_referenc", "did you mean 'asks_for_reference'?"),
        (
            "{keywords: [Frostmere]}",
            "{keyword: [Frostmere]}",
            "events[2].rule.keyword (line 14): unknown key 'keyword'",
        ),
        ("counter_examples:", "counterexamples:", "did you mean 'counter_examples'?"),
        (
            "any_of: [contract_terms, decision_process]",
            "any_of: [asks_for_reference]\n    speaker: rep",
            "'asks_for_reference' is never said by the rep, it is said by the customer",
        ),
    ],
)
def test_mistakes_say_what_and_where(old: str, new: str, expected: str) -> None:
    """A mistake in an event, or in a step that names one, is told with its path, line and remedy."""
    assert old in OWN
    assert any(expected in line for line in problems(OWN.replace(old, new, 1))), problems(OWN.replace(old, new, 1))


def test_all_mistakes_are_told_at_once() -> None:
    """Mistakes in events and steps come in one answer, and a wrong event does not make the steps that name it wrong."""
    broken = OWN.replace("speaker: customer", "speaker: buyer").replace("event: opening", "event: openin")
    assert [line.split(" ")[0] for line in problems(broken)] == ["events[0].speaker", "steps[0].event"]


def test_a_document_without_events_keeps_its_hash() -> None:
    """Scorecards stored before there were events of one's own still name the SOPs that they were made by."""
    assert {name: content_hash(shipped(name)) for name in HASHES} == HASHES
    assert "events" not in dump(shipped("zh-telesales"))
    assert events_hash(shipped("zh-telesales").events) == ""


HASHES = {
    "en-b2b": "42db99fc8ac42253f4cd3806b102f5615b5312135f3d74a0eb41d48e44da6877",
    "zh-telesales": "0b35404072bb15bd2d35ecd3dd3f06aea7f7fa1186b85466343621978272b5ea",
}


def test_events_decide_the_hash_that_tagging_depends_on() -> None:
    """What is tagged depends on the examples, not on what an event is called."""
    renamed = parse(OWN.replace("Asks for a reference", "References"))
    taught = parse(OWN.replace("Any references", "Got any references"))
    plain = parse(OWN)
    assert events_hash(renamed.events) == events_hash(plain.events) != events_hash(taught.events)
    assert len({content_hash(sop) for sop in (renamed, taught, plain)}) == 3


def test_steps_are_judged_by_own_events() -> None:
    """An event of one's own demands an answer and a step like a built-in one, and goes by its title."""
    sop = parse(OWN)
    turns = [TurnSpan("rep" if i % 2 == 0 else "customer", i * 1000, i * 1000 + 900) for i in range(4)]
    facts = CallFacts(4000, "en", tuple(turns))

    def heard(event: str, turn: int) -> KeyEvent:
        span = turns[turn]
        return KeyEvent(event, Evidence(turn, span.start_ms, span.end_ms, span.speaker, "…", 0.9))

    asked = Tagging((heard("opening", 0), heard("asks_for_reference", 1)))
    answered = Tagging((*asked.present, heard("product_intro", 2), heard("contract_terms", 2)))
    assert [step.outcome for step in score(sop, asked, facts).steps] == ["met", "missed", "missed"]
    assert [step.outcome for step in score(sop, answered, facts).steps] == ["met", "met", "met"]
    missed = score(sop, asked, facts).steps[1]
    assert "Asks for a reference" in explain_step(missed, "en", None, sop.own_titles)
    assert "询问客户案例" in explain_step(missed, "zh", None, sop.own_titles)
    unsaid = score(sop, Tagging((heard("opening", 0),)), facts)
    assert [step.outcome for step in unsaid.steps] == ["met", "not_applicable", "not_applicable"]


texts = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12).map(lambda text: f"t{text}")


@given(st.lists(texts, min_size=3, max_size=30, unique=True), st.sampled_from(["rep", "customer", "both"]))
def test_any_event_survives_dump_and_parse(examples: list[str], speaker: str) -> None:
    """Whatever the examples are, the document says them back."""
    plain = parse(OWN)
    speakers = BOTH if speaker == "both" else frozenset({speaker})
    event = OwnEvent("asks_for_reference", Wording("甲", "A"), speakers, tuple(examples))
    changed = replace(plain, steps=plain.steps[:1], events=(event,))
    assert parse(dump(changed)) == changed


def test_schema_takes_own_events() -> None:
    """The schema for editors knows the keys of an event, and lets steps name one."""
    schema = json_schema()
    item = schema["properties"]["events"]["items"]
    assert set(item["properties"]) == {"id", "title", "speaker", "examples", "counter_examples", "rule"}
    assert item["properties"]["rule"] == {"$ref": "#/$defs/rule"}
    assert "keywords" in schema["$defs"]["rule"]["properties"]
    assert json.dumps(schema)
