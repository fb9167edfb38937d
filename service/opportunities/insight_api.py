"""The JSON API of what calls tell of opportunities: links, decision chain, next steps, risks, and a rep's day."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, status
from pydantic import BaseModel, Field

from service.access import SignedInViewer, Transaction, check_csrf
from service.opportunities import chains, day, insight_views, linking, next_steps, relinking, risks
from service.people.viewer import Viewer
from service.records.audit import Via
from service.records.scope import NotAllowed
from sop.deals.linking import Ambiguous, LinkingSettings, Owners
from sop.deals.linking_document import MOST_DAYS

router = APIRouter(prefix="/api", tags=["opportunities"])

_NO_CALL = HTTPException(status.HTTP_404_NOT_FOUND, "no such call")
_NO_DEAL = HTTPException(status.HTTP_404_NOT_FOUND, "no such opportunity")


class LinkWish(BaseModel, extra="forbid"):
    """Where a call belongs: the CRM's id of an opportunity, or null for none."""

    opportunity: str | None


class SettingsTrial(BaseModel, extra="forbid"):
    """The linking settings to try; what is left out is as it counts today."""

    opened_after_days: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    closed_before_days: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    account_contacts: bool | None = None
    owners: Owners | None = None
    ambiguous: Ambiguous | None = None

    def over(self, settings: LinkingSettings) -> LinkingSettings:
        """``settings`` with what was given."""
        return LinkingSettings(
            opened_after_days=_or(self.opened_after_days, settings.opened_after_days),
            closed_before_days=_or(self.closed_before_days, settings.closed_before_days),
            account_contacts=_or(self.account_contacts, settings.account_contacts),
            owners=self.owners or settings.owners,
            ambiguous=self.ambiguous or settings.ambiguous,
        )


class StepMarkWish(BaseModel, extra="forbid"):
    """A person's word on the next step with this key."""

    key: str
    state: Literal["kept", "missed", "dropped"]


_T = TypeVar("_T")


def _or(given: _T | None, usual: _T) -> _T:
    return usual if given is None else given


@router.get("/calls/{call_id}/candidates")
def candidates(call_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """A call's link, why it was made, and the opportunities it may belong to, at most five, best first."""
    return _link(session, viewer, call_id)


@router.put("/calls/{call_id}/link", dependencies=[Depends(check_csrf)])
def put_link(
    call_id: uuid.UUID, wish: LinkWish, request: Request, viewer: SignedInViewer, session: Transaction
) -> dict[str, Any]:
    """Say where a call belongs; it stays so until a person changes it."""
    try:
        if not linking.set_link(session, viewer, call_id, wish.opportunity, _via(request)):
            raise _NO_CALL
    except linking.LinkError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from error
    return _link(session, viewer, call_id)


@router.delete("/calls/{call_id}/link", dependencies=[Depends(check_csrf)])
def release_link(call_id: uuid.UUID, request: Request, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """Take a person's word back: the rule decides where the call belongs."""
    if not linking.release_link(session, viewer, call_id, _via(request)):
        raise _NO_CALL
    return _link(session, viewer, call_id)


@router.post("/links/simulate", dependencies=[Depends(check_csrf)])
def simulate(trial: SettingsTrial, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """Which calls would go from which opportunity to which with other settings; nothing is changed."""
    settings = trial.over(linking.link_settings(session))
    try:
        return insight_views.relinking_json(relinking.relink(session, viewer, settings))
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error


@router.post("/links/run", dependencies=[Depends(check_csrf)])
def run(request: Request, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """Link all calls again by the settings that count; what people said stays."""
    try:
        done = relinking.relink(session, viewer, dry_run=False, via=_via(request))
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error
    return insight_views.relinking_json(done)


@router.get("/opportunities/{external_id}/chain")
def chain(external_id: str, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """Who decides, how close they are, whether they approve and accept the price, with the words that show it."""
    found = chains.chain_of(session, viewer, external_id, datetime.now(viewer.zone))
    if found is None:
        raise _NO_DEAL
    return insight_views.chain_json(found)


@router.get("/opportunities/{external_id}/next-steps")
def steps(external_id: str, viewer: SignedInViewer, session: Transaction) -> list[dict[str, Any]]:
    """What was agreed to happen next and what became of it, oldest first."""
    found = next_steps.steps_of(session, viewer, external_id, datetime.now(viewer.zone))
    if found is None:
        raise _NO_DEAL
    return [insight_views.step_json(step) for step in found]


@router.post("/opportunities/{external_id}/next-steps/marks", dependencies=[Depends(check_csrf)])
def mark(
    external_id: str, wish: StepMarkWish, request: Request, viewer: SignedInViewer, session: Transaction
) -> dict[str, Any]:
    """Say what became of a next step."""
    try:
        step = next_steps.mark_step(
            session, viewer, external_id, wish.key, wish.state, datetime.now(viewer.zone), _via(request)
        )
    except next_steps.MarkError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from error
    if step is None:
        raise _NO_DEAL
    return insight_views.step_json(step)


@router.delete(
    "/opportunities/{external_id}/next-steps/marks/{mark_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(check_csrf)],
)
def unmark(
    external_id: str, mark_id: uuid.UUID, request: Request, viewer: SignedInViewer, session: Transaction
) -> None:
    """Take back the mark that counts: the one before counts again, or what the calls tell. 409: it is taken back
    already, or a later one counts."""
    try:
        now = datetime.now(viewer.zone)
        seen = next_steps.unmark_step(session, viewer, external_id, mark_id, now, _via(request))
    except next_steps.MarkGone as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    if not seen:
        raise _NO_DEAL


@router.get("/opportunities/{external_id}/risks")
def list_risks(external_id: str, viewer: SignedInViewer, session: Transaction) -> list[dict[str, Any]]:
    """What endangers the deal, the gravest first, with the words that show it."""
    found = risks.risks_of(session, viewer, external_id, datetime.now(viewer.zone))
    if found is None:
        raise _NO_DEAL
    return [insight_views.risk_json(risk) for risk in found]


@router.get("/day")
def the_day(viewer: SignedInViewer, session: Transaction, owner: uuid.UUID | None = None) -> dict[str, Any]:
    """The next steps that are due today, overdue, coming or missed; ``?owner=`` narrows it to one user's deals."""
    return insight_views.day_json(day.day(session, viewer, datetime.now(viewer.zone), owner))


def _link(session: Transaction, viewer: Viewer, call_id: uuid.UUID) -> dict[str, Any]:
    found = linking.get_link(session, viewer, call_id)
    if found is None:
        raise _NO_CALL
    return insight_views.link_json(found)


def _via(request: Request) -> Via:
    return "api" if getattr(request.state, "by_token", False) else "web"
