"""How the way through a pipeline is drawn, and the address of its filters."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from service.opportunities.filters import SORTS, OpportunityFilters
from service.opportunities.track import track
from service.web.paging import page_of

STAGES = [("qualify", "Qualify"), ("needs", "Needs"), ("proposal", "Proposal"), ("close", "Close")]
PLACES = st.integers(-1, 6)


def stretches(claimed: int | None, verified: int, possible: int) -> Sequence[str]:
    """What lies between the four stages."""
    return [stop.after for stop in track(STAGES, claimed, verified, possible).stops[:-1]]


def test_a_gap_is_drawn_between_the_marks() -> None:
    """Proven up to the verified stage, then what is not known, then what is only claimed, then what is ahead."""
    assert stretches(3, 0, 0) == ["gap", "gap", "gap"]
    assert stretches(2, 0, 1) == ["perhaps", "gap", "ahead"]
    assert stretches(1, 3, 3) == ["sure", "sure", "sure"]
    assert stretches(None, 1, 2) == ["sure", "ahead", "ahead"]
    drawn = track(STAGES, 2, 0, 0)
    assert (drawn.claimed, drawn.verified, drawn.stages) == ("Proposal", "Qualify", 2)


@given(claimed=st.none() | PLACES, verified=PLACES, possible=PLACES)
def test_a_track_holds_together(claimed: int | None, verified: int, possible: int) -> None:
    """One verified stage, at most one claimed, stretches that meet, and as many gap stretches as are told."""
    drawn = track(STAGES, claimed, verified, possible)
    assert sum(stop.is_verified for stop in drawn.stops) == 1
    assert sum(stop.is_claimed for stop in drawn.stops) == (claimed is not None)
    pairs = list(zip(drawn.stops, drawn.stops[1:], strict=False))
    assert all(one.after == other.before for one, other in pairs)
    assert drawn.stops[0].before == drawn.stops[-1].after == ""
    assert sum(one.after in ("gap", "perhaps") for one, _ in pairs) == drawn.stages


@given(
    filters=st.builds(
        OpportunityFilters,
        text=st.text("a价 &=%?", max_size=5).map(str.strip),
        pipeline=st.none() | st.sampled_from(["default", "own-one"]),
        outcome=st.none() | st.sampled_from(["open", "won", "lost"]),
        owner=st.none() | st.uuids(),
        team=st.none() | st.uuids(),
        min_gap=st.integers(0, 20),
        risk=st.none() | st.just("gone_silent"),
        sort=st.sampled_from(SORTS),
        descending=st.booleans(),
    )
)
def test_an_address_says_what_the_filters_say(filters: OpportunityFilters) -> None:
    """What is written into an address is read back the same."""
    assert OpportunityFilters.from_query(filters.to_query()) == filters


def test_nonsense_in_an_address_is_left_out() -> None:
    """A value that means nothing is as if it were never set."""
    odd = [
        ("owner", "x"),
        ("min_gap", "-1"),
        ("outcome", "maybe"),
        ("sort", "-nothing"),
        ("team", str(uuid.UUID(int=1))),
    ]
    assert OpportunityFilters.from_query(odd) == OpportunityFilters(team=uuid.UUID(int=1))


@given(rows=st.lists(st.integers(), max_size=30), number=st.integers(1, 9), size=st.integers(1, 7))
def test_pages_hold_every_row_once(rows: list[int], number: int, size: int) -> None:
    """All pages together are the list; a number beyond the end is the last page."""
    page = page_of(rows, number, size)
    every = [row for each in range(1, page.pages + 1) for row in page_of(rows, each, size).rows]
    assert every == rows
    assert 1 <= page.number <= page.pages
