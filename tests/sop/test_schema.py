"""The JSON Schema that editors use says of a document what the parser says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from sop import schema
from sop.applicability import APPLIES_TO_KEYS
from sop.document import dump, json_schema
from sop.gates import GATE_KEYS
from sop.own_events import EVENT_KEYS
from sop.procedure import Sop
from tests.sop.any_sop import sops
from tests.sop.schema_checking import complaints
from tests.sop.test_laws import LAWS

BROKEN = Path(__file__).parent / "data" / "broken"
BEYOND = {
    "anchors",
    "doubled-ids",
    "doubled-keys",
    "impossible-speaker",
    "later-step",
    "nothing-to-win",
    "optional-auto-fail",
    "two-documents",
    "unknown-event",
}
"""What a schema can't say: which events the document adds, who says them, what order the steps have."""


def checked(document: Any) -> list[str]:
    """What the schema has to say of a document."""
    whole = json_schema()
    return complaints(document, whole, whole)


def test_the_schema_has_exactly_the_keys_that_are_read() -> None:
    """No key is read that editors do not know, and none is offered that is refused."""
    top = json_schema()["properties"]
    step = top["steps"]["items"]["properties"]
    told = {
        schema.SOP_KEYS: top,
        schema.NOT_APPLICABLE_KEYS: top["not_applicable"]["properties"],
        schema.VOCABULARY_KEYS: top["vocabulary"]["properties"],
        APPLIES_TO_KEYS: top["applies_to"]["properties"],
        GATE_KEYS: top["gates"]["items"]["properties"],
        EVENT_KEYS: top["events"]["items"]["properties"],
        schema.STEP_KEYS: step,
        schema.WHEN_KEYS: step["when"]["properties"],
        schema.CRITERION_KEYS: step["criteria"]["items"]["properties"],
    }
    for keys, properties in told.items():
        assert set(keys) == set(properties)


@LAWS
@given(sops())
def test_every_procedure_fits_the_schema(sop: Sop) -> None:
    """What is written back from a procedure is a document that no editor underlines."""
    assert checked(yaml.safe_load(dump(sop))) == []


@pytest.mark.parametrize("package", ["sop.shipped", "sop.templates"])
def test_documents_that_come_with_clearcall_fit_the_schema(package: str) -> None:
    """No editor underlines anything in a shipped procedure or template."""
    found = [file for file in files(package).iterdir() if file.name.endswith(".yaml")]
    assert found
    for file in found:
        assert checked(yaml.safe_load(file.read_text(encoding="utf-8"))) == [], file.name


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_editors_underline_what_the_parser_refuses(path: Path) -> None:
    """A document with a mistake in it does not fit the schema either, where a schema can tell."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return
    if path.stem not in BEYOND:
        assert checked(document) != []
