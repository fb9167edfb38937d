"""Commands that measure: the tagger against annotated calls, transcription against gold."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.cli.annotated import annotated_calls
from service.cli.console import Failure, engine_failures, errors, one_bar, output, settings
from service.cli.reviews import report_reviews
from service.cli.vocabulary import VocabularyOption, read_sop, vocabulary_of

if TYPE_CHECKING:
    from asr.transcript import Transcript
    from nlp.evaluation.own_events import OwnListener

app = typer.Typer(help="Measure against what people wrote.", no_args_is_help=True)


@app.command()
def asr(
    folder: Annotated[Path, typer.Argument(help="Recordings with gold: NAME.wav beside NAME.json.")],
    vocabulary: VocabularyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Word error rate (English) and character error rate (Chinese), with 95 % intervals."""
    from asr.evaluation import EvaluationError, EvaluationReport, evaluate
    from service import pipeline
    from service.engines import LazyEngines

    config, names = settings(), vocabulary_of(vocabulary)
    engines = LazyEngines(config)

    def heard(path: Path) -> Transcript:
        return pipeline.transcribe(path, engines, config, vocabulary=names).transcript

    try:
        with engine_failures(), one_bar(f"Transcribing {folder}") as progress:
            report: EvaluationReport = evaluate(folder, heard, progress)
    except EvaluationError as error:
        raise Failure(str(error)) from error
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print_asr(report.to_json())
    if report.failed:
        raise Failure(f"{len(report.failed)} recordings failed")


@app.command()
def tagger(
    corpus: Annotated[Path | None, typer.Argument(help="Annotated calls, JSONL.")] = None,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="By what people say of stored calls, not a corpus.")
    ] = False,
    export: Annotated[Path | None, typer.Option(help="With --reviews: write the reviewed calls as a corpus.")] = None,
    sop: Annotated[
        Path | None, typer.Option(help="With CORPUS: an SOP file, whose own events are measured besides.")
    ] = None,
    diagram: Annotated[
        Path | None, typer.Option(help="With CORPUS: draw how reliable the probabilities are, as an SVG file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Precision, recall and F1 of each key event, macro F1 of each language.

    With --reviews, precision and recall with 95 % intervals from reviews of the calls in the database.

    Calls that the tagger was trained on are measured held out: four heads are trained, each
    without a quarter of the calls, and each quarter is tagged by the head that never saw it.

    With --sop turns may also be labelled with that document's own events; one that no turn has is told as no gold.
    """
    if reviews == (corpus is not None):
        raise Failure("give either CORPUS or --reviews", 2)
    if corpus is None:
        for option, given in (("--diagram", diagram), ("--sop", sop)):
            if given is not None:
                raise Failure(f"{option}: only with CORPUS", 2)
        report_reviews(as_json, export)
        return
    if export is not None:
        raise Failure("--export: only with --reviews", 2)
    _measure(corpus, sop, diagram, as_json)


def _measure(corpus: Path, sop: Path | None, diagram: Path | None, as_json: bool) -> None:
    from nlp.corpus.annotations import CorpusError
    from nlp.corpus.shipped import shipped_corpus
    from nlp.evaluation.diagram import reliability_svg
    from nlp.evaluation.measurement import evaluate_corpus
    from nlp.tagging.tagger import HEAD_PATH, load_tagger

    listener = None if sop is None else _listener(sop)
    calls = annotated_calls(corpus, [event.id for event in listener.events] if listener else ())
    try:
        with engine_failures(), errors.status("Measuring …") as status:
            report = evaluate_corpus(
                calls,
                load_tagger(settings().head or HEAD_PATH),
                shipped_corpus(),
                status.update,
                os.cpu_count() or 1,
                listener,
            )
    except CorpusError as error:
        raise Failure(f"{corpus}: {error}") from error
    if diagram is not None:
        try:
            diagram.write_text(reliability_svg(report), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{diagram}: can't be written ({error.strerror})") from error
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        output.print(report.to_text(), markup=False, highlight=False)


def _listener(path: Path) -> OwnListener:
    from nlp.evaluation.own_events import OwnListener
    from nlp.tagging.procedure import default_learner

    procedure = read_sop(path)
    with engine_failures():
        listener = OwnListener(default_learner(), procedure)
    if not listener.events:
        raise Failure(f"--sop {path}: has no events of its own; give one that has, or leave it out", 2)
    return listener


def _print_asr(report: dict[str, object]) -> None:
    table = Table("file", "language", "error rate", "roles", "× real time")
    calls = report["calls"]
    languages = report["languages"]
    assert isinstance(calls, list)
    assert isinstance(languages, dict)
    for call in calls:
        roles = "right" if call["roles_right"] else "[red]wrong[/]"
        speed = f"{call['duration_ms'] / 1000 / call['seconds']:.1f}" if call["seconds"] else ""
        table.add_row(call["call_id"], call["language"], f"{call['rate']:.1%}", roles, speed)
    output.print(table)
    for name, result in languages.items():
        output.print(
            f"{name}: {result['measure']} {result['rate']:.1%} "
            f"[{result['low']:.1%}, {result['high']:.1%}] over {result['calls']} calls, "
            f"{1 / result['real_time_factor']:.1f} × real time",
            markup=False,
            highlight=False,
        )
    output.print(f"roles right on {report['roles_right']} of {len(calls)} calls", highlight=False)
    failed = report["failed"]
    assert isinstance(failed, list)
    for item in failed:
        errors.print(f"{item['file']}: {item['reason']}", markup=False)
