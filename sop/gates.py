"""Stage gates in the document: what must have been heard before an opportunity belongs in a stage."""

from __future__ import annotations

from typing import Any

from sop.fields import Section
from sop.own_events import KnownEvents
from sop.procedure import Gate, Wording

GATE_KEYS = ("stage", "title", "needs", "within_days")
MAX_DAYS = 3650


def read_gates(section: Section, known: KnownEvents) -> tuple[Gate, ...]:
    """The gates under ``gates`` of the document, one a stage, which may name the events of ``known``."""
    gates: list[Gate] = []
    for part in section.sections("gates", GATE_KEYS):
        gate = _gate(part, known)
        if gate.stage and gate.stage in [earlier.stage for earlier in gates]:
            part.note("stage", f"{gate.stage!r} has a gate already", "write both as one")
        gates.append(gate)
    return tuple(gates)


def _gate(section: Section, known: KnownEvents) -> Gate:
    section.require("stage", "name the opportunity's stage")
    section.require("needs", "list the events that must have been heard")
    stage = section.text("stage") or ""
    return Gate(
        stage=stage,
        title=section.wording("title") or Wording(stage, stage),
        needs=section.choices("needs", known.names, "event"),
        within_days=section.whole("within_days", 1, MAX_DAYS),
    )


def gate_document(gate: Gate) -> dict[str, Any]:
    """The gate as plain JSON values, without what is default."""
    document: dict[str, Any] = {"stage": gate.stage}
    if gate.title != Wording(gate.stage, gate.stage):
        wording = gate.title
        document["title"] = wording.zh if wording.zh == wording.en else {"zh": wording.zh, "en": wording.en}
    document["needs"] = list(gate.needs)
    if gate.within_days is not None:
        document["within_days"] = gate.within_days
    return document
