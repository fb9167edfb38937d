"""Imports and pipelines from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select

from models.database import Database
from models.opportunities import Opportunity
from service import cli
from service import settings as settings_module
from service.people.queries import NewUser, add_user

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clearcall(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs a command in a folder of its own; gives exit code, output and errors."""
    monkeypatch.setenv("CLEARCALL_HOME", str(tmp_path))
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", database.conninfo)
    monkeypatch.chdir(tmp_path)
    settings_module.settings.cache_clear()
    logs = structlog.get_config()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clearcall", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield run
    settings_module.settings.cache_clear()
    structlog.configure(**logs)


def test_an_import_is_tried_and_done(database: Database, clearcall: Run, tmp_path: Path) -> None:
    """A dry run lists what would change and writes nothing; bad rows are told on standard error, with exit code 1."""
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
    (tmp_path / "map.yaml").write_text("noun: opportunities\ncolumns: {编号: opportunity_id}\n", encoding="utf-8")
    header = "编号,name,account,stage,owner_email\n"
    rows = "O-1,Cold,Acme,needs,ana@example.com\nO-2,Car,Acme,thinking,ana@example.com\n"
    (tmp_path / "crm.csv").write_text(header + rows, encoding="utf-8")
    command = ("import", "opportunities", "crm.csv", "--mapping", "map.yaml")
    code, out, told = clearcall(*command, "--dry-run")
    assert code == 1
    assert "line 2: O-1: new" in out
    assert "would be 1 added, 0 updated, 0 unchanged, 1 left out; nothing was written" in out
    assert "crm.csv: line 3: stage: expected one of qualify" in told
    assert clearcall(*command)[1].strip().endswith("1 added, 0 updated, 0 unchanged, 1 left out")
    report = json.loads(clearcall(*command, "--json")[1])
    assert (report["added"], report["unchanged"], report["bad"]) == (0, 1, 1)
    assert report["rows"] == [
        {"line": 3, "id": "O-2", "state": "bad", "reason": report["rows"][0]["reason"]},
    ]
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Opportunity)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("leads", "x.csv", "--mapping", "nothing"),
            "--mapping: no mapping 'nothing'; there are: hubspot-deals, sales",
        ),
        (
            ("leads", "x.csv", "--mapping", "hubspot-deals"),
            "hubspot-deals: noun: this mapping is of opportunities, not",
        ),
        (("leads", "x.csv", "--mapping", "bad.yaml"), "bad.yaml: noun (line 1): unknown noun 'things', expected"),
        (("leads", "x.csv"), "x.csv: missing column name"),
        (("contacts", "gone.csv"), "gone.csv: can't be read (No such file or directory)"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    clearcall: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """The line names the file or the option, the reason and what to do."""
    (tmp_path / "x.csv").write_text("lead_id,phone\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("noun: things\n", encoding="utf-8")
    code, _, told = clearcall("import", *arguments)
    assert code == 1
    assert f"clearcall: {message}" in told
    assert "Traceback" not in told


def test_a_pipeline_is_changed_by_its_document(clearcall: Run, tmp_path: Path) -> None:
    """What show prints as YAML can be changed, checked and published, and counts from then on."""
    code, text, _ = clearcall("pipelines", "show", "telesales", "--yaml")
    assert code == 0
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace("kind: lost", "kind: gone"), encoding="utf-8")
    code, out, told = clearcall("pipelines", "validate", "mine.yaml")
    assert (code, "unknown kind 'gone'" in out, "1 of 1 documents have problems" in told) == (1, True, True)
    file.write_text(text.replace("id: telesales", "id: mine"), encoding="utf-8")
    assert clearcall("pipelines", "publish", "mine.yaml")[1].strip() == "published mine (3 open stages)"
    assert clearcall("pipelines", "publish", "mine.yaml")[1].strip() == "already published mine (3 open stages)"
    listed = [json.loads(line) for line in clearcall("pipelines", "list", "--json")[1].splitlines()]
    assert [each["id"] for each in listed] == ["default", "complex", "mine", "telesales"]
    assert "to leave: customer need" in clearcall("pipelines", "show", "mine")[1]
    assert clearcall("pipelines", "show", "none")[0] == 1
