"""Names of other vendors in a turn that is known to mention one. Pure.

First the names that the company knows, from its SOP's vocabulary: as written, or as a recognizer writes what sounds
like them. A Chinese name of two characters or more is found by its toneless syllables (兰霜 for 蓝霜), in names of
three and more one syllable may be a near one (zh and z, n and l, an and ang); a Latin name by its letters over up
to three words ("North Lamp" for Northlamp), with one wrong letter in names of at least seven. Such a loose reading
is safe only where a competitor is known to be the subject, so it is looser than that of the transcript.

Where no known name is found: names in quotation marks, capitalised names inside an English sentence (days, months,
offices and titles are none) beside words that go with vendors ("from Homestead Depot", "Clickreo's offering"),
Latin names in Chinese, and what 叫…的 and …那边 are said of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from asr.syllables import HAN, are_near, syllables
from asr.transcript import Language
from nlp.text.entities import name_spans
from nlp.text.folding import fold
from sop.events import Slot


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HAN = re.compile(f"{HAN}+")
_HAN_NAME = re.compile(f"{HAN}{{2,}}")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['’](?!s\b)[A-Za-z]+)*")
_LEAST_FORGIVING = 7
"""Letters of the shortest Latin name in which one may be wrong."""

_QUOTED = re.compile(r"[“「『《\"]([^”」』》\"]{2,20})[”」』》\"]")
_LATIN_IN_CHINESE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9-]{2,}(?:\s[A-Z][A-Za-z0-9]+)*(?![A-Za-z0-9])")
_CALLED = re.compile(
    r"叫(?:什么|个)?([\u4e00-\u9fff]{2,4}?)的(?!话)|(?:^|[，。、…])([\u4e00-\u9fff]{2,5}?)(?:那边|家的)"
)
_NOT_NAMES_ZH = re.compile(
    r"[我你您他她它们这那啥谁哪人家的了个]|老板|公司|客户|老家|业主|厂家|对方|现在|之前|朋友|同行|财务|采购|领导|部|银行|另外|不过|还有|然后"
)
_ABBREVIATIONS = _words(
    "crm erp sap it hr ceo cfo cto cio cmo coo vp oa app excel pdf api kpi roi saas poc nda iso usb gps led qa bi "
    "ai ok wifi word ppt email qq vip ipo pos hrd po sku rfp emi kyc pr seo tv pc id gst vat uk us usa eu"
)
_CAPITALISED = re.compile(
    r"(?<![\w'’])(?:[A-Z][a-zA-Z0-9]*[a-z0-9][a-zA-Z0-9]*|[A-Z]{2,}[a-z]*)"
    r"(?:\s+(?:of\s+(?:the\s+)?)?(?:[A-Z][a-zA-Z0-9]+))*"
)
_NOT_NAMES_EN = _words(
    "i i'm i'll i've i'd ok okay monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august september october november december christmas easter thanksgiving english dutch "
    "german french chinese mr mrs ms dr sir internet google"
)
_TITLE = re.compile(r"(?:.*\s|)(?:Mr|Mrs|Ms|Dr|Miss|Sir|Lord)\.?\s", re.S)
_CUE_BEFORE = re.compile(
    r"\b(?:from|with|by|than|using|use|used|uses|versus|vs|against|called|named|like|offered|pushing|to|at|on|got|have|had|has|about"
    r"|and|or|the|had\s+the|switch(?:ing)?\s+(?:to|from)|looking\s+at|same\s+(?:thing|one)\s+(?:is\s+there\s+)?on|it|is\s+it|say)\s+$",
    re.I,
)
_CUE_AFTER = re.compile(
    r"['’]s?\b|\s+(?:is|are|was|were|has|have|offers?|does|do|don['’]t|will|would|can|quoted?|charges?|makes?|said|says?|gives?|came|come"
    r"|called|people|guys?|fella|folks|rep|probe|platform|system|product|one|also|already|only|just|won['’]t|can['’]t)\b|\s*[?]",
    re.I,
)
_FIRST_WORDS = _words(
    "the a an and but so or no not yes yeah yep nope well oh ah um er look see listen right fine sure ok okay "
    "honestly actually my our your his her their its it he she they we you this that these those there here who "
    "what when where why how which is are was were be do does did have has had can could will would should may "
    "might if because cause since though although for from with by at in on to of as than then now still just "
    "only even also again maybe perhaps thing things both all some theirs ours mine yours hers mum mom dad kid "
    "boss legal people folks guys any every each one two three first last next same other another before after "
    "during until while let lets let's hang hold thanks thank please sorry hi hello hey good great perfect lovely "
    "mind ask tell give send take make get go come keep"
)


def find_competitors(text: str, language: Language, names: Sequence[str] = ()) -> tuple[Slot, ...]:
    """The vendors a turn names, in order; the value is the name as the company writes it, or as it was said.

    Args:
        text: the turn's.
        language: that of the call.
        names: those the company knows.
    """
    known = [slot for name in dict.fromkeys(names) for slot in _known(text, name.strip())]
    kept: list[Slot] = []
    for slot in sorted(known, key=lambda slot: (slot.start, slot.start - slot.end)):
        if not kept or slot.start >= kept[-1].end:
            kept.append(slot)
    return tuple(kept) or _guessed(text, language)


def _slot(text: str, start: int, end: int, value: str | None = None) -> Slot:
    return Slot("competitor", text[start:end], start, end, value or text[start:end])


def _known(text: str, name: str) -> list[Slot]:
    if not name:
        return []
    exact = [_slot(text, start, end, name) for start, end in name_spans(text, [name])]
    if exact:
        return exact
    if _HAN_NAME.fullmatch(name):
        return [_slot(text, start, end, name) for start, end in _sounding(text, name)]
    return [] if _HAN.search(name) else [_slot(text, start, end, name) for start, end in _spelt(text, name)]


def _sounding(text: str, name: str) -> Iterator[tuple[int, int]]:
    wanted = syllables(fold(name))
    size, taken = len(wanted), 0
    for run in _HAN.finditer(text):
        heard = syllables(run.group())
        for at in range(len(heard) - size + 1):
            start = run.start() + at
            if start >= taken and _sounds_alike(wanted, heard[at : at + size]):
                taken = start + size
                yield start, taken


def _sounds_alike(wanted: Sequence[str], heard: Sequence[str]) -> bool:
    different = [(one, other) for one, other in zip(wanted, heard, strict=True) if one != other]
    return not different or (len(wanted) > 2 and len(different) == 1 and are_near(*different[0]))


def _spelt(text: str, name: str) -> Iterator[tuple[int, int]]:
    wanted = _letters(name)
    words = list(_WORD.finditer(text))
    taken = 0
    for first in range(len(words)):
        if words[first].start() < taken:
            continue
        for last in range(first, min(first + 3, len(words))):
            heard = "".join(_letters(word.group()) for word in words[first : last + 1])
            if wanted and (heard == wanted or _one_letter_apart(wanted, heard)):
                taken = words[last].end()
                yield words[first].start(), taken
                break


def _letters(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


def _one_letter_apart(wanted: str, heard: str) -> bool:
    if len(wanted) < _LEAST_FORGIVING or abs(len(wanted) - len(heard)) > 1:
        return False
    same = 0
    while same < min(len(wanted), len(heard)) and wanted[same] == heard[same]:
        same += 1
    rest, other = wanted[same:], heard[same:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def _guessed(text: str, language: Language) -> tuple[Slot, ...]:
    """Names that nobody told us, each once."""
    found = [_slot(text, *match.span(1)) for match in _QUOTED.finditer(text)]
    if not found:
        found = list(_guessed_in_chinese(text) if language == "zh" else _guessed_in_english(text))
    first: dict[str, Slot] = {}
    for slot in sorted(found, key=lambda slot: slot.start):
        first.setdefault(slot.text.lower(), slot)
    return tuple(first.values())


def _guessed_in_chinese(text: str) -> Iterator[Slot]:
    for match in _LATIN_IN_CHINESE.finditer(text):
        if match.group().lower() not in _ABBREVIATIONS:
            yield _slot(text, *match.span())
    for match in _CALLED.finditer(text):
        group = 1 if match[1] else 2
        if not _NOT_NAMES_ZH.search(match[group]):
            yield _slot(text, *match.span(group))


def _guessed_in_english(text: str) -> Iterator[Slot]:
    for match in _CAPITALISED.finditer(text):
        start, end = match.span()
        if _opens_sentence(text, start):
            first = re.split(r"[\s'’]", match.group(), maxsplit=1)[0]
            if first.lower() in _FIRST_WORDS:
                start += len(first) + 1
                if start >= end or not text[start].isupper():
                    continue
        name = text[start:end]
        if _is_no_name(name) or _TITLE.fullmatch(text[:start]) or _TITLE.match(name):
            continue
        opens = _opens_sentence(text, start)
        if _CUE_AFTER.match(text, end) or (not opens and _CUE_BEFORE.search(text[:start])):
            yield _slot(text, start, end)


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in ".?!…"


def _is_no_name(name: str) -> bool:
    words = [word.lower() for word in name.split()]
    return (
        all(word in _NOT_NAMES_EN or word in _ABBREVIATIONS or word in _FIRST_WORDS for word in words) or len(name) < 3
    )
