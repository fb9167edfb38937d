"""The option that tells the names a recording may hold: a list, or the SOP that has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure

if TYPE_CHECKING:
    from asr.transcript import Language
    from sop.document import Sop

VocabularyOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES|SOP.yaml",
        help="Names that may be said (company, products, people, competitors), separated by commas, "
        "or an SOP file whose vocabulary holds them. They are written where they are heard.",
    ),
]

_SEPARATORS = re.compile(r"[,，、;；\n]")


def vocabulary_of(text: str | None) -> dict[Language, tuple[str, ...]]:
    """The names by language: those of an SOP file for its languages, those of a list for all.

    Raises:
        Failure: the SOP file can't be read.
    """
    from asr.transcript import LANGUAGES

    if text is None:
        return {}
    if text.lower().endswith((".yaml", ".yml")):
        return sop_vocabulary(read_sop(Path(text)))
    names = tuple(name.strip() for name in _SEPARATORS.split(text) if name.strip())
    return dict.fromkeys(LANGUAGES, names)


def sop_vocabulary(sop: Sop | None) -> dict[Language, tuple[str, ...]]:
    """The names of an SOP, for its languages; none where there is no SOP."""
    return {language: sop.words_in(language) for language in sop.languages} if sop else {}


def read_sop(path: Path) -> Sop:
    """The SOP in a file.

    Raises:
        Failure: it can't be read, or has mistakes.
    """
    from service.sops.checking import checked
    from sop.document import SopError

    try:
        return checked(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Failure(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: not UTF-8 text") from error
    except SopError as error:
        raise Failure("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from error
