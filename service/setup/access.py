"""Who may set things up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, status

from service.access import SignedInViewer
from service.people.viewer import Viewer
from service.records.scope import is_editor


def editor(viewer: SignedInViewer) -> Viewer:
    """The viewer, who decides for others; reps are refused."""
    if not is_editor(viewer):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return viewer


Editor = Annotated[Viewer, Depends(editor)]
