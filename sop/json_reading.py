"""Reading JSON that :mod:`sop` wrote: each mistake is one :class:`SopError` that names the field and the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

from sop.events import Evidence
from sop.problems import Problem, SopError
from sop.reasons import REASON_CODES, Reason, ReasonCode

T = TypeVar("T")


def evidence(document: Any, where: str) -> Evidence:
    """The evidence that :meth:`Evidence.to_json` wrote."""
    speaker = field_in(document, "speaker", str, where)
    if speaker not in ("rep", "customer", "unknown"):
        raise error_at(f"{where}.speaker", f"unknown speaker {speaker!r}")
    return Evidence(
        turn=field_in(document, "turn", int, where),
        start_ms=field_in(document, "start_ms", int, where),
        end_ms=field_in(document, "end_ms", int, where),
        speaker=cast(Literal["rep", "customer", "unknown"], speaker),
        quote=field_in(document, "quote", str, where),
        confidence=number_in(document, "confidence", where),
    )


def reason_in(document: Any, where: str) -> Reason:
    """The object's ``reason``."""
    reason = field_in(document, "reason", dict, where)
    code = field_in(reason, "code", str, f"{where}.reason")
    if code not in REASON_CODES:
        raise error_at(f"{where}.reason.code", f"unknown reason {code!r}")
    params = field_in(reason, "params", dict, f"{where}.reason")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in params.items()}
    return Reason(ReasonCode(code), values)


def list_in(document: Any, key: str, where: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    """A list, each item read by ``read``, which is told where it stands."""
    items = field_in(document, key, list, where)
    return tuple(read(item, f"{where}.{key}[{index}]") for index, item in enumerate(items))


def number_in(document: Any, key: str, where: str) -> float:
    """A number."""
    return float(field_in(document, key, (int, float), where))


def number_or_none(document: Any, key: str, where: str) -> float | None:
    """A number, or null."""
    if isinstance(document, Mapping) and key in document and document[key] is None:
        return None
    return number_in(document, key, where)


def field_in(document: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """The value at ``key``, of the right type."""
    if not isinstance(document, Mapping):
        raise error_at(where, "expected an object")
    if key not in document:
        raise error_at(f"{where}.{key}", "missing")
    value = document[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise error_at(f"{where}.{key}", f"wrong type {type(value).__name__}")
    return value


def error_at(path: str, message: str) -> SopError:
    """What to raise for a field."""
    return SopError([Problem(path, None, message)])


def rounded(confidence: float | None) -> float | None:
    """A confidence as JSON tells it."""
    return None if confidence is None else round(confidence, 4)
