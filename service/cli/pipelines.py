"""Commands on pipelines: the stages that deals go through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.console import Failure, open_database, output, settings
from sop.deals.pipeline import Pipeline

app = typer.Typer(help="Look at, check and publish the pipelines of deals.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The pipeline's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All pipelines, with how many deals each has."""
    from rich.table import Table

    from service.people.viewer import OPERATOR
    from service.records.pipelines import deals_by_stage, pipelines

    with open_database(settings()) as database, database.transaction() as session:
        rows = [
            (each, sum(deals_by_stage(session, OPERATOR, each.id).values())) for each in pipelines(session).values()
        ]
    if as_json:
        for each, deals in rows:
            print(json.dumps({**_document(each), "deals": deals}, ensure_ascii=False))
        return
    table = Table("id", "title", "stages", "deals")
    for each, deals in rows:
        stages = " → ".join(stage.id for stage in each.open_stages)
        table.add_row(each.id, f"{each.title.en} · {each.title.zh}", stages, str(deals))
    output.print(table)


@app.command()
def show(
    name: Name,
    as_json: AsJson = False,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="The document, to change and publish.")] = False,
) -> None:
    """The stages of a pipeline: chance of winning, deals, and what must hold to leave each."""
    from service.people.viewer import OPERATOR
    from service.records.configurations import UnknownConfiguration, stored
    from service.records.pipelines import deals_by_stage
    from sop.deals.pipeline_document import parse

    with open_database(settings()) as database, database.transaction() as session:
        try:
            text = stored(session, "pipeline", name)
        except UnknownConfiguration as error:
            raise Failure(str(error)) from error
        deals = deals_by_stage(session, OPERATOR, name)
    if as_yaml:
        print(text, end="")
        return
    pipeline = parse(text)
    if as_json:
        print(json.dumps(_document(pipeline), ensure_ascii=False))
        return
    for line in _sentences(pipeline, deals):
        output.print(line, markup=False, highlight=False)


@app.command()
def validate(files: Annotated[list[Path], typer.Argument(help="Pipeline documents.")]) -> None:
    """Check documents; every mistake is named with its path and line."""
    from sop.deals.pipeline_document import parse
    from sop.problems import SopError

    bad = 0
    for file in files:
        try:
            pipeline = parse(_text(file))
        except SopError as error:
            bad += 1
            for problem in error.problems:
                output.print(f"{file}: {problem}", markup=False, highlight=False)
            continue
        told = f"{file}: {pipeline.id}, {len(pipeline.open_stages)} open stages"
        output.print(told, markup=False, highlight=False)
    if bad:
        raise Failure(f"{bad} of {len(files)} documents have problems")


@app.command()
def publish(file: Annotated[Path, typer.Argument(help="A pipeline document.")]) -> None:
    """Let a pipeline count from now on, in place of the one of the same id."""
    from service.people.viewer import OPERATOR
    from service.records import pipelines
    from sop.problems import SopError

    text = _text(file)
    with open_database(settings()) as database, database.transaction() as session:
        try:
            pipeline, is_new = pipelines.publish(session, OPERATOR, text, "cli")
        except SopError as error:
            raise Failure("\n".join(f"{file}: {problem}" for problem in error.problems)) from error
    told = "published" if is_new else "already published"
    output.print(f"{told} {pipeline.id} ({len(pipeline.open_stages)} open stages)", markup=False, highlight=False)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text; save it as UTF-8") from error


def _document(pipeline: Pipeline) -> dict[str, Any]:
    from sop.deals.pipeline_document import stage_document

    return {
        "id": pipeline.id,
        "title": {"zh": pipeline.title.zh, "en": pipeline.title.en},
        "stages": [stage_document(stage) for stage in pipeline.stages],
    }


def _sentences(pipeline: Pipeline, deals: dict[str, int]) -> list[str]:
    lines = [f"{pipeline.id}: {pipeline.title.en} · {pipeline.title.zh}"]
    for place, stage in enumerate(pipeline.stages, start=1):
        count = deals.get(stage.id, 0)
        lines.append(
            f"{place}. {stage.id}: {stage.title.en} · {stage.title.zh}, {stage.probability:.0%}, {count} deals"
        )
        needs = [condition.title.en for condition in stage.criteria]
        needs += [f"{function} took part" for function in stage.participants]
        needs += [f"{stage.approval} approved"] if stage.approval else []
        lines += [f"     to leave: {need}" for need in needs]
    return lines
