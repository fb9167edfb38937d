"""The words of a turn as hash buckets."""

from asr.syllables import coarse_syllable
from nlp.text.grams import LEXICAL_BUCKETS, lexical_buckets


def likeness(one: str, other: str, *, by_sound: bool) -> float:
    """Shared buckets among all (Jaccard)."""
    left, right = (set(lexical_buckets(text, "zh", by_sound=by_sound).tolist()) for text in (one, other))
    return len(left & right) / len(left | right)


def test_what_is_misheard_sounds_the_same() -> None:
    """Characters of the same or a near sound keep the buckets of their syllables, others don't."""
    assert likeness("价格太贵", "价个台柜", by_sound=True) > 2 * likeness("价格太贵", "价个台柜", by_sound=False)
    assert likeness("先生", "仙僧", by_sound=True) > 0
    assert likeness("先生", "小姐", by_sound=True) == 0


def test_near_sounds_are_one_syllable() -> None:
    """zh and z, n and l, an and ang are one; b and p are two."""
    assert coarse_syllable("张") == coarse_syllable("赞")
    assert coarse_syllable("南") == coarse_syllable("兰")
    assert coarse_syllable("八") != coarse_syllable("趴")


def test_every_number_is_one_symbol() -> None:
    """Another price has the same buckets."""
    assert (lexical_buckets("it is 189", "en") == lexical_buckets("it is 4500", "en")).all()
    assert (lexical_buckets("要9900块", "zh") == lexical_buckets("要12块", "zh")).all()


def test_buckets_are_distinct_ascending_and_in_range() -> None:
    """In both languages, for an empty text too."""
    for text, language in (("今天今天天气好", "zh"), ("no no no no", "en"), ("", "zh")):
        buckets = lexical_buckets(text, "zh" if language == "zh" else "en").tolist()
        assert buckets == sorted(set(buckets))
        assert all(0 <= bucket < LEXICAL_BUCKETS for bucket in buckets)
