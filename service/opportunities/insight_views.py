"""Links, decision chain, next steps and risks as plain JSON values, for the API and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.opportunities.day import Day, DayStep
from service.opportunities.link_views import LinkView
from service.opportunities.relinking import Move, Relinking
from sop.deals.chain import Aspect, Chain, Link
from sop.deals.facts import EventFact
from sop.deals.next_steps import NextStep
from sop.deals.risks import Risk
from sop.procedure import Wording


def quote_json(event: EventFact) -> dict[str, Any]:
    """Words to play: the call, the place in it, what was said and what it shows."""
    return {
        "call": event.call,
        "event": event.event,
        "turn": event.turn,
        "start_ms": event.start_ms,
        "end_ms": event.end_ms,
        "speaker": event.speaker,
        "quote": event.quote,
        "confidence": round(event.confidence, 4),
    }


def step_json(step: NextStep) -> dict[str, Any]:
    """A next step with its quotes."""
    due, mark = step.due, step.mark
    return {
        "key": step.key,
        "call": step.call,
        "said_at": step.said_at.isoformat(),
        "owner": step.owner,
        "owner_name": step.owner_name,
        "channel": step.channel,
        "due": {
            "first": due.first.isoformat(),
            "last": due.last.isoformat(),
            "at": due.at.isoformat() if due.at else None,
            "said": due.is_said,
        },
        "agreed": step.is_agreed,
        "state": step.state,
        "reason": step.reason.to_json(),
        "marked": {"id": mark.id, "at": mark.at.isoformat(), "by": mark.by} if mark else None,
        "quotes": _quotes(step.quotes),
        "shown_by": step.shown_by,
        "shown_quotes": _quotes(step.shown_quotes),
    }


def risk_json(risk: Risk) -> dict[str, Any]:
    """A risk with its quotes."""
    return {
        "kind": risk.kind,
        "title": wording_json(risk.title),
        "severity": risk.severity,
        "reason": risk.reason.to_json(),
        "calls": list(risk.calls),
        "quotes": _quotes(risk.evidence),
    }


def chain_json(chain: Chain) -> dict[str, Any]:
    """A decision chain with its quotes."""
    return {
        "contacts": [_link(link) for link in chain.links],
        "never_spoken": [contact.name for contact in chain.never_spoken],
        "deciders": [{"role": each.role, "quotes": _quotes(each.evidence)} for each in chain.deciders],
        "untold_calls": chain.untold_calls,
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "contact": link.contact.id,
        "name": link.contact.name,
        "role": link.contact.role,
        "spoken": link.spoken,
        "calls": [call.id for call in link.calls],
        "last_at": link.last_at.isoformat() if link.last_at else None,
        "closeness": _aspect(link.closeness),
        "approval": _aspect(link.approval),
        "price": _aspect(link.price),
    }


def _aspect(aspect: Aspect) -> dict[str, Any]:
    return {
        "level": aspect.level,
        "trend": aspect.trend,
        "reason": aspect.reason.to_json(),
        "quotes": _quotes(aspect.evidence),
    }


def link_json(link: LinkView) -> dict[str, Any]:
    """A call's link and what it may belong to."""
    return {
        "call_id": str(link.call_id),
        "opportunity": link.opportunity,
        "name": link.name,
        "by": link.by,
        "person": link.person,
        "made_at": link.made_at.isoformat() if link.made_at else None,
        "why": wording_json(link.why) if link.why else None,
        "candidates": [
            {
                "opportunity": each.opportunity,
                "name": each.name,
                "account": each.account,
                "stage": each.stage,
                "outcome": each.outcome,
                "rank": each.rank,
                "match": each.match,
                "person": each.person,
                "timing": each.timing,
                "days": each.days,
                "why": wording_json(each.why),
            }
            for each in link.candidates
        ],
    }


def relinking_json(done: Relinking) -> dict[str, Any]:
    """What the rule would move, or moved."""
    return {
        "calls": done.calls,
        "kept": done.kept,
        "agreeing": done.agreeing,
        "moved": done.moved,
        "ambiguous": done.ambiguous,
        "moves": [_move(move) for move in done.moves],
        "disagreeing": [_move(move) for move in done.disagreeing],
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "call_id": str(move.call_id),
        "external_id": move.external_id,
        "started_at": move.started_at.isoformat(),
        "from": move.from_opportunity,
        "to": move.to_opportunity,
        "why": wording_json(move.why),
    }


def day_json(day: Day) -> dict[str, Any]:
    """A day's list."""
    return {
        "today": day.today.isoformat(),
        "due": [_day_step(each) for each in day.due],
        "overdue": [_day_step(each) for each in day.overdue],
        "coming": [_day_step(each) for each in day.coming],
        "missed": [_day_step(each) for each in day.missed],
    }


def _day_step(each: DayStep) -> dict[str, Any]:
    return {
        "opportunity": each.opportunity,
        "name": each.name,
        "account": each.account,
        "owner": each.owner,
        "day": each.day.isoformat(),
        "step": step_json(each.step),
    }


def wording_json(wording: Wording) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": wording.zh, "en": wording.en}


def _quotes(events: Iterable[EventFact]) -> list[dict[str, Any]]:
    return [quote_json(event) for event in events]
