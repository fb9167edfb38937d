"""Conditions as YAML: what is written reads back as it was, and every mistake is told at its place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sop.deals.condition_document import CONDITION_KEYS, conditions_document, read_conditions
from sop.deals.conditions import AnyOf, Condition, Heard, leaves
from sop.fields import Notes, Section
from sop.procedure import Wording
from sop.yaml_tree import compose
from tests.sop.deals.made_deals import conditions


def read(text: str, own: tuple[str, ...] | None = None) -> tuple[tuple[Condition, ...], list[str]]:
    """The conditions under ``criteria`` of a document, and its problems as lines."""
    notes = Notes()
    section = Section(compose(text), "", ("criteria",), notes)
    return read_conditions(section, "criteria", own), [str(problem) for problem in notes.problems]


def has_impossible_parts(condition: Condition) -> bool:
    """Whether it asks for words that nobody says: a slot or a speaker that the event never has."""
    heard = [each for each in leaves([condition]) if isinstance(each, Heard)]
    fits = {"when": {"next_step"}, "amount": {"price_discussion"}}
    return any(
        (each.slot is not None and not set(each.events) <= fits[each.slot])
        or (each.speaker == "rep" and "customer_need" in each.events)
        for each in heard
    )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(conditions, max_size=3, unique_by=lambda each: each.id))
def test_what_is_written_reads_back(found: list[Condition]) -> None:
    """Conditions survive the way through YAML, whatever they ask for and however deep."""
    wanted = tuple(each for each in found if not has_impossible_parts(each))
    text = yaml.safe_dump({"criteria": conditions_document(wanted)}, allow_unicode=True)
    assert read(text) == (wanted, [])


def test_a_name_and_a_title_of_ones_own_are_kept() -> None:
    """An id and a title replace those made of what is asked for, and are written back."""
    text = "criteria: [{any: [{action: demo}, {action: trial}], id: shown, title: {zh: 演示过, en: shown}}]"
    (found,), problems = read(text)
    assert isinstance(found, AnyOf)
    assert (found.id, found.title, problems) == ("shown", Wording("演示过", "shown"), [])
    assert conditions_document([found])[0]["title"] == {"zh": "演示过", "en": "shown"}


def test_titles_say_what_is_asked_for() -> None:
    """Without a title of its own a condition is called by what it asks for, in both languages."""
    (found,), _ = read("criteria: [{heard: next_step, by: customer, slot: when, count: 2}]")
    assert found.title == Wording(
        "下一步约定（客户说），含时间，2 次", "next step (by the customer) with date, 2 times"
    )


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{}", "criteria[0].heard (line 1): missing, give one of: heard, field"),
        ("{heard: custmer_need}", "unknown event 'custmer_need', did you mean 'customer_need'?"),
        ("{heard: Promise!}", "unknown event 'Promise!', use lower-case letters"),
        ("{heard: closing, field: budget}", "criteria[0].field (line 1): 'heard' is there too"),
        ("{heard: opening, by: customer}", "criteria[0].by (line 1): 'opening' is never said by the customer"),
        ("{heard: customer_need, slot: when}", "'customer_need' has no slot 'when', these have: next_step, closing"),
        ("{heard: next_step, slot: date}", "criteria[0].slot (line 1): unknown slot 'date'"),
        ("{heard: next_step, within_days: 0}", "criteria[0].within_days (line 1): 0 is out of range"),
        ("{heard: next_step, min_confidence: 60}", "60 is out of range, give a number from 0 to 1"),
        ("{heard: []}", "an empty list, name at least one event"),
        ("{field: budget, within_days: 3}", "'within_days' means nothing beside 'field', remove it"),
        ("{spoken_to: boss}", "criteria[0].spoken_to (line 1): unknown decision role 'boss'"),
        ("{spoken_to: unknown}", "unknown decision role 'unknown'"),
        ("{any: [{field: a}, {heard: nex_step}]}", "criteria[0].any[1].heard (line 1): unknown event 'nex_step'"),
        ("{all: []}", "criteria[0].all (line 1): an empty list"),
        ("{approval: Big Discount}", "'Big Discount' is not a plain name"),
        ("{hear: closing}", "unknown key 'hear', did you mean 'heard'?"),
    ],
)
def test_mistakes_are_told_at_their_place(entry: str, problem: str) -> None:
    """Each mistake names its path and line, and what to do; the condition is left out."""
    found, problems = read(f"criteria: [{entry}]")
    assert found == ()
    assert any(problem in line for line in problems), problems


def test_the_same_condition_twice_is_refused() -> None:
    """Two conditions of one id could not be told apart."""
    found, problems = read("criteria: [{field: budget}, {heard: closing}, {field: budget}]")
    assert [each.id for each in found] == ["field-budget", "heard-closing"]
    assert "criteria[2].id (line 1): 'field-budget' is in the list already" in problems[0]


def test_events_of_ones_own() -> None:
    """A name that is no built-in event is one of one's own; where these are known it must be among them."""
    assert read("criteria: [{heard: delivery_promise}]")[1] == []
    assert read("criteria: [{heard: delivery_promise}]", ("delivery_promise",))[1] == []
    assert "unknown event 'delivery_promise'" in read("criteria: [{heard: delivery_promise}]", ("upsell",))[1][0]


def test_every_key_can_be_read() -> None:
    """One document with all keys has no unknown one: the list of keys and the reader agree."""
    text = """
    criteria:
      - {heard: [next_step], by: rep, count: 2, min_confidence: 0.6, within_days: 9, slot: when, roles: [user], id: a}
      - {field: budget, title: Budget}
      - {any: [{action: demo}, {approval: bid}]}
      - {all: [{took_part: solution}, {spoken_to: decision_maker, within_days: 9}]}
    """
    found, problems = read(text)
    assert (len(found), problems) == (4, [])
    assert all(key in text for key in CONDITION_KEYS)
