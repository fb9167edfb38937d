"""The form in which texts are compared."""

import pytest

from nlp.text.folding import fold


@pytest.mark.parametrize(
    ("written", "folded"), [("ＣＲＭ１２％", "crm12%"), ("價格異議", "价格异议"), ("Ångström", "ångström")]
)
def test_width_script_and_case_are_folded(written: str, folded: str) -> None:
    """Texts that differ in width, script or case only are equal after folding."""
    assert fold(written) == folded
