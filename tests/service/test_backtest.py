"""Back-tests: a draft's scores on stored calls, told apart call by call, and nothing published by it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from databases import Demo
from fakes import FakeEngines
from fakes_time import wait_until
from fakes_web import viewer_of
from models.people import User
from models.scores import StoredScorecard
from models.sops import SopVersion
from service.calls.queries import get_call
from service.jobs.worker import Worker, in_background
from service.people.viewer import OPERATOR
from service.reviews.verdicts import Wish, review_event
from service.settings import Settings
from service.sops import backtests
from service.sops.backtest import backtest
from service.sops.call_differences import call_differences
from service.sops.versions import current_version, parsed
from sop.comparison import explain_card_difference
from sop.document import Sop
from sop.procedure import OwnEvent, Step, Wording


@pytest.fixture(scope="module")
def site(scored_demo: Demo) -> Demo:
    """One database for the whole module: back-tests change nothing."""
    return scored_demo


def current(site: Demo, name: str) -> Sop:
    """The published procedure of that name."""
    with site.database.transaction() as session:
        return parsed(current_version(session, name).document)


def with_step(sop: Sop, step: Step) -> Sop:
    """The procedure with one of its steps replaced."""
    return replace(sop, steps=tuple(step if old.id == step.id else old for old in sop.steps))


def test_an_unchanged_sop_flips_nothing(site: Demo) -> None:
    """Under the same document no step, no score and no share of unknown differs."""
    sop = current(site, "zh-telesales")
    report = backtest(site.database, OPERATOR, sop, sop)
    assert report.calls > 0
    assert report.flips == 0
    assert report.changed == 0
    assert report.before == report.after
    assert (report.mean_shift, report.median_shift) == (0.0, 0.0)
    assert report.unknown_before == report.unknown_after
    assert report.calls == report.unchanged + report.unscored


def test_scores_are_those_that_calls_have(site: Demo) -> None:
    """What a back-test gives by the published version is what the stored scorecards say."""
    for name, language in (("zh-telesales", "zh"), ("en-b2b", "en")):
        sop = current(site, name)
        report = backtest(site.database, OPERATOR, sop, None)
        with site.database.transaction() as session:
            details = [get_call(session, OPERATOR, call_id) for call_id in site.calls.values()]
        scores = [d.call.score for d in details if d and d.call.language == language and d.call.score is not None]
        assert report.after.scored == len(scores)
        assert report.after.mean == pytest.approx(sum(scores) / len(scores), abs=0.01)
        assert report.before is None
        assert report.calls + report.left_out == len(site.calls)


def test_a_changed_step_flips_with_calls_and_reasons_to_show(site: Demo) -> None:
    """A stricter step flips in the calls that no longer meet it, each with both reasons; the sums agree."""
    old = current(site, "en-b2b")
    first = old.steps[0]
    strict = replace(first, criteria=(replace(first.criteria[0], min_count=9),), points=first.points * 2)
    report = backtest(site.database, OPERATOR, with_step(old, strict), old)
    step = next(step for step in report.steps if step.step == first.id)
    assert {(flip.before, flip.after) for flip in step.flips} == {("met", "missed")}
    assert report.flips == step.flipped == sum(flip.calls for flip in step.flips) > 0
    example = step.flips[0].examples[0]
    assert uuid.UUID(example.call_id) in site.calls.values()
    assert example.before is not None
    assert example.after is not None
    assert "9" in example.after.en
    assert report.mean_shift is not None
    assert report.mean_shift < 0
    assert report.changed + report.unchanged + report.unscored == report.calls
    assert sum(report.after.histogram) == report.after.scored
    for groups in (report.reps, report.teams, report.opportunities):
        calls = sum(group.calls for group in groups)
        assert calls <= report.calls
        assert groups
        shift = sum(group.shift * group.calls for group in groups) / calls
        assert shift == pytest.approx(report.mean_shift, abs=0.05)


def test_steps_that_come_and_go_are_told_apart_from_flips_of_outcome(site: Demo) -> None:
    """A new step has nothing before, a removed one nothing after."""
    old = current(site, "en-b2b")
    moved = replace(old, steps=(*old.steps[:-1], replace(old.steps[-1], id="renamed")))
    report = backtest(site.database, OPERATOR, moved, old)
    flips = {step.step: {(flip.before, flip.after) for flip in step.flips} for step in report.steps}
    assert {before for before, _ in flips["renamed"]} == {None}
    assert {after for _, after in flips[old.steps[-1].id]} == {None}


def test_a_backtest_sees_only_what_its_viewer_may_see(site: Demo) -> None:
    """A manager's back-test is of the team's calls, an operator's of all."""
    sop = current(site, "zh-telesales")
    with site.database.transaction() as session:
        emails = list(session.scalars(select(User.email).where(User.role == "manager").order_by(User.email)))
    counts = [backtest(site.database, viewer_of(site.database, email), sop, None).calls for email in emails]
    everybody = backtest(site.database, OPERATOR, sop, None).calls
    assert sum(counts) == everybody
    assert 0 in counts


def test_processes_give_what_one_gives(site: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report does not depend on how many processes score."""
    monkeypatch.setattr("service.sops.backtest._IN_ONE_PROCESS", 0)
    old = current(site, "zh-telesales")
    draft = with_step(old, replace(old.steps[0], points=33))
    one, two = (backtest(site.database, OPERATOR, draft, old, processes=count) for count in (1, 2))
    assert replace(one, runtime_s=0.0) == replace(two, runtime_s=0.0)


def test_events_that_calls_were_not_tagged_for_are_named(site: Demo) -> None:
    """A draft's own event makes its step unknown, and the report says in how many calls."""
    old = current(site, "en-b2b")
    event = OwnEvent("hello", Wording("问好", "Hello"), frozenset({"rep"}), ("Good morning", "Hello there", "Hi"))
    first = old.steps[0]
    asked = replace(first.criteria[0], any_of=("hello",), within_first_s=None)
    draft = replace(with_step(old, replace(first, criteria=(asked,))), events=(event,))
    report = backtest(site.database, OPERATOR, draft, old)
    assert report.unheard == {"hello": report.calls}
    step = next(step for step in report.steps if step.step == first.id)
    assert {flip.after for flip in step.flips} <= {"unknown"}
    assert report.unknown_after is not None
    assert report.unknown_before is not None
    assert report.unknown_after > report.unknown_before


def test_reviews_tell_how_right_a_step_is(site: Demo) -> None:
    """Moments that people rejected count against the steps that they meet."""
    sop = current(site, "en-b2b")
    call_id = next(call for name, call in site.calls.items() if name.startswith("en"))
    with site.database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
        assert detail is not None
        opening = next(event for event in detail.events if event.event == "opening" and event.is_present)
        review_event(session, OPERATOR, call_id, Wish(opening.turn, "opening", "rejected"))
    report = backtest(site.database, OPERATOR, sop, sop)
    precision = next(step for step in report.steps if step.step == "opening").precision_after
    assert precision is not None
    assert (precision.confirmed, precision.rejected, precision.share.value) == (0, 1, 0.0)


def test_nothing_is_published_by_it_and_it_can_be_stopped(site: Demo) -> None:
    """Versions and scorecards stay as they were; what the progress raises ends the work."""

    def counts() -> list[int | None]:
        with site.database.transaction() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in (SopVersion, StoredScorecard)]

    class Enough(Exception):
        pass

    def enough(done: int, total: int) -> None:
        if done:
            raise Enough

    before, sop = counts(), current(site, "zh-telesales")
    with pytest.raises(Enough):
        backtest(site.database, OPERATOR, sop, sop, enough)
    assert counts() == before


def test_a_queued_backtest_is_done_followed_and_found_again(site: Demo, tmp_path: Path) -> None:
    """The worker brings a queued back-test to its report, which only whoever asked and admins find."""
    with site.database.transaction() as session:
        emails = list(session.scalars(select(User.email).where(User.role == "manager").order_by(User.email)))
        document = current_version(session, "en-b2b").document
    asker, other = (viewer_of(site.database, email) for email in emails[:2])
    with site.database.transaction() as session:
        test = backtests.start(session, asker, document)
        assert (test.run.state, test.against) == ("waiting", "en-b2b@2")
        stopped = backtests.start(session, asker, document, "en-b2b@1")
        assert backtests.stop(session, asker, stopped.run.id)
        assert not backtests.stop(session, other, test.run.id)

    def state() -> str:
        with site.database.transaction() as session:
            found = backtests.get(session, asker, test.run.id)
        assert found is not None
        return found.run.state

    settings = Settings(home=tmp_path)
    with in_background(Worker(settings, site.database, queues=("analyze",), engines=FakeEngines())):
        wait_until(lambda: state() == "done", 120)
    with site.database.transaction() as session:
        found = backtests.get(session, asker, test.run.id)
        assert found is not None
        assert found.report is not None
        assert found.report["flips"] == 0
        assert found.run.fraction == 1.0
        assert backtests.get(session, other, test.run.id) is None
        assert backtests.get(session, OPERATOR, test.run.id) is not None
        gone = backtests.get(session, asker, stopped.run.id)
        assert gone is not None
        assert (gone.run.state, gone.report) == ("stopped", None)


def test_calls_are_compared_one_by_one(site: Demo) -> None:
    """A call that comes out otherwise is told with both scores and the steps that did it; others are not told."""
    old = current(site, "en-b2b")
    new = with_step(old, replace(old.steps[0], points=old.steps[0].points + 30))
    assert call_differences(site.database, OPERATOR, old, old) == []
    found = call_differences(site.database, OPERATOR, old, new)
    assert found
    titles = {step.id: step.title for step in new.steps}
    told = explain_card_difference(found[0].card, "en", titles)
    assert told.startswith(f"{found[0].card.before:g} → {found[0].card.after:g}, because {old.steps[0].title.en}: ")
    assert all(call.card.steps[0].step_id == old.steps[0].id for call in found)
