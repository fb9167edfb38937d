"""The web application: routes, safety and the errors people see."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from models.database import Database
from service import web
from service.access import NotSignedIn
from service.accounts import pages as accounts_pages
from service.calls import api as calls_api
from service.calls import pages as calls_pages
from service.jobs.worker import Worker
from service.leads import api as leads_api
from service.leads import notice_pages, points_api, points_pages
from service.leads import pages as leads_pages
from service.opportunities import api as opportunities_api
from service.opportunities import day_page, deal_forms, gap_api, link_pages
from service.opportunities import insight_api as opportunities_insight_api
from service.opportunities import pages as opportunities_pages
from service.people import api as people_api
from service.people import pages as people_pages
from service.records import api as records_api
from service.records import configuration_api
from service.reviews import api as reviews_api
from service.reviews import pages as reviews_pages
from service.settings import Settings
from service.setup import import_pages, linking_pages, pipeline_pages
from service.sops import api as sops_api
from service.sops import editor_pages as sops_editor_pages
from service.sops import pages as sops_pages
from service.sops import run_pages as sops_run_pages
from service.sops import runs_api as sops_runs_api
from service.web.body_limit import BodyLimit

_VERSION = "0.1.0"
_FORM_OVERHEAD = 1 << 20


def create_app(settings: Settings, database: Database) -> FastAPI:
    """The application on an open database."""
    app = FastAPI(
        title="Clearcall",
        version=_VERSION,
        description="Calls, key events and scores, each with the seconds that prove it.",
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.database = database
    web.mount(app)
    app.add_middleware(BodyLimit, upload_bytes=(settings.max_upload_mb << 20) + _FORM_OVERHEAD)
    for router in (
        calls_api.router,
        opportunities_api.router,
        opportunities_insight_api.router,
        gap_api.router,
        records_api.router,
        configuration_api.router,
        leads_api.router,
        points_api.router,
        people_api.router,
        reviews_api.router,
        sops_runs_api.router,
        sops_api.router,
        calls_pages.router,
        opportunities_pages.router,
        deal_forms.router,
        day_page.router,
        link_pages.router,
        accounts_pages.router,
        linking_pages.router,
        pipeline_pages.router,
        import_pages.router,
        leads_pages.router,
        notice_pages.router,
        points_pages.router,
        people_pages.router,
        reviews_pages.router,
        sops_pages.router,
        sops_editor_pages.router,
        sops_run_pages.router,
    ):
        app.include_router(router)
    app.add_exception_handler(NotSignedIn, _ask_to_sign_in)

    @app.get("/health", include_in_schema=False)
    def health() -> JSONResponse:
        worker: Worker | None = getattr(app.state, "worker", None)
        if worker is not None and worker.failure is not None:
            return JSONResponse({"status": "failing", "worker": str(worker.failure)}, 503)
        return JSONResponse({"status": "ok"})

    return app


async def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": "sign in, or send an API token"}, status_code=401)
    if request.headers.get("hx-request"):
        # HTMX follows a redirect inside the fragment; this header makes the whole page go.
        return Response(status_code=401, headers={"HX-Redirect": error.login_path})
    return RedirectResponse(error.login_path, status_code=303)
