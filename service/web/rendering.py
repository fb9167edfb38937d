"""From a template to a page: what every template is given, in the reader's language and time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from urllib.parse import unquote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from models.calls import DIRECTIONS, STATES
from models.opportunities import OUTCOMES
from service.access import csrf_token
from service.clock import clock
from service.people.viewer import Viewer
from service.web.families import FAMILIES, family_of
from service.web.formats import Formats, time_zone
from service.web.scales import band, position
from service.web.slots import shown_slots
from service.web.translation import LANGUAGES, Translator, chosen_language, translator
from sop.events import EVENTS

LANGUAGE_COOKIE = "locale"
TIME_ZONE_COOKIE = "time_zone"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is written: the viewer, if signed in, their language and their time zone."""

    viewer: Viewer | None
    t: Translator
    formats: Formats

    @property
    def language(self) -> str:
        return self.t.language


def reader(request: Request, viewer: Viewer | None) -> Reader:
    """The reader of this request."""
    language = chosen_language(
        request.cookies.get(LANGUAGE_COOKIE),
        viewer.locale if viewer else None,
        request.headers.get("accept-language"),
    )
    return Reader(viewer, translator(language), Formats(language, reader_zone(request, viewer)))


def reader_zone(request: Request, viewer: Viewer | None) -> tzinfo:
    """The time zone of the account, or else of the browser (which a script tells us), or else UTC."""
    own = time_zone(viewer.time_zone) if viewer else None
    return own or time_zone(unquote(request.cookies.get(TIME_ZONE_COOKIE, ""))) or UTC


def render(
    request: Request,
    template: str,
    viewer: Viewer | None,
    context: Mapping[str, Any],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page from ``template``; ``context`` is what it needs besides what every page has."""
    html = rendered(request, template, viewer, context)
    return HTMLResponse(html, status_code, {"Cache-Control": "no-store", **(headers or {})})


def rendered(request: Request, template: str, viewer: Viewer | None, context: Mapping[str, Any]) -> str:
    """The text of a page or of a part of one."""
    to = reader(request, viewer)
    page: dict[str, Any] = {
        "viewer": viewer,
        "t": to.t,
        "fmt": to.formats,
        "language": to.language,
        "csrf_token": csrf_token(request),
        "nonce": getattr(request.state, "nonce", ""),
        "path": request.url.path,
        "own_titles": {},
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    return templates().get_template(template).render({**page, **context})


@cache
def templates() -> Environment:
    """The templates; a name that is not defined is an error, and every value is escaped."""
    environment = Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        LANGUAGES=LANGUAGES,
        FAMILIES=FAMILIES,
        DIRECTIONS=DIRECTIONS,
        STATES=STATES,
        OUTCOMES=OUTCOMES,
        EVENTS=EVENTS,
        family_of=family_of,
        band=band,
        position=position,
        shown_slots=shown_slots,
        clock=clock,
    )
    return environment
