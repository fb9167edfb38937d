"""Names that the company knows beforehand, written where they are heard.

A recognizer that does not know a name writes what sounds like it: 蓝双 for 蓝霜, "North Lamp" for Northlamp. Here such
a stretch is written as the name, by rules that would rather miss a name than invent one: what is a word of the language
stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from asr import homophones, spelling
from asr.syllables import is_han, syllables
from asr.transcript import Language, Word


@dataclass(frozen=True, slots=True)
class _Names:
    """A vocabulary, ready to be looked for: Chinese names, longest first, and Latin ones by their letters."""

    han: tuple[homophones.Name, ...]
    latin: Mapping[str, str]


def as_named(words: Sequence[Word], names: Sequence[str], language: Language) -> tuple[Word, ...]:
    """The words of one turn, with stretches that sound like a name written as that name.

    Chinese names (two characters or more) are looked for in Mandarin only, by their toneless syllables; one syllable
    may be a near one. They are laid over what was heard character by character: words, times and confidence stay. A
    stretch that is a word of the dictionary, or that cuts one, is never a name, even where it sounds the same: a
    recognizer writes words it knows when it hears them, and a name that is also a word can't be told from it by its
    sound. Nor is a stretch with an everyday word in it, where as little as two syllables, or a near one, speaks for a
    name. Words of the dictionary inside a longer name become that name where all its syllables are the same.

    Latin names are looked for by their letters, in up to three words, which become one. One wrong
    letter is forgiven in names of one word and at least seven letters, where what was heard is capitalised inside a
    sentence, as recognizers write names they don't know; the full name of a person may be another's with one letter
    changed.

    Args:
        words: in order of their start; in Mandarin with Simplified characters (see :func:`asr.mandarin.written`).
        names: the most important first; the first of several that sound alike is written. Names of one character, and
            of both scripts, are passed over.
        language: that of the words.
    """
    known = _known(tuple(names))
    named = tuple(words)
    if known.latin:
        named = spelling.with_names(named, known.latin)
    if known.han and language == "zh":
        named = homophones.with_names(named, known.han)
    return named


@lru_cache(maxsize=64)
def _known(names: tuple[str, ...]) -> _Names:
    plain = [" ".join(name.split()) for name in names]
    han = dict.fromkeys(name for name in plain if len(name) > 1 and all(map(is_han, name)))
    latin: dict[str, str] = {}
    for name in plain:
        letters = spelling.letters(name)
        if len(letters) > 1 and not any(map(is_han, name)):
            latin.setdefault(letters, name)
    longest_first = sorted(han, key=len, reverse=True)
    return _Names(tuple((name, syllables(name)) for name in longest_first), latin)
