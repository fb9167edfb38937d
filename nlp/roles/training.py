"""Training of the role weights. ``python -m nlp.roles.training`` renews the committed ones from the shipped corpus."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from asr.transcript import Language
from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.folds import split_by_call
from nlp.encoders.encoder import Encoder
from nlp.probability.calibration import sigmoid
from nlp.roles.teller import ROLE_BUCKETS, SIGNS, TURN_LIMIT, pack_roles, sentence_vectors, turn_signs
from nlp.text.grams import lexical_buckets

Floats = NDArray[np.float32]
EXCERPTS = (2, 4, 8, 16, 32, 64)
"""Turns of the excerpts that confidence is fitted on: a whole call is nearly always right, a few turns are not."""
_UNSPOKEN = re.compile(r"[^\w\s'’]")


@dataclass(frozen=True, slots=True)
class RoleOptions:
    """How role weights are trained; the defaults are what cross-validation chose."""

    penalty: float = 20.0
    folds: int = 6
    seed: int = 20
    excerpts: int = 20


@dataclass(frozen=True, slots=True)
class RoleReport:
    """What was right on calls that the weights had not seen.

    ``excerpts`` holds, for each length in turns, the excerpts that have both parties, the share whose roles are right,
    and the mean confidence. ``turns`` is the share of single turns right.
    """

    calls: int
    calls_right: int
    turns: float
    excerpts: tuple[tuple[int, int, float, float], ...]

    def to_text(self) -> str:
        """A few lines for people."""
        lines = [f"roles right on {self.calls_right} of {self.calls} unseen calls, {self.turns:.1%} of their turns"]
        lines += [
            f"excerpts of {length:>2} turns: {right:.1%} right, mean confidence {sure:.1%} ({count})"
            for length, count, right, sure in self.excerpts
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Call:
    """Rows of one call; ``plain`` are those of the same turns as a recognizer without punctuation writes them."""

    written: Floats
    plain: Floats
    is_rep: NDArray[np.bool_]


def train_bytes(
    calls: Sequence[AnnotatedCall], encoder: Encoder, options: RoleOptions | None = None
) -> tuple[bytes, RoleReport]:
    """The weights file and its cross-validation; the same calls, encoder and options give the same bytes."""
    chosen = options or RoleOptions()
    rows = [_rows_of(call, encoder) for call in calls]
    odds = _held_out(calls, rows, chosen)
    slope = _slope(odds, [call.is_rep for call in rows], chosen)
    fitted = _fit(rows, chosen)
    parameters = {
        "signs": fitted[:SIGNS],
        "embedding": fitted[SIGNS : SIGNS + encoder.dim],
        "lexical": fitted[SIGNS + encoder.dim :],
    }
    report = _report(odds, [call.is_rep for call in rows], slope, chosen)
    return pack_roles(parameters, slope, encoder.name, [call.digest for call in calls]), report


def plain(text: str) -> str:
    """A text as a recognizer without punctuation and capitals writes it."""
    return " ".join(_UNSPOKEN.sub(" ", text).lower().split())


def _rows_of(call: AnnotatedCall, encoder: Encoder) -> _Call:
    turns = [turn for turn in call.turns if turn.speaker != "unknown"]
    texts = [turn.text for turn in turns]
    return _Call(
        _rows(texts, call.language, encoder),
        _rows([plain(text) for text in texts], call.language, encoder),
        np.array([turn.speaker == "rep" for turn in turns]),
    )


def _rows(texts: Sequence[str], language: Language, encoder: Encoder) -> Floats:
    lexical = np.zeros((len(texts), ROLE_BUCKETS), dtype=np.float32)
    for row, text in zip(lexical, texts, strict=True):
        row[lexical_buckets(text, language, ROLE_BUCKETS, by_sound=False)] = 1.0
    return np.hstack([turn_signs(texts, language), sentence_vectors(texts, language, encoder), lexical])


def _fit(calls: Sequence[_Call], options: RoleOptions) -> Floats:
    """Logistic regression with an L2 penalty over both forms of every turn, by L-BFGS on one thread."""
    rows = torch.from_numpy(np.vstack([part for call in calls for part in (call.written, call.plain)]))
    labels = torch.from_numpy(np.concatenate([np.tile(call.is_rep, 2) for call in calls]).astype(np.float32))
    weights = torch.zeros(rows.shape[1], requires_grad=True)
    search = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        fit = functional.binary_cross_entropy_with_logits(rows @ weights, labels, reduction="sum")
        total: torch.Tensor = fit / 2 + options.penalty / 2 * (weights @ weights)
        total.backward()  # type: ignore[no-untyped-call]
        return total

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        search.step(loss)  # type: ignore[no-untyped-call]
    finally:
        torch.set_num_threads(threads)
    fitted: Floats = weights.detach().numpy()
    return fitted


def _held_out(calls: Sequence[AnnotatedCall], rows: Sequence[_Call], options: RoleOptions) -> list[NDArray[np.float64]]:
    """The log odds of the turns of each call, (turns,), from weights that have not seen it.

    Every other call is read without its punctuation.
    """
    odds: dict[int, NDArray[np.float64]] = {}
    for fold in split_by_call(calls, options.folds, options.seed):
        weights = _fit([row for i, row in enumerate(rows) if i not in set(fold)], options)
        for i in fold:
            read = rows[i].plain if i % 2 else rows[i].written
            odds[i] = np.clip((read @ weights).astype(np.float64), -TURN_LIMIT, TURN_LIMIT)
    return [odds[i] for i in range(len(rows))]


def _margins(
    odds: Sequence[NDArray[np.float64]], is_rep: Sequence[NDArray[np.bool_]], options: RoleOptions
) -> Iterator[tuple[int, float]]:
    """Length of an excerpt that has both parties, and how much more the rep sounds like one there."""
    rng = np.random.default_rng(options.seed)
    for own, rep in zip(odds, is_rep, strict=True):
        for length in EXCERPTS:
            for start in rng.integers(0, max(len(own) - length, 0) + 1, options.excerpts):
                part, who = own[start : start + length], rep[start : start + length]
                if who.any() and not who.all():
                    yield length, float(part[who].sum() - part[~who].sum())


def _slope(odds: Sequence[NDArray[np.float64]], is_rep: Sequence[NDArray[np.bool_]], options: RoleOptions) -> float:
    """The factor that makes margins log odds: the maximum of the likelihood that excerpts are right."""
    margins = np.array([margin for _, margin in _margins(odds, is_rep, options)])
    grid = np.round(np.geomspace(0.02, 2.0, 200), 4)
    likelihood = [float(np.log(np.maximum(sigmoid(slope * margins), 1e-12)).sum()) for slope in grid]
    return float(grid[int(np.argmax(likelihood))])


def _report(
    odds: Sequence[NDArray[np.float64]], is_rep: Sequence[NDArray[np.bool_]], slope: float, options: RoleOptions
) -> RoleReport:
    by_length: dict[int, list[float]] = {length: [] for length in EXCERPTS}
    for length, margin in _margins(odds, is_rep, options):
        by_length[length].append(margin)
    whole = [float(own[rep].sum() - own[~rep].sum()) for own, rep in zip(odds, is_rep, strict=True)]
    turns = np.concatenate([(own > 0) == rep for own, rep in zip(odds, is_rep, strict=True)])
    return RoleReport(
        calls=len(whole),
        calls_right=sum(margin > 0 for margin in whole),
        turns=float(turns.mean()),
        excerpts=tuple(_excerpt_row(length, np.array(margins), slope) for length, margins in by_length.items()),
    )


def _excerpt_row(length: int, margins: NDArray[np.float64], slope: float) -> tuple[int, int, float, float]:
    if not len(margins):
        return length, 0, 0.0, 0.0
    return length, len(margins), float((margins > 0).mean()), float(sigmoid(np.abs(slope * margins)).mean())


def main() -> None:
    """Retrain on the corpus of this package, write the weights, print the cross-validated report."""
    from nlp.corpus.shipped import shipped_corpus
    from nlp.encoders.encoder import RememberingEncoder, UniversalSentenceEncoder
    from nlp.roles.teller import ROLES_PATH

    content, report = train_bytes(shipped_corpus("*-dev.jsonl"), RememberingEncoder(UniversalSentenceEncoder()))
    ROLES_PATH.write_bytes(content)
    print(f"{ROLES_PATH.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    print(report.to_text())


if __name__ == "__main__":
    main()
