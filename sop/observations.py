"""What was measured of how a call was spoken: moments with a figure and a confidence, and no verdict.

Figures are what :mod:`nlp.manner.observations` measured; what they are worth is judged in :mod:`sop.dimension_scoring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from sop.events import Evidence, Speaker
from sop.json_reading import error_at, field_in, number_in

KINDS: Mapping[str, str] = {
    "speech": "a turn whose words could be read; value: spoken units (words, or Chinese characters)",
    "question": "the last question of a rep's stretch of talk; value: 1 open, 0 closed",
    "listening": "what the customer said to that question before the rep spoke again; value: milliseconds",
    "monologue": "a stretch of the rep's with no more than back-channels between; value: milliseconds",
    "interruption": "a rep's turn on a channel of its own; value: milliseconds it spoke into the customer's turn",
    "pace": "a rep's turn long enough to tell; value: spoken units per minute",
    "pace_ratio": "the same turn; value: its pace / the rep's pace in the whole call",
    "courtesy": "courteous wording of the rep's; value: different wordings in the turn",
    "blame": "blaming or dismissive wording of the rep's; value: wordings in the turn",
    "empathy": "the rep says that the customer is understood; value: different wordings in the turn",
    "complaint": "the customer complains; value: wordings in the turn",
    "silence": "after a customer's complaint; value: milliseconds until the rep speaks",
    "customer_question": "the customer asks; value: questions in the turn",
    "reply": "a stretch of talk of the customer's after the rep's; value: spoken units",
    "disengaged": "a reply of few units and no substance, or one that turns away; value: its spoken units",
}
"""What can be observed. An observation that is not there says nothing, except that wordings (``courtesy``, ``blame``,
``empathy``, ``complaint``, ``customer_question``, ``disengaged``) are absent from a turn of which ``speech`` tells."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing measured at one place; ``value`` by its kind (:data:`KINDS`), ``confidence`` in [0, 1].

    ``turn`` counts from 0 in the transcript. The confidence is that of the words and of who spoke them.
    """

    kind: str
    turn: int
    start_ms: int
    end_ms: int
    speaker: Speaker
    quote: str
    value: float
    confidence: float

    @property
    def evidence(self) -> Evidence:
        """The place as something one can play."""
        return Evidence(self.turn, self.start_ms, self.end_ms, self.speaker, self.quote, self.confidence)

    def to_json(self) -> dict[str, Any]:
        """The object in the ``observations`` list of ``clearcall analyze --json``; figures to 4 decimals."""
        return {
            "kind": self.kind,
            "turn": self.turn,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "speaker": self.speaker,
            "quote": self.quote,
            "value": round(self.value, 4),
            "confidence": round(self.confidence, 4),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str = "observation") -> Observation:
        """Read what :meth:`to_json` wrote; unknown keys are ignored.

        Raises:
            SopError: a field is missing or of the wrong type; ``where`` names the object.
        """
        speaker = field_in(document, "speaker", str, where)
        if speaker not in get_args(Speaker):
            raise error_at(f"{where}.speaker", f"unknown speaker {speaker!r}")
        return cls(
            kind=field_in(document, "kind", str, where),
            turn=field_in(document, "turn", int, where),
            start_ms=field_in(document, "start_ms", int, where),
            end_ms=field_in(document, "end_ms", int, where),
            speaker=cast(Speaker, speaker),
            quote=field_in(document, "quote", str, where),
            value=number_in(document, "value", where),
            confidence=number_in(document, "confidence", where),
        )
