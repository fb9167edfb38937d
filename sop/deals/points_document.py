"""The rules of performance points as a YAML document; ``docs/points.md`` explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from sop.deals.periods import PERIOD_KINDS
from sop.deals.points_rules import SHARES, Checks, PointsRules, StagePoints
from sop.deals.pool import GRADES
from sop.fields import Notes, Section
from sop.problems import SopError
from sop.yaml_tree import compose

_KEYS = ("period", "utc_offset", "stages", "other_stage", "grades", "share", "suspicious")
_STAGE_KEYS = ("stage", "pipeline", "points")
_NO_GRADE = "none"
_CHECKS = {
    "converted_within_minutes": (0, 10_080),
    "shortest_call_s": (0, 3_600),
    "recycled_within_days": (0, 3_650),
    "stages_beyond": (1, 50),
}
_MOST = 1_000_000
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")


def parse(text: str) -> PointsRules:
    """The rules written in ``text``; what is not written keeps its default.

    Raises:
        SopError: all problems of the document, in order of line, each with path, line and hint.
    """
    notes = Notes()
    root = Section(compose(text), "", _KEYS, notes)
    rules = _rules(root)
    if notes.problems:
        raise SopError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return rules


def dump(rules: PointsRules) -> str:
    """YAML that :func:`parse` reads back as equal rules."""
    return yaml.safe_dump(_document(rules), allow_unicode=True, sort_keys=False, width=110)


def _rules(root: Section) -> PointsRules:
    default = PointsRules()
    period = root.choice("period", PERIOD_KINDS, "period")
    share = root.choice("share", SHARES, "way of sharing")
    other = root.number("other_stage", 0, _MOST)
    grades, ungraded = _grades(root, default)
    return PointsRules(
        period=next((known for known in PERIOD_KINDS if known == period), default.period),
        utc_offset_minutes=_offset(root),
        stages=_stages(root),
        other_stage=default.other_stage if other is None else other,
        grades=grades,
        ungraded=ungraded,
        share=next((known for known in SHARES if known == share), default.share),
        checks=_checks(root),
    )


def _offset(root: Section) -> int:
    text = root.text("utc_offset")
    if text is None:
        return 0
    found = _OFFSET.fullmatch(text)
    minutes = int(found[2]) * 60 + int(found[3]) if found else 0
    if found is None or minutes > 14 * 60 or int(found[3]) > 59:
        root.note("utc_offset", f"{text!r} is no offset", "write it as '+08:00', in quotes")
        return 0
    return -minutes if found[1] == "-" else minutes


def _stages(root: Section) -> tuple[StagePoints, ...]:
    found: list[StagePoints] = []
    for part in root.sections("stages", _STAGE_KEYS) if "stages" in root else ():
        part.require("stage", "name the stage of the pipeline")
        part.require("points", "say how many points it gives")
        stage, pipeline = part.text("stage") or "", part.text("pipeline")
        if (stage, pipeline) in [(known.stage, known.pipeline) for known in found]:
            part.note("stage", f"{stage!r} has points already", "keep one")
        found.append(StagePoints(stage, part.number("points", 0, _MOST) or 0.0, pipeline))
    return tuple(found)


def _grades(root: Section, default: PointsRules) -> tuple[tuple[tuple[str, float], ...], float]:
    section = root.section("grades", (*GRADES, _NO_GRADE))
    if section is None:
        return default.grades, default.ungraded
    told = [(name, section.number(name, 0, 1_000)) for name in GRADES]
    none = section.number(_NO_GRADE, 0, 1_000)
    grades = tuple((name, 1.0 if factor is None else factor) for name, factor in told)
    return grades, default.ungraded if none is None else none


def _checks(root: Section) -> Checks:
    section = root.section("suspicious", tuple(_CHECKS))
    if section is None:
        return Checks()
    told = {name: section.whole(name, low, high) for name, (low, high) in _CHECKS.items()}
    return Checks(**{name: value for name, value in told.items() if value is not None})


def _document(rules: PointsRules) -> dict[str, Any]:
    sign = "-" if rules.utc_offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(rules.utc_offset_minutes), 60)
    document: dict[str, Any] = {"period": rules.period, "utc_offset": f"{sign}{hours:02}:{minutes:02}"}
    if rules.stages:
        document["stages"] = [_stage_document(stage) for stage in rules.stages]
    document["other_stage"] = rules.other_stage
    document["grades"] = dict(rules.grades) | {_NO_GRADE: rules.ungraded}
    document["share"] = rules.share
    document["suspicious"] = {name: getattr(rules.checks, name) for name in _CHECKS}
    return document


def _stage_document(stage: StagePoints) -> Mapping[str, Any]:
    pipeline = {"pipeline": stage.pipeline} if stage.pipeline else {}
    return {"stage": stage.stage, **pipeline, "points": stage.points}
