"""Differences of two SOPs in words: every kind of change is named, and nothing else is."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings

from sop.aspects import COMPARED
from sop.comparison import differences, in_words
from sop.document import Sop, content_hash, parse
from tests.sop.any_sop import sops

DOCUMENT = """
name: demo
title: {zh: 示例, en: Demo}
language: [zh, en]
applies_to: {teams: [North], directions: [outbound]}
not_applicable: {shorter_than_s: 30, heard: [wrong_person]}
vocabulary: {hotwords: [冷链, 断网补传], competitors: [BlueFrost]}
events:
  - id: wrong_person
    title: {zh: 打错电话, en: Wrong person}
    speaker: customer
    examples: [You have the wrong number, I am not that person, There is nobody of that name here]
gates:
  - {stage: proposal, needs: [needs_discovery], within_days: 30}
steps:
  - {id: opening, title: {zh: 开场, en: Opening}, points: 10, event: opening, within_first_s: 60}
  - {id: discovery, title: {zh: 挖掘需求, en: Discovery}, points: 20, event: needs_discovery, min_count: 3}
  - id: price
    title: {zh: 价格异议, en: Price objection}
    points: 10
    event: objection_handling
    answers: [price_objection]
  - id: product
    title: {zh: 产品介绍, en: Product}
    points: 20
    when: {heard: [customer_need]}
    criteria:
      - {id: shown, title: {zh: 介绍产品, en: Product shown}, event: product_intro, weight: 2}
      - {id: asked_first, title: {zh: 先问后讲, en: Asked first}, event: product_intro, after_step: discovery}
  - {id: next_step, title: {zh: 下一步, en: Next step}, required: false, event: next_step}
"""

CHANGES = [
    ("name: demo", "name: other", "the SOP: name demo → other", "流程：标识 demo → other"),
    ("en: Demo}", "en: Demonstration}", "the SOP: title “Demo” → “Demonstration”", "流程：名称“示例”→“示例”"),
    (
        "language: [zh, en]",
        "language: zh",
        "the SOP: for calls in Chinese (before: Chinese, English)",
        "流程：用于中文通话（原为中文、英文）",
    ),
    (
        "teams: [North]",
        "teams: [South]",
        "the SOP: only for the team South (before: North)",
        "流程：只用于团队South（原为North）",
    ),
    (
        ", directions: [outbound]",
        "",
        "the SOP: no longer for outbound calls only",
        "流程：不再限于呼出电话",
    ),
    (
        "teams: [North]",
        "teams: [North], stages: [needs]",
        "the SOP: only in the stage needs",
        "流程：只用于商机阶段needs",
    ),
    (
        "shorter_than_s: 30",
        "shorter_than_s: 60",
        "the SOP: calls under 60 s are not scored (before: 30)",
        "流程：短于 60 秒的通话不评分（原为 30）",
    ),
    (
        ", heard: [wrong_person]",
        "",
        "the SOP: calls in which Wrong person is heard are scored too",
        "流程：听到打错电话的通话也评分",
    ),
    (
        "heard: [wrong_person]}",
        "heard: [wrong_person], follow_up: true}",
        "the SOP: follow-up calls are not scored",
        "流程：后续电话不评分",
    ),
    (
        "[冷链, 断网补传]",
        "[冷链, 温控]",
        "the SOP: hotwords: + 温控; − 断网补传",
        "流程：热词：+ 温控，− 断网补传",
    ),
    (
        "[冷链, 断网补传]",
        "[断网补传, 冷链]",
        "the SOP: hotwords: in another order",
        "流程：热词：顺序改变",
    ),
    (
        "competitors: [BlueFrost]",
        "price_terms: [报价]",
        "the SOP: competitors: − BlueFrost; price terms: + 报价",
        "流程：竞品：− BlueFrost；价格用语：+ 报价",
    ),
    (
        "I am not that person,",
        "I am not who you want,",
        "event wrong_person: examples: + I am not who you want; − I am not that person",
        "事件 wrong_person：例句：+ I am not who you want，− I am not that person",
    ),
    (
        "speaker: customer\n",
        "speaker: both\n",
        "event wrong_person: must now be said by either side (before: customer)",
        "事件 wrong_person：要由任何一方说（原为客户）",
    ),
    (
        "    speaker: customer\n",
        "    speaker: customer\n    rule: {keywords: [wrong number]}\n",
        "event wrong_person: rule added",
        "事件 wrong_person：新增规则",
    ),
    (
        "within_days: 30",
        "within_days: 14",
        "gate proposal: must now be from the last 14 days (before: 30)",
        "阶段门槛 proposal：要在最近 14 天内（原为 30）",
    ),
    (
        "needs: [needs_discovery]",
        "needs: [needs_discovery, customer_need]",
        "gate proposal: needs needs discovery or customer need (before: needs discovery)",
        "阶段门槛 proposal：需要挖掘需求或客户需求（原为挖掘需求）",
    ),
    (
        "Opening}, points: 10",
        "Opening}, points: 12.5",
        "step opening: points 10 → 12.5",
        "步骤 opening：分值 10 → 12.5",
    ),
    (
        "within_first_s: 60",
        "within_first_s: 30",
        "step opening: must now come within the first 30 s (before: 60)",
        "步骤 opening：要在前 30 秒内（原为 60）",
    ),
    (
        ", within_first_s: 60",
        "",
        "step opening: need no longer come within the first 60 s",
        "步骤 opening：不再要求在前 60 秒内",
    ),
    (
        "within_first_s: 60",
        "before_end_s: 60",
        "step opening: need no longer come within the first 60 s; must now come within the last 60 s",
        "步骤 opening：不再要求在前 60 秒内；要在最后 60 秒内",
    ),
    (
        "min_count: 3",
        "min_count: 2",
        "step discovery: must now be heard 2× (before: 3×)",
        "步骤 discovery：要听到 2 次（原为 3 次）",
    ),
    (
        "event: needs_discovery,",
        "any_of: [needs_discovery, decision_process], speaker: rep,",
        "step discovery: must now be needs discovery or decision process (before: needs discovery)",
        "步骤 discovery：要听到挖掘需求或决策流程（原为挖掘需求）",
    ),
    (
        "points: 10\n    event: objection_handling\n    answers: [price_objection]",
        "points: 15\n    event: objection_handling\n    answers: [price_objection]\n    answer_within_turns: 1",
        "step price: points 10 → 15; must now be answered within 1 turn (before: 3)",
        "步骤 price：分值 10 → 15；要在 1 轮内回应（原为 3 轮）",
    ),
    (
        "\n    answers: [price_objection]",
        "",
        "step price: need no longer answer price objection",
        "步骤 price：不再要求回应价格异议",
    ),
    (
        "heard: [customer_need]",
        "not_heard: [competitor]",
        "step product: no longer asked for only once customer need is heard;"
        " now not asked for once competitor mention is heard",
        "步骤 product：不再以听到客户需求为条件；听到竞品提及后不再要求",
    ),
    (
        "when: {heard: [customer_need]}",
        "when: {heard: [customer_need], directions: [inbound], follow_up: true}",
        "step product: now asked for in follow-up calls only: yes; now asked for in inbound calls only",
        "步骤 product：只适用于后续电话：是；只适用于呼入电话",
    ),
    ("weight: 2", "weight: 3", "point product.shown: weight 2 → 3", "要点 product.shown：权重 2 → 3"),
    (
        "after_step: discovery",
        "after_step: opening",
        "point product.asked_first: must now come after the step “Opening” (before: Discovery)",
        "要点 product.asked_first：要在“开场”之后（原为挖掘需求）",
    ),
    (
        "{id: asked_first, title: {zh: 先问后讲, en: Asked first}, event: product_intro, after_step: discovery}\n",
        "{id: named, title: {zh: 说出名称, en: Named}, event: product_intro}\n",
        "point product.named: new (Named)",
        "要点 product.named：新增（说出名称）",
    ),
    ("required: false, ", "", "step next_step: now required", "步骤 next_step：改为必做"),
    (
        "required: false, ",
        "auto_fail: true, ",
        "step next_step: now required; now fails the whole call when missed",
        "步骤 next_step：改为必做；未完成则整通电话记 0 分",
    ),
    (
        "  - {id: next_step, title: {zh: 下一步, en: Next step}, required: false, event: next_step}\n",
        "",
        "step next_step: removed (Next step)",
        "步骤 next_step：删除（下一步）",
    ),
    (
        "Next step}, required: false, event: next_step}\n",
        "Next step}, required: false, event: next_step}\n  - {id: end, title: 促成, event: closing}\n",
        "step end: new (促成)",
        "步骤 end：新增（促成）",
    ),
    (
        "Opening}, points: 10,",
        "Opening}, points: 10, dimensions: {points: 70, skill: {weight: 30, measures: [open_questions]}},",
        "step opening: judged by: points covered alone → points 70 (criteria), skill 30 (open_questions)",
        "步骤 opening：评分维度：仅要点 → points 70 (criteria)、skill 30 (open_questions)",
    ),
]


@pytest.mark.parametrize(("old", "new", "english", "chinese"), CHANGES)
def test_every_kind_of_change_is_said_in_words(old: str, new: str, english: str, chinese: str) -> None:
    """A change of the text is told at its place, in English and Chinese."""
    assert DOCUMENT.count(old) == 1
    found = differences(parse(DOCUMENT), parse(DOCUMENT.replace(old, new)))
    assert english in in_words(found, "en")
    assert chinese in in_words(found, "zh")


def test_a_moved_step_is_told_once() -> None:
    """Of steps in another order only those that moved are named."""
    lines = DOCUMENT.splitlines(keepends=True)
    last = next(line for line in lines if "id: next_step" in line)
    moved = "".join(line for line in lines if line != last).replace("  - {id: discovery", f"{last}  - {{id: discovery")
    assert in_words(differences(parse(DOCUMENT), parse(moved)), "en") == ("step next_step: moved after opening",)


def test_what_only_looks_otherwise_is_no_difference() -> None:
    """Comments, formatting and written-out defaults change nothing."""
    written = DOCUMENT.replace("event: next_step}", "event: next_step, min_count: 1, points: 10}") + "# a comment\n"
    assert differences(parse(DOCUMENT), parse(written)) == ()


def test_a_new_demand_for_answers_names_its_turns() -> None:
    """A step that must now answer says what, and within how many turns."""
    old = parse(DOCUMENT.replace("\n    answers: [price_objection]", ""))
    assert in_words(differences(old, parse(DOCUMENT)), "en") == (
        "step price: must now answer price objection; must now be answered within 3 turns",
    )


def test_the_json_of_a_difference_names_place_and_key() -> None:
    """Programs find the place, the document's key and both sentences."""
    (found,) = differences(parse(DOCUMENT), parse(DOCUMENT.replace("min_count: 3", "min_count: 2")))
    assert found.to_json() == {
        "place": {"kind": "step", "id": "discovery"},
        "aspect": "min_count",
        "text": {"zh": "要听到 2 次（原为 3 次）", "en": "must now be heard 2× (before: 3×)"},
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sops(), sops())
def test_there_are_differences_exactly_where_contents_differ(old: Sop, new: Sop) -> None:
    """No change of the content goes unsaid, and nothing is said of equal ones."""
    assert bool(differences(old, new)) == (content_hash(old) != content_hash(new))
    assert differences(new, new) == ()


@pytest.mark.parametrize("kind", list(COMPARED), ids=lambda kind: kind.__name__)
def test_no_field_of_a_procedure_is_overlooked(kind: type) -> None:
    """A field that is added to a procedure must be compared too."""
    assert {field.name for field in fields(kind)} == COMPARED[kind]
