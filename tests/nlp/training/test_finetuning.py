"""Fine-tuning, on a tiny transformer: it learns, stays itself below, and can be broken off."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.folds import split_by_call
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.encoder import EncoderError, TransformersEncoder
from nlp.encoders.layers import LayeredEncoder, LowerLayers, UpperLayers
from nlp.evaluation.comparison import HEADS, compare_finetuned
from nlp.evaluation.measurement import FOLD_SEED, FOLDS
from nlp.training.finetuning import Finetuning, FinetuningOptions, finetuned
from tests.fakes_nlp import HashedEncoder
from tests.fakes_transformers import tiny_bert

OPTIONS = FinetuningOptions(layers=1, max_tokens=24, epochs=2, calls_at_once=2)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> TransformersEncoder:
    return TransformersEncoder(tiny_bert(tmp_path_factory.mktemp("tiny-bert")), device="cpu")


@pytest.fixture(scope="module")
def calls() -> list[AnnotatedCall]:
    found = shipped_corpus("*-dev.jsonl")
    return [replace(call, turns=call.turns[:8]) for call in [*found[:3], *found[-3:]]]


@pytest.fixture
def lower(base: TransformersEncoder) -> LowerLayers:
    return LowerLayers(base, 1, OPTIONS.max_tokens)


def test_the_parts_together_are_the_whole(base: TransformersEncoder, lower: LowerLayers) -> None:
    """Before anything is learned, both parts one after the other give the encoder's own vectors."""
    texts = ["the price is high", "价格太贵了", "", "a"]
    parts = LayeredEncoder(lower, UpperLayers(lower), "parts")
    np.testing.assert_allclose(parts.encode(texts), base.encode(texts), atol=2e-3)
    np.testing.assert_allclose(parts.encode(texts[:1])[0], parts.encode(texts)[0], atol=1e-5)
    assert parts.encode([]).shape == (0, base.dim)


def test_the_loss_falls(calls: list[AnnotatedCall], lower: LowerLayers) -> None:
    """The calls that are learned from are told better at the end than at the beginning."""
    training = Finetuning(calls, lower, replace(OPTIONS, epochs=30, learning_rate=1e-3, classifier_rate=1e-2))
    losses = [training.advance() for _ in range(training.steps)]
    assert np.mean(losses[-6:]) < 0.6 * np.mean(losses[:6])


def test_only_the_upper_layers_learn(base: TransformersEncoder, calls: list[AnnotatedCall], lower: LowerLayers) -> None:
    """The encoder that is tuned keeps its weights; the tuned one has others, and another name."""
    before = base.weights_hash
    tuned = finetuned(calls, lower, OPTIONS)
    untuned = LayeredEncoder(lower, UpperLayers(lower), base.name)
    assert base.weights_hash == before
    assert tuned.weights_hash != untuned.weights_hash
    assert tuned.name != base.name
    assert np.abs(tuned.encode(["价格太贵了"]) - untuned.encode(["价格太贵了"])).max() > 1e-4


def test_what_people_judged_is_learned_anew(calls: list[AnnotatedCall], lower: LowerLayers, tmp_path: Path) -> None:
    """A training is not taken up where the same labels were known for sure of other turns; nor does one fail in which
    nothing is known."""
    short = replace(OPTIONS, epochs=1)
    unknown = [replace(call, turns=tuple(replace(turn, reviewed=()) for turn in call.turns)) for call in calls]
    for learned in (calls, unknown):
        finetuned(learned, lower, short, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert Finetuning(unknown, lower, short).advance() == 0.0


def test_a_break_changes_nothing(calls: list[AnnotatedCall], lower: LowerLayers, tmp_path: Path) -> None:
    """Broken off in the midst of an epoch and taken up by another process's training, it ends at the same weights."""
    whole = Finetuning(calls, lower, OPTIONS)
    for _ in range(whole.steps):
        whole.advance()
    first = Finetuning(calls, lower, OPTIONS)
    for _ in range(2):
        first.advance()
    first.save(tmp_path / "half.pt")
    second = Finetuning(calls, lower, OPTIONS)
    second.restore(tmp_path / "half.pt")
    assert second.step == 2
    while second.step < second.steps:
        second.advance()
    assert second.encoder().weights_hash == whole.encoder().weights_hash


def test_calls_are_learned_from_as_misheard(calls: list[AnnotatedCall], lower: LowerLayers, tmp_path: Path) -> None:
    """A share of none, of half and of all misheard calls gives three encoders; with half of them, a break changes
    nothing."""
    shares = [replace(OPTIONS, steps=3, misheard=share) for share in (0.0, 0.5, 1.0)]
    hashes = [finetuned(calls, lower, options).weights_hash for options in shares]
    assert len(set(hashes)) == 3
    first = Finetuning(calls, lower, shares[1])
    first.advance()
    first.save(tmp_path / "begun.pt")
    second = Finetuning(calls, lower, shares[1])
    second.restore(tmp_path / "begun.pt")
    while second.step < second.steps:
        second.advance()
    assert second.encoder().weights_hash == hashes[1]


def test_steps_count_instead_of_epochs(calls: list[AnnotatedCall], lower: LowerLayers) -> None:
    """A training of so many steps ends there, in the midst of an epoch or after several."""
    assert Finetuning(calls, lower, OPTIONS).steps == 6
    assert [Finetuning(calls, lower, replace(OPTIONS, steps=steps)).steps for steps in (2, 11)] == [2, 11]


def test_a_finished_training_is_not_repeated(calls: list[AnnotatedCall], lower: LowerLayers, tmp_path: Path) -> None:
    """Asked again over the same folder it reads what it has; over other calls it learns anew."""
    said: list[str] = []
    first = finetuned(calls, lower, OPTIONS, tmp_path)
    again = finetuned(calls, lower, OPTIONS, tmp_path, lambda what, _: said.append(what))
    assert again.weights_hash == first.weights_hash
    assert not any(what.startswith("learning") for what in said)
    finetuned(calls[1:], lower, OPTIONS, tmp_path)
    assert len(list(tmp_path.glob("finetuning-*.pt"))) == 2


def test_a_broken_checkpoint_is_named(calls: list[AnnotatedCall], lower: LowerLayers, tmp_path: Path) -> None:
    """A file that is no checkpoint is refused with its path and what to do."""
    path = tmp_path / "half.pt"
    path.write_bytes(b"nothing")
    with pytest.raises(EncoderError, match=r"half\.pt: .* remove the file"):
        Finetuning(calls, lower, OPTIONS).restore(path)


def test_layers_that_are_not_there_are_refused(base: TransformersEncoder) -> None:
    """No more layers can learn than there are above the lowest."""
    with pytest.raises(EncoderError, match="it has 2 like BERT's"):
        LowerLayers(base, 2, 24)


def test_no_fold_is_learned_from(base: TransformersEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of the tuned encoder and of those beside it count the same fold; nothing of it was tuned on."""
    calls = [replace(call, turns=call.turns[:12]) for call in shipped_corpus("*-dev.jsonl")]
    tested, extra = [*calls[:4], *calls[-4:]], calls[10:18]
    learned: list[AnnotatedCall] = []

    def recorded(seen: Sequence[AnnotatedCall], *rest: Any) -> LayeredEncoder:
        learned.extend(seen)
        return finetuned(seen, *rest)

    monkeypatch.setattr("nlp.evaluation.comparison.finetuned", recorded)
    small = replace(HEADS["sequence"], projection=16, hidden=8, lexical=4, epochs=2, batch=4)
    rows = compare_finetuned(tested, extra, base, HashedEncoder(), 1, replace(OPTIONS, epochs=1), head=small)
    fold = split_by_call([*tested, *extra], FOLDS, FOLD_SEED)[0]
    assert {call.call_id for call in learned} == {c.call_id for i, c in enumerate([*tested, *extra]) if i not in fold}
    tuned = f"{base.name}, last 1 layers fine-tuned"
    joined = [f"hashed-words+{base.name}", f"hashed-words+{tuned}"]
    assert [row.encoder for row in rows] == ["hashed-words", base.name, tuned, *joined]
    assert all(row.folds == 1 and row.training_calls == 16 for row in rows)
