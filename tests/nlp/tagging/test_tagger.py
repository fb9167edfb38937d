"""The shipped tagger: speakers, quotes, times, sense."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr.transcript import Language, Speaker, Transcript, Turn, Word
from nlp.corpus.annotations import AnnotatedCall, read_calls
from nlp.encoders.turn_encoder import ENCODER_PATH
from nlp.tagging.features import allowed_events
from nlp.tagging.tagger import HEAD_PATH, HeadTagger, Tagger, load_tagger
from nlp.text.evidence import spoken_at
from nlp.text.sentences import sentences
from sop.events import EVENT_SPEAKERS, EVENTS, Tagging
from tests.fakes_nlp import WordTagger

CORPUS = Path(__file__).parents[3] / "nlp" / "corpus"


@pytest.fixture(scope="module")
def tagger() -> HeadTagger:
    return load_tagger()


def gold_call(language: Language) -> AnnotatedCall:
    return read_calls((CORPUS / f"{language}-dev.jsonl").read_text(encoding="utf-8"))[0]


def spoken(text: str, start_ms: int, language: Language) -> tuple[Word, ...]:
    """Words of 200 ms each, as a recogniser gives them."""
    pieces = list(text) if language == "zh" else [f" {piece}" for piece in text.split()]
    return tuple(Word(piece, start_ms + 200 * i, start_ms + 200 * i + 180, 0.9) for i, piece in enumerate(pieces))


def transcript(call: AnnotatedCall, speaker: Speaker | None = None, limit: int = 60) -> Transcript:
    turns, clock = [], 500
    for turn in call.turns[:limit]:
        words = spoken(turn.text, clock, call.language)
        who = speaker or turn.speaker
        turns.append(Turn(who, int(who != "rep"), clock, words[-1].end_ms, turn.text, 0.9, words))
        clock = words[-1].end_ms + 300
    return Transcript(clock, call.language, 2, tuple(turns))


def check_contract(tagger: Tagger, heard: Transcript) -> Tagging:
    tagging = tagger.tag(heard)
    for events in (tagging.present, tagging.doubtful):
        starts = [event.evidence.start_ms for event in events]
        assert starts == sorted(starts)
        for event in events:
            turn = heard.turns[event.evidence.turn]
            assert event.event in EVENTS
            assert event.evidence.quote in turn.text
            assert event.evidence.quote
            assert turn.start_ms <= event.evidence.start_ms <= event.evidence.end_ms <= turn.end_ms
            assert event.evidence.speaker == turn.speaker
            assert 0 <= event.evidence.confidence <= 1
    both = {(e.event, e.evidence.turn) for e in tagging.present} & {
        (e.event, e.evidence.turn) for e in tagging.doubtful
    }
    assert not both
    assert tagger.tag(heard) == tagging
    assert len(tagger.weights_hash) == 64
    return tagging


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_gold_call_is_tagged_with_sense(tagger: HeadTagger, language: Language) -> None:
    """On a call it has learned from, most gold events are found, each by who can show it."""
    call = gold_call(language)
    tagging = check_contract(tagger, transcript(call))
    found = {(event.evidence.turn, event.event) for event in tagging.present}
    gold = {(i, event) for i, turn in enumerate(call.turns) for event in turn.events}
    assert len(found & gold) >= 0.75 * len(gold)
    assert len(found & gold) >= 0.75 * len(found)
    assert all(e.evidence.speaker in EVENT_SPEAKERS[e.event] for e in (*tagging.present, *tagging.doubtful))


def test_the_fake_keeps_the_contract_too() -> None:
    """What is promised of the tagger holds for its fake."""
    heard = Transcript(9000, "en", 2, (Turn("rep", 0, 0, 9000, "The price is nine.", 0.9),))
    assert len(check_contract(WordTagger(), heard).present) == 1


def test_unknown_speakers_are_still_heard(tagger: HeadTagger) -> None:
    """Without roles nothing is masked: an opening is found although nobody is known."""
    tagging = check_contract(tagger, transcript(gold_call("en"), speaker="unknown", limit=12))
    assert tagging.present


@pytest.mark.parametrize("speaker", ["rep", "customer"])
def test_nobody_shows_what_only_the_other_can(tagger: HeadTagger, speaker: Speaker) -> None:
    """With every turn given to one party, the other party's events are neither present nor doubtful."""
    tagging = check_contract(tagger, transcript(gold_call("zh"), speaker=speaker, limit=20))
    assert all(speaker in EVENT_SPEAKERS[e.event] for e in (*tagging.present, *tagging.doubtful))


def test_the_mask_is_the_guide() -> None:
    """Known speakers can show what the guide lets them, an unknown one everything."""
    rep, customer, unknown = allowed_events(["rep", "customer", "unknown"])
    assert {e for e, ok in zip(EVENTS, rep, strict=True) if ok} == {e for e in EVENTS if "rep" in EVENT_SPEAKERS[e]}
    assert not customer[EVENTS.index("opening")]
    assert unknown.all()


TEXTS = st.text(alphabet="价格太贵了，。？ price OK!…\n", max_size=25)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["rep", "customer", "unknown"]), TEXTS), max_size=5))
def test_any_transcript_can_be_tagged(tagger: HeadTagger, said: list[tuple[Speaker, str]]) -> None:
    """No turns, empty turns, turns without words, turns of marks: the contract holds."""
    turns = tuple(Turn(s, 0, 1000 * i, 1000 * i + 900, text, 0.5) for i, (s, text) in enumerate(said))
    check_contract(tagger, Transcript(60_000, "zh", 1, turns))


def test_the_quote_is_the_sentence_that_says_it(tagger: HeadTagger) -> None:
    """Small talk before a price objection is not part of its quote, and its time begins at the objection."""
    text = "Sorry, the dog was barking. That is far too expensive, we can't afford it."
    turns = (
        Turn("rep", 0, 0, 4000, "So it comes to four hundred pounds a month for the whole team.", 0.9),
        Turn("customer", 1, 5000, 12_000, text, 0.9, spoken(text, 5000, "en")),
    )
    tagging = tagger.tag(Transcript(20_000, "en", 2, turns))
    quotes = [e.evidence for e in tagging.present if e.event == "price_objection"]
    assert quotes
    assert quotes[0].quote.startswith("That is")
    assert quotes[0].start_ms == 5000 + 200 * 5


def test_times_fall_back_to_the_turn() -> None:
    """Without words, or with words that are not in the text, the turn's own time is given."""
    text = "One two. Three four."
    second = sentences(text)[1]
    assert spoken_at(Turn("rep", 0, 100, 900, text, 1.0), second) == (100, 900)
    strange = (Word("xyz", 200, 300, 1.0),)
    assert spoken_at(Turn("rep", 0, 100, 900, text, 1.0, strange), second) == (100, 900)


@given(st.lists(st.tuples(st.integers(-500, 5000), st.integers(-500, 5000)), min_size=4, max_size=4))
def test_times_stay_inside_the_turn(times: list[tuple[int, int]]) -> None:
    """Whatever times the words claim, evidence starts before it ends and lies in the turn."""
    text = "One two. Three four."
    words = tuple(Word(w, s, e, 1.0) for w, (s, e) in zip(text.split(), times, strict=True))
    turn = Turn("rep", 0, 1000, 2000, text, 1.0, words)
    for sentence in sentences(text):
        start, end = spoken_at(turn, sentence)
        assert 1000 <= start <= end <= 2000


def test_the_committed_head_is_small_and_says_what_it_learned_from() -> None:
    """With its encoder under 10 MB, safetensors, with the digest of every training call."""
    content = HEAD_PATH.read_bytes()
    assert len(content) + ENCODER_PATH.stat().st_size < 10_000_000
    size = int.from_bytes(content[:8], "little")
    document = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["clearcall"])
    calls = [gold_call("zh"), gold_call("en")]
    assert {call.digest for call in calls} <= set(document["trained_on"])
