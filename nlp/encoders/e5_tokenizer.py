"""The XLM-R tokenizer of multilingual-e5-small, from the pieces and the table of its packed file.

Twice: for transformers as theirs, which reads many texts at once, and as a small one of our own, which is there at once
and takes a tenth of the memory. Both cut a text into the same pieces.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

_UNTOUCHED = "\ue000"
"""Stands for a character that NFKC would change and this normalizer keeps; a private-use one, so in no text."""
_KEPT = "～"
_SPACE = "▁"
_SPACES = re.compile(" {2,}")
_UNKNOWN_PENALTY = 10.0
"""How much less likely than the rarest piece a character is that no piece has, as in sentencepiece."""


class UnigramTokenizer:
    """The likeliest pieces of a text (Kudo, 2018), found by Viterbi's algorithm.

    Args:
        pieces: in order of their numbers.
        scores: their log probabilities.
        special: the numbers of <s>, </s>, <pad> and <unk>.
        replaced: what the normalizer makes of single characters.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        scores: Sequence[float],
        special: tuple[int, int, int, int],
        replaced: Mapping[str, str],
    ) -> None:
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._scores = array("d", scores)
        self._unknown = min(self._scores) - _UNKNOWN_PENALTY
        self._special = special
        self._longest: dict[str, int] = {}
        for piece in pieces:
            self._longest[piece[:1]] = max(len(piece), self._longest.get(piece[:1], 0))
        lost, spaces = _beyond_nfkc(replaced)
        self._table = str.maketrans(dict.fromkeys(lost, "") | dict.fromkeys(spaces, " ") | {_KEPT: _UNTOUCHED})

    def encode(self, text: str, most: int) -> list[int]:
        """Numbers of ``<s> pieces </s>``, ``most`` of them at most."""
        bos, eos, _, _ = self._special
        return [bos, *self._pieces(self._written(text))[: most - 2], eos]

    def _written(self, text: str) -> str:
        """As the pieces are spelled: normalised, with a mark before each word."""
        folded = unicodedata.normalize("NFKC", text.translate(self._table)).replace(_UNTOUCHED, _KEPT)
        marked = _SPACES.sub(" ", folded).replace(" ", _SPACE)
        return marked if marked.startswith(_SPACE) else _SPACE + marked

    def _pieces(self, text: str) -> list[int]:
        unknown = self._special[3]
        best = [0.0] + [-inf] * len(text)
        last = [(0, unknown)] * (len(text) + 1)
        for start, first in enumerate(text):
            for end in range(start + 1, min(start + self._longest.get(first, 0), len(text)) + 1):
                number = self._numbers.get(text[start:end])
                if number is not None and best[start] + self._scores[number] > best[end]:
                    best[end], last[end] = best[start] + self._scores[number], (start, number)
            if first not in self._numbers and best[start] + self._unknown > best[start + 1]:
                best[start + 1], last[start + 1] = best[start] + self._unknown, (start, unknown)
        found: list[int] = []
        end = len(text)
        while end:
            end, number = last[end]
            # Unknown characters side by side are one unknown piece.
            if not (found and number == unknown == found[-1]):
                found.append(number)
        return found[::-1]


def built_tokenizer(
    pieces: Sequence[str], scores: Sequence[float], special: tuple[int, int, int, int], replaced: Mapping[str, str]
) -> Any:
    """The same as a ``tokenizers.Tokenizer``; see :class:`UnigramTokenizer`."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    bos, eos = (pieces[number] for number in special[:2])
    built = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), special[3], byte_fallback=False))
    lost, spaces = (_characters(found) for found in _beyond_nfkc(replaced))
    built.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(lost), ""),
            normalizers.Replace(Regex(spaces), " "),
            normalizers.Replace(_KEPT, _UNTOUCHED),
            normalizers.NFKC(),
            normalizers.Replace(_UNTOUCHED, _KEPT),
            normalizers.Replace(Regex(_SPACES.pattern), " "),
        ]
    )
    built.pre_tokenizer = pre_tokenizers.Metaspace(_SPACE, prepend_scheme="always", split=False)
    built.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, special[0]), (eos, special[1])]
    )
    return built


def _beyond_nfkc(replaced: Mapping[str, str]) -> tuple[str, str]:
    """What the normalizer does besides NFKC: characters that are lost, and those that become a space."""
    own = {old: new for old, new in replaced.items() if unicodedata.normalize("NFKC", old) != new}
    lost, spaces = ("".join(old for old in own if own[old] == new) for new in ("", " "))
    return lost, spaces


def _characters(chosen: str) -> str:
    """A regular expression for any of them."""
    return "[" + "".join(f"\\x{{{ord(one):x}}}" for one in chosen) + "]"
