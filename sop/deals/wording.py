"""Verdicts, gaps and violations in words, Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from sop.deals.conditions import AllOf
from sop.deals.gap import Gap
from sop.deals.gates import Verdict
from sop.deals.labels import DECISION_ROLE_LABELS, FUNCTION_LABELS, SLOT_LABELS, label
from sop.deals.pipeline import Pipeline
from sop.deals.reasons import SENTENCES, Code, Reason, Value
from sop.deals.violations import Kind, Violation
from sop.labels import SPEAKER_LABELS
from sop.procedure import Language, Wording

OUTCOME_LABELS: Mapping[str, Wording] = {
    "met": Wording("满足", "met"),
    "not_met": Wording("未满足", "not met"),
    "unknown": Wording("无法判断", "unknown"),
}
VIOLATION_LABELS: Mapping[Kind, Wording] = {
    "skipped_stage": Wording("跳过阶段", "stage skipped"),
    "discount_without_approval": Wording("未经审批承诺折扣", "discount promised without approval"),
    "promise_before_delivery": Wording("交付未参与就承诺", "promise before delivery took part"),
    "back_and_forth": Wording("阶段反复", "stage moved back and forth"),
    "close_date_passed": Wording("预计成交日期已过", "close date passed"),
}
ANSWER_LABELS: Mapping[str, Wording] = {
    "explained": Wording("已说明", "explained"),
    "accepted": Wording("已认可", "accepted"),
    "resolved": Wording("已解决", "resolved"),
}

_DAYS = ("day", "until", "granted")
_LABELS: Mapping[str, Mapping[str, Wording]] = {
    "speaker": SPEAKER_LABELS,
    "slot": SLOT_LABELS,
    "role": DECISION_ROLE_LABELS,
    "roles": DECISION_ROLE_LABELS,
    "function": FUNCTION_LABELS,
}
_STAGES = ("stage", "origin", "target")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ONE = re.compile(r"\b1 (call|condition|stage|time|day)s\b")


def explain_reason(reason: Reason, language: Language, stages: Mapping[str, Wording] | None = None) -> str:
    """The sentence of a reason, without full stop; ``stages`` are the titles of the pipeline's stages by id."""
    words = {key: _words(key, value, language, stages or {}) for key, value in reason.params.items()}
    told = _singular(SENTENCES[reason.code].to(language).format_map(words))
    if "granted" in words:
        later = SENTENCES[Code.APPROVED_LATER].to(language).format_map({"day": words["granted"]})
        told += f"，{later}" if language == "zh" else f", {later}"
    return told


def explain_verdict(verdict: Verdict, language: Language) -> str:
    """One sentence without full stop: ``Customer need: nobody said one in 3 calls (12 min heard)``."""
    title = _capital(verdict.condition.title.to(language))
    why = _why(verdict, language)
    return f"{title}：{why}" if language == "zh" else f"{title}: {why}"


def explain_gap(gap: Gap, pipeline: Pipeline, language: Language, currency: str | None = None) -> str:
    """One line: what is claimed, what is verified, and the money at risk where there is any."""
    titles = stage_titles(pipeline)
    claimed, verified = (_stage(titles, stage, language) for stage in (gap.claimed, gap.verified))
    if not gap.stages:
        if language == "zh":
            return f"CRM 阶段为“{claimed}”，通话可证实到“{verified}”，没有差距"
        return f"CRM says {claimed}, the calls verify {verified}: no gap"
    parts = [_ahead(gap, claimed, verified, language), _unsure(gap, titles, language), _risk(gap, currency, language)]
    return ("，" if language == "zh" else ", ").join(part for part in parts if part)


def explain_violation(violation: Violation, pipeline: Pipeline, language: Language) -> str:
    """One sentence without full stop, such as ``Close date passed: the expected close of 6 Nov 2026 ...``."""
    title = _capital(VIOLATION_LABELS[violation.kind].to(language))
    why = explain_reason(violation.reason, language, stage_titles(pipeline))
    return f"{title}：{why}" if language == "zh" else f"{title}: {why}"


def stage_titles(pipeline: Pipeline) -> dict[str, Wording]:
    """The titles of a pipeline's stages by id."""
    return {stage.id: stage.title for stage in pipeline.stages}


def spoken_day(day: str, language: Language) -> str:
    """An ISO day as people write it: ``14 Oct 2026``, ``2026年10月14日``."""
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return day
    if language == "zh":
        return f"{at.year}年{at.month}月{at.day}日"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _why(verdict: Verdict, language: Language) -> str:
    """A combination is told by those of its parts that decided it."""
    if not verdict.parts:
        return explain_reason(verdict.reason, language)
    shown = [part for part in verdict.parts if part.outcome == verdict.outcome]
    if isinstance(verdict.condition, AllOf) and verdict.outcome == "not_met":
        shown = [part for part in verdict.parts if part.outcome != "met"]
    joint = "；" if language == "zh" else "; "
    return joint.join(
        f"{part.condition.title.to(language)}{'，' if language == 'zh' else ', '}{_why(part, language)}"
        if len(verdict.parts) > 1
        else _why(part, language)
        for part in shown
    )


def _ahead(gap: Gap, claimed: str, verified: str, language: Language) -> str:
    if language == "zh":
        return f"CRM 阶段为“{claimed}”，通话只能证实到“{verified}”，超前 {gap.stages} 个阶段"
    return _singular(f"CRM says {claimed}, the calls verify {verified}: {gap.stages} stages ahead")


def _unsure(gap: Gap, titles: Mapping[str, Wording], language: Language) -> str:
    if not gap.unsure:
        return ""
    possible = _stage(titles, gap.possible, language)
    return f"最多可能到“{possible}”" if language == "zh" else f"possibly {possible}"


def _risk(gap: Gap, currency: str | None, language: Language) -> str:
    if not gap.at_risk:
        return ""
    sum_ = f"{gap.at_risk:,.0f}{f' {currency}' if currency else ''}"
    return f"有风险金额 {sum_}" if language == "zh" else f"{sum_} at risk"


def _words(key: str, value: Value, language: Language, stages: Mapping[str, Wording]) -> str:
    if key in _DAYS:
        return spoken_day(str(value), language)
    if isinstance(value, tuple):
        joint = ("、" if key == "names" else "或") if language == "zh" else (", " if key == "names" else " or ")
        return joint.join(_words(key, each, language, stages) for each in value)
    if key in _STAGES:
        return _stage(stages, str(value), language)
    if key in _LABELS:
        return label(str(value), _LABELS[key]).to(language)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _stage(titles: Mapping[str, Wording], stage: str, language: Language) -> str:
    return titles[stage].to(language) if stage in titles else stage


def _singular(text: str) -> str:
    return _ONE.sub(r"1 \1", text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
