"""What changed between two documents, and between two cards of one call, in a reader's words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from service.sops.cards import SopCard
from sop.comparison import Place, card_differences, differences, explain_card_difference
from sop.procedure import Language, Sop


@dataclass(frozen=True, slots=True)
class Change:
    """What is said otherwise of one ``place``; its title is empty for the SOP as a whole."""

    place: str
    text: str


def changed(old: Sop, new: Sop, language: str) -> tuple[Change, ...]:
    """The differences of ``new`` to ``old`` by place, in words of ``language`` ("zh" or "en")."""
    to = cast(Language, language)
    texts: dict[Place, list[str]] = {}
    for difference in differences(old, new):
        texts.setdefault(difference.place, []).append(difference.text.to(to))
    joint = "；" if language == "zh" else "; "
    return tuple(Change(_title(place, (new, old), to), joint.join(found)) for place, found in texts.items())


def _title(place: Place, sops: tuple[Sop, ...], language: Language) -> str:
    """The title of a place in the first document that has it; its id where none has."""
    titles: dict[Place, str] = {Place("sop"): ""}
    for sop in reversed(sops):
        titles |= {Place("event", event.id): event.title.to(language) for event in sop.all_events}
        titles |= {Place("gate", gate.stage): gate.title.to(language) for gate in sop.gates}
        for step in sop.steps:
            title = step.title.to(language)
            titles[Place("step", step.id)] = title
            for part in step.criteria:
                titles[Place("criterion", f"{step.id}.{part.id}")] = f"{title} · {part.title.to(language)}"
    return titles.get(place, place.id)


def card_changes(old: SopCard, new: SopCard, language: str) -> str:
    """By how much a call's score moved and because of which steps; empty where both cards say the same."""
    found = card_differences(old.card, new.card)
    if not found.steps and found.before == found.after:
        return ""
    sops = [card.sop for card in (old, new) if card.sop]
    titles = {step.id: step.title for sop in sops for step in sop.steps}
    events = {event: title for sop in sops for event, title in sop.own_titles.items()}
    return explain_card_difference(found, cast(Language, language), titles, events)
