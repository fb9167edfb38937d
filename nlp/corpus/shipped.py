"""The annotated calls that come with Clearcall, in the files beside this module."""

from __future__ import annotations

from pathlib import Path

from nlp.corpus.annotations import AnnotatedCall, read_calls


def shipped_corpus(files: str = "*.jsonl") -> list[AnnotatedCall]:
    """The calls from which the shipped weights are trained; ``files`` is a pattern of names."""
    return [
        call
        for path in sorted(Path(__file__).parent.glob(files))
        for call in read_calls(path.read_text(encoding="utf-8"), path.name)
    ]
