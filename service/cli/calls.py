"""Commands on recordings and calls: process, transcribe, analyze, search."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, engine_failures, errors, one_bar, open_database, settings
from service.cli.vocabulary import VocabularyOption, read_sop, sop_vocabulary, vocabulary_of

if TYPE_CHECKING:
    from asr.recording import Transcription
    from asr.transcript import Language, Transcript

AUDIO_SUFFIXES = frozenset(
    [
        ".wav",
        ".mp3",
        ".m4a",
        ".mp4",
        ".aac",
        ".ogg",
        ".oga",
        ".opus",
        ".flac",
        ".amr",
        ".au",
        ".aiff",
        ".wma",
        ".webm",
        ".mkv",
        ".mov",
        ".gsm",
        ".3gp",
        ".caf",
    ]
)


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


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    UNKNOWN = "unknown"


def process(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, or folders of recordings.")],
    sop: Annotated[str | None, typer.Option(help="Name of the SOP; by default that of the call's language.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a call on standard output.")] = False,
    rep: Annotated[str | None, typer.Option(help="E-mail of the rep who made the calls.")] = None,
    phone: Annotated[str | None, typer.Option(help="The customer's phone number, for all files.")] = None,
    direction: Annotated[Direction, typer.Option(help="Who called whom.")] = Direction.UNKNOWN,
    started_at: Annotated[
        str | None, typer.Option(help="ISO time of the call; by default the file's own time.")
    ] = None,
    rep_channel: Annotated[
        int | None, typer.Option(min=0, max=1, help="Channel of the rep in these two-channel recordings: 0 or 1.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Recordings at once, sharing the cores.")] = 1,
) -> None:
    """Bring recordings in and process them to the end; what was done before is not done again."""
    from service.calls.ingest import CallDetails, Source
    from service.cli.batch import line, run_batch

    config = settings()
    files = _files(paths)
    moment = _moment(started_at)
    details = CallDetails(
        rep_email=rep, customer_phone=phone, direction=direction.value, sop_name=sop, rep_channel=rep_channel
    )
    sources = [Source(file, replace(details, started_at=moment or _written(file))) for file in files]
    told: list[dict[str, Any]] = []
    with open_database(config) as database:
        _check_sop(database, sop)
        for result in run_batch(config, database, sources, concurrency=concurrency):
            told.append(result)
            if as_json:
                print(json.dumps(result, ensure_ascii=False), flush=True)
            elif not sys.stdout.isatty():
                print(line(result), flush=True)
    if sys.stdout.isatty() and not as_json:
        # On a terminal the lines would run through the bars: they come when the bars are done.
        print("\n".join(line(result) for result in told))
    failed = sum(result["state"] == "failed" for result in told)
    if failed:
        raise Failure(f"{failed} of {len(told)} recordings failed")


def _files(paths: list[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix.lower() in AUDIO_SUFFIXES)
            if not found:
                raise Failure(f"{path}: no recordings in this folder")
            files.extend(found)
        else:
            files.append(path)
    return files


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"--started-at: {text!r} is not a time like 2026-10-12T10:05:00+08:00", 2) from None
    return moment if moment.tzinfo else moment.astimezone()


def _written(file: Path) -> datetime | None:
    """When the file was written last; None when it is gone."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).astimezone() if file.exists() else None


def _check_sop(database: Any, name: str | None) -> None:
    from service.sops.versions import UnknownSop, current_version

    if name is None:
        return
    try:
        with database.transaction() as session:
            current_version(session, name)
    except UnknownSop as error:
        raise Failure(f"--sop: {error}") from error


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
    from nlp.numbers import spoken_numbers
    from nlp.tagger import load_tagger
    from service import pipeline

    moment = _moment(started_at)
    procedure = read_sop(sop) if sop else None
    transcript = _transcript_of(file, sop_vocabulary(procedure))
    if swap_roles:
        transcript = transcript.with_roles_swapped()
    if procedure is None:
        procedure = _default_sop(transcript.language)
    with engine_failures():
        review = pipeline.review(transcript, load_tagger(cautious=settings().cautious), procedure, moment)
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


def search(
    text: Annotated[str, typer.Argument(help="Words to find in what was said.")] = "",
    event: Annotated[list[str] | None, typer.Option(help="Key event; give it again for more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a call.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most this many calls.")] = 50,
) -> None:
    """Find calls by what was said and by key events; all that is asked for must be in a call."""
    from service.cli.searching import known_events, print_hits, unknown_event

    wanted = event or []
    with open_database(settings()) as database:
        known = known_events(database) if wanted else ()
        for name in wanted:
            if problem := unknown_event(name, known):
                raise Failure(f"--event: {problem}", 2)
        print_hits(database, text, wanted, limit, as_json)
