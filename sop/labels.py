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

DIRECTION_LABELS: Mapping[str, Wording] = {
    "inbound": Wording("呼入", "inbound"),
    "outbound": Wording("呼出", "outbound"),
}

FACT_LABELS: Mapping[str, Wording] = {
    "direction": Wording("方向（呼入或呼出）", "direction"),
    "stage": Wording("商机阶段", "opportunity stage"),
    "follow_up": Wording("前因（首次还是后续）", "place after earlier calls"),
}
"""What :class:`sop.facts.CallContext` tells of a call."""

OUTCOME_LABELS: Mapping[str, Wording] = {
    "met": Wording("完成", "met"),
    "missed": Wording("未完成", "missed"),
    "unknown": Wording("无法判断", "unknown"),
    "not_applicable": Wording("不适用", "not applicable"),
}

DIMENSION_LABELS: Mapping[str, Wording] = {
    "points": Wording("要点完成", "points covered"),
    "skill": Wording("沟通技巧", "skill"),
    "attitude": Wording("沟通态度", "attitude"),
    "reaction": Wording("客户反馈", "customer's reaction"),
}

MEASURE_LABELS: Mapping[str, Wording] = {
    "criteria": Wording("要点", "points"),
    "open_questions": Wording("开放式提问", "open questions"),
    "listening": Wording("提问后倾听", "listening after asking"),
    "monologue": Wording("连续讲话时长", "monologue"),
    "answering": Wording("回应异议", "answering objections"),
    "interruptions": Wording("打断客户", "interruptions"),
    "pace": Wording("语速", "pace"),
    "courtesy": Wording("礼貌用语", "courtesy"),
    "wording": Wording("指责或敷衍用语", "blaming wording"),
    "empathy": Wording("表示理解", "acknowledging"),
    "patience": Wording("抱怨后的沉默", "silence after a complaint"),
    "approval": Wording("客户认可", "approval"),
    "objections": Wording("后续异议", "objections that follow"),
    "questions": Wording("客户提问", "customer's questions"),
    "engagement": Wording("回应积极度", "engagement"),
}
"""What :data:`sop.dimensions.MEASURES` names are called."""
