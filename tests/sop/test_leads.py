"""Grades, turns and deadlines of leads: laws, and the words they are told in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals import pool_document
from sop.deals.leads import Candidate, LeadCall, LeadFacts, choose, due_at, grade, kept_away_until, passes, rule_for
from sop.deals.pool import GRADES, HOWS, Act, AssignmentRule, FieldTest, Grading, Limits, Source
from sop.deals.pool_sentences import TEMPLATES, explain
from sop.problems import SopError
from sop.procedure import Wording

NOW = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
GRADING = Grading(
    sources=(Source("referral", 95, ("转介绍",)), Source("list", 10)),
    acts=(Act("called", 15), Act("called", 10, 3), Act("answered", 30), Act("heard", 45, 1, ("customer_need",))),
)

events = st.sampled_from(["customer_need", "opening", "next_step"])
calls = st.builds(
    LeadCall,
    at=st.integers(0, 1000).map(lambda n: NOW + timedelta(hours=n)),
    answered=st.none() | st.booleans(),
    events=st.frozensets(events),
)
known = st.dictionaries(st.sampled_from([*Grading().complete, "region"]), st.just("x"))
facts = st.builds(
    LeadFacts,
    source=st.none() | st.sampled_from(["referral", "转介绍", "LIST", "radio"]),
    fields=known,
    calls=st.lists(calls, max_size=5).map(tuple),
)
candidates = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        holds=st.integers(0, 5),
        capacity=st.integers(0, 5),
        last_given_at=st.none() | st.integers(0, 50).map(lambda n: NOW + timedelta(hours=n)),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(facts)
def test_a_score_is_in_range_and_is_its_parts(lead: LeadFacts) -> None:
    """A grade's score is the weighted mean of parts from 0 to 100, and each part has a sentence in both languages."""
    found = grade(GRADING, lead)
    assert 0 <= found.score <= 100
    mean = sum(part.score * part.weight for part in found.parts) / sum(part.weight for part in found.parts)
    assert found.score == pytest.approx(mean, abs=0.05)
    for part in found.parts:
        assert 0 <= part.score <= 100
        for language in ("zh", "en"):
            sentence = explain(part.reason, language)
            assert sentence
            assert "{" not in sentence


@given(facts, calls, st.sampled_from(Grading().complete))
def test_more_is_never_worth_less(lead: LeadFacts, call: LeadCall, field: str) -> None:
    """One more call and one more field that is known never lower the score, and so never the grade."""
    before = grade(GRADING, lead)
    for more in (
        replace(lead, calls=(*lead.calls, call)),
        replace(lead, fields={**lead.fields, field: "x"}),
    ):
        after = grade(GRADING, more)
        assert after.score >= before.score
        assert GRADES.index(after.grade) <= GRADES.index(before.grade)


@given(facts)
def test_calls_that_nobody_heard_yet_count_as_calls_only(lead: LeadFacts) -> None:
    """Not known whether anybody answered is not taken for an answer."""
    unheard = replace(lead, calls=tuple(replace(call, answered=None, events=frozenset()) for call in lead.calls))
    part = grade(GRADING, unheard).parts[2]
    assert part.reason.params.get("answered", 0) == 0
    assert part.score <= 25


@given(candidates, st.sampled_from(HOWS))
def test_nobody_full_is_chosen_and_the_choice_is_the_same_twice(queue: list[Candidate], how: str) -> None:
    """Only those with room are chosen, somebody is where there is room, and the same question has one answer."""
    found = choose(how, queue)  # type: ignore[arg-type]
    assert found == choose(how, list(queue))  # type: ignore[arg-type]
    room = [one for one in queue if one.holds < one.capacity]
    assert (found is None) == (not room)
    assert found is None or found in room
    if found is not None and how == "least_loaded":
        assert found.holds == min(one.holds for one in room)


@given(st.integers(1, 5), st.integers(0, 30))
def test_round_robin_gives_everybody_the_same_share(people: int, leads: int) -> None:
    """After any number of leads nobody has two more than another."""
    queue = [Candidate(f"rep {i}", 0, 100) for i in range(people)]
    for turn in range(leads):
        found = choose("round_robin", queue)
        assert found is not None
        given_at = NOW + timedelta(seconds=turn)
        queue = [replace(o, holds=o.holds + 1, last_given_at=given_at) if o.id == found.id else o for o in queue]
    held = [one.holds for one in queue]
    assert max(held) - min(held) <= 1


def test_a_lead_is_due_after_its_first_hours_and_then_after_its_days() -> None:
    """A call from before the lead was theirs changes nothing; a later call starts the days."""
    limits = Limits(first_contact_hours=24, action_days=7, keep_away_days=14)
    assert due_at(limits, NOW, None) == NOW + timedelta(hours=24)
    assert due_at(limits, NOW, NOW - timedelta(hours=1)) == NOW + timedelta(hours=24)
    assert due_at(limits, NOW, NOW + timedelta(hours=3)) == NOW + timedelta(hours=3, days=7)
    assert kept_away_until(limits, None, NOW) is None
    assert kept_away_until(limits, NOW, NOW + timedelta(days=13)) == NOW + timedelta(days=14)
    assert kept_away_until(limits, NOW, NOW + timedelta(days=14)) is None


def test_rules_ask_for_values_and_beginnings() -> None:
    """Case makes no difference, all tests must hold, and what is not known passes none."""
    title = Wording("x", "x")
    rules = (
        AssignmentRule(
            "cn", title, (FieldTest("phone", prefixes=("+86",)), FieldTest("grade", ("A", "B"))), team="华东"
        ),
        AssignmentRule("kent", title, (FieldTest("region", ("kent",)),), team="UK"),
        AssignmentRule("rest", title, (), team="UK"),
    )
    assert rule_for(rules, LeadFacts(fields={"phone": "+8615400000101"}, grade="B")) == rules[0]
    assert rule_for(rules, LeadFacts(fields={"phone": "+8615400000101", "region": "KENT"}, grade="C")) == rules[1]
    assert rule_for(rules, LeadFacts()) == rules[2]
    assert rule_for(rules[:2], LeadFacts()) is None
    assert not passes(FieldTest("source", ("web",)), LeadFacts())


def test_a_grade_is_told_in_words() -> None:
    """The sentences name the source, what is known and missing, and what was heard, in both languages."""
    lead = LeadFacts(
        source="转介绍",
        fields={"phone": "1", "company": "x"},
        calls=(LeadCall(NOW, True, frozenset({"customer_need"})),),
    )
    source, complete, actions = (part.reason for part in grade(GRADING, lead).parts)
    assert explain(source, "en") == "the source “转介绍” is worth 95 of 100"
    assert explain(complete, "en") == "phone and company known, name, job title and e-mail missing"
    assert explain(complete, "zh") == "已知电话、公司，缺姓名、职务、邮箱"
    assert explain(actions, "en") == "called 1×, answered 1×, customer need heard"
    assert explain(actions, "zh") == "通话 1 次，接通 1 次，听到客户需求"
    assert all(template.zh and template.en for template in TEMPLATES.values())


DOCUMENT = """
grading:
  weights: {source: 50, completeness: 20, actions: 30}
  sources:
    - {name: referral, worth: 90, also: [转介绍, partner]}
    - {name: list, worth: 5}
  other_source: 25
  complete: [phone, company]
  actions:
    - {action: called, worth: 20, at_least: 2}
    - {action: heard, events: [customer_need, next_step], worth: 80}
  grades: {A: 80, B: 60, C: 40}
pool:
  capacity: 30
  teams: [{team: 华东, capacity: 60}]
  first_contact_hours: 12
  action_days: 5
  warn_hours: 2
  keep_away_days: 10
assignment:
  - id: east
    title: {zh: 华东, en: East}
    when:
      - {field: region, is: [上海, 杭州]}
      - {field: phone, begins: ["+86"]}
    team: 华东
    how: least_loaded
  - {id: rest, reps: [Ben@Example.com]}
"""


def test_the_document_is_read_and_written_back() -> None:
    """What is parsed is what was written, and dumping and parsing agree; an empty document of rules has defaults."""
    pool = pool_document.parse(DOCUMENT)
    assert pool.grading.limits == (80, 60, 40)
    assert (pool.limits.capacity_of("华东"), pool.limits.capacity_of("West"), pool.limits.capacity_of(None)) == (
        60,
        30,
        30,
    )
    assert pool.rules[0].tests == (FieldTest("region", ("上海", "杭州")), FieldTest("phone", (), ("+86",)))
    assert pool.rules[1].reps == ("ben@example.com",)
    assert pool_document.parse(pool_document.dump(pool)) == pool
    assert pool_document.parse("assignment: []").limits == Limits()


def test_all_mistakes_are_told_at_once_with_their_places() -> None:
    """Each wrong value is named by its path and line, with what to do."""
    with pytest.raises(SopError) as error:
        pool_document.parse(
            "grading:\n  weights: {source: 0}\n  sources:\n    - {name: web, worth: 200}\n    - {name: WEB, worth: 1}\n"
            "  actions:\n    - {action: heard, worth: 5}\n    - {action: shouted, worth: 5}\n"
            "  grades: {A: 10, B: 20, C: 5}\n"
            "pool: {capacity: 0, colour: red}\n"
            "assignment:\n  - {id: a, team: x, reps: [y]}\n  - {id: a, when: [{field: source}], team: x, how: dice}\n"
        )
    told = str(error.value)
    for part in (
        "grading.weights (line 2): all weights are 0",
        "grading.sources[0].worth (line 4)",
        "grading.sources[1].name (line 5): 'web' is a source already",
        "grading.actions[0].events",
        "grading.actions[1].action",
        "grading.grades.A (line 9): the grades don't fall",
        "pool.capacity (line 10)",
        "pool.colour (line 10)",
        "assignment[0].team",
        "assignment[1].id",
        "assignment[1].when[0].is",
        "assignment[1].how",
    ):
        assert part in told, told
