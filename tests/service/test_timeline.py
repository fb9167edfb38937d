"""What happened to a deal, as marks in lanes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from service.calls.views import CallRow, EventMark
from service.opportunities.timeline import Happening, timeline
from service.web.formats import Formats
from service.web.translation import translator

FORMATS, ENGLISH = Formats("en", UTC), translator("en")
START = datetime(2026, 10, 6, 10, 30, tzinfo=UTC)


def call(days: int, *events: str) -> CallRow:
    """A scored call ``days`` after the start with these events, ten seconds apart."""
    marks = tuple(
        EventMark(event, False, i, 10_000 * i, 10_000 * i + 900, "rep", "said " * 30, 0.9)
        for i, event in enumerate(events)
    )
    return CallRow(
        id=uuid.UUID(int=days),
        recording_id=uuid.UUID(int=days),
        external_id=None,
        file_name="call.wav",
        started_at=START + timedelta(days=days),
        utc_offset_minutes=0,
        direction="outbound",
        customer_phone=None,
        account=None,
        contact=None,
        deal=None,
        rep_id=None,
        rep="Tom Becker",
        duration_ms=90_000,
        language="en",
        state="scored",
        state_reason=None,
        progress=1.0,
        score=56.0,
        low=56.0,
        high=56.0,
        events=marks,
    )


def test_marks_stand_in_their_lanes_in_order_of_time() -> None:
    """Only lanes with something in them are drawn; a call's events of one family are one mark, leading to the first."""
    moved = Happening("crm", "stage", START + timedelta(days=3), "Proposal")
    drawn = timeline(
        [call(5, "opening", "price_objection", "price_discussion"), call(1)], [moved], FORMATS, ENGLISH, {}
    )
    assert [lane for lane, _ in drawn.lanes] == ["crm", "calls", "contact", "price"]
    assert [mark.at for mark in drawn.marks] == sorted(mark.at for mark in drawn.marks)
    price = next(mark for mark in drawn.marks if mark.lane == "price")
    assert (price.weight, price.href) == (2, f"/calls/{uuid.UUID(int=5)}?t=10000")
    assert "0:10 Price objection: said" in price.detail
    assert max(len(line) for line in price.detail.splitlines()) < 90


def test_events_of_ones_own_have_a_lane_and_their_title() -> None:
    """An event that no catalogue names is called by the SOP's title, or by its id."""
    drawn = timeline(
        [call(1, "reference_asked", "other")], [], FORMATS, ENGLISH, {"reference_asked": "Asks for a reference"}
    )
    own = next(mark for mark in drawn.marks if mark.lane == "own")
    assert "Asks for a reference" in own.detail
    assert "other" in own.detail


def test_nothing_happened() -> None:
    """Without calls and changes there is nothing to draw."""
    assert timeline([], [], FORMATS, ENGLISH, {}).to_json() == {"lanes": [], "marks": []}
