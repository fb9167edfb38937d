"""Encoders, heads and corpora side by side, on small data."""

from dataclasses import replace

from nlp.corpus.shipped import shipped_corpus
from nlp.evaluation.comparison import HEADS, compare
from tests.fakes_nlp import HashedEncoder

SMALL = {
    name: replace(options, projection=16, hidden=8, lexical=4, epochs=2, batch=4) for name, options in HEADS.items()
}


def test_each_encoder_meets_each_head() -> None:
    """A row for each pair, with the macro F1 of both languages, the weakest event and the cost of the encoder."""
    calls = shipped_corpus("*-dev.jsonl")
    tested = [*calls[:4], *calls[-4:]]
    rows = compare(tested, [], {"hashed": HashedEncoder()}, SMALL)
    assert [(row.encoder, row.head, row.training_calls) for row in rows] == [
        ("hashed", "logistic", 8),
        ("hashed", "sequence", 8),
    ]
    for row in rows:
        assert set(row.macro_f1) == {"zh", "en"}
        assert 0 <= row.weakest[1] <= min(row.macro_f1.values()) <= 1
        assert row.to_json()["weakest"]["event"] == row.weakest[0]
