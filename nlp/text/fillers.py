"""Filled pauses and questions: small wordlists that say how a thing was said.

Filled pauses follow Clark and Fox Tree, "Using uh and um in spontaneous speaking" (Cognition 84,
2002) for English and Zhao and Jurafsky, "A preliminary study of Mandarin filled pauses" (DiSS 2005),
who count 嗯, 呃 and the demonstratives 那个 and 这个, for Mandarin.
"""

from __future__ import annotations

import re

from asr.transcript import Language
from nlp.text.sentences import sentences

_PAUSE = r"[,，、…。.~—\-]"
_FILLERS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"(?<![\w-])(?:u+h+m*|u+m+|e+r+m*|a+h+|h+m+)(?![\w-])"
        rf"|(?:(?<=^)|(?<=[,.…—] ))(?:you know|i mean|sort of|kind of|like)(?=\s*{_PAUSE})",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"[嗯呃唔]+|额(?=\s*[,，、…])|(?:^|(?<=[,，、…。！？]))[啊哦](?=[,，、…])"
        # A demonstrative is a filler when a pause or itself follows: 那个，我们 / 那个那个价格.
        rf"|(?:那个|这个)(?=\s*{_PAUSE}|那个|这个)|就是说(?=\s*{_PAUSE})"
    ),
}
_ENGLISH_QUESTION = re.compile(
    r"^(?:(?:and|so|but|okay|ok|well|um|uh|now|right)[,\s]+)*"
    r"(?:what|when|where|who|whom|whose|which|why|how"
    r"|(?:do|does|did|is|are|was|were|can|could|would|will|should|have|has|may)(?:n['’]t)?"
    r"\s+(?:you|we|i|it|that|this|there|they|he|she|your|the|anyone|anybody))\b",
    re.IGNORECASE,
)
_CHINESE_QUESTION = re.compile(
    r"(?:吗|么|嘛|呢|没有|是不是|对不对|好不好|行不行)\W*$"
    r"|多少|几[个位家台套年月天次人点]|什么(?!都|也)|怎么(?!都|也|说呢)|哪[里儿个些位家]|为什么|有没有|能不能|是不是|要不要|可不可以"
)


def filler_spans(text: str, language: Language) -> list[tuple[int, int]]:
    """Where a turn hesitates, as (start, end) in characters, in order.

    A sentence of nothing but such sounds ("Mm-hmm.", "嗯。") is a back-channel and counts none.
    """
    return [
        (sentence.start + match.start(), sentence.start + match.end())
        for sentence in sentences(text)
        for match in _hesitations(sentence.text, language)
    ]


def count_questions(text: str, language: Language) -> int:
    """Sentences of a turn that ask, by their mark or, where the transcript has no end mark, their words."""
    return sum(_asks(sentence.text, language) for sentence in sentences(text))


def _hesitations(sentence: str, language: Language) -> list[re.Match[str]]:
    pattern = _FILLERS[language]
    if not any(char.isalnum() for char in pattern.sub("", sentence)):
        return []
    return list(pattern.finditer(sentence))


def _asks(sentence: str, language: Language) -> bool:
    closing = sentence.rstrip("”’」』）\"')] ")
    if closing.endswith(("?", "？")):
        return True
    if closing.endswith((".", "。", "!", "！")):
        return False
    pattern = _ENGLISH_QUESTION if language == "en" else _CHINESE_QUESTION
    return pattern.search(closing) is not None
