"""The standard operating procedure as frozen values: what a good call does, in order, and its worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sop.conditions import Keywords, Rule
from sop.dimensions import Dimension
from sop.events import EVENT_SPEAKERS, EVENTS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Direction = Literal["inbound", "outbound"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound")

DEFAULT_POINTS = 10.0
DEFAULT_ANSWER_TURNS = 3
"""A seller may first acknowledge, then ask back, then answer."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text people read, in Chinese and English."""

    zh: str
    en: str

    def to(self, language: Language) -> str:
        """The text in ``language``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Condition:
    """``when``: a step is demanded only if one of ``heard`` and none of ``not_heard`` occurs in the call.

    It may also ask for a follow-up call (True) or a first one (False), for one of ``directions``, for one of the
    opportunity's ``stages``. None and an empty tuple ask for nothing. A step that is not demanded can't be missed.
    """

    heard: tuple[str, ...] = ()
    not_heard: tuple[str, ...] = ()
    follow_up: bool | None = None
    directions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """A key event of one's own, or what adds to a built-in one.

    It is known by ``examples`` of what ``speakers`` say, set off against ``counter_examples``, by a ``rule``, or by
    both. An ``id`` of :data:`sop.events.EVENTS` adds evidence to that event, whose title and speakers stay.
    """

    id: str
    title: Wording
    speakers: frozenset[str]
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    rule: Rule | None = None

    @property
    def is_built_in(self) -> bool:
        """Whether it adds to a built-in event."""
        return self.id in EVENTS


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to hear in the call.

    One of the events ``any_of``, said by one of ``speakers``, in at least ``min_count`` separate stretches of
    talk, at most ``within_first_s`` seconds after the call's first word, at most ``before_end_s`` seconds before its
    last, and after the first moment of ``after_step``.

    With ``answers`` the events ``any_of`` are replies instead: every event in ``answers`` must be followed
    by one within the next ``answer_within_turns`` turns of the speakers who answer.

    Where the criterion says itself what is to be heard, that is its ``statement``, the only one of ``any_of``.

    ``weight`` (> 0) is the criterion's part of its step's points, relative to its neighbours.
    """

    id: str
    title: Wording
    any_of: tuple[str, ...]
    speakers: frozenset[str]
    weight: float = 1.0
    min_count: int = 1
    within_first_s: int | None = None
    after_step: str | None = None
    answers: tuple[str, ...] = ()
    answer_within_turns: int = DEFAULT_ANSWER_TURNS
    before_end_s: int | None = None
    statement: OwnEvent | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``points`` (>= 0) shared by its ``criteria`` (at least one).

    A step that is not ``required`` earns its points when it is met and costs nothing when it is not. A call that
    surely misses an ``auto_fail`` step scores 0. ``dimensions`` share the points between what was covered and how;
    without any, points covered are all that counts.
    """

    id: str
    title: Wording
    criteria: tuple[Criterion, ...]
    points: float = DEFAULT_POINTS
    required: bool = True
    when: Condition = field(default_factory=Condition)
    auto_fail: bool = False
    dimensions: tuple[Dimension, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """Calls that get no score at all.

    Those shorter than ``shorter_than_s`` seconds, those in which one of ``heard`` occurs, and, with ``follow_up``,
    those that follow up on an earlier call.
    """

    shorter_than_s: int | None = None
    heard: tuple[str, ...] = ()
    follow_up: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of the trade: ``hotwords`` to help transcription, names of ``competitors`` to recognise.

    ``price_terms`` are words by which people speak of the price.
    """

    hotwords: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    price_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applicability:
    """``applies_to``: the calls a procedure is meant for besides its languages; an empty tuple means all.

    Teams, stages and call types are compared without regard to case.
    """

    teams: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    call_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """What must have been heard in an opportunity's calls before it belongs in ``stage``.

    Every one of the events ``needs``, within the last ``within_days`` days; None for however long ago.
    """

    stage: str
    title: Wording
    needs: tuple[str, ...]
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Sop:
    """A procedure: ``steps`` in their order, for calls in one of ``languages``.

    ``events`` are those written as such: those of one's own, and what is added to built-in ones. ``gates`` are what
    opportunities are checked by; scoring does not read them.
    """

    name: str
    title: Wording
    languages: tuple[Language, ...]
    steps: tuple[Step, ...]
    not_applicable: NotApplicable = field(default_factory=NotApplicable)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    events: tuple[OwnEvent, ...] = ()
    applies_to: Applicability = field(default_factory=Applicability)
    gates: tuple[Gate, ...] = ()

    @property
    def implicit_events(self) -> tuple[OwnEvent, ...]:
        """The statements of the criteria, each an event of its own by the id ``<step>.<criterion>``."""
        return tuple(part.statement for step in self.steps for part in step.criteria if part.statement is not None)

    @property
    def all_events(self) -> tuple[OwnEvent, ...]:
        """What tagging listens for besides the built-in events, and what it knows of these from the document."""
        return (*self.events, *self._price_talk, *self.implicit_events)

    @property
    def _price_talk(self) -> tuple[OwnEvent, ...]:
        if not self.vocabulary.price_terms:
            return ()
        name = "price_discussion"
        rule = Keywords(any_of=self.vocabulary.price_terms)
        return (OwnEvent(name, Wording(name, name), EVENT_SPEAKERS[name], rule=rule),)

    @property
    def event_speakers(self) -> Mapping[str, frozenset[str]]:
        """Who can show each event: the built-in ones by the guide, one's own as the document says."""
        return {**EVENT_SPEAKERS, **{event.id: event.speakers for event in self.all_events}}

    @property
    def own_titles(self) -> Mapping[str, Wording]:
        """The titles of the events of one's own and of statements, by id; built-in events are not among them."""
        return {event.id: event.title for event in self.all_events if not event.is_built_in}

    def step(self, step_id: str) -> Step:
        """The step of that id; KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def words_in(self, language: Language) -> tuple[str, ...]:
        """The vocabulary's words, each once, for calls in ``language``; none if the procedure is not for them."""
        words = (*self.vocabulary.hotwords, *self.vocabulary.competitors)
        return tuple(dict.fromkeys(words)) if language in self.languages else ()


def default_speakers(events: Iterable[str], speakers: Mapping[str, frozenset[str]] = EVENT_SPEAKERS) -> frozenset[str]:
    """Everyone who can show one of ``events``; ``speakers`` says who can show each."""
    return frozenset[str]().union(*(speakers[event] for event in events))
