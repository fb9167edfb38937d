"""The commands about the tagger itself: what they refuse, and how rows are shown."""

import json
import sys
from pathlib import Path

import pytest

from nlp.corpus.annotations import AnnotatedCall
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


def test_the_curve_is_drawn_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The picture is of the rows that are printed, and the calls asked about are those of the two dev files."""
    asked: dict[str, set[str]] = {}

    def learned(tested: list[AnnotatedCall], extra: list[AnnotatedCall], *_: object, **__: object) -> list[Row]:
        for name, calls in (("tested", tested), ("extra", extra)):
            asked[name] = {call.call_id.split("-")[1] for call in calls}
        return [
            Row("use", "sequence", count, {"zh": 0.7, "en": 0.71}, ("zh competitor", 0.6), 0.0) for count in (9, 18)
        ]

    monkeypatch.setattr("nlp.evaluation.curve.learning_curve", learned)
    picture = tmp_path / "curve.svg"
    monkeypatch.setattr(sys, "argv", ["clearcall", "nlp", "compare", "--curve", "--json", "--diagram", str(picture)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert not caught.value.code
    assert [row["training_calls"] for row in json.loads(capsys.readouterr().out)] == [9, 18]
    assert ">18</text>" in picture.read_text(encoding="utf-8")
    assert asked["tested"] == {"dev"}
    assert "dev" not in asked["extra"]


def test_a_picture_is_of_the_curve_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing is computed for hours and then not drawn."""
    monkeypatch.setattr(sys, "argv", ["clearcall", "nlp", "compare", "--diagram", str(tmp_path / "curve.svg")])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "--diagram: only with --curve" in capsys.readouterr().err
