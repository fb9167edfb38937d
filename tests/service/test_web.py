"""The pure parts of the web app: translation, formats, addresses, transcript pieces, search marks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.guards import Reason
from service.calls.conversation import channel_speakers, conversation, pieces, tally, with_removed
from service.calls.filters import SORTS, CallFilters
from service.calls.measures import UNITS
from service.calls.scoresheet import scoresheet
from service.calls.views import EventMark, RemovedText, ScorecardView, SpokenTurn, SpokenWord, StepView
from service.clock import clock
from service.search.terms import excerpt, tsquery
from service.web.families import FAMILY_OF
from service.web.formats import Formats, time_zone
from service.web.mounting import VENDOR_FILES, local_path
from service.web.rendering import templates
from service.web.scales import band, position
from service.web.translation import LANGUAGES, TranslationError, Translator, chosen_language, translator
from sop.events import EVENTS, Slot

WEB = Path(str(resources.files("service.web")))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
_USED = re.compile(r"""\bt\(\s*["']([\w.]+)["'](\s*~)?""")


def test_catalogues_say_the_same_things() -> None:
    """Every language has the same keys, and the same places in each text."""
    zh, en = translator("zh").texts, translator("en").texts
    assert set(zh) == set(en)
    for key, text in en.items():
        assert _places(text) == _places(zh[key]), key


def _places(text: object) -> set[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    return {place for form in forms for place in re.findall(r"\{(\w+)\}", str(form))}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_text_a_template_uses_exists(template: Path) -> None:
    """A key written out exists; one put together has texts under its beginning."""
    texts = translator("en").texts
    for key, is_prefix in _USED.findall(template.read_text("utf-8")):
        known = any(name.startswith(key) for name in texts) if is_prefix else key in texts
        assert known, f"{template.name}: {key}"


def test_scripts_have_their_texts() -> None:
    """Every text a script asks for is in the catalogue's part for scripts."""
    known = translator("en").branch("script")
    for script in (WEB / "static" / "js").glob("*.js"):
        for key, is_template in re.findall(r"""\btext\((?:["'](\w+)["']|`(\w+)_\$)""", script.read_text("utf-8")):
            assert key in known or (is_template and any(name.startswith(is_template) for name in known)), script


def test_events_and_metrics_are_named_and_coloured() -> None:
    """Each key event of the guide has a name and a family, each metric shown a name and a definition."""
    for language in LANGUAGES:
        t = translator(language)
        assert all(f"event.{event}" in t for event in EVENTS)
        assert all(f"metric.{name}.{part}" in t for name in UNITS for part in ("name", "definition"))
    assert set(FAMILY_OF) == set(EVENTS)


def test_templates_hold_nothing_inline() -> None:
    """No style attribute, style element, event handler or script text: the policy would block it."""
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(\bsrc=|application/json))")
    for template in TEMPLATES:
        assert not forbidden.search(template.read_text("utf-8")), template.name


def test_pages_and_scripts_ask_only_for_vendor_files_that_are_served() -> None:
    """Every /vendor address in a template or script is one of the files given out."""
    served = {f"/vendor/{package}/{Path(file).name}" for package, files in VENDOR_FILES.items() for file in files}
    sources = [*TEMPLATES, *(WEB / "static").rglob("*.js")]
    asked = {a for path in sources for a in re.findall(r"/vendor/[\w./-]+", path.read_text("utf-8"))}
    assert asked == served


def test_the_lock_names_no_registry() -> None:
    """Where packages are fetched from is the installer's business."""
    assert "resolved" not in (WEB / "package-lock.json").read_text("utf-8")


def test_templates_compile() -> None:
    """Every template can be read."""
    for template in TEMPLATES:
        templates().get_template(str(template.relative_to(WEB / "templates")))


def test_plurals_follow_the_language() -> None:
    """English tells one from many, Chinese does not."""
    assert translator("en")("calls.count", n=1) == "1 call"
    assert translator("en")("calls.count", n=2) == "2 calls"
    assert translator("zh")("calls.count", n=1) == "共 1 通电话"


def test_a_missing_text_or_place_is_an_error() -> None:
    """The message names the language and the key."""
    t = Translator("en", {"greeting": "Hello {name}"})
    with pytest.raises(TranslationError, match=r"en: no text 'gone'"):
        t("gone")
    with pytest.raises(TranslationError, match=r"'greeting' needs 'name'"):
        t("greeting")


@pytest.mark.parametrize(
    ("cookie", "own", "accepted", "language"),
    [
        ("zh", "en", "en-GB", "zh"),
        (None, "zh", "en-GB", "zh"),
        (None, None, "fr;q=0.9, zh-CN;q=0.8, en;q=0.7", "zh"),
        (None, None, "en;q=0, zh;q=0.1", "zh"),
        ("xx", None, None, "en"),
        (None, None, "garbage;;q=x", "en"),
    ],
)
def test_the_language_is_the_readers(cookie: str | None, own: str | None, accepted: str | None, language: str) -> None:
    """The choice in the browser comes first, then the account's, then the browser's own."""
    assert chosen_language(cookie, own, accepted) == language


def test_formats_of_both_languages() -> None:
    """Money without empty cents, dates in the reader's zone, the call's own clock beside."""
    shanghai = Formats("zh", ZoneInfo("Asia/Shanghai"))
    london = Formats("en", ZoneInfo("Europe/London"))
    at = datetime(2025, 10, 20, 21, 10, tzinfo=UTC)
    assert shanghai.money(Decimal("298000.00"), "CNY") == "¥298,000"
    assert london.money(Decimal("64000.50"), "GBP") == "£64,000.50"
    assert london.money(None, "GBP") == "–"
    assert shanghai.moment(at) == "2025年10月21日 05:10"
    assert london.moment(at) == "20 Oct 2025 22:10"
    assert london.there(at, -330) == "2025-10-20 15:40 UTC-05:30"
    assert london.day(date(2026, 11, 6)) == "6 Nov 2026"
    assert (clock(187_400), clock(3_727_000)) == ("3:07", "1:02:07")


def test_unknown_time_zones_are_none() -> None:
    """A cookie can hold anything."""
    assert time_zone("Europe/London") is not None
    assert [time_zone(name) for name in (None, "", "Nowhere/City", "../../etc/passwd", "/etc/passwd")] == [None] * 5


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "calls", "javascript:1"]
)
def test_nobody_is_led_to_another_site(target: str) -> None:
    """What is not a path of this app leads to the start."""
    assert local_path(target) == "/"


filters = st.builds(
    CallFilters,
    text=st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), max_size=20),
    events=st.sets(st.sampled_from(EVENTS)).map(lambda chosen: tuple(e for e in EVENTS if e in chosen)),
    match=st.sampled_from(["all", "any"]),
    rep=st.none() | st.uuids(),
    opportunity=st.none() | st.just("OPP-1001"),
    direction=st.none() | st.just("inbound"),
    language=st.none() | st.sampled_from(["zh", "en"]),
    state=st.none() | st.just("failed"),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    min_score=st.none() | st.integers(0, 100).map(float),
    max_score=st.none() | st.integers(0, 100).map(float),
    sort=st.sampled_from(SORTS),
    descending=st.booleans(),
)


@given(filters)
def test_filters_live_in_the_address(chosen: CallFilters) -> None:
    """What an address says is what was set; taking a filter off removes exactly it."""
    read = CallFilters.from_query(chosen.to_query())
    assert read.to_query() == chosen.to_query()
    assert (read.events, read.rep, read.since, read.min_score) == (
        chosen.events,
        chosen.rep,
        chosen.since,
        chosen.min_score,
    )
    for name, value in chosen.active:
        assert (name, value) not in CallFilters.from_query([p for p in chosen.to_query() if p != (name, value)]).active


def test_wild_filter_values_are_left_out() -> None:
    """Values that mean nothing don't filter, and don't fail."""
    wild = [("rep", "x"), ("since", "yesterday"), ("min_score", "nan"), ("max_score", "900"), ("event", "x")]
    assert CallFilters.from_query([*wild, ("sort", "-x"), ("state", "x"), ("match", "x")]) == CallFilters()


words = st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6), max_size=8)


@given(st.text(max_size=60), words)
def test_pieces_are_the_text(text: str, spoken: list[str]) -> None:
    """Whatever the words are, the pieces joined are the text, and words keep their order."""
    given_words = [SpokenWord(word, i, i + 1, 0.9) for i, word in enumerate(spoken)]
    found = pieces(text, given_words)
    assert "".join(piece.text for piece in found) == text
    starts = [piece.start_ms for piece in found if piece.start_ms is not None]
    assert starts == sorted(starts)


def test_every_word_of_a_turn_gets_its_place() -> None:
    """Words are found between spaces, in Chinese without them, and repeated words in order."""
    found = pieces(
        "No, no. 好的好的",
        [SpokenWord(w, i, i + 1, 0.1) for i, w in enumerate(["No,", "no.", "好的", "好的"])],
    )
    assert [piece.text for piece in found if piece.start_ms is not None] == ["No,", "no.", "好的", "好的"]
    assert all(piece.is_doubtful for piece in found if piece.start_ms is not None)


def test_numbers_are_told_in_digits() -> None:
    """Every word of a number tells it in digits with its unit; what is written in digits needs no telling."""
    assert amounts(
        "zh", "三十万，打八折，138 0013 8000，一千二百块钱，$5,000", "三十 万， 打 八折， 一千二百 块钱， $5,000"
    ) == [
        ("三十", "300,000"),
        ("万，", "300,000"),
        ("打", "× 0.8"),
        ("八折，", "× 0.8"),
        ("一千二百", "¥1,200"),
        ("块钱，", "¥1,200"),
    ]
    english = "Twelve dollars fifty percent of 300"
    assert amounts("en", english, english) == [
        ("Twelve", "$12"),
        ("dollars", "$12"),
        ("fifty", "50%"),
        ("percent", "50%"),
    ]
    assert amounts("zh", "两三千", "两三千") == []


def amounts(language: str, text: str, words: str) -> list[tuple[str, str]]:
    """The words of a turn that tell a number, and what they tell."""
    said = tuple(SpokenWord(word, 0, 1, 0.9) for word in words.split())
    (line,) = conversation([SpokenTurn(0, "rep", 0, None, 0, 9, text, 0.9, said)], (), language)
    return [(piece.text, piece.amount) for piece in line.pieces if piece.amount]


def test_what_events_of_a_turn_share_is_shown_once() -> None:
    """Events stand in the guide's order, shared slots once, after the last that has them, none after a rejected one."""
    demo, day = Slot("channel", "demo", 0, 4, "demo"), Slot("when", "tomorrow", 5, 13, "2026-11-23")
    price = Slot("amount", "9", 14, 15, 9)
    marks = [
        replace(EventMark(name, False, 0, 0, 9, "rep", "", 0.9), slots=slots, verdict=verdict)
        for name, slots, verdict in (
            ("own", (day,), None),
            ("price_discussion", (day,), "rejected"),
            ("closing", (demo, day), "rejected"),
            ("next_step", (demo, day), None),
            ("competitor", (), None),
            ("customer_approval", (day, demo), None),
            ("price_objection", (price,), None),
        )
    ]
    (line,) = conversation([SpokenTurn(0, "rep", 0, None, 0, 9, "demo tomorrow", 0.9, ())], marks)
    assert [(mark.event, mark.slots) for mark in line.events] == [
        ("price_discussion", ()),
        ("price_objection", (price,)),
        ("competitor", ()),
        ("customer_approval", ()),
        ("next_step", (demo, day)),
        ("closing", ()),
        ("own", ()),
    ]


def test_the_tally_leaves_doubt_out() -> None:
    """Only surely heard events are counted, in the guide's order, own events last."""
    marks = [
        EventMark(name, name == "opening", 0, 0, 1, "rep", "", 0.5) for name in ("own", "closing", "opening", "closing")
    ]
    assert tally(marks) == (("closing", 2), ("own", 1))


@given(st.text(max_size=200), st.text(max_size=12))
def test_an_excerpt_marks_parts_of_the_quote(quote: str, text: str) -> None:
    """Pieces come from the quote, in order; nothing is invented but the dots of a cut."""
    shown = "".join(piece.text for piece in excerpt(quote, text, 40))
    core = shown.removeprefix("…").removesuffix("…") if len(quote) > 40 else shown
    assert core in quote


def test_hits_are_marked_in_either_script() -> None:
    """Traditional, full-width and longer words are marked where they stand."""
    marked = [piece.text for piece in excerpt("藍霜給我報的是ＰＲＩＣＥ１３，prices", "蓝霜 price") if piece.marked]
    assert marked == ["藍霜", "ＰＲＩＣＥ１３", "prices"]


def test_a_query_asks_for_bigrams_and_beginnings() -> None:
    """Chinese runs by bigrams, other words by their beginning, quotes kept harmless."""
    assert tsquery("太贵了 price") == "'太贵' & '贵了' & 'price':*"
    assert tsquery("it's") == "'it''s':*"
    assert tsquery(" ,.! ") is None


def test_bands_and_positions() -> None:
    """Scores fall into bands, moments onto a line."""
    assert [band(score) for score in (None, 12, 60, 80)] == ["none", "low", "middle", "high"]
    assert [position(ms, 200) for ms in (-5, 50, 400)] == [0, 250, 1000]
    assert position(50, None) == 0


def test_a_scorecard_of_another_version_is_still_readable() -> None:
    """A document or reason this version can't read shows ids and codes instead of failing."""
    step = StepView("greet", {}, "missed", 4, 10, None, {"code": "from_the_future", "params": {}}, (), ())
    card = ScorecardView("old", 3, "not: an sop", 40, 40, 40, None, (step,), "a", "b", "c", datetime.now(UTC))
    sheet = scoresheet(card, "en")
    assert (sheet.title, sheet.lines[0].title, sheet.lines[0].why) == ("old", "greet", "from_the_future")
    assert sheet.lines[0].shown == "partly"


@pytest.mark.parametrize(("ms", "shown"), [(0, "0:00"), (187_900, "3:07"), (4_500_000, "1:15:00"), (-5, "0:00")])
def test_moments_show_hours_only_when_there_are_any(ms: int, shown: str) -> None:
    """A place in a call reads the same on pages and at the command line."""
    assert clock(ms) == shown


def test_every_reason_for_disbelief_is_told_in_words() -> None:
    """Each reason of the guards has a text in every language."""
    for language in LANGUAGES:
        assert [code for code in get_args(Reason) if f"removed.{code}" not in translator(language)] == []


def test_what_was_not_believed_stands_at_its_time() -> None:
    """Removed texts come among the turns in order of time, under the name of who has the channel."""
    spoken = [
        SpokenTurn(i, who, i, None, ms, ms + 900, "Hi.", 0.9, ())
        for i, (who, ms) in enumerate([("rep", 0), ("customer", 5_000)])
    ]
    removed = [RemovedText(1, 7_000, 7_500, "lala", "unlikely"), RemovedText(0, 2_000, 2_500, "Mhm", "no_speech")]
    lines = with_removed(conversation(spoken, (), "en"), removed, channel_speakers(spoken, 2))
    assert [(line.start_ms, line.speaker) for line in lines] == [
        (0, "rep"),
        (2_000, "rep"),
        (5_000, "customer"),
        (7_000, "customer"),
    ]
    assert channel_speakers([replace(turn, channel=0) for turn in spoken], 1) == ("unknown",)
