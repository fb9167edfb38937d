"""The tagging head: a small torch network over the turns of a call, and its training.

Logits of a turn are the sum of a linear view of five neighbouring turns, a linear view of the words
of the turn itself, and two convolutions over the turns around it. Several seeds are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nlp.tagging.augmentation import Example, Noise, perturbed
from nlp.tagging.features import CONTEXT_SIZE, CallFeatures
from nlp.text.grams import LEXICAL_BUCKETS
from sop.events import EVENTS


@dataclass(frozen=True, slots=True)
class HeadOptions:
    """Shape and schedule of a head; the defaults are what cross-validation chose."""

    kind: Literal["sequence", "linear"] = "sequence"
    projection: int = 128
    lexical: int = 16
    hidden: int = 128
    window: int = 5
    dropout: float = 0.3
    input_dropout: float = 0.3
    epochs: int = 25
    batch: int = 12
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    seeds: tuple[int, ...] = (1, 2, 3)
    noise: Noise = field(default_factory=Noise)


class SequenceHead(nn.Module):
    """Maps a padded batch of calls to logits, (calls, turns, events)."""

    def __init__(self, dim: int, options: HeadOptions) -> None:
        super().__init__()
        size = options.projection + options.lexical + CONTEXT_SIZE
        self.project = nn.Linear(dim, options.projection)
        self.words = nn.EmbeddingBag(LEXICAL_BUCKETS, options.lexical, mode="sum")
        self.word_logits = nn.EmbeddingBag(LEXICAL_BUCKETS, len(EVENTS), mode="sum")
        self.neighbours = nn.Conv1d(dim, len(EVENTS), options.window, padding=options.window // 2, bias=False)
        self.before = nn.Conv1d(size, options.hidden, options.window, padding=options.window // 2)
        self.around = nn.Conv1d(options.hidden, options.hidden, options.window, padding=options.window // 2)
        self.kind = options.kind
        self.context = nn.Linear(CONTEXT_SIZE, len(EVENTS))
        self.out = nn.Linear(2 * options.hidden + size, len(EVENTS))
        self.dropout = nn.Dropout(options.dropout)
        self.input_dropout = nn.Dropout(options.input_dropout)
        nn.init.normal_(self.words.weight, std=0.05)
        nn.init.zeros_(self.word_logits.weight)
        nn.init.zeros_(self.neighbours.weight)
        nn.init.constant_(self.out.bias, -2.0)
        nn.init.constant_(self.context.bias, -2.0)

    def forward(self, batch: Batch) -> Tensor:
        calls, turns, _ = batch.embeddings.shape
        words = (batch.buckets, batch.offsets, batch.weights)
        embeddings = self.input_dropout(batch.embeddings)
        lexical = self.words(words[0], words[1], per_sample_weights=words[2]).view(calls, turns, -1)
        seen = torch.cat([functional.gelu(self.project(embeddings)), lexical], dim=-1)
        seen = torch.cat([self.dropout(seen), batch.context], dim=-1)
        linear = self.word_logits(words[0], words[1], per_sample_weights=words[2]).view(calls, turns, -1)
        linear = linear + self.neighbours(embeddings.transpose(1, 2)).transpose(1, 2)
        if self.kind == "linear":
            return cast(Tensor, linear + self.context(batch.context))
        near = functional.gelu(self.before(seen.transpose(1, 2))) * batch.present
        wide = functional.gelu(self.around(self.dropout(near))) * batch.present
        heard = torch.cat([near, wide], dim=1).transpose(1, 2)
        logits: Tensor = self.out(torch.cat([self.dropout(heard), seen], dim=-1))
        summed: Tensor = logits + linear
        return summed


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls padded to the longest; ``present`` is 1.0 where a call has a turn, (calls, 1, turns)."""

    embeddings: Tensor
    buckets: Tensor
    offsets: Tensor
    weights: Tensor
    context: Tensor
    present: Tensor


def collate(calls: Sequence[CallFeatures]) -> Batch:
    """Pad calls to one batch; a turn's buckets share a unit of L2 weight."""
    longest = max(len(call) for call in calls)
    dim = calls[0].embeddings.shape[1]
    embeddings = torch.zeros(len(calls), longest, dim)
    context = torch.zeros(len(calls), longest, CONTEXT_SIZE)
    present = torch.zeros(len(calls), 1, longest)
    bags: list[NDArray[np.int64]] = []
    empty = np.zeros(0, dtype=np.int64)
    for i, call in enumerate(calls):
        embeddings[i, : len(call)] = torch.from_numpy(call.embeddings)
        context[i, : len(call)] = torch.from_numpy(call.context)
        present[i, 0, : len(call)] = 1.0
        bags.extend(call.lexical)
        bags.extend([empty] * (longest - len(call)))
    sizes = np.array([len(bag) for bag in bags])
    weights = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return Batch(
        embeddings=embeddings,
        buckets=torch.from_numpy(np.concatenate(bags)),
        offsets=torch.from_numpy(np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)),
        weights=torch.from_numpy(weights),
        context=context,
        present=present,
    )


def fit_head(examples: Sequence[Example], options: HeadOptions, seed: int) -> SequenceHead:
    """Train one head on the CPU; the same examples, options and seed give the same weights."""
    with deterministic(seed):
        head = SequenceHead(examples[0].features.embeddings.shape[1], options)
        _run_epochs(head, examples, options, np.random.default_rng(seed))
    return head.eval()


def _run_epochs(
    head: SequenceHead, examples: Sequence[Example], options: HeadOptions, rng: np.random.Generator
) -> None:
    optimizer = torch.optim.AdamW(head.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    steps = options.epochs * -(-len(examples) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=max(steps, 4), pct_start=0.2
    )
    for _ in range(options.epochs):
        order = rng.permutation(len(examples))
        for start in range(0, len(order), options.batch):
            chosen = [examples[i] for i in order[start : start + options.batch]]
            loss = _loss(head, [perturbed(example, options.noise, rng) for example in chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()


def _loss(head: SequenceHead, examples: Sequence[Example]) -> Tensor:
    """Mean binary cross-entropy over the events that the speakers can show and whose labels are known."""
    batch = collate([example.features for example in examples])
    logits = head(batch)
    labels = torch.zeros_like(logits)
    weights = torch.zeros_like(logits)
    for i, example in enumerate(examples):
        labels[i, : len(example.labels)] = torch.from_numpy(example.labels)
        weights[i, : len(example.labels)] = torch.from_numpy(example.counted.astype(np.float32))
    losses = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return (losses * weights).sum() / weights.sum().clamp(min=1.0) * len(EVENTS)


def batched_logits(
    heads: Sequence[SequenceHead], calls: Sequence[CallFeatures], batch: int = 32
) -> list[NDArray[np.float32]]:
    """Mean logits of the heads for each call, (turns, events); computed ``batch`` calls at a time."""
    found: list[NDArray[np.float32]] = []
    for start in range(0, len(calls), batch):
        chosen = calls[start : start + batch]
        with torch.inference_mode():
            padded = collate(chosen)
            mean = torch.stack([head(padded) for head in heads]).mean(0).numpy()
        found.extend(mean[i, : len(call)] for i, call in enumerate(chosen))
    return found


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """One thread and a forked random state: sums keep their order, the caller's state is untouched."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
