"""The pages of calls: the list, and one call with its sound, transcript and scorecard."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from service.access import SignedInViewer, Transaction
from service.calls.conversation import channel_speakers, conversation, tally, with_removed
from service.calls.filters import CallFilters
from service.calls.measures import measures
from service.calls.queries import call_choices, get_call, list_calls
from service.calls.scoresheet import scoresheet
from service.calls.views import CallDetail, CallRow, Choice, Choices
from service.opportunities.link_pages import link_context
from service.people.queries import list_users
from service.reviews.verdicts import speakers_of
from service.search.terms import excerpt
from service.sops.cards import cards_of
from service.sops.own_events import titles_to
from service.web.rendering import Reader, reader, reader_zone, render

router = APIRouter(include_in_schema=False)

_IN_MENU = ("since", "until", "min_score", "max_score", "direction", "language", "state")


@dataclass(frozen=True, slots=True)
class _ActiveFilter:
    """A set filter as it is shown; ``address`` is the list without it."""

    name: str
    label: str
    address: str


@router.get("/")
def start() -> RedirectResponse:
    """The app starts with the calls."""
    return RedirectResponse("/calls", status.HTTP_307_TEMPORARY_REDIRECT)


@router.get("/calls")
def calls_page(
    request: Request, viewer: SignedInViewer, session: Transaction, page: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """The list of calls; asked by HTMX only its results."""
    to = reader(request, viewer)
    own = titles_to(session, to.language)
    filters = CallFilters.from_query(request.query_params.multi_items(), reader_zone(request, viewer), own)
    found = list_calls(session, viewer, filters, page)
    choices = call_choices(session, viewer)
    context: dict[str, Any] = {
        "filters": filters,
        "page": found,
        "active": _active(filters, choices, to, own),
        "own_titles": own,
        "hits": {row.id: excerpt(row.hit.text, filters.text) if row.hit else () for row in found.rows},
    }
    is_part = request.headers.get("hx-target") == "results"
    if not is_part:
        people = list_users(session, viewer) if viewer.role != "rep" else []
        context |= {
            "choices": choices,
            "people": [Choice(user.email, user.name) for user in people if user.role == "rep"],
            "more_set": sum(name in _IN_MENU for name, _ in filters.active),
        }
    template = "calls/results.html" if is_part else "calls/list.html"
    return render(request, template, viewer, context, headers={"Vary": "HX-Target"})


@router.get("/calls/{call_id}")
def call_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    call_id: str,
    q: Annotated[str, Query(max_length=200)] = "",
    removed: bool = False,
) -> Response:
    """One call. ``?t=`` opens it at a moment (in milliseconds), ``?q=`` with words looked for, ``?removed=1``
    with what was not believed."""
    detail = get_call(session, viewer, _uuid(call_id))
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    to = reader(request, viewer)
    own = titles_to(session, to.language, detail.scorecard.document if detail.scorecard else None)
    context = call_context(detail, to) | {"own_titles": own, "cards": cards_of(session, viewer, detail.call.id)}
    context |= link_context(request, session, viewer, detail.call.id) or {}
    return render(request, "calls/call.html", viewer, {**context, "find": q, "show_removed": removed})


def call_context(detail: CallDetail, to: Reader) -> dict[str, Any]:
    """What the call page shows of a call."""
    speakers = channel_speakers(detail.turns, detail.channels or 1)
    # On one channel it is not known whose the words were.
    whose = speakers if len(speakers) > 1 else ()
    return {
        "call": detail.call,
        "who": called(detail.call),
        "channels": detail.channels,
        "channel_speakers": speakers,
        "roles": detail.roles,
        "notes": [_note(code, to) for code in detail.notes],
        "turns": with_removed(conversation(detail.turns, detail.events, detail.call.language), detail.removed, whose),
        "removed": len(detail.removed),
        "reasons": {text.reason: _reason(text.reason, to) for text in detail.removed},
        "events": detail.events,
        "tally": tally(detail.events),
        "orphans": detail.orphans,
        "reviewable": speakers_of(detail.scorecard.document if detail.scorecard else None),
        "sheet": scoresheet(detail.scorecard, to.language, detail.events) if detail.scorecard else None,
        "measures": measures(detail.metrics, detail.call.language, to.t, to.formats),
    }


def called(call: CallRow) -> str:
    """What a call goes by: the account, or the number, or the file."""
    return call.account or call.customer_phone or call.file_name


def _note(code: str, to: Reader) -> str:
    """A note of the transcript in words; its number is a channel, counted from 1 for people."""
    name, _, channel = code.partition(":")
    if f"note.{name}" not in to.t:
        return code
    return to.t(f"note.{name}", channel=int(channel) + 1 if channel.isdigit() else "")


def _reason(code: str, to: Reader) -> str:
    """Why something was not believed, in words; a code of a newer recognizer is shown as it is."""
    return to.t(f"removed.{code}") if f"removed.{code}" in to.t else to.t("removed_other", code=code)


def _active(filters: CallFilters, choices: Choices, to: Reader, own: Mapping[str, str]) -> list[_ActiveFilter]:
    labels = {choice.value: choice.label for choice in (*choices.reps, *choices.opportunities)} | dict(own)
    named = {"event": "event", "direction": "direction", "language": "language", "state": "state"}
    shown = []
    for name, value in filters.active:
        label = to.t(f"{named[name]}.{value}") if name in named and value not in own else labels.get(value, value)
        shown.append(_ActiveFilter(name, label, filters.address_without(name, value)))
    return shown


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from error
