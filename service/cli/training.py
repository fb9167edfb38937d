"""Commands about the tagger itself: training it anew, and comparing what it could be made of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.cli.console import Failure, engine_failures, errors, output

if TYPE_CHECKING:
    from nlp.annotations import AnnotatedCall
    from nlp.comparison import Row
    from nlp.encoder import Encoder

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
            help="use, e5, use+e5, or transformers:FOLDER; several times for several. use and e5 if left out."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Learn from all shipped calls, not from the two dev files alone.")
    ] = False,
    curve: Annotated[bool, typer.Option("--curve", help="How it gains from more calls, instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Macro F1 of encoders and heads, cross-validated by call on the two dev files. Takes minutes for each row."""
    from nlp.comparison import compare as compared
    from nlp.comparison import learning_curve

    tested, extra = _corpora()
    encoders = {name: _encoder(name) for name in encoder or ["use", "e5", "use+e5"]}
    cores = os.cpu_count() or 1
    with engine_failures(), errors.status("Comparing …") as status:
        if curve:
            rows = learning_curve(tested, extra, next(iter(encoders.values())), progress=status.update, processes=cores)
        else:
            rows = compared(tested, extra if everything else [], encoders, progress=status.update, processes=cores)
    if as_json:
        print(json.dumps([row.to_json() for row in rows], ensure_ascii=False))
    else:
        output.print(_table(rows))


def _corpora() -> tuple[list[AnnotatedCall], list[AnnotatedCall]]:
    """The calls that are tested, and those by other authors that are only learned from."""
    from nlp.training import shipped_corpus

    calls = shipped_corpus()
    return [c for c in calls if "-dev-" in c.call_id], [c for c in calls if "-dev-" not in c.call_id]


def _encoder(name: str) -> Encoder:
    from nlp.encoder import JoinedEncoder, SmallE5Encoder, TransformersEncoder, UniversalSentenceEncoder

    kind, _, folder = name.partition(":")
    with engine_failures():
        if name == "use":
            return UniversalSentenceEncoder()
        if name == "e5":
            return SmallE5Encoder()
        if name == "use+e5":
            return JoinedEncoder([UniversalSentenceEncoder(), SmallE5Encoder()])
        if kind == "transformers" and folder:
            return TransformersEncoder(folder)
    raise Failure(f"--encoder {name}: unknown; use one of use, e5, use+e5, transformers:FOLDER", 2)


def _table(rows: list[Row]) -> Table:
    table = Table("encoder", "head", "calls", "macro F1 zh", "macro F1 en", "weakest event", "ms a turn")
    for row in rows:
        f1 = [f"{row.macro_f1[language]:.3f}" if language in row.macro_f1 else "–" for language in ("zh", "en")]
        weakest = f"{row.weakest[0]} {row.weakest[1]:.2f}"
        cost = f"{row.encoder_ms:.1f}" if row.encoder_ms else "–"
        table.add_row(row.encoder, row.head, str(row.training_calls), *f1, weakest, cost)
    return table
