"""Fine-tuning of a transformers encoder on annotated calls: its last layers learn to tell key events.

The result is an encoder like any other: a text's vector does not depend on its neighbours. While it learns, a linear
classifier looks at the vectors of five neighbouring turns, at who speaks and where in the call; it is then thrown away
for the head of :mod:`nlp.tagging.head`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.encoders.encoder import EncoderError
from nlp.encoders.layers import LayeredEncoder, LowerLayers, States, UpperLayers
from nlp.misheard.calls import misheard
from nlp.tagging.features import CONTEXT_SIZE, SpokenTurn, call_features
from nlp.tagging.head import deterministic
from nlp.training.head import known_of, labels_of
from sop.events import EVENTS

VERSION = 1
"""Raise it when the same calls and options come to be learned from in another way: what was begun is begun anew."""
_STEPS_PER_SAVE = 10
_WARMING_UP = 0.1
"""Share of the steps over which the learning rates rise; from then on they fall to zero."""
_HEARING_SEED = 5


@dataclass(frozen=True, slots=True)
class FinetuningOptions:
    """What learns, and how. ``layers`` are the last ones; texts are cut to ``max_tokens``, special ones included.

    ``steps``, where given, count instead of ``epochs``. ``misheard`` is the share of calls, in [0, 1], that a step
    learns from as a recognizer might have written them (:mod:`nlp.misheard.calls`).
    """

    layers: int = 3
    max_tokens: int = 64
    epochs: int = 2
    steps: int | None = None
    misheard: float = 0.0
    calls_at_once: int = 2
    learning_rate: float = 1.5e-4
    classifier_rate: float = 2e-3
    weight_decay: float = 0.01
    largest_class_weight: float = 4.0
    window: int = 5
    dropout: float = 0.2
    seed: int = 1


@dataclass(frozen=True)
class Lesson:
    """A call to learn from: ``labels`` and ``counted`` (known, and for its speakers to show) are (turns, events)."""

    states: list[States]
    context: Tensor
    labels: Tensor
    counted: Tensor


class TurnNetwork(nn.Module):
    """The layers that learn, and a linear view of neighbouring turns."""

    def __init__(self, lower: LowerLayers, options: FinetuningOptions) -> None:
        super().__init__()
        self.upper = UpperLayers(lower)
        self.scaled = nn.BatchNorm1d(lower.base.dim, affine=False)
        self.dropout = nn.Dropout(options.dropout)
        self.neighbours = nn.Conv1d(lower.base.dim, len(EVENTS), options.window, padding=options.window // 2)
        self.context = nn.Linear(CONTEXT_SIZE, len(EVENTS), bias=False)
        nn.init.zeros_(self.neighbours.weight)
        nn.init.zeros_(self.context.weight)
        nn.init.constant_(cast(Tensor, self.neighbours.bias), -2.0)

    def forward(self, lessons: Sequence[Lesson]) -> Tensor:
        """Logits of the turns of all calls one after another, (turns, events)."""
        vectors = self.scaled(self.upper([state for lesson in lessons for state in lesson.states]))
        calls = self.dropout(vectors).split([len(lesson.states) for lesson in lessons])
        near = [self.neighbours(call.T.unsqueeze(0))[0].T for call in calls]
        seen: Tensor = self.context(torch.cat([lesson.context for lesson in lessons]))
        return torch.cat(near) + seen


class Finetuning:
    """A training that can be broken off after any step and taken up again to the same end.

    Args:
        calls: what is learned from.
        lower: the layers below; their states of all turns are computed here.
        options: how.
        progress: told the share of the turns whose states are known.
    """

    def __init__(
        self,
        calls: Sequence[AnnotatedCall],
        lower: LowerLayers,
        options: FinetuningOptions,
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.step = 0
        self._options = options
        self._lower = lower
        self._lessons: list[tuple[Lesson, ...]] = []
        for number, call in enumerate(calls, start=1):
            self._lessons.append(tuple(_lesson(heard, lower) for heard in _heard(call, options)))
            progress(number / len(calls))
        self._per_epoch = -(-len(calls) // options.calls_at_once)
        self.steps = options.steps or options.epochs * self._per_epoch
        self._weights = _class_weights([said for said, *_ in self._lessons], options.largest_class_weight)
        with deterministic(options.seed):
            self._network = TurnNetwork(lower, options)
        rates = dict.fromkeys(("neighbours", "context"), options.classifier_rate) | {"upper": options.learning_rate}
        self._rates = tuple(rates.values())
        self._optimizer = torch.optim.AdamW(
            [{"params": list(getattr(self._network, part).parameters())} for part in rates],
            weight_decay=options.weight_decay,
        )

    def advance(self) -> float:
        """Take one step; returns the loss before it: the mean over turns of the summed cross-entropy of the events."""
        chosen = self._chosen()
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * _share_of_rate((self.step + 1) / (self.steps + 1))
        with deterministic(self._options.seed + self.step):
            loss = self._loss(chosen)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
            self._optimizer.step()
        self.step += 1
        return float(loss.detach())

    def encoder(self) -> LayeredEncoder:
        """The encoder as it has learned so far."""
        name = f"{self._lower.base.name}, last {self._lower.upper} layers fine-tuned"
        return LayeredEncoder(self._lower, self._network.upper, name)

    def save(self, path: Path) -> None:
        """Write where the training is; what was there before stays until the new file is whole."""
        part = path.with_suffix(".part")
        saved = {"step": self.step, "network": self._network.state_dict(), "optimizer": self._optimizer.state_dict()}
        torch.save(saved, part)
        os.replace(part, path)

    def restore(self, path: Path) -> None:
        """Go on from where :meth:`save` was called.

        Raises:
            EncoderError: the file is not of such a training.
        """
        try:
            saved = torch.load(path, weights_only=True)
            self._network.load_state_dict(saved["network"])
            self._optimizer.load_state_dict(saved["optimizer"])
            self.step = int(saved["step"])
        except Exception as error:  # torch raises whatever its unpickler meets
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise EncoderError(f"{path}: this training can't be taken up again ({reason}); remove the file") from error

    def _chosen(self) -> list[Lesson]:
        """The calls of this step, each as it was said or as it was misheard."""
        options = self._options
        epoch, place = divmod(self.step, self._per_epoch)
        order = np.random.default_rng([options.seed, epoch]).permutation(len(self._lessons))
        chosen = order[place * options.calls_at_once : (place + 1) * options.calls_at_once]
        wrong = np.random.default_rng([_HEARING_SEED, self.step]).random(len(self._lessons)) < options.misheard
        return [self._lessons[i][int(wrong[i])] for i in chosen]

    def _loss(self, lessons: Sequence[Lesson]) -> Tensor:
        logits = self._network.train()(lessons)
        labels = torch.cat([lesson.labels for lesson in lessons])
        counted = torch.cat([lesson.counted for lesson in lessons])
        losses = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=self._weights, reduction="none")
        return (losses * counted).sum() / counted.sum().clamp(min=1.0) * len(EVENTS)


def finetuned(
    calls: Sequence[AnnotatedCall],
    lower: LowerLayers,
    options: FinetuningOptions | None = None,
    folder: Path | None = None,
    progress: Callable[[str, float], None] = lambda _, __: None,
) -> LayeredEncoder:
    """Fine-tune on ``calls``. The same calls, encoder and options give the same weights.

    Args:
        calls: what is learned from.
        lower: the layers below those that learn.
        options: how; its ``layers`` are those that ``lower`` leaves out.
        folder: where the training is saved as it goes on, and taken up again if it is there already.
        progress: told what is done and how much of it, 0-1.
    """
    chosen = options or FinetuningOptions(layers=lower.upper)
    training = Finetuning(calls, lower, chosen, lambda done: progress("lower layers", done))
    path = folder / f"finetuning-{_fingerprint(calls, lower, chosen)[:16]}.pt" if folder else None
    if path and path.exists():
        training.restore(path)
    while training.step < training.steps:
        loss = training.advance()
        progress(f"learning, loss {loss:.2f}", training.step / training.steps)
        if path and (training.step % _STEPS_PER_SAVE == 0 or training.step == training.steps):
            path.parent.mkdir(parents=True, exist_ok=True)
            training.save(path)
    return training.encoder()


def _heard(call: AnnotatedCall, options: FinetuningOptions) -> tuple[AnnotatedCall, ...]:
    """The call, and its misheard copy if it is learned from."""
    return (call, misheard(call)) if options.misheard else (call,)


def _lesson(call: AnnotatedCall, lower: LowerLayers) -> Lesson:
    spoken = [SpokenTurn(turn.speaker, turn.text) for turn in call.turns]
    features = call_features(spoken, call.language, np.zeros((len(spoken), 0), dtype=np.float32))
    return Lesson(
        states=lower.states([turn.text for turn in call.turns]),
        context=torch.from_numpy(features.context),
        labels=torch.from_numpy(labels_of(call)),
        counted=torch.from_numpy(features.allowed & known_of(call)).float(),
    )


def _class_weights(lessons: Sequence[Lesson], largest: float) -> Tensor:
    """How much a turn that shows an event weighs: the root of the odds against it, within 1 and ``largest``."""
    labels = torch.cat([lesson.labels for lesson in lessons])
    counted = torch.cat([lesson.counted for lesson in lessons])
    shown = (labels * counted).sum(0)
    return ((counted.sum(0) - shown) / shown.clamp(min=1)).sqrt().clamp(1.0, largest)


def _share_of_rate(done: float) -> float:
    return min(done / _WARMING_UP, (1 - done) / (1 - _WARMING_UP))


def _fingerprint(calls: Sequence[AnnotatedCall], lower: LowerLayers, options: FinetuningOptions) -> str:
    """SHA-256 of all that the result depends on; labels count, so that a corrected call is learned anew, and so does
    which of them people judged."""
    labels = [[_label(turn) for turn in call.turns] for call in calls]
    heard = [one.digest for call in calls for one in _heard(call, options)]
    parts = [VERSION, lower.base.weights_hash, asdict(options), heard, labels]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _label(turn: AnnotatedTurn) -> Sequence[object]:
    return turn.events if turn.reviewed is None else (turn.events, turn.reviewed)
