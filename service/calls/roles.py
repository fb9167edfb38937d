"""Who of a transcript's parties is the rep, as a person says it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr.transcript import Speaker, Transcript, Turn


class RolesError(Exception):
    """A wish about roles that this transcript cannot fulfil; the message says what can be asked."""


class NoSuchVoice(RolesError):
    """A voice that was not told apart in this transcript; both count from 0."""

    def __init__(self, voice: int, voices: Sequence[int]) -> None:
        known = ", ".join(str(number) for number in voices)
        told = f"the voices of this call are {known}" if known else "no voices were told apart in this call"
        super().__init__(f"rep_voice: no voice {voice}; {told}")
        self.voice = voice
        self.voices = voices


@dataclass(frozen=True, slots=True)
class Party:
    """Whoever speaks on a channel, or one of the voices that were told apart on it; both count from 0.

    Written "1", or "0.1" with the voice: so it is stored with what was read by it.
    """

    channel: int
    voice: int | None = None

    def __str__(self) -> str:
        return str(self.channel) if self.voice is None else f"{self.channel}.{self.voice}"

    @classmethod
    def of(cls, turn: Turn) -> Party:
        return cls(turn.channel, turn.voice)

    @classmethod
    def parse(cls, text: str) -> Party:
        """Read back what ``str`` wrote."""
        channel, _, voice = text.partition(".")
        return cls(int(channel), int(voice) if voice else None)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says of the roles: ``swapped`` against the machine's answer or not, or ``rep_voice``."""

    swapped: bool | None = None
    rep_voice: int | None = None

    def to_json(self) -> dict[str, bool | int]:
        """What is set of it, as the API takes it."""
        said = {"swapped": self.swapped, "rep_voice": self.rep_voice}
        return {name: value for name, value in said.items() if value is not None}


def parties(transcript: Transcript) -> tuple[Party, ...]:
    """All who may speak: the voices where they were told apart, else the channels."""
    heard = {Party.of(turn) for turn in transcript.turns}
    if all(party.voice is None for party in heard):
        return tuple(Party(number) for number in range(transcript.channels))
    return tuple(sorted(heard, key=lambda party: (party.channel, party.voice or 0)))


def rep_of(transcript: Transcript) -> Party | None:
    """The party whose turns are the rep's; None when that cannot be said of exactly one."""
    if any(turn.speaker == "unknown" for turn in transcript.turns):
        return None
    reps = {Party.of(turn) for turn in transcript.turns if turn.speaker == "rep"}
    silent = [party for party in parties(transcript) if all(Party.of(turn) != party for turn in transcript.turns)]
    if not reps and transcript.turns and len(silent) == 1:
        return silent[0]
    return reps.pop() if len(reps) == 1 else None


def other_of(transcript: Transcript, party: Party) -> Party | None:
    """The other one of two parties; None when there are not two."""
    others = [other for other in parties(transcript) if other != party]
    return others[0] if len(others) == 1 else None


def with_rep(transcript: Transcript, rep: Party | None) -> Transcript:
    """The transcript with this party as the rep and all others as customers; None leaves it as it is."""
    if rep is None:
        return transcript
    turns = tuple(replace(turn, speaker=speaker_of(Party.of(turn), rep)) for turn in transcript.turns)
    return replace(transcript, turns=turns, role_confidence=1.0)


def speaker_of(party: Party, rep: Party) -> Speaker:
    """What a party is called once the rep is known."""
    return "rep" if party == rep else "customer"


def wished_rep(transcript: Transcript, wish: Wish) -> Party | None:
    """The rep that a person wishes for in the machine's ``transcript``; None: as the machine says.

    Raises:
        RolesError: there is no such voice, or nothing that could be swapped.
    """
    if wish.rep_voice is not None:
        return _voice(transcript, wish.rep_voice)
    if not wish.swapped:
        return None
    rep = rep_of(transcript)
    other = other_of(transcript, rep) if rep else None
    if other is None:
        raise RolesError(_why_not(transcript))
    return other


def swap(transcript: Transcript, named: Party | None) -> Wish | None:
    """What to wish for to exchange the roles of the machine's ``transcript``, read with a ``named`` rep or as it
    is; None where they cannot be exchanged."""
    told = rep_of(transcript)
    current = named or told
    other = other_of(transcript, current) if current else None
    if other is None or not transcript.turns:
        return None
    if told is not None:
        return Wish(swapped=other != told)
    return Wish(rep_voice=other.voice)


def _voice(transcript: Transcript, number: int) -> Party:
    found = next((party for party in parties(transcript) if party.voice == number), None)
    if found is None:
        raise NoSuchVoice(number, [party.voice for party in parties(transcript) if party.voice is not None])
    return found


def _why_not(transcript: Transcript) -> str:
    if not transcript.turns:
        return "nobody speaks in this call, so there are no roles to swap"
    if len(parties(transcript)) < 2:
        return "only one voice is told apart in this call, so there are no roles to swap; process it again"
    return "who is the rep of this call is not known, or it has more than two voices: name the rep's voice instead"


def carried_rep(heard: Transcript, other: Transcript) -> Party | None:
    """Who the rep of ``heard`` is in another transcript of the same call; None when it cannot be told.

    Channels stay what they are. Voices are numbered anew by each transcription: the rep is the one that
    speaks most at the times of the rep's turns.
    """
    rep = rep_of(heard)
    if rep is None or len(parties(other)) < 2:
        return None
    if rep.voice is None and rep in parties(other):
        return rep
    spoken = dict.fromkeys(parties(other), 0)
    stretches = _united([turn for turn in heard.turns if turn.speaker == "rep"])
    starts = [start for start, _ in stretches]
    for turn in other.turns:
        spoken[Party.of(turn)] += _shared_ms(turn, stretches, starts)
    best = max(spoken, key=lambda party: spoken[party])
    return best if spoken[best] else None


def _united(turns: Sequence[Turn]) -> list[tuple[int, int]]:
    """The times in which any of the turns lasts, in order and apart."""
    united: list[tuple[int, int]] = []
    for start, end in sorted((turn.start_ms, turn.end_ms) for turn in turns):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _shared_ms(turn: Turn, stretches: Sequence[tuple[int, int]], starts: Sequence[int]) -> int:
    shared = 0
    for start, end in stretches[max(0, bisect_right(starts, turn.start_ms) - 1) :]:
        if start >= turn.end_ms:
            break
        shared += max(0, min(end, turn.end_ms) - max(start, turn.start_ms))
    return shared
