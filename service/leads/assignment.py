"""Who gets a lead: by a manager's word, or by the rules of the pool."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.leads import Lead, LeadEvent
from models.people import Team, User
from service.leads.claiming import lock_number, owned_by, refuse_number, require_may_act
from service.leads.grading import facts_of, grade_leads
from service.leads.history import LOST, OPEN_STATES, Actor, change, locked
from service.leads.holding import holdings, lock_holders, refuse_full
from service.leads.notices import tell
from service.leads.refusals import LeadRefused
from service.leads.rules import pool_rules
from service.people.viewer import OPERATOR
from service.records.audit import Line, Via, record_all
from sop.deals.leads import Candidate, choose, due_at, rule_for
from sop.deals.pool import AssignmentRule, Limits, Pool

_BY_RULE = "rule:"
_CLOCK = ("owned_since", "due_at", "state")


def assign(session: Session, actor: Actor, lead_id: uuid.UUID, to: uuid.UUID) -> Lead:
    """Give a lead to somebody, whoever has it now; by a manager within their team, or an admin.

    Raises:
        LeadRefused: ``not_manager``, ``not_in_team``, ``not_a_seller``, ``number_taken``, ``full``, ``closed``,
            ``missing``.
    """
    viewer = actor.viewer
    if viewer.role == "rep":
        raise LeadRefused("not_manager")
    lock_holders(session, [to])
    lock_number(session, lead_id)
    lead, seller, actor = locked(session, lead_id), session.get(User, to), actor.settled()
    if seller is None or seller.role == "admin" or seller.deactivated_at is not None:
        raise LeadRefused("not_a_seller")
    require_may_act(session, viewer, lead)
    if viewer.role != "admin" and seller.team_id != viewer.team_id:
        raise LeadRefused("not_in_team", name=seller.name)
    if lead.state not in OPEN_STATES:
        raise LeadRefused("closed", state=lead.state)
    limits = pool_rules(session).limits
    if lead.owner_id == to:
        return lead
    refuse_number(session, lead, to)
    refuse_full(holdings(session, limits, [to]))
    before = lead.owner_id
    change(session, actor, lead, "assigned", **owned_by(limits, to, actor.now))
    params = {"lead": lead.name, "by": viewer.name, "at": actor.now.isoformat()}
    tell(session, [to], "lead_assigned", params, f"/leads/{lead.id}")
    if before is not None:
        tell(session, [before], "lead_given_away", params | {"to": seller.name})
    return lead


def grade_and_assign(
    session: Session, lead_ids: Collection[uuid.UUID], via: Via = "import", now: datetime | None = None
) -> int:
    """Grade leads that came in, start the clock of those that came with an owner, and give the others out by rule.

    Returns how many were given to somebody. Who is full gets none; a lead that nobody can get stays in the pool.
    """
    grade_leads(session, lead_ids, via)
    actor = Actor(OPERATOR, via, now or datetime.now(UTC), is_live=now is None)
    _start_clocks(session, lead_ids, actor)
    return assign_by_rules(session, actor, lead_ids)


def assign_by_rules(session: Session, actor: Actor, lead_ids: Collection[uuid.UUID] | None = None) -> int:
    """Give the leads of the public pool (``lead_ids``: only these of them) to reps by the rules; how many went."""
    rules = pool_rules(session)
    if not rules.rules:
        return 0
    sellers = {rule.id: _sellers(session, rule) for rule in rules.rules}
    lock_holders(session, {seller for found in sellers.values() for seller in found})
    waiting = select(Lead).where(Lead.owner_id.is_(None), Lead.state.in_(OPEN_STATES), Lead.deleted_at.is_(None))
    if lead_ids is not None:
        waiting = waiting.where(Lead.id.in_(lead_ids))
    waiting = waiting.order_by(Lead.id).with_for_update(skip_locked=True)
    leads = session.scalars(waiting.execution_options(populate_existing=True)).all()
    actor = actor.settled()
    order = sorted(leads, key=lambda lead: (lead.grade or "Z", lead.created_at, lead.external_id or "", lead.id))
    return _give_out(session, actor, rules, order, sellers)


def _give_out(
    session: Session, actor: Actor, rules: Pool, leads: Sequence[Lead], sellers: dict[str, list[uuid.UUID]]
) -> int:
    """The best leads first, each to whoever's turn it is."""
    facts, given, losers = facts_of(session, leads), 0, _losers(session, rules.limits, leads, actor.now)
    turns = {rule.id: _turns(session, rules.limits, rule, sellers[rule.id]) for rule in rules.rules}
    numbers = _numbers(session, leads)
    for lead in leads:
        rule = rule_for(rules.rules, facts[lead.id])
        if rule is None:
            continue
        has_number = numbers.get(lead.phone or "")
        able = [one for one in turns[rule.id] if one.id not in losers.get(lead.id, ()) and has_number in (None, one.id)]
        to = choose(rule.how, able)
        if to is None:
            continue
        # Of two leads given at the same moment nobody could tell whose turn comes next.
        at = replace(actor, now=actor.now + timedelta(microseconds=given))
        _give(session, at, rules.limits, rule, lead, uuid.UUID(to.id))
        turns = {name: _after(queue, to.id, at.now if name == rule.id else None) for name, queue in turns.items()}
        numbers[lead.phone or ""] = to.id if lead.phone else None
        given += 1
    return given


def _give(session: Session, actor: Actor, limits: Limits, rule: AssignmentRule, lead: Lead, seller: uuid.UUID) -> None:
    change(session, actor, lead, "assigned", f"{_BY_RULE}{rule.id}", **owned_by(limits, seller, actor.now))
    params = {"lead": lead.name, "by": "", "at": actor.now.isoformat()}
    tell(session, [seller], "lead_assigned", params, f"/leads/{lead.id}")


def _turns(session: Session, limits: Limits, rule: AssignmentRule, sellers: Sequence[uuid.UUID]) -> list[Candidate]:
    """Who may get leads by a rule, in the order of their e-mail addresses."""
    query = select(LeadEvent.to_owner_id, func.max(LeadEvent.at)).where(
        LeadEvent.kind == "assigned", LeadEvent.reason == f"{_BY_RULE}{rule.id}"
    )
    last = dict(session.execute(query.group_by(LeadEvent.to_owner_id)).all())
    held = {holding.user_id: holding for holding in holdings(session, limits, sellers)}
    return [
        Candidate(str(seller), held[seller].holds, held[seller].capacity, last.get(seller))
        for seller in sellers
        if seller in held
    ]


def _numbers(session: Session, leads: Sequence[Lead]) -> dict[str, str | None]:
    """Who has a lead of the same number already: nobody else may call it."""
    query = select(Lead.phone, Lead.owner_id).where(
        Lead.phone.in_({lead.phone for lead in leads if lead.phone}),
        Lead.owner_id.is_not(None),
        Lead.state.in_(OPEN_STATES),
        Lead.deleted_at.is_(None),
    )
    return {phone: str(owner) for phone, owner in session.execute(query) if phone}


def _losers(session: Session, limits: Limits, leads: Sequence[Lead], now: datetime) -> dict[uuid.UUID, set[str]]:
    """Who lost each lead so lately that they can't have it yet."""
    since = now - timedelta(days=limits.keep_away_days)
    query = select(LeadEvent.lead_id, LeadEvent.from_owner_id).where(
        LeadEvent.lead_id.in_([lead.id for lead in leads]), LeadEvent.kind.in_(LOST), LeadEvent.at > since
    )
    found: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    for lead_id, loser in session.execute(query):
        found[lead_id].add(str(loser))
    return found


def _after(queue: Sequence[Candidate], got: str, given_at: datetime | None) -> list[Candidate]:
    """The queue after one of it got a lead; by this queue's own rule where ``given_at`` is set."""
    return [
        replace(one, holds=one.holds + 1, last_given_at=given_at or one.last_given_at) if one.id == got else one
        for one in queue
    ]


def _sellers(session: Session, rule: AssignmentRule) -> list[uuid.UUID]:
    """The reps that a rule gives leads to; an address or team that is gone gives none."""
    query = select(User.id).where(User.deactivated_at.is_(None), User.role != "admin").order_by(User.email)
    if rule.team is not None:
        query = query.join(Team, Team.id == User.team_id).where(Team.name == rule.team, User.role == "rep")
    else:
        query = query.where(User.email.in_(rule.reps))
    return list(session.scalars(query))


def _start_clocks(session: Session, lead_ids: Collection[uuid.UUID], actor: Actor) -> None:
    """Leads that came with an owner are theirs from now on, however many they hold."""
    limits = pool_rules(session).limits
    came = select(Lead).where(
        Lead.id.in_(lead_ids), Lead.owner_id.is_not(None), Lead.due_at.is_(None), Lead.state.in_(OPEN_STATES)
    )
    lines: list[Line] = []
    for lead in session.scalars(came.order_by(Lead.id).with_for_update()):
        before = [getattr(lead, name) for name in _CLOCK]
        lead.owned_since = lead.owned_since or actor.now
        lead.due_at = due_at(limits, lead.owned_since, lead.last_action_at)
        lead.state = "assigned" if lead.state == "new" else lead.state
        for name, old in zip(_CLOCK, before, strict=True):
            lines.append(Line("lead", str(lead.id), name, old, getattr(lead, name)))
    session.flush()
    record_all(session, actor.viewer.user_id, actor.via, lines)
