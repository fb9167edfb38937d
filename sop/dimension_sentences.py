"""The sentences of the reasons that dimensions and their measures give, by code, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from sop.procedure import Wording

DIMENSION_SENTENCES: Mapping[str, Wording] = {
    "measures_joined": Wording("{told} 项指标的平均", "mean of {told} measures"),
    "step_missed": Wording("这一步没有做，无从评价", "the step was not done, so there is nothing to judge"),
    "nothing_observed": Wording("这里没有可评价的内容", "nothing to judge came up here"),
    "step_unlocated": Wording(
        "不知道这一步在哪里，无法判断", "where the step was done can't be told, so it can't be judged"
    ),
    "not_measured": Wording(
        "分析这通电话时还没有测量，需要重新分析",
        "the call was analyzed before this was measured; analyze it again to tell",
    ),
    "speakers_untold": Wording("分不清谁是销售谁是客户，无法判断", "who is who isn't known, so it can't be judged"),
    "channels_joined": Wording(
        "双方在同一声道，听不出抢话", "both parties are on one channel, where interrupting can't be heard"
    ),
    "words_unsure": Wording("这里的文字听不准，无法判断", "the words here are too unsure to judge by"),
    "customer_unheard": Wording("录音不完整，听不到客户的反应", "the recording ends before the customer reacts"),
    "questions_open": Wording(
        "{total} 次提问中有 {open} 次是开放式且留出了回答时间", "{open} of {total} questions open, with room to answer"
    ),
    "no_questions": Wording("这里没有提问", "no question asked here"),
    "listened": Wording(
        "{total} 次提问后有 {heard} 次让客户说完了", "the customer got to answer {heard} of {total} questions"
    ),
    "no_answers": Wording("提问后通话就结束了", "the call ended on the question"),
    "monologue": Wording(
        "最长一次连续讲了 {seconds} 秒（{limit_s} 秒以内为好）",
        "longest monologue {seconds} s (up to {limit_s} s is fine)",
    ),
    "interrupted": Wording(
        "{total} 轮发言中有 {count} 次打断客户", "cut into the customer in {count} of {total} turns"
    ),
    "paced": Wording(
        "{total} 段较长的发言中有 {steady} 段语速平稳（每分钟 {slowest} 到 {fastest}）",
        "steady pace in {steady} of {total} longer turns ({slowest} to {fastest} a minute)",
    ),
    "turns_too_short": Wording("发言都太短，算不出语速", "no turn long enough to tell a pace"),
    "courteous": Wording("用了礼貌用语", "courteous wording"),
    "not_courteous": Wording("没有礼貌用语", "no courteous wording"),
    "blaming": Wording("有 {count} 处指责或敷衍的话", "blaming or dismissive wording {count}×"),
    "not_blaming": Wording("没有指责或敷衍的话", "no blaming or dismissive wording"),
    "acknowledged": Wording(
        "{total} 次异议或抱怨中有 {done} 次先表示了理解",
        "{done} of {total} objections or complaints acknowledged first",
    ),
    "nothing_to_acknowledge": Wording("没有异议或抱怨", "no objection or complaint"),
    "silence_after_complaint": Wording(
        "客户抱怨后最长沉默了 {seconds} 秒", "up to {seconds} s of silence after a complaint"
    ),
    "no_complaint": Wording("客户没有抱怨", "the customer did not complain"),
    "approved": Wording("客户表示认可", "the customer approved"),
    "perhaps_approved": Wording("客户可能表示了认可，但把握不足", "the customer perhaps approved"),
    "not_approved": Wording("客户没有表示认可", "the customer did not say so"),
    "objected": Wording("随后客户提出异议 {count} 次", "objections followed {count}×"),
    "perhaps_objected": Wording("随后客户可能提出了异议，但把握不足", "the customer perhaps objected"),
    "not_objected": Wording("随后客户没有提出异议", "no objection followed"),
    "asked_back": Wording("客户主动提问 {count} 次", "the customer asked back {count}×"),
    "not_asked_back": Wording("客户没有主动提问", "the customer asked nothing"),
    "engaged": Wording("{total} 次回应中有 {engaged} 次积极", "{engaged} of {total} replies engaged"),
    "no_reply": Wording("客户随后没有再说话", "the customer said nothing more"),
}
