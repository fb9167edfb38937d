"""Commands about the tagger itself: training it anew, and comparing what it could be made of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.cli.annotated import annotated_calls
from service.cli.console import Failure, bars, engine_failures, errors, output

if TYPE_CHECKING:
    from nlp.corpus.annotations import AnnotatedCall
    from nlp.encoders.encoder import Encoder, TransformersEncoder
    from nlp.evaluation.comparison import Row

app = typer.Typer(help="Train the tagger, or compare encoders and heads.", no_args_is_help=True)


@app.command()
def train(
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where to write; the shipped head if left out.")
    ] = None,
    reviews: Annotated[
        list[Path] | None,
        typer.Option(
            help="Reviewed calls to learn from too, as `evaluate tagger --reviews --export FILE` writes them; needs "
            "--output. Several times for several."
        ),
    ] = None,
) -> None:
    """Train the tagging head on the shipped corpus. The same corpus gives the same file, bit for bit.

    Of reviewed calls only what people judged is learned from. A head of your own is used once CLEARCALL_HEAD names it.
    """
    from nlp.tagging.tagger import HEAD_PATH
    from nlp.training.head import renew

    if reviews and output_file is None:
        raise Failure("--reviews: needs --output FILE, for the shipped head is that of the shipped corpus", 2)
    path = output_file or HEAD_PATH
    further = _reviewed(reviews or [])
    try:
        with engine_failures(), errors.status("Training …") as status:
            digest = renew(path, status.update, further)
    except OSError as error:
        raise Failure(f"{path}: can't be written ({error.strerror})") from error
    output.print(f"{path}: sha256 {digest}", markup=False, highlight=False, soft_wrap=True)


def _reviewed(paths: list[Path]) -> list[AnnotatedCall]:
    """The calls of all files, each once."""
    calls = {call.digest: call for path in paths for call in annotated_calls(path)}
    judged = sum(len(turn.reviewed or ()) for call in calls.values() for turn in call.turns)
    if paths:
        errors.print(f"{len(calls)} further calls, {judged} events judged in them", markup=False, highlight=False)
    return list(calls.values())


Encoders = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder",
        help="shipped, use, e5, e5-torch, e5-torch:LAYERS (the first ones alone), use+e5, or transformers:FOLDER; "
        "several times for several. shipped, use, e5, use+e5 if left out; with --curve use, with --finetune e5-torch.",
    ),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Learn from all shipped calls, not from the two dev files alone.")
]
Curve = Annotated[
    bool,
    typer.Option(
        "--curve",
        help="How it gains from more calls, instead: learned from growing shares of those by other authors, "
        "asked about the two dev files.",
    ),
]
Diagram = Annotated[Path | None, typer.Option(help="With --curve: draw it as SVG into this file.")]
Finetune = Annotated[
    bool,
    typer.Option(
        "--finetune",
        help="What fine-tuning the encoder brings, instead: e5-torch or transformers:FOLDER beside USE.",
    ),
]
Folds = Annotated[
    int, typer.Option(min=1, max=4, help="With --finetune: how many of the four quarters are asked about.")
]
Checkpoints = Annotated[
    Path | None,
    typer.Option(help="With --finetune: the folder where training is saved, and taken up again after a break."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The rows as JSON.")]


@app.command()
def compare(
    encoder: Encoders = None,
    everything: Everything = False,
    curve: Curve = False,
    diagram: Diagram = None,
    finetune: Finetune = False,
    folds: Folds = 4,
    checkpoints: Checkpoints = None,
    as_json: AsJson = False,
) -> None:
    """Macro F1 of encoders and heads, cross-validated by call on the two dev files. Takes minutes for each row.

    Fine-tuning takes a quarter of an hour for each quarter of the calls.
    """
    if diagram is not None and not curve:
        raise Failure("--diagram: only with --curve", 2)
    tested, extra = _corpora()
    learned = extra if everything else []
    if finetune:
        rows = _finetuned(tested, learned, _base(encoder or ["e5-torch"]), folds, checkpoints)
    elif curve:
        rows = _curve(tested, extra, _unlearned(_encoder((encoder or ["use"])[0]), extra), diagram)
    else:
        rows = _compared(tested, learned, encoder or ["shipped", "use", "e5", "use+e5"])
    if as_json:
        print(json.dumps([row.to_json() for row in rows], ensure_ascii=False))
    else:
        output.print(_table(rows))


def _compared(tested: list[AnnotatedCall], learned: list[AnnotatedCall], names: list[str]) -> list[Row]:
    from nlp.evaluation.comparison import compare as compared

    encoders = {name: _encoder(name) for name in names}
    with engine_failures(), errors.status("Comparing …") as status:
        return compared(tested, learned, encoders, progress=status.update, processes=os.cpu_count() or 1)


def _unlearned(encoder: Encoder, calls: list[AnnotatedCall]) -> Encoder:
    """The encoder, if it has learned from none of the calls: a curve over one that has would begin at its end."""
    from nlp.encoders.encoder import taught_by

    known = sum(call.digest in taught_by(encoder) for call in calls)
    if known:
        raise Failure(f"--curve: {encoder.name} has learned from {known} of the calls already; use --encoder use", 2)
    return encoder


def _curve(
    tested: list[AnnotatedCall], extra: list[AnnotatedCall], encoder: Encoder, diagram: Path | None
) -> list[Row]:
    from nlp.evaluation.curve import curve_svg, learning_curve

    with engine_failures(), errors.status("Learning …") as status:
        rows = learning_curve(tested, extra, encoder, progress=status.update)
    if diagram is not None:
        try:
            diagram.write_text(curve_svg(rows), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{diagram}: can't be written ({error.strerror})") from error
    return rows


def _finetuned(
    tested: list[AnnotatedCall],
    learned: list[AnnotatedCall],
    base: TransformersEncoder,
    folds: int,
    checkpoints: Path | None,
) -> list[Row]:
    from nlp.evaluation.comparison import compare_finetuned

    with engine_failures(), bars() as shown:
        task = shown.add_task("Fine-tuning", total=1.0, note="")

        def show(what: str, done: float) -> None:
            shown.update(task, description=what, completed=done)

        return compare_finetuned(tested, learned, base, _encoder("use"), folds, folder=checkpoints, progress=show)


def _base(names: list[str]) -> TransformersEncoder:
    """The encoder to be fine-tuned."""
    from nlp.encoders.encoder import TransformersEncoder

    found = [_encoder(name) for name in names]
    if len(found) == 1 and isinstance(found[0], TransformersEncoder):
        return found[0]
    raise Failure("--finetune: needs one encoder that can learn; use --encoder e5-torch or transformers:FOLDER", 2)


def _corpora() -> tuple[list[AnnotatedCall], list[AnnotatedCall]]:
    """The calls that are tested, and those by other authors that are only learned from."""
    from nlp.corpus.shipped import shipped_corpus

    calls = shipped_corpus()
    return [c for c in calls if "-dev-" in c.call_id], [c for c in calls if "-dev-" not in c.call_id]


def _encoder(name: str) -> Encoder:
    from nlp.encoders.e5_weights import UnpackedE5Encoder
    from nlp.encoders.encoder import JoinedEncoder, SmallE5Encoder, TransformersEncoder, UniversalSentenceEncoder
    from nlp.tagging.tagger import default_encoder

    kind, _, folder = name.partition(":")
    with engine_failures():
        if name == "shipped":
            return default_encoder()
        if name == "use":
            return UniversalSentenceEncoder()
        if name == "e5":
            return SmallE5Encoder()
        if name == "e5-torch":
            return UnpackedE5Encoder()
        if kind == "e5-torch" and folder.isdigit():
            return UnpackedE5Encoder(layers=int(folder))
        if name == "use+e5":
            return JoinedEncoder([UniversalSentenceEncoder(), SmallE5Encoder()])
        if kind == "transformers" and folder:
            return TransformersEncoder(folder)
    known = "shipped, use, e5, e5-torch, e5-torch:LAYERS, use+e5, transformers:FOLDER"
    raise Failure(f"--encoder {name}: unknown; use one of {known}", 2)


def _table(rows: list[Row]) -> Table:
    table = Table("encoder", "head", "calls", "folds", "macro F1 zh", "macro F1 en", "weakest event", "ms a turn")
    for row in rows:
        f1 = [f"{row.macro_f1[language]:.3f}" if language in row.macro_f1 else "–" for language in ("zh", "en")]
        weakest = f"{row.weakest[0]} {row.weakest[1]:.2f}"
        cost = f"{row.encoder_ms:.1f}" if row.encoder_ms else "–"
        table.add_row(row.encoder, row.head, str(row.training_calls), f"{row.folds} of 4", *f1, weakest, cost)
    return table
