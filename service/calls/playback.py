"""The sound of a call for a browser: a playable form, and its outline."""

from __future__ import annotations

import contextlib
import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asr.audio import DecodeError
from asr.listening import PEAKS_PER_SECOND, outline, write_opus
from models.calls import Call, Recording
from service.people.viewer import Viewer, visible_calls
from service.settings import Settings

# (container, codec) that every current browser plays, and what to call it.
_PLAYABLE = {
    ("mp3", "mp3float"): "audio/mpeg",
    ("mp3", "mp3"): "audio/mpeg",
    ("mov", "aac"): "audio/mp4",
    ("flac", "flac"): "audio/flac",
    ("wav", "pcm_s16le"): "audio/wav",
    ("ogg", "vorbis"): "audio/ogg",
    ("ogg", "opus"): "audio/ogg",
}
_COPY_SUFFIX = ".listen.ogg"
_PEAKS_SUFFIX = ".peaks.json"


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that browsers play."""

    path: Path
    media_type: str


def prepare(path: Path, container: str | None, codec: str | None) -> None:
    """Write what the player needs beside the recording: its outline, and a copy if browsers can't play it."""
    peaks_path = _beside(path, _PEAKS_SUFFIX)
    if not peaks_path.exists():
        document = {"per_second": PEAKS_PER_SECOND, "channels": outline(path)}
        with _replacing(peaks_path) as temporary:
            temporary.write_bytes(json.dumps(document).encode())
    copy = _beside(path, _COPY_SUFFIX)
    if (container, codec) not in _PLAYABLE and not copy.exists():
        with _replacing(copy) as temporary:
            write_opus(path, temporary)


def sound(session: Session, viewer: Viewer, settings: Settings, call_id: uuid.UUID) -> Sound | None:
    """The playable file of a call, or None when the viewer sees no such call or it has no sound."""
    recording = _recording(session, viewer, call_id)
    if recording is None or recording.codec is None:
        return None
    path = settings.recordings / recording.path
    media_type = _PLAYABLE.get((recording.format or "", recording.codec))
    if media_type:
        return Sound(path, media_type)
    copy = _beside(path, _COPY_SUFFIX)
    try:
        if not copy.exists():
            prepare(path, recording.format, recording.codec)
    except DecodeError:
        return None
    return Sound(copy, "audio/ogg")


def peaks(session: Session, viewer: Viewer, settings: Settings, call_id: uuid.UUID) -> dict[str, Any] | None:
    """The outline of a call's sound, made on first asking; None as for :func:`sound`."""
    recording = _recording(session, viewer, call_id)
    if recording is None or recording.codec is None:
        return None
    path = settings.recordings / recording.path
    try:
        prepare(path, recording.format, recording.codec)
    except DecodeError:
        return None
    document: dict[str, Any] = json.loads(_beside(path, _PEAKS_SUFFIX).read_bytes())
    return document


def _recording(session: Session, viewer: Viewer, call_id: uuid.UUID) -> Recording | None:
    query = (
        select(Recording).join(Call, Call.recording_id == Recording.id).where(Call.id == call_id, visible_calls(viewer))
    )
    return session.scalars(query).one_or_none()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file of one's own to write, put in the place of ``path`` when it is whole; twins don't meet."""
    temporary = _beside(path, f".{secrets.token_hex(8)}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
