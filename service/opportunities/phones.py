"""Phone numbers in one form, so that a call finds its contact."""

from __future__ import annotations

import phonenumbers


def e164(number: str | None) -> str | None:
    """``number`` in E.164 form ("+447700900142").

    A number without country code, or one no numbering plan knows, keeps its digits only: it can
    still equal itself elsewhere. None and text without digits give None.
    """
    if not number:
        return None
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "".join(c for c in number if c.isdigit()) or None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
