"""Commands on one recording, without database: its transcript, and what is heard in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, engine_failures, errors, moment_of, one_bar, settings
from service.cli.vocabulary import VocabularyOption, read_sop, sop_vocabulary, vocabulary_of

if TYPE_CHECKING:
    from asr.recording import Transcription
    from asr.transcript import Language, Transcript

MOST_SPEAKERS = 8


class Format(StrEnum):
    """How a transcript is printed."""

    JSON = "json"
    TXT = "txt"
    VTT = "vtt"
    SRT = "srt"
    RTTM = "rttm"


class LanguageChoice(StrEnum):
    """The language of a call, or to have it detected."""

    ZH = "zh"
    EN = "en"
    AUTO = "auto"


class Device(StrEnum):
    """Where Whisper runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Engine(StrEnum):
    """What transcribes."""

    WHISPER = "whisper"
    OPENAI = "openai"


def transcribe(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    format: Annotated[Format, typer.Option(help="Form of the transcript.")] = Format.TXT,
    engine: Annotated[
        Engine | None, typer.Option(help="Whisper here, or the server of CLEARCALL_REMOTE_URL (OpenAI's API).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Whisper size, folder or hub name; with a server, its name for the model.")
    ] = None,
    language: Annotated[LanguageChoice, typer.Option(help="Language of the call.")] = LanguageChoice.AUTO,
    device: Annotated[Device | None, typer.Option(help="Where Whisper runs.")] = None,
    speakers: Annotated[
        str | None, typer.Option(metavar="N|auto", help="Voices in a recording with one channel; auto finds out.")
    ] = None,
    vocabulary: VocabularyOption = None,
    removed: Annotated[
        bool, typer.Option("--removed", help="With --format json: also what was recognized and not believed, and why.")
    ] = False,
) -> None:
    """Transcribe one recording, without database."""
    from asr import formats

    if removed and format is not Format.JSON:
        raise Failure("--removed: only --format json has a place for what was not believed", 2)
    names, voices = vocabulary_of(vocabulary), _speakers(speakers)
    transcription = _transcription(
        file, language, engine=engine, model=model, device=device, speakers=voices, vocabulary=names
    )
    transcript = transcription.transcript
    if format is Format.JSON:
        dropped = {"removed": [asdict(text) for text in transcription.removed]} if removed else {}
        print(json.dumps({**transcript.to_json(), **dropped}, ensure_ascii=False))
        return
    writers: dict[Format, Callable[[Transcript], str]] = {
        Format.TXT: formats.to_text,
        Format.VTT: formats.to_vtt,
        Format.SRT: formats.to_srt,
        Format.RTTM: lambda transcript: formats.to_rttm(transcript, file.stem),
    }
    sys.stdout.write(writers[format](transcript))
    if not transcript.turns:
        errors.print(f"{file}: no speech", markup=False)


def _speakers(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    if text.isdecimal() and 1 <= int(text) <= MOST_SPEAKERS:
        return int(text)
    raise Failure(f"--speakers: {text!r} is neither auto nor a number from 1 to {MOST_SPEAKERS}", 2)


def analyze(
    file: Annotated[Path, typer.Argument(help="A recording, or a transcript as JSON.")],
    sop: Annotated[
        Path | None,
        typer.Option(help="SOP file, whose vocabulary helps to transcribe; by default that of the call's language."),
    ] = None,
    swap_roles: Annotated[
        bool, typer.Option("--swap-roles", help="Take the rep for the customer and the customer for the rep.")
    ] = False,
    started_at: Annotated[
        str | None,
        typer.Option(help="ISO time at which the call began, from which 'tomorrow' is counted."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Key events, metrics and scorecard of one recording or transcript, without database."""
    from nlp.tagging.tagger import HEAD_PATH, load_tagger
    from nlp.text.numbers import spoken_numbers
    from service import pipeline

    moment = moment_of(started_at)
    procedure = read_sop(sop) if sop else None
    transcript = _transcript_of(file, sop_vocabulary(procedure))
    if swap_roles:
        transcript = transcript.with_roles_swapped()
    if procedure is None:
        procedure = _default_sop(transcript.language)
    with engine_failures():
        tagger = load_tagger(settings().head or HEAD_PATH, cautious=settings().cautious)
        review = pipeline.review(transcript, tagger, procedure, moment)
    if as_json:
        found = [number.to_json() for number in spoken_numbers(transcript)]
        print(json.dumps({**transcript.to_json(), "numbers": found, **review.to_json()}, ensure_ascii=False))
    else:
        from service.cli.report import print_review

        print_review(transcript, review, procedure.own_titles)


def _transcript_of(file: Path, vocabulary: Mapping[Language, tuple[str, ...]]) -> Transcript:
    from asr.transcript import Transcript, TranscriptError

    if file.suffix.lower() != ".json":
        return _transcription(file, LanguageChoice.AUTO, vocabulary=vocabulary).transcript
    try:
        return Transcript.from_json(json.loads(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Failure(f"{file}: not JSON ({error})") from error
    except TranscriptError as error:
        raise Failure(f"{file}: not a transcript: {error}") from error


def _transcription(
    file: Path,
    language: LanguageChoice,
    *,
    engine: Engine | None = None,
    model: str | None = None,
    device: Device | None = None,
    speakers: int | str | None = None,
    vocabulary: Mapping[Language, tuple[str, ...]],
) -> Transcription:
    from service import pipeline
    from service.engines import LazyEngines

    config = settings()
    chosen = engine.value if engine else config.engine
    changes = {
        "engine": chosen,
        "remote_model" if chosen == "openai" else "model": model,
        "device": device.value if device else None,
        "speakers": speakers,
    }
    config = config.model_copy(update={key: value for key, value in changes.items() if value})
    with engine_failures(), one_bar(file.name, "transcribing") as report:
        return pipeline.transcribe(file, LazyEngines(config), config, report, language.value, vocabulary=vocabulary)


def _default_sop(language: str) -> Any:
    from service.sops.versions import shipped
    from sop.document import parse

    config = settings()
    name = config.sop_zh if language == "zh" else config.sop_en
    documents = shipped()
    if name not in documents:
        raise Failure(f"the SOP {name!r} is not shipped with Clearcall; give its file with --sop")
    return parse(documents[name])
