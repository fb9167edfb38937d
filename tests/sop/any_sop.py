"""Any procedure and any call, for laws: Hypothesis strategies over every key of the document."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from sop.conditions import Keywords, Rule, SpokenBy, all_of
from sop.dimensions import DIMENSIONS, MEASURES, Dimension
from sop.events import EVENT_SPEAKERS, EVENTS, Evidence, KeyEvent, Tagging
from sop.facts import CallContext, CallFacts, TurnSpan
from sop.procedure import (
    DIRECTIONS,
    Applicability,
    Condition,
    Criterion,
    Gate,
    NotApplicable,
    OwnEvent,
    Sop,
    Step,
    Vocabulary,
    Wording,
)

STAGES = ("Qualified", "方案报价")
BOTH = frozenset({"rep", "customer"})

texts = st.text(st.sampled_from("abcXYZ 开场白价格：#'\"-{}[],&*!|>%@?0159"), min_size=1, max_size=12).map(
    lambda text: text.strip() or "x"
)
wordings = st.builds(Wording, texts, texts)
events = st.sampled_from(EVENTS)
event_lists = st.lists(events, min_size=1, max_size=3, unique=True).map(tuple)
points = st.sampled_from([0.0, 0.5, 1.0, 7.0, 12.25, 30.0])
weights = st.sampled_from([0.5, 1.0, 2.0])
speaker_sets = st.sampled_from([frozenset({"rep"}), frozenset({"customer"}), BOTH])
rules: st.SearchStrategy[Rule] = st.sampled_from(
    [Keywords(any_of=("预算", "budget")), all_of([SpokenBy("rep"), Keywords(any_of=("录音", "recorded"))])]
)
sentences = st.lists(texts, min_size=3, max_size=6, unique=True).map(tuple)


def lists_of(words: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of ``words`` or none, in any order."""
    return st.lists(st.sampled_from(words), max_size=len(words), unique=True).map(tuple)


applicabilities = st.builds(
    Applicability,
    teams=lists_of(("华东", "smb")),
    directions=lists_of(DIRECTIONS),
    stages=lists_of(STAGES),
    call_types=lists_of(("demo", "quote")),
)


@st.composite
def own_events(draw: st.DrawFn, name: str, title: Wording) -> OwnEvent:
    """An event known by examples, by a rule or by both."""
    examples: tuple[str, ...] = draw(st.just(()) | sentences)
    counters = tuple(text for text in draw(lists_of(("不是", "no", "later"))) if text not in examples)
    rule = draw(rules) if not examples else draw(st.none() | rules)
    return OwnEvent(name, title, draw(speaker_sets), examples, counters if examples else (), rule)


@st.composite
def criteria(draw: st.DrawFn, step: str, name: str, earlier: tuple[str, ...]) -> Criterion:
    """A criterion of ``step``, which comes after the steps ``earlier``."""
    title = draw(wordings)
    if draw(st.integers(0, 3)) == 0:
        statement = draw(own_events(f"{step}.{name}", title))
        base = Criterion(name, title, (statement.id,), statement.speakers, statement=statement)
    else:
        any_of = draw(event_lists)
        speakers = frozenset[str]().union(*(EVENT_SPEAKERS[event] for event in any_of))
        common = [word for word in ("rep", "customer") if all(word in EVENT_SPEAKERS[event] for event in any_of)]
        if common and draw(st.booleans()):
            speakers = frozenset({draw(st.sampled_from(common))})
        base = Criterion(name, title, any_of, speakers)
    others = [event for event in EVENTS if event not in base.any_of]
    if draw(st.integers(0, 3)) == 0:
        answers = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
        return replace(base, answers=tuple(answers), answer_within_turns=draw(st.integers(1, 4)))
    first_s, last_s = draw(st.sampled_from([(None, None), (5, None), (60, None), (None, 4), (None, 30)]))
    return replace(
        base,
        min_count=draw(st.integers(1, 3)),
        within_first_s=first_s,
        before_end_s=last_s,
        after_step=draw(st.none() | st.sampled_from(earlier)) if earlier else None,
    )


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Any condition, most often none."""
    if draw(st.integers(0, 2)):
        return Condition()
    pool = draw(st.lists(events, min_size=2, max_size=3, unique=True))
    return Condition(
        heard=draw(st.sampled_from([(), tuple(pool[:1])])),
        not_heard=draw(st.sampled_from([(), tuple(pool[1:])])),
        follow_up=draw(st.sampled_from([None, None, True, False])),
        directions=draw(lists_of(DIRECTIONS)),
        stages=draw(lists_of(STAGES)),
    )


@st.composite
def dimension_tuples(draw: st.DrawFn) -> tuple[Dimension, ...]:
    """Any dimensions but points alone, which is the same as none."""
    names = draw(st.lists(st.sampled_from(DIMENSIONS), max_size=4, unique=True))
    if not names or names == ["points"]:
        return ()
    found = []
    for name in (name for name in DIMENSIONS if name in names):
        chosen = draw(st.lists(st.sampled_from(MEASURES[name]), min_size=1, unique=True))
        found.append(Dimension(name, draw(weights), tuple(word for word in MEASURES[name] if word in chosen)))
    return tuple(found)


@st.composite
def steps(draw: st.DrawFn, index: int) -> Step:
    """The step at ``index`` of a procedure; the first always is required and worth points."""
    title, name = draw(wordings), f"step{index}"
    earlier = tuple(f"step{number}" for number in range(index))
    several = draw(st.integers(1, 3))
    if several == 1:
        only = draw(criteria(name, name, earlier))
        statement = only.statement and replace(only.statement, title=title)
        parts = [replace(only, title=title, statement=statement)]
    else:
        parts = [
            replace(draw(criteria(name, f"part{number}", earlier)), weight=draw(weights)) for number in range(several)
        ]
    required = index == 0 or draw(st.booleans())
    return Step(
        name,
        title,
        tuple(parts),
        draw(points) if index else 10.0,
        required,
        draw(conditions()),
        auto_fail=required and draw(st.integers(0, 3)) == 0,
        dimensions=draw(st.just(()) | dimension_tuples()),
    )


@st.composite
def gates(draw: st.DrawFn, stage: str) -> Gate:
    """A gate of ``stage``."""
    title = draw(st.just(Wording(stage, stage)) | wordings)
    return Gate(stage, title, draw(event_lists), draw(st.none() | st.integers(1, 90)))


@st.composite
def sops(draw: st.DrawFn) -> Sop:
    """Any valid procedure."""
    own = draw(st.sampled_from([(), ("reference",), ("reference", "competitor")]))
    written = [draw(own_events(name, draw(wordings))) for name in own]
    return Sop(
        name="law",
        title=draw(wordings),
        languages=draw(st.sampled_from([("zh",), ("en",), ("zh", "en")])),
        steps=tuple(draw(steps(index)) for index in range(draw(st.integers(1, 4)))),
        not_applicable=NotApplicable(
            draw(st.none() | st.integers(1, 40)),
            draw(st.just(()) | st.just(()) | event_lists),
            draw(st.integers(0, 5)) == 0,
        ),
        vocabulary=Vocabulary(*(tuple(draw(st.lists(texts, max_size=3, unique=True))) for _ in range(3))),
        events=tuple(_built_in(event) if event.is_built_in else event for event in written),
        applies_to=draw(applicabilities),
        gates=tuple(draw(gates(stage)) for stage in draw(lists_of(STAGES))),
    )


def _built_in(event: OwnEvent) -> OwnEvent:
    """What the document can say of a built-in event: its title and speakers are its own."""
    return replace(event, title=Wording(event.id, event.id), speakers=EVENT_SPEAKERS[event.id])


contexts = st.builds(
    CallContext,
    direction=st.sampled_from([None, *DIRECTIONS]),
    stage=st.sampled_from([None, *STAGES, "Lost"]),
    team=st.sampled_from([None, "华东", "SMB", "north"]),
    call_type=st.sampled_from([None, "demo", "quote"]),
    follow_up=st.sampled_from([None, True, False]),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Tagging, CallFacts]:
    """Any call: its events and facts."""
    speakers = draw(st.lists(st.sampled_from(["rep", "customer", "rep", "customer", "unknown"]), max_size=12))
    spans = tuple(TurnSpan(who, i * 4000, i * 4000 + 3000) for i, who in enumerate(speakers))  # type: ignore[arg-type]
    facts = CallFacts(
        draw(st.integers(20_000, 90_000)),
        draw(st.sampled_from(["zh", "en"])),
        spans,
        roles_known=draw(st.integers(0, 5)) > 0,
        truncated=draw(st.integers(0, 5)) == 0,
        context=draw(contexts),
    )
    if not spans:
        return Tagging(), facts
    heard = draw(st.lists(key_events(spans), max_size=12))
    perhaps = draw(st.lists(key_events(spans), max_size=4))
    return Tagging(tuple(heard), tuple(perhaps)), facts


STATEMENTS = tuple(f"step{step}.{part}" for step in range(4) for part in (f"step{step}", "part0", "part1"))


@st.composite
def key_events(draw: st.DrawFn, spans: tuple[TurnSpan, ...]) -> KeyEvent:
    """Any event in any of the turns, or any statement; some sentences are said more than once."""
    turn = draw(st.integers(0, len(spans) - 1))
    span = spans[turn]
    confidence = draw(st.sampled_from([0.4, 0.6, 0.9]))
    quote = draw(st.sampled_from([f"turn {turn}", f"turn {turn}", "The magic sentence!"]))
    evidence = Evidence(turn, span.start_ms, span.end_ms, span.speaker, quote, confidence)
    return KeyEvent(draw(events | st.sampled_from(STATEMENTS)), evidence)
