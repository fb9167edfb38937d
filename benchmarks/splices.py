"""Whether sounds that are not speech change what is written of a call.

``python -m benchmarks.splices CALL NO_SPEECH_FOLDER`` puts clips without speech, as they come through an 8 kHz mu-law
line, into a two-channel call: *inserted* between two turns, where nobody speaks, and *mixed* into the silence of one
channel while the other party speaks; each as loud as it is, and 12 and 24 dB quieter. It transcribes the call before
and after and prints the words written inside a clip and the words that changed anywhere else.

Clips and gaps are cut to whole steps of 160 ms, so that frames of the detector and of loudness fall on the same sound
as before: any difference comes from the clip.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from asr.audio import decode
from asr.chunks import Packing
from asr.crosstalk import drowned, own_speech
from asr.evaluation import AUDIO_SUFFIXES
from asr.levels import SAMPLE_RATE_HZ, Channels, Mono, frame_levels_db, noise_level_db
from asr.recording import TranscribeOptions, transcribe
from asr.regions import Region
from asr.transcript import Transcript, Word
from asr.vad import SileroDetector, SpeechDetector
from asr.weights import find_weights
from asr.whisper import WhisperRecognizer
from benchmarks.lines import telephone
from service.settings import settings

STEP_MS = 160
CLIP_MS = 9_600
MARGIN_MS = 480
"""Nothing is mixed in so near to a channel's own speech."""
LEVELS_DB = (0.0, -12.0, -24.0)
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True)
class Splice:
    """A clip at a place of one channel, in the time of the call as it was; it adds ``longer_ms`` to the call."""

    name: str
    clip: Mono
    channel: int
    at_ms: int
    longer_ms: int

    @property
    def duration_ms(self) -> int:
        """Length of the clip."""
        return self.clip.size // SAMPLES_PER_MS


@dataclass(frozen=True, slots=True)
class Change:
    """What splices changed: words written inside the clips, and words lost or new elsewhere."""

    invented: tuple[Word, ...]
    lost: tuple[Word, ...]
    new: tuple[Word, ...]

    def __str__(self) -> str:
        """One line."""
        said = "".join(
            f"; {kind}: " + " ".join(f"{w.text.strip()}@{w.start_ms}" for w in words)
            for kind, words in (("inside", self.invented), ("lost", self.lost), ("new", self.new))
            if words
        )
        return f"{len(self.invented)} words inside, {len(self.lost)} lost and {len(self.new)} new elsewhere{said}"


def clips(folder: Path, gain_db: float) -> list[tuple[str, Mono]]:
    """The beginning of every sound file of the folder, through a telephone line."""
    found = []
    for path in sorted(f for f in folder.iterdir() if f.suffix in AUDIO_SUFFIXES):
        samples = decode(path).samples[0][: CLIP_MS * SAMPLES_PER_MS]
        samples = samples[: samples.size // (STEP_MS * SAMPLES_PER_MS) * STEP_MS * SAMPLES_PER_MS]
        found.append((path.stem, telephone(samples * np.float32(10 ** (gain_db / 20)))))
    return found


def inserted(sounds: Sequence[tuple[str, Mono]], speech: Sequence[Sequence[Region]], duration_ms: int) -> list[Splice]:
    """Each clip in a gap of its own, the longest gaps first, on the channels in turn."""
    splices = []
    for number, ((name, clip), at_ms) in enumerate(zip(sounds, _common_gaps(speech, duration_ms), strict=False)):
        splices.append(Splice(name, clip, number % len(speech), at_ms, clip.size // SAMPLES_PER_MS))
    return sorted(splices, key=lambda splice: splice.at_ms)


def mixed(sounds: Sequence[tuple[str, Mono]], speech: Sequence[Sequence[Region]], duration_ms: int) -> list[Splice]:
    """Each clip, as much of it as fits, in a silence of one channel, the longest silences first."""
    silences = sorted(
        (gap for number, own in enumerate(speech) for gap in _gaps(own, number, duration_ms)), key=lambda g: -g[1]
    )
    splices = []
    for (name, clip), (channel, room_ms, start_ms) in zip(sounds, silences, strict=False):
        fits_ms = (room_ms - 2 * MARGIN_MS) // STEP_MS * STEP_MS
        splices.append(Splice(name, clip[: fits_ms * SAMPLES_PER_MS], channel, start_ms + MARGIN_MS, 0))
    return sorted(splices, key=lambda splice: splice.at_ms)


def spliced(call: Channels, splices: Sequence[Splice]) -> Channels:
    """The call with the clips; where one is inserted, the other channels go on with their own noise."""
    quiet = [10 ** (noise_level_db(frame_levels_db(own)) / 20) for own in call]
    whole = call.copy()
    for number, splice in reversed(list(enumerate(splices))):
        at = splice.at_ms * SAMPLES_PER_MS
        if splice.longer_ms:
            noise = np.random.default_rng(number).normal(size=(len(call), splice.clip.size))
            room = (noise * np.array(quiet)[:, None]).astype(np.float32)
            whole = np.concatenate([whole[:, :at], room, whole[:, at:]], axis=1)
        whole[splice.channel, at : at + splice.clip.size] += splice.clip
    return np.clip(whole, -1, 1).astype(np.float32)


def compared(before: Transcript, after: Transcript, splices: Sequence[Splice]) -> Change:
    """Words of every channel before and after, but for punctuation; what lies inside a clip there is invented."""
    invented: list[Word] = []
    lost: list[Word] = []
    new: list[Word] = []
    for channel in range(before.channels):
        spans = _spans(splices, channel)
        old = _words(before, channel)
        inside = [w for w in _words(after, channel) if any(a <= (w.start_ms + w.end_ms) // 2 < b for a, b in spans)]
        rest = [w for w in _words(after, channel) if w not in inside]
        # The words under a mixed clip were silence before, so whatever is inside is not in the old text.
        invented += inside
        matcher = SequenceMatcher(None, [_plain(w) for w in old], [_plain(w) for w in rest], autojunk=False)
        for kind, a, a_end, b, b_end in matcher.get_opcodes():
            if kind != "equal":
                lost += old[a:a_end]
                new += rest[b:b_end]
    return Change(tuple(invented), tuple(lost), tuple(new))


def spoken(call: Channels, detector: SpeechDetector) -> list[list[Region]]:
    """Where each of two channels speaks itself, as a transcription finds it."""
    levels = [frame_levels_db(own) for own in call]
    speech = [detector.regions(own) for own in call]
    under = [drowned(levels[n], levels[1 - n], speech[1 - n]) for n in range(2)]
    return [own_speech(speech[n], levels[n], under[n]) for n in range(2)]


def as_written(call: Channels) -> Channels:
    """The call as a file of 16 bits holds it, so that gaps are looked for in what is transcribed."""
    return ((call.T * 32_767).astype("<i2").T / 32_768).astype(np.float32)


def write_wav(path: Path, call: Channels) -> Path:
    """16-bit PCM at 16 kHz."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(call))
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes((call.T * 32_767).astype("<i2").tobytes())
    return path


def _common_gaps(speech: Sequence[Sequence[Region]], duration_ms: int) -> list[int]:
    """The middles of the stretches in which nobody speaks and nothing is decoded across, the longest first."""
    busy = sorted(r for own in speech for r in own)
    found, end_ms = [], 0
    for region in [*busy, Region(duration_ms, duration_ms)]:
        if region.start_ms > end_ms and end_ms and region.start_ms < duration_ms:
            at_ms = (end_ms + region.start_ms) // 2 // STEP_MS * STEP_MS
            apart = all(_room_ms(own, at_ms) > Packing().gap_ms for own in speech)
            if end_ms < at_ms and apart:
                found.append((region.start_ms - end_ms, at_ms))
        end_ms = max(end_ms, region.end_ms)
    return [at_ms for _, at_ms in sorted(found, reverse=True)]


def _room_ms(own: Sequence[Region], at_ms: int) -> int:
    """The length of a channel's silence around a time."""
    before = max((r.end_ms for r in own if r.end_ms <= at_ms), default=-Packing().gap_ms)
    after = min((r.start_ms for r in own if r.start_ms >= at_ms), default=at_ms + Packing().gap_ms)
    return after - before


def _gaps(own: Sequence[Region], channel: int, duration_ms: int) -> list[tuple[int, int, int]]:
    """A channel's silences: the channel, the length, the start on a whole step."""
    ends = [0, *(r.end_ms for r in own)]
    starts = [*(r.start_ms for r in own), duration_ms]
    steps = [-(-end // STEP_MS) * STEP_MS for end in ends]
    return [(channel, b - a, a) for a, b in zip(steps, starts, strict=True) if b - a > 2 * MARGIN_MS + STEP_MS]


def _spans(splices: Sequence[Splice], channel: int) -> list[tuple[int, int]]:
    """Where a channel's clips lie in the spliced call; an inserted one is silence on the others."""
    spans, shift_ms = [], 0
    for splice in splices:
        start_ms = splice.at_ms + shift_ms
        if splice.channel == channel or splice.longer_ms:
            spans.append((start_ms, start_ms + splice.duration_ms))
        shift_ms += splice.longer_ms
    return spans


def _plain(word: Word) -> str:
    """The word without its case and punctuation."""
    return "".join(character for character in word.text.lower() if character.isalnum())


def _words(transcript: Transcript, channel: int) -> list[Word]:
    words = [w for turn in transcript.turns if turn.channel == channel for w in turn.words]
    return sorted(words, key=lambda word: word.start_ms)


def main() -> None:
    """Print a line for every way and level, and exit with 1 when a word changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("call", type=Path)
    parser.add_argument("no_speech", type=Path)
    arguments = parser.parse_args()
    recognizer = WhisperRecognizer(find_weights(settings().model, cache=settings().weights))
    detector = SileroDetector()
    call = decode(arguments.call).samples
    call = as_written(call[:, : call.shape[1] // (STEP_MS * SAMPLES_PER_MS) * STEP_MS * SAMPLES_PER_MS])
    duration_ms = call.shape[1] // SAMPLES_PER_MS
    speech = spoken(call, detector)
    changed = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "call.wav"
        before = transcribe(write_wav(file, call), TranscribeOptions(), recognizer, detector).transcript
        print(f"{arguments.call.name}: {sum(len(turn.words) for turn in before.turns)} words", flush=True)
        for gain_db in LEVELS_DB:
            sounds = clips(arguments.no_speech, gain_db)
            for way in (inserted, mixed):
                splices = way(sounds, speech, duration_ms)
                after = transcribe(write_wav(file, spliced(call, splices)), TranscribeOptions(), recognizer, detector)
                change = compared(before, after.transcript, splices)
                changed = changed or bool(change.invented or change.lost or change.new)
                print(f"{way.__name__:<9}{gain_db:>4.0f} dB, {len(splices)} clips: {change}", flush=True)
    raise SystemExit(int(changed))


if __name__ == "__main__":
    main()
