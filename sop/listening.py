"""Which events of a procedure a call was tagged for, when it was tagged for another procedure or another version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sop.conditions import Shows, walk
from sop.events import EVENTS, KeyEvent, Tagging
from sop.own_events import events_hash
from sop.procedure import OwnEvent, Sop


@dataclass(frozen=True, slots=True)
class Listening:
    """What a tagging for one procedure says to another.

    ``unheard`` are the events that it can't call absent; ``stale`` those of them whose findings mean something else
    by now, so that they are no findings at all.
    """

    unheard: frozenset[str]
    stale: frozenset[str]

    def understood(self, tagging: Tagging) -> Tagging:
        """What of the tagging still counts."""
        return Tagging(self._kept(tagging.present), self._kept(tagging.doubtful)) if self.stale else tagging

    def _kept(self, found: tuple[KeyEvent, ...]) -> tuple[KeyEvent, ...]:
        return tuple(event for event in found if event.event not in self.stale)


def listening(sop: Sop, tagged_for: Sop | None) -> Listening:
    """What calls that were tagged for ``tagged_for`` (None: for the built-in events alone) say to ``sop``.

    An event of one's own was listened for if it is described there in the same way, and so is every event that its
    rule names. A built-in event that the documents describe otherwise keeps what was found of it.
    """
    wanted, known = _descriptions(sop), _descriptions(tagged_for) if tagged_for else {}
    changed = frozenset(event for event in {*wanted, *known} if wanted.get(event) != known.get(event))
    asked = frozenset(event for event in changed if event in EVENTS or event in wanted)
    return Listening(asked, frozenset(event for event in changed if event not in EVENTS))


def _descriptions(sop: Sop) -> Mapping[str, str]:
    """For each event that the document describes, a digest of all that its findings depend on."""
    # A rule sees built-in events as they are heard without help, and events of one's own that stand above it.
    digests: dict[str, str] = {}
    described: dict[str, list[OwnEvent]] = {}
    for event in sop.all_events:
        described.setdefault(event.id, []).append(event)
    for name, parts in described.items():
        named = {part.event for event in parts if event.rule for part in walk(event.rule) if isinstance(part, Shows)}
        digests[name] = "+".join(
            [events_hash(parts), *(digests.get(other, "") for other in sorted(named.difference(EVENTS)))]
        )
    return digests
