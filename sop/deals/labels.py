"""What people call the parts of a deal's evidence, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from sop.procedure import Wording

SLOT_LABELS: Mapping[str, Wording] = {
    "amount": Wording("金额", "amount"),
    "currency": Wording("币种", "currency"),
    "amount_off": Wording("减价金额", "amount off"),
    "discount": Wording("折扣", "discount"),
    "when": Wording("时间", "date"),
    "channel": Wording("方式", "channel"),
    "competitor": Wording("竞品名称", "competitor"),
    "role": Wording("决策人", "who decides"),
}

DECISION_ROLE_LABELS: Mapping[str, Wording] = {
    "decision_maker": Wording("决策人", "decision maker"),
    "influencer": Wording("影响者", "influencer"),
    "user": Wording("使用者", "user"),
    "procurement": Wording("采购", "procurement"),
    "champion": Wording("支持者", "champion"),
    "blocker": Wording("反对者", "blocker"),
    "unknown": Wording("角色不明", "unknown role"),
}
"""The parts a contact plays in the decision."""

FUNCTION_LABELS: Mapping[str, Wording] = {
    "account": Wording("客户经理", "account"),
    "solution": Wording("解决方案", "solution"),
    "delivery": Wording("交付", "delivery"),
    "service": Wording("客户服务", "service"),
    "legal": Wording("法务", "legal"),
    "finance": Wording("财务", "finance"),
    "executive": Wording("高层", "executive"),
}
"""The functions of a deal's team."""

FIELD_LABELS: Mapping[str, Wording] = {
    "amount": Wording("金额", "amount"),
    "currency": Wording("币种", "currency"),
    "expected_close": Wording("预计成交日期", "expected close"),
    "owner": Wording("负责人", "owner"),
    "contact": Wording("联系人", "contact"),
    "source": Wording("来源", "source"),
    "budget": Wording("预算", "budget"),
    "decision_maker": Wording("决策人", "decision maker"),
}
"""Must-fill fields; others are called by their own name."""

APPROVAL_LABELS: Mapping[str, Wording] = {
    "discount": Wording("折扣", "discount"),
    "project": Wording("立项", "project"),
    "solution": Wording("方案", "solution"),
    "bid": Wording("投标", "bid"),
    "contract": Wording("合同", "contract"),
}

ACTION_LABELS: Mapping[str, Wording] = {
    "site_visit": Wording("现场拜访", "site visit"),
    "demo": Wording("演示", "demo"),
    "trial": Wording("试用", "trial"),
    "quote": Wording("报价", "quote"),
    "proposal": Wording("提交方案", "proposal"),
    "contract": Wording("合同", "contract"),
}


def label(name: str, labels: Mapping[str, Wording]) -> Wording:
    """What ``labels`` calls ``name``; a name of one's own is shown with spaces for ``_``."""
    return labels.get(name) or Wording(name.replace("_", " "), name.replace("_", " "))


def joined(names: tuple[str, ...], labels: Mapping[str, Wording]) -> Wording:
    """The labels of ``names`` with "or" between them."""
    found = [label(name, labels) for name in names]
    return Wording("或".join(each.zh for each in found), " or ".join(each.en for each in found))
