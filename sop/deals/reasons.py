"""Why a condition, a gap or a violation is judged as it is: codes with values, and the sentence of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sop.procedure import Wording

Value = str | int | float | tuple[str, ...]


class Code(StrEnum):
    """Every reason there is; :data:`SENTENCES` names the values of each in braces."""

    HEARD = "heard"
    NO_CALLS = "no_calls"
    NO_CALLS_SINCE = "no_calls_since"
    NOBODY_SAID = "nobody_said"
    TOO_FEW = "too_few"
    TOO_LONG_AGO = "too_long_ago"
    SAID_BY_OTHER = "said_by_other"
    WITHOUT_SLOT = "without_slot"
    OTHER_ROLE = "other_role"
    PERHAPS = "perhaps"
    SPEAKER_UNKNOWN = "speaker_unknown"
    SLOT_UNREAD = "slot_unread"
    ROLE_UNKNOWN = "role_unknown"
    UNHEARD_CALLS = "unheard_calls"

    FILLED = "filled"
    EMPTY = "empty"
    DONE = "done"
    NOT_DONE = "not_done"
    APPROVED = "approved"
    REQUESTED = "requested"
    REJECTED = "rejected"
    NOT_ASKED = "not_asked"

    TOOK_PART = "took_part"
    NAMED_ONLY = "named_only"
    NOBODY_TOOK_PART = "nobody_took_part"
    COLLEAGUE_UNKNOWN = "colleague_unknown"
    SPOKEN_TO = "spoken_to"
    SPOKEN_LONG_AGO = "spoken_long_ago"
    NEVER_SPOKEN_TO = "never_spoken_to"
    NO_SUCH_CONTACT = "no_such_contact"
    CONTACT_UNKNOWN = "contact_unknown"

    NONE_MET = "none_met"
    ALL_MET = "all_met"
    SOME_UNMET = "some_unmet"
    SOME_UNKNOWN = "some_unknown"

    SKIPPED = "skipped"
    DISCOUNT = "discount"
    FALLING_PRICE = "falling_price"
    APPROVED_LATER = "approved_later"
    PROMISED = "promised"
    BACK_AND_FORTH = "back_and_forth"
    CLOSE_PASSED = "close_passed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and the values its sentence needs. Days (``day``, ``until``) are ISO 8601."""

    code: Code
    params: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """``{"code", "params"}``; a list of names stays a list."""
        params = {key: list(value) if isinstance(value, tuple) else value for key, value in self.params.items()}
        return {"code": self.code.value, "params": params}


SENTENCES: Mapping[Code, Wording] = {
    Code.HEARD: Wording(
        "{calls} 通电话里听到 {count} 次，最近是 {day}", "heard {count}× in {calls} calls, last on {day}"
    ),
    Code.NO_CALLS: Wording("还没有通话", "no call yet"),
    Code.NO_CALLS_SINCE: Wording("最近 {days} 天没有通话", "no call in the last {days} days"),
    Code.NOBODY_SAID: Wording(
        "{calls} 通电话（听了 {minutes} 分钟）里没人说到", "nobody said one in {calls} calls ({minutes} min heard)"
    ),
    Code.TOO_FEW: Wording("听到 {count} 次，需要 {needed} 次", "heard {count}×, {needed}× needed"),
    Code.TOO_LONG_AGO: Wording("最近一次是 {day}，已超过 {days} 天", "last heard on {day}, more than {days} days ago"),
    Code.SAID_BY_OTHER: Wording("听到过，但不是{speaker}说的", "heard, but never from the {speaker}"),
    Code.WITHOUT_SLOT: Wording("听到过，但没有说清{slot}", "heard, but never with a clear {slot}"),
    Code.OTHER_ROLE: Wording("听到过，但对方不是{roles}", "heard, but in no call with the {roles}"),
    Code.PERHAPS: Wording("{day}的电话里可能有，把握 {percent}%", "perhaps in the call of {day}, {percent} % sure"),
    Code.SPEAKER_UNKNOWN: Wording("{day}听到，但分不清是谁说的", "heard on {day}, but by whom isn't known"),
    Code.SLOT_UNREAD: Wording(
        "{day}由人工标出，没有读取{slot}", "marked by a person in the call of {day}, its {slot} was not read"
    ),
    Code.ROLE_UNKNOWN: Wording(
        "{day}听到，但不知道对方在决策中的角色",
        "heard on {day}, in a call with someone whose part in the decision isn't known",
    ),
    Code.UNHEARD_CALLS: Wording(
        "听过的 {calls} 通电话里没有，还有 {unheard} 通没有听",
        "not in the {calls} calls heard; {unheard} more are not heard",
    ),
    Code.FILLED: Wording("填的是 {value}", "it says {value}"),
    Code.EMPTY: Wording("没有填写", "not filled in"),
    Code.DONE: Wording("{day}完成", "done on {day}"),
    Code.NOT_DONE: Wording("没有完成记录", "not on record as done"),
    Code.APPROVED: Wording("{day}批准", "approved on {day}"),
    Code.REQUESTED: Wording("{day}已申请，还没有批", "asked for on {day}, not decided yet"),
    Code.REJECTED: Wording("{day}被驳回", "refused on {day}"),
    Code.NOT_ASKED: Wording("没有申请过", "never asked for"),
    Code.TOOK_PART: Wording("{names}，最近是 {day}", "{names}, last on {day}"),
    Code.NAMED_ONLY: Wording(
        "{names}在团队名单里，但 {calls} 通电话里都没有出现", "{names} named on the team, but in none of {calls} calls"
    ),
    Code.NOBODY_TOOK_PART: Wording("{calls} 通电话里没有{function}的人", "nobody from {function} in {calls} calls"),
    Code.COLLEAGUE_UNKNOWN: Wording(
        "有 {unheard} 通电话没有听到，不知道谁参加", "{unheard} calls are not heard, so who took part isn't known"
    ),
    Code.SPOKEN_TO: Wording("{names}，最近是 {day}", "{names}, last on {day}"),
    Code.SPOKEN_LONG_AGO: Wording(
        "最近与{names}通话是 {day}，已超过 {days} 天", "last spoken to {names} on {day}, more than {days} days ago"
    ),
    Code.NEVER_SPOKEN_TO: Wording("{names}从未出现在 {calls} 通电话里", "{names} in none of {calls} calls"),
    Code.NO_SUCH_CONTACT: Wording("没有联系人是{role}", "no contact is known as the {role}"),
    Code.CONTACT_UNKNOWN: Wording(
        "有 {unheard} 通电话不知道对方的角色", "in {unheard} calls it isn't known who was spoken to, or their part"
    ),
    Code.NONE_MET: Wording("都没有", "none of them"),
    Code.ALL_MET: Wording("{total} 项都满足", "all {total} of them"),
    Code.SOME_UNMET: Wording("{total} 项满足 {met} 项", "{met} of {total}"),
    Code.SOME_UNKNOWN: Wording(
        "{total} 项满足 {met} 项，{unknown} 项无法判断", "{met} of {total}, {unknown} can't be told"
    ),
    Code.SKIPPED: Wording(
        "{day}从“{origin}”直接到“{target}”，跳过“{stage}”，其条件未得到证实",
        "moved from {origin} to {target} on {day} past {stage}, whose gate is not verified",
    ),
    Code.DISCOUNT: Wording(
        "{day}的电话里承诺优惠 {cut}，当时没有获批的折扣审批",
        "{cut} off promised in the call of {day} without an approved discount",
    ),
    Code.FALLING_PRICE: Wording(
        "报价从 {before} 降到 {after}（{day}的电话），当时没有获批的折扣审批",
        "the price fell from {before} to {after} in the call of {day} without an approved discount",
    ),
    Code.APPROVED_LATER: Wording("{day}才批准", "approved only on {day}"),
    Code.PROMISED: Wording(
        "{day}的电话里承诺交付（{when}），此前交付没有参与",
        "delivery promised ({when}) in the call of {day}, before anybody from delivery took part",
    ),
    Code.BACK_AND_FORTH: Wording(
        "“{stage}”阶段进入过 {count} 次，最近是 {day}", "entered the stage {stage} {count} times, last on {day}"
    ),
    Code.CLOSE_PASSED: Wording(
        "预计成交日期 {day}已过 {days} 天", "the expected close of {day} has passed {days} days ago"
    ),
}
