"""Roles told from what is said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.corpus.shipped import shipped_corpus
from nlp.roles.teller import (
    LEAST_CONFIDENCE,
    ROLE_BUCKETS,
    ROLES_PATH,
    SIGNS,
    LinearRoleTeller,
    RolesError,
    load_roles,
    pack_roles,
    roles_from_bytes,
    roles_of,
)
from nlp.roles.training import RoleOptions, plain, train_bytes
from tests.fakes_nlp import HashedEncoder

SELLING: dict[Language, list[tuple[int, str]]] = {
    "en": [
        (0, "Hello?"),
        (1, "Hi, this is Megan with Northwind, we help teams with payroll. Did I catch you at a bad time?"),
        (0, "I have a few minutes I guess."),
        (1, "Great. How are you handling timesheets today?"),
        (0, "Mostly spreadsheets, it takes me two days every month. What does yours cost?"),
        (1, "It's nine dollars per user, and we can set up a demo on Thursday. Would that work for you?"),
        (0, "Okay, send me an invite."),
    ],
    "zh": [
        (0, "喂，哪位？"),
        (1, "您好，我是云帆科技的小周，我们是做客户管理系统的，请问您现在方便吗？"),
        (0, "我在开会，你说吧。"),
        (1, "好的，想了解一下咱们公司现在客户资料是怎么管理的？"),
        (0, "我们就用表格，挺乱的。你们多少钱？"),
        (1, "我们是每人每年六百块，我可以先给您安排一个演示，您看周四下午可以吗？"),
        (0, "那你先发资料给我看看。"),
    ],
}


def mono(said: list[tuple[int | None, str]] | list[tuple[int, str]], language: Language = "en") -> Transcript:
    """A mono transcript of voices and their texts."""
    turns = tuple(
        Turn("unknown", 0, i * 1_000, i * 1_000 + 900, text, 0.9, voice=voice) for i, (voice, text) in enumerate(said)
    )
    return Transcript(60_000, language, 1, turns)


def teller(signs: list[float], slope: float = 1.0) -> LinearRoleTeller:
    """Weighs nothing but the length, whether a turn asks, and a constant."""
    encoder = HashedEncoder()
    parameters = {
        "signs": np.array(signs, dtype=np.float32),
        "embedding": np.zeros(encoder.dim, dtype=np.float32),
        "lexical": np.zeros(ROLE_BUCKETS, dtype=np.float32),
    }
    return LinearRoleTeller(encoder, roles_from_bytes(pack_roles(parameters, slope, encoder.name, [])))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("written", [True, False])
def test_the_shipped_weights_know_who_sells(language: Language, written: bool) -> None:
    """In both languages, with punctuation or without."""
    said = [(voice, text if written else plain(text)) for voice, text in SELLING[language]]
    told = load_roles().told(mono(said, language))
    assert [turn.speaker for turn in told.turns] == ["customer" if voice == 0 else "rep" for voice, _ in said]
    assert 0.8 < told.role_confidence < 1.0


def test_the_best_of_several_voices_is_the_rep() -> None:
    """All others are customers; a voice is one person throughout."""
    said = [(0, "Yes."), (1, "Would you like that?"), (2, "Is it far?"), (1, "And when would you?"), (2, "Fine, yes.")]
    told = teller([0.0, 2.0, -0.5]).told(mono(said))
    assert [turn.speaker for turn in told.turns] == ["customer", "rep", "customer", "rep", "customer"]


def test_roles_stay_unknown_where_nothing_tells() -> None:
    """Under the bar nobody is called rep, and the confidence is there to be seen."""
    told = teller([0.0, 0.0, 0.1]).told(mono([(0, "Yes."), (1, "Yes."), (0, "Well."), (1, "Well.")]))
    assert {turn.speaker for turn in told.turns} == {"unknown"}
    assert told.role_confidence == pytest.approx(0.5)


def test_turns_without_a_voice_are_left_alone() -> None:
    """A two-channel transcript comes back as it is."""
    stereo = replace(mono([(None, "Hi.")]), channels=2)
    assert load_roles().told(stereo) is stereo
    mixed = teller([0.0, 3.0, 0.0]).told(mono([(0, "Would you?"), (None, "Yes.")]))
    assert [turn.speaker for turn in mixed.turns] == ["rep", "unknown"]


@given(st.dictionaries(st.integers(0, 7), st.floats(-60, 60), min_size=1), st.floats(0.02, 2))
def test_roles_are_probable(totals: dict[int, float], slope: float) -> None:
    """Among several voices exactly one rep, that with the most; the confidence is no worse than a guess."""
    roles, confidence = roles_of(totals, slope)
    assert set(roles) == set(totals)
    assert 1 / max(len(totals), 2) - 1e-9 <= confidence < 1.0
    if len(totals) > 1:
        (rep,) = [voice for voice, role in roles.items() if role == "rep"]
        assert totals[rep] == max(totals.values())


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0.01, 5))
def test_more_evidence_is_never_less_sure(first: float, second: float, more: float) -> None:
    """What speaks for the leading voice raises the confidence."""
    low, high = sorted((first, second))
    assert roles_of({0: low, 1: high + more}, 0.5)[1] >= roles_of({0: low, 1: high}, 0.5)[1]


@pytest.mark.parametrize(("total", "role"), [(3.0, "rep"), (-3.0, "customer")])
def test_a_voice_alone_is_judged_by_itself(total: float, role: Speaker) -> None:
    """A voicemail is the rep's or the customer's."""
    roles, confidence = roles_of({0: total}, 1.0)
    assert roles == {0: role}
    assert confidence > LEAST_CONFIDENCE


def test_the_weights_are_small_and_named() -> None:
    """Under a megabyte, and a change of weights or encoder is a change of name."""
    assert ROLES_PATH.stat().st_size < 1_000_000
    assert (
        len({teller([0.0, 1.0, 0.0]).weights_hash, teller([0.0, 2.0, 0.0]).weights_hash, load_roles().weights_hash})
        == 3
    )


def test_broken_weights_are_one_line(tmp_path: Path) -> None:
    """Missing, damaged or made for another encoder: the message says what to do."""
    with pytest.raises(RolesError, match=r"gone.safetensors: cannot be read .*nlp.roles.training"):
        load_roles(tmp_path / "gone.safetensors")
    with pytest.raises(RolesError, match=r"not readable role weights .*nlp.roles.training"):
        roles_from_bytes(b"no weights at all")
    with pytest.raises(RolesError, match="trained over use-multilingual-3, not hashed-words"):
        LinearRoleTeller(HashedEncoder(), load_roles().weights)


def test_training_twice_gives_the_same_bytes() -> None:
    """The file is a function of calls, encoder and options; its report is of unseen calls."""
    calls = [call for call in shipped_corpus() if call.call_id.endswith(("-001", "-002", "-003", "-004"))]
    options = RoleOptions(folds=2, excerpts=2)
    first, report = train_bytes(calls, HashedEncoder(), options)
    second, _ = train_bytes(calls, HashedEncoder(), options)
    assert first == second
    weights = roles_from_bytes(first)
    assert weights.trained_on == {call.digest for call in calls}
    assert (weights.signs.size, weights.embedding.size) == (SIGNS, HashedEncoder().dim)
    assert report.calls == len(calls)
    assert 0 <= report.calls_right <= report.calls
    assert "unseen calls" in report.to_text()
