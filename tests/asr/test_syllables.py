"""How Chinese characters sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.syllables import Sound, are_near, sounds, syllables


def test_characters_are_read_as_words() -> None:
    """行 is hang in 银行 and xing by itself; tones count from 1 to 5."""
    assert sounds("银行") == (Sound("yin", 2), Sound("hang", 2))
    assert sounds("行") == (Sound("xing", 2),)
    assert sounds("吗")[0].tone == 5


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=12))
def test_every_character_has_one_sound(text: str) -> None:
    """Rare characters and unusual ones too."""
    assert len(sounds(text)) == len(text)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("zhang", "zang", True),
        ("lan", "nan", True),
        ("shen", "sheng", True),
        ("zang", "zhan", False),
        ("ba", "pa", False),
        ("yuan", "yan", False),
    ],
)
def test_near_syllables_differ_in_one_part(one: str, other: str, near: bool) -> None:
    """A usual confusion of the initial or of the final, not of both."""
    assert are_near(one, other) == are_near(other, one) == near


def test_near_syllables_are_the_usual_confusions() -> None:
    """One of initial and final differs, by a pair that is often taken for each other; ü is no u."""
    assert are_near("shuang", "shang")
    assert are_near("lan", "nan")
    assert are_near("zhen", "zheng")
    assert not are_near("lan", "nang")
    assert not are_near("yan", "yuan")
    assert not are_near("sheng", "shuang")
    assert syllables("北灯") == ("bei", "deng")
