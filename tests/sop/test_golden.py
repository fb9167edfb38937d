"""The golden set: calls as events and the scorecards they must get, both readable.

``RENEW_GOLDEN=1`` writes today's cards into the files; read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from sop.document import parse
from sop.explanation import explain_card, explain_measure, explain_step, titles_of
from sop.facts import CallContext
from sop.procedure import Sop
from sop.scorecard import DimensionResult, Scorecard
from sop.scoring import score
from tests.sop.spoken_calls import spoken
from tests.sop.written_calls import demo_calls, gold, shipped, written

GOLDEN = Path(__file__).parent / "golden"
FILES = ("demo", "written", "demands", "dimensions")
FRAME = ("language", "duration_ms", "truncated", "roles_known")


def procedure(name: str) -> Sop:
    """The SOP of that name: one beside the golden files, or one that comes with Clearcall."""
    own = GOLDEN / "sops" / f"{name}.yaml"
    return parse(own.read_text(encoding="utf-8")) if own.exists() else shipped(name)


def readable(card: Scorecard, sop: Sop) -> dict[str, Any]:
    """A card as the golden files tell it."""
    titles, own = titles_of(card), sop.own_titles
    lines = {}
    for step in card.steps:
        turns = ", ".join(str(evidence.turn) for evidence in step.evidence) or "none"
        worth = f"{step.points:g} of {step.max_points:g}, unknown {step.unknown_points:g}"
        lines[step.step_id] = [f"{step.outcome}: {worth}; turns {turns}", explain_step(step, "en", titles, own)]
        lines[step.step_id] += [measure for part in step.dimensions for measure in told(part)]
    return {
        "score": card.score,
        "interval": [card.low, card.high],
        "words": explain_card(card, "en", own),
        "steps": lines,
    }


def told(part: DimensionResult) -> list[str]:
    """Each measure of a dimension: its share, its sentence, its turns."""
    return [
        f"{part.name}: {measure.low:g} to {measure.high:g}; {explain_measure(measure, 'en')}"
        f"; turns {', '.join(str(evidence.turn) for evidence in measure.evidence) or 'none'}"
        for measure in part.measures
    ]


def scored(case: dict[str, Any]) -> dict[str, Any]:
    """The readable card of a case."""
    if "call" in case:
        tagging, facts = gold(demo_calls()[case["call"]])
    elif "spoken" in case:
        tagging, facts = spoken(case["spoken"], case["language"], case.get("channels", 2))
    else:
        frame = {key: case[key] for key in FRAME if key in case}
        tagging, facts = written(case["turns"], context=CallContext(**case.get("context", {})), **frame)
    sop = procedure(case["sop"])
    return readable(score(sop, tagging, facts), sop)


def read(name: str) -> list[dict[str, Any]]:
    """The cases of a golden file."""
    cases: list[dict[str, Any]] = yaml.safe_load((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
    return cases


@pytest.mark.parametrize("name", FILES)
def test_golden_cards(name: str) -> None:
    """Each golden call gets exactly the card that was written down and read by a person."""
    cases = read(name)
    if os.environ.get("RENEW_GOLDEN") == "1":
        renewed = [{**case, "card": scored(case)} for case in cases]
        text = yaml.safe_dump(renewed, allow_unicode=True, sort_keys=False, width=110)
        (GOLDEN / f"{name}.yaml").write_text(text, encoding="utf-8")
        return
    assert cases
    for case in cases:
        assert scored(case) == case.get("card"), f"{case['story']}: {scored(case)}"
