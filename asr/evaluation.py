"""How well recordings are transcribed: word and character error rates against gold, with intervals.

Texts are compared after NFKC, in lower case, without noise marks and punctuation. English goes through the
Whisper normalizer, with "all right" and "OK" as one word with their other spellings, digits said one by one as one
number and "10 and a half" as 10.5, which is how it writes them where they are words, and is counted by word (WER);
Mandarin is folded to Simplified, its numbers are spelled out, and it is counted by character (CER). Errors are summed
and divided by the sum of reference words.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cn2an
import jiwer
import numpy as np
from opencc import OpenCC
from whisper_normalizer.english import EnglishTextNormalizer

from asr.transcript import LANGUAGES, Language, Transcript

AUDIO_SUFFIXES = (".ogg", ".flac", ".wav", ".mp3", ".m4a", ".amr", ".opus")
RESAMPLES = 2000
SEED = 20_240_601

_NOISE = re.compile(r"\[[^\]]*\]|<[^>]*>")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_DIGITS = re.compile(r"(?<![\d.:])\b\d(?:[, ]+\d)+\b(?!\.\d)")
_AND_A_HALF = re.compile(r"\b(\d+) and a half\b")
_SAME_WORD = ((re.compile(r"\ball right\b"), "alright"), (re.compile(r"\bok\b"), "okay"))
"""Spellings of one word that the Whisper normalizer keeps apart."""
_SAME_NUMBER = str.maketrans({"两": "二", "〇": "零"})


class EvaluationError(ValueError):
    """Gold that can't be used; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Edits that turn what was heard into the reference, and the length of the reference."""

    edits: int
    reference: int

    def plus(self, other: Errors) -> Errors:
        """Both together."""
        return Errors(self.edits + other.edits, self.reference + other.reference)

    @property
    def rate(self) -> float:
        """Edits per reference word (WER) or character (CER); 0 when there is nothing to hear."""
        return self.edits / self.reference if self.reference else 0.0


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call: errors by channel, and whether every channel was given its speaker."""

    call_id: str
    language: Language
    detected: Language
    channels: tuple[Errors, ...]
    roles_right: bool
    duration_ms: int
    seconds: float

    @property
    def errors(self) -> Errors:
        """All channels together."""
        return _sum(self.channels)

    def to_json(self) -> dict[str, Any]:
        """The object in the list ``calls`` of the report."""
        return {
            "call_id": self.call_id,
            "language": self.language,
            "detected": self.detected,
            "rate": round(self.errors.rate, 4),
            "edits": self.errors.edits,
            "reference": self.errors.reference,
            "channels": [round(errors.rate, 4) for errors in self.channels],
            "roles_right": self.roles_right,
            "duration_ms": self.duration_ms,
            "seconds": round(self.seconds, 2),
        }


@dataclass(frozen=True, slots=True)
class LanguageResult:
    """All calls of a language; ``low`` and ``high`` bound the rate's 95 % interval, by resampling calls."""

    language: Language
    calls: int
    errors: Errors
    low: float
    high: float
    real_time_factor: float

    def to_json(self) -> dict[str, Any]:
        """The object under the language's code in the report."""
        return {
            "measure": "CER" if self.language == "zh" else "WER",
            "calls": self.calls,
            "rate": round(self.errors.rate, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "edits": self.errors.edits,
            "reference": self.errors.reference,
            "real_time_factor": round(self.real_time_factor, 4),
        }


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What :func:`evaluate` found, calls in order of their file names."""

    calls: tuple[CallResult, ...]
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def languages(self) -> tuple[LanguageResult, ...]:
        """One result for each language that occurs."""
        by_language = {lang: [c for c in self.calls if c.language == lang] for lang in LANGUAGES}
        return tuple(_language_result(lang, calls) for lang, calls in by_language.items() if calls)

    @property
    def roles_right(self) -> int:
        """The number of calls whose roles are right."""
        return sum(call.roles_right for call in self.calls)

    def to_json(self) -> dict[str, Any]:
        """Rates by language and call; ``real_time_factor`` is processing time over duration."""
        return {
            "languages": {result.language: result.to_json() for result in self.languages},
            "roles_right": self.roles_right,
            "calls": [call.to_json() for call in self.calls],
            "failed": [{"file": file, "reason": reason} for file, reason in self.failed],
        }


def evaluate(
    folder: Path,
    transcribe: Callable[[Path], Transcript],
    progress: Callable[[float], None] | None = None,
) -> EvaluationReport:
    """Transcribe every recording of a folder that has its gold beside it as ``NAME.json``.

    A recording that can't be transcribed is reported as failed and counts as wholly missed.

    Raises:
        EvaluationError: the folder has no such recording, or a gold file is not as expected.
    """
    recordings = recordings_with_gold(folder)
    calls: list[CallResult] = []
    failed: list[tuple[str, str]] = []
    for done, recording in enumerate(recordings):
        gold = read_gold(recording.with_suffix(".json"))
        started = time.monotonic()
        try:
            heard = transcribe(recording)
        except (ValueError, RuntimeError) as error:
            failed.append((recording.name, str(error)))
            heard = Transcript(0, gold.language, len(gold.channels), ())
        calls.append(compare(gold, heard, time.monotonic() - started))
        if progress:
            progress((done + 1) / len(recordings))
    return EvaluationReport(tuple(calls), tuple(failed))


@dataclass(frozen=True, slots=True)
class Gold:
    """What was said, as people wrote it: ``channels`` names the speaker of each channel."""

    call_id: str
    language: Language
    channels: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]

    def text(self, speaker: str | None) -> str:
        """Everything one speaker says, or all of it."""
        return " ".join(text for who, text in self.turns if speaker in (None, who))


def recordings_with_gold(folder: Path) -> list[Path]:
    """Sound files with a JSON file of the same name, sorted.

    Raises:
        EvaluationError: there are none.
    """
    folder = Path(folder)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [f for f in files if f.suffix in AUDIO_SUFFIXES and f.with_suffix(".json").is_file()]
    if not found:
        raise EvaluationError(f"{folder}: no recording with gold; expected NAME.ogg with NAME.json beside it")
    return found


def read_gold(file: Path) -> Gold:
    """Read a gold file; turns without words (hold music) are left out.

    Raises:
        EvaluationError: it is not JSON, or a field is missing.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        turns = [t for t in document["turns"] if "text" in t]
        gold = Gold(
            call_id=str(document.get("call_id", file.stem)),
            language=document["language"],
            channels=tuple(document["channels"]),
            turns=tuple((t["speaker"], t["text"]) for t in sorted(turns, key=lambda t: t.get("start", 0))),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{file}: not a gold transcript ({type(error).__name__}: {error})") from error
    if gold.language not in LANGUAGES:
        raise EvaluationError(f"{file}: language: expected one of {', '.join(LANGUAGES)}, got {gold.language!r}")
    return gold


def compare(gold: Gold, heard: Transcript, seconds: float = 0.0) -> CallResult:
    """Errors of one call, channel by channel; a mono recording is compared as a whole."""
    if heard.channels == 1 or len(gold.channels) == 1:
        texts = {0: " ".join(turn.text for turn in heard.turns)}
        wanted: list[str | None] = [None]
    else:
        texts = {c: " ".join(t.text for t in heard.turns if t.channel == c) for c in range(len(gold.channels))}
        wanted = list(gold.channels)
    channels = tuple(count_errors(gold.text(who), texts[c], gold.language) for c, who in enumerate(wanted))
    return CallResult(
        call_id=gold.call_id,
        language=gold.language,
        detected=heard.language,
        channels=channels,
        roles_right=roles_right(gold, heard),
        duration_ms=heard.duration_ms,
        seconds=seconds,
    )


def roles_right(gold: Gold, heard: Transcript) -> bool:
    """Whether what each role is said to have said is nearer to that role's gold than to the other's."""
    roles = [role for role in ("rep", "customer") if any(turn.speaker == role for turn in heard.turns)]
    if not roles:
        return False
    straight = crossed = 0
    for role in roles:
        text = " ".join(turn.text for turn in heard.turns if turn.speaker == role)
        other = "customer" if role == "rep" else "rep"
        straight += count_errors(gold.text(role), text, gold.language).edits
        crossed += count_errors(gold.text(other), text, gold.language).edits
    return straight < crossed


def count_errors(reference: str, heard: str, language: Language) -> Errors:
    """Substitutions, deletions and insertions between two texts, both normalized."""
    wanted, got = tokens(reference, language), tokens(heard, language)
    if not wanted or not got:
        return Errors(max(len(wanted), len(got)), len(wanted))
    counted = jiwer.process_words(" ".join(wanted), " ".join(got))
    return Errors(counted.substitutions + counted.deletions + counted.insertions, len(wanted))


def tokens(text: str, language: Language) -> list[str]:
    """The words (English) or characters (Mandarin) that are compared."""
    plain = _NOISE.sub(" ", unicodedata.normalize("NFKC", text).lower())
    if language == "en":
        for spelling, usual in _SAME_WORD:
            plain = spelling.sub(usual, plain)
        plain = _AND_A_HALF.sub(r"\1.5", _DIGITS.sub(lambda said: re.sub(r"\D", "", said[0]), plain))
        return str(_english_normalizer()(plain)).split()
    return [c for c in _mandarin(plain) if not c.isspace()]


def _mandarin(text: str) -> str:
    simplified = "".join(_simplified(character) for character in text)
    spelled = cn2an.transform(_THOUSANDS.sub("", simplified), "an2cn")
    kept = "".join(c for c in spelled if unicodedata.category(c)[0] in "LNZ")
    return kept.translate(_SAME_NUMBER)


@lru_cache(maxsize=1)
def _english_normalizer() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


@lru_cache(maxsize=8192)
def _simplified(character: str) -> str:
    return str(_folding().convert(character))


@lru_cache(maxsize=1)
def _folding() -> OpenCC:
    return OpenCC("t2s")


def _sum(errors: Iterable[Errors]) -> Errors:
    total = Errors(0, 0)
    for one in errors:
        total = total.plus(one)
    return total


def _language_result(language: Language, calls: Sequence[CallResult]) -> LanguageResult:
    low, high = bootstrap_interval([call.errors for call in calls])
    audio_ms = sum(call.duration_ms for call in calls)
    return LanguageResult(
        language=language,
        calls=len(calls),
        errors=_sum(call.errors for call in calls),
        low=low,
        high=high,
        real_time_factor=1000 * sum(call.seconds for call in calls) / audio_ms if audio_ms else 0.0,
    )


def bootstrap_interval(calls: Sequence[Errors]) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the rate over calls drawn with replacement, with a fixed seed."""
    drawn = np.random.default_rng(SEED).integers(len(calls), size=(RESAMPLES, len(calls)))
    edits = np.array([call.edits for call in calls])[drawn].sum(axis=1)
    reference = np.array([call.reference for call in calls])[drawn].sum(axis=1)
    low, high = np.percentile(edits / np.maximum(reference, 1), [2.5, 97.5])
    return float(low), float(high)
