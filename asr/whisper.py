"""Whisper by CTranslate2: the one importer of faster-whisper and ctranslate2.

Clips are encoded at their own length and a second of silence, not filled up to 30 s as Whisper was trained: the
encoder's cost falls with the length, and the decoder's too, which looks at all of it for every token. What goes round
in circles is searched again the long way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from asr.alignment import aligned_words, mean_log_probability
from asr.chunks import length_class_ms
from asr.encoding import FRAME_MS, FULL_MS, POSITION_MS, TAIL_MS, Encoded, duration_ms, extended, own_ms, padded
from asr.guards import runs_away
from asr.hypotheses import MAX_TOKENS, Hypothesis, best_of, max_tokens, without_words
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.recognition import Heard
from asr.spelling import all_heard
from asr.transcript import LANGUAGES, Language, Word
from asr.whisper_options import WhisperError, WhisperOptions, choose_device

AGAIN_MS = 10_000
"""With so much silence after a clip, up to what Whisper was trained on, fewer searches run away."""
TRIAL_BATCHES = 8
PROMPTED: tuple[Language, ...] = ("en",)
"""Languages whose vocabulary is given to Whisper as text before a clip, beside a search without it: *base* then also
writes names that nobody says, which are believed only where the plain text is like them. In Mandarin that is most of
them; there :mod:`asr.vocabulary` goes by the sound alone."""
VOCABULARY_TOKENS = 96
"""So much of the vocabulary fits before a clip; what comes later in the list is left out."""
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


def on_gpu(options: WhisperOptions) -> bool:
    """Whether these options lead to a GPU on this machine."""
    return options.device != "cpu" and ctranslate2.get_cuda_device_count() > 0


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
        self._check_features(weights)
        self._tokenizers = {language: self._tokenizer(language) for language in LANGUAGES}

    def _check_features(self, weights: Path) -> None:
        wanted, made = self._whisper.model.n_mels, self._whisper.feature_extractor.mel_filters.shape[0]
        if wanted != made:
            raise WhisperError(
                f"{weights}: needs {wanted} mel bins, {made} would be computed; "
                "add the preprocessor_config.json of the weights to the folder"
            )

    @property
    def lanes(self) -> int:
        """See the Protocol."""
        return self.options.lanes or self.options.workers

    def seconds_of_trial(self) -> float:
        """How long a fixed piece of work takes with these options, on all workers; for choosing between options."""
        noise = np.random.default_rng(0).normal(0, 0.05, size=6 * SAMPLE_RATE_HZ).astype(np.float32)
        tokenizer = self._tokenizers["en"]

        def batch(_: int) -> None:
            self._generate(self._encoded([noise] * 3, 8_000), tokenizer, 2_000, {"beam_size": 1})

        with ThreadPoolExecutor(self.options.workers) as pool:
            list(pool.map(batch, range(self.options.workers)))
            started = time.perf_counter()
            list(pool.map(batch, range(TRIAL_BATCHES)))
            return time.perf_counter() - started

    def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
        """Whisper's own language probabilities, summed over the clips; see the Protocol."""
        scores: dict[Language, float] = dict.fromkeys(LANGUAGES, 0.0)
        for clip in clips:
            (encoded,) = self._encoded([clip], own_ms(clip))
            by_token = dict(self._whisper.model.detect_language(_view([encoded]))[0])
            for language in LANGUAGES:
                scores[language] += by_token.get(f"<|{language}|>", 0.0)
        return scores

    def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
        """See the Protocol."""
        answers: dict[int, Heard] = {}
        lengths = [length_class_ms(duration_ms(clip)) for clip in clips]
        for length_ms in sorted(set(lengths)):
            alike = [i for i, own in enumerate(lengths) if own == length_ms]
            heard = self._recognize([clips[i] for i in alike], length_ms, language, vocabulary)
            answers.update(zip(alike, heard, strict=True))
        return [answers[i] for i in range(len(clips))]

    def _recognize(
        self, clips: Sequence[Mono], length_ms: int, language: Language, vocabulary: Sequence[str]
    ) -> list[Heard]:
        """Clips of one length class."""
        tokenizer = self._tokenizers[language]
        names = vocabulary if language in PROMPTED else ()
        encoded = self._encoded(clips, length_ms + TAIL_MS)
        decoded = self._generate(encoded, tokenizer, length_ms, prompt=_prompt(tokenizer, names))
        if names:
            decoded = self._checked(decoded, encoded, tokenizer, length_ms, names)
        heard = self._heard(encoded, clips, decoded, tokenizer)
        return [
            self._again(clip, language, first) if _lost(clip, first.text, language) else first
            for clip, first in zip(clips, heard, strict=True)
        ]

    def _checked(
        self,
        prompted: Sequence[Hypothesis],
        encoded: Sequence[Encoded],
        tokenizer: Tokenizer,
        length_ms: int,
        names: Sequence[str],
    ) -> list[Hypothesis]:
        """What was heard with the names in mind; without them where it holds one that nobody else hears."""
        plain = self._generate(encoded, tokenizer, length_ms, {"beam_size": 1})
        invented = [i for i, one in enumerate(prompted) if not all_heard(names, one.text, plain[i].text)]
        believed = list(prompted)
        if invented:
            without = self._generate([encoded[i] for i in invented], tokenizer, length_ms)
            for i, one in zip(invented, without, strict=True):
                believed[i] = one
        return believed

    def _again(self, clip: Mono, language: Language, first: Heard) -> Heard:
        """The first attempt that does not run away, of :data:`RETRIES` with more silence; else the least repetitive."""
        tokenizer = self._tokenizers[language]
        length_ms = min(max(AGAIN_MS, 2 * duration_ms(clip)), FULL_MS)
        encoded = self._encoded([clip], length_ms, filled=True)
        attempts = [first]
        for search in RETRIES:
            decoded = self._generate(encoded, tokenizer, duration_ms(clip), search)
            forbids = "no_repeat_ngram_size" in search
            (attempt,) = self._heard(encoded, [clip], decoded, tokenizer, measure_again=forbids)
            if not _lost(clip, attempt.text, language):
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

    def _encoded(self, clips: Sequence[Mono], length_ms: int, filled: bool = False) -> list[Encoded]:
        """Encoder output of clips, all for ``length_ms``.

        A CPU encodes them one by one, since a batch falls out of its cache, and, if they are not to be ``filled`` with
        silence, each at its own length; what is missing is the last silent position over and over. A GPU takes them
        at once.
        """
        if self.device != "cpu":
            features = np.stack([self._features(clip, length_ms) for clip in clips])
            return list(_array(self._whisper.encode(features)))
        lengths = [length_ms if filled else min(own_ms(clip), length_ms) for clip in clips]
        own = [self._features(clip, length)[None] for clip, length in zip(clips, lengths, strict=True)]
        return [extended(_array(self._whisper.encode(f))[0], length_ms // POSITION_MS) for f in own]

    def _features(self, clip: Mono, length_ms: int) -> NDArray[np.float32]:
        features = self._whisper.feature_extractor(padded(clip, length_ms), padding=0)[:, : length_ms // FRAME_MS]
        return cast(NDArray[np.float32], features)

    def _generate(
        self,
        encoded: Sequence[Encoded],
        tokenizer: Tokenizer,
        duration_ms: int,
        search: Mapping[str, int] | None = None,
        prompt: Sequence[int] = (),
    ) -> list[Hypothesis]:
        start = [*prompt, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        results = self._whisper.model.generate(
            _view(encoded),
            [start] * len(encoded),
            max_length=min(len(start) + max_tokens(duration_ms), MAX_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1]) or ()),
            **{"beam_size": self.options.beam_size, **(search or {})},
        )
        return [best_of(result, tokenizer) for result in results]

    def _heard(
        self,
        encoded: Sequence[Encoded],
        clips: Sequence[Mono],
        decoded: Sequence[Hypothesis],
        tokenizer: Tokenizer,
        measure_again: bool = False,
    ) -> list[Heard]:
        """What was decoded, with the times of its words."""
        heard = [without_words(d) for d in decoded]
        for i, (d, clip) in enumerate(zip(decoded, clips, strict=True)):
            if d.tokens:
                frames = min(duration_ms(clip) // FRAME_MS + 20, 2 * len(encoded[i]))
                own = encoded[i][: own_ms(clip) // POSITION_MS]
                (result,) = self._whisper.model.align(
                    _view([own]), tokenizer.sot_sequence, [d.tokens], frames, median_filter_width=7
                )
                words: tuple[Word, ...] = aligned_words(result, d.tokens, tokenizer)
                logprob = mean_log_probability(result) if measure_again else d.avg_logprob
                heard[i] = replace(heard[i], words=words, avg_logprob=logprob)
        return heard


def _view(encoded: Sequence[Encoded]) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.stack(encoded))


def _array(view: ctranslate2.StorageView) -> NDArray[np.float32]:
    if view.device != "cpu":
        view = view.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
    return np.asarray(view, dtype=np.float32)


def _prompt(tokenizer: Tokenizer, vocabulary: Sequence[str]) -> list[int]:
    """The vocabulary as text that came before."""
    if not vocabulary:
        return []
    tokens: list[int] = tokenizer.encode(" " + ", ".join(vocabulary))
    return [tokenizer.sot_prev, *tokens[:VOCABULARY_TOKENS]]


def _lost(clip: Mono, text: str, language: Language) -> bool:
    return runs_away(text, clip.size / SAMPLE_RATE_HZ, language)
