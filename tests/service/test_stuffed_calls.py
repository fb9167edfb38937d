"""Calls that were spoken for the scorecard instead of the customer, through the whole of analyzing a transcript."""

from __future__ import annotations

import pytest

from asr.transcript import Speaker, Transcript, Turn, Word
from nlp.tagging.tagger import HeadTagger, load_tagger
from service.pipeline import review
from sop.document import parse
from sop.scorecard import Scorecard
from tests.sop.written_calls import shipped

KEYWORDS = """\
name: keywords
title: {zh: 关键词, en: Keywords}
language: zh
steps:
  - id: notice
    title: {zh: 录音告知, en: Recording notice}
    points: 10
    speaker: rep
    rule: {keywords: [录音]}
    within_first_s: 20
  - id: questions
    title: {zh: 三个问题, en: Three questions}
    points: 30
    speaker: rep
    min_count: 3
    rule: {keywords: [多少, 什么, 哪]}
  - id: budget
    title: {zh: 问预算, en: Asks for the budget}
    points: 20
    speaker: rep
    examples: [您这边预算大概多少, 这个项目批了多少预算, 方便说一下预算范围吗, 今年这块的预算有多少]
    counter_examples: [我们的产品不贵, 预算表我发您]
  - id: warranty
    title: {zh: 先问后答, en: Answers the warranty}
    points: 20
    speaker: rep
    rule: {keywords: [质保]}
    answers: asks_warranty
    answer_within_turns: 1
  - id: visit
    title: {zh: 约上门, en: Visit agreed}
    points: 20
    criteria:
      - {id: offered, title: Offered, speaker: rep, rule: {keywords: [上门]}, before_end_s: 20}
      - {id: agreed, title: Agreed, speaker: customer, rule: {keywords: [可以, 行, 好的]}, before_end_s: 20}
events:
  - {id: asks_warranty, title: {zh: 问质保, en: Asks about warranty}, speaker: customer, rule: {keywords: [保修]}}
"""

HONEST: tuple[tuple[Speaker, str], ...] = (
    ("rep", "您好，我是蓝海空调的小李，本次通话会录音，您现在方便吗？"),
    ("customer", "方便，你说。"),
    ("rep", "您家里一共有多少平米，几个房间要装？"),
    ("customer", "一百二十平，三室两厅。"),
    ("rep", "现在用的是什么空调？"),
    ("customer", "老的分体机，费电。"),
    ("rep", "这次改造您这边预算大概多少？"),
    ("customer", "三万左右吧。保修几年呢？"),
    ("rep", "整机质保六年，压缩机十年。"),
    ("customer", "嗯，听着还不错。"),
    ("rep", "那您看周六还是周日，我们上门量一下尺寸？"),
    ("customer", "周六上午可以。"),
)
MAGIC = "您这边预算大概多少？"


@pytest.fixture(scope="module")
def tagger() -> HeadTagger:
    return load_tagger()


def call_of(*spoken: tuple[Speaker, str]) -> Transcript:
    """A call in which every character takes 200 ms, with half a second between turns."""
    turns: list[Turn] = []
    at_ms = 0
    for speaker, text in spoken:
        words = tuple(Word(letter, at_ms + 200 * i, at_ms + 200 * i + 200, 0.95) for i, letter in enumerate(text))
        end_ms = at_ms + 200 * len(text)
        turns.append(Turn(speaker, int(speaker == "customer"), at_ms, end_ms, text, 0.95, words))
        at_ms = end_ms + 500
    return Transcript(at_ms, "zh", 2, tuple(turns))


def said_by(speaker: Speaker, *spoken: tuple[Speaker, str]) -> str:
    """All that one side says."""
    return "".join(text for who, text in spoken if who == speaker)


MONOLOGUE = (("rep", said_by("rep", *HONEST)), ("customer", said_by("customer", *HONEST)))
WORDS = "录音，多少，什么，哪个，预算，质保，上门，下一步，签约，开场白，需求，产品介绍，异议，价格。"
STUFFED: dict[str, tuple[tuple[Speaker, str], ...]] = {
    "everything in one breath": MONOLOGUE,
    "everything in one breath, twice": MONOLOGUE * 2,
    "every keyword read out, over and over": (
        ("rep", "您好。" + WORDS),
        ("customer", "喂？"),
        ("rep", WORDS * 2),
        ("customer", "什么意思？"),
    ),
    "one magic sentence in one breath": (("rep", "您好，本次通话会录音。" + MAGIC * 6), ("customer", "啊？")),
    "one magic sentence, turn after turn": (
        ("rep", "您好，本次通话会录音。"),
        *(("customer", "嗯。"), ("rep", MAGIC)) * 5,
    ),
    "the honest call with every keyword in every turn": tuple(
        (who, text + WORDS if who == "rep" else text) for who, text in HONEST
    ),
    "the honest call with the magic sentence in every turn": tuple(
        (who, text + MAGIC if who == "rep" else text) for who, text in HONEST
    ),
}


@pytest.fixture(scope="module")
def cards(tagger: HeadTagger) -> dict[tuple[str, str], Scorecard]:
    """The scorecard of every call under either procedure, by the procedure's name and the call's story."""
    calls = {"honest": HONEST, **STUFFED}
    procedures = (parse(KEYWORDS), shipped("zh-telesales"))
    return {
        (sop.name, story): review(call_of(*spoken), tagger, sop).scorecard
        for sop in procedures
        for story, spoken in calls.items()
    }


@pytest.mark.parametrize("name", ["keywords", "zh-telesales"])
@pytest.mark.parametrize("story", STUFFED)
def test_stuffing_and_repeating_gain_nothing(name: str, story: str, cards: dict[tuple[str, str], Scorecard]) -> None:
    """No call stuffed with the words or the sentences of an honest one scores higher than that one."""
    honest, stuffed = cards[name, "honest"].score, cards[name, story].score
    assert honest is not None
    assert (stuffed or 0) <= honest


def test_words_alone_are_no_conversation(cards: dict[tuple[str, str], Scorecard]) -> None:
    """The honest call earns every point; the same words in one breath, or keywords read out, do not."""
    scores = {story: card.score or 0 for (name, story), card in cards.items() if name == "keywords"}
    assert scores["honest"] == 100
    assert scores["everything in one breath"] < 100
    assert scores["everything in one breath, twice"] < 100
    assert scores["every keyword read out, over and over"] < 40


def test_a_magic_sentence_is_one_question(cards: dict[tuple[str, str], Scorecard]) -> None:
    """Asked again and again in one breath or turn after turn, one question of three was asked."""
    for story in ("one magic sentence in one breath", "one magic sentence, turn after turn"):
        points = {step.step_id: step.points for step in cards["keywords", story].steps}
        assert points["questions"] == 10
