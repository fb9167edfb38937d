"""What the app says, in the language of whoever reads it.

One catalogue per language lies in ``locales/``: nested YAML whose leaves are texts with ``{name}``
places, or, where a number decides, a mapping of CLDR plural categories (``one``, ``other``) with
the number as ``{n}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml
from babel import Locale
from babel.core import negotiate_locale

LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""Languages the app speaks, each by its own name."""
DEFAULT_LANGUAGE = "en"

_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_ACCEPTED = re.compile(r"([A-Za-z-]+)(?:\s*;\s*q=([0-9.]+))?")

Text = str | Mapping[str, str]


class TranslationError(Exception):
    """A catalogue that cannot be used, or a text it lacks."""


@dataclass(frozen=True, slots=True)
class Translator:
    """Texts of one language by dotted key."""

    language: str
    texts: Mapping[str, Text]

    def __call__(self, key: str, /, **params: Any) -> str:
        """The text of ``key`` with ``params`` put in its places; plural by ``n``.

        Raises:
            TranslationError: no such key, or a place without its parameter.
        """
        text = self.texts.get(key)
        if text is None:
            raise TranslationError(f"{self.language}: no text {key!r}")
        if not isinstance(text, str):
            text = self._plural(text, params.get("n", 0))
        try:
            return text.format(**params)
        except KeyError as error:
            raise TranslationError(f"{self.language}: {key!r} needs {error.args[0]!r}") from error

    def __contains__(self, key: object) -> bool:
        return key in self.texts

    def _plural(self, forms: Mapping[str, str], n: float) -> str:
        category = Locale(self.language).plural_form(n)
        return forms.get(category, forms["other"])

    def branch(self, prefix: str) -> dict[str, str]:
        """The plain texts under ``prefix``, by the rest of their key; what scripts are given."""
        start = f"{prefix}."
        return {
            key.removeprefix(start): text
            for key, text in self.texts.items()
            if key.startswith(start) and isinstance(text, str)
        }


@cache
def translator(language: str) -> Translator:
    """The texts of ``language``, read once."""
    if language not in LANGUAGES:
        raise TranslationError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    document = resources.files("service.web").joinpath("locales", f"{language}.yaml").read_text("utf-8")
    return Translator(language, dict(_leaves(yaml.safe_load(document), "")))


def _leaves(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Text]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and not _PLURALS.issuperset(value):
            yield from _leaves(value, f"{key}.")
        elif isinstance(value, Mapping):
            yield key, {str(form): str(text) for form, text in value.items()}
        else:
            yield key, str(value)


def chosen_language(cookie: str | None, own: str | None, accepted: str | None) -> str:
    """The reader's language: their choice in this browser, then of their account, then the browser's."""
    for wish in (cookie, own):
        language = _spoken([wish]) if wish else None
        if language:
            return language
    return _spoken(_accepted(accepted or "")) or DEFAULT_LANGUAGE


def _spoken(wishes: Sequence[str]) -> str | None:
    plain = [wish.replace("_", "-").split("-")[0].lower() for wish in wishes]
    return negotiate_locale(plain, list(LANGUAGES))


def _accepted(header: str) -> list[str]:
    """Languages of an ``Accept-Language`` header (RFC 9110, 12.5.4), the most wanted first."""
    wanted = [(tag, _quality(quality)) for tag, quality in _ACCEPTED.findall(header)]
    return [tag for tag, quality in sorted(wanted, key=lambda pair: -pair[1]) if quality > 0]


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
