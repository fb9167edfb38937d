"""Calls as a recognizer might have written them."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from asr.syllables import initial_and_final, is_han, syllables
from asr.transcript import Language
from nlp.corpus.annotations import AnnotatedCall, read_calls
from nlp.misheard.calls import misheard
from nlp.misheard.chinese import misheard_chinese
from nlp.misheard.english import consonants, misheard_english
from nlp.tagging.augmentation import Example, Noise, perturbed
from nlp.training.head import TrainingOptions, features_of, heard_by, labels_of
from tests.fakes_nlp import HashedEncoder

CORPUS = Path(__file__).parents[3] / "nlp" / "corpus"


def calls(language: Language) -> list[AnnotatedCall]:
    return read_calls((CORPUS / f"{language}-a.jsonl").read_text(encoding="utf-8"))


def han(text: str) -> str:
    return "".join(filter(is_han, text))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_copy_is_the_same_call_in_other_words(language: Language) -> None:
    """Speakers and events stay, no turn is empty, half of the turns or more are written otherwise."""
    for call in calls(language):
        copy = misheard(call)
        assert [(turn.speaker, turn.events) for turn in copy.turns] == [(t.speaker, t.events) for t in call.turns]
        assert all(turn.text.strip() for turn in copy.turns)
        changed = sum(ours.text != said.text for ours, said in zip(copy.turns, call.turns, strict=True))
        assert changed >= len(call.turns) / 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_copy_is_a_function_of_call_and_number(language: Language) -> None:
    """The same call is misheard in the same way each time, and in another way under another number."""
    call = calls(language)[0]
    assert misheard(call, 1) == misheard(call, 1)
    assert misheard(call, 1) != misheard(call, 2)


def test_chinese_is_misheard_by_its_sound() -> None:
    """Of the characters that change, nearly all keep the initial or the final of what was said."""
    kept = changed = same = 0
    for number, turn in enumerate(turn for call in calls("zh") for turn in call.turns):
        text = re.sub("[零〇一二两三四五六七八九十百千万亿]", "", turn.text)
        heard = misheard_chinese(text, random.Random(number))
        if len(han(heard)) != len(han(text)):
            continue
        for said, written in zip(han(text), han(heard), strict=True):
            (initial, final), (other_initial, other_final) = (initial_and_final(*syllables(x)) for x in (said, written))
            kept += said == written
            changed += said != written
            same += said != written and (initial == other_initial or final == other_final)
    assert changed > 200
    assert 0.05 < changed / (changed + kept) < 0.2
    assert same / changed > 0.95


def test_chinese_keeps_its_length_and_what_is_not_chinese() -> None:
    """One character in a hundred is lost, none comes in; Latin letters stay as they are."""
    rng = random.Random(1)
    said = [turn.text for call in calls("zh") for turn in call.turns]
    written = [misheard_chinese(text, rng) for text in said]
    lengths = sum(len(han(text)) for text in written), sum(len(han(text)) for text in said)
    assert 0.96 < lengths[0] / lengths[1] < 1.0
    latin = re.compile("[A-Za-z]+")
    assert [latin.findall(text) for text in written] == [latin.findall(text) for text in said]


def test_what_is_heard_well_changes_its_marks_and_digits_alone() -> None:
    """Without mistakes the words are those that were said."""
    rng = random.Random(2)
    for _ in range(20):
        assert han(misheard_chinese("你好！这个价格能不能“优惠”一点呢？", rng, 0.0)) == "你好这个价格能不能优惠一点呢"
        heard = misheard_english("So, what do you use right now? Spreadsheets!", rng, 0.0)
        assert re.findall("[a-z]+", heard.lower()) == ["so", "what", "do", "you", "use", "right", "now", "spreadsheets"]


def test_numbers_are_written_in_digits() -> None:
    """Spoken English numbers mostly, Chinese ones at times, and only such."""
    texts = [misheard_english("It's a hundred and eighty nine a month.", random.Random(i), 0.0) for i in range(50)]
    assert 35 <= sum("189" in text for text in texts) < 50
    assert misheard_english("Forty five nine, all in.", random.Random(3), 0.0).startswith("45 9")
    chinese = [misheard_chinese("报价是九千九。", random.Random(i), 0.0) for i in range(50)]
    assert 8 < sum("9900" in text for text in chinese) < 35
    assert all("9900" in text or "九千九" in text for text in chinese)


def test_english_loses_few_words_and_most_fillers() -> None:
    """Between three and twelve words in a hundred are others or lost, and most filled pauses are."""
    rng = random.Random(4)
    words = re.compile("[a-z']+")
    said = [turn.text.lower() for call in calls("en") for turn in call.turns if not re.search(r"\d", turn.text)]
    written = [misheard_english(text, rng).lower() for text in said]
    kept = sum(len(set(words.findall(a)) & set(words.findall(b))) for a, b in zip(said, written, strict=True))
    assert 0.86 < kept / sum(len(set(words.findall(text))) for text in said) < 0.97
    fillers = [misheard_english("Um, I guess so.", random.Random(i), 0.0) for i in range(50)]
    assert 10 < sum("um" not in text.lower() for text in fillers) < 50


def test_words_that_sound_alike_share_their_consonants() -> None:
    """Voiced and voiceless consonants are one, silent letters none."""
    assert consonants("knight") == consonants("night")
    assert consonants("phone") == consonants("Von")
    assert consonants("quote") != consonants("court")


def test_training_hears_both_what_was_said_and_what_was_misheard() -> None:
    """Of the calls that are learned from, the share asked for is a misheard copy, with the labels of the call."""
    call, encoder = calls("zh")[0], HashedEncoder()
    scaling = np.zeros(encoder.dim, dtype=np.float32), np.ones(encoder.dim, dtype=np.float32)
    said, copy = (features_of(heard, encoder, scaling) for heard in heard_by(call, TrainingOptions(copies=1)))
    example = Example(said, labels_of(call), (copy,))
    quiet = Noise(0, 0, 0, 0, 0, 0, 0, misheard=0.5)
    heard = [perturbed(example, quiet, np.random.default_rng(seed)) for seed in range(40)]
    misheard_ones = sum(np.array_equal(one.features.embeddings, copy.embeddings) for one in heard)
    assert 8 < misheard_ones < 32
    assert sum(np.array_equal(one.features.embeddings, said.embeddings) for one in heard) == 40 - misheard_ones
    assert all(np.array_equal(one.labels, example.labels) for one in heard)
