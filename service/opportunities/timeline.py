"""What happened to a deal over time, as marks in lanes: the CRM, what was done, calls, what was heard in them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from service.calls.views import CallRow, EventMark
from service.clock import clock
from service.web.families import FAMILIES, family_of
from service.web.formats import Formats
from service.web.translation import Translator

Kind = Literal["stage", "change", "approval", "action", "call", "heard"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a moment. ``lane`` is one of the timeline's, ``label`` stands beside it, ``detail`` is all of it.

    ``weight`` is how often it happened then.
    """

    lane: str
    kind: Kind
    at: str
    label: str
    detail: str
    href: str | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes from top to bottom, as (id, title), and the marks in them, in order of time."""

    lanes: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "lanes": [{"id": lane, "title": title} for lane, title in self.lanes],
            "marks": [asdict(mark) for mark in self.marks],
        }


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the CRM or a person did: ``title`` in words."""

    lane: Literal["crm", "done"]
    kind: Kind
    at: datetime
    title: str


def timeline(
    calls: Sequence[CallRow],
    happenings: Iterable[Happening],
    formats: Formats,
    t: Translator,
    own_titles: Mapping[str, str],
) -> Timeline:
    """The timeline; lanes without a mark are left out."""
    marks = [_happened(each, formats) for each in happenings]
    for call in calls:
        marks.append(_call(call, formats, t))
        marks.extend(_heard(call, formats, t, own_titles))
    marks.sort(key=lambda mark: mark.at)
    titles = {"crm": t("deal.lane_crm"), "done": t("deal.lane_done"), "calls": t("deal.lane_calls")}
    titles |= {family: t(f"deal.family_{family}") for family in (*FAMILIES, "own")}
    used = {mark.lane for mark in marks}
    return Timeline(tuple((lane, title) for lane, title in titles.items() if lane in used), tuple(marks))


def _happened(each: Happening, formats: Formats) -> Mark:
    detail = f"{formats.moment(each.at)} · {each.title}"
    return Mark(each.lane, each.kind, each.at.isoformat(), each.title, detail)


def _call(call: CallRow, formats: Formats, t: Translator) -> Mark:
    who = call.rep or t("call.rep_unknown")
    detail = f"{formats.moment(call.started_at)} · {who} · {formats.clock(call.duration_ms)}"
    if call.score is not None:
        detail += f"\n{t('score.exact', score=formats.score(call.score))}"
    label = formats.score(call.score) if call.score is not None else ""
    return Mark("calls", "call", call.started_at.isoformat(), label, detail, f"/calls/{call.id}")


def _heard(call: CallRow, formats: Formats, t: Translator, own_titles: Mapping[str, str]) -> Iterable[Mark]:
    by_family: defaultdict[str, list[EventMark]] = defaultdict(list)
    for event in call.events:
        by_family[family_of(event.event)].append(event)
    for family, events in by_family.items():
        lines = [f"{clock(e.start_ms)} {_named(e.event, t, own_titles)}: {_short(e.quote)}" for e in events[:4]]
        more = [f"+ {len(events) - 4}"] if len(events) > 4 else []
        yield Mark(
            lane=family,
            kind="heard",
            at=call.started_at.isoformat(),
            label="",
            detail="\n".join([formats.moment(call.started_at), *lines, *more]),
            href=f"/calls/{call.id}?t={events[0].start_ms}",
            weight=len(events),
        )


def _named(event: str, t: Translator, own_titles: Mapping[str, str]) -> str:
    return t(f"event.{event}") if f"event.{event}" in t else own_titles.get(event, event)


def _short(quote: str) -> str:
    return quote if len(quote) <= 60 else f"{quote[:59]}…"
