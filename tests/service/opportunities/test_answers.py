"""Answers to violations: who may give which, and which violation they stay on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fakes_web import viewer_of
from judging import CLOSE_PASSED, HELEN, NOW, PRIYA, TOM, gap_named, undone
from models.answers import ViolationAnswer
from models.database import Database
from models.records import Change
from models.scores import StoredKeyEvent
from service.opportunities.answers import AnswerError, UnknownViolation, answer, answers
from service.people.viewer import OPERATOR
from service.records.configurations import shipped
from service.records.pipelines import publish
from service.records.scope import NotAllowed


def test_violations_are_answered(demo: Database) -> None:
    """A rep explains, a manager accepts; the last answer counts, each is in the audit trail."""
    priya, helen = viewer_of(demo, PRIYA), viewer_of(demo, HELEN)
    with undone(demo) as session:
        assert [each.key for each in gap_named(session, "OPP-1004").violations] == [CLOSE_PASSED]
        answer(session, priya, "OPP-1004", CLOSE_PASSED, "explained", " Holiday at the dairy. ", NOW)
        answer(session, helen, "OPP-1004", CLOSE_PASSED, "accepted", None, NOW + timedelta(hours=1))
        found = gap_named(session, "OPP-1004").answers
        assert (found[CLOSE_PASSED].state, found[CLOSE_PASSED].by) == ("accepted", "Helen Marsh")
        assert len(session.scalars(select(ViolationAnswer)).all()) == 2
        trail = session.scalars(select(Change).where(Change.field == f"violation:{CLOSE_PASSED}").order_by(Change.id))
        assert [(change.old or {}).get("state") for change in trail] == [None, "explained"]


@pytest.mark.parametrize(
    ("email", "deal", "key", "state", "text", "error"),
    [
        (PRIYA, "OPP-1004", CLOSE_PASSED, "accepted", None, NotAllowed),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "explained", "  ", AnswerError),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "explained", "x" * 2001, AnswerError),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "denied", "no", AnswerError),
        (PRIYA, "OPP-1004", "close_date_passed:2020-01-02", "explained", "no", UnknownViolation),
        (TOM, "OPP-1004", CLOSE_PASSED, "explained", "no", UnknownViolation),
    ],
)
def test_answers_that_are_refused(
    demo: Database, email: str, deal: str, key: str, state: str, text: str | None, error: type[Exception]
) -> None:
    """Not one's own deal, no such violation, a state there is not, an explanation without words: nothing is stored."""
    viewer = viewer_of(demo, email)
    with undone(demo) as session:
        with pytest.raises(error):
            answer(session, viewer, deal, key, state, text, NOW)
        assert session.scalars(select(ViolationAnswer)).all() == []


def test_an_answer_stays_on_its_violation(demo: Database) -> None:
    """Analyzing a call again numbers its turns anew; the violation keeps its key and its answer."""
    with undone(demo) as session:
        document = shipped("pipeline")["default"].replace("stages:", "approvals: {discount: 0}\nstages:", 1)
        publish(session, OPERATOR, document)
        before = gap_named(session, "OPP-1002")
        (fallen,) = [each for each in before.violations if each.kind == "discount_without_approval"]
        assert fallen.reason.params["cut"] == "7,000"
        assert {slot.value for each in fallen.evidence for slot in each.slots if slot.name == "amount"} == {
            71_000,
            64_000,
        }
        answer(session, OPERATOR, "OPP-1002", fallen.key, "explained", "Agreed by phone.", NOW)
        session.execute(update(StoredKeyEvent).values(turn=StoredKeyEvent.turn + 3))
        after = gap_named(session, "OPP-1002")
        (again,) = [each for each in after.violations if each.kind == "discount_without_approval"]
        assert again.key == fallen.key
        assert again.evidence != fallen.evidence
        assert set(answers(session, [after.deal.id])[after.deal.id]) == {fallen.key}
