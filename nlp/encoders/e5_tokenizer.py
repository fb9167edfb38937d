"""The XLM-R tokenizer of multilingual-e5-small, built from the pieces and the table of its packed file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_UNTOUCHED = "\ue000"
"""Stands for a character that NFKC would change and this normalizer keeps; a private-use one, so in no text."""
_KEPT = "～"
_SPACE = "▁"
_SPACES = re.compile(" {2,}")


def built_tokenizer(
    pieces: Sequence[str], scores: Sequence[float], special: tuple[int, int, int, int], replaced: Mapping[str, str]
) -> Any:
    """A ``tokenizers.Tokenizer`` that cuts a text into ``<s>``, its likeliest pieces (Kudo, 2018), ``</s>``.

    It takes a second and a quarter of a gigabyte.

    Args:
        pieces: in order of their numbers.
        scores: their log probabilities.
        special: the numbers of <s>, </s>, <pad> and <unk>.
        replaced: what the normalizer makes of single characters.
    """
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
