"""Gaps and violations as plain JSON values with their words, for the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from service.opportunities.answers import Answer
from service.opportunities.figures import Group, Money
from service.opportunities.gaps import DealGap, DealProof
from sop.deals.condition_document import condition_document
from sop.deals.facts import EventFact
from sop.deals.gates import GateResult, Verdict
from sop.deals.violations import Violation
from sop.deals.wording import explain_gap, explain_verdict, explain_violation
from sop.procedure import Wording

MOST_EVIDENCE = 10
"""How many moments prove a verdict; more are counted and not listed."""
_NOTHING = Decimal("0.00")


def gap_json(proof: DealProof) -> dict[str, Any]:
    """The deal's gap with every gate, verdict and quote."""
    gap = proof.deal.gap
    return {
        **_head(proof.deal),
        "gates": [_gate_json(result) for result in gap.gates],
        "missing": [verdict.condition.id for verdict in gap.missing],
    }


def line_json(deal: DealGap) -> dict[str, Any]:
    """The deal as one line of a list: without its gates, with the words of what is missing."""
    missing = [_words_of(verdict) for verdict in deal.gap.missing]
    return {**_head(deal), "missing": missing}


def group_json(group: Group) -> dict[str, Any]:
    """A rep's or a team's deals; money by currency, under an empty name where no currency is given.

    Each currency in which a deal says what it is worth is in both sums, with 0.00 where they come to nothing.
    """
    found = group.figures
    return {
        "id": str(group.id) if group.id else None,
        "name": group.name,
        "deals": found.deals,
        "with_gap": found.with_gap,
        "stages": found.stages,
        "amount": _money(found.amount, found.currencies),
        "at_risk": _money(found.at_risk, found.currencies),
    }


def violations_json(proof: DealProof) -> list[dict[str, Any]]:
    """The deal's violations, oldest first, each with its words, its evidence and the answer to it."""
    told = proof.answers
    return [_violation_json(proof.deal, violation, told.get(violation.key)) for violation in proof.violations]


def answer_json(answer: Answer) -> dict[str, Any]:
    """What a person said of a violation."""
    return {"state": answer.state, "text": answer.text, "by": answer.by, "at": answer.at.isoformat()}


def shown_evidence(events: Sequence[EventFact]) -> tuple[EventFact, ...]:
    """The surest of the events, at most :data:`MOST_EVIDENCE`, in order of time."""
    surest = sorted(events, key=lambda event: (-event.confidence, event.order))[:MOST_EVIDENCE]
    return tuple(sorted(surest, key=lambda event: event.order))


def _head(deal: DealGap) -> dict[str, Any]:
    gap = deal.gap
    words = Wording(*(explain_gap(gap, deal.pipeline, to, deal.currency) for to in ("zh", "en")))
    return {
        "opportunity": deal.external_id,
        "name": deal.name,
        "account": deal.account,
        "owner": deal.owner,
        "team": deal.team,
        "pipeline": deal.pipeline.id,
        "outcome": deal.outcome,
        "claimed": gap.claimed,
        "verified": gap.verified,
        "possible": gap.possible,
        "stages": gap.stages,
        "unsure": gap.unsure,
        "amount": _sum(gap.amount),
        "currency": deal.currency,
        "at_risk": _sum(gap.at_risk),
        "words": _both(words),
    }


def _gate_json(result: GateResult) -> dict[str, Any]:
    return {
        "stage": result.stage.id,
        "title": _both(result.stage.title),
        "outcome": result.outcome,
        "verdicts": [_verdict_json(verdict) for verdict in result.verdicts],
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.condition.id,
        "title": _both(verdict.condition.title),
        "condition": condition_document(verdict.condition),
        "outcome": verdict.outcome,
        "reason": verdict.reason.to_json(),
        "words": _words_of(verdict),
        "evidence": [_event_json(event) for event in shown_evidence(verdict.evidence)],
        "evidence_count": len(verdict.evidence),
        "parts": [_verdict_json(part) for part in verdict.parts],
    }


def _violation_json(deal: DealGap, violation: Violation, answer: Answer | None) -> dict[str, Any]:
    words = Wording(*(explain_violation(violation, deal.pipeline, to) for to in ("zh", "en")))
    return {
        "key": violation.key,
        "kind": violation.kind,
        "at": violation.at.isoformat(),
        "reason": violation.reason.to_json(),
        "words": _both(words),
        "evidence": [_event_json(event) for event in shown_evidence(violation.evidence)],
        "evidence_count": len(violation.evidence),
        "answer": None if answer is None else answer_json(answer),
    }


def _event_json(event: EventFact) -> dict[str, Any]:
    return {
        "call": event.call,
        "call_at": event.at.isoformat(),
        "event": event.event,
        "speaker": event.speaker,
        "turn": event.turn,
        "start_ms": event.start_ms,
        "end_ms": event.end_ms,
        "quote": event.quote,
        "confidence": round(event.confidence, 4),
        "doubtful": event.doubtful,
        "slots": [slot.to_json() for slot in event.slots],
    }


def _words_of(verdict: Verdict) -> dict[str, str]:
    return {"zh": explain_verdict(verdict, "zh"), "en": explain_verdict(verdict, "en")}


def _both(wording: Wording) -> dict[str, str]:
    return {"zh": wording.zh, "en": wording.en}


def _money(sums: Money, currencies: Sequence[str | None]) -> dict[str, str]:
    found = dict.fromkeys(currencies, _NOTHING) | dict(sums)
    return {currency or "": str(amount) for currency, amount in found.items()}


def _sum(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
