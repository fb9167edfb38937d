"""Laws of turns."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asr.speakers import MAX_PAUSE_MS, joined_text, role, turns, utterances, voice_turns
from asr.transcript import Speaker, Word

ROLES: dict[int, Speaker] = {0: "rep", 1: "customer"}


@st.composite
def channel_words(draw: st.DrawFn, letter: str) -> list[Word]:
    """Words of one channel in order, each with a text of its own."""
    at, words = 0, []
    steps = draw(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 900)), max_size=25))
    for i, (pause, duration) in enumerate(steps):
        at += pause
        words.append(Word(f"{letter}{i}", at, at + duration, 0.5))
        at += duration
    return words


calls = st.tuples(channel_words("a"), channel_words("b"))


@given(calls)
def test_no_word_is_lost_or_moved(call: tuple[list[Word], list[Word]]) -> None:
    """The turns of a channel hold its words, all of them, in their order."""
    found = turns({0: call[0], 1: call[1]}, ROLES, "en")
    for channel, words in enumerate(call):
        own = [t for t in found if t.channel == channel]
        assert [w for t in own for w in t.words] == words
        assert all(t.speaker == ROLES[channel] for t in own)


@given(calls)
def test_voices_of_one_channel_keep_their_words(call: tuple[list[Word], list[Word]]) -> None:
    """The turns of a voice hold its words in order, on the one channel, by nobody known yet."""
    found = voice_turns({0: call[0], 1: call[1]}, "en")
    for voice, words in enumerate(call):
        assert [w for t in found if t.voice == voice for w in t.words] == words
    assert all((t.channel, t.speaker) == (0, "unknown") for t in found)
    assert list(found) == sorted(found, key=lambda turn: (turn.start_ms, turn.end_ms, turn.voice))


@given(calls)
def test_turns_are_sorted_and_cover_their_words(call: tuple[list[Word], list[Word]]) -> None:
    """Turns come in order of time, from their first word to their last, without long pauses."""
    found = turns({0: call[0], 1: call[1]}, ROLES, "en")
    assert [t.start_ms for t in found] == sorted(t.start_ms for t in found)
    for turn in found:
        assert turn.words
        assert turn.start_ms == min(w.start_ms for w in turn.words)
        assert turn.end_ms == max(w.end_ms for w in turn.words)
        assert all(b.start_ms - a.end_ms <= MAX_PAUSE_MS for a, b in pairwise(turn.words))
        assert turn.text == " ".join(w.text for w in turn.words)


def test_a_remark_in_a_pause_ends_the_turn() -> None:
    """The other party's words in a pause of 0.7 s part the utterance, words spoken over it do not."""
    own = [Word("one", 0, 500, 1), Word("two", 1_200, 1_500, 1), Word("three", 1_550, 2_000, 1)]
    between, over = [Word("yes", 700, 900, 1)], [Word("yes", 200, 400, 1)]
    assert [len(u) for u in utterances(own, [between])] == [1, 2]
    assert [len(u) for u in utterances(own, [over])] == [3]


def test_roles_follow_the_rule() -> None:
    """The rep is on channel 0 unless told otherwise; one channel alone says nothing."""
    assert [role(c, 2, 0) for c in (0, 1)] == ["rep", "customer"]
    assert [role(c, 2, 1) for c in (0, 1)] == ["customer", "rep"]
    assert role(0, 1, 0) == "unknown"


def test_mandarin_is_joined_without_spaces() -> None:
    """Only Latin words keep a space between them."""
    words = [Word(t, 0, 0, 1) for t in ("我们", " CRM", " Pro", "一年", " 1800", "块")]
    assert joined_text(words, "zh") == "我们CRM Pro一年1800块"
    assert joined_text([], "zh") == ""
