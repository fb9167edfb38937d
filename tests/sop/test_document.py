"""The YAML document: strict reading, all mistakes at once, and the round trip."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml

from sop.document import content_hash, dump, json_schema, parse
from sop.events import EVENTS
from sop.problems import SopError
from sop.procedure import Condition, Sop, Wording
from tests.sop.written_calls import shipped

MINIMAL = """\
name: tiny
title: {zh: 小流程, en: Tiny}
language: en
steps:
  - id: opening
    title: Opening
    event: opening
"""


def problems(text: str) -> list[str]:
    """What parse has to say about a broken document, one line a problem."""
    with pytest.raises(SopError) as caught:
        parse(text)
    return str(caught.value).split("\n")


def test_minimal_document_gets_the_defaults() -> None:
    """A document with nothing but the necessary keys is read with the documented defaults."""
    step = parse(MINIMAL).steps[0]
    assert (step.points, step.required, step.when) == (10.0, True, Condition())
    assert step.title == Wording("Opening", "Opening")
    assert step.criteria[0].speakers == {"rep"}
    assert (step.criteria[0].min_count, step.criteria[0].answer_within_turns) == (1, 3)


def test_every_key_is_read() -> None:
    """Each key of the document reaches the value that scoring reads."""
    sop = parse(
        """
name: full
title: Full
language: [zh, en]
not_applicable: {shorter_than_s: 45}
vocabulary: {hotwords: [CRM, 冷链], competitors: [Frostmere]}
steps:
  - {id: discovery, title: D, event: needs_discovery, min_count: 3, within_first_s: 600, points: 12.5}
  - id: pitch
    title: P
    required: false
    when: {heard: customer_need, not_heard: [closing, decision_process]}
    criteria:
      - {id: told, title: T, any_of: [product_intro, next_step], speaker: both, weight: 2,
         after_step: discovery}
      - {id: heard, title: H, event: objection_handling, answers: [objection], answer_within_turns: 5}
"""
    )
    discovery, pitch = sop.steps
    assert sop.languages == ("zh", "en")
    assert sop.not_applicable.shorter_than_s == 45
    assert sop.vocabulary.hotwords == ("CRM", "冷链")
    assert sop.vocabulary.competitors == ("Frostmere",)
    assert sop.words_in("zh") == sop.words_in("en") == ("CRM", "冷链", "Frostmere")
    assert replace(sop, languages=("en",)).words_in("zh") == ()
    assert (discovery.points, discovery.criteria[0].min_count) == (12.5, 3)
    assert discovery.criteria[0].within_first_s == 600
    assert not pitch.required
    assert pitch.when == Condition(("customer_need",), ("closing", "decision_process"))
    told, heard = pitch.criteria
    assert (told.weight, told.after_step) == (2.0, "discovery")
    assert told.speakers == {"rep", "customer"}
    assert (heard.answers, heard.answer_within_turns) == (("objection",), 5)
    assert parse(dump(sop)) == sop


STEP = MINIMAL[MINIMAL.index("  - id") :]
HEAD = MINIMAL[: MINIMAL.index("  - id")]

BROKEN = {
    "misspelt event": (
        MINIMAL.replace("event: opening", "event: price_objecton"),
        "steps[0].event (line 7): unknown event 'price_objecton', did you mean 'price_objection'?",
    ),
    "misspelt key": (
        MINIMAL + "    within_first_sec: 20\n",
        "steps[0].within_first_sec (line 8): unknown key 'within_first_sec', did you mean 'within_first_s'?",
    ),
    "foreign key": (
        MINIMAL + "owner: Helen\n",
        "owner (line 8): unknown key 'owner', "
        "expected one of: name, title, language, steps, not_applicable, vocabulary, events, applies_to, gates",
    ),
    "missing keys": ("name: tiny\n", "steps (line 1): missing, add 'steps: ...'"),
    "duplicate key": (
        MINIMAL + "name: other\n",
        "name (line 8): written twice (first in line 1), keep one",
    ),
    "duplicate step": (
        MINIMAL + STEP,
        "steps[1].id (line 8): 'opening' is already the id of another, choose a different id",
    ),
    "negative points": (
        MINIMAL + "    points: -5\n",
        "steps[0].points (line 8): -5 is out of range, give a number from 0 to 1000",
    ),
    "points in words": (
        MINIMAL + "    points: ten\n",
        "steps[0].points (line 8): expected a number, got the text 'ten'",
    ),
    "points without end": (
        MINIMAL + "    points: .inf\n",
        "steps[0].points (line 8): expected a number, got a number '.inf'",
    ),
    "half a turn": (
        MINIMAL + "    min_count: 1.5\n",
        "steps[0].min_count (line 8): expected a whole number, got a number '1.5'",
    ),
    "sixty seconds as a clock": (
        MINIMAL + "    within_first_s: 1:00\n",
        "steps[0].within_first_s (line 8): expected a whole number, got a number '1:00'",
    ),
    "required in words": (
        MINIMAL + "    required: always\n",
        "steps[0].required (line 8): expected true or false, got the text 'always'",
    ),
    "unknown language": (
        MINIMAL.replace("language: en", "language: fr"),
        "language (line 3): unknown language 'fr', expected one of: zh, en",
    ),
    "number as name": (
        MINIMAL.replace("name: tiny", "name: 42"),
        "name (line 1): expected text, got a number '42', put it in quotes",
    ),
    "name with spaces": (
        MINIMAL.replace("name: tiny", "name: My SOP"),
        "name (line 1): 'My SOP' is not a plain name, use lower-case letters, digits, '-' and '_'",
    ),
    "half a title": (
        MINIMAL.replace("{zh: 小流程, en: Tiny}", "{zh: 小流程}"),
        "title.en (line 2): missing, give the text in both languages, or one text without 'zh' and 'en'",
    ),
    "empty title": (
        MINIMAL.replace("title: Opening", "title:"),
        "steps[0].title (line 6): expected text, got nothing",
    ),
    "steps as mapping": (
        HEAD + "  opening: {event: opening}\n",
        "steps (line 5): expected a list, got keys and values, write each entry after '- '",
    ),
    "no steps": (
        HEAD.replace("steps:", "steps: []"),
        "steps (line 4): expected a list, got an empty list, write each entry after '- '",
    ),
    "step as text": (
        MINIMAL + "  - closing\n",
        "steps[1] (line 8): expected keys and values, got the text 'closing', such as 'id: ...'",
    ),
    "forward reference": (
        HEAD + "  - {id: a, title: A, event: opening, after_step: b}\n  - {id: b, title: B, event: closing}\n",
        "steps[0].after_step (line 5): step 'b' is not earlier in the list, name a step above this one",
    ),
    "own successor": (
        MINIMAL + "    after_step: opening\n",
        "steps[0].after_step (line 8): step 'opening' is not earlier in the list, name a step above this one",
    ),
    "unknown step": (
        MINIMAL + "  - {id: b, title: B, event: closing, after_step: opennig}\n",
        "steps[1].after_step (line 8): unknown step 'opennig', did you mean 'opening'?",
    ),
    "no event": (
        MINIMAL.replace("    event: opening\n", ""),
        "steps[0].event (line 5): missing, name the event to hear, such as 'event: opening'",
    ),
    "event twice": (
        MINIMAL + "    any_of: [closing]\n",
        "steps[0].any_of (line 8): cannot stand beside 'event', list all events under 'any_of'",
    ),
    "event beside criteria": (
        MINIMAL + "    criteria: [{id: x, title: X, event: opening}]\n",
        "steps[0].event (line 7): cannot stand beside 'criteria', move it into one of the criteria",
    ),
    "impossible speaker": (
        MINIMAL + "    speaker: customer\n",
        "steps[0].speaker (line 8): 'opening' is never said by the customer, it is said by the rep",
    ),
    "unknown speaker": (
        MINIMAL + "    speaker: seller\n",
        "steps[0].speaker (line 8): unknown speaker 'seller', expected one of: rep, customer, both",
    ),
    "turns without answers": (
        MINIMAL + "    answer_within_turns: 2\n",
        "steps[0].answer_within_turns (line 8): needs 'answers', say which events must be answered",
    ),
    "self-answering": (
        MINIMAL + "    answers: [opening]\n",
        "steps[0].answers (line 8): 'opening' cannot answer itself, name the events that need an answer",
    ),
    "counted answers": (
        MINIMAL + "    answers: [objection]\n    min_count: 2\n",
        "steps[0].min_count (line 9): cannot stand beside 'answers', use 'answer_within_turns'",
    ),
    "event listed twice": (
        MINIMAL.replace("event: opening", "any_of: [opening, closing, opening]"),
        "steps[0].any_of[2] (line 7): 'opening' is in the list twice, keep one",
    ),
    "empty list of events": (
        MINIMAL.replace("event: opening", "any_of: []"),
        "steps[0].any_of (line 7): an empty list, name at least one event",
    ),
    "empty when": (
        MINIMAL + "    when: {}\n",
        "steps[0].when.heard (line 8): missing, give 'heard', 'not_heard', 'follow_up', 'directions' or 'stages'",
    ),
    "contradictory when": (
        MINIMAL + "    when: {heard: closing, not_heard: closing}\n",
        "steps[0].when.not_heard (line 8): 'closing' is also in 'heard', keep it in one of them",
    ),
    "nothing to win": (
        MINIMAL + "    required: false\n",
        "steps (line 5): no required step has points, give one 'points' above 0",
    ),
    "hotwords as text": (
        MINIMAL + "vocabulary: {hotwords: CRM}\n",
        "vocabulary.hotwords (line 8): expected a list, write each entry on a line of its own after '- '",
    ),
    "empty": ("", "document (line 1): empty, begin with 'name:', 'title:', 'language:' and 'steps:'"),
    "only a comment": (
        "# later\n",
        "document (line 1): empty, begin with 'name:', 'title:', 'language:' and 'steps:'",
    ),
    "a list": ("- opening\n", "document (line 1): expected keys and values, begin with 'name: ...'"),
    "a tab": (MINIMAL + "\tpoints: 5\n", "document (line 8): a tab is used for indentation, use spaces"),
    "an open quote": (
        MINIMAL.replace("title: Opening", 'title: "Opening'),
        "document (line 8): not valid YAML: found unexpected end of stream, "
        "check indentation, colons and quotes near this line",
    ),
    "two documents": (
        MINIMAL + "---\n" + MINIMAL,
        "document (line 8): a second document begins here, remove the '---' and keep one SOP a file",
    ),
    "an alias": (
        "a: &a [x, x]\nb: [*a, *a]\n",
        "document (line 1): anchors and aliases (& and *) are not allowed, write the value out",
    ),
    "a tag": (
        "name: !!python/object/apply:os.system [ls]\n",
        "document (line 1): tags are not allowed, found 'tag:yaml.org,2002:python/object/apply:os.system', remove it",
    ),
    "too deep": (
        "name: " + "[" * 50_000,
        "document (line 1): nested deeper than 20 levels, an SOP needs about six",
    ),
    "too long": (
        "#" * 100_001,
        "document (line 1): 100001 characters, at most 100000 are read, split it",
    ),
    "a control character": (
        "name: ti\x07ny\n",
        "document (line 1): a character that YAML does not allow, remove the control character",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_document_says_what_and_where(case: str) -> None:
    """Each kind of mistake is told in one line with its path, its line and what to do."""
    text, expected = BROKEN[case]
    assert expected in problems(text)


def test_all_problems_come_at_once_in_order_of_line() -> None:
    """A document with several mistakes reports every one of them, top to bottom."""
    text = """\
name: Bad Name
title: T
language: en
stepz: []
steps:
  - id: opening
    title: O
    event: openning
    points: -1
  - id: opening
    title: O
    evnt: closing
"""
    lines = problems(text)
    assert [int(re.findall(r"line (\d+)", line)[0]) for line in lines] == [1, 4, 8, 9, 10, 10, 12]


@pytest.mark.parametrize("name", ["zh-telesales", "en-b2b"])
def test_shipped_sop_is_read_and_written_back(name: str) -> None:
    """The shipped documents are valid, carry their file's name, and survive dump and parse."""
    sop = shipped(name)
    assert sop.name == name
    assert parse(dump(sop)) == sop


def test_formatting_and_comments_do_not_change_the_hash() -> None:
    """Comments, key order, quotes and written-out defaults leave the content hash alone."""
    other = """\
# a comment
language: "en"
title:
  en: Tiny
  zh: 小流程
name: 'tiny'
steps: [{event: opening, title: {zh: Opening, en: Opening}, id: opening, points: 10.0, required: true,
         speaker: rep, min_count: 1}]
"""
    assert content_hash(parse(other)) == content_hash(parse(MINIMAL))


def test_meaning_changes_the_hash() -> None:
    """A different number of points is a different procedure."""
    changed = parse(MINIMAL + "    points: 11\n")
    assert content_hash(changed) != content_hash(parse(MINIMAL))


def test_hash_of_a_given_document_never_changes() -> None:
    """Stored scorecards name their SOP by this hash, so it must not drift with the code."""
    assert content_hash(parse(MINIMAL)) == HASH_OF_MINIMAL


HASH_OF_MINIMAL = "35624308a9f7ec66271929a94af31b3f05ae350c3b838a3eb487f1e475dd9abe"


def test_schema_knows_every_key_and_event() -> None:
    """The schema for editors lists exactly the keys and events that the parser takes."""
    schema = json_schema()
    step = schema["properties"]["steps"]["items"]
    assert set(step["properties"]["event"]["anyOf"][0]["enum"]) == set(EVENTS)
    for sop in (shipped("zh-telesales"), shipped("en-b2b")):
        document = yaml.safe_load(dump(sop))
        assert set(document) <= set(schema["properties"])
        assert all(set(part) <= set(step["properties"]) for part in document["steps"])
    assert step["additionalProperties"] is False


def test_step_is_found_by_id() -> None:
    """A step can be asked for by its id, and an unknown id is an error."""
    sop: Sop = shipped("zh-telesales")
    assert sop.step("objections").points == 30
    with pytest.raises(KeyError):
        sop.step("nothing")
