"""Why the conversion of a lead is suspicious, in words: codes with parameters, and the sentence of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sop.procedure import Language, Wording

Value = str | int

_STAGES = ("claimed", "verified")

TEMPLATES: Mapping[str, Wording] = {
    "no_verified_call": Wording(
        "转化前没有一通听得到客户说话的电话（共 {calls} 通）",
        "converted with no call before it in which people spoke ({calls} calls)",
    ),
    "converted_at_once": Wording(
        "领取后 {minutes} 分钟就转化（少于 {limit} 分钟）",
        "converted {minutes} minutes after it came to the rep, under {limit}",
    ),
    "short_calls": Wording(
        "转化前最长的通话只有 {longest_s} 秒（少于 {limit_s} 秒）",
        "the longest call before it lasted {longest_s} s, under {limit_s} s",
    ),
    "same_phone": Wording("同一号码已转化过：{others}", "the same number was converted before: {others}"),
    "recycled": Wording(
        "同一销售 {days} 天前失去过这个号码的线索（{other}）",
        "the same rep lost a lead of this number {days} days earlier ({other})",
    ),
    "claimed_beyond": Wording(
        "商机自报阶段“{claimed}”，电话只证实到“{verified}”，相差 {stages} 个阶段",
        "its deal claims “{claimed}”, calls verify “{verified}”: {stages} stages apart",
    ),
}
"""The parameters stand in braces; minutes, seconds (``_s``) and days are whole numbers."""


@dataclass(frozen=True, slots=True)
class SuspicionReason:
    """A code of :data:`TEMPLATES` and the values its sentence needs."""

    code: str
    params: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """``{"code", "params"}``."""
        return {"code": self.code, "params": dict(self.params)}


def explain(reason: SuspicionReason, language: Language, stages: Mapping[str, Wording] | None = None) -> str:
    """The sentence of a reason, without full stop; ``stages`` are the titles of the stages that it names by id."""
    words = {
        key: stages[str(value)].to(language) if stages and key in _STAGES and str(value) in stages else value
        for key, value in reason.params.items()
    }
    return TEMPLATES[reason.code].to(language).format_map(words)
