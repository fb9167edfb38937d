"""Laws of the linking rule, of its settings' document, of phone numbers and of what is said of a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals.linking import MOST_CANDIDATES, CallToLink, DealToLink, LinkingSettings, candidates, choose
from sop.deals.linking_document import dump_linking, parse_linking
from sop.deals.linking_sentences import link_sentence
from sop.deals.phone_numbers import same_number
from sop.problems import SopError

AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
PHONES = ("+8615400000101", "+8615400000102")
USERS = ("lin", "zhao")

moments = st.integers(-60, 60).map(lambda days: AT + timedelta(days=days))
settings = st.builds(
    LinkingSettings,
    opened_after_days=st.integers(0, 365),
    closed_before_days=st.integers(0, 365),
    account_contacts=st.booleans(),
    owners=st.sampled_from(("prefer", "require")),
    ambiguous=st.sampled_from(("leave", "recent")),
)
calls = st.builds(
    CallToLink, phone=st.sampled_from((None, *PHONES)), rep=st.sampled_from((None, *USERS)), started_at=st.just(AT)
)
deals = st.lists(
    st.builds(
        DealToLink,
        id=st.uuids().map(str),
        account=st.sampled_from(("A", "B")),
        phones=st.frozensets(st.sampled_from(PHONES)),
        account_phones=st.frozensets(st.sampled_from(PHONES)),
        owner=st.sampled_from((None, *USERS)),
        collaborators=st.frozensets(st.sampled_from(USERS)),
        opened_at=moments,
        closed_at=st.none() | moments,
        outcome=st.sampled_from(("open", "won", "lost")),
        activity=st.lists(moments, max_size=2).map(tuple),
    ),
    max_size=8,
    unique_by=lambda deal: deal.id,
)


@given(calls, deals, settings, st.randoms())
def test_the_order_of_deals_means_nothing(
    call: CallToLink, given_deals: list[DealToLink], chosen: LinkingSettings, random: object
) -> None:
    """However the deals come, the choice and its candidates are the same; there are five at most, ranked from 1."""
    choice = choose(call, given_deals, chosen)
    shuffled = list(given_deals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(call, shuffled, chosen) == choice
    found = candidates(call, given_deals, chosen)
    assert found == choice.candidates
    assert [candidate.rank for candidate in found] == list(range(1, len(found) + 1))
    assert len(found) <= MOST_CANDIDATES
    assert choice.deal in {None, *(candidate.deal for candidate in found[:1])}


@given(calls, deals, settings)
def test_more_days_never_shut_a_deal_out(
    call: CallToLink, given_deals: list[DealToLink], chosen: LinkingSettings
) -> None:
    """Wider borders keep every candidate that narrower ones had."""
    wider = replace(chosen, opened_after_days=400, closed_before_days=400)
    for deal in given_deals:
        if candidates(call, [deal], chosen):
            assert candidates(call, [deal], wider)


@given(calls, deals, settings)
def test_what_could_not_be_chosen_changes_nothing(
    call: CallToLink, given_deals: list[DealToLink], chosen: LinkingSettings
) -> None:
    """Deals that are no candidates may be there or not."""
    found = [deal for deal in given_deals if candidates(call, [deal], chosen)]
    assert choose(call, found, chosen) == choose(call, given_deals, chosen)


@given(settings)
def test_settings_survive_their_document(chosen: LinkingSettings) -> None:
    """Written and read again they are the same."""
    assert parse_linking(dump_linking(chosen)) == chosen


def test_what_a_document_leaves_out_is_as_usual() -> None:
    """One key is enough."""
    assert parse_linking("closed_before_days: 30") == replace(LinkingSettings(), closed_before_days=30)


def test_all_mistakes_of_a_document_are_told_at_once() -> None:
    """Each with its path and line."""
    with pytest.raises(SopError) as caught:
        parse_linking("opened_after_days: 400\nclosed_before: 3\naccount_contacts: maybe\nambiguous: guess\n")
    assert [problem.path for problem in caught.value.problems] == [
        "closed_before",
        "opened_after_days",
        "account_contacts",
        "ambiguous",
    ]
    assert str(caught.value.problems[0]).startswith("closed_before (line 2): unknown key 'closed_before', did you mean")


@given(st.text("0123456789", min_size=8, max_size=11), st.sampled_from(("1", "44", "86", "852")))
def test_a_number_equals_itself_with_its_country_code(national: str, country: str) -> None:
    """Whole national number, with or without code and leading zero, in either order; never another one."""
    digits = national.lstrip("0") or "1"
    whole = f"+{country}{digits}"
    for written in (digits, f"0{digits}", f"00{country}{digits}", f"+{country} {digits}"):
        assert same_number(written, whole)
        assert same_number(whole, written)
    assert not same_number(whole, f"+{country}{digits}7")
    assert not same_number(digits, f"{digits}7")


@pytest.mark.parametrize("text", ["", "anonymous", "+", "转"])
def test_text_without_digits_is_no_number(text: str) -> None:
    """It equals nothing, not even itself."""
    assert not same_number(text, text)


def test_a_link_says_why_in_both_languages() -> None:
    """The sentence of the rule names match, person and days; those of others are fixed."""
    reason = {
        "by": "rule",
        "verdict": "linked",
        "match": "contact",
        "person": "owner",
        "timing": "opened_after",
        "days": 3,
    }
    assert link_sentence(reason).en == (
        "the number is that of a contact of the deal, the rep owns it, it was opened 3 days after the call"
    )
    assert link_sentence(reason).zh == "号码是该商机联系人的，销售是负责人，商机在通话后第 3 天建立"
    assert link_sentence({"by": "person"}).en == "a person said so"
    assert link_sentence({"by": "rule", "verdict": "nothing"}).zh == "没有商机符合"
