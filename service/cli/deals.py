"""Commands about deals: what their calls verify."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, open_database, output, settings
from service.clock import clock

if TYPE_CHECKING:
    from service.opportunities.gaps import DealGap, GapGroup
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
    if opportunity is not None and by is not By.DEAL:
        raise Failure(f"--by {by.value} sums deals up, leave out {opportunity!r} or --by")
    found = _gaps(opportunity)
    if as_json:
        print(json.dumps(_json(found, opportunity, by), ensure_ascii=False))
    elif opportunity is not None:
        _print_deal(found[0], language.value)
    elif by is By.DEAL:
        _print_lines(found, language.value)
    else:
        _print_groups(found, by)


def _gaps(opportunity: str | None) -> Sequence[DealGap]:
    from service.opportunities.gaps import deal_gap, deal_gaps
    from service.people.viewer import OPERATOR

    now = datetime.now(UTC)
    with open_database(settings()) as database, database.transaction() as session:
        if opportunity is None:
            return deal_gaps(session, OPERATOR, now)
        found = deal_gap(session, OPERATOR, opportunity, now)
    if found is None:
        raise Failure(f"no opportunity {opportunity!r}; see 'clearcall deals gap' for all open ones")
    return (found,)


def _json(found: Sequence[DealGap], opportunity: str | None, by: By) -> Any:
    from service.opportunities.gap_views import gap_json, group_json, line_json, violations_json
    from service.opportunities.gaps import gap_groups

    if opportunity is not None:
        return {**gap_json(found[0]), "violations": violations_json(found[0])}
    if by is By.DEAL:
        return [line_json(deal) for deal in found]
    return [group_json(each) for each in gap_groups(found, "rep" if by is By.REP else "team")]


def _print_lines(found: Sequence[DealGap], language: Language) -> None:
    from sop.deals.wording import explain_gap, explain_verdict

    for deal in found:
        told = explain_gap(deal.gap, deal.pipeline, language, deal.facts.currency)
        owner = f" ({deal.owner})" if deal.owner else ""
        output.print(f"{deal.external_id} {deal.name}{owner}: {told}", markup=False, highlight=False)
        for verdict in deal.gap.missing:
            output.print(f"  {_MARKS[verdict.outcome]} ", end="", highlight=False)
            output.print(explain_verdict(verdict, language), markup=False, highlight=False)
    if not found:
        output.print("no open deals: bring them in with 'clearcall import opportunities FILE.csv'")


def _print_groups(found: Sequence[DealGap], by: By) -> None:
    from rich.table import Table

    from service.opportunities.gaps import gap_groups

    table = Table(by.value, "open deals", "with a gap", "amount", "at risk")
    for each in gap_groups(found, "rep" if by is By.REP else "team"):
        table.add_row(*_row(each))
    output.print(table)


def _row(each: GapGroup) -> tuple[str, ...]:
    share = f"{each.with_gap} ({each.with_gap / each.deals:.0%})"
    return each.name or "-", str(each.deals), share, _money(each.amount), _money(each.at_risk)


def _money(sums: Mapping[str | None, Decimal]) -> str:
    return ", ".join(f"{amount:,.0f} {currency or ''}".strip() for currency, amount in sums.items() if amount) or "-"


def _print_deal(deal: DealGap, language: Language) -> None:
    from sop.deals.wording import ANSWER_LABELS, explain_gap, explain_violation

    told = explain_gap(deal.gap, deal.pipeline, language, deal.facts.currency)
    output.print(f"{deal.external_id} {deal.name}: {told}", markup=False, highlight=False)
    for result in deal.gap.gates:
        output.print(f"\n{_MARKS[result.outcome]} ", end="", highlight=False)
        output.print(result.stage.title.to(language), markup=False, highlight=False)
        for verdict in result.verdicts:
            _print_verdict(verdict, language)
    if deal.violations:
        output.print("")
    for violation in deal.violations:
        output.print("[red]![/] ", end="", highlight=False)
        output.print(explain_violation(violation, deal.pipeline, language), markup=False, highlight=False)
        _print_quotes(violation.evidence)
        answer = (deal.answers or {}).get(violation.key)
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
