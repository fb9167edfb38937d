"""Questions that open a conversation and questions that close it: told by their form, in Chinese and English. Pure.

A question is closed when one word or one fact answers it (Payne, "The Art of Asking Questions", 1951): yes or no, a
choice, a number, a time, a name. Asking to be told something is an open question without a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from asr.transcript import Language
from nlp.text.fillers import count_questions
from nlp.text.sentences import Sentence, sentences

_INVITATION: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:tell (?:me|us) (?:about|more|a bit|a little|what|how|why)|(?:walk|talk|take) (?:me|us) through|describe"
        r"|help (?:me|us) understand|give (?:me|us) (?:a|an) (?:idea|sense|picture)"
        r"|share (?:a bit|some|more|what|how))\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        # 您跟我说说 asks, 我跟您说说 does not.
        r"(?<![跟给和向为])(?:您|你)(?:这边|们)?(?:能|可以)?(?:先|再|具体|大概|简单|多)?(?:给我|跟我|和我)?"
        r"(?:说说|讲讲|聊聊|谈谈|介绍一下|描述一下)"
        r"|(?:听听|了解一?下)(?:您|你|咱们|贵)"
    ),
}
_OPEN: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:why|how come|how(?! (?:many|much|long|often|old|big|large|far|soon|about|are you (?:doing|today))\b)"
        r"|what(?!,| (?:if|time|day|date|year|month|number|email|address|name|size|price)\b"
        r"|'?s your (?:name|email|number|address))"
        r"|which (?:parts?|aspects?|areas?|challenges?|problems?))\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"什么(?!时候|时间|价|名字|型号|日子)|啥子?(?!时候)|怎么(?!称呼|样\W*$)|怎样|如何|咋个?|为什么|为啥"
        r"|哪(?:些|方面|几个方面)|(?:感觉|觉得|情况|效果|想法|反馈|看)[^，。？]{0,6}怎么样\W*$|(?:您|你)(?:是)?(?:怎么|咋)(?:看|想)"
    ),
}
_YES_OR_NO: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"^(?:(?:and|so|but|okay|ok|well|now|right|then)[,\s]+)*"
        r"(?:do|does|did|is|are|was|were|can|could|would|will|should|have|has|had|may|shall|am)(?:n['’]t)?\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"(?:吗|没有|没|嘛|对不对|是不是|好不好|行不行|可以不)\W*$|是不是|有没有|能不能|要不要|可不可以|还是"
    ),
}


class Question(NamedTuple):
    """A sentence that asks, and whether it leaves the answer open."""

    sentence: Sentence
    is_open: bool


def questions(text: str, language: Language) -> Iterator[Question]:
    """The questions of a turn in their order."""
    for sentence in sentences(text):
        invites = _INVITATION[language].search(sentence.text) is not None
        if invites or count_questions(sentence.text, language):
            yield Question(sentence, invites or _is_open(sentence.text, language))


def _is_open(sentence: str, language: Language) -> bool:
    """Chinese asks yes or no at the end of the sentence, English at its beginning."""
    last = re.split(r"[，,；;]\s*", sentence.strip(" ？?"))[-1] if language == "zh" else sentence
    if _YES_OR_NO[language].search(last):
        return False
    return _OPEN[language].search(sentence) is not None
