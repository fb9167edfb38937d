"""The commands about the tagger itself: what they refuse, and how rows are shown."""

import sys

import pytest

from nlp.evaluation.comparison import Row
from service import cli
from service.cli.training import _table


@pytest.mark.parametrize("encoders", [["use"], ["transformers:/nowhere"], ["e5-torch", "use"]])
def test_only_one_encoder_that_can_learn_is_tuned(
    encoders: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An encoder without layers, a folder that is none, or two at once end the command with one line."""
    monkeypatch.setattr("nlp.encoders.e5_weights.UnpackedE5Encoder.__init__", lambda _: None)
    arguments = [part for name in encoders for part in ("--encoder", name)]
    monkeypatch.setattr(sys, "argv", ["clearcall", "nlp", "compare", "--finetune", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code in (1, 2)
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_row_says_how_many_folds_it_counts() -> None:
    """A row of one fold is not taken for one of all."""
    row = Row("e5", "sequence", 388, {"zh": 0.8, "en": 0.81}, ("zh competitor", 0.6), 40.0, folds=1)
    columns = _table([row]).columns
    cells = {column.header: list(column.cells) for column in columns}
    assert cells["folds"] == ["1 of 4"]
    assert cells["macro F1 en"] == ["0.810"]
