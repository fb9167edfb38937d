"""Pipelines as YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals.pipeline import Pipeline, Stage
from sop.deals.pipeline_document import dump, parse
from sop.problems import SopError
from sop.procedure import Wording
from tests.sop.deals.made_deals import leaf
from tests.sop.deals.test_condition_document import has_impossible_parts

SHIPPED = Path(__file__).parents[3] / "service" / "records" / "shipped" / "pipeline"

GOOD = """\
id: short
title: {zh: 短, en: Short}
stages:
  - {id: talk, title: Talk, probability: 0.2, criteria: [{heard: customer_need}]}
  - {id: won, title: Won, kind: won}
  - {id: lost, title: Lost, kind: lost}
"""

ids = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
criteria = leaf.filter(lambda condition: not has_impossible_parts(condition))
words = st.text("阶段abc", min_size=1, max_size=8)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Any pipeline that may be written down."""
    names = draw(st.lists(ids.filter(lambda name: name not in ("won", "lost")), min_size=1, max_size=5, unique=True))
    chances = sorted(draw(st.lists(st.integers(0, 100), min_size=len(names), max_size=len(names))))
    open_stages = [
        Stage(
            name,
            Wording(draw(words), draw(words)),
            chance / 100,
            tuple({each.id: each for each in draw(st.lists(criteria, max_size=3))}.values()),
            tuple(draw(st.lists(ids, max_size=3, unique=True))),
            draw(st.none() | ids),
        )
        for name, chance in zip(names, chances, strict=True)
    ]
    ends = [Stage("won", Wording("赢", "Won"), 1.0, kind="won"), Stage("lost", Wording("输", "Lost"), kind="lost")]
    limit = draw(st.none() | st.integers(0, 100))
    return Pipeline(
        draw(ids),
        Wording(draw(words), draw(words)),
        (*open_stages, *draw(st.permutations(ends))),
        None if limit is None else limit / 100,
    )


@given(pipelines())
def test_what_is_written_reads_back_as_it_was(pipeline: Pipeline) -> None:
    """Dump and parse agree, whatever the stages ask for."""
    assert parse(dump(pipeline)) == pipeline


@pytest.mark.parametrize("name", ["default", "telesales", "complex"])
def test_shipped_pipelines_are_sound(name: str) -> None:
    """Each is named by its file, asks something of every open stage and grows surer from stage to stage."""
    pipeline = parse((SHIPPED / f"{name}.yaml").read_text("utf-8"))
    chances = [stage.probability for stage in pipeline.open_stages]
    assert pipeline.id == name
    assert chances == sorted(set(chances))
    assert all(stage.criteria for stage in pipeline.open_stages)
    assert all(stage.title.zh != stage.title.en for stage in pipeline.stages)
    assert [stage.kind for stage in pipeline.stages[-2:]] == ["won", "lost"]


def test_the_complex_sale_has_eight_stages_with_people_and_approvals() -> None:
    """The stages of the method are there in order, and each says who must take part."""
    pipeline = parse((SHIPPED / "complex.yaml").read_text("utf-8"))
    titles = [stage.title.zh for stage in pipeline.open_stages]
    assert titles == ["验证商机", "立项", "需求分析", "价值呈现", "方案", "投标", "谈判签约", "交付"]
    assert all(stage.participants for stage in pipeline.open_stages)
    assert [stage.approval for stage in pipeline.stages if stage.approval] == ["project", "solution", "bid", "contract"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("id: short", "id: Short one", "id (line 1): 'Short one' is not a plain name"),
        ("id: short\n", "", "id (line 1): missing, add 'id: ...'"),
        ("probability: 0.2, ", "", "stages[0].probability (line 4): missing, give the chance"),
        ("probability: 0.2", "probability: 20", "stages[0].probability (line 4): 20 is out of range"),
        ("heard: customer_need", "heard: costumer_need", "stages[0].criteria[0].heard (line 4): unknown event"),
        ("kind: won", "kind: gone", "stages[1].kind (line 5): unknown kind 'gone'"),
        (
            "Won, kind: won",
            "Won, kind: won, approval: x",
            "approval (line 5): means nothing in a stage of kind",
        ),
        ("id: won", "id: talk", "stages[1].id (line 5): 'talk' is the id of an earlier stage, give each stage its own"),
        ("  - {id: lost, title: Lost, kind: lost}\n", "", "stages (line 4): no stage of kind 'lost', add a stage"),
        ("kind: lost", "kind: won", "stages (line 4): 2 stages of kind 'won', keep one"),
        (
            "  - {id: won",
            "  - {id: more, title: More, probability: 0.1}\n  - {id: won",
            "stages[1].probability (line 5): 0.1 is less than the 0.2 of an earlier stage",
        ),
        (
            "title: Lost, kind: lost}",
            "title: Lost, kind: lost}\n  - {id: x, probability: 1}",
            "an open stage after a closed",
        ),
    ],
)
def test_a_mistake_is_told_with_its_path(old: str, new: str, problem: str) -> None:
    """Where, what, and what to do about it."""
    assert old in GOOD
    with pytest.raises(SopError) as caught:
        parse(GOOD.replace(old, new, 1))
    assert problem in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    """One reading names every mistake, in the order of the lines."""
    with pytest.raises(SopError) as caught:
        parse(GOOD.replace("id: short", "id: S!").replace("0.2", "2").replace("kind: won", "kind: one"))
    lines = [problem.line for problem in caught.value.problems]
    assert len(lines) >= 3
    assert lines == sorted(line for line in lines if line)


def test_a_pipeline_knows_its_stages() -> None:
    """Their order, how each ends, and that a stage it lost is open."""
    pipeline = parse(GOOD)
    assert (pipeline.index("talk"), pipeline.index("lost"), pipeline.ids) == (0, 2, ("talk", "won", "lost"))
    assert [pipeline.outcome(stage) for stage in ("talk", "won", "lost", "gone")] == ["open", "won", "lost", "open"]
    with pytest.raises(KeyError):
        pipeline.index("gone")
