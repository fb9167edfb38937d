"""The JSON API of SOPs."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from service.access import SignedInViewer, Transaction
from service.sops.versions import list_versions

router = APIRouter(prefix="/api", tags=["sops"])


class Version(BaseModel):
    """A published SOP version and its document."""

    name: str
    number: int
    state: str
    content_hash: str
    published_at: datetime | None
    document: str


@router.get("/sops")
def versions(_viewer: SignedInViewer, session: Transaction) -> list[Version]:
    """All versions, by name and newest first. SOPs are the company's, every signed-in person may read them."""
    return [Version.model_validate(v, from_attributes=True) for v in list_versions(session)]
