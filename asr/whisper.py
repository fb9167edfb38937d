"""Whisper by CTranslate2: the one importer of faster-whisper and ctranslate2.

Clips are encoded at their own length and a second of silence, not filled up to 30 s as Whisper was trained:
the encoder's cost falls with the length. What goes round in circles is decoded once more the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from asr.guards import runs_away
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.recognition import Heard, compression_ratio
from asr.transcript import LANGUAGES, Language, Word

Device = Literal["auto", "cpu", "cuda"]

TAIL_SECONDS = 1.0
"""Silence after a clip; without it the last word is often lost."""
FULL_SECONDS = 30.0
FRAMES_PER_SECOND = 100
MAX_TOKENS = 448
TOKENS_PER_SECOND = 12
RETRIES: tuple[Mapping[str, int], ...] = (
    {},
    {"beam_size": 1},
    {"beam_size": 1, "no_repeat_ngram_size": 6},
    {"beam_size": 1, "no_repeat_ngram_size": 3},
)
"""How a clip that runs away is searched again, in this order, by arguments of CTranslate2 over the usual ones.

A loop is likely text, so the wider the search the surer it is found: greedy search ends most loops and is the
fastest. Forbidding runs of tokens to come again ends what is left, at the cost of what is really said twice; such text
keeps the probability it has without the ban. Nothing is sampled: the generator behind sampling is seeded once
per thread, and the words would depend on what it decoded before.
"""

_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


class WhisperError(RuntimeError):
    """Whisper can't be loaded as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How Whisper runs.

    ``compute_type`` "auto" is int8 on a CPU and float16 on a GPU; ``cpu_threads`` 0 leaves the number to
    CTranslate2. ``workers`` threads can ask at once and are served at the same time, each with ``cpu_threads``.
    """

    device: Device = "auto"
    compute_type: str = "auto"
    cpu_threads: int = 0
    beam_size: int = 5
    workers: int = 1


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    avg_logprob: float
    no_speech_prob: float


@dataclass(frozen=True, slots=True)
class _Aligned:
    """Words with their times, and the mean log probability of their tokens where nothing is forbidden."""

    words: tuple[Word, ...] = ()
    avg_logprob: float = 0.0


def choose_device(options: WhisperOptions, cuda_devices: Callable[[], int]) -> tuple[str, str]:
    """The device and compute type to load with.

    Raises:
        WhisperError: a GPU is asked for and there is none.
    """
    count = cuda_devices() if options.device != "cpu" else 0
    if options.device == "cuda" and count == 0:
        raise WhisperError("device 'cuda': no CUDA device found; use device 'auto' or 'cpu'")
    device = "cuda" if count else "cpu"
    automatic = "float16" if device == "cuda" else "int8"
    return device, automatic if options.compute_type == "auto" else options.compute_type


class WhisperRecognizer:
    """A :class:`asr.recognition.Recognizer` on loaded weights."""

    def __init__(
        self,
        weights: Path,
        options: WhisperOptions | None = None,
        *,
        cuda_devices: Callable[[], int] = ctranslate2.get_cuda_device_count,
        load: Callable[..., Any] = WhisperModel,
    ) -> None:
        """Load the weights.

        Args:
            weights: a folder as :func:`asr.weights.find_weights` returns it.
            options: how to run.
            cuda_devices: counts the GPUs.
            load: builds the faster-whisper model.

        Raises:
            WhisperError: there is no such device, or the weights can't be loaded.
        """
        self.options = options or WhisperOptions()
        self.device, self.compute_type = choose_device(self.options, cuda_devices)
        try:
            self._whisper = load(
                str(weights),
                device=self.device,
                compute_type=self.compute_type,
                cpu_threads=self.options.cpu_threads,
                num_workers=self.options.workers,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise WhisperError(f"{weights}: can't be loaded on {self.device} ({reason})") from error
        self._tokenizers = {language: self._tokenizer(language) for language in LANGUAGES}

    def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
        """Whisper's own language probabilities, summed over the clips; see the Protocol."""
        scores: dict[Language, float] = dict.fromkeys(LANGUAGES, 0.0)
        if not clips:
            return scores
        for probabilities in self._whisper.model.detect_language(self._encoded(clips)):
            by_token = dict(probabilities)
            for language in LANGUAGES:
                scores[language] += by_token.get(f"<|{language}|>", 0.0)
        return scores

    def recognize(self, clips: Sequence[Mono], language: Language) -> list[Heard]:
        """See the Protocol; a clip whose text runs away is decoded again, alone and padded to 30 s."""
        if not clips:
            return []
        tokenizer = self._tokenizers[language]
        encoded = self._encoded(clips)
        seconds = max(clip.size for clip in clips) / SAMPLE_RATE_HZ
        decoded = self._generate(encoded, len(clips), tokenizer, _max_tokens(seconds))
        aligned = self._aligned(encoded, clips, decoded, tokenizer)
        heard = [_heard(d, a.words) for d, a in zip(decoded, aligned, strict=True)]
        return [
            self._again(clip, language, first) if _lost(clip, first, language) else first
            for clip, first in zip(clips, heard, strict=True)
        ]

    def _again(self, clip: Mono, language: Language, first: Heard) -> Heard:
        """The first attempt that does not run away, of :data:`RETRIES`; else the least repetitive."""
        tokenizer = self._tokenizers[language]
        encoded = self._encoded([clip], FULL_SECONDS)
        attempts = [first]
        for search in RETRIES:
            (decoded,) = self._generate(encoded, 1, tokenizer, _max_tokens(clip.size / SAMPLE_RATE_HZ), search)
            (aligned,) = self._aligned(encoded, [clip], [decoded], tokenizer)
            if "no_repeat_ngram_size" in search:
                decoded = replace(decoded, avg_logprob=aligned.avg_logprob)
            attempt = _heard(decoded, aligned.words)
            if not _lost(clip, attempt, language):
                return attempt
            attempts.append(attempt)
        return min(attempts, key=lambda attempt: attempt.compression_ratio)

    def _tokenizer(self, language: Language) -> Tokenizer:
        return Tokenizer(
            self._whisper.hf_tokenizer,
            self._whisper.model.is_multilingual,
            task="transcribe",
            language=language,
        )

    def _encoded(self, clips: Sequence[Mono], seconds: float = 0.0) -> ctranslate2.StorageView:
        """Encoder output of the clips, each followed by silence up to the longest of them and a tail."""
        longest = max(clip.size / SAMPLE_RATE_HZ for clip in clips)
        frames = round(min(max(longest + TAIL_SECONDS, seconds), FULL_SECONDS) * FRAMES_PER_SECOND)
        frames += frames % 2
        features = np.stack([self._features(clip, frames) for clip in clips])
        return self._whisper.encode(features)

    def _features(self, clip: Mono, frames: int) -> NDArray[np.float32]:
        samples = frames * SAMPLE_RATE_HZ // FRAMES_PER_SECOND
        filled = np.pad(clip[:samples], (0, max(samples - clip.size, 0)))
        return cast(NDArray[np.float32], self._whisper.feature_extractor(filled, padding=0)[:, :frames])

    def _generate(
        self,
        encoded: ctranslate2.StorageView,
        clips: int,
        tokenizer: Tokenizer,
        max_tokens: int,
        search: Mapping[str, int] | None = None,
    ) -> list[_Decoded]:
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        results = self._whisper.model.generate(
            encoded,
            [prompt] * clips,
            max_length=min(len(prompt) + max_tokens, MAX_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1]) or ()),
            **{"beam_size": self.options.beam_size, **(search or {})},
        )
        return [_decoded(result) for result in results]

    def _aligned(
        self,
        encoded: ctranslate2.StorageView,
        clips: Sequence[Mono],
        decoded: Sequence[_Decoded],
        tokenizer: Tokenizer,
    ) -> list[_Aligned]:
        tokens = [[t for t in d.tokens if t < tokenizer.eot] for d in decoded]
        frames = [min(c.size * FRAMES_PER_SECOND // SAMPLE_RATE_HZ + 20, encoded.shape[1] * 2) for c in clips]
        results = self._whisper.model.align(encoded, tokenizer.sot_sequence, tokens, frames, median_filter_width=7)
        return [
            _Aligned(_words(r, t, tokenizer), _avg_logprob(r)) if t else _Aligned()
            for r, t in zip(results, tokens, strict=True)
        ]


def _lost(clip: Mono, heard: Heard, language: Language) -> bool:
    return runs_away(heard, clip.size / SAMPLE_RATE_HZ, language)


def _max_tokens(seconds: float) -> int:
    """Enough for the fastest speaker; a loop ends there instead of at Whisper's own limit."""
    return 16 + round(seconds * TOKENS_PER_SECOND)


def _decoded(result: Any) -> _Decoded:
    tokens = list(result.sequences_ids[0])
    return _Decoded(
        tokens=tokens,
        avg_logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
        no_speech_prob=result.no_speech_prob,
    )


def _heard(decoded: _Decoded, words: tuple[Word, ...]) -> Heard:
    text = "".join(word.text for word in words).strip()
    return Heard(words, decoded.avg_logprob, decoded.no_speech_prob, compression_ratio(text) if text else 0.0)


def _avg_logprob(result: Any) -> float:
    return float(np.log(np.maximum(result.text_token_probs, np.finfo(np.float32).tiny)).mean())


def _words(result: Any, tokens: list[int], tokenizer: Tokenizer) -> tuple[Word, ...]:
    """Words of an alignment: a word starts where the attention jumps to its first token."""
    texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    text_at = np.array([pair[0] for pair in result.alignments])
    time_at = np.array([pair[1] for pair in result.alignments])
    jumps = np.pad(np.diff(text_at), (1, 0), constant_values=1).astype(bool)
    times_ms = time_at[jumps] * 20
    borders = np.concatenate([[0], np.cumsum([len(group) for group in groups[:-1]])])
    words: list[Word] = []
    for text, first, last in zip(texts, borders, borders[1:], strict=False):
        confidence = float(np.mean(result.text_token_probs[first:last]))
        words.append(Word(text, int(times_ms[first]), int(times_ms[last]), min(max(confidence, 0.0), 1.0)))
    return tuple(joined_words(words))


def joined_words(words: Sequence[Word]) -> list[Word]:
    """Punctuation joined to the word it belongs to, and parts of one Latin word to each other.

    A Latin word begins with a space, as the recognizer writes it; what begins without one goes on.
    """
    joined: list[Word] = []
    opening: Word | None = None
    for word in words:
        if opening is not None:
            word = _together(opening, word)
            opening = None
        if word.text.strip() in _PREPENDED and word.text.startswith(" "):
            opening = word
        elif joined and _continues(joined[-1].text, word.text):
            joined.append(_together(joined.pop(), word))
        else:
            joined.append(word)
    return joined if opening is None else [*joined, opening]


def _continues(before: str, text: str) -> bool:
    if not text.strip() or text in _APPENDED:
        return True
    # Latin text without a space before it goes on: "40" ",000", "twenty" "-five".
    return before[-1:].isascii() and text[0].isascii() and not text[0].isspace()


def _together(a: Word, b: Word) -> Word:
    if not b.text.strip("".join((_APPENDED, " "))):
        return Word(a.text + b.text, a.start_ms, max(a.end_ms, a.start_ms), a.confidence)
    confidence = (a.confidence * len(a.text) + b.confidence * len(b.text)) / max(len(a.text) + len(b.text), 1)
    return Word(a.text + b.text, a.start_ms, b.end_ms, confidence)
