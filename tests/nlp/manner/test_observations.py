"""What is measured of how a call is spoken: wordings, questions, timing; and what is left unsaid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.manner.observations import observe
from nlp.manner.questions import questions
from nlp.manner.words import BLAME, COMPLAINT, COURTESY, EMPATHY, TURNING_AWAY, Wordings, found
from sop.observations import KINDS, Observation


def turn(speaker: Speaker, start_s: float, end_s: float, text: str, sure: float = 0.9) -> Turn:
    return Turn(speaker, 1 if speaker == "customer" else 0, round(start_s * 1000), round(end_s * 1000), text, sure)


def call(*turns: Turn, language: Language = "en", **changes: Any) -> Transcript:
    settings = {"duration_ms": 120_000, "language": language, "channels": 2, "turns": turns, **changes}
    return Transcript(**settings)


def of(kind: str, transcript: Transcript) -> list[Observation]:
    return [item for item in observe(transcript) if item.kind == kind]


@pytest.mark.parametrize(
    ("language", "text", "is_open"),
    [
        ("en", "How do you keep track of it today?", True),
        ("en", "What happens when a door stays open?", True),
        ("en", "Walk me through a normal morning there.", True),
        ("en", "How many coolers do you have?", False),
        ("en", "What time works for you?", False),
        ("en", "What if I made it twenty?", False),
        ("en", "Do you know what it costs?", False),
        ("en", "Is this still a good time?", False),
        ("zh", "现在冷库和车上的温度，是怎么管的？", True),
        ("zh", "您先说说现在的情况。", True),
        ("zh", "那除了价格，您最怕业务部门挑什么？", True),
        ("zh", "您一共有多少个库，多少台车？", False),
        ("zh", "您希望什么时候能用起来？", False),
        ("zh", "那有没有出过什么问题？", False),
        ("zh", "是您自己定，还是要跟合伙人商量？", False),
        ("zh", "周四上午怎么样？", False),
    ],
)
def test_questions_are_told_apart_by_their_form(language: Language, text: str, is_open: bool) -> None:
    """One word or one fact answers a closed question; an invitation to tell is an open one."""
    assert [question.is_open for question in questions(text, language)] == [is_open]


@pytest.mark.parametrize(
    ("language", "text"), [("zh", "我跟您说说屋顶的事儿。"), ("zh", "我给您介绍一下。"), ("en", "I see.")]
)
def test_offering_to_tell_is_no_question(language: Language, text: str) -> None:
    """A rep who offers to explain asks nothing."""
    assert not list(questions(text, language))


@pytest.mark.parametrize(
    ("wordings", "language", "yes", "no"),
    [
        (COURTESY, "zh", "不好意思打扰您了", "我们是做冷链的"),
        (COURTESY, "en", "Thank you for your time.", "We do sensors."),
        (BLAME, "zh", "这不是我们的问题，您自己听错了", "七天里随便您退，一分不扣"),
        (BLAME, "en", "As I told you, that's our policy.", "No, and you shouldn't have to."),
        (EMPATHY, "zh", "我特别理解您的顾虑", "您理解错了"),
        (EMPATHY, "en", "I hear you, that makes sense.", "I can get that papered today."),
        (COMPLAINT, "zh", "工单半个小时没人回，我要投诉你们", "挺好的，下周再看"),
        (COMPLAINT, "en", "Nobody called me back, it's ridiculous.", "No complaints so far."),
        (TURNING_AWAY, "zh", "没兴趣，别再打了", "你别打断我"),
        (TURNING_AWAY, "en", "We're not interested.", "Sign whatever I sign."),
    ],
)
def test_wordings_are_found_where_they_are_said(wordings: Wordings, language: Language, yes: str, no: str) -> None:
    """Each list finds what it is made for, and not what only looks like it."""
    assert found(yes, wordings, language)
    assert not found(no, wordings, language)


def test_the_last_question_of_a_stretch_is_the_one_that_counts() -> None:
    """Of several questions in one breath only the last can be answered."""
    asked = of(
        "question",
        call(turn("rep", 0, 8, "How do you do it? What do you need? Is it cold?"), turn("customer", 9, 10, "Yes.")),
    )
    assert [(item.turn, item.value, item.quote) for item in asked] == [(0, 0.0, "Is it cold?")]


def test_listening_is_how_long_the_customer_got_to_speak() -> None:
    """Back-channels of the rep leave the answer whole; whoever talks on after asking has not listened."""
    question = turn("rep", 0, 3, "How do you do it?")
    long = call(
        question,
        turn("customer", 3, 8, "By hand"),
        turn("rep", 8, 8.5, "Mm."),
        turn("customer", 9, 12, "and it is a mess"),
    )
    assert [item.value for item in of("listening", long)] == [8000]
    on = "We are the best there is, with sensors in every cooler and a phone that rings whenever a door stays open."
    talking = call(turn("rep", 0, 12, f"How do you do it? {on}"), turn("customer", 12, 15, "By hand."))
    assert [item.value for item in of("listening", talking)] == [0]
    assert not of("listening", call(question, turn("unknown", 4, 4.1, "hm"), turn("customer", 5, 40, "By hand.")))


def test_speaking_at_once_is_told_from_separate_channels() -> None:
    """An interruption is how long the rep speaks into a turn well begun; one channel for all tells nothing."""
    turns = (turn("customer", 0, 6, "We do it by hand and"), turn("rep", 5, 9, "Let me stop you there."))
    assert [item.value for item in of("interruption", call(*turns))] == [1000]
    assert not of("interruption", call(*turns, channels=1))
    assert not of("interruption", call(*turns, notes=("identical_channels",)))
    assert not of("interruption", call(turns[0], turn("rep", 5, 5.6, "Mm-hmm.")))


def test_a_monologue_survives_back_channels() -> None:
    """ "Mm-hmm" leaves it whole, a sentence ends it; it can be played from its first to its last word."""
    told = of(
        "monologue",
        call(
            turn("rep", 0, 40, "a"),
            turn("customer", 41, 41.5, "mm"),
            turn("rep", 42, 80, "b"),
            turn("customer", 81, 84, "yes"),
        ),
    )
    assert [(item.value, item.start_ms, item.end_ms) for item in told] == [(80_000, 0, 80_000)]


def test_silence_is_measured_after_a_complaint() -> None:
    """From the complaint to the rep's next word; not where the call ends on it."""
    complaint = turn("customer", 0, 3, "Your support is terrible.")
    assert [
        item.value
        for item in of("silence", call(complaint, turn("rep", 8, 9, "Oh."), turn("customer", 10, 11, "Yes.")))
    ] == [5000]
    assert not of("silence", call(turn("rep", 0, 1, "Hi."), turn("customer", 2, 5, "Your support is terrible.")))


def test_a_short_answer_is_one_to_a_closed_question_only() -> None:
    """ "嗯" answers yes or no; to an open question it is no answer, and to no question no reply at all."""
    closed = call(turn("rep", 0, 3, "现在方便吗？"), turn("customer", 3, 4, "嗯。"), language="zh")
    opened = call(turn("rep", 0, 3, "现在是怎么管的？"), turn("customer", 3, 4, "嗯。"), language="zh")
    stated = call(turn("rep", 0, 3, "我们是做冷链的。"), turn("customer", 3, 3.5, "嗯。"), language="zh")
    assert [len(of("reply", item)) for item in (closed, opened, stated)] == [1, 1, 0]
    assert [len(of("disengaged", item)) for item in (closed, opened, stated)] == [0, 1, 0]


def test_courtesy_said_over_and_over_is_none() -> None:
    """The same thanks more than three times in one turn is no courtesy."""
    assert of("courtesy", call(turn("rep", 0, 3, "Thank you, please go on.")))[0].value == 2
    assert not of("courtesy", call(turn("rep", 0, 9, "Thank you. " * 5)))


def test_pace_is_told_of_long_turns_beside_the_whole_call() -> None:
    """Units a minute, and how that compares with the rep's whole speech; nothing of short turns."""
    slow, fast = turn("rep", 0, 20, "word " * 40), turn("rep", 30, 40, "word " * 40)
    made = call(slow, turn("customer", 21, 29, "yes"), fast, turn("rep", 50, 52, "word word"))
    assert [item.value for item in of("pace", made)] == [120.0, 240.0]
    assert [round(item.value, 2) for item in of("pace_ratio", made)] == [0.78, 1.56]


@pytest.mark.parametrize(
    "blind",
    [
        call(turn("unknown", 0, 9, "Thank you. How do you do it?"), turn("customer", 9, 12, "By hand.")),
        call(turn("rep", 0, 9, "Thank you."), turn("customer", 9, 12, "Yes."), role_confidence=0.4),
        call(),
    ],
)
def test_nothing_is_said_where_it_is_not_known_who_speaks(blind: Transcript) -> None:
    """Guessed or unknown speakers leave every measure untold."""
    assert observe(blind) == ()


def test_an_empty_channel_tells_nothing_of_an_exchange() -> None:
    """Where one party can't be heard, nobody interrupts, listens or falls silent."""
    one = call(turn("rep", 0, 9, "Thank you. How do you do it?"), notes=("empty_channel:1",))
    assert {item.kind for item in observe(one)} == {"speech", "courtesy", "question", "pace"}


def test_doubt_of_words_and_roles_is_folded_in() -> None:
    """What rests on words has their confidence times that of the roles; what rests on time has the roles' alone."""
    made = call(turn("rep", 0, 9, "Thank you.", 0.5), turn("customer", 10, 12, "Yes."), role_confidence=0.8)
    assert of("courtesy", made)[0].confidence == pytest.approx(0.4)
    assert of("monologue", made)[0].confidence == pytest.approx(0.8)


TEXTS = st.sampled_from(
    ["", "…", "谢谢您，现在是怎么管的？", "嗯。", "How do you do it?", "Thank you. " * 5, "没人回，我要投诉", "a b c"]
)
TURNS = st.lists(
    st.builds(
        lambda speaker, start_s, length_s, text: turn(speaker, start_s, start_s + length_s, text),
        st.sampled_from(["rep", "customer", "rep", "customer", "unknown"]),
        st.floats(0, 90),
        st.floats(0, 130),
        TEXTS,
    ),
    max_size=14,
).map(lambda turns: sorted(turns, key=lambda item: item.start_ms))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(TURNS, st.sampled_from(["zh", "en"]), st.integers(1, 2))
def test_whatever_is_said_is_measured_within_range(turns: list[Turn], language: Language, channels: int) -> None:
    """Every observation is of a known kind, of a turn of its speaker, with a confidence and figure in range."""
    made = call(*turns, language=language, channels=channels)
    for item in observe(made):
        assert item.kind in KINDS
        assert 0 <= item.confidence <= 1
        assert item.value >= 0
        assert item.speaker == made.turns[item.turn].speaker != "unknown"
