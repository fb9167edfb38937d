"""Training of the tagging head. ``python -m nlp.training`` renews the committed one, bit for bit."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.annotations import AnnotatedCall, read_calls
from nlp.augmentation import Example
from nlp.calibration import Caution, Decision, caution, decide, probabilities
from nlp.encoder import Encoder
from nlp.features import CallFeatures, SpokenTurn, call_features
from nlp.head import HeadOptions, batched_logits, fit_head
from nlp.misheard import misheard
from nlp.second_reading import SecondReading, fit_second_reading
from nlp.trained_head import TrainedHead, head_from_bytes, pack_head
from sop.events import EVENTS

Scaling = tuple[NDArray[np.float32], NDArray[np.float32]]
_SPREAD = 0.3
"""Standard deviation of each embedding axis after scaling."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How a head is trained. ``folds`` are for calibration and thresholds; ``copies`` of each call are heard with
    mistakes, see :mod:`nlp.misheard`."""

    copies: int = 1
    head: HeadOptions = field(default_factory=HeadOptions)
    folds: int = 3
    seed: int = 20


def train(calls: Sequence[AnnotatedCall], encoder: Encoder, options: TrainingOptions | None = None) -> TrainedHead:
    """Train, calibrate and choose thresholds, all within ``calls``, of which there are at least ``folds``."""
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
    second, decisions, careful = _second_and_decisions(calls, examples, chosen, progress)
    networks = []
    for seed in chosen.head.seeds:
        networks.append(fit_head(examples, chosen.head, seed))
        progress(f"network {len(networks)} of {len(chosen.head.seeds)} trained")
    digests = [call.digest for call in calls]
    return pack_head(networks, chosen.head, second, decisions, careful, scaling, encoder.name, digests)


def split_by_call(calls: Sequence[AnnotatedCall], folds: int, seed: int) -> list[list[int]]:
    """Indices of the calls of each fold, dealt out language by language after a seeded shuffle."""
    parts: list[list[int]] = [[] for _ in range(folds)]
    rng = random.Random(seed)
    for language in sorted({call.language for call in calls}):
        own = [i for i, call in enumerate(calls) if call.language == language]
        rng.shuffle(own)
        for place, i in enumerate(own):
            parts[place % folds].append(i)
    return [sorted(part) for part in parts]


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
    return Example(features, labels_of(call), tuple(copies))


def labels_of(call: AnnotatedCall) -> NDArray[np.float32]:
    """(turns, events), 1.0 where the turn shows the event."""
    rows = [[event in turn.events for event in EVENTS] for turn in call.turns]
    return np.array(rows, dtype=np.float32)


def _second_and_decisions(
    calls: Sequence[AnnotatedCall],
    examples: Sequence[Example],
    options: TrainingOptions,
    progress: Callable[[str], None],
) -> tuple[SecondReading, list[Decision], Caution]:
    """The second reading, one decision per event, and the cautious bounds, from logits of calls that their network has
    not seen."""
    logits: list[NDArray[np.float32]] = []
    tested: list[Example] = []
    for number, fold in enumerate(split_by_call(calls, options.folds, options.seed), start=1):
        seen = [example for i, example in enumerate(examples) if i not in set(fold)]
        network = fit_head(seen, options.head, options.head.seeds[0])
        own = [examples[i] for i in fold]
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


def shipped_corpus(files: str = "*.jsonl") -> list[AnnotatedCall]:
    """The annotated calls of this package, from which the shipped head is trained; ``files`` is a pattern of names."""
    return [
        call
        for path in sorted((Path(__file__).parent / "corpus").glob(files))
        for call in read_calls(path.read_text(encoding="utf-8"), path.name)
    ]


def renew(path: Path, progress: Callable[[str], None]) -> str:
    """Retrain on the corpus of this package and write the head; returns its SHA-256."""
    from nlp.encoder import RememberingEncoder
    from nlp.tagger import default_encoder

    calls = shipped_corpus()
    progress(f"encoding {sum(len(call.turns) for call in calls)} turns of {len(calls)} calls")
    content = train_bytes(calls, RememberingEncoder(default_encoder()), progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Renew the shipped head."""
    from nlp.tagger import HEAD_PATH

    def say(message: str) -> None:
        print(message, flush=True)

    say(f"{HEAD_PATH.name}: sha256 {renew(HEAD_PATH, say)}")


if __name__ == "__main__":
    main()
