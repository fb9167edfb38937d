"""Commands about deals: what their calls verify."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, open_database, output, settings
from service.clock import clock

if TYPE_CHECKING:
    from service.opportunities.figures import Group, Money
    from service.opportunities.gaps import DealGap, DealProof
    from sop.deals.facts import EventFact
    from sop.deals.gates import Verdict
    from sop.procedure import Language

app = typer.Typer(help="What the calls of deals verify.", no_args_is_help=True)

_MARKS = {"met": "[green]✓[/]", "not_met": "[red]✗[/]", "unknown": "[yellow]?[/]"}
_QUOTES = 3


class By(StrEnum):
    """What gaps are told by."""

    DEAL = "deal"
    REP = "rep"
    TEAM = "team"


class Words(StrEnum):
    """The language of the words."""

    EN = "en"
    ZH = "zh"


@app.callback()
def group() -> None:
    """Keeps ``gap`` a subcommand while it is the only one."""


@app.command()
def gap(
    opportunity: Annotated[
        str | None, typer.Argument(help="The CRM's id of one deal; without it all open ones.")
    ] = None,
    by: Annotated[By, typer.Option(help="Deal by deal, or summed up by rep or team.")] = By.DEAL,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with words in both languages.")] = False,
    language: Annotated[Words, typer.Option(help="Language of the words.")] = Words.EN,
) -> None:
    """Show the stage the CRM claims beside the one the calls verify, with the words that prove it."""
    if opportunity is None:
        _tell_all(by, as_json, language.value)
    elif by is not By.DEAL:
        raise Failure(f"--by {by.value} sums deals up, leave out {opportunity!r} or --by")
    else:
        _tell_one(opportunity, as_json, language.value)


def _tell_all(by: By, as_json: bool, language: Language) -> None:
    from service.opportunities.figures import groups
    from service.opportunities.gap_views import group_json, line_json
    from service.opportunities.gaps import deal_gaps
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        found = deal_gaps(session, OPERATOR, datetime.now(UTC))
    if by is By.DEAL:
        if as_json:
            _print_json([line_json(deal) for deal in found])
        else:
            _print_lines(found, language)
        return
    summed = groups(found, "rep" if by is By.REP else "team")
    if as_json:
        _print_json([group_json(each) for each in summed])
    else:
        _print_groups(summed, by)


def _tell_one(opportunity: str, as_json: bool, language: Language) -> None:
    from service.opportunities.gap_views import gap_json, violations_json
    from service.opportunities.gaps import deal_gap
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        found = deal_gap(session, OPERATOR, opportunity, datetime.now(UTC))
    if found is None:
        raise Failure(f"no opportunity {opportunity!r}; see 'clearcall deals gap' for all open ones")
    if as_json:
        _print_json({**gap_json(found), "violations": violations_json(found)})
    else:
        _print_deal(found, language)


def _print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False))


def _print_lines(found: Sequence[DealGap], language: Language) -> None:
    from sop.deals.wording import explain_gap, explain_verdict

    for deal in found:
        told = explain_gap(deal.gap, deal.pipeline, language, deal.currency)
        owner = f" ({deal.owner})" if deal.owner else ""
        output.print(f"{deal.external_id} {deal.name}{owner}: {told}", markup=False, highlight=False)
        for verdict in deal.gap.missing:
            output.print(f"  {_MARKS[verdict.outcome]} ", end="", highlight=False)
            output.print(explain_verdict(verdict, language), markup=False, highlight=False)
    if not found:
        output.print("no open deals: bring them in with 'clearcall import opportunities FILE.csv'")


def _print_groups(found: Sequence[Group], by: By) -> None:
    from rich.table import Table

    table = Table(by.value, "open deals", "with a gap", "amount", "at risk")
    for each in found:
        table.add_row(*_row(each))
    output.print(table)


def _row(each: Group) -> tuple[str, ...]:
    found = each.figures
    share = f"{found.with_gap} ({found.share:.0%})"
    return each.name or "-", str(found.deals), share, _money(found.amount), _money(found.at_risk)


def _money(sums: Money) -> str:
    return ", ".join(f"{amount:,.0f} {currency or ''}".strip() for currency, amount in sums) or "-"


def _print_deal(proof: DealProof, language: Language) -> None:
    from sop.deals.wording import explain_gap

    deal = proof.deal
    told = explain_gap(deal.gap, deal.pipeline, language, deal.currency)
    output.print(f"{deal.external_id} {deal.name}: {told}", markup=False, highlight=False)
    for result in deal.gap.gates:
        output.print(f"\n{_MARKS[result.outcome]} ", end="", highlight=False)
        output.print(result.stage.title.to(language), markup=False, highlight=False)
        for verdict in result.verdicts:
            _print_verdict(verdict, language)
    if proof.violations:
        output.print("")
        _print_violations(proof, language)


def _print_violations(proof: DealProof, language: Language) -> None:
    from sop.deals.wording import ANSWER_LABELS, explain_violation

    for violation in proof.violations:
        output.print("[red]![/] ", end="", highlight=False)
        output.print(explain_violation(violation, proof.deal.pipeline, language), markup=False, highlight=False)
        _print_quotes(violation.evidence)
        answer = proof.answers.get(violation.key)
        if answer is not None:
            label = ANSWER_LABELS[answer.state].to(language)
            output.print(f"     {label}: {answer.text or ''}", markup=False, highlight=False)


def _print_verdict(verdict: Verdict, language: Language) -> None:
    from sop.deals.wording import explain_verdict

    output.print(f"  {_MARKS[verdict.outcome]} ", end="", highlight=False)
    output.print(explain_verdict(verdict, language), markup=False, highlight=False)
    _print_quotes(verdict.evidence)


def _print_quotes(events: Sequence[EventFact]) -> None:
    """The surest of the events: the call's day, the place in it, who, and the words."""
    from service.opportunities.gap_views import shown_evidence

    for event in shown_evidence(events)[-_QUOTES:]:
        place = f"{event.at:%Y-%m-%d} {clock(event.start_ms)} {event.speaker}"
        output.print(f"     {place}: “{event.quote}” (call {event.call})", markup=False, highlight=False)
