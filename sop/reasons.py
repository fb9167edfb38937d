"""Why a step got its outcome: codes with parameters, and the sentence of each in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sop.dimension_sentences import DIMENSION_SENTENCES
from sop.procedure import Wording

Value = str | int | float | tuple[str, ...]


class ReasonCode(StrEnum):
    """Every reason there is; :data:`TEMPLATES` names the parameters of each in braces."""

    HEARD = "heard"
    ALL_ANSWERED = "all_answered"
    CRITERIA_MET = "criteria_met"

    NOT_HEARD = "not_heard"
    TOO_FEW = "too_few"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    OUT_OF_ORDER = "out_of_order"
    UNANSWERED = "unanswered"
    PARTLY_ANSWERED = "partly_answered"
    CRITERIA_MISSED = "criteria_missed"

    DOUBTFUL = "doubtful"
    SPEAKER_NOT_HEARD = "speaker_not_heard"
    ROLES_UNKNOWN = "roles_unknown"
    RECORDING_CUT = "recording_cut"
    NOT_LISTENED_FOR = "not_listened_for"
    CONDITION_DOUBTFUL = "condition_doubtful"
    CONTEXT_UNKNOWN = "context_unknown"
    CRITERIA_UNKNOWN = "criteria_unknown"

    NEEDS_EVENT = "needs_event"
    EXCUSED = "excused"
    FOLLOW_UPS_ONLY = "follow_ups_only"
    FIRST_CALLS_ONLY = "first_calls_only"
    OTHER_DIRECTION = "other_direction"
    OTHER_STAGE = "other_stage"
    NOTHING_TO_ANSWER = "nothing_to_answer"
    NO_CHANCE_TO_ANSWER = "no_chance_to_answer"
    OPTIONAL_NOT_DONE = "optional_not_done"
    CALL_TOO_SHORT = "call_too_short"
    OTHER_LANGUAGE = "other_language"
    CALL_EXCUSED = "call_excused"
    FOLLOW_UP_CALL = "follow_up_call"

    NOTHING_APPLIES = "nothing_applies"
    NOTHING_JUDGED = "nothing_judged"
    TOO_LITTLE_JUDGED = "too_little_judged"
    AUTO_FAILED = "auto_failed"

    # Of dimensions and their measures: sentences in sop.dimension_sentences.
    MEASURES_JOINED = "measures_joined"
    STEP_MISSED = "step_missed"
    NOTHING_OBSERVED = "nothing_observed"
    STEP_UNLOCATED = "step_unlocated"
    NOT_MEASURED = "not_measured"
    SPEAKERS_UNTOLD = "speakers_untold"
    CHANNELS_JOINED = "channels_joined"
    WORDS_UNSURE = "words_unsure"
    CUSTOMER_UNHEARD = "customer_unheard"
    QUESTIONS_OPEN = "questions_open"
    NO_QUESTIONS = "no_questions"
    LISTENED = "listened"
    NO_ANSWERS = "no_answers"
    MONOLOGUE = "monologue"
    INTERRUPTED = "interrupted"
    PACED = "paced"
    TURNS_TOO_SHORT = "turns_too_short"
    COURTEOUS = "courteous"
    NOT_COURTEOUS = "not_courteous"
    BLAMING = "blaming"
    NOT_BLAMING = "not_blaming"
    ACKNOWLEDGED = "acknowledged"
    NOTHING_TO_ACKNOWLEDGE = "nothing_to_acknowledge"
    SILENCE_AFTER_COMPLAINT = "silence_after_complaint"
    NO_COMPLAINT = "no_complaint"
    APPROVED = "approved"
    PERHAPS_APPROVED = "perhaps_approved"
    NOT_APPROVED = "not_approved"
    OBJECTED = "objected"
    PERHAPS_OBJECTED = "perhaps_objected"
    NOT_OBJECTED = "not_objected"
    ASKED_BACK = "asked_back"
    NOT_ASKED_BACK = "not_asked_back"
    ENGAGED = "engaged"
    NO_REPLY = "no_reply"


REASON_CODES: frozenset[str] = frozenset(code.value for code in ReasonCode)
"""The codes as text; on Python 3.11 a text can't be looked up in the enum itself."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and the values its sentence needs: counts, seconds (``_s``), ids of events, speakers, steps."""

    code: ReasonCode
    params: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """``{"code", "params"}``; a list of events stays a list."""
        params = {key: list(value) if isinstance(value, tuple) else value for key, value in self.params.items()}
        return {"code": self.code.value, "params": params}


_ANSWERED = Wording(
    "{events}共 {total} 次，{turns} 轮内回应了 {answered} 次",
    "{events}: {answered} of {total} answered within {turns} turns",
)

TEMPLATES: Mapping[ReasonCode, Wording] = {
    ReasonCode.HEARD: Wording("听到{events} {count} 次", "heard {events} {count}×"),
    ReasonCode.ALL_ANSWERED: _ANSWERED,
    ReasonCode.CRITERIA_MET: Wording("{total} 个要点全部完成", "all {total} points of the step done"),
    ReasonCode.NOT_HEARD: Wording("没有听到{events}", "{events} not heard"),
    ReasonCode.TOO_FEW: Wording(
        "听到{events} {count} 次，要求 {needed} 次", "heard {events} {count}×, {needed}× expected"
    ),
    ReasonCode.TOO_LATE: Wording(
        "{events}出现在第 {at_s} 秒，要求在前 {limit_s} 秒内",
        "{events} came at {at_s} s, expected in the first {limit_s} s",
    ),
    ReasonCode.TOO_EARLY: Wording(
        "{events}最后一次在结束前 {before_s} 秒，要求在最后 {limit_s} 秒内",
        "{events} last came {before_s} s before the end, expected in the last {limit_s} s",
    ),
    ReasonCode.OUT_OF_ORDER: Wording(
        "{events}应在“{step}”之后，却出现在其前面或没有它", "{events} not preceded by the step “{step}”"
    ),
    ReasonCode.UNANSWERED: _ANSWERED,
    ReasonCode.PARTLY_ANSWERED: _ANSWERED,
    ReasonCode.CRITERIA_MISSED: Wording("{total} 个要点完成了 {met} 个", "{met} of {total} points of the step done"),
    ReasonCode.DOUBTFUL: Wording("可能有{events}，但把握不足", "{events} perhaps said, too unsure to count"),
    ReasonCode.SPEAKER_NOT_HEARD: Wording(
        "录音里没有{speaker}的声音，无法判断{events}",
        "no voice of the {speaker} in the recording, so {events} can't be judged",
    ),
    ReasonCode.ROLES_UNKNOWN: Wording(
        "分不清谁是销售谁是客户，无法判断{events}", "who is who isn't known, so {events} can't be judged"
    ),
    ReasonCode.RECORDING_CUT: Wording(
        "录音不完整，无法判断{events}", "the recording is cut short, so {events} can't be judged"
    ),
    ReasonCode.NOT_LISTENED_FOR: Wording(
        "分析这通电话时还没有{events}，需要重新分析",
        "the call was analyzed before {events} was asked for; analyze it again to tell",
    ),
    ReasonCode.CONDITION_DOUBTFUL: Wording(
        "不确定是否适用：{events}听不准", "unsure whether it applies: {events} can't be told"
    ),
    ReasonCode.CONTEXT_UNKNOWN: Wording(
        "不确定是否适用：不知道这通电话的{fact}", "unsure whether it applies: the call's {fact} isn't known"
    ),
    ReasonCode.CRITERIA_UNKNOWN: Wording(
        "{total} 个要点完成了 {met} 个，{unknown} 个无法判断",
        "{met} of {total} points of the step done, {unknown} can't be judged",
    ),
    ReasonCode.NEEDS_EVENT: Wording("没有听到{events}，不适用", "applies only once {events} is heard"),
    ReasonCode.EXCUSED: Wording("已谈到{events}，不再要求", "not asked for once {events} is heard"),
    ReasonCode.FOLLOW_UPS_ONLY: Wording("只适用于后续电话", "asked for in follow-up calls only"),
    ReasonCode.FIRST_CALLS_ONLY: Wording("只适用于首次电话", "asked for in first calls only"),
    ReasonCode.OTHER_DIRECTION: Wording(
        "只适用于{directions}电话，这是{direction}电话", "asked for in {directions} calls only, this one is {direction}"
    ),
    ReasonCode.OTHER_STAGE: Wording(
        "只适用于“{stages}”阶段，商机处于“{stage}”阶段",
        "asked for in the stage {stages} only, the opportunity is in {stage}",
    ),
    ReasonCode.NOTHING_TO_ANSWER: Wording("没有需要回应的{events}", "no {events} to answer"),
    ReasonCode.NO_CHANCE_TO_ANSWER: Wording(
        "通话以{events}结束，没有机会回应", "the call ended on {events}, with no chance to answer"
    ),
    ReasonCode.OPTIONAL_NOT_DONE: Wording("选做项，未完成不扣分", "optional and not done, which costs nothing"),
    ReasonCode.CALL_TOO_SHORT: Wording(
        "通话 {duration_s} 秒，短于 {limit_s} 秒，不评分",
        "the call lasts {duration_s} s, under {limit_s} s: not scored",
    ),
    ReasonCode.OTHER_LANGUAGE: Wording(
        "通话语言是{language}，流程只用于{languages}", "the call is in {language}, the SOP is for {languages}"
    ),
    ReasonCode.CALL_EXCUSED: Wording("听到{events}，不评分", "{events} heard: not scored"),
    ReasonCode.FOLLOW_UP_CALL: Wording("这是后续电话，不评分", "a follow-up call: not scored"),
    ReasonCode.NOTHING_APPLIES: Wording("没有适用于这通电话的步骤", "no step applies to this call"),
    ReasonCode.NOTHING_JUDGED: Wording("没有一个步骤能够判断", "no step could be judged"),
    ReasonCode.TOO_LITTLE_JUDGED: Wording(
        "只能判断 {percent}% 的分值，至少需要 {needed}%",
        "only {percent} % of the points could be judged, {needed} % are needed",
    ),
    ReasonCode.AUTO_FAILED: Wording(
        "没有完成“{step}”，整通电话记 0 分", "the step “{step}” was not done, which fails the whole call"
    ),
    **{ReasonCode(code): sentence for code, sentence in DIMENSION_SENTENCES.items()},
}
