"""How well key events are found: precision, recall and F1 per event and language, on calls not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import starmap
from multiprocessing import get_context

import numpy as np
import torch
from numpy.typing import NDArray

from asr.transcript import LANGUAGES
from nlp.corpus.annotations import AnnotatedCall, CorpusError
from nlp.corpus.folds import split_by_call
from nlp.encoders.encoder import Encoder, RememberingEncoder, taught_by
from nlp.evaluation.own_events import OwnListener
from nlp.evaluation.scores import EvaluationReport, EventScore, Fold, LanguageScore, Trust
from nlp.probability.calibration import expected_calibration_error, reliability
from nlp.tagging.features import CallFeatures
from nlp.tagging.tagger import HeadTagger
from nlp.training.head import TrainingOptions, features_of, heard_by, known_of, labels_of, train
from sop.events import EVENTS

FOLDS = 4
FOLD_SEED = 7


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a tagger makes of one call: ``scores`` are calibrated probabilities, ``believed`` what it calls present,
    ``allowed`` what the speakers can show; ``sure`` and ``doubted`` are its cautious reading. All are (turns, events).
    """

    scores: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    believed: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    doubted: NDArray[np.bool_]


def evaluate_corpus(
    calls: Sequence[AnnotatedCall],
    tagger: HeadTagger,
    training_calls: Sequence[AnnotatedCall] = (),
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
    listener: OwnListener | None = None,
) -> EvaluationReport:
    """The honest figures for ``calls``: direct when the tagger has seen none of them, else held out.

    ``training_calls`` is the shipped corpus; held-out heads learn from its calls too, so that the
    report on one language's file is of heads that were trained like the shipped one. ``listener`` hears events of
    one's own, which are learned from their examples alone and so are always measured directly.
    """
    if not any(call.digest in tagger.head.trained_on for call in calls):
        return evaluate(tagger, calls, listener)
    known = {call.digest for call in calls}
    extra = [call for call in training_calls if call.digest not in known]
    return evaluate_held_out(calls, tagger.encoder, extra, progress=progress, processes=processes, listener=listener)


def evaluate(
    tagger: HeadTagger, calls: Sequence[AnnotatedCall], listener: OwnListener | None = None
) -> EvaluationReport:
    """The tagger as it is on ``calls``, whether or not it has seen them."""
    scores = score_calls(calls, predictions(tagger, calls), listener)
    return EvaluationReport("direct", scores, taught_calls=_taught(calls, tagger.encoder))


def evaluate_held_out(
    calls: Sequence[AnnotatedCall],
    encoder: Encoder,
    extra: Sequence[AnnotatedCall] = (),
    options: TrainingOptions | None = None,
    folds: int = FOLDS,
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
    listener: OwnListener | None = None,
) -> EvaluationReport:
    """Cross-validation split by call: each quarter is tagged by a head trained, calibrated and given its
    thresholds on the rest alone.

    ``extra`` calls are only ever learned from; each fold leaves out its share of them too, so that
    every head learns from the same share of the whole as of ``calls``. ``processes`` folds are worked on at a time.

    Raises:
        CorpusError: fewer than two calls for each fold.
    """
    everything = [*calls, *extra]
    if len(everything) < 2 * folds:
        raise CorpusError(
            f"{len(everything)} calls are too few to hold some out; give at least {2 * folds}, "
            "or calls that the tagger was not trained on"
        )
    remembering = RememberingEncoder(encoder)
    _encode_all(everything, remembering, options or TrainingOptions(), progress)
    parts = split_by_call(everything, folds, FOLD_SEED)
    tested = [[i for i in part if i < len(calls)] for part in parts]
    known = remembering.known()
    tasks: list[_Task] = []
    for part, own in zip(parts, tested, strict=True):
        unseen = {everything[i].digest for i in part}
        seen = [call for call in everything if call.digest not in unseen]
        tasks.append((seen, [calls[i] for i in own], known, options))
    found: dict[int, Prediction] = {}
    reports: dict[int, Fold] = {}
    for number, predicted in _worked_on(tasks, processes):
        own = tested[number]
        found.update(zip(own, predicted, strict=True))
        chosen = [calls[i] for i in own]
        reports[number] = Fold(tuple(call.call_id for call in chosen), score_calls(chosen, predicted))
        progress(f"{len(reports)} of {len(parts)} folds measured")
    languages = score_calls(calls, [found[i] for i in range(len(calls))], listener)
    parts_found = tuple(reports[number] for number in sorted(reports))
    return EvaluationReport("held_out", languages, parts_found, _taught(calls, encoder))


def _taught(calls: Sequence[AnnotatedCall], encoder: Encoder) -> int:
    known = taught_by(encoder)
    return sum(call.digest in known for call in calls)


_Task = tuple[Sequence[AnnotatedCall], Sequence[AnnotatedCall], Encoder, TrainingOptions | None]


def _worked_on(tasks: Sequence[_Task], processes: int) -> Iterator[tuple[int, list[Prediction]]]:
    """The number and the predictions of each task, as they are done."""
    if processes <= 1 or len(tasks) == 1:
        yield from enumerate(starmap(_fold, tasks))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked = {pool.submit(_fold, *task): number for number, task in enumerate(tasks)}
        for done in as_completed(asked):
            yield asked[done], done.result()


def _fold(
    seen: Sequence[AnnotatedCall],
    tested: Sequence[AnnotatedCall],
    encoder: Encoder,
    options: TrainingOptions | None,
) -> list[Prediction]:
    torch.set_num_threads(1)
    return predictions(HeadTagger(encoder, train(seen, encoder, options)), tested)


def _encode_all(
    calls: Sequence[AnnotatedCall],
    encoder: RememberingEncoder,
    options: TrainingOptions,
    progress: Callable[[str], None],
) -> None:
    """Encode once what every fold needs: by far the longest step, so it says how far it is."""
    for number, call in enumerate(calls, start=1):
        encoder.encode([turn.text for heard in heard_by(call, options) for turn in heard.turns])
        if number % 6 == 0 or number == len(calls):
            progress(f"{number} of {len(calls)} calls encoded")


def predictions(tagger: HeadTagger, calls: Iterable[AnnotatedCall]) -> list[Prediction]:
    """What the tagger makes of each call."""
    return [_prediction(tagger, features_of(call, tagger.encoder, tagger.scaling)) for call in calls]


def _prediction(tagger: HeadTagger, features: CallFeatures) -> Prediction:
    scores = tagger.scores(features)
    thresholds, _ = replace(tagger, cautious=False).bounds
    sure_from, doubt_from = replace(tagger, cautious=True).bounds
    sure = features.allowed & (scores >= sure_from)
    return Prediction(
        scores=scores,
        allowed=features.allowed,
        believed=features.allowed & (scores >= thresholds),
        sure=sure,
        doubted=features.allowed & (scores >= doubt_from) & ~sure,
    )


def score_calls(
    calls: Sequence[AnnotatedCall], predicted: Sequence[Prediction], listener: OwnListener | None = None
) -> tuple[LanguageScore, ...]:
    """Scores per language that occurs; ``predicted`` in order of the calls. Of reviewed calls only what was judged
    counts. ``listener`` hears events of one's own besides."""
    scores = []
    for language in LANGUAGES:
        own = [i for i, call in enumerate(calls) if call.language == language]
        if not own:
            continue
        known = np.concatenate([known_of(calls[i]) for i in own])
        gold = (np.concatenate([labels_of(calls[i]) for i in own]) > 0) & known
        said = np.concatenate([predicted[i].believed for i in own]) & known
        events = tuple(_event_score(gold[:, column], said[:, column]) for column in range(len(EVENTS)))
        trust = _trust(gold, known, [predicted[i] for i in own])
        heard = (
            ()
            if listener is None
            else listener.scores([calls[i] for i in own], [_shown(predicted[i]) for i in own], language)
        )
        scores.append(LanguageScore(language, len(own), len(gold), events, trust, heard))
    return tuple(scores)


def _shown(predicted: Prediction) -> dict[str, dict[int, float]]:
    """The turns of each built-in event that was believed, with its probability."""
    return {
        event: {int(row): float(predicted.scores[row, column]) for row in np.flatnonzero(predicted.believed[:, column])}
        for column, event in enumerate(EVENTS)
    }


def _trust(gold: NDArray[np.bool_], known: NDArray[np.bool_], predicted: Sequence[Prediction]) -> Trust:
    scores = np.concatenate([one.scores for one in predicted])
    allowed = np.concatenate([one.allowed for one in predicted]) & known
    sure = np.concatenate([one.sure for one in predicted]) & known
    doubted = np.concatenate([one.doubted for one in predicted])
    labels = gold.astype(np.float32)
    by_event = [
        reliability(scores[allowed[:, column], column], labels[allowed[:, column], column])
        for column in range(len(EVENTS))
    ]
    counted = _event_score(gold.ravel(), sure.ravel())
    return Trust(
        calibration_error=expected_calibration_error(reliability(scores[allowed], labels[allowed])),
        event_errors=tuple(expected_calibration_error(bins) for bins in by_event),
        bins=tuple(by_event),
        precision=counted.precision,
        recall=counted.recall,
        doubted_turns=float(doubted.any(axis=1).mean()) if len(doubted) else 0.0,
    )


def _event_score(gold: NDArray[np.bool_], said: NDArray[np.bool_]) -> EventScore:
    return EventScore(int((gold & said).sum()), int((~gold & said).sum()), int((gold & ~said).sum()))
