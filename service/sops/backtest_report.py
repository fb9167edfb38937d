"""What a back-test found, as values and as the JSON that pages draw and rows keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from nlp.evaluation.quality import Estimate, wilson
from sop.explanation import explain_reason
from sop.procedure import LANGUAGES, Sop, Step, Wording
from sop.reasons import Reason
from sop.scorecard import Outcome
from sop.trial import Example, Flip, FlipKind, GroupKind, Shift, SideTally, Tally


@dataclass(frozen=True, slots=True)
class Scores:
    """All scores under one procedure; ``histogram`` counts them in 20 bins of 5 points."""

    scored: int
    mean: float | None
    histogram: tuple[int, ...]

    @classmethod
    def of(cls, side: SideTally) -> Scores:
        return cls(side.scored, round(side.total / side.scored, 2) if side.scored else None, tuple(side.histogram))

    def to_json(self) -> dict[str, Any]:
        return {"scored": self.scored, "mean": self.mean, "histogram": list(self.histogram)}


@dataclass(frozen=True, slots=True)
class FlipExample:
    """A call that shows a flip, and the sentences before and after."""

    call_id: str
    before: Wording | None
    after: Wording | None

    def to_json(self) -> dict[str, Any]:
        return {"call_id": self.call_id, "before": _wording(self.before), "after": _wording(self.after)}


@dataclass(frozen=True, slots=True)
class StepFlip:
    """In how many calls a step came out otherwise in one way; None where there was or is no such step."""

    before: Outcome | None
    after: Outcome | None
    calls: int
    examples: tuple[FlipExample, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.before,
            "to": self.after,
            "calls": self.calls,
            "examples": [example.to_json() for example in self.examples],
        }


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the reviewed moments by which a step was met people found there, with its 95 % interval."""

    confirmed: int
    rejected: int
    share: Estimate

    @classmethod
    def of(cls, side: SideTally, step: str) -> Precision | None:
        confirmed, rejected = side.confirmed[step], side.rejected[step]
        reviewed = confirmed + rejected
        return cls(confirmed, rejected, wilson(confirmed / reviewed, reviewed)) if reviewed else None

    def to_json(self) -> dict[str, Any]:
        share = self.share
        return {
            "confirmed": self.confirmed,
            "rejected": self.rejected,
            "precision": round(share.value, 4),
            "low": round(share.low, 4),
            "high": round(share.high, 4),
        }


@dataclass(frozen=True, slots=True)
class StepChange:
    """One step: its flips, the most frequent first, and how right it is where people have reviewed."""

    step: str
    title: Wording
    flips: tuple[StepFlip, ...]
    precision_before: Precision | None
    precision_after: Precision | None

    @property
    def flipped(self) -> int:
        """In how many calls it came out otherwise."""
        return sum(flip.calls for flip in self.flips)

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "title": _wording(self.title),
            "flipped": self.flipped,
            "flips": [flip.to_json() for flip in self.flips],
            "precision": {
                "before": self.precision_before.to_json() if self.precision_before else None,
                "after": self.precision_after.to_json() if self.precision_after else None,
            },
        }


@dataclass(frozen=True, slots=True)
class GroupShift:
    """The mean scores of a rep's, team's or opportunity's calls that have one under both procedures."""

    key: str
    name: str
    calls: int
    before: float
    after: float

    @property
    def shift(self) -> float:
        """Points won or lost, on the mean."""
        return round(self.after - self.before, 2)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": self.name,
            "calls": self.calls,
            "before": self.before,
            "after": self.after,
            "shift": self.shift,
        }


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """A draft's scores on stored calls, beside those of what it is to replace.

    Of ``calls``, ``unscored`` ones have a score under neither; ``left_out`` are in a language that the draft is not
    for. ``mean_shift`` and ``median_shift`` are over calls scored under both; None where there are none, or nothing to
    compare with. ``unknown_before`` and ``unknown_after`` are the shares of the points of steps that apply which can't
    be told. ``unheard`` are events that so many calls were never tagged for; ``tagged`` calls were tagged again.
    """

    calls: int
    left_out: int
    runtime_s: float
    unchanged: int
    changed: int
    unscored: int
    before: Scores | None
    after: Scores
    mean_shift: float | None
    median_shift: float | None
    unknown_before: float | None
    unknown_after: float | None
    steps: tuple[StepChange, ...]
    reps: tuple[GroupShift, ...]
    teams: tuple[GroupShift, ...]
    opportunities: tuple[GroupShift, ...]
    unheard: Mapping[str, int]
    tagged: int = 0

    @property
    def flips(self) -> int:
        """How often a step came out otherwise."""
        return sum(step.flipped for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """What ``clearcall sop backtest --json`` prints and the page draws."""
        return {
            "calls": self.calls,
            "left_out": self.left_out,
            "runtime_s": round(self.runtime_s, 2),
            "unchanged": self.unchanged,
            "changed": self.changed,
            "unscored": self.unscored,
            "flips": self.flips,
            "scores": {"before": self.before.to_json() if self.before else None, "after": self.after.to_json()},
            "shift": {"mean": self.mean_shift, "median": self.median_shift},
            "unknown": {"before": self.unknown_before, "after": self.unknown_after},
            "steps": [step.to_json() for step in self.steps],
            "reps": [group.to_json() for group in self.reps],
            "teams": [group.to_json() for group in self.teams],
            "opportunities": [group.to_json() for group in self.opportunities],
            "unheard": dict(self.unheard),
            "tagged": self.tagged,
        }


def report(
    tally: Tally,
    draft: Sop,
    against: Sop | None,
    names: Mapping[GroupKind, Mapping[str, str]],
    *,
    left_out: int,
    tagged: int,
    runtime_s: float,
) -> BacktestReport:
    """The report of a tally; ``names`` are those of reps, teams and opportunities by their ids."""
    return BacktestReport(
        calls=tally.calls,
        left_out=left_out,
        runtime_s=runtime_s,
        unchanged=tally.unchanged,
        changed=tally.changed,
        unscored=tally.unscored,
        before=Scores.of(tally.before) if against else None,
        after=Scores.of(tally.after),
        mean_shift=round(fmean(tally.shifts), 2) if tally.shifts else None,
        median_shift=round(median(tally.shifts), 2) if tally.shifts else None,
        unknown_before=_unknown(tally.before) if against else None,
        unknown_after=_unknown(tally.after),
        steps=tuple(_steps(tally, draft, against)),
        reps=_groups(tally, "rep", names),
        teams=_groups(tally, "team", names),
        opportunities=_groups(tally, "opportunity", names),
        unheard=dict(sorted(tally.unheard.items())),
        tagged=tagged,
    )


def _unknown(side: SideTally) -> float | None:
    return round(side.unknown_points / side.points, 4) if side.points else None


def _steps(tally: Tally, draft: Sop, against: Sop | None) -> Sequence[StepChange]:
    """Every step of both, in the draft's order, those that are gone last."""
    steps: dict[str, Step] = {step.id: step for sop in (draft, against) if sop for step in reversed(sop.steps)}
    order = dict.fromkeys([*(step.id for step in draft.steps), *(step.id for step in (against or draft).steps)])
    words = _Words(draft, against)
    return [
        StepChange(
            step=name,
            title=words.titles.get(name, steps[name].title),
            flips=words.flips(name, tally.flips),
            precision_before=Precision.of(tally.before, name) if against else None,
            precision_after=Precision.of(tally.after, name),
        )
        for name in order
    ]


class _Words:
    """The sentences of reasons, in both languages."""

    def __init__(self, draft: Sop, against: Sop | None) -> None:
        sops = [sop for sop in (against, draft) if sop]
        self.titles = {step.id: step.title for sop in sops for step in sop.steps}
        self.events = {event: title for sop in sops for event, title in sop.own_titles.items()}

    def flips(self, step: str, flips: Mapping[FlipKind, Flip]) -> tuple[StepFlip, ...]:
        found = [
            StepFlip(before, after, flip.calls, tuple(self._example(example) for example in flip.examples))
            for (name, before, after), flip in flips.items()
            if name == step
        ]
        return tuple(sorted(found, key=lambda flip: (-flip.calls, str(flip.before), str(flip.after))))

    def _example(self, example: Example) -> FlipExample:
        return FlipExample(example.call_id, self._sentence(example.before), self._sentence(example.after))

    def _sentence(self, reason: Reason | None) -> Wording | None:
        if reason is None:
            return None
        return Wording(*(explain_reason(reason, language, self.titles, self.events) for language in LANGUAGES))


def _groups(tally: Tally, kind: GroupKind, names: Mapping[GroupKind, Mapping[str, str]]) -> tuple[GroupShift, ...]:
    """The groups by the size of their shift."""
    found = [_group(key, names[kind].get(key, key), shift) for (of, key), shift in tally.groups.items() if of == kind]
    return tuple(sorted(found, key=lambda group: (-abs(group.shift), group.name, group.key)))


def _group(key: str, name: str, shift: Shift) -> GroupShift:
    return GroupShift(key, name, shift.calls, round(shift.before / shift.calls, 2), round(shift.after / shift.calls, 2))


def _wording(words: Wording | None) -> dict[str, str] | None:
    return None if words is None else {"zh": words.zh, "en": words.en}
