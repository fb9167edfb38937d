"""What can differ between two texts of a procedure, and how a difference is said, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sop.dimensions import Dimension
from sop.labels import DIRECTION_LABELS, EVENT_LABELS, LANGUAGE_LABELS, SPEAKER_LABELS
from sop.procedure import (
    Applicability,
    Condition,
    Criterion,
    Gate,
    Language,
    NotApplicable,
    OwnEvent,
    Sop,
    Step,
    Vocabulary,
    Wording,
)

_BOTH = frozenset({"rep", "customer"})
_JOINTS: Mapping[Language, str] = {"zh": "、", "en": ", "}
_OR: Mapping[Language, str] = {"zh": "或", "en": " or "}


@dataclass(frozen=True, slots=True)
class Names:
    """The titles of steps and events, by id."""

    steps: Mapping[str, Wording]
    events: Mapping[str, Wording]


Render = Callable[[Any, Names, Language], str]


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that two texts may say differently.

    A sentence may hold ``{before}`` and ``{after}``, or, of lists that grow and shrink, ``{plus}`` and ``{minus}``.
    ``added`` and ``removed`` are said where one side says nothing of it (``absent``).
    """

    render: Render
    changed: Wording
    added: Wording | None = None
    removed: Wording | None = None
    absent: Any = None


def _plain(value: Any, _names: Names, _language: Language) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wording(value: Wording, _names: Names, language: Language) -> str:
    return value.to(language)


def _events(value: tuple[str, ...], names: Names, language: Language) -> str:
    labels = {**EVENT_LABELS, **names.events}
    return _OR[language].join(labels[event].to(language) if event in labels else event for event in value)


def _step(value: str, names: Names, language: Language) -> str:
    return names.steps[value].to(language) if value in names.steps else value


def _speakers(value: frozenset[str], _names: Names, language: Language) -> str:
    if value >= _BOTH:
        return "任何一方" if language == "zh" else "either side"
    return _OR[language].join(SPEAKER_LABELS[speaker].to(language) for speaker in sorted(value))


def _words(value: tuple[str, ...], _names: Names, language: Language) -> str:
    labels = {**LANGUAGE_LABELS, **DIRECTION_LABELS}
    return _JOINTS[language].join(labels[word].to(language) if word in labels else word for word in value)


def _dimensions(value: tuple[Dimension, ...], _names: Names, language: Language) -> str:
    parts = [f"{part.name} {part.weight:g} ({', '.join(part.measures)})" for part in value]
    return _JOINTS[language].join(parts) or ("仅要点" if language == "zh" else "points covered alone")


def _flag(yes: Wording, no: Wording) -> Aspect:
    return Aspect(_plain, changed=yes, added=yes, removed=no, absent=False)


def _limit(added: Wording, removed: Wording, render: Render = _plain, absent: Any = None) -> Aspect:
    space = " " if render is _plain else ""
    changed = Wording(f"{added.zh}（原为{space}{{before}}）", f"{added.en} (before: {{before}})")
    return Aspect(render, changed, added, removed, absent)


def _list(zh: str, en: str, render: Render = _words) -> Aspect:
    return Aspect(render, Wording(f"{zh}：{{plus}}{{minus}}", f"{en}: {{plus}}{{minus}}"), absent=())


_TITLE = Aspect(_wording, Wording("名称“{before}”→“{after}”", "title “{before}” → “{after}”"))

SOP: Mapping[str, Aspect] = {
    "name": Aspect(_plain, Wording("标识 {before} → {after}", "name {before} → {after}")),
    "title": _TITLE,
    "languages": Aspect(_words, Wording("用于{after}通话（原为{before}）", "for calls in {after} (before: {before})")),
}
REFUSAL: Mapping[str, Aspect] = {
    "shorter_than_s": _limit(
        Wording("短于 {after} 秒的通话不评分", "calls under {after} s are not scored"),
        Wording("短于 {before} 秒的通话也评分", "calls under {before} s are scored too"),
    ),
    "heard": _limit(
        Wording("听到{after}的通话不评分", "calls in which {after} is heard are not scored"),
        Wording("听到{before}的通话也评分", "calls in which {before} is heard are scored too"),
        _events,
        (),
    ),
    "follow_up": _flag(
        Wording("后续电话不评分", "follow-up calls are not scored"),
        Wording("后续电话也评分", "follow-up calls are scored too"),
    ),
}
VOCABULARY: Mapping[str, Aspect] = {
    "hotwords": _list("热词", "hotwords"),
    "competitors": _list("竞品", "competitors"),
    "price_terms": _list("价格用语", "price terms"),
}
APPLIES_TO: Mapping[str, Aspect] = {
    "teams": _limit(
        Wording("只用于团队{after}", "only for the team {after}"),
        Wording("不再限于团队{before}", "no longer for the team {before} only"),
        _words,
        (),
    ),
    "directions": _limit(
        Wording("只用于{after}电话", "only for {after} calls"),
        Wording("不再限于{before}电话", "no longer for {before} calls only"),
        _words,
        (),
    ),
    "stages": _limit(
        Wording("只用于商机阶段{after}", "only in the stage {after}"),
        Wording("不再限于商机阶段{before}", "no longer in the stage {before} only"),
        _words,
        (),
    ),
    "call_types": _limit(
        Wording("只用于通话类型{after}", "only for calls of the type {after}"),
        Wording("不再限于通话类型{before}", "no longer for calls of the type {before} only"),
        _words,
        (),
    ),
}
STEP: Mapping[str, Aspect] = {
    "title": _TITLE,
    "points": Aspect(_plain, Wording("分值 {before} → {after}", "points {before} → {after}")),
    "required": Aspect(
        _plain,
        changed=Wording("改为必做", "now required"),
        added=Wording("改为必做", "now required"),
        removed=Wording("改为选做", "now optional"),
        absent=False,
    ),
    "auto_fail": _flag(
        Wording("未完成则整通电话记 0 分", "now fails the whole call when missed"),
        Wording("未完成不再使整通电话记 0 分", "no longer fails the whole call when missed"),
    ),
    "dimensions": Aspect(_dimensions, Wording("评分维度：{before} → {after}", "judged by: {before} → {after}")),
}
WHEN: Mapping[str, Aspect] = {
    "heard": _limit(
        Wording("只有听到{after}时才要求", "now asked for only once {after} is heard"),
        Wording("不再以听到{before}为条件", "no longer asked for only once {before} is heard"),
        _events,
        (),
    ),
    "not_heard": _limit(
        Wording("听到{after}后不再要求", "now not asked for once {after} is heard"),
        Wording("听到{before}后仍要求", "now asked for even if {before} is heard"),
        _events,
        (),
    ),
    "follow_up": _limit(
        Wording("只适用于后续电话：{after}", "now asked for in follow-up calls only: {after}"),
        Wording("首次和后续电话都适用", "now asked for in first and follow-up calls alike"),
        lambda value, _names, language: ("是" if value else "否") if language == "zh" else ("yes" if value else "no"),
    ),
    "directions": _limit(
        Wording("只适用于{after}电话", "now asked for in {after} calls only"),
        Wording("不再限于{before}电话", "no longer asked for in {before} calls only"),
        _words,
        (),
    ),
    "stages": _limit(
        Wording("只适用于商机阶段{after}", "now asked for in the stage {after} only"),
        Wording("不再限于商机阶段{before}", "no longer asked for in the stage {before} only"),
        _words,
        (),
    ),
}
CRITERION: Mapping[str, Aspect] = {
    "title": _TITLE,
    "any_of": Aspect(_events, Wording("要听到{after}（原为{before}）", "must now be {after} (before: {before})")),
    "speakers": Aspect(
        _speakers, Wording("要由{after}说（原为{before}）", "must now be said by {after} (before: {before})")
    ),
    "weight": Aspect(_plain, Wording("权重 {before} → {after}", "weight {before} → {after}")),
    "min_count": Aspect(
        _plain, Wording("要听到 {after} 次（原为 {before} 次）", "must now be heard {after}× (before: {before}×)")
    ),
    "within_first_s": _limit(
        Wording("要在前 {after} 秒内", "must now come within the first {after} s"),
        Wording("不再要求在前 {before} 秒内", "need no longer come within the first {before} s"),
    ),
    "before_end_s": _limit(
        Wording("要在最后 {after} 秒内", "must now come within the last {after} s"),
        Wording("不再要求在最后 {before} 秒内", "need no longer come within the last {before} s"),
    ),
    "after_step": _limit(
        Wording("要在“{after}”之后", "must now come after the step “{after}”"),
        Wording("不再要求在“{before}”之后", "need no longer come after the step “{before}”"),
        _step,
    ),
    "answers": _limit(
        Wording("要回应{after}", "must now answer {after}"),
        Wording("不再要求回应{before}", "need no longer answer {before}"),
        _events,
        (),
    ),
    "answer_within_turns": Aspect(
        _plain,
        Wording(
            "要在 {after} 轮内回应（原为 {before} 轮）", "must now be answered within {after} turns (before: {before})"
        ),
    ),
}
EVENT: Mapping[str, Aspect] = {
    "title": _TITLE,
    "speakers": CRITERION["speakers"],
    "examples": _list("例句", "examples"),
    "counter_examples": _list("反例", "counter-examples"),
    "rule": Aspect(
        _plain,
        Wording("规则改变", "rule changed"),
        Wording("新增规则", "rule added"),
        Wording("删除规则", "rule removed"),
    ),
}
GATE: Mapping[str, Aspect] = {
    "title": _TITLE,
    "needs": Aspect(_events, Wording("需要{after}（原为{before}）", "needs {after} (before: {before})")),
    "within_days": _limit(
        Wording("要在最近 {after} 天内", "must now be from the last {after} days"),
        Wording("不再限于最近 {before} 天", "no longer from the last {before} days only"),
    ),
}

COMPARED: Mapping[type, frozenset[str]] = {
    Sop: frozenset({*SOP, "not_applicable", "vocabulary", "applies_to", "steps", "events", "gates"}),
    NotApplicable: frozenset(REFUSAL),
    Vocabulary: frozenset(VOCABULARY),
    Applicability: frozenset(APPLIES_TO),
    Step: frozenset({*STEP, "id", "when", "criteria"}),
    Condition: frozenset(WHEN),
    Criterion: frozenset({*CRITERION, "id", "statement"}),
    OwnEvent: frozenset({*EVENT, "id"}),
    Gate: frozenset({*GATE, "stage"}),
}
"""Every field that a comparison looks at: one that is missing here would change unseen."""
