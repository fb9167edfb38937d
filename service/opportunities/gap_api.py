"""The JSON API of truth gaps and violations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, ConfigDict

from service.access import SignedInViewer, Transaction, check_csrf
from service.opportunities.answers import AnswerError, UnknownViolation, answer
from service.opportunities.figures import groups
from service.opportunities.gap_views import answer_json, gap_json, group_json, line_json, violations_json
from service.opportunities.gaps import DealProof, deal_gap, deal_gaps
from service.records.scope import NotAllowed

router = APIRouter(prefix="/api", tags=["gaps"])


class GivenAnswer(BaseModel):
    """``state``: explained, accepted (managers and admins) or resolved; an explanation needs a ``text``."""

    model_config = ConfigDict(extra="forbid")

    state: str
    text: str | None = None


@router.get("/opportunities/{external_id}/gap")
def gap(external_id: str, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """What the CRM claims, what the calls verify, and every gate with its verdicts, words and quotes."""
    return gap_json(_deal(session, viewer, external_id))


@router.get("/opportunities/{external_id}/violations")
def violations(external_id: str, viewer: SignedInViewer, session: Transaction) -> list[dict[str, Any]]:
    """Where the deal went against its pipeline, oldest first, with evidence and answers."""
    return violations_json(_deal(session, viewer, external_id))


@router.post("/opportunities/{external_id}/violations/{key}/answer", dependencies=[Depends(check_csrf)])
def answer_violation(
    external_id: str, key: str, given: GivenAnswer, viewer: SignedInViewer, session: Transaction
) -> dict[str, Any]:
    """Explain a violation, accept it or say that it is resolved; the last answer counts."""
    try:
        told = answer(session, viewer, external_id, key, given.state, given.text, datetime.now(viewer.zone), via="api")
    except UnknownViolation as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error
    except AnswerError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from error
    return answer_json(told)


@router.get("/gaps")
def gaps(
    viewer: SignedInViewer, session: Transaction, by: Literal["deal", "rep", "team"] = "deal"
) -> list[dict[str, Any]]:
    """The gaps of the open deals the viewer sees: deal by deal, the widest first, or summed up by rep or team."""
    found = deal_gaps(session, viewer, datetime.now(viewer.zone))
    if by == "deal":
        return [line_json(deal) for deal in found]
    return [group_json(group) for group in groups(found, by)]


def _deal(session: Transaction, viewer: SignedInViewer, external_id: str) -> DealProof:
    found = deal_gap(session, viewer, external_id, datetime.now(viewer.zone))
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such opportunity")
    return found
