"""Laws of gates and gaps that hold for every pipeline and deal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sop.deals.conditions import Condition
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap, truth_gap
from sop.deals.gates import judge
from sop.deals.pipeline import Pipeline
from sop.deals.violations import violations
from sop.deals.wording import explain_gap, explain_verdict, explain_violation
from tests.sop.deals.made_deals import NOW, conditions, days_ago, deals, more_evidence, pipelines

LAWS = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def place(line: Pipeline, stage: str) -> int:
    """Where a stage stands in the pipeline."""
    return line.index(stage)


def shuffled(facts: DealFacts, seed: int) -> DealFacts:
    """The same facts in another order."""
    random = Random(seed)
    lists = {
        name: tuple(random.sample(getattr(facts, name), len(getattr(facts, name))))
        for name in ("moves", "approvals", "actions", "collaborators", "contacts", "calls", "events")
    }
    return replace(facts, **lists)  # type: ignore[arg-type]


@LAWS
@given(conditions, deals(), st.data())
def test_more_evidence_never_undoes_what_is_met(condition: Condition, facts: DealFacts, data: st.DataObject) -> None:
    """A condition that is met stays met, whatever else becomes known of the deal."""
    before = judge(condition, facts, NOW)
    after = judge(condition, data.draw(more_evidence(facts)), NOW)
    assert before.outcome != "met" or after.outcome == "met"


@LAWS
@given(pipelines, deals(), st.data())
def test_more_evidence_never_lowers_what_is_verified(line: Pipeline, facts: DealFacts, data: st.DataObject) -> None:
    """The verified stage only rises, and the gap and the money at risk only fall."""
    before, after = truth_gap(line, facts, NOW), truth_gap(line, data.draw(more_evidence(facts)), NOW)
    assert place(line, after.verified) >= place(line, before.verified)
    assert after.stages <= before.stages
    assert (after.at_risk or 0) <= (before.at_risk or 0)


@LAWS
@given(pipelines, deals())
def test_unknown_is_never_met(line: Pipeline, facts: DealFacts) -> None:
    """Beyond the verified stage a gate is closed or unknown, and an open gate has no verdict that is not met."""
    gap = truth_gap(line, facts, NOW)
    verified = place(line, gap.verified)
    assert all(result.outcome == "met" for result in gap.gates[:verified])
    assert verified == len(gap.gates) or gap.gates[verified].outcome != "met"
    for result in gap.gates:
        assert (result.outcome == "met") == all(verdict.outcome == "met" for verdict in result.verdicts)


@LAWS
@given(pipelines, deals())
def test_what_is_possible_is_at_least_what_is_verified(line: Pipeline, facts: DealFacts) -> None:
    """Taking the unknown as met never leads less far."""
    gap = truth_gap(line, facts, NOW)
    assert place(line, gap.possible) >= place(line, gap.verified)
    assert 0 <= gap.unsure <= gap.stages


@LAWS
@given(pipelines, deals())
def test_the_money_at_risk_is_part_of_the_amount(line: Pipeline, facts: DealFacts) -> None:
    """It is in [0, amount], nothing without a gap, and unknown without an amount."""
    gap = truth_gap(line, facts, NOW)
    if facts.amount is None:
        assert gap.at_risk is None
        return
    assert gap.at_risk is not None
    assert Decimal(0) <= gap.at_risk <= max(facts.amount, Decimal(0))
    assert gap.stages > 0 or gap.at_risk == 0


@LAWS
@given(pipelines, deals(), st.integers(0, 5))
def test_order_means_nothing(line: Pipeline, facts: DealFacts, seed: int) -> None:
    """The same facts in another order give the same gap, with the same words and evidence, and the same violations."""
    other = shuffled(facts, seed)
    assert truth_gap(line, other, NOW) == truth_gap(line, facts, NOW)
    assert violations(line, other, NOW) == violations(line, facts, NOW)


@LAWS
@given(conditions, deals(), st.sampled_from((0.0, 1.0, 4.0, 10.0)), st.sampled_from((2.0, 8.0, 30.0, 70.0)))
def test_later_never_shows_less(condition: Condition, facts: DealFacts, ago: float, further: float) -> None:
    """What a deal showed at some moment, judged from now, it still shows at a later one."""
    late, early = facts.as_of(days_ago(ago)), facts.as_of(days_ago(ago + further))
    for name in ("moves", "approvals", "actions", "calls", "events"):
        assert set(getattr(early, name)) <= set(getattr(late, name)) <= set(getattr(facts, name))
    same = replace(early, outcome=late.outcome, closed_at=late.closed_at, stage=late.stage)
    if late.closed_at is not None or late.outcome == "open":
        assert judge(condition, same, NOW).outcome != "met" or judge(condition, late, NOW).outcome == "met"


@LAWS
@given(pipelines, deals())
def test_a_lost_deal_has_no_gap(line: Pipeline, facts: DealFacts) -> None:
    """A lost deal claims nothing."""
    gap = truth_gap(line, replace(facts, outcome="lost", stage="lost"), NOW)
    assert (gap.stages, gap.unsure, gap.missing) == (0, 0, ())


@LAWS
@given(pipelines, deals())
def test_everything_is_told_in_words(line: Pipeline, facts: DealFacts) -> None:
    """Every verdict, gap and violation has its sentence in both languages, with all of its values filled in."""
    gap: Gap = truth_gap(line, facts, NOW)
    told = [explain_gap(gap, line, "zh"), explain_gap(gap, line, "en")]
    for result in gap.gates:
        for verdict in result.verdicts:
            told += [explain_verdict(verdict, "zh"), explain_verdict(verdict, "en")]
    for violation in violations(line, facts, NOW):
        told += [explain_violation(violation, line, "zh"), explain_violation(violation, line, "en")]
    assert all(sentence and "{" not in sentence and "  " not in sentence for sentence in told)


@LAWS
@given(pipelines, deals(), st.data())
def test_an_approval_never_makes_a_violation(line: Pipeline, facts: DealFacts, data: st.DataObject) -> None:
    """More evidence that is not an event adds no violation of a discount, a promise or a skipped stage."""
    strict = replace(line, discount_limit=0.0)
    grown = data.draw(more_evidence(facts))
    kinds = ("skipped_stage", "discount_without_approval", "promise_before_delivery")
    if grown.events == facts.events:
        before = {each.key for each in violations(strict, facts, NOW)}
        after = {each.key for each in violations(strict, grown, NOW) if each.kind in kinds}
        assert after <= before
