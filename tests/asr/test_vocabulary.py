"""Names are written where they are heard, and nowhere else."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.speakers import joined_text
from asr.spelling import all_heard
from asr.syllables import is_han
from asr.transcript import Language, Word
from asr.vocabulary import as_named

CHINESE = ("北灯冷链", "北灯", "林晓", "赵鹏", "陈芸", "冷链", "蓝霜", "林肖")
LATIN = ("Northlamp", "Frostmere", "Priya Nair", "SAP", "Marketo", "Marrowby", "Datalogger 500")
LOUD = "北登灯等冷练恋脸链林小晓姐赵彭照找朋友兰蓝双霜商男生来说陈云成的是我，。 "


def spoken(texts: Sequence[str], pause_ms: int = 20) -> tuple[Word, ...]:
    """Words of 200 ms, a pause after each."""
    return tuple(
        Word(t, i * (200 + pause_ms), i * (200 + pause_ms) + 200, 0.5 + i % 5 / 10) for i, t in enumerate(texts)
    )


def mandarin(text: str, names: Sequence[str] = CHINESE) -> str:
    """What becomes of a text of which every character is a word."""
    return joined_text(as_named(spoken(list(text)), names, "zh"), "zh")


def english(text: str, names: Sequence[str] = LATIN) -> str:
    """What becomes of a text, word by word as the recognizer writes them."""
    return joined_text(as_named(spoken([f" {word}" for word in text.split()]), names, "en"), "en")


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("您好，我是北登冷练的林小，方便吗？", "您好，我是北灯冷链的林晓，方便吗？"),
        ("我是北登冷恋的赵彭。", "我是北灯冷链的赵鹏。"),
        ("北登冷脸，我是照彭。", "北灯冷链，我是赵鹏。"),
        ("上个月底就跟蓝商签了。", "上个月底就跟蓝霜签了。"),
        ("兰双的也能看，蓝双呢？", "蓝霜的也能看，蓝霜呢？"),
        ("林肖和林小", "林肖和林晓"),
    ],
)
def test_a_chinese_name_is_told_by_its_sound(heard: str, written: str) -> None:
    """Homophones become the name, also one near syllable, and whole words inside a long name; names stay."""
    assert mandarin(heard) == written
    assert mandarin(written) == written


@pytest.mark.parametrize(
    "heard",
    [
        "来说说男生的来生。",  # too far
        "这个冷脸的陈云。",  # words of the dictionary, though they sound like the names
        "我去找朋友，林小姐。",  # cut a word
        "你找彭总。他是林，小王也是。",  # an everyday word; a mark in between
        "跟兰松签了，男双也行。",  # two near syllables; a word
        "霜蓝，鹏赵。",
    ],
)
def test_what_is_no_name_stays(heard: str) -> None:
    """Another sound, a word or part of one, and what is said in two breaths are written as heard."""
    assert mandarin(heard, (*CHINESE, "卢松")) == heard


def test_an_everyday_word_is_no_name() -> None:
    """Two syllables with an everyday word in them are not evidence enough; four are."""
    assert mandarin("好嘞，合同你那边签", ("郝蕾", "李娜")) == "好嘞，合同你那边签"
    assert mandarin("我们北等冷练呢", CHINESE) == "我们北灯冷链呢"


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("Hi, it's Tom from North Lamp.", "Hi, it's Tom from Northlamp."),
        ("North-lamp's price, not frost mere's", "Northlamp's price, not Frostmere's"),
        ("at Nothlamp, we", "at Northlamp, we"),
        ("Marrow by Flowers", "Marrowby Flowers"),
        ("this is PriyaNair?", "this is Priya Nair?"),
    ],
)
def test_a_latin_name_is_told_by_its_letters(heard: str, written: str) -> None:
    """Words that make up a name become one, and one wrong letter is forgiven; marks and possessives stay."""
    assert english(heard) == written
    assert english(written) == written


@pytest.mark.parametrize(
    "heard",
    [
        "Market prices on the market, sap rises",  # an ordinary word, at the beginning of a sentence and inside
        "a narrow by Firmlow, North. Lamp on",  # too far; a sentence in between
        "two Northlamps",
        "Priya Nail rang",  # may be another person
        "the Datalogger 600",
    ],
)
def test_what_reads_otherwise_stays(heard: str) -> None:
    """Ordinary words, plurals, numbers and other people's names are written as heard."""
    assert english(heard) == heard


def test_a_name_is_said_in_one_breath() -> None:
    """Over a pause of half a second nothing is put together."""
    assert as_named(spoken(["蓝", "双"], 500), CHINESE, "zh") == spoken(["蓝", "双"], 500)
    assert as_named(spoken([" North", " Lamp"], 500), LATIN, "en") == spoken([" North", " Lamp"], 500)


def test_a_name_is_laid_over_its_words() -> None:
    """In Mandarin the words keep their borders; Latin words become one that spans them."""
    named = as_named(spoken(["我是北", "登冷", "练的"]), CHINESE, "zh")
    assert [word.text for word in named] == ["我是北", "灯冷", "链的"]
    (joined,) = as_named((Word(" North", 0, 300, 0.9), Word(" Lamp.", 350, 600, 0.6)), LATIN, "en")
    assert joined == Word(" Northlamp.", 0, 600, 0.75)


def test_names_that_prove_nothing_are_passed_over() -> None:
    """One character, no letter, both scripts: no stretch is written as such a name."""
    names = ("双", "", "...", "A", "蓝霜CRM")
    assert mandarin("兰双A，双", names) == "兰双A，双"
    assert english("a crm", names) == "a crm"


def test_the_first_of_names_that_sound_alike_is_written() -> None:
    """The order of the vocabulary decides."""
    assert mandarin("是林小", ("林晓", "林筱")) == "是林晓"
    assert mandarin("是林小", ("林筱", "林晓")) == "是林筱"


def test_a_latin_name_in_a_chinese_sentence() -> None:
    """It is told by its letters there too."""
    words = spoken(["我", "是", "North", "Lamp", "的"])
    assert [word.text for word in as_named(words, LATIN, "zh")] == ["我", "是", "Northlamp", "的"]


@given(st.lists(st.text(LOUD, min_size=1, max_size=3), max_size=12), st.lists(st.integers(0, 600), min_size=12))
def test_laws_of_mandarin(texts: list[str], pauses_ms: list[int]) -> None:
    """Words, times, confidences and all that is no Chinese character stay, and a second time changes nothing."""
    words, at = [], 0
    for text, pause_ms in zip(texts, pauses_ms, strict=False):
        words.append(Word(text, at + pause_ms, at + pause_ms + 100, 0.5))
        at += pause_ms + 100
    named = as_named(words, CHINESE, "zh")
    assert as_named(named, CHINESE, "zh") == named
    assert [(w.start_ms, w.end_ms, w.confidence) for w in named] == [
        (w.start_ms, w.end_ms, w.confidence) for w in words
    ]
    for before, after in zip(words, named, strict=True):
        pairs = list(zip(before.text, after.text, strict=True))
        assert all(a == b or (is_han(a) and is_han(b)) for a, b in pairs)


@given(
    st.lists(st.sampled_from(["North", "Lamp", "lamp.", "Northlam", "frost", "mere,", "Market", "o", "’s", "-", "²ẞ"]))
)
def test_laws_of_latin_words(texts: list[str]) -> None:
    """No letter is lost where letters are equal, times span what was joined, and a second time changes nothing."""
    words = spoken([f" {text}" for text in texts])
    named = as_named(words, ("Northlamp", "Frostmere"), "en")
    assert as_named(named, ("Northlamp", "Frostmere"), "en") == named
    assert {w.start_ms for w in named} <= {w.start_ms for w in words}
    assert {w.end_ms for w in named} <= {w.end_ms for w in words}
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(named))
    assert bool(named) == bool(words)


@given(st.lists(st.text(min_size=1)), st.sampled_from(["zh", "en"]))
def test_without_a_vocabulary_nothing_changes(texts: list[str], language: Language) -> None:
    """No names, no change, whatever was heard; and no text is too odd for any names."""
    words = spoken(texts)
    assert as_named(words, (), language) == words
    as_named(words, (*CHINESE, *LATIN), language)


@pytest.mark.parametrize(
    ("text", "plain", "believed"),
    [
        ("This is Northlamp.", "This is North Limbe.", True),
        ("Hello, Marrowby Flowers.", "Hello, narrow be flowers.", True),
        ("It's Priya from Northlamp.", "It's Priya from North Lab.", True),
        ("We looked at Frostmere.", "We looked at that.", False),
        ("Yes, Priya.", "Yes, please.", False),
        ("Nothing of the kind.", "Nothing.", True),
    ],
)
def test_a_name_must_be_heard_without_knowing_it(text: str, plain: str, believed: bool) -> None:
    """A name that was written with the names in mind needs something like it in what was heard without."""
    names = ["Northlamp", "Marrowby Flowers", "Frostmere", "Priya Nair"]
    assert all_heard(names, text, plain) is believed
