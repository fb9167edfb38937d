"""The grammar of rules: what may be written, how it is read back, and every mistake by its place."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from sop.conditions import AllOf, Anchor, AnyOf, Expression, Keywords, Not, Rule, Shows, SpokenBy, TokenPattern
from sop.rule_schema import RULE_REFERENCE
from sop.rules import RULE_KEYS, parse_rule, rule_document, rule_schema
from tests.sop.written_rules import dumped, finding_rules, read, written


def test_keys_of_one_mapping_must_all_hold() -> None:
    """Several keys beside each other mean the same as a list under 'all', in whatever order."""
    beside = written("keywords: [价格]\nspeaker: customer\nnot: {entity: money}")
    listed = written("all: [{not: {entity: money}}, {all: [{speaker: customer}]}, {keywords: [价格]}]")
    assert beside == listed
    assert isinstance(beside, AllOf)
    assert [type(part) for part in beside.parts] == [SpokenBy, Keywords, Not]


def test_conditions_of_one_kind_may_be_joined() -> None:
    """Two lists of keywords that must both be met are kept apart, also when written out again."""
    rule = written("all: [{keywords: [价格]}, {keywords: [贵, 高]}]")
    assert rule == AllOf((Keywords(("价格",)), Keywords(("贵", "高"))))
    assert rule_document(rule) == {"all": [{"keywords": ["价格"]}, {"keywords": ["贵", "高"]}]}


def test_an_anchor_holds_a_rule_and_its_distance() -> None:
    """'after' names what comes before the turn, by key event or by any conditions, and how near."""
    rule = written("after: {event: price_objection, speaker: customer, turns: 2, seconds: 30}")
    assert rule == Anchor("after", AllOf((SpokenBy("customer"), Shows("price_objection"))), 2, 30.0)


def test_parts_know_their_place() -> None:
    """Expressions and patterns carry path and line, for mistakes that show only when they are used."""
    rule = written("any:\n  - regex: 太贵\n  - pattern:\n      - LOWER: price")
    assert isinstance(rule, AnyOf)
    first, second = rule.parts
    assert isinstance(first, Expression)
    assert isinstance(second, TokenPattern)
    assert (first.path, first.line) == ("rule.any[0].regex", 2)
    assert (second.path, second.line) == ("rule.any[1].pattern", 4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(rule=finding_rules)
def test_dump_and_parse_agree(rule: Rule) -> None:
    """Whatever a rule asks, its document reads back as an equal rule and is dumped the same again."""
    document = rule_document(rule)
    again = written(dumped(document))
    assert again == rule
    assert rule_document(again) == document


MISTAKES = [
    ("speker: rep\nkeywords: [a]", "rule.speker (line 1): unknown key 'speker', did you mean 'speaker'?"),
    ("{}", "rule.keywords (line 1): no condition"),
    ("speaker: seller\nkeywords: [a]", "rule.speaker (line 1): unknown speaker 'seller'"),
    ("speaker: rep", "rule.keywords (line 1): the rule only says who speaks or what is absent"),
    ("not: {keywords: [a]}", "rule.keywords (line 1): the rule only says who speaks or what is absent"),
    ("any: [{keywords: [a]}, {language: zh}]", "the rule only says who speaks"),
    ("language: fr\nkeywords: [a]", "rule.language (line 1): unknown language 'fr'"),
    ("event: price_objecton", "rule.event (line 1): unknown event 'price_objecton', did you mean 'price_objection'?"),
    ("position: {}", "rule.position.first_s (line 1): missing, give one of: first_s, last_s"),
    ("position: {first_s: 0}", "rule.position.first_s (line 1): 0 is out of range"),
    (
        "position: {last_turn: 3}",
        "rule.position.last_turn (line 1): unknown key 'last_turn', did you mean 'last_turns'?",
    ),
    ("keywords: []", "rule.keywords (line 1): an empty list"),
    ("keywords: 价格", "rule.keywords (line 1): expected a list"),
    ("keywords: [a, a]", "rule.keywords[1] (line 1): 'a' is in the list twice"),
    ("keywords: [2000]", "rule.keywords[0] (line 1): expected text, got a number '2000', put it in quotes"),
    ("keywords: ['！？']", "rule.keywords (line 1): '！？' has no letter or digit"),
    ("keywords: ['折*']", "rule.keywords (line 1): '折*': a star may only end an English word"),
    ("keywords: {any: [a], al: [b]}", "rule.keywords.al (line 1): unknown key 'al', did you mean 'all'?"),
    ("keywords: {of: [a, b]}", "rule.keywords.at_least (line 1): missing"),
    ("keywords: {at_least: 2, any: [b]}", "rule.keywords.of (line 1): missing"),
    ("keywords: {at_least: 3, of: [a, b]}", "rule.keywords.at_least (line 1): 3 of 2 words can never be said"),
    ("keywords: {any: [价], homophones: true}", "rule.keywords.homophones (line 1): needs a word of at least two"),
    ("keywords: {homophones: true}", "rule.keywords.any (line 1): missing, give one of: any, all, none, of"),
    ("regex: '(a'", "rule.regex (line 1): not a regular expression: missing )"),
    ("regex: {unless: a}", "rule.regex.find (line 1): missing"),
    ("regex: {find: a, unless: 'b*'}", "rule.regex.unless (line 1): the expression also finds an empty text"),
    ("pattern: []", "rule.pattern (line 1): expected a list, got an empty list"),
    ("pattern: [{LOWR: a}]", "rule.pattern[0].LOWR (line 1): unknown key 'LOWR', expected one of: ORTH, TEXT"),
    ("pattern: [{POS: VERB}]", "rule.pattern[0].POS (line 1): unknown key 'POS', expected one of: ORTH"),
    ("pattern: [{LOWER: a, OP: '**'}]", "rule.pattern[0].OP (line 1): unknown operator '**'"),
    ("pattern: [{LOWER: a, OP: '?'}]", "rule.pattern (line 1): also finds nothing at all"),
    ("pattern: [{IS_DIGIT: 1}]", "rule.pattern[0].IS_DIGIT (line 1): expected true or false"),
    ("pattern: [{LOWER: {}}]", "rule.pattern[0].LOWER (line 1): no comparison"),
    ("pattern: [{LOWER: {REGEX: '(a+)+'}}]", "rule.pattern[0].LOWER.REGEX (line 1): a repeated group"),
    (
        "pattern: [{LOWER: {REGEX: '\\p{Lu}'}}]",
        "rule.pattern[0].LOWER.REGEX (line 1): not a regular expression for a token",
    ),
    ("pattern: [{LENGTH: {'>=': 2, '<': 4}}]", "rule.pattern[0].LENGTH.< (line 1): cannot stand beside '>='"),
    ("like: []", "rule.like (line 1): an empty list"),
    ("like: {at_least: 0.5}", "rule.like.examples (line 1): missing"),
    ("like: {examples: [a], at_least: 2}", "rule.like.at_least (line 1): 2 is out of range"),
    ("entity: monney", "rule.entity (line 1): unknown entity 'monney', did you mean 'money'?"),
    ("silence: {}", "rule.silence.before_s (line 1): missing"),
    ("interruption: false", "rule.interruption (line 1): false asks for nothing"),
    ("interruption: {by_s: 1}", "rule.interruption.by_s (line 1): unknown key 'by_s', did you mean 'by_ms'?"),
    ("speech_rate: {above: 300, below: 200}", "rule.speech_rate.above (line 1): no rate is above 300 and below 200"),
    ("repeated: {turns: 4}", "rule.repeated.times (line 1): missing"),
    ("repeated: {times: 5, turns: 4, keywords: [a]}", "rule.repeated.times (line 1): 5 turns do not fit into 4"),
    ("after: {turns: 2}", "rule.after.keywords (line 1): no condition"),
    ("after: {turns: 0, keywords: [a]}", "rule.after.turns (line 1): 0 is out of range"),
    ("within: {keywords: [a]}", "rule.within.turns (line 1): missing, say how near"),
    ("any: {keywords: [a]}", "rule.any (line 1): expected a list"),
    ("all: [a]", "rule.all[0] (line 1): expected keys and values"),
    ("not: [a]", "rule.not (line 1): expected keys and values"),
    ("not: {not: {not: {not: {not: {not: {keywords: [a]}}}}}}", "nested deeper than 5 levels"),
    ("any: [" + "{keywords: [a]}," * 201 + "]", "rule.any (line 1): more than 200 conditions"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_a_remedy(text: str, problem: str) -> None:
    """Each mistake names path and line, says what is wrong, and is the only one told."""
    _, problems = read(text)
    assert len(problems) == 1, problems
    assert problem in str(problems[0])


def test_all_mistakes_are_told_at_once() -> None:
    """Reading goes on after a mistake, into lists, anchors and nested rules."""
    _, problems = read(
        "keywords: {any: [], none: ['!']}\n"
        "any:\n"
        "  - regex: '('\n"
        "  - after:\n"
        "      event: nothing\n"
        "      turns: many\n"
        "speach_rate: {}\n"
    )
    assert sorted((problem.line, problem.path) for problem in problems) == [
        (1, "rule.keywords.any"),
        (1, "rule.keywords.none"),
        (3, "rule.any[0].regex"),
        (5, "rule.any[1].after.event"),
        (6, "rule.any[1].after.turns"),
        (7, "rule.speach_rate"),
    ]


def test_own_events_may_be_named() -> None:
    """The key events that a rule may name are those that the caller knows."""
    from sop.fields import Notes, Section
    from sop.yaml_tree import compose

    notes = Notes()
    section = Section(compose("within: {event: asks_reference, turns: 0}"), "rule", RULE_KEYS, notes)
    assert parse_rule(section, ("asks_reference",)) == Anchor("within", Shows("asks_reference"), 0)
    assert not notes.problems


def test_the_schema_knows_every_key() -> None:
    """Editors complete exactly the keys that the parser reads, in rules and inside anchors."""
    schema = rule_schema(("opening",))
    assert set(schema["properties"]) == set(RULE_KEYS)
    assert set(schema["properties"]["after"]["properties"]) == {*RULE_KEYS, "turns", "seconds"}
    assert schema["properties"]["not"]["$ref"] == RULE_REFERENCE
    assert schema["properties"]["event"]["enum"] == ["opening"]
