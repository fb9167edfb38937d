"""Whether two spellings are one phone number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_EXTENSION = re.compile(r"(?:ext|x|转|#|,|;).*$", re.IGNORECASE | re.DOTALL)
_TRUNK = re.compile(r"\(\s*0\s*\)")
_LONGEST_COUNTRY_CODE = 3  # digits, ITU-T E.164


@dataclass(frozen=True, slots=True)
class _Number:
    digits: str
    has_country: bool


def same_number(one: str, other: str) -> bool:
    """Whether ``one`` and ``other`` reach the same line; an extension does not count.

    A number written without its country code equals one with it where only the country code is missing: the whole
    national number, without its leading zero, is the end of the other.
    """
    a, b = _parsed(one), _parsed(other)
    if not a.digits or not b.digits:
        return False
    if a.has_country == b.has_country:
        return a.digits == b.digits
    national, whole = (b.digits, a.digits) if a.has_country else (a.digits, b.digits)
    code = len(whole) - len(national)
    return 1 <= code <= _LONGEST_COUNTRY_CODE and whole.endswith(national)


def _parsed(text: str) -> _Number:
    plain = _EXTENSION.sub("", unicodedata.normalize("NFKC", text).strip())
    has_country = plain.startswith("+")
    if has_country:
        plain = _TRUNK.sub("", plain)
    digits = "".join(c for c in plain if c.isascii() and c.isdigit())
    if not has_country and digits.startswith("00"):
        return _Number(digits[2:], True)
    return _Number(digits if has_country else digits.lstrip("0"), has_country)
