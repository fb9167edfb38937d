"""Reasons, steps and cards in words."""

from __future__ import annotations

import re

import pytest

from sop.events import EVENTS
from sop.explanation import explain_card, explain_reason, explain_step, titles_of
from sop.labels import EVENT_LABELS
from sop.procedure import Wording
from sop.reasons import TEMPLATES, Reason, ReasonCode
from sop.scoring import score
from tests.sop.written_calls import demo_calls, gold, shipped, written


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_has_both_sentences_with_the_same_parameters(code: ReasonCode) -> None:
    """A reason can be told in Chinese and in English from the same parameters."""
    template = TEMPLATES[code]
    assert template.zh
    assert template.en
    assert set(re.findall(r"{(\w+)}", template.zh)) == set(re.findall(r"{(\w+)}", template.en))


def test_every_event_has_a_name_people_use() -> None:
    """No event's id leaks into a sentence for want of a label."""
    assert set(EVENT_LABELS) == set(EVENTS)


def test_step_reads_as_a_sentence_in_both_languages() -> None:
    """A step with unanswered objections is told with its title, its reason and its points."""
    card = score(shipped("zh-telesales"), *gold(demo_calls()["zh-demo-004"]))
    step = card.steps[3]
    assert explain_step(step, "zh") == "处理异议：价格异议或其他异议共 4 次，2 轮内回应了 0 次（0/30 分）。"
    why = "price objection or other objection: 0 of 4 answered within 2 turns"
    assert explain_step(step, "en") == f"Objection handling: {why} (0 of 30 points)."


def test_missing_criteria_are_named() -> None:
    """A step with several criteria says which of them is lacking."""
    card = score(shipped("zh-telesales"), *gold(demo_calls()["zh-demo-007"]))
    assert explain_step(card.steps[4], "zh") == "促成与下一步约定：2 个要点完成了 1 个，缺：客户答应（6.67/20 分）。"


def test_reason_names_the_other_step_by_its_title() -> None:
    """A step out of order is told with the title of the step that should come first, else with its id."""
    reason = Reason(ReasonCode.OUT_OF_ORDER, {"events": ("product_intro",), "step": "discovery"})
    titles = {"discovery": Wording("挖掘需求", "Needs discovery")}
    assert "“Needs discovery”" in explain_reason(reason, "en", titles)
    assert "“discovery”" in explain_reason(reason, "en")


def test_card_tells_score_and_interval() -> None:
    """A card is told with its interval where there is doubt, and with the reason where there is no score."""
    sop = shipped("zh-telesales")
    sure = score(sop, *gold(demo_calls()["zh-demo-008"]))
    assert explain_card(sure, "en") == "100 of 100"
    doubt = score(sop, *written(["rep: opening?", "customer:", "rep: needs_discovery", "customer:"]))
    assert explain_card(doubt, "en") == "13.9 of 100 (between 11.9 and 26.2)"
    assert explain_card(doubt, "zh") == "13.9 分（11.9 到 26.2 之间）"
    short = score(sop, *written(["rep: opening"], duration_ms=1000))
    assert explain_card(short, "zh") == "没有分数：通话 1 秒，短于 30 秒，不评分"
    assert titles_of(short)["opening"].zh == "开场白"
