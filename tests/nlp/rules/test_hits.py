"""Rules on calls: what each condition finds, by which words, and the laws that all rules keep."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.encoders.encoder import UniversalSentenceEncoder
from nlp.rules.call import RuleCall, events_shown
from nlp.rules.expressions import RuleError, matcher
from nlp.rules.hits import hits, problems
from nlp.rules.text import folded
from nlp.text.folding import fold
from sop.conditions import Anchor, AnyOf, Expression, Keywords, Like, Not, Rule, TokenPattern, all_of, any_of
from sop.events import Evidence, KeyEvent, Tagging
from tests.fakes_nlp import HashedEncoder
from tests.sop.written_rules import rules, token_patterns, written

Said = tuple[Speaker, str] | tuple[Speaker, str, int, int]
"""Speaker, text, and where it matters the pause before (negative: an overlap) and the length in milliseconds."""


def call_of(language: Language, *said: Said, competitors: tuple[str, ...] = (), **events: dict[int, float]) -> RuleCall:
    """A two-channel call; 200 ms of pause and 3 s of speech where nothing else is said."""
    turns: list[Turn] = []
    clock = 0
    for speaker, text, *timing in said:
        pause, length = (timing[0], timing[1]) if len(timing) == 2 else (200, 3_000)
        turns.append(Turn(speaker, int(speaker == "customer"), clock + pause, clock + pause + length, text, 0.9))
        clock += pause + length
    transcript = Transcript(clock, language, 2, tuple(turns))
    return RuleCall(transcript, HashedEncoder().encode, competitors=competitors, events=events)


def found(rule: str, call: RuleCall) -> list[tuple[int, str]]:
    """Turn and quote of each hit."""
    return [(hit.turn, call.turns[hit.turn].text[hit.start : hit.end]) for hit in hits(written(rule), call)]


ZH = call_of(
    "zh",
    ("rep", "您好，我是云帆科技的小周。"),
    ("customer", "你们这个價格太贵了，能不能便宜一点？"),
    ("rep", "我们可以打八折，大概三万块。", 4_000, 6_000),
    ("customer", "不便宜啊，折扣再低点，我还要赶时间呢", -1_000, 3_000),
    ("rep", "加个微信，我发ＣＲＭ方案给您，明天下午三点联系"),
    ("customer", "我打13800138000，青松那边也在看"),
    ("customer", "能不能便宜一点？"),
    competitors=("青松",),
    price_objection={1: 0.9},
)
EN = call_of(
    "en",
    ("rep", "Hi, this is Dana from Paylark."),
    ("customer", "Your price is too high. I need a discount."),
    ("rep", "Discounts start at 20 users, about $3,000 a year."),
    ("customer", "Could you e-mail me a proposal by Friday?", 3_000, 1_000),
    ("rep", "I'll email you the proposal, that's my e-mail promise."),
    price_objection={1: 0.8},
)

CHINESE = [
    ("speaker: customer\nposition: {first_turns: 2}", [(1, ZH.turns[1].text)]),
    ("position: {first_s: 3}", [(0, ZH.turns[0].text)]),
    ("position: {last_turns: 1}", [(6, "能不能便宜一点？")]),
    ("position: {last_s: 4}", [(5, ZH.turns[5].text), (6, "能不能便宜一点？")]),
    ("keywords: [价格]", [(1, "價格")]),
    ("keywords: {any: [价格], homophones: true}", [(1, "價格"), (4, "加个")]),
    ("keywords: {all: [贵, 便宜]}", [(1, "贵了，能不能便宜")]),
    ("keywords: {any: [便宜], none: [折扣]}", [(1, "便宜"), (6, "便宜")]),
    ("keywords: {at_least: 2, of: [便宜, 价格, 折扣]}", [(1, "價格太贵了，能不能便宜"), (3, "便宜啊，折扣")]),
    ("keywords: [CRM 方案]", [(4, "ＣＲＭ方案")]),
    ("pattern: [{LOWER: crm}, {TEXT: 方案}]", [(4, "ＣＲＭ方案")]),
    ("pattern: [{ENT_TYPE: MONEY, OP: '+'}]", [(2, "三万块")]),
    ("regex: '价格.{0,2}贵'", [(1, "價格太贵")]),
    ("regex: {find: 便宜, unless: 不便宜}", [(1, "便宜"), (6, "便宜")]),
    ("entity: money", [(2, "三万块")]),
    ("entity: [time, date]", [(4, "明天")]),
    ("entity: percent", [(2, "打八折")]),
    ("entity: phone", [(5, "13800138000")]),
    ("entity: competitor", [(5, "青松")]),
    ("repeated: {times: 2, turns: 9}", []),
    ("repeated: {times: 2, turns: 4, speaker: customer, keywords: [便宜]}", [(3, "便宜"), (6, "便宜")]),
    ("repeated: {times: 3, turns: 5, speaker: customer, keywords: [便宜]}", []),
    ("silence: {before_s: 4}", [(2, ZH.turns[2].text)]),
    ("silence: {after_s: 4}", [(1, ZH.turns[1].text)]),
    ("silence: {before_s: 4.5}", []),
    ("interruption: true", [(3, ZH.turns[3].text)]),
    ("interruption: {by_ms: 1001}", []),
    ("speech_rate: {above: 300}", [(1, ZH.turns[1].text), (3, ZH.turns[3].text), (4, ZH.turns[4].text)]),
    ("speech_rate: {below: 150}", [(2, ZH.turns[2].text), (6, ZH.turns[6].text)]),
    ("after: {event: price_objection, turns: 1}", [(2, ZH.turns[2].text)]),
    ("before: {entity: money, turns: 1}", [(1, ZH.turns[1].text)]),
    ("before: {entity: money, seconds: 3}", []),
    ("within: {event: price_objection, turns: 0}\nkeywords: [便宜]", [(1, "便宜")]),
    ("keywords: [微信, 便宜]\nnot: {speaker: customer}", [(4, "微信")]),
    ("any: [{keywords: [微信]}, {entity: phone}]", [(4, "微信"), (5, "13800138000")]),
    ("language: en\nkeywords: [价格]", []),
]
ENGLISH = [
    ("keywords: [discount]", [(1, "discount")]),
    ("keywords: ['discount*']", [(1, "discount"), (2, "Discounts")]),
    ("keywords: [TOO  HIGH]", [(1, "too high")]),
    ("keywords: [I'LL]", [(4, "I'll")]),
    ("pattern: [{LOWER: {IN: [email, mail]}}, {LOWER: you}]", [(4, "email you")]),
    ("regex: 'e-?mail'\nspeaker: rep", [(4, "email")]),
    ("regex: {find: 'e-?mail', unless: 'e-?mail you'}", [(3, "e-mail"), (4, "e-mail")]),
    ("entity: money", [(2, "$3,000")]),
    ("entity: date", [(3, "by Friday")]),
    ("entity: number", [(2, "20")]),
    ("silence: {before_s: 3}\nspeaker: customer", [(3, EN.turns[3].text)]),
    ("after: {event: price_objection, turns: 1}\nkeywords: ['discount*']", [(2, "Discounts")]),
    ("language: en\nkeywords: [price]", [(1, "price")]),
]


@pytest.mark.parametrize(("rule", "expected"), CHINESE)
def test_conditions_in_a_chinese_call(rule: str, expected: list[tuple[int, str]]) -> None:
    """Each condition finds its turns and quotes the original characters that prove it."""
    assert found(rule, ZH) == expected


@pytest.mark.parametrize(("rule", "expected"), ENGLISH)
def test_conditions_in_an_english_call(rule: str, expected: list[tuple[int, str]]) -> None:
    """Words are found whole, whatever their case, unless a star says how they may go on."""
    assert found(rule, EN) == expected


def test_the_same_sentence_again_is_a_repetition() -> None:
    """Only the same speaker's sentence counts, small changes and marks aside, and short answers never do."""
    call = call_of(
        "zh",
        ("rep", "这个价格已经是最低的了。好的。"),
        ("customer", "这个价格已经是最低的了？"),
        ("rep", "好的。我说，这个價格已经是最低的了！"),
        ("rep", "好的。"),
    )
    assert found("repeated: {times: 2, turns: 3}", call) == [(2, "我说，这个價格已经是最低的了！")]
    assert found("repeated: {times: 2, turns: 2}", call) == []
    assert found("repeated: {times: 3, turns: 9}", call) == []


def test_a_homophone_is_weaker_the_shorter_it_is() -> None:
    """Two syllables alike are worth half, four nearly all, the word itself is worth 1."""
    call = call_of("zh", ("rep", "加个微信"), ("rep", "合同条宽改了"), ("rep", "价格"))
    strengths = {hit.turn: hit.strength for hit in hits(Keywords(("价格", "合同条款"), homophones=True), call)}
    assert strengths == {0: 0.5, 1: 0.875, 2: 1.0}


def test_doubt_about_roles_and_events_weakens_a_hit() -> None:
    """Who spoke is worth the roles' confidence, what a key event shows that event's; the weakest counts."""
    call = replace(ZH, transcript=replace(ZH.transcript, role_confidence=0.7))
    (hit,) = hits(written("speaker: rep\nafter: {event: price_objection, turns: 1}"), call)
    assert hit.strength == 0.7
    (hit,) = hits(written("after: {event: price_objection, turns: 1}"), call)
    assert hit.strength == 0.9


def test_an_interruption_is_by_the_other_party_and_more_than_a_word() -> None:
    """Going on oneself is none, nor is a back-channel of less than a second."""
    call = call_of("zh", ("rep", "我说完"), ("rep", "再说", -900, 3_000), ("customer", "嗯嗯", -900, 800))
    assert found("interruption: true", call) == []


def test_nobody_is_silent_while_another_goes_on() -> None:
    """A pause is measured to the end of all speech, and there is none before the first or after the last turn."""
    call = call_of(
        "zh", ("rep", "很长的一段话", 0, 9_000), ("customer", "嗯", -8_000, 500), ("customer", "好", 1_000, 500)
    )
    assert found("silence: {before_s: 0.5}", call) == []
    assert found("silence: {after_s: 0.5}", call) == []


def test_turns_without_text_are_never_hit() -> None:
    """A blank turn proves nothing, not even an absence, and is not counted between turns."""
    call = call_of("zh", ("rep", "价格"), ("customer", "  "), ("customer", "贵"))
    assert found("after: {keywords: [价格], turns: 1}", call) == [(2, "贵")]
    assert hits(Not(Keywords(("价格",))), call)[0].turn == 2
    assert hits(Not(Keywords(("价格",))), call_of("zh")) == ()


@pytest.fixture(scope="module")
def encoder() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


@pytest.mark.parametrize(
    ("example", "said", "other"),
    [
        (
            "有没有同行业的客户案例可以参考",
            "您好。能不能给我介绍一个用过你们产品的客户？谢谢。",
            "我们下周三上午开会吧。",
        ),
        (
            "Do you have a reference customer I could talk to?",
            "Okay. Could I speak with one of your clients?",
            "We meet on Friday.",
        ),
    ],
)
def test_likeness_finds_what_is_said_differently(
    example: str, said: str, other: str, encoder: UniversalSentenceEncoder
) -> None:
    """With the shipped encoder the sentence that means the same is quoted, and the rest of the call is not."""
    call = replace(call_of("zh", ("customer", said), ("customer", other)), encode=encoder.encode)
    (hit,) = hits(Like((example,), 0.35), call)
    assert said[hit.start : hit.end].startswith(("能不能", "Could I"))
    assert 0.35 <= hit.strength < 0.9
    (same,) = hits(Like((other,)), call)
    assert (same.turn, round(same.strength, 3)) == (1, 1.0)


def test_likeness_needs_an_encoder() -> None:
    """The mistake of the caller is one clear line."""
    with pytest.raises(RuleError, match="needs a sentence encoder"):
        hits(Like(("价格",)), replace(ZH, encode=None))


def test_each_sentence_is_encoded_once() -> None:
    """Several rules on one call pay for their likeness once."""
    asked: list[str] = []

    def encode(texts: list[str]) -> object:
        asked.extend(texts)
        return HashedEncoder().encode(texts)

    call = replace(ZH, encode=encode)  # type: ignore[arg-type]
    for _ in range(3):
        hits(Like(("太贵了", "便宜一点")), call)
    assert len(asked) == len(set(asked))


def test_a_slow_expression_is_refused_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expression that never went through the document's check is stopped, with its path and line."""
    monkeypatch.setattr("nlp.rules.expressions.TIMEOUT_S", 0.05)
    call = call_of("en", ("rep", "a" * 5_000))
    with pytest.raises(RuleError, match=r"events\[0\]\.rule\.regex \(line 7\): took longer"):
        hits(Expression("a*a*a*a*a*[bc]", path="events[0].rule.regex", line=7), call)


def test_wrong_parts_are_told_with_their_path() -> None:
    """What the document's check let through and spaCy or folding does not take is a problem at its path."""
    pattern = TokenPattern(((("NO_SUCH", "x"),),), "rule.pattern", 3)
    expression = Expression("(", None, "rule.any[1].regex", 4)
    told = problems(AnyOf((pattern, expression)))
    assert {(problem.path, problem.line) for problem in told} == {("rule.pattern", 3), ("rule.any[1].regex", 4)}


def test_events_shown_are_the_present_ones() -> None:
    """Anchors on key events stand on what is believed, with its confidence."""
    evidence = Evidence(3, 0, 1, "rep", "x", 0.8)
    tagging = Tagging((KeyEvent("opening", evidence),), (KeyEvent("closing", evidence),))
    assert events_shown(tagging) == {"opening": {3: 0.8}}


_pieces = st.sampled_from(
    [
        *"价價格贵貴便宜a bＣＲM。，？!é９万",
        "e\u0301",
        "㎏",
        "ﬁ",
        "İ",
        "折扣",
        "price",
        "too high",
        "13800138000",
        "三万块",
    ]
)
_texts = st.lists(_pieces, max_size=14).map("".join)


@settings(max_examples=200, deadline=None)
@given(text=_texts)
def test_folding_keeps_every_place(text: str) -> None:
    """Each folded character knows where it came from: in order, inside the text, and nothing is left out."""
    for keep_case in (False, True):
        result = folded(text, keep_case)
        assert len(result.starts) == len(result.ends) == len(result.text)
        assert list(result.starts) == sorted(result.starts)
        assert list(result.ends) == sorted(result.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(result.starts, result.ends, strict=True))
        covered = {place for start, end in zip(result.starts, result.ends, strict=True) for place in range(start, end)}
        assert all(not text[place].strip() or place in covered for place in range(len(text)))


@settings(max_examples=150, deadline=None)
@given(before=_texts, word=st.sampled_from(["价格", "便宜", "三万块"]), after=_texts, data=st.data())
def test_a_chinese_word_is_found_where_it_stands(before: str, word: str, after: str, data: st.DataObject) -> None:
    """Whatever stands around it and however it is written, the quote folds to the word."""
    written_as = data.draw(st.sampled_from([word, word.replace("价", "價").replace("万", "萬").replace("块", "塊")]))
    call = call_of("zh", ("rep", before + written_as + after))
    (hit,) = hits(Keywords((word,)), call)
    assert fold(call.turns[0].text[hit.start : hit.end]) == fold(word)
    assert hit.start <= len(before)


_calls = st.lists(
    st.tuples(
        st.sampled_from(["rep", "customer", "unknown"]), _texts, st.integers(-2000, 5000), st.integers(200, 6000)
    ),
    max_size=6,
).flatmap(
    lambda said: st.builds(
        lambda language, events: call_of(language, *said, competitors=("CRM",), **events),
        st.sampled_from(["zh", "en"]),
        st.dictionaries(
            st.sampled_from(["opening", "price_objection"]), st.dictionaries(st.integers(0, 5), st.floats(0.1, 1))
        ),
    )
)
_LAWS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_LAWS
@given(rule=rules, call=_calls)
def test_a_hit_lies_in_its_turn(rule: Rule, call: RuleCall) -> None:
    """Any rule on any call: turns in order and once, quotes not empty and inside the text, strength in (0, 1]."""
    result = hits(rule, call)
    assert [hit.turn for hit in result] == sorted({hit.turn for hit in result})
    for hit in result:
        assert 0 <= hit.start < hit.end <= len(call.turns[hit.turn].text)
        assert call.turns[hit.turn].text[hit.start : hit.end].strip()
        assert 0 < hit.strength <= 1
    assert hits(rule, call) == result


@_LAWS
@given(one=rules, other=rules, call=_calls)
def test_joined_rules_follow_logic(one: Rule, other: Rule, call: RuleCall) -> None:
    """All is the intersection and no stronger than a part, any the union and no weaker, not the rest; De Morgan."""
    first, second = ({hit.turn: hit.strength for hit in hits(rule, call)} for rule in (one, other))
    both = {hit.turn: hit.strength for hit in hits(all_of((one, other)), call)}
    either = {hit.turn: hit.strength for hit in hits(any_of((one, other)), call)}
    assert both == {turn: min(first[turn], second[turn]) for turn in first if turn in second}
    assert either == {turn: max(first.get(turn, 0), second.get(turn, 0)) for turn in sorted({*first, *second})}
    neither = [hit.turn for hit in hits(Not(any_of((one, other))), call)]
    assert neither == [turn for turn in call.spoken if turn not in first and turn not in second]
    assert neither == [hit.turn for hit in hits(all_of((Not(one), Not(other))), call)]


@_LAWS
@given(rule=rules, call=_calls, turns=st.integers(1, 4))
def test_before_and_after_make_within(rule: Rule, call: RuleCall, turns: int) -> None:
    """Within N turns is before, after or in it; a longer distance loses no hit."""

    def at(*anchors: Rule) -> set[int]:
        return {hit.turn for anchor in anchors for hit in hits(anchor, call)}

    assert at(Anchor("within", rule, turns)) == at(
        Anchor("before", rule, turns), Anchor("after", rule, turns), Anchor("within", rule, 0)
    )
    assert at(Anchor("within", rule, 0)) == at(rule)
    assert at(Anchor("after", rule, turns)) <= at(Anchor("after", rule, turns + 1)) <= at(Anchor("after", rule))


@settings(max_examples=150, deadline=None)
@given(pattern=token_patterns())
def test_spacy_takes_whatever_the_document_may_write(pattern: TokenPattern) -> None:
    """The structural check of patterns leaves nothing for spaCy to refuse."""
    for language in ("zh", "en"):
        matcher(pattern, language)
