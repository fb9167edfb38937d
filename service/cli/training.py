"""Commands about the tagger itself: training it anew, and comparing what it could be made of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.cli.console import Failure, bars, engine_failures, errors, output

if TYPE_CHECKING:
    from nlp.annotations import AnnotatedCall
    from nlp.comparison import Row
    from nlp.encoder import Encoder, TransformersEncoder

app = typer.Typer(help="Train the tagger, or compare encoders and heads.", no_args_is_help=True)


@app.command()
def train(
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where to write; the shipped head if left out.")
    ] = None,
) -> None:
    """Train the tagging head on the shipped corpus. The same corpus gives the same file, bit for bit."""
    from nlp.tagger import HEAD_PATH
    from nlp.training import renew

    path = output_file or HEAD_PATH
    try:
        with engine_failures(), errors.status("Training …") as status:
            digest = renew(path, status.update)
    except OSError as error:
        raise Failure(f"{path}: can't be written ({error.strerror})") from error
    output.print(f"{path}: sha256 {digest}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def compare(
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            help="use, e5, e5-torch, use+e5, or transformers:FOLDER; several times for several. "
            "use, e5 and use+e5 if left out; with --finetune e5-torch."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Learn from all shipped calls, not from the two dev files alone.")
    ] = False,
    curve: Annotated[bool, typer.Option("--curve", help="How it gains from more calls, instead.")] = False,
    finetune: Annotated[
        bool,
        typer.Option(
            "--finetune",
            help="What fine-tuning the encoder brings, instead: e5-torch or transformers:FOLDER beside USE.",
        ),
    ] = False,
    folds: Annotated[
        int, typer.Option(min=1, max=4, help="With --finetune: how many of the four quarters are asked about.")
    ] = 4,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="With --finetune: the folder where training is saved, and taken up again after a break."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Macro F1 of encoders and heads, cross-validated by call on the two dev files. Takes minutes for each row.

    Fine-tuning takes a quarter of an hour for each quarter of the calls.
    """
    tested, extra = _corpora()
    learned = extra if everything else []
    if finetune:
        rows = _finetuned(tested, learned, _base(encoder or ["e5-torch"]), folds, checkpoints)
    else:
        rows = _compared(tested, learned, extra, encoder or ["use", "e5", "use+e5"], curve)
    if as_json:
        print(json.dumps([row.to_json() for row in rows], ensure_ascii=False))
    else:
        output.print(_table(rows))


def _compared(
    tested: list[AnnotatedCall], learned: list[AnnotatedCall], extra: list[AnnotatedCall], names: list[str], curve: bool
) -> list[Row]:
    from nlp.comparison import compare as compared
    from nlp.comparison import learning_curve

    encoders = {name: _encoder(name) for name in names}
    cores = os.cpu_count() or 1
    with engine_failures(), errors.status("Comparing …") as status:
        if curve:
            return learning_curve(tested, extra, next(iter(encoders.values())), progress=status.update, processes=cores)
        return compared(tested, learned, encoders, progress=status.update, processes=cores)


def _finetuned(
    tested: list[AnnotatedCall],
    learned: list[AnnotatedCall],
    base: TransformersEncoder,
    folds: int,
    checkpoints: Path | None,
) -> list[Row]:
    from nlp.comparison import compare_finetuned

    with engine_failures(), bars() as shown:
        task = shown.add_task("Fine-tuning", total=1.0, note="")

        def show(what: str, done: float) -> None:
            shown.update(task, description=what, completed=done)

        return compare_finetuned(tested, learned, base, _encoder("use"), folds, folder=checkpoints, progress=show)


def _base(names: list[str]) -> TransformersEncoder:
    """The encoder to be fine-tuned."""
    from nlp.encoder import TransformersEncoder

    found = [_encoder(name) for name in names]
    if len(found) == 1 and isinstance(found[0], TransformersEncoder):
        return found[0]
    raise Failure("--finetune: needs one encoder that can learn; use --encoder e5-torch or transformers:FOLDER", 2)


def _corpora() -> tuple[list[AnnotatedCall], list[AnnotatedCall]]:
    """The calls that are tested, and those by other authors that are only learned from."""
    from nlp.training import shipped_corpus

    calls = shipped_corpus()
    return [c for c in calls if "-dev-" in c.call_id], [c for c in calls if "-dev-" not in c.call_id]


def _encoder(name: str) -> Encoder:
    from nlp.e5_weights import UnpackedE5Encoder
    from nlp.encoder import JoinedEncoder, SmallE5Encoder, TransformersEncoder, UniversalSentenceEncoder

    kind, _, folder = name.partition(":")
    with engine_failures():
        if name == "use":
            return UniversalSentenceEncoder()
        if name == "e5":
            return SmallE5Encoder()
        if name == "e5-torch":
            return UnpackedE5Encoder()
        if name == "use+e5":
            return JoinedEncoder([UniversalSentenceEncoder(), SmallE5Encoder()])
        if kind == "transformers" and folder:
            return TransformersEncoder(folder)
    raise Failure(f"--encoder {name}: unknown; use one of use, e5, e5-torch, use+e5, transformers:FOLDER", 2)


def _table(rows: list[Row]) -> Table:
    table = Table("encoder", "head", "calls", "folds", "macro F1 zh", "macro F1 en", "weakest event", "ms a turn")
    for row in rows:
        f1 = [f"{row.macro_f1[language]:.3f}" if language in row.macro_f1 else "–" for language in ("zh", "en")]
        weakest = f"{row.weakest[0]} {row.weakest[1]:.2f}"
        cost = f"{row.encoder_ms:.1f}" if row.encoder_ms else "–"
        table.add_row(row.encoder, row.head, str(row.training_calls), f"{row.folds} of 4", *f1, weakest, cost)
    return table
