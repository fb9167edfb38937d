"""What is not believed, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.chunks import Window
from asr.guards import guard, runs_away
from asr.recognition import Heard, compression_ratio
from asr.regions import Region
from asr.transcript import Language, Word

WINDOW = Window(1, (Region(10_000, 20_000),), (Region(10_000, 20_000),))


def heard(texts: list[str], *, step_ms: int = 300, logprob: float = -0.2, no_speech: float = 0.02) -> Heard:
    """An answer of evenly timed words."""
    words = tuple(Word(t, i * step_ms, (i + 1) * step_ms, 0.9) for i, t in enumerate(texts))
    return Heard(words, logprob, no_speech, compression_ratio("".join(texts)))


def test_plain_speech_passes_and_moves_to_call_time() -> None:
    """What is said stays, at its time in the call."""
    guarded = guard(heard([" We", " need", " it", " today."]), WINDOW, "en")
    assert [w.text for w in guarded.words] == [" We", " need", " it", " today."]
    assert [w.start_ms for w in guarded.words] == [10_000, 10_300, 10_600, 10_900]
    assert guarded.removed == ()


@pytest.mark.parametrize(
    ("answer", "language", "reason"),
    [
        (heard([" Thank", " you."], logprob=-1.2, no_speech=0.8), "en", "no_speech"),
        (heard(["再", "次"], logprob=-2.4), "zh", "unlikely"),
        (heard([" Whee!", " Whee!"], logprob=-0.95, no_speech=0.5), "en", "no_speech"),
        (heard([" you"], logprob=-0.66, no_speech=0.93), "en", "no_speech"),
        (heard([" Hmm."], logprob=-1.75, no_speech=0.31), "en", "no_speech"),
        (heard(["诶"] * 9, logprob=-0.37, no_speech=0.85), "zh", "repetition"),
        (heard(["诶诶诶诶", "诶诶诶诶"], logprob=-0.37, no_speech=0.85), "zh", "repetition"),
        (heard([" BEEP"] * 5, logprob=-0.3, no_speech=0.85), "en", "repetition"),
        (heard(["作词", " 作曲"], logprob=-0.6, no_speech=0.2), "zh", "subtitle"),
        (heard([" the", " same", " again,"] * 30, step_ms=100), "en", "repetition"),
        (heard(list("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少" * 9), step_ms=50), "zh", "repetition"),
        (heard([f" {n}{n * 7}x{n * 31}" for n in range(100, 160)], step_ms=100), "en", "too_fast"),
        (heard(["字幕", "由", "志愿者", "提供"], logprob=-0.6), "zh", "subtitle"),
        (heard([" Thanks", " for", " watching!"], no_speech=0.4), "en", "subtitle"),
    ],
)
def test_invented_windows_are_removed_with_their_reason(answer: Heard, language: Language, reason: str) -> None:
    """Each sign of invention empties the window, and the words are kept for the record."""
    guarded = guard(answer, WINDOW, language)
    assert guarded.words == ()
    assert [(r.reason, r.channel, r.text) for r in guarded.removed] == [(reason, 1, answer.text)]


@pytest.mark.parametrize(
    ("doubtful", "confidence", "stays"), [(True, 0.45, False), (True, 0.6, True), (False, 0.1, True)]
)
def test_two_doubts_are_one_too_many(doubtful: bool, confidence: float, stays: bool) -> None:
    """Where neither detector nor recognizer is sure, nothing is written; either doubt alone is no reason."""
    region = Region(10_000, 11_000, doubtful)
    words = tuple(Word(text, 0, 300, confidence) for text in (" Get", " your", " phone."))
    guarded = guard(Heard(words, -0.66, 0.15, 1.0), Window(0, (region,), (region,)), "en")
    assert bool(guarded.words) is stays
    assert [one.reason for one in guarded.removed] == ([] if stays else ["unlikely"])


@pytest.mark.parametrize(
    ("logprob", "no_speech"), [(-1.6, 0.13), (-1.19, 0.05), (-0.33, 0.54), (-0.3, 0.8), (-0.68, 0.5), (-0.9, 0.29)]
)
def test_one_sign_alone_removes_nothing(logprob: float, no_speech: float) -> None:
    """Speech that is hard to make out, and clear speech in a window that is mostly silence, stay."""
    assert guard(heard([" Sure,", " bye."], logprob=logprob, no_speech=no_speech), WINDOW, "en").removed == ()


def test_a_subtitle_phrase_alone_is_no_proof() -> None:
    """Someone who clearly says "thanks for watching" said it."""
    answer = heard([" Thanks", " for", " watching", " the", " demo."], logprob=-0.15)
    assert guard(answer, WINDOW, "en").removed == ()


def test_a_doubled_tail_without_time_is_removed() -> None:
    """The second copy of a sentence, to which the alignment gave no time, was not said."""
    words = [Word(t, i * 300, (i + 1) * 300, 0.9) for i, t in enumerate([" No", " worries", " at", " all."])]
    again = [Word(w.text, 1_200, 1_200, 0.9) for w in words]
    guarded = guard(Heard((*words, *again), -0.2, 0.1, 1.2), WINDOW, "en")
    assert [w.text for w in guarded.words] == [w.text for w in words]
    assert [r.reason for r in guarded.removed] == ["repeated_tail"]


def test_a_doubled_end_with_some_time_is_removed_and_gives_its_time() -> None:
    """When the alignment parts the last sound between a sentence and its copy, one sentence is left with all of it."""
    first = (Word(" What", 16_928 - 10_000, 7_348, 0.9), Word(" program?", 7_348, 7_348, 0.9))
    copy = (Word(" What", 7_348, 7_348, 0.9), Word(" program?", 7_368, 7_728, 0.9))
    guarded = guard(Heard((*first, *copy), -0.2, 0.1, 1.2), WINDOW, "en")
    assert [(w.text, w.start_ms, w.end_ms) for w in guarded.words] == [
        (" What", 16_928, 17_348),
        (" program?", 17_368, 17_728),
    ]
    assert [r.text for r in guarded.removed] == ["What program?"]


def test_words_really_said_twice_stay() -> None:
    """A repetition with time of its own is speech."""
    assert len(guard(heard(["太", "慢", "了", "太", "慢", "了"]), WINDOW, "zh").words) == 6
    assert len(guard(heard(["对"] * 4), WINDOW, "zh").words) == 4


def test_a_loop_keeps_one_round() -> None:
    """Four rounds of the same words become one."""
    guarded = guard(heard([" I", " see,"] * 4 + [" good", " bye."]), WINDOW, "en")
    assert [w.text for w in guarded.words] == [" I", " see,", " good", " bye."]
    assert [r.reason for r in guarded.removed] == ["repetition"]


def test_a_long_word_in_a_loop_is_one() -> None:
    """Four times the same long word on end is a loop; four short ones can be said."""
    assert len(guard(heard([" Kelly."] * 4), WINDOW, "en").words) == 1
    assert len(guard(heard([" no,"] * 4), WINDOW, "en").words) == 4


def test_a_word_that_goes_round_in_itself_is_no_word() -> None:
    """A cough written as one thing four times without a space goes; digits, laughter, names and sure speech stay."""
    answer = heard([" PaintPaintPaintPaint", " 202202202202", " Hahahahaha,", " Bonbon,", " yes."])
    region = Region(10_000, 20_000, doubtful=True)
    guarded = guard(answer, Window(1, (region,), (region,)), "en")
    assert [w.text for w in guarded.words] == [" 202202202202", " Hahahahaha,", " Bonbon,", " yes."]
    assert [(r.text, r.reason) for r in guarded.removed] == [("PaintPaintPaintPaint", "repetition")]
    assert len(guard(answer, WINDOW, "en").words) == 5


def test_doubtful_words_far_from_speech_are_removed() -> None:
    """A word without a voice near it stays only when the recognizer is sure."""
    window = Window(0, (Region(0, 10_000),), (Region(0, 1_000),))
    words = (Word(" Yes.", 100, 400, 0.3), Word(" Hm.", 5_000, 5_300, 0.3), Word(" Really.", 6_000, 6_500, 0.9))
    guarded = guard(Heard(words, -0.3, 0.1, 0.8), window, "en")
    assert [w.text for w in guarded.words] == [" Yes.", " Really."]
    assert [r.reason for r in guarded.removed] == ["outside_speech"]


@given(
    st.lists(st.tuples(st.sampled_from("对的好我要"), st.integers(0, 9_000), st.integers(0, 400)), max_size=40),
    st.floats(-3, 0),
    st.floats(0, 1),
)
def test_every_word_is_kept_or_recorded(spoken: list[tuple[str, int, int]], logprob: float, silence: float) -> None:
    """Guards lose nothing: kept words and removed texts are what was heard."""
    words = tuple(Word(t, s, s + d, 0.4) for t, s, d in sorted(spoken, key=lambda w: w[1]))
    answer = Heard(words, logprob, silence, compression_ratio("".join(w.text for w in words) or "a"))
    guarded = guard(answer, WINDOW, "zh")
    out = "".join(w.text for w in guarded.words) + "".join(r.text for r in guarded.removed)
    assert sorted(out) == sorted(w.text for w in words)


def test_running_away() -> None:
    """A loop and a flood of letters run away; ordinary speech does not."""
    assert runs_away(heard([" no"] * 60).text, 10.0, "en")
    assert runs_away(heard(["abcdefghij"] * 12).text, 1.0, "en")
    assert not runs_away(heard([" How", " are", " you", " today?"]).text, 1.2, "en")
    assert not runs_away("", 1.0, "zh")


def test_a_loop_that_ends_without_time_is_a_loop() -> None:
    """Five times the same word, the last two in no time at all, is one word said once."""
    words = [Word(" Monday", 400 * i, 400 * i + 300, 0.9) for i in range(3)]
    words += [Word(" Monday", 1_200, 1_200, 0.9) for _ in range(2)]
    guarded = guard(Heard(tuple(words), -0.56, 0.29, 2.0), WINDOW, "en")
    assert [word.text for word in guarded.words] == [" Monday"]
    assert [(one.reason, one.text) for one in guarded.removed] == [("repetition", "Monday Monday Monday Monday")]
