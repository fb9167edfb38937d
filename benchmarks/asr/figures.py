"""What the runs of an engine come to: speed, memory, error rates, loops, and engines side by side. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asr.evaluation import Errors, Gold, bootstrap_interval, count_errors, tokens
from asr.transcript import LANGUAGES, Language

LOOP_ROUNDS = 4
LOOP_TOKENS = 8
"""A loop says one thing at least so many times on end, and so many words or characters altogether."""
LONGEST_ROUND = 20


@dataclass(frozen=True, slots=True)
class Timed:
    """One recording through one engine; ``texts`` by channel."""

    file: str
    audio_s: float
    seconds: float
    cpu_s: float
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """An engine over a list of recordings, in one process."""

    recordings: tuple[Timed, ...]
    peak_mb: float

    def of(self, files: Sequence[str]) -> Pass:
        """The same, of some recordings only."""
        return Pass(tuple(r for r in self.recordings if r.file in files), self.peak_mb)

    @property
    def speed(self) -> float:
        """Seconds of recording for each second of work."""
        return sum(r.audio_s for r in self.recordings) / sum(r.seconds for r in self.recordings)

    @property
    def speed_by_cpu(self) -> float:
        """Seconds of recording for each second of one core."""
        return sum(r.audio_s for r in self.recordings) / sum(r.cpu_s for r in self.recordings)


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors over reference, with the 95 % interval by resampling calls."""

    errors: Errors
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Rounded."""
        return {"rate": round(self.errors.rate, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True, slots=True)
class Accuracy:
    """An engine's texts against gold: rates by language, the worst channel, and the channels that loop."""

    rates: Mapping[Language, Rate]
    worst: tuple[str, int, float]
    loops: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about one engine; ``speeds`` are those of the repeated passes, over the same recordings."""

    engine: str
    speeds: tuple[float, ...]
    cpu_speeds: tuple[float, ...]
    peak_mb: float
    accuracy: Accuracy

    @property
    def speed(self) -> float:
        """The median."""
        return statistics.median(self.speeds)

    def to_json(self) -> dict[str, Any]:
        """The object in the list ``engines`` of the report."""
        file, channel, rate = self.accuracy.worst
        return {
            "engine": self.engine,
            "speed": round(self.speed, 2),
            "speeds": [round(speed, 2) for speed in self.speeds],
            "cpu_speeds": [round(speed, 2) for speed in self.cpu_speeds],
            "peak_mb": round(self.peak_mb),
            "rates": {language: rate.to_json() for language, rate in self.accuracy.rates.items()},
            "worst_channel": {"file": file, "channel": channel, "rate": round(rate, 3)},
            "loops": [{"file": file, "channel": channel} for file, channel in self.accuracy.loops],
        }


def figures(engine: str, passes: Sequence[Pass], timed: Sequence[str], gold: Mapping[str, Gold]) -> Figures:
    """The first pass is over all recordings and gives the accuracy; all give the speed over the ``timed`` ones."""
    same = [one.of(timed) for one in passes]
    return Figures(
        engine=engine,
        speeds=tuple(one.speed for one in same),
        cpu_speeds=tuple(one.speed_by_cpu for one in same),
        peak_mb=max(one.peak_mb for one in passes),
        accuracy=accuracy(passes[0].recordings, gold),
    )


def accuracy(recordings: Sequence[Timed], gold: Mapping[str, Gold]) -> Accuracy:
    """Channel by channel; a mono answer for two channels counts as an answer for the first."""
    by_channel = {
        (r.file, channel): _channel_errors(r, channel, gold[r.file])
        for r in recordings
        for channel in range(len(gold[r.file].channels))
    }
    rates = {}
    for language in LANGUAGES:
        files = [r.file for r in recordings if gold[r.file].language == language]
        calls = [_sum([e for (file, _), e in by_channel.items() if file == own]) for own in files]
        if calls:
            rates[language] = Rate(_sum(calls), *bootstrap_interval(calls))
    (file, channel), worst = max(by_channel.items(), key=lambda item: item[1].rate)
    loops = tuple(
        (r.file, channel)
        for r in recordings
        for channel, text in enumerate(r.texts)
        if loops_in(text, gold[r.file].language)
        and not loops_in(gold[r.file].text(gold[r.file].channels[channel]), gold[r.file].language)
    )
    return Accuracy(rates, (file, channel, worst.rate), loops)


def loops_in(text: str, language: Language) -> bool:
    """Whether a text says one thing over and over."""
    said = tokens(text, language)
    return any(_loop_at(said, at) for at in range(len(said)))


def ratios(ours: Figures, peer: Figures) -> dict[str, Any]:
    """Ours against one peer: speed, pass by pass and by the medians, and the error rates."""
    pairs = [a / b for a, b in zip(ours.speeds, peer.speeds, strict=True)]
    mine, theirs = ours.accuracy.rates, peer.accuracy.rates
    return {
        "peer": peer.engine,
        "speed": round(ours.speed / peer.speed, 2),
        "speed_by_pass": [round(pair, 2) for pair in pairs],
        "cpu": round(statistics.median(ours.cpu_speeds) / statistics.median(peer.cpu_speeds), 2),
        "errors": {
            language: round(rate.errors.rate / theirs[language].errors.rate, 2)
            for language, rate in mine.items()
            if theirs[language].errors.rate
        },
    }


def _channel_errors(recording: Timed, channel: int, gold: Gold) -> Errors:
    heard = recording.texts[channel] if channel < len(recording.texts) else ""
    return count_errors(gold.text(gold.channels[channel]), heard, gold.language)


def _loop_at(said: Sequence[str], at: int) -> bool:
    for length in range(1, LONGEST_ROUND + 1):
        rounds = 1
        while said[at + rounds * length : at + (rounds + 1) * length] == said[at : at + length]:
            rounds += 1
            if rounds >= LOOP_ROUNDS and rounds * length >= LOOP_TOKENS:
                return True
    return False


def _sum(errors: Sequence[Errors]) -> Errors:
    total = Errors(0, 0)
    for one in errors:
        total = total.plus(one)
    return total
