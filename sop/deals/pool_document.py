"""The rules of leads as a YAML document: parsed strictly, all mistakes told at once. ``docs/leads.md`` explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from sop.deals.pool import ACTS, GRADES, HOWS, Act, ActKind, AssignmentRule, FieldTest, Grading, Limits, Pool, Source
from sop.fields import Notes, Section
from sop.problems import SopError
from sop.procedure import Wording
from sop.yaml_tree import compose

POOL_KEYS = ("grading", "pool", "assignment")
_GRADING_KEYS = ("weights", "sources", "other_source", "complete", "actions", "grades")
_WEIGHTS = ("source", "completeness", "actions")
_ACT_KEYS = ("action", "worth", "at_least", "events")
_LIMITS = {
    "capacity": (1, 10_000),
    "first_contact_hours": (1, 8_760),
    "action_days": (1, 365),
    "warn_hours": (0, 720),
    "keep_away_days": (0, 3_650),
}
_RULE_KEYS = ("id", "title", "when", "team", "reps", "how")
_TEST_KEYS = ("field", "is", "begins")


def parse(text: str) -> Pool:
    """The rules written in ``text``; what is not written keeps its default.

    Raises:
        SopError: all problems of the document, in order of line, each with path, line and hint.
    """
    notes = Notes()
    root = Section(compose(text), "", POOL_KEYS, notes)
    pool = Pool(_grading(root), _limits(root), _rules(root))
    if notes.problems:
        raise SopError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return pool


def dump(pool: Pool) -> str:
    """YAML that :func:`parse` reads back as equal rules."""
    return yaml.safe_dump(_document(pool), allow_unicode=True, sort_keys=False, width=110)


def _grading(root: Section) -> Grading:
    section, default = root.section("grading", _GRADING_KEYS), Grading()
    if section is None:
        return default
    weights = section.section("weights", _WEIGHTS)
    told = [None if weights is None else weights.number(name, 0, 100) for name in _WEIGHTS]
    if weights is not None and not sum(weight or 0 for weight in told):
        section.note("weights", "all weights are 0", "give at least one of source, completeness and actions a weight")
    source, completeness, actions = told if weights is not None else (40.0, 30.0, 30.0)
    other = section.number("other_source", 0, 100)
    return Grading(
        source_weight=source or 0.0,
        completeness_weight=completeness or 0.0,
        actions_weight=actions or 0.0,
        sources=_sources(section),
        other_source=default.other_source if other is None else other,
        complete=section.words("complete", "field") if "complete" in section else default.complete,
        acts=_acts(section),
        limits=_grade_limits(section),
    )


def _sources(grading: Section) -> tuple[Source, ...]:
    found: list[Source] = []
    taken: set[str] = set()
    for part in grading.sections("sources", ("name", "worth", "also")):
        part.require("name", "name the source as the CRM does")
        part.require("worth", "give its worth from 0 to 100")
        source = Source(part.text("name") or "", part.number("worth", 0, 100) or 0.0, part.words("also", "name"))
        names = {name.casefold() for name in (source.name, *source.also)}
        if twice := names & taken:
            part.note("name", f"{sorted(twice)[0]!r} is a source already", "keep one")
        taken |= names
        found.append(source)
    return tuple(found)


def _acts(grading: Section) -> tuple[Act, ...]:
    found = []
    for part in grading.sections("actions", _ACT_KEYS) if "actions" in grading else ():
        part.require("action", "one of called, answered, heard")
        part.require("worth", "give its worth from 0 to 100")
        kind = part.choice("action", ACTS, "action")
        events = part.words("events", "event")
        if kind == "heard" and not events:
            part.note("events", "missing", "name the events one of which must be heard")
        if kind in ("called", "answered") and "events" in part:
            part.note("events", f"{kind!r} asks for no events", "write 'action: heard'")
        act: ActKind = next((known for known in ACTS if known == kind), "called")
        found.append(Act(act, part.number("worth", 0, 100) or 0.0, part.whole("at_least", 1, 1_000) or 1, events))
    return tuple(found)


def _grade_limits(grading: Section) -> tuple[float, float, float]:
    section = grading.section("grades", GRADES[:3])
    if section is None:
        return Grading().limits
    for name in GRADES[:3]:
        section.require(name, "give the least score from 0 to 100")
    a, b, c = (section.number(name, 0, 100) or 0.0 for name in GRADES[:3])
    if not a >= b >= c:
        section.note("A", "the grades don't fall", "A needs the highest score, then B, then C")
    return (a, b, c)


def _limits(root: Section) -> Limits:
    section = root.section("pool", (*_LIMITS, "teams"))
    if section is None:
        return Limits()
    told = {name: section.whole(name, low, high) for name, (low, high) in _LIMITS.items()}
    teams: list[tuple[str, int]] = []
    for part in section.sections("teams", ("team", "capacity")) if "teams" in section else ():
        part.require("team", "name the team")
        part.require("capacity", "say how many leads a rep of it may hold")
        name = part.text("team") or ""
        if name in dict(teams):
            part.note("team", f"{name!r} has a capacity already", "keep one")
        teams.append((name, part.whole("capacity", 1, 10_000) or 1))
    return Limits(**{name: value for name, value in told.items() if value is not None}, teams=tuple(teams))


def _rules(root: Section) -> tuple[AssignmentRule, ...]:
    if root.is_empty_list("assignment"):
        return ()
    found: list[AssignmentRule] = []
    for part in root.sections("assignment", _RULE_KEYS) if "assignment" in root else ():
        rule = _rule(part)
        if rule.id in [earlier.id for earlier in found]:
            part.note("id", f"{rule.id!r} is a rule already", "give each rule an id of its own")
        found.append(rule)
    return tuple(found)


def _rule(part: Section) -> AssignmentRule:
    part.require("id", "give the rule a short id")
    name = part.slug("id") or ""
    team, reps = part.text("team"), part.words("reps", "e-mail address")
    if (team is None) == (not reps):
        part.note("team", "expected either a team or reps", "say who gets the leads: 'team: ...' or 'reps: [...]'")
    how = part.choice("how", HOWS, "way of assigning") or "round_robin"
    return AssignmentRule(
        id=name,
        title=part.wording("title") or Wording(name, name),
        tests=tuple(_test(test) for test in part.sections("when", _TEST_KEYS)) if "when" in part else (),
        team=team,
        reps=tuple(rep.lower() for rep in reps),
        how=next((known for known in HOWS if known == how), "round_robin"),
    )


def _test(part: Section) -> FieldTest:
    part.require("field", "name the field to look at")
    values, prefixes = part.words("is", "value"), part.words("begins", "beginning")
    if not values and not prefixes:
        part.note("is", "nothing to compare with", "write 'is: [...]' or 'begins: [...]'")
    return FieldTest(part.text("field") or "", values, prefixes)


def _document(pool: Pool) -> dict[str, Any]:
    grading, limits = pool.grading, pool.limits
    weights = (grading.source_weight, grading.completeness_weight, grading.actions_weight)
    graded: dict[str, Any] = {
        "weights": dict(zip(_WEIGHTS, weights, strict=True)),
        "sources": [_plain({"name": s.name, "worth": s.worth, "also": list(s.also)}) for s in grading.sources],
        "other_source": grading.other_source,
        "complete": list(grading.complete),
        "actions": [
            _plain({"action": act.kind, "worth": act.worth, "at_least": act.at_least, "events": list(act.events)})
            for act in grading.acts
        ],
        "grades": dict(zip(GRADES, grading.limits, strict=False)),
    }
    kept: dict[str, Any] = {name: getattr(limits, name) for name in _LIMITS}
    kept["teams"] = [{"team": team, "capacity": capacity} for team, capacity in limits.teams]
    rules = [_rule_document(rule) for rule in pool.rules]
    return _plain({"grading": _plain(graded), "pool": _plain(kept), "assignment": rules})


def _rule_document(rule: AssignmentRule) -> dict[str, Any]:
    tests = [_plain({"field": t.field, "is": list(t.values), "begins": list(t.prefixes)}) for t in rule.tests]
    title = {"zh": rule.title.zh, "en": rule.title.en}
    document = {"id": rule.id, "title": title, "when": tests, "team": rule.team, "reps": list(rule.reps)}
    return _plain(document | {"how": rule.how})


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None and value != []}
