"""Mandarin spelt anew by its sound, with the shipped weights."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.syllables import Sound, are_near, is_han, sounds
from asr.transcript import Language, Transcript, Turn, Word
from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.corpus.shipped import shipped_corpus
from nlp.respelling.respeller import RespellingOptions, SoundRespeller
from nlp.respelling.training import SPOKEN, count_bytes
from nlp.respelling.weights import RespellingError, load_respeller, respelling_from_bytes

COMMON = "我们的价格是多少钱您好请问公司发票合同下周三再联系吧一二三十万块著着他她在再做作市世事试便宜效果"
PIECES = st.sampled_from([*COMMON, "，", "。", "？", "CRM", "30", " ok", "𠮷"])


@pytest.fixture(scope="module")
def respeller() -> SoundRespeller:
    return load_respeller()


def turn_of(texts: list[str], confidences: list[float]) -> Turn:
    """One turn of these words, 200 ms each."""
    ends = accumulate(200 for _ in texts)
    words = tuple(Word(text, end - 200, end, sure) for text, end, sure in zip(texts, ends, confidences, strict=True))
    return Turn("rep", 0, 0, 200 * len(words), "".join(texts).strip(), 0.5, words)


def call_of(*turns: Turn, language: Language = "zh") -> Transcript:
    return Transcript(60_000, language, 2, turns)


def spelt(respeller: SoundRespeller, text: str, confidence: float = 0.4, names: tuple[str, ...] = ()) -> str:
    """What becomes of a text that was heard character by character."""
    call = call_of(turn_of(list(text), [confidence] * len(text)))
    return respeller.respelled(call, names).turns[0].text


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    texts = draw(st.lists(st.lists(PIECES, min_size=1, max_size=3).map("".join), min_size=1, max_size=8))
    sure = st.floats(0, 1)
    return turn_of(texts, draw(st.lists(sure, min_size=len(texts), max_size=len(texts))))


def sound_alike(respeller: SoundRespeller, one: str, other: str) -> bool:
    """Whether some word that holds ``other`` is said like ``one``, or nearly so."""
    lexicon = respeller.weights.lexicon
    heard = lexicon.sound(one)
    readings = {
        said[word.index(other)].syllable
        for word, said in zip(lexicon.words, lexicon.sounds, strict=True)
        if other in word
    }
    return heard is not None and any(heard.syllable == said or are_near(heard.syllable, said) for said in readings)


@given(turns())
@settings(max_examples=60, deadline=None)
def test_only_characters_of_the_same_or_a_near_sound_change(turn: Turn) -> None:
    """Number, times and confidence of words stay, marks and Latin too, and the text is that of its words."""
    respeller = load_respeller()
    new = respeller.respelled(call_of(turn)).turns[0]
    assert [(w.start_ms, w.end_ms, w.confidence) for w in new.words] == [
        (w.start_ms, w.end_ms, w.confidence) for w in turn.words
    ]
    assert new.text == "".join(word.text for word in new.words).strip()
    assert replace(new, text=turn.text, words=turn.words) == turn
    for word, written in zip(turn.words, new.words, strict=True):
        for one, other in zip(word.text, written.text, strict=True):
            assert one == other or (is_han(one) and sound_alike(respeller, one, other))


@given(turns())
@settings(max_examples=40, deadline=None)
def test_sure_characters_stay(turn: Turn) -> None:
    """What the recognizer was sure of is never put in question, whatever stands beside it."""
    respeller = load_respeller()
    new = respeller.respelled(call_of(turn)).turns[0]
    for word, written in zip(turn.words, new.words, strict=True):
        assert word.confidence < respeller.options.sure or word == written


@given(turns())
@settings(max_examples=20, deadline=None)
def test_english_is_untouched(turn: Turn) -> None:
    """Chinese characters in an English call stay as well."""
    call = call_of(turn, language="en")
    assert load_respeller().respelled(call) is call


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("您先考率一下", "您先考虑一下"),
        ("那加格是多少", "那价格是多少"),
        ("我等著您的消息", "我等着您的消息"),
        ("我们公思在上海", "我们公司在上海"),
    ],
)
def test_the_likeliest_words_of_a_sound_are_written(respeller: SoundRespeller, heard: str, said: str) -> None:
    """Plain mistakes of a recognizer that was not sure."""
    assert spelt(respeller, heard) == said


@pytest.mark.parametrize(
    "text", ["您好，请问是李总吗？", "下周三下午三点我给您发合同。", "一共是三十二万八千块钱。", "她说他在公司等。"]
)
def test_good_mandarin_stays(respeller: SoundRespeller, text: str) -> None:
    """Doubt alone changes nothing: there must be something likelier of the same sound."""
    assert spelt(respeller, text) == text


def test_names_that_are_known_stay(respeller: SoundRespeller) -> None:
    """A name of the vocabulary is no mistake, though a word of the language sounds the same."""
    assert spelt(respeller, "我是加格公司的") != "我是加格公司的"
    assert spelt(respeller, "我是加格公司的", names=("加格",)) == "我是加格公司的"


@pytest.mark.parametrize(("text", "surname"), [("我是小何啊", "何"), ("好的钟总您说", "钟"), ("跟徐姐说一声", "徐")])
def test_surnames_stay(respeller: SoundRespeller, text: str, surname: str) -> None:
    """Who is addressed is not turned into another by what is likelier: their sound can't tell."""
    assert spelt(respeller, text, confidence=0.05)[text.index(surname)] == surname


def test_a_text_that_is_not_that_of_its_words_stays(respeller: SoundRespeller) -> None:
    """Where a person wrote something else, or there are no words, there is nothing to go by."""
    turn = replace(turn_of(list("那加格是多少"), [0.4] * 6), text="那个价是多少")
    for odd in (turn, replace(turn, words=())):
        assert respeller.respelled(call_of(odd)).turns[0] == odd


def test_the_hash_names_weights_and_options(respeller: SoundRespeller) -> None:
    """Transcripts are told apart by it."""
    other = SoundRespeller(respeller.weights, RespellingOptions(trust=0.1))
    assert SoundRespeller(respeller.weights).weights_hash == respeller.weights_hash != other.weights_hash


def test_the_spoken_calls_were_not_counted(respeller: SoundRespeller) -> None:
    """Figures on recordings of corpus calls are those of unseen text."""
    spoken = {call.digest for call in shipped_corpus() if call.call_id in SPOKEN}
    assert len(spoken) == len(SPOKEN)
    assert respeller.weights.trained_on
    assert not spoken & respeller.weights.trained_on


def small_corpus() -> list[AnnotatedCall]:
    call = next(call for call in shipped_corpus() if call.language == "zh")
    said = AnnotatedTurn("rep", "云杉报价系统，试用三十天。", ())
    other = AnnotatedTurn("rep", "这一通不算数。", ())
    return [replace(call, turns=(said,)), replace(call, call_id=min(SPOKEN), turns=(other,))]


def test_counting_is_repeatable_and_its_file_reads_back() -> None:
    """The same corpus gives the same bytes, and the file holds words, sounds and counts."""
    dictionary = {"报价": 900, "系统": 700, "银行": 500, "行": 300, "甪": 2, "罕词": 3}
    content = count_bytes(small_corpus(), dictionary)
    assert content == count_bytes(small_corpus(), dictionary)
    weights = respelling_from_bytes(content)
    numbers = weights.lexicon.numbers
    assert {"报价", "试用", "银行", "甪"} <= set(numbers)
    assert not {"罕词", "不算"} & set(numbers)
    assert weights.lexicon.sounds[numbers["银行"]] == sounds("银行") == (Sound("yin", 2), Sound("hang", 2))
    assert weights.lexicon.shares[numbers["报价"]] == pytest.approx(900 / sum(dictionary.values()), rel=0.05)
    assert weights.trigrams.pairs[numbers["报价"], numbers["系统"]] == 1


@pytest.mark.parametrize("content", [b"", b"no weights", b'\x08\0\0\0\0\0\0\0{"a":1} '])
def test_a_file_that_is_no_weights_is_refused(content: bytes) -> None:
    """With its name, the reason and what to do."""
    with pytest.raises(RespellingError, match=r"^words\.bin: .*python -m nlp\.respelling\.training$"):
        respelling_from_bytes(content, "words.bin")
