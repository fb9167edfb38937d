"""An SOP in words: what each step listens for, when it is asked for and what it is worth, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sop.labels import DIRECTION_LABELS, EVENT_LABELS, SPEAKER_LABELS
from sop.procedure import Applicability, Condition, Criterion, Language, Sop, Wording, default_speakers

_OR: Mapping[Language, str] = {"zh": "或", "en": " or "}
_COMMA: Mapping[Language, str] = {"zh": "，", "en": ", "}
_SHOWN_EXAMPLES = 2


def describe_criterion(criterion: Criterion, sop: Sop, language: Language) -> str:
    """What is to be heard, such as ``opening, in the first 60 s``; a clause without full stop."""
    events = _events(criterion.any_of, sop, language)
    if criterion.answers:
        return _say(
            language,
            f"每次{_events(criterion.answers, sop, language)}，都在 {criterion.answer_within_turns} 轮内用{events}回应",
            f"every {_events(criterion.answers, sop, language)} answered by {events} "
            f"within {criterion.answer_within_turns} turns",
        )
    clauses = [_statement(criterion, language) if criterion.statement else events]
    if criterion.speakers != default_speakers(criterion.any_of, sop.event_speakers) or criterion.statement:
        clauses.append(_speakers(criterion.speakers, language))
    if criterion.min_count > 1:
        clauses.append(_say(language, f"至少 {criterion.min_count} 次", f"at least {criterion.min_count} times"))
    clauses.extend(_places(criterion, sop, language))
    return _COMMA[language].join(filter(None, clauses))


def describe_condition(when: Condition, sop: Sop, language: Language) -> str:
    """When a step is asked for; empty if always."""
    clauses = []
    if when.heard:
        events = _events(when.heard, sop, language)
        clauses.append(_say(language, f"听到{events}", f"{events} is heard"))
    if when.not_heard:
        events = _events(when.not_heard, sop, language)
        clauses.append(_say(language, f"没有听到{events}", f"{events} is not heard"))
    if when.follow_up is not None:
        told = ("是后续电话", "it is a follow-up call") if when.follow_up else ("是首次电话", "it is a first call")
        clauses.append(_say(language, *told))
    clauses.extend(_restrictions((), when.directions, when.stages, (), language))
    if not clauses:
        return ""
    joined = _say(language, "且", " and ").join(clauses)
    return _say(language, f"仅当{joined}时要求", f"asked for only if {joined}")


def describe_applicability(applies_to: Applicability, language: Language) -> str:
    """Which calls an SOP is for besides its languages; empty if all."""
    found = _restrictions(applies_to.teams, applies_to.directions, applies_to.stages, applies_to.call_types, language)
    return _say(language, "；", "; ").join(found)


def describe_refusals(sop: Sop, language: Language) -> tuple[str, ...]:
    """Which calls get no score, one clause for each reason."""
    rules = sop.not_applicable
    told = []
    if rules.shorter_than_s is not None:
        told.append(_say(language, f"短于 {rules.shorter_than_s} 秒", f"shorter than {rules.shorter_than_s} s"))
    if rules.heard:
        events = _events(rules.heard, sop, language)
        told.append(_say(language, f"听到{events}", f"{events} is heard"))
    if rules.follow_up:
        told.append(_say(language, "后续电话", "follow-up calls"))
    return tuple(told)


def event_title(event: str, sop: Sop, language: Language) -> str:
    """What an event goes by: the built-in ones by their label, one's own by their title."""
    wording = EVENT_LABELS.get(event) or sop.own_titles.get(event)
    return wording.to(language) if wording else event


def _statement(criterion: Criterion, language: Language) -> str:
    statement = criterion.statement
    if statement is None or not statement.examples:
        return _say(language, "符合一条规则的话", "what a rule finds")
    shown = statement.examples[:_SHOWN_EXAMPLES]
    said = _OR[language].join(f"“{example}”" for example in shown)
    return _say(language, f"类似{said}的话", f"something like {said}")


def _places(criterion: Criterion, sop: Sop, language: Language) -> Iterable[str]:
    if criterion.within_first_s is not None:
        yield _say(language, f"在前 {criterion.within_first_s} 秒内", f"in the first {criterion.within_first_s} s")
    if criterion.before_end_s is not None:
        yield _say(language, f"在最后 {criterion.before_end_s} 秒内", f"in the last {criterion.before_end_s} s")
    if criterion.after_step is not None:
        title = sop.step(criterion.after_step).title.to(language)
        yield _say(language, f"在“{title}”之后", f"after “{title}”")


def _restrictions(
    teams: Sequence[str],
    directions: Sequence[str],
    stages: Sequence[str],
    call_types: Sequence[str],
    language: Language,
) -> list[str]:
    named = [
        (teams, "团队是", "the team is "),
        ([_label(DIRECTION_LABELS, word, language) for word in directions], "方向是", "it is "),
        (stages, "商机阶段是", "the opportunity is in "),
        (call_types, "电话类型是", "the call is a "),
    ]
    return [_say(language, zh, en) + _OR[language].join(words) for words, zh, en in named if words]


def _events(events: Sequence[str], sop: Sop, language: Language) -> str:
    return _OR[language].join(event_title(event, sop, language) for event in events)


def _speakers(speakers: frozenset[str], language: Language) -> str:
    if len(speakers) != 1:
        return ""
    label = _label(SPEAKER_LABELS, next(iter(speakers)), language)
    return _say(language, f"由{label}说", f"said by the {label}")


def _label(labels: Mapping[str, Wording], word: str, language: Language) -> str:
    return labels[word].to(language) if word in labels else word


def _say(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
