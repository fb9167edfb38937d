"""Why a call is linked as it is, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sop.procedure import Wording

_MATCHES: Mapping[str, Wording] = {
    "contact": Wording("号码是该商机联系人的", "the number is that of a contact of the deal"),
    "account": Wording("号码是该客户另一位联系人的", "the number is that of somebody else at the account"),
}
_PERSONS: Mapping[str, Wording] = {
    "owner": Wording("销售是负责人", "the rep owns it"),
    "collaborator": Wording("销售是协作人", "the rep works on it"),
    "other": Wording("销售不是负责人或协作人", "the rep neither owns it nor works on it"),
}
_TIMINGS: Mapping[str, Wording] = {
    "open": Wording("通话时商机在进行中", "it was open at the time"),
    "opened_after": Wording("商机在通话后第 {days} 天建立", "it was opened {days} days after the call"),
    "closed_before": Wording("商机在通话前 {days} 天内关闭", "it had closed {days} days before the call"),
    "closed_unknown": Wording("商机已关闭，关闭时间未知", "it has closed, when is not known"),
}
_OTHERS: Mapping[str, Wording] = {
    "person": Wording("由人指定", "a person said so"),
    "named": Wording("随录音指定", "it was named with the recording"),
    "ambiguous": Wording(
        "不同客户的几个商机同样符合，留给人来定", "deals of different accounts fit equally well: left to a person"
    ),
    "nothing": Wording("没有商机符合", "no deal fits"),
}


def link_sentence(reason: Mapping[str, Any]) -> Wording:
    """The sentence of a stored reason: of a person, of a name that came with the recording, or of the rule."""
    other = reason.get("verdict") if reason.get("by") == "rule" else reason.get("by")
    if other in _OTHERS:
        return _OTHERS[str(other)]
    parts = [table[str(reason[key])] for key, table in _TABLES.items() if str(reason.get(key)) in table]
    days = reason.get("days", 0)
    return Wording(
        "，".join(part.zh.format(days=days) for part in parts), ", ".join(part.en.format(days=days) for part in parts)
    )


_TABLES: Mapping[str, Mapping[str, Wording]] = {"match": _MATCHES, "person": _PERSONS, "timing": _TIMINGS}
