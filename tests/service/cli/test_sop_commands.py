"""SOPs from the command line: published, compared, tried and retired."""

from __future__ import annotations

import json
from pathlib import Path

from commands import Run
from fakes_web import add_call
from models.database import Database
from service import settings as settings_module
from service.sops.versions import shipped


def test_an_sop_is_published_once(clearcall: Run, tmp_path: Path) -> None:
    """Publishing the same content again is the same version; a change is the next one."""
    import service.sops.versions as versions

    document = versions.shipped()["zh-telesales"]
    file = tmp_path / "mine.yaml"
    file.write_text(document + "\n# a comment\n")
    assert clearcall("sop", "publish", str(file))[1][0].startswith("already published zh-telesales v1")
    file.write_text(document.replace("points: 10", "points: 12", 1))
    assert clearcall("sop", "publish", str(file))[1][0].startswith("published zh-telesales v2")


def test_a_version_lives_its_life_at_the_command_line(clearcall: Run, database: Database, tmp_path: Path) -> None:
    """Compared in words and by calls, tried, published with past calls scored anew, and retired."""
    texts = ["Good morning, this is Tom from Northlamp.", "Yes.", "How do you measure it today?", "By hand."]
    events = [["opening"], [], ["needs_discovery"], ["customer_need"]]
    add_call(database, settings_module.settings(), "a", texts, events=events)
    file = tmp_path / "draft.yaml"
    text = shipped()["en-b2b"]
    file.write_text(text.replace("shorter_than_s: 30", "shorter_than_s: 10"), encoding="utf-8")
    assert "shorter_than_s: 30" in text
    code, lines, errors = clearcall("sop", "diff", "en-b2b", str(file))
    assert (code, lines) == (0, ["the SOP: calls under 10 s are not scored (before: 30)"]), errors
    code, lines, _ = clearcall("sop", "diff", "en-b2b@1", str(file), "--language", "zh", "--calls")
    assert lines[0] == "流程：短于 10 秒的通话不评分（原为 30）"
    assert len(lines) == 2
    document = json.loads(clearcall("sop", "diff", "en-b2b@1", str(file), "--calls", "--json")[1][0])
    assert document["calls"][0]["before"] is None
    code, lines, errors = clearcall("sop", "backtest", str(file), "--json")
    assert code == 0, errors
    report = json.loads(lines[0])
    assert (report["calls"], report["changed"]) == (1, 1)
    assert clearcall("sop", "backtest", str(file), "--against", str(file))[1][0].startswith("1 calls in ")
    code, lines, errors = clearcall("sop", "publish", str(file), "--rescore")
    assert lines[0].startswith("published en-b2b v2 ("), errors
    assert lines[1] == "1 calls scored, 0 had a card of it or are for another"
    versions = [json.loads(line) for line in clearcall("sop", "list", "--json")[1]]
    assert [(v["name"], v["version"]) for v in versions] == [("en-b2b", 2), ("en-b2b", 1), ("zh-telesales", 1)]
    assert clearcall("sop", "retire", "en-b2b@2")[1] == ["retired en-b2b v2"]
    assert clearcall("sop", "publish", str(file), "--from", "soon")[2].startswith(
        "clearcall: --from: 'soon' is no date"
    )
    assert json.loads("\n".join(clearcall("sop", "schema")[1]))["$schema"]
    names = [line.partition(":")[0] for line in clearcall("sop", "templates")[1]]
    assert all(clearcall("sop", "templates", name)[0] == 0 for name in names[:1])
    assert clearcall("sop", "templates", "nope")[2].startswith("clearcall: no template 'nope'; there are: ")
