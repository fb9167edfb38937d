"""Two texts of a procedure compared, in words: what is new, gone, or said otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from sop import aspects
from sop.aspects import Aspect, Names
from sop.card_comparison import CardDifference, StepDifference, card_differences, explain_card_difference
from sop.procedure import LANGUAGES, Criterion, Gate, Language, OwnEvent, Sop, Step, Wording

__all__ = [
    "CardDifference",
    "Difference",
    "Place",
    "StepDifference",
    "card_differences",
    "differences",
    "explain_card_difference",
    "in_words",
]

PlaceKind = Literal["sop", "step", "criterion", "event", "gate"]

_KINDS: Mapping[PlaceKind, Wording] = {
    "sop": Wording("流程", "the SOP"),
    "step": Wording("步骤", "step"),
    "criterion": Wording("要点", "point"),
    "event": Wording("事件", "event"),
    "gate": Wording("阶段门槛", "gate"),
}
_ADDED = Wording("新增", "new")
_REMOVED = Wording("删除", "removed")


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the document; ``id`` of a criterion is ``<step>.<criterion>``, of the SOP itself empty."""

    kind: PlaceKind
    id: str = ""

    def to(self, language: Language) -> str:
        """Such as ``step price_objection``."""
        return f"{_KINDS[self.kind].to(language)} {self.id}".strip()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said otherwise. ``aspect`` is the document's key, or "added", "removed", "moved".

    ``text`` says it without naming the place.
    """

    place: Place
    aspect: str
    text: Wording

    def to_json(self) -> dict[str, Any]:
        """The object in the list of ``clearcall sop diff --json``."""
        place = {"kind": self.place.kind, "id": self.place.id}
        return {"place": place, "aspect": self.aspect, "text": {"zh": self.text.zh, "en": self.text.en}}


def differences(old: Sop, new: Sop) -> tuple[Difference, ...]:
    """What ``new`` says otherwise, by place in the document's order; empty if and only if their contents are equal."""
    return tuple(_Comparison(old, new).all())


def in_words(found: Iterable[Difference], language: Language) -> tuple[str, ...]:
    """A line for each place, such as ``step price_objection: must now be answered within 3 turns; points 10 → 15``."""
    lines: dict[Place, list[str]] = {}
    for difference in found:
        lines.setdefault(difference.place, []).append(difference.text.to(language))
    colon, joint = ("：", "；") if language == "zh" else (": ", "; ")
    return tuple(f"{place.to(language)}{colon}{joint.join(texts)}" for place, texts in lines.items())


class _Comparison:
    """The walk over both procedures."""

    def __init__(self, old: Sop, new: Sop) -> None:
        self._old, self._new = old, new
        self._names = Names(
            {step.id: step.title for sop in (old, new) for step in sop.steps},
            {event: title for sop in (old, new) for event, title in sop.own_titles.items()},
        )

    def all(self) -> Iterator[Difference]:
        old, new, place = self._old, self._new, Place("sop")
        yield from self._fields(place, aspects.SOP, old, new)
        yield from self._fields(place, aspects.APPLIES_TO, old.applies_to, new.applies_to)
        yield from self._fields(place, aspects.REFUSAL, old.not_applicable, new.not_applicable)
        yield from self._fields(place, aspects.VOCABULARY, old.vocabulary, new.vocabulary)
        yield from self._events(old.events, new.events)
        yield from self._steps(old.steps, new.steps)
        yield from self._gates(old.gates, new.gates)

    def _events(self, old: Sequence[OwnEvent], new: Sequence[OwnEvent]) -> Iterator[Difference]:
        before, after = ({event.id: event for event in events} for events in (old, new))
        yield from self._matched("event", before, after)
        yield from self._moved("event", list(before), list(after))

    def _gates(self, old: Sequence[Gate], new: Sequence[Gate]) -> Iterator[Difference]:
        before, after = ({gate.stage: gate for gate in gates} for gates in (old, new))
        yield from self._matched("gate", before, after)
        yield from self._moved("gate", list(before), list(after))

    def _matched(self, kind: PlaceKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
        """Parts of the same id compared; those of one side only are new or gone."""
        for name in dict.fromkeys([*after, *before]):
            place = Place(kind, name)
            if name not in before:
                yield Difference(place, "added", self._titled(_ADDED, after[name].title))
            elif name not in after:
                yield Difference(place, "removed", self._titled(_REMOVED, before[name].title))
            elif kind == "step":
                yield from self._step(place, before[name], after[name])
            else:
                table = aspects.EVENT if kind == "event" else aspects.GATE
                yield from self._fields(place, table, before[name], after[name])

    def _steps(self, old: Sequence[Step], new: Sequence[Step]) -> Iterator[Difference]:
        before, after = ({step.id: step for step in steps} for steps in (old, new))
        yield from self._matched("step", before, after)
        yield from self._moved("step", list(before), list(after))

    def _moved(self, kind: PlaceKind, old: Sequence[str], new: Sequence[str], step: str = "") -> Iterator[Difference]:
        """Parts that stand elsewhere among those that both sides have."""
        before, after = [name for name in old if name in new], [name for name in new if name in old]
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        kept = {after[block.b + index] for block in blocks for index in range(block.size)}
        for index, name in enumerate(after):
            if name in kept:
                continue
            first = Wording("移到最前", "moved to the beginning")
            text = Wording(f"移到 {after[index - 1]} 之后", f"moved after {after[index - 1]}") if index else first
            yield Difference(Place(kind, f"{step}.{name}" if step else name), "moved", text)

    def _step(self, place: Place, old: Step, new: Step) -> Iterator[Difference]:
        yield from self._fields(place, aspects.STEP, old, new)
        yield from self._fields(place, aspects.WHEN, old.when, new.when)
        if len(old.criteria) == len(new.criteria) == 1:
            yield from self._only_criterion(place, old, new)
            return
        before, after = ({part.id: part for part in step.criteria} for step in (old, new))
        for name in dict.fromkeys([*after, *before]):
            part = Place("criterion", f"{place.id}.{name}")
            if name not in before:
                yield Difference(part, "added", self._titled(_ADDED, after[name].title))
            elif name not in after:
                yield Difference(part, "removed", self._titled(_REMOVED, before[name].title))
            else:
                yield from self._criterion(part, before[name], after[name])
        yield from self._moved("criterion", list(before), list(after), place.id)

    def _only_criterion(self, place: Place, old: Step, new: Step) -> Iterator[Difference]:
        """Of a step's only criterion everything is said of the step, as the document writes it."""
        before, after = old.criteria[0], new.criteria[0]
        own = (before.title, after.title) == (old.title, new.title)
        if before.id != after.id:
            yield Difference(place, "id", Wording(f"要点 {before.id} → {after.id}", f"point {before.id} → {after.id}"))
        yield from self._criterion(place, before, after, skip=("title",) if own else ())

    def _criterion(
        self, place: Place, old: Criterion, new: Criterion, skip: Sequence[str] = ()
    ) -> Iterator[Difference]:
        # An unwritten speaker follows from the event, and so does the name of what a criterion itself describes.
        told = ("any_of",) if old.statement and new.statement else ()
        table = {key: aspect for key, aspect in aspects.CRITERION.items() if key not in (*skip, *told)}
        if not old.answers and new.answers and new.answer_within_turns == old.answer_within_turns:
            yield from self._fields(place, {"answers": aspects.CRITERION["answers"]}, old, new)
            turns = new.answer_within_turns
            yield Difference(
                place,
                "answer_within_turns",
                Wording(f"要在 {turns} 轮内回应", _singular(f"must now be answered within {turns} turns")),
            )
            table.pop("answers")
        yield from self._fields(place, table, old, new)
        if old.statement and new.statement:
            said = {key: aspects.EVENT[key] for key in ("speakers", "examples", "counter_examples", "rule")}
            yield from self._fields(place, said, old.statement, new.statement)

    def _fields(self, place: Place, table: Mapping[str, Aspect], old: Any, new: Any) -> Iterator[Difference]:
        for key, aspect in table.items():
            before, after = getattr(old, key), getattr(new, key)
            if before != after:
                texts = (self._sentence(aspect, before, after, language) for language in LANGUAGES)
                yield Difference(place, key, Wording(*texts))

    def _sentence(self, aspect: Aspect, before: Any, after: Any, language: Language) -> str:
        if after == aspect.absent and aspect.removed is not None:
            template = aspect.removed
        elif before == aspect.absent and aspect.added is not None:
            template = aspect.added
        else:
            template = aspect.changed
        words = {"before": self._shown(aspect, before, language), "after": self._shown(aspect, after, language)}
        if isinstance(before, tuple) and "{plus}" in template.en:
            words = self._grown(aspect, before, after, language)
        return _singular(template.to(language).format_map(words))

    def _shown(self, aspect: Aspect, value: Any, language: Language) -> str:
        return "" if value is None else aspect.render(value, self._names, language)

    def _grown(
        self, aspect: Aspect, before: tuple[str, ...], after: tuple[str, ...], language: Language
    ) -> dict[str, str]:
        """What was added to a list and taken from it, or that it has another order."""
        joint = "，" if language == "zh" else "; "
        plus = self._part("+", [word for word in after if word not in before], aspect, language)
        minus = self._part("−", [word for word in before if word not in after], aspect, language)
        if not plus and not minus:
            plus = "顺序改变" if language == "zh" else "in another order"
        return {"plus": plus, "minus": f"{joint}{minus}" if plus and minus else minus}

    def _part(self, sign: str, words: Sequence[str], aspect: Aspect, language: Language) -> str:
        return f"{sign} {aspect.render(tuple(words), self._names, language)}" if words else ""

    def _titled(self, what: Wording, title: Wording) -> Wording:
        return Wording(f"{what.zh}（{title.zh}）", f"{what.en} ({title.en})")


def _singular(text: str) -> str:
    """English of one turn or day."""
    return text.replace(" 1 turns", " 1 turn").replace(" 1 days", " 1 day")
