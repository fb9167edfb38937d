"""The templates: each is sound as it stands, and together they show the range of the document."""

from __future__ import annotations

from importlib import resources

import pytest

from sop.description import describe_condition, describe_criterion
from sop.document import Sop, content_hash, dump, parse
from sop.outline import outline
from sop.procedure import LANGUAGES, Applicability

TEXTS = {
    entry.name.removesuffix(".yaml"): entry.read_text("utf-8")
    for entry in (resources.files("sop") / "templates").iterdir()
    if entry.name.endswith(".yaml")
}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_each_is_sound(name: str) -> None:
    """It goes by its file's name, survives a round trip, is worth 100 points or more, and can be said in words."""
    sop = parse(TEXTS[name])
    assert sop.name == name
    assert content_hash(parse(dump(sop))) == content_hash(sop)
    assert sum(step.points for step in sop.steps if step.required) >= 95
    assert [step.id for step in outline(TEXTS[name]).steps] == [step.id for step in sop.steps]
    for language in LANGUAGES:
        for step in sop.steps:
            assert all(describe_criterion(criterion, sop, language) for criterion in step.criteria)
            assert bool(describe_condition(step.when, sop, language)) == (step.when != type(step.when)())


def test_together_they_show_the_range() -> None:
    """Every part of the document is used by at least one."""
    sops = [parse(text) for text in TEXTS.values()]
    assert len(sops) >= 8
    parts = [part for sop in sops for step in sop.steps for part in step.criteria]
    steps = [step for sop in sops for step in sop.steps]
    assert any(sop.applies_to != Applicability() for sop in sops)
    assert any(sop.not_applicable.heard for sop in sops)
    assert any(sop.not_applicable.follow_up for sop in sops)
    assert any(sop.gates for sop in sops)
    assert any(sop.vocabulary.price_terms for sop in sops)
    assert any(step.auto_fail for step in steps)
    assert any(not step.required for step in steps)
    assert any(step.when.follow_up is not None for step in steps)
    assert {name for step in steps for name in (one.name for one in step.dimensions)} == {
        "points",
        "skill",
        "attitude",
        "reaction",
    }
    assert any(part.statement for part in parts)
    assert any(part.before_end_s for part in parts)
    assert any(part.answers for part in parts)
    assert any(part.after_step for part in parts)


def test_words_say_who_when_and_how_often() -> None:
    """A criterion in words names all that is asked for, in both languages."""
    sop: Sop = parse(TEXTS["zh-telesales-pro"])
    opening, discovery = sop.step("opening"), sop.step("discovery")
    assert describe_criterion(opening.criteria[0], sop, "en") == "opening, in the first 60 s"
    assert describe_criterion(opening.criteria[1], sop, "zh").startswith("类似“您现在说话方便吗”或“")
    assert describe_criterion(discovery.criteria[0], sop, "zh") == "挖掘需求，至少 3 次"
    assert describe_condition(discovery.when, sop, "en") == "asked for only if decision process is not heard"
    answered = describe_criterion(sop.step("objections").criteria[0], sop, "en")
    assert answered == "every price objection or other objection answered by objection handling within 2 turns"
