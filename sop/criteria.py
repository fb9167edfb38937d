"""One criterion judged: how much of it was surely done, and how much at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sop.events import Evidence
from sop.hearing import Certainty, Hearing, Occurrence, Window, in_order
from sop.procedure import Criterion
from sop.reasons import Reason, ReasonCode, Value

NOTHING, ALL = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``low`` was surely done, ``high`` at most, both in [0, 1]; neither counts where not ``applicable``."""

    low: Fraction
    high: Fraction
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
    applicable: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """When the step of ``after_step`` began: surely and at the earliest, in milliseconds; None for never.

    ``floor`` is MAYBE when it can't be told whether that step was done or demanded at all.
    """

    step: str
    sure_ms: int | None
    possible_ms: int | None
    floor: Certainty

    def before(self, at_ms: int) -> Certainty:
        """Whether the step had begun by ``at_ms``."""
        if self.sure_ms is not None and self.sure_ms <= at_ms:
            return Certainty.YES
        if self.possible_ms is not None and self.possible_ms <= at_ms:
            return Certainty.MAYBE
        return self.floor


def judge(criterion: Criterion, hearing: Hearing, order: Order | None = None) -> Verdict:
    """The verdict on ``criterion``; ``order`` is None when no step has to come first."""
    if criterion.answers:
        return _judge_answers(criterion, hearing)
    return _judge_presence(criterion, hearing, order)


def _judge_presence(criterion: Criterion, hearing: Hearing, order: Order | None) -> Verdict:
    found = hearing.occurrences(criterion.any_of, criterion.speakers)
    timed = [(item, _in_time(item.evidence, criterion, hearing)) for item in found]
    timely = [item for item, in_time in timed if in_time is not Certainty.NO]
    placed = [
        (item.evidence, min(item.certainty, in_time, _in_place(item, order)))
        for item, in_time in timed
        if in_time is not Certainty.NO
    ]
    sure = [evidence for evidence, certainty in placed if certainty is Certainty.YES]
    maybe = [evidence for evidence, certainty in placed if certainty is Certainty.MAYBE]
    low = _share(hearing.new_count(sure), criterion.min_count)
    high = _share(hearing.new_count([*sure, *maybe]), criterion.min_count)
    if low == ALL:
        params: dict[str, Value] = {"events": criterion.any_of, "count": hearing.new_count(sure)}
        return _verdict(low, high, Reason(ReasonCode.HEARD, params), sure, _confidence(sure, criterion, hearing))
    blind = hearing.blind(criterion.any_of, criterion.speakers, to_end=criterion.within_first_s is None)
    if high > low or blind:
        doubtful = Reason(ReasonCode.DOUBTFUL, {"events": criterion.any_of})
        cut = criterion.before_end_s is not None and hearing.facts.truncated
        reason = doubtful if blind is None or (maybe and not cut) else blind
        return _verdict(low, ALL if blind else high, reason, [*sure, *maybe], _surest(maybe))
    return _missed(low, criterion, hearing, order, sure, timely, found)


def _missed(
    low: Fraction,
    criterion: Criterion,
    hearing: Hearing,
    order: Order | None,
    sure: Sequence[Evidence],
    timely: Sequence[Occurrence],
    found: Sequence[Occurrence],
) -> Verdict:
    params: dict[str, Value] = {"events": criterion.any_of}
    misplaced = [item.evidence for item in timely if item.certainty is Certainty.YES]
    late = [item.evidence for item in found if item.certainty is Certainty.YES]
    if sure:
        params |= {"count": hearing.new_count(sure), "needed": criterion.min_count}
        return _verdict(low, low, Reason(ReasonCode.TOO_FEW, params), sure, _surest(sure))
    if misplaced and order is not None:
        reason = Reason(ReasonCode.OUT_OF_ORDER, params | {"step": order.step})
        return _verdict(low, low, reason, misplaced, _surest(misplaced))
    if late:
        return _verdict(low, low, _untimely(criterion, hearing, late), late, _surest(late))
    return _verdict(low, low, Reason(ReasonCode.NOT_HEARD, params), (), None)


def _untimely(criterion: Criterion, hearing: Hearing, found: Sequence[Evidence]) -> Reason:
    params: dict[str, Value] = {"events": criterion.any_of}
    if criterion.within_first_s is not None:
        at_ms = min(evidence.start_ms for evidence in found) - hearing.facts.first_word_ms
        return Reason(ReasonCode.TOO_LATE, params | {"at_s": at_ms // 1000, "limit_s": criterion.within_first_s})
    before_ms = hearing.facts.last_word_ms - max(evidence.end_ms for evidence in found)
    limit_s = criterion.before_end_s or 0
    return Reason(ReasonCode.TOO_EARLY, params | {"before_s": before_ms // 1000, "limit_s": limit_s})


def _judge_answers(criterion: Criterion, hearing: Hearing) -> Verdict:
    found = hearing.occurrences(criterion.answers, hearing.speakers_of(criterion.answers))
    believed = [item.evidence for item in found if item.certainty is Certainty.YES]
    if not believed:
        return _without_questions(criterion, hearing, [item.evidence for item in found])
    exchanges = _exchanges(criterion, hearing, believed)
    if not exchanges:
        reason = Reason(ReasonCode.NO_CHANCE_TO_ANSWER, {"events": criterion.answers})
        return Verdict(NOTHING, NOTHING, reason, in_order(believed), applicable=False)
    total = len(exchanges)
    open_ = [exchange for exchange in exchanges if exchange.certainty is not Certainty.YES]
    low = Fraction(total - len(open_), total)
    high = low + Fraction(sum(exchange.certainty is Certainty.MAYBE for exchange in open_), total)
    shown = [evidence for exchange in open_ for evidence in exchange.raised]
    if low == ALL:
        shown = [evidence for exchange in exchanges for evidence in exchange.replies]
        confidence: float | None = min(max(e.confidence for e in exchange.replies) for exchange in exchanges)
    elif high > low:
        shown += [evidence for exchange in open_ for evidence in exchange.replies]
        confidence = _surest([evidence for exchange in open_ for evidence in exchange.replies])
    else:
        confidence = _surest(shown)
    reason = _answer_reason(criterion, low, high, total)
    if reason.code is ReasonCode.DOUBTFUL and confidence is None:
        reason = hearing.blind(criterion.any_of, criterion.speakers) or reason
    return _verdict(low, high, reason, shown, confidence)


def _without_questions(criterion: Criterion, hearing: Hearing, doubtful: Sequence[Evidence]) -> Verdict:
    params: dict[str, Value] = {"events": criterion.answers}
    blind = hearing.blind(criterion.answers, hearing.speakers_of(criterion.answers))
    if doubtful:
        reason = Reason(ReasonCode.CONDITION_DOUBTFUL, params)
        return _verdict(NOTHING, ALL, reason, doubtful, _surest(doubtful))
    if blind is not None:
        return Verdict(NOTHING, ALL, blind)
    return Verdict(NOTHING, NOTHING, Reason(ReasonCode.NOTHING_TO_ANSWER, params), applicable=False)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What was raised in one stretch of talk, and the replies that came in time."""

    raised: tuple[Evidence, ...]
    replies: tuple[Evidence, ...]
    certainty: Certainty


def _exchanges(criterion: Criterion, hearing: Hearing, raised: Sequence[Evidence]) -> list[_Exchange]:
    """One exchange for each stretch that raised something, unless nobody could speak after it."""
    replies = hearing.occurrences(criterion.any_of, criterion.speakers)
    blind = hearing.blind(criterion.any_of, criterion.speakers, to_end=False) is not None
    exchanges = []
    for stretch in sorted({hearing.stretch(evidence) for evidence in raised}):
        together = [evidence for evidence in raised if hearing.stretch(evidence) == stretch]
        last = max(evidence.turn for evidence in together)
        window = hearing.window(last, criterion.speakers, criterion.answer_within_turns)
        unheard = blind or (hearing.facts.truncated and not window.complete)
        if window.sure or window.possible or unheard:
            exchanges.append(_exchange(together, replies, window, hearing, unheard))
    return exchanges


def _exchange(
    raised: Sequence[Evidence],
    replies: Sequence[Occurrence],
    window: Window,
    hearing: Hearing,
    unheard: bool,
) -> _Exchange:
    sure, maybe = [], []
    for reply in replies:
        stretch = hearing.stretch(reply.evidence)
        if stretch in window.sure and reply.certainty is Certainty.YES:
            sure.append(reply.evidence)
        elif stretch in window.sure or stretch in window.possible:
            maybe.append(reply.evidence)
    if sure:
        return _Exchange(in_order(raised), in_order(sure), Certainty.YES)
    certainty = Certainty.MAYBE if maybe or unheard else Certainty.NO
    return _Exchange(in_order(raised), in_order(maybe), certainty)


def _answer_reason(criterion: Criterion, low: Fraction, high: Fraction, total: int) -> Reason:
    params: dict[str, Value] = {
        "events": criterion.answers,
        "answered": int(low * total),
        "total": total,
        "turns": criterion.answer_within_turns,
    }
    if low == ALL:
        return Reason(ReasonCode.ALL_ANSWERED, params)
    if high > low:
        return Reason(ReasonCode.DOUBTFUL, {"events": criterion.any_of})
    return Reason(ReasonCode.UNANSWERED if low == NOTHING else ReasonCode.PARTLY_ANSWERED, params)


def _in_time(evidence: Evidence, criterion: Criterion, hearing: Hearing) -> Certainty:
    """Whether it came soon enough and, before the end, late enough; nobody knows how long a cut recording went on."""
    facts, first_s, last_s = hearing.facts, criterion.within_first_s, criterion.before_end_s
    if first_s is not None and evidence.start_ms - facts.first_word_ms > first_s * 1000:
        return Certainty.NO
    if last_s is None:
        return Certainty.YES
    if facts.last_word_ms - evidence.end_ms > last_s * 1000:
        return Certainty.NO
    return Certainty.MAYBE if facts.truncated else Certainty.YES


def _in_place(item: Occurrence, order: Order | None) -> Certainty:
    return Certainty.YES if order is None else order.before(item.evidence.start_ms)


def _share(count: int, needed: int) -> Fraction:
    return min(ALL, Fraction(count, needed))


def _confidence(sure: Sequence[Evidence], criterion: Criterion, hearing: Hearing) -> float:
    """The confidence of the weakest of the ``min_count`` surest stretches: what the outcome hangs on."""
    surest: dict[int, float] = {}
    for evidence in sure:
        stretch = hearing.stretch(evidence)
        surest[stretch] = max(evidence.confidence, surest.get(stretch, 0.0))
    return sorted(surest.values(), reverse=True)[criterion.min_count - 1]


def _surest(found: Iterable[Evidence]) -> float | None:
    return max((evidence.confidence for evidence in found), default=None)


def _verdict(
    low: Fraction, high: Fraction, reason: Reason, evidence: Iterable[Evidence], confidence: float | None
) -> Verdict:
    return Verdict(low, high, reason, in_order(evidence), confidence)
