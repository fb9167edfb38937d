"""Putting the web app onto a FastAPI application: files, error pages, language, security headers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service.web import design, documentation, errors
from service.web.content_policy import ContentPolicy
from service.web.rendering import LANGUAGE_COOKIE
from service.web.translation import LANGUAGES

_HERE = Path(__file__).parent
_PACKAGES = _HERE / "node_modules"
_YEAR_S = 365 * 24 * 3600

VENDOR_FILES = {
    "htmx.org": ("dist/htmx.min.js",),
    "wavesurfer.js": ("dist/wavesurfer.esm.js",),
    "echarts": ("dist/echarts.esm.min.mjs",),
    "swagger-ui-dist": ("swagger-ui-bundle.js", "swagger-ui.css"),
}
"""The files of npm packages that browsers may ask for, as ``/vendor/<package>/<file>``."""

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger(__name__)


class _Revalidated(StaticFiles):
    """Files that browsers keep but ask about: a new version shows at once, an old one costs nothing."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount(app: FastAPI) -> None:
    """Add the styles, scripts, error pages, language switch and security headers."""
    app.mount("/static", _Revalidated(directory=_HERE / "static"), name="static")
    app.include_router(router)
    app.include_router(design.router)
    app.include_router(documentation.router)
    app.add_middleware(ContentPolicy)
    errors.handle_errors(app)
    if missing := missing_libraries():
        _log.warning("browser libraries are missing: run npm ci --prefix service/web", missing=missing)


def missing_libraries() -> list[str]:
    """The npm packages that pages need and that are not installed."""
    return [
        package
        for package, files in VENDOR_FILES.items()
        if not all((_PACKAGES / package / file).is_file() for file in files)
    ]


@router.get("/vendor/{package}/{file}")
def vendor_file(package: str, file: str) -> FileResponse:
    """One of the files of :data:`VENDOR_FILES`."""
    for path in VENDOR_FILES.get(package, ()):
        found = _PACKAGES / package / path
        if Path(path).name == file and found.is_file():
            media_type = "text/css" if file.endswith(".css") else "text/javascript"
            return FileResponse(found, media_type=media_type, headers={"Cache-Control": "no-cache"})
    raise HTTPException(404)


@router.get("/language/{language}")
def choose_language(language: str, next: Annotated[str, Query()] = "/") -> RedirectResponse:
    """Remember the reader's language in this browser and go back to where they were."""
    if language not in LANGUAGES:
        raise HTTPException(404)
    response = RedirectResponse(local_path(next), 303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax")
    return response


def local_path(target: str) -> str:
    """``target`` when it is a path of this app, otherwise the start page; never another site."""
    parts = urlsplit(target)
    is_local = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if is_local and not target.startswith(("//", "/\\")) and "\\" not in target else "/"
