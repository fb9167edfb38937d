"""From a recording to its transcript: the shell around decoding, detection, recognition and attribution.

A recording is worked on block by block, each cut where nobody speaks, so that memory does not grow with its
length; only the loudness curves and the words are kept of the whole call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from asr import audio, borders, chunks, crosstalk, english, guards, mandarin, speakers, vocabulary
from asr.channel import SAMPLES_PER_MS, Channel, clip, unfinished_ms
from asr.chunks import Packing, Window
from asr.guards import Removed
from asr.levels import Channels, Likeness, Mono, frame_levels_db
from asr.recognition import Heard, Recognizer
from asr.regions import Region
from asr.second_hearing import heard_again
from asr.transcript import LANGUAGES, Language, Transcript, Word
from asr.vad import SpeechDetector
from asr.voices import VoiceEmbedder, VoiceOptions, VoiceTrack

VERSION = 8
"""Raise when a change to decoding, detection, guards or attribution changes what is transcribed."""
DECISIVE_MS = 20_000
"""With this much sure speech the language is decided."""
UNDECIDED_MS = 600_000
"""So much that may be noise is kept until it is."""
LANGUAGE_CLIPS = (range(1), range(1, 4))
"""Clips of each channel that the language is told from, the longest first; the later ones only when in doubt."""
SURE = 0.9
"""Of all that speaks for a language; with less, more clips are heard."""
LANGUAGE_CLIP_MS = 5_000

Progress = Callable[[float], None]
"""Told the fraction done, in [0, 1] and never falling; what it raises stops the work."""


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """How a recording is transcribed.

    ``rep_channel`` is the channel of our own side. ``voices`` is how many are expected where one channel carries all,
    None to find out. ``vocabulary`` holds, by language, names that may well be said.
    """

    language: Language | Literal["auto"] = "auto"
    rep_channel: int = 0
    packing: Packing = field(default_factory=Packing)
    block_seconds: float = audio.BLOCK_SECONDS
    voices: int | None = 2
    vocabulary: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    telling: VoiceOptions = field(default_factory=VoiceOptions)


@dataclass(frozen=True, slots=True)
class Transcription:
    """The transcript, and what was recognized but not believed."""

    transcript: Transcript
    removed: tuple[Removed, ...] = ()


def transcribe(
    path: Path,
    options: TranscribeOptions,
    recognizer: Recognizer,
    detector: SpeechDetector,
    progress: Progress | None = None,
    embedder: VoiceEmbedder | None = None,
) -> Transcription:
    """Transcribe one recording; a recording without speech gives a transcript without turns.

    With an ``embedder`` the voices of a mono recording are told apart; who is the rep stays unknown there.

    Raises:
        DecodeError: the file can't be read.
    """
    with audio.Recording(path) as recording:
        track = VoiceTrack(embedder, options.telling) if embedder else None
        call = _Call(recording.info, options, recognizer, detector, progress or (lambda _: None), track)
        for block, last in _with_last(recording.blocks(options.block_seconds)):
            call.take(block, last)
        return call.finished(recording.truncated)


class _Call:
    """One call in the making."""

    def __init__(
        self,
        info: audio.AudioInfo,
        options: TranscribeOptions,
        recognizer: Recognizer,
        detector: SpeechDetector,
        progress: Progress,
        track: VoiceTrack | None,
    ) -> None:
        self._info = info
        self._options = options
        self._recognizer = recognizer
        self._detector = detector
        self._progress = progress
        self._track = track
        self._channels = [Channel() for _ in range(info.channels)]
        self._samples = 0
        self._likeness = Likeness()
        self._language: Language | None = None if options.language == "auto" else options.language
        self._scores: dict[Language, float] = dict.fromkeys(LANGUAGES, 0.0)
        self._undecided: list[tuple[Window, Mono]] = []
        self._removed: list[Removed] = []
        progress(0.0)

    def take(self, block: Channels, last: bool) -> None:
        """Work on the next block."""
        begun = self._fraction()
        self._samples += block.shape[1]
        if len(self._channels) == 2:
            self._likeness = self._likeness.plus(block)
        for channel, samples in zip(self._channels, block, strict=True):
            channel.levels_db = np.concatenate([channel.levels_db, frame_levels_db(samples)])
            channel.waiting = np.concatenate([channel.waiting, samples])
        count = 1 if self._likeness.identical else len(self._channels)
        self._hear(self._channels[:count])
        heard = [self._cut(number, last, begun) for number in range(count)]
        if self._likeness.identical:
            self._channels[1].let_go(self._duration_ms)
        self._recognize([clip for clips in heard for clip in clips], last, begun)

    def _hear(self, channels: Sequence[Channel]) -> None:
        """Find the speech of channels, side by side where recognition works so, too."""
        lanes = self._recognizer.lanes
        own, others = (channels, ()) if lanes == 1 else (channels[:1], channels[1:])
        listening = [_threads("listener", lanes).submit(channel.hear, self._detector) for channel in others]
        try:
            for channel in own:
                channel.hear(self._detector)
        finally:
            wait(listening)
        for done in listening:
            done.result()

    def finished(self, truncated: bool) -> Transcription:
        """The transcript of all blocks."""
        for channel in self._channels:
            channel.words.sort(key=lambda word: (word.start_ms, word.end_ms))
        words = self._own_words()
        language = self._language or self._likeliest()
        count = 1 if self._mono else len(self._channels)
        write = self._writer(language)
        if self._mono and self._track:
            turns = speakers.voice_turns(self._track.words_by_voice(words[0], self._options.voices), language, write)
        else:
            roles = {number: speakers.role(number, count, self._options.rep_channel) for number in words}
            turns = speakers.turns(words, roles, language, write)
        transcript = Transcript(self._duration_ms, language, count, turns, self._notes(words, truncated))
        self._progress(1.0)
        return Transcription(transcript, tuple(sorted(self._removed, key=lambda r: (r.start_ms, r.channel))))

    def _writer(self, language: Language) -> speakers.Writer:
        """Names are looked for in what is punctuated and folded, since none goes on over a mark."""
        names = self._options.vocabulary.get(language, ())
        write: speakers.Writer = mandarin.written if language == "zh" else english.written
        return lambda words: vocabulary.as_named(write(words), names, language)

    @property
    def _duration_ms(self) -> int:
        return self._samples // SAMPLES_PER_MS

    @property
    def _mono(self) -> bool:
        return len(self._channels) == 1 or self._likeness.identical

    def _fraction(self) -> float:
        """How much of the recording has been read."""
        total_ms = max(self._info.duration_ms, self._duration_ms)
        return self._duration_ms / total_ms if total_ms else 0.0

    def _cut(self, number: int, last: bool, begun: float) -> list[tuple[Window, Mono]]:
        """A channel's complete windows with their samples; the rest waits for the next block."""
        channel, packing = self._channels[number], self._options.packing
        offset, samples = channel.waiting_from_ms, channel.waiting
        channel.settle(last, packing.max_ms)
        settled_ms = channel.settled_ms
        other = None if self._mono else self._channels[1 - number]
        under = channel.drowned(other)
        windows = channel.windows(number, under, packing)
        overlooked = channel.overlooked(number, windows, other, packing)
        cut_ms = settled_ms if last else unfinished_ms(windows, overlooked, settled_ms)
        windows, overlooked = ([w for w in some if w.start_ms < cut_ms] for some in (windows, overlooked))
        channel.sounds += borders.sounds(Region(offset, cut_ms), channel.levels_db, under)
        if self._mono and self._track:
            own = [region for window in windows for region in window.regions]
            self._track.hear(own, samples, offset, lambda: self._progress(begun))
        channel.let_go(cut_ms)
        return [(w, clip(samples, w, offset)) for w in windows + overlooked]

    def _recognize(self, clips: list[tuple[Window, Mono]], last: bool, begun: float) -> None:
        clips = self._undecided + clips
        language = self._decided(clips, last)
        if language is None:
            self._undecided = clips
            return
        self._undecided = []
        total_ms = sum(window.duration_ms for window, _ in clips)
        done_ms, ended = 0, self._fraction()
        missed: list[tuple[Window, Mono]] = []
        for batch, answers in self._answers(clips, language):
            for i, heard in zip(batch, answers, strict=True):
                missed += self._believe(clips[i], heard, language)
                done_ms += clips[i][0].duration_ms
            self._progress(begun + (ended - begun) * done_ms / total_ms)
        for batch, answers in self._answers(missed, language):
            for i, heard in zip(batch, answers, strict=True):
                self._believe(missed[i], heard, language)

    def _believe(self, heard_of: tuple[Window, Mono], heard: Heard, language: Language) -> list[tuple[Window, Mono]]:
        """Keep the words that the guards let through; what is to be heard again comes back."""
        window, samples = heard_of
        channel = self._channels[window.channel]
        guarded = guards.guard(heard, window, language)
        again = [window.alone(region) for region in heard_again(window, guarded)]
        channel.words += borders.snapped(guarded.words, borders.within(channel.sounds, window))
        if not (guarded.refused and again):
            self._removed.extend(guarded.removed)
        return [(w, samples[at * SAMPLES_PER_MS :][: w.duration_ms * SAMPLES_PER_MS]) for w, at in again]

    def _answers(self, clips: list[tuple[Window, Mono]], language: Language) -> Iterator[tuple[list[int], list[Heard]]]:
        """Batches of clips and what was heard in them, in a fixed order, on as many lanes as there are."""
        lanes = self._recognizer.lanes
        # What is heard does not depend on how windows are put together.
        batches = chunks.batches([window for window, _ in clips], self._options.packing.batch_windows, lanes)
        names = self._options.vocabulary.get(language, ())

        def ask(batch: list[int]) -> list[Heard]:
            return self._recognizer.recognize([clips[i][1] for i in batch], language, names)

        if lanes == 1:
            yield from ((batch, ask(batch)) for batch in batches)
            return
        asked = [_threads("lane", lanes).submit(ask, batch) for batch in batches]
        try:
            yield from ((batch, answer.result()) for batch, answer in zip(batches, asked, strict=True))
        finally:
            for answer in asked:
                answer.cancel()
            wait(asked)

    def _decided(self, clips: list[tuple[Window, Mono]], last: bool) -> Language | None:
        """The language of the call, None while too little has been heard to tell."""
        if self._language is None and clips:
            sure = [clip for clip in clips if not clip[0].doubtful]
            speech_ms, all_ms = (sum(window.duration_ms for window, _ in some) for some in (sure, clips))
            if not last and speech_ms < DECISIVE_MS and all_ms < UNDECIDED_MS:
                return None
            for count in LANGUAGE_CLIPS:
                for language, score in self._recognizer.language_scores(_telling(sure or clips, count)).items():
                    self._scores[language] += score
                if max(self._scores.values()) > SURE * sum(self._scores.values()):
                    break
            self._language = self._likeliest()
        return self._language

    def _likeliest(self) -> Language:
        return max(LANGUAGES, key=lambda language: self._scores[language])

    def _own_words(self) -> dict[int, tuple[Word, ...]]:
        """The words of each channel without crosstalk, which is recorded as removed."""
        words = {number: tuple(channel.words) for number, channel in enumerate(self._channels)}
        if self._likeness.identical:
            return {0: words[0]}
        levels = {number: channel.levels_db for number, channel in enumerate(self._channels)}
        drowned = crosstalk.crosstalk_words(words, levels)
        for number, lost in drowned.items():
            for word in lost:
                self._removed.extend(guards.removed([word], number, "crosstalk"))
        return {n: tuple(w for w in own if w not in set(drowned[n])) for n, own in words.items()}

    def _notes(self, words: dict[int, tuple[Word, ...]], truncated: bool) -> tuple[str, ...]:
        notes = ["identical_channels"] if self._likeness.identical else []
        if not self._mono and any(words.values()):
            notes += [f"empty_channel:{number}" for number, own in words.items() if not own]
        return tuple(notes + (["truncated"] if truncated else []))


@cache
def _threads(work: str, count: int) -> ThreadPoolExecutor:
    """Threads that stay: what the C library sets aside for a thread is not given back with it."""
    return ThreadPoolExecutor(count, thread_name_prefix=work)


def _telling(clips: list[tuple[Window, Mono]], places: range) -> list[Mono]:
    """The beginnings of the longest windows of each channel, those at ``places``."""
    longest = sorted(clips, key=lambda clip: (-clip[0].duration_ms, clip[0].start_ms))
    chosen: list[Mono] = []
    for number in sorted({window.channel for window, _ in clips}):
        own = [samples for window, samples in longest if window.channel == number][places.start : places.stop]
        chosen.extend(samples[: LANGUAGE_CLIP_MS * SAMPLES_PER_MS] for samples in own)
    return chosen


def _with_last(blocks: Iterator[Channels]) -> Iterator[tuple[Channels, bool]]:
    """Every block, and whether it is the last."""
    held = next(blocks, None)
    while held is not None:
        following = next(blocks, None)
        yield held, following is None
        held = following
