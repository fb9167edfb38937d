"""The life of an SOP version: drafts, publishing from a date, retiring; and which version scores a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.sops import SopVersion
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings
from service.sops.publishing import (
    PublishingError,
    discard_draft,
    publish,
    publish_draft,
    retire,
    save_draft,
)
from service.sops.versions import (
    NotAllowed,
    UnknownSop,
    current_version,
    find_version,
    list_versions,
    shipped,
    sop_for,
)
from sop.document import content_hash, dump, parse
from sop.facts import CallContext
from sop.problems import SopError
from sop.procedure import Applicability, Sop

REP = Viewer(None, "Ana", "ana@example.com", "rep")
DAY = datetime(2026, 5, 4, 8, tzinfo=UTC)


def worth(points: float, name: str = "en-b2b") -> str:
    """The shipped SOP with other points in its first step."""
    sop = parse(shipped()[name])
    return dump(replace(sop, steps=(replace(sop.steps[0], points=points), *sop.steps[1:])))


def named(name: str, applies_to: Applicability = Applicability()) -> str:  # noqa: B008 - a frozen value
    """An SOP of another name, for the calls that it says."""
    sop: Sop = parse(shipped()["en-b2b"])
    return dump(replace(sop, name=name, applies_to=applies_to))


@pytest.mark.parametrize(
    "change",
    [
        {"document": "x"},
        {"content_hash": "x"},
        {"name": "x"},
        {"number": 9},
        {"effective_from": DAY},
        {"published_at": DAY},
        {"state": "draft", "number": 0},
    ],
)
def test_a_published_version_cannot_be_changed(database: Database, change: dict[str, object]) -> None:
    """The database itself refuses to change what a version says, by whatever code."""
    with pytest.raises(IntegrityError, match="cannot be changed"), database.transaction() as session:
        session.execute(update(SopVersion).where(SopVersion.name == "en-b2b").values(change))


def test_a_version_is_never_deleted_nor_comes_back(database: Database) -> None:
    """Published and retired versions stay, and what is retired stays so."""
    with database.transaction() as session:
        publish(session, worth(11), OPERATOR)
        retire(session, OPERATOR, "en-b2b@2")
    with pytest.raises(IntegrityError, match="cannot be deleted"), database.transaction() as session:
        session.delete(find_version(session, OPERATOR, "en-b2b@1"))
    with pytest.raises(IntegrityError, match="cannot be changed"), database.transaction() as session:
        session.execute(update(SopVersion).where(SopVersion.number == 2).values(state="published"))


def test_a_draft_is_saved_seen_by_editors_and_published(database: Database) -> None:
    """There is one draft of a name; reps never see it; published it becomes the next version."""
    with database.transaction() as session:
        save_draft(session, OPERATOR, "en-b2b", "name: [broken")
        assert find_version(session, OPERATOR, "en-b2b@draft").content_hash == ""
        with pytest.raises(SopError):
            publish_draft(session, OPERATOR, "en-b2b")
        draft = save_draft(session, OPERATOR, "en-b2b", worth(12))
        assert [(v.number, v.state) for v in list_versions(session, OPERATOR, "en-b2b")] == [
            (0, "draft"),
            (1, "published"),
        ]
        assert [v.number for v in list_versions(session, REP, "en-b2b")] == [1]
        with pytest.raises(UnknownSop, match="en-b2b has 1"):
            find_version(session, REP, "en-b2b@draft")
        digest = draft.content_hash
        version = publish_draft(session, OPERATOR, "en-b2b")
        assert (version.number, version.content_hash, version.state) == (2, digest, "published")
        assert not discard_draft(session, OPERATOR, "en-b2b")


def test_a_draft_of_another_name_is_refused(database: Database) -> None:
    """A valid document is kept under its own name alone."""
    with database.transaction() as session, pytest.raises(PublishingError, match="named 'en-b2b', not 'other'"):
        save_draft(session, OPERATOR, "other", worth(12))


def test_reps_change_nothing(database: Database) -> None:
    """Whoever may only read SOPs can neither write, publish nor retire them."""
    with database.transaction() as session:
        for refused in (
            lambda: save_draft(session, REP, "en-b2b", worth(12)),
            lambda: publish(session, worth(12), REP),
            lambda: retire(session, REP, "en-b2b@1"),
            lambda: discard_draft(session, REP, "en-b2b"),
        ):
            with pytest.raises(NotAllowed):
                refused()


def test_who_wrote_and_who_published_is_kept(database: Database) -> None:
    """A version names the author of the draft it was, who published it, and who retired it."""
    with database.transaction() as session:
        people = [
            Viewer.of(add_user(session, NewUser(name, f"{name}@example.com", "manager", "North")))
            for name in ("ana", "ben")
        ]
        save_draft(session, people[0], "en-b2b", worth(13))
        publish_draft(session, people[1], "en-b2b")
        retire(session, people[0], "en-b2b@2")
        row = find_version(session, OPERATOR, "en-b2b@2")
        assert (row.created_by_id, row.published_by_id, row.retired_by_id) == (
            people[0].user_id,
            people[1].user_id,
            people[0].user_id,
        )


def test_calls_are_scored_by_the_version_in_force_when_they_began(database: Database, settings: Settings) -> None:
    """A version from a date on scores calls from then on; of several in force the newest; the first all before."""
    with database.transaction() as session:
        publish(session, worth(11), OPERATOR, DAY)
        publish(session, worth(12), OPERATOR, DAY + timedelta(days=2))

        def number(at: datetime) -> int:
            return sop_for(session, settings, "en", None, at)[0].number

        assert number(DAY - timedelta(seconds=1)) == 1
        assert number(DAY) == 2
        assert number(DAY + timedelta(days=2)) == 3
        publish(session, worth(13), OPERATOR, "ever")
        assert number(DAY - timedelta(days=99)) == 4
        retire(session, OPERATOR, "en-b2b@4")
        assert number(DAY) == 2
        save_draft(session, OPERATOR, "en-b2b", worth(14))
        assert number(datetime.now(UTC)) == 3


def test_before_anything_was_in_force_the_first_version_scores(database: Database, settings: Settings) -> None:
    """A call older than every version is scored by the earliest, named for it or not."""
    with database.transaction() as session:
        publish(session, named("later"), OPERATOR, DAY)
        publish(session, worth(5), OPERATOR, DAY)
        version, _ = sop_for(session, settings, "en", "later", DAY - timedelta(days=1))
        assert (version.name, version.number) == ("later", 1)


def test_nothing_new_is_no_new_version(database: Database) -> None:
    """What is in force already is not published again, unless it is to begin earlier; an old text is a new version."""
    with database.transaction() as session:
        assert publish(session, worth(11), OPERATOR, DAY)[1]
        assert not publish(session, worth(11), OPERATOR)[1]
        assert not publish(session, worth(11), OPERATOR, DAY + timedelta(days=1))[1]
        assert publish(session, worth(11), OPERATOR, DAY - timedelta(days=1))[1]
        back, is_new = publish(session, shipped()["en-b2b"], OPERATOR)
        assert (is_new, back.number) == (True, 4)
        assert back.content_hash == content_hash(parse(shipped()["en-b2b"]))
        with pytest.raises(PublishingError, match="no time zone"):
            publish(session, worth(15), OPERATOR, datetime(2026, 1, 1))


def test_the_most_specific_sop_scores_a_call(database: Database, settings: Settings) -> None:
    """An SOP for a team and direction scores their calls; the default all others, whatever general ones there are."""
    with database.transaction() as session:
        publish(session, named("a-general-one"), OPERATOR, "ever")
        publish(session, named("north"), OPERATOR, "ever")
        team, way = Applicability(teams=("North",)), Applicability(teams=("North",), directions=("inbound",))
        publish(session, named("north", team), OPERATOR, "ever")
        publish(session, named("north-in", way), OPERATOR, "ever")

        def name(context: CallContext, sop: str | None = None) -> str:
            return sop_for(session, settings, "en", sop, None, context)[0].name

        assert name(CallContext(direction="inbound", team="North")) == "north-in"
        assert name(CallContext(direction="outbound", team="North")) == "north"
        assert name(CallContext(team="South")) == "en-b2b"
        assert name(CallContext()) == "en-b2b"
        assert name(CallContext(team="North"), "a-general-one") == "a-general-one"
        assert sop_for(session, settings, "zh", None, None, CallContext(team="North"))[0].name == "zh-telesales"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("en-b2b@9", "no version 'en-b2b@9'; en-b2b has 1"),
        ("nobody@1", "no version 'nobody@1'; published are: en-b2b, zh-telesales"),
        ("nobody", "no SOP named 'nobody' is published; published are: en-b2b, zh-telesales"),
        ("Two words", "'Two words' names no version: write NAME, NAME@3 or NAME@draft"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(database: Database, reference: str, message: str) -> None:
    """An unknown version is one line that names those there are."""
    with database.transaction() as session, pytest.raises(UnknownSop) as caught:
        find_version(session, OPERATOR, reference)
    assert str(caught.value) == message


def test_only_a_published_version_is_retired_once(database: Database) -> None:
    """A reference without number, a draft and a retired version are refused with the reason."""
    with database.transaction() as session:
        save_draft(session, OPERATOR, "en-b2b", worth(12))
        for reference, message in (("en-b2b", "say which"), ("en-b2b@draft", "a draft: discard it")):
            with pytest.raises(PublishingError, match=message):
                retire(session, OPERATOR, reference)
        retire(session, OPERATOR, "en-b2b@1")
        with pytest.raises(PublishingError, match="retired already"):
            retire(session, OPERATOR, "en-b2b@1")
        with pytest.raises(UnknownSop):
            current_version(session, "en-b2b")
        assert session.scalars(select(SopVersion.state).where(SopVersion.number == 1)).all().count("retired") == 1
