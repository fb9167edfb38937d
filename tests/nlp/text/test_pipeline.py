"""Entities, filled pauses and questions."""

import pytest

from nlp.text.fillers import count_questions, filler_spans
from nlp.text.pipeline import FILLERS, entities, pipeline
from nlp.text.sentences import sentences

ZH = "那个，價格是三十万元，打八折，下周三下午三点见，藍霜才便宜百分之十五。嗯，您看行吗？"
EN = "Um, it's $4,500 a month or twelve percent off by Friday. FrostMere is, you know, forty grand."


def test_chinese_entities_are_found_and_cut_exactly() -> None:
    """Money, percentages, dates, times and a competitor in Traditional characters, each as spoken."""
    found = {(entity.label, entity.text) for entity in entities(ZH, "zh", ("蓝霜",))}
    assert {
        ("MONEY", "三十万元"),
        ("DATE", "下周三"),
        ("TIME", "下午三点"),
        ("COMPETITOR", "藍霜"),
        ("PERCENT", "百分之十五"),
    } <= found


def test_english_entities_are_found() -> None:
    """Amounts in figures and words, a weekday, and a competitor in another case."""
    found = {(entity.label, entity.text) for entity in entities(EN, "en", ("Frostmere",))}
    assert {("MONEY", "$4,500"), ("MONEY", "forty grand"), ("COMPETITOR", "FrostMere")} <= found
    assert any(label == "DATE" and "Friday" in text for label, text in found)


def test_a_latin_name_is_found_as_a_whole_word_only() -> None:
    """The competitor "Ace" is not in "place", but is in Chinese text without spaces."""
    assert entities("a nice place", "en", ("Ace",)) == []
    assert [e.text for e in entities("他们用ACE系统", "zh", ("Ace",))] == ["ACE"]


@pytest.mark.parametrize(("language", "text"), [("zh", ZH), ("en", EN)])
def test_the_pipeline_has_the_sentences_of_quotes(language: str, text: str) -> None:
    """spaCy's sentences begin where the sentences of evidence begin."""
    doc = pipeline(language)(text)
    assert [span.start_char for span in doc.sents] == [sentence.start for sentence in sentences(text)]
    assert len(doc.spans[FILLERS]) == 2


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("嗯。", "zh", 0),
        ("嗯，那个，我们再看看", "zh", 2),
        ("那个价格可以", "zh", 0),
        ("Mm-hmm.", "en", 0),
        ("Uh, I like it, you know, um, a lot", "en", 3),
        ("Do you know him", "en", 0),
    ],
)
def test_hesitations_are_told_from_words_and_back_channels(text: str, language: str, count: int) -> None:
    """A demonstrative, a verb and a bare back-channel are no filled pauses."""
    assert len(filler_spans(text, language)) == count  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("What do you use? And how many? Fine.", "en", 2),
        ("so how many people are on the team", "en", 1),
        ("you can call me tomorrow", "en", 0),
        ("您那边大概几个人", "zh", 1),
        ("什么都可以。", "zh", 0),
        ("您看行吗？好的。", "zh", 1),
    ],
)
def test_questions_are_found_with_and_without_marks(text: str, language: str, count: int) -> None:
    """A recogniser may leave the question mark out."""
    assert count_questions(text, language) == count  # type: ignore[arg-type]
