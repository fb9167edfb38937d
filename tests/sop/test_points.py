"""Performance points: given once, for what calls verified, to whose calls they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals import points_document
from sop.deals.conditions import FieldFilled, Heard
from sop.deals.facts import CallFact, DealFacts, EventFact, StageMove
from sop.deals.periods import PERIOD_KINDS, Period
from sop.deals.pipeline import Pipeline, Stage
from sop.deals.points import earned, reached
from sop.deals.points_rules import Checks, PointsRules, StagePoints
from sop.deals.points_sentences import TEMPLATES, explain
from sop.deals.suspicions import ClaimedStage, Conversion, LeadTalk, LostLead, suspicions
from sop.problems import SopError
from sop.procedure import Wording

START = datetime(2026, 10, 1, tzinfo=UTC)
EVENTS = ("opening", "customer_need", "decision_process", "closing")


def _stage(name: str, event: str | None = None, kind: str = "open") -> Stage:
    criteria = (Heard((event,)),) if event else ()
    return Stage(name, Wording(name, name), 0.5, criteria, kind=kind)  # type: ignore[arg-type]


PIPELINE = Pipeline(
    "default",
    Wording("x", "x"),
    (
        _stage("qualify", "opening"),
        _stage("needs", "customer_need"),
        _stage("proposal", "decision_process"),
        _stage("close", "closing"),
        _stage("won", kind="won"),
        _stage("lost", kind="lost"),
    ),
)
RULES = PointsRules(stages=tuple(StagePoints(name, 10) for name in ("needs", "proposal", "close", "won")))


def deal(*calls: tuple[int, str, tuple[str, ...]], **values: object) -> DealFacts:
    """A deal with calls, each on a day, by a rep, with events."""
    facts = DealFacts("d", "default", "qualify", "open", Decimal(100), "GBP", START)
    made = [CallFact(f"c{i}", START + timedelta(days=day), 60_000, rep) for i, (day, rep, _) in enumerate(calls)]
    heard = [
        EventFact(call.id, call.at, event, "rep", n, n * 1000, n * 1000 + 900, "words")
        for call, (*_, events) in zip(made, calls, strict=True)
        for n, event in enumerate(events)
    ]
    return replace(facts, calls=tuple(made), events=tuple(heard), **values)  # type: ignore[arg-type]


deals = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.sampled_from(["ann", "ben"]),
        st.lists(st.sampled_from(EVENTS), max_size=4).map(tuple),
    ),
    max_size=6,
).map(lambda calls: deal(*calls))
MONTHS = [Period(2026, month, 1) for month in (9, 10, 11, 12)] + [Period(2027, month, 1) for month in (1, 2)]


@given(deals, st.sampled_from(["evidence", "equal"]))
def test_each_stage_is_paid_once_whatever_the_periods(facts: DealFacts, share: str) -> None:
    """Over all months together every stage that was ever verified gives its points exactly once."""
    rules = replace(RULES, share=share)  # type: ignore[arg-type]
    lines = [line for month in MONTHS for line in earned(rules, PIPELINE, facts, None, month)]
    stages = {each.stage.id for each in reached(PIPELINE, facts, MONTHS[-1].end)}
    assert {line.stage for line in lines} == stages
    for stage in stages:
        assert sum(line.share for line in lines if line.stage == stage) == pytest.approx(1)
        assert sum(line.points for line in lines if line.stage == stage) == pytest.approx(10, abs=0.02)


@given(deals, st.sampled_from(PIPELINE.ids), st.integers(0, 100))
def test_what_is_claimed_changes_nothing(facts: DealFacts, stage: str, day: int) -> None:
    """Moving an open deal to whatever stage in the CRM earns nobody a point."""
    claimed = replace(facts, stage=stage, moves=(StageMove(stage, START + timedelta(days=day)),))
    for month in MONTHS:
        assert earned(RULES, PIPELINE, claimed, None, month) == earned(RULES, PIPELINE, facts, None, month)


@given(deals)
def test_every_point_is_proven_by_calls_of_its_rep(facts: DealFacts) -> None:
    """Each line has evidence, all of it from calls of the rep who earned it, none later than the line."""
    whose = {call.id: call.rep for call in facts.calls}
    for month in MONTHS:
        for line in earned(RULES, PIPELINE, facts, None, month):
            assert line.evidence
            assert {whose[event.call] for event in line.evidence} == {line.rep}
            assert all(event.at <= line.at for event in line.evidence)
            assert line.at in month


def test_points_are_shared_by_evidence_equally_or_go_to_the_last() -> None:
    """Two reps brought three pieces of evidence: the rule says how the points are shared."""
    facts = deal((1, "ann", ("opening", "opening")), (2, "ann", ()), (3, "ben", ()))
    facts = replace(facts, events=(*facts.events, replace(facts.events[0], call="c2", at=START + timedelta(days=1))))
    pipeline = replace(
        PIPELINE,
        stages=(replace(PIPELINE.stages[0], criteria=(Heard(("opening",), min_count=3),)), *PIPELINE.stages[1:]),
    )
    october = Period(2026, 10, 1)
    shares = {
        share: {line.rep: line.points for line in earned(replace(RULES, share=share), pipeline, facts, None, october)}  # type: ignore[arg-type]
        for share in ("evidence", "equal", "last")
    }
    assert shares["evidence"] == pytest.approx({"ann": 6.67, "ben": 3.33})
    assert shares["equal"] == {"ann": 5.0, "ben": 5.0}
    assert shares["last"] == {"ben": 10.0}


def test_an_order_needs_both_the_calls_and_the_crm() -> None:
    """A deal that is won without calls that opened every gate, or the other way round, gives no points of the order."""
    all_heard = deal((1, "ann", EVENTS))
    won = replace(all_heard, stage="won", outcome="won", closed_at=START + timedelta(days=40))
    october, november = Period(2026, 10, 1), Period(2026, 11, 1)
    assert "won" not in {line.stage for line in earned(RULES, PIPELINE, all_heard, None, october)}
    assert "won" not in {line.stage for line in earned(RULES, PIPELINE, won, None, october)}
    assert {line.stage for line in earned(RULES, PIPELINE, won, None, november)} == {"won"}
    silent = replace(deal((1, "ann", ("opening",))), stage="won", outcome="won", closed_at=START + timedelta(days=40))
    assert earned(RULES, PIPELINE, silent, None, november) == ()


def test_a_gate_that_no_call_opens_earns_nothing() -> None:
    """A stage left by a filled field has nothing to play and gives no points."""
    pipeline = replace(
        PIPELINE, stages=(replace(PIPELINE.stages[0], criteria=(FieldFilled("budget"),)), *PIPELINE.stages[1:])
    )
    facts = deal((1, "ann", ()), fields={"budget": "100"})
    assert [each.stage.id for each in reached(pipeline, facts, START + timedelta(days=9))] == ["needs"]
    assert earned(RULES, pipeline, facts, None, Period(2026, 10, 1)) == ()


def test_gates_of_sops_hold_points_back() -> None:
    """What the SOPs that judge the calls ask for before a stage must be heard before it is paid, as for the gap."""
    facts = deal((1, "ann", ("opening",)), (40, "ann", ("objection",)))
    guarded = replace(facts, guards=(("Needs", Heard(("objection",))),))
    october, november = Period(2026, 10, 1), Period(2026, 11, 1)
    assert [line.stage for line in earned(RULES, PIPELINE, facts, None, october)] == ["needs"]
    assert earned(RULES, PIPELINE, guarded, None, october) == ()
    (line,) = earned(RULES, PIPELINE, guarded, None, november)
    assert (line.stage, [event.event for event in line.evidence]) == ("needs", ["opening", "objection"])


def test_the_grade_of_the_lead_and_the_pipeline_decide_the_points() -> None:
    """What is said of one pipeline comes before what is said of all; a stage nobody lists gives the rest."""
    rules = replace(
        RULES,
        stages=(StagePoints("needs", 10), StagePoints("needs", 40, "default")),
        other_stage=3,
        grades=(("A", 0.5), ("D", 2.0)),
        ungraded=1.5,
    )
    assert rules.worth("needs", "default", "A") == 20
    assert rules.worth("needs", "telesales", "D") == 20
    assert rules.worth("elsewhere", "default", None) == 4.5


@given(st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1)), st.sampled_from(PERIOD_KINDS), st.integers(-720, 840))
def test_periods_follow_each_other_without_a_gap(at: datetime, kind: str, offset: int) -> None:
    """Every moment is in exactly the period that is named after it, and the next begins where it ends."""
    moment = at.replace(tzinfo=UTC)
    period = Period.containing(moment, kind, offset)  # type: ignore[arg-type]
    assert moment in period
    assert period.end == period.moved(1).start
    assert period.moved(3).moved(-3) == period
    assert Period.named(period.name, offset) == period
    assert moment not in period.moved(1)


@pytest.mark.parametrize("name", ["2026", "2026-13", "2026-Q5", "26-11", "2026-11-01", "0000-01", "2026-1"])
def test_what_is_no_period_is_refused(name: str) -> None:
    """The message names what was given and how a period is written."""
    with pytest.raises(ValueError, match="neither a month like 2026-11 nor a quarter"):
        Period.named(name)


AT = START + timedelta(days=30)
FINE = Conversion(AT, AT - timedelta(days=3), (LeadTalk(AT - timedelta(days=1), 90_000, True),))


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"talks": ()}, ["no_verified_call"]),
        ({"talks": (LeadTalk(AT - timedelta(days=1), 90_000, False),)}, ["no_verified_call"]),
        ({"talks": (LeadTalk(AT + timedelta(days=1), 90_000, True),)}, ["no_verified_call"]),
        ({"talks": (LeadTalk(AT - timedelta(days=1), 90_000, None),)}, []),
        ({"talks": (LeadTalk(AT - timedelta(days=1), 5_000, True),)}, ["short_calls"]),
        ({"owned_since": AT - timedelta(minutes=9)}, ["converted_at_once"]),
        ({"owned_since": AT - timedelta(minutes=10)}, []),
        ({"same_phone": ("L-1",)}, ["same_phone"]),
        ({"lost": (LostLead("L-2", AT - timedelta(days=20)),)}, ["recycled"]),
        ({"lost": (LostLead("L-2", AT - timedelta(days=200)),)}, []),
        ({"stage": ClaimedStage("negotiate", "needs", 2)}, ["claimed_beyond"]),
        ({"stage": ClaimedStage("needs", "needs", 0)}, []),
    ],
)
def test_what_is_odd_about_a_conversion(change: dict[str, object], codes: list[str]) -> None:
    """Each oddity is told alone, and what calls can't tell yet makes nobody suspicious."""
    assert [reason.code for reason in suspicions(Checks(), replace(FINE, **change))] == codes  # type: ignore[arg-type]


def test_checks_can_be_switched_off() -> None:
    """With limits of 0 neither haste nor short calls nor recycled leads are reported."""
    odd = replace(
        FINE,
        owned_since=AT,
        talks=(LeadTalk(AT - timedelta(days=1), 10, True),),
        lost=(LostLead("L-2", AT - timedelta(days=1)),),
    )
    assert len(suspicions(Checks(), odd)) == 3
    assert suspicions(Checks(0, 0, 0, 1), odd) == ()


def test_suspicions_are_told_in_words() -> None:
    """Every sentence has both languages, and names stages by their titles."""
    (reason,) = suspicions(Checks(), replace(FINE, stage=ClaimedStage("negotiate", "needs", 2)))
    titles = {"negotiate": Wording("谈判", "Negotiate"), "needs": Wording("需求", "Needs")}
    assert explain(reason, "en", titles) == "its deal claims “Negotiate”, calls verify “Needs”: 2 stages apart"
    assert explain(reason, "zh", titles) == "商机自报阶段“谈判”，电话只证实到“需求”，相差 2 个阶段"
    assert all(template.zh and template.en for template in TEMPLATES.values())


DOCUMENT = """
period: quarter
utc_offset: "+08:00"
stages:
  - {stage: needs, points: 10}
  - {stage: needs, pipeline: telesales, points: 5}
other_stage: 2
grades: {A: 0.8, B: 1, C: 1.2, D: 1.5, none: 0.5}
share: last
suspicious: {converted_within_minutes: 5, stages_beyond: 2}
"""


def test_the_document_is_read_and_written_back() -> None:
    """What is parsed is what was written, and dumping and parsing agree."""
    rules = points_document.parse(DOCUMENT)
    assert (rules.period, rules.utc_offset_minutes, rules.share) == ("quarter", 480, "last")
    assert rules.worth("needs", "telesales", "D") == 7.5
    assert rules.checks == Checks(converted_within_minutes=5, stages_beyond=2)
    assert points_document.parse(points_document.dump(rules)) == rules
    west = replace(rules, utc_offset_minutes=-210)
    assert points_document.parse(points_document.dump(west)) == west


def test_all_mistakes_are_told_at_once() -> None:
    """Each wrong value is named by its path."""
    with pytest.raises(SopError) as error:
        points_document.parse(
            'period: week\nutc_offset: "8"\nstages: [{stage: a}, {stage: b, points: -1}, {stage: b, points: 1}]\n'
            "share: all\ngrades: {E: 1}\nsuspicious: {stages_beyond: 0}\nbonus: 1\n"
        )
    told = str(error.value)
    for path in (
        "period",
        "utc_offset",
        "stages[0].points",
        "stages[1].points",
        "stages[2].stage",
        "share",
        "grades.E",
    ):
        assert path in told
    assert "suspicious.stages_beyond" in told
    assert "bonus" in told
