"""Slots of key events: competitors, channels, roles, and what a next step's moment is in its talk."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.slots.competitors import find_competitors
from nlp.slots.events import SLOTS, SlotError, with_slots
from nlp.slots.words import CHANNELS, ROLES, find_channels, find_roles
from sop.events import EVENTS, Evidence, KeyEvent, Slot, Tagging

STARTED = datetime.fromisoformat("2026-11-25T10:00+08:00")


def heard(
    language: Language,
    *turns: tuple[str, str],
    started_at: datetime | None = STARTED,
    competitors: tuple[str, ...] = (),
    quotes: dict[int, str] | None = None,
) -> list[tuple[Slot, ...]]:
    """The slots of each turn's event; turns are given with their event, "" for none."""
    speakers: tuple[Speaker, Speaker] = ("rep", "customer")
    spoken = tuple(
        Turn(speakers[i % 2], i % 2, i * 1000, i * 1000 + 900, text, 0.9, ()) for i, (_, text) in enumerate(turns)
    )
    events = tuple(
        KeyEvent(event, Evidence(i, 0, 900, spoken[i].speaker, (quotes or {}).get(i, text), 0.9))
        for i, (event, text) in enumerate(turns)
        if event
    )
    transcript = Transcript(len(turns) * 1000, language, 2, spoken)
    return [event.slots for event in with_slots(Tagging(events), transcript, started_at, competitors).present]


def values(slots: tuple[Slot, ...], name: str) -> list[str | int | float | None]:
    return [slot.value for slot in slots if slot.name == name]


@pytest.mark.parametrize(
    ("text", "language", "names", "found"),
    [
        ("蓝霜那边也在跟", "zh", ("蓝霜",), [("蓝霜", "蓝霜")]),
        ("兰双报的比你们低", "zh", ("蓝霜",), [("兰双", "蓝霜")]),
        ("藍霜也來過", "zh", ("蓝霜",), [("藍霜", "蓝霜")]),
        ("火聚云首年低", "zh", ("火炬云",), [("火聚云", "火炬云")]),
        ("郎山云打了五折", "zh", ("兰山云",), [("郎山云", "兰山云")]),
        ("朗双也来过", "zh", ("蓝霜",), []),
        ("we use North Lamp today", "en", ("Northlamp",), [("North Lamp", "Northlamp")]),
        ("we looked at northlam", "en", ("Northlamp",), [("northlam", "Northlamp")]),
        ("what about NORTHLAMP?", "en", ("Northlamp",), [("NORTHLAMP", "Northlamp")]),
        ("my accountant keeps pushing Paylark on me", "en", (), [("Paylark", "Paylark")]),
        ("we did get a number from Homestead Depot.", "en", (), [("Homestead Depot", "Homestead Depot")]),
        ("Clickreo's offering seven", "en", (), [("Clickreo", "Clickreo")]),
        ("And they're at forty one. You know, on Monday.", "en", (), []),
        ("It's with my CFO and Dr Keane, I'd say.", "en", (), []),
        ("之前有个叫满帆的也给我打过电话", "zh", (), [("满帆", "满帆")]),
        ("另外我也跟你透个底，银碟那边也在跟", "zh", (), [("银碟", "银碟")]),
        ("我们在用“快单通”", "zh", (), [("快单通", "快单通")]),
        ("我们现在用SalesPro，还行", "zh", (), [("SalesPro", "SalesPro")]),
        ("我们用的是老的CRM", "zh", (), []),
    ],
)
def test_competitors(text: str, language: Language, names: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    """Known names are found as they are written and as they sound; unknown ones by how they are spoken of."""
    assert [(slot.text, slot.value) for slot in find_competitors(text, language, names)] == found


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("我给您做个线上演示", "zh", ["demo"]),
        ("合同我发您微信", "zh", ["contract", "wechat"]),
        ("我过去拜访一下", "zh", ["visit"]),
        ("发个腾讯会议给我", "zh", ["meeting"]),
        ("明天给您打电话", "zh", ["call"]),
        ("把报价单发您邮箱", "zh", ["quote", "email"]),
        ("先试用两周", "zh", ["trial"]),
        ("给您打折", "zh", []),
        ("那我给您打个九五折", "zh", []),
        ("I'll send the invite", "en", ["meeting"]),
        ("shall I come to your office", "en", ["visit"]),
        ("I'll ring you Monday", "en", ["call"]),
        ("email me the revised quote", "en", ["email", "quote"]),
        ("a four week proof of concept", "en", ["trial"]),
        ("I'll text you", "en", ["message"]),
        ("send over the contract", "en", ["contract"]),
        ("let's do a demo", "en", ["demo"]),
        ("add me on WeChat", "en", ["wechat"]),
        ("during the day", "en", []),
    ],
)
def test_channels(text: str, language: Language, found: list[str]) -> None:
    """How a next step is taken is told from its words."""
    assert [slot.value for slot in find_channels(text, language)] == found


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("最后老板拍板", "zh", ["owner"]),
        ("财务总监签字，再报采购部", "zh", ["cfo", "procurement"]),
        ("我得跟我老公商量", "zh", ["spouse"]),
        ("副总先签，再到总经理", "zh", ["executive", "ceo"]),
        ("主任，这个是院长批吗", "zh", ["director"]),
        ("要过法务和技术部", "zh", ["legal", "technology"]),
        ("好的先生", "zh", []),
        ("it goes to the CFO", "en", ["cfo"]),
        ("it's procurement, then legal", "en", ["procurement", "legal"]),
        ("I gotta ask my wife", "en", ["spouse"]),
        ("she's the boss", "en", ["owner"]),
        ("the board meets in July", "en", ["board"]),
        ("who needs to be on board", "en", []),
        ("it is me", "en", []),
    ],
)
def test_roles(text: str, language: Language, found: list[str]) -> None:
    """Who decides is told by office or kin; who is only spoken to does not decide."""
    assert [slot.value for slot in find_roles(text, language)] == found


def test_an_acceptance_takes_the_day_of_the_proposal() -> None:
    """ "Half past four, then" means the afternoon that was proposed, and a refused time is no next step."""
    slots = heard(
        "zh",
        ("next_step", "那我明天下午过您那边坐一下，三点方不方便？"),
        ("next_step", "三点我去接小孩，四点半啦。"),
        ("", "好的"),
        ("next_step", "好，四点半，您发个定位给我。"),
    )
    assert values(slots[0], "when") == ["2026-11-26T15:00+08:00"]
    assert values(slots[0], "channel") == ["visit"]
    assert values(slots[1], "when") == values(slots[2], "when") == ["2026-11-26T16:30+08:00"]


def test_a_proposal_long_ago_is_forgotten() -> None:
    """A time that is said ten turns later has no day."""
    talk = [("next_step", "Tomorrow at four?"), *[("", "Well.")] * 9, ("next_step", "At five o'clock.")]
    assert values(heard("en", *talk)[1], "when") == ["T17:00"]


def test_refused_and_past_moments_are_no_next_step() -> None:
    """What does not suit, and what was, is left out; what suits stays."""
    slots = heard(
        "en",
        ("next_step", "Monday doesn't work for me, Tuesday at ten."),
        ("next_step", "I got your mail yesterday, call me Friday."),
    )
    assert values(slots[0], "when") == ["2026-12-01T10:00+08:00"]
    assert values(slots[1], "when") == ["2026-11-27"]
    chinese = heard("zh", ("next_step", "下午不行，我要去社保局。明早九点半你来。"))
    assert values(chinese[0], "when") == ["2026-11-26T09:30+08:00"]


def test_the_quote_comes_first() -> None:
    """What the quote says of itself hides what the rest of the turn says, and only that."""
    text = "Friday I'm at the fair. Let's do a demo on Tuesday. And send me the contract."
    slots = heard("en", ("next_step", text), quotes={0: "Let's do a demo on Tuesday."})
    assert [slot.text for slot in slots[0]] == ["demo", "Tuesday"]
    slots = heard("en", ("next_step", text), quotes={0: "And send me the contract."})
    assert [slot.text for slot in slots[0]] == ["Friday", "Tuesday", "contract"]


def test_what_another_event_tells_is_not_taken() -> None:
    """The day of the next step in the same turn is not that of the closing before it."""
    text = "I can do ninety dollars if you sign. Let's meet on Tuesday."
    turns = (Turn("rep", 0, 0, 900, text, 0.9, ()),)
    quotes = {"closing": "I can do ninety dollars if you sign.", "next_step": "Let's meet on Tuesday."}
    events = tuple(KeyEvent(event, Evidence(0, 0, 900, "rep", quote, 0.9)) for event, quote in quotes.items())
    closing, step = with_slots(Tagging(events), Transcript(1000, "en", 1, turns), STARTED).present
    assert [slot.name for slot in closing.slots] == ["amount", "currency", "channel"]
    assert [slot.value for slot in step.slots] == ["2026-12-01"]


def test_only_the_slots_of_its_event() -> None:
    """A price in a next step and a date in an objection are not theirs."""
    assert values(heard("en", ("objection", "Call me tomorrow, it's ten dollars"))[0], "when") == []
    assert values(heard("en", ("next_step", "Tomorrow, for ten dollars"))[0], "amount") == []


def test_known_competitors_come_from_the_procedure() -> None:
    """The vocabulary's names reach the slots, also where they were misheard."""
    slots = heard("zh", ("competitor", "兰双便宜"), competitors=("蓝霜",))
    assert [(slot.text, slot.value) for slot in slots[0]] == [("兰双", "蓝霜")]


def test_a_start_without_a_zone_is_refused() -> None:
    """Its day could be any; the message says what to give."""
    with pytest.raises(SlotError, match=r"started_at: 2026-11-25T10:00:00 has no time zone; give"):
        heard("en", ("next_step", "tomorrow"), started_at=datetime(2026, 11, 25, 10))


def test_without_a_start_days_are_only_words() -> None:
    """The slot is there with its text, and no value is made up."""
    (slots,) = heard("en", ("next_step", "Let's meet next Wednesday at ten."), started_at=None)
    assert [(slot.text, slot.value) for slot in slots if slot.name == "when"] == [("next Wednesday at ten", None)]


PHRASES = (
    "明天下午三点|周四|月底前|发您微信|老板|三十二万|打八折|兰双|下午不行|。|，|”|tomorrow"
    "|next Monday at ten|$300 off|boss|Paylark|from"
    "|twenty percent off|the 25th|four thirty|quote|,|.|?"
)
PIECES = st.lists(st.sampled_from(PHRASES.split("|")), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(st.sampled_from(EVENTS), PIECES), min_size=1, max_size=5),
    st.sampled_from(["", " ", "，"]),
    st.sampled_from(["zh", "en"]),
)
def test_slots_lie_in_their_turn(talk: list[tuple[str, list[str]]], glue: str, language: Language) -> None:
    """Each slot is cut from its turn, has a name and form of its own, and they stand in order."""
    turns = [(event, glue.join(pieces)) for event, pieces in talk]
    for (_, text), slots in zip(turns, heard(language, *turns, competitors=("蓝霜", "Northlamp")), strict=True):
        assert [slot.start for slot in slots] == sorted(slot.start for slot in slots)
        for slot in slots:
            assert slot.name in SLOTS
            assert 0 <= slot.start < slot.end <= len(text)
            assert text[slot.start : slot.end] == slot.text
            if slot.name == "channel":
                assert slot.value in CHANNELS
            if slot.name == "role":
                assert slot.value in ROLES
