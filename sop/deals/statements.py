"""What is said of a deal's next steps, decision chain and risks: codes with values, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sop.procedure import Wording

Value = str | int | Wording


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence by its ``code``; ``values`` fill its places. A :class:`Wording` among them has both languages."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def wording(self) -> Wording:
        """The sentence in both languages."""
        sentence = SENTENCES[self.code]
        return Wording(sentence.zh.format(**_in("zh", self.values)), sentence.en.format(**_in("en", self.values)))

    def to_json(self) -> dict[str, Any]:
        """Code, values and both sentences as plain JSON values."""
        values = {
            name: {"zh": value.zh, "en": value.en} if isinstance(value, Wording) else value
            for name, value in self.values.items()
        }
        return {"code": self.code, "values": values, "zh": self.wording.zh, "en": self.wording.en}


def say(code: str, **values: Value) -> Statement:
    """The statement ``code`` of :data:`SENTENCES` with its values."""
    return Statement(code, values)


class _Count(int):
    """A number that brings its noun: ``{days:day|days}`` is "1 day" or "2 days"."""

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(int(self))
        one, _, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}"


def _in(language: str, values: Mapping[str, Value]) -> dict[str, str | int]:
    return {name: _one(language, value) for name, value in values.items()}


def _one(language: str, value: Value) -> str | int:
    if isinstance(value, Wording):
        return value.zh if language == "zh" else value.en
    return _Count(value) if isinstance(value, int) else value


CHANNEL_LABELS: Mapping[str, Wording] = {
    "demo": Wording("演示", "demo"),
    "trial": Wording("试用", "trial"),
    "visit": Wording("拜访", "visit"),
    "meeting": Wording("会面", "meeting"),
    "call": Wording("通话", "call"),
    "wechat": Wording("微信", "WeChat message"),
    "email": Wording("邮件", "e-mail"),
    "message": Wording("消息", "message"),
    "quote": Wording("报价", "quote"),
    "contract": Wording("合同", "contract"),
}
"""The ways of a next step; see ``docs/slots.md``."""

RISK_TITLES: Mapping[str, Wording] = {
    "gone_silent": Wording("失联", "gone silent"),
    "close_passed": Wording("过了预计成交日", "past its expected close"),
    "missed_next_step": Wording("下一步没有兑现", "missed next step"),
    "price_objection": Wording("价格异议未解决", "price objection left open"),
    "competitor": Wording("出现竞品", "competitor named"),
    "no_power": Wording("没有接触决策人", "no decision maker"),
    "single_threaded": Wording("只有一个联系人", "single-threaded"),
    "stage_stuck": Wording("阶段停滞", "stage stuck"),
    "pushed_date": Wording("成交日推迟", "close put off"),
}

_STEPS: Mapping[str, Wording] = {
    "step_open": Wording("{day} 到期", "due on {day}"),
    "step_undated": Wording(
        "没有说日期，按 {days} 天内计，{day} 到期", "no date was said: {days:day|days} are counted, due on {day}"
    ),
    "step_overdue": Wording(
        "{day} 到期，已过 {days} 天，还没有听到下文", "due on {day}, {days:day|days} ago, and not heard of since"
    ),
    "step_kept_call": Wording("{day} 通了电话", "there was a call on {day}"),
    "step_kept_mentioned": Wording("{day} 的通话提到了它", "the call on {day} speaks of it"),
    "step_late": Wording("晚了 {days} 天，{day} 才通电话", "{days:day|days} late: the call was on {day}"),
    "step_missed": Wording(
        "{day} 到期，之后 {days} 天没有通话", "due on {day}, and no call for {days:day|days} after it"
    ),
    "step_missed_rang": Wording(
        "约定我方在 {day} 联系，{days} 天后是客户自己打来的",
        "we were to call on {day}; {days:day|days} later the customer rang instead",
    ),
    "step_missed_chased": Wording(
        "约定客户在 {day} 联系，{days} 天后是我方打过去的",
        "the customer was to call on {day}; {days:day|days} later we rang instead",
    ),
    "step_unheard": Wording(
        "{day} 的通话还没有听到内容，无法判断", "the call on {day} has not been heard, so this can't be told"
    ),
    "step_unshown": Wording(
        "{channel}不会出现在通话里，{day} 到期后也没有通话提到它",
        "a {channel} does not show in calls, and none after {day} speaks of it",
    ),
    "step_vague": Wording(
        "没有说时间和方式，无法判断是否做到", "neither when nor how was said, so whether it was kept can't be told"
    ),
    "step_untold": Wording(
        "没有说方式，{day} 到期后没有通话提到它", "how was not said, and no call after {day} tells of it"
    ),
    "step_undated_over": Wording(
        "没有说日期，{days} 天里没有通话，无法判断",
        "no date was said, and no call for {days:day|days}: this can't be told",
    ),
    "step_closed": Wording("商机在 {day} 关闭，之后不必再有通话", "the deal closed on {day}: no call had to follow"),
    "step_marked": Wording("由人标记", "marked by a person"),
}

_CHAIN: Mapping[str, Wording] = {
    "close_calls": Wording(
        "最近 {days} 天通话 {calls} 次，最后一次在 {ago} 天前",
        "{calls:call|calls} in {days:day|days}, the last {ago:day|days} ago",
    ),
    "close_both_ways": Wording(
        "最近 {days} 天通话 {calls} 次，双方都主动打过，最后一次在 {ago} 天前",
        "{calls:call|calls} in {days:day|days}, both sides rang, the last {ago:day|days} ago",
    ),
    "close_past": Wording("最后一次通话在 {ago} 天前", "the last call was {ago:day|days} ago"),
    "close_never": Wording("从未通过话", "never spoken to"),
    "close_unheard": Wording(
        "有 {calls} 通电话还不知道是谁、说了什么，无法判断",
        "{calls:call|calls} unheard or with an unknown person, so this can't be told",
    ),
    "approval_counts": Wording(
        "认可 {good} 次，异议 {bad} 次", "{good:approval|approvals}, {bad:objection|objections}"
    ),
    "approval_last_word": Wording(
        "认可 {good} 次，异议 {bad} 次，最后说的是异议",
        "{good:approval|approvals}, {bad:objection|objections}, and the last word was one",
    ),
    "approval_none": Wording(
        "听过的通话里没有表示认可，异议 {bad} 次",
        "no approval in the calls that were heard, {bad:objection|objections}",
    ),
    "price_accepted": Wording("谈过价格之后表示了认可", "approved after the price was discussed"),
    "price_answered": Wording("最后一次价格异议得到了回应", "the last price objection was answered"),
    "price_discussed": Wording("谈过价格，没有提出异议", "the price was discussed without an objection"),
    "price_open": Wording("最后一次价格异议没有得到回应", "the last price objection was not answered"),
    "price_refused": Wording(
        "{bad} 次价格异议没有得到回应，之后也没有认可",
        "{bad:price objection|price objections} unanswered, and no approval since",
    ),
    "price_not_discussed": Wording(
        "听过的通话里没有谈到价格", "the price has not come up in the calls that were heard"
    ),
    "not_spoken": Wording("没有通过话", "not spoken to"),
    "unheard": Wording("相关通话还没有听到内容", "the calls have not been heard"),
    "doubtful": Wording("只有不确定的迹象", "only doubtful signs"),
}

_RISKS: Mapping[str, Wording] = {
    "silent": Wording("{days} 天没有通话，最后一次在 {day}", "no call for {days:day|days}, the last was on {day}"),
    "silent_never": Wording(
        "{day} 建立以来 {days} 天没有一通电话", "not one call in the {days:day|days} since it was opened on {day}"
    ),
    "close_passed": Wording(
        "预计成交日 {day} 已过 {days} 天，仍未关单", "the expected close, {day}, passed {days:day|days} ago"
    ),
    "single_threaded": Wording("{calls} 通电话都只和{name}一个人", "{calls:call|calls}, all with one person, {name}"),
    "price_unanswered": Wording("{count} 次价格异议没有得到回应", "price objections left unanswered: {count}"),
    "price_again": Wording(
        "{calls} 通电话都提出价格异议，回应之后又提，还没有认可",
        "the price was objected to again, in {calls:call|calls}",
    ),
    "competitor": Wording("{calls} 通电话提到竞品{names}", "competitor {names} came up in {calls:call|calls}"),
    "competitor_unnamed": Wording("{calls} 通电话提到竞品", "a competitor came up in {calls:call|calls}"),
    "no_power": Wording(
        "没有和决策人通过话，通话里也没有谈到谁来决定", "no call with a decision maker, and no call says who decides"
    ),
    "decider_not_spoken": Wording(
        "通话里说由{names}决定，还没有和决策人通过话",
        "{names} decides by what was said; no decision maker was spoken to yet",
    ),
    "power_not_spoken": Wording(
        "谈到了怎么决定，但还没有和决策人通过话", "how they decide was discussed, but no decision maker was spoken to"
    ),
    "stage_stuck": Wording(
        "在“{stage}”停了 {days} 天，通常 {usual} 天", "{days:day|days} in “{stage}”, where {usual} are usual"
    ),
    "pushed_date": Wording(
        "预计成交日推迟了 {count} 次，共 {days} 天，现在是 {day}",
        "the expected close was put off {count:time|times}, by {days:day|days}, and is {day} now",
    ),
    "missed_step": Wording("{count} 个说好的下一步没有做到", "next steps that were missed: {count}"),
}

SENTENCES: Mapping[str, Wording] = {**_STEPS, **_CHAIN, **_RISKS}
"""Every sentence there is; the places of each are in braces."""
