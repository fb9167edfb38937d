"""Files of annotated calls, read for a command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.console import Failure

if TYPE_CHECKING:
    from nlp.corpus.annotations import AnnotatedCall


def annotated_calls(path: Path, own_events: Sequence[str] = ()) -> list[AnnotatedCall]:
    """The calls of a corpus file, whose turns may be labelled with ``own_events`` too.

    Raises:
        Failure: it can't be read, or has a line that is no annotated call.
    """
    from nlp.corpus.annotations import CorpusError, read_calls

    try:
        return read_calls(path.read_text(encoding="utf-8-sig"), str(path), own_events)
    except OSError as error:
        raise Failure(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: not UTF-8 text") from error
    except CorpusError as error:
        raise Failure(str(error)) from error
