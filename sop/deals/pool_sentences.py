"""Why a lead has its grade, in words: codes with parameters, and the sentence of each in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sop.labels import EVENT_LABELS
from sop.procedure import Language, Wording

Value = str | int | float | tuple[str, ...]

FIELD_LABELS: Mapping[str, Wording] = {
    "name": Wording("姓名", "name"),
    "company": Wording("公司", "company"),
    "title": Wording("职务", "job title"),
    "phone": Wording("电话", "phone"),
    "email": Wording("邮箱", "e-mail"),
    "source": Wording("来源", "source"),
    "grade": Wording("等级", "grade"),
}

PART_LABELS: Mapping[str, Wording] = {
    "source": Wording("来源", "source"),
    "completeness": Wording("信息完整度", "completeness"),
    "actions": Wording("跟进动作", "actions"),
}

TEMPLATES: Mapping[str, Wording] = {
    "no_source": Wording("来源不明", "the source is not known"),
    "source": Wording("来源“{source}”值 {worth} 分（满分 100）", "the source “{source}” is worth {worth} of 100"),
    "other_source": Wording(
        "来源“{source}”不在名单里，值 {worth} 分（满分 100）",
        "the source “{source}” is on no list, worth {worth} of 100",
    ),
    "complete": Wording("信息完整：{known}", "all is known: {known}"),
    "partly_complete": Wording("已知{known}，缺{missing}", "{known} known, {missing} missing"),
    "nothing_known": Wording("缺{missing}", "{missing} missing"),
    "not_called": Wording("还没有通过电话", "never called"),
    "called": Wording("通话 {called} 次，接通 {answered} 次", "called {called}×, answered {answered}×"),
    "heard": Wording(
        "通话 {called} 次，接通 {answered} 次，听到{events}", "called {called}×, answered {answered}×, {events} heard"
    ),
}
"""The parameters stand in braces."""


@dataclass(frozen=True, slots=True)
class LeadReason:
    """A code of :data:`TEMPLATES` and the values its sentence needs."""

    code: str
    params: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """``{"code", "params"}``; a list of fields or events stays a list."""
        params = {key: list(value) if isinstance(value, tuple) else value for key, value in self.params.items()}
        return {"code": self.code, "params": params}


def explain(reason: LeadReason, language: Language, events: Mapping[str, str] | None = None) -> str:
    """The sentence of a reason, without full stop; ``events`` are titles of events of one's own."""
    words = {key: _words(key, value, language, events or {}) for key, value in reason.params.items()}
    return TEMPLATES[reason.code].to(language).format_map(words)


def _words(key: str, value: Value, language: Language, events: Mapping[str, str]) -> str:
    if isinstance(value, tuple):
        labels = EVENT_LABELS if key == "events" else FIELD_LABELS
        named = [labels[item].to(language) if item in labels else events.get(item, item) for item in value]
        return "、".join(named) if language == "zh" else _listed(named)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else ""
