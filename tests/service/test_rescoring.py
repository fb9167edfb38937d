"""Re-scoring of past calls: each once by a version, from stored events, going on wherever it was cut off."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from databases import Demo
from fakes import FakeEngines
from fakes_time import wait_until
from models.calls import Call
from models.scores import Analysis, StoredKeyEvent, StoredScorecard
from models.sops import Rescoring
from service.calls import store
from service.calls.queries import get_call
from service.jobs.worker import Worker, in_background
from service.people.viewer import OPERATOR
from service.sops import rescoring
from service.sops.publishing import publish, retire, save_draft
from service.sops.versions import NotAllowed, current_version, find_version, parsed
from sop.document import dump
from sop.procedure import OwnEvent, Wording


@pytest.fixture
def site(own_demo: Demo) -> Demo:
    """The demo's calls, scored from gold by the first versions, for the test alone."""
    return own_demo


def changed(site: Demo, start: object = "ever") -> uuid.UUID:
    """Publish zh-telesales with other points; the re-scoring of all past calls, queued."""
    with site.database.transaction() as session:
        sop = parsed(current_version(session, "zh-telesales").document)
        steps = (replace(sop.steps[0], points=sop.steps[0].points + 40), *sop.steps[1:])
        version, is_new = publish(session, dump(replace(sop, steps=steps)), OPERATOR, start)  # type: ignore[arg-type]
        assert is_new
        return rescoring.start(session, OPERATOR, version).run.id


def run_to_end(site: Demo, run_id: uuid.UUID, size: int = 3) -> rescoring.RescoringView:
    """Page after page, as the queue would do it."""
    for _ in range(50):
        with site.database.transaction() as session:
            told = rescoring.get(session, run_id)
        assert told is not None
        if told.run.has_ended:
            return told
        rescoring.run(site.database, site.settings, run_id, size)
    raise AssertionError("it never ends")


def cards(site: Demo, version: str = "zh-telesales@") -> list[uuid.UUID]:
    """The calls of the cards by the newest version, with repetitions."""
    with site.database.transaction() as session:
        name, _, _ = version.partition("@")
        newest = current_version(session, name)
        query = select(StoredScorecard.call_id).where(StoredScorecard.sop_version_id == newest.id)
        return list(session.scalars(query))


def chinese(site: Demo) -> set[uuid.UUID]:
    """The calls in Chinese."""
    return {call for name, call in site.calls.items() if name.startswith("zh")}


def test_past_calls_are_scored_once_each_by_the_new_version(site: Demo) -> None:
    """Every call in its language has one card of it, which counts, beside the old one; no event is tagged anew."""
    with site.database.transaction() as session:
        before = {name: get_call(session, OPERATOR, call) for name, call in site.calls.items()}
        tagged = [session.scalar(select(func.count()).select_from(table)) for table in (Analysis, StoredKeyEvent)]
    told = run_to_end(site, changed(site))
    assert told.run.state == "done"
    assert (told.scored, told.skipped, told.run.calls_done) == (len(chinese(site)), 0, len(chinese(site)))
    assert sorted(cards(site)) == sorted(chinese(site))
    with site.database.transaction() as session:
        after = {name: get_call(session, OPERATOR, call) for name, call in site.calls.items()}
        assert tagged == [session.scalar(select(func.count()).select_from(t)) for t in (Analysis, StoredKeyEvent)]
        for name, call in site.calls.items():
            card, old = after[name].scorecard, before[name].scorecard  # type: ignore[union-attr]
            assert card is not None
            assert old is not None
            if call in chinese(site):
                assert (card.sop_name, card.sop_number) == ("zh-telesales", old.sop_number + 1)
                kept = select(func.count()).where(StoredScorecard.call_id == call)
                assert session.scalar(kept) == 2
            else:
                assert card == old


def test_a_rescoring_that_is_killed_goes_on_where_it_was(site: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that dies in the middle leaves nothing behind, and no call is missed or scored twice."""
    run_id = changed(site)
    rescoring.run(site.database, site.settings, run_id, 2)
    add, count = store.add_scorecard, 0

    def dies(*arguments: object) -> None:
        nonlocal count
        count += 1
        add(*arguments)  # type: ignore[arg-type]
        if count == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(rescoring, "add_scorecard", dies)
    with pytest.raises(KeyboardInterrupt):
        rescoring.run(site.database, site.settings, run_id, 3)
    assert len(cards(site)) == 2
    monkeypatch.undo()
    told = run_to_end(site, run_id)
    assert (told.run.state, told.scored) == ("done", len(chinese(site)))
    assert sorted(cards(site)) == sorted(chinese(site))


def test_a_worker_does_it_and_a_second_one_skips_what_is_there(site: Demo) -> None:
    """The queue brings it to its end; again, every call has its card."""
    run_id = changed(site)
    with in_background(Worker(site.settings, site.database, queues=("analyze",), engines=FakeEngines())):
        wait_until(lambda: _state(site, run_id) == "done", 120)
        with site.database.transaction() as session:
            version = current_version(session, "zh-telesales")
            again = rescoring.start(session, OPERATOR, version).run.id
            assert rescoring.start(session, OPERATOR, version).run.id == again
        wait_until(lambda: _state(site, again) == "done", 120)
    with site.database.transaction() as session:
        told = rescoring.get(session, again)
        assert told is not None
        assert (told.scored, told.skipped) == (0, len(chinese(site)))
    assert sorted(cards(site)) == sorted(chinese(site))


def test_only_calls_since_a_date_and_of_the_sop_are_scored(site: Demo) -> None:
    """Earlier calls keep their card, and so do calls that a person holds to another SOP."""
    with site.database.transaction() as session:
        calls = session.scalars(select(Call).where(Call.id.in_(chinese(site))).order_by(Call.started_at)).all()
        first, last = calls[0].started_at, calls[-1]
        document = current_version(session, "zh-telesales").document
        publish(session, document.replace("name: zh-telesales", "name: other"), OPERATOR, "ever")
        last.sop_name = "other"
        sop = parsed(document)
        version, _ = publish(session, dump(replace(sop, title=Wording("新", "New"))), OPERATOR, "ever")
        run_id = rescoring.start(session, OPERATOR, version, first + timedelta(seconds=1)).run.id
    told = run_to_end(site, run_id)
    scored = set(cards(site))
    assert calls[0].id not in scored
    assert last.id not in scored
    assert (told.scored, told.skipped) == (len(calls) - 2, 1)


def test_it_stops_when_asked_or_when_the_version_is_retired(site: Demo) -> None:
    """What was scored stays; a retired version scores no more."""
    run_id = changed(site)
    rescoring.run(site.database, site.settings, run_id, 2)
    with site.database.transaction() as session:
        assert rescoring.stop(session, OPERATOR, run_id)
    assert run_to_end(site, run_id).run.state == "stopped"
    assert len(cards(site)) == 2
    with site.database.transaction() as session:
        version = current_version(session, "zh-telesales")
        other = rescoring.start(session, OPERATOR, version).run.id
        retire(session, OPERATOR, f"zh-telesales@{version.number}")
    told = run_to_end(site, other)
    assert (told.run.state, told.run.state_reason) == ("stopped", f"zh-telesales v{version.number} is retired")


def test_a_draft_scores_no_call(site: Demo) -> None:
    """Re-scoring by a draft is refused."""
    with site.database.transaction() as session:
        save_draft(session, OPERATOR, "zh-telesales", current_version(session, "zh-telesales").document)
        draft = find_version(session, OPERATOR, "zh-telesales@draft")
        with pytest.raises(NotAllowed, match="only a published version"):
            rescoring.start(session, OPERATOR, draft)
        assert session.scalars(select(Rescoring)).all() == []


def test_what_calls_were_never_tagged_for_stays_unknown(site: Demo) -> None:
    """A step on an event that the stored analysis did not look for is unknown, never missed."""
    with site.database.transaction() as session:
        sop = parsed(current_version(session, "zh-telesales").document)
        event = OwnEvent("hello", Wording("问好", "Hello"), frozenset({"rep"}), ("你好", "您好", "早上好"))
        first = sop.steps[0]
        asked = replace(first.criteria[0], any_of=("hello",), within_first_s=None, speakers=event.speakers)
        steps = (replace(first, criteria=(asked,)), *sop.steps[1:])
        version, _ = publish(session, dump(replace(sop, events=(event,), steps=steps)), OPERATOR, "ever")
        run_id = rescoring.start(session, OPERATOR, version).run.id
    run_to_end(site, run_id)
    with site.database.transaction() as session:
        found = [get_call(session, OPERATOR, call) for call in chinese(site)]
    outcomes = {(d.scorecard.steps[0].outcome, d.scorecard.steps[0].reason["code"]) for d in found if d and d.scorecard}
    assert outcomes <= {("unknown", "not_listened_for"), ("not_applicable", "call_too_short")}
    assert ("unknown", "not_listened_for") in outcomes


def _state(site: Demo, run_id: uuid.UUID) -> str:
    with site.database.transaction() as session:
        return session.get_one(Rescoring, run_id).state
