"""The day list: what was agreed in calls, by the day it is due."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.calls.views import Choice
from service.opportunities.day import DayStep, day
from service.opportunities.next_steps import MarkError, MarkGone, mark_step, unmark_step
from service.opportunities.stages import sentence, word
from service.people.queries import list_users
from service.people.viewer import Viewer
from service.web.rendering import Reader, reader, reader_zone, render
from sop.deals.facts import EventFact
from sop.deals.statements import CHANNEL_LABELS

router = APIRouter(include_in_schema=False)

Key = Annotated[str, Form(max_length=500)]
Name = Annotated[str, Form(max_length=200)]
Owner = Annotated[str, Form(max_length=40)]

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class DayRow:
    """A next step of the day list. ``days`` from today to its day, negative when past;
    where no day was said (``is_dated`` is False) it is only when to ask after it."""

    opportunity: str
    account: str
    name: str
    key: str
    day: date
    days: int
    is_dated: bool
    time: str
    owner: str
    is_ours: bool
    channel: str
    why: str
    quote: EventFact | None


@dataclass(frozen=True, slots=True)
class DayGroup:
    """The steps under one heading: overdue, due, coming or missed; at most 100 of ``count``."""

    name: str
    rows: tuple[DayRow, ...]
    count: int


@router.get("/today")
def today_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    owner: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The viewer's day; managers and admins choose whose. Asked by HTMX only its list."""
    return _shown(request, viewer, session, owner)


@router.post("/today", dependencies=[Depends(check_csrf)])
def mark(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    opportunity: Name,
    key: Key,
    state: Annotated[str, Form(max_length=20)],
    owner: Owner = "",
) -> Response:
    """Say what became of a step; answered with the list."""
    try:
        step = mark_step(session, viewer, opportunity, key, state, datetime.now(UTC))
    except MarkError as wrong:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(wrong)) from wrong
    if step is None or step.mark is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    marked = {"opportunity": opportunity, "mark": step.mark.id or "", "state": state}
    return _answered(request, viewer, session, owner, marked)


@router.post("/today/undo", dependencies=[Depends(check_csrf)])
def unmark(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    opportunity: Name,
    mark: Annotated[uuid.UUID, Form()],
    owner: Owner = "",
) -> Response:
    """Take a mark back; sent twice, or overtaken by a later mark, it changes nothing. Answered with the list."""
    with suppress(MarkGone):
        if not unmark_step(session, viewer, opportunity, mark, datetime.now(reader_zone(request, viewer))):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
    return _answered(request, viewer, session, owner)


def _answered(
    request: Request, viewer: Viewer, session: Session, owner: str, marked: dict[str, str] | None = None
) -> Response:
    """The list; without HTMX the page again."""
    if not request.headers.get("hx-request"):
        return RedirectResponse(f"/today?owner={owner}" if owner else "/today", status.HTTP_303_SEE_OTHER)
    return _shown(request, viewer, session, owner, marked)


def _shown(
    request: Request, viewer: Viewer, session: Session, owner: str, marked: dict[str, str] | None = None
) -> Response:
    to, zone = reader(request, viewer), reader_zone(request, viewer)
    clock = replace(viewer, time_zone=zone.key) if isinstance(zone, ZoneInfo) else viewer
    people = _people(session, viewer)
    chosen = owner if owner in {person.value for person in people} else ""
    found = day(session, clock, datetime.now(zone), uuid.UUID(chosen) if chosen else None)
    groups = [
        DayGroup(name, tuple(_rows(steps[:_SHOWN], found.today, to)), len(steps))
        for name, steps in (
            ("overdue", found.overdue),
            ("due", found.due),
            ("coming", found.coming),
            ("missed", found.missed[::-1]),
        )
    ]
    context = {"groups": groups, "today": found.today, "people": people, "owner": chosen, "marked": marked}
    template = "today/list.html" if request.headers.get("hx-target") == "day" else "today/today.html"
    return render(request, template, viewer, context, headers={"Vary": "HX-Target"})


def _people(session: Session, viewer: Viewer) -> list[Choice]:
    """Whose day the viewer may choose: nobody else's for a rep."""
    if viewer.role == "rep":
        return []
    return [Choice(str(user.id), user.name) for user in list_users(session, viewer) if user.role != "admin"]


def _rows(steps: Iterable[DayStep], today: date, to: Reader) -> Iterable[DayRow]:
    for each in steps:
        step = each.step
        labels = CHANNEL_LABELS.get(step.channel or "")
        yield DayRow(
            opportunity=each.opportunity,
            account=each.account,
            name=each.name,
            key=step.key,
            day=each.day,
            days=(each.day - today).days,
            is_dated=step.due.is_said,
            time=f"{step.due.at.astimezone(to.formats.zone):%H:%M}" if step.due.at else "",
            owner=step.owner_name or to.t(f"deal.step_owner.{step.owner}"),
            is_ours=step.owner == "ours",
            channel=word(labels, to.language) if labels else "",
            why=sentence(step.reason, to),
            quote=step.quotes[0] if step.quotes else None,
        )
