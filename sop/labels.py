"""What people call events, speakers, languages and outcomes, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from sop.procedure import Wording

EVENT_LABELS: Mapping[str, Wording] = {
    "opening": Wording("开场白", "opening"),
    "needs_discovery": Wording("挖掘需求", "needs discovery"),
    "customer_need": Wording("客户需求", "customer need"),
    "product_intro": Wording("产品介绍", "product introduction"),
    "price_discussion": Wording("价格讨论", "price discussion"),
    "price_objection": Wording("价格异议", "price objection"),
    "objection": Wording("其他异议", "other objection"),
    "objection_handling": Wording("异议处理", "objection handling"),
    "competitor": Wording("竞品提及", "competitor mention"),
    "decision_process": Wording("决策流程", "decision process"),
    "customer_approval": Wording("客户认可", "customer approval"),
    "next_step": Wording("下一步约定", "next step"),
    "closing": Wording("促成", "closing"),
}

SPEAKER_LABELS: Mapping[str, Wording] = {
    "rep": Wording("销售", "rep"),
    "customer": Wording("客户", "customer"),
    "unknown": Wording("未知说话人", "unknown speaker"),
}

LANGUAGE_LABELS: Mapping[str, Wording] = {"zh": Wording("中文", "Chinese"), "en": Wording("英文", "English")}

OUTCOME_LABELS: Mapping[str, Wording] = {
    "met": Wording("完成", "met"),
    "missed": Wording("未完成", "missed"),
    "unknown": Wording("无法判断", "unknown"),
    "not_applicable": Wording("不适用", "not applicable"),
}
