"""Training of the tagging head. ``python -m nlp.training.head`` renews the committed one, bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.folds import split_by_call
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.encoder import Encoder, taught_by
from nlp.misheard.calls import misheard
from nlp.probability.calibration import Caution, Decision, caution, decide, probabilities
from nlp.tagging.augmentation import Example
from nlp.tagging.features import CallFeatures, SpokenTurn, call_features
from nlp.tagging.head import HeadOptions, batched_logits, fit_head
from nlp.tagging.second_reading import SecondReading, fit_second_reading
from nlp.tagging.trained_head import TrainedHead, head_from_bytes, pack_head
from sop.events import EVENTS

Scaling = tuple[NDArray[np.float32], NDArray[np.float32]]
_SPREAD = 0.3
"""Standard deviation of each embedding axis after scaling."""
LEAST_CALIBRATING = 30
"""Calls that the encoder has not learned from; where there are fewer, a head is calibrated on all."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How a head is trained. ``folds`` are for calibration and thresholds; ``copies`` of each call are heard with
    mistakes, see :mod:`nlp.misheard.calls`."""

    copies: int = 1
    head: HeadOptions = field(default_factory=HeadOptions)
    folds: int = 3
    seed: int = 20


def train(calls: Sequence[AnnotatedCall], encoder: Encoder, options: TrainingOptions | None = None) -> TrainedHead:
    """Train, calibrate and choose thresholds, all within ``calls``, of which at least ``folds`` are annotated whole.

    Second reading, calibration and thresholds are of calls that the encoder has not learned from, if there are
    :data:`LEAST_CALIBRATING` of them: in those it knows, it tells events apart too well.

    From reviewed calls (:attr:`nlp.corpus.annotations.AnnotatedCall.is_reviewed`) networks learn what people judged.
    Nothing is calibrated on them: people judge where something seems wrong, so how often an event is there in what they
    judged says nothing of how often it is there.
    """
    return head_from_bytes(train_bytes(calls, encoder, options))


def train_bytes(
    calls: Sequence[AnnotatedCall],
    encoder: Encoder,
    options: TrainingOptions | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> bytes:
    """The head file of :func:`train`. The same calls, encoder and options give the same bytes."""
    chosen = options or TrainingOptions()
    vectors = encoder.encode([turn.text for call in calls for turn in call.turns])
    scaling = vectors.mean(axis=0), (_SPREAD / (vectors.std(axis=0) + 1e-6)).astype(np.float32)
    examples = [_example(call, encoder, scaling, chosen) for call in calls]
    calibrating = calibrating_on(calls, taught_by(encoder))
    second, decisions, careful = _second_and_decisions(calls, examples, calibrating, chosen, progress)
    networks = []
    for seed in chosen.head.seeds:
        networks.append(fit_head(examples, chosen.head, seed))
        progress(f"network {len(networks)} of {len(chosen.head.seeds)} trained")
    digests = [call.digest for call in calls]
    return pack_head(networks, chosen.head, second, decisions, careful, scaling, encoder, digests)


def features_of(call: AnnotatedCall, encoder: Encoder, scaling: Scaling) -> CallFeatures:
    """What a head sees of a call; ``scaling`` is (centre, scale)."""
    spoken = [SpokenTurn(turn.speaker, turn.text) for turn in call.turns]
    vectors = encoder.encode([turn.text for turn in call.turns])
    return call_features(spoken, call.language, (vectors - scaling[0]) * scaling[1])


def heard_by(call: AnnotatedCall, options: TrainingOptions) -> tuple[AnnotatedCall, ...]:
    """The call and its copies: all whose turns are encoded when it is learned from."""
    return call, *(misheard(call, number) for number in range(options.copies))


def _example(call: AnnotatedCall, encoder: Encoder, scaling: Scaling, options: TrainingOptions) -> Example:
    features, *copies = (features_of(heard, encoder, scaling) for heard in heard_by(call, options))
    return Example(features, labels_of(call), tuple(copies), known_of(call) if call.is_reviewed else None)


def labels_of(call: AnnotatedCall) -> NDArray[np.float32]:
    """(turns, events), 1.0 where the turn shows the event."""
    rows = [[event in turn.events for event in EVENTS] for turn in call.turns]
    return np.array(rows, dtype=np.float32)


def known_of(call: AnnotatedCall) -> NDArray[np.bool_]:
    """(turns, events), whether a person said if the turn shows the event."""
    return np.array([[turn.is_known(event) for event in EVENTS] for turn in call.turns], dtype=np.bool_)


def calibrating_on(calls: Sequence[AnnotatedCall], taught: frozenset[str]) -> list[int]:
    """The numbers of the calls that a head is calibrated on; ``taught`` are the digests of those its encoder knows."""
    whole = [i for i, call in enumerate(calls) if not call.is_reviewed]
    unknown = [i for i in whole if calls[i].digest not in taught]
    return unknown if len(unknown) >= LEAST_CALIBRATING else whole


def _second_and_decisions(
    calls: Sequence[AnnotatedCall],
    examples: Sequence[Example],
    calibrating: Sequence[int],
    options: TrainingOptions,
    progress: Callable[[str], None],
) -> tuple[SecondReading, list[Decision], Caution]:
    """The second reading, one decision per event, and the cautious bounds, from logits of the ``calibrating`` calls by
    networks that have not seen them."""
    logits: list[NDArray[np.float32]] = []
    tested: list[Example] = []
    parts = split_by_call([calls[i] for i in calibrating], options.folds, options.seed)
    for number, fold in enumerate(parts, start=1):
        held_out = {calibrating[i] for i in fold}
        seen = [example for i, example in enumerate(examples) if i not in held_out]
        network = fit_head(seen, options.head, options.head.seeds[0])
        own = [examples[i] for i in sorted(held_out)]
        logits.extend(batched_logits([network], [example.features for example in own]))
        tested.extend(own)
        progress(f"calibration fold {number} of {options.folds} trained")
    second, read = fit_second_reading(tested, logits)
    together = np.concatenate(read)
    decisions = decide_all(together, tested)
    labels = np.concatenate([example.labels for example in tested])
    allowed = np.concatenate([example.features.allowed for example in tested])
    return second, decisions, caution(probabilities(together, decisions), labels, allowed)


def decide_all(logits: NDArray[np.float32], examples: Sequence[Example]) -> list[Decision]:
    """A decision per event over the turns whose speaker can show it; ``logits`` in order of the examples."""
    labels = np.concatenate([example.labels for example in examples])
    allowed = np.concatenate([example.features.allowed for example in examples])
    return [
        decide(logits[allowed[:, column], column], labels[allowed[:, column], column]) for column in range(len(EVENTS))
    ]


def renew(path: Path, progress: Callable[[str], None], further: Sequence[AnnotatedCall] = ()) -> str:
    """Retrain on the corpus of this package and write the head; returns its SHA-256.

    ``further`` calls are learned from too, but for those that the corpus has.
    """
    from nlp.encoders.encoder import RememberingEncoder
    from nlp.tagging.tagger import default_encoder

    calls = shipped_corpus()
    known = {call.digest for call in calls}
    calls += [call for call in further if call.digest not in known]
    progress(f"encoding {sum(len(call.turns) for call in calls)} turns of {len(calls)} calls")
    content = train_bytes(calls, RememberingEncoder(default_encoder()), progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Renew the shipped head."""
    from nlp.tagging.tagger import HEAD_PATH

    def say(message: str) -> None:
        print(message, flush=True)

    say(f"{HEAD_PATH.name}: sha256 {renew(HEAD_PATH, say)}")


if __name__ == "__main__":
    main()
