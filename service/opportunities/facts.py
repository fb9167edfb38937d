"""What is known of deals, brought together from the tables for :mod:`sop.deals`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.opportunities import (
    Approval,
    Collaborator,
    DoneAction,
    Opportunity,
    StageChange,
)
from models.people import User
from models.sops import SopVersion
from service.opportunities.deal_contacts import DealContact, contact_of, deal_contacts
from service.opportunities.heard_calls import Enough, HeardCall, among, call_lines, heard_calls
from service.people.viewer import Viewer, visible_opportunities
from service.sops.versions import parsed
from sop.deals import facts
from sop.deals.facts import CallFact, DealFacts, Outcome, StageMove
from sop.deals.guards import Guard, guards_of
from sop.deals.pipeline import Pipeline
from sop.deals.sufficiency import sufficiency

OWNERS_FUNCTION = "account"
"""What the owner of a deal is to it, unless they are on its team as something else."""

_Collaborators = Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Judging:
    """Deals are asked for to judge their gaps by these pipelines at ``now``, and for nothing else."""

    pipelines: Mapping[str, Pipeline]
    now: datetime


def deal_facts(
    session: Session,
    viewer: Viewer,
    opportunity_ids: Collection[uuid.UUID] | None = None,
    judging: Judging | None = None,
) -> dict[uuid.UUID, DealFacts]:
    """The deals that the viewer sees, of those asked for (None: all of them), by id.

    Takes the same few statements however many deals there are. A call that the viewer may not see is there as one
    that was not heard, so that what it may hold is unknown. With ``judging`` only as many events are read as gates
    take (:mod:`sop.deals.sufficiency`): verdicts and what is said of those that are not met are the same.
    """
    rows = _opportunities(session, viewer, opportunity_ids)
    ids = [row.id for row in rows]
    if not ids:
        return {}
    lines = call_lines(session, viewer, ids)
    sops = _sops(session, {line.sop_version_id for line in lines})
    calls = _by_deal(heard_calls(session, lines, _enough(rows, sops, judging)))
    parts = _Parts(
        moves=_moves(session, ids),
        approvals=_approvals(session, ids),
        actions=_actions(session, ids),
        collaborators=_collaborators(session, ids),
        contacts=deal_contacts(session, rows),
    )
    return {row.id: _deal(row, parts, calls.get(row.id, []), sops) for row in rows}


def _enough(
    rows: Sequence[Row[*tuple[Any, ...]]], sops: Mapping[uuid.UUID, SopVersion], judging: Judging | None
) -> Enough | None:
    if judging is None:
        return None
    used = {row.pipeline for row in rows}
    guards = (condition for _, condition in guards_of(parsed(version.document) for version in sops.values()))
    found = sufficiency((line for name, line in judging.pipelines.items() if name in used), guards)
    # Days are counted back from the close of closed deals, each from its own.
    closed = frozenset(row.id for row in rows if row.outcome != "open")
    return Enough(found, judging.now, closed)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What hangs on the deals, by their ids."""

    moves: Mapping[uuid.UUID, list[StageMove]]
    approvals: Mapping[uuid.UUID, list[facts.Approval]]
    actions: Mapping[uuid.UUID, list[facts.Action]]
    collaborators: Mapping[uuid.UUID, list[tuple[str, str, str]]]
    contacts: Mapping[uuid.UUID, list[DealContact]]


def _deal(
    row: Row[*tuple[Any, ...]], parts: _Parts, calls: Sequence[HeardCall], sops: Mapping[uuid.UUID, SopVersion]
) -> DealFacts:
    collaborators = parts.collaborators.get(row.id, [])
    owner = str(row.owner_id) if row.owner_id else None
    contacts = parts.contacts.get(row.id, [])
    placed = [_placed(call, contacts, collaborators, owner) for call in calls]
    met = {call.contact for call in placed}
    return DealFacts(
        id=row.external_id,
        pipeline=row.pipeline,
        stage=row.stage,
        outcome=cast("Outcome", row.outcome),
        amount=row.amount,
        currency=row.currency,
        created_at=row.created_at,
        expected_close=row.expected_close,
        owner=owner,
        owner_name=row.owner_name,
        moves=tuple(parts.moves.get(row.id, ())),
        fields=_fields(row),
        approvals=tuple(parts.approvals.get(row.id, ())),
        actions=tuple(parts.actions.get(row.id, ())),
        collaborators=tuple(collaborators),
        contacts=tuple(each.fact for each in contacts if each.is_linked or each.fact.id in met),
        calls=tuple(placed),
        events=tuple(event for call in calls for event in call.events),
        closed_at=row.closed_at if row.outcome != "open" else None,
        guards=_guards_of_calls(calls, sops),
    )


def _placed(call: HeardCall, contacts: Sequence[DealContact], team: _Collaborators, owner: str | None) -> CallFact:
    """The call with its rep's function in the deal and its contact, as far as they are known."""
    if call.fact.rep is None and call.phone is None:
        return call.fact
    functions = [function for user, _, function in team if user == call.fact.rep]
    if not functions and call.fact.rep is not None and call.fact.rep == owner:
        functions = [OWNERS_FUNCTION]
    return replace(
        call.fact, rep_function=functions[0] if functions else None, contact=contact_of(call.phone, contacts)
    )


def _fields(row: Row[*tuple[Any, ...]]) -> dict[str, str]:
    """The CRM's own fields as text; ``source`` is one of them."""
    own = {str(key): str(value) for key, value in (row.fields or {}).items() if value not in (None, "", [])}
    return own | ({"source": row.source} if row.source else {})


def _guards_of_calls(calls: Sequence[HeardCall], versions: Mapping[uuid.UUID, SopVersion]) -> tuple[Guard, ...]:
    """The gates of the SOPs that judged the calls; of several versions of one SOP the newest counts."""
    newest: dict[str, SopVersion] = {}
    for each in {call.sop_version_id for call in calls}:
        version = versions.get(each) if each else None
        if version is not None and version.number >= newest.get(version.name, version).number:
            newest[version.name] = version
    return guards_of(parsed(newest[name].document) for name in sorted(newest))


def _by_deal(calls: Iterable[HeardCall]) -> dict[uuid.UUID, list[HeardCall]]:
    found: defaultdict[uuid.UUID, list[HeardCall]] = defaultdict(list)
    for call in calls:
        found[call.opportunity_id].append(call)
    return found


def _opportunities(
    session: Session, viewer: Viewer, ids: Collection[uuid.UUID] | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    query = (
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.pipeline,
            Opportunity.stage,
            Opportunity.outcome,
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.created_at,
            Opportunity.closed_at,
            Opportunity.expected_close,
            Opportunity.source,
            Opportunity.fields,
            Opportunity.account_id,
            Opportunity.contact_id,
            Opportunity.owner_id,
            User.name.label("owner_name"),
        )
        .outerjoin(User, User.id == Opportunity.owner_id)
        .where(visible_opportunities(viewer))
    )
    if ids is not None:
        query = query.where(among(Opportunity.id, ids))
    return session.execute(query.order_by(Opportunity.external_id)).all()


def _moves(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[StageMove]]:
    query = select(StageChange).where(among(StageChange.opportunity_id, ids)).order_by(StageChange.changed_at)
    found: defaultdict[uuid.UUID, list[StageMove]] = defaultdict(list)
    for move in session.scalars(query):
        found[move.opportunity_id].append(StageMove(move.stage, move.changed_at))
    return found


def _approvals(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[facts.Approval]]:
    """What happened to approvals: a decided one was asked for before, so that it was open in between."""
    found: defaultdict[uuid.UUID, list[facts.Approval]] = defaultdict(list)
    for stored in session.scalars(select(Approval).where(among(Approval.opportunity_id, ids))):
        asked = facts.Approval(stored.kind, "requested", stored.requested_at, _text(stored.requested_by_id))
        found[stored.opportunity_id].append(asked)
        if stored.state != "requested":
            at, state = stored.decided_at or stored.requested_at, cast("facts.ApprovalState", stored.state)
            found[stored.opportunity_id].append(facts.Approval(stored.kind, state, at, _text(stored.decided_by_id)))
    return found


def _actions(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[facts.Action]]:
    found: defaultdict[uuid.UUID, list[facts.Action]] = defaultdict(list)
    for stored in session.scalars(select(DoneAction).where(among(DoneAction.opportunity_id, ids))):
        found[stored.opportunity_id].append(facts.Action(stored.action, stored.done_at, _text(stored.done_by_id)))
    return found


def _collaborators(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, str, str]]]:
    query = (
        select(Collaborator.opportunity_id, Collaborator.user_id, User.name, Collaborator.function)
        .join(User, User.id == Collaborator.user_id)
        .where(among(Collaborator.opportunity_id, ids))
        .order_by(Collaborator.function, User.name)
    )
    found: defaultdict[uuid.UUID, list[tuple[str, str, str]]] = defaultdict(list)
    for deal, user, name, function in session.execute(query):
        found[deal].append((str(user), name, function))
    return found


def _sops(session: Session, versions: Collection[uuid.UUID | None]) -> dict[uuid.UUID, SopVersion]:
    """The versions of SOPs that judged the calls, by id."""
    wanted = [version for version in versions if version is not None]
    query = select(SopVersion).where(among(SopVersion.id, wanted))
    return {version.id: version for version in session.scalars(query)} if wanted else {}


def _text(user: uuid.UUID | None) -> str | None:
    return None if user is None else str(user)
