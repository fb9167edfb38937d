"""Rules as tests write them: from YAML, and any rule at all for hypothesis."""

from __future__ import annotations

import yaml
from hypothesis import strategies as st

from sop.conditions import (
    Anchor,
    Comparison,
    Expression,
    InLanguage,
    Interruption,
    Keywords,
    Like,
    Mentions,
    Not,
    Position,
    Repeated,
    Rule,
    Shows,
    Silence,
    SpeechRate,
    SpokenBy,
    TokenPattern,
    all_of,
    any_of,
    finds_something,
)
from sop.events import EVENTS
from sop.fields import Notes, Section
from sop.problems import Problem
from sop.rules import RULE_KEYS, parse_rule
from sop.token_patterns import FLAGS, NUMBER_TESTS, TEXT_TESTS, TEXTS
from sop.yaml_tree import compose


def read(text: str) -> tuple[Rule | None, list[Problem]]:
    """The rule written in ``text`` under the path ``rule``, and what is wrong with it."""
    notes = Notes()
    return parse_rule(Section(compose(text), "rule", RULE_KEYS, notes)), notes.problems


def written(text: str) -> Rule:
    """The rule of a text without mistakes."""
    rule, problems = read(text)
    assert not problems, "\n".join(map(str, problems))
    assert rule is not None
    return rule


def dumped(document: object) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


_words = st.sampled_from(
    ["价格", "折扣", "便宜", "CRM 系统", "discount*", "price", "ＣＲＭ", "價格", "too high", "3.5"]
)
_lists = st.lists(_words, min_size=1, max_size=4, unique=True).map(tuple)
_expressions = st.sampled_from(["便宜", "[价價]格", r"\d+ ?万", "(?:too )?high", "贵|高", r"ｐrice\b", "(?<!不)便宜"])
_tenths = st.integers(5, 600).map(lambda tenths: tenths / 10)
_few = st.integers(1, 20)


@st.composite
def _keywords(draw: st.DrawFn) -> Keywords:
    """At least one list, the others perhaps; homophones only where they can be heard."""
    any_of, all_of = draw(st.just(()) | _lists), draw(st.just(()) | _lists)
    several, none_of = draw(st.just(()) | _lists), draw(st.just(()) | _lists)
    if not (any_of or all_of or several or none_of):
        any_of = ("价格",)
    least = draw(st.integers(1, len(several))) if several else 1
    chinese = {"价格", "折扣", "便宜", "價格", "CRM 系统"} & {*any_of, *all_of, *several, *none_of}
    return Keywords(any_of, all_of, none_of, least, several, homophones=bool(chinese) and draw(st.booleans()))


def _comparisons(key: str) -> st.SearchStrategy[Comparison]:
    if key == "LENGTH":
        return st.builds(Comparison, st.sampled_from(NUMBER_TESTS), _few)
    return st.sampled_from(TEXT_TESTS).flatmap(
        lambda test: st.builds(
            Comparison,
            st.just(test),
            _lists if test in ("IN", "NOT_IN") else _expressions if test == "REGEX" else _words,
        )
    )


@st.composite
def token_patterns(draw: st.DrawFn) -> TokenPattern:
    """Any pattern that the document may write."""
    tokens = []
    for number in range(draw(st.integers(1, 4))):
        keys = draw(st.lists(st.sampled_from([*TEXTS, *FLAGS, "LENGTH"]), max_size=3, unique=True))
        keys.sort(key=[*TEXTS, *FLAGS, "LENGTH"].index)
        token = [(key, draw(_values(key))) for key in keys]
        operator = draw(st.sampled_from(["", "!", "?", "+", "*", "{2}", "{1,3}", "{2,}", "{,2}"]))
        tokens.append((*token, ("OP", operator)) if operator and number else tuple(token))
    return TokenPattern(tuple(tokens))


def _values(key: str) -> st.SearchStrategy[object]:
    if key in FLAGS:
        return st.booleans()
    return (_few if key == "LENGTH" else _words) | _comparisons(key)


def _positions() -> st.SearchStrategy[Position]:
    some = st.none() | _few
    return st.builds(Position, some, some, some, some).filter(lambda position: position != Position())


conditions: st.SearchStrategy[Rule] = st.one_of(
    st.builds(SpokenBy, st.sampled_from(["rep", "customer", "both"])),
    st.builds(InLanguage, st.sampled_from(["zh", "en"])),
    st.builds(Shows, st.sampled_from(EVENTS)),
    _positions(),
    _keywords(),
    token_patterns(),
    st.builds(Expression, _expressions, st.none() | _expressions),
    st.builds(Like, _lists, st.integers(25, 100).map(lambda hundredths: hundredths / 100)),
    st.sampled_from([("money",), ("percent", "date"), ("number", "phone", "competitor")]).map(Mentions),
    st.builds(Silence, _tenths, st.none() | _tenths),
    st.builds(Interruption, st.integers(1, 2000)),
    st.builds(SpeechRate, st.none(), st.integers(1, 400)),
    st.builds(SpeechRate, st.integers(1, 200), st.integers(201, 400)),
    st.builds(Repeated, st.integers(2, 3), st.integers(3, 9)),
)


def _joined(parts: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(parts, min_size=1, max_size=3)
    distances = st.tuples(st.none() | _few, st.none() | _tenths)
    return st.one_of(
        several.map(all_of),
        several.map(any_of),
        parts.map(Not),
        st.builds(Repeated, st.integers(2, 3), st.integers(3, 9), parts),
        st.builds(lambda rule, d: Anchor("after", rule, *d), parts, distances),
        st.builds(lambda rule, d: Anchor("before", rule, *d), parts, distances),
        st.builds(lambda rule, turns: Anchor("within", rule, turns), parts, st.integers(0, 9)),
    )


rules: st.SearchStrategy[Rule] = st.one_of(conditions, _joined(conditions), _joined(_joined(conditions)))
"""Any rule, nested up to two levels deep."""

finding_rules = rules.filter(finds_something)
"""Those that the document accepts."""
