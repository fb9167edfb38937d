"""The measures of skill (沟通技巧): asking, listening, not lecturing, answering, not interrupting, a steady pace."""

from __future__ import annotations

from fractions import Fraction

from sop.criteria import ALL, judge
from sop.events import Tagging
from sop.hearing import Hearing
from sop.measured import HALF, Measured, falling, graded, idle, shares, telling, unread, untold
from sop.passages import Passages
from sop.procedure import Criterion, Wording
from sop.reasons import ReasonCode

LISTENED_MS = 1_000
"""A shorter answer to an open question is no more than a back-channel; to a closed one it is an answer."""

FINE_MONOLOGUE_MS, ENDLESS_MONOLOGUE_MS = 60_000, 150_000
INTERRUPTION_MS = 600
"""Shorter overlaps come with any change of speaker (Heldner and Edlund 2010)."""

INTERRUPTED_AT_MOST = 5
"""With one turn in so many interrupting, nothing is left of the share."""

PACE = {"en": (110, 220), "zh": (150, 330)}
"""Words and characters a minute that anybody can follow."""

RUSHED = 1.25
"""A turn so much faster than the rep's own pace is rushed."""

OBJECTIONS = ("price_objection", "objection")


def open_questions(place: Passages) -> Measured:
    """Half of the questions open is enough; one that leaves no room to answer counts as closed."""
    asked = place.seen("question", place.of_rep)
    if not asked:
        return unread(place, place.of_rep) or idle(ReasonCode.NO_QUESTIONS)
    room = _room(place)
    items = [(item, item.value >= 1 and room.get(item.turn, 1.0) > 0) for item in asked]
    low, high = (min(ALL, share / HALF) for share in shares(items))
    params = {"open": sum(good for _, good in items), "total": len(items)}
    return graded(low, high, ReasonCode.QUESTIONS_OPEN, params, telling(items))


def listening(place: Passages) -> Measured:
    """The share of questions after which the customer got to speak."""
    asked = place.seen("question", place.of_rep)
    if not asked:
        return unread(place, place.of_rep) or idle(ReasonCode.NO_QUESTIONS)
    is_open = {item.turn for item in asked if item.value >= 1}
    answers = place.seen("listening", place.of_rep)
    if not answers:
        return idle(ReasonCode.NO_ANSWERS)
    items = [(item, item.value >= LISTENED_MS if item.turn in is_open else item.value > 0) for item in answers]
    params = {"heard": sum(good for _, good in items), "total": len(items)}
    return graded(*shares(items), ReasonCode.LISTENED, params, telling(items))


def monologue(place: Passages) -> Measured:
    """The longest monologue that touches the step: fine up to a minute, endless from two and a half."""
    spans = [place.hearing.facts.turns[turn] for turn in place.of_rep]
    touching = [
        item
        for item in place.everywhere("monologue")
        if any(span.start_ms < item.end_ms and item.start_ms < span.end_ms for span in spans)
    ]
    if not touching:
        return _untold(place)
    longest = max(touching, key=lambda item: (item.value, -item.start_ms, item.confidence, item.quote))
    share = falling(longest.value, FINE_MONOLOGUE_MS, ENDLESS_MONOLOGUE_MS)
    params = {"seconds": round(longest.value / 1000), "limit_s": FINE_MONOLOGUE_MS // 1000}
    return graded(share, share, ReasonCode.MONOLOGUE, params, [longest.evidence])


def answering(place: Passages) -> Measured:
    """The share of objections around the step that the rep answers within three turns, as a step would be judged."""
    raised = {item.evidence for item in place.heard(OBJECTIONS, place.around)}
    tagging = place.hearing.tagging
    kept = Tagging(
        tuple(e for e in tagging.present if e.event not in OBJECTIONS or e.evidence in raised),
        tuple(e for e in tagging.doubtful if e.event not in OBJECTIONS or e.evidence in raised),
    )
    title = Wording("回应异议", "Objections answered")
    rule = Criterion("answering", title, ("objection_handling",), frozenset({"rep"}), answers=OBJECTIONS)
    verdict = judge(rule, Hearing(kept, place.hearing.facts, place.hearing.speakers))
    told = verdict.high - verdict.low < ALL
    return Measured(
        verdict.low, verdict.high, verdict.reason, verdict.evidence, verdict.confidence, told, verdict.applicable
    )


def interruptions(place: Passages) -> Measured:
    """1 without any; one turn in five that cuts in, or more, leaves 0."""
    turns = place.seen("interruption", place.of_rep)
    if not turns:
        joined = place.noted is not None and not place.everywhere("interruption")
        return untold(ReasonCode.CHANNELS_JOINED) if joined else _untold(place)
    items = [(item, item.value < INTERRUPTION_MS) for item in turns]
    low, high = (max(Fraction(0), 1 - INTERRUPTED_AT_MOST * (1 - share)) for share in shares(items))
    count = sum(not good for _, good in items)
    shown = telling(items) if count else ()
    return graded(low, high, ReasonCode.INTERRUPTED, {"count": count, "total": len(items)}, shown)


def pace(place: Passages) -> Measured:
    """The share of longer turns that anybody can follow and that are not rushed beside the rep's others."""
    language = place.hearing.facts.language
    turns = place.seen("pace", place.of_rep)
    if language not in PACE or not turns:
        return unread(place, place.of_rep) or idle(ReasonCode.TURNS_TOO_SHORT)
    slowest, fastest = PACE[language]
    beside = {item.turn: item.value for item in place.seen("pace_ratio", place.of_rep)}
    items = [(item, slowest <= item.value <= fastest and beside.get(item.turn, 1.0) <= RUSHED) for item in turns]
    params = {
        "steady": sum(good for _, good in items),
        "total": len(items),
        "slowest": round(min(item.value for item in turns)),
        "fastest": round(max(item.value for item in turns)),
    }
    return graded(*shares(items), ReasonCode.PACED, params, telling(items))


def _room(place: Passages) -> dict[int, float]:
    """How long the customer spoke after the question of a turn, in milliseconds."""
    room: dict[int, float] = {}
    for item in place.everywhere("listening"):
        room[item.turn] = max(item.value, room.get(item.turn, 0.0))
    return room


def _untold(place: Passages) -> Measured:
    """What to say of times that were not measured."""
    return untold(ReasonCode.NOT_MEASURED if place.noted is None else ReasonCode.WORDS_UNSURE)
